"""Tables of hidden dangers and of the criteria behind them, in a reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from riskmap.printed import headed, worded
from riskmap.register import describe_dangers
from riskmap.roles import ROLES
from riskmap.words import code_word, say

if TYPE_CHECKING:
    from riskmap.assessment import Assessment
    from riskmap.words import Lang


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
        table[column] = worded(table[column], family=column, lang=lang)
    return headed(table, lang=lang)


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
        "criterion_state": worded(table["status"], family="criterion_state", lang=lang),
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
    return headed(pd.DataFrame(made), lang=lang)


def _field_or_role(name: str, lang: Lang) -> str:
    return code_word("role", name, lang) if name in ROLES else code_word("field", name, lang)
