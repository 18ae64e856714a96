"""Write ``riskmap/rulebooks/README.md`` for a lawyer: ``python -m tests.law.readme``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import riskmap
from riskmap.contradictions import distances_of
from riskmap.readout import limit_words
from riskmap.rulebook import read_rulebook_files

if TYPE_CHECKING:
    from riskmap.articles import Criterion, Rule
    from riskmap.clauses import RuleEntry

FOLDER = Path(riskmap.__file__).parent / "rulebooks"

HEAD = """# 规则库 / Rulebooks

每个文件是一部法律、法规、规章、标准或通知。本文件由 `python -m tests.law.readme` 生成，测试保证其为最新。
One file is one law, regulation, order, standard or notice. This page is generated and tested.

## 一条规则怎么读 / How a rule is read
- `in_force`、`repealed`：施行首日、废止首日。评估日期决定用哪一版。
- `nature`：ban 禁止；standard 标准；consent 须同意或批准（不是禁止）；advisory 建议；inventory 只列清单。
- `binds = "new"`：只约束在规定施行之后、目标存在之后新设立的；缺日期则“新旧先后待核”。
- `distance_m`：距离；没有数值的写 `no_number` 和原因，显示“未核查”，绝不显示“满足”。
- `limits`：个人风险等值线图层按目标分类的限值；`inside`：不得位于区内，`area` 说明哪一端是区域。
- `[[criterion]]`：重大事故隐患判定条目；`rules`、`outside`、`unit_where` 只能提出疑似（待判定），`no_text` 只供记录引用。
- `measure_from`、`measure_to`：起算线、止算线。
- `equality_complies`：恰好等于规定距离是否满足。“X米范围内禁止”按恰为X米已在范围之外处理；“大于X米”按恰为X米不满足处理。
- `tag`：seen 读过原文；part 部分读过；memory 未读原文。`quote` 只写真正读过的字句。
- `status`：一律 unverified，直到有人署名核对。

"Within X metres … is forbidden" is read as: exactly X metres is outside. "More than X metres" is read as: exactly X fails. Every rule is unverified until a person signs it.

## 全部规则 / Every rule

| 编号 id | 规则 rule | 性质 | 距离 m | 依据 clause | 原文 | 可信度 | 状态 |
|---|---|---|---|---|---|---|---|
"""


def _distance(entry: RuleEntry) -> str:
    """Write what a rule requires in a few characters."""
    stated = distances_of(entry)
    if stated:
        low, high = min(stated), max(stated)
        return f"{low:g}" if low == high else f"{low:g}–{high:g}（查表）"
    if entry.limits:
        held = [limit.risk_per_year for limit in entry.limits]
        return f"个人风险 ≤ {limit_words(min(held), max(held))}/年"
    if entry.multiple is not None:
        return f"{entry.multiple.times:g} × {entry.multiple.column}"
    return {"report": "报告", "inside": "不得在区内"}.get(entry.form, "–")


def row(rule: Rule) -> str:
    """Write one rule as a line of the table."""
    entry = rule.entry
    distance = _distance(entry)
    state = "启用" if entry.on else f"关闭：{entry.off_reason.zh if entry.off_reason else ''}"
    if entry.no_number is not None and entry.on:
        state = f"不能回答：{entry.no_number.zh}"
    if entry.scope == "site" and entry.on:
        state = "启用（仅选址核查和线路保护）"
    ends = rule.repealed
    if ends is not None:
        state += f"（{ends.isoformat()}起废止）"
    return (
        f"| `{rule.id}` | {entry.title.zh} | {entry.nature} | {distance} | "
        f"{rule.citation('zh')} | {entry.tag} | {entry.confidence} | {state} |"
    )


def _use(criterion: Criterion) -> str:
    """Say from when to when a criterion applies, and what the program can do with it."""
    entry, instrument = criterion.entry, criterion.instrument
    first, last = entry.in_force or instrument.in_force, entry.repealed or instrument.repealed
    dates = f"{first.isoformat()}起" + (f"，{last.isoformat()}废止" if last else "")
    asked = entry.no_text.zh if entry.no_text is not None else "可提出疑似（待判定）"
    return f"（{dates}；{asked}）"


def write() -> str:
    """Write the whole page."""
    book = read_rulebook_files(sorted((FOLDER / "cn").glob("*.toml")))
    lines = [row(rule) for rule in book.rules]
    tail = ["", "## 重大事故隐患判定标准 / Criteria of major hidden dangers", ""]
    tail += [
        f"- `{criterion.entry.id}` 《{criterion.instrument.title.zh}》"
        f"（{criterion.instrument.number}）{criterion.entry.item}：{criterion.entry.title.zh}"
        f"{_use(criterion)}"
        for criterion in book.criteria
    ]
    return HEAD + "\n".join([*lines, *tail]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(write())
