"""How shapes of the case are drawn: spots, bends, blocks and gaps in EPSG:4549 [m]."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyproj
import shapely
import shapely.ops
from shapely import LineString, Polygon
from shapely.affinity import rotate, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).parent
NOTE = "示例数据，非真实"
METRES = "EPSG:4549"
DEGREES = "EPSG:4490"
ORDER = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰"
SYLLABLES = "东西南北上下前后青白松竹柳桃梅兰石泉塘湾桥渡坊墩圩岗"
_TO_METRES = pyproj.Transformer.from_crs(DEGREES, METRES, always_xy=True)

# One row of plan.toml, or the values of one row of a layer.
Row = dict[str, Any]
Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what is drawn so far.

    Parameters
    ----------
    plan : dict
        Contents of plan.toml.
    area : shapely geometry
        The county, in metres.
    layers : dict of str to list of (geometry, row)
        What is drawn, by file name.
    """

    plan: dict[str, Any]
    area: BaseGeometry
    layers: dict[str, list[tuple[BaseGeometry, Row]]] = field(default_factory=dict)

    def add(self, layer: str, shape: BaseGeometry, row: Row) -> None:
        """Add one feature to a layer."""
        self.layers.setdefault(layer, []).append((shape, row))

    def get(self, ident: str) -> tuple[BaseGeometry, Row]:
        """Return the feature with an id."""
        found = [pair for rows in self.layers.values() for pair in rows if pair[1]["id"] == ident]
        return found[0]

    def shape(self, ident: str) -> BaseGeometry:
        """Return the geometry of the feature with an id."""
        return self.get(ident)[0]

    def town(self, name: str) -> Spot:
        """Return the middle of a town in metres."""
        longitude, latitude = self.plan["towns"][name]
        return spot(longitude, latitude)


def spot(longitude: float, latitude: float) -> Spot:
    """Take degrees to metres."""
    x, y = _TO_METRES.transform(longitude, latitude)
    return float(x), float(y)


def bend(points: Sequence[Spot], seed: int) -> LineString:
    """Draw a way through points with gentle bends (Chaikin's corner cutting)."""
    dice = random.Random(seed)
    line = [points[0]]
    for (x1, y1), (x2, y2) in pairwise(points):
        away = dice.uniform(-0.07, 0.07)
        middle = ((x1 + x2) / 2 - away * (y2 - y1), (y1 + y2) / 2 + away * (x2 - x1))
        line += [middle, (x2, y2)]
    for _ in range(4):
        cut = [line[0]]
        for (x1, y1), (x2, y2) in pairwise(line):
            cut += [
                (0.75 * x1 + 0.25 * x2, 0.75 * y1 + 0.25 * y2),
                (0.25 * x1 + 0.75 * x2, 0.25 * y1 + 0.75 * y2),
            ]
        line = [*cut, line[-1]]
    return LineString(line)


def beside(line: BaseGeometry, share: float, offset_m: float) -> tuple[Spot, float]:
    """Return a spot beside a line, left of it when positive [m], and the line's bearing [deg]."""
    at = share * line.length
    here, ahead = line.interpolate(at), line.interpolate(at + 5.0)
    turn = math.atan2(ahead.y - here.y, ahead.x - here.x)
    x, y = here.x - offset_m * math.sin(turn), here.y + offset_m * math.cos(turn)
    return (x, y), math.degrees(turn)


def block(middle: Spot, size: Sequence[float], angle: float = 0.0) -> Polygon:
    """Draw a rectangle around its middle [m, degrees]."""
    (x, y), (width, height) = middle, size
    shape = shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return rotate(shape, angle, origin=middle)


def blob(middle: Spot, radius: float, seed: int, corners: int = 11) -> Polygon:
    """Draw an irregular patch [m]."""
    dice = random.Random(seed)
    rays = [radius * dice.uniform(0.75, 1.1) for _ in range(corners)]
    turns = [2 * math.pi * step / corners for step in range(corners)]
    x, y = middle
    return Polygon(
        [(x + r * math.cos(t), y + r * math.sin(t)) for r, t in zip(rays, turns, strict=True)]
    )


def shift_to(shape: BaseGeometry, target: BaseGeometry, gap_m: float) -> BaseGeometry:
    """Move a shape along the line to a target until the gap between them is as asked [m]."""
    for _ in range(40):
        (x1, y1), (x2, y2) = shapely.shortest_line(shape, target).coords
        length = math.hypot(x2 - x1, y2 - y1)
        if abs(length - gap_m) < 0.005 or length == 0:
            break
        step = (length - gap_m) / length
        shape = translate(shape, (x2 - x1) * step, (y2 - y1) * step)
    return shape
