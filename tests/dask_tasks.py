"""What a worker is given in tests of the cluster: tasks that say when they have begun."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from riskmap.checking import check_tile
from riskmap.errors import DataError, complain

if TYPE_CHECKING:
    from pathlib import Path

    from riskmap.checking import TileReport, TileTask

# A task that is never let go gives up by itself [s].
LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Held:
    """Name a task, the folder where it says that it has begun, and the file that lets it go."""

    number: int
    folder: Path

    @property
    def gate(self) -> Path:
        """File whose being there lets the task end."""
        return self.folder / "go"


def hold(task: Held) -> int:
    """Note process and number in a file, then wait to be let go."""
    (task.folder / f"{task.number}-{os.getpid()}.begun").touch()
    until = time.monotonic() + LIMIT_S
    while not task.gate.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return task.number


def check_held(task: TileTask) -> TileReport:
    """Check a tile as soon as it is let go."""
    hold(Held(task.tile.number, task.out.parent))
    return check_tile(task)


def refuse(task: Held) -> int:
    """Note that it was tried, then find a fault in the data."""
    with (task.folder / "tries").open("a", encoding="utf-8") as file:
        file.write("x")
    raise DataError([complain("error.bad_count", {"value": str(task.number)})])


def die(task: Held) -> int:
    """End the worker as the kernel does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
    return task.number
