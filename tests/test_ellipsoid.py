"""The oracle itself, held against published values, PROJ and figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest

from tests.ellipsoid import (
    A,
    F,
    Parts,
    apart,
    between_edges,
    go,
    is_inside,
    parts,
    shortest,
    vincenty,
)

GEOD = pyproj.Geod(ellps="WGS84")
SQUARE = [[(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]]
RING = [*SQUARE, [(1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0), (1.0, 1.0)]]


def test_vincenty_agrees_with_its_published_example() -> None:
    # Flinders Peak to Buninyong on GRS 80, Geoscience Australia: 54972.271 m.
    here = (144 + 25 / 60 + 29.52440 / 3600, -(37 + 57 / 60 + 3.72030 / 3600))
    there = (143 + 55 / 60 + 35.38390 / 3600, -(37 + 39 / 60 + 10.15610 / 3600))
    assert vincenty(*here, *there) == pytest.approx(54972.271, abs=0.001)


def test_both_geodesics_agree_with_geographiclibs_example() -> None:
    # JFK to LHR, printed in GeographicLib's documentation: 5551759.400 m.
    assert vincenty(-73.8, 40.6, -0.5, 51.6) == pytest.approx(5551759.400, abs=0.001)
    assert GEOD.inv(-73.8, 40.6, -0.5, 51.6)[2] == pytest.approx(5551759.400, abs=0.001)


def test_both_geodesics_agree_with_karneys_example() -> None:
    # Karney 2013, table 2: from 40 N at azimuth 30, 10 000 km to 41.79331020506 N.
    there = (137.84490004377, 41.79331020506)
    assert vincenty(0.0, 40.0, *there) == pytest.approx(10e6, abs=0.001)
    assert GEOD.inv(0.0, 40.0, *there)[2] == pytest.approx(10e6, abs=0.001)
    assert go((0.0, 40.0), bearing=30.0, metres=10e6) == pytest.approx(there, abs=1e-8)


def test_both_geodesics_agree_with_karneys_short_line() -> None:
    # Karney 2013, table 3: s12 = 4.944208 m.
    line = (0.0, -30.12345, 0.00005, -30.12344)
    assert vincenty(*line) == pytest.approx(4.944208, abs=1e-6)
    assert GEOD.inv(*line)[2] == pytest.approx(4.944208, abs=1e-6)


@pytest.mark.parametrize("latitude", [-75.0, -31.0, 0.0, 20.0, 53.0, 75.0])
def test_vincenty_agrees_with_proj_over_kilometres(latitude: float) -> None:
    generator = np.random.default_rng(11)
    for metres in (0.03, 200.0, 3000.0, 10000.0):
        for bearing in generator.uniform(0.0, 360.0, 10):
            there = go((119.5, latitude), bearing=bearing, metres=metres)
            assert vincenty(119.5, latitude, *there) == pytest.approx(metres, abs=1e-6)
            assert GEOD.inv(119.5, latitude, *there)[2] == pytest.approx(metres, abs=1e-6)


def test_the_equator_and_the_antimeridian_are_no_edge() -> None:
    # Along the equator the geodesic is the equator itself: a degree is pi a / 180.
    degree = math.pi * A / 180
    assert vincenty(179.5, 0.0, -179.5, 0.0) == pytest.approx(degree, abs=1e-6)
    assert vincenty(180.0, 31.0, -180.0, 31.0) == pytest.approx(0.0, abs=1e-8)
    assert go((179.5, 0.0), bearing=90.0, metres=degree) == pytest.approx((-179.5, 0.0))


def test_the_same_place_is_nothing_apart() -> None:
    assert apart(np.array([[119.5, 31.0]]), np.array([[119.5, 31.0]])).tolist() == [0.0]


@pytest.mark.parametrize(
    ("at", "inside"),
    [((0.5, 2.0), True), ((2.0, 2.0), False), ((5.0, 2.0), False), ((-1.0, 1.0), False)],
)
def test_a_ray_tells_inside_from_a_hole(at: tuple[float, float], *, inside: bool) -> None:
    assert is_inside(at, RING) is inside
    assert is_inside(at, SQUARE) is (inside or at == (2.0, 2.0))


def test_edges_along_meridians_are_apart_by_the_equators_arc() -> None:
    # Two meridians cross the equator 0.01 degrees apart; elsewhere they are closer by
    # the cosine of 0.5 degrees at the ends, where the search must come out.
    west = Parts(lines=[[(10.0, -0.5), (10.0, 0.25)]])
    east = Parts(lines=[[(10.01, -0.5), (10.01, 0.25)]])
    phi = math.radians(0.5)
    e2 = F * (2 - F)
    radius = A * math.cos(phi) / math.sqrt(1 - e2 * math.sin(phi) ** 2)
    assert shortest(west, east) == pytest.approx(radius * math.radians(0.01), abs=1e-3)


def test_the_search_in_a_search_finds_what_a_dense_grid_finds() -> None:
    flat, steep = [(9.0, 60.0), (11.0, 60.2)], [(10.0, 60.3), (10.4, 60.18)]
    t = np.linspace(0.0, 1.0, 1501)[:, None]
    ends = [np.array([edge], dtype=float) for edge in (flat, steep)]
    along = [edge[0, :1] + t * (edge[0, 1:] - edge[0, :1]) for edge in ends]
    grid = float(apart(along[0][:, None], along[1][None, ::50]).min())
    pairs = [(edge[:, 0], edge[:, 1]) for edge in ends]
    found = float(between_edges(pairs[0], pairs[1])[0])
    assert found == pytest.approx(grid, abs=1.0)
    assert found <= grid
    assert shortest(Parts(lines=[flat]), Parts(lines=[steep])) == pytest.approx(found, abs=1e-4)


def test_what_crosses_or_holds_is_nothing_apart() -> None:
    cross = Parts(lines=[[(-1.0, 2.0), (5.0, 2.5)]])
    island = {"type": "Polygon", "coordinates": [[[2, 2, 7], [2.5, 2, 7], [2, 2.5, 7], [2, 2, 7]]]}
    assert shortest(cross, Parts(areas=[RING])) == 0.0
    assert shortest(Parts(areas=[SQUARE]), parts(island)) == 0.0
    assert shortest(parts(island), Parts(areas=[SQUARE])) == 0.0
    # In the hole the island is half a degree from the rim: along the parallel at most.
    assert 50_000 < shortest(parts(island), Parts(areas=[RING])) < 56_000
