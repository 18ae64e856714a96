from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from shapely import LineString, Point, box

from riskmap.assessment import Assessment, Marks
from riskmap.criteria import suspect_units
from riskmap.crowd import Crowd, around
from riskmap.crs import PLANE_CRS, choose_sheet_plane, plane_from_lonlat
from riskmap.errors import OutputError
from riskmap.figure import draw_figure, save_figure
from riskmap.protection import protect_lines
from riskmap.quality import counts_table, problems_table
from riskmap.register import build_hidden_dangers, build_survey
from riskmap.sheet import SCALES, Rect, choose_view
from riskmap.tiers import TIERS, tier_units
from riskmap.words import Text
from riskmap.zones import build_rings, build_zones
from tests.conftest import AS_OF, check, on_paper, paper_layer, register, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text as Line

    from riskmap.content import Theme
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook
    from riskmap.words import Lang

THEMES: tuple[Theme, ...] = ("tier", "hidden_danger", "influence")
PARK, PLANT = "chemical_parks/park", "chemical_plants/plant"


def county() -> list[Layer]:
    plots = [(box(1000 * i, 6000, 1000 * i + 400, 6300), {"id": f"lone{i}"}) for i in range(4)]
    return [
        paper_layer("boundary", [(box(-6000, -6000, 6000, 9000), {"id": "b", "name": "试验县"})]),
        paper_layer("neighbour", [(box(6000, -6000, 9000, 9000), {"id": "n"})]),
        paper_layer("water", [(box(-5000, -5000, -3000, -4000), {"id": "w"})]),
        paper_layer("road", [(LineString([(-6000, 500), (6000, 500)]), {"kind": "county"})]),
        paper_layer(
            "chemical_park",
            [(box(0, 0, 1500, 1200), {"id": "park", "name": "试验园区", "grade": "C"})],
        ),
        paper_layer(
            "chemical_plant",
            [
                (box(100, 100, 500, 400), {"id": "plant", "name": "甲厂 $5$", "park": "park"}),
                (box(700, 100, 1100, 400), {"id": "other", "name": "乙厂", "park": "park"}),
                *plots,
            ],
        ),
        paper_layer(
            "hazard_source",
            [
                (
                    box(200, 200, 300, 300),
                    {
                        "id": "tank",
                        "name": "罐区",
                        "unit_of": PLANT,
                        "major_hazard_grade": 2.0,
                    },
                ),
                (Point(-2000, -2000), {"id": "station", "name": "加油站"}),
            ],
        ),
        paper_layer(
            "residential_zone",
            [(box(380, 200, 480, 300), {"id": "near", "name": "近村"}), (Point(4000, 0), {})],
        ),
        paper_layer("place", [(Point(-1000, 3000), {"id": "t", "name": "竹箦", "kind": "town"})]),
        register(
            "tier_register",
            [
                {"unit": PARK, "tier": "orange", "scheme": "s", "date": "2024-01-01"},
                {"unit": PLANT, "tier": "red", "scheme": "s", "date": "2024-01-01"},
                {"unit": "hazard_sources/tank", "tier": "red", "scheme": "s", "date": "2024"},
            ],
        ),
        register(
            "hidden_danger",
            [
                {
                    "unit": PLANT,
                    "content": "试",
                    "level": "major",
                    "judged_by": "某",
                    "judged_on": "2025-01-01",
                    "document": "号",
                },
                {"unit": PLANT, "content": "试二", "level": "major"},
                {"unit": "chemical_plants/gone", "content": "试三", "level": "major"},
            ],
        ),
    ]


