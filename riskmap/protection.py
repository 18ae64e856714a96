"""Protect roads, railways and pipelines from any building: a layer of its own.

These rules (``scope = "site"``) are about who builds beside a line, not about hazards: a
review would drown in houses. So they bind what is built after the line and after the rule;
what stood first is listed as existing (公路安全保护条例第十三条: what was lawfully built before
the zone was drawn may not be enlarged, and is compensated where it has to go), and what has
no date stays open until one is held.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from riskmap.findings import finish_findings
from riskmap.hazards import HazardSide
from riskmap.location import gather_layers
from riskmap.setback import check_receptors
from riskmap.verdict import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    import geopandas as gpd

    from riskmap.articles import Rule
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

# What fails, what is open, and what stood first.
LISTED_VERDICTS = (*VERDICTS[:5], "not_bound")


def bind_builders(side: HazardSide) -> HazardSide:
    """Let the rules that protect lines bind what is new, and nothing that stood first.

    Parameters
    ----------
    side : HazardSide
        The hazards' side of all pairs.

    Returns
    -------
    HazardSide
        The same side; its line-protection rules ask who came first.
    """
    return replace(side, rules=[_binding_builders(rule) for rule in side.rules])


def _binding_builders(rule: Rule) -> Rule:
    if rule.entry.scope != "site" or rule.entry.binds != "any":
        return rule
    return replace(rule, entry=rule.entry.model_copy(update={"binds": "new"}))


def asked_roles(rules: Iterable[Rule], *, of: str | None = None) -> frozenset[str]:
    """List the roles that stand on the hazards' side of some rules.

    Parameters
    ----------
    rules : iterable of Rule
        The rules.
    of : str, optional
        Only of rules that protect this role.

    Returns
    -------
    frozenset of str
        Roles.
    """
    chosen = [rule.entry for rule in rules if of is None or of in rule.entry.receptor.roles]
    return frozenset(role for entry in chosen for role in entry.hazard.roles)


def protect_lines(layers: Sequence[Layer], *, rulebook: Rulebook, as_of: date) -> gpd.GeoDataFrame:
    """Check what is built near roads, railways and pipelines.

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
    geopandas.GeoDataFrame
        FINDINGS that fail, are undetermined, or stood before the line or the rule
        (``not_bound``); they count in no verdict of the hazard review.
    """
    roles = asked_roles(rule for rule in rulebook.rules if rule.entry.scope == "site")
    builders = gather_layers([layer for layer in layers if layer.spec.role in roles])
    side = HazardSide.prepare(
        layers, rulebook=rulebook, as_of=as_of, scope="lines", hazards=builders
    )
    findings = finish_findings([check_receptors(bind_builders(side), layers).findings])
    listed = findings["verdict"].isin(LISTED_VERDICTS)
    kept: gpd.GeoDataFrame = findings[listed].reset_index(drop=True)
    return kept
