"""The overlay in the plain way, which the program's own is held against."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.zones import INFLUENCES


def straight_zones(rings: gpd.GeoDataFrame, *, study_area: shapely.Geometry) -> gpd.GeoDataFrame:
    """Overlay in the plain way: join each influence whole, cut it by all above it."""
    taken: shapely.Geometry = shapely.Polygon()
    rows = []
    for influence in INFLUENCES[:-1]:
        chosen = rings[rings["nature"] == influence]
        if chosen.empty:
            continue
        joined = shapely.union_all(np.asarray(chosen.geometry.array))
        whole = shapely.intersection(joined, study_area)
        own = shapely.difference(whole, taken)
        taken = shapely.union(taken, whole)
        rows.append((influence, chosen["source"].nunique(), areal(own)))
    rows.append(("outside", 0, areal(shapely.difference(study_area, taken))))
    table = pd.DataFrame(rows, columns=["influence", "hazards", "geometry"])
    table["area_m2"] = shapely.area(np.asarray(table["geometry"]))
    kept = (table["area_m2"] > 0) | (table["influence"] == "outside")
    return gpd.GeoDataFrame(table[kept].reset_index(drop=True), crs=rings.crs)


def areal(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    ground: shapely.Geometry = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return ground
