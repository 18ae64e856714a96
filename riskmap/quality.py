"""What became of every row: used, repaired, rejected or outside, and why.

Nothing is dropped in silence. The counts of a layer always close:
rows in = used + repaired + rejected + outside.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.catalog import LayerSpec
from riskmap.columns import Problem, canonical_table, rows_of_layer
from riskmap.crs import LATITUDE_LIMIT, PLANE_CRS, Datum, resolve_datum, to_lonlat, to_plane
from riskmap.io import RawLayer
from riskmap.roles import is_register
from riskmap.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class LayerCounts:
    """Count what became of a layer's rows.

    Parameters
    ----------
    layer : str
        Layer id.
    role : str
        Its role.
    rows_in : int
        Rows of the file that are of this layer.
    used : int
        Rows used as they stand.
    repaired : int
        Rows used after a marked repair.
    rejected : int
        Rows not used, each listed with its reason.
    outside : int
        Rows too far from the study area to matter.
    not_of_layer : int
        Rows of the file that the catalog's `keep` leaves to other layers.
    """

    layer: str
    role: str
    rows_in: int
    used: int
    repaired: int
    rejected: int
    outside: int
    not_of_layer: int

    @property
    def closes(self) -> bool:
        """Tell whether every row is accounted for."""
        return self.rows_in == self.used + self.repaired + self.rejected + self.outside


@dataclass(frozen=True, slots=True)
class Layer:
    """Hold one layer that was read, checked and brought into the plane.

    Parameters
    ----------
    spec : LayerSpec
        What the catalog declares.
    features : geopandas.GeoDataFrame
        Canonical columns of the role, ``ref`` (``layer/id``), ``row`` and ``repaired``;
        geometry in EPSG:3395 [m]; sorted by ``ref``. A register has no geometry.
    accuracy_m : float
        Declared accuracy plus what the datum adds [m].
    problems : tuple of Problem
        Everything found.
    counts : LayerCounts
        What became of the rows.
    digest : str
        SHA-256 of the file, empty for a layer made in memory.
    """

    spec: LayerSpec
    features: gpd.GeoDataFrame
    accuracy_m: float
    problems: tuple[Problem, ...]
    counts: LayerCounts
    digest: str = ""


def check_layer(raw: RawLayer, *, digest: str = "") -> Layer:
    """Check every row of a layer and bring what is valid into the plane.

    Parameters
    ----------
    raw : RawLayer
        Layer as read.
    digest : str, optional
        SHA-256 of its file.

    Returns
    -------
    Layer
        Valid rows in the plane, and what was found.

    Raises
    ------
    DataError
        When the datum is not accepted.
    """
    kept, not_of_layer = rows_of_layer(raw)
    problems: list[Problem] = []
    table = canonical_table(raw, kept, problems)
    alive = _unique_ids(raw.spec, table, problems)
    accuracy_m = raw.spec.accuracy_m
    repaired = np.zeros(len(table), dtype=bool)
    plane = np.full(len(table), None, dtype=object)
    if not is_register(raw.spec.role):
        datum = resolve_datum(raw.spec.datum or "", file_crs=raw.file_crs, layer=raw.spec.id)
        accuracy_m += datum.added_accuracy_m
        shapes = _Shapes(raw.spec, datum, table["row"].to_numpy(), problems)
        geometry, alive, repaired = shapes.check(raw.geometry[kept], alive)
        plane[alive] = to_plane(geometry[alive], datum=datum)
    table["repaired"] = repaired
    frame = gpd.GeoDataFrame(table, geometry=plane, crs=PLANE_CRS)
    # Every row is copied once more for each of these, column by column: most layers need neither.
    frame = frame if alive.all() else frame[alive].reset_index(drop=True)
    if not frame["ref"].is_monotonic_increasing:
        frame = frame.sort_values("ref", kind="stable").reset_index(drop=True)
    repairs = int((repaired & alive).sum())
    counts = LayerCounts(
        layer=raw.spec.id,
        role=raw.spec.role,
        rows_in=len(table),
        used=int(alive.sum()) - repairs,
        repaired=repairs,
        rejected=int((~alive).sum()),
        outside=0,
        not_of_layer=not_of_layer,
    )
    return Layer(raw.spec, frame, accuracy_m, tuple(problems), counts, digest)


def leave_outside(layer: Layer, *, reach: shapely.Geometry) -> Layer:
    """Set aside the rows that lie too far from the study area to matter.

    Parameters
    ----------
    layer : Layer
        Layer in the plane.
    reach : shapely.Geometry
        Study area widened by the longest distance of the run, in EPSG:3395.

    Returns
    -------
    Layer
        The rows that touch `reach`, with the counts moved to ``outside``.
    """
    shapely.prepare(reach)
    near = shapely.intersects(reach, np.asarray(layer.features.geometry.array))
    if near.all():
        return layer
    frame = layer.features[near].reset_index(drop=True)
    repaired = int(frame["repaired"].sum())
    counts = replace(
        layer.counts,
        used=len(frame) - repaired,
        repaired=repaired,
        outside=layer.counts.outside + int((~near).sum()),
    )
    return replace(layer, features=frame, counts=counts)


def _unique_ids(spec: LayerSpec, table: pd.DataFrame, problems: list[Problem]) -> np.ndarray:
    # A record of a register may name its unit more than once: only features need one id each.
    if is_register(spec.role):
        return np.ones(len(table), dtype=bool)
    twice = table["id"].duplicated(keep="first").to_numpy()
    problems += [
        Problem(spec.id, int(row), spec.key or "id", str(name), "problem.id_twice", "rejected")
        for row, name in zip(table.loc[twice, "row"], table.loc[twice, "id"], strict=True)
    ]
    return ~twice


@dataclass(frozen=True, slots=True)
class FirstOnes:
    """Reject ids that an earlier batch of the same layer holds already.

    Parameters
    ----------
    seen : set of str
        References so far.
    """

    seen: set[str] = field(default_factory=set)

    def keep(self, layer: Layer) -> Layer:
        """Set aside the rows whose id came before.

        Parameters
        ----------
        layer : Layer
            One batch, checked.

        Returns
        -------
        Layer
            The other rows, with a problem and the counts of those set aside.
        """
        twice = layer.features["ref"].isin(self.seen)
        self.seen.update(layer.features["ref"])
        if not twice.any():
            return layer
        spec, again = layer.spec, layer.features[twice]
        found = [
            Problem(spec.id, int(row), spec.key or "id", str(name), "problem.id_twice", "rejected")
            for row, name in zip(again["row"], again["id"], strict=True)
        ]
        repaired = int(again["repaired"].sum())
        counts = replace(
            layer.counts,
            used=layer.counts.used - len(again) + repaired,
            repaired=layer.counts.repaired - repaired,
            rejected=layer.counts.rejected + len(again),
        )
        kept = layer.features[~twice].reset_index(drop=True)
        return replace(layer, features=kept, counts=counts, problems=(*layer.problems, *found))


@dataclass(frozen=True, slots=True)
class _Shapes:
    """Check the geometry of one layer, row by row only where something is wrong."""

    spec: LayerSpec
    datum: Datum
    rows: np.ndarray
    problems: list[Problem]

    def check(
        self, geometry: np.ndarray, alive: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        shapes = shapely.force_2d(np.asarray(geometry, dtype=object))
        alive = alive.copy()
        self._reject(alive, shapely.is_missing(shapes) | shapely.is_empty(shapes), "no_geometry")
        self._reject(alive, ~_finite(shapes), "not_finite")
        shapes, mended = self._mend(shapes, alive)
        shapes, moved = self._restore_sign(shapes, alive)
        lonlat = np.full(len(shapes), None, dtype=object)
        lonlat[alive] = to_lonlat(shapes[alive], datum=self.datum)
        bounds = shapely.bounds(lonlat)
        far = (bounds[:, 0] < -180) | (bounds[:, 2] > 180) | (bounds[:, 1] < -90)
        self._reject(alive, (far | (bounds[:, 3] > 90)) & alive, "not_on_earth")
        polar = np.maximum(np.abs(bounds[:, 1]), np.abs(bounds[:, 3])) > LATITUDE_LIMIT
        self._reject(alive, polar & alive, "too_far_north")
        if self.spec.extent is not None:
            inside = shapely.intersects(lonlat, shapely.box(*self.spec.extent))
            self._reject(alive, ~inside & alive, "outside_extent", values=lonlat)
        return shapes, alive, (mended | moved) & alive

    def _reject(
        self,
        alive: np.ndarray,
        bad: np.ndarray,
        reason: str,
        *,
        values: np.ndarray | None = None,
    ) -> None:
        for index in np.flatnonzero(bad & alive):
            value = "" if values is None else _position(values[index])
            self.problems.append(
                Problem(
                    self.spec.id,
                    int(self.rows[index]),
                    "geometry",
                    value,
                    f"problem.{reason}",
                    "rejected",
                )
            )
        alive &= ~bad

    def _mend(self, shapes: np.ndarray, alive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shapes = shapes.copy()
        broken = alive & ~shapely.is_valid(shapes)
        for index in np.flatnonzero(broken):
            before = shapes[index]
            after = _made_valid(before)
            if shapely.is_empty(after):
                self._reject(alive, np.arange(len(shapes)) == index, "not_mendable")
                continue
            shapes[index] = after
            old, new = shapely.area(before), shapely.area(after)
            change = (new - old) / old * 100 if old else 0.0
            self.problems.append(
                Problem(
                    self.spec.id,
                    int(self.rows[index]),
                    "geometry",
                    shapely.is_valid_reason(before),
                    "problem.invalid_geometry",
                    "repaired",
                    f"{change:+.4f} %",
                )
            )
        return shapes, broken & alive

    def _restore_sign(self, shapes: np.ndarray, alive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        moved = np.zeros(len(shapes), dtype=bool)
        if self.spec.extent is None or "longitude_sign" not in self.spec.repair:
            return shapes, moved
        box = shapely.box(*self.spec.extent)
        flipped = shapely.transform(shapes, lambda xy: xy * np.array([-1.0, 1.0]))
        moved = alive & ~shapely.intersects(shapes, box) & shapely.intersects(flipped, box)
        for index in np.flatnonzero(moved):
            self.problems.append(
                Problem(
                    self.spec.id,
                    int(self.rows[index]),
                    self.spec.longitude or "geometry",
                    _position(shapes[index]),
                    "problem.longitude_sign",
                    "repaired",
                    _position(flipped[index]),
                )
            )
        return np.where(moved, flipped, shapes), moved


def _finite(shapes: np.ndarray) -> np.ndarray:
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[index[~np.isfinite(coordinates).all(axis=1)]] = False
    return finite


def _made_valid(shape: shapely.Geometry) -> shapely.Geometry:
    dimension = shapely.get_dimensions(shape)
    made = shapely.make_valid(shape)
    parts = shapely.get_parts(made)
    kept = parts[shapely.get_dimensions(parts) == dimension]
    if len(kept) == 0:
        return shapely.from_wkt("GEOMETRYCOLLECTION EMPTY")
    return shapely.union_all(kept)


def _position(shape: shapely.Geometry) -> str:
    point = shapely.point_on_surface(shape)
    return f"{shapely.get_x(point):.6f}, {shapely.get_y(point):.6f}"


def problems_table(layers: Sequence[Layer]) -> pd.DataFrame:
    """Gather every problem of every layer.

    Parameters
    ----------
    layers : sequence of Layer
        Layers that were checked.

    Returns
    -------
    pandas.DataFrame
        PROBLEMS: layer, row, column, value, reason (key), outcome, detail.
    """
    columns = list(Problem.__slots__)
    rows = [
        tuple(getattr(problem, column) for column in columns)
        for layer in layers
        for problem in layer.problems
    ]
    return pd.DataFrame(rows, columns=columns)


def counts_table(counts: Sequence[LayerCounts]) -> pd.DataFrame:
    """Gather the counts of every layer.

    Parameters
    ----------
    counts : sequence of LayerCounts
        What became of each layer's rows.

    Returns
    -------
    pandas.DataFrame
        COUNTS: layer, role, rows_in, used, repaired, rejected, outside, not_of_layer.
    """
    columns = list(LayerCounts.__slots__)
    rows = [tuple(getattr(count, column) for column in columns) for count in counts]
    return pd.DataFrame(rows, columns=columns)


def make_layer(
    frame: gpd.GeoDataFrame,
    *,
    layer_id: str,
    role: str,
    datum: str,
    reference: str | None = None,
    accuracy_m: float = 0.0,
) -> Layer:
    """Make a layer of a frame in memory, checked as a file would be.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Rows with canonical column names and their geometry in the coordinates of `datum`.
    layer_id : str
        Id of the layer.
    role : str
        Role of its rows (`riskmap.roles.ROLES`).
    datum : str
        ``CGCS2000``, ``WGS84``, ``GCJ02``, ``BD09`` or ``EPSG:n``: never guessed.
    reference : str, optional
        Which line the geometry is; needed for hazards and receptors.
    accuracy_m : float, optional
        Largest positional error [m].

    Returns
    -------
    Layer
        The layer in EPSG:3395.

    Raises
    ------
    DataError
        When the frame is in another datum than declared.
    ValueError
        When role, reference or datum are not of the vocabulary.
    """
    spec = LayerSpec(
        id=layer_id,
        role=role,
        file="memory",
        title=Text(layer_id, layer_id),
        datum=datum,
        reference=reference,
        accuracy_m=accuracy_m,
        source=Text("内存数据", "in memory"),
        licence="",
        vintage="",
    )
    crs = None if frame.crs is None else frame.crs.to_wkt()
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True)
    return check_layer(RawLayer(spec, Path("memory"), table, np.asarray(frame.geometry.array), crs))
