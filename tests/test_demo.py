"""The shipped cases from files to folder: what they must say, worked out beside the data."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import html5lib
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

from riskmap.config import load_config
from riskmap.defaults import case_folder, case_names
from riskmap.pipeline import assess
from riskmap.report import list_maps, write_report
from riskmap.tables import (
    CLASSES,
    COVERAGE,
    FINDINGS,
    GRADES,
    HIDDEN_DANGERS,
    PAIRS,
    STOCK_TERMS,
    SURVEY,
    UNITS,
    check_table,
)
from riskmap.verdict import VERDICTS

if TYPE_CHECKING:
    from pathlib import Path

    from riskmap.assessment import Assessment

CASES = ("liechtenstein", "liyang", "tampa")


@pytest.fixture(scope="module")
def assessments() -> dict[str, Assessment]:
    """Assess each case once."""
    return {case: assess(load_config(case_folder(case))) for case in CASES}


@pytest.fixture(scope="module")
def outputs(
    assessments: dict[str, Assessment], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Write two folders, one in each language."""
    base = tmp_path_factory.mktemp("outputs")
    return {
        "liyang": write_report(assessments["liyang"], out=base / "liyang", lang="zh"),
        "tampa": write_report(assessments["tampa"], out=base / "tampa", lang="en"),
    }


def test_the_cases_are_three() -> None:
    assert case_names() == CASES


@pytest.mark.parametrize("case", CASES)
def test_counts_close_and_tables_keep_their_contracts(
    assessments: dict[str, Assessment], case: str
) -> None:
    assessment = assessments[case]
    assert all(layer.counts.closes for layer in assessment.layers)
    for table, schema in (
        (assessment.findings, FINDINGS),
        (assessment.pairs, PAIRS),
        (assessment.coverage, COVERAGE),
        (assessment.units, UNITS),
        (assessment.survey, SURVEY),
        (assessment.hidden_dangers, HIDDEN_DANGERS),
        (assessment.graded.grades, GRADES),
        (assessment.graded.terms, STOCK_TERMS),
        (assessment.graded.classes, CLASSES),
    ):
        check_table(table, schema)
    assert set(assessment.findings["verdict"]) <= set(VERDICTS)
    assert len(assessment.coverage) == len(assessment.rulebook.rules)


@pytest.mark.parametrize("case", CASES)
def test_zones_are_disjoint_and_add_up(assessments: dict[str, Assessment], case: str) -> None:
    assessment = assessments[case]
    area = gpd.GeoSeries([assessment.study_area], crs="EPSG:3395").to_crs(assessment.plane.crs)
    total = assessment.zones["area_m2"].sum()
    assert total == pytest.approx(float(area.area.iloc[0]), rel=1e-9)
    shapes = np.asarray(assessment.zones.geometry.array)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(total, rel=1e-9)


def test_liyang_lies_where_it_is_and_has_its_size(assessments: dict[str, Assessment]) -> None:
    area = gpd.GeoSeries([assessments["liyang"].study_area], crs="EPSG:3395").to_crs("EPSG:4326")
    # Bounds of the same boundary, shifted back by another program; the county's official area
    # is about 1 535 km2, taken here on the ellipsoid.
    assert list(area.total_bounds) == pytest.approx(
        [119.13516, 31.15456, 119.61113, 31.68605], abs=3e-5
    )
    area_m2, _ = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(area.iloc[0])
    assert abs(area_m2) / 1e6 == pytest.approx(1535.0, abs=0.5)


def test_every_invented_row_says_so() -> None:
    config = load_config(case_folder("liyang"))
    for spec in config.catalog.layer:
        if not spec.illustrative or not spec.file.endswith(".parquet"):
            continue
        frame = gpd.read_parquet(config.folder / spec.file)
        assert set(frame["note"]) == {"示例数据，非真实"}, spec.id
        assert frame["name"].str.startswith("示例").all(), spec.id


def test_every_rule_of_verdicts_is_met_somewhere(assessments: dict[str, Assessment]) -> None:
    found = set(assessments["liyang"].findings["verdict"])
    assert found >= set(VERDICTS) - {"advisory_short"}
    standings = assessments["liyang"].hidden_dangers["standing"].value_counts()
    assert standings.to_dict() == {"judged": 3, "closed": 1, "suspected": 7}
    assert set(assessments["liyang"].hidden_dangers["origin"]) == {"record", "rule"}


def test_the_three_villages_below_the_tailings_pond(assessments: dict[str, Assessment]) -> None:
    # As layers/liyang/README.md tells them: on the way, round the bend, and off the way.
    assessment = assessments["liyang"]
    found = assessment.findings[assessment.findings["rule"] == "cn.tail.1000"]
    told = found.set_index("target")[["verdict", "reason"]].apply(tuple, axis=1).to_dict()
    assert told == {
        "homes/V73": ("advisory_short", ""),
        "homes/V74": ("complies", ""),
        "homes/V75": ("undetermined", "flow_off_path"),
    }
    bend = found[found["target"] == "homes/V74"].iloc[0]
    assert bend["straight_m"] < 1000.0 < bend["low_m"]
    units = assessment.units
    assert units.loc[units["role"] == "tailings_pond", "overhead"].tolist() == ["yes"]


