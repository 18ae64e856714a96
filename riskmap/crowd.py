"""Place symbols and labels on paper so that none covers another."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

Box = tuple[float, float, float, float]

# What a candidate costs for each line point that it covers, against 1 for each step down
# the order of preference.
_COVERED = 2.5
# What it costs to lie on something else than what it names.
_SEEMING = 6.0


@dataclass(slots=True)
class Crowd:
    """Hold the boxes that are taken on one sheet.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north within which everything must stay [mm].
    avoided : numpy.ndarray, shape (n, 2)
        Points that labels should rather not cover [mm].
    """

    bounds: Box
    avoided: NDArray[np.float64]
    _boxes: NDArray[np.float64] = field(default_factory=lambda: np.empty((256, 4)), init=False)
    _count: int = field(default=0, init=False)

    def is_free(self, box: Box) -> bool:
        """Tell whether a box lies inside the bounds and touches no other.

        Parameters
        ----------
        box : tuple of float
            West, south, east, north [mm].

        Returns
        -------
        bool
            True when it may be taken.
        """
        west, south, east, north = box
        if west < self.bounds[0] or south < self.bounds[1]:
            return False
        if east > self.bounds[2] or north > self.bounds[3]:
            return False
        return _overlaps(box, self._boxes[: self._count]) == 0

    def take(self, box: Box) -> None:
        """Mark a box as taken.

        Parameters
        ----------
        box : tuple of float
            West, south, east, north [mm].
        """
        if self._count == len(self._boxes):
            self._boxes = np.concatenate([self._boxes, np.empty_like(self._boxes)])
        self._boxes[self._count] = box
        self._count += 1

    def settle(
        self, spot: tuple[float, float], *, size: tuple[float, float], reach_mm: float
    ) -> tuple[float, float]:
        """Find the nearest free place for a symbol and take it.

        Parameters
        ----------
        spot : tuple of float
            Where it belongs [mm].
        size : tuple of float
            Width and height [mm].
        reach_mm : float
            How far it may move [mm].

        Returns
        -------
        tuple of float
            Its centre [mm]; `spot` itself when nothing within reach is free.
        """
        for x, y in _rings(spot, step_mm=max(size) / 2.0, reach_mm=reach_mm):
            box = centred(x, y, size)
            if self.is_free(box):
                self.take(box)
                return x, y
        self.take(centred(*spot, size))
        return spot

    def choose(
        self, boxes: Sequence[Box], *, shunned: NDArray[np.float64] | None = None
    ) -> Box | None:
        """Choose the best free box and take it.

        Parameters
        ----------
        boxes : sequence of tuple of float
            Candidates in order of preference.
        shunned : numpy.ndarray, shape (n, 4), optional
            Boxes of other things, which a label on them would seem to name [mm].

        Returns
        -------
        tuple of float or None
            The box, or None when all are taken.
        """
        best, least = None, math.inf
        for rank, box in enumerate(boxes):
            if rank >= least or not self.is_free(box):
                continue
            cost = rank + _COVERED * self._covered(box)
            if shunned is not None:
                cost += _SEEMING * _overlaps(box, shunned)
            if cost < least:
                best, least = box, cost
        if best is not None:
            self.take(best)
        return best

    def _covered(self, box: Box) -> int:
        if len(self.avoided) == 0:
            return 0
        x, y = self.avoided[:, 0], self.avoided[:, 1]
        inside = (x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])
        return int(np.count_nonzero(inside))


def _overlaps(box: Box, others: NDArray[np.float64]) -> int:
    hit = (others[:, 0] < box[2]) & (others[:, 2] > box[0])
    hit &= (others[:, 1] < box[3]) & (others[:, 3] > box[1])
    return int(np.count_nonzero(hit))


def centred(x: float, y: float, size: tuple[float, float]) -> Box:
    """Return the box of a size around a centre.

    Parameters
    ----------
    x, y : float
        Centre [mm].
    size : tuple of float
        Width and height [mm].

    Returns
    -------
    tuple of float
        West, south, east, north [mm].
    """
    return x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2


def _rings(
    spot: tuple[float, float], *, step_mm: float, reach_mm: float
) -> Iterator[tuple[float, float]]:
    yield spot
    for ring in range(1, int(reach_mm / step_mm) + 1):
        radius = ring * step_mm
        count = 8 + 4 * ring
        for turn in range(count):
            angle = math.pi / 2 - 2 * math.pi * turn / count
            yield spot[0] + radius * math.cos(angle), spot[1] + radius * math.sin(angle)


def around(anchor: Box, *, size: tuple[float, float], gaps: Sequence[float]) -> list[Box]:
    """List the places for a label around what it names.

    Parameters
    ----------
    anchor : tuple of float
        Box of what is named [mm].
    size : tuple of float
        Width and height of the label [mm].
    gaps : sequence of float
        Distances from the anchor, nearest first [mm].

    Returns
    -------
    list of tuple of float
        Right, left, above, below, then the corners, at each distance.
    """
    wide, tall = size
    west, south, east, north = anchor
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    found: list[Box] = []
    for gap in gaps:
        slant = gap * 0.7
        found += [
            centred(east + gap + wide / 2, middle_y, size),
            centred(west - gap - wide / 2, middle_y, size),
            centred(middle_x, north + gap + tall / 2, size),
            centred(middle_x, south - gap - tall / 2, size),
            centred(east + slant + wide / 2, north + slant + tall / 2, size),
            centred(east + slant + wide / 2, south - slant - tall / 2, size),
            centred(west - slant - wide / 2, north + slant + tall / 2, size),
            centred(west - slant - wide / 2, south - slant - tall / 2, size),
        ]
    return found
