"""Check the setbacks of a project, batch by batch and tile by tile.

Layers that only hold receptors and are large stream past the hazards; everything else is
held. A tile owns some of the hazards and sees whatever its rules can reach, so that what
the tiles find together is what one pass finds.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING

import numpy as np

from riskmap.batches import BATCH_ROWS, LayerSource, open_source
from riskmap.classes import grade_and_classify
from riskmap.config import load_config
from riskmap.engine import Tile, make_tiles, owners
from riskmap.errors import DataError, OutputError, complain
from riskmap.hazards import HazardSide
from riskmap.io import write_parquet
from riskmap.pipeline import WIDEST_ROAD_M, Prepared, clip, prepare, refs_inside
from riskmap.progress import Silent
from riskmap.quality import LayerCounts, counts_table
from riskmap.setback import Part, Setbacks, check_receptors, join_parts
from riskmap.stream import check_batch, doubt_of, take_near, watch
from riskmap.wkb import rows_of_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from riskmap.config import RunConfig
    from riskmap.engine import Executor
    from riskmap.progress import Progress
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold a project that is ready to be checked.

    Parameters
    ----------
    ready : Prepared
        What is held.
    sources : tuple of LayerSource
        What streams.
    side : HazardSide
        The hazards' side of all pairs.
    """

    ready: Prepared
    sources: tuple[LayerSource, ...]
    side: HazardSide


def open_project(config: RunConfig, *, progress: Progress | None = None) -> Opened:
    """Read what is held and open what streams.

    Parameters
    ----------
    config : RunConfig
        What the run is told.
    progress : Progress, optional
        Told of each layer.

    Returns
    -------
    Opened
        The project.

    Raises
    ------
    DataError, RulebookError
        When a layer or the law cannot be used.
    """
    sources: list[LayerSource] = []
    refused: dict[str, DataError] = {}
    for spec in config.catalog.layer:
        try:
            source = open_source(spec, folder=config.folder)
        except DataError as error:
            refused[spec.id] = error
            continue
        if source is not None:
            sources.append(source)
    ready = prepare(config, progress=progress, sources=sources, refused=refused)
    # Rules select by grade and class. What streams is not counted, and closes no count.
    unread = frozenset(source.spec.role for source in sources)
    layers, _ = grade_and_classify(
        ready.layers, gradings=ready.gradings, as_of=config.as_of, unread=unread
    )
    ready = replace(ready, layers=layers)
    side = HazardSide.prepare(ready.layers, rulebook=ready.rulebook, as_of=config.as_of)
    return Opened(ready, tuple(sources), side)


