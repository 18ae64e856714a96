"""What is known of a feature, a unit or a hidden danger, in a reader's words.

The map's panel and the review page show the same facts, so that they never disagree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from riskmap.ratings import conflict_words, letter_words, scheme_word
from riskmap.roles import columns_of
from riskmap.schemes import Schemes
from riskmap.verdict import metres
from riskmap.words import code_word, kind_word, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from riskmap.assessment import Assessment
    from riskmap.quality import Layer
    from riskmap.words import Lang

Row = tuple[str, str]

_SHOWN_ELSEWHERE = frozenset({"id", "name", "kind", "reference", "unit_of", "park", "mine"})
# Columns whose values are codes, and the family of their words.
_CODED: Mapping[str, str] = MappingProxyType(
    {
        "receptor_class": "receptor_class",
        "scale": "mine_scale",
        "fuel": "fuel",
        "structure": "structure",
        "river_class": "river_class",
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Hold what a panel says of one thing.

    Parameters
    ----------
    title : str
        Its name, or what it is.
    kind : str
        What it is.
    rows : tuple of (str, str)
        Labels and values.
    """

    title: str
    kind: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class DangerFacts:
    """Hold what a page says of a hidden danger.

    Parameters
    ----------
    id, unit, finding, standing : str
        Codes and references.
    belongs : tuple of str
        References of the unit, what it is part of, and its park.
    title, kind, content : str
        Unit, standing and content in words.
    rows : tuple of (str, str)
        Labels and values.
    is_placed : bool
        Whether the map can show it.
    """

    id: str
    unit: str
    finding: str
    standing: str
    belongs: tuple[str, ...]
    title: str
    kind: str
    content: str
    rows: tuple[Row, ...]
    is_placed: bool


def unit_index(assessment: Assessment) -> dict[str, dict[str, str]]:
    """Return name, unit and park of every assessment unit.

    Parameters
    ----------
    assessment : Assessment
        Finished run.

    Returns
    -------
    dict of str to dict
        ``ref``, ``name``, ``unit``, ``park`` and ``park_name`` by reference.
    """
    units = pd.DataFrame(assessment.units)[["ref", "name", "unit", "park", "park_name"]]
    return {
        row["ref"]: {str(key): str(value) for key, value in row.items()}
        for row in units.to_dict("records")
    }


def danger_facts(assessment: Assessment, *, lang: Lang) -> dict[str, DangerFacts]:
    """Say what is known of every hidden danger.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    dict of str to DangerFacts
        Facts by id, in the order of HIDDEN_DANGERS.
    """
    units = unit_index(assessment)
    criteria = {criterion.entry.id: criterion for criterion in assessment.rulebook.criteria}
    table = assessment.hidden_dangers
    shapes = np.asarray(table.geometry.array)
    placed = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    names = [name for name in table.columns if name not in {"geometry", "unit", "unit_name"}]
    found: dict[str, DangerFacts] = {}
    for row, is_placed in zip(pd.DataFrame(table).to_dict("records"), placed, strict=True):
        unit = units.get(str(row["unit"]), {})
        criterion = criteria.get(str(row["criterion"]))
        if criterion is not None:
            title = criterion.entry.title.read(lang)
            where = f"{criterion.instrument.title.read(lang)} {criterion.entry.item}"
            row["criterion"] = say("facts.noted", lang, {"text": where, "note": title})
            row["content"] = title if row["origin"] == "rule" else row["content"]
        above = (row["unit"], unit.get("unit"), unit.get("park"))
        found[str(row["id"])] = DangerFacts(
            id=str(row["id"]),
            unit=str(row["unit"]),
            finding=str(row["finding_id"]),
            standing=str(row["standing"]),
            belongs=tuple(dict.fromkeys(str(ref) for ref in above if ref)),
            title=str(row["unit_name"]),
            kind=code_word("standing", row["standing"], lang),
            content=str(row["content"]),
            rows=tuple(
                (say(f"column.{name}", lang), code_word(name, row[name], lang))
                for name in names
                if row[name]
            ),
            is_placed=bool(is_placed),
        )
    return found


