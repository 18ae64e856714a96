"""Who stands beside the way of the tailings, and how far along it.

A receptor is on the way where it stands within the declared half width of the flow; how far
along is told by the foot of its perpendicular, the first one where there are several. Off
the way nothing is known but the straight distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.crs import plane_from_lonlat, plane_scale
from riskmap.distance import measure_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from riskmap.flow import Path

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# A receptor drawn on the line itself touches it to the rounding of coordinates [m].
_TOUCH_M = 1e-3


@dataclass(frozen=True, slots=True)
class Along:
    """Hold how receptors stand to a way.

    Parameters
    ----------
    sure_m : numpy.ndarray, shape (n,)
        How far along the way each surely stands [m], NaN where it is not surely on it.
    least_m : numpy.ndarray, shape (n,)
        How far along it possibly stands [m], infinite where it cannot be on it.
    off_m : numpy.ndarray, shape (n,)
        Distance from the nearest point of the way [m].
    aside_m : numpy.ndarray, shape (n,)
        How far beside the foot each may stand: the half width there [m].
    reason : numpy.ndarray of object, shape (n,)
        Why a receptor is not surely on the way, empty where it is.
    lines : numpy.ndarray of shapely.LineString, shape (n,)
        The way to the receptor's foot, or to the point of the way nearest to it.
    """

    sure_m: Floats
    least_m: Floats
    off_m: Floats
    aside_m: Floats
    reason: NDArray[np.object_]
    lines: np.ndarray


def stand_along(path: Path, shapes: np.ndarray, *, inward_m: Floats, outward_m: Floats) -> Along:
    """Tell how receptors stand to a way.

    Parameters
    ----------
    path : Path
        The way.
    shapes : numpy.ndarray of shapely geometries, shape (n,)
        Receptors in EPSG:3395.
    inward_m, outward_m : numpy.ndarray, shape (n,)
        How far the true receptor can lie beyond what is drawn, away from the way and
        towards it, accuracy of both counted [m].

    Returns
    -------
    Along
        One a receptor.
    """
    count = len(shapes)
    sure_m, least_m = np.full(count, np.nan), np.full(count, np.inf)
    off_m, edge, share = _nearest(path, shapes)
    reason = _why_off(path, shapes, off_m=off_m, edge=edge, share=share)
    for inward, outward in sorted(set(zip(inward_m.tolist(), outward_m.tolist(), strict=True))):
        rows = np.flatnonzero((inward_m == inward) & (outward_m == outward))
        half = np.nan_to_num(path.half_m) + _TOUCH_M
        near = _first_feet(path, shapes[rows], half_m=half + outward, begins_m=path.least_m)
        least_m[rows] = near.along_m
        # What is on the sure way within doubt, and what is on it beyond doubt.
        within = _first_feet(path, shapes[rows], half_m=half + outward, begins_m=path.sure_m)
        sure = _first_feet(path, shapes[rows], half_m=half - inward, begins_m=path.sure_m)
        possible = rows[np.isfinite(near.along_m)]
        reason[possible] = "flow_open"
        reason[rows[np.isfinite(within.along_m)]] = "accuracy"
        on = np.isfinite(sure.along_m)
        sure_m[rows[on]] = sure.along_m[on]
        edge[rows[on]], share[rows[on]] = sure.edge[on], sure.share[on]
        reason[rows[on]] = ""
    lines = np.array(
        [path.line_to(int(at), float(part)) for at, part in zip(edge, share, strict=True)],
        dtype=object,
    )
    aside_m = np.nan_to_num(path.half_m[edge]) + _TOUCH_M
    return Along(sure_m, least_m, off_m, aside_m, reason, lines)


def _nearest(path: Path, shapes: np.ndarray) -> tuple[Floats, Integers, Floats]:
    """Find the point of the way nearest to each receptor."""
    whole = shapely.MultiLineString(list(path.xy.reshape(-1, 2, 2)))
    met = measure_pairs(np.array([whole] * len(shapes), dtype=object), shapes)
    spots = plane_from_lonlat(met.start)
    start, step = path.xy[:, :2], path.xy[:, 2:] - path.xy[:, :2]
    square = np.maximum((step**2).sum(axis=1), 1e-12)
    along = np.clip(((spots[:, None, :] - start) * step).sum(axis=2) / square, 0.0, 1.0)
    gap = np.hypot(*np.moveaxis(start + along[..., None] * step - spots[:, None, :], 2, 0))
    # Of edges that touch the point, the one that is reached first.
    order = np.where(gap <= gap.min(axis=1, keepdims=True) + _TOUCH_M, path.least_m, np.inf)
    edge = order.argmin(axis=1)
    return met.distance_m, edge, along[np.arange(len(shapes)), edge]


def _why_off(
    path: Path, shapes: np.ndarray, *, off_m: Floats, edge: Integers, share: Floats
) -> NDArray[np.object_]:
    """Say why receptors that are not on the way are not."""
    reason = np.full(len(shapes), "flow_off_path", dtype=object)
    reason[np.isnan(path.half_m[edge])] = "flow_no_width"
    start, step = path.xy[edge, :2], path.xy[edge, 2:] - path.xy[edge, :2]
    spot = start + share[:, None] * step
    scale = plane_scale(spot[:, 1])
    for end in path.ends:
        reason[np.hypot(*(spot - end).T) <= _TOUCH_M * scale] = "flow_ends"
    # Behind the point where the flow joins the drainage, or nearer to what leads to it.
    middle = shapely.get_coordinates(shapely.centroid(shapes)).reshape(-1, 2)
    at_start = (path.before[edge] < 0) & (share * path.length_m[edge] <= _TOUCH_M)
    behind = at_start & (((middle - start) * step).sum(axis=1) < 0.0)
    if not shapely.is_empty(path.upstream):
        above_m = shapely.distance(shapes, path.upstream) / scale
        behind |= above_m < off_m - _TOUCH_M
    reason[behind] = "flow_not_downstream"
    return reason


@dataclass(frozen=True, slots=True)
class _Feet:
    """The first foot of each receptor on the way: how far along, on which edge, and where."""

    along_m: Floats
    edge: Integers
    share: Floats


def _first_feet(path: Path, shapes: np.ndarray, *, half_m: Floats, begins_m: Floats) -> _Feet:
    """Find the first point of the way whose perpendicular meets each receptor.

    A receptor beside a bend, where no perpendicular falls, stands at the bend.
    """
    held = np.flatnonzero(np.isfinite(begins_m) & (path.length_m > 0.0) & (half_m > 0.0))
    half_m = np.minimum(half_m, 1e6)
    strips = _strips(path, held, half_m[held])
    receptor, strip = shapely.STRtree(strips).query(shapes, predicate="intersects")
    common = shapely.intersection(shapes[receptor], strips[strip])
    spots, owner = shapely.get_coordinates(common, return_index=True)
    edge = held[strip[owner]]
    step = path.xy[edge, 2:] - path.xy[edge, :2]
    share = ((spots - path.xy[edge, :2]) * step).sum(axis=1) / (step**2).sum(axis=1)
    share = np.clip(share, 0.0, 1.0)
    found = [(receptor[owner], edge, share)]
    found += _at_bends(path, shapes, held=held, half_m=half_m)
    rows = np.concatenate([rows for rows, _, _ in found])
    edge = np.concatenate([edge for _, edge, _ in found]).astype(np.int64)
    share = np.concatenate([share for _, _, share in found])
    along = begins_m[edge] + share * path.length_m[edge]
    order = np.lexsort((edge, along, rows))
    rows, first = np.unique(rows[order], return_index=True)
    chosen = order[first]
    feet = _Feet(
        np.full(len(shapes), np.inf),
        np.zeros(len(shapes), dtype=np.int64),
        np.zeros(len(shapes)),
    )
    feet.along_m[rows] = along[chosen]
    feet.edge[rows], feet.share[rows] = edge[chosen], share[chosen]
    return feet


def _strips(path: Path, edges: Integers, half_m: Floats) -> np.ndarray:
    """Draw the ground beside each edge, out to the half width."""
    start, stop = path.xy[edges, :2], path.xy[edges, 2:]
    reach = half_m * plane_scale((start[:, 1] + stop[:, 1]) / 2.0)
    across = _left(stop - start) * reach[:, None]
    rings = np.stack([start - across, stop - across, stop + across, start + across], axis=1)
    return np.asarray(shapely.polygons(rings))


def _left(step: Floats) -> Floats:
    length = np.hypot(step[:, 0], step[:, 1])
    return np.column_stack([-step[:, 1], step[:, 0]]) / length[:, None]


def _at_bends(
    path: Path, shapes: np.ndarray, *, held: Integers, half_m: Floats
) -> list[tuple[Integers, Integers, Floats]]:
    """Find receptors on the outer side of bends, within the half width of the bend itself."""
    begins: dict[tuple[float, float], list[int]] = {}
    for edge in held.tolist():
        begins.setdefault(tuple(path.xy[edge, :2].tolist()), []).append(edge)
    pairs = [
        (edge, after)
        for edge in held.tolist()
        for after in begins.get(tuple(path.xy[edge, 2:].tolist()), ())
    ]
    if not pairs:
        return []
    into, out = np.array(pairs, dtype=np.int64).T
    one, other = (_left(path.xy[edge, 2:] - path.xy[edge, :2]) for edge in (into, out))
    turn = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    bent = np.abs(turn) > 1e-9
    into, one, other, turn = into[bent], one[bent], other[bent], turn[bent]
    spot = path.xy[into, 2:]
    reach = half_m[into] * plane_scale(spot[:, 1])
    outer = -np.sign(turn)[:, None]
    middle = one + other
    middle /= np.maximum(np.hypot(*middle.T), 1e-12)[:, None]
    rays = [outer * way * 3.0 * reach[:, None] for way in (one, middle, other)]
    rings = np.stack([spot, *(spot + ray for ray in rays)], axis=1)
    cones = np.array([shapely.Polygon(ring) for ring in rings])
    receptor, cone = shapely.STRtree(cones).query(shapes, predicate="intersects")
    common = shapely.intersection(shapes[receptor], cones[cone])
    near = shapely.distance(common, shapely.points(spot[cone])) <= reach[cone]
    edge = into[cone[near]]
    return [(receptor[near].astype(np.int64), edge, np.ones(len(edge)))]
