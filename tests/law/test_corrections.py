"""Corrections that a second, professional reading made: each has its test."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely import LineString, Point, box

from riskmap.hazards import HazardSide
from riskmap.location import gather_layers
from riskmap.roles import ROLES
from riskmap.setback import check_receptors, join_parts
from tests.conftest import AS_OF, check, paper_layer

if TYPE_CHECKING:
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

PIT = {"kind": "open_pit", "output_t": 200000.0, "blasting": "yes"}
STATION = {"kind": "filling_station", "fuel": "petrol"}
STORE = {"kind": "tank_farm", "hazchem": "yes"}
NEW, OLD = {"established": "2022"}, {"established": "2000"}


def said(*layers: Layer, book: Rulebook, day: date = AS_OF) -> dict[str, str]:
    """Tell each rule's verdict on the one pair of a test."""
    found = check(*layers, rulebook=book, as_of=day).findings
    return dict(zip(found["rule"], found["verdict"], strict=True)) if len(found) else {}


def said_in_siting(candidate: Layer, other: Layer, *, book: Rulebook) -> dict[str, str]:
    """Tell each rule's verdict on a candidate in a siting question."""
    layers = [candidate, other]
    side = HazardSide.prepare(
        layers, rulebook=book, as_of=AS_OF, scope="site", hazards=gather_layers([candidate])
    )
    found = join_parts(side, [check_receptors(side, [other])]).findings
    return dict(zip(found["rule"], found["verdict"], strict=True)) if len(found) else {}


def station(line: str = "vessel_shell", **values: object) -> Layer:
    return paper_layer("hazard_source", [(Point(0, 0), {**STATION, **values})], reference=line)


def protected(metres: float, line: str = "building_wall", **values: object) -> Layer:
    return paper_layer(
        "sensitive_place", [(Point(0, metres), {"kind": "office", **values})], reference=line
    )


def stretch(metres: float, role: str = "river", **values: object) -> Layer:
    line = "centreline" if role in {"road", "railway"} else "shoreline"
    shape = LineString([(metres, -3000), (metres, 3000)])
    return paper_layer(role, [(shape, values)], reference=line)


# Roads: new siting only, and highways only.
@pytest.mark.parametrize(
    ("built", "verdict"),
    [("2020", "ban_violated"), ("2005", "not_bound"), (None, "undetermined")],
)
def test_road_haz_is_about_setting_up(built: str | None, verdict: str, cn_book: Rulebook) -> None:
    goods = {"kind": "tank_farm", "dangerous_goods": "yes", "established": built}
    store = paper_layer("hazard_source", [(Point(0, 0), goods)])
    for kind, asked in (("county", verdict), ("street", None)):
        highway = paper_layer("road", [(Point(0, 50), {"kind": kind, **OLD})])
        assert said(store, highway, book=cn_book).get("cn.road.haz.100") == asked


def test_refuelling_is_left_out_of_road_haz(cn_book: Rulebook) -> None:
    store = station("unit_edge", dangerous_goods="yes", **NEW)
    highway = paper_layer("road", [(Point(0, 50), {"kind": "county", **OLD})])
    assert "cn.road.haz.100" not in said(store, highway, book=cn_book)


@pytest.mark.parametrize("rule", ["cn.road.haz.100", "cn.road.haz.bridge", "cn.road.haz.tunnel"])
def test_road_haz_lists_every_kind_but_stations(rule: str, cn_book: Rulebook) -> None:
    kinds = set(ROLES["hazard_source"].columns["kind"].words)
    assert set(cn_book.rule(rule).entry.hazard.where["kind"]) == kinds - {"filling_station"}


def test_one_road_is_measured_from_three_lines(cn_book: Rulebook) -> None:
    widths = {"land_half_width_m": 12.0, "half_width_m": 6.0, "control_half_width_m": 32.0}
    highway = stretch(110.0, "road", kind="national", **widths, **OLD)
    # 110 m from the centreline: 98 m from highway land, short of 100.
    pit = paper_layer("non_coal_mine", [(Point(0, 0), PIT)])
    assert said(pit, highway, book=cn_book)["cn.road.mine.100"] == "ban_violated"
    # 25 m from the centreline: 19 m from the road edge, short of 20; at 27 m it is enough.
    for metres, verdict in ((25.0, "standard_violated"), (27.0, "complies")):
        store = paper_layer(
            "hazard_source",
            [(Point(110 - metres, 0), {"kind": "class_a_warehouse"})],
            reference="building_wall",
        )
        assert said(store, highway, book=cn_book)["cn.fire.awh.road"] == verdict
    # 80 m from the centreline: 48 m from the control zone's edge, short of 50; at 83 m enough.
    for metres, verdict in ((80.0, "standard_violated"), (83.0, "complies")):
        school = paper_layer(
            "sensitive_place",
            [(Point(110 - metres, 0), {"kind": "school", **NEW})],
            reference="site_boundary",
        )
        assert said_in_siting(school, highway, book=cn_book)["cn.road.town"] == verdict


