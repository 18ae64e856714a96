"""Cases of standards: numbers typed from the tables by hand."""

from __future__ import annotations

from datetime import date

from tests.law.cases import ADVICE, STANDARD, Case, End, Values, home, place, rail, road, unit

STORE: Values = {"kind": "class_a_warehouse", "goods_items": "1,2,5,6", "quantity_t": 8.0}
SHOP: Values = {"kind": "class_a_workshop", "flammable_vapour": "yes"}
B_STORE = unit({"kind": "class_b_warehouse"})
IN_2010, IN_2015, IN_2018 = date(2010, 12, 31), date(2015, 1, 1), date(2018, 1, 1)


def station(level: float, recovery: str = "both") -> End:
    values: Values = {"kind": "filling_station", "fuel": "petrol", "station_level": level}
    return ("hazard_source", {**values, "vapour_recovery": recovery}, "vessel_shell")


def protected(grade: float) -> End:
    return place(station_class=grade)


def fenced(kind: str, **values: object) -> End:
    return (*place(kind=kind, **values)[:2], "site_boundary")


def tanks(kind: str, volume_m3: float) -> End:
    return unit({"kind": kind, "volume_m3": volume_m3}, "vessel_shell")


def pit(**values: object) -> End:
    return ("non_coal_mine", {"kind": "open_pit", "blasting": "yes", **values}, "working_area")


FIRE = [
    # GB 50016-2014 表3.5.1
    Case("cn.fire.awh.50", "3.5.1", 50, STANDARD, unit(STORE), home(important_public="yes")),
    Case("cn.fire.awh.50.high_rise", "3.5.1", 50, STANDARD, unit(STORE), home(high_rise="yes")),
    # 3、4项: ≤5 t 30, >5 t 40; 1、2、5、6项: ≤10 t 25, >10 t 30
    *(
        Case(
            "cn.fire.awh.civil",
            "3.5.1",
            metres,
            STANDARD,
            unit({**STORE, "goods_items": items, "quantity_t": tonnes}),
            home(),
        )
        for items, tonnes, metres in (
            ("3,4", 5.0, 30),
            ("3,4", 5.1, 40),
            ("1,2,5,6", 10.0, 25),
            ("1,2,5,6", 10.1, 30),
        )
    ),
    Case("cn.fire.awh.rail", "3.5.1", 40, STANDARD, unit(STORE), rail("national", "centreline")),
    Case("cn.fire.awh.road", "3.5.1", 20, STANDARD, unit(STORE), road("county", "road_edge")),
    # 厂外道路: streets too
    Case("cn.fire.awh.road", "3.5.1", 20, STANDARD, unit(STORE), road("street", "road_edge")),
    # 3.4.1 to 3.4.3
    Case("cn.fire.awk.50", "3.4.2", 50, STANDARD, unit(SHOP), home(important_public="yes")),
    Case("cn.fire.awk.50.high_rise", "3.4.1", 50, STANDARD, unit(SHOP), home(high_rise="yes")),
    Case("cn.fire.awk.25", "3.4.1", 25, STANDARD, unit(SHOP), home()),
    Case("cn.fire.awk.rail", "3.4.3", 30, STANDARD, unit(SHOP), rail("national", "centreline")),
    Case("cn.fire.awk.road", "3.4.3", 15, STANDARD, unit(SHOP), road("county", "road_edge")),
    # class-B warehouse: 50 since 2014, 30 in the 2006 edition
    Case("cn.fire.bwh.50", "3.5.2", 50, STANDARD, B_STORE, home(important_public="yes")),
    Case(
        "cn.fire2006.bwh.30",
        "3.5.2",
        30,
        STANDARD,
        B_STORE,
        home(important_public="yes"),
        as_of=IN_2015,
    ),
    # GB 55037-2022 3.2.1 to 3.2.3
    Case("cn.fire.gb55037.awk.crowded", "3.2.1", 50, STANDARD, unit(SHOP), home(crowded="yes")),
    Case("cn.fire.gb55037.awh.crowded", "3.2.2", 50, STANDARD, unit(STORE), home(crowded="yes")),
    Case(
        "cn.fire.gb55037.awh.high_rise", "3.2.2", 50, STANDARD, unit(STORE), home(high_rise="yes")
    ),
    Case("cn.fire.gb55037.bwh.crowded", "3.2.3", 50, STANDARD, B_STORE, home(crowded="yes")),
    Case("cn.fire.gb55037.bwh.high_rise", "3.2.3", 50, STANDARD, B_STORE, home(high_rise="yes")),
]

