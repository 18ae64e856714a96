"""Read a file's columns into the vocabulary of a role, and note what cannot be read.

A value that is not a number, a date or a word of the vocabulary counts as not known: the
rule that needs it says "undetermined", and the problem is listed with row and column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmap.io import RawLayer, raw_columns
from riskmap.roles import OLD_WORDS, columns_of

if TYPE_CHECKING:
    from riskmap.catalog import LayerSpec
    from riskmap.vocabulary import Column


_DATE = re.compile(
    r"(?P<y>\d{4})(?:(?P<m>\d{2})(?P<d>\d{2})|[-/.年](?P<m2>\d{1,2})(?:[-/.月](?P<d2>\d{1,2})日?)?月?)?年?"
    r"(?:[T ].*)?$"
)
_YES = frozenset({"yes", "y", "true", "1", "1.0", "是", "有"})


_NO = frozenset({"no", "n", "false", "0", "0.0", "否", "无"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Describe one thing found in one row.

    Parameters
    ----------
    layer : str
        Layer id.
    row : int
        Row of the file, the first row of data being 1.
    column : str
        Column of the file, or ``geometry``.
    value : str
        What stood there.
    reason : str
        Key of the words table.
    outcome : str
        ``rejected``, ``repaired`` or ``noted`` (the value counts as not known).
    detail : str
        What was done, or numbers.
    """

    layer: str
    row: int
    column: str
    value: str
    reason: str
    outcome: str
    detail: str = ""


def rows_of_layer(raw: RawLayer) -> tuple[np.ndarray, int]:
    """Pick the rows of a file that belong to a layer.

    Parameters
    ----------
    raw : RawLayer
        Layer as read.

    Returns
    -------
    tuple of (numpy.ndarray of int, int)
        Positions of its rows, and how many rows `keep` leaves to other layers.
    """
    kept = np.ones(len(raw.table), dtype=bool)
    for column, allowed in raw.spec.keep.items():
        wanted = {str(value) for value in allowed}
        kept &= _clean_text(raw.table[column]).isin(wanted).to_numpy()
    return np.flatnonzero(kept), int((~kept).sum())


def canonical_table(raw: RawLayer, kept: np.ndarray, problems: list[Problem]) -> pd.DataFrame:
    """Read the columns of a layer into the vocabulary of its role.

    Parameters
    ----------
    raw : RawLayer
        Layer as read.
    kept : numpy.ndarray of int
        Positions of its rows.
    problems : list of Problem
        What is found is added here.

    Returns
    -------
    pandas.DataFrame
        Canonical columns, row (first row of data = 1), ref (``layer/id``), layer, role.
    """
    source = raw_columns(raw)
    rows = pd.Series((kept if raw.number is None else raw.number[kept]) + 1)
    made: dict[str, pd.Series] = {}
    nothing_held = pd.Series(np.full(len(kept), np.nan))
    nothing_said = pd.Series([None] * len(kept), dtype="str")
    for name, column in columns_of(raw.spec.role).items():
        if name in raw.spec.constants:
            values = pd.Series([str(raw.spec.constants[name])] * len(kept), dtype="str")
        elif name in source:
            values = _clean_text(raw.table[source[name]].iloc[kept])
            values = _known(raw.spec, name, values)
        else:
            made[name] = nothing_held if column.type == "number" else nothing_said
            continue
        made[name] = _typed(
            values, column, _Place(raw.spec.id, source.get(name, name), rows, problems)
        )
    if "id" not in source:
        made["id"] = rows.astype("str")
    _read_old_words(made, raw.spec.role)
    table = pd.DataFrame(made)
    table["row"] = rows
    missing = table["id"].isna()
    problems += [
        Problem(raw.spec.id, int(row), source.get("id", "id"), "", "problem.no_id", "noted")
        for row in table.loc[missing, "row"]
    ]
    table.loc[missing, "id"] = "row" + table.loc[missing, "row"].astype("str")
    table["ref"] = raw.spec.id + "/" + table["id"]
    table["layer"] = raw.spec.id
    table["role"] = raw.spec.role
    return table


