"""Say in words which scheme graded what, in which direction, and where a computed tier differs.

Legend, margin, panel, survey, listing and workbook take their words from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from riskmap.ladders import LETTERS
from riskmap.words import code_word, say

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from riskmap.assessment import Assessment
    from riskmap.schemes import Schemes
    from riskmap.words import Lang


# A sheet's margin has room for so many sentences.
MOST_NAMED = 3


def scheme_word(schemes: Schemes, scheme: object, *, lang: Lang) -> str:
    """Return the name of a scheme that an entry names by its id, else the entry's own text.

    Parameters
    ----------
    schemes : Schemes
        Tier schemes of the run.
    scheme : object
        Id of a scheme, free text, or a missing value.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        The name, empty when nothing is named.
    """
    if not isinstance(scheme, str) or not scheme:
        return ""
    held = schemes.find(scheme)
    return held.name(lang) if held is not None else scheme


def direction_words(directions: str, *, lang: Lang) -> str:
    """Say which end of scores and letters is the worst.

    Parameters
    ----------
    directions : str
        Codes with a space between them, as TIER_GRADES holds them.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Words, empty for no code.
    """
    words = [say(f"direction.{code}", lang) for code in directions.split()]
    return say("ratings.comma", lang).join(words)


def scheme_lines(assessment: Assessment, *, lang: Lang, unit: str = "") -> tuple[str, ...]:
    """Say which scheme the run names for what, and how many units go by another or differ.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language wanted.
    unit : str, optional
        Park, plant or mine whose sheet it is; empty for the whole run.

    Returns
    -------
    tuple of str
        One sentence a kind of unit that a scheme is named for, then one for the units whose
        computed tier differs from the adopted one; on the sheet of a unit the first of them
        by name.
    """
    units = assessment.units
    if not unit:
        return tuple(_lines(units, assessment.schemes, lang))
    own = (units["unit"] == unit) | (units["park"] == unit) | (units["ref"] == unit)
    words = conflicts(assessment, lang=lang)
    named = [
        say("ratings.differing_one", lang, {"name": name, "text": words[ref]})
        for ref, name in zip(units.loc[own, "ref"], units.loc[own, "name"], strict=True)
        if ref in words
    ]
    return (*_lines(units[own], assessment.schemes, lang), *named[:MOST_NAMED])


def _lines(units: pd.DataFrame, schemes: Schemes, lang: Lang) -> Iterator[str]:
    for role, scheme_id in schemes.used:
        rows = units[units["role"] == role]
        scheme = schemes.find(scheme_id)
        if rows.empty or scheme is None:
            continue
        parts = [scheme.name(lang)]
        parts += [say(f"direction.{code}", lang) for code in scheme.directions]
        if not scheme.gives_tiers:
            parts.append(say("ratings.no_colours", lang))
        others = int((rows["scheme_note"] == "other").sum())
        if others:
            parts.append(say("ratings.others", lang, {"n": others}))
        values = {
            "role": say(f"role.{role}", lang),
            "text": say("ratings.comma", lang).join(parts),
        }
        yield say("ratings.line", lang, values)
    differing = units[units["tier_conflict"] != ""]
    if not differing.empty:
        yield say("ratings.differing", lang, {"n": len(differing)})


def conflict_words(row: Mapping[str, object], *, schemes: Schemes, lang: Lang) -> str:
    """Say how the computed tier or letter of a unit differs from the adopted one.

    Parameters
    ----------
    row : mapping
        Row of UNITS.
    schemes : Schemes
        Tier schemes of the run.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        One sentence, empty when they do not differ.
    """
    conflict = str(row["tier_conflict"])
    if not conflict:
        return ""
    is_letter = conflict == "letter_differs"
    values = {
        "computed": row["computed_letter"]
        if is_letter
        else code_word("tier", row["computed_tier"], lang),
        "adopted": row["grade"] if is_letter else code_word("tier", row["tier"], lang),
        "scheme": scheme_word(schemes, row["computed_by"], lang=lang),
    }
    return say(f"tier_conflict.{conflict}.long", lang, values)


def conflicts(assessment: Assessment, *, lang: Lang) -> dict[str, str]:
    """Say of every unit how its computed tier differs from the adopted one.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    dict of str to str
        One sentence by reference, for the units that differ.
    """
    differing = assessment.units[assessment.units["tier_conflict"] != ""]
    rows = pd.DataFrame(differing.drop(columns="geometry")).to_dict("records")
    schemes = assessment.schemes
    return {
        str(row["ref"]): conflict_words(_named(row), schemes=schemes, lang=lang) for row in rows
    }


def _named(row: Mapping[Hashable, object]) -> dict[str, object]:
    return {str(name): value for name, value in row.items()}


def ratings_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write every computed tier, and every assessment that could not be graded, in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of the words; the headings stay codes.

    Returns
    -------
    pandas.DataFrame
        One row an assessment in the order of TIER_GRADES.
    """
    rows = [
        _written(_named(row), assessment.schemes, lang)
        for row in assessment.tier_grades.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=list(PRINTED))


