"""What a page's data block holds: shapes in longitude and latitude, looks, legend, words.

Coordinates are rounded for display here, and only here; distances never come from them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from riskmap.content import legend_of
from riskmap.facts import map_facts, word
from riskmap.words import Lang, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from riskmap.assessment import Assessment
    from riskmap.content import Drawn, MapContent
    from riskmap.facts import Fact
    from riskmap.style import Style

# About 0.1 m; places and neighbours could do with less, a shortest line could not.
_DECIMALS = 6
_SIMPLIFY_M = {"base.neighbour": 30.0, "base.study_area": 8.0, "base.water": 5.0}


@dataclass(frozen=True, slots=True)
class Look:
    """Describe how the script draws one class.

    Parameters
    ----------
    fill, line : str
        Colours, empty for none.
    width : float
        Width of the line [px], 0 for none.
    dash : tuple of float
        Dash pattern.
    casing : str
        Colour of a wider line below.
    opacity : float
        Of the fill.
    radius : float
        Of a point [px].
    sign, badge, solid, text : str
        Symbol of a point, and the word, ground and ink of a tier's.
    pattern, path, hatch : str
        Hatch: its name on the page, its path in one tile, its colour.
    tile, stroke : float
        Size of the tile and width of its lines [px].
    """

    fill: str = ""
    line: str = ""
    width: float = 0.0
    dash: tuple[float, ...] = ()
    casing: str = ""
    opacity: float = 1.0
    radius: float = 4.0
    sign: str = ""
    badge: str = ""
    solid: str = ""
    text: str = ""
    pattern: str = ""
    path: str = ""
    hatch: str = ""
    tile: float = 8.0
    stroke: float = 1.0


# One tile of each hatch of the style file.
_HATCHES = {
    "x": ("M0 0 L8 8 M8 0 L0 8", 8.0, 1.0),
    "/": ("M0 8 L8 0", 8.0, 1.2),
    "\\": ("M0 0 L8 8", 8.0, 1.2),
    "-": ("M0 4 L8 4", 8.0, 1.0),
    ".": ("M4 4 L4.01 4", 8.0, 2.2),
    "|": ("M4 0 L4 8", 8.0, 1.0),
}


def looks_of(style: Style, *, lang: Lang) -> dict[str, Look]:
    """Turn a style into what the script draws with.

    Parameters
    ----------
    style : Style
        The look.
    lang : {'zh', 'en'}
        Language of the badges.

    Returns
    -------
    dict of str to Look
        Looks by the names that `riskmap.content` uses.
    """
    ground = style.ground
    looks = {
        "base.neighbour": Look(fill=ground.neighbour, line=ground.neighbour_line, width=0.8),
        "base.study_area": Look(fill=ground.study_area, line=ground.boundary_line, width=1.6),
        "base.town": Look(line=ground.secondary, width=0.8, dash=(2, 2)),
        "base.built_up": Look(
            fill=ground.built_up, line=ground.neighbour_line, width=0.8, dash=(2, 1)
        ),
        "base.water": Look(fill=ground.water, line=ground.water_line, width=1.0),
        "base.road_minor": Look(line=ground.road_casing, width=1.0),
        "base.road_major": Look(line=ground.road_fill, width=2.0, casing=ground.road_casing),
        "base.road_expressway": Look(line=ground.road_fill, width=3.2, casing=ground.road_casing),
        "base.railway": Look(line="#FFFFFF", width=1.6, dash=(4, 4), casing=ground.railway),
        "base.pipeline": Look(line=ground.pipeline, width=1.4, dash=(4, 1, 1, 1)),
        "base.bridge": Look(fill="#FFFFFF", line=ground.ink, width=1.0, radius=3.0),
        "receptor.building": Look(
            fill=ground.building, line=ground.sensitive, width=0.3, opacity=0.7
        ),
        "receptor.residential": Look(
            fill=ground.residential, line=ground.residential_line, width=1.0
        ),
        "receptor.sensitive": Look(fill=ground.sensitive, line=ground.ink, width=1.0, radius=4.0),
        "unit.plain": Look(
            fill=ground.mine_fill, line=ground.mine_line, width=1.0, opacity=0.35, radius=4.0
        ),
        "unit.outline": Look(line=ground.ink, width=0.8, radius=3.0, fill=""),
        "unit.park": Look(line=ground.park_line, width=2.2),
        "unit.mine": Look(line=ground.mine_line, width=1.4),
        "unit.plant": Look(line=ground.ink, width=0.9),
        "check.control_line": Look(line=ground.control_line, width=1.4, dash=(5, 1, 1, 1)),
        "check.ring": Look(line=ground.ring, width=1.1, dash=(4, 2)),
        "symbol.major_hazard": Look(sign="diamond"),
        "symbol.judged": Look(sign="hidden-judged"),
        "symbol.suspected": Look(sign="hidden-suspected"),
    }
    for name, tier in style.tiers.items():
        path, tile, stroke = _HATCHES.get(tier.hatch[:1], ("", 8.0, 1.0))
        looks[f"tier.{name}"] = Look(
            fill=tier.area,
            line="#FFFFFF",
            width=1.0,
            sign="tier-spot",
            badge=tier.badge.read(lang),
            solid=tier.solid,
            text=tier.text,
            pattern=f"hatch-{name}" if path else "",
            path=path,
            hatch=tier.hatch_colour,
            tile=tile,
            stroke=stroke,
        )
    for name, influence in style.influences.items():
        path, tile, stroke = _HATCHES.get(influence.hatch[:1], ("", 8.0, 1.0))
        looks[f"influence.{name}"] = Look(
            fill=influence.area,
            line="#FFFFFF",
            width=0.6,
            pattern=f"hatch-influence-{name}" if path else "",
            path=path,
            hatch=influence.hatch_colour,
            tile=tile,
            stroke=stroke,
        )
    for name, verdict in style.verdicts.items():
        looks[f"verdict.{name}"] = Look(
            line=verdict.line, width=verdict.width * 1.3, dash=verdict.dash, casing="#FFFFFF"
        )
    return looks


def map_payload(
    content: MapContent, *, assessment: Assessment, lang: Lang, style: Style
) -> dict[str, Any]:
    """Build the data block of a map page.

    Parameters
    ----------
    content : MapContent
        What the map shows.
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language wanted.
    style : Style
        The look.

    Returns
    -------
    dict
        JSON-ready.
    """
    plane = assessment.plane.crs
    drawn = [entry for entry in content.drawn if entry.shape != "label" and entry.count]
    facts = map_facts(content, assessment=assessment, lang=lang)
    layers = [_layer(entry, facts, lang) for entry in drawn]
    shown = {feature.get("ref") for layer in layers for feature in layer["features"]}
    details = {ref: asdict(fact) for ref, fact in facts.items() if ref in shown}
    return {
        "bounds": _bounds(content, plane),
        "looks": {name: _look(look) for name, look in looks_of(style, lang=lang).items()},
        "layers": layers,
        "legend": _legend(content, lang),
        "labels": _labels(content),
        "names": _names(drawn, lang),
        "details": details,
        "words": {
            "findings": say("map.findings", lang),
            "nothing": say("map.nothing", lang),
            "datum": say("map.datum", lang),
            "groups": {
                name: say(f"group.{name}", lang) for name in ("result", "check", "receptor", "base")
            },
        },
    }


def embed(payload: dict[str, Any]) -> str:
    """Write a data block so that no text in it can end the script element.

    Parameters
    ----------
    payload : dict
        JSON-ready values.

    Returns
    -------
    str
        JSON with ``<``, ``>`` and ``&`` escaped.
    """
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _look(look: Look) -> dict[str, Any]:
    empty = Look()
    values = asdict(look)
    return {name: value for name, value in values.items() if value != getattr(empty, name)}


def lonlat_geometry(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Write geometries as GeoJSON with rounded longitude and latitude.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Features in any plane.

    Returns
    -------
    list of dict
        GeoJSON geometries.
    """
    shapes = np.asarray(frame.to_crs("EPSG:4326").geometry.array)
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS))
    return [json.loads(text) for text in shapely.to_geojson(rounded)]


