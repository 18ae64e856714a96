"""Every threshold of the shipped tier schemes: just under, at, just over, worked by hand."""

from __future__ import annotations

import pytest

from riskmap.schemes import Schemes, read_schemes
from riskmap.scoring import Grade, grade_row, step_of
from tests.law import schemes_readme


@pytest.fixture(scope="module")
def schemes() -> Schemes:
    """Read the shipped schemes once."""
    return read_schemes()


def graded(schemes: Schemes, scheme_id: str, **row: object) -> Grade:
    scheme = schemes.find(scheme_id)
    assert scheme is not None
    return grade_row(scheme, row)


# 应急〔2018〕19号: < 60 red, 60 to < 75 orange, 75 to < 90 yellow, from 90 blue.
@pytest.mark.parametrize(
    ("score", "tier"),
    [
        (0.0, "red"),
        (59.99, "red"),
        (60.0, "orange"),
        (60.01, "orange"),
        (74.99, "orange"),
        (75.0, "yellow"),
        (75.01, "yellow"),
        (89.99, "yellow"),
        (90.0, "blue"),
        (90.01, "blue"),
        (100.0, "blue"),
        # 100 points and the 5 of five years without an accident.
        (105.0, "blue"),
    ],
)
def test_a_hazchem_firm_by_its_score(schemes: Schemes, score: float, tier: str) -> None:
    made = graded(schemes, "cn.tier.firm_2018", score=score, vetoes="none")
    assert (made.tier, made.letter, made.reason) == (tier, "", "")


def test_a_score_that_the_sheet_cannot_have_is_asked_for(schemes: Schemes) -> None:
    made = graded(schemes, "cn.tier.firm_2018", score=105.01, vetoes="none")
    assert (made.tier, made.reason, made.asked) == ("", "wrong_input", ("score",))


@pytest.mark.parametrize("veto", ["new_process", "no_design", "operators", "accidents"])
def test_each_of_the_four_vetoes_leads_straight_to_red(schemes: Schemes, veto: str) -> None:
    made = graded(schemes, "cn.tier.firm_2018", score=99.0, vetoes=veto)
    assert (made.tier, made.vetoes) == ("red", (veto,))
    without_score = graded(schemes, "cn.tier.firm_2018", score=float("nan"), vetoes=veto)
    assert without_score.tier == "red"


def test_there_are_four_vetoes_and_the_spatial_items_take_what_they_take(schemes: Schemes) -> None:
    scheme = schemes.find("cn.tier.firm_2018")
    assert scheme is not None
    assert scheme.entry.ladder is not None
    assert len(scheme.entry.ladder.veto) == 4
    assert [item.points for item in scheme.entry.ladder.item] == [-3.0, -10.0, -5.0, 5.0]


# 应急〔2023〕123号: A < 60, B 60 to < 70, C 70 to < 85, D from 85. A is the worst. No colours.
@pytest.mark.parametrize(
    ("score", "letter"),
    [
        (59.99, "A"),
        (60.0, "B"),
        (60.01, "B"),
        (69.99, "B"),
        (70.0, "C"),
        (70.01, "C"),
        (84.99, "C"),
        (85.0, "D"),
        (85.01, "D"),
    ],
)
def test_a_park_by_its_score(schemes: Schemes, score: float, letter: str) -> None:
    made = graded(schemes, "cn.tier.park_2023", score=score)
    assert (made.letter, made.tier, made.reason) == (letter, "", "")


def test_letters_run_one_way_for_parks_and_the_other_for_mines(schemes: Schemes) -> None:
    park, mine = schemes.find("cn.tier.park_2023"), schemes.find("cn.tier.mine_letters")
    assert park is not None
    assert mine is not None
    assert "first_is_worst" in park.directions
    assert mine.directions == ("first_is_best",)
    # The worst score of a park has the letter A; the worst letter of a mine is D.
    assert graded(schemes, "cn.tier.park_2023", score=0.0).letter == "A"
    assert [graded(schemes, "cn.tier.mine_letters", letter=x).tier for x in "ABCD"] == [
        "blue",
        "yellow",
        "orange",
        "red",
    ]


