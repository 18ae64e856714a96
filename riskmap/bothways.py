"""Hold candidates against what stands: as hazards, as receptors, and against each other.

One pass for all candidates each way. Large layers stream past them as they do in `check`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmap.evidence import established_days
from riskmap.findings import finish_findings
from riskmap.hazards import HazardSide, listed_m
from riskmap.lines import largest_width
from riskmap.location import gather_layers
from riskmap.outcome import worst_of_pairs
from riskmap.protection import asked_roles, bind_builders
from riskmap.roles import ROLES
from riskmap.setback import check_receptors
from riskmap.stream import check_batch, doubt_of, take_near, watch
from riskmap.verdict import verdict_rank

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import geopandas as gpd
    from numpy.typing import NDArray

    from riskmap.batches import LayerSource
    from riskmap.checking import Opened
    from riskmap.pipeline import Prepared
    from riskmap.progress import Progress
    from riskmap.quality import Layer, LayerCounts
    from riskmap.setback import Part


@dataclass(frozen=True, slots=True)
class Meeting:
    """Hold what candidates and what stands came to.

    Parameters
    ----------
    findings : geopandas.GeoDataFrame
        FINDINGS with a candidate at one end or both.
    pairs : pandas.DataFrame
        PAIRS of the same.
    counts : tuple of LayerCounts
        What became of the rows of streamed layers.
    """

    findings: gpd.GeoDataFrame
    pairs: pd.DataFrame
    counts: tuple[LayerCounts, ...]


def siting_side(
    project: Opened, *, standing: Sequence[Layer], layers: Sequence[Layer]
) -> HazardSide:
    """Put layers on the hazards' side of a siting question.

    Parameters
    ----------
    project : Opened
        The project.
    standing : sequence of Layer
        Layers of the hazards' side.
    layers : sequence of Layer
        Every layer and register, for consents and safety reports.

    Returns
    -------
    HazardSide
        The side under every rule; those that protect lines bind what is new.
    """
    side = HazardSide.prepare(
        layers,
        rulebook=project.ready.rulebook,
        as_of=project.side.as_of,
        scope="site",
        hazards=gather_layers(standing),
    )
    return bind_builders(side)


def hold_both_ways(project: Opened, *, candidates: Layer, progress: Progress) -> Meeting:
    """Hold candidates against everything that stands, both ways, and against each other.

    Parameters
    ----------
    project : Opened
        The project.
    candidates : Layer
        What is proposed, each row with the day on which it counts as established.
    progress : Progress
        Told of each step.

    Returns
    -------
    Meeting
        What they came to.

    Notes
    -----
    What stands in the project's layers without a date stood before a candidate that comes
    on the assessment date or later; before an earlier one nobody knows. The two are
    therefore two questions.
    """
    days = established_days(candidates.features["established"])
    is_new = days[:, 0] >= project.side.as_of.toordinal()
    progress.start("step.site", int(is_new.any()) + int((~is_new).any()))
    question = _Question(project, candidates, progress)
    parts: list[Part] = []
    hazards: list[gpd.GeoDataFrame] = []
    counts: dict[str, LayerCounts] = {}
    for rows, stood_first in ((is_new, True), (~is_new, False)):
        if rows.any():
            found, sides, seen = question.ask(rows, stood_first=stood_first)
            parts += found
            hazards += sides
            counts |= {count.layer: count for count in seen}
            progress.advance(candidates.spec.id)
    own = frozenset(candidates.features["ref"])
    findings = finish_findings([_once([part.findings for part in parts], own)])
    pairs = worst_of_pairs(
        findings,
        hazards=pd.concat(hazards, ignore_index=True),
        receptors=pd.concat([part.receptors for part in parts], ignore_index=True),
    )
    return Meeting(findings, pairs, tuple(counts.values()))


@dataclass(frozen=True, slots=True)
class _Question:
    project: Opened
    candidates: Layer
    progress: Progress

    def ask(
        self, rows: NDArray[np.bool_], *, stood_first: bool
    ) -> tuple[list[Part], list[gpd.GeoDataFrame], list[LayerCounts]]:
        """Hold some candidates against what stands and against all candidates."""
        features = self.candidates.features[rows].reset_index(drop=True)
        own = replace(self.candidates, features=features)
        first_day = self.project.side.as_of if stood_first else None
        standing = [_dated(layer, before=first_day) for layer in self.project.ready.layers]
        ready = replace(self.project.ready, layers=(*standing, self.candidates))
        side = siting_side(self.project, standing=[own], layers=ready.layers)
        parts = [check_receptors(side, ready.layers)]
        asked = asked_roles(
            [rule for rule in side.rules if side.silence(rule) is None], of=own.spec.role
        )
        held = [layer for layer in standing if layer.spec.role in asked]
        counts = []
        for source in self.project.sources:
            stream = _Stream(source, side, ready, own, source.spec.role in asked, first_day)
            counts.append(stream.take(parts, held, self.progress))
        against = siting_side(self.project, standing=held, layers=ready.layers)
        parts.append(check_receptors(against, [own], kin=ready.layers))
        return parts, [side.hazards, against.hazards], counts


@dataclass(frozen=True, slots=True)
class _Stream:
    """Take a large layer past the candidates; keep of it what may be too near to them."""

    source: LayerSource
    side: HazardSide
    ready: Prepared
    own: Layer
    is_asked: bool
    first_day: date | None

    def take(self, parts: list[Part], held: list[Layer], progress: Progress) -> LayerCounts:
        def take_one(layer: Layer) -> None:
            dated = _dated(layer, before=self.first_day)
            filled, part = check_batch(self.side, dated, ready=self.ready)
            parts.append(part)
            if self.is_asked:
                held.append(filled)

        doubt_m = doubt_of(self.source)
        reach_m = self.side.reach_of(self.source.spec.role, doubt_m=doubt_m)
        if self.is_asked:
            reach_m = np.maximum(reach_m, self._reach_of_layer(doubt_m))
        near = watch(self.side.hazards, reach_m=reach_m)
        return take_near(self.source, near=near, ready=self.ready, take=take_one, progress=progress)

    def _reach_of_layer(self, doubt_m: float) -> NDArray[np.float64]:
        """How far the layer's own rules look for candidates, from each of them [m]."""
        far_m = max(
            listed_m(rule, reports=self.side.reports, hazards=self.side.hazards)
            for rule in self.side.rules
            if self.source.spec.role in rule.entry.hazard.roles
            and self.own.spec.role in rule.entry.receptor.roles
        )
        table = self.side.hazards
        own_m = table["accuracy_m"].to_numpy(float) + largest_width(table)
        own_m += np.nan_to_num(table["within_m"].to_numpy(float))
        reach_m: NDArray[np.float64] = own_m + far_m + doubt_m
        return reach_m


def _dated(layer: Layer, *, before: date | None) -> Layer:
    """Let what has no date have stood the day before, when that is certain."""
    if before is None or not ROLES[layer.spec.role].parts & {"hazard", "receptor"}:
        return layer
    day = (before - timedelta(days=1)).isoformat()
    features = layer.features
    return replace(layer, features=features.assign(established=features["established"].fillna(day)))


def _once(parts: Sequence[pd.DataFrame], own: frozenset[str]) -> pd.DataFrame:
    """Keep of two things that pick each other the worse way, else the candidate's own."""
    held = [part for part in parts if not part.empty]
    if not held:
        return pd.DataFrame()
    found = pd.concat(held, ignore_index=True)
    ends = found[["source", "target"]].astype("str")
    ranked = found.assign(
        one=ends.min(axis=1),
        other=ends.max(axis=1),
        rank=verdict_rank(found["verdict"].to_numpy()),
        away=~found["source"].isin(own),
    )
    ranked = ranked.sort_values(["rule", "one", "other", "rank", "away", "source"], kind="stable")
    return ranked.drop_duplicates(["rule", "one", "other"]).drop(
        columns=["one", "other", "rank", "away"]
    )
