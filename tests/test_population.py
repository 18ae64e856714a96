"""People around a plant of 100 m by 100 m whose corner is the corner of the paper."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from riskmap.location import gather_layers
from riskmap.population import Crowd, count_people, gather_crowd
from riskmap.tables import PEOPLE, check_table
from tests.conftest import paper_layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from shapely import Geometry

    from riskmap.quality import Layer

PLANT = box(0, 0, 100, 100)


def complete(layer: Layer) -> Layer:
    return replace(layer, spec=layer.spec.model_copy(update={"complete": True}))


def within(layer: Layer, metres: float) -> Layer:
    return replace(layer, spec=layer.spec.model_copy(update={"line_within_m": metres}))


def people(*rows: tuple[Geometry, Mapping[str, object]], accuracy_m: float = 0.0) -> Layer:
    return complete(paper_layer("population", list(rows), accuracy_m=accuracy_m))


def count(*layers: Layer, plant: Layer | None = None) -> pd.Series:
    plant = plant or paper_layer("chemical_plant", [(PLANT, {"owner": "firm"})])
    table = count_people(gather_layers([plant]), crowd=gather_crowd(layers), outward_m=500.0)
    check_table(table, PEOPLE)
    return table.iloc[0]


def bounds(*layers: Layer, plant: Layer | None = None) -> tuple[float, float]:
    row = count(*layers, plant=plant)
    return row["persons_low"], row["persons_high"]


def test_500_m_is_counted_and_a_centimetre_more_is_not() -> None:
    # East of the plant, level with its corner: 599.99, 600 and 600.01 are 1 cm apart.
    for x, persons in ((599.99, 7.0), (600.0, 7.0), (600.01, 0.0)):
        assert bounds(people((Point(x, 0), {"persons": 7.0}))) == (persons, persons)


def test_people_in_the_plant_are_not_counted() -> None:
    inside = (Point(50, 50), {"persons": 40.0})
    assert bounds(people(inside, (Point(200, 50), {"persons": 3.0}))) == (3.0, 3.0)
    # A row that lies half in the plant counts in the upper bound only.
    assert bounds(people((box(90, 40, 110, 60), {"persons": 9.0}))) == (0.0, 9.0)


def test_an_area_that_crosses_the_distance_counts_in_the_upper_bound() -> None:
    assert bounds(people((box(500, 0, 600, 50), {"persons": 20.0}))) == (20.0, 20.0)
    assert bounds(people((box(500, 0, 601, 50), {"persons": 20.0}))) == (0.0, 20.0)
    assert count(people((box(500, 0, 601, 50), {"persons": 20.0})))["missing"] == "population"
    assert count(people((box(500, 0, 600, 50), {"persons": 20.0})))["missing"] == ""
    assert bounds(people((box(601, 0, 650, 50), {"persons": 20.0}))) == (0.0, 0.0)


def test_the_far_side_is_measured_by_distance_and_not_by_box() -> None:
    # Corner at (400, 400) from the corner (100, 100): 300 x 1.414 = 424 m; at (460, 460) 509 m.
    assert bounds(people((box(300, 300, 400, 400), {"persons": 5.0}))) == (5.0, 5.0)
    assert bounds(people((box(300, 300, 460, 460), {"persons": 5.0}))) == (0.0, 5.0)


def test_a_share_by_area_is_an_estimate_only_where_it_is_declared() -> None:
    # 100 m deep, 25 m of it beyond 500 m: three quarters.
    shape = box(525, 20, 625, 80)
    declared = count(people((shape, {"persons": 40.0, "spread": "even"})))
    assert (declared["persons_low"], declared["persons_high"]) == (0.0, 40.0)
    assert declared["persons_estimate"] == pytest.approx(30.0, abs=0.05)
    silent = count(people((shape, {"persons": 40.0})))
    assert math.isnan(silent["persons_estimate"])


def test_a_plant_that_is_not_convex_holds_half_an_edge_against_what_is_within() -> None:
    bent = Polygon([(0, 0), (100, 0), (100, 100), (60, 100), (60, 20), (0, 20)])
    plant = paper_layer("chemical_plant", [(bent, {})])
    # The far side lies 497 m away: 5 m may hide between two looks, so that it is not sure.
    assert bounds(people((box(500, 0, 597, 50), {"persons": 6.0})), plant=plant) == (0.0, 6.0)
    assert bounds(people((box(500, 0, 594, 50), {"persons": 6.0})), plant=plant) == (6.0, 6.0)


def test_accuracy_widens_both_ways() -> None:
    near, far = (Point(597, 0), {"persons": 2.0}), (Point(603, 0), {"persons": 5.0})
    assert bounds(people(near, far, accuracy_m=2.0)) == (2.0, 2.0)
    assert bounds(people(near, far, accuracy_m=3.0)) == (2.0, 7.0)
    assert bounds(people(near, far, accuracy_m=3.01)) == (0.0, 7.0)
    plant = paper_layer("chemical_plant", [(PLANT, {})], accuracy_m=3.01)
    assert bounds(people(near, far), plant=plant) == (0.0, 7.0)


def test_a_plant_known_by_its_unit_alone_bounds_nothing_above() -> None:
    unit = paper_layer("hazard_source", [(PLANT, {"owner": "firm"})])
    row = count(people((Point(600, 0), {"persons": 7.0})), plant=unit)
    assert (row["persons_low"], row["persons_high"]) == (7.0, math.inf)
    assert row["missing"] == "plant_boundary"
    assert not row["people_complete"]
    # Its own dormitory may stand inside the boundary that nobody drew.
    home = paper_layer(
        "residential_zone", [(Point(200, 0).buffer(9), {"persons": 5.0, "owner": "firm"})]
    )
    assert bounds(complete(home), plant=unit) == (0.0, math.inf)


def test_a_declared_margin_bounds_the_boundary() -> None:
    unit = within(paper_layer("hazard_source", [(PLANT, {})]), 50.0)
    rows = [(Point(x, 0), {"persons": persons}) for x, persons in _DOUBLING]
    # The boundary lies up to 50 m further out: 150 may be inside it, 650 within 500 m of it.
    assert bounds(people(*rows), plant=unit) == (2.0 + 4.0, 1.0 + 2.0 + 4.0 + 8.0)
    planned = within(
        paper_layer("chemical_plant", [(PLANT, {})], reference="planning_boundary"), 50.0
    )
    # The boundary lies up to 50 m further in: 600 may be 550 m from it.
    assert bounds(people(*rows), plant=planned) == (1.0 + 2.0, 1.0 + 2.0 + 4.0)


_DOUBLING = ((150, 1.0), (151, 2.0), (600, 4.0), (650, 8.0), (651, 16.0))


def test_homes_stand_in_where_there_is_no_population_layer() -> None:
    home = paper_layer("residential_zone", [(box(200, 0, 250, 50), {"persons": 30.0})])
    assert bounds(complete(home)) == (30.0, 30.0)
    assert bounds(home) == (30.0, math.inf)
    counted = people((Point(300, 0), {"persons": 4.0}))
    row = count(complete(home), counted)
    assert (row["persons_low"], row["people_from"]) == (4.0, "populations")


def test_a_home_without_persons_leaves_a_lower_bound() -> None:
    rows = [(box(200, 0, 250, 50), {"persons": 30.0}), (box(300, 0, 350, 50), {})]
    row = count(complete(paper_layer("residential_zone", rows)))
    assert (row["persons_low"], row["persons_high"]) == (30.0, math.inf)
    assert row["missing"] == "persons"
    # Out of reach it does not matter.
    rows[1] = (box(700, 0, 750, 50), {})
    assert bounds(complete(paper_layer("residential_zone", rows))) == (30.0, 30.0)


def test_pupils_are_not_residents_unless_they_are_said_to_be() -> None:
    home = complete(paper_layer("residential_zone", [(box(200, 0, 250, 50), {"persons": 1.0})]))
    rows = [(box(300, 0, 350, 50), {"kind": "school", "persons": 300.0})]
    school = complete(paper_layer("sensitive_place", rows))
    assert bounds(home, school) == (1.0, 301.0)
    assert count(home, school)["missing"] == "residents"
    assert count(home, school)["people_complete"]
    rows[0][1]["residents"] = 20.0
    assert bounds(home, complete(paper_layer("sensitive_place", rows))) == (21.0, 21.0)
    # Places alone do not say that nobody lives there.
    assert count(school)["missing"] == "complete, residents"


def test_a_house_on_the_ground_of_a_village_is_counted_once() -> None:
    village = complete(paper_layer("residential_zone", [(box(200, 0, 300, 99), {"persons": 9.0})]))
    rows = [(box(210, 10, 220, 20), {"residents": 4.0}), (box(310, 0, 320, 9), {"residents": 2.0})]
    assert bounds(village, complete(paper_layer("building", rows))) == (11.0, 11.0)
    # Without the village's own number its houses are what is known.
    unstated = complete(paper_layer("residential_zone", [(box(200, 0, 300, 99), {})]))
    assert bounds(unstated, complete(paper_layer("building", rows))) == (6.0, math.inf)


def test_a_home_known_as_a_point_is_never_sure_to_lie_within() -> None:
    rows = [(Point(300, 0), {"persons": 30.0})]
    point = complete(paper_layer("residential_zone", rows, reference="inside_point"))
    assert bounds(point) == (0.0, 30.0)
    assert bounds(within(point, 60.0)) == (30.0, 30.0)


def test_no_layer_and_no_row_are_not_nobody() -> None:
    assert bounds() == (0.0, math.inf)
    empty = paper_layer("population", [(Point(9000, 0), {"persons": 3.0})])
    assert bounds(empty) == (0.0, math.inf)
    assert bounds(complete(empty)) == (0.0, 0.0)


def test_a_layer_that_streams_by_closes_no_count() -> None:
    home = complete(paper_layer("residential_zone", [(box(200, 0, 250, 50), {"persons": 30.0})]))
    assert gather_crowd([home]).is_complete
    assert not gather_crowd([home], unread=frozenset({"building"})).is_complete
    assert gather_crowd([home], unread=frozenset({"road"})).is_complete
    counted = people((Point(300, 0), {"persons": 4.0}))
    assert gather_crowd([counted], unread=frozenset({"building"})).is_complete
    assert not gather_crowd([counted], unread=frozenset({"population"})).is_complete


def test_lines_and_several_parts_are_counted_whole() -> None:
    boats = (LineString([(200, 0), (300, 0)]), {"persons": 3.0})
    hamlets = MultiPolygon([box(200, 0, 220, 20), box(700, 0, 720, 20)])
    assert bounds(people(boats, (hamlets, {"persons": 8.0}))) == (3.0, 11.0)


def test_each_area_has_its_own_count() -> None:
    plants = paper_layer("chemical_plant", [(PLANT, {}), (box(1000, 0, 1100, 100), {})])
    crowd = gather_crowd(
        [people((Point(-200, 0), {"persons": 1.0}), (Point(550, 0), {"persons": 2.0}))]
    )
    table = count_people(gather_layers([plants]), crowd=crowd, outward_m=500.0)
    assert list(table["persons_low"]) == [3.0, 2.0]
    assert isinstance(crowd, Crowd)


def test_counts_agree_with_plain_geometry_on_the_paper() -> None:
    dice = np.random.default_rng(7)
    shapes, low, high = [], 0.0, 0.0
    for persons in range(1, 200):
        x, y = dice.uniform(-800, 900, 2)
        shape = box(x, y, x + dice.uniform(5, 300), y + dice.uniform(5, 300))
        near = PLANT.distance(shape)
        # The plant is convex: the far side is a corner.
        far = max(PLANT.distance(Point(corner)) for corner in shape.exterior.coords)
        if min(abs(near - 500), abs(far - 500)) < 0.05 or 0 < near < 0.05:
            continue
        shapes.append((shape, {"persons": float(persons)}))
        high += persons * (near <= 500 and not PLANT.covers(shape))
        low += persons * (near > 0 and far <= 500)
    assert 0 < low < high
    assert bounds(people(*shapes)) == (low, high)


@settings(max_examples=12, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(-700, 800), st.integers(-700, 800), st.integers(0, 60)),
        min_size=1,
        max_size=8,
    ),
    more=st.integers(0, 60),
)
def test_more_people_never_lower_a_count(rows: list[tuple[int, int, int]], more: int) -> None:
    def spread(extra: int) -> tuple[float, float]:
        shapes = [
            (box(x, y, x + 40, y + 40), {"persons": float(persons + extra)})
            for x, y, persons in rows
        ]
        return bounds(people(*shapes))

    less, most = np.array(spread(0)), np.array(spread(more))
    assert (less <= most).all()
    assert less[0] <= less[1]
