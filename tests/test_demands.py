"""What rules require in every form, on squared paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from shapely import LineString, MultiPoint, Point, box

from tests.conftest import check, paper_layer, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import shapely

    from riskmap.rulebook import Rulebook

    Book = Callable[..., Rulebook]

TABLE = """table = [
    { hazard = { quantity_t = { upto = 5 } }, distance_m = 30 },
    { hazard = { quantity_t = { above = 5, upto = 10 } }, distance_m = 40 },
]"""


def one_row(*layers: object, book: Rulebook) -> pd.Series:
    findings = check(*layers, rulebook=book).findings  # type: ignore[arg-type] # Layer
    assert len(findings) == 1
    return pd.Series(findings.iloc[0])


def store(**values: object) -> object:
    return paper_layer("hazard_source", [(Point(0, 0), values)])


def home_at(metres: float) -> object:
    return paper_layer("residential_zone", [(Point(metres, 0), {})])


@pytest.mark.parametrize(
    ("tonnes", "metres", "verdict", "required"),
    [
        (5.0, 29.9, "ban_violated", 30.0),
        (5.0, 30.1, "complies", 30.0),
        (5.1, 30.1, "ban_violated", 40.0),
        (10.0, 40.1, "complies", 40.0),
    ],
)
def test_a_table_answers_by_quantity(
    make_book: Book, tonnes: float, metres: float, verdict: str, required: float
) -> None:
    book = make_book(rule_text(distance=TABLE))
    row = one_row(store(quantity_t=tonnes), home_at(metres), book=book)
    assert (row["verdict"], row["required_m"]) == (verdict, required)
    assert row["required_least_m"] == row["required_most_m"] == required


LEVELS = """table = [
    { hazard = { station_level = { from = 1, upto = 1 } }, distance_m = 40 },
    { hazard = { station_level = { from = 2, upto = 3 } }, distance_m = 30 },
]"""


@pytest.mark.parametrize(
    ("metres", "verdict", "required"),
    # Between 30 and 40 m the level decides, and is not held.
    [(29.0, "ban_violated", 30.0), (35.0, "undetermined", 40.0), (41.0, "complies", 40.0)],
)
def test_an_unknown_level_leaves_the_range(
    make_book: Book, metres: float, verdict: str, required: float
) -> None:
    row = one_row(store(), home_at(metres), book=make_book(rule_text(distance=LEVELS)))
    assert (row["verdict"], row["required_m"]) == (verdict, required)
    assert (row["required_least_m"], row["required_most_m"]) == (30.0, 40.0)
    assert row["missing"] == "station_level"
    if verdict == "undetermined":
        assert row["reason"] == "attribute_missing"
    if verdict == "ban_violated":
        assert row["short_m"] == pytest.approx(1.0, abs=0.002)


@pytest.mark.parametrize("metres", [20.0, 35.0, 55.0])
def test_an_unknown_quantity_may_lie_beyond_the_table(make_book: Book, metres: float) -> None:
    # Above 10 t the table has no row: neither 30 nor 40 m can be held against the store.
    row = one_row(store(), home_at(metres), book=make_book(rule_text(distance=TABLE)))
    assert (row["verdict"], row["reason"]) == ("undetermined", "attribute_missing")
    assert row["missing"] == "quantity_t"
    assert pd.isna(row["required_m"])


def test_beyond_the_table_nothing_complies(make_book: Book) -> None:
    row = one_row(store(quantity_t=11.0), home_at(55.0), book=make_book(rule_text(distance=TABLE)))
    assert (row["verdict"], row["reason"]) == ("undetermined", "beyond_table")
    assert pd.isna(row["required_m"])


def test_a_multiple_of_the_height_of_a_dump(make_book: Book) -> None:
    text = rule_text(
        hazard='{ roles = ["waste_dump"] }',
        distance='multiple = { column = "height_m", times = 2 }\nsearch_m = 100.0',
    ).replace('"unit_edge"', '"dump_outline"')
    book = make_book(text)
    # 2 x 60 m = 120 m, with 119 m and 121 m measured.
    for metres, verdict in ((119.0, "ban_violated"), (121.0, "complies")):
        dump = paper_layer("waste_dump", [(Point(0, 0), {"height_m": 60.0})])
        row = one_row(dump, home_at(metres), book=book)
        assert (row["verdict"], row["required_m"]) == (verdict, 120.0)
    unknown = paper_layer("waste_dump", [(Point(0, 0), {})])
    row = one_row(unknown, home_at(50.0), book=book)
    assert (row["verdict"], row["reason"]) == ("undetermined", "attribute_missing")
    assert row["missing"] == "height_m"


def test_a_high_dump_is_looked_for_beyond_the_search_radius_alone(make_book: Book) -> None:
    text = rule_text(
        hazard='{ roles = ["waste_dump"] }',
        distance='multiple = { column = "height_m", times = 2 }\nsearch_m = 100.0',
    ).replace('"unit_edge"', '"dump_outline"')
    rows = [(Point(0, 0), {"id": "a", "height_m": 60.0}), (Point(0, 9), {"id": "b"})]
    found = check(paper_layer("waste_dump", rows), home_at(150.0), rulebook=make_book(text))  # type: ignore[arg-type] # Layer
    # 150 m lies within 1.5 x 120 m of the high one, and beyond 100 m of the unknown one.
    assert found.findings["source"].tolist() == ["waste_dumps/a"]


INSIDE = "inside = true\nsearch_m = 50.0"


@pytest.mark.parametrize(
    ("shape", "verdict", "measured"),
    [
        # The area is 100 m square from (0, 0).
        (Point(30, 50), "ban_violated", -30.0),
        (Point(-20, 50), "complies", 20.0),
        (Point(1, 50), "undetermined", -1.0),
        # A line right through: its middle lies 50 m deep.
        (LineString([(-10, 50), (50, 50), (110, 50)]), "ban_violated", -50.0),
        # A square that only reaches 4 m in.
        (box(-20, 40, 4, 60), "ban_violated", -4.0),
        # A larger square around the whole area: the area's middle is a spot inside both.
        (box(-50, -50, 150, 150), "ban_violated", -50.0),
        # Only one of two parts.
        (MultiPoint([(-30, 50), (10, 50)]), "ban_violated", -10.0),
    ],
)
def test_a_polygon_test_says_how_deep(
    make_book: Book, shape: shapely.Geometry, verdict: str, measured: float
) -> None:
    area = paper_layer("residential_zone", [(box(0, 0, 100, 100), {})], accuracy_m=2.0)
    hazard = paper_layer("hazard_source", [(shape, {})])
    row = one_row(hazard, area, book=make_book(rule_text(distance=INSIDE)))
    assert row["verdict"] == verdict
    assert row["measured_m"] == pytest.approx(measured, abs=0.01)
    assert row["form"] == "inside"
    if verdict == "ban_violated":
        assert row["short_m"] == pytest.approx(-measured, abs=0.01)


def test_touching_the_edge_is_not_inside(make_book: Book) -> None:
    area = paper_layer("residential_zone", [(box(0, 0, 100, 100), {})])
    hazard = paper_layer("hazard_source", [(box(-10, 0, 0, 100), {})])
    row = one_row(hazard, area, book=make_book(rule_text(distance=INSIDE)))
    assert row["verdict"] == "complies"
    assert row["measured_m"] == 0.0


@pytest.mark.parametrize(("metres", "verdict"), [(80.0, "undetermined"), (101.0, "complies")])
def test_a_way_along_the_drainage_is_at_least_the_straight_one(
    make_book: Book, metres: float, verdict: str
) -> None:
    book = make_book(rule_text(distance='distance_m = 100.0\nalong = "flow"'))
    row = one_row(store(), home_at(metres), book=book)
    assert row["verdict"] == verdict
    assert row["bound"] == "lower"
    assert row["reason"] == ("flow_no_toe" if verdict == "undetermined" else "")


@pytest.mark.parametrize(
    ("built", "binds", "verdict"),
    [
        # The rule is of 2020 and the home of 2000.
        ("2021", "new", "ban_violated"),
        ("2021", "in_service", "not_bound"),
        ("2010", "new", "not_bound"),
        ("2010", "in_service", "ban_violated"),
        (None, "new", "undetermined"),
        (None, "in_service", "undetermined"),
    ],
)
def test_what_is_new_and_what_is_in_service(
    make_book: Book, built: str | None, binds: str, verdict: str
) -> None:
    book = make_book(rule_text(extra=f'binds = "{binds}"'))
    homes = paper_layer("residential_zone", [(Point(50, 0), {"established": "2000"})])
    row = one_row(store(established=built), homes, book=book)
    assert row["verdict"] == verdict


def test_a_siting_rule_stays_out_of_the_review(make_book: Book) -> None:
    book = make_book(rule_text(extra='scope = "site"'))
    result = check(store(), home_at(50.0), rulebook=book)  # type: ignore[arg-type] # Layer
    assert result.findings.empty
    assert result.coverage["status"].tolist() == ["site_only"]
