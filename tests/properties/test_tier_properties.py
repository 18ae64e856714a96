"""What holds of every tier scheme: a worse score never gives a better tier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.ladders import LETTERS, Ladder, Step
from riskmap.schemes import Scheme, read_schemes
from riskmap.scoring import grade_row, step_of
from riskmap.vocabulary import TIER_NAMES

SCHEMES = read_schemes().held
LADDERS = [scheme for scheme in SCHEMES if scheme.entry.ladder is not None]
MATRICES = [scheme for scheme in SCHEMES if scheme.entry.matrix is not None]
scores = st.floats(min_value=0.0, max_value=105.0, allow_nan=False)


def badness(step: Step, letters: str | None) -> int:
    """Count how bad a step is, 0 the worst."""
    if step.tier is not None:
        return TIER_NAMES.index(step.tier)
    assert step.letter is not None
    place = LETTERS.index(step.letter)
    return place if letters == "first_is_worst" else len(LETTERS) - 1 - place


def worse(ladder: Ladder, one: float, two: float) -> tuple[float, float]:
    """Sort two scores, the worse first."""
    low, high = sorted((one, two))
    return (low, high) if ladder.direction == "higher_is_better" else (high, low)


@pytest.mark.parametrize("scheme", LADDERS, ids=lambda scheme: scheme.id)
@given(one=scores, two=scores)
def test_a_worse_score_never_gives_a_better_tier(scheme: Scheme, one: float, two: float) -> None:
    ladder = scheme.entry.ladder
    assert ladder is not None
    first, second = worse(ladder, one, two)
    ranks = [badness(step_of(ladder.step, score), ladder.letters) for score in (first, second)]
    assert ranks == sorted(ranks)
    assert badness(ladder.worst, ladder.letters) <= ranks[0]


@pytest.mark.parametrize("scheme", LADDERS, ids=lambda scheme: scheme.id)
@given(score=scores)
def test_every_score_falls_on_one_step(scheme: Scheme, score: float) -> None:
    ladder = scheme.entry.ladder
    assert ladder is not None
    assert sum(step.holds(score) for step in ladder.step) == 1


@given(value=st.floats(min_value=0.0, max_value=10_000.0, allow_nan=False))
def test_every_product_falls_on_one_step_and_one_class(value: float) -> None:
    product = next(scheme.entry.product for scheme in SCHEMES if scheme.entry.product is not None)
    assert sum(step.holds(value) for step in product.step) == 1
    assert sum(level.holds(value) for level in product.level) == 1


@pytest.mark.parametrize("scheme", MATRICES, ids=lambda scheme: scheme.id)
@given(pair=st.tuples(st.integers(1, 4), st.integers(1, 4)), more=st.integers(0, 3))
def test_more_likely_or_more_severe_is_never_better(
    scheme: Scheme, pair: tuple[int, int], more: int
) -> None:
    matrix = scheme.entry.matrix
    assert matrix is not None
    likelihood, severity = pair
    raised = min(likelihood + more, matrix.likelihood[-1])
    before = grade_row(scheme, {"likelihood": likelihood, "severity": severity})
    after = grade_row(scheme, {"likelihood": raised, "severity": severity})
    assert TIER_NAMES.index(after.tier) <= TIER_NAMES.index(before.tier)
