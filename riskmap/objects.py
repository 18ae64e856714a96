"""Which class of GB 36894 each home, place or building can be, from what its columns say.

A class is a range: from the strictest that the missing columns still allow to the weakest
that the known ones have reached already. Only a range of one class is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from riskmap.vocabulary import RECEPTOR_CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from riskmap.grading import Ladder, Measure, ReceptorGrading

    Flags = NDArray[np.bool_]
    Ranks = NDArray[np.int64]

_RANK = {name: rank for rank, name in enumerate(RECEPTOR_CLASSES)}
_WEAKEST = len(RECEPTOR_CLASSES) - 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Say for each row which classes are possible; 0 is the strictest.

    Parameters
    ----------
    strictest, weakest : numpy.ndarray of int64, shape (rows,)
        Both ends of what is possible.
    missing : numpy.ndarray of str, shape (rows,)
        Columns that would narrow it, joined by commas.
    basis : numpy.ndarray of str, shape (rows,)
        ``kind``, ``columns``, ``together`` or empty.
    counted_with : numpy.ndarray of str, shape (rows,)
        Village or estate that a row is counted with; empty for itself.
    """

    strictest: Ranks
    weakest: Ranks
    missing: NDArray[np.object_]
    basis: NDArray[np.object_]
    counted_with: NDArray[np.object_]

    @classmethod
    def open_to_all(cls, count: int) -> Standing:
        """Say nothing of any row.

        Parameters
        ----------
        count : int
            Number of rows.

        Returns
        -------
        Standing
            Every class is possible.
        """
        return cls(
            np.zeros(count, dtype=np.int64),
            np.full(count, _WEAKEST, dtype=np.int64),
            *(np.full(count, "", dtype=object) for _ in range(3)),
        )

    def put(self, rows: Flags | NDArray[np.intp], other: Standing) -> None:
        """Write the standing of some rows over what is held.

        Parameters
        ----------
        rows : numpy.ndarray of bool or int
            Which rows.
        other : Standing
            Their standing, in order.
        """
        for name in self.__slots__:
            getattr(self, name)[rows] = getattr(other, name)

    def ask(self, rows: Flags, column: str) -> None:
        """Ask for a column where some rows are still open.

        Parameters
        ----------
        rows : numpy.ndarray of bool
            Which rows.
        column : str
            Name of the column.
        """
        asked = rows & (self.strictest < self.weakest)
        before = self.missing[asked]
        self.missing[asked] = np.where(before == "", column, before + ", " + column)


def stand(
    rows: gpd.GeoDataFrame,
    *,
    grading: ReceptorGrading,
    neighbours_read: bool = True,
    homes_complete: bool = False,
) -> Standing:
    """Say which classes homes, places and buildings can be.

    Parameters
    ----------
    rows : geopandas.GeoDataFrame
        Rows of homes, places and buildings in EPSG:3395.
    grading : ReceptorGrading
        GB 36894.
    neighbours_read : bool, optional
        Whether every row is here; without, what a low-rise house is counted with is unknown.
    homes_complete : bool, optional
        Whether the layers of homes hold every village and estate.

    Returns
    -------
    Standing
        What is possible of each row.
    """
    found = Standing.open_to_all(len(rows))
    kind = _kinds(rows)
    for entry in grading.whole_kind:
        picked = np.isin(kind, entry.kinds)
        rank = np.full(int(picked.sum()), _RANK[entry.receptor_class], dtype=np.int64)
        nothing = np.full(len(rank), "", dtype=object)
        basis = np.full(len(rank), "kind", dtype=object)
        found.put(picked, Standing(rank, rank.copy(), nothing, basis, nothing.copy()))
    for ladder in grading.ladder:
        picked = np.isin(kind, ladder.kinds)
        found.put(picked, climb(rows[picked].assign(kind=kind[picked]), ladder=ladder))
    known = {name for entry in (*grading.whole_kind, *grading.ladder) for name in entry.kinds}
    strange = ~np.isin(kind, sorted(known))
    found.ask(strange & (kind == ""), "kind")
    found.ask(strange & (kind != ""), "receptor_class")
    _count_together(found, _Homes(rows, kind, grading, neighbours_read, homes_complete))
    found.basis[found.strictest < found.weakest] = ""
    return found


def _kinds(rows: pd.DataFrame) -> NDArray[np.object_]:
    kind = rows["kind"].fillna("").to_numpy(dtype=object) if "kind" in rows else None
    if kind is None:
        kind = np.full(len(rows), "", dtype=object)
    homes = (rows["role"] == "residential_zone").to_numpy(dtype=bool)
    # A home is housing, whichever kind is not stated.
    return np.where(homes & (kind == ""), "residential_area", kind)


