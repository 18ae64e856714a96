"""The printed sheets: draw what a map shows at a true scale on A3 or A4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import matplotlib as mpl
import numpy as np

from riskmap.canvas import Canvas, crowd_of, unplaced
from riskmap.content import build_content
from riskmap.crs import PLANE_CRS
from riskmap.errors import OutputError, complain
from riskmap.glyphs import MM_PER_POINT, Weight, prove_glyphs
from riskmap.graticule import draw_frame
from riskmap.inks import Ink
from riskmap.inset import STRIP_MM, plan_insets
from riskmap.labels import label_places, label_units
from riskmap.margin import Margin, draw_margin, shorten
from riskmap.schedule import build_schedule, draw_schedule
from riskmap.sheet import (
    DPI,
    MM_PER_INCH,
    Rect,
    choose_view,
    city_layout,
    enterprise_layout,
    new_paper,
    rect_path,
)
from riskmap.style import load_style
from riskmap.symbols import Writing, lay_areas, lay_lines
from riskmap.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import shapely
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from riskmap.assessment import Assessment
    from riskmap.content import MapContent, Theme
    from riskmap.crowd import Crowd
    from riskmap.inset import Inset
    from riskmap.schedule import Schedule
    from riskmap.sheet import Layout, View
    from riskmap.style import Style
    from riskmap.symbols import Paper
    from riskmap.words import Lang


def _settings() -> AbstractContextManager[None]:
    """Fix what a user's own settings may not change about a sheet."""
    return mpl.rc_context(
        {
            "pdf.fonttype": 42,
            "savefig.bbox": "standard",
            "text.usetex": False,
            "lines.scale_dashes": True,
        }
    )


def draw_figure(
    assessment: Assessment,
    *,
    theme: Theme,
    unit: str = "",
    lang: Lang = "zh",
    style: Style | None = None,
) -> Figure:
    """Draw one printed sheet: A3 for the city, A4 for a park or mine.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    theme : {'tier', 'hidden_danger', 'influence'}
        What the sheet is about.
    unit : str, optional
        Reference of a park, plant or mine; empty for the city scale.
    lang : {'zh', 'en'}, optional
        Language.
    style : Style, optional
        The look; the shipped one when not given.

    Returns
    -------
    matplotlib.figure.Figure
        Sheet of exact size, its map at a true round scale.

    Raises
    ------
    KeyError
        When no unit has that reference.
    OutputError
        When no font with Chinese is found.
    """
    style = style or load_style()
    content = build_content(assessment, theme=theme, unit=unit)
    schedule: Schedule | None = None
    layout = city_layout()
    if unit:
        schedule = build_schedule(assessment, theme=theme, unit=unit, lang=lang)
        layout = enterprise_layout(table_mm=schedule.height_mm)
    with _settings():
        paper = new_paper(layout)
        view = choose_view(content.frame, rect=layout.map)
        sheet = _Sheet(paper, assessment, content, style, lang)
        canvases = sheet.draw(view, schedule)
        draw_frame(paper, view, plane=assessment.plane, style=style)
        margin = Margin(
            assessment=assessment,
            content=content,
            visible=frozenset().union(*(canvas.visible for canvas in canvases)),
            pointed=frozenset().union(*(canvas.pointed for canvas in canvases)),
            view=view,
            notes=_notes(canvases, content, lang),
            style=style,
            lang=lang,
        )
        draw_margin(paper, margin, rect=layout.panel, text_pt=layout.text_pt)
        if schedule is not None:
            rect = Rect(layout.map.x, 10.0, layout.map.width, schedule.height_mm)
            draw_schedule(paper, schedule, rect=rect)
        _title(paper, layout, assessment, content, lang)
        _foot(paper, layout, lang)
    prove_glyphs(_texts(paper), faces=paper.faces)
    return paper.figure


