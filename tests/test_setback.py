from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from shapely import LineString, Point, Polygon, box

from riskmap.errors import RulebookError
from tests.conftest import check, paper_layer, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from riskmap.rulebook import Rulebook

Book = "Callable[..., Rulebook]"


def home(
    west: float, *, south: float = -5.0, **values: object
) -> tuple[Polygon, dict[str, object]]:
    return box(west, south, west + 20, south + 10), values


def test_one_ban_is_violated_with_its_three_numbers(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(box(-50, -50, 0, 50), {"name": "罐区"})])
    homes = paper_layer("residential_zone", [home(60.0, name="村")])
    result = check(source, homes, rulebook=make_book(rule_text()))
    assert len(result.findings) == 1
    row = result.findings.iloc[0]
    assert row["verdict"] == "ban_violated"
    assert row["required_m"] == 100.0
    assert row["measured_m"] == pytest.approx(60.0, abs=0.002)
    assert row["short_m"] == pytest.approx(40.0, abs=0.002)
    assert row["source_name"] == "罐区"
    assert row["target_name"] == "村"


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [(99.0, "ban_violated"), (100.0, "complies"), (101.0, "complies")],
)
def test_exactly_the_distance_is_enough_when_the_rule_says_so(
    make_book: Callable[..., Rulebook], distance: float, verdict: str
) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})])
    homes = paper_layer("residential_zone", [(Point(distance, 0), {})])
    result = check(source, homes, rulebook=make_book(rule_text()))
    assert result.findings["verdict"].tolist() == [verdict]


def test_exactly_the_distance_fails_when_more_is_asked(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})])
    homes = paper_layer("residential_zone", [(Point(0, 100), {})])
    book = make_book(rule_text(extra="equality_complies = false"))
    assert check(source, homes, rulebook=book).findings["verdict"].tolist() == ["ban_violated"]


def test_accuracy_on_both_sides_makes_a_band_of_doubt(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})], accuracy_m=2.0)
    homes = paper_layer(
        "residential_zone",
        [(Point(94.9, 0), {}), (Point(95.1, 0), {}), (Point(104.9, 0), {}), (Point(105.1, 0), {})],
        accuracy_m=3.0,
    )
    result = check(source, homes, rulebook=make_book(rule_text()))
    by_target = dict(zip(result.findings["target"], result.findings["verdict"], strict=True))
    assert [by_target[f"residential_zones/{i}"] for i in (1, 2, 3, 4)] == [
        "ban_violated",
        "undetermined",
        "undetermined",
        "complies",
    ]
    doubtful = result.findings[result.findings["verdict"] == "undetermined"]
    assert set(doubtful["reason"]) == {"accuracy"}
    assert doubtful["settle_m"].tolist() == pytest.approx([4.9, 4.9], abs=0.01)


def test_an_outline_further_out_can_only_prove_complies(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(box(-50, -50, 0, 50), {})], reference="plant_boundary")
    homes = paper_layer("residential_zone", [home(60.0), home(120.0, south=30.0)])
    result = check(source, homes, rulebook=make_book(rule_text()))
    found = result.findings.set_index("target")
    assert found.loc["residential_zones/1", "verdict"] == "undetermined"
    assert found.loc["residential_zones/1", "reason"] == "lower_bound"
    assert found.loc["residential_zones/2", "verdict"] == "complies"


def test_a_point_inside_can_only_prove_violates(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})], reference="inside_point")
    homes = paper_layer("residential_zone", [(Point(60, 0), {}), (Point(0, 130), {})])
    result = check(source, homes, rulebook=make_book(rule_text()))
    found = result.findings.set_index("target")
    assert found.loc["residential_zones/1", "verdict"] == "ban_violated"
    assert found.loc["residential_zones/2", "verdict"] == "undetermined"
    assert found.loc["residential_zones/2", "reason"] == "upper_bound"


def test_bounds_that_pull_apart_settle_nothing(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})], reference="inside_point")
    homes = paper_layer("residential_zone", [(Point(60, 0), {})], reference="site_boundary")
    row = check(source, homes, rulebook=make_book(rule_text())).findings.iloc[0]
    assert (row["verdict"], row["reason"], row["bound"]) == (
        "undetermined",
        "line_not_held",
        "none",
    )


