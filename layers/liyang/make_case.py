"""Make the liyang case: real boundary and places, invented everything else.

Usage: ``python -m layers.liyang.make_case ADMIN_FOLDER PLACES_FOLDER``. ADMIN_FOLDER holds
``liyang_county_gcj02.geojson``, ``liyang_county_wgs84_derived.geojson`` (only to keep invented
things inside) and ``liyang_and_neighbours_gcj02.geojson``; PLACES_FOLDER holds
``geonames_places_liyang_and_around.csv``. ``plan.toml`` says what is invented and at which gap
from what. Every invented row says so and carries an invented name. Shapes are drawn in
EPSG:4549 [m] and written in CGCS2000 degrees. The same bytes every time.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops
from shapely import LineString, Point, Polygon
from shapely.affinity import rotate, scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shapely.geometry.base import BaseGeometry

from layers.liyang.pens import (
    DEGREES,
    HERE,
    METRES,
    NOTE,
    ORDER,
    SYLLABLES,
    Case,
    Row,
    bend,
    beside,
    blob,
    block,
    shift_to,
    spot,
)
from layers.liyang.registers import make_dangers, make_reports, make_scores, make_stocks, make_tiers


def draw_lines(case: Case) -> None:
    """Draw roads, railways and pipelines."""
    seeds = {"R1a": 21, "R1b": 21, "R2": 22}
    for number, plan in enumerate(case.plan["line"]):
        east, north = plan.get("shift", (0.0, 0.0))
        stops = [
            case.town(stop) if isinstance(stop, str) else spot(*stop) for stop in plan["stops"]
        ]
        line: BaseGeometry = bend(
            [(x + east, y + north) for x, y in stops], seeds.get(plan["id"], number)
        )
        if "part" in plan:
            start, end = (share * line.length for share in plan["part"])
            line = shapely.ops.substring(LineString(line.coords), start, end)
        row: Row = {name: plan[name] for name in ("id", "name", "kind")}
        if plan["layer"] == "roads":
            land = plan.get("land")
            row |= {"land_half_width_m": land, "established": plan.get("established")}
            row["half_width_m"] = None if land is None else round(land * 0.6, 2)
        elif plan["layer"] == "railways":
            row |= {"structure": plan["structure"], "toe_half_width_m": plan["toe"]}
        else:
            row["established"] = plan["established"]
        case.add(plan["layer"], line, row)


def draw_parks(case: Case) -> None:
    """Draw parks within their limits, their control lines, and plots in two rows."""
    for park in case.plan["park"]:
        middle, (width, height), angle = spot(*park["middle"]), park["size"], park["angle"]
        shape = block(middle, (width, height), angle)
        row: Row = {name: park[name] for name in ("id", "name", "established", "grade")}
        case.add("parks", shape, row | {"owner": f"{park['name']}管委会（示例）"})
        line: Row = {"id": f"C{park['id']}", "name": f"{park['name']}控制线", "park": park["id"]}
        case.add("control_lines", shape.buffer(park["control"], quad_segs=6), line)
        columns = park["columns"]
        wide, deep = width / (columns + 0.25), height / 2.1
        for index in sorted(set(range(columns * 2)) - set(park["empty"])):
            x = middle[0] + (index % columns - (columns - 1) / 2) * wide
            y = middle[1] + (0.5 if index >= columns else -0.5) * deep
            plot = block((x, y), (wide - 70, deep - 70))
            draw_plant(case, rotate(plot, angle, origin=middle), angle, {"park": park["id"]})
    for plan in case.plan["plant"]:
        road, share, offset = plan["beside"]
        middle, angle = beside(case.shape(road), share, offset)
        row = {"park": None, "established": plan["established"]}
        draw_plant(case, block(middle, (230.0, 170.0), angle), angle, row)


UNIT_KINDS: tuple[tuple[str, str, Row], ...] = (
    (
        "tank_farm",
        "罐区",
        {"substance": "甲醇", "quantity_t": 620.0, "reference": "vessel_shell", "key_unit": "yes"},
    ),
    (
        "production_unit",
        "合成装置",
        {"substance": "环氧乙烷", "quantity_t": 4.0, "reference": "unit_edge", "key_unit": "yes"},
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


def draw_plant(case: Case, plot: Polygon, angle: float, known: Row) -> None:
    """Draw a firm's plot and two or three units inside it."""
    index = len(case.layers.get("plants", []))
    name = f"示例{ORDER[index]}化工有限公司"
    firm: Row = {"id": f"E{index + 1:02}", "name": name, "owner": name, "hazchem": "yes"}
    firm |= {"established": str(2007 + 2 * (index % 5)), **known}
    case.add("plants", plot, firm)
    middle = (plot.centroid.x, plot.centroid.y)
    west, south, east, north = rotate(plot, -angle, origin=middle).bounds
    width, depth = east - west, north - south
    changes = {change["id"]: change for change in case.plan["unit"]}
    for place in range(3 if index % 3 == 0 or index >= 12 else 2):
        kind, title, usual = UNIT_KINDS[(index + place) % 4]
        ident = f"U{len(case.layers.get('units', [])) + 1:02}"
        change = changes.get(ident, {})
        up = change.get("up", 0.2 if place == 1 else -0.12)
        along = change.get("along", (place - 1) * 0.29)
        at = (middle[0] + along * width, middle[1] + up * depth)
        shape = rotate(block(at, (width * 0.17, depth * 0.26)), angle, origin=middle)
        grade = {"tank_farm": 3.0 - index % 2, "production_unit": 4.0}.get(kind)
        row: Row = {"id": ident, "name": f"{name[:3]}{title}", "kind": kind, "owner": name}
        row |= {"unit_of": f"plants/{firm['id']}", "hazchem": "yes", "dangerous_goods": "yes"}
        row |= {"key_unit": "no", "major_hazard_grade": grade, "established": firm["established"]}
        row |= usual | {key: value or None for key, value in change.get("set", {}).items()}
        case.add("units", shape, row)


