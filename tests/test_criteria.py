"""Criteria of major hidden dangers: what is suspected, what is asked, what is only named."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from shapely import LineString, Point, box

from riskmap.criteria import suspect_units
from riskmap.register import build_hidden_dangers, describe_dangers
from riskmap.rulebook import read_rulebook_files, shipped_files
from riskmap.tiers import tier_units
from tests.conftest import AS_OF, check, paper_layer, register, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from riskmap.articles import Criterion
    from riskmap.quality import Layer
    from riskmap.rulebook import Rulebook

    Book = Callable[..., Rulebook]


def criterion(body: str, *, item: str = "第八条") -> str:
    return f"""
[[criterion]]
id = "test.criterion"
item = "{item}"
title = {{ zh = "试验条目", en = "Test item" }}
{body}
clause = "{item}"
tag = "memory"
confidence = "low"
"""


def suspected(
    layers: Sequence[Layer], book: Rulebook, *, day: date = AS_OF
) -> tuple[list[str], pd.Series]:
    found = suspect_units(
        layers, setbacks=check(*layers, rulebook=book, as_of=day), rulebook=book, as_of=day
    )
    table = found.criteria.set_index("criterion")
    row = table.loc[["test.criterion"]].iloc[0]
    return sorted(found.records["unit"]), row


TOXIC = """
roles = ["pipeline"]
unit_where = { kind = ["hazchem"], toxic_gas = ["yes"] }
outside = ["chemical_plant", "chemical_park"]
"""


def pipes(**values: object) -> Layer:
    """Three pipes: inside a plant, from it across open ground into a park, along the fence."""
    common = {"kind": "hazchem", "toxic_gas": "yes", **values}
    return paper_layer(
        "pipeline",
        [
            (LineString([(10, 10), (90, 10)]), {"id": "inner", "name": "甲管", **common}),
            (LineString([(50, 50), (350, 50)]), {"id": "across", "name": "乙管", **common}),
            # One metre beyond the fence: less than the two metres of accuracy.
            (LineString([(0, 101), (100, 101)]), {"id": "fence", "name": "丙管", **common}),
        ],
        accuracy_m=1.0,
        layer_id="pipes",
    )


def grounds() -> list[Layer]:
    return [
        paper_layer("chemical_plant", [(box(0, 0, 100, 100), {})], accuracy_m=1.0),
        paper_layer("chemical_park", [(box(300, 0, 500, 100), {})], accuracy_m=1.0),
    ]


def test_a_toxic_pipe_outside_plants_and_parks_is_suspected(make_book: Book) -> None:
    found, row = suspected([pipes(), *grounds()], make_book(rule_text(), criterion(TOXIC)))
    assert found == ["pipes/across"]
    assert (row["status"], row["units"], row["suspected"]) == ("ran", 3, 1)


def test_the_suspicion_stands_on_the_open_ground(make_book: Book) -> None:
    book = make_book(rule_text(), criterion(TOXIC))
    layers = [pipes(), *grounds()]
    found = suspect_units(
        layers, setbacks=check(*layers, rulebook=book), rulebook=book, as_of=AS_OF
    ).records
    plant, park = (layer.features.geometry.iloc[0] for layer in grounds())
    spot = found.geometry.iloc[0]
    assert not plant.contains(spot)
    assert not park.contains(spot)
    assert found["unit_name"].tolist() == ["乙管"]


@pytest.mark.parametrize(
    ("values", "open_", "missing"),
    [
        ({"toxic_gas": None}, 3, "toxic_gas"),
        ({"toxic_gas": "no"}, 0, ""),
        ({"kind": "oil_gas"}, 0, ""),
    ],
)
def test_what_is_not_held_is_asked_and_what_is_another_kind_is_not(
    make_book: Book, values: dict[str, object], open_: int, missing: str
) -> None:
    found, row = suspected([pipes(**values), *grounds()], make_book(rule_text(), criterion(TOXIC)))
    assert found == []
    assert (row["open"], row["missing"]) == (open_, missing)


def test_without_plants_or_parks_nothing_is_said(make_book: Book) -> None:
    found, row = suspected([pipes()], make_book(rule_text(), criterion(TOXIC)))
    assert found == []
    assert (row["status"], row["missing"]) == ("no_layer", "chemical_park, chemical_plant")


SLOPE = """
roles = ["non_coal_mine"]
unit_where = { kind = ["open_pit"], slope_height_m = { from = 200.0 }, online_monitoring = ["no"] }
"""


def test_columns_alone_raise_a_suspicion_from_200_m(make_book: Book) -> None:
    pit = {"kind": "open_pit", "online_monitoring": "no"}
    rows: list[dict[str, object]] = [
        {"id": "under", "slope_height_m": 199.9, **pit},
        {"id": "at", "slope_height_m": 200.0, **pit},
        {"id": "over", "slope_height_m": 200.1, **pit},
        {"id": "watched", "slope_height_m": 250.0, **pit, "online_monitoring": "yes"},
        {"id": "below", "slope_height_m": 250.0, **pit, "kind": "underground"},
        {"id": "unmeasured", **pit},
    ]
    mines = paper_layer(
        "non_coal_mine",
        [(box(i * 100, 0, i * 100 + 50, 50), values) for i, values in enumerate(rows)],
        layer_id="mines",
    )
    found, row = suspected([mines], make_book(rule_text(), criterion(SLOPE)))
    assert found == ["mines/at", "mines/over"]
    assert (row["units"], row["open"], row["missing"]) == (3, 1, "slope_height_m")


CONSENT = """
roles = ["hazard_source"]
rules = ["test.one"]
verdicts = ["consent_missing"]
"""


@pytest.mark.parametrize(
    ("nature", "units"), [("consent", ["hazard_sources/1"]), ("ban", []), ("advisory", [])]
)
def test_a_criterion_names_the_verdicts_that_it_is_about(
    make_book: Book, nature: str, units: list[str]
) -> None:
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), {})]),
        paper_layer("residential_zone", [(Point(50, 0), {})]),
    ]
    book = make_book(rule_text(nature=nature), criterion(CONSENT))
    assert suspected(layers, book)[0] == units


def test_rules_that_are_off_leave_a_criterion_unasked(make_book: Book) -> None:
    off = rule_text(extra='on = false\noff_reason = { zh = "停", en = "off" }')
    layers = [paper_layer("hazard_source", [(Point(0, 0), {})])]
    book = make_book(off, criterion(CONSENT))
    assert suspected(layers, book)[1]["status"] == "rules_off"


def test_a_criterion_without_words_is_only_named(make_book: Book) -> None:
    book = make_book(rule_text(), criterion('no_text = { zh = "文字未持有", en = "not held" }'))
    layers = [paper_layer("hazard_source", [(Point(0, 0), {"id": "u"})], layer_id="units")]
    found, row = suspected(layers, book)
    assert (found, row["status"]) == ([], "no_text")
    record = {"id": "r", "unit": "units/u", "content": "内容", "criterion": "test.criterion"}
    layers.append(register("hidden_danger", [record]))
    table = build_hidden_dangers(
        tier_units(layers, as_of=AS_OF),
        layers=layers,
        suspicions=suspect_units(
            layers, setbacks=check(*layers, rulebook=book), rulebook=book, as_of=AS_OF
        ),
        rulebook=book,
        as_of=AS_OF,
    )
    zh = describe_dangers(table, rulebook=book, lang="zh").iloc[0]
    assert (zh["criterion"], zh["content"]) == ("《试验条例》（2020-01-01）第八条", "内容")
    en = describe_dangers(table, rulebook=book, lang="en").iloc[0]
    assert en["criterion"] == "Test regulation (2020-01-01), 第八条"


def test_what_a_rule_suspects_reads_in_both_languages(make_book: Book) -> None:
    book = make_book(rule_text(), criterion(TOXIC))
    layers = [pipes(), *grounds()]
    table = build_hidden_dangers(
        tier_units(layers, as_of=AS_OF),
        layers=layers,
        suspicions=suspect_units(
            layers, setbacks=check(*layers, rulebook=book), rulebook=book, as_of=AS_OF
        ),
        rulebook=book,
        as_of=AS_OF,
    )
    assert table["standing"].tolist() == ["suspected"]
    told = [describe_dangers(table, rulebook=book, lang=lang) for lang in ("zh", "en")]
    assert [one["content"].tolist() for one in told] == [["试验条目"], ["Test item"]]


# What the shipped lists say, typed by hand from the notices' dates.
DATED = [
    # 安监总管三〔2017〕121号 did not exist in July 2017; AQ 3067-2026 takes its place 2026-09-30.
    ("cn.mhd.hazchem.2017.3", date(2017, 7, 3), False),
    ("cn.mhd.hazchem.2017.3", date(2018, 1, 1), True),
    ("cn.mhd.hazchem.2017.3", date(2026, 9, 29), True),
    ("cn.mhd.hazchem.2017.3", date(2026, 9, 30), False),
    ("cn.mhd.aq3067.external", date(2026, 9, 30), True),
    # 矿安〔2022〕88号 from 2022-09-01; 安监总管一〔2017〕98号 until then.
    ("cn.mhd.mine.2017", date(2022, 8, 31), True),
    ("cn.mhd.mine.2017", date(2022, 9, 1), False),
    ("cn.mhd.mine.2022.slope_200", date(2022, 8, 31), False),
    ("cn.mhd.mine.2022.slope_200", date(2022, 9, 1), True),
    ("cn.mhd.mine.2024", date(2023, 12, 31), False),
    ("cn.mhd.industry.2023.rooms", date(2022, 12, 31), False),
]


def shipped(book: Rulebook) -> dict[str, Criterion]:
    return {one.entry.id: one for one in book.criteria}


@pytest.mark.parametrize(("name", "day", "lives"), DATED)
def test_lists_are_dated(name: str, day: date, lives: bool, cn_book: Rulebook) -> None:
    assert shipped(cn_book)[name].applies_on(day) is lives


def test_no_list_of_hazchem_dangers_existed_in_july_2017(cn_book: Rulebook) -> None:
    living = [one.entry.id for one in cn_book.criteria if one.applies_on(date(2017, 7, 3))]
    assert living == []


def test_the_list_of_2017_has_twenty_items_and_words_four(cn_book: Rulebook) -> None:
    items = {f"cn.mhd.hazchem.2017.{number}" for number in range(1, 21)}
    held = {name: one.entry for name, one in shipped(cn_book).items() if name in items}
    assert set(held) == items
    worded = {name for name, entry in held.items() if "文字未持有" not in entry.title.zh}
    assert worded == {f"cn.mhd.hazchem.2017.{number}" for number in (3, 8, 9, 13)}
    asked = {name for name, entry in held.items() if entry.no_text is None}
    assert asked == {"cn.mhd.hazchem.2017.3", "cn.mhd.hazchem.2017.8"}
    assert all(entry.quote is None for entry in held.values())


def test_item_3_is_about_key_units_and_their_external_distance_only(cn_book: Rulebook) -> None:
    entry = shipped(cn_book)["cn.mhd.hazchem.2017.3"].entry
    assert entry.unit_where == {"key_unit": ("yes",)}
    assert all(name.startswith("cn.external.") for name in entry.rules)


SWITCH = """
[instrument]
id = "local.switch"
kind = "local"
title = { zh = "本地", en = "Local" }
edition = "2025"
in_force = 2025-01-01

