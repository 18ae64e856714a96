"""Write a new project that runs at once: commented files and data to be replaced."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from riskmap.catalog import read_catalog
from riskmap.defaults import case_folder
from riskmap.errors import ConfigError, OutputError, complain

if TYPE_CHECKING:
    from riskmap.words import Lang

_CASE = "liyang"


def write_starter(folder: Path, *, lang: Lang) -> Path:
    """Write a project folder with the illustrative data of the liyang case.

    Parameters
    ----------
    folder : pathlib.Path
        Folder to make; it must not exist, or be empty.
    lang : {'zh', 'en'}
        Language that the project is set to.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ConfigError
        When the folder holds something already.
    OutputError
        When it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError([complain("error.folder_not_empty", {"folder": folder})])
    source = case_folder(_CASE)
    templates = Path(__file__).parent / "templates"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        project = (templates / "starter_project.toml").read_text("utf-8")
        _write(folder / "project.toml", project.replace("@LANGUAGE@", lang))
        # An example of a rulebook of one's own; project.toml does not name it yet.
        shutil.copyfile(templates / "local_rulebook.toml", folder / "local_rulebook.toml")
        head = (templates / "starter_catalog.toml").read_text("utf-8")
        body = (source / "catalog.toml").read_text("utf-8")
        _write(folder / "catalog.toml", head + "\n" + body)
        for spec in read_catalog(source / "catalog.toml").layer:
            target = folder / spec.file
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copyfile(source / spec.file, target)
    except OSError as error:
        raise OutputError(
            [complain("error.output_unwritable", {"folder": folder, "reason": error.strerror})]
        ) from error
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")
