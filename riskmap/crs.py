"""Bring every accepted datum into one conformal plane, and be able to prove it.

Distances are taken in the ellipsoidal Mercator plane (EPSG:3395, WGS 84; CGCS2000 counts
as equal) and divided by its point scale factor k. Areas, buffers and sheets use a local
transverse Mercator plane on the same ellipsoid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from pyproj.transformer import TransformerGroup
from shapely.geometry.base import BaseGeometry, BaseMultipartGeometry

from riskmap.errors import DataError, complain
from riskmap.shifted import bd09_to_gcj02, gcj02_to_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PLANE_CRS = "EPSG:3395"
LATITUDE_LIMIT = 80.0

# WGS 84 ellipsoid, EPSG:7030.
SEMI_MAJOR_M = 6378137.0
ECCENTRICITY_2 = 0.0066943799901413165
# Easting of the antimeridian in EPSG:3395 [m].
PLANE_HALF_WIDTH_M = np.pi * SEMI_MAJOR_M

# Metres that an inverted GCJ-02 or BD-09 coordinate adds to a layer's accuracy.
SHIFTED_ACCURACY_M = 2.0

# An edge is straight in the file's coordinates; in the plane it bends. Edges longer than
# this [degrees, about 110 m] are densified, which keeps the gap under 0.3 mm to latitude 75.
EDGE_DEGREES = 0.001
_EDGE_METRES = 100.0

_EQUAL_DATUMS = frozenset({4326, 4490, 4979, 4480})
# PROJ would take these to WGS 84 in silence by 15 m or by nothing at all.
_REFUSED_DATUMS = frozenset({4214, 4610})


@dataclass(frozen=True, slots=True)
class Datum:
    """State what a layer's coordinates are.

    Parameters
    ----------
    name : str
        As declared: ``CGCS2000``, ``WGS84``, ``GCJ02``, ``BD09`` or ``EPSG:n``.
    crs : str
        CRS of the coordinates, as an authority code or WKT.
    added_accuracy_m : float
        Metres that the way to WGS 84 adds to the layer's accuracy [m].
    """

    name: str
    crs: str
    added_accuracy_m: float


def resolve_datum(name: str, *, file_crs: str | None, layer: str) -> Datum:
    """Decide what a layer's coordinates are from its declaration and its file.

    Parameters
    ----------
    name : str
        Declared datum.
    file_crs : str or None
        CRS that the file states, if it does.
    layer : str
        Layer, for the message.

    Returns
    -------
    Datum
        The datum.

    Raises
    ------
    DataError
        When the name is unknown, the file states another datum, or no transformation of
        known accuracy leads to WGS 84 (Beijing 54 and Xian 80 need local parameters).
    """
    if name in {"CGCS2000", "WGS84", "GCJ02", "BD09"}:
        base = 4490 if name == "CGCS2000" else 4326
        crs = pyproj.CRS.from_epsg(base)
        shift = SHIFTED_ACCURACY_M if name in {"GCJ02", "BD09"} else 0.0
    else:
        crs = _parse_crs(name, layer=layer)
        shift = 0.0
    stated = None if file_crs is None else pyproj.CRS.from_user_input(file_crs)
    if stated is not None:
        crs = _agree(crs, stated, name=name, layer=layer)
    return Datum(name, _label(crs), shift + _way_accuracy(crs, name=name, layer=layer))


def _parse_crs(name: str, *, layer: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError as error:
        raise DataError(
            [complain("error.datum_unknown", {"layer": layer, "datum": name})]
        ) from error


def _label(crs: pyproj.CRS) -> str:
    code = crs.to_epsg()
    return crs.to_wkt() if code is None else f"EPSG:{code}"


def _base_code(crs: pyproj.CRS) -> int | None:
    geodetic = crs.geodetic_crs
    return None if geodetic is None else geodetic.to_epsg()


def _agree(declared: pyproj.CRS, stated: pyproj.CRS, *, name: str, layer: str) -> pyproj.CRS:
    declared_base, stated_base = _base_code(declared), _base_code(stated)
    same = declared_base == stated_base or {declared_base, stated_base} <= _EQUAL_DATUMS
    shifted = name in {"GCJ02", "BD09"}
    if not same or (shifted and not stated.is_geographic):
        raise DataError(
            [
                complain(
                    "error.datum_differs",
                    {"layer": layer, "datum": name, "stated": stated.name},
                )
            ]
        )
    if declared.is_projected and stated.is_geographic:
        # GeoJSON readers say EPSG:4326 whatever the file holds; the declaration wins there.
        return declared
    return stated


def _way_accuracy(crs: pyproj.CRS, *, name: str, layer: str) -> float:
    base = _base_code(crs)
    if base in _EQUAL_DATUMS:
        return 0.0
    refusal = DataError([complain("error.datum_no_way", {"layer": layer, "datum": name})])
    if base in _REFUSED_DATUMS or crs.geodetic_crs is None:
        raise refusal
    group = TransformerGroup(crs.geodetic_crs, "EPSG:4326", always_xy=True, allow_ballpark=False)
    if not group.transformers or group.transformers[0].accuracy < 0:
        raise refusal
    return float(group.transformers[0].accuracy)


def is_lonlat(datum: Datum) -> bool:
    """Tell whether coordinates are longitude and latitude of WGS 84 or its equal as they stand.

    Parameters
    ----------
    datum : Datum
        What the coordinates are.

    Returns
    -------
    bool
        False for shifted, projected, and other geographic coordinates.
    """
    if datum.name in {"GCJ02", "BD09"}:
        return False
    crs = pyproj.CRS.from_user_input(datum.crs)
    return bool(crs.is_geographic) and _base_code(crs) in _EQUAL_DATUMS


def to_plane(geometry: np.ndarray, *, datum: Datum) -> np.ndarray:
    """Take geometries from a layer's own coordinates into the distance plane.

    Parameters
    ----------
    geometry : numpy.ndarray of shapely geometries, shape (n,)
        Valid two-dimensional geometries in the coordinates of `datum`.
    datum : Datum
        What those coordinates are.

    Returns
    -------
    numpy.ndarray of shapely geometries, shape (n,)
        Geometries in EPSG:3395 [m]; long edges densified first, since an edge is straight
        in the file's coordinates.
    """
    crs = pyproj.CRS.from_user_input(datum.crs)
    limit = EDGE_DEGREES if crs.is_geographic else _EDGE_METRES
    dense = _densified(geometry, limit)
    return shapely.transform(
        dense, lambda xy: plane_from_lonlat(_lonlat(xy, datum)), include_z=False
    )


def _densified(geometry: np.ndarray, limit: float) -> np.ndarray:
    dense = np.array(geometry, dtype=object)
    long = shapely.length(dense) > limit  # what is shorter as a whole has no long edge
    # GEOS drops repeated points first, and falls over a part of which too few are left.
    xy, row = shapely.get_coordinates(dense, return_index=True)
    twice = (row[1:] == row[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    frail = long & np.isin(np.arange(len(dense)), row[1:][twice])
    dense[long & ~frail] = shapely.segmentize(dense[long & ~frail], limit)
    for at in np.flatnonzero(frail):
        dense[at] = _densified_by_part(dense[at], limit)
    return dense


def _densified_by_part(shape: BaseGeometry, limit: float) -> BaseGeometry:
    make: Callable[[object], BaseGeometry] = type(shape)
    if isinstance(shape, BaseMultipartGeometry):
        return make([_densified_by_part(part, limit) for part in shape.geoms])
    if isinstance(shape, shapely.Polygon) and not shape.is_empty:
        shell, *holes = (_cut_edges(ring, limit) for ring in (shape.exterior, *shape.interiors))
        return shapely.Polygon(shell, holes)
    return make(_cut_edges(shape, limit)) if shape.length > 0.0 else shape


def _cut_edges(chain: shapely.Geometry, limit: float) -> Floats:
    xy = shapely.get_coordinates(chain)
    step = np.diff(xy, axis=0)
    pieces = np.maximum(np.ceil(np.hypot(step[:, 0], step[:, 1]) / limit), 1.0).astype(int)
    edge = np.repeat(np.arange(len(step)), pieces)
    order = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    cut = xy[edge] + (order / pieces[edge])[:, None] * step[edge]
    return np.vstack([cut, xy[-1:]])


def to_lonlat(geometry: np.ndarray, *, datum: Datum) -> np.ndarray:
    """Take geometries from a layer's own coordinates to longitude and latitude.

    Parameters
    ----------
    geometry : numpy.ndarray of shapely geometries, shape (n,)
        Geometries in the coordinates of `datum`; only their vertices are moved.
    datum : Datum
        What those coordinates are.

    Returns
    -------
    numpy.ndarray of shapely geometries, shape (n,)
        Geometries in WGS 84 longitude and latitude [degrees].
    """
    return shapely.transform(geometry, lambda xy: _lonlat(xy, datum), include_z=False)


def _lonlat(xy: Floats, datum: Datum) -> Floats:
    if datum.name == "GCJ02":
        return gcj02_to_wgs84(xy)
    if datum.name == "BD09":
        return gcj02_to_wgs84(bd09_to_gcj02(xy))
    if is_lonlat(datum):
        return xy
    crs = pyproj.CRS.from_user_input(datum.crs)
    target = crs.geodetic_crs if _base_code(crs) in _EQUAL_DATUMS else "EPSG:4326"
    x, y = pyproj.Transformer.from_crs(crs, target, always_xy=True).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y])


@cache
def _mercator() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4326", PLANE_CRS, always_xy=True)


def plane_from_lonlat(xy: Floats) -> Floats:
    """Project longitude and latitude into the distance plane.

    Parameters
    ----------
    xy : numpy.ndarray, shape (n, 2)
        Longitude and latitude [degrees].

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        Easting and northing in EPSG:3395 [m].
    """
    x, y = _mercator().transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y])


def lonlat_from_plane(xy: Floats) -> Floats:
    """Bring plane coordinates back to longitude and latitude.

    Parameters
    ----------
    xy : numpy.ndarray, shape (n, 2)
        Easting and northing in EPSG:3395 [m].

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        Longitude and latitude [degrees].
    """
    x, y = _mercator().transform(xy[:, 0], xy[:, 1], direction="INVERSE")
    return np.column_stack([x, y])


def plane_scale(northing_m: Floats) -> Floats:
    """Compute the point scale factor k of the plane.

    Parameters
    ----------
    northing_m : numpy.ndarray, shape (n,)
        Northing in EPSG:3395 [m].

    Returns
    -------
    numpy.ndarray, shape (n,)
        Plane metres a ground metre.

    Notes
    -----
    k = sqrt(1 - e2 sin2(phi)) / cos(phi) (Snyder, USGS Professional Paper 1395, 7-8).
    """
    phi = _latitude(northing_m)
    return np.sqrt(1.0 - ECCENTRICITY_2 * np.sin(phi) ** 2) / np.cos(phi)


def plane_scale_slope(northing_m: Floats) -> Floats:
    """Compute how ln k grows with northing.

    Parameters
    ----------
    northing_m : numpy.ndarray, shape (n,)
        Northing in EPSG:3395 [m].

    Returns
    -------
    numpy.ndarray, shape (n,)
        Derivative of ln k by northing [1/m].

    Notes
    -----
    d ln k / d phi = tan(phi) - e2 sin cos / (1 - e2 sin2), and d northing = k M d phi with
    the meridian radius M = a (1 - e2) / (1 - e2 sin2)^1.5.
    """
    phi = _latitude(northing_m)
    sine, cosine = np.sin(phi), np.cos(phi)
    rest = 1.0 - ECCENTRICITY_2 * sine**2
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / rest**1.5
    slope = sine / cosine - ECCENTRICITY_2 * sine * cosine / rest
    scale = np.sqrt(rest) / cosine
    return slope / (meridian_m * scale)


def _latitude(northing_m: Floats) -> Floats:
    xy = np.column_stack([np.zeros_like(northing_m), northing_m])
    return np.radians(lonlat_from_plane(xy)[:, 1])


@dataclass(frozen=True, slots=True)
class SheetPlane:
    """Name the local transverse Mercator plane of areas, buffers and sheets.

    Parameters
    ----------
    crs : str
        Authority code or PROJ text.
    central_meridian : float
        Central meridian [degrees].
    is_gauss_kruger : bool
        True for a CGCS2000 three-degree zone.
    largest_scale_error : float
        Largest relative length error over the study area.
    """

    crs: str
    central_meridian: float
    is_gauss_kruger: bool
    largest_scale_error: float


def choose_sheet_plane(study_area: shapely.Geometry, *, declared: str | None) -> SheetPlane:
    """Choose the plane for areas, buffers and sheets.

    Parameters
    ----------
    study_area : shapely.Geometry
        Study area in EPSG:3395.
    declared : str or None
        CRS that the project declares; it must be projected.

    Returns
    -------
    SheetPlane
        The declared plane, else in China the CGCS2000 three-degree Gauss-Kruger zone of the
        middle (EPSG:4534 on, without prefix), elsewhere a transverse Mercator centred there.
    """
    bounds = np.array(shapely.bounds(study_area)).reshape(2, 2)
    (west, south), (east, north) = lonlat_from_plane(bounds)
    middle, latitude = (west + east) / 2.0, (south + north) / 2.0
    in_china = 73.5 <= middle <= 136.5 and 17.0 <= latitude <= 54.0
    if declared is not None:
        crs = pyproj.CRS.from_user_input(declared)
        meridian = _central_meridian(crs)
        label = declared
    elif in_china:
        zone = round(middle / 3.0)
        meridian, label = 3.0 * zone, f"EPSG:{4534 + zone - 25}"
    else:
        meridian = round(middle, 2)
        label = f"+proj=tmerc +lat_0=0 +lon_0={meridian} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m"
    crs = pyproj.CRS.from_user_input(label)
    corners = np.array([(x, y) for x in (west, middle, east) for y in (south, latitude, north)])
    factors = pyproj.Proj(crs).get_factors(corners[:, 0], corners[:, 1])
    error = float(np.max(np.abs(np.asarray(factors.meridional_scale) - 1.0)))
    gauss = crs.to_epsg() is not None and 4513 <= (crs.to_epsg() or 0) <= 4554
    return SheetPlane(label, meridian, gauss, error)


def _central_meridian(crs: pyproj.CRS) -> float:
    operation = crs.coordinate_operation
    if not crs.is_projected or operation is None:
        raise DataError([complain("error.sheet_crs", {"crs": crs.name})])
    for parameter in operation.params:
        if "ongitude of" in parameter.name:
            return float(parameter.value)
    raise DataError([complain("error.sheet_crs", {"crs": crs.name})])
