"""The way of the tailings below a dam toe: every branch of the drainage, edge by edge.

The flow joins the drainage at its point nearest the toe. What it surely does and what it may
do are kept apart all the way down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.crs import plane_from_lonlat, plane_scale
from riskmap.distance import measure_pairs
from riskmap.drainage import JOIN_M, Arc, Network, ground_lengths, shortest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Path:
    """Hold every branch of the way below one dam toe, edge by edge.

    Parameters
    ----------
    xy : numpy.ndarray, shape (n, 4)
        Both ends of each edge in EPSG:3395, downstream [m].
    length_m : numpy.ndarray, shape (n,)
        Length on the ground [m].
    sure_m, least_m : numpy.ndarray, shape (n,)
        How far along the drainage each edge begins, by what is sure (infinite where
        nothing is) and by what is possible [m].
    half_m : numpy.ndarray, shape (n,)
        Declared half width of the flow [m], NaN where none is held.
    accuracy_m : float
        Accuracy of the drainage [m].
    before : numpy.ndarray of int64, shape (n,)
        The edge that leads to each one, below 0 at the start.
    toe : numpy.ndarray, shape (2,)
        Where the way leaves the dam toe, in EPSG:3395 [m].
    link_m : float
        From there to the drainage [m].
    ends : numpy.ndarray, shape (k, 2)
        Where the drainage ends before the way was followed to its limit [m].
    upstream : shapely.Geometry
        Drainage that leads to the toe.
    """

    xy: Floats
    length_m: Floats
    sure_m: Floats
    least_m: Floats
    half_m: Floats
    accuracy_m: float
    before: Integers
    toe: Floats
    link_m: float
    ends: Floats
    upstream: BaseGeometry

    def line_to(self, edge: int, share: float) -> shapely.LineString:
        """Draw the way from the toe to a point of it.

        Parameters
        ----------
        edge : int
            Edge of the point.
        share : float
            Where on the edge, from 0 to 1.

        Returns
        -------
        shapely.LineString
            The way in EPSG:3395.
        """
        start, stop = self.xy[edge, :2], self.xy[edge, 2:]
        spots = [start + share * (stop - start)]
        for _ in range(len(self.xy)):
            spots.append(self.xy[edge, :2])
            edge = int(self.before[edge])
            if edge < 0:
                break
        spots.append(self.toe)
        xy = np.array(spots[::-1])
        kept = np.concatenate([[True], (np.diff(xy, axis=0) != 0.0).any(axis=1)])
        xy = xy[kept] if kept.sum() > 1 else np.vstack([xy[:1], xy[:1]])
        return shapely.LineString(xy)


@dataclass(frozen=True, slots=True)
class Flows:
    """Hold the way below every hazard that has a dam toe.

    Parameters
    ----------
    hazards : geopandas.GeoDataFrame
        The hazards, the toe of its starter dam in place of each one that has one.
    paths : tuple of Path or None, length hazards
        The way below each.
    why : numpy.ndarray of object, shape (hazards,)
        Why no way is held, empty where one is.
    """

    hazards: gpd.GeoDataFrame
    paths: tuple[Path | None, ...]
    why: NDArray[np.object_]

    def only(self, rows: NDArray[np.bool_]) -> Flows:
        """Return the ways below some of the hazards.

        Parameters
        ----------
        rows : numpy.ndarray of bool, shape (hazards,)
            Which of them.

        Returns
        -------
        Flows
            The same ways.
        """
        kept = self.hazards[rows].reset_index(drop=True)
        paths = tuple(self.paths[row] for row in np.flatnonzero(rows))
        return Flows(kept, paths, self.why[rows])


def follow(network: Network, toe: BaseGeometry, *, join_m: float, limit_m: float) -> Path | None:
    """Follow the drainage below a dam toe.

    Parameters
    ----------
    network : Network
        The drainage.
    toe : shapely.Geometry
        Toe of the starter dam in EPSG:3395.
    join_m : float
        How far from the toe the drainage is looked for [m].
    limit_m : float
        How far the way is followed [m].

    Returns
    -------
    Path or None
        Every branch; None when no drainage lies within `join_m`.

    Notes
    -----
    The nearest line surely takes the flow, with every other within `JOIN_M` of being as
    near; what else lies within `join_m` may take it.
    """
    drawn = [number for number, arc in enumerate(network.arcs) if _is_line(arc)]
    if not drawn:
        return None
    shapes = np.array([shapely.LineString(network.arcs[number].xy) for number in drawn])
    scale = float(plane_scale(np.array(shapely.bounds(toe))[[1, 3]]).max())
    near = shapely.STRtree(shapes).query(toe, predicate="dwithin", distance=join_m * scale * 1.01)
    near = np.sort(near)
    if len(near) == 0:
        return None
    met = measure_pairs(np.array([toe] * len(near), dtype=object), shapes[near])
    held = met.distance_m <= join_m
    if not held.any():
        return None
    nearest = float(met.distance_m[held].min())
    spots = plane_from_lonlat(met.end)
    starts, runs = [], []
    for order in np.flatnonzero(held):
        arc = network.arcs[drawn[near[order]]]
        cut = _from_spot(arc, spots[order])
        sure = arc.is_sure and met.distance_m[order] <= nearest + JOIN_M
        starts.append((arc.head, float(ground_lengths(cut).sum()), sure))
        runs.append((cut, arc, sure))
    first = int(np.flatnonzero(held)[np.argmin(met.distance_m[held])])
    begun = _Begun(starts, runs, plane_from_lonlat(met.start[first : first + 1])[0], nearest)
    return _walk(network, begun, limit_m)


def _is_line(arc: Arc) -> bool:
    return bool((arc.xy[0] != arc.xy[-1]).any() or len(arc.xy) > 2)


def _from_spot(arc: Arc, spot: Floats) -> Floats:
    """Cut what lies upstream of a point off an arc."""
    line = shapely.LineString(arc.xy)
    at = float(line.project(shapely.Point(spot)))
    corners = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(arc.xy, axis=0).T))])
    foot = np.asarray(line.interpolate(at).coords[0])
    return np.vstack([foot, arc.xy[corners > at]]) if at < corners[-1] else np.vstack([foot, foot])


@dataclass(frozen=True, slots=True)
class _Begun:
    """Where the flow joins the drainage."""

    starts: Sequence[tuple[int, float, bool]]
    runs: Sequence[tuple[Floats, Arc, bool]]
    toe: Floats
    link_m: float


def _walk(network: Network, begun: _Begun, limit_m: float) -> Path:
    starts = [(head, metres) for head, metres, _ in begun.starts]
    surely = [(head, metres) for head, metres, sure in begun.starts if sure]
    least = shortest(network, starts=starts, limit_m=limit_m, sure=False)
    sure = shortest(network, starts=surely, limit_m=limit_m, sure=True)
    # Every run: its vertices, arc, and where it begins, by what is sure and what is possible.
    runs = [(cut, arc, 0.0 if known else np.inf, 0.0) for cut, arc, known in begun.runs]
    for spot, (least_m, _) in least.items():
        for number in network.leaving.get(spot, ()):
            arc = network.arcs[number]
            begins = sure[spot][0] if arc.is_sure and spot in sure else np.inf
            if min(begins, least_m) <= limit_m:
                runs.append((arc.xy, arc, begins, least_m))
    stops = {
        spot
        for spot, (metres, _) in sure.items()
        if metres < limit_m
        and not any(network.arcs[number].is_sure for number in network.leaving.get(spot, ()))
    }
    # Where the way stops because nothing sure leads on.
    ends = [xy[-1] for xy, arc, begins, _ in runs if arc.head in stops and np.isfinite(begins)]
    return _laid_out(runs, begun, np.array(ends).reshape(-1, 2), _upstream(network, begun))


def _upstream(network: Network, begun: _Begun) -> BaseGeometry:
    """Gather the drainage that leads to where the flow joins it."""
    entering: dict[int, list[Arc]] = {}
    for arc in network.arcs:
        if arc.is_sure:
            entering.setdefault(arc.head, []).append(arc)
    parts: list[shapely.LineString] = []
    todo: list[int] = []
    for cut, arc, known in begun.runs:
        if known and arc.is_sure:
            line = shapely.LineString(arc.xy)
            at = line.project(shapely.Point(cut[0]))
            if at > 0.0:
                parts.append(_head_of(arc.xy, cut[0], at))
            todo.append(arc.tail)
    seen: set[int] = {arc.head for _, arc, _ in begun.runs}
    while todo:
        spot = todo.pop()
        if spot in seen:
            continue
        seen.add(spot)
        for arc in entering.get(spot, ()):
            if _is_line(arc):
                parts.append(shapely.LineString(arc.xy))
            todo.append(arc.tail)
    return shapely.MultiLineString(parts)


def _head_of(xy: Floats, foot: Floats, at: float) -> shapely.LineString:
    corners = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return shapely.LineString(np.vstack([xy[corners < at], foot]))


_Run = tuple["Floats", Arc, float, float]


def _laid_out(runs: Sequence[_Run], begun: _Begun, ends: Floats, upstream: BaseGeometry) -> Path:
    """Write runs as edges, each with the one before it."""
    first = np.concatenate([[0], np.cumsum([len(xy) - 1 for xy, *_ in runs])]).astype(np.int64)
    # The run by which each node is reached the soonest: surely where it is so.
    lengths = [ground_lengths(xy) for xy, *_ in runs]
    best: dict[int, tuple[float, float, int]] = {}
    for number, (_, arc, sure_m, least_m) in enumerate(runs):
        total = float(lengths[number].sum())
        come = (sure_m + total, least_m + total, number)
        best[arc.head] = min(best.get(arc.head, come), come)
    xy, sure, least, half, before = [], [], [], [], []
    for number, (spots, arc, sure_m, least_m) in enumerate(runs):
        gone = np.concatenate([[0.0], np.cumsum(lengths[number])[:-1]])
        xy.append(np.hstack([spots[:-1], spots[1:]]))
        sure.append(sure_m + gone)
        least.append(least_m + gone)
        half.append(np.full(len(gone), arc.half_m))
        led = np.arange(first[number], first[number + 1]) - 1
        is_start = number < len(begun.runs)
        led[0] = -1 if is_start else first[best[arc.tail][2] + 1] - 1
        before.append(led)
    return Path(
        xy=np.concatenate(xy),
        length_m=np.concatenate(lengths),
        sure_m=np.concatenate(sure),
        least_m=np.concatenate(least),
        half_m=np.concatenate(half),
        accuracy_m=max(arc.accuracy_m for _, arc, *_ in runs),
        before=np.concatenate(before),
        toe=begun.toe,
        link_m=begun.link_m,
        ends=ends,
        upstream=upstream,
    )
