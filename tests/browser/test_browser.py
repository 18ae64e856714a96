"""What a page does in a real browser: nothing online, nothing wrong, everything reachable."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from riskmap.pages import (
    OutputLink,
    index_page,
    quality_page,
    review_page,
    rules_page,
    survey_page,
)
from riskmap.rulebook import read_rulebook_files
from riskmap.webmap import draw_map, render_map
from tests.conftest import RULEBOOK_HEAD
from tests.test_webmap import RULES, make_assessment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, Route

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = (
    "tier",
    "hidden_danger",
    "influence",
    "unit",
    "bare",
    "review",
    "survey",
    "rules",
    "quality",
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        if "browser" in os.environ.get("RISKMAP_REQUIRE", ""):
            pytest.fail("RISKMAP_REQUIRE asks for a browser, and Chromium is not installed")
        pytest.skip("Chromium is not installed (apt install chromium)")

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write every page of the paper county once, in both languages."""
    made = tmp_path_factory.mktemp("pages")
    book = made / "book.toml"
    book.write_text(RULEBOOK_HEAD + "".join(RULES), "utf-8")
    assessment = make_assessment(read_rulebook_files([book]))
    for lang in ("zh", "en"):
        pages = {
            "tier": render_map(draw_map(assessment, theme="tier", lang=lang)),
            "hidden_danger": render_map(draw_map(assessment, theme="hidden_danger", lang=lang)),
            "influence": render_map(draw_map(assessment, theme="influence", lang=lang)),
            "unit": render_map(
                draw_map(assessment, theme="tier", unit="chemical_parks/park", lang=lang)
            ),
            # Nothing of what the legend counts is on this one.
            "bare": render_map(
                draw_map(
                    assessment, theme="hidden_danger", unit="hazard_sources/station", lang=lang
                )
            ),
            "review": review_page(assessment, lang=lang),
            "survey": survey_page(assessment, lang=lang),
            "rules": rules_page(assessment, lang=lang),
            "quality": quality_page(assessment, lang=lang),
            "index": index_page(
                assessment,
                lang=lang,
                outputs=[OutputLink("page", "review", (("HTML", "review.html"),))],
            ),
        }
        for name, page in pages.items():
            (made / f"{name}-{lang}.html").write_text(page, "utf-8")
    return made


