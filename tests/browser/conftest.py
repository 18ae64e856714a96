"""A real Chromium with the network cut; every page of one small run."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from riskmap.config import load_config
from riskmap.defaults import case_folder
from riskmap.pipeline import assess
from riskmap.report import write_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visit:
    """One page that was opened, and everything that it asked for or said."""

    page: Page
    heard: list[str] = field(default_factory=list)


def chromium() -> str:
    path = os.environ.get("RISKMAP_CHROMIUM") or shutil.which("chromium")
    if path is None:
        if "browser" in os.environ.get("RISKMAP_REQUIRE", ""):
            pytest.fail("Chromium is required and not there: apt-get install chromium")
        pytest.skip("Chromium is not there: apt-get install chromium")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the default demo once."""
    out = tmp_path_factory.mktemp("demo") / "liyang"
    assessment = assess(load_config(case_folder("liyang")))
    return write_report(assessment, out=out, lang="zh")


@pytest.fixture(scope="session")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the American case in English once."""
    out = tmp_path_factory.mktemp("demo") / "tampa"
    assessment = assess(load_config(case_folder("tampa")))
    return write_report(assessment, out=out, lang="en")


def visit(
    browser: Browser,
    path: Path,
    *,
    dark: bool = False,
    fragment: str = "",
    bypass_csp: bool = False,
    width: int = 1280,
) -> Visit:
    """Open a page from disk; every request to a network is refused and remembered."""
    context = browser.new_context(
        viewport={"width": width, "height": 860},
        color_scheme="dark" if dark else "light",
        bypass_csp=bypass_csp,
        accept_downloads=True,
    )
    page = context.new_page()
    opened = Visit(page)

    def refuse(route: Route) -> None:
        opened.heard.append(f"request {route.request.url}")
        route.abort()

    context.route(lambda url: not url.startswith(("file:", "data:", "blob:")), refuse)
    page.on("console", lambda message: opened.heard.append(f"console {message.text}"))
    page.on("pageerror", lambda error: opened.heard.append(f"error {error}"))
    page.on("requestfailed", lambda request: opened.heard.append(f"failed {request.url}"))
    page.goto(path.as_uri() + fragment)
    page.wait_for_load_state("load")
    return opened
