"""Make the layers of the Tampa Bay and Polk case from public files.

Run: ``python make_case.py RAW_FOLDER``. RAW_FOLDER holds ``epa_rmp_florida_2024.csv``,
``hifld_public_schools_florida.csv``, ``hifld_hospitals_florida.csv`` and
``geonames_places_florida.csv``. The files are written beside this script. Every row is
kept, in the order of the source, and every value as it is spelled there: wrong coordinates
and negative counts included. The facility file is copied byte for byte; of the others only
columns are left out. The bytes repeat.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FACILITIES = "epa_rmp_florida_2024.csv"

# West, south, east, north [degrees]: chosen for this case, not an administrative boundary.
STUDY_BOX = (-83.0, 27.3, -81.2, 28.6)

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hifld_public_schools_florida.csv": (
            "NCESID",
            "NAME",
            "CITY",
            "COUNTY",
            "STATUS",
            "LEVEL_",
            "ENROLLMENT",
            "LATITUDE",
            "LONGITUDE",
        ),
        "hifld_hospitals_florida.csv": (
            "ID",
            "NAME",
            "CITY",
            "COUNTY",
            "TYPE",
            "STATUS",
            "BEDS",
            "LATITUDE",
            "LONGITUDE",
        ),
        "geonames_places_florida.csv": (
            "geonameid",
            "name",
            "population",
            "latitude",
            "longitude",
        ),
    }
)


def trim_columns(source: Path, *, columns: Sequence[str], target: Path) -> int:
    """Copy a CSV file with fewer columns, every value as text.

    Parameters
    ----------
    source : pathlib.Path
        File to read.
    columns : sequence of str
        Columns to keep, the first being the key.
    target : pathlib.Path
        File to write.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    ValueError
        When the key is missing or stands twice.
    """
    table = pd.read_csv(source, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    key = table[columns[0]]
    if (key == "").any() or key.duplicated().any():
        raise ValueError(f"{source.name}: a {columns[0]} is missing or stands twice")
    table[list(columns)].to_csv(target, index=False, encoding="utf-8", lineterminator="\n")
    return len(table)


def write_study_area(target: Path) -> int:
    """Write the study box as one GeoJSON polygon.

    Parameters
    ----------
    target : pathlib.Path
        File to write.

    Returns
    -------
    int
        Features written.
    """
    west, south, east, north = STUDY_BOX
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    feature = {
        "type": "Feature",
        "properties": {
            "id": "study_box",
            "name": "Study area (Tampa Bay and Polk study box)",
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    collection = {"type": "FeatureCollection", "features": [feature]}
    target.write_text(json.dumps(collection, indent=1) + "\n", encoding="utf-8", newline="\n")
    return 1


def make_case(raw: Path, *, folder: Path) -> dict[str, int]:
    """Write every file of the case.

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
    """
    counts = {"study_area.geojson": write_study_area(folder / "study_area.geojson")}
    shutil.copyfile(raw / FACILITIES, folder / FACILITIES)
    counts[FACILITIES] = len(pd.read_csv(raw / FACILITIES, dtype=str))
    for name, columns in COLUMNS.items():
        counts[name] = trim_columns(raw / name, columns=columns, target=folder / name)
    return counts


if __name__ == "__main__":
    for file_name, rows in make_case(Path(sys.argv[1]), folder=Path(__file__).parent).items():
        print(f"{file_name}\t{rows}")
