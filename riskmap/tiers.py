"""Adopted tiers of assessment units, from the register that the user brings.

A tier is never derived here. Several valid entries: the higher one. None: unassessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from riskmap.columns import date_range
from riskmap.location import ancestors, gather_layers, locate, parents
from riskmap.roles import CITY_UNIT_ROLES, ENTERPRISE_UNIT_ROLES
from riskmap.schemes import Schemes
from riskmap.tables import UNITS, arrange
from riskmap.vocabulary import TIER_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from riskmap.quality import Layer

TIERS = (*TIER_NAMES, "unassessed")
SCHEME_NOTES = ("unknown", "off", "not_in_force", "not_exact", "other", "no_colours", "undated")
# What is written like an id is one: any other text names a scheme of the assessor's own.
_ID = re.compile(r"[a-z0-9]+(\.[a-z0-9_]+)+")


def tier_units(
    layers: Sequence[Layer], *, as_of: date, schemes: Schemes | None = None
) -> gpd.GeoDataFrame:
    """Give every assessment unit its adopted tier and the flags of where it lies.

    Parameters
    ----------
    layers : sequence of Layer
        Layers and registers of the run, in EPSG:3395.
    as_of : datetime.date
        Assessment date: an entry counts from its date to the end of its validity.
    schemes : Schemes, optional
        Tier schemes of the run: an entry that names one is checked against it.

    Returns
    -------
    geopandas.GeoDataFrame
        UNITS: city units (parks, plants, mines, and sources that are part of none) and
        enterprise units (sources, dumps, ponds of one); `unit` is the plant, mine or park
        that one belongs to (itself, or empty) and `park` the park;
        `tier_note` is ``several``, ``expired``, ``not_yet``, ``no_date`` or empty and
        `scheme_note` one of `SCHEME_NOTES` or empty. Nothing is computed here.
    """
    chosen = [
        layer for layer in layers if layer.spec.role in (*CITY_UNIT_ROLES, *ENTERPRISE_UNIT_ROLES)
    ]
    units = gather_layers(chosen)
    if units.empty:
        return arrange(units, UNITS)
    entries = _entries(layers, as_of=as_of)
    parent_of = parents(layers)
    places = locate(units, layers=layers)
    table = units.reset_index(drop=True)
    for column in places.columns.drop("ref"):
        table[column] = places[column].to_numpy()
    role_of = dict(zip(table["ref"], table["role"], strict=True))
    above = {ref: ancestors(ref, parent_of=parent_of) for ref in table["ref"]}
    table["unit"] = [_city_unit(ref, above[ref], role_of) for ref in table["ref"]]
    # A source that is part of no plant, park or mine is a unit of its own: a filling station.
    own = table["role"].isin(CITY_UNIT_ROLES) | (table["unit"] == "")
    table["scale"] = np.where(own, "city", "enterprise")
    table["park"] = [_park(ref, above[ref], role_of) for ref in table["ref"]]
    adopted = table[["ref"]].merge(entries, how="left", on="ref")
    for column in entries.columns.drop("ref"):
        table[column] = adopted[column].to_numpy()
    table["tier"] = pd.Series(table["tier"], dtype="str").fillna("unassessed")
    table["scheme_note"] = [
        note_of_scheme(schemes or Schemes(), scheme, role=role, on=day)
        for scheme, role, day in zip(
            table["scheme"], table["role"], table["assessed_on"], strict=True
        )
    ]
    for column in ("computed_tier", "computed_letter", "computed_by", "tier_conflict"):
        table[column] = ""
    for column in ("kind", "major_hazard_grade", "grade"):
        if column not in table:
            table[column] = np.nan
    # Whether people live below a tailings pond is told by the findings (`riskmap.toes`).
    table["overhead"], table["overhead_note"] = "", ""
    table["name"] = table["name"].fillna(table["ref"])
    table = table.sort_values("ref", kind="stable").reset_index(drop=True)
    return arrange(gpd.GeoDataFrame(table, geometry="geometry", crs=units.crs), UNITS)


def _city_unit(ref: str, above: Sequence[str], role_of: dict[str, str]) -> str:
    for name in (ref, *above):
        if role_of.get(name) in {"chemical_plant", "non_coal_mine"}:
            return name
    return _park(ref, above, role_of)


def _park(ref: str, above: Sequence[str], role_of: dict[str, str]) -> str:
    for name in (ref, *above):
        if role_of.get(name) == "chemical_park":
            return name
    return ""


def _entries(layers: Sequence[Layer], *, as_of: date) -> pd.DataFrame:
    columns = ["tier", "scheme", "assessor", "assessed_on", "valid_until", "document", "tier_note"]
    tables = [layer.features for layer in layers if layer.spec.role == "tier_register"]
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in ["ref", *columns]})
    register = pd.DataFrame(pd.concat(tables, ignore_index=True))
    register = register.rename(columns={"ref": "entry"}).rename(
        columns={"unit": "ref", "date": "assessed_on"}
    )
    register["state"] = [
        state_on(start, end, as_of)
        for start, end in zip(register["assessed_on"], register["valid_until"], strict=True)
    ]
    register.loc[register["tier"].isna(), "state"] = "no_tier"
    register["rank"] = register["tier"].map({name: i for i, name in enumerate(TIER_NAMES)})
    register = register.sort_values(["ref", "rank", "entry"], kind="stable")
    valid = register[register["state"] == "valid"]
    best = valid.drop_duplicates("ref").copy()
    several = valid["ref"].value_counts()
    best["tier_note"] = np.where(best["ref"].map(several) > 1, "several", "")
    lapsed = register[~register["ref"].isin(best["ref"])].drop_duplicates("ref").copy()
    lapsed["tier_note"] = lapsed["state"]
    lapsed["tier"] = "unassessed"
    return pd.concat([best, lapsed], ignore_index=True)[["ref", *columns]]


def note_of_scheme(schemes: Schemes, scheme: object, *, role: str, on: object) -> str:
    """Say what a reader must know of the scheme that an entry names.

    Parameters
    ----------
    schemes : Schemes
        Tier schemes of the run.
    scheme : object
        Id of a scheme, free text, or a missing value.
    role : str
        Role of the unit, empty when it is not known.
    on : object
        Date of the assessment, as the register gives it.

    Returns
    -------
    str
        The first of `SCHEME_NOTES` that is true: not held, off, not in force on the
        assessment's own date or not known to be, another than the run names for this kind
        of unit, a scheme of letters under a colour, an instrument whose dates are not held.
        Else empty.
    """
    if not isinstance(scheme, str) or not scheme:
        return ""
    wanted = schemes.used_for(role)
    other = "other" if wanted and wanted != scheme else ""
    held = schemes.find(scheme)
    if held is None:
        return "unknown" if _ID.fullmatch(scheme) else other
    if not held.is_on:
        return "off"
    days = date_range(on)
    force = held.force_on(days) if days is not None else "in_force"
    if force in {"not_in_force", "not_exact"}:
        return force
    if other or not held.gives_tiers:
        return other or "no_colours"
    return "undated" if force == "undated" and held.entry.number else ""


def state_on(start: object, end: object, as_of: date) -> str:
    """Tell whether an entry of a register is valid on a date.

    Parameters
    ----------
    start, end : object
        First day and end of validity, as the register gives them.
    as_of : datetime.date
        The date.

    Returns
    -------
    str
        ``valid``, ``expired``, ``not_yet``, ``no_date`` or ``bad_end``.
    """
    begun, ended = date_range(start), date_range(end)
    if begun is None:
        return "no_date"
    if begun[0] > as_of:
        return "not_yet"
    if isinstance(end, str) and ended is None:
        return "bad_end"
    if ended is not None and ended[1] < as_of:
        return "expired"
    return "valid"


def tier_counts(units: pd.DataFrame) -> pd.DataFrame:
    """Count units by tier.

    Parameters
    ----------
    units : pandas.DataFrame
        UNITS of one scale.

    Returns
    -------
    pandas.DataFrame
        One row a tier in the order red, orange, yellow, blue, unassessed: tier, count; the
        counts add up to the rows given.
    """
    counts = units["tier"].value_counts()
    return pd.DataFrame({"tier": TIERS, "count": [int(counts.get(name, 0)) for name in TIERS]})
