"""Take a large layer past what may reach its rows, batch by batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from riskmap.classes import classify_receptors, fill_classes
from riskmap.errors import DataError
from riskmap.geometry import OK
from riskmap.pipeline import WIDEST_ROAD_M, nothing_left
from riskmap.quality import FirstOnes, LayerCounts, check_layer, leave_outside
from riskmap.setback import check_receptors
from riskmap.sweep import listed_reach, make_sweeper
from riskmap.wkb import rows_of_shapes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import geopandas as gpd
    from numpy.typing import NDArray

    from riskmap.batches import LayerSource
    from riskmap.columns import Problem
    from riskmap.hazards import HazardSide
    from riskmap.pipeline import Prepared
    from riskmap.progress import Progress
    from riskmap.quality import Layer
    from riskmap.setback import Part
    from riskmap.sweep import Sweeper


def doubt_of(source: LayerSource) -> float:
    """Tell how far at most the true lines of a streamed layer may lie from the drawn ones.

    Parameters
    ----------
    source : LayerSource
        The layer.

    Returns
    -------
    float
        Distance [m].
    """
    return source.accuracy_m + (source.spec.line_within_m or 0.0) + WIDEST_ROAD_M


def take_near(
    source: LayerSource,
    *,
    near: Sweeper,
    ready: Prepared,
    take: Callable[[Layer], None],
    progress: Progress,
) -> LayerCounts:
    """Read a layer batch by batch and hand on the rows that something can reach.

    Parameters
    ----------
    source : LayerSource
        The layer.
    near : Sweeper
        What may reach its rows, and how far (`watch`).
    ready : Prepared
        What is held; rows beyond its reach are left outside.
    take : callable
        Given each batch of near rows, checked, as a layer.
    progress : Progress
        Told of each batch.

    Returns
    -------
    LayerCounts
        What became of the layer's rows; those that nothing can reach are outside.

    Raises
    ------
    DataError
        When the file cannot be read, or every row of it is rejected.
    """
    spec = source.spec
    seen = LayerCounts(spec.id, spec.role, source.rows, 0, 0, 0, 0, 0)
    once = FirstOnes()
    first: list[Problem] = []
    for batch in source.batches(near.grid.box.reshape(-1, 4)):
        reached, status = near.near(batch.places())
        # What is no place is looked at as well: quality says why it is rejected.
        wanted = reached | (status != OK)
        if wanted.any():
            layer = once.keep(check_layer(batch.raw_layer(wanted)))
            first = first or [one for one in layer.problems if one.outcome == "rejected"][:1]
            layer = leave_outside(layer, reach=ready.reach)
            seen = replace(
                seen,
                used=seen.used + layer.counts.used,
                repaired=seen.repaired + layer.counts.repaired,
                rejected=seen.rejected + layer.counts.rejected,
            )
            if len(layer.features):
                take(layer)
        progress.advance(spec.id)
    # A row that is in reach of no hazard, read or unread, is outside.
    counts = replace(seen, outside=source.rows - seen.used - seen.repaired - seen.rejected)
    complaints = nothing_left(counts, spec=spec, problems=first)
    if complaints:
        raise DataError(complaints)
    return counts


def check_batch(side: HazardSide, layer: Layer, *, ready: Prepared) -> tuple[Layer, Part]:
    """Classify the receptors of one batch of a streamed layer and check them.

    Parameters
    ----------
    side : HazardSide
        The hazards' side of all pairs.
    layer : Layer
        The batch.
    ready : Prepared
        What is held.

    Returns
    -------
    tuple of (Layer, Part)
        The batch with the classes filled in, and what it came to.
    """
    filled, unsure = classify_batch(layer, ready=ready, as_of=side.as_of)
    return filled, _say_unsure(check_receptors(side, [filled], kin=ready.layers), unsure)


def classify_batch(layer: Layer, *, ready: Prepared, as_of: date) -> tuple[Layer, frozenset[str]]:
    """Classify receptors by their own columns alone.

    Parameters
    ----------
    layer : Layer
        Receptors whose neighbours were not read with them.
    ready : Prepared
        What is held: the grading standards among it.
    as_of : datetime.date
        Assessment date.

    Returns
    -------
    tuple of (Layer, frozenset of str)
        The layer with the classes filled in, and the receptors whose class is open only
        because their village was not read.
    """
    classes = classify_receptors(
        [layer], grading=ready.gradings.receptors, as_of=as_of, neighbours_read=False
    )
    (filled,) = fill_classes([layer], classes)
    unsure = classes["missing"].str.contains("neighbours", regex=False)
    return filled, frozenset(classes.loc[unsure & (classes["receptor_class"] == ""), "ref"])


def _say_unsure(part: Part, unsure: frozenset[str]) -> Part:
    """Say of which houses the class is open only because their village was not read."""
    findings = part.findings
    if not unsure or findings.empty:
        return part
    told = (findings["missing"] == "receptor_class") & findings["target"].isin(unsure)
    missing = findings["missing"].mask(told, "receptor_class, neighbours")
    return replace(part, findings=findings.assign(missing=missing))


def watch(features: gpd.GeoDataFrame, *, reach_m: NDArray[np.float64]) -> Sweeper:
    """Index features by how far each looks for one layer.

    Parameters
    ----------
    features : geopandas.GeoDataFrame
        Features in EPSG:3395.
    reach_m : numpy.ndarray, shape (features,)
        How far each looks [m], below 0 not at all.

    Returns
    -------
    Sweeper
        Tells which rows come near.
    """
    shapes = np.asarray(features.geometry.array)
    return make_sweeper(
        rows_of_shapes(shapes),
        reach=listed_reach(np.arange(len(shapes), dtype=np.int64), reach_m[:, None]),
    )
