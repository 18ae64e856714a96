"""The one table of everything riskmap shows a person, in Chinese and English.

The table lies in ``riskmap/wording/*.toml``; each file belongs to one room, and a key
stands once over all of them. ``words`` is the lowest room of the house, so that even an
error can say itself in the reader's language.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Lang = Literal["zh", "en"]

LANGS: tuple[Lang, ...] = ("zh", "en")

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Text:
    """Hold one text in both languages, as data files give it.

    Parameters
    ----------
    zh : str
        Chinese text.
    en : str
        English text.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    zh: str
    en: str

    def read(self, lang: Lang) -> str:
        """Return the text in one language.

        Parameters
        ----------
        lang : {'zh', 'en'}
            Language wanted.

        Returns
        -------
        str
            The text.
        """
        return self.zh if lang == "zh" else self.en


@cache
def _table() -> Mapping[str, Text]:
    table: dict[str, Text] = {}
    for source in sorted((Path(__file__).parent / "wording").glob("*.toml")):
        for key, entry in tomllib.loads(source.read_text("utf-8")).items():
            if key in table:
                raise LookupError(f"wording key stands twice: {key} ({source.name})")
            table[key] = Text(zh=entry["zh"], en=entry["en"])
    return MappingProxyType(table)


def keys() -> tuple[str, ...]:
    """List every key of the table.

    Returns
    -------
    tuple of str
        Sorted keys.
    """
    return tuple(sorted(_table()))


def knows(key: str) -> bool:
    """Tell whether the table holds a key.

    Parameters
    ----------
    key : str
        Dotted key.

    Returns
    -------
    bool
        True when the key stands in the table.
    """
    return key in _table()


def text(key: str) -> Text:
    """Return the entry of a key in both languages, placeholders unfilled.

    Parameters
    ----------
    key : str
        Dotted key.

    Returns
    -------
    Text
        The entry.

    Raises
    ------
    LookupError
        When the table does not hold the key: a defect of the program.
    """
    try:
        return _table()[key]
    except KeyError:
        raise LookupError(f"no wording for key {key!r}") from None


def say(key: str, lang: Lang, values: Mapping[str, object] | None = None) -> str:
    """Return the wording of a key in one language with its placeholders filled.

    Parameters
    ----------
    key : str
        Dotted key.
    lang : {'zh', 'en'}
        Language wanted.
    values : mapping of str to object, optional
        Values of the placeholders, written as they print.

    Returns
    -------
    str
        The text.

    Raises
    ------
    LookupError
        When the key, or a placeholder's value, is missing: a defect of the program.

    Examples
    --------
    >>> say("tier.red", "en")
    'Red'
    """
    template = text(key).read(lang)
    given = values or {}

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in given:
            raise LookupError(f"wording {key!r} wants a value for {name!r}")
        return str(given[name])

    return _PLACEHOLDER.sub(fill, template)


def as_lang(value: str) -> Lang:
    """Return a language code that is known to be one of the table's.

    Parameters
    ----------
    value : str
        Language code.

    Returns
    -------
    {'zh', 'en'}
        The same code.

    Raises
    ------
    ValueError
        When the code is neither.
    """
    if value not in LANGS:
        raise ValueError(f"language must be one of {LANGS}, not {value!r}")
    return value


def code_word(family: str, code: object, lang: Lang) -> str:
    """Return the word of a code, or the code itself when it is a user's own.

    Parameters
    ----------
    family : str
        Family of codes, such as ``verdict``.
    code : object
        The code; missing gives an empty word.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        The word.
    """
    if not isinstance(code, str) or not code:
        return ""
    key = f"{family}.{code}"
    return say(key, lang) if knows(key) else code


def kind_word(kind: object, role: object, lang: Lang) -> str:
    """Return the word of a kind, else of a role.

    Parameters
    ----------
    kind : object
        Code of the kind.
    role : object
        Code of the role.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        The word.
    """
    return code_word("kind", kind, lang) or code_word("role", role, lang)
