"""Merge the slices of an unpacked ``@fontsource/noto-sans-sc`` package into one TTF.

Usage: ``python make_font.py PACKAGE WEIGHT OUT.ttf [--only-gb2312]``. PACKAGE is the folder
that ``npm pack`` gives when unpacked; nothing is fetched. The same input gives the same
bytes. Needs fontTools and brotli.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Riskmap Sans SC"
# Layout tables of the slices contradict one another; a sheet needs none of them.
DROPPED = ("GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx", "VORG")
# 2026-01-01T00:00:00Z in seconds since 1904, so that a rebuild gives the same bytes.
STAMP = 3850070400
# Marks that a title may hold beside GB 2312 and the Latin blocks.
MARKS = "㎡㎥⁻⁰⁴⁵⁶⁷⁸⁹−≠≤≥▲△▼▽〇〒〓"


def slice_files(package: Path, weight: int) -> list[Path]:
    """List the files that the package's stylesheet names for one weight.

    Parameters
    ----------
    package : pathlib.Path
        Unpacked package.
    weight : int
        Weight of the stylesheet, such as 400.

    Returns
    -------
    list of pathlib.Path
        Latin first, so that its letters win, then the slices in file order.
    """
    css = (package / f"{weight}.css").read_text("utf-8")
    names = re.findall(r"url\(\./files/([^)]+\.woff2)\)", css)
    names.sort(key=lambda name: ("-latin-" not in name, name))
    return [package / "files" / name for name in dict.fromkeys(names)]


def gb2312() -> set[int]:
    """List the code points of GB 2312.

    Returns
    -------
    set of int
        Unicode code points.
    """
    found = set()
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((high, low)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def merge(files: list[Path], *, only: set[int] | None) -> TTFont:
    """Merge slices into one font.

    Parameters
    ----------
    files : list of pathlib.Path
        WOFF2 slices.
    only : set of int or None
        Code points to keep; all when None.

    Returns
    -------
    fontTools.ttLib.TTFont
        The merged font, not yet named.
    """
    with TemporaryDirectory() as folder:
        plain = []
        for index, file in enumerate(files):
            font = TTFont(file, recalcTimestamp=False)
            for table in DROPPED:
                if table in font:
                    del font[table]
            font.flavor = None
            path = Path(folder) / f"{index:04}.ttf"
            font.save(path)
            plain.append(str(path))
        merged = Merger().merge(plain)
    if only is not None:
        options = Options(layout_features=[], name_IDs=["*"], notdef_outline=True)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=only)
        subsetter.subset(merged)
    return merged


def rename(font: TTFont, *, style: str, weight: int) -> None:
    """Give the font its own name: the merged slices still call themselves Thin.

    Parameters
    ----------
    font : fontTools.ttLib.TTFont
        Font to change.
    style : str
        ``Regular`` or ``Bold``.
    weight : int
        Weight class.
    """
    table = font["name"]
    kept = [record for record in table.names if record.nameID in {0, 13, 14}]
    table.names = kept
    plain = FAMILY.replace(" ", "") + "-" + style
    for identity, value in {
        1: FAMILY,
        2: style,
        3: f"{plain};1",
        4: f"{FAMILY} {style}",
        5: "Version 1.000",
        6: plain,
    }.items():
        table.setName(value, identity, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font["OS/2"].fsSelection = 0x20 if style == "Bold" else 0x40
    font["head"].macStyle = 1 if style == "Bold" else 0
    font["head"].created = font["head"].modified = STAMP
    font.recalcTimestamp = False


def main() -> None:
    """Make one font file and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("weight", type=int, choices=(400, 700))
    parser.add_argument("out", type=Path)
    parser.add_argument("--only-gb2312", action="store_true")
    options = parser.parse_args()
    wanted = gb2312()
    only = None
    if options.only_gb2312:
        only = wanted | set(range(0x20, 0x180)) | set(range(0x2010, 0x2050))
        only |= set(map(ord, MARKS))
    font = merge(slice_files(options.package, options.weight), only=only)
    rename(font, style="Bold" if options.weight == 700 else "Regular", weight=options.weight)
    font.save(options.out)
    held = set(TTFont(options.out).getBestCmap())
    missing = "".join(chr(code) for code in sorted(wanted - held))
    print(f"{options.out.name}: {options.out.stat().st_size} bytes, {len(held)} characters")
    print(f"of GB 2312 not in it ({len(missing)}): {missing}")


if __name__ == "__main__":
    main()
