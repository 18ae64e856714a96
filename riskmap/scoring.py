"""Grade one assessment by its scheme: the tier or letter, with the sum that gave it.

What is missing or cannot be right is asked for by the name of its column; nothing is guessed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from riskmap.ladders import LETTERS, Area, Ladder, Letters, Matrix, Product

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from riskmap.ladders import AreaItem, Step
    from riskmap.schemes import Scheme

# Words of a veto column that say that none applies.
NO_VETO = frozenset({"none", "no", "无", "否"})
REASONS = (
    "missing_input",
    "wrong_input",
    "registered",
    "no_scheme",
    "scheme_unknown",
    "scheme_off",
    "other_role",
    "no_date",
    "not_in_force",
    "not_exact",
)
_SPLIT = re.compile(r"[;；,，、\s]+")


@dataclass(frozen=True, slots=True)
class Grade:
    """Hold what a scheme makes of one assessment.

    Parameters
    ----------
    tier, letter, level : str
        What it gives; all empty when it is not graded.
    terms : str
        The sum that gave it, or what is known of it.
    vetoes : tuple of str
        Vetoes that lead straight to the worst step.
    reason : str
        Why it is not graded, of `REASONS`; empty when it is.
    asked : tuple of str
        Columns whose value is missing or cannot be right.
    """

    tier: str = ""
    letter: str = ""
    level: str = ""
    terms: str = ""
    vetoes: tuple[str, ...] = ()
    reason: str = ""
    asked: tuple[str, ...] = ()

    @property
    def is_graded(self) -> bool:
        """Tell whether there is a result."""
        return not self.reason


def grade_row(scheme: Scheme, row: Mapping[str, object]) -> Grade:
    """Grade one assessment.

    Parameters
    ----------
    scheme : Scheme
        The scheme that the assessment names.
    row : mapping of str to object
        Columns of the role ``assessment_score``; NaN or None where a value is missing.

    Returns
    -------
    Grade
        The result, or why there is none.

    Examples
    --------
    >>> from riskmap.schemes import read_schemes
    >>> grade_row(read_schemes().find("cn.tier.park_2023"), {"score": 69.9}).letter
    'B'
    """
    part = getattr(scheme.entry, scheme.kind)
    made = Grade(reason="registered")
    match part:
        case Ladder():
            made = _ladder(part, row)
        case Letters():
            made = _letters(part, row)
        case Matrix():
            made = _matrix(part, row)
        case Product():
            made = _product(part, row)
        case Area():
            made = _area(part, row)
    return made


def step_of(steps: Sequence[Step], value: float) -> Step:
    """Return the step on which a score falls.

    Parameters
    ----------
    steps : sequence of Step
        Steps of a ladder, which hold every score once.
    value : float
        Score.

    Returns
    -------
    Step
        Its step.
    """
    return next(step for step in steps if step.holds(value))


def _number(row: Mapping[str, object], name: str) -> float | None:
    value = row.get(name)
    if isinstance(value, (int, float)) and math.isfinite(value):
        return float(value)
    return None


def _asked(row: Mapping[str, object], names: Sequence[str]) -> Grade | None:
    """Ask for the numbers that are not there."""
    missing = tuple(name for name in names if _number(row, name) is None)
    return Grade(reason="missing_input", asked=missing) if missing else None


def _given(step: Step, *, terms: str, level: str = "") -> Grade:
    return Grade(step.tier or "", step.letter or "", level=level, terms=terms)


def _ladder(ladder: Ladder, row: Mapping[str, object]) -> Grade:
    known = {veto.id for veto in ladder.veto}
    text = row.get("vetoes")
    words = [word for word in _SPLIT.split(text) if word] if isinstance(text, str) else []
    said = tuple(word for word in words if word.lower() not in NO_VETO)
    # "none" beside a veto, or a word that is no veto of the scheme, says nothing certain.
    if any(word not in known for word in said) or (said and len(said) < len(words)):
        return Grade(reason="wrong_input", asked=("vetoes",))
    score = _number(row, "score")
    if score is not None and score > ladder.highest:
        return Grade(reason="wrong_input", asked=("score",))
    printed = "" if score is None else f"{score:g}"
    if said:
        worst = ladder.worst
        return Grade(worst.tier or "", worst.letter or "", terms=printed, vetoes=said)
    if score is None:
        return Grade(reason="missing_input", asked=("score",))
    step = step_of(ladder.step, score)
    # Nothing is worse than the worst step: only above it does a veto still matter.
    if known and not words and step is not ladder.worst:
        return Grade(terms=step.written(printed), reason="missing_input", asked=("vetoes",))
    return _given(step, terms=step.written(printed))


def _letters(letters: Letters, row: Mapping[str, object]) -> Grade:
    letter = row.get("letter")
    if letter not in LETTERS:
        return Grade(reason="missing_input", asked=("letter",))
    step = letters.letter[LETTERS.index(letter)]
    return Grade(tier=step.tier or "", letter=step.letter, terms=step.letter)


def _matrix(matrix: Matrix, row: Mapping[str, object]) -> Grade:
    asked = _asked(row, ("likelihood", "severity"))
    if asked is not None:
        return asked
    likelihood, severity = _number(row, "likelihood"), _number(row, "severity")
    axes = (("likelihood", likelihood, matrix.likelihood), ("severity", severity, matrix.severity))
    wrong = tuple(name for name, value, axis in axes if value not in axis)
    if wrong or likelihood is None or severity is None:
        return Grade(reason="wrong_input", asked=wrong)
    tier = matrix.tier(int(likelihood), int(severity))
    terms = f"L={likelihood:g}, S={severity:g}, L×S={likelihood * severity:g}"
    return Grade(tier=tier, terms=terms)


def _product(product: Product, row: Mapping[str, object]) -> Grade:
    tables = {
        "likelihood": product.likelihood,
        "exposure": product.exposure,
        "consequence": product.consequence,
    }
    asked = _asked(row, tuple(tables))
    if asked is not None:
        return asked
    factors = [_number(row, name) or 0.0 for name in tables]
    wrong = tuple(
        name
        for (name, table), factor in zip(tables.items(), factors, strict=True)
        if factor not in [one.value for one in table]
    )
    if wrong:
        return Grade(reason="wrong_input", asked=wrong)
    # 0.1 x 0.2 is not 0.02 in binary: the classes are compared with what a hand would write.
    value = round(math.prod(factors), 6)
    step, level = step_of(product.step, value), step_of(product.level, value)
    sign = " × ".join(f"{factor:g}" for factor in factors)
    return _given(step, level=str(level.level), terms=f"D = {sign} = {value:g}")


def _area(area: Area, row: Mapping[str, object]) -> Grade:
    items = (*area.likelihood_item, *area.severity_item)
    asked = _asked(row, [item.column for item in items])
    if asked is not None:
        return asked
    wrong = tuple(item.column for item in items if _number(row, item.column) not in item.scores)
    if wrong:
        return Grade(reason="wrong_input", asked=wrong)
    first = _scores(area.likelihood_item, row)
    second = _scores(area.severity_item, row)
    # Whole numbers: the ceiling of the mean without a binary fraction.
    likelihood, severity = -(-sum(first) // len(first)), max(second)
    plus, comma = "+".join(map(str, first)), ", ".join(map(str, second))
    terms = f"L = ⌈({plus})/{len(first)}⌉ = {likelihood}; S = max({comma}) = {severity}"
    return Grade(tier=area.matrix.tier(likelihood, severity), terms=terms)


def _scores(items: Sequence[AreaItem], row: Mapping[str, object]) -> list[int]:
    return [int(_number(row, item.column) or 0) for item in items]
