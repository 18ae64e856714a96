"""Tables of hidden dangers and of the criteria behind them, in a reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from riskmap.register import describe_dangers
from riskmap.roles import ROLES
from riskmap.words import code_word, say

if TYPE_CHECKING:
    from riskmap.assessment import Assessment
    from riskmap.words import Lang


def _words(values: pd.Series, prefix: str, lang: Lang) -> list[str]:
    return [code_word(prefix, value, lang) for value in values]


def _headed(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    return table.rename(columns={name: say(f"column.{name}", lang) for name in table.columns})


def dangers_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write every hidden danger in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a record.
    """
    table = pd.DataFrame(assessment.hidden_dangers.drop(columns="geometry"))
    table = describe_dangers(table, rulebook=assessment.rulebook, lang=lang)
    for column in ("standing", "origin", "criterion_status", "status"):
        table[column] = _words(table[column], column, lang)
    return _headed(table, lang)


def criteria_table(assessment: Assessment, *, lang: Lang) -> pd.DataFrame:
    """Write what every criterion of major hidden dangers met, in words.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    pandas.DataFrame
        One row a criterion, those that could not be asked too.
    """
    by_id = {one.entry.id: one for one in assessment.rulebook.criteria}
    table = assessment.criteria
    held = [by_id[name] for name in table["criterion"]]
    comma = say("facts.comma", lang)
    made = {
        "criterion": [one.citation(lang) for one in held],
        "content": [one.entry.title.read(lang) for one in held],
        "criterion_state": _words(table["status"], "criterion_state", lang),
        "why": [
            one.entry.no_text.read(lang)
            if one.entry.no_text is not None
            else comma.join(_field_or_role(name, lang) for name in missing.split(", ") if name)
            for one, missing in zip(held, table["missing"], strict=True)
        ],
        "units": table["units"],
        "suspected": table["suspected"],
        "open": table["open"],
        "rule_status": [say(f"rule_status.{one.entry.status}", lang) for one in held],
        "confidence": [say(f"confidence.{one.entry.confidence}", lang) for one in held],
        "tag": [say(f"tag.{one.entry.tag}", lang) for one in held],
        "criterion_id": table["criterion"],
    }
    return _headed(pd.DataFrame(made), lang)


def _field_or_role(name: str, lang: Lang) -> str:
    return code_word("role", name, lang) if name in ROLES else code_word("field", name, lang)