# Rows L from 1, columns S from 1; b, y, o, r. Typed from L times S, cell by cell.
MATRICES = {
    # 1, 2, 3 blue; 4, 6 yellow; 8, 9 orange; 12, 16 red.
    "cn.tier.ls_4x4": ("bbby", "byyo", "byor", "yorr"),
    # 1-3 blue; 4-9 yellow; 10-16 orange; 20-25 red.
    "cn.tier.ls_5x5_a": ("bbbyy", "byyyo", "byyoo", "yyoor", "yoorr"),
    # 1-8 blue; 9-12 yellow; 15, 16 orange; 20-25 red.
    "cn.tier.ls_5x5_b": ("bbbbb", "bbbby", "bbyyo", "bbyor", "byorr"),
}
NAMES = {"b": "blue", "y": "yellow", "o": "orange", "r": "red"}


@pytest.mark.parametrize("scheme_id", MATRICES)
def test_every_cell_of_likelihood_and_severity(schemes: Schemes, scheme_id: str) -> None:
    for likelihood, row in enumerate(MATRICES[scheme_id], start=1):
        for severity, sign in enumerate(row, start=1):
            made = graded(schemes, scheme_id, likelihood=likelihood, severity=severity)
            assert made.tier == NAMES[sign], (likelihood, severity)
    size = len(MATRICES[scheme_id])
    beyond = graded(schemes, scheme_id, likelihood=size + 1, severity=0)
    assert (beyond.reason, beyond.asked) == ("wrong_input", ("likelihood", "severity"))


# Rows L from 0, columns S from 1.
AREA = ("bbby", "bbby", "byyo", "byor", "yorr")
LIKELY = ("fire", "toxicity", "control_list", "process", "pressure", "temperature")
SEVERE = ("people", "people_most", "major_hazard", "surroundings")


def area_row(likely: tuple[float, ...], severe: tuple[float, ...]) -> dict[str, object]:
    names = [f"area_{name}" for name in (*LIKELY, *SEVERE)]
    return dict(zip(names, (*likely, *severe), strict=True))


@pytest.mark.parametrize(
    ("likely", "expected"),
    [
        ((0, 0, 0, 0, 0, 0), 0),
        ((1, 0, 0, 0, 0, 0), 1),
        # A sum of 6 is a mean of exactly 1, a sum of 7 is above it.
        ((1, 1, 0, 1, 1, 2), 1),
        ((1, 1, 0, 1, 2, 2), 2),
        ((2, 2, 0, 2, 3, 3), 2),
        ((2, 2, 3, 2, 2, 2), 3),
        ((3, 3, 3, 3, 3, 3), 3),
        ((3, 3, 3, 3, 3, 4), 4),
        ((4, 4, 4, 4, 4, 4), 4),
    ],
)
def test_every_cell_of_the_area_matrix(
    schemes: Schemes, likely: tuple[int, ...], expected: int
) -> None:
    for severity, sign in enumerate(AREA[expected], start=1):
        row = area_row(likely, (1, severity, 1, 1))
        made = graded(schemes, "cn.tier.firm_area", **row)
        assert made.tier == NAMES[sign], severity
        assert f"= {expected}; S = max(1, {severity}, 1, 1) = {severity}" in made.terms


def test_the_control_lists_have_no_score_of_one(schemes: Schemes) -> None:
    made = graded(schemes, "cn.tier.firm_area", **area_row((1, 1, 1, 1, 1, 1), (1, 1, 1, 1)))
    assert (made.reason, made.asked) == ("wrong_input", ("area_control_list",))


