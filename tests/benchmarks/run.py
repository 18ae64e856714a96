"""Compare engines: ``python -m tests.benchmarks.run --scale S --data DIR --rivals-python PATH``.

Every run is a process of its own. Engines take turns, so that a machine that slows down slows
all of them. The rows must agree; no time is judged.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
RIVALS = ("geopandas", "shapely", "duckdb", "postgis")
OURS = "riskmap"


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold what one engine's runs printed.

    Parameters
    ----------
    engine : str
        Name of the engine.
    wall_s : tuple of float
        Time of each run [s].
    cpu_s : tuple of float
        Processor time of each run, all threads together [s].
    peak_mb : float
        Largest peak of the runs [MB].
    answers : frozenset
        Row counts and hashes that came out; one when all runs agree.
    """

    engine: str
    wall_s: tuple[float, ...]
    cpu_s: tuple[float, ...]
    peak_mb: float
    answers: frozenset[tuple[int, str]]


def read_once(data: Path, *, scale: str) -> None:
    """Read the files of a scale, so that every engine finds them in the page cache.

    Parameters
    ----------
    data : Path
        Folder of the generated files.
    scale : str
        Name of the scale.
    """
    for path in sorted(data.glob(f"*_{scale}*.parquet")):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def run_module(module: str, *arguments: str, python: str = sys.executable) -> str:
    """Run a module of this folder as a process of its own.

    Parameters
    ----------
    module : str
        Name of the module.
    *arguments : str
        Its arguments.
    python : str, default `sys.executable`
        Interpreter.

    Returns
    -------
    str
        The last line it printed.

    Raises
    ------
    SystemExit
        When the process fails; its error output stands in the message.
    """
    command = [python, "-m", f"tests.benchmarks.{module}", *arguments]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout.splitlines()[-1]


def measure(
    engines: list[str], *, scale: str, data: Path, rivals_python: str, runs: int
) -> list[Measured]:
    """Run each engine several times, in turns.

    Parameters
    ----------
    engines : list of str
        Names of the engines.
    scale : str
        Name of the scale.
    data : Path
        Folder of the generated files; the rows go there too.
    rivals_python : str
        Interpreter of the rivals' environment.
    runs : int
        How often each engine runs.

    Returns
    -------
    list of Measured
        What came out, in the order of the engines.
    """
    lines: dict[str, list[dict[str, float | str]]] = {engine: [] for engine in engines}
    for turn in range(runs):
        for engine in engines:
            out = str(data / f"rows_{engine}_{scale}.npz")
            arguments = ("--scale", scale, "--data", str(data), "--out", out)
            if engine == OURS:
                line = run_module("ours", *arguments)
            else:
                line = run_module("rivals", engine, *arguments, python=rivals_python)
            print(f"{turn + 1}/{runs} {line}", file=sys.stderr, flush=True)
            lines[engine].append(json.loads(line))
    return [
        Measured(
            engine,
            tuple(float(line["wall_s"]) for line in printed),
            tuple(float(line["cpu_s"]) for line in printed),
            max(float(line["peak_mb"]) for line in printed),
            frozenset((int(line["rows"]), str(line["hash"])) for line in printed),
        )
        for engine, printed in lines.items()
    ]


def as_markdown(measured: list[Measured]) -> str:
    """Lay the runs out as a table.

    Parameters
    ----------
    measured : list of Measured
        What came out.

    Returns
    -------
    str
        Markdown table; ratios are to riskmap's median where riskmap ran.
    """
    medians = {one.engine: median(one.wall_s) for one in measured}
    ours = medians.get(OURS)
    lines = [
        "| engine | runs, wall s | median s | ratio to riskmap | CPU s | peak MB | rows | hash |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in measured:
        runs = " ".join(f"{wall:.2f}" for wall in one.wall_s)
        ratio = f"{medians[one.engine] / ours:.1f}" if ours else "-"
        rows, digest = min(one.answers)
        lines.append(
            f"| {one.engine} | {runs} | {medians[one.engine]:.2f} | {ratio} "
            f"| {median(one.cpu_s):.2f} | {one.peak_mb:.0f} | {rows} | {digest} |"
        )
    return "\n".join(lines)


def agree(measured: list[Measured], *, across_metrics: bool) -> bool:
    """Say whether all runs gave the same rows.

    Parameters
    ----------
    measured : list of Measured
        What came out.
    across_metrics : bool
        Whether riskmap, which measures on the ellipsoid, must agree with the rivals, which
        measure in the plane. At scale L nothing was left out that hangs on the metric.

    Returns
    -------
    bool
        True when row counts and hashes agree.
    """
    ours = [one.answers for one in measured if one.engine == OURS]
    rivals = [one.answers for one in measured if one.engine != OURS]
    groups = [ours + rivals] if across_metrics else [ours, rivals]
    return all(len(frozenset().union(*group)) <= 1 for group in groups)


def main() -> None:
    """Run the comparison that the command line asks for.

    Raises
    ------
    SystemExit
        When two runs do not give the same rows.
    """
    parser = argparse.ArgumentParser(description="Compare engines on the benchmark's data.")
    parser.add_argument("--scale", choices=("XS", "S", "M", "L"), required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rivals-python", required=True, help="interpreter of the rivals")
    parser.add_argument("--engines", default="riskmap,duckdb,shapely,geopandas")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    engines = arguments.engines.split(",")
    if unknown := set(engines) - {OURS, *RIVALS}:
        parser.error(f"no engine is called {', '.join(sorted(unknown))}")

    data = arguments.data.resolve()
    if not (data / f"made_{arguments.scale}.json").exists():
        run_module("generate", "--scale", arguments.scale, "--out", str(data))
    read_once(data, scale=arguments.scale)
    measured = measure(
        engines,
        scale=arguments.scale,
        data=data,
        rivals_python=arguments.rivals_python,
        runs=arguments.runs,
    )
    print(as_markdown(measured))
    if not agree(measured, across_metrics=arguments.scale != "L"):
        found = "; ".join(f"{one.engine} {sorted(one.answers)}" for one in measured)
        raise SystemExit(f"the rows differ: {found}")


if __name__ == "__main__":
    main()
