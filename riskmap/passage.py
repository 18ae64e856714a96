"""The compiled pass: rows past the grid, one at a time, measured against what they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmap.compiled import compiled, compiled_part
from riskmap.edges import BEST, box_apart2, measure_inside, measure_run
from riskmap.geometry import (
    LONLAT,
    NEEDS_SPACE,
    OK,
    Chains,
    box_chunks,
    box_row,
    densify_row,
    has_long_edge,
    project_box,
    project_row,
)
from riskmap.wkb import read_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from riskmap.candidates import Grid, Pieces
    from riskmap.geometry import Floats, Integers


class Rows(NamedTuple):
    """Hold a batch on its way: what was given, and what became of each row."""

    data: NDArray[np.uint8]
    first: Integers
    klass: Integers
    number: Integers
    status: Integers
    near: NDArray[np.bool_]


class Found(NamedTuple):
    """Hold room for pairs: hazard, number of the receptor, distance and ends."""

    hazard: Integers
    receptor: Integers
    best: Floats


class Desk(NamedTuple):
    """What a thread keeps between rows: who was met by this row, and how near."""

    stamp: Integers
    best: Floats
    met: Integers
    head: Integers
    piece: Integers
    after: Integers
    bits: NDArray[np.uint64]
    scratch: Chains
    dense: Chains
    box: Floats
    nearest_m: Floats
    nearest: Integers


class Ask(NamedTuple):
    """Hold how far to look, by class, and the table of northings."""

    hazard_class: Integers
    listed_m: Floats
    nearest_m: Floats
    group: Integers
    table: Floats


@compiled_part
def _note(desk: Desk, hazard: int, piece: int, place: tuple[int, int], met: tuple[int, int]) -> int:
    """Note that a piece of a hazard was met by a row; return how many hazards were."""
    hazards, pieces = met
    if desk.stamp[hazard] != place[1]:
        desk.stamp[hazard] = place[1]
        desk.head[hazard] = -1
        desk.met[hazards] = hazard
        hazards += 1
    desk.piece[pieces] = piece
    desk.after[pieces] = desk.head[hazard]
    desk.head[hazard] = pieces
    return hazards


@compiled_part
def _measure_hazard(
    hazards: tuple[Chains, Pieces, int],
    hazard: int,
    receptor: tuple[Chains, int, Floats],
    bound: float,
    desk: Desk,
) -> None:
    """Measure a receptor against the pieces of a hazard that it met, the nearest box first."""
    chains, pieces, runs = hazards
    at = BEST * hazard
    desk.best[at] = bound
    for i in range(1, BEST):
        desk.best[at + i] = np.inf
    first = link = desk.head[hazard]
    nearest, nearest2 = first, np.inf
    while link >= 0:
        piece = desk.piece[link]
        if piece < runs:
            apart2 = box_apart2(pieces.box, 4 * piece, receptor[2], 0)
            if apart2 < nearest2:
                nearest, nearest2 = link, apart2
        link = desk.after[link]
    desk.piece[first], desk.piece[nearest] = desk.piece[nearest], desk.piece[first]
    link = first
    while link >= 0:
        piece = desk.piece[link]
        if piece >= runs:
            measure_inside(chains, pieces, piece, receptor, desk.best, at)
        else:
            measure_run(chains, pieces, piece, receptor, desk.best, at)
        link = desk.after[link]


@compiled_part
def _bound(ask: Ask, desk: Desk, hazard: int, klass: int) -> float:
    """How far this row is still of interest to a hazard: to be listed, or as the nearest."""
    cell = ask.hazard_class[hazard] * len(ask.group) + klass
    wanted: float = ask.nearest_m[cell]
    if wanted >= 0.0:
        groups = len(desk.nearest_m) // len(desk.stamp)
        wanted = min(wanted, desk.nearest_m[hazard * groups + ask.group[klass]])
    listed: float = ask.listed_m[cell]
    return max(listed, wanted)


@compiled_part
def _settle(rows: Rows, row: int, ask: Ask, desk: Desk, met: int, found: Found, made: int) -> int:
    """Write the pairs of a row and remember the nearest; return how many are written."""
    groups = len(desk.nearest_m) // len(desk.stamp)
    klass = rows.klass[row]
    number = rows.number[row]
    for i in range(met):
        hazard = desk.met[i]
        at = BEST * hazard
        if not np.isfinite(desk.best[at + 1]):
            continue
        ground = desk.best[at]
        cell = ask.hazard_class[hazard] * len(ask.group) + klass
        if ground <= ask.nearest_m[cell]:
            n = hazard * groups + ask.group[klass]
            if ground < desk.nearest_m[n] or (
                ground == desk.nearest_m[n] and number < desk.nearest[n]
            ):
                desk.nearest_m[n] = ground
                desk.nearest[n] = number
        if ground <= ask.listed_m[cell]:
            found.hazard[made] = hazard
            found.receptor[made] = number
            for j in range(BEST):
                found.best[BEST * made + j] = desk.best[at + j]
            made += 1
    return made


@compiled_part
def _cells(grid: Grid, klass: int, box: Floats) -> tuple[int, int, int, int]:
    """Find the cells that a box lies in: first and last column and row; none when it is off."""
    west, south, scale = grid.frame[3 * klass], grid.frame[3 * klass + 1], grid.frame[3 * klass + 2]
    columns, rows = grid.size[3 * klass], grid.size[3 * klass + 1]
    right, top = (box[2] - west) * scale, (box[3] - south) * scale
    left, bottom = (box[0] - west) * scale, (box[1] - south) * scale
    if columns == 0 or right < 0.0 or top < 0.0 or left > columns or bottom > rows:
        return 0, -1, 0, -1
    # Cut to the grid before they are made whole: a wide box would leave the integers.
    return (
        min(int(max(left, 0.0)), columns - 1),
        int(min(right, columns - 1.0)),
        min(int(max(bottom, 0.0)), rows - 1),
        int(min(top, rows - 1.0)),
    )


@compiled_part
def _overlap(box: Floats, other: Floats, b: int) -> bool:
    touches: bool = (
        box[0] <= other[b + 2]
        and box[2] >= other[b]
        and box[1] <= other[b + 3]
        and box[3] >= other[b + 1]
    )
    return touches


@compiled_part
def _is_near(grid: Grid, klass: int, box: Floats) -> bool:
    """Tell whether any widened box of a hazard touches a receptor's box."""
    x0, x1, y0, y1 = _cells(grid, klass, box)
    for y in range(y0, y1 + 1):
        for x in range(x0, x1 + 1):
            at = grid.size[3 * klass + 2] + y * grid.size[3 * klass] + x
            for i in range(grid.cell[at], grid.cell[at + 1]):
                if _overlap(box, grid.box, 4 * grid.entry[i]):
                    return True
    return False


