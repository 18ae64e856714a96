"""The pages beside the maps: review, survey, rules, data quality, index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskmap.content import build_content
from riskmap.facts import finding_fact, finding_sentence, records, three_numbers
from riskmap.listing import metres, summary_line
from riskmap.payload import lonlat_geometry, looks_of, map_payload
from riskmap.style import load_style
from riskmap.tiers import TIERS, tier_counts
from riskmap.verdict import VERDICTS, printed_distance, printed_shortfall
from riskmap.webmap import page_environment, page_words, put_on_page, read_template, render_map
from riskmap.words import Lang, say
from riskmap.workbook import counts_table, coverage_table, problems_printed, survey_table, word_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from riskmap.assessment import Assessment
    from riskmap.facts import Row
    from riskmap.rulebook import Rule
    from riskmap.style import Style

# Verdicts of the table beside the map; consent, open questions and lists have their own.
_REVIEWED = (
    "ban_violated",
    "standard_violated",
    "advisory_short",
    "undetermined",
    "not_bound",
    "complies",
)
_OPEN_REASONS = ("no_number", "no_report")
_SILENT = ("no_layer", "no_number", "off", "not_in_force")


@dataclass(frozen=True, slots=True)
class OutputLink:
    """Name one file of the output folder for the index.

    Parameters
    ----------
    group : str
        ``city``, ``influence``, ``unit`` (maps), ``page`` or ``table``.
    title : str
        Words of the link.
    href : str
        Path inside the folder.
    picture : str
        Path of a map's PNG, empty for others.
    note : str
        A remark beside the link.
    """

    group: str
    title: str
    href: str
    picture: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """Head one column of a printed table.

    Parameters
    ----------
    heading : str
        Its words.
    number : bool
        True for numbers.
    """

    heading: str
    number: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """Hold one printed table.

    Parameters
    ----------
    heading, caption, note : str
        Words above it.
    columns : tuple of Column
        Heads.
    rows : list of list of str
        Cells as they print.
    anchor : str
        Id on the page.
    """

    heading: str
    caption: str
    note: str
    columns: tuple[Column, ...]
    rows: list[list[str]]
    anchor: str = ""


def _grid(table: pd.DataFrame, *, heading: str, caption: str = "", note: str = "") -> Grid:
    columns = tuple(
        Column(str(name), pd.api.types.is_numeric_dtype(table[name])) for name in table.columns
    )
    rows = [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    return Grid(heading, caption or heading, note, columns, rows)


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    if isinstance(value, (float, np.floating)):
        return metres(float(value))
    return str(value)


def review_page(assessment: Assessment, *, lang: Lang, style: Style | None = None) -> str:
    """Write the review page: findings and map, linked both ways.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the page.
    style : Style, optional
        The look; the shipped one when not given.

    Returns
    -------
    str
        One offline HTML document.
    """
    look = style or load_style()
    content = build_content(assessment, theme="tier")
    payload = map_payload(content, assessment=assessment, lang=lang, style=look)
    lines = [name for name in ("check.ring", "verdict.") if name]
    payload["layers"] = [
        layer for layer in payload["layers"] if not layer["look"].startswith(tuple(lines))
    ]
    payload["legend"] = [
        entry for entry in payload["legend"] if not entry["look"].startswith(tuple(lines))
    ]
    findings = _reviewed(assessment)
    payload["findings"] = _lines(findings, lang)
    rules = {rule.id: rule for rule in assessment.rulebook.rules}
    for row in records(findings):
        fact = finding_fact(row, rule=rules[str(row["rule"])], lang=lang)
        payload["details"][str(row["finding_id"])] = {
            "title": fact.title,
            "headline": fact.headline,
            "rows": fact.rows,
            "items": [],
        }
    payload["words"]["shown"] = say("review.shown", lang, {"n": "{n}", "total": "{total}"})
    page = page_words(assessment, title=_title(assessment, "review", lang), lang=lang)
    drawn = put_on_page(
        content,
        template="review.html.j2",
        page=page,
        payload=payload,
        looks=looks_of(look, lang=lang),
        extras=_review_extras(assessment, findings, lang, look),
    )
    return render_map(drawn)


def _title(assessment: Assessment, page: str, lang: Lang) -> str:
    values = {"title": assessment.title.read(lang), "year": assessment.as_of.year}
    return say(f"title.{page}", lang, values)


def _reviewed(assessment: Assessment) -> pd.DataFrame:
    table = assessment.findings
    unanswered = table["reason"].isin(_OPEN_REASONS)
    chosen = table["verdict"].isin(_REVIEWED) & ~unanswered & (table["nature"] != "consent")
    units = assessment.units.set_index("ref")
    kept: pd.DataFrame = table[chosen].copy()
    kept["unit"] = kept["source"].map(units["unit"]).fillna("") if len(units) else ""
    kept["park"] = kept["source"].map(units["park"]).fillna("") if len(units) else ""
    numbered: pd.DataFrame = kept.reset_index(drop=True)
    return numbered


def _lines(findings: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    made = []
    for geometry, row in zip(lonlat_geometry(findings), records(findings), strict=True):
        made.append(
            {
                "id": str(row["finding_id"]),
                "verdict": str(row["verdict"]),
                "line": [[lat, lon] for lon, lat in geometry["coordinates"]],
                "label": three_numbers(row, lang=lang),
            }
        )
    return made


def _review_extras(
    assessment: Assessment, findings: pd.DataFrame, lang: Lang, style: Style
) -> dict[str, object]:
    counts = findings["verdict"].value_counts()
    names = assessment.units.set_index("ref")["name"]
    owners = sorted({*findings["unit"], *findings["park"]} - {""})
    rules = {rule.id: rule for rule in assessment.rulebook.rules}
    return {
        "review_css": read_template("review.css"),
        "review_js": read_template("review.js"),
        "chips": [
            {
                "code": code,
                "word": say(f"verdict.{code}", lang),
                "count": int(counts[code]),
                "colour": style.verdicts[code].line,
            }
            for code in VERDICTS
            if code in counts
        ],
        "units": [{"ref": ref, "name": names.get(ref, ref)} for ref in owners],
        "rules": [
            {"ref": name, "name": rules[name].entry.title.read(lang)}
            for name in sorted(set(findings["rule"]))
        ],
        "columns": [
            Column(say(f"review.column.{name}", lang), name in {"required", "measured", "short"})
            for name in _REVIEW_COLUMNS
        ],
        "rows": [_review_row(row, rules[str(row["rule"])], lang) for row in records(findings)],
        "review": {
            name: say(f"review.{name}", lang)
            for name in ("unit", "rule", "text", "all", "csv", "caption", "more")
        },
        "tables": _review_tables(assessment, lang),
    }


_REVIEW_COLUMNS = (
    "source",
    "target",
    "required",
    "measured",
    "short",
    "verdict",
    "nature",
    "clause",
)


def _review_row(row: Row, rule: Rule, lang: Lang) -> dict[str, object]:
    required, measured = float(row["required_m"]), float(row["measured_m"])
    short = float(row["short_m"])
    shown = printed_distance(measured, required_m=required)
    sign = {"lower": "≥ ", "upper": "≤ "}.get(str(row["bound"]), "")
    gap = printed_shortfall(measured, required_m=required) if np.isfinite(short) else None
    verdict = say(f"verdict.{row['verdict']}", lang)
    if row["reason"]:
        verdict += f"（{word_of('reason', row['reason'], lang)}）"
    cells = [
        {"text": row["source_name"], "value": row["source_name"]},
        {"text": row["target_name"], "value": row["target_name"]},
        {"text": _cell(required), "value": _cell(required), "look": "number"},
        {
            "text": f"{sign}{metres(shown)} ± {metres(float(row['accuracy_m']))}",
            "value": str(measured),
            "look": "number",
        },
        {
            "text": "" if gap is None else metres(gap),
            "value": "" if gap is None else str(gap),
            "look": "number bad",
        },
        {"text": verdict, "value": f"{VERDICTS.index(str(row['verdict']))}"},
        {"text": say(f"nature.{row['nature']}", lang), "value": row["nature"]},
        {"text": rule.citation(lang), "value": rule.id},
    ]
    text = " ".join(
        str(value)
        for value in (row["source_name"], row["target_name"], rule.citation(lang), rule.id, verdict)
    )
    return {
        "id": row["finding_id"],
        "verdict": row["verdict"],
        "unit": row["unit"],
        "park": row["park"],
        "rule": row["rule"],
        "text": text.lower(),
        "sentence": finding_sentence(row, lang=lang),
        "cells": [{"look": "", **cell} for cell in cells],
    }


def _review_tables(assessment: Assessment, lang: Lang) -> list[Grid]:
    table = assessment.findings
    rules = {rule.id: rule for rule in assessment.rulebook.rules}
    consents = table[(table["nature"] == "consent") & (table["verdict"] != "complies")]
    consent = pd.DataFrame(
        {
            say("column.source", lang): consents["source_name"],
            say("column.target", lang): consents["target_name"],
            say("review.zone", lang): consents["required_m"],
            say("column.measured_m", lang): np.floor(consents["measured_m"]),
            say("column.consent_number", lang): [
                number or say("fact.no_consent", lang) for number in consents["consent_number"]
            ],
            say("column.verdict", lang): [
                say(f"verdict.{code}", lang) for code in consents["verdict"]
            ],
            say("column.citation", lang): [rules[name].citation(lang) for name in consents["rule"]],
        }
    )
    open_ = table[table["reason"].isin(_OPEN_REASONS)]
    asked = pd.DataFrame(
        {
            say("column.source", lang): open_["source_name"],
            say("column.target", lang): open_["target_name"],
            say("column.measured_m", lang): np.floor(open_["measured_m"]),
            say("column.reason", lang): [say(f"reason.{code}", lang) for code in open_["reason"]],
            say("column.rule", lang): [
                rules[name].entry.title.read(lang) for name in open_["rule"]
            ],
            say("column.citation", lang): [rules[name].citation(lang) for name in open_["rule"]],
        }
    )
    listed = table[table["verdict"] == "inventory"]
    inventory = pd.DataFrame(
        {
            say("column.source", lang): listed["source_name"],
            say("column.target", lang): listed["target_name"],
            say("column.target_kind", lang): [
                word_of("kind", kind, lang) or word_of("role", role, lang)
                for kind, role in zip(listed["target_kind"], listed["target_role"], strict=True)
            ],
            say("column.measured_m", lang): np.floor(listed["measured_m"]),
            say("column.citation", lang): [rules[name].citation(lang) for name in listed["rule"]],
        }
    )
    silent = _silent_rules(assessment, lang)
    names = ("consent", "asked", "unanswered", "inventory")
    grids = []
    for name, frame in zip(names, (consent, asked, silent, inventory), strict=True):
        grid = _grid(
            frame,
            heading=say(f"review.{name}", lang, {"n": len(frame)}),
            note=say(f"review.{name}.note", lang),
        )
        grids.append(
            Grid(grid.heading, grid.caption, grid.note, grid.columns, grid.rows, anchor=name)
        )
    return grids


def _silent_rules(assessment: Assessment, lang: Lang) -> pd.DataFrame:
    silent = assessment.coverage["status"].isin(_SILENT).to_numpy()
    table = coverage_table(assessment, lang=lang)[silent]
    wanted = ("rule", "coverage", "why", "hazards", "receptors", "citation", "rule_id")
    chosen: pd.DataFrame = table[[say(f"column.{name}", lang) for name in wanted]]
    return chosen


def survey_page(assessment: Assessment, *, lang: Lang) -> str:
    """Write the survey table as a page for the printer.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the page.

    Returns
    -------
    str
        One offline HTML document.
    """
    table = survey_table(assessment, lang=lang)
    radius = metres(assessment.survey_radius_m)
    dropped = [say(f"column.{name}", lang) for name in ("ref", "worst_finding")]
    empty = [name for name in table.columns if table[name].isna().all()]
    grid = _grid(
        table.drop(columns=[*dropped, *empty], errors="ignore"),
        heading=_title(assessment, "survey", lang),
        note=say("survey.note", lang, {"radius": radius}),
    )
    notes = [say("survey.disposal", lang)]
    return _table_page(
        assessment, "survey", lang, notes=notes, tables=[grid], signatures=_signatures(lang)
    )


def _signatures(lang: Lang) -> list[str]:
    return [say(f"survey.sign.{name}", lang) for name in ("filled", "checked", "approved", "date")]


def rules_page(assessment: Assessment, *, lang: Lang) -> str:
    """Write the page that answers "what did you not check?".

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the page.

    Returns
    -------
    str
        One offline HTML document.
    """
    table = coverage_table(assessment, lang=lang)
    silent = assessment.coverage["status"].isin(["no_layer", "no_number"]).to_numpy()
    other = assessment.coverage["status"].isin(["off", "not_in_force", "no_rows"]).to_numpy()
    grids = [
        _grid(table[silent], heading=say("rules.silent", lang, {"n": int(silent.sum())})),
        _grid(
            table[~silent & ~other],
            heading=say("rules.ran", lang, {"n": int((~silent & ~other).sum())}),
        ),
        _grid(table[other], heading=say("rules.other", lang, {"n": int(other.sum())})),
    ]
    unverified = sum(rule.entry.status != "verified" for rule in assessment.rulebook.rules)
    notes = [say("rules.note", lang, {"n": unverified, "total": len(assessment.rulebook.rules)})]
    return _table_page(assessment, "rules", lang, notes=notes, tables=grids)


def quality_page(assessment: Assessment, *, lang: Lang) -> str:
    """Write what became of every row of every layer.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the page.

    Returns
    -------
    str
        One offline HTML document.
    """
    grids = [
        _grid(counts_table(assessment, lang=lang), heading=say("quality.layers", lang)),
        _grid(
            problems_printed(assessment, lang=lang),
            heading=say("quality.problems", lang, {"n": len(assessment.problems)}),
        ),
    ]
    notes = [say("quality.note", lang)]
    return _table_page(assessment, "quality", lang, notes=notes, tables=grids)


def _table_page(
    assessment: Assessment,
    name: str,
    lang: Lang,
    *,
    notes: list[str],
    tables: list[Grid],
    signatures: list[str] | None = None,
) -> str:
    page = page_words(assessment, title=_title(assessment, name, lang), lang=lang)
    template = page_environment().get_template("table.html.j2")
    return template.render(
        page=page,
        css=read_template("page.css"),
        notes=notes,
        tables=tables,
        signatures=signatures or [],
    )


def index_page(assessment: Assessment, *, lang: Lang, outputs: Sequence[OutputLink]) -> str:
    """Write the front page of a run.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the page.
    outputs : sequence of OutputLink
        What lies in the folder.

    Returns
    -------
    str
        One offline HTML document; its pictures are files of the same folder.
    """
    page = page_words(assessment, title=_title(assessment, "index", lang), lang=lang)
    template = page_environment().get_template("index.html.j2")
    maps = [
        {
            "heading": say(f"index.maps.{group}", lang),
            "cards": [link for link in outputs if link.group == group],
        }
        for group in ("city", "influence", "unit")
        if any(link.group == group for link in outputs)
    ]
    return template.render(
        page=page,
        css=read_template("page.css"),
        summary=summary_line(assessment, lang=lang),
        quality=_quality_line(assessment, lang),
        facts=_facts(assessment, lang),
        pages=[link for link in outputs if link.group in {"page", "table"}],
        maps=maps,
        open=_open_questions(assessment, lang),
        words={name: say(f"index.{name}", lang) for name in ("pages", "png", "open", "open_note")},
    )


def _quality_line(assessment: Assessment, lang: Lang) -> str:
    counts = assessment.counts[["rows_in", "used", "repaired", "rejected", "outside"]].sum()
    return say("index.quality", lang, {str(name): int(value) for name, value in counts.items()})


def _facts(assessment: Assessment, lang: Lang) -> list[dict[str, object]]:
    units = assessment.units
    city = tier_counts(units[units["scale"] == "city"]).set_index("tier")["count"]
    verdicts = assessment.pairs["verdict"].value_counts()
    standings = assessment.hidden_dangers["standing"].value_counts()
    return [
        {
            "heading": say("index.tiers", lang),
            "facts": [
                {"word": say(f"tier.{name}.long", lang), "count": int(city[name])} for name in TIERS
            ],
            "note": say("map.total_units", lang, {"n": int(city.sum())}),
        },
        {
            "heading": say("index.verdicts", lang),
            "facts": [
                {"word": say(f"verdict.{name}", lang), "count": int(verdicts[name])}
                for name in VERDICTS
                if name in verdicts
            ],
            "note": say("index.pairs", lang, {"n": len(assessment.pairs)}),
        },
        {
            "heading": say("index.dangers", lang),
            "facts": [
                {"word": say(f"standing.{name}", lang), "count": int(standings.get(name, 0))}
                for name in ("judged", "suspected")
            ],
            "note": "",
        },
    ]


def _open_questions(assessment: Assessment, lang: Lang) -> list[str]:
    silent = assessment.coverage["status"].isin(["no_layer", "no_number"]).to_numpy()
    table = coverage_table(assessment, lang=lang)[silent]
    names = [say(f"column.{name}", lang) for name in ("rule", "coverage", "why")]
    return [
        f"{rule} — {status}" + (f"：{why}" if why else "")
        for rule, status, why in table[names].itertuples(index=False)
    ]