RECALLED = [
    # 表4.2.1: 40/50/60/70 to high-rise, 12/15/20/25 to others
    *(
        Case(rule, "4.2.1", metres, STANDARD, tanks("tank_farm", volume), home(high_rise=tall))
        for volume, high, low in (
            (1.0, 40, 12),
            (50.0, 50, 15),
            (200.0, 60, 20),
            (1000.0, 70, 25),
        )
        for rule, tall, metres in (
            ("cn.fire.tanks.high_rise", "yes", high),
            ("cn.fire.tanks.civil", "no", low),
        )
    ),
    # 表4.3.1: 25/30/35/40/45 to high-rise, 18/20/25/30/35 to others
    *(
        Case(rule, "4.3.1", metres, STANDARD, tanks("gas_holder", volume), home(high_rise=tall))
        for volume, high, low in (
            (999.0, 25, 18),
            (1000.0, 30, 20),
            (10000.0, 35, 25),
            (50000.0, 40, 30),
            (100000.0, 45, 35),
        )
        for rule, tall, metres in (
            ("cn.fire.gas_holder.high_rise", "yes", high),
            ("cn.fire.gas_holder.civil", "no", low),
        )
    ),
    # 表4.4.1: 45/50/70/90/110/130/150 by total volume
    *(
        Case("cn.fire.lpg", "4.4.1", metres, STANDARD, tanks("lpg_station", volume), home())
        for volume, metres in (
            (50.0, 45),
            (200.0, 50),
            (500.0, 70),
            (1000.0, 90),
            (2500.0, 110),
            (5000.0, 130),
            (10000.0, 150),
        )
    ),
    # GB 50074 表4.0.10: levels 1 to 5: 100/90/80/70/50
    *(
        Case(
            "cn.depot.civil",
            "4.0.10",
            metres,
            STANDARD,
            unit({"kind": "tank_farm", "depot_level": level}, "vessel_shell"),
            home(),
        )
        for level, metres in ((1.0, 100), (2.0, 90), (3.0, 80), (4.0, 70), (5.0, 50))
    ),
    # GB 50253 4.1.6: housing 5; railway 25, LPG 50
    Case(
        "cn.oil253.housing",
        "4.1.6",
        5,
        STANDARD,
        ("pipeline", {"kind": "oil_gas", "contents": "other"}, "centreline"),
        home(),
    ),
    *(
        Case(
            "cn.oil253.rail",
            "4.1.6",
            metres,
            STANDARD,
            ("pipeline", {"kind": "oil_gas", "contents": contents}, "centreline"),
            rail("national", "centreline"),
        )
        for contents, metres in (("other", 25), ("lpg", 50))
    ),
    # GB 50072-2010 4.1.1, dead: 150 m, 300 m downwind; GB 18265-2000, dead: 1 000 m
    *(
        Case(
            f"cn.cold.nh3.{metres}",
            "4.1.1",
            metres,
            ADVICE,
            unit({"kind": "ammonia_cold_store"}),
            home(),
            as_of=IN_2018,
        )
        for metres in (150, 300)
    ),
    Case("cn.gb18265.1000", "–", 1000, STANDARD, unit(STORE), home(), as_of=IN_2018),
]


def pipe(contents: str, laid: str) -> End:
    return ("pipeline", {"kind": "in_plant", "contents": contents, "laid": laid}, "centreline")


