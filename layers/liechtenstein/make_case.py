"""Make the layers of the Liechtenstein case from an OpenStreetMap extract.

Run: ``python make_case.py RAW_FOLDER``. RAW_FOLDER holds ``liechtenstein_osm.gpkg`` (layers
cut from the extract) and ``liechtenstein-latest.osm.pbf`` (the extract itself, 2015-10-08).
The files are written beside this script. Rows keep the order and the geometry of the
source; nothing is mended, moved, merged or left out. With the same library versions the
bytes repeat.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyogrio

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

PACKAGE = "liechtenstein_osm.gpkg"
EXTRACT = "liechtenstein-latest.osm.pbf"

# OpenStreetMap numbers nodes, ways and relations separately: the letter keeps ids apart.
NODE, WAY, RELATION = "n", "w", "r"


def read_layer(raw: Path, *, name: str) -> gpd.GeoDataFrame:
    """Read one layer of the GeoPackage.

    Parameters
    ----------
    raw : pathlib.Path
        Folder of raw files.
    name : str
        Name of the layer.

    Returns
    -------
    geopandas.GeoDataFrame
        Its rows in EPSG:4326.
    """
    return pyogrio.read_dataframe(raw / PACKAGE, layer=name)


def read_boundaries(raw: Path, *, admin_level: str) -> gpd.GeoDataFrame:
    """Read the administrative areas of one level from the extract.

    Parameters
    ----------
    raw : pathlib.Path
        Folder of raw files.
    admin_level : str
        Level as OpenStreetMap tags it: ``2`` country, ``8`` municipality.

    Returns
    -------
    geopandas.GeoDataFrame
        Areas with ``id`` and ``name``, in EPSG:4326.
    """
    areas = pyogrio.read_dataframe(raw / EXTRACT, layer="multipolygons")
    # Not areas.boundary: that is the geometric boundary of the shapes.
    wanted = (areas["boundary"] == "administrative") & (areas["admin_level"] == admin_level)
    return with_ids(areas[wanted].reset_index(drop=True))[["id", "name", "geometry"]]


def with_ids(frame: gpd.GeoDataFrame, *, letter: str = RELATION) -> gpd.GeoDataFrame:
    """Add a stable id made of the kind of element and its number.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Rows with ``osm_id`` and, for areas, ``osm_way_id``.
    letter : str
        Kind of element that ``osm_id`` numbers.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows with a column ``id``.
    """
    made = frame.copy()
    made["id"] = letter + made["osm_id"]
    if "osm_way_id" in made:
        made["id"] = made["id"].fillna(WAY + made["osm_way_id"])
    return made


def tag_of(frame: pd.DataFrame, *, keys: Sequence[str]) -> pd.Series:
    """Write the first tag that a row has as ``key=value``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with one column a key.
    keys : sequence of str
        Keys in order of preference.

    Returns
    -------
    pandas.Series of str
        One tag a row.
    """
    tags = pd.Series([None] * len(frame), index=frame.index, dtype="str")
    for key in keys:
        tags = tags.fillna(key + "=" + frame[key])
    return tags


def make_hazards(raw: Path) -> dict[str, gpd.GeoDataFrame]:
    """Make the hazard layers.

    Parameters
    ----------
    raw : pathlib.Path
        Folder of raw files.

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        Layers by file name without suffix.
    """
    areas = with_ids(read_layer(raw, name="hazard_areas"))
    areas["tag"] = tag_of(areas, keys=("landuse", "man_made", "amenity"))
    # A silo is drawn as its own wall; every other area as the ground it stands on.
    areas["reference"] = areas["man_made"].map({"silo": "vessel_shell"})
    points = with_ids(read_layer(raw, name="hazard_points"), letter=NODE)
    points["tag"] = tag_of(points, keys=("amenity",))
    return {
        "hazard_areas": areas[["id", "name", "tag", "operator", "reference", "geometry"]],
        "hazard_points": points[["id", "name", "tag", "operator", "geometry"]],
    }


def make_receptors(raw: Path) -> dict[str, gpd.GeoDataFrame]:
    """Make the layers of what is protected.

    Parameters
    ----------
    raw : pathlib.Path
        Folder of raw files.

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        Layers by file name without suffix.
    """
    residential = with_ids(read_layer(raw, name="residential_areas"))
    areas = with_ids(read_layer(raw, name="sensitive_areas"))
    points = with_ids(read_layer(raw, name="sensitive_points"), letter=NODE)
    buildings = with_ids(read_layer(raw, name="buildings"))
    roads = with_ids(read_layer(raw, name="roads"), letter=WAY)
    lines = with_ids(read_layer(raw, name="waterways_railways"), letter=WAY)
    railways = lines[lines["railway"].notna()].reset_index(drop=True)
    return {
        "residential_areas": residential[["id", "name", "geometry"]],
        "sensitive_areas": areas[["id", "name", "amenity", "geometry"]],
        "sensitive_points": points[["id", "name", "amenity", "geometry"]],
        "buildings": buildings[["id", "name", "building", "geometry"]],
        "roads": roads[["id", "name", "highway", "geometry"]],
        "railways": railways[["id", "name", "railway", "geometry"]],
    }


def make_ground(raw: Path) -> dict[str, gpd.GeoDataFrame]:
    """Make the layers that a map is drawn on.

    Parameters
    ----------
    raw : pathlib.Path
        Folder of raw files.

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        Layers by file name without suffix.
    """
    lines = with_ids(read_layer(raw, name="waterways_railways"), letter=WAY)
    waterways = lines[lines["waterway"].notna()].reset_index(drop=True)
    places = with_ids(read_layer(raw, name="places"), letter=NODE)
    population = places["other_tags"].str.extract(r'"population"=>"(\d+)"', expand=False)
    places["population"] = population.astype("str")
    return {
        "boundary": read_boundaries(raw, admin_level="2"),
        "municipalities": read_boundaries(raw, admin_level="8"),
        "places": places[["id", "name", "place", "population", "geometry"]],
        "waterways": waterways[["id", "name", "waterway", "geometry"]],
    }


def make_case(raw: Path, *, folder: Path) -> dict[str, int]:
    """Write every layer of the case as GeoParquet.

    Parameters
    ----------
    raw : pathlib.Path
        Folder of raw files.
    folder : pathlib.Path
        Case folder to write to.

    Returns
    -------
    dict of str to int
        Rows by file name.

    Raises
    ------
    ValueError
        When an id is missing or stands twice in a layer.
    """
    counts: dict[str, int] = {}
    for name, frame in {**make_ground(raw), **make_hazards(raw), **make_receptors(raw)}.items():
        if frame["id"].isna().any() or frame["id"].duplicated().any():
            raise ValueError(f"{name}: an id is missing or stands twice")
        path = folder / f"{name}.parquet"
        frame.to_parquet(path, index=False, compression="zstd", compression_level=22)
        counts[path.name] = len(frame)
    return counts


if __name__ == "__main__":
    for file_name, rows in make_case(Path(sys.argv[1]), folder=Path(__file__).parent).items():
        print(f"{file_name}\t{rows}")
