from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import riskmap
from riskmap.errors import RulebookError
from riskmap.grading import (
    HazardGrading,
    ReceptorGrading,
    in_force_on,
    is_cas,
    read_gradings,
    read_hazard_grading,
    read_receptor_grading,
)

FOLDER = Path(riskmap.__file__).parent / "gradings" / "cn"
HAZARDS = (FOLDER / "gb18218_2018.toml").read_text("utf-8")
RECEPTORS = (FOLDER / "gb36894_2018.toml").read_text("utf-8")


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "grading.toml"
    path.write_text(text, "utf-8")
    read = read_hazard_grading if "[table_1]" in text else read_receptor_grading
    with pytest.raises(RulebookError) as caught:
        read(path)
    assert "grading.toml" in str(caught.value)
    return str(caught.value)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("number = 2\n", "number = 1\n", "number stands twice: 1"),
        ('cas = ["7783-41-7"]', 'cas = ["7664-41-7"]', "CAS stands twice: 7664-41-7"),
        # Ammonium nitrate may share its CAS among rows found by name only, not with another.
        ('cas = ["7783-41-7"]', 'cas = ["6484-52-2"]', "CAS stands twice: 6484-52-2"),
        ('cas = ["7783-41-7"]', 'cas = ["7783-41-8"]', "check digit"),
        ('zh = "二氧化氮"', 'zh = "二氧化硫"', "name stands twice: 二氧化硫"),
        ('code = "J2"', 'code = "J1"', "class stands twice: J1"),
        ('code = "J2"', 'code = "X2"', "hazard_class.1.code"),
        ("since = 50\nbelow = 100", "since = 50\nbelow = 99", "alpha: nothing stands from 99"),
        ("since = 50\nbelow = 100", "since = 50\nbelow = 101", "alpha: two steps hold 100"),
        ("since = 0\nbelow = 1\n", "since = 0.5\nbelow = 1\n", "alpha: nothing stands below 0.5"),
        ("since = 50.0\nbelow = 100.0", "since = 60.0\nbelow = 100.0", "grade: nothing stands"),
        ("grade = 1\nsince = 100.0", "grade = 1\nsince = 100.0\nbelow = 500.0", "from 500 on"),
        ("grade = 2\n", "grade = 1\n", "grade stands twice: 1"),
        ('clause = "表1"\n', "", "table_1.clause"),
        ('tag = "seen"', 'tag = "heard"', "table_1.tag"),
        ("threshold_t = 10.0", "threshold_t = 0.0", "threshold_t"),
        ("[instrument]", "surplus = 1\n[instrument]", "surplus"),
    ],
)
def test_a_wrong_table_of_gb18218_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert message in refused(tmp_path, changed(HAZARDS, old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kinds = ["hospital"]', 'kinds = ["school"]', "kind stands twice: school"),
        ("number = 2\n", "number = 1\n", "number stands twice: 1"),
        ('class = "general_2", since = 10', 'class = "general_2", since = 11', "from 10 to 11"),
        ('class = "general_2", since = 10', 'class = "general_9", since = 10', "class"),
        ('column = "beds"', 'column = "pillows"', "no receptor has a column 'pillows'"),
        ('only_where = "open_air"', 'only_where = "roofless"', "'roofless'"),
        ('words = { yes = "general_1", no = "general_2" }', "", "either steps or words"),
    ],
)
def test_a_wrong_table_of_gb36894_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert message in refused(tmp_path, changed(RECEPTORS, old, new))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulebookError):
        read_hazard_grading(tmp_path / "gone.toml")


def test_only_the_chinese_rulebooks_bring_the_chinese_standards() -> None:
    held = read_gradings(["cn"])
    assert isinstance(held.hazards, HazardGrading)
    assert isinstance(held.receptors, ReceptorGrading)
    assert [name for name, _ in held.files] == ["gb18218_2018.toml", "gb36894_2018.toml"]
    none = read_gradings(["screening.toml"])
    assert (none.hazards, none.receptors, none.files) == (None, None, ())


def test_an_edition_begins_on_its_first_day() -> None:
    held = read_gradings(["cn"])
    assert held.hazards is not None
    assert not in_force_on(held.hazards.instrument, date(2019, 2, 28))
    assert in_force_on(held.hazards.instrument, date(2019, 3, 1))
    ended = held.hazards.instrument.model_copy(update={"repealed": date(2030, 1, 1)})
    assert in_force_on(ended, date(2029, 12, 31))
    assert not in_force_on(ended, date(2030, 1, 1))


def test_cas_numbers_keep_their_check_digit() -> None:
    # 7732-18-5: 8*1 + 1*2 + 2*3 + 3*4 + 7*5 + 7*6 = 105, ends in 5.
    assert is_cas("7732-18-5")
    assert not is_cas("7732-18-4")
    assert not is_cas("water")
    assert not is_cas("")
