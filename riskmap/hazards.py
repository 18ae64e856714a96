"""The hazards' side of every pair: what stays in place while receptors come by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from riskmap.evidence import consents_on, register_rows, reports_on
from riskmap.lines import largest_width
from riskmap.location import gather
from riskmap.rules import NO, select_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from riskmap.quality import Layer
    from riskmap.rulebook import Rule, Rulebook, Selector

# Pairs are listed out to this multiple of the required distance, compliant ones too: a
# choice of what to print, not of law.
LISTED_TIMES = 1.5


@dataclass(frozen=True, slots=True)
class HazardSide:
    """Hold what stays in place while receptors come by: hazards, law and papers.

    Parameters
    ----------
    rules : sequence of Rule
        The law.
    as_of : datetime.date
        Assessment date.
    hazards : geopandas.GeoDataFrame
        Hazards in EPSG:3395, with what each layer declares.
    picks : numpy.ndarray of int8, shape (rules, hazards)
        How each rule picks each hazard: NO, UNKNOWN or YES.
    consents, reports : pandas.DataFrame
        Consents and safety reports that are valid on the day.
    """

    rules: Sequence[Rule]
    as_of: date
    hazards: gpd.GeoDataFrame
    picks: NDArray[np.int8]
    consents: pd.DataFrame
    reports: pd.DataFrame

    @classmethod
    def prepare(cls, layers: Sequence[Layer], *, rulebook: Rulebook, as_of: date) -> HazardSide:
        """Gather the hazards of some layers and let every rule pick its own.

        Parameters
        ----------
        layers : sequence of Layer
            Layers and registers of the run, in EPSG:3395.
        rulebook : Rulebook
            The law.
        as_of : datetime.date
            Assessment date.

        Returns
        -------
        HazardSide
            The hazards' side of every pair.
        """
        hazards = gather(layers, part="hazard")
        return cls(
            rules=rulebook.rules,
            as_of=as_of,
            hazards=hazards,
            picks=pick_rows(hazards, [rule.entry.hazard for rule in rulebook.rules]),
            consents=consents_on(register_rows(layers, "consent"), as_of),
            reports=reports_on(register_rows(layers, "safety_report"), as_of),
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
        return replace(self, hazards=kept, picks=self.picks[:, rows])

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
            asks = rule.applies_on(self.as_of) and entry.on and role in entry.receptor.roles
            if not asks or entry.no_number is not None:
                continue
            picked = self.picks[number] > NO
            far_m[picked] = np.maximum(far_m[picked], listed_m(rule, self.reports))
        return np.where(far_m < 0.0, -1.0, far_m + own_m + doubt_m)


def listed_m(rule: Rule, reports: pd.DataFrame) -> float:
    """Tell how far a rule's pairs are looked for.

    Parameters
    ----------
    rule : Rule
        The rule.
    reports : pandas.DataFrame
        Safety reports that are valid on the day.

    Returns
    -------
    float
        Distance [m]; 0 for a rule without a number. A rule that takes its distance from
        reports looks as far as the longest of them asks.
    """
    entry = rule.entry
    if entry.distance_from is not None:
        longest = float(reports["distance_m"].max()) if len(reports) else 0.0
        return max(entry.search_m or 0.0, longest * LISTED_TIMES)
    return entry.search_m or (entry.distance_m or 0.0) * LISTED_TIMES


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
