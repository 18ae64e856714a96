"""The contract of every table that travels between rooms.

A table is known by its contract's name. Columns are in the order given; a result table
has a key, is sorted, and holds no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["text", "number", "count", "flag", "geometry"]


@dataclass(frozen=True, slots=True)
class TableSchema:
    """Describe one table.

    Parameters
    ----------
    name : str
        Name of the contract.
    key : tuple of str
        Columns that identify a row.
    columns : mapping of str to str
        Kind of each column: text, number, count, flag or geometry.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, Kind]


def _schema(name: str, key: tuple[str, ...], columns: Mapping[str, Kind]) -> TableSchema:
    return TableSchema(name, key, MappingProxyType(dict(columns)))


FINDINGS = _schema(
    "FINDINGS",
    ("finding_id",),
    {
        "finding_id": "text",
        "source": "text",
        "source_name": "text",
        "source_role": "text",
        "source_kind": "text",
        "target": "text",
        "target_name": "text",
        "target_role": "text",
        "target_kind": "text",
        "rule": "text",
        "nature": "text",
        "form": "text",
        "required_m": "number",
        "required_least_m": "number",
        "required_most_m": "number",
        "measured_m": "number",
        "accuracy_m": "number",
        "short_m": "number",
        "risk_per_year": "number",
        "limit_least_per_year": "number",
        "limit_most_per_year": "number",
        "possible_classes": "text",
        "verdict": "text",
        "reason": "text",
        "missing": "text",
        "settle_m": "number",
        "bound": "text",
        "low_m": "number",
        "high_m": "number",
        "offset_m": "number",
        "straight_m": "number",
        "off_path_m": "number",
        "source_held": "text",
        "line_from": "text",
        "target_held": "text",
        "line_to": "text",
        "evidence": "text",
        "consent_number": "text",
        "geometry": "geometry",
    },
)

PAIRS = _schema(
    "PAIRS",
    ("source", "target"),
    {
        "source": "text",
        "target": "text",
        "verdict": "text",
        "finding_id": "text",
        "rule": "text",
        "measured_m": "number",
        "rules": "count",
        "guarded": "flag",
    },
)

COVERAGE = _schema(
    "COVERAGE",
    ("rule",),
    {
        "rule": "text",
        "status": "text",
        "hazards": "count",
        "receptors": "count",
        "missing_roles": "text",
        "pairs": "count",
        "failed": "count",
        "undetermined": "count",
        "displaced": "count",
    },
)

UNITS = _schema(
    "UNITS",
    ("ref",),
    {
        "ref": "text",
        "name": "text",
        "role": "text",
        "kind": "text",
        "owner": "text",
        "scale": "text",
        "unit": "text",
        "park": "text",
        "park_name": "text",
        "in_park": "flag",
        "built_up": "text",
        "town_name": "text",
        "tier": "text",
        "scheme": "text",
        "assessor": "text",
        "assessed_on": "text",
        "valid_until": "text",
        "document": "text",
        "tier_note": "text",
        "scheme_note": "text",
        "computed_tier": "text",
        "computed_letter": "text",
        "computed_by": "text",
        "tier_conflict": "text",
        "major_hazard_grade": "number",
        "grade": "text",
        "overhead": "text",
        "overhead_note": "text",
        "geometry": "geometry",
    },
)

TIER_GRADES = _schema(
    "TIER_GRADES",
    ("ref",),
    {
        "ref": "text",
        "unit": "text",
        "unit_name": "text",
        "role": "text",
        "scheme": "text",
        "direction": "text",
        "outcome": "text",
        "computed_tier": "text",
        "computed_letter": "text",
        "computed_level": "text",
        "terms": "text",
        "vetoes": "text",
        "reason": "text",
        "asked": "text",
        "adopted_tier": "text",
        "adopted_letter": "text",
        "agreement": "text",
        "scheme_note": "text",
        "state": "text",
        "assessor": "text",
        "assessed_on": "text",
        "valid_until": "text",
        "document": "text",
    },
)

ZONES = _schema(
    "ZONES",
    ("influence",),
    {"influence": "text", "hazards": "count", "area_m2": "number", "geometry": "geometry"},
)

RINGS = _schema(
    "RINGS",
    ("source", "rule"),
    {
        "source": "text",
        "rule": "text",
        "nature": "text",
        "required_m": "number",
        "geometry": "geometry",
    },
)

SURVEY = _schema(
    "SURVEY",
    ("ref",),
    {
        "number": "count",
        "ref": "text",
        "name": "text",
        "owner": "text",
        "role": "text",
        "kind": "text",
        "park_name": "text",
        "built_up": "text",
        "town_name": "text",
        "tier": "text",
        "tier_conflict": "text",
        "nearest_residential_zone": "text",
        "residential_zone_m": "number",
        "nearest_sensitive_place": "text",
        "sensitive_place_m": "number",
        "nearest_building": "text",
        "building_m": "number",
        "nearest_road": "text",
        "road_m": "number",
        "nearest_railway": "text",
        "railway_m": "number",
        "nearest_pipeline": "text",
        "pipeline_m": "number",
        "verdict": "text",
        "worst_finding": "text",
        "worst_target": "text",
        "rule": "text",
        "required_m": "number",
        "measured_m": "number",
        "short_m": "number",
        "violations": "count",
        "consents_missing": "count",
        "undetermined": "count",
        "disposal": "text",
    },
)

