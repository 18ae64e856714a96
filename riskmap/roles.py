"""What a layer can be, and the vocabulary of its columns.

A role says what a layer's rows are in a work-safety plan. The catalog gives every layer
one role; rulebooks select by role and by the columns named here. The data dictionary in
``layers/README.md`` is generated from this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Part = Literal["hazard", "receptor", "ground", "register"]
ColumnType = Literal["text", "number", "yes_no", "date"]


@dataclass(frozen=True, slots=True)
class Column:
    """Describe one canonical column.

    Parameters
    ----------
    type : {'text', 'number', 'yes_no', 'date'}
        What its values are.
    unit : str
        Unit of a number, or empty.
    words : tuple of str
        The only values allowed; empty when any is.
    """

    type: ColumnType = "text"
    unit: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """Describe one role.

    Parameters
    ----------
    parts : frozenset of {'hazard', 'receptor', 'ground', 'register'}
        What rows of this role can be in a check.
    columns : mapping of str to Column
        Canonical columns beside the common ones.
    """

    parts: frozenset[Part]
    columns: Mapping[str, Column]


_TEXT = Column()
_YES_NO = Column("yes_no", words=("yes", "no"))
_DATE = Column("date")


def _number(unit: str) -> Column:
    return Column("number", unit)


def _words(*words: str) -> Column:
    return Column(words=words)


# Reference lines from the outermost inwards; one can bound another only within a family.
LINE_FAMILIES: tuple[tuple[str, ...], ...] = (
    (
        "planning_boundary",
        "plant_boundary",
        "site_boundary",
        "unit_edge",
        "building_wall",
        "vessel_shell",
        "inside_point",
    ),
    ("licence_boundary", "working_area", "inside_point"),
    ("dump_outline", "inside_point"),
    ("control_zone_edge", "highway_land_edge", "road_edge", "centreline"),
    ("rail_land_edge", "rail_toe", "centreline"),
    ("pipe_outer_edge", "centreline"),
    ("facility_outline", "inside_point"),
    # The outline of a tailings pond holds its starter dam, so the toe lies on it or inside:
    # measured from the outline, the way from the toe is at least as long, and may be longer.
    # A point inside the pond is no further in than the toe: it bounds nothing.
    ("facility_outline", "dam_toe"),
    ("structure_outline", "inside_point"),
    ("shoreline",),
    ("area_edge",),
    ("conductor_edge", "centreline"),
    ("risk_contour",),
    ("control_line",),
)

LINES = tuple(sorted({line for family in LINE_FAMILIES for line in family}))

COMMON_COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "id": _TEXT,
        "name": _TEXT,
        "owner": _TEXT,
        "established": _DATE,
        "town": _TEXT,
        # Overrides the layer's reference line for one row.
        "reference": Column(words=LINES),
        "note": _TEXT,
    }
)

RECEPTOR_CLASSES = ("high_sensitive", "important", "general_1", "general_2", "general_3")
TIER_NAMES = ("red", "orange", "yellow", "blue")
STATUS_NAMES = ("open", "in_work", "done", "closed", "overdue")

_UNIT_CLASS = {
    "receptor_class": _words(*RECEPTOR_CLASSES),
    "persons": _number("persons"),
    # Of `persons`, those who live there: schools and markets hold others too.
    "residents": _number("persons"),
    "storeys": _number("storeys"),
}
# What GB 36894 asks of offices, shops, hotels, venues and parks.
_SIZES = {
    "floor_area_m2": _number("m2"),
    "land_area_m2": _number("m2"),
    "beds": _number("beds"),
    "office_workers": _number("persons"),
    "county_level": _YES_NO,
    "open_air": _YES_NO,
}


def _role(*parts: Part, columns: Mapping[str, Column] = MappingProxyType({})) -> Role:
    return Role(frozenset(parts), MappingProxyType(dict(columns)))


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "boundary": _role("ground"),
        "neighbour": _role("ground"),
        "place": _role(
            "ground",
            columns={
                "kind": _words("city", "town", "village"),
                "population": _number("persons"),
            },
        ),
        "town": _role("ground"),
        "built_up": _role("ground"),
        "water": _role("ground", columns={"kind": _TEXT}),
        # The area within the line is what protected objects should keep out of.
        "control_line": _role("hazard", "ground", columns={"park": _TEXT}),
        "chemical_park": _role(
            "hazard", "ground", columns={"rebuilt": _DATE, "grade": _words("A", "B", "C", "D")}
        ),
        "chemical_plant": _role(
            "hazard",
            "receptor",
            columns={
                "rebuilt": _DATE,
                "park": _TEXT,
                "hazchem": _YES_NO,
                "discharges": _YES_NO,
                # A neighbour that holds no hazardous chemicals is a protected object itself.
                **_UNIT_CLASS,
            },
        ),
        "non_coal_mine": _role(
            "hazard",
            "receptor",
            columns={
                "kind": _words("open_pit", "underground", "dimension_stone"),
                "scale": _words("small", "large"),
                "blasting": _YES_NO,
                "output_t": _number("t/a"),
                # Complex geology, or no bench formed.
                "complex_ground": _YES_NO,
                "discharges": _YES_NO,
                "slope_height_m": _number("m"),
                "online_monitoring": _YES_NO,
                "exits_apart_m": _number("m"),
            },
        ),
        "waste_dump": _role(
            "hazard",
            columns={
                "mine": _TEXT,
                "height_m": _number("m"),
                "designed_measures": _YES_NO,
                "online_monitoring": _YES_NO,
            },
        ),
        "tailings_pond": _role("hazard", columns={"rebuilt": _DATE, "overhead": _YES_NO}),
        "dam_toe": _role(
            "ground",
            columns={
                # The pond, and how far from the toe the drainage is looked for.
                "pond": _TEXT,
                "join_m": _number("m"),
            },
        ),
        "drainage": _role(
            "ground",
            columns={
                # Whole width of the flow; lines are drawn downstream unless a row says more.
                "width_m": _number("m"),
                "digitised": _words("downstream", "upstream", "not_known"),
                "start_elevation_m": _number("m"),
                "end_elevation_m": _number("m"),
            },
        ),
        "hazard_source": _role(
            "hazard",
            "receptor",
            columns={
                "kind": _words(
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
                "unit_of": _TEXT,
                "hazchem": _YES_NO,
                "dangerous_goods": _YES_NO,
                "flammable_vapour": _YES_NO,
                "key_unit": _YES_NO,
                "major_hazard_grade": _number("1-4"),
                "substance": _TEXT,
                "quantity_t": _number("t"),
                "goods_items": _words("3,4", "1,2,5,6"),
                "station_level": _number("1-3"),
                "fuel": _words("petrol", "diesel", "lpg", "cng", "hydrogen"),
                # Vapour recovery of a filling station: the columns of the 2012 table.
                "vapour_recovery": _words("none", "unloading", "both"),
                "volume_m3": _number("m3"),
                "depot_level": _number("1-5"),
                "discharges": _YES_NO,
                "danger_class": _words("1.1", "1.2", "1.3", "1.4", "1.5", "1.6"),
                "net_explosive_kg": _number("kg"),
                "magazine": _words("surface", "buried", "small"),
                "rebuilt": _DATE,
            },
        ),
        "residential_zone": _role(
            "receptor",
            columns={
                "kind": _words("estate", "village", "dormitory", "residential_area"),
                "households": _number("households"),
                "high_rise": _YES_NO,
                "crowded": _YES_NO,
                "important_public": _YES_NO,
                "station_class": _number("1-3"),
                **_UNIT_CLASS,
            },
        ),
        "sensitive_place": _role(
            "receptor",
            columns={
                "kind": _words(
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
                "important_public": _YES_NO,
                "crowded": _YES_NO,
                "high_rise": _YES_NO,
                "station_class": _number("1-3"),
                **_UNIT_CLASS,
                **_SIZES,
            },
        ),
        "building": _role(
            "receptor",
            columns={
                "kind": _TEXT,
                "households": _number("households"),
                # Village or estate that the building is one of.
                "estate": _TEXT,
                **_UNIT_CLASS,
                **_SIZES,
            },
        ),
        "population": _role(
            "ground",
            columns={
                "persons": _number("persons"),
                # Declares that people live evenly over an area, so that a share may be taken.
                "spread": _words("even"),
            },
        ),
        # Approved and not yet built: counted as if it stood.
        "approved_project": _role(
            "receptor",
            columns={
                "kind": _TEXT,
                "document": _TEXT,
                **_UNIT_CLASS,
            },
        ),
        # The area within a contour: inside it the individual risk is at least `risk_per_year`.
        "risk_contour": _role(
            "hazard",
            columns={
                "risk_per_year": _number("1/a"),
                "stage": _words("new", "in_service"),
                "unit_of": _TEXT,
                "report": _TEXT,
                "agency": _TEXT,
                "date": _DATE,
            },
        ),
        "road": _role(
            "receptor",
            columns={
                "kind": _words(
                    "expressway", "national", "provincial", "county", "township", "street"
                ),
                "land_half_width_m": _number("m"),
                "half_width_m": _number("m"),
                "control_half_width_m": _number("m"),
            },
        ),
        "railway": _role(
            "receptor",
            columns={
                "kind": _words("high_speed", "national", "factory"),
                "structure": _words("ground", "bridge", "tunnel"),
                # Which width of the protection zone holds along this section.
                "setting": _words("city", "suburb", "village", "elsewhere"),
                "toe_half_width_m": _number("m"),
            },
        ),
        "pipeline": _role(
            "receptor",
            "hazard",
            columns={
                "kind": _words("oil_gas", "hazchem", "city_gas", "in_plant"),
                "laid": _words("buried", "above"),
                "contents": _words("lpg", "other"),
                "substance": _TEXT,
                # Phosgene, chlorine, another highly toxic gas, or hydrogen sulphide.
                "toxic_gas": _YES_NO,
            },
        ),
        "pipeline_facility": _role("receptor"),
        "pipeline_tunnel": _role("receptor"),
        "pipeline_crossing": _role("receptor"),
        "bridge": _role(
            "receptor",
            columns={
                "kind": _words("bridge_large", "bridge_medium", "bridge_small", "ferry"),
            },
        ),
        "road_tunnel": _role("receptor"),
        "river": _role(
            "receptor",
            columns={
                # One word for both basins, of earlier layers: read into the two below.
                "river_class": _words(
                    "yangtze_main", "yangtze_tributary", "important_tributary", "taihu_inflow"
                ),
                "yangtze": _words("main", "important_tributary", "tributary", "no"),
                "taihu": _words("lake", "dianshan", "named_river", "inflow", "no"),
                # Along the river, up from its mouth, to both ends of the drawn section.
                "chainage_from_m": _number("m"),
                "chainage_to_m": _number("m"),
            },
        ),
        "protected_area": _role(
            "receptor",
            columns={
                "kind": _words(
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
        "power_line": _role(
            "receptor",
            columns={
                "kind": _words("kv_1_10", "kv_35_110", "kv_154_330", "kv_500"),
            },
        ),
        "tier_register": _role(
            "register",
            columns={
                "unit": _TEXT,
                "tier": _words(*TIER_NAMES),
                "scheme": _TEXT,
                "assessor": _TEXT,
                "date": _DATE,
                "valid_until": _DATE,
                "document": _TEXT,
            },
        ),
        "assessment_score": _role(
            "register",
            columns={
                "unit": _TEXT,
                "scheme": _TEXT,
                "score": _number("points"),
                "vetoes": _TEXT,
                "letter": _words("A", "B", "C", "D"),
                "likelihood": _number(""),
                "severity": _number(""),
                "exposure": _number(""),
                "consequence": _number(""),
                "area_fire": _number("0-4"),
                "area_toxicity": _number("0-4"),
                "area_control_list": _number("0-4"),
                "area_process": _number("0-4"),
                "area_pressure": _number("0-4"),
                "area_temperature": _number("0-4"),
                "area_people": _number("1-4"),
                "area_people_most": _number("1-4"),
                "area_major_hazard": _number("1-4"),
                "area_surroundings": _number("1-4"),
                "assessor": _TEXT,
                "date": _DATE,
                "valid_until": _DATE,
                "document": _TEXT,
            },
        ),
        "hidden_danger": _role(
            "register",
            columns={
                "unit": _TEXT,
                "content": _TEXT,
                "criterion": _TEXT,
                "level": _words("major", "general"),
                "found_on": _DATE,
                "source": _words("self", "inspection"),
                "judged_by": _TEXT,
                "judged_on": _DATE,
                "document": _TEXT,
                "status": _words(*STATUS_NAMES),
                "measures": _TEXT,
                "responsible": _TEXT,
                "funds": _TEXT,
                "due": _DATE,
                "plan": _TEXT,
            },
        ),
        "stock": _role(
            "register",
            columns={
                "unit": _TEXT,
                "substance": _TEXT,
                "substance_number": _number("GB 18218 table 1"),
                "cas": _TEXT,
                # Symbols of GB 18218 table 2, separated by commas; none: in no class.
                "hazard_class": _TEXT,
                "quantity_t": _number("t"),
                "share": _number("0-1"),
                "same_class": _YES_NO,
                "document": _TEXT,
                "date": _DATE,
            },
        ),
        "consent": _role(
            "register",
            columns={
                "source": _TEXT,
                "target": _TEXT,
                "rule": _TEXT,
                "number": _TEXT,
                "authority": _TEXT,
                "date": _DATE,
                "valid_until": _DATE,
            },
        ),
        "safety_report": _role(
            "register",
            columns={
                "unit": _TEXT,
                "receptor_class": _words(*RECEPTOR_CLASSES),
                "distance_m": _number("m"),
                "line": _TEXT,
                "report": _TEXT,
                "agency": _TEXT,
                "date": _DATE,
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
