"""What a check comes to: the worst verdict of each pair, and what each rule met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmap.rules import is_hazchem_role
from riskmap.verdict import VIOLATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# Receptors of the external safety distance: fire separation alone never clears these.
_PROTECTED_ROLES = ("residential_zone", "sensitive_place")


def worst_of_pairs(
    findings: pd.DataFrame, *, hazards: pd.DataFrame, receptors: pd.DataFrame
) -> pd.DataFrame:
    """Take the worst verdict of every pair over all rules that apply.

    Parameters
    ----------
    findings : pandas.DataFrame
        FINDINGS, worst first.
    hazards : pandas.DataFrame
        Hazards of the check, with ``hazchem`` where it is held.
    receptors : pandas.DataFrame
        Receptors of the check.

    Returns
    -------
    pandas.DataFrame
        PAIRS, sorted by source and target; `guarded` marks a hazchem pair that fire
        separation alone would have cleared and that therefore stays undetermined.
    """
    columns = ["source", "target", "verdict", "finding_id", "rule", "measured_m"]
    judged = findings[findings["verdict"] != "inventory"]
    counts = judged.groupby(["source", "target"], sort=True).size().rename("rules")
    worst = judged.drop_duplicates(["source", "target"])[columns]
    worst = worst.merge(counts.reset_index(), on=["source", "target"], how="left")
    worst["guarded"] = _needs_external(worst, findings, hazards, receptors)
    worst["verdict"] = worst["verdict"].where(~worst["guarded"], "undetermined")
    return worst.sort_values(["source", "target"], kind="stable").reset_index(drop=True)


def _needs_external(
    worst: pd.DataFrame,
    findings: pd.DataFrame,
    hazards: pd.DataFrame,
    receptors: pd.DataFrame,
) -> NDArray[np.bool_]:
    """Mark pairs that fire separation alone would clear: hazchem unit and protected object."""
    protected = set(receptors.loc[receptors["role"].isin(_PROTECTED_ROLES), "ref"])
    if "hazchem" not in hazards or not protected:
        return np.zeros(len(worst), dtype=bool)
    # What is not known to hold none may hold some.
    can_hold = hazards["role"].map(is_hazchem_role).astype(bool)
    hazchem = set(hazards.loc[can_hold & (hazards["hazchem"] != "no"), "ref"])
    lawful = findings[findings["nature"].isin(["ban", "standard", "consent"])]
    ruled = set(zip(lawful["source"], lawful["target"], strict=True))
    cleared = findings[(findings["evidence"] != "") & (findings["verdict"] == "complies")]
    answered = set(zip(cleared["source"], cleared["target"], strict=True))
    pair = pd.Series(list(zip(worst["source"], worst["target"], strict=True)), dtype=object)
    return np.asarray(
        (worst["verdict"] == "complies").to_numpy()
        & worst["source"].isin(hazchem).to_numpy()
        # A screening distance clears nothing in law, so there is nothing to guard.
        & pair.isin(ruled).to_numpy()
        & worst["target"].isin(protected).to_numpy()
        & ~pair.isin(answered).to_numpy(),
        dtype=bool,
    )


def count_rules(
    coverage: pd.DataFrame, *, findings: pd.DataFrame, displaced: Mapping[str, int]
) -> pd.DataFrame:
    """Count what each rule met.

    Parameters
    ----------
    coverage : pandas.DataFrame
        One row a rule: rule, status, hazards, receptors, missing_roles.
    findings : pandas.DataFrame
        FINDINGS.
    displaced : mapping of str to int
        Findings that a special code took the place of, by rule.

    Returns
    -------
    pandas.DataFrame
        COVERAGE, sorted by rule.
    """
    table = coverage.copy()
    table["pairs"] = table["rule"].map(findings["rule"].value_counts()).fillna(0).astype(int)
    failed = findings[findings["verdict"].isin([*VIOLATIONS, "consent_missing", "advisory_short"])]
    table["failed"] = table["rule"].map(failed["rule"].value_counts()).fillna(0).astype(int)
    open_ = findings[findings["verdict"] == "undetermined"]
    table["undetermined"] = table["rule"].map(open_["rule"].value_counts()).fillna(0).astype(int)
    table["displaced"] = table["rule"].map(dict(displaced)).fillna(0).astype(int)
    return table.sort_values("rule", kind="stable").reset_index(drop=True)
