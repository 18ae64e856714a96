"""Well-known binary in every form, and what is no place."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
import shapely

from riskmap.candidates import index_hazards
from riskmap.crs import Datum, to_plane
from riskmap.geometry import (
    HOLE,
    LINE,
    LONLAT,
    NO_GEOMETRY,
    NOT_FINITE,
    NOT_ON_EARTH,
    OK,
    PLANE,
    POINT,
    REASONS,
    SHELL,
    TOO_FAR_NORTH,
    UNREADABLE,
)
from riskmap.sweep import make_sweeper
from riskmap.wkb import wkb_rows
from tests.passes import batch, compiled_only, held, one_reach, plane_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from riskmap.candidates import HazardIndex

Z, M, SRID = 0x80000000, 0x40000000, 0x20000000
WGS84 = Datum("WGS84", "EPSG:4326", 0.0)


def read(rows: Sequence[bytes | None], space: int = PLANE) -> HazardIndex:
    return index_hazards(wkb_rows(rows, space=space), reach_m=np.zeros(len(rows)))


def status(row: bytes | None, space: int = PLANE) -> int:
    """Read a row as a hazard and as a receptor: both must say the same."""
    as_hazard = read([row], space)
    sweeper = make_sweeper(plane_rows([shapely.Point(0, 0)]), reach=one_reach(1, 10.0))
    (pairs,) = sweeper.run([batch(wkb_rows([row], space=space))], threads=1)
    assert int(pairs.status[0]) == int(as_hazard.status[0])
    if as_hazard.status[0] != OK:
        assert len(as_hazard.pieces.owner) == 0
        assert len(pairs.hazard) == 0
        assert not pairs.near[0]
    return int(as_hazard.status[0])


def parts(row: bytes, space: int = PLANE) -> list[tuple[int, list[tuple[float, float]]]]:
    """Read one row back as kinds of chain with their vertices."""
    index = read([row], space)
    assert index.status.tolist() == [OK]
    chains = index.chains
    xy = chains.xy.reshape(-1, 2)
    ends = zip(chains.first[:-1], chains.first[1:], chains.kind, strict=True)
    return [(int(kind), [(x, y) for x, y in xy[a:b].tolist()]) for a, b, kind in ends]


def header(order: str, code: int, srid: int | None = None) -> bytes:
    flag = 0 if srid is None else SRID
    mark = bytes([order == "<"]) + struct.pack(f"{order}I", code | flag)
    return mark if srid is None else mark + struct.pack(f"{order}I", srid)


def vertices(order: str, size: int, *pairs: tuple[float, float]) -> bytes:
    """Write vertices; what lies beyond x and y is nonsense that has to be read past."""
    extra = (float("nan"), 1e300)[: size - 2]
    return b"".join(struct.pack(f"{order}{size}d", *pair, *extra) for pair in pairs)


def counted(order: str, size: int, *pairs: tuple[float, float]) -> bytes:
    return struct.pack(f"{order}I", len(pairs)) + vertices(order, size, *pairs)


RING = ((0.0, 0.0), (8.0, 0.0), (8.0, 8.0), (0.0, 0.0))
INNER = ((5.0, 1.0), (6.0, 1.0), (6.0, 2.0), (5.0, 1.0))
LINE_OF_3 = ((1.0, 2.0), (3.0, 4.0), (5.0, 7.0))

FORMS = [
    pytest.param(1000 * iso, flags, size, id=f"iso{iso}-{flags:08x}")
    for iso, flags, size in (
        (0, 0, 2),
        (1, 0, 3),
        (2, 0, 3),
        (3, 0, 4),
        (0, Z, 3),
        (0, M, 3),
        (0, Z | M, 4),
    )
]


@pytest.mark.parametrize("srid", [None, 4326])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("iso", "flags", "size"), FORMS)
def test_every_form_of_a_point_a_line_and_a_polygon_is_read(
    iso: int, flags: int, size: int, order: str, srid: int | None
) -> None:
    point = header(order, (1 + iso) | flags, srid) + vertices(order, size, (3.5, -4.25))
    line = header(order, (2 + iso) | flags, srid) + counted(order, size, *LINE_OF_3)
    polygon = header(order, (3 + iso) | flags, srid) + struct.pack(f"{order}I", 2)
    polygon += counted(order, size, *RING) + counted(order, size, *INNER)
    assert parts(point) == [(POINT, [(3.5, -4.25)])]
    assert parts(line) == [(LINE, list(LINE_OF_3))]
    assert parts(polygon) == [(SHELL, list(RING)), (HOLE, list(INNER))]
    whole = header(order, (7 + iso) | flags, srid) + struct.pack(f"{order}I", 3)
    assert parts(whole + polygon + point + line) == parts(polygon) + parts(point) + parts(line)


@pytest.mark.parametrize("code", [4, 5, 6])
def test_multiparts_of_both_byte_orders_in_one_row_are_read(code: int) -> None:
    bodies = {
        4: lambda order: vertices(order, 2, (1.0, 2.0)),
        5: lambda order: counted(order, 2, *LINE_OF_3),
        6: lambda order: struct.pack(f"{order}I", 1) + counted(order, 2, *RING),
    }
    members = [header(order, code - 3) + bodies[code](order) for order in "<>"]
    row = header(">", code) + struct.pack(">I", 2) + b"".join(members)
    one = parts(members[0])
    assert parts(row) == one + one


def test_collections_nest_to_any_depth() -> None:
    row = header("<", 1) + vertices("<", 2, (1.0, 2.0))
    for order in "<><><><>":
        row = header(order, 7) + struct.pack(f"{order}I", 1) + row
    assert parts(row) == [(POINT, [(1.0, 2.0)])]


@pytest.mark.parametrize(
    ("flavor", "srid"), [("iso", False), ("extended", False), ("extended", True)]
)
@pytest.mark.parametrize("byte_order", [0, 1])
@pytest.mark.parametrize(
    "text",
    [
        "POINT Z (1 2 9)",
        "LINESTRING Z (1 2 9, 3 4 9)",
        "POLYGON Z ((0 0 9, 4 0 9, 4 4 9, 0 0 9))",
        "MULTIPOINT Z ((1 2 9), (3 4 9))",
        "GEOMETRYCOLLECTION Z (POINT Z (1 2 9), MULTILINESTRING Z ((1 2 9, 3 4 9)))",
    ],
)
def test_what_geos_writes_is_read(
    text: str, flavor: Literal["iso", "extended"], byte_order: int, srid: bool
) -> None:
    shape = shapely.from_wkt(text)
    if srid:
        shape = shapely.set_srid(shape, 4490)
    row = shapely.to_wkb(shape, byte_order=byte_order, include_srid=srid, flavor=flavor)
    got = [pair for _, pairs in parts(row) for pair in pairs]
    assert got == [tuple(pair) for pair in shapely.get_coordinates(shape).tolist()]


@pytest.mark.parametrize(
    "text",
    [
        "POINT EMPTY",
        "LINESTRING EMPTY",
        "POLYGON EMPTY",
        "MULTIPOINT EMPTY",
        "MULTILINESTRING EMPTY",
        "MULTIPOLYGON EMPTY",
        "GEOMETRYCOLLECTION EMPTY",
        "GEOMETRYCOLLECTION (POINT EMPTY, POLYGON EMPTY, MULTIPOINT (EMPTY, EMPTY))",
    ],
)
def test_an_empty_geometry_is_none(text: str) -> None:
    for byte_order in (0, 1):
        row = shapely.to_wkb(shapely.from_wkt(text), byte_order=byte_order)
        assert status(row) == NO_GEOMETRY


def test_an_empty_part_leaves_the_others() -> None:
    shape = shapely.from_wkt("GEOMETRYCOLLECTION (POINT EMPTY, POINT (1 2), POLYGON EMPTY)")
    assert parts(shapely.to_wkb(shape)) == [(POINT, [(1.0, 2.0)])]
    rings = struct.pack("<I", 2) + counted("<", 2, *RING) + counted("<", 2)
    assert parts(header("<", 3) + rings) == [(SHELL, list(RING))]


def test_a_row_without_bytes_has_no_geometry() -> None:
    assert status(None) == NO_GEOMETRY
    assert status(b"") == NO_GEOMETRY


@pytest.mark.parametrize("code", [0, 8, 9, 10, 11, 12, 13, 15, 16, 17, 1008, 3010, 4001, 10001])
@pytest.mark.parametrize("order", ["<", ">"])
def test_curves_surfaces_and_unknown_types_are_unreadable(code: int, order: str) -> None:
    body = struct.pack(f"{order}I", 1) + header(order, 2) + counted(order, 2, *LINE_OF_3)
    assert status(header(order, code) + body) == UNREADABLE
    inside = header(order, 7) + struct.pack(f"{order}I", 1) + header(order, code) + body
    assert status(inside) == UNREADABLE


def test_a_byte_order_that_is_none_is_unreadable() -> None:
    assert status(b"\x02" + header("<", 1)[1:] + vertices("<", 2, (1.0, 2.0))) == UNREADABLE


SAMPLE = shapely.from_wkt(
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (1 2, 3 4),"
    " MULTIPOLYGON (((0 0, 8 0, 8 8, 0 0), (5 1, 6 1, 6 2, 5 1)), ((20 0, 28 0, 28 8, 20 0))),"
    " MULTIPOINT (1 1, 2 2), POINT EMPTY)"
)


@pytest.mark.parametrize("srid", [False, True])
@pytest.mark.parametrize("byte_order", [0, 1])
def test_a_row_cut_off_anywhere_is_unreadable(byte_order: int, srid: bool) -> None:
    shape = shapely.set_srid(SAMPLE, 4326)
    row = shapely.to_wkb(shape, byte_order=byte_order, include_srid=srid)
    # Whole rows stand on both sides: what was cut off must not be read from the next one.
    cut = [row[:length] for length in range(1, len(row))]
    index = read([part for piece in cut for part in (piece, row)])
    assert set(index.status[0::2].tolist()) == {UNREADABLE}
    assert set(index.status[1::2].tolist()) == {OK}
    sweeper = make_sweeper(plane_rows([SAMPLE]), reach=one_reach(1, 10.0))
    (pairs,) = sweeper.run([batch(wkb_rows(cut, space=PLANE))])
    assert set(pairs.status.tolist()) == {UNREADABLE}
    assert len(pairs.hazard) == 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_spoilt_bytes_never_give_another_geometry_than_geos_reads() -> None:
    rng = np.random.default_rng(12)
    whole = [
        shapely.to_wkb(shape, byte_order=order, flavor=flavor)
        for shape in (SAMPLE, *shapely.get_parts(SAMPLE), shapely.from_wkt("POINT Z (1 2 3)"))
        for order in (0, 1)
        for flavor in ("iso", "extended")
    ]
    telling = [*range(9), 0x10, 0x20, 0x40, 0x80, 0xB8, 0xC0, 0xE0, 0xE9, 0xEA, 0xFF]
    spoilt = []
    for _ in range(3000):
        bent = bytearray(whole[rng.integers(len(whole))])
        for _ in range(rng.integers(1, 4)):
            bent[rng.integers(min(len(bent), rng.choice([9, 20, 400])))] = rng.choice(telling)
        spoilt.append(bytes(bent))
    index = read(spoilt)
    assert {OK, UNREADABLE} <= set(index.status.tolist())
    for row, found in zip(spoilt, index.status, strict=True):
        shape = shapely.from_wkb(row, on_invalid="ignore")
        if found == OK and shape is not None:
            got = [pair for _, pairs in parts(row) for pair in pairs]
            want = [tuple(pair) for pair in shapely.get_coordinates(shape).tolist()]
            # A spoilt place may reach across the antimeridian: its images follow.
            assert got[: len(want)] == want
            assert len(got) in {len(want), 2 * len(want), 3 * len(want)}


@pytest.mark.parametrize("many", [3, 1000, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("order", ["<", ">"])
def test_counts_beyond_the_bytes_are_unreadable(many: int, order: str) -> None:
    number = struct.pack(f"{order}I", many)
    one = header(order, 1) + vertices(order, 2, (1.0, 2.0))
    two_rings = counted(order, 2, *RING) + counted(order, 2, *INNER)
    assert status(header(order, 2) + number + vertices(order, 2, (1.0, 2.0))) == UNREADABLE
    assert status(header(order, 3) + number + two_rings) == UNREADABLE
    for code in (4, 5, 6, 7):
        assert status(header(order, code) + number + one + one) == UNREADABLE
    nested = header(order, 7) + struct.pack(f"{order}I", 1) + header(order, 4) + number
    assert status(nested + one + one) == UNREADABLE


@pytest.mark.parametrize("extra", [b"\x00", b"\x01", b"\x01\x01\x00\x00\x00", bytes(21)])
def test_bytes_after_the_geometry_are_unreadable(extra: bytes) -> None:
    for shape in (shapely.Point(1, 2), SAMPLE, shapely.from_wkt("MULTIPOINT EMPTY")):
        assert status(shapely.to_wkb(shape) + extra) == UNREADABLE


def test_a_ring_that_is_open_and_a_hole_in_nothing_are_unreadable() -> None:
    one, two = struct.pack("<I", 1), struct.pack("<I", 2)
    assert status(header("<", 3) + one + counted("<", 2, *RING[:3])) == UNREADABLE
    open_hole = counted("<", 2, *RING) + counted("<", 2, *INNER[:3])
    assert status(header("<", 3) + two + open_hole) == UNREADABLE
    no_shell = counted("<", 2) + counted("<", 2, *INNER)
    assert status(header("<", 3) + two + no_shell) == UNREADABLE
    # Minus nought is nought: this ring is closed.
    signed = ((0.0, 0.0), (8.0, 0.0), (8.0, 8.0), (-0.0, -0.0))
    assert status(header("<", 3) + one + counted("<", 2, *signed)) == OK


# The uncompiled form warns where it calculates with them.
@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("space", [PLANE, LONLAT])
def test_a_coordinate_that_is_not_finite_is_refused(bad: float, space: int) -> None:
    for pair in ((bad, 1.0), (1.0, bad)):
        assert status(header("<", 1) + vertices("<", 2, pair), space) == NOT_FINITE
        for at in range(3):
            line = [*LINE_OF_3[:at], pair, *LINE_OF_3[at + 1 :]]
            assert status(header("<", 2) + counted("<", 2, *line), space) == NOT_FINITE
        ring = (pair, *RING[1:3], pair)
        polygon = header("<", 3) + struct.pack("<I", 1) + counted("<", 2, *ring)
        assert status(polygon, space) == NOT_FINITE
    if np.isinf(bad):
        assert status(header("<", 1) + vertices("<", 2, (bad, bad)), space) == NOT_FINITE
        assert status(header("<", 1) + vertices("<", 2, (bad, -bad)), space) == NOT_FINITE


@pytest.mark.parametrize(
    ("lon", "lat", "want"),
    [
        (180.0, 80.0, OK),
        (-180.0, -80.0, OK),
        (np.nextafter(180.0, 200.0), 0.0, NOT_ON_EARTH),
        (np.nextafter(-180.0, -200.0), 0.0, NOT_ON_EARTH),
        (13_302_700.0, 3_613_000.0, NOT_ON_EARTH),
        (0.0, np.nextafter(80.0, 90.0), TOO_FAR_NORTH),
        (0.0, np.nextafter(-80.0, -90.0), TOO_FAR_NORTH),
        (0.0, 90.0, TOO_FAR_NORTH),
        (0.0, -90.0, TOO_FAR_NORTH),
        (0.0, np.nextafter(90.0, 91.0), NOT_ON_EARTH),
        (0.0, np.nextafter(-90.0, -91.0), NOT_ON_EARTH),
        (31.0, 119.5, NOT_ON_EARTH),
    ],
)
def test_degrees_have_limits(lon: float, lat: float, want: int) -> None:
    assert status(shapely.to_wkb(shapely.Point(lon, lat)), LONLAT) == want
    line = shapely.LineString([(1.0, 1.0), (lon, lat), (2.0, 2.0)])
    if want != OK:
        assert status(shapely.to_wkb(line), LONLAT) == want
        assert status(shapely.to_wkb(shapely.Point(lon, lat)), PLANE) == OK
        assert REASONS[want] in {"not_on_earth", "too_far_north"}


def test_degrees_come_into_the_plane_as_proj_takes_them() -> None:
    latitude = np.concatenate(
        [np.linspace(-80.0, 80.0, 20_001), [0.0, 1e-12, -1e-12, 79.9999999], np.arange(-80, 81)]
    )
    longitude = np.linspace(-180.0, 180.0, len(latitude))
    places = zip(longitude, latitude, strict=True)
    index = read([shapely.to_wkb(shapely.Point(*place)) for place in places], LONLAT)
    assert not index.status.any()
    mercator = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3395", always_xy=True)
    x, y = mercator.transform(longitude, latitude)
    # The first shapes are the hazards; images across the antimeridian follow them.
    xy = index.chains.xy[: 2 * len(latitude)]
    assert np.abs(xy[0::2] - x).max() < 1e-8
    # Beyond 75 degrees PROJ itself loses 1e-8 m: an ulp of the angle is as much there.
    allowed_m = np.where(np.abs(latitude) <= 75.0, 1e-8, 2e-8)
    assert (np.abs(xy[1::2] - y) < allowed_m).all()


@pytest.mark.parametrize(
    ("east", "north"),
    [(0.104, 0.0), (0.0, 0.09), (0.08, 0.06), (-0.07, 0.07), (0.001, 0.0), (0.0009, 0.0009)],
)
def test_long_edges_are_cut_as_to_plane_cuts_them(east: float, north: float) -> None:
    start = (119.5, 31.0)
    shapes = [
        shapely.LineString([start, (start[0] + east, start[1] + north)]),
        shapely.Polygon([start, (119.6, 31.0), (start[0] + east, 31.2 + north), start]),
        shapely.GeometryCollection([shapely.Point(start), shapely.Point(119.6, 31.1)]),
    ]
    index = read([shapely.to_wkb(shape) for shape in shapes], LONLAT)
    want = shapely.get_coordinates(to_plane(held(shapes), datum=WGS84))
    got = index.chains.xy.reshape(-1, 2)
    assert got.shape == want.shape
    assert np.abs(got - want).max() < 1e-7


@compiled_only
def test_an_edge_round_the_earth_finds_room() -> None:
    shape = shapely.LineString([(-179.0, -79.0), (179.0, 79.0), (-179.0, 0.0)])
    index = read([shapely.to_wkb(shape), shapely.to_wkb(shapely.Point(0, 0))], LONLAT)
    want = shapely.get_coordinates(to_plane(held([shape]), datum=WGS84))
    assert index.status.tolist() == [OK, OK]
    assert len(index.chains.first) == 3
    assert np.abs(index.chains.xy.reshape(-1, 2)[:-1] - want).max() < 1e-7
