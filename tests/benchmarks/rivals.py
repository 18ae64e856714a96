"""Run one rival: ``python -m tests.benchmarks.rivals ENGINE --scale S --data DIR --out FILE``.

Rivals measure in the plane of EPSG:4549. Each is written in the fastest form found for it and
imports only what it needs, riskmap never: they run in an environment of their own.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks.measure import Job, Rows, Rules, job_of, job_parser, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tests.benchmarks.measure import Floats, Integers

    Shapes = NDArray[np.object_]

# The imports inside functions are late on purpose: an engine pays only for its own.
# ruff: noqa: PLC0415


def _rows_of_pairs(
    rules: Rules, *, pairs: tuple[Integers, Integers], distance: Floats, kinds: tuple[Any, Any]
) -> Rows:
    """Give one row for each rule that a measured pair does not keep."""
    hazard, receptor = pairs
    hazard_kind, receptor_kind = kinds[0][hazard], kinds[1][receptor]
    parts = []
    for rule, required in enumerate(rules.required_m):
        broken = np.flatnonzero(
            (hazard_kind == rules.hazard_kind[rule])
            & (receptor_kind == rules.receptor_kind[rule])
            & (distance < required)
        )
        ids = np.full(len(broken), rule, dtype=np.int16)
        parts.append(Rows(hazard[broken], receptor[broken], ids, distance[broken]))
    return Rows.join(parts)


def run_geopandas(job: Job) -> Rows:
    """Join with ``dwithin`` and a reach for each hazard, then measure the pairs of a rule."""
    import geopandas as gpd
    import shapely

    columns = ["id", "kind", "geometry"]
    hazards = gpd.read_parquet(job.plane("hazards"), columns=columns)
    receptors = gpd.read_parquet(job.plane("receptors"), columns=columns)
    rules = Rules.read(job.data)
    reach = rules.reach_m()
    kinds = hazards["kind"].to_numpy(), receptors["kind"].to_numpy()
    pairs = gpd.sjoin(
        hazards[["id", "geometry"]].rename(columns={"id": "hazard"}),
        receptors[["id", "geometry"]].rename(columns={"id": "receptor"}),
        predicate="dwithin",
        distance=reach.max(axis=1)[kinds[0]],
    )
    hazard, receptor = pairs["hazard"].to_numpy(), pairs["receptor"].to_numpy()
    ruled = reach[kinds[0][hazard], kinds[1][receptor]] > 0.0
    hazard, receptor = hazard[ruled], receptor[ruled]
    distance = shapely.distance(
        hazards.geometry.to_numpy()[hazard], receptors.geometry.to_numpy()[receptor]
    )
    return _rows_of_pairs(rules, pairs=(hazard, receptor), distance=distance, kinds=kinds)


def _read_shapes(path: Path) -> tuple[Integers, Integers, Shapes]:
    """Read ids, kinds and shapes without pandas."""
    import pyarrow.parquet as pq
    import shapely

    table = pq.read_table(path, columns=["id", "kind", "geometry"])
    wkb = table["geometry"].to_numpy(zero_copy_only=False)
    return table["id"].to_numpy(), table["kind"].to_numpy(), shapely.from_wkb(wkb)


def run_shapely(job: Job) -> Rows:
    """Query one tree per kind of receptor with hazards' pieces, in threads, and measure."""
    import shapely

    owner, piece_kind, pieces = _read_shapes(job.pieces())
    _, receptor_kind, receptors = _read_shapes(job.plane("receptors"))
    rules = Rules.read(job.data)
    reach = rules.reach_m()
    hazard_kind = np.zeros(owner.max() + 1, dtype=piece_kind.dtype)
    hazard_kind[owner] = piece_kind

    def near(
        tree: shapely.STRtree, chosen: Integers, part: Integers, within: Floats
    ) -> tuple[Integers, Integers, Floats]:
        row, found = tree.query(pieces[part], predicate="dwithin", distance=within)
        distance = shapely.distance(pieces[part[row]], tree.geometries[found])
        return owner[part[row]], chosen[found], distance

    answers = []
    with ThreadPoolExecutor(job.threads) as pool:
        for kind in range(rules.kinds[1]):
            chosen = np.flatnonzero(receptor_kind == kind)
            within = reach[piece_kind, kind]
            tree = shapely.STRtree(receptors[chosen])
            tree.query(shapely.Point(0, 0))  # builds the tree before threads share it
            answers += [
                pool.submit(near, tree, chosen, part, within[part])
                for part in np.array_split(np.flatnonzero(within > 0.0), 8 * job.threads)
            ]
        found = [answer.result() for answer in answers]
    hazard, receptor, distance = (np.concatenate(column) for column in zip(*found, strict=True))
    kinds = hazard_kind, receptor_kind
    rows = _rows_of_pairs(rules, pairs=(hazard, receptor), distance=distance, kinds=kinds)
    return rows.nearest()