def draw_lone_sources(case: Case) -> None:
    """Draw filling stations and stores that are part of no plant."""
    common: Row = {"hazchem": "yes", "dangerous_goods": "yes", "key_unit": "no"}
    for number, plan in enumerate(case.plan["station"], start=1):
        road, share, offset = plan["beside"]
        middle, angle = beside(case.shape(road), share, offset)
        fuel = plan.get("fuel", "petrol")
        row: Row = {
            "id": plan["id"],
            "name": f"示例{number}号{'加气站' if fuel == 'lpg' else '加油站'}",
            "kind": "filling_station",
            "owner": f"示例{number}号能源站",
            "station_level": plan.get("level"),
            "fuel": fuel,
            "established": str(2001 + number),
            "reference": "vessel_shell",
        }
        case.add("units", block(middle, (14.0, 9.0), angle), common | row)
    for plan in case.plan["store"]:
        road, share, offset = plan["beside"]
        middle, angle = beside(case.shape(road), share, offset)
        row = {name: plan.get(name) for name in ("id", "kind", "name", "established", "substance")}
        row |= {"owner": plan["name"], "quantity_t": plan.get("quantity_t")}
        row |= {"major_hazard_grade": plan.get("grade"), "reference": "building_wall"}
        if plan["kind"] == "ammonia_cold_store":
            row["key_unit"] = "yes"
        case.add("units", block(middle, (46.0, 30.0), angle), common | row)


def draw_mines(case: Case) -> None:
    """Draw licence areas at chosen gaps from lines or mines, and their dumps."""
    for number, plan in enumerate(case.plan["mine"]):
        shape: BaseGeometry = blob(spot(*plan["middle"]), plan["radius"], 101 + number)
        if "to" in plan:
            shape = shift_to(shape, case.shape(plan["to"]), plan["gap"])
        output = plan.get("output_t")
        name = f"示例{ORDER[number]}石灰岩矿"
        row: Row = {
            "id": plan["id"],
            "name": name,
            "owner": f"{name}有限公司",
            "kind": "open_pit",
            "scale": None if output is None else "small" if output <= 500000 else "large",
            "output_t": output,
            "blasting": plan.get("blasting", "yes"),
            "established": str(2004 + number),
        }
        case.add("quarries", shape, row)
    for number, plan in enumerate(case.plan["dump"]):
        pit, mine = case.get(plan["mine"])
        east, north = plan["toward"]
        start = blob((pit.centroid.x + east, pit.centroid.y + north), 85.0, 201 + number)
        row = {"id": f"D{plan['mine'][1:]}", "name": f"{mine['name']}排土场", "mine": mine["id"]}
        row |= {"owner": mine["owner"], "height_m": 24.0 + 6.0 * number}
        row["designed_measures"] = "yes" if number % 2 else None
        case.add("dumps", shift_to(start, pit, 18.0), row)


