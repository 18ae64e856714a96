"""The sheet of paper: its size and parts in millimetres, a true scale, scale bar, north."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.figure import Figure
from matplotlib.path import Path

from riskmap.glyphs import load_faces
from riskmap.inks import Ink
from riskmap.symbols import Paper, Writing, lay_areas, lay_lines
from riskmap.words import say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from riskmap.words import Lang

    Floats = NDArray[np.float64]

DPI = 200.0
MM_PER_INCH = 25.4

# Scales of an office's paper maps; beyond them only a larger country is left.
SCALES = (
    *(1000, 2000, 2500, 5000, 10_000, 20_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000),
    *(250_000, 300_000, 400_000, 500_000, 750_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000),
    *(5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000, 200_000_000),
)


@dataclass(frozen=True, slots=True)
class Rect:
    """Hold a rectangle on the page.

    Parameters
    ----------
    x, y : float
        Lower left corner [mm].
    width, height : float
        Size [mm].
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> float:
        """Return the upper edge [mm]."""
        return self.y + self.height

    @property
    def right(self) -> float:
        """Return the right edge [mm]."""
        return self.x + self.width

    def grown(self, by_mm: float) -> Rect:
        """Return the rectangle moved outwards on all sides.

        Parameters
        ----------
        by_mm : float
            Distance [mm].

        Returns
        -------
        Rect
            Larger rectangle.
        """
        return Rect(self.x - by_mm, self.y - by_mm, self.width + 2 * by_mm, self.height + 2 * by_mm)


@dataclass(frozen=True, slots=True)
class Layout:
    """Say where everything stands on a sheet.

    Parameters
    ----------
    width_mm, height_mm : float
        Size of the paper [mm].
    title, map, panel, foot : Rect
        Title line, map, margin column, and what stands below the map.
    title_pt, text_pt : float
        Sizes of title and text [pt].
    """

    width_mm: float
    height_mm: float
    title: Rect
    map: Rect
    panel: Rect
    foot: Rect
    title_pt: float
    text_pt: float


def city_layout() -> Layout:
    """Return the A3 sheet of a city.

    Returns
    -------
    Layout
        420 by 297 mm.
    """
    return Layout(
        width_mm=420.0,
        height_mm=297.0,
        title=Rect(10.0, 276.5, 400.0, 14.0),
        map=Rect(14.2, 17.2, 287.6, 253.6),
        panel=Rect(310.0, 13.0, 100.0, 262.0),
        foot=Rect(10.0, 6.5, 400.0, 5.0),
        title_pt=25.0,
        text_pt=8.0,
    )


def enterprise_layout(*, table_mm: float) -> Layout:
    """Return the A4 sheet of one park or mine.

    Parameters
    ----------
    table_mm : float
        Height of the table below the map [mm].

    Returns
    -------
    Layout
        297 by 210 mm.
    """
    low = 14.0 + (table_mm + 6.0 if table_mm else 0.0)
    return Layout(
        width_mm=297.0,
        height_mm=210.0,
        title=Rect(8.0, 194.0, 281.0, 10.0),
        map=Rect(12.2, low, 202.0, 188.6 - low),
        panel=Rect(221.0, 10.0, 68.0, 182.8),
        foot=Rect(8.0, 4.6, 281.0, 4.0),
        title_pt=17.0,
        text_pt=6.6,
    )


