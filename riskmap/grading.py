"""Read the grading standards: GB 18218 for major hazard sources, GB 36894 for receptors.

The numbers lie in ``riskmap/gradings/<country>/*.toml``, each table with its clause, how it
was read and how far it is trusted. A file that contradicts itself does not load: a number or
CAS number that stands twice, a class that is not known, a ladder with a gap or an overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from riskmap.catalog import complaints_of, read_toml
from riskmap.clauses import Confidence, Instrument, Tag
from riskmap.errors import Complaint, ConfigError, RulebookError
from riskmap.provenance import digest_of
from riskmap.roles import ROLES
from riskmap.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from typing import Self

CasNumber = Annotated[str, StringConstraints(pattern=r"^\d{2,7}-\d{2}-\d$")]
ClassCode = Annotated[str, StringConstraints(pattern=r"^[JW]\d{1,2}(\.\d)?$")]
Model = TypeVar("Model", bound=BaseModel)
ReceptorClass = Literal["high_sensitive", "important", "general_1", "general_2", "general_3"]

# Roles whose rows GB 36894 classifies, and the columns that it may ask for.
CLASSIFIED_ROLES = ("residential_zone", "sensitive_place", "building")
_ASKED = frozenset(name for role in CLASSIFIED_ROLES for name in ROLES[role].columns)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cited(_Strict):
    """Say where a table or row stands, how it was read and how far it is trusted."""

    clause: str = Field(min_length=1)
    tag: Tag
    confidence: Confidence
    note: Text | None = None


class _Threshold(Cited):
    since: float = Field(gt=0.0)


class _Otherwise(Cited):
    otherwise: float = Field(gt=0.0)


class _Outward(Cited):
    outward_m: float = Field(gt=0.0, le=60_000.0)


class Substance(_Strict):
    """Hold one row of table 1.

    Notes
    -----
    `threshold_t` is Q [t]. `by_name_only`: the CAS number alone does not tell the row.
    `above_share`: the row holds above this mass fraction only.
    """

    number: int = Field(ge=1)
    name: Text
    also: tuple[str, ...] = ()
    cas: tuple[CasNumber, ...] = ()
    cas_tag: Tag = "seen"
    threshold_t: float = Field(gt=0.0)
    above_share: float | None = Field(default=None, gt=0.0, lt=1.0)
    by_name_only: bool = False
    note: Text | None = None

    @model_validator(mode="after")
    def _prove_cas(self) -> Self:
        for number in self.cas:
            if not is_cas(number):
                raise ValueError(f"CAS number {number} fails its check digit")
        return self


class HazardClass(_Strict):
    """Hold one row of tables 2 and 4: `threshold_t` is Q [t]."""

    code: ClassCode
    name: Text
    threshold_t: float = Field(gt=0.0)
    beta: float = Field(gt=0.0)
    note: Text | None = None


class ToxicGas(_Strict):
    """Hold one row of table 3."""

    name: Text
    cas: CasNumber
    beta: float = Field(gt=0.0)


class _Step(_Strict):
    since: float = Field(ge=0.0)
    below: float | None = None


class AlphaStep(_Step):
    """Hold one row of table 5: people from `since` to fewer than `below`."""

    alpha: float = Field(gt=0.0)


class GradeStep(_Step):
    """Hold one row of table 6: R from `since` to less than `below`."""

    grade: int = Field(ge=1)


class HazardGrading(_Strict):
    """Hold GB 18218: tables 1 to 6."""

    instrument: Instrument
    threshold: _Threshold
    mixtures: Cited
    table_1: Cited
    table_2: Cited
    table_3: Cited
    table_4: _Otherwise
    table_5: _Outward
    table_6: Cited
    substance: tuple[Substance, ...] = Field(min_length=1)
    hazard_class: tuple[HazardClass, ...] = Field(min_length=1)
    toxic_gas: tuple[ToxicGas, ...] = Field(min_length=1)
    alpha: tuple[AlphaStep, ...] = Field(min_length=1)
    grade: tuple[GradeStep, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        _refuse_twice("number", [str(row.number) for row in self.substance])
        _refuse_twice("name", [name for row in self.substance for name in names_of(row)])
        # Rows that their CAS number alone does not tell apart may share it.
        told = [row for row in self.substance if not row.by_name_only]
        shared = {cas for row in self.substance if row.by_name_only for cas in row.cas}
        _refuse_twice("CAS", [cas for row in told for cas in row.cas])
        mixed = sorted(shared & {cas for row in told for cas in row.cas})
        if mixed:
            raise ValueError(f"CAS stands twice: {', '.join(mixed)}")
        _refuse_twice("class", [row.code for row in self.hazard_class])
        _refuse_twice("CAS", [row.cas for row in self.toxic_gas])
        _refuse_twice("grade", [str(row.grade) for row in self.grade])
        _refuse_holes("alpha", self.alpha)
        _refuse_holes("grade", self.grade)
        return self


class ClassStep(_Step):
    """Hold one step of a ladder of table 1 of GB 36894."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    receptor_class: ReceptorClass = Field(alias="class")


