from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from riskmap.cli import main
from riskmap.errors import RulebookError
from riskmap.rulebook import Rulebook, read_rulebook_files, shipped_files
from tests.conftest import AS_OF

if TYPE_CHECKING:
    from pathlib import Path

LOCAL = """
[instrument]
id = "liyang.local"
kind = "local"
title = { zh = "溧阳市地方规定", en = "Local rules" }
edition = "2024"
in_force = 2024-01-01
"""

WIDER = """
[[rule]]
id = "liyang.road.mine.150"
title = { zh = "采矿距国省县道", en = "Mining beside roads" }
nature = "ban"
hazard = { roles = ["non_coal_mine"] }
receptor = { roles = ["road"], where = { kind = ["national", "county"] } }
distance_m = METRES
measure_from = "licence_boundary"
measure_to = "highway_land_edge"
clause = "第一条"
tag = "seen"
confidence = "high"
EXTRA
"""


def local(folder: Path, text: str) -> Path:
    path = folder / "local.toml"
    path.write_text(LOCAL + text, "utf-8")
    return path


def wider(metres: float, extra: str) -> str:
    return WIDER.replace("METRES", str(metres)).replace("EXTRA", extra)


def test_every_rule_is_listed_once(cn_book: Rulebook, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "list", "--lang", "en", "--as-of", AS_OF.isoformat()]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines[:-1]] == [rule.id for rule in cn_book.rules]
    assert f"{len(cn_book.rules)} rules" in lines[-1]
    assert "0 checked by a person" in lines[-1]


def test_a_rule_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "show", "cn.rail.zone", "--lang", "en"]) == 0
    text = capsys.readouterr().out
    assert "Required (m): 8–20" in text
    assert "Setting along the railway = city, Type = high-speed railway: 10 m" in text
    assert "Wording: 从铁路线路路堤坡脚" in text
    assert main(["rules", "show", "cn.nope", "--lang", "en"]) == 4
    assert "There is no rule cn.nope" in capsys.readouterr().err


def test_a_local_rule_may_tighten_and_not_loosen_in_silence(tmp_path: Path) -> None:
    goes_before = 'displaces = ["cn.road.mine.100"]'
    book = read_rulebook_files([*shipped_files(), local(tmp_path, wider(150.0, goes_before))])
    assert [(one.kind, one.rule) for one in book.amendments] == [("displaced", "cn.road.mine.100")]
    with pytest.raises(RulebookError, match=r"liyang\.road\.mine\.150 displaces"):
        read_rulebook_files([*shipped_files(), local(tmp_path, wider(50.0, goes_before))])
    said = """supersedes = "cn.road.mine.100"
reason = { zh = "经省厅批复", en = "approved by the province" }"""
    book = read_rulebook_files([*shipped_files(), local(tmp_path, wider(50.0, said))])
    assert [(one.kind, one.rule) for one in book.amendments] == [("superseded", "cn.road.mine.100")]
    old = book.rule("cn.road.mine.100")
    assert old.is_superseded_on(AS_OF)
    # Before the local rule came into force the shipped one still holds.
    assert old.is_reviewed_on(AS_OF.replace(year=2023))


@pytest.mark.parametrize(
    "milder",
    [
        'binds = "new"',
        "exclude_same_owner = true",
        'scope = "site"',
    ],
)
def test_loosening_is_more_than_metres(tmp_path: Path, milder: str) -> None:
    text = wider(150.0, f'displaces = ["cn.road.mine.100"]\n{milder}')
    with pytest.raises(RulebookError, match="asks for less"):
        read_rulebook_files([*shipped_files(), local(tmp_path, text)])
    inner = text.replace(milder, "").replace('to = "highway_land_edge"', 'to = "centreline"')
    with pytest.raises(RulebookError, match="asks for less"):
        read_rulebook_files([*shipped_files(), local(tmp_path, inner)])


def test_a_signature_holds_for_the_text_that_was_read(tmp_path: Path, cn_book: Rulebook) -> None:
    digest = cn_book.rule("cn.road.mine.50").digest
    signed = (
        '[[signature]]\nrule = "cn.road.mine.50"\ndigest = "{}"\nby = "张工"\ndate = 2025-03-01\n'
    )
    book = read_rulebook_files([*shipped_files(), local(tmp_path, signed.format(digest))])
    assert book.rule("cn.road.mine.50").entry.status == "verified"
    assert book.rule("cn.road.mine.50").entry.verified_by == "张工"
    stale = local(tmp_path, signed.format("0" * 12))
    book = read_rulebook_files([*shipped_files(), stale])
    assert book.rule("cn.road.mine.50").entry.status == "unverified"
    assert [one.kind for one in book.amendments] == ["stale_signature"]


def test_checking_a_file_says_what_it_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    off = """[[switch]]
rule = "cn.road.mine.50"
on = false
reason = { zh = "乡道已改为县道", en = "the road was upgraded" }
by = "李工"
date = 2025-03-01
"""
    path = local(tmp_path, off)
    assert main(["rules", "check", str(path), "--lang", "en"]) == 0
    text = capsys.readouterr().out
    assert "0 rules and 0 criteria added, 1 changes" in text
    assert "cn.road.mine.50 switched off (李工, 2025-03-01, local.toml): the road was" in text
    path.write_text(LOCAL + wider(50.0, "").replace('clause = "第一条"\n', ""), "utf-8")
    assert main(["rules", "check", str(path), "--lang", "en"]) == 4
    assert "rule.0.clause is missing" in capsys.readouterr().err
