"""Shortest distances on the WGS 84 ellipsoid by brute force, for the tests to judge by.

Written from the formulas and free of riskmap, GEOS and PROJ: geodesics are Vincenty's
(Survey Review 1975), an edge is straight in longitude and latitude (RFC 7946), the nearest
points of two edges are searched, and what lies inside an area is told by casting a ray.

Error of a short distance: Vincenty's series is good to 0.1 mm round the globe and to
nanometres over some kilometres; the search stops at 1e-10 of an edge. Near-antipodal
points, where Vincenty fails to converge, do not occur here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Truths = NDArray[np.bool_]

A, F = 6378137.0, 1 / 298.257223563
B = A * (1 - F)

Place = tuple[float, float]


@dataclass(slots=True)
class Parts:
    """Hold a geometry as plain coordinates: places, polylines, and areas as lists of rings."""

    points: list[Place] = field(default_factory=list)
    lines: list[list[Place]] = field(default_factory=list)
    areas: list[list[list[Place]]] = field(default_factory=list)


def parts(geometry: Mapping[str, Any]) -> Parts:
    """Take a GeoJSON geometry apart; heights are left out."""
    found = Parts()
    for kind, coordinates in _simple(geometry):
        if kind == "Point":
            found.points.append(_place(coordinates))
        elif kind == "LineString":
            found.lines.append([_place(at) for at in coordinates])
        else:
            found.areas.append([[_place(at) for at in ring] for ring in coordinates])
    return found


def _simple(geometry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        for member in geometry["geometries"]:
            yield from _simple(member)
    elif kind.startswith("Multi"):
        for coordinates in geometry["coordinates"]:
            yield kind.removeprefix("Multi"), coordinates
    else:
        yield kind, geometry["coordinates"]


def _place(at: Sequence[float]) -> Place:
    return float(at[0]), float(at[1])


def vincenty(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Solve the inverse geodesic problem [m]."""
    return float(apart(np.array([lon1, lat1]), np.array([lon2, lat2])))


def apart(first: Floats, second: Floats) -> Floats:
    """Solve the inverse geodesic problem for places (..., 2), broadcast [m]."""
    difference = np.radians(second[..., 0] - first[..., 0])
    u1 = np.arctan((1 - F) * np.tan(np.radians(first[..., 1])))
    u2 = np.arctan((1 - F) * np.tan(np.radians(second[..., 1])))
    sin1, cos1, sin2, cos2 = np.sin(u1), np.cos(u1), np.sin(u2), np.cos(u2)
    lam = difference
    for _ in range(200):
        sin_lam, cos_lam = np.sin(lam), np.cos(lam)
        sin_sigma = np.hypot(cos2 * sin_lam, cos1 * sin2 - sin1 * cos2 * cos_lam)
        cos_sigma = sin1 * sin2 + cos1 * cos2 * cos_lam
        sigma = np.arctan2(sin_sigma, cos_sigma)
        sin_alpha = _ratio(cos1 * cos2 * sin_lam, sin_sigma)
        cos2_alpha = 1 - sin_alpha**2
        cos_2m = cos_sigma - _ratio(2 * sin1 * sin2, cos2_alpha)
        c = F / 16 * cos2_alpha * (4 + F * (4 - 3 * cos2_alpha))
        inner = cos_2m + c * cos_sigma * (-1 + 2 * cos_2m**2)
        before = lam
        lam = difference + (1 - c) * F * sin_alpha * (sigma + c * sin_sigma * inner)
        if np.max(np.abs(lam - before), initial=0.0) < 1e-14:
            break
    big_a, big_b = _series(cos2_alpha)
    return np.asarray(B * big_a * (sigma - _arc(big_b, sin_sigma, cos_sigma, cos_2m)))


def _ratio(above: Floats, below: Floats) -> Floats:
    # Where the lower part is 0 (the same place, or along the equator) the term is 0.
    return np.asarray(np.where(below == 0.0, 0.0, above / np.where(below == 0.0, 1.0, below)))


