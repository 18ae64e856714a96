"""One pass of receptors past the hazards: every pair within reach, and the nearest of each group.

Hazards stay, receptors stream past in batches; of each row only its bounding box is looked
at until a hazard may be near. Batches are worked by threads that share nothing but the
hazards; results come back in the order of the batches. Nothing of a batch is kept, so the
memory of a pass does not grow with the receptors.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmap.candidates import index_hazards, make_grid
from riskmap.compiled import compiled, compiled_part
from riskmap.distance import BEST, box_apart2, finish, measure_inside, measure_run
from riskmap.geometry import (
    LONLAT,
    NEEDS_SPACE,
    OK,
    Chains,
    WkbRows,
    box_chunks,
    box_row,
    densify_row,
    has_long_edge,
    latitude_table,
    make_chains,
    project_box,
    project_row,
    read_row,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from riskmap.candidates import Grid, HazardIndex, Pieces
    from riskmap.distance import Measured
    from riskmap.geometry import Floats, Integers

# Pairs that fit into a thread's room before it hands them over.
_ROOM = 16_384
_NOBODY = np.int64(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Reach:
    """State how far to look, by class of hazard and class of receptor.

    Parameters
    ----------
    hazard_class : numpy.ndarray of int64, shape (hazards,)
        Class of each hazard.
    listed_m : numpy.ndarray, shape (hazard classes, receptor classes)
        Ground distance to which pairs are listed [m], the distance itself included; below
        0 where no rule joins the classes.
    nearest_m : numpy.ndarray, shape (hazard classes, receptor classes)
        Ground distance to which the nearest is looked for [m]; below 0 where it is not.
    group : numpy.ndarray of int64, shape (receptor classes,)
        Group among whose classes the nearest is one.
    """

    hazard_class: Integers
    listed_m: Floats
    nearest_m: Floats
    group: Integers

    @property
    def groups(self) -> int:
        """Number of groups."""
        return int(self.group.max()) + 1 if len(self.group) else 0

    def widest(self) -> Floats:
        """Return the distance to look at [m], shape (hazards, receptor classes)."""
        widest: Floats = np.maximum(self.listed_m, self.nearest_m)[self.hazard_class]
        return widest


def listed_reach(hazard_class: Integers, listed_m: Floats) -> Reach:
    """Make a reach that lists pairs and looks for no nearest.

    Parameters
    ----------
    hazard_class : numpy.ndarray of int64, shape (hazards,)
        Class of each hazard.
    listed_m : numpy.ndarray, shape (hazard classes, receptor classes)
        Ground distance to which pairs are listed [m]; below 0 where no rule joins them.

    Returns
    -------
    Reach
        The reach.
    """
    nowhere = np.full(listed_m.shape, -1.0)
    return Reach(hazard_class, listed_m, nowhere, np.zeros(listed_m.shape[1], dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Batch:
    """Hold receptors on their way.

    Parameters
    ----------
    rows : WkbRows
        Their geometry.
    klass : numpy.ndarray of int64, shape (rows,)
        Class of each; below 0 leaves the row out.
    number : numpy.ndarray of int64, shape (rows,)
        Number of each, by which it is found again and ties are settled.
    """

    rows: WkbRows
    klass: Integers
    number: Integers


@dataclass(frozen=True, slots=True)
class Pairs:
    """Hold the pairs of one batch.

    Parameters
    ----------
    hazard : numpy.ndarray of int64, shape (pairs,)
        Position of the hazard.
    receptor : numpy.ndarray of int64, shape (pairs,)
        Number of the receptor.
    best : numpy.ndarray of float64, shape (5 * pairs,)
        Distance [m] and plane end points, hazard first (`riskmap.distance.finish`).
    status : numpy.ndarray of int64, shape (rows,)
        What became of each row of the batch: OK or a reason of `riskmap.geometry`.
    near : numpy.ndarray of bool, shape (rows,)
        Whether any hazard's widened box touches the row's.
    """

    hazard: Integers
    receptor: Integers
    best: Floats
    status: Integers
    near: NDArray[np.bool_]

    @property
    def distance_m(self) -> Floats:
        """Ground distance of each pair [m], as `measured` gives it to within 0.05 mm."""
        return self.best[0::BEST]

    def measured(self) -> Measured:
        """Return distances and end points in longitude and latitude."""
        return finish(self.best)


@dataclass(slots=True)
class Nearest:
    """Hold the nearest receptor of each hazard and group.

    Parameters
    ----------
    distance_m : numpy.ndarray, shape (hazards, groups)
        Ground distance [m]; infinite where none is within the radius.
    receptor : numpy.ndarray of int64, shape (hazards, groups)
        Number of the receptor; on equal distances the lowest.
    """

    distance_m: Floats
    receptor: Integers

    def take(self, other: Nearest) -> None:
        """Keep the nearer of two, entry by entry.

        Parameters
        ----------
        other : Nearest
            Result of another part of the same receptors.
        """
        better = (other.distance_m < self.distance_m) | (
            (other.distance_m == self.distance_m) & (other.receptor < self.receptor)
        )
        self.distance_m[better] = other.distance_m[better]
        self.receptor[better] = other.receptor[better]


def nobody(hazards: int, groups: int) -> Nearest:
    """Make a table in which nothing is near yet.

    Parameters
    ----------
    hazards, groups : int
        Shape.

    Returns
    -------
    Nearest
        Infinite distances.
    """
    shape = (hazards, groups)
    return Nearest(np.full(shape, np.inf), np.full(shape, _NOBODY))


class _Rows(NamedTuple):
    data: NDArray[np.uint8]
    first: Integers
    klass: Integers
    number: Integers
    status: Integers
    near: NDArray[np.bool_]


class _Found(NamedTuple):
    hazard: Integers
    receptor: Integers
    best: Floats


class _Desk(NamedTuple):
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


class _Ask(NamedTuple):
    hazard_class: Integers
    listed_m: Floats
    nearest_m: Floats
    group: Integers
    table: Floats


@compiled_part
def _note(
    desk: _Desk, hazard: int, piece: int, place: tuple[int, int], met: tuple[int, int]
) -> int:
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
    desk: _Desk,
) -> None:
    """Measure a receptor against the pieces of a hazard that it met, the nearest box first."""
    chains, pieces, runs = hazards
    at = BEST * hazard
    desk.best[at] = bound
    for i in range(1, BEST):
        desk.best[at + i] = np.inf
    nearest, nearest2 = -1, np.inf
    link = desk.head[hazard]
    while link >= 0:
        piece = desk.piece[link]
        if piece < runs:
            apart2 = box_apart2(pieces.box, 4 * piece, receptor[2], 0)
            if apart2 < nearest2:
                nearest, nearest2 = piece, apart2
        link = desk.after[link]
    if nearest >= 0:
        measure_run(chains, pieces, nearest, receptor, desk.best, at)
    link = desk.head[hazard]
    while link >= 0:
        piece = desk.piece[link]
        if piece >= runs:
            measure_inside(chains, pieces, piece, receptor, desk.best, at)
        elif piece != nearest:
            measure_run(chains, pieces, piece, receptor, desk.best, at)
        link = desk.after[link]


@compiled_part
def _bound(ask: _Ask, desk: _Desk, hazard: int, klass: int) -> float:
    """How far this row is still of interest to a hazard: to be listed, or as the nearest."""
    cell = ask.hazard_class[hazard] * len(ask.group) + klass
    wanted = ask.nearest_m[cell]
    if wanted >= 0.0:
        groups = len(desk.nearest_m) // len(desk.stamp)
        wanted = min(wanted, desk.nearest_m[hazard * groups + ask.group[klass]])
    return float(max(ask.listed_m[cell], wanted))


@compiled_part
def _settle(
    rows: _Rows, row: int, ask: _Ask, desk: _Desk, met: int, found: _Found, made: int
) -> int:
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
    return bool(
        box[0] <= other[b + 2]
        and box[2] >= other[b]
        and box[1] <= other[b + 3]
        and box[3] >= other[b + 1]
    )


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
def _look(owner: Integers, grid: Grid, box: Floats, place: tuple[int, int], desk: _Desk) -> int:
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
def _pass(
    hazards: tuple[Chains, Pieces, int],
    grid: Grid,
    ask: _Ask,
    rows: _Rows,
    space: int,
    desk: _Desk,
    found: _Found,
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


@dataclass(slots=True)
class _Clerk:
    """Work batches on one thread's desk."""

    sweeper: Sweeper
    desk: _Desk
    found: _Found
    serial: int = 1

    def work(self, batch: Batch) -> Pairs:
        index, space = self.sweeper.index, batch.rows.space
        count = len(batch.klass)
        rows = _Rows(
            batch.rows.data,
            batch.rows.first,
            batch.klass,
            batch.number,
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=bool),
        )
        hazards = (index.chains, index.pieces, index.runs)
        parts: list[_Found] = []
        row = 0
        while row < count:
            # Half-met hazards of a row that is taken again must not count as met.
            row, made, short = _pass(
                hazards,
                self.sweeper.grid,
                self.sweeper.ask,
                rows,
                space,
                self.desk,
                self.found,
                (row, self.serial),
            )
            self.serial += count
            parts.append(
                _Found(
                    self.found.hazard[:made].copy(),
                    self.found.receptor[:made].copy(),
                    self.found.best[: BEST * made].copy(),
                )
            )
            self._widen(short, made)
        joined = [np.concatenate(part) for part in zip(*parts, strict=True)] if parts else []
        if not joined:
            none = np.zeros(0, dtype=np.int64)
            joined = [none, none, np.zeros(0)]
        return Pairs(joined[0], joined[1], joined[2], rows.status, rows.near)

    def _widen(self, short: int, made: int) -> None:
        desk = self.desk
        if short == 1:
            scratch = make_chains(len(desk.scratch.xy), 2 * len(desk.scratch.kind))
            self.desk = desk._replace(scratch=scratch, bits=scratch.xy.view(np.uint64))
        elif short == 2:
            room = max(len(desk.dense.xy), len(desk.scratch.xy))
            self.desk = desk._replace(dense=make_chains(room, len(desk.scratch.kind)))
        elif short == 3 and made == 0:
            self.found = _make_found(2 * len(self.found.hazard))


