"""How shapes of the case are drawn: spots, bends, blocks and gaps in EPSG:4549 [m]."""

from __future__ import annotations

import csv
import math
import random
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from shapely import LineString, Polygon
from shapely.affinity import rotate, translate

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).parent


NOTE = "示例数据，非真实"


METRES = "EPSG:4549"


DEGREES = "EPSG:4490"


Row = dict[str, object]


_TO_METRES = pyproj.Transformer.from_crs(DEGREES, METRES, always_xy=True)


TOWNS = {
    "溧城": (119.4835, 31.4281),
    "南渡": (119.3728, 31.4277),
    "竹箦": (119.3606, 31.5575),
    "上兴": (119.2860, 31.5084),
    "社渚": (119.3105, 31.3154),
    "戴埠": (119.4972, 31.3110),
    "天目湖": (119.4391, 31.3259),
    "周城": (119.3687, 31.3440),
    "上黄": (119.5651, 31.5455),
    "埭头": (119.5174, 31.4957),
    "别桥": (119.4603, 31.5581),
    "上沛": (119.2177, 31.4744),
}


def spot(lon: float, lat: float) -> tuple[float, float]:
    """Take longitude and latitude to metres."""
    x, y = _TO_METRES.transform(lon, lat)
    return float(x), float(y)


def town(name: str) -> tuple[float, float]:
    """Return the middle of a town in metres."""
    return spot(*TOWNS[name])


def bend(points: list[tuple[float, float]], seed: int) -> LineString:
    """Draw a road through points with gentle bends (Chaikin's corner cutting)."""
    dice = random.Random(seed)
    line = [points[0]]
    for (x1, y1), (x2, y2) in pairwise(points):
        away = dice.uniform(-0.09, 0.09)
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


def beside(line: LineString, share: float, offset_m: float) -> tuple[float, float]:
    """Return a spot beside a line, left of it when the offset is positive [m]."""
    at = share * line.length
    here, ahead = line.interpolate(at), line.interpolate(at + 5.0)
    angle = math.atan2(ahead.y - here.y, ahead.x - here.x) + math.pi / 2
    return here.x + offset_m * math.cos(angle), here.y + offset_m * math.sin(angle)


def block(x: float, y: float, width: float, height: float, angle: float = 0.0) -> Polygon:
    """Draw a rectangle around its middle [m, degrees]."""
    shape = shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return rotate(shape, angle, origin=(x, y))


def blob(x: float, y: float, radius: float, seed: int) -> Polygon:
    """Draw an irregular patch [m]."""
    dice = random.Random(seed)
    corners = [
        (
            x + radius * dice.uniform(0.75, 1.1) * math.cos(turn),
            y + radius * dice.uniform(0.75, 1.1) * math.sin(turn),
        )
        for turn in (2 * math.pi * step / 11 for step in range(11))
    ]
    return Polygon(corners)


def shift_to(shape: Polygon, target: BaseGeometry, gap_m: float) -> Polygon:
    """Move a shape along the line to a target until the gap between them is as asked [m]."""
    for _ in range(40):
        near = shapely.shortest_line(shape, target)
        (x1, y1), (x2, y2) = near.coords
        length = math.hypot(x2 - x1, y2 - y1)
        if abs(length - gap_m) < 0.005 or length == 0:
            break
        step = (length - gap_m) / length
        shape = translate(shape, (x2 - x1) * step, (y2 - y1) * step)
    return shape


def frame(rows: list[tuple[BaseGeometry, Row]]) -> gpd.GeoDataFrame:
    """Make a layer of rows, each with the note that it is invented."""
    names = sorted({name for _, values in rows for name in values})
    columns = {name: [values.get(name) for _, values in rows] for name in names}
    columns["note"] = [NOTE] * len(rows)
    made = gpd.GeoDataFrame(columns, geometry=[shape for shape, _ in rows], crs=METRES)
    made = made.to_crs(DEGREES)
    made["geometry"] = shapely.set_precision(np.asarray(made.geometry.array), 1e-8)
    return made


def write(name: str, rows: list[tuple[BaseGeometry, Row]]) -> None:
    """Write a layer as GeoParquet."""
    frame(rows).to_parquet(HERE / f"{name}.parquet", index=False, compression="zstd")


def write_register(name: str, rows: list[Row]) -> None:
    """Write a register as CSV."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (HERE / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: "" if value is None else value for key, value in row.items()} for row in rows
        )