def test_highway_land_alone_does_not_prove_the_distance_to_the_control_zone(
    cn_book: Rulebook,
) -> None:
    school = paper_layer(
        "sensitive_place", [(Point(0, 0), {"kind": "school", **NEW})], reference="site_boundary"
    )
    for metres, verdict in ((40.0, "standard_violated"), (60.0, "undetermined")):
        highway = paper_layer("road", [(Point(0, metres), {"kind": "national", **OLD})])
        assert said_in_siting(school, highway, book=cn_book)["cn.road.town"] == verdict


# Railways: from the toe in the regulation, from the centreline in fire codes.
def test_one_railway_is_measured_from_two_lines(cn_book: Rulebook) -> None:
    track = stretch(
        42.0,
        "railway",
        kind="national",
        structure="ground",
        setting="elsewhere",
        toe_half_width_m=8.0,
    )
    store = paper_layer(
        "hazard_source",
        [(Point(0, 0), {"kind": "class_a_warehouse", **NEW})],
        reference="building_wall",
    )
    assert said(store, track, book=cn_book)["cn.fire.awh.rail"] == "complies"
    near = paper_layer("building", [(Point(20, 0), {})])
    # 22 m from the centreline is 14 m from the toe, inside the 15 m zone.
    assert said_in_siting(near, track, book=cn_book)["cn.rail.zone"] == "consent_missing"


# Pipelines.
def test_five_metres_do_not_answer_for_dense_places(cn_book: Rulebook) -> None:
    school = paper_layer("sensitive_place", [(Point(0, 0), {"kind": "school"})])
    line = paper_layer("pipeline", [(Point(0, 6), {"kind": "oil_gas"})])
    found = said_in_siting(school, line, book=cn_book)
    assert found["cn.pipe.build.5"] == "complies"
    assert found["cn.pipe.dense.build"] == "undetermined"


def test_the_pipeline_law_gives_five_metres_and_bands_to_ask_in(cn_book: Rulebook) -> None:
    pit = paper_layer("non_coal_mine", [(Point(0, 0), PIT)])
    line = paper_layer("pipeline", [(Point(0, 6), {"kind": "oil_gas"})])
    found = said(pit, line, book=cn_book)
    assert found["cn.pipe.mine.5"] == "complies"
    assert found["cn.pipe.mine.200"] == "consent_missing"


# Fire codes.
def test_3_4_3_binds_only_workshops_that_give_off_vapour(cn_book: Rulebook) -> None:
    for vapour, asked in (("yes", "standard_violated"), ("no", None), (None, "undetermined")):
        shop = paper_layer(
            "hazard_source",
            [(Point(0, 0), {"kind": "class_a_workshop", "flammable_vapour": vapour})],
            reference="building_wall",
        )
        street = paper_layer("road", [(Point(0, 14), {"kind": "street"})], reference="road_edge")
        assert said(shop, street, book=cn_book).get("cn.fire.awk.road") == asked


def test_items_and_quantity_of_a_class_a_warehouse_that_are_not_known_leave_the_range(
    cn_book: Rulebook,
) -> None:
    for items, metres, verdict in (
        (None, 24.9, "standard_violated"),
        (None, 25.1, "undetermined"),
        (None, 39.9, "undetermined"),
        (None, 40.0, "complies"),
        ("3,4", 29.9, "standard_violated"),
        ("3,4", 30.1, "undetermined"),
        ("1,2,5,6", 30.0, "complies"),
    ):
        store = paper_layer(
            "hazard_source",
            [(Point(0, 0), {"kind": "class_a_warehouse", "goods_items": items})],
            reference="building_wall",
        )
        home = paper_layer("residential_zone", [(Point(0, metres), {})])
        assert said(store, home, book=cn_book)["cn.fire.awh.civil"] == verdict


