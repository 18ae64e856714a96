"""The survey table and the records of major hidden dangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.columns import date_range
from riskmap.crs import PLANE_CRS
from riskmap.encounter import nearest_of_classes
from riskmap.location import attached, gather
from riskmap.tables import HIDDEN_DANGERS, SURVEY, arrange
from riskmap.verdict import VERDICTS, VIOLATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from riskmap.articles import Criterion
    from riskmap.criteria import Suspicions
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook
    from riskmap.setback import Setbacks
    from riskmap.words import Lang

# Classes of object that the survey looks for, each with a column of its own.
SURVEYED_ROLES = (
    "residential_zone",
    "sensitive_place",
    "building",
    "road",
    "railway",
    "pipeline",
)
_SURVEY_UNITS = ("chemical_plant", "non_coal_mine", "hazard_source", "tailings_pond")


def build_survey(
    units: gpd.GeoDataFrame, *, layers: Sequence[Layer], setbacks: Setbacks, radius_m: float
) -> pd.DataFrame:
    """Make the survey table: one row a firm or unit, compliant and unanswered ones too.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        UNITS in EPSG:3395.
    layers : sequence of Layer
        Layers of the run.
    setbacks : Setbacks
        Result of the check.
    radius_m : float
        Radius within which the nearest object of each class is looked for [m].

    Returns
    -------
    pandas.DataFrame
        SURVEY, sorted by worst verdict, shortfall and ref. A distance is NaN when no object
        of the class lies within the radius, or no layer of the class is given. `disposal`
        stays empty: a proposal is a person's, the decision the government's.
    """
    chosen = units[units["role"].isin(_SURVEY_UNITS)].reset_index(drop=True)
    table = pd.DataFrame(chosen.drop(columns="geometry"))
    receptors = gather(layers, part="receptor")
    for role, (name, distance_m) in _nearest(chosen, receptors, radius_m).items():
        table[f"nearest_{role}"], table[f"{role}_m"] = name, distance_m
    table = _with_verdicts(table, units, setbacks, attached(layers))
    order = {name: rank for rank, name in enumerate((*VERDICTS, ""))}
    table["rank"] = table["verdict"].map(order)
    table = table.sort_values(
        ["rank", "short_m", "ref"], ascending=[True, False, True], kind="stable"
    )
    table["number"] = np.arange(1, len(table) + 1)
    table["disposal"] = ""
    return pd.DataFrame(arrange(table.reset_index(drop=True), SURVEY))


def _nearest(
    units: gpd.GeoDataFrame, receptors: gpd.GeoDataFrame, radius_m: float
) -> dict[str, tuple[list[str], np.ndarray]]:
    """Name the nearest receptor of each surveyed role within the radius, and how far it is."""
    group = {role: number for number, role in enumerate(SURVEYED_ROLES)}
    klass = receptors["role"].map(group).fillna(-1).to_numpy(dtype=np.int64)
    nearest = nearest_of_classes(
        np.asarray(units.geometry.array),
        np.asarray(receptors.geometry.array),
        klass=klass,
        classes=len(SURVEYED_ROLES),
        radius_m=radius_m,
    )
    labels = receptors["name"].fillna(receptors["ref"]).to_numpy(dtype=object)
    found = {}
    for role, number in group.items():
        distance_m = nearest.distance_m[:, number]
        held = np.isfinite(distance_m)
        names = np.full(len(units), "", dtype=object)
        names[held] = labels[nearest.receptor[held, number]]
        found[role] = (list(names), np.where(held, np.round(distance_m, 3), np.nan))
    return found


def _with_verdicts(
    table: pd.DataFrame,
    units: pd.DataFrame,
    setbacks: Setbacks,
    above: Mapping[str, tuple[str, ...]],
) -> pd.DataFrame:
    judged = _owned(setbacks.findings, units, above)
    judged = judged[judged["verdict"] != "inventory"]
    worst = judged.drop_duplicates("row").set_index("row")
    for column, source in (
        ("worst_finding", "finding_id"),
        ("worst_target", "target_name"),
        ("rule", "rule"),
        ("required_m", "required_m"),
        ("measured_m", "measured_m"),
        ("short_m", "short_m"),
    ):
        table[column] = table["ref"].map(worst[source])
    order = {name: rank for rank, name in enumerate(VERDICTS)}
    pairs = _owned(setbacks.pairs, units, above)
    ranks = pairs.assign(rank=pairs["verdict"].map(order)).groupby("row")["rank"].min()
    verdict = table["ref"].map(ranks).map(dict(enumerate(VERDICTS)))
    table["verdict"] = verdict.astype("str").fillna("")
    for column, verdicts in (
        ("violations", VIOLATIONS),
        ("consents_missing", ("consent_missing",)),
        ("undetermined", ("undetermined",)),
    ):
        hit = judged[judged["verdict"].isin(verdicts)]
        table[column] = table["ref"].map(hit["row"].value_counts()).fillna(0).astype(int)
    return table


def _owned(
    table: pd.DataFrame, units: pd.DataFrame, above: Mapping[str, tuple[str, ...]]
) -> pd.DataFrame:
    """Give every finding to its source and to what the source is part of or belongs to."""
    parts = units[["ref", "unit"]]
    owners = pd.concat(
        [
            pd.DataFrame({"source": parts["ref"], "row": parts["ref"]}),
            pd.DataFrame({"source": parts["ref"], "row": parts["unit"]}),
            pd.DataFrame(
                [(ref, one) for ref, owners in above.items() for one in owners],
                columns=["source", "row"],
                dtype="str",
            ),
        ]
    )
    owners = owners[owners["row"] != ""].drop_duplicates()
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    # Findings come worst first; the join keeps that order within each row.
    plain["order"] = np.arange(len(plain))
    return plain.merge(owners, on="source", how="inner").sort_values("order", kind="stable")


def build_hidden_dangers(
    units: gpd.GeoDataFrame,
    *,
    layers: Sequence[Layer],
    suspicions: Suspicions,
    rulebook: Rulebook,
    as_of: date,
) -> gpd.GeoDataFrame:
    """Gather the hidden dangers that people recorded and those that a criterion suspects.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        UNITS in EPSG:3395.
    layers : sequence of Layer
        Layers and registers of the run.
    suspicions : Suspicions
        What the criteria of the day came to (`riskmap.criteria.suspect_units`).
    rulebook : Rulebook
        The law, with its criteria.
    as_of : datetime.date
        Assessment date: only criteria in force count.

    Returns
    -------
    geopandas.GeoDataFrame
        HIDDEN_DANGERS as points in EPSG:3395. `standing` is ``closed`` when it was checked
        and closed, ``judged`` only with person, date and document under a criterion that is
        not out of force, else ``suspected``; `origin` is ``record`` or ``rule``. What a
        criterion says is empty here and written by `describe_dangers` in a reader's language.
        A unit that a person recorded under a criterion is not suspected of it once more.
    """
    parts, found = _joined(_recorded(layers, rulebook, as_of), suspicions.records)
    if len(found):
        parts.append(_suspected(found, as_of))
    if not parts:
        return arrange(gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=PLANE_CRS)), HIDDEN_DANGERS)
    spots, names = _spots(units, layers)
    for part in parts:
        if "unit_name" not in part:
            part["unit_name"] = part["unit"].map(names).fillna(part["unit"])
            places = [spots.get(ref, shapely.Point()) for ref in part["unit"]]
            part["geometry"] = pd.Series(places, index=part.index, dtype=object)
    table = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)
    table = table.sort_values(["standing", "id"], kind="stable").reset_index(drop=True)
    for column in HIDDEN_DANGERS.columns:
        if column not in table:
            table[column] = ""
    return arrange(gpd.GeoDataFrame(table, geometry="geometry", crs=PLANE_CRS), HIDDEN_DANGERS)


def _joined(
    parts: Sequence[pd.DataFrame], found: gpd.GeoDataFrame
) -> tuple[list[pd.DataFrame], gpd.GeoDataFrame]:
    """Make one record of what a person recorded and a criterion suspects of the same unit.

    The person's record stays and takes the finding on; a closed one does not answer for what
    is found again.
    """
    named = pd.Series(
        found["finding_id"].to_numpy(),
        index=pd.MultiIndex.from_frame(found[["unit", "criterion"]]),
        dtype="str",
    )
    joined, taken = [], []
    for part in parts:
        keys = list(zip(part["unit"], part["criterion"], strict=True))
        open_ = [
            state != "closed" and key in named
            for state, key in zip(part["standing"], keys, strict=True)
        ]
        hits = [key for key, hit in zip(keys, open_, strict=True) if hit]
        taken += hits
        table = part.copy()
        table.loc[open_, "finding_id"] = [named[key] for key in hits]
        joined.append(table)
    again = [key not in taken for key in zip(found["unit"], found["criterion"], strict=True)]
    return joined, found[np.array(again, dtype=bool)]


def _spots(
    units: gpd.GeoDataFrame, layers: Sequence[Layer]
) -> tuple[dict[str, shapely.Geometry], dict[str, str]]:
    """Place units, and what is a hazard without being a unit: pipelines."""
    hazards = gather(layers, part="hazard")
    spots: dict[str, shapely.Geometry] = {}
    names: dict[str, str] = {}
    for table in (hazards, units):
        places = shapely.point_on_surface(np.asarray(table.geometry.array))
        spots |= dict(zip(table["ref"], places, strict=True))
        names |= dict(zip(table["ref"], table["name"].fillna(table["ref"]), strict=True))
    return spots, names


def describe_dangers(table: pd.DataFrame, *, rulebook: Rulebook, lang: Lang) -> pd.DataFrame:
    """Write content and criterion of hidden dangers for a reader.

    Parameters
    ----------
    table : pandas.DataFrame
        HIDDEN_DANGERS.
    rulebook : Rulebook
        The law, with its criteria.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    pandas.DataFrame
        New table: `criterion` cites the list, its number or edition and the item; the
        `content` of what a criterion suspects is the criterion's subject.
    """
    by_id = {criterion.entry.id: criterion for criterion in rulebook.criteria}
    told = table.copy()
    named = [by_id.get(str(name)) for name in table["criterion"]]
    told["criterion"] = [
        name if one is None else one.citation(lang)
        for name, one in zip(table["criterion"], named, strict=True)
    ]
    told["content"] = [
        one.entry.title.read(lang) if one is not None and origin == "rule" else content
        for one, origin, content in zip(named, table["origin"], table["content"], strict=True)
    ]
    return told


def _recorded(layers: Sequence[Layer], rulebook: Rulebook, as_of: date) -> list[pd.DataFrame]:
    by_id = {criterion.entry.id: criterion for criterion in rulebook.criteria}
    parts = []
    for layer in layers:
        if layer.spec.role != "hidden_danger":
            continue
        table = pd.DataFrame(layer.features.drop(columns="geometry"))
        # A level that is not stated counts as major: the safe side.
        table = table[table["level"] != "general"].copy()
        table["unit"] = table["unit"].fillna("")
        found = [date_range(value) for value in table["found_on"]]
        known = [days is None or days[0] <= as_of for days in found]
        table = table[np.array(known, dtype=bool)]
        table["origin"], table["finding_id"] = "record", ""
        table["criterion_status"] = [
            _criterion_status(by_id.get(str(name)), as_of) if isinstance(name, str) else "none"
            for name in table["criterion"]
        ]
        table["standing"] = _standings(table, as_of)
        parts.append(table)
    return parts


def _standings(table: pd.DataFrame, as_of: date) -> NDArray[np.str_]:
    """Tell judged from suspected and closed: person, date, document, and a living criterion."""
    signed = table[["judged_by", "judged_on", "document"]].notna().all(axis=1)
    days = [date_range(value) for value in table["judged_on"]]
    on_time = np.array([found is not None and found[1] <= as_of for found in days], dtype=bool)
    living = (table["criterion_status"] != "not_in_force").to_numpy()
    judged = signed.to_numpy() & on_time & living
    closed = (table["status"] == "closed").to_numpy()
    return np.where(closed, "closed", np.where(judged, "judged", "suspected"))


def _criterion_status(criterion: Criterion | None, as_of: date) -> str:
    if criterion is None:
        return "unknown"
    return "in_force" if criterion.applies_on(as_of) else "not_in_force"


def _suspected(records: gpd.GeoDataFrame, as_of: date) -> pd.DataFrame:
    table = pd.DataFrame(records)
    return table.assign(
        origin="rule",
        standing="suspected",
        criterion_status="in_force",
        found_on=as_of.isoformat(),
        status="open",
    )
