"""Cases of laws, regulations and orders: numbers typed from the articles by hand."""

from __future__ import annotations

from datetime import date

from tests.law.cases import (
    BAN,
    CONSENT,
    NEW,
    OLD,
    PIT,
    STANDARD,
    Case,
    End,
    Values,
    home,
    mine,
    place,
    rail,
    road,
    unit,
)

BIG_PIT: Values = {"kind": "open_pit", "output_t": 900000.0, "blasting": "yes"}
NEW_PLANT: Values = {
    "kind": "tank_farm",
    "dangerous_goods": "yes",
    "hazchem": "yes",
    "established": "2020-01-01",
}
OIL: Values = {"kind": "oil_gas"}
OUTLET = unit({"kind": "fireworks_outlet"})
IN_2012 = date(2012, 1, 1)


def river(**values: object) -> End:
    return ("river", {**values, **OLD}, "shoreline")


def inflow(since: float, upto: float) -> End:
    return river(taihu="inflow", chainage_from_m=since, chainage_to_m=upto)


def new(role: str, line: str) -> End:
    return (role, NEW, line)


def bridge(kind: str) -> End:
    return ("bridge", {"kind": kind, **OLD}, "structure_outline")


def area(kind: str) -> End:
    return ("protected_area", {"kind": kind}, "area_edge")


TUNNEL: End = ("road_tunnel", OLD, "structure_outline")
BIG_NEW = unit(NEW_PLANT, "unit_edge")
STORE = unit({"kind": "tank_farm", "hazchem": "yes"}, "unit_edge")
HAZPIPE: End = ("pipeline", {"kind": "hazchem"}, "centreline")
PLANT = new("chemical_plant", "plant_boundary")
HOUSE_WALL = home()

ROADS = [
    # 公路安全保护条例 第十七条: 国道、省道、县道 100米，乡道 50米；
    # 渡口、中型以上桥梁 200米；隧道 100米
    Case("cn.road.mine.100", "17(1)", 100, BAN, mine(PIT), road("national")),
    Case("cn.road.mine.100", "17(1)", 100, BAN, mine(PIT), road("provincial")),
    Case("cn.road.mine.100", "17(1)", 100, BAN, mine(BIG_PIT), road("county")),
    Case("cn.road.mine.100", "17(1)", 100, BAN, mine(BIG_PIT), road("expressway")),
    # 条文写“采矿”: underground mines too
    Case("cn.road.mine.100", "17(1)", 100, BAN, mine({"kind": "underground"}), road("national")),
    Case("cn.road.mine.50", "17(1)", 50, BAN, mine(PIT), road("township")),
    Case("cn.road.mine.bridge", "17(2)", 200, BAN, mine(PIT), bridge("bridge_medium")),
    Case("cn.road.mine.bridge", "17(2)", 200, BAN, mine(PIT), bridge("bridge_large")),
    Case("cn.road.mine.bridge", "17(2)", 200, BAN, mine(PIT), bridge("ferry")),
    Case("cn.road.mine.tunnel", "17(3)", 100, BAN, mine(PIT), TUNNEL),
    # 第十八条: 禁止设立 … 100米；200米；隧道 100米
    Case("cn.road.haz.100", "18(1)", 100, BAN, BIG_NEW, road("county")),
    Case("cn.road.haz.bridge", "18(2)", 200, BAN, BIG_NEW, bridge("bridge_large")),
    Case("cn.road.haz.tunnel", "18(3)", 100, BAN, BIG_NEW, TUNNEL),
    # 第十一条: 高速公路不少于30米，国道20，省道15，县道10，乡道5
    *(
        Case("cn.road.ctrl", "11, 13", metres, BAN, HOUSE_WALL, road(kind), scope="site")
        for kind, metres in (
            ("expressway", 30),
            ("national", 20),
            ("provincial", 15),
            ("county", 10),
            ("township", 5),
        )
    ),
    # 第十四条: 国道、省道不少于50米；县道、乡道不少于20米, from the control zone's edge
    *(
        Case(rule, "14", metres, STANDARD, end, road(kind, "control_zone_edge"), scope="site")
        for rule, end in (
            ("cn.road.town", ("residential_zone", NEW, "site_boundary")),
            ("cn.road.town", ("sensitive_place", {"kind": "school", **NEW}, "site_boundary")),
            ("cn.road.town.zone", ("chemical_park", NEW, "planning_boundary")),
        )
        for kind, metres in (
            ("expressway", 50),
            ("national", 50),
            ("provincial", 50),
            ("county", 20),
            ("township", 20),
        )
    ),
    # 公路法 第四十七条: 桥梁和渡口周围二百米、隧道一百米
    Case("cn.road_law.bridge", "47", 200, BAN, mine(PIT), bridge("bridge_medium")),
    Case("cn.road_law.tunnel", "47", 100, BAN, mine(PIT), TUNNEL),
]