def test_a_declared_half_width_turns_a_centreline_into_the_edge(
    make_book: Callable[..., Rulebook],
) -> None:
    pit = paper_layer("non_coal_mine", [(box(-100, -50, 0, 50), {"kind": "open_pit"})])
    road = LineString([(110, -500), (110, 500)])
    roads = paper_layer(
        "road",
        [(road, {"kind": "county", "land_half_width_m": 12.0}), (road, {"kind": "county"})],
        reference="centreline",
    )
    rule = (
        rule_text(hazard='{ roles = ["non_coal_mine"] }', receptor='{ roles = ["road"] }')
        .replace('"unit_edge"', '"licence_boundary"')
        .replace('"building_wall"', '"highway_land_edge"')
    )
    found = check(pit, roads, rulebook=make_book(rule)).findings.set_index("target")
    assert found.loc["roads/1", "measured_m"] == pytest.approx(98.0, abs=0.01)
    assert found.loc["roads/1", "verdict"] == "ban_violated"
    # Without a width the edge lies somewhere nearer: 110 m can prove nothing.
    assert found.loc["roads/2", "verdict"] == "undetermined"
    assert found.loc["roads/2", "reason"] == "upper_bound"


def test_a_column_that_is_not_held_is_never_skipped(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer(
        "hazard_source",
        [
            (Point(0, 0), {"kind": "tank_farm"}),
            (Point(0, 1), {"kind": None}),
            (Point(0, 2), {"kind": "silo"}),
        ],
    )
    homes = paper_layer("residential_zone", [(Point(50, 0), {})])
    book = make_book(
        rule_text(hazard='{ roles = ["hazard_source"], where = { kind = ["tank_farm"] } }')
    )
    found = check(source, homes, rulebook=book).findings.set_index("source")
    assert found["verdict"].to_dict() == {
        "hazard_sources/1": "ban_violated",
        "hazard_sources/2": "undetermined",
    }
    assert found.loc["hazard_sources/2", "reason"] == "attribute_missing"
    assert found.loc["hazard_sources/2", "missing"] == "kind"


def test_nature_goes_before_size(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})])
    homes = paper_layer("residential_zone", [(Point(4, 0), {})])
    book = make_book(
        rule_text("test.ban", distance="distance_m = 5.0"),
        rule_text("test.consent", nature="consent", distance="distance_m = 200.0"),
    )
    result = check(source, homes, rulebook=book)
    assert result.pairs["verdict"].tolist() == ["ban_violated"]
    assert result.pairs["rules"].tolist() == [2]
    consent = result.findings[result.findings["nature"] == "consent"].iloc[0]
    assert consent["verdict"] == "consent_missing"
    assert consent["short_m"] != consent["short_m"]


def test_a_rule_without_a_number_stays_open_on_the_pair(
    make_book: Callable[..., Rulebook],
) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})])
    homes = paper_layer("residential_zone", [(Point(120, 0), {})])
    book = make_book(
        rule_text("test.number"),
        rule_text("test.silent", distance='no_number = { zh = "无", en = "none" }'),
    )
    result = check(source, homes, rulebook=book)
    assert result.pairs["verdict"].tolist() == ["undetermined"]
    status = dict(zip(result.coverage["rule"], result.coverage["status"], strict=True))
    assert status == {"test.number": "ran", "test.silent": "no_number"}


def test_the_special_code_displaces_the_general_one(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {"kind": "filling_station"})])
    homes = paper_layer("residential_zone", [(Point(30, 0), {})])
    special = '{ roles = ["hazard_source"], where = { kind = ["filling_station"] } }'
    book = make_book(
        rule_text("test.general", distance="distance_m = 50.0"),
        rule_text(
            "test.special",
            hazard=special,
            distance="distance_m = 14.0",
            extra='displaces = ["test.general"]',
        ),
    )
    result = check(source, homes, rulebook=book)
    assert "test.general" not in set(result.findings["rule"])
    coverage = result.coverage.set_index("rule")
    assert coverage.loc["test.general", "displaced"] == 1


def test_a_rule_on_new_siting_needs_to_know_who_came_first(
    make_book: Callable[..., Rulebook],
) -> None:
    homes = paper_layer(
        "residential_zone",
        [
            (Point(50, 0), {"established": "2021-05-01"}),
            (Point(50, 1), {"established": "2023"}),
            (Point(50, 2), {"established": None}),
        ],
    )
    source = paper_layer("hazard_source", [(Point(0, 0), {"established": "2022-06-01"})])
    old = paper_layer(
        "hazard_source", [(Point(0, 0), {"established": "2019"})], layer_id="old_sources"
    )
    book = make_book(rule_text(extra='binds = "new"'))
    found = check(source, homes, rulebook=book).findings.set_index("target")
    assert found["verdict"].to_dict() == {
        "residential_zones/1": "ban_violated",
        "residential_zones/2": "not_bound",
        "residential_zones/3": "undetermined",
    }
    assert found.loc["residential_zones/3", "reason"] == "date_missing"
    # The rule came into force in 2020: what stood before is not bound by it.
    assert set(check(old, homes, rulebook=book).findings["verdict"]) == {"not_bound"}


