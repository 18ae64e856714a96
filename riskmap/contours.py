"""Individual-risk contours: which are held on a day, and which of them decide a receptor.

The contours of one unit, stage and report are nested: within a contour the risk is at least
its own, outside it less. Being inside proves that a limit at or below the contour's risk is
exceeded; being outside proves that a limit at or above it is kept. So at most two contours
say something of a receptor: the highest that is not above its limit, and the lowest that is
not below it, mostly one and the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from riskmap.columns import date_range

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    from numpy.typing import NDArray

ROLE = "risk_contour"

# Two risks that are written alike may differ in their last binary digit.
_ALIKE = 1e-9


def hold_contours(hazards: gpd.GeoDataFrame, *, as_of: date) -> gpd.GeoDataFrame:
    """Keep of every unit's contours the newest set of the day, and say how they nest.

    Parameters
    ----------
    hazards : geopandas.GeoDataFrame
        Hazards of any roles.
    as_of : datetime.date
        Assessment date.

    Returns
    -------
    geopandas.GeoDataFrame
        The same without contours that are dated later or that a newer set of their unit and
        stage replaces. Contours carry the next lower and higher risk of their set
        (``risk_below``, ``risk_above``), its ends (``risk_lowest``, ``risk_highest``) [1/a],
        ``contour_report`` and, in ``contour_missing``, the columns without which a contour
        is no evidence.
    """
    rows = np.flatnonzero((hazards["role"] == ROLE).to_numpy(dtype=bool))
    if len(rows) == 0:
        return hazards
    held = _papers(pd.DataFrame(hazards.iloc[rows].drop(columns="geometry")))
    known = held["contour_missing"] == ""
    # A paper that is not dated later, whatever its day within a month or year.
    begun = held["day"] <= as_of.toordinal()
    newest = held["day"] == held[known & begun].groupby("set")["day"].transform("max").reindex(
        held.index
    )
    kept = held[~known | (begun & newest)].copy()
    # What lacks its papers is asked for, and answers nothing for the others.
    kept["set"] = kept["set"] + np.where(kept["contour_missing"] == "", "", "\x1f?")
    kept = _nest(kept)
    table = hazards.copy()
    columns = ["risk_below", "risk_above", "risk_lowest", "risk_highest"]
    for column in columns:
        table[column] = np.nan
    for column in ("contour_report", "contour_missing"):
        table[column] = ""
    for column in (*columns, "contour_report", "contour_missing"):
        table.iloc[kept["at"].to_numpy(), table.columns.get_loc(column)] = kept[column].to_numpy()
    gone = np.setdiff1d(rows, kept["at"].to_numpy())
    remaining: gpd.GeoDataFrame = table.drop(index=table.index[gone]).reset_index(drop=True)
    return remaining


def _papers(table: pd.DataFrame) -> pd.DataFrame:
    """Read the papers of contours: set, last possible day, what is missing."""
    held = table.reset_index(drop=True)
    held["at"] = table.index.to_numpy()
    for column in ("unit_of", "stage", "report", "agency", "date", "risk_per_year"):
        if column not in held:
            held[column] = None
    days = [date_range(value) for value in held["date"]]
    held["day"] = [np.nan if found is None else float(found[1].toordinal()) for found in days]
    owner = held["unit_of"].fillna(held["layer"]).astype("str")
    held["set"] = owner + "\x1f" + held["stage"].astype("str").fillna("")
    lacks = {
        "risk_per_year": held["risk_per_year"].isna().to_numpy(),
        "report": held["report"].isna().to_numpy(),
        "date": held["day"].isna().to_numpy(),
    }
    held["contour_missing"] = [
        ", ".join(name for name, missing in lacks.items() if missing[row])
        for row in range(len(held))
    ]
    text = held[["report", "agency", "date"]].astype("str").fillna("?")
    held["contour_report"] = text["report"] + " · " + text["agency"] + " · " + text["date"]
    return held


def _nest(table: pd.DataFrame) -> pd.DataFrame:
    risk = table["risk_per_year"].astype(float)
    grouped = risk.groupby(table["set"])
    table["risk_lowest"], table["risk_highest"] = grouped.transform("min"), grouped.transform("max")
    # Two pieces of one contour are one risk: the next one is the next that differs.
    levels = table.assign(risk=risk)[["set", "risk"]].drop_duplicates().sort_values(["set", "risk"])
    levels["risk_below"] = levels.groupby("set")["risk"].shift(1)
    levels["risk_above"] = levels.groupby("set")["risk"].shift(-1)
    joined = table[["set"]].assign(risk=risk).merge(levels, how="left", on=["set", "risk"])
    for column in ("risk_below", "risk_above"):
        table[column] = joined[column].to_numpy(float)
    return table


@dataclass(frozen=True, slots=True)
class Contours:
    """Hold what contours can prove about the limits of receptors, pair by pair.

    Parameters
    ----------
    binds : numpy.ndarray of bool, shape (n,)
        Whether lying inside surely exceeds the limit.
    clears : numpy.ndarray of bool, shape (n,)
        Whether lying outside surely keeps it.
    is_clearing, is_failing : numpy.ndarray of bool, shape (n,)
        Whether the contour is the highest that clears, or the lowest that binds.
    has_clearing, has_failing : numpy.ndarray of bool, shape (n,)
        Whether its set holds a contour that clears, or one that binds.
    """

    binds: NDArray[np.bool_]
    clears: NDArray[np.bool_]
    is_clearing: NDArray[np.bool_]
    is_failing: NDArray[np.bool_]
    has_clearing: NDArray[np.bool_]
    has_failing: NDArray[np.bool_]

    def idle(self, failed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which pairs another contour of the set says as much or more of.

        Parameters
        ----------
        failed : numpy.ndarray of bool, shape (n,)
            Pairs whose contour proves the limit exceeded.

        Returns
        -------
        numpy.ndarray of bool, shape (n,)
            True for what need not be listed.
        """
        alone = ~self.has_clearing & ~self.has_failing
        telling = self.is_clearing | (self.is_failing & (failed | ~self.has_clearing)) | alone
        return np.asarray(~telling, dtype=bool)


def read_contours(
    contours: gpd.GeoDataFrame, *, least: NDArray[np.float64], most: NDArray[np.float64]
) -> Contours:
    """Tell what contours can prove about limits.

    Parameters
    ----------
    contours : geopandas.GeoDataFrame
        One contour a pair, from `hold_contours`.
    least, most : numpy.ndarray, shape (n,)
        Lowest and highest limit that the receptor may have [1/a], NaN where none is held.

    Returns
    -------
    Contours
        One entry a pair. A line that encloses no area, or a contour without its papers,
        proves nothing.
    """
    risk = contours["risk_per_year"].to_numpy(float)
    below, above = (contours[f"risk_{name}"].to_numpy(float) for name in ("below", "above"))
    lowest, highest = (contours[f"risk_{end}"].to_numpy(float) for end in ("lowest", "highest"))
    is_area = shapely.get_dimensions(np.asarray(contours.geometry.array)) == 2
    sound = (contours["contour_missing"] == "").to_numpy(dtype=bool) & is_area
    floor, ceiling = most * (1.0 - _ALIKE), least * (1.0 + _ALIKE)
    binds, clears = sound & (risk >= floor), sound & (risk <= ceiling)
    unknown = ~sound | np.isnan(least)
    return Contours(
        binds=binds,
        clears=clears,
        is_clearing=(clears & ~(above <= ceiling)) | unknown,
        is_failing=(binds & ~(below >= floor)) | unknown,
        has_clearing=lowest <= ceiling,
        has_failing=highest >= floor,
    )
