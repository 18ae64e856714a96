"""Ink on paper: the page in millimetres, and areas, lines, markers and text laid on it.

The legend lays its swatches with the same functions, so that it cannot differ from the map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from matplotlib import patheffects
from matplotlib.collections import PathCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from riskmap.glyphs import GETA, MM_PER_POINT, Faces, Weight
from riskmap.inks import MARKERS, Ink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

HATCH_WIDTH_PT = 0.35

# Compound paths longer than this meet a limit of the renderer.
_PATH_VERTICES = 4000

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Paper:
    """Hold a page measured in millimetres from its lower left corner.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The page.
    axes : matplotlib.axes.Axes
        The whole page, in mm.
    faces : Faces
        The font.
    replaced : set of str
        Signs of the data that the font lacked, filled while text is written.
    """

    figure: Figure
    axes: Axes
    faces: Faces
    replaced: set[str] = field(default_factory=set)

    def fitted(self, text: str, *, weight: Weight = "regular") -> str:
        """Make a text printable and remember what was replaced.

        Parameters
        ----------
        text : str
            Any text.
        weight : {'regular', 'bold'}, optional
            What it will be set in.

        Returns
        -------
        str
            Printable text.
        """
        face = self.faces.of(weight)
        self.replaced.update(sign for sign in face.missing(text) if face.fitted(sign) == GETA)
        return face.fitted(text)

    def write(
        self,
        spot: tuple[float, float],
        text: str,
        *,
        size_pt: float,
        look: Writing | None = None,
    ) -> None:
        """Write one line of text.

        Parameters
        ----------
        spot : tuple of float
            Where its base line begins, is centred or ends [mm].
        text : str
            Any text; it is made printable.
        size_pt : float
            Size of the font [pt].
        look : Writing, optional
            How it is written.
        """
        look = look or Writing()
        face = self.faces.of(look.weight)
        made = self.fitted(text, weight=look.weight)
        effects: list[list[patheffects.AbstractPathEffect] | None] = [None]
        if look.halo:
            # Stroke below and plain text above: only plain text can be searched in a PDF.
            stroke = patheffects.Stroke(linewidth=look.halo_pt, foreground=look.halo)
            effects = [[stroke], None]
        for index, effect in enumerate(effects):
            artist = self.axes.text(
                *spot,
                made,
                fontproperties=face.properties,
                fontsize=size_pt,
                color=look.colour,
                ha=look.align,
                va="baseline",
                rotation=look.rotation,
                rotation_mode="anchor",
                parse_math=False,
                path_effects=effect,
                zorder=look.zorder + 0.1 * index,
            )
            artist.set_gid(look.gid if effect is None else f"halo:{look.gid}")


@dataclass(frozen=True, slots=True)
class Writing:
    """Say how a line of text is written.

    Parameters
    ----------
    colour : str
        Colour.
    weight : {'regular', 'bold'}
        Weight.
    align : {'left', 'center', 'right'}
        What the spot is of the line.
    rotation : float
        Turn against the clock [degrees].
    halo : str
        Colour of the halo; empty for none.
    halo_pt : float
        Its width [pt].
    zorder : float
        Drawing order.
    gid : str
        What the text is, for tests and PDF readers.
    """

    colour: str = "#1E2328"
    weight: Weight = "regular"
    align: Align = "left"
    rotation: float = 0.0
    halo: str = ""
    halo_pt: float = 2.0
    zorder: float = 20.0
    gid: str = ""


def area_paths(shapes: NDArray[np.object_]) -> list[Path]:
    """Make compound paths of polygons.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries
        Polygons and multipolygons; others are left out.

    Returns
    -------
    list of matplotlib.path.Path
        Paths of some thousand vertices each, holes turned against their shells.
    """
    parts = shapely.get_parts(shapes)
    parts = parts[(shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)]
    rings, owner = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    return _compound(rings, owner, closed=True)


def line_paths(shapes: NDArray[np.object_]) -> list[Path]:
    """Make compound paths of lines and of the outlines of polygons.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries
        Lines and polygons; points are left out.

    Returns
    -------
    list of matplotlib.path.Path
        Paths of some thousand vertices each.
    """
    parts = shapely.get_parts(shapes)
    areal = shapely.get_dimensions(parts) == 2
    lines = np.concatenate([parts[~areal], shapely.get_parts(shapely.boundary(parts[areal]))])
    lines = lines[(shapely.get_dimensions(lines) == 1) & ~shapely.is_empty(lines)]
    return _compound(lines, np.arange(len(lines)), closed=False)


def _compound(lines: NDArray[np.object_], owner: NDArray[np.intp], *, closed: bool) -> list[Path]:
    if len(lines) == 0:
        return []
    xy, line = shapely.get_coordinates(lines, return_index=True)
    codes = np.full(len(xy), Path.LINETO, dtype=np.uint8)
    starts = np.flatnonzero(np.diff(line, prepend=-1))
    codes[starts] = Path.MOVETO
    if closed:
        codes[np.append(starts[1:], len(xy)) - 1] = Path.CLOSEPOLY
    # A path may end only where a feature ends, so that its holes stay with their shell.
    fresh = np.flatnonzero(np.diff(owner[line], prepend=-1))
    cuts = fresh[np.flatnonzero(np.diff(fresh // _PATH_VERTICES, prepend=-1))]
    return [
        Path(xy[first:last], codes[first:last])
        for first, last in zip(cuts, np.append(cuts[1:], len(xy)), strict=True)
    ]


def lay_areas(axes: Axes, paths: Sequence[Path], *, ink: Ink, zorder: float, gid: str = "") -> None:
    """Lay areas with fill, hatch and outline.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Map or page.
    paths : sequence of matplotlib.path.Path
        Areas in the coordinates of `axes`.
    ink : Ink
        How they are drawn.
    zorder : float
        Drawing order.
    gid : str, optional
        What they are.
    """
    if not paths:
        return
    if ink.fill:
        fill = PathCollection(
            paths, facecolors=ink.fill, edgecolors="none", linewidths=0.0, zorder=zorder
        )
        fill.set_gid(gid)
        _add(axes, fill)
    for path in paths if ink.hatch else ():
        hatch = PathPatch(
            path,
            facecolor="none",
            edgecolor=ink.hatch_colour,
            linewidth=0.0,
            hatch=ink.hatch,
            zorder=zorder + 0.1,
        )
        hatch.set_hatch_linewidth(HATCH_WIDTH_PT)
        axes.add_artist(hatch)
    if ink.line:
        lay_lines(axes, paths, ink=ink, zorder=zorder + 0.2, gid="" if ink.fill else gid)


def lay_lines(axes: Axes, paths: Sequence[Path], *, ink: Ink, zorder: float, gid: str = "") -> None:
    """Lay lines with their casing.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Map or page.
    paths : sequence of matplotlib.path.Path
        Lines in the coordinates of `axes`.
    ink : Ink
        How they are drawn.
    zorder : float
        Drawing order.
    gid : str, optional
        What they are.
    """
    if not paths:
        return
    strokes: list[tuple[str, float, tuple[float, ...]]] = []
    if ink.casing:
        strokes.append((ink.casing, ink.casing_pt, ()))
    strokes.append((ink.line, ink.width_pt, ink.dash_mm))
    for step, (colour, width_pt, dash_mm) in enumerate(strokes):
        stroke = PathCollection(
            paths,
            facecolors="none",
            edgecolors=colour,
            linewidths=width_pt,
            linestyles=[dashes(dash_mm, width_pt=width_pt)],
            capstyle="butt" if dash_mm else "round",
            joinstyle="round",
            zorder=zorder + 0.01 * step,
        )
        stroke.set_gid(gid if step == len(strokes) - 1 else "")
        _add(axes, stroke)


def _add(axes: Axes, collection: PathCollection) -> None:
    collection.set_transform(axes.transData)
    axes.add_artist(collection)


def dashes(dash_mm: tuple[float, ...], *, width_pt: float) -> tuple[float, tuple[float, ...]] | str:
    """Turn dashes on paper into matplotlib's, which count in line widths.

    Parameters
    ----------
    dash_mm : tuple of float
        Dashes and gaps [mm].
    width_pt : float
        Width of the line [pt].

    Returns
    -------
    tuple or str
        Line style.
    """
    if not dash_mm:
        return "solid"
    return 0.0, tuple(length / MM_PER_POINT / width_pt for length in dash_mm)


def lay_markers(
    paper: Paper,
    spots: NDArray[np.float64],
    *,
    ink: Ink,
    zorder: float,
    gid: str = "",
    texts: Sequence[str] = (),
) -> None:
    """Lay markers, with the sign in each.

    Parameters
    ----------
    paper : Paper
        The page.
    spots : numpy.ndarray, shape (n, 2)
        Centres [mm].
    ink : Ink
        How they are drawn.
    zorder : float
        Drawing order.
    gid : str, optional
        What they are.
    texts : sequence of str, optional
        Sign of each in place of the ink's own.
    """
    if len(spots) == 0:
        return
    outline = MARKERS[ink.marker] * ink.marker_mm
    width_pt = 0.8 if ink.text else 0.4
    markers = PathCollection(
        [Path(outline + spot, closed=True) for spot in spots],
        facecolors=ink.marker_fill,
        edgecolors=ink.marker_line or "none",
        linewidths=width_pt,
        linestyles=[dashes(ink.marker_dash_mm, width_pt=width_pt)],
        zorder=zorder,
    )
    markers.set_gid(gid)
    _add(paper.axes, markers)
    signs = texts or [ink.text] * len(spots)
    size_pt = (0.62 if ink.marker != "square" else 0.74) * ink.marker_mm / MM_PER_POINT
    look = Writing(colour=ink.text_colour or "#000000", align="center", zorder=zorder + 0.2)
    drop = 0.26 if ink.marker == "triangle" else 0.0
    for (x, y), sign in zip(spots, signs, strict=True):
        if sign:
            wide = sign > "\u2e80"
            middle = (0.38 if wide else 0.365) * size_pt * MM_PER_POINT
            paper.write((x, y - middle - drop), sign, size_pt=size_pt, look=look)
