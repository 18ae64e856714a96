"""Tailings ponds: 1 km along the flow path from the toe of the starter dam, never a circle.

应急〔2020〕15号 as provincial plans quote it: residents or important facilities within 1 km
along the downstream flow path make a pond a 头顶库; no new ones since 2020. The class of
pond is an attribute, and no criterion makes it a hidden danger.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely import LineString, Point, box

from tests.conftest import check, paper_layer

if TYPE_CHECKING:
    from riskmap.rulebook import Rulebook

TODAY = date(2025, 12, 31)
IMPORTANT = {"receptor_class": "important"}


def verdict(
    book: Rulebook,
    rule: str,
    metres: float,
    *,
    role: str,
    values: dict[str, object],
    pond: str,
    as_of: date = TODAY,
) -> str:
    layers = [
        paper_layer(
            "tailings_pond",
            [(box(-50, 0, 50, 200), {"established": pond})],
            reference="facility_outline",
        ),
        paper_layer("dam_toe", [(Point(0, 0), {"pond": "1"})]),
        paper_layer("drainage", [(LineString([(0, 0), (0, -3000)]), {"width_m": 20.0})]),
        paper_layer(role, [(Point(0, -metres), {"established": "2000", **values})]),
    ]
    found = check(*layers, rulebook=book, as_of=as_of).findings
    rows = found[found["rule"] == rule]
    return str(rows["verdict"].iloc[0]) if len(rows) else "not listed"


@pytest.mark.parametrize(
    ("rule", "role", "values", "pond", "failed"),
    [
        ("cn.tail.1000", "residential_zone", {}, "2008", "advisory_short"),
        ("cn.tail.1000", "sensitive_place", {}, "2008", "advisory_short"),
        ("cn.tail.facility.1000", "building", IMPORTANT, "2008", "advisory_short"),
        ("cn.tail.new.1000", "residential_zone", {}, "2022", "ban_violated"),
        ("cn.tail.new.1000", "residential_zone", {}, "2008", "not_bound"),
        ("cn.tail.new.facility.1000", "building", IMPORTANT, "2022", "ban_violated"),
        ("cn.tail.new.facility.1000", "building", IMPORTANT, "2008", "not_bound"),
    ],
)
def test_under_at_and_over(
    cn_book: Rulebook, rule: str, role: str, values: dict[str, object], pond: str, failed: str
) -> None:
    def at(metres: float) -> str:
        return verdict(cn_book, rule, metres, role=role, values=values, pond=pond)

    assert at(999.9) == failed
    assert at(1000.0) == "complies"
    assert at(1000.1) == "complies"


def test_before_the_notice_nothing_is_asked(cn_book: Rulebook) -> None:
    day = date(2020, 2, 20)
    found = verdict(
        cn_book,
        "cn.tail.1000",
        500,
        role="residential_zone",
        values={},
        pond="2008",
        as_of=day,
    )
    assert found == "not listed"


def test_a_building_without_a_class_stays_open(cn_book: Rulebook) -> None:
    open_ = verdict(cn_book, "cn.tail.facility.1000", 500, role="building", values={}, pond="2008")
    assert open_ == "undetermined"


def test_every_rule_along_the_flow_is_in_this_file(cn_book: Rulebook) -> None:
    flow = {rule.id for rule in cn_book.rules if rule.entry.form == "flow"}
    assert flow == {
        "cn.tail.1000",
        "cn.tail.facility.1000",
        "cn.tail.new.1000",
        "cn.tail.new.facility.1000",
    }
    assert all(rule.entry.distance_m == 1000 for rule in cn_book.rules if rule.id in flow)


def test_no_criterion_makes_the_class_of_pond_a_hidden_danger(cn_book: Rulebook) -> None:
    named = {rule for criterion in cn_book.criteria for rule in criterion.entry.rules}
    assert not {rule for rule in named if rule.startswith("cn.tail")}