def run_duckdb(job: Job) -> Rows:
    """Join pieces and receptors of one pair of kinds at a time with ``ST_DWithin``.

    A distance that is the same for all makes DuckDB take its spatial join; one statement over
    all kinds makes it test every pair. One join for each rule was about a tenth slower.
    """
    import duckdb
    import duckdb_extension_spatial

    package = Path(duckdb_extension_spatial.__file__).parent
    extension = next(package.glob("extensions/*/spatial.duckdb_extension"))
    base = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": str(job.threads)})
    base.execute(f"LOAD '{extension}'")
    for table, path in (("hazards", job.pieces()), ("receptors", job.plane("receptors"))):
        base.execute(
            f"CREATE TABLE {table} AS SELECT id, kind, geometry FROM read_parquet('{path}')"  # noqa: S608 - our own names
        )
    rules = Rules.read(job.data)
    reach = rules.reach_m()
    parts = []
    for hazard_kind, receptor_kind in np.argwhere(reach > 0.0):
        found = base.execute(
            f"""
            SELECT h.id AS hazard, r.id AS receptor, ST_Distance(h.geometry, r.geometry) AS metres
            FROM (SELECT * FROM hazards WHERE kind = {hazard_kind}) AS h
            JOIN (SELECT * FROM receptors WHERE kind = {receptor_kind}) AS r
            ON ST_DWithin(h.geometry, r.geometry, {reach[hazard_kind, receptor_kind]})
            """  # noqa: S608 - numbers only
        ).fetchnumpy()
        spoken = (rules.hazard_kind == hazard_kind) & (rules.receptor_kind == receptor_kind)
        for rule in np.flatnonzero(spoken):
            broken = found["metres"] < rules.required_m[rule]
            ids = np.full(int(broken.sum()), rule, dtype=np.int16)
            hazard, receptor = found["hazard"][broken], found["receptor"][broken]
            parts.append(Rows(hazard, receptor, ids, found["metres"][broken]))
    return Rows.join(parts).nearest()


def _load_layer(server: Any, *, table: str, path: Path) -> None:  # noqa: ANN401 - an untyped guest
    """Load one layer through COPY, its geometry uncompressed."""
    import pyarrow.parquet as pq

    server.execute(f"CREATE UNLOGGED TABLE {table} (id int, kind int, geometry geometry)")
    server.execute(f"ALTER TABLE {table} ALTER geometry SET STORAGE EXTERNAL")
    rows = pq.read_table(path, columns=["id", "kind", "geometry"])
    with server.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for batch in rows.to_batches(65_536):
            columns = (batch[name].to_pylist() for name in ("id", "kind", "geometry"))
            copy.write(
                "".join(
                    f"{i}\t{kind}\t{wkb.hex()}\n" for i, kind, wkb in zip(*columns, strict=True)
                )
            )


