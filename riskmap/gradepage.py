"""The page of grades: how each source's S and R came about, and which classes are open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from riskmap.gradebook import asked_words, class_words, grade_words
from riskmap.grading import in_force_on
from riskmap.webmap import render_page
from riskmap.words import as_lang, code_word, kind_word, say

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    import pandas as pd

    from riskmap.assessment import Assessment
    from riskmap.clauses import Instrument
    from riskmap.grading import Cited
    from riskmap.words import Lang

# Names that a line of open classes shows; the CSV has every one.
_EXAMPLES = 6


@dataclass(frozen=True, slots=True)
class TermFacts:
    """Hold what the page says of one stock row.

    Parameters
    ----------
    substance, term, found, state, missing, note : str
        Name, ``q/Q × beta``, where it was found, whether it counts, what is asked for, and
        what is disputed about its row.
    is_counted : bool
        Whether it counts in full.
    """

    substance: str
    term: str
    found: str
    state: str
    missing: str
    note: str
    is_counted: bool


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """Hold what the page says of one unit.

    Parameters
    ----------
    name, plant, s, people, estimate, alpha, r, grades, declared : str
        As they print.
    standing, standing_word, missing : str
        How the grade stands to the declared one, and what would settle it.
    is_complete : bool
        Whether the count of people is complete.
    terms : tuple of TermFacts
        Its stock rows.
    """

    name: str
    plant: str
    s: str
    people: str
    estimate: str
    alpha: str
    r: str
    grades: str
    declared: str
    standing: str
    standing_word: str
    missing: str
    is_complete: bool
    terms: tuple[TermFacts, ...]


@dataclass(frozen=True, slots=True)
class OpenClass:
    """Hold receptors whose class is open in the same way.

    Parameters
    ----------
    kind, classes, missing, examples : str
        As they print.
    count : int
        How many.
    """

    kind: str
    classes: str
    missing: str
    examples: str
    count: int


def grades_page(assessment: Assessment, *, lang: Lang) -> str:
    """Write the page of grades and classes.

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
    lang = as_lang(lang)
    names = {"title": assessment.title.read(lang), "year": assessment.as_of.year}
    title = say("grades.title", lang, names)
    units = list(_units(assessment, lang))
    classes = assessment.graded.classes
    return render_page(
        "grades.html.j2",
        assessment,
        title=title,
        lang=lang,
        values={
            "lead": list(_lead(assessment, lang)),
            "units": units,
            "left_out": _left_out(assessment, lang),
            "classes_lead": _classes_lead(assessment, lang),
            "open_classes": list(_open_classes(classes, lang)),
            "conflicts": list(_conflicts(classes, lang)),
            "sources": list(_sources(assessment, lang)),
        },
    )


def _standard(instrument: Instrument, lang: Lang) -> str:
    title = instrument.title.read(lang)
    return (
        f"《{title}》（{instrument.number}）" if lang == "zh" else f"{title} ({instrument.number})"
    )


def _lead(assessment: Assessment, lang: Lang) -> Iterator[str]:
    hazards, grades = assessment.graded.gradings.hazards, assessment.graded.grades
    if hazards is None:
        yield say("grades.none", lang)
        return
    standard = _standard(hazards.instrument, lang)
    if not in_force_on(hazards.instrument, assessment.as_of):
        since = hazards.instrument.in_force.isoformat()
        values = {"standard": standard, "as_of": assessment.as_of.isoformat(), "since": since}
        yield say("grades.not_held", lang, values)
    else:
        counts = grades["grade_standing"].value_counts()
        yield say(
            "grades.lead",
            lang,
            {
                "standard": standard,
                "outward": f"{hazards.table_5.outward_m:g}",
                "n": len(grades),
                "agrees": int(counts.get("agrees", 0)),
                "conflict": int(counts.get("conflict", 0)),
                "open": int(counts.get("open", 0) + counts.get("undecided", 0)),
            },
        )
    declared = assessment.units.loc[assessment.units["major_hazard_grade"].notna(), "ref"]
    unproven = int((~declared.isin(grades["unit"])).sum())
    if unproven:
        yield say("grades.no_stock", lang, {"n": unproven})
    if grades.empty:
        yield say("grades.no_units", lang)
        return
    titles = {layer.spec.id: layer.spec.title.read(lang) for layer in assessment.layers}
    held = [name for name in str(grades["people_from"].iloc[0]).split(", ") if name]
    if held:
        names = say("facts.comma", lang).join(titles.get(name, name) for name in held)
        yield say("grades.people_from", lang, {"layers": names})
    else:
        yield say("grades.no_people", lang)


def _units(assessment: Assessment, lang: Lang) -> Iterator[UnitFacts]:
    terms: dict[str, list[TermFacts]] = {}
    for row in assessment.graded.terms.to_dict("records"):
        terms.setdefault(str(row["unit"]), []).append(_term(row, assessment, lang))
    rank = {"conflict": 0, "open": 1, "undecided": 1}
    rows = assessment.graded.grades.to_dict("records")
    for row in sorted(rows, key=lambda one: rank.get(str(one["grade_standing"]), 2)):
        declared = _number(row, "declared_grade")
        estimate = _number(row, "persons_estimate")
        people = _span(row, "persons", lang)
        low, high = _number(row, "persons_low"), _number(row, "persons_high")
        yield UnitFacts(
            name=str(row["name"]),
            plant="" if row["plant"] == row["unit"] else str(row["plant_name"]),
            s=_span(row, "s", lang),
            people=people,
            estimate=""
            if math.isnan(estimate) or low == high
            else say("grades.estimate", lang, {"n": f"{estimate:.0f}"}),
            alpha=_span(row, "alpha", lang),
            r=_span(row, "r", lang),
            grades=grade_words(str(row["grades"]), lang),
            declared="" if math.isnan(declared) else grade_words(f"{declared:.0f}", lang),
            standing=str(row["grade_standing"]),
            standing_word=code_word("grade_standing", row["grade_standing"], lang),
            missing=asked_words(str(row["missing"]), lang),
            is_complete=bool(row["people_complete"]),
            terms=tuple(terms.get(str(row["unit"]), ())),
        )