class Measure(_Strict):
    """Hold one measure of a ladder: steps of a number, or a class for each word.

    Notes
    -----
    `only_where` names a yes-or-no column: the measure counts where it says yes.
    """

    column: str
    steps: tuple[ClassStep, ...] = ()
    words: dict[str, ReceptorClass] = Field(default_factory=dict)
    only_where: str | None = None

    @model_validator(mode="after")
    def _be_whole(self) -> Self:
        for column in (self.column, self.only_where):
            if column is not None and column not in _ASKED:
                raise ValueError(f"no receptor has a column {column!r}")
        if bool(self.steps) == bool(self.words):
            raise ValueError(f"{self.column}: either steps or words")
        if self.steps:
            _refuse_holes(self.column, self.steps)
        return self

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes that the measure can give, in the order of the file."""
        given = [step.receptor_class for step in self.steps] or list(self.words.values())
        return tuple(dict.fromkeys(given))


class _Kinds(Cited):
    title: Text
    kinds: tuple[str, ...] = Field(min_length=1)


class WholeKind(_Kinds):
    """Hold kinds that are of one class whatever their size."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    receptor_class: ReceptorClass = Field(alias="class")


class Ladder(_Kinds):
    """Hold one row of table 1 of GB 36894: the stricter class of its measures counts."""

    number: int = Field(ge=1)
    measure: tuple[Measure, ...] = Field(min_length=1)


class OneObject(Cited):
    """Say up to how many storeys a village or estate counts as one object."""

    storeys_upto: int = Field(ge=1)
    kinds: tuple[str, ...] = Field(min_length=1)
    low_rise_kinds: tuple[str, ...] = ()


