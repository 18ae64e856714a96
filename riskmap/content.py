"""What one map shows, in drawing order, with its legend: the same for page and sheet.

Both the HTML map and the printed sheet draw a `MapContent` and nothing else, so that the
two can never disagree. Geometry is in the sheet plane [m].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.crs import PLANE_CRS
from riskmap.location import attached
from riskmap.tiers import TIERS
from riskmap.verdict import VERDICTS, VIOLATIONS
from riskmap.words import Text, text
from riskmap.zones import INFLUENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from riskmap.assessment import Assessment

Theme = Literal["tier", "hidden_danger", "influence"]
Shape = Literal["area", "line", "symbol", "label"]
Group = Literal["result", "check", "receptor", "base"]

# Verdicts whose shortest line is drawn on a map; the review page lists all.
DRAWN_VERDICTS = (*VIOLATIONS, "consent_missing", "advisory_short")


@dataclass(frozen=True, slots=True)
class Drawn:
    """Hold one class of things on a map.

    Parameters
    ----------
    look : str
        Name of the look, such as ``tier.red``, ``verdict.ban_violated`` or ``base.road``.
    shape : {'area', 'line', 'symbol', 'label'}
        How it is drawn.
    group : {'result', 'check', 'receptor', 'base'}
        Theme of the legend that it stands under.
    legend : Text
        Its words in the legend.
    features : geopandas.GeoDataFrame
        ``ref``, ``label``, ``role``, ``kind`` and geometry in the sheet plane [m]; for
        findings also FINDINGS' own columns. A class of shape ``area`` may hold points and
        lines too (a facility known as a point, a stream among lakes).
    in_legend : bool
        False for what explains itself, such as place names.
    counted : bool
        True when the legend prints the number of features, 0 included.
    """

    look: str
    shape: Shape
    group: Group
    legend: Text
    features: gpd.GeoDataFrame
    in_legend: bool = True
    counted: bool = False

    @property
    def count(self) -> int:
        """Return the number of features."""
        return len(self.features)

    @property
    def area_km2(self) -> float:
        """Return the area of the features [km2]."""
        return float(shapely.area(np.asarray(self.features.geometry.array)).sum() / 1e6)


@dataclass(frozen=True, slots=True)
class MapContent:
    """Hold everything that one map shows.

    Parameters
    ----------
    theme : {'tier', 'hidden_danger', 'influence'}
        What the map is about.
    unit : str
        Reference of the park, plant or mine of an enterprise map; empty at city scale.
    title : Text
        Title with the year.
    frame : tuple of float
        West, south, east, north of what must be seen, in the sheet plane [m].
    drawn : tuple of Drawn
        Classes from the bottom to the top.
    total : int
        Number of assessment units (tier) or records (hidden danger) that the counts add to.
    """

    theme: Theme
    unit: str
    title: Text
    frame: tuple[float, float, float, float]
    drawn: tuple[Drawn, ...]
    total: int

    def with_look(self, prefix: str) -> tuple[Drawn, ...]:
        """List the classes whose look begins with a prefix.

        Parameters
        ----------
        prefix : str
            Such as ``tier.``.

        Returns
        -------
        tuple of Drawn
            Classes in drawing order.
        """
        return tuple(drawn for drawn in self.drawn if drawn.look.startswith(prefix))


def build_content(assessment: Assessment, *, theme: Theme, unit: str = "") -> MapContent:
    """Gather what one map shows.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    theme : {'tier', 'hidden_danger', 'influence'}
        What the map is about.
    unit : str, optional
        Reference of a park, plant or mine; empty for the city scale.

    Returns
    -------
    MapContent
        Classes in drawing order, title and frame.

    Raises
    ------
    KeyError
        When no unit has that reference.
    """
    scene = _Scene(assessment, unit)
    results = {"tier": scene.tiers, "hidden_danger": scene.dangers, "influence": scene.zones}
    layers = [*scene.base(), *scene.receptors()]
    if theme == "influence":
        # Over the bare ground, under water, roads and what is to be protected.
        layers = [*layers[:4], *results[theme](), *layers[4:]]
    else:
        layers += results[theme]()
    layers += [*scene.outlines(theme), *scene.checks(theme), *scene.symbols(theme)]
    layers += scene.labels()
    shown = tuple(drawn for drawn in layers if drawn.count or drawn.counted)
    return MapContent(
        theme=theme,
        unit=unit,
        title=build_title(assessment, theme=theme, unit=unit),
        frame=scene.frame(),
        drawn=shown,
        total=scene.total(theme),
    )


def map_units(assessment: Assessment, *, all_units: bool = False) -> tuple[str, ...]:
    """List the parks, mines and tailings ponds that get maps of their own.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    all_units : bool, optional
        Also those without a finding that asks for something.

    Returns
    -------
    tuple of str
        Sorted references.
    """
    units = assessment.units
    own = units[units["role"].isin(["chemical_park", "non_coal_mine", "tailings_pond"])]
    asking = assessment.findings[assessment.findings["verdict"].isin(VERDICTS[:5])]
    sources = set(asking["source"])
    held = units[units["ref"].isin(sources)]
    busy = {*held["unit"], *held["park"], *held["ref"]}
    return tuple(ref for ref in sorted(own["ref"]) if all_units or ref in busy)


def unit_members(assessment: Assessment, unit: str) -> frozenset[str]:
    """List a unit and everything that is part of it.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    unit : str
        Reference of a park, plant or mine.

    Returns
    -------
    frozenset of str
        References.
    """
    units = assessment.units
    inside = (units["unit"] == unit) | (units["park"] == unit) | (units["ref"] == unit)
    members = frozenset(units.loc[inside, "ref"])
    own = {ref for ref, above in attached(assessment.layers).items() if members & set(above)}
    return members | own


def build_title(assessment: Assessment, *, theme: Theme, unit: str) -> Text:
    """Write the title of a map, with the year.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    theme : {'tier', 'hidden_danger', 'influence'}
        What the map is about.
    unit : str
        Reference of a park, plant or mine; empty for the city scale.

    Returns
    -------
    Text
        Title in both languages.
    """
    names = {
        "zh": assessment.title.zh,
        "en": assessment.title.en,
    }
    if unit:
        name = _unit_row(assessment, unit)["name"]
        names = {"zh": str(name), "en": str(name)}
    template = text(f"content.title.{theme}")
    year = str(assessment.as_of.year)
    return Text(
        zh=template.zh.replace("{title}", names["zh"]).replace("{year}", year),
        en=template.en.replace("{title}", names["en"]).replace("{year}", year),
    )


def _unit_row(assessment: Assessment, unit: str) -> pd.Series:
    rows = assessment.units[assessment.units["ref"] == unit]
    if rows.empty:
        raise KeyError(unit)
    row: pd.Series = rows.iloc[0]
    return row


@dataclass(frozen=True, slots=True)
class _Scene:
    assessment: Assessment
    unit: str

    def _local(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        table = frame.copy()
        for column in ("ref", "label", "role", "kind"):
            if column not in table:
                table[column] = ""
        if "name" in table:
            table["label"] = table["name"].astype("str").fillna("")
        return table.to_crs(self.assessment.plane.crs)

    def _role(self, *roles: str) -> gpd.GeoDataFrame:
        frames = [layer.features for layer in self.assessment.layers if layer.spec.role in roles]
        frames = [frame for frame in frames if not frame.empty]
        if not frames:
            return self._local(_empty())
        return self._local(gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=PLANE_CRS))

    def members(self) -> gpd.GeoDataFrame:
        """Units that the map fills: city units, or what belongs to the enterprise."""
        units = self.assessment.units
        if not self.unit:
            return self._local(units[units["scale"] == "city"])
        inside = units["ref"].isin(unit_members(self.assessment, self.unit))
        # A mine is what its own sheet is about; a park is the ground that its firms stand on.
        own = (units["scale"] == "enterprise") | (units["role"] == "non_coal_mine")
        parts = units[inside & own]
        if parts.empty:
            parts = units[units["ref"] == self.unit]
        return self._local(parts)

    def base(self) -> Iterator[Drawn]:
        area = gpd.GeoDataFrame(geometry=[self.assessment.study_area], crs=PLANE_CRS)
        yield _drawn("base.neighbour", "area", "base", self._role("neighbour"), in_legend=False)
        yield _drawn("base.study_area", "area", "base", self._local(area), in_legend=False)
        yield _drawn("base.town", "line", "base", self._role("town"), in_legend=True)
        yield _drawn("base.built_up", "area", "base", self._role("built_up"))
        yield _drawn("base.water", "area", "base", self._role("water", "drainage"))
        roads = self._role("road")
        for kind, chosen in (
            ("minor", roads[~roads["kind"].isin(["expressway", "national", "provincial"])]),
            ("major", roads[roads["kind"].isin(["national", "provincial"])]),
            ("expressway", roads[roads["kind"] == "expressway"]),
        ):
            yield _drawn(f"base.road_{kind}", "line", "base", chosen)
        yield _drawn("base.railway", "line", "base", self._role("railway"))
        yield _drawn("base.pipeline", "line", "base", self._role("pipeline"))
        yield _drawn("base.bridge", "symbol", "base", self._role("bridge"))

    def receptors(self) -> Iterator[Drawn]:
        yield _drawn("receptor.building", "area", "receptor", self._role("building"))
        yield _drawn("receptor.residential", "area", "receptor", self._role("residential_zone"))
        places = self._role("sensitive_place")
        point = shapely.get_dimensions(np.asarray(places.geometry.array)) == 0
        yield _drawn("receptor.sensitive", "area", "receptor", places[~point])
        yield _drawn(
            "receptor.sensitive", "symbol", "receptor", places[point], in_legend=bool(point.all())
        )

    def tiers(self) -> Iterator[Drawn]:
        members = self.members()
        for tier in reversed(TIERS):
            chosen = members[members["tier"] == tier]
            yield _drawn(f"tier.{tier}", "area", "result", chosen, counted=True)

    def zones(self) -> Iterator[Drawn]:
        zones = self._local(self.assessment.zones)
        for influence in reversed(INFLUENCES):
            chosen = zones[zones["influence"] == influence]
            yield _drawn(f"influence.{influence}", "area", "result", chosen)

    def dangers(self) -> Iterator[Drawn]:
        members = self.members()
        yield _drawn("unit.plain", "area", "base", members)

    def outlines(self, theme: Theme) -> Iterator[Drawn]:
        units = self._local(self.assessment.units)
        if theme == "influence":
            hazards = units[units["role"] != "chemical_park"]
            yield _drawn("unit.outline", "line", "base", hazards)
        yield _drawn("unit.park", "line", "base", units[units["role"] == "chemical_park"])
        mines = units[units["role"].isin(["non_coal_mine", "waste_dump", "tailings_pond"])]
        yield _drawn("unit.mine", "line", "base", mines)
        if self.unit:
            plants = units[units["role"] == "chemical_plant"]
            yield _drawn("unit.plant", "line", "base", plants)

    def findings(self) -> gpd.GeoDataFrame:
        table = self.assessment.findings
        if self.unit:
            table = table[table["source"].isin(unit_members(self.assessment, self.unit))]
        table = self._local(table)
        table["ref"], table["label"] = table["finding_id"], table["source_name"]
        return table

    def checks(self, theme: Theme) -> Iterator[Drawn]:
        yield _drawn("check.control_line", "line", "check", self._role("control_line"))
        yield _drawn("check.risk_contour", "line", "check", self._role("risk_contour"))
        if theme != "tier":
            return
        findings = self.findings()
        failing = findings[findings["verdict"].isin(DRAWN_VERDICTS)]
        rings = self.assessment.rings.merge(
            failing[["source", "rule"]].drop_duplicates(), on=["source", "rule"]
        )
        rings = gpd.GeoDataFrame(rings, geometry="geometry", crs=self.assessment.plane.crs)
        yield _drawn("check.ring", "line", "check", self._local(rings))
        for verdict in reversed(DRAWN_VERDICTS):
            chosen = failing[failing["verdict"] == verdict]
            yield _drawn(f"verdict.{verdict}", "line", "check", chosen, counted=bool(len(chosen)))

    def symbols(self, theme: Theme) -> Iterator[Drawn]:
        units = self.assessment.units
        major = units[units["major_hazard_grade"].notna() & (units["major_hazard_grade"] >= 1)]
        if self.unit:
            major = major[major["ref"].isin(unit_members(self.assessment, self.unit))]
        points = self._local(major)
        points = points.set_geometry(shapely.point_on_surface(np.asarray(points.geometry.array)))
        yield _drawn(
            "symbol.major_hazard",
            "symbol",
            "result",
            points.set_crs(self.assessment.plane.crs),
            counted=bool(len(points)),
        )
        if theme == "hidden_danger":
            dangers = self.dangers_here()
            for standing in ("suspected", "judged"):
                chosen = dangers[dangers["standing"] == standing]
                yield _drawn(f"symbol.{standing}", "symbol", "result", chosen, counted=True)

    def dangers_here(self) -> gpd.GeoDataFrame:
        table = self.assessment.hidden_dangers
        table = table[table["standing"] != "closed"]
        if self.unit:
            table = table[table["unit"].isin(unit_members(self.assessment, self.unit))]
        local = self._local(table)
        local["ref"], local["label"] = local["id"], local["unit_name"]
        return local

    def labels(self) -> Iterator[Drawn]:
        yield _drawn("label.place", "label", "base", self._role("place"), in_legend=False)
        units = self._local(self.assessment.units)
        named = units[units["scale"] == "city"]
        if self.unit:
            own = units["ref"].isin(unit_members(self.assessment, self.unit))
            plants = units[own & (units["role"] == "chemical_plant")]
            named = pd.concat([self.members(), plants]).drop_duplicates("ref")
        yield _drawn("label.unit", "label", "base", named, in_legend=False)

    def frame(self) -> tuple[float, float, float, float]:
        if not self.unit:
            whole = gpd.GeoSeries([self.assessment.study_area], crs=PLANE_CRS)
            return _bounds(whole.to_crs(self.assessment.plane.crs))
        units = self.assessment.units
        own = self._local(units[units["ref"].isin(unit_members(self.assessment, self.unit))])
        shapes = [np.asarray(own.geometry.array)]
        failing = self.findings()
        failing = failing[failing["verdict"].isin(DRAWN_VERDICTS)]
        shapes.append(np.asarray(failing.geometry.array))
        west, south, east, north = shapely.total_bounds(np.concatenate(shapes))
        margin = max(150.0, 0.12 * max(east - west, north - south))
        return (west - margin, south - margin, east + margin, north + margin)

    def total(self, theme: Theme) -> int:
        if theme == "hidden_danger":
            return len(self.dangers_here())
        return len(self.members())


def _bounds(series: gpd.GeoSeries) -> tuple[float, float, float, float]:
    west, south, east, north = (float(value) for value in series.total_bounds)
    return west, south, east, north


def _empty() -> gpd.GeoDataFrame:
    columns = {name: pd.Series(dtype="str") for name in ("ref", "name", "role", "kind")}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=PLANE_CRS))


def _drawn(
    look: str,
    shape: Shape,
    group: Group,
    features: gpd.GeoDataFrame,
    *,
    in_legend: bool = True,
    counted: bool = False,
) -> Drawn:
    key = f"legend.{look}"
    return Drawn(
        look=look,
        shape=shape,
        group=group,
        legend=text(key),
        features=features.reset_index(drop=True),
        in_legend=in_legend,
        counted=counted,
    )


def legend_of(content: MapContent) -> Sequence[Drawn]:
    """List the classes of the legend, results first.

    Parameters
    ----------
    content : MapContent
        What the map shows.

    Returns
    -------
    sequence of Drawn
        Tiers from red to unassessed, then other results, checks, receptors and base.
    """
    order = {"result": 0, "check": 1, "receptor": 2, "base": 3}
    shown = [drawn for drawn in content.drawn if drawn.in_legend]
    ranked = sorted(enumerate(shown), key=lambda item: (order[item[1].group], -item[0]))
    return [drawn for _, drawn in ranked]
