"""Read a layer's file as it is, and write result tables.

Known libraries read (pyogrio, pyarrow, pandas); this room only decides which one, and
refuses with file, layer and column when something is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.errors import Complaint, DataError, complain
from riskmap.roles import columns_of, is_register

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from riskmap.catalog import LayerSpec


@dataclass(frozen=True, slots=True)
class RawLayer:
    """Hold one layer as its file gives it.

    Parameters
    ----------
    spec : LayerSpec
        What the catalog declares.
    path : pathlib.Path
        File that was read.
    table : pandas.DataFrame
        Every column of the file as it stands, without the geometry.
    geometry : numpy.ndarray of shapely geometries, shape (rows,)
        Geometry in the file's own coordinates; None where a row has none.
    file_crs : str or None
        CRS that the file itself states, as WKT.
    number : numpy.ndarray of int64, optional
        Row of the file of each, the first being 0; in order when not given.
    """

    spec: LayerSpec
    path: Path
    table: pd.DataFrame
    geometry: np.ndarray
    file_crs: str | None
    number: NDArray[np.int64] | None = None


def open_layer(spec: LayerSpec, *, folder: Path) -> RawLayer:
    """Read one layer whole.

    Parameters
    ----------
    spec : LayerSpec
        What the catalog declares.
    folder : pathlib.Path
        Folder of the catalog.

    Returns
    -------
    RawLayer
        Rows as they stand in the file.

    Raises
    ------
    DataError
        When the file is missing, cannot be read, has no rows, or lacks a column that the
        catalog names; all complaints of the layer at once.
    """
    path = folder / spec.file
    if not path.is_file():
        raise DataError([complain("error.file_missing", {"file": path, "layer": spec.id})])
    try:
        raw = _read(spec, path)
    except (ValueError, OSError, RuntimeError, LookupError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise DataError([complain("error.not_utf8", {"file": path})]) from error
        raise DataError(
            [complain("error.layer_unreadable", {"file": path, "layer": spec.id, "reason": error})]
        ) from error
    complaints = missing_columns(raw)
    if raw.table.shape[0] == 0:
        complaints.append(complain("error.layer_empty", {"file": path, "layer": spec.id}))
    if complaints:
        raise DataError(complaints)
    return raw


def _read(spec: LayerSpec, path: Path) -> RawLayer:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        geometry = _points(spec, table)
        return RawLayer(spec, path, table, geometry, None)
    if is_register(spec.role):
        raise ValueError("a register is a CSV file")
    if suffix == ".parquet":
        frame = gpd.read_parquet(path)
    else:
        frame = gpd.read_file(path, layer=spec.sublayer, engine="pyogrio")
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ValueError("the file holds no geometry")  # noqa: TRY004 - a fault of data, not of type
    crs = None if frame.crs is None else frame.crs.to_wkt()
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True)
    return RawLayer(spec, path, table, np.asarray(frame.geometry.array), crs)


def _points(spec: LayerSpec, table: pd.DataFrame) -> np.ndarray:
    if spec.longitude is None or spec.latitude is None:
        return np.full(len(table), None, dtype=object)
    if spec.longitude not in table or spec.latitude not in table:
        return np.full(len(table), None, dtype=object)
    x = pd.to_numeric(table[spec.longitude], errors="coerce").to_numpy(float)
    y = pd.to_numeric(table[spec.latitude], errors="coerce").to_numpy(float)
    points = np.full(len(table), None, dtype=object)
    held = np.isfinite(x) & np.isfinite(y)
    points[held] = shapely.points(x[held], y[held])
    return points


def missing_columns(raw: RawLayer) -> list[Complaint]:
    """Name every column that the catalog asks for and the file does not have.

    Parameters
    ----------
    raw : RawLayer
        Layer as read.

    Returns
    -------
    list of Complaint
        One a column.
    """
    spec = raw.spec
    wanted = {*spec.columns.values(), *spec.keep}
    wanted |= {column for column in (spec.key, spec.longitude, spec.latitude) if column}
    missing = sorted(wanted - set(raw.table.columns))
    complaints = [
        complain(
            "error.column_missing",
            {
                "file": raw.path,
                "layer": spec.id,
                "column": column,
                "columns": ", ".join(map(str, raw.table.columns)),
            },
        )
        for column in missing
    ]
    if raw.path.suffix.lower() == ".csv" and not is_register(spec.role) and not spec.longitude:
        complaints.append(complain("error.no_coordinates", {"file": raw.path, "layer": spec.id}))
    return complaints


def raw_columns(raw: RawLayer) -> dict[str, str]:
    """Tell which column of the file each canonical column is read from.

    Parameters
    ----------
    raw : RawLayer
        Layer as read.

    Returns
    -------
    dict of str to str
        File column by canonical column; only those that exist.
    """
    found = {name: name for name in columns_of(raw.spec.role) if name in raw.table.columns}
    found.update(raw.spec.columns)
    if raw.spec.key is not None:
        found["id"] = raw.spec.key
    return found


def write_table(table: pd.DataFrame, *, path: Path) -> None:
    """Write a table as CSV (UTF-8 with BOM, so that Excel reads Chinese) or GeoParquet.

    Parameters
    ----------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        Table to write; a geometry column is left out of CSV.
    path : pathlib.Path
        File; its suffix chooses the form.
    """
    if path.suffix == ".parquet":
        write_parquet(table, path=path)
        return
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    plain = plain.map(_guard_cell)
    plain.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def write_parquet(table: pd.DataFrame, *, path: Path) -> None:
    """Write a table as GeoParquet, whatever the file is called.

    Parameters
    ----------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        Table to write.
    path : pathlib.Path
        File.
    """
    table.to_parquet(path, index=False, compression="zstd")


def _guard_cell(value: object) -> object:
    # A cell that begins like a formula would be run by a spreadsheet: a quote keeps it text.
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return "'" + value
    return value


def write_geopackage(layers: dict[str, gpd.GeoDataFrame], *, path: Path) -> None:
    """Write several layers as one GeoPackage that opens in QGIS.

    Parameters
    ----------
    layers : dict of str to geopandas.GeoDataFrame
        Layers by name, in longitude and latitude or a projected CRS.
    path : pathlib.Path
        File to make; it must not exist.
    """
    for name, frame in layers.items():
        if len(frame) > 0:
            frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
