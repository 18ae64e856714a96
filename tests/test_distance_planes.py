"""Distances of random pairs against a second oracle: a plane centred on each pair.

The plane is azimuthal equidistant, centred on the middle of the shortest line. A length
that lies r from the centre is overstated there by (r / R)^2 / 6 at most: 0.04 mm a
kilometre at 3 km. Edges are cut at 0.0002 degrees first; a piece of an edge leaves its
chord by l^2 tan(phi) / 8 R, under 0.01 mm to latitude 75. So the oracle's own error stays
under 0.2 mm at 3 km. It shares GEOS with the product, but neither its plane nor its path.
"""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
import shapely

from tests.pairs import expected, measure, measured

COUNT = 500
OWN_ERROR_M = 0.0002
LON = 119.5


class Draw:
    """Draw geometries round a place, in metres turned to degrees."""

    def __init__(self, generator: np.random.Generator, lat: float, at: tuple[float, float]) -> None:
        self.dice = generator
        self.lat = lat
        self.at = at

    def place(self, xy: np.ndarray) -> np.ndarray:
        east = (self.at[0] + xy[:, 0]) / (111320 * math.cos(math.radians(self.lat)))
        return np.column_stack([LON + east, self.lat + (self.at[1] + xy[:, 1]) / 110900])

    def shift(self) -> np.ndarray:
        return np.asarray(self.dice.uniform(-600, 600, 2))

    def point(self) -> shapely.Geometry:
        return shapely.Point(self.place(self.shift()[None])[0])

    def line(self) -> shapely.Geometry:
        steps = self.dice.uniform(-200, 200, (int(self.dice.integers(2, 9)), 2))
        return shapely.LineString(self.place(self.shift() + np.cumsum(steps, axis=0)))

    def area(self, *, centre: np.ndarray | None = None) -> shapely.Geometry:
        turn = np.sort(self.dice.uniform(0, 2 * math.pi, int(self.dice.integers(5, 14))))
        turn += np.linspace(0, 0.01, len(turn))
        ring = np.column_stack([np.cos(turn), np.sin(turn)])
        ring *= self.dice.uniform(60, 300, (len(turn), 1))
        middle = self.shift() if centre is None else centre
        holes = [self.place(middle + 0.4 * ring)] if self.dice.random() < 0.5 else []
        return shapely.make_valid(shapely.Polygon(self.place(middle + ring), holes))

    def several(self) -> shapely.Geometry:
        kind = self.dice.integers(3)
        if kind == 0:
            return shapely.MultiPoint(self.place(self.dice.uniform(-600, 600, (7, 2))))
        if kind == 1:
            return shapely.union_all([self.line() for _ in range(3)])
        parts = [self.area(centre=np.array([700.0 * i, 0.0])) for i in (-1, 0, 1)]
        return shapely.union_all(parts)

    def collection(self) -> shapely.Geometry:
        return shapely.GeometryCollection(
            [self.area(), self.area(), self.line(), self.point(), self.several()]
        )

    def any(self) -> shapely.Geometry:
        kinds = (self.point, self.line, self.area, self.several, self.collection)
        drawn: shapely.Geometry = kinds[int(self.dice.integers(len(kinds)))]()
        return drawn


def random_pairs() -> list[tuple[shapely.Geometry, shapely.Geometry]]:
    generator = np.random.default_rng(20251231)
    drawn = []
    for _ in range(COUNT):
        latitude = float(generator.uniform(0, 75)) * (1 if generator.random() < 0.8 else -1)
        angle, reach = generator.uniform(0, 2 * math.pi), 3000 * generator.random() ** 2
        away = (reach * math.cos(angle), reach * math.sin(angle))
        first, second = Draw(generator, latitude, (0.0, 0.0)), Draw(generator, latitude, away)
        drawn.append((first.any(), second.any()))
    return drawn


PAIRS = random_pairs()


def in_its_plane(first: shapely.Geometry, second: shapely.Geometry) -> float:
    """Measure a pair in a plane centred on it, twice, to centre it well [m]."""
    pair = shapely.segmentize(np.array([first, second], dtype=object), 0.0002)
    lon, lat = shapely.get_coordinates(pair).mean(axis=0)
    plane = pyproj.Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    x, y = shapely.get_coordinates(_shortest_line(pair, plane)).mean(axis=0)
    lon, lat = plane(x, y, inverse=True)
    plane = pyproj.Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    return float(shapely.length(_shortest_line(pair, plane)))


def _shortest_line(pair: np.ndarray, plane: pyproj.Proj) -> shapely.Geometry:
    flat = shapely.transform(pair, lambda xy: np.column_stack(plane(xy[:, 0], xy[:, 1])))
    line: shapely.Geometry = shapely.shortest_line(flat[0], flat[1])
    return line


def test_random_pairs_agree_with_a_plane_of_their_own() -> None:
    distances, _, _ = measure([pair[0] for pair in PAIRS], [pair[1] for pair in PAIRS])
    wanted = np.array([in_its_plane(*pair) for pair in PAIRS])
    # The draw is worth something: many apart, many that meet, some far.
    assert np.sum(wanted == 0.0) > 40
    assert np.sum(wanted > 1000.0) > 100
    allowed = 0.01 * np.maximum(1.0, wanted / 1000.0) + OWN_ERROR_M
    off = np.abs(distances - wanted)
    worst = int(np.argmax(off / allowed))
    assert off[worst] <= allowed[worst], f"{PAIRS[worst]}: {distances[worst]} {wanted[worst]}"


@pytest.mark.parametrize("index", range(0, COUNT, 10))
def test_the_two_oracles_agree(index: int) -> None:
    want = expected(*PAIRS[index])
    assert in_its_plane(*PAIRS[index]) == pytest.approx(want, abs=0.0005)
    assert measured(*PAIRS[index]) == pytest.approx(want, abs=0.01 * max(1.0, want / 1000))
