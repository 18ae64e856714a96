"""What papers say on a day: consents, safety-evaluation reports, and who came first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmap.columns import date_range

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from riskmap.quality import Layer


def register_rows(layers: Sequence[Layer], role: str) -> pd.DataFrame:
    """Put the rows of every register of one role together.

    Parameters
    ----------
    layers : sequence of Layer
        Layers and registers of the run.
    role : str
        Name of the role.

    Returns
    -------
    pandas.DataFrame
        Rows, empty when there is no such register.
    """
    frames = [layer.features for layer in layers if layer.spec.role == role]
    return pd.DataFrame(pd.concat(frames, ignore_index=True)) if frames else pd.DataFrame()


def consents_on(table: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Keep the consents that are valid on a day.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of the consent registers.
    as_of : datetime.date
        The day.

    Returns
    -------
    pandas.DataFrame
        Consents with a number, begun and not ended.
    """
    if table.empty:
        return pd.DataFrame({name: [] for name in ("source", "target", "rule", "number")})
    held = [
        _has_begun(start, as_of) and _has_not_ended(end, as_of)
        for start, end in zip(table["date"], table["valid_until"], strict=True)
    ]
    return table[np.array(held, dtype=bool) & table["number"].notna().to_numpy()]


def _has_begun(start: object, as_of: date) -> bool:
    days = date_range(start)
    return days is not None and days[1] <= as_of


def _has_not_ended(end: object, as_of: date) -> bool:
    if not isinstance(end, str):
        return True
    days = date_range(end)
    # An end that is written but cannot be read may have passed.
    return days is not None and days[1] >= as_of


def reports_on(
    table: pd.DataFrame, as_of: date, *, units: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Take the newest external safety distance of each unit and class on a day.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of the safety-report registers.
    as_of : datetime.date
        The day.
    units : pandas.DataFrame, optional
        Hazards with ``ref`` and, where it is held, ``rebuilt``.

    Returns
    -------
    pandas.DataFrame
        unit, receptor_class, distance_m [m], line, evidence (report, agency and date) and
        ``outdated``: the unit was, or may have been, rebuilt after the report was written.
        Of two reports of one date the larger distance.
    """
    columns = ["unit", "receptor_class", "distance_m", "line", "evidence", "outdated"]
    if table.empty:
        empty = pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
        return empty.assign(distance_m=pd.Series(dtype=float), outdated=pd.Series(dtype=bool))
    held = [_has_begun(day, as_of) for day in table["date"]]
    # A report about no unit or no class must not meet a receptor without a class.
    named = table[["unit", "receptor_class", "distance_m", "report"]].notna().all(axis=1)
    table = table[np.array(held, dtype=bool) & named.to_numpy()]
    days = [date_range(day) for day in table["date"]]
    table = table.assign(
        day=[found[1].toordinal() if found else 0 for found in days],
        evidence=table["report"] + " · " + table["agency"].fillna("?") + " · " + table["date"],
    )
    table = table.sort_values(["day", "distance_m"], kind="stable")
    newest = table.drop_duplicates(["unit", "receptor_class"], keep="last")
    written = [date_range(day) for day in newest["date"]]
    first = np.array([np.nan if days is None else days[0].toordinal() for days in written])
    rebuilt = newest["unit"].map(_rebuilt_days(units, as_of)).to_numpy(float)
    return pd.DataFrame(newest.assign(outdated=rebuilt > first)[columns])


def _rebuilt_days(units: pd.DataFrame | None, as_of: date) -> dict[str, float]:
    """Read the last day on which each unit may have been rebuilt, up to a day."""
    if units is None or "rebuilt" not in units:
        return {}
    found: dict[str, float] = {}
    for ref, value in zip(units["ref"], units["rebuilt"], strict=True):
        days = date_range(value)
        if days is not None and days[0] <= as_of:
            found[str(ref)] = float(days[1].toordinal())
    return found


def siting_binds(
    hazard_days: NDArray[np.float64],
    receptor_days: NDArray[np.float64],
    in_force: NDArray[np.float64],
) -> NDArray[np.str_]:
    """Tell whether rules on new siting bind pairs.

    Parameters
    ----------
    hazard_days : numpy.ndarray, shape (n, 2)
        First and last day on which the hazard of each pair can have been established
        (`established_days`).
    receptor_days : numpy.ndarray, shape (n, 2)
        The same of the receptors.
    in_force : numpy.ndarray, shape (n,)
        First day of each pair's rule, as an ordinal.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        ``yes`` when the hazard came after the rule and the receptor, ``no`` when it stood
        before either, ``unknown`` when the dates do not tell.
    """
    first, last = hazard_days.T
    other_first, other_last = receptor_days.T
    before_law = last < in_force
    # The hazard stood before the receptor came: the receptor's side had to keep away.
    came_first = last < other_first
    after_both = (first >= in_force) & (first >= other_last)
    return np.where(before_law | came_first, "no", np.where(after_both, "yes", "unknown"))


def established_days(established: pd.Series) -> NDArray[np.float64]:
    """Read between which days features were established.

    Parameters
    ----------
    established : pandas.Series
        Dates as written: a day, a month or a year.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        First and last day as ordinals, NaN where none is held.
    """
    codes, written = pd.factorize(established, use_na_sentinel=True)
    days = np.full((len(written) + 1, 2), np.nan)
    for code, value in enumerate(written):
        found = date_range(value)
        if found is not None:
            days[code] = found[0].toordinal(), found[1].toordinal()
    return days[codes]  # what is not held has code -1: the last row
