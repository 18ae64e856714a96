"""Draw a map as one HTML file that opens with no network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import folium
import numpy as np
import shapely
from branca.element import Figure, Link
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from riskmap.assets import LEAFLET_CSS, LEAFLET_JS, LEAFLET_VERSION, asset, own_asset
from riskmap.content import build_content, legend_of
from riskmap.packing import Packing, pack
from riskmap.provenance import software_versions
from riskmap.ratings import scheme_lines
from riskmap.style import load_style
from riskmap.words import as_lang, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2 import Template

    from riskmap.assessment import Assessment
    from riskmap.content import Drawn, MapContent, Theme
    from riskmap.style import Style
    from riskmap.words import Lang

_GROUPS = ("result", "check", "receptor", "base")
_MAP_ID = "riskmap"


@cache
def page_environment() -> Environment:
    """Return the place where page templates are found, with escaping on.

    Returns
    -------
    jinja2.Environment
        Environment whose templates know `own_asset`.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=asset, own_asset=own_asset)
    return environment


@dataclass(frozen=True, slots=True)
class Badge:
    """Hold one mark in a page's head.

    Parameters
    ----------
    kind : {'illustrative', 'internal', 'unsigned'}
        Which mark.
    word : str
        Its words.
    """

    kind: Literal["illustrative", "internal", "unsigned"]
    word: str


@dataclass(frozen=True, slots=True)
class Head:
    """Hold what every page says of itself, above and below its content.

    Parameters
    ----------
    title : str
        Title.
    badges : tuple of Badge
        Marks.
    facts : tuple of str
        Coordinates, dates and what the page is not.
    basis : tuple of str
        Basis documents.
    sources : tuple of str
        Sources with licence and vintage.
    signature : str
        Who compiled, checked and approved.
    version : str
        Software and rulebook.
    """

    title: str
    badges: tuple[Badge, ...]
    facts: tuple[str, ...]
    basis: tuple[str, ...]
    sources: tuple[str, ...]
    signature: str
    version: str


def render_page(
    template: str,
    assessment: Assessment,
    *,
    title: str,
    lang: Lang,
    values: Mapping[str, object],
) -> str:
    """Write one page from its template.

    Parameters
    ----------
    template : str
        File of the template.
    assessment : Assessment
        Finished run.
    title : str
        Title of the page.
    lang : {'zh', 'en'}
        Language of the page.
    values : mapping of str to object
        What the template asks for beside head, language and words.

    Returns
    -------
    str
        HTML that opens with no network.
    """
    lang = as_lang(lang)
    head = page_head(assessment, title=title, lang=lang)
    page: Template = page_environment().get_template(template)
    return page.render(head=head, lang=lang, t=partial(say, lang=lang), **values)


def page_head(assessment: Assessment, *, title: str, lang: Lang) -> Head:
    """Gather what every page says of itself.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    title : str
        Title of the page.
    lang : {'zh', 'en'}
        Language.

    Returns
    -------
    Head
        Marks, facts and sources.
    """
    marks = assessment.marks
    blank = say("page.blank", lang)
    unstated = say("page.not_stated", lang)
    digest = say("page.rulebook", lang, {"digest": assessment.rulebook.digest[:12]})
    version = {"version": software_versions()["riskmap"], "leaflet": LEAFLET_VERSION}
    return Head(
        title=title,
        badges=tuple(_badges(assessment, lang)),
        facts=(
            say("page.as_of", lang, {"date": assessment.as_of}),
            say("page.data_until", lang, {"date": marks.data_until}),
            say("page.printed", lang, {"date": marks.printed}),
            say("page.distance", lang),
            say("page.crs_display", lang),
            _plane_words(assessment, lang),
            say("page.no_boundary", lang),
        ),
        basis=tuple(basis.read(lang) for basis in marks.basis),
        sources=tuple(
            say(
                "page.source",
                lang,
                {
                    "source": source.read(lang),
                    "licence": licence or unstated,
                    "vintage": vintage or unstated,
                },
            )
            for source, licence, vintage in assessment.attributions
        ),
        signature=say(
            "page.signature",
            lang,
            {
                "compiled": marks.compiled_by or blank,
                "checked": marks.checked_by or blank,
                "approved": marks.approved_by or blank,
            },
        ),
        version=f"{say('page.version', lang, version)} · {digest}",
    )