def test_a_crowded_place_is_the_target_since_2023_06_01(cn_book: Rulebook) -> None:
    shop = paper_layer(
        "hazard_source", [(Point(0, 0), {"kind": "class_a_workshop"})], reference="building_wall"
    )
    hall = protected(45.0, crowded="yes", important_public="no", high_rise="no")
    rule = "cn.fire.gb55037.awk.crowded"
    assert rule not in said(shop, hall, book=cn_book, day=date(2023, 5, 31))
    assert said(shop, hall, book=cn_book, day=date(2023, 6, 1))[rule] == "standard_violated"


# Filling stations.
def test_a_station_of_unknown_level_leaves_the_range(cn_book: Rulebook) -> None:
    # Class 1: 17.5, 14 or 11 m.
    for metres, verdict in (
        (10.9, "standard_violated"),
        (11.1, "undetermined"),
        (17.4, "undetermined"),
        (17.5, "complies"),
    ):
        found = said(station(), protected(metres, station_class=1.0), book=cn_book)
        assert found["cn.gas156.c1"] == verdict


def test_a_station_drawn_as_one_polygon_is_a_lower_bound_only(cn_book: Rulebook) -> None:
    for line, metres, verdict in (
        # The ground: tanks stand further in, so 15 m prove nothing and 17.5 m are enough.
        ("site_boundary", 15.0, "undetermined"),
        ("site_boundary", 17.5, "complies"),
        ("unit_edge", 15.0, "undetermined"),
        # A point among the tanks: 15 m prove the shortfall, 25 m prove nothing.
        ("inside_point", 15.0, "standard_violated"),
        ("inside_point", 25.0, "undetermined"),
        ("vessel_shell", 17.5, "complies"),
    ):
        where = protected(metres, station_class=1.0)
        found = said(station(line, station_level=1.0), where, book=cn_book)
        assert found["cn.gas156.c1"] == verdict
        # Dispensers and vents stay open, so that no station is ever cleared by its tanks alone.
        assert found["cn.gas156.dispenser"] == "undetermined"


def test_schools_are_measured_to_their_fence_and_houses_to_their_wall(cn_book: Rulebook) -> None:
    school = {"kind": "school", "station_class": 1.0, "important_public": "no"}
    fence = protected(15.0, "site_boundary", **school)
    found = said(station(station_level=1.0), fence, book=cn_book)
    assert found["cn.gas156.c1.fence"] == "standard_violated"
    assert "cn.gas156.c1" not in found
    # The school's building alone lies inside its fence: 20 m to the wall prove nothing.
    wall = protected(20.0, "building_wall", **school)
    assert said(station(station_level=1.0), wall, book=cn_book)["cn.gas156.c1.fence"] == (
        "undetermined"
    )
    office = protected(15.0, kind="office", station_class=1.0)
    found = said(station(station_level=1.0), office, book=cn_book)
    assert found["cn.gas156.c1"] == "standard_violated"
    assert "cn.gas156.c1.fence" not in found


@pytest.mark.parametrize(
    ("day", "recovery", "rule", "verdict"),
    [
        # 20 m from a level-1 station to a class-1 object: 25 m; 25, 20 or 17.5 m; 17.5 m.
        (date(2010, 1, 1), "none", "cn.gas156_2002.c1", "standard_violated"),
        (date(2018, 1, 1), "none", "cn.gas156_2012.c1", "standard_violated"),
        (date(2018, 1, 1), "unloading", "cn.gas156_2012.c1", "complies"),
        (date(2018, 1, 1), None, "cn.gas156_2012.c1", "undetermined"),
        (date(2025, 1, 1), "none", "cn.gas156.c1", "complies"),
    ],
)
def test_the_date_chooses_the_table_of_stations(
    day: date, recovery: str | None, rule: str, verdict: str, cn_book: Rulebook
) -> None:
    source = station(station_level=1.0, vapour_recovery=recovery)
    found = said(source, protected(20.0, kind="office", station_class=1.0), book=cn_book, day=day)
    assert found[rule] == verdict
    numbered = {name for name in found if name.endswith(".c1")}
    assert numbered == {rule}


