"""Read the law: one TOML file an instrument, every rule dated and cited.

A rule without a citation, with an unknown key or with a value that contradicts another
does not load; nothing is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from riskmap.amendments import amend
from riskmap.articles import Amendment, Criterion, Rule
from riskmap.catalog import complaints_of, read_toml
from riskmap.clauses import BookFile
from riskmap.contradictions import find_contradictions
from riskmap.errors import Complaint, ConfigError, RulebookError, complain
from riskmap.provenance import digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHIPPED = Path(__file__).parent / "rulebooks"
# Rulebooks that come with riskmap, as a project names them.
SHIPPED_BOOKS = ("cn",)


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
    amendments : tuple of Amendment, optional
        What local rulebooks did to other rules.
    """

    rules: tuple[Rule, ...]
    criteria: tuple[Criterion, ...]
    digest: str
    files: tuple[tuple[str, str], ...]
    amendments: tuple[Amendment, ...] = ()

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
        RulebookError
            When the book does not hold it.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise RulebookError([complain("error.rule_not_there", {"id": rule_id})])


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
        shipped = _SHIPPED / name
        if name.isidentifier() and shipped.is_dir():
            paths += sorted(shipped.glob("*.toml"))
        elif Path(name).name != name or not (folder / name).is_file():
            complaints.append(complain("error.no_rulebook", {"file": folder / name}))
        else:
            paths.append(folder / name)
    if complaints:
        raise RulebookError(complaints)
    return read_rulebook_files(paths)


def shipped_files() -> list[Path]:
    """List the rulebook files that come with riskmap.

    Returns
    -------
    list of pathlib.Path
        In the order of their names.
    """
    return sorted(path for name in SHIPPED_BOOKS for path in (_SHIPPED / name).glob("*.toml"))


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
        stand twice, names that lead nowhere, dates that overlap, tables with two answers,
        a local rule that loosens a shipped one without saying so.
    """
    complaints: list[Complaint] = []
    books: list[tuple[str, BookFile]] = []
    rules: list[Rule] = []
    digests: list[tuple[str, str]] = []
    for path in paths:
        try:
            book = BookFile.model_validate(read_toml(path))
        except ConfigError as error:
            complaints += error.complaints
            continue
        except ValidationError as error:
            complaints += complaints_of(error, file=path)
            continue
        shipped = path.resolve().is_relative_to(_SHIPPED.resolve())
        rules += [Rule(entry, book.instrument, path.name, shipped) for entry in book.rule]
        books.append((path.name, book))
        digests.append((path.name, digest_of([path.read_text("utf-8-sig")])))
    criteria = [Criterion(entry, book.instrument) for _, book in books for entry in book.criterion]
    # Fills and switches come first: a rule that is turned on may contradict another.
    amended = amend(rules, files=books)
    complaints += amended.complaints
    instruments = [book.instrument for _, book in books]
    complaints += find_contradictions(amended.rules, criteria=criteria, instruments=instruments)
    if complaints:
        raise RulebookError(complaints)
    return Rulebook(
        rules=tuple(sorted(amended.rules, key=lambda rule: rule.id)),
        criteria=tuple(sorted(criteria, key=lambda criterion: criterion.entry.id)),
        digest=digest_of([part for pair in sorted(digests) for part in pair]),
        files=tuple(sorted(digests)),
        amendments=amended.amendments,
    )
