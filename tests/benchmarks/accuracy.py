"""Print how far distances are off the ellipsoid: ``python -m tests.benchmarks.accuracy``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import shapely

from tests.ellipsoid import Place, apart, go, to_edges
from tests.pairs import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LON = 119.5
LATITUDES = (0.0, 20.0, 31.0, 53.0, 70.0, 75.0)
COUNT = 200
EDGE_M = 300.0


def points_error_mm(latitude: float, metres: float) -> float:
    """Find the largest error of random pairs of points so far apart [mm]."""
    generator = np.random.default_rng(1)
    here = _starts(generator, latitude)
    bearings = generator.uniform(0.0, 360.0, COUNT)
    there = [go(at, bearing=b, metres=metres) for at, b in zip(here, bearings, strict=True)]
    found, _, _ = measure(list(shapely.points(here)), list(shapely.points(there)))
    return _worst_mm(found, apart(np.array(here), np.array(there)))


def edge_error_mm(latitude: float, metres: float) -> float:
    """Find the largest error of points beside edges, anywhere along them [mm]."""
    generator = np.random.default_rng(2)
    here = _starts(generator, latitude)
    edges = []
    for at, bearing in zip(here, generator.uniform(0.0, 360.0, COUNT), strict=True):
        foot = go(at, bearing=bearing, metres=metres)
        along, share = bearing + 90.0, generator.uniform(0.0, EDGE_M)
        start = go(foot, bearing=along, metres=share)
        edges.append((start, go(foot, bearing=along + 180.0, metres=EDGE_M - share)))
    lines = list(shapely.linestrings(edges))
    found, _, _ = measure(list(shapely.points(here)), lines)
    ends = np.array(edges)
    return _worst_mm(found, to_edges(np.array(here), ends[:, 0], ends[:, 1]))


def _starts(generator: np.random.Generator, latitude: float) -> list[Place]:
    # Up to half a degree from the parallel, not all in one place.
    near = generator.uniform(-0.5, 0.5, (COUNT, 2))
    return [(LON + float(x), latitude + float(y)) for x, y in near]


def _worst_mm(found: np.ndarray, want: np.ndarray) -> float:
    return float(np.max(np.abs(found - want))) * 1000.0


def table(title: str, distances: Sequence[float], error_mm: Callable[[float, float], float]) -> str:
    """Write one table in Markdown, latitudes down and distances across."""
    heads = [f"{metres:g} m" for metres in distances]
    rows = [["latitude", *heads], ["---:"] * (len(heads) + 1)]
    for latitude in LATITUDES:
        errors = [f"{error_mm(latitude, metres):.3f}" for metres in distances]
        rows.append([f"{latitude:g}°", *errors])
    return "\n".join([title, "", *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def main() -> int:
    """Print both tables."""
    points = f"Largest error of {COUNT} pairs of points [mm]"
    edges = f"Largest error of {COUNT} points beside an edge of {EDGE_M:g} m [mm]"
    sys.stdout.write(table(points, (50.0, 500.0, 3000.0, 10000.0), points_error_mm) + "\n")
    sys.stdout.write(table(edges, (50.0, 1000.0, 3000.0), edge_error_mm))
    return 0


if __name__ == "__main__":
    sys.exit(main())