def _badges(assessment: Assessment, lang: Lang) -> Iterator[Badge]:
    marks = assessment.marks
    if marks.is_illustrative:
        yield Badge("illustrative", say("page.illustrative", lang))
    if marks.is_internal:
        yield Badge("internal", say("page.internal", lang))
    if not (marks.checked_by and marks.approved_by):
        yield Badge("unsigned", say("page.unsigned", lang))


def _plane_words(assessment: Assessment, lang: Lang) -> str:
    plane = assessment.plane
    degrees = f"{abs(plane.central_meridian):.4f}".rstrip("0").rstrip(".") + "°"
    if plane.central_meridian < 0:
        degrees = say("page.west", lang, {"degrees": degrees})
    key = "page.crs_gauss" if plane.is_gauss_kruger else "page.crs_other"
    return say(key, lang, {"meridian": degrees})


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """Hold one line of the legend.

    Parameters
    ----------
    look : str
        Name of the look.
    shape : str
        Shape of its swatch.
    word : str
        Its words.
    figure : str
        Count and area, where they are printed.
    can_hide : bool
        Whether the reader may switch it off.
    """

    look: str
    shape: str
    word: str
    figure: str
    can_hide: bool = True


@dataclass(frozen=True, slots=True)
class LegendGroup:
    """Hold one group of the legend.

    Parameters
    ----------
    word : str
        Its heading.
    entries : tuple of LegendEntry
        Its lines.
    closing : tuple of str
        What the counts add up to.
    """

    word: str
    entries: tuple[LegendEntry, ...]
    closing: tuple[str, ...]


def build_legend(
    assessment: Assessment, content: MapContent, *, lang: Lang
) -> tuple[LegendGroup, ...]:
    """Write the legend of a map: grouped, counted, closed.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    content : MapContent
        What the map shows.
    lang : {'zh', 'en'}
        Language.

    Returns
    -------
    tuple of LegendGroup
        Results, checks, receptors and base, without empty groups.
    """
    drawn = {entry.look: entry for entry in reversed(legend_of(content))}
    groups = []
    for name in _GROUPS:
        chosen = [entry for entry in legend_of(content) if entry.group == name]
        chosen = [entry for entry in chosen if drawn[entry.look] is entry]
        entries = [_entry(entry, content, lang) for entry in chosen]
        if name == "base":
            entries = [*_ground_entries(content, lang), *entries]
        if entries:
            closing = tuple(_closing(assessment, content, lang)) if name == "result" else ()
            groups.append(LegendGroup(say(f"group.{name}", lang), tuple(entries), closing))
    return tuple(groups)


def _entry(drawn: Drawn, content: MapContent, lang: Lang) -> LegendEntry:
    figures = []
    is_danger = drawn.look in {"symbol.judged", "symbol.suspected"}
    if drawn.counted:
        key = "webmap.records" if is_danger else "webmap.pieces"
        figures.append(say(key, lang, {"n": drawn.count}))
    areal = drawn.look.startswith(("tier.", "influence.")) or drawn.look == "unit.plain"
    if areal and drawn.area_km2 > 0:
        figures.append(say("webmap.km2", lang, {"area": f"{drawn.area_km2:.2f}"}))
    if drawn.look == "unit.plain" and content.theme == "hidden_danger":
        figures.insert(0, say("webmap.pieces", lang, {"n": drawn.count}))
    return LegendEntry(drawn.look, drawn.shape, drawn.legend.read(lang), " · ".join(figures))


def _ground_entries(content: MapContent, lang: Lang) -> Iterator[LegendEntry]:
    for drawn in content.drawn:
        if drawn.look == "base.study_area" and content.theme == "tier":
            yield LegendEntry(drawn.look, drawn.shape, drawn.legend.read(lang), "", can_hide=False)
        if drawn.shape == "label":
            yield LegendEntry(drawn.look, "label", drawn.legend.read(lang), "")


def _closing(assessment: Assessment, content: MapContent, lang: Lang) -> Iterator[str]:
    if content.theme == "influence":
        whole = shapely.area(
            np.asarray(content.with_look("base.study_area")[0].features.geometry.array)
        ).sum()
        made = sum(drawn.area_km2 for drawn in content.with_look("influence."))
        values = {"area": f"{made:.2f}", "total": f"{whole / 1e6:.2f}"}
        same = values["area"] == values["total"]
        yield say("webmap.total_area" if same else "webmap.total_area_differs", lang, values)
        return
    prefix = "tier." if content.theme == "tier" else "symbol."
    looks = [drawn for drawn in content.with_look(prefix) if drawn.look != "symbol.major_hazard"]
    count = sum(drawn.count for drawn in looks)
    values = {"n": str(count), "total": str(content.total)}
    if count != content.total:
        yield say("webmap.total_differs", lang, values)
    else:
        named = "webmap.total_units" if content.theme == "tier" else "webmap.total_records"
        yield say(named, lang, values)
    if content.theme == "tier":
        yield from scheme_lines(assessment, lang=lang, unit=content.unit)
    if content.theme == "tier" and not content.unit and assessment.units["park"].ne("").any():
        yield say("webmap.overlap", lang)
    unplaced = sum(int(drawn.features.geometry.is_empty.sum()) for drawn in looks)
    if unplaced:
        yield say("webmap.unplaced", lang, {"n": unplaced})


