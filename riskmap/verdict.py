"""What a measured distance and its doubt say under one rule, and which verdict leads.

Order of verdicts, worst first (mission): a ban violated, a standard violated, inside a
consent zone with no consent on file, below an advised distance, undetermined, then what
asks for nothing: consent held, not bound, complies, inventory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

VERDICTS = (
    "ban_violated",
    "standard_violated",
    "consent_missing",
    "advisory_short",
    "undetermined",
    "consent_held",
    "not_bound",
    "complies",
    "inventory",
)
# What nobody has decided, and what asks for nothing and decides nothing.
OPEN_VERDICTS = ("undetermined", "not_bound", "inventory")
VIOLATIONS = ("ban_violated", "standard_violated")

REASONS = (
    "no_number",
    "no_report",
    "attribute_missing",
    "beyond_table",
    "contour_not_held",
    "report_outdated",
    "date_missing",
    "rebuilding",
    "flow_no_toe",
    "flow_no_drainage",
    "flow_no_link",
    "flow_no_width",
    "flow_off_path",
    "flow_not_downstream",
    "flow_ends",
    "flow_open",
    "line_not_held",
    "lower_bound",
    "upper_bound",
    "accuracy",
)

# Forms of rule that keep one end out of an area: the distance is negative inside it.
AREA_FORMS = ("inside", "risk")

FAILED_BY_NATURE: Mapping[str, str] = MappingProxyType(
    {
        "ban": "ban_violated",
        "standard": "standard_violated",
        "consent": "consent_missing",
        "advisory": "advisory_short",
        "inventory": "inventory",
    }
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Hold between which two distances the true one lies.

    Parameters
    ----------
    low_m : numpy.ndarray, shape (n,)
        Smallest distance that is possible [m].
    high_m : numpy.ndarray, shape (n,)
        Largest distance that is possible [m], infinite for a lower bound.
    """

    low_m: NDArray[np.float64]
    high_m: NDArray[np.float64]


def judge(doubt: Doubt, *, required: Doubt, equality_complies: bool) -> NDArray[np.str_]:
    """Judge distances against what a rule requires.

    Parameters
    ----------
    doubt : Doubt
        Between which distances each true one lies [m].
    required : Doubt
        Least and largest distance that may be required [m], NaN where none is held.
    equality_complies : bool
        Whether exactly the required distance is enough.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        ``met`` when even the smallest possible distance keeps the largest that may be
        required, ``failed`` when not even the largest keeps the least, else ``doubt``.

    Examples
    --------
    >>> import numpy as np
    >>> asked = Doubt(np.array([300.0]), np.array([300.0]))
    >>> judge(Doubt(np.array([298.0]), np.array([302.0])), required=asked,
    ...       equality_complies=True).tolist()
    ['doubt']
    """
    if equality_complies:
        met, failed = doubt.low_m >= required.high_m, doubt.high_m < required.low_m
    else:
        met, failed = doubt.low_m > required.high_m, doubt.high_m <= required.low_m
    return np.where(met, "met", np.where(failed, "failed", "doubt"))


def verdict_rank(verdicts: NDArray[np.str_]) -> NDArray[np.intp]:
    """Rank verdicts, the worst being 0.

    Parameters
    ----------
    verdicts : numpy.ndarray of str, shape (n,)
        Codes of `VERDICTS`.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Position in the order of verdicts.
    """
    order = {name: rank for rank, name in enumerate(VERDICTS)}
    return np.array([order[str(name)] for name in verdicts], dtype=np.intp)


def printed_distance(distance_m: float, *, required_m: float) -> float:
    """Round a measured distance down for print, so that a shortfall never vanishes.

    Parameters
    ----------
    distance_m : float
        Measured distance [m]; negative inside an area, by at least so much.
    required_m : float
        Required distance [m], NaN when there is none.

    Returns
    -------
    float
        Whole metres; tenths where the requirement is below 50 m or not whole, or where
        whole metres would print a shortfall as nothing.

    Examples
    --------
    >>> printed_distance(183.74, required_m=300.0)
    183.0
    >>> printed_distance(13.96, required_m=14.0)
    13.9
    """
    if distance_m < 0.0:
        return -math.floor(round(-distance_m, 3) * 10.0) / 10.0
    if math.isfinite(required_m) and (required_m < 50 or required_m != int(required_m)):
        return math.floor(round(distance_m, 3) * 10.0) / 10.0
    return float(math.floor(round(distance_m, 3)))


def printed_shortfall(distance_m: float, *, required_m: float) -> float:
    """Return the shortfall that agrees with the printed distance.

    Parameters
    ----------
    distance_m : float
        Measured distance [m].
    required_m : float
        Required distance [m].

    Returns
    -------
    float
        Required less printed distance, at least 0 [m].

    Examples
    --------
    >>> printed_shortfall(183.74, required_m=300.0)
    117.0
    """
    printed = printed_distance(distance_m, required_m=required_m)
    return max(0.0, round(required_m - printed, 1))


def metres(value: float) -> str:
    """Write metres without a needless decimal.

    Parameters
    ----------
    value : float
        Metres [m], NaN for none.

    Returns
    -------
    str
        Number with at most one decimal, empty for none.

    Examples
    --------
    >>> metres(300.0), metres(8.5), metres(float("nan"))
    ('300', '8.5', '')
    """
    return f"{value:.1f}".removesuffix(".0") if math.isfinite(value) else ""
