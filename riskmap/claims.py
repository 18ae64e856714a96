"""What a finding claims and what it rests on, in a reader's words: numbers, lines, clause."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from riskmap.crs import lonlat_from_plane
from riskmap.particulars import unit_index
from riskmap.readout import limit_words, measured_words, required_words, risk_words, rule_demand
from riskmap.verdict import AREA_FORMS, metres, printed_shortfall
from riskmap.words import code_word, kind_word, say

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import geopandas as gpd

    from riskmap.articles import Rule
    from riskmap.assessment import Assessment
    from riskmap.words import Lang

_SETTLED_BY_DOUBT = frozenset({"accuracy", "lower_bound", "upper_bound"})


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """Hold what a panel says of a rule.

    Parameters
    ----------
    title, nature, citation, quote, status, confidence, tag, note : str
        Words; `quote` says so when the wording is not held.
    quoted : bool
        Whether the wording is held.
    """

    title: str
    nature: str
    citation: str
    quote: str
    quoted: bool
    status: str
    confidence: str
    tag: str
    note: str


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Hold what one rule met, in words.

    Parameters
    ----------
    rule_id, status : str
        Codes.
    rule : RuleFacts
        The rule.
    required : str
        Metres, empty when there is none.
    word, why : str
        Whether it was answered, and why not.
    hazards, receptors, pairs, failed, undetermined, displaced : int
        Counts.
    """

    rule_id: str
    status: str
    rule: RuleFacts
    required: str
    word: str
    why: str
    hazards: int
    receptors: int
    pairs: int
    failed: int
    undetermined: int
    displaced: int


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """Hold what a page says of a finding.

    Parameters
    ----------
    id, source, target, rule, verdict, nature, reason : str
        Codes and references.
    belongs : tuple of str
        References of the unit and the park of the source.
    source_name, source_kind, unit_name, park_name, target_name, target_kind : str
        Names and kinds.
    required, measured, accuracy, short, settle : str
        Metres as printed, empty when there is none.
    bound, why, line_from, source_held, line_to, target_held, evidence, consent : str
        Words.
    headline : str
        Required, measured and short by, in one line.
    line : tuple of float
        Longitude and latitude of both ends, or of every vertex of a way along the flow
        [degrees].
    """

    id: str
    source: str
    target: str
    rule: str
    verdict: str
    nature: str
    reason: str
    belongs: tuple[str, ...]
    source_name: str
    source_kind: str
    unit_name: str
    park_name: str
    target_name: str
    target_kind: str
    required: str
    measured: str
    accuracy: str
    short: str
    settle: str
    bound: str
    why: str
    line_from: str
    source_held: str
    line_to: str
    target_held: str
    evidence: str
    consent: str
    headline: str
    line: tuple[float, ...]


def _floored(value: float) -> str:
    return metres(math.floor(round(value, 3) * 10.0) / 10.0) if math.isfinite(value) else ""


def rule_facts(rule: Rule, *, lang: Lang) -> RuleFacts:
    """Say what a rule is and where it stands.

    Parameters
    ----------
    rule : Rule
        The rule.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    RuleFacts
        Its words.
    """
    entry = rule.entry
    status = say(f"rule_status.{entry.status}", lang)
    if entry.status == "verified":
        status = f"{status} ({entry.verified_by}, {entry.verified_on})"
    return RuleFacts(
        title=entry.title.read(lang),
        nature=say(f"nature.{entry.nature}", lang),
        citation=rule.citation(lang),
        quote=entry.quote or say("table.no_quote", lang),
        quoted=entry.quote is not None,
        status=status,
        confidence=say(f"confidence.{entry.confidence}", lang),
        tag=say(f"tag.{entry.tag}", lang),
        note=entry.note.read(lang) if entry.note is not None else "",
    )


