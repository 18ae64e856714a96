"""The pages beside the maps: review, survey, rules, quality and the index of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from riskmap.assets import LEAFLET_CSS, LEAFLET_JS
from riskmap.claims import (
    FindingFacts,
    RuleFacts,
    coverage_rows,
    finding_facts,
    rule_facts,
)
from riskmap.content import build_content
from riskmap.dangerbook import criteria_table
from riskmap.lineside import look_beside_lines
from riskmap.packing import Packing, pack
from riskmap.ratings import conflicts, ratings_table, scheme_lines
from riskmap.readout import amendment_line, measured_words, required_words
from riskmap.register import SURVEYED_ROLES
from riskmap.roles import ROLES
from riskmap.style import load_style
from riskmap.tiers import tier_counts
from riskmap.verdict import VERDICTS, metres, printed_distance, printed_shortfall
from riskmap.webmap import render_page
from riskmap.words import code_word, kind_word, say

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from riskmap.assessment import Assessment
    from riskmap.style import Style
    from riskmap.words import Lang

_UNNUMBERED = frozenset({"no_number", "no_report"})
_SILENT = ("no_layer", "no_number", "off", "superseded", "site_only", "not_in_force")
# The review page draws its own lines and rings of none.
_NOT_ON_REVIEW = ("verdict.", "check.ring", "symbol.judged", "symbol.suspected")
_REVIEW_WORDS = ("webmap.", "detail.", "review.", "column.")


@dataclass(frozen=True, slots=True)
class OutputLink:
    """Name one output of a run for the index.

    Parameters
    ----------
    group : {'map', 'unit', 'page', 'data'}
        Where it is listed: city maps, maps of parks and firms, pages, or data files.
    title : str
        Its title in the language of the page.
    files : tuple of (str, str)
        Format and path relative to the index, such as ``("PNG", "maps/city-tier.png")``.
    picture : str
        Path of the PNG that stands for it, or empty.
    """

    group: Literal["map", "unit", "page", "data"]
    title: str
    files: tuple[tuple[str, str], ...]
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Offer one value of a filter.

    Parameters
    ----------
    value : str
        Code or reference.
    word : str
        What the reader sees.
    count : int
        How many rows have it.
    """

    value: str
    word: str
    count: int = 0


def review_page(assessment: Assessment, *, lang: Lang, style: Style | None = None) -> str:
    """Write the review page: findings in a table beside their map, linked both ways.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the page.
    style : Style, optional
        Colours; the shipped ones when not given.

    Returns
    -------
    str
        HTML that opens with no network.
    """
    facts = list(finding_facts(assessment, lang=lang).values())
    judged = [fact for fact in facts if fact.nature != "inventory"]
    numbered = [fact for fact in judged if fact.reason not in _UNNUMBERED]
    main = [fact for fact in numbered if fact.nature != "consent"]
    verdicts = [name for name in VERDICTS if any(fact.verdict == name for fact in main)]
    content = build_content(assessment, theme="tier")
    packing = Packing(
        assessment,
        content,
        style or load_style(),
        lang,
        left_out=_NOT_ON_REVIEW,
        words=_REVIEW_WORDS,
        targets=frozenset(fact.target for fact in judged),
    )
    return render_page(
        "review.html.j2",
        assessment,
        title=say("review.title", lang, _names(assessment, lang)),
        lang=lang,
        values={
            "main": main,
            "consents": [fact for fact in numbered if fact.nature == "consent"],
            "unnumbered": [fact for fact in judged if fact.reason in _UNNUMBERED],
            "silent": [
                row for row in coverage_rows(assessment, lang=lang) if row.status in _SILENT
            ],
            "inventories": len(facts) - len(judged),
            "rules": _rule_facts(assessment, lang),
            "verdicts": {name: say(f"verdict.{name}", lang) for name in VERDICTS},
            "chips": [
                Choice(
                    name, say(f"verdict.{name}", lang), sum(fact.verdict == name for fact in main)
                )
                for name in verdicts
            ],
            "unit_choices": _unit_choices(judged),
            "rule_choices": _rule_choices(judged, assessment, lang),
            "payload": pack(packing),
            "leaflet_css": LEAFLET_CSS,
            "leaflet_js": LEAFLET_JS,
        },
    )


def _names(assessment: Assessment, lang: Lang) -> dict[str, object]:
    return {"title": assessment.title.read(lang), "year": assessment.as_of.year}


def _rule_facts(assessment: Assessment, lang: Lang) -> dict[str, RuleFacts]:
    return {rule.id: rule_facts(rule, lang=lang) for rule in assessment.rulebook.rules}


def _unit_choices(facts: Sequence[FindingFacts]) -> list[Choice]:
    names: dict[str, str] = {}
    for fact in facts:
        if not fact.belongs:
            names[fact.source] = fact.source_name
        for ref, name in zip(fact.belongs, (fact.unit_name, fact.park_name), strict=False):
            names[ref] = name or ref
    return [Choice(ref, name) for ref, name in sorted(names.items(), key=lambda item: item[1])]