[[switch]]
rule = "cn.dump.2h"
on = true
reason = { zh = "已核对原文", en = "read" }
by = "李四"
date = 2025-03-01
"""


@pytest.mark.parametrize(
    ("x", "dump", "place", "units"),
    [
        # 2 × 30 m = 60 m; the dump ends at 0.
        (59.9, {}, {}, ["dumps/d"]),
        (60.0, {}, {}, []),
        (60.1, {}, {}, []),
        (59.9, {"designed_measures": "yes"}, {}, []),
        (59.9, {"designed_measures": None}, {}, []),
        (59.9, {}, {"crowded": "no"}, []),
        (59.9, {}, {"crowded": None}, []),
    ],
)
def test_the_dump_rule_sleeps_until_a_person_turns_it_on(
    tmp_path: Path,
    cn_book: Rulebook,
    x: float,
    dump: dict[str, object],
    place: dict[str, object],
    units: list[str],
) -> None:
    values = {"id": "d", "height_m": 30.0, "designed_measures": "no", **dump}
    layers = [
        paper_layer("waste_dump", [(box(-100, 0, 0, 100), values)], layer_id="dumps"),
        paper_layer("sensitive_place", [(Point(x, 50), {"crowded": "yes", **place})]),
    ]
    name = "cn.mhd.mine.2022.dump_2h"
    for path, wanted in ((None, []), (tmp_path / "local.toml", units)):
        book = cn_book
        if path is not None:
            path.write_text(SWITCH, "utf-8")
            book = read_rulebook_files([*shipped_files(), path])
        found = suspect_units(
            layers, setbacks=check(*layers, rulebook=book), rulebook=book, as_of=AS_OF
        )
        row = found.criteria.set_index("criterion").loc[name]
        assert row["status"] == ("ran" if path else "rules_off")
        assert found.records["unit"].tolist() == wanted
