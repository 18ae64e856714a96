"""Tables of explosives and fireworks: shipped empty, filled by a local book, asked by mass.

The numbers of the local book are invented for the test; no standard holds them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shapely import Point

import riskmap
from riskmap.errors import RulebookError
from riskmap.rulebook import read_rulebook_files
from tests.conftest import check, paper_layer

if TYPE_CHECKING:
    import pandas as pd

    from riskmap.rulebook import Rulebook

TODAY = date(2025, 12, 31)
Values = dict[str, object]

EMPTY = (
    "cn.fireworks.external.1_1",
    "cn.fireworks.external.1_3",
    "cn.explosives.external",
    "cn.explosives.buried",
    "cn.explosives.small",
)

LOCAL = """
[instrument]
id = "local.tables"
kind = "local"
title = { zh = "试验填表（数值虚构）", en = "Test tables (invented numbers)" }
edition = "2025"
in_force = 2025-01-01

[[fill]]
rule = "cn.fireworks.external.1_3"
filled_by = "张三"
filled_on = 2025-02-01
source = "虚构"

[[fill.rows]]
hazard = { net_explosive_kg = { upto = 1000 } }
receptor_roles = ["residential_zone"]
distance_m = 70

[[fill.rows]]
hazard = { net_explosive_kg = { above = 1000, upto = 5000 } }
receptor_roles = ["residential_zone"]
distance_m = 110

[[fill.rows]]
hazard = { net_explosive_kg = { upto = 5000 } }
receptor_roles = ["sensitive_place"]
receptor = { kind = ["school"] }
distance_m = 160

[[fill]]
rule = "cn.explosives.external"
filled_by = "张三"
filled_on = 2025-02-01
source = "虚构"

[[fill.rows]]
hazard = { danger_class = ["1.1"], net_explosive_kg = { upto = 2000 } }
distance_m = 300

[[fill.rows]]
hazard = { danger_class = ["1.3", "1.4"], net_explosive_kg = { upto = 2000 } }
distance_m = 90
"""


@pytest.fixture
def filled(tmp_path: Path) -> Rulebook:
    path = tmp_path / "local.toml"
    path.write_text(LOCAL, "utf-8")
    shipped = Path(riskmap.__file__).parent / "rulebooks" / "cn"
    return read_rulebook_files([*sorted(shipped.glob("*.toml")), path])


def fireworks(**values: object) -> Values:
    return {"kind": "fireworks_store", "danger_class": "1.3", **values}


def magazine(**values: object) -> Values:
    return {"kind": "explosives_store", "magazine": "surface", **values}


def rows(
    store: Values, x: float, book: Rulebook, *, role: str = "residential_zone", **values: object
) -> pd.DataFrame:
    layers = [
        paper_layer("hazard_source", [(Point(0, 0), store)], reference="building_wall"),
        paper_layer(role, [(Point(x, 0), values)], reference="building_wall"),
    ]
    found = check(*layers, rulebook=book, as_of=TODAY).findings
    asked = found["rule"].str.startswith(("cn.fireworks.external", "cn.explosives"))
    own: pd.DataFrame = found[asked]
    return own


@pytest.mark.parametrize(
    ("store", "x", "verdict", "required"),
    [
        (fireworks(net_explosive_kg=1000.0), 69.9, "standard_violated", 70.0),
        (fireworks(net_explosive_kg=1000.0), 70.0, "complies", 70.0),
        (fireworks(net_explosive_kg=1000.0), 70.1, "complies", 70.0),
        (fireworks(net_explosive_kg=1000.1), 109.9, "standard_violated", 110.0),
        (fireworks(net_explosive_kg=5000.0), 110.0, "complies", 110.0),
        (magazine(danger_class="1.1", net_explosive_kg=2000.0), 299.9, "standard_violated", 300.0),
        (magazine(danger_class="1.1", net_explosive_kg=2000.0), 300.1, "complies", 300.0),
        (magazine(danger_class="1.3", net_explosive_kg=2000.0), 90.0, "complies", 90.0),
    ],
)
def test_a_filled_table_judges_by_class_and_mass(
    store: Values, x: float, verdict: str, required: float, filled: Rulebook
) -> None:
    found = rows(store, x, filled)
    assert found["verdict"].tolist() == [verdict]
    assert found["required_m"].tolist() == [required]


def test_a_row_is_about_its_own_receptors(filled: Rulebook) -> None:
    school = rows(
        fireworks(net_explosive_kg=900.0), 159.9, filled, role="sensitive_place", kind="school"
    )
    assert school["verdict"].tolist() == ["standard_violated"]
    hospital = rows(
        fireworks(net_explosive_kg=900.0), 100.0, filled, role="sensitive_place", kind="hospital"
    )
    assert hospital["reason"].tolist() == ["beyond_table"]


def test_a_mass_or_class_that_is_not_held_is_asked_for(filled: Rulebook) -> None:
    unweighed = rows(fireworks(), 80.0, filled)
    assert unweighed["missing"].tolist() == ["net_explosive_kg"]
    # The mass may lie beyond the table: then no distance of it is enough.
    far = rows(fireworks(), 110.1, filled)
    assert (far["verdict"].tolist(), far["reason"].tolist()) == (
        ["undetermined"],
        ["attribute_missing"],
    )
    unclassed = rows(magazine(net_explosive_kg=500.0), 100.0, filled)
    assert unclassed["missing"].tolist() == ["danger_class"]
    # The filled rows know two of the six danger classes.
    assert unclassed["verdict"].tolist() == ["undetermined"]
    assert unclassed["required_m"].isna().all()


def test_a_mass_beyond_the_table_is_not_answered(filled: Rulebook) -> None:
    found = rows(fireworks(net_explosive_kg=5000.1), 50.0, filled)
    assert found["reason"].tolist() == ["beyond_table"]


@pytest.mark.parametrize("rule", EMPTY)
def test_the_shipped_tables_are_empty_and_name_who_fills_them(rule: str, cn_book: Rulebook) -> None:
    entry = cn_book.rule(rule).entry
    assert entry.table == ()
    assert entry.form == "unanswered"
    assert entry.no_number is not None
    assert "有资格人员" in entry.no_number.zh
    assert "licensed person" in entry.no_number.en


def test_an_empty_table_answers_nothing(cn_book: Rulebook) -> None:
    store = paper_layer("hazard_source", [(Point(0, 0), fireworks(net_explosive_kg=500.0))])
    home = paper_layer("residential_zone", [(Point(30, 0), {})])
    coverage = check(store, home, rulebook=cn_book).coverage.set_index("rule")["status"]
    assert coverage["cn.fireworks.external.1_3"] == "no_number"
    assert coverage["cn.fireworks.external.1_1"] == "no_rows"


def test_rows_of_one_mass_and_receptor_cannot_ask_twice(tmp_path: Path) -> None:
    both = 'receptor_roles = ["sensitive_place"]\nreceptor = { kind = ["school"] }'
    text = LOCAL.replace(both, 'receptor_roles = ["residential_zone"]')
    path = tmp_path / "local.toml"
    path.write_text(text, "utf-8")
    shipped = Path(riskmap.__file__).parent / "rulebooks" / "cn"
    with pytest.raises(RulebookError, match=r"cn\.fireworks\.external\.1_3"):
        read_rulebook_files([*sorted(shipped.glob("*.toml")), path])
