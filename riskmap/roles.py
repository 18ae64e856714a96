"""What a layer can be, and the vocabulary of its columns.

A role says what a layer's rows are in a work-safety plan. The catalog gives every layer
one role; rulebooks select by role and by the columns named here. The data dictionary in
``layers/README.md`` is generated from this module.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from riskmap.vocabulary import (
    COMMON_COLUMNS,
    DATE,
    RECEPTOR_CLASSES,
    STATUS_NAMES,
    TEXT,
    TIER_NAMES,
    YES_NO,
    Column,
    Role,
    describe,
    number,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNIT_CLASS = {
    "receptor_class": words(*RECEPTOR_CLASSES),
    "persons": number("persons"),
    # Of `persons`, those who live there: schools and markets hold others too.
    "residents": number("persons"),
    "storeys": number("storeys"),
}
# What GB 36894 asks of offices, shops, hotels, venues and parks.
_SIZES = {
    "floor_area_m2": number("m2"),
    "land_area_m2": number("m2"),
    "beds": number("beds"),
    "office_workers": number("persons"),
    "county_level": YES_NO,
    "open_air": YES_NO,
}


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "boundary": describe("ground"),
        "neighbour": describe("ground"),
        "place": describe(
            "ground",
            columns={
                "kind": words("city", "town", "village"),
                "population": number("persons"),
            },
        ),
        "town": describe("ground"),
        "built_up": describe("ground"),
        "water": describe("ground", columns={"kind": TEXT}),
        # The area within the line is what protected objects should keep out of.
        "control_line": describe("hazard", "ground", columns={"park": TEXT}),
        "chemical_park": describe(
            "hazard", "ground", columns={"rebuilt": DATE, "grade": words("A", "B", "C", "D")}
        ),
        "chemical_plant": describe(
            "hazard",
            "receptor",
            columns={
                "rebuilt": DATE,
                "park": TEXT,
                "hazchem": YES_NO,
                "discharges": YES_NO,
                # A neighbour that holds no hazardous chemicals is a protected object itself.
                **_UNIT_CLASS,
            },
        ),
        "non_coal_mine": describe(
            "hazard",
            "receptor",
            columns={
                "kind": words("open_pit", "underground", "dimension_stone"),
                "scale": words("small", "large"),
                "blasting": YES_NO,
                "output_t": number("t/a"),
                # Complex geology, or no bench formed.
                "complex_ground": YES_NO,
                "discharges": YES_NO,
                "slope_height_m": number("m"),
                "online_monitoring": YES_NO,
                "exits_apart_m": number("m"),
            },
        ),
        "waste_dump": describe(
            "hazard",
            columns={
                "mine": TEXT,
                "height_m": number("m"),
                "designed_measures": YES_NO,
                "online_monitoring": YES_NO,
            },
        ),
        "tailings_pond": describe("hazard", columns={"rebuilt": DATE, "overhead": YES_NO}),
        "dam_toe": describe(
            "ground",
            columns={
                # The pond, and how far from the toe the drainage is looked for.
                "pond": TEXT,
                "join_m": number("m"),
            },
        ),
        "drainage": describe(
            "ground",
            columns={
                # Whole width of the flow; lines are drawn downstream unless a row says more.
                "width_m": number("m"),
                "digitised": words("downstream", "upstream", "not_known"),
                "start_elevation_m": number("m"),
                "end_elevation_m": number("m"),
            },
        ),
        "hazard_source": describe(
            "hazard",
            "receptor",
            columns={
                "kind": words(
                    "production_unit",
                    "tank_farm",
                    "class_a_warehouse",
                    "class_a_workshop",
                    "class_b_warehouse",
                    "gas_holder",
                    "filling_station",
                    "lpg_station",
                    "ammonia_cold_store",
                    "fireworks_store",
                    "fireworks_outlet",
                    "explosives_store",
                    "industrial_area",
                    "silo",
                    "landfill",
                    "quarry",
                    "rmp_facility",
                    "other",
                ),
                "unit_of": TEXT,
                "hazchem": YES_NO,
                "dangerous_goods": YES_NO,
                "flammable_vapour": YES_NO,
                "key_unit": YES_NO,
                "major_hazard_grade": number("1-4"),
                "substance": TEXT,
                "quantity_t": number("t"),
                "goods_items": words("3,4", "1,2,5,6"),
                "station_level": number("1-3"),
                "fuel": words("petrol", "diesel", "lpg", "cng", "hydrogen"),
                # Vapour recovery of a filling station: the columns of the 2012 table.
                "vapour_recovery": words("none", "unloading", "both"),
                "volume_m3": number("m3"),
                "depot_level": number("1-5"),
                "discharges": YES_NO,
                "danger_class": words("1.1", "1.2", "1.3", "1.4", "1.5", "1.6"),
                "net_explosive_kg": number("kg"),
                "magazine": words("surface", "buried", "small"),
                "rebuilt": DATE,
            },
        ),
        "residential_zone": describe(
            "receptor",
            columns={
                "kind": words("estate", "village", "dormitory", "residential_area"),
                "households": number("households"),
                "high_rise": YES_NO,
                "crowded": YES_NO,
                "important_public": YES_NO,
                "station_class": number("1-3"),
                **_UNIT_CLASS,
            },
        ),
        "sensitive_place": describe(
            "receptor",
            columns={
                "kind": words(
                    "school",
                    "kindergarten",
                    "hospital",
                    "care_home",
                    "market",
                    "office",
                    "worship",
                    "culture",
                    "museum",
                    "monument",
                    "urban_rail",
                    "guarded",
                    "stadium",
                    "hotel",
                    "business",
                    "entertainment",
                    "utility_outlet",
                    "fuel_outlet",
                    "passenger_hub",
                    "urban_park",
                    "other",
                ),
                "important_public": YES_NO,
                "crowded": YES_NO,
                "high_rise": YES_NO,
                "station_class": number("1-3"),
                **_UNIT_CLASS,
                **_SIZES,
            },
        ),
        "building": describe(
            "receptor",
            columns={
                "kind": TEXT,
                "households": number("households"),
                # Village or estate that the building is one of.
                "estate": TEXT,
                **_UNIT_CLASS,
                **_SIZES,
            },
        ),
        "population": describe(
            "ground",
            columns={
                "persons": number("persons"),
                # Declares that people live evenly over an area, so that a share may be taken.
                "spread": words("even"),
            },
        ),
        # Approved and not yet built: counted as if it stood.
        "approved_project": describe(
            "receptor",
            columns={
                "kind": TEXT,
                "document": TEXT,
                **_UNIT_CLASS,
            },
        ),
        # The area within a contour: inside it the individual risk is at least `risk_per_year`.
        "risk_contour": describe(
            "hazard",
            columns={
                "risk_per_year": number("1/a"),
                "stage": words("new", "in_service"),
                "unit_of": TEXT,
                "report": TEXT,
                "agency": TEXT,
                "date": DATE,
            },
        ),
        "road": describe(
            "receptor",
            columns={
                "kind": words(
                    "expressway", "national", "provincial", "county", "township", "street"
                ),
                "land_half_width_m": number("m"),
                "half_width_m": number("m"),
                "control_half_width_m": number("m"),
            },
        ),
        "railway": describe(
            "receptor",
            columns={
                "kind": words("high_speed", "national", "factory"),
                "structure": words("ground", "bridge", "tunnel"),
                # Which width of the protection zone holds along this section.
                "setting": words("city", "suburb", "village", "elsewhere"),
                "toe_half_width_m": number("m"),
            },
        ),
        "pipeline": describe(
            "receptor",
            "hazard",
            columns={
                "kind": words("oil_gas", "hazchem", "city_gas", "in_plant"),
                "laid": words("buried", "above"),
                "contents": words("lpg", "other"),
                "substance": TEXT,
                # Phosgene, chlorine, another highly toxic gas, or hydrogen sulphide.
                "toxic_gas": YES_NO,
            },
        ),
        "pipeline_facility": describe("receptor"),
        "pipeline_tunnel": describe("receptor"),
        "pipeline_crossing": describe("receptor"),
        "bridge": describe(
            "receptor",
            columns={
                "kind": words("bridge_large", "bridge_medium", "bridge_small", "ferry"),
            },
        ),
        "road_tunnel": describe("receptor"),
        "river": describe(
            "receptor",
            columns={
                # One word for both basins, of earlier layers: read into the two below.
                "river_class": words(
                    "yangtze_main", "yangtze_tributary", "important_tributary", "taihu_inflow"
                ),
                "yangtze": words("main", "important_tributary", "tributary", "no"),
                "taihu": words("lake", "dianshan", "named_river", "inflow", "no"),
                # Along the river, up from its mouth, to both ends of the drawn section.
                "chainage_from_m": number("m"),
                "chainage_to_m": number("m"),
            },
        ),
        "protected_area": describe(
            "receptor",
            columns={
                "kind": words(
                    "water_source_1",
                    "water_source_2",
                    "water_source_quasi",
                    "relic",
                    "scenic",
                    "nature_reserve",
                    "farmland",
                    "dam_area",
                ),
            },
        ),
        "power_line": describe(
            "receptor",
            columns={
                "kind": words("kv_1_10", "kv_35_110", "kv_154_330", "kv_500"),
            },
        ),
        "tier_register": describe(
            "register",
            columns={
                "unit": TEXT,
                "tier": words(*TIER_NAMES),
                "scheme": TEXT,
                "assessor": TEXT,
                "date": DATE,
                "valid_until": DATE,
                "document": TEXT,
            },
        ),
        "assessment_score": describe(
            "register",
            columns={
                "unit": TEXT,
                "scheme": TEXT,
                "score": number("points"),
                "vetoes": TEXT,
                "letter": words("A", "B", "C", "D"),
                "likelihood": number(""),
                "severity": number(""),
                "exposure": number(""),
                "consequence": number(""),
                "area_fire": number("0-4"),
                "area_toxicity": number("0-4"),
                "area_control_list": number("0-4"),
                "area_process": number("0-4"),
                "area_pressure": number("0-4"),
                "area_temperature": number("0-4"),
                "area_people": number("1-4"),
                "area_people_most": number("1-4"),
                "area_major_hazard": number("1-4"),
                "area_surroundings": number("1-4"),
                "assessor": TEXT,
                "date": DATE,
                "valid_until": DATE,
                "document": TEXT,
            },
        ),
        "hidden_danger": describe(
            "register",
            columns={
                "unit": TEXT,
                "content": TEXT,
                "criterion": TEXT,
                "level": words("major", "general"),
                "found_on": DATE,
                "source": words("self", "inspection"),
                "judged_by": TEXT,
                "judged_on": DATE,
                "document": TEXT,
                "status": words(*STATUS_NAMES),
                "measures": TEXT,
                "responsible": TEXT,
                "funds": TEXT,
                "due": DATE,
                "plan": TEXT,
            },
        ),
        "stock": describe(
            "register",
            columns={
                "unit": TEXT,
                "substance": TEXT,
                "substance_number": number("GB 18218 table 1"),
                "cas": TEXT,
                # Symbols of GB 18218 table 2, separated by commas; none: in no class.
                "hazard_class": TEXT,
                "quantity_t": number("t"),
                "share": number("0-1"),
                "same_class": YES_NO,
                "document": TEXT,
                "date": DATE,
            },
        ),
        "consent": describe(
            "register",
            columns={
                "source": TEXT,
                "target": TEXT,
                "rule": TEXT,
                "number": TEXT,
                "authority": TEXT,
                "date": DATE,
                "valid_until": DATE,
            },
        ),
        "safety_report": describe(
            "register",
            columns={
                "unit": TEXT,
                "receptor_class": words(*RECEPTOR_CLASSES),
                "distance_m": number("m"),
                "line": TEXT,
                "report": TEXT,
                "agency": TEXT,
                "date": DATE,
            },
        ),
    }
)

# What one column said of several: column and word, for role and column of an earlier layer.
OLD_WORDS: Mapping[tuple[str, str], Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        ("river", "river_class"): MappingProxyType(
            {
                "yangtze_main": ("yangtze", "main"),
                "yangtze_tributary": ("yangtze", "tributary"),
                "important_tributary": ("yangtze", "important_tributary"),
                "taihu_inflow": ("taihu", "inflow"),
            }
        )
    }
)

# Assessment units hung up at city scale, and those of the enterprise sheet (mission.md).
CITY_UNIT_ROLES = ("chemical_park", "chemical_plant", "non_coal_mine")
ENTERPRISE_UNIT_ROLES = ("hazard_source", "waste_dump", "tailings_pond")
# Where people are counted: in population layers, else in the others.
PEOPLE_ROLES = ("population", "residential_zone", "sensitive_place", "building")


def is_register(role: str) -> bool:
    """Tell whether rows of a role have no geometry.

    Parameters
    ----------
    role : str
        Name of the role.

    Returns
    -------
    bool
        True for a register.
    """
    return "register" in ROLES[role].parts


def columns_of(role: str) -> dict[str, Column]:
    """List every canonical column of a role.

    Parameters
    ----------
    role : str
        Name of the role.

    Returns
    -------
    dict of str to Column
        Common columns first, then the role's own.
    """
    return {**COMMON_COLUMNS, **ROLES[role].columns}
