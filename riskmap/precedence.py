"""Which rule takes another's place on a pair: a special code before the general one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from riskmap.contradictions import distances_of
from riskmap.verdict import OPEN_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from riskmap.articles import Rule


@dataclass(frozen=True, slots=True)
class Picked:
    """Tell which pairs a rule picks.

    Parameters
    ----------
    surely, perhaps : callable
        From the number of a rule and FINDINGS to a mask of its rows: those whose ends it
        surely picks, and those where a column that it asks for is not held.
    missing : callable
        From the number of a rule and FINDINGS to the names of those columns.
    """

    surely: Callable[[int, pd.DataFrame], pd.Series]
    perhaps: Callable[[int, pd.DataFrame], pd.Series]
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
        gone = general & picked.surely(number, findings)
        for name, count in findings.loc[gone, "rule"].value_counts().items():
            counts[str(name)] = counts.get(str(name), 0) + int(count)
        findings, general = findings[~gone], general[~gone]
        perhaps = general & picked.perhaps(number, findings)
        findings = _leave_open(findings, perhaps, rule, by_id, picked.missing(number, findings))
    return findings, counts


def _leave_open(
    findings: pd.DataFrame,
    perhaps: pd.Series,
    rule: Rule,
    by_id: Mapping[str, Rule],
    missing: Sequence[str],
) -> pd.DataFrame:
    as_strict = {name for name in rule.entry.displaces if _is_as_strict(rule, by_id.get(name))}
    failed = ~findings["verdict"].isin(OPEN_VERDICTS)
    kept = failed & (findings["verdict"] != "complies") & findings["rule"].isin(as_strict)
    opened = perhaps & failed & ~kept
    if not opened.any():
        return findings
    findings = findings.copy()
    findings.loc[opened, "verdict"] = "undetermined"
    findings.loc[opened, "reason"] = "attribute_missing"
    names = pd.Series(list(missing), index=findings.index, dtype=object)
    findings.loc[opened, "missing"] = names[opened]
    return findings


def _is_as_strict(rule: Rule, general: Rule | None) -> bool:
    """Tell whether the special rule asks for no less than the general one."""
    if general is None:
        return False
    special, common = distances_of(rule.entry), distances_of(general.entry)
    return bool(special) and bool(common) and min(special) >= max(common)
