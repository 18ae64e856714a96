"""Find who may be near: pairs whose plane distance is within reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.crs import plane_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray


def find_candidates(
    hazards: np.ndarray, receptors: np.ndarray, *, reach_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """List the pairs that can lie within a ground distance of each other.

    Parameters
    ----------
    hazards : numpy.ndarray of shapely geometries, shape (h,)
        Hazards in EPSG:3395.
    receptors : numpy.ndarray of shapely geometries, shape (r,)
        Receptors in EPSG:3395.
    reach_m : float
        Ground distance [m].

    Returns
    -------
    tuple of numpy.ndarray
        Positions of hazards and of receptors, one entry a pair, sorted by hazard and then
        receptor. No pair within reach is missing; a few beyond it may be there, since the
        largest scale factor near each hazard decides.
    """
    if len(hazards) == 0 or len(receptors) == 0:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    bounds = shapely.bounds(hazards)
    furthest = np.maximum(np.abs(bounds[:, 1]), np.abs(bounds[:, 3]))
    # One step outwards in the plane: the scale at the far side of the reach decides.
    scale = plane_scale(furthest + reach_m * plane_scale(furthest) * 1.01)
    tree = shapely.STRtree(receptors)
    pairs = tree.query(hazards, predicate="dwithin", distance=reach_m * scale * 1.0001)
    order = np.lexsort((pairs[1], pairs[0]))
    return pairs[0][order], pairs[1][order]
