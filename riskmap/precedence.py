"""Which rule takes another's place on a pair: a special code before the general one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from riskmap.contradictions import distances_of
from riskmap.rules import UNKNOWN, YES
from riskmap.verdict import OPEN_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from riskmap.articles import Rule


@dataclass(frozen=True, slots=True)
class Picked:
    """Tell which pairs a rule picks.

    Parameters
    ----------
    select : callable
        From the number of a rule, FINDINGS and the least state wanted (`rules.YES`, or
        `rules.UNKNOWN` where a column that the rule asks for may be missing) to a mask.
    missing : callable
        From the number of a rule and FINDINGS to the names of those columns.
    """

    select: Callable[[int, pd.DataFrame, int], pd.Series]
    missing: Callable[[int, pd.DataFrame], list[str]]


def displace(
    findings: pd.DataFrame, *, rules: Sequence[Rule], asked: Sequence[bool], picked: Picked
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Let special rules take the place of general ones.

    Parameters
    ----------
    findings : pandas.DataFrame
        FINDINGS, not yet sorted.
    rules : sequence of Rule
        The rules.
    asked : sequence of bool
        Which of them are asked.
    picked : Picked
        Which pairs each picks.

    Returns
    -------
    tuple of (pandas.DataFrame, dict of str to int)
        What is left, and how many findings of each rule went. Where it is not known whether
        the special rule holds, the general one's answer is not known either, unless both
        could only fail: it stays as undetermined, and says which column would tell.
    """
    counts: dict[str, int] = {}
    if findings.empty:
        return findings, counts
    by_id = {rule.id: rule for rule in rules}
    for number, rule in enumerate(rules):
        if not rule.entry.displaces or not asked[number]:
            continue
        general = findings["rule"].isin(rule.entry.displaces)
        if not general.any():
            continue
        gone = general & picked.select(number, findings, YES)
        for name, count in findings.loc[gone, "rule"].value_counts().items():
            counts[str(name)] = counts.get(str(name), 0) + int(count)
        findings, general = findings[~gone], general[~gone]
        opened = general & picked.select(number, findings, UNKNOWN)
        opened &= _are_decided(findings, rule, by_id)
        if opened.any():
            names = picked.missing(number, findings[opened])
            findings = _leave_open(findings, opened, names)
    return findings, counts


def _are_decided(
    findings: pd.DataFrame, rule: Rule, by_id: Mapping[str, Rule]
) -> NDArray[np.bool_]:
    """Tell which answers the special rule could overturn: all but what fails under both."""
    as_strict = {name for name in rule.entry.displaces if _is_as_strict(rule, by_id.get(name))}
    verdicts = findings["verdict"]
    fails_anyway = (verdicts != "complies") & findings["rule"].isin(as_strict)
    return np.asarray(~verdicts.isin(OPEN_VERDICTS) & ~fails_anyway, dtype=bool)


def _leave_open(findings: pd.DataFrame, opened: pd.Series, missing: Sequence[str]) -> pd.DataFrame:
    findings = findings.copy()
    findings.loc[opened, "verdict"] = "undetermined"
    findings.loc[opened, "reason"] = "attribute_missing"
    findings.loc[opened, "missing"] = list(missing)
    return findings


def _is_as_strict(rule: Rule, general: Rule | None) -> bool:
    """Tell whether the special rule asks for no less than the general one."""
    if general is None:
        return False
    special, common = distances_of(rule.entry), distances_of(general.entry)
    return bool(special) and bool(common) and min(special) >= max(common)
