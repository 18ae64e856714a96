"""The way of the tailings on squared paper: streams a hand can draw, metres worked out by hand.

The pond lies north of the origin, the toe of its dam at the origin, the stream runs south or
east from there. Every rule here asks for 1000 m along the flow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from riskmap.checking import check_project
from riskmap.rulebook import read_rulebook_files
from riskmap.tiers import tier_units
from riskmap.toes import note_flows, overheads
from tests.conftest import AS_OF, RULEBOOK_HEAD, check, paper_layer, rule_text
from tests.squares import Sheet, Squares
from tests.test_tiles import assert_tiles_agree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd
    from shapely import Geometry

    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook
    from tests.squares import Row

RULE = rule_text(
    nature="advisory",
    hazard='{ roles = ["tailings_pond"] }',
    distance='distance_m = 1000.0\nalong = "flow"',
).replace('"unit_edge"', '"dam_toe"')
POND = box(-50, 0, 50, 200)
WIDE: dict[str, object] = {"width_m": 40.0}
SOUTH = LineString([(0, 0), (0, -3000)])


@pytest.fixture
def book(make_book: Callable[..., Rulebook]) -> Rulebook:
    return make_book(RULE)


def ponds(**values: object) -> Layer:
    return paper_layer("tailings_pond", [(POND, values)], reference="facility_outline")


def toe(
    shape: Geometry | None = None, *, accuracy_m: float = 0.0, pond: str = "1", **values: object
) -> Layer:
    row: Row = (shape or Point(0, 0), {"pond": pond, **values})
    return paper_layer("dam_toe", [row], accuracy_m=accuracy_m)


def streams(*rows: Geometry | Row, accuracy_m: float = 0.0) -> Layer:
    pairs: list[Row] = [row if isinstance(row, tuple) else (row, WIDE) for row in rows]
    return paper_layer("drainage", pairs, accuracy_m=accuracy_m)


def homes(*shapes: Geometry, accuracy_m: float = 0.0, reference: str | None = None) -> Layer:
    rows: list[Row] = [(shape, {}) for shape in shapes]
    return paper_layer("residential_zone", rows, accuracy_m=accuracy_m, reference=reference)


def judged(book: Rulebook, *layers: Layer) -> pd.DataFrame:
    found: pd.DataFrame = check(*layers, rulebook=book).findings
    return found.sort_values("target").reset_index(drop=True)


def one(book: Rulebook, *layers: Layer) -> pd.Series:
    found = judged(book, *layers)
    assert len(found) == 1
    row: pd.Series = found.iloc[0]
    return row


@pytest.mark.parametrize(
    ("metres", "verdict"),
    [
        (1.0, "advisory_short"),
        (999.0, "advisory_short"),
        (1000.0, "complies"),
        (1001.0, "complies"),
    ],
)
def test_a_straight_stream(book: Rulebook, metres: float, verdict: str) -> None:
    # The home stands 10 m beside the stream: the foot of its perpendicular counts.
    row = one(book, ponds(), toe(), streams(SOUTH), homes(Point(10, -metres)))
    assert row["verdict"] == verdict
    assert row["measured_m"] == pytest.approx(metres, abs=0.002)
    assert row["off_path_m"] == pytest.approx(10.0, abs=0.001)
    assert row["straight_m"] == pytest.approx(np.hypot(10.0, metres), abs=0.002)


def test_the_line_of_the_finding_is_the_way_and_not_a_chord(book: Rulebook) -> None:
    bend = LineString([(0, 0), (400, 0), (400, -400), (2000, -400)])
    row = one(book, ponds(), toe(), streams(bend), homes(Point(600, -410)))
    # 400 east, 400 south, 200 east.
    assert row["measured_m"] == pytest.approx(1000.0, abs=0.02)
    line = row["geometry"]
    scale = line.length / 1000.0
    assert scale == pytest.approx(1.171, abs=0.002)  # k at 31.4 degrees
    assert len(line.coords) >= 4


def test_a_bend_complies_only_where_the_way_is_longer_beyond_doubt(book: Rulebook) -> None:
    # Straight sqrt(700^2 + 0) = 700 m; along 250 south, 700 east, 250 north: 1200 m.
    bend = LineString([(0, 0), (0, -250), (700, -250), (700, 0), (700, 600)])
    near = homes(Point(700, 0))
    row = one(book, ponds(), toe(), streams(bend), near)
    assert row["verdict"] == "complies"
    assert row["measured_m"] == pytest.approx(1200.0, abs=0.02)
    assert row["straight_m"] == pytest.approx(700.0, abs=0.02)
    # 201 m of doubt over toe, stream and home leave it open; the straight way never settles it.
    doubted = one(
        book,
        ponds(),
        toe(accuracy_m=190.0),
        streams(bend, accuracy_m=6.0),
        homes(Point(700, 0), accuracy_m=5.0),
    )
    assert (doubted["verdict"], doubted["reason"]) == ("undetermined", "accuracy")
    assert doubted["low_m"] == pytest.approx(999.0, abs=0.02)


def test_the_outer_side_of_a_bend_stands_at_the_bend(book: Rulebook) -> None:
    # South 500 m, then east. 15 m off the corner, where no perpendicular falls.
    bend = LineString([(0, 0), (0, -500), (2000, -500)])
    d = 15.0 / np.sqrt(2.0)
    row = one(book, ponds(), toe(), streams(bend), homes(Point(-d, -500 - d)))
    assert row["measured_m"] == pytest.approx(500.0, abs=0.01)
    off = one(book, ponds(), toe(), streams(bend), homes(Point(-15, -515)))
    assert (off["verdict"], off["reason"]) == ("undetermined", "flow_off_path")
    assert off["off_path_m"] == pytest.approx(np.hypot(15, 15), abs=0.01)


def test_every_branch_of_a_bifurcation_is_followed(book: Rulebook) -> None:
    stem = LineString([(0, 0), (0, -300)])
    left = LineString([(0, -300), (-600, -300)])
    right = LineString([(0, -300), (900, -300)])
    both = homes(Point(-500, -300), Point(800, -300))
    found = judged(book, ponds(), toe(), streams(stem, left, right), both)
    assert found["measured_m"].tolist() == pytest.approx([800.0, 1100.0], abs=0.02)
    assert found["verdict"].tolist() == ["advisory_short", "complies"]


def test_a_branch_that_begins_in_the_middle_of_a_line_is_followed(book: Rulebook) -> None:
    branch = LineString([(0, -300), (-600, -300)])
    row = one(book, ponds(), toe(), streams(SOUTH, branch), homes(Point(-400, -300)))
    assert row["measured_m"] == pytest.approx(700.0, abs=0.02)


def test_the_way_goes_on_after_a_confluence(book: Rulebook) -> None:
    own = LineString([(0, 0), (0, -400)])
    other = LineString([(-500, -100), (0, -400)])
    river = LineString([(0, -400), (0, -1500)])
    # One below the confluence, one beside the other stream above it.
    two = homes(Point(0, -900), Point(-400, -160))
    found = judged(book, ponds(), toe(), streams(own, other, river), two)
    assert found["measured_m"].iloc[0] == pytest.approx(900.0, abs=0.02)
    assert found["verdict"].tolist() == ["advisory_short", "undetermined"]
    assert found["reason"].iloc[1] == "flow_off_path"


def test_of_two_ways_round_an_island_the_shorter_counts(book: Rulebook) -> None:
    short = LineString([(0, 0), (0, -600)])
    long = LineString([(0, -100), (-400, -100), (-400, -600), (0, -600)])
    river = LineString([(0, -600), (0, -2000)])
    row = one(book, ponds(), toe(), streams(short, long, river), homes(Point(0, -990)))
    assert row["measured_m"] == pytest.approx(990.0, abs=0.02)


def test_a_loop_is_gone_round_once_and_listed(book: Rulebook) -> None:
    stem = LineString([(0, 0), (0, -100)])
    ring = [(0, -100), (200, -100), (200, -300), (0, -300)]
    sides = [LineString([ring[i], ring[(i + 1) % 4]]) for i in range(4)]
    drawn = streams(stem, *sides)
    row = one(book, ponds(), toe(), drawn, homes(Point(0, -200)))
    # 100 m to the ring, three sides of 200 m and half of the fourth.
    assert row["measured_m"] == pytest.approx(100 + 600 + 100, abs=0.02)
    noted = note_flows([ponds(), toe(), drawn], asked_m=1000.0)
    rows = [p.row for layer in noted for p in layer.problems if p.reason == "problem.loop"]
    assert sorted(rows) == [2, 3, 4, 5]


def test_behind_a_gap_nothing_is_judged_and_the_gap_is_listed(book: Rulebook) -> None:
    upper = LineString([(0, 0), (0, -400)])
    lower = LineString([(0, -430), (0, -2000)])
    drawn = streams(upper, lower)
    found = judged(book, ponds(), toe(), drawn, homes(Point(0, -390), Point(0, -700)))
    assert found["verdict"].tolist() == ["advisory_short", "undetermined"]
    assert found["reason"].iloc[1] == "flow_open"
    noted = note_flows([ponds(), toe(), drawn], asked_m=1000.0)
    gaps = [p.detail for layer in noted for p in layer.problems if p.reason == "problem.gap"]
    assert any("30.0 m" in detail for detail in gaps)


def test_where_the_drainage_ends_the_finding_says_so(book: Rulebook) -> None:
    short = LineString([(0, 0), (0, -400)])
    row = one(book, ponds(), toe(), streams(short), homes(Point(0, -700)))
    assert (row["verdict"], row["reason"]) == ("undetermined", "flow_ends")
    assert row["off_path_m"] == pytest.approx(300.0, abs=0.01)


def test_a_way_through_a_gap_takes_away_the_proof_of_a_longer_one(book: Rulebook) -> None:
    # Surely 1200 m round the bend; through a gap of 30 m it may be 700 m.
    bend = LineString([(0, 0), (0, -250), (700, -250), (700, 0), (700, 600)])
    stub = LineString([(0, 0), (670, 0)])
    row = one(book, ponds(), toe(), streams(bend, stub), homes(Point(700, 0)))
    assert (row["verdict"], row["reason"]) == ("undetermined", "accuracy")
    assert row["low_m"] == pytest.approx(700.0, abs=0.05)


def test_a_home_upstream_is_not_downstream_and_says_so(book: Rulebook) -> None:
    through = LineString([(0, 900), (0, -2000)])
    row = one(book, ponds(), toe(), streams(through), homes(Point(5, 600)))
    assert (row["verdict"], row["reason"]) == ("undetermined", "flow_not_downstream")
    # Without a stream above the dam it lies behind the toe.
    behind = one(book, ponds(), toe(), streams(SOUTH), homes(Point(5, 600)))
    assert behind["reason"] == "flow_not_downstream"


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ([], "flow_no_toe"),
        ([streams(SOUTH)], "flow_no_toe"),
        ([toe()], "flow_no_drainage"),
        ([toe(), streams(LineString([(60, 0), (60, -2000)]))], "flow_no_link"),
        ([toe(pond="none"), streams(SOUTH)], "flow_no_toe"),
    ],
)
def test_what_is_not_held_leaves_the_pair_open_and_is_named(
    book: Rulebook, layers: Sequence[Layer], reason: str
) -> None:
    row = one(book, ponds(), *layers, homes(Point(0, -500)))
    assert (row["verdict"], row["reason"]) == ("undetermined", reason)
    assert row["high_m"] == np.inf


def test_beyond_a_kilometre_in_the_straight_line_complies_without_any_stream(
    book: Rulebook,
) -> None:
    # The outline holds the toe: what is 1001 m from it is farther from the toe.
    assert one(book, ponds(), homes(Point(0, -1001)))["verdict"] == "complies"
    assert one(book, ponds(), homes(Point(0, -999)))["verdict"] == "undetermined"
    # A point inside the pond may lie on either side of the toe: it proves nothing.
    point = paper_layer("tailings_pond", [(Point(0, 100), {})], reference="inside_point")
    assert one(book, point, homes(Point(0, -1001)))["verdict"] == "undetermined"


def test_the_toe_is_looked_for_beyond_the_reach_of_the_point_that_stands_for_the_pond(
    book: Rulebook,
) -> None:
    point = paper_layer("tailings_pond", [(Point(0, 1200), {})], reference="inside_point")
    row = one(book, point, toe(), streams(SOUTH), homes(Point(0, -900)))
    assert row["verdict"] == "advisory_short"


def test_how_far_the_toe_may_lie_from_the_stream_can_be_declared(book: Rulebook) -> None:
    aside = streams(LineString([(60, 0), (60, -2000)]))
    row = one(book, ponds(), toe(join_m=80.0), aside, homes(Point(60, -500)))
    assert row["verdict"] == "advisory_short"
    # 60 m to the stream and 500 m along it at most, 500 m along it at least.
    assert row["measured_m"] == pytest.approx(560.0, abs=0.01)
    assert row["low_m"] == pytest.approx(500.0, abs=0.01)
    # 970 m along and 60 m to the stream: within or beyond, as the flow joins it.
    open_ = one(book, ponds(), toe(join_m=80.0), aside, homes(Point(60, -970)))
    assert (open_["verdict"], open_["reason"]) == ("undetermined", "accuracy")


@pytest.mark.parametrize(("aside", "verdict"), [(19.9, "advisory_short"), (20.1, "undetermined")])
def test_the_half_width_of_the_flow_decides(book: Rulebook, aside: float, verdict: str) -> None:
    row = one(book, ponds(), toe(), streams(SOUTH), homes(Point(aside, -500)))
    assert row["verdict"] == verdict
    assert row["reason"] == ("" if verdict == "advisory_short" else "flow_off_path")


def test_without_a_width_only_what_stands_on_the_line_is_judged(book: Rulebook) -> None:
    bare = paper_layer("drainage", [(SOUTH, {})])
    found = judged(book, ponds(), toe(), bare, homes(box(-5, -510, 5, -500), Point(6, -500)))
    assert found["verdict"].tolist() == ["advisory_short", "undetermined"]
    assert found["reason"].iloc[1] == "flow_no_width"


def test_accuracy_takes_a_home_off_the_flow(book: Rulebook) -> None:
    # 18 m beside a flow of half width 20 m: 3 m of doubt leave it open.
    place = Point(18, -500)
    sure = one(book, ponds(), toe(), streams(SOUTH, accuracy_m=1.0), homes(place, accuracy_m=1.0))
    assert sure["verdict"] == "advisory_short"
    open_ = one(book, ponds(), toe(), streams(SOUTH, accuracy_m=2.0), homes(place, accuracy_m=1.0))
    assert (open_["verdict"], open_["reason"]) == ("undetermined", "accuracy")


def test_accuracy_of_all_three_widens_the_way_on_both_sides(book: Rulebook) -> None:
    layers = (ponds(), toe(accuracy_m=3.0), streams(SOUTH, accuracy_m=2.0))
    row = one(book, *layers, homes(Point(0, -994.5), accuracy_m=1.0))
    assert (row["verdict"], row["reason"]) == ("undetermined", "accuracy")
    assert (row["low_m"], row["high_m"]) == pytest.approx((988.5, 1000.5), abs=0.01)
    assert one(book, *layers, homes(Point(0, -993.5), accuracy_m=1.0))["verdict"] == (
        "advisory_short"
    )


def test_a_village_is_as_near_as_its_first_house_on_the_flow(book: Rulebook) -> None:
    # Nearest to the stream at 1200 m, but the flow meets it at 950 m, 15 m aside.
    village = Polygon([(15, -950), (2, -1200), (60, -1200), (60, -950)])
    row = one(book, ponds(), toe(), streams(SOUTH), homes(village))
    assert row["measured_m"] == pytest.approx(950.0, abs=0.01)
    assert row["off_path_m"] == pytest.approx(2.0, abs=0.01)


def test_grounds_drawn_further_out_never_prove_a_home_on_the_flow(book: Rulebook) -> None:
    grounds = homes(box(-5, -600, 5, -500), reference="site_boundary")
    row = one(book, ponds(), toe(), streams(SOUTH), grounds)
    assert (row["verdict"], row["reason"]) == ("undetermined", "lower_bound")


def test_lines_drawn_upstream_are_turned_by_word_or_by_elevation(book: Rulebook) -> None:
    north = LineString([(0, -2000), (0, 0)])
    for values in (
        {"digitised": "upstream"},
        {"start_elevation_m": 10.0, "end_elevation_m": 60.0},
    ):
        drawn = streams((north, {**WIDE, **values}))
        row = one(book, ponds(), toe(), drawn, homes(Point(0, -800)))
        assert row["measured_m"] == pytest.approx(800.0, abs=0.02)
    # Said to run downstream while its end is higher: nothing is sure.
    torn = {"digitised": "downstream", "start_elevation_m": 10.0, "end_elevation_m": 60.0}
    drawn = streams((north, {**WIDE, **torn}))
    row = one(book, ponds(), toe(), drawn, homes(Point(0, -800)))
    assert (row["verdict"], row["reason"]) == ("undetermined", "flow_open")
    noted = note_flows([toe(), drawn], asked_m=1000.0)
    assert [p.reason for layer in noted for p in layer.problems] == ["problem.direction_conflict"]


def test_lines_that_meet_head_on_are_listed_and_leave_doubt(book: Rulebook) -> None:
    upper = LineString([(0, 0), (0, -400)])
    wrong = LineString([(0, -2000), (0, -400)])
    drawn = streams(upper, wrong)
    row = one(book, ponds(), toe(), drawn, homes(Point(0, -700)))
    assert (row["verdict"], row["reason"]) == ("undetermined", "flow_open")
    noted = note_flows([toe(), drawn], asked_m=1000.0)
    assert "problem.head_on" in {p.reason for layer in noted for p in layer.problems}


def test_lines_that_cross_may_pass_the_flow_on(book: Rulebook) -> None:
    canal = LineString([(-300, -400), (900, -400)])
    row = one(book, ponds(), toe(), streams(SOUTH, canal), homes(Point(400, -400)))
    assert (row["verdict"], row["reason"]) == ("undetermined", "flow_open")


def test_several_toes_of_one_pond_each_begin_a_way(book: Rulebook) -> None:
    rows = [(Point(0, 0), {"pond": "1"}), (Point(800, 0), {"pond": "tailings_ponds/1"})]
    two = paper_layer("dam_toe", rows)
    east = LineString([(800, 0), (800, -2000)])
    found = judged(
        book, ponds(), two, streams(SOUTH, east), homes(Point(0, -500), Point(800, -600))
    )
    assert found["measured_m"].tolist() == pytest.approx([500.0, 600.0], abs=0.02)


def test_toes_drawn_as_point_and_line_are_one_dam(book: Rulebook) -> None:
    rows: list[Row] = [
        (Point(0, 0), {"pond": "1"}),
        (LineString([(790, 0), (810, 0)]), {"pond": "1"}),
    ]
    east = LineString([(800, 0), (800, -2000)])
    two = paper_layer("dam_toe", rows)
    found = judged(
        book, ponds(), two, streams(SOUTH, east), homes(Point(0, -500), Point(800, -600))
    )
    assert found["measured_m"].tolist() == pytest.approx([500.0, 600.0], abs=0.02)


@settings(max_examples=25, deadline=None)
@given(
    turns=st.lists(
        st.tuples(st.integers(-300, 300), st.integers(-300, -20)), min_size=2, max_size=8
    ),
    share=st.floats(0.05, 0.95),
)
def test_no_way_is_shorter_than_the_straight_line(
    flow_book: Rulebook, turns: list[tuple[int, int]], share: float
) -> None:
    xy = np.vstack([[0, 0], np.cumsum(turns, axis=0)])
    line = LineString(xy)
    spot = line.interpolate(share, normalized=True)
    found = judged(flow_book, ponds(), toe(), streams(line), homes(spot))
    if len(found):
        row = found.iloc[0]
        # The foot lies at most the half width of 20 m aside; where the stream comes by twice
        # the first time counts, so the way may be shorter than the home's own place on it.
        assert row["measured_m"] >= row["straight_m"] - 20.0 - 0.01
        assert row["low_m"] <= row["measured_m"] + 0.001 <= row["high_m"] + 0.002
        assert row["measured_m"] <= share * line.length * 1.001 + 0.1
        if row["off_path_m"] > 20.01:
            assert row["verdict"] == "undetermined"


@pytest.fixture(scope="module")
def flow_book(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    path = tmp_path_factory.mktemp("book") / "book.toml"
    path.write_text(RULEBOOK_HEAD + RULE, "utf-8")
    return read_rulebook_files([path])


def test_tiles_follow_the_same_ways(tmp_path: Path) -> None:
    layers = {
        "ponds": Sheet(
            "tailings_pond",
            [(box(x - 50, 0, x + 50, 200), {"id": str(x)}) for x in (0, 3000, 6000)],
            reference="facility_outline",
        ),
        "toes": Sheet(
            "dam_toe",
            [(Point(x, 0), {"pond": str(x)}) for x in (0, 3000, 6000)],
            reference="dam_toe",
        ),
        # One stream passes under all three dams.
        "streams": Sheet(
            "drainage",
            [(LineString([(500 * i, 0) for i in range(19)]), WIDE)],
            reference="centreline",
        ),
        "homes": Sheet(
            "residential_zone",
            [(Point(x, -10), {}) for x in (700, 2500, 3700, 6900, 7400)],
            reference="building_wall",
        ),
    }
    config = Squares([RULE], layers).write(tmp_path / "three")
    found = assert_tiles_agree(config, tmp_path, [1, 2, 3])
    short = found[found["verdict"] == "advisory_short"]
    assert sorted(short["measured_m"]) == pytest.approx([700.0, 700.0, 900.0], abs=0.1)
    assert len(check_project(config)[0].findings) == len(found)


def test_whether_a_pond_stands_above_people(book: Rulebook) -> None:
    def state(*layers: Layer, **said: object) -> tuple[str, str, int]:
        all_layers = [ponds(**said), *layers]
        setbacks = check(*all_layers, rulebook=book)
        units, problems = overheads(
            tier_units(all_layers, as_of=AS_OF),
            layers=all_layers,
            findings=setbacks.findings,
            has_run=bool((setbacks.coverage["status"] == "ran").any()),
        )
        return units["overhead"].iloc[0], units["overhead_note"].iloc[0], len(problems)

    way = (toe(), streams(SOUTH))
    assert state(*way, homes(Point(0, -500))) == ("yes", "", 0)
    assert state(*way, homes(Point(0, -1400))) == ("no", "", 0)
    assert state(homes(Point(0, -500))) == ("undetermined", "flow_no_toe", 0)
    assert state(*way) == ("undetermined", "not_asked", 0)
    assert state(homes(Point(0, -500)), overhead="yes") == ("yes", "declared", 0)
    assert state(*way, homes(Point(0, -500)), overhead="no") == ("undetermined", "conflict", 1)
