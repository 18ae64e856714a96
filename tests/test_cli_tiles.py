"""The door to tiles: what is refused, what is printed, and which exit code comes back."""

from __future__ import annotations

import _thread
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from shapely import Point

from riskmap import batches, checking, cli, compiled, pipeline
from riskmap.cli import INTERRUPTED, main
from riskmap.engine import LocalExecutor
from riskmap.setback import check_receptors
from tests.conftest import rule_text
from tests.squares import Sheet, Squares

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from riskmap.batches import RawBatch
    from tests.squares import Row


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write two sources with a home 50 m and one 120 m away: 100 m are asked."""
    tanks: list[Row] = [(Point(0, 0), {}), (Point(5000, 0), {})]
    near: list[Row] = [(Point(0, 50), {}), (Point(5000, 120), {})]
    layers = {
        "sources": Sheet("hazard_source", tanks),
        "homes": Sheet("residential_zone", near, reference="building_wall"),
    }
    return Squares([rule_text()], layers).write(tmp_path / "project").folder


@pytest.mark.parametrize("words", [["--tiles", "2"], ["--executor", "local"]])
def test_tiles_without_a_folder_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["check", str(project), *words, "--lang", "en"]) == 2
    assert "needs --findings with a folder" in capsys.readouterr().err
    assert main(["check", str(project), *words, "--lang", "zh"]) == 2
    assert "须用 --findings" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "x", "-1", "1.5", ""])
def test_a_number_of_tiles_that_is_none_is_refused(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    out = tmp_path / "out"
    words = ["check", str(project), "--findings", str(out), f"--tiles={value}", "--lang"]
    assert main([*words, "en"]) == 2
    assert f"'{value}' is not a whole number above 0" in capsys.readouterr().err
    assert main([*words, "zh"]) == 2
    assert f"“{value}”不是正整数" in capsys.readouterr().err
    assert not out.exists()


def test_an_executor_that_is_unknown_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(project), "--executor", "spark", "--lang", "en"]) == 2
    assert "spark" in capsys.readouterr().err


def test_tiles_return_one_when_something_violates(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["check", str(project), "--findings", str(out), "--tiles", "2", "--lang", "en"]
    assert main(words) == 1
    said = capsys.readouterr().out
    assert str(out) in said
    assert len(gpd.read_parquet(out)) == 2


def test_tiles_return_nothing_when_all_complies(project: Path, tmp_path: Path) -> None:
    rules = project / "rules.toml"
    rules.write_text(rules.read_text("utf-8").replace("100.0", "40.0"), "utf-8")
    assert main(["check", str(project), "--findings", str(tmp_path / "out")]) == 0


def test_strict_counts_what_is_undetermined_in_tiles(project: Path, tmp_path: Path) -> None:
    rules = project / "rules.toml"
    text = rules.read_text("utf-8").replace('"building_wall"', '"inside_point"')
    rules.write_text(text, "utf-8")
    words = ["check", str(project), "--tiles", "2", "--findings"]
    assert main([*words, str(tmp_path / "a")]) == 0
    assert main([*words, str(tmp_path / "b"), "--strict"]) == 1


def test_findings_into_a_folder_with_something_in_it_return_five(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(project), "--findings", str(project), "--lang", "en"]) == 5
    assert "is not empty" in capsys.readouterr().err


def test_warmup_names_the_folder_of_the_kernels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["warmup", "--lang", "en"]) == 0
    folder = compiled.kernel_folder()
    said = capsys.readouterr().out
    assert said.strip()
    if folder is not None:
        assert str(folder) in said


def _fail_with(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_lack_of_memory_is_one_clear_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pipeline, "open_layer", _fail_with(MemoryError("cannot allocate 9 GiB")))
    assert main(["check", str(project), "--lang", "en"]) == 3
    talk = capsys.readouterr().err
    assert "Out of memory (cannot allocate 9 GiB)" in talk
    assert "Traceback" not in talk
    assert main(["check", str(project), "--lang", "zh"]) == 3
    assert "内存不足" in capsys.readouterr().err
    with pytest.raises(MemoryError):
        main(["check", str(project), "--debug"])


def test_a_batch_that_does_not_fit_names_its_layer_in_tiles(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(batches, "STREAM_ROWS", 1)
    monkeypatch.setattr(batches, "_parted", _fail_with(MemoryError("too large")))
    out = tmp_path / "out"
    assert main(["check", str(project), "--findings", str(out), "--lang", "en"]) == 3
    assert "Out of memory (homes: too large)" in capsys.readouterr().err
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("tiles", [[], ["--tiles", "2"]])
def test_an_interrupt_in_the_middle_of_a_pass_ends_it(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tiles: list[str],
) -> None:
    monkeypatch.setattr(batches, "STREAM_ROWS", 1)
    read = batches.RawBatch.places

    def interrupted(batch: RawBatch) -> object:
        # What Ctrl-C does: the signal is met in the main thread, between two batches.
        _thread.interrupt_main()
        return read(batch)

    monkeypatch.setattr(batches.RawBatch, "places", interrupted)
    out = tmp_path / "out"
    words = [*tiles, "--findings", str(out)] if tiles else []
    assert main(["check", str(project), *words, "--lang", "en"]) == INTERRUPTED
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith("riskmap: Interrupted; earlier outputs are untouched.")
    )
    assert not tiles or list(out.iterdir()) == []


def test_an_interrupt_while_pairs_are_measured_ends_the_threads(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = check_receptors

    def interrupted(*args: object, **kwargs: object) -> object:
        _thread.interrupt_main()
        return measured(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(checking, "check_receptors", interrupted)
    assert main(["check", str(project)]) == INTERRUPTED


def test_the_executor_of_this_process_is_the_one_chosen_without_words(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int] = []
    work = LocalExecutor.work

    def noted(self: LocalExecutor, function: Callable[..., object], tasks: list[object]) -> object:
        used.append(len(tasks))
        return work(self, function, tasks)

    monkeypatch.setattr(LocalExecutor, "work", noted)
    assert cli.main(["check", str(project), "--findings", str(tmp_path / "o"), "--tiles", "3"]) == 1
    assert used == [3]
