"""Who meets whom: every pair that some rule may ask about, measured once.

Rows that the same rules pick are one class. The distance to look at between two classes is
the longest of the rules that join them, so that one pass finds every pair, however many
rules ask about it, and no pair that none asks about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.edges import BEST
from riskmap.sweep import Batch, Reach, listed_reach, make_sweeper
from riskmap.wkb import rows_of_shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from riskmap.sweep import Nearest

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# Rows a batch: small enough that two threads share a layer of a county.
_BATCH = 8_192


@dataclass(frozen=True, slots=True)
class Encounters:
    """Hold measured pairs of hazard and receptor.

    Parameters
    ----------
    hazard : numpy.ndarray of int64, shape (n,)
        Row of the hazard.
    receptor : numpy.ndarray of int64, shape (n,)
        Row of the receptor.
    distance_m : numpy.ndarray, shape (n,)
        Geodesic distance [m].
    ends : numpy.ndarray, shape (n, 4)
        Nearest points in EPSG:3395, hazard first [m].
    """

    hazard: Integers
    receptor: Integers
    distance_m: Floats
    ends: Floats

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Encounters:
        """Take some of the pairs.

        Parameters
        ----------
        rows : numpy.ndarray of int or bool
            Which, in what order.

        Returns
        -------
        Encounters
            Those pairs.
        """
        return Encounters(
            self.hazard[rows], self.receptor[rows], self.distance_m[rows], self.ends[rows]
        )

    def lines(self) -> np.ndarray:
        """Draw the shortest lines.

        Returns
        -------
        numpy.ndarray of shapely.LineString, shape (n,)
            Lines in EPSG:3395, from hazard to receptor.
        """
        return np.asarray(shapely.linestrings(self.ends.reshape(-1, 2, 2)))


def classes_of(picks: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Integers]:
    """Give one class to all rows that the same rules pick.

    Parameters
    ----------
    picks : numpy.ndarray of bool, shape (rules, rows)
        Whether each rule picks each row.

    Returns
    -------
    tuple of numpy.ndarray
        The rules of each class, shape (classes, rules), and the class of each row, below 0
        for a row that no rule picks.
    """
    if picks.size == 0:
        return np.zeros((0, len(picks)), dtype=bool), np.full(picks.shape[1], -1, dtype=np.int64)
    packed = np.ascontiguousarray(np.packbits(picks, axis=0).T)
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, klass = np.unique(keys, return_index=True, return_inverse=True)
    rules = picks[:, first].T
    number = np.where(rules.any(axis=1), np.cumsum(rules.any(axis=1)) - 1, -1)
    return rules[rules.any(axis=1)], number[klass].astype(np.int64)


def meet(
    hazards: np.ndarray,
    receptors: np.ndarray,
    *,
    hazard_picks: NDArray[np.bool_],
    receptor_picks: NDArray[np.bool_],
    reach_m: Floats,
) -> Encounters:
    """Measure every pair that a rule joins within its reach.

    Parameters
    ----------
    hazards : numpy.ndarray of shapely geometries, shape (h,)
        Hazards in EPSG:3395.
    receptors : numpy.ndarray of shapely geometries, shape (r,)
        Receptors in EPSG:3395.
    hazard_picks, receptor_picks : numpy.ndarray of bool, shape (rules, h) and (rules, r)
        Which rows each rule picks.
    reach_m : numpy.ndarray, shape (rules,)
        How far each rule looks [m].

    Returns
    -------
    Encounters
        Pairs sorted by hazard and receptor; each within the reach of at least one rule.

    Raises
    ------
    DataError
        When a reach is beyond 100 km.
    """
    hazard_rules, hazard_class = classes_of(hazard_picks)
    receptor_rules, receptor_class = classes_of(receptor_picks)
    chosen = np.flatnonzero(hazard_class >= 0)
    listed = np.full((len(hazard_rules), len(receptor_rules)), -1.0)
    for rule, metres in enumerate(reach_m):
        joined = np.outer(hazard_rules[:, rule], receptor_rules[:, rule])
        listed[joined] = np.maximum(listed[joined], metres)
    if len(chosen) == 0 or listed.size == 0:
        none = np.zeros(0, dtype=np.int64)
        return Encounters(none, none, np.zeros(0), np.zeros((0, 4)))
    sweeper = make_sweeper(
        rows_of_shapes(hazards[chosen]), reach=listed_reach(hazard_class[chosen], listed)
    )
    found = list(sweeper.run(_batches(receptors, receptor_class)))
    hazard = chosen[np.concatenate([pairs.hazard for pairs in found])]
    receptor = np.concatenate([pairs.receptor for pairs in found])
    best = np.concatenate([pairs.best for pairs in found]).reshape(-1, BEST)
    distance_m = np.concatenate([pairs.distance_m for pairs in found])
    order = np.lexsort((receptor, hazard))
    return Encounters(hazard[order], receptor[order], distance_m[order], best[order, 1:])


def _batches(receptors: np.ndarray, klass: Integers) -> Sequence[Batch]:
    numbers = np.flatnonzero(klass >= 0)
    parts = [numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH)]
    if not parts:
        parts = [numbers]
    return [Batch(rows_of_shapes(receptors[part]), klass[part], part) for part in parts]


def nearest_of_classes(
    hazards: np.ndarray,
    receptors: np.ndarray,
    *,
    klass: Integers,
    classes: int,
    radius_m: float,
) -> Nearest:
    """Find the nearest receptor of each class, whatever any rule asks.

    Parameters
    ----------
    hazards : numpy.ndarray of shapely geometries, shape (h,)
        Hazards in EPSG:3395.
    receptors : numpy.ndarray of shapely geometries, shape (r,)
        Receptors in EPSG:3395.
    klass : numpy.ndarray of int64, shape (r,)
        Class of each receptor, below 0 to leave it out.
    classes : int
        Number of classes.
    radius_m : float
        How far to look [m].

    Returns
    -------
    Nearest
        Distance [m] and row of the nearest, shape (h, classes); infinite where none is
        within the radius. On equal distances the lowest row is named.
    """
    reach = Reach(
        hazard_class=np.zeros(len(hazards), dtype=np.int64),
        listed_m=np.full((1, classes), -1.0),
        nearest_m=np.full((1, classes), radius_m),
        group=np.arange(classes, dtype=np.int64),
    )
    sweeper = make_sweeper(rows_of_shapes(hazards), reach=reach)
    for _ in sweeper.run(_batches(receptors, klass)):
        pass
    return sweeper.nearest()
