"""Constructed pairs on which a distance has gone wrong somewhere before.

Every pair is held by `tests.pairs.judge` against the ellipsoid oracle: distance, both ends,
and that the ends lie where they should. Shapes are placed in metres over the ground.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)

from tests.ellipsoid import Place, go, vincenty
from tests.pairs import expected, judge, measure, measured, plain

LON = 119.5
LATITUDES = [0.0, 31.0, 53.0, 70.0, -31.0]
everywhere = pytest.mark.parametrize("latitude", LATITUDES)


def spot(latitude: float, east: float, north: float, *, lon: float = LON) -> Place:
    """Place a point so many metres east and north of the crossing (lon, latitude)."""
    return go(go((lon, latitude), bearing=0.0, metres=north), bearing=90.0, metres=east)


def box(latitude: float, west: float, south: float, east: float, north: float) -> Polygon:
    """Draw an area along parallels and meridians, its corners in metres."""
    return shapely.box(*spot(latitude, west, south), *spot(latitude, east, north))


def star(latitude: float, *, vertices: int, radius: float, waves: int = 0) -> Polygon:
    """Draw a wavy ring of many vertices round the crossing."""
    turn = np.linspace(0.0, 2 * math.pi, vertices, endpoint=False)
    reach = radius * (1 + 0.2 * np.sin(waves * turn))
    per_degree = 111320 * math.cos(math.radians(latitude))
    x, y = LON + reach * np.cos(turn) / per_degree, latitude + reach * np.sin(turn) / 110900
    return Polygon(np.column_stack([x, y]))


# The nearer of two, by the ground and not by the plane.


@pytest.mark.parametrize("latitude", [20.0, 31.0, 53.0, 75.0, -53.0])
@pytest.mark.parametrize("kind", ["point", "line", "area"])
@pytest.mark.parametrize("nearer", ["north", "south"])
def test_the_nearer_of_north_and_south_is_chosen(latitude: float, kind: str, nearer: str) -> None:
    north = 3000.0 if nearer == "north" else 3000.02
    south = 3000.02 if nearer == "north" else 3000.0

    def feature(near: float, far: float) -> shapely.Geometry:
        if kind == "point":
            return Point(spot(latitude, 0.0, near))
        if kind == "line":
            return LineString([spot(latitude, 0.0, near), spot(latitude, 40.0, far)])
        return box(latitude, -40.0, min(near, far), 40.0, max(near, far))

    both = GeometryCollection([feature(north, 3500.0), feature(-south, -3500.0)])
    here = Point(LON, latitude)
    assert judge(here, both) == pytest.approx(3000.0, abs=0.001)
    _, _, ends = measure([here], [both])
    assert (ends[0, 1] > latitude) == (nearer == "north")


@pytest.mark.parametrize("latitude", [0.0, 31.0, 53.0, 70.0])
@pytest.mark.parametrize("bearing", [0.0, 37.0, 90.0, 180.0, 225.0, 270.0])
@pytest.mark.parametrize("metres", [199.97, 200.03])
def test_three_centimetres_decide_two_hundred_metres(
    latitude: float, bearing: float, metres: float
) -> None:
    here = (LON, latitude)
    there = go(here, bearing=bearing, metres=metres)
    wall = [go(there, bearing=bearing + side, metres=60.0) for side in (-90.0, 90.0)]
    back = [go(at, bearing=bearing, metres=50.0) for at in wall]
    stub = LineString([here, go(here, bearing=bearing + 180, metres=9.0)])
    pairs = [
        (Point(here), Point(there)),
        (Point(here), LineString([wall[0], there, wall[1]])),
        (box(latitude, -0.001, -0.001, 0.001, 0.001), Point(there)),
        (stub, Polygon([*wall, *back[::-1]])),
    ]
    for first, second in pairs:
        want = judge(first, second)
        assert want == pytest.approx(metres, abs=0.01)
        assert (measured(first, second) < 200.0) == (want < 200.0)


# Inside, in a hole, on an edge.


@everywhere
def test_a_hole_is_outside_and_its_island_inside(latitude: float) -> None:
    shell, hole = box(latitude, -900, -900, 900, 900), box(latitude, -400, -400, 400, 400)
    ring = Polygon(shell.exterior, [hole.exterior])
    island = box(latitude, -100, -100, 100, 100)
    both = MultiPolygon([ring, island])
    centre, between = Point(LON, latitude), Point(spot(latitude, 0, 320))
    assert judge(centre, ring) == pytest.approx(400, abs=0.2)
    assert judge(centre, both) == 0.0
    assert judge(between, both) == pytest.approx(80, abs=0.2)
    assert judge(Point(spot(latitude, 0, 150)), both) == pytest.approx(50, abs=0.2)
    assert judge(Point(spot(latitude, 650, 0)), ring) == 0.0
    # A whole area in the hole, and the hazard that surrounds it.
    assert judge(island, ring) == pytest.approx(300, abs=0.2)
    assert judge(ring, island) == pytest.approx(300, abs=0.2)


@everywhere
def test_the_second_part_counts_as_much_as_the_first(latitude: float) -> None:
    two = MultiPolygon([box(latitude, 5000, 0, 5100, 100), box(latitude, -80, -80, 80, 80)])
    assert judge(Point(LON, latitude), two) == 0.0
    assert judge(box(latitude, -10, -10, 10, 10), two) == 0.0
    assert judge(Point(spot(latitude, -130, 0)), two) == pytest.approx(50, abs=0.1)


@everywhere
@pytest.mark.parametrize("share", [0.0, 0.25, 0.37, 0.5])
def test_what_lies_on_an_edge_is_nothing_apart(latitude: float, share: float) -> None:
    (x1, y1), (x2, y2) = spot(latitude, 0, 0), spot(latitude, 250, 170)
    on_edge = Point(x1 + share * (x2 - x1), y1 + share * (y2 - y1))
    area = Polygon([(x1, y1), (x2, y2), spot(latitude, -100, 300)])
    for shape in (area, LineString([(x1, y1), (x2, y2)])):
        assert judge(on_edge, shape) < 1e-6
        assert judge(shape, on_edge) < 1e-6


@everywhere
def test_a_hazard_inside_a_receptor_is_nothing_apart(latitude: float) -> None:
    receptor = box(latitude, -500, -500, 500, 500)
    for hazard in (
        Point(LON, latitude),
        box(latitude, -20, -20, 20, 20),
        star(latitude, vertices=300, radius=200, waves=5),
        LineString([spot(latitude, -100, 0), spot(latitude, 100, 30)]),
        MultiPoint([spot(latitude, 3000, 0), spot(latitude, 0, 0)]),
    ):
        assert judge(hazard, receptor) == 0.0
        assert judge(receptor, hazard) == 0.0


@everywhere
def test_what_crosses_or_shares_an_edge_is_nothing_apart(latitude: float) -> None:
    tall, wide = box(latitude, -50, -400, 50, 400), box(latitude, -400, -50, 400, 50)
    through = LineString([spot(latitude, -900, 20), spot(latitude, 900, -20)])
    against = LineString([spot(latitude, -700, -300), spot(latitude, 700, 290)])
    for first, second in ((tall, wide), (tall, through), (through, against)):
        assert judge(first, second) == 0.0
    west, south, _, north = tall.bounds
    neighbour = shapely.box(west - 0.002, south, west, north)
    corner = shapely.box(west - 0.002, north, west, north + 0.001)
    assert judge(tall, neighbour) < 1e-6
    assert judge(tall, corner) < 1e-6


# Long things.


@pytest.mark.parametrize("vertices", [2, 4, 4000])
@pytest.mark.parametrize("heading", ["along", "across", "aslant"])
@pytest.mark.parametrize("latitude", [31.0, 53.0, -31.0])
def test_a_pipeline_of_300_km_passes_at_150_m(latitude: float, heading: str, vertices: int) -> None:
    east = {"along": 1.0, "across": 0.0, "aslant": 0.7}[heading]
    north = {"along": 0.0, "across": 1.0, "aslant": 0.7}[heading]
    t = np.linspace(-0.5, 0.5, vertices)
    bend = 0.02 * np.sin(40 * t) if vertices > 2 else 0.0 * t
    x = LON + 300 * east * t / (111.32 * math.cos(math.radians(latitude))) - north * bend
    line = LineString(np.column_stack([x, latitude + 300 * north * t / 111 + east * bend]))
    middle = line.interpolate(0.5, normalized=True)
    side = {"along": 0.0, "across": 90.0, "aslant": 135.0}[heading]
    there = go((middle.x, middle.y), bearing=side, metres=150.0)
    receptor = Point(there).buffer(0.0003, quad_segs=4)
    assert 90 < judge(Point(there), line) <= 150.001
    assert 30 < judge(line, receptor) < 145


@everywhere
@pytest.mark.parametrize("length_km", [10.0, 100.0])
@pytest.mark.parametrize("north", [-170.0, 3.0, 170.0])
def test_a_long_edge_is_no_chord(latitude: float, length_km: float, north: float) -> None:
    # Along a parallel the great circle leaves the edge by l2 tan(phi) / 8 R: at 53 degrees
    # 260 m over 100 km and 2.6 m over 10 km.
    half = length_km * 500
    edge = LineString([spot(latitude, -half, 0), spot(latitude, half, 0)])
    west, east = edge.bounds[0], edge.bounds[2]
    parallel = LineString([(west, latitude), (east, latitude)])
    here = Point(spot(latitude, 0, north))
    assert judge(here, parallel) == pytest.approx(abs(north), abs=0.001)
    # As the south edge of an area: what lies north of it is inside.
    area = shapely.box(west, latitude, east, latitude + 0.2)
    assert judge(here, area) == pytest.approx(max(0.0, -north), abs=0.001)


@everywhere
def test_a_long_slanting_edge_is_no_line_of_the_plane(latitude: float) -> None:
    start, end = spot(latitude, -50000, -30000), spot(latitude, 50000, 30000)
    edge = LineString([start, end])
    for share in (0.1, 0.5, 0.8):
        x, y = (start[i] + share * (end[i] - start[i]) for i in (0, 1))
        assert judge(Point(go((x, y), bearing=150.0, metres=80.0)), edge) < 80.01
        # Two edges that end beside the long one.
        near, far = (go((x, y), bearing=330.0, metres=at) for at in (40.0, 900.0))
        assert judge(LineString([near, far]), edge) < 40.01


# Many things.


@everywhere
def test_a_thousand_points_are_searched_to_the_last(latitude: float) -> None:
    turn = np.arange(1000) * 2.399963
    reach = 1000 + 3 * np.arange(1000)
    places = [
        spot(latitude, r * math.cos(a), r * math.sin(a)) for r, a in zip(reach, turn, strict=True)
    ]
    cloud = MultiPoint(places[::-1])
    assert judge(Point(LON, latitude), cloud) == pytest.approx(1000, abs=0.2)
    alone = min(vincenty(*spot(latitude, 700, 40), *place) for place in places)
    here = Point(spot(latitude, 700, 40))
    assert measured(here, cloud) == pytest.approx(alone, abs=0.001)
    assert judge(cloud, box(latitude, -600, -600, 600, 600)) > 100


@everywhere
def test_five_thousand_vertices_are_searched_to_the_last(latitude: float) -> None:
    ring = star(latitude, vertices=5000, radius=800, waves=9)
    assert judge(Point(LON, latitude), ring) == 0.0
    assert 100 < judge(Point(spot(latitude, 1500, 700)), ring) < 1100
    assert 100 < judge(ring, box(latitude, -1300, -1300, -1100, -1100)) < 1100
    hollow = Polygon(box(latitude, -2000, -2000, 2000, 2000).exterior, [ring.exterior])
    assert 400 < judge(Point(LON, latitude), hollow) < 800


@everywhere
def test_a_batch_measures_what_each_pair_measures_alone(latitude: float) -> None:
    shapes: list[shapely.Geometry] = [
        Point(LON, latitude),
        MultiPoint([spot(latitude, 900, 0), spot(latitude, 0, 700)]),
        LineString([spot(latitude, -800, -500), spot(latitude, 30, -40)]),
        MultiLineString([[spot(latitude, 400, 0), spot(latitude, 500, 9)], [(LON, 0), (LON, 1)]]),
        Polygon(
            box(latitude, -600, 0, -200, 300).exterior,
            [box(latitude, -500, 50, -300, 250).exterior],
        ),
        MultiPolygon([box(latitude, 300, 300, 400, 400), box(latitude, -50, -90, 50, -70)]),
        GeometryCollection([Point(spot(latitude, 60, 60)), box(latitude, -99, 400, 99, 500)]),
    ]
    first = [one for one in shapes for _ in shapes]
    second = [other for _ in shapes for other in shapes]
    distances, starts, ends = measure(first, second)
    assert starts.shape == ends.shape == (len(first), 2)
    for index, (one, other) in enumerate(zip(first, second, strict=True)):
        assert measured(one, other) == pytest.approx(distances[index], abs=1e-9)
        assert distances[index] == pytest.approx(expected(one, other), abs=0.01)


def test_no_pairs_are_measured_as_none() -> None:
    distances, starts, ends = measure([], [])
    assert distances.shape == (0,)
    assert starts.shape == ends.shape == (0, 2)


# Odd geometries that files hold.


@everywhere
def test_overlapping_members_of_a_collection_do_not_cancel_out(latitude: float) -> None:
    left, right = box(latitude, -300, -100, 50, 100), box(latitude, -50, -100, 300, 100)
    both = GeometryCollection([left, right, Point(spot(latitude, 0, 900))])
    nested = GeometryCollection([GeometryCollection([both]), LineString(left.exterior)])
    for shape in (both, nested):
        assert judge(Point(LON, latitude), shape) == 0.0
        assert judge(box(latitude, -20, -20, 20, 20), shape) == 0.0
        assert judge(Point(spot(latitude, 0, 200)), shape) == pytest.approx(100, abs=0.1)
        assert judge(shape, Point(spot(latitude, 0, 850))) == pytest.approx(50, abs=0.1)


@everywhere
def test_heights_are_left_out(latitude: float) -> None:
    x, y = spot(latitude, 300, 0)
    here = Point(LON, latitude, 900.0)
    flat = [
        Point(x, y, -4000.0),
        LineString([(x, y - 0.001, 5.0), (x, y + 0.001, 8000.0)]),
        Polygon([(x, y - 0.001, 5.0), (x + 0.001, y, 70.0), (x, y + 0.001, 9000.0)]),
    ]
    for shape in flat:
        assert judge(here, shape) == pytest.approx(300, abs=0.01)


@everywhere
def test_repeated_vertices_change_nothing(latitude: float) -> None:
    corners = [spot(latitude, *at) for at in ((200, -90), (400, -90), (400, 90), (200, 90))]
    clean = Polygon(corners)
    often = Polygon([at for corner in corners for at in (corner, corner, corner)])
    assert judge(Point(LON, latitude), often) == pytest.approx(200, abs=0.2)
    assert measured(Point(LON, latitude), often) == pytest.approx(
        measured(Point(LON, latitude), clean), abs=1e-6
    )
    assert judge(Point(spot(latitude, 300, 0)), often) == 0.0


@everywhere
def test_a_line_without_length_is_a_point(latitude: float) -> None:
    there = spot(latitude, 120, 160)
    speck = LineString([there, there])
    assert judge(Point(LON, latitude), speck) == pytest.approx(200, abs=0.01)
    assert judge(speck, box(latitude, -60, -60, 60, 60)) == pytest.approx(116.6, abs=0.1)
    assert judge(speck, box(latitude, 0, 0, 900, 900)) == 0.0
    assert judge(speck, Point(there)) < 1e-6
    assert judge(speck, LineString([there, there])) < 1e-6


# The antimeridian, where RFC 7946 cuts what crosses it.


def split(latitude: float) -> MultiPolygon:
    """Draw an area 2 km wide across the antimeridian, cut in two there."""
    (west, south), (east, north) = (spot(latitude, x, x / 2, lon=180.0) for x in (-1000, 1000))
    return MultiPolygon(
        [shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)]
    )


@everywhere
def test_points_meet_across_the_antimeridian(latitude: float) -> None:
    judge(Point(179.9999, latitude), Point(-179.9999, latitude))
    judge(Point(-179.99, latitude), Point(179.99, latitude + 0.01))
    assert judge(Point(180.0, latitude), Point(-180.0, latitude)) < 1e-6
    many = MultiPoint([(119.5, latitude), (-179.999, latitude), (179.9, latitude)])
    assert judge(Point(179.9995, latitude), many) < 200


@everywhere
@pytest.mark.parametrize("east", [-1300.0, 1300.0])
def test_an_area_is_met_across_the_antimeridian(latitude: float, east: float) -> None:
    area = split(latitude)
    outside, inside = spot(latitude, east, 40, lon=180.0), spot(latitude, east / 2, 40, lon=180.0)
    assert judge(Point(outside), area) == pytest.approx(300, abs=1)
    assert judge(Point(inside), area) == 0.0
    # One half alone, seen from the other side.
    far = area.geoms[1] if east < 0 else area.geoms[0]
    assert judge(Point(inside), far) == pytest.approx(650, abs=1)
    assert judge(far, Point(outside)) == pytest.approx(1300, abs=1)
    assert judge(area.geoms[0], area.geoms[1]) < 1e-6
    assert judge(Point(180.0, latitude), area) < 1e-6
    assert judge(Point(-180.0, latitude), area) < 1e-6


@everywhere
def test_a_line_is_met_across_the_antimeridian(latitude: float) -> None:
    west, east = spot(latitude, -4000, 0, lon=180.0), spot(latitude, 4000, 0, lon=180.0)
    left, right = LineString([west, (180.0, latitude)]), LineString([(-180.0, latitude), east])
    whole = MultiLineString([left, right])
    for metres in (-2000.0, -10.0, 10.0, 2000.0):
        above = spot(latitude, metres, 250, lon=180.0)
        assert judge(Point(above), whole) == pytest.approx(250, abs=1)
    assert judge(left, right) < 1e-6
    short = LineString([west, spot(latitude, -500, 30, lon=180.0)])
    assert judge(short, right) == pytest.approx(501, abs=1)
    assert judge(short, split(latitude)) == 0.0


@everywhere
def test_greenwich_is_no_seam(latitude: float) -> None:
    judge(Point(-0.0001, latitude + 0.5), Point(0.0001, latitude + 0.5))
    assert judge(Point(0.001, latitude + 0.5), shapely.box(-0.1, latitude, 0.1, latitude + 1)) == 0


def test_a_plain_geometry_keeps_every_part() -> None:
    held = plain(GeometryCollection([MultiPoint([(1, 2), (3, 4)]), box(31.0, 0, 0, 9, 9)]))
    assert (len(held.points), len(held.lines), len(held.areas)) == (2, 0, 1)


@pytest.mark.parametrize("latitude", [31.4, 47.0, 60.0, 75.0, -31.4])
@pytest.mark.parametrize("away_km", [2.0, 5.5, 20.0])
def test_the_foot_on_a_long_edge_lies_where_the_geodesic_meets_it(
    latitude: float, away_km: float
) -> None:
    # The plane's perpendicular would be d^3 tan^2 / 8 R^2 too long: 9 mm at 20 km and 31.4.
    west = away_km / (111.32 * math.cos(math.radians(latitude)))
    point = shapely.Point(10.0 - west, latitude)
    meridian = shapely.LineString([(10.0, latitude - 0.5), (10.0, latitude + 0.5)])
    steps = np.linspace(latitude - 0.5, latitude + 0.5, 11)
    for _ in range(9):
        best = min(steps, key=lambda y: vincenty(point.x, point.y, 10.0, y))
        width = steps[1] - steps[0]
        steps = np.linspace(best - width, best + width, 11)
    expected = vincenty(point.x, point.y, 10.0, best)
    assert measured(meridian, point) == pytest.approx(expected, abs=0.0005)
