"""Time the overlay of influence ranges: ``python -m tests.benchmarks.zones [--hazards 2000]``.

A made county of constant density: towns of uneven size, four hazards in five near one of them;
points, ragged polygons and pipelines; each hazard reaches out by one to four rules. One JSON
line is printed. Completeness is asserted, never a time.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.zones import INFLUENCES, build_zones
from tests.plain_zones import straight_zones

_HAZARDS_PER_KM2 = 0.8
_KM2_PER_TOWN = 35.0
_REACHES_M = (17.5, 35.0, 50.0, 100.0, 150.0, 200.0, 300.0, 500.0, 1000.0)
_REACH_SHARES = (0.1, 0.15, 0.2, 0.2, 0.1, 0.1, 0.07, 0.05, 0.03)


def made_hazards(
    count: int, rng: np.random.Generator, *, density: float = 1.0
) -> tuple[np.ndarray, shapely.Geometry]:
    """Make hazards (six in ten points, one in twenty pipelines) and the county around them."""
    width_m = 1000.0 * float(np.sqrt(count / (_HAZARDS_PER_KM2 * density)))
    towns = rng.random((max(4, int(width_m**2 / 1e6 / _KM2_PER_TOWN)), 2)) * width_m
    sizes = np.minimum(rng.pareto(1.3, len(towns)) + 0.3, 10.0)
    spread = 250 + 350 * (sizes / sizes.mean()) ** 0.4
    town = rng.choice(len(towns), count, p=sizes / sizes.sum())
    places = towns[town] + rng.standard_normal((count, 2)) * spread[town][:, None]
    rural = rng.random(count) < 0.2
    places[rural] = rng.random((int(rural.sum()), 2)) * width_m
    kinds = rng.choice(3, count, p=[0.6, 0.35, 0.05])
    makers = (lambda xy, _: shapely.Point(xy), _ragged_polygon, _pipeline)
    hazards = [makers[kind](xy, rng) for kind, xy in zip(kinds, places, strict=True)]
    return np.array(hazards), _county(width_m, rng)


def _ragged_polygon(centre: np.ndarray, rng: np.random.Generator) -> shapely.Geometry:
    """Draw a plant of 10 to 60 corners or, three times in ten, a pit of 100 to 600."""
    count = int(rng.integers(100, 600)) if rng.random() < 0.3 else int(rng.integers(10, 60))
    angle = (np.arange(count) + 0.5 * rng.random(count)) / count * 2 * np.pi
    radius = _wavy(angle, rng) * rng.uniform(50, 350) * (1 - rng.random(count) / count)
    return shapely.Polygon(centre + _polar(radius, angle))


def _wavy(angle: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a radius about 1 that waves 2 to 7 times around."""
    waves = [
        rng.normal(0, 0.15 / turns) * np.sin(turns * angle + rng.uniform(0, 2 * np.pi))
        for turns in range(2, 8)
    ]
    return np.asarray(1 + np.clip(np.sum(waves, axis=0), -0.6, 0.6))


def _polar(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _pipeline(start: np.ndarray, rng: np.random.Generator) -> shapely.Geometry:
    count = int(rng.integers(200, 800))
    heading = rng.random() * 2 * np.pi + np.cumsum(rng.standard_normal(count) * 0.08)
    steps = np.column_stack([np.cos(heading), np.sin(heading)]) * rng.uniform(20, 60, (count, 1))
    return shapely.LineString(start + np.cumsum(steps, axis=0))


def _county(width_m: float, rng: np.random.Generator) -> shapely.Geometry:
    """Make a ragged county that cuts through the outer towns, with one enclave."""
    angle = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    waves = sum(
        rng.normal(0, 0.03 / k) * np.sin(k * angle + rng.uniform(0, 6)) for k in range(1, 40)
    )
    radius = width_m * (0.5 + waves)
    shell = width_m / 2 + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    enclave = shapely.Point(0.6 * width_m, 0.55 * width_m).buffer(0.03 * width_m)
    return shapely.difference(shapely.Polygon(shell), enclave)


def made_rings(hazards: np.ndarray, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Reach out from each hazard by one to four rules of any nature."""
    counts = rng.integers(1, 5, len(hazards))
    source = np.repeat(np.arange(len(hazards)), counts)
    required_m = rng.choice(_REACHES_M, len(source), p=_REACH_SHARES)
    nature = rng.choice(INFLUENCES[:-1], len(source), p=[0.25, 0.45, 0.15, 0.15])
    table = pd.DataFrame({"source": source.astype(str), "nature": nature, "required_m": required_m})
    table["rule"] = [f"rule.{index}" for index in range(len(table))]
    shapes = shapely.buffer(hazards[source], required_m, quad_segs=24)
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4549")


def check_zones(zones: gpd.GeoDataFrame, study_area: shapely.Geometry) -> tuple[float, float]:
    """Return what is missing and the largest overlap of two zones, as shares of the area."""
    shapes = np.asarray(zones.geometry.array)
    whole_m2 = float(shapely.area(study_area))
    first, second = np.triu_indices(len(shapes), k=1)
    overlaps = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    missing = abs(float(shapely.area(shapes).sum()) - whole_m2)
    return missing / whole_m2, float(overlaps.max(initial=0.0)) / whole_m2


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def main() -> int:
    """Print one line; fail when the zones of the made county are not complete."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.zones")
    parser.add_argument("--hazards", type=int, default=2000)
    parser.add_argument("--density", type=float, default=1.0, help="5: one city, all overlaps")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--oracle", action="store_true", help="time the straight form too")
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    hazards, study_area = made_hazards(chosen.hazards, rng, density=chosen.density)
    start = time.perf_counter()
    rings = made_rings(hazards, rng)
    found: dict[str, object] = {"hazards": len(hazards), "rings": len(rings)}
    found["buffer_s"] = round(time.perf_counter() - start, 3)
    found["peak_before_mb"] = _peak_mb()
    # The new form comes first, so that the peak after it is its own.
    forms = {"zones": build_zones} | ({"oracle": straight_zones} if chosen.oracle else {})
    for name, form in forms.items():
        start, busy = time.perf_counter(), time.process_time()
        zones = form(rings, study_area=study_area)
        found[f"{name}_s"] = round(time.perf_counter() - start, 3)
        found[f"{name}_cpu_s"] = round(time.process_time() - busy, 3)
        found[f"{name}_peak_mb"] = _peak_mb()
        missing, overlap = check_zones(zones, study_area)
        found[f"{name}_missing"], found[f"{name}_overlap"] = missing, overlap
        assert missing <= 1e-9, f"{name}: {missing} of the area is missing"
        assert overlap <= 1e-9, f"{name}: {overlap} of the area stands twice"
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
