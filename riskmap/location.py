"""Where a feature belongs: its unit, its park, the built-up area and the town it lies in."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.columns import Problem
from riskmap.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from riskmap.quality import Layer


def gather(layers: Sequence[Layer], *, part: str) -> gpd.GeoDataFrame:
    """Put the rows of every layer that can play a part into one table.

    Parameters
    ----------
    layers : sequence of Layer
        Layers in the plane.
    part : str
        ``hazard`` or ``receptor``.

    Returns
    -------
    geopandas.GeoDataFrame
        All their columns, with ``held`` (reference line), ``accuracy_m`` and ``within_m``
        of each row; sorted by ``ref``.
    """
    chosen = [layer for layer in layers if part in ROLES[layer.spec.role].parts]
    return gather_layers(chosen)


def gather_layers(layers: Sequence[Layer]) -> gpd.GeoDataFrame:
    """Put the rows of layers into one table with what each layer declares.

    Parameters
    ----------
    layers : sequence of Layer
        Layers in the plane.

    Returns
    -------
    geopandas.GeoDataFrame
        As `gather`; empty with the common columns when there is no layer.
    """
    frames = []
    for layer in layers:
        declared = layer.spec.reference or ""
        within = np.nan if layer.spec.line_within_m is None else layer.spec.line_within_m
        frame = layer.features.assign(accuracy_m=layer.accuracy_m, within_m=within)
        frame["held"] = frame["reference"].fillna(declared)
        frames.append(frame)
    if not frames:
        columns = ["ref", "role", "layer", "id", "name", "owner", "held", "geometry"]
        empty = {column: pd.Series(dtype="str") for column in columns[:-1]}
        return gpd.GeoDataFrame(
            {**empty, "accuracy_m": pd.Series(dtype=float), "within_m": pd.Series(dtype=float)},
            geometry=gpd.GeoSeries([], crs="EPSG:3395"),
        )
    joined = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
    return joined.sort_values("ref", kind="stable").reset_index(drop=True)


def parents(layers: Sequence[Layer]) -> dict[str, str]:
    """Tell which feature each feature is part of.

    Parameters
    ----------
    layers : sequence of Layer
        Layers in the plane.

    Returns
    -------
    dict of str to str
        Reference of the parent by reference of the child: a source's plant, park or mine
        (``unit_of``), a plant's park, a dump's mine. A name that no layer holds is left out.
    """
    refs = {ref for layer in layers for ref in layer.features["ref"]}
    by_role: dict[str, list[str]] = {}
    for layer in layers:
        by_role.setdefault(layer.spec.role, []).append(layer.spec.id)
    by_role[""] = [
        layer.spec.id
        for layer in layers
        if "ground" in ROLES[layer.spec.role].parts
        or layer.spec.role in {"chemical_plant", "non_coal_mine"}
    ]
    found: dict[str, str] = {}
    for layer in layers:
        for column, role in (("unit_of", ""), ("park", "chemical_park"), ("mine", "non_coal_mine")):
            if column not in layer.features:
                continue
            held = layer.features[layer.features[column].notna()]
            for child, name in zip(held["ref"], held[column], strict=True):
                options = [name, *(f"{above}/{name}" for above in by_role.get(role, []))]
                held_by = [option for option in dict.fromkeys(options) if option in refs]
                # A short name that two layers hold names neither.
                if len(held_by) == 1:
                    found[child] = held_by[0]
    return found


# Columns that name another feature, by role; "layer/id" of the feature.
_REFERENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tier_register": ("unit",),
        "assessment_score": ("unit",),
        "hidden_danger": ("unit",),
        "safety_report": ("unit",),
        "stock": ("unit",),
        "consent": ("source", "target"),
    }
)


def note_references(layers: Sequence[Layer]) -> list[Layer]:
    """Note every reference that no layer holds, so that no entry is lost in silence.

    Parameters
    ----------
    layers : sequence of Layer
        Every layer and register of the run.

    Returns
    -------
    list of Layer
        The same layers, with a problem for each tier, consent, report or record that names
        an unknown feature, and for each ``unit_of``, ``park`` or ``mine`` that is not there.
    """
    refs = {ref for layer in layers for ref in layer.features["ref"]}
    parent_of = parents(layers)
    noted = []
    for layer in layers:
        found: list[Problem] = []
        for column in (*_REFERENCES.get(layer.spec.role, ()), "unit_of", "park", "mine"):
            if column not in layer.features or layer.spec.role == "chemical_park":
                continue
            held = layer.features[layer.features[column].notna()]
            for row, ref, name in zip(held["row"], held["ref"], held[column], strict=True):
                known = name in refs if column in {"unit", "source", "target"} else ref in parent_of
                if not known:
                    key = "problem.unknown_ref"
                    found.append(Problem(layer.spec.id, int(row), column, str(name), key, "noted"))
        noted.append(replace(layer, problems=(*layer.problems, *found)))
    return noted


def ancestors(ref: str, *, parent_of: Mapping[str, str]) -> tuple[str, ...]:
    """List what a feature is part of, the nearest first.

    Parameters
    ----------
    ref : str
        Reference of the feature.
    parent_of : mapping of str to str
        Parents, from `parents`.

    Returns
    -------
    tuple of str
        References; a circle in the data ends the list.
    """
    found: list[str] = []
    while ref in parent_of and parent_of[ref] not in {*found, ref}:
        ref = parent_of[ref]
        found.append(ref)
    return tuple(found)


def locate(features: gpd.GeoDataFrame, *, layers: Sequence[Layer]) -> pd.DataFrame:
    """Flag for every feature the park, the built-up area and the town that it lies in.

    Parameters
    ----------
    features : geopandas.GeoDataFrame
        Features in EPSG:3395 with ``ref``.
    layers : sequence of Layer
        Layers of the run; parks, built-up areas and towns are looked up here.

    Returns
    -------
    pandas.DataFrame
        LOCATIONS, in the order of `features`: ref, park_name (empty = outside every park),
        in_park, built_up (``yes``, ``no`` or ``unknown`` when no layer is given) and
        town_name (empty when no town polygons are given: boundaries are never invented).
    """
    points = shapely.point_on_surface(np.asarray(features.geometry.array))
    parks = _containing(points, layers, "chemical_park")
    towns = _containing(points, layers, "town")
    has_built_up = any(layer.spec.role == "built_up" for layer in layers)
    dense = _containing(points, layers, "built_up")
    return pd.DataFrame(
        {
            "ref": features["ref"].to_numpy(),
            "park_name": parks,
            "in_park": [bool(name) for name in parks],
            "built_up": [
                "unknown" if not has_built_up else ("yes" if name else "no") for name in dense
            ],
            "town_name": towns,
        }
    )


def _containing(points: np.ndarray, layers: Sequence[Layer], role: str) -> list[str]:
    names = [""] * len(points)
    for layer in layers:
        if layer.spec.role != role or layer.features.empty:
            continue
        tree = shapely.STRtree(np.asarray(layer.features.geometry.array))
        owners = layer.features["name"].fillna(layer.features["id"]).to_numpy()
        inside, area = tree.query(points, predicate="intersects")
        for point, polygon in zip(inside, area, strict=True):
            names[point] = names[point] or str(owners[polygon])
    return names
