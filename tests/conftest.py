"""Squared paper: layers a hand can draw, in metres east and north of one corner.

A test places shapes in metres; the paper lies at latitude 31.4 on the meridian 119.5 and
is taken to longitude and latitude by the geodesic, so that an answer worked out by hand
holds to the millimetre along the axes.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

import riskmap
from riskmap.catalog import LayerSpec
from riskmap.io import RawLayer
from riskmap.quality import Layer, check_layer, make_layer
from riskmap.rulebook import Rulebook, read_rulebook_files
from riskmap.setback import Setbacks, check_setbacks
from riskmap.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LON, LAT = 119.5, 31.4
AS_OF = date(2025, 12, 31)
_GEOD = pyproj.Geod(ellps="WGS84")

_REFERENCES = {
    "chemical_park": "planning_boundary",
    "chemical_plant": "plant_boundary",
    "non_coal_mine": "licence_boundary",
    "waste_dump": "dump_outline",
    "hazard_source": "unit_edge",
    "residential_zone": "building_wall",
    "sensitive_place": "building_wall",
    "building": "building_wall",
    "road": "highway_land_edge",
    "railway": "rail_toe",
    "pipeline": "centreline",
    "bridge": "structure_outline",
}


def on_paper(shape: shapely.Geometry) -> shapely.Geometry:
    """Take a shape from metres on the paper to longitude and latitude."""

    def place(xy: np.ndarray) -> np.ndarray:
        count = len(xy)
        # North along the meridian first, then east along the great ellipse from there.
        lon, lat, _ = _GEOD.fwd(np.full(count, LON), np.full(count, LAT), np.zeros(count), xy[:, 1])
        lon, lat, _ = _GEOD.fwd(lon, lat, np.full(count, 90.0), xy[:, 0])
        return np.column_stack([lon, lat])

    return shapely.transform(shape, place)


def paper_layer(
    role: str,
    rows: Sequence[tuple[shapely.Geometry, Mapping[str, object]]],
    *,
    reference: str | None = None,
    accuracy_m: float = 0.0,
    layer_id: str | None = None,
) -> Layer:
    """Make a layer of shapes on the paper."""
    columns: dict[str, list[object]] = {}
    names = sorted({name for _, values in rows for name in values})
    for name in names:
        columns[name] = [values.get(name) for _, values in rows]
    if "id" not in columns:
        columns["id"] = [f"{index + 1}" for index in range(len(rows))]
    frame = gpd.GeoDataFrame(
        columns, geometry=[on_paper(shape) for shape, _ in rows], crs="EPSG:4490"
    )
    return make_layer(
        frame,
        layer_id=layer_id or f"{role}s",
        role=role,
        datum="CGCS2000",
        reference=reference or _REFERENCES.get(role),
        accuracy_m=accuracy_m,
    )


def register(role: str, rows: Sequence[Mapping[str, str]]) -> Layer:
    """Make a register of rows, as its CSV file would be read."""
    spec = LayerSpec(
        id=f"{role}_rows",
        role=role,
        file="memory.csv",
        title=Text("登记", "Register"),
        source=Text("试", "test"),
        licence="",
        vintage="",
    )
    table = pd.DataFrame(list(rows), dtype="str")
    nothing = np.full(len(table), None, dtype=object)
    return check_layer(RawLayer(spec, Path("memory.csv"), table, nothing, None))


RULEBOOK_HEAD = """
[instrument]
id = "test.instrument"
kind = "regulation"
title = { zh = "试验条例", en = "Test regulation" }
edition = "2020-01-01"
in_force = 2020-01-01
"""


def rule_text(
    rule_id: str = "test.one",
    *,
    nature: str = "ban",
    hazard: str = '{ roles = ["hazard_source"] }',
    receptor: str = '{ roles = ["residential_zone"] }',
    distance: str = "distance_m = 100.0",
    extra: str = "",
) -> str:
    """Write one rule as a file would hold it."""
    return f"""
[[rule]]
id = "{rule_id}"
title = {{ zh = "试验规则", en = "Test rule" }}
nature = "{nature}"
hazard = {hazard}
receptor = {receptor}
{distance}
measure_from = "unit_edge"
measure_to = "building_wall"
clause = "第一条"
tag = "seen"
confidence = "low"
{extra}
"""


@pytest.fixture
def make_book(tmp_path: Path) -> Callable[..., Rulebook]:
    """Read a rulebook from rules written in a test."""

    def make(*rules: str, head: str = RULEBOOK_HEAD) -> Rulebook:
        path = tmp_path / "book.toml"
        path.write_text(head + "".join(rules), "utf-8")
        return read_rulebook_files([path])

    return make


@pytest.fixture(scope="session")
def cn_book() -> Rulebook:
    """Read the shipped Chinese rulebooks once."""
    folder = Path(riskmap.__file__).parent / "rulebooks" / "cn"
    return read_rulebook_files(sorted(folder.glob("*.toml")))


def check(*layers: Layer, rulebook: Rulebook, as_of: date = AS_OF) -> Setbacks:
    """Check layers of a test."""
    return check_setbacks(layers, rulebook=rulebook, as_of=as_of)
