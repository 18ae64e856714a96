"""Apply a rule's selectors to rows: yes, no, or not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from riskmap.clauses import Range
from riskmap.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from riskmap.clauses import Selector, Where

NO, UNKNOWN, YES = 0, 1, 2


def select_rows(features: pd.DataFrame, *, selector: Selector) -> NDArray[np.int8]:
    """Tell for each row whether a selector picks it.

    Parameters
    ----------
    features : pandas.DataFrame
        Rows of any roles, with the canonical columns of each.
    selector : Selector
        What the rule asks for.

    Returns
    -------
    numpy.ndarray of int8, shape (rows,)
        ``YES`` (2), ``NO`` (0), or ``UNKNOWN`` (1) when every held column agrees but one
        that the rule asks for is not held: such a pair is never skipped, and never judged.
    """
    states = np.where(features["role"].isin(selector.roles), YES, NO).astype(np.int8)
    return np.minimum(states, where_states(features, where=selector.where))


def where_states(features: pd.DataFrame, *, where: Where) -> NDArray[np.int8]:
    """Tell for each row whether its columns are as asked.

    Parameters
    ----------
    features : pandas.DataFrame
        Rows as for `select_rows`.
    where : dict
        For each column the words allowed, or a `Range`.

    Returns
    -------
    numpy.ndarray of int8, shape (rows,)
        ``YES``, ``NO``, or ``UNKNOWN`` when nothing that is held disagrees.
    """
    states = np.full(len(features), YES, dtype=np.int8)
    for column, wanted in where.items():
        states = np.minimum(states, _column_states(features, column, wanted))
    return states


def _column_states(
    features: pd.DataFrame, column: str, wanted: tuple[str, ...] | Range
) -> NDArray[np.int8]:
    if column not in features:
        return np.full(len(features), UNKNOWN, dtype=np.int8)
    values = features[column]
    known = values.notna().to_numpy()
    if isinstance(wanted, Range):
        agrees = _within(values.to_numpy(float), wanted)
    else:
        agrees = values.isin(wanted).to_numpy()
    return np.where(known, np.where(agrees, YES, NO), UNKNOWN).astype(np.int8)


def _within(values: NDArray[np.float64], wanted: Range) -> NDArray[np.bool_]:
    agrees = np.ones(len(values), dtype=bool)
    if wanted.above is not None:
        agrees &= values > wanted.above
    if wanted.since is not None:
        agrees &= values >= wanted.since
    if wanted.upto is not None:
        agrees &= values <= wanted.upto
    if wanted.below is not None:
        agrees &= values < wanted.below
    return agrees


def missing_columns(features: pd.DataFrame, *, columns: Iterable[str]) -> list[str]:
    """Name, for each row, the columns that are asked for and that are not held.

    Parameters
    ----------
    features : pandas.DataFrame
        Rows as for `select_rows`.
    columns : iterable of str
        Columns that a rule asks for.

    Returns
    -------
    list of str
        For each row the names joined by a comma; empty when all are held.
    """
    names: list[list[str]] = [[] for _ in range(len(features))]
    for column in columns:
        missing = (
            features[column].isna().to_numpy()
            if column in features
            else np.ones(len(features), dtype=bool)
        )
        for index in np.flatnonzero(missing):
            names[index].append(column)
    return [", ".join(found) for found in names]


def is_hazchem_role(role: str) -> bool:
    """Tell whether rows of a role can hold hazardous chemicals.

    Parameters
    ----------
    role : str
        Name of the role.

    Returns
    -------
    bool
        True when the role has a ``hazchem`` column.
    """
    return "hazchem" in ROLES[role].columns
