"""Grades and classes in whole runs: held and streamed, in one pass and in tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapely.geometry import box

from riskmap import batches
from riskmap.checking import check_project
from riskmap.config import load_config
from riskmap.pipeline import assess
from tests.conftest import rule_text
from tests.squares import AS_OF, Sheet, Squares
from tests.test_tiles import assert_tiles_agree

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from riskmap.config import RunConfig

BY_GRADE = rule_text(
    "test.grade",
    hazard='{ roles = ["hazard_source"], where = { major_hazard_grade = { upto = 3 } } }',
    receptor='{ roles = ["residential_zone"], where = { receptor_class = ["general_1"] } }',
    distance="distance_m = 400.0",
)
BY_REPORT = rule_text(
    "test.report",
    nature="standard",
    receptor='{ roles = ["building"] }',
    distance='distance_from = "safety_report"\nsearch_m = 300.0',
)
STOCK = {"unit": "units/T", "substance": "氨", "cas": "7664-41-7", "quantity_t": "50"}


def project(
    folder: Path, *, stock: dict[str, str] = STOCK, more: str = "complete = true"
) -> RunConfig:
    home = {"kind": "village", "persons": 100.0}
    house: dict[str, object] = {"kind": "housing", "estate": "甲村", "households": 8.0}
    houses = [(box(-60 - 20 * i, 0, -50 - 20 * i, 10), house | {"storeys": 2.0, "persons": 40.0})
              for i in range(4)]  # fmt: skip
    tower = (box(-160, 0, -150, 10), house | {"storeys": 9.0, "persons": 20.0})
    layers = {
        "plants": Sheet("chemical_plant", [(box(0, 0, 100, 100), {"id": "P"})], "plant_boundary"),
        "units": Sheet("hazard_source", [(box(20, 20, 40, 40), {"id": "T", "unit_of": "P"})]),
        "homes": Sheet(
            "residential_zone", [(box(300, 0, 340, 40), home)], "building_wall", more=more
        ),
        "houses": Sheet("building", [*houses, tower], "building_wall", more=more),
    }
    report = {"unit": "units/T", "line": "unit_edge", "agency": "A", "date": "2020-01-01"}
    registers = {
        "stocks": ("stock", [stock]),
        "reports": ("safety_report", [
            report | {"report": "R", "receptor_class": size, "distance_m": metres}
            for size, metres in (("general_1", "110"), ("general_3", "30"))
        ]),
    }  # fmt: skip
    config = Squares([BY_GRADE, BY_REPORT], layers, registers).write(folder)
    path = config.folder / "project.toml"
    path.write_text(
        path.read_text("utf-8").replace('["rules.toml"]', '["cn", "rules.toml"]'), "utf-8"
    )
    return load_config(config.folder, as_of=AS_OF)


def own(config: RunConfig) -> dict[tuple[str, str], tuple[str, str]]:
    found = check_project(config)[0].findings
    found = found[found["rule"].str.startswith("test.")]
    keys = zip(found["rule"], found["target"], strict=True)
    return dict(zip(keys, zip(found["verdict"], found["missing"], strict=True), strict=True))


def test_a_held_project_is_graded_and_classified_before_its_rules(tmp_path: Path) -> None:
    config = project(tmp_path / "p")
    findings = own(config)
    assert findings["test.grade", "homes/1"] == ("ban_violated", "")
    # Four houses of 40 people are one object of class 1 (110 m asked, 70 m there); the tower
    # has 20 and is of class 3 (30 m asked).
    assert findings["test.report", "houses/1"] == ("standard_violated", "")
    assert findings["test.report", "houses/5"] == ("complies", "")
    graded = assess(config).graded
    assert list(graded.grades["grades"]) == ["3"]
    assert list(graded.classes["receptor_class"]) == ["general_1"] * 5 + ["general_3"]
    assert graded.gradings.hazards is not None


def test_without_the_chinese_rulebook_nothing_is_graded(tmp_path: Path) -> None:
    config = project(tmp_path / "p")
    path = config.folder / "project.toml"
    path.write_text(path.read_text("utf-8").replace('"cn", ', ""), "utf-8")
    config = load_config(config.folder, as_of=AS_OF)
    assert own(config)["test.grade", "homes/1"] == (
        "undetermined",
        "major_hazard_grade, receptor_class",
    )
    assert assess(config).graded.classes.empty


def test_streamed_layers_close_no_count_and_join_no_village(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "STREAM_ROWS", 1)
    config = project(tmp_path / "p")
    findings = own(config)
    # 50 t of ammonia: 5 x 2 x alpha, from 0.5 to 2 while nobody is counted: grade 3 or 4.
    assert findings["test.grade", "homes/1"] == ("undetermined", "major_hazard_grade")
    assert findings["test.report", "houses/1"] == ("undetermined", "receptor_class, neighbours")
    # A tower stands by itself: its own columns are enough.
    assert findings["test.report", "houses/5"] == ("complies", "")
    # A village is one row: it needs no neighbour. Much ammonia needs no people.
    much = project(tmp_path / "q", stock=STOCK | {"quantity_t": "2000"})
    assert own(much)["test.grade", "homes/1"] == ("ban_violated", "")


def test_tiles_find_what_one_pass_finds(tmp_path: Path) -> None:
    assert_tiles_agree(project(tmp_path / "p"), tmp_path, (1, 2))


def test_tiles_of_streamed_layers_find_what_one_pass_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "STREAM_ROWS", 1)
    assert_tiles_agree(project(tmp_path / "p"), tmp_path, (1, 3))