def draw_structures(case: Case) -> None:
    """Draw pipeline facilities, bridges, and the built-up area."""
    gas = case.shape("L1")
    for plan in case.plan["facility"]:
        pit = case.shape(plan["of"])
        choices = []
        for step in range(1, 200):
            middle, angle = beside(gas, step / 200, 40.0)
            choices.append(block(middle, plan["size"], angle))
        shape = min(choices, key=lambda choice: abs(choice.distance(pit) - plan["gap"]))
        row: Row = {"id": plan["id"], "name": plan["name"], "established": "2014"}
        case.add("facilities", shape, row)
    for number, plan in enumerate(case.plan["bridge"], start=1):
        road = case.shape(plan["on"])
        at = plan.get("share", 0.0) * road.length
        if "of" in plan:
            at = road.project(case.shape(plan["of"]).centroid) + plan["ahead"]
        part = shapely.ops.substring(LineString(road.coords), at, at + 80.0)
        row = {"id": plan["id"], "kind": plan["kind"], "established": str(2004 + number)}
        row["name"] = f"示例{number}号{'渡口' if plan['kind'] == 'ferry' else '桥'}"
        case.add("bridges", part.buffer(8.0, cap_style="flat"), row)
    x, y = case.town("溧城")
    dense = shapely.union_all(
        [scale(blob((x, y), 2500.0, 301, 14), 1.1, 0.9), blob((x - 600.0, y + 1300.0), 1500.0, 302)]
    )
    dense = dense.buffer(500.0).buffer(-700.0).buffer(200.0).simplify(5.0)
    case.add("built_up", dense, {"id": "A1", "name": "示例主城区"})


TITLES = {
    "village": "村",
    "estate": "花苑",
    "dormitory": "宿舍",
    "school": "学校",
    "kindergarten": "幼儿园",
    "hospital": "医院",
    "care_home": "养老院",
    "market": "集贸市场",
    "office": "办事处",
}
PLACE_KINDS = tuple(TITLES)[3:]


