"""How many people live around an area: counted by exact distance, with the doubt on its side.

A population layer is counted where there is one, else homes, places and buildings. What lies
surely within the distance and outside the area adds to the lower count; what may lie there
adds to the upper one. Nothing bounds the upper count unless every layer that is counted is
declared complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.crs import PLANE_CRS, choose_sheet_plane
from riskmap.encounter import meet
from riskmap.lines import read_lines
from riskmap.location import gather_layers
from riskmap.roles import PEOPLE_ROLES
from riskmap.tables import PEOPLE, arrange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from riskmap.encounter import Encounters
    from riskmap.quality import Layer

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

# Edges of people's areas are looked at this often [plane m]: where the area they surround is
# not convex, half of it is held against what is called within.
_EDGE_M = 10.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """Hold who is counted.

    Parameters
    ----------
    rows : geopandas.GeoDataFrame
        Rows with ``ref``, ``owner``, ``least`` and ``most`` persons (``most`` infinite where
        none are stated), ``doubt_m``, ``is_point_of_more`` (a point that stands for ground)
        and ``is_even``.
    layers : tuple of str
        Layers that are counted.
    is_complete : bool
        Whether every one is declared complete and was read whole.
    """

    rows: gpd.GeoDataFrame
    layers: tuple[str, ...]
    is_complete: bool


def gather_crowd(layers: Sequence[Layer], *, unread: frozenset[str] = frozenset()) -> Crowd:
    """Gather who is counted: population layers, else homes, places and buildings.

    Parameters
    ----------
    layers : sequence of Layer
        Layers of the run, in EPSG:3395.
    unread : frozenset of str, optional
        Roles of layers that stream by and are not held here.

    Returns
    -------
    Crowd
        The rows.

    Notes
    -----
    Only people who live there count. Of homes that is `persons`; of other places and
    buildings `residents`, and without it anything from nobody to all their `persons`. A
    building or place on the ground of a home whose persons are stated is in them already.
    """
    chosen = [layer for layer in layers if layer.spec.role == "population"]
    fallback = not chosen
    if fallback:
        chosen = [layer for layer in layers if layer.spec.role in PEOPLE_ROLES]
    missed = unread & set(PEOPLE_ROLES if fallback else ("population",))
    held_homes = any(layer.spec.role in {"residential_zone", "building"} for layer in chosen)
    whole = all(layer.spec.complete for layer in chosen) and not missed
    rows = gather_layers(chosen)
    for name in ("persons", "residents", "spread", "owner", "role"):
        if name not in rows:
            rows[name] = np.nan if name in {"persons", "residents"} else None
    persons = rows["persons"].to_numpy(float)
    residents = rows["residents"].to_numpy(float)
    lived_in = rows["role"].isin(["residential_zone", "population"]).to_numpy(dtype=bool)
    known = np.where(np.isnan(residents), np.where(lived_in, persons, np.nan), residents)
    rows["least"] = np.nan_to_num(known, nan=0.0)
    rows["most"] = np.where(np.isnan(known), np.where(np.isnan(persons), np.inf, persons), known)
    rows["doubt_m"] = rows["accuracy_m"].to_numpy(float) + np.nan_to_num(
        rows["within_m"].to_numpy(float)
    )
    shapes = np.asarray(rows.geometry.array)
    is_point = shapely.get_dimensions(shapes) == 0 if len(rows) else np.zeros(0, dtype=bool)
    ground = rows["role"].ne("population").to_numpy(dtype=bool)
    rows["is_point_of_more"] = is_point & ground & rows["within_m"].isna().to_numpy()
    rows["is_even"] = (rows["spread"] == "even").fillna(value=False).to_numpy(dtype=bool)
    rows = rows[~_counted_in_homes(rows)].reset_index(drop=True)
    return Crowd(
        gpd.GeoDataFrame(rows, geometry="geometry", crs=PLANE_CRS),
        tuple(layer.spec.id for layer in chosen),
        whole and bool(chosen) and (held_homes or not fallback),
    )


def _counted_in_homes(rows: gpd.GeoDataFrame) -> Flags:
    """Tell which places and buildings stand on the ground of a home whose persons are known."""
    inside = np.zeros(len(rows), dtype=bool)
    is_home = (rows["role"] == "residential_zone").to_numpy(dtype=bool)
    homes = is_home & np.isfinite(rows["most"].to_numpy(float))
    others = rows["role"].isin(["building", "sensitive_place"]).to_numpy(dtype=bool)
    if not homes.any() or not others.any():
        return inside
    shapes = np.asarray(rows.geometry.array)
    tree = shapely.STRtree(shapes[homes])
    found, _ = tree.query(shapely.point_on_surface(shapes[others]), predicate="within")
    inside[np.flatnonzero(others)[found]] = True
    return inside


def count_people(areas: gpd.GeoDataFrame, *, crowd: Crowd, outward_m: float) -> pd.DataFrame:
    """Count the people who live within a distance outward from the edge of areas.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Areas in EPSG:3395 with ``ref``, ``owner``, ``held`` (the line that is drawn),
        ``accuracy_m`` and ``within_m``; people inside an area do not count.
    crowd : Crowd
        Who is counted (`gather_crowd`).
    outward_m : float
        Distance outward from the plant boundary [m].

    Returns
    -------
    pandas.DataFrame
        PEOPLE, one row an area: the least and the most persons (infinite where nothing
        bounds them), an estimate by share of area where every crossing row is declared
        evenly spread, the layers, whether the count is complete, and what is missing:
        ``plant_boundary``, ``persons`` or ``complete`` leave no upper bound; ``residents``
        (how many of the persons live there) and ``population`` (where in an area that
        crosses the distance they live) would narrow it.

    Raises
    ------
    DataError
        When doubt widens the distance beyond 100 km.
    """
    areas, rows = areas.reset_index(drop=True), crowd.rows
    wanted = np.full(len(areas), "plant_boundary", dtype=object)
    lines = read_lines(pd.DataFrame(areas[["held", "within_m"]]), wanted=wanted)
    met = _meet(areas, rows, lines.outward_m, outward_m)
    pairs = pd.DataFrame({"area": met.hazard, "row": met.receptor, "drawn_m": met.distance_m})
    doubt_m = (
        areas["accuracy_m"].to_numpy(float)[met.hazard]
        + rows["doubt_m"].to_numpy(float)[met.receptor]
    )
    out = np.nan_to_num(lines.outward_m, posinf=0.0)[met.hazard]
    inward_m = lines.inward_m[met.hazard]
    drawn_m = pairs["drawn_m"].to_numpy()
    inside, may_be_inside = _in_areas(areas, rows, met, doubt_m + out)
    unsure_edge = np.isinf(lines.outward_m)[met.hazard] & _own(areas, rows, met)
    may_touch = np.round(drawn_m - doubt_m - out, 3) <= outward_m
    far_m = _far_sides(areas, rows, met, outward_m)
    within = np.round(far_m + doubt_m + inward_m, 3) <= outward_m
    sure = within & ~may_be_inside & ~unsure_edge
    sure &= ~rows["is_point_of_more"].to_numpy(dtype=bool)[met.receptor]
    counts = may_touch & ~inside
    least, most = (rows[name].to_numpy(float)[met.receptor] for name in ("least", "most"))
    pairs["low"] = np.where(sure & counts, least, 0.0)
    pairs["high"] = np.where(counts, most, 0.0)
    shared = _shares(areas, rows, met, outward_m) * np.where(np.isinf(most), np.nan, most)
    pairs["estimate"] = np.where(sure & (least == most), least, shared)
    pairs.loc[~counts, "estimate"] = 0.0
    pairs["is_mixed"] = (least < most) & np.isfinite(most)
    return _table(areas, crowd, pairs, is_edge_known=np.isfinite(lines.outward_m))


def _meet(
    areas: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, out_m: Floats, outward_m: float
) -> Encounters:
    doubts = [
        areas["accuracy_m"].to_numpy(float),
        rows["doubt_m"].to_numpy(float),
        out_m[np.isfinite(out_m)],
    ]
    reach_m = outward_m + sum(float(doubt.max(initial=0.0)) for doubt in doubts)
    return _all_pairs(np.asarray(areas.geometry.array), np.asarray(rows.geometry.array), reach_m)


def _all_pairs(areas: np.ndarray, shapes: np.ndarray, reach_m: float) -> Encounters:
    return meet(
        areas,
        shapes,
        hazard_picks=np.ones((1, len(areas)), dtype=bool),
        receptor_picks=np.ones((1, len(shapes)), dtype=bool),
        # A hair more: what is at the limit to the millimetre is measured.
        reach_m=np.array([reach_m + 0.01]),
    )


def _in_areas(
    areas: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, met: Encounters, doubt_m: Floats
) -> tuple[Flags, Flags]:
    """Tell which rows are inside their area for sure, and which may be in part."""
    grounds = np.asarray(areas.geometry.array)[met.hazard]
    shapes = np.asarray(rows.geometry.array)[met.receptor]
    exact = (areas["held"].isin(["plant_boundary"])).to_numpy(dtype=bool)[met.hazard]
    # Drawn further out than the true boundary, an area may hold people who are outside it.
    near = (met.distance_m <= doubt_m) | (met.distance_m == 0.0)
    inside = np.zeros(len(near), dtype=bool)
    held = np.flatnonzero((met.distance_m == 0.0) & exact)
    inside[held] = shapely.covers(grounds[held], shapes[held])
    return inside, near


def _own(areas: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, met: Encounters) -> Flags:
    owner = areas["owner"].to_numpy(dtype=object)[met.hazard]
    other = rows["owner"].to_numpy(dtype=object)[met.receptor]
    same: Flags = (pd.Series(owner) == pd.Series(other)).fillna(value=False).to_numpy(dtype=bool)
    return same & pd.Series(owner).notna().to_numpy()


def _far_sides(
    areas: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, met: Encounters, outward_m: float
) -> Floats:
    """Measure how far the far side of each row lies: infinite when it is out of reach."""
    shapes = np.asarray(rows.geometry.array)
    far_m = met.distance_m.copy()
    spread = np.flatnonzero(shapely.get_dimensions(shapes)[met.receptor] > 0)
    for area in np.unique(met.hazard[spread]):
        mine = spread[met.hazard[spread] == area]
        ground = np.asarray(areas.geometry.array)[[area]]
        edges = shapely.segmentize(shapes[met.receptor[mine]], _EDGE_M)
        corners, owner = shapely.get_coordinates(edges, return_index=True)
        found = _all_pairs(ground, np.asarray(shapely.points(corners)), outward_m)
        reached_m = np.full(len(corners), np.inf)
        reached_m[found.receptor] = found.distance_m
        farthest = np.zeros(len(mine))
        np.maximum.at(farthest, owner, reached_m)
        far_m[mine] = farthest + (0.0 if _is_convex(ground[0]) else _EDGE_M / 2.0)
    return far_m


def _is_convex(shape: shapely.Geometry) -> bool:
    # The distance from a convex area is largest at a corner; from another it need not be.
    hull = shapely.area(shapely.convex_hull(shape))
    return bool(hull - shapely.area(shape) <= 1e-9 * max(hull, 1.0))


def _shares(
    areas: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, met: Encounters, outward_m: float
) -> Floats:
    """Take the share of a row's area that lies around its area: NaN where not declared."""
    shares = np.full(len(met.hazard), np.nan)
    is_ground = shapely.get_dimensions(np.asarray(rows.geometry.array)) == 2
    even = (rows["is_even"].to_numpy(dtype=bool) & is_ground)[met.receptor]
    for area in np.unique(met.hazard[even]):
        mine = np.flatnonzero(even & (met.hazard == area))
        plane = choose_sheet_plane(areas.geometry.iloc[area], declared=None)
        ground = areas.geometry.iloc[[area]].to_crs(plane.crs).iloc[0]
        shapes = np.asarray(rows.geometry.iloc[met.receptor[mine]].to_crs(plane.crs).array)
        ring = shapely.difference(shapely.buffer(ground, outward_m, quad_segs=64), ground)
        parts = shapely.area(shapely.intersection(shapely.make_valid(shapes), ring))
        shares[mine] = parts / shapely.area(shapes)
    return shares


