from __future__ import annotations

from pathlib import Path
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.catalog import LayerSpec
from riskmap.columns import date_range
from riskmap.io import RawLayer
from riskmap.quality import Layer, check_layer, leave_outside
from riskmap.words import Text


def spec(**keys: object) -> LayerSpec:
    return LayerSpec.model_validate(
        {
            "id": "things",
            "role": "hazard_source",
            "file": "things.csv",
            "title": Text("东西", "Things"),
            "datum": "WGS84",
            "reference": "inside_point",
            "source": Text("试", "test"),
            "licence": "",
            "vintage": "",
            **keys,
        }
    )


def read(geometry: list[shapely.Geometry | None], **keys: object) -> Layer:
    default = {"id": [str(i) for i in range(len(geometry))]}
    columns = cast("dict[str, list[str]]", keys.pop("table", default))
    table = pd.DataFrame(columns)
    shapes = np.array(geometry, dtype=object)
    return check_layer(RawLayer(spec(**keys), Path("things.csv"), table, shapes, None))


def reasons(layer: Layer) -> list[tuple[int, str, str]]:
    return [(p.row, p.reason, p.outcome) for p in layer.problems]


def test_each_bad_row_is_listed_with_its_reason() -> None:
    bow_tie = shapely.Polygon([(9, 47), (9.1, 47.1), (9.1, 47), (9, 47.1)])
    layer = read(
        [
            shapely.Point(9, 47),
            None,
            shapely.Point(np.nan, 47),
            shapely.Point(181, 47),
            shapely.Point(9, 85),
            bow_tie,
            shapely.from_wkt("POINT EMPTY"),
        ]
    )
    assert sorted(reasons(layer)) == [
        (2, "problem.no_geometry", "rejected"),
        (3, "problem.not_finite", "rejected"),
        (4, "problem.not_on_earth", "rejected"),
        (5, "problem.too_far_north", "rejected"),
        (6, "problem.invalid_geometry", "repaired"),
        (7, "problem.no_geometry", "rejected"),
    ]
    assert (layer.counts.used, layer.counts.repaired, layer.counts.rejected) == (1, 1, 5)


def test_a_lost_sign_is_restored_only_where_that_explains_the_row() -> None:
    layer = read(
        [shapely.Point(-82, 28), shapely.Point(82, 28), shapely.Point(-82, 17.31)],
        extent=(-87.7, 24.3, -79.9, 31.1),
        repair=["longitude_sign"],
    )
    assert reasons(layer) == [
        (2, "problem.longitude_sign", "repaired"),
        (3, "problem.outside_extent", "rejected"),
    ]
    assert layer.features["repaired"].tolist() == [False, True]
    lon = layer.features.to_crs("EPSG:4326").geometry.x
    assert lon.tolist() == pytest.approx([-82, -82])


def test_without_the_catalog_s_leave_nothing_is_repaired() -> None:
    layer = read([shapely.Point(82, 28)], extent=(-87.7, 24.3, -79.9, 31.1))
    assert reasons(layer) == [(1, "problem.outside_extent", "rejected")]


def test_unknown_values_are_not_known_and_bad_ones_are_listed() -> None:
    layer = read(
        [shapely.Point(9, 47)] * 5,
        table={
            "id": list("abcde"),
            "q": ["5", "-999", "many", "-3", ""],
            "k": ["silo", "Silo!", "landfill", "", "tank"],
            "h": ["是", "N", "maybe", "", "TRUE"],
            "e": ["2016", "2016-05-01", "05/2016", "", "2016-13-01"],
        },
        columns={"quantity_t": "q", "kind": "k", "hazchem": "h", "established": "e"},
        unknown={"quantity_t": [-999]},
        values={"kind": {"tank": "tank_farm"}},
    )
    found = layer.features
    assert found["quantity_t"].isna().tolist() == [False, True, True, True, True]
    assert found["kind"].fillna("?").tolist() == ["silo", "?", "landfill", "?", "tank_farm"]
    assert found["hazchem"].fillna("?").tolist() == ["yes", "no", "?", "?", "yes"]
    # A date that cannot be read stays as written: an unreadable end is not "no end".
    assert found["established"].fillna("?").tolist()[2:] == ["05/2016", "?", "2016-13-01"]
    assert sorted((p.column, p.row) for p in layer.problems) == [
        ("e", 3),
        ("e", 5),
        ("h", 3),
        ("k", 2),
        ("q", 3),
        ("q", 4),
    ]
    assert layer.counts.used == 5


def test_doubled_ids_keep_the_first_and_list_the_rest() -> None:
    layer = read([shapely.Point(9, 47), shapely.Point(9, 48)], table={"id": ["a", "a"]})
    assert reasons(layer) == [(2, "problem.id_twice", "rejected")]
    assert layer.features["ref"].tolist() == ["things/a"]


def test_keep_leaves_other_rows_to_other_layers() -> None:
    layer = read(
        [shapely.Point(9, 47), shapely.Point(9, 48)],
        table={"id": ["a", "b"], "status": ["OPEN", "CLOSED"]},
        keep={"status": ["OPEN"]},
    )
    assert layer.counts.rows_in == 1
    assert layer.counts.not_of_layer == 1


COORDINATES = st.one_of(
    st.floats(-200, 200), st.sampled_from([float("nan"), float("inf"), 85.1, -82.0])
)
ROWS = st.lists(
    st.one_of(
        st.none(),
        st.builds(shapely.Point, COORDINATES, COORDINATES),
        st.builds(
            shapely.Polygon,
            st.lists(st.tuples(st.floats(-90, -80), st.floats(24, 31)), min_size=4, max_size=6),
        ),
    ),
    max_size=8,
    min_size=1,
)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.booleans())
def test_counts_always_close(rows: list[shapely.Geometry | None], mended: bool) -> None:
    layer = read(
        rows,
        extent=(-87.7, 24.3, -79.9, 31.1),
        repair=["longitude_sign"] if mended else [],
    )
    assert layer.counts.closes
    assert layer.counts.rows_in == len(rows)
    area = shapely.box(-83, 27, -81, 28)
    reach = gpd.GeoSeries([area], crs="EPSG:4326").to_crs("EPSG:3395").iloc[0]
    near = leave_outside(layer, reach=reach)
    assert near.counts.closes
    assert near.counts.used + near.counts.repaired == len(near.features)
    rejected = {p.row for p in layer.problems if p.outcome == "rejected"}
    assert len(rejected) == layer.counts.rejected


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2016", "2016-01-01", "2016-12-31"),
        ("2016-12", "2016-12-01", "2016-12-31"),
        ("2016-02-29T00:00:00", "2016-02-29", "2016-02-29"),
        ("2020/12/1", "2020-12-01", "2020-12-01"),
        ("2020.2.9", "2020-02-09", "2020-02-09"),
        ("20190501", "2019-05-01", "2019-05-01"),
        ("2021年3月5日", "2021-03-05", "2021-03-05"),
        ("2021年3月", "2021-03-01", "2021-03-31"),
        ("2021年", "2021-01-01", "2021-12-31"),
        ("2025-12-31 00:00:00", "2025-12-31", "2025-12-31"),
    ],
)
def test_a_date_means_the_days_it_can(value: str, first: str, last: str) -> None:
    days = date_range(value)
    assert days is not None
    assert (days[0].isoformat(), days[1].isoformat()) == (first, last)


@pytest.mark.parametrize("value", ["", "soon", "2016-02-30", "16", None, float("nan"), 2016])
def test_what_is_no_date_is_none(value: object) -> None:
    assert date_range(value) is None