# Mines.
@pytest.mark.parametrize(
    ("ground", "metres", "verdict"),
    [
        ("no", 199.0, "advisory_short"),
        ("no", 201.0, "complies"),
        ("yes", 299.0, "advisory_short"),
        (None, 199.0, "advisory_short"),
        (None, 250.0, "undetermined"),
    ],
)
def test_fly_rock_is_a_floor_and_the_design_decides(
    ground: str | None, metres: float, verdict: str, cn_book: Rulebook
) -> None:
    pit = {"kind": "open_pit", "output_t": 900000.0, "blasting": "yes", "complex_ground": ground}
    source = paper_layer("non_coal_mine", [(Point(0, 0), pit)], reference="working_area")
    home = paper_layer("residential_zone", [(Point(0, metres), {})])
    result = check(source, home, rulebook=cn_book)
    found = dict(zip(result.findings["rule"], result.findings["verdict"], strict=True))
    assert found["cn.blast.fly"] == verdict
    for rule in ("cn.blast.fly.design", "cn.blast.max", "cn.blast.air"):
        assert found[rule] == "undetermined"
    assert "complies" not in set(result.pairs["verdict"])


def test_a_quarry_keeps_from_others_only_and_from_its_licence(cn_book: Rulebook) -> None:
    quarry = {**PIT, "owner": "甲"}
    pit = paper_layer("non_coal_mine", [(Point(0, 0), quarry)])
    for owner, asked in (("甲", None), ("乙", "ban_violated"), (None, "ban_violated")):
        office = paper_layer("building", [(Point(0, 250), {"owner": owner})])
        assert said(pit, office, book=cn_book).get("cn.quarry.300") == asked
    # The workings lie inside the licence: 310 m from them prove nothing.
    inner = paper_layer("non_coal_mine", [(Point(0, 0), quarry)], reference="working_area")
    office = paper_layer("building", [(Point(0, 310), {"owner": "乙"})])
    assert said(inner, office, book=cn_book)["cn.quarry.300"] == "undetermined"


# Rivers.
def test_a_river_may_belong_to_the_yangtze_and_to_taihu(cn_book: Rulebook) -> None:
    plant = paper_layer("chemical_plant", [(Point(0, 0), NEW)])
    both = stretch(
        900.0,
        yangtze="tributary",
        taihu="inflow",
        chainage_from_m=12000.0,
        chainage_to_m=40000.0,
        **OLD,
    )
    found = said(plant, both, book=cn_book)
    assert found["cn.yangtze.chem.1000"] == "ban_violated"
    assert found["cn.taihu.29"] == "ban_violated"
    assert "cn.taihu.30.project.inflow" not in found


def test_an_old_river_class_is_read_and_says_nothing_of_the_other_basin(cn_book: Rulebook) -> None:
    plant = paper_layer("chemical_plant", [(Point(0, 0), NEW)])
    main = said(plant, stretch(900.0, river_class="yangtze_main", **OLD), book=cn_book)
    assert main["cn.yangtze.chem.1000"] == "ban_violated"
    assert main["cn.taihu.30.project"] == "undetermined"
    inflow = said(plant, stretch(900.0, river_class="taihu_inflow", **OLD), book=cn_book)
    assert inflow["cn.yangtze.chem.1000"] == "undetermined"
    assert inflow["cn.taihu.29"] == "undetermined"
    # A newer column prevails.
    told = stretch(900.0, river_class="yangtze_main", yangtze="no", taihu="no", **OLD)
    assert said(plant, told, book=cn_book) == {}


@pytest.mark.parametrize(
    ("since", "upto", "rule", "verdict"),
    [
        (0.0, 10000.0, "cn.taihu.30.project.inflow", "ban_violated"),
        (10000.0, 50000.0, "cn.taihu.29", "ban_violated"),
        (8000.0, 12000.0, "cn.taihu.29", "undetermined"),
        (8000.0, 12000.0, "cn.taihu.30.project.inflow", "undetermined"),
        (45000.0, 55000.0, "cn.taihu.29", "undetermined"),
        (50000.0, 60000.0, "cn.taihu.29", None),
        (10000.0, 50000.0, "cn.taihu.30.project.inflow", None),
        (None, None, "cn.taihu.29", "undetermined"),
    ],
)
def test_taihu_counts_along_the_river(
    since: float | None, upto: float | None, rule: str, verdict: str | None, cn_book: Rulebook
) -> None:
    plant = paper_layer("chemical_plant", [(Point(0, 0), NEW)])
    inflow = stretch(
        900.0, taihu="inflow", yangtze="no", chainage_from_m=since, chainage_to_m=upto, **OLD
    )
    assert said(plant, inflow, book=cn_book).get(rule) == verdict


def test_taihu_30_binds_stores_that_stood_before_it(cn_book: Rulebook) -> None:
    store = paper_layer("hazard_source", [(Point(0, 0), {**STORE, **OLD})])
    shore = stretch(4900.0, taihu="lake", yangtze="no")
    assert said(store, shore, book=cn_book)["cn.taihu.30"] == "ban_violated"
    plant = paper_layer("chemical_plant", [(Point(0, 0), OLD)])
    assert said(plant, shore, book=cn_book)["cn.taihu.30.project"] == "not_bound"


