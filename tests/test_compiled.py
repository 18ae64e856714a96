"""The compiled form says what the Python says, and is never kept past a change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numba
import pytest

from riskmap import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(compiled.__file__).parents[1]

# A small pass, told in bytes: pairs, numbers, status, and the nearest.
A_SMALL_ONE = """
import numpy as np
from riskmap.geometry import LONLAT
from riskmap.wkb import wkb_rows
from riskmap.sweep import Reach, make_sweeper
from riskmap.distance import measure_pairs
from tests.passes import batch, gather, held, lonlat_rows, plane_rows, scatter
import shapely

hazards, receptors = scatter(1, 10), scatter(2, 15)
none = np.zeros(len(hazards), dtype=np.int64)
reach = Reach(none, np.array([[700.0]]), np.array([[2000.0]]), np.zeros(1, dtype=np.int64))
sweeper = make_sweeper(plane_rows(hazards), reach=reach)
found = gather(list(sweeper.run([batch(plane_rows(receptors))])))
print(found.hazard.tolist(), found.receptor.tolist(), found.best.tobytes().hex())
print(sweeper.nearest().distance_m.tobytes().hex(), sweeper.nearest().receptor.tolist())
line = shapely.LineString([(119.5, 31.0), (119.52, 31.01)])
degrees = make_sweeper(lonlat_rows([line] * len(hazards)), reach=reach)
rows = wkb_rows([shapely.to_wkb(line), None, b"\\x01"], space=LONLAT)
(pairs,) = degrees.run([batch(rows)], threads=1)
print(pairs.best.tobytes().hex(), pairs.status.tolist(), pairs.near.tolist())
measured = measure_pairs(held(hazards), held(receptors[: len(hazards)]))
print(measured.distance_m.tobytes().hex(), measured.end.tobytes().hex())
"""


def told(code: str, environment: dict[str, str]) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**kept, **environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_compiled_form_says_what_the_python_says() -> None:
    # The environment as it is: kernels that this run has kept are taken.
    fast = told(A_SMALL_ONE, {**os.environ, "NUMBA_DISABLE_JIT": "0"})
    slow = told(A_SMALL_ONE, {**os.environ, "NUMBA_DISABLE_JIT": "1"})
    assert fast.splitlines() == slow.splitlines()
    assert len(fast) > 2500


def test_kept_kernels_load_without_the_registries_of_the_compiler(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0", "NUMBA_CACHE_DIR": str(tmp_path)}
    small = "from riskmap.geometry import box_chunks, make_chains; chains = make_chains(8, 2)"
    run = f"import sys; {small}; box_chunks(chains, 0, 1); print('numba.np.linalg' in sys.modules)"
    assert told(run, environment).split() == ["True"]
    assert told(run, environment).split() == ["False"]


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    compiled.kernel_folder.cache_clear()
    yield
    compiled.kernel_folder.cache_clear()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the kernels' rooms a copy of their own, and a cache folder."""
    copied = tmp_path / "riskmap"
    copied.mkdir()
    for name in compiled.KERNEL_ROOMS:
        shutil.copy(ROOT / "riskmap" / f"{name}.py", copied)
    monkeypatch.setattr(compiled, "__file__", str(copied / "compiled.py"))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    return copied


@pytest.mark.parametrize("room", compiled.KERNEL_ROOMS)
def test_a_change_of_any_kernel_room_leaves_the_kept_kernels(house: Path, room: str) -> None:
    before = compiled.kernel_folder()
    compiled.kernel_folder.cache_clear()
    assert compiled.kernel_folder() == before
    with (house / f"{room}.py").open("a", encoding="utf-8") as file:
        file.write("# one formula more\n")
    compiled.kernel_folder.cache_clear()
    after = compiled.kernel_folder()
    assert before is not None
    assert after is not None
    assert after != before
    assert after.parent == before.parent == house.parent / "cache" / "riskmap"
    assert before.is_dir()
    assert after.is_dir()


def test_every_room_with_a_kernel_is_digested() -> None:
    rooms = {
        path.stem
        for path in (ROOT / "riskmap").glob("*.py")
        if "@compiled" in path.read_text(encoding="utf-8")
    }
    assert rooms <= set(compiled.KERNEL_ROOMS)


def test_without_a_folder_of_numba_the_users_cache_is_taken(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house.parent
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setattr(compiled.sys, "platform", "linux")  # type: ignore[attr-defined]
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert _parent() == home / ".cache" / "riskmap" / "kernels"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "xdg"))
    assert _parent() == home / "xdg" / "riskmap" / "kernels"
    monkeypatch.setattr(compiled.sys, "platform", "win32")  # type: ignore[attr-defined]
    monkeypatch.setenv("LOCALAPPDATA", str(home / "local"))
    assert _parent() == home / "local" / "riskmap" / "kernels"
    monkeypatch.delenv("LOCALAPPDATA")
    assert _parent() == home / "AppData" / "Local" / "riskmap" / "kernels"


def _parent() -> Path | None:
    compiled.kernel_folder.cache_clear()
    folder = compiled.kernel_folder()
    return folder and folder.parent


def test_a_folder_that_cannot_be_made_or_written_is_none(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    occupied = house.parent / "file"
    occupied.write_text("in the way", encoding="utf-8")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(occupied))
    assert _parent() is None
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(house.parent / "cache"))
    monkeypatch.setattr(compiled.os, "access", lambda *_: False)  # type: ignore[attr-defined]
    assert _parent() is None


def test_a_user_without_a_home_has_no_folder(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        message = "Could not determine home directory."
        raise RuntimeError(message)

    assert house.is_dir()
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(compiled.Path, "home", homeless)  # type: ignore[attr-defined]
    assert _parent() is None


# One cheap kernel: what has to work is compiling it without a folder to keep it in.
ONE_KERNEL = """
import numpy as np
import numba
from riskmap.compiled import compiled, kernel_folder
from riskmap.geometry import box_chunks, make_chains

chains = make_chains(3, 1)
chains.xy[:] = (1.0, 2.0, 5.0, 0.0, 3.0, 4.0)
chains.first[1] = 3
box_chunks(chains, 0, 1)
print(chains.box[:4].tolist(), kernel_folder() is None)
"""


def test_without_a_writable_home_kernels_are_compiled_and_not_kept(tmp_path: Path) -> None:
    occupied = tmp_path / "home"
    occupied.write_text("no folder", encoding="utf-8")
    said = told(ONE_KERNEL, {"HOME": str(occupied), "LOCALAPPDATA": str(occupied)})
    assert said.split("]")[0] == "[1.0, 0.0, 5.0, 4.0"
    assert said.split()[-1] == "True"


@pytest.mark.skipif(sys.platform == "win32", reason="there the folder is LOCALAPPDATA's")
def test_without_home_in_the_environment_a_cache_folder_still_serves(tmp_path: Path) -> None:
    said = told(ONE_KERNEL, {"XDG_CACHE_HOME": str(tmp_path)})
    assert said.split()[-1] == "False"
    kept = list((tmp_path / "riskmap" / "kernels").rglob("*box_chunks*"))
    assert kept
    # The second process reads what the first has kept, and says the same.
    assert told(ONE_KERNEL, {"XDG_CACHE_HOME": str(tmp_path)}) == said
