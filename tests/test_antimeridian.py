"""Across the antimeridian a project finds what it would find anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from shapely import MultiPolygon, Point, box

from riskmap import batches
from riskmap.checking import check_project, check_tiles
from riskmap.engine import LocalExecutor
from tests.conftest import rule_text
from tests.ellipsoid import vincenty
from tests.squares import Sheet, Squares, read_findings, write_frame

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely import Geometry

    from riskmap.config import RunConfig

HAZARD = Point(179.9995, -16.5)
# 53 m on this side, 64 m on the other, 1.07 km on the other.
HOMES = {
    "here": Point(179.999, -16.5),
    "across": Point(-179.9999, -16.5),
    "far": Point(-179.9905, -16.5),
}


def project(folder: Path, *, homes: Mapping[str, Geometry], suffix: str = ".parquet") -> RunConfig:
    folder.mkdir()
    # The study area ends at the line; what is near it on the other side still counts.
    shapes: dict[str, Mapping[str, Geometry]] = {
        "area.parquet": {"a": box(179.9, -16.6, 180.0, -16.4)},
        "plant.parquet": {"h": HAZARD},
        f"homes{suffix}": homes,
    }
    for file, rows in shapes.items():
        frame = gpd.GeoDataFrame({"id": list(rows)}, geometry=list(rows.values()), crs="EPSG:4490")
        write_frame(frame, folder / file, rows=1)
    layers = {
        "plant": Sheet("hazard_source", []),
        "homes": Sheet("residential_zone", [], reference="building_wall", file=f"homes{suffix}"),
    }
    return Squares(rules=[rule_text()], layers=layers).write(folder)


@pytest.mark.parametrize("suffix", [".parquet", ".gpkg"])
@pytest.mark.parametrize("at_once", [True, False])
def test_homes_on_both_sides_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, *, at_once: bool
) -> None:
    config = project(tmp_path / "p", homes=HOMES, suffix=suffix)
    monkeypatch.setattr(batches, "STREAM_ROWS", 10**9 if at_once else 1)
    setbacks, _, _ = check_project(config)
    found = setbacks.findings.set_index("target")["measured_m"]
    expected = {
        f"homes/{name}": vincenty(HAZARD.x, HAZARD.y, home.x, home.y)
        for name, home in HOMES.items()
        if name != "far"
    }
    assert found.to_dict() == pytest.approx(expected, abs=0.001)
    out = tmp_path / "tiles"
    check_tiles(config, out=out, tiles=2, executor=LocalExecutor())
    assert sorted(read_findings(out)["target"]) == sorted(expected)


def test_a_home_split_at_the_line_is_read_whatever_its_row_group_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = MultiPolygon(
        [box(179.9998, -16.5001, 180.0, -16.4999), box(-180.0, -16.5001, -179.9998, -16.4999)]
    )
    config = project(tmp_path / "p", homes={"split": split, "inland": Point(179.0, -16.5)})
    monkeypatch.setattr(batches, "STREAM_ROWS", 1)
    setbacks, _, _ = check_project(config)
    assert setbacks.findings["target"].tolist() == ["homes/split"]
    assert setbacks.findings["measured_m"].iloc[0] == pytest.approx(
        vincenty(HAZARD.x, HAZARD.y, 179.9998, -16.5), abs=0.002
    )


def test_a_layer_out_of_reach_was_checked_and_is_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = project(tmp_path / "p", homes={"far": Point(179.95, -16.5)})
    monkeypatch.setattr(batches, "STREAM_ROWS", 1)
    setbacks, counts, _ = check_project(config)
    row = setbacks.coverage.iloc[0]
    assert (row["status"], row["missing_roles"], row["pairs"]) == ("ran", "", 0)
    assert counts.set_index("layer").loc["homes", "outside"] == 1
