"""The shifted datums of Chinese web maps, by the published formulas: GCJ-02 and BD-09."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Constants of the published GCJ-02 and BD-09 formulas (Krasovsky 1940 axis and e2).
_GCJ_A = 6378245.0
_GCJ_E2 = 0.00669342162296594323
_GCJ_BOX = (72.004, 0.8293, 137.8347, 55.8271)
_BD_TURN = np.pi * 3000.0 / 180.0


def wgs84_to_gcj02(xy: Floats) -> Floats:
    """Shift WGS 84 coordinates by the published GCJ-02 formula.

    Parameters
    ----------
    xy : numpy.ndarray, shape (n, 2)
        Longitude and latitude [degrees].

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        Shifted longitude and latitude [degrees]; unchanged outside the formula's box.
    """
    lon, lat = xy[:, 0], xy[:, 1]
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    rest = 1.0 - _GCJ_E2 * np.sin(phi) ** 2
    north_degrees = np.degrees(north * rest**1.5 / (_GCJ_A * (1.0 - _GCJ_E2)))
    east_degrees = np.degrees(east * np.sqrt(rest) / (_GCJ_A * np.cos(phi)))
    west, south, right, top = _GCJ_BOX
    inside = (lon >= west) & (lon <= right) & (lat >= south) & (lat <= top)
    shift = np.column_stack([east_degrees, north_degrees])
    return np.asarray(xy + np.where(inside[:, None], shift, 0.0))


def gcj02_to_wgs84(xy: Floats) -> Floats:
    """Invert the GCJ-02 formula by iteration.

    Parameters
    ----------
    xy : numpy.ndarray, shape (n, 2)
        GCJ-02 longitude and latitude [degrees].

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        WGS 84 longitude and latitude [degrees], to better than 1 cm of the formula.
    """
    guess = np.array(xy, dtype=float)
    for _ in range(8):
        guess += xy - wgs84_to_gcj02(guess)
    return guess


def bd09_to_gcj02(xy: Floats) -> Floats:
    """Invert the BD-09 formula by iteration.

    Parameters
    ----------
    xy : numpy.ndarray, shape (n, 2)
        BD-09 longitude and latitude [degrees].

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        GCJ-02 longitude and latitude [degrees].
    """
    guess = xy - np.array([0.0065, 0.006])
    for _ in range(8):
        guess = guess + (xy - gcj02_to_bd09(guess))
    return np.asarray(guess)


def gcj02_to_bd09(xy: Floats) -> Floats:
    """Shift GCJ-02 coordinates by the published BD-09 formula.

    Parameters
    ----------
    xy : numpy.ndarray, shape (n, 2)
        GCJ-02 longitude and latitude [degrees].

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        BD-09 longitude and latitude [degrees].
    """
    x, y = xy[:, 0], xy[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])
