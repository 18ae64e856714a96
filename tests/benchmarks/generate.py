"""Write the benchmark's data: ``python -m tests.benchmarks.generate --scale S --out DIR``.

Hazards and receptors are written twice from the same shapes: in metres of EPSG:4549 for
engines that measure in a plane, and in longitude and latitude of CGCS2000 (EPSG:4490) for
riskmap, which projects them itself. Plane and ellipsoid differ by up to 7e-5 of a distance, so
receptors that stand within 2e-4 of a required distance are left out (not at scale L): the two
metrics must then agree on every row.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from tests.benchmarks.shapes import (
    CHUNK,
    HAZARD_KINDS,
    RECEPTOR_KINDS,
    REQUIRED_M,
    SCALES,
    cut_lines,
    draw_hazards,
    draw_receptors,
    draw_towns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from numpy.typing import NDArray

    from tests.benchmarks.shapes import Integers, Kinds, Shapes

    Flags = NDArray[np.bool_]

PLANE_CRS = "EPSG:4549"
DEGREES_CRS = "EPSG:4490"
BAND = 2e-4
_THREADS = 2
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def list_rules() -> list[dict[str, float]]:
    """List the rules of `REQUIRED_M`, numbered in its order.

    Returns
    -------
    list of dict
        Id, positions of the two kinds, and the required distance [m].
    """
    rules: list[dict[str, float]] = []
    for hazard, receptors in REQUIRED_M.items():
        for receptor, distances in receptors.items():
            rules.extend(
                {
                    "id": len(rules) + offset,
                    "hazard_kind": HAZARD_KINDS.index(hazard),
                    "receptor_kind": RECEPTOR_KINDS.index(receptor),
                    "required_m": required,
                }
                for offset, required in enumerate(distances)
            )
    return rules


def _geo_metadata(shapes: Shapes, *, crs: str, covered: bool) -> dict[bytes, bytes]:
    """Word the file's ``geo`` key after GeoParquet 1.1."""
    names = {0: "Point", 1: "LineString", 3: "Polygon"}
    column = {
        "encoding": "WKB",
        "geometry_types": [names[i] for i in np.unique(shapely.get_type_id(shapes)).tolist()],
        "crs": pyproj.CRS(crs).to_json_dict(),
    }
    if covered:
        column["covering"] = {"bbox": {corner: ["bbox", corner] for corner in _CORNERS}}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return {b"geo": json.dumps(geo).encode()}


def _as_table(shapes: Shapes, *, kind: Kinds, ids: Integers, covered: bool = True) -> pa.Table:
    """Lay shapes out as columns id, kind, bbox (when covered) and geometry."""
    columns = {"id": pa.array(ids.astype(np.int32)), "kind": pa.array(kind)}
    if covered:
        bounds = shapely.bounds(shapes)
        columns["bbox"] = pa.StructArray.from_arrays(
            [pa.array(bounds[:, i]) for i in range(len(_CORNERS))], names=list(_CORNERS)
        )
    columns["geometry"] = pa.array(shapely.to_wkb(shapes), type=pa.binary())
    return pa.table(columns)


class LayerWriter:
    """Write one layer in both coordinate systems, in row groups of `CHUNK`, with dense ids.

    Parameters
    ----------
    folder : Path
        Where the files go.
    layer : str
        ``hazards`` or ``receptors``.
    scale : str
        Name of the scale.
    """

    def __init__(self, folder: Path, *, layer: str, scale: str) -> None:
        self._paths = {
            PLANE_CRS: folder / f"{layer}_{scale}_4549.parquet",
            DEGREES_CRS: folder / f"{layer}_{scale}.parquet",
        }
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._to_degrees = pyproj.Transformer.from_crs(PLANE_CRS, DEGREES_CRS, always_xy=True)
        self._waiting: list[tuple[Shapes, Kinds]] = []
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._waiting:
            self._write(*self._take())
        for writer in self._writers.values():
            writer.close()

    def add(self, shapes: Shapes, kind: Kinds) -> None:
        """Take rows in, and write the full row groups they complete.

        Parameters
        ----------
        shapes : ndarray
            Shapes in metres of EPSG:4549.
        kind : ndarray
            Their kinds.
        """
        self._waiting.append((shapes, kind))
        if sum(len(part) for part, _ in self._waiting) < CHUNK:
            return
        shapes, kind = self._take()
        full = len(shapes) // CHUNK * CHUNK
        self._write(shapes[:full], kind[:full])
        self._waiting = [(shapes[full:], kind[full:])] if full < len(shapes) else []

    def _take(self) -> tuple[Shapes, Kinds]:
        """Join the rows that wait."""
        shapes, kinds = zip(*self._waiting, strict=True)
        return np.concatenate(shapes), np.concatenate(kinds)

    def _write(self, shapes: Shapes, kind: Kinds) -> None:
        """Write rows to both files."""
        ids = np.arange(self.rows, self.rows + len(shapes))
        degrees = shapely.transform(
            shapes, lambda xy: np.column_stack(self._to_degrees.transform(xy[:, 0], xy[:, 1]))
        )
        for crs, placed in ((PLANE_CRS, shapes), (DEGREES_CRS, degrees)):
            table = _as_table(placed, kind=kind, ids=ids)
            if crs not in self._writers:
                geo = _geo_metadata(placed, crs=crs, covered=True)
                self._writers[crs] = pq.ParquetWriter(
                    self._paths[crs], table.schema.with_metadata(geo), compression="zstd"
                )
            writer = self._writers[crs]
            writer.write_table(table.cast(writer.schema), row_group_size=CHUNK)
        self.rows += len(shapes)


