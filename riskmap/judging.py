"""Judge measured pairs under the rules that join them: one row a pair and rule.

All rules are judged together, column by column, so that the work grows with the rows and
not with the number of rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskmap.evidence import established_days, siting_binds
from riskmap.lines import join_bounds, read_lines
from riskmap.rules import missing_columns
from riskmap.verdict import FAILED_BY_NATURE, Doubt, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from riskmap.encounter import Encounters
    from riskmap.rulebook import Rule

_REASON_BY_BOUND = {"none": "line_not_held", "lower": "lower_bound", "upper": "upper_bound"}


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


def judge_case(case: Case) -> pd.DataFrame:
    """Judge every row.

    Parameters
    ----------
    case : Case
        Pairs and rules.

    Returns
    -------
    pandas.DataFrame
        One row a pair and rule with the columns of FINDINGS but for its id, shortfall and
        rank, and ``outward_m``: how far the true lines may lie outside the drawn ones [m].
    """
    found = _described(case)
    _require(found, case)
    _doubt(found, case)
    _decide(found, case)
    return found


def _per_rule(case: Case, values: Sequence[object], dtype: type | str) -> NDArray[Any]:
    return np.array(values, dtype=dtype)[case.rule]


def _described(case: Case) -> pd.DataFrame:
    """Name both ends of each row, and what each rule asks that they do not hold."""
    table = pd.DataFrame({"measured_m": case.met.distance_m})
    for side, features, rows in (
        ("source", case.hazards, case.met.hazard),
        ("target", case.receptors, case.met.receptor),
    ):
        table[side] = features["ref"].to_numpy()[rows]
        table[f"{side}_name"] = features["name"].fillna(features["ref"]).to_numpy()[rows]
        table[f"{side}_role"] = features["role"].to_numpy()[rows]
        kind = features["kind"].fillna("").to_numpy() if "kind" in features else None
        table[f"{side}_kind"] = "" if kind is None else kind[rows]
        table[f"{side}_held"] = features["held"].to_numpy()[rows]
    table["geometry"] = case.met.lines()
    missing = np.full(len(table), "", dtype=object)
    unsure = np.flatnonzero(~case.is_sure)
    for number in np.unique(case.rule[unsure]):
        rows = unsure[case.rule[unsure] == number]
        entry = case.rules[number].entry
        left = missing_columns(case.hazards.iloc[case.met.hazard[rows]], selector=entry.hazard)
        right = missing_columns(
            case.receptors.iloc[case.met.receptor[rows]], selector=entry.receptor
        )
        missing[rows] = [
            ", ".join(name for name in pair if name) for pair in zip(left, right, strict=True)
        ]
    table["missing"] = missing
    table["rule"] = _per_rule(case, [rule.id for rule in case.rules], object)
    table["nature"] = _per_rule(case, [rule.entry.nature for rule in case.rules], object)
    return table


def _require(found: pd.DataFrame, case: Case) -> None:
    entries = [rule.entry for rule in case.rules]
    found["line_from"] = _per_rule(case, [entry.measure_from or "" for entry in entries], object)
    found["line_to"] = _per_rule(case, [entry.measure_to or "" for entry in entries], object)
    found["evidence"] = ""
    distances = [np.nan if entry.distance_m is None else entry.distance_m for entry in entries]
    found["required_m"] = _per_rule(case, distances, float)
    by_report = _per_rule(case, [entry.distance_from is not None for entry in entries], bool)
    rows = np.flatnonzero(by_report)
    if len(rows) == 0:
        return
    receptors = case.receptors.iloc[case.met.receptor[rows]]
    held = (
        receptors["receptor_class"].to_numpy(dtype=object)
        if "receptor_class" in receptors
        else np.full(len(rows), None, dtype=object)
    )
    key = pd.DataFrame({"unit": found["source"].to_numpy()[rows]})
    key["receptor_class"] = pd.array(held, dtype="str")
    joined = key.merge(case.reports, how="left", on=["unit", "receptor_class"])
    position = found.index[rows]
    found.loc[position, "required_m"] = joined["distance_m"].to_numpy(float)
    found.loc[position, "evidence"] = joined["evidence"].fillna("").to_numpy()
    asked = pd.Series(found["line_from"].to_numpy()[rows])
    found.loc[position, "line_from"] = joined["line"].fillna(asked).to_numpy()
    unclassed = key["receptor_class"].isna().to_numpy()
    found.loc[position[unclassed], "missing"] = "receptor_class"


def _doubt(found: pd.DataFrame, case: Case) -> None:
    """Say between which distances each true one lies."""
    left = _line_rows(case.hazards, case.met.hazard)
    right = _line_rows(case.receptors, case.met.receptor)
    here = read_lines(left, wanted=found["line_from"].to_numpy(dtype=object))
    there = read_lines(right, wanted=found["line_to"].to_numpy(dtype=object))
    accuracy = left["accuracy_m"].to_numpy(float) + right["accuracy_m"].to_numpy(float)
    offset = here.offset_m + there.offset_m
    drawn = found["measured_m"].to_numpy()
    inventory = (found["nature"] == "inventory").to_numpy()
    base = np.where(inventory, drawn, np.maximum(0.0, drawn - offset))
    outward = here.outward_m + there.outward_m
    low = np.where(np.isinf(outward), 0.0, base - outward - accuracy)
    found["offset_m"] = offset
    found["measured_m"] = np.round(base, 3)
    found["accuracy_m"] = accuracy
    found["low_m"] = np.round(np.maximum(0.0, low), 3)
    found["high_m"] = np.round(base + here.inward_m + there.inward_m + accuracy, 3)
    found["bound"] = join_bounds(here.bound, there.bound)
    found["outward_m"] = np.where(np.isfinite(outward), outward, 0.0)


def _line_rows(features: gpd.GeoDataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    columns = [
        name
        for name in features.columns
        if name in {"held", "within_m", "accuracy_m"} or name.endswith("half_width_m")
    ]
    return pd.DataFrame({name: features[name].to_numpy()[rows] for name in columns})


def _decide(found: pd.DataFrame, case: Case) -> None:
    entries = [rule.entry for rule in case.rules]
    required = found["required_m"].to_numpy(float)
    doubt = Doubt(found["low_m"].to_numpy(float), found["high_m"].to_numpy(float))
    equality = _per_rule(case, [entry.equality_complies for entry in entries], bool)
    state = np.where(
        equality,
        judge(doubt, required_m=required, equality_complies=True),
        judge(doubt, required_m=required, equality_complies=False),
    )
    state = np.where(np.isnan(required), "doubt", state)
    nature = found["nature"].to_numpy(dtype=object)
    failed = _per_rule(case, [FAILED_BY_NATURE[entry.nature] for entry in entries], "U20")
    verdict = np.where(state == "met", "complies", np.where(state == "failed", failed, ""))
    reason = np.where(verdict == "", _reasons(found), "")
    open_ = state != "met"
    verdict, reason = _put(verdict, reason, open_ & ~case.is_sure, "attribute_missing")
    new = _per_rule(case, [entry.binds == "new" for entry in entries], bool)
    bound = _siting(case, new)
    verdict, reason = _put(verdict, reason, new & open_ & (bound == "unknown"), "date_missing")
    stood = new & open_ & (bound == "no")
    verdict, reason = np.where(stood, "not_bound", verdict), np.where(stood, "", reason)
    found["consent_number"] = _consents(found, case)
    held = (nature == "consent") & (found["consent_number"] != "").to_numpy()
    verdict = np.where(held & (verdict == failed), "consent_held", verdict)
    inventory = nature == "inventory"
    verdict, reason = np.where(inventory, "inventory", verdict), np.where(inventory, "", reason)
    found["verdict"] = np.where(verdict == "", "undetermined", verdict)
    found["reason"] = reason


def _siting(case: Case, new: NDArray[np.bool_]) -> NDArray[np.str_]:
    bound = np.full(len(new), "yes", dtype="U7")
    rows = np.flatnonzero(new)
    if len(rows):
        hazard_days = established_days(case.hazards["established"].iloc[case.met.hazard[rows]])
        receptor_days = established_days(
            case.receptors["established"].iloc[case.met.receptor[rows]]
        )
        starts = np.array([rule.in_force.toordinal() for rule in case.rules], dtype=float)
        bound[rows] = siting_binds(hazard_days, receptor_days, starts[case.rule[rows]])
    return bound


def _consents(found: pd.DataFrame, case: Case) -> NDArray[np.object_]:
    """Find the consent of each row whose rule a consent can answer."""
    numbers = np.full(len(found), "", dtype=object)
    rows = np.flatnonzero((found["nature"] == "consent").to_numpy())
    held = case.consents
    if len(rows) and len(held):
        number = {
            key: name
            for *key_parts, name in zip(
                held["source"], held["target"], held["rule"], held["number"], strict=True
            )
            for key in [tuple(key_parts)]
        }
        asked = found.iloc[rows]
        numbers[rows] = [
            number.get(key, "")
            for key in zip(asked["source"], asked["target"], asked["rule"], strict=True)
        ]
    return numbers


def _reasons(found: pd.DataFrame) -> NDArray[np.str_]:
    reasons = np.full(len(found), "accuracy", dtype="U20")
    bounds = found["bound"].to_numpy()
    for bound, reason in _REASON_BY_BOUND.items():
        reasons[bounds == bound] = reason
    # A bound whose far end is declared leaves only a matter of metres.
    closed = np.isfinite(found["high_m"].to_numpy(float)) & (found["low_m"].to_numpy(float) > 0)
    reasons = np.where(closed & (reasons != "line_not_held"), "accuracy", reasons)
    unnumbered = found["required_m"].isna().to_numpy()
    unclassed = unnumbered & (found["missing"] != "").to_numpy()
    reasons = np.where(unnumbered, "no_report", reasons)
    return np.where(unclassed, "attribute_missing", reasons)


def _put(
    verdict: NDArray[np.str_], reason: NDArray[np.str_], where: NDArray[np.bool_], why: str
) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    return np.where(where, "undetermined", verdict), np.where(where, why, reason)