def _series(cos2_alpha: Floats) -> tuple[Floats, Floats]:
    u_2 = cos2_alpha * (A**2 - B**2) / B**2
    big_a = 1 + u_2 / 16384 * (4096 + u_2 * (-768 + u_2 * (320 - 175 * u_2)))
    return np.asarray(big_a), u_2 / 1024 * (256 + u_2 * (-128 + u_2 * (74 - 47 * u_2)))


def _arc(big_b: Floats, sin_sigma: Floats, cos_sigma: Floats, cos_2m: Floats) -> Floats:
    third = big_b / 6 * cos_2m * (-3 + 4 * sin_sigma**2) * (-3 + 4 * cos_2m**2)
    second = big_b / 4 * (cos_sigma * (-1 + 2 * cos_2m**2) - third)
    return np.asarray(big_b * sin_sigma * (cos_2m + second))


def go(start: Place, *, bearing: float, metres: float) -> Place:
    """Solve the direct geodesic problem: where one comes out, bearing in degrees."""
    azimuth, phi = np.radians(bearing), np.radians(start[1])
    u1 = np.arctan((1 - F) * np.tan(phi))
    sin1, cos1 = np.sin(u1), np.cos(u1)
    sigma1 = np.arctan2(np.tan(u1), np.cos(azimuth))
    sin_alpha = cos1 * np.sin(azimuth)
    cos2_alpha = 1 - sin_alpha**2
    big_a, big_b = _series(cos2_alpha)
    sigma = metres / (B * big_a)
    for _ in range(100):
        cos_2m = np.cos(2 * sigma1 + sigma)
        before = sigma
        sigma = metres / (B * big_a) + _arc(big_b, np.sin(sigma), np.cos(sigma), cos_2m)
        if abs(sigma - before) < 1e-16:
            break
    sin_s, cos_s = np.sin(sigma), np.cos(sigma)
    ahead = sin1 * sin_s - cos1 * cos_s * np.cos(azimuth)
    north = sin1 * cos_s + cos1 * sin_s * np.cos(azimuth)
    latitude = np.arctan2(north, (1 - F) * np.hypot(sin_alpha, ahead))
    lam = np.arctan2(sin_s * np.sin(azimuth), cos1 * cos_s - sin1 * sin_s * np.cos(azimuth))
    c = F / 16 * cos2_alpha * (4 + F * (4 - 3 * cos2_alpha))
    inner = sigma + c * sin_s * (cos_2m + c * cos_s * (-1 + 2 * cos_2m**2))
    longitude = start[0] + np.degrees(lam - (1 - c) * F * sin_alpha * inner)
    return float((longitude + 180.0) % 360.0 - 180.0), float(np.degrees(latitude))


def to_segment(point: Place, edge: Sequence[Place]) -> float:
    """Find the shortest distance to an edge straight in longitude and latitude [m]."""
    start, end = (np.array([at], dtype=float) for at in edge)
    return float(to_edges(np.array([point], dtype=float), start, end)[0])


def to_edges(places: Floats, starts: Floats, ends: Floats) -> Floats:
    """Find the shortest distance of each place (n, 2) to its own edge [m]."""
    return _least(lambda t: apart(places, _along(starts, ends, t)), len(places))