@dataclass(frozen=True, slots=True)
class _Edge:
    """Hold what one kind of hazard measures one kind of receptor against."""

    receptor_kind: int
    required_m: tuple[float, ...]
    outlines: shapely.STRtree
    owner: Integers


class EdgeFinder:
    """Find receptors whose row would hang on the metric.

    Hazards' outlines are cut into short pieces, so that few pairs are measured. A receptor
    within the band of a piece is only suspected: it is then measured against the whole hazard.

    Parameters
    ----------
    hazards : ndarray
        Shapes of all hazards [m].
    kind : ndarray
        Their kinds.
    """

    def __init__(self, hazards: Shapes, kind: Kinds) -> None:
        self._hazards = hazards
        self._edges: list[_Edge] = []
        is_site = shapely.get_type_id(hazards) == shapely.GeometryType.POLYGON
        outlines = hazards.copy()
        # A ring is a type of its own; as plain lines, outlines can be cut.
        outlines[is_site] = [shapely.LineString(site.exterior) for site in hazards[is_site]]
        for name, receptors in REQUIRED_M.items():
            chosen = np.flatnonzero(kind == HAZARD_KINDS.index(name))
            pieces, part_of = cut_lines(outlines[chosen])
            tree = shapely.STRtree(pieces)
            tree.query(shapely.Point(0, 0))  # builds the tree before threads share it
            self._edges.extend(
                _Edge(RECEPTOR_KINDS.index(receptor), distances, tree, chosen[part_of])
                for receptor, distances in receptors.items()
            )

    def find(self, receptors: Shapes, kind: Kinds) -> Flags:
        """Mark receptors within `BAND` of a required distance from any hazard.

        Parameters
        ----------
        receptors : ndarray
            Shapes [m].
        kind : ndarray
            Their kinds.

        Returns
        -------
        ndarray of bool
            True where a receptor is to be left out.
        """
        parts = np.array_split(np.arange(len(receptors)), 4 * _THREADS)
        with ThreadPoolExecutor(_THREADS) as pool:
            return np.concatenate(
                list(pool.map(lambda part: self._find(receptors[part], kind[part]), parts))
            )

    def _find(self, receptors: Shapes, kind: Kinds) -> Flags:
        """Mark one part of the receptors."""
        on_edge = np.zeros(len(receptors), dtype=bool)
        for edge in self._edges:
            chosen = np.flatnonzero(kind == edge.receptor_kind)
            reach = max(edge.required_m) * (1.0 + BAND)
            near, piece = edge.outlines.query(
                receptors[chosen], predicate="dwithin", distance=reach
            )
            near = chosen[near]
            distance = shapely.distance(receptors[near], edge.outlines.geometries[piece])
            for required in edge.required_m:
                suspect = np.abs(distance / required - 1.0) < BAND
                whole = shapely.distance(
                    receptors[near[suspect]], self._hazards[edge.owner[piece[suspect]]]
                )
                certain = np.abs(whole / required - 1.0) < BAND
                on_edge[near[suspect][certain]] = True
        return on_edge


def _settled(
    chunks: Iterator[tuple[Shapes, Kinds]], *, edges: EdgeFinder
) -> Iterator[tuple[Shapes, Kinds]]:
    """Pass on the receptors whose rows do not hang on the metric."""
    for shapes, kind in chunks:
        keep = ~edges.find(shapes, kind)
        yield shapes[keep], kind[keep]


def generate(scale: str, *, folder: Path, seed: int = 7) -> dict[str, object]:
    """Write all files of one scale.

    Parameters
    ----------
    scale : str
        Name of the scale, a key of `SCALES`.
    folder : Path
        Where the files go.
    seed : int, default 7
        Seed of all draws.

    Returns
    -------
    dict
        Account of what was written, as in ``made_<scale>.json``, which is written last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    size = SCALES[scale]
    book = {"hazard_kinds": HAZARD_KINDS, "receptor_kinds": RECEPTOR_KINDS, "rules": list_rules()}
    (folder / "rules.json").write_text(json.dumps(book, indent=1) + "\n", encoding="utf-8")

    towns = draw_towns(size, seed=seed)
    hazards, kind = draw_hazards(size, towns=towns, seed=seed)
    with LayerWriter(folder, layer="hazards", scale=scale) as writer:
        writer.add(hazards, kind)
    pieces, part_of = cut_lines(hazards)
    table = _as_table(pieces, kind=kind[part_of], ids=part_of, covered=False)
    geo = _geo_metadata(pieces, crs=PLANE_CRS, covered=False)
    path = folder / f"hazards_{scale}_4549_pieces.parquet"
    pq.write_table(table.replace_schema_metadata(geo), path, compression="zstd")

    chunks = draw_receptors(size, towns=towns, seed=seed)
    if scale != "L":
        chunks = _settled(chunks, edges=EdgeFinder(hazards, kind))
    with LayerWriter(folder, layer="receptors", scale=scale) as writer:
        for shapes, kinds in chunks:
            writer.add(shapes, kinds)
    made: dict[str, object] = {
        "scale": scale,
        "seed": seed,
        "hazards": len(hazards),
        "receptors": writer.rows,
        "receptors_removed": size.receptors - writer.rows,
    }
    (folder / f"made_{scale}.json").write_text(json.dumps(made) + "\n", encoding="utf-8")
    return made


def main() -> None:
    """Write the data that the command line asks for and print the account."""
    parser = argparse.ArgumentParser(description="Write the benchmark's data.")
    parser.add_argument("--scale", choices=SCALES, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    print(json.dumps(generate(arguments.scale, folder=arguments.out, seed=arguments.seed)))


if __name__ == "__main__":
    main()
