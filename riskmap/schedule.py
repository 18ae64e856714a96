"""The table below an enterprise map: what of this unit asks for something, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmap.content import unit_members
from riskmap.glyphs import MM_PER_POINT
from riskmap.margin import shorten
from riskmap.readout import limit_words, measured_words, required_words
from riskmap.register import describe_dangers
from riskmap.sheet import Rect, draw_line
from riskmap.symbols import Writing
from riskmap.verdict import (
    VERDICTS,
    VIOLATIONS,
    printed_shortfall,
    verdict_rank,
)
from riskmap.words import say

if TYPE_CHECKING:
    from riskmap.assessment import Assessment
    from riskmap.content import Theme
    from riskmap.symbols import Paper
    from riskmap.words import Lang

MOST_ROWS = 8
ROW_MM = 3.9
_SIZE_PT = 6.4
# Verdicts with a distance that falls short by a number of metres.
_SHORT = (*VIOLATIONS, "advisory_short")
_BOUND_SIGNS = {"lower": "≥", "upper": "≤"}


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hold the table below an enterprise map.

    Parameters
    ----------
    title : str
        Words above it.
    columns : tuple of (str, float)
        Heads and shares of the width; the shares add up to 1.
    rows : tuple of tuple of str
        Cells.
    refs : tuple of str
        What each row is about: ids of findings or hidden dangers.
    rest : str
        Words about the rows left out, empty when all are there.
    """

    title: str
    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...]
    refs: tuple[str, ...]
    rest: str

    @property
    def height_mm(self) -> float:
        """Return the height of the table [mm]."""
        heads = 2 if self.rows else 1
        return ROW_MM * (len(self.rows) + heads + (1 if self.rest else 0)) + 1.0


def build_schedule(assessment: Assessment, *, theme: Theme, unit: str, lang: Lang) -> Schedule:
    """Gather the table of one unit.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    theme : {'tier', 'hidden_danger', 'influence'}
        Findings for tiers and ranges, records for hidden dangers.
    unit : str
        Reference of a park, plant or mine.
    lang : {'zh', 'en'}
        Language.

    Returns
    -------
    Schedule
        At most `MOST_ROWS` rows, the worst first.
    """
    members = unit_members(assessment, unit)
    if theme == "hidden_danger":
        dangers = assessment.hidden_dangers
        own = pd.DataFrame(dangers[dangers["unit"].isin(members)])
        return _dangers(describe_dangers(own, rulebook=assessment.rulebook, lang=lang), lang)
    findings = assessment.findings
    asking = findings["source"].isin(members) & findings["verdict"].isin(VERDICTS[:5])
    return _findings(pd.DataFrame(findings[asking]), lang)


def _findings(table: pd.DataFrame, lang: Lang) -> Schedule:
    table = table.assign(rank=verdict_rank(table["verdict"].to_numpy(dtype=str)))
    table = table.sort_values(
        ["rank", "short_m", "finding_id"], ascending=[True, False, True], kind="stable"
    )
    # Two rules that ask the same of a pair are one line of work.
    table = table.drop_duplicates(["source", "target", "required_m", "verdict"])
    shown = table.head(MOST_ROWS)
    rows = [
        (str(number), *_finding_cells(row, lang))
        for number, (_, row) in enumerate(shown.iterrows(), start=1)
    ]
    names = ("number", "source", "target", "required", "measured", "short", "verdict")
    shares = (0.03, 0.21, 0.21, 0.075, 0.105, 0.07, 0.30)
    return Schedule(
        title=say("figure.findings" if rows else "figure.no_findings", lang),
        columns=_heads(names, shares, lang),
        rows=tuple(rows),
        refs=tuple(str(ref) for ref in shown["finding_id"]),
        rest=_rest("figure.rest", len(table), lang),
    )