@dataclass(frozen=True, slots=True)
class MapPage:
    """Hold everything that a map's page is made of.

    Parameters
    ----------
    head : Head
        Marks, facts and sources.
    legend : tuple of LegendGroup
        The legend.
    payload : str
        JSON for the page's script.
    lang : {'zh', 'en'}
        Language.
    """

    head: Head
    legend: tuple[LegendGroup, ...]
    payload: str
    lang: Lang


class OfflineFigure(Figure):
    """Render a folium map as riskmap's page, every script and style inside it.

    Parameters
    ----------
    page : MapPage
        What the page is made of.
    """

    _template: Template = page_environment().get_template("map.html.j2")

    def __init__(self, page: MapPage) -> None:
        super().__init__(height="720px")
        self.page = page
        self.title = page.head.title

    def render(self, **kwargs: object) -> str:
        """Render the page.

        Parameters
        ----------
        **kwargs : object
            What branca passes on to the elements.

        Returns
        -------
        str
            HTML that names no other file.

        Raises
        ------
        OutputError
            When an element added to the map names a file that no installed package holds.
        """
        for child in list(self._children.values()):
            child.render(**kwargs)
        parts = []
        for name, element in self.header._children.items():  # noqa: SLF001 - branca has no other way
            if name == "meta_http":
                continue
            if isinstance(element, Link):
                # branca says bytes, and prints it as text.
                element.code = asset(element.url)  # type: ignore[assignment]
            parts.append(element.render(embedded=True))
        return self._template.render(
            head=self.page.head,
            legend=self.page.legend,
            payload=self.page.payload,
            lang=self.page.lang,
            t=partial(say, lang=self.page.lang),
            header="\n".join(parts),
            body=self.html.render(**kwargs),
            script=self.script.render(**kwargs),
        )


class LeanMap(folium.Map):
    """Draw with Leaflet alone: no jquery, no bootstrap, no tiles, no icon font.

    Parameters
    ----------
    page : MapPage
        What the page is made of.
    """

    _template: Template = page_environment().get_template("map_element.j2")

    def __init__(self, page: MapPage) -> None:
        super().__init__(tiles=None)
        self.default_js = [(_MAP_ID, LEAFLET_JS)]
        self.default_css = [(f"{_MAP_ID}_css", LEAFLET_CSS)]
        # folium draws names by lot; the same run must write the same bytes.
        self._id = _MAP_ID
        OfflineFigure(page).add_child(self)


def draw_map(
    assessment: Assessment,
    *,
    theme: Theme,
    unit: str = "",
    lang: Lang = "zh",
    style: Style | None = None,
) -> folium.Map:
    """Draw one map of a run as a folium map.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    theme : {'tier', 'hidden_danger', 'influence'}
        What the map is about.
    unit : str, optional
        Reference of a park, plant or mine; empty for the city scale.
    lang : {'zh', 'en'}, optional
        Language of the page.
    style : Style, optional
        Colours; the shipped ones when not given.

    Returns
    -------
    folium.Map
        Map to which GeoJson and other plain folium elements can be added. An element that
        needs a script of its own cannot be rendered offline, and says so.

    Raises
    ------
    KeyError
        When no unit has that reference.
    """
    lang = as_lang(lang)
    style = style or load_style()
    content = build_content(assessment, theme=theme, unit=unit)
    page = MapPage(
        head=page_head(assessment, title=content.title.read(lang), lang=lang),
        legend=build_legend(assessment, content, lang=lang),
        payload=pack(Packing(assessment, content, style, lang)),
        lang=lang,
    )
    return LeanMap(page)


def render_map(map_: folium.Map) -> str:
    """Write a map as one HTML file.

    Parameters
    ----------
    map_ : folium.Map
        Map of `draw_map`.

    Returns
    -------
    str
        HTML that opens with no network.
    """
    page: str = map_.get_root().render()
    return page
