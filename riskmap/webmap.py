"""The maps as HTML: folium's map in a page of our own that needs no network."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import branca.element
import folium
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from riskmap.assets import asset
from riskmap.content import build_content
from riskmap.payload import Look, embed, looks_of, map_payload
from riskmap.style import load_style
from riskmap.words import Lang, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from riskmap.assessment import Assessment
    from riskmap.content import MapContent, Theme
    from riskmap.style import Style

TEMPLATES = Path(__file__).parent / "templates"


def page_environment() -> Environment:
    """Make the environment of the page templates.

    Returns
    -------
    jinja2.Environment
        It escapes every value, and a missing one is an error.
    """
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class PageWords:
    """Hold what every page says of itself at its edges.

    Parameters
    ----------
    lang : str
        Language tag of the page.
    title : str
        Title.
    sample, internal, screening : str
        Badges; empty ones are left out.
    marks : tuple of str
        Further badges.
    footer : tuple of str
        Lines at the foot.
    skip, search, click, legend : str
        Words of the map page.
    """

    lang: str
    title: str
    sample: str
    internal: str
    screening: str
    marks: tuple[str, ...]
    footer: tuple[str, ...]
    skip: str
    search: str
    click: str
    legend: str


def page_words(
    assessment: Assessment, *, title: str, lang: Lang, marks: tuple[str, ...] = ()
) -> PageWords:
    """Write the edges of a page.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    title : str
        Title of the page.
    lang : {'zh', 'en'}
        Language wanted.
    marks : tuple of str, optional
        Further badges.

    Returns
    -------
    PageWords
        Badges, marginalia and sources in words.
    """
    own = assessment.marks
    sources = "; ".join(
        f"{source.read(lang)} ({licence}, {vintage})"
        for source, licence, vintage in assessment.attributions
    )
    values = {
        "as_of": assessment.as_of.isoformat(),
        "until": own.data_until,
        "printed": own.printed.isoformat(),
        "sources": sources,
        "version": version("riskmap"),
        "digest": assessment.rulebook.digest[:12],
        "basis": "; ".join(text.read(lang) for text in own.basis) or "–",
    }
    footer = tuple(
        say(f"page.{key}", lang, values)
        for key in ("dates", "crs", "basis", "sources", "boundary", "version")
    )
    return PageWords(
        lang="zh-CN" if lang == "zh" else "en",
        title=title,
        sample=say("page.sample", lang) if own.is_illustrative else "",
        internal=say("page.internal", lang) if own.is_internal else "",
        screening=say("page.screening", lang),
        marks=marks,
        footer=footer,
        skip=say("page.skip", lang),
        search=say("map.search", lang),
        click=say("map.click", lang),
        legend=say("map.legend", lang),
    )


class LeanMap(folium.Map):
    """Be a folium map that needs Leaflet and nothing else."""

    default_js = [("leaflet", "leaflet.js")]  # noqa: RUF012 - folium declares it so
    default_css = [("leaflet_css", "leaflet.css")]  # noqa: RUF012


class OfflineFigure(branca.element.Figure):
    """Be the page around a map, with every linked file inlined.

    Parameters
    ----------
    template : str
        Name of the page's template.
    page : PageWords
        Edges of the page.
    payload : dict
        Data block.
    hatches : list of Look
        Looks whose hatch the page defines.
    extras : mapping of str to object
        Further values of the template.
    """

    def __init__(
        self,
        template: str,
        page: PageWords,
        payload: dict[str, Any],
        *,
        hatches: list[Look],
        extras: Mapping[str, object],
    ) -> None:
        super().__init__()
        self.page = page
        self.hatches = hatches
        self.map_name = ""
        self.payload = embed(payload)
        self.page_css = read_template("page.css")
        self.map_css = read_template("map.css")
        self.map_js = read_template("map.js")
        self.__dict__.update(extras)
        self._template = page_environment().get_template(template)

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - branca's own signature
        """Render the page with the text of every file that folium would link.

        Parameters
        ----------
        **kwargs : Any
            Passed through to branca.

        Returns
        -------
        str
            One HTML document.
        """
        for child in list(self._children.values()):
            child.render(**kwargs)
        # folium's own head forbids zooming and styles the whole window: only its links stay.
        links = {
            name: child
            for name, child in self.header._children.items()  # noqa: SLF001 - no other way
            if isinstance(child, branca.element.Link)
        }
        for link in links.values():
            link.code = asset(link.url)  # type: ignore[assignment] # text prints as bytes would
        self.header._children.clear()  # noqa: SLF001
        self.header._children.update(links)  # noqa: SLF001
        return str(self._template.render(this=self, kwargs={**kwargs, "embedded": True}))


def read_template(name: str) -> str:
    """Read a stylesheet or script of our own.

    Parameters
    ----------
    name : str
        File in the templates folder.

    Returns
    -------
    str
        Its text.
    """
    return (TEMPLATES / name).read_text("utf-8")


def put_on_page(
    content: MapContent,
    *,
    template: str,
    page: PageWords,
    payload: dict[str, Any],
    looks: Mapping[str, Look],
    extras: Mapping[str, object],
) -> folium.Map:
    """Put a map of some content on a page.

    Parameters
    ----------
    content : MapContent
        What the map shows.
    template : str
        Name of the page's template.
    page : PageWords
        Edges of the page.
    payload : dict
        Data block.
    looks : mapping of str to Look
        The look of each class.
    extras : mapping of str to object
        Further values of the template.

    Returns
    -------
    folium.Map
        Map whose root is the page.
    """
    made = LeanMap(tiles=None, zoom_control=True, control_scale=False)
    # folium names things at random; the same run must write the same bytes.
    seed = f"{template}/{content.theme}/{content.unit}"
    made._id = sha256(seed.encode()).hexdigest()[:16]  # noqa: SLF001
    made.options["maxZoom"] = 19
    made.options["zoomSnap"] = 0.25
    used = {entry["look"] for entry in payload["legend"]}
    hatches = [look for name, look in looks.items() if name in used]
    figure = OfflineFigure(template, page, payload, hatches=hatches, extras=extras)
    figure.map_name = made.get_name()
    figure.add_child(made)
    return made


def draw_map(
    assessment: Assessment,
    *,
    theme: Theme,
    unit: str = "",
    lang: Lang = "zh",
    style: Style | None = None,
) -> folium.Map:
    """Draw one map of an assessment.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    theme : {'tier', 'hidden_danger', 'influence'}
        What the map is about.
    unit : str, optional
        Reference of a park, plant or mine for an enterprise map; empty for the city scale.
    lang : {'zh', 'en'}, optional
        Language of the page.
    style : Style, optional
        The look; the shipped one when not given.

    Returns
    -------
    folium.Map
        Map whose root is a page that needs no network; `render_map` writes it.
    """
    look = style or load_style()
    content = build_content(assessment, theme=theme, unit=unit)
    marks = (say("page.not_a_tier", lang),) if theme == "influence" else ()
    return put_on_page(
        content,
        template="map.html.j2",
        page=page_words(assessment, title=content.title.read(lang), lang=lang, marks=marks),
        payload=map_payload(content, assessment=assessment, lang=lang, style=look),
        looks=looks_of(look, lang=lang),
        extras={},
    )


def render_map(drawn: folium.Map) -> str:
    """Write a map as one HTML document.

    Parameters
    ----------
    drawn : folium.Map
        Map from `draw_map`.

    Returns
    -------
    str
        The document; opened from disk it asks for nothing.
    """
    return str(drawn.get_root().render())