def _make_found(room: int) -> _Found:
    return _Found(
        np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64), np.empty(BEST * room)
    )


@dataclass(slots=True)
class Sweeper:
    """Hold what stays in place during a pass.

    Parameters
    ----------
    index : HazardIndex
        Hazards.
    reach : Reach
        How far to look.
    grid : Grid
        Where to look.
    """

    index: HazardIndex
    reach: Reach
    grid: Grid
    ask: _Ask = field(init=False)
    _clerks: list[_Clerk] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.ask = _Ask(
            np.ascontiguousarray(self.reach.hazard_class, dtype=np.int64),
            np.ascontiguousarray(self.reach.listed_m, dtype=float).ravel(),
            np.ascontiguousarray(self.reach.nearest_m, dtype=float).ravel(),
            np.ascontiguousarray(self.reach.group, dtype=np.int64),
            latitude_table(),
        )

    def _clerk(self) -> _Clerk:
        hazards, groups = len(self.index), max(1, self.reach.groups)
        pieces = len(self.index.pieces.owner)
        scratch = make_chains(1024, 64)
        desk = _Desk(
            stamp=np.zeros(hazards, dtype=np.int64),
            best=np.empty(BEST * hazards),
            met=np.empty(hazards, dtype=np.int64),
            head=np.empty(hazards, dtype=np.int64),
            piece=np.empty(pieces, dtype=np.int64),
            after=np.empty(pieces, dtype=np.int64),
            bits=scratch.xy.view(np.uint64),
            scratch=scratch,
            dense=make_chains(1024, 64),
            box=np.empty(4),
            nearest_m=np.full(hazards * groups, np.inf),
            nearest=np.full(hazards * groups, _NOBODY),
        )
        clerk = _Clerk(self, desk, _make_found(_ROOM))
        self._clerks.append(clerk)
        return clerk

    def run(self, batches: Iterable[Batch], *, threads: int = 2) -> Iterator[Pairs]:
        """Take batches past the hazards.

        Parameters
        ----------
        batches : iterable of Batch
            Receptors; read from as room becomes free, on the thread that asks for results.
        threads : int, optional
            Threads that measure.

        Yields
        ------
        Pairs
            The pairs of each batch, in the order of the batches.
        """
        idle: SimpleQueue[_Clerk] = SimpleQueue()
        for _ in range(threads):
            idle.put(self._clerk())

        def work(batch: Batch) -> Pairs:
            clerk = idle.get()
            try:
                return clerk.work(batch)
            finally:
                idle.put(clerk)

        with ThreadPoolExecutor(threads) as pool:
            ahead: deque[Future[Pairs]] = deque()
            for batch in batches:
                ahead.append(pool.submit(work, batch))
                if len(ahead) > threads + 1:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def nearest(self) -> Nearest:
        """Return the nearest receptor of each hazard and group over all batches so far."""
        shape = (len(self.index), max(1, self.reach.groups))
        total = nobody(*shape)
        for clerk in self._clerks:
            part = Nearest(clerk.desk.nearest_m.reshape(shape), clerk.desk.nearest.reshape(shape))
            total.take(part)
        return total


def make_sweeper(rows: WkbRows, *, reach: Reach) -> Sweeper:
    """Index hazards for a pass.

    Parameters
    ----------
    rows : WkbRows
        Hazards, one row each.
    reach : Reach
        How far to look.

    Returns
    -------
    Sweeper
        What receptors are taken past.

    Raises
    ------
    DataError
        When a distance is not a number or beyond 100 km.
    """
    widest = reach.widest()
    furthest = widest.max(axis=1, initial=0.0)
    index = index_hazards(rows, reach_m=np.maximum(furthest, 0.0))
    return Sweeper(index, reach, make_grid(index, reach_m=widest))
