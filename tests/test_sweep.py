"""One pass: the same pairs however the rows are served, and the nearest of each group."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.crs import Datum, lonlat_from_plane, to_plane
from riskmap.geometry import (
    LONLAT,
    NO_GEOMETRY,
    NOT_FINITE,
    NOT_ON_EARTH,
    OK,
    PLANE,
    TOO_FAR_NORTH,
    UNREADABLE,
)
from riskmap.sweep import Batch, Reach, listed_reach, make_sweeper, nobody
from riskmap.wkb import wkb_rows
from tests.passes import (
    HERE,
    Found,
    batch,
    batches,
    compiled_only,
    every_distance,
    gather,
    held,
    here,
    lonlat_rows,
    look,
    one_reach,
    plane_rows,
    scatter,
    star,
    sweep,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WGS84 = Datum("WGS84", "EPSG:4326", 0.0)
REACH_M = 600.0


def same(one: Found, other: Found) -> bool:
    return (
        np.array_equal(one.hazard, other.hazard)
        and np.array_equal(one.receptor, other.receptor)
        and one.best.tobytes() == other.best.tobytes()
    )


@pytest.fixture(scope="module")
def hazards() -> list[shapely.Geometry]:
    return scatter(1, 30)


@pytest.fixture(scope="module")
def receptors() -> list[shapely.Geometry]:
    return scatter(2, 60)


@pytest.fixture(scope="module")
def reference(hazards: list[shapely.Geometry], receptors: list[shapely.Geometry]) -> Found:
    found = look(hazards, receptors, REACH_M)
    assert len(found.hazard) > 100
    return found


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_batches_and_threads_change_no_bit(
    hazards: list[shapely.Geometry],
    receptors: list[shapely.Geometry],
    reference: Found,
    size: int,
    threads: int,
) -> None:
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), REACH_M))
    served = list(batches(receptors, size))
    found = list(sweeper.run(iter(served), threads=threads))
    assert same(gather(found), reference)
    # Results come in the order of the batches.
    assert [len(pairs.status) for pairs in found] == [len(part.rows) for part in served]
    for pairs, part in zip(found, served, strict=True):
        assert set(pairs.receptor.tolist()) <= set(part.number.tolist())


def test_the_order_of_the_rows_changes_no_bit(
    hazards: list[shapely.Geometry], receptors: list[shapely.Geometry], reference: Found
) -> None:
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), REACH_M))
    order = np.random.default_rng(5).permutation(len(receptors))
    rows = plane_rows([receptors[i] for i in order])
    turned = Batch(rows, np.zeros(len(order), dtype=np.int64), order.astype(np.int64))
    assert same(gather(list(sweeper.run([turned]))), reference)


def test_hazards_in_sweepers_of_their_own_change_no_bit(
    hazards: list[shapely.Geometry], receptors: list[shapely.Geometry], reference: Found
) -> None:
    parts = []
    for first in range(4):
        own = np.arange(first, len(hazards), 4)
        found = look([hazards[i] for i in own], receptors, REACH_M)
        parts.append(Found(own[found.hazard], found.receptor, found.best.ravel()))
    assert same(gather(parts), reference)


def test_a_sweeper_may_run_again(
    hazards: list[shapely.Geometry], receptors: list[shapely.Geometry], reference: Found
) -> None:
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), REACH_M))
    for _ in range(3):
        assert same(sweep(sweeper, receptors), reference)


def test_pairs_say_the_distance_that_is_measured(
    hazards: list[shapely.Geometry], receptors: list[shapely.Geometry]
) -> None:
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), REACH_M))
    (pairs,) = sweeper.run([batch(plane_rows(receptors))])
    measured = pairs.measured()
    assert np.array_equal(measured.distance_m, pairs.distance_m)
    ends = np.concatenate([pairs.best.reshape(-1, 5)[:, 1:3], pairs.best.reshape(-1, 5)[:, 3:]])
    got = np.concatenate([measured.start, measured.end])
    assert got == pytest.approx(lonlat_from_plane(ends), abs=1e-12)


# The nearest -----------------------------------------------------------------------------

LISTED_M = np.array([[200.0, -1.0, 0.0, -1.0], [-1.0, 900.0, -1.0, -1.0]])
NEAREST_M = np.array([[1500.0, 1500.0, 300.0, -1.0], [-1.0, 4000.0, 700.0, -1.0]])
GROUP = np.array([0, 0, 1, 2], dtype=np.int64)


def both_reach(hazard_class: np.ndarray) -> Reach:
    return Reach(hazard_class, LISTED_M, NEAREST_M, GROUP)


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("seed", range(2))
def test_the_nearest_of_each_group_is_that_of_brute_force(seed: int, threads: int) -> None:
    hazards, receptors = scatter(seed + 50, 20), scatter(seed + 60, 50)
    # Everything twice, so that every nearest is a tie.
    receptors += receptors
    rng = np.random.default_rng(seed)
    hazard_class = rng.integers(0, 2, len(hazards))
    half = rng.integers(0, 4, len(receptors) // 2)
    klass = np.concatenate([half, half])
    number = rng.permutation(len(receptors)).astype(np.int64)
    sweeper = make_sweeper(plane_rows(hazards), reach=both_reach(hazard_class))
    served = [
        Batch(plane_rows(receptors[at : at + 9]), klass[at : at + 9], number[at : at + 9])
        for at in range(0, len(receptors), 9)
    ]
    pairs = gather(list(sweeper.run(served, threads=threads)))
    distance_m = every_distance(hazards, receptors)
    listed = distance_m <= LISTED_M[hazard_class][:, klass]
    assert pairs.keys == {(int(h), int(number[r])) for h, r in np.argwhere(listed)}
    nearest = sweeper.nearest()
    looked = np.where(distance_m <= NEAREST_M[hazard_class][:, klass], distance_m, np.inf)
    for hazard in range(len(hazards)):
        for group in range(3):
            of_group = np.where(GROUP[klass] == group, looked[hazard], np.inf)
            assert nearest.distance_m[hazard, group] == of_group.min()
            if np.isfinite(of_group.min()):
                lowest = number[of_group == of_group.min()].min()
                assert nearest.receptor[hazard, group] == lowest
    assert np.isinf(nearest.distance_m[:, 2]).all()
    assert np.isfinite(nearest.distance_m).any()


def test_none_within_the_radius_leaves_the_entry_open() -> None:
    reach = Reach(
        np.zeros(1, dtype=np.int64), np.array([[-1.0]]), np.array([[100.0]]), np.zeros(1, np.int64)
    )
    sweeper = make_sweeper(plane_rows([shapely.Point(HERE)]), reach=reach)
    assert np.isinf(sweeper.nearest().distance_m).all()
    (pairs,) = sweeper.run([batch(plane_rows([shapely.Point(HERE + 300.0)]))])
    assert len(pairs.hazard) == 0
    assert np.isinf(sweeper.nearest().distance_m).all()
    (pairs,) = sweeper.run([batch(plane_rows([shapely.Point(HERE + 30.0)]), first=8)])
    # Looked for, but not to be listed.
    assert len(pairs.hazard) == 0
    assert sweeper.nearest().receptor.tolist() == [[8]]


def test_of_two_results_the_nearer_is_kept_and_of_equals_the_lower_number() -> None:
    one, other = nobody(1, 4), nobody(1, 4)
    one.distance_m[:], one.receptor[:] = [[5.0, 5.0, 5.0, np.inf]], [[9, 9, 9, 9]]
    other.distance_m[:], other.receptor[:] = [[4.0, 5.0, 6.0, 7.0]], [[11, 3, 1, 2]]
    one.take(other)
    assert one.distance_m.tolist() == [[4.0, 5.0, 5.0, 7.0]]
    assert one.receptor.tolist() == [[11, 3, 9, 2]]


def test_a_reach_without_classes_has_no_groups() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert Reach(none, np.zeros((1, 0)), np.zeros((1, 0)), none).groups == 0


spots = st.tuples(st.integers(-400, 400), st.integers(-400, 400))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(spots, min_size=1, max_size=5),
    st.lists(spots, max_size=8),
    st.lists(spots, max_size=8),
    st.integers(0, 500),
)
def test_more_receptors_never_give_fewer_pairs(
    hazards: list[tuple[int, int]],
    some: list[tuple[int, int]],
    more: list[tuple[int, int]],
    reach_m: int,
) -> None:
    places = [[shapely.Point(HERE + spot) for spot in which] for which in (hazards, some, more)]
    few = look(places[0], places[1], float(reach_m))
    many = look(places[0], places[1] + places[2], float(reach_m))
    kept = many.receptor < len(some)
    assert same(few, Found(many.hazard[kept], many.receptor[kept], many.best[kept]))
    assert few.keys <= many.keys


# Rows and rooms --------------------------------------------------------------------------


def test_rows_that_are_left_out_and_rows_that_are_no_place() -> None:
    good = shapely.to_wkb(shapely.Point(119.5, 31.0))
    far = shapely.to_wkb(shapely.Point(119.5, 32.0))
    places = [(200.0, 0.0), (0.0, 85.0), (np.nan, 0.0)]
    bad = [shapely.to_wkb(shapely.Point(*place)) for place in places]
    rows = wkb_rows([good, good, None, *bad, good[:9], far, good], space=LONLAT)
    klass = np.array([0, -1, 0, 0, 0, 0, 0, 0, 0])
    sweeper = make_sweeper(lonlat_rows([shapely.Point(119.5, 31.0001)]), reach=one_reach(1, 100.0))
    (pairs,) = sweeper.run([batch(rows, klass=klass, first=70)])
    want = [OK, OK, NO_GEOMETRY, NOT_ON_EARTH, TOO_FAR_NORTH, NOT_FINITE, UNREADABLE, OK, OK]
    assert pairs.status.tolist() == want
    assert pairs.near.tolist() == [True] + [False] * 7 + [True]
    assert pairs.receptor.tolist() == [70, 78]
    # By hand: a (1 - e2) / (1 - e2 sin2(31))^1.5 = 6352355 m, times 0.0001 degrees.
    assert pairs.distance_m == pytest.approx(11.0869, abs=1e-3)


def test_near_is_told_of_boxes_and_not_of_distances() -> None:
    sweeper = make_sweeper(plane_rows([shapely.Point(HERE)]), reach=one_reach(1, 100.0))
    # In the corner of the widened box, but beyond the reach; and outside of it.
    corner, off = shapely.Point(HERE + 110.0), shapely.Point(HERE + 130.0)
    (pairs,) = sweeper.run([batch(plane_rows([corner, off]))])
    assert pairs.near.tolist() == [True, False]
    assert len(pairs.hazard) == 0


def test_each_room_of_the_scratch_grows_for_either_side() -> None:
    # Two degrees are two thousand edges once cut; 1200 vertices and 90 rings are too many too.
    long = shapely.LineString([(118.5, 31.0), (120.5, 31.0)])
    many = shapely.MultiPoint([(119.5, 31.0)] * 1200)
    dots = shapely.MultiLineString([[(119.5, 31.0), (119.5, 31.0005)]] * 90)
    both = shapely.GeometryCollection([dots, long])
    point = shapely.Point(119.5, 31.0)
    wide = [point, long, many, dots, both]
    for hazards, receptors in (([point], wide), (wide, [point])):
        found = look(hazards, receptors, 5.0, space=LONLAT)
        pairs = {(h, r) for h in range(len(hazards)) for r in range(len(receptors))}
        assert found.keys == pairs
        assert found.best[:, 0] == pytest.approx(0.0, abs=1e-3)


@compiled_only
def test_rows_wider_than_the_scratch_find_room() -> None:
    hazards = scatter(3, 20)
    rng = np.random.default_rng(4)
    line = shapely.LineString(HERE + rng.normal(0, 5, (5000, 2)).cumsum(axis=0))
    rings = shapely.MultiPolygon(
        [star(HERE + rng.uniform(-3000, 3000, 2), 5.0, 5) for _ in range(200)]
    )
    points = shapely.MultiPoint(HERE + rng.uniform(-3000, 3000, (3000, 2)))
    receptors = [shapely.Point(HERE), line, rings, points, shapely.Point(HERE + 9.0)]
    want = {(int(h), int(r)) for h, r in np.argwhere(every_distance(hazards, receptors) <= 50.0)}
    for size in (1, 2, 5):
        sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), 50.0))
        assert gather(list(sweeper.run(batches(receptors, size)))).keys == want


@compiled_only
def test_long_edges_find_room_when_they_are_cut() -> None:
    hazards = [shapely.Point(119.5, 31.0), shapely.Point(122.0, 31.0)]
    # 3000 and 5000 vertices once cut, in two rows of one batch.
    receptors = [
        shapely.LineString([(119.0, 31.0), (122.0, 31.0)]),
        shapely.MultiLineString([[(119.0, 31.0), (124.0, 31.0)]] + [[(1, 1), (1, 1.1)]] * 100),
    ]
    found = look(hazards, receptors, 5.0, space=LONLAT)
    assert found.keys == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert found.best[:, 0] == pytest.approx(0.0, abs=1e-3)


@compiled_only
def test_more_pairs_than_the_room() -> None:
    rng = np.random.default_rng(6)
    hazards = [shapely.Point(HERE + step) for step in rng.uniform(-500.0, 500.0, (20_000, 2))]
    receptors = [shapely.Point(HERE), shapely.Point(HERE + 900_000.0), shapely.Point(HERE + 1.0)]
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), 1000.0))
    found = gather(list(sweeper.run([batch(plane_rows(receptors))], threads=1)))
    assert found.keys == {(hazard, row) for hazard in range(20_000) for row in (0, 2)}
    distance_m = every_distance(hazards[:50], receptors)
    for row in (0, 2):
        best = found.best[found.receptor == row]
        assert np.array_equal(best[:50, 0], distance_m[:, row])


@pytest.mark.parametrize("threads", [1, 2])
def test_past_no_hazard_every_row_keeps_its_status(threads: int) -> None:
    nobody_there = listed_reach(np.zeros(0, dtype=np.int64), np.array([[50.0]]))
    sweeper = make_sweeper(plane_rows([]), reach=nobody_there)
    rows = wkb_rows([shapely.to_wkb(shapely.Point(0, 0)), None, b"\x01"], space=PLANE)
    (pairs,) = sweeper.run([batch(rows)], threads=threads)
    assert pairs.status.tolist() == [OK, NO_GEOMETRY, UNREADABLE]
    assert not pairs.near.any()
    assert len(pairs.hazard) == len(pairs.receptor) == len(pairs.best) == 0
    assert sweeper.nearest().distance_m.shape == (0, 1)


def test_no_rows_give_no_pairs(hazards: list[shapely.Geometry]) -> None:
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), 50.0))
    assert list(sweeper.run([])) == []
    (pairs,) = sweeper.run([batch(plane_rows([]))])
    assert len(pairs.hazard) == len(pairs.status) == len(pairs.distance_m) == 0
    assert len(pairs.measured().distance_m) == 0


# Cells -----------------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["wide", "whole"])
def test_a_box_over_many_cells_meets_a_hazard_once(space: str) -> None:
    steps = np.arange(12) * 130.0
    hazards: list[Any] = [shapely.Point(here(x, y)) for x in steps for y in steps]
    size = 1600.0 if space == "wide" else 1e30
    receptor = shapely.box(*(HERE - size), *(HERE + size))
    found = look(hazards, [receptor], 20.0)
    assert found.keys == {(hazard, 0) for hazard in range(len(hazards))}
    assert (found.best[:, 0] == 0.0).all()


def test_a_long_line_through_many_cells_meets_what_it_passes() -> None:
    steps = np.arange(-10, 11) * 100.0
    hazards: list[Any] = [shapely.Point(here(x, y)) for x in steps for y in steps]
    line = shapely.LineString([here(-1200.0, -1150.0), here(1300.0, 1250.0)])
    distance_m = every_distance(hazards, [line])
    for reach_m in (0.0, 15.0, 120.0):
        want = {(int(h), 0) for h, _ in np.argwhere(distance_m <= reach_m)}
        assert look(hazards, [line], reach_m).keys == want


def test_points_on_the_borders_of_the_cells() -> None:
    hazards: list[Any] = [shapely.Point(here(100.0 * i, 0.0)) for i in range(10)]
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(10, 40.0))
    grid = sweeper.grid
    west, south, scale = grid.frame
    columns, rows = grid.size[:2]
    x = west + np.arange(columns + 1) / scale
    y = south + np.arange(rows + 1) / scale
    on = [shapely.Point(a, b) for a in x for b in [*y, HERE[1]]]
    corners = grid.box.reshape(-1, 4)
    on += [shapely.Point(a, HERE[1]) for a in np.concatenate([corners[:, 0], corners[:, 2]])]
    distance_m = every_distance(hazards, on)
    want = {(int(h), int(r)) for h, r in np.argwhere(distance_m <= 40.0)}
    assert gather(list(sweeper.run([batch(plane_rows(on))]))).keys == want
    assert want


@pytest.mark.parametrize("latitude", [0.0, 31.0, -53.0, 70.0])
def test_degrees_give_the_pairs_of_the_plane(latitude: float) -> None:
    rng = np.random.default_rng(9)
    middle = np.array([119.5, latitude])
    hazards, receptors = (
        [
            make(middle + rng.uniform(-0.02, 0.02, 2) + rng.uniform(-0.004, 0.004, (size, 2)))
            for size in sizes
            for make in (shapely.LineString, shapely.MultiPoint)
        ]
        for sizes in ((2, 3, 5), (2, 3, 4, 8))
    )
    degrees = look(hazards, receptors, 900.0, space=LONLAT)
    plane = [list(to_plane(held(shapes), datum=WGS84)) for shapes in (hazards, receptors)]
    metres = look(plane[0], plane[1], 900.0)
    assert degrees.keys == metres.keys
    assert degrees.keys
    assert np.abs(degrees.best[:, 0] - metres.best[:, 0]).max() < 1e-6


# The walk --------------------------------------------------------------------------------


class StoppedError(Exception):
    pass


def failing(receptors: Sequence[Any], after: int) -> Iterator[Batch]:
    for at, part in enumerate(batches(receptors, 5)):
        if at == after:
            raise StoppedError
        yield part


@pytest.mark.parametrize("after", [0, 1, 6])
@pytest.mark.parametrize("threads", [1, 3])
def test_what_goes_wrong_while_reading_comes_out(
    hazards: list[shapely.Geometry], receptors: list[shapely.Geometry], after: int, threads: int
) -> None:
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), 50.0))
    before = threading.active_count()
    with pytest.raises(StoppedError):
        list(sweeper.run(failing(receptors, after), threads=threads))
    # Nothing is left running or locked.
    assert threading.active_count() <= before
    assert len(list(sweeper.run(batches(receptors, 5), threads=threads))) == 12


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_who_stops_early_is_let_go(
    hazards: list[shapely.Geometry], receptors: list[shapely.Geometry], taken: int
) -> None:
    read: list[int] = []

    def served() -> Iterator[Batch]:
        for at, part in enumerate(batches(receptors, 2)):
            read.append(at)
            yield part

    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), 50.0))
    before = threading.active_count()
    results = sweeper.run(served(), threads=2)
    for _ in range(taken):
        next(results)
    results.close()  # type: ignore[attr-defined]
    assert threading.active_count() <= before
    # Read no further than there was room for: two at work and two waiting.
    assert len(read) <= taken + 4
