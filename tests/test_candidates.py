"""No pair is lost between the cells, and none comes twice."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from riskmap.candidates import REACH_LIMIT_M, index_hazards, make_grid
from riskmap.crs import PLANE_HALF_WIDTH_M, lonlat_from_plane, plane_scale
from riskmap.errors import DataError
from riskmap.geometry import LONLAT, NO_GEOMETRY, NOT_FINITE, OK, PLANE, UNREADABLE
from riskmap.sweep import listed_reach, make_sweeper
from riskmap.wkb import wkb_rows
from riskmap.words import LANGS
from tests.passes import (
    HERE,
    batch,
    compiled_only,
    every_distance,
    gather,
    here,
    look,
    one_reach,
    plane_rows,
    scatter,
    star,
    sweep,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

K_HERE = float(plane_scale(HERE[1:])[0])


def within(distance_m: Floats, reach_m: Floats | float) -> set[tuple[int, int]]:
    return {(int(h), int(r)) for h, r in np.argwhere(distance_m <= reach_m)}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("reach_m", [0.0, 30.0, 700.0, 4000.0])
def test_the_grid_loses_no_pair_and_finds_no_other(seed: int, reach_m: float) -> None:
    hazards, receptors = scatter(seed, 20), scatter(seed + 100, 40)
    distance_m = every_distance(hazards, receptors)
    found = look(hazards, receptors, reach_m)
    assert found.keys == within(distance_m, reach_m)
    # To 5 km the numbers are the same bits: beyond, measure_pairs takes the geodesic.
    assert (found.best[:, 0] == distance_m[found.hazard, found.receptor]).all()


@compiled_only
@pytest.mark.parametrize("reach_m", [50.0, 900.0])
def test_many_small_and_a_few_wide_ones_share_a_grid(reach_m: float) -> None:
    hazards = scatter(7, 120, spread_m=8000.0, size_m=20.0)
    hazards.append(star(HERE, 9000.0, 500))
    hazards.append(shapely.LineString([HERE - 12_000.0, here(12_000.0, 11_000.0)]))
    receptors = scatter(8, 300, spread_m=9000.0, size_m=50.0)
    receptors.append(star(HERE, 20_000.0, 40))
    distance_m = every_distance(hazards, receptors)
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(len(hazards), reach_m))
    found = sweep(sweeper, receptors)
    assert found.keys == within(distance_m, reach_m)


@pytest.mark.parametrize("seed", range(3))
def test_each_class_has_its_own_reach(seed: int) -> None:
    listed_m = np.array([[-1.0, 0.0, 500.0], [80.0, -1.0, 3000.0], [-1.0, -1.0, -1.0]])
    hazards, receptors = scatter(seed + 20, 24), scatter(seed + 200, 45)
    rng = np.random.default_rng(seed)
    hazard_class, klass = rng.integers(0, 3, len(hazards)), rng.integers(0, 3, len(receptors))
    sweeper = make_sweeper(plane_rows(hazards), reach=listed_reach(hazard_class, listed_m))
    reach_m = listed_m[hazard_class][:, klass]
    expected = within(every_distance(hazards, receptors), reach_m)
    assert sweep(sweeper, receptors, klass=klass).keys == expected
    assert expected


def test_a_class_that_nothing_joins_finds_nothing() -> None:
    hazards = [shapely.Point(HERE)]
    sweeper = make_sweeper(plane_rows(hazards), reach=one_reach(1, -1.0))
    (pairs,) = sweeper.run([batch(plane_rows(hazards))])
    assert len(pairs.hazard) == 0
    assert not pairs.near.any()
    assert pairs.status.tolist() == [OK]


def test_a_reach_of_nought_asks_whether_they_touch() -> None:
    square = shapely.box(*HERE, *(HERE + 100.0))
    inside = shapely.Point(HERE + 50.0)
    corner = shapely.Point(HERE + 100.0)
    beside = shapely.Point(here(100.001, 50.0))
    crossing = shapely.LineString([here(-50.0, 50.0), here(150.0, 50.0)])
    found = look([square], [inside, corner, beside, crossing], 0.0)
    assert found.keys == {(0, 0), (0, 1), (0, 3)}
    assert (found.best[:, 0] == 0.0).all()


def test_what_counts_as_touching_does_not_depend_on_the_reach() -> None:
    # Latitude 79: the plane is 5.2 times the ground, so 4 um of it are under a micrometre.
    north = np.array([100.0, 14_750_000.0])
    hazards = [shapely.Point(north)]
    receptors = [shapely.Point(north[0] + east, north[1]) for east in (4e-6, 8e-6)]
    assert look(hazards, receptors, 0.0).keys == {(0, 0)}
    assert every_distance(hazards, receptors)[0, 0] == 0.0
    assert every_distance(hazards, receptors)[0, 1] > 0.0


def test_the_distance_itself_is_within_reach() -> None:
    hazards = [shapely.Point(HERE)]
    receptors = [shapely.Point(here(17.0 * step, 5.0 * step)) for step in range(1, 26)]
    distance_m = every_distance(hazards, receptors)[0]
    for count, reach_m in enumerate(distance_m.tolist(), start=1):
        assert len(look(hazards, receptors, reach_m).keys) == count
        assert len(look(hazards, receptors, float(np.nextafter(reach_m, 0.0))).keys) == count - 1


@compiled_only
def test_hazards_of_thousands_of_vertices_are_cut_and_found() -> None:
    rough = np.random.default_rng(3).normal(0.0, 3.0, (9001, 2)).cumsum(axis=0)
    hazards = [
        shapely.LineString(HERE + rough),
        star(here(4000.0, 0.0), 1500.0, 6000),
        shapely.MultiPoint(HERE + rough[::2] + (0.0, 3000.0)),
    ]
    receptors = scatter(31, 150, spread_m=5000.0, size_m=100.0)
    distance_m = every_distance(hazards, receptors)
    for reach_m in (0.0, 40.0, 1000.0):
        found = look(hazards, receptors, reach_m)
        assert found.keys == within(distance_m, reach_m)
        assert (found.best[:, 0] == distance_m[found.hazard, found.receptor]).all()


@pytest.mark.parametrize("at", [-1.0, 0.0, 1.0])
def test_deep_inside_is_near_whatever_the_reach(at: float) -> None:
    # A square of 60 km, its edges 30 km away from the middle.
    square = shapely.box(*(HERE - 30_000.0), *(HERE + 30_000.0))
    hole = shapely.box(*(HERE + 9000.0), *(HERE + 19_000.0))
    holed = shapely.difference(square, hole)
    middle = shapely.Point(HERE + 1000.0 * at)
    in_the_hole = shapely.Point(HERE + 14_000.0)
    for reach_m in (0.0, 10.0):
        assert look([holed], [middle, in_the_hole], reach_m).keys == {(0, 0)}
        assert look([middle, in_the_hole], [holed], reach_m).keys == {(0, 0)}


@pytest.mark.parametrize("reach_m", [-1.0, 100_000.001, np.nan, np.inf, -np.inf])
def test_a_reach_that_cannot_be_looked_for_is_refused(reach_m: float) -> None:
    rows = plane_rows([shapely.Point(HERE)] * 2)
    with pytest.raises(DataError) as caught:
        index_hazards(rows, reach_m=np.array([10.0, reach_m]))
    for lang in LANGS:
        sentence = " ".join(caught.value.read(lang))
        assert f" {reach_m} m" in sentence
        assert "100000.0 m" in sentence


@pytest.mark.parametrize("reach_m", [100_000.001, np.nan, np.inf])
@pytest.mark.parametrize("which", ["listed_m", "nearest_m"])
def test_a_sweeper_refuses_it_too(reach_m: float, which: str) -> None:
    bad = dataclasses.replace(one_reach(1, 10.0), **{which: np.array([[reach_m]])})
    with pytest.raises(DataError):
        make_sweeper(plane_rows([shapely.Point(HERE)]), reach=bad)


def test_the_longest_reach_is_taken() -> None:
    far = shapely.Point(here(99_000.0 * K_HERE, 0.0))
    too_far = shapely.Point(here(101_000.0 * K_HERE, 0.0))
    assert look([shapely.Point(HERE)], [far, too_far], REACH_LIMIT_M).keys == {(0, 0)}


def test_hazards_that_are_no_place_keep_a_status() -> None:
    good = shapely.to_wkb(shapely.Point(HERE))
    nan = shapely.to_wkb(shapely.Point(np.nan, 1.0))
    rows = wkb_rows([None, good, b"\x01\x02", nan, good], space=PLANE)
    sweeper = make_sweeper(rows, reach=one_reach(5, 10.0))
    assert sweeper.index.status.tolist() == [NO_GEOMETRY, OK, UNREADABLE, NOT_FINITE, OK]
    (pairs,) = sweeper.run([batch(plane_rows([shapely.Point(HERE)]))])
    assert sorted(pairs.hazard.tolist()) == [1, 4]


def test_no_hazard_at_all_that_is_a_place() -> None:
    rows = wkb_rows([None, b"\x07"], space=LONLAT)
    sweeper = make_sweeper(rows, reach=one_reach(2, 10.0))
    (pairs,) = sweeper.run([batch(plane_rows([shapely.Point(HERE)]))])
    assert len(pairs.hazard) == 0
    assert not pairs.near.any()


def test_a_grid_for_no_class_is_empty() -> None:
    index = index_hazards(plane_rows([shapely.Point(HERE)]), reach_m=np.array([5.0]))
    grid = make_grid(index, reach_m=np.zeros((1, 0)))
    assert len(grid.frame) == len(grid.cell) == len(grid.entry) == 0


def moved(shape: shapely.Geometry, east_m: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([east_m, 0.0]))


def near_the_antimeridian(seed: int, count: int) -> list[shapely.Geometry]:
    """Scatter about longitude 180, every part on the side that its middle falls on."""
    shapes: list[shapely.Geometry] = []
    for shape in scatter(seed, count, spread_m=2000.0, size_m=100.0):
        sides = []
        for part in shapely.get_parts(moved(shape, PLANE_HALF_WIDTH_M - HERE[0])):
            west, _, east, _ = part.bounds
            if (west + east) / 2.0 > PLANE_HALF_WIDTH_M:
                # Wholly beyond the edge: no file holds a longitude above 180.
                beyond = moved(part, max(0.0, PLANE_HALF_WIDTH_M - west))
                sides.append(moved(beyond, -2.0 * PLANE_HALF_WIDTH_M))
            else:
                sides.append(moved(part, min(0.0, PLANE_HALF_WIDTH_M - east)))
        shapes.append(sides[0] if len(sides) == 1 else shapely.GeometryCollection(sides))
    return shapes


def unrolled(shape: shapely.Geometry) -> shapely.Geometry:
    """Bring both sides together about longitude 0."""
    parts = [
        moved(part, -np.sign(part.bounds[0]) * PLANE_HALF_WIDTH_M)
        for part in shapely.get_parts(shape)
    ]
    return shapely.GeometryCollection(parts)


@pytest.mark.parametrize("reach_m", [0.0, 200.0, 1500.0])
def test_the_antimeridian_is_no_wall(reach_m: float) -> None:
    hazards, receptors = near_the_antimeridian(41, 20), near_the_antimeridian(42, 40)
    distance_m = every_distance(
        [unrolled(shape) for shape in hazards], [unrolled(shape) for shape in receptors]
    )
    found = look(hazards, receptors, reach_m)
    assert found.keys == within(distance_m, reach_m)
    assert found.best[:, 0] == pytest.approx(distance_m[found.hazard, found.receptor], abs=1e-6)


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_hazard_on_one_side_meets_a_receptor_on_the_other(side: float) -> None:
    step = 50.0 * K_HERE
    hazard = shapely.Point(side * (PLANE_HALF_WIDTH_M - step), HERE[1])
    receptor = shapely.Point(-side * (PLANE_HALF_WIDTH_M - step), HERE[1])
    sweeper = make_sweeper(plane_rows([hazard]), reach=one_reach(1, 101.0))
    pairs = list(sweeper.run([batch(plane_rows([receptor]))]))
    found = gather(pairs)
    assert found.keys == {(0, 0)}
    assert found.best[0, 0] == pytest.approx(100.0, abs=1e-3)
    measured = pairs[0].measured()
    assert measured.start == pytest.approx(
        lonlat_from_plane(np.array([[hazard.x, hazard.y]])), abs=1e-9
    )
    assert measured.end == pytest.approx(
        lonlat_from_plane(np.array([[receptor.x, receptor.y]])), abs=1e-9
    )


def test_parts_on_both_sides_are_one_hazard() -> None:
    step = 50.0 * K_HERE
    edge = PLANE_HALF_WIDTH_M
    both = shapely.MultiPoint([(edge - step, HERE[1]), (-edge + 3 * step, HERE[1])])
    receptors = [shapely.Point(x, HERE[1]) for x in (-edge + step, edge - 2 * step)]
    for first, second in (([both], receptors), (receptors, [both])):
        distance_m = every_distance(first, second).ravel()
        assert distance_m == pytest.approx([100.0, 50.0], abs=1e-3)
        assert look(first, second, 101.0).best[:, 0] == pytest.approx([100.0, 50.0], abs=1e-3)
        assert len(look(first, second, 99.0).keys) == 1
