from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, box

from riskmap.crs import choose_sheet_plane, plane_from_lonlat
from riskmap.overlay import BLOCK_CORNERS, share_out
from riskmap.zones import INFLUENCES, build_rings, build_zones
from tests.conftest import AS_OF, on_paper, paper_layer, rule_text
from tests.plain_zones import straight_zones

if TYPE_CHECKING:
    from collections.abc import Callable

    from riskmap.rulebook import Rulebook


def rings_of(*circles: tuple[float, float, float, str]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "source": [str(i) for i in range(len(circles))],
            "rule": "r",
            "nature": [nature for *_, nature in circles],
            "required_m": [radius for _, _, radius, _ in circles],
        }
    )
    shapes = [Point(x, y).buffer(radius) for x, y, radius, _ in circles]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4549")


def drawn(*rows: tuple[str, shapely.Geometry]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "source": [str(index) for index in range(len(rows))],
            "rule": "r",
            "nature": [nature for nature, _ in rows],
            "required_m": 1.0,
        }
    )
    return gpd.GeoDataFrame(table, geometry=[shape for _, shape in rows], crs="EPSG:4549")


def check_against_straight(
    rings: gpd.GeoDataFrame, study_area: shapely.Geometry, *, small: int = 8
) -> dict[str, float]:
    """Hold the zones against the plain way, in one block and in small; return their areas."""
    straight = straight_zones(rings, study_area=study_area).set_index("influence")
    for block_corners in (BLOCK_CORNERS, small):
        in_blocks = partial(share_out, block_corners=block_corners)
        with patch("riskmap.zones.share_out", in_blocks):
            zones = build_zones(rings, study_area=study_area).set_index("influence")
        check_agreement(zones, straight, whole_m2=float(shapely.area(study_area)))
    return {str(name): float(area) for name, area in zones["area_m2"].items()}


def check_agreement(
    zones: gpd.GeoDataFrame, straight: gpd.GeoDataFrame, *, whole_m2: float
) -> None:
    slack = 1e-9 * whole_m2
    nothing = shapely.Polygon()
    for influence in INFLUENCES:
        new = zones["geometry"].get(influence, nothing)
        old = straight["geometry"].get(influence, nothing)
        assert new.is_valid
        assert shapely.area(shapely.symmetric_difference(new, old)) <= slack
    both = zones.index.intersection(straight.index)
    assert zones.loc[both, "hazards"].tolist() == straight.loc[both, "hazards"].tolist()
    assert abs(zones["area_m2"].sum() - whole_m2) <= slack
    shapes = np.asarray(zones["geometry"])
    first, second = np.triu_indices(len(shapes), k=1)
    overlaps = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    assert overlaps.max(initial=0.0) <= slack


def test_the_highest_wins_and_areas_add_up() -> None:
    area = box(0, 0, 1000, 1000)
    rings = rings_of((500, 500, 200, "ban"), (500, 500, 300, "consent"), (0, 0, 100, "standard"))
    zones = build_zones(rings, study_area=area).set_index("influence")
    ban = Point(500, 500).buffer(200).area
    consent = Point(500, 500).buffer(300).area
    assert zones.loc["ban", "area_m2"] == pytest.approx(ban)
    assert zones.loc["consent", "area_m2"] == pytest.approx(consent - ban)
    assert zones["area_m2"].sum() == pytest.approx(1e6, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-200, 1200),
            st.floats(-200, 1200),
            st.floats(1, 400),
            st.sampled_from(INFLUENCES[:-1]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_zones_are_disjoint_and_complete(circles: list[tuple[float, float, float, str]]) -> None:
    area = box(0, 0, 1000, 1000)
    zones = build_zones(rings_of(*circles), study_area=area)
    assert zones["area_m2"].sum() == pytest.approx(1e6, rel=1e-9)
    shapes = list(zones.geometry)
    for index, first in enumerate(shapes):
        for second in shapes[index + 1 :]:
            assert shapely.area(shapely.intersection(first, second)) < 1e-6


# Places in whole millimetres: metres of 1e-290, which no survey has, divide by zero in GEOS.
_METRES = st.integers(-200_000, 1_200_000).map(lambda millimetres: millimetres / 1000)
_SPOTS = st.tuples(_METRES, _METRES)
_HAZARDS = st.one_of(
    _SPOTS.map(Point),
    st.lists(_SPOTS, min_size=2, max_size=6, unique=True).map(LineString),
    st.lists(_SPOTS, min_size=3, max_size=12).map(shapely.MultiPoint),
)
# Whole metres make rings that touch, coincide and share edges; fractions make the rest.
_REACHES = st.one_of(st.sampled_from([50.0, 100.0, 200.0]), st.floats(1, 400))
_AREAS = st.sampled_from(
    [
        box(0, 0, 1000, 1000),
        MultiPolygon([box(0, 0, 400, 1000), box(500, 0, 1000, 1000)]),
        box(0, 0, 1000, 1000) - box(300, 300, 700, 700) | box(400, 400, 600, 600),
    ]
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(_HAZARDS, st.lists(_REACHES, min_size=1, max_size=4)), min_size=1, max_size=16
    ),
    st.lists(st.sampled_from(INFLUENCES[:-1]), min_size=64, max_size=64),
    _AREAS,
)
def test_zones_are_those_of_the_plain_way(
    hazards: list[tuple[shapely.Geometry, list[float]]],
    natures: list[str],
    study_area: shapely.Geometry,
) -> None:
    shapes = [
        shapely.buffer(shape, reach, quad_segs=24)
        for shape, reaches in hazards
        for reach in reaches
    ]
    check_against_straight(drawn(*zip(natures, shapes, strict=False)), study_area, small=200)


