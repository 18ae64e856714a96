from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from riskmap.config import load_config
from riskmap.errors import ConfigError, RulebookError
from riskmap.schemes import Schemes, read_schemes

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
id = "own.tier.one"
title = { zh = "本市办法", en = "Our own" }
number = "试〔2020〕1号"
in_force = 2020-03-01
clause = "第一条"
tag = "seen"
confidence = "high"
"""
LADDER = """
[ladder]
direction = "higher_is_better"
[[ladder.step]]
below = 60.0
tier = "red"
[[ladder.step]]
from = 60.0
tier = "blue"
"""
MATRIX = """
[matrix]
direction = "higher_is_worse"
likelihood = [1, 2]
severity = [1, 2]
cells = [["blue", "yellow"], ["yellow", "red"]]
"""
LETTERS = """
[letters]
direction = "first_is_best"
letter = [{ letter = "A" }, { letter = "B" }, { letter = "C" }, { letter = "D" }]
"""


def read(folder: Path, text: str, **named: dict[str, str]) -> Schemes:
    (folder / "own.toml").write_text(text, "utf-8")
    return read_schemes(["own.toml"], folder=folder, **named)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(RulebookError) as caught:
        read(folder, text)
    (sentence,) = caught.value.read("en")
    assert "own.toml" in sentence
    return sentence


def test_a_project_brings_a_scheme_of_its_own(tmp_path: Path) -> None:
    schemes = read(tmp_path, HEAD + LADDER, used={"chemical_plant": "own.tier.one"})
    scheme = schemes.find("own.tier.one")
    assert scheme is not None
    assert scheme.kind == "ladder"
    assert scheme.name("zh") == "本市办法（试〔2020〕1号）"
    assert schemes.used_for("chemical_plant") == "own.tier.one"
    assert schemes.used_for("chemical_park") == ""


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("from = 60.0", "from = 61.0", "ladder.step", "a gap between step 1 and step 2"),
        ("from = 60.0", "above = 60.0", "ladder.step", "a gap between step 1 and step 2"),
        ("from = 60.0", "from = 59.0", "ladder.step", "an overlap of step 1 and step 2"),
        ("below = 60.0", "upto = 60.0", "ladder.step", "an overlap of step 1 and step 2"),
        ("below = 60.0", "from = 0.0\nbelow = 60.0", "ladder.step", "the first step is open below"),
        ("from = 60.0", "", "ladder.step.1", "needs above, from, upto or below"),
        ("from = 60.0", "upto = 70.0", "ladder.step", "the last above"),
        ("from = 60.0", "from = 60.0\nabove = 60.0", "ladder.step", "ends twice"),
        ("below = 60.0", "below = 60.0\nupto = 60.0", "ladder.step", "ends twice"),
        ('"blue"', '"red"', "ladder.step", "against the direction"),
        ("higher_is_better", "higher_is_worse", "ladder.step", "against the direction"),
        ('direction = "higher_is_better"', "", "ladder.direction", "missing"),
        ('tier = "red"', 'tier = "green"', "ladder.step.0.tier", "blue"),
        ('tier = "red"', "", "ladder.step", "for some steps only"),
        ('tier = "red"', 'tier = "red"\nshade = 1', "ladder.step.0.shade", "not a key"),
    ],
)
def test_a_ladder_that_does_not_close_is_refused_with_file_and_key(
    tmp_path: Path, old: str, new: str, key: str, reason: str
) -> None:
    assert old in LADDER
    sentence = refused(tmp_path, HEAD + LADDER.replace(old, new))
    assert key in sentence
    if reason not in {"missing", "not a key"}:
        assert reason in sentence


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('["yellow", "red"]]', '["yellow"]]', "matrix.cells", "2 rows of 2 cells"),
        (', ["yellow", "red"]]', "]", "matrix.cells", "2 rows of 2 cells"),
        ('["yellow", "red"]]', '["blue", "yellow"], ["red", "red"]]', "matrix.cells", "2 rows"),
        ('["yellow", "red"]', '["red", "yellow"]', "matrix.cells", "a better tier"),
        ("likelihood = [1, 2]", "likelihood = [2, 1]", "matrix.likelihood", "rise"),
        ('direction = "higher_is_worse"', "", "matrix.direction", ""),
        ('"higher_is_worse"', '"higher_is_better"', "matrix.direction", "higher_is_worse"),
    ],
)
def test_a_matrix_with_a_hole_is_refused_with_file_and_key(
    tmp_path: Path, old: str, new: str, key: str, reason: str
) -> None:
    assert old in MATRIX
    sentence = refused(tmp_path, HEAD + MATRIX.replace(old, new))
    assert key in sentence
    assert reason in sentence


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (', { letter = "D" }', "", "letters.letter"),
        ('direction = "first_is_best"', "", "letters.direction"),
        ('{ letter = "A" }', '{ letter = "A", tier = "red" }', "letters.letter"),
    ],
)
def test_letters_are_all_there_and_say_which_is_best(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert old in LETTERS
    assert key in refused(tmp_path, HEAD + LETTERS.replace(old, new))


def test_letters_that_run_against_their_direction_are_refused(tmp_path: Path) -> None:
    given = "{ letter = 'A', tier = 'red' }, { letter = 'B', tier = 'orange' }, "
    given += "{ letter = 'C', tier = 'yellow' }, { letter = 'D', tier = 'blue' }"
    text = f"{HEAD}[letters]\ndirection = 'first_is_best'\nletter = [{given}]\n"
    assert "against the direction" in refused(tmp_path, text)
    read(tmp_path, text.replace("first_is_best", "first_is_worst"))


def test_a_ladder_of_letters_says_which_letter_is_worst(tmp_path: Path) -> None:
    text = HEAD + LADDER.replace('tier = "red"', 'letter = "A"').replace(
        'tier = "blue"', 'letter = "B"'
    )
    assert "letters = first_is_best or first_is_worst" in refused(tmp_path, text)
    with_letters = text.replace("[ladder]", '[ladder]\nletters = "first_is_worst"')
    assert read(tmp_path, with_letters).find("own.tier.one") is not None
    other = text.replace("[ladder]", '[ladder]\nletters = "first_is_best"')
    assert "against the direction" in refused(tmp_path, other)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("in_force = 2020-03-01", "in_force = 2020-03-01\nrepealed = 2020-03-01", "repealed"),
        ("in_force = 2020-03-01", "in_force = 2020-03-01\nrepealed = 2019", "repealed"),
        ("in_force = 2020-03-01", 'in_force = "spring"', "in_force"),
        ("in_force = 2020-03-01", "", "-"),
        ('clause = "第一条"', "", "clause"),
        ('tag = "seen"', 'tag = "guessed"', "tag"),
        ('tag = "seen"', 'tag = "seen"\nroles = ["factory"]', "roles"),
        ('tag = "seen"', 'tag = "seen"\non = false', "-"),
        ('tag = "seen"', 'tag = "seen"\nstatus = "verified"', "-"),
        ('tag = "seen"', 'tag = "seen"\ncolour = "red"', "colour"),
    ],
)
def test_a_head_that_contradicts_itself_is_refused_with_file_and_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert old in HEAD
    assert key in refused(tmp_path, HEAD.replace(old, new) + LADDER)


def test_one_kind_a_scheme(tmp_path: Path) -> None:
    assert "exactly one of" in refused(tmp_path, HEAD)
    assert "exactly one of" in refused(tmp_path, HEAD + LADDER + MATRIX)


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HEAD, "utf-8")
    shipped = HEAD.replace("own.tier.one", "cn.tier.lec") + LADDER
    (tmp_path / "twice.toml").write_text(shipped, "utf-8")
    with pytest.raises(RulebookError) as caught:
        read_schemes(["own.toml", "twice.toml", "nowhere.toml", "../up.toml"], folder=tmp_path)
    sentences = " ".join(caught.value.read("en"))
    assert len(caught.value.complaints) == 4
    assert "cn.tier.lec stands twice" in sentences
    assert "nowhere.toml" in sentences


@pytest.mark.parametrize(
    ("in_force", "repealed", "day", "force"),
    [
        ("2020-03-01", "", "2020-02-29", "not_in_force"),
        ("2020-03-01", "", "2020-03-01", "in_force"),
        ("2020-03-01", "2023-05-01", "2023-04-30", "in_force"),
        ("2020-03-01", "2023-05-01", "2023-05-01", "not_in_force"),
        # Only the year is held: within it nobody knows.
        ("2020", "", "2019-12-31", "not_in_force"),
        ("2020", "", "2020-06-30", "not_exact"),
        ("2020", "", "2020-12-31", "in_force"),
        ("2020", "", "2021-01-01", "in_force"),
        ("2020", "2023", "2022-12-31", "in_force"),
        ("2020", "2023", "2023-06-30", "not_exact"),
        ("2020", "2023", "2024-01-01", "not_in_force"),
    ],
)
def test_a_scheme_counts_while_it_is_in_force(
    tmp_path: Path, in_force: str, repealed: str, day: str, force: str
) -> None:
    text = HEAD.replace("in_force = 2020-03-01", f'in_force = "{in_force}"')
    if repealed:
        text += f'repealed = "{repealed}"\n'
    scheme = read(tmp_path, text + LADDER).find("own.tier.one")
    assert scheme is not None
    on = date.fromisoformat(day)
    assert scheme.force_on((on, on)) == force


def test_an_assessment_dated_by_its_year_may_fall_on_either_side(tmp_path: Path) -> None:
    scheme = read(tmp_path, HEAD + LADDER).find("own.tier.one")
    assert scheme is not None
    assert scheme.force_on((date(2020, 1, 1), date(2020, 12, 31))) == "not_exact"
    assert scheme.force_on((date(2021, 1, 1), date(2021, 12, 31))) == "in_force"


def test_naming_the_document_switches_a_scheme_on() -> None:
    plain = read_schemes().find("cn.tier.firm_area")
    named = read_schemes(documents={"cn.tier.firm_area": "试〔2022〕9号"}).find("cn.tier.firm_area")
    assert plain is not None
    assert named is not None
    assert (plain.is_on, named.is_on) == (False, True)
    assert named.name("en").endswith("(试〔2022〕9号)")


PROJECT = """
title = { zh = "试", en = "Test" }
case = "test"
as_of = 2025-12-31
rulebooks = ["cn"]
[tiers]
"""


@pytest.mark.parametrize(
    ("used", "documents", "key"),
    [
        ({"chemical_plant": "cn.tier.none"}, {}, "tiers.chemical_plant"),
        ({"chemical_plant": "cn.tier.park_2023"}, {}, "tiers.chemical_plant"),
        ({"non_coal_mine": "cn.tier.mine_letters"}, {}, "tiers.non_coal_mine"),
        ({}, {"cn.tier.none": "x"}, "tiers.documents.cn.tier.none"),
    ],
)
def test_a_project_that_names_what_is_not_there_is_refused(
    used: dict[str, str], documents: dict[str, str], key: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_schemes(used=used, documents=documents)
    (sentence,) = caught.value.read("en")
    assert "project.toml" in sentence
    assert f"{key} names" in sentence


def test_the_project_file_names_a_scheme_for_a_kind_of_unit(tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(
        '[[layer]]\nid = "b"\nrole = "boundary"\nfile = "b.csv"\ndatum = "CGCS2000"\n'
        'title = { zh = "界", en = "b" }\nsource = { zh = "试", en = "t" }\n'
        'licence = ""\nvintage = ""\n',
        "utf-8",
    )
    path = tmp_path / "project.toml"
    path.write_text(PROJECT + 'chemical_plant = "cn.tier.firm_2018"\n', "utf-8")
    tiers = load_config(tmp_path).project.tiers
    assert tiers.used == {"chemical_plant": "cn.tier.firm_2018"}
    path.write_text(PROJECT + 'road = "cn.tier.firm_2018"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"tiers\.road"):
        load_config(tmp_path)
