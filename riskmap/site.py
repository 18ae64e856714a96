"""May this project go here? One answer a candidate, with what was not asked.

What an existing hazard need not keep because it stood first is told apart: the candidate
would come too near, and nobody violates anything. "Nothing against it" is said only of the
rules that were asked, and never beyond the study area, where the layers end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.assessment import Assessment
from riskmap.bothways import hold_both_ways, siting_side
from riskmap.checking import open_project
from riskmap.errors import ConfigError, complain
from riskmap.hazards import pick_rows
from riskmap.outcome import count_rules
from riskmap.pipeline import marks_of
from riskmap.progress import Silent
from riskmap.quality import counts_table, problems_table
from riskmap.rules import NO, UNKNOWN
from riskmap.stream import classify_batch
from riskmap.tables import (
    FINDINGS,
    HIDDEN_DANGERS,
    RINGS,
    SITES,
    SURVEY,
    UNANSWERED,
    ZONES,
    arrange,
)
from riskmap.tiers import tier_units
from riskmap.verdict import VERDICTS, verdict_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from riskmap.articles import Rule
    from riskmap.bothways import Meeting
    from riskmap.checking import Opened
    from riskmap.clauses import Selector
    from riskmap.config import RunConfig
    from riskmap.hazards import HazardSide
    from riskmap.progress import Progress
    from riskmap.quality import Layer

# Verdicts of a candidate, the worst first; the last three are no verdict of a pair.
SITE_VERDICTS = (*VERDICTS[:5], "unchecked", "too_near", "clear")
# Where a candidate lies: layers are only held for the study area and what reaches it.
PLACES = ("inside", "across", "outside")
_ASKING = VERDICTS[:5]
_COUNTED = (
    ("violations", VERDICTS[:2]),
    ("consents_missing", ("consent_missing",)),
    ("advisories", ("advisory_short",)),
    ("undetermined", ("undetermined",)),
)
_ASKED = ("ran", "some_missing")
# Rules that were not asked, or not of everything that they are about.
_OPEN = ("no_layer", "some_missing", "no_number", "off")


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """Hold what a siting question came to.

    Parameters
    ----------
    tray : Assessment
        Layers with the candidates among them, the law, FINDINGS and PAIRS of the candidates,
        and COVERAGE of the rules that are about one of them; nothing else is filled in.
    candidates : Layer
        The candidates.
    sites : geopandas.GeoDataFrame
        SITES in EPSG:3395: one row a candidate.
    unanswered : pandas.DataFrame
        UNANSWERED: which rules about a candidate were not asked, or not of every layer.
    """

    tray: Assessment
    candidates: Layer
    sites: gpd.GeoDataFrame
    unanswered: pd.DataFrame

    @property
    def too_near(self) -> gpd.GeoDataFrame:
        """Return the findings of what stood first and has a candidate come too near."""
        found = self.tray.findings
        own = found["target"].isin(self.candidates.features["ref"])
        kept: gpd.GeoDataFrame = found[own & (found["verdict"] == "not_bound")]
        return kept

    @property
    def asking(self) -> gpd.GeoDataFrame:
        """Return the findings that fail, lack a consent or are undetermined."""
        found = self.tray.findings
        kept: gpd.GeoDataFrame = found[found["verdict"].isin(_ASKING)]
        return kept


def check_site(
    config: RunConfig, *, candidates: Layer, progress: Progress | None = None
) -> SiteAnswer:
    """Ask whether candidates may go where they are proposed.

    Parameters
    ----------
    config : RunConfig
        The project.
    candidates : Layer
        What is proposed (`riskmap.proposal.read_proposal`).
    progress : Progress, optional
        Told of each step.

    Returns
    -------
    SiteAnswer
        One answer a candidate; all candidates in one pass.

    Raises
    ------
    ConfigError
        When the project has a layer of the candidates' name.
    DataError, RulebookError
        When a layer or the law cannot be used.
    """
    progress = progress or Silent()
    if any(spec.id == candidates.spec.id for spec in config.catalog.layer):
        raise ConfigError([complain("error.site_id", {"id": candidates.spec.id})])
    project = open_project(config, progress=progress)
    # Rules select by class; a candidate's neighbours are not counted with it.
    candidates, _ = classify_batch(candidates, ready=project.ready, as_of=config.as_of)
    met = hold_both_ways(project, candidates=candidates, progress=progress)
    standing = [layer.spec.role for layer in project.ready.layers]
    standing += [source.spec.role for source in project.sources]
    reach = _Reach.prepare(project, candidates, frozenset(standing))
    coverage = count_rules(reach.coverage(), findings=met.findings, displaced={})
    unanswered = reach.unanswered(coverage)
    tray = _tray(config, project, candidates, met, coverage)
    sites = _sites(tray, candidates, reach, unanswered)
    return SiteAnswer(tray, candidates, sites, unanswered)


def _tray(
    config: RunConfig,
    project: Opened,
    candidates: Layer,
    met: Meeting,
    coverage: pd.DataFrame,
) -> Assessment:
    """Lay out an assessment of which only the siting question is filled in."""
    nothing, ready = pd.DataFrame(), project.ready
    layers = (*ready.layers, candidates)
    return Assessment(
        title=config.project.title,
        case=config.project.case,
        as_of=config.as_of,
        marks=marks_of(config),
        plane=ready.plane,
        study_area=ready.study_area,
        layers=layers,
        rulebook=ready.rulebook,
        units=tier_units(ready.layers, as_of=config.as_of),
        findings=met.findings,
        pairs=met.pairs,
        coverage=coverage,
        rings=arrange(nothing, RINGS),
        zones=arrange(nothing, ZONES),
        survey=arrange(nothing, SURVEY),
        survey_radius_m=config.project.survey.radius_m,
        hidden_dangers=arrange(nothing, HIDDEN_DANGERS),
        counts=counts_table([*(layer.counts for layer in layers), *met.counts]),
        problems=problems_table(layers),
        line_protection=arrange(nothing, FINDINGS),
    )


@dataclass(frozen=True, slots=True)
class _Reach:
    """Carry which rules are about which candidates, and which layers answer them."""

    side: HazardSide
    features: gpd.GeoDataFrame
    # How each rule picks each candidate as what it protects; shape (rules, candidates).
    protected: NDArray[np.int8]
    standing: frozenset[str]

    @classmethod
    def prepare(cls, project: Opened, candidates: Layer, standing: frozenset[str]) -> _Reach:
        side = siting_side(project, standing=[candidates], layers=project.ready.layers)
        protected = pick_rows(side.hazards, [rule.entry.receptor for rule in side.rules])
        return cls(side, side.hazards, protected, standing)

    def about(self, number: int) -> NDArray[np.bool_]:
        """Tell which candidates a rule is about, on either side."""
        about: NDArray[np.bool_] = (self.side.picks[number] > NO) | (self.protected[number] > NO)
        return about

    def coverage(self) -> pd.DataFrame:
        """Say of every rule about a candidate whether it was asked."""
        rows = []
        for number, rule in enumerate(self.side.rules):
            as_hazard = self.side.picks[number] > NO
            as_receptor = self.protected[number] > NO
            wanted = set(rule.entry.receptor.roles) if as_hazard.any() else set()
            wanted |= set(rule.entry.hazard.roles) if as_receptor.any() else set()
            if not wanted:
                continue
            missing = sorted(wanted - self.standing)
            row = {
                "rule": rule.id,
                "status": self._status(rule, missing, has_layer=bool(wanted & self.standing)),
                "hazards": int(as_hazard.sum()),
                "receptors": int(as_receptor.sum()),
                "missing_roles": ", ".join(missing),
            }
            rows.append(row)
        columns = ["rule", "status", "hazards", "receptors", "missing_roles"]
        return pd.DataFrame(rows, columns=columns)

    def _status(self, rule: Rule, missing: Sequence[str], *, has_layer: bool) -> str:
        silence = self.side.silence(rule)
        if silence is not None:
            return silence
        if not has_layer:
            return "no_layer"
        if rule.entry.no_number is not None:
            return "no_number"
        return "some_missing" if missing else "ran"

    def unanswered(self, coverage: pd.DataFrame) -> pd.DataFrame:
        """List which rules about each candidate were not asked, or not of every layer."""
        refs = self.features["ref"].to_numpy(dtype=object)
        numbers = {rule.id: number for number, rule in enumerate(self.side.rules)}
        frames = [
            pd.DataFrame({"ref": refs[self.about(numbers[rule])]}).assign(
                rule=rule, status=status, missing_roles=missing
            )
            for rule, status, missing in zip(
                coverage["rule"].astype(str),
                coverage["status"].astype(str),
                coverage["missing_roles"].astype(str),
                strict=True,
            )
            if status in _OPEN
        ]
        table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        if len(table):
            table = table.sort_values(["ref", "rule"], kind="stable")
        return pd.DataFrame(arrange(table, UNANSWERED))

    def asked(self, coverage: pd.DataFrame) -> tuple[NDArray[np.int64], list[str]]:
        """Count the rules asked of each candidate, and name the columns that they miss."""
        status = dict(zip(coverage["rule"], coverage["status"], strict=True))
        count = np.zeros(len(self.features), dtype=np.int64)
        lacking: dict[str, NDArray[np.bool_]] = {}
        for number, rule in enumerate(self.side.rules):
            if status.get(rule.id) not in _ASKED:
                continue
            count += self.about(number)
            self._lack(lacking, rule.entry.hazard, self.side.picks[number])
            self._lack(lacking, rule.entry.receptor, self.protected[number])
        names: list[list[str]] = [[] for _ in count]
        for column in sorted(lacking):
            for row in np.flatnonzero(lacking[column]):
                names[row].append(column)
        return count, [", ".join(found) for found in names]

    def _lack(
        self, lacking: dict[str, NDArray[np.bool_]], selector: Selector, picks: NDArray[np.int8]
    ) -> None:
        for column in selector.where:
            held = self.features[column].notna().to_numpy() if column in self.features else False
            lack = (picks == UNKNOWN) & ~np.asarray(held, dtype=bool)
            lacking[column] = lacking.get(column, np.zeros(len(lack), dtype=bool)) | lack


def _sites(
    tray: Assessment, candidates: Layer, reach: _Reach, unanswered: pd.DataFrame
) -> gpd.GeoDataFrame:
    features = candidates.features
    table = gpd.GeoDataFrame(
        {
            "number": np.arange(1, len(features) + 1),
            "ref": features["ref"],
            "name": features["name"].fillna(features["ref"]),
            "role": features["role"],
            "kind": features.get("kind", ""),
            "established": features["established"],
            "place": _places(features, tray.study_area),
        },
        geometry=np.asarray(features.geometry.array),
        crs=features.crs,
    )
    ends = _ends(tray, frozenset(features["ref"]))
    for name, verdicts in _COUNTED:
        table[name] = _counted(ends["verdict"].isin(verdicts), ends, table)
    table["guarded"] = _counted(ends["guarded"], ends, table)
    too_near = tray.findings[tray.findings["verdict"] == "not_bound"]
    too_near = too_near.drop_duplicates(["source", "target"])
    table["too_near"] = table["ref"].map(too_near["target"].value_counts()).fillna(0).astype(int)
    table["rules_asked"], table["missing"] = reach.asked(tray.coverage)
    table["unanswered"] = table["ref"].map(unanswered["ref"].value_counts()).fillna(0).astype(int)
    table = table.merge(_worst(tray, ends), on="ref", how="left")
    table["verdict"] = _verdicts(table)
    return arrange(table, SITES)


def _places(features: gpd.GeoDataFrame, area: shapely.Geometry) -> NDArray[np.str_]:
    shapes = np.asarray(features.geometry.array)
    shapely.prepare(area)
    within, touches = shapely.covers(area, shapes), shapely.intersects(area, shapes)
    return np.where(within, "inside", np.where(touches, "across", "outside"))


def _ends(tray: Assessment, own: frozenset[str]) -> pd.DataFrame:
    """Look at every pair from the candidate's end; a pair of candidates from both."""
    pairs = tray.pairs
    ends = pd.concat(
        [pairs.assign(ref=pairs["source"]), pairs.assign(ref=pairs["target"])], ignore_index=True
    )
    return ends[ends["ref"].isin(own)].reset_index(drop=True)


