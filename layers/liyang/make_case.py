"""Make the liyang case: real boundary and places, invented everything else.

Usage: ``python make_case.py ADMIN_FOLDER PLACES_FOLDER``. ADMIN_FOLDER holds
``liyang_county_gcj02.geojson`` and ``liyang_and_neighbours_gcj02.geojson``, PLACES_FOLDER
``geonames_places_liyang_and_around.csv``. No public source has the county's real parks,
mines, sources and homes: every such row is invented, says so, and carries an invented name.
Shapes are drawn in EPSG:4549 [m] and written in CGCS2000 degrees. The same bytes every time.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
import shapely.ops
from shapely import LineString, Point, Polygon
from shapely.affinity import rotate, translate

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
SYLLABLES = "东西南北上下前后青白松竹柳桃梅兰石泉塘湾桥渡坊墩圩岗"


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


def shift_to(shape: Polygon, target: shapely.Geometry, gap_m: float) -> Polygon:
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


def frame(rows: list[tuple[shapely.Geometry, Row]]) -> gpd.GeoDataFrame:
    """Make a layer of rows, each with the note that it is invented."""
    names = sorted({name for _, values in rows for name in values})
    columns = {name: [values.get(name) for _, values in rows] for name in names}
    columns["note"] = [NOTE] * len(rows)
    made = gpd.GeoDataFrame(columns, geometry=[shape for shape, _ in rows], crs=METRES)
    made = made.to_crs(DEGREES)
    made["geometry"] = shapely.set_precision(np.asarray(made.geometry.array), 1e-8)
    return made


def roads() -> dict[str, tuple[LineString, Row]]:
    """Draw the road network: town to town."""
    ways = {
        "G1": ("expressway", ["上沛", "南渡", "溧城", "埭头"], "示例一高速", 22.0),
        "N1": ("national", ["别桥", "溧城", "戴埠"], "示例一国道", 16.0),
        "S1": ("provincial", ["溧城", "南渡", "上兴"], "示例一省道", 14.0),
        "S2": ("provincial", ["溧城", "周城", "社渚"], "示例二省道", 14.0),
        "X1": ("county", ["竹箦", "上兴", "上沛"], "示例一县道", 9.0),
        "X2": ("county", ["别桥", "竹箦"], "示例二县道", 9.0),
        "X3": ("county", ["埭头", "上黄", "别桥"], "示例三县道", 9.0),
        "X4": ("county", ["戴埠", "天目湖", "周城"], "示例四县道", None),
        "Y1": ("township", ["竹箦", "南渡"], "示例一乡道", 5.0),
        "Y2": ("township", ["社渚", "南渡"], "示例二乡道", 5.0),
        "Y3": ("township", ["天目湖", "溧城"], "示例三乡道", None),
    }
    lateral = {"G1": (0.0, -1900.0), "S1": (250.0, 150.0), "S2": (-250.0, -200.0)}
    made = {}
    for number, (name, (kind, stops, title, width)) in enumerate(ways.items()):
        dx, dy = lateral.get(name, (0.0, 0.0))
        line = bend([(town(stop)[0] + dx, town(stop)[1] + dy) for stop in stops], number)
        values: Row = {"id": name, "name": title, "kind": kind, "land_half_width_m": width}
        values["half_width_m"] = None if width is None else width * 0.6
        values["established"] = {"G1": "2018-09", "Y2": "2012", "X4": "1998"}.get(name, "2008")
        made[name] = (line, values)
    return made


def lines() -> tuple[list[tuple[LineString, Row]], list[tuple[LineString, Row]]]:
    """Draw the railways and the pipelines."""
    fast = bend(
        [spot(119.16, 31.40), spot(119.36, 31.385), spot(119.49, 31.398), spot(119.60, 31.36)], 21
    )
    slow = bend(
        [spot(119.545, 31.67), spot(119.55, 31.56), spot(119.53, 31.44), spot(119.55, 31.30)], 22
    )
    split = fast.interpolate(0.45, normalized=True)
    west = shapely.ops.substring(fast, 0.0, fast.project(split))
    east = shapely.ops.substring(fast, fast.project(split), fast.length)
    railways: list[tuple[LineString, Row]] = [
        (
            west,
            {
                "id": "R1a",
                "name": "示例高速铁路",
                "kind": "high_speed",
                "structure": "ground",
                "toe_half_width_m": 13.0,
            },
        ),
        (
            east,
            {
                "id": "R1b",
                "name": "示例高速铁路（桥）",
                "kind": "high_speed",
                "structure": "bridge",
                "toe_half_width_m": 7.0,
            },
        ),
        (
            slow,
            {
                "id": "R2",
                "name": "示例普速铁路",
                "kind": "national",
                "structure": "ground",
                "toe_half_width_m": 11.0,
            },
        ),
    ]
    gas = bend(
        [spot(119.17, 31.53), spot(119.31, 31.535), spot(119.42, 31.50), spot(119.60, 31.515)], 23
    )
    chem = bend([spot(119.333, 31.453), spot(119.39, 31.456), spot(119.44, 31.448)], 24)
    city = bend([spot(119.44, 31.43), spot(119.47, 31.436), spot(119.51, 31.425)], 25)
    pipelines: list[tuple[LineString, Row]] = [
        (gas, {"id": "L1", "name": "示例天然气长输管道", "kind": "oil_gas", "established": "2014"}),
        (
            chem,
            {"id": "L2", "name": "示例危险化学品管道", "kind": "hazchem", "established": "2016"},
        ),
        (city, {"id": "L3", "name": "示例城镇燃气管道", "kind": "city_gas", "established": "2012"}),
    ]
    return railways, pipelines


PARKS = {
    "P1": ("示例南渡化工园区", (119.316, 31.455), 1900.0, 1150.0, 9.0, "2006", "C"),
    "P2": ("示例埭头化工集中区", (119.552, 31.478), 1450.0, 1000.0, -14.0, "2009", "B"),
}


def parks() -> tuple[list[tuple[Polygon, Row]], list[tuple[Polygon, Row]]]:
    """Draw the parks within their limits, and their control lines."""
    areas: list[tuple[Polygon, Row]] = []
    controls: list[tuple[Polygon, Row]] = []
    for name, (title, where, width, height, angle, year, grade) in PARKS.items():
        shape = block(*spot(*where), width, height, angle)
        owner = title + "管委会（示例）"
        areas.append(
            (
                shape,
                {"id": name, "name": title, "established": year, "grade": grade, "owner": owner},
            )
        )
        line = shape.buffer(300.0 if name == "P1" else 220.0, quad_segs=6)
        controls.append((line, {"id": f"C{name}", "name": title + "控制线", "park": name}))
    return areas, controls


def plants() -> list[tuple[Polygon, Row]]:
    """Draw the plots of firms: in rows inside the parks, and three outside."""
    made: list[tuple[Polygon, Row]] = []
    letters = iter("甲乙丙丁戊己庚辛壬癸子丑寅卯辰")
    for name, (_, where, width, height, angle, _, _) in PARKS.items():
        x, y = spot(*where)
        columns = 4 if name == "P1" else 3
        for index in range(columns * 2):
            if (name, index) in {("P1", 6), ("P2", 4)}:
                continue
            dx = (index % columns - (columns - 1) / 2) * width / (columns + 0.25)
            dy = (0.5 if index >= columns else -0.5) * height / 2.1
            plot = block(x + dx, y + dy, width / (columns + 0.25) - 70, height / 2.1 - 70)
            plot = rotate(plot, angle, origin=(x, y))
            title = f"示例{next(letters)}化工有限公司"
            values: Row = {
                "id": f"E{len(made) + 1:02}",
                "name": title,
                "owner": title,
                "park": name,
                "hazchem": "yes",
                "established": str(2007 + 2 * (index % 5)),
            }
            made.append((plot, values))
    for where, angle in (
        ((119.4665, 31.4425), 20.0),
        ((119.428, 31.544), -8.0),
        ((119.325, 31.331), 5.0),
    ):
        title = f"示例{next(letters)}化工有限公司"
        values = {
            "id": f"E{len(made) + 1:02}",
            "name": title,
            "owner": title,
            "park": None,
            "hazchem": "yes",
            "established": "1998" if where[0] == 119.4665 else "2015",
        }
        made.append((block(*spot(*where), 230.0, 170.0, angle), values))
    return made


UNIT_KINDS: tuple[tuple[str, str, Row], ...] = (
    ("tank_farm", "罐区", {"substance": "甲醇", "quantity_t": 620.0, "reference": "vessel_shell"}),
    (
        "production_unit",
        "合成装置",
        {"substance": "环氧乙烷", "quantity_t": 4.0, "reference": "unit_edge"},
    ),
    (
        "class_a_warehouse",
        "甲类仓库",
        {"goods_items": "1,2,5,6", "quantity_t": 8.0, "reference": "building_wall"},
    ),
    (
        "class_a_workshop",
        "甲类厂房",
        {"flammable_vapour": "yes", "substance": "甲苯", "reference": "building_wall"},
    ),
)


def sources(plots: list[tuple[Polygon, Row]]) -> list[tuple[Polygon, Row]]:
    """Draw units inside the plots of firms: three to a plot."""
    made: list[tuple[Polygon, Row]] = []
    for index, (plot, firm) in enumerate(plots):
        (x, y), angle = (plot.centroid.x, plot.centroid.y), _angle(plot)
        width, height = _sides(plot)
        for place in range(3):
            kind, title, extra = UNIT_KINDS[(index + place) % 4]
            unit = block(
                x + (place - 1) * width * 0.29,
                y + (0.2 if place == 1 else -0.12) * height,
                width * 0.17,
                height * 0.26,
            )
            unit = rotate(unit, angle, origin=(x, y))
            values: Row = {
                "id": f"U{len(made) + 1:02}",
                "name": f"{str(firm['name'])[:3]}{title}",
                "kind": kind,
                "owner": firm["owner"],
                "unit_of": f"plants/{firm['id']}",
                "hazchem": "yes",
                "dangerous_goods": "yes",
                "key_unit": "yes" if kind in {"tank_farm", "production_unit"} else "no",
                "major_hazard_grade": {"tank_farm": 3.0 - index % 2, "production_unit": 4.0}.get(
                    kind
                ),
                "established": firm["established"],
                **extra,
            }
            made.append((unit, values))
    made[7][1]["goods_items"] = None
    made[10][1]["quantity_t"] = None
    made[20][1]["established"] = None
    return made


def _angle(shape: Polygon) -> float:
    (x1, y1), (x2, y2), *_ = shape.minimum_rotated_rectangle.exterior.coords
    turn = math.degrees(math.atan2(y2 - y1, x2 - x1)) % 180
    width, _ = _sides(shape)
    long_first = abs(math.hypot(x2 - x1, y2 - y1) - width) < 1.0
    turn = turn if long_first else turn - 90
    return turn if -90 < turn <= 90 else turn - 180


def _sides(shape: Polygon) -> tuple[float, float]:
    (x1, y1), (x2, y2), (x3, y3), *_ = shape.minimum_rotated_rectangle.exterior.coords
    first, second = math.hypot(x2 - x1, y2 - y1), math.hypot(x3 - x2, y3 - y2)
    return max(first, second), min(first, second)


def lone_sources(network: dict[str, tuple[LineString, Row]]) -> list[tuple[Polygon, Row]]:
    """Draw filling stations and other sources that are part of no plant."""
    made: list[tuple[Polygon, Row]] = []
    stations = (
        ("N1", 0.18, 34.0, 2.0, "petrol"),
        ("N1", 0.45, -30.0, 1.0, "petrol"),
        ("N1", 0.83, 32.0, 3.0, "petrol"),
        ("S1", 0.22, 30.0, 2.0, "petrol"),
        ("S1", 0.80, -33.0, 3.0, "petrol"),
        ("S2", 0.30, 31.0, 2.0, "petrol"),
        ("S2", 0.74, -30.0, None, "petrol"),
        ("X1", 0.55, 24.0, 3.0, "petrol"),
        ("X3", 0.30, -26.0, 3.0, "diesel"),
        ("S1", 0.47, 32.0, 2.0, "lpg"),
    )
    for number, (road, share, offset, level, fuel) in enumerate(stations, start=1):
        shape = block(*beside(network[road][0], share, offset), 14.0, 9.0, 15.0 * number)
        values: Row = {
            "id": f"F{number:02}",
            "name": f"示例{number}号加油站" if fuel != "lpg" else f"示例{number}号加气站",
            "kind": "filling_station",
            "owner": f"示例{number}号能源站",
            "hazchem": "yes",
            "dangerous_goods": "yes",
            "station_level": level,
            "fuel": fuel,
            "established": str(2001 + number),
            "reference": "vessel_shell",
        }
        made.append((shape, values))
    others = (
        ("lpg_station", "示例液化气供应站", ("X2", 0.4, 150.0), "2011", "液化石油气", 40.0),
        ("ammonia_cold_store", "示例涉氨冷库", ("S2", 0.15, -210.0), "2016", "氨", 12.0),
        ("fireworks_store", "示例烟花爆竹批发库", ("Y2", 0.55, 420.0), "2010", "烟花爆竹", None),
        ("explosives_store", "示例民爆物品库", ("Y1", 0.22, -640.0), "2009", "工业炸药", None),
    )
    for number, (kind, name, (road, share, offset), year, substance, quantity) in enumerate(
        others, start=1
    ):
        shape = block(*beside(network[road][0], share, offset), 46.0, 30.0, 10.0)
        values = {
            "id": f"O{number:02}",
            "name": name,
            "kind": kind,
            "owner": name,
            "hazchem": "yes",
            "dangerous_goods": "yes",
            "substance": substance,
            "quantity_t": quantity,
            "established": year,
            "reference": "building_wall",
            "key_unit": "yes" if kind == "ammonia_cold_store" else "no",
            "major_hazard_grade": 4.0 if kind in {"ammonia_cold_store", "lpg_station"} else None,
        }
        made.append((shape, values))
    return made


def quarries(
    network: dict[str, tuple[LineString, Row]],
    pipes: list[tuple[LineString, Row]],
    rails: list[tuple[LineString, Row]],
) -> tuple[list[tuple[Polygon, Row]], list[tuple[Polygon, Row]]]:
    """Draw licence areas at chosen gaps from roads, pipes and rails, and their dumps."""
    gas, fast = pipes[0][0], rails[0][0]
    plan: tuple[
        tuple[tuple[float, float], float, LineString | None, float, float | None, str], ...
    ] = (
        (spot(119.318, 31.549), 170.0, network["X1"][0], 62.0, 420000.0, "yes"),
        (spot(119.268, 31.507), 150.0, network["X1"][0], 148.0, 300000.0, "yes"),
        (spot(119.362, 31.520), 140.0, network["Y1"][0], 38.0, 260000.0, "yes"),
        (spot(119.300, 31.540), 190.0, gas, 152.0, 1200000.0, "yes"),
        (spot(119.246, 31.536), 160.0, gas, 420.0, 480000.0, "yes"),
        (spot(119.300, 31.398), 180.0, fast, 640.0, 900000.0, "yes"),
        (spot(119.452, 31.300), 170.0, network["X4"][0], 106.0, None, "yes"),
        (spot(119.520, 31.285), 190.0, None, 0.0, 450000.0, "no"),
        (spot(119.285, 31.285), 150.0, None, 0.0, 200000.0, "yes"),
    )
    pits: list[tuple[Polygon, Row]] = []
    for number, (middle, radius, line, gap, output, blasting) in enumerate(plan, start=1):
        shape = blob(*middle, radius, 100 + number)
        width = 0.0 if line is None or line in {gas, fast} else 9.0 if number <= 2 else 5.0
        if line is not None:
            shape = shift_to(shape, line, gap + width)
        name = f"示例{'甲乙丙丁戊己庚辛壬'[number - 1]}采石场"
        values: Row = {
            "id": f"M{number}",
            "name": name,
            "owner": name + "有限公司",
            "kind": "open_pit",
            "scale": None if output is None else "small" if output <= 500000 else "large",
            "output_t": output,
            "blasting": blasting,
            "established": str(2003 + number),
        }
        pits.append((shape, values))
    neighbour = shift_to(
        blob(pits[8][0].centroid.x + 900, pits[8][0].centroid.y + 80, 130.0, 131), pits[8][0], 262.0
    )
    pits.append(
        (
            neighbour,
            {
                "id": "M10",
                "name": "示例癸采石场",
                "owner": "示例癸采石场有限公司",
                "kind": "open_pit",
                "scale": "small",
                "output_t": 180000.0,
                "blasting": "no",
                "established": "2012",
            },
        )
    )
    dumps: list[tuple[Polygon, Row]] = []
    for index in (0, 1, 3, 4, 5, 7, 8):
        pit, mine = pits[index]
        shape = shift_to(
            blob(pit.centroid.x + 420, pit.centroid.y + 250, 85.0, 200 + index), pit, 18.0
        )
        dumps.append(
            (
                shape,
                {
                    "id": f"D{index + 1}",
                    "name": f"{mine['name']}排土场",
                    "mine": mine["id"],
                    "owner": mine["owner"],
                    "height_m": 24.0 + 6.0 * index,
                    "designed_measures": "yes" if index % 2 else None,
                },
            )
        )
    return pits, dumps


def homes(
    taken: list[shapely.Geometry],
    near: dict[str, tuple[shapely.Geometry, float, int | None]],
    area: shapely.Geometry,
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
    taken: list[shapely.Geometry], near: list[tuple[shapely.Geometry, float, int]]
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


def bridges(
    network: dict[str, tuple[LineString, Row]], pit: Polygon
) -> list[tuple[shapely.Geometry, Row]]:
    """Draw bridges on the roads and one ferry."""
    made: list[tuple[shapely.Geometry, Row]] = []
    for number, (road, share, kind) in enumerate(
        (
            ("N1", 0.33, "bridge_large"),
            ("S1", 0.63, "bridge_medium"),
            ("X2", 0.5, "bridge_small"),
            ("S2", 0.52, "bridge_medium"),
            ("X3", 0.66, "bridge_small"),
        ),
        start=1,
    ):
        line = network[road][0]
        part = shapely.ops.substring(line, share * line.length, share * line.length + 90.0)
        made.append(
            (
                part.buffer(8.0, cap_style="flat"),
                {
                    "id": f"G{number}",
                    "name": f"示例{number}号桥",
                    "kind": kind,
                    "established": "2008",
                },
            )
        )
    line = network["X1"][0]
    at = line.project(pit.centroid)
    part = shapely.ops.substring(line, at + 260.0, at + 330.0)
    made.append(
        (
            part.buffer(6.0, cap_style="flat"),
            {"id": "G6", "name": "示例6号桥", "kind": "bridge_medium", "established": "2010"},
        )
    )
    return made


def write(name: str, rows: list[tuple[shapely.Geometry, Row]]) -> None:
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


def registers(
    plots: list[tuple[Polygon, Row]],
    units: list[tuple[Polygon, Row]],
    pits: list[tuple[Polygon, Row]],
) -> None:
    """Write tiers, safety reports, consents and hidden dangers."""
    dice = random.Random(13)
    tiers: list[Row] = []

    def adopt(
        unit: str, tier: str, scheme: str, date: str = "2024-06-30", until: str = "2027-06-30"
    ) -> None:
        tiers.append(
            {
                "unit": unit,
                "tier": tier,
                "scheme": scheme,
                "assessor": "示例评价机构",
                "date": date,
                "valid_until": until,
                "document": f"示例评字〔{date[:4]}〕{len(tiers) + 1}号",
            }
        )

    adopt("parks/P1", "orange", "化工园区：应急〔2023〕123号")
    adopt("parks/P2", "yellow", "化工园区：应急〔2023〕123号")
    for index, (_, firm) in enumerate(plots):
        if index % 5 != 4:
            adopt(
                f"plants/{firm['id']}",
                ["red", "orange", "yellow", "blue", "yellow"][index % 4 + (index % 3 == 0)],
                "企业：应急〔2018〕19号",
            )
    adopt("plants/E02", "orange", "企业：江苏省政府令第140号")
    adopt("plants/E05", "red", "企业：应急〔2018〕19号", "2019-05-01", "2022-05-01")
    for index, (_, mine) in enumerate(pits):
        if index not in {4, 8}:
            adopt(
                f"quarries/{mine['id']}",
                ["orange", "yellow", "blue"][index % 3],
                "非煤矿山：示例分级办法",
            )
    for index, (_, unit) in enumerate(units):
        if index % 4 != 3:
            adopt(
                f"units/{unit['id']}",
                dice.choice(["red", "orange", "orange", "yellow", "yellow", "yellow", "blue"]),
                "风险单元：江苏省政府令第140号",
            )
    write_register("tier_register", tiers)
    write_register("safety_reports", safety_reports(units))
    write_register(
        "consents",
        [
            {
                "source": "quarries/M5",
                "target": "facilities/S1",
                "rule": "cn.pipe.mine.500",
                "number": "示例管保〔2024〕3号",
                "authority": "示例主管部门",
                "date": "2024-04-02",
                "valid_until": "2027-04-01",
            },
            {
                "source": "quarries/M6",
                "target": "railways/R1a",
                "rule": "cn.rail.mine.1000",
                "number": "示例铁协〔2023〕7号",
                "authority": "示例铁路运输企业、示例主管部门",
                "date": "2023-09-10",
                "valid_until": "2026-09-09",
            },
            {
                "source": "quarries/M4",
                "target": "pipelines/L1",
                "rule": "cn.pipe.mine.200",
                "number": "示例管保〔2020〕1号",
                "authority": "示例主管部门",
                "date": "2020-05-01",
                "valid_until": "2023-04-30",
            },
        ],
    )
    dangers(units, pits)


def safety_reports(units: list[tuple[Polygon, Row]]) -> list[Row]:
    """Write the external distances that invented reports state, for half of the units."""
    reports: list[Row] = []
    for index, (_, unit) in enumerate(units):
        if index % 2 or unit["kind"] not in {"tank_farm", "production_unit", "class_a_warehouse"}:
            continue
        for size, share in (
            ("high_sensitive", 1.0),
            ("general_1", 1.0),
            ("general_2", 0.62),
            ("general_3", 0.4),
        ):
            if index % 8 == 4 and size == "general_3":
                continue
            distance = round(
                {"tank_farm": 190.0, "production_unit": 260.0, "class_a_warehouse": 90.0}[
                    str(unit["kind"])
                ]
                * share
            )
            reports.append(
                {
                    "unit": f"units/{unit['id']}",
                    "receptor_class": size,
                    "distance_m": distance,
                    "line": unit["reference"],
                    "report": f"示例安评〔2024〕{index + 1}号",
                    "agency": "示例安全评价机构",
                    "date": "2024-03-15",
                }
            )
    return reports


def dangers(units: list[tuple[Polygon, Row]], pits: list[tuple[Polygon, Row]]) -> None:
    """Write the hidden-danger records: some judged with person, date and document."""
    plan = (
        (
            f"units/{units[0][1]['id']}",
            "示例：罐区可燃气体报警未投用",
            "",
            "inspection",
            True,
            "in_work",
        ),
        (f"units/{units[5][1]['id']}", "示例：自动化控制系统未投用", "", "self", True, "open"),
        (
            f"quarries/{pits[0][1]['id']}",
            "示例：边坡角大于设计值",
            "",
            "inspection",
            True,
            "overdue",
        ),
        (
            f"quarries/{pits[3][1]['id']}",
            "示例：未按设计自上而下分台阶开采",
            "",
            "inspection",
            False,
            "open",
        ),
        (
            f"units/{units[12][1]['id']}",
            "示例：外部安全防护距离待核",
            "cn.mhd.hazchem.2017.3",
            "self",
            False,
            "open",
        ),
        (f"plants/{'E03'}", "示例：涉及重点监管工艺未全流程论证", "", "inspection", True, "closed"),
        (
            f"quarries/{pits[6][1]['id']}",
            "示例：排土场截排水设施失效",
            "",
            "self",
            False,
            "in_work",
        ),
        (f"units/{units[21][1]['id']}", "示例：一般隐患，不上图", "", "self", False, "done"),
    )
    rows: list[Row] = []
    for number, (unit, content, criterion, source, judged, status) in enumerate(plan, start=1):
        rows.append(
            {
                "id": f"H{number}",
                "unit": unit,
                "content": content,
                "criterion": criterion,
                "level": "general" if number == 8 else "major",
                "found_on": f"2025-0{number}-12",
                "source": source,
                "judged_by": "示例判定人" if judged else "",
                "judged_on": f"2025-0{number}-20" if judged else "",
                "document": f"示例隐判〔2025〕{number}号" if judged else "",
                "status": status,
                "measures": "示例措施",
                "responsible": "示例责任人",
                "funds": "5万元",
                "due": "2026-03-31",
                "plan": "示例预案",
            }
        )
    write_register("hidden_dangers", rows)


def real_layers(admin: Path, places: Path) -> shapely.Geometry:
    """Convert the real boundary, neighbours and places; return the county in metres."""
    county = gpd.read_file(admin / "liyang_county_gcj02.geojson")
    county[["adcode", "district", "geometry"]].to_parquet(
        HERE / "county_gcj02.parquet", index=False, compression="zstd"
    )
    around = gpd.read_file(admin / "liyang_and_neighbours_gcj02.geojson")
    around = around[around["adcode"].astype(str) != "320481"] if "adcode" in around else around
    around["name"] = around["district"].where(
        around["district"].astype(str).str.len() > 0, around["city"]
    )
    around["geometry"] = shapely.coverage_simplify(np.asarray(around.geometry.array), 0.0002)
    around[["adcode", "name", "geometry"]].to_parquet(
        HERE / "neighbours_gcj02.parquet", index=False, compression="zstd"
    )
    table = pd.read_csv(places / "geonames_places_liyang_and_around.csv", dtype=str)
    table["name_zh"] = [
        _chinese(names, name)
        for names, name in zip(table["alternatenames"].fillna(""), table["name"], strict=True)
    ]
    # Shezhu, Nandu, Shangxing and Zhuze stand twice, 3 to 5 km apart: the second of each lies at
    # the town's seat and is kept; the first is left out here and named in README.md.
    table["kept"] = np.where(table["geonameid"].isin(_doubles(table)), "no", "yes")
    # GeoNames writes 凓 for 溧, and 晿桥 2 km from 晶桥 for the same town: mended and left out.
    table["name_zh"] = table["name_zh"].str.replace("凓", "溧")
    table.loc[table["name_zh"] == "晿桥", "kept"] = "no"
    table["kind"] = np.where(table["name"] == "Licheng", "city", "town")
    table[
        ["geonameid", "name_zh", "name", "kind", "longitude", "latitude", "population", "kept"]
    ].to_csv(HERE / "places.csv", index=False, lineterminator="\n")
    derived = gpd.read_file(admin / "liyang_county_wgs84_derived.geojson").to_crs(METRES)
    return shapely.union_all(np.asarray(derived.geometry.array))


def _chinese(names: str, name: str) -> str:
    found = [
        part
        for part in names.split("|")
        if part and all("\u4e00" <= sign <= "\u9fff" for sign in part)
    ]
    found.sort(key=len)
    return found[0] if found else name


def _doubles(table: pd.DataFrame) -> list[str]:
    inside = table[table["in_liyang"] == "True"]
    first = inside[inside["name"].duplicated(keep="last")]
    return first["geonameid"].tolist()


def main() -> None:
    """Write every file of the case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("admin", type=Path)
    parser.add_argument("places", type=Path)
    options = parser.parse_args()
    area = real_layers(options.admin, options.places)
    network = roads()
    rails, pipes = lines()
    park_areas, controls = parks()
    plots = plants()
    units = sources(plots)
    lone = lone_sources(network)
    pits, dumps = quarries(network, pipes, rails)
    corridors = [line.buffer(24.0) for line, _ in [*network.values(), *rails, *pipes]]
    taken = [*corridors, *(shape for shape, _ in [*park_areas, *plots, *lone, *pits, *dumps])]
    village_gaps: dict[str, tuple[shapely.Geometry, float, int | None]] = {
        "a": (units[0][0], 168.0, 66),
        "b": (units[15][0], 236.0, 42),
        "c": (plots[11][0], 34.0, 16),
        "d": (pits[0][0], 214.0, 25),
        "e": (pits[2][0], 305.0, 42),
        "f": (pits[8][0], 176.0, 8),
        "g": (lone[0][0], 16.0, 42),
        "h": (lone[3][0], 8.0, 42),
        "i": (lone[5][0], 12.0, 16),
        "j": (lone[7][0], 25.0, None),
        "k": (units[38][0], 21.0, 66),
        "l": (plots[13][0], 90.0, 25),
        "m": (pits[1][0], 297.0, 42),
        "n": (lone[11][0], 130.0, 25),
        "own:示例甲采石场有限公司": (pits[0][0], 120.0, None),
        "o": (lone[10][0], 60.0, 8),
        "p": (lone[12][0], 210.0, 16),
        "q": (units[18][0], 150.0, 42),
        "r": (units[24][0], 300.0, 66),
        "s": (units[40][0], 22.0, 25),
    }
    villages = homes(taken, village_gaps, area)
    taken += [shape for shape, _ in villages]
    place_gaps = [
        (lone[1][0], 29.0, 0),
        (lone[2][0], 9.0, 1),
        (lone[4][0], 10.4, 4),
        (plots[11][0], 46.0, 1),
        (pits[1][0], 240.0, 3),
        (lone[9][0], 20.0, 2),
        (units[36][0], 88.0, 1),
        (lone[13][0], 300.0, 5),
        (units[37][0], 120.0, 0),
        (units[43][0], 44.0, 4),
    ]
    grounds, points = sensitive(taken, place_gaps)
    gas = pipes[0][0]
    stations: list[tuple[shapely.Geometry, Row]] = [
        (
            shift_to(
                block(pits[4][0].centroid.x - 700, pits[4][0].centroid.y - 300, 60.0, 40.0),
                pits[4][0],
                410.0,
            ),
            {"id": "S1", "name": "示例1号分输站", "established": "2014"},
        ),
        (
            block(*beside(gas, 0.82, 40.0), 40.0, 30.0),
            {"id": "S2", "name": "示例2号阀室", "established": "2014"},
        ),
    ]
    dense = shapely.union_all(
        [
            block(*town("溧城"), 4600.0, 3600.0, 12.0).buffer(250.0),
            block(*spot(119.462, 31.44), 1500, 1500).buffer(200),
        ]
    )
    everything: dict[str, list[tuple[shapely.Geometry, Row]]] = {
        "parks": list(park_areas),
        "control_lines": list(controls),
        "plants": list(plots),
        "units": [*units, *lone],
        "quarries": list(pits),
        "dumps": list(dumps),
        "homes": list(villages),
        "places_grounds": list(grounds),
        "places_points": list(points),
        "roads": list(network.values()),
        "railways": list(rails),
        "pipelines": list(pipes),
        "facilities": stations,
        "bridges": bridges(network, pits[0][0]),
        "built_up": [(dense, {"id": "A1", "name": "示例主城区"})],
    }
    for name, rows in everything.items():
        write(name, rows)
    registers(plots, [*units, *lone], pits)
    print({name: len(rows) for name, rows in everything.items()})


if __name__ == "__main__":
    main()