PLANT: End = ("chemical_plant", {}, "plant_boundary")
# GB 50074, pipelines outside a depot: LPG buried, above; other buried, above.
OFF_DEPOT = [
    Case(f"cn.depot.pipe.{name}", "–", metres, STANDARD, pipe(contents, laid), end)
    for name, end, numbers in (
        ("housing", home(), (30, 40, 15, 25)),
        ("plant", PLANT, (20, 30, 10, 15)),
        ("rail", rail("national", "centreline"), (15, 25, 10, 15)),
        ("rail", rail("factory", "centreline"), (10, 15, 10, 10)),
        ("road", road("expressway", "road_edge"), (7.5, 12, 5, 7.5)),
        ("road", road("county", "road_edge"), (5, 7.5, 5, 5)),
    )
    for metres, (contents, laid) in zip(
        numbers,
        (("lpg", "buried"), ("lpg", "above"), ("other", "buried"), ("other", "above")),
        strict=True,
    )
]

STATIONS = [
    # GB 50156-2021 表4.0.4 (with both recoveries)
    Case("cn.gas156.pub", "4.0.4", 35, STANDARD, station(2.0), home(important_public="yes")),
    *(
        Case(f"cn.gas156.c{grade}", "4.0.4", metres, STANDARD, station(level), protected(grade))
        for level, numbers in ((1.0, (17.5, 14, 11)), (2.0, (14, 11, 8.5)), (3.0, (11, 8.5, 7)))
        for grade, metres in zip((1, 2, 3), numbers, strict=True)
    ),
    # 附录B: schools, hospitals and homes are measured to the fence
    *(
        Case(
            "cn.gas156.pub.fence",
            "4.0.4",
            35,
            STANDARD,
            station(2.0),
            fenced(kind, important_public="yes"),
        )
        for kind in ("school", "kindergarten", "hospital", "care_home")
    ),
    *(
        Case(
            "cn.gas156.c1.fence",
            "4.0.4",
            metres,
            STANDARD,
            station(level),
            fenced("school", station_class=1.0),
        )
        for level, metres in ((1.0, 17.5), (2.0, 14), (3.0, 11))
    ),
    # GB 50156-2012 表4.0.4: no recovery / unloading / both
    *(
        Case(
            "cn.gas156_2012.pub",
            "4.0.4",
            metres,
            STANDARD,
            station(1.0, recovery),
            home(important_public="yes"),
            as_of=IN_2018,
        )
        for recovery, metres in (("none", 50), ("unloading", 40), ("both", 35))
    ),
    *(
        Case(
            f"cn.gas156_2012.c{grade}",
            "4.0.4",
            metres,
            STANDARD,
            station(level, recovery),
            protected(grade),
            as_of=IN_2018,
        )
        for grade, level, numbers in (
            (1, 1.0, (25, 20, 17.5)),
            (1, 2.0, (20, 16, 14)),
            (1, 3.0, (16, 13, 11)),
            (2, 1.0, (20, 16, 14)),
            (2, 2.0, (16, 13, 11)),
            (2, 3.0, (12, 9.5, 8.5)),
            (3, 1.0, (16, 13, 11)),
            (3, 2.0, (12, 9.5, 8.5)),
            (3, 3.0, (10, 8, 7)),
        )
        for recovery, metres in zip(("none", "unloading", "both"), numbers, strict=True)
    ),
    # GB 50156-2002 (2006): 50/25/20/16
    Case(
        "cn.gas156_2002.pub",
        "4.0.4",
        50,
        STANDARD,
        station(1.0),
        home(important_public="yes"),
        as_of=IN_2010,
    ),
    *(
        Case(
            f"cn.gas156_2002.c{grade}",
            "4.0.4",
            metres,
            STANDARD,
            station(1.0),
            protected(grade),
            as_of=IN_2010,
        )
        for grade, metres in ((1, 25), (2, 20), (3, 16))
    ),
]

BLASTING = [
    # GB 6722-2014 13.6.1: 200 m with benches, 300 m in complex ground: a clearing distance
    Case("cn.blast.fly", "13.6.1", 200, ADVICE, pit(complex_ground="no"), home()),
    Case("cn.blast.fly", "13.6.1", 300, ADVICE, pit(complex_ground="yes"), home()),
]

CODE_CASES = [*FIRE, *RECALLED, *OFF_DEPOT, *STATIONS, *BLASTING]
