from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely.geometry import Point, box

from riskmap.classes import classify_receptors, fill_classes
from riskmap.grading import ReceptorGrading, read_gradings
from riskmap.tables import CLASSES, check_table
from tests.conftest import AS_OF, paper_layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from riskmap.quality import Layer

GRADING = read_gradings(["cn"]).receptors
assert isinstance(GRADING, ReceptorGrading)
GENERAL = "general_1/general_2/general_3"


def classes(*layers: Layer, day: date = AS_OF, neighbours_read: bool = True) -> pd.DataFrame:
    table = classify_receptors(layers, grading=GRADING, as_of=day, neighbours_read=neighbours_read)
    check_table(table, CLASSES)
    return table.set_index("ref")


def one(role: str, **columns: object) -> tuple[str, str, str, str]:
    row = classes(paper_layer(role, [(Point(0, 0), columns)])).iloc[0]
    return row["possible_classes"], row["receptor_class"], row["basis"], row["missing"]


def houses(*rows: Mapping[str, object], layer_id: str = "houses") -> Layer:
    """Lay houses of 10 m in a row, 20 m apart, each with what its columns say."""
    made = [
        (box(20 * i, 0, 20 * i + 10, 10), {"kind": "housing", "id": f"B{i}", **columns})
        for i, columns in enumerate(rows)
    ]
    return paper_layer("building", made, layer_id=layer_id)


def test_a_known_column_may_settle_what_another_leaves_open() -> None:
    assert one("residential_zone", kind="village", households=30.0)[:3] == (
        "general_1", "general_1", "columns",
    )  # fmt: skip
    assert one("residential_zone", kind="village", persons=100.0)[1] == "general_1"
    # 25 households may be 100 people: the stricter class stays possible.
    assert one("residential_zone", kind="village", households=25.0) == (
        "general_1/general_2", "", "", "persons",
    )  # fmt: skip
    assert one("residential_zone", kind="village", households=9.0) == (GENERAL, "", "", "persons")
    assert one("residential_zone", kind="village") == (GENERAL, "", "", "households, persons")


def test_two_measures_give_the_stricter_class() -> None:
    found = one("residential_zone", kind="village", households=8.0, persons=35.0)
    assert found == ("general_2", "general_2", "columns", "")


def test_what_is_missing_is_asked_for_by_its_column() -> None:
    office = one("sensitive_place", kind="office")
    assert office[0] == "general_1/general_2"
    assert office[3] == "county_level, office_workers"
    assert one("sensitive_place", kind="office", office_workers=40.0)[3] == "county_level"
    assert one("sensitive_place", kind="market", persons=120.0)[3] == "floor_area_m2"
    assert one("sensitive_place", kind="hotel")[3] == "beds"
    every = "high_sensitive/important/general_1/general_2/general_3"
    assert one("sensitive_place") == (every, "", "", "kind")
    assert one("sensitive_place", kind="other") == (every, "", "", "receptor_class")
    assert one("building", kind="shed") == (every, "", "", "receptor_class")


def test_open_air_decides_whether_people_count_at_a_venue() -> None:
    known: dict[str, object] = {"kind": "entertainment", "floor_area_m2": 100.0, "persons": 500.0}
    assert one("sensitive_place", **known) == ("general_1/general_2", "", "", "open_air")
    assert one("sensitive_place", **known, open_air="yes")[1] == "general_1"
    assert one("sensitive_place", **known, open_air="no")[1] == "general_2"


def test_a_village_is_one_object_and_an_estate_only_when_it_is_low() -> None:
    size: dict[str, object] = {"households": 40.0, "persons": 120.0}
    assert one("residential_zone", kind="village", **size)[1] == "general_1"
    assert one("residential_zone", kind="estate", storeys=3.0, **size)[1] == "general_1"
    # From four storeys on each building stands by itself; the whole bounds each.
    assert one("residential_zone", kind="estate", storeys=4.0, **size) == (
        GENERAL, "", "", "building",
    )  # fmt: skip
    assert one("residential_zone", kind="estate", **size)[3] == "storeys"
    assert one("residential_zone", kind="village", high_rise="yes", **size)[3] == "building"
    # Fewer than ten households in all: no single building can have more.
    small = one("residential_zone", kind="estate", households=9.0, persons=29.0)
    assert small[1] == "general_3"
    assert one("residential_zone", kind="dormitory", **size)[1] == "general_1"


def test_low_houses_of_one_estate_are_counted_together() -> None:
    # 4 x 8 = 32 households in all: class 1, though each alone would be class 3.
    known = {"estate": "甲村", "storeys": 2.0, "households": 8.0, "persons": 20.0}
    table = classes(houses(*[known] * 4))
    assert set(table["receptor_class"]) == {"general_1"}
    assert set(table["basis"]) == {"together"}
    assert set(table["counted_with"]) == {"甲村"}
    # Three of them: 24 households, 60 people.
    assert set(classes(houses(*[known] * 3))["receptor_class"]) == {"general_2"}


