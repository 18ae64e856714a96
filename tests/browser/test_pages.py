"""Every page of a run, opened from disk with the network cut."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import visit

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PAGES = [
    "index.html",
    "review.html",
    "survey.html",
    "rules.html",
    "quality.html",
    "maps/city-tier.html",
    "maps/city-hidden-danger.html",
    "maps/influence.html",
    "maps/units/parks-p1-tier.html",
    "maps/units/quarries-m1-hidden-danger.html",
]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_says_nothing(
    browser: Browser, folder: Path, name: str
) -> None:
    opened = visit(browser, folder / name)
    assert opened.heard == []
    assert "示例数据" in opened.page.inner_text("body")
    assert "自动筛查，未经人工判定" in opened.page.inner_text("body")


def test_english_pages_are_silent_too(browser: Browser, english: Path) -> None:
    for path in sorted(english.rglob("*.html")):
        assert visit(browser, path).heard == [], path.name


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "name", ["index.html", "review.html", "survey.html", "rules.html", "maps/city-tier.html"]
)
def test_axe_finds_nothing(browser: Browser, folder: Path, name: str, dark: bool) -> None:
    opened = visit(browser, folder / name, dark=dark, bypass_csp=True)
    found = Axe().run(opened.page)
    assert found.violations_count == 0, found.generate_report()


def test_the_pictures_of_the_index_are_there(browser: Browser, folder: Path) -> None:
    page = visit(browser, folder / "index.html").page
    pictures = page.locator("img")
    assert pictures.count() >= 5
    for index in range(pictures.count()):
        picture = pictures.nth(index)
        picture.scroll_into_view_if_needed()
        picture.evaluate("image => image.decode()")
        assert picture.evaluate("image => image.naturalWidth") > 1000
    for link in page.locator("main a").all():
        assert (folder / (link.get_attribute("href") or "")).is_file()


def test_a_row_shows_its_line_and_the_line_its_row(browser: Browser, folder: Path) -> None:
    opened = visit(browser, folder / "review.html")
    page = opened.page
    row = page.locator("#findings tbody tr").first
    row.click()
    label = page.locator(".gap-label").inner_text()
    assert "要求" in label
    assert "图上" in label
    assert "差" in label
    ident = row.get_attribute("data-id") or ""
    assert f"v={ident}" in page.url
    assert "未经人工核对" in page.locator("#detail").inner_text()
    again = visit(browser, folder / "review.html", fragment=f"#v={ident}")
    assert again.page.evaluate("riskmap.getZoom()") == page.evaluate("riskmap.getZoom()") > 13
    assert again.page.locator(".gap-label").inner_text() == label
    selected = again.page.locator('#findings tr[aria-selected="true"]')
    assert selected.get_attribute("data-id") == ident
    assert opened.heard == again.heard == []


def test_filters_count_and_keyboard_work(browser: Browser, folder: Path) -> None:
    page = visit(browser, folder / "review.html").page
    rows = page.locator("#findings tbody tr")
    total = rows.count()
    chip = page.locator(".chip[data-verdict=ban_violated]")
    chip.click()
    shown = page.locator("#findings tbody tr:not([hidden])").count()
    assert 0 < shown < total
    assert chip.get_attribute("aria-pressed") == "true"
    assert page.locator("#status").inner_text() == f"显示 {shown} / {total} 项"
    first = page.locator("#findings tbody tr:not([hidden])").first
    first.focus()
    page.keyboard.press("Enter")
    assert first.get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    assert first.get_attribute("aria-selected") == "false"


def test_numbers_sort_as_numbers(browser: Browser, folder: Path) -> None:
    page = visit(browser, folder / "review.html").page
    page.locator("#findings th button").nth(2).click()
    cells = page.locator("#findings tbody tr td:nth-child(3)").all_inner_texts()
    numbers = [float(text) for text in cells if text]
    assert numbers == sorted(numbers)


def test_the_csv_has_the_rows_shown(browser: Browser, folder: Path, tmp_path: Path) -> None:
    page = visit(browser, folder / "review.html").page
    page.locator(".chip[data-verdict=ban_violated]").click()
    shown = page.locator("#findings tbody tr:not([hidden])").count()
    with page.expect_download() as download:
        page.locator("#csv").click()
    path = tmp_path / "rows.csv"
    download.value.save_as(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert len(list(csv.reader(stream))) == shown + 1


def test_the_legend_switches_and_counts_close(browser: Browser, folder: Path) -> None:
    page = visit(browser, folder / "maps/city-tier.html").page
    text = page.locator("#legend").inner_text()
    for word in ("重大风险（红）", "较大风险（橙）", "一般风险（黄）", "低风险（蓝）", "未评估"):
        assert word in text
    counts = [
        int(row.split()[0])
        for row in page.locator("#legend ul").first.locator(".count").all_inner_texts()
    ]
    # The first count is of major hazard sources; the five tiers add up to the register.
    assert f"合计 {sum(counts[1:6])} 个评估单元" in text
    before = page.locator(".leaflet-pane path").count()
    page.locator("#legend input").nth(2).uncheck()
    assert page.locator(".leaflet-pane path").count() < before


def test_search_finds_a_thing_and_tells_all(browser: Browser, folder: Path) -> None:
    page = visit(browser, folder / "maps/city-tier.html").page
    page.locator("#search").fill("甲采石场")
    page.locator("#hits button").first.click()
    told = page.locator("#detail").inner_text()
    assert "示例甲采石场" in told
    assert "风险等级" in told
    assert "不满足" in told


def test_a_phone_has_the_map_above_the_table(browser: Browser, folder: Path) -> None:
    page = visit(browser, folder / "review.html", width=390).page
    frame = page.locator(".frame").bounding_box()
    table = page.locator("#findings").bounding_box()
    assert frame is not None
    assert table is not None
    assert frame["y"] < table["y"]
