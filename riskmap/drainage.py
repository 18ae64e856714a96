"""The drainage as a directed network: lines joined where they meet, pointing downstream.

What water surely does and what it possibly does are kept apart. A line whose direction is
not known may carry it either way, a gap between two lines may be a culvert, two lines that
cross may meet: such arcs are only possible. They can shorten a way, and never make one sure.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.columns import Problem
from riskmap.crs import plane_scale

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# Ends of lines so near each other are one node [m]: a matter of drawing, not of law.
JOIN_M = 1.0
# A line that ends so near another one may run on into it [m]: listed as a gap.
GAP_M = 50.0


@dataclass(frozen=True, slots=True)
class Arc:
    """Hold one way that water takes, or may take.

    Parameters
    ----------
    tail, head : int
        Node where it begins and ends.
    xy : numpy.ndarray, shape (m, 2)
        Its vertices in EPSG:3395, downstream [m].
    length_m : float
        Length on the ground [m].
    half_m : float
        Declared half width of the flow [m], NaN when none is held.
    accuracy_m : float
        Accuracy of the line [m].
    is_sure : bool
        False for what may be.
    """

    tail: int
    head: int
    xy: Floats
    length_m: float
    half_m: float
    accuracy_m: float
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Network:
    """Hold the drainage.

    Parameters
    ----------
    arcs : tuple of Arc
        Every way.
    leaving : dict of int to list of int
        Arcs that leave each node.
    problems : tuple of Problem
        Loops, gaps, crossings and doubts of direction.
    """

    arcs: tuple[Arc, ...]
    leaving: dict[int, list[int]]
    problems: tuple[Problem, ...]


def ground_lengths(xy: Floats) -> Floats:
    """Measure the edges of a chain on the ground.

    Parameters
    ----------
    xy : numpy.ndarray, shape (m, 2)
        Vertices in EPSG:3395 [m].

    Returns
    -------
    numpy.ndarray, shape (m - 1,)
        Lengths [m].

    Notes
    -----
    Plane length times the mean of 1 / k along the edge (Simpson's rule); edges are
    densified to 110 m, over which that is exact to a micrometre.
    """
    step = np.diff(xy, axis=0)
    north = xy[:, 1]
    ends = 1.0 / plane_scale(north)
    middle = 1.0 / plane_scale((north[:-1] + north[1:]) / 2.0)
    return np.hypot(step[:, 0], step[:, 1]) * (ends[:-1] + 4.0 * middle + ends[1:]) / 6.0


@dataclass(slots=True)
class _Line:
    """One drawn line, downstream as far as is known, and where it is cut."""

    row: int
    layer: str
    ref: str
    xy: Floats
    half_m: float
    accuracy_m: float
    direction: str
    shape: shapely.LineString
    # Position along the line in the plane [m], and the node there.
    cuts: list[tuple[float, int]]


def build_network(rows: gpd.GeoDataFrame) -> Network:
    """Join drainage lines into a directed network.

    Parameters
    ----------
    rows : geopandas.GeoDataFrame
        Rows of role ``drainage`` in EPSG:3395 with ``accuracy_m``, ``layer``, ``row`` and
        ``ref``; drawn downstream unless ``digitised`` or the elevations say otherwise.

    Returns
    -------
    Network
        The network and what was found in it. Lines are joined where ends meet, or meet a
        line, within `JOIN_M`.
    """
    problems: list[Problem] = []
    lines = list(_read_lines(rows, problems))
    node = _join_ends(lines)
    links = _cut_where_met(lines, node, problems)
    arcs = [arc for line in lines for arc in _arcs_of(line)]
    arcs += _both_ways(arcs)
    arcs += [_link(one, other, xy, near) for one, other, xy, near in links]
    leaving: dict[int, list[int]] = {}
    for number, arc in enumerate(arcs):
        leaving.setdefault(arc.tail, []).append(number)
    problems += _loops(lines)
    return Network(tuple(arcs), leaving, tuple(problems))


def _read_lines(rows: gpd.GeoDataFrame, problems: list[Problem]) -> Iterator[_Line]:
    for row in rows.to_dict("records"):
        place = (str(row["layer"]), int(row["row"]))
        parts = [
            part
            for part in shapely.get_parts(row["geometry"])
            if shapely.get_type_id(part) == 1 and part.length > 0.0
        ]
        if not parts:
            problems.append(Problem(*place, "geometry", "", "problem.not_a_line", "noted"))
        direction = _direction(row, place, problems)
        width = row.get("width_m")
        half = np.nan if width is None or np.isnan(float(width)) else float(width) / 2.0
        for part in parts:
            xy = shapely.get_coordinates(part)
            if not part.is_simple:
                # Which way the flow takes where a line crosses itself cannot be told.
                problems.append(Problem(*place, "geometry", "", "problem.crosses_itself", "noted"))
                direction = "not_known"
            if direction == "upstream":
                xy = xy[::-1].copy()
            yield _Line(
                place[1],
                place[0],
                str(row["ref"]),
                xy,
                half,
                float(row["accuracy_m"]),
                "not_known" if direction == "not_known" else "downstream",
                shapely.LineString(xy),
                [],
            )


def _direction(row: dict[str, object], place: tuple[str, int], problems: list[Problem]) -> str:
    """Tell how a line is drawn: by what its row says, and by elevations where both are held."""
    said = row.get("digitised")
    drawn = said if isinstance(said, str) else ""
    top, foot = (float(str(row.get(name))) if _held(row.get(name)) else np.nan for name in _ENDS)
    if np.isfinite(top) and np.isfinite(foot) and top != foot:
        fall = "downstream" if top > foot else "upstream"
        if not drawn:
            drawn = fall
            if fall == "upstream":
                detail = f"{top:g} m < {foot:g} m"
                key = "problem.drawn_upstream"
                problems.append(Problem(*place, "start_elevation_m", "", key, "noted", detail))
        elif drawn not in {fall, "not_known"}:
            key = "problem.direction_conflict"
            detail = f"{top:g} m, {foot:g} m"
            problems.append(Problem(*place, "digitised", drawn, key, "noted", detail))
            return "not_known"
        else:
            drawn = fall
    return drawn or "downstream"


_ENDS = ("start_elevation_m", "end_elevation_m")


def _held(value: object) -> bool:
    return value is not None and value == value  # noqa: PLR0124


def _join_ends(lines: Sequence[_Line]) -> NDArray[np.int64]:
    """Give one node to all ends that lie within `JOIN_M`; begin and end of each line."""
    ends = np.array([line.xy[at] for line in lines for at in (0, -1)]).reshape(-1, 2)
    node = np.arange(len(ends))
    if len(ends) == 0:
        return node.reshape(-1, 2)
    points = np.array([shapely.Point(xy) for xy in ends])
    reach = JOIN_M * plane_scale(ends[:, 1])
    first, second = shapely.STRtree(points).query(points, predicate="dwithin", distance=reach)

    def root(one: int) -> int:
        while node[one] != one:
            one = int(node[one])
        return one

    for one, other in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        a, b = root(one), root(other)
        node[max(a, b)] = min(a, b)
    return np.array([root(one) for one in range(len(node))], dtype=np.int64).reshape(-1, 2)


_Link = tuple[int, int, "Floats", "_Line"]


def _cut_where_met(
    lines: list[_Line], node: NDArray[np.int64], problems: list[Problem]
) -> list[_Link]:
    """Cut lines where an end meets them, and note where one may run into another."""
    links: list[_Link] = []
    if not lines:
        return links
    for line, (begin, end) in zip(lines, node.tolist(), strict=True):
        line.cuts += [(0.0, begin), (line.shape.length, end)]
    tree = shapely.STRtree([line.shape for line in lines])
    degree = np.bincount(node.ravel(), minlength=2 * len(lines))
    fresh = 2 * len(lines)
    for number, line in enumerate(lines):
        for side, at in enumerate((0, -1)):
            spot, here = shapely.Point(line.xy[at]), int(node[number, side])
            scale = float(plane_scale(line.xy[at][1:2])[0])
            near = tree.query(spot, predicate="dwithin", distance=GAP_M * scale)
            met = [other for other in sorted(near.tolist()) if other != number]
            touch = [i for i in met if lines[i].shape.distance(spot) <= JOIN_M * scale]
            for other in touch:
                if here not in node[other]:
                    lines[other].cuts.append((float(lines[other].shape.project(spot)), here))
            if touch or degree[here] > 1:
                continue
            for other in met:
                along = float(lines[other].shape.project(spot))
                foot = np.asarray(lines[other].shape.interpolate(along).coords[0])
                lines[other].cuts.append((along, fresh))
                way = np.array([line.xy[at], foot])
                pair = (here, fresh) if at == -1 else (fresh, here)
                links.append((*pair, way if at == -1 else way[::-1].copy(), line))
                fresh += 1
                gap = f"{lines[other].ref}, {float(ground_lengths(way)[0]):.1f} m"
                problems.append(
                    Problem(line.layer, line.row, "geometry", line.ref, "problem.gap", "noted", gap)
                )
    links += _crossings(lines, tree, fresh, problems)
    return links


def _crossings(
    lines: list[_Line], tree: shapely.STRtree, fresh: int, problems: list[Problem]
) -> list[_Link]:
    """Note lines that cross without a common end: water may change from one to the other."""
    links: list[_Link] = []
    shapes = np.array([line.shape for line in lines])
    first, second = tree.query(shapes, predicate="intersects")
    for one, other in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if one >= other:
            continue
        common = shapely.get_parts(shapely.intersection(shapes[one], shapes[other]))
        for spot in shapely.get_coordinates(common):
            at = [float(lines[i].shape.project(shapely.Point(spot))) for i in (one, other)]
            scale = float(plane_scale(spot[1:2])[0])
            met = [
                min(abs(along - cut) for cut, _ in lines[i].cuts) <= JOIN_M * scale
                for i, along in zip((one, other), at, strict=True)
            ]
            if all(met):
                continue
            for i, along, name in zip((one, other), at, (fresh, fresh + 1), strict=True):
                lines[i].cuts.append((along, name))
            still = np.array([spot, spot])
            links += [(fresh, fresh + 1, still, lines[one]), (fresh + 1, fresh, still, lines[one])]
            fresh += 2
            line = lines[one]
            problems.append(
                Problem(
                    line.layer,
                    line.row,
                    "geometry",
                    line.ref,
                    "problem.crossing",
                    "noted",
                    lines[other].ref,
                )
            )
    return links


def _arcs_of(line: _Line) -> Iterator[Arc]:
    """Cut a line at its nodes; both ways where its direction is not known."""
    corners = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line.xy, axis=0).T))])
    cuts = sorted(line.cuts)
    for (start, tail), (stop, head) in pairwise(cuts):
        inner = line.xy[(corners > start) & (corners < stop)]
        ends = [np.asarray(line.shape.interpolate(at).coords[0]) for at in (start, stop)]
        xy = np.vstack([ends[0], inner, ends[1]])
        sure = line.direction == "downstream"
        length = float(ground_lengths(xy).sum())
        yield Arc(tail, head, xy, length, line.half_m, line.accuracy_m, sure)
        if not sure:
            back = xy[::-1].copy()
            yield Arc(head, tail, back, length, line.half_m, line.accuracy_m, sure)


def _both_ways(arcs: Sequence[Arc]) -> list[Arc]:
    """Where lines only meet head on, one of them may be drawn upstream."""
    leaving = {arc.tail for arc in arcs}
    entering: dict[int, list[Arc]] = {}
    for arc in arcs:
        entering.setdefault(arc.head, []).append(arc)
    met = {spot for spot, those in entering.items() if spot not in leaving and len(those) > 1}
    return [
        Arc(
            arc.head,
            arc.tail,
            arc.xy[::-1].copy(),
            arc.length_m,
            arc.half_m,
            arc.accuracy_m,
            is_sure=False,
        )
        for spot in sorted(met)
        for arc in entering[spot]
    ]


def _link(tail: int, head: int, xy: Floats, line: _Line) -> Arc:
    length = float(ground_lengths(xy)[0])
    return Arc(tail, head, xy, length, line.half_m, line.accuracy_m, is_sure=False)


def _loops(lines: Sequence[_Line]) -> Iterator[Problem]:
    """List lines in a loop, or between two, and lines that meet only head on."""
    ways = [
        (cuts[i][1], cuts[i + 1][1], line)
        for line in lines
        if line.direction == "downstream"
        for cuts in [sorted(line.cuts)]
        for i in range(len(cuts) - 1)
    ]
    heads = {head for _, head, _ in ways}
    tails = {tail for tail, _, _ in ways}
    ends: dict[int, list[_Line]] = {}
    for _, head, line in ways:
        if head not in tails:
            ends.setdefault(head, []).append(line)
    for those in ends.values():
        if len(those) > 1:
            names = ", ".join(sorted(line.ref for line in those))
            key = "problem.head_on"
            line = those[0]
            yield Problem(line.layer, line.row, "geometry", line.ref, key, "noted", names)
    left = ways
    while True:
        # What nothing enters, or nothing leaves, is in no loop.
        heads, tails = {head for _, head, _ in left}, {tail for tail, _, _ in left}
        kept = [way for way in left if way[0] in heads and way[1] in tails]
        if len(kept) == len(left):
            break
        left = kept
    for line in {id(line): line for _, _, line in left}.values():
        yield Problem(line.layer, line.row, "geometry", line.ref, "problem.loop", "noted")


def shortest(
    network: Network, *, starts: Sequence[tuple[int, float]], limit_m: float, sure: bool
) -> dict[int, tuple[float, int]]:
    """Follow every branch downstream from some nodes.

    Parameters
    ----------
    network : Network
        The drainage.
    starts : sequence of (int, float)
        Nodes, and how far the flow has come there [m].
    limit_m : float
        How far to follow it [m].
    sure : bool
        Whether only arcs that are sure count.

    Returns
    -------
    dict of int to tuple of (float, int)
        For each node that is reached the shortest way there [m], and the arc that leads
        there (below 0 at a start). A loop is gone round once.
    """
    found: dict[int, tuple[float, int]] = {}
    queue = [(metres, spot, -1) for spot, metres in starts]
    heapq.heapify(queue)
    while queue:
        metres, spot, by = heapq.heappop(queue)
        if spot in found:
            continue
        found[spot] = (metres, by)
        for number in network.leaving.get(spot, ()):
            arc = network.arcs[number]
            on = metres + arc.length_m
            if metres <= limit_m and arc.head not in found and (arc.is_sure or not sure):
                heapq.heappush(queue, (on, arc.head, number))
    return found
