from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely.geometry import box

from riskmap.classes import Graded, grade_and_classify
from riskmap.gradebook import classes_table, grades_table, terms_table
from riskmap.gradepage import grades_page
from riskmap.grading import read_gradings
from riskmap.words import LANGS
from tests.conftest import paper_layer, register
from tests.test_pages import parsed, texts
from tests.test_webmap import NASTY, RULES, assert_offline, make_assessment

if TYPE_CHECKING:
    from collections.abc import Callable

    from riskmap.assessment import Assessment
    from riskmap.rulebook import Rulebook
    from riskmap.words import Lang

AMMONIA = {"substance": "氨", "cas": "7664-41-7"}


def graded(as_of: date) -> Graded:
    """Grade four units around a village of 60 people that may not be all."""
    units = [
        ("A", NASTY, 2.0, {**AMMONIA, "quantity_t": "62"}),
        ("B", "示例乙", None, {**AMMONIA, "quantity_t": "5"}),
        ("C", "示例丙", 3.0, {"substance": NASTY, "quantity_t": "5"}),
        ("D", "示例丁", None, {"substance": "溶液", "hazard_class": "J5", "quantity_t": "5000"}),
    ]
    sources = [
        (box(20, 20, 40, 40), {"id": name, "name": title, "unit_of": "P", "major_hazard_grade": g})
        for name, title, g, _ in units
    ]
    homes = [
        (box(300, 0, 340, 40), {"kind": "village", "persons": 60.0, "name": "示例村"}),
        (box(300, 100, 340, 140), {"kind": "estate", "name": NASTY, "persons": 20.0}),
        (
            box(900, 0, 940, 40),
            {"kind": "village", "persons": 200.0, "receptor_class": "general_3"},
        ),
    ]
    layers = [
        paper_layer("chemical_plant", [(box(0, 0, 100, 100), {"id": "P", "name": "示例厂"})]),
        paper_layer("hazard_source", sources),
        paper_layer("residential_zone", homes),
        register("stock", [{"unit": f"hazard_sources/{n}", **row} for n, _, _, row in units]),
    ]
    return grade_and_classify(layers, gradings=read_gradings(["cn"]), as_of=as_of)[1]


@pytest.fixture
def assessment(make_book: Callable[..., Rulebook]) -> Assessment:
    made = make_assessment(make_book(*RULES))
    return replace(made, graded=graded(made.as_of))


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_is_strict_and_offline(assessment: Assessment, lang: Lang) -> None:
    page = grades_page(assessment, lang=lang)
    assert_offline(page)
    assert any(NASTY in text for text in texts(page, ".//tbody/tr/th"))


def rows(page: str) -> dict[str, list[str]]:
    """Return the cells of each unit by its name, blanks folded."""
    table = next(one for one in parsed(page).iterfind(".//table") if one.get("class") == "grades")
    found = {}
    for row in table.iterfind(".//tbody/tr"):
        cells = [" ".join("".join(cell.itertext()).split()) for cell in row]
        found[cells[0]] = cells[1:]
    return found


def test_each_unit_shows_how_its_grade_came_about(assessment: Assessment) -> None:
    found = rows(grades_page(assessment, lang="zh"))
    # A: 62/10 = 6.2; beta 2; 80 people at least: alpha 1.5 to 2; R 18.6 to 24.8.
    cells = next(cells for name, cells in found.items() if "示例厂" in name and "62/10" in cells[0])
    assert "氨 62/10 × 2" in cells[0]
    assert "表1 序号1" in cells[0]
    assert cells[1] == "6.2"
    assert cells[2].startswith("≥ 80")
    assert "人口不齐全" in cells[2]
    assert cells[3:9] == ["1.5～2", "18.6～24.8", "三级", "二级", "与申报不符，须核实", ""]
    assert found["示例乙示例厂"][5:8] == ["不构成重大危险源", "—", "未申报，S＜1"]
    unknown = found["示例丙示例厂"]
    assert unknown[5].startswith("一级 或 二级 或 三级 或 四级 或 不构成")
    assert "(hazard_class)" in unknown[8]
    assert "(complete)" in unknown[8]
    # The disputed row says that it is.
    assert "两份转录本" in found["示例丁示例厂"][0]


def test_the_page_says_where_people_were_counted(assessment: Assessment) -> None:
    assert "人口取自：residential_zones。" in grades_page(assessment, lang="zh")
    nobody = assessment.graded.grades.assign(people_from="")
    alone = replace(assessment, graded=replace(assessment.graded, grades=nobody))
    assert "没有任何人口、居住区图层" in grades_page(alone, lang="zh")


def test_the_worst_standing_comes_first(assessment: Assessment) -> None:
    cells = list(rows(grades_page(assessment, lang="zh")).values())
    assert [row[7] for row in cells] == [
        "与申报不符，须核实",
        "申报级别可能成立，未能确定",
        "未申报，S＜1",
        "未申报，采用计算级别",
    ]


def test_open_classes_name_the_columns_that_settle_them(assessment: Assessment) -> None:
    page = grades_page(assessment, lang="zh")
    assert "户数 (households)" in page
    assert "层数 (storeys)" in page
    conflicts = [text for text in texts(page, ".//tbody/tr") if "一般防护目标（三类）" in text]
    assert any("residential_zones/3" in text for text in conflicts)
    assert "共3个居住区、敏感场所、建筑物：申报1个，计算得出0个，未能确定2个；与申报不符1个" in page


def test_every_table_says_where_it_stands(assessment: Assessment) -> None:
    page = grades_page(assessment, lang="en")
    for clause in ("表1", "表6", "4.2.3", "3.1.4 表1 第11项"):
        assert clause in page
    # Two tables of hazards more than tables: the threshold and mixtures; nine kinds, eleven
    # ladders and the counting rule of receptors.
    stands = [text for text in texts(page, ".//tbody/tr") if "not yet checked" in text]
    assert len(stands) == 8 + 1 + 9 + 11


def test_before_the_editions_the_page_says_so(assessment: Assessment) -> None:
    day = date(2018, 6, 30)
    page = grades_page(replace(assessment, as_of=day, graded=graded(day)), lang="zh")
    assert "未分级：未持有2018-06-30施行的版本" in page
    assert "2014年风险基准分类不同" in page
    assert {row[7] for row in rows(page).values()} == {"未分级：未持有当日施行的版本"}


def test_without_a_chinese_rulebook_the_page_says_so(assessment: Assessment) -> None:
    page = grades_page(replace(assessment, graded=Graded.nothing()), lang="zh")
    assert "未采用中国规则库" in page
    assert list(parsed(page).iterfind(".//table")) == []


def test_office_tables_hold_words_and_no_infinity(assessment: Assessment) -> None:
    grades = grades_table(assessment, lang="zh")
    assert list(grades["比对"])[:2] == ["与申报不符，须核实", "未申报，S＜1"]
    assert grades["R 上限"].isna().sum() == 1
    assert set(grades["人口齐全"]) == {"否"}
    terms = terms_table(assessment, lang="zh")
    assert list(terms["查得"]) == ["表1", "表1", "", "表2"]
    assert list(terms["计入情况"])[2] == "缺少数据，只作下限"
    classes = classes_table(assessment, lang="en")
    assert list(classes["Conflicts with the declared"]) == ["no", "no", "yes"]
    assert all(isinstance(name, str) and name for name in classes.columns)