def save_figure(figure: Figure, path: Path, *, dpi: float = DPI) -> None:
    """Write a sheet as PNG or PDF, the same bytes each time.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Sheet of `draw_figure`.
    path : pathlib.Path
        File to write; its suffix, ``.png`` or ``.pdf``, says what.
    dpi : float, optional
        Resolution of a PNG [dots per inch].

    Raises
    ------
    OutputError
        When the suffix is another, or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in {".png", ".pdf"}:
        reason = {"folder": path, "reason": suffix}
        raise OutputError([complain("error.output_unwritable", reason)])
    try:
        with _settings():
            if suffix == ".png":
                # Level 3 takes two thirds of the time of level 6 for 7 % more bytes.
                figure.savefig(
                    path,
                    dpi=dpi,
                    format="png",
                    metadata={"Software": None},
                    pil_kwargs={"compress_level": 3},
                )
            else:
                figure.savefig(path, format="pdf", metadata={"CreationDate": None})
    except OSError as error:
        reason = {"folder": path.parent, "reason": error.strerror}
        raise OutputError([complain("error.output_unwritable", reason)]) from error


def _notes(canvases: Sequence[Canvas], content: MapContent, lang: Lang) -> tuple[str, ...]:
    said = set().union(*(canvas.said for canvas in canvases))
    notes = [say(key, lang) for key in sorted(said)] + unplaced(content, lang=lang)
    unlabelled = sum(canvas.unlabelled for canvas in canvases)
    if unlabelled:
        notes.append(say("figure.unlabelled", lang, {"n": unlabelled}))
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Draw the map and its insets on one page."""

    paper: Paper
    assessment: Assessment
    content: MapContent
    style: Style
    lang: Lang

    def draw(self, view: View, schedule: Schedule | None) -> list[Canvas]:
        home = self.home()
        insets: tuple[Inset, ...] = ()
        if not self.content.unit:
            insets = plan_insets(self.assessment, view=view, home=home)
        canvas = self.canvas(view, zorder=1.0)
        for inset in insets:
            self.mark(canvas, inset)
        canvas.draw()
        canvases = [canvas, *(self.inset(inset) for inset in insets)]
        if schedule is not None:
            canvas.number(schedule.refs)
        for each in canvases:
            label_units(each)
            label_places(each, home=home)
        return canvases

    def home(self) -> shapely.Geometry:
        area = gpd.GeoSeries([self.assessment.study_area], crs=PLANE_CRS)
        home: shapely.Geometry = area.to_crs(self.assessment.plane.crs).iloc[0]
        return home

    def canvas(self, view: View, *, zorder: float) -> Canvas:
        axes = self.axes(view, zorder)
        crowd: Crowd = crowd_of(view, self.content)
        return Canvas(self.paper, view, self.content, self.style, self.lang, axes, crowd)

    def axes(self, view: View, zorder: float) -> Axes:
        width, height = self.paper.figure.get_size_inches() * MM_PER_INCH
        rect = view.rect
        place = (rect.x / width, rect.y / height, rect.width / width, rect.height / height)
        ground = self.style.ground.frame
        axes = self.paper.figure.add_axes(place, zorder=zorder, facecolor=ground)
        west, south, east, north = view.bounds
        axes.set_xlim(west, east)
        axes.set_ylim(south, north)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_gid("map" if zorder == 1.0 else "inset")
        return axes

    def mark(self, canvas: Canvas, inset: Inset) -> None:
        """Outline on the map what an inset shows, and keep the inset's place free."""
        low, high = canvas.view.to_page(np.array(inset.view.bounds).reshape(2, 2))
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        rect = inset.view.rect
        canvas.crowd.take(box)
        canvas.crowd.take((rect.x, rect.y, rect.right, rect.top))
        canvas.hidden.append(inset.view.bounds)
        canvas.hidden.append(canvas.view.ground(rect.grown(1.0)))
        canvas.anchors[f"inset:{inset.ref}"] = box
        ink = Ink(line=self.style.ground.ink, width_pt=0.9)
        edge = Rect(box[0], box[1], box[2] - box[0], box[3] - box[1])
        lay_lines(self.paper.axes, [rect_path(edge)], ink=ink, zorder=13)
        look = Writing(
            align="center", weight="bold", halo=self.style.ground.halo, gid="inset", zorder=13
        )
        letter = (edge.right - 1.2, edge.top + 0.6)
        canvas.crowd.take((edge.right - 2.8, edge.top, edge.right + 0.4, edge.top + 3.2))
        self.paper.write(letter, inset.letter, size_pt=7.5, look=look)

    def inset(self, inset: Inset) -> Canvas:
        rect = inset.view.rect
        canvas = self.canvas(inset.view, zorder=1.5)
        strip = Rect(rect.x, rect.top - STRIP_MM, rect.width, STRIP_MM)
        canvas.crowd.take((strip.x, strip.y, strip.right, strip.top))
        canvas.hidden.append(inset.view.ground(strip))
        canvas.draw()
        axes, edge = self.paper.axes, Ink(line=self.style.ground.ink, width_pt=0.9)
        lay_areas(axes, [rect_path(strip)], ink=Ink(fill=self.style.ground.halo), zorder=12.5)
        lay_lines(axes, [rect_path(rect), rect_path(strip)], ink=edge, zorder=13)
        words = {"letter": inset.letter, "name": inset.name, "scale": inset.view.scale}
        text = say("figure.inset", self.lang, words)
        text = shorten(self.paper, text, room_mm=rect.width - 3.0, size_pt=8.0)
        look = Writing(align="center", weight="bold", gid="inset")
        self.paper.write((rect.x + rect.width / 2, strip.y + 1.5), text, size_pt=8.0, look=look)
        return canvas