def _layer(drawn: Drawn, facts: Mapping[str, Fact], lang: Lang) -> dict[str, Any]:
    frame = drawn.features
    tolerance = _SIMPLIFY_M.get(drawn.look)
    if tolerance:
        frame = frame.assign(geometry=frame.geometry.simplify(tolerance))
    refs, labels = frame["ref"].astype("str").fillna(""), frame["label"].astype("str").fillna("")
    features: list[dict[str, Any]] = [{"g": geometry} for geometry in lonlat_geometry(frame)]
    for feature, ref, label in zip(features, refs, labels, strict=True):
        # Only what can be clicked or read aloud carries its name: a page of buildings is large.
        if ref in facts:
            feature["ref"] = ref
            feature["label"] = label
    if drawn.look == "symbol.major_hazard":
        for feature, grade in zip(features, frame["major_hazard_grade"], strict=True):
            feature["digit"] = f"{grade:.0f}"
    return {"look": drawn.look, "legend": drawn.legend.read(lang), "features": features}


def _bounds(content: MapContent, plane: str) -> list[list[float]]:
    corner = gpd.GeoSeries([shapely.box(*content.frame)], crs=plane).to_crs("EPSG:4326")
    west, south, east, north = (round(float(value), _DECIMALS) for value in corner.total_bounds)
    return [[south, west], [north, east]]


