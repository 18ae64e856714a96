"""Every error that riskmap raises on purpose.

* RiskmapError

  - ConfigError: the command line, ``project.toml`` or ``catalog.toml`` (exit 2)
  - DataError: a layer's file, columns, datum or geometry (exit 3)
  - RulebookError: a rulebook that may not be used (exit 4)
  - OutputError: an output folder or file that cannot be written (exit 5)
  - EngineError: a cluster that is not there or was lost (exit 5)

An error carries complaints, all that were found and not only the first. A complaint is a
key of the words table with its values: it says what is wrong, where (file, layer, row or
key) and what to do, in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from riskmap.words import knows, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from riskmap.words import Lang


@dataclass(frozen=True, slots=True)
class Complaint:
    """State one thing that is wrong.

    Parameters
    ----------
    key : str
        Key of the words table.
    values : tuple of (str, str)
        Values for the placeholders of that wording; ``@`` before a key of the words table
        stands for its wording in the reader's language.
    """

    key: str
    values: tuple[tuple[str, str], ...] = ()

    def read(self, lang: Lang) -> str:
        """Return the sentence in one language.

        Parameters
        ----------
        lang : {'zh', 'en'}
            Language wanted.

        Returns
        -------
        str
            One sentence.
        """
        values = {name: _in_words(value, lang) for name, value in self.values}
        return say(self.key, lang, values)


def _in_words(value: str, lang: Lang) -> str:
    return say(value[1:], lang) if value[:1] == "@" and knows(value[1:]) else value


def complain(key: str, values: dict[str, object] | None = None) -> Complaint:
    """Make a complaint from a key and its values.

    Parameters
    ----------
    key : str
        Key of the words table.
    values : dict, optional
        Values for the placeholders, turned into text here.

    Returns
    -------
    Complaint
        The complaint.
    """
    return Complaint(key, tuple((name, str(value)) for name, value in (values or {}).items()))


class RiskmapError(Exception):
    """Carry one or more complaints to the door.

    Parameters
    ----------
    complaints : iterable of Complaint
        What is wrong, at least one.
    """

    exit_code: ClassVar[int] = 5

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        self.complaints: tuple[Complaint, ...] = tuple(complaints)
        if not self.complaints:
            raise ValueError("an error needs at least one complaint")
        super().__init__("\n".join(self.read("en")))

    def __reduce__(self) -> tuple[type[RiskmapError], tuple[tuple[Complaint, ...]]]:
        # An error of a worker travels as its complaints, not as the sentences made of them.
        return type(self), (self.complaints,)

    def read(self, lang: Lang) -> tuple[str, ...]:
        """Return every complaint as a sentence.

        Parameters
        ----------
        lang : {'zh', 'en'}
            Language wanted.

        Returns
        -------
        tuple of str
            One sentence a complaint.
        """
        return tuple(complaint.read(lang) for complaint in self.complaints)


class ConfigError(RiskmapError):
    """Say what is wrong with the command line, a project or a catalog."""

    exit_code: ClassVar[int] = 2


class DataError(RiskmapError):
    """Say what is wrong with a layer's file, columns, datum or geometry."""

    exit_code: ClassVar[int] = 3


class RulebookError(RiskmapError):
    """Say why a rulebook may not be used."""

    exit_code: ClassVar[int] = 4


class OutputError(RiskmapError):
    """Say why an output folder or file cannot be written."""

    exit_code: ClassVar[int] = 5


class EngineError(RiskmapError):
    """Say why a cluster could not work."""

    exit_code: ClassVar[int] = 5
