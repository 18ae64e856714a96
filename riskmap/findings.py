"""The table of findings: each pair once, named, with what it falls short by, worst first."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from riskmap.crs import PLANE_CRS
from riskmap.tables import FINDINGS, arrange
from riskmap.verdict import VIOLATIONS, verdict_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

# What no id holds: it keeps the parts of a key apart.
_BETWEEN = "\x1f"


def worse_direction(found: pd.DataFrame, both: NDArray[np.bool_]) -> pd.DataFrame:
    """Keep of two features that pick each other the direction with the worse verdict.

    Parameters
    ----------
    found : pandas.DataFrame
        Judged rows.
    both : numpy.ndarray of bool, shape (rows,)
        Whether the rule of each row picks the same roles at both ends.

    Returns
    -------
    pandas.DataFrame
        Each pair once.
    """
    if not both.any():
        return found
    ends = found.loc[both, ["source", "target"]]
    ranked = found[both].assign(
        one=ends.min(axis=1),
        other=ends.max(axis=1),
        rank=verdict_rank(found.loc[both, "verdict"].to_numpy()),
    )
    ranked = ranked.sort_values(["rule", "one", "other", "rank", "source"], kind="stable")
    kept = ranked.drop_duplicates(["rule", "one", "other"]).drop(columns=["one", "other", "rank"])
    return pd.concat([found[~both], kept])


def join_tables(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join tables, of which some may be empty.

    Parameters
    ----------
    parts : sequence of pandas.DataFrame
        The tables.

    Returns
    -------
    pandas.DataFrame
        Their rows in order, numbered anew.
    """
    held = [part for part in parts if not part.empty]
    return pd.concat(held, ignore_index=True) if held else pd.DataFrame()


def finding_id(source: str, target: str, rule: str) -> str:
    """Make the stable id of a finding from what it joins.

    Parameters
    ----------
    source : str
        Reference of the hazard.
    target : str
        Reference of the receptor.
    rule : str
        Id of the rule.

    Returns
    -------
    str
        ``F`` and sixteen hexadecimal digits, the same in every run: ten would meet
        each other among the millions of a province.
    """
    return "F" + sha256(_BETWEEN.join((source, target, rule)).encode()).hexdigest()[:16]


def finish_findings(parts: Sequence[pd.DataFrame]) -> gpd.GeoDataFrame:
    """Join judged rows, name each and put the worst first.

    Parameters
    ----------
    parts : sequence of pandas.DataFrame
        Judged rows of `Part`.

    Returns
    -------
    geopandas.GeoDataFrame
        FINDINGS in EPSG:3395.
    """
    return arrange(_finish(join_tables(parts)), FINDINGS)


def _finish(findings: pd.DataFrame) -> pd.DataFrame:
    if findings.empty:
        return findings
    table = findings.copy()
    keys = table["source"] + _BETWEEN + table["target"] + _BETWEEN + table["rule"]
    table["finding_id"] = ["F" + sha256(key.encode()).hexdigest()[:16] for key in keys]
    failed = table["verdict"].isin([*VIOLATIONS, "advisory_short"])
    short = table["required_m"] - table["measured_m"]
    table["short_m"] = short.where(failed)
    settled = (table["verdict"] == "undetermined") & table["required_m"].notna()
    table["settle_m"] = short.abs().where(settled)
    table["rank"] = verdict_rank(table["verdict"].to_numpy())
    table = table.sort_values(
        ["rank", "short_m", "measured_m", "finding_id"],
        ascending=[True, False, True, True],
        kind="stable",
    )
    table = table.reset_index(drop=True)
    placed: pd.DataFrame = gpd.GeoDataFrame(table, geometry="geometry", crs=PLANE_CRS)
    return placed
