"""The map itself: ground, results and symbols, each class in the order that it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.crowd import Box, Crowd, centred
from riskmap.inks import Ink, ink_of
from riskmap.sheet import draw_line
from riskmap.symbols import (
    Writing,
    area_paths,
    lay_areas,
    lay_lines,
    lay_markers,
    line_paths,
)
from riskmap.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from riskmap.content import Drawn, MapContent
    from riskmap.sheet import View
    from riskmap.style import Style
    from riskmap.symbols import Paper
    from riskmap.words import Lang

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Shapes = NDArray[np.object_]

# A unit narrower than this on paper is shown by its badge.
_SMALL_MM = 2.6
_REACH_MM = 16.0
_FILLED = ("tier.", "unit.plain")


@dataclass(slots=True)
class Canvas:
    """Draw one view of a map's content and remember what is on it.

    Parameters
    ----------
    paper : Paper
        The page.
    view : View
        Which ground is shown where.
    content : MapContent
        What the map shows.
    style : Style
        Colours.
    lang : {'zh', 'en'}
        Language.
    axes : matplotlib.axes.Axes
        The map on the page.
    crowd : Crowd
        Places taken by symbols and labels.
    hidden : list of tuple of float
        Ground whose symbols and labels stand in an inset instead, or lie under one, in the
        sheet plane [m].

    Attributes
    ----------
    visible, pointed : set of str
        Looks that are on the map, and those of which some stand there as markers.
    anchors : dict of str to tuple of float
        Box on the page of each unit [mm].
    said : set of str
        Keys of the notes that the margin owes the reader.
    unlabelled : int
        Units whose names found no room.
    """

    paper: Paper
    view: View
    content: MapContent
    style: Style
    lang: Lang
    axes: Axes
    crowd: Crowd
    hidden: list[Box] = field(default_factory=list)
    visible: set[str] = field(default_factory=set, init=False)
    pointed: set[str] = field(default_factory=set, init=False)
    anchors: dict[str, Box] = field(default_factory=dict, init=False)
    said: set[str] = field(default_factory=set, init=False)
    unlabelled: int = field(default=0, init=False)

    def ink(self, look: str) -> Ink:
        """Return how a class is drawn.

        Parameters
        ----------
        look : str
            Name of the look.

        Returns
        -------
        Ink
            Its drawing.
        """
        return ink_of(look, style=self.style, lang=self.lang)

    def draw(self) -> None:
        """Draw every class but the labels."""
        for index, drawn in enumerate(self.content.drawn):
            if drawn.look.startswith("symbol."):
                self._symbols(drawn)
            elif drawn.shape != "label":
                self._ground(drawn, 10.0 * (1 + index))

    def on_view(self, xy: Floats) -> Flags:
        """Tell which points are shown here.

        Parameters
        ----------
        xy : numpy.ndarray, shape (n, 2)
            Points in the sheet plane [m].

        Returns
        -------
        numpy.ndarray of bool, shape (n,)
            True inside the view and outside what is hidden.
        """
        shown = _inside(xy, self.view.bounds)
        for box in self.hidden:
            shown &= ~_inside(xy, box)
        return shown

    # -- ground

    def _ground(self, drawn: Drawn, zorder: float) -> None:
        shapes = np.asarray(drawn.features.geometry.array)
        cut = self.view.clip(shapes, pad_mm=3.0)
        on_map = shapely.intersects(shapely.box(*self.view.bounds), cut)
        if not on_map.any():
            return
        ink, look = self.ink(drawn.look), drawn.look
        size = shapely.get_dimensions(cut)
        areal = (size == 2) & on_map
        if drawn.shape == "area" and areal.any():
            self._areas(drawn, cut, areal, zorder)
            self.visible.add(look)
        linear = on_map & ((size == 1) | (areal & (drawn.shape != "area")))
        if linear.any() and ink.line:
            stroke = ink if not look.startswith("tier.") else Ink(line=ink.marker_fill, width_pt=2)
            lay_lines(self.axes, line_paths(cut[linear]), ink=stroke, zorder=zorder, gid=look)
            self.visible.add(look)
        if look.startswith("verdict."):
            self._line_ends(shapes, ink, look)
        elif ink.marker:
            self._points(drawn, cut, on_map)

    def _areas(self, drawn: Drawn, cut: Shapes, areal: Flags, zorder: float) -> None:
        """Lay areas, parks below the firms that stand in them whatever their tiers."""
        ink, look = self.ink(drawn.look), drawn.look
        park = np.zeros(len(cut), dtype=bool)
        if look.startswith(_FILLED):
            park = (drawn.features["role"] == "chemical_park").to_numpy()
        first = (
            next(
                index
                for index, each in enumerate(self.content.drawn)
                if each.look.startswith(_FILLED)
            )
            if park.any()
            else 0
        )
        below = 10.0 * (1 + first) + zorder / 1000.0
        lay_areas(self.axes, area_paths(cut[areal & park]), ink=ink, zorder=below, gid=look)
        above = zorder + 5.0
        lay_areas(self.axes, area_paths(cut[areal & ~park]), ink=ink, zorder=above, gid=look)

    def _line_ends(self, lines: Shapes, ink: Ink, look: str) -> None:
        ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
        xy = shapely.get_coordinates(ends)
        xy = xy[self.on_view(xy)]
        if len(xy):
            lay_markers(self.paper, self.view.to_page(xy), ink=ink, zorder=6.0, gid=look)
            self.visible.add(look)

    def _points(self, drawn: Drawn, cut: Shapes, on_map: Flags) -> None:
        """Mark what is a point, or too small a unit to be seen."""
        is_unit = drawn.look.startswith(_FILLED)
        small = (shapely.get_dimensions(cut) == 0) | (drawn.shape == "symbol")
        if is_unit:
            small |= self._narrow(cut)
            self._remember(drawn, cut, on_map)
        middle = shapely.get_coordinates(shapely.centroid(cut[on_map & small]))
        where = np.flatnonzero(on_map & small)
        shown = self.on_view(middle)
        where, spots = where[shown], self.view.to_page(middle[shown])
        if len(where) == 0:
            return
        self.visible.add(drawn.look)
        self.pointed.add(drawn.look)
        ink = self.ink(drawn.look)
        if drawn.look.startswith("tier."):
            self.said.add("figure.badge")
            side = ink.marker_mm + 0.3
            spots = self.settle(spots, (side, side))
            for index, (x, y) in zip(where, spots, strict=True):
                ref = str(drawn.features["ref"].iloc[index])
                self.anchors[ref] = centred(float(x), float(y), (side, side))
        zorder = 8.0 if ink.text else 4.0
        lay_markers(self.paper, spots, ink=ink, zorder=zorder, gid=drawn.look)

    def _narrow(self, cut: Shapes) -> Flags:
        extent = shapely.bounds(cut)
        wide = np.minimum(extent[:, 2] - extent[:, 0], extent[:, 3] - extent[:, 1])
        return np.asarray(wide < _SMALL_MM * self.view.metres_per_mm)

    def _remember(self, drawn: Drawn, cut: Shapes, on_map: Flags) -> None:
        extent = shapely.bounds(cut)
        low, high = self.view.to_page(extent[:, :2]), self.view.to_page(extent[:, 2:])
        for index in np.flatnonzero(on_map):
            ref = str(drawn.features["ref"].iloc[index])
            west, south = (float(value) for value in low[index])
            east, north = (float(value) for value in high[index])
            self.anchors[ref] = (west, south, east, north)

    # -- symbols

    def settle(self, spots: Floats, size: tuple[float, float]) -> Floats:
        """Find places for symbols, with a thin line back where one had to move.

        Parameters
        ----------
        spots : numpy.ndarray, shape (n, 2)
            Where they belong [mm].
        size : tuple of float
            Width and height of each [mm].

        Returns
        -------
        numpy.ndarray, shape (n, 2)
            Their centres [mm].
        """
        placed = np.empty_like(spots)
        dot = Ink(marker="circle", marker_mm=0.7, marker_fill=self.style.ground.ink)
        for index, (x, y) in enumerate(spots):
            spot = float(x), float(y)
            there = self.crowd.settle(spot, size=size, reach_mm=_REACH_MM)
            placed[index] = there
            if float(np.hypot(there[0] - spot[0], there[1] - spot[1])) > 0.6 * size[1]:
                self.said.add("figure.moved")
                draw_line(self.paper, spot, there, width_pt=0.45, zorder=7.0)
                lay_markers(self.paper, spots[index : index + 1], ink=dot, zorder=7.1)
        return placed

    def _symbols(self, drawn: Drawn) -> None:
        shapes = np.asarray(drawn.features.geometry.array)
        features = drawn.features[~shapely.is_empty(shapes)]
        xy = shapely.get_coordinates(np.asarray(features.geometry.array))
        shown = self.on_view(xy)
        if not shown.any():
            return
        self.visible.add(drawn.look)
        features, spots = features[shown], self.view.to_page(xy[shown])
        ink = self.ink(drawn.look)
        side = ink.marker_mm + 0.5
        if drawn.look == "symbol.major_hazard":
            placed = self.settle(spots, (side, side))
            digits = [f"{grade:.0f}" for grade in features["major_hazard_grade"]]
            lay_markers(self.paper, placed, ink=ink, zorder=9.0, gid=drawn.look, texts=digits)
            return
        # Records of one unit share one place: one symbol with their number.
        spots, counts = np.unique(np.round(spots, 3), axis=0, return_counts=True)
        wide = side + (6.0 if (counts > 1).any() else 0.0)
        placed = self.settle(spots, (wide, side))
        lay_markers(self.paper, placed, ink=ink, zorder=10.0, gid=drawn.look)
        look = Writing(halo=self.style.ground.halo, weight="bold", gid="times", zorder=11.0)
        for (x, y), count in zip(placed, counts, strict=True):
            if count > 1:
                self.said.add("figure.several")
                spot = (float(x) + ink.marker_mm / 2 - 0.4, float(y) - 0.6)
                self.paper.write(spot, f"×{count}", size_pt=6.5, look=look)

    def number(self, refs: Sequence[str]) -> None:
        """Write the numbers of the table beside the lines that they are about.

        Parameters
        ----------
        refs : sequence of str
            Findings in the order of the table below the map.
        """
        spots: dict[str, Floats] = {}
        for drawn in self.content.with_look("verdict."):
            lines = np.asarray(drawn.features.geometry.array)
            half = shapely.line_interpolate_point(lines, 0.5, normalized=True)
            for ref, xy in zip(drawn.features["ref"], shapely.get_coordinates(half), strict=True):
                spots[str(ref)] = xy
        ground = self.style.ground
        ink = Ink(
            marker="circle",
            marker_mm=2.9,
            marker_fill=ground.halo,
            marker_line=ground.ink,
            text="1",
            text_colour=ground.ink,
        )
        rows = [
            (str(number), spots[ref]) for number, ref in enumerate(refs, start=1) if ref in spots
        ]
        if rows:
            at = self.view.to_page(np.array([xy for _, xy in rows]))
            placed = self.settle(at, (3.2, 3.2))
            texts = [number for number, _ in rows]
            lay_markers(self.paper, placed, ink=ink, zorder=11.0, gid="number", texts=texts)


def _inside(xy: Floats, box: Box) -> Flags:
    west, south, east, north = box
    x, y = xy[:, 0], xy[:, 1]
    return np.asarray((x > west) & (x < east) & (y > south) & (y < north))


def crowd_of(view: View, content: MapContent) -> Crowd:
    """Make an empty crowd that knows the finding lines, which labels should not cover.

    Parameters
    ----------
    view : View
        Which ground is shown where.
    content : MapContent
        What the map shows.

    Returns
    -------
    Crowd
        Nothing taken yet.
    """
    rect = view.rect.grown(-0.8)
    lines = [np.asarray(drawn.features.geometry.array) for drawn in content.with_look("verdict")]
    spots = np.empty((0, 2))
    if lines:
        every = np.concatenate(lines)
        # Findings of overlapping objects have lines without length.
        every = every[shapely.length(every) > 0]
        dense = shapely.segmentize(every, view.metres_per_mm)
        spots = view.to_page(shapely.get_coordinates(dense))
    return Crowd((rect.x, rect.y, rect.right, rect.top), spots)


def unplaced(content: MapContent, *, lang: Lang) -> list[str]:
    """Say how many records of a map have no position.

    Parameters
    ----------
    content : MapContent
        What the map shows.
    lang : {'zh', 'en'}
        Language.

    Returns
    -------
    list of str
        One sentence, or none.
    """
    count = sum(
        int(drawn.features.geometry.is_empty.sum()) for drawn in content.with_look("symbol.")
    )
    return [say("figure.unplaced", lang, {"n": count})] if count else []