def test_a_hazchem_unit_never_complies_on_fire_separation_alone(
    make_book: Callable[..., Rulebook],
) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {"hazchem": "yes"})])
    homes = paper_layer("residential_zone", [(Point(120, 0), {})])
    pairs = check(source, homes, rulebook=make_book(rule_text())).pairs
    assert pairs["verdict"].tolist() == ["undetermined"]
    assert pairs["guarded"].tolist() == [True]


def test_own_parts_and_own_facilities_are_no_receptors(make_book: Callable[..., Rulebook]) -> None:
    plant = paper_layer("chemical_plant", [(box(0, 0, 200, 200), {"id": "p", "owner": "甲"})])
    source = paper_layer(
        "hazard_source",
        [(box(50, 50, 60, 60), {"unit_of": "chemical_plants/p", "owner": "甲"})],
    )
    homes = paper_layer(
        "residential_zone", [(Point(100, 55), {"owner": "甲"}), (Point(110, 55), {"owner": "乙"})]
    )
    book = make_book(
        rule_text("test.plant", receptor='{ roles = ["chemical_plant"] }'),
        rule_text("test.home", extra="exclude_same_owner = true"),
    )
    found = check(plant, source, homes, rulebook=book).findings
    assert found["target"].tolist() == ["residential_zones/2"]


def test_a_missing_layer_is_said(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})])
    result = check(source, rulebook=make_book(rule_text()))
    row = result.coverage.iloc[0]
    assert row["status"] == "no_layer"
    assert row["missing_roles"] == "residential_zone"
    assert result.findings.empty


def test_nothing_near_is_no_finding_and_no_fault(cn_book: Rulebook) -> None:
    station = {"kind": "filling_station", "fuel": "petrol", "station_level": 2.0}
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), station)], reference="vessel_shell"),
        paper_layer("sensitive_place", [(Point(9000, 0), {"station_class": 1.0})]),
    ]
    result = check(*layers, rulebook=cn_book)
    assert result.findings.empty
    assert result.pairs.empty
    assert len(result.coverage) == len(cn_book.rules)


def test_a_pair_is_listed_where_the_true_line_can_lie_too_near(
    make_book: Callable[..., Rulebook],
) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})], reference="inside_point")
    source = replace(source, spec=source.spec.model_copy(update={"line_within_m": 80.0}))
    homes = paper_layer("residential_zone", [(Point(170, 0), {}), (Point(0, 190), {})])
    found = check(source, homes, rulebook=make_book(rule_text())).findings
    # 170 m drawn, at least 90 m in truth; 190 m drawn is at least 110 m and not listed.
    assert found["target"].tolist() == ["residential_zones/1"]
    assert found["verdict"].tolist() == ["undetermined"]
    assert found["low_m"].tolist() == pytest.approx([90.0], abs=0.01)


def test_of_two_directions_the_worse_is_kept(make_book: Callable[..., Rulebook]) -> None:
    sources = paper_layer(
        "hazard_source",
        [
            (Point(0, 0), {"id": "a", "established": "1990"}),
            (Point(20, 0), {"id": "b", "established": "2024"}),
        ],
    )
    rule = rule_text(receptor='{ roles = ["hazard_source"] }', extra='binds = "new"')
    rule = rule.replace('"building_wall"', '"unit_edge"')
    found = check(sources, rulebook=make_book(rule)).findings
    assert found[["source", "target", "verdict"]].to_numpy().tolist() == [
        ["hazard_sources/b", "hazard_sources/a", "ban_violated"]
    ]


def test_a_special_code_that_leaves_a_pair_out_displaces_nothing_there(
    make_book: Callable[..., Rulebook],
) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {"owner": "甲"})])
    homes = paper_layer("residential_zone", [(Point(40, 0), {"owner": "甲"})])
    book = make_book(
        rule_text("test.general"),
        rule_text(
            "test.special",
            distance="distance_m = 10.0",
            extra='exclude_same_owner = true\ndisplaces = ["test.general"]',
        ),
    )
    found = check(source, homes, rulebook=book).findings
    assert found[["rule", "verdict"]].to_numpy().tolist() == [["test.general", "ban_violated"]]


