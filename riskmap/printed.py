"""Tables as an office prints them: headings and codes in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskmap.words import code_word, say

if TYPE_CHECKING:
    import pandas as pd

    from riskmap.words import Lang


def headed(table: pd.DataFrame, *, lang: Lang) -> pd.DataFrame:
    """Head every column with its word.

    Parameters
    ----------
    table : pandas.DataFrame
        Table whose columns are keys of the words table below ``column.``.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    pandas.DataFrame
        The same rows.
    """
    return table.rename(columns={name: say(f"column.{name}", lang) for name in table.columns})


def worded(codes: pd.Series, *, family: str, lang: Lang) -> list[str]:
    """Write a column of codes in words.

    Parameters
    ----------
    codes : pandas.Series
        Codes of one family; a user's own stay as they are.
    family : str
        Family of codes, such as ``verdict``.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    list of str
        One a row.
    """
    return [code_word(family, code, lang) for code in codes]
