"""Grades, their terms and the classes of receptors as an office prints them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from riskmap.printed import headed, worded
from riskmap.words import code_word, kind_word, say

if TYPE_CHECKING:
    import pandas as pd

    from riskmap.assessment import Assessment
    from riskmap.words import Lang


def grades_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write the grading of every unit in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a unit; an upper bound that nothing gives is empty.
    """
    table = assessment.graded.grades.drop(columns=["plant"])
    table = table.rename(columns={"unit": "ref"}).replace(math.inf, math.nan)
    table["people_complete"] = [_yes_no(value, lang) for value in table["people_complete"]]
    table["grades"] = [grade_words(value, lang) for value in table["grades"]]
    table["grade_standing"] = worded(table["grade_standing"], family="grade_standing", lang=lang)
    table["missing"] = [asked_words(value, lang) for value in table["missing"]]
    return headed(table, lang=lang)


def terms_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write what every stock row adds to S and R in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a stock row.
    """
    table = assessment.graded.terms.drop(columns=["entry_ref"])
    table = table.rename(columns={"unit": "ref"}).replace(math.inf, math.nan)
    table["found_by"] = worded(table["found_by"], family="found_by", lang=lang)
    table["term_state"] = worded(table["term_state"], family="term_state", lang=lang)
    table["missing"] = [asked_words(value, lang) for value in table["missing"]]
    return headed(table, lang=lang)


def classes_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write the class of every home, place and building in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a receptor.
    """
    table = assessment.graded.classes.copy()
    table["kind"] = [
        kind_word(kind, role, lang) for role, kind in zip(table["role"], table["kind"], strict=True)
    ]
    for column in ("declared_class", "receptor_class"):
        table[column] = worded(table[column], family="receptor_class", lang=lang)
    table["possible_classes"] = [class_words(value, lang) for value in table["possible_classes"]]
    table["basis"] = worded(table["basis"], family="basis", lang=lang)
    table["conflict"] = [_yes_no(value, lang) for value in table["conflict"]]
    table["missing"] = [asked_words(value, lang) for value in table["missing"]]
    return headed(table.drop(columns=["role"]), lang=lang)


def grade_words(grades: str, lang: Lang) -> str:
    """Write possible grades in words.

    Parameters
    ----------
    grades : str
        Codes such as ``3/4``.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Such as ``Grade 3 or Grade 4``.
    """
    return _joined(grades, "hazard_grade", lang)


def class_words(classes: str, lang: Lang) -> str:
    """Write possible classes of a receptor in words.

    Parameters
    ----------
    classes : str
        Codes joined by strokes.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        The classes.
    """
    return _joined(classes, "receptor_class", lang)


def _joined(codes: str, family: str, lang: Lang) -> str:
    words = [code_word(family, code, lang) for code in codes.split("/") if code]
    return say("grades.or", lang).join(words)


def asked_words(missing: str, lang: Lang) -> str:
    """Name the columns that are asked for, each with its name in the data.

    Parameters
    ----------
    missing : str
        Columns joined by commas.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Such as ``design maximum (quantity_t)``.
    """
    names = [name for name in missing.split(", ") if name]
    parts = [f"{code_word('asked', name, lang)} ({name})" for name in names]
    return say("facts.comma", lang).join(parts)


def _yes_no(value: object, lang: Lang) -> str:
    return say("yes_no.yes" if value else "yes_no.no", lang)
