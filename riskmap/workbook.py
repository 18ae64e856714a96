"""Tables as an office prints them: words instead of codes, as XLSX and for CSV."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from riskmap.dangerbook import criteria_table, dangers_table
from riskmap.gradebook import classes_table, grades_table, terms_table
from riskmap.printed import headed, worded
from riskmap.ratings import conflicts, ratings_table, scheme_word
from riskmap.readout import overhead_words, rule_demand
from riskmap.words import Lang, code_word, kind_word, say

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

    from riskmap.articles import Rule
    from riskmap.assessment import Assessment
    from riskmap.style import Style

_WIDEST = 46
# Excel refuses longer names and these characters.
_SHEET_NAME = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))


def findings_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write every finding in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a finding in the order of FINDINGS; distances [m] as numbers.
    """
    table = assessment.findings
    units = assessment.units.set_index("ref")
    rules = {rule.id: rule for rule in assessment.rulebook.rules}
    unit = table["source"].map(units["unit"]) if len(units) else table["source"]
    park = table["source"].map(units["park_name"]) if len(units) else table["source"]
    names = units["name"] if len(units) else pd.Series(dtype="str")
    made: dict[str, object] = {
        "number": np.arange(1, len(table) + 1),
        "finding_id": table["finding_id"],
        "source": table["source_name"],
        "source_ref": table["source"],
        "source_kind": _kinds(table, "source", lang),
        "unit": unit.map(names).astype("str").fillna(""),
        "park": park.astype("str").fillna(""),
        "target": table["target_name"],
        "target_ref": table["target"],
        "target_kind": _kinds(table, "target", lang),
        "rule": [rules[name].entry.title.read(lang) for name in table["rule"]],
        "nature": worded(table["nature"], family="nature", lang=lang),
        "required_m": table["required_m"],
        "required_least_m": table["required_least_m"],
        "required_most_m": table["required_most_m"],
        "measured_m": table["measured_m"],
        "accuracy_m": table["accuracy_m"],
        "straight_m": table["straight_m"],
        "off_path_m": table["off_path_m"],
        "short_m": table["short_m"],
        "verdict": worded(table["verdict"], family="verdict", lang=lang),
        "reason": [
            code_word("reason", reason, lang) + (f" ({missing})" if missing and reason else "")
            for reason, missing in zip(table["reason"], table["missing"], strict=True)
        ],
        "risk_per_year": table["risk_per_year"],
        "limit_least_per_year": table["limit_least_per_year"],
        "limit_most_per_year": table["limit_most_per_year"],
        "possible_classes": [
            say("facts.comma", lang).join(
                code_word("receptor_class", name, lang) for name in names.split(", ") if name
            )
            for names in table["possible_classes"]
        ],
        "settle_m": table["settle_m"],
        "line_from": worded(table["line_from"], family="line", lang=lang),
        "source_held": worded(table["source_held"], family="line", lang=lang),
        "line_to": worded(table["line_to"], family="line", lang=lang),
        "target_held": worded(table["target_held"], family="line", lang=lang),
        "bound": worded(table["bound"], family="bound", lang=lang),
        "citation": [rules[name].citation(lang) for name in table["rule"]],
        "evidence": table["evidence"],
        "consent_number": table["consent_number"],
        "rule_status": [
            say(f"rule_status.{rules[name].entry.status}", lang) for name in table["rule"]
        ],
        "confidence": [
            say(f"confidence.{rules[name].entry.confidence}", lang) for name in table["rule"]
        ],
        "rule_id": table["rule"],
    }
    return headed(pd.DataFrame(made), lang=lang)


def _kinds(table: pd.DataFrame, side: str, lang: Lang) -> list[str]:
    return [
        kind_word(kind, role, lang)
        for role, kind in zip(table[f"{side}_role"], table[f"{side}_kind"], strict=True)
    ]


