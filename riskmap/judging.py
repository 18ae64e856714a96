"""Judge measured pairs under the rules that join them: one row a pair and rule.

All rules are judged together, column by column, so that the work grows with the rows and
not with the number of rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmap.beside import stand_along
from riskmap.demands import depth_inside, join_names, require
from riskmap.evidence import established_days, siting_binds
from riskmap.lines import join_bounds, read_lines
from riskmap.rules import missing_columns
from riskmap.verdict import AREA_FORMS, FAILED_BY_NATURE, Doubt, judge

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from riskmap.demands import Case, Demands
    from riskmap.lines import Reading

_REASON_BY_BOUND = {"none": "line_not_held", "lower": "lower_bound", "upper": "upper_bound"}


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
        A contour is left out where another one of its set says as much or more.
    """
    found = _described(case)
    demands = require(case)
    _require(found, case, demands)
    _doubt(found, case)
    _decide(found, case)
    idle = demands.risks.idle(found.pop("failed").to_numpy(dtype=bool))
    told: pd.DataFrame = found[~idle]
    return told


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
        left = missing_columns(case.hazards.iloc[case.met.hazard[rows]], columns=entry.hazard.where)
        right = missing_columns(
            case.receptors.iloc[case.met.receptor[rows]], columns=entry.receptor.where
        )
        missing[rows] = join_names(left, right)
    table["missing"] = missing
    table["rule"] = case.per_rule([rule.id for rule in case.rules], object)
    table["nature"] = case.per_rule([rule.entry.nature for rule in case.rules], object)
    return table


def _require(found: pd.DataFrame, case: Case, demands: Demands) -> None:
    entries = [rule.entry for rule in case.rules]
    found["form"] = demands.form
    found["line_from"] = demands.line_from
    found["line_to"] = case.per_rule([entry.measure_to or "" for entry in entries], object)
    found["evidence"] = demands.evidence
    found["required_least_m"] = demands.least_m
    found["required_most_m"] = demands.most_m
    found["risk_per_year"] = demands.risks.of_contour
    found["limit_least_per_year"] = demands.risks.least
    found["limit_most_per_year"] = demands.risks.most
    found["possible_classes"] = demands.risks.possible
    asked = demands.missing != ""
    found.loc[asked, "missing"] = join_names(found.loc[asked, "missing"], demands.missing[asked])


def _doubt(found: pd.DataFrame, case: Case) -> None:
    """Say between which distances each true one lies."""
    left = _line_rows(case.hazards, case.met.hazard)
    right = _line_rows(case.receptors, case.met.receptor)
    here = read_lines(left, wanted=found["line_from"].to_numpy(dtype=object))
    there = read_lines(right, wanted=found["line_to"].to_numpy(dtype=object))
    accuracy = left["accuracy_m"].to_numpy(float) + right["accuracy_m"].to_numpy(float)
    offset = here.offset_m + there.offset_m
    base = _base(found, case, offset)
    outward = here.outward_m + there.outward_m
    inside = found["form"].isin(AREA_FORMS).to_numpy()
    low = np.where(np.isinf(outward), np.where(inside, -np.inf, 0.0), base - outward - accuracy)
    high = base + here.inward_m + there.inward_m + accuracy
    found["offset_m"] = offset
    found["measured_m"] = np.round(base, 3)
    found["accuracy_m"] = accuracy
    found["low_m"] = np.round(np.where(inside, low, np.maximum(0.0, low)), 3)
    found["high_m"] = np.round(high, 3)
    found["bound"] = join_bounds(here.bound, there.bound)
    found["outward_m"] = np.where(np.isfinite(outward), outward, 0.0)
    found["straight_m"], found["off_path_m"] = np.nan, np.nan
    found["off_path"] = ""
    flow = np.flatnonzero((found["form"] == "flow").to_numpy())
    for hazard in np.unique(case.met.hazard[flow]):
        rows = flow[case.met.hazard[flow] == hazard]
        _follow(found, case, rows, receptor=there.only(rows))


