"""Check every setback: who is near, how far, and what each rule says of it.

One pass measures every pair that some rule may ask about; then all rules that are on and
in force judge their pairs together. Each rule either lists the pairs within its reach, or
says in COVERAGE why it could not: no layer, no row of the kind, no number. A rule without a
number stays open on every pair that another rule brought in, so that such a pair never
reads "complies".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmap.demands import Case, join_names
from riskmap.encounter import meet
from riskmap.findings import finish_findings, join_tables, worse_direction
from riskmap.hazards import LISTED_TIMES, HazardSide, listed_m, pick_rows
from riskmap.judging import judge_case
from riskmap.lines import largest_width
from riskmap.location import ancestors, gather, parents
from riskmap.outcome import count_rules, worst_of_pairs
from riskmap.precedence import Picked, displace
from riskmap.progress import Silent
from riskmap.rules import NO, UNKNOWN, YES, missing_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import geopandas as gpd
    from numpy.typing import NDArray

    from riskmap.articles import Rule
    from riskmap.encounter import Encounters
    from riskmap.progress import Progress
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook


_REQUIRED = ("required_m", "required_least_m", "required_most_m")
_RISKS = ("risk_per_year", "limit_least_per_year", "limit_most_per_year")
_PAPERS = ("line_from", "line_to", "missing", "evidence", "consent_number", "possible_classes")


@dataclass(frozen=True, slots=True)
class Setbacks:
    """Hold the result of a check.

    Parameters
    ----------
    findings : geopandas.GeoDataFrame
        FINDINGS: one row a pair and rule, sorted by verdict (worst first), shortfall and id;
        geometry is the shortest line in EPSG:3395, or the way along the flow.
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
        Told of the pass.

    Returns
    -------
    Setbacks
        Findings, pairs and coverage.

    Raises
    ------
    DataError
        When the accuracy or doubt of a layer widens a distance beyond 100 km.
    """
    progress = progress or Silent()
    progress.start("step.rules", 2)
    side = HazardSide.prepare(layers, rulebook=rulebook, as_of=as_of)
    part = check_receptors(side, layers)
    progress.advance(str(len(part.findings)))
    found = join_parts(side, [part])
    progress.advance(str(len(found.findings)))
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """Hold what the hazards' side came to with some of the receptors.

    Parameters
    ----------
    findings : pandas.DataFrame
        Judged pairs, not yet sorted.
    receptors : geopandas.GeoDataFrame
        The receptors that a finding names.
    roles : frozenset of str
        Roles that the receptors play.
    picked : numpy.ndarray of int64, shape (rules,)
        How many receptors each rule picks.
    displaced : dict of str to int
        Findings that a special code took the place of, by rule.
    """

    findings: pd.DataFrame
    receptors: gpd.GeoDataFrame
    roles: frozenset[str]
    picked: NDArray[np.int64]
    displaced: dict[str, int]


def check_receptors(
    side: HazardSide, layers: Sequence[Layer], *, kin: Sequence[Layer] = ()
) -> Part:
    """Check the receptors of some layers against the hazards' side.

    Parameters
    ----------
    side : HazardSide
        Hazards, law and papers.
    layers : sequence of Layer
        Layers with receptors.
    kin : sequence of Layer, optional
        Further layers of the run, whose plants, parks and mines may own a receptor.

    Returns
    -------
    Part
        What they came to.
    """
    receptors = gather(layers, part="receptor")
    check = _Check.prepare(side, receptors, parent_of=parents([*kin, *layers]))
    findings = check.judge_all()
    findings = join_tables([findings, *check.open_questions(findings)])
    findings, displaced = check.displace(findings)
    named = receptors["ref"].isin(findings["target"]) if len(findings) else slice(0, 0)
    return Part(
        findings=findings,
        receptors=receptors[named],
        roles=frozenset(receptors["role"].unique()),
        picked=(check.receptor_picks > NO).sum(axis=1),
        displaced=displaced,
    )


def join_parts(
    side: HazardSide, parts: Sequence[Part], *, streamed: frozenset[str] = frozenset()
) -> Setbacks:
    """Join what several parts of the receptors came to.

    Parameters
    ----------
    side : HazardSide
        The hazards' side of all parts.
    parts : sequence of Part
        The parts; no receptor is in two of them.
    streamed : frozenset of str, optional
        Roles of layers of which only rows in reach of a hazard were read: a rule that finds
        none of its kind among those ran, and is clear.

    Returns
    -------
    Setbacks
        Findings, pairs and coverage over all parts.
    """
    table = finish_findings([part.findings for part in parts])
    receptors = pd.concat([part.receptors for part in parts], ignore_index=True)
    pairs = worst_of_pairs(table, hazards=side.hazards, receptors=receptors)
    seen = {role for part in parts for role in part.roles} | streamed
    roles = (set(side.hazards["role"].unique()), seen)
    picked = sum((part.picked for part in parts), np.zeros(len(side.rules), dtype=np.int64))
    displaced: dict[str, int] = {}
    for part in parts:
        for name, count in part.displaced.items():
            displaced[name] = displaced.get(name, 0) + count
    coverage = [
        _cover(side, number, roles=roles, receptors=int(picked[number]), streamed=streamed)
        for number in range(len(side.rules))
    ]
    counted = count_rules(pd.DataFrame(coverage), findings=table, displaced=displaced)
    return Setbacks(table, pairs, counted)


def _cover(
    side: HazardSide,
    number: int,
    *,
    roles: tuple[set[str], set[str]],
    receptors: int,
    streamed: frozenset[str],
) -> dict[str, object]:
    rule, hazards = side.rules[number], int((side.picks[number] > NO).sum())
    present = roles[0] | roles[1]
    wanted = [*rule.entry.hazard.roles, *rule.entry.receptor.roles]
    return {
        "rule": rule.id,
        "status": _why_silent(
            rule,
            side,
            roles,
            has_rows=hazards > 0
            and (receptors > 0 or bool(streamed & set(rule.entry.receptor.roles))),
        ),
        "hazards": hazards,
        "receptors": receptors,
        "missing_roles": ", ".join(sorted({role for role in wanted if role not in present})),
    }


@dataclass(frozen=True, slots=True)
class _Check:
    """Carry what every rule looks at in one part."""

    side: HazardSide
    status: Sequence[str]
    receptors: gpd.GeoDataFrame
    parent_of: dict[str, str]
    # How each rule picks each receptor: NO, UNKNOWN or YES; shape (rules, receptors).
    receptor_picks: NDArray[np.int8]

    @classmethod
    def prepare(
        cls, side: HazardSide, receptors: gpd.GeoDataFrame, *, parent_of: dict[str, str]
    ) -> _Check:
        picks = pick_rows(receptors, [rule.entry.receptor for rule in side.rules])
        roles = (set(side.hazards["role"].unique()), set(receptors["role"].unique()))
        some = np.asarray(side.picks.any(axis=1) & picks.any(axis=1))
        status = [
            _why_silent(rule, side, roles, has_rows=bool(some[number]))
            for number, rule in enumerate(side.rules)
        ]
        return cls(side, status, receptors, parent_of, picks)

    def judge_all(self) -> pd.DataFrame:
        """Measure every pair once and judge it under each rule that asks about it."""
        ran = [i for i, status in enumerate(self.status) if status == "ran" or self._is_asked(i)]
        flow = [i for i in ran if self.side.rules[i].entry.form == "flow"]
        plain = [i for i in ran if i not in flow]
        # Along the flow a pond is measured from the toe of its dam, not from its outline.
        below = self._judge_from(self.side.flows.hazards, flow) if flow else pd.DataFrame()
        return join_tables([self._judge_from(self.side.hazards, plain), below])

    def _is_asked(self, number: int) -> bool:
        """Tell whether a rule without a number brings in pairs of its own."""
        entry = self.side.rules[number].entry
        return self.status[number] == "no_number" and entry.search_m is not None

    def _judge_from(self, hazards: gpd.GeoDataFrame, numbers: Sequence[int]) -> pd.DataFrame:
        reach_m = self._reaches(hazards, numbers)
        met = meet(
            np.asarray(hazards.geometry.array),
            np.asarray(self.receptors.geometry.array),
            hazard_picks=self.side.picks[numbers] > NO,
            receptor_picks=self.receptor_picks[numbers] > NO,
            reach_m=reach_m,
        )
        met = met.take(self._strangers(met))
        same_owner = self._same_owner(met)
        rows, rule = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)]
        for number, metres in zip(numbers, reach_m, strict=True):
            asked = (self.side.picks[number][met.hazard] > NO) & (met.distance_m <= metres)
            asked &= self.receptor_picks[number][met.receptor] > NO
            if self.side.rules[number].entry.exclude_same_owner:
                asked &= ~same_owner
            rows.append(np.flatnonzero(asked))
            rule.append(np.full(len(rows[-1]), number))
        return self._judge(hazards, met.take(np.concatenate(rows)), np.concatenate(rule))

    def _judge(
        self, hazards: gpd.GeoDataFrame, met: Encounters, rule: NDArray[np.intp]
    ) -> pd.DataFrame:
        if len(rule) == 0:
            return pd.DataFrame()
        sure = self.side.picks[rule, met.hazard] == YES
        sure &= self.receptor_picks[rule, met.receptor] == YES
        found = judge_case(
            Case(
                rules=self.side.rules,
                rule=rule,
                met=met,
                is_sure=sure,
                hazards=hazards,
                receptors=self.receptors,
                reports=self.side.reports,
                consents=self.side.consents,
                flows=self.side.flows,
            )
        )
        # A pair is listed by what is drawn, and also where the true line can lie too near.
        rule = rule[found.index.to_numpy()]
        near_m = np.array([self._own_m(one) for one in self.side.rules])[rule]
        # A report or a column may ask for more than its rule looks for otherwise.
        own_m = found["required_most_m"].to_numpy(float) * LISTED_TIMES
        own = (found["evidence"] != "") | (found["form"] == "multiple")
        listed = np.fmax(near_m, np.where(own, own_m, 0.0))
        # What lies near in the straight line is listed, however far along the flow it is.
        drawn_m = found["measured_m"].where(found["straight_m"].isna(), found["straight_m"])
        near = (drawn_m - found["accuracy_m"]).to_numpy() <= listed
        near |= ((found["low_m"] < found["required_most_m"]) & (found["outward_m"] > 0)).to_numpy()
        kept = found[near].drop(columns="outward_m")
        both_ways = np.array([_picks_itself(one) for one in self.side.rules])[rule[near]]
        return worse_direction(kept, both_ways).reset_index(drop=True)

    def _reaches(self, hazards: gpd.GeoDataFrame, numbers: Sequence[int]) -> NDArray[np.float64]:
        """How far rules look: what they list, and all that may lie between drawn and true."""
        reach_m = np.array([self._listed_m(self.side.rules[number]) for number in numbers])
        for table, picks in (
            (hazards, self.side.picks),
            (self.receptors, self.receptor_picks),
        ):
            picked = picks[numbers] > NO
            within_m = np.nan_to_num(table["within_m"].to_numpy(float))
            for doubt_m in (table["accuracy_m"].to_numpy(float), largest_width(table), within_m):
                reach_m += np.where(picked, doubt_m, 0.0).max(axis=1, initial=0.0)
        return reach_m

    def _own_m(self, rule: Rule) -> float:
        """How far a rule lists pairs whatever a report or a column asks."""
        entry = rule.entry
        if entry.form in {"report", "multiple"}:
            return entry.search_m or 0.0
        return self._listed_m(rule)

    def _listed_m(self, rule: Rule) -> float:
        return listed_m(rule, reports=self.side.reports, hazards=self.side.hazards)

    def _strangers(self, met: Encounters) -> NDArray[np.bool_]:
        """Tell which pairs are neither one feature nor part of each other."""
        left = self.side.hazards["ref"].to_numpy(dtype=object)[met.hazard]
        right = self.receptors["ref"].to_numpy(dtype=object)[met.receptor]
        above = {ref: set(ancestors(ref, parent_of=self.parent_of)) for ref in self.parent_of}
        strangers: NDArray[np.bool_] = left != right
        can_be_kin = np.isin(left, list(above)) | np.isin(right, list(above))
        for row in np.flatnonzero(strangers & can_be_kin):
            a, b = left[row], right[row]
            strangers[row] = b not in above.get(a, ()) and a not in above.get(b, ())
        return strangers

    def _same_owner(self, met: Encounters) -> NDArray[np.bool_]:
        owner = self.side.hazards["owner"].iloc[met.hazard].reset_index(drop=True)
        other = self.receptors["owner"].iloc[met.receptor].reset_index(drop=True)
        return _is_one_owner(owner, other).to_numpy(dtype=bool)

    def open_questions(self, findings: pd.DataFrame) -> list[pd.DataFrame]:
        """List rules without a number on the pairs that other rules brought in."""
        parts: list[pd.DataFrame] = []
        if findings.empty:
            return parts
        near = findings[~findings["verdict"].isin(["inventory"])]
        near = near.sort_values(["source", "target", "measured_m", "rule"], kind="stable")
        near = near.drop_duplicates(["source", "target"])
        for number, rule in enumerate(self.side.rules):
            if self.status[number] != "no_number" or self._is_asked(number):
                continue
            if rule.entry.nature == "inventory":
                continue
            # A column that is not held may be the one: the question stays open then too.
            hit = self._selected(number, near, least=UNKNOWN) & ~self._left_out(rule, near)
            if not hit.any():
                continue
            asked = near[hit].copy()
            asked["rule"], asked["nature"] = rule.id, rule.entry.nature
            asked["verdict"], asked["reason"] = "undetermined", "no_number"
            asked["form"] = "unanswered"
            for column in (*_REQUIRED, *_RISKS, "low_m", "high_m"):
                asked[column] = np.nan
            for column in _PAPERS:
                asked[column] = ""
            parts.append(asked)
        return parts

    def _selected(self, number: int, pairs: pd.DataFrame, *, least: int) -> pd.Series:
        hazards, receptors = self.side.picks[number], self.receptor_picks[number]
        sources = self.side.hazards.loc[hazards >= least, "ref"]
        targets = self.receptors.loc[receptors >= least, "ref"]
        return pairs["source"].isin(sources) & pairs["target"].isin(targets)

    def _left_out(self, rule: Rule, pairs: pd.DataFrame) -> pd.Series:
        """Tell which pairs a rule leaves out as own facilities."""
        if not rule.entry.exclude_same_owner:
            return pd.Series(data=False, index=pairs.index)
        owner = pairs["source"].map(self.side.hazards.set_index("ref")["owner"])
        other = pairs["target"].map(self.receptors.set_index("ref")["owner"])
        return _is_one_owner(owner, other)

    def displace(self, findings: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
        """Let a special code take the place of the general one."""

        def select(number: int, table: pd.DataFrame, least: int) -> pd.Series:
            own = self._left_out(self.side.rules[number], table)
            return self._selected(number, table, least=least) & ~own

        asked = [status in {"ran", "no_number"} for status in self.status]
        picked = Picked(select, self._missing)
        return displace(findings, rules=self.side.rules, asked=asked, picked=picked)

    def _missing(self, number: int, pairs: pd.DataFrame) -> list[str]:
        """Name the columns that a rule asks of each pair and that are not held."""
        entry = self.side.rules[number].entry
        ends = []
        for features, column, selector in (
            (self.side.hazards, "source", entry.hazard),
            (self.receptors, "target", entry.receptor),
        ):
            named = features[features["ref"].isin(pairs[column])]
            lacking = missing_columns(named, columns=selector.where)
            by_ref = dict(zip(named["ref"], lacking, strict=True))
            ends.append([by_ref.get(ref, "") for ref in pairs[column]])
        return join_names(*ends)


def _is_one_owner(owner: pd.Series, other: pd.Series) -> pd.Series:
    # An owner that is not stated counts as another's: the safe side.
    return (owner.notna() & (owner == other)).fillna(value=False).astype(bool)


def _why_silent(
    rule: Rule, side: HazardSide, roles: tuple[set[str], set[str]], *, has_rows: bool
) -> str:
    entry = rule.entry
    silence = side.silence(rule)
    if silence is not None:
        return silence
    if not (roles[0] & set(entry.hazard.roles) and roles[1] & set(entry.receptor.roles)):
        return "no_layer"
    if not has_rows:
        return "no_rows"
    return "no_number" if entry.no_number is not None else "ran"


def _picks_itself(rule: Rule) -> bool:
    return bool(set(rule.entry.hazard.roles) & set(rule.entry.receptor.roles))
