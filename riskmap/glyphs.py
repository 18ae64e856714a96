"""The font of the sheets: found, measured, and proven to hold every character.

A printed name must never turn into boxes in silence. A character that the font lacks is
replaced by the geta mark 〓, which printers use for a missing sort, and the margin says so.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.ft2font import LoadFlags

from riskmap.errors import OutputError, complain

if TYPE_CHECKING:
    from collections.abc import Iterator

Weight = Literal["regular", "bold"]

GETA = "〓"
MM_PER_POINT = 25.4 / 72.0

# Families that hold simplified Chinese, the free ones first.
FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei")

_SHIPPED = {"regular": "riskmap-sans-sc.ttf", "bold": "riskmap-sans-sc-bold.ttf"}
# Signs that may not begin a line, and those that may not end one.
_NOT_FIRST = frozenset("，。、；：！？）》」』】〕”’％,.;:!?)]}%±")
_NOT_LAST = frozenset("（《「『【〔“‘([{")


@dataclass(frozen=True, slots=True)
class Face:
    """Hold one weight of the font.

    Parameters
    ----------
    properties : matplotlib.font_manager.FontProperties
        What a text is drawn with.
    path : str
        Font file.
    characters : frozenset of int
        Code points that the font has a glyph for.
    """

    properties: FontProperties
    path: str
    characters: frozenset[int]

    def holds(self, character: str) -> bool:
        """Tell whether a character can be printed.

        Parameters
        ----------
        character : str
            One character.

        Returns
        -------
        bool
            True when the font has a glyph for it.
        """
        return ord(character) in self.characters and character.isprintable()

    def missing(self, text: str) -> str:
        """List the characters of a text that cannot be printed.

        Parameters
        ----------
        text : str
            Any text.

        Returns
        -------
        str
            Each of them once, sorted.
        """
        return "".join(sorted({sign for sign in text if not self.holds(sign)}))

    def fitted(self, text: str) -> str:
        """Replace what cannot be printed, visibly.

        Parameters
        ----------
        text : str
            Text from the user's data.

        Returns
        -------
        str
            White space as single blanks; a sign that the font lacks in its compatible form
            (Ⅱ as II), else as 〓.
        """
        plain = " ".join(text.split())
        return "".join(sign if self.holds(sign) else self._stand_in(sign) for sign in plain)

    def _stand_in(self, sign: str) -> str:
        compatible = unicodedata.normalize("NFKC", sign)
        held = compatible.strip() and all(self.holds(part) for part in compatible)
        return compatible if held else GETA

    def width_mm(self, text: str, *, size_pt: float) -> float:
        """Measure a line of text.

        Parameters
        ----------
        text : str
            Printable text.
        size_pt : float
            Size of the font [pt].

        Returns
        -------
        float
            Width [mm], kerning left out.
        """
        ems = sum(_advance(self.path, self.properties, ord(sign)) for sign in text)
        return ems * size_pt * MM_PER_POINT


@dataclass(frozen=True, slots=True)
class Faces:
    """Hold the font in both weights.

    Parameters
    ----------
    regular : Face
        For text.
    bold : Face
        For titles; the regular one where no bold one is held.
    """

    regular: Face
    bold: Face

    def of(self, weight: Weight) -> Face:
        """Return the face of a weight.

        Parameters
        ----------
        weight : {'regular', 'bold'}
            Weight wanted.

        Returns
        -------
        Face
            The face.
        """
        return self.bold if weight == "bold" else self.regular


@cache
def load_faces() -> Faces:
    """Find the font: the shipped one, else one of the system that holds Chinese.

    Returns
    -------
    Faces
        Both weights.

    Raises
    ------
    OutputError
        When no font with simplified Chinese is found.
    """
    regular = _shipped("regular") or _installed("regular")
    if regular is None:
        raise OutputError([complain("error.glyphs_missing", {"characters": "汉字"})])
    shipped = _shipped("regular") is not None
    bold = _shipped("bold") if shipped else _installed("bold")
    return Faces(regular, bold or regular)


def _shipped(weight: Weight) -> Face | None:
    path = Path(str(files("riskmap") / "fonts" / _SHIPPED[weight]))
    return _face(FontProperties(fname=str(path))) if path.is_file() else None


def _installed(weight: Weight) -> Face | None:
    held = {entry.name for entry in fontManager.ttflist}
    family = next((name for name in FAMILIES if name in held), None)
    if family is None:
        return None
    return _face(FontProperties(family=family, weight="bold" if weight == "bold" else "normal"))


def _face(properties: FontProperties) -> Face:
    path = findfont(properties)
    return Face(properties, str(path), frozenset(get_font(path).get_charmap()))


@cache
def _advance(path: str, properties: FontProperties, code: int) -> float:
    """Return how far a glyph moves the pen [em]."""
    del path  # part of the key only: the properties name the face, the path the file
    font = get_font(findfont(properties))
    font.set_size(100.0, 72.0)
    glyph = font.load_char(code, flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536.0 / 100.0


def prove_glyphs(texts: Iterator[tuple[str, Weight]], *, faces: Faces) -> None:
    """Prove that every text of a sheet can be printed.

    Parameters
    ----------
    texts : iterator of (str, str)
        Texts with their weight.
    faces : Faces
        The font.

    Raises
    ------
    OutputError
        Naming every character that the font lacks.
    """
    missing = {sign for text, weight in texts for sign in faces.of(weight).missing(text)}
    if missing:
        characters = " ".join(f"{sign!r}" for sign in sorted(missing))
        raise OutputError([complain("error.glyphs_missing", {"characters": characters})])


def wrap(text: str, *, face: Face, width_mm: float, size_pt: float) -> list[str]:
    """Break a text into lines: Latin between words, Chinese between characters.

    Parameters
    ----------
    text : str
        Printable text.
    face : Face
        What it is set in.
    width_mm : float
        Width of the column [mm].
    size_pt : float
        Size of the font [pt].

    Returns
    -------
    list of str
        Lines no wider than the column; a word wider than that is broken.
    """
    lines: list[str] = []
    line, used = "", 0.0
    for piece in _pieces(text):
        for part in _broken(piece, face=face, width_mm=width_mm, size_pt=size_pt):
            wide = face.width_mm(part, size_pt=size_pt)
            if line and used + face.width_mm(part.rstrip(), size_pt=size_pt) > width_mm:
                lines.append(line.rstrip())
                line, used = "", 0.0
            line, used = line + part, used + wide
    if line.strip():
        lines.append(line.rstrip())
    return lines


def _broken(piece: str, *, face: Face, width_mm: float, size_pt: float) -> Iterator[str]:
    part = ""
    for sign in piece:
        if part and face.width_mm(part + sign, size_pt=size_pt) > width_mm:
            yield part
            part = ""
        part += sign
    yield part


def _pieces(text: str) -> Iterator[str]:
    """Cut a text where a line may end."""
    piece = ""
    for sign in text:
        unit = piece[-1:] == " " and piece[-2:-1].isdigit() and sign in "mk±"
        if piece and not unit and _may_break(piece[-1], sign):
            yield piece
            piece = ""
        piece += sign
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NOT_FIRST or before in _NOT_LAST:
        return False
    if before == "°":
        return False
    return before == " " or before in "/-" or _is_wide(before) or _is_wide(after)


def _is_wide(sign: str) -> bool:
    return "\u2e80" <= sign <= "\uffef"