class ReceptorGrading(_Strict):
    """Hold GB 36894, clause 3.1."""

    instrument: Instrument
    one_object: OneObject
    whole_kind: tuple[WholeKind, ...]
    ladder: tuple[Ladder, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        rows: list[_Kinds] = [*self.whole_kind, *self.ladder]
        _refuse_twice("kind", [kind for row in rows for kind in row.kinds])
        _refuse_twice("number", [str(row.number) for row in self.ladder])
        return self


@dataclass(frozen=True, slots=True)
class Gradings:
    """Hold the grading standards of a run; None where a country has none.

    Parameters
    ----------
    hazards : HazardGrading or None
        GB 18218.
    receptors : ReceptorGrading or None
        GB 36894.
    files : tuple of (str, str)
        Name and SHA-256 of each file.
    """

    hazards: HazardGrading | None = None
    receptors: ReceptorGrading | None = None
    files: tuple[tuple[str, str], ...] = ()


def names_of(row: Substance) -> tuple[str, ...]:
    """List the names that a substance goes by, folded for comparison.

    Parameters
    ----------
    row : Substance
        Row of table 1.

    Returns
    -------
    tuple of str
        Each name once.
    """
    return tuple(dict.fromkeys(fold(name) for name in (row.name.zh, row.name.en, *row.also)))


def fold(name: str) -> str:
    """Fold what does not tell two names apart: case, spaces, full and half width.

    Parameters
    ----------
    name : str
        Name as written.

    Returns
    -------
    str
        Name to compare by.

    Examples
    --------
    >>> fold("甲醛（含量 > 90％）") == fold("甲醛(含量>90%)")
    True
    """
    narrow = name.translate(str.maketrans("（）％，＞＜", "()%,><"))
    return "".join(narrow.split()).casefold()


def is_cas(number: str) -> bool:
    """Tell whether a CAS registry number keeps its check digit.

    Parameters
    ----------
    number : str
        Such as ``7664-41-7``.

    Returns
    -------
    bool
        True when the weighted sum of the digits, taken from the right, ends in the last.

    Examples
    --------
    >>> is_cas("7664-41-7"), is_cas("7664-41-6")
    (True, False)
    """
    digits = number.replace("-", "")
    if not digits.isdecimal() or len(digits) < 5:
        return False
    total = sum(weight * int(digit) for weight, digit in enumerate(reversed(digits[:-1]), start=1))
    return total % 10 == int(digits[-1])


def in_force_on(instrument: Instrument, day: date) -> bool:
    """Tell whether an edition is in force on a day.

    Parameters
    ----------
    instrument : Instrument
        Edition of a standard.
    day : datetime.date
        Assessment date.

    Returns
    -------
    bool
        True from its first day to the last before repeal.
    """
    ended = instrument.repealed is not None and instrument.repealed <= day
    return instrument.in_force <= day and not ended


def _refuse_twice(what: str, values: Sequence[str]) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{what} stands twice: {', '.join(twice)}")


def _refuse_holes(what: str, steps: Sequence[_Step]) -> None:
    """Refuse a ladder that leaves a number out or takes one twice."""
    rising = sorted(steps, key=lambda step: step.since)
    if rising[0].since != 0.0:
        raise ValueError(f"{what}: nothing stands below {rising[0].since:g}")
    if rising[-1].below is not None:
        raise ValueError(f"{what}: nothing stands from {rising[-1].below:g} on")
    for step, after in pairwise(rising):
        if step.below is None or step.below > after.since:
            raise ValueError(f"{what}: two steps hold {after.since:g}")
        if step.below < after.since:
            raise ValueError(f"{what}: nothing stands from {step.below:g} to {after.since:g}")


def read_gradings(names: Sequence[str]) -> Gradings:
    """Read the grading standards that belong to the rulebooks of a project.

    Parameters
    ----------
    names : sequence of str
        Rulebooks of the project; ``cn`` brings the Chinese standards. A screening rulebook
        brings none: nothing is graded by the standard of another country.

    Returns
    -------
    Gradings
        The standards.

    Raises
    ------
    RulebookError
        When a file is wrong.
    """
    folder = Path(__file__).parent / "gradings" / "cn"
    if "cn" not in names:
        return Gradings()
    paths = (folder / "gb18218_2018.toml", folder / "gb36894_2018.toml")
    return Gradings(
        read_hazard_grading(paths[0]),
        read_receptor_grading(paths[1]),
        tuple((path.name, digest_of([path.read_text("utf-8-sig")])) for path in paths),
    )


def read_hazard_grading(path: Path) -> HazardGrading:
    """Read tables 1 to 6 of GB 18218.

    Parameters
    ----------
    path : pathlib.Path
        File to read.

    Returns
    -------
    HazardGrading
        The tables.

    Raises
    ------
    RulebookError
        With everything that is wrong.
    """
    return _read(path, HazardGrading)


def read_receptor_grading(path: Path) -> ReceptorGrading:
    """Read clause 3.1 of GB 36894.

    Parameters
    ----------
    path : pathlib.Path
        File to read.

    Returns
    -------
    ReceptorGrading
        Kinds and ladders.

    Raises
    ------
    RulebookError
        With everything that is wrong.
    """
    return _read(path, ReceptorGrading)


def _read(path: Path, model: type[Model]) -> Model:
    complaints: Sequence[Complaint]
    try:
        return model.model_validate(read_toml(path))
    except ConfigError as error:
        complaints = error.complaints
    except ValidationError as error:
        complaints = complaints_of(error, file=path)
    raise RulebookError(list(complaints))