def _counted(flags: pd.Series, ends: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    counted = ends.loc[flags.astype(bool), "ref"].value_counts()
    return table["ref"].map(counted).fillna(0).astype(int)


def _worst(tray: Assessment, ends: pd.DataFrame) -> pd.DataFrame:
    """Take the worst pair of each candidate; of equal verdicts the largest shortfall."""
    asking = ends[ends["verdict"].isin(_ASKING)]
    order = pd.Series(np.arange(len(tray.findings)), index=tray.findings["finding_id"])
    asking = asking.assign(
        rank=verdict_rank(asking["verdict"].to_numpy()),
        order=asking["finding_id"].map(order).to_numpy(),
    )
    asking = asking.sort_values(["ref", "rank", "order"], kind="stable").drop_duplicates("ref")
    columns = ["finding_id", "source", "source_name", "target_name", "form"]
    columns += ["required_m", "short_m"]
    numbers = pd.DataFrame(tray.findings[columns])
    worst = asking.drop(columns=["source"]).merge(numbers, on="finding_id", how="left")
    is_source = (worst["source"] == worst["ref"]).to_numpy()
    worst["other"] = np.where(is_source, worst["target_name"], worst["source_name"])
    kept = ["ref", "verdict", "finding_id", "rule", "other", "form"]
    return worst[[*kept, "required_m", "measured_m", "short_m"]]


def _verdicts(table: pd.DataFrame) -> NDArray[np.str_]:
    held = table["verdict"].fillna("").to_numpy(dtype="U20")
    # Nothing found beyond the study area says nothing: the layers end there.
    quiet = np.where(table["too_near"] > 0, "too_near", "clear")
    quiet = np.where(table["place"] != "inside", "undetermined", quiet)
    quiet = np.where(table["rules_asked"] == 0, "unchecked", quiet)
    return np.where(held != "", held, quiet)
