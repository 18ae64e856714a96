"""What a siting question is answered with: terminal, page and folder, in both languages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, box

from riskmap.cli import main
from riskmap.reply import list_answers, site_views, verdict_word
from riskmap.site import SITE_VERDICTS, SiteAnswer, check_site
from riskmap.sitefolder import site_page, site_tables, write_answer
from riskmap.words import LANGS, say
from tests.conftest import rule_text
from tests.squares import Sheet, Squares
from tests.test_pages import parsed
from tests.test_site import NEW_PIT, NEW_STORE, homes, plan, road
from tests.test_webmap import NASTY, assert_offline

if TYPE_CHECKING:
    from pathlib import Path

    from riskmap.words import Lang
    from tests.squares import Row

RAIL = rule_text("test.rail", receptor='{ roles = ["railway"] }').replace(
    "building_wall", "rail_toe"
)
OFF = rule_text("test.off", extra='on = false\noff_reason = { zh = "停用", en = "off" }')


@pytest.fixture
def answer(tmp_path: Path) -> SiteAnswer:
    """Ask for stores 40 m and 60 m from a home, one far off, one outside the study area."""
    layers = {"homes": homes((box(0, 0, 10, 10), {"name": NASTY})), "roads": road()}
    rules = [rule_text(extra='quote = "试验条文"'), NEW_STORE, RAIL, OFF]
    config = Squares(rules, layers, half_m=2000.0).write(tmp_path / "p")
    rows = [
        (box(50, 0, 60, 10), {"name": f"{NASTY}一"}),
        (box(70, 0, 80, 10), {"name": "二"}),
        (box(900, 0, 910, 10), {"name": "三"}),
        (box(5000, 0, 5010, 10), {"name": "四"}),
    ]
    return check_site(config, candidates=plan(tmp_path / "c", "hazard_source", rows))


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_is_strict_and_offline_and_says_everything(answer: SiteAnswer, lang: Lang) -> None:
    page = site_page(answer, lang=lang)
    assert_offline(page)
    assert "</script><b>" not in page
    assert say("page.unsigned", lang) in page
    tree = parsed(page)
    listed = {
        row.get("data-ref"): row.get("data-verdict") for row in tree.iterfind(".//tr[@data-ref]")
    }
    assert list(listed.values()) == ["ban_violated", "ban_violated", "clear", "undetermined"]
    shown = [row.get("data-id") for row in tree.iterfind(".//tr[@data-id]")]
    assert sorted(filter(None, shown)) == sorted(answer.asking["finding_id"])
    words = "".join(tree.itertext())
    for wanted in (say("site.only", lang), say("site.note.outside", lang), NASTY):
        assert wanted in words
    # What was not asked stands on the page with its reason.
    assert say("role.railway", lang) in words
    assert {"zh": "停用", "en": "off"}[lang] in words
    assert say("rule_status.unverified", lang) in words
    anchors = {found.get("id") for found in tree.iterfind(".//*[@id]")}
    links = [str(found.get("href")) for found in tree.iterfind(".//a[@href]")]
    assert {link[1:] for link in links if link.startswith("#")} <= anchors


def test_a_pit_that_stood_first_is_told_apart_on_the_page(tmp_path: Path) -> None:

    pit = Sheet("non_coal_mine", [(box(-100, 0, 0, 100), {})], reference="licence_boundary")
    config = Squares([NEW_PIT], {"pits": pit}).write(tmp_path / "p")
    rows: list[Row] = [(box(299, 0, 350, 50), {})]
    answer = check_site(
        config, candidates=plan(tmp_path / "c", "residential_zone", rows, "building_wall")
    )
    page = site_page(answer, lang="zh")
    assert "会过近" in page
    assert "300" in page
    assert say("site.no_findings", "zh") in page
    assert "不满足（" not in page


@pytest.mark.parametrize("lang", LANGS)
def test_the_terminal_prints_a_row_a_candidate_and_what_was_not_asked(
    answer: SiteAnswer, lang: Lang
) -> None:
    lines = list(list_answers(answer, lang=lang))
    views = site_views(answer, lang=lang)
    # The road's end at 20 m east is nearer than the home's wall at 10 m.
    assert [view.measured for view in views] == ["30", "50", "", ""]
    assert [view.short for view in views] == ["70", "50", "", ""]
    for line, view in zip(lines[1:5], views, strict=True):
        assert line.startswith(str(view.number))
        assert view.word in line
    assert lines[-1] == say(
        "cli.site_summary",
        lang,
        {
            "n": 4,
            "unanswered": 2,
            "parts": say("facts.comma", lang).join(
                say("site.part", lang, {"word": verdict_word(name, lang), "n": n})
                for name, n in (("ban_violated", 2), ("undetermined", 1), ("clear", 1))
            ),
        },
    )
    assert any(say("site.note.outside", lang) in line for line in lines)


def test_every_verdict_of_a_candidate_has_its_word() -> None:
    for lang in LANGS:
        assert len({verdict_word(name, lang) for name in SITE_VERDICTS}) == len(SITE_VERDICTS)


def test_the_folder_holds_page_and_tables_and_repeats(answer: SiteAnswer, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert write_answer(answer, out=out, lang="zh") == out / "site.html"
    first = (out / "manifest.json").read_bytes()
    write_answer(answer, out=out, lang="zh")
    assert (out / "manifest.json").read_bytes() == first
    held = json.loads(first)
    assert held["verdicts"] == {"ban_violated": 2, "clear": 1, "undetermined": 1}
    assert set(held["outputs"]) == {
        "site.html",
        *(f"tables/{name}.csv" for name in site_tables(answer, lang="zh")),
        *(
            f"tables/{name}.{kind}"
            for name in ("site", "findings")
            for kind in ("parquet", "geojson")
        ),
        "tables/site.xlsx",
    }
    sites = gpd.read_file(out / "tables" / "site.geojson")
    assert list(sites["verdict"]) == ["ban_violated", "ban_violated", "clear", "undetermined"]
    assert sites.total_bounds[0] == pytest.approx(119.5, abs=0.01)
    table = pd.read_csv(out / "tables" / "site.csv")
    assert len(table) == 4
    assert list(table["未核查规则清单"]) == [1, 1, 1, 1]
    assert len(pd.read_csv(out / "tables" / "site_unanswered.csv")) == 2


CANDIDATES = """{"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"id": "%s"},
 "geometry": {"type": "Point", "coordinates": [%s, 31.4]}}]}"""


def test_exit_codes_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layers = {"homes": homes()}
    Squares([rule_text()], layers).write(tmp_path / "p")
    project, file = str(tmp_path / "p"), tmp_path / "c.geojson"
    declared = ["--role", "hazard_source", "--datum", "WGS84", "--reference", "unit_edge"]
    file.write_text(CANDIDATES % ("near", 119.5005), "utf-8")
    assert main(["site", project, str(file), *declared, "--lang", "zh"]) == 1
    assert "不满足（禁止性规定）" in capsys.readouterr().out
    file.write_text(CANDIDATES % ("far", 119.6), "utf-8")
    out = ["--out", str(tmp_path / "out"), "--lang", "en"]
    assert main(["site", project, str(file), *declared, *out]) == 0
    said = capsys.readouterr().out
    assert "Nothing against it among the rules that ran" in said
    assert str(tmp_path / "out" / "site.html") in said
    # Outside the study area nothing is certain.
    outside = ["site", project, "--point", "121.5,31.4", *declared]
    assert main(outside) == 0
    assert main([*outside, "--strict"]) == 1
    other = ["site", project, "--point=119.6,31.4", "--role", "waste_dump", "--datum", "WGS84"]
    assert main(other) == 0
    assert main([*other, "--strict"]) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["{project}"], 2),
        (["{project}", "{file}"], 2),
        (["{project}", "{file}", "--point", "119,31", "--role", "building"], 2),
        (["{project}", "--point", "119;31"], 2),
        (["{project}", "--point", "119,31", "--set", "kind"], 2),
        (["{project}", "{project}/gone.csv", "--role", "building", "--datum", "WGS84"], 2),
        (
            [
                *("{project}", "{project}/gone.csv", "--role", "road"),
                *("--datum", "WGS84", "--reference", "centreline"),
            ],
            3,
        ),
    ],
)
def test_a_wrong_question_is_one_clear_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    Squares([rule_text()], {"homes": homes()}).write(tmp_path / "p")
    file = tmp_path / "c.geojson"
    file.write_text(CANDIDATES % ("near", 119.5005), "utf-8")
    filled = [word.format(project=tmp_path / "p", file=file) for word in words]
    assert main(["site", *filled]) == code
    talk = capsys.readouterr().err
    assert talk.startswith("riskmap:")
    assert "Traceback" not in talk


def test_an_unusable_rulebook_returns_four(tmp_path: Path) -> None:
    Squares([rule_text()], {"homes": homes()}).write(tmp_path / "p")
    rules = tmp_path / "p" / "rules.toml"
    rules.write_text(rules.read_text("utf-8").replace('clause = "第一条"', ""), "utf-8")
    spot = ["--point", "119.5,31.4", "--role", "building", "--datum", "WGS84"]
    assert main(["site", str(tmp_path / "p"), *spot]) == 4


def test_a_row_that_is_rejected_is_counted_and_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Squares([rule_text()], {"homes": homes()}).write(tmp_path / "p")
    file = tmp_path / "c.csv"
    file.write_text("id,longitude,latitude\na,119.6,31.4\na,119.6,31.4\nb,119.6,88\n", "utf-8")
    spot = ["--role", "hazard_source", "--datum", "WGS84", "--reference", "unit_edge"]
    assert main(["site", str(tmp_path / "p"), str(file), *spot, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "2 more rows were rejected" in said
    assert "Row 3" in said


def test_a_road_is_asked_about_too(tmp_path: Path) -> None:
    line = LineString([(-20, 60), (20, 60)])

    stands = Sheet("hazard_source", [(box(0, 0, 10, 10), {"established": "2021"})])
    config = Squares([NEW_STORE], {"stores": stands}).write(tmp_path / "p")
    answer = check_site(
        config, candidates=plan(tmp_path / "c", "road", [(line, {})], "highway_land_edge")
    )
    assert list(answer.sites["verdict"]) == ["too_near"]
