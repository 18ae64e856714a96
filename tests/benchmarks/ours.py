"""Run riskmap: ``python -m tests.benchmarks.ours --scale S --data DIR --out FILE``.

riskmap reads longitude and latitude, projects them itself and measures on the ellipsoid.
What runs here is the product's pass (`riskmap.sweep`) over the row groups of a GeoParquet
file, as `riskmap check` takes a large layer past the hazards, without the words of the law.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from riskmap.geometry import LONLAT
from riskmap.sweep import Batch, listed_reach, make_sweeper
from riskmap.wkb import WkbRows
from tests.benchmarks.measure import Job, Rows, Rules, job_of, job_parser, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
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


def rows_of_riskmap(job: Job) -> Rows:
    """Ask riskmap for the rows. The one place to adapt when its entrance changes.

    Parameters
    ----------
    job : Job
        What is asked: ``job.degrees("hazards")`` and ``job.degrees("receptors")`` are the
        files, ``rules.json`` in ``job.data`` the rules, ``job.threads`` the threads.

    Returns
    -------
    Rows
        Hazard, receptor, rule and distance [m] of each row closer than required.
    """
    rules = Rules.read(job.data)
    hazards = pq.ParquetFile(job.degrees("hazards"), pre_buffer=False).read(
        ["kind", "geometry"], use_threads=False
    )
    (held,) = hazards.combine_chunks().to_batches()
    hazard_kind = _kinds(held.column("kind"))
    reach_m = rules.reach_m()
    reach_m[reach_m == 0.0] = -1.0
    sweeper = make_sweeper(
        _places(held.column("geometry")), reach=listed_reach(hazard_kind, reach_m)
    )
    ruled = _Ruled(rules, hazard_kind)
    parts: list[Rows] = []
    kinds: list[Batch] = []

    def kept() -> Iterator[Batch]:
        for batch in _batches(job.degrees("receptors")):
            kinds.append(batch)
            yield batch

    for pairs in sweeper.run(kept(), threads=job.threads):
        batch = kinds.pop(0)
        klass = batch.klass[pairs.receptor - batch.number[0]]
        parts.append(ruled.rows(pairs.hazard, pairs.receptor, pairs.distance_m, klass))
    return Rows.join(parts)


def main() -> None:
    """Run riskmap on the data that the command line names and print its JSON line."""
    job = job_of(job_parser("Run riskmap on the benchmark's data.").parse_args())
    report(rows_of_riskmap(job), engine="riskmap", job=job)


if __name__ == "__main__":
    main()
