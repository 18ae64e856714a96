"""A real cluster: the same table as here, lost workers, and never a wait without an end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shapely import Point

import riskmap
from riskmap import checking, engine
from riskmap.checking import check_project, check_tiles
from riskmap.cli import INTERRUPTED, main
from riskmap.engine import make_executor
from riskmap.errors import DataError, EngineError
from tests.conftest import rule_text
from tests.dask_tasks import Held, check_held, die, hold, refuse
from tests.squares import Sheet, Squares, assert_same_findings, read_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from riskmap.config import RunConfig
    from tests.squares import Row

pytestmark = pytest.mark.dask

LIMIT_S = 60.0


@pytest.fixture(autouse=True)
def _need_dask() -> None:
    if find_spec("distributed") is None:
        if "dask" in os.environ.get("RISKMAP_REQUIRE", ""):
            pytest.fail("RISKMAP_REQUIRE asks for Dask, and distributed is not installed")
        pytest.skip("distributed is not installed")


def await_that(done: Callable[[], bool], *, what: str) -> None:
    """Look again and again until something is so; fail when it never is."""
    until = time.monotonic() + LIMIT_S
    while not done():
        if time.monotonic() > until:
            pytest.fail(f"waited in vain for {what}")
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Hold a scheduler and its workers, each a process of its own."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]

    def kill(self, pid: int) -> None:
        """Kill one worker as a lack of memory would, and see it gone."""
        os.kill(pid, signal.SIGKILL)
        next(worker for worker in self.workers if worker.pid == pid).wait(LIMIT_S)


def _start(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    root = str(Path(riskmap.__file__).parent.parent)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    with (folder / "talk.txt").open("ab") as talk:
        return subprocess.Popen(
            [sys.executable, "-m", *words], env=env, stdout=talk, stderr=talk, cwd=folder
        )


@contextmanager
def running(folder: Path, *, workers: int = 2) -> Iterator[Cluster]:
    """Start a scheduler with workers, and end them whatever happens."""
    folder.mkdir()
    file = folder / "scheduler.json"
    started = [
        _start(
            [
                "distributed.cli.dask_scheduler",
                *("--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
                *("--no-show", "--scheduler-file", str(file)),
            ],
            folder,
        )
    ]
    try:
        for number in range(workers):
            worker = ["distributed.cli.dask_worker", "--scheduler-file", str(file), "--no-nanny"]
            worker += ["--nthreads", "1", "--no-dashboard", "--name", str(number)]
            started.append(_start(worker, folder))
        await_that(file.exists, what="the scheduler")
        talk = folder / "talk.txt"
        await_that(
            lambda: talk.read_text("utf-8", "replace").count("Registered to:") == workers,
            what="the workers",
        )
        address = json.loads(file.read_text("utf-8"))["address"]
        yield Cluster(address, started[0], tuple(started[1:]))
    finally:
        for process in reversed(started):
            process.kill()
        for process in started:
            process.wait(LIMIT_S)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running(tmp_path / "cluster") as cluster:
        yield cluster


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PATIENCE_S", 4.0)
    monkeypatch.setattr(engine, "_LOOK_EVERY_S", 0.2)


@pytest.fixture
def crowd(tmp_path: Path) -> RunConfig:
    """Eight sources 300 m apart on a line, a home 50 m north of each: 100 m are asked."""
    tanks: list[Row] = [(Point(300.0 * i, 0.0), {}) for i in range(8)]
    near: list[Row] = [(Point(300.0 * i, 50.0), {}) for i in range(8)]
    layers = {
        "sources": Sheet("hazard_source", tanks),
        "homes": Sheet("residential_zone", near, reference="building_wall"),
    }
    return Squares([rule_text()], layers).write(tmp_path / "crowd")


def _begun(folder: Path) -> set[int]:
    return {int(path.stem.split("-")[1]) for path in folder.glob("*.begun")}


def test_a_cluster_finds_what_this_process_finds(
    cluster: Cluster, crowd: RunConfig, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with make_executor("dask", scheduler=cluster.address) as executor:
        reports = check_tiles(crowd, out=out, tiles=4, executor=executor)
    assert [report.tile.number for report in reports] == [0, 1, 2, 3]
    setbacks, _, _ = check_project(crowd)
    assert len(setbacks.findings) == 8
    assert_same_findings(read_findings(out), setbacks.findings)


@contextmanager
def beside(deed: Callable[[], None]) -> Iterator[None]:
    """Do something while this thread waits for results; what fails there fails here."""
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(deed)
        yield
        done.result(LIMIT_S)


def test_the_tile_of_a_killed_worker_is_worked_by_another(
    cluster: Cluster, crowd: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "check_tile", check_held)

    def kill_one() -> None:
        await_that(lambda: len(_begun(tmp_path)) == 2, what="two tasks")
        cluster.kill(min(_begun(tmp_path)))
        (tmp_path / "go").touch()

    out = tmp_path / "out"
    with make_executor("dask", scheduler=cluster.address) as executor, beside(kill_one):
        check_tiles(crowd, out=out, tiles=4, executor=executor)
    assert [worker.poll() is None for worker in cluster.workers].count(False) == 1
    assert [path.name for path in out.glob(".*")] == []
    assert_same_findings(read_findings(out), check_project(crowd)[0].findings)


@pytest.mark.usefixtures("impatient")
def test_a_cluster_whose_workers_are_all_gone_is_given_up(cluster: Cluster, tmp_path: Path) -> None:
    def kill_all() -> None:
        await_that(lambda: len(_begun(tmp_path)) == 2, what="two tasks")
        for worker in cluster.workers:
            cluster.kill(worker.pid)

    tasks = [Held(number, tmp_path) for number in range(3)]
    with (
        make_executor("dask", scheduler=cluster.address) as executor,
        pytest.raises(EngineError, match="has no worker"),
        beside(kill_all),
    ):
        list(executor.work(hold, tasks))


@pytest.mark.usefixtures("impatient")
def test_a_scheduler_that_is_lost_on_the_way_is_said(cluster: Cluster, tmp_path: Path) -> None:
    def kill_scheduler() -> None:
        await_that(lambda: len(_begun(tmp_path)) == 2, what="two tasks")
        cluster.scheduler.kill()
        cluster.scheduler.wait(LIMIT_S)

    with (
        pytest.raises(EngineError, match=r"does not answer .*lost the connection"),
        make_executor("dask", scheduler=cluster.address) as executor,
        beside(kill_scheduler),
    ):
        list(executor.work(hold, [Held(number, tmp_path) for number in range(3)]))


def test_an_interrupt_while_a_cluster_works_ends_the_wait(
    cluster: Cluster,
    crowd: RunConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(checking, "check_tile", check_held)

    def interrupt() -> None:
        await_that(lambda: len(_begun(tmp_path)) == 2, what="two tasks")
        os.kill(os.getpid(), signal.SIGINT)

    words = ["check", str(crowd.folder), "--findings", str(tmp_path / "out"), "--tiles", "4"]
    with beside(interrupt):
        assert main([*words, "--scheduler", cluster.address, "--lang", "en"]) == INTERRUPTED
    assert "Interrupted" in capsys.readouterr().err


@pytest.mark.usefixtures("impatient")
def test_a_scheduler_without_workers_is_said(tmp_path: Path) -> None:
    with (
        running(tmp_path / "alone", workers=0) as cluster,
        make_executor("dask", scheduler=cluster.address) as executor,
        pytest.raises(EngineError, match="dask worker"),
    ):
        list(executor.work(hold, [Held(0, tmp_path)]))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://here"])
def test_a_scheduler_that_is_not_there_is_said(address: str) -> None:
    with (
        pytest.raises(EngineError, match="does not answer"),
        make_executor("dask", scheduler=address),
    ):
        pytest.fail("nobody is there")


def test_a_fault_of_the_data_comes_back_with_its_complaints_and_is_not_tried_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    with (
        make_executor("dask", scheduler=cluster.address) as executor,
        pytest.raises(DataError) as caught,
    ):
        list(executor.work(refuse, [Held(7, tmp_path)]))
    assert caught.value.read("zh") == ("“7”不是正整数。",)
    assert (tmp_path / "tries").read_text("utf-8") == "x"


def test_a_task_that_kills_every_worker_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The scheduler of this test gives up at once, so that one worker is enough.
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    with (
        running(tmp_path / "cluster") as cluster,
        pytest.raises(EngineError, match=r"lost its worker .*more --tiles"),
        make_executor("dask", scheduler=cluster.address) as executor,
    ):
        list(executor.work(die, [Held(0, tmp_path)]))


def test_without_distributed_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(EngineError, match=r"riskmap\[dask\]"),
        make_executor("dask"),
    ):
        pytest.fail("there is no Dask")


def test_the_command_starts_a_cluster_of_its_own(
    crowd: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["check", str(crowd.folder), "--findings", str(out), "--tiles", "2"]
    assert main([*words, "--executor", "dask", "--lang", "en"]) == 1
    assert str(out) in capsys.readouterr().out
    assert len(read_findings(out)) == 8