def headline(row: FindingNumbers, *, lang: Lang) -> str:
    """Write required, measured and short by in one line.

    Parameters
    ----------
    row : FindingNumbers
        Numbers as printed.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Such as ``要求 300 m / 图上 183 m ± 2 m / 差 117 m``.
    """
    parts = []
    if row.form == "inside":
        parts.append(say("facts.must_be_outside", lang))
    elif row.form == "risk" and row.required:
        parts.append(say("facts.risk_required", lang, {"limit": row.required}))
    elif row.required:
        key = "facts.zone" if row.nature == "consent" else "facts.required"
        parts.append(say(key, lang, {"m": row.required}))
    elif row.nature != "inventory":
        parts.append(say("facts.no_required", lang))
    measured = {"m": row.measured, "accuracy": row.accuracy}
    key = f"facts.measured_{row.bound}" if row.bound in {"lower", "upper"} else "facts.measured"
    if row.form == "inside":
        key = "facts.inside_measured" if row.is_inside else "facts.from_area"
    elif row.form == "flow":
        key = f"facts.flow_{row.way}"
    elif row.form == "risk":
        key = "facts.risk_inside" if row.is_inside else "facts.risk_outside"
        measured |= {"risk": row.risk, "m": row.depth}
    parts.append(say(key, lang, measured))
    if row.short:
        parts.append(say("facts.short", lang, {"m": row.short}))
    if row.nature == "consent" and row.verdict != "complies":
        held = {"number": row.consent}
        parts.append(
            say("facts.consent_held", lang, held) if row.consent else say("facts.no_consent", lang)
        )
    return " / ".join(parts)


@dataclass(frozen=True, slots=True)
class FindingNumbers:
    """Hold the numbers of a finding as they print.

    Parameters
    ----------
    required, measured, accuracy, short : str
        Metres, empty when there is none.
    bound, nature, verdict, consent, form : str
        Codes, and the consent's number.
    is_inside : bool
        Whether the source lies in an area that it must keep out of.
    way : str
        How a rule along the flow was measured: ``along`` the way, ``straight`` from the toe,
        or ``straight_pond`` where no toe is held.
    risk, depth : str
        Risk of the contour, and metres from it without a sign; empty without a contour.
    """

    required: str
    measured: str
    accuracy: str
    short: str
    bound: str
    nature: str
    verdict: str
    consent: str
    form: str
    is_inside: bool
    risk: str
    depth: str
    way: str = ""


def finding_facts(assessment: Assessment, *, lang: Lang) -> dict[str, FindingFacts]:
    """Say what is known of every finding.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    dict of str to FindingFacts
        Facts by finding id, in the order of FINDINGS.
    """
    table = assessment.findings
    units = unit_index(assessment)
    lines = _vertices(table)
    found: dict[str, FindingFacts] = {}
    for row, line in zip(pd.DataFrame(table).to_dict("records"), lines, strict=True):
        unit = units.get(str(row["source"]), {})
        found[str(row["finding_id"])] = _finding(row, unit, units, line, lang)
    return found


def _finding(
    row: Mapping[Hashable, object],
    unit: dict[str, str],
    units: dict[str, dict[str, str]],
    line: tuple[float, ...],
    lang: Lang,
) -> FindingFacts:
    def held(name: str) -> str:
        return str(row[name])

    def number(name: str) -> float:
        return float(str(row[name]))

    required_m, measured_m = number("required_m"), number("measured_m")
    form, short = held("form"), ""
    if math.isfinite(number("short_m")):
        short = metres(printed_shortfall(measured_m, required_m=required_m))
    numbers = FindingNumbers(
        required=limit_words(number("limit_least_per_year"), number("limit_most_per_year"))
        if form == "risk"
        else required_words(
            form,
            least_m=number("required_least_m"),
            most_m=number("required_most_m"),
            lang=lang,
        ),
        measured=measured_words(measured_m, required_m=required_m, form=form, lang=lang),
        accuracy=metres(number("accuracy_m")),
        short=short,
        bound=held("bound"),
        nature=held("nature"),
        verdict=held("verdict"),
        consent=held("consent_number"),
        form=form,
        is_inside=form in AREA_FORMS and measured_m <= 0.0,
        risk=risk_words(number("risk_per_year")),
        depth=metres(abs(measured_m)),
        way=_way(row) if form == "flow" else "",
    )
    settle = _floored(number("settle_m")) if row["reason"] in _SETTLED_BY_DOUBT else ""
    own_unit = units.get(unit.get("unit", ""), {})
    return FindingFacts(
        id=held("finding_id"),
        source=held("source"),
        target=held("target"),
        rule=held("rule"),
        verdict=numbers.verdict,
        nature=numbers.nature,
        reason=held("reason") if row["reason"] else "",
        belongs=tuple(dict.fromkeys(ref for ref in (unit.get("unit"), unit.get("park")) if ref)),
        source_name=held("source_name"),
        source_kind=kind_word(row["source_kind"], row["source_role"], lang),
        unit_name=own_unit.get("name", ""),
        park_name=unit.get("park_name", ""),
        target_name=held("target_name"),
        target_kind=kind_word(row["target_kind"], row["target_role"], lang),
        required=numbers.required,
        measured=numbers.measured,
        accuracy=numbers.accuracy,
        short=short,
        settle=say("facts.settle", lang, {"m": settle}) if settle else "",
        bound=code_word("bound", row["bound"], lang),
        why=_why(row, lang),
        line_from=code_word("line", row["line_from"], lang),
        source_held=code_word("line", row["source_held"], lang),
        line_to=code_word("line", row["line_to"], lang),
        target_held=code_word("line", row["target_held"], lang),
        evidence=held("evidence"),
        consent=numbers.consent,
        headline=headline(numbers, lang=lang),
        line=line,
    )


