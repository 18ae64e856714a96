"""The shapes of what a rulebook file may hold: instruments, rules, criteria, amendments.

Each shape refuses what it does not know. What only shows when several files are read
together is refused by `contradictions`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from riskmap.roles import ROLES, columns_of
from riskmap.vocabulary import LINES
from riskmap.words import Text

if TYPE_CHECKING:
    from typing import Self

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(\.[a-z0-9_]+)+$")]
Nature = Literal["ban", "standard", "consent", "inventory", "advisory"]
Tag = Literal["seen", "part", "memory"]
Confidence = Literal["high", "medium", "low"]
Form = Literal[
    "number", "table", "multiple", "report", "inside", "risk", "flow", "unanswered", "list"
]
Failing = Literal["ban_violated", "standard_violated", "consent_missing", "advisory_short"]
Where = dict[str, "tuple[str, ...] | Range"]

NATURES: tuple[Nature, ...] = ("ban", "standard", "consent", "advisory", "inventory")

# What a rule may ask for [m]; the engine measures up to 100 km.
LONGEST_M = 60_000.0


class Strict(BaseModel):
    """Refuse every key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Range(Strict):
    """Bound a number: above and below exclude it, since and upto include it.

    Notes
    -----
    At least one bound; the key ``from`` is read into `since`.
    """

    above: float | None = None
    since: float | None = Field(default=None, alias="from")
    upto: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _bound_something(self) -> Self:
        if all(bound is None for bound in (self.above, self.since, self.upto, self.below)):
            raise ValueError("a range needs above, from, upto or below")
        return self


class Selector(Strict):
    """Pick rows by role and by what their columns say.

    Notes
    -----
    `roles` lists roles; `where` gives for a column the values allowed, or a `Range`.
    """

    roles: tuple[str, ...] = Field(min_length=1)
    where: Where = Field(default_factory=dict)

    @model_validator(mode="after")
    def _speak_the_vocabulary(self) -> Self:
        for role in self.roles:
            if role not in ROLES:
                raise ValueError(f"unknown role {role!r}")
            _check_where(role, self.where)
        return self


def _check_where(role: str, where: Where) -> None:
    known = columns_of(role)
    for column, wanted in where.items():
        if column not in known:
            raise ValueError(f"role {role} has no column {column!r}")
        words = known[column].words
        if words and not isinstance(wanted, Range):
            strange = [word for word in wanted if word not in words]
            if strange:
                raise ValueError(f"{role}.{column} cannot be {', '.join(strange)}")
        if (known[column].type == "number") != isinstance(wanted, Range):
            raise ValueError(f"{role}.{column}: a number takes a range, a word a list")


class TableRow(Strict):
    """Hold one row of a rule's distance table.

    Notes
    -----
    `hazard` and `receptor` say what the columns of each end must hold, `receptor_roles`
    which of the rule's receptors the row is about (all when empty); `distance_m` [m] is
    what is then required. The rows of a table do not overlap.
    """

    hazard: Where = Field(default_factory=dict)
    receptor: Where = Field(default_factory=dict)
    receptor_roles: tuple[str, ...] = ()
    distance_m: float = Field(gt=0.0, le=LONGEST_M)


class LimitRow(Strict):
    """Hold the highest individual risk that a class of protected objects may bear.

    Notes
    -----
    `receptor` says what the columns of the object must hold; `risk_per_year` [1/a] is the
    highest risk allowed. The rows of a rule do not overlap.
    """

    receptor: Where = Field(default_factory=dict)
    risk_per_year: float = Field(gt=0.0, lt=1.0)


class Multiple(Strict):
    """Ask for a multiple of a column of the hazard.

    Notes
    -----
    `column` holds metres, `times` is the factor.
    """

    column: str
    times: float = Field(gt=0.0, le=100.0)


class Instrument(Strict):
    """Identify the law, regulation, standard or notice that a file holds.

    Notes
    -----
    `in_force` is the first day it applies and `repealed` the first day it no longer does;
    `read_at` says where its wording was read, empty when it was not. `replaces_id` names
    the instrument whose place it takes, when that one is in the books too.
    """

    id: RuleId
    kind: Literal["law", "regulation", "ministry_order", "standard", "notice", "local", "screening"]
    title: Text
    number: str = ""
    edition: str
    in_force: dt.date
    repealed: dt.date | None = None
    replaces: str = ""
    replaces_id: RuleId | None = None
    read_at: str = ""

    @model_validator(mode="after")
    def _begin_before_it_ends(self) -> Self:
        if self.repealed is not None and self.repealed <= self.in_force:
            raise ValueError("repealed must be later than in_force")
        return self


