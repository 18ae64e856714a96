from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from riskmap.catalog import read_catalog
from riskmap.config import load_config
from riskmap.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

BOUNDARY = """
[[layer]]
id = "area"
role = "boundary"
file = "area.geojson"
title = { zh = "界", en = "Area" }
datum = "WGS84"
source = { zh = "试", en = "test" }
licence = "none"
vintage = "2025"
"""
SOURCES = """
[[layer]]
id = "sources"
role = "hazard_source"
file = "sources.csv"
longitude = "lon"
latitude = "lat"
title = { zh = "源", en = "Sources" }
datum = "WGS84"
reference = "inside_point"
source = { zh = "试", en = "test" }
licence = "none"
vintage = "2025"
"""
PROJECT = """
title = { zh = "某地", en = "Somewhere" }
case = "somewhere"
as_of = 2025-12-31
rulebooks = ["cn"]
"""


def faults(tmp_path: Path, text: str) -> str:
    path = tmp_path / "catalog.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_catalog(path)
    assert "catalog.toml" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('datum = "WGS84"\nreference', "reference", "datum is not declared"),
        ('reference = "inside_point"', "", "reference is not declared"),
        ('reference = "inside_point"', 'reference = "somewhere"', "unknown reference"),
        (
            'licence = "none"',
            'licence = "none"\ncomplete = true',
            "complete is for layers of people",
        ),
        ('role = "hazard_source"', 'role = "volcano"', "unknown role 'volcano'"),
        ('file = "sources.csv"', 'file = "../secret.csv"', "inside the project folder"),
        ('file = "sources.csv"', 'file = "/etc/passwd"', "inside the project folder"),
        ('file = "sources.csv"', 'file = "C:\\\\x.csv"', "inside the project folder"),
        ('licence = "none"', "", "licence is missing"),
        ('vintage = "2025"', 'vintage = "2025"\ncolour = "red"', "unknown key"),
        ('vintage = "2025"', 'vintage = "2025"\ncolumns = { size = "S" }', "no column 'size'"),
        ('vintage = "2025"', 'vintage = "2025"\naccuracy_m = -1', "accuracy_m"),
    ],
)
def test_every_fault_names_file_layer_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = faults(tmp_path, BOUNDARY + SOURCES.replace(old, new))
    assert message in text
    assert "layer 'sources'" in text


def test_all_faults_at_once(tmp_path: Path) -> None:
    broken = SOURCES.replace('datum = "WGS84"', 'datun = "WGS84"').replace('"none"', "7")
    text = faults(tmp_path, "colour = 1\n" + broken + broken)
    assert text.count("datun") == 2
    assert text.count("licence") == 2
    assert "unknown key colour" in text


def test_there_is_exactly_one_boundary_and_every_id_once(tmp_path: Path) -> None:
    assert "there are 0" in faults(tmp_path, SOURCES)
    assert "there are 2" in faults(tmp_path, BOUNDARY + BOUNDARY.replace('"area"', '"area2"'))
    assert "sources stands twice" in faults(tmp_path, BOUNDARY + SOURCES + SOURCES)
    assert "no [[layer]]" in faults(tmp_path, "")


def test_project_and_catalog_complain_together(tmp_path: Path) -> None:
    (tmp_path / "project.toml").write_text(PROJECT.replace("case", "casse"), "utf-8")
    (tmp_path / "catalog.toml").write_text(SOURCES, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    text = str(caught.value)
    assert "casse" in text
    assert "there are 0" in text


def test_a_project_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="riskmap init"):
        load_config(tmp_path)


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"title = ", "标题 = 1".encode("gbk")])
def test_what_is_no_toml_is_said(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "project.toml").write_bytes(raw)
    (tmp_path / "catalog.toml").write_text(BOUNDARY, "utf-8")
    with pytest.raises(ConfigError, match=r"project\.toml: not"):
        load_config(tmp_path)
