"""Every rule with a number, a little under it, exactly at it and a little over it.

The distances, the clauses and the verdicts are typed from the law by hand, never read from
the rulebooks. One line a rule: hazard, receptor, what the clause says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely import Point

from tests.conftest import check, paper_layer

if TYPE_CHECKING:
    from riskmap.rulebook import Rulebook

TODAY = date(2025, 12, 31)
BAN, STANDARD, CONSENT, ADVICE = (
    "ban_violated",
    "standard_violated",
    "consent_missing",
    "advisory_short",
)

Values = dict[str, object]
PIT: Values = {"kind": "open_pit", "output_t": 200000.0, "blasting": "yes", "owner": "甲"}
BIG_PIT: Values = {"kind": "open_pit", "output_t": 900000.0, "blasting": "yes"}
NEW_PLANT: Values = {
    "kind": "tank_farm",
    "dangerous_goods": "yes",
    "hazchem": "yes",
    "established": "2020-01-01",
}
STORE: Values = {"kind": "class_a_warehouse", "goods_items": "1,2,5,6", "quantity_t": 8.0}
SHOP: Values = {"kind": "class_a_workshop", "flammable_vapour": "yes"}
HOUSE: Values = {
    "important_public": "no",
    "high_rise": "no",
    "crowded": "no",
    "receptor_class": "general_1",
}
OLD: Values = {"established": "2000"}


@dataclass(frozen=True)
class Case:
    """One rule and what its clause says."""

    rule: str
    clause: str
    metres: float
    failed: str
    hazard: tuple[str, Values, str]
    receptor: tuple[str, Values, str]
    at: str = "complies"
    as_of: date = TODAY
    extra: Values = field(default_factory=dict)


def station(level: float) -> tuple[str, Values, str]:
    values: Values = {"kind": "filling_station", "fuel": "petrol", "station_level": level}
    return ("hazard_source", values, "vessel_shell")


def protected(grade: float) -> tuple[str, Values, str]:
    return ("sensitive_place", {**HOUSE, "station_class": grade}, "building_wall")


def fenced(**values: object) -> tuple[str, Values, str]:
    return ("sensitive_place", {**HOUSE, "kind": "school", **values}, "site_boundary")


def mine(values: Values) -> tuple[str, Values, str]:
    return ("non_coal_mine", values, "licence_boundary")


def unit(values: Values, line: str = "building_wall") -> tuple[str, Values, str]:
    return ("hazard_source", values, line)


def home(**values: object) -> tuple[str, Values, str]:
    return ("residential_zone", {**HOUSE, **values}, "building_wall")


def road(kind: str, line: str = "highway_land_edge") -> tuple[str, Values, str]:
    return ("road", {"kind": kind, **OLD}, line)


def rail(kind: str, line: str, structure: str = "ground") -> tuple[str, Values, str]:
    return ("railway", {"kind": kind, "structure": structure}, line)


CASES = [
    # 公路安全保护条例 第十七条: 禁止 … 国道、省道、县道 100米，乡道 50米；
    # 渡口、中型以上桥梁 200米；隧道 100米
    Case("cn.road.mine.100", "17(1)", 100, BAN, mine(PIT), road("national")),
    Case("cn.road.mine.100", "17(1)", 100, BAN, mine(PIT), road("provincial")),
    Case("cn.road.mine.100", "17(1)", 100, BAN, mine(BIG_PIT), road("county")),
    Case("cn.road.mine.50", "17(1)", 50, BAN, mine(PIT), road("township")),
    Case(
        "cn.road.mine.bridge",
        "17(2)",
        200,
        BAN,
        mine(PIT),
        ("bridge", {"kind": "bridge_medium"}, "structure_outline"),
    ),
    Case(
        "cn.road.mine.bridge",
        "17(2)",
        200,
        BAN,
        mine(PIT),
        ("bridge", {"kind": "ferry"}, "structure_outline"),
    ),
    Case(
        "cn.road.mine.tunnel",
        "17(3)",
        100,
        BAN,
        mine(PIT),
        ("road_tunnel", {}, "structure_outline"),
    ),
    # 第十八条: 禁止设立 … 100米；200米；隧道 100米
    Case("cn.road.haz.100", "18(1)", 100, BAN, unit(NEW_PLANT, "unit_edge"), road("county")),
    Case(
        "cn.road.haz.bridge",
        "18(2)",
        200,
        BAN,
        unit(NEW_PLANT, "unit_edge"),
        ("bridge", {"kind": "bridge_large", **OLD}, "structure_outline"),
    ),
    Case(
        "cn.road.haz.tunnel",
        "18(3)",
        100,
        BAN,
        unit(NEW_PLANT, "unit_edge"),
        ("road_tunnel", OLD, "structure_outline"),
    ),
    # 铁路安全管理条例 第三十四条: 1000米范围内 … 协商一致 … 批准: a consent zone
    Case("cn.rail.mine.1000", "34", 1000, CONSENT, mine(PIT), rail("national", "rail_toe")),
    Case(
        "cn.rail.mine.1000",
        "34",
        1000,
        CONSENT,
        mine(PIT),
        rail("high_speed", "rail_toe", "bridge"),
    ),
    Case(
        "cn.rail.mine.tunnel.1000",
        "34",
        1000,
        CONSENT,
        mine(PIT),
        rail("national", "centreline", "tunnel"),
    ),
    # 石油天然气管道保护法 第三十五条: 二百米、附属设施五百米: application; 第三十二、三十三条: bans
    Case(
        "cn.pipe.mine.200",
        "35(3)",
        200,
        CONSENT,
        mine(PIT),
        ("pipeline", {"kind": "oil_gas"}, "centreline"),
    ),
    Case(
        "cn.pipe.mine.500",
        "35(3)",
        500,
        CONSENT,
        mine(PIT),
        ("pipeline_facility", {}, "facility_outline"),
    ),
    Case("cn.pipe.tunnel.1000", "33", 1000, BAN, mine(PIT), ("pipeline_tunnel", {}, "centreline")),
    Case("cn.pipe.river.500", "32", 500, BAN, mine(PIT), ("pipeline_crossing", {}, "centreline")),
    # 总局令第39号: 大于300米 between small quarries; 300米 to others' facilities
    Case("cn.quarry.adj.300", "12", 300, BAN, mine(PIT), mine({**PIT, "owner": "乙"}), at=BAN),
    Case("cn.quarry.300", "31", 300, BAN, mine(PIT), home()),
    # GB 6722-2014 13.6.1: 200 m, a clearing distance
    Case(
        "cn.blast.fly.200",
        "13.6.1",
        200,
        ADVICE,
        ("non_coal_mine", BIG_PIT, "working_area"),
        home(),
    ),
    # GB 50016-2014 表3.5.1
    Case("cn.fire.awh.50", "3.5.1", 50, STANDARD, unit(STORE), home(important_public="yes")),
    Case("cn.fire.awh.50.high_rise", "3.5.1", 50, STANDARD, unit(STORE), home(high_rise="yes")),
    Case(
        "cn.fire.awh.civil.items34.small",
        "3.5.1",
        30,
        STANDARD,
        unit({**STORE, "goods_items": "3,4", "quantity_t": 5.0}),
        home(),
    ),
    Case(
        "cn.fire.awh.civil.items34.large",
        "3.5.1",
        40,
        STANDARD,
        unit({**STORE, "goods_items": "3,4", "quantity_t": 5.1}),
        home(),
    ),
    Case(
        "cn.fire.awh.civil.items1256.small",
        "3.5.1",
        25,
        STANDARD,
        unit({**STORE, "quantity_t": 10.0}),
        home(),
    ),
    Case(
        "cn.fire.awh.civil.items1256.large",
        "3.5.1",
        30,
        STANDARD,
        unit({**STORE, "quantity_t": 10.1}),
        home(),
    ),
    Case("cn.fire.awh.rail", "3.5.1", 40, STANDARD, unit(STORE), rail("national", "centreline")),
    Case("cn.fire.awh.road", "3.5.1", 20, STANDARD, unit(STORE), road("county", "road_edge")),
    # GB 50016-2014 3.4.1 to 3.4.3
    Case("cn.fire.awk.50", "3.4.2", 50, STANDARD, unit(SHOP), home(important_public="yes")),
    Case("cn.fire.awk.50.high_rise", "3.4.1", 50, STANDARD, unit(SHOP), home(high_rise="yes")),
    Case("cn.fire.awk.25", "3.4.1", 25, STANDARD, unit(SHOP), home()),
    Case("cn.fire.awk.rail", "3.4.3", 30, STANDARD, unit(SHOP), rail("national", "centreline")),
    Case("cn.fire.awk.road", "3.4.3", 15, STANDARD, unit(SHOP), road("county", "road_edge")),
    # GB 55037-2022 3.2.1, 3.2.2
    Case("cn.fire.gb55037.awk.crowded", "3.2.1", 50, STANDARD, unit(SHOP), home(crowded="yes")),
    Case("cn.fire.gb55037.awh.crowded", "3.2.2", 50, STANDARD, unit(STORE), home(crowded="yes")),
    Case(
        "cn.fire.gb55037.awh.high_rise", "3.2.2", 50, STANDARD, unit(STORE), home(high_rise="yes")
    ),
    # GB 50156-2021 表4.0.4, third column
    Case("cn.gas156.pub", "4.0.4", 35, STANDARD, station(2), home(important_public="yes")),
    Case("cn.gas156.l1.c1", "4.0.4", 17.5, STANDARD, station(1), protected(1)),
    Case("cn.gas156.l1.c2", "4.0.4", 14, STANDARD, station(1), protected(2)),
    Case("cn.gas156.l1.c3", "4.0.4", 11, STANDARD, station(1), protected(3)),
    Case("cn.gas156.l2.c1", "4.0.4", 14, STANDARD, station(2), protected(1)),
    Case("cn.gas156.l2.c2", "4.0.4", 11, STANDARD, station(2), protected(2)),
    Case("cn.gas156.l2.c3", "4.0.4", 8.5, STANDARD, station(2), protected(3)),
    Case("cn.gas156.l3.c1", "4.0.4", 11, STANDARD, station(3), protected(1)),
    Case("cn.gas156.l3.c2", "4.0.4", 8.5, STANDARD, station(3), protected(2)),
    Case("cn.gas156.l3.c3", "4.0.4", 7, STANDARD, station(3), protected(3)),
    # GB 50156-2021 附录B: schools, hospitals and homes are measured to the fence
    Case("cn.gas156.pub.fence", "4.0.4", 35, STANDARD, station(2), fenced(important_public="yes")),
    Case("cn.gas156.l1.c1.fence", "4.0.4", 17.5, STANDARD, station(1), fenced(station_class=1.0)),
    Case("cn.gas156.l2.c1.fence", "4.0.4", 14, STANDARD, station(2), fenced(station_class=1.0)),
    Case("cn.gas156.l3.c1.fence", "4.0.4", 11, STANDARD, station(3), fenced(station_class=1.0)),
    # 总局令第65号: 50 m between outlets; 100 m to schools, hospitals, markets
    Case(
        "cn.fireworks.outlet.50",
        "65号",
        50,
        BAN,
        unit({"kind": "fireworks_outlet"}),
        unit({"kind": "fireworks_outlet"}),
    ),
    Case(
        "cn.fireworks.outlet.100",
        "65号",
        100,
        BAN,
        unit({"kind": "fireworks_outlet"}),
        ("sensitive_place", {**HOUSE, "kind": "school"}, "building_wall"),
    ),
    Case(
        "cn.fireworks.outlet.fuel.100",
        "65号",
        100,
        BAN,
        unit({"kind": "fireworks_outlet"}),
        unit({"kind": "filling_station"}),
    ),
    # 长江保护法 第二十六条: 一公里、三公里: new or extended only
    Case(
        "cn.yangtze.chem.1000",
        "26",
        1000,
        BAN,
        ("chemical_plant", {"established": "2022"}, "plant_boundary"),
        ("river", {"river_class": "yangtze_tributary", **OLD}, "shoreline"),
    ),
    Case(
        "cn.yangtze.park.1000",
        "26",
        1000,
        BAN,
        ("chemical_park", {"established": "2022"}, "planning_boundary"),
        ("river", {"river_class": "yangtze_main", **OLD}, "shoreline"),
    ),
    Case(
        "cn.yangtze.tail.3000",
        "26",
        3000,
        BAN,
        ("tailings_pond", {"established": "2022"}, "facility_outline"),
        ("river", {"river_class": "yangtze_main", **OLD}, "shoreline"),
    ),
    Case(
        "cn.yangtze.tail.1000",
        "26",
        1000,
        BAN,
        ("tailings_pond", {"established": "2022"}, "facility_outline"),
        ("river", {"river_class": "important_tributary", **OLD}, "shoreline"),
    ),
    # 铁路运输安全保护条例 (2004), dead since 2014-01-01
    Case(
        "cn.rail2004.haz.200",
        "2004",
        200,
        BAN,
        unit({"kind": "tank_farm", "dangerous_goods": "yes"}, "unit_edge"),
        rail("national", "rail_toe"),
        as_of=date(2012, 1, 1),
    ),
    Case(
        "cn.rail2004.mine.1000",
        "2004",
        1000,
        BAN,
        mine(PIT),
        rail("national", "rail_toe"),
        as_of=date(2012, 1, 1),
    ),
    Case(
        "cn.rail2004.mine.tunnel.1000",
        "2004",
        1000,
        BAN,
        mine(PIT),
        rail("national", "centreline", "tunnel"),
        as_of=date(2012, 1, 1),
    ),
    # 条文写“采矿”: underground mines too; 厂外道路: streets too
    Case("cn.road.mine.100", "17(1)", 100, BAN, mine({"kind": "underground"}), road("national")),
    Case("cn.fire.awh.road", "3.5.1", 20, STANDARD, unit(STORE), road("street", "road_edge")),
]


def verdict(case: Case, metres: float, book: Rulebook) -> str:
    role, values, line = case.hazard
    other_role, other, other_line = case.receptor
    layers = [
        paper_layer(role, [(Point(0, 0), values)], reference=line, layer_id="first"),
        paper_layer(
            other_role, [(Point(0, metres), other)], reference=other_line, layer_id="second"
        ),
    ]
    found = check(*layers, rulebook=book, as_of=case.as_of).findings
    rows = found[found["rule"] == case.rule]
    return str(rows["verdict"].iloc[0]) if len(rows) else "not listed"


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.rule}-{case.receptor[1].get('kind', '')}"
)
def test_under_at_and_over(case: Case, cn_book: Rulebook) -> None:
    assert verdict(case, case.metres - 0.1, cn_book) == case.failed
    assert verdict(case, case.metres, cn_book) == case.at
    assert verdict(case, case.metres + 0.1, cn_book) == "complies"


def test_every_rule_with_a_number_has_its_case(cn_book: Rulebook) -> None:
    alive = [rule for rule in cn_book.rules if rule.entry.on and rule.entry.scope == "review"]
    numbered = {rule.id for rule in alive if rule.entry.distance_m}
    assert numbered == {case.rule for case in CASES}
