"""The firm's own distances: several reports, classes, lines, rebuilt units, neighbours."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely import box

from tests.conftest import AS_OF, check, paper_layer, register

if TYPE_CHECKING:
    import pandas as pd

    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

UNIT = {"id": "u", "kind": "tank_farm", "hazchem": "yes", "owner": "甲"}
REPORT = {
    "unit": "units/u",
    "receptor_class": "general_1",
    "distance_m": "100",
    "line": "unit_edge",
    "report": "安评1号",
    "agency": "乙机构",
    "date": "2024-03-15",
}


def judged(
    book: Rulebook,
    *reports: dict[str, str],
    unit: dict[str, object] | None = None,
    other: Layer | None = None,
    day: date = AS_OF,
    line: str = "unit_edge",
) -> pd.DataFrame:
    """Judge a unit that ends at 0 and a home 80 m east of it, or another receptor."""
    home = paper_layer("residential_zone", [(box(80, 0, 90, 10), {"receptor_class": "general_1"})])
    layers = [
        paper_layer(
            "hazard_source",
            [(box(-50, 0, 0, 50), {**UNIT, **(unit or {})})],
            reference=line,
            layer_id="units",
        ),
        other or home,
    ]
    papers = [register("safety_report", list(reports))] if reports else []
    found = check(*layers, *papers, rulebook=book, as_of=day).findings
    own: pd.DataFrame = found[found["rule"].str.startswith("cn.external.")]
    return own.reset_index(drop=True)


def test_the_report_judges_and_is_cited(cn_book: Rulebook) -> None:
    row = judged(cn_book, REPORT).iloc[0]
    assert (row["verdict"], row["required_m"]) == ("standard_violated", 100.0)
    assert row["short_m"] == pytest.approx(20.0, abs=0.01)
    assert row["evidence"] == "安评1号 · 乙机构 · 2024-03-15"
    assert row["line_from"] == "unit_edge"


def test_a_plot_in_place_of_the_unit_proves_only_that_it_complies(cn_book: Rulebook) -> None:
    row = judged(cn_book, REPORT, line="plant_boundary").iloc[0]
    assert (row["verdict"], row["reason"]) == ("undetermined", "lower_bound")
    near = {**REPORT, "distance_m": "79"}
    assert judged(cn_book, near, line="plant_boundary").iloc[0]["verdict"] == "complies"


def test_a_line_of_the_report_that_is_not_known_settles_nothing(cn_book: Rulebook) -> None:
    row = judged(cn_book, {**REPORT, "line": "大概边缘"}).iloc[0]
    assert (row["verdict"], row["reason"]) == ("undetermined", "line_not_held")


@pytest.mark.parametrize(
    ("first", "second", "day", "required"),
    [
        # The newest counts, whichever is larger; on one date the larger.
        ({"date": "2023-01-01", "distance_m": "200"}, {}, AS_OF, 100.0),
        ({"date": "2024-03-15", "distance_m": "200"}, {}, AS_OF, 200.0),
        ({"date": "2023-01-01", "distance_m": "200"}, {}, date(2023, 12, 31), 200.0),
    ],
)
def test_of_several_reports_the_newest_of_the_day_counts(
    cn_book: Rulebook, first: dict[str, str], second: dict[str, str], day: date, required: float
) -> None:
    found = judged(cn_book, {**REPORT, **first}, {**REPORT, **second}, day=day)
    assert found["required_m"].tolist() == [required]


def test_a_class_that_no_report_gives_is_open(cn_book: Rulebook) -> None:
    row = judged(cn_book, {**REPORT, "receptor_class": "general_2"}).iloc[0]
    assert (row["verdict"], row["reason"]) == ("undetermined", "no_report")


def test_a_receptor_without_a_class_is_asked_for_it(cn_book: Rulebook) -> None:
    home = paper_layer("residential_zone", [(box(80, 0, 90, 10), {})])
    row = judged(cn_book, REPORT, other=home).iloc[0]
    assert (row["verdict"], row["missing"]) == ("undetermined", "receptor_class")


@pytest.mark.parametrize(
    ("rebuilt", "day", "reason"),
    [
        ("2024-03-14", AS_OF, ""),
        ("2024-03-15", AS_OF, ""),
        ("2024-03-16", AS_OF, "report_outdated"),
        # Some day of 2024: it may have been after the report.
        ("2024", AS_OF, "report_outdated"),
        ("2023", AS_OF, ""),
        # Not yet rebuilt on the day.
        ("2025-06-01", date(2025, 5, 31), ""),
        ("2025-06-01", date(2025, 6, 1), "report_outdated"),
    ],
)
def test_a_report_from_before_the_rebuild_does_not_count(
    cn_book: Rulebook, rebuilt: str, day: date, reason: str
) -> None:
    row = judged(cn_book, REPORT, unit={"rebuilt": rebuilt}, day=day).iloc[0]
    assert row["reason"] == reason
    assert row["verdict"] == ("undetermined" if reason else "standard_violated")
    # The report is named all the same.
    assert row["evidence"].startswith("安评1号")


@pytest.mark.parametrize(
    ("values", "verdicts"),
    [
        ({"owner": "丙", "hazchem": "no"}, ["undetermined"]),
        ({"owner": "甲", "hazchem": "no"}, []),
        ({"owner": "丙", "hazchem": "yes"}, []),
    ],
)
def test_neighbouring_firms_are_told_apart_by_owner_and_kind(
    cn_book: Rulebook, values: dict[str, object], verdicts: list[str]
) -> None:
    firm = paper_layer(
        "chemical_plant",
        [(box(80, 0, 200, 100), {"receptor_class": "general_1", **values})],
    )
    # The plot lies outside its buildings: 80 m is a lower bound, below the 100 m asked.
    found = judged(cn_book, REPORT, other=firm)
    assert found["verdict"].tolist() == verdicts


def test_an_approved_project_counts_as_if_it_stood(cn_book: Rulebook) -> None:
    project = paper_layer(
        "approved_project",
        [(box(80, 0, 90, 10), {"receptor_class": "general_1", "document": "批1号"})],
        reference="building_wall",
    )
    found = judged(cn_book, REPORT, other=project)
    assert found["rule"].tolist() == ["cn.external.project"]
    assert found["verdict"].tolist() == ["standard_violated"]
