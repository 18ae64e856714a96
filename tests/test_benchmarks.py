"""The benchmark's own test: rivals that need nothing further agree on the smallest data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
import shapely
from pyarrow import parquet

from tests.benchmarks.generate import BAND, generate
from tests.benchmarks.run import Measured, agree, run_module

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the smallest scale once."""
    folder = tmp_path_factory.mktemp("benchmark")
    generate("XS", folder=folder)
    return folder


def test_rivals_agree_on_the_smallest_scale(data: Path) -> None:
    answers = [
        json.loads(
            run_module(
                "rivals",
                *(engine, "--scale", "XS", "--data", str(data)),
                *("--out", str(data / f"{engine}.npz")),
            )
        )
        for engine in ("shapely", "geopandas")
    ]
    assert answers[0]["rows"] == answers[1]["rows"] > 0
    assert answers[0]["hash"] == answers[1]["hash"]


def test_the_account_of_what_was_made_closes(data: Path) -> None:
    made = json.loads((data / "made_XS.json").read_text(encoding="utf-8"))
    assert parquet.read_metadata(data / "receptors_XS.parquet").num_rows == made["receptors"]
    assert made["receptors"] + made["receptors_removed"] == 5_000


def test_both_files_of_a_layer_hold_the_same_shapes(data: Path) -> None:
    plane = parquet.read_table(data / "receptors_XS_4549.parquet")
    degrees = parquet.read_table(data / "receptors_XS.parquet")
    assert plane["id"].to_pylist() == degrees["id"].to_pylist() == list(range(len(plane)))
    assert plane["kind"].equals(degrees["kind"])
    to_plane = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
    lonlat = shapely.get_coordinates(shapely.from_wkb(degrees["geometry"].to_numpy()))
    metres = shapely.get_coordinates(shapely.from_wkb(plane["geometry"].to_numpy()))
    back = np.column_stack(to_plane.transform(lonlat[:, 0], lonlat[:, 1]))
    assert np.abs(back - metres).max() < 1e-6


def test_no_row_hangs_on_the_metric(data: Path) -> None:
    """Measure every pair whose boxes are in reach, with no index and no pieces."""
    layers = {}
    for layer in ("hazards", "receptors"):
        table = parquet.read_table(data / f"{layer}_XS_4549.parquet")
        layers[layer] = (
            table["kind"].to_numpy(),
            shapely.from_wkb(table["geometry"].to_numpy()),
        )
    rules = json.loads((data / "rules.json").read_text(encoding="utf-8"))["rules"]
    for rule in rules:
        hazards = layers["hazards"][1][layers["hazards"][0] == rule["hazard_kind"]]
        receptors = layers["receptors"][1][layers["receptors"][0] == rule["receptor_kind"]]
        low, high = np.split(shapely.bounds(hazards)[:, None], 2, axis=2)
        receptor_low, receptor_high = np.split(shapely.bounds(receptors)[None], 2, axis=2)
        gap = np.maximum(receptor_low - high, low - receptor_high).max(axis=2)
        h, r = np.nonzero(gap < 1.01 * rule["required_m"])
        distance = shapely.distance(hazards[h], receptors[r])
        assert not (np.abs(distance / rule["required_m"] - 1.0) < BAND).any()


def test_runs_agree_only_with_one_answer() -> None:
    ours = Measured("riskmap", (1.0,), (1.0,), 1.0, frozenset({(2, "a")}))
    same = Measured("duckdb", (1.0,), (1.0,), 1.0, frozenset({(2, "a")}))
    other = Measured("shapely", (1.0,), (1.0,), 1.0, frozenset({(2, "b")}))
    wavering = Measured("geopandas", (1.0, 1.0), (1.0, 1.0), 1.0, same.answers | other.answers)
    assert agree([ours, same], across_metrics=True)
    assert not agree([ours, other], across_metrics=True)
    assert agree([ours, other], across_metrics=False)
    assert not agree([ours, same, other], across_metrics=False)
    assert not agree([wavering], across_metrics=True)
