"""Names are data: whatever stands in them changes nothing in page, table or sheet."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import html5lib
import openpyxl
import pytest
from shapely import Point, box

from riskmap.config import load_config
from riskmap.pipeline import assess
from riskmap.report import write_report
from tests.test_cli import CATALOG, PROJECT, RULES

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    'it\'s "quoted" `so` \\ back',
    '=HYPERLINK("x")',
    "+1-2@3",
    "{{ 7*7 }} {% raw %}",
    "溧阳市竹箦镇埭头镇",
    "𠮷野家 🙂",
    "\u202eright to left",
    "a" * 200,
    "$x^2$ & co",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a project whose homes carry every such name."""
    project = tmp_path_factory.mktemp("hostile") / "project"
    project.mkdir()
    (project / "project.toml").write_text(PROJECT, "utf-8")
    (project / "catalog.toml").write_text(CATALOG, "utf-8")
    (project / "rules.toml").write_text(RULES, "utf-8")
    count = len(NAMES)
    shapes = {
        "area": (["area"], [box(119.4, 31.3, 119.6, 31.5)]),
        "sources": ([NAMES[0]], [Point(119.5, 31.4)]),
        "homes": (NAMES, [Point(119.5002 + i * 4e-5, 31.4 + i * 1e-5) for i in range(count)]),
    }
    for name, (names, geometry) in shapes.items():
        frame = gpd.GeoDataFrame(
            {"id": [str(i) for i in range(len(names))], "name": names},
            geometry=geometry,
            crs="EPSG:4326",
        )
        frame.to_file(project / f"{name}.geojson", driver="GeoJSON")
    return write_report(assess(load_config(project)), out=project.parent / "out", lang="en")


def test_pages_show_the_names_and_run_nothing(folder: Path) -> None:
    for path in folder.rglob("*.html"):
        page = path.read_text("utf-8")
        parser = html5lib.HTMLParser(strict=False)
        tree = parser.parse(page)
        assert parser.errors == [], path.name
        names = {
            element.tag.rpartition("}")[2]
            for element in tree.iter()
            if isinstance(element.tag, str)
        }
        assert "img" not in names or path.name == "index.html"
        assert "<script>alert" not in page
        assert "49 " not in re.sub(r"\d+\.\d+", "", page) or "{{ 7*7 }}" in page
    block = re.search(
        r'<script type="application/json" id="riskmap-data">(.*?)</script>',
        (folder / "review.html").read_text("utf-8"),
        re.DOTALL,
    )
    assert block is not None
    told = json.dumps(json.loads(block.group(1)), ensure_ascii=False)
    for name in NAMES:
        assert json.dumps(name, ensure_ascii=False)[1:-1] in told


def test_cells_never_become_formulas(folder: Path) -> None:
    with (folder / "tables" / "findings.csv").open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "@"}]
    book = openpyxl.load_workbook(folder / "tables" / "riskmap.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    values = {cell.value for row in book.worksheets[0].iter_rows() for cell in row}
    assert '=HYPERLINK("x")' in values


def test_geodata_keep_the_names(folder: Path) -> None:
    found = gpd.read_parquet(folder / "tables" / "findings.parquet")
    assert set(found["target_name"]) == set(NAMES)
    stored = gpd.read_file(folder / "tables" / "riskmap.gpkg", layer="findings")
    assert set(stored["target_name"]) == set(NAMES)
