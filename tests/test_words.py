from __future__ import annotations

import re
from pathlib import Path

import pytest

import riskmap
from riskmap.clauses import NATURES
from riskmap.columns import Problem
from riskmap.dictionary import write_dictionary
from riskmap.errors import ConfigError, complain
from riskmap.roles import ROLES
from riskmap.tables import SURVEY
from riskmap.verdict import REASONS, VERDICTS
from riskmap.vocabulary import LINES
from riskmap.words import keys, knows, say, text

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
PACKAGE = Path(riskmap.__file__).parent


@pytest.mark.parametrize("key", keys())
def test_both_languages_say_the_same_with_the_same_values(key: str) -> None:
    entry = text(key)
    assert entry.zh.strip()
    assert entry.en.strip()
    assert sorted(PLACEHOLDER.findall(entry.zh)) == sorted(PLACEHOLDER.findall(entry.en))


@pytest.mark.parametrize("key", keys())
def test_english_holds_no_chinese(key: str) -> None:
    if key.startswith(("cli.", "page.lang", "lang.")):
        return
    letters = [sign for sign in text(key).en if "\u4e00" <= sign <= "\u9fff"]
    # A term of Chinese practice may stand beside its English.
    assert len(letters) <= 12


def test_every_code_of_a_table_has_its_word() -> None:
    wanted = [f"verdict.{name}" for name in VERDICTS]
    wanted += [f"reason.{name}" for name in REASONS]
    wanted += [f"nature.{name}" for name in NATURES]
    wanted += [f"line.{name}" for name in LINES]
    wanted += [f"role.{name}" for name in ROLES]
    wanted += [
        f"kind.{word}"
        for role in ROLES.values()
        if "kind" in role.columns
        for word in role.columns["kind"].words
    ]
    wanted += [f"column.{name}" for name in SURVEY.columns if name != "role"]
    assert [key for key in wanted if not knows(key)] == []


def test_every_key_that_the_code_names_exists() -> None:
    found = set()
    for path in PACKAGE.glob("*.py"):
        source = path.read_text("utf-8")
        found |= set(re.findall(r'(?:say|text|complain)\(\s*"([a-z_.]+)"', source))
    assert sorted(key for key in found if not knows(key)) == []


def test_a_missing_key_or_value_is_a_defect() -> None:
    with pytest.raises(LookupError):
        say("no.such.key", "en")
    with pytest.raises(LookupError):
        say("error.no_case", "en", {"case": "x"})


def test_an_error_says_itself_in_both_languages() -> None:
    error = ConfigError([complain("error.no_project", {"file": "p.toml"})])
    assert "p.toml" in str(error)
    assert error.read("zh") != error.read("en")
    with pytest.raises(ValueError, match="at least one"):
        ConfigError([])


def test_the_data_dictionary_is_current() -> None:
    path = PACKAGE.parent / "layers" / "README.md"
    assert path.read_text("utf-8") == write_dictionary()


def test_problems_have_words() -> None:
    assert Problem("a", 1, "b", "c", "problem.no_id", "noted").detail == ""
    assert knows("outcome.rejected")
    assert knows("outcome.repaired")
    assert knows("outcome.noted")
