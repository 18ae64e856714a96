"""What a user's own rulebook does to other rules: fill, switch, supersede, sign.

Nothing is done in silence: every amendment is kept and printed with the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from riskmap.articles import Amendment
from riskmap.clauses import RuleEntry
from riskmap.contradictions import overlapping_rows
from riskmap.errors import Complaint, complain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from riskmap.articles import Rule
    from riskmap.clauses import BookFile


@dataclass(frozen=True, slots=True)
class Amended:
    """Hold the rules after every amendment.

    Parameters
    ----------
    rules : tuple of Rule
        The rules.
    amendments : tuple of Amendment
        What was done, in the order of the files.
    complaints : tuple of Complaint
        What could not be done.
    """

    rules: tuple[Rule, ...]
    amendments: tuple[Amendment, ...]
    complaints: tuple[Complaint, ...]


def amend(rules: Sequence[Rule], *, files: Iterable[tuple[str, BookFile]]) -> Amended:
    """Fill, switch, supersede and sign rules as the files say.

    Parameters
    ----------
    rules : sequence of Rule
        Rules of every file.
    files : iterable of (str, BookFile)
        Files with their names.

    Returns
    -------
    Amended
        New rules, what was done and what could not be.
    """
    work = _Work({rule.id: rule for rule in rules}, [], [])
    held = list(files)
    for name, book in held:
        work.fill(name, book)
    for name, book in held:
        work.switch(name, book)
    # Last: what is signed is the rule as it runs.
    for name, book in held:
        work.sign(name, book)
    work.supersede()
    # An id that stands twice stays twice, to be refused as such.
    last = {rule.id: index for index, rule in enumerate(rules)}
    amended = [
        work.by_id[rule.id] if last[rule.id] == index else rule for index, rule in enumerate(rules)
    ]
    return Amended(tuple(amended), tuple(work.done), tuple(work.complaints))


@dataclass(frozen=True, slots=True)
class _Work:
    by_id: dict[str, Rule]
    done: list[Amendment]
    complaints: list[Complaint]

    def _named(self, rule_id: str, file: str) -> Rule | None:
        rule = self.by_id.get(rule_id)
        if rule is None:
            self.complaints.append(complain("error.rule_unknown", {"id": file, "named": rule_id}))
        return rule

    def fill(self, file: str, book: BookFile) -> None:
        for one in book.fill:
            rule = self._named(one.rule, file)
            if rule is None:
                continue
            if rule.entry.table != ():
                values: dict[str, object] = {"file": file, "id": one.rule}
                self.complaints.append(complain("error.table_not_empty", values))
                continue
            # The rows are checked against the columns of the rule's own roles.
            held = rule.entry.model_dump(by_alias=True)
            held["table"] = [row.model_dump(by_alias=True, exclude_none=True) for row in one.rows]
            held["no_number"] = None
            try:
                entry = RuleEntry.model_validate(_plain(held))
            except ValidationError as error:
                reason = error.errors()[0]["msg"].removeprefix("Value error, ")
                values = {"file": file, "key": f"fill {one.rule}", "reason": reason}
                self.complaints.append(complain("error.bad_value", values))
                continue
            clashes = overlapping_rows(entry)
            if clashes:
                first, second = clashes[0]
                values = {"file": file, "id": one.rule, "first": first, "second": second}
                self.complaints.append(complain("error.table_overlap", values))
                continue
            self.by_id[rule.id] = replace(rule, entry=entry)
            who, day = f"{one.filled_by}（{one.source}）", one.filled_on.isoformat()
            self.done.append(Amendment("filled", rule.id, file, who, day))

    def switch(self, file: str, book: BookFile) -> None:
        for one in book.switch:
            rule = self._named(one.rule, file)
            if rule is None:
                continue
            change: dict[str, object] = {"on": one.on, "off_reason": None if one.on else one.reason}
            self.by_id[rule.id] = replace(rule, entry=rule.entry.model_copy(update=change))
            day = one.date.isoformat()
            self.done.append(
                Amendment("on" if one.on else "off", rule.id, file, one.by, day, one.reason)
            )

    def sign(self, file: str, book: BookFile) -> None:
        for one in book.signature:
            rule = self._named(one.rule, file)
            if rule is None:
                continue
            day = one.date.isoformat()
            if one.digest != rule.digest:
                self.done.append(Amendment("stale_signature", rule.id, file, one.by, day))
                continue
            signed = {"status": "verified", "verified_by": one.by, "verified_on": one.date}
            self.by_id[rule.id] = replace(rule, entry=rule.entry.model_copy(update=signed))
            self.done.append(Amendment("signed", rule.id, file, one.by, day))

    def supersede(self) -> None:
        for rule in list(self.by_id.values()):
            named = self.by_id.get(rule.entry.supersedes or "")
            if named is not None:
                self.by_id[named.id] = replace(named, superseder=rule)
                self.done.append(
                    Amendment("superseded", named.id, rule.file, rule.id, reason=rule.entry.reason)
                )
            for name in rule.entry.displaces:
                shipped = self.by_id.get(name)
                if shipped is not None and shipped.is_shipped and not rule.is_shipped:
                    self.done.append(Amendment("displaced", name, rule.file, rule.id))


def _plain(value: object) -> object:
    """Leave out what is not said, so that the shapes read it as a file would give it."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
