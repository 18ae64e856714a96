"""Whether a table answers for every value that its columns can take.

A column that is not held leaves several rows of a table possible. Only where the rows leave
no value out does one of them surely hold; else the value may lie beyond the table, and
nothing follows from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod
from typing import TYPE_CHECKING

from riskmap.clauses import Range
from riskmap.roles import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from riskmap.clauses import Selector, Where

_GRADES = re.compile(r"(\d)-(\d)")
# A table of more combinations than these is not looked through: it counts as open.
_MOST_COMBINATIONS = 20_000

Value = str | float


@dataclass(frozen=True, slots=True)
class End:
    """Say what stands at one end of a pair.

    Parameters
    ----------
    role : str
        Its role.
    selector : Selector
        How the rule picks it: values that it does not pick need no answer.
    rows : tuple of dict
        What each row of the table asks of its columns.
    """

    role: str
    selector: Selector
    rows: tuple[Where, ...]


def answers_all(hazard: End, receptor: End) -> bool:
    """Tell whether the rows of a table leave out no value of the columns they ask for.

    Parameters
    ----------
    hazard, receptor : End
        Both ends, with as many rows each.

    Returns
    -------
    bool
        False also when a column is free text, whose values nobody can list.
    """
    left, right = _combinations(hazard), _combinations(receptor)
    if left is None or right is None or len(left) * len(right) > _MOST_COMBINATIONS:
        return False
    answered_left = [[_holds(where, one) for where in hazard.rows] for one in left]
    answered_right = [[_holds(where, one) for where in receptor.rows] for one in right]
    return all(
        any(here and there for here, there in zip(one, other, strict=True))
        for one in answered_left
        for other in answered_right
    )


def _combinations(end: End) -> list[dict[str, Value]] | None:
    """List what the columns of one end can hold together; None when nobody can list it."""
    columns = sorted({column for where in end.rows for column in where})
    values = [_values(column, end) for column in columns]
    if not all(values) or prod(len(found) for found in values) > _MOST_COMBINATIONS:
        return None
    return [dict(zip(columns, chosen, strict=True)) for chosen in product(*values)]


def _values(column: str, end: End) -> list[Value]:
    """List one value of every kind that the rows tell apart."""
    described = columns_of(end.role).get(column)
    if described is None:
        return []
    picked = end.selector.where.get(column)
    if described.type == "number":
        ranges = [where[column] for where in end.rows if column in where]
        found: Iterable[Value] = _numbers(
            [one for one in ranges if isinstance(one, Range)], described.unit
        )
    else:
        found = described.words
    return [value for value in found if picked is None or _within(value, picked)]


def _numbers(ranges: Sequence[Range], unit: str) -> list[float]:
    grades = _GRADES.fullmatch(unit)
    if grades is not None:
        return [float(grade) for grade in range(int(grades[1]), int(grades[2]) + 1)]
    ends = {
        float(end)
        for one in ranges
        for end in (one.above, one.since, one.upto, one.below)
        if end is not None
    }
    marks = sorted({0.0, *ends})
    between = [(low + high) / 2.0 for low, high in pairwise(marks)]
    return sorted([*marks, *between, marks[-1] + 1.0])


def _holds(where: Where, chosen: dict[str, Value]) -> bool:
    return all(_within(chosen[column], wanted) for column, wanted in where.items())


def _within(value: Value, wanted: tuple[str, ...] | Range) -> bool:
    if not isinstance(wanted, Range):
        return value in wanted
    number = float(value)
    return (
        (wanted.above is None or number > wanted.above)
        and (wanted.since is None or number >= wanted.since)
        and (wanted.upto is None or number <= wanted.upto)
        and (wanted.below is None or number < wanted.below)
    )
