"""What every engine is asked for and what it hands back: the rules, the rows, one JSON line.

A row is a hazard, a receptor and a rule whose required distance the two do not keep. Nothing
here imports riskmap, geopandas or shapely: an engine pays only for what it uses.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.integer]

_FIRST_LINE = time.perf_counter()


@dataclass(frozen=True, slots=True)
class Job:
    """State which data an engine reads.

    Parameters
    ----------
    scale : str
        Name of the scale.
    data : Path
        Folder of the generated files.
    out : Path
        File the rows are saved to, as NPZ.
    threads : int
        Threads an engine may use.
    """

    scale: str
    data: Path
    out: Path
    threads: int

    def plane(self, layer: str) -> Path:
        """Name a layer's file in metres of EPSG:4549.

        Parameters
        ----------
        layer : str
            ``hazards`` or ``receptors``.

        Returns
        -------
        Path
            The file.
        """
        return self.data / f"{layer}_{self.scale}_4549.parquet"

    def pieces(self) -> Path:
        """Name the file of hazards whose long lines were cut beforehand.

        Returns
        -------
        Path
            The file, in metres of EPSG:4549.
        """
        return self.data / f"hazards_{self.scale}_4549_pieces.parquet"

    def degrees(self, layer: str) -> Path:
        """Name a layer's file in longitude and latitude.

        Parameters
        ----------
        layer : str
            ``hazards`` or ``receptors``.

        Returns
        -------
        Path
            The file.
        """
        return self.data / f"{layer}_{self.scale}.parquet"


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold the rules as arrays, one entry for each rule in the order of their ids.

    Parameters
    ----------
    hazard_kind, receptor_kind : ndarray
        Kinds a rule speaks of.
    required_m : ndarray
        Distance it requires [m].
    kinds : tuple of int
        How many kinds of hazards and of receptors there are.
    """

    hazard_kind: Integers
    receptor_kind: Integers
    required_m: Floats
    kinds: tuple[int, int]

    @classmethod
    def read(cls, data: Path) -> Self:
        """Read the rules that were generated with the data.

        Parameters
        ----------
        data : Path
            Folder of the generated files.

        Returns
        -------
        Rules
            The rules.
        """
        book = json.loads((data / "rules.json").read_text(encoding="utf-8"))
        rules = book["rules"]
        return cls(
            np.array([rule["hazard_kind"] for rule in rules]),
            np.array([rule["receptor_kind"] for rule in rules]),
            np.array([rule["required_m"] for rule in rules]),
            (len(book["hazard_kinds"]), len(book["receptor_kinds"])),
        )

    def reach_m(self) -> Floats:
        """Tabulate the largest required distance of each pair of kinds.

        Returns
        -------
        ndarray
            Metres by kind of hazard and kind of receptor; 0 where no rule speaks [m].
        """
        reach = np.zeros(self.kinds)
        np.maximum.at(reach, (self.hazard_kind, self.receptor_kind), self.required_m)
        return reach


@dataclass(frozen=True, slots=True)
class Rows:
    """Hold an engine's answer, one entry for each row, in any order.

    Parameters
    ----------
    hazard, receptor, rule : ndarray
        Ids.
    distance_m : ndarray
        Distance between hazard and receptor [m].
    """

    hazard: Integers
    receptor: Integers
    rule: Integers
    distance_m: Floats

    @classmethod
    def join(cls, parts: Iterable[Rows]) -> Rows:
        """Join parts to one answer.

        Parameters
        ----------
        parts : iterable of Rows
            Parts with no row in common.

        Returns
        -------
        Rows
            All their rows.
        """
        listed = list(parts)
        return cls(
            np.concatenate([part.hazard for part in listed]),
            np.concatenate([part.receptor for part in listed]),
            np.concatenate([part.rule for part in listed]),
            np.concatenate([part.distance_m for part in listed]),
        )

    def nearest(self) -> Rows:
        """Keep the least distance where pieces of one hazard gave a row several times.

        Returns
        -------
        Rows
            Each hazard, receptor and rule once.
        """
        order = np.lexsort((self.distance_m, self.rule, self.receptor, self.hazard))
        hazard, receptor, rule = self.hazard[order], self.receptor[order], self.rule[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (
            (hazard[1:] != hazard[:-1]) | (receptor[1:] != receptor[:-1]) | (rule[1:] != rule[:-1])
        )
        return Rows(hazard[first], receptor[first], rule[first], self.distance_m[order][first])

    def ordered(self) -> Rows:
        """Sort by hazard, receptor and rule, in the widths that the hash is taken over.

        Returns
        -------
        Rows
            The same rows.
        """
        order = np.lexsort((self.rule, self.receptor, self.hazard))
        return Rows(
            self.hazard[order].astype(np.int32),
            self.receptor[order].astype(np.int32),
            self.rule[order].astype(np.int16),
            self.distance_m[order].astype(np.float64),
        )


def hash_rows(rows: Rows) -> str:
    """Hash the ids of sorted rows, so that two engines' answers compare at a glance.

    Parameters
    ----------
    rows : Rows
        Rows as `Rows.ordered` gives them.

    Returns
    -------
    str
        First 16 hexadecimal digits of a SHA-256.
    """
    digest = hashlib.sha256()
    for ids in (rows.hazard, rows.receptor, rows.rule):
        digest.update(ids.tobytes())
    return digest.hexdigest()[:16]


def seconds_since_start() -> float:
    """Measure how long this process has been alive.

    Returns
    -------
    float
        Seconds since the process was started, or since this module's first line where the
        system does not tell [s].
    """
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return time.perf_counter() - _FIRST_LINE
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def peak_mb() -> float:
    """Measure the most memory this process has held.

    Returns
    -------
    float
        Peak resident set [MB of 1024 x 1024 bytes]. Taken from the system's account of this
        program, since ``ru_maxrss`` also counts the parent's memory before the start.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def job_parser(description: str) -> argparse.ArgumentParser:
    """Make the parser of the arguments that every engine takes.

    Parameters
    ----------
    description : str
        What the program is.

    Returns
    -------
    argparse.ArgumentParser
        Parser with ``--scale``, ``--data``, ``--out`` and ``--threads``.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--scale", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="NPZ file for the rows")
    parser.add_argument("--threads", type=int, default=2)
    return parser


def job_of(arguments: argparse.Namespace) -> Job:
    """Read the job out of parsed arguments.

    Parameters
    ----------
    arguments : argparse.Namespace
        What `job_parser` parsed.

    Returns
    -------
    Job
        The job.
    """
    return Job(arguments.scale, arguments.data, arguments.out, arguments.threads)


def report(rows: Rows, *, engine: str, job: Job) -> None:
    """Save an engine's rows and print its JSON line.

    Time and memory are taken first: sorting, hashing and saving are the benchmark's affair.

    Parameters
    ----------
    rows : Rows
        The engine's answer.
    engine : str
        Its name.
    job : Job
        What it was asked.
    """
    wall, cpu, peak = seconds_since_start(), time.process_time(), peak_mb()
    kept = rows.ordered()
    np.savez(
        job.out,
        hazard=kept.hazard,
        receptor=kept.receptor,
        rule=kept.rule,
        distance_m=kept.distance_m,
    )
    line = {
        "engine": engine,
        "scale": job.scale,
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "peak_mb": round(peak),
        "rows": len(kept.hazard),
        "hash": hash_rows(kept),
        "sum_m": round(float(kept.distance_m.sum()), 3),
    }
    print(json.dumps(line), flush=True)
