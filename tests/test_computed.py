from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import Point, box

from riskmap.computed import AGREEMENTS, OUTCOMES, grade_scores, with_computed
from riskmap.location import note_references
from riskmap.ratings import PRINTED
from riskmap.schemes import Schemes, read_schemes
from riskmap.scoring import REASONS
from riskmap.tables import TIER_GRADES, UNITS, check_table
from riskmap.tiers import SCHEME_NOTES, tier_units
from riskmap.words import knows
from tests.conftest import AS_OF, paper_layer, register

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from riskmap.quality import Layer

FIRM, PARK, AREA = "cn.tier.firm_2018", "cn.tier.park_2023", "cn.tier.firm_area"
PLANT, TANK = "chemical_plants/plant", "hazard_sources/tank"
LIKELY = ("fire", "toxicity", "control_list", "process", "pressure", "temperature")


def units() -> list[Layer]:
    return [
        paper_layer("chemical_park", [(box(0, 0, 900, 900), {"id": "park", "grade": "C"})]),
        paper_layer("chemical_plant", [(box(0, 0, 100, 100), {"id": "plant", "name": "甲厂"})]),
        paper_layer("hazard_source", [(box(20, 20, 40, 40), {"id": "tank", "unit_of": PLANT})]),
        paper_layer("non_coal_mine", [(box(5000, 0, 5100, 100), {"id": "mine"})]),
    ]


def score(unit: str = PLANT, scheme: str = FIRM, **more: str) -> dict[str, str]:
    row = {"id": "1", "unit": unit, "scheme": scheme, "date": "2024-01-01", "vetoes": "none"}
    if scheme == PARK:
        row["vetoes"] = ""
    return {**row, **more}


def tier(name: str, *, unit: str = PLANT, scheme: str = FIRM, date: str = "2024-01-01") -> Layer:
    entry = {"unit": unit, "tier": name, "scheme": scheme, "date": date}
    return register("tier_register", [entry])


