"""Tiles: each hazard is owned once, and together the tiles find what one pass finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from riskmap import batches
from riskmap.checking import check_project, check_tiles, verdict_counts
from riskmap.config import load_config
from riskmap.defaults import case_folder
from riskmap.engine import LocalExecutor, Result, Task, owners
from riskmap.errors import DataError, OutputError
from tests.conftest import rule_text
from tests.squares import Sheet, Squares, assert_same_findings, in_order, read_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from riskmap.checking import TileReport
    from riskmap.config import RunConfig
    from tests.squares import Row

WALL = "building_wall"


def in_tiles(config: RunConfig, out: Path, *, tiles: int) -> tuple[list[TileReport], Path]:
    return check_tiles(config, out=out, tiles=tiles, executor=LocalExecutor()), out


def assert_tiles_agree(
    config: RunConfig, folder: Path, counts: Sequence[int] = (1, 2, 5)
) -> gpd.GeoDataFrame:
    """Hold every number of tiles against one pass; return what that one finds."""
    setbacks, _, _ = check_project(config)
    expected = setbacks.pairs["verdict"].value_counts().to_dict()
    for tiles in counts:
        reports, out = in_tiles(config, folder / f"tiles{tiles}", tiles=tiles)
        assert_same_findings(read_findings(out), setbacks.findings)
        assert dict(verdict_counts(reports)) == expected
    return setbacks.findings


def sources(*rows: Row) -> Sheet:
    return Sheet("hazard_source", rows)


def homes(*rows: Row) -> Sheet:
    return Sheet("residential_zone", rows, reference=WALL)


@pytest.mark.parametrize(("places", "tiles"), [(0, 3), (1, 4), (7, 3), (100, 7), (64, 8), (5, 5)])
def test_tiles_own_every_place_once_and_are_of_one_size(places: int, tiles: int) -> None:
    xy = np.random.default_rng(places).uniform(0, 1e6, (places, 2))
    owner = owners(xy, count=tiles)
    sizes = np.bincount(owner, minlength=tiles)
    assert len(owner) == places
    assert len(sizes) == tiles
    assert sizes.max() - sizes.min() <= 1


def test_the_same_places_fall_to_the_same_tiles_in_any_order() -> None:
    rng = np.random.default_rng(4)
    xy = rng.uniform(0, 1e6, (53, 2))
    order = rng.permutation(53)
    assert (owners(xy, count=6)[order] == owners(xy[order], count=6)).all()


def test_equal_places_are_shared_out_evenly() -> None:
    assert sorted(owners(np.zeros((6, 2)), count=3).tolist()) == [0, 0, 1, 1, 2, 2]


def test_the_cut_goes_across_the_longer_side() -> None:
    xy = np.array([[0.0, 0.0], [100.0, 1.0], [0.0, 1.0], [100.0, 0.0]])
    assert owners(xy, count=2).tolist() == [0, 1, 0, 1]


@pytest.fixture
def crowd(tmp_path: Path) -> RunConfig:
    """Eight sources 300 m apart on a line, a home 50 m north of each: 100 m are asked."""
    tanks: list[Row] = [(Point(300.0 * i, 0.0), {}) for i in range(8)]
    near = [(Point(300.0 * i, 50.0), {"name": f"H{i}"}) for i in range(8)]
    layers = {"sources": sources(*tanks), "homes": homes(*near)}
    return Squares([rule_text()], layers).write(tmp_path / "crowd")


def test_tiles_find_what_one_pass_finds(crowd: RunConfig, tmp_path: Path) -> None:
    found = assert_tiles_agree(crowd, tmp_path, [1, 2, 3, 8, 11])
    assert len(found) == 8
    assert (found["measured_m"] - 50.0).abs().max() <= 0.002


def test_streamed_receptors_are_found_by_every_tile(
    crowd: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "STREAM_ROWS", 1)
    assert len(assert_tiles_agree(crowd, tmp_path, [1, 4])) == 8


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(tiles=st.integers(1, 20))
def test_any_number_of_tiles_gives_the_same_table(
    crowd: RunConfig, tmp_path_factory: pytest.TempPathFactory, tiles: int
) -> None:
    assert_tiles_agree(crowd, tmp_path_factory.mktemp("any"), [tiles])


def test_a_hazard_that_spans_four_tiles_is_checked_whole_by_its_owner(tmp_path: Path) -> None:
    # A site of 2 km by 2 km over the middle, a tank in each corner of the paper.
    corners: list[Row] = [(Point(x, y), {}) for x in (-3000, 3000) for y in (-3000, 3000)]
    site = (box(-1000, -1000, 1000, 1000), {"id": "site"})
    walls: list[Row] = [(Point(x, y), {}) for x in (-1050, 1050) for y in (-1050 + 50, 1000)]
    layers = {"sources": sources(site, *corners), "homes": homes(*walls)}
    config = Squares([rule_text()], layers).write(tmp_path / "site")
    found = assert_tiles_agree(config, tmp_path, [2, 4, 5])
    assert set(found["source"]) == {"sources/site"}
    assert (found["measured_m"] - 50.0).abs().max() <= 0.01
    assert len(found) == 4


def test_a_pipeline_of_300_km_is_owned_once(tmp_path: Path) -> None:
    line = LineString([(1000.0 * i, 0.0) for i in range(-150, 151)])
    pipe = Sheet("pipeline", [(line, {})], reference="centreline")
    tanks = sources(*((Point(40_000.0 * i, 9000.0), {}) for i in range(-3, 4)))
    ends = homes(*((Point(x, 30.0), {}) for x in (-140_000.0, 0.0, 140_000.0)))
    rule = rule_text(hazard='{ roles = ["pipeline", "hazard_source"] }')
    layers = {"pipes": pipe, "sources": tanks, "homes": ends}
    config = Squares([rule], layers, half_m=160_000.0).write(tmp_path / "pipe")
    found = assert_tiles_agree(config, tmp_path, [2, 8])
    assert found["source"].tolist() == ["pipes/1"] * 3


def test_of_two_features_that_pick_each_other_one_direction_is_kept(tmp_path: Path) -> None:
    # Five tanks in a row, 80 m apart: four pairs are too near, each is one finding.
    tanks = sources(*((Point(80.0 * i, 0.0), {}) for i in range(5)))
    rule = rule_text(receptor='{ roles = ["hazard_source"] }')
    config = Squares([rule], {"sources": tanks}).write(tmp_path / "row")
    found = assert_tiles_agree(config, tmp_path, [1, 2, 3, 5])
    violated = found[found["verdict"] != "complies"]
    assert len({frozenset(pair) for pair in violated[["source", "target"]].to_numpy()}) == 4
    assert len(violated) == 4


def test_the_worse_direction_is_kept_where_the_ends_are_in_different_tiles(
    tmp_path: Path,
) -> None:
    # 99.5 m apart: seen from the tank whose layer is exact, 100 m are violated; the line
    # held for the other lies further out, so that direction alone settles nothing.
    left = sources((Point(0.0, 0.0), {}))
    right = Sheet("hazard_source", [(Point(99.5, 0.0), {})], reference="plant_boundary")
    rule = rule_text(receptor='{ roles = ["hazard_source"] }').replace(
        'measure_to = "building_wall"', 'measure_to = "plant_boundary"'
    )
    config = Squares([rule], {"left": left, "right": right}).write(tmp_path / "two")
    found = assert_tiles_agree(config, tmp_path, [1, 2])
    assert found[["source", "target", "verdict"]].to_numpy().tolist() == [
        ["left/1", "right/1", "ban_violated"]
    ]


def test_a_rule_that_displaces_another_does_so_in_every_tile(
    crowd: RunConfig, tmp_path: Path
) -> None:
    special = rule_text(
        "test.special", distance="distance_m = 40.0", extra='displaces=["test.one"]'
    )
    rules = crowd.folder / "rules.toml"
    rules.write_text(rules.read_text("utf-8") + special, "utf-8")
    found = assert_tiles_agree(crowd, tmp_path, [1, 3, 8])
    # 50 m lie within the 60 m to which the special rule lists its pairs.
    assert found[["rule", "verdict"]].to_numpy().tolist() == [["test.special", "complies"]] * 8


def test_a_rule_without_a_number_stays_open_in_every_tile(crowd: RunConfig, tmp_path: Path) -> None:
    open_rule = rule_text("test.open", distance='no_number = { zh = "未定", en = "not fixed" }')
    rules = crowd.folder / "rules.toml"
    rules.write_text(rules.read_text("utf-8") + open_rule, "utf-8")
    found = assert_tiles_agree(crowd, tmp_path, [1, 3, 8])
    assert sorted(found["rule"]) == ["test.one"] * 8 + ["test.open"] * 8


def test_kin_is_known_across_tiles(tmp_path: Path) -> None:
    # The plant lies with the western tanks, one of its units with the eastern ones.
    plant = Sheet(
        "chemical_plant", [(box(0, 0, 50, 50), {"id": "works"})], reference="plant_boundary"
    )
    units = sources(
        (Point(60.0, 25.0), {"id": "own", "unit_of": "works"}),
        (Point(70.0, 25.0), {"id": "other", "unit_of": None}),
        *((Point(5000.0 + 500.0 * i, 0.0), {"unit_of": None}) for i in range(3)),
    )
    rule = rule_text(receptor='{ roles = ["chemical_plant"] }')
    config = Squares([rule], {"plants": plant, "sources": units}).write(tmp_path / "kin")
    found = assert_tiles_agree(config, tmp_path, [1, 2, 5])
    assert found["source"].tolist() == ["sources/other"]


def test_a_receptor_near_hazards_of_several_tiles_is_found_by_each(tmp_path: Path) -> None:
    tanks = sources(*((Point(40.0 * i, 0.0), {}) for i in range(-2, 3)))
    config = Squares([rule_text()], {"sources": tanks, "homes": homes((Point(0, 10), {}))})
    found = assert_tiles_agree(config.write(tmp_path / "one"), tmp_path, [1, 2, 3, 5])
    assert len(found) == 5


def test_consents_and_safety_reports_hold_in_every_tile(tmp_path: Path) -> None:
    works = [
        (box(300.0 * i, 0, 300.0 * i + 20, 20), {"id": f"P{i}", "name": f"P{i}"}) for i in range(6)
    ]
    near = [(Point(300.0 * i + 10, 70.0), {"id": f"H{i}"}) for i in range(6)]
    plants = Sheet("chemical_plant", works, reference="plant_boundary")
    chosen = '{ roles = ["chemical_plant"] }'
    asked = rule_text("test.consent", nature="consent", hazard=chosen)
    told = rule_text(
        "test.report",
        nature="standard",
        hazard=chosen,
        distance='distance_from = "safety_report"\nsearch_m = 200.0',
    )
    rules = [rule.replace('"unit_edge"', '"plant_boundary"') for rule in (asked, told)]
    consent = {"rule": "test.consent", "date": "2020-01-01", "authority": "A"}
    consents = [
        {"source": "plants/P1", "target": "homes/H1", "number": "1", "valid_until": "2030-01-01"},
        {"source": "plants/P4", "target": "homes/H4", "number": "2", "valid_until": "2021-01-01"},
    ]
    report = {"receptor_class": "general_1", "line": "plant_boundary", "agency": "A"}
    reports = [
        {"unit": "plants/P2", "distance_m": "60", "report": "R", "date": "2020-01-01"},
        {"unit": "plants/P5", "distance_m": "40", "report": "R", "date": "2020-01-01"},
    ]
    registers = {
        "consents": ("consent", [consent | row for row in consents]),
        "reports": ("safety_report", [report | row for row in reports]),
    }
    houses = Sheet(
        "residential_zone",
        [(shape, {**values, "receptor_class": "general_1"}) for shape, values in near],
        reference=WALL,
    )
    layers = {"plants": plants, "homes": houses}
    config = Squares(rules, layers, registers).write(tmp_path / "papers")
    found = assert_tiles_agree(config, tmp_path, [1, 3, 6])
    by_key = found.set_index(["source", "rule"])["verdict"]
    # 50 m apart: the consent that runs is held, the one that ran out is not.
    assert by_key["plants/P1", "test.consent"] == "consent_held"
    assert by_key["plants/P4", "test.consent"] == "consent_missing"
    assert by_key["plants/P2", "test.report"] == "standard_violated"
    assert by_key["plants/P5", "test.report"] == "complies"
    assert by_key["plants/P0", "test.report"] == "undetermined"


@pytest.mark.parametrize("case", ["liechtenstein", "liyang"])
def test_the_demos_give_the_same_table_in_tiles(case: str, tmp_path: Path) -> None:
    config = load_config(case_folder(case))
    assert len(assert_tiles_agree(config, tmp_path, [3])) > 0


def test_the_findings_open_as_one_geoparquet(crowd: RunConfig, tmp_path: Path) -> None:
    reports, out = in_tiles(crowd, tmp_path / "out", tiles=11)
    parts = sorted(path.name for path in out.iterdir())
    assert parts == [f"part-{number:05d}.parquet" for number in range(11)]
    assert [report.tile.number for report in reports] == list(range(11))
    frame = gpd.read_parquet(out)
    assert frame.crs.to_epsg() == 4326
    assert len(frame) == sum(report.findings for report in reports) == 8
    assert sum(report.hazards for report in reports) == 8


def test_a_tile_without_hazards_writes_no_rows_of_the_same_types(
    crowd: RunConfig, tmp_path: Path
) -> None:
    reports, out = in_tiles(crowd, tmp_path / "out", tiles=11)
    empty = [report.tile.number for report in reports if report.hazards == 0]
    assert len(empty) == 3
    schemas = {pq.read_schema(path).remove_metadata() for path in sorted(out.iterdir())}
    assert len(schemas) == 1
    lone = gpd.read_parquet(out / f"part-{empty[0]:05d}.parquet")
    assert len(lone) == 0
    assert lone.crs.to_epsg() == 4326


def test_a_project_without_any_hazard_still_opens(tmp_path: Path) -> None:
    layers = {"homes": homes((Point(0, 0), {}))}
    config = Squares([rule_text()], layers).write(tmp_path / "none")
    reports, out = in_tiles(config, tmp_path / "out", tiles=2)
    assert [report.findings for report in reports] == [0, 0]
    assert len(gpd.read_parquet(out)) == 0


def test_a_tile_done_again_writes_the_same_file(crowd: RunConfig, tmp_path: Path) -> None:
    first = read_findings(in_tiles(crowd, tmp_path / "a", tiles=3)[1])
    again = read_findings(in_tiles(crowd, tmp_path / "b", tiles=3)[1])
    assert_same_findings(first, again)
    assert in_order(first)["finding_id"].is_unique


class _Forgetful(LocalExecutor):
    """Leave half a file behind, as a worker that is killed while it writes."""

    def work(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        for task in tasks:
            out = getattr(task, "out")  # noqa: B009 - tasks of any kind
            (out / ".part-00001.parquet.999999").write_bytes(b"PAR1")
            yield function(task)


def test_what_a_lost_worker_left_half_written_is_taken_away(
    crowd: RunConfig, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    check_tiles(crowd, out=out, tiles=2, executor=_Forgetful())
    assert sorted(path.name for path in out.iterdir()) == [
        "part-00000.parquet",
        "part-00001.parquet",
    ]


def test_a_folder_with_something_in_it_is_not_touched(crowd: RunConfig, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", "utf-8")
    with pytest.raises(OutputError, match="is not empty"):
        in_tiles(crowd, tmp_path, tiles=2)
    with pytest.raises(OutputError, match="cannot be written"):
        in_tiles(crowd, tmp_path / "note.txt" / "out", tiles=2)
    assert (tmp_path / "note.txt").read_text("utf-8") == "mine"


def test_a_fault_of_the_data_is_the_same_in_tiles(crowd: RunConfig, tmp_path: Path) -> None:
    (crowd.folder / "homes.parquet").unlink()
    with pytest.raises(DataError, match="is not there"):
        in_tiles(crowd, tmp_path / "out", tiles=2)
