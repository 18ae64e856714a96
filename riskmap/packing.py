"""Pack a map for the page's script: coordinates as whole numbers, facts once, nothing else.

Coordinates are rounded here for display only: to 0.000001 degree, about a decimetre.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.claims import FindingFacts, finding_facts, rule_facts
from riskmap.content import unit_members
from riskmap.inks import ink_of
from riskmap.particulars import DangerFacts, Facts, danger_facts, feature_facts, unit_facts
from riskmap.tiers import TIERS
from riskmap.verdict import VERDICTS, metres
from riskmap.words import keys, say, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from riskmap.assessment import Assessment
    from riskmap.content import Drawn, MapContent
    from riskmap.style import Style
    from riskmap.words import Lang

# Above this many features a run of layers is drawn on a canvas instead of as SVG.
CANVAS_ABOVE = 3000

_DEGREE = 1e6
# Ground is thinned for the screen; results, receptors and checks are drawn as they stand.
_GROUND_TOLERANCE_M = 3.0
_UNIT_LOOKS = ("tier.", "unit.", "symbol.major_hazard")
_BY_ID = ("verdict.", "symbol.judged", "symbol.suspected", "base.study_area")
_LABEL_RANKS = {"city": 0.0, "town": 100.0}
_VILLAGE_RANK, _OUTSIDE_RANK, _UNIT_RANK, _AREA_RANK = 300.0, 250.0, 150.0, 50.0


@dataclass(frozen=True, slots=True)
class Packing:
    """Say what is packed and how.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    content : MapContent
        What the map shows.
    style : Style
        Colours.
    lang : {'zh', 'en'}
        Language.
    left_out : tuple of str
        Beginnings of looks that this page draws itself, or not at all.
    words : tuple of str
        Beginnings of the wording keys that the page's script uses.
    targets : frozenset of str or None
        The only buildings to draw, where a page is about findings; None draws all.
    """

    assessment: Assessment
    content: MapContent
    style: Style
    lang: Lang
    left_out: tuple[str, ...] = ()
    words: tuple[str, ...] = ("webmap.", "detail.")
    targets: frozenset[str] | None = None


def pack(packing: Packing) -> str:
    """Write everything that a page's script needs as JSON, safe inside a script element.

    Parameters
    ----------
    packing : Packing
        What is packed and how.

    Returns
    -------
    str
        JSON without ``<``.
    """
    assessment, lang = packing.assessment, packing.lang
    findings = _findings(packing)
    shelf = _Shelf(packing)
    layers = [
        _layer(drawn, shelf, packing)
        for drawn in _parks_below(packing.content.drawn)
        if drawn.shape != "label" and not drawn.look.startswith(packing.left_out or ("\0",))
    ]
    rules = {
        name: asdict(rule_facts(assessment.rulebook.rule(name), lang=lang))
        for name in sorted({finding.rule for finding in findings})
    }
    looks = {str(layer["look"]) for layer in layers} | {f"verdict.{name}" for name in VERDICTS}
    payload = {
        "bounds": _bounds(packing),
        "canvas_above": CANVAS_ABOVE,
        "inks": {
            look: asdict(ink_of(look, style=packing.style, lang=lang)) for look in sorted(looks)
        },
        "layers": layers,
        "details": shelf.details,
        "labels": list(_labels(packing)),
        "grades": _grades(assessment),
        "finding_fields": [field.name for field in fields(FindingFacts)],
        "finding_rows": [list(asdict(finding).values()) for finding in findings],
        "rules": rules,
        "dangers": {name: asdict(fact) for name, fact in _dangers(packing)},
        "unit_list": _unit_list(packing),
        "asking": list(VERDICTS[:4]),
        "verdicts": {name: say(f"verdict.{name}", lang) for name in VERDICTS},
        "words": {key: text(key).read(lang) for key in keys() if key.startswith(packing.words)},
    }
    return dump(payload)


def dump(payload: object) -> str:
    """Write JSON that may stand inside a script element.

    Parameters
    ----------
    payload : object
        Lists, mappings, text and numbers.

    Returns
    -------
    str
        JSON without ``<``.
    """
    made = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return made.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _parks_below(drawn: Sequence[Drawn]) -> Iterator[Drawn]:
    """Put the fill of parks below every other fill: plants stand in them."""
    fills = [entry for entry in drawn if entry.look.startswith(("tier.", "unit.plain"))]
    first = fills[0] if fills else None
    for entry in drawn:
        if entry is first:
            yield from (_of_parks(fill, parks=True) for fill in fills)
        is_fill = entry.look.startswith(("tier.", "unit.plain"))
        yield _of_parks(entry, parks=False) if is_fill else entry


def _of_parks(drawn: Drawn, *, parks: bool) -> Drawn:
    chosen = (drawn.features["role"] == "chemical_park") == parks
    return replace(drawn, features=drawn.features[chosen])


class _Shelf:
    """Keep each text of details once, and say where it lies."""

    def __init__(self, packing: Packing) -> None:
        self.packing = packing
        self.details: list[list[object]] = []
        self._places: dict[str, int] = {}
        self._layers = {layer.spec.id: layer for layer in packing.assessment.layers}
        unit = packing.content.unit
        self._members = unit_members(packing.assessment, unit) if unit else None
        self._sources: dict[str, Mapping[str, object]] = {}

    def place(self, row: Mapping[str, object], drawn: Drawn) -> int:
        if drawn.look.startswith(_BY_ID):
            return -1
        is_unit = drawn.look.startswith(_UNIT_LOOKS)
        facts = self._facts(row, drawn, is_unit=is_unit)
        entry: list[object] = [facts.title, facts.kind, facts.rows, is_unit]
        key = json.dumps(entry, ensure_ascii=False)
        if key not in self._places:
            self._places[key] = len(self.details)
            self.details.append(entry)
        return self._places[key]

    def _facts(self, row: Mapping[str, object], drawn: Drawn, *, is_unit: bool) -> Facts:
        lang = self.packing.lang
        if is_unit:
            return self._unit(row)
        if drawn.look == "check.ring":
            rule = self.packing.assessment.rulebook.rule(str(row["rule"]))
            rows = (
                (say("detail.rule", lang), rule.entry.title.read(lang)),
                (say("column.required_m", lang), metres(float(str(row["required_m"])))),
                (say("detail.citation", lang), rule.citation(lang)),
            )
            return Facts(drawn.legend.read(lang), say("group.check", lang), rows)
        if drawn.look.startswith("influence."):
            square = (say("facts.area", lang), f"{float(str(row['area_m2'])) / 1e6:.2f}")
            hazards = (say("facts.hazards", lang), str(row["hazards"]))
            return Facts(drawn.legend.read(lang), say("theme.influence", lang), (square, hazards))
        return feature_facts(row, layer=self._layers.get(str(row.get("layer"))), lang=lang)

    def _unit(self, row: Mapping[str, object]) -> Facts:
        schemes = self.packing.assessment.schemes
        facts = unit_facts(row, lang=self.packing.lang, schemes=schemes)
        ref = str(row["ref"])
        if self._members is not None and ref not in self._members:
            # What another firm holds is not for this firm's page.
            return facts
        source = self._source(ref)
        if source is None:
            return facts
        layer = self._layers[ref.partition("/")[0]]
        known = {label for label, _ in facts.rows}
        more = feature_facts(source, layer=layer, lang=self.packing.lang).rows
        extra = tuple(row for row in more if row[0] not in known)
        return Facts(facts.title, facts.kind, facts.rows + extra)

    def _source(self, ref: str) -> Mapping[str, object] | None:
        name = ref.partition("/")[0]
        if name in self._layers and name not in {key.partition("/")[0] for key in self._sources}:
            table = pd.DataFrame(self._layers[name].features).drop(columns="geometry")
            for row in table.to_dict("records"):
                self._sources[str(row["ref"])] = {str(key): value for key, value in row.items()}
        return self._sources.get(ref)


def _layer(drawn: Drawn, shelf: _Shelf, packing: Packing) -> dict[str, object]:
    if drawn.look == "receptor.building" and packing.targets is not None:
        drawn = replace(drawn, features=drawn.features[drawn.features["ref"].isin(packing.targets)])
    shapes = np.asarray(drawn.features.geometry.array)
    if drawn.look.startswith("base."):
        shapes = shapely.simplify(shapes, _GROUND_TOLERANCE_M)
    placed = gpd.GeoSeries(shapes, crs=packing.assessment.plane.crs).to_crs("EPSG:4326")
    table = pd.DataFrame(drawn.features.drop(columns="geometry")).to_dict("records")
    features = []
    for row, shape in zip(table, placed, strict=True):
        if shape is None or shape.is_empty:
            continue
        named: dict[str, object] = {str(key): value for key, value in row.items()}
        ref = named["ref"] if isinstance(named["ref"], str) else ""
        features.append([shelf.place(named, drawn), ref, *_coordinates(shape)])
    return {"look": drawn.look, "shape": drawn.shape, "group": drawn.group, "features": features}


def _coordinates(shape: shapely.Geometry) -> tuple[int, list[object]]:
    """Return the dimension, and points, lines or polygons with their rings as steps."""
    dimension = int(shapely.get_dimensions(shape))
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_dimensions(parts) == dimension]
    if dimension == 0:
        return 0, [_steps(shapely.get_coordinates(part)) for part in parts]
    if dimension == 1:
        return 1, [_steps(shapely.get_coordinates(part)) for part in parts]
    rings, owner = shapely.get_rings(parts, return_index=True)
    polygons: list[list[list[int]]] = [[] for _ in parts]
    for ring, index in zip(rings, owner, strict=True):
        # The last vertex is the first: the page closes its rings itself.
        polygons[index].append(_steps(shapely.get_coordinates(ring)[:-1]))
    return 2, list(polygons)


def _steps(places: NDArray[np.float64]) -> list[int]:
    whole = np.rint(places * _DEGREE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=0)
    # Two vertices that fall on one spot are one.
    kept = np.r_[True, (steps[1:] != 0).any(axis=1)]
    made: list[int] = steps[kept].ravel().tolist()
    return made


def _bounds(packing: Packing) -> list[list[float]]:
    box = gpd.GeoSeries([shapely.box(*packing.content.frame)], crs=packing.assessment.plane.crs)
    west, south, east, north = (
        round(float(edge), 6) for edge in box.to_crs("EPSG:4326").total_bounds
    )
    return [[south, west], [north, east]]


def _findings(packing: Packing) -> list[FindingFacts]:
    found = finding_facts(packing.assessment, lang=packing.lang)
    unit = packing.content.unit
    if not unit:
        return list(found.values())
    members = unit_members(packing.assessment, unit)
    return [fact for fact in found.values() if fact.source in members or fact.target in members]


def _dangers(packing: Packing) -> Iterator[tuple[str, DangerFacts]]:
    unit = packing.content.unit
    members = unit_members(packing.assessment, unit) if unit else None
    for name, fact in danger_facts(packing.assessment, lang=packing.lang).items():
        if members is None or fact.unit in members:
            yield name, fact


def _grades(assessment: Assessment) -> dict[str, str]:
    units = assessment.units
    held = units[units["major_hazard_grade"].notna()]
    return {
        str(ref): f"{grade:.0f}"
        for ref, grade in zip(held["ref"], held["major_hazard_grade"], strict=True)
    }


def _unit_list(packing: Packing) -> list[list[str]]:
    rank = {tier: place for place, tier in enumerate(TIERS)}
    found: list[tuple[int, list[str]]] = []
    for drawn in (*packing.content.with_look("tier."), *packing.content.with_look("unit.plain")):
        table = drawn.features
        for ref, name, tier in zip(table["ref"], table["name"], table["tier"], strict=True):
            word = say(f"tier.{tier}.long", packing.lang)
            found.append((rank[str(tier)], [str(ref), str(name), word]))
    return [entry for _, entry in sorted(found)]


def _labels(packing: Packing) -> Iterator[list[object]]:
    """List name, kind, rank, place and look of every name that may stand on the map."""
    crs = packing.assessment.plane.crs
    ground = packing.content.with_look("base.study_area")
    area = shapely.union_all(np.asarray(ground[0].features.geometry.array))
    shapely.prepare(area)
    for drawn in packing.content.drawn:
        if drawn.look not in {"label.place", "label.unit", "base.neighbour"} or not drawn.count:
            continue
        spots = _label_spots(drawn, packing)
        inside = shapely.intersects(area, spots)
        places = gpd.GeoSeries(spots, crs=crs).to_crs("EPSG:4326")
        rows = drawn.features.to_dict("records")
        for row, spot, is_inside in zip(rows, places, inside, strict=True):
            if not row["label"] or row["label"] == row["ref"] or spot.is_empty:
                continue
            kind, rank = _label_rank(row, drawn.look, is_inside=bool(is_inside))
            if kind == "unit" and packing.content.unit and row["role"] == "chemical_plant":
                kind = "plot"
            look = "label.unit" if drawn.look == "label.unit" else "label.place"
            place = [round(spot.x * _DEGREE), round(spot.y * _DEGREE)]
            yield [row["label"], kind, round(rank, 4), place, look]


def _label_spots(drawn: Drawn, packing: Packing) -> NDArray[np.object_]:
    shapes = np.asarray(drawn.features.geometry.array)
    if drawn.look == "base.neighbour":
        shapes = shapely.intersection(shapes, shapely.box(*packing.content.frame))
    spots = np.asarray(shapely.point_on_surface(shapes))
    if packing.content.unit and drawn.look == "label.unit":
        # Inside a park the name of a firm stands at the upper edge of its plot.
        west, _, east, north = shapely.bounds(shapes).T
        is_plot = (drawn.features["role"] == "chemical_plant").to_numpy()
        spots = np.where(is_plot, shapely.points((west + east) / 2.0, north), spots)
    return spots


def _label_rank(row: Mapping[str, object], look: str, *, is_inside: bool) -> tuple[str, float]:
    if look == "base.neighbour":
        return "area", _AREA_RANK
    if look == "label.unit":
        return "unit", _UNIT_RANK + (0.0 if row["role"] == "chemical_park" else 1.0)
    kind = str(row["kind"]) if row["kind"] in _LABEL_RANKS else "village"
    people = row.get("population")
    people = people if isinstance(people, float) and people > 0 else 0.0
    # Within a rank the more people come first.
    ahead = min(people, 1e8) / 1e8 * 40.0
    if not is_inside:
        return "outside", _OUTSIDE_RANK - ahead
    return kind, _LABEL_RANKS.get(kind, _VILLAGE_RANK) - ahead
