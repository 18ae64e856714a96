"""Layers read batch by batch: the same rows and numbers as read whole, and nothing lost."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from shapely import Point, Polygon, box

from riskmap import batches
from riskmap.batches import open_source
from riskmap.catalog import LayerSpec
from riskmap.checking import check_project
from riskmap.errors import DataError
from riskmap.io import open_layer
from riskmap.quality import check_layer
from riskmap.shifted import wgs84_to_gcj02
from riskmap.words import Text
from tests.conftest import on_paper, rule_text
from tests.squares import Sheet, Squares, assert_same_findings, write_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from riskmap.batches import LayerSource
    from riskmap.config import RunConfig
    from riskmap.quality import Layer
    from riskmap.setback import Setbacks
    from tests.squares import Row

NEAR = 20


@pytest.fixture(autouse=True)
def _stream_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "STREAM_ROWS", 1)
    monkeypatch.setattr(batches, "BATCH_ROWS", 3)


def homes_spec(file: str = "homes.parquet", **more: object) -> LayerSpec:
    known: dict[str, object] = {
        "id": "homes",
        "role": "residential_zone",
        "file": file,
        "title": Text("宅", "Homes"),
        "datum": "CGCS2000",
        "reference": "building_wall",
        "source": Text("试", "test"),
        "licence": "",
        "vintage": "",
    }
    return LayerSpec.model_validate(known | more)


def homes_frame() -> gpd.GeoDataFrame:
    """Twenty homes 1 km apart, with words, numbers and gaps."""
    return gpd.GeoDataFrame(
        {
            "name": [None if i % 4 == 0 else f"H{i}" for i in range(NEAR)],
            "persons": [np.nan if i % 5 == 0 else 10.0 * i for i in range(NEAR)],
            "established": ["2016"] * NEAR,
        },
        geometry=[on_paper(box(1000 * i, 50, 1000 * i + 10, 60)) for i in range(NEAR)],
        crs="EPSG:4490",
    )


def opened(spec: LayerSpec, folder: Path) -> LayerSource:
    source = open_source(spec, folder=folder)
    assert source is not None
    return source


def streamed(source: LayerSource) -> list[Layer]:
    return [
        check_layer(batch.raw_layer(np.ones(len(batch.number), dtype=bool)))
        for batch in source.batches()
    ]


def assert_read_alike(spec: LayerSpec, folder: Path) -> None:
    whole = check_layer(open_layer(spec, folder=folder))
    parts = streamed(opened(spec, folder))
    table = pd.concat([part.features for part in parts]).sort_values("ref", ignore_index=True)
    left, right = (pd.DataFrame(one.drop(columns="geometry")) for one in (table, whole.features))
    pd.testing.assert_frame_equal(left, right)
    assert shapely.equals_exact(
        np.asarray(table.geometry), np.asarray(whole.features.geometry), tolerance=0.0
    ).all()
    found = sorted((p for part in parts for p in part.problems), key=lambda p: (p.row, p.reason))
    assert found == sorted(whole.problems, key=lambda p: (p.row, p.reason))


@pytest.mark.parametrize("covering", [True, False])
def test_parquet_reads_as_it_does_whole(tmp_path: Path, covering: bool) -> None:
    path = tmp_path / "homes.parquet"
    homes_frame().to_parquet(path, write_covering_bbox=covering, row_group_size=4)
    assert_read_alike(homes_spec(), tmp_path)


def test_a_package_reads_as_it_does_whole(tmp_path: Path) -> None:
    homes_frame().to_file(tmp_path / "homes.gpkg", driver="GPKG")
    assert_read_alike(homes_spec("homes.gpkg"), tmp_path)


def test_a_sublayer_of_a_package_is_read(tmp_path: Path) -> None:
    for name in ("others", 'the "homes"'):
        homes_frame().to_file(tmp_path / "homes.gpkg", driver="GPKG", layer=name)
    assert_read_alike(homes_spec("homes.gpkg", sublayer='the "homes"'), tmp_path)


def test_a_package_whose_feature_ids_skip_keeps_the_rows_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "homes.gpkg"
    frame = homes_frame()
    frame["fid"] = [7 + 3 * i for i in range(NEAR)]
    frame["established"] = ["soon" if i % 3 else "2016" for i in range(NEAR)]
    frame.to_file(path, driver="GPKG")
    assert pyogrio.read_info(path)["features"] == NEAR
    assert_read_alike(homes_spec("homes.gpkg"), tmp_path)


def test_problems_name_the_rows_of_the_file(tmp_path: Path) -> None:
    frame = homes_frame()
    frame["established"] = ["soon" if i in {3, 11} else "2016" for i in range(NEAR)]
    write_frame(frame, tmp_path / "homes.parquet")
    parts = streamed(opened(homes_spec(), tmp_path))
    assert [problem.row for part in parts for problem in part.problems] == [4, 12]
    assert_read_alike(homes_spec(), tmp_path)


def test_a_projected_layer_reads_as_it_does_whole(tmp_path: Path) -> None:
    write_frame(homes_frame().to_crs("EPSG:4549"), tmp_path / "homes.parquet")
    assert_read_alike(homes_spec(datum="EPSG:4549"), tmp_path)


def write_wkb(path: Path, wkb: Sequence[bytes | None], *, kind: pa.DataType = None) -> None:
    """Write rows of WKB as they are, sound or not."""
    write_frame(gpd.GeoDataFrame(geometry=[Point(119.5, 31.4)] * len(wkb), crs="EPSG:4490"), path)
    held = pq.read_schema(path).metadata
    geo = json.loads(held[b"geo"])
    geo["columns"]["geometry"].pop("covering")
    ids = [str(i + 1) for i in range(len(wkb))]
    table = pa.table({"id": ids, "geometry": pa.array(wkb, type=kind or pa.binary())})
    pq.write_table(
        table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), path, row_group_size=2
    )


@pytest.fixture
def project() -> Squares:
    """A source in the corner; who writes it adds a layer of homes."""
    layers = {"sources": Sheet("hazard_source", [(Point(0, 0), {})])}
    return Squares([rule_text()], layers)


def with_homes(project: Squares, folder: Path, **more: str) -> RunConfig:
    homes = Sheet("residential_zone", [], reference="building_wall", **more)
    layers = {**project.layers, "homes": homes}
    return replace(project, layers=layers).write(folder)


def both(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> tuple[tuple[Setbacks, pd.DataFrame], tuple[Setbacks, pd.DataFrame]]:
    """Check a project streaming, then read whole."""
    found, counts, _ = check_project(config)
    with monkeypatch.context() as patch:
        patch.setattr(batches, "STREAM_ROWS", 10**9)
        whole, held, _ = check_project(config)
    return (found, counts), (whole, held)


def homes_count(counts: pd.DataFrame) -> dict[str, int]:
    (row,) = counts[counts["layer"] == "homes"].to_dict("records")
    made = {name: int(row[name]) for name in ("used", "repaired", "rejected", "outside")}
    assert sum(made.values()) == row["rows_in"]
    return made


UNCLOSED = struct.pack("<BIII", 1, 3, 1, 4) + struct.pack(
    "<8d", 119.5, 31.4, 119.5001, 31.4, 119.5001, 31.4001, 119.5, 31.4001
)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_what_is_no_place_is_rejected_and_counted(
    project: Squares, tmp_path: Path, kind: pa.DataType
) -> None:
    bowtie = Polygon([(0, 50), (10, 60), (10, 50), (0, 60)])
    wkb = [
        shapely.to_wkb(on_paper(Point(0, 50))),
        None,
        shapely.to_wkb(Point(np.nan, 31.4)),
        shapely.to_wkb(Point()),
        UNCLOSED,
        b"\x01\x07garbage",
        b"",
        shapely.to_wkb(Point(119.5, 85.0)),
        shapely.to_wkb(on_paper(Point(30_000, 0))),
        shapely.to_wkb(on_paper(bowtie)),
    ]
    (tmp_path / "p").mkdir()
    write_wkb(tmp_path / "p" / "homes.parquet", wkb, kind=kind)
    config = with_homes(project, tmp_path / "p")
    setbacks, counts, _ = check_project(config)
    assert homes_count(counts) == {"used": 1, "repaired": 1, "rejected": 7, "outside": 1}
    assert set(setbacks.findings["target"]) == {"homes/1", "homes/10"}
    parts = streamed(opened(homes_spec(key="id"), tmp_path / "p"))
    reasons = {p.row: p.reason for part in parts for p in part.problems}
    no_geometry = dict.fromkeys([2, 4, 5, 6, 7], "problem.no_geometry")
    others = {3: "problem.not_finite", 8: "problem.too_far_north", 10: "problem.invalid_geometry"}
    assert reasons == no_geometry | others


def test_a_package_rejects_what_is_in_no_index(
    project: Squares, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = [
        on_paper(Point(0, 50)),
        None,
        Point(),
        on_paper(Point(30_000, 0)),
        Point(np.nan, 31.4),
    ]
    frame = gpd.GeoDataFrame({"id": list("abcde")}, geometry=shapes, crs="EPSG:4490")
    (tmp_path / "p").mkdir()
    write_frame(frame, tmp_path / "p" / "homes.gpkg")
    config = with_homes(project, tmp_path / "p", file="homes.gpkg")
    (found, counts), (whole, held) = both(config, monkeypatch)
    expected = {"used": 1, "repaired": 0, "rejected": 3, "outside": 1}
    assert homes_count(counts) == expected
    assert homes_count(held)["rejected"] == 3
    assert_same_findings(found.findings, whole.findings)


@pytest.mark.parametrize("file", ["homes.parquet", "homes.gpkg"])
def test_where_no_hazard_asks_nothing_but_unplaced_rows_is_read(tmp_path: Path, file: str) -> None:
    frame = homes_frame()
    frame.loc[NEAR - 1, "geometry"] = None
    write_frame(frame, tmp_path / file, rows=1)
    source = opened(homes_spec(file), tmp_path)
    read = [int(row) for batch in source.batches(np.zeros((0, 4))) for row in batch.number]
    assert read == [NEAR - 1]


def test_a_null_in_a_far_row_group_is_rejected_as_when_read_whole(
    project: Squares, tmp_path: Path
) -> None:
    shapes = [on_paper(Point(0, 50)), *(on_paper(Point(30_000 + i, 0)) for i in range(7)), None]
    frame = gpd.GeoDataFrame({"id": list("abcdefghi")}, geometry=shapes, crs="EPSG:4490")
    (tmp_path / "p").mkdir()
    write_frame(frame, tmp_path / "p" / "homes.parquet", rows=3)
    _, counts, _ = check_project(with_homes(project, tmp_path / "p"))
    assert homes_count(counts) == {"used": 1, "repaired": 0, "rejected": 1, "outside": 7}


def _in_gcj02(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(on_paper(shape), wgs84_to_gcj02)


@pytest.mark.parametrize("datum", ["GCJ02", "EPSG:4549"])
def test_other_datums_find_what_whole_reading_finds(
    project: Squares, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, datum: str
) -> None:
    place: Callable[[shapely.Geometry], shapely.Geometry] = on_paper
    shapes = [box(20.0 * i, 50, 20.0 * i + 5, 60) for i in range(12)]
    shapes.append(box(30_000, 50, 30_010, 60))
    crs: str | None = "EPSG:4490"
    if datum == "GCJ02":
        place, crs = _in_gcj02, None
    frame = gpd.GeoDataFrame(
        {"id": [str(i) for i in range(13)]}, geometry=[place(shape) for shape in shapes], crs=crs
    )
    frame.loc[3, "geometry"] = None
    (tmp_path / "p").mkdir()
    write_frame(frame if crs is None else frame.to_crs(datum), tmp_path / "p" / "homes.parquet")
    config = with_homes(project, tmp_path / "p", datum=datum)
    (found, counts), (whole, _) = both(config, monkeypatch)
    assert len(found.findings) > 3
    assert_same_findings(found.findings, whole.findings)
    made = homes_count(counts)
    assert made["rejected"] == 1
    assert made["outside"] >= 1


def _damage(path: Path, group: int) -> None:
    """Overwrite the geometry of one row group, its statistics left as they are."""
    held = pq.ParquetFile(path).metadata.row_group(group)
    index = {held.column(i).path_in_schema: i for i in range(held.num_columns)}
    column = held.column(index["geometry"])
    start = column.dictionary_page_offset or column.data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(bytes(data))


def test_row_groups_out_of_reach_are_not_read(project: Squares, tmp_path: Path) -> None:
    rows: list[Row] = [(Point(1.0 * i, 50), {}) for i in range(5)]
    rows += [(Point(20_000.0 + i, 50), {}) for i in range(5)]
    folder = tmp_path / "p"
    folder.mkdir()
    write_frame(Sheet("residential_zone", rows).frame(), folder / "homes.parquet")
    config = with_homes(project, folder)
    _damage(folder / "homes.parquet", 1)
    setbacks, counts, _ = check_project(config)
    assert len(setbacks.findings) == 5
    assert homes_count(counts) == {"used": 5, "repaired": 0, "rejected": 0, "outside": 5}
    _damage(folder / "homes.parquet", 0)
    with pytest.raises(DataError) as caught:
        check_project(config)
    (sentence,) = caught.value.read("en")
    for word in ("homes.parquet", "Layer homes", "row group 0"):
        assert word in sentence


@pytest.mark.parametrize(
    ("file", "more"),
    [
        ("homes.parquet", {"role": "hazard_source"}),
        ("homes.parquet", {"role": "chemical_plant"}),
        ("homes.parquet", {"extent": (119.0, 31.0, 120.0, 32.0)}),
        (
            "homes.parquet",
            {"extent": (119.0, 31.0, 120.0, 32.0), "repair": ["longitude_sign"]},
        ),
        ("homes.parquet", {"keep": {"name": ["H1"]}}),
        ("homes.geojson", {}),
        ("homes.csv", {"longitude": "x", "latitude": "y"}),
        ("gone.parquet", {}),
    ],
)
def test_other_layers_are_read_whole(tmp_path: Path, file: str, more: dict[str, object]) -> None:
    for name in ("homes.parquet", "homes.geojson"):
        write_frame(homes_frame(), tmp_path / name)
    pd.DataFrame({"x": [119.5], "y": [31.4]}).to_csv(tmp_path / "homes.csv")
    assert open_source(homes_spec(file, **more), folder=tmp_path) is None


def test_a_small_layer_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_frame(homes_frame(), tmp_path / "homes.parquet")
    monkeypatch.setattr(batches, "STREAM_ROWS", NEAR + 1)
    assert open_source(homes_spec(), folder=tmp_path) is None
    monkeypatch.setattr(batches, "STREAM_ROWS", NEAR)
    assert opened(homes_spec(), tmp_path).rows == NEAR


def _without_geo(path: Path) -> None:
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)


def _not_parquet(path: Path) -> None:
    path.write_bytes(b"PAR1 and then nothing")


def _other_crs(path: Path) -> None:
    gpd.read_parquet(path).set_crs("EPSG:4214", allow_override=True).to_parquet(path)


def _without_key(path: Path) -> None:
    gpd.read_parquet(path).rename(columns={"id": "ID"}).to_parquet(path)


def _key_as_index(path: Path) -> None:
    gpd.read_parquet(path).set_index("id").to_parquet(path)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_key_as_index, "no column 'id'"),
        (_without_geo, "Missing geo metadata"),
        (_not_parquet, "cannot be read"),
        (_other_crs, "declares CGCS2000"),
        (_without_key, "no column 'id'"),
    ],
)
def test_a_layer_that_cannot_be_used_is_refused_as_when_read_whole(
    project: Squares,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], None],
    words: str,
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    rows: list[Row] = [(Point(0, 50), {})] * 3
    write_frame(Sheet("residential_zone", rows).frame(), folder / "homes.parquet")
    config = with_homes(project, folder)
    damage(folder / "homes.parquet")
    (folder / "sources.parquet").unlink()
    with pytest.raises(DataError) as caught:
        check_project(config)
    monkeypatch.setattr(batches, "STREAM_ROWS", 10**9)
    with pytest.raises(DataError) as whole:
        check_project(config)
    assert caught.value.complaints == whole.value.complaints
    # The other layer's fault is said in the same breath.
    assert len(caught.value.complaints) == 2
    assert words in caught.value.read("en")[1]


def test_another_encoding_is_read_whole(project: Squares, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    frame = Sheet("residential_zone", [(Point(0, 50), {})] * 1).frame()
    frame.to_parquet(folder / "homes.parquet", geometry_encoding="geoarrow")
    config = with_homes(project, folder)
    assert open_source(homes_spec(), folder=folder) is None
    assert len(check_project(config)[0].findings) == 1


def test_an_id_that_stands_twice_is_rejected_in_a_later_batch_too(
    project: Squares, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    rows: list[Row] = [(Point(0, 50.0 + i), {"id": f"{i % 7}"}) for i in range(12)]
    write_frame(Sheet("residential_zone", rows).frame(), folder / "homes.parquet", rows=4)
    (found, counts), (whole, held) = both(with_homes(project, folder), monkeypatch)
    assert homes_count(counts) == {"used": 7, "repaired": 0, "rejected": 5, "outside": 0}
    assert homes_count(held) == homes_count(counts)
    assert_same_findings(found.findings, whole.findings)


def test_a_layer_whose_every_row_is_rejected_is_refused(
    project: Squares, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    write_wkb(folder / "homes.parquet", [None, shapely.to_wkb(Point(119.5, 85.0))])
    config = with_homes(project, folder)
    with pytest.raises(DataError, match="all 2 rows") as caught:
        check_project(config)
    monkeypatch.setattr(batches, "STREAM_ROWS", 10**9)
    with pytest.raises(DataError) as whole:
        check_project(config)
    assert caught.value.complaints == whole.value.complaints


@pytest.mark.parametrize("error", [MemoryError, pa.ArrowMemoryError])
def test_a_batch_that_does_not_fit_is_said_with_its_layer(
    project: Squares,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[MemoryError],
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    rows: list[Row] = [(Point(0, 50), {})]
    write_frame(Sheet("residential_zone", rows).frame(), folder / "homes.parquet")
    config = with_homes(project, folder)

    def full(*_: object, **__: object) -> None:
        raise error("malloc of 8 GB failed")

    monkeypatch.setattr(batches, "_parted", full)
    with pytest.raises(DataError) as caught:
        check_project(config)
    (sentence,) = caught.value.read("en")
    assert sentence.startswith("Out of memory (homes: malloc of 8 GB failed)")
