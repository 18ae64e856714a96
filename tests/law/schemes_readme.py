"""Write ``riskmap/schemes/README.md`` for a lawyer: ``python -m tests.law.schemes_readme``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import riskmap
from riskmap.ratings import direction_words
from riskmap.schemes import read_schemes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from riskmap.ladders import Area, AreaItem, Matrix, Step, Value
    from riskmap.schemes import Scheme

FOLDER = Path(riskmap.__file__).parent / "schemes"

HEAD = """# 分级方法 / Tier schemes

每个文件是一份文件或一种方法，由 `python -m tests.law.schemes_readme` 生成本页，测试保证其为最新。
One file is one instrument or method. This page is generated and tested.

- 全国没有统一的L×S表，也没有统一的A–D方向：化工园区A级最高，非煤矿山A级最低。每次印出所用方法和方向。
- 地图只显示评定等级；计算等级不代替评定，不一致时注明。
- `in_force`只写年的，该年之内不能判定是否施行，不计算。
- 评分登记（`assessment_score`）的`vetoes`列写直接判定情形的编号，用分号隔开；一项也没有的写`none`（无）；空着不等于没有，按缺项提出。
- 一律未经人工核对，直到有人署名。

There is no single national table and no single direction of letters: what graded a unit is printed each time. The map shows the adopted tier only. In the register of scores `vetoes` lists ids with semicolons between them, or says `none`: an empty cell is asked for. A scheme dated by its year alone does not grade within that year. Every scheme is unverified until a person signs it.

`project.toml`：
```toml
[tiers]
chemical_plant = "cn.tier.firm_2018"   # 各类单元采用的方法 / the scheme for a kind of unit
files = ["own.toml"]                   # 自己的方法 / schemes of your own
[tiers.documents]                      # 写明文件即启用 / naming its document switches one on
"cn.tier.firm_area" = "文件名称（文号）"
```
"""


def bounds(step: Step) -> str:
    """Write the range of a step and what it gives."""
    gives = (step.tier, step.letter, f"第{step.level}类" if step.level else None)
    return f"{step.written('x')}：{' '.join(word for word in gives if word)}"


def cells(matrix: Matrix) -> Iterator[str]:
    """Write a matrix as a table."""
    yield "| L \\ S | " + " | ".join(str(number) for number in matrix.severity) + " |"
    yield "|---" * (len(matrix.severity) + 1) + "|"
    for likelihood, row in zip(matrix.likelihood, matrix.cells, strict=True):
        yield f"| {likelihood} | " + " | ".join(row) + " |"


def factor(name: str, values: tuple[Value, ...]) -> str:
    """Write the table of one factor."""
    return f"- {name}：" + "；".join(f"{one.value:g} {one.title.zh}" for one in values)


def item(one: AreaItem) -> str:
    """Write one item of the area sheet."""
    scores = "；".join(f"{level.score} {level.title.zh}" for level in one.level)
    return f"- `{one.column}` {one.title.zh}：{scores}"


def area(sheet: Area) -> Iterator[str]:
    """Write the area sheet."""
    yield "可能性L为下列各项分值平均数向上取整："
    yield from (item(one) for one in sheet.likelihood_item)
    yield ""
    yield "严重性S为下列各项分值最大者："
    yield from (item(one) for one in sheet.severity_item)
    yield ""
    yield from cells(sheet.matrix)


def numbers(scheme: Scheme) -> Iterator[str]:
    """Write the numbers that a scheme holds."""
    entry = scheme.entry
    if entry.ladder is not None:
        yield from (f"- {bounds(step)}" for step in entry.ladder.step)
        yield from (f"- 直接判定 `{veto.id}`：{veto.title.zh}" for veto in entry.ladder.veto)
        yield from (f"- {one.points:+g} 分：{one.title.zh}" for one in entry.ladder.item)
    elif entry.letters is not None:
        yield from (f"- {step.letter}：{step.tier or '–'}" for step in entry.letters.letter)
    elif entry.matrix is not None:
        yield from cells(entry.matrix)
    elif entry.product is not None:
        yield factor("L", entry.product.likelihood)
        yield factor("E", entry.product.exposure)
        yield factor("C", entry.product.consequence)
        yield from (f"- {bounds(step)}" for step in (*entry.product.level, *entry.product.step))
    elif entry.area is not None:
        yield from area(entry.area)
    elif entry.registered is not None:
        yield f"- {entry.registered.no_number.zh}"


def chapter(scheme: Scheme) -> Iterator[str]:
    """Write what is held of one scheme."""
    entry = scheme.entry
    start = entry.in_force or (entry.no_date.zh if entry.no_date else "")
    facts = [
        f"施行：{start}" + (f"，{entry.repealed}起废止" if entry.repealed else ""),
        f"条款：{entry.clause}",
        f"{entry.tag}，{entry.confidence}，{entry.status}",
        f"方向：{direction_words(' '.join(scheme.directions), lang='zh') or '–'}",
        f"代替：{entry.replaces}" if entry.replaces else "",
        f"关闭：{entry.off_reason.zh}" if entry.off_reason else "",
        entry.not_held.zh if entry.not_held else "",
        entry.note.zh if entry.note else "",
    ]
    yield f"\n## `{scheme.id}` {scheme.name('zh')}\n"
    yield from (f"- {fact}" for fact in facts if fact)
    yield ""
    yield from numbers(scheme)


def write() -> str:
    """Write the whole page."""
    lines = [line for scheme in read_schemes().held for line in chapter(scheme)]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(write())
