"""Distances against oracles that share no code with the product.

The oracle is brute force on the ellipsoid (`tests.ellipsoid`): geodesics by Vincenty's
inverse formula, minimised over points along edges that are straight in longitude and
latitude. Neither GEOS nor PROJ takes part in it.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ellipsoid import to_segment, vincenty
from tests.pairs import measure, measured


@pytest.mark.parametrize("latitude", [0.0, 20.0, 31.4, 53.0, 70.0, 75.0, -31.4])
@pytest.mark.parametrize("span_m", [50.0, 500.0, 3000.0])
def test_points_agree_to_a_millimetre(latitude: float, span_m: float) -> None:
    generator = np.random.default_rng(7)
    for angle in generator.uniform(0, 2 * math.pi, 12):
        east = span_m * math.cos(angle) / (111320 * math.cos(math.radians(latitude)))
        north = span_m * math.sin(angle) / 110600
        there = (119.5 + east, latitude + north)
        expected = vincenty(119.5, latitude, *there)
        found = measured(shapely.Point(119.5, latitude), shapely.Point(*there))
        assert found == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("latitude", [0.0, 31.4, 53.0, 70.0])
@pytest.mark.parametrize("length_km", [0.3, 10.0, 100.0])
def test_edges_are_straight_in_longitude_and_latitude(latitude: float, length_km: float) -> None:
    half = length_km * 500 / (111320 * math.cos(math.radians(latitude)))
    edge = ((119.5 - half, latitude), (119.5 + half, latitude + half / 3))
    point = (119.5 + half / 10, latitude + half * 11 / 60 + 0.006)
    expected = to_segment(point, edge)
    found = measured(shapely.Point(*point), shapely.LineString(edge))
    assert expected < 1100
    assert found == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("latitude", [20.0, 31.4, 53.0, 75.0])
def test_the_nearest_is_chosen_over_the_ground(latitude: float) -> None:
    # North the plane is stretched more: by plane distance the southern point would win.
    north, south = latitude + 3000.0 / 111000, latitude - 3000.6 / 111000
    to_north = vincenty(119.5, latitude, 119.5, north)
    to_south = vincenty(119.5, latitude, 119.5, south)
    both = shapely.MultiPoint([(119.5, north), (119.5, south)])
    found = measured(shapely.Point(119.5, latitude), both)
    assert found == pytest.approx(min(to_north, to_south), abs=0.001)


@pytest.mark.parametrize(
    "inside",
    [
        shapely.box(119.49, 31.39, 119.51, 31.41),
        shapely.MultiPolygon(
            [shapely.box(118, 31, 118.1, 31.1), shapely.box(119.49, 31.39, 119.51, 31.41)]
        ),
        shapely.LineString([(119.4, 31.4), (119.6, 31.4)]),
    ],
)
def test_contained_or_touching_is_nothing_apart(inside: shapely.Geometry) -> None:
    assert measured(shapely.Point(119.5, 31.4), inside) == 0.0


def test_a_receptor_in_a_hole_is_measured_to_the_rim() -> None:
    shell = shapely.box(119.4, 31.3, 119.6, 31.5)
    ring = shell.difference(shapely.box(119.49, 31.39, 119.51, 31.41))
    expected = min(
        to_segment((119.5, 31.402), ((119.49, 31.41), (119.51, 31.41))),
        to_segment((119.5, 31.402), ((119.49, 31.39), (119.49, 31.41))),
    )
    assert measured(shapely.Point(119.5, 31.402), ring) == pytest.approx(expected, abs=0.01)


def test_a_long_pipeline_passes_close_by() -> None:
    line = shapely.LineString([(118.0, 30.9), (119.5, 31.4), (121.0, 32.1)])
    expected = min(
        to_segment((119.51, 31.39), ((118.0, 30.9), (119.5, 31.4))),
        to_segment((119.51, 31.39), ((119.5, 31.4), (121.0, 32.1))),
    )
    assert measured(shapely.Point(119.51, 31.39), line) == pytest.approx(expected, abs=0.01)


def test_the_end_points_lie_where_the_distance_is_measured() -> None:
    distances, starts, ends = measure(
        [shapely.Point(119.5, 31.4)], [shapely.box(119.51, 31.3, 119.6, 31.5)]
    )
    start, end = starts[0], ends[0]
    assert start == pytest.approx([119.5, 31.4], abs=1e-9)
    assert end[0] == pytest.approx(119.51, abs=1e-7)
    assert vincenty(*start, *end) == pytest.approx(float(distances[0]), abs=0.001)


SHAPES = st.builds(
    lambda x, y, size, kind: {
        "point": shapely.Point(x, y),
        "line": shapely.LineString([(x, y), (x + size, y + size / 2)]),
        "area": shapely.Point(x, y).buffer(size, quad_segs=3),
    }[kind],
    st.floats(-0.02, 0.02),
    st.floats(-0.02, 0.02),
    st.floats(0.0005, 0.01),
    st.sampled_from(["point", "line", "area"]),
)


def _shift(shape: shapely.Geometry, east: float, north: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([east, north]))


@settings(max_examples=60, deadline=None)
@given(SHAPES, SHAPES, st.floats(-70, 70))
def test_distance_is_the_same_both_ways(
    first: shapely.Geometry, second: shapely.Geometry, latitude: float
) -> None:
    here, there = _shift(first, 100.0, latitude), _shift(second, 100.03, latitude)
    assert measured(here, there) == pytest.approx(measured(there, here), abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(SHAPES, SHAPES, st.floats(-70, 70), st.floats(-170, 60))
def test_moving_along_a_parallel_changes_nothing(
    first: shapely.Geometry, second: shapely.Geometry, latitude: float, east: float
) -> None:
    here, there = _shift(first, 0.0, latitude), _shift(second, 0.03, latitude)
    moved = measured(_shift(here, east, 0.0), _shift(there, east, 0.0))
    assert moved == pytest.approx(measured(here, there), abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(SHAPES, SHAPES, st.floats(-70, 70))
def test_splitting_never_changes_the_minimum(
    first: shapely.Geometry, second: shapely.Geometry, latitude: float
) -> None:
    here, there = _shift(first, 0.0, latitude), _shift(second, 0.03, latitude)
    west, _, east, _ = shapely.bounds(there)
    middle = (west + east) / 2
    parts = [
        shapely.intersection(there, shapely.box(west - 1, -90, middle, 90)),
        shapely.intersection(there, shapely.box(middle, -90, east + 1, 90)),
    ]
    shortest = min(measured(here, part) for part in parts if not shapely.is_empty(part))
    assert shortest == pytest.approx(measured(here, there), abs=0.01)
