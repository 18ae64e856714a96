"""Rows of well-known binary: laid end to end, and read into flat arrays one at a time.

Z and M are read past. A row is read into scratch that stays in the processor's cache, so
that no layer is ever held whole; what is no geometry gets a reason, never a wrong shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from riskmap.compiled import compiled_part
from riskmap.geometry import (
    HOLE,
    NEEDS_SPACE,
    NO_GEOMETRY,
    OK,
    PLANE,
    SHELL,
    UNREADABLE,
    Chains,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from riskmap.geometry import Floats, Integers


@dataclass(frozen=True, slots=True)
class WkbRows:
    """Hold geometries as well-known binary, one run of bytes a row.

    Parameters
    ----------
    data : numpy.ndarray of uint8
        Bytes of all rows, read-only.
    first : numpy.ndarray of int64, shape (rows + 1,)
        First byte of each row, and one past the last; a row without bytes has no geometry.
    space : int
        PLANE or LONLAT.
    """

    data: NDArray[np.uint8]
    first: Integers
    space: int

    def __len__(self) -> int:
        return len(self.first) - 1


def wkb_rows(wkb: Sequence[bytes | None], *, space: int) -> WkbRows:
    """Lay rows of well-known binary end to end.

    Parameters
    ----------
    wkb : sequence of bytes or None
        One geometry a row.
    space : int
        PLANE or LONLAT.

    Returns
    -------
    WkbRows
        The rows.
    """
    held = [row or b"" for row in wkb]
    first = np.zeros(len(held) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, held), dtype=np.int64, count=len(held)), out=first[1:])
    return WkbRows(np.frombuffer(b"".join(held), dtype=np.uint8), first, space)


def rows_of_shapes(shapes: np.ndarray) -> WkbRows:
    """Turn geometries of the plane into rows.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries, shape (n,)
        Geometries in EPSG:3395.

    Returns
    -------
    WkbRows
        One row a geometry.
    """
    wkb = shapely.to_wkb(np.asarray(shapes, dtype=object), output_dimension=2)
    return wkb_rows(list(np.atleast_1d(wkb)), space=PLANE)


@compiled_part
def _u32(data: NDArray[np.uint8], at: int, big: bool) -> int:
    if big:
        return (
            (int(data[at]) << 24)
            | (int(data[at + 1]) << 16)
            | (int(data[at + 2]) << 8)
            | int(data[at + 3])
        )
    return (
        int(data[at])
        | (int(data[at + 1]) << 8)
        | (int(data[at + 2]) << 16)
        | (int(data[at + 3]) << 24)
    )


@compiled_part
def _u64(data: NDArray[np.uint8], at: int, big: bool) -> int:
    if big:
        return (_u32(data, at, big) << 32) | _u32(data, at + 4, big)
    i = np.uint64(at)  # an index that cannot count from the end: the eight become one load
    return (
        int(data[i])
        | (int(data[i + np.uint64(1)]) << 8)
        | (int(data[i + np.uint64(2)]) << 16)
        | (int(data[i + np.uint64(3)]) << 24)
        | (int(data[i + np.uint64(4)]) << 32)
        | (int(data[i + np.uint64(5)]) << 40)
        | (int(data[i + np.uint64(6)]) << 48)
        | (int(data[i + np.uint64(7)]) << 56)
    )


@compiled_part
def _is_closed(bits: NDArray[np.uint64], xy: Floats, begin: int, end: int) -> bool:
    """Tell whether a ring ends where it begins; what is not a number may do so too."""
    for i in (2 * begin, 2 * begin + 1):
        j = i + 2 * (end - 1 - begin)
        if bits[i] != bits[j] and xy[i] != xy[j]:
            return False
    return True


@compiled_part
def read_row(
    data: NDArray[np.uint8], start: int, stop: int, bits: NDArray[np.uint64], chains: Chains
) -> tuple[int, int, int]:
    """Read one row of well-known binary into scratch.

    Parameters
    ----------
    data : numpy.ndarray of uint8
        Bytes; ISO and extended forms, either byte order, any nesting.
    start, stop : int
        Where the row lies.
    bits : numpy.ndarray of uint64
        The same memory as ``chains.xy``.
    chains : Chains
        Scratch to fill from its beginning.

    Returns
    -------
    tuple of int
        Status, vertices and chains. NEEDS_SPACE when the scratch is too small.
    """
    if stop - start < 5:
        return (NO_GEOMETRY if stop == start else UNREADABLE), 0, 0
    at, wanted, vertices, count = start, 1, 0, 0
    room, most = len(chains.xy) // 2, len(chains.kind)
    while wanted > 0:
        if at + 5 > stop or data[at] > 1:
            return UNREADABLE, 0, 0
        big = data[at] == 0
        code = _u32(data, at + 1, big)
        at += 5
        size = 2
        if code & 0x80000000:
            size += 1
        if code & 0x40000000:
            size += 1
        if code & 0x20000000:
            at += 4
        code &= 0xFFFFFFF
        dimension = code // 1000
        code -= 1000 * dimension
        if dimension == 3:
            size += 2
        elif dimension > 0:
            size += 1
        wanted -= 1
        if code < 1 or code > 7 or dimension > 3:
            return UNREADABLE, 0, 0
        if code > 1 and at + 4 > stop:
            return UNREADABLE, 0, 0
        if code > 3:
            wanted += _u32(data, at, big)
            at += 4
            if wanted > stop - start:
                return UNREADABLE, 0, 0
            continue
        rings = 1
        if code == 3:
            rings = _u32(data, at, big)
            at += 4
        before = count
        for ring in range(rings):
            length = 1
            if code > 1:
                if at + 4 > stop:
                    return UNREADABLE, 0, 0
                length = _u32(data, at, big)
                at += 4
            if at + 8 * size * length > stop:
                return UNREADABLE, 0, 0
            if vertices + length > room or count + 1 > most:
                return NEEDS_SPACE, 0, 0
            begin = vertices
            for _ in range(length):
                bits[2 * vertices] = _u64(data, at, big)
                bits[2 * vertices + 1] = _u64(data, at + 8, big)
                at += 8 * size
                vertices += 1
            if code == 1 and np.isnan(chains.xy[2 * begin]) and np.isnan(chains.xy[2 * begin + 1]):
                vertices -= 1  # POINT EMPTY
                length = 0
            if code == 3 and length > 0:
                placed = ring == 0 or count > before
                if not (placed and _is_closed(bits, chains.xy, begin, vertices)):
                    return UNREADABLE, 0, 0  # a hole in nothing, or a ring that is open
            if length > 0:
                chains.first[count] = begin
                chains.kind[count] = code - 1 if code < 3 else (SHELL if ring == 0 else HOLE)
                count += 1
    chains.first[count] = vertices
    if at != stop:
        return UNREADABLE, 0, 0
    if vertices == 0:
        return NO_GEOMETRY, 0, 0
    return OK, vertices, count
