"""What each rule requires of each pair: a number, a table, a multiple, a report, a polygon.

A column that a table asks for and that is not held leaves several rows possible: the least
and the largest distance are then both kept, so that a pair beyond the largest still
complies and one below the least still fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from riskmap.crs import plane_scale
from riskmap.rules import NO, YES, missing_columns, where_states

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from riskmap.articles import Rule
    from riskmap.clauses import RuleEntry
    from riskmap.encounter import Encounters


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what is to be judged: pairs, each under one rule.

    Parameters
    ----------
    rules : sequence of Rule
        The rules.
    rule : numpy.ndarray of int, shape (n,)
        Rule of each row.
    met : Encounters
        Pair of each row.
    is_sure : numpy.ndarray of bool, shape (n,)
        Whether the rule surely picks both ends: no column that it asks for is missing.
    hazards, receptors : geopandas.GeoDataFrame
        Rows that the pairs name.
    reports, consents : pandas.DataFrame
        Safety reports and consents of the day (`riskmap.evidence`).
    """

    rules: Sequence[Rule]
    rule: NDArray[np.intp]
    met: Encounters
    is_sure: NDArray[np.bool_]
    hazards: gpd.GeoDataFrame
    receptors: gpd.GeoDataFrame
    reports: pd.DataFrame
    consents: pd.DataFrame

    def per_rule(self, values: Sequence[object], dtype: type | str) -> NDArray[Any]:
        """Give every row what its rule has.

        Parameters
        ----------
        values : sequence
            One a rule.
        dtype : type or str
            Type wanted.

        Returns
        -------
        numpy.ndarray, shape (n,)
            One a row.
        """
        return np.array(values, dtype=dtype)[self.rule]


@dataclass(frozen=True, slots=True)
class Demands:
    """Hold what is required of each row.

    Parameters
    ----------
    least_m, most_m : numpy.ndarray, shape (n,)
        Smallest and largest distance that may be required [m], equal where it is certain;
        NaN where none is held; 0 for a polygon test.
    line_from, evidence, missing, form : numpy.ndarray of object, shape (n,)
        Line to measure from; report relied on; columns that are not held; form of the rule.
    """

    least_m: NDArray[np.float64]
    most_m: NDArray[np.float64]
    line_from: NDArray[np.object_]
    evidence: NDArray[np.object_]
    missing: NDArray[np.object_]
    form: NDArray[np.object_]


def require(case: Case) -> Demands:
    """Tell what every row's rule requires.

    Parameters
    ----------
    case : Case
        Pairs and rules.

    Returns
    -------
    Demands
        One a row.
    """
    entries = [rule.entry for rule in case.rules]
    stated = case.per_rule([_stated(entry) for entry in entries], float)
    nothing = np.full(len(case.rule), "", dtype=object)
    found = Demands(
        least_m=stated,
        most_m=stated.copy(),
        line_from=case.per_rule([entry.measure_from or "" for entry in entries], object),
        evidence=nothing,
        missing=nothing.copy(),
        form=case.per_rule([entry.form for entry in entries], object),
    )
    for number in np.unique(case.rule):
        form, rows = entries[number].form, np.flatnonzero(case.rule == number)
        if form == "table":
            _look_up(found, case, rows, entries[number])
        elif form == "multiple":
            _multiply(found, case, rows, entries[number])
        elif form == "report":
            _take_reports(found, case, rows)
    return found


def _stated(entry: RuleEntry) -> float:
    if entry.form == "inside":
        return 0.0
    return np.nan if entry.distance_m is None else entry.distance_m


def _look_up(found: Demands, case: Case, rows: NDArray[np.intp], entry: RuleEntry) -> None:
    hazards = case.hazards.iloc[case.met.hazard[rows]]
    receptors = case.receptors.iloc[case.met.receptor[rows]]
    least, most = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    certain = np.zeros(len(rows), dtype=bool)
    table = entry.table or ()
    for row in table:
        state = np.minimum(
            where_states(hazards, where=row.hazard), where_states(receptors, where=row.receptor)
        )
        can_be = state > NO
        certain |= state == YES
        least[can_be] = np.minimum(least[can_be], row.distance_m)
        most[can_be] = np.maximum(most[can_be], row.distance_m)
    found.least_m[rows] = np.where(np.isfinite(least), least, np.nan)
    found.most_m[rows] = np.where(np.isfinite(most), most, np.nan)
    open_ = ~certain & np.isfinite(least)
    if open_.any():
        asked = {column for row in table for column in row.hazard}
        left = missing_columns(hazards[open_], columns=sorted(asked))
        asked = {column for row in table for column in row.receptor}
        right = missing_columns(receptors[open_], columns=sorted(asked))
        found.missing[rows[open_]] = join_names(left, right)


