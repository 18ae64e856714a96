from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import folium
import geopandas as gpd
import html5lib
import numpy as np
import pytest
import shapely
from folium.plugins import Fullscreen
from shapely import LineString, Point, box

import riskmap
from riskmap.assessment import Assessment, Marks
from riskmap.assets import LEAFLET_CSS, asset, enclosed
from riskmap.claims import finding_facts
from riskmap.content import build_content
from riskmap.criteria import suspect_units
from riskmap.crs import PLANE_CRS, choose_sheet_plane
from riskmap.errors import OutputError
from riskmap.packing import dump
from riskmap.particulars import feature_facts
from riskmap.protection import protect_lines
from riskmap.quality import counts_table, problems_table
from riskmap.register import build_hidden_dangers, build_survey
from riskmap.tiers import tier_units
from riskmap.verdict import VERDICTS
from riskmap.webmap import build_legend, draw_map, render_map
from riskmap.words import LANGS, Text, say
from riskmap.zones import build_rings, build_zones
from tests.conftest import AS_OF, check, paper_layer, register, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from riskmap.content import Theme
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook
    from riskmap.words import Lang

THEMES: tuple[Theme, ...] = ("tier", "hidden_danger", "influence")
NASTY = "恶名\"'`\\</script><b>&{{7*7}}"
RULES = (
    rule_text(extra='quote = "试验条文"'),
    rule_text(
        "test.consent",
        nature="consent",
        receptor='{ roles = ["road"] }',
        distance="distance_m = 700.0",
        extra="",
    ).replace("building_wall", "highway_land_edge"),
    rule_text("test.none", distance='no_number = { zh = "未定", en = "none set" }'),
    rule_text("test.rail", receptor='{ roles = ["railway"] }').replace("building_wall", "rail_toe"),
    rule_text("test.off", extra='on = false\noff_reason = { zh = "停用", en = "switched off" }'),
)


def paper_layers() -> list[Layer]:
    """Draw a park with one plant, its tank 80 m from a village, a road and a register."""
    return [
        paper_layer("boundary", [(box(-6000, -6000, 6000, 9000), {"id": "b", "name": "试验县"})]),
        paper_layer("neighbour", [(box(6000, -6000, 9000, 9000), {"id": "n", "name": "邻县"})]),
        paper_layer("road", [(LineString([(-6000, 800), (6000, 800)]), {"kind": "county"})]),
        paper_layer("chemical_park", [(box(0, 0, 1500, 700), {"id": "park", "name": "试验园区"})]),
        paper_layer(
            "chemical_plant",
            [(box(100, 100, 500, 400), {"id": "plant", "name": NASTY, "park": "park"})],
        ),
        paper_layer(
            "hazard_source",
            [
                (
                    box(200, 200, 300, 300),
                    {
                        "id": "tank",
                        "name": "罐区",
                        "kind": "tank_farm",
                        "unit_of": "chemical_plants/plant",
                        "major_hazard_grade": 2.0,
                        "substance": "甲醇",
                    },
                ),
                (Point(-2000, -2000), {"id": "station", "name": "=加油站"}),
            ],
        ),
        paper_layer(
            "residential_zone",
            [
                (box(380, 200, 480, 300), {"id": "near", "name": "近村", "persons": 120.0}),
                (box(200, 420, 300, 460), {"id": "far", "name": "远村"}),
            ],
        ),
        paper_layer("place", [(Point(-1000, 3000), {"id": "t", "name": "竹箦", "kind": "town"})]),
        register(
            "tier_register",
            [
                {"unit": "chemical_parks/park", "tier": "orange", "scheme": "s", "date": "2024"},
                {"unit": "chemical_plants/plant", "tier": "red", "scheme": "s", "date": "2024"},
            ],
        ),
        register(
            "hidden_danger",
            [
                {
                    "unit": "chemical_plants/plant",
                    "content": NASTY,
                    "level": "major",
                    "judged_by": "某",
                    "judged_on": "2025-01-01",
                    "document": "号",
                },
                {"unit": "chemical_plants/gone", "content": "无处", "level": "major"},
            ],
        ),
    ]