def home(case: Case, kind: str, known: Row) -> Row:
    """Say what is known of a home; households 0 means not known."""
    number = len(case.layers.get("homes", [])) + 1
    dice = random.Random(1000 + number)
    households = known.get("households") or None
    persons = None if households is None else round(households * 2.9)
    sizes = {30: "general_1", 10: "general_2", 0: "general_3"}
    size = next((name for least, name in sizes.items() if (households or -1) >= least), None)
    letters = len(SYLLABLES)
    second = SYLLABLES[(number * 7 + number // letters * 2 + 3) % letters]
    return {
        "id": f"V{number:02}",
        "name": f"示例{SYLLABLES[number % letters]}{second}{TITLES[kind]}",
        "kind": kind,
        "households": households,
        "persons": persons,
        "owner": known.get("owner"),
        "established": str(dice.choice([1985, 1992, 2003, 2013, 2019])),
        "receptor_class": size,
        "reference": known.get("reference", "building_wall"),
        "crowded": "no",
        "important_public": "no",
        "high_rise": known.get("high_rise", "no"),
        "station_class": None if households is None else 2.0 if households >= 30 else 3.0,
    }


def place(case: Case, kind: str, known: Row) -> tuple[str, Row]:
    """Say what is known of a sensitive place, and in which layer it belongs."""
    layer = "places_points" if known.get("point") else "places_grounds"
    number = len(case.layers.get(layer, [])) + 1
    dice = random.Random(f"{layer}{number}")
    persons = known.get("persons") or dice.choice([60, 140, 320, 440])
    row: Row = {
        "id": f"{'K' if known.get('point') else 'B'}{number:02}",
        "name": f"示例{known['where']}{TITLES[kind]}",
        "kind": kind,
        "persons": persons,
        "receptor_class": {"market": "general_1", "office": "general_2"}.get(
            kind, "high_sensitive"
        ),
        "crowded": "no" if kind == "office" else "yes",
        "high_rise": "no",
        "important_public": "yes" if kind == "school" and persons > 500 else "no",
        "station_class": 2.0 if kind == "office" else 1.0,
        "established": str(dice.choice([1988, 1996, 2006, 2014, 2020])),
    }
    if not known.get("point"):
        row["reference"] = known.get("reference", "site_boundary")
    return layer, row


def draw_near(case: Case) -> None:
    """Draw the homes and places that stand at a chosen gap from a source."""
    for number, plan in enumerate(case.plan["near"], start=1):
        source, owner = case.get(plan["of"])
        kind = plan.get("kind", "village")
        shape = _fit(case, source, plan, number)
        if kind in PLACE_KINDS:
            known: Row = plan | {"where": f"{number}号", "reference": "building_wall"}
            if kind in {"school", "kindergarten"}:
                known["reference"] = "site_boundary"
            layer, row = place(case, kind, known)
            case.add(layer, shape.centroid if plan.get("point") else shape, row)
        else:
            firm = owner["owner"] if kind == "dormitory" else None
            case.add("homes", shape, home(case, kind, plan | {"owner": firm}))


def _fit(case: Case, source: BaseGeometry, plan: Row, number: int) -> BaseGeometry:
    """Find a free spot at the gap of a plan row from a source."""
    dice = random.Random(number)
    small = plan.get("kind", "village") in PLACE_KINDS
    size = (62.0, 44.0) if small else (dice.uniform(80, 150), dice.uniform(55, 95))
    free = shapely.union_all([*_taken(case, source), *_corridors(case)])
    reach = 500.0 if small else 900.0
    turn = dice.uniform(0, 6.283)
    for _ in range(180):
        turn += 0.35
        x = source.centroid.x + reach * math.cos(turn)
        y = source.centroid.y + reach * math.sin(turn)
        start: BaseGeometry = block((x, y), size, dice.uniform(0, 90))
        if not small:
            start = scale(blob((x, y), size[0] / 2, dice.randrange(9999), 9), 1.0, 0.7)
        if plan.get("point"):
            start = Point(x, y)
        shape = shift_to(start, source, plan["gap"])
        if shape.distance(free) > 5 and shape.within(case.area):
            return shape
    raise SystemExit(f"no room {plan['gap']} m from {plan['of']}")


def _taken(case: Case, source: BaseGeometry | None = None) -> Iterator[BaseGeometry]:
    layers = ("parks", "plants", "units", "quarries", "dumps", "homes", "facilities", "bridges")
    for layer in (*layers, "places_grounds", "places_points"):
        for shape, row in case.layers.get(layer, []):
            if shape is not source:
                yield shape.buffer(25.0) if row["id"].startswith("K") else shape


def _corridors(case: Case) -> Iterator[BaseGeometry]:
    for layer in ("roads", "railways", "pipelines"):
        for shape, _ in case.layers[layer]:
            yield shape.buffer(26.0)


def _quiet(case: Case) -> BaseGeometry:
    """Return the ground where further homes would add to the story."""
    margins = {"quarries": 420.0, "parks": 600.0, "plants": 800.0, "units": 90.0, "dumps": 300.0}
    shapes = [shape.buffer(m) for name, m in margins.items() for shape, _ in case.layers[name]]
    return shapely.union_all([*shapes, *_corridors(case), *_taken(case)])


def draw_villages(case: Case) -> None:
    """Draw further villages beside the roads, and estates in the city."""
    dice = random.Random(11)
    busy = _quiet(case)
    city = case.shape("A1")
    roads = [(shape, row) for shape, row in case.layers["roads"] if row["kind"] != "expressway"]
    x, y = case.town("溧城")
    while (number := len(case.layers["homes"])) < 72:
        estate = number >= 60
        middle, angle = (dice.gauss(x, 1100), dice.gauss(y, 900)), dice.choice([8.0, 14.0])
        if not estate:
            road = dice.choices(roads, weights=[shape.length for shape, _ in roads])[0][0]
            offset = dice.choice([-1, 1]) * dice.choice([75.0, 90.0, 130.0, 260.0])
            middle, angle = beside(road, dice.uniform(0.03, 0.97), offset)
        shape: BaseGeometry = block(middle, (dice.uniform(110, 170), dice.uniform(90, 130)), angle)
        if not estate:
            shape = scale(blob(middle, dice.uniform(50, 85), dice.randrange(9999), 9), 1.2, 0.8)
            shape = rotate(shape, angle)
        inside = case.area.buffer(-300.0) - city if not estate else city.buffer(-100.0)
        if not shape.within(inside) or shape.distance(busy) < (15.0 if estate else 4.0):
            continue
        busy = busy.union(shape.buffer(0.0 if estate else 500.0))
        known: Row = {"households": dice.choice([180, 320, 460] if estate else [24, 45, 80, 130])}
        known["high_rise"] = dice.choice(["yes", "no"]) if estate else "no"
        known["reference"] = "site_boundary"
        case.add("homes", shape, home(case, "estate" if estate else "village", known))


def draw_town_places(case: Case) -> None:
    """Draw two sensitive places in each town, some known only as a point."""
    dice = random.Random(12)
    busy = _quiet(case)
    for name in case.plan["towns"]:
        for kind in dice.sample(PLACE_KINDS, 3 if name == "溧城" else 2):
            point = dice.random() < 0.45
            for _ in range(200):
                x, y = (dice.gauss(middle, 380) for middle in case.town(name))
                shape: BaseGeometry = block((x, y), (110.0, 80.0), dice.uniform(0, 90))
                if shape.distance(busy) > 5:
                    break
            busy = busy.union(shape)
            layer, row = place(case, kind, {"where": name, "point": point})
            case.add(layer, shape.centroid if point else shape, row)


def write_layer(name: str, rows: list[tuple[BaseGeometry, Row]]) -> None:
    """Write a layer as GeoParquet, each row with the note that it is invented."""
    names = sorted({column for _, values in rows for column in values})
    columns: Row = {column: [values.get(column) for _, values in rows] for column in names}
    columns["note"] = [NOTE] * len(rows)
    made = gpd.GeoDataFrame(columns, geometry=[shape for shape, _ in rows], crs=METRES)
    made = made.to_crs(DEGREES)
    made["geometry"] = shapely.set_precision(np.asarray(made.geometry.array), 1e-8)
    made.to_parquet(HERE / f"{name}.parquet", index=False, compression="zstd")


def write_register(name: str, rows: Iterable[Row]) -> None:
    """Write a register as CSV."""
    pd.DataFrame(list(rows)).to_csv(
        HERE / f"{name}.csv", index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL
    )


def write_real(admin: Path, places: Path) -> BaseGeometry:
    """Convert the real boundary, neighbours and places; return the county in metres."""
    county = gpd.read_file(admin / "liyang_county_gcj02.geojson")
    county[["adcode", "district", "geometry"]].to_parquet(
        HERE / "county_gcj02.parquet", index=False, compression="zstd"
    )
    around = gpd.read_file(admin / "liyang_and_neighbours_gcj02.geojson")
    around = around[around["adcode"].astype(str) != "320481"]
    named = around["district"].astype(str).str.len() > 0
    around["name"] = around["district"].where(named, around["city"])
    # Half of the vertices would fill half of the case: shared borders stay shared.
    around["geometry"] = shapely.coverage_simplify(np.asarray(around.geometry.array), 0.0002)
    around[["adcode", "name", "geometry"]].to_parquet(
        HERE / "neighbours_gcj02.parquet", index=False, compression="zstd"
    )
    write_places(places / "geonames_places_liyang_and_around.csv")
    derived = gpd.read_file(admin / "liyang_county_wgs84_derived.geojson").to_crs(METRES)
    return shapely.union_all(np.asarray(derived.geometry.array))


def write_places(source: Path) -> None:
    """Write the real places with Chinese names, and say of each whether it is kept."""
    table = pd.read_csv(source, dtype=str)
    pairs = zip(table["alternatenames"].fillna(""), table["name"], strict=True)
    table["name_zh"] = [_chinese(names, name) for names, name in pairs]
    # Five towns stand twice, 3 to 5 km apart (one of them outside the county). The later row
    # of each, of GeoNames' series of town seats, is kept; README.md names them.
    table["kept"] = np.where(table["name_zh"].duplicated(keep="last"), "no", "yes")
    # GeoNames writes 凓 for 溧, and 晿桥 2 km from 晶桥 for the same town: mended and left out.
    table["name_zh"] = table["name_zh"].str.replace("凓", "溧")
    table.loc[table["name_zh"] == "晿桥", "kept"] = "no"
    table["kind"] = np.where(table["name"] == "Licheng", "city", "town")
    columns = ["geonameid", "name_zh", "name", "kind", "longitude", "latitude", "population"]
    table[[*columns, "kept"]].to_csv(HERE / "places.csv", index=False, lineterminator="\n")


def _chinese(names: str, name: str) -> str:
    found = [part for part in names.split("|") if part and all("一" <= x <= "鿿" for x in part)]
    return min(found, key=len) if found else name


def main() -> None:
    """Write every file of the case."""
    parser = argparse.ArgumentParser(description="Make the liyang case.")
    parser.add_argument("admin", type=Path)
    parser.add_argument("places", type=Path)
    options = parser.parse_args()
    plan = tomllib.loads((HERE / "plan.toml").read_text("utf-8"))
    case = Case(plan, write_real(options.admin, options.places))
    draw_lines(case)
    draw_parks(case)
    draw_lone_sources(case)
    draw_mines(case)
    draw_structures(case)
    draw_near(case)
    draw_villages(case)
    draw_town_places(case)
    for name, rows in case.layers.items():
        write_layer(name, rows)
        print(name, len(rows))
    write_register("tier_register", make_tiers(case))
    write_register("assessment_scores", make_scores())
    write_register("safety_reports", make_reports(case))
    write_register("stocks", make_stocks(case))
    write_register("consents", plan["consent"])
    write_register("hidden_dangers", make_dangers(case))


if __name__ == "__main__":
    main()