@pytest.fixture
def assessment(make_book: Callable[..., Rulebook]) -> Assessment:
    """Walk an invented county through the rooms."""
    layers = county()
    book = make_book(rule_text(distance="distance_m = 300.0"))
    area = shapely.transform(on_paper(box(-6000, -6000, 6000, 9000)), plane_from_lonlat)
    plane = choose_sheet_plane(area, declared="EPSG:4549")
    units = tier_units(layers, as_of=AS_OF)
    setbacks = check(*layers, rulebook=book)
    rings = build_rings(layers, rulebook=book, as_of=AS_OF, plane=plane)
    local_area = gpd.GeoSeries([area], crs=PLANE_CRS).to_crs(plane.crs).iloc[0]
    suspicions = suspect_units(layers, setbacks=setbacks, rulebook=book, as_of=AS_OF)
    return Assessment(
        title=Text("试验县", "Test county"),
        case="test",
        as_of=AS_OF,
        marks=Marks(
            compiled_by="",
            checked_by="",
            approved_by="",
            is_internal=True,
            is_illustrative=True,
            basis=(Text("试验依据", "Test basis"),),
            printed=date(2026, 1, 15),
            data_until="2025-12-31",
        ),
        plane=plane,
        study_area=area,
        layers=tuple(layers),
        rulebook=book,
        units=units,
        findings=setbacks.findings,
        pairs=setbacks.pairs,
        coverage=setbacks.coverage,
        rings=rings,
        zones=build_zones(rings, study_area=local_area),
        survey=build_survey(units, layers=layers, setbacks=setbacks, radius_m=2000.0),
        survey_radius_m=2000.0,
        hidden_dangers=build_hidden_dangers(
            units, layers=layers, suspicions=suspicions, rulebook=book, as_of=AS_OF
        ),
        criteria=suspicions.criteria,
        counts=counts_table([layer.counts for layer in layers]),
        problems=problems_table(layers),
        line_protection=protect_lines(layers, rulebook=book, as_of=AS_OF),
    )


def axes_of(figure: Figure, gid: str) -> Axes:
    return next(axes for axes in figure.axes if axes.get_gid() == gid)


def lines_of(figure: Figure, prefix: str = "") -> Iterator[Line]:
    for line in axes_of(figure, "page").texts:
        if str(line.get_gid() or "").startswith(prefix):
            yield line


def words_of(figure: Figure, prefix: str = "") -> list[str]:
    return [line.get_text() for line in lines_of(figure, prefix)]


def sheets(assessment: Assessment, lang: Lang = "zh") -> Iterator[Figure]:
    for theme in THEMES:
        yield draw_figure(assessment, theme=theme, lang=lang)
    for unit in (PARK, PLANT):
        yield draw_figure(assessment, theme="tier", unit=unit, lang=lang)
        yield draw_figure(assessment, theme="hidden_danger", unit=unit, lang=lang)


def test_the_paper_is_exact(assessment: Assessment) -> None:
    city = draw_figure(assessment, theme="tier")
    assert (city.get_size_inches() * 25.4).tolist() == pytest.approx([420.0, 297.0])
    firm = draw_figure(assessment, theme="tier", unit=PARK)
    assert (firm.get_size_inches() * 25.4).tolist() == pytest.approx([297.0, 210.0])


@pytest.mark.parametrize("unit", ["", PARK, PLANT])
def test_the_scale_is_true(assessment: Assessment, unit: str) -> None:
    figure = draw_figure(assessment, theme="tier", unit=unit)
    width_mm, height_mm = figure.get_size_inches() * 25.4
    (ratio,) = words_of(figure, "ratio")
    for axes in figure.axes:
        if axes.get_gid() != "map":
            continue
        place = axes.get_position()
        west, east = axes.get_xlim()
        south, north = axes.get_ylim()
        scale = (east - west) * 1000.0 / (place.width * width_mm)
        assert scale == pytest.approx((north - south) * 1000.0 / (place.height * height_mm))
        assert ratio == f"1:{scale:.0f}"
        assert round(scale) in SCALES


def test_the_ground_to_be_seen_fits_at_the_largest_round_scale() -> None:
    rect = Rect(0.0, 0.0, 200.0, 100.0)
    view = choose_view((0.0, 0.0, 1900.0, 500.0), rect=rect)
    # 1900 m on 200 mm want 1:9500, so 1:10000.
    assert view.scale == 10_000
    assert view.bounds == (-50.0, -250.0, 1950.0, 750.0)
    page = view.to_page(np.array([[950.0, 250.0], [1950.0, 750.0]]))
    assert page.tolist() == [[100.0, 50.0], [200.0, 100.0]]