PRINTED = (
    "unit_name",
    "ref",
    "role",
    "scheme",
    "direction",
    "computed_tier",
    "computed_letter",
    "computed_level",
    "terms",
    "vetoes",
    "adopted_tier",
    "adopted_letter",
    "agreement",
    "grade_reason",
    "asked",
    "scheme_note",
    "caveat",
    "state",
    "assessor",
    "assessed_on",
    "valid_until",
    "document",
    "rule_status",
    "confidence",
)


def _written(row: Mapping[str, object], schemes: Schemes, lang: Lang) -> dict[str, object]:
    scheme = schemes.find(str(row["scheme"]))
    entry = scheme.entry if scheme is not None else None
    off = entry.off_reason if entry is not None and row["reason"] == "scheme_off" else None
    silent = entry.registered.no_number if entry is not None and entry.registered else None
    reason = off or (silent if row["reason"] == "registered" else None)
    asked = [_asked(name, lang) for name in str(row["asked"]).split(", ") if name]
    caveat = entry.not_held if entry is not None and row["outcome"] == "graded" else None
    return {
        **row,
        "ref": row["unit"],
        "role": code_word("role", row["role"], lang),
        "scheme": scheme_word(schemes, row["scheme"], lang=lang),
        "direction": direction_words(str(row["direction"]), lang=lang),
        "computed_tier": code_word("tier", row["computed_tier"], lang),
        "vetoes": say("ratings.comma", lang).join(_vetoes(row, schemes, lang)),
        "adopted_tier": code_word("tier", row["adopted_tier"], lang),
        "agreement": code_word("agreement", row["agreement"], lang),
        "grade_reason": reason.read(lang) if reason else code_word("ungraded", row["reason"], lang),
        "asked": say("ratings.comma", lang).join(asked),
        "scheme_note": code_word("scheme_note", row["scheme_note"], lang),
        "caveat": caveat.read(lang) if caveat is not None else "",
        "state": code_word("entry_state", row["state"], lang),
        "rule_status": say(f"scheme_status.{entry.status}", lang) if entry is not None else "",
        "confidence": say(f"confidence.{entry.confidence}", lang) if entry is not None else "",
    }


def _asked(name: str, lang: Lang) -> str:
    word = code_word("field", name, lang)
    return name if word == name else say("ratings.asked", lang, {"word": word, "name": name})


def _vetoes(row: Mapping[str, object], schemes: Schemes, lang: Lang) -> Iterator[str]:
    scheme = schemes.find(str(row["scheme"]))
    if scheme is None or scheme.entry.ladder is None:
        return
    said = str(row["vetoes"]).split(", ")
    for veto in scheme.entry.ladder.veto:
        if veto.id in said:
            yield veto.title.read(lang)


def letter_words(letter: object, *, schemes: Schemes, role: str, lang: Lang) -> str:
    """Write an official letter with its direction, since A is the worst here and the best there.

    Parameters
    ----------
    letter : object
        The letter; missing gives an empty text.
    schemes : Schemes
        Tier schemes of the run.
    role : str
        Role of the unit.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Letter and direction, or the letter alone where the run names no scheme of letters.
    """
    if letter not in LETTERS:
        return str(letter) if isinstance(letter, str) else ""
    scheme = schemes.find(schemes.used_for(role))
    for code in scheme.directions if scheme is not None else ():
        if code.startswith("first_"):
            note = say(f"direction.{code}", lang)
            return say("facts.noted", lang, {"text": letter, "note": note})
    return str(letter)