def _legend(content: MapContent, lang: Lang) -> list[dict[str, str]]:
    entries = []
    shown = legend_of(content)
    last_result = max(
        (
            index
            for index, drawn in enumerate(shown)
            if drawn.look.startswith(("tier.", "symbol.judged", "symbol.suspected"))
        ),
        default=-1,
    )
    for index, drawn in enumerate(shown):
        entry = {
            "look": drawn.look,
            "shape": drawn.shape,
            "group": drawn.group,
            "legend": drawn.legend.read(lang),
            "count": _count(drawn, lang),
        }
        if index == last_result:
            key = "map.total_units" if content.theme == "tier" else "map.total_records"
            entry["total"] = say(key, lang, {"n": content.total})
        entries.append(entry)
    return entries


def _count(drawn: Drawn, lang: Lang) -> str:
    if not drawn.counted and not drawn.look.startswith("influence."):
        return ""
    area = drawn.area_km2
    size = f"{area:.2f} km²" if area >= 0.005 else ""
    if drawn.look.startswith("influence."):
        return size
    count = say("map.count", lang, {"n": drawn.count})
    return f"{count} · {size}" if size else count


_RANKS = {"city": 0, "town": 1, "village": 3}


def _labels(content: MapContent) -> list[dict[str, Any]]:
    made = []
    for drawn in content.drawn:
        if drawn.shape != "label" or not drawn.count:
            continue
        frame = drawn.features
        points = frame.assign(geometry=shapely.point_on_surface(np.asarray(frame.geometry.array)))
        lonlat = points.set_crs(frame.crs, allow_override=True).to_crs("EPSG:4326").geometry
        for label, kind, point in zip(frame["label"], frame["kind"], lonlat, strict=True):
            if not isinstance(label, str) or not label:
                continue
            is_unit = drawn.look == "label.unit"
            made.append(
                {
                    "label": label,
                    "kind": "unit" if is_unit else str(kind),
                    "rank": 2 if is_unit else _RANKS.get(str(kind), 3),
                    "lon": round(point.x, 5),
                    "lat": round(point.y, 5),
                }
            )
    return made


def _names(drawn: list[Drawn], lang: Lang) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for entry in drawn:
        if entry.look.startswith(
            ("check.", "verdict.", "influence.", "base.neighbour", "base.study")
        ):
            continue
        frame = entry.features
        lonlat = frame.assign(
            geometry=shapely.point_on_surface(np.asarray(frame.geometry.array))
        ).set_crs(frame.crs, allow_override=True)
        points = lonlat.to_crs("EPSG:4326").geometry
        columns = (frame["ref"], frame["label"], frame["kind"], frame["role"], points)
        for ref, name, kind, role, point in zip(*columns, strict=True):
            if not isinstance(name, str) or not name or str(ref) in found:
                continue
            told = word("kind", kind, lang) or word("role", role, lang)
            found[str(ref)] = {
                "ref": str(ref),
                "name": name,
                "kind": told or entry.legend.read(lang),
                "lon": round(point.x, 5),
                "lat": round(point.y, 5),
            }
    return sorted(found.values(), key=lambda item: (item["name"], item["ref"]))