def make_assessment(rulebook: Rulebook) -> Assessment:
    """Run the paper layers as the pipeline would."""
    layers = tuple(paper_layers())
    setbacks = check(*layers, rulebook=rulebook)
    area = layers[0].features.geometry.iloc[0]
    plane = choose_sheet_plane(area, declared=None)
    units = tier_units(layers, as_of=AS_OF)
    rings = build_rings(layers, rulebook=rulebook, as_of=AS_OF, plane=plane)
    local = gpd.GeoSeries([area], crs=PLANE_CRS).to_crs(plane.crs).iloc[0]
    suspicions = suspect_units(layers, setbacks=setbacks, rulebook=rulebook, as_of=AS_OF)
    return Assessment(
        title=Text("试验县", "Test county"),
        case="paper",
        as_of=AS_OF,
        marks=Marks("", "", "", True, True, (Text("依据一", "basis one"),), AS_OF, "2025-12-31"),
        plane=plane,
        study_area=area,
        layers=layers,
        rulebook=rulebook,
        units=units,
        findings=setbacks.findings,
        pairs=setbacks.pairs,
        coverage=setbacks.coverage,
        rings=rings,
        zones=build_zones(rings, study_area=local),
        survey=build_survey(units, layers=layers, setbacks=setbacks, radius_m=2000.0),
        survey_radius_m=2000.0,
        hidden_dangers=build_hidden_dangers(
            units, layers=layers, suspicions=suspicions, rulebook=rulebook, as_of=AS_OF
        ),
        criteria=suspicions.criteria,
        counts=counts_table([layer.counts for layer in layers]),
        problems=problems_table(layers),
        line_protection=protect_lines(layers, rulebook=rulebook, as_of=AS_OF),
    )


@pytest.fixture
def assessment(make_book: Callable[..., Rulebook]) -> Assessment:
    return make_assessment(make_book(*RULES))


