"""Draw made-up hazards and receptors with the character of a county: towns, parks, pipelines.

Kinds, distances and places are invented; no law and no map stands behind them. Coordinates
are metres in the plane of EPSG:4549, near 119.5 E 31.4 N, rounded to 0.1 mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Kinds = NDArray[np.int16]
    Shapes = NDArray[np.object_]

ORIGIN_M = (452_500.0, 3_470_000.0)
CHUNK = 65_536
PIECE_SEGMENTS = 16

HAZARD_KINDS = (
    "gas_station",
    "lpg_station",
    "chemical_tank",
    "explosives_depot",
    "ammonia_store",
    "fireworks_shop",
    "chemical_plant",
    "steel_plant",
    "tailings_pond",
    "open_mine",
    "gas_pipeline",
    "oil_pipeline",
)
RECEPTOR_KINDS = (
    "house",
    "apartment",
    "factory_office",
    "school",
    "hospital",
    "residential_zone",
    "village_point",
    "scenic_point",
)
_POINT_SHARES = (0.40, 0.12, 0.20, 0.04, 0.14, 0.10)
_SITE_SHARES = (0.5, 0.2, 0.1, 0.2)
_BUILDING_SHARES = (0.80, 0.12, 0.05, 0.02, 0.01)
_FIRST_SITE, _FIRST_MINE, _FIRST_PIPELINE = 6, 8, 10
_ZONE, _FIRST_PLACE = 5, 6

# Required distances [m] by kind of hazard and of receptor. Long ones belong to rare receptors,
# and four pairs of kinds have two.
REQUIRED_M: dict[str, dict[str, tuple[float, ...]]] = {
    "gas_station": {"house": (50,), "apartment": (50,), "school": (100, 70), "hospital": (100,)},
    "lpg_station": {
        "house": (60,),
        "apartment": (110,),
        "school": (150,),
        "hospital": (150,),
        "residential_zone": (150,),
    },
    "chemical_tank": {
        "house": (100,),
        "apartment": (150,),
        "school": (500,),
        "hospital": (500,),
        "residential_zone": (300,),
    },
    "explosives_depot": {
        "house": (400, 250),
        "school": (1500,),
        "residential_zone": (800,),
        "scenic_point": (3000,),
    },
    "ammonia_store": {"apartment": (150,), "hospital": (400,), "residential_zone": (200,)},
    "fireworks_shop": {"house": (50,), "factory_office": (60,), "school": (200,)},
    "chemical_plant": {
        "house": (300, 150),
        "apartment": (500,),
        "school": (1000,),
        "hospital": (1000,),
        "residential_zone": (1000, 600),
    },
    "steel_plant": {"school": (800,), "residential_zone": (1200,)},
    "tailings_pond": {
        "house": (500,),
        "residential_zone": (1000,),
        "village_point": (1000,),
        "scenic_point": (2000,),
    },
    "open_mine": {"house": (300,), "school": (500,), "village_point": (300,)},
    "gas_pipeline": {
        "house": (50,),
        "apartment": (75,),
        "school": (200,),
        "residential_zone": (200,),
    },
    "oil_pipeline": {"house": (60,), "residential_zone": (150,)},
}


@dataclass(frozen=True, slots=True)
class Scale:
    """State how much is drawn.

    Parameters
    ----------
    hazards, receptors : int
        How many of each.
    width_m : float
        Side of the square they lie in [m].
    ordered : bool
        Whether receptors stand in Hilbert order, as a sorted file's do, or shuffled.
    simple : bool
        Whether receptors are boxes and points only.
    """

    hazards: int
    receptors: int
    width_m: float
    ordered: bool
    simple: bool


SCALES = {
    "XS": Scale(200, 5_000, 20e3, ordered=False, simple=False),
    "S": Scale(1_000, 100_000, 40e3, ordered=False, simple=False),
    "M": Scale(10_000, 1_000_000, 120e3, ordered=True, simple=False),
    "L": Scale(30_000, 10_000_000, 380e3, ordered=True, simple=True),
}


@dataclass(frozen=True, slots=True)
class Clusters:
    """Hold the centres that things crowd around: towns, or parks beside towns.

    Parameters
    ----------
    centre_m : ndarray
        Centres, one row of x and y each, from the square's corner [m].
    share : ndarray
        Share of the things that belong to each; sums to one.
    spread_m : ndarray
        Standard deviation of the places around each centre [m].
    """

    centre_m: Floats
    share: Floats
    spread_m: Floats


def draw_towns(scale: Scale, *, seed: int) -> Clusters:
    """Draw one town for every 35 km2, few of them large.

    Parameters
    ----------
    scale : Scale
        How much is drawn.
    seed : int
        Seed of all draws.

    Returns
    -------
    Clusters
        The towns.
    """
    rng = np.random.default_rng([seed, 0])
    count = max(4, int((scale.width_m / 1e3) ** 2 / 35))
    centre = rng.random((count, 2)) * scale.width_m
    size = rng.pareto(1.3, count) + 0.3
    share = size / size.sum()
    return Clusters(centre, share, 350.0 * (share * count) ** 0.4 + 250.0)


def _draw_parks(rng: Generator, *, towns: Clusters) -> Clusters:
    """Draw industrial parks at the edges of towns, half as many as there are towns."""
    count = max(3, len(towns.share) // 2)
    town = rng.choice(len(towns.share), count, p=towns.share)
    angle = rng.random(count) * 2 * np.pi
    away = towns.spread_m[town] * (1.3 + rng.random(count))
    centre = towns.centre_m[town] + np.column_stack([away * np.cos(angle), away * np.sin(angle)])
    size = rng.pareto(1.5, count) + 0.3
    return Clusters(centre, size / size.sum(), np.full(count, 600.0))


def _draw_places(
    rng: Generator, *, clusters: Clusters, count: int, width_m: float, rural: float
) -> Floats:
    """Draw places around clusters, a share of them anywhere, all inside the square."""
    cluster = rng.choice(len(clusters.share), count, p=clusters.share)
    spread = clusters.spread_m[cluster][:, None]
    places: Floats = clusters.centre_m[cluster] + rng.standard_normal((count, 2)) * spread
    scattered = rng.random(count) < rural
    places[scattered] = rng.random((int(scattered.sum()), 2)) * width_m
    inside: Floats = np.clip(places, 0.0, width_m) + np.array(ORIGIN_M)
    return inside


def _draw_stars(
    rng: Generator, *, centre_m: Floats, corners: Integers, radius_m: Floats, rough: float
) -> Shapes:
    """Draw ragged polygons whose corners go once round the centre, so each is valid."""
    count = len(corners)
    total = int(corners.sum())
    first = np.concatenate([[0], np.cumsum(corners)])
    owner = np.repeat(np.arange(count), corners)
    corner = np.arange(total) - first[owner]
    turn = rng.random(count)[owner]
    angle = ((corner + 0.5 * rng.random(total)) / corners[owner] + turn) * 2 * np.pi
    radius = radius_m[owner] * (1.0 - rough * rng.random(total))
    open_rings = centre_m[owner] + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    closed = np.insert(np.arange(total), first[1:], first[:-1])  # each ring ends where it began
    offsets = first + np.arange(count + 1)
    rings: Shapes = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        open_rings[closed].round(4),
        (offsets, np.arange(count + 1)),
    )
    return rings


def _draw_pipelines(rng: Generator, *, start_m: Floats) -> Shapes:
    """Draw winding lines of 200 to 800 vertices, 20 to 60 m apart."""
    lines = np.empty(len(start_m), dtype=object)
    for i, start in enumerate(start_m):
        count = int(rng.integers(200, 800))
        heading = rng.random() * 2 * np.pi + np.cumsum(rng.standard_normal(count) * 0.08)
        steps = np.column_stack([np.cos(heading), np.sin(heading)])
        steps *= rng.uniform(20.0, 60.0, count)[:, None]
        lines[i] = shapely.LineString((start + np.cumsum(steps, axis=0)).round(4))
    return lines


def draw_hazards(scale: Scale, *, towns: Clusters, seed: int) -> tuple[Shapes, Kinds]:
    """Draw all hazards: 60 % points, 35 % sites, 5 % pipelines, shuffled.

    Parameters
    ----------
    scale : Scale
        How much is drawn.
    towns : Clusters
        Towns whose edges have the parks.
    seed : int
        Seed of all draws.

    Returns
    -------
    tuple of ndarray
        Shapes and kinds.
    """
    rng = np.random.default_rng([seed, 1])
    count = scale.hazards
    points, sites = int(count * 0.60), int(count * 0.35)
    pipelines = count - points - sites
    parks = _draw_parks(rng, towns=towns)
    places = _draw_places(rng, clusters=parks, count=count, width_m=scale.width_m, rural=0.25)
    site_kind = _FIRST_SITE + rng.choice(len(_SITE_SHARES), sites, p=_SITE_SHARES)
    kind = np.concatenate(
        [
            rng.choice(len(_POINT_SHARES), points, p=_POINT_SHARES),
            site_kind,
            rng.integers(_FIRST_PIPELINE, len(HAZARD_KINDS), pipelines),
        ]
    )
    mine = site_kind >= _FIRST_MINE
    corners = np.where(mine, rng.integers(100, 601, sites), rng.integers(10, 60, sites))
    radius = np.where(mine, rng.uniform(200, 900, sites), rng.uniform(50, 350, sites))
    shapes = np.concatenate(
        [
            shapely.points(places[:points].round(4)),
            _draw_stars(
                rng,
                centre_m=places[points : points + sites],
                corners=corners,
                radius_m=radius,
                rough=0.35,
            ),
            _draw_pipelines(rng, start_m=places[points + sites :]),
        ]
    )
    order = rng.permutation(count)
    return shapes[order], kind[order].astype(np.int16)


def draw_receptors(scale: Scale, *, towns: Clusters, seed: int) -> Iterator[tuple[Shapes, Kinds]]:
    """Draw receptors chunk by chunk: 85 % buildings, some residential zones, points.

    Parameters
    ----------
    scale : Scale
        How much is drawn.
    towns : Clusters
        Towns the receptors crowd in.
    seed : int
        Seed of all draws.

    Yields
    ------
    tuple of ndarray
        Shapes and kinds of at most `CHUNK` receptors.
    """
    rng = np.random.default_rng([seed, 2])
    count = scale.receptors
    places = _draw_places(rng, clusters=towns, count=count, width_m=scale.width_m, rural=0.12)
    kind = rng.choice(len(_BUILDING_SHARES), count, p=_BUILDING_SHARES).astype(np.int16)
    form = rng.random(count)
    zones = 0.85 if scale.simple else 0.88
    kind[(form >= 0.85) & (form < zones)] = _ZONE
    place = form >= zones
    kind[place] = _FIRST_PLACE + (rng.random(int(place.sum())) < 0.1)
    del form, place
    if scale.ordered:
        cell = (places - np.array(ORIGIN_M)) / scale.width_m * 65_535
        order = np.argsort(hilbert_index(cell.astype(np.int64)), kind="stable")
        places, kind = places[order], kind[order]
    for start in range(0, count, CHUNK):
        part = slice(start, start + CHUNK)
        yield (
            _draw_chunk(rng, places=places[part], kind=kind[part], simple=scale.simple),
            kind[part],
        )


def _draw_chunk(rng: Generator, *, places: Floats, kind: Kinds, simple: bool) -> Shapes:
    """Give each place the shape of its kind."""
    shapes: Shapes = np.empty(len(places), dtype=object)
    building = np.flatnonzero(kind < _ZONE)
    zone = np.flatnonzero(kind == _ZONE)
    point = np.flatnonzero(kind >= _FIRST_PLACE)
    if simple:
        half = rng.uniform(3.0, 25.0, (len(building), 2))
        low, high = (places[building] - half).round(4), (places[building] + half).round(4)
        shapes[building] = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    else:
        shapes[building] = _draw_stars(
            rng,
            centre_m=places[building],
            corners=rng.choice(np.array([4, 4, 4, 6, 8, 12, 20]), len(building)),
            radius_m=rng.uniform(5.0, 35.0, len(building)),
            rough=0.3,
        )
    shapes[zone] = _draw_stars(
        rng,
        centre_m=places[zone],
        corners=rng.integers(50, 301, len(zone)),
        radius_m=rng.uniform(80.0, 350.0, len(zone)),
        rough=0.4,
    )
    shapes[point] = shapely.points(places[point].round(4))
    return shapes


def hilbert_index(cell: Integers, *, bits: int = 16) -> Integers:
    """Number cells of a square along the Hilbert curve.

    Parameters
    ----------
    cell : ndarray
        Column and row of each cell, below ``2 ** bits``.
    bits : int, default 16
        Levels of the curve.

    Returns
    -------
    ndarray
        Place of each cell along the curve.

    Examples
    --------
    >>> import numpy as np
    >>> hilbert_index(np.array([[0, 0], [0, 1], [1, 1], [1, 0]]), bits=1)
    array([0, 1, 2, 3])
    """
    x, y = cell[:, 0].copy(), cell[:, 1].copy()
    index = np.zeros(len(cell), dtype=np.int64)
    for level in reversed(range(bits)):
        right, upper = (x >> level) & 1, (y >> level) & 1
        index = (index << 2) | ((3 * right) ^ upper)
        below = (1 << level) - 1
        x, y = x & below, y & below
        mirrored = (upper == 0) & (right == 1)
        x, y = np.where(mirrored, below - x, x), np.where(mirrored, below - y, y)
        x, y = np.where(upper == 0, y, x), np.where(upper == 0, x, y)
    return index


def cut_line(line: shapely.LineString) -> list[shapely.LineString]:
    """Cut a line into pieces of at most `PIECE_SEGMENTS` segments.

    Parameters
    ----------
    line : LineString
        Line to cut.

    Returns
    -------
    list of LineString
        Pieces; each begins where the one before ends.
    """
    vertices = shapely.get_coordinates(line)
    return [
        shapely.LineString(vertices[start : start + PIECE_SEGMENTS + 1])
        for start in range(0, len(vertices) - 1, PIECE_SEGMENTS)
    ]


def cut_lines(shapes: Shapes) -> tuple[Shapes, Integers]:
    """Cut long lines among shapes into pieces and leave the other shapes whole.

    Parameters
    ----------
    shapes : ndarray
        Shapes of any type.

    Returns
    -------
    tuple of ndarray
        Pieces, and for each the position of the shape it is part of.
    """
    pieces: list[shapely.Geometry] = []
    owner: list[int] = []
    for position, shape in enumerate(shapes):
        parts = cut_line(shape) if isinstance(shape, shapely.LineString) else [shape]
        pieces.extend(parts)
        owner.extend([position] * len(parts))
    return np.array(pieces, dtype=object), np.array(owner, dtype=np.int64)
