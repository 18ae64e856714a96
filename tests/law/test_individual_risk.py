"""Individual-risk limits of three generations, typed from the documents by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely import Point, box

from tests.conftest import check, paper_layer

if TYPE_CHECKING:
    import pandas as pd

    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

TODAY, IN_2017, IN_2013 = date(2025, 12, 31), date(2017, 7, 3), date(2013, 6, 30)
Values = dict[str, object]


def contour(risk: float, stage: str, dated: str = "2012-01-01") -> Layer:
    """One square contour, 1000 m each way from the corner of the paper."""
    values = {"risk_per_year": risk, "stage": stage, "report": "评1", "agency": "甲", "date": dated}
    return paper_layer(
        "risk_contour", [(box(-1000, -1000, 1000, 1000), values)], reference="risk_contour"
    )


def judged(
    risk: float,
    stage: str,
    receptor: Values,
    x: float,
    book: Rulebook,
    *,
    day: date = TODAY,
    role: str = "sensitive_place",
) -> pd.Series:
    place = paper_layer(role, [(Point(x, 0), receptor)], reference="building_wall")
    found = check(contour(risk, stage), place, rulebook=book, as_of=day).findings
    found = found[found["rule"].str.startswith("cn.ir")]
    assert len(found) == 1
    row: pd.Series = found.iloc[0]
    return row


# GB 36894-2018 表2: 高敏感、重要、一般一类 3×10⁻⁷ / 3×10⁻⁶;
# 二类 3×10⁻⁶ / 1×10⁻⁵; 三类 1×10⁻⁵ / 3×10⁻⁵
GB36894 = [
    ("high_sensitive", 3e-7, 3e-6),
    ("important", 3e-7, 3e-6),
    ("general_1", 3e-7, 3e-6),
    ("general_2", 3e-6, 1e-5),
    ("general_3", 1e-5, 3e-5),
]
STAGES = [("new", 1, "cn.ir.new"), ("in_service", 2, "cn.ir.old")]


@pytest.mark.parametrize("row", GB36894, ids=lambda row: row[0])
@pytest.mark.parametrize(("stage", "column", "rule"), STAGES)
def test_gb_36894_table_2(
    row: tuple[str, float, float], stage: str, column: int, rule: str, cn_book: Rulebook
) -> None:
    limit = row[column]
    assert isinstance(limit, float)
    receptor: Values = {"receptor_class": row[0]}
    # Just inside the contour of the limit, exactly on it, just outside it.
    for x, verdict in ((999.9, "standard_violated"), (1000.0, "complies"), (1000.1, "complies")):
        found = judged(limit, stage, receptor, x, cn_book)
        assert (found["rule"], found["verdict"]) == (rule, verdict), x
        assert found["limit_least_per_year"] == limit
    # A contour a little above the limit proves it exceeded inside, and nothing outside.
    assert judged(limit * 1.01, stage, receptor, 999.9, cn_book)["verdict"] == "standard_violated"
    assert judged(limit * 1.01, stage, receptor, 1000.1, cn_book)["reason"] == "contour_not_held"
    # One a little below it proves it kept outside, and nothing inside.
    assert judged(limit * 0.99, stage, receptor, 1000.1, cn_book)["verdict"] == "complies"
    assert judged(limit * 0.99, stage, receptor, 999.9, cn_book)["reason"] == "contour_not_held"


# 原安监总局公告2014年第13号: 30人以下 1e-5 / 3e-5; 30人及以上100人以下 3e-6 / 1e-5;
# 高敏感、重要和100人及以上 3e-7 / 3e-6
NOTICE_2014: list[tuple[Values, float, float]] = [
    ({"receptor_class": "general_3", "persons": 29.0}, 1e-5, 3e-5),
    ({"receptor_class": "general_1", "persons": 29.0}, 1e-5, 3e-5),
    ({"receptor_class": "general_2", "persons": 30.0}, 3e-6, 1e-5),
    ({"receptor_class": "general_2", "persons": 99.0}, 3e-6, 1e-5),
    ({"receptor_class": "general_3", "persons": 100.0}, 3e-7, 3e-6),
    ({"receptor_class": "high_sensitive", "persons": 5.0}, 3e-7, 3e-6),
    ({"receptor_class": "important"}, 3e-7, 3e-6),
]


@pytest.mark.parametrize(("receptor", "new", "old"), NOTICE_2014)
def test_the_announcement_of_2014_answers_for_its_dates(
    receptor: Values, new: float, old: float, cn_book: Rulebook
) -> None:
    for stage, limit, rule in (("new", new, "cn.ir2014.new"), ("in_service", old, "cn.ir2014.old")):
        for x, verdict in ((999.9, "standard_violated"), (1000.1, "complies")):
            found = judged(limit, stage, receptor, x, cn_book, day=IN_2017)
            assert (found["rule"], found["verdict"]) == (rule, verdict)
            assert found["limit_most_per_year"] == limit


def test_in_2014_a_home_without_a_count_of_people_is_asked_for_it(cn_book: Rulebook) -> None:
    found = judged(3e-7, "new", {"receptor_class": "general_1"}, 999.9, cn_book, day=IN_2017)
    assert (found["verdict"], found["missing"]) == ("undetermined", "persons")


# 总局令第40号 附件2: 高敏感 3e-7, 居住 1e-6
@pytest.mark.parametrize(
    ("role", "receptor", "limit", "rule"),
    [
        ("sensitive_place", {"receptor_class": "high_sensitive"}, 3e-7, "cn.ir2011.sensitive"),
        ("residential_zone", {"receptor_class": "general_1"}, 1e-6, "cn.ir2011.housing"),
    ],
)
def test_annex_2_of_2011_is_a_third_set(
    role: str, receptor: Values, limit: float, rule: str, cn_book: Rulebook
) -> None:
    for x, verdict in ((999.9, "standard_violated"), (1000.1, "complies")):
        found = judged(limit, "new", receptor, x, cn_book, day=IN_2013, role=role)
        assert (found["rule"], found["verdict"]) == (rule, verdict)


@pytest.mark.parametrize(
    ("day", "living"),
    [
        (date(2011, 11, 30), set()),
        (date(2014, 5, 6), {"cn.ir2011.sensitive", "cn.ir2011.housing", "cn.ir2011.other"}),
        (date(2014, 5, 7), {"cn.ir2014.new", "cn.ir2014.old"}),
        (date(2019, 2, 28), {"cn.ir2014.new", "cn.ir2014.old"}),
        (date(2019, 3, 1), {"cn.ir.new", "cn.ir.old"}),
        (TODAY, {"cn.ir.new", "cn.ir.old"}),
    ],
)
def test_the_date_chooses_one_generation(day: date, living: set[str], cn_book: Rulebook) -> None:
    named = {rule.id for rule in cn_book.rules if rule.id.startswith("cn.ir")}
    assert {name for name in named if cn_book.rule(name).applies_on(day)} == living


def test_societal_risk_is_there_and_not_answered(cn_book: Rulebook) -> None:
    park = paper_layer("chemical_park", [(box(0, 0, 100, 100), {})])
    home = paper_layer("residential_zone", [(Point(200, 0), {})])
    coverage = check(park, home, rulebook=cn_book).coverage.set_index("rule")
    assert coverage.loc["cn.fn", "status"] == "no_number"


def test_every_limit_is_unverified(cn_book: Rulebook) -> None:
    rules = [rule.entry for rule in cn_book.rules if rule.entry.limits]
    assert len(rules) == 6
    assert {entry.status for entry in rules} == {"unverified"}
