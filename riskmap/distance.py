"""Exact shortest distances over the ground, with both end points.

The plane (EPSG:3395) is conformal: a short line of plane length d is d / k long on the
ground, with k taken where the line is. Two points of a pair compete by that ground length,
never by plane length, since k grows with latitude and would otherwise favour the wrong one
by up to metres. The winner of each pair is the same whatever order it was found in: on
equal lengths the smaller end points win.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj

from riskmap.candidates import REACH_LIMIT_M, index_hazards
from riskmap.compiled import compiled
from riskmap.crs import PLANE_HALF_WIDTH_M, lonlat_from_plane
from riskmap.edges import BEST, measure_inside, measure_run
from riskmap.geometry import (
    NEEDS_SPACE,
    OK,
    PLANE,
    Chains,
    box_chunks,
    box_row,
    doubled,
    make_chains,
)
from riskmap.wkb import read_row, rows_of_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from riskmap.candidates import Pieces
    from riskmap.geometry import Floats, Integers

_GEOD = pyproj.Geod(ellps="WGS84")

# Up to here the series of the metric is within a hundredth of a millimetre of the geodesic;
# longer distances are taken along the geodesic itself.
_SERIES_M = 5_000.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold the shortest distance of each pair and where it runs.

    Parameters
    ----------
    distance_m : numpy.ndarray, shape (n,)
        Geodesic distance between the nearest points [m]; 0 where they touch or contain;
        not a number beyond 100 km, which is not measured.
    start : numpy.ndarray, shape (n, 2)
        Nearest point of the first geometry, longitude and latitude [degrees].
    end : numpy.ndarray, shape (n, 2)
        Nearest point of the second geometry, longitude and latitude [degrees].
    """

    distance_m: Floats
    start: Floats
    end: Floats


@compiled
def _measure_slots(
    hazards: Chains,
    pieces: Pieces,
    rows: tuple[NDArray[np.uint8], Integers],
    room: tuple[NDArray[np.uint64], Chains, Floats],
    plan: tuple[Integers, Integers, Integers],
    best: Floats,
) -> int:
    """Measure shapes against rows, each best in its slot; stop where the scratch is too small."""
    data, first = rows
    bits, scratch, box = room
    shape_piece, shapes, slots = plan
    for i in range(len(slots)):
        row = slots[i]
        found, read, count = read_row(data, first[row], first[row + 1], bits, scratch)
        if found == NEEDS_SPACE:
            return i
        if found != OK or box_row(scratch.xy, read, PLANE, box) != OK:
            continue
        box_chunks(scratch, 0, count)
        for piece in range(shape_piece[4 * shapes[i]], shape_piece[4 * shapes[i] + 1]):
            measure_run(hazards, pieces, piece, (scratch, count, box), best, BEST * row)
        for piece in range(shape_piece[4 * shapes[i] + 2], shape_piece[4 * shapes[i] + 3]):
            measure_inside(hazards, pieces, piece, (scratch, count, box), best, BEST * row)
    return len(slots)


def measure_pairs(first: np.ndarray, second: np.ndarray) -> Measured:
    """Measure the shortest ground distance of each pair of geometries.

    Parameters
    ----------
    first : numpy.ndarray of shapely geometries, shape (n,)
        Geometries in EPSG:3395, their edges densified (`riskmap.crs.to_plane`).
    second : numpy.ndarray of shapely geometries, shape (n,)
        Their partners in the same plane.

    Returns
    -------
    Measured
        Distances [m] and end points, in the order given; a pair beyond 100 km, or with a
        geometry that is empty or not finite, is not a number.
    """
    index = index_hazards(rows_of_shapes(first), reach_m=np.full(len(first), REACH_LIMIT_M))
    rows = rows_of_shapes(second)
    best = empty_best(len(first))
    best[0::BEST] = REACH_LIMIT_M
    scratch = make_chains(1024, 64)
    slots, done = index.shape_owner, 0
    shapes = np.arange(len(slots), dtype=np.int64)
    while done < len(slots):
        plan = (index.shape_piece, shapes[done:], slots[done:])
        done += _measure_slots(
            index.chains,
            index.pieces,
            (rows.data, rows.first),
            (scratch.xy.view(np.uint64), scratch, np.empty(4)),
            plan,
            best,
        )
        scratch = doubled(scratch)
    return finish(best)


def empty_best(pairs: int) -> Floats:
    """Make room for pairs that have not been measured.

    Parameters
    ----------
    pairs : int
        Number of pairs.

    Returns
    -------
    numpy.ndarray of float64, shape (BEST * pairs,)
        Infinite ends; whoever measures sets the distance that is looked for.
    """
    return np.full(BEST * pairs, np.inf)


def finish(best: Floats) -> Measured:
    """Bring measured pairs to longitude and latitude, and long ones onto the geodesic.

    Parameters
    ----------
    best : numpy.ndarray of float64, shape (BEST * n,)
        Distance and plane end points of each pair.

    Returns
    -------
    Measured
        The pairs; not a number where nothing was found.
    """
    ends = _ends_lonlat(best)
    return Measured(ground_m(best), ends[:, :2].copy(), ends[:, 2:].copy())


def ground_m(best: Floats) -> Floats:
    """Return the distances of measured pairs, long ones along the geodesic.

    Parameters
    ----------
    best : numpy.ndarray of float64, shape (BEST * n,)
        Distance and plane end points of each pair.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Distances [m]; not a number where nothing was found.

    Notes
    -----
    The geodesic is PROJ's (Karney 2013), taken beyond 5 km, where the series of the metric
    begins to leave it.
    """
    table = best.reshape(-1, BEST)
    distance_m = np.where(np.isfinite(table[:, 1]), table[:, 0], np.nan)
    far = np.flatnonzero(distance_m > _SERIES_M)
    if len(far):
        ends = _ends_lonlat(table[far].ravel())
        _, _, distance_m[far] = _GEOD.inv(*ends.T)
    return distance_m


def _ends_lonlat(best: Floats) -> Floats:
    table = best.reshape(-1, BEST)
    found = np.isfinite(table[:, 1])
    ends = np.full((len(table), 4), np.nan)
    plane = _wrapped(table[found, 1:].reshape(-1, 2))
    ends[found] = lonlat_from_plane(plane).reshape(-1, 4)
    return ends


def _wrapped(xy: Floats) -> Floats:
    """Bring images across the antimeridian back into the plane."""
    over = np.abs(xy[:, 0]) > PLANE_HALF_WIDTH_M
    moved = xy.copy()
    moved[over, 0] -= np.sign(xy[over, 0]) * 2.0 * PLANE_HALF_WIDTH_M
    return moved
