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
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.candidates import index_hazards, make_grid
from riskmap.distance import finish, ground_m, measure_pairs
from riskmap.edges import BEST
from riskmap.geometry import LONLAT, PLANE, doubled, latitude_table, make_chains
from riskmap.passage import Ask, Desk, Found, Rows, find_near, take_past
from riskmap.wkb import wkb_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from riskmap.candidates import Grid, HazardIndex
    from riskmap.distance import Measured
    from riskmap.geometry import Floats, Integers
    from riskmap.wkb import WkbRows

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
        """Take the farther of both distances for each hazard.

        Returns
        -------
        numpy.ndarray, shape (hazards, receptor classes)
            Distance to look at [m].
        """
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
        """Ground distance of each pair [m]."""
        return ground_m(self.best)

    def measured(self) -> Measured:
        """Bring the pairs to longitude and latitude.

        Returns
        -------
        Measured
            Distances [m] and end points [degrees].
        """
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


@dataclass(slots=True)
class _Clerk:
    """Work batches on one thread's desk."""

    sweeper: Sweeper
    desk: Desk
    found: Found
    serial: int = 1

    def work(self, batch: Batch) -> Pairs:
        index, space = self.sweeper.index, batch.rows.space
        count = len(batch.klass)
        rows = Rows(
            batch.rows.data,
            batch.rows.first,
            batch.klass,
            batch.number,
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=bool),
        )
        hazards = (index.chains, index.pieces, index.runs)
        parts: list[Found] = []
        row = 0
        while row < count:
            # Half-met hazards of a row that is taken again must not count as met.
            row, made, short = take_past(
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
                Found(
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
            scratch = doubled(desk.scratch)
            self.desk = desk._replace(scratch=scratch, bits=scratch.xy.view(np.uint64))
        elif short == 2:
            room = max(len(desk.dense.xy), len(desk.scratch.xy))
            self.desk = desk._replace(dense=make_chains(room, len(desk.scratch.kind)))
        elif short == 3 and made == 0:
            self.found = _make_found(2 * len(self.found.hazard))


def _make_found(room: int) -> Found:
    return Found(
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
    ask: Ask = field(init=False)
    _clerks: list[_Clerk] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.ask = Ask(
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
        desk = Desk(
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

    def near(self, rows: WkbRows) -> tuple[NDArray[np.bool_], Integers]:
        """Tell by bounding boxes which rows of the first class may be near a hazard.

        Parameters
        ----------
        rows : WkbRows
            Receptors.

        Returns
        -------
        tuple of numpy.ndarray
            Whether each may be near, and its status: OK or a reason.
        """
        count = len(rows)
        status, near = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool)
        klass = np.zeros(count, dtype=np.int64)
        table = Rows(rows.data, rows.first, klass, klass, status, near)
        scratch, row = make_chains(1024, 64), 0
        while row < count:
            room = (scratch.xy.view(np.uint64), scratch, np.empty(4))
            row = find_near(self.grid, self.ask.table, table, rows.space, room, row)
            if row < count:
                scratch = doubled(scratch)
        return near, status

    def nearest(self) -> Nearest:
        """Join what the threads found over all batches so far.

        Returns
        -------
        Nearest
            Nearest receptor of each hazard and group.
        """
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


def warm_up() -> None:
    """Compile every kernel of a pass, so that the next one finds them on disk."""
    place = shapely.to_wkb(shapely.box(119.50, 31.40, 119.51, 31.41))
    reach = listed_reach(np.zeros(1, dtype=np.int64), np.array([[100.0]]))
    sweeper = make_sweeper(wkb_rows([place], space=LONLAT), reach=reach)
    none = np.zeros(1, dtype=np.int64)
    for space in (LONLAT, PLANE):
        rows = wkb_rows([place], space=space)
        sweeper.near(rows)
        list(sweeper.run([Batch(rows, none, none)], threads=1))
    shape = np.array([shapely.Point(0.0, 0.0)], dtype=object)
    measure_pairs(shape, shape)
