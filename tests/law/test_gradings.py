"""GB 18218-2018 and GB 36894-2018, 3.1: every number once more, typed from the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely.geometry import Point

from riskmap.classes import alpha_span, classify_receptors, grade_sources, possible_grades
from riskmap.grading import HazardGrading, ReceptorGrading, read_gradings
from riskmap.stocks import Span, exact
from tests.conftest import AS_OF, paper_layer, register

if TYPE_CHECKING:
    from riskmap.quality import Layer


def hazards() -> HazardGrading:
    held = read_gradings(["cn"]).hazards
    assert held is not None
    return held


def receptors() -> ReceptorGrading:
    held = read_gradings(["cn"]).receptors
    assert held is not None
    return held


# Table 1: number and Q [t].
TABLE_1 = """1 10, 2 1, 3 1, 4 20, 5 1, 6 0.3, 7 10, 8 5, 9 1, 10 5, 11 20, 12 5, 13 20, 14 1, 15 1,
16 1, 17 10, 18 20, 19 20, 20 1, 21 20, 22 20, 23 100, 24 1, 25 1, 26 75, 27 20, 28 20, 29 20,
30 0.75, 31 0.5, 32 0.5, 33 0.5, 34 5, 35 5, 36 1, 37 1, 38 1, 39 10, 40 50, 41 50, 42 50, 43 5,
44 50, 45 200, 46 1000, 47 5, 48 50, 49 50, 50 50, 51 5, 52 50, 53 5, 54 1, 55 50, 56 200, 57 50,
58 500, 59 500, 60 50, 61 50, 62 500, 63 10, 64 500, 65 500, 66 200, 67 500, 68 10, 69 500,
70 500, 71 10, 72 10, 73 50, 74 1, 75 1, 76 20, 77 20, 78 100, 79 100, 80 20, 81 100, 82 50,
83 100, 84 1, 85 10"""
# Tables 2 and 4: symbol, Q [t], beta.
TABLE_2 = """J1 5 4, J2 50 1, J3 50 2, J4 50 2, J5 500 1, W1.1 1 2, W1.2 10 2, W1.3 50 2,
W2 10 1.5, W3 150 1, W4 50 1, W5.1 10 1.5, W5.2 50 1, W5.3 1000 1, W5.4 5000 1, W6.1 10 1.5,
W6.2 50 1, W7.1 10 1.5, W7.2 50 1, W8 50 1, W9.1 50 1, W9.2 200 1, W10 200 1, W11 200 1"""
# Table 3: CAS and beta.
TABLE_3 = """630-08-0 2, 7446-09-5 2, 7664-41-7 2, 75-21-8 2, 7647-01-0 3, 74-83-9 3,
7782-50-5 4, 7783-06-4 5, 7664-39-3 5, 10102-44-0 10, 74-90-8 10, 75-44-5 20, 7803-51-2 20,
624-83-9 20"""


def rows(text: str) -> list[list[str]]:
    return [part.split() for part in text.split(",")]


def test_tables_1_to_4_say_what_the_reference_says() -> None:
    book = hazards()
    assert {str(one.number): one.threshold_t for one in book.substance} == {
        number: float(tonnes) for number, tonnes in rows(TABLE_1)
    }
    assert {one.code: (one.threshold_t, one.beta) for one in book.hazard_class} == {
        code: (float(tonnes), float(beta)) for code, tonnes, beta in rows(TABLE_2)
    }
    assert {one.cas: one.beta for one in book.toxic_gas} == {
        cas: float(beta) for cas, beta in rows(TABLE_3)
    }
    assert book.table_4.otherwise == 1.0
    assert book.table_5.outward_m == 500.0


def test_the_two_disputed_rows_say_so() -> None:
    book = hazards()
    noted = [str(one.number) for one in book.substance if one.note]
    noted += [one.code for one in book.hazard_class if one.note]
    assert noted == ["42", "J5"]


@pytest.mark.parametrize(
    ("persons", "alpha"),
    [
        (0, 0.5),
        (1, 1.0),
        (29, 1.0),
        (30, 1.2),
        (49, 1.2),
        (50, 1.5),
        (99, 1.5),
        (100, 2.0),
        (9e6, 2),
    ],
)
def test_alpha_of_table_5(persons: float, alpha: float) -> None:
    assert alpha_span(persons, persons, steps=hazards().alpha).floats == (alpha, alpha)


@pytest.mark.parametrize(
    ("r", "grade"),
    [
        (0.0, "4"),
        (9.999, "4"),
        (10.0, "3"),
        (10.001, "3"),
        (49.999, "3"),
        (50.0, "2"),
        (50.001, "2"),
        (99.999, "2"),
        (100.0, "1"),
        (100.001, "1"),
    ],
)
def test_grade_of_table_6(r: float, grade: str) -> None:
    one = Span(exact(1.0), exact(1.0))
    index = Span(exact(r), exact(r))
    assert possible_grades(one, index, grading=hazards()) == (grade,)


def test_s_of_1_is_a_major_hazard_source_and_less_is_not() -> None:
    r = Span(exact(1.0), exact(1.0))
    for s, grades in ((0.999, ("none",)), (1.0, ("4",)), (1.001, ("4",))):
        assert possible_grades(Span(exact(s), exact(s)), r, grading=hazards()) == grades


def graded(persons: int, **stock: str) -> tuple[float, str]:
    """Grade one tank farm with one stock and a village 200 m from its plant."""
    layers: list[Layer] = [
        paper_layer("chemical_plant", [(Point(0, 0).buffer(50, quad_segs=1), {"id": "P"})]),
        paper_layer(
            "hazard_source",
            [(Point(0, 0).buffer(9), {"id": "T", "unit_of": "P", "kind": "tank_farm"})],
        ),
        register("stock", [{"unit": "hazard_sources/T", **stock}]),
    ]
    people = paper_layer("population", [(Point(250, 0), {"persons": float(persons)})])
    spec = people.spec.model_copy(update={"complete": True})
    people = type(people)(spec, people.features, people.accuracy_m, people.problems, people.counts)
    row = grade_sources([*layers, people], grading=hazards(), as_of=AS_OF).table.iloc[0]
    assert row["r_low"] == row["r_high"]
    return row["r_low"], row["grades"]


@pytest.mark.parametrize(
    ("persons", "stock", "r", "grade"),
    [
        # 2 x 2 x 50/10
        (100, {"substance": "氨", "cas": "7664-41-7", "quantity_t": "50"}, 20.0, "3"),
        # 1 x 4 x 20/5
        (10, {"substance": "氯", "cas": "7782-50-5", "quantity_t": "20"}, 16.0, "3"),
        # 1.5 x 1.5 x 200/50
        (60, {"substance": "液化石油气", "hazard_class": "W2", "quantity_t": "200"}, 9.0, "4"),
    ],
)
def test_oracles_of_the_reference(
    persons: int, stock: dict[str, str], r: float, grade: str
) -> None:
    assert graded(persons, **stock) == (r, grade)


def classified(role: str, **columns: object) -> tuple[str, str, str]:
    layer = paper_layer(role, [(Point(0, 0), columns)])
    row = classify_receptors([layer], grading=receptors(), as_of=AS_OF).iloc[0]
    return row["possible_classes"], row["receptor_class"], row["missing"]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("culture", "high_sensitive"),
        ("school", "high_sensitive"),
        ("kindergarten", "high_sensitive"),
        ("hospital", "high_sensitive"),
        ("care_home", "high_sensitive"),
        ("museum", "important"),
        ("monument", "important"),
        ("worship", "important"),
        ("urban_rail", "important"),
        ("guarded", "important"),
        ("utility_outlet", "general_2"),
        ("fuel_outlet", "general_3"),
    ],
)
def test_kinds_that_are_of_one_class(kind: str, wanted: str) -> None:
    assert classified("sensitive_place", kind=kind) == (wanted, wanted, "")


@pytest.mark.parametrize(
    ("role", "kind", "known", "column", "steps"),
    [
        # 以上 includes the number, 以下 excludes it: below, at, above each step.
        ("residential_zone", "village", {"persons": 5.0}, "households",
         [(9, 3), (10, 2), (11, 2), (29, 2), (30, 1), (31, 1)]),
        ("residential_zone", "village", {"households": 5.0}, "persons",
         [(29, 3), (30, 2), (31, 2), (99, 2), (100, 1), (101, 1)]),
        ("sensitive_place", "office", {"county_level": "no"}, "office_workers",
         [(99, 2), (100, 1), (101, 1)]),
        ("sensitive_place", "stadium", {}, "floor_area_m2", [(4999, 2), (5000, 1), (5001, 1)]),
        ("sensitive_place", "market", {"persons": 5.0}, "floor_area_m2",
         [(1499, 3), (1500, 2), (4999, 2), (5000, 1), (5001, 1)]),
        ("sensitive_place", "market", {"floor_area_m2": 5.0}, "persons",
         [(99, 3), (100, 2), (299, 2), (300, 1), (301, 1)]),
        ("sensitive_place", "hotel", {}, "beds", [(99, 2), (100, 1), (101, 1)]),
        ("sensitive_place", "business", {}, "floor_area_m2",
         [(1499, 3), (1500, 2), (4999, 2), (5000, 1), (5001, 1)]),
        ("sensitive_place", "entertainment", {"open_air": "no"}, "floor_area_m2",
         [(2999, 2), (3000, 1), (3001, 1)]),
        ("sensitive_place", "entertainment", {"open_air": "yes", "floor_area_m2": 0.0}, "persons",
         [(99, 2), (100, 1), (101, 1)]),
        ("building", "industrial", {}, "persons", [(99, 3), (100, 2), (101, 2)]),
        ("sensitive_place", "passenger_hub", {}, "persons", [(99, 2), (100, 1), (101, 1)]),
        ("sensitive_place", "urban_park", {}, "land_area_m2",
         [(1499, 3), (1500, 2), (4999, 2), (5000, 1), (5001, 1)]),
    ],
)  # fmt: skip
def test_steps_of_table_1(
    role: str, kind: str, known: dict[str, object], column: str, steps: list[tuple[int, int]]
) -> None:
    for value, general in steps:
        found = classified(role, kind=kind, **known, **{column: float(value)})
        assert found == (f"general_{general}", f"general_{general}", ""), value


def test_a_county_office_is_of_class_1_whatever_its_size() -> None:
    found = classified("sensitive_place", kind="office", county_level="yes", office_workers=3.0)
    assert found[1] == "general_1"