RAILWAYS = [
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
    # 第二十七条: 市区 10、8；郊区 12、10；村镇 15、12；其他 20、15
    *(
        Case(
            "cn.rail.zone",
            "27",
            metres,
            CONSENT,
            HOUSE_WALL,
            rail(kind, "rail_toe", setting=setting),
            scope="site",
        )
        for setting, fast, other in (
            ("city", 10, 8),
            ("suburb", 12, 10),
            ("village", 15, 12),
            ("elsewhere", 20, 15),
        )
        for kind, metres in (("high_speed", fast), ("national", other))
    ),
    # 铁路运输安全保护条例 (2004), dead since 2014-01-01: 200 m, and 1 000 m as a ban
    Case(
        "cn.rail2004.haz.200",
        "2004",
        200,
        BAN,
        unit({"kind": "tank_farm", "dangerous_goods": "yes"}, "unit_edge"),
        rail("national", "rail_toe"),
        as_of=IN_2012,
    ),
    Case(
        "cn.rail2004.mine.1000",
        "2004",
        1000,
        BAN,
        mine(PIT),
        rail("national", "rail_toe"),
        as_of=IN_2012,
    ),
    Case(
        "cn.rail2004.mine.tunnel.1000",
        "2004",
        1000,
        BAN,
        mine(PIT),
        rail("national", "centreline", "tunnel"),
        as_of=IN_2012,
    ),
]

ROUTE: End = ("road", NEW, "centreline")
OIL_LINE: End = ("pipeline", {**OIL, **OLD}, "centreline")
STATION: End = ("pipeline_facility", OLD, "facility_outline")
NEW_HOUSE: End = ("building", NEW, "building_wall")

PIPELINES = [
    # 石油天然气管道保护法 第三十条: 五米, quarrying and building
    Case("cn.pipe.mine.5", "30(2)", 5, BAN, mine(PIT), OIL_LINE),
    Case("cn.pipe.build.5", "30(3)", 5, BAN, NEW_HOUSE, OIL_LINE, scope="site"),
    # 第三十五条: 五十米、一百米；二百米、五百米: application
    Case("cn.pipe.work.50", "35(2)", 50, CONSENT, ROUTE, OIL_LINE, scope="site"),
    Case("cn.pipe.work.100", "35(2)", 100, CONSENT, ROUTE, STATION, scope="site"),
    Case("cn.pipe.mine.200", "35(3)", 200, CONSENT, mine(PIT), OIL_LINE),
    Case("cn.pipe.mine.500", "35(3)", 500, CONSENT, mine(PIT), STATION),
    # 第三十二、三十三条: 五百米, 一千米
    Case("cn.pipe.river.500", "32", 500, BAN, mine(PIT), ("pipeline_crossing", {}, "centreline")),
    Case("cn.pipe.tunnel.1000", "33", 1000, BAN, mine(PIT), ("pipeline_tunnel", {}, "centreline")),
    # 总局令第43号: 5 m from the pipe's outer edge
    Case(
        "cn.hazpipe.build.5",
        "43号",
        5,
        BAN,
        NEW_HOUSE,
        ("pipeline", {"kind": "hazchem"}, "pipe_outer_edge"),
        scope="site",
    ),
]

