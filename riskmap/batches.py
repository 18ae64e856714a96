"""Read a large layer batch by batch: rows as they stand, and only where they may matter.

GeoParquet whose file says which column bounds each row (GeoParquet 1.1 covering) is read
only in the row groups that a hazard can reach; GeoPackage by its own index. A batch is a
few thousand rows of Arrow; the layer is never held whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from riskmap.crs import SEMI_MAJOR_M, is_lonlat, lonlat_from_plane, resolve_datum, to_plane
from riskmap.errors import DataError, complain
from riskmap.geometry import LONLAT
from riskmap.io import RawLayer, missing_columns
from riskmap.roles import ROLES
from riskmap.wkb import WkbRows, rows_of_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from numpy.typing import NDArray

    from riskmap.catalog import LayerSpec
    from riskmap.crs import Datum

    Floats = NDArray[np.float64]

# Rows that travel together.
BATCH_ROWS = 65_536

# Files may give the boxes of their rows in single precision: so far may those be off [degrees].
_ROUNDED = 4e-5 * np.array([-1.0, -1.0, 1.0, 1.0])

# Beyond this longitude a row may lie on both sides [degrees].
_NEAR_ANTIMERIDIAN = 178.0

# A layer with fewer rows is read whole: it costs less than the bookkeeping.
STREAM_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Hold some rows of a layer as its file gives them.

    Parameters
    ----------
    source : LayerSource
        Where they are from.
    table : pyarrow.RecordBatch
        All columns but the geometry.
    wkb : pyarrow.Array of binary
        Geometry in the file's own coordinates.
    number : numpy.ndarray of int64
        Row of the file, the first being 0; of a GeoPackage the rank of its feature id.
    """

    source: LayerSource
    table: pa.RecordBatch
    wkb: pa.Array
    number: NDArray[np.int64]

    def places(self) -> WkbRows:
        """Say where the rows are, for the test of boxes.

        Returns
        -------
        WkbRows
            The rows in degrees as they stand, or projected when they are no degrees.
        """
        if is_lonlat(self.source.datum):
            return _laid_out(self.wkb)
        # Refused rows stay in place, without a geometry: quality says why.
        shapes = shapely.from_wkb(self.wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
        sound = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
        finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
        placed = np.full(len(shapes), None, dtype=object)
        keep = sound & finite
        placed[keep] = to_plane(shapely.force_2d(shapes[keep]), datum=self.source.datum)
        return rows_of_shapes(placed)

    def raw_layer(self, rows: NDArray[np.bool_]) -> RawLayer:
        """Return some of the rows as a layer to be checked.

        Parameters
        ----------
        rows : numpy.ndarray of bool
            Which rows.

        Returns
        -------
        RawLayer
            Those rows, with their numbers in the file.
        """
        mask = pa.array(rows)
        shapes = shapely.from_wkb(
            self.wkb.filter(mask).to_numpy(zero_copy_only=False), on_invalid="ignore"
        )
        return RawLayer(
            self.source.spec,
            self.source.path,
            self.table.filter(mask).to_pandas(),
            np.asarray(shapes, dtype=object),
            self.source.crs,
            self.number[rows],
        )


def _laid_out(wkb: pa.Array) -> WkbRows:
    offsets = np.int64 if pa.types.is_large_binary(wkb.type) else np.int32
    if wkb.null_count:
        wkb = wkb.fill_null(b"")
    _, positions, data = wkb.buffers()
    first = np.frombuffer(positions, dtype=offsets)[wkb.offset : wkb.offset + len(wkb) + 1]
    held = np.zeros(0, dtype=np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8)
    held.flags.writeable = False
    return WkbRows(held, first.astype(np.int64), LONLAT)


@dataclass(frozen=True, slots=True)
class LayerSource:
    """Name a layer's file that is read batch by batch.

    Parameters
    ----------
    spec : LayerSpec
        What the catalog declares.
    path : pathlib.Path
        The file.
    crs : str or None
        CRS that the file states, as WKT.
    datum : Datum
        What its coordinates are.
    rows : int
        Rows of the file.
    """

    spec: LayerSpec
    path: Path
    crs: str | None
    datum: Datum
    rows: int

    @property
    def accuracy_m(self) -> float:
        """Largest positional error of the layer [m]."""
        return self.spec.accuracy_m + self.datum.added_accuracy_m

    def batches(self, boxes: Floats | None = None) -> Iterator[RawBatch]:
        """Read the layer.

        Parameters
        ----------
        boxes : numpy.ndarray, shape (n, 4), optional
            Boxes in EPSG:3395 [m] outside which rows may be left unread.

        Yields
        ------
        RawBatch
            Rows in the order of the file.

        Raises
        ------
        DataError
            When a part of the file cannot be read; it is named.
        """
        where = None
        if boxes is not None and is_lonlat(self.datum):
            where = _in_degrees(boxes)
        if self.path.suffix.lower() == ".parquet":
            yield from _parquet_batches(self, where)
        else:
            yield from _package_batches(self, where)


def _in_degrees(boxes: Floats) -> Floats:
    """Take boxes of the plane to degrees; an image across the antimeridian stays beyond it."""
    corners = boxes.reshape(-1, 2)
    latitude = lonlat_from_plane(np.column_stack([np.zeros(len(corners)), corners[:, 1]]))[:, 1]
    longitude = np.degrees(corners[:, 0] / SEMI_MAJOR_M)
    return np.column_stack([longitude, latitude]).reshape(-1, 4) + _ROUNDED


def open_source(spec: LayerSpec, *, folder: Path) -> LayerSource | None:
    """Open a layer for reading batch by batch, when that is right for it.

    Parameters
    ----------
    spec : LayerSpec
        What the catalog declares.
    folder : pathlib.Path
        Folder of the catalog.

    Returns
    -------
    LayerSource or None
        None when the layer has to be read whole: it plays another part than a receptor, its
        rows may be mended by moving them, it is in another format, or it is small; and when
        its file does not say what is in it, so that whole reading says why.

    Raises
    ------
    DataError
        When the file lacks a column that the catalog names, or is in another datum.
    """
    path = folder / spec.file
    suffix = path.suffix.lower()
    alone = ROLES[spec.role].parts == frozenset({"receptor"})
    moved = spec.extent is not None or bool(spec.repair) or bool(spec.keep)
    if not alone or moved or suffix not in {".parquet", ".gpkg"} or not path.is_file():
        return None
    try:
        facts = _parquet_facts(path) if suffix == ".parquet" else _package_facts(spec, path)
    except (OSError, ValueError, LookupError, TypeError, RuntimeError):
        return None
    if facts.rows < STREAM_ROWS:
        return None
    heading = pd.DataFrame(columns=list(facts.columns))
    missing = missing_columns(RawLayer(spec, path, heading, np.zeros(0, dtype=object), facts.crs))
    if missing:
        raise DataError(missing)
    datum = resolve_datum(spec.datum or "", file_crs=facts.crs, layer=spec.id)
    return LayerSource(spec, path, facts.crs, datum, facts.rows)


@dataclass(frozen=True, slots=True)
class _Facts:
    """Hold what a file says of itself."""

    crs: str | None
    rows: int
    columns: tuple[str, ...]


def _geo(path: Path) -> dict[str, object]:
    metadata = pq.read_schema(path).metadata or {}
    held: dict[str, object] = json.loads(metadata[b"geo"])
    return held


def _column(geo: dict[str, object]) -> tuple[str, dict[str, object]]:
    columns = geo["columns"]
    primary = str(geo["primary_column"])
    assert isinstance(columns, dict)  # noqa: S101 - narrows a JSON value
    return primary, columns[primary]


def _parquet_facts(path: Path) -> _Facts:
    import pyproj  # noqa: PLC0415 - heavy, and only for files that say their CRS as JSON

    geometry, column = _column(_geo(path))
    crs = column.get("crs", "OGC:CRS84")
    if column.get("encoding") != "WKB":
        raise ValueError(f"encoding {column.get('encoding')} is read whole only")
    text = None if crs is None else pyproj.CRS.from_user_input(crs).to_wkt()
    hidden = {geometry, *_bounding(column)}
    # As pandas would have it: a column that a frame used as its index is none of its columns.
    held = pq.read_schema(path).empty_table().to_pandas().columns
    names = [str(name) for name in held if name not in hidden]
    return _Facts(text, int(pq.read_metadata(path).num_rows), tuple(names))


def _bounding(column: dict[str, object]) -> set[str]:
    """Name the columns that hold nothing but each row's box."""
    covering = column.get("covering")
    bounds = covering["bbox"] if isinstance(covering, dict) else {}
    return {str(path[0]) for path in bounds.values()}


def _pyogrio() -> ModuleType:
    import pyogrio  # noqa: PLC0415 - heavy, and only for GeoPackage

    module: ModuleType = pyogrio
    return module


def _package_facts(spec: LayerSpec, path: Path) -> _Facts:
    facts = _pyogrio().read_info(path, layer=spec.sublayer, force_feature_count=True)
    return _Facts(facts["crs"], int(facts["features"]), tuple(facts["fields"]))


def _parquet_batches(source: LayerSource, where: Floats | None) -> Iterator[RawBatch]:
    geometry, column = _column(_geo(source.path))
    file = pq.ParquetFile(source.path, pre_buffer=False, memory_map=False)
    covering = column.get("covering")
    bounds = covering["bbox"] if isinstance(covering, dict) else None
    skipped = _bounding(column)
    columns = [name for name in file.schema_arrow.names if name not in skipped]
    start = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if where is None or _may_matter(file, group, (geometry, bounds), where):
            number = start
            try:
                for batch in file.iter_batches(
                    BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False
                ):
                    yield _parted(source, batch, geometry, number)
                    number += len(batch)
            except MemoryError:
                raise
            except (OSError, pa.ArrowException) as error:
                reason = f"row group {group}: {error}"
                values = {"file": source.path, "layer": source.spec.id, "reason": reason}
                raise DataError([complain("error.layer_unreadable", values)]) from error
        start += rows


def _parted(source: LayerSource, batch: pa.RecordBatch, geometry: str, number: int) -> RawBatch:
    at = batch.schema.get_field_index(geometry)
    rest = batch.select([name for name in batch.schema.names if name != geometry])
    numbers = np.arange(number, number + len(batch), dtype=np.int64)
    return RawBatch(source, rest, _plain(batch.column(at)), numbers)


def _plain(wkb: pa.Array) -> pa.Array:
    """Bring a geometry column of any Arrow layout to bytes laid end to end."""
    if pa.types.is_dictionary(wkb.type):
        wkb = wkb.dictionary_decode()
    plain = pa.types.is_binary(wkb.type) or pa.types.is_large_binary(wkb.type)
    return wkb if plain else wkb.cast(pa.large_binary())


def _may_matter(
    file: pq.ParquetFile,
    group: int,
    columns: tuple[str, dict[str, list[str]] | None],
    where: Floats,
) -> bool:
    """Tell whether a row group has to be read.

    Its rows' boxes can touch one of some boxes, or a row has no geometry and is rejected.
    """
    geometry, bounds = columns
    if bounds is None:
        return True
    held = file.metadata.row_group(group)
    index = {held.column(i).path_in_schema: i for i in range(held.num_columns)}
    # A file that keeps no count of its nulls is believed to have none: it is not read for that.
    places = held.column(index[geometry]).statistics
    if places is not None and places.null_count:
        return True
    edges = {}
    for edge, end in (("xmin", "min"), ("ymin", "min"), ("xmax", "max"), ("ymax", "max")):
        at = index.get(".".join(bounds[edge]))
        statistics = None if at is None else held.column(at).statistics
        if statistics is None or not statistics.has_min_max:
            return True
        edges[edge] = getattr(statistics, end)
    # A row across the antimeridian has xmin > xmax, which a group's extremes do not show.
    if (np.abs(where[:, [0, 2]]) > _NEAR_ANTIMERIDIAN).any():
        return True
    touched = (where[:, 0] <= edges["xmax"]) & (where[:, 2] >= edges["xmin"])
    touched &= (where[:, 1] <= edges["ymax"]) & (where[:, 3] >= edges["ymin"])
    return bool(touched.any())


def _package_batches(source: LayerSource, where: Floats | None) -> Iterator[RawBatch]:
    try:
        table = _table_of(source)
        if where is None or table.indexed is None:
            yield from _package_rows(source, table)
            return
        if len(where):
            low, high = where[:, :2].min(axis=0), where[:, 2:].max(axis=0)
            bbox = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
            yield from _package_rows(source, table, bbox=bbox)
        if table.indexed < source.rows:
            # What is no place is in no index: it is read as well, and quality says why.
            yield from _package_rows(source, table, where=table.unplaced)
    except MemoryError:
        raise
    except (OSError, pa.ArrowException, RuntimeError) as error:
        values = {"file": source.path, "layer": source.spec.id, "reason": error}
        raise DataError([complain("error.layer_unreadable", values)]) from error


@dataclass(frozen=True, slots=True)
class _Table:
    """Hold what the table of a GeoPackage says: its index, and its feature ids if they skip."""

    indexed: int | None
    unplaced: str
    fids: NDArray[np.int64] | None

    def numbers(self, fid: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which row of the file each feature id is, the first being 0."""
        return fid - 1 if self.fids is None else np.searchsorted(self.fids, fid)


def _table_of(source: LayerSource) -> _Table:
    path, layer = source.path, source.spec.sublayer
    facts = _pyogrio().read_info(path, layer=layer)
    fid = facts["fid_column"] or "fid"
    name, index = facts["layer_name"], f"rtree_{facts['layer_name']}_{facts['geometry_name']}"
    unplaced = f"{_quoted(fid)} NOT IN (SELECT id FROM {_quoted(index)})"  # noqa: S608
    try:
        indexed = _ask(path, f"SELECT count(*) FROM {_quoted(index + '_rowid')}")  # noqa: S608
    except RuntimeError:
        indexed = None
    last = _ask(path, f"SELECT max({_quoted(fid)}) FROM {_quoted(name)}")  # noqa: S608
    first = _ask(path, f"SELECT min({_quoted(fid)}) FROM {_quoted(name)}")  # noqa: S608
    if (first, last) == (1, source.rows):
        return _Table(indexed, unplaced, None)
    # Where features were taken out, the row of the file is the rank of the feature id.
    kwargs = {"columns": [], "read_geometry": False, "return_fids": True}
    _, ids = _pyogrio().read_arrow(path, layer=layer, **kwargs)
    return _Table(indexed, unplaced, np.sort(np.asarray(ids.column(0), dtype=np.int64)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _ask(path: Path, sql: str) -> int | None:
    """Ask a GeoPackage for one number."""
    _, table = _pyogrio().read_arrow(path, sql=sql, read_geometry=False)
    value = table.column(0)[0].as_py()
    return None if value is None else int(value)


def _package_rows(
    source: LayerSource,
    table: _Table,
    *,
    bbox: tuple[float, float, float, float] | None = None,
    where: str | None = None,
) -> Iterator[RawBatch]:
    with _pyogrio().open_arrow(
        source.path,
        layer=source.spec.sublayer,
        bbox=bbox,
        where=where,
        batch_size=BATCH_ROWS,
        return_fids=True,
        use_pyarrow=True,
    ) as (facts, reader):
        geometry = facts["geometry_name"] or "wkb_geometry"
        fid = facts["fid_column"] or "OGC_FID"
        for batch in reader:
            at = batch.schema.get_field_index(geometry)
            number = table.numbers(np.asarray(batch.column(fid), dtype=np.int64))
            rest = [name for name in batch.schema.names if name not in {geometry, fid}]
            yield RawBatch(source, batch.select(rest), batch.column(at), number)
