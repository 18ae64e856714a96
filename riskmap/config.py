"""One run's configuration: ``project.toml`` and the catalog beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from riskmap.catalog import Catalog, complaints_of, read_catalog, read_toml
from riskmap.errors import Complaint, ConfigError, complain
from riskmap.roles import CITY_UNIT_ROLES, ENTERPRISE_UNIT_ROLES
from riskmap.words import Lang, Text

if TYPE_CHECKING:
    from pathlib import Path


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SurveyConfig(_Strict):
    """Set the radius of the survey table [m]."""

    radius_m: float = Field(default=2000.0, gt=0.0, le=50_000.0)


class MarksConfig(_Strict):
    """Set what the margins say."""

    compiled_by: str = ""
    checked_by: str = ""
    approved_by: str = ""
    internal: bool = True
    basis: tuple[Text, ...] = ()
    data_until: str = ""


class TiersConfig(_Strict):
    """Name the tier scheme that the run uses for each kind of unit.

    Notes
    -----
    `files` adds schemes of the project's own; `documents` names, by id of a scheme, the
    document that switches on a scheme which is off for want of one.
    """

    chemical_park: str = ""
    chemical_plant: str = ""
    non_coal_mine: str = ""
    hazard_source: str = ""
    waste_dump: str = ""
    tailings_pond: str = ""
    files: tuple[str, ...] = ()
    documents: dict[str, Annotated[str, StringConstraints(min_length=1)]] = Field(
        default_factory=dict
    )

    @property
    def used(self) -> dict[str, str]:
        """Return the scheme of each kind of unit that one is named for."""
        roles = (*CITY_UNIT_ROLES, *ENTERPRISE_UNIT_ROLES)
        return {role: getattr(self, role) for role in roles if getattr(self, role)}


class Project(_Strict):
    """Hold ``project.toml`` as it is written; ``riskmap init`` explains each key."""

    title: Text
    case: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    as_of: date
    printed: date | None = None
    language: Lang = "zh"
    rulebooks: tuple[str, ...] = Field(min_length=1)
    illustrative: bool = False
    sheet_crs: str | None = None
    survey: SurveyConfig = SurveyConfig()
    tiers: TiersConfig = TiersConfig()
    marks: MarksConfig = MarksConfig()


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Hold everything that a run is told.

    Parameters
    ----------
    folder : pathlib.Path
        Project folder.
    project : Project
        Its ``project.toml``.
    catalog : Catalog
        Its ``catalog.toml``.
    as_of : datetime.date
        Assessment date.
    language : {'zh', 'en'}
        Language of the outputs.
    """

    folder: Path
    project: Project
    catalog: Catalog
    as_of: date
    language: Lang


def load_config(
    where: Path, *, as_of: date | None = None, language: Lang | None = None
) -> RunConfig:
    """Read a project folder, with everything that is wrong in one error.

    Parameters
    ----------
    where : pathlib.Path
        Project folder, or its ``project.toml``.
    as_of : datetime.date, optional
        Assessment date in place of the project's.
    language : {'zh', 'en'}, optional
        Language in place of the project's.

    Returns
    -------
    RunConfig
        What the run is told.

    Raises
    ------
    ConfigError
        When either file is missing or wrong.
    """
    path = where / "project.toml" if where.is_dir() else where
    if not path.is_file():
        raise ConfigError([complain("error.no_project", {"file": path})])
    complaints: list[Complaint] = []
    project: Project | None = None
    catalog: Catalog | None = None
    try:
        project = Project.model_validate(_with_dates(read_toml(path)))
    except ConfigError as error:
        complaints += error.complaints
    except ValidationError as error:
        complaints += complaints_of(error, file=path)
    try:
        catalog = read_catalog(path.parent / "catalog.toml")
    except ConfigError as error:
        complaints += error.complaints
    if complaints or project is None or catalog is None:
        raise ConfigError(complaints)
    return RunConfig(
        folder=path.parent,
        project=project,
        catalog=catalog,
        as_of=as_of or project.as_of,
        language=language or project.language,
    )


def _with_dates(tables: dict[str, object]) -> dict[str, object]:
    # An empty date means "not given", as blank marks do.
    return {key: value for key, value in tables.items() if not (key == "printed" and value == "")}
