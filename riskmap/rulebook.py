"""Read the law: one TOML file an instrument, every rule dated and cited.

A rule without a citation, with an unknown key or with a value that contradicts another
does not load; nothing is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from riskmap.catalog import complaints_of, read_toml
from riskmap.errors import Complaint, ConfigError, RulebookError, complain
from riskmap.provenance import digest_of
from riskmap.roles import LINES, ROLES, columns_of
from riskmap.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(\.[a-z0-9_]+)+$")]
Nature = Literal["ban", "standard", "consent", "inventory", "advisory"]
Tag = Literal["seen", "part", "memory"]
Confidence = Literal["high", "medium", "low"]

NATURES: tuple[Nature, ...] = ("ban", "standard", "consent", "advisory", "inventory")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Range(_Strict):
    """Bound a number: above and below exclude it, since and upto include it.

    Notes
    -----
    At least one bound; the key ``from`` is read into `since`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    above: float | None = None
    since: float | None = Field(default=None, alias="from")
    upto: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _bound_something(self) -> Self:
        if all(bound is None for bound in (self.above, self.since, self.upto, self.below)):
            raise ValueError("a range needs above, from, upto or below")
        return self


class Selector(_Strict):
    """Pick rows by role and by what their columns say.

    Notes
    -----
    `roles` lists roles; `where` gives for a column the values allowed, or a `Range`.
    """

    roles: tuple[str, ...] = Field(min_length=1)
    where: dict[str, tuple[str, ...] | Range] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _speak_the_vocabulary(self) -> Self:
        for role in self.roles:
            if role not in ROLES:
                raise ValueError(f"unknown role {role!r}")
            known = columns_of(role)
            for column, wanted in self.where.items():
                if column not in known:
                    raise ValueError(f"role {role} has no column {column!r}")
                words = known[column].words
                if words and not isinstance(wanted, Range):
                    strange = [word for word in wanted if word not in words]
                    if strange:
                        raise ValueError(f"{role}.{column} cannot be {', '.join(strange)}")
                if (known[column].type == "number") != isinstance(wanted, Range):
                    raise ValueError(f"{role}.{column}: a number takes a range, a word a list")
        return self


class Instrument(_Strict):
    """Identify the law, regulation, standard or notice that a file holds.

    Notes
    -----
    `in_force` is the first day it applies and `repealed` the first day it no longer does;
    `read_at` says where its wording was read, empty when it was not.
    """

    id: RuleId
    kind: Literal["law", "regulation", "ministry_order", "standard", "notice", "screening"]
    title: Text
    number: str = ""
    edition: str
    in_force: date
    repealed: date | None = None
    replaces: str = ""
    read_at: str = ""


class _Cited(_Strict):
    clause: str = Field(min_length=1)
    tag: Tag
    confidence: Confidence
    quote: str | None = None
    status: Literal["unverified", "verified"] = "unverified"
    verified_by: str | None = None
    verified_on: date | None = None
    in_force: date | None = None
    repealed: date | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _be_signed(self) -> Self:
        if self.status == "verified" and not (self.verified_by and self.verified_on):
            raise ValueError("a verified rule names verified_by and verified_on")
        return self


class RuleEntry(_Cited):
    """Hold one ``[[rule]]`` table as it is written.

    Notes
    -----
    `distance_m` [m], or `distance_from`, or `no_number`, or (inventory) `search_m` alone.
    """

    id: RuleId
    title: Text
    nature: Nature
    binds: Literal["any", "new"] = "any"
    on: bool = True
    off_reason: Text | None = None
    hazard: Selector
    receptor: Selector
    distance_m: float | None = Field(default=None, gt=0.0, le=60_000.0)
    distance_from: Literal["safety_report"] | None = None
    no_number: Text | None = None
    search_m: float | None = Field(default=None, gt=0.0, le=60_000.0)
    measure_from: str | None = None
    measure_to: str | None = None
    equality_complies: bool = True
    exclude_same_owner: bool = False
    displaces: tuple[RuleId, ...] = ()

    @model_validator(mode="after")
    def _be_whole(self) -> Self:
        given = [self.distance_m, self.distance_from, self.no_number]
        held = sum(value is not None for value in given)
        if held > 1 or (held == 0 and not (self.nature == "inventory" and self.search_m)):
            raise ValueError("exactly one of distance_m, distance_from and no_number")
        if self.distance_from is not None and self.search_m is None:
            raise ValueError("distance_from needs search_m")
        if not self.on and self.off_reason is None:
            raise ValueError("a rule that is off needs off_reason")
        measured = self.distance_m is not None or self.distance_from is not None
        for key in ("measure_from", "measure_to"):
            line = getattr(self, key)
            if (line is None and measured) or (line is not None and line not in LINES):
                raise ValueError(f"{key} must be one of: {', '.join(LINES)}")
        return self


class CriterionEntry(_Cited):
    """Hold one ``[[criterion]]`` table: a kind of major hidden danger.

    Notes
    -----
    Failing one of `rules`, for a unit whose columns are as `unit_where` says, makes a
    suspected record; never more.
    """

    id: RuleId
    item: str
    title: Text
    rules: tuple[RuleId, ...] = ()
    unit_where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    no_text: Text | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Join a rule with the instrument that it stands in.

    Parameters
    ----------
    entry : RuleEntry
        What the file says.
    instrument : Instrument
        Where it stands.
    """

    entry: RuleEntry
    instrument: Instrument

    @property
    def id(self) -> str:
        """Return the rule's id."""
        return self.entry.id

    def applies_on(self, day: date) -> bool:
        """Tell whether the rule is in force on a day.

        Parameters
        ----------
        day : datetime.date
            Assessment date.

        Returns
        -------
        bool
            True from the first day in force to the last before repeal.
        """
        return _in_force(self.entry, self.instrument, day)

    @property
    def in_force(self) -> date:
        """Return the first day of the rule."""
        return self.entry.in_force or self.instrument.in_force

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
        instrument = self.instrument
        edition = instrument.number or instrument.edition
        if lang == "zh":
            return f"《{instrument.title.zh}》（{edition}）{self.entry.clause}"
        return f"{instrument.title.en} ({edition}), {self.entry.clause}"


