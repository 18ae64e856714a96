from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import LineString, Point, box

from riskmap.criteria import suspect_units
from riskmap.location import note_references
from riskmap.register import build_hidden_dangers, build_survey
from riskmap.tiers import tier_units
from tests.conftest import AS_OF, check, paper_layer, register, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook


def scene() -> list[Layer]:
    return [
        paper_layer(
            "hazard_source",
            [
                (box(0, 0, 10, 10), {"id": "near", "name": "近", "key_unit": "yes"}),
                (box(5000, 0, 5010, 10), {"id": "far", "name": "远"}),
            ],
        ),
        paper_layer("residential_zone", [(box(70, 0, 80, 10), {"name": "村"})]),
        paper_layer("road", [(LineString([(0, 300), (400, 300)]), {"name": "路"})]),
    ]


def test_the_survey_has_a_row_for_every_unit(make_book: Callable[..., Rulebook]) -> None:
    layers = scene()
    book = make_book(rule_text())
    setbacks = check(*layers, rulebook=book)
    units = tier_units(layers, as_of=AS_OF)
    table = build_survey(units, layers=layers, setbacks=setbacks, radius_m=1000.0)
    rows = table.set_index("ref")
    assert sorted(rows.index) == ["hazard_sources/far", "hazard_sources/near"]
    near = rows.loc["hazard_sources/near"]
    assert (near["nearest_residential_zone"], near["nearest_road"]) == ("村", "路")
    assert near["residential_zone_m"] == pytest.approx(60.0, abs=0.01)
    assert near["road_m"] == pytest.approx(290.0, abs=0.05)
    assert near["verdict"] == "ban_violated"
    assert near["short_m"] == pytest.approx(40.0, abs=0.01)
    far = rows.loc["hazard_sources/far"]
    assert far["verdict"] == ""
    assert far["residential_zone_m"] != far["residential_zone_m"]
    assert set(rows["disposal"]) == {""}


CRITERION = """
[[criterion]]
id = "test.criterion"
item = "第三条"
title = { zh = "外部安全防护距离不满足", en = "external safety distance" }
rules = ["test.one"]
unit_where = { key_unit = ["yes"] }
clause = "第三条"
tag = "memory"
confidence = "low"
"""


def dangers(
    make_book: Callable[..., Rulebook], *records: dict[str, str], extra: str = ""
) -> gpd.GeoDataFrame:
    layers = [*scene(), *([register("hidden_danger", list(records))] if records else [])]
    book = make_book(rule_text(), CRITERION + extra)
    found = suspect_units(
        layers, setbacks=check(*layers, rulebook=book), rulebook=book, as_of=AS_OF
    )
    return build_hidden_dangers(
        tier_units(layers, as_of=AS_OF),
        layers=layers,
        suspicions=found,
        rulebook=book,
        as_of=AS_OF,
    )


def test_a_rule_finds_a_suspicion_and_never_more(make_book: Callable[..., Rulebook]) -> None:
    found = dangers(make_book)
    assert found["unit"].tolist() == ["hazard_sources/near"]
    assert found["standing"].tolist() == ["suspected"]
    assert found["origin"].tolist() == ["rule"]


@pytest.mark.parametrize(
    ("changes", "standings"),
    [
        ({}, ["suspected"]),
        ({"judged_by": "某人", "judged_on": "2025-06-01", "document": "文"}, ["judged"]),
        ({"status": "closed"}, ["closed", "suspected"]),
        ({"criterion": "other"}, ["suspected", "suspected"]),
        ({"unit": "hazard_sources/far"}, ["suspected", "suspected"]),
    ],
)
def test_what_a_person_recorded_is_not_suspected_once_more(
    make_book: Callable[..., Rulebook], changes: dict[str, str], standings: list[str]
) -> None:
    record = {"id": "r1", "unit": "hazard_sources/near", "content": "内容"}
    found = dangers(make_book, {**record, "criterion": "test.criterion", **changes})
    assert found["standing"].tolist() == standings
    own = found[found["origin"] == "record"].iloc[0]
    assert own["finding_id"].startswith("F") is (len(standings) == 1)


def test_a_criterion_that_is_not_in_force_finds_nothing(make_book: Callable[..., Rulebook]) -> None:
    assert dangers(make_book, extra="repealed = 2025-01-01").empty


