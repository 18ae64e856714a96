"""The shapes that a tier scheme can have: ladders, letters, matrices, products, an area sheet.

Each is a frozen model of one table of a scheme file. What does not close is refused: every
score falls on exactly one step, every pair has its cell, and the direction is always said.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from riskmap.clauses import Range, Strict
from riskmap.vocabulary import TIER_NAMES
from riskmap.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationInfo

Tier = Literal["red", "orange", "yellow", "blue"]
Letter = Literal["A", "B", "C", "D"]
ScoreDirection = Literal["higher_is_better", "higher_is_worse"]
LetterDirection = Literal["first_is_best", "first_is_worst"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

DIRECTIONS = ("higher_is_better", "higher_is_worse", "first_is_best", "first_is_worst")
LETTERS: tuple[Letter, ...] = ("A", "B", "C", "D")


class Step(Range):
    """Hold one step of a ladder: a range of scores and what it gives.

    Notes
    -----
    `tier`, `letter` or `level` (the number of a class, 1 the worst); at least one.
    """

    tier: Tier | None = None
    letter: Letter | None = None
    level: int | None = Field(default=None, ge=1)

    def holds(self, value: float) -> bool:
        """Tell whether a value falls on this step.

        Parameters
        ----------
        value : float
            Score.

        Returns
        -------
        bool
            True within the range.
        """
        return (
            (self.above is None or value > self.above)
            and (self.since is None or value >= self.since)
            and (self.upto is None or value <= self.upto)
            and (self.below is None or value < self.below)
        )

    def written(self, value: str) -> str:
        """Write a value between the bounds of this step.

        Parameters
        ----------
        value : str
            Score as it prints.

        Returns
        -------
        str
            Such as ``60 ≤ 72 < 75``.
        """
        low = f"{self.since:g} ≤ " if self.since is not None else ""
        low = f"{self.above:g} < " if self.above is not None else low
        high = f" ≤ {self.upto:g}" if self.upto is not None else ""
        high = f" < {self.below:g}" if self.below is not None else high
        return f"{low}{value}{high}"


def _close(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Refuse steps that do not cover every score once, from the lowest upwards."""
    if len(steps) < 2:
        raise ValueError("a ladder has two steps or more")
    ends = [_ends(step, number) for number, step in enumerate(steps, start=1)]
    if ends[0][0] is not None or ends[-1][1] is not None:
        raise ValueError("the first step is open below and the last above")
    for number, (below, above) in enumerate(pairwise(ends), start=1):
        high, low = below[1], above[0]
        if high is None or low is None:
            raise ValueError("only the first step is open below, only the last above")
        gap = high[0] < low[0] or (high[0] == low[0] and not (high[1] or low[1]))
        if gap or high[0] > low[0] or (high[1] and low[1]):
            what = "a gap between" if gap else "an overlap of"
            raise ValueError(f"{what} step {number} and step {number + 1}")
    return steps


_End = tuple[float, bool]


def _ends(step: Step, number: int) -> tuple[_End | None, _End | None]:
    """Return both ends of a step, each with whether the step includes it."""
    low = _end(step.since, step.above, number)
    high = _end(step.upto, step.below, number)
    if low is not None and high is not None and low[0] >= high[0]:
        raise ValueError(f"step {number} is empty")
    return low, high


def _end(included: float | None, excluded: float | None, number: int) -> _End | None:
    if included is not None and excluded is not None:
        raise ValueError(f"step {number} says one of its ends twice")
    if included is not None:
        return included, True
    return None if excluded is None else (excluded, False)


def _ordered(given: Sequence[int], *, worsens: bool, what: str) -> None:
    """Refuse results (0 the worst) that do not run one way as the score rises."""
    right = sorted(given, reverse=worsens)
    if list(given) != right or len(set(given)) != len(given):
        raise ValueError(f"the {what} run against the direction")


def _agree(steps: tuple[Step, ...], info: ValidationInfo) -> None:
    if "direction" not in info.data:
        return
    letters = info.data.get("letters")
    worsens = info.data.get("direction") == "higher_is_worse"
    for name in ("tier", "letter", "level"):
        given = [getattr(step, name) for step in steps]
        if all(value is None for value in given):
            continue
        if any(value is None for value in given):
            raise ValueError(f"{name} is given for some steps only")
        if name == "tier":
            ranks = [TIER_NAMES.index(value) for value in given]
        elif name == "level":
            ranks = list(given)
        else:
            if letters is None:
                raise ValueError(
                    "steps with letters need letters = first_is_best or first_is_worst"
                )
            sign = 1 if letters == "first_is_worst" else -1
            ranks = [sign * LETTERS.index(value) for value in given]
        _ordered(ranks, worsens=worsens, what=f"{name}s")
    if all(step.tier is None and step.letter is None and step.level is None for step in steps):
        raise ValueError("a step gives a tier, a letter or a level")


class Veto(Strict):
    """Name what leads straight to the worst step, whatever the score."""

    id: Name
    title: Text


class Item(Strict):
    """Name one item of the score sheet, with the points that it takes or gives."""

    points: float
    title: Text


class Ladder(Strict):
    """Hold a score ladder.

    Notes
    -----
    `step` runs from the lowest score upwards; the worst step is where a veto leads.
    `full_score` is the score of a sheet without deductions; items that give points may
    raise it.
    """

    direction: ScoreDirection
    letters: LetterDirection | None = None
    full_score: float | None = Field(default=None, gt=0.0)
    veto: tuple[Veto, ...] = ()
    item: tuple[Item, ...] = ()
    step: tuple[Step, ...]

    @field_validator("step")
    @classmethod
    def _be_a_ladder(cls, value: tuple[Step, ...], info: ValidationInfo) -> tuple[Step, ...]:
        _agree(_close(value), info)
        return value

    @property
    def worst(self) -> Step:
        """Return the step where a veto leads."""
        return self.step[-1 if self.direction == "higher_is_worse" else 0]

    @property
    def highest(self) -> float:
        """Return the highest score that a sheet can have, infinite where none is held."""
        if self.full_score is None:
            return float("inf")
        return self.full_score + sum(max(0.0, item.points) for item in self.item)