def frame_of(outer: float, inner: float) -> shapely.Geometry:
    """Draw a square frame about (500, 500): half sides `outer` and `inner`."""
    middle = 500.0
    square = box(middle - outer, middle - outer, middle + outer, middle + outer)
    return square - box(middle - inner, middle - inner, middle + inner, middle + inner)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # A frame of 400 x 400 less 200 x 200, and a square of 100 x 100 in its hole.
        (
            [("ban", frame_of(200, 100)), ("consent", box(450, 450, 550, 550))],
            {"ban": 120_000, "consent": 10_000, "outside": 870_000},
        ),
        # The same with a frame in the hole of a frame, of one influence.
        (
            [("ban", frame_of(200, 100)), ("ban", frame_of(80, 40))],
            {"ban": 120_000 + 19_200, "outside": 860_800},
        ),
        # A lower square over the frame fills its hole and reaches past it.
        (
            [("standard", frame_of(200, 100)), ("advisory", box(250, 250, 750, 750))],
            {"standard": 120_000, "advisory": 130_000, "outside": 750_000},
        ),
        # Touching the boundary from within, along a side, and from without.
        (
            [("ban", box(0, 100, 100, 200)), ("standard", box(-100, 300, 0, 400))],
            {"ban": 10_000, "outside": 990_000},
        ),
        # Over everything: nothing is outside, and what is lower has no ground.
        (
            [("standard", box(-1, -1, 1001, 1001)), ("advisory", box(10, 10, 20, 20))],
            {"standard": 1_000_000, "outside": 0},
        ),
        # Exactly the study area.
        ([("consent", box(0, 0, 1000, 1000))], {"consent": 1_000_000, "outside": 0}),
        # Identical ranges: of one influence count once, of two go to the higher.
        (
            [(nature, box(10, 10, 110, 110)) for nature in ("advisory", "ban", "ban")],
            {"ban": 10_000, "outside": 990_000},
        ),
        # Corners that meet in one point, within an influence and between two.
        (
            [
                ("ban", box(100, 100, 200, 200)),
                ("ban", box(200, 200, 300, 300)),
                ("consent", box(300, 300, 400, 400)),
            ],
            {"ban": 20_000, "consent": 10_000, "outside": 970_000},
        ),
        # A range without ground takes nothing, alone or beside another.
        ([("ban", shapely.Polygon())], {"outside": 1_000_000}),
        (
            [("ban", shapely.Polygon()), ("ban", box(0, 0, 10, 10))],
            {"ban": 100, "outside": 999_900},
        ),
        # No range at all; all of them elsewhere.
        ([], {"outside": 1_000_000}),
        ([("ban", box(5000, 5000, 5100, 5100))], {"outside": 1_000_000}),
    ],
)
def test_ground_goes_where_a_hand_would_put_it(
    rows: list[tuple[str, shapely.Geometry]], expected: dict[str, float]
) -> None:
    areas = check_against_straight(drawn(*rows), box(0, 0, 1000, 1000))
    assert areas == pytest.approx(expected, abs=1e-6)


def test_a_study_area_in_parts_with_holes_is_filled() -> None:
    # An island (100 x 100) in the lake (200 x 200) of a square, and a second square.
    lake = box(0, 0, 400, 400) - box(100, 100, 300, 300)
    parts: list[shapely.Geometry] = [lake, box(150, 150, 250, 250), box(600, 0, 700, 100)]
    study_area: shapely.Geometry = shapely.union_all(parts)
    rings = drawn(("ban", box(150, 150, 200, 250)), ("standard", box(0, 0, 700, 50)))
    assert check_against_straight(rings, study_area) == pytest.approx(
        {"ban": 5_000, "standard": 20_000 + 5_000, "outside": 140_000 - 30_000}
    )