@compiled_part
def _look(owner: Integers, grid: Grid, box: Floats, place: tuple[int, int], desk: Desk) -> int:
    """Note every piece whose widened box touches the receptor's box.

    A box that lies in several cells is met in the one where the two boxes begin to overlap.
    """
    klass = place[0]
    x0, x1, y0, y1 = _cells(grid, klass, box)
    frame, columns = 3 * klass, grid.size[3 * klass]
    met, pieces = 0, 0
    for y in range(y0, y1 + 1):
        for x in range(x0, x1 + 1):
            at = grid.size[frame + 2] + y * columns + x
            for i in range(grid.cell[at], grid.cell[at + 1]):
                entry = grid.entry[i]
                if not _overlap(box, grid.box, 4 * entry):
                    continue
                if x > x0 or y > y0:
                    left = (grid.box[4 * entry] - grid.frame[frame]) * grid.frame[frame + 2]
                    low = (grid.box[4 * entry + 1] - grid.frame[frame + 1]) * grid.frame[frame + 2]
                    if max(int(left), x0) != x or max(int(low), y0) != y:
                        continue
                piece = grid.piece[entry]
                met = _note(desk, owner[piece], piece, place, (met, pieces))
                pieces += 1
    return met


@compiled
def take_past(
    hazards: tuple[Chains, Pieces, int],
    grid: Grid,
    ask: Ask,
    rows: Rows,
    space: int,
    desk: Desk,
    found: Found,
    start: tuple[int, int],
) -> tuple[int, int, int]:
    """Take rows past the hazards until they end or a room is too small.

    Returns the next row, the pairs written, and what was short: 1 scratch, 2 dense, 3 the
    room for pairs. The row where it stopped is taken again.
    """
    row, serial = start
    box = desk.box
    made = 0
    while row < len(rows.klass):
        klass = rows.klass[row]
        if klass < 0:
            row += 1
            continue
        status, vertices, count = read_row(
            rows.data, rows.first[row], rows.first[row + 1], desk.bits, desk.scratch
        )
        if status == NEEDS_SPACE:
            return row, made, 1
        if status == OK:
            status = box_row(desk.scratch.xy, vertices, space, box)
        rows.status[row] = status
        chains = desk.scratch
        if status == OK:
            if space == LONLAT:
                project_box(box, ask.table)
            # A row that is near nothing is neither densified nor projected.
            near = _is_near(grid, klass, box)
            rows.near[row] = near
            if near:
                if space == LONLAT:
                    if has_long_edge(chains, count):
                        vertices = densify_row(chains, count, desk.dense)
                        if vertices < 0:
                            return row, made, 2
                        chains = desk.dense
                    project_row(chains.xy, vertices, ask.table)
                box_chunks(chains, 0, count)
                place = (klass, serial + row)
                met = _look(hazards[1].owner, grid, box, place, desk)
                if made + met > len(found.hazard):
                    return row, made, 3
                for i in range(met):
                    bound = _bound(ask, desk, desk.met[i], klass)
                    _measure_hazard(hazards, desk.met[i], (chains, count, box), bound, desk)
                made = _settle(rows, row, ask, desk, met, found, made)
        row += 1
    return row, made, 0


@compiled
def find_near(
    grid: Grid,
    table: Floats,
    rows: Rows,
    space: int,
    room: tuple[NDArray[np.uint64], Chains, Floats],
    row: int,
) -> int:
    """Tell of each row whether a widened box touches its own; stop where scratch is small."""
    bits, scratch, box = room
    while row < len(rows.klass):
        status, vertices, _ = read_row(
            rows.data, rows.first[row], rows.first[row + 1], bits, scratch
        )
        if status == NEEDS_SPACE:
            return row
        if status == OK:
            status = box_row(scratch.xy, vertices, space, box)
        rows.status[row] = status
        if status == OK:
            if space == LONLAT:
                project_box(box, table)
            rows.near[row] = _is_near(grid, rows.klass[row], box)
        row += 1
    return row
