"""Computed tiers: what the register of scores gives, beside what was adopted.

The map shows the adopted tier. A computed one never replaces it; where the two disagree the
unit carries a note that every table, page and panel prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskmap.columns import date_range
from riskmap.encounter import meet
from riskmap.location import gather
from riskmap.roles import columns_of
from riskmap.scoring import Grade, grade_row
from riskmap.tables import TIER_GRADES, UNITS, arrange
from riskmap.tiers import note_of_scheme, state_on
from riskmap.vocabulary import TIER_NAMES

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import date

    import geopandas as gpd

    from riskmap.ladders import AreaItem
    from riskmap.quality import Layer
    from riskmap.schemes import Scheme, Schemes

    Row = Mapping[Hashable, object]

# From the note that matters most.
CONFLICTS = ("computed_worse", "letter_differs", "computed_better")
AGREEMENTS = (*CONFLICTS, "agrees", "not_adopted", "not_compared")
OUTCOMES = ("graded", "not_graded")

_NO_UNIT: Mapping[Hashable, object] = {"name": "", "role": "", "tier": "", "grade": "", "unit": ""}


def grade_scores(
    layers: Sequence[Layer], *, units: gpd.GeoDataFrame, schemes: Schemes, as_of: date
) -> pd.DataFrame:
    """Grade every assessment of the score registers by the scheme that it names.

    Parameters
    ----------
    layers : sequence of Layer
        Layers and registers of the run, in EPSG:3395.
    units : geopandas.GeoDataFrame
        UNITS in EPSG:3395, with the adopted tiers.
    schemes : Schemes
        Schemes of the run.
    as_of : datetime.date
        Date of the run: tells which assessments are valid.

    Returns
    -------
    pandas.DataFrame
        TIER_GRADES, sorted by unit and ref: one row an assessment, graded or with the reason
        why it is not and the columns that are asked for. `agreement` compares a valid result
        with the adopted tier, or a letter with the adopted letter.
    """
    tables = [layer.features for layer in layers if layer.spec.role == "assessment_score"]
    if not tables or all(table.empty for table in tables):
        return pd.DataFrame(arrange(pd.DataFrame(), TIER_GRADES))
    register = pd.DataFrame(pd.concat(tables, ignore_index=True)).drop(columns="geometry")
    by_ref = pd.DataFrame(units.drop(columns="geometry")).set_index("ref").to_dict("index")
    surroundings = _Surroundings.of(layers, units=units, schemes=schemes)
    made = []
    for row in register.to_dict("records"):
        unit = by_ref.get(str(row["unit"]), _NO_UNIT)
        scheme = schemes.find(str(row["scheme"]))
        counted = surroundings.count(row, unit, scheme)
        made.append(_graded(row, unit, scheme=scheme, counted=counted, as_of=as_of))
        note = note_of_scheme(schemes, row["scheme"], role=str(unit["role"]), on=row["date"])
        # A letter needs no colour; only an adopted colour is told that its scheme has none.
        made[-1]["scheme_note"] = "" if note == "no_colours" else note
    table = pd.DataFrame(made).sort_values(["unit", "ref"], kind="stable")
    return pd.DataFrame(arrange(table.reset_index(drop=True), TIER_GRADES))


def _graded(
    row: Row, unit: Row, *, scheme: Scheme | None, counted: _Count, as_of: date
) -> dict[str, object]:
    filled = {str(name): value for name, value in row.items()}
    if counted.score is not None:
        filled[counted.column] = float(counted.score)
    grade = _grade(filled, unit, scheme)
    asked = list(grade.asked)
    if counted.asked and counted.column in asked:
        asked[asked.index(counted.column)] = counted.asked
    letter = str(unit["grade"])
    state = state_on(row["date"], row["valid_until"], as_of)
    return {
        "ref": row["ref"],
        "unit": _text(row["unit"]),
        "unit_name": str(unit["name"]) or _text(row["unit"]),
        "role": unit["role"],
        "scheme": _text(row["scheme"]),
        "direction": " ".join(scheme.directions) if scheme is not None else "",
        "outcome": "graded" if grade.is_graded else "not_graded",
        "computed_tier": grade.tier,
        "computed_letter": grade.letter,
        "computed_level": grade.level,
        "terms": "; ".join(part for part in (grade.terms, counted.terms) if part),
        "vetoes": ", ".join(grade.vetoes),
        "reason": grade.reason,
        "asked": ", ".join(asked),
        "adopted_tier": unit["tier"],
        "adopted_letter": letter,
        "agreement": _agreement(grade, str(unit["tier"]), letter, state),
        "state": state,
        "assessor": row["assessor"],
        "assessed_on": row["date"],
        "valid_until": row["valid_until"],
        "document": row["document"],
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _grade(row: Mapping[str, object], unit: Row, scheme: Scheme | None) -> Grade:
    """Grade a row, unless its scheme may not grade it."""
    if scheme is None:
        reason = "scheme_unknown" if _text(row["scheme"]) else "no_scheme"
        return Grade(reason=reason, asked=("scheme",))
    if not scheme.is_on:
        return Grade(reason="scheme_off")
    return _barred(row, unit, scheme) or grade_row(scheme, row)


def _barred(row: Mapping[str, object], unit: Row, scheme: Scheme) -> Grade | None:
    days = date_range(row["date"])
    if days is None:
        return Grade(reason="no_date", asked=("date",))
    force = scheme.force_on(days)
    if force in {"not_in_force", "not_exact"}:
        return Grade(reason=force)
    roles = scheme.entry.roles
    if roles and unit["role"] and unit["role"] not in roles:
        return Grade(reason="other_role", asked=("scheme",))
    return None


def _agreement(grade: Grade, tier: str, letter: str, state: str) -> str:
    if not grade.is_graded or state != "valid" or not tier:
        return "not_compared"
    if not grade.tier:
        if not letter:
            return "not_adopted"
        return "agrees" if grade.letter == letter else "letter_differs"
    if tier not in TIER_NAMES:
        return "not_adopted"
    computed, adopted = TIER_NAMES.index(grade.tier), TIER_NAMES.index(tier)
    if computed == adopted:
        return "agrees"
    return "computed_worse" if computed < adopted else "computed_better"


def with_computed(units: gpd.GeoDataFrame, grades: pd.DataFrame) -> gpd.GeoDataFrame:
    """Note on every unit what was computed for it, and whether that disagrees.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        UNITS.
    grades : pandas.DataFrame
        TIER_GRADES.

    Returns
    -------
    geopandas.GeoDataFrame
        UNITS with `computed_tier`, `computed_letter`, `computed_by` and `tier_conflict` of
        the valid assessment that disagrees most, or else gives the worst tier; the adopted
        tier stays as it is.
    """
    valid = grades[(grades["outcome"] == "graded") & (grades["state"] == "valid")]
    conflict = valid["agreement"].where(valid["agreement"].isin(CONFLICTS), "")
    rank = {name: number for number, name in enumerate((*CONFLICTS, ""))}
    tiers = {name: number for number, name in enumerate((*TIER_NAMES, ""))}
    ranked = valid.assign(
        tier_conflict=conflict, rank=conflict.map(rank), order=valid["computed_tier"].map(tiers)
    ).sort_values(["rank", "order", "ref"], kind="stable")
    first = ranked.drop_duplicates("unit").set_index("unit")
    table = units.copy()
    for column, source in (
        ("computed_tier", "computed_tier"),
        ("computed_letter", "computed_letter"),
        ("computed_by", "scheme"),
        ("tier_conflict", "tier_conflict"),
    ):
        table[column] = table["ref"].map(first[source])
    # Beside a colour the letters of a method would be read as an official grade.
    table["computed_letter"] = table["computed_letter"].where(table["computed_tier"] == "")
    return arrange(table, UNITS)


@dataclass(frozen=True, slots=True)
class _Count:
    """Hold the score of a counted item, or the column that is asked for in its place."""

    column: str = ""
    score: int | None = None
    terms: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """Hold what lies around the firms whose areas are graded."""

    items: tuple[AreaItem, ...]
    firms: frozenset[str]
    near: pd.DataFrame

    @classmethod
    def of(
        cls, layers: Sequence[Layer], *, units: gpd.GeoDataFrame, schemes: Schemes
    ) -> _Surroundings:
        areas = [scheme.entry.area for scheme in schemes.held if scheme.is_on]
        items = tuple(
            item
            for area in areas
            if area is not None
            for item in area.severity_item
            if item.count_m is not None
        )
        if not items:
            return cls(items, frozenset(), _NOTHING_NEAR.copy())
        reach_m = max(item.count_m or 0.0 for item in items)
        firms = gather(layers, part="hazard")
        # The item asks from the firm's boundary: any other line held would be a guess.
        bounded = (firms["role"] == "chemical_plant") & (firms["held"] == "plant_boundary")
        firms = firms[bounded & firms["ref"].isin(units["ref"])].reset_index(drop=True)
        receptors = gather(layers, part="receptor")
        classed = receptors["role"].map(lambda role: "receptor_class" in columns_of(role))
        # Of firms only those without hazardous chemicals are protected objects (GB 36894 3.1.4).
        firm = receptors["role"] == "chemical_plant"
        if firm.any():
            classed &= ~firm | (receptors["hazchem"] == "no").fillna(value=False)
        receptors = receptors[classed.astype(bool)].reset_index(drop=True)
        return cls(items, frozenset(firms["ref"]), _near(firms, receptors, reach_m))

    def count(self, row: Row, unit: Row, scheme: Scheme | None) -> _Count:
        area = scheme.entry.area if scheme is not None else None
        for item in area.severity_item if area is not None else ():
            value = row[item.column]
            if item in self.items and isinstance(value, float) and np.isnan(value):
                return self._counted(item, str(unit["unit"]))
        return _Count()

    def _counted(self, item: AreaItem, firm: str) -> _Count:
        if firm not in self.firms:
            return _Count(item.column)
        near = self.near[self.near["firm"] == firm]
        sure = near[near["high_m"] <= (item.count_m or 0.0)]
        maybe = near[near["low_m"] <= (item.count_m or 0.0)]
        least, most = _score_of(item, sure["class"]), _score_of(item, maybe["class"])
        if least is None or most is None or maybe.empty:
            # None found in the layers held is no proof that there is none.
            missing = "receptor_class" if len(maybe) else ""
            return _Count(item.column, asked=f"{item.column} ({missing})" if missing else "")
        if least != most:
            return _Count(item.column)
        return _Count(
            item.column, least, f"{item.column} = {least} ({item.count_m:g} m: {len(sure)})"
        )


_NOTHING_NEAR = pd.DataFrame(
    {
        "firm": pd.Series(dtype="str"),
        "class": pd.Series(dtype="str"),
        "low_m": pd.Series(dtype=float),
        "high_m": pd.Series(dtype=float),
    }
)


def _near(firms: gpd.GeoDataFrame, receptors: gpd.GeoDataFrame, reach_m: float) -> pd.DataFrame:
    """Measure every classed receptor that may lie within reach of a firm's boundary."""
    if firms.empty or receptors.empty:
        return _NOTHING_NEAR.copy()
    doubt_m = float(firms["accuracy_m"].max() + receptors["accuracy_m"].max())
    met = meet(
        np.asarray(firms.geometry.array),
        np.asarray(receptors.geometry.array),
        hazard_picks=np.ones((1, len(firms)), dtype=bool),
        receptor_picks=np.ones((1, len(receptors)), dtype=bool),
        reach_m=np.array([reach_m + doubt_m]),
    )
    others = (
        firms["ref"].to_numpy(dtype=object)[met.hazard]
        != receptors["ref"].to_numpy(dtype=object)[met.receptor]
    )
    met = met.take(np.flatnonzero(others))
    either = (
        firms["accuracy_m"].to_numpy()[met.hazard]
        + receptors["accuracy_m"].to_numpy()[met.receptor]
    )
    return pd.DataFrame(
        {
            "firm": firms["ref"].to_numpy()[met.hazard],
            "class": receptors["receptor_class"].to_numpy()[met.receptor],
            "low_m": met.distance_m - either,
            "high_m": met.distance_m + either,
        }
    )


def _score_of(item: AreaItem, classes: pd.Series) -> int | None:
    """Return the score of so many objects of such classes, None where a class is not held."""
    rest = next(level.score for level in item.level if level.count is None)
    known = classes.dropna()
    counted = [level for level in item.level if level.count is not None]
    named = {level.receptor_class for level in counted if level.receptor_class}
    most = max(level.count or 0 for level in counted)
    # One object of a worse class, or too many of any, and the others no longer matter.
    if (~known.isin(named)).any() or len(classes) > most:
        return rest
    if len(known) < len(classes):
        return None
    return next((level.score for level in counted if level.count == len(known)), rest)
