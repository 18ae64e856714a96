"""What cannot stand together in the rulebooks of one run, each with its complaint.

One file is refused by its own shapes (`clauses`); here is what only shows between rules:
names that lead nowhere, dates that overlap, tables with two answers, a local rule that
loosens a shipped one without saying so.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from riskmap.clauses import Range, TableRow
from riskmap.errors import Complaint, complain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from riskmap.articles import Criterion, Rule
    from riskmap.clauses import Instrument, LimitRow, RuleEntry, Where

# From the strictest to the mildest.
_STRICTNESS = ("ban", "standard", "consent", "advisory", "inventory")


def find_contradictions(
    rules: Sequence[Rule], *, criteria: Sequence[Criterion], instruments: Sequence[Instrument]
) -> list[Complaint]:
    """List everything that cannot stand together.

    Parameters
    ----------
    rules : sequence of Rule
        Rules of every file.
    criteria : sequence of Criterion
        Criteria of every file.
    instruments : sequence of Instrument
        Instruments of every file.

    Returns
    -------
    list of Complaint
        One for each fault, in a fixed order.
    """
    files = {rule.instrument.id: rule.file for rule in rules}
    return [
        *_names(rules, criteria, instruments),
        *_dates(rules, criteria, files),
        *_editions(instruments, files),
        *_tables(rules),
        *_double_answers(rules),
        *_loosening(rules),
        *_narrower(rules),
    ]


def _names(
    rules: Sequence[Rule], criteria: Sequence[Criterion], instruments: Sequence[Instrument]
) -> Iterator[Complaint]:
    ids = [rule.id for rule in rules] + [criterion.entry.id for criterion in criteria]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        files = sorted({rule.file for rule in rules if rule.id == name})
        yield complain("error.rule_twice", {"id": name, "file": ", ".join(files)})
    books = [instrument.id for instrument in instruments]
    for name in sorted({name for name in books if books.count(name) > 1}):
        yield complain("error.instrument_twice", {"id": name})
    named = [(rule.id, name) for rule in rules for name in rule.entry.displaces]
    named += [(rule.id, rule.entry.supersedes) for rule in rules if rule.entry.supersedes]
    named += [(one.entry.id, name) for one in criteria for name in one.entry.rules]
    known = {rule.id for rule in rules}
    for owner, name in named:
        if name not in known:
            yield complain("error.rule_unknown", {"id": owner, "named": name})
        elif name == owner:
            yield complain("error.rule_itself", {"id": owner})


def _dates(
    rules: Sequence[Rule], criteria: Sequence[Criterion], files: Mapping[str, str]
) -> Iterator[Complaint]:
    cited: list[Rule | Criterion] = [*rules, *criteria]
    for one in cited:
        entry, instrument, first = one.entry, one.instrument, one.in_force
        values: dict[str, object] = {"id": entry.id, "file": _file(instrument, files)}
        if entry.repealed is not None and entry.repealed <= first:
            yield complain("error.rule_dates", values)
        outlives = instrument.repealed is not None and first >= instrument.repealed
        if first < instrument.in_force or outlives:
            yield complain("error.rule_outside_instrument", values)


def _file(instrument: Instrument, files: Mapping[str, str]) -> str:
    """Name the file of an instrument; one without rules is named by its id."""
    return files.get(instrument.id, instrument.id)


def _editions(instruments: Sequence[Instrument], files: Mapping[str, str]) -> Iterator[Complaint]:
    """Refuse an instrument that is in force together with the one it replaces."""
    by_id = {instrument.id: instrument for instrument in instruments}
    for instrument in instruments:
        if instrument.replaces_id is None:
            continue
        older = by_id.get(instrument.replaces_id)
        values: dict[str, object] = {"id": instrument.id, "named": instrument.replaces_id}
        values["file"] = _file(instrument, files)
        if older is None:
            yield complain("error.rule_unknown", values)
        elif older.repealed is None or older.repealed > instrument.in_force:
            yield complain("error.editions_overlap", values)


def _tables(rules: Sequence[Rule]) -> Iterator[Complaint]:
    for rule in rules:
        for first, second in overlapping_rows(rule.entry):
            values: dict[str, object] = {"id": rule.id, "first": first, "second": second}
            yield complain("error.table_overlap", {**values, "file": rule.file})


def overlapping_rows(entry: RuleEntry) -> list[tuple[int, int]]:
    """List the rows of a rule's table that can answer the same pair.

    Parameters
    ----------
    entry : RuleEntry
        The rule.

    Returns
    -------
    list of (int, int)
        Numbers of both rows, the first being 1.
    """
    held: tuple[TableRow | LimitRow, ...] = (*(entry.table or ()), *(entry.limits or ()))
    rows = combinations(enumerate(held, start=1), 2)
    return [(first, second) for (first, one), (second, other) in rows if rows_overlap(one, other)]


def rows_overlap(one: TableRow | LimitRow, other: TableRow | LimitRow) -> bool:
    """Tell whether two rows of a table can answer the same pair.

    Parameters
    ----------
    one, other : TableRow or LimitRow
        Rows of one table.

    Returns
    -------
    bool
        False when some column that both ask about keeps them apart.
    """
    if isinstance(one, TableRow) and isinstance(other, TableRow):
        roles = set(one.receptor_roles), set(other.receptor_roles)
        if _apart(one.hazard, other.hazard) or (all(roles) and not roles[0] & roles[1]):
            return False
    return not _apart(one.receptor, other.receptor)


def _apart(one: Where, other: Where) -> bool:
    return any(_disjoint(one[column], other[column]) for column in one.keys() & other.keys())


def _disjoint(one: tuple[str, ...] | Range, other: tuple[str, ...] | Range) -> bool:
    if isinstance(one, Range) and isinstance(other, Range):
        return _ends_before(one, other) or _ends_before(other, one)
    return not set(one) & set(other)


def _ends_before(one: Range, other: Range) -> bool:
    """Tell whether every number of one range is smaller than every number of another."""
    tops = [(one.upto, True), (one.below, False)]
    bottoms = [(other.since, True), (other.above, False)]
    return any(
        top < bottom or (top == bottom and not (top_in and bottom_in))
        for top, top_in in tops
        for bottom, bottom_in in bottoms
        if top is not None and bottom is not None
    )


def _double_answers(rules: Sequence[Rule]) -> Iterator[Complaint]:
    """Refuse two rules of one instrument that answer one question differently at a time."""
    asked: dict[str, list[Rule]] = {}
    for rule in rules:
        entry = rule.entry
        if entry.form in {"unanswered", "list"} or not entry.on:
            continue
        question = (rule.instrument.id, entry.nature, entry.hazard, entry.receptor, entry.binds)
        lines = (entry.measure_from, entry.measure_to, entry.scope, entry.exclude_same_owner)
        asked.setdefault(repr((question, lines)), []).append(rule)
    for same in asked.values():
        for one, other in combinations(same, 2):
            if _settled(one, other) or not _live_together(one, other):
                continue
            if _demand(one.entry) != _demand(other.entry):
                values: dict[str, object] = {"id": one.id, "named": other.id, "file": one.file}
                yield complain("error.rule_contradiction", values)


def _settled(one: Rule, other: Rule) -> bool:
    """Tell whether one of two rules says that it takes the other's place."""
    first, second = one.entry, other.entry
    return second.id in (*first.displaces, first.supersedes) or first.id in (
        *second.displaces,
        second.supersedes,
    )