def _way(row: Mapping[Hashable, object]) -> str:
    if math.isfinite(float(str(row["high_m"]))):
        return "along"
    return "straight" if row["source_held"] == "dam_toe" else "straight_pond"


def _why(row: Mapping[Hashable, object], lang: Lang) -> str:
    why = code_word("reason", row["reason"], lang)
    off = metres(math.ceil(float(str(row["off_path_m"])) * 10.0) / 10.0) if _is_off(row) else ""
    if off:
        why = say("facts.off_path", lang, {"why": why, "m": off})
    missing = [name for name in str(row["missing"]).split(", ") if name]
    if why and missing:
        names = say("facts.comma", lang).join(code_word("field", name, lang) for name in missing)
        why = say("facts.missing", lang, {"why": why, "names": names})
    possible = [name for name in str(row["possible_classes"]).split(", ") if name]
    if why and possible:
        words = (code_word("receptor_class", name, lang) for name in possible)
        classes = say("facts.comma", lang).join(words)
        why = say("facts.possible", lang, {"why": why, "classes": classes})
    return why


def _is_off(row: Mapping[Hashable, object]) -> bool:
    off_m = float(str(row["off_path_m"]))
    return str(row["reason"]).startswith("flow_") and math.isfinite(off_m)


def _vertices(table: gpd.GeoDataFrame) -> list[tuple[float, ...]]:
    """Return longitude and latitude along every finding's line [degrees]."""
    if len(table) == 0:
        return []
    xy, row = shapely.get_coordinates(np.asarray(table.geometry.array), return_index=True)
    lonlat = np.round(lonlat_from_plane(xy), 6)
    parts = np.split(lonlat, np.flatnonzero(np.diff(row)) + 1)
    return [tuple(part.ravel().tolist()) for part in parts]


def coverage_rows(assessment: Assessment, *, lang: Lang) -> list[CoverageRow]:
    """Write what every rule met, or why it was not answered.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language.

    Returns
    -------
    list of CoverageRow
        One a rule, in the order of COVERAGE.
    """
    rows = []
    for row in assessment.coverage.to_dict("records"):
        rule = assessment.rulebook.rule(str(row["rule"]))
        rows.append(
            CoverageRow(
                rule_id=rule.id,
                status=str(row["status"]),
                rule=rule_facts(rule, lang=lang),
                required=rule_demand(rule, lang=lang),
                word=say(f"coverage.{row['status']}", lang),
                why=_why_silent(rule, str(row["status"]), str(row["missing_roles"]), lang),
                hazards=int(row["hazards"]),
                receptors=int(row["receptors"]),
                pairs=int(row["pairs"]),
                failed=int(row["failed"]),
                undetermined=int(row["undetermined"]),
                displaced=int(row["displaced"]),
            )
        )
    return rows


def _why_silent(rule: Rule, status: str, missing: str, lang: Lang) -> str:
    entry = rule.entry
    if status == "off" and entry.off_reason is not None:
        return entry.off_reason.read(lang)
    if status == "no_number" and entry.no_number is not None:
        return entry.no_number.read(lang)
    if status == "no_layer":
        roles = [code_word("role", role, lang) for role in missing.split(", ") if role]
        return say("facts.comma", lang).join(roles)
    if status == "not_in_force":
        return f"{rule.in_force} – {rule.repealed or ''}"
    if status == "superseded" and rule.superseder is not None:
        return rule.superseder.id
    return ""
