"""Read the tier schemes: one TOML file an instrument or method, cited, with its direction.

A scheme says how a score, a letter or a pair of likelihood and severity becomes a tier. There
is no single national table: which one graded what is always printed. A ladder with a gap, a
matrix with a hole, a missing direction or dates that contradict each other do not load.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError, field_validator, model_validator

from riskmap.catalog import complaints_of, read_toml
from riskmap.clauses import Confidence, RuleId, Strict, Tag
from riskmap.columns import date_range
from riskmap.errors import Complaint, ConfigError, RulebookError, complain
from riskmap.ladders import Area, Ladder, Letters, Matrix, Product, Registered
from riskmap.provenance import digest_of
from riskmap.roles import ROLES
from riskmap.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from pydantic import ValidationInfo

    from riskmap.words import Lang

Kind = Literal["ladder", "letters", "matrix", "product", "area", "registered"]
Force = Literal["in_force", "not_in_force", "not_exact", "undated"]

KINDS: tuple[Kind, ...] = ("ladder", "letters", "matrix", "product", "area", "registered")
FORCES: tuple[Force, ...] = ("in_force", "not_in_force", "not_exact", "undated")


class SchemeEntry(Strict):
    """Hold one scheme file as it is written.

    Notes
    -----
    Exactly one of `ladder`, `letters`, `matrix`, `product`, `area` and `registered`.
    `in_force` and `repealed` are days, or years where the day is not held: within such a
    year it is not known whether the scheme applied. `no_date` says why there is none.
    `roles` lists the kinds of unit that it grades, none when any.
    """

    id: RuleId
    title: Text
    number: str = ""
    in_force: str | None = None
    repealed: str | None = None
    no_date: Text | None = None
    replaces: str = ""
    clause: str
    tag: Tag
    confidence: Confidence
    read_at: str = ""
    status: Literal["unverified", "verified"] = "unverified"
    verified_by: str | None = None
    verified_on: date | None = None
    note: Text | None = None
    not_held: Text | None = None
    roles: tuple[str, ...] = ()
    on: bool = True
    off_reason: Text | None = None
    ladder: Ladder | None = None
    letters: Letters | None = None
    matrix: Matrix | None = None
    product: Product | None = None
    area: Area | None = None
    registered: Registered | None = None

    @field_validator("in_force", "repealed", mode="before")
    @classmethod
    def _be_days(cls, value: object) -> object:
        written = value.isoformat() if isinstance(value, date) else value
        if date_range(written) is None:
            raise ValueError(f"{value!r} is neither a day nor a year")
        return written

    @field_validator("repealed")
    @classmethod
    def _end_after_the_start(cls, value: str | None, info: ValidationInfo) -> str | None:
        start, end = date_range(info.data.get("in_force")), date_range(value)
        if end is not None and start is not None and end[1] <= start[0]:
            raise ValueError("repealed before it comes into force")
        return value

    @field_validator("roles")
    @classmethod
    def _be_roles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        strange = [role for role in value if role not in ROLES]
        if strange:
            raise ValueError(f"unknown role {', '.join(strange)}")
        return value

    @model_validator(mode="after")
    def _be_whole(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"exactly one of: {', '.join(KINDS)}")
        if (self.in_force is None) == (self.no_date is None):
            raise ValueError("in_force, or no_date with the reason why there is none")
        if self.repealed is not None and self.in_force is None:
            raise ValueError("repealed without in_force")
        if self.on == (self.off_reason is not None):
            raise ValueError("off_reason goes with on = false, and only with it")
        if self.status == "verified" and not (self.verified_by and self.verified_on):
            raise ValueError("a verified scheme names verified_by and verified_on")
        return self


@dataclass(frozen=True, slots=True)
class Scheme:
    """Join a scheme with the document that a project names for it.

    Parameters
    ----------
    entry : SchemeEntry
        What the file says.
    document : str
        Document that the project names, which switches on a scheme that is off for want of
        one; empty when it names none.
    """

    entry: SchemeEntry
    document: str = ""

    @property
    def id(self) -> str:
        """Return the scheme's id."""
        return self.entry.id

    @property
    def kind(self) -> Kind:
        """Return which of the kinds it is."""
        return next(kind for kind in KINDS if getattr(self.entry, kind) is not None)

    @property
    def is_on(self) -> bool:
        """Tell whether it may grade."""
        return self.entry.on or bool(self.document)

    @property
    def directions(self) -> tuple[str, ...]:
        """Return which end of its scores and letters is the worst, none when only registered."""
        part = getattr(self.entry, self.kind)
        found = [getattr(part, name, None) for name in ("direction", "letters")]
        return tuple(name for name in found if name is not None)

    @property
    def gives_tiers(self) -> bool:
        """Tell whether the four colours come from it, or an adopted tier may name it."""
        if self.entry.ladder is not None:
            return self.entry.ladder.step[0].tier is not None
        return self.entry.letters is None or bool(self.entry.letters.letter[0].tier)

    def force_on(self, days: tuple[date, date]) -> Force:
        """Tell whether the scheme was in force.

        Parameters
        ----------
        days : tuple of (datetime.date, datetime.date)
            First and last day that an assessment's date can mean.

        Returns
        -------
        {'in_force', 'not_in_force', 'not_exact', 'undated'}
            ``not_exact`` where the dates held, or the assessment's, do not decide.
        """
        start, end = date_range(self.entry.in_force), date_range(self.entry.repealed)
        if start is None:
            return "undated"
        if days[1] < start[0] or (end is not None and days[0] >= end[1]):
            return "not_in_force"
        if days[0] >= start[1] and (end is None or days[1] < end[0]):
            return "in_force"
        return "not_exact"

    def name(self, lang: Lang) -> str:
        """Write the name of the scheme with its number, or the document a project names.

        Parameters
        ----------
        lang : {'zh', 'en'}
            Language wanted.

        Returns
        -------
        str
            Title and number.
        """
        number = self.document or self.entry.number
        title = self.entry.title.read(lang)
        if not number:
            return title
        return f"{title}（{number}）" if lang == "zh" else f"{title} ({number})"


