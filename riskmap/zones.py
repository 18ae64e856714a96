"""Overlay of influence ranges: highest wins, disjoint, complete. Not a tier.

What reaches out from a hazard is the distance that each rule in force requires of it, or
that its safety report states. Ranges are drawn in the sheet plane, joined by influence and
cut so that each spot of the study area belongs to exactly one.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.crs import PLANE_CRS
from riskmap.demands import widest_demand
from riskmap.evidence import register_rows, reports_on
from riskmap.location import gather
from riskmap.overlay import share_out
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

_BUFFER_SHARES = 64

_AREA_TOLERANCE = 1e-9


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
        surely picks. A distance from a safety report is the largest of its classes, one from
        a table the largest of the rows that the hazard may meet.
    """
    hazards = gather(layers, part="hazard")
    if hazards.empty:
        return arrange(hazards.set_crs(PLANE_CRS, allow_override=True), RINGS).to_crs(plane.crs)
    local = hazards.to_crs(plane.crs)
    reports = _report_distances(layers, as_of, units=hazards)
    roles = {layer.spec.role for layer in layers}
    parts: list[pd.DataFrame] = []
    for rule in rulebook.rules:
        entry = rule.entry
        live = rule.is_reviewed_on(as_of) and bool(roles & set(entry.receptor.roles))
        if not live or entry.nature == "inventory":
            continue
        picked = local[select_rows(hazards, selector=entry.hazard) == YES]
        required = pd.Series(widest_demand(entry, hazards=picked), index=picked.index)
        if entry.distance_from is not None:
            required = picked["ref"].map(reports).astype(float)
        picked, required = picked[required.notna()], required[required.notna()]
        if picked.empty:
            continue
        parts.append(
            pd.DataFrame(
                {
                    "source": picked["ref"].to_numpy(),
                    "rule": rule.id,
                    "nature": entry.nature,
                    "required_m": required.to_numpy(float),
                    "hazard": picked.index.to_numpy(),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if not table.empty:
        table = table.sort_values(["source", "rule"], kind="stable").reset_index(drop=True)
        table = gpd.GeoDataFrame(table, geometry=_reach(table, local), crs=plane.crs)
    return arrange(table, RINGS).set_crs(plane.crs, allow_override=True)


def _reach(table: pd.DataFrame, hazards: gpd.GeoDataFrame) -> np.ndarray:
    """Draw each distance around its hazard, once where several rules ask the same one."""
    pairs = table[["hazard", "required_m"]]
    number = pairs.groupby(["hazard", "required_m"], sort=False).ngroup().to_numpy()
    distinct = pairs.drop_duplicates()
    shapes = np.asarray(hazards.geometry.loc[distinct["hazard"]].array)
    distances = distinct["required_m"].to_numpy(float)
    # Small shares, since ranges differ much in work; GEOS lets go of the interpreter's lock.
    shares = (np.array_split(items, _BUFFER_SHARES) for items in (shapes, distances))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        drawn = list(pool.map(_buffer, *shares))
    return np.asarray(np.concatenate(drawn)[number])


def _buffer(shapes: np.ndarray, distances: np.ndarray) -> np.ndarray:
    return np.asarray(shapely.buffer(shapes, distances, quad_segs=_QUARTER_SEGMENTS))


def _report_distances(
    layers: Sequence[Layer], as_of: date, *, units: pd.DataFrame
) -> dict[str, float]:
    reports = reports_on(register_rows(layers, "safety_report"), as_of, units=units)
    reports = reports[~reports["outdated"]]
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

    Raises
    ------
    ValueError
        When the areas do not add up to that of the study area: a defect of the program.

    Notes
    -----
    Of one source and influence only the range of the largest distance counts: it holds the
    others. `overlay.share_out` says how the ground is cut and why nothing is lost.
    """
    chosen = rings[rings["nature"].isin(INFLUENCES[:-1])]
    widest = chosen.sort_values("required_m", kind="stable")
    widest = widest.drop_duplicates(["source", "nature"], keep="last")
    grounds = share_out(
        study_area,
        shapes=np.asarray(widest.geometry.array),
        ranks=pd.Index(INFLUENCES).get_indexer(widest["nature"]),
        count=len(INFLUENCES) - 1,
    )
    sources = chosen.groupby("nature")["source"].nunique()
    rows = [
        {"influence": influence, "hazards": int(sources.get(influence, 0)), "geometry": ground}
        for influence, ground in zip(INFLUENCES, grounds, strict=True)
        if influence == INFLUENCES[-1] or not shapely.is_empty(ground)
    ]
    table = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=rings.crs)
    table["area_m2"] = shapely.area(np.asarray(table.geometry.array))
    whole_m2 = float(shapely.area(study_area))
    if abs(float(table["area_m2"].sum()) - whole_m2) > _AREA_TOLERANCE * whole_m2:
        raise ValueError(f"ZONES: areas do not add up to the study area's {whole_m2} m2")
    return arrange(table, ZONES)