def payload_of(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="riskmap-data">(.*?)</script>', page)
    assert found is not None
    made: dict[str, object] = json.loads(found.group(1))
    return made


def assert_offline(page: str) -> None:
    """Prove that a page names no other file and is HTML without a fault."""
    html5lib.HTMLParser(strict=True).parse(page)
    assert not re.search(r"<(?:script|img|iframe)[^>]+src=[\"'](?!data:)", page)
    assert re.findall(r"<link[^>]+>", page) == ['<link rel="icon" href="data:,">']
    assert "@import" not in page
    assert not re.search(r"url\(['\"]?https?:", page)
    assert "connect-src 'none'" in page


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("lang", LANGS)
def test_a_map_is_one_strict_offline_page(assessment: Assessment, theme: Theme, lang: Lang) -> None:
    page = render_map(draw_map(assessment, theme=theme, lang=lang))
    assert_offline(page)
    assert f"<h1>{build_content(assessment, theme=theme).title.read(lang)}</h1>" in page
    for key in ("page.illustrative", "page.internal", "page.unsigned", "page.no_boundary"):
        assert say(key, lang) in page


def test_a_signed_page_does_not_say_unsigned(assessment: Assessment) -> None:
    marks = replace(assessment.marks, checked_by="甲", approved_by="乙")
    page = render_map(draw_map(replace(assessment, marks=marks), theme="tier"))
    assert say("page.unsigned", "zh") not in page


def test_names_are_data(assessment: Assessment) -> None:
    page = render_map(draw_map(assessment, theme="tier"))
    assert "</script><b>" not in page
    details = payload_of(page)["details"]
    assert isinstance(details, list)
    assert NASTY in [entry[0] for entry in details]


def test_the_same_run_writes_the_same_bytes(assessment: Assessment) -> None:
    first = render_map(draw_map(assessment, theme="tier"))
    assert first == render_map(draw_map(assessment, theme="tier"))


def test_the_legend_closes_with_the_register(assessment: Assessment) -> None:
    content = build_content(assessment, theme="tier")
    result = build_legend(assessment, content, lang="zh")[0]
    words = [entry.word for entry in result.entries if entry.look.startswith("tier.")]
    assert words == [
        "重大风险（红）",
        "较大风险（橙）",
        "一般风险（黄）",
        "低风险（蓝）",
        "未评估（灰）",
    ]
    assert "合计 3 个评估单元，与登记一致" in result.closing
    danger = build_content(assessment, theme="hidden_danger")
    closing = build_legend(assessment, danger, lang="zh")[0].closing
    assert "合计 2 条，与登记一致" in closing
    assert any("1 条隐患无坐标" in line for line in closing)


def test_influence_areas_close(assessment: Assessment) -> None:
    content = build_content(assessment, theme="influence")
    closing = build_legend(assessment, content, lang="zh")[0].closing
    assert len(closing) == 1
    # 12 km by 15 km, and what a plane adds to it.
    assert closing[0] == "合计 180.01 km²，等于研究区面积"


def test_headline_agrees_with_itself(assessment: Assessment) -> None:
    facts = finding_facts(assessment, lang="zh").values()
    found = {(fact.rule, fact.target): fact for fact in facts}
    failed = found["test.one", "residential_zones/near"]
    # 80 m by construction: 380 - 300.
    assert failed.verdict == "ban_violated"
    numbers = (failed.required, failed.measured, failed.short)
    assert float(numbers[0]) - float(numbers[1]) == float(numbers[2])
    assert failed.headline == f"要求 100 m / 图上 {numbers[1]} m ± 0 m / 差 {numbers[2]} m"
    assert found["test.consent", "roads/1"].headline.endswith("无批准文号")
    assert found["test.consent", "roads/1"].short == ""
    open_ = found["test.none", "residential_zones/near"]
    assert open_.headline.startswith("要求距离未持有 / 图上")


def test_coordinates_come_back(assessment: Assessment) -> None:
    payload = payload_of(render_map(draw_map(assessment, theme="tier")))
    layers = payload["layers"]
    assert isinstance(layers, list)
    park = next(layer for layer in layers if layer["look"] == "unit.park")["features"][0]
    steps = np.array(park[3][0][0]).reshape(-1, 2)
    drawn = shapely.Polygon(np.cumsum(steps, axis=0) / 1e6)
    true = assessment.units.to_crs("EPSG:4326").set_index("ref").geometry["chemical_parks/park"]
    assert drawn.hausdorff_distance(true) < 2e-6


def test_parks_lie_below_their_plants(assessment: Assessment) -> None:
    layers = payload_of(render_map(draw_map(assessment, theme="tier")))["layers"]
    assert isinstance(layers, list)
    fills = [
        feature[1]
        for layer in layers
        if layer["look"].startswith("tier.")
        for feature in layer["features"]
    ]
    assert fills[0] == "chemical_parks/park"
    assert sorted(fills) == sorted(set(fills))


def test_stocks_stay_off_the_page_of_others(assessment: Assessment) -> None:
    own = render_map(draw_map(assessment, theme="tier", unit="chemical_plants/plant"))
    assert "甲醇" in own
    assert "甲醇" not in render_map(
        draw_map(assessment, theme="tier", unit="hazard_sources/station")
    )
    with pytest.raises(KeyError):
        draw_map(assessment, theme="tier", unit="nowhere/1")


def test_a_plain_folium_layer_can_be_added(assessment: Assessment) -> None:
    map_ = draw_map(assessment, theme="tier")
    folium.CircleMarker([31.4, 119.5]).add_to(map_)
    page = render_map(map_)
    assert "L.circleMarker" in page
    assert_offline(page)


def test_an_element_that_would_go_online_is_refused(assessment: Assessment) -> None:
    map_ = draw_map(assessment, theme="tier")
    Fullscreen().add_to(map_)  # type: ignore[no-untyped-call]  # a folium plugin
    with pytest.raises(OutputError, match="FullScreen"):
        render_map(map_)


def test_assets_are_closed() -> None:
    assert "url(data:image/png;base64," in asset(LEAFLET_CSS)
    assert "url(http" not in asset(LEAFLET_CSS)
    with pytest.raises(OutputError, match="elsewhere"):
        asset("https://elsewhere.example/leaflet.js")
    assert enclosed("a</SCRIPT>b\n//# sourceMappingURL=x.map") == "a<\\/SCRIPT>b\n"


def test_json_cannot_end_its_script() -> None:
    assert dump(["</script>"]) == '["\\u003c/script>"]'


def test_every_word_of_a_verdict_is_held(assessment: Assessment) -> None:
    payload = payload_of(render_map(draw_map(assessment, theme="tier", lang="en")))
    verdicts = payload["verdicts"]
    assert isinstance(verdicts, dict)
    assert list(verdicts) == list(VERDICTS)


def test_every_key_of_the_scripts_is_in_the_table() -> None:
    folder = Path(riskmap.__file__).parent / "templates"
    for script in folder.glob("*.js"):
        for key in re.findall(r'word\(\s*"([a-z_.]+)"', script.read_text("utf-8")):
            assert say(
                key,
                "zh",
                dict.fromkeys(re.findall(r"\w+", "n total shown lon lat degrees wanted held"), "1"),
            )


def test_facts_of_a_feature_say_what_is_known(assessment: Assessment) -> None:
    layer = next(layer for layer in assessment.layers if layer.spec.role == "residential_zone")
    row = {str(key): value for key, value in layer.features.iloc[1].items()}
    facts = feature_facts(row, layer=layer, lang="zh")
    assert facts.title == "近村"
    assert ("人数", "120") in facts.rows
    assert ("所持线", "建筑外墙") in facts.rows