@dataclass(frozen=True, slots=True)
class View:
    """Say which ground lies under the map.

    Parameters
    ----------
    rect : Rect
        Map on the page.
    centre : tuple of float
        Middle of the map in the sheet plane [m].
    scale : int
        Denominator of the scale.
    """

    rect: Rect
    centre: tuple[float, float]
    scale: int

    @property
    def metres_per_mm(self) -> float:
        """Return what one millimetre of paper covers [m]."""
        return self.scale / 1000.0

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north of the map in the sheet plane [m]."""
        half_x = self.rect.width / 2 * self.metres_per_mm
        half_y = self.rect.height / 2 * self.metres_per_mm
        x, y = self.centre
        return x - half_x, y - half_y, x + half_x, y + half_y

    def to_page(self, xy: Floats) -> Floats:
        """Take ground to paper.

        Parameters
        ----------
        xy : numpy.ndarray, shape (n, 2)
            Points in the sheet plane [m].

        Returns
        -------
        numpy.ndarray, shape (n, 2)
            Points on the page [mm].
        """
        west, south, _, _ = self.bounds
        corner = np.array([self.rect.x, self.rect.y])
        return np.asarray(corner + (xy - np.array([west, south])) / self.metres_per_mm)

    def ground(self, rect: Rect) -> tuple[float, float, float, float]:
        """Return the ground that lies under a rectangle of the page.

        Parameters
        ----------
        rect : Rect
            Rectangle on the page [mm].

        Returns
        -------
        tuple of float
            West, south, east, north in the sheet plane [m].
        """
        west, south, _, _ = self.bounds
        x = west + (rect.x - self.rect.x) * self.metres_per_mm
        y = south + (rect.y - self.rect.y) * self.metres_per_mm
        return x, y, x + rect.width * self.metres_per_mm, y + rect.height * self.metres_per_mm

    def clip(self, shapes: NDArray[np.object_], *, pad_mm: float) -> NDArray[np.object_]:
        """Cut shapes to the map and drop detail finer than the paper shows.

        Parameters
        ----------
        shapes : numpy.ndarray of shapely geometries
            Shapes in the sheet plane.
        pad_mm : float
            How far beyond the map they are kept [mm].

        Returns
        -------
        numpy.ndarray of shapely geometries
            One shape each, empty where it lies outside.
        """
        pad = pad_mm * self.metres_per_mm
        west, south, east, north = self.bounds
        box = (west - pad, south - pad, east + pad, north + pad)
        cut = np.full(len(shapes), shapely.Point(), dtype=object)
        extent = shapely.bounds(shapes)
        near = (extent[:, 0] <= box[2]) & (extent[:, 2] >= box[0])
        near &= (extent[:, 1] <= box[3]) & (extent[:, 3] >= box[1])
        inside = near & (extent[:, 0] >= box[0]) & (extent[:, 2] <= box[2])
        inside &= (extent[:, 1] >= box[1]) & (extent[:, 3] <= box[3])
        cut[inside] = shapes[inside]
        across = near & ~inside
        cut[across] = shapely.clip_by_rect(shapes[across], *box)
        fine = shapely.simplify(cut, 0.04 * self.metres_per_mm, preserve_topology=False)
        return np.where(shapely.is_empty(fine), cut, fine)


def choose_view(frame: tuple[float, float, float, float], *, rect: Rect) -> View:
    """Choose the largest scale at which the ground to be seen fits the map.

    Parameters
    ----------
    frame : tuple of float
        West, south, east, north of what must be seen, in the sheet plane [m].
    rect : Rect
        Map on the page [mm].

    Returns
    -------
    View
        The view, its scale out of `SCALES`.
    """
    west, south, east, north = frame
    centre = (west + east) / 2, (south + north) / 2
    needed = max((east - west) / rect.width, (north - south) / rect.height) * 1000.0
    scale = next((each for each in SCALES if each >= needed * 1.01), SCALES[-1])
    return View(rect, centre, scale)


def new_paper(layout: Layout) -> Paper:
    """Make an empty page of exact size.

    Parameters
    ----------
    layout : Layout
        Size of the paper.

    Returns
    -------
    Paper
        The page, in mm.
    """
    size = (layout.width_mm / MM_PER_INCH, layout.height_mm / MM_PER_INCH)
    figure = Figure(figsize=size, dpi=DPI, facecolor="white")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), zorder=2)
    axes.set_xlim(0.0, layout.width_mm)
    axes.set_ylim(0.0, layout.height_mm)
    axes.set_axis_off()
    axes.set_gid("page")
    return Paper(figure, axes, load_faces())


def rect_path(rect: Rect) -> Path:
    """Return the outline of a rectangle.

    Parameters
    ----------
    rect : Rect
        Rectangle [mm].

    Returns
    -------
    matplotlib.path.Path
        Closed path.
    """
    corners = [
        (rect.x, rect.y),
        (rect.right, rect.y),
        (rect.right, rect.top),
        (rect.x, rect.top),
        (rect.x, rect.y),
    ]
    return Path(np.array(corners), closed=True)


def draw_line(
    paper: Paper,
    *points: tuple[float, float],
    width_pt: float = 0.4,
    colour: str = "#1E2328",
    zorder: float = 15.0,
) -> None:
    """Draw a line on the page.

    Parameters
    ----------
    paper : Paper
        The page.
    *points : tuple of float
        Its corners [mm].
    width_pt : float, optional
        Width [pt].
    colour : str, optional
        Colour.
    zorder : float, optional
        Drawing order.
    """
    ink = Ink(line=colour, width_pt=width_pt)
    lay_lines(paper.axes, [Path(np.array(points))], ink=ink, zorder=zorder)


def draw_scale_bar(
    paper: Paper, view: View, *, spot: tuple[float, float], width_mm: float, lang: Lang
) -> None:
    """Draw the scale bar and the ratio above it.

    Parameters
    ----------
    paper : Paper
        The page.
    view : View
        The view.
    spot : tuple of float
        Lower left corner of the bar [mm].
    width_mm : float
        Room for it [mm].
    lang : {'zh', 'en'}
        Language.
    """
    room = width_mm * view.metres_per_mm
    length = max(
        unit * 10**power
        for power in range(8)
        for unit in (1, 2, 4, 5, 8)
        if unit * 10**power <= room or (unit, power) == (1, 0)
    )
    x, y = spot
    unit, divisor = ("km", 1000.0) if length >= 2000 else ("m", 1.0)
    part = length / 4 / view.metres_per_mm
    for index in range(4):
        fill = "#1E2328" if index % 2 == 0 else "#FFFFFF"
        cell = rect_path(Rect(x + index * part, y, part, 1.6))
        lay_areas(paper.axes, [cell], ink=Ink(fill=fill, line="#1E2328", width_pt=0.5), zorder=16)
    for index in (0, 2, 4):
        text = f"{length * index / 4 / divisor:g}" + (f" {unit}" if index == 4 else "")
        look = Writing(align="center" if index < 4 else "left")
        shift = 0.0 if index < 4 else -1.2
        paper.write((x + index * part + shift, y + 2.6), text, size_pt=6.5, look=look)
    ratio = say("figure.ratio", lang, {"scale": view.scale})
    paper.write((x, y + 6.6), ratio, size_pt=9.0, look=Writing(weight="bold", gid="ratio"))


def draw_north(paper: Paper, *, spot: tuple[float, float], angle: float, lang: Lang) -> None:
    """Draw the arrow to true north.

    Parameters
    ----------
    paper : Paper
        The page.
    spot : tuple of float
        Its middle [mm].
    angle : float
        Clockwise from the top of the sheet [degrees].
    lang : {'zh', 'en'}
        Language.
    """
    turn = math.radians(-angle)
    rotate = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    middle = np.array(spot)
    left = np.array([(0.0, 5.5), (-2.6, -5.0), (0.0, -2.8)])
    right = np.array([(0.0, 5.5), (2.6, -5.0), (0.0, -2.8)])
    for shape, fill in ((left, "#1E2328"), (right, "#FFFFFF")):
        path = Path(np.vstack([shape, shape[:1]]) @ rotate + middle, closed=True)
        ink = Ink(fill=fill, line="#1E2328", width_pt=0.6)
        lay_areas(paper.axes, [path], ink=ink, zorder=16, gid="north")
    tip = np.array([0.0, 6.6]) @ rotate + middle
    look = Writing(align="center", weight="bold")
    paper.write((float(tip[0]), float(tip[1])), say("figure.north", lang), size_pt=9, look=look)
