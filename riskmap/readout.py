"""How required and measured distances read: a number, a range, inside an area or out of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from riskmap.contradictions import distances_of
from riskmap.verdict import AREA_FORMS, REASONS, metres, printed_distance
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
    if form in AREA_FORMS:
        key = "facts.outside_area" if form == "inside" else "facts.outside_contour"
        return say(key, lang)
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
    if form in AREA_FORMS and measured_m <= 0.0:
        return say("facts.inside_area", lang, {"m": printed.removeprefix("-")})
    return printed


def risk_words(risk_per_year: float) -> str:
    """Write an individual risk as people write it.

    Parameters
    ----------
    risk_per_year : float
        Individual risk [1/a].

    Returns
    -------
    str
        Such as ``3×10^-7``, empty for NaN. Raised digits are not in every font.

    Examples
    --------
    >>> risk_words(3e-7), risk_words(1.5e-05), risk_words(1e-6)
    ('3×10^-7', '1.5×10^-5', '1×10^-6')
    """
    if not math.isfinite(risk_per_year):
        return ""
    digits, power = f"{risk_per_year:.3e}".split("e")
    return f"{float(digits):g}×10^{int(power)}"


def limit_words(least: float, most: float) -> str:
    """Write the limit that a receptor may bear, or the range of those possible.

    Parameters
    ----------
    least, most : float
        Lowest and highest limit that is possible [1/a], NaN where none is held.

    Returns
    -------
    str
        One risk or two, empty when none is held.

    Examples
    --------
    >>> limit_words(3e-7, 1e-5)
    '3×10^-7–1×10^-5'
    """
    ends = dict.fromkeys(risk_words(end) for end in (least, most))
    return "–".join(end for end in ends if end)


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
    if entry.form == "flow":
        return say("facts.along_flow", lang, {"m": metres(stated[0])})
    if stated:
        return required_words("table", least_m=min(stated), most_m=max(stated), lang=lang)
    if entry.multiple is not None:
        column = code_word("field", entry.multiple.column, lang)
        return f"{metres(entry.multiple.times)} × {column}"
    if entry.limits:
        held = [limit.risk_per_year for limit in entry.limits]
        return say("facts.risk_unit", lang, {"limit": limit_words(min(held), max(held))})
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


def overhead_words(state: str, *, note: str, lang: Lang) -> str:
    """Say whether people live below a tailings pond, and why that is not known.

    Parameters
    ----------
    state : str
        ``overhead`` of UNITS.
    note : str
        ``overhead_note`` of UNITS.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Yes, no or undetermined with the reason; empty for any other unit.
    """
    words = code_word("overhead", state, lang)
    why = code_word("reason" if note in REASONS else "overhead_note", note, lang)
    return say("facts.noted", lang, {"text": words, "note": why}) if why else words