def _follow(found: pd.DataFrame, case: Case, rows: NDArray[np.intp], *, receptor: Reading) -> None:
    """Measure the receptors of one hazard along its flow, as far as that is known.

    The straight distance stays the lower end of every way. Only where a receptor surely
    stands on the way is there more: then the way itself is the measured distance.
    """
    hazard = int(case.met.hazard[rows[0]])
    path = case.flows.paths[hazard]
    straight = found["measured_m"].to_numpy(float)[rows]
    low = found["low_m"].to_numpy(float)[rows]
    measured, high = straight.copy(), np.full(len(rows), np.inf)
    off_m = np.full(len(rows), np.nan)
    reason = np.full(len(rows), case.flows.why[hazard], dtype=object)
    joined = found["bound"].to_numpy(dtype=object)[rows]
    bound = np.where(np.isin(joined, ("none", "upper")), "none", "lower").astype(object)
    accuracy = found["accuracy_m"].to_numpy(float)[rows]
    if path is not None:
        targets = case.met.receptor[rows]
        own_m = case.receptors["accuracy_m"].to_numpy(float)[targets] + path.accuracy_m
        shapes = np.asarray(case.receptors.geometry.array)[targets]
        along = stand_along(
            path,
            shapes,
            inward_m=own_m + receptor.inward_m - receptor.offset_m,
            outward_m=own_m + receptor.outward_m + receptor.offset_m,
        )
        on = np.isfinite(along.sure_m)
        accuracy = np.where(on, accuracy + path.accuracy_m, accuracy)
        # The flow may join the drainage at once, or only at the point nearest to the toe.
        measured = np.where(on, along.sure_m + path.link_m, straight)
        # From the foot to the receptor the flow spreads: that is no part of the way.
        shortest = np.maximum(low - along.aside_m, along.least_m - accuracy)
        low = np.where(on, np.maximum(0.0, shortest), low)
        high = np.where(on, measured + accuracy, np.inf)
        bound = np.where(on, joined, bound)
        off_m = np.round(np.maximum(0.0, along.off_m - receptor.offset_m), 3)
        # Where the doubt is about the receptor's own line, that is the reason.
        unsure = np.isinf(receptor.inward_m) | np.isinf(receptor.outward_m)
        doubted = np.array([_REASON_BY_BOUND.get(str(name), "") for name in receptor.bound])
        reason = np.where((along.reason == "accuracy") & unsure, doubted, along.reason)
        found.loc[rows, "geometry"] = along.lines
    found.loc[rows, "straight_m"], found.loc[rows, "off_path_m"] = straight, off_m
    found.loc[rows, "measured_m"], found.loc[rows, "accuracy_m"] = np.round(measured, 3), accuracy
    found.loc[rows, "low_m"], found.loc[rows, "high_m"] = np.round(low, 3), np.round(high, 3)
    found.loc[rows, "bound"], found.loc[rows, "off_path"] = bound, reason