def survey_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write the survey table in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a firm or unit in the order of SURVEY; distances [m] as numbers.
    """
    table = assessment.survey.copy()
    rules = {rule.id: rule for rule in assessment.rulebook.rules}
    outside = say("table.outside_parks", lang)
    table["kind"] = [
        kind_word(kind, role, lang) for role, kind in zip(table["role"], table["kind"], strict=True)
    ]
    table["park_name"] = [name or outside for name in table["park_name"]]
    table["built_up"] = worded(table["built_up"], family="yes_no", lang=lang)
    table["tier"] = worded(table["tier"], family="tier", lang=lang)
    differing = conflicts(assessment, lang=lang)
    table["tier_conflict"] = [differing.get(ref, "") for ref in table["ref"]]
    table["verdict"] = [
        code_word("verdict", verdict, lang) or say("verdict.none", lang)
        for verdict in table["verdict"]
    ]
    table["rule"] = [rules[name].citation(lang) if name in rules else "" for name in table["rule"]]
    return headed(table.drop(columns=["role"]), lang=lang)


def coverage_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write what every rule met, in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a rule.
    """
    table = assessment.coverage
    rules = [assessment.rulebook.rule(name) for name in table["rule"]]
    made = {
        "rule_id": table["rule"],
        "rule": [rule.entry.title.read(lang) for rule in rules],
        "nature": [say(f"nature.{rule.entry.nature}", lang) for rule in rules],
        "demand": [rule_demand(rule, lang=lang) for rule in rules],
        "coverage": worded(table["status"], family="coverage", lang=lang),
        "why": [
            _why(rule, status, missing, lang)
            for rule, status, missing in zip(
                rules, table["status"], table["missing_roles"], strict=True
            )
        ],
        "hazards": table["hazards"],
        "receptors": table["receptors"],
        "pairs": table["pairs"],
        "failed": table["failed"],
        "undetermined": table["undetermined"],
        "displaced": table["displaced"],
        "citation": [rule.citation(lang) for rule in rules],
        "quote": [rule.entry.quote or say("table.no_quote", lang) for rule in rules],
        "rule_status": [say(f"rule_status.{rule.entry.status}", lang) for rule in rules],
        "confidence": [say(f"confidence.{rule.entry.confidence}", lang) for rule in rules],
        "tag": [say(f"tag.{rule.entry.tag}", lang) for rule in rules],
    }
    return headed(pd.DataFrame(made), lang=lang)


def _why(rule: Rule, status: str, missing: str, lang: Lang) -> str:
    entry = rule.entry
    if status == "off" and entry.off_reason is not None:
        return entry.off_reason.read(lang)
    if status == "no_number" and entry.no_number is not None:
        return entry.no_number.read(lang)
    if status == "superseded" and rule.superseder is not None:
        return rule.superseder.id
    if status == "no_layer":
        return "、".join(code_word("role", role, lang) for role in missing.split(", "))
    if status == "not_in_force":
        ends = rule.repealed
        return f"{rule.in_force.isoformat()} – {ends.isoformat() if ends else ''}"
    return ""


def units_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write every assessment unit with its adopted tier, in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a unit.
    """
    table = pd.DataFrame(assessment.units.drop(columns=["geometry", "in_park", "unit", "park"]))
    outside = say("table.outside_parks", lang)
    table["kind"] = [
        kind_word(kind, role, lang) for role, kind in zip(table["role"], table["kind"], strict=True)
    ]
    table["park_name"] = [name or outside for name in table["park_name"]]
    table["scale"] = worded(table["scale"], family="scale", lang=lang)
    table["built_up"] = worded(table["built_up"], family="yes_no", lang=lang)
    table["tier"] = worded(table["tier"], family="tier", lang=lang)
    table["tier_note"] = worded(table["tier_note"], family="tier_note", lang=lang)
    table["overhead"] = [
        overhead_words(state, note=note, lang=lang)
        for state, note in zip(table["overhead"], table["overhead_note"], strict=True)
    ]
    table = table.drop(columns="overhead_note")
    table["scheme_note"] = worded(table["scheme_note"], family="scheme_note", lang=lang)
    table["computed_tier"] = worded(table["computed_tier"], family="tier", lang=lang)
    differing = conflicts(assessment, lang=lang)
    table["tier_conflict"] = [differing.get(ref, "") for ref in table["ref"]]
    for column in ("scheme", "computed_by"):
        schemes = assessment.schemes
        table[column] = [scheme_word(schemes, name, lang=lang) for name in table[column]]
    return headed(table.drop(columns=["role"]), lang=lang)


def tier_grades_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write every computed tier beside the adopted one, in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row an assessment.
    """
    return headed(ratings_table(assessment, lang=lang), lang=lang)


def counts_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write what became of the rows of every layer, with its source.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a layer.
    """
    table = assessment.counts.copy()
    specs = [layer.spec for layer in assessment.layers]
    table["role"] = worded(table["role"], family="role", lang=lang)
    table.insert(1, "title", [spec.title.read(lang) for spec in specs])
    table["datum"] = [spec.datum or "" for spec in specs]
    table["accuracy_m"] = [layer.accuracy_m for layer in assessment.layers]
    table["reference"] = [code_word("line", spec.reference, lang) for spec in specs]
    table["source_text"] = [spec.source.read(lang) for spec in specs]
    table["licence"] = [spec.licence for spec in specs]
    table["vintage"] = [spec.vintage for spec in specs]
    return headed(table, lang=lang)


def problems_printed(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write every problem of the data in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a problem.
    """
    table = assessment.problems.copy()
    table["reason"] = [say(key, lang) for key in table["reason"]]
    table["outcome"] = worded(table["outcome"], family="outcome", lang=lang)
    return headed(table, lang=lang)


