"""Grade major hazard sources (GB 18218) and classify protected objects (GB 36894).

Both come before the setbacks, since rules select by what is found here. What a firm or an
office declares is kept and compared; a computed grade or class fills only what was not
declared, and only where it is the single one possible.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from riskmap.grading import CLASSIFIED_ROLES, Gradings, in_force_on
from riskmap.location import ancestors, gather_layers, parents
from riskmap.objects import Standing, stand
from riskmap.population import count_people, gather_crowd
from riskmap.stocks import Span, exact, read_stocks, sum_terms, terms_table, write_term
from riskmap.tables import CLASSES, GRADES, STOCK_TERMS, arrange
from riskmap.vocabulary import RECEPTOR_CLASSES

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from datetime import date
    from fractions import Fraction

    from riskmap.grading import AlphaStep, GradeStep, HazardGrading, ReceptorGrading
    from riskmap.quality import Layer
    from riskmap.stocks import Term

NOT_MAJOR = "none"
_RANK = {name: rank for rank, name in enumerate(RECEPTOR_CLASSES)}


@dataclass(frozen=True, slots=True)
class Grades:
    """Hold the grading of sources.

    Parameters
    ----------
    table : pandas.DataFrame
        GRADES: one row a unit with stock rows.
    terms : pandas.DataFrame
        STOCK_TERMS: one row a row of the stock registers.
    """

    table: pd.DataFrame
    terms: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Graded:
    """Hold what grading and classifying found, for the outputs.

    Parameters
    ----------
    gradings : Gradings
        Standards that were used.
    grades : pandas.DataFrame
        GRADES: one row a unit with stock rows.
    terms : pandas.DataFrame
        STOCK_TERMS: one row a row of the stock registers.
    classes : pandas.DataFrame
        CLASSES: one row a home, place or building.
    """

    gradings: Gradings
    grades: pd.DataFrame
    terms: pd.DataFrame
    classes: pd.DataFrame

    @classmethod
    def nothing(cls) -> Graded:
        """Hold that nothing was graded.

        Returns
        -------
        Graded
            Empty tables.
        """
        tables = (
            pd.DataFrame(arrange(pd.DataFrame(), schema))
            for schema in (GRADES, STOCK_TERMS, CLASSES)
        )
        return cls(Gradings(), *tables)

    def only(self, inside: set[str]) -> Graded:
        """Keep what belongs to the study area.

        Parameters
        ----------
        inside : set of str
            References of the features that touch it.

        Returns
        -------
        Graded
            Units and receptors of the study area; stock rows of a unit outside go with it.
        """
        grades = self.grades[self.grades["unit"].isin(inside)].reset_index(drop=True)
        outside = set(self.grades["unit"]) - set(grades["unit"])
        return Graded(
            self.gradings,
            grades,
            self.terms[~self.terms["unit"].isin(outside)].reset_index(drop=True),
            self.classes[self.classes["ref"].isin(inside)].reset_index(drop=True),
        )


def grade_and_classify(
    layers: Sequence[Layer],
    *,
    gradings: Gradings,
    as_of: date,
    unread: frozenset[str] = frozenset(),
) -> tuple[tuple[Layer, ...], Graded]:
    """Grade every source, classify every receptor, and fill what was not declared.

    Parameters
    ----------
    layers : sequence of Layer
        Layers and registers of the run, in EPSG:3395.
    gradings : Gradings
        Standards of the run.
    as_of : datetime.date
        Assessment date.
    unread : frozenset of str, optional
        Roles of layers that stream by and are not held here: people in them are not counted.

    Returns
    -------
    tuple of (tuple of Layer, Graded)
        The layers, grades and classes filled where single and not declared; and the tables.
    """
    classes = classify_receptors(layers, grading=gradings.receptors, as_of=as_of)
    grades = grade_sources(layers, grading=gradings.hazards, as_of=as_of, unread=unread)
    filled = fill_grades(fill_classes(layers, classes), grades.table)
    return tuple(filled), Graded(gradings, grades.table, grades.terms, classes)


def grade_sources(
    layers: Sequence[Layer],
    *,
    grading: HazardGrading | None,
    as_of: date,
    unread: frozenset[str] = frozenset(),
) -> Grades:
    """Grade every hazard source that a stock register names.

    Parameters
    ----------
    layers : sequence of Layer
        Layers and registers of the run, in EPSG:3395.
    grading : HazardGrading or None
        GB 18218; without it nothing is graded.
    as_of : datetime.date
        Assessment date; before the edition's first day nothing is graded.
    unread : frozenset of str, optional
        Roles of layers that stream by: people in them are not counted.

    Returns
    -------
    Grades
        GRADES and STOCK_TERMS.

    Notes
    -----
    S = sum of q/Q; R = alpha times the sum of beta q/Q (GB 18218-2018, 4.2 and 4.3). Bounds
    of S, R and of the people counted give every grade that is possible: ``3``, ``3/4``, or
    ``none`` for no major hazard source. `grade_standing` says how the grade stands to the
    declared one: ``agrees``, ``conflict``, ``open`` (declared, several possible),
    ``computed``, ``undecided``, ``not_major`` or ``edition_not_held``.
    """
    empty = Grades(
        pd.DataFrame(arrange(pd.DataFrame(), GRADES)),
        pd.DataFrame(arrange(pd.DataFrame(), STOCK_TERMS)),
    )
    if grading is None:
        return empty
    terms = read_stocks(layers, grading=grading, as_of=as_of)
    sources = gather_layers([one for one in layers if one.spec.role == "hazard_source"])
    units = sources[sources["ref"].isin({term.stock.unit for term in terms})]
    if units.empty:
        return Grades(empty.table, terms_table(terms))
    plants = _plants(units, layers)
    areas = gather_layers([one for one in layers if one.spec.role in _AREA_ROLES])
    areas = areas[areas["ref"].isin(set(plants.values()))]
    crowd = gather_crowd(layers, unread=unread)
    people = count_people(gpd.GeoDataFrame(areas), crowd=crowd, outward_m=grading.table_5.outward_m)
    around = {str(row["ref"]): row for row in people.to_dict("records")}
    names = dict(zip(areas["ref"], areas["name"].fillna(areas["ref"]), strict=True))
    held = in_force_on(grading.instrument, as_of)
    rows = []
    for unit in units.to_dict("records"):
        ref = str(unit["ref"])
        plant = plants[ref]
        mine = [term for term in terms if term.stock.unit == ref]
        row: dict[str, object] = {
            "unit": ref,
            "name": unit["name"] if isinstance(unit["name"], str) else ref,
            "plant": plant,
            "plant_name": names[plant],
            "terms": " + ".join(write_term(term) for term in mine if _counts(term)),
            "declared_grade": unit.get("major_hazard_grade", math.nan),
        }
        row |= {column: around[plant][column] for column in _PEOPLE}
        rows.append(row | (_graded(mine, around[plant], grading) if held else dict(_NOT_HELD)))
    table = pd.DataFrame(rows)
    table["grade_standing"] = [
        _compare(grades, declared)
        for grades, declared in zip(table["grades"], table["declared_grade"], strict=True)
    ]
    return Grades(pd.DataFrame(arrange(table, GRADES)), terms_table(terms))


_AREA_ROLES = ("chemical_plant", "hazard_source")
_PEOPLE = ("persons_low", "persons_high", "persons_estimate", "people_from", "people_complete")
_NOT_HELD: Mapping[str, object] = {
    **{f"{name}_{end}": math.nan for name in ("s", "alpha", "r") for end in ("low", "high")},
    "grades": "",
    "missing": "",
}


def _counts(term: Term) -> bool:
    return term.state in {"counted", "missing"}


def _plants(units: pd.DataFrame, layers: Sequence[Layer]) -> dict[str, str]:
    """Find the plant of each unit: itself where it is part of none."""
    roles = {
        ref: layer.spec.role
        for layer in layers
        if layer.spec.role == "chemical_plant"
        for ref in layer.features["ref"]
    }
    above = parents(layers)
    return {
        ref: next((name for name in ancestors(ref, parent_of=above) if name in roles), ref)
        for ref in units["ref"]
    }


def _graded(
    terms: Sequence[Term], around: Mapping[Hashable, object], grading: HazardGrading
) -> dict[str, object]:
    s, weighted = sum_terms(terms)
    alpha = alpha_span(
        float(str(around["persons_low"])), float(str(around["persons_high"])), steps=grading.alpha
    )
    r = weighted.times(alpha)
    grades = possible_grades(s, r, grading=grading)
    asked = [name for term in terms for name in term.missing]
    if alpha.low != alpha.high:
        asked += [name for name in str(around["missing"]).split(", ") if name]
    columns = dict.fromkeys(asked if len(grades) > 1 else ())
    row: dict[str, object] = {"grades": "/".join(grades), "missing": ", ".join(columns)}
    for name, span in (("s", s), ("alpha", alpha), ("r", r)):
        row[f"{name}_low"], row[f"{name}_high"] = span.floats
    return row


def alpha_span(low: float, high: float, *, steps: Sequence[AlphaStep]) -> Span:
    """Take the correction for the people around a plant.

    Parameters
    ----------
    low, high : float
        Least and most persons; the latter may be infinite.
    steps : sequence of AlphaStep
        Table 5.

    Returns
    -------
    Span
        Alpha of the least and of the most.
    """

    def of(persons: float) -> Fraction:
        held = [one for one in steps if one.since <= persons and (one.below or math.inf) > persons]
        return exact(held[0].alpha if held else max(one.alpha for one in steps))

    # Half a person is none for sure, and may be one.
    return Span(of(math.floor(low)), of(math.ceil(high) if math.isfinite(high) else high))


def possible_grades(s: Span, r: Span, *, grading: HazardGrading) -> tuple[str, ...]:
    """List the grades that the bounds of S and R allow, the worst first.

    Parameters
    ----------
    s, r : Span
        Identification and grading index.
    grading : HazardGrading
        GB 18218.

    Returns
    -------
    tuple of str
        Grades, ``none`` last where S may be below 1.
    """
    threshold = exact(grading.threshold.since)
    if s.high is not None and s.high < threshold:
        return (NOT_MAJOR,)
    found = [str(step.grade) for step in sorted(grading.grade, key=_by_grade) if _meets(step, r)]
    return (*found, NOT_MAJOR) if s.low < threshold else tuple(found)


def _by_grade(step: GradeStep) -> int:
    return step.grade


def _meets(step: GradeStep, r: Span) -> bool:
    above = r.high is None or r.high >= exact(step.since)
    return above and (step.below is None or r.low < exact(step.below))


def _compare(grades: str, declared: float) -> str:
    if not grades:
        return "edition_not_held"
    possible = grades.split("/")
    if not math.isnan(declared):
        if f"{declared:.0f}" not in possible:
            return "conflict"
        return "agrees" if len(possible) == 1 else "open"
    if len(possible) > 1:
        return "undecided"
    return "not_major" if possible == [NOT_MAJOR] else "computed"


def fill_grades(layers: Iterable[Layer], grades: pd.DataFrame) -> list[Layer]:
    """Fill the computed grade where none is declared and it is the only one possible.

    Parameters
    ----------
    layers : iterable of Layer
        Layers of the run.
    grades : pandas.DataFrame
        GRADES.

    Returns
    -------
    list of Layer
        The layers; a grade that is filled is told in GRADES as ``computed``.
    """
    chosen = grades[grades["grade_standing"] == "computed"]
    computed = dict(zip(chosen["unit"], chosen["grades"].astype(float), strict=True))
    filled = []
    for layer in layers:
        if layer.spec.role == "hazard_source" and computed:
            held = layer.features["major_hazard_grade"]
            found = layer.features["ref"].map(computed).astype(float)
            frame = layer.features.assign(major_hazard_grade=held.where(held.notna(), found))
            layer = replace(layer, features=frame)  # noqa: PLW2901 - the same layer, filled
        filled.append(layer)
    return filled


def classify_receptors(
    layers: Sequence[Layer],
    *,
    grading: ReceptorGrading | None,
    as_of: date,
    neighbours_read: bool = True,
) -> pd.DataFrame:
    """Classify homes, places and buildings by GB 36894, clause 3.1.

    Parameters
    ----------
    layers : sequence of Layer
        Layers of the run, in EPSG:3395.
    grading : ReceptorGrading or None
        GB 36894; without it nothing is classified.
    as_of : datetime.date
        Assessment date; before the edition's first day nothing is classified: the classes
        of 2014 are a different set.
    neighbours_read : bool, optional
        Whether every house of a village is among the layers; a batch of a streamed layer
        does not know.

    Returns
    -------
    pandas.DataFrame
        CLASSES: the declared class, the classes still possible, the class that counts (the
        declared one, else the single one), its basis and what is missing.
    """
    chosen = [layer for layer in layers if layer.spec.role in CLASSIFIED_ROLES]
    rows = gather_layers(chosen)
    if grading is None or rows.empty:
        return pd.DataFrame(arrange(pd.DataFrame(), CLASSES))
    is_held = in_force_on(grading.instrument, as_of)
    homes = [layer for layer in chosen if layer.spec.role == "residential_zone"]
    if is_held:
        found = stand(
            rows,
            grading=grading,
            neighbours_read=neighbours_read,
            homes_complete=bool(homes) and all(layer.spec.complete for layer in homes),
        )
    else:
        found = Standing.open_to_all(len(rows))
    return _classes_table(rows, found, is_held=is_held)


def _classes_table(rows: gpd.GeoDataFrame, found: Standing, *, is_held: bool) -> pd.DataFrame:
    declared = rows["receptor_class"].fillna("").to_numpy(dtype=object)
    rank = pd.Series(declared).map(_RANK).to_numpy(float)
    says = declared != ""
    single = found.strictest == found.weakest
    names = np.array(RECEPTOR_CLASSES, dtype=object)
    computed = np.where(single, names[found.strictest], "")
    conflict = says & ((rank < found.strictest) | (rank > found.weakest))
    table = pd.DataFrame(
        {
            "ref": rows["ref"].to_numpy(),
            "name": rows["name"].fillna(rows["ref"]).to_numpy(),
            "role": rows["role"].to_numpy(),
            "kind": rows["kind"].fillna("").to_numpy(),
            "counted_with": found.counted_with,
            "declared_class": declared,
            "possible_classes": _ranges(found) if is_held else "",
            "receptor_class": np.where(says, declared, computed),
            "basis": np.where(says, "declared", found.basis if is_held else "edition_not_held"),
            "conflict": conflict,
            "missing": found.missing,
        }
    )
    return pd.DataFrame(arrange(table, CLASSES))


def _ranges(found: Standing) -> np.ndarray:
    size = len(RECEPTOR_CLASSES)
    words = np.empty((size, size), dtype=object)
    for first in range(size):
        for last in range(size):
            words[first, last] = "/".join(RECEPTOR_CLASSES[first : last + 1])
    return np.asarray(words[found.strictest, found.weakest])


def fill_classes(layers: Iterable[Layer], classes: pd.DataFrame) -> list[Layer]:
    """Fill the class of receptors where none is declared and only one is possible.

    Parameters
    ----------
    layers : iterable of Layer
        Layers of the run.
    classes : pandas.DataFrame
        CLASSES.

    Returns
    -------
    list of Layer
        The layers.
    """
    chosen = classes[(classes["basis"] != "declared") & (classes["receptor_class"] != "")]
    computed = chosen.set_index("ref")["receptor_class"]
    filled = []
    for layer in layers:
        if layer.spec.role in CLASSIFIED_ROLES and len(computed):
            held = layer.features["receptor_class"]
            found = layer.features["ref"].map(computed).astype("str")
            frame = layer.features.assign(receptor_class=held.where(held.notna(), found))
            layer = replace(layer, features=frame)  # noqa: PLW2901 - the same layer, filled
        filled.append(layer)
    return filled
