"""What a reader sees of each candidate, and the lines that a terminal prints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from riskmap.claims import coverage_rows, finding_facts, rule_facts
from riskmap.readout import measured_words, required_words
from riskmap.site import SITE_VERDICTS
from riskmap.verdict import metres, printed_shortfall
from riskmap.words import code_word, kind_word, knows, say

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    import geopandas as gpd

    from riskmap.claims import CoverageRow, FindingFacts, RuleFacts
    from riskmap.site import SiteAnswer
    from riskmap.words import Lang

# Notes of many candidates name only the first ones.
_NAMED = 12
_COLUMNS = ("required", "measured", "short")
SITE_COUNTS = (
    "violations",
    "consents_missing",
    "undetermined",
    "too_near",
    "rules_asked",
    "unanswered",
)


@dataclass(frozen=True, slots=True)
class SiteView:
    """Hold what a reader sees of one candidate.

    Parameters
    ----------
    number : int
        Its place in the file.
    ref, name, kind : str
        Reference, name and kind.
    verdict, word : str
        Code and word.
    rule : RuleFacts or None
        The worst rule, None where nothing asks for anything.
    other, required, measured, short : str
        Other end of the worst pair and its numbers as printed.
    counts : tuple of int
        Pairs that violate, lack a consent, are undetermined, would come too near; rules that
        were asked, and that were not.
    notes : tuple of str
        What has to be said beside the verdict.
    findings, too_near : tuple of FindingFacts
        What asks for something, and what stood first.
    unanswered : int
        Which list of rules that were not asked, from 1; 0 for none.
    """

    number: int
    ref: str
    name: str
    kind: str
    verdict: str
    word: str
    rule: RuleFacts | None
    other: str
    required: str
    measured: str
    short: str
    counts: tuple[int, ...]
    notes: tuple[str, ...]
    findings: tuple[FindingFacts, ...]
    too_near: tuple[FindingFacts, ...]
    unanswered: int

    @property
    def has_details(self) -> bool:
        """Tell whether there is more to read than the list holds."""
        return bool(self.findings or self.too_near or self.verdict != "clear")


@dataclass(frozen=True, slots=True)
class OpenRules:
    """Hold one list of rules that were not asked.

    Parameters
    ----------
    rows : tuple of CoverageRow
        The rules and why.
    sites : int
        How many candidates it is about.
    """

    rows: tuple[CoverageRow, ...]
    sites: int


def verdict_word(verdict: str, lang: Lang) -> str:
    """Write the verdict of a candidate.

    Parameters
    ----------
    verdict : str
        Code of `riskmap.site.SITE_VERDICTS`.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Its word.
    """
    key = f"site.verdict.{verdict}"
    return say(key if knows(key) else f"verdict.{verdict}", lang)


def open_rules(answer: SiteAnswer, *, lang: Lang) -> tuple[list[OpenRules], dict[str, int]]:
    """Gather the rules that were not asked; candidates that share a list share it once.

    Parameters
    ----------
    answer : SiteAnswer
        The answer.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    tuple of (list of OpenRules, dict of str to int)
        The lists, and which of them (from 1) each candidate has.
    """
    rows = {row.rule_id: row for row in coverage_rows(answer.tray, lang=lang)}
    known: dict[tuple[str, ...], int] = {}
    of: dict[str, int] = {}
    for ref, group in answer.unanswered.groupby("ref", sort=False)["rule"]:
        of[str(ref)] = known.setdefault(tuple(map(str, group)), len(known) + 1)
    sites = pd.Series(list(of.values()), dtype=int).value_counts()
    lists = [
        OpenRules(tuple(rows[name] for name in rules), int(sites[number]))
        for rules, number in known.items()
    ]
    return lists, of


def site_views(answer: SiteAnswer, *, lang: Lang, with_findings: bool = True) -> list[SiteView]:
    """Write what a reader sees of every candidate.

    Parameters
    ----------
    answer : SiteAnswer
        The answer.
    lang : {'zh', 'en'}
        Language wanted.
    with_findings : bool, optional
        False leaves out the single findings, which a terminal does not print.

    Returns
    -------
    list of SiteView
        In the order of SITES.
    """
    asking: dict[str, list[FindingFacts]] = {}
    near: dict[str, list[FindingFacts]] = {}
    if with_findings:
        shown = pd.concat([answer.asking, answer.too_near])
        facts = finding_facts(replace(answer.tray, findings=shown), lang=lang)
        asking = _by_candidate(answer, answer.asking, facts, ("source", "target"))
        near = _by_candidate(answer, answer.too_near, facts, ("target",))
    _, lists = open_rules(answer, lang=lang)
    rules = {rule.id: rule_facts(rule, lang=lang) for rule in answer.tray.rulebook.rules}
    views = []
    for row in pd.DataFrame(answer.sites.drop(columns="geometry")).to_dict("records"):
        ref = str(row["ref"])
        required, measured, short = _numbers(row, lang)
        views.append(
            SiteView(
                number=int(row["number"]),
                ref=ref,
                name=str(row["name"]),
                kind=kind_word(row["kind"], row["role"], lang),
                verdict=str(row["verdict"]),
                word=verdict_word(str(row["verdict"]), lang),
                rule=rules.get(str(row["rule"])),
                other=str(row["other"]),
                required=required,
                measured=measured,
                short=short,
                counts=tuple(int(row[name]) for name in SITE_COUNTS),
                notes=tuple(_notes(row, lang)),
                findings=tuple(asking.get(ref, ())),
                too_near=tuple(near.get(ref, ())),
                unanswered=lists.get(ref, 0),
            )
        )
    return views


def _by_candidate(
    answer: SiteAnswer,
    findings: gpd.GeoDataFrame,
    facts: Mapping[str, FindingFacts],
    ends: Sequence[str],
) -> dict[str, list[FindingFacts]]:
    own = frozenset(answer.sites["ref"])
    found: dict[str, list[FindingFacts]] = {}
    for row in pd.DataFrame(findings[["finding_id", *ends]]).to_dict("records"):
        for end in ends:
            if row[end] in own:
                found.setdefault(str(row[end]), []).append(facts[str(row["finding_id"])])
    return found


def _numbers(row: Mapping[Hashable, object], lang: Lang) -> tuple[str, str, str]:
    if not row["finding_id"]:
        return "", "", ""
    form = str(row["form"])
    required_m, measured_m = float(str(row["required_m"])), float(str(row["measured_m"]))
    required = required_words(form, least_m=required_m, most_m=required_m, lang=lang)
    measured = measured_words(measured_m, required_m=required_m, form=form, lang=lang)
    short = ""
    if row["short_m"] == row["short_m"]:
        short = metres(printed_shortfall(measured_m, required_m=required_m))
    return required, measured, short


def _notes(row: Mapping[Hashable, object], lang: Lang) -> Iterator[str]:
    if row["place"] != "inside":
        yield say(f"site.note.{row['place']}", lang)
    if row["rules_asked"] == 0 and row["unanswered"] == 0:
        yield say("site.note.no_rule", lang, {"role": code_word("role", row["role"], lang)})
    elif row["rules_asked"] == 0:
        yield say("site.note.unchecked", lang)
    if row["missing"]:
        names = [code_word("field", name, lang) for name in str(row["missing"]).split(", ")]
        yield say("site.note.missing", lang, {"names": say("facts.comma", lang).join(names)})
    if row["guarded"]:
        yield say("site.note.guarded", lang, {"n": row["guarded"]})
    if row["unanswered"]:
        yield say(
            "site.note.asked", lang, {"asked": row["rules_asked"], "unanswered": row["unanswered"]}
        )


def verdict_counts(answer: SiteAnswer, *, lang: Lang) -> str:
    """Count the candidates by verdict, in words.

    Parameters
    ----------
    answer : SiteAnswer
        The answer.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        The worst first.
    """
    counts = answer.sites["verdict"].value_counts()
    parts = [
        say("site.part", lang, {"word": verdict_word(name, lang), "n": int(counts[name])})
        for name in SITE_VERDICTS
        if counts.get(name, 0)
    ]
    return say("facts.comma", lang).join(parts)


def list_answers(answer: SiteAnswer, *, lang: Lang) -> Iterator[str]:
    """Write one line a candidate, what has to be said beside it, and a line that sums up.

    Parameters
    ----------
    answer : SiteAnswer
        The answer.
    lang : {'zh', 'en'}
        Language wanted.

    Yields
    ------
    str
        Lines of text.
    """
    views = site_views(answer, lang=lang, with_findings=False)
    heads = [say("column.number", lang), say("site.short.name", lang), say("column.verdict", lang)]
    heads += [say("site.short.worst", lang), say("site.other", lang)]
    heads += [say(f"site.short.{name}", lang) for name in (*_COLUMNS, *SITE_COUNTS)]
    rows = [
        (
            str(view.number),
            view.name,
            view.word,
            f"{view.rule.title} ({view.rule.citation})" if view.rule else "",
            view.other,
            *(view.required, view.measured, view.short),
            *(str(count) for count in view.counts),
        )
        for view in views
    ]
    yield from _aligned([tuple(heads), *rows])
    noted: dict[str, list[str]] = {}
    for view in views:
        for note in view.notes:
            noted.setdefault(note, []).append(str(view.number))
    for note, numbers in noted.items():
        named = ", ".join(numbers[:_NAMED]) + (f" … {len(numbers)}" if numbers[_NAMED:] else "")
        yield say("cli.site_note", lang, {"note": note, "numbers": named})
    rejected = answer.candidates.counts.rejected
    if rejected:
        yield say("site.rejected", lang, {"n": rejected})
        for row, outcome, why in problem_rows(answer, lang=lang):
            yield f"  {say('column.row', lang)} {row}: {outcome}, {why}"
    unanswered = answer.unanswered["rule"].nunique()
    values = {"n": len(views), "parts": verdict_counts(answer, lang=lang), "unanswered": unanswered}
    yield say("cli.site_summary", lang, values)


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    # Chinese signs are two columns wide on a terminal.
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)


def problem_rows(answer: SiteAnswer, *, lang: Lang) -> list[tuple[int, str, str]]:
    """Write what is wrong in the candidates' file.

    Parameters
    ----------
    answer : SiteAnswer
        The answer.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    list of tuple of (int, str, str)
        Row of the file, outcome and why.
    """
    return [
        (
            problem.row,
            code_word("outcome", problem.outcome, lang),
            f"{problem.column}: {problem.value} {say(problem.reason, lang)}",
        )
        for problem in answer.candidates.problems
    ]
