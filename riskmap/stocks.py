"""What a unit holds against GB 18218: each substance found, its q/Q and its beta.

A substance is found by its CAS number first, then by its exact name or number in table 1,
then by its hazard classes; a named substance prevails over its class, and of several classes
the lowest threshold counts. What cannot be found makes a sum a lower bound and nothing more.
Sums are exact fractions, so that a step is met where it is met by hand.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import pandas as pd

from riskmap.columns import date_range
from riskmap.evidence import register_rows
from riskmap.grading import fold, is_cas, names_of
from riskmap.tables import STOCK_TERMS, arrange

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import date

    from riskmap.grading import HazardClass, HazardGrading, Substance
    from riskmap.quality import Layer

_BETWEEN = re.compile(r"[,，;；、/\s]+")
_NO_CLASS = frozenset({"NONE", "无"})


@dataclass(frozen=True, slots=True)
class Span:
    """Hold a number between two bounds; the upper one is None where nothing bounds it.

    Parameters
    ----------
    low : fractions.Fraction
        Lower bound.
    high : fractions.Fraction or None
        Upper bound.
    """

    low: Fraction
    high: Fraction | None

    def times(self, other: Span) -> Span:
        """Multiply two spans of numbers of 0 or more.

        Parameters
        ----------
        other : Span
            The other.

        Returns
        -------
        Span
            Their product.
        """
        open_ = self.high is None or other.high is None
        return Span(self.low * other.low, None if open_ else self.high * other.high)  # type: ignore[operator]  # neither is None

    def plus(self, other: Span) -> Span:
        """Add two spans.

        Parameters
        ----------
        other : Span
            The other.

        Returns
        -------
        Span
            Their sum.
        """
        open_ = self.high is None or other.high is None
        return Span(self.low + other.low, None if open_ else self.high + other.high)  # type: ignore[operator]  # neither is None

    @property
    def floats(self) -> tuple[float, float]:
        """Return both bounds for a table: an open one is infinite."""
        return float(self.low), math.inf if self.high is None else float(self.high)


NOTHING = Span(Fraction(0), Fraction(0))
_UNKNOWN = Span(Fraction(0), None)


@dataclass(frozen=True, slots=True)
class Stock:
    """Hold one row of a stock register as it is read.

    Parameters
    ----------
    unit, ref, substance, cas : str
        Unit, reference of the row, name and CAS number as written; empty when missing.
    number : int or None
        Number in table 1.
    classes : tuple of str
        Symbols of table 2.
    is_classless : bool
        Whether the row says that the substance is in no class.
    quantity_t, share : float
        Design maximum [t] and mass fraction of the substance; NaN when missing.
    same_class : str
        Whether the mixture is of the class of the pure substance: yes, no or empty.
    document, date : str
        Where the quantity stands.
    """

    unit: str
    ref: str
    substance: str
    cas: str
    number: int | None
    classes: tuple[str, ...]
    is_classless: bool
    quantity_t: float
    share: float
    same_class: str
    document: str
    date: str


@dataclass(frozen=True, slots=True)
class Term:
    """Hold what one row adds to S and R.

    Parameters
    ----------
    stock : Stock
        The row.
    state : {'counted', 'missing', 'unlisted', 'later', 'superseded'}
        Whether it counts; ``missing`` counts as a lower bound only.
    found_by : str
        ``table_1``, ``table_2`` or empty.
    entry : str
        Number of table 1 or symbol of table 2.
    threshold_t : float
        Q [t], NaN when not found.
    ratio : Span
        q/Q.
    beta : Span
        Correction for the substance.
    missing : tuple of str
        Columns that would settle it.
    """

    stock: Stock
    state: str
    found_by: str
    entry: str
    threshold_t: float
    ratio: Span
    beta: Span
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Finder:
    """Look substances and classes up."""

    by_cas: Mapping[str, tuple[Substance, ...]]
    by_number: Mapping[int, Substance]
    by_name: Mapping[str, Substance]
    classes: Mapping[str, HazardClass]
    gases: Mapping[str, Fraction]
    otherwise: Fraction

    @classmethod
    def prepare(cls, grading: HazardGrading) -> _Finder:
        by_cas: dict[str, tuple[Substance, ...]] = {}
        for row in grading.substance:
            for cas in row.cas:
                by_cas[cas] = (*by_cas.get(cas, ()), row)
        return cls(
            by_cas=by_cas,
            by_number={row.number: row for row in grading.substance},
            by_name={name: row for row in grading.substance for name in names_of(row)},
            classes={row.code: row for row in grading.hazard_class},
            gases={row.cas: exact(row.beta) for row in grading.toxic_gas},
            otherwise=exact(grading.table_4.otherwise),
        )

    def named(self, stock: Stock) -> tuple[Substance | None, tuple[str, ...]]:
        """Find the row of table 1, or say which column keeps it from being found."""
        if stock.same_class == "no":
            return None, ()
        told = self.by_name.get(fold(stock.substance)) if stock.substance else None
        if stock.number is not None:
            told = self.by_number.get(stock.number)
            if told is None:
                return None, ("substance_number",)
        rows = self.by_cas.get(stock.cas, ())
        if not rows:
            bad = bool(stock.cas) and not is_cas(stock.cas) and told is None
            return told, ("cas",) if bad else ()
        if told is not None:
            return (told, ()) if told in rows else _disputed(stock, rows)
        if len(rows) > 1 or rows[0].by_name_only:
            return None, ("substance_number",)
        return _by_strength(rows[0], stock.share)

    def lowest(self, codes: Sequence[str]) -> HazardClass | None:
        """Take the class of the lowest threshold; of equal ones the larger correction."""
        rows = [self.classes[code] for code in codes if code in self.classes]
        return min(rows, key=lambda row: (row.threshold_t, -row.beta), default=None)

    def beta(self, substance: Substance | None, stock: Stock) -> tuple[Span, tuple[str, ...]]:
        """Find the correction for a substance: table 3, then table 4, then 1."""
        for cas in substance.cas if substance is not None else ():
            if cas in self.gases:
                return Span(self.gases[cas], self.gases[cas]), ()
        row = self.lowest(stock.classes)
        if row is not None:
            return Span(exact(row.beta), exact(row.beta)), ()
        if stock.is_classless:
            return Span(self.otherwise, self.otherwise), ()
        all_ = [self.otherwise, *(exact(one.beta) for one in self.classes.values())]
        return Span(min(all_), max(all_)), ("hazard_class",)


def _disputed(stock: Stock, rows: Sequence[Substance]) -> tuple[Substance | None, tuple[str, ...]]:
    # CAS goes before the name; a number that says another row than the CAS is asked about.
    if stock.number is not None or len(rows) > 1 or rows[0].by_name_only:
        return None, ("substance_number",)
    return _by_strength(rows[0], stock.share)


def _by_strength(row: Substance, share: float) -> tuple[Substance | None, tuple[str, ...]]:
    if row.above_share is None:
        return row, ()
    if math.isnan(share):
        return None, ("share",)
    return (row if share > row.above_share else None), ()


def exact(value: float) -> Fraction:
    """Take a number as it is written.

    Parameters
    ----------
    value : float
        Number of a file.

    Returns
    -------
    fractions.Fraction
        The decimal that a person wrote.

    Examples
    --------
    >>> exact(0.3)
    Fraction(3, 10)
    """
    return Fraction(repr(float(value)))


def weigh(stock: Stock, *, grading: HazardGrading) -> Term:
    """Find a substance and say what it adds to S and R.

    Parameters
    ----------
    stock : Stock
        Row of the register.
    grading : HazardGrading
        GB 18218.

    Returns
    -------
    Term
        The term.

    Notes
    -----
    A mixture is counted by its mass fraction, or as a whole where it is of the class of the
    pure substance (4.2.3): both readings bound the term until `same_class` says which.
    """
    return _weigh(stock, _Finder.prepare(grading))


def _weigh(stock: Stock, finder: _Finder) -> Term:
    substance, missing = finder.named(stock)
    if missing:
        return Term(stock, "missing", "", "", math.nan, _UNKNOWN, _UNKNOWN, missing)
    strange = [code for code in stock.classes if code not in finder.classes]
    row = finder.lowest(stock.classes)
    beta, asked = finder.beta(substance, stock)
    if substance is not None:
        found_by, entry, threshold_t = "table_1", str(substance.number), substance.threshold_t
    elif row is not None:
        found_by, entry, threshold_t = "table_2", row.code, row.threshold_t
    elif stock.is_classless and not strange:
        return Term(stock, "unlisted", "", "", math.nan, NOTHING, beta, ())
    else:
        return Term(stock, "missing", "", "", math.nan, _UNKNOWN, _UNKNOWN, ("hazard_class",))
    if strange:
        # A symbol that is not known may stand for a lower threshold, or a larger correction.
        asked = ("hazard_class",)
        if substance is None:
            return Term(stock, "missing", "", "", math.nan, _UNKNOWN, _UNKNOWN, asked)
    whole = substance is not None and substance.above_share is not None
    quantity, wanted = _quantity(stock, is_whole=whole)
    threshold = exact(threshold_t)
    ratio = quantity.times(Span(1 / threshold, 1 / threshold))
    state = "missing" if ratio.high is None else "counted"
    return Term(stock, state, found_by, entry, threshold_t, ratio, beta, (*wanted, *asked))


def _quantity(stock: Stock, *, is_whole: bool) -> tuple[Span, tuple[str, ...]]:
    """Tell how many tonnes count."""
    if math.isnan(stock.quantity_t):
        return _UNKNOWN, ("quantity_t",)
    whole = exact(stock.quantity_t)
    if is_whole or stock.same_class or math.isnan(stock.share) or stock.share == 1.0:
        return Span(whole, whole), ()
    if stock.share > 1.0:
        return Span(Fraction(0), whole), ("share",)
    return Span(whole * exact(stock.share), whole), ("same_class",)


def read_stocks(
    layers: Sequence[Layer], *, grading: HazardGrading, as_of: date
) -> tuple[Term, ...]:
    """Read every stock register.

    Parameters
    ----------
    layers : sequence of Layer
        Layers and registers of the run.
    grading : HazardGrading
        GB 18218.
    as_of : datetime.date
        Assessment date: a later row does not count yet; of one substance in one unit the
        rows of the newest date count, and rows without a date always do.

    Returns
    -------
    tuple of Term
        One a row, sorted by unit and reference.
    """
    table = register_rows(layers, "stock")
    finder = _Finder.prepare(grading)
    stocks = [_read(row) for row in table.to_dict("records")] if len(table) else []
    newest: dict[tuple[str, str, int], date] = {}
    days = {id(stock): date_range(stock.date) for stock in stocks}
    for stock in stocks:
        found = days[id(stock)]
        if found is not None and found[1] <= as_of:
            newest[_same(stock)] = max(newest.get(_same(stock), found[1]), found[1])
    terms = []
    for stock in sorted(stocks, key=lambda one: (one.unit, one.ref)):
        term, found = _weigh(stock, finder), days[id(stock)]
        if found is not None and found[1] > as_of:
            term = _set_aside(term, "later")
        elif found is not None and found[1] < newest[_same(stock)]:
            term = _set_aside(term, "superseded")
        terms.append(term)
    return tuple(terms)


def _same(stock: Stock) -> tuple[str, str, int]:
    # Rows of table 1 may share a CAS number: the row's number keeps them apart.
    return stock.unit, stock.cas or fold(stock.substance), stock.number or 0


def _set_aside(term: Term, state: str) -> Term:
    return Term(
        term.stock, state, term.found_by, term.entry, term.threshold_t, NOTHING, term.beta, ()
    )


def _read(row: Mapping[Hashable, object]) -> Stock:
    def word(name: str) -> str:
        value = row.get(name)
        return value.strip() if isinstance(value, str) else ""

    def number(name: str) -> float:
        value = row.get(name)
        return float(value) if isinstance(value, (int, float)) else math.nan

    written = [code.upper() for code in _BETWEEN.split(word("hazard_class")) if code]
    table_number = number("substance_number")
    return Stock(
        unit=word("unit"),
        ref=word("ref"),
        substance=word("substance"),
        cas=word("cas"),
        number=None if math.isnan(table_number) else int(table_number),
        classes=tuple(code for code in written if code not in _NO_CLASS),
        is_classless=any(code in _NO_CLASS for code in written),
        quantity_t=number("quantity_t"),
        share=number("share"),
        same_class=word("same_class"),
        document=word("document"),
        date=word("date"),
    )


def sum_terms(terms: Sequence[Term]) -> tuple[Span, Span]:
    """Add up the terms of one unit.

    Parameters
    ----------
    terms : sequence of Term
        Its terms.

    Returns
    -------
    tuple of Span
        S, and the sum of beta q/Q (R without alpha).
    """
    s, weighted = NOTHING, NOTHING
    for term in terms:
        s = s.plus(term.ratio)
        weighted = weighted.plus(term.ratio.times(term.beta))
    return s, weighted


def write_term(term: Term) -> str:
    """Write a term as a person would on paper.

    Parameters
    ----------
    term : Term
        The term.

    Returns
    -------
    str
        Such as ``62/50 × 1.5``; a question mark stands for what is not known.

    Examples
    --------
    >>> from riskmap.grading import read_gradings
    >>> stock = Stock("u", "r", "氨", "", None, (), False, 50.0, float("nan"), "", "", "")
    >>> write_term(weigh(stock, grading=read_gradings(["cn"]).hazards))
    '50/10 × 2'
    """
    stock = term.stock
    quantity = _written(stock.quantity_t)
    if term.ratio.low != term.ratio.high and term.ratio.high is not None and stock.share <= 1.0:
        quantity = f"{quantity}×({stock.share:g}–1)"
    low, high = term.beta.floats
    beta = "?" if math.isinf(high) else f"{low:g}" if low == high else f"({low:g}–{high:g})"
    return f"{quantity}/{_written(term.threshold_t)} × {beta}"


def _written(value: float) -> str:
    return "?" if math.isnan(value) else f"{value:.10g}"


def terms_table(terms: Sequence[Term]) -> pd.DataFrame:
    """Write terms as a table.

    Parameters
    ----------
    terms : sequence of Term
        Terms of every unit.

    Returns
    -------
    pandas.DataFrame
        STOCK_TERMS.
    """
    rows = []
    for number, term in enumerate(terms, start=1):
        ratio, beta = term.ratio.floats, term.beta.floats
        rows.append(
            {
                "number": number,
                "unit": term.stock.unit,
                "entry_ref": term.stock.ref,
                "substance": term.stock.substance,
                "cas": term.stock.cas,
                "hazard_class": ", ".join(term.stock.classes),
                "quantity_t": term.stock.quantity_t,
                "share": term.stock.share,
                "found_by": term.found_by,
                "entry": term.entry,
                "threshold_t": term.threshold_t,
                "ratio_low": ratio[0],
                "ratio_high": ratio[1],
                "beta_low": beta[0],
                "beta_high": beta[1],
                "term": write_term(term),
                "term_state": term.state,
                "missing": ", ".join(term.missing),
                "document": term.stock.document,
                "date": term.stock.date,
            }
        )
    return pd.DataFrame(arrange(pd.DataFrame(rows), STOCK_TERMS))