def test_a_tower_stands_by_itself() -> None:
    low = {"estate": "甲村", "storeys": 3.0, "households": 8.0, "persons": 20.0}
    tower = low | {"storeys": 4.0}
    table = classes(houses(low, low, tower))
    # Two low ones: 16 households, 40 people; the tower: 8 and 20.
    assert list(table["receptor_class"]) == ["general_2", "general_2", "general_3"]
    assert list(table["basis"]) == ["together", "together", "columns"]


def test_a_member_without_a_number_leaves_the_whole_open() -> None:
    known = {"estate": "甲村", "storeys": 2.0, "households": 8.0, "persons": 20.0}
    table = classes(houses(known, known | {"households": None}))
    assert set(table["possible_classes"]) == {"general_1/general_2"}
    assert set(table["missing"]) == {"households"}
    # Enough people are known already: 60 + 60.
    many = known | {"persons": 60.0}
    assert set(classes(houses(many, many | {"households": None}))["receptor_class"]) == {
        "general_1"
    }


def test_a_house_of_unknown_height_keeps_both_readings() -> None:
    low = {"estate": "甲村", "storeys": 2.0, "households": 20.0, "persons": 60.0}
    unknown = {"estate": "甲村", "households": 9.0, "persons": 20.0}
    table = classes(houses(low, unknown))
    # By itself class 3; with the other 29 households, and what else is of unknown height.
    assert table.loc["houses/B1", "possible_classes"] == GENERAL
    assert "storeys" in str(table.loc["houses/B1", "missing"])


def test_houses_on_the_ground_of_a_village_are_counted_with_it() -> None:
    village = paper_layer(
        "residential_zone",
        [(box(-5, -5, 100, 20), {"kind": "village", "households": 50.0, "persons": 150.0})],
    )
    house = {"storeys": 2.0, "households": 1.0, "persons": 3.0}
    table = classes(village, houses(house, house))
    found = table[table["role"] == "building"]
    assert set(found["receptor_class"]) == {"general_1"}
    assert set(found["counted_with"]) == {"residential_zones/1"}
    # A house beside it is of no village that is known: more may belong to it.
    far = paper_layer("building", [(box(500, 0, 510, 10), {"kind": "housing", **house})])
    row = classes(village, far).loc["buildings/1"]
    assert (row["possible_classes"], row["missing"]) == (GENERAL, "estate")
    # Unless the layer of homes is declared complete.
    whole = replace(village, spec=village.spec.model_copy(update={"complete": True}))
    assert classes(whole, far).loc["buildings/1", "receptor_class"] == "general_3"


def test_a_batch_does_not_know_the_neighbours() -> None:
    low = {"estate": "甲村", "storeys": 2.0, "households": 8.0, "persons": 20.0}
    tower = low | {"storeys": 9.0}
    crowd = low | {"households": 31.0}
    table = classes(houses(low, tower, crowd), neighbours_read=False)
    assert list(table["receptor_class"]) == ["", "general_3", "general_1"]
    assert list(table["missing"]) == ["neighbours", "", ""]


def test_a_declared_class_is_kept_and_a_conflict_listed() -> None:
    layer = paper_layer(
        "residential_zone",
        [
            (Point(0, 0), {"kind": "village", "households": 50.0, "receptor_class": "general_3"}),
            (Point(9, 0), {"kind": "village", "households": 50.0, "receptor_class": "general_1"}),
            (Point(18, 0), {"kind": "village", "households": 25.0, "receptor_class": "general_1"}),
            (Point(27, 0), {"kind": "village", "households": 50.0}),
        ],
    )
    table = classes(layer)
    assert list(table["basis"]) == ["declared", "declared", "declared", "columns"]
    assert list(table["conflict"]) == [True, False, False, False]
    (filled,) = fill_classes([layer], table.reset_index())
    assert list(filled.features["receptor_class"]) == [
        "general_3", "general_1", "general_1", "general_1",
    ]  # fmt: skip
    assert layer.features["receptor_class"].isna().sum() == 1


@pytest.mark.parametrize(("day", "held"), [(date(2019, 2, 28), False), (date(2019, 3, 1), True)])
def test_before_the_first_day_nothing_is_classified(day: date, held: bool) -> None:
    layer = paper_layer(
        "sensitive_place",
        [(Point(0, 0), {"kind": "school"}), (Point(9, 0), {"receptor_class": "important"})],
    )
    table = classes(layer, day=day)
    assert list(table["receptor_class"]) == ["high_sensitive" if held else "", "important"]
    assert table["basis"].iloc[0] == ("kind" if held else "edition_not_held")
    assert not table["conflict"].any()


def test_without_a_standard_or_a_receptor_there_is_nothing() -> None:
    layer = paper_layer("sensitive_place", [(Point(0, 0), {"kind": "school"})])
    assert classify_receptors([layer], grading=None, as_of=AS_OF).empty
    assert classes(paper_layer("road", [(Point(0, 0), {})])).empty