def _rule_choices(
    facts: Sequence[FindingFacts], assessment: Assessment, lang: Lang
) -> list[Choice]:
    ids = sorted({fact.rule for fact in facts})
    return [Choice(name, assessment.rulebook.rule(name).entry.title.read(lang)) for name in ids]


def rules_page(assessment: Assessment, *, lang: Lang) -> str:
    """Write the page of rules: which ran, and what was not checked and why.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the page.

    Returns
    -------
    str
        HTML that opens with no network.
    """
    rows = coverage_rows(assessment, lang=lang)
    groups = [
        (status, say(f"coverage.{status}", lang), [row for row in rows if row.status == status])
        for status in (*_SILENT[:2], "no_rows", *_SILENT[2:], "ran")
    ]
    parts = [
        say("rules.part", lang, {"word": word, "n": len(chosen)})
        for _, word, chosen in groups
        if chosen
    ]
    unverified = sum(rule.entry.status == "unverified" for rule in assessment.rulebook.rules)
    lead = {
        "n": len(rows),
        "parts": say("facts.comma", lang).join(parts),
        "unverified": unverified,
    }
    return render_page(
        "rules.html.j2",
        assessment,
        title=say("rules.title", lang, _names(assessment, lang)),
        lang=lang,
        values={
            "lead": say("rules.lead", lang, lead),
            "groups": [group for group in groups if group[2]],
            "unused": list(_unused_layers(assessment, lang)),
            "criteria": criteria_table(assessment, lang=lang),
            "lineside": look_beside_lines(assessment, lang=lang),
            "amendments": [
                amendment_line(one, lang=lang) for one in assessment.rulebook.amendments
            ],
        },
    )


def _unused_layers(assessment: Assessment, lang: Lang) -> Iterator[tuple[str, str, int]]:
    ran = set(assessment.coverage.loc[assessment.coverage["status"] == "ran", "rule"])
    rules = [rule.entry for rule in assessment.rulebook.rules if rule.id in ran]
    used = {role for rule in rules for role in (*rule.hazard.roles, *rule.receptor.roles)}
    for layer in assessment.layers:
        role = layer.spec.role
        if ROLES[role].parts & {"hazard", "receptor"} and role not in used:
            yield layer.spec.title.read(lang), code_word("role", role, lang), len(layer.features)


def survey_page(assessment: Assessment, *, lang: Lang) -> str:
    """Write the survey table: one row a firm or unit, compliant and unanswered ones too.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the page.

    Returns
    -------
    str
        HTML that opens with no network and prints in landscape.
    """
    held = {layer.spec.role for layer in assessment.layers}
    differing = conflicts(assessment, lang=lang)
    rows = [
        {
            **_survey_row(row, assessment, lang, held),
            "conflict_words": differing.get(str(row["ref"]), ""),
        }
        for row in assessment.survey.to_dict("records")
    ]
    radius = {"radius": metres(assessment.survey_radius_m)}
    return render_page(
        "survey.html.j2",
        assessment,
        title=say("survey.title", lang, _names(assessment, lang)),
        lang=lang,
        values={
            "rows": rows,
            "lead": say("survey.lead", lang, radius),
            "classes": [say(f"role.{role}", lang) for role in SURVEYED_ROLES],
            "schemes": scheme_lines(assessment, lang=lang),
            "grades": ratings_table(assessment, lang=lang).to_dict("records"),
        },
    )


def _survey_row(
    row: Mapping[Hashable, object], assessment: Assessment, lang: Lang, held: set[str]
) -> dict[Hashable, object]:
    def number(name: str) -> float:
        return float(str(row[name]))

    nearest = []
    for role in SURVEYED_ROLES:
        distance_m = number(f"{role}_m")
        if role not in held:
            nearest.append(("", say("survey.no_layer", lang)))
        elif math.isnan(distance_m):
            nearest.append(("", "—"))
        else:
            printed = printed_distance(distance_m, required_m=float("nan"))
            nearest.append((str(row[f"nearest_{role}"]), metres(printed)))
    required_m, measured_m = number("required_m"), number("measured_m")
    has_finding = not math.isnan(measured_m)
    short = ""
    if not math.isnan(number("short_m")):
        short = metres(printed_shortfall(measured_m, required_m=required_m))
    rule = str(row["rule"])
    form = assessment.rulebook.rule(rule).entry.form if rule else ""
    return {
        **row,
        "kind_word": kind_word(row["kind"], row["role"], lang),
        "park_word": row["park_name"] or say("table.outside_parks", lang),
        "built_up_word": code_word("yes_no", row["built_up"], lang),
        "tier_word": say(f"tier.{row['tier']}", lang),
        "nearest": nearest,
        "verdict_word": say(f"verdict.{row['verdict'] or 'none'}", lang),
        "citation": assessment.rulebook.rule(rule).citation(lang) if rule else "",
        "required": _required(required_m, form, lang),
        "measured": measured_words(measured_m, required_m=required_m, form=form, lang=lang)
        if has_finding
        else "",
        "short": short,
    }


