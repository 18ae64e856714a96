"""The day before, the first day and the last day of every instrument, typed by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from riskmap.rulebook import Rulebook

A_DAY = timedelta(days=1)

# First day in force, and first day no longer.
LIVES = {
    "cn.basic_farmland": (date(1999, 1, 1), None),
    "cn.external_safety_distance": (date(2019, 3, 1), None),
    "cn.fire_law": (date(2021, 4, 29), None),
    "cn.ga838": (date(2009, 12, 1), None),
    "cn.gb36894": (date(2019, 3, 1), None),
    "cn.gb50154": (date(2009, 11, 1), None),
    # No first day in law: the day from which the risk criteria of 2018 that it rests on live.
    "cn.park_control_line": (date(2019, 1, 1), None),
    "cn.risk_2011": (date(2011, 12, 1), date(2014, 5, 7)),
    "cn.risk_2014": (date(2014, 5, 7), date(2019, 3, 1)),
    "cn.fireworks_outlets": (date(2013, 12, 1), None),
    "cn.gb18265_2000": (date(2001, 5, 1), date(2019, 11, 1)),
    "cn.gb50016": (date(2015, 5, 1), None),
    "cn.gb50016_2006": (date(2006, 12, 1), date(2015, 5, 1)),
    "cn.gb50028": (date(2006, 11, 1), None),
    "cn.gb50072_2010": (date(2010, 7, 1), date(2021, 12, 1)),
    "cn.gb50074": (date(2015, 5, 1), None),
    "cn.gb50089": (date(2018, 11, 1), None),
    "cn.gb50156": (date(2021, 10, 1), None),
    "cn.gb50156_2002": (date(2002, 7, 1), date(2013, 3, 1)),
    "cn.gb50156_2012": (date(2013, 3, 1), date(2021, 10, 1)),
    "cn.gb50160": (date(2009, 7, 1), None),
    "cn.gb50161": (date(2022, 12, 1), None),
    "cn.gb50251": (date(2015, 10, 1), None),
    "cn.gb50253": (date(2015, 4, 1), None),
    "cn.gb51142": (date(2016, 8, 1), None),
    "cn.gb51283": (date(2020, 10, 1), None),
    "cn.gb55037": (date(2023, 6, 1), None),
    "cn.gb6722": (date(2015, 7, 1), None),
    "cn.gbt39499": (date(2021, 6, 1), None),
    "cn.hazchem_law": (date(2026, 5, 1), None),
    # The regulation's article 19 ends with the law: its rules, not the instrument.
    "cn.hazchem_regulation": (date(2013, 12, 7), date(2026, 5, 1)),
    "cn.hazchem_pipeline": (date(2012, 3, 1), None),
    "cn.highway_law": (date(2017, 11, 5), None),
    "cn.mine_mhd_2022": (date(2022, 9, 1), None),
    "cn.nature_reserves": (date(1994, 12, 1), None),
    "cn.pipeline_protection": (date(2010, 10, 1), None),
    "cn.power_facilities": (date(2011, 1, 8), None),
    "cn.rail_safety": (date(2014, 1, 1), None),
    "cn.rail_transport_2004": (date(2005, 4, 1), date(2014, 1, 1)),
    "cn.relics_law": (date(2025, 3, 1), None),
    "cn.reservoir_dams": (date(1991, 3, 22), None),
    "cn.road_protection": (date(2011, 7, 1), None),
    "cn.scenic_areas": (date(2006, 12, 1), None),
    "cn.small_quarry": (date(2011, 7, 1), None),
    "cn.taihu": (date(2011, 11, 1), None),
    "cn.tailings_2020": (date(2020, 2, 21), None),
    "cn.water_pollution_law": (date(2018, 1, 1), None),
    "cn.work_safety_law": (date(2021, 9, 1), None),
    "cn.yangtze_law": (date(2021, 3, 1), None),
}


@pytest.mark.parametrize(("instrument", "life"), LIVES.items(), ids=list(LIVES))
def test_a_rule_lives_from_the_first_day_to_the_last(
    instrument: str, life: tuple[date, date | None], cn_book: Rulebook
) -> None:
    first, end = life
    rules = [rule for rule in cn_book.rules if rule.instrument.id == instrument]
    assert rules
    for rule in rules:
        assert not rule.applies_on(first - A_DAY)
        assert rule.applies_on(first)
        if end is None:
            assert rule.applies_on(date(2099, 12, 31))
        else:
            assert rule.applies_on(end - A_DAY)
            assert not rule.applies_on(end)


def test_every_instrument_with_rules_has_its_days(cn_book: Rulebook) -> None:
    assert {rule.instrument.id for rule in cn_book.rules} == set(LIVES)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cn.rail_transport_2004", "cn.rail_safety"),
        ("cn.gb50016_2006", "cn.gb50016"),
        ("cn.gb50156_2002", "cn.gb50156_2012"),
        ("cn.gb50156_2012", "cn.gb50156"),
    ],
)
def test_an_edition_ends_the_day_its_successor_begins(
    old: str, new: str, cn_book: Rulebook
) -> None:
    by_id = {rule.instrument.id: rule.instrument for rule in cn_book.rules}
    assert by_id[new].replaces_id == old
    assert by_id[old].repealed == by_id[new].in_force
