from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely

from riskmap.crs import (
    Datum,
    choose_sheet_plane,
    lonlat_from_plane,
    plane_from_lonlat,
    plane_scale,
    plane_scale_slope,
    resolve_datum,
    to_plane,
)
from riskmap.errors import DataError
from riskmap.shifted import bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02

LIYANG = np.array([[119.13516, 31.15456], [119.48, 31.43], [119.61113, 31.68605]])


def test_the_gcj02_shift_of_liyang_is_half_a_kilometre_east_south_east() -> None:
    moved = wgs84_to_gcj02(LIYANG)
    geod = pyproj.Geod(ellps="WGS84")
    azimuth, _, metres = geod.inv(LIYANG[:, 0], LIYANG[:, 1], moved[:, 0], moved[:, 1])
    assert np.all((metres > 500) & (metres < 580))
    assert np.all((azimuth > 100) & (azimuth < 125))


def test_gcj02_and_bd09_come_back_to_a_centimetre() -> None:
    generator = np.random.default_rng(3)
    points = np.column_stack([generator.uniform(75, 135, 500), generator.uniform(18, 53, 500)])
    back = gcj02_to_wgs84(wgs84_to_gcj02(points))
    assert np.abs(back - points).max() * 111_320 < 0.01
    back = bd09_to_gcj02(gcj02_to_bd09(points))
    assert np.abs(back - points).max() * 111_320 < 0.01


def test_gcj02_leaves_the_rest_of_the_world_alone() -> None:
    point = np.array([[9.52, 47.14]])
    assert np.array_equal(wgs84_to_gcj02(point), point)


def test_a_published_pair_of_tiananmen_agrees() -> None:
    # Widely printed: WGS 84 116.391, 39.907 is about 116.3972, 39.9084 in GCJ-02.
    moved = wgs84_to_gcj02(np.array([[116.391, 39.907]]))
    assert moved[0] == pytest.approx([116.39724, 39.90840], abs=2e-5)


@pytest.mark.parametrize("latitude", [0.0, 20.0, 31.4, 53.0, 75.0, -31.4])
def test_scale_and_slope_agree_with_finite_differences(latitude: float) -> None:
    northing = plane_from_lonlat(np.array([[119.5, latitude]]))[:, 1]
    factors = pyproj.Proj("EPSG:3395").get_factors(119.5, latitude)
    assert plane_scale(northing)[0] == pytest.approx(factors.meridional_scale, rel=1e-9)
    step = 50.0
    numeric = np.log(plane_scale(northing + step) / plane_scale(northing - step)) / (2 * step)
    assert plane_scale_slope(northing)[0] == pytest.approx(numeric[0], rel=1e-5, abs=1e-14)


@pytest.mark.parametrize("name", ["EPSG:4214", "EPSG:2437", "EPSG:4610"])
def test_beijing_54_and_xian_80_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="local parameters"):
        resolve_datum(name, file_crs=None, layer="old")


def test_an_unknown_datum_is_refused_by_name() -> None:
    with pytest.raises(DataError, match="'Mars'"):
        resolve_datum("Mars", file_crs=None, layer="odd")


def test_a_file_that_says_otherwise_is_refused() -> None:
    with pytest.raises(DataError, match="differ"):
        resolve_datum("CGCS2000", file_crs="EPSG:4214", layer="roads")


def test_a_projected_file_of_the_declared_datum_is_taken() -> None:
    datum = resolve_datum("CGCS2000", file_crs="EPSG:4549", layer="roads")
    assert datum.crs == "EPSG:4549"
    # standards.md 6: 119.5E 31.43N is E 452463.2076 N 3478757.9476 in EPSG:4549.
    placed = to_plane(np.array([shapely.Point(452463.2076, 3478757.9476)]), datum=datum)[0]
    expected = plane_from_lonlat(np.array([[119.5, 31.43]]))[0]
    assert [placed.x, placed.y] == pytest.approx(expected, abs=0.001)


def test_gcj02_adds_two_metres_of_doubt() -> None:
    assert resolve_datum("GCJ02", file_crs="EPSG:4326", layer="b").added_accuracy_m == 2.0


def test_liyang_gets_its_own_three_degree_zone() -> None:
    box = shapely.transform(shapely.box(119.13, 31.15, 119.62, 31.69), plane_from_lonlat)
    plane = choose_sheet_plane(box, declared=None)
    assert (plane.crs, plane.central_meridian, plane.is_gauss_kruger) == ("EPSG:4549", 120.0, True)
    # standards.md 6: +84 ppm at 119.13E.
    assert plane.largest_scale_error == pytest.approx(84e-6, abs=4e-6)


def test_elsewhere_the_sheet_is_centred_on_the_area() -> None:
    box = shapely.transform(shapely.box(9.47, 47.05, 9.64, 47.27), plane_from_lonlat)
    plane = choose_sheet_plane(box, declared=None)
    assert plane.central_meridian == pytest.approx(9.55, abs=0.01)
    assert not plane.is_gauss_kruger
    assert plane.largest_scale_error < 1e-6


DOT = "LINESTRING (119.5 31, 119.5 31)"
SHELL_AND_DOT = (
    "(119.5 31, 119.6 31, 119.6 31.1, 119.5 31),"
    " (119.59 31.01, 119.59 31.01, 119.59 31.01, 119.59 31.01)"
)


@pytest.mark.parametrize(
    "text",
    [
        "LINESTRING (119.5 31, 119.5 31)",
        "MULTILINESTRING ((119.5 31, 119.5 31), (119.5 31, 119.6 31))",
        f"GEOMETRYCOLLECTION (POINT (119.5 31), {DOT}, LINESTRING (119.5 31, 119.5 31.1))",
        "POLYGON ((119.5 31, 119.5 31, 119.5 31, 119.5 31))",
        f"POLYGON ({SHELL_AND_DOT})",
        f"MULTIPOLYGON (EMPTY, ({SHELL_AND_DOT}))",
    ],
)
def test_a_part_without_length_reaches_the_plane_beside_its_long_ones(text: str) -> None:
    shape = shapely.from_wkt(text)
    placed = to_plane(
        np.array([shape, None, shapely.Point()]), datum=Datum("WGS84", "EPSG:4326", 0)
    )
    assert placed[0].geom_type == shape.geom_type
    assert placed[1] is None
    assert placed[2].is_empty
    before = shapely.get_num_coordinates(shape)
    after = shapely.get_num_coordinates(placed[0])
    # Every edge of 0.1 degrees becomes a hundred.
    assert after == before if shape.length == 0.0 else after >= before + 99
    west, south, east, north = placed[0].bounds
    corners = lonlat_from_plane(np.array([[west, south], [east, north]]))
    assert corners.ravel() == pytest.approx(shape.bounds, abs=1e-9)