def check_project(
    config: RunConfig, *, progress: Progress | None = None
) -> tuple[Setbacks, pd.DataFrame, Rulebook]:
    """Check the setbacks of a project and nothing else.

    Parameters
    ----------
    config : RunConfig
        What the run is told.
    progress : Progress, optional
        Told of each step.

    Returns
    -------
    tuple of (Setbacks, pandas.DataFrame, Rulebook)
        Findings, COUNTS of every layer, and the law that was used.
    """
    progress = progress or Silent()
    project = open_project(config, progress=progress)
    batches = sum(-(-source.rows // BATCH_ROWS) for source in project.sources)
    progress.start("step.rules", max(1, batches))
    setbacks, counts = _check(project, project.side, progress)
    held = [layer.counts for layer in project.ready.layers]
    return setbacks, counts_table([*held, *counts]), project.ready.rulebook


def _check(
    project: Opened, side: HazardSide, progress: Progress
) -> tuple[Setbacks, list[LayerCounts]]:
    """Check some hazards against everything that they can reach."""
    ready = project.ready
    parts = [check_receptors(side, ready.layers)]
    counts = []
    for source in project.sources:
        try:
            streamed, count = _stream(source, side, ready, progress)
        except MemoryError as error:
            values: dict[str, object] = {"reason": f"{source.spec.id}: {error}"}
            raise DataError([complain("error.no_memory", values)]) from error
        parts += streamed
        counts.append(count)
    tables = [layer.features for layer in ready.layers] + [part.receptors for part in parts[1:]]
    inside = refs_inside(ready.study_area, tables)
    roles = frozenset(source.spec.role for source in project.sources)
    return clip(join_parts(side, parts, streamed=roles), inside), counts


def _stream(
    source: LayerSource, side: HazardSide, ready: Prepared, progress: Progress
) -> tuple[list[Part], LayerCounts]:
    """Take a layer past the hazards: only rows that one of them can reach are looked at."""
    parts: list[Part] = []

    def take(layer: Layer) -> None:
        parts.append(check_batch(side, layer, ready=ready)[1])

    near = watch(side.hazards, reach_m=side.reach_of(source.spec.role, doubt_m=doubt_of(source)))
    counts = take_near(source, near=near, ready=ready, take=take, progress=progress)
    return parts, counts


@dataclass(frozen=True, slots=True)
class TileTask:
    """Say what a worker has to do: small enough to send anywhere.

    Parameters
    ----------
    project : pathlib.Path
        Project folder, as the worker sees it.
    as_of : datetime.date
        Assessment date.
    tile : Tile
        Tile to check.
    out : pathlib.Path
        Folder of the findings, as the worker sees it.
    run : str
        Name of the run: what a worker has read for one is not used for another.
    """

    project: Path
    as_of: date
    tile: Tile
    out: Path
    run: str


@dataclass(frozen=True, slots=True)
class TileReport:
    """Say what a tile came to.

    Parameters
    ----------
    tile : Tile
        The tile.
    hazards : int
        Hazards that it owns.
    findings : int
        Findings that were written.
    verdicts : tuple of (str, int)
        Pairs by their worst verdict.
    """

    tile: Tile
    hazards: int
    findings: int
    verdicts: tuple[tuple[str, int], ...]


def check_tiles(
    config: RunConfig,
    *,
    out: Path,
    tiles: int,
    executor: Executor,
    progress: Progress | None = None,
) -> list[TileReport]:
    """Check a project tile by tile and write the findings as one partitioned GeoParquet.

    Parameters
    ----------
    config : RunConfig
        What the run is told.
    out : pathlib.Path
        Folder to make; every worker must see it under this name.
    tiles : int
        Number of tiles.
    executor : Executor
        Who works them.
    progress : Progress, optional
        Told of each tile.

    Returns
    -------
    list of TileReport
        One a tile, in order; together their findings are those of `check_project`.

    Raises
    ------
    OutputError
        When the folder is not empty or cannot be made.
    EngineError
        When the workers are lost.
    """
    out = out.absolute()
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise OutputError([complain("error.folder_not_empty", {"folder": out})])
    except OSError as error:
        values = {"folder": out, "reason": error}
        raise OutputError([complain("error.output_unwritable", values)]) from error
    progress = progress or Silent()
    progress.start("step.tiles", tiles)
    run, folder = token_hex(8), config.folder.absolute()
    tasks = [TileTask(folder, config.as_of, tile, out, run) for tile in make_tiles(tiles)]
    reports = []
    for report in executor.work(check_tile, tasks):
        reports.append(report)
        progress.advance(str(report.tile.number + 1))
    for half in out.glob(".part-*"):
        # A worker that was lost while it wrote: its tile was written by another.
        half.unlink(missing_ok=True)
    return sorted(reports, key=lambda report: report.tile.number)


@lru_cache(maxsize=1)
def _project_at(project: Path, as_of: date, _run: str) -> Opened:
    """Open a project once a worker, however many tiles it is given."""
    return open_project(load_config(project, as_of=as_of))


def check_tile(task: TileTask) -> TileReport:
    """Check one tile and write its findings; done again, it writes the same file.

    Parameters
    ----------
    task : TileTask
        What to do.

    Returns
    -------
    TileReport
        What it came to.
    """
    project = _project_at(task.project, task.as_of, task.run)
    side = project.side
    owned = owners(_places(side), count=task.tile.count) == task.tile.number
    near = side.only(owned | _neighbours(side, owned))
    setbacks, _ = _check(project, near, Silent())
    own = set(side.hazards["ref"][owned])
    findings = setbacks.findings[setbacks.findings["source"].isin(own)].reset_index(drop=True)
    pairs = setbacks.pairs[setbacks.pairs["source"].isin(own)]
    path = task.out / f"part-{task.tile.number:05d}.parquet"
    # Whole or not at all: a worker that is killed leaves no half part.
    beside = task.out / f".{path.name}.{os.getpid()}"
    write_parquet(findings.to_crs("EPSG:4326"), path=beside)
    beside.replace(path)
    verdicts = pairs["verdict"].value_counts().sort_index()
    return TileReport(
        task.tile,
        int(owned.sum()),
        len(findings),
        tuple((str(name), int(count)) for name, count in verdicts.items()),
    )


def _places(side: HazardSide) -> NDArray[np.float64]:
    """Take the middle of each hazard's box as its representative point."""
    bounds = side.hazards.bounds.to_numpy(float)
    places: NDArray[np.float64] = (bounds[:, :2] + bounds[:, 2:]) / 2.0
    return places


def _neighbours(side: HazardSide, owned: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the hazards that an owned one can reach: where both pick each other, both count."""
    roles = side.hazards["role"].unique()
    own = side.only(owned)
    doubts_m = side.hazards["accuracy_m"] + side.hazards["within_m"].fillna(0.0) + WIDEST_ROAD_M
    reach_m = np.full(len(own.hazards), -1.0)
    for role in roles:
        reach_m = np.maximum(reach_m, own.reach_of(role, doubt_m=float(doubts_m.max())))
    near, _ = watch(own.hazards, reach_m=reach_m).near(
        rows_of_shapes(np.asarray(side.hazards.geometry.array))
    )
    return near


def verdict_counts(reports: Sequence[TileReport]) -> Iterator[tuple[str, int]]:
    """Add up the pairs of all tiles by their worst verdict.

    Parameters
    ----------
    reports : sequence of TileReport
        What the tiles came to.

    Yields
    ------
    tuple of (str, int)
        Verdict and number of pairs.
    """
    total: dict[str, int] = {}
    for report in reports:
        for verdict, count in report.verdicts:
            total[verdict] = total.get(verdict, 0) + count
    yield from sorted(total.items())
