"""Make the liyang case: real boundary and places, invented everything else.

Usage: ``python -m layers.liyang.make_case ADMIN_FOLDER PLACES_FOLDER``. ADMIN_FOLDER holds
``liyang_county_gcj02.geojson`` and ``liyang_and_neighbours_gcj02.geojson``, PLACES_FOLDER
``geonames_places_liyang_and_around.csv``. No public source has the county's real parks,
mines, sources and homes: every such row is invented, says so, and carries an invented name.
Shapes are drawn in EPSG:4549 [m] and written in CGCS2000 degrees. The same bytes every time.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.liyang.hazards import (
    bridges,
    lines,
    lone_sources,
    parks,
    plants,
    quarries,
    roads,
    sources,
)
from layers.liyang.pens import HERE, METRES, Row, beside, block, shift_to, spot, town, write
from layers.liyang.receptors import homes, sensitive
from layers.liyang.registers import registers

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


def real_layers(admin: Path, places: Path) -> BaseGeometry:
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
    taken: list[BaseGeometry] = [
        *corridors,
        *(shape for shape, _ in [*park_areas, *plots, *lone, *pits, *dumps]),
    ]
    village_gaps: dict[str, tuple[BaseGeometry, float, int | None]] = {
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
    place_gaps: list[tuple[BaseGeometry, float, int]] = [
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
    stations: list[tuple[BaseGeometry, Row]] = [
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
    everything: dict[str, list[tuple[BaseGeometry, Row]]] = {
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
