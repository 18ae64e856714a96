"""The dam toes of tailings ponds, each with the way of the tailings below it.

A pond is drawn as an outline; what a rule measures from is the toe of its starter dam, a
layer of its own. Every hazard keeps its row: the toe stands in the place of its outline.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.columns import Problem
from riskmap.crs import plane_scale
from riskmap.drainage import build_network
from riskmap.flow import Flows, follow
from riskmap.location import gather_layers, parents

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from riskmap.articles import Rule
    from riskmap.quality import Layer

# How far from a toe the drainage is looked for where its row does not say [m]: a matter of
# how streams are drawn, not of law.
JOIN_M = 50.0
# The way is followed for this multiple of the distance asked, so that a bend that comes back
# near the dam is known for what it is; drainage farther away is not read.
FOLLOWED_TIMES = 5.0
_POND = "tailings_pond"
_MIXED = "GeometryCollection"


def follow_flows(hazards: gpd.GeoDataFrame, layers: Sequence[Layer], *, asked_m: float) -> Flows:
    """Follow the drainage below every tailings pond.

    Parameters
    ----------
    hazards : geopandas.GeoDataFrame
        Hazards in EPSG:3395 (`riskmap.location.gather`).
    layers : sequence of Layer
        Layers of the run; toes and drainage are looked up here.
    asked_m : float
        Longest distance that a rule asks for along the flow [m]; 0 when none does.

    Returns
    -------
    Flows
        One way a hazard, or why there is none.
    """
    ponds = np.flatnonzero((hazards["role"] == _POND).to_numpy())
    paths = [None] * len(hazards)
    why = np.full(len(hazards), "flow_no_toe", dtype=object)
    if len(ponds) == 0 or asked_m <= 0.0:
        return Flows(hazards, tuple(paths), why)
    placed, join_m = _with_toes(hazards, layers)
    drainage = gather_layers([one for one in layers if one.spec.role == "drainage"])
    limit_m = FOLLOWED_TIMES * asked_m
    shapes = np.asarray(placed.geometry.array)
    has_toe = ponds[(placed["held"].iloc[ponds] == "dam_toe").to_numpy()]
    near = _within(drainage, shapes[has_toe], limit_m + float(np.max(join_m, initial=0.0)))
    why[has_toe] = "flow_no_link" if len(drainage) else "flow_no_drainage"
    if len(near) == 0:
        return Flows(placed, tuple(paths), why)
    network = build_network(near)
    found = {
        int(row): follow(network, shapes[row], join_m=float(join_m[row]), limit_m=limit_m)
        for row in has_toe
    }
    for row, path in found.items():
        why[row] = why[row] if path is None else ""
    return Flows(placed, tuple(found.get(row) for row in range(len(hazards))), why)


def _with_toes(
    hazards: gpd.GeoDataFrame, layers: Sequence[Layer]
) -> tuple[gpd.GeoDataFrame, NDArray[np.float64]]:
    """Put the toes of each pond in its place, and say how far each looks for drainage."""
    join_m = np.full(len(hazards), JOIN_M)
    toes = gather_layers([layer for layer in layers if layer.spec.role == "dam_toe"])
    pond_of = parents(layers)
    placed = hazards.copy()
    row_of = {ref: row for row, ref in enumerate(hazards["ref"])}
    shapes, held = np.asarray(placed.geometry.array).copy(), placed["held"].to_numpy(object).copy()
    accuracy_m = placed["accuracy_m"].to_numpy(float).copy()
    within_m = placed["within_m"].to_numpy(float).copy()
    owners = toes["ref"].map(pond_of)
    for pond, rows in toes.groupby(owners, sort=True):
        row = row_of.get(str(pond))
        if row is None:
            continue
        shape = shapely.union_all(np.asarray(rows.geometry.array))
        # Points and lines of one pond become one kind of shape, a millimetre wide.
        mixed = shape.geom_type == _MIXED
        shapes[row] = shapely.buffer(shape, 1e-3) if mixed else shape
        # Whatever line its layer declares, a dam toe is drawn as the toe.
        held[row] = "dam_toe"
        accuracy_m[row] = float(rows["accuracy_m"].max())
        within_m[row] = float(rows["within_m"].max())
        said = rows["join_m"].max() if "join_m" in rows else np.nan
        join_m[row] = JOIN_M if np.isnan(said) else float(said)
    placed = placed.set_geometry(shapes, crs=hazards.crs)
    return placed.assign(held=held, accuracy_m=accuracy_m, within_m=within_m), join_m


def _within(drainage: gpd.GeoDataFrame, toes: np.ndarray, reach_m: float) -> gpd.GeoDataFrame:
    """Keep the drainage that a way of that length from a toe can meet."""
    if len(drainage) == 0 or len(toes) == 0:
        return drainage[:0]
    bounds = shapely.bounds(toes)
    scale = float(plane_scale(np.abs(bounds[:, [1, 3]]).ravel() + reach_m * 2.0).max())
    tree = shapely.STRtree(np.asarray(drainage.geometry.array))
    _, rows = tree.query(toes, predicate="dwithin", distance=reach_m * scale)
    return drainage.iloc[np.unique(rows)].reset_index(drop=True)


def toe_offsets(hazards: gpd.GeoDataFrame, placed: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Tell how far toes lie from the hazards that they stand for, at most.

    Parameters
    ----------
    hazards, placed : geopandas.GeoDataFrame
        The same rows in EPSG:3395, as drawn and with the toe in its pond's place.

    Returns
    -------
    numpy.ndarray, shape (hazards,)
        Distance [m]; 0 where no toe is held.
    """
    drawn, toes = (np.asarray(table.geometry.array) for table in (hazards, placed))
    moved = drawn != toes
    offsets = np.zeros(len(hazards))
    if moved.any():
        corners, owner = shapely.get_coordinates(toes[moved], return_index=True)
        plane_m = shapely.distance(shapely.points(corners), drawn[moved][owner])
        np.maximum.at(offsets, np.flatnonzero(moved)[owner], plane_m)
    # Plane metres are never shorter than those of the ground.
    return offsets


