"""The frame of a map: double neatline, ticks of longitude and latitude, where north lies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from riskmap.crs import PLANE_CRS, lonlat_from_plane, plane_from_lonlat
from riskmap.inks import Ink
from riskmap.sheet import draw_line, rect_path
from riskmap.symbols import Writing, lay_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from riskmap.crs import SheetPlane
    from riskmap.sheet import View
    from riskmap.style import Style
    from riskmap.symbols import Paper

    Floats = NDArray[np.float64]

# Widths of the graticule [seconds of arc].
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18_000, 36_000)


def _lonlat(xy: Floats, plane: SheetPlane) -> Floats:
    points = gpd.GeoSeries(gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=plane.crs)
    return lonlat_from_plane(shapely.get_coordinates(np.asarray(points.to_crs(PLANE_CRS).array)))


def _on_plane(lonlat: Floats, plane: SheetPlane) -> Floats:
    xy = plane_from_lonlat(lonlat)
    points = gpd.GeoSeries(gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=PLANE_CRS)
    return shapely.get_coordinates(np.asarray(points.to_crs(plane.crs).array))


def grid_convergence(view: View, *, plane: SheetPlane) -> float:
    """Compute where true north lies at the middle of the map.

    Parameters
    ----------
    view : View
        The view.
    plane : SheetPlane
        Its plane.

    Returns
    -------
    float
        Angle from the top of the sheet to true north, clockwise [degrees].
    """
    lonlat = _lonlat(np.array([view.centre]), plane)
    step = _on_plane(lonlat + np.array([[0.0, 0.001]]), plane) - np.array([view.centre])
    return math.degrees(math.atan2(step[0, 0], step[0, 1]))


def draw_frame(paper: Paper, view: View, *, plane: SheetPlane, style: Style) -> None:
    """Draw the double neatline with graticule ticks in degrees and minutes.

    Parameters
    ----------
    paper : Paper
        The page.
    view : View
        The view.
    plane : SheetPlane
        Its plane.
    style : Style
        Colours.
    """
    rect, outer = view.rect, view.rect.grown(4.2)
    ink = style.ground.ink
    lay_lines(paper.axes, [rect_path(rect)], ink=Ink(line=ink, width_pt=0.6), zorder=14)
    lay_lines(paper.axes, [rect_path(outer)], ink=Ink(line=ink, width_pt=1.4), zorder=14)
    west, south, east, north = view.bounds
    steps = np.linspace(0.0, 1.0, 65)
    along_x, along_y = west + steps * (east - west), south + steps * (north - south)
    for y, page_y, out in ((south, rect.y, -1.0), (north, rect.top, 1.0)):
        line = np.column_stack([along_x, np.full_like(steps, y)])
        for value, at in _crossings(_lonlat(line, plane)[:, 0], line[:, 0], axis=0):
            x = float(view.to_page(np.array([[at, y]]))[0, 0])
            _tick(paper, (x, page_y), (0.0, out), value, end=rect.right)
    for x, page_x, out in ((west, rect.x, -1.0), (east, rect.right, 1.0)):
        line = np.column_stack([np.full_like(steps, x), along_y])
        for value, at in _crossings(_lonlat(line, plane)[:, 1], line[:, 1], axis=1):
            y = float(view.to_page(np.array([[x, at]]))[0, 1])
            _tick(paper, (page_x, y), (out, 0.0), value, end=rect.top)


def _crossings(degrees: Floats, along: Floats, *, axis: int) -> list[tuple[str, float]]:
    """Find where an edge of the map crosses round meridians or parallels."""
    low, high = degrees.min() * 3600.0, degrees.max() * 3600.0
    # The longer side of a sheet gets about six ticks.
    step = next((each for each in _STEPS if (high - low) / each <= 7.0), _STEPS[-1])
    names = "EW" if axis == 0 else "NS"
    found = []
    for count in range(math.ceil(low / step), math.floor(high / step) + 1):
        seconds = count * step
        at = float(np.interp(seconds / 3600.0, degrees, along))
        found.append((_dms(seconds, names, with_seconds=step < 60), at))
    return found


def _dms(seconds: int, names: str, *, with_seconds: bool) -> str:
    size = abs(seconds)
    text = f"{size // 3600}°{size % 3600 // 60:02d}′"
    if with_seconds:
        text += f"{size % 60:02d}″"
    return text + (names[0] if seconds >= 0 else names[1])


def _tick(
    paper: Paper,
    spot: tuple[float, float],
    out: tuple[float, float],
    text: str,
    *,
    end: float,
) -> None:
    """Draw one tick of the graticule, with its value where there is room before the corner."""
    x, y = spot
    size_pt = 6.0
    draw_line(paper, spot, (x + out[0] * 4.2, y + out[1] * 4.2), width_pt=0.5)
    draw_line(paper, spot, (x - out[0] * 1.8, y - out[1] * 1.8), width_pt=0.5)
    along = x if out[0] == 0.0 else y
    if along + 1.0 + paper.faces.regular.width_mm(text, size_pt=size_pt) > end:
        return
    if out[0] == 0.0:
        base = y + 1.2 if out[1] > 0 else y - 3.0
        paper.write((x + 0.8, base), text, size_pt=size_pt, look=Writing(gid="graticule"))
    else:
        base = x + 3.0 if out[0] > 0 else x - 1.2
        look = Writing(rotation=90.0, gid="graticule")
        paper.write((base, y + 0.8), text, size_pt=size_pt, look=look)
