"""The nearest points of two geometries: runs of edges against runs of edges.

Points of a pair compete by ground length (`riskmap.distance`). Most of the work is not to
look: boxes rule out whole runs, and of two runs that face each other only what lies in front,
along the line between two points that are already known to be near, can hold the nearest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from riskmap.compiled import compiled_part
from riskmap.geometry import CHUNK, Chains, contains

if TYPE_CHECKING:
    from riskmap.candidates import Pieces
    from riskmap.geometry import Floats

# Numbers a best pair: distance, and x and y of either end.
BEST = 5

# Below a micrometre two geometries touch [m].
_TOUCH_M = 1e-6


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
    measure: tuple[Floats, int, Floats, int, float],
) -> None:
    """Offer to each vertex the nearest point of each edge of a run, inside its box."""
    pxy, p0, p1 = point
    exy, inverse, e0, e1 = edge
    boxes, b = box
    metric, m, best, at, before = measure
    limit2 = _limit2(best, at, metric, m)
    if p0 < 0 or e0 < 0 or e0 == e1:
        return  # the former never: it tells the compiler that no index counts from the end
    west, south, east, north = boxes[b], boxes[b + 1], boxes[b + 2], boxes[b + 3]
    for i in range(p0, p1 + 1):
        px, py = pxy[2 * i], pxy[2 * i + 1]
        dx = max(0.0, west - px, px - east)
        dy = max(0.0, south - py, py - north)
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
                ends = (fx, fy, px, py) if flipped else (px, py, fx, fy)
                if best[at] < before and _is_held(best, at, ends):
                    continue
                dx, dy = fx - px, fy - py
                d2 = dx * dx + dy * dy
                ground = _ground(d2, dx, dy, (fy + py) / 2.0, metric, m)
                _offer(best, at, ground, ends)
                limit2 = _limit2(best, at, metric, m)


@compiled_part
def _is_held(best: Floats, at: int, ends: tuple[float, float, float, float]) -> bool:
    """Tell whether the best pair has these ends, as where two edges share a vertex."""
    held: bool = (
        ends[0] == best[at + 1]
        and ends[1] == best[at + 2]
        and ends[2] == best[at + 3]
        and ends[3] == best[at + 4]
    )
    return held


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
    measure: tuple[Floats, int, Floats, int, float],
) -> tuple[float, float, float, float]:
    """Offer two vertices that are likely to be near: with them the boxes rule out most."""
    metric, m, best, at, _ = measure
    box, b = other_box
    i = _nearest_vertex(one, (box[b] + box[b + 2]) / 2.0, (box[b + 1] + box[b + 3]) / 2.0)
    px, py = one[0][2 * i], one[0][2 * i + 1]
    j = _nearest_vertex(other, px, py)
    fx, fy = other[0][2 * j], other[0][2 * j + 1]
    dx, dy = fx - px, fy - py
    d2 = dx * dx + dy * dy
    if d2 <= _limit2(best, at, metric, m):
        _offer(best, at, _ground(d2, dx, dy, (fy + py) / 2.0, metric, m), (px, py, fx, fy))
    return px, py, fx, fy


@compiled_part
def _axis(ends: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Direct an axis from the first point to the second; none where they touch."""
    x, y, fx, fy = ends
    dx, dy = fx - x, fy - y
    length = np.sqrt(dx * dx + dy * dy)
    if length == 0.0:
        return x, y, 0.0, 0.0
    return x, y, dx / length, dy / length


@compiled_part
def _span(
    run: tuple[Floats, int, int], axis: tuple[float, float, float, float]
) -> tuple[float, float]:
    """Take where a run begins and ends along an axis [m]."""
    xy, first, last = run
    ox, oy, nx, ny = axis
    low, high = np.inf, -np.inf
    if first < 0:
        return low, high
    for i in range(first, last + 1):
        along = (xy[2 * i] - ox) * nx + (xy[2 * i + 1] - oy) * ny
        low, high = min(low, along), max(high, along)
    return low, high