def test_what_is_not_known_to_hold_no_chemicals_is_guarded(
    make_book: Callable[..., Rulebook],
) -> None:
    source = paper_layer(
        "hazard_source",
        [
            (Point(0, 0), {"id": "maybe", "hazchem": None}),
            (Point(0, 1), {"id": "none", "hazchem": "no"}),
        ],
    )
    homes = paper_layer("residential_zone", [(Point(120, 0), {})])
    pairs = check(source, homes, rulebook=make_book(rule_text())).pairs.set_index("source")
    assert pairs["verdict"].to_dict() == {
        "hazard_sources/maybe": "undetermined",
        "hazard_sources/none": "complies",
    }


def test_an_open_question_stays_open_where_a_column_is_not_held(
    make_book: Callable[..., Rulebook],
) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {"hazchem": "no", "kind": None})])
    homes = paper_layer("residential_zone", [(Point(120, 0), {})])
    book = make_book(
        rule_text("test.number"),
        rule_text(
            "test.silent",
            hazard='{ roles = ["hazard_source"], where = { kind = ["silo"] } }',
            distance='no_number = { zh = "无", en = "none" }',
        ),
    )
    assert check(source, homes, rulebook=book).pairs["verdict"].tolist() == ["undetermined"]


def _special(extra: str) -> str:
    return rule_text(
        "test.special",
        hazard='{ roles = ["hazard_source"], where = { kind = ["filling_station"] } }',
        distance="distance_m = 20.0",
        extra=f'displaces = ["test.one"]\n{extra}',
    )


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("silo", "ban_violated"), ("filling_station", None), (None, "undetermined")],
)
def test_where_a_special_rule_may_hold_the_general_one_is_not_decided(
    make_book: Callable[..., Rulebook], kind: str | None, verdict: str | None
) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {"kind": kind})])
    homes = paper_layer("residential_zone", [(Point(50, 0), {})])
    found = check(source, homes, rulebook=make_book(rule_text(), _special(""))).findings
    general = found[found["rule"] == "test.one"]
    assert general["verdict"].tolist() == ([verdict] if verdict else [])
    if verdict == "undetermined":
        assert general["missing"].tolist() == ["kind"]


def test_a_special_rule_may_not_bind_fewer(make_book: Callable[..., Rulebook]) -> None:
    with pytest.raises(RulebookError, match="binds fewer"):
        make_book(rule_text(), _special('binds = "new"'))


@pytest.mark.parametrize(
    ("rebuilt", "verdict", "reason"),
    [
        # The rule is of 2020, the plant of 1999, the home of 1990.
        (None, "not_bound", "rebuilding"),
        ("2010", "not_bound", ""),
        ("2023", "ban_violated", ""),
        ("2020", "ban_violated", ""),
        ("x", "undetermined", "date_missing"),
    ],
)
def test_an_extension_is_new(
    make_book: Callable[..., Rulebook], rebuilt: str | None, verdict: str, reason: str
) -> None:
    plant = {"established": "1999", "rebuilt": rebuilt}
    source = paper_layer("chemical_plant", [(Point(0, 0), plant)], reference="unit_edge")
    homes = paper_layer("residential_zone", [(Point(50, 0), {"established": "1990"})])
    book = make_book(
        rule_text(hazard='{ roles = ["chemical_plant"] }', extra='binds = "new"\nrebuilding = true')
    )
    row = check(source, homes, rulebook=book).findings.iloc[0]
    assert (row["verdict"], row["reason"]) == (verdict, reason)


def test_a_short_search_never_hides_a_shortfall(make_book: Callable[..., Rulebook]) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})])
    homes = paper_layer("residential_zone", [(Point(90, 0), {})])
    book = make_book(rule_text(distance="distance_m = 100.0\nsearch_m = 20.0"))
    found = check(source, homes, rulebook=book).findings
    assert found["verdict"].tolist() == ["ban_violated"]


def test_a_rule_without_a_number_may_bring_in_its_own_pairs(
    make_book: Callable[..., Rulebook],
) -> None:
    source = paper_layer("hazard_source", [(Point(0, 0), {})])
    homes = paper_layer("residential_zone", [(Point(90, 0), {}), (Point(110, 0), {})])
    unheld = 'no_number = { zh = "未持有", en = "not held" }\nsearch_m = 100.0'
    result = check(source, homes, rulebook=make_book(rule_text(distance=unheld)))
    assert result.findings["verdict"].tolist() == ["undetermined"]
    assert result.findings["reason"].tolist() == ["no_number"]
    assert result.pairs["verdict"].tolist() == ["undetermined"]
    assert result.coverage["status"].tolist() == ["no_number"]
    assert result.coverage["pairs"].tolist() == [1]
