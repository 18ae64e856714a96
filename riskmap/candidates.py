"""Who may be near: hazards cut into short pieces, found again by a grid of boxes.

Hazards are few and stay; receptors stream past. Every hazard is cut into pieces of at most
32 edges, each with a box; for each class of receptor the boxes are widened by the distance
that the class asks of the hazard, and entered into the cells of a grid. A polygon also has
an entry for its inside, since what lies deep in it is near no edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from riskmap.compiled import compiled
from riskmap.crs import PLANE_HALF_WIDTH_M, plane_scale, plane_scale_slope
from riskmap.errors import DataError, complain
from riskmap.geometry import (
    CHUNK,
    LONLAT,
    NEEDS_SPACE,
    OK,
    SHELL,
    Chains,
    box_chunks,
    box_row,
    densify_row,
    doubled,
    has_long_edge,
    latitude_table,
    make_chains,
    project_row,
)
from riskmap.wkb import read_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from riskmap.geometry import Floats, Integers
    from riskmap.wkb import WkbRows

# No legal distance comes near this; beyond it the series of the metric lose the millimetre.
REACH_LIMIT_M = 100_000.0

# Chunks a piece: 4 x 8 edges.
_PIECE_CHUNKS = 4
# Step of the differences that give the curvature of ln k [m].
_SCALE_STEP_M = 5_000.0
# Cells are as wide as a usual widened box, unless that makes too many of them, as where few
# hazards lie far apart, or enters wide boxes into too many.
_CELLS_A_BOX = 64
_ENTRIES_A_BOX = 48


class Pieces(NamedTuple):
    """Hold hazards cut into pieces, and how the plane stretches at each.

    Parameters
    ----------
    owner : numpy.ndarray of int64, shape (pieces,)
        Hazard of each piece; the insides of polygons come after the runs of edges.
    begin, end : numpy.ndarray of int64, shape (pieces,)
        Boxes (`Chains.box`) of a run of edges, or chains of a polygon.
    vertex : numpy.ndarray of int64, shape (pieces,)
        First vertex of a run of edges.
    last : numpy.ndarray of int64, shape (pieces,)
        Last vertex of the chain that the run is part of.
    box : numpy.ndarray of float64, shape (4 * pieces,)
        Bounding boxes [m].
    metric : numpy.ndarray of float64, shape (6 * pieces,)
        Northing of the middle [m], 1 / k there, first to third derivative of ln k by
        northing, and the largest k within reach.
    """

    owner: Integers
    begin: Integers
    end: Integers
    vertex: Integers
    last: Integers
    box: Floats
    metric: Floats


class Grid(NamedTuple):
    """Hold the cells of every class of receptor, one class after the other.

    Parameters
    ----------
    frame : numpy.ndarray of float64, shape (3 * classes,)
        West and south edge [m] and cells a metre.
    size : numpy.ndarray of int64, shape (3 * classes,)
        Columns, rows, and first cell.
    cell : numpy.ndarray of int32
        First entry of each cell, and one past the last.
    entry : numpy.ndarray of int32
        Boxes that touch each cell.
    piece : numpy.ndarray of int32
        Piece of each box.
    box : numpy.ndarray of float64
        Widened boxes, four numbers each [m].
    """

    frame: Floats
    size: Integers
    cell: NDArray[np.int32]
    entry: NDArray[np.int32]
    piece: NDArray[np.int32]
    box: Floats


@dataclass(frozen=True, slots=True)
class HazardIndex:
    """Hold the hazards of one pass.

    Parameters
    ----------
    chains : Chains
        Their geometry in EPSG:3395.
    pieces : Pieces
        The same, cut.
    runs : int
        Number of pieces that are runs of edges; the rest are insides.
    shape_piece : numpy.ndarray of int64, shape (4 * shapes,)
        First run of each shape and one past its last, then the same of its insides; shapes
        are the hazards, then their images across the antimeridian.
    shape_owner : numpy.ndarray of int64
        Hazard of each shape.
    status : numpy.ndarray of int64, shape (hazards,)
        OK or why a hazard was left out.
    """

    chains: Chains
    pieces: Pieces
    runs: int
    shape_piece: Integers
    shape_owner: Integers
    status: Integers

    def __len__(self) -> int:
        return len(self.status)


def index_hazards(rows: WkbRows, *, reach_m: Floats) -> HazardIndex:
    """Read, project and cut hazards.

    Parameters
    ----------
    rows : WkbRows
        Hazards.
    reach_m : numpy.ndarray, shape (hazards,)
        Longest distance asked of each [m].

    Returns
    -------
    HazardIndex
        The index; a row that is no place has its status and no piece.

    Raises
    ------
    DataError
        When a reach is negative, not a number, or beyond 100 km.
    """
    bad = ~((reach_m >= 0.0) & (reach_m <= REACH_LIMIT_M))
    if bad.any():
        value = float(np.asarray(reach_m)[bad][0])
        raise DataError([complain("error.reach", {"reach": value, "limit": REACH_LIMIT_M})])
    chains, shape_chain, status = _read_all(rows)
    chains, shape_chain, owner = _with_images(chains, shape_chain, reach_m)
    count = len(chains.kind)
    chains = chains._replace(
        chunk=np.zeros(count + 1, dtype=np.int64),
        box=np.empty(4 * (len(chains.xy) // 2 // CHUNK + count)),
        inverse=np.empty(len(chains.xy) // 2),
    )
    if count:
        box_chunks(chains, 0, count)
    pieces, runs, shape_piece = _cut(chains, shape_chain, owner, reach_m)
    return HazardIndex(chains, pieces, runs, shape_piece, owner, status)


def _read_all(rows: WkbRows) -> tuple[Chains, Integers, Integers]:
    status = np.zeros(len(rows), dtype=np.int64)
    shape_chain = np.zeros(len(rows) + 1, dtype=np.int64)
    # A vertex is 16 bytes at least; long edges may ask for more.
    chains = make_chains(len(rows.data) // 16 + 64, len(rows.data) // 9 + 64)
    scratch, dense = make_chains(1024, 64), make_chains(1024, 64)
    table = latitude_table()
    row, vertices, count = 0, 0, 0
    while row < len(rows):
        row, vertices, count, short = _read_shapes(
            (rows.data, rows.first, rows.space),
            (scratch.xy.view(np.uint64), scratch, dense, chains, np.empty(4)),
            (row, vertices, count),
            table,
            shape_chain,
            status,
        )
        if short == 1:
            scratch = doubled(scratch)
        elif short == 2:
            dense = make_chains(max(len(dense.xy), len(scratch.xy)), 2 * len(scratch.kind))
        elif short == 3:
            chains = _wider(chains, vertices + len(dense.xy) + len(scratch.xy), count)
    return (
        chains._replace(
            # Views: what was asked for too much was never touched.
            xy=chains.xy[: 2 * vertices],
            first=chains.first[: count + 1],
            kind=chains.kind[:count],
        ),
        shape_chain,
        status,
    )


def _wider(chains: Chains, vertices: int, count: int) -> Chains:
    wider = make_chains(2 * vertices, len(chains.kind))
    wider.xy[: len(chains.xy)] = chains.xy
    wider.first[: count + 1] = chains.first[: count + 1]
    wider.kind[:count] = chains.kind[:count]
    return wider


@compiled
def _read_shapes(
    rows: tuple[NDArray[np.uint8], Integers, int],
    rooms: tuple[NDArray[np.uint64], Chains, Chains, Chains, Floats],
    state: tuple[int, int, int],
    table: Floats,
    shape_chain: Integers,
    status: Integers,
) -> tuple[int, int, int, int]:
    """Read rows until they end or a room is too small: 1 scratch, 2 dense, 3 the whole."""
    data, first, space = rows
    bits, scratch, dense, chains, box = rooms
    row, vertices, count = state
    while row < len(first) - 1:
        found, read, parts = read_row(data, first[row], first[row + 1], bits, scratch)
        if found == NEEDS_SPACE:
            return row, vertices, count, 1
        if found == OK:
            found = box_row(scratch.xy, read, space, box)
        status[row] = found
        if found == OK:
            source = scratch
            if space == LONLAT and has_long_edge(scratch, parts):
                read = densify_row(scratch, parts, dense)
                if read < 0:
                    return row, vertices, count, 2
                source = dense
            if vertices + read > len(chains.xy) // 2:
                return row, vertices, count, 3
            if space == LONLAT:
                project_row(source.xy, read, table)
            for i in range(2 * read):
                chains.xy[2 * vertices + i] = source.xy[i]
            for part in range(parts):
                chains.first[count] = vertices + source.first[part]
                chains.kind[count] = source.kind[part]
                count += 1
            vertices += read
        chains.first[count] = vertices
        row += 1
        shape_chain[row] = count
    return row, vertices, count, 0


def _with_images(
    chains: Chains, shape_chain: Integers, reach_m: Floats
) -> tuple[Chains, Integers, Integers]:
    """Repeat hazards near the antimeridian on the other side of the plane."""
    hazards = len(shape_chain) - 1
    owner = np.arange(hazards, dtype=np.int64)
    filled = np.flatnonzero(np.diff(shape_chain))
    if len(filled) == 0:
        return chains, shape_chain, owner
    begins = chains.first[shape_chain[filled]]
    x, y = chains.xy[0::2], chains.xy[1::2]
    west, east = np.minimum.reduceat(x, begins), np.maximum.reduceat(x, begins)
    furthest = np.maximum(np.maximum.reduceat(y, begins), -np.minimum.reduceat(y, begins))
    near = reach_m[filled] * _largest_scale(furthest, reach_m[filled]) + 1.0
    edge = PLANE_HALF_WIDTH_M
    parts = [(chains.xy, chains.first[:-1], chains.kind, np.diff(shape_chain), owner)]
    for shift, touched in ((2 * edge, west - near < -edge), (-2 * edge, east + near > edge)):
        for shape in filled[touched]:
            a, b = shape_chain[shape], shape_chain[shape + 1]
            start, stop = chains.first[a], chains.first[b]
            moved = chains.xy[2 * start : 2 * stop].copy()
            moved[0::2] += shift
            base = sum(len(part[0]) for part in parts) // 2
            parts.append(
                (
                    moved,
                    chains.first[a:b] - start + base,
                    chains.kind[a:b],
                    np.array([b - a]),
                    np.array([shape]),
                )
            )
    if len(parts) == 1:
        return chains, shape_chain, owner
    xy, first, kind, counts, owners = (
        np.concatenate([part[i] for part in parts]) for i in range(5)
    )
    first = np.append(first, len(xy) // 2)
    return (
        chains._replace(xy=xy, first=first, kind=kind),
        np.concatenate([[0], np.cumsum(counts)]),
        owners,
    )


def _largest_scale(northing_m: Floats, reach_m: Floats) -> Floats:
    """Bound k over everything within reach of a northing."""
    step = reach_m * plane_scale(np.abs(northing_m)) * 1.05
    return plane_scale(np.abs(northing_m) + step * 1.05)


def _cut(
    chains: Chains, shape_chain: Integers, owner: Integers, reach_m: Floats
) -> tuple[Pieces, int, Integers]:
    count = len(chains.kind)
    shape = np.repeat(np.arange(len(owner)), np.diff(shape_chain))
    boxes = np.diff(chains.chunk)
    per_chain = -(-boxes // _PIECE_CHUNKS)
    chain = np.repeat(np.arange(count), per_chain)
    order = np.arange(len(chain)) - np.repeat(np.cumsum(per_chain) - per_chain, per_chain)
    begin = chains.chunk[chain] + _PIECE_CHUNKS * order
    end = np.minimum(begin + _PIECE_CHUNKS, chains.chunk[chain + 1])
    vertex = chains.first[chain] + CHUNK * _PIECE_CHUNKS * order
    last = chains.first[chain + 1] - 1
    runs = len(chain)
    box = chains.box[: 4 * int(chains.chunk[count])].reshape(-1, 4)
    run_box = _joined(box, begin) if runs else np.empty((0, 4))
    # Insides: a shell with the holes that follow it.
    shells = np.flatnonzero(chains.kind == SHELL)
    stops = np.append(np.arange(count)[chains.kind != SHELL + 1], count)
    shell_end = stops[np.searchsorted(stops, shells, side="right")]
    shell_box = _joined(box, chains.chunk[:-1])[shells] if len(shells) else np.empty((0, 4))
    piece_shape = np.concatenate([shape[chain], shape[shells]]).astype(np.int64)
    piece_owner = owner[piece_shape]
    all_boxes = np.concatenate([run_box, shell_box])
    pieces = Pieces(
        owner=piece_owner,
        begin=np.concatenate([begin, shells]).astype(np.int64),
        end=np.concatenate([end, shell_end]).astype(np.int64),
        vertex=np.concatenate([vertex, chains.first[shells]]).astype(np.int64),
        last=np.concatenate([last, chains.first[shells]]).astype(np.int64),
        box=all_boxes.ravel(),
        metric=_metric(all_boxes, reach_m[piece_owner]).ravel(),
    )
    shapes = np.arange(len(owner))
    shape_piece = np.column_stack(
        [
            np.searchsorted(piece_shape[:runs], shapes),
            np.searchsorted(piece_shape[:runs], shapes + 1),
            np.searchsorted(piece_shape[runs:], shapes) + runs,
            np.searchsorted(piece_shape[runs:], shapes + 1) + runs,
        ]
    ).astype(np.int64)
    return pieces, runs, shape_piece.ravel()


def _joined(box: Floats, begin: Integers) -> Floats:
    return np.column_stack(
        [
            np.minimum.reduceat(box[:, 0], begin),
            np.minimum.reduceat(box[:, 1], begin),
            np.maximum.reduceat(box[:, 2], begin),
            np.maximum.reduceat(box[:, 3], begin),
        ]
    )


def _metric(box: Floats, reach_m: Floats) -> Floats:
    middle = (box[:, 1] + box[:, 3]) / 2.0
    step = _SCALE_STEP_M
    here, up, down = (plane_scale_slope(middle + offset) for offset in (0.0, step, -step))
    furthest = np.maximum(np.abs(box[:, 1]), np.abs(box[:, 3]))
    return np.column_stack(
        [
            middle,
            1.0 / plane_scale(middle),
            here,
            (up - down) / (2.0 * step),
            (up - 2.0 * here + down) / step**2,
            _largest_scale(furthest, reach_m),
        ]
    )


def make_grid(index: HazardIndex, *, reach_m: Floats) -> Grid:
    """Enter the widened boxes of all pieces into one grid a class of receptor.

    Parameters
    ----------
    index : HazardIndex
        Hazards.
    reach_m : numpy.ndarray, shape (hazards, classes)
        Distance that each class of receptor asks of each hazard [m]; 0 asks whether they
        touch, less than 0 nothing.

    Returns
    -------
    Grid
        The grid.
    """
    parts = [_class_cells(index, reach_m[:, klass]) for klass in range(reach_m.shape[1])]
    frames, sizes, cells, entries, pieces, boxes = ([part[i] for part in parts] for i in range(6))
    cell_base = np.cumsum([0, *(len(cell) for cell in cells)])
    entry_base = np.cumsum([0, *(len(entry) for entry in entries)], dtype=np.int32)
    box_base = np.cumsum([0, *(len(piece) for piece in pieces)], dtype=np.int32)
    return Grid(
        frame=_joint(frames, float),
        size=_joint([(*size, cell_base[i]) for i, size in enumerate(sizes)], np.int64),
        cell=_joint([cell + entry_base[i] for i, cell in enumerate(cells)], np.int32),
        entry=_joint([entry + box_base[i] for i, entry in enumerate(entries)], np.int32),
        piece=_joint(pieces, np.int32),
        box=_joint(boxes, float),
    )


def _joint(parts: Sequence[object], dtype: type) -> NDArray[Any]:
    if not parts:
        return np.zeros(0, dtype=dtype)
    return np.concatenate([np.asarray(part, dtype=dtype).ravel() for part in parts])


def _class_cells(
    index: HazardIndex, reach_m: Floats
) -> tuple[
    tuple[float, float, float],
    tuple[int, int],
    NDArray[np.int32],
    NDArray[np.int32],
    Integers,
    Floats,
]:
    pieces = index.pieces
    wanted = reach_m[pieces.owner]
    piece = np.flatnonzero(wanted >= 0.0)
    if len(piece) == 0:
        none = np.zeros(0, dtype=np.int32)
        nobody = np.zeros(0, dtype=np.int64)
        return (0.0, 0.0, 0.0), (0, 0), np.zeros(1, dtype=np.int32), none, nobody, np.zeros(0)
    # Two micrometres and a part in 1e9 more: rounding may not lose a pair.
    wide = (wanted[piece] + 2e-6) * pieces.metric.reshape(-1, 6)[piece, 5] * (1.0 + 1e-9)
    wide[piece >= index.runs] = 0.0
    box = pieces.box.reshape(-1, 4)[piece] + wide[:, None] * np.array([-1.0, -1.0, 1.0, 1.0])
    west, south = box[:, 0].min(), box[:, 1].min()
    width, height = box[:, 2].max() - west, box[:, 3].max() - south
    usual = float(np.median(np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])))
    cell_m = _cell_size(box, usual)
    columns, rows = int(width / cell_m) + 1, int(height / cell_m) + 1
    frame = (west, south, 1.0 / cell_m)
    flat = np.ascontiguousarray(box).ravel()
    cell = np.zeros(columns * rows + 1, dtype=np.int32)
    _fill_cells(flat, frame, (columns, rows), cell, np.zeros(0, dtype=np.int32))
    np.cumsum(cell, out=cell)
    entry = np.empty(int(cell[-1]), dtype=np.int32)
    filled = cell.copy()
    _fill_cells(flat, frame, (columns, rows), filled, entry)
    return frame, (columns, rows), cell, entry, piece, flat


def _cell_size(box: Floats, usual_m: float) -> float:
    """Make cells as wide as a usual box, but neither cells nor entries many for the boxes."""
    west, south = box[:, 0].min(), box[:, 1].min()
    width, height = box[:, 2].max() - west, box[:, 3].max() - south
    cell_m = max(usual_m, 1.0)
    while True:
        cells = (width / cell_m + 1.0) * (height / cell_m + 1.0)
        across = (box[:, 2] - box[:, 0]) / cell_m + 1.0
        entries = float((across * ((box[:, 3] - box[:, 1]) / cell_m + 1.0)).sum())
        if cells <= _CELLS_A_BOX * len(box) + 1024 and entries <= _ENTRIES_A_BOX * len(box):
            return cell_m
        cell_m *= 1.25


@compiled
def _fill_cells(
    box: Floats,
    frame: tuple[float, float, float],
    size: tuple[int, int],
    cell: NDArray[np.int32],
    entry: NDArray[np.int32],
) -> None:
    """Count the boxes of each cell (`entry` empty), or write them from where each starts."""
    west, south, scale = frame
    columns, rows = size
    counting = len(entry) == 0
    for i in range(len(box) // 4):
        x1 = min(int((box[4 * i + 2] - west) * scale), columns - 1)
        y1 = min(int((box[4 * i + 3] - south) * scale), rows - 1)
        for y in range(int((box[4 * i + 1] - south) * scale), y1 + 1):
            for x in range(int((box[4 * i] - west) * scale), x1 + 1):
                at = y * columns + x
                if counting:
                    cell[at + 1] += 1
                else:
                    entry[cell[at]] = i
                    cell[at] += 1