def _term(row: Mapping[Hashable, object], assessment: Assessment, lang: Lang) -> TermFacts:
    hazards = assessment.graded.gradings.hazards
    found_by, entry = str(row["found_by"]), str(row["entry"])
    note = ""
    if hazards is not None:
        told = {("table_1", str(one.number)): one.note for one in hazards.substance}
        told |= {("table_2", one.code): one.note for one in hazards.hazard_class}
        disputed = told.get((found_by, entry))
        note = "" if disputed is None else disputed.read(lang)
    return TermFacts(
        substance=str(row["substance"]) or str(row["cas"]),
        term=str(row["term"]),
        found=say(f"grades.{found_by}", lang, {"entry": entry}) if found_by else "",
        state=code_word("term_state", row["term_state"], lang),
        missing=asked_words(str(row["missing"]), lang),
        note=note,
        is_counted=row["term_state"] == "counted",
    )


def _number(row: Mapping[Hashable, object], name: str) -> float:
    return float(str(row[name]))


def _span(row: Mapping[Hashable, object], name: str, lang: Lang) -> str:
    low, high = _number(row, f"{name}_low"), _number(row, f"{name}_high")
    if math.isnan(low):
        return ""
    if low == high:
        return f"{low:.4g}"
    values = {"low": f"{low:.4g}", "high": f"{high:.4g}"}
    return say("grades.at_least" if math.isinf(high) else "grades.range", lang, values)


def _left_out(assessment: Assessment, lang: Lang) -> list[tuple[str, TermFacts]]:
    terms = assessment.graded.terms
    rows = terms[terms["term_state"] != "counted"].to_dict("records")
    return [(str(row["unit"]), _term(row, assessment, lang)) for row in rows]


def _classes_lead(assessment: Assessment, lang: Lang) -> str:
    receptors, classes = assessment.graded.gradings.receptors, assessment.graded.classes
    if receptors is None:
        return ""
    standard = _standard(receptors.instrument, lang)
    since = receptors.instrument.in_force.isoformat()
    if not in_force_on(receptors.instrument, assessment.as_of):
        values = {"standard": standard, "as_of": assessment.as_of.isoformat(), "since": since}
        return say("grades.classes_not_held", lang, values)
    declared = int((classes["basis"] == "declared").sum())
    open_ = int((classes["receptor_class"] == "").sum())
    return say(
        "grades.classes_lead",
        lang,
        {
            "standard": standard,
            "n": len(classes),
            "declared": declared,
            "computed": len(classes) - declared - open_,
            "open": open_,
            "conflict": int(classes["conflict"].sum()),
        },
    )


def _open_classes(classes: pd.DataFrame, lang: Lang) -> Iterator[OpenClass]:
    open_ = classes[(classes["receptor_class"] == "") & (classes["possible_classes"] != "")]
    keys = ["role", "kind", "possible_classes", "missing"]
    for (role, kind, possible, missing), rows in open_.groupby(keys, sort=True):
        names = list(rows["name"].head(_EXAMPLES))
        more = "…" if len(rows) > _EXAMPLES else ""
        yield OpenClass(
            kind=kind_word(kind, role, lang),
            classes=class_words(str(possible), lang),
            missing=asked_words(str(missing), lang),
            examples=say("facts.comma", lang).join(names) + more,
            count=len(rows),
        )


def _conflicts(classes: pd.DataFrame, lang: Lang) -> Iterator[tuple[str, str, str]]:
    for row in classes[classes["conflict"]].head(200).itertuples():
        declared = code_word("receptor_class", row.declared_class, lang)
        yield str(row.name), declared, class_words(str(row.possible_classes), lang)


def _sources(assessment: Assessment, lang: Lang) -> Iterator[tuple[str, str, str, str, str]]:
    gradings = assessment.graded.gradings
    rows: Sequence[tuple[Instrument, Cited]] = []
    if gradings.hazards is not None:
        book = gradings.hazards
        parts: list[Cited] = [book.threshold, book.mixtures, book.table_1, book.table_2]
        parts += [book.table_3, book.table_4, book.table_5, book.table_6]
        rows = [(book.instrument, part) for part in parts]
    if gradings.receptors is not None:
        law = gradings.receptors
        kinds = (law.one_object, *law.whole_kind, *law.ladder)
        rows = [*rows, *((law.instrument, part) for part in kinds)]
    for instrument, part in rows:
        title = getattr(part, "title", None) or part.note
        yield (
            f"{instrument.number} {part.clause}",
            title.read(lang) if title is not None else "",
            say("rule_status.unverified", lang),
            say(f"tag.{part.tag}", lang),
            say(f"confidence.{part.confidence}", lang),
        )