@dataclass
class Log:
    """Keep what a page asked for and complained of."""

    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def request(self, request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.asked.append(request.url)

    def route(self, route: Route) -> None:
        if route.request.url.startswith(("http:", "https:")):
            self.asked.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    def console(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def error(self, error: Error) -> None:
        self.said.append(str(error))


@pytest.fixture
def open_page(browser: Browser, folder: Path) -> Iterator[Callable[..., tuple[Page, Log]]]:
    contexts = []

    def open_(name: str, *, scheme: str = "light", strict_csp: bool = True) -> tuple[Page, Log]:
        context = browser.new_context(
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": 1300, "height": 850},
            bypass_csp=not strict_csp,
        )
        contexts.append(context)
        page, log = context.new_page(), Log()
        page.on("request", log.request)
        page.on("console", log.console)
        page.on("pageerror", log.error)
        page.route("**/*", log.route)
        page.goto(
            f"{(folder / (name.partition('#')[0] + '.html')).as_uri()}"
            f"{''.join(name.partition('#')[1:])}"
        )
        if name.startswith(("tier", "hidden", "influence", "unit", "bare", "review")):
            page.wait_for_selector("html[data-ready='1']", state="attached", timeout=10_000)
        return page, log

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", [*PAGES, "index"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_asks_for_nothing_and_complains_of_nothing(
    open_page: Callable[..., tuple[Page, Log]], name: str, lang: str
) -> None:
    page, log = open_page(f"{name}-{lang}")
    assert log.asked == []
    assert log.said == []
    assert page.title()


@pytest.mark.parametrize("name", [*PAGES, "index"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    open_page: Callable[..., tuple[Page, Log]], name: str, scheme: str
) -> None:
    page, _ = open_page(f"{name}-zh", scheme=scheme, strict_csp=False)
    if page.locator("tr[data-id]").count():
        page.locator("tr[data-id]").first.click()
    found = Axe().run(page).response["violations"]
    assert [(entry["id"], entry["nodes"][0]["html"]) for entry in found] == []


def test_a_row_leads_to_its_line_and_back(open_page: Callable[..., tuple[Page, Log]]) -> None:
    page, _ = open_page("review-zh")
    row = page.locator("table.main tr[data-id]").first
    row.click()
    wanted = row.get_attribute("data-id")
    assert f"v={wanted}" in page.url
    label = page.locator(".measure").inner_text()
    assert label.startswith("要求 100 m / 图上 ")
    assert label.rpartition("/")[2].strip().startswith("差 ")
    assert row.get_attribute("aria-selected") == "true"
    page.reload()
    page.wait_for_selector("html[data-ready='1']", state="attached")
    assert page.locator(".measure").inner_text() == label
    page.keyboard.press("Escape")
    assert page.locator(".measure").count() == 0
    assert "v=" not in page.url


def test_a_line_selects_its_row(open_page: Callable[..., tuple[Page, Log]]) -> None:
    page, _ = open_page("review-zh")
    row = page.locator("table.main tr[data-id]").first
    row.click()
    page.keyboard.press("Escape")
    line = page.locator(".leaflet-lines-pane path.leaflet-interactive").first
    line.dispatch_event("click")
    assert page.locator("tr[aria-selected='true']").count() == 1
    assert "v=" in page.url


def test_the_keyboard_walks_the_rows(open_page: Callable[..., tuple[Page, Log]]) -> None:
    page, _ = open_page("review-zh")
    page.locator("table.main tr[data-id]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("tr[aria-selected='true']").count() == 1
    second = page.locator("tr[data-id]").nth(1)
    assert second.get_attribute("aria-selected") == "true"


def test_filters_count_and_survive_a_reload(open_page: Callable[..., tuple[Page, Log]]) -> None:
    page, _ = open_page("review-zh")
    total = page.locator("table.main tr[data-id]").count()
    page.locator(".chip[data-verdict='ban_violated']").click()
    left = page.locator("table.main tr[data-id]:visible").count()
    assert 0 < left < total
    assert page.locator("#count").inner_text() == f"显示 {left} / {total} 项"
    page.reload()
    page.wait_for_selector("html[data-ready='1']", state="attached")
    chip = page.locator(".chip[data-verdict='ban_violated']")
    assert chip.get_attribute("aria-pressed") == "true"
    assert page.locator("#count").inner_text() == f"显示 {left} / {total} 项"


def test_csv_has_a_bom_and_the_rows_shown(
    open_page: Callable[..., tuple[Page, Log]], tmp_path: Path
) -> None:
    page, log = open_page("review-zh")
    page.locator(".chip[data-verdict='ban_violated']").click()
    left = page.locator("table.main tr[data-id]:visible").count()
    with page.expect_download() as download:
        page.locator("#csv").click()
    path = tmp_path / "out.csv"
    download.value.save_as(path)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert len(data.decode("utf-8-sig").splitlines()) == left + 1
    assert log.said == []


def test_numbers_sort_as_numbers(open_page: Callable[..., tuple[Page, Log]]) -> None:
    page, _ = open_page("review-zh")
    page.locator("table.main th").nth(3).locator("button").click()
    cells = page.locator("table.main tbody tr td:nth-child(4)").all_inner_texts()
    values = [float(cell) for cell in cells]
    assert values == sorted(values, reverse=True)
    assert "sort=3" in page.url


def test_a_unit_tells_everything(open_page: Callable[..., tuple[Page, Log]]) -> None:
    page, _ = open_page("tier-zh")
    page.locator("#search").fill("恶名")
    page.locator("#search-results button").first.click()
    panel = page.locator("#detail-body").inner_text()
    assert "重大风险（红）" in panel
    assert "试验园区" in panel
    assert "事故隐患（1）" in panel
    assert page.locator("#detail-body b").count() == 0
    page.reload()
    page.wait_for_selector("html[data-ready='1']", state="attached")
    assert page.locator("#detail-body").inner_text() == panel


def test_a_switch_takes_its_class_off_the_map(open_page: Callable[..., tuple[Page, Log]]) -> None:
    page, _ = open_page("unit-zh")
    before = page.locator(".leaflet-overlay-pane path, .map path").count()
    box = page.locator("#legend input[data-look='unit.park']")
    box.uncheck()
    assert page.locator(".map path").count() < before
    box.check()
    assert page.locator(".map path").count() == before


def test_a_finding_on_the_map_shows_clause_and_lines(
    open_page: Callable[..., tuple[Page, Log]],
) -> None:
    page, _ = open_page("tier-zh")
    page.locator("#list summary").last.click()
    page.locator("#list details").last.locator("button").first.click()
    panel = page.locator("#detail-body").inner_text()
    for wanted in ("试验条文", "第一条", "装置、设施边缘", "建筑外墙", "规则未经人工核对"):
        assert wanted in panel
    assert page.locator(".measure").count() == 1
