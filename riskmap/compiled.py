"""The one door to numba: compile a numeric function once, keep it on disk, free the GIL.

numba notices a change of the file that a function stands in, not of the functions that it
calls. A kernel kept from yesterday would then go on with yesterday's formula, so kernels
are kept in a folder that is named by the digest of every file that holds one.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")

# What is asked of numba here stands in its manual, but not in its types.
_CONFIG: Any = numba.config
_NJIT: Any = numba.njit

KERNEL_ROOMS = ("candidates", "compiled", "crs", "distance", "edges", "geometry", "passage", "wkb")


def compiled(function: F) -> F:
    """Compile a function of numbers and arrays to machine code.

    Parameters
    ----------
    function : callable
        Function in the subset of Python that numba compiles: no Python objects, and no
        new arrays, since nothing of its inside is counted (a shared count of references
        would make two threads wait for each other at every array they pass on).

    Returns
    -------
    callable
        The same function, compiled at its first call and kept on disk; it holds no lock
        while it runs. With NUMBA_DISABLE_JIT=1 it stays Python, which is how its branches
        are counted by the coverage run.
    """
    return _made(function, is_door=True)


def compiled_part(function: F) -> F:
    """Compile a function that only compiled functions call: it has no door to Python.

    Parameters
    ----------
    function : callable
        Function as for `compiled`.

    Returns
    -------
    callable
        The same function, for other compiled functions. It becomes part of each that calls
        it: an array is handed over as seven numbers, so that calls with a dozen of them
        took a third of a pass.
    """
    return _made(function, is_door=False)


def _made(function: F, *, is_door: bool) -> F:
    folder = kernel_folder() if is_door else None
    before = _CONFIG.CACHE_DIR
    if folder is not None:
        _CONFIG.CACHE_DIR = str(folder)
    try:
        made: F = _NJIT(
            cache=folder is not None,
            nogil=True,
            error_model="numpy",
            no_cpython_wrapper=not is_door,
            no_cfunc_wrapper=True,
            forceinline=not is_door,
            _nrt=False,
        )(function)
    finally:
        _CONFIG.CACHE_DIR = before
    _load_lightly(made)
    return made


def _load_lightly(made: Any) -> None:  # noqa: ANN401 - numba's dispatchers have no types
    """Let a kept kernel be loaded without the registries that only a compiler reads.

    numba fills them before it looks on the disk, which takes ten times as long as the kernel
    (0.2 s). A kernel that counts no references calls nothing of what they bring; one that
    has to be compiled after all has them filled by the compiler. Another numba, whose insides
    are arranged differently, loads as it does.
    """
    cache: Any = getattr(made, "_cache", None)
    load = getattr(cache, "_load_overload", None)
    guard = getattr(cache, "_guard_against_spurious_io_errors", None)
    if load is None or guard is None:
        return

    def load_overload(signature: object, context: object) -> object:
        with guard():
            return load(signature, context)

    cache.load_overload = load_overload


@cache
def kernel_folder() -> Path | None:
    """Find the folder in which compiled kernels are kept.

    Returns
    -------
    pathlib.Path or None
        Below NUMBA_CACHE_DIR when that is set, else below the user's cache folder; None
        when neither can be written to, and kernels are compiled anew by every process.
    """
    room = Path(__file__).parent
    digest = sha256()
    for name in KERNEL_ROOMS:
        digest.update((room / f"{name}.py").read_bytes())
    try:
        folder = _cache_home() / digest.hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # the latter: a user without a home
        return None
    return folder if os.access(folder, os.W_OK) else None


def is_cold() -> bool:
    """Tell whether the kernels still have to be compiled.

    Returns
    -------
    bool
        True before the first run on a machine, and always where nothing can be kept.
    """
    folder = kernel_folder()
    return folder is None or next(folder.rglob("*.nbi"), None) is None


def _cache_home() -> Path:
    if _CONFIG.CACHE_DIR:
        return Path(_CONFIG.CACHE_DIR) / "riskmap"
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA")
        return (Path(home) if home else Path.home() / "AppData" / "Local") / "riskmap" / "kernels"
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "riskmap" / "kernels"
