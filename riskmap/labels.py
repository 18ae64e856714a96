"""Names on the map: units first, then places by kind, never one over another."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.crowd import Box, around, centred
from riskmap.glyphs import MM_PER_POINT, wrap
from riskmap.sheet import draw_line
from riskmap.symbols import Writing
from riskmap.words import say

if TYPE_CHECKING:
    import geopandas as gpd

    from riskmap.canvas import Canvas

# Villages crowd out everything at small scales.
_VILLAGES_TO = 100_000
_UNIT_PT = 6.8
_PLACE_PT = {"city": 11.5, "town": 8.5}
_PLACE_RANK = {"city": 0, "town": 1, "village": 2}
# A label further from what it names than this gets a line to it.
_LEADER_MM = 1.2


@dataclass(frozen=True, slots=True)
class Name:
    """Hold one name to be placed.

    Parameters
    ----------
    lines : tuple of str
        The name, a park's grade on a line of its own.
    anchor : tuple of float
        Box of what is named [mm].
    spot : tuple of float
        Its middle [mm].
    size_pt : float
        Size of the font [pt].
    colour : str
        Colour.
    is_unit : bool
        Whether it names a unit, and stays beside it.
    """

    lines: tuple[str, ...]
    anchor: Box
    spot: tuple[float, float]
    size_pt: float
    colour: str
    is_unit: bool


def label_units(canvas: Canvas) -> None:
    """Write the names of the units.

    Parameters
    ----------
    canvas : Canvas
        Map with its ground and symbols drawn.
    """
    for drawn in canvas.content.with_look("label.unit"):
        features = drawn.features
        shapes = np.asarray(features.geometry.array)
        cut = canvas.view.clip(shapes, pad_mm=0.0)
        xy = np.full((len(cut), 2), np.nan)
        held = ~shapely.is_empty(cut)
        xy[held] = shapely.get_coordinates(shapely.point_on_surface(cut[held]))
        spots = canvas.view.to_page(xy)
        shown = canvas.on_view(xy)
        for index in range(len(features)):
            row = features.iloc[index]
            ref, label = str(row["ref"]), str(row["label"])
            # A park that an inset shows is named at the inset's outline.
            inset = f"inset:{ref}" in canvas.anchors
            if label in {"", "nan", ref} or not (shown[index] or inset):
                continue
            spot = float(spots[index, 0]), float(spots[index, 1])
            anchor = canvas.anchors.get(f"inset:{ref}") or canvas.anchors.get(ref)
            lines = list(_lines(canvas, label, _UNIT_PT))
            grade = row.get("grade", "")
            if isinstance(grade, str) and grade:
                lines.append(say("figure.graded", canvas.lang, {"grade": grade}))
            ink = canvas.style.ground.ink
            name = Name(tuple(lines), anchor or (*spot, *spot), spot, _UNIT_PT, ink, is_unit=True)
            if not _place(canvas, name):
                canvas.unlabelled += 1


def label_places(canvas: Canvas, *, home: shapely.Geometry) -> None:
    """Write the names of places, as far as there is room.

    Parameters
    ----------
    canvas : Canvas
        Map with its ground and symbols drawn.
    home : shapely.Geometry
        Study area in the sheet plane: places outside it are written smaller and grey.
    """
    ground = canvas.style.ground
    for drawn in canvas.content.with_look("label.place"):
        features = _sorted_places(drawn.features, scale=canvas.view.scale)
        xy = shapely.get_coordinates(shapely.point_on_surface(np.asarray(features.geometry.array)))
        own = shapely.intersects_xy(home, xy[:, 0], xy[:, 1])
        spots = canvas.view.to_page(xy)
        for index in np.flatnonzero(canvas.on_view(xy)):
            row = features.iloc[index]
            label = str(row["label"])
            if label in {"", "nan"}:
                continue
            size_pt = _PLACE_PT.get(str(row["kind"]), 6.5)
            size_pt = size_pt if own[index] else min(size_pt, 7.0)
            colour = ground.ink if own[index] and size_pt > 7 else ground.secondary
            spot = float(spots[index, 0]), float(spots[index, 1])
            lines = tuple(_lines(canvas, label, size_pt))
            _place(canvas, Name(lines, (*spot, *spot), spot, size_pt, colour, is_unit=False))


def _sorted_places(places: gpd.GeoDataFrame, *, scale: int) -> gpd.GeoDataFrame:
    rank = places["kind"].map(_PLACE_RANK).fillna(3)
    if scale > _VILLAGES_TO and (rank < 2).any():
        places, rank = places[rank < 2], rank[rank < 2]
    people = places["population"].fillna(0) if "population" in places else 0.0
    order = places.assign(_rank=rank, _people=people)
    return order.sort_values(["_rank", "_people", "label"], ascending=[True, False, True])


def _lines(canvas: Canvas, text: str, size_pt: float) -> list[str]:
    """Break a long name into lines of about the same length, three at most."""
    face = canvas.paper.faces.regular
    words = canvas.paper.fitted(text)
    longest = 12.0 * size_pt * MM_PER_POINT
    whole = face.width_mm(words, size_pt=size_pt)
    count = min(3, int(whole / longest) + 1)
    width_mm = whole / count + (1.5 * size_pt * MM_PER_POINT if count > 1 else 0.1)
    lines = wrap(words, face=face, width_mm=width_mm, size_pt=size_pt)
    return lines if len(lines) <= 3 else [*lines[:2], lines[2] + "…"]


def _place(canvas: Canvas, name: Name) -> bool:
    face = canvas.paper.faces.regular
    line_mm = name.size_pt * MM_PER_POINT * 1.18
    wide = max(face.width_mm(line, size_pt=name.size_pt) for line in name.lines)
    size = (wide + 0.8, line_mm * len(name.lines) + 0.3)
    gaps = (0.5, 1.8, 3.6, 6.0, 9.0) if name.is_unit else (0.4, 1.5)
    boxes = around(name.anchor, size=size, gaps=gaps)
    west, south, east, north = name.anchor
    if not name.is_unit:
        boxes = [centred(*name.spot, size), *boxes]
    elif east - west > size[0] and north - south > 2.0 * size[1]:
        middle, half = (west + east) / 2, size[1] / 2 + 0.4
        within = [(middle, north - half), (middle, south + half)]
        boxes = [
            centred(*name.spot, size),
            *(centred(x, y, size) for x, y in within),
            *boxes,
        ]
    box = canvas.crowd.choose(boxes, shunned=_others(canvas, name) if name.is_unit else None)
    if box is None:
        return False
    if name.is_unit:
        _lead(canvas, box, name.anchor)
    look = Writing(
        align="center",
        halo=canvas.style.ground.halo,
        colour=name.colour,
        zorder=12.0,
        gid=f"label:{len(canvas.paper.axes.texts)}",
    )
    middle = (box[0] + box[2]) / 2
    for index, line in enumerate(name.lines):
        base = box[3] - 0.15 - line_mm * (index + 0.8)
        canvas.paper.write((middle, base), line, size_pt=name.size_pt, look=look)
    return True


def _others(canvas: Canvas, name: Name) -> np.ndarray:
    """Return the boxes of the other units, but of no unit that holds the named one."""
    west, south, east, north = name.anchor
    boxes = np.array([*canvas.anchors.values(), (0.0, 0.0, 0.0, 0.0)])
    holds = (boxes[:, 0] <= west) & (boxes[:, 1] <= south)
    holds &= (boxes[:, 2] >= east) & (boxes[:, 3] >= north)
    inner = (boxes[:, 0] >= west) & (boxes[:, 1] >= south)
    inner &= (boxes[:, 2] <= east) & (boxes[:, 3] <= north)
    return np.asarray(boxes[~holds & ~inner])


def _lead(canvas: Canvas, box: Box, anchor: Box) -> None:
    """Draw a thin line from a label to what it names, when they stand apart."""
    ends = []
    if box[0] < anchor[2] and anchor[0] < box[2] and box[1] < anchor[3] and anchor[1] < box[3]:
        return
    for one, other in ((box, anchor), (anchor, box)):
        ends.append(
            tuple(
                min(max((other[axis] + other[axis + 2]) / 2, one[axis]), one[axis + 2])
                for axis in (0, 1)
            )
        )
    (x, y), (to_x, to_y) = ends
    if hypot(to_x - x, to_y - y) > _LEADER_MM:
        grey = canvas.style.ground.secondary
        draw_line(canvas.paper, (x, y), (to_x, to_y), width_pt=0.35, colour=grey, zorder=6.5)
