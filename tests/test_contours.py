"""Individual-risk contours and control lines on squared paper."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from shapely import LineString, Point, box

from riskmap.claims import FindingNumbers, headline
from riskmap.hazards import HazardSide
from riskmap.setback import check_receptors, join_parts
from tests.conftest import AS_OF, check, paper_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

    Book = Callable[..., Rulebook]

PAPERS = {"report": "评字1号", "agency": "甲机构", "date": "2024-05-01", "stage": "new"}

RULE = """
[[rule]]
id = "test.risk"
title = { zh = "个人风险", en = "Individual risk" }
nature = "standard"
hazard = { roles = ["risk_contour"], where = { stage = ["new"] } }
receptor = { roles = ["residential_zone", "sensitive_place"] }
limits = [
    { receptor = { receptor_class = ["important", "general_1"] }, risk_per_year = 3e-7 },
    { receptor = { receptor_class = ["high_sensitive"] }, risk_per_year = 3e-7 },
    { receptor = { receptor_class = ["general_2"] }, risk_per_year = 3e-6 },
    { receptor = { receptor_class = ["general_3"] }, risk_per_year = 1e-5 },
]
search_m = 500.0
measure_from = "risk_contour"
measure_to = "building_wall"
exclude_same_owner = true
clause = "表2"
tag = "memory"
confidence = "low"
"""

# Half sides of square contours around the corner of the paper [m].
NESTED = {1e-5: 100.0, 3e-6: 200.0, 3e-7: 400.0}


def contours(
    reach: Mapping[float, float] = NESTED,
    *,
    accuracy_m: float = 0.0,
    said: Mapping[str, object] | None = None,
) -> Layer:
    values = said or {}
    rows = [
        (box(-m, -m, m, m), {**PAPERS, "id": f"{risk:.0e}", "risk_per_year": risk, **values})
        for risk, m in reach.items()
    ]
    return paper_layer(
        "risk_contour", rows, reference="risk_contour", accuracy_m=accuracy_m, layer_id="contours"
    )


def homes(*rows: tuple[float, str | None], reference: str = "building_wall") -> Layer:
    placed = [
        (box(x, 0, x + 10, 10), {"id": f"h{x:g}", "name": "村", "receptor_class": name})
        for x, name in rows
    ]
    return paper_layer("residential_zone", placed, reference=reference, layer_id="homes")


def rows_of(layers: Sequence[Layer], book: Rulebook, day: date = AS_OF) -> pd.DataFrame:
    findings: pd.DataFrame = check(*layers, rulebook=book, as_of=day).findings
    return findings


@pytest.mark.parametrize(
    ("x", "name", "verdict", "contour", "depth"),
    [
        # 300 m east: inside 3e-7 by 400 - 300 = 100 m, outside 3e-6 by 100 m.
        (300.0, "general_1", "standard_violated", "contours/3e-07", -100.0),
        (300.0, "high_sensitive", "standard_violated", "contours/3e-07", -100.0),
        (300.0, "general_2", "complies", "contours/3e-06", 100.0),
        (300.0, "general_3", "complies", "contours/1e-05", 200.0),
        (150.0, "general_2", "standard_violated", "contours/3e-06", -50.0),
        (150.0, "general_3", "complies", "contours/1e-05", 50.0),
        (60.0, "general_3", "standard_violated", "contours/1e-05", -40.0),
        (450.0, "general_1", "complies", "contours/3e-07", 50.0),
    ],
)
def test_one_contour_decides_a_class_whose_limit_is_drawn(
    make_book: Book, x: float, name: str, verdict: str, contour: str, depth: float
) -> None:
    found = rows_of([contours(), homes((x, name))], make_book(RULE))
    assert found["source"].tolist() == [contour]
    row = found.iloc[0]
    assert row["verdict"] == verdict
    assert row["measured_m"] == pytest.approx(depth, abs=0.01)
    assert row["evidence"] == "评字1号 · 甲机构 · 2024-05-01"
    if verdict == "standard_violated":
        assert row["short_m"] == pytest.approx(-depth, abs=0.01)


@pytest.mark.parametrize(
    ("x", "verdict"),
    [(396.9, "standard_violated"), (398.0, "undetermined"), (403.1, "complies")],
)
def test_the_accuracy_of_a_contour_counts(make_book: Book, x: float, verdict: str) -> None:
    found = rows_of([contours(accuracy_m=3.0), homes((x, "general_1"))], make_book(RULE))
    assert found["verdict"].tolist() == [verdict]
    if verdict == "undetermined":
        assert found["reason"].tolist() == ["accuracy"]


def test_a_class_that_is_not_held_is_asked_for_with_those_that_are_possible(
    make_book: Book,
) -> None:
    found = rows_of([contours(), homes((300.0, None))], make_book(RULE))
    row = found.iloc[0]
    assert (row["verdict"], row["reason"], row["missing"]) == (
        "undetermined",
        "attribute_missing",
        "receptor_class",
    )
    assert row["possible_classes"] == "important, general_1, high_sensitive, general_2, general_3"
    assert (row["limit_least_per_year"], row["limit_most_per_year"]) == (3e-7, 1e-5)


@pytest.mark.parametrize(
    ("x", "verdict"), [(60.0, "standard_violated"), (450.0, "complies"), (300.0, "undetermined")]
)
def test_where_every_class_says_the_same_the_class_is_not_needed(
    make_book: Book, x: float, verdict: str
) -> None:
    # Inside the contour of the highest limit all fail; outside that of the lowest all comply.
    found = rows_of([contours(), homes((x, None))], make_book(RULE))
    assert verdict in found["verdict"].tolist()
    if verdict == "complies":
        assert found["verdict"].tolist() == ["complies"]


@pytest.mark.parametrize(
    ("reach", "x", "verdict", "reason"),
    [
        # Only 1e-5 is drawn, the limit is 3e-7: inside proves it exceeded, outside nothing.
        ({1e-5: 100.0}, 60.0, "standard_violated", ""),
        ({1e-5: 100.0}, 150.0, "undetermined", "contour_not_held"),
        # Only 1e-8 is drawn: outside proves it kept, inside nothing.
        ({1e-8: 400.0}, 450.0, "complies", ""),
        ({1e-8: 400.0}, 300.0, "undetermined", "contour_not_held"),
    ],
)
def test_a_contour_off_the_limit_proves_one_side_only(
    make_book: Book, reach: dict[float, float], x: float, verdict: str, reason: str
) -> None:
    found = rows_of([contours(reach), homes((x, "general_1"))], make_book(RULE))
    assert list(zip(found["verdict"], found["reason"], strict=True)) == [(verdict, reason)]
    assert found["required_m"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        # Limit 3e-7 between the contours 1e-6 (100 m) and 1e-7 (400 m).
        (60.0, {("contours/1e-06", "standard_violated"), ("contours/1e-07", "undetermined")}),
        (300.0, {("contours/1e-07", "undetermined")}),
        (450.0, {("contours/1e-07", "complies")}),
    ],
)
def test_a_limit_between_two_contours_is_decided_by_either(
    make_book: Book, x: float, expected: set[tuple[str, str]]
) -> None:
    found = rows_of(
        [contours({1e-6: 100.0, 1e-7: 400.0}), homes((x, "general_1"))], make_book(RULE)
    )
    assert set(zip(found["source"], found["verdict"], strict=True)) == expected


def test_a_fence_inside_a_contour_violates_nothing_by_itself(make_book: Book) -> None:
    fenced = homes((300.0, "general_1"), (450.0, "general_1"), reference="site_boundary")
    found = rows_of([contours(), fenced], make_book(RULE)).set_index("target")
    assert found.loc["homes/h300", "verdict"] == "undetermined"
    assert found.loc["homes/h300", "reason"] == "lower_bound"
    assert found.loc["homes/h450", "verdict"] == "complies"


@pytest.mark.parametrize("column", ["report", "date", "risk_per_year"])
def test_a_contour_without_its_papers_is_no_evidence(make_book: Book, column: str) -> None:
    bare = contours({3e-7: 400.0}, said={column: None})
    found = rows_of([bare, homes((300.0, "general_1"))], make_book(RULE))
    assert found["verdict"].tolist() == ["undetermined"]
    assert found["reason"].tolist() == ["attribute_missing"]
    assert found["missing"].tolist() == [column]


def test_a_line_that_encloses_nothing_proves_nothing(make_book: Book) -> None:
    ring = LineString([(-400, -400), (400, -400), (400, 400), (-400, 400), (-400, -400)])
    drawn = paper_layer(
        "risk_contour", [(ring, {**PAPERS, "risk_per_year": 3e-7})], reference="risk_contour"
    )
    for x in (300.0, 450.0):
        found = rows_of([drawn, homes((x, "general_1"))], make_book(RULE))
        assert found["verdict"].tolist() == ["undetermined"]


def test_a_newer_set_takes_the_place_of_an_older_one(make_book: Book) -> None:
    rows = [
        (box(-400, -400, 400, 400), {**PAPERS, "id": "old", "risk_per_year": 3e-7}),
        (box(-100, -100, 100, 100), {**PAPERS, "id": "new", "risk_per_year": 3e-7}),
    ]
    rows[1][1]["date"] = "2025-02-01"
    layer = paper_layer("risk_contour", rows, reference="risk_contour", layer_id="contours")
    book = make_book(RULE)
    now = rows_of([layer, homes((300.0, "general_1"))], book)
    assert now["source"].tolist() == ["contours/new"]
    assert now["verdict"].tolist() == ["complies"]
    then = rows_of([layer, homes((300.0, "general_1"))], book, date(2024, 12, 31))
    assert then["source"].tolist() == ["contours/old"]
    assert then["verdict"].tolist() == ["standard_violated"]
    before = rows_of([layer, homes((300.0, "general_1"))], book, date(2024, 4, 30))
    assert before.empty


def test_sets_of_two_units_do_not_answer_for_each_other(make_book: Book) -> None:
    rows = [
        (box(-400, -400, 400, 400), {**PAPERS, "id": "a", "risk_per_year": 1e-5, "unit_of": "甲"}),
        (box(-50, -50, 50, 50), {**PAPERS, "id": "b", "risk_per_year": 3e-7, "unit_of": "乙"}),
    ]
    layer = paper_layer("risk_contour", rows, reference="risk_contour", layer_id="contours")
    found = rows_of([layer, homes((300.0, "general_1"))], make_book(RULE)).set_index("source")
    assert found["verdict"].to_dict() == {
        "contours/a": "standard_violated",
        "contours/b": "complies",
    }


def test_own_homes_are_left_out_and_others_are_not(make_book: Book) -> None:
    own = paper_layer(
        "residential_zone",
        [
            (box(300, 0, 310, 10), {"id": "own", "owner": "甲", "receptor_class": "general_1"}),
            (box(300, 50, 310, 60), {"id": "other", "owner": "乙", "receptor_class": "general_1"}),
            (box(300, 90, 310, 99), {"id": "unknown", "receptor_class": "general_1"}),
        ],
    )
    found = rows_of([contours({3e-7: 400.0}, said={"owner": "甲"}), own], make_book(RULE))
    assert sorted(found["target"]) == ["residential_zones/other", "residential_zones/unknown"]


def test_new_or_in_service_is_asked_when_it_is_not_said(make_book: Book) -> None:
    found = rows_of(
        [contours({3e-7: 400.0}, said={"stage": None}), homes((300.0, "general_1"))],
        make_book(RULE),
    )
    assert found["reason"].tolist() == ["attribute_missing"]
    assert found["missing"].tolist() == ["stage"]


def test_contours_judged_apart_say_what_they_say_together(make_book: Book) -> None:
    # Tiles share contours out: none may wait for what another tile found.
    layers = [
        contours({1e-6: 100.0, 1e-7: 400.0}),
        homes((60.0, "general_1"), (300.0, "general_1"), (450.0, "general_1"), (250.0, None)),
    ]
    side = HazardSide.prepare(layers, rulebook=make_book(RULE), as_of=AS_OF)
    whole = join_parts(side, [check_receptors(side, layers)]).findings
    apart: list[str] = []
    for row in range(len(side.hazards)):
        one = side.only(np.arange(len(side.hazards)) == row)
        apart += list(join_parts(one, [check_receptors(one, layers)]).findings["finding_id"])
    assert sorted(apart) == sorted(whole["finding_id"])
    assert len(apart) == len(set(apart)) > 3


LINE_RULE = """
[[rule]]
id = "test.line"
title = { zh = "控制线", en = "Control line" }
nature = "advisory"
hazard = { roles = ["control_line"] }
receptor = { roles = ["residential_zone", "approved_project"] }
inside = true
area = "hazard"
measure_from = "control_line"
measure_to = "building_wall"
clause = "图层"
tag = "part"
confidence = "low"
"""


def test_what_stands_or_is_approved_inside_a_control_line_is_listed(make_book: Book) -> None:
    line = paper_layer(
        "control_line", [(box(0, 0, 1000, 1000), {"id": "c"})], reference="control_line"
    )
    projects = paper_layer(
        "approved_project", [(Point(990, 500), {"id": "p"})], reference="building_wall"
    )
    found = rows_of([line, projects, homes((960.0, None), (1005.0, None))], make_book(LINE_RULE))
    found = found.set_index("target")
    assert found["verdict"].to_dict() == {
        "homes/h960": "advisory_short",
        "approved_projects/p": "advisory_short",
    }
    # The project lies 10 m inside; of the home (960 to 970, 0 to 10) a corner 10 m from below.
    assert found.loc["approved_projects/p", "measured_m"] == pytest.approx(-10.0, abs=0.01)
    assert found.loc["homes/h960", "measured_m"] == pytest.approx(-10.0, abs=0.01)


def test_the_headline_says_limit_contour_and_depth() -> None:
    numbers = FindingNumbers(
        required="3×10^-7",
        measured="",
        accuracy="5",
        short="100",
        bound="exact",
        nature="standard",
        verdict="standard_violated",
        consent="",
        form="risk",
        is_inside=True,
        risk="3×10^-7",
        depth="100",
    )
    assert headline(numbers, lang="zh") == (
        "个人风险 ≤ 3×10^-7/年 / 在 3×10^-7/年 等值线内，深入不少于 100 m ± 5 m / 差 100 m"
    )