@dataclass(frozen=True, slots=True)
class Schemes:
    """Hold every scheme of a run, sorted by id, and which one the run names for what.

    Parameters
    ----------
    held : tuple of Scheme
        Schemes, those that are off or dead included.
    used : tuple of (str, str)
        Role of a unit, and id of the scheme that the project names for it.
    digest : str
        SHA-256 over the files.
    files : tuple of (str, str)
        Name and SHA-256 of each file.
    """

    held: tuple[Scheme, ...] = ()
    used: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    files: tuple[tuple[str, str], ...] = ()

    def find(self, scheme_id: str) -> Scheme | None:
        """Return one scheme.

        Parameters
        ----------
        scheme_id : str
            Id of the scheme, or any other text.

        Returns
        -------
        Scheme or None
            None when no scheme has that id.
        """
        return next((scheme for scheme in self.held if scheme.id == scheme_id), None)

    def used_for(self, role: str) -> str:
        """Return the id of the scheme that the run names for a kind of unit.

        Parameters
        ----------
        role : str
            Role of the unit.

        Returns
        -------
        str
            Id, empty when the project names none.
        """
        return dict(self.used).get(role, "")


def read_schemes(
    own: Sequence[str] = (),
    *,
    folder: Path = Path(),
    used: Mapping[str, str] | None = None,
    documents: Mapping[str, str] | None = None,
) -> Schemes:
    """Read the shipped schemes and a project's own.

    Parameters
    ----------
    own : sequence of str
        Names of TOML files inside `folder`, one scheme each.
    folder : pathlib.Path
        Project folder.
    used : mapping of str to str, optional
        Role of a unit to the id of the scheme that the run names for it.
    documents : mapping of str to str, optional
        Id of a scheme to the document that the project names for it.

    Returns
    -------
    Schemes
        Every scheme.

    Raises
    ------
    RulebookError
        With everything that is wrong in all files.
    ConfigError
        When the project names a scheme that no file holds, or one for a kind of unit that
        it does not grade.
    """
    paths = sorted((Path(__file__).parent / "schemes" / "cn").glob("*.toml"))
    complaints: list[Complaint] = []
    for name in own:
        if Path(name).name != name or not (folder / name).is_file():
            complaints.append(complain("error.no_scheme_file", {"file": folder / name}))
        else:
            paths.append(folder / name)
    entries: list[SchemeEntry] = []
    files: list[tuple[str, str]] = []
    for path in paths:
        try:
            entries.append(SchemeEntry.model_validate(read_toml(path)))
        except ConfigError as error:
            complaints += error.complaints
        except ValidationError as error:
            complaints += complaints_of(error, file=path)
        files.append((path.name, digest_of([path.read_text("utf-8-sig")])))
    ids = [entry.id for entry in entries]
    complaints += [
        complain("error.scheme_twice", {"id": name})
        for name in sorted({name for name in ids if ids.count(name) > 1})
    ]
    if complaints:
        raise RulebookError(complaints)
    named = documents or {}
    held = tuple(
        Scheme(entry, named.get(entry.id, "")) for entry in sorted(entries, key=lambda one: one.id)
    )
    digest = digest_of([part for pair in sorted(files) for part in pair])
    made = Schemes(held, tuple(sorted((used or {}).items())), digest, tuple(sorted(files)))
    _check_named(made, named, file=folder / "project.toml")
    return made


def _check_named(schemes: Schemes, documents: Mapping[str, str], *, file: Path) -> None:
    found: list[Complaint] = []
    keys = [(f"tiers.{role}", role, name) for role, name in schemes.used]
    keys += [(f"tiers.documents.{name}", "", name) for name in documents]
    for key, role, name in keys:
        scheme = schemes.find(name)
        if scheme is None:
            found.append(complain("error.scheme_unknown", {"file": file, "key": key, "id": name}))
        elif role and scheme.entry.roles and role not in scheme.entry.roles:
            found.append(complain("error.scheme_role", {"file": file, "key": key, "id": name}))
        elif role and not scheme.is_on:
            found.append(complain("error.scheme_off", {"file": file, "key": key, "id": name}))
    if found:
        raise ConfigError(found)