@dataclass(frozen=True, slots=True)
class Criterion:
    """Join a criterion with the instrument that it stands in.

    Parameters
    ----------
    entry : CriterionEntry
        What the file says.
    instrument : Instrument
        Where it stands.
    """

    entry: CriterionEntry
    instrument: Instrument

    def applies_on(self, day: date) -> bool:
        """Tell whether the criterion is in force on a day.

        Parameters
        ----------
        day : datetime.date
            Assessment date.

        Returns
        -------
        bool
            True from the first day in force to the last before repeal.
        """
        return _in_force(self.entry, self.instrument, day)


def _in_force(entry: _Cited, instrument: Instrument, day: date) -> bool:
    first = entry.in_force or instrument.in_force
    ends = [end for end in (entry.repealed, instrument.repealed) if end is not None]
    return first <= day and all(day < end for end in ends)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Hold every rule of a run, sorted by id, and the digest of the files.

    Parameters
    ----------
    rules : tuple of Rule
        Rules of every instrument, those that are off or dead included.
    criteria : tuple of Criterion
        Criteria of major hidden dangers.
    digest : str
        SHA-256 over the files.
    files : tuple of (str, str)
        Name and SHA-256 of each file.
    """

    rules: tuple[Rule, ...]
    criteria: tuple[Criterion, ...]
    digest: str
    files: tuple[tuple[str, str], ...]

    def rule(self, rule_id: str) -> Rule:
        """Return one rule.

        Parameters
        ----------
        rule_id : str
            Id of the rule.

        Returns
        -------
        Rule
            The rule.

        Raises
        ------
        KeyError
            When the book does not hold it.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


class _File(_Strict):
    instrument: Instrument
    rule: tuple[RuleEntry, ...] = ()
    criterion: tuple[CriterionEntry, ...] = ()


def read_rulebooks(names: Sequence[str], *, folder: Path) -> Rulebook:
    """Read the rulebooks that a project names.

    Parameters
    ----------
    names : sequence of str
        ``cn`` for the shipped Chinese set, else a TOML file inside `folder`.
    folder : pathlib.Path
        Project folder.

    Returns
    -------
    Rulebook
        Every rule of every file.

    Raises
    ------
    RulebookError
        With everything that is wrong in all files.
    """
    paths: list[Path] = []
    complaints: list[Complaint] = []
    for name in names:
        shipped = Path(__file__).parent / "rulebooks" / name
        if name.isidentifier() and shipped.is_dir():
            paths += sorted(shipped.glob("*.toml"))
        elif Path(name).name != name or not (folder / name).is_file():
            complaints.append(complain("error.no_rulebook", {"file": folder / name}))
        else:
            paths.append(folder / name)
    if complaints:
        raise RulebookError(complaints)
    return read_rulebook_files(paths)


def read_rulebook_files(paths: Sequence[Path]) -> Rulebook:
    """Read rulebook files into one book.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Files to read.

    Returns
    -------
    Rulebook
        Every rule of every file.

    Raises
    ------
    RulebookError
        With everything that is wrong in all files: unknown or missing keys, ids that
        stand twice, references to rules that are not there.
    """
    complaints: list[Complaint] = []
    rules: list[Rule] = []
    criteria: list[Criterion] = []
    files: list[tuple[str, str]] = []
    for path in paths:
        try:
            book = _File.model_validate(read_toml(path))
        except ConfigError as error:
            complaints += error.complaints
            continue
        except ValidationError as error:
            complaints += complaints_of(error, file=path)
            continue
        rules += [Rule(entry, book.instrument) for entry in book.rule]
        criteria += [Criterion(entry, book.instrument) for entry in book.criterion]
        files.append((path.name, digest_of([path.read_text("utf-8-sig")])))
    complaints += _contradictions(rules, criteria)
    if complaints:
        raise RulebookError(complaints)
    rules.sort(key=lambda rule: rule.id)
    criteria.sort(key=lambda criterion: criterion.entry.id)
    digest = digest_of([part for pair in sorted(files) for part in pair])
    return Rulebook(tuple(rules), tuple(criteria), digest, tuple(sorted(files)))


def _contradictions(rules: list[Rule], criteria: list[Criterion]) -> list[Complaint]:
    found: list[Complaint] = []
    ids = [rule.id for rule in rules] + [criterion.entry.id for criterion in criteria]
    found += [
        complain("error.rule_twice", {"id": name})
        for name in sorted({name for name in ids if ids.count(name) > 1})
    ]
    named = {rule.id: rule.entry.displaces for rule in rules}
    named.update({criterion.entry.id: criterion.entry.rules for criterion in criteria})
    found += [
        complain("error.rule_unknown", {"id": owner, "named": name})
        for owner, names in named.items()
        for name in names
        if name not in ids
    ]
    found += [
        complain("error.rule_dates", {"id": rule.id})
        for rule in rules
        if rule.entry.repealed is not None and rule.entry.repealed <= rule.in_force
    ]
    return found
