"""The product's one door to distances, as the tests knock on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from shapely.geometry import mapping

from riskmap.crs import Datum, to_plane
from riskmap.distance import measure_pairs
from tests import ellipsoid

if TYPE_CHECKING:
    from collections.abc import Sequence

    import shapely
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]

WGS84 = Datum("WGS84", "EPSG:4326", 0.0)


def measure(
    first: Sequence[shapely.Geometry], second: Sequence[shapely.Geometry]
) -> tuple[Floats, Floats, Floats]:
    """Measure pairs given in degrees: distances [m] and both ends [degrees]."""
    found = measure_pairs(_in_plane(first), _in_plane(second))
    return found.distance_m, found.start, found.end


def measured(first: shapely.Geometry, second: shapely.Geometry) -> float:
    """Measure one pair [m]."""
    return float(measure([first], [second])[0][0])


def expected(first: shapely.Geometry, second: shapely.Geometry) -> float:
    """Measure one pair on the ellipsoid, by brute force [m]."""
    return ellipsoid.shortest(plain(first), plain(second))


def plain(shape: shapely.Geometry) -> ellipsoid.Parts:
    """Take a geometry's coordinates out of shapely."""
    return ellipsoid.parts(mapping(cast("BaseGeometry", shape)))


def judge(first: shapely.Geometry, second: shapely.Geometry) -> float:
    """Hold one pair against all that is promised of it and return its true distance [m].

    A millimetre between points, a centimetre a kilometre to an edge, half a millimetre where
    they meet; both ends on their geometries, and as far apart as the distance says.
    """
    found, starts, ends = measure([first], [second])
    want = expected(first, second)
    if want < 1e-6:
        allowed = 0.0005
    elif _only_points(first) and _only_points(second):
        allowed = 0.001
    else:
        allowed = 0.01 * max(1.0, want / 1000.0)
    off = float(found[0]) - want
    assert abs(off) <= allowed, f"{off * 1000:.3f} mm off {want:.4f} m"
    between = ellipsoid.vincenty(*starts[0], *ends[0]) - float(found[0])
    assert abs(between) <= 0.001, f"the ends are {between * 1000:.3f} mm further apart"
    for shape, end in ((first, starts[0]), (second, ends[0])):
        away = ellipsoid.shortest(ellipsoid.Parts(points=[(end[0], end[1])]), plain(shape))
        assert away <= 0.001, f"an end lies {away * 1000:.3f} mm off its geometry"
    return want


def _only_points(shape: shapely.Geometry) -> bool:
    held = plain(shape)
    return not held.lines and not held.areas


def _in_plane(shapes: Sequence[shapely.Geometry]) -> NDArray[Any]:
    # Filled one by one: numpy would take a multipart apart.
    held = np.empty(len(shapes), dtype=object)
    for index, shape in enumerate(shapes):
        held[index] = shape
    return to_plane(held, datum=WGS84)