@pytest.mark.parametrize("left_out", ["judged_by", "judged_on", "document", None])
def test_only_person_date_and_document_make_it_a_major_hidden_danger(
    make_book: Callable[..., Rulebook], left_out: str | None
) -> None:
    record = {
        "id": "r1",
        "unit": "hazard_sources/far",
        "content": "内容",
        "level": "major",
        "judged_by": "某人",
        "judged_on": "2025-06-01",
        "document": "文",
        "criterion": "test.criterion",
    }
    if left_out:
        record[left_out] = ""
    row = dangers(make_book, record).set_index("unit").loc["hazard_sources/far"]
    assert row["standing"] == ("suspected" if left_out else "judged")
    assert row["criterion_status"] == "in_force"


def test_a_general_danger_is_not_on_the_map_of_major_ones(
    make_book: Callable[..., Rulebook],
) -> None:
    record = {"id": "r1", "unit": "hazard_sources/far", "content": "内容", "level": "general"}
    assert "hazard_sources/far" not in set(dangers(make_book, record)["unit"])


def test_dates_after_the_assessment_do_not_count(make_book: Callable[..., Rulebook]) -> None:
    later = {
        "id": "r1",
        "unit": "hazard_sources/far",
        "content": "内容",
        "level": "major",
        "judged_by": "某人",
        "judged_on": "2026-06-01",
        "document": "文",
    }
    row = dangers(make_book, later).set_index("unit").loc["hazard_sources/far"]
    assert row["standing"] == "suspected"


def test_a_point_has_no_unit_of_its_own(make_book: Callable[..., Rulebook]) -> None:
    lost = {"id": "r1", "unit": "nowhere/1", "content": "内容", "level": "major"}
    row = dangers(make_book, lost).set_index("unit").loc["nowhere/1"]
    assert row["unit_name"] == "nowhere/1"
    assert row["geometry"] == Point()


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, "judged"),
        ({"status": "closed"}, "closed"),
        ({"judged_on": "2025"}, "judged"),
        ({"judged_on": "2026"}, "suspected"),
        ({"level": ""}, "judged"),
        ({"unit": ""}, "judged"),
    ],
)
def test_the_standing_of_a_record(
    make_book: Callable[..., Rulebook], changes: dict[str, str], standing: str
) -> None:
    record = {
        "id": "r1",
        "unit": "hazard_sources/far",
        "content": "内容",
        "level": "major",
        "judged_by": "某人",
        "judged_on": "2025-06-01",
        "document": "文",
        "status": "open",
        **changes,
    }
    found = dangers(make_book, record).set_index("id")
    assert found.loc["r1", "standing"] == standing


def test_a_criterion_out_of_force_judges_nothing(make_book: Callable[..., Rulebook]) -> None:
    record = {
        "id": "r1",
        "unit": "hazard_sources/far",
        "content": "内容",
        "level": "major",
        "judged_by": "某人",
        "judged_on": "2024-06-01",
        "document": "文",
        "criterion": "test.criterion",
    }
    found = dangers(make_book, record, extra="repealed = 2025-01-01").set_index("id")
    assert found.loc["r1", "standing"] == "suspected"
    assert found.loc["r1", "criterion_status"] == "not_in_force"


def test_a_firm_answers_for_its_units(make_book: Callable[..., Rulebook]) -> None:
    plant = paper_layer("chemical_plant", [(box(0, 0, 100, 100), {"id": "p", "name": "厂"})])
    tank = paper_layer(
        "hazard_source",
        [(box(80, 40, 90, 50), {"id": "t", "unit_of": "chemical_plants/p", "hazchem": "yes"})],
    )
    homes = paper_layer("residential_zone", [(box(130, 40, 140, 50), {"name": "村"})])
    layers = [plant, tank, homes]
    setbacks = check(*layers, rulebook=make_book(rule_text()))
    units = tier_units(layers, as_of=AS_OF)
    table = build_survey(units, layers=layers, setbacks=setbacks, radius_m=1000.0)
    firm = table.set_index("ref").loc["chemical_plants/p"]
    assert firm["verdict"] == "ban_violated"
    assert firm["violations"] == 1
    assert firm["short_m"] == pytest.approx(60.0, abs=0.01)


def test_a_reference_that_no_layer_holds_is_noted() -> None:
    layers = [
        *scene(),
        paper_layer("chemical_plant", [(box(0, 0, 9, 9), {"id": "p", "park": "gone"})]),
        register("tier_register", [{"unit": "hazard_sources/typo", "tier": "red"}]),
    ]
    noted = note_references(layers)
    found = [(p.layer, p.column, p.value, p.reason) for one in noted for p in one.problems]
    assert found == [
        ("chemical_plants", "park", "gone", "problem.unknown_ref"),
        ("tier_register_rows", "unit", "hazard_sources/typo", "problem.unknown_ref"),
    ]
