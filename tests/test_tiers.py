from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import box

from riskmap.tiers import TIERS, tier_counts, tier_units
from tests.conftest import AS_OF, paper_layer, register

if TYPE_CHECKING:
    import pandas as pd

    from riskmap.quality import Layer


def units() -> list[Layer]:
    return [
        paper_layer("chemical_park", [(box(0, 0, 1000, 1000), {"id": "park", "name": "园"})]),
        paper_layer(
            "chemical_plant",
            [
                (box(10, 10, 100, 100), {"id": "inside", "park": "park"}),
                (box(3000, 0, 3100, 100), {"id": "lonely"}),
            ],
        ),
        paper_layer(
            "hazard_source",
            [(box(20, 20, 40, 40), {"id": "tank", "unit_of": "chemical_plants/inside"})],
        ),
    ]


def entry(unit: str, tier: str, *, date: str = "2024-01-01", until: str = "") -> dict[str, str]:
    return {"unit": unit, "tier": tier, "scheme": "s", "date": date, "valid_until": until}


def adopted(*entries: dict[str, str]) -> pd.DataFrame:
    layers = [*units(), register("tier_register", list(entries))]
    found: pd.DataFrame = tier_units(layers, as_of=AS_OF).set_index("ref")
    return found


def test_none_is_unassessed_and_blue_is_never_derived() -> None:
    found = tier_units(units(), as_of=AS_OF)
    assert set(found["tier"]) == {"unassessed"}


def test_several_the_higher() -> None:
    found = adopted(
        entry("chemical_plants/inside", "yellow"), entry("chemical_plants/inside", "orange")
    )
    assert found.loc["chemical_plants/inside", "tier"] == "orange"
    assert found.loc["chemical_plants/inside", "tier_note"] == "several"


@pytest.mark.parametrize(
    ("date", "until", "tier", "note"),
    [
        ("2024-01-01", "2025-12-31", "red", ""),
        ("2024-01-01", "2025-12-30", "unassessed", "expired"),
        ("2026-01-01", "", "unassessed", "not_yet"),
        ("", "", "unassessed", "no_date"),
    ],
)
def test_an_entry_counts_while_it_is_valid(date: str, until: str, tier: str, note: str) -> None:
    found = adopted(entry("chemical_plants/lonely", "red", date=date, until=until))
    assert found.loc["chemical_plants/lonely", "tier"] == tier
    assert found.loc["chemical_plants/lonely", "tier_note"] == note


def test_every_unit_knows_where_it_belongs() -> None:
    found = adopted()
    assert found.loc["hazard_sources/tank", "unit"] == "chemical_plants/inside"
    assert found.loc["hazard_sources/tank", "park"] == "chemical_parks/park"
    assert found.loc["chemical_plants/inside", "park_name"] == "园"
    assert found.loc["chemical_plants/lonely", "park_name"] == ""
    assert not found.loc["chemical_plants/lonely", "in_park"]
    assert found["built_up"].unique().tolist() == ["unknown"]


def test_counts_close_with_the_register() -> None:
    found = adopted(entry("chemical_plants/inside", "blue"))
    counts = tier_counts(found[found["scale"] == "city"])
    assert counts["tier"].tolist() == list(TIERS)
    assert counts["count"].tolist() == [0, 0, 0, 1, 2]
