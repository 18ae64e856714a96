"""Overlay of influence ranges: highest wins, disjoint, complete. Not a tier.

What reaches out from a hazard is the distance that each rule in force requires of it, or
that its safety report states. Ranges are drawn in the sheet plane, joined by influence and
cut so that each spot of the study area belongs to exactly one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.crs import PLANE_CRS
from riskmap.evidence import register_rows, reports_on
from riskmap.location import gather
from riskmap.rules import YES, select_rows
from riskmap.tables import RINGS, ZONES, arrange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from riskmap.crs import SheetPlane
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

# Highest first: on overlap the first one keeps the ground.
INFLUENCES = ("ban", "standard", "consent", "advisory", "outside")

_QUARTER_SEGMENTS = 24


def build_rings(
    layers: Sequence[Layer], *, rulebook: Rulebook, as_of: date, plane: SheetPlane
) -> gpd.GeoDataFrame:
    """Draw around every hazard the distance that each rule in force asks of it.

    Parameters
    ----------
    layers : sequence of Layer
        Layers and registers of the run, in EPSG:3395.
    rulebook : Rulebook
        The law.
    as_of : datetime.date
        Assessment date.
    plane : SheetPlane
        Plane to buffer in.

    Returns
    -------
    geopandas.GeoDataFrame
        RINGS in `plane`, sorted by source and rule; a rule appears for the hazards that it
        surely picks. A distance from a safety report is the largest of its classes.
    """
    hazards = gather(layers, part="hazard")
    if hazards.empty:
        return arrange(hazards.set_crs(PLANE_CRS, allow_override=True), RINGS).to_crs(plane.crs)
    local = hazards.to_crs(plane.crs)
    reports = _report_distances(layers, as_of)
    roles = {layer.spec.role for layer in layers}
    parts: list[pd.DataFrame] = []
    for rule in rulebook.rules:
        entry = rule.entry
        live = entry.on and rule.applies_on(as_of) and bool(roles & set(entry.receptor.roles))
        if not live or entry.nature == "inventory":
            continue
        picked = local[select_rows(hazards, selector=entry.hazard) == YES]
        required = pd.Series(entry.distance_m, index=picked.index, dtype=float)
        if entry.distance_from is not None:
            required = picked["ref"].map(reports).astype(float)
        picked, required = picked[required.notna()], required[required.notna()]
        if picked.empty:
            continue
        shapes = shapely.buffer(
            np.asarray(picked.geometry.array),
            required.to_numpy(float),
            quad_segs=_QUARTER_SEGMENTS,
        )
        parts.append(
            pd.DataFrame(
                {
                    "source": picked["ref"].to_numpy(),
                    "rule": rule.id,
                    "nature": entry.nature,
                    "required_m": required.to_numpy(float),
                    "geometry": shapes,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if not table.empty:
        table = table.sort_values(["source", "rule"], kind="stable").reset_index(drop=True)
        table = gpd.GeoDataFrame(table, geometry="geometry", crs=plane.crs)
    return arrange(table, RINGS).set_crs(plane.crs, allow_override=True)


def _report_distances(layers: Sequence[Layer], as_of: date) -> dict[str, float]:
    reports = reports_on(register_rows(layers, "safety_report"), as_of)
    largest = reports.groupby("unit")["distance_m"].max()
    return {str(unit): float(distance_m) for unit, distance_m in largest.items()}


def build_zones(rings: gpd.GeoDataFrame, *, study_area: shapely.Geometry) -> gpd.GeoDataFrame:
    """Overlay influence ranges: the highest wins, and the rest of the area is outside.

    Parameters
    ----------
    rings : geopandas.GeoDataFrame
        RINGS in a plane whose areas are true.
    study_area : shapely.Geometry
        Study area in the same plane.

    Returns
    -------
    geopandas.GeoDataFrame
        ZONES, one row an influence that occurs: disjoint, together the study area.

    Notes
    -----
    Ranges of one influence are joined by cascaded union; each is cut by the union of those
    above it, so areas add up to that of the study area.
    """
    taken: shapely.Geometry = shapely.Polygon()
    rows: list[dict[str, object]] = []
    for influence in INFLUENCES[:-1]:
        chosen = rings[rings["nature"] == influence]
        if chosen.empty:
            continue
        whole = shapely.intersection(
            shapely.union_all(np.asarray(chosen.geometry.array)), study_area
        )
        own = _areal(shapely.difference(whole, taken))
        taken = shapely.union(taken, whole)
        if not shapely.is_empty(own):
            rows.append(
                {"influence": influence, "hazards": chosen["source"].nunique(), "geometry": own}
            )
    outside = _areal(shapely.difference(study_area, taken))
    rows.append({"influence": "outside", "hazards": 0, "geometry": outside})
    table = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=rings.crs)
    table["area_m2"] = shapely.area(np.asarray(table.geometry.array))
    return arrange(table, ZONES)


def _areal(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    kept = parts[shapely.get_dimensions(parts) == 2]
    return shapely.multipolygons(kept) if len(kept) else shapely.Polygon()