def _table(
    areas: gpd.GeoDataFrame, crowd: Crowd, pairs: pd.DataFrame, *, is_edge_known: Flags
) -> pd.DataFrame:
    sums = pairs.groupby("area")[["low", "high"]].sum().reindex(range(len(areas)), fill_value=0.0)
    estimate = pairs.groupby("area")["estimate"].apply(lambda part: part.sum(skipna=False))
    unstated = set(pairs.loc[np.isinf(pairs["high"]), "area"])
    open_ = pairs[pairs["low"] < pairs["high"]]
    mixed = set(open_.loc[open_["is_mixed"], "area"])
    crossing = set(open_.loc[~open_["is_mixed"] & np.isfinite(open_["high"]), "area"])
    made = []
    for index, ref in enumerate(areas["ref"]):
        missing = []
        if not is_edge_known[index]:
            missing.append("plant_boundary")
        if index in unstated:
            missing.append("persons")
        if not crowd.is_complete:
            missing.append("complete")
        low, high = float(sums["low"][index]), float(sums["high"][index])
        is_complete = not missing
        if not is_complete:
            high = np.inf
        # What narrows a count that is complete.
        missing += ["residents"] if index in mixed else []
        missing += ["population"] if index in crossing else []
        made.append(
            {
                "ref": ref,
                "persons_low": low,
                "persons_high": high,
                "persons_estimate": float(estimate.get(index, 0.0)) if is_complete else np.nan,
                "people_from": ", ".join(crowd.layers),
                "people_complete": is_complete,
                "missing": ", ".join(missing),
            }
        )
    return pd.DataFrame(arrange(pd.DataFrame(made), PEOPLE))
