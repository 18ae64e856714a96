"""The door: exit codes, both languages, one clear sentence for each fault, no traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from shapely import Point, box

from riskmap.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shapely import Geometry

PROJECT = """
title = { zh = "方格", en = "Squares" }
case = "squares"
as_of = 2025-12-31
printed = 2026-01-15
language = "en"
rulebooks = ["rules.toml"]
"""
CATALOG = """
[[layer]]
id = "area"
role = "boundary"
file = "area.geojson"
title = { zh = "界", en = "Area" }
datum = "CGCS2000"
source = { zh = "试", en = "test" }
licence = "none"
vintage = "2025"

[[layer]]
id = "sources"
role = "hazard_source"
file = "sources.geojson"
title = { zh = "源", en = "Sources" }
datum = "CGCS2000"
reference = "unit_edge"
key = "id"
source = { zh = "试", en = "test" }
licence = "none"
vintage = "2025"

[[layer]]
id = "homes"
role = "residential_zone"
file = "homes.geojson"
title = { zh = "宅", en = "Homes" }
datum = "CGCS2000"
reference = "building_wall"
key = "id"
source = { zh = "试", en = "test" }
licence = "none"
vintage = "2025"
"""
RULES = """
[instrument]
id = "test.instrument"
kind = "screening"
title = { zh = "试验", en = "Test" }
edition = "2020"
in_force = 2020-01-01

[[rule]]
id = "test.hundred"
title = { zh = "一百米", en = "A hundred metres" }
nature = "ban"
hazard = { roles = ["hazard_source"] }
receptor = { roles = ["residential_zone"] }
distance_m = 100.0
measure_from = "unit_edge"
measure_to = "building_wall"
clause = "1"
tag = "memory"
confidence = "low"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a project of one source and two homes, 47 m and about 2.9 km away."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "project.toml").write_text(PROJECT, "utf-8")
    (folder / "catalog.toml").write_text(CATALOG, "utf-8")
    (folder / "rules.toml").write_text(RULES, "utf-8")
    shapes: dict[str, list[Geometry]] = {
        "area": [box(119.4, 31.3, 119.6, 31.5)],
        "sources": [Point(119.5, 31.4)],
        "homes": [Point(119.5005, 31.4), Point(119.53, 31.4)],
    }
    for name, geometry in shapes.items():
        frame = gpd.GeoDataFrame(
            {"id": [str(i) for i in range(len(geometry))], "name": [name] * len(geometry)},
            geometry=geometry,
            crs="EPSG:4326",
        )
        frame.to_file(folder / f"{name}.geojson", driver="GeoJSON")
    return folder


def test_check_lists_the_shortfall_and_returns_one(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(project)]) == 1
    out = capsys.readouterr().out
    assert "required 100 m / measured 47 m ± 0 m / short 53 m" in out
    assert "violating: 1;" in out


def test_check_of_a_date_before_the_law_finds_nothing(project: Path) -> None:
    assert main(["check", str(project), "--as-of", "2019-12-31"]) == 0


def test_strict_counts_what_is_undetermined(project: Path) -> None:
    rules = project / "rules.toml"
    rules.write_text(RULES.replace('"building_wall"', '"inside_point"'), "utf-8")
    assert main(["check", str(project)]) == 0
    assert main(["check", str(project), "--strict"]) == 1


