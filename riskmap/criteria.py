"""Which units a criterion of major hidden dangers suspects, and what it could not ask.

A criterion may look at the verdicts of a rule, at a part of the unit outside all of some
areas, or at the unit's columns alone. What it finds is a suspicion; a person judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.crs import PLANE_CRS, plane_scale
from riskmap.location import gather, gather_layers
from riskmap.rules import UNKNOWN, YES, missing_columns, where_states
from riskmap.tables import CRITERIA, arrange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from riskmap.articles import Criterion
    from riskmap.clauses import CriterionEntry
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook
    from riskmap.setback import Setbacks

_COLUMNS = ("id", "unit", "unit_name", "criterion", "finding_id")


@dataclass(frozen=True, slots=True)
class Suspicions:
    """Hold what the criteria of a day came to.

    Parameters
    ----------
    records : geopandas.GeoDataFrame
        id, unit, unit_name, criterion, finding_id and a point in EPSG:3395.
    criteria : pandas.DataFrame
        CRITERIA: one row a criterion, those that could not be asked too.
    """

    records: gpd.GeoDataFrame
    criteria: pd.DataFrame


def suspect_units(
    layers: Sequence[Layer],
    *,
    setbacks: Setbacks,
    rulebook: Rulebook,
    as_of: date,
    inside: set[str] | None = None,
) -> Suspicions:
    """Compare every unit with every criterion in force.

    Parameters
    ----------
    layers : sequence of Layer
        Layers of the run, in EPSG:3395.
    setbacks : Setbacks
        Result of the check.
    rulebook : Rulebook
        The law, with its criteria.
    as_of : datetime.date
        Assessment date: only criteria in force count.
    inside : set of str, optional
        Features of the study area; every feature when not given.

    Returns
    -------
    Suspicions
        One record a unit and criterion, and what each criterion met.
    """
    hazards = gather(layers, part="hazard")
    if inside is not None:
        hazards = hazards[hazards["ref"].isin(inside)].reset_index(drop=True)
    scene = _Scene(hazards, layers, setbacks)
    rows, parts = [], []
    for criterion in rulebook.criteria:
        found, row = scene.ask(criterion, as_of)
        rows.append(row)
        parts.append(found)
    held = [part for part in parts if not part.empty]
    if held:
        records = gpd.GeoDataFrame(pd.concat(held, ignore_index=True), crs=PLANE_CRS)
    else:
        empty = {name: pd.Series(dtype="str") for name in _COLUMNS}
        records = gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=PLANE_CRS))
    return Suspicions(records, pd.DataFrame(arrange(pd.DataFrame(rows), CRITERIA)))


@dataclass(frozen=True, slots=True)
class _Scene:
    hazards: gpd.GeoDataFrame
    layers: Sequence[Layer]
    setbacks: Setbacks

    def ask(self, criterion: Criterion, as_of: date) -> tuple[gpd.GeoDataFrame, dict[str, object]]:
        entry = criterion.entry
        row: dict[str, object] = {"criterion": entry.id, "status": "ran"}
        row |= {"units": 0, "suspected": 0, "open": 0, "missing": ""}
        nothing = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=PLANE_CRS))
        silence = self._silence(criterion, as_of)
        if silence is not None:
            missing = ", ".join(sorted(self._missing_roles(entry))) if silence == "no_layer" else ""
            return nothing, {**row, "status": silence, "missing": missing}
        units = self.hazards
        if entry.roles:
            units = units[units["role"].isin(entry.roles)]
        states = where_states(units, where=entry.unit_where)
        found = self._by_rules(entry, units[states == YES])
        if not entry.rules:
            found = self._by_itself(entry, units[states == YES])
        # A unit that a column keeps open is a question, unless no rule of it failed.
        open_ = units[states == UNKNOWN]
        if entry.rules:
            open_ = open_[open_["ref"].isin(self._failed(entry)["source"])]
        names = dict.fromkeys(
            name
            for names in missing_columns(open_, columns=entry.unit_where)
            for name in names.split(", ")
            if name
        )
        row |= {"units": int((states > 0).sum()), "suspected": len(found), "open": len(open_)}
        return found, {**row, "missing": ", ".join(names)}

    def _silence(self, criterion: Criterion, as_of: date) -> str | None:
        entry = criterion.entry
        if not criterion.applies_on(as_of):
            return "not_in_force"
        if entry.no_text is not None:
            return "no_text"
        if self._missing_roles(entry):
            return "no_layer"
        status = self.setbacks.coverage.set_index("rule")["status"]
        asleep = {"off", "not_in_force", "superseded", "site_only"}
        if entry.rules and all(status.get(name) in asleep for name in entry.rules):
            return "rules_off"
        return None

    def _missing_roles(self, entry: CriterionEntry) -> set[str]:
        held = {layer.spec.role for layer in self.layers}
        missing = set(entry.outside) - held
        if entry.roles and not set(entry.roles) & held:
            missing |= set(entry.roles)
        return missing

    def _failed(self, entry: CriterionEntry) -> pd.DataFrame:
        findings = self.setbacks.findings
        hit = findings["rule"].isin(entry.rules) & findings["verdict"].isin(entry.verdicts)
        return pd.DataFrame(findings[hit])

    def _by_rules(self, entry: CriterionEntry, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        # Findings come worst first: one record a unit, of its worst.
        failed = self._failed(entry)
        failed = failed[failed["source"].isin(units["ref"])].drop_duplicates("source")
        chosen = units.set_index("ref", drop=False).loc[list(failed["source"])]
        found = _records(chosen, entry, shapely.point_on_surface(_shapes(chosen)))
        found["finding_id"] = failed["finding_id"].to_numpy()
        found["id"] = [f"S-{name}" for name in found["finding_id"]]
        return found

    def _by_itself(self, entry: CriterionEntry, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        if not entry.outside:
            return _records(units, entry, shapely.point_on_surface(_shapes(units)))
        areas = gather_layers([one for one in self.layers if one.spec.role in entry.outside])
        beyond = _parts_outside(units, areas)
        away = ~shapely.is_empty(beyond)
        return _records(units[away], entry, shapely.point_on_surface(beyond[away]))


def _shapes(table: gpd.GeoDataFrame) -> NDArray[np.object_]:
    return np.asarray(table.geometry.array)


def _records(
    units: gpd.GeoDataFrame, entry: CriterionEntry, spots: NDArray[np.object_]
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": [f"S-{entry.id}-{ref}" for ref in units["ref"]],
            "unit": units["ref"].to_numpy(),
            "unit_name": units["name"].fillna(units["ref"]).to_numpy(),
            "criterion": entry.id,
            "finding_id": "",
        },
        geometry=gpd.GeoSeries(list(spots), crs=PLANE_CRS),
        crs=PLANE_CRS,
    )


def _parts_outside(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Cut from units what lies in an area, or may lie in one by the accuracy of both."""
    shapes = _shapes(units).copy()
    if len(shapes) == 0 or areas.empty:
        return shapes
    grounds = _shapes(areas)
    tree = shapely.STRtree(grounds)
    own_m = units["accuracy_m"].to_numpy(float)
    area_m = areas["accuracy_m"].to_numpy(float)
    for number, shape in enumerate(shapes):
        scale = float(plane_scale(np.array([shapely.bounds(shape)[3]]))[0])
        reach = (own_m[number] + float(area_m.max())) * scale
        near = tree.query(shape, predicate="dwithin", distance=reach)
        doubts = (own_m[number] + area_m[near]) * scale
        around = shapely.union_all(shapely.buffer(grounds[near], doubts))
        shapes[number] = shapely.difference(shape, around)
    return shapes
