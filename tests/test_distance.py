"""Distances against oracles that share no code with the product.

The first oracle is brute force on the ellipsoid: geodesics by Vincenty's inverse formula
(Survey Review 1975) written here, minimised over points along edges that are straight in
longitude and latitude. Neither GEOS nor PROJ takes part in it.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.crs import Datum, lonlat_from_plane, to_plane
from riskmap.distance import measure_pairs

A, F = 6378137.0, 1 / 298.257223563
B = A * (1 - F)
WGS84 = Datum("WGS84", "EPSG:4326", 0.0)


def vincenty(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Solve the inverse geodesic problem [m]."""
    if (lon1, lat1) == (lon2, lat2):
        return 0.0
    difference = math.radians(lon2 - lon1)
    u1, u2 = (math.atan((1 - F) * math.tan(math.radians(lat))) for lat in (lat1, lat2))
    lam = difference
    for _ in range(200):
        sin_sigma = math.hypot(
            math.cos(u2) * math.sin(lam),
            math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(lam),
        )
        cos_sigma = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(lam)
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = math.cos(u1) * math.cos(u2) * math.sin(lam) / sin_sigma
        cos2_alpha = 1 - sin_alpha**2
        cos_2m = cos_sigma - 2 * math.sin(u1) * math.sin(u2) / cos2_alpha if cos2_alpha else 0.0
        c = F / 16 * cos2_alpha * (4 + F * (4 - 3 * cos2_alpha))
        inner = cos_2m + c * cos_sigma * (-1 + 2 * cos_2m**2)
        before = lam
        lam = difference + (1 - c) * F * sin_alpha * (sigma + c * sin_sigma * inner)
        if abs(lam - before) < 1e-14:
            break
    u_2 = cos2_alpha * (A**2 - B**2) / B**2
    big_a = 1 + u_2 / 16384 * (4096 + u_2 * (-768 + u_2 * (320 - 175 * u_2)))
    big_b = u_2 / 1024 * (256 + u_2 * (-128 + u_2 * (74 - 47 * u_2)))
    delta = cos_sigma * (-1 + 2 * cos_2m**2)
    delta -= big_b / 6 * cos_2m * (-3 + 4 * sin_sigma**2) * (-3 + 4 * cos_2m**2)
    delta = big_b * sin_sigma * (cos_2m + big_b / 4 * delta)
    return B * big_a * (sigma - delta)


def to_segment(point: tuple[float, float], edge: tuple[tuple[float, float], ...]) -> float:
    """Find the shortest distance to an edge straight in longitude and latitude [m]."""
    (x1, y1), (x2, y2) = edge

    def at(t: float) -> float:
        return vincenty(*point, x1 + t * (x2 - x1), y1 + t * (y2 - y1))

    steps = np.linspace(0.0, 1.0, 41)
    best = min(steps, key=at)
    low, high = max(0.0, best - 0.025), min(1.0, best + 0.025)
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(70):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if at(left) < at(right):
            high = right
        else:
            low = left
    return min(at((low + high) / 2), at(0.0), at(1.0))


def measured(first: shapely.Geometry, second: shapely.Geometry) -> float:
    pair = to_plane(np.array([first, second], dtype=object), datum=WGS84)
    return float(measure_pairs(pair[:1], pair[1:]).distance_m[0])


def test_vincenty_agrees_with_its_published_example() -> None:
    # Flinders Peak to Buninyong on GRS 80, Geoscience Australia: 54972.271 m.
    here = (144 + 25 / 60 + 29.52440 / 3600, -(37 + 57 / 60 + 3.72030 / 3600))
    there = (143 + 55 / 60 + 35.38390 / 3600, -(37 + 39 / 60 + 10.15610 / 3600))
    assert vincenty(*here, *there) == pytest.approx(54972.271, abs=0.001)


@pytest.mark.parametrize("latitude", [0.0, 20.0, 31.4, 53.0, 70.0, 75.0, -31.4])
@pytest.mark.parametrize("span_m", [50.0, 500.0, 3000.0])
def test_points_agree_to_a_millimetre(latitude: float, span_m: float) -> None:
    generator = np.random.default_rng(7)
    for angle in generator.uniform(0, 2 * math.pi, 12):
        east = span_m * math.cos(angle) / (111320 * math.cos(math.radians(latitude)))
        north = span_m * math.sin(angle) / 110600
        there = (119.5 + east, latitude + north)
        expected = vincenty(119.5, latitude, *there)
        found = measured(shapely.Point(119.5, latitude), shapely.Point(*there))
        assert found == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("latitude", [0.0, 31.4, 53.0, 70.0])
@pytest.mark.parametrize("length_km", [0.3, 10.0, 100.0])
def test_edges_are_straight_in_longitude_and_latitude(latitude: float, length_km: float) -> None:
    half = length_km * 500 / (111320 * math.cos(math.radians(latitude)))
    edge = ((119.5 - half, latitude), (119.5 + half, latitude + half / 3))
    point = (119.5 + half / 10, latitude + half * 11 / 60 + 0.006)
    expected = to_segment(point, edge)
    found = measured(shapely.Point(*point), shapely.LineString(edge))
    assert expected < 1100
    assert found == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("latitude", [20.0, 31.4, 53.0, 75.0])
