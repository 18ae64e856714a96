"""The hazards' side of every pair: what stays in place while receptors come by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from riskmap.contours import hold_contours
from riskmap.contradictions import distances_of
from riskmap.demands import widest_demand
from riskmap.evidence import consents_on, register_rows, reports_on
from riskmap.lines import largest_width
from riskmap.location import gather
from riskmap.rules import NO, select_rows
from riskmap.toes import follow_flows, longest_flow, toe_offsets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from riskmap.articles import Rule
    from riskmap.clauses import Selector
    from riskmap.flow import Flows
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

# Pairs are listed out to this multiple of the required distance, compliant ones too: a
# choice of what to print, not of law.
LISTED_TIMES = 1.5

Scope = Literal["review", "site", "lines"]


@dataclass(frozen=True, slots=True)
class HazardSide:
    """Hold what stays in place while receptors come by: hazards, law and papers.

    Parameters
    ----------
    rules : sequence of Rule
        The law.
    as_of : datetime.date
        Assessment date.
    scope : {'review', 'site', 'lines'}
        Which rules run.
    hazards : geopandas.GeoDataFrame
        Hazards in EPSG:3395, with what each layer declares.
    picks : numpy.ndarray of int8, shape (rules, hazards)
        How each rule picks each hazard: NO, UNKNOWN or YES.
    consents, reports : pandas.DataFrame
        Consents and safety reports that are valid on the day.
    flows : Flows
        The way of the tailings below each hazard that has a dam toe.
    """

    rules: Sequence[Rule]
    as_of: date
    scope: Scope
    hazards: gpd.GeoDataFrame
    picks: NDArray[np.int8]
    consents: pd.DataFrame
    reports: pd.DataFrame
    flows: Flows

    @classmethod
    def prepare(
        cls,
        layers: Sequence[Layer],
        *,
        rulebook: Rulebook,
        as_of: date,
        scope: Scope = "review",
        hazards: gpd.GeoDataFrame | None = None,
    ) -> HazardSide:
        """Gather the hazards of some layers and let every rule pick its own.

        Parameters
        ----------
        layers : sequence of Layer
            Layers and registers of the run, in EPSG:3395.
        rulebook : Rulebook
            The law.
        as_of : datetime.date
            Assessment date.
        scope : {'review', 'site', 'lines'}, optional
            Which rules run: those of the hazard review; all, for a siting question; or
            only those that protect lines from any building.
        hazards : geopandas.GeoDataFrame, optional
            What stands on the hazards' side (`riskmap.location.gather_layers`); every
            layer that can be a hazard when not given.

        Returns
        -------
        HazardSide
            The hazards' side of every pair.
        """
        rules = [rule for rule in rulebook.rules if scope != "lines" or _protects_a_line(rule)]
        if hazards is None:
            hazards = gather(layers, part="hazard")
        hazards = hold_contours(hazards, as_of=as_of)
        return cls(
            rules=rules,
            as_of=as_of,
            scope=scope,
            hazards=hazards,
            picks=pick_rows(hazards, [rule.entry.hazard for rule in rules]),
            consents=consents_on(register_rows(layers, "consent"), as_of),
            reports=reports_on(register_rows(layers, "safety_report"), as_of, units=hazards),
            flows=follow_flows(hazards, layers, asked_m=longest_flow(rules)),
        )

    def only(self, rows: NDArray[np.bool_]) -> HazardSide:
        """Return the side of some of the hazards.

        Parameters
        ----------
        rows : numpy.ndarray of bool, shape (hazards,)
            Which of them.

        Returns
        -------
        HazardSide
            The same law and papers.
        """
        kept = self.hazards[rows].reset_index(drop=True)
        flows = self.flows.only(rows)
        return replace(self, hazards=kept, picks=self.picks[:, rows], flows=flows)

    def silence(self, rule: Rule) -> str | None:
        """Tell why a rule is not asked at all, whatever the layers.

        Parameters
        ----------
        rule : Rule
            The rule.

        Returns
        -------
        str or None
            ``not_in_force``, ``superseded``, ``off``, ``site_only``, or None when it is asked.
        """
        if not rule.applies_on(self.as_of):
            return "not_in_force"
        if rule.is_superseded_on(self.as_of):
            return "superseded"
        if not rule.entry.on:
            return "off"
        kept_back = rule.entry.scope == "site" and self.scope == "review"
        return "site_only" if kept_back else None

    def reach_of(self, role: str, *, doubt_m: float) -> NDArray[np.float64]:
        """How far each hazard's rules look for receptors of a role.

        Parameters
        ----------
        role : str
            Role of the receptors.
        doubt_m : float
            How far at most their true lines may lie from the drawn ones [m].

        Returns
        -------
        numpy.ndarray, shape (hazards,)
            Distance [m]; below 0 where no rule that is alive joins them.
        """
        own_m = self.hazards["accuracy_m"].to_numpy(float) + largest_width(self.hazards)
        own_m += np.nan_to_num(self.hazards["within_m"].to_numpy(float))
        far_m = np.full(len(self.hazards), -1.0)
        for number, rule in enumerate(self.rules):
            entry = rule.entry
            if self.silence(rule) is not None or role not in entry.receptor.roles:
                continue
            if entry.form == "unanswered" and entry.search_m is None:
                continue
            picked = self.picks[number] > NO
            far = listed_m(rule, reports=self.reports, hazards=self.hazards)
            if entry.form == "flow":
                far = far + toe_offsets(self.hazards, self.flows.hazards)[picked]
            far_m[picked] = np.maximum(far_m[picked], far)
        return np.where(far_m < 0.0, -1.0, far_m + own_m + doubt_m)


def _protects_a_line(rule: Rule) -> bool:
    return rule.entry.scope == "site"


def listed_m(rule: Rule, *, reports: pd.DataFrame, hazards: pd.DataFrame) -> float:
    """Tell how far a rule's pairs are looked for.

    Parameters
    ----------
    rule : Rule
        The rule.
    reports : pandas.DataFrame
        Safety reports that are valid on the day.
    hazards : pandas.DataFrame
        Hazards of any roles, of which a rule may ask for a multiple of a column.

    Returns
    -------
    float
        Distance [m]; 0 for a rule without a number. A rule that takes its distance from
        reports or from a column looks as far as the longest of them asks.
    """
    entry = rule.entry
    if entry.form == "report":
        longest = float(reports["distance_m"].max()) if len(reports) else 0.0
        return max(entry.search_m or 0.0, longest * LISTED_TIMES)
    if entry.form == "multiple":
        asked = hazards[hazards["role"].isin(entry.hazard.roles)]
        longest = np.nanmax(widest_demand(entry, hazards=asked), initial=0.0)
        return max(entry.search_m or 0.0, float(longest) * LISTED_TIMES)
    stated = distances_of(entry)
    return max(entry.search_m or 0.0, max(stated, default=0.0) * LISTED_TIMES)


def pick_rows(table: pd.DataFrame, selectors: Sequence[Selector]) -> NDArray[np.int8]:
    """Let every rule pick its rows.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of any roles.
    selectors : sequence of Selector
        One a rule.

    Returns
    -------
    numpy.ndarray of int8, shape (rules, rows)
        NO, UNKNOWN or YES.
    """
    # Rules that pick alike are asked once.
    known: dict[str, NDArray[np.int8]] = {}
    for selector in selectors:
        key = repr(selector)
        if key not in known:
            known[key] = select_rows(table, selector=selector)
    picks = [known[repr(selector)] for selector in selectors]
    return np.array(picks, dtype=np.int8).reshape(len(selectors), len(table))