def _base(found: pd.DataFrame, case: Case, offset: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take declared half widths off; inside an area the distance is negative."""
    drawn = found["measured_m"].to_numpy(float)
    inventory = (found["nature"] == "inventory").to_numpy()
    base = np.where(inventory, drawn, np.maximum(0.0, drawn - offset))
    touching = np.flatnonzero(found["form"].isin(AREA_FORMS).to_numpy() & (drawn <= 0.0))
    if len(touching):
        base[touching] = -depth_inside(case, touching)
    return base


def _line_rows(features: gpd.GeoDataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    columns = [
        name
        for name in features.columns
        if name in {"held", "within_m", "accuracy_m"} or name.endswith("half_width_m")
    ]
    return pd.DataFrame({name: features[name].to_numpy()[rows] for name in columns})


def _decide(found: pd.DataFrame, case: Case) -> None:
    entries = [rule.entry for rule in case.rules]
    required = Doubt(
        found["required_least_m"].to_numpy(float), found["required_most_m"].to_numpy(float)
    )
    doubt = Doubt(found["low_m"].to_numpy(float), found["high_m"].to_numpy(float))
    equality = case.per_rule([entry.equality_complies for entry in entries], bool)
    state = np.where(
        equality,
        judge(doubt, required=required, equality_complies=True),
        judge(doubt, required=required, equality_complies=False),
    )
    # What surely falls short is counted from the least that may be required.
    found["required_m"] = np.where(state == "failed", required.low_m, required.high_m)
    state = np.where(np.isnan(required.high_m), "doubt", state)
    found["failed"] = state == "failed"
    nature = found["nature"].to_numpy(dtype=object)
    failed = case.per_rule([FAILED_BY_NATURE[entry.nature] for entry in entries], "U20")
    verdict = np.where(state == "met", "complies", np.where(state == "failed", failed, ""))
    reason = np.where(verdict == "", _reasons(found), "")
    open_ = state != "met"
    verdict, reason = _put(verdict, reason, open_ & ~case.is_sure, "attribute_missing")
    binds = case.per_rule([entry.binds for entry in entries], object)
    bound = _siting(case, binds)
    verdict, reason = _put(verdict, reason, open_ & (bound == "unknown"), "date_missing")
    asked = (found["form"] == "unanswered").to_numpy()
    reason = np.where(asked, "no_number", reason)
    stood = open_ & (bound == "no")
    verdict = np.where(stood, "not_bound", verdict)
    # An extension that nobody entered would be bound: the row says that it was not looked at.
    reason = np.where(stood, np.where(_is_silent_on_rebuilding(case), "rebuilding", ""), reason)
    found["consent_number"] = _consents(found, case)
    held = (nature == "consent") & (found["consent_number"] != "").to_numpy()
    verdict = np.where(held & (verdict == failed), "consent_held", verdict)
    inventory = nature == "inventory"
    verdict, reason = np.where(inventory, "inventory", verdict), np.where(inventory, "", reason)
    found["verdict"] = np.where(verdict == "", "undetermined", verdict)
    found["reason"] = reason
    # Out of reach is how a contour that proves nothing is judged, not what is required.
    for column in ("required_m", "required_least_m", "required_most_m"):
        found[column] = np.where(np.isinf(found[column]), 0.0, found[column])


def _siting(case: Case, binds: NDArray[np.object_]) -> NDArray[np.str_]:
    """Tell which rows their rule binds: what is new, what is in service, or any."""
    bound = np.full(len(binds), "yes", dtype="U7")
    rows = np.flatnonzero(binds != "any")
    if len(rows):
        hazard_days = established_days(case.hazards["established"].iloc[case.met.hazard[rows]])
        receptor_days = established_days(
            case.receptors["established"].iloc[case.met.receptor[rows]]
        )
        starts = np.array([rule.in_force.toordinal() for rule in case.rules], dtype=float)
        new = siting_binds(hazard_days, receptor_days, starts[case.rule[rows]])
        again = case.per_rule([rule.entry.rebuilding for rule in case.rules], bool)[rows]
        rebuilt = _rebuilt(case)[rows]
        if (again & rebuilt.notna().to_numpy()).any():
            later = siting_binds(established_days(rebuilt), receptor_days, starts[case.rule[rows]])
            held = again & rebuilt.notna().to_numpy()
            new = np.where(held & (later == "yes"), "yes", new)
            new = np.where(held & (later == "unknown") & (new == "no"), "unknown", new)
        old = np.where(new == "yes", "no", np.where(new == "no", "yes", new))
        bound[rows] = np.where(binds[rows] == "new", new, old)
    return bound


def _rebuilt(case: Case) -> pd.Series:
    """Return when the hazard of each row was last rebuilt or extended, as written."""
    if "rebuilt" not in case.hazards:
        return pd.Series([None] * len(case.rule), dtype="str")
    written: pd.Series = case.hazards["rebuilt"].iloc[case.met.hazard].reset_index(drop=True)
    return written


def _is_silent_on_rebuilding(case: Case) -> NDArray[np.bool_]:
    asks = case.per_rule([rule.entry.rebuilding for rule in case.rules], bool)
    return np.asarray(asks & _rebuilt(case).isna().to_numpy(), dtype=bool)


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
    off = found["off_path"].to_numpy(dtype=object)
    reasons = np.where(off != "", off, reasons).astype("U20")
    # No contour is held at the limit: this one can prove one side of it only.
    open_sides = np.isinf(found[["required_least_m", "required_most_m"]].to_numpy(float))
    reasons = np.where(open_sides.any(axis=1), "contour_not_held", reasons)
    several = (found["required_most_m"] != found["required_least_m"]).to_numpy()
    unnumbered = found["required_most_m"].isna().to_numpy()
    tabled = found["form"].isin(["table", "risk"]).to_numpy()
    outdated = (found["form"] == "report") & (found["evidence"] != "")
    lacking = np.where(tabled, "beyond_table", np.where(outdated, "report_outdated", "no_report"))
    reasons = np.where(unnumbered, lacking, reasons)
    unclassed = (unnumbered | several) & (found["missing"] != "").to_numpy()
    return np.where(unclassed, "attribute_missing", reasons)


def _put(
    verdict: NDArray[np.str_], reason: NDArray[np.str_], where: NDArray[np.bool_], why: str
) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    return np.where(where, "undetermined", verdict), np.where(where, why, reason)