def test_tier_counts_close_with_the_register(assessment: Assessment) -> None:
    figure = draw_figure(assessment, theme="tier")
    amounts = {
        str(line.get_gid()).removeprefix("amount:"): line.get_text()
        for line in lines_of(figure, "amount:tier.")
    }
    assert list(amounts) == [f"tier.{tier}" for tier in TIERS]
    counts = {look: int(text.split(" ")[0]) for look, text in amounts.items()}
    # The park, the plant; the other plant, four lone plots and the filling station.
    assert counts == {
        "tier.red": 1,
        "tier.orange": 1,
        "tier.yellow": 0,
        "tier.blue": 0,
        "tier.unassessed": 6,
    }
    assert amounts["tier.orange"] == "1 个，1.80 km²"
    assert words_of(figure, "total") == ["合计 8 个，与登记一致"]


def test_the_legend_and_the_map_agree(assessment: Assessment) -> None:
    for figure in sheets(assessment):
        listed = {
            str(line.get_gid()).removeprefix("legend:") for line in lines_of(figure, "legend:")
        }
        shown = {str(artist.get_gid()) for axes in figure.axes for artist in axes.get_children()}
        counted = {f"tier.{tier}" for tier in TIERS} | {"symbol.judged", "symbol.suspected"}
        assert listed - counted <= shown | {"base.study_area"}
        looks = {gid for gid in shown if gid.partition(".")[0] in {"tier", "unit", "verdict"}}
        looks |= {gid for gid in shown if gid.partition(".")[0] in {"receptor", "check", "symbol"}}
        assert looks <= listed


def test_labels_do_not_overlap_and_stay_on_the_map(assessment: Assessment) -> None:
    for figure in sheets(assessment):
        renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]  # matplotlib
        frame = axes_of(figure, "map").get_window_extent(renderer)
        boxes: dict[str, list[tuple[float, float, float, float]]] = {}
        for line in lines_of(figure, "label:"):
            extent = line.get_window_extent(renderer)
            boxes.setdefault(str(line.get_gid()), []).append(extent.extents)
            assert frame.x0 <= extent.x0 <= extent.x1 <= frame.x1
            assert frame.y0 <= extent.y0 <= extent.y1 <= frame.y1
        assert boxes
        whole = [box(*shapely.total_bounds([box(*b) for b in group])) for group in boxes.values()]
        for index, one in enumerate(whole):
            assert not any(one.intersects(other) for other in whole[index + 1 :])


def test_marks_stand_only_where_they_belong(assessment: Assessment) -> None:
    marked = draw_figure(assessment, theme="influence")
    assert words_of(marked, "illustrative") == ["示例数据"]
    assert words_of(marked, "internal") == ["内部资料 注意保存"]
    assert "筛查，非评定等级" in words_of(marked, "title")[0]
    plain = replace(assessment.marks, is_internal=False, is_illustrative=False)
    bare = draw_figure(replace(assessment, marks=plain), theme="tier")
    assert words_of(bare, "title") == ["试验县安全风险四色分布图（2025年）"]
    assert words_of(bare, "illustrative") == []
    assert words_of(bare, "internal") == []
    assert words_of(bare, "unsigned") == ["自动筛查，未经人工判定"]
    assert words_of(bare, "no_boundary") == ["本图界线不作为划界依据"]
    everything = "".join(words_of(bare))
    assert "2000国家大地坐标系，高斯-克吕格，3°带，中央经线120°" in everything
    assert "审图号" not in everything


def test_blank_signatures_stay_blank(assessment: Assessment) -> None:
    everything = words_of(draw_figure(assessment, theme="tier"))
    assert {"编制：", "审核：", "批准："} <= set(everything)
    signed = replace(assessment.marks, compiled_by="某局")
    assert "某局" in words_of(draw_figure(replace(assessment, marks=signed), theme="tier"))