def between_edges(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> Floats:
    """Find the shortest distance of each edge to its partner by a search in a search [m]."""

    def height(t: Floats) -> Floats:
        places = _along(*first, t)
        starts, ends = (np.broadcast_to(side, places.shape).reshape(-1, 2) for side in second)
        return to_edges(places.reshape(-1, 2), starts, ends).reshape(t.shape)

    return _least(height, len(second[0]))


def _along(starts: Floats, ends: Floats, t: Floats) -> Floats:
    return np.asarray(starts + t[..., None] * (ends - starts))


def _least(height: Callable[[Floats], Floats], count: int) -> Floats:
    """Minimise over 0..1 by ever finer grids of nine, each round the best of the last."""
    low, width = np.zeros(count), np.ones(count)
    best = np.full(count, np.inf)
    for _ in range(18):
        grid = low + np.linspace(0.0, 1.0, 9)[:, None] * width
        at_grid = height(grid)
        best = np.minimum(best, at_grid.min(axis=0))
        middle = np.take_along_axis(grid, at_grid.argmin(axis=0)[None], axis=0)[0]
        # One step to each side, and not beyond the ends.
        low = np.clip(middle - width / 8, 0.0, 1.0)
        width = np.clip(middle + width / 8, 0.0, 1.0) - low
    return best


def shortest(first: Parts, second: Parts) -> float:
    """Find the shortest distance between two geometries; 0 where they meet [m]."""
    here, there = _edges(first), _edges(second)
    if _crosses(here, there) or _holds(first, second) or _holds(second, first):
        return 0.0
    i, j, bound = _near(here, there)
    a, b, c, d = here[i, :2], here[i, 2:], there[j, :2], there[j, 2:]
    corners = to_edges(np.vstack([a, b, c, d]), np.vstack([c, c, a, a]), np.vstack([d, d, b, b]))
    best = float(corners.min())
    if best < 1e-7:
        return best
    # Edges bend over the ground: they may come closest inside both.
    within = np.nonzero((bound <= best) & np.any(a != b, axis=1) & np.any(c != d, axis=1))[0]
    if len(within):
        steps = np.repeat(np.linspace(0.0, 1.0, 17), len(within))
        i = np.tile(within, 17)
        grid = to_edges(a[i] + steps[:, None] * (b[i] - a[i]), c[i], d[i])
        lower = np.unique(i[grid < best - 1e-7])
        inner = between_edges((a[lower], b[lower]), (c[lower], d[lower]))
        best = float(np.min(inner, initial=best))
    return best


def _edges(shape: Parts) -> Floats:
    """List all edges (n, 4); a point is an edge without length."""
    lines = [[at, at] for at in shape.points] + shape.lines
    lines += [ring for area in shape.areas for ring in area]
    rows = [np.hstack([at[:-1], at[1:]]) for at in (np.array(line) for line in lines)]
    return np.vstack(rows)


def _near(here: Floats, there: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """List the pairs of edges that can be the closest, each with its lower bound [m]."""
    (middle, reach), (other, stretch) = _middles(here), _middles(there)
    found = apart(middle[:, None, :], other[None, :, :])
    # No point of an edge lies further from its middle than its ends, but for the bend.
    bound = found - 1.01 * (reach[:, None] + stretch[None, :])
    i, j = np.nonzero(bound <= found.min())
    return i, j, bound[i, j]


def _middles(edges: Floats) -> tuple[Floats, Floats]:
    middle = (edges[:, :2] + edges[:, 2:]) / 2
    return middle, np.maximum(apart(middle, edges[:, :2]), apart(middle, edges[:, 2:]))


def _crosses(here: Floats, there: Floats) -> bool:
    """Tell whether two edges cross in longitude and latitude; touching is left to search."""
    a, b = here[:, None, :2], here[:, None, 2:]
    c, d = there[None, :, :2], there[None, :, 2:]
    across = _side(a, b, c) * _side(a, b, d) < 0
    return bool(np.any(across & (_side(c, d, a) * _side(c, d, b) < 0)))


def _side(start: Floats, end: Floats, at: Floats) -> Floats:
    run, rise = end[..., 0] - start[..., 0], end[..., 1] - start[..., 1]
    turn = run * (at[..., 1] - start[..., 1]) - rise * (at[..., 0] - start[..., 0])
    return np.asarray(np.sign(turn))


def _holds(shape: Parts, other: Parts) -> bool:
    """Tell whether an area holds one place of a part; no edges cross, so one is enough."""
    places = [*other.points, *(line[0] for line in other.lines)]
    places += [area[0][0] for area in other.areas]
    return any(is_inside(at, area) for area in shape.areas for at in places)


def is_inside(at: Place, area: list[list[Place]]) -> bool:
    """Cast a ray east and count the rings' edges that it meets."""
    east, north = at
    met = 0
    for ring in area:
        x, y = np.array(ring).T
        spans = (y[:-1] > north) != (y[1:] > north)
        x1, y1, x2, y2 = (side[spans] for side in (x[:-1], y[:-1], x[1:], y[1:]))
        met += int(np.count_nonzero(east < x1 + (north - y1) / (y2 - y1) * (x2 - x1)))
    return met % 2 == 1