class Cited(Strict):
    """Say where a rule or criterion stands, and how far to trust it.

    Notes
    -----
    `quote` holds only words that were read; `status` stays unverified until a person signs.
    """

    clause: str = Field(min_length=1)
    tag: Tag
    confidence: Confidence
    quote: str | None = None
    status: Literal["unverified", "verified"] = "unverified"
    verified_by: str | None = None
    verified_on: dt.date | None = None
    in_force: dt.date | None = None
    repealed: dt.date | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _be_signed(self) -> Self:
        if self.status == "verified" and not (self.verified_by and self.verified_on):
            raise ValueError("a verified rule names verified_by and verified_on")
        if self.quote is not None and self.tag == "memory":
            raise ValueError("a rule from memory cannot quote")
        return self


class RuleEntry(Cited):
    """Hold one ``[[rule]]`` table as it is written.

    Notes
    -----
    Exactly one of `distance_m` [m], `distance_from`, `table`, `multiple`, `inside`, `limits`
    and `no_number`; an empty `table` also says with `no_number` who has to fill it; a list of
    places (inventory) has `search_m` [m] alone. `along` measures `distance_m` along the
    drainage. `inside` keeps one end out of the other, `area` says which end is the area.
    `limits` judges receptors by the individual-risk contours that are the hazards' side.
    `rebuilding` says that what is new includes what is rebuilt or extended.
    `scope` ``site`` keeps a rule for siting questions and for the layer of line
    protection. `binds` says whether it is about what is new, in service, or any.
    `supersedes` takes the place of a shipped rule, with `reason`.
    """

    id: RuleId
    title: Text
    nature: Nature
    binds: Literal["any", "new", "in_service"] = "any"
    rebuilding: bool = False
    scope: Literal["review", "site"] = "review"
    on: bool = True
    off_reason: Text | None = None
    hazard: Selector
    receptor: Selector
    distance_m: float | None = Field(default=None, gt=0.0, le=LONGEST_M)
    distance_from: Literal["safety_report"] | None = None
    table: tuple[TableRow, ...] | None = None
    multiple: Multiple | None = None
    inside: bool = False
    area: Literal["receptor", "hazard"] = "receptor"
    limits: tuple[LimitRow, ...] | None = None
    along: Literal["flow"] | None = None
    no_number: Text | None = None
    search_m: float | None = Field(default=None, gt=0.0, le=LONGEST_M)
    measure_from: str | None = None
    measure_to: str | None = None
    equality_complies: bool = True
    exclude_same_owner: bool = False
    displaces: tuple[RuleId, ...] = ()
    supersedes: RuleId | None = None
    reason: Text | None = None

    @property
    def form(self) -> Form:
        """Tell how the rule says what it requires."""
        if self.no_number is not None:
            return "unanswered"
        if self.distance_m is not None:
            return "number" if self.along is None else "flow"
        named: tuple[tuple[object, Form], ...] = (
            (self.distance_from, "report"),
            (self.table, "table"),
            (self.multiple, "multiple"),
            (self.inside or None, "inside"),
            (self.limits, "risk"),
        )
        return next((form for held, form in named if held is not None), "list")

    @model_validator(mode="after")
    def _ask_one_thing(self) -> Self:
        given: list[object] = [self.distance_m, self.distance_from, self.table or None]
        given += [self.multiple, self.inside or None, self.limits or None, self.no_number]
        held = sum(value is not None for value in given)
        if held > 1 or (held == 0 and not (self.nature == "inventory" and self.search_m)):
            raise ValueError(
                "exactly one of distance_m, distance_from, table, multiple, inside, limits and "
                "no_number"
            )
        if self.table == () and self.no_number is None:
            raise ValueError("an empty table says in no_number who has to fill it")
        if self.form in {"report", "multiple", "risk"} and self.search_m is None:
            raise ValueError("distance_from, multiple and limits need search_m")
        if self.area == "hazard" and not self.inside:
            raise ValueError("area needs inside")
        if self.along is not None and self.distance_m is None:
            raise ValueError("along needs distance_m")
        return self

    @model_validator(mode="after")
    def _name_its_lines(self) -> Self:
        measured = self.form not in {"unanswered", "list"} or self.table is not None
        for key in ("measure_from", "measure_to"):
            line = getattr(self, key)
            if (line is None and measured) or (line is not None and line not in LINES):
                raise ValueError(f"{key} must be one of: {', '.join(LINES)}")
        return self

    @model_validator(mode="after")
    def _give_reasons(self) -> Self:
        if not self.on and self.off_reason is None:
            raise ValueError("a rule that is off needs off_reason")
        if self.supersedes is not None and self.reason is None:
            raise ValueError("supersedes needs a reason")
        return self

    @model_validator(mode="after")
    def _look_up_hazard_columns(self) -> Self:
        for role in self.hazard.roles:
            for row in self.table or ():
                _check_where(role, row.hazard)
            if self.multiple is not None:
                column = columns_of(role).get(self.multiple.column)
                if column is None or column.unit != "m":
                    raise ValueError(f"role {role} has no column {self.multiple.column!r} in m")
            if self.limits is not None and "risk_per_year" not in columns_of(role):
                raise ValueError(f"limits are for risk contours, not for {role}")
        return self

    @model_validator(mode="after")
    def _look_up_receptor_columns(self) -> Self:
        for role in self.receptor.roles:
            for row in self.table or ():
                if role in (row.receptor_roles or self.receptor.roles):
                    _check_where(role, row.receptor)
            for limit in self.limits or ():
                _check_where(role, limit.receptor)
        strange = {name for row in self.table or () for name in row.receptor_roles}
        if strange - set(self.receptor.roles):
            raise ValueError(f"not a receptor of the rule: {', '.join(sorted(strange))}")
        return self


