from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely.geometry import Point, box

from riskmap.classes import Graded, grade_and_classify, grade_sources
from riskmap.grading import Gradings, HazardGrading, read_gradings
from riskmap.location import note_references
from riskmap.tables import GRADES, STOCK_TERMS, check_table
from tests.conftest import AS_OF, check, paper_layer, register, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

GRADINGS = read_gradings(["cn"])
assert isinstance(GRADINGS.hazards, HazardGrading)
AMMONIA = {"unit": "hazard_sources/T", "substance": "氨", "cas": "7664-41-7"}


def homes(persons: float | None, *, complete: bool = True) -> Layer:
    layer = paper_layer(
        "residential_zone", [(box(300, 0, 340, 40), {"kind": "village", "persons": persons})]
    )
    return replace(layer, spec=layer.spec.model_copy(update={"complete": complete}))


def works(grade: float | None = None, unit_of: str = "P", park: str | None = None) -> list[Layer]:
    unit = {"id": "T", "kind": "tank_farm", "unit_of": unit_of, "major_hazard_grade": grade}
    return [
        paper_layer("chemical_plant", [(box(0, 0, 100, 100), {"id": "P", "park": park})]),
        paper_layer("hazard_source", [(box(20, 20, 40, 40), unit)]),
    ]


def graded(
    *rows: Mapping[str, str],
    people: Layer,
    grade: float | None = None,
    as_of: date = AS_OF,
    more: Sequence[Layer] = (),
) -> pd.Series:
    layers = [*works(grade), people, register("stock", list(rows)), *more]
    found = grade_sources(layers, grading=GRADINGS.hazards, as_of=as_of)
    check_table(found.table, GRADES)
    check_table(found.terms, STOCK_TERMS)
    return found.table.iloc[0]


def test_s_and_r_are_shown_term_by_term() -> None:
    lpg = {"unit": "hazard_sources/T", "substance": "液化石油气", "hazard_class": "W2"}
    row = graded(AMMONIA | {"quantity_t": "50"}, lpg | {"quantity_t": "62"}, people=homes(60.0))
    assert row["terms"] == "50/10 × 2 + 62/50 × 1.5"
    assert row["s_low"] == row["s_high"] == pytest.approx(5.0 + 1.24)
    # 60 people: alpha 1.5; (5 x 2 + 1.24 x 1.5) x 1.5.
    assert row["r_low"] == row["r_high"] == pytest.approx(17.79)
    assert (row["grades"], row["plant"], row["missing"]) == ("3", "chemical_plants/P", "")


@pytest.mark.parametrize(
    ("grade", "standing"), [(3.0, "agrees"), (2.0, "conflict"), (None, "computed")]
)
def test_the_declared_grade_is_kept_and_compared(grade: float | None, standing: str) -> None:
    row = graded(AMMONIA | {"quantity_t": "50"}, people=homes(100.0), grade=grade)
    assert (row["grades"], row["grade_standing"]) == ("3", standing)
    assert math.isnan(row["declared_grade"]) if grade is None else row["declared_grade"] == grade


def test_below_1_it_is_no_major_hazard_source() -> None:
    row = graded(AMMONIA | {"quantity_t": "9.9"}, people=homes(100.0))
    assert (row["grades"], row["grade_standing"]) == ("none", "not_major")
    row = graded(AMMONIA | {"quantity_t": "9.9"}, people=homes(100.0), grade=4.0)
    assert row["grade_standing"] == "conflict"


def test_a_missing_substance_leaves_every_grade_from_the_lower_bound_on() -> None:
    unknown = {"unit": "hazard_sources/T", "substance": "某物", "quantity_t": "3"}
    row = graded(AMMONIA | {"quantity_t": "50"}, unknown, people=homes(100.0))
    assert (row["s_low"], row["s_high"], row["r_low"]) == (5.0, math.inf, 20.0)
    assert (row["grades"], row["missing"]) == ("1/2/3", "hazard_class")
    # Grade 1 already: nothing that is missing can make it worse.
    row = graded(AMMONIA | {"quantity_t": "500"}, unknown, people=homes(100.0), grade=1.0)
    assert (row["grades"], row["grade_standing"], row["missing"]) == ("1", "agrees", "")
    row = graded(unknown, people=homes(100.0))
    assert row["grades"] == "1/2/3/4/none"


def test_no_residents_found_prints_every_grade_unless_the_layer_is_complete() -> None:
    stock = AMMONIA | {"quantity_t": "30"}
    far = paper_layer("residential_zone", [(box(900, 0, 940, 40), {"persons": 50.0})])
    # Sum of beta q/Q is 6: 3 at alpha 0.5, 12 at alpha 2.
    row = graded(stock, people=far)
    assert (row["alpha_low"], row["alpha_high"], row["grades"]) == (0.5, 2.0, "3/4")
    assert (row["missing"], row["grade_standing"]) == ("complete", "undecided")
    whole = replace(far, spec=far.spec.model_copy(update={"complete": True}))
    row = graded(stock, people=whole, grade=4.0)
    assert (row["alpha_low"], row["alpha_high"], row["grades"]) == (0.5, 0.5, "4")
    assert row["grade_standing"] == "agrees"


def test_residents_not_told_from_others_are_asked_for() -> None:
    place = paper_layer(
        "sensitive_place", [(box(200, 0, 240, 40), {"kind": "school", "persons": 90.0})]
    )
    place = replace(place, spec=place.spec.model_copy(update={"complete": True}))
    stock = AMMONIA | {"quantity_t": "30"}
    row = graded(stock, people=homes(40.0), grade=4.0, more=[place])
    # 40 to 130 people: alpha 1.2 to 2, R 7.2 to 12.
    assert (row["r_low"], row["r_high"]) == (7.2, 12.0)
    assert (row["grades"], row["grade_standing"], row["missing"]) == ("3/4", "open", "residents")