# Worked by hand: D, class of five (1 the worst), tier of the four-colour use.
@pytest.mark.parametrize(
    ("factors", "level", "tier", "letter"),
    [
        # 10 x 6 x 15 = 900
        ((10.0, 6.0, 15.0), "1", "red", "A"),
        # 3 x 6 x 15 = 270
        ((3.0, 6.0, 15.0), "2", "orange", "B"),
        # 3 x 6 x 7 = 126
        ((3.0, 6.0, 7.0), "3", "yellow", "C"),
        # 10 x 1 x 7 = 70: in class 3, and no longer below 70
        ((10.0, 1.0, 7.0), "3", "yellow", "C"),
        # 1 x 6 x 7 = 42
        ((1.0, 6.0, 7.0), "4", "blue", "D"),
        # 0.1 x 2 x 100 = 20: in class 4
        ((0.1, 2.0, 100.0), "4", "blue", "D"),
        # 0.1 x 0.5 x 1 = 0.05
        ((0.1, 0.5, 1.0), "5", "blue", "D"),
    ],
)
def test_lec(
    schemes: Schemes, factors: tuple[float, float, float], level: str, tier: str, letter: str
) -> None:
    likelihood, exposure, consequence = factors
    made = graded(
        schemes,
        "cn.tier.lec",
        likelihood=likelihood,
        exposure=exposure,
        consequence=consequence,
    )
    assert (made.level, made.tier, made.letter) == (level, tier, letter)


def test_the_tables_of_lec(schemes: Schemes) -> None:
    scheme = schemes.find("cn.tier.lec")
    assert scheme is not None
    product = scheme.entry.product
    assert product is not None
    assert [one.value for one in product.likelihood] == [10.0, 6.0, 3.0, 1.0, 0.5, 0.2, 0.1]
    assert [one.value for one in product.exposure] == [10.0, 6.0, 3.0, 2.0, 1.0, 0.5]
    assert [one.value for one in product.consequence] == [100.0, 40.0, 15.0, 7.0, 3.0, 1.0]
    # The five classes take 320 and 160 into the worse; red begins above 320.
    for value, level in ((19.9, 5), (20.0, 4), (69.9, 4), (70.0, 3), (159.9, 3), (160.0, 2)):
        assert step_of(product.level, value).level == level
    assert [step_of(product.level, value).level for value in (319.9, 320.0, 320.1)] == [2, 1, 1]
    tiers = {69.9: "blue", 70.0: "yellow", 70.1: "yellow", 159.9: "yellow", 160.0: "orange"}
    tiers |= {319.9: "orange", 320.0: "orange", 320.1: "red"}
    for value, tier in tiers.items():
        assert step_of(product.step, value).tier == tier, value


def test_a_factor_between_two_values_is_asked_for(schemes: Schemes) -> None:
    made = graded(schemes, "cn.tier.lec", likelihood=2.0, exposure=6.0, consequence=7.0)
    assert (made.tier, made.reason, made.asked) == ("", "wrong_input", ("likelihood",))


def test_what_may_grade_and_what_may_not(schemes: Schemes) -> None:
    assert {scheme.id: scheme.is_on for scheme in schemes.held} == {
        "cn.tier.firm_2018": True,
        "cn.tier.firm_area": False,
        "cn.tier.js_report_140": True,
        "cn.tier.lec": True,
        "cn.tier.ls_4x4": True,
        "cn.tier.ls_5x5_a": True,
        "cn.tier.ls_5x5_b": True,
        "cn.tier.mine_letters": False,
        "cn.tier.park_2019": True,
        "cn.tier.park_2023": True,
    }
    assert graded(schemes, "cn.tier.js_report_140", score=80.0).reason == "registered"
    assert graded(schemes, "cn.tier.park_2019", score=80.0).reason == "registered"
    assert {scheme.entry.status for scheme in schemes.held} == {"unverified"}


def test_the_page_for_a_lawyer_is_current() -> None:
    page = (schemes_readme.FOLDER / "README.md").read_text("utf-8")
    assert page == schemes_readme.write()
