"""The law as an inspector reads it: every rule in a line, one rule whole, what a file does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from riskmap.clauses import Range
from riskmap.config import load_config
from riskmap.readout import amendment_line, rule_demand
from riskmap.rulebook import SHIPPED_BOOKS, read_rulebook_files, read_rulebooks, shipped_files
from riskmap.verdict import metres
from riskmap.words import code_word, kind_word, knows, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from riskmap.articles import Rule
    from riskmap.clauses import Selector, TableRow, Where
    from riskmap.rulebook import Rulebook
    from riskmap.words import Lang

STATES = (
    "on",
    "site_only",
    "unanswered",
    "off",
    "superseded",
    "not_in_force",
)


def rule_state(rule: Rule, *, as_of: date) -> str:
    """Tell what a rule can do on a day, whatever the layers.

    Parameters
    ----------
    rule : Rule
        The rule.
    as_of : datetime.date
        Assessment date.

    Returns
    -------
    str
        One of `STATES`: ``unanswered`` is on and in force, but holds no number.
    """
    if not rule.applies_on(as_of):
        return "not_in_force"
    if rule.is_superseded_on(as_of):
        return "superseded"
    if not rule.entry.on:
        return "off"
    if rule.entry.form == "unanswered":
        return "unanswered"
    return "site_only" if rule.entry.scope == "site" else "on"


def list_rules(book: Rulebook, *, as_of: date, lang: Lang) -> Iterator[str]:
    """Write every rule as one line, then what they count up to and what local books did.

    Parameters
    ----------
    book : Rulebook
        The law.
    as_of : datetime.date
        Assessment date.
    lang : {'zh', 'en'}
        Language wanted.

    Yields
    ------
    str
        Lines of text, columns kept apart by tabs.
    """
    counts = dict.fromkeys(STATES, 0)
    for rule in book.rules:
        entry, state = rule.entry, rule_state(rule, as_of=as_of)
        counts[state] += 1
        yield "\t".join(
            (
                rule.id,
                say(f"rule_state.{state}", lang),
                say(f"nature.{entry.nature}", lang),
                rule_demand(rule, lang=lang) or "–",
                entry.title.read(lang),
                rule.citation(lang),
                say(f"confidence.{entry.confidence}", lang),
                say(f"rule_status.{entry.status}", lang),
            )
        )
    parts = [
        say("rules.part", lang, {"word": say(f"rule_state.{state}", lang), "n": count})
        for state, count in counts.items()
        if count
    ]
    verified = sum(rule.entry.status == "verified" for rule in book.rules)
    values = {
        "n": len(book.rules),
        "as_of": as_of,
        "parts": say("facts.comma", lang).join(parts),
        "verified": verified,
    }
    yield say("rules.list_sum", lang, values)
    for amendment in book.amendments:
        yield amendment_line(amendment, lang=lang)


def open_books(project: Path | None) -> Rulebook:
    """Read the rulebooks of a project, or those that come with riskmap.

    Parameters
    ----------
    project : pathlib.Path or None
        Project folder or its ``project.toml``.

    Returns
    -------
    Rulebook
        The law.

    Raises
    ------
    ConfigError, RulebookError
        When the project or a rulebook cannot be used.
    """
    if project is None:
        return read_rulebooks(SHIPPED_BOOKS, folder=Path())
    config = load_config(project)
    return read_rulebooks(config.project.rulebooks, folder=config.folder)


def check_file(path: Path, *, lang: Lang) -> Iterator[str]:
    """Say whether a rulebook file can stand beside the shipped ones, and what it does.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lang : {'zh', 'en'}
        Language wanted.

    Yields
    ------
    str
        Lines of text.

    Raises
    ------
    RulebookError
        With everything that is wrong.
    """
    book = read_rulebook_files([*shipped_files(), path])
    mine = [amendment for amendment in book.amendments if amendment.file == path.name]
    own = [rule for rule in book.rules if not rule.is_shipped]
    known = {criterion.entry.id for criterion in read_rulebook_files(shipped_files()).criteria}
    added = [one for one in book.criteria if one.entry.id not in known]
    values = {
        "file": path.name,
        "rules": len(own),
        "criteria": len(added),
        "amendments": len(mine),
    }
    yield say("rules.file_good", lang, values)
    for amendment in mine:
        yield amendment_line(amendment, lang=lang)


def show_rule(rule: Rule, *, as_of: date, lang: Lang) -> Iterator[str]:
    """Write everything that the books say of one rule.

    Parameters
    ----------
    rule : Rule
        The rule.
    as_of : datetime.date
        Assessment date.
    lang : {'zh', 'en'}
        Language wanted.

    Yields
    ------
    str
        Lines of text: a name and what stands there.
    """
    for key, text in _particulars(rule, as_of=as_of, lang=lang):
        if text:
            yield say("rules.line", lang, {"name": say(f"rules.{key}", lang), "text": text})


def _particulars(rule: Rule, *, as_of: date, lang: Lang) -> Iterator[tuple[str, str]]:
    entry, instrument = rule.entry, rule.instrument
    yield "id", f"{rule.id}  {entry.title.read(lang)}"
    yield "state", say(f"rule_state.{rule_state(rule, as_of=as_of)}", lang)
    why = entry.off_reason if not entry.on else entry.no_number
    yield "why", why.read(lang) if why is not None else ""
    yield "citation", rule.citation(lang)
    ends = rule.repealed.isoformat() if rule.repealed is not None else "…"
    yield "in_force", f"{rule.in_force.isoformat()} – {ends}"
    yield "replaces", instrument.replaces
    yield "nature", say(f"nature.{entry.nature}", lang)
    yield "binds", say(f"binds.{entry.binds}", lang)
    yield "hazard", _selected(entry.hazard, lang)
    yield "receptor", _selected(entry.receptor, lang)
    yield from _asked(rule, lang)
    yield "displaces", ", ".join(entry.displaces)
    if entry.supersedes and entry.reason is not None:
        yield "supersedes", f"{entry.supersedes}：{entry.reason.read(lang)}"
    yield "quote", entry.quote or say("table.no_quote", lang)
    yield "read_at", instrument.read_at
    trust = (say(f"confidence.{entry.confidence}", lang), say(f"tag.{entry.tag}", lang))
    yield "trust", say("facts.comma", lang).join(trust)
    signed = f"（{entry.verified_by}，{entry.verified_on}）" if entry.verified_by else ""
    yield "status", say(f"rule_status.{entry.status}", lang) + signed
    yield "note", entry.note.read(lang) if entry.note is not None else ""
    yield "digest", f"{rule.digest}  {rule.file}"


def _asked(rule: Rule, lang: Lang) -> Iterator[tuple[str, str]]:
    entry = rule.entry
    yield "demand", rule_demand(rule, lang=lang)
    for row in entry.table or ():
        yield "row", _row(row, rule, lang)
    if entry.measure_from is not None:
        yield "measure_from", code_word("line", entry.measure_from, lang)
        yield "measure_to", code_word("line", entry.measure_to, lang)
        key = "enough" if entry.equality_complies else "not_enough"
        yield "equality", say(f"rules.{key}", lang)
    yield "search", metres(entry.search_m) if entry.search_m is not None else ""


def _row(row: TableRow, rule: Rule, lang: Lang) -> str:
    asked = [
        *_conditions(row.hazard, rule.entry.hazard.roles, lang),
        *_conditions(row.receptor, rule.entry.receptor.roles, lang),
    ]
    values = {"why": say("facts.comma", lang).join(asked), "names": f"{metres(row.distance_m)} m"}
    return say("facts.missing", lang, values)


def _selected(selector: Selector, lang: Lang) -> str:
    comma = say("facts.comma", lang)
    roles = comma.join(code_word("role", role, lang) for role in selector.roles)
    asked = list(_conditions(selector.where, selector.roles, lang))
    if not asked:
        return roles
    return say("facts.noted", lang, {"text": roles, "note": comma.join(asked)})


def _conditions(where: Where, roles: Sequence[str], lang: Lang) -> Iterator[str]:
    for column, wanted in where.items():
        field = code_word("field", column, lang)
        if isinstance(wanted, Range):
            yield f"{field} {range_words(wanted)}"
            continue
        words = [_word(column, word, roles, lang) for word in wanted]
        yield f"{field} = {' | '.join(words)}"


def _word(column: str, word: str, roles: Sequence[str], lang: Lang) -> str:
    if column == "kind":
        return kind_word(word, roles[0], lang)
    own = f"{column}.{word}"
    return say(own, lang) if knows(own) else code_word("yes_no", word, lang)


def range_words(wanted: Range) -> str:
    """Write a range as an inspector would.

    Parameters
    ----------
    wanted : Range
        The range.

    Returns
    -------
    str
        Such as ``> 5, ≤ 10``, or ``= 2``.

    Examples
    --------
    >>> range_words(Range(above=5, upto=10))
    '> 5, ≤ 10'
    """
    if wanted.since is not None and wanted.since == wanted.upto:
        return f"= {wanted.since:g}"
    signs = ((">", wanted.above), ("≥", wanted.since), ("≤", wanted.upto), ("<", wanted.below))
    return ", ".join(f"{sign} {bound:g}" for sign, bound in signs if bound is not None)
