"""What a case of the law tests holds, and how it is checked on squared paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from shapely import Geometry, Point, box

import riskmap
from riskmap.clauses import Range
from riskmap.hazards import HazardSide
from riskmap.location import gather_layers
from riskmap.rulebook import Rulebook, read_rulebook_files
from riskmap.setback import check_receptors, join_parts
from tests.conftest import RULEBOOK_HEAD, paper_layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from riskmap.clauses import TableRow, Where

TODAY = date(2025, 12, 31)
BAN, STANDARD, CONSENT, ADVICE = (
    "ban_violated",
    "standard_violated",
    "consent_missing",
    "advisory_short",
)
SHIPPED = Path(riskmap.__file__).parent / "rulebooks" / "cn"

Values = dict[str, object]
End = tuple[str, Values, str]

OLD: Values = {"established": "2000"}
NEW: Values = {"established": "2022"}
PIT: Values = {"kind": "open_pit", "output_t": 200000.0, "blasting": "yes", "owner": "甲"}
HOUSE: Values = {
    "important_public": "no",
    "high_rise": "no",
    "crowded": "no",
    "receptor_class": "general_1",
}


@dataclass(frozen=True)
class Case:
    """One rule, or one row of its table, and what its clause says."""

    rule: str
    clause: str
    metres: float
    failed: str
    hazard: End
    receptor: End
    at: str = "complies"
    as_of: date = TODAY
    scope: Literal["review", "site"] = "review"

    @property
    def name(self) -> str:
        """Name the case by its rule, its distance and both kinds."""
        kinds = (self.hazard[1].get("kind", ""), self.receptor[1].get("kind", ""))
        return f"{self.rule}-{self.metres:g}-{kinds[0]}-{kinds[1]}"


def mine(values: Values) -> End:
    return ("non_coal_mine", values, "licence_boundary")


def unit(values: Values, line: str = "building_wall") -> End:
    return ("hazard_source", values, line)


def home(**values: object) -> End:
    return ("residential_zone", {**HOUSE, **values}, "building_wall")


def place(**values: object) -> End:
    return ("sensitive_place", {**HOUSE, **values}, "building_wall")


def road(kind: str, line: str = "highway_land_edge") -> End:
    return ("road", {"kind": kind, **OLD}, line)


def rail(kind: str, line: str, structure: str = "ground", **values: object) -> End:
    return ("railway", {"kind": kind, "structure": structure, **values}, line)


@cache
def book_with(rule_id: str) -> Rulebook:
    """Read the shipped books with one rule turned on by a local [[switch]]."""
    switch = f"""
[[switch]]
rule = "{rule_id}"
on = true
reason = {{ zh = "试验", en = "a test" }}
by = "某人"
date = 2025-01-01
"""
    with TemporaryDirectory() as folder:
        local = Path(folder) / "local.toml"
        local.write_text(RULEBOOK_HEAD + switch, "utf-8")
        return read_rulebook_files([*sorted(SHIPPED.glob("*.toml")), local])


def verdicts(case: Case, metres: Sequence[float], book: Rulebook) -> list[str]:
    """Check pairs of a case at distances [m] and read the verdicts of its rule."""
    return _verdicts(case, Point(0, 0), [Point(0, far) for far in metres], book)


def verdicts_inside(case: Case, metres: Sequence[float], book: Rulebook) -> list[str]:
    """Check squares whose near side lies so far from an area's edge [m]; below 0 inside."""
    # As wide as the squares: both lie on one line of the paper at 0 m.
    area = box(-5, -1000, 5, 0)
    return [_verdicts(case, box(-5, far, 5, far + 10), [area], book)[0] for far in metres]


def _verdicts(case: Case, first: Geometry, others: Sequence[Geometry], book: Rulebook) -> list[str]:
    if not book.rule(case.rule).entry.on:
        book = book_with(case.rule)
    # The rule alone: what others say of the pair is not asked, and would take its time.
    book = replace(book, rules=(book.rule(case.rule),))
    role, values, line = case.hazard
    layers = [paper_layer(role, [(first, values)], reference=line, layer_id="first")]
    role, values, line = case.receptor
    rows = [(shape, values) for shape in others]
    layers.append(paper_layer(role, rows, reference=line, layer_id="second"))
    side = HazardSide.prepare(
        layers,
        rulebook=book,
        as_of=case.as_of,
        scope=case.scope,
        hazards=gather_layers(layers[:1]),
    )
    found = join_parts(side, [check_receptors(side, layers[1:])]).findings
    by_target = dict(zip(found["target"], found["verdict"], strict=True))
    return [
        str(by_target.get(f"second/{number}", "not listed")) for number in range(1, len(others) + 1)
    ]


def answers(case: Case, row: TableRow) -> bool:
    """Tell whether a case is about a row of a table."""
    return fits(row.hazard, case.hazard[1]) and fits(row.receptor, case.receptor[1])


def fits(where: Where, values: Mapping[str, object]) -> bool:
    """Tell whether values hold every column that is asked for."""
    return all(_agrees(values.get(column), wanted) for column, wanted in where.items())


def _agrees(value: object, wanted: tuple[str, ...] | Range) -> bool:
    if not isinstance(wanted, Range):
        return value in wanted
    if not isinstance(value, float):
        return False
    above = wanted.above is None or value > wanted.above
    since = wanted.since is None or value >= wanted.since
    upto = wanted.upto is None or value <= wanted.upto
    return above and since and upto and (wanted.below is None or value < wanted.below)