def _required(required_m: float, form: str, lang: Lang) -> str:
    return required_words(form, least_m=required_m, most_m=required_m, lang=lang)


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
        HTML that opens with no network.
    """
    problems = [
        {
            **row,
            "reason": say(str(row["reason"]), lang),
            "outcome": code_word("outcome", row["outcome"], lang),
        }
        for row in assessment.problems.to_dict("records")
    ]
    layers = [
        {
            "spec": layer.spec,
            "title": layer.spec.title.read(lang),
            "role": code_word("role", layer.spec.role, lang),
            "counts": layer.counts,
            "line": code_word("line", layer.spec.reference, lang),
            "accuracy": metres(layer.accuracy_m),
            "source": layer.spec.source.read(lang),
        }
        for layer in assessment.layers
    ]
    return render_page(
        "quality.html.j2",
        assessment,
        title=say("quality.title", lang, _names(assessment, lang)),
        lang=lang,
        values={
            "lead": say("quality.lead", lang, dict(_row_sums(assessment))),
            "layers": layers,
            "sums": _row_sums(assessment),
            "problems": problems,
        },
    )


def _row_sums(assessment: Assessment) -> dict[str, int]:
    names = ("rows_in", "used", "repaired", "rejected", "outside", "not_of_layer")
    return {name: int(assessment.counts[name].sum()) for name in names}


def index_page(assessment: Assessment, *, lang: Lang, outputs: Sequence[OutputLink]) -> str:
    """Write the index of a run: what was done, what came out, what was not assessed.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the page.
    outputs : sequence of OutputLink
        Every file of the run that a reader opens, in order.

    Returns
    -------
    str
        HTML; its pictures and links are files beside it.
    """
    groups = [
        (name, say(f"index.group.{name}", lang), [link for link in outputs if link.group == name])
        for name in ("map", "unit", "page", "data")
    ]
    return render_page(
        "index.html.j2",
        assessment,
        title=say("index.title", lang, _names(assessment, lang)),
        lang=lang,
        values={
            "run": _run_line(assessment, lang),
            "groups": [group for group in groups if group[2]],
            "tiers": _tier_lines(assessment, lang),
            "schemes": scheme_lines(assessment, lang=lang),
            "verdicts": _verdict_lines(assessment, lang),
            "dangers": _danger_lines(assessment, lang),
            "open_lines": list(_open_lines(assessment, lang)),
            "quality": say(
                "index.quality_line",
                lang,
                {**_row_sums(assessment), "problems": len(assessment.problems)},
            ),
        },
    )


def _run_line(assessment: Assessment, lang: Lang) -> str:
    return say(
        "index.run_line",
        lang,
        {
            "as_of": assessment.as_of,
            "until": assessment.marks.data_until,
            "layers": len(assessment.layers),
            "rules": len(assessment.coverage),
            "ran": int((assessment.coverage["status"] == "ran").sum()),
            "units": len(assessment.units),
            "findings": int((assessment.findings["verdict"] != "inventory").sum()),
        },
    )


def _tier_lines(assessment: Assessment, lang: Lang) -> list[tuple[str, str, int]]:
    city = assessment.units[assessment.units["scale"] == "city"]
    counts = tier_counts(city)
    return [
        (tier, say(f"tier.{tier}.long", lang), count)
        for tier, count in zip(counts["tier"], counts["count"], strict=True)
    ]


def _verdict_lines(assessment: Assessment, lang: Lang) -> list[tuple[str, str, int, int]]:
    findings = assessment.findings["verdict"].value_counts()
    pairs = assessment.pairs["verdict"].value_counts()
    return [
        (
            name,
            say(f"verdict.{name}", lang),
            int(findings.get(name, 0)),
            int(pairs.get(name, 0)),
        )
        for name in VERDICTS[:-1]
    ]


def _danger_lines(assessment: Assessment, lang: Lang) -> list[tuple[str, int]]:
    counts = assessment.hidden_dangers["standing"].value_counts()
    return [
        (say(f"standing.{name}", lang), int(counts.get(name, 0)))
        for name in ("judged", "suspected")
    ]


def _open_lines(assessment: Assessment, lang: Lang) -> Iterator[str]:
    city = assessment.units[assessment.units["scale"] == "city"]
    yield say("index.open_units", lang, {"n": int((city["tier"] == "unassessed").sum())})
    open_ = int((assessment.findings["verdict"] == "undetermined").sum())
    yield say("index.open_findings", lang, {"n": open_})
    counts = assessment.coverage["status"].value_counts()
    for status in _SILENT:
        number = int(counts.get(status, 0))
        if number:
            word = say(f"coverage.{status}", lang)
            yield say("index.open_rules", lang, {"word": word, "n": number})