def _finding_cells(row: pd.Series, lang: Lang) -> tuple[str, ...]:
    required, measured = float(row["required_m"]), float(row["measured_m"])
    short = ""
    if row["verdict"] in _SHORT and np.isfinite(required):
        missing = printed_shortfall(measured, required_m=required)
        short = say("figure.metres", lang, {"m": f"{missing:g}"})
    form = str(row["form"])
    asked = required_words(
        form,
        least_m=float(row["required_least_m"]),
        most_m=float(row["required_most_m"]),
        lang=lang,
    )
    if form == "risk":
        ends = (float(row["limit_least_per_year"]), float(row["limit_most_per_year"]))
        asked = say("facts.risk_unit", lang, {"limit": limit_words(*ends)})
    elif asked and form != "inside":
        asked = say("figure.metres", lang, {"m": asked})
    seen = measured_words(measured, required_m=required, form=form, lang=lang)
    words = {
        "bound": _BOUND_SIGNS.get(str(row["bound"]), ""),
        "m": seen,
        "accuracy": f"{float(row['accuracy_m']):g}",
    }
    return (
        str(row["source_name"]),
        str(row["target_name"]),
        asked or "—",
        say("figure.measured", lang, words),
        short or "—",
        _verdict_words(row, lang),
    )


def _verdict_words(row: pd.Series, lang: Lang) -> str:
    words = say(f"verdict.{row['verdict']}", lang)
    if row["verdict"] == "undetermined" and row["reason"]:
        why = say(f"reason.{row['reason']}", lang)
        return say("figure.because", lang, {"words": words, "why": why})
    return words


def _dangers(table: pd.DataFrame, lang: Lang) -> Schedule:
    table = pd.DataFrame(table).sort_values(["standing", "id"], kind="stable")
    shown = table.head(MOST_ROWS)
    rows = [
        (
            str(number),
            str(row["unit_name"]),
            _content(row, lang),
            say(f"standing.{row['standing']}", lang),
            say(f"status.{row['status']}", lang) if row["status"] else "—",
            str(row["due"]) or "—",
        )
        for number, (_, row) in enumerate(shown.iterrows(), start=1)
    ]
    names = ("number", "unit", "content", "standing", "status", "due")
    return Schedule(
        title=say("figure.dangers" if rows else "figure.no_dangers", lang),
        columns=_heads(names, (0.03, 0.22, 0.39, 0.19, 0.09, 0.08), lang),
        rows=tuple(rows),
        refs=tuple(str(ref) for ref in shown["id"]),
        rest=_rest("figure.rest_dangers", len(table), lang),
    )


def _content(row: pd.Series, lang: Lang) -> str:
    content, criterion = str(row["content"]), str(row["criterion"])
    if not criterion:
        return content
    return say("facts.noted", lang, {"text": content, "note": criterion})


def _heads(
    names: tuple[str, ...], shares: tuple[float, ...], lang: Lang
) -> tuple[tuple[str, float], ...]:
    heads = (say(f"figure.column.{name}", lang) for name in names)
    return tuple(zip(heads, shares, strict=True))


def _rest(key: str, count: int, lang: Lang) -> str:
    return say(key, lang, {"n": count - MOST_ROWS}) if count > MOST_ROWS else ""


def draw_schedule(paper: Paper, schedule: Schedule, *, rect: Rect) -> None:
    """Draw the table.

    Parameters
    ----------
    paper : Paper
        The page.
    schedule : Schedule
        The table.
    rect : Rect
        Its place [mm].
    """
    y = rect.top - ROW_MM
    title = Writing(weight="bold", gid="schedule")
    paper.write((rect.x, y + 1.1), schedule.title, size_pt=_SIZE_PT * 1.15, look=title)
    if not schedule.rows:
        return
    heads = tuple(head for head, _ in schedule.columns)
    for index, cells in enumerate((heads, *schedule.rows)):
        draw_line(paper, (rect.x, y), (rect.right, y), width_pt=0.6 if index < 2 else 0.2)
        x = rect.x
        look = Writing(weight="bold" if index == 0 else "regular", gid="cell")
        for cell, (_, share) in zip(cells, schedule.columns, strict=True):
            room = share * rect.width - 1.0
            text = shorten(paper, cell, room_mm=room, size_pt=_SIZE_PT)
            base = y - ROW_MM + (ROW_MM - _SIZE_PT * MM_PER_POINT * 0.76) / 2
            paper.write((x + 0.5, base), text, size_pt=_SIZE_PT, look=look)
            x += share * rect.width
        y -= ROW_MM
    draw_line(paper, (rect.x, y), (rect.right, y), width_pt=0.6)
    if schedule.rest:
        look = Writing(align="right", gid="rest")
        paper.write((rect.right, y - ROW_MM + 1.1), schedule.rest, size_pt=_SIZE_PT, look=look)
