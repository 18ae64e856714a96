"""Dates, corrections and traps: right numbers of dead editions, bans that are consents."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely import Point

from tests.conftest import AS_OF, check, paper_layer, register

if TYPE_CHECKING:
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

GOODS = {"kind": "tank_farm", "dangerous_goods": "yes", "hazchem": "yes"}
TRACK = {"kind": "national", "structure": "ground"}


def near_rail() -> list[Layer]:
    return [
        paper_layer("hazard_source", [(Point(0, 0), GOODS)]),
        paper_layer("railway", [(Point(150, 0), TRACK)]),
    ]


def statuses(layers: list[Layer], book: Rulebook, day: date) -> dict[str, str]:
    coverage = check(*layers, rulebook=book, as_of=day).coverage
    return dict(zip(coverage["rule"], coverage["status"], strict=True))


def test_the_railway_200_m_of_2004_is_dead(cn_book: Rulebook) -> None:
    old = check(*near_rail(), rulebook=cn_book, as_of=date(2012, 1, 1))
    assert "cn.rail2004.haz.200" in set(old.findings["rule"])
    new = statuses(near_rail(), cn_book, AS_OF)
    assert new["cn.rail2004.haz.200"] == "not_in_force"
    assert new["cn.rail.haz"] == "no_number"


@pytest.mark.parametrize(
    ("day", "rule", "verdict"),
    [
        (date(2013, 12, 31), "cn.rail2004.mine.1000", "ban_violated"),
        (date(2014, 1, 1), "cn.rail.mine.1000", "consent_missing"),
    ],
)
def test_the_absolute_kilometre_of_2004_is_dead(
    day: date, rule: str, verdict: str, cn_book: Rulebook
) -> None:
    pit = {"kind": "open_pit", "output_t": 200000.0, "blasting": "yes"}
    layers = [
        paper_layer("non_coal_mine", [(Point(0, 0), pit)]),
        paper_layer("railway", [(Point(900, 0), TRACK)]),
    ]
    found = check(*layers, rulebook=cn_book, as_of=day).findings
    assert found.set_index("rule")["verdict"].to_dict() == {rule: verdict}


def test_consent_zones_are_not_bans(cn_book: Rulebook) -> None:
    consent = {rule.id for rule in cn_book.rules if rule.entry.nature == "consent"}
    assert consent == {
        "cn.rail.mine.1000",
        "cn.rail.mine.tunnel.1000",
        "cn.rail.zone",
        "cn.pipe.mine.200",
        "cn.pipe.mine.500",
        "cn.pipe.work.50",
        "cn.pipe.work.100",
        "cn.power.zone",
    }


def test_the_kilometre_of_gb_18265_is_dead_and_off(cn_book: Rulebook) -> None:
    rule = cn_book.rule("cn.gb18265.1000")
    assert not rule.entry.on
    assert not rule.applies_on(AS_OF)
    store = {"kind": "class_a_warehouse", "goods_items": "3,4", "quantity_t": 1.0, "hazchem": "no"}
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), store)], reference="building_wall"),
        paper_layer("residential_zone", [(Point(900, 0), {})]),
    ]
    for day in (date(2018, 1, 1), AS_OF):
        assert check(*layers, rulebook=cn_book, as_of=day).findings.empty


def test_housing_areas_of_fine_chemistry_begin_at_1000_people(cn_book: Rulebook) -> None:
    entry = cn_book.rule("cn.gb51283.neighbours").entry
    assert entry.form == "unanswered"
    assert entry.note is not None
    assert "1000人以上或300户以上" in entry.note.zh


@pytest.mark.parametrize(
    ("day", "rule", "verdict"),
    [
        (date(2015, 4, 30), "cn.fire2006.bwh.30", "complies"),
        (date(2015, 5, 1), "cn.fire.bwh.50", "standard_violated"),
    ],
)
def test_class_b_warehouses_were_at_30_m_until_2015(
    day: date, rule: str, verdict: str, cn_book: Rulebook
) -> None:
    hall = {"important_public": "yes", "crowded": "no", "high_rise": "no"}
    layers = [
        paper_layer(
            "hazard_source",
            [(Point(0, 0), {"kind": "class_b_warehouse", "hazchem": "no"})],
            reference="building_wall",
        ),
        paper_layer("sensitive_place", [(Point(40, 0), hall)]),
    ]
    found = check(*layers, rulebook=cn_book, as_of=day).findings
    assert found.set_index("rule")["verdict"].to_dict() == {rule: verdict}


@pytest.mark.parametrize(
    ("rule", "before", "first"),
    [
        ("cn.road.mine.100", date(2011, 6, 30), date(2011, 7, 1)),
        ("cn.pipe.mine.200", date(2010, 9, 30), date(2010, 10, 1)),
        ("cn.rail.mine.1000", date(2013, 12, 31), date(2014, 1, 1)),
        ("cn.yangtze.chem.1000", date(2021, 2, 28), date(2021, 3, 1)),
        ("cn.taihu.30", date(2011, 10, 31), date(2011, 11, 1)),
        ("cn.fire.gb55037.awk.crowded", date(2023, 5, 31), date(2023, 6, 1)),
        ("cn.haz.law.places", date(2026, 4, 30), date(2026, 5, 1)),
    ],
)
def test_a_rule_begins_on_its_first_day_in_force(
    rule: str, before: date, first: date, cn_book: Rulebook
) -> None:
    assert not cn_book.rule(rule).applies_on(before)
    assert cn_book.rule(rule).applies_on(first)


def test_article_19_ends_with_the_law_of_2026(cn_book: Rulebook) -> None:
    assert cn_book.rule("cn.haz.art19").applies_on(date(2026, 4, 30))
    assert not cn_book.rule("cn.haz.art19").applies_on(date(2026, 5, 1))


def test_the_hazchem_criteria_change_hands_on_2026_09_30(cn_book: Rulebook) -> None:
    by_id = {criterion.entry.id: criterion for criterion in cn_book.criteria}
    old, new = by_id["cn.mhd.hazchem.2017.3"], by_id["cn.mhd.aq3067"]
    assert not old.applies_on(date(2017, 7, 3))
    assert old.applies_on(date(2026, 9, 29))
    assert not old.applies_on(date(2026, 9, 30))
    assert new.applies_on(date(2026, 9, 30))
    assert new.entry.rules == ()


def test_the_kilometre_beside_a_railway_is_a_consent_zone(cn_book: Rulebook) -> None:
    pit = {"kind": "open_pit", "output_t": 200000.0, "blasting": "yes"}
    layers = [
        paper_layer("non_coal_mine", [(Point(0, 0), {"id": "m", **pit})]),
        paper_layer("railway", [(Point(900, 0), {"id": "r", **TRACK})]),
    ]
    row = check(*layers, rulebook=cn_book).findings.iloc[0]
    assert row["verdict"] == "consent_missing"
    assert row["short_m"] != row["short_m"]
    consent = {
        "source": "non_coal_mines/m",
        "target": "railways/r",
        "rule": "cn.rail.mine.1000",
        "number": "某批〔2024〕1号",
        "date": "2024-01-01",
        "valid_until": "2026-12-31",
    }
    held = check(*layers, register("consent", [consent]), rulebook=cn_book).findings.iloc[0]
    assert held["verdict"] == "consent_held"
    assert held["consent_number"] == "某批〔2024〕1号"
    lapsed = {**consent, "valid_until": "2025-06-30"}
    again = check(*layers, register("consent", [lapsed]), rulebook=cn_book).findings.iloc[0]
    assert again["verdict"] == "consent_missing"


def test_streets_are_not_highways(cn_book: Rulebook) -> None:
    pit = {"kind": "open_pit", "output_t": 200000.0, "blasting": "yes"}
    layers = [
        paper_layer("non_coal_mine", [(Point(0, 0), pit)]),
        paper_layer("road", [(Point(20, 0), {"kind": "street"})]),
    ]
    assert check(*layers, rulebook=cn_book).findings.empty


def test_the_pipeline_law_is_about_oil_and_gas_only(cn_book: Rulebook) -> None:
    pit = {"kind": "open_pit", "output_t": 200000.0, "blasting": "yes"}
    kinds = ["hazchem", "city_gas", "in_plant"]
    layers = [
        paper_layer("non_coal_mine", [(Point(0, 0), pit)]),
        paper_layer("pipeline", [(Point(20, 0), {"kind": kind}) for kind in kinds]),
    ]
    found = check(*layers, rulebook=cn_book).findings
    assert not found["rule"].str.startswith("cn.pipe.").any()


def test_a_large_pit_is_not_a_small_quarry(cn_book: Rulebook) -> None:
    large = {"kind": "open_pit", "output_t": 500001.0, "blasting": "yes"}
    layers = [
        paper_layer("non_coal_mine", [(Point(0, 0), large)]),
        paper_layer("residential_zone", [(Point(250, 0), {})]),
    ]
    assert "cn.quarry.300" not in set(check(*layers, rulebook=cn_book).findings["rule"])


def test_an_output_that_is_not_known_leaves_the_quarry_undetermined(cn_book: Rulebook) -> None:
    layers = [
        paper_layer("non_coal_mine", [(Point(0, 0), {"kind": "open_pit", "blasting": "yes"})]),
        paper_layer("residential_zone", [(Point(250, 0), {})]),
    ]
    found = check(*layers, rulebook=cn_book).findings.set_index("rule")
    assert found.loc["cn.quarry.300", "verdict"] == "undetermined"
    assert found.loc["cn.quarry.300", "missing"] == "output_t"


def test_stations_of_other_fuels_are_not_answered(cn_book: Rulebook) -> None:
    gas = {"kind": "filling_station", "fuel": "lpg", "station_level": 2.0}
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), gas)], reference="vessel_shell"),
        paper_layer("sensitive_place", [(Point(5, 0), {"station_class": 1.0})]),
    ]
    result = check(*layers, rulebook=cn_book)
    assert statuses(layers, cn_book, AS_OF)["cn.gas156.other_fuel"] == "no_number"
    assert not result.findings["verdict"].isin(["standard_violated", "complies"]).any()


def test_a_report_is_looked_for_as_far_as_it_asks(cn_book: Rulebook) -> None:
    # The rule itself looks 1,000 m far; this report asks for 3,000 m and the home is at 2,500.
    report = {
        "unit": "hazard_sources/t",
        "receptor_class": "general_1",
        "distance_m": "3000",
        "line": "unit_edge",
        "report": "评价报告1号",
        "agency": "某机构",
        "date": "2024-03-01",
    }
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), {"id": "t", "key_unit": "yes", **GOODS})]),
        paper_layer("residential_zone", [(Point(2500, 0), {"receptor_class": "general_1"})]),
    ]
    rows = check(*layers, register("safety_report", [report]), rulebook=cn_book).findings
    row = rows.set_index("rule").loc["cn.external.report"]
    assert row["required_m"] == 3000.0
    assert row["verdict"] == "standard_violated"
    assert row["measured_m"] == pytest.approx(2500.0, abs=0.01)


def test_the_external_distance_is_the_report_s_or_undetermined(cn_book: Rulebook) -> None:
    tank = {"id": "t", "key_unit": "yes", **GOODS}
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), tank)]),
        paper_layer("residential_zone", [(Point(200, 0), {"receptor_class": "general_1"})]),
    ]
    rows = check(*layers, rulebook=cn_book).findings.set_index("rule")
    assert rows.loc["cn.external.report", "reason"] == "no_report"
    for metres, verdict in ((199.0, "complies"), (201.0, "standard_violated")):
        report = {
            "unit": "hazard_sources/t",
            "receptor_class": "general_1",
            "distance_m": str(metres),
            "line": "unit_edge",
            "report": "评价报告1号",
            "agency": "某机构",
            "date": "2024-03-01",
        }
        rows = check(*layers, register("safety_report", [report]), rulebook=cn_book).findings
        row = rows.set_index("rule").loc["cn.external.report"]
        assert row["verdict"] == verdict
        assert "评价报告1号" in row["evidence"]


def test_rules_from_memory_about_dumps_are_off(cn_book: Rulebook) -> None:
    dump = cn_book.rule("cn.dump.2h").entry
    assert not dump.on
    assert dump.distance_m is None
    assert dump.off_reason is not None


def test_nothing_is_verified_until_a_person_signs(cn_book: Rulebook) -> None:
    assert {rule.entry.status for rule in cn_book.rules} == {"unverified"}


@pytest.mark.parametrize("rule_id", ["cn.road.ctrl", "cn.rail.zone", "cn.pipe.build.5"])
def test_line_protection_stays_out_of_the_hazard_review(rule_id: str, cn_book: Rulebook) -> None:
    rule = cn_book.rule(rule_id)
    assert rule.entry.scope == "site"
    assert not rule.is_reviewed_on(AS_OF)


_CHINESE = {
    "五": 5,
    "五十米": 50,
    "一百米": 100,
    "二百": 200,
    "五百": 500,
    "一千": 1000,
    "一公里": 1000,
    "三公里": 3000,
}


def test_a_quote_holds_the_number_that_it_is_cited_for(cn_book: Rulebook) -> None:
    for rule in cn_book.rules:
        quote, metres = rule.entry.quote, rule.entry.distance_m
        if quote is None or metres is None:
            continue
        numbers = {float(number) for number in re.findall(r"\d+", quote)}
        numbers |= {float(value) for word, value in _CHINESE.items() if word in quote}
        assert metres in numbers, rule.id


def test_a_rule_that_was_not_read_quotes_nothing(cn_book: Rulebook) -> None:
    for rule in cn_book.rules:
        if rule.entry.quote is not None:
            assert rule.entry.tag == "seen", rule.id
            assert rule.instrument.read_at, rule.id


def test_the_quote_of_a_table_holds_all_its_numbers_or_none(cn_book: Rulebook) -> None:
    for rule in cn_book.rules:
        if rule.entry.quote is None or not rule.entry.table:
            continue
        quote = rule.entry.quote
        held = {float(number) for number in re.findall(r"\d+", quote)}
        held |= {float(value) for word, value in _CHINESE.items() if word in quote}
        asked = {row.distance_m for row in rule.entry.table}
        assert asked <= held or not asked & held, rule.id


def paper(metres: str, day: str, **changes: str) -> dict[str, str]:
    return {
        "unit": "hazard_sources/t",
        "receptor_class": "general_1",
        "distance_m": metres,
        "line": "unit_edge",
        "report": f"报告{day}",
        "agency": "某机构",
        "date": day,
        **changes,
    }


def external(book: Rulebook, *papers: dict[str, str], size: str | None = "general_1") -> str:
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), {"id": "t", "key_unit": "yes", **GOODS})]),
        paper_layer("residential_zone", [(Point(40, 0), {"receptor_class": size})]),
        register("safety_report", list(papers)),
    ]
    found = check(*layers, rulebook=book).findings.set_index("rule")
    return str(found.loc["cn.external.report", "verdict"])


def test_the_newest_report_counts_however_its_date_is_written(cn_book: Rulebook) -> None:
    old, new = paper("30", "20190501"), paper("80", "2019-12-01")
    assert external(cn_book, old, new) == "standard_violated"
    assert external(cn_book, paper("80", "2018/3/1"), paper("30", "2024.5.6")) == "complies"


def test_a_report_without_a_class_meets_nobody(cn_book: Rulebook) -> None:
    unclassed = paper("30", "2024-01-01", receptor_class="居住")
    assert external(cn_book, unclassed, size=None) == "undetermined"


@pytest.mark.parametrize(
    ("start", "end", "verdict"),
    [
        ("2024-01-01", "", "consent_held"),
        ("2024/1/1", "2026/12/31", "consent_held"),
        ("2024-01-01", "2020/12/31", "consent_missing"),
        ("2024-01-01", "long", "consent_missing"),
        ("2025", "", "consent_held"),
        ("2026", "", "consent_missing"),
        ("someday", "", "consent_missing"),
    ],
)
def test_a_consent_counts_only_while_its_dates_can_be_read(
    start: str, end: str, verdict: str, cn_book: Rulebook
) -> None:
    pit = {"id": "m", "kind": "open_pit", "output_t": 200000.0, "blasting": "yes"}
    consent = {
        "source": "non_coal_mines/m",
        "target": "railways/r",
        "rule": "cn.rail.mine.1000",
        "number": "某批1号",
        "date": start,
        "valid_until": end,
    }
    layers = [
        paper_layer("non_coal_mine", [(Point(0, 0), pit)]),
        paper_layer("railway", [(Point(900, 0), {"id": "r", **TRACK})]),
        register("consent", [consent]),
    ]
    assert check(*layers, rulebook=cn_book).findings["verdict"].tolist()[0] == verdict