def _break(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    return change


def _empty_homes(folder: Path) -> None:
    text = json.loads((folder / "homes.geojson").read_text("utf-8"))
    text["features"] = []
    (folder / "homes.geojson").write_text(json.dumps(text), "utf-8")


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        (lambda f: (f / "homes.geojson").unlink(), 3, ["homes", "homes.geojson", "not there"]),
        (_break("catalog.toml", 'datum = "CGCS2000"', ""), 2, ["datum is not declared"]),
        (_break("catalog.toml", 'key = "id"', 'key = "ID"'), 3, ["no column 'ID'", "id, name"]),
        (_break("rules.toml", 'clause = "1"', ""), 4, ["rules.toml", "clause", "missing"]),
        (_break("project.toml", "case", "caes"), 2, ["project.toml", "caes"]),
        (_break("project.toml", "rules.toml", "gone.toml"), 4, ["gone.toml", "not there"]),
        (_break("catalog.toml", '"CGCS2000"', '"EPSG:4214"'), 3, ["EPSG:4214"]),
        (_empty_homes, 3, ["homes", "no rows"]),
        (
            lambda f: (f / "homes.geojson").write_bytes(b"PK\x03\x04"),
            3,
            ["homes", "cannot be read"],
        ),
    ],
)
def test_bad_input_is_one_clear_sentence(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], None],
    code: int,
    words: list[str],
) -> None:
    damage(project)
    assert main(["check", str(project), "--lang", "en"]) == code
    talk = capsys.readouterr().err
    assert "Traceback" not in talk
    for word in words:
        assert word in talk


def test_a_layer_whose_every_row_is_rejected_is_refused_with_the_reason(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = gpd.GeoDataFrame({"id": ["1"]}, geometry=[Point(119.5, 85)], crs="EPSG:4326")
    frame.to_file(project / "sources.geojson", driver="GeoJSON")
    assert main(["check", str(project), "--lang", "en"]) == 3
    talk = capsys.readouterr().err
    assert "all 1 rows" in talk
    assert "beyond latitude 80" in talk


def test_all_problems_of_all_layers_at_once(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "homes.geojson").unlink()
    (project / "sources.geojson").unlink()
    assert main(["check", str(project), "--lang", "en"]) == 3
    talk = capsys.readouterr().err
    assert "homes.geojson" in talk
    assert "sources.geojson" in talk


@pytest.mark.parametrize(
    "words", [["fly"], ["check"], ["check", "x", "--as-of", "soon"], ["demo", "atlantis"], []]
)
def test_a_wrong_command_line_returns_two(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert "riskmap:" in capsys.readouterr().err


def test_talk_follows_the_language(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "homes.geojson").unlink()
    main(["check", str(project), "--lang", "zh"])
    assert "不存在" in capsys.readouterr().err


def test_version_loads_nothing_that_costs() -> None:
    script = (
        "import sys\nfrom riskmap.cli import main\n"
        "try:\n    main(['--version'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('geopandas', 'pandas', 'shapely', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("riskmap ")
    assert done.stdout.endswith("[]\n")


def test_run_writes_the_folder_and_replaces_only_its_own(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["run", str(project), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "violating: 1;" in said
    assert str(out / "index.html") in said
    first = json.loads((out / "manifest.json").read_text("utf-8"))
    assert main(["run", str(project / "project.toml"), "--out", str(out)]) == 0
    again = json.loads((out / "manifest.json").read_text("utf-8"))
    assert first == again
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_a_failing_run_leaves_earlier_outputs_alone(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["run", str(project), "--out", str(out)]) == 0
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    (project / "homes.geojson").unlink()
    assert main(["run", str(project), "--out", str(out)]) == 3
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert before == after


def test_a_folder_that_riskmap_did_not_write_is_not_touched(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "holiday"
    out.mkdir()
    (out / "photo.jpg").write_bytes(b"x")
    assert main(["run", str(project), "--out", str(out)]) == 5
    assert "did not write it" in capsys.readouterr().err
    assert (out / "photo.jpg").read_bytes() == b"x"


def test_an_output_folder_that_cannot_be_written_is_said(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("x", "utf-8")
    assert main(["run", str(project), "--out", str(blocker / "out")]) == 5
    assert main(["run", str(project), "--out", str(blocker)]) == 5
    assert "cannot be written" in capsys.readouterr().err


def test_init_writes_a_project_that_runs_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert main(["init", str(folder), "--lang", "en"]) == 0
    assert main(["check", str(folder)]) in {0, 1}
    assert main(["init", str(folder)]) == 2
    shutil.rmtree(folder)


def test_the_module_runs_as_the_command_does(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "riskmap", "check", str(project)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 1
    assert "±" in done.stdout.decode("utf-8")
