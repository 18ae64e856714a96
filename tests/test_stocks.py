from __future__ import annotations

import math
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.classes import alpha_span
from riskmap.grading import HazardGrading, read_gradings
from riskmap.stocks import (
    NOTHING,
    Span,
    Stock,
    Term,
    read_stocks,
    sum_terms,
    terms_table,
    weigh,
    write_term,
)
from riskmap.tables import STOCK_TERMS, check_table
from tests.conftest import AS_OF, register

GRADING = read_gradings(["cn"]).hazards
assert isinstance(GRADING, HazardGrading)
BOOK: HazardGrading = GRADING


def stock(
    substance: str = "",
    cas: str = "",
    *,
    number: int | None = None,
    classes: str = "",
    tonnes: float = 10.0,
    share: float = math.nan,
    same_class: str = "",
) -> Stock:
    codes = tuple(classes.split())
    return Stock(
        "units/T", "stock/1", substance, cas, number, tuple(c for c in codes if c != "NONE"),
        "NONE" in codes, tonnes, share, same_class, "", "",
    )  # fmt: skip


def term(*args: str, **columns: object) -> Term:
    return weigh(stock(*args, **columns), grading=BOOK)  # type: ignore[arg-type]  # typed above


def found(one: Term) -> tuple[str, str, str]:
    return one.state, one.found_by, one.entry


def test_a_substance_is_found_by_cas_then_name_then_number_then_class() -> None:
    assert found(term("whatever it is called", "7664-41-7")) == ("counted", "table_1", "1")
    assert found(term("液氨")) == ("counted", "table_1", "1")
    assert found(term("Ammonia")) == ("counted", "table_1", "1")
    assert found(term("", number=12)) == ("counted", "table_1", "12")
    assert found(term("柴油", classes="W5.4")) == ("counted", "table_2", "W5.4")


def test_a_named_substance_prevails_over_its_class() -> None:
    # Toluene: 500 t by name, though W5.3 has 1 000 t.
    one = term("甲苯", "108-88-3", classes="W5.3", tonnes=250.0)
    assert found(one) == ("counted", "table_1", "64")
    assert one.ratio == Span(Fraction(1, 2), Fraction(1, 2))
    assert one.beta == Span(Fraction(1), Fraction(1))


def test_the_lowest_threshold_of_several_classes_counts() -> None:
    # J5 500 t, W5.3 1 000 t, W8 50 t: 10/50.
    one = term("某物", classes="J5 W5.3 W8")
    assert found(one) == ("counted", "table_2", "W8")
    assert one.ratio.low == Fraction(1, 5)
    # J1 and others of 5, 50: J3 (beta 2) before J2 (beta 1) where both have 50 t.
    assert term("某物", classes="J2 J3").entry == "J3"


def test_beta_comes_from_table_3_then_4_then_1_and_is_a_range_when_not_known() -> None:
    assert term("氯", "7782-50-5", classes="J1 W4").beta.floats == (4.0, 4.0)
    assert term("液化石油气", classes="W2").beta.floats == (1.5, 1.5)
    assert term("氧", classes="none".upper()).beta.floats == (1.0, 1.0)
    one = term("氧")
    assert one.beta.floats == (1.0, 4.0)
    assert one.missing == ("hazard_class",)
    assert one.state == "counted"


def test_a_cas_that_stands_for_several_rows_asks_which() -> None:
    one = term("硝酸铵", "6484-52-2")
    assert (one.state, one.missing) == ("missing", ("substance_number",))
    assert one.ratio == Span(Fraction(0), None)
    assert found(term("硝酸铵", "6484-52-2", number=45)) == ("counted", "table_1", "45")
    assert term("硝酸铵（含可燃物≤0.2％）", "6484-52-2").entry == "44"
    # Hydrochloric acid has the CAS of hydrogen chloride and is not its row.
    assert term("盐酸", "7647-01-0", classes="J5").missing == ("substance_number",)


def test_strength_decides_where_the_row_has_one() -> None:
    assert term("甲醛溶液", "50-00-0", classes="J3").missing == ("share",)
    weak = term("甲醛溶液", "50-00-0", classes="J3", share=0.37)
    assert (weak.found_by, weak.entry) == ("table_2", "J3")
    strong = term("甲醛", "50-00-0", share=0.95)
    assert strong.entry == "8"
    # The row itself is the mixture: it counts whole.
    assert strong.ratio == Span(Fraction(2), Fraction(2))
    assert term("甲醛", "50-00-0", classes="J3", share=0.9).entry == "J3"


def test_cas_and_number_that_differ_are_asked_about() -> None:
    assert term("氨", "7664-41-7", number=12).missing == ("substance_number",)
    assert term("", number=86).missing == ("substance_number",)
    # CAS goes before the name.
    assert term("氯", "7664-41-7").entry == "1"


def test_a_mistyped_cas_is_asked_about_and_not_passed_over() -> None:
    assert term("某物", "7664-41-8", classes="W5.4").missing == ("cas",)
    assert term("氨", "7664-41-8").entry == "1"


def test_what_cannot_be_found_is_missing_and_what_is_in_no_class_is_nothing() -> None:
    assert term("某物").missing == ("hazard_class",)
    assert term("某物", classes="W99").missing == ("hazard_class",)
    assert term("某物", classes="W5.4 W99").missing == ("hazard_class",)
    one = term("水", classes="NONE")
    assert (one.state, one.ratio) == ("unlisted", NOTHING)


def test_a_missing_quantity_bounds_nothing() -> None:
    one = term("氨", tonnes=math.nan)
    assert (one.state, one.missing, one.ratio) == (
        "missing", ("quantity_t",), Span(Fraction(0), None),
    )  # fmt: skip


