"""Shapes in ranks share out a ground: the highest keeps each spot, and nothing is lost.

What every cut walks is what is left of the ground: over a county one polygon of a million
corners. So the ground is halved until each block holds few corners, each block is shared
out by itself, and the pieces that a seam parted are joined again.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POLYGON = shapely.GeometryType.POLYGON

# Measured on 20,000 hazards: half or twice as many take 5 and 15 % more of the processor.
BLOCK_CORNERS = 200_000

# More would hold more blocks in memory at once than they save time.
_MOST_THREADS = 4

# A halving that leaves more corners than this, for each that it was given, gains nothing.
_MOST_GROWTH = 1.5

# Measured on 2,000 hazards: joining one range in eight first takes 0.03 s and saves 0.12 of 0.53.
_BROAD_SHARE = 8


@dataclass(frozen=True, eq=False)
class _Block:
    """Part of the ground between seams, with what reaches into it."""

    ground: shapely.Geometry
    shapes: NDArray[np.object_]
    ranks: NDArray[np.intp]
    # West, south, east, north; infinite where no seam bounds the block.
    sides: NDArray[np.float64]


def share_out(
    ground: shapely.Geometry,
    *,
    shapes: NDArray[np.object_],
    ranks: NDArray[np.intp],
    count: int,
    block_corners: int = BLOCK_CORNERS,
) -> list[shapely.Geometry]:
    """Give each spot of a ground to the highest shape that reaches it.

    Parameters
    ----------
    ground : shapely.Geometry
        What is shared out.
    shapes : numpy.ndarray of shapely.Geometry
        Polygons and multipolygons in the plane of the ground.
    ranks : numpy.ndarray of int
        Rank of each shape, 0 the highest.
    count : int
        Number of ranks.
    block_corners : int, default BLOCK_CORNERS
        Corners that a block may hold before it is halved.

    Returns
    -------
    list of shapely.Geometry
        Ground of each rank, and last what no shape reaches: multipolygons, or an empty
        polygon.

    Notes
    -----
    In a block each rank in turn takes what its shapes reach from what is left, by an
    intersection and a difference of the same two shapes: nothing is taken twice or lost.
    """
    no_seams = np.array([-np.inf, -np.inf, np.inf, np.inf])
    whole = _Block(areal(ground), *_polygons(shapes, ranks), no_seams)
    # GEOS lets go of the interpreter's lock.
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        blocks = _blocks(whole, block_corners=block_corners, pool=pool)
        shared = list(pool.map(partial(_share_block, count=count), blocks))
        by_rank = ([pieces[rank] for pieces in shared] for rank in range(count + 1))
        return list(pool.map(partial(_rejoined, blocks), by_rank))


def areal(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep what has an area.

    Parameters
    ----------
    shape : shapely.Geometry
        Any shape, a collection too.

    Returns
    -------
    shapely.Geometry
        Multipolygon of its polygons, or an empty polygon.
    """
    return _gathered(_areal_parts(shape))


def _areal_parts(shape: shapely.Geometry) -> NDArray[np.object_]:
    return _polygons(np.array([shape]), np.zeros(1, dtype=np.intp))[0]


def _gathered(polygons: NDArray[np.object_]) -> shapely.Geometry:
    if len(polygons) == 0:
        return shapely.Polygon()
    return shapely.MultiPolygon(list(polygons))


