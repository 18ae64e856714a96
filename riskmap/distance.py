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
from riskmap.compiled import compiled, compiled_part
from riskmap.crs import PLANE_HALF_WIDTH_M, lonlat_from_plane
from riskmap.geometry import (
    CHUNK,
    NEEDS_SPACE,
    OK,
    PLANE,
    Chains,
    box_chunks,
    box_row,
    contains,
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

# Below a micrometre two geometries touch [m].
_TOUCH_M = 1e-6

# Numbers a best pair: distance, and x and y of either end.
BEST = 5


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


@compiled_part
def _ground(d2: float, dx: float, dy: float, y: float, metric: Floats, m: int) -> float:
    """Take a short line of the plane to its length on the ground [m].

    With u = ln k, and c and q its first and second derivative by northing at the middle of
    the line, the geodesic is d exp(-u) (1 + (dy^2 (c^2 - q) - dx^2 c^2) / 24) long up to
    the fourth order of d over the earth's radius; u itself is taken from its series about
    the middle of the hazard's piece.
    """
    eta = y - metric[m]
    first, second, third = metric[m + 2], metric[m + 3], metric[m + 4]
    u = eta * (first + eta * (second / 2.0 + eta * third / 6.0))
    slope = first + eta * second
    bend = (dy * dy * (slope * slope - second) - dx * dx * slope * slope) / 24.0
    shrink = 1.0 - u * (1.0 - u * (0.5 - u * (1.0 / 6.0 - u / 24.0)))
    return float(np.sqrt(d2) * metric[m + 1] * shrink * (1.0 + bend))


@compiled_part
def _offer(best: Floats, at: int, ground: float, ends: tuple[float, float, float, float]) -> None:
    if ground < _TOUCH_M:
        ground = 0.0
    if ground > best[at]:
        return
    if ground == best[at]:
        for i in range(4):
            if ends[i] > best[at + 1 + i]:
                return
            if ends[i] < best[at + 1 + i]:
                break
    best[at] = ground
    for i in range(4):
        best[at + 1 + i] = ends[i]


@compiled_part
def _limit2(best: Floats, at: int, metric: Floats, m: int) -> float:
    """Square of the plane length beyond which nothing can win any more."""
    limit = (best[at] + _TOUCH_M) * metric[m + 5] * (1.0 + 1e-7)
    return float(limit * limit)


@compiled_part
def _to_edges(
    point: tuple[Floats, int, int],
    edge: tuple[Floats, Floats, int, int],
    box: tuple[Floats, int],
    flipped: bool,
    measure: tuple[Floats, int, Floats, int],
) -> None:
    """Offer to each vertex the nearest point of each edge of a run, inside its box."""
    pxy, p0, p1 = point
    exy, inverse, e0, e1 = edge
    boxes, b = box
    metric, m, best, at = measure
    limit2 = _limit2(best, at, metric, m)
    if p0 < 0 or e0 < 0:
        return  # never: it tells the compiler that no index counts from the end
    for i in range(p0, p1 + 1):
        px, py = pxy[2 * i], pxy[2 * i + 1]
        dx = max(0.0, boxes[b] - px, px - boxes[b + 2])
        dy = max(0.0, boxes[b + 1] - py, py - boxes[b + 3])
        if dx * dx + dy * dy > limit2:
            continue
        for j in range(e0, e1):
            x1, y1 = exy[2 * j], exy[2 * j + 1]
            ux, uy = exy[2 * j + 2] - x1, exy[2 * j + 3] - y1
            along = ((px - x1) * ux + (py - y1) * uy) * inverse[j]
            t = min(max(along, 0.0), 1.0)
            fx, fy = x1 + t * ux, y1 + t * uy
            dx, dy = fx - px, fy - py
            d2 = dx * dx + dy * dy
            if d2 <= limit2:
                # Over the ground the foot lies nearer the pole than in the plane: one step of
                # Newton on the length, c d^2 uy / 2 along the edge.
                slope = metric[m + 2] + ((fy + py) / 2.0 - metric[m]) * metric[m + 3]
                t = min(max(along + slope * uy * d2 * inverse[j] / 2.0, 0.0), 1.0)
                fx, fy = x1 + t * ux, y1 + t * uy
                dx, dy = fx - px, fy - py
                d2 = dx * dx + dy * dy
                ground = _ground(d2, dx, dy, (fy + py) / 2.0, metric, m)
                ends = (fx, fy, px, py) if flipped else (px, py, fx, fy)
                _offer(best, at, ground, ends)
                limit2 = _limit2(best, at, metric, m)


@compiled_part
def _cross(
    one: tuple[Floats, int, int],
    other: tuple[Floats, int, int],
    other_box: tuple[Floats, int],
    best: Floats,
    at: int,
) -> None:
    """Offer every point where two runs of edges cross, at no distance."""
    axy, a0, a1 = one
    bxy, b0, b1 = other
    box, b = other_box
    if a0 < 0 or b0 < 0:
        return
    for i in range(a0, a1):
        x1, y1, x2, y2 = axy[2 * i], axy[2 * i + 1], axy[2 * i + 2], axy[2 * i + 3]
        if max(x1, x2) < box[b] or min(x1, x2) > box[b + 2]:
            continue
        if max(y1, y2) < box[b + 1] or min(y1, y2) > box[b + 3]:
            continue
        ux, uy = x2 - x1, y2 - y1
        for j in range(b0, b1):
            wx, wy = bxy[2 * j] - x1, bxy[2 * j + 1] - y1
            vx, vy = bxy[2 * j + 2] - x1, bxy[2 * j + 3] - y1
            # Both ends of the other edge on one side: the usual case.
            before, after = ux * wy - uy * wx, ux * vy - uy * vx
            if (before > 0.0 and after > 0.0) or (before < 0.0 and after < 0.0):
                continue
            turn = before - after
            if turn == 0.0:
                continue  # parallel: an end of one lies on the other, if they touch
            s = before / turn
            x, y = wx + s * (vx - wx), wy + s * (vy - wy)
            along = x * ux + y * uy
            if 0.0 <= along <= ux * ux + uy * uy:
                _offer(best, at, 0.0, (x1 + x, y1 + y, x1 + x, y1 + y))


@compiled_part
def _nearest_vertex(run: tuple[Floats, int, int], x: float, y: float) -> int:
    xy, first, last = run
    nearest, nearest2 = first, np.inf
    if first < 0:
        return first
    for i in range(first, last + 1):
        dx, dy = xy[2 * i] - x, xy[2 * i + 1] - y
        d2 = dx * dx + dy * dy
        if d2 < nearest2:
            nearest, nearest2 = i, d2
    return nearest


@compiled_part
def _guess(
    one: tuple[Floats, int, int],
    other: tuple[Floats, int, int],
    other_box: tuple[Floats, int],
    measure: tuple[Floats, int, Floats, int],
) -> None:
    """Offer two vertices that are likely to be near: with them the boxes rule out most."""
    metric, m, best, at = measure
    box, b = other_box
    i = _nearest_vertex(one, (box[b] + box[b + 2]) / 2.0, (box[b + 1] + box[b + 3]) / 2.0)
    px, py = one[0][2 * i], one[0][2 * i + 1]
    j = _nearest_vertex(other, px, py)
    fx, fy = other[0][2 * j], other[0][2 * j + 1]
    dx, dy = fx - px, fy - py
    d2 = dx * dx + dy * dy
    if d2 <= _limit2(best, at, metric, m):
        _offer(best, at, _ground(d2, dx, dy, (fy + py) / 2.0, metric, m), (px, py, fx, fy))


@compiled_part
def _measure_boxes(
    one: tuple[Floats, Floats, int, int],
    other: tuple[Floats, Floats, int, int],
    box: tuple[Floats, int],
    other_box: tuple[Floats, int],
    measure: tuple[Floats, int, Floats, int],
) -> None:
    """Offer the nearest points of two runs of edges, and where they cross."""
    xy, _, first, last = one
    other_xy, _, other_first, other_last = other
    points, other_points = (xy, first, last), (other_xy, other_first, other_last)
    if first == last and other_first == other_last:
        _guess(points, other_points, other_box, measure)
        return
    _to_edges(points, other, other_box, False, measure)
    _to_edges(other_points, one, box, True, measure)
    if box_apart2(box[0], box[1], other_box[0], other_box[1]) == 0.0:
        _cross(points, other_points, other_box, measure[2], measure[3])


@compiled_part
def box_apart2(box: Floats, a: int, other: Floats, b: int) -> float:
    """Square of the plane distance between two boxes; 0 where they overlap."""
    dx = max(0.0, box[a] - other[b + 2], other[b] - box[a + 2])
    dy = max(0.0, box[a + 1] - other[b + 3], other[b + 1] - box[a + 3])
    return float(dx * dx + dy * dy)


@compiled_part
def measure_inside(
    hazards: Chains,
    pieces: Pieces,
    piece: int,
    receptor: tuple[Chains, int, Floats],
    best: Floats,
    at: int,
) -> None:
    """Offer every chain of a receptor that begins inside a polygon of a hazard."""
    chains, count, _ = receptor
    for chain in range(count):
        i = chains.first[chain]
        x, y = chains.xy[2 * i], chains.xy[2 * i + 1]
        if contains(hazards, pieces.begin[piece], pieces.end[piece], x, y):
            _offer(best, at, 0.0, (x, y, x, y))


@compiled_part
def measure_run(
    hazards: Chains,
    pieces: Pieces,
    piece: int,
    receptor: tuple[Chains, int, Floats],
    best: Floats,
    at: int,
) -> None:
    """Offer the nearest points of a run of a hazard's edges and a receptor.

    Parameters
    ----------
    hazards : Chains
        Hazards.
    pieces : Pieces
        The same, cut.
    piece : int
        Run of edges.
    receptor : tuple of (Chains, int, numpy.ndarray)
        One receptor in the plane with its boxes, its number of chains, and its box.
    best : numpy.ndarray of float64
        Best of the pair so far, BEST numbers from `at` on; nothing farther than its
        distance is looked for.
    at : int
        Where the pair's numbers begin.
    """
    chains, count, whole = receptor
    m = 6 * piece
    metric = pieces.metric
    begin, last = pieces.vertex[piece], pieces.last[piece]
    if box_apart2(pieces.box, 4 * piece, whole, 0) > _limit2(best, at, metric, m):
        return
    hx, hy = hazards.xy[2 * begin], hazards.xy[2 * begin + 1]
    beside = hx < whole[0] or hx > whole[2] or hy < whole[1] or hy > whole[3]
    if not beside and contains(chains, 0, count, hx, hy):
        _offer(best, at, 0.0, (hx, hy, hx, hy))
    # The nearest boxes first: what they give rules most of the others out.
    nearest2, first_chunk, first_part = np.inf, -1, -1
    for chunk in range(pieces.begin[piece], pieces.end[piece]):
        for part in range(chains.chunk[count]):
            apart2 = box_apart2(hazards.box, 4 * chunk, chains.box, 4 * part)
            if apart2 < nearest2:
                nearest2, first_chunk, first_part = apart2, chunk, part
    measure = (metric, m, best, at)
    for turn in range(2):
        for chunk in range(pieces.begin[piece], pieces.end[piece]):
            if turn == 0 and chunk != first_chunk:
                continue
            h0 = begin + CHUNK * (chunk - pieces.begin[piece])
            h1 = min(h0 + CHUNK, last)
            one = (hazards.xy, hazards.inverse, h0, h1)
            for chain in range(count):
                for part in range(chains.chunk[chain], chains.chunk[chain + 1]):
                    if (turn == 0) != (chunk == first_chunk and part == first_part):
                        continue
                    if box_apart2(hazards.box, 4 * chunk, chains.box, 4 * part) <= _limit2(
                        best, at, metric, m
                    ):
                        r0 = chains.first[chain] + CHUNK * (part - chains.chunk[chain])
                        r1 = min(r0 + CHUNK, chains.first[chain + 1] - 1)
                        other = (chains.xy, chains.inverse, r0, r1)
                        if turn == 0:
                            _guess(
                                (hazards.xy, h0, h1),
                                (chains.xy, r0, r1),
                                (chains.box, 4 * part),
                                measure,
                            )
                        _measure_boxes(
                            one, other, (hazards.box, 4 * chunk), (chains.box, 4 * part), measure
                        )


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
