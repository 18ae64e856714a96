"""Every rule with a number, a little under it, exactly at it and a little over it.

The distances, the clauses and the verdicts are typed from the law by hand (`cases_law`,
`cases_codes`), never read from the rulebooks. One case a rule, or a row of its table: hazard,
receptor, what the clause says. A rule that is off is turned on by a local [[switch]].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.law.cases import Case, answers, verdicts, verdicts_inside
from tests.law.cases_codes import CODE_CASES
from tests.law.cases_law import AREAS, LAW_CASES

if TYPE_CHECKING:
    from riskmap.rulebook import Rulebook

CASES = [*LAW_CASES, *CODE_CASES]


def one_each(cases: list[Case]) -> list[object]:
    """Give every case a name of its own."""
    return [pytest.param(case, id=f"{number}-{case.name}") for number, case in enumerate(cases)]


@pytest.mark.parametrize("case", one_each(CASES))
def test_under_at_and_over(case: Case, cn_book: Rulebook) -> None:
    metres = [case.metres - 0.1, case.metres, case.metres + 0.1]
    assert verdicts(case, metres, cn_book) == [case.failed, case.at, "complies"]


@pytest.mark.parametrize("case", one_each(AREAS))
def test_inside_an_area_at_its_edge_and_outside(case: Case, cn_book: Rulebook) -> None:
    found = verdicts_inside(case, [-100.0, -0.1, 0.0, 0.1], cn_book)
    assert found == [case.failed, case.failed, "complies", "not listed"]


def test_every_rule_with_a_number_has_its_case(cn_book: Rulebook) -> None:
    # What is measured along the flow has a file of its own (`test_tailings`); so have dumps
    # (`test_criteria`) and control lines, whose area stands at the hazard's end (`test_contours`).
    elsewhere = {"cn.dump.2h", "cn.park.line"}
    forms = {"number", "table", "multiple", "inside"}
    asked = {rule.id for rule in cn_book.rules if rule.entry.form in forms}
    assert asked - elsewhere == {case.rule for case in [*CASES, *AREAS]}


def test_every_row_of_every_table_has_its_case(cn_book: Rulebook) -> None:
    bare = [
        (rule.id, number)
        for rule in cn_book.rules
        for number, row in enumerate(rule.entry.table or (), start=1)
        if not any(case.rule == rule.id and answers(case, row) for case in CASES)
    ]
    assert bare == []
