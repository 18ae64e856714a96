"""Projects on squared paper, written as files: what a test of whole runs starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from pandas.testing import assert_frame_equal
from shapely import Geometry, box

from riskmap.config import load_config
from tests.conftest import RULEBOOK_HEAD, on_paper

if TYPE_CHECKING:
    from pathlib import Path

    from riskmap.config import RunConfig

# A shape in metres on the paper, with the values of its columns.
Row = tuple[Geometry, Mapping[str, object]]

AS_OF = date(2025, 12, 31)
PROJECT = """
title = { zh = "方格", en = "Squares" }
case = "squares"
as_of = 2025-12-31
printed = 2026-01-15
language = "en"
rulebooks = ["rules.toml"]
"""
WORDS = """
title = { zh = "试", en = "Test" }
source = { zh = "试", en = "test" }
licence = "none"
vintage = "2025"
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Draw one layer: rows in metres on the paper, and what its catalog entry says more."""

    role: str
    rows: Sequence[Row]
    reference: str = "unit_edge"
    file: str = ""
    more: str = ""
    datum: str = "CGCS2000"

    def frame(self) -> gpd.GeoDataFrame:
        """Return the rows in longitude and latitude."""
        names = sorted({name for _, values in self.rows for name in values} - {"id"})
        columns = {name: [values.get(name) for _, values in self.rows] for name in names}
        columns["id"] = [values.get("id", str(i + 1)) for i, (_, values) in enumerate(self.rows)]
        return gpd.GeoDataFrame(
            columns, geometry=[on_paper(shape) for shape, _ in self.rows], crs="EPSG:4490"
        )


@dataclass(frozen=True, slots=True)
class Squares:
    """Hold everything of a project: rules, layers, registers and the half side of its area."""

    rules: Sequence[str]
    layers: Mapping[str, Sheet]
    registers: Mapping[str, tuple[str, Sequence[Mapping[str, str]]]] = field(default_factory=dict)
    half_m: float = 50_000.0

    def write(self, folder: Path) -> RunConfig:
        """Write the project and load it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "project.toml").write_text(PROJECT, "utf-8")
        (folder / "rules.toml").write_text(RULEBOOK_HEAD + "".join(self.rules), "utf-8")
        half = self.half_m
        area = Sheet("boundary", [(box(-half, -half, half, half), {})])
        entries = []
        for name, sheet in {"area": area, **self.layers}.items():
            file = sheet.file or f"{name}.parquet"
            entries.append(layer_entry(name, sheet, file=file))
            if not (folder / file).exists():
                write_frame(sheet.frame(), folder / file)
        for name, (role, rows) in self.registers.items():
            pd.DataFrame(list(rows), dtype="str").to_csv(folder / f"{name}.csv", index=False)
            entry = f'\n[[layer]]\nid = "{name}"\nrole = "{role}"\nfile = "{name}.csv"{WORDS}'
            entries.append(entry)
        (folder / "catalog.toml").write_text("".join(entries), "utf-8")
        return load_config(folder, as_of=AS_OF)


def layer_entry(name: str, sheet: Sheet, *, file: str) -> str:
    """Write the catalog's entry of a layer."""
    lines = [
        "",
        "[[layer]]",
        f'id = "{name}"',
        f'role = "{sheet.role}"',
        f'file = "{file}"',
        f'datum = "{sheet.datum}"',
        f'reference = "{sheet.reference}"',
        sheet.more or 'key = "id"',
    ]
    return "\n".join(lines) + WORDS


def write_frame(frame: gpd.GeoDataFrame, path: Path, *, rows: int = 5) -> None:
    """Write a frame as the suffix says; GeoParquet with covering and small row groups."""
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False, write_covering_bbox=True, row_group_size=rows)
    else:
        frame.to_file(path, driver={".gpkg": "GPKG", ".geojson": "GeoJSON"}[path.suffix])


def read_findings(folder: Path) -> gpd.GeoDataFrame:
    """Read what tiles wrote, in one order."""
    return in_order(gpd.read_parquet(folder))


def in_order(findings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put findings into the order of their ids."""
    return findings.sort_values("finding_id").reset_index(drop=True)


def assert_same_findings(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> None:
    """Hold two tables of findings against each other: every cell and every line."""
    left, right = in_order(left.to_crs("EPSG:4326")), in_order(right.to_crs("EPSG:4326"))
    assert_frame_equal(
        pd.DataFrame(left.drop(columns="geometry")), pd.DataFrame(right.drop(columns="geometry"))
    )
    assert left.geometry.geom_equals_exact(right.geometry, tolerance=1e-9).all()
