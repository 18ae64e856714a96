"""Find the folders that come with riskmap: the cases and the styles.

In an installed wheel they lie inside the package (``_layers``, ``_styles``); in a checkout
and an editable install they are the package's siblings (``layers/``, ``styles/``).
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from riskmap.errors import ConfigError, complain

if TYPE_CHECKING:
    from collections.abc import Mapping

Folder = Literal["layers", "styles"]

_SENTINELS: Mapping[Folder, str] = MappingProxyType(
    {"layers": "liyang/project.toml", "styles": "default.toml"}
)


def default_folder(name: Folder) -> Path:
    """Return the folder of the shipped cases or styles.

    Parameters
    ----------
    name : {'layers', 'styles'}
        Which of the two.

    Returns
    -------
    pathlib.Path
        Folder that holds its sentinel file.

    Raises
    ------
    ConfigError
        When neither the package nor the checkout holds it.
    """
    package = Path(__file__).parent
    for folder in (package / f"_{name}", package.parent / name):
        if (folder / _SENTINELS[name]).is_file():
            return folder
    raise ConfigError([complain("error.defaults_missing", {"folder": name})])


def case_folder(case: str) -> Path:
    """Return the folder of one shipped case.

    Parameters
    ----------
    case : str
        Name of the case, such as ``liyang``.

    Returns
    -------
    pathlib.Path
        Its folder.

    Raises
    ------
    ConfigError
        When there is no such case.
    """
    folder = default_folder("layers")
    if case not in case_names():
        raise ConfigError(
            [complain("error.no_case", {"case": case, "cases": ", ".join(case_names())})]
        )
    return folder / case


def case_names() -> tuple[str, ...]:
    """List the shipped cases.

    Returns
    -------
    tuple of str
        Sorted names.
    """
    folder = default_folder("layers")
    return tuple(sorted(entry.parent.name for entry in folder.glob("*/project.toml")))
