"""Receptors taken past hazards, as the tests of the sweep and its grid do it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
import shapely

from riskmap.distance import measure_pairs
from riskmap.edges import BEST
from riskmap.geometry import LONLAT, PLANE
from riskmap.sweep import Batch, Reach, Sweeper, listed_reach, make_sweeper
from riskmap.wkb import WkbRows, rows_of_shapes, wkb_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# Where the tests' towns lie in the plane: about 119.5 E, 31 N, k = 1.164.
HERE = np.array([13_302_700.0, 3_613_000.0])

compiled_only = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT", "0") != "0", reason="too long for the uncompiled form"
)


class Found(NamedTuple):
    """Pairs of a whole pass, sorted by hazard and receptor."""

    hazard: Integers
    receptor: Integers
    best: Floats

    @property
    def keys(self) -> set[tuple[int, int]]:
        return set(zip(self.hazard.tolist(), self.receptor.tolist(), strict=True))


def here(east_m: float, north_m: float) -> Floats:
    """Step away from HERE, in metres of the plane."""
    return np.asarray(HERE + np.array([east_m, north_m]))


def held(shapes: Sequence[Any]) -> NDArray[Any]:
    """Put shapes into an array one by one: numpy would take a multipart apart."""
    array = np.empty(len(shapes), dtype=object)
    for index, shape in enumerate(shapes):
        array[index] = shape
    return array


def plane_rows(shapes: Sequence[Any]) -> WkbRows:
    return rows_of_shapes(held(shapes))


def lonlat_rows(shapes: Sequence[Any]) -> WkbRows:
    return wkb_rows([shapely.to_wkb(shape) for shape in shapes], space=LONLAT)


def batch(rows: WkbRows, *, klass: object = 0, first: int = 0) -> Batch:
    count = len(rows)
    return Batch(
        rows,
        np.ascontiguousarray(np.broadcast_to(np.asarray(klass, dtype=np.int64), count)),
        np.arange(first, first + count, dtype=np.int64),
    )


def batches(shapes: Sequence[Any], size: int, *, klass: Integers | None = None) -> Iterator[Batch]:
    for at in range(0, len(shapes), size):
        part = 0 if klass is None else klass[at : at + size]
        yield batch(plane_rows(shapes[at : at + size]), klass=part, first=at)


def gather(parts: Sequence[Any]) -> Found:
    """Join pairs and sort them."""
    hazard = np.concatenate([part.hazard for part in parts])
    receptor = np.concatenate([part.receptor for part in parts])
    best = np.concatenate([part.best for part in parts]).reshape(-1, BEST)
    order = np.lexsort((receptor, hazard))
    found = Found(hazard[order], receptor[order], best[order])
    assert len(found.keys) == len(hazard), "a pair came twice"
    return found


def one_reach(hazards: int, reach_m: float) -> Reach:
    return listed_reach(np.zeros(hazards, dtype=np.int64), np.array([[reach_m]]))


def look(
    hazards: Sequence[Any], receptors: Sequence[Any], reach_m: float, *, space: int = PLANE
) -> Found:
    """List the pairs within one reach of everything."""
    make_rows = plane_rows if space == PLANE else lonlat_rows
    sweeper = make_sweeper(make_rows(hazards), reach=one_reach(len(hazards), reach_m))
    return gather(list(sweeper.run([batch(make_rows(receptors))])))


def sweep(sweeper: Sweeper, receptors: Sequence[Any], *, klass: Integers | None = None) -> Found:
    return gather(list(sweeper.run(batches(receptors, 50, klass=klass))))


def every_distance(hazards: Sequence[Any], receptors: Sequence[Any]) -> Floats:
    """Measure every pair without any grid [m], shape (hazards, receptors)."""
    h, r = np.meshgrid(np.arange(len(hazards)), np.arange(len(receptors)), indexing="ij")
    found = measure_pairs(held(hazards)[h.ravel()], held(receptors)[r.ravel()])
    return np.asarray(found.distance_m).reshape(len(hazards), len(receptors))


def scatter(
    seed: int, count: int, *, spread_m: float = 3000.0, size_m: float = 200.0
) -> list[shapely.Geometry]:
    """Scatter points, lines, areas with holes and multiparts about HERE."""
    rng = np.random.default_rng(seed)
    shapes: list[shapely.Geometry] = []
    for index in range(count):
        middle = HERE + rng.uniform(-spread_m, spread_m, 2)
        kind = index % 5
        if kind == 0:
            shapes.append(shapely.Point(middle))
        elif kind == 1:
            steps = rng.uniform(-size_m, size_m, (int(rng.integers(2, 40)), 2))
            shapes.append(shapely.LineString(middle + np.cumsum(steps, axis=0) / 4.0))
        elif kind == 2:
            shapes.append(star(middle, size_m * rng.uniform(0.2, 3.0), int(rng.integers(3, 60))))
        elif kind == 3:
            shapes.append(shapely.MultiPoint(middle + rng.uniform(-size_m, size_m, (4, 2))))
        else:
            far = middle + rng.uniform(-4 * size_m, 4 * size_m, 2)
            parts = [shapely.Point(far), star(middle, size_m, 12)]
            shapes.append(shapely.GeometryCollection(parts))
    return shapes


def star(middle: Floats, radius_m: float, corners: int) -> shapely.Polygon:
    """Make a ring-shaped area: a hole of half the radius in it."""
    turn = np.linspace(0.0, 2.0 * np.pi, corners, endpoint=False)
    round_it = np.column_stack([np.cos(turn), np.sin(turn)])
    return shapely.Polygon(middle + radius_m * round_it, [middle + radius_m / 2.0 * round_it])