def unit_facts(row: Mapping[str, object], *, lang: Lang, schemes: Schemes | None = None) -> Facts:
    """Say what is known of an assessment unit.

    Parameters
    ----------
    row : mapping
        Row of UNITS.
    lang : {'zh', 'en'}
        Language wanted.
    schemes : Schemes, optional
        Tier schemes of the run, for their names and directions.

    Returns
    -------
    Facts
        Name, kind, owner, place and adopted tier, and where a computed one differs.
    """
    schemes = schemes or Schemes()
    park = str(row["park_name"]) or say("table.outside_parks", lang)
    tier = say(f"tier.{row['tier']}.long", lang)
    note = code_word("tier_note", row["tier_note"], lang)
    scheme = scheme_word(schemes, row["scheme"], lang=lang)
    scheme_note = code_word("scheme_note", row["scheme_note"], lang)
    values: dict[str, object] = {
        "tier": _noted(tier, note, lang),
        "computed_tier": _noted(
            code_word("tier", row["computed_tier"], lang) or str(row["computed_letter"]),
            scheme_word(schemes, row["computed_by"], lang=lang),
            lang,
        ),
        "tier_conflict": conflict_words(row, schemes=schemes, lang=lang),
        "scheme": _noted(scheme, scheme_note, lang),
        **{name: row[name] for name in ("assessor", "assessed_on", "valid_until", "document")},
        "role": code_word("role", row["role"], lang),
        "owner": row["owner"],
        "park_name": "" if row["role"] == "chemical_park" else park,
        "built_up": code_word("yes_no", row["built_up"], lang),
        "town_name": row["town_name"],
        "grade": letter_words(row["grade"], schemes=schemes, role=str(row["role"]), lang=lang),
        "ref": row["ref"],
    }
    grade = row["major_hazard_grade"]
    if isinstance(grade, float) and math.isfinite(grade):
        values["major_hazard_grade"] = f"{grade:.0f}"
    rows = tuple(
        (say(f"column.{name}", lang), str(value)) for name, value in values.items() if value
    )
    return Facts(str(row["name"]), kind_word(row["kind"], row["role"], lang), rows)


def _noted(text: str, note: str, lang: Lang) -> str:
    return say("facts.noted", lang, {"text": text, "note": note}) if text and note else text


def feature_facts(row: Mapping[str, object], *, layer: Layer | None, lang: Lang) -> Facts:
    """Say what is known of a feature of a layer.

    Parameters
    ----------
    row : mapping
        Row of the layer's features.
    layer : Layer or None
        The layer, for what it declares.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    Facts
        Name, kind and every column that is known.
    """
    role = str(row["role"])
    kind = kind_word(row.get("kind"), role, lang)
    rows: list[Row] = []
    for name, column in columns_of(role).items():
        value = row.get(name)
        if name in _SHOWN_ELSEWHERE or _is_missing(value):
            continue
        printed = f"{value:g}" if isinstance(value, float) else str(value)
        if column.type == "yes_no":
            printed = code_word("yes_no", value, lang)
        elif name in _CODED:
            printed = code_word(_CODED[name], value, lang)
        rows.append((code_word("field", name, lang), printed))
    if layer is not None:
        rows += _declared(layer, row, lang)
    own = row.get("name")
    title = kind if _is_missing(own) else str(own)
    return Facts(title, kind, tuple(rows))


def _is_missing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _declared(layer: Layer, row: Mapping[str, object], lang: Lang) -> list[Row]:
    rows = [(say("facts.layer", lang), layer.spec.title.read(lang))]
    held = row.get("reference")
    line = str(held) if not _is_missing(held) else layer.spec.reference
    if line:
        rows.append((say("column.reference", lang), code_word("line", line, lang)))
    if layer.accuracy_m:
        rows.append((say("column.accuracy_m", lang), metres(layer.accuracy_m)))
    if layer.spec.illustrative:
        rows.append((say("facts.nature", lang), say("facts.illustrative", lang)))
    return rows