def _polygons(
    shapes: NDArray[np.object_], ranks: NDArray[np.intp]
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Take shapes apart into the polygons that have an area, each with its rank."""
    plain = (shapely.get_type_id(shapes) == _POLYGON) & ~shapely.is_empty(shapes)
    # A collection may hold multipolygons: take parts of parts.
    parts, whole = shapely.get_parts(shapes[~plain], return_index=True)
    parts, part = shapely.get_parts(parts, return_index=True)
    kept = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
    return (
        np.concatenate([shapes[plain], parts[kept]]),
        np.concatenate([ranks[plain], ranks[~plain][whole[part[kept]]]]),
    )


def _blocks(whole: _Block, *, block_corners: int, pool: ThreadPoolExecutor) -> list[_Block]:
    """Halve the ground until no block holds too many corners."""
    done: list[_Block] = []
    pending = [whole]
    while pending:
        done += [block for block in pending if _corners(block) <= block_corners]
        large = [block for block in pending if _corners(block) > block_corners]
        pending = []
        for block, halves in zip(large, pool.map(_halves, large), strict=True):
            if sum(_corners(half) for half in halves) <= _MOST_GROWTH * _corners(block):
                pending += halves
            else:
                done.append(block)
    return done


def _corners(block: _Block) -> int:
    return int(shapely.get_num_coordinates(block.shapes).sum())


def _halves(block: _Block) -> list[_Block]:
    """Cut a block across its longer side where half of the corners are on each."""
    bounds = shapely.bounds(block.shapes)
    axis = int(np.argmax(np.ptp(bounds[:, :2] + bounds[:, 2:], axis=0)))
    middles = (bounds[:, axis] + bounds[:, axis + 2]) / 2
    order = np.argsort(middles)
    passed = np.cumsum(shapely.get_num_coordinates(block.shapes)[order])
    seam = float(middles[order[np.searchsorted(passed, passed[-1] / 2)]])
    lower, upper = block.sides.copy(), block.sides.copy()
    lower[axis + 2] = upper[axis] = seam
    return [
        _half(block, bounds[:, axis] < seam, bounds[:, axis + 2] > seam, lower),
        _half(block, bounds[:, axis + 2] > seam, bounds[:, axis] < seam, upper),
    ]


def _half(
    block: _Block,
    reaching: NDArray[np.bool_],
    leaving: NDArray[np.bool_],
    sides: NDArray[np.float64],
) -> _Block:
    """Take what lies between the sides; only what leaves them over the seam is cut."""
    crossing = reaching & leaving
    within = reaching & ~leaving
    cut = block.shapes[crossing]
    window = _window(sides, around=np.array([*cut, block.ground]))
    shapes, ranks = _polygons(shapely.intersection(cut, window), block.ranks[crossing])
    return _Block(
        areal(shapely.intersection(block.ground, window)),
        np.concatenate([block.shapes[within], shapes]),
        np.concatenate([block.ranks[within], ranks]),
        sides,
    )


def _window(sides: NDArray[np.float64], *, around: NDArray[np.object_]) -> shapely.Geometry:
    """Draw the rectangle between the sides, well past the shapes where there is no seam."""
    extent = shapely.total_bounds(around)
    past = 1.0 + float(np.ptp(extent))
    far = extent + past * np.array([-1.0, -1.0, 1.0, 1.0])
    west, south, east, north = np.where(np.isfinite(sides), sides, far).tolist()
    window: shapely.Geometry = shapely.box(west, south, east, north)
    return window


def _share_block(block: _Block, *, count: int) -> list[NDArray[np.object_]]:
    """Share out one block: the polygons of each rank, and of what is left."""
    rest = block.ground
    shared: list[NDArray[np.object_]] = []
    for rank in range(count):
        shapes = block.shapes[block.ranks == rank]
        shapely.prepare(rest)
        shapes = shapes[shapely.intersects(rest, shapes)]
        if len(shapes) == 0:
            shared.append(shapes)
            continue
        reach = _union(shapes)
        shared.append(_areal_parts(shapely.intersection(rest, reach)))
        rest = areal(shapely.difference(rest, reach))
    return [*shared, _areal_parts(rest)]


def _union(shapes: NDArray[np.object_]) -> shapely.Geometry:
    """Join shapes, the broad and plain ones first: those they swallow need no overlay."""
    worth = shapely.area(shapes) / shapely.get_num_coordinates(shapes)
    ranked = shapes[np.argsort(-worth, kind="stable")]
    count = len(ranked) // _BROAD_SHARE
    broad = shapely.get_parts(shapely.disjoint_subset_union_all(ranked[:count]))
    shapely.prepare(broad)
    others = ranked[count:]
    _, swallowed = shapely.STRtree(others).query(broad, predicate="contains_properly")
    left = np.delete(others, np.unique(swallowed))
    joined: shapely.Geometry = shapely.disjoint_subset_union_all(np.concatenate([broad, left]))
    return joined


def _rejoined(blocks: list[_Block], pieces_of: list[NDArray[np.object_]]) -> shapely.Geometry:
    """Gather the pieces of one rank from all blocks, those at a seam joined."""
    at_seam = [_at_seam(pieces, block) for pieces, block in zip(pieces_of, blocks, strict=True)]
    pieces, parted = np.concatenate(pieces_of), np.concatenate(at_seam)
    return _gathered(np.concatenate([pieces[~parted], _join(pieces[parted])]))


def _at_seam(pieces: NDArray[np.object_], block: _Block) -> NDArray[np.bool_]:
    """Tell which pieces stand on a seam with two corners: a side, not a mere touch."""
    west, south, east, north = block.sides
    places, piece = shapely.get_coordinates(shapely.get_exterior_ring(pieces), return_index=True)
    on_seam = ((places == [west, south]) | (places == [east, north])).any(axis=1)
    # A ring ends where it began: that corner counts once.
    on_seam[np.flatnonzero(piece[1:] != piece[:-1])] = False
    on_seam[-1:] = False
    return np.bincount(piece, weights=on_seam, minlength=len(pieces)) >= 2


def _join(pieces: NDArray[np.object_]) -> NDArray[np.object_]:
    """Join pieces that seams parted, by their outlines alone.

    No piece of another block lies in a hole: so the holes are carried over as they are,
    which leaves few corners to the union. What lies in a hole of its own block touches
    no seam, or the hole would not be one.
    """
    if len(pieces) == 0:
        return pieces
    outlines = shapely.polygons(shapely.get_exterior_ring(pieces))
    wholes = shapely.get_parts(shapely.disjoint_subset_union_all(outlines))
    shapely.prepare(wholes)
    tree = shapely.STRtree(np.asarray(shapely.point_on_surface(outlines)))
    whole, piece = tree.query(wholes, predicate="contains")
    whole_of = np.zeros(len(pieces), dtype=np.intp)
    whole_of[piece] = whole
    rings, ring_of = shapely.get_rings(wholes, return_index=True)
    holes, hole_of = shapely.get_rings(pieces, return_index=True)
    is_hole = np.append(False, hole_of[1:] == hole_of[:-1])
    rings = np.concatenate([rings, holes[is_hole]])
    ring_of = np.concatenate([ring_of, whole_of[hole_of[is_hole]]])
    order = np.argsort(ring_of, kind="stable")
    return np.asarray(shapely.polygons(rings[order], indices=ring_of[order]))