def test_the_nearest_is_chosen_over_the_ground(latitude: float) -> None:
    # North the plane is stretched more: by plane distance the southern point would win.
    north, south = latitude + 3000.0 / 111000, latitude - 3000.6 / 111000
    to_north = vincenty(119.5, latitude, 119.5, north)
    to_south = vincenty(119.5, latitude, 119.5, south)
    both = shapely.MultiPoint([(119.5, north), (119.5, south)])
    found = measured(shapely.Point(119.5, latitude), both)
    assert found == pytest.approx(min(to_north, to_south), abs=0.001)


@pytest.mark.parametrize(
    "inside",
    [
        shapely.box(119.49, 31.39, 119.51, 31.41),
        shapely.MultiPolygon(
            [shapely.box(118, 31, 118.1, 31.1), shapely.box(119.49, 31.39, 119.51, 31.41)]
        ),
        shapely.LineString([(119.4, 31.4), (119.6, 31.4)]),
    ],
)
def test_contained_or_touching_is_nothing_apart(inside: shapely.Geometry) -> None:
    assert measured(shapely.Point(119.5, 31.4), inside) == 0.0


def test_a_receptor_in_a_hole_is_measured_to_the_rim() -> None:
    shell = shapely.box(119.4, 31.3, 119.6, 31.5)
    ring = shell.difference(shapely.box(119.49, 31.39, 119.51, 31.41))
    expected = min(
        to_segment((119.5, 31.402), ((119.49, 31.41), (119.51, 31.41))),
        to_segment((119.5, 31.402), ((119.49, 31.39), (119.49, 31.41))),
    )
    assert measured(shapely.Point(119.5, 31.402), ring) == pytest.approx(expected, abs=0.01)


def test_a_long_pipeline_passes_close_by() -> None:
    line = shapely.LineString([(118.0, 30.9), (119.5, 31.4), (121.0, 32.1)])
    expected = min(
        to_segment((119.51, 31.39), ((118.0, 30.9), (119.5, 31.4))),
        to_segment((119.51, 31.39), ((119.5, 31.4), (121.0, 32.1))),
    )
    assert measured(shapely.Point(119.51, 31.39), line) == pytest.approx(expected, abs=0.01)


def test_the_end_points_lie_where_the_distance_is_measured() -> None:
    pair = to_plane(
        np.array([shapely.Point(119.5, 31.4), shapely.box(119.51, 31.3, 119.6, 31.5)]),
        datum=WGS84,
    )
    found = measure_pairs(pair[:1], pair[1:])
    start, end = lonlat_from_plane(found.start)[0], lonlat_from_plane(found.end)[0]
    assert start == pytest.approx([119.5, 31.4], abs=1e-9)
    assert end[0] == pytest.approx(119.51, abs=1e-7)
    assert vincenty(*start, *end) == pytest.approx(float(found.distance_m[0]), abs=0.001)


SHAPES = st.builds(
    lambda x, y, size, kind: {
        "point": shapely.Point(x, y),
        "line": shapely.LineString([(x, y), (x + size, y + size / 2)]),
        "area": shapely.Point(x, y).buffer(size, quad_segs=3),
    }[kind],
    st.floats(-0.02, 0.02),
    st.floats(-0.02, 0.02),
    st.floats(0.0005, 0.01),
    st.sampled_from(["point", "line", "area"]),
)


def _shift(shape: shapely.Geometry, east: float, north: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([east, north]))


@settings(max_examples=60, deadline=None)
@given(SHAPES, SHAPES, st.floats(-70, 70))
def test_distance_is_the_same_both_ways(
    first: shapely.Geometry, second: shapely.Geometry, latitude: float
) -> None:
    here, there = _shift(first, 100.0, latitude), _shift(second, 100.03, latitude)
    assert measured(here, there) == pytest.approx(measured(there, here), abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(SHAPES, SHAPES, st.floats(-70, 70), st.floats(-170, 60))
def test_moving_along_a_parallel_changes_nothing(
    first: shapely.Geometry, second: shapely.Geometry, latitude: float, east: float
) -> None:
    here, there = _shift(first, 0.0, latitude), _shift(second, 0.03, latitude)
    moved = measured(_shift(here, east, 0.0), _shift(there, east, 0.0))
    assert moved == pytest.approx(measured(here, there), abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(SHAPES, SHAPES, st.floats(-70, 70))
def test_splitting_never_changes_the_minimum(
    first: shapely.Geometry, second: shapely.Geometry, latitude: float
) -> None:
    here, there = _shift(first, 0.0, latitude), _shift(second, 0.03, latitude)
    west, _, east, _ = shapely.bounds(there)
    middle = (west + east) / 2
    parts = [
        shapely.intersection(there, shapely.box(west - 1, -90, middle, 90)),
        shapely.intersection(there, shapely.box(middle, -90, east + 1, 90)),
    ]
    shortest = min(measured(here, part) for part in parts if not shapely.is_empty(part))
    assert shortest == pytest.approx(measured(here, there), abs=0.01)
