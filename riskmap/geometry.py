"""Geometries as flat arrays: densified, projected, boxed by eight edges.

A geometry is a run of chains, a chain a run of vertices. Points are chains of one vertex;
a polygon is its shell followed by its holes.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmap.compiled import compiled, compiled_part
from riskmap.crs import ECCENTRICITY_2, EDGE_DEGREES, LATITUDE_LIMIT, SEMI_MAJOR_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# What became of a row. The names of the refusals are reasons in the wording table.
OK, NO_GEOMETRY, NOT_FINITE, TOO_FAR_NORTH, NOT_ON_EARTH, UNREADABLE, NEEDS_SPACE = range(7)
REASONS = ("", "no_geometry", "not_finite", "too_far_north", "not_on_earth", "unreadable")

# Coordinates of the rows: already in the plane, or longitude and latitude in degrees.
PLANE, LONLAT = 0, 1

# Kinds of chain.
POINT, LINE, SHELL, HOLE = range(4)

# Edges that share one bounding box.
CHUNK = 8

# The ellipsoidal northing as quartics over cells of latitude: error below 1e-9 m.
_LATITUDE_CELLS = 8192
_TABLE_LATITUDE = np.radians(82.0)
_RADIAN = np.pi / 180.0


class Chains(NamedTuple):
    """Hold flat geometry: vertices, chains and their boxes.

    Parameters
    ----------
    xy : numpy.ndarray of float64
        Vertices, x and y in turn [m in EPSG:3395, or degrees before projection].
    first : numpy.ndarray of int64
        First vertex of each chain, and one past the last.
    kind : numpy.ndarray of int64
        POINT, LINE, SHELL or HOLE.
    chunk : numpy.ndarray of int64
        First box of each chain, and one past the last.
    box : numpy.ndarray of float64
        Bounding box of each run of CHUNK edges: xmin, ymin, xmax, ymax in turn.
    inverse : numpy.ndarray of float64
        For each vertex one over the squared length of the edge that begins there; 0 at the
        end of a chain and where the edge has no length.
    """

    xy: Floats
    first: Integers
    kind: Integers
    chunk: Integers
    box: Floats
    inverse: Floats


def make_chains(vertices: int, chains: int) -> Chains:
    """Make room for geometry.

    Parameters
    ----------
    vertices, chains : int
        Numbers of vertices and chains that fit.

    Returns
    -------
    Chains
        Empty arrays.
    """
    return Chains(
        xy=np.empty(2 * vertices),
        first=np.zeros(chains + 1, dtype=np.int64),
        kind=np.zeros(chains, dtype=np.int64),
        chunk=np.zeros(chains + 1, dtype=np.int64),
        box=np.empty(4 * (vertices // CHUNK + chains)),
        inverse=np.empty(vertices),
    )


def doubled(chains: Chains) -> Chains:
    """Make twice the room, for a row that did not fit.

    Parameters
    ----------
    chains : Chains
        Scratch that was too small.

    Returns
    -------
    Chains
        Empty arrays for twice the vertices and chains.
    """
    return make_chains(len(chains.xy), 2 * len(chains.kind))


@cache
def latitude_table() -> Floats:
    """Tabulate the northing of EPSG:3395 over latitude.

    Returns
    -------
    numpy.ndarray, shape (5 * cells,)
        Coefficients of a quartic in the fraction of each cell, lowest first [m]; northern
        latitudes to 82 degrees, the southern follow by sign.

    Notes
    -----
    y = a (atanh(sin phi) - e atanh(e sin phi)) (Snyder, USGS Professional Paper 1395, 7-7,
    in the form of Karney 2011), interpolated at five nodes of each cell.
    """
    nodes = np.linspace(0.0, 1.0, 5)
    width = _TABLE_LATITUDE / _LATITUDE_CELLS
    phi = (np.arange(_LATITUDE_CELLS)[:, None] + nodes) * width
    eccentricity = np.sqrt(ECCENTRICITY_2)
    sine = np.sin(phi)
    # asinh(tan) is atanh(sin), without its loss of figures where the sine is near 1.
    gudermann = np.arcsinh(np.tan(phi))
    northing = SEMI_MAJOR_M * (gudermann - eccentricity * np.arctanh(eccentricity * sine))
    start = northing[:, :1]
    fitted = np.linalg.solve(np.vander(nodes, increasing=True), (northing - start).T).T
    fitted[:, 0] += start[:, 0]
    return np.ascontiguousarray(fitted).ravel()


@compiled_part
def northing(latitude: float, table: Floats) -> float:
    """Look up the northing of a latitude [degrees -> m]."""
    scaled = abs(latitude) * (_RADIAN * _LATITUDE_CELLS / _TABLE_LATITUDE)
    cell = int(scaled)
    t = scaled - cell
    i = 5 * cell
    y = table[i] + t * (table[i + 1] + t * (table[i + 2] + t * (table[i + 3] + t * table[i + 4])))
    return float(y if latitude >= 0.0 else -y)


@compiled_part
def box_row(xy: Floats, vertices: int, space: int, box: Floats) -> int:
    """Take the bounding box of a row and refuse what is not a place.

    Parameters
    ----------
    xy : numpy.ndarray of float64
        Vertices, x and y in turn.
    vertices : int
        Number of vertices.
    space : int
        PLANE or LONLAT: only the latter has limits.
    box : numpy.ndarray of float64, shape (4,)
        Filled with xmin, ymin, xmax, ymax.

    Returns
    -------
    int
        OK, NOT_FINITE, NOT_ON_EARTH or TOO_FAR_NORTH.
    """
    west = east = xy[0]
    south = north = xy[1]
    total = 0.0
    for i in range(vertices):
        x, y = xy[2 * i], xy[2 * i + 1]
        total += x - x + (y - y)  # stays 0 unless a coordinate is infinite or not a number
        if x < west:
            west = x
        elif x > east:
            east = x
        if y < south:
            south = y
        elif y > north:
            north = y
    if total != 0.0:
        return NOT_FINITE
    box[0], box[1], box[2], box[3] = west, south, east, north
    if space == LONLAT:
        if west < -180.0 or east > 180.0 or south < -90.0 or north > 90.0:
            return NOT_ON_EARTH
        if south < -LATITUDE_LIMIT or north > LATITUDE_LIMIT:
            return TOO_FAR_NORTH
    return OK


@compiled_part
def project_box(box: Floats, table: Floats) -> None:
    """Take a box of longitude and latitude into the plane, in place."""
    metres = SEMI_MAJOR_M * _RADIAN
    box[0] *= metres
    box[2] *= metres
    box[1] = northing(box[1], table)
    box[3] = northing(box[3], table)


@compiled_part
def has_long_edge(chains: Chains, count: int) -> bool:
    """Tell whether an edge of longitude and latitude has to be densified."""
    for chain in range(count):
        for i in range(chains.first[chain], chains.first[chain + 1] - 1):
            dx = chains.xy[2 * i + 2] - chains.xy[2 * i]
            dy = chains.xy[2 * i + 3] - chains.xy[2 * i + 1]
            if dx * dx + dy * dy > EDGE_DEGREES * EDGE_DEGREES:
                return True
    return False


@compiled_part
def densify_row(chains: Chains, count: int, out: Chains) -> int:
    """Cut long edges, straight in longitude and latitude, into short ones.

    Parameters
    ----------
    chains : Chains
        Row in degrees.
    count : int
        Its chains.
    out : Chains
        Scratch for the denser row, with the same chains.

    Returns
    -------
    int
        Vertices of the denser row; -1 when `out` is too small.
    """
    room = len(out.xy) // 2
    made = 0
    if count > len(out.kind):
        return -1
    for chain in range(count):
        out.first[chain] = made
        out.kind[chain] = chains.kind[chain]
        last = chains.first[chain + 1] - 1
        for i in range(chains.first[chain], last + 1):
            if made >= room:
                return -1
            x, y = chains.xy[2 * i], chains.xy[2 * i + 1]
            out.xy[2 * made], out.xy[2 * made + 1] = x, y
            made += 1
            if i == last:
                continue
            dx, dy = chains.xy[2 * i + 2] - x, chains.xy[2 * i + 3] - y
            length2 = dx * dx + dy * dy
            if length2 > EDGE_DEGREES * EDGE_DEGREES:
                pieces = int(np.ceil(np.sqrt(length2) / EDGE_DEGREES))
                if made + pieces > room:
                    return -1
                for piece in range(1, pieces):
                    t = piece / pieces
                    out.xy[2 * made], out.xy[2 * made + 1] = x + t * dx, y + t * dy
                    made += 1
    out.first[count] = made
    return made


@compiled_part
def project_row(xy: Floats, vertices: int, table: Floats) -> None:
    """Project vertices from degrees into EPSG:3395 [m], in place."""
    metres = SEMI_MAJOR_M * _RADIAN
    for i in range(vertices):
        xy[2 * i] *= metres
        xy[2 * i + 1] = northing(xy[2 * i + 1], table)


@compiled
def box_chunks(chains: Chains, begin: int, count: int) -> None:
    """Take the boxes of every run of CHUNK edges and the inverses, for chains from `begin` on."""
    made = chains.chunk[begin]
    for chain in range(begin, begin + count):
        chains.chunk[chain] = made
        last = chains.first[chain + 1] - 1
        start = chains.first[chain]
        while True:
            end = min(start + CHUNK, last)
            west = east = chains.xy[2 * start]
            south = north = chains.xy[2 * start + 1]
            for i in range(start, end):
                x, y = chains.xy[2 * i + 2], chains.xy[2 * i + 3]
                dx, dy = x - chains.xy[2 * i], y - chains.xy[2 * i + 1]
                length2 = dx * dx + dy * dy
                chains.inverse[i] = 1.0 / length2 if length2 > 0.0 else 0.0
                west, east = min(west, x), max(east, x)
                south, north = min(south, y), max(north, y)
            chains.box[4 * made], chains.box[4 * made + 1] = west, south
            chains.box[4 * made + 2], chains.box[4 * made + 3] = east, north
            made += 1
            start = end
            if start >= last:
                chains.inverse[last] = 0.0
                break
    chains.chunk[begin + count] = made


@compiled_part
def contains(chains: Chains, begin: int, end: int, x: float, y: float) -> bool:
    """Tell whether a point lies in one of the polygons among some chains.

    Parameters
    ----------
    chains : Chains
        Geometry with its boxes.
    begin, end : int
        Chains to look at; the first of a polygon is its shell.
    x, y : float
        Point in the coordinates of `chains`.

    Returns
    -------
    bool
        True inside any polygon; on an edge either way, since the distance is 0 there.
    """
    inside = False
    for chain in range(begin, end):
        if chains.kind[chain] == SHELL:
            if inside:
                return True
        elif chains.kind[chain] != HOLE:
            continue
        last = chains.first[chain + 1] - 1
        for chunk in range(chains.chunk[chain], chains.chunk[chain + 1]):
            b = 4 * chunk
            if y < chains.box[b + 1] or y > chains.box[b + 3] or x > chains.box[b + 2]:
                continue
            start = chains.first[chain] + CHUNK * (chunk - chains.chunk[chain])
            stop = min(start + CHUNK, last)
            if x < chains.box[b]:
                # All of it lies to the right: only where it begins and ends counts.
                inside ^= (chains.xy[2 * start + 1] > y) != (chains.xy[2 * stop + 1] > y)
                continue
            for i in range(start, stop):
                y1, y2 = chains.xy[2 * i + 1], chains.xy[2 * i + 3]
                if (y1 > y) != (y2 > y):
                    x1, x2 = chains.xy[2 * i], chains.xy[2 * i + 2]
                    inside ^= x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
    return inside