HIDDEN_DANGERS = _schema(
    "HIDDEN_DANGERS",
    ("id",),
    {
        "id": "text",
        "unit": "text",
        "unit_name": "text",
        "content": "text",
        "origin": "text",
        "standing": "text",
        "criterion": "text",
        "criterion_status": "text",
        "finding_id": "text",
        "found_on": "text",
        "judged_by": "text",
        "judged_on": "text",
        "document": "text",
        "status": "text",
        "measures": "text",
        "responsible": "text",
        "funds": "text",
        "due": "text",
        "plan": "text",
        "geometry": "geometry",
    },
)

SITES = _schema(
    "SITES",
    ("ref",),
    {
        "number": "count",
        "ref": "text",
        "name": "text",
        "role": "text",
        "kind": "text",
        "established": "text",
        "verdict": "text",
        "place": "text",
        "finding_id": "text",
        "rule": "text",
        "other": "text",
        "form": "text",
        "required_m": "number",
        "measured_m": "number",
        "short_m": "number",
        "violations": "count",
        "consents_missing": "count",
        "advisories": "count",
        "undetermined": "count",
        "guarded": "count",
        "too_near": "count",
        "rules_asked": "count",
        "unanswered": "count",
        "missing": "text",
        "geometry": "geometry",
    },
)

UNANSWERED = _schema(
    "UNANSWERED",
    ("ref", "rule"),
    {"ref": "text", "rule": "text", "status": "text", "missing_roles": "text"},
)


CRITERIA = _schema(
    "CRITERIA",
    ("criterion",),
    {
        "criterion": "text",
        "status": "text",
        "units": "count",
        "suspected": "count",
        "open": "count",
        "missing": "text",
    },
)

STOCK_TERMS = _schema(
    "STOCK_TERMS",
    ("number",),
    {
        "number": "count",
        "unit": "text",
        "entry_ref": "text",
        "substance": "text",
        "cas": "text",
        "hazard_class": "text",
        "quantity_t": "number",
        "share": "number",
        "found_by": "text",
        "entry": "text",
        "threshold_t": "number",
        "ratio_low": "number",
        "ratio_high": "number",
        "beta_low": "number",
        "beta_high": "number",
        "term": "text",
        "term_state": "text",
        "missing": "text",
        "document": "text",
        "date": "text",
    },
)

GRADES = _schema(
    "GRADES",
    ("unit",),
    {
        "unit": "text",
        "name": "text",
        "plant": "text",
        "plant_name": "text",
        "terms": "text",
        "s_low": "number",
        "s_high": "number",
        "persons_low": "number",
        "persons_high": "number",
        "persons_estimate": "number",
        "people_from": "text",
        "people_complete": "flag",
        "alpha_low": "number",
        "alpha_high": "number",
        "r_low": "number",
        "r_high": "number",
        "grades": "text",
        "declared_grade": "number",
        "grade_standing": "text",
        "missing": "text",
    },
)

PEOPLE = _schema(
    "PEOPLE",
    ("ref",),
    {
        "ref": "text",
        "persons_low": "number",
        "persons_high": "number",
        "persons_estimate": "number",
        "people_from": "text",
        "people_complete": "flag",
        "missing": "text",
    },
)

CLASSES = _schema(
    "CLASSES",
    ("ref",),
    {
        "ref": "text",
        "name": "text",
        "role": "text",
        "kind": "text",
        "counted_with": "text",
        "declared_class": "text",
        "possible_classes": "text",
        "receptor_class": "text",
        "basis": "text",
        "conflict": "flag",
        "missing": "text",
    },
)


def arrange(table: pd.DataFrame, schema: TableSchema) -> gpd.GeoDataFrame:
    """Bring a table into the columns, types and order of its contract.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows with at least the contract's columns, or no rows at all.
    schema : TableSchema
        The contract.

    Returns
    -------
    geopandas.GeoDataFrame
        New table; text is never missing (empty instead), counts are whole numbers.

    Raises
    ------
    ValueError
        When a column is missing or a key stands twice: a defect of the program.
    """
    missing = [name for name in schema.columns if name not in table.columns]
    if missing and len(table) > 0:
        raise ValueError(f"{schema.name} lacks {', '.join(missing)}")
    made = {
        name: _typed(table.get(name), kind, len(table)) for name, kind in schema.columns.items()
    }
    frame = pd.DataFrame(made)
    if frame.duplicated(list(schema.key)).any():
        raise ValueError(f"{schema.name}: a key stands twice")
    if "geometry" not in schema.columns:
        return frame
    crs = getattr(table, "crs", None) or "EPSG:3395"
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=crs)


def _typed(values: pd.Series | None, kind: Kind, length: int) -> pd.Series:
    if kind == "geometry":
        return pd.Series([] if values is None else list(values), dtype=object)
    if values is None:
        values = pd.Series([None] * length, dtype=object)
    values = pd.Series(values).reset_index(drop=True)
    if kind == "text":
        return values.astype("str").fillna("") if length else pd.Series([], dtype="str")
    if kind == "number":
        return values.astype(float)
    if kind == "count":
        return values.fillna(0).astype("int64")
    return values.fillna(value=False).astype(bool)


def check_table(table: pd.DataFrame, schema: TableSchema) -> None:
    """Prove that a table keeps its contract.

    Parameters
    ----------
    table : pandas.DataFrame
        Table that crosses a door.
    schema : TableSchema
        Its contract.

    Raises
    ------
    ValueError
        When columns differ, or the key is not unique.
    """
    if list(table.columns) != list(schema.columns):
        raise ValueError(f"{schema.name}: columns are {list(table.columns)}")
    if table.duplicated(list(schema.key)).any():
        raise ValueError(f"{schema.name}: a key stands twice")
