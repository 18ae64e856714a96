"""Make the two pictures of the README anew: ``python -m tests.pictures`` (needs Chromium)."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright

from riskmap.config import load_config
from riskmap.defaults import case_folder
from riskmap.figure import draw_figure, save_figure
from riskmap.pages import review_page
from riskmap.pipeline import assess

FOLDER = Path(__file__).parent.parent / "layers" / "liyang" / "pictures"


def shrink(source: Path, target: Path, *, width: int) -> None:
    """Write a picture small enough for a repository."""
    picture = Image.open(source).convert("RGB")
    height = round(picture.height * width / picture.width)
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    small.quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)


def main() -> None:
    """Draw the city sheet, photograph the review page."""
    assessment = assess(load_config(case_folder("liyang")))
    with TemporaryDirectory() as folder:
        sheet, page = Path(folder) / "sheet.png", Path(folder) / "review.html"
        save_figure(draw_figure(assessment, theme="tier", lang="zh"), sheet)
        shrink(sheet, FOLDER / "city-tier.png", width=1100)
        page.write_text(review_page(assessment, lang="zh"), "utf-8")
        findings = assessment.findings
        first = findings[findings["verdict"] == "ban_violated"].iloc[1]["finding_id"]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            tab = browser.new_page(viewport={"width": 1400, "height": 820})
            tab.goto(f"{page.as_uri()}#v={first}")
            tab.wait_for_timeout(800)
            tab.evaluate("window.scrollTo(0, 0)")
            tab.screenshot(path=Path(folder) / "review.png")
            browser.close()
        shrink(Path(folder) / "review.png", FOLDER / "review.png", width=1400)


if __name__ == "__main__":
    main()