def office_tables(assessment: Assessment, *, lang: Lang) -> dict[str, pd.DataFrame]:
    """Write every table that an office gets, in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    dict of str to pandas.DataFrame
        Tables by name: findings, survey, hidden_dangers, units, tier_grades, grades, stock_terms,
        classes, rules, line_protection, criteria, layers, problems.
    """
    lines = replace(assessment, findings=assessment.line_protection)
    return {
        "findings": findings_table(assessment, lang=lang),
        "survey": survey_table(assessment, lang=lang),
        "hidden_dangers": dangers_table(assessment, lang=lang),
        "units": units_table(assessment, lang=lang),
        "tier_grades": tier_grades_table(assessment, lang=lang),
        "grades": grades_table(assessment, lang=lang),
        "stock_terms": terms_table(assessment, lang=lang),
        "classes": classes_table(assessment, lang=lang),
        "rules": coverage_table(assessment, lang=lang),
        "criteria": criteria_table(assessment, lang=lang),
        "line_protection": findings_table(lines, lang=lang),
        "layers": counts_table(assessment, lang=lang),
        "problems": problems_printed(assessment, lang=lang),
    }


def write_workbook(
    tables: dict[str, pd.DataFrame], *, path: Path, lang: Lang, printed: date, style: Style
) -> None:
    """Write tables as one XLSX: frozen and filtered headings, numbers as numbers.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Tables by name, in words.
    path : pathlib.Path
        File to write.
    lang : {'zh', 'en'}
        Language of the sheet names.
    printed : datetime.date
        Date that the file carries, so that the same run writes the same bytes.
    style : Style
        Tier colours.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, table in tables.items():
        title = say(f"sheet.{name}", lang).translate(_SHEET_NAME)[:31]
        _fill(book.create_sheet(title), table, lang=lang, style=style)
    book.properties.creator = "riskmap"
    raw = io.BytesIO()
    book.save(raw)
    path.write_bytes(_fixed_clock(raw.getvalue(), printed))


def _fill(sheet: Worksheet, table: pd.DataFrame, *, lang: Lang, style: Style) -> None:
    fills = {
        say(f"tier.{name}", lang): (tier.solid[1:], tier.text[1:])
        for name, tier in style.tiers.items()
    }
    tier_heading = say("column.tier", lang)
    bold = Font(bold=True)
    for column, heading in enumerate(table.columns, start=1):
        cell = sheet.cell(1, column, str(heading))
        cell.font, cell.alignment = bold, Alignment(wrap_text=True, vertical="center")
        longest = max([_width(str(heading)), *(_width(str(v)) for v in table[heading].head(200))])
        sheet.column_dimensions[get_column_letter(column)].width = min(_WIDEST, longest + 2)
    for row, values in enumerate(table.itertuples(index=False), start=2):
        for column, value in enumerate(values, start=1):
            if value is None or (isinstance(value, float) and not np.isfinite(value)):
                continue
            spot = sheet.cell(row, column)
            _set(spot, value)
            if table.columns[column - 1] == tier_heading and value in fills:
                fill, ink = fills[str(value)]
                spot.fill = PatternFill("solid", fgColor=fill)
                spot.font = Font(color=ink)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions


def _set(cell: Cell | MergedCell, value: object) -> None:
    if isinstance(value, (bool, np.bool_)):
        cell.value = bool(value)
    elif isinstance(value, (int, np.integer)):
        cell.value = int(value)
    elif isinstance(value, (float, np.floating)):
        cell.value = float(value)
    else:
        cell.value = _printable(str(value))
        # A text that begins with = would otherwise be run as a formula.
        cell.data_type = "s"
        cell.number_format = "@"


def _printable(value: str) -> str:
    return "".join(sign for sign in value if sign in "\t\n" or ord(sign) >= 32)[:32_000]


def _width(value: str) -> int:
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in value)


def _fixed_clock(data: bytes, printed: date) -> bytes:
    """Write the archive again with one date, since openpyxl stamps the time of saving."""
    stamp = (printed.year, printed.month, printed.day, 0, 0, 0)
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _core_dates(content, printed)
            entry = zipfile.ZipInfo(name, date_time=stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return made.getvalue()


def _core_dates(content: bytes, printed: date) -> bytes:
    stamp = f"{printed.isoformat()}T00:00:00Z".encode()
    return re.sub(rb"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", stamp, content)