class CriterionEntry(Cited):
    """Hold one ``[[criterion]]`` table: a kind of major hidden danger.

    Notes
    -----
    What raises a suspicion, and never more, about a unit of `roles` (any when empty) whose
    columns are as `unit_where` says: a finding under one of `rules` with one of `verdicts`;
    or a part of it outside every feature of the roles `outside`; or, with neither, the
    columns alone. `no_text` says why the criterion can only be named by a record.
    """

    id: RuleId
    item: str
    title: Text
    roles: tuple[str, ...] = ()
    unit_where: Where = Field(default_factory=dict)
    rules: tuple[RuleId, ...] = ()
    verdicts: tuple[Failing, ...] = ("ban_violated", "standard_violated")
    outside: tuple[str, ...] = ()
    no_text: Text | None = None

    @model_validator(mode="after")
    def _ask_something(self) -> Self:
        asks = bool(self.rules or self.outside or self.unit_where)
        if asks == (self.no_text is not None):
            raise ValueError("a criterion has rules, outside or unit_where, or else no_text")
        if not self.rules and asks and not (self.roles and self.unit_where):
            raise ValueError("a criterion without rules needs roles and unit_where")
        for role in (*self.roles, *self.outside):
            if role not in ROLES:
                raise ValueError(f"unknown role {role!r}")
        for role in self.roles:
            _check_where(role, self.unit_where)
        return self


class Fill(Strict):
    """Fill the empty table of a rule: the work of a licensed person.

    Notes
    -----
    `source` names the printed standard and its page.
    """

    rule: RuleId
    rows: tuple[TableRow, ...] = Field(min_length=1)
    filled_by: str = Field(min_length=1)
    filled_on: dt.date
    source: str = Field(min_length=1)


class Switch(Strict):
    """Turn a shipped rule on or off, with a reason that is printed."""

    rule: RuleId
    on: bool
    reason: Text
    by: str = Field(min_length=1)
    date: dt.date


class Signature(Strict):
    """Sign a rule as read against the printed text.

    Notes
    -----
    `digest` is what ``riskmap rules show`` printed of the rule that was read: a rule that
    changed since is no longer signed.
    """

    rule: RuleId
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
    by: str = Field(min_length=1)
    date: dt.date


class BookFile(Strict):
    """Hold one rulebook file as it is written."""

    instrument: Instrument
    rule: tuple[RuleEntry, ...] = ()
    criterion: tuple[CriterionEntry, ...] = ()
    fill: tuple[Fill, ...] = ()
    switch: tuple[Switch, ...] = ()
    signature: tuple[Signature, ...] = ()