def test_the_27_bad_coordinates_of_florida_are_all_listed(
    assessments: dict[str, Assessment],
) -> None:
    # Counted in the agency's file by hand: 26 longitudes without their sign, one latitude of
    # 17.31. Nine of the 26 lie in the study box once the sign is back.
    table = pd.read_csv(case_folder("tampa") / "epa_rmp_florida_2024.csv")
    assert len(table) == 709
    assert (table["Longitude"] > 0).sum() == 26
    assessment = assessments["tampa"]
    problems = assessment.problems[assessment.problems["layer"] == "rmp_facilities"]
    outcomes = problems["outcome"].value_counts()
    assert outcomes.to_dict() == {"repaired": 26, "rejected": 1}
    layer = next(one for one in assessment.layers if one.spec.id == "rmp_facilities")
    assert layer.counts.rows_in == 709
    assert layer.counts.rejected == 1
    restored = layer.features[layer.features["repaired"]]
    inside = shapely.intersects(assessment.study_area, np.asarray(restored.geometry.array))
    assert inside.sum() == 9


def test_liyang_grades_agree_but_for_one(assessments: dict[str, Assessment]) -> None:
    graded = assessments["liyang"].graded
    found = graded.grades.set_index("unit")
    standings = found["grade_standing"].value_counts().to_dict()
    assert standings == {
        "agrees": 18,
        "not_major": 2,
        "undecided": 2,
        "conflict": 1,
        "open": 1,
        "computed": 1,
    }
    # U28: (620/500 x 1 + 60/10 x 2) x 0.5, nobody within 500 m: grade 4, declared 2.
    assert (found["r_low"]["units/U28"], found["r_high"]["units/U28"]) == (6.62, 6.62)
    assert found["grade_standing"]["units/U28"] == "conflict"
    # U32: 46 residents, and 60 people in a care home who may be.
    assert (found["persons_low"]["units/U32"], found["persons_high"]["units/U32"]) == (46.0, 106.0)
    assert found["missing"]["units/U32"] == "residents"
    assert found["missing"]["units/U15"] == "quantity_t"
    sources = next(one for one in assessments["liyang"].layers if one.spec.id == "units")
    filled = sources.features.set_index("ref")["major_hazard_grade"]
    assert filled["units/U24"] == 4.0
    assert not graded.classes["conflict"].any()


def test_the_other_cases_are_graded_by_no_chinese_standard(
    assessments: dict[str, Assessment],
) -> None:
    for case in ("liechtenstein", "tampa"):
        assert assessments[case].graded.grades.empty
        assert assessments[case].graded.classes.empty


def test_screening_is_called_screening(assessments: dict[str, Assessment]) -> None:
    for case in ("liechtenstein", "tampa"):
        rules = assessments[case].rulebook.rules
        assert {rule.instrument.kind for rule in rules} == {"screening"}
        assert all("not law" in rule.instrument.title.en for rule in rules)


def test_open_street_map_is_named_where_it_was_used(assessments: dict[str, Assessment]) -> None:
    sources = [source.en for source, _, _ in assessments["liechtenstein"].attributions]
    assert any("OpenStreetMap contributors" in source for source in sources)


def test_other_dates_give_other_answers() -> None:
    findings = {}
    for day in (date(2012, 1, 1), date(2015, 12, 31), date(2025, 12, 31), date(2026, 11, 1)):
        run = assess(load_config(case_folder("liyang"), as_of=day))
        findings[day.year] = set(run.findings["rule"]), set(run.hidden_dangers["origin"])
    assert "cn.rail.mine.1000" not in findings[2012][0]
    assert "cn.rail.mine.1000" in findings[2015][0]
    assert "cn.haz.art19" in findings[2025][0]
    assert "cn.haz.art19" not in findings[2026][0]
    # The criterion of 2017 ends on 2026-09-30: from then on a rule suspects nothing.
    assert "rule" in findings[2025][1]
    assert "rule" not in findings[2026][1]


def test_the_manifest_tells_everything(outputs: dict[str, Path]) -> None:
    manifest = json.loads((outputs["liyang"] / "manifest.json").read_text("utf-8"))
    for entry in manifest["inputs"]:
        assert re.fullmatch(r"[0-9a-f]{64}", entry["sha256"])
        parts = entry["used"] + entry["repaired"] + entry["rejected"] + entry["outside"]
        assert entry["rows_in"] == parts
    assert manifest["assessment_date"] == "2025-12-31"
    assert manifest["sheet_plane"] == "EPSG:4549"
    assert set(manifest["versions"]) >= {"riskmap", "python", "geopandas", "shapely", "pyproj"}
    listed = set(manifest["outputs"])
    there = {
        path.relative_to(outputs["liyang"]).as_posix()
        for path in outputs["liyang"].rglob("*")
        if path.is_file()
    }
    assert there == listed | {"manifest.json"}


