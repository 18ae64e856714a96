"""What holds of every rulebook: more law never means fewer violations."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from riskmap.rulebook import Rulebook, read_rulebook_files, shipped_files
from riskmap.setback import check_setbacks
from riskmap.verdict import VIOLATIONS, verdict_rank
from tests.conftest import AS_OF, paper_layer

if TYPE_CHECKING:
    from riskmap.articles import Rule
    from riskmap.quality import Layer

FAILED = {*VIOLATIONS, "consent_missing", "advisory_short"}


@cache
def asked() -> tuple[Rule, ...]:
    """List the rules of the review that take no other's place: their answers are their own."""
    book = read_rulebook_files(shipped_files())
    return tuple(
        rule for rule in book.rules if rule.is_reviewed_on(AS_OF) and not rule.entry.displaces
    )


@cache
def scene() -> tuple[Layer, ...]:
    """Draw a little of everything within 320 m, some of its columns not held."""
    store = {"kind": "class_a_warehouse", "hazchem": "yes", "dangerous_goods": "yes"}
    station = {"kind": "filling_station", "fuel": "petrol", "station_level": 2.0}
    shop = {"kind": "class_a_workshop", "flammable_vapour": "yes", "goods_items": None}
    pit = {"kind": "open_pit", "output_t": 200000.0, "blasting": "yes"}
    return (
        paper_layer(
            "hazard_source",
            [
                (Point(0, 0), {**store, "goods_items": "3,4", "quantity_t": 9.0}),
                (box(30, 0, 40, 10), {**store, "established": "2020"}),
                (Point(60, 0), station),
                (Point(90, 0), shop),
                (Point(110, 0), {"kind": "fireworks_outlet"}),
            ],
            reference="building_wall",
        ),
        paper_layer("non_coal_mine", [(box(0, 200, 50, 250), pit)]),
        paper_layer(
            "residential_zone",
            [(Point(20, 20), {"high_rise": "yes"}), (box(70, 30, 90, 40), {"crowded": "no"})],
        ),
        paper_layer(
            "sensitive_place",
            [(Point(60, 11), {"kind": "school", "station_class": 1.0, "important_public": "no"})],
        ),
        paper_layer(
            "road",
            [
                (LineString([(-50, 100), (200, 100)]), {"kind": "county", "established": "2000"}),
                (LineString([(-15, -20), (-15, 90)]), {"kind": "street"}),
            ],
            reference="road_edge",
        ),
        paper_layer(
            "protected_area", [(box(20, 220, 90, 300), {"kind": "relic"})], reference="area_edge"
        ),
    )


def failures(rules: list[Rule]) -> set[tuple[str, str, str]]:
    found = check_setbacks(scene(), rulebook=book_of(rules), as_of=AS_OF).findings
    if found.empty:
        return set()
    failed = found[found["verdict"].isin(FAILED)]
    return set(zip(failed["source"], failed["target"], failed["rule"], strict=True))


def worst(rules: list[Rule]) -> dict[tuple[str, str], int]:
    pairs = check_setbacks(scene(), rulebook=book_of(rules), as_of=AS_OF).pairs
    ranks = verdict_rank(pairs["verdict"].to_numpy())
    return {
        (source, target): int(rank)
        for source, target, rank in zip(pairs["source"], pairs["target"], ranks, strict=True)
    }


def book_of(rules: list[Rule]) -> Rulebook:
    return Rulebook(tuple(sorted(rules, key=lambda rule: rule.id)), (), "", ())


def longer(rule: Rule, metres: float) -> Rule:
    """Ask for some metres more wherever the rule states a distance [m]."""
    entry = rule.entry
    change: dict[str, object] = {}
    if entry.distance_m is not None:
        change["distance_m"] = entry.distance_m + metres
    if entry.table:
        rows = [
            row.model_copy(update={"distance_m": row.distance_m + metres}) for row in entry.table
        ]
        change["table"] = tuple(rows)
    return replace(rule, entry=entry.model_copy(update=change))


some_rules = st.sets(st.integers(0, len(asked()) - 1), min_size=1, max_size=12)


@settings(max_examples=12, deadline=None)
@given(chosen=some_rules, metres=st.floats(0.1, 400.0))
def test_a_longer_distance_removes_no_violation(chosen: set[int], metres: float) -> None:
    rules = [asked()[number] for number in sorted(chosen)]
    assert failures(rules) <= failures([longer(rule, metres) for rule in rules])


@settings(max_examples=12, deadline=None)
@given(chosen=some_rules, more=some_rules)
def test_another_rule_removes_no_violation(chosen: set[int], more: set[int]) -> None:
    few = [asked()[number] for number in sorted(chosen)]
    many = [asked()[number] for number in sorted(chosen | more)]
    assert failures(few) <= failures(many)
    before, after = worst(few), worst(many)
    assert all(after[pair] <= rank for pair, rank in before.items())


def test_the_scene_violates_and_asks_for_consent() -> None:
    found = failures(list(asked()))
    assert len(found) >= 5
    assert {rule for *_, rule in found} >= {"cn.area.relic", "cn.fire.awh.50.high_rise"}
