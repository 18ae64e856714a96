"""What a column can hold, which reference lines there are, and how a role is described."""

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


TEXT = Column()
YES_NO = Column("yes_no", words=("yes", "no"))
DATE = Column("date")


def number(unit: str) -> Column:
    """Describe a column of numbers.

    Parameters
    ----------
    unit : str
        Their unit.

    Returns
    -------
    Column
        The column.
    """
    return Column("number", unit)


def words(*allowed: str) -> Column:
    """Describe a column of words.

    Parameters
    ----------
    *allowed : str
        The only ones that it may hold.

    Returns
    -------
    Column
        The column.
    """
    return Column(words=allowed)


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
        "id": TEXT,
        "name": TEXT,
        "owner": TEXT,
        "established": DATE,
        "town": TEXT,
        # Overrides the layer's reference line for one row.
        "reference": Column(words=LINES),
        "note": TEXT,
    }
)

RECEPTOR_CLASSES = ("high_sensitive", "important", "general_1", "general_2", "general_3")
TIER_NAMES = ("red", "orange", "yellow", "blue")
STATUS_NAMES = ("open", "in_work", "done", "closed", "overdue")


def describe(*parts: Part, columns: Mapping[str, Column] = MappingProxyType({})) -> Role:
    """Describe a role.

    Parameters
    ----------
    *parts : {'hazard', 'receptor', 'ground', 'register'}
        What its rows can be in a check.
    columns : mapping of str to Column, optional
        Canonical columns beside the common ones.

    Returns
    -------
    Role
        The role.
    """
    return Role(frozenset(parts), MappingProxyType(dict(columns)))
