"""Where results come from: digests of files and versions of what computed them."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LIBRARIES = ("geopandas", "shapely", "pyproj", "pandas", "numpy", "folium", "matplotlib")


def file_digest(path: Path) -> str:
    """Compute the SHA-256 of a file.

    Parameters
    ----------
    path : pathlib.Path
        File to read.

    Returns
    -------
    str
        Digest in hexadecimal.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of(parts: Iterable[str]) -> str:
    """Compute one SHA-256 over several texts, their borders included.

    Parameters
    ----------
    parts : iterable of str
        Texts in a fixed order.

    Returns
    -------
    str
        Digest in hexadecimal.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def software_versions() -> dict[str, str]:
    """List the versions of riskmap, Python and the libraries that shape a result.

    Returns
    -------
    dict of str to str
        Version by name.
    """
    found = {"riskmap": version("riskmap"), "python": platform.python_version()}
    found.update({name: version(name) for name in _LIBRARIES})
    return found
