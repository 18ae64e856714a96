"""Insets of a city sheet: the parks that crowd their place on the map, drawn larger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.sheet import Rect, View, choose_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from riskmap.assessment import Assessment
    from riskmap.crowd import Box

# Sizes of an inset, the smallest first, and the strip at its top that names it [mm].
_SIZES_MM = ((62.0, 52.0), (76.0, 62.0), (90.0, 72.0))
STRIP_MM = 5.0
# An inset is worth its room from this many units, and at this gain in scale.
_LEAST_UNITS = 4
_LEAST_GAIN = 3
_MOST = 2
LETTERS = "ABCD"


@dataclass(frozen=True, slots=True)
class Inset:
    """Hold one inset.

    Parameters
    ----------
    ref : str
        Reference of the park.
    name : str
        Its name.
    letter : str
        Letter on the map and on the inset.
    view : View
        Its ground, place and scale.
    """

    ref: str
    name: str
    letter: str
    view: View


def plan_insets(assessment: Assessment, *, view: View, home: shapely.Geometry) -> tuple[Inset, ...]:
    """Choose the parks that get an inset, and a corner of the map for each.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    view : View
        The map of the whole city.
    home : shapely.Geometry
        Study area in the sheet plane, of which insets cover as little as they can.

    Returns
    -------
    tuple of Inset
        At most two, the park with most units first; none where no corner is free of units.
    """
    units = assessment.units.to_crs(assessment.plane.crs)
    parks = units[units["role"] == "chemical_park"]
    sizes = {str(ref): int((units["park"] == ref).sum()) for ref in parks["ref"]}
    chosen = sorted((ref for ref in sizes if sizes[ref] >= _LEAST_UNITS), key=lambda r: -sizes[r])
    middles = shapely.centroid(np.asarray(units.geometry.array))
    spots = view.to_page(shapely.get_coordinates(middles))
    found: list[Inset] = []
    for ref in chosen[:_MOST]:
        own = np.asarray(units[units["park"] == ref].geometry.array)
        frame = _widened(shapely.total_bounds(own).tolist())
        size = _size_for(frame)
        taken = [inset.view.rect for inset in found]
        rect = _corner(view, size, spots=spots, home=home, taken=taken)
        if rect is None:
            continue
        close = _view_below_strip(frame, rect)
        if close.scale * _LEAST_GAIN <= view.scale:
            name = str(parks.loc[parks["ref"] == ref, "name"].iloc[0])
            found.append(Inset(ref, name, LETTERS[len(found)], close))
    return tuple(found)


def _widened(bounds: Sequence[float]) -> Box:
    west, south, east, north = bounds
    margin = 0.18 * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def _size_for(frame: Box) -> tuple[float, float]:
    """Return the smallest size that reaches the largest scale of all sizes."""
    views = [_view_below_strip(frame, Rect(0.0, 0.0, *size)) for size in _SIZES_MM]
    best = min(view.scale for view in views)
    return next(size for size, view in zip(_SIZES_MM, views, strict=True) if view.scale == best)


def _view_below_strip(frame: Box, rect: Rect) -> View:
    below = choose_view(frame, rect=Rect(rect.x, rect.y, rect.width, rect.height - STRIP_MM))
    x, y = below.centre
    # The strip takes its height from the north, so the middle of the whole lies further up.
    return View(rect, (x, y + STRIP_MM / 2 * below.metres_per_mm), below.scale)


def _corner(
    view: View,
    size: tuple[float, float],
    *,
    spots: np.ndarray,
    home: shapely.Geometry,
    taken: Sequence[Rect],
) -> Rect | None:
    """Find the corner free of units and insets that covers least of the study area."""
    wide, tall = size
    inner = view.rect.grown(-2.0)
    free: list[tuple[float, int, Rect]] = []
    for rank, (x, y) in enumerate(
        (
            (inner.right - wide, inner.y),
            (inner.x, inner.y),
            (inner.x, inner.top - tall),
            (inner.right - wide, inner.top - tall),
        )
    ):
        rect = Rect(x, y, wide, tall)
        clash = any(
            x < other.right and other.x < x + wide and y < other.top and other.y < y + tall
            for other in taken
        )
        near = (spots[:, 0] > x - 4) & (spots[:, 0] < x + wide + 4)
        near &= (spots[:, 1] > y - 4) & (spots[:, 1] < y + tall + 4)
        if not clash and not near.any():
            covered = shapely.area(shapely.intersection(home, shapely.box(*view.ground(rect))))
            free.append((round(float(covered)), rank, rect))
    return min(free, key=lambda each: each[:2])[2] if free else None
