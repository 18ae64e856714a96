"""Everything known about a thing on a map, in words: for the panel of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from riskmap.content import DRAWN_VERDICTS
from riskmap.listing import metres
from riskmap.verdict import VERDICTS, printed_distance, printed_shortfall
from riskmap.words import Lang, knows, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from riskmap.assessment import Assessment
    from riskmap.content import MapContent
    from riskmap.rulebook import Rule

Rows = list[tuple[str, str]]

# Verdicts whose findings a unit lists in its panel.
_LISTED = (*DRAWN_VERDICTS, "undetermined")
_LONGEST_LIST = 20


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


def three_numbers(row: pd.Series, *, lang: Lang) -> str:
    """Write required, measured and short by: the label of a finding.

    Parameters
    ----------
    row : pandas.Series
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


def finding_sentence(row: pd.Series, *, lang: Lang) -> str:
    """Write a finding as one sentence for a list.

    Parameters
    ----------
    row : pandas.Series
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


def finding_fact(row: pd.Series, *, rule: Rule, lang: Lang) -> Fact:
    """Gather everything that is known about a finding.

    Parameters
    ----------
    row : pandas.Series
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


def _consent(row: pd.Series, lang: Lang) -> str:
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
    units = assessment.units.set_index("ref", drop=False)
    findings = assessment.findings
    order = {name: rank for rank, name in enumerate(VERDICTS)}
    listed = findings[findings["verdict"].isin(_LISTED)]
    listed = listed.assign(rank=listed["verdict"].map(order)).sort_values("rank", kind="stable")
    by_source = dict(iter(listed.groupby("source", sort=False)))
    by_target = dict(iter(listed.groupby("target", sort=False)))
    for ref, row in units.iterrows():
        sentences = _sentences(by_source.get(ref), lang)
        found[str(ref)] = _unit_fact(row, sentences, lang)
    for drawn in content.drawn:
        if drawn.look.startswith("verdict."):
            for _, row in drawn.features.iterrows():
                rule = assessment.rulebook.rule(str(row["rule"]))
                found[str(row["ref"])] = finding_fact(row, rule=rule, lang=lang)
        elif drawn.look in {"symbol.judged", "symbol.suspected"}:
            for _, row in drawn.features.iterrows():
                found[str(row["ref"])] = _danger_fact(row, lang)
        elif drawn.group == "receptor" or drawn.look.startswith(("base.road", "base.rail", "base.pipe", "base.bridge")):
            for _, row in _named(drawn.features, by_target):
                sentences = _sentences(by_target.get(row["ref"]), lang)
                found[str(row["ref"])] = _receptor_fact(row, sentences, lang)
    return found


def _named(
    features: pd.DataFrame, by_target: dict[object, pd.DataFrame]
) -> Iterable[tuple[object, pd.Series]]:
    # Thousands of nameless buildings need no panel, unless something was found about them.
    if len(features) <= 3000:
        return features.iterrows()
    wanted = features["ref"].isin(list(by_target)) | features["name"].notna()
    return features[wanted].iterrows()


def _sentences(rows: pd.DataFrame | None, lang: Lang) -> list[str]:
    if rows is None:
        return []
    made = [finding_sentence(row, lang=lang) for _, row in rows.head(_LONGEST_LIST).iterrows()]
    if len(rows) > _LONGEST_LIST:
        made.append(say("fact.more", lang, {"n": len(rows) - _LONGEST_LIST}))
    return made


def _unit_fact(row: pd.Series, items: list[str], lang: Lang) -> Fact:
    tier = word("tier", row["tier"], lang)
    note = word("tier_note", row["tier_note"], lang)
    grade = row["major_hazard_grade"]
    rows: Rows = [
        (say("column.kind", lang), word("kind", row["kind"], lang) or word("role", row["role"], lang)),
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


def _danger_fact(row: pd.Series, lang: Lang) -> Fact:
    rows: Rows = [
        (say("column.unit_name", lang), str(row["unit_name"])),
        (say("column.standing", lang), say(f"standing.{row['standing']}", lang)),
        (say("column.content", lang), str(row["content"])),
        (say("column.origin", lang), word("origin", row["origin"], lang)),
        (say("column.criterion", lang), str(row["criterion"])),
        (say("column.criterion_status", lang), word("criterion_status", row["criterion_status"], lang)),
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


def _receptor_fact(row: pd.Series, items: list[str], lang: Lang) -> Fact:
    rows: Rows = [
        (say("column.kind", lang), word("kind", row.get("kind"), lang) or word("role", row.get("role"), lang))
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
