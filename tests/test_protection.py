"""Line protection: who builds is bound, what stood first is listed, no verdict counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import LineString, box

from riskmap.pages import rules_page
from riskmap.pipeline import assess
from riskmap.protection import protect_lines
from riskmap.words import LANGS, say
from riskmap.workbook import office_tables
from tests.conftest import AS_OF, paper_layer, rule_text
from tests.squares import Sheet, Squares
from tests.test_pages import parsed
from tests.test_webmap import assert_offline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from riskmap.rulebook import Rulebook
    from riskmap.words import Lang

# In force from 2020-01-01 (the paper's instrument): nobody builds within 20 m of a road.
ZONE = (
    rule_text(
        "test.zone",
        hazard='{ roles = ["residential_zone", "building"] }',
        receptor='{ roles = ["road"] }',
        distance="distance_m = 20.0",
        extra='scope = "site"',
    )
    .replace('"building_wall"', '"highway_land_edge"')
    .replace("unit_edge", "building_wall")
)
LINE = LineString([(-20, 0), (20, 0)])


@pytest.mark.parametrize(
    ("home_day", "road_day", "verdict"),
    [
        ("2015", "2010", "not_bound"),  # before the rule
        ("2021", "2023", "not_bound"),  # before the road
        ("2024", "2023", "ban_violated"),  # after both
        (None, "2023", "undetermined"),
        ("2024", None, "undetermined"),
        ("2023", "2023", "undetermined"),  # the same year: nobody knows who was first
    ],
)
def test_who_came_first_decides(
    home_day: str | None,
    road_day: str | None,
    verdict: str,
    make_book: Callable[..., Rulebook],
) -> None:
    layers = [
        paper_layer("residential_zone", [(box(0, 10, 5, 15), {"established": home_day})]),
        paper_layer("road", [(LINE, {"established": road_day})]),
    ]
    found = protect_lines(layers, rulebook=make_book(ZONE), as_of=AS_OF)
    assert list(found["verdict"]) == [verdict]
    if verdict == "undetermined":
        assert list(found["reason"]) == ["date_missing"]


def test_what_keeps_its_distance_is_not_listed(make_book: Callable[..., Rulebook]) -> None:
    layers = [
        paper_layer("building", [(box(0, 20, 5, 25), {}), (box(0, 19, 5, 24), {})]),
        paper_layer("road", [(LINE, {})]),
    ]
    found = protect_lines(layers, rulebook=make_book(ZONE), as_of=AS_OF)
    assert list(found["source"]) == ["buildings/2"]


def test_without_a_line_or_a_rule_the_layer_is_empty(make_book: Callable[..., Rulebook]) -> None:
    homes = paper_layer("residential_zone", [(box(0, 10, 5, 15), {})])
    assert protect_lines([homes], rulebook=make_book(ZONE), as_of=AS_OF).empty
    assert protect_lines([homes], rulebook=make_book(rule_text()), as_of=AS_OF).empty


@pytest.mark.parametrize("lang", LANGS)
def test_a_run_lists_it_apart_and_counts_it_nowhere(tmp_path: Path, lang: Lang) -> None:
    homes = [
        (box(0, 10, 5, 15), {"id": "old", "established": "2010"}),
        (box(8, 12, 12, 16), {"id": "new", "established": "2024"}),
    ]
    layers = {
        "homes": Sheet("residential_zone", homes, reference="building_wall"),
        "roads": Sheet("road", [(LINE, {"established": "2012"})], reference="highway_land_edge"),
        "stores": Sheet("hazard_source", [(box(0, 900, 5, 905), {})]),
    }
    assessment = assess(Squares([ZONE, rule_text()], layers).write(tmp_path / "p"))
    lines = dict(
        zip(
            assessment.line_protection["source"], assessment.line_protection["verdict"], strict=True
        )
    )
    assert lines == {"homes/old": "not_bound", "homes/new": "ban_violated"}
    assert assessment.findings.empty
    assert assessment.pairs.empty
    assert set(assessment.survey["verdict"]) == {""}
    page = rules_page(assessment, lang=lang)
    assert_offline(page)
    rows = list(parsed(page).iterfind(".//table[@class='lines']//tr[@data-id]"))
    assert len(rows) == 2
    assert say("lines.existing", lang) in "".join(rows[1].itertext())
    assert len(office_tables(assessment, lang=lang)["line_protection"]) == 2