def _read_old_words(made: dict[str, pd.Series], role: str) -> None:
    """Let a word of an earlier vocabulary say what it said; a newer column prevails."""
    for (of_role, old), words in OLD_WORDS.items():
        if of_role != role:
            continue
        for word, (column, meant) in words.items():
            said = (made[old] == word) & made[column].isna()
            made[column] = made[column].mask(said, meant)


def _clean_text(values: pd.Series) -> pd.Series:
    def clean(value: object) -> str | None:
        if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
            return None
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value).strip() or None

    return pd.Series([clean(value) for value in values], dtype="str")


def _known(spec: LayerSpec, name: str, values: pd.Series) -> pd.Series:
    unknown = {str(value) for value in spec.unknown.get(name, [])}
    if unknown:
        numbers = {float(value) for value in unknown if _is_number(value)}
        listed = values.isin(unknown) | pd.to_numeric(values, errors="coerce").isin(numbers)
        values = values.mask(listed)
    mapping = {key: str(value) for key, value in spec.values.get(name, {}).items()}  # noqa: PD011
    if not mapping:
        return values
    # A column without any value would come back as numbers.
    return values.map(lambda value: mapping.get(value, value), na_action="ignore").astype("str")


def _is_number(value: str) -> bool:
    try:
        return bool(np.isfinite(float(value)))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Place:
    layer: str
    column: str
    rows: pd.Series
    problems: list[Problem]

    def note(self, bad: pd.Series, values: pd.Series, reason: str) -> None:
        for index in np.flatnonzero(bad.to_numpy()):
            self.problems.append(
                Problem(
                    self.layer,
                    int(self.rows.iloc[index]),
                    self.column,
                    str(values.iloc[index]),
                    reason,
                    "noted",
                )
            )


def _typed(values: pd.Series, column: Column, place: _Place) -> pd.Series:
    if column.type == "number":
        numbers = pd.to_numeric(values, errors="coerce").astype(float)
        bad = values.notna() & (~np.isfinite(numbers) | (numbers < 0))
        place.note(bad, values, "problem.bad_number")
        return numbers.mask(bad | values.isna())
    if column.type == "yes_no":
        lower = values.str.lower()
        found = pd.Series([None] * len(values), dtype="str")
        found = found.mask(lower.isin(_YES), "yes").mask(lower.isin(_NO), "no")
        place.note(values.notna() & found.isna(), values, "problem.bad_word")
        return found
    if column.type == "date":
        bad = values.notna() & values.map(lambda value: date_range(value) is None).astype(bool)
        place.note(bad, values, "problem.bad_date")
        # The text stays: an end that cannot be read is not the same as no end.
        return values
    if column.words:
        bad = values.notna() & ~values.isin(column.words)
        place.note(bad, values, "problem.bad_word")
        return values.mask(bad)
    return values


def _month_and_day(found: re.Match[str]) -> tuple[str | None, str | None]:
    return found["m"] or found["m2"], found["d"] or found["d2"]


def date_range(value: object) -> tuple[date, date] | None:
    """Read a date or a year as the days that it can mean.

    Parameters
    ----------
    value : object
        Date, month or year as offices write them: ``2016-05-01``, ``2016/5/1``, ``2016.5.1``,
        ``20160501``, ``2016年5月1日``, ``2016-05``, ``2016``; or a missing value.

    Returns
    -------
    tuple of (datetime.date, datetime.date) or None
        First and last day, or None when it cannot be read.

    Examples
    --------
    >>> date_range("2016")
    (datetime.date(2016, 1, 1), datetime.date(2016, 12, 31))
    """
    if not isinstance(value, str):
        return None
    found = _DATE.match(value.strip())
    if found is None:
        return None
    year = int(found["y"])
    month, day = (int(part) if part else None for part in _month_and_day(found))
    try:
        first = date(year, month or 1, day or 1)
        if day is not None:
            return first, first
        if month is None:
            return first, date(first.year, 12, 31)
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    except ValueError:
        return None
    return first, date.fromordinal(after.toordinal() - 1)
