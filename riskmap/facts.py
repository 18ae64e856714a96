"""Everything known about a thing on a map, in words: for the panel of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskmap.content import DRAWN_VERDICTS
from riskmap.listing import metres
from riskmap.verdict import printed_distance, printed_shortfall
from riskmap.words import Lang, knows, say

if TYPE_CHECKING:
    from riskmap.assessment import Assessment
    from riskmap.content import MapContent
    from riskmap.rulebook import Rule

Rows = list[tuple[str, str]]
# One row of a table, by column: values are what pandas holds.
Row = Mapping[str, Any]

# Verdicts whose findings a unit lists in its panel.
_LISTED = (*DRAWN_VERDICTS, "undetermined")
_LONGEST_LIST = 20
_MANY = 1000
_TOLD = ("base.road", "base.rail", "base.pipe", "base.bridge")


@dataclass(frozen=True, slots=True)
class Fact:
    """Hold what a panel says of one thing.

    Parameters
    ----------
    title : str
        Its name.
    headline : str
        One sentence above the rest, or empty.
    rows : list of (str, str)
        Heading and value, those with a value only.
    items : list of str
        Its findings, worst first.
    """

    title: str
    headline: str
    rows: Rows
    items: list[str]


def word(prefix: str, code: object, lang: Lang) -> str:
    """Return the word of a code, or a user's own value as it stands.

    Parameters
    ----------
    prefix : str
        Family of codes, such as ``kind``.
    code : object
        The code; missing gives an empty word.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        The word.
    """
    if not isinstance(code, str) or not code:
        return ""
    key = f"{prefix}.{code}"
    return say(key, lang) if knows(key) else code


def three_numbers(row: Row, *, lang: Lang) -> str:
    """Write required, measured and short by: the label of a finding.

    Parameters
    ----------
    row : mapping
        One row of FINDINGS.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Such as ``要求 300 m / 图上 183 m ± 2 m / 差 117 m``; a bound is marked, and a part
        that is not known or not a shortfall is left out.
    """
    required = float(row["required_m"])
    measured = printed_distance(float(row["measured_m"]), required_m=required)
    sign = {"lower": "≥ ", "upper": "≤ "}.get(str(row["bound"]), "")
    values = {
        "required": metres(required) if np.isfinite(required) else "",
        "measured": sign + metres(measured),
        "accuracy": metres(float(row["accuracy_m"])),
    }
    parts = []
    if values["required"]:
        parts.append(say("fact.required", lang, values))
    parts.append(say("fact.measured", lang, values))
    if np.isfinite(float(row["short_m"])):
        short = printed_shortfall(float(row["measured_m"]), required_m=required)
        parts.append(say("fact.short", lang, {"short": metres(short)}))
    return " / ".join(parts)


def finding_sentence(row: Row, *, lang: Lang) -> str:
    """Write a finding as one sentence for a list.

    Parameters
    ----------
    row : mapping
        One row of FINDINGS.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Verdict, receptor and the three numbers.
    """
    values = {
        "verdict": say(f"verdict.{row['verdict']}", lang),
        "source": row["source_name"],
        "target": row["target_name"],
        "numbers": three_numbers(row, lang=lang),
    }
    return say("fact.finding", lang, values)


def finding_fact(row: Row, *, rule: Rule, lang: Lang) -> Fact:
    """Gather everything that is known about a finding.

    Parameters
    ----------
    row : mapping
        One row of FINDINGS.
    rule : Rule
        Its rule.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    Fact
        The panel of the finding.
    """
    entry = rule.entry
    settle = float(row["settle_m"])
    reason = word("reason", row["reason"], lang)
    if row["missing"]:
        reason = f"{reason} ({row['missing']})".strip()
    rows: Rows = [
        (say("column.source", lang), str(row["source_name"])),
        (say("column.target", lang), str(row["target_name"])),
        (say("column.verdict", lang), say(f"verdict.{row['verdict']}", lang)),
        (say("column.reason", lang), reason if row["reason"] else ""),
        (say("column.settle_m", lang), metres(settle) + " m" if np.isfinite(settle) else ""),
        (say("column.rule", lang), entry.title.read(lang)),
        (say("column.nature", lang), say(f"nature.{entry.nature}", lang)),
        (say("column.citation", lang), rule.citation(lang)),
        (say("column.quote", lang), entry.quote or say("table.no_quote", lang)),
        (say("fact.from", lang), _line(row["line_from"], row["source_held"], lang)),
        (say("fact.to", lang), _line(row["line_to"], row["target_held"], lang)),
        (say("column.bound", lang), word("bound", row["bound"], lang)),
        (say("column.evidence", lang), str(row["evidence"])),
        (say("column.consent_number", lang), _consent(row, lang)),
        (say("column.rule_status", lang), say(f"rule_status.{entry.status}", lang)),
        (say("column.confidence", lang), say(f"confidence.{entry.confidence}", lang)),
        (say("column.tag", lang), say(f"tag.{entry.tag}", lang)),
        (say("fact.note", lang), entry.note.read(lang) if entry.note else ""),
        (say("column.finding_id", lang), str(row["finding_id"])),
    ]
    title = f"{row['source_name']} → {row['target_name']}"
    return Fact(title, three_numbers(row, lang=lang), _held(rows), [])


def _line(wanted: object, held: object, lang: Lang) -> str:
    asked, drawn = word("line", wanted, lang), word("line", held, lang)
    if not asked or asked == drawn:
        return drawn
    return say("fact.line", lang, {"wanted": asked, "held": drawn})


def _consent(row: Row, lang: Lang) -> str:
    if row["nature"] != "consent":
        return ""
    return str(row["consent_number"]) or say("fact.no_consent", lang)


def _held(rows: Rows) -> Rows:
    return [(name, value) for name, value in rows if value]


def map_facts(content: MapContent, *, assessment: Assessment, lang: Lang) -> dict[str, Fact]:
    """Gather the panel of everything that can be clicked on a map.

    Parameters
    ----------
    content : MapContent
        What the map shows.
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    dict of str to Fact
        Panels by reference.
    """
    found: dict[str, Fact] = {}
    by_source, by_target = _sentences(assessment, lang)
    for row in records(assessment.units):
        ref = str(row["ref"])
        found[ref] = _unit_fact(row, _first(by_source.get(ref, []), lang), lang)
    for drawn in content.drawn:
        if drawn.look.startswith("verdict."):
            for row in records(drawn.features):
                rule = assessment.rulebook.rule(str(row["rule"]))
                found[str(row["ref"])] = finding_fact(row, rule=rule, lang=lang)
        elif drawn.look in {"symbol.judged", "symbol.suspected"}:
            for row in records(drawn.features):
                found[str(row["ref"])] = _danger_fact(row, lang)
        elif drawn.group == "receptor" or drawn.look.startswith(_TOLD):
            for row in records(_worth_telling(drawn.features, by_target)):
                items = _first(by_target.get(str(row["ref"]), []), lang)
                found[str(row["ref"])] = _receptor_fact(row, items, lang)
    return found


def records(frame: pd.DataFrame) -> list[Row]:
    """List the rows of a table without their geometry.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any table.

    Returns
    -------
    list of mapping
        Values by column.
    """
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    made: list[Row] = plain.to_dict("records")  # type: ignore[assignment] # keys are our columns
    return made


def _sentences(
    assessment: Assessment, lang: Lang
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    by_source: dict[str, list[str]] = {}
    by_target: dict[str, list[str]] = {}
    # FINDINGS come worst first, and so do the lists made of them.
    listed = assessment.findings[assessment.findings["verdict"].isin(_LISTED)]
    for row in records(listed):
        sentence = finding_sentence(row, lang=lang)
        by_source.setdefault(str(row["source"]), []).append(sentence)
        by_target.setdefault(str(row["target"]), []).append(sentence)
    return by_source, by_target


def _first(sentences: list[str], lang: Lang) -> list[str]:
    if len(sentences) <= _LONGEST_LIST:
        return sentences
    more = say("fact.more", lang, {"n": len(sentences) - _LONGEST_LIST})
    return [*sentences[:_LONGEST_LIST], more]


def _worth_telling(features: pd.DataFrame, by_target: dict[str, list[str]]) -> pd.DataFrame:
    # Thousands of nameless buildings need no panel, unless something was found about them.
    if len(features) <= _MANY:
        return features
    return features[features["ref"].isin(list(by_target)) | features["name"].notna()]


def _unit_fact(row: Row, items: list[str], lang: Lang) -> Fact:
    tier = word("tier", row["tier"], lang)
    note = word("tier_note", row["tier_note"], lang)
    grade = row["major_hazard_grade"]
    rows: Rows = [
        (
            say("column.kind", lang),
            word("kind", row["kind"], lang) or word("role", row["role"], lang),
        ),
        (say("column.owner", lang), str(row["owner"])),
        (say("column.park_name", lang), str(row["park_name"]) or say("table.outside_parks", lang)),
        (say("column.built_up", lang), word("yes_no", row["built_up"], lang)),
        (say("column.town_name", lang), str(row["town_name"])),
        (say("column.tier", lang), f"{tier} ({note})" if note else tier),
        (say("column.scheme", lang), str(row["scheme"])),
        (say("column.assessor", lang), str(row["assessor"])),
        (say("column.assessed_on", lang), str(row["assessed_on"])),
        (say("column.valid_until", lang), str(row["valid_until"])),
        (say("column.document", lang), str(row["document"])),
        (say("column.major_hazard_grade", lang), f"{grade:.0f}" if np.isfinite(grade) else ""),
        (say("column.grade", lang), str(row["grade"])),
        (say("column.ref", lang), str(row["ref"])),
    ]
    return Fact(str(row["name"]), "", _held(rows), items)


def _danger_fact(row: Row, lang: Lang) -> Fact:
    rows: Rows = [
        (say("column.unit_name", lang), str(row["unit_name"])),
        (say("column.standing", lang), say(f"standing.{row['standing']}", lang)),
        (say("column.content", lang), str(row["content"])),
        (say("column.origin", lang), word("origin", row["origin"], lang)),
        (say("column.criterion", lang), str(row["criterion"])),
        (
            say("column.criterion_status", lang),
            word("criterion_status", row["criterion_status"], lang),
        ),
    ]
    rows += [
        (say(f"column.{name}", lang), str(row[name]))
        for name in ("found_on", "judged_by", "judged_on", "document")
    ]
    rows.append((say("column.status", lang), word("status", row["status"], lang)))
    rows += [
        (say(f"column.{name}", lang), str(row[name]))
        for name in ("measures", "responsible", "funds", "due", "plan", "finding_id", "id")
    ]
    return Fact(str(row["unit_name"]), say(f"standing.{row['standing']}", lang), _held(rows), [])


def _receptor_fact(row: Row, items: list[str], lang: Lang) -> Fact:
    rows: Rows = [
        (
            say("column.kind", lang),
            word("kind", row.get("kind"), lang) or word("role", row.get("role"), lang),
        )
    ]
    for name in ("households", "persons"):
        value = row.get(name, np.nan)
        if isinstance(value, (int, float)) and np.isfinite(value):
            rows.append((say(f"fact.{name}", lang), f"{value:.0f}"))
    rows += [
        (say("fact.receptor_class", lang), word("receptor_class", row.get("receptor_class"), lang)),
        (say("column.owner", lang), _text(row.get("owner"))),
        (say("fact.established", lang), _text(row.get("established"))),
        (say("fact.note", lang), _text(row.get("note"))),
        (say("column.ref", lang), _text(row.get("ref"))),
    ]
    return Fact(_text(row.get("name")) or _text(row.get("ref")), "", _held(rows), items)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
