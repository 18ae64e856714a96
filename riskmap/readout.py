"""How required and measured distances read: a number, a range, inside an area or out of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from riskmap.contradictions import distances_of
from riskmap.verdict import metres, printed_distance
from riskmap.words import code_word, say

if TYPE_CHECKING:
    from riskmap.articles import Amendment, Rule
    from riskmap.words import Lang


def required_words(form: str, *, least_m: float, most_m: float, lang: Lang) -> str:
    """Write what a finding's rule requires.

    Parameters
    ----------
    form : str
        Form of the rule (`clauses.Form`).
    least_m, most_m : float
        Smallest and largest distance that may be required [m], NaN when none is held.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Metres without a unit, a range of them, "outside the area", or empty.

    Examples
    --------
    >>> required_words("table", least_m=11.0, most_m=17.5, lang="en")
    '11–17.5'
    """
    if form == "inside":
        return say("facts.outside_area", lang)
    if not math.isfinite(most_m):
        return ""
    return metres(most_m) if least_m == most_m else f"{metres(least_m)}–{metres(most_m)}"


def measured_words(measured_m: float, *, required_m: float, form: str, lang: Lang) -> str:
    """Write what was measured.

    Parameters
    ----------
    measured_m : float
        Measured distance [m]; negative inside an area.
    required_m : float
        What the shortfall is counted from [m], NaN when there is none.
    form : str
        Form of the rule.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Metres without a unit, "inside, at least so deep" in an area.
    """
    printed = metres(printed_distance(measured_m, required_m=required_m))
    if form == "inside" and measured_m <= 0.0:
        return say("facts.inside_area", lang, {"m": printed.removeprefix("-")})
    return printed


def rule_demand(rule: Rule, *, lang: Lang) -> str:
    """Write what a rule requires, as its text says it.

    Parameters
    ----------
    rule : Rule
        The rule.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Metres or a range of them without a unit, the multiple of a column, where the
        number comes from; empty when there is none.
    """
    entry = rule.entry
    stated = distances_of(entry)
    if stated:
        return required_words("table", least_m=min(stated), most_m=max(stated), lang=lang)
    if entry.multiple is not None:
        column = code_word("field", entry.multiple.column, lang)
        return f"{metres(entry.multiple.times)} × {column}"
    key = {"report": "facts.by_report", "inside": "facts.outside_area"}.get(entry.form)
    return say(key, lang) if key else ""


def amendment_line(amendment: Amendment, *, lang: Lang) -> str:
    """Write what a local rulebook did to another rule.

    Parameters
    ----------
    amendment : Amendment
        What was done.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        One line: rule, what, who, when, file and reason.
    """
    done = say(f"amendment.{amendment.kind}", lang)
    who = say("facts.comma", lang).join(
        part for part in (amendment.by, amendment.on, amendment.file) if part
    )
    values = {"rule": amendment.rule, "done": done, "who": who}
    line = say("rules.amendment", lang, values)
    if amendment.reason is None:
        return line
    return say("facts.missing", lang, {"why": line, "names": amendment.reason.read(lang)})