def _prepare_server(server: Any, *, job: Job, rules: Rules) -> None:  # noqa: ANN401 - an untyped guest
    """Load a schema of its own: hazards subdivided, receptors indexed by kind."""
    server.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    server.execute("DROP SCHEMA IF EXISTS setback_benchmark CASCADE")
    server.execute("CREATE SCHEMA setback_benchmark")
    server.execute("SET search_path = setback_benchmark, public")
    _load_layer(server, table="whole", path=job.plane("hazards"))
    _load_layer(server, table="receptors", path=job.plane("receptors"))
    server.execute(
        "CREATE UNLOGGED TABLE hazards AS "
        "SELECT id, kind, ST_Subdivide(geometry, 32) AS geometry FROM whole"
    )
    server.execute("CREATE UNLOGGED TABLE reach (hazard_kind int, receptor_kind int, m float8)")
    reach = rules.reach_m()
    for hazard_kind, receptor_kind in np.argwhere(reach > 0.0).tolist():
        entry = (hazard_kind, receptor_kind, float(reach[hazard_kind, receptor_kind]))
        server.execute("INSERT INTO reach VALUES (%s, %s, %s)", entry)
    for kind in range(rules.kinds[1]):
        server.execute(f"CREATE INDEX ON receptors USING gist (geometry) WHERE kind = {kind}")
    for table in ("hazards", "receptors", "reach"):
        server.execute(f"ANALYZE {table}")
    server.execute("SET jit = off")
    server.execute(f"SET max_parallel_workers_per_gather = {job.threads}")
    server.execute("SET min_parallel_table_scan_size = 0")
    server.execute("SET parallel_setup_cost = 0")


def run_postgis(job: Job) -> Rows:
    """Subdivide hazards, index receptors by kind, and join one kind of receptor at a time.

    Needs a server: its connection string stands in the environment as ``PGDSN``. Loading and
    indexing are in the time; the server's memory is not in the peak.
    """
    import psycopg
    from pyarrow import BufferReader, csv

    rules = Rules.read(job.data)
    answer = bytearray()
    with psycopg.connect(os.environ["PGDSN"], autocommit=True) as server:
        _prepare_server(server, job=job, rules=rules)
        for kind in range(rules.kinds[1]):
            query = f"""
                COPY (
                    SELECT h.id, r.id, h.kind, r.kind, ST_Distance(h.geometry, r.geometry)
                    FROM hazards AS h
                    JOIN reach ON reach.hazard_kind = h.kind AND reach.receptor_kind = {kind}
                    JOIN receptors AS r
                        ON r.kind = {kind} AND ST_DWithin(h.geometry, r.geometry, reach.m)
                ) TO STDOUT (FORMAT csv)
                """  # noqa: S608 - numbers only
            with server.cursor().copy(query) as copy:
                for block in copy:
                    answer += block
        server.execute("DROP SCHEMA setback_benchmark CASCADE")
    names = csv.ReadOptions(column_names=["hazard", "receptor", "h_kind", "r_kind", "metres"])
    table = csv.read_csv(BufferReader(bytes(answer)), read_options=names)
    hazard, receptor = table["hazard"].to_numpy(), table["receptor"].to_numpy()
    kinds = np.zeros(hazard.max() + 1, np.int16), np.zeros(receptor.max() + 1, np.int16)
    kinds[0][hazard], kinds[1][receptor] = table["h_kind"], table["r_kind"]
    distance = table["metres"].to_numpy().astype(np.float64)
    rows = _rows_of_pairs(rules, pairs=(hazard, receptor), distance=distance, kinds=kinds)
    return rows.nearest()


ENGINES: dict[str, Callable[[Job], Rows]] = {
    "geopandas": run_geopandas,
    "shapely": run_shapely,
    "duckdb": run_duckdb,
    "postgis": run_postgis,
}


def main() -> None:
    """Run the engine that the command line names and print its JSON line."""
    parser = job_parser("Run one rival on the benchmark's data.")
    parser.add_argument("engine", choices=ENGINES)
    arguments = parser.parse_args()
    job = job_of(arguments)
    report(ENGINES[arguments.engine](job), engine=arguments.engine, job=job)


if __name__ == "__main__":
    main()