def test_a_village_across_the_distance_asks_where_its_people_live() -> None:
    wide = paper_layer(
        "residential_zone", [(box(500, 0, 700, 40), {"kind": "village", "persons": 60.0})]
    )
    wide = replace(wide, spec=wide.spec.model_copy(update={"complete": True}))
    row = graded(AMMONIA | {"quantity_t": "40"}, people=wide)
    # 0 to 60 people: alpha 0.5 to 1.5, R 4 to 12.
    assert (row["r_low"], row["r_high"], row["grades"]) == (4.0, 12.0, "3/4")
    assert row["missing"] == "population"


def test_a_unit_of_no_plant_stands_for_its_own() -> None:
    stocks = register("stock", [AMMONIA | {"quantity_t": "12"}])
    layers = [*works(unit_of="nowhere"), homes(10.0), stocks]
    row = grade_sources(layers, grading=GRADINGS.hazards, as_of=AS_OF).table.iloc[0]
    assert row["plant"] == "hazard_sources/T"
    assert not row["people_complete"]
    # 1.2 x 2 is 4.8 at most: grade 4 whoever lives there.
    assert row["grades"] == "4"


def test_before_the_edition_nothing_is_graded() -> None:
    stock = AMMONIA | {"quantity_t": "50"}
    row = graded(stock, people=homes(100.0), as_of=date(2019, 2, 28))
    assert (row["grades"], row["grade_standing"]) == ("", "edition_not_held")
    assert math.isnan(row["s_low"])
    assert graded(stock, people=homes(100.0), as_of=date(2019, 3, 1))["grades"] == "3"


def test_without_a_standard_or_a_stock_nothing_is_graded() -> None:
    layers = [*works(), homes(10.0)]
    assert grade_sources(layers, grading=GRADINGS.hazards, as_of=AS_OF).table.empty
    assert grade_sources(layers, grading=None, as_of=AS_OF).terms.empty
    filled, found = grade_and_classify(layers, gradings=Gradings(), as_of=AS_OF)
    assert found.classes.empty
    assert [one.spec.id for one in filled] == [one.spec.id for one in layers]
    assert Graded.nothing().grades.empty


def test_a_computed_grade_and_class_are_seen_by_the_rules(
    make_book: Callable[..., Rulebook],
) -> None:
    book = make_book(
        rule_text(
            hazard='{ roles = ["hazard_source"], where = { major_hazard_grade = { upto = 3 } } }',
            receptor='{ roles = ["residential_zone"], where = { receptor_class = ["general_1"] } }',
            distance="distance_m = 400.0",
        )
    )
    layers = [*works(), homes(100.0), register("stock", [AMMONIA | {"quantity_t": "50"}])]
    before = check(*layers, rulebook=book).findings
    assert list(before["missing"]) == ["major_hazard_grade, receptor_class"]
    filled, found = grade_and_classify(layers, gradings=GRADINGS, as_of=AS_OF)
    after = check(*filled, rulebook=book).findings
    assert list(after["verdict"]) == ["ban_violated"]
    assert list(found.grades["grade_standing"]) == ["computed"]
    # What the caller holds is not changed.
    assert layers[1].features["major_hazard_grade"].isna().all()


def test_a_declared_grade_is_never_overwritten() -> None:
    layers = [*works(2.0), homes(100.0), register("stock", [AMMONIA | {"quantity_t": "50"}])]
    filled, _ = grade_and_classify(layers, gradings=GRADINGS, as_of=AS_OF)
    assert list(filled[1].features["major_hazard_grade"]) == [2.0]


def test_only_the_study_area_is_shown() -> None:
    layers = [*works(), homes(100.0), register("stock", [AMMONIA | {"quantity_t": "50"}])]
    _, found = grade_and_classify(layers, gradings=GRADINGS, as_of=AS_OF)
    assert found.only({"hazard_sources/T"}).classes.empty
    assert len(found.only({"hazard_sources/T"}).terms) == 1
    assert found.only(set()).grades.empty
    assert found.only(set()).terms.empty


def test_a_stock_of_an_unknown_unit_is_a_problem_of_the_data() -> None:
    rows = [AMMONIA | {"quantity_t": "50", "unit": "hazard_sources/gone"}]
    layers = [*works(), homes(1.0), register("stock", rows)]
    noted = note_references(layers)[-1].problems
    assert [(one.value, one.reason) for one in noted] == [
        ("hazard_sources/gone", "problem.unknown_ref")
    ]
    found = grade_sources(layers, grading=GRADINGS.hazards, as_of=AS_OF)
    assert found.table.empty
    assert len(found.terms) == 1


def test_a_point_of_a_plant_is_enough_where_the_grade_does_not_depend_on_it() -> None:
    unit = paper_layer("hazard_source", [(Point(0, 0), {"id": "T"})], reference="inside_point")
    stocks = register("stock", [AMMONIA | {"quantity_t": "600"}])
    row = grade_sources(
        [unit, homes(100.0), stocks], grading=GRADINGS.hazards, as_of=AS_OF
    ).table.iloc[0]
    # 120 x 2 at least: 100 people are within 500 m for sure.
    assert (row["persons_low"], row["persons_high"]) == (100.0, math.inf)
    assert row["grades"] == "1"
