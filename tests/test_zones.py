from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from riskmap.crs import choose_sheet_plane, plane_from_lonlat
from riskmap.zones import INFLUENCES, build_rings, build_zones
from tests.conftest import AS_OF, on_paper, paper_layer, rule_text

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
