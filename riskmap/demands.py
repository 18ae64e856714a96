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

from riskmap.contours import read_contours
from riskmap.crs import plane_scale
from riskmap.domains import End, answers_all
from riskmap.rules import NO, YES, missing_columns, where_states

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from riskmap.articles import Rule
    from riskmap.clauses import RuleEntry, Where
    from riskmap.contours import Contours
    from riskmap.encounter import Encounters
    from riskmap.flow import Flows


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
    flows : Flows
        The way of the tailings below each hazard that has a dam toe.
    """

    rules: Sequence[Rule]
    rule: NDArray[np.intp]
    met: Encounters
    is_sure: NDArray[np.bool_]
    hazards: gpd.GeoDataFrame
    receptors: gpd.GeoDataFrame
    reports: pd.DataFrame
    consents: pd.DataFrame
    flows: Flows

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
    risks : Risks
        What contours and limits say, row by row.
    """

    least_m: NDArray[np.float64]
    most_m: NDArray[np.float64]
    line_from: NDArray[np.object_]
    evidence: NDArray[np.object_]
    missing: NDArray[np.object_]
    form: NDArray[np.object_]
    risks: Risks


@dataclass(frozen=True, slots=True)
class Risks:
    """Hold what the rows of contour rules were judged by; NaN, empty and no for the others.

    Parameters
    ----------
    of_contour : numpy.ndarray, shape (n,)
        Individual risk of the contour [1/a].
    least, most : numpy.ndarray, shape (n,)
        Lowest and highest risk that the receptor may be allowed [1/a].
    possible : numpy.ndarray of object, shape (n,)
        Classes that a receptor without one may have, joined by a comma.
    contours : sequence of (numpy.ndarray of int, Contours)
        Rows and what their contours can prove.
    """

    of_contour: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    possible: NDArray[np.object_]
    contours: list[tuple[NDArray[np.intp], Contours]]

    @classmethod
    def nothing(cls, count: int) -> Risks:
        """Return the risks of rows that ask about none.

        Parameters
        ----------
        count : int
            Number of rows.

        Returns
        -------
        Risks
            NaN and empty.
        """
        nan = np.full(count, np.nan)
        return cls(nan, nan.copy(), nan.copy(), np.full(count, "", dtype=object), [])

    def idle(self, failed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which rows another contour of the same set says as much or more of.

        Parameters
        ----------
        failed : numpy.ndarray of bool, shape (n,)
            Rows whose limit is surely exceeded.

        Returns
        -------
        numpy.ndarray of bool, shape (n,)
            True for what need not be listed.
        """
        idle = np.zeros(len(failed), dtype=bool)
        for rows, contours in self.contours:
            idle[rows] = contours.idle(failed[rows])
        return idle


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
        risks=Risks.nothing(len(case.rule)),
    )
    for number in np.unique(case.rule):
        form, rows = entries[number].form, np.flatnonzero(case.rule == number)
        if form == "table":
            _look_up(found, case, rows, entries[number])
        elif form == "multiple":
            _multiply(found, case, rows, entries[number])
        elif form == "report":
            _take_reports(found, case, rows)
        elif form == "risk":
            _take_limits(found, case, rows, entries[number])
    return found


def _stated(entry: RuleEntry) -> float:
    if entry.form == "inside":
        return 0.0
    return np.nan if entry.distance_m is None else entry.distance_m


def _look_up(found: Demands, case: Case, rows: NDArray[np.intp], entry: RuleEntry) -> None:
    table = [
        (row.hazard, row.receptor, row.receptor_roles, row.distance_m) for row in entry.table or ()
    ]
    found.least_m[rows], found.most_m[rows], found.missing[rows] = _span(case, rows, table, entry)


_Line = tuple["Where", "Where", tuple[str, ...], float]


def _span(
    case: Case, rows: NDArray[np.intp], table: Sequence[_Line], entry: RuleEntry
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.object_]]:
    """Take the least and largest value that a table may give, and what keeps it open."""
    hazards = case.hazards.iloc[case.met.hazard[rows]]
    receptors = case.receptors.iloc[case.met.receptor[rows]]
    least, most = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    certain = np.zeros(len(rows), dtype=bool)
    possible = np.zeros((len(table), len(rows)), dtype=bool)
    for number, (hazard, receptor, roles, value) in enumerate(table):
        state = np.minimum(
            where_states(hazards, where=hazard), where_states(receptors, where=receptor)
        )
        if roles:
            state = np.where(receptors["role"].isin(roles), state, NO)
        can_be = possible[number] = state > NO
        certain |= state == YES
        least[can_be] = np.minimum(least[can_be], value)
        most[can_be] = np.maximum(most[can_be], value)
    open_ = ~certain & np.isfinite(least)
    missing = np.full(len(rows), "", dtype=object)
    if open_.any():
        left = _asked(hazards, [line[0] for line in table], possible & open_)
        right = _asked(receptors, [line[1] for line in table], possible & open_)
        missing[:] = join_names(left, right)
        # What may lie beyond the table says nothing of either side.
        beyond = open_ & ~_are_answered(hazards["role"], receptors["role"], table, entry)
        least[beyond], most[beyond] = np.inf, -np.inf
    least, most = (np.where(np.isfinite(ends), ends, np.nan) for ends in (least, most))
    return least, most, missing


def _are_answered(
    left: pd.Series, right: pd.Series, table: Sequence[_Line], entry: RuleEntry
) -> NDArray[np.bool_]:
    """Tell which pairs, by their roles, the table answers for whatever their columns hold."""
    pairs = list(zip(left, right, strict=True))
    known: dict[tuple[str, str], bool] = {}
    for here, there in dict.fromkeys(pairs):
        lines = [line for line in table if not line[2] or there in line[2]]
        known[here, there] = answers_all(
            End(here, entry.hazard, tuple(line[0] for line in lines)),
            End(there, entry.receptor, tuple(line[1] for line in lines)),
        )
    return np.array([known[pair] for pair in pairs], dtype=bool)


def _asked(
    features: pd.DataFrame, asked: Sequence[Where], possible: NDArray[np.bool_]
) -> list[str]:
    """Name the columns that are not held of those that a row's possible lines ask for."""
    names: list[list[str]] = [[] for _ in range(len(features))]
    for column in sorted({column for where in asked for column in where}):
        lines = [number for number, where in enumerate(asked) if column in where]
        lacking = np.array(missing_columns(features, columns=[column]), dtype=object) != ""
        for row in np.flatnonzero(lacking & possible[lines].any(axis=0)):
            names[row].append(column)
    return [", ".join(found) for found in names]


def _take_limits(found: Demands, case: Case, rows: NDArray[np.intp], entry: RuleEntry) -> None:
    """Ask what a contour can prove: inside it a limit is exceeded, outside it one is kept.

    The required distance is 0 where it can prove so, and out of reach where it cannot.
    """
    limits: list[_Line] = [
        ({}, limit.receptor, (), limit.risk_per_year) for limit in entry.limits or ()
    ]
    least, most, missing = _span(case, rows, limits, entry)
    contours = case.hazards.iloc[case.met.hazard[rows]]
    proof = read_contours(contours, least=least, most=most)
    answered = np.isfinite(least)
    found.least_m[rows] = np.where(answered, np.where(proof.binds, 0.0, -np.inf), np.nan)
    found.most_m[rows] = np.where(answered, np.where(proof.clears, 0.0, np.inf), np.nan)
    found.evidence[rows] = contours["contour_report"].to_numpy(dtype=object)
    lacking = contours["contour_missing"].to_numpy(dtype=object)
    found.missing[rows] = join_names(list(lacking), list(missing))
    risks = found.risks
    risks.of_contour[rows] = contours["risk_per_year"].to_numpy(float)
    risks.least[rows], risks.most[rows] = least, most
    risks.possible[rows] = _possible_classes(case, rows, entry)
    risks.contours.append((rows, proof))


def _possible_classes(case: Case, rows: NDArray[np.intp], entry: RuleEntry) -> list[str]:
    """Name the classes that receptors without one may have."""
    receptors = case.receptors.iloc[case.met.receptor[rows]]
    held = np.zeros(len(rows), dtype=bool)
    if "receptor_class" in receptors:
        held = receptors["receptor_class"].notna().to_numpy(dtype=bool)
    names: list[list[str]] = [[] for _ in rows]
    for limit in entry.limits or ():
        can_be = where_states(receptors, where=limit.receptor) > NO
        classes = limit.receptor.get("receptor_class", ())
        for row in np.flatnonzero(can_be & ~held):
            names[row] += [str(one) for one in classes if one not in names[row]]
    return [", ".join(found) for found in names]


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
    # What was written before the unit was rebuilt is about another unit.
    outdated = joined["outdated"].fillna(value=False).to_numpy(dtype=bool)
    required = np.where(outdated, np.nan, required)
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
    """Tell how deep one end lies inside the area that it touches, at least.

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
        and of a point on it; 0 where only edges touch, or the end that the rule names as the
        area is none. A deeper spot may exist, so the depth is a lower bound.
    """
    entries = [rule.entry for rule in case.rules]
    turned = [entry.area == "hazard" or entry.form == "risk" for entry in entries]
    swap = np.array(turned, dtype=bool)[case.rule[rows]]
    left = np.asarray(case.hazards.geometry.array)[case.met.hazard[rows]]
    right = np.asarray(case.receptors.geometry.array)[case.met.receptor[rows]]
    hazards, areas = np.where(swap, right, left), np.where(swap, left, right)
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