def test_a_study_area_may_be_a_collection() -> None:
    # Repairing a boundary can leave a line beside the ground; a line has no area.
    square = box(0, 0, 100, 100)
    mended = shapely.GeometryCollection(
        [MultiPolygon([square, box(200, 0, 300, 100)]), LineString([(100, 50), (200, 50)])]
    )
    zones = build_zones(drawn(("ban", square)), study_area=mended)
    assert zones["area_m2"].tolist() == pytest.approx([10_000, 10_000])


def test_many_ranges_are_swallowed_by_few() -> None:
    # Forty circles inside four squares and one over an edge: only the squares and it show.
    circles = [Point(60 + 20 * i, 100).buffer(30) for i in range(40)]
    rows = [("standard", circle) for circle in circles]
    rows += [("standard", box(230 * i, 0, 230 * i + 230, 200)) for i in range(4)]
    rows += [("ban", box(0, 150, 920, 250)), ("advisory", box(10, 160, 20, 170))]
    assert check_against_straight(drawn(*rows), box(0, 0, 1000, 1000)) == pytest.approx(
        {"ban": 92_000, "standard": 138_000, "outside": 770_000}
    )


def test_a_seam_does_not_show() -> None:
    # Nine squares in a bar: halved on any of their middles, and one bar again.
    squares = [box(100 * i, 0, 100 * i + 110, 100) for i in range(9)]
    shapes = np.array([*squares, box(0, 200, 910, 300) - box(20, 220, 890, 280)])
    ranks = np.array([0] * 9 + [1])
    area = box(-100, -100, 1000, 400)
    high, low, rest = share_out(area, shapes=shapes, ranks=ranks, count=2, block_corners=12)
    expected = [box(0, 0, 910, 100), shapes[-1], area - box(0, 0, 910, 100) - shapes[-1]]
    for found, wanted in zip((high, low, rest), expected, strict=True):
        assert len(shapely.get_parts(found)) == len(shapely.get_parts(wanted))
        assert shapely.equals(found, wanted)


def test_ground_in_a_hole_that_touches_a_seam_is_kept() -> None:
    # The seam goes through the middle of the square, x = 500, where a diamond's corner is.
    diamond = shapely.Polygon([(500, 500), (300, 700), (100, 500), (300, 300)])
    island = shapely.Polygon([(500, 500), (400, 540), (400, 460)])
    shapes = np.array([box(0, 0, 1000, 1000) - diamond, island])
    found, rest = share_out(
        box(-100, -100, 1100, 1100),
        shapes=shapes,
        ranks=np.zeros(2, dtype=np.intp),
        count=1,
        block_corners=10,
    )
    # A diamond of 400 x 400 / 2 less a triangle of 80 x 100 / 2.
    assert shapely.is_valid(found)
    assert shapely.is_valid(rest)
    assert shapely.area(found) == pytest.approx(1_000_000 - 80_000 + 4_000)
    assert shapely.area(rest) == pytest.approx(1_440_000 - shapely.area(found))


def test_of_one_source_the_widest_range_counts() -> None:
    rings = rings_of((0, 0, 100, "ban"), (0, 0, 300, "ban"), (0, 0, 200, "ban"))
    rings["source"] = "a"
    zones = build_zones(rings, study_area=box(-500, -500, 500, 500)).set_index("influence")
    assert zones.loc["ban", "area_m2"] == pytest.approx(Point(0, 0).buffer(300).area)
    assert zones.loc["ban", "hazards"] == 1


@pytest.mark.parametrize(("lost", "refused"), [(1e-8, True), (-1e-8, True), (1e-10, False)])
def test_areas_that_do_not_add_up_are_refused(lost: float, refused: bool) -> None:
    grounds = [shapely.Polygon()] * 4 + [box(0, 0, 100, 100 * (1 - lost))]
    rings = drawn(("ban", box(500, 500, 600, 600)))
    doubt = pytest.raises(ValueError, match="areas do not add up") if refused else nullcontext()
    with patch("riskmap.zones.share_out", return_value=grounds), doubt:
        build_zones(rings, study_area=box(0, 0, 100, 100))


def test_a_ring_is_as_wide_as_the_rule_asks(make_book: Callable[..., Rulebook]) -> None:
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), {"kind": "silo"}), (Point(900, 0), {})]),
        paper_layer("residential_zone", [(Point(5000, 0), {})]),
    ]
    where = '{ roles = ["hazard_source"], where = { kind = ["silo"] } }'
    plane_area = shapely.transform(on_paper(box(-9000, -9000, 9000, 9000)), plane_from_lonlat)
    plane = choose_sheet_plane(plane_area, declared="EPSG:4549")
    rings = build_rings(
        layers, rulebook=make_book(rule_text(hazard=where)), as_of=AS_OF, plane=plane
    )
    # The source whose kind is not known is not drawn: nothing says that the rule is about it.
    assert rings["source"].tolist() == ["hazard_sources/1"]
    west, _, east, _ = rings.total_bounds
    assert (east - west) / 2 == pytest.approx(100.0, rel=1e-4)