def work(
    *rows: Mapping[str, str], more: list[Layer] | None = None, schemes: Schemes | None = None
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    numbered = [{**row, "id": str(number)} for number, row in enumerate(rows, start=1)]
    layers = [*units(), register("assessment_score", numbered), *(more or [])]
    schemes = schemes or read_schemes()
    found = tier_units(layers, as_of=AS_OF, schemes=schemes)
    grades = grade_scores(layers, units=found, schemes=schemes, as_of=AS_OF)
    check_table(grades, TIER_GRADES)
    made = with_computed(found, grades)
    check_table(made, UNITS)
    return grades, made.set_index("ref")


def test_a_computed_tier_never_replaces_the_adopted_one() -> None:
    grades, found = work(score(score="58"), more=[tier("yellow")])
    (row,) = grades.to_dict("records")
    assert (row["outcome"], row["computed_tier"], row["terms"]) == ("graded", "red", "58 < 60")
    assert row["direction"] == "higher_is_better"
    assert (row["adopted_tier"], row["agreement"]) == ("yellow", "computed_worse")
    plant = found.loc[PLANT]
    assert (plant["tier"], plant["computed_tier"], plant["tier_conflict"]) == (
        "yellow",
        "red",
        "computed_worse",
    )
    assert plant["computed_by"] == FIRM
    assert found.loc["non_coal_mines/mine", "tier_conflict"] == ""


@pytest.mark.parametrize(
    ("points", "adopted", "agreement"),
    [
        ("74", "orange", "agrees"),
        ("75", "orange", "computed_better"),
        ("59", "orange", "computed_worse"),
        ("95", "", "not_adopted"),
    ],
)
def test_computed_beside_adopted(points: str, adopted: str, agreement: str) -> None:
    more = [tier(adopted)] if adopted else []
    grades, found = work(score(score=points), more=more)
    assert grades["agreement"].tolist() == [agreement]
    # Nothing adopted stays grey: blue is never derived.
    assert found.loc[PLANT, "tier"] == (adopted or "unassessed")


@pytest.mark.parametrize(
    ("row", "reason", "asked"),
    [
        (score(), "missing_input", "score"),
        (score(score="-4"), "missing_input", "score"),
        (score(score="80", vetoes=""), "missing_input", "vetoes"),
        (score(score="80", vetoes="flood"), "wrong_input", "vetoes"),
        (score(score="80", vetoes="none;accidents"), "wrong_input", "vetoes"),
        (score(score="80", date=""), "no_date", "date"),
        (score(score="80", date="2017-12-31"), "not_in_force", ""),
        (score(score="80", date="2018-06-01"), "not_exact", ""),
        (score(score="80", scheme=""), "no_scheme", "scheme"),
        (score(score="80", scheme="本厂办法"), "scheme_unknown", "scheme"),
        (score(score="80", scheme=PARK), "other_role", "scheme"),
        (score(score="80", scheme="cn.tier.js_report_140"), "registered", ""),
        (score(scheme="cn.tier.ls_4x4", severity="2"), "missing_input", "likelihood"),
        (score(scheme="cn.tier.ls_4x4", likelihood="2.5", severity="9"), "wrong_input", ""),
        (score(scheme="cn.tier.lec", likelihood="3"), "missing_input", "exposure, consequence"),
        (score("non_coal_mines/mine", "cn.tier.mine_letters", letter="A"), "scheme_off", ""),
    ],
)
def test_what_is_missing_is_asked_for_by_column(
    row: dict[str, str], reason: str, asked: str
) -> None:
    grades, found = work(row, more=[tier("yellow")])
    (made,) = grades.to_dict("records")
    assert (made["outcome"], made["reason"]) == ("not_graded", reason)
    assert (made["computed_tier"], made["agreement"]) == ("", "not_compared")
    assert asked in made["asked"]
    assert found.loc[PLANT, "tier_conflict"] == ""


def test_below_sixty_no_veto_can_make_it_worse() -> None:
    grades, _ = work(score(score="59.9", vetoes=""))
    assert grades["computed_tier"].tolist() == ["red"]


@pytest.mark.parametrize("written", ["accidents", "accidents; no_design", "no_design、accidents;"])
def test_a_veto_is_red_whatever_the_score(written: str) -> None:
    grades, _ = work(score(score="99", vetoes=written))
    assert grades["computed_tier"].tolist() == ["red"]
    assert "accidents" in grades["vetoes"].iloc[0]


def test_the_letter_of_a_park_is_compared_with_its_letter_and_is_no_colour() -> None:
    # 66 points are a B; the park says C, which is the better one: D is the best.
    grades, found = work(score("chemical_parks/park", PARK, score="66"))
    assert grades["direction"].tolist() == ["higher_is_better first_is_worst"]
    assert grades["agreement"].tolist() == ["letter_differs"]
    park = found.loc["chemical_parks/park"]
    assert (park["computed_letter"], park["computed_tier"], park["tier"]) == ("B", "", "unassessed")
    agreeing, _ = work(score("chemical_parks/park", PARK, score="70"))
    assert agreeing["agreement"].tolist() == ["agrees"]


def test_a_lapsed_assessment_is_graded_but_not_compared() -> None:
    grades, found = work(
        score(score="50", valid_until="2025-12-30"),
        score(score="50", date="2026-01-01"),
        more=[tier("blue")],
    )
    assert grades["outcome"].tolist() == ["graded", "graded"]
    assert grades["state"].tolist() == ["expired", "not_yet"]
    assert grades["agreement"].tolist() == ["not_compared", "not_compared"]
    assert found.loc[PLANT, "computed_tier"] == ""


def test_of_several_the_one_that_disagrees_most_is_noted() -> None:
    _, found = work(score(score="80"), score(score="95"), score(score="55"), more=[tier("yellow")])
    plant = found.loc[PLANT]
    assert (plant["computed_tier"], plant["tier_conflict"]) == ("red", "computed_worse")


def test_an_assessment_of_an_unknown_unit_is_listed() -> None:
    rows = [score("chemical_plants/typo", score="80"), score(score="80", id="2")]
    (noted,) = note_references([*units(), register("assessment_score", rows)])[-1].problems
    assert (noted.column, noted.value) == ("unit", "chemical_plants/typo")
    grades, _ = work(score("chemical_plants/typo", score="80"))
    (row,) = grades.to_dict("records")
    assert (row["unit"], row["role"], row["computed_tier"]) == (
        "chemical_plants/typo",
        "",
        "yellow",
    )
    assert row["agreement"] == "not_compared"


@pytest.mark.parametrize(
    ("entry", "used", "note"),
    [
        ({"scheme": FIRM}, {}, ""),
        ({"scheme": "本市办法"}, {}, ""),
        ({"scheme": "cn.tier.none"}, {}, "unknown"),
        ({"scheme": "cn.tier.firm_area"}, {}, "off"),
        ({"scheme": FIRM, "date": "2017-03-01"}, {}, "not_in_force"),
        ({"scheme": FIRM, "date": "2018-03-01"}, {}, "not_exact"),
        ({"scheme": "本市办法"}, {"chemical_plant": FIRM}, "other"),
        ({"scheme": FIRM}, {"chemical_plant": FIRM}, ""),
        ({"scheme": "cn.tier.js_report_140"}, {}, "undated"),
        ({"scheme": "cn.tier.ls_4x4"}, {}, ""),
        ({"scheme": PARK, "unit": "chemical_parks/park"}, {"chemical_park": PARK}, "no_colours"),
    ],
)
def test_an_adopted_tier_says_what_is_to_know_of_its_scheme(
    entry: dict[str, str], used: dict[str, str], note: str
) -> None:
    schemes = read_schemes(used=used)
    row = {"unit": PLANT, "tier": "orange", "date": "2024-01-01", **entry}
    found = tier_units(
        [*units(), register("tier_register", [row])], as_of=AS_OF, schemes=schemes
    ).set_index("ref")
    # A person adopted it: the note stands beside the tier and takes nothing away.
    assert found.loc[row["unit"], "tier"] == "orange"
    assert found.loc[row["unit"], "scheme_note"] == note


# -- the area matrix, its document named, its surroundings counted


def area(surroundings: str = "", **more: str) -> dict[str, str]:
    row = {f"area_{name}": "3" for name in LIKELY}
    row |= {"area_people": "1", "area_people_most": "1", "area_major_hazard": "1"}
    return score(TANK, AREA, **row, area_surroundings=surroundings, **more)


def around(*objects: tuple[float, str], accuracy_m: float = 0.0) -> Layer:
    """Place objects so many metres east of the plant's boundary."""
    rows = [
        (Point(100.0 + metres, 50.0), {"id": str(number), "receptor_class": name or None})
        for number, (metres, name) in enumerate(objects, start=1)
    ]
    return paper_layer("sensitive_place", rows, accuracy_m=accuracy_m)


def count(layer: Layer | None, row: dict[str, str] | None = None) -> dict[str, object]:
    schemes = read_schemes(documents={AREA: "试〔2022〕9号"})
    grades, _ = work(row or area(), more=[layer] if layer else [], schemes=schemes)
    (made,) = grades.to_dict("records")
    return {str(name): value for name, value in made.items()}


def test_a_scheme_whose_document_is_named_grades() -> None:
    made = count(None, area("4"))
    # L = 3, S = 4: red.
    assert made["computed_tier"] == "red"
    assert made["terms"] == "L = ⌈(3+3+3+3+3+3)/6⌉ = 3; S = max(1, 1, 1, 4) = 4"


@pytest.mark.parametrize(
    ("objects", "tier_name", "words"),
    [
        # L = 3 throughout: S of 2 yellow, 3 orange, 4 red.
        ([(499.0, "general_3")], "yellow", "area_surroundings = 2"),
        ([(10.0, "general_3"), (499.0, "general_3"), (501.0, "general_1")], "orange", "= 3"),
        ([(1.0, "general_3"), (2.0, "general_3"), (3.0, "general_3")], "red", "= 4"),
        ([(499.0, "general_2")], "red", "= 4"),
        ([(499.0, "high_sensitive"), (400.0, "")], "red", "= 4"),
    ],
)
def test_the_objects_within_500_m_are_counted_from_classed_receptors(
    objects: list[tuple[float, str]], tier_name: str, words: str
) -> None:
    made = count(around(*objects))
    assert (made["computed_tier"], made["reason"]) == (tier_name, "")
    assert words in str(made["terms"])


@pytest.mark.parametrize(
    ("layer", "asked"),
    [
        # No layer, and none found: no proof that there is none.
        (None, "area_surroundings"),
        (around((501.0, "high_sensitive")), "area_surroundings"),
        # One is there, its class is not.
        (around((300.0, "")), "area_surroundings (receptor_class)"),
        # 499 m by a layer that is 5 m out may be 504 m.
        (around((10.0, "general_3"), (499.0, "general_1"), accuracy_m=5.0), "area_surroundings"),
    ],
)
def test_what_cannot_be_counted_is_asked_for(layer: Layer | None, asked: str) -> None:
    made = count(layer)
    assert (made["computed_tier"], made["reason"]) == ("", "missing_input")
    assert made["asked"] == asked


def test_a_stated_score_is_not_counted_again() -> None:
    made = count(around((10.0, "high_sensitive")), area("1"))
    assert made["computed_tier"] == "blue"


def test_every_code_has_its_word() -> None:
    wanted = [f"scheme_note.{name}" for name in SCHEME_NOTES]
    wanted += [f"agreement.{name}" for name in AGREEMENTS]
    wanted += [f"ungraded.{name}" for name in REASONS]
    wanted += [f"column.{name}" for name in PRINTED]
    wanted += [f"column.{name}" for name in UNITS.columns if name in {"computed_by", "scheme_note"}]
    wanted += [f"entry_state.{name}" for name in ("valid", "expired", "not_yet", "no_date")]
    assert [key for key in wanted if not knows(key)] == []
    assert OUTCOMES == ("graded", "not_graded")
