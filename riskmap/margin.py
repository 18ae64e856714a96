"""The margin of a sheet: legend with counts that close, sources, marks and signatures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from riskmap.content import legend_of
from riskmap.glyphs import MM_PER_POINT, wrap
from riskmap.graticule import grid_convergence
from riskmap.inks import Ink, ink_of
from riskmap.ratings import scheme_lines
from riskmap.sheet import (
    Rect,
    draw_line,
    draw_north,
    draw_scale_bar,
    rect_path,
)
from riskmap.symbols import (
    Writing,
    area_paths,
    lay_areas,
    lay_lines,
    lay_markers,
    line_paths,
)
from riskmap.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from riskmap.assessment import Assessment
    from riskmap.content import Drawn, MapContent
    from riskmap.glyphs import Weight
    from riskmap.sheet import View
    from riskmap.style import Style
    from riskmap.symbols import Paper
    from riskmap.words import Lang

# Sizes tried for the column, from comfortable to the smallest that is still read.
_FACTORS = (1.4, 1.35, 1.3, 1.25, 1.2, 1.15, 1.1, 1.05, 1.0, 0.95, 0.9, 0.86, 0.82, 0.78, 0.74, 0.7)
_SMALLEST_PT = 5.2


@dataclass(frozen=True, slots=True)
class Margin:
    """Hold what the margin of one sheet is made of.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    content : MapContent
        What the map shows.
    visible : frozenset of str
        Looks that are on the map.
    pointed : frozenset of str
        Looks of which some stand as markers there.
    view : View
        Which ground is on the map.
    notes : tuple of str
        What the map could not show.
    style : Style
        Colours.
    lang : {'zh', 'en'}
        Language.
    """

    assessment: Assessment
    content: MapContent
    visible: frozenset[str]
    pointed: frozenset[str]
    view: View
    notes: tuple[str, ...]
    style: Style
    lang: Lang


@dataclass(frozen=True, slots=True)
class _Block:
    height_mm: float
    draw: Callable[[float], None]
    stretch: float = 0.0


def draw_margin(paper: Paper, margin: Margin, *, rect: Rect, text_pt: float) -> None:
    """Draw the margin column at the largest size that fits.

    Parameters
    ----------
    paper : Paper
        The page.
    margin : Margin
        What it is made of.
    rect : Rect
        Its place [mm].
    text_pt : float
        Size of its text [pt].
    """
    blocks: list[_Block] = []
    for factor in _FACTORS:
        column = _Column(paper, margin, rect.grown(-1.5), text_pt * factor)
        blocks = list(column.blocks())
        if sum(block.height_mm for block in blocks) <= rect.height - 3.0:
            break
    spare = max(0.0, rect.height - 3.0 - sum(block.height_mm for block in blocks))
    stretches = sum(block.stretch for block in blocks)
    y = rect.top - 1.5
    for block in blocks:
        block.draw(y)
        y -= block.height_mm + (spare * block.stretch / stretches if stretches else 0.0)
    lay_lines(paper.axes, [rect_path(rect)], ink=Ink(line="#1E2328", width_pt=0.6), zorder=14)


def legend_entries(margin: Margin) -> list[Drawn]:
    """List the classes that the legend explains.

    Parameters
    ----------
    margin : Margin
        What the margin is made of.

    Returns
    -------
    list of Drawn
        Each look once: those on the map, and those whose count is printed even if it is 0.
    """
    found: dict[str, Drawn] = {}
    for drawn in legend_of(margin.content):
        if drawn.counted or drawn.look in margin.visible:
            found.setdefault(drawn.look, drawn)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Column:
    paper: Paper
    margin: Margin
    rect: Rect
    size_pt: float

    @property
    def line_mm(self) -> float:
        return self.size_pt * MM_PER_POINT * 1.36

    @property
    def small_pt(self) -> float:
        return max(_SMALLEST_PT, self.size_pt * 0.84)

    def say(self, key: str, **values: object) -> str:  # words with their values
        return say(key, self.margin.lang, values)

    def blocks(self) -> Iterator[_Block]:
        yield self.text(self.say("figure.legend"), size_pt=self.size_pt * 1.35, weight="bold")
        yield from self.legend()
        yield _Block(1.2, lambda _: None, stretch=1.0)
        yield self.rule()
        yield self.scale_and_north()
        yield self.rule()
        yield from self.facts()
        yield _Block(0.8, lambda _: None, stretch=1.0)
        yield self.rule()
        yield self.signatures()
        yield self.text(self.version_line(), size_pt=self.small_pt)

    # -- legend

    def legend(self) -> Iterator[_Block]:
        entries = legend_entries(self.margin)
        for group in ("result", "check", "receptor", "base"):
            chosen = [entry for entry in entries if entry.group == group]
            if not chosen and group != "base":
                continue
            yield self.heading(self.say(f"group.{group}"))
            if group == "result":
                yield from self.results(chosen)
            elif group == "check":
                for entry in chosen:
                    yield self.entry(entry)
            else:
                extra = self.ground() if group == "base" else []
                yield from self.pairs([*chosen, *extra])

    def results(self, entries: Sequence[Drawn]) -> Iterator[_Block]:
        """Close the classes that add up with their total, then list the others."""
        for entry in entries:
            if entry.look not in _NOT_SUMMED:
                yield self.entry(entry)
        yield from self.total()
        for entry in entries:
            if entry.look in _NOT_SUMMED:
                yield self.entry(entry)

    def ground(self) -> list[Drawn]:
        if self.margin.content.theme == "influence":
            return []
        return [drawn for drawn in self.margin.content.drawn if drawn.look == "base.study_area"]

    def heading(self, text: str) -> _Block:
        block = self.text(text, size_pt=self.size_pt * 1.02, weight="bold", colour="#4A5157")
        return _Block(block.height_mm + 0.6, lambda y: block.draw(y - 0.6))

    def entry(self, drawn: Drawn) -> _Block:
        note = self.amount(drawn)
        return self.row(drawn, self.rect.x, self.rect.width, note)

    def amount(self, drawn: Drawn) -> str:
        parts = []
        if drawn.counted:
            key = "figure.records" if drawn.look in _RECORDS else "figure.count"
            parts.append(self.say(key, n=drawn.count))
        if drawn.group == "result" and drawn.shape == "area" and drawn.area_km2 > 0:
            parts.append(f"{_km2(drawn.area_km2)} km²")
        return self.say("figure.comma").join(parts)

    def row(self, drawn: Drawn, x: float, width: float, note: str) -> _Block:
        swatch = self.size_pt * (1.15 if note or width > self.rect.width * 0.6 else 0.95)
        face = self.paper.faces.regular
        size_pt = self.size_pt
        note_mm = face.width_mm(note, size_pt=size_pt) + 1.5 if note else 0.0
        words = self.paper.fitted(drawn.legend.read(self.margin.lang))
        room = width - swatch - 1.6 - note_mm
        lines = wrap(words, face=face, width_mm=room, size_pt=size_pt)
        ink = ink_of(drawn.look, style=self.margin.style, lang=self.margin.lang)
        sign_mm = ink.marker_mm if drawn.shape == "symbol" or ink.text else 0.0
        height = max(self.line_mm * len(lines), sign_mm) + 0.5

        def draw(y: float) -> None:
            tall = min(height, max(self.line_mm, sign_mm) + 0.5) - 0.7
            box = Rect(x, y - tall - 0.35, swatch, tall)
            self.swatch(drawn, box)
            for index, line in enumerate(lines):
                base = y - self.line_mm * (index + 0.78)
                look = Writing(gid=f"legend:{drawn.look}" if index == 0 else "")
                self.paper.write((x + swatch + 1.6, base), line, size_pt=size_pt, look=look)
            if note:
                look = Writing(align="right", gid=f"amount:{drawn.look}")
                base = y - self.line_mm * 0.78
                self.paper.write((x + width, base), note, size_pt=size_pt, look=look)

        return _Block(height, draw)

    def pairs(self, entries: Sequence[Drawn]) -> Iterator[_Block]:
        half = self.rect.width / 2
        for index in range(0, len(entries), 2):
            width = half - 2.0 if index + 1 < len(entries) else self.rect.width
            rows = [
                self.row(entry, self.rect.x + half * place, width, "")
                for place, entry in enumerate(entries[index : index + 2])
            ]

            def draw(y: float, rows: list[_Block] = rows) -> None:
                for row in rows:
                    row.draw(y)

            yield _Block(max(row.height_mm for row in rows), draw)

    def swatch(self, drawn: Drawn, box: Rect) -> None:
        ink = ink_of(drawn.look, style=self.margin.style, lang=self.margin.lang)
        axes, middle = self.paper.axes, (box.x + box.width / 2, box.y + box.height / 2)
        shape: shapely.Geometry
        if drawn.shape == "area":
            shape = shapely.box(box.x, box.y, box.right, box.top)
            edged = Ink(line="#8A8F94", width_pt=0.3)
            paths = area_paths(np.array([shape]))
            lay_areas(axes, paths, ink=ink, zorder=16)
            if drawn.look.startswith("tier."):
                lay_lines(axes, paths, ink=edged, zorder=17)
            if drawn.look.startswith("tier.") or drawn.look in self.margin.pointed:
                lay_markers(self.paper, np.array([middle]), ink=ink, zorder=18)
        elif drawn.shape == "line":
            if drawn.look in _CLOSED:
                shape = shapely.box(box.x + 0.8, box.y + 0.3, box.right - 0.8, box.top - 0.3)
            else:
                shape = shapely.linestrings([(box.x, middle[1]), (box.right, middle[1])])
            lay_lines(axes, line_paths(np.array([shape])), ink=ink, zorder=16)
            if ink.marker and drawn.look.startswith("verdict."):
                ends = np.array([(box.x + 0.4, middle[1]), (box.right - 0.4, middle[1])])
                lay_markers(self.paper, ends, ink=ink, zorder=17)
        else:
            lay_markers(self.paper, np.array([middle]), ink=ink, zorder=16)

    def total(self) -> Iterator[_Block]:
        content = self.margin.content
        if content.theme == "influence":
            zones = content.with_look("influence.")
            km2 = sum(drawn.area_km2 for drawn in zones)
            yield self.text(self.say("figure.total_area", area=_km2(km2)), weight="bold")
            return
        prefix = "tier." if content.theme == "tier" else "symbol."
        counted = [drawn for drawn in content.with_look(prefix) if drawn.look not in _NOT_SUMMED]
        found = sum(drawn.count for drawn in counted)
        key = "figure.total_units" if content.theme == "tier" else "figure.total_records"
        if found != content.total:
            key = "figure.total_differs"
        yield self.text(self.say(key, n=found, total=content.total), weight="bold", gid="total")
        if content.theme == "tier":
            # Hinted letters of this size set wider than they measure: a narrower column.
            narrow = replace(self, rect=replace(self.rect, width=self.rect.width * 0.95))
            assessment, lang = self.margin.assessment, self.margin.lang
            for line in scheme_lines(assessment, lang=lang, unit=content.unit):
                yield narrow.text(line, size_pt=self.small_pt, gid="scheme")

    # -- scale, facts, signatures

    def scale_and_north(self) -> _Block:
        margin = self.margin
        plane = margin.assessment.plane

        def draw(y: float) -> None:
            spot = (self.rect.x + 1.0, y - 13.0)
            room = self.rect.width - 26.0
            draw_scale_bar(self.paper, margin.view, spot=spot, width_mm=room, lang=margin.lang)
            angle = grid_convergence(margin.view, plane=plane)
            north = (self.rect.right - 6.0, y - 9.5)
            draw_north(self.paper, spot=north, angle=angle, lang=margin.lang)

        return _Block(16.0, draw)

    def facts(self) -> Iterator[_Block]:
        assessment, marks = self.margin.assessment, self.margin.assessment.marks
        lang = self.margin.lang
        yield self.fact("figure.crs", crs_words(assessment, lang=lang))
        yield self.text(self.say("figure.until", until=marks.data_until))
        yield self.text(self.say("figure.dates", as_of=assessment.as_of, printed=marks.printed))
        if marks.basis:
            basis = "；".join(text.read(lang) for text in marks.basis)
            yield self.fact("figure.basis", basis)
        yield self.fact("figure.sources", self.sources(), small=True)
        for note in self.margin.notes:
            yield self.text(note, size_pt=self.small_pt)

    def sources(self) -> str:
        parts = []
        for source, licence, vintage in self.margin.assessment.attributions:
            words = source.read(self.margin.lang)
            behind = [part for part in (licence, vintage) if part and part not in words]
            if behind:
                words += self.say("figure.behind", text=self.say("figure.comma").join(behind))
            parts.append(words)
        return self.say("figure.semicolon").join(parts)

    def fact(self, key: str, text: str, *, small: bool = False) -> _Block:
        size_pt = self.small_pt if small else self.size_pt
        return self.text(self.say(key, text=text), size_pt=size_pt)

    def signatures(self) -> _Block:
        marks = self.margin.assessment.marks
        names = (marks.compiled_by, marks.checked_by, marks.approved_by)
        # A signature wants 20 mm; a narrow column sets the three below one another.
        is_narrow = self.rect.width < 90.0
        third = self.rect.width / (1 if is_narrow else 3)
        size_pt = self.size_pt
        row_mm = self.line_mm * 1.7
        height = row_mm * (3 if is_narrow else 1) + self.line_mm * 0.5

        def draw(y: float) -> None:
            for index, (key, name) in enumerate(zip(_SIGNERS, names, strict=True)):
                x = self.rect.x + (0.0 if is_narrow else third * index)
                base = y - self.line_mm * 1.5 - (row_mm * index if is_narrow else 0.0)
                label = self.say(key)
                self.paper.write((x, base), label, size_pt=size_pt)
                begin = x + self.paper.faces.regular.width_mm(label, size_pt=size_pt) + 0.6
                draw_line(self.paper, (begin, base - 0.8), (x + third - 1.5, base - 0.8))
                room = x + third - 1.5 - begin
                self.paper.write((begin + 0.5, base), self.cut(name, room), size_pt=size_pt * 0.9)

        return _Block(height, draw)

    def cut(self, text: str, room_mm: float) -> str:
        return shorten(self.paper, text, room_mm=room_mm, size_pt=self.size_pt * 0.9)

    def version_line(self) -> str:
        return self.say("figure.page", version=version("riskmap"))

    def rule(self) -> _Block:
        def draw(y: float) -> None:
            ends = (self.rect.x, y - 0.9), (self.rect.right, y - 0.9)
            draw_line(self.paper, *ends, width_pt=0.3, colour="#8A8F94")

        return _Block(1.8, draw)

    def text(
        self,
        text: str,
        *,
        size_pt: float = 0.0,
        weight: Weight = "regular",
        colour: str = "#1E2328",
        gid: str = "",
    ) -> _Block:
        size_pt = size_pt or self.size_pt
        face = self.paper.faces.of(weight)
        words = self.paper.fitted(text, weight=weight)
        lines = wrap(words, face=face, width_mm=self.rect.width, size_pt=size_pt)
        line_mm = size_pt * MM_PER_POINT * 1.34

        def draw(y: float) -> None:
            look = Writing(weight=weight, colour=colour, gid=gid)
            for index, line in enumerate(lines):
                base = y - line_mm * (index + 0.8)
                self.paper.write((self.rect.x, base), line, size_pt=size_pt, look=look)

        return _Block(line_mm * len(lines) + 0.5, draw)


_SIGNERS = ("figure.compiled", "figure.checked", "figure.approved")
_RECORDS = frozenset({"symbol.judged", "symbol.suspected"})
_NOT_SUMMED = frozenset({"symbol.major_hazard"})
# Lines that close on the ground stand in the legend as closed outlines.
_CLOSED = frozenset({"unit.park", "unit.mine", "unit.plant", "unit.outline", "check.ring"})


def _km2(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f}"


def shorten(paper: Paper, text: str, *, room_mm: float, size_pt: float) -> str:
    """Shorten a text to a width, with an ellipsis where something is left out.

    Parameters
    ----------
    paper : Paper
        The page.
    text : str
        Any text.
    room_mm : float
        Width [mm].
    size_pt : float
        Size of the font [pt].

    Returns
    -------
    str
        Printable text.
    """
    face = paper.faces.regular
    words = paper.fitted(text)
    if face.width_mm(words, size_pt=size_pt) <= room_mm:
        return words
    while words and face.width_mm(words + "…", size_pt=size_pt) > room_mm:
        words = words[:-1]
    return words.rstrip() + "…"


def crs_words(assessment: Assessment, *, lang: Lang) -> str:
    """Name the plane of a sheet as offices do.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language.

    Returns
    -------
    str
        Datum, projection, central meridian and the largest scale error.
    """
    plane = assessment.plane
    key = "figure.gauss_kruger" if plane.is_gauss_kruger else "figure.local_tm"
    if not plane.is_gauss_kruger and not plane.crs.startswith("+proj"):
        key = "figure.other_crs"
    name = str(gpd.GeoSeries([], crs=plane.crs).crs.name)
    meridian = f"{abs(plane.central_meridian):g}°"
    if plane.central_meridian < 0:
        meridian = say("figure.west", lang, {"degrees": meridian})
    first = say(key, lang, {"meridian": meridian, "name": name})
    error_mm = plane.largest_scale_error * 1e6
    return first + say("figure.scale_error", lang, {"mm": f"{error_mm:.0f}"})
