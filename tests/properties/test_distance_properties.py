"""What holds of every distance, whatever the geometries.

Coordinates lie on a grid of 2**-20 degrees (10 cm) and shifts in longitude are whole
degrees, so that moving, cutting at a vertex and turning round change no bit of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.ellipsoid import Parts, shortest, vincenty
from tests.pairs import measure, measured, plain

if TYPE_CHECKING:
    from collections.abc import Callable

GRID = 2.0**-20
EXACT_M = 1e-6
Steps = tuple[int, int]

spots = st.tuples(st.integers(-9000, 9000), st.integers(-9000, 9000))
offsets = st.tuples(st.integers(-2500, 2500), st.integers(-2500, 2500))


def _degrees(steps: list[Steps], latitude: int) -> np.ndarray:
    return np.asarray(np.array(steps) * GRID + np.array([100.0, float(latitude)]))


@st.composite
def lines(draw: Callable[..., Any], *, fewest: int = 2) -> list[Steps]:
    x, y = draw(spots)
    corners = draw(st.lists(offsets, min_size=fewest, max_size=6, unique=True))
    return [(x + dx, y + dy) for dx, dy in corners]


@st.composite
def rings(draw: Callable[..., Any]) -> list[Steps]:
    """Draw the corners of a star-shaped area: simple whatever the reaches."""
    x, y = draw(spots)
    reaches = draw(st.lists(st.integers(300, 2500), min_size=3, max_size=8))
    turn = np.linspace(0, 2 * np.pi, len(reaches), endpoint=False) + draw(st.floats(0, 1))
    return [
        (x + round(r * np.cos(a)), y + round(r * np.sin(a)))
        for r, a in zip(reaches, turn, strict=True)
    ]


@st.composite
def shapes(draw: Callable[..., Any], latitude: int) -> shapely.Geometry:
    kind = draw(st.sampled_from(["point", "line", "area", "points", "both"]))
    if kind == "point":
        return shapely.Point(_degrees([draw(spots)], latitude)[0])
    if kind == "line":
        return shapely.LineString(_degrees(draw(lines()), latitude))
    if kind == "points":
        places = draw(st.lists(spots, min_size=2, max_size=5))
        return shapely.MultiPoint(_degrees(places, latitude))
    area = shapely.Polygon(_degrees(draw(rings()), latitude))
    assume(area.is_valid)
    if kind == "area":
        return area
    line = shapely.LineString(_degrees(draw(lines()), latitude))
    return shapely.GeometryCollection([area, line])


@st.composite
def pairs(draw: Callable[..., Any]) -> tuple[shapely.Geometry, shapely.Geometry]:
    latitude = draw(st.integers(-74, 74))
    return draw(shapes(latitude)), draw(shapes(latitude))


def _east(shape: shapely.Geometry, degrees: int) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([float(degrees), 0.0]))


few = settings(max_examples=120, deadline=None)


# Two lines within two metres of the equator, 2 cm apart.
NEAR_THE_EQUATOR = (
    shapely.LineString(_degrees([(0, 12), (1, -5)], 0)),
    shapely.LineString(_degrees([(0, 15), (-1, -2)], 0)),
)


@few
@given(pairs())
@example(NEAR_THE_EQUATOR)
def test_a_distance_is_the_same_both_ways(pair: tuple[shapely.Geometry, ...]) -> None:
    first, second = pair
    there, starts, ends = measure([first], [second])
    back, starts_back, ends_back = measure([second], [first])
    assert back[0] == pytest.approx(there[0], abs=EXACT_M)
    # Each way's ends are as far apart; which of several nearest is free.
    assert vincenty(*starts_back[0], *ends_back[0]) == pytest.approx(
        vincenty(*starts[0], *ends[0]), abs=0.002
    )


@few
@given(pairs(), st.integers(-279, 79))
def test_moving_east_changes_nothing(pair: tuple[shapely.Geometry, ...], degrees: int) -> None:
    first, second = pair
    moved = measured(_east(first, degrees), _east(second, degrees))
    assert moved == pytest.approx(measured(first, second), abs=EXACT_M)


@few
@given(st.integers(-74, 74), lines(fewest=3), st.data())
def test_cutting_a_line_at_a_vertex_changes_nothing(
    latitude: int, corners: list[Steps], data: st.DataObject
) -> None:
    other = data.draw(shapes(latitude))
    cut = data.draw(st.integers(1, len(corners) - 2))
    along = _degrees(corners, latitude)
    pieces = [shapely.LineString(along[: cut + 1]), shapely.LineString(along[cut:])]
    whole = measured(other, shapely.LineString(along))
    assert min(measured(other, piece) for piece in pieces) == pytest.approx(whole, abs=EXACT_M)
    both = shapely.MultiLineString(pieces)
    assert measured(other, both) == pytest.approx(whole, abs=EXACT_M)


@few
@given(pairs())
def test_taking_parts_apart_changes_nothing(pair: tuple[shapely.Geometry, ...]) -> None:
    first, second = pair
    pieces = list(shapely.get_parts(second))
    distances, _, _ = measure([first] * len(pieces), pieces)
    assert measured(first, second) == pytest.approx(distances.min(), abs=EXACT_M)


@few
@given(st.integers(-74, 74), rings(), st.floats(0.1, 0.9), st.data())
def test_cutting_an_area_in_two_changes_nothing(
    latitude: int, corners: list[Steps], share: float, data: st.DataObject
) -> None:
    area = shapely.Polygon(_degrees(corners, latitude))
    assume(area.is_valid)
    other = data.draw(shapes(latitude))
    west, south, east, north = area.bounds
    middle = west + share * (east - west)
    halves = [
        shapely.intersection(area, shapely.box(west - 1, south - 1, middle, north + 1)),
        shapely.intersection(area, shapely.box(middle, south - 1, east + 1, north + 1)),
    ]
    assert min(measured(other, half) for half in halves) == pytest.approx(
        measured(other, area), abs=0.001
    )


@few
@given(pairs(), st.data())
def test_one_part_more_is_never_further(
    pair: tuple[shapely.Geometry, ...], data: st.DataObject
) -> None:
    first, second = pair
    south = float(shapely.bounds(second)[1])
    added = data.draw(shapes(round(south)))
    more = shapely.GeometryCollection([second, added])
    assert measured(first, more) <= measured(first, second) + EXACT_M


@few
@given(st.integers(-74, 74), rings(), st.data())
def test_where_a_ring_starts_and_how_it_runs_changes_nothing(
    latitude: int, corners: list[Steps], data: st.DataObject
) -> None:
    around = _degrees(corners, latitude)
    assume(shapely.Polygon(around).is_valid)
    other = data.draw(shapes(latitude))
    turned = np.roll(around, data.draw(st.integers(1, len(around) - 1)), axis=0)
    whole = measured(other, shapely.Polygon(around))
    for same in (turned, around[::-1], turned[::-1]):
        assert measured(other, shapely.Polygon(same)) == pytest.approx(whole, abs=EXACT_M)


@few
@given(pairs())
def test_running_backwards_changes_nothing(pair: tuple[shapely.Geometry, ...]) -> None:
    first, second = pair
    backwards = measured(shapely.reverse(first), shapely.reverse(second))
    assert backwards == pytest.approx(measured(first, second), abs=EXACT_M)


@few
@given(pairs())
def test_both_ends_lie_on_their_geometries(pair: tuple[shapely.Geometry, ...]) -> None:
    distances, starts, ends = measure([pair[0]], [pair[1]])
    for shape, end in zip(pair, (starts[0], ends[0]), strict=True):
        at = Parts(points=[(float(end[0]), float(end[1]))])
        assert shortest(at, plain(shape)) <= 0.001
    assert vincenty(*starts[0], *ends[0]) == pytest.approx(distances[0], abs=0.001)
