"""The line a rule measures from and to, and on which side the doubt falls.

A layer declares which line its geometry is. Where a rule asks for another, the measured
distance is only a bound: an outline drawn further out makes it a lower bound (it can prove
"complies", never "violates"), a point or line further in an upper bound (the reverse). A
declared half width turns a centreline into an edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from riskmap.vocabulary import LINE_FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Bound = Literal["exact", "lower", "upper", "none"]

# Column that holds the half width from the centreline to each edge [m].
WIDTH_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "control_zone_edge": "control_half_width_m",
        "highway_land_edge": "land_half_width_m",
        "road_edge": "half_width_m",
        "rail_toe": "toe_half_width_m",
    }
)


def reference_bound(held: str, *, wanted: str) -> Bound:
    """Tell what a distance from a held line says about the distance from the wanted one.

    Parameters
    ----------
    held : str
        Reference line that the layer declares.
    wanted : str
        Reference line that the rule asks for.

    Returns
    -------
    {'exact', 'lower', 'upper', 'none'}
        ``lower`` when the held line lies further out, ``upper`` when further in, ``none``
        when no family holds both.

    Examples
    --------
    >>> reference_bound("plant_boundary", wanted="unit_edge")
    'lower'
    >>> reference_bound("inside_point", wanted="building_wall")
    'upper'
    """
    if held == wanted:
        return "exact"
    for family in LINE_FAMILIES:
        if held in family and wanted in family:
            return "lower" if family.index(held) < family.index(wanted) else "upper"
    return "none"


@dataclass(frozen=True, slots=True)
class Reading:
    """Say for each row how a drawn line stands to the wanted one.

    Parameters
    ----------
    offset_m : numpy.ndarray, shape (rows,)
        Metres to take off the measured distance (declared half width) [m].
    inward_m : numpy.ndarray, shape (rows,)
        How far inside the drawn line the wanted one can lie [m]: adds to the upper end.
    outward_m : numpy.ndarray, shape (rows,)
        How far outside it can lie [m]: takes from the lower end.
    bound : numpy.ndarray of str, shape (rows,)
        ``exact``, ``lower``, ``upper`` or ``none``.
    """

    offset_m: NDArray[np.float64]
    inward_m: NDArray[np.float64]
    outward_m: NDArray[np.float64]
    bound: NDArray[np.str_]

    def only(self, rows: NDArray[np.intp]) -> Reading:
        """Return the reading of some rows.

        Parameters
        ----------
        rows : numpy.ndarray of int
            Which, in what order.

        Returns
        -------
        Reading
            Of those rows.
        """
        return Reading(
            self.offset_m[rows], self.inward_m[rows], self.outward_m[rows], self.bound[rows]
        )


def read_lines(rows: pd.DataFrame, *, wanted: NDArray[np.str_]) -> Reading:
    """Read how the drawn lines of rows stand to the lines that rules ask for.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows with ``held`` (the reference line that each row's layer declares), ``within_m``
        (declared largest distance between drawn and wanted line [m], NaN when not known),
        and their width columns, where there are any.
    wanted : numpy.ndarray of str, shape (rows,)
        Reference line that is asked for of each row.

    Returns
    -------
    Reading
        Offset and doubt of each row.
    """
    held_code, held_names = pd.factorize(rows["held"].to_numpy(dtype=object))
    wanted_code, wanted_names = pd.factorize(wanted.astype(object))
    table = np.array(
        [[reference_bound(held, wanted=line) for line in wanted_names] for held in held_names],
        dtype="U5",
    ).reshape(len(held_names), len(wanted_names))
    bound = table[held_code, wanted_code]
    offset = np.zeros(len(rows))
    drawn = (rows["held"] == "centreline").to_numpy(dtype=bool)
    for code, line in enumerate(wanted_names):
        column = WIDTH_COLUMNS.get(line)
        if column is None or column not in rows:
            continue
        width = rows[column].to_numpy(float)
        known = (wanted_code == code) & drawn & np.isfinite(width)
        offset[known] = width[known]
        bound[known] = "exact"
    within = rows["within_m"].to_numpy(float)
    limit = np.where(np.isnan(within), np.inf, within)
    inward = np.where(bound == "lower", limit, np.where(bound == "none", np.inf, 0.0))
    outward = np.where(bound == "upper", limit, np.where(bound == "none", np.inf, 0.0))
    return Reading(offset, inward, outward, bound)


def join_bounds(first: NDArray[np.str_], second: NDArray[np.str_]) -> NDArray[np.str_]:
    """Join what both ends of a pair say about its distance.

    Parameters
    ----------
    first : numpy.ndarray of str, shape (n,)
        Bounds at the hazard.
    second : numpy.ndarray of str, shape (n,)
        Bounds at the receptor.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        ``exact`` when both are; the one that is not exact; ``none`` when they pull in
        opposite directions or either is unknown.
    """
    joined = np.where(first == "exact", second, first)
    opposed = (first != "exact") & (second != "exact") & (first != second)
    return np.where(opposed, "none", joined)


def largest_width(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Take the widest declared half width of each row.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows with their width columns, where there are any.

    Returns
    -------
    numpy.ndarray, shape (rows,)
        Half width [m], 0 where none is declared.
    """
    widest = np.zeros(len(rows))
    for column in WIDTH_COLUMNS.values():
        if column in rows:
            widest = np.fmax(widest, rows[column].to_numpy(float))
    return widest
