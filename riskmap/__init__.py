"""Check safety setbacks against dated, cited law, and draw the maps people act on.

The public names load their rooms when they are first used, so that ``riskmap --version``
does not wait for libraries it does not need.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType

_ROOMS = MappingProxyType(
    {
        "Assessment": "assessment",
        "Declared": "proposal",
        "Layer": "quality",
        "RiskmapError": "errors",
        "Rulebook": "rulebook",
        "assess": "pipeline",
        "build_hidden_dangers": "register",
        "build_rings": "zones",
        "build_survey": "register",
        "build_zones": "zones",
        "case_folder": "defaults",
        "check_setbacks": "setback",
        "check_site": "site",
        "choose_sheet_plane": "crs",
        "classify_receptors": "classes",
        "count_people": "population",
        "draw_figure": "figure",
        "draw_map": "webmap",
        "grade_scores": "computed",
        "gather_crowd": "population",
        "grade_sources": "classes",
        "load_config": "config",
        "load_style": "style",
        "make_layer": "quality",
        "map_units": "content",
        "read_gradings": "grading",
        "read_proposal": "proposal",
        "read_rulebooks": "rulebook",
        "read_schemes": "schemes",
        "render_map": "webmap",
        "save_figure": "figure",
        "suspect_units": "criteria",
        "tier_units": "tiers",
    }
)

__all__ = sorted(_ROOMS)  # noqa: PLE0605 - a list, sorted from the table above


def __getattr__(name: str) -> object:
    """Load the room of a public name when it is first asked for."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'riskmap' has no attribute {name!r}")
    return getattr(import_module(f"riskmap.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