@compiled_part
def _in_front(
    run: tuple[Floats, int, int],
    axis: tuple[float, float, float, float],
    low: float,
    high: float,
) -> tuple[int, int]:
    """Find the first and the last vertex of a run between two places of an axis."""
    xy, first, last = run
    ox, oy, nx, ny = axis
    begin, end = last + 1, first - 1
    if first < 0:
        return begin, end
    for i in range(first, last + 1):
        along = (xy[2 * i] - ox) * nx + (xy[2 * i + 1] - oy) * ny
        if low <= along <= high:
            begin, end = min(begin, i), i
    return begin, end


@compiled_part
def _measure_boxes(
    one: tuple[Floats, Floats, int, int],
    other: tuple[Floats, Floats, int, int],
    boxes: tuple[Floats, int, Floats, int],
    axis: tuple[float, float, float, float],
    measure: tuple[Floats, int, Floats, int, float],
) -> None:
    """Offer the nearest points of two runs of edges, and where they cross.

    The other run lies ahead along the axis. What is further apart along it than the limit is
    further apart: only vertices in front count, and the edges that begin or end in one.
    """
    xy, inverse, first, last = one
    other_xy, other_inverse, other_first, other_last = other
    box, b, other_box, other_b = boxes
    points, other_points = (xy, first, last), (other_xy, other_first, other_last)
    if first == last and other_first == other_last:
        _guess(points, other_points, (other_box, other_b), measure)
        return
    metric, m, best, at, _ = measure
    limit = np.sqrt(_limit2(best, at, metric, m))
    _, high = _span(points, axis)
    low, _ = _span(other_points, axis)
    if low - high > limit:
        return
    begin, end = _in_front(points, axis, low - limit, np.inf)
    other_begin, other_end = _in_front(other_points, axis, -np.inf, high + limit)
    edges = (xy, inverse, max(begin - 1, first), min(end + 1, last))
    other_edges = (
        other_xy,
        other_inverse,
        max(other_begin - 1, other_first),
        min(other_end + 1, other_last),
    )
    _to_edges((xy, begin, end), other_edges, (other_box, other_b), False, measure)
    _to_edges((other_xy, other_begin, other_end), edges, (box, b), True, measure)
    if box_apart2(box, b, other_box, other_b) == 0.0:
        one_run, other_run = (xy, edges[2], edges[3]), (other_xy, other_edges[2], other_edges[3])
        _cross(one_run, other_run, (other_box, other_b), best, at)


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
    first_chunk = _nearest_box(hazards.box, (pieces.begin[piece], pieces.end[piece]), whole, 0)
    first_part = _nearest_box(chains.box, (0, chains.chunk[count]), hazards.box, 4 * first_chunk)
    measure = (metric, m, best, at, best[at])
    axis = (hx, hy, 0.0, 0.0)
    for turn in range(2):
        for chunk in range(pieces.begin[piece], pieces.end[piece]):
            if turn == 0 and chunk != first_chunk:
                continue
            if box_apart2(hazards.box, 4 * chunk, whole, 0) > _limit2(best, at, metric, m):
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
                            near = _guess(
                                (hazards.xy, h0, h1),
                                (chains.xy, r0, r1),
                                (chains.box, 4 * part),
                                measure,
                            )
                            axis = _axis(near)
                        boxes = (hazards.box, 4 * chunk, chains.box, 4 * part)
                        _measure_boxes(one, other, boxes, axis, measure)


@compiled_part
def _nearest_box(box: Floats, among: tuple[int, int], other: Floats, b: int) -> int:
    """Find which of some boxes is nearest to another."""
    nearest, nearest2 = among[0], np.inf
    for i in range(among[0], among[1]):
        apart2 = box_apart2(box, 4 * i, other, b)
        if apart2 < nearest2:
            nearest, nearest2 = i, apart2
    return nearest
