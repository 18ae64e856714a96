"""Walk the data through the house once: from files to one finished assessment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity

from riskmap.assessment import Assessment, Marks
from riskmap.classes import grade_and_classify
from riskmap.computed import grade_scores, with_computed
from riskmap.criteria import suspect_units
from riskmap.crs import PLANE_CRS, PLANE_HALF_WIDTH_M, choose_sheet_plane, plane_scale
from riskmap.errors import Complaint, DataError, complain
from riskmap.evidence import register_rows, reports_on
from riskmap.grading import read_gradings
from riskmap.hazards import listed_m
from riskmap.io import open_layer
from riskmap.location import gather, note_references
from riskmap.outcome import count_rules
from riskmap.progress import Silent
from riskmap.protection import protect_lines
from riskmap.provenance import file_digest
from riskmap.quality import check_layer, counts_table, leave_outside, problems_table
from riskmap.register import build_hidden_dangers, build_survey
from riskmap.roles import ROLES
from riskmap.rulebook import read_rulebooks
from riskmap.schemes import read_schemes
from riskmap.setback import Setbacks, check_setbacks
from riskmap.tiers import tier_units
from riskmap.toes import longest_flow, note_flows, overheads
from riskmap.zones import build_rings, build_zones

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from riskmap.batches import LayerSource
    from riskmap.catalog import LayerSpec
    from riskmap.columns import Problem
    from riskmap.config import RunConfig
    from riskmap.crs import SheetPlane
    from riskmap.grading import Gradings
    from riskmap.progress import Progress
    from riskmap.quality import Layer, LayerCounts
    from riskmap.rulebook import Rulebook


# No declared half width of a road or railway is wider [m]: only rows beyond it are left outside.
WIDEST_ROAD_M = 200.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """Hold what is read before anything is judged.

    Parameters
    ----------
    layers : tuple of Layer
        Layers that matter to the study area, in EPSG:3395.
    rulebook : Rulebook
        The law.
    gradings : Gradings
        The grading standards that go with it.
    study_area : shapely.Geometry
        Study area in EPSG:3395.
    reach : shapely.Geometry
        The same, widened by the longest distance of the run.
    plane : SheetPlane
        Plane of sheets and areas.
    """

    layers: tuple[Layer, ...]
    rulebook: Rulebook
    gradings: Gradings
    study_area: shapely.Geometry
    reach: shapely.Geometry
    plane: SheetPlane


def prepare(
    config: RunConfig,
    *,
    progress: Progress | None = None,
    sources: Sequence[LayerSource] = (),
    refused: Mapping[str, DataError] | None = None,
) -> Prepared:
    """Read, check and project every layer, and the law.

    Parameters
    ----------
    config : RunConfig
        What the run is told.
    progress : Progress, optional
        Told of each layer.
    sources : sequence of LayerSource, optional
        Layers that are read batch by batch later and left out here.
    refused : mapping of str to DataError, optional
        What is known already of layers that cannot be used, by layer id.

    Returns
    -------
    Prepared
        Layers, law, study area and plane.

    Raises
    ------
    DataError
        With the complaints of every layer, not only the first.
    RulebookError
        When the law may not be used.
    """
    progress = progress or Silent()
    rulebook = read_rulebooks(config.project.rulebooks, folder=config.folder)
    gradings = read_gradings(config.project.rulebooks)
    progress.start("step.layers", len(config.catalog.layer))
    layers: list[Layer] = []
    complaints: list[Complaint] = []
    streamed = {source.spec.id for source in sources}
    refused = refused or {}
    for spec in config.catalog.layer:
        if spec.id in streamed:
            continue
        try:
            if spec.id in refused:
                raise refused[spec.id]
            raw = open_layer(spec, folder=config.folder)
            layer = check_layer(raw, digest=file_digest(raw.path))
            complaints += nothing_left(layer.counts, spec=spec, problems=layer.problems)
            layers.append(layer)
        except DataError as error:
            complaints += error.complaints
        progress.advance(spec.id)
    if complaints:
        raise DataError(complaints)
    if not streamed:
        layers = note_references(layers)
    layers = note_flows(layers, asked_m=longest_flow(rulebook.rules))
    study_area = _study_area(layers)
    radius_m = config.project.survey.radius_m
    doubts = [(layer.accuracy_m, layer.spec) for layer in layers]
    doubts += [(source.accuracy_m, source.spec) for source in sources]
    reports = reports_on(register_rows(layers, "safety_report"), config.as_of)
    alive = [rule for rule in rulebook.rules if rule.entry.on]
    # Only a rule that asks for a multiple of a column looks at the hazards here.
    by_column = any(rule.entry.form == "multiple" for rule in alive)
    hazards = gather(layers if by_column else [], part="hazard")
    longest_m = max(
        (listed_m(rule, reports=reports, hazards=hazards) for rule in alive), default=0.0
    )
    if gradings.hazards is not None and any(layer.spec.role == "stock" for layer in layers):
        longest_m = max(longest_m, gradings.hazards.table_5.outward_m)
    reach = _reach(study_area, longest_m=max(longest_m, radius_m), doubts=doubts)
    layers = [
        leave_outside(layer, reach=reach)
        if ROLES[layer.spec.role].parts & {"hazard", "receptor"}
        else layer
        for layer in layers
    ]
    plane = choose_sheet_plane(study_area, declared=config.project.sheet_crs)
    return Prepared(tuple(layers), rulebook, gradings, study_area, reach, plane)


def nothing_left(
    counts: LayerCounts, *, spec: LayerSpec, problems: Sequence[Problem]
) -> list[Complaint]:
    """Complain of a layer whose every row was rejected, with the first reason.

    Parameters
    ----------
    counts : LayerCounts
        What became of its rows.
    spec : LayerSpec
        What the catalog declares.
    problems : sequence of Problem
        What was found, at least the first rejection.

    Returns
    -------
    list of Complaint
        None or one.
    """
    if counts.rejected == 0 or counts.rejected < counts.rows_in:
        return []
    first = next(problem for problem in problems if problem.outcome == "rejected")
    values = {
        "layer": spec.id,
        "file": spec.file,
        "count": counts.rows_in,
        "reason": f"@{first.reason}",
    }
    return [complain("error.layer_all_rejected", values)]


def _study_area(layers: Sequence[Layer]) -> shapely.Geometry:
    boundary = next(layer for layer in layers if layer.spec.role == "boundary")
    shapes = np.asarray(boundary.features.geometry.array)
    area = shapely.union_all(shapes[shapely.get_dimensions(shapes) == 2])
    if shapely.is_empty(area):
        raise DataError([complain("error.boundary_empty", {"layer": boundary.spec.id})])
    return area


def _reach(
    study_area: shapely.Geometry,
    *,
    longest_m: float,
    doubts: Sequence[tuple[float, LayerSpec]],
) -> shapely.Geometry:
    """Widen the study area by the longest distance that a listed pair can have."""
    # Both ends of a pair carry their layer's accuracy, doubt of line and half width.
    accuracy_m = max(accuracy_m for accuracy_m, _ in doubts)
    within_m = max((spec.line_within_m or 0.0) for _, spec in doubts)
    reach_m = longest_m + 2.0 * (accuracy_m + within_m + WIDEST_ROAD_M)
    south, north = shapely.bounds(study_area)[[1, 3]]
    scale = float(plane_scale(np.array([max(abs(south), abs(north)) + reach_m * 8.0]))[0])
    wide = shapely.buffer(shapely.simplify(study_area, 1.0), reach_m * scale + 2.0)
    # What lies across the antimeridian is within reach as well.
    west, east = shapely.bounds(wide)[[0, 2]]
    images = [wide]
    if west < -PLANE_HALF_WIDTH_M:
        images.append(affinity.translate(wide, 2.0 * PLANE_HALF_WIDTH_M))
    if east > PLANE_HALF_WIDTH_M:
        images.append(affinity.translate(wide, -2.0 * PLANE_HALF_WIDTH_M))
    return shapely.union_all(images)


def assess(config: RunConfig, *, progress: Progress | None = None) -> Assessment:
    """Run the whole assessment of a project.

    Parameters
    ----------
    config : RunConfig
        What the run is told.
    progress : Progress, optional
        Told of each step.

    Returns
    -------
    Assessment
        The tray for every output.
    """
    tiers = config.project.tiers
    schemes = read_schemes(
        tiers.files, folder=config.folder, used=tiers.used, documents=tiers.documents
    )
    ready = prepare(config, progress=progress)
    layers, graded = grade_and_classify(ready.layers, gradings=ready.gradings, as_of=config.as_of)
    # Rules select by grade and class: from here on the filled layers stand for the read ones.
    ready = replace(ready, layers=layers)
    setbacks = check_setbacks(
        ready.layers, rulebook=ready.rulebook, as_of=config.as_of, progress=progress
    )
    units = tier_units(ready.layers, as_of=config.as_of, schemes=schemes)
    grades = grade_scores(ready.layers, units=units, schemes=schemes, as_of=config.as_of)
    units = with_computed(units, grades)
    units, conflicts = overheads(
        units,
        layers=ready.layers,
        findings=setbacks.findings,
        has_run=_has_followed(setbacks, ready.rulebook),
    )
    rings = build_rings(
        ready.layers, rulebook=ready.rulebook, as_of=config.as_of, plane=ready.plane
    )
    inside = refs_inside(ready.study_area, [layer.features for layer in ready.layers])
    setbacks = clip(setbacks, inside)
    everywhere, units = units, units[units["ref"].isin(inside)].reset_index(drop=True)
    local_area = shapely.make_valid(_to_sheet(ready.study_area, ready.plane))
    radius_m = config.project.survey.radius_m
    suspicions = suspect_units(
        ready.layers,
        setbacks=setbacks,
        rulebook=ready.rulebook,
        as_of=config.as_of,
        inside=inside,
    )
    return Assessment(
        title=config.project.title,
        case=config.project.case,
        as_of=config.as_of,
        marks=marks_of(config),
        plane=ready.plane,
        study_area=ready.study_area,
        layers=ready.layers,
        rulebook=ready.rulebook,
        units=units,
        findings=setbacks.findings,
        pairs=setbacks.pairs,
        coverage=setbacks.coverage,
        rings=rings,
        zones=build_zones(rings, study_area=local_area),
        survey=build_survey(units, layers=ready.layers, setbacks=setbacks, radius_m=radius_m),
        survey_radius_m=radius_m,
        hidden_dangers=build_hidden_dangers(
            everywhere,
            layers=ready.layers,
            suspicions=suspicions,
            rulebook=ready.rulebook,
            as_of=config.as_of,
        ),
        criteria=suspicions.criteria,
        counts=counts_table([layer.counts for layer in ready.layers]),
        problems=problems_table(ready.layers, more=conflicts),
        line_protection=_lines_inside(ready, config.as_of, inside),
        schemes=schemes,
        tier_grades=_local_grades(grades, everywhere=everywhere, units=units),
        graded=graded.only(inside),
    )


def _local_grades(
    grades: pd.DataFrame, *, everywhere: pd.DataFrame, units: pd.DataFrame
) -> pd.DataFrame:
    """Leave out assessments of units outside the study area; one of no known unit stays."""
    outside = set(everywhere["ref"]) - set(units["ref"])
    return grades[~grades["unit"].isin(outside)].reset_index(drop=True)


def _has_followed(setbacks: Setbacks, rulebook: Rulebook) -> bool:
    """Tell whether a rule that measures along the flow was asked."""
    flow = {rule.id for rule in rulebook.rules if rule.entry.form == "flow"}
    ran = setbacks.coverage.loc[setbacks.coverage["status"] == "ran", "rule"]
    return bool(flow & set(ran))


def _lines_inside(ready: Prepared, as_of: date, inside: set[str]) -> gpd.GeoDataFrame:
    found = protect_lines(ready.layers, rulebook=ready.rulebook, as_of=as_of)
    near = _are_in(found["source"], inside) | _are_in(found["target"], inside)
    kept: gpd.GeoDataFrame = found[near].reset_index(drop=True)
    return kept


def refs_inside(study_area: shapely.Geometry, tables: Sequence[gpd.GeoDataFrame]) -> set[str]:
    """List the features that touch the study area.

    Parameters
    ----------
    study_area : shapely.Geometry
        Study area in EPSG:3395.
    tables : sequence of geopandas.GeoDataFrame
        Features with ``ref``, in the same plane.

    Returns
    -------
    set of str
        Their references.
    """
    inside: set[str] = set()
    shapely.prepare(study_area)
    for table in tables:
        touches = shapely.intersects(study_area, np.asarray(table.geometry.array))
        inside |= set(table["ref"][touches])
    return inside


def clip(setbacks: Setbacks, inside: set[str]) -> Setbacks:
    """Clip after the checks: findings that touch the study area at either end.

    Parameters
    ----------
    setbacks : Setbacks
        Findings of everything within reach of the study area.
    inside : set of str
        Features that touch it (`refs_inside`).

    Returns
    -------
    Setbacks
        The findings, pairs and counts that are the study area's.
    """

    def touch(table: pd.DataFrame) -> pd.DataFrame:
        near = _are_in(table["source"], inside) | _are_in(table["target"], inside)
        kept: pd.DataFrame = table[near].reset_index(drop=True)
        return kept

    findings = touch(setbacks.findings)
    coverage = setbacks.coverage
    counted = count_rules(
        coverage,
        findings=findings,
        displaced=dict(zip(coverage["rule"], coverage["displaced"], strict=True)),
    )
    return Setbacks(gpd.GeoDataFrame(findings), touch(setbacks.pairs), counted)


def _are_in(refs: pd.Series, inside: set[str]) -> NDArray[np.bool_]:
    # Each name is looked up once, however many rows it has.
    codes, names = pd.factorize(refs)
    held = np.fromiter((name in inside for name in names), dtype=bool, count=len(names))
    return np.asarray(held[codes], dtype=bool) if len(names) else np.zeros(len(refs), dtype=bool)


def _to_sheet(shape: shapely.Geometry, plane: SheetPlane) -> shapely.Geometry:
    local: shapely.Geometry = gpd.GeoSeries([shape], crs=PLANE_CRS).to_crs(plane.crs).iloc[0]
    return local


def marks_of(config: RunConfig) -> Marks:
    """Gather what the margin of a page or sheet says.

    Parameters
    ----------
    config : RunConfig
        What the run is told.

    Returns
    -------
    Marks
        Marginalia.
    """
    marks = config.project.marks
    return Marks(
        compiled_by=marks.compiled_by,
        checked_by=marks.checked_by,
        approved_by=marks.approved_by,
        is_internal=marks.internal,
        is_illustrative=config.project.illustrative,
        basis=marks.basis,
        printed=config.project.printed or config.as_of,
        data_until=marks.data_until or config.as_of.isoformat(),
    )