# Protected areas.
def test_a_level_2_area_asks_whether_a_unit_discharges(cn_book: Rulebook) -> None:
    area = paper_layer(
        "protected_area",
        [(box(-500, -500, 500, 500), {"kind": "water_source_2"})],
        reference="area_edge",
    )
    for discharges, asked in (("yes", "ban_violated"), ("no", None), (None, "undetermined")):
        unit = paper_layer("hazard_source", [(Point(0, 0), {"discharges": discharges})])
        assert said(unit, area, book=cn_book).get("cn.area.water2.unit") == asked


def test_a_plant_s_ground_over_an_edge_does_not_prove_that_its_unit_is_inside(
    cn_book: Rulebook,
) -> None:
    area = paper_layer(
        "protected_area",
        [(box(-500, -500, 500, 0), {"kind": "water_source_1"})],
        reference="area_edge",
    )
    unit = paper_layer("hazard_source", [(box(-50, -50, 50, 50), {})], reference="plant_boundary")
    assert said(unit, area, book=cn_book)["cn.area.water1.unit"] == "undetermined"


# What is present and not answered.
@pytest.mark.parametrize(
    "rule",
    [
        "cn.gb51142.lpg",
        "cn.gb50160.neighbours",
        "cn.gb51283.neighbours",
        "cn.pipe.dense",
        "cn.rail.haz",
        "cn.citygas.class",
        "cn.worksafety.dorm",
        "cn.blast.max",
        "cn.blast.air",
    ],
)
def test_what_has_no_number_loads_and_says_why(rule: str, cn_book: Rulebook) -> None:
    entry = cn_book.rule(rule).entry
    assert entry.on
    assert entry.form == "unanswered"
    assert entry.no_number is not None


def test_an_lpg_station_is_never_cleared(cn_book: Rulebook) -> None:
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), {"kind": "lpg_station", "hazchem": "yes"})]),
        paper_layer("residential_zone", [(Point(0, 60), {})]),
    ]
    result = check(*layers, rulebook=cn_book)
    status = dict(zip(result.coverage["rule"], result.coverage["status"], strict=True))
    assert status["cn.gb51142.lpg"] == "no_number"
    assert "complies" not in set(result.pairs["verdict"])


def test_fire_separation_alone_never_clears_a_hazchem_unit(cn_book: Rulebook) -> None:
    store = {"kind": "class_a_warehouse", "hazchem": "yes", "goods_items": "3,4"}
    layers = [
        paper_layer(
            "hazard_source",
            [(Point(0, 0), {**store, "quantity_t": 4.0})],
            reference="building_wall",
        ),
        paper_layer("residential_zone", [(Point(0, 44), {"receptor_class": "general_1"})]),
    ]
    result = check(*layers, rulebook=cn_book)
    found = dict(zip(result.findings["rule"], result.findings["verdict"], strict=True))
    assert found["cn.fire.awh.civil"] == "complies"
    assert found["cn.external.report"] == "undetermined"
    assert result.pairs["verdict"].tolist() == ["undetermined"]


def test_the_mineral_law_s_article_20_is_never_cited(cn_book: Rulebook) -> None:
    for rule in cn_book.rules:
        assert "矿产资源法" not in rule.citation("zh")


def test_what_is_from_memory_and_not_of_the_table_is_off(cn_book: Rulebook) -> None:
    lit = {
        rule.id
        for rule in cn_book.rules
        # A report's number is the firm's own, not one remembered.
        if rule.entry.tag == "memory"
        and rule.entry.on
        and rule.entry.form not in {"unanswered", "report"}
    }
    assert lit == {
        # Remembered with the same numbers seen in the predecessor of 2014.
        "cn.ir.new",
        "cn.ir.old",
        # Named by the second reading with 95 % and more.
        "cn.fire.awk.25",
        "cn.fire.awk.50.high_rise",
        "cn.fire.gb55037.bwh.crowded",
        "cn.fire.gb55037.bwh.high_rise",
    }


def test_a_road_ban_makes_no_major_hidden_danger(cn_book: Rulebook) -> None:
    named = {name for criterion in cn_book.criteria for name in criterion.entry.rules}
    assert not {name for name in named if name.startswith(("cn.road", "cn.rail", "cn.pipe"))}