def _live_together(one: Rule, other: Rule) -> bool:
    return (one.repealed is None or other.in_force < one.repealed) and (
        other.repealed is None or one.in_force < other.repealed
    )


def _demand(entry: RuleEntry) -> tuple[object, ...]:
    stated = (entry.distance_m, entry.distance_from, entry.table, entry.multiple, entry.limits)
    return (entry.form, *stated)


def _loosening(rules: Sequence[Rule]) -> Iterator[Complaint]:
    """Refuse a local rule that takes the place of a stricter shipped one in silence."""
    by_id = {rule.id: rule for rule in rules}
    for rule in rules:
        if rule.is_shipped:
            continue
        for name in rule.entry.displaces:
            shipped = by_id.get(name)
            if shipped is not None and shipped.is_shipped and loosens(rule, shipped):
                values: dict[str, object] = {"id": rule.id, "named": name, "file": rule.file}
                yield complain("error.rule_loosens", values)


def _narrower(rules: Sequence[Rule]) -> Iterator[Complaint]:
    """Refuse a rule that takes the place of one that binds more: it would free the rest."""
    by_id = {rule.id: rule for rule in rules}
    for rule in rules:
        for name in rule.entry.displaces:
            general = by_id.get(name)
            if general is not None and rule.entry.binds not in {"any", general.entry.binds}:
                yield complain("error.rule_narrower", {"id": rule.id, "named": name})


def loosens(rule: Rule, shipped: Rule) -> bool:
    """Tell whether a rule asks for less than the one whose place it takes.

    Parameters
    ----------
    rule : Rule
        The rule that takes the place.
    shipped : Rule
        The rule that would go.

    Returns
    -------
    bool
        True when it is of a milder nature, binds fewer, measures between other lines,
        gives no number, or its least distance is shorter than the longest of the other;
        what cannot be compared counts as less.
    """
    if _is_milder(rule.entry, shipped.entry) or rule.entry.form == "unanswered":
        return True
    if shipped.entry.form == "unanswered":
        return False
    least, most = distances_of(rule.entry), distances_of(shipped.entry)
    comparable = bool(least) and bool(most)
    return not comparable or min(least) < max(most)


def _is_milder(entry: RuleEntry, shipped: RuleEntry) -> bool:
    """Compare everything but the distance."""
    return (
        _STRICTNESS.index(entry.nature) > _STRICTNESS.index(shipped.nature)
        or entry.binds not in {"any", shipped.binds}
        or entry.scope not in {"review", shipped.scope}
        or (entry.exclude_same_owner and not shipped.exclude_same_owner)
        or (entry.equality_complies and not shipped.equality_complies)
        or _lines(entry) != _lines(shipped)
    )


def _lines(entry: RuleEntry) -> tuple[str | None, str | None]:
    return entry.measure_from, entry.measure_to


def distances_of(entry: RuleEntry) -> list[float]:
    """List every distance that a rule's text states.

    Parameters
    ----------
    entry : RuleEntry
        The rule.

    Returns
    -------
    list of float
        Distances [m]; none when the rule takes them from elsewhere.
    """
    if entry.distance_m is not None:
        return [entry.distance_m]
    return [row.distance_m for row in entry.table or ()]
