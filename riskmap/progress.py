"""How long work reports what it is doing: a protocol that callers pass in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """Receive the steps of a long run."""

    def start(self, step: str, total: int) -> None:
        """Begin a step.

        Parameters
        ----------
        step : str
            Key of the words table that names the step.
        total : int
            Number of items in it, at least 1.
        """

    def advance(self, item: str) -> None:
        """Finish one item of the step.

        Parameters
        ----------
        item : str
            Name of the item that was finished.
        """


@dataclass(frozen=True, slots=True)
class Silent:
    """Say nothing: the progress of library calls."""

    def start(self, step: str, total: int) -> None:
        """Begin a step without a word.

        Parameters
        ----------
        step : str
            Key of the words table that names the step.
        total : int
            Number of items in it.
        """

    def advance(self, item: str) -> None:
        """Finish one item without a word.

        Parameters
        ----------
        item : str
            Name of the item that was finished.
        """