def longest_flow(rules: Sequence[Rule]) -> float:
    """Tell the longest distance that rules ask for along the flow.

    Parameters
    ----------
    rules : sequence of Rule
        The law.

    Returns
    -------
    float
        Distance [m], 0 when no rule measures along the flow.
    """
    asked = [rule.entry.distance_m or 0.0 for rule in rules if rule.entry.form == "flow"]
    return max(asked, default=0.0)


def note_flows(layers: Sequence[Layer], *, asked_m: float) -> list[Layer]:
    """Note what is wrong with dam toes and drainage.

    Parameters
    ----------
    layers : sequence of Layer
        Every layer of the run, in EPSG:3395.
    asked_m : float
        Longest distance that a rule asks for along the flow [m]: drainage that no way of
        that length can meet is not looked at.

    Returns
    -------
    list of Layer
        The same layers; a toe that names no pond and what `riskmap.drainage` finds in the
        network are problems of their layers.
    """
    chosen = [layer for layer in layers if layer.spec.role == "drainage"]
    toes = [layer for layer in layers if layer.spec.role == "dam_toe"]
    found: list[Problem] = []
    if chosen and toes and asked_m > 0.0:
        spots = np.asarray(gather_layers(toes).geometry.array)
        near = _within(gather_layers(chosen), spots, FOLLOWED_TIMES * asked_m + JOIN_M)
        found += build_network(near).problems
    found += [
        Problem(layer.spec.id, int(row), "pond", "", "problem.no_pond", "noted")
        for layer in toes
        for row in layer.features.loc[layer.features["pond"].isna(), "row"]
    ]
    return [
        replace(
            layer,
            problems=(*layer.problems, *(one for one in found if one.layer == layer.spec.id)),
        )
        for layer in layers
    ]


def overheads(
    units: gpd.GeoDataFrame,
    *,
    layers: Sequence[Layer],
    findings: pd.DataFrame,
    has_run: bool,
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Say of each tailings pond whether it is one above people (头顶库), and why not known.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        UNITS.
    layers : sequence of Layer
        Layers of the run; a pond's row may declare ``overhead``.
    findings : pandas.DataFrame
        FINDINGS of everything within reach.
    has_run : bool
        Whether a rule that measures along the flow was asked at all.

    Returns
    -------
    tuple of (geopandas.GeoDataFrame, list of Problem)
        UNITS with ``overhead`` (``yes``, ``no``, ``undetermined``, empty for other units)
        and ``overhead_note`` (code of the reason, or ``declared``), and the conflicts
        between what is declared and what was found. What is declared settles only what is
        not known otherwise; a conflict is not settled.
    """
    flow = findings[(findings["form"] == "flow") & (findings["verdict"] != "not_bound")]
    state = dict.fromkeys(units.loc[units["role"] == _POND, "ref"], ("no", ""))
    if not has_run:
        state = dict.fromkeys(state, ("undetermined", "not_asked"))
    for pond, rows in flow.groupby("source", sort=True):
        failed = rows["verdict"].isin(_FAILED)
        open_ = rows["verdict"] == "undetermined"
        if failed.any():
            state[str(pond)] = ("yes", "")
        elif open_.any():
            state[str(pond)] = ("undetermined", str(rows.loc[open_, "reason"].iloc[0]))
    problems: list[Problem] = []
    ponds = gather_layers([layer for layer in layers if layer.spec.role == _POND])
    for row in ponds.to_dict("records"):
        said, ref = row["overhead"], str(row["ref"])
        if not isinstance(said, str) or ref not in state:
            continue
        was, _ = state[ref]
        if was == "undetermined":
            state[ref] = (said, "declared")
        elif was != said:
            state[ref] = ("undetermined", "conflict")
            place = (str(row["layer"]), int(row["row"]), "overhead", said)
            problems.append(Problem(*place, "problem.overhead_conflict", "noted", was))
    made = units.copy()
    none = ("", "")
    made["overhead"] = [state.get(ref, none)[0] for ref in units["ref"]]
    made["overhead_note"] = [state.get(ref, none)[1] for ref in units["ref"]]
    return made, problems


_FAILED = ("ban_violated", "standard_violated", "consent_missing", "advisory_short")
