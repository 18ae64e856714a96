"""What the page for lawyers says: every instrument, every rule, every distance."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.law import readme

if TYPE_CHECKING:
    from riskmap.rulebook import Rulebook


@pytest.fixture(scope="module")
def page() -> str:
    return (readme.FOLDER / "README.md").read_text("utf-8")


def part(page: str, rule_id: str) -> str:
    """Cut out what is said of one rule."""
    return (
        page.split(f"### `{rule_id}` ")[1]
        .split("\n### ", maxsplit=1)[0]
        .split("\n## ", maxsplit=1)[0]
    )


def test_the_page_for_lawyers_is_current(page: str) -> None:
    assert page == readme.write()


def test_every_rule_stands_once_under_its_instrument(page: str, cn_book: Rulebook) -> None:
    heads = re.findall(r"(?m)^### `([^`]+)`", page)
    assert sorted(heads) == [rule.id for rule in cn_book.rules]
    for rule in cn_book.rules:
        before = page.split(f"### `{rule.id}` ", maxsplit=1)[0]
        assert f"《{rule.instrument.title.zh}》" in before.rsplit("\n## ", 1)[1]


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (
            "cn.fire.awh.civil",
            [
                "- 条款：表3.5.1",
                "- 状态：启用",
                "  - 甲类物品项别 = 3,4、数量（t） > 5：40 m",
                "  - 甲类物品项别 = 1,2,5,6、数量（t） ≤ 10：25 m",
                "- 起算线：建筑外墙",
                "- 恰好等于规定距离：满足",
                "- 原文：未持有条文原文",
                "- 人工核对：规则未经人工核对",
            ],
        ),
        (
            "cn.road.town",
            [
                "- 状态：启用（仅选址和线路保护）",
                "- 约束对象：只约束新建、改建、扩建的",
                "- 止算线：公路建筑控制区边界",
                "- 原文：与公路建筑控制区边界外缘的距离应当符合下列标准",
            ],
        ),
        ("cn.quarry.adj.300", ["- 恰好等于规定距离：不满足"]),
        ("cn.gas156.c1.fence", ["- 先于：cn.gas156.c1", "- 止算线：用地（围墙）边界"]),
        (
            "cn.rail.haz",
            ["- 状态：不能回答", "- 原文：应当符合国家标准、行业标准规定的安全防护距离。"],
        ),
        ("cn.fire.lpg", ["- 状态：未启用", "- 可信度：可信度中、未读原文"]),
        ("cn.area.relic", ["- 规定距离（m）：区外", "- 止算线：保护区域边界"]),
    ],
)
def test_a_rule_is_written_out_whole(page: str, rule: str, lines: list[str]) -> None:
    written = part(page, rule).splitlines()
    assert [line for line in lines if line not in written] == []


@pytest.mark.parametrize(
    "line",
    [
        "- 施行期 In force：2005-04-01 – 2014-01-01 起废止",
        "- 代替 Replaces：铁路运输安全保护条例（2004-12-27） `cn.rail_transport_2004`",
        "- 施行期 In force：2013-03-01 – 2021-10-01 起废止",
        "- 读自 Read at：LawRefBook/Laws @ 2f4c5c2",
    ],
)
def test_an_instrument_says_its_days_and_what_it_replaces(page: str, line: str) -> None:
    assert line in page.splitlines()