def test_the_same_run_writes_the_same_bytes(
    assessments: dict[str, Assessment], outputs: dict[str, Path], tmp_path: Path
) -> None:
    again = write_report(
        assess(load_config(case_folder("tampa"))), out=tmp_path / "tampa", lang="en"
    )
    first = json.loads((outputs["tampa"] / "manifest.json").read_text("utf-8"))
    second = json.loads((again / "manifest.json").read_text("utf-8"))
    different = [
        name for name in first["outputs"] if first["outputs"][name] != second["outputs"][name]
    ]
    assert different == []
    assert assessments["tampa"].rulebook.digest == second["rulebook_digest"]


def test_csv_opens_in_a_spreadsheet(
    outputs: dict[str, Path], assessments: dict[str, Assessment]
) -> None:
    path = outputs["liyang"] / "tables" / "findings.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(assessments["liyang"].findings)
    assert rows[0]["判定"] == "不满足（禁止性规定）"


def test_the_workbook_holds_numbers_as_numbers(
    outputs: dict[str, Path], assessments: dict[str, Assessment]
) -> None:
    book = openpyxl.load_workbook(outputs["liyang"] / "tables" / "riskmap.xlsx")
    assert book.sheetnames[:2] == ["安全距离核查", "周边安全距离普查表"]
    sheet = book["安全距离核查"]
    headings = [cell.value for cell in sheet[1]]
    column = headings.index("要求距离（m）")
    assert isinstance(sheet[2][column].value, (int, float))
    assert sheet.max_row == len(assessments["liyang"].findings) + 1
    assert sheet.freeze_panes == "C2"
    survey = book["周边安全距离普查表"]
    assert survey.max_row == len(assessments["liyang"].survey) + 1


def test_geopackage_and_geoparquet_open_elsewhere(
    outputs: dict[str, Path], assessments: dict[str, Assessment]
) -> None:
    folder = outputs["liyang"] / "tables"
    names = {name for name, _ in pyogrio.list_layers(folder / "riskmap.gpkg")}
    results = {"findings", "units", "zones", "required_distances", "hidden_dangers"}
    assert names == {*results, "line_protection"}
    zones = gpd.read_file(folder / "riskmap.gpkg", layer="zones")
    assert zones.crs.to_epsg() == 4326
    findings = gpd.read_parquet(folder / "findings.parquet")
    assert len(findings) == len(assessments["liyang"].findings)
    assert findings.crs.to_epsg() == 4326


def test_every_page_is_valid_html(outputs: dict[str, Path]) -> None:
    for folder in outputs.values():
        for path in folder.rglob("*.html"):
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(path.read_text("utf-8"))
            assert parser.errors == [], path.name


def test_pages_load_nothing_from_a_network(outputs: dict[str, Path]) -> None:
    loading = re.compile(r"""<(?:script|link|img|iframe|source)[^>]*(?:https?:)?//[^>]*>""")
    for folder in outputs.values():
        for path in folder.rglob("*.html"):
            page = path.read_text("utf-8")
            assert not loading.search(page), path.name
            assert "default-src 'none'" in page


def test_pages_stay_within_their_size(outputs: dict[str, Path]) -> None:
    for path in outputs["liyang"].rglob("*.html"):
        assert path.stat().st_size < 2_000_000, path.name


def test_two_units_never_share_the_name_of_a_file(assessments: dict[str, Assessment]) -> None:
    assessment = assessments["liyang"]
    refs = [
        "parks/江苏中关村科技产业园化工东区",
        "parks/江苏中关村科技产业园化工西区",
        "parks/A_1",
        "parks/a.1",
        "parks/a1",
        "parks/A1",
    ]
    units = assessment.units.iloc[: len(refs)].assign(
        ref=refs, role="chemical_park", scale="city", unit=refs, park=refs
    )
    stems = [job.stem for job in list_maps(replace(assessment, units=units), all_units=True)]
    assert len(stems) == 3 + 2 * len(refs)
    assert len({stem.lower() for stem in stems}) == len(stems)
    assert all(stem.isascii() for stem in stems)


def test_coverage_counts_what_the_findings_hold(assessments: dict[str, Assessment]) -> None:
    for assessment in assessments.values():
        listed = assessment.findings["rule"].value_counts()
        pairs = assessment.coverage.set_index("rule")["pairs"]
        assert pairs[pairs > 0].to_dict() == listed.to_dict()