def _numbers(rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return rows[column].to_numpy(float) if column in rows else np.full(len(rows), np.nan)


def _words(rows: pd.DataFrame, column: str) -> NDArray[np.object_]:
    if column not in rows:
        return np.full(len(rows), "", dtype=object)
    return rows[column].fillna("").to_numpy(dtype=object)


def climb(rows: pd.DataFrame, *, ladder: Ladder) -> Standing:
    """Say which classes of one ladder rows can be.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the ladder's kinds.
    ladder : Ladder
        Row of table 1: the stricter class of its measures counts.

    Returns
    -------
    Standing
        What is possible of each row.
    """
    measures = [_read(rows, measure) for measure in ladder.measure]
    strictest = np.minimum.reduce([strict for strict, _ in measures])
    weakest = np.minimum.reduce([weak for _, weak in measures])
    found = Standing.open_to_all(len(rows))
    found.strictest[:], found.weakest[:] = strictest, weakest
    found.basis[:] = "columns"
    for measure, (strict, weak) in zip(ladder.measure, measures, strict=True):
        unknown = (strict < weak) & (strict < weakest)
        values = _words(rows, measure.column) if measure.words else _numbers(rows, measure.column)
        blank = pd.isna(values) | (values == "")
        found.ask(unknown & blank, measure.column)
        if measure.only_where is not None:
            found.ask(unknown & (_words(rows, measure.only_where) == ""), measure.only_where)
    return found


def _read(rows: pd.DataFrame, measure: Measure) -> tuple[Ranks, Ranks]:
    """Read one measure as the strictest and the weakest class that it allows."""
    ranks = sorted(_RANK[name] for name in measure.classes)
    if measure.words:
        by_word = {word: _RANK[name] for word, name in measure.words.items()}
        values = pd.Series(_words(rows, measure.column)).map(by_word)
        held = np.asarray(values.to_numpy(float), dtype=np.float64)
    else:
        held = _by_steps(_numbers(rows, measure.column), measure)
    known = np.isfinite(held)
    strictest: Ranks = np.where(known, np.nan_to_num(held), ranks[0]).astype(np.int64)
    weakest: Ranks = np.where(known, np.nan_to_num(held), ranks[-1]).astype(np.int64)
    if measure.only_where is not None:
        says = _words(rows, measure.only_where)
        strictest = np.where(says == "no", ranks[-1], strictest)
        weakest = np.where(says == "yes", weakest, ranks[-1])
    return strictest, weakest


def _by_steps(values: NDArray[np.float64], measure: Measure) -> NDArray[np.float64]:
    rising = sorted(measure.steps, key=lambda step: step.since)
    ranks = np.array([_RANK[step.receptor_class] for step in rising], dtype=float)
    starts = np.array([step.since for step in rising])
    place = np.searchsorted(starts, values, side="right") - 1
    return np.where(np.isnan(values), np.nan, ranks[np.clip(place, 0, len(ranks) - 1)])


@dataclass(frozen=True, slots=True)
class _Homes:
    """Carry what the counting of villages and estates looks at."""

    rows: gpd.GeoDataFrame
    kind: NDArray[np.object_]
    grading: ReceptorGrading
    neighbours_read: bool
    homes_complete: bool

    @property
    def ladder(self) -> Ladder:
        """Return the ladder of housing."""
        kinds = set(self.grading.one_object.kinds)
        return next(one for one in self.grading.ladder if kinds & set(one.kinds))

    @property
    def best(self) -> int:
        """Return the strictest class of housing."""
        return min(_RANK[name] for measure in self.ladder.measure for name in measure.classes)

    def storeys(self) -> tuple[Flags, Flags]:
        """Tell which rows are low-rise and which are higher for sure."""
        held = _numbers(self.rows, "storeys")
        upto = self.grading.one_object.storeys_upto
        high = (held > upto) | (_words(self.rows, "high_rise") == "yes")
        low = (held <= upto) & ~high
        low = low | np.isnan(held) & ~high & np.isin(
            self.kind, self.grading.one_object.low_rise_kinds
        )
        return low, high


def _count_together(found: Standing, homes: _Homes) -> None:
    """Apply the rule that a low-rise village or estate is one object."""
    role = homes.rows["role"].to_numpy(dtype=object)
    low, high = homes.storeys()
    zones = (role == "residential_zone") & np.isin(homes.kind, homes.grading.one_object.kinds)
    # From four storeys on every building stands by itself: the whole is only an upper bound.
    weakest = max(_RANK[name] for one in homes.ladder.measure for name in one.classes)
    found.weakest[zones & ~low] = weakest
    found.missing[zones & ~low] = ""
    found.ask(zones & high, "building")
    found.ask(zones & ~low & ~high, "storeys")
    houses = (role == "building") & np.isin(homes.kind, homes.ladder.kinds)
    if not houses.any():
        return
    if not homes.neighbours_read:
        found.strictest[houses & ~high] = homes.best
        found.ask(houses & low, "neighbours")
        found.ask(houses & ~low & ~high, "storeys")
        return
    _join_houses(found, homes, np.flatnonzero(houses & ~high), np.flatnonzero(zones & low))


def _join_houses(
    found: Standing, homes: _Homes, houses: NDArray[np.intp], zones: NDArray[np.intp]
) -> None:
    """Count houses of one village or estate together; `zones` count as one object."""
    rows, low = homes.rows, homes.storeys()[0]
    estate = _words(rows, "estate")[houses]
    refs = rows["ref"].to_numpy(dtype=object)
    zone = _zone_of(rows, houses, zones)
    key = np.where(estate != "", estate, np.where(zone >= 0, refs[zone], ""))
    together = np.flatnonzero(key != "")
    alone = houses[key == ""]
    if not homes.homes_complete:
        found.strictest[alone] = homes.best
        found.ask(_flags(len(rows), alone) & low, "estate")
    if len(together):
        group = _stand_of_groups(rows.iloc[houses[together]], key[together], homes)
        inside = zone[together]
        held = np.flatnonzero((inside >= 0) & (estate[together] == ""))
        _narrow(group, held, found, inside[held])
        target, sure = houses[together], low[houses[together]]
        # A house of unknown height may stand by itself: both readings stay open.
        unsure = ~sure
        own_weak, own_strict = found.weakest[target], found.strictest[target]
        group.weakest[unsure] = np.maximum(group.weakest, own_weak)[unsure]
        group.strictest[unsure] = np.minimum(group.strictest, own_strict)[unsure]
        found.put(target, group)
    open_ = houses if not homes.homes_complete else houses[together]
    found.ask(_flags(len(rows), open_) & ~low, "storeys")


def _flags(count: int, rows: NDArray[np.intp]) -> Flags:
    flags = np.zeros(count, dtype=bool)
    flags[rows] = True
    return flags


def _zone_of(
    rows: gpd.GeoDataFrame, houses: NDArray[np.intp], zones: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Find the village or estate on whose ground each house stands; -1 for none."""
    zone = np.full(len(houses), -1, dtype=np.intp)
    if len(zones) == 0 or len(houses) == 0:
        return zone
    shapes = np.asarray(rows.geometry.array)
    tree = shapely.STRtree(shapes[zones])
    points = shapely.point_on_surface(shapes[houses])
    house, ground = tree.query(points, predicate="intersects")
    order = np.argsort(-ground, kind="stable")
    zone[house[order]] = zones[ground[order]]
    return zone


def _stand_of_groups(rows: pd.DataFrame, key: NDArray[np.object_], homes: _Homes) -> Standing:
    """Sum up each village or estate and say of every house which class the whole can be."""
    code, names = pd.factorize(key)
    storeys = _numbers(rows, "storeys")
    is_low = storeys <= homes.grading.one_object.storeys_upto
    summed: dict[str, NDArray[np.float64]] = {}
    unknown: dict[str, Flags] = {}
    for measure in homes.ladder.measure:
        values = _numbers(rows, measure.column)
        total = np.zeros(len(names))
        np.add.at(total, code[is_low], np.nan_to_num(values[is_low]))
        lacking = np.zeros(len(names), dtype=bool)
        lacking[code[np.isnan(values) | ~is_low]] = True
        summed[measure.column], unknown[measure.column] = total, lacking
    table = pd.DataFrame(summed)
    whole = climb(table.assign(role="building"), ladder=homes.ladder)
    for column, lacking in unknown.items():
        whole.strictest[lacking] = homes.best
        whole.ask(lacking, column)
    whole.basis[:] = "together"
    whole.counted_with[:] = names
    return Standing(*(getattr(whole, name)[code] for name in Standing.__slots__))


def _narrow(
    group: Standing, held: NDArray[np.intp], found: Standing, zones: Sequence[int] | Ranks
) -> None:
    """Narrow the class of houses by that of the village on whose ground they stand."""
    strictest = np.maximum(group.strictest[held], found.strictest[zones])
    weakest = np.minimum(group.weakest[held], found.weakest[zones])
    agree = strictest <= weakest
    # Where the sum of the houses and the village's own numbers differ, the stricter counts.
    group.strictest[held] = np.where(agree, strictest, np.minimum(strictest, weakest))
    group.weakest[held] = np.where(agree, weakest, np.minimum(strictest, weakest))
    closed = group.strictest[held] == group.weakest[held]
    group.missing[held[closed]] = ""