def test_the_table_of_a_firm_says_what_is_short(assessment: Assessment) -> None:
    figure = draw_figure(assessment, theme="tier", unit=PARK)
    cells = words_of(figure, "cell")
    # The tank ends at 300 m east, the village begins at 380 m; 300 m are required.
    assert cells[7:13] == ["1", "罐区", "近村", "300 m", "80 ± 0 m", "220 m"]


def test_records_without_a_place_are_told(assessment: Assessment) -> None:
    figure = draw_figure(assessment, theme="hidden_danger")
    assert words_of(figure, "total") == ["合计 3 条，与登记一致"]
    assert "另有 1 条隐患无坐标" in "".join(words_of(figure))


def test_a_name_that_cannot_be_printed_is_told(assessment: Assessment) -> None:
    units = assessment.units.copy()
    units.loc[units["ref"] == PLANT, "name"] = "甲😀\x07厂"
    figure = draw_figure(replace(assessment, units=units), theme="tier")
    assert any("〓" in text for text in words_of(figure, "label:"))
    assert words_of(figure, "replaced") == ["字体缺字，以〓代"]
    assert words_of(draw_figure(assessment, theme="tier"), "replaced") == []


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_the_same_bytes_twice(assessment: Assessment, tmp_path: Path, suffix: str) -> None:
    written = []
    for number in range(2):
        path = tmp_path / f"{number}{suffix}"
        save_figure(draw_figure(assessment, theme="tier", unit=PARK), path, dpi=60.0)
        written.append(path.read_bytes())
    assert written[0] == written[1]
    assert b"matplotlib" not in written[0] or suffix == ".pdf"


def test_a_pdf_can_be_searched(assessment: Assessment, tmp_path: Path) -> None:
    path = tmp_path / "sheet.pdf"
    save_figure(draw_figure(assessment, theme="tier"), path)
    page = path.read_bytes()
    assert b"/CIDFontType2" in page
    assert b"/Type3" not in page


def test_every_sheet_is_drawn_in_both_languages(assessment: Assessment) -> None:
    for figure in sheets(assessment, "en"):
        FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]  # matplotlib
        (title,) = words_of(figure, "title")
        assert "2025" in title
        chinese = [text for text in words_of(figure, "legend:") if any(c >= "一" for c in text)]
        assert chinese == []


def test_only_pictures_are_written(assessment: Assessment, tmp_path: Path) -> None:
    figure = draw_figure(assessment, theme="tier", unit=PARK)
    with pytest.raises(OutputError):
        save_figure(figure, tmp_path / "sheet.docx")
    with pytest.raises(OutputError):
        save_figure(figure, tmp_path / "no" / "sheet.png", dpi=30.0)


def test_an_unknown_unit_is_refused(assessment: Assessment) -> None:
    with pytest.raises(KeyError):
        draw_figure(assessment, theme="tier", unit="chemical_parks/none")


def test_a_symbol_moves_aside_and_a_label_finds_room() -> None:
    crowd = Crowd((0.0, 0.0, 100.0, 100.0), np.empty((0, 2)))
    assert crowd.settle((50.0, 50.0), size=(4.0, 4.0), reach_mm=16.0) == (50.0, 50.0)
    x, y = crowd.settle((50.0, 50.0), size=(4.0, 4.0), reach_mm=16.0)
    assert max(abs(x - 50.0), abs(y - 50.0)) >= 4.0
    right = around((48.0, 48.0, 52.0, 52.0), size=(10.0, 3.0), gaps=(1.0,))
    assert right[0] == (53.0, 48.5, 63.0, 51.5)
    crowd.take((53.0, 40.0, 63.0, 60.0))
    assert crowd.choose([right[0]]) is None
    assert crowd.choose(right[:2]) == right[1]


def test_a_label_avoids_the_finding_lines() -> None:
    crowd = Crowd((0.0, 0.0, 100.0, 100.0), np.array([[5.0, 5.0], [6.0, 5.0]]))
    assert crowd.choose([(0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0)]) == (
        20.0,
        0.0,
        30.0,
        10.0,
    )
