"""How each class of a map is inked: fills, hatches, lines and markers, one table for all.

Colours come from the style; widths, dashes and sizes on paper stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from riskmap.style import Style


@dataclass(frozen=True, slots=True)
class Ink:
    """Say how a class is drawn.

    Parameters
    ----------
    fill, hatch_colour, line, casing : str
        Colours; empty for none.
    hatch : str
        Hatch pattern of matplotlib.
    width_pt, casing_pt : float
        Widths of line and casing [pt].
    dash_mm : tuple of float
        Dashes and gaps [mm]; empty for a whole line.
    marker : str
        Outline of `MARKERS` for what is a point, or too small to see.
    marker_mm : float
        Its size [mm].
    marker_fill, marker_line : str
        Its colours.
    marker_dash_mm : tuple of float
        Dashes and gaps of its outline [mm]; empty for a whole line.
    text, text_colour : str
        Sign in it, and the colour of that.
    """

    fill: str = ""
    hatch: str = ""
    hatch_colour: str = ""
    line: str = ""
    width_pt: float = 0.0
    dash_mm: tuple[float, ...] = ()
    casing: str = ""
    casing_pt: float = 0.0
    marker: str = ""
    marker_mm: float = 0.0
    marker_fill: str = ""
    marker_line: str = ""
    marker_dash_mm: tuple[float, ...] = ()
    text: str = ""
    text_colour: str = ""


def _outline(*corners: tuple[float, float]) -> NDArray[np.float64]:
    return np.array([*corners, corners[0]], dtype=float)


_CIRCLE = np.array(
    [(np.cos(turn), np.sin(turn)) for turn in np.linspace(0.0, 2.0 * np.pi, 25)], dtype=float
)

# Outlines around the origin in a square from -0.5 to 0.5.
MARKERS: Mapping[str, NDArray[np.float64]] = MappingProxyType(
    {
        "square": _outline((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)),
        "diamond": _outline((0, -0.5), (0.5, 0), (0, 0.5), (-0.5, 0)),
        "triangle": _outline((-0.5, -0.433), (0.5, -0.433), (0, 0.5)),
        "house": _outline((-0.4, -0.5), (0.4, -0.5), (0.4, 0.1), (0, 0.5), (-0.4, 0.1)),
        "bar": _outline((-0.5, -0.2), (0.5, -0.2), (0.5, 0.2), (-0.5, 0.2)),
        "circle": _CIRCLE / 2.0,
    }
)


def ink_of(look: str, *, style: Style, lang: str) -> Ink:
    """Return how a class of a map is drawn.

    Parameters
    ----------
    look : str
        Name of the look, such as ``tier.red``.
    style : Style
        Colours.
    lang : {'zh', 'en'}
        Language of the sign in a tier's badge.

    Returns
    -------
    Ink
        Its drawing.
    """
    family, _, name = look.partition(".")
    if family == "tier":
        tier = style.tiers[name]
        return Ink(
            fill=tier.area,
            hatch=tier.hatch,
            hatch_colour=tier.hatch_colour,
            line=style.ground.halo,
            width_pt=0.7,
            marker="square",
            marker_mm=3.1,
            marker_fill=tier.solid,
            marker_line=style.ground.ink,
            text=tier.badge.zh if lang == "zh" else tier.badge.en,
            text_colour=tier.text,
        )
    if family == "influence":
        zone = style.influences[name]
        return Ink(
            fill=zone.area if name != "outside" else "",
            hatch=zone.hatch,
            hatch_colour=zone.hatch_colour,
            line=zone.hatch_colour if name != "outside" else style.ground.secondary,
            width_pt=0.3,
        )
    if family == "verdict":
        verdict = style.verdicts[name]
        return Ink(
            line=verdict.line,
            width_pt=verdict.width,
            dash_mm=tuple(length / 2.0 for length in verdict.dash),
            casing=style.ground.halo,
            casing_pt=verdict.width + 1.6,
            marker="circle",
            marker_mm=0.5 * verdict.width,
            marker_fill=verdict.line,
            marker_line=style.ground.halo,
        )
    return _ground_inks(style)[look]


def _ground_inks(style: Style) -> dict[str, Ink]:
    ground = style.ground
    white, ink = ground.halo, ground.ink
    return {
        **_base_inks(style),
        "receptor.building": Ink(
            fill=ground.building, marker="square", marker_mm=0.8, marker_fill=ground.building
        ),
        "receptor.residential": Ink(
            fill=ground.residential,
            line=ground.residential_line,
            width_pt=0.4,
            marker="square",
            marker_mm=1.5,
            marker_fill=ground.residential,
            marker_line=ground.residential_line,
        ),
        "receptor.sensitive": Ink(
            fill=ground.sensitive,
            line=white,
            width_pt=0.3,
            marker="house",
            marker_mm=1.9,
            marker_fill=ground.sensitive,
            marker_line=white,
        ),
        "unit.plain": Ink(
            fill="#DDE1E4",
            line=ink,
            width_pt=0.5,
            marker="square",
            marker_mm=1.6,
            marker_fill="#DDE1E4",
            marker_line=ink,
        ),
        "unit.outline": Ink(
            line=ink, width_pt=0.5, marker="square", marker_mm=1.2, marker_fill=ink
        ),
        "unit.park": Ink(line=ground.park_line, width_pt=1.6, casing=white, casing_pt=2.6),
        "unit.mine": Ink(line=ground.mine_line, width_pt=1.0, casing=white, casing_pt=1.8),
        "unit.plant": Ink(line=ink, width_pt=0.6),
        "check.control_line": Ink(
            line=ground.control_line, width_pt=1.1, dash_mm=(3.0, 0.8, 0.5, 0.8)
        ),
        "check.risk_contour": Ink(line=ground.control_line, width_pt=0.8, dash_mm=(0.5, 0.6)),
        "check.ring": Ink(line=ground.ring, width_pt=0.7, dash_mm=(1.4, 0.7)),
        "symbol.major_hazard": Ink(
            marker="diamond",
            marker_mm=3.9,
            marker_fill=white,
            marker_line=ink,
            text="1",
            text_colour=ink,
        ),
        "symbol.judged": Ink(
            marker="triangle",
            marker_mm=4.4,
            marker_fill=ink,
            marker_line=ink,
            text="!",
            text_colour=white,
        ),
        "symbol.suspected": Ink(
            marker="triangle",
            marker_mm=4.4,
            marker_fill=white,
            marker_line=ink,
            marker_dash_mm=(0.7, 0.45),
            text="?",
            text_colour=ink,
        ),
    }


def _base_inks(style: Style) -> dict[str, Ink]:
    ground = style.ground
    casing, fill = ground.road_casing, ground.road_fill
    return {
        "base.neighbour": Ink(fill=ground.neighbour, line=ground.neighbour_line, width_pt=0.5),
        "base.study_area": Ink(
            fill=ground.study_area,
            line=ground.boundary_line,
            width_pt=1.2,
            dash_mm=(2.4, 0.7, 0.5, 0.7),
        ),
        "base.town": Ink(line=ground.secondary, width_pt=0.6, dash_mm=(1.6, 0.6, 0.4, 0.6)),
        "base.built_up": Ink(
            fill=ground.built_up, line=ground.residential_line, width_pt=0.4, dash_mm=(0.8, 0.5)
        ),
        "base.water": Ink(
            fill=ground.water,
            hatch="-----",
            hatch_colour="#A9C6D3",
            line=ground.water_line,
            width_pt=0.5,
        ),
        "base.road_minor": Ink(line=casing, width_pt=0.45),
        "base.road_major": Ink(line=fill, width_pt=0.9, casing=casing, casing_pt=1.6),
        "base.road_expressway": Ink(line=fill, width_pt=1.6, casing=casing, casing_pt=2.8),
        "base.railway": Ink(
            line=ground.halo,
            width_pt=0.8,
            dash_mm=(1.6, 1.6),
            casing=ground.railway,
            casing_pt=1.5,
        ),
        "base.pipeline": Ink(line=ground.pipeline, width_pt=0.9, dash_mm=(2.2, 0.5, 0.4, 0.5)),
        "base.bridge": Ink(
            marker="bar", marker_mm=2.2, marker_fill=ground.halo, marker_line=ground.ink
        ),
    }
