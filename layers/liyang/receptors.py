"""Draw the invented homes and sensitive places."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import shapely
from shapely import Point, Polygon

from layers.liyang.pens import TOWNS, Row, block, shift_to, town

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SYLLABLES = "东西南北上下前后青白松竹柳桃梅兰石泉塘湾桥渡坊墩圩岗"


def homes(
    taken: list[BaseGeometry],
    near: dict[str, tuple[BaseGeometry, float, int | None]],
    area: BaseGeometry,
) -> list[tuple[Polygon, Row]]:
    """Draw villages and estates: some at chosen gaps from a source, the rest beside roads."""
    dice = random.Random(11)
    made: list[tuple[Polygon, Row]] = []
    busy = shapely.union_all(taken)
    names = iter(dice.sample([a + b for a in SYLLABLES for b in SYLLABLES if a != b], 160))

    def add(shape: Polygon, kind: str, households: int | None, owner: str | None = None) -> None:
        persons = None if households is None else round(households * 2.9)
        size = (
            None
            if households is None
            else "general_1"
            if households >= 30
            else "general_2"
            if households >= 10
            else "general_3"
        )
        title = {"village": "村", "estate": "花苑", "dormitory": "宿舍"}[kind]
        made.append(
            (
                shape,
                {
                    "id": f"V{len(made) + 1:02}",
                    "name": f"示例{next(names)}{title}",
                    "kind": kind,
                    "households": households,
                    "persons": persons,
                    "owner": owner,
                    "established": str(dice.choice([1985, 1992, 2003, 2013, 2019])),
                    "receptor_class": size,
                    "reference": "building_wall",
                    "crowded": "no",
                    "important_public": "no",
                    "high_rise": "yes" if kind == "estate" and dice.random() < 0.5 else "no",
                    "station_class": None
                    if households is None
                    else 2.0
                    if households >= 30
                    else 3.0,
                },
            )
        )

    for name, (source, gap, households) in near.items():
        angle = dice.uniform(0, 6.283)
        shape = None
        for _ in range(90):
            angle += 0.35
            start = block(
                source.centroid.x + 900 * math.cos(angle),
                source.centroid.y + 900 * math.sin(angle),
                dice.uniform(70, 150),
                dice.uniform(50, 90),
                dice.uniform(0, 90),
            )
            shape = shift_to(start, source, gap)
            if shape.distance(shapely.difference(busy, source.buffer(1.0))) > 12 and shape.within(
                area
            ):
                break
        else:
            continue
        busy = shapely.union(busy, shape)
        kind, owner = (
            ("dormitory", name.removeprefix("own:"))
            if name.startswith("own:")
            else ("village", None)
        )
        add(shape, kind, households, owner)
    west, south, east, north = area.bounds
    while len(made) < 104:
        x, y = dice.uniform(west, east), dice.uniform(south, north)
        estate = len(made) >= 92
        if estate:
            x, y = town("溧城")[0] + dice.gauss(0, 1100), town("溧城")[1] + dice.gauss(0, 900)
        shape = block(x, y, dice.uniform(90, 190), dice.uniform(60, 130), dice.uniform(0, 90))
        if shape.within(area.buffer(-150)) and shape.distance(busy) > (22 if estate else 60):
            busy = shapely.union(busy, shape)
            add(
                shape,
                "estate" if estate else "village",
                dice.choice([24, 45, 80, 130]) if not estate else dice.choice([180, 320, 460]),
            )
    return made


SENSITIVE = (
    ("school", "学校", "high_sensitive"),
    ("kindergarten", "幼儿园", "high_sensitive"),
    ("hospital", "医院", "high_sensitive"),
    ("care_home", "养老院", "high_sensitive"),
    ("market", "集贸市场", "general_1"),
    ("office", "办事处", "general_2"),
)


def sensitive(
    taken: list[BaseGeometry], near: list[tuple[BaseGeometry, float, int]]
) -> tuple[list[tuple[Polygon, Row]], list[tuple[Point, Row]]]:
    """Draw places with their grounds, and others known only as a point."""
    dice = random.Random(12)
    busy = shapely.union_all(taken)
    grounds: list[tuple[Polygon, Row]] = []
    points: list[tuple[Point, Row]] = []

    def values(kind_index: int, ident: str, where: str) -> Row:
        kind, title, size = SENSITIVE[kind_index]
        persons = dice.choice([60, 140, 320, 620])
        return {
            "id": ident,
            "name": f"示例{where}{title}",
            "kind": kind,
            "persons": persons,
            "receptor_class": size,
            "crowded": "no" if kind == "office" else "yes",
            "high_rise": "no",
            "important_public": "yes" if kind == "school" and persons > 500 else "no",
            "station_class": 1.0 if kind != "office" else 2.0,
            "established": str(dice.choice([1988, 1996, 2006, 2014, 2020])),
        }

    for number, (source, gap, kind_index) in enumerate(near, start=1):
        angle = dice.uniform(0, 6.283)
        for _ in range(90):
            angle += 0.4
            start = block(
                source.centroid.x + 500 * math.cos(angle),
                source.centroid.y + 500 * math.sin(angle),
                62.0,
                44.0,
                20.0 * number,
            )
            shape = shift_to(start, source, gap)
            if shape.distance(shapely.difference(busy, source.buffer(1.0))) > 6:
                break
        else:
            continue
        busy = shapely.union(busy, shape)
        row = values(kind_index, f"B{number:02}", f"{number}号")
        row["reference"] = "building_wall"
        grounds.append((shape, row))
    for name in TOWNS:
        for kind_index in dice.sample(range(6), 3 if name == "溧城" else 2):
            for _ in range(60):
                x, y = town(name)[0] + dice.gauss(0, 420), town(name)[1] + dice.gauss(0, 420)
                if Point(x, y).buffer(60).distance(busy) > 5:
                    break
            ident = f"B{len(grounds) + 20:02}" if kind_index % 2 else f"K{len(points) + 1:02}"
            row = values(kind_index, ident, name)
            if kind_index % 2:
                row["reference"] = "site_boundary"
                shape = block(x, y, 110.0, 80.0, dice.uniform(0, 90))
                grounds.append((shape, row))
                busy = shapely.union(busy, shape)
            else:
                points.append((Point(x, y), row))
                busy = shapely.union(busy, Point(x, y).buffer(25))
    return grounds, points