class LetterStep(Strict):
    """Give one letter its tier, where the scheme maps letters to colours."""

    letter: Letter
    tier: Tier | None = None


class Letters(Strict):
    """Hold a scheme of letters alone, in the order of the alphabet."""

    direction: LetterDirection
    letter: tuple[LetterStep, ...]

    @field_validator("letter")
    @classmethod
    def _be_whole(
        cls, value: tuple[LetterStep, ...], info: ValidationInfo
    ) -> tuple[LetterStep, ...]:
        if tuple(step.letter for step in value) != LETTERS:
            raise ValueError(f"one entry for each of {', '.join(LETTERS)}, in that order")
        tiers = [TIER_NAMES.index(step.tier) for step in value if step.tier is not None]
        if tiers and len(tiers) != len(value):
            raise ValueError("tier is given for some letters only")
        if "direction" in info.data:
            worsens = info.data["direction"] == "first_is_best"
            _ordered(tiers, worsens=worsens, what="tiers")
        return value


class Matrix(Strict):
    """Hold a matrix of likelihood (rows) and severity (columns).

    Notes
    -----
    `cells` has a row for each of `likelihood` and in it a tier for each of `severity`.
    """

    direction: Literal["higher_is_worse"]
    likelihood: tuple[int, ...] = Field(min_length=2)
    severity: tuple[int, ...] = Field(min_length=2)
    cells: tuple[tuple[Tier, ...], ...]

    @field_validator("likelihood", "severity")
    @classmethod
    def _rise(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError("numbers of an axis rise, each once")
        return value

    @field_validator("cells")
    @classmethod
    def _be_full(
        cls, value: tuple[tuple[Tier, ...], ...], info: ValidationInfo
    ) -> tuple[tuple[Tier, ...], ...]:
        if not {"likelihood", "severity"} <= set(info.data):
            return value
        rows, columns = (len(info.data[name]) for name in ("likelihood", "severity"))
        if len(value) != rows or any(len(row) != columns for row in value):
            raise ValueError(f"needs {rows} rows of {columns} cells")
        ranks = [[TIER_NAMES.index(tier) for tier in row] for row in value]
        lines = [*ranks, *(list(column) for column in zip(*ranks, strict=True))]
        if any(line != sorted(line, reverse=True) for line in lines):
            raise ValueError("a higher likelihood or severity gives a better tier")
        return value

    def tier(self, likelihood: int, severity: int) -> Tier:
        """Return the tier of one cell.

        Parameters
        ----------
        likelihood, severity : int
            Numbers of the two axes.

        Returns
        -------
        str
            The tier.
        """
        row = self.cells[self.likelihood.index(likelihood)]
        return row[self.severity.index(severity)]


class Value(Strict):
    """Give one value of a factor its meaning."""

    value: float = Field(gt=0.0)
    title: Text


class Product(Strict):
    """Hold D = L·E·C: the tables of the three factors, the classes, and a use as tiers."""

    direction: Literal["higher_is_worse"]
    letters: LetterDirection | None = None
    likelihood: tuple[Value, ...] = Field(min_length=2)
    exposure: tuple[Value, ...] = Field(min_length=2)
    consequence: tuple[Value, ...] = Field(min_length=2)
    level: tuple[Step, ...]
    step: tuple[Step, ...]

    @field_validator("level", "step")
    @classmethod
    def _be_a_ladder(cls, value: tuple[Step, ...], info: ValidationInfo) -> tuple[Step, ...]:
        _agree(_close(value), info)
        return value


class AreaLevel(Strict):
    """Hold one score of an item and what earns it.

    Notes
    -----
    Of a counted item: exactly `count` objects, all of class `receptor_class`, earn the score;
    the level without a count is for everything else.
    """

    score: int = Field(ge=0)
    title: Text
    count: int | None = Field(default=None, ge=0)
    receptor_class: Literal["general_1", "general_2", "general_3"] | None = None


class AreaItem(Strict):
    """Hold one item: its column of the register, its scores, and how far it is counted [m]."""

    column: Name
    title: Text
    count_m: float | None = Field(default=None, gt=0.0, le=60_000.0)
    level: tuple[AreaLevel, ...] = Field(min_length=2)

    @property
    def scores(self) -> tuple[int, ...]:
        """Return the scores that the item can have."""
        return tuple(level.score for level in self.level)


class Area(Strict):
    """Hold the sheet of one area of a firm.

    Notes
    -----
    Likelihood is the ceiling of the mean of the scores of `likelihood_item`, severity the
    maximum of those of `severity_item`; both go into `matrix`.
    """

    direction: Literal["higher_is_worse"]
    likelihood_item: tuple[AreaItem, ...] = Field(min_length=1)
    severity_item: tuple[AreaItem, ...] = Field(min_length=1)
    matrix: Matrix

    @field_validator("matrix")
    @classmethod
    def _reach_every_score(cls, value: Matrix, info: ValidationInfo) -> Matrix:
        for name, axis in (("likelihood", value.likelihood), ("severity", value.severity)):
            scores = {one for item in info.data.get(f"{name}_item", ()) for one in item.scores}
            if scores and not set(range(min(scores), max(scores) + 1)) <= set(axis):
                raise ValueError(f"a score of {name} has no cell")
        return value


class Registered(Strict):
    """Hold a scheme whose tiers are adopted from documents: its numbers are not held."""

    no_number: Text
