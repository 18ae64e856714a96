"""Tiles of hazards, and who works them: this process, or a Dask cluster.

A tile is a set of hazards that lie together. Every hazard is owned by one tile, so that no
pair is reported twice; who works a tile reads for itself the receptors that its hazards can
reach. Tasks and results are small values, never tables.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from riskmap.errors import EngineError, complain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import distributed
    from numpy.typing import NDArray

Task = TypeVar("Task")
Result = TypeVar("Result")

# How long to wait for a scheduler, for its first worker, and for workers that are all gone [s].
_PATIENCE_S = 30.0
# How often to look whether workers are still there while nothing comes in [s].
_LOOK_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Tile:
    """Name the hazards of one tile.

    Parameters
    ----------
    number : int
        Position in the order of tiles.
    count : int
        How many tiles there are.
    """

    number: int
    count: int


def make_tiles(count: int) -> tuple[Tile, ...]:
    """Name all tiles.

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    tuple of Tile
        The tiles in order.
    """
    return tuple(Tile(number, count) for number in range(count))


def owners(places: NDArray[np.float64], *, count: int) -> NDArray[np.int64]:
    """Share places out among tiles: halves of halves, cut across the longer side.

    Parameters
    ----------
    places : numpy.ndarray, shape (n, 2)
        Representative point of each hazard [m].
    count : int
        Number of tiles.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Tile that owns each place; the sizes differ by one at most. The same places always
        fall to the same tiles.
    """
    owner = np.zeros(len(places), dtype=np.int64)
    waiting = [(np.arange(len(places)), 0, count)]
    while waiting:
        rows, first, tiles = waiting.pop()
        if tiles == 1 or len(rows) == 0:
            owner[rows] = first
            continue
        here = places[rows]
        axis = int(np.argmax(np.ptp(here, axis=0)))
        order = np.lexsort((here[:, 1 - axis], here[:, axis]))
        left = tiles // 2
        cut = len(rows) * left // tiles
        waiting.append((rows[order[:cut]], first, left))
        waiting.append((rows[order[cut:]], first + left, tiles - left))
    return owner


class Executor(Protocol):
    """Work tasks, somewhere."""

    def work(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """Work every task.

        Parameters
        ----------
        function : callable
            Function of a module, of one task.
        tasks : sequence
            The tasks.

        Yields
        ------
        object
            Results, in the order in which they are ready.
        """


class LocalExecutor:
    """Work tasks one after the other in this process; each uses its own threads."""

    def work(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """Work every task in order.

        Parameters
        ----------
        function : callable
            Function of one task.
        tasks : sequence
            The tasks.

        Yields
        ------
        object
            Results in the order of the tasks.
        """
        for task in tasks:
            yield function(task)


@contextmanager
def make_executor(kind: str, *, scheduler: str | None = None) -> Iterator[Executor]:
    """Open whoever works the tasks, and close it afterwards.

    Parameters
    ----------
    kind : {'local', 'dask'}
        This process, or Dask.
    scheduler : str, optional
        Address of a running scheduler; without it Dask starts a cluster on this machine.

    Yields
    ------
    Executor
        The executor.

    Raises
    ------
    EngineError
        When Dask is not installed or the scheduler does not answer.
    """
    if kind == "local":
        yield LocalExecutor()
        return
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra, when asked for
    except ImportError as error:
        raise EngineError([complain("error.no_dask")]) from error
    where = scheduler or "local"
    with ExitStack() as opened:
        try:
            to: object = scheduler
            if to is None:
                to = opened.enter_context(
                    LocalCluster(threads_per_worker=1, dashboard_address=None)
                )
            client = opened.enter_context(Client(to, timeout=_PATIENCE_S))
        except (OSError, TimeoutError, ValueError, RuntimeError) as error:
            values: dict[str, object] = {"address": where, "reason": error}
            raise EngineError([complain("error.no_scheduler", values)]) from error
        yield _DaskExecutor(client, where)


@dataclass(frozen=True, slots=True)
class _DaskExecutor:
    """Work tasks on the workers of a Dask scheduler."""

    client: distributed.Client
    where: str

    def work(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """Work every task; a task whose worker is lost is worked again by another."""
        from distributed import CancelledError, KilledWorker  # noqa: PLC0415 - loaded already

        self._await_workers()
        left = set(self.client.map(function, tasks, pure=False))
        try:
            while left:
                done = self._finished(left)
                left -= done
                for future in done:
                    yield future.result()
        except KilledWorker as error:
            values: dict[str, object] = {"address": self.where, "reason": error}
            raise EngineError([complain("error.worker_lost", values)]) from error
        except CancelledError as error:
            # A scheduler that is lost takes its tasks along.
            reason = str(error).rpartition("Message: ")[2].partition("\n")[0]
            values = {"address": self.where, "reason": reason}
            raise EngineError([complain("error.no_scheduler", values)]) from error
        finally:
            self.client.cancel(list(left))

    def _await_workers(self) -> None:
        try:
            self.client.wait_for_workers(1, timeout=_PATIENCE_S)
        except (TimeoutError, OSError) as error:
            raise EngineError([complain("error.no_workers", {"address": self.where})]) from error

    def _finished(self, left: set[distributed.Future]) -> set[distributed.Future]:
        """Wait for results; give up when every worker stays away."""
        from distributed import wait  # noqa: PLC0415 - loaded already

        while True:
            try:
                done: set[distributed.Future] = wait(
                    left, timeout=_LOOK_EVERY_S, return_when="FIRST_COMPLETED"
                ).done
            except TimeoutError:
                self._await_workers()
                continue
            return done
