"""Names for the quantities that cross a door, so that a degree is never taken for a metre."""

from __future__ import annotations

from typing import NewType

Metres = NewType("Metres", float)
SquareMetres = NewType("SquareMetres", float)
Degrees = NewType("Degrees", float)
