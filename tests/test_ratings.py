"""What a reader is told of schemes and computed tiers, on every output, with the demo's story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from riskmap.config import load_config
from riskmap.content import build_content
from riskmap.defaults import case_folder
from riskmap.figure import draw_figure
from riskmap.pages import index_page, survey_page
from riskmap.particulars import unit_facts
from riskmap.pipeline import assess
from riskmap.ratings import (
    conflicts,
    direction_words,
    letter_words,
    ratings_table,
    scheme_lines,
    scheme_word,
)
from riskmap.schemes import read_schemes
from riskmap.tables import TIER_GRADES, check_table
from riskmap.webmap import build_legend
from riskmap.workbook import survey_table, tier_grades_table, units_table

if TYPE_CHECKING:
    from riskmap.assessment import Assessment

CONFLICT = "计算为红，高于评定的黄，待核（危险化学品企业安全风险评估分级（应急〔2018〕19号））"
PARKS_LINE = (
    "化工园区分级：化工园区安全风险排查治理导则（应急〔2023〕123号），分值越高风险越低，"
    "A级风险最高、D级最低，该办法无四色，颜色由评定机构另定。"
)


@pytest.fixture(scope="module")
def liyang() -> Assessment:
    """Assess the demo once."""
    return assess(load_config(case_folder("liyang")))


def test_the_scores_of_the_demo_tell_their_story(liyang: Assessment) -> None:
    check_table(liyang.tier_grades, TIER_GRADES)
    # As the case's README counts them.
    assert liyang.tier_grades["agreement"].value_counts().to_dict() == {
        "agrees": 10,
        "not_compared": 6,
        "computed_worse": 1,
        "not_adopted": 1,
    }
    by_unit = liyang.tier_grades.set_index("unit")
    assert by_unit.loc["plants/E09", "vetoes"] == "accidents"
    assert by_unit.loc["plants/E11", "asked"] == "vetoes"
    reasons = liyang.tier_grades["reason"].value_counts().drop("").to_dict()
    assert reasons == {"scheme_off": 2, "missing_input": 1, "not_in_force": 1, "registered": 1}


def test_the_map_shows_the_adopted_tier(liyang: Assessment) -> None:
    yellow = build_content(liyang, theme="tier").with_look("tier.yellow")[0].features
    assert "plants/E04" in set(yellow["ref"])


def test_legend_and_sheet_name_the_schemes_with_their_direction(liyang: Assessment) -> None:
    content = build_content(liyang, theme="tier")
    closing = build_legend(liyang, content, lang="zh")[0].closing
    assert PARKS_LINE in closing
    figure = draw_figure(liyang, theme="tier", lang="zh")
    texts = [text for axes in figure.axes for text in axes.texts if text.get_gid() == "scheme"]
    assert PARKS_LINE in "".join(text.get_text() for text in texts)
    hidden = build_content(liyang, theme="hidden_danger")
    assert PARKS_LINE not in build_legend(liyang, hidden, lang="zh")[0].closing


def test_the_pages_print_schemes_and_the_conflict(liyang: Assessment) -> None:
    index = index_page(liyang, lang="zh", outputs=())
    survey = survey_page(liyang, lang="zh")
    assert PARKS_LINE in index
    assert PARKS_LINE in survey
    assert CONFLICT in survey
    assert "缺项：直接判定情形（vetoes）" in survey
    english = survey_page(liyang, lang="en")
    assert "computed Red is worse than the adopted Yellow" in english
    assert "missing: Vetoes (vetoes)" in english


def test_the_tables_print_the_conflict(liyang: Assessment) -> None:
    for table in (units_table(liyang, lang="zh"), survey_table(liyang, lang="zh")):
        row = table[table["对象编号"] == "plants/E04"].iloc[0]
        assert row["等级不一致"] == CONFLICT
        assert row["风险等级"] == "黄"
    listing = tier_grades_table(liyang, lang="zh").set_index("对象编号")
    assert listing.loc["plants/E04", "对照"] == "计算等级高于评定等级"
    assert len(listing) == len(liyang.tier_grades)


def test_the_panel_says_scheme_and_conflict(liyang: Assessment) -> None:
    rows = pd.DataFrame(liyang.units.drop(columns="geometry")).set_index("ref", drop=False)

    def facts(ref: str) -> dict[str, str]:
        row = {str(name): value for name, value in rows.loc[ref].items()}
        return dict(unit_facts(row, lang="zh", schemes=liyang.schemes).rows)

    assert facts("plants/E04")["等级不一致"] == CONFLICT
    assert "等级不一致" not in facts("plants/E01")
    # Nobody adopted a tier: grey, and what was computed beside it.
    assert facts("plants/E10")["风险等级"] == "未评估（灰）"
    assert facts("plants/E10")["计算等级"].startswith("黄（")
    # Its colour is by another scheme than the run names, and by one whose dates are not held.
    assert facts("plants/E08")["评定方法"].endswith("（不是本次采用的分级方法）")
    assert facts("units/U01")["评定方法"].endswith("（该文件施行日未持有，未核对效力）")
    assert facts("parks/P1")["园区等级"] == "C（A级风险最高、D级最低）"


def test_a_park_sheet_names_the_firm_that_differs(liyang: Assessment) -> None:
    lines = scheme_lines(liyang, lang="zh", unit="parks/P1")
    assert lines[-1] == f"示例丁化工有限公司：{CONFLICT}。"
    assert not any("示例丁" in line for line in scheme_lines(liyang, lang="zh", unit="parks/P2"))
    assert set(conflicts(liyang, lang="en")) == {"plants/E04"}


def test_a_letter_carries_its_direction_where_the_run_names_a_scheme() -> None:
    schemes = read_schemes(
        used={"chemical_park": "cn.tier.park_2023", "non_coal_mine": "cn.tier.mine_letters"},
        documents={"cn.tier.mine_letters": "试〔2022〕9号"},
    )
    park = letter_words("A", schemes=schemes, role="chemical_park", lang="en")
    mine = letter_words("A", schemes=schemes, role="non_coal_mine", lang="en")
    assert park == "A (A is the worst, D the best)"
    assert mine == "A (A is the best, D the worst)"
    assert letter_words("A", schemes=read_schemes(), role="chemical_park", lang="en") == "A"
    assert letter_words(float("nan"), schemes=schemes, role="chemical_park", lang="en") == ""


def test_free_text_stays_what_it_is() -> None:
    schemes = read_schemes()
    assert scheme_word(schemes, "本市办法", lang="en") == "本市办法"
    assert scheme_word(schemes, None, lang="en") == ""
    assert direction_words("", lang="zh") == ""


def test_the_words_of_vetoes_are_the_schemes_own(liyang: Assessment) -> None:
    listing = ratings_table(liyang, lang="en").set_index("ref")
    assert str(listing.loc["plants/E09", "vetoes"]).startswith("a major or worse accident in 3")
    assert str(listing.loc["parks/P2", "caveat"]).startswith("its veto items are not held")