def test_a_mixture_lies_between_its_share_and_the_whole() -> None:
    # 25 % of 40 t against 10 t: 1 to 4.
    one = term("氨", tonnes=40.0, share=0.25)
    assert (one.ratio, one.missing) == (Span(Fraction(1), Fraction(4)), ("same_class",))
    assert term("氨", tonnes=40.0, share=0.25, same_class="yes").ratio.low == 4
    # Of another class: the whole by that class, here W5.4 with 5 000 t.
    other = term("氨", "7664-41-7", tonnes=40.0, share=0.25, same_class="no", classes="W5.4")
    assert (other.entry, other.ratio.high) == ("W5.4", Fraction(40, 5000))
    assert term("氨", tonnes=40.0, share=25.0).missing == ("share",)
    assert term("氨", tonnes=40.0, share=1.0).ratio == Span(Fraction(4), Fraction(4))


def test_terms_are_written_as_on_paper() -> None:
    assert write_term(term("液化石油气", classes="W2", tonnes=62.0)) == "62/50 × 1.5"
    assert write_term(term("氨", tonnes=40.0, share=0.25)) == "40×(0.25–1)/10 × 2"
    assert write_term(term("氧", tonnes=20.0)) == "20/200 × (1–4)"
    assert write_term(term("某物", tonnes=20.0)) == "20/? × ?"


def test_sums_are_exact() -> None:
    # 0.1 + 0.2 + 0.7 of 1 t: S is 1, which floats miss.
    terms = [term("磷化氢", tonnes=tonnes) for tonnes in (0.1, 0.2, 0.7)]
    assert sum_terms(terms) == (Span(Fraction(1), Fraction(1)), Span(Fraction(20), Fraction(20)))
    s, r = sum_terms([*terms, term("某物")])
    assert (s, r) == (Span(Fraction(1), None), Span(Fraction(20), None))


def test_a_later_row_waits_and_an_older_one_is_superseded() -> None:
    rows = [
        {"unit": "u/1", "substance": "氨", "quantity_t": "10", "date": "2020-01-01"},
        {"unit": "u/1", "substance": "氨", "quantity_t": "30", "date": "2024-01-01"},
        {"unit": "u/1", "substance": "氨", "quantity_t": "90", "date": "2027-01-01"},
        {"unit": "u/1", "substance": "氨", "quantity_t": "5"},
        {"unit": "u/1", "substance": "氯", "quantity_t": "5", "date": "2020-01-01"},
        {"unit": "u/2", "substance": "氨", "quantity_t": "10", "date": "2020-01-01"},
    ]
    terms = read_stocks([register("stock", rows)], grading=BOOK, as_of=AS_OF)
    states = [(one.stock.unit, one.stock.quantity_t, one.state) for one in terms]
    assert states == [
        ("u/1", 10.0, "superseded"),
        ("u/1", 30.0, "counted"),
        ("u/1", 90.0, "later"),
        ("u/1", 5.0, "counted"),
        ("u/1", 5.0, "counted"),
        ("u/2", 10.0, "counted"),
    ]
    early = read_stocks([register("stock", rows)], grading=BOOK, as_of=date(2021, 1, 1))
    assert [one.state for one in early][:3] == ["counted", "later", "later"]
    table = terms_table(terms)
    check_table(table, STOCK_TERMS)
    assert list(table["term"])[1] == "30/10 × 2"
    assert read_stocks([], grading=BOOK, as_of=AS_OF) == ()
    check_table(terms_table(()), STOCK_TERMS)


def test_classes_are_read_from_a_cell_as_people_write_them() -> None:
    row = {"unit": "u", "substance": "某物", "quantity_t": "10", "hazard_class": "j5，W8; w5.3"}
    (one,) = read_stocks([register("stock", [row])], grading=BOOK, as_of=AS_OF)
    assert one.stock.classes == ("J5", "W8", "W5.3")
    assert one.entry == "W8"


@pytest.mark.parametrize("bad", ["", "units/nowhere"])
def test_a_row_without_a_unit_is_listed(bad: str) -> None:
    rows = [{"unit": bad, "substance": "氨", "quantity_t": "10"}]
    (one,) = read_stocks([register("stock", rows)], grading=BOOK, as_of=AS_OF)
    assert one.stock.unit == bad


SUBSTANCES = st.sampled_from(["氨", "氯", "液化石油气", "甲醇", "某物"])
ROWS = st.lists(
    st.tuples(
        SUBSTANCES,
        st.floats(0.0, 1e5) | st.just(math.nan),
        st.sampled_from(["", "W2", "J3 W5.3"]),
        st.sampled_from([math.nan, 0.3, 1.0]),
    ),
    max_size=4,
)


def below(one: Span, other: Span) -> bool:
    higher = other.high is None or (one.high is not None and one.high <= other.high)
    return one.low <= other.low and higher


@given(rows=ROWS, more=st.floats(0.0, 1e5), people=st.floats(0, 300), others=st.floats(0, 300))
def test_more_stock_or_more_people_never_lower_s_or_r(
    rows: list[tuple[str, float, str, float]], more: float, people: float, others: float
) -> None:
    def sums(extra: float) -> tuple[Span, Span]:
        return sum_terms(
            [
                term(name, classes=codes, tonnes=tonnes + extra, share=share)
                for name, tonnes, codes, share in rows
            ]
        )

    less, most = sums(0.0), sums(more)
    assert all(below(one, other) for one, other in zip(less, most, strict=True))
    added = sum_terms([term("氨", tonnes=more)])
    assert below(less[0], less[0].plus(added[0]))
    few = alpha_span(people, people, steps=BOOK.alpha)
    many = alpha_span(people + others, people + others, steps=BOOK.alpha)
    assert below(less[1].times(few), less[1].times(many))
    assert below(few, Span(few.low, many.high))
