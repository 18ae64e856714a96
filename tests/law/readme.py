"""Write ``riskmap/rulebooks/README.md`` for a lawyer: ``python -m tests.law.readme``."""

from __future__ import annotations

import sys
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import riskmap
from riskmap.rulebook import read_rulebook_files
from riskmap.statute import STATES, rule_state, show_rule
from riskmap.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from riskmap.articles import Criterion, Rule
    from riskmap.clauses import Instrument

FOLDER = Path(riskmap.__file__).parent / "rulebooks"

# The day of which states are told; a rule that is dead or not yet born says its state while in force.
AS_OF = date(2025, 12, 31)

# Said once for the whole instrument, or of use only to the one who signs.
_SAID_ABOVE = ("规则", "依据", "施行期", "代替", "署名用摘要和文件", "读自")

HEAD = """# 规则库 / Rulebooks

每个文件是一部法律、法规、规章、标准或通知。本文件由 `python -m tests.law.readme` 生成，测试保证其为最新。
One file is one law, regulation, order, standard or notice. This page is generated and tested.

## 一条规则怎么读 / How a rule is read
- `in_force`、`repealed`：施行首日、废止首日。评估日期决定用哪一版；废止的版本留着，供过去的日期使用。
- `nature`：ban 禁止；standard 标准；consent 须同意或批准（不是禁止）；advisory 建议；inventory 只列清单。
- `binds = "new"`：只约束在规定施行之后、目标存在之后新设立的；缺日期则“新旧先后待核”。
- `scope = "site"`：保护线路不受任何建筑影响的规则，只在选址核查和线路保护图层中使用。
- `distance_m` 一个距离；`table` 按列查表，列未填则用可能的最小、最大值；`multiple` 某列的倍数；`inside` 不得在区域内；`distance_from` 取自企业安全评价报告；没有数值的写 `no_number` 和原因，显示“不能回答”，绝不显示“满足”。
- `limits`：个人风险等值线图层按目标分类的限值；`inside`：不得位于区内，`area` 说明哪一端是区域。
- `[[criterion]]`：重大事故隐患判定条目；`rules`、`outside`、`unit_where` 只能提出疑似（待判定），`no_text` 只供记录引用。
- `measure_from`、`measure_to`：起算线、止算线。
- `equality_complies`：恰好等于规定距离是否满足。“X米范围内禁止”按恰为X米已在范围之外处理；“大于X米”按恰为X米不满足处理。
- `tag`：seen 读过原文；part 部分读过；memory 未读原文。`quote` 只写真正读过的字句，其余印“原文未持有”。
- `status`：一律 unverified，直到有人署名核对。可信度与核对是两件事。

"Within X metres … is forbidden" is read as: exactly X metres is outside. "More than X metres" is read as: exactly X fails. Every rule is unverified until a person signs it.

自己的规则库怎样新增、收紧、填表、启停、代替、署名：[local_rulebook.toml](../templates/local_rulebook.toml)（可直接复制到项目文件夹）。
How a book of your own adds, tightens, fills, switches, supersedes and signs: the same file.
"""


def _instrument(instrument: Instrument) -> Iterator[str]:
    """Write an instrument's heading."""
    number = f"（{instrument.number}）" if instrument.number else f"（{instrument.edition}）"
    yield f"## 《{instrument.title.zh}》{number}"
    yield ""
    yield f"`{instrument.id}` · {instrument.title.en}"
    yield ""
    ends = instrument.repealed.isoformat() + " 起废止" if instrument.repealed else "今"
    yield f"- 施行期 In force：{instrument.in_force.isoformat()} – {ends}"
    if instrument.replaces or instrument.replaces_id:
        also = f" `{instrument.replaces_id}`" if instrument.replaces_id else ""
        yield f"- 代替 Replaces：{instrument.replaces}{also}"
    yield f"- 读自 Read at：{instrument.read_at or '未读原文'}"
    yield ""


def _rule(rule: Rule) -> Iterator[str]:
    """Write everything that is said of a rule."""
    yield f"### `{rule.id}` {rule.entry.title.zh}"
    yield ""
    yield f"*{rule.entry.title.en}*"
    yield ""
    yield f"- 条款：{rule.entry.clause}"
    if rule.entry.in_force or rule.entry.repealed:
        ends = rule.repealed.isoformat() + " 起废止" if rule.repealed else "今"
        yield f"- 施行期：{rule.in_force.isoformat()} – {ends}"
    day = AS_OF if rule.applies_on(AS_OF) else rule.in_force
    for line in show_rule(rule, as_of=day, lang="zh"):
        name = line.split("：", 1)[0]
        if name.strip() == "其中":
            yield f"  - {line.split('：', 1)[1]}"
        elif name not in _SAID_ABOVE:
            yield f"- {line}"
    yield ""


def _use(criterion: Criterion) -> str:
    """Say from when to when a criterion applies, and what the program can do with it."""
    entry, last = criterion.entry, criterion.repealed
    dates = f"{criterion.in_force.isoformat()}起" + (f"，{last.isoformat()}废止" if last else "")
    asked = entry.no_text.zh if entry.no_text is not None else "可提出疑似（待判定）"
    return f"（{dates}；{asked}）"


def write() -> str:
    """Write the whole page."""
    book = read_rulebook_files(sorted((FOLDER / "cn").glob("*.toml")))
    states = [rule_state(rule, as_of=AS_OF) for rule in book.rules]
    counted = "；".join(
        f"{say(f'rule_state.{state}', 'zh')} {states.count(state)}"
        for state in STATES
        if state in states
    )
    ordered = sorted(book.rules, key=lambda rule: (rule.instrument.id, rule.id))
    parts = [HEAD, f"## 全部规则 / Every rule\n\n截至 {AS_OF}：共 {len(states)} 条；{counted}。\n"]
    parts += ["| 编号 | 规则 | 状态 |", "|---|---|---|"]
    parts += [
        f"| `{rule.id}` | {rule.entry.title.zh} | {say(f'rule_state.{state}', 'zh')} |"
        for rule, state in zip(book.rules, states, strict=True)
    ]
    parts.append("")
    for _, rules in groupby(ordered, key=lambda rule: rule.instrument.id):
        held = list(rules)
        parts += _instrument(held[0].instrument)
        for rule in held:
            parts += _rule(rule)
    parts += ["## 重大事故隐患判定标准 / Criteria of major hidden dangers", ""]
    parts += [
        f"- `{criterion.entry.id}` 《{criterion.instrument.title.zh}》"
        f"（{criterion.instrument.number}）{criterion.entry.item}：{criterion.entry.title.zh}"
        f"{_use(criterion)}"
        for criterion in book.criteria
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(write())
