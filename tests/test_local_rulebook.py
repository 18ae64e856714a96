"""A book of one's own: the example that comes along, and what is refused, by file and key."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shapely import Point

import riskmap
from riskmap.errors import RulebookError
from riskmap.rulebook import read_rulebook_files, shipped_files
from riskmap.starter import write_starter
from tests.conftest import RULEBOOK_HEAD, check, paper_layer, rule_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from riskmap.rulebook import Rulebook

    Book = Callable[..., Rulebook]

EXAMPLE = Path(riskmap.__file__).parent / "templates" / "local_rulebook.toml"


@pytest.fixture(scope="module")
def example() -> Rulebook:
    return read_rulebook_files([*shipped_files(), EXAMPLE])


def test_the_example_amends_in_every_way(example: Rulebook) -> None:
    done = {(one.kind, one.rule) for one in example.amendments}
    assert done == {
        ("displaced", "cn.road.mine.100"),
        ("superseded", "cn.fireworks.outlet.100"),
        ("filled", "cn.gb51142.lpg"),
        ("on", "cn.gb18265.1000"),
        ("stale_signature", "cn.road.mine.50"),
    }
    assert {one.file for one in example.amendments} == {"local_rulebook.toml"}


def test_a_new_project_comes_with_the_example(tmp_path: Path) -> None:
    folder = write_starter(tmp_path / "new", lang="zh")
    assert (folder / EXAMPLE.name).read_bytes() == EXAMPLE.read_bytes()
    assert "local_rulebook.toml" in (folder / "project.toml").read_text("utf-8")


def test_a_tighter_rule_of_the_example_takes_the_pair(example: Rulebook) -> None:
    layers = [
        paper_layer("non_coal_mine", [(Point(0, 0), {"kind": "open_pit"})]),
        paper_layer("road", [(Point(0, 120), {"kind": "national"})]),
    ]
    found = check(*layers, rulebook=example).findings.set_index("rule")["verdict"].to_dict()
    assert found == {"local.road.mine.150": "ban_violated"}


def test_a_superseded_rule_is_silent_only_while_its_successor_lives(example: Rulebook) -> None:
    layers = [
        paper_layer(
            "hazard_source",
            [(Point(0, 0), {"kind": "fireworks_outlet"})],
            reference="building_wall",
        ),
        paper_layer("sensitive_place", [(Point(0, 90), {"kind": "school"})]),
    ]
    by_day = {
        day: check(*layers, rulebook=example, as_of=day).findings.set_index("rule")["verdict"]
        for day in (date(2024, 12, 31), date(2025, 1, 1))
    }
    before, after = (found.to_dict() for found in by_day.values())
    assert before["cn.fireworks.outlet.100"] == "ban_violated"
    assert "cn.fireworks.outlet.100" not in after
    assert after["local.fireworks.outlet.80"] == "complies"


def test_a_filled_table_answers(example: Rulebook, cn_book: Rulebook) -> None:
    assert cn_book.rule("cn.gb51142.lpg").entry.form == "unanswered"
    layers = [
        paper_layer(
            "hazard_source",
            [(Point(0, 0), {"kind": "lpg_station", "volume_m3": 40.0})],
            reference="vessel_shell",
        ),
        paper_layer("building", [(Point(0, 998), {}), (Point(0, 1000), {})]),
    ]
    found = check(*layers, rulebook=example).findings
    rows = found[found["rule"] == "cn.gb51142.lpg"].set_index("target")["verdict"]
    assert rows.to_dict() == {"buildings/1": "standard_violated", "buildings/2": "complies"}


SUCCESSOR = RULEBOOK_HEAD.replace("test.instrument", "test.next").replace(
    "in_force = 2020-01-01", 'in_force = 2022-01-01\nreplaces_id = "test.instrument"'
)


@pytest.mark.parametrize("end", ["", "repealed = 2022-01-02\n"])
def test_an_edition_and_its_successor_do_not_overlap(tmp_path: Path, end: str) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(RULEBOOK_HEAD + end + rule_text(), "utf-8")
    new.write_text(SUCCESSOR + rule_text("test.two"), "utf-8")
    with pytest.raises(RulebookError, match=r"new\.toml: test\.next replaces test\.instrument"):
        read_rulebook_files([old, new])
    old.write_text(RULEBOOK_HEAD + "repealed = 2022-01-01\n" + rule_text(), "utf-8")
    assert len(read_rulebook_files([old, new]).rules) == 2


TWO_ROWS = """table = [
    {{ hazard = {{ quantity_t = {{ upto = 5 }} }}, distance_m = 30 }},
    {{ hazard = {{ quantity_t = {second} }}, distance_m = 40 }},
]"""


def test_rows_of_a_table_do_not_overlap(make_book: Book) -> None:
    make_book(rule_text(distance=TWO_ROWS.format(second="{ above = 5 }")))
    with pytest.raises(RulebookError, match=r"book\.toml: Rows 1 and 2 of .* test\.one"):
        make_book(rule_text(distance=TWO_ROWS.format(second="{ from = 5 }")))


def test_one_instrument_gives_one_answer(make_book: Book) -> None:
    twice = rule_text("test.two", distance="distance_m = 120.0")
    with pytest.raises(RulebookError, match=r"book\.toml: Rules test\.one and test\.two"):
        make_book(rule_text(), twice)
    # The same demand twice is no contradiction, nor is one that has ended before the other began.
    make_book(rule_text(), rule_text("test.two"))
    ended = rule_text(extra="repealed = 2021-01-01")
    later = rule_text("test.two", distance="distance_m = 120.0", extra="in_force = 2021-01-01")
    make_book(ended, later)


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        ("table = [{ hazard = { weight = { upto = 5 } }, distance_m = 1 }]", "weight"),
        ("table = [{ hazard = { quantity_t = ['5'] }, distance_m = 1 }]", "quantity_t"),
        ("table = [{ hazard = { goods_items = ['7'] }, distance_m = 1 }]", "cannot be 7"),
        ("table = [{ hazard = {}, distance_km = 1 }]", "rule.0.table.0.distance_km"),
        ("distance_km = 1.0", "rule.0.distance_km"),
        ('multiple = { column = "quantity_t", times = 2 }\nsearch_m = 9', "quantity_t"),
        ("table = []", "exactly one of"),
    ],
)
def test_unknown_columns_words_and_units_are_refused(
    make_book: Book, distance: str, said: str
) -> None:
    with pytest.raises(RulebookError) as caught:
        make_book(rule_text(distance=distance))
    assert said in str(caught.value)
    assert "book.toml" in str(caught.value)


FILL = """
[[fill]]
rule = "{rule}"
filled_by = "某人"
filled_on = 2025-01-01
source = "第1页"
rows = [{{ hazard = {{ {column} = {{ upto = 5 }} }}, distance_m = 30 }}]
"""


@pytest.mark.parametrize(
    ("rule", "column", "said"),
    [
        ("cn.road.mine.100", "quantity_t", "rule cn.road.mine.100 has no empty table"),
        ("cn.fire.awh.civil", "quantity_t", "rule cn.fire.awh.civil has no empty table"),
        ("cn.gb51142.lpg", "height_m", "fill cn.gb51142.lpg"),
        ("cn.no.such", "quantity_t", "names cn.no.such"),
    ],
)
def test_a_fill_that_cannot_be_done_is_refused(
    tmp_path: Path, rule: str, column: str, said: str
) -> None:
    path = tmp_path / "local.toml"
    path.write_text(RULEBOOK_HEAD + FILL.format(rule=rule, column=column), "utf-8")
    with pytest.raises(RulebookError) as caught:
        read_rulebook_files([*shipped_files(), path])
    assert said in str(caught.value)
    assert "local.toml" in str(caught.value)


def test_a_fill_with_two_answers_is_refused_by_its_own_file(tmp_path: Path) -> None:
    path = tmp_path / "local.toml"
    text = EXAMPLE.read_text("utf-8").replace("{ above = 50 }", "{ from = 50 }")
    path.write_text(text, "utf-8")
    with pytest.raises(RulebookError) as caught:
        read_rulebook_files([*shipped_files(), path])
    assert str(caught.value).startswith("local.toml: Rows 1 and 2 of the table of rule cn.gb51142")


def test_a_switch_and_a_signature_name_a_rule_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "local.toml"
    text = EXAMPLE.read_text("utf-8").replace('rule = "cn.gb18265.1000"', 'rule = "cn.gone"')
    path.write_text(text.replace('rule = "cn.road.mine.50"', 'rule = "cn.gone.too"'), "utf-8")
    with pytest.raises(RulebookError) as caught:
        read_rulebook_files([*shipped_files(), path])
    assert "local.toml names cn.gone," in str(caught.value)
    assert "local.toml names cn.gone.too," in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'reason = { zh = "示例：经某厅批复", en = "example: approved by the province" }',
            "reason",
        ),
        ('clause = "第三条（示例）"', "rule.2.clause"),
        ('by = "某科（示例）"', "switch.0.by"),
        ('source = "示例：印刷本第0页"', "fill.0.source"),
        ('digest = "000000000000"', "signature.0.digest"),
    ],
)
def test_what_a_local_book_leaves_out_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "local.toml"
    text = EXAMPLE.read_text("utf-8")
    assert line in text
    path.write_text(text.replace(line + "\n", ""), "utf-8")
    with pytest.raises(RulebookError) as caught:
        read_rulebook_files([*shipped_files(), path])
    assert said in str(caught.value)
    assert "local.toml" in str(caught.value)


def test_loosening_in_silence_is_refused_by_file(tmp_path: Path) -> None:
    path = tmp_path / "local.toml"
    text = EXAMPLE.read_text("utf-8").replace("distance_m = 150.0", "distance_m = 99.0")
    path.write_text(text, "utf-8")
    with pytest.raises(RulebookError, match=r"local\.toml: .*local\.road\.mine\.150 displaces"):
        read_rulebook_files([*shipped_files(), path])
