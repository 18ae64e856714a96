from __future__ import annotations

from typing import TYPE_CHECKING

import html5lib
import pytest

from riskmap.claims import coverage_rows
from riskmap.pages import (
    OutputLink,
    index_page,
    quality_page,
    review_page,
    rules_page,
    survey_page,
)
from riskmap.words import LANGS, say
from tests.test_webmap import NASTY, RULES, assert_offline, make_assessment

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from riskmap.assessment import Assessment
    from riskmap.rulebook import Rulebook
    from riskmap.words import Lang

LINKS = (
    OutputLink("map", "四色图", (("HTML", "maps/a.html"), ("PNG", "maps/a.png")), "maps/a.png"),
    OutputLink("unit", "园区图", (("HTML", "maps/units/b.html"),), "maps/units/b.png"),
    OutputLink("page", "核查", (("HTML", "review.html"),)),
    OutputLink("data", "表格", (("XLSX", "tables/riskmap.xlsx"),)),
)


@pytest.fixture
def assessment(make_book: Callable[..., Rulebook]) -> Assessment:
    return make_assessment(make_book(*RULES))


def parsed(page: str) -> Element:
    made: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    return made


def texts(page: str, path: str) -> list[str]:
    return ["".join(found.itertext()) for found in parsed(page).iterfind(path)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("write", [review_page, survey_page, rules_page, quality_page])
def test_a_page_is_strict_and_offline(
    assessment: Assessment, lang: Lang, write: Callable[..., str]
) -> None:
    page = write(assessment, lang=lang)
    assert_offline(page)
    assert say("page.unsigned", lang) in page
    assert "</script><b>" not in page


def test_the_review_page_holds_every_judged_finding_once(assessment: Assessment) -> None:
    page = review_page(assessment, lang="zh")
    listed = [row.get("data-id") for row in parsed(page).iterfind(".//tr[@data-id]")]
    judged = assessment.findings[assessment.findings["verdict"] != "inventory"]
    assert sorted(filter(None, listed)) == sorted(judged["finding_id"])


def test_a_consent_zone_has_no_shortfall_and_is_no_violation(assessment: Assessment) -> None:
    page = parsed(review_page(assessment, lang="zh"))
    table = next(
        found for found in page.iterfind(".//table") if "consent" in (found.get("class") or "")
    )
    words = "".join(table.itertext())
    assert "批准文号" in words
    assert "差" not in words
    main = next(found for found in page.iterfind(".//table") if "main" in found.get("class", ""))
    rules = {row.get("data-rule") for row in main.iterfind(".//tr[@data-id]")}
    assert rules == {"test.one"}


def test_unanswered_rules_stand_on_review_and_rules_page(assessment: Assessment) -> None:
    for page in (review_page(assessment, lang="zh"), rules_page(assessment, lang="zh")):
        assert "停用" in page
        assert "未定" in page
        assert "铁路" in page
        assert "未持有条文原文" in page
        assert "试验条文" in rules_page(assessment, lang="zh")
    statuses = {row.rule_id: row.status for row in coverage_rows(assessment, lang="zh")}
    assert statuses == {
        "test.consent": "ran",
        "test.none": "no_number",
        "test.off": "off",
        "test.one": "ran",
        "test.rail": "no_layer",
    }


def test_the_rules_page_counts_what_no_person_checked(assessment: Assessment) -> None:
    page = rules_page(assessment, lang="zh")
    assert "规则共 5 条" in page
    assert "其中 5 条未经人工核对" in page


def test_the_survey_leaves_the_disposal_to_people(assessment: Assessment) -> None:
    page = survey_page(assessment, lang="zh")
    rows = list(parsed(page).iterfind(".//tbody/tr"))
    assert len(rows) == len(assessment.survey)
    for row in rows:
        cells = list(row)
        assert cells[-1].text is None
    assert "处置为建议，由政府决定" in page
    assert "缺图层" in page
    assert "审核：" in page


def test_the_quality_page_closes(assessment: Assessment) -> None:
    page = quality_page(assessment, lang="zh")
    assert say("quality.open", "zh") not in page
    assert page.count(say("quality.closes", "zh")) >= len(assessment.layers) + 1
    assert say("quality.no_problems", "zh") in page


def test_the_index_links_every_output_and_says_what_is_open(assessment: Assessment) -> None:
    page = index_page(assessment, lang="zh", outputs=LINKS)
    hrefs = [found.get("href") for found in parsed(page).iterfind(".//a")]
    for link in LINKS:
        for _, href in link.files:
            assert href in hrefs
    assert [image.get("alt") for image in parsed(page).iterfind(".//img")] == ["四色图", "园区图"]
    assert "未评估单元 1 个" in page
    assert "未核查：缺图层 1 条" in page
    assert "http://" not in page.replace("http-equiv", "")


def test_a_nasty_name_is_shown_as_it_is(assessment: Assessment) -> None:
    page = survey_page(assessment, lang="zh")
    assert any(NASTY in text for text in texts(page, ".//tbody/tr/th"))
