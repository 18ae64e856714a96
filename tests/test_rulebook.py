from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from riskmap.errors import RulebookError
from riskmap.rulebook import read_rulebook_files, read_rulebooks
from tests.conftest import RULEBOOK_HEAD, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from riskmap.rulebook import Rulebook


def test_a_rule_without_a_citation_does_not_load(make_book: Callable[..., Rulebook]) -> None:
    with pytest.raises(RulebookError, match=r"book\.toml: key rule\.0\.clause is missing"):
        make_book(rule_text().replace('clause = "第一条"\n', ""))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("nature", "natur"), "unknown key rule.0.natur"),
        (("distance_m = 100.0", "distance_m = -1.0"), "rule.0.distance_m"),
        (("distance_m = 100.0", ""), "exactly one of distance_m"),
        (('"unit_edge"', '"the_fence"'), "measure_from must be one of"),
        (('roles = ["hazard_source"]', 'roles = ["dragon"]'), "unknown role 'dragon'"),
        (('tag = "seen"', 'tag = "rumour"'), "rule.0.tag"),
        (('confidence = "low"', 'confidence = "low"\non = false'), "off needs off_reason"),
        (('confidence = "low"', 'confidence = "low"\nstatus = "verified"'), "verified_by"),
        (
            (
                '{ roles = ["hazard_source"] }',
                '{ roles = ["hazard_source"], where = { kind = ["x"] } }',
            ),
            "hazard_source.kind cannot be x",
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(
    make_book: Callable[..., Rulebook], change: tuple[str, str], message: str
) -> None:
    with pytest.raises(RulebookError) as caught:
        make_book(rule_text().replace(*change))
    assert message in str(caught.value)
    assert "book.toml" in str(caught.value)


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text(RULEBOOK_HEAD + rule_text().replace("nature", "natur"), "utf-8")
    second.write_text("[instrument\n", "utf-8")
    with pytest.raises(RulebookError) as caught:
        read_rulebook_files([first, second])
    assert len(caught.value.complaints) >= 2
    assert "a.toml" in str(caught.value)
    assert "b.toml" in str(caught.value)


def test_doubled_ids_and_unknown_references_are_refused(
    make_book: Callable[..., Rulebook],
) -> None:
    with pytest.raises(RulebookError, match=r"Rule id test\.one stands twice"):
        make_book(rule_text(), rule_text())
    with pytest.raises(RulebookError, match=r"test\.one names test\.gone"):
        make_book(rule_text(extra='displaces = ["test.gone"]'))


def test_a_rule_lives_from_its_first_day_to_the_last_before_repeal(
    make_book: Callable[..., Rulebook],
) -> None:
    book = make_book(rule_text(extra="repealed = 2024-05-01"))
    rule = book.rule("test.one")
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2024, 4, 30), date(2024, 5, 1)]
    assert [rule.applies_on(day) for day in days] == [False, True, True, False]


def test_the_digest_follows_the_text(make_book: Callable[..., Rulebook]) -> None:
    first = make_book(rule_text())
    again = make_book(rule_text())
    other = make_book(rule_text(distance="distance_m = 101.0"))
    assert first.digest == again.digest != other.digest


@pytest.mark.parametrize("name", ["../book.toml", "gone.toml", "cn/../../x", "/etc/passwd"])
def test_a_rulebook_outside_the_project_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RulebookError, match="is not there"):
        read_rulebooks([name], folder=tmp_path)
