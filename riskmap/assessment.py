"""The tray that every output receives: one finished assessment, nothing to compute."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from riskmap.classes import Graded
from riskmap.schemes import Schemes
from riskmap.tables import CRITERIA, TIER_GRADES, arrange

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    import shapely

    from riskmap.crs import SheetPlane
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook
    from riskmap.words import Text


@dataclass(frozen=True, slots=True)
class Marks:
    """Hold what the margin of a page or sheet says about who made it.

    Parameters
    ----------
    compiled_by, checked_by, approved_by : str
        Names or offices; empty stays visibly blank.
    is_internal : bool
        Whether 内部资料 注意保存 is printed.
    is_illustrative : bool
        Whether 示例数据 is printed.
    basis : tuple of Text
        Basis documents with number and validity.
    printed : datetime.date
        Date of the print.
    data_until : str
        Date up to which the data reach.
    """

    compiled_by: str
    checked_by: str
    approved_by: str
    is_internal: bool
    is_illustrative: bool
    basis: tuple[Text, ...]
    printed: date
    data_until: str


def _no_criteria() -> pd.DataFrame:
    return pd.DataFrame(arrange(pd.DataFrame(), CRITERIA))


def _no_grades() -> pd.DataFrame:
    return pd.DataFrame(arrange(pd.DataFrame(), TIER_GRADES))


@dataclass(frozen=True, slots=True)
class Assessment:
    """Hold one finished run.

    Parameters
    ----------
    title : Text
        Short name of the place.
    case : str
        Name of the project.
    as_of : datetime.date
        Assessment date.
    marks : Marks
        Marginalia.
    plane : SheetPlane
        Plane of sheets and areas.
    study_area : shapely.Geometry
        Study area in EPSG:3395.
    layers : tuple of Layer
        Every layer and register, features in EPSG:3395.
    rulebook : Rulebook
        The law that was used.
    units : geopandas.GeoDataFrame
        UNITS in EPSG:3395.
    findings : geopandas.GeoDataFrame
        FINDINGS in EPSG:3395.
    pairs : pandas.DataFrame
        PAIRS.
    coverage : pandas.DataFrame
        COVERAGE.
    rings : geopandas.GeoDataFrame
        RINGS in the sheet plane.
    zones : geopandas.GeoDataFrame
        ZONES in the sheet plane.
    survey : pandas.DataFrame
        SURVEY.
    survey_radius_m : float
        Radius of the survey [m].
    hidden_dangers : geopandas.GeoDataFrame
        HIDDEN_DANGERS in EPSG:3395.
    counts : pandas.DataFrame
        COUNTS of every layer.
    problems : pandas.DataFrame
        PROBLEMS of every layer.
    criteria : pandas.DataFrame
        CRITERIA.
    line_protection : geopandas.GeoDataFrame
        FINDINGS in EPSG:3395 of buildings beside roads, railways and pipelines; no verdict
        of the review counts them.
    schemes : Schemes, optional
        Tier schemes of the run, and which one it names for which kind of unit.
    tier_grades : pandas.DataFrame, optional
        TIER_GRADES.
    graded : Graded
        GRADES, STOCK_TERMS and CLASSES, and the standards that gave them.
    """

    title: Text
    case: str
    as_of: date
    marks: Marks
    plane: SheetPlane
    study_area: shapely.Geometry
    layers: tuple[Layer, ...]
    rulebook: Rulebook
    units: gpd.GeoDataFrame
    findings: gpd.GeoDataFrame
    pairs: pd.DataFrame
    coverage: pd.DataFrame
    rings: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    survey: pd.DataFrame
    survey_radius_m: float
    hidden_dangers: gpd.GeoDataFrame
    counts: pd.DataFrame
    problems: pd.DataFrame
    line_protection: gpd.GeoDataFrame
    criteria: pd.DataFrame = field(default_factory=_no_criteria)
    schemes: Schemes = field(default_factory=Schemes)
    tier_grades: pd.DataFrame = field(default_factory=_no_grades)
    graded: Graded = field(default_factory=Graded.nothing)

    @property
    def attributions(self) -> tuple[tuple[Text, str, str], ...]:
        """Return source, licence and vintage of the layers, each once, in catalog order."""
        found: dict[tuple[str, str, str], tuple[Text, str, str]] = {}
        for layer in self.layers:
            spec = layer.spec
            found.setdefault(
                (spec.source.en, spec.licence, spec.vintage),
                (spec.source, spec.licence, spec.vintage),
            )
        return tuple(found.values())
