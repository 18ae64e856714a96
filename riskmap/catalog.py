"""The catalog: which layers a project has, and what each declares about itself."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from riskmap.errors import Complaint, ConfigError, complain
from riskmap.roles import PEOPLE_ROLES, ROLES, columns_of, is_register
from riskmap.vocabulary import LINES
from riskmap.words import Text

if TYPE_CHECKING:
    from typing import Self

    from pydantic_core import ErrorDetails

Value = str | int | float | bool
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class LayerSpec(BaseModel):
    """Declare one layer of a catalog.

    Notes
    -----
    The fields are the keys of a ``[[layer]]`` table; ``layers/README.md`` describes each.
    ``accuracy_m`` is the largest positional error of the layer [m]; ``line_within_m`` the
    largest distance between the drawn geometry and the line that a rule asks for [m], when
    the office knows it. ``complete`` declares that nobody who lives in the study area or
    within reach of it is missing: only then "no residents found" means none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Name
    role: str
    file: str
    title: Text
    sublayer: str | None = None
    longitude: str | None = None
    latitude: str | None = None
    datum: str | None = None
    reference: str | None = None
    accuracy_m: float = Field(default=0.0, ge=0.0, le=5000.0)
    line_within_m: float | None = Field(default=None, ge=0.0)
    key: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, Value] = Field(default_factory=dict)
    values: dict[str, dict[str, Value]] = Field(default_factory=dict)
    unknown: dict[str, list[Value]] = Field(default_factory=dict)
    keep: dict[str, list[Value]] = Field(default_factory=dict)
    extent: tuple[float, float, float, float] | None = None
    repair: list[Literal["longitude_sign"]] = Field(default_factory=list)
    illustrative: bool = False
    complete: bool = False
    source: Text
    licence: str
    vintage: str

    @field_validator("file")
    @classmethod
    def _stay_inside(cls, value: str) -> str:
        path = PurePosixPath(value.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in value:
            raise ValueError("a layer's file must lie inside the project folder")
        return value

    @model_validator(mode="after")
    def _be_whole(self) -> Self:
        if self.role not in ROLES:
            raise ValueError(f"unknown role {self.role!r}; one of: {', '.join(ROLES)}")
        known = columns_of(self.role)
        for mapping in (self.columns, self.constants, self.values, self.unknown):
            for column in mapping:
                if column not in known:
                    raise ValueError(
                        f"role {self.role} has no column {column!r}; one of: {', '.join(known)}"
                    )
        parts = ROLES[self.role].parts
        if not is_register(self.role) and self.datum is None:
            raise ValueError("datum is not declared (CGCS2000, WGS84, GCJ02, BD09 or EPSG:n)")
        if parts & {"hazard", "receptor"} and self.reference is None:
            raise ValueError(f"reference is not declared; one of: {', '.join(LINES)}")
        if self.reference is not None and self.reference not in LINES:
            raise ValueError(f"unknown reference {self.reference!r}; one of: {', '.join(LINES)}")
        if self.complete and self.role not in PEOPLE_ROLES:
            raise ValueError(f"complete is for layers of people: {', '.join(PEOPLE_ROLES)}")
        return self


class Catalog(BaseModel):
    """List the layers of a project.

    Notes
    -----
    ``layer`` holds the ``[[layer]]`` tables in file order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layer: tuple[LayerSpec, ...]


def read_toml(path: Path) -> dict[str, object]:
    """Read a TOML file that a person wrote.

    Parameters
    ----------
    path : pathlib.Path
        File to read.

    Returns
    -------
    dict
        Its tables.

    Raises
    ------
    ConfigError
        When the file is missing, is not UTF-8 or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            [complain("error.file_unreadable", {"file": path, "reason": reason})]
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError([complain("error.not_utf8", {"file": path})]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([complain("error.not_toml", {"file": path, "reason": error})]) from error


def complaints_of(error: ValidationError, *, file: Path, context: str = "") -> list[Complaint]:
    """Turn what pydantic found into complaints that name file and key.

    Parameters
    ----------
    error : pydantic.ValidationError
        What was found.
    file : pathlib.Path
        File that was read.
    context : str, optional
        Where in the file, such as ``layer 'roads'``.

    Returns
    -------
    list of Complaint
        One for each fault.
    """
    return [_complaint(detail, file=file, context=context) for detail in error.errors()]


def _complaint(detail: ErrorDetails, *, file: Path, context: str) -> Complaint:
    key = ".".join(str(part) for part in detail["loc"]) or "-"
    where = f"{context}: {key}" if context else key
    if detail["type"] == "extra_forbidden":
        return complain("error.unknown_key", {"file": file, "key": where})
    if detail["type"] == "missing":
        return complain("error.missing_key", {"file": file, "key": where})
    reason = detail["msg"].removeprefix("Value error, ")
    return complain("error.bad_value", {"file": file, "key": where, "reason": reason})


def make_spec(keys: dict[str, object], *, file: Path) -> LayerSpec:
    """Make the declaration of one layer from its keys.

    Parameters
    ----------
    keys : dict
        Keys of a ``[[layer]]`` table.
    file : pathlib.Path
        File that a complaint names.

    Returns
    -------
    LayerSpec
        The declaration.

    Raises
    ------
    ConfigError
        With one complaint for each unknown, missing or wrong key.
    """
    try:
        return LayerSpec.model_validate(keys)
    except ValidationError as error:
        raise ConfigError(complaints_of(error, file=file)) from error


def read_catalog(path: Path) -> Catalog:
    """Read ``catalog.toml`` and refuse it with everything that is wrong.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Catalog
        Its layers.

    Raises
    ------
    ConfigError
        With one complaint for each unknown, missing or wrong key, doubled id and the lack
        of a boundary.
    """
    tables = read_toml(path)
    complaints: list[Complaint] = [
        complain("error.unknown_key", {"file": path, "key": key})
        for key in tables
        if key != "layer"
    ]
    entries = tables.get("layer")
    if not isinstance(entries, list) or not entries:
        raise ConfigError([*complaints, complain("error.no_layers", {"file": path})])
    specs: list[LayerSpec] = []
    for number, entry in enumerate(entries, start=1):
        label = entry.get("id", number) if isinstance(entry, dict) else number
        try:
            specs.append(LayerSpec.model_validate(entry))
        except ValidationError as error:
            complaints += complaints_of(error, file=path, context=f"layer {label!r}")
    complaints += _complaints_of_set(specs, path=path, complete=len(specs) == len(entries))
    if complaints:
        raise ConfigError(complaints)
    return Catalog(layer=tuple(specs))


def _complaints_of_set(specs: list[LayerSpec], *, path: Path, complete: bool) -> list[Complaint]:
    found: list[Complaint] = []
    ids = [spec.id for spec in specs]
    found += [
        complain("error.id_twice", {"file": path, "id": name})
        for name in sorted({name for name in ids if ids.count(name) > 1})
    ]
    boundaries = [spec.id for spec in specs if spec.role == "boundary"]
    if len(boundaries) > 1 or (complete and not boundaries):
        found.append(complain("error.one_boundary", {"file": path, "count": len(boundaries)}))
    return found
