"""Check every setback: who is near, how far, and what each rule says of it.

The check goes rule by rule. Every rule that is on and in force either lists the pairs
within its reach, or says in COVERAGE why it could not: no layer, no row of the kind, no
number. A rule without a number stays open on every pair that another rule brought in, so
that such a pair never reads "complies".
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from riskmap.candidates import find_candidates
from riskmap.crs import PLANE_CRS
from riskmap.distance import measure_pairs
from riskmap.evidence import consents_on, register_rows, reports_on, siting_binds
from riskmap.lines import join_bounds, largest_doubt, read_lines
from riskmap.location import ancestors, gather, parents
from riskmap.outcome import count_rules, worst_of_pairs
from riskmap.progress import Silent
from riskmap.rules import NO, UNKNOWN, YES, missing_columns, select_rows
from riskmap.tables import FINDINGS, arrange
from riskmap.verdict import FAILED_BY_NATURE, VIOLATIONS, Doubt, judge, verdict_rank

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from riskmap.lines import Reading
    from riskmap.progress import Progress
    from riskmap.quality import Layer
    from riskmap.rulebook import Rule, Rulebook

# Pairs are listed out to this multiple of the required distance, compliant ones too: a
# choice of what to print, not of law.
LISTED_TIMES = 1.5


@dataclass(frozen=True, slots=True)
class Setbacks:
    """Hold the result of a check.

    Parameters
    ----------
    findings : geopandas.GeoDataFrame
        FINDINGS: one row a pair and rule, sorted by verdict (worst first), shortfall and id;
        geometry is the shortest line in EPSG:3395.
    pairs : pandas.DataFrame
        PAIRS: one row a pair with its worst verdict over all rules.
    coverage : pandas.DataFrame
        COVERAGE: one row a rule: what it met, or why it was not answered.
    """

    findings: gpd.GeoDataFrame
    pairs: pd.DataFrame
    coverage: pd.DataFrame


def check_setbacks(
    layers: Sequence[Layer],
    *,
    rulebook: Rulebook,
    as_of: date,
    progress: Progress | None = None,
) -> Setbacks:
    """Check every pair of hazard and receptor against every rule in force.

    Parameters
    ----------
    layers : sequence of Layer
        Layers and registers of the run, in EPSG:3395.
    rulebook : Rulebook
        The law.
    as_of : datetime.date
        Assessment date: chooses the rules.
    progress : Progress, optional
        Told of each rule.

    Returns
    -------
    Setbacks
        Findings, pairs and coverage.
    """
    check = _Check.prepare(layers, rulebook=rulebook, as_of=as_of)
    progress = progress or Silent()
    progress.start("step.rules", max(1, len(rulebook.rules)))
    parts: list[pd.DataFrame] = []
    coverage: list[dict[str, object]] = []
    for rule in rulebook.rules:
        status = check.why_silent(rule)
        found = check.measure_rule(rule) if status == "ran" else None
        if found is not None:
            parts.append(found)
        coverage.append(check.cover(rule, status))
        progress.advance(rule.id)
    findings = _join(parts)
    findings = _join([findings, *check.open_questions(rulebook, findings)])
    findings, displaced = check.displace(rulebook, findings)
    table = arrange(_finish(findings), FINDINGS)
    pairs = worst_of_pairs(table, hazards=check.hazards, receptors=check.receptors)
    counted = count_rules(pd.DataFrame(coverage), findings=table, displaced=displaced)
    return Setbacks(table, pairs, counted)


@dataclass(frozen=True, slots=True)
class _Check:
    """Carry what every rule of one check looks at."""

    hazards: gpd.GeoDataFrame
    receptors: gpd.GeoDataFrame
    parent_of: dict[str, str]
    consents: pd.DataFrame
    reports: pd.DataFrame
    as_of: date
    # Which hazards and which receptors each rule picks: asked for again and again.
    picks: dict[str, tuple[NDArray[np.int8], NDArray[np.int8]]]

    @classmethod
    def prepare(cls, layers: Sequence[Layer], *, rulebook: Rulebook, as_of: date) -> _Check:
        hazards, receptors = gather(layers, part="hazard"), gather(layers, part="receptor")
        return cls(
            hazards=hazards,
            receptors=receptors,
            parent_of=parents(layers),
            consents=consents_on(register_rows(layers, "consent"), as_of),
            reports=reports_on(register_rows(layers, "safety_report"), as_of),
            as_of=as_of,
            picks={
                rule.id: (
                    select_rows(hazards, selector=rule.entry.hazard),
                    select_rows(receptors, selector=rule.entry.receptor),
                )
                for rule in rulebook.rules
            },
        )

    def why_silent(self, rule: Rule) -> str:
        entry = rule.entry
        if not rule.applies_on(self.as_of):
            return "not_in_force"
        if not entry.on:
            return "off"
        for table, selector in ((self.hazards, entry.hazard), (self.receptors, entry.receptor)):
            if not table["role"].isin(selector.roles).any():
                return "no_layer"
        hazards, receptors = self.picks[rule.id]
        if not hazards.any() or not receptors.any():
            return "no_rows"
        return "no_number" if entry.no_number is not None else "ran"

    def cover(self, rule: Rule, status: str) -> dict[str, object]:
        hazards, receptors = self.picks[rule.id]
        present = {*self.hazards["role"].unique(), *self.receptors["role"].unique()}
        wanted = [*rule.entry.hazard.roles, *rule.entry.receptor.roles]
        return {
            "rule": rule.id,
            "status": status,
            "hazards": int((hazards > NO).sum()),
            "receptors": int((receptors > NO).sum()),
            "missing_roles": ", ".join(sorted({role for role in wanted if role not in present})),
        }

    def measure_rule(self, rule: Rule) -> pd.DataFrame | None:
        entry = rule.entry
        hazard_states, receptor_states = self.picks[rule.id]
        hazards = self.hazards[hazard_states > NO].reset_index(drop=True)
        receptors = self.receptors[receptor_states > NO].reset_index(drop=True)
        listed_m = entry.search_m or (entry.distance_m or 0.0) * LISTED_TIMES
        widths = _largest_width(receptors) + _largest_width(hazards)
        accuracy = float(hazards["accuracy_m"].max() + receptors["accuracy_m"].max())
        first, second = find_candidates(
            np.asarray(hazards.geometry.array),
            np.asarray(receptors.geometry.array),
            reach_m=listed_m + widths + accuracy + largest_doubt(hazards, receptors),
        )
        wanted = self._is_pair(hazards, receptors, (first, second), rule)
        if not wanted.any():
            return None
        first, second = first[wanted], second[wanted]
        left = hazards.iloc[first].reset_index(drop=True)
        right = receptors.iloc[second].reset_index(drop=True)
        found = _measured(left, right)
        found["is_sure"] = (hazard_states[hazard_states > NO][first] == YES) & (
            receptor_states[receptor_states > NO][second] == YES
        )
        found["missing"] = _joined_names(
            missing_columns(left, selector=entry.hazard),
            missing_columns(right, selector=entry.receptor),
        )
        self._require(found, left, right, rule)
        self._doubt(found, left, right, rule)
        self._judge(found, left, right, rule)
        # A pair is listed by what is drawn, and also where the true line can lie too near.
        near = found["low_listed"] <= listed_m
        near |= (found["low_m"] < found["required_m"]) & (found["outward_m"] > 0)
        kept = found[near].drop(columns=["low_listed", "outward_m"])
        if set(entry.hazard.roles) & set(entry.receptor.roles):
            kept = _worse_direction(kept)
        return kept.reset_index(drop=True)

    def _is_pair(
        self,
        hazards: gpd.GeoDataFrame,
        receptors: gpd.GeoDataFrame,
        pair: tuple[NDArray[np.intp], NDArray[np.intp]],
        rule: Rule,
    ) -> NDArray[np.bool_]:
        left = hazards["ref"].to_numpy()[pair[0]]
        right = receptors["ref"].to_numpy()[pair[1]]
        keep = left != right
        kin = {
            (ref, above)
            for ref in {*left, *right}
            for above in ancestors(ref, parent_of=self.parent_of)
        }
        keep &= np.array(
            [(a, b) not in kin and (b, a) not in kin for a, b in zip(left, right, strict=True)],
            dtype=bool,
        )
        ends = pd.DataFrame({"source": left, "target": right})
        keep &= ~self._left_out(rule, ends).to_numpy()
        return np.asarray(keep, dtype=bool)

    def _require(
        self, found: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame, rule: Rule
    ) -> None:
        entry = rule.entry
        found["line_from"] = entry.measure_from or ""
        found["line_to"] = entry.measure_to or ""
        found["evidence"] = ""
        found["required_m"] = np.nan if entry.distance_m is None else entry.distance_m
        if entry.distance_from is None:
            return
        empty = pd.Series([None] * len(right), dtype="str")
        key = pd.DataFrame(
            {"unit": left["ref"], "receptor_class": right.get("receptor_class", empty)}
        )
        joined = key.merge(self.reports, how="left", on=["unit", "receptor_class"])
        found["required_m"] = joined["distance_m"].to_numpy(float)
        found["evidence"] = joined["evidence"].fillna("").to_numpy()
        line = joined["line"].fillna(entry.measure_from or "")
        found["line_from"] = line.to_numpy()
        unclassed = key["receptor_class"].isna().to_numpy()
        found.loc[unclassed, "missing"] = "receptor_class"

    def _doubt(
        self, found: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame, rule: Rule
    ) -> None:
        here = _by_line(left, found["line_from"])
        there = _by_line(right, found["line_to"])
        accuracy = (left["accuracy_m"] + right["accuracy_m"]).to_numpy(float)
        offset = here.offset_m + there.offset_m
        base = np.maximum(0.0, found["measured_m"].to_numpy() - offset)
        if rule.entry.nature == "inventory":
            base = found["measured_m"].to_numpy()
        found["offset_m"] = offset
        found["measured_m"] = np.round(base, 3)
        found["accuracy_m"] = accuracy
        outward = here.outward_m + there.outward_m
        low = np.where(np.isinf(outward), 0.0, base - outward - accuracy)
        found["low_m"] = np.round(np.maximum(0.0, low), 3)
        found["high_m"] = np.round(base + here.inward_m + there.inward_m + accuracy, 3)
        found["bound"] = join_bounds(here.bound, there.bound)
        found["low_listed"] = found["measured_m"] - accuracy
        found["outward_m"] = np.where(np.isfinite(outward), outward, 0.0)

    def _judge(
        self, found: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame, rule: Rule
    ) -> None:
        entry = rule.entry
        required = found["required_m"].to_numpy(float)
        doubt = Doubt(found["low_m"].to_numpy(float), found["high_m"].to_numpy(float))
        state = judge(doubt, required_m=required, equality_complies=entry.equality_complies)
        state = np.where(np.isnan(required), "doubt", state)
        failed = FAILED_BY_NATURE[entry.nature]
        verdict = np.where(state == "met", "complies", np.where(state == "failed", failed, ""))
        reason = np.where(verdict == "", _reasons(found), "")
        open_ = state != "met"
        unsure = open_ & ~found["is_sure"].to_numpy(bool)
        verdict, reason = _put(verdict, reason, unsure, "attribute_missing")
        if entry.binds == "new":
            bound = siting_binds(left, right, rule)
            verdict, reason = _put(verdict, reason, open_ & (bound == "unknown"), "date_missing")
            verdict = np.where(open_ & (bound == "no"), "not_bound", verdict)
            reason = np.where(open_ & (bound == "no"), "", reason)
        if entry.nature == "consent":
            self._consent(found, rule)
            held = (verdict == failed) & (found["consent_number"] != "").to_numpy()
            verdict = np.where(held, "consent_held", verdict)
        if entry.nature == "inventory":
            verdict, reason = np.full(len(found), "inventory"), np.full(len(found), "")
        found["verdict"] = np.where(verdict == "", "undetermined", verdict)
        found["reason"] = reason
        found["rule"], found["nature"] = rule.id, entry.nature

    def _consent(self, found: pd.DataFrame, rule: Rule) -> None:
        held = self.consents[self.consents["rule"] == rule.id]
        number = {
            (source, target): name
            for source, target, name in zip(
                held["source"], held["target"], held["number"], strict=True
            )
        }
        found["consent_number"] = [
            number.get(pair, "") for pair in zip(found["source"], found["target"], strict=True)
        ]

    def open_questions(self, rulebook: Rulebook, findings: pd.DataFrame) -> list[pd.DataFrame]:
        """List rules without a number on the pairs that other rules brought in."""
        parts: list[pd.DataFrame] = []
        if findings.empty:
            return parts
        near = findings[~findings["verdict"].isin(["inventory"])]
        near = near.sort_values(["source", "target", "measured_m", "rule"], kind="stable")
        near = near.drop_duplicates(["source", "target"])
        for rule in rulebook.rules:
            if self.why_silent(rule) != "no_number" or rule.entry.nature == "inventory":
                continue
            # A column that is not held may be the one: the question stays open then too.
            hit = self._selected(rule, near, least=UNKNOWN) & ~self._left_out(rule, near)
            if not hit.any():
                continue
            asked = near[hit].copy()
            asked["rule"], asked["nature"] = rule.id, rule.entry.nature
            asked["verdict"], asked["reason"] = "undetermined", "no_number"
            for column in ("required_m", "low_m", "high_m"):
                asked[column] = np.nan
            for column in ("line_from", "line_to", "missing", "evidence", "consent_number"):
                asked[column] = ""
            parts.append(asked)
        return parts

    def _selected(self, rule: Rule, pairs: pd.DataFrame, *, least: int) -> pd.Series:
        hazards, receptors = self.picks[rule.id]
        sources = self.hazards.loc[hazards >= least, "ref"]
        targets = self.receptors.loc[receptors >= least, "ref"]
        return pairs["source"].isin(sources) & pairs["target"].isin(targets)

    def _left_out(self, rule: Rule, pairs: pd.DataFrame) -> pd.Series:
        """Tell which pairs a rule leaves out as own facilities."""
        if not rule.entry.exclude_same_owner:
            return pd.Series(data=False, index=pairs.index)
        owner = pairs["source"].map(self.hazards.set_index("ref")["owner"])
        other = pairs["target"].map(self.receptors.set_index("ref")["owner"])
        # An owner that is not stated counts as another's: the safe side.
        return owner.notna() & (owner == other)

    def displace(
        self, rulebook: Rulebook, findings: pd.DataFrame
    ) -> tuple[pd.DataFrame, dict[str, int]]:
        """Let a special code take the place of the general one."""
        counts: dict[str, int] = {}
        if findings.empty:
            return findings, counts
        for rule in rulebook.rules:
            if not rule.entry.displaces or self.why_silent(rule) not in {"ran", "no_number"}:
                continue
            gone = findings["rule"].isin(rule.entry.displaces)
            gone &= self._selected(rule, findings, least=YES) & ~self._left_out(rule, findings)
            for name, number in findings.loc[gone, "rule"].value_counts().items():
                counts[str(name)] = counts.get(str(name), 0) + int(number)
            findings = findings[~gone]
        return findings, counts


def _worse_direction(found: pd.DataFrame) -> pd.DataFrame:
    """Keep of two features that pick each other the direction with the worse verdict."""
    ends = found[["source", "target"]]
    ranked = found.assign(
        one=ends.min(axis=1), other=ends.max(axis=1), rank=verdict_rank(found["verdict"].to_numpy())
    )
    ranked = ranked.sort_values(["one", "other", "rank", "source"], kind="stable")
    return ranked.drop_duplicates(["one", "other"]).drop(columns=["one", "other", "rank"])


def _largest_width(features: pd.DataFrame) -> float:
    widths = [
        float(features[column].max())
        for column in ("land_half_width_m", "half_width_m", "toe_half_width_m")
        if column in features and features[column].notna().any()
    ]
    return max(widths, default=0.0)


def _measured(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> pd.DataFrame:
    measured = measure_pairs(np.asarray(left.geometry.array), np.asarray(right.geometry.array))
    table = pd.DataFrame({"measured_m": measured.distance_m})
    for side, features in (("source", left), ("target", right)):
        table[side] = features["ref"].to_numpy()
        table[f"{side}_name"] = features["name"].fillna(features["ref"]).to_numpy()
        table[f"{side}_role"] = features["role"].to_numpy()
        kind = features["kind"] if "kind" in features else pd.Series([""] * len(features))
        table[f"{side}_kind"] = kind.fillna("").to_numpy()
        table[f"{side}_held"] = features["held"].to_numpy()
    table["consent_number"] = ""
    table["geometry"] = measured.lines()
    return table


def _joined_names(first: list[str], second: list[str]) -> list[str]:
    return [", ".join(name for name in (a, b) if name) for a, b in zip(first, second, strict=True)]


def _by_line(features: pd.DataFrame, wanted: pd.Series) -> Reading:
    whole = read_lines(features, wanted="", held=features["held"], within_m=features["within_m"])
    for line in wanted.unique():
        rows = np.flatnonzero((wanted == line).to_numpy())
        part = features.iloc[rows]
        reading = read_lines(part, wanted=line, held=part["held"], within_m=part["within_m"])
        whole.offset_m[rows] = reading.offset_m
        whole.inward_m[rows] = reading.inward_m
        whole.outward_m[rows] = reading.outward_m
        whole.bound[rows] = reading.bound
    return whole


def _reasons(found: pd.DataFrame) -> NDArray[np.str_]:
    by_bound = {"none": "line_not_held", "lower": "lower_bound", "upper": "upper_bound"}
    reasons = (
        found["bound"].map(lambda bound: by_bound.get(bound, "accuracy")).to_numpy(dtype="U20")
    )
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


def _join(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    held = [part for part in parts if not part.empty]
    return pd.concat(held, ignore_index=True) if held else pd.DataFrame()


def finding_id(source: str, target: str, rule: str) -> str:
    """Make the stable id of a finding from what it joins.

    Parameters
    ----------
    source : str
        Reference of the hazard.
    target : str
        Reference of the receptor.
    rule : str
        Id of the rule.

    Returns
    -------
    str
        ``F`` and ten hexadecimal digits, the same in every run.
    """
    return "F" + sha256("\x1f".join((source, target, rule)).encode()).hexdigest()[:10]


def _finish(findings: pd.DataFrame) -> pd.DataFrame:
    if findings.empty:
        return findings
    table = findings.copy()
    table["finding_id"] = [
        finding_id(*key)
        for key in zip(table["source"], table["target"], table["rule"], strict=True)
    ]
    failed = table["verdict"].isin([*VIOLATIONS, "advisory_short"])
    short = table["required_m"] - table["measured_m"]
    table["short_m"] = short.where(failed)
    settled = (table["verdict"] == "undetermined") & table["required_m"].notna()
    table["settle_m"] = short.abs().where(settled)
    table["rank"] = verdict_rank(table["verdict"].to_numpy())
    table = table.sort_values(
        ["rank", "short_m", "measured_m", "finding_id"],
        ascending=[True, False, True, True],
        kind="stable",
    )
    table = table.reset_index(drop=True)
    placed: pd.DataFrame = gpd.GeoDataFrame(table, geometry="geometry", crs=PLANE_CRS)
    return placed