WATERS = [
    # 长江保护法 第二十六条: 一公里; tailings 三公里 and 一公里; new or extended only
    *(
        Case("cn.yangtze.chem.1000", "26", 1000, BAN, PLANT, river(yangtze=name))
        for name in ("main", "important_tributary", "tributary")
    ),
    Case(
        "cn.yangtze.park.1000",
        "26",
        1000,
        BAN,
        new("chemical_park", "planning_boundary"),
        river(yangtze="main"),
    ),
    *(
        Case(
            "cn.yangtze.tail",
            "26",
            metres,
            BAN,
            new("tailings_pond", "facility_outline"),
            river(yangtze=name),
        )
        for name, metres in (("main", 3000), ("important_tributary", 1000))
    ),
    # 太湖流域管理条例 第二十九条: 自河口1万米上溯至5万米, 两侧各1000米
    Case("cn.taihu.29", "29", 1000, BAN, PLANT, inflow(10000.0, 30000.0)),
    Case("cn.taihu.29", "29", 1000, BAN, PLANT, inflow(30000.0, 50000.0)),
    # 第三十条: 太湖5000, 淀山湖2000, 太浦河、新孟河、望虞河1000; other inflows to 1万米: 1000
    *(
        Case(rule, "30", metres, BAN, end, river(taihu=name))
        for rule, end in (
            ("cn.taihu.30", STORE),
            ("cn.taihu.30.pipe", HAZPIPE),
            ("cn.taihu.30.project", PLANT),
        )
        for name, metres in (("lake", 5000), ("dianshan", 2000), ("named_river", 1000))
    ),
    *(
        Case(rule, "30", 1000, BAN, end, inflow(0.0, 10000.0))
        for rule, end in (
            ("cn.taihu.30.inflow", STORE),
            ("cn.taihu.30.pipe.inflow", HAZPIPE),
            ("cn.taihu.30.project.inflow", PLANT),
        )
    ),
]

ORDERS = [
    # 总局令第39号: 大于300米 between small quarries; 300米 to others' facilities
    Case("cn.quarry.adj.300", "12", 300, BAN, mine(PIT), mine({**PIT, "owner": "乙"}), at=BAN),
    Case("cn.quarry.300", "31", 300, BAN, mine(PIT), home()),
    Case("cn.quarry.300", "31", 300, BAN, mine(PIT), unit({"kind": "silo", "owner": "乙"})),
    # 总局令第65号: 50 m between outlets; 100 m to schools, hospitals, markets, filling stations
    Case("cn.fireworks.outlet.50", "65号", 50, BAN, OUTLET, OUTLET),
    *(
        Case("cn.fireworks.outlet.100", "65号", 100, BAN, OUTLET, place(kind=kind))
        for kind in ("school", "kindergarten", "hospital", "market")
    ),
    Case(
        "cn.fireworks.outlet.fuel.100",
        "65号",
        100,
        BAN,
        OUTLET,
        unit({"kind": "filling_station"}),
    ),
    # 电力设施保护条例: 1–10 kV 5; 35–110 kV 10; 154–330 kV 15; 500 kV 20
    *(
        Case(
            "cn.power.zone",
            "–",
            metres,
            CONSENT,
            HOUSE_WALL,
            ("power_line", {"kind": kind}, "conductor_edge"),
            scope="site",
        )
        for kind, metres in (
            ("kv_1_10", 5),
            ("kv_35_110", 10),
            ("kv_154_330", 15),
            ("kv_500", 20),
        )
    ),
]

DRY: Values = {"discharges": "no"}
WET: Values = {"discharges": "yes"}
QUARRY = mine({"kind": "open_pit"})

# Polygon tests: 0 m is the edge, and only what lies inside fails.
AREAS = [
    # 水污染防治法 第六十五、六十六条
    *(
        Case(f"cn.area.water1.{name}", "65", 0, BAN, end, area("water_source_1"))
        for name, end in (
            ("plant", ("chemical_plant", DRY, "plant_boundary")),
            ("unit", ("hazard_source", DRY, "unit_edge")),
            ("mine", QUARRY),
            ("tailings", ("tailings_pond", {}, "facility_outline")),
            ("dump", ("waste_dump", {}, "dump_outline")),
        )
    ),
    *(
        Case(f"cn.area.water2.{name}", "66", 0, BAN, end, area("water_source_2"))
        for name, end in (
            ("plant", ("chemical_plant", WET, "plant_boundary")),
            ("unit", ("hazard_source", WET, "unit_edge")),
            ("mine", mine(WET)),
        )
    ),
    # 文物保护法 28；风景名胜区条例；自然保护区条例 26；基本农田保护条例 17；水库大坝安全管理条例 13
    Case("cn.area.relic", "28", 0, BAN, QUARRY, area("relic")),
    Case("cn.area.scenic", "–", 0, BAN, QUARRY, area("scenic")),
    Case("cn.area.reserve", "26", 0, BAN, QUARRY, area("nature_reserve")),
    Case("cn.area.farmland", "17", 0, BAN, QUARRY, area("farmland")),
    Case("cn.area.dam", "13", 0, BAN, QUARRY, area("dam_area")),
]

LAW_CASES = [*ROADS, *RAILWAYS, *PIPELINES, *WATERS, *ORDERS]
