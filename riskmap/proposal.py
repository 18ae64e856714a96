"""Read what somebody proposes to build: a file of candidates, or one spot.

What a candidate is stands in a small TOML beside its file, with the keys of a catalog's
``[[layer]]``, or on the command line.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from riskmap.catalog import LayerSpec, make_spec, read_toml
from riskmap.errors import ConfigError, DataError, complain
from riskmap.io import RawLayer, open_layer
from riskmap.pipeline import nothing_left
from riskmap.provenance import file_digest
from riskmap.quality import check_layer
from riskmap.roles import is_register

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from riskmap.quality import Layer

# What one spot is, when nobody says: a point somewhere inside what will stand there.
_SPOT_LINE = "inside_point"
_SPOT_FILE = "point"


@dataclass(frozen=True, slots=True)
class Declared:
    """Hold what the command line says of candidates; it goes before the TOML.

    Parameters
    ----------
    role, datum, reference : str or None
        As in a catalog.
    accuracy_m : float or None
        Largest positional error [m].
    constants : mapping of str to str
        Columns with one value for every candidate.
    point : tuple of float or None
        Longitude and latitude of one spot [degrees of `datum`], in place of a file.
    """

    role: str | None = None
    datum: str | None = None
    reference: str | None = None
    accuracy_m: float | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    point: tuple[float, float] | None = None


def read_proposal(path: Path | None, *, declared: Declared, as_of: date) -> Layer:
    """Read the candidates of a siting question.

    Parameters
    ----------
    path : pathlib.Path or None
        Their file, or the TOML that names it under ``file``; None with `declared.point`.
    declared : Declared
        What the command line says.
    as_of : datetime.date
        Assessment date: the day on which a candidate counts as established unless its row
        says another.

    Returns
    -------
    Layer
        The candidates in EPSG:3395.

    Raises
    ------
    ConfigError
        When it is not said what they are.
    DataError
        When the file cannot be used.
    """
    if (path is None) == (declared.point is None):
        raise ConfigError([complain("error.site_one_source")])
    if path is None:
        raw = _spot(declared, as_of)
        layer = check_layer(raw)
    else:
        folder, spec = _spec_of_file(path, declared, as_of)
        raw = open_layer(spec, folder=folder)
        layer = check_layer(raw, digest=file_digest(raw.path))
    complaints = nothing_left(layer.counts, spec=layer.spec, problems=layer.problems)
    if complaints:
        raise DataError(complaints)
    dates = layer.features["established"].fillna(as_of.isoformat())
    return replace(layer, features=layer.features.assign(established=dates))


def _spec_of_file(path: Path, declared: Declared, as_of: date) -> tuple[Path, LayerSpec]:
    beside = path.with_suffix(".toml")
    keys = read_toml(beside) if beside.is_file() or path == beside else {}
    if path != beside and keys.get("file", path.name) != path.name:
        values = {"file": beside, "key": "file", "reason": f"{keys['file']} ≠ {path.name}"}
        raise ConfigError([complain("error.bad_value", values)])
    if path != beside:
        keys["file"] = path.name
    if str(keys.get("file", "")).lower().endswith(".csv") and "longitude" not in keys:
        keys |= {"longitude": "longitude", "latitude": "latitude"}
    named = beside if beside.is_file() else path
    return path.parent, _spec(keys, declared, as_of, named)


def _spec(keys: dict[str, object], declared: Declared, as_of: date, named: Path) -> LayerSpec:
    stem = Path(str(keys.get("file", named.name))).stem
    usual: dict[str, object] = {
        "id": "candidates",
        "title": {"zh": f"拟建项目（{stem}）", "en": f"Candidates ({stem})"},
        "source": {"zh": "拟建项目资料", "en": "the proposal"},
        "licence": "",
        "vintage": as_of.isoformat(),
    }
    told = {
        "role": declared.role,
        "datum": declared.datum,
        "reference": declared.reference,
        "accuracy_m": declared.accuracy_m,
    }
    keys = usual | keys | {name: value for name, value in told.items() if value is not None}
    if "role" not in keys:
        raise ConfigError([complain("error.site_no_role", {"file": named})])
    held = keys.get("constants")
    if declared.constants and (held is None or isinstance(held, dict)):
        keys["constants"] = {**(held or {}), **declared.constants}
    spec = make_spec(keys, file=named)
    if is_register(spec.role):
        raise ConfigError([complain("error.site_register", {"role": spec.role})])
    return spec


def _spot(declared: Declared, as_of: date) -> RawLayer:
    keys: dict[str, object] = {"file": _SPOT_FILE, "reference": _SPOT_LINE}
    named = Path(_SPOT_FILE)
    spec = _spec(keys, declared, as_of, named)
    table = pd.DataFrame({"id": ["1"]}, dtype="str")
    point = np.full(1, None, dtype=object)
    point[0] = shapely.Point(declared.point or ())
    return RawLayer(spec, named, table, point, None)
