"""Run riskmap: ``python -m tests.benchmarks.ours --scale S --data DIR --out FILE``.

riskmap reads longitude and latitude, projects them itself and measures on the ellipsoid.
What runs here is the product's pass (`riskmap.sweep`) over the row groups of a GeoParquet
file, as `riskmap check` takes a large layer past the hazards, without the words of the law.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskmap.geometry import LONLAT
from riskmap.sweep import Batch, Sweeper, listed_reach, make_sweeper
from riskmap.wkb import WkbRows
from tests.benchmarks.measure import (
    Job,
    Rows,
    Rules,
    job_of,
    job_parser,
    peak_mb,
    report,
    seconds_since_start,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_BATCH = 16_384


def _places(wkb: pa.Array) -> WkbRows:
    _, first, data = wkb.buffers()
    offsets = np.frombuffer(first, dtype=np.int32)[wkb.offset : wkb.offset + len(wkb) + 1]
    return WkbRows(np.frombuffer(data, dtype=np.uint8), offsets.astype(np.int64), LONLAT)


def _kinds(column: pa.Array) -> NDArray[np.int64]:
    held = np.frombuffer(column.buffers()[1], dtype=np.int16)
    return held[column.offset : column.offset + len(column)].astype(np.int64)


def _batches(path: Path) -> Iterator[Batch]:
    start = 0
    file = pq.ParquetFile(path, pre_buffer=False)
    for batch in file.iter_batches(_BATCH, columns=["kind", "geometry"], use_threads=False):
        numbers = np.arange(start, start + len(batch), dtype=np.int64)
        yield Batch(_places(batch.column("geometry")), _kinds(batch.column("kind")), numbers)
        start += len(batch)


class _Ruled:
    """Turn pairs into rows, one for each rule whose distance they do not keep."""

    def __init__(self, rules: Rules, hazard_kind: NDArray[np.int64]) -> None:
        self.hazard_kind = hazard_kind
        self.required_m = rules.required_m
        kinds = rules.hazard_kind * rules.kinds[1] + rules.receptor_kind
        self.receptor_kinds = rules.kinds[1]
        self.rules = [
            np.flatnonzero(kinds == kind) for kind in range(rules.kinds[0] * rules.kinds[1])
        ]
        self.most = max(len(rules) for rules in self.rules)
        self.table = np.full((len(self.rules), self.most), -1, dtype=np.int16)
        for kind, ids in enumerate(self.rules):
            self.table[kind, : len(ids)] = ids

    def rows(
        self,
        hazard: NDArray[np.int64],
        receptor: NDArray[np.int64],
        distance_m: NDArray[np.float64],
        kinds: NDArray[np.int64],
    ) -> Rows:
        kind = self.hazard_kind[hazard] * self.receptor_kinds + kinds
        parts = []
        for position in range(self.most):
            rule = self.table[kind, position]
            hit = np.flatnonzero((rule >= 0) & (distance_m < self.required_m[rule]))
            parts.append(
                Rows(
                    hazard[hit].astype(np.int32),
                    receptor[hit].astype(np.int32),
                    rule[hit],
                    distance_m[hit],
                )
            )
        return Rows.join(parts)


def _hazards(job: Job, rules: Rules) -> tuple[Sweeper, NDArray[np.int64]]:
    file = pq.ParquetFile(job.degrees("hazards"), pre_buffer=False)
    (held,) = file.iter_batches(10_000_000, columns=["kind", "geometry"], use_threads=False)
    hazard_kind = _kinds(held.column("kind"))
    reach_m = rules.reach_m()
    reach_m[reach_m == 0.0] = -1.0
    reach = listed_reach(hazard_kind, reach_m)
    return make_sweeper(_places(held.column("geometry")), reach=reach), hazard_kind


def rows_of_riskmap(job: Job) -> Iterator[Rows]:
    """Ask riskmap for the rows, batch by batch. The one place to adapt to its entrance.

    Parameters
    ----------
    job : Job
        What is asked: ``job.degrees("hazards")`` and ``job.degrees("receptors")`` are the
        files, ``rules.json`` in ``job.data`` the rules, ``job.threads`` the threads.

    Yields
    ------
    Rows
        Hazard, receptor, rule and distance [m] of each row closer than required.
    """
    rules = Rules.read(job.data)
    sweeper, hazard_kind = _hazards(job, rules)
    ruled = _Ruled(rules, hazard_kind)
    kinds: list[Batch] = []

    def kept() -> Iterator[Batch]:
        for batch in _batches(job.degrees("receptors")):
            kinds.append(batch)
            yield batch

    for pairs in sweeper.run(kept(), threads=job.threads):
        batch = kinds.pop(0)
        klass = batch.klass[pairs.receptor - batch.number[0]]
        yield ruled.rows(pairs.hazard, pairs.receptor, pairs.distance_m, klass)


def stream_rows(job: Job) -> None:
    """Write the rows to a file as they come, and print what that took and counted.

    Nothing is kept, so the peak is that of the pass alone, whatever the number of rows.

    Parameters
    ----------
    job : Job
        What is asked; the file is ``job.out`` with the suffix ``.parquet``.
    """
    count, total_m = 0, 0.0
    names = ("hazard", "receptor", "rule", "distance_m")
    types = (pa.int32(), pa.int32(), pa.int16(), pa.float64())
    with pq.ParquetWriter(
        job.out.with_suffix(".parquet"), pa.schema(list(zip(names, types, strict=True)))
    ) as writer:
        for rows in rows_of_riskmap(job):
            held = (rows.hazard, rows.receptor, rows.rule, rows.distance_m)
            writer.write_batch(pa.record_batch([pa.array(part) for part in held], names=names))
            count, total_m = count + len(rows.hazard), total_m + float(rows.distance_m.sum())
    line = {
        "engine": "riskmap, rows written as they come",
        "scale": job.scale,
        "wall_s": round(seconds_since_start(), 2),
        "peak_mb": round(peak_mb()),
        "rows": count,
        "sum_m": round(total_m, 3),
    }
    print(json.dumps(line))


def main() -> None:
    """Run riskmap on the data that the command line names and print its JSON line."""
    parser = job_parser("Run riskmap on the benchmark's data.")
    parser.add_argument("--stream", action="store_true", help="write rows out, keep none")
    arguments = parser.parse_args()
    job = job_of(arguments)
    if arguments.stream:
        stream_rows(job)
    else:
        report(Rows.join(rows_of_riskmap(job)), engine="riskmap", job=job)


if __name__ == "__main__":
    main()
