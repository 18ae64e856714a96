"""One county on four days: the law of each day answers, and a page can say why it differs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from riskmap.checking import check_project
from riskmap.config import load_config
from riskmap.defaults import case_folder

if TYPE_CHECKING:
    from riskmap.rulebook import Rulebook
    from riskmap.setback import Setbacks

DAYS = (date(2012, 1, 1), date(2015, 6, 1), date(2020, 6, 1), date(2026, 11, 24))

# What was in force, typed from the days of the instruments; True for alive.
ALIVE = {
    # 铁路运输安全保护条例 2005-04-01 to 2014-01-01, then 铁路安全管理条例.
    "cn.rail2004.haz.200": (True, False, False, False),
    "cn.rail.mine.1000": (False, True, True, True),
    # 公路安全保护条例 from 2011-07-01.
    "cn.road.mine.100": (True, True, True, True),
    # GB 50016-2014 from 2015-05-01.
    "cn.fire.awh.50": (False, True, True, True),
    # GB 18265-2000 to 2019-11-01.
    "cn.gb18265.1000": (True, True, False, False),
    # The external safety distance by GB/T 37243 and GB 36894, from 2019-03-01.
    "cn.external.report": (False, False, True, True),
    "cn.ir.new": (False, False, True, True),
    # 原安监总局公告2014年第13号 to 2019-03-01.
    "cn.ir2014.new": (False, True, False, False),
    # 长江保护法 from 2021-03-01.
    "cn.yangtze.chem.1000": (False, False, False, True),
    # 危险化学品安全法 takes the place of article 19 on 2026-05-01.
    "cn.haz.law.places": (False, False, False, True),
    # GB 55037-2022 from 2023-06-01.
    "cn.fire.gb55037.awk.crowded": (False, False, False, True),
}


@pytest.fixture(scope="module")
def answers() -> list[tuple[Setbacks, Rulebook]]:
    found = []
    for day in DAYS:
        setbacks, _, rulebook = check_project(load_config(case_folder("liyang"), as_of=day))
        found.append((setbacks, rulebook))
    return found


@pytest.mark.parametrize("rule_id", list(ALIVE))
def test_each_day_has_its_own_law(rule_id: str, answers: list[tuple[Setbacks, Rulebook]]) -> None:
    alive = []
    for setbacks, _ in answers:
        coverage = setbacks.coverage.set_index("rule")
        alive.append(coverage.loc[rule_id, "status"] != "not_in_force")
    assert tuple(alive) == ALIVE[rule_id]


def test_the_four_days_answer_differently(answers: list[tuple[Setbacks, Rulebook]]) -> None:
    pairs = [
        frozenset(zip(one.pairs["source"], one.pairs["target"], one.pairs["verdict"], strict=True))
        for one, _ in answers
    ]
    assert len(set(pairs)) == len(DAYS)


def test_a_finding_that_comes_or_goes_is_explained_by_a_day(
    answers: list[tuple[Setbacks, Rulebook]],
) -> None:
    """A rule with findings on one of two days only began, ended, or was displaced between."""
    for (one, book), (other, _), before, after in zip(
        answers[:-1], answers[1:], DAYS[:-1], DAYS[1:], strict=True
    ):
        displaced = {name for rule in book.rules for name in rule.entry.displaces}
        report_rules = {rule.id for rule in book.rules if rule.entry.form in {"report", "risk"}}
        for name in set(one.findings["rule"]) ^ set(other.findings["rule"]):
            rule = book.rule(name)
            days = [rule.in_force, rule.repealed]
            began_or_ended = any(day is not None and before < day <= after for day in days)
            # A question without a number stands on pairs that other rules bring in, and a
            # report or contour has a date of its own.
            follows = rule.entry.form == "unanswered" or name in displaced | report_rules
            assert began_or_ended or follows, name
