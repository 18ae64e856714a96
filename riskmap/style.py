"""The look: colours, hatches and lines, read from a style file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from riskmap.catalog import complaints_of, read_toml
from riskmap.defaults import default_folder
from riskmap.errors import ConfigError
from riskmap.words import Text

if TYPE_CHECKING:
    from pathlib import Path

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-F]{6}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TierStyle(_Strict):
    """Describe a tier: `solid` for badges, `area` for fills over white, hatch over them."""

    solid: Colour
    text: Colour
    area: Colour
    hatch: str
    hatch_colour: Colour
    badge: Text


class InfluenceStyle(_Strict):
    """Describe the fill of an influence range."""

    area: Colour
    hatch: str
    hatch_colour: Colour


class VerdictStyle(_Strict):
    """Describe the line of a finding: colour, dash pattern and width [pt]."""

    line: Colour
    dash: tuple[float, ...]
    width: float


class GroundStyle(_Strict):
    """Name the colours of everything that is not a result."""

    ink: Colour
    secondary: Colour
    study_area: Colour
    neighbour: Colour
    neighbour_line: Colour
    boundary_line: Colour
    frame: Colour
    water: Colour
    water_line: Colour
    road_casing: Colour
    road_fill: Colour
    railway: Colour
    pipeline: Colour
    residential: Colour
    residential_line: Colour
    sensitive: Colour
    building: Colour
    built_up: Colour
    park_line: Colour
    mine_fill: Colour
    mine_line: Colour
    control_line: Colour
    ring: Colour
    halo: Colour


class Style(_Strict):
    """Hold one look for maps, pages and sheets."""

    tiers: dict[str, TierStyle]
    influences: dict[str, InfluenceStyle]
    verdicts: dict[str, VerdictStyle]
    ground: GroundStyle


def load_style(path: Path | None = None) -> Style:
    """Read a style file.

    Parameters
    ----------
    path : pathlib.Path, optional
        File; the shipped ``styles/default.toml`` when not given.

    Returns
    -------
    Style
        The look.

    Raises
    ------
    ConfigError
        With every unknown, missing or wrong key.
    """
    where = path or default_folder("styles") / "default.toml"
    try:
        return Style.model_validate(read_toml(where))
    except ValidationError as error:
        raise ConfigError(complaints_of(error, file=where)) from error
