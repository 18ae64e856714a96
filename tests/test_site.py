"""May this project go here: answers worked out on squared paper, one spot or a whole plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

from riskmap import batches
from riskmap.bothways import hold_both_ways
from riskmap.checking import open_project
from riskmap.errors import ConfigError, DataError
from riskmap.proposal import Declared, read_proposal
from riskmap.site import SITE_VERDICTS, check_site
from tests.conftest import on_paper, rule_text
from tests.squares import AS_OF, Sheet, Squares, assert_same_findings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from riskmap.config import RunConfig
    from riskmap.quality import Layer
    from riskmap.site import SiteAnswer
    from tests.squares import Row

ROAD = LineString([(-20, 0), (20, 0)])
HOME = box(0, 0, 10, 10)
# A new store keeps 100 m from roads; any pit 300 m from homes; a new tank 100 m from homes;
# nobody builds within 20 m of a road.
NEW_STORE = rule_text("test.new", receptor='{ roles = ["road"] }', extra='binds = "new"').replace(
    "building_wall", "highway_land_edge"
)
PIT = rule_text(
    "test.pit", hazard='{ roles = ["non_coal_mine"] }', distance="distance_m = 300.0"
).replace("unit_edge", "licence_boundary")
NEW_PIT = PIT + 'binds = "new"\n'
ZONE = (
    rule_text(
        "test.zone",
        hazard='{ roles = ["residential_zone", "building"] }',
        receptor='{ roles = ["road"] }',
        distance="distance_m = 20.0",
        extra='scope = "site"',
    )
    .replace('"building_wall"', '"highway_land_edge"')
    .replace("unit_edge", "building_wall")
)


def lonlat(east_m: float, north_m: float) -> tuple[float, float]:
    """Take a spot on the paper to longitude and latitude."""
    spot = on_paper(Point(east_m, north_m))
    assert isinstance(spot, Point)
    return spot.x, spot.y


def road(*rows: Row) -> Sheet:
    return Sheet("road", rows or [(ROAD, {})], reference="highway_land_edge")


def homes(*rows: Row) -> Sheet:
    return Sheet("residential_zone", rows or [(HOME, {})], reference="building_wall")


def plan(folder: Path, role: str, rows: Sequence[Row], reference: str = "unit_edge") -> Layer:
    """Write candidates as a file with its TOML beside it, and read them."""
    folder.mkdir(exist_ok=True)
    frame = Sheet(role, rows).frame()
    frame.to_parquet(folder / "plan.parquet")
    text = f'role = "{role}"\ndatum = "CGCS2000"\nreference = "{reference}"\nkey = "id"\n'
    (folder / "plan.toml").write_text(text, "utf-8")
    return read_proposal(folder / "plan.parquet", declared=Declared(), as_of=AS_OF)


def ask(config: RunConfig, candidates: Layer) -> SiteAnswer:
    answer = check_site(config, candidates=candidates)
    assert set(answer.sites["verdict"]) <= set(SITE_VERDICTS)
    return answer


def only(answer: SiteAnswer) -> pd.Series:
    assert len(answer.sites) == 1
    row: pd.Series = answer.sites.iloc[0]
    return row


@pytest.mark.parametrize(
    ("metres", "verdict", "short"),
    [(99, "ban_violated", 1.0), (100, "clear", None), (101, "clear", None)],
)
def test_a_new_store_beside_a_road(
    tmp_path: Path, metres: int, verdict: str, short: float | None
) -> None:
    config = Squares([NEW_STORE], {"roads": road()}).write(tmp_path / "p")
    store = box(0, metres, 20, metres + 20)
    site = only(ask(config, plan(tmp_path / "c", "hazard_source", [(store, {})])))
    assert site["verdict"] == verdict
    assert site["established"] == "2025-12-31"
    if short is not None:
        assert site["short_m"] == pytest.approx(short, abs=0.002)
        assert site["other"] == "roads/1"


def test_a_new_estate_299_m_from_a_pit_makes_the_pit_too_near(tmp_path: Path) -> None:
    pit = Sheet("non_coal_mine", [(box(-100, 0, 0, 100), {})], reference="licence_boundary")
    config = Squares([PIT], {"pits": pit}).write(tmp_path / "p")
    estate = plan(tmp_path / "c", "residential_zone", [(box(299, 0, 350, 50), {})], "building_wall")
    answer = ask(config, estate)
    found = answer.asking.iloc[0]
    assert (found["source"], found["target"]) == ("pits/1", "candidates/1")
    assert only(answer)["verdict"] == "ban_violated"
    assert only(answer)["short_m"] == pytest.approx(1.0, abs=0.002)


def test_a_pit_that_stood_first_violates_nothing_but_is_listed(tmp_path: Path) -> None:
    pit = Sheet("non_coal_mine", [(box(-100, 0, 0, 100), {})], reference="licence_boundary")
    config = Squares([NEW_PIT], {"pits": pit}).write(tmp_path / "p")
    near, far = box(299, 0, 350, 50), box(301, 200, 350, 250)
    rows: list[Row] = [(near, {}), (far, {})]
    answer = ask(config, plan(tmp_path / "c", "residential_zone", rows, "building_wall"))
    assert list(answer.sites["verdict"]) == ["too_near", "clear"]
    assert list(answer.sites["too_near"]) == [1, 0]
    assert list(answer.sites["violations"]) == [0, 0]
    assert list(answer.too_near["target"]) == ["candidates/1"]


def test_a_new_home_in_a_control_zone_and_a_new_road_past_a_home(tmp_path: Path) -> None:
    config = Squares([ZONE], {"roads": road(), "homes": homes((box(0, 300, 9, 309), {}))}).write(
        tmp_path / "p"
    )
    home = plan(tmp_path / "c", "residential_zone", [(box(0, 10, 9, 19), {})], "building_wall")
    assert only(ask(config, home))["verdict"] == "ban_violated"
    # The home stood first: the new road comes too near, and the home breaks no law.
    line = LineString([(-500, 290), (500, 290)])
    way = plan(tmp_path / "d", "road", [(line, {})], "highway_land_edge")
    site = only(ask(config, way))
    assert (site["verdict"], site["too_near"], site["violations"]) == ("too_near", 1, 0)


def test_candidates_of_a_plan_are_held_against_each_other(tmp_path: Path) -> None:
    apart = rule_text("test.apart", receptor='{ roles = ["hazard_source"] }').replace(
        "building_wall", "unit_edge"
    )
    far = Sheet("hazard_source", [(box(9000, 0, 9010, 10), {})])
    config = Squares([apart], {"stores": far}).write(tmp_path / "p")
    rows: list[Row] = [
        (box(0, 0, 10, 10), {}),
        (box(90, 0, 100, 10), {}),
        (box(500, 0, 510, 10), {}),
    ]
    answer = ask(config, plan(tmp_path / "c", "hazard_source", rows))
    assert list(answer.sites["verdict"]) == ["ban_violated", "ban_violated", "clear"]
    assert len(answer.asking) == 1
    assert list(answer.sites["other"]) == ["candidates/2", "candidates/1", ""]


def test_two_that_pick_each_other_are_one_finding(tmp_path: Path) -> None:
    apart = rule_text("test.apart", receptor='{ roles = ["hazard_source"] }').replace(
        "building_wall", "unit_edge"
    )
    stands = Sheet("hazard_source", [(box(0, 0, 10, 10), {})])
    config = Squares([apart], {"a_stores": stands}).write(tmp_path / "p")
    answer = ask(config, plan(tmp_path / "c", "hazard_source", [(box(60, 0, 70, 10), {})]))
    assert len(answer.tray.findings) == 1
    assert answer.tray.findings.iloc[0]["source"] == "candidates/1"


def test_a_column_that_is_missing_is_asked_for_by_name(tmp_path: Path) -> None:
    rule = rule_text(hazard='{ roles = ["hazard_source"], where = { kind = ["tank_farm"] } }')
    config = Squares([rule], {"homes": homes()}).write(tmp_path / "p")
    rows: list[Row] = [(box(50, 0, 60, 10), {}), (box(5000, 0, 5010, 10), {})]
    answer = ask(config, plan(tmp_path / "c", "hazard_source", rows))
    assert list(answer.sites["verdict"]) == ["undetermined", "clear"]
    assert list(answer.sites["missing"]) == ["kind", "kind"]
    assert answer.asking.iloc[0]["missing"] == "kind"


def test_nothing_is_clear_where_the_layers_end(tmp_path: Path) -> None:
    config = Squares([rule_text()], {"homes": homes()}, half_m=1000.0).write(tmp_path / "p")
    shapes = [box(500, 0, 510, 10), box(990, 500, 1010, 510), box(3000, 0, 3010, 10)]
    answer = ask(config, plan(tmp_path / "c", "hazard_source", [(one, {}) for one in shapes]))
    assert list(answer.sites["place"]) == ["inside", "across", "outside"]
    assert list(answer.sites["verdict"]) == ["clear", "undetermined", "undetermined"]


def test_what_no_rule_is_about_and_what_no_layer_answers(tmp_path: Path) -> None:
    rail = rule_text("test.rail", receptor='{ roles = ["railway"] }').replace(
        "building_wall", "rail_toe"
    )
    both = rule_text("test.both", receptor='{ roles = ["residential_zone", "sensitive_place"] }')
    config = Squares([rail, both], {"homes": homes()}).write(tmp_path / "p")
    store = ask(config, plan(tmp_path / "c", "hazard_source", [(box(900, 0, 910, 10), {})]))
    status = dict(zip(store.unanswered["rule"], store.unanswered["status"], strict=True))
    assert status == {"test.both": "some_missing", "test.rail": "no_layer"}
    assert list(store.unanswered["missing_roles"]) == ["sensitive_place", "railway"]
    assert (only(store)["rules_asked"], only(store)["unanswered"]) == (1, 2)
    dump = ask(config, plan(tmp_path / "d", "waste_dump", [(box(5, 0, 6, 1), {})], "dump_outline"))
    assert (only(dump)["verdict"], only(dump)["rules_asked"]) == ("unchecked", 0)


def test_a_candidate_that_says_an_earlier_day_may_have_come_second(tmp_path: Path) -> None:
    config = Squares([NEW_STORE], {"roads": road()}).write(tmp_path / "p")
    rows: list[Row] = [
        (box(0, 50, 10, 60), {"established": "2023-05"}),
        (box(50, 50, 60, 60), {"established": None}),
        (box(99, 50, 110, 60), {"established": "2027"}),
    ]
    answer = ask(config, plan(tmp_path / "c", "hazard_source", rows))
    assert list(answer.sites["verdict"]) == ["undetermined", "ban_violated", "ban_violated"]
    first = answer.asking[answer.asking["source"] == "candidates/1"].iloc[0]
    assert first["reason"] == "date_missing"


def test_a_hazchem_unit_is_not_cleared_by_fire_separation(tmp_path: Path) -> None:
    config = Squares([rule_text(nature="standard")], {"homes": homes()}).write(tmp_path / "p")
    store = [(box(120, 0, 130, 10), {"hazchem": "yes"}), (box(120, 50, 130, 60), {"hazchem": "no"})]
    answer = ask(config, plan(tmp_path / "c", "hazard_source", store))
    assert list(answer.sites["verdict"]) == ["undetermined", "clear"]
    assert list(answer.sites["guarded"]) == [1, 0]


def test_a_plan_of_a_thousand_is_a_thousand_single_questions(tmp_path: Path) -> None:
    rules = [rule_text(), PIT]
    config = Squares(rules, {"homes": homes(), "far": homes((box(0, 900, 9, 909), {}))}).write(
        tmp_path / "p"
    )
    # Ten metres wide each, the first touching the home's wall, each 1 m further east.
    rows: list[Row] = [(box(10 + i, 0, 20 + i, 10), {"id": f"{i:04d}"}) for i in range(1000)]
    candidates = plan(tmp_path / "c", "hazard_source", rows)
    answer = ask(config, candidates)
    # 0 to 99 m are too near; exactly 100 m is enough.
    violating = answer.sites["verdict"] == "ban_violated"
    assert list(np.flatnonzero(violating)) == list(range(100))
    project = open_project(config)
    singles = []
    for number in (*range(0, 1000, 37), 98, 99, 100, 101, 149, 150, 151):
        one = candidates.features.iloc[[number]].reset_index(drop=True)
        alone = type(candidates)(
            candidates.spec, one, candidates.accuracy_m, (), candidates.counts, ""
        )
        met = hold_both_ways(project, candidates=alone, progress=_Silent())
        found = answer.tray.findings
        own = found[found["source"] == one["ref"].iloc[0]]
        assert_same_findings(met.findings, gpd.GeoDataFrame(own))
        singles.append(len(met.findings))
    assert sum(singles) > 3


class _Silent:
    def start(self, step: str, total: int) -> None:
        """Say nothing."""

    def advance(self, item: str) -> None:
        """Say nothing."""


@pytest.mark.parametrize("role", ["residential_zone", "road"])
def test_a_streamed_layer_answers_as_a_held_one_both_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    many = [(box(40 * i, 30, 40 * i + 9, 39), {"id": f"{i:03d}"}) for i in range(40)]
    layers = {"homes": homes(*many), "roads": road()}
    config = Squares([ZONE, NEW_STORE, rule_text()], layers).write(tmp_path / "p")
    if role == "road":
        line = LineString([(0, 25), (1500, 45)])
        candidates = plan(tmp_path / "c", role, [(line, {})], "highway_land_edge")
    else:
        candidates = plan(tmp_path / "c", role, [(box(9, 5, 19, 15), {})], "building_wall")
    held = ask(config, candidates)
    monkeypatch.setattr(batches, "STREAM_ROWS", 1)
    monkeypatch.setattr(batches, "BATCH_ROWS", 3)
    streamed = ask(config, candidates)
    assert len(held.tray.findings) > 0
    assert_same_findings(held.tray.findings, streamed.tray.findings)
    columns = list(held.sites.columns.drop("geometry"))
    pd.testing.assert_frame_equal(held.sites[columns], streamed.sites[columns])


def test_a_spot_is_a_point_inside_what_will_stand_there(tmp_path: Path) -> None:
    config = Squares([rule_text()], {"homes": homes()}).write(tmp_path / "p")
    declared = Declared(
        role="hazard_source",
        datum="CGCS2000",
        constants={"name": "拟建罐", "established": "2026-03"},
        point=lonlat(60, 5),
    )
    candidates = read_proposal(None, declared=declared, as_of=AS_OF)
    assert candidates.features["established"].iloc[0] == "2026-03"
    site = only(ask(config, candidates))
    assert (site["verdict"], site["name"]) == ("ban_violated", "拟建罐")
    # Beyond the distance a point proves nothing: the unit's edge may be nearer.
    beyond = Declared(role="hazard_source", datum="CGCS2000", point=lonlat(115, 5))
    answer = ask(config, read_proposal(None, declared=beyond, as_of=AS_OF))
    assert only(answer)["verdict"] == "undetermined"


def test_a_csv_and_the_command_line_go_before_the_toml(tmp_path: Path) -> None:
    spot = lonlat(60, 5)
    path = tmp_path / "plan.csv"
    path.write_text(f"id,longitude,latitude\na,{spot[0]!r},{spot[1]!r}\n", "utf-8")
    toml = tmp_path / "plan.toml"
    toml.write_text('role = "building"\ndatum = "GCJ02"\nreference = "building_wall"\n', "utf-8")
    declared = Declared(role="sensitive_place", datum="CGCS2000", constants={"kind": "school"})
    layer = read_proposal(path, declared=declared, as_of=AS_OF)
    assert list(layer.features["ref"]) == ["candidates/a"]
    assert (layer.spec.role, layer.spec.datum) == ("sensitive_place", "CGCS2000")
    assert list(layer.features["kind"]) == ["school"]
    # The TOML may be named in the file's place when it names the file.
    toml.write_text('file = "plan.csv"\n' + toml.read_text("utf-8"), "utf-8")
    again = read_proposal(toml, declared=Declared(accuracy_m=3.0), as_of=AS_OF)
    assert (again.spec.role, again.spec.accuracy_m) == ("building", 3.0)


@pytest.mark.parametrize(
    ("toml", "declared", "words"),
    [
        ("", Declared(), "--role"),
        ('role = "castle"\n', Declared(), "unknown role"),
        ('role = "consent"\n', Declared(), "register"),
        ('role = "building"\nfile = "other.csv"\n', Declared(), "other.csv"),
        ('role = "building"\n', Declared(), "datum is not declared"),
        ("", Declared(role="building", datum="WGS84"), "reference is not declared"),
        ("", Declared(point=(119.0, 31.0)), "one of the two"),
        (
            'role = "building"\ndatum = "WGS84"\nreference = "building_wall"\n',
            Declared(constants={"colour": "red"}),
            "colour",
        ),
    ],
)
def test_what_is_not_said_is_refused(
    tmp_path: Path, toml: str, declared: Declared, words: str
) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("id,longitude,latitude\na,119.5,31.4\n", "utf-8")
    if toml:
        (tmp_path / "plan.toml").write_text(toml, "utf-8")
    with pytest.raises(ConfigError, match=words):
        read_proposal(path, declared=declared, as_of=AS_OF)


def test_a_file_without_one_good_row_and_a_name_that_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("id,longitude,latitude\na,119.5,85\n", "utf-8")
    declared = Declared(role="building", datum="WGS84", reference="building_wall")
    with pytest.raises(DataError, match="all 1 rows"):
        read_proposal(path, declared=declared, as_of=AS_OF)
    with pytest.raises(DataError, match="not there"):
        read_proposal(tmp_path / "gone.csv", declared=declared, as_of=AS_OF)
    config = Squares([rule_text()], {"candidates": homes()}).write(tmp_path / "p")
    candidates = plan(tmp_path / "c", "hazard_source", [(box(5, 0, 6, 1), {})])
    with pytest.raises(ConfigError, match="candidates"):
        check_site(config, candidates=candidates)