def join_names(left: Sequence[str], right: Sequence[str]) -> list[str]:
    """Join the columns that are missing at both ends of pairs.

    Parameters
    ----------
    left, right : sequence of str
        Names joined by a comma, or empty.

    Returns
    -------
    list of str
        One a pair.
    """
    pairs = zip(left, right, strict=True)
    return [", ".join(name for name in pair if name) for pair in pairs]


def _multiply(found: Demands, case: Case, rows: NDArray[np.intp], entry: RuleEntry) -> None:
    asked = entry.multiple
    if asked is None:
        return
    hazards = case.hazards.iloc[case.met.hazard[rows]]
    if asked.column in hazards:
        held = hazards[asked.column].to_numpy(float)
    else:
        held = np.full(len(rows), np.nan)
    required = held * asked.times
    found.least_m[rows], found.most_m[rows] = required, required
    found.missing[rows[np.isnan(required)]] = asked.column


def _take_reports(found: Demands, case: Case, rows: NDArray[np.intp]) -> None:
    receptors = case.receptors.iloc[case.met.receptor[rows]]
    held = (
        receptors["receptor_class"].to_numpy(dtype=object)
        if "receptor_class" in receptors
        else np.full(len(rows), None, dtype=object)
    )
    units = case.hazards["ref"].to_numpy(dtype=object)[case.met.hazard[rows]]
    key = pd.DataFrame({"unit": units})
    key["receptor_class"] = pd.array(held, dtype="str")
    joined = key.merge(case.reports, how="left", on=["unit", "receptor_class"])
    required = joined["distance_m"].to_numpy(float)
    found.least_m[rows], found.most_m[rows] = required, required
    found.evidence[rows] = joined["evidence"].fillna("").to_numpy(dtype=object)
    asked = pd.Series(found.line_from[rows], dtype="str")
    found.line_from[rows] = joined["line"].fillna(asked).to_numpy(dtype=object)
    found.missing[rows[key["receptor_class"].isna().to_numpy()]] = "receptor_class"


def widest_demand(entry: RuleEntry, *, hazards: pd.DataFrame) -> NDArray[np.float64]:
    """Tell the largest distance that a rule's own text may ask of each hazard.

    Parameters
    ----------
    entry : RuleEntry
        The rule.
    hazards : pandas.DataFrame
        Hazards of any roles.

    Returns
    -------
    numpy.ndarray, shape (hazards,)
        Distance [m]; NaN where the text gives none: a report's distance, a polygon test, a
        way along the drainage, a number that is not held.
    """
    widest = np.full(len(hazards), np.nan)
    if entry.form == "number":
        widest[:] = entry.distance_m
    elif entry.form == "table":
        for row in entry.table or ():
            can_be = where_states(hazards, where=row.hazard) > NO
            widest[can_be] = np.fmax(widest[can_be], row.distance_m)
    elif entry.multiple is not None and entry.multiple.column in hazards:
        widest = hazards[entry.multiple.column].to_numpy(float) * entry.multiple.times
    return widest


def depth_inside(case: Case, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Tell how deep hazards lie inside the areas that they touch, at least.

    Parameters
    ----------
    case : Case
        Pairs and rules.
    rows : numpy.ndarray of int, shape (m,)
        Rows whose ends touch.

    Returns
    -------
    numpy.ndarray, shape (m,)
        Depth [m]: the largest distance from the area's edge of the common part's vertices
        and of a point on it; 0 where only edges touch, or the receptor is no area. A deeper
        spot may exist, so the depth is a lower bound.
    """
    hazards = np.asarray(case.hazards.geometry.array)[case.met.hazard[rows]]
    areas = np.asarray(case.receptors.geometry.array)[case.met.receptor[rows]]
    depth = np.zeros(len(rows))
    solid = np.flatnonzero(shapely.get_dimensions(areas) == 2)
    if len(solid) == 0:
        return depth
    areas = areas[solid]
    common = shapely.intersection(hazards[solid], areas)
    edges = shapely.boundary(areas)
    corners, owner = shapely.get_coordinates(common, return_index=True)
    held = np.flatnonzero(~shapely.is_empty(common))
    inner = shapely.get_coordinates(shapely.point_on_surface(common[held]))
    spots = np.concatenate([corners, inner])
    owner = np.concatenate([owner, held])
    plane_m = shapely.distance(shapely.points(spots), edges[owner])
    # The larger scale within reach: the depth is never overstated.
    scales = [plane_scale(spots[:, 1] + way * plane_m) for way in (-1.0, 1.0)]
    ground_m = plane_m / np.maximum(*scales)
    np.maximum.at(depth, solid[owner], ground_m)
    return depth