def _title(
    paper: Paper, layout: Layout, assessment: Assessment, content: MapContent, lang: Lang
) -> None:
    rect, marks = layout.title, assessment.marks
    side = rect.width * 0.16
    face = paper.faces.bold
    words = paper.fitted(content.title.read(lang), weight="bold")
    wide = face.width_mm(words, size_pt=layout.title_pt)
    size_pt = layout.title_pt * min(1.0, (rect.width - 2 * side) / wide)
    middle = rect.y + rect.height / 2
    look = Writing(align="center", weight="bold", gid="title")
    base = middle - 0.38 * size_pt * MM_PER_POINT
    paper.write((rect.x + rect.width / 2, base), words, size_pt=size_pt, look=look)
    mark_pt = layout.title_pt * 0.5
    if marks.is_internal:
        look = Writing(weight="bold", gid="internal")
        base = middle - 0.38 * mark_pt * MM_PER_POINT
        paper.write((rect.x, base), say("figure.internal", lang), size_pt=mark_pt, look=look)
    if marks.is_illustrative:
        stamp = say("figure.illustrative", lang)
        size_pt = layout.title_pt * 0.72
        wide = face.width_mm(stamp, size_pt=size_pt) + 6.0
        tall = size_pt * MM_PER_POINT * 1.5
        box = Rect(rect.right - wide, middle - tall / 2, wide, tall)
        red = "#B5121B"
        lay_lines(paper.axes, [rect_path(box)], ink=Ink(line=red, width_pt=1.8), zorder=16)
        look = Writing(align="center", weight="bold", colour=red, gid="illustrative")
        base = middle - 0.38 * size_pt * MM_PER_POINT
        paper.write((box.x + wide / 2, base), stamp, size_pt=size_pt, look=look)


def _foot(paper: Paper, layout: Layout, lang: Lang) -> None:
    rect, size_pt = layout.foot, layout.text_pt
    bold = Writing(weight="bold", gid="unsigned")
    paper.write((rect.x, rect.y), say("figure.unsigned", lang), size_pt=size_pt * 1.1, look=bold)
    look = Writing(align="center", gid="no_boundary")
    middle = layout.map.x + layout.map.width * 0.6
    paper.write((middle, rect.y), say("figure.no_boundary", lang), size_pt=size_pt, look=look)
    if paper.replaced:
        look = Writing(align="right", gid="replaced")
        paper.write((rect.right, rect.y), say("figure.replaced", lang), size_pt=size_pt, look=look)


def _texts(paper: Paper) -> Iterator[tuple[str, Weight]]:
    bold = paper.faces.bold.properties
    for artist in paper.axes.texts:
        same = artist.get_fontproperties().get_file() == bold.get_file()
        yield artist.get_text(), "bold" if same and bold.get_file() else "regular"
