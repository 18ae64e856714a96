"""Draw the invented network, parks, plants, sources and quarries."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely
import shapely.ops
from shapely import LineString, Polygon
from shapely.affinity import rotate

from layers.liyang.pens import Row, bend, beside, blob, block, shift_to, spot, town

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


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
    west = LineString(shapely.ops.substring(fast, 0.0, fast.project(split)).coords)
    east = LineString(shapely.ops.substring(fast, fast.project(split), fast.length).coords)
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


def _frame(shape: Polygon) -> list[tuple[float, float]]:
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    return [(float(x), float(y)) for x, y in corners]


def _angle(shape: Polygon) -> float:
    (x1, y1), (x2, y2), *_ = _frame(shape)
    turn = math.degrees(math.atan2(y2 - y1, x2 - x1)) % 180
    width, _ = _sides(shape)
    long_first = abs(math.hypot(x2 - x1, y2 - y1) - width) < 1.0
    turn = turn if long_first else turn - 90
    return turn if -90 < turn <= 90 else turn - 180


def _sides(shape: Polygon) -> tuple[float, float]:
    (x1, y1), (x2, y2), (x3, y3), *_ = _frame(shape)
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


def bridges(
    network: dict[str, tuple[LineString, Row]], pit: Polygon
) -> list[tuple[BaseGeometry, Row]]:
    """Draw bridges on the roads and one ferry."""
    made: list[tuple[BaseGeometry, Row]] = []
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
