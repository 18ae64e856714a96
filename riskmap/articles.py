"""Rules and criteria joined with the instrument that each stands in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from riskmap.provenance import digest_of

if TYPE_CHECKING:
    from datetime import date

    from riskmap.clauses import Cited, CriterionEntry, Instrument, RuleEntry
    from riskmap.words import Text

# What a signature is about is the text, not who signed it.
_NOT_SIGNED = {"status", "verified_by", "verified_on"}


@dataclass(frozen=True, slots=True)
class Article:
    """Join what a rulebook says with the instrument that it stands in.

    Parameters
    ----------
    entry : Cited
        What the file says.
    instrument : Instrument
        Where it stands.
    """

    entry: Cited
    instrument: Instrument

    @property
    def in_force(self) -> date:
        """Return the first day on which it applies."""
        return self.entry.in_force or self.instrument.in_force

    @property
    def repealed(self) -> date | None:
        """Return the first day on which it no longer applies, None while it lives."""
        ends = [end for end in (self.entry.repealed, self.instrument.repealed) if end is not None]
        return min(ends, default=None)

    def applies_on(self, day: date) -> bool:
        """Tell whether it is in force on a day.

        Parameters
        ----------
        day : datetime.date
            Assessment date.

        Returns
        -------
        bool
            True from the first day in force to the last before repeal.
        """
        return self.in_force <= day and (self.repealed is None or day < self.repealed)

    def citation(self, lang: Literal["zh", "en"]) -> str:
        """Write the citation for a reader.

        Parameters
        ----------
        lang : {'zh', 'en'}
            Language wanted.

        Returns
        -------
        str
            Instrument, number or edition, and clause.
        """
        return cite(self.instrument, self.entry.clause, lang=lang)


@dataclass(frozen=True, slots=True)
class Rule(Article):
    """Join a rule with its instrument.

    Parameters
    ----------
    entry : RuleEntry
        What the file says.
    instrument : Instrument
        Where it stands.
    file : str, optional
        Name of the file.
    is_shipped : bool, optional
        Whether the file came with riskmap.
    superseder : Rule, optional
        A local rule that takes its place while that one applies.
    """

    entry: RuleEntry
    file: str = ""
    is_shipped: bool = False
    superseder: Rule | None = None

    @property
    def id(self) -> str:
        """Return the rule's id."""
        return self.entry.id

    @property
    def digest(self) -> str:
        """Return twelve hexadecimal digits over what a person signs: rule and instrument."""
        return _digest(self.entry, self.instrument)

    def is_reviewed_on(self, day: date) -> bool:
        """Tell whether the hazard review asks the rule on a day.

        Parameters
        ----------
        day : datetime.date
            Assessment date.

        Returns
        -------
        bool
            True when it is on, in force, not superseded and not kept for siting questions.
        """
        alive = self.entry.on and self.applies_on(day) and not self.is_superseded_on(day)
        return alive and self.entry.scope == "review"

    def is_superseded_on(self, day: date) -> bool:
        """Tell whether a local rule takes its place on a day.

        Parameters
        ----------
        day : datetime.date
            Assessment date.

        Returns
        -------
        bool
            True while the superseding rule is on and in force.
        """
        other = self.superseder
        return other is not None and other.entry.on and other.applies_on(day)


@dataclass(frozen=True, slots=True)
class Criterion(Article):
    """Join a criterion with its instrument.

    Parameters
    ----------
    entry : CriterionEntry
        What the file says.
    instrument : Instrument
        Where it stands.
    """

    entry: CriterionEntry


@dataclass(frozen=True, slots=True)
class Amendment:
    """Say what a user's own rulebook did to another rule; it is printed with every run.

    Parameters
    ----------
    kind : {'superseded', 'filled', 'on', 'off', 'signed', 'stale_signature', 'displaced'}
        What was done.
    rule : str
        Id of the rule.
    file : str
        File that did it.
    by, on : str
        Who and when; empty when the file need not say.
    reason : Text or None
        Why.
    """

    kind: Literal["superseded", "filled", "on", "off", "signed", "stale_signature", "displaced"]
    rule: str
    file: str
    by: str = ""
    on: str = ""
    reason: Text | None = None


def cite(instrument: Instrument, clause: str, *, lang: Literal["zh", "en"]) -> str:
    """Write a citation for a reader.

    Parameters
    ----------
    instrument : Instrument
        Where it stands.
    clause : str
        Article, table or item.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        Instrument, number or edition, and clause.
    """
    edition = instrument.number or instrument.edition
    if lang == "zh":
        return f"《{instrument.title.zh}》（{edition}）{clause}"
    return f"{instrument.title.en} ({edition}), {clause}"


def _digest(entry: Cited, instrument: Instrument) -> str:
    parts = [
        json.dumps(model.model_dump(mode="json", exclude=_NOT_SIGNED), sort_keys=True)
        for model in (entry, instrument)
    ]
    return digest_of(parts)[:12]
