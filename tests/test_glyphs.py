from __future__ import annotations

from pathlib import Path

import pytest

import riskmap
from riskmap.errors import OutputError
from riskmap.glyphs import GETA, load_faces, prove_glyphs, wrap
from riskmap.words import LANGS, keys, text


def test_the_shipped_font_is_used_when_it_is_there() -> None:
    fonts = Path(riskmap.__file__).parent / "fonts"
    shipped = fonts / "riskmap-sans-sc.ttf"
    if not shipped.is_file():
        pytest.skip("the font subset is not in this checkout")
    assert Path(load_faces().regular.path) == shipped


def test_the_font_holds_every_word_of_the_sheets() -> None:
    faces = load_faces()
    sheets = ("figure.", "legend.", "content.", "group.", "tier.", "verdict.", "standing.")
    for key in keys():
        if key.startswith((*sheets, "reason.", "status.")):
            for lang in LANGS:
                words = text(key).read(lang)
                assert faces.regular.missing(words) == "", key
                assert faces.bold.missing(words) == "", key


@pytest.mark.parametrize("name", ["竹箦镇", "埭头镇", "社渚镇", "别桥镇", "溧城"])
def test_the_towns_of_the_county_can_be_printed(name: str) -> None:
    assert load_faces().regular.fitted(name) == name


def test_what_the_font_lacks_is_replaced_visibly() -> None:
    face = load_faces().regular
    assert face.fitted("甲😀厂") == f"甲{GETA}厂"
    assert face.fitted("甲\x07厂") == f"甲{GETA}厂"
    assert face.fitted("甲\n厂\t") == "甲 厂"
    assert face.missing("甲😀厂\x07") == "\x07😀"


def test_a_roman_numeral_is_printed_in_its_plain_form() -> None:
    face = load_faces().regular
    if not face.holds("Ⅱ"):
        assert face.fitted("Ⅱ期") == "II期"


def test_a_proof_names_every_missing_character() -> None:
    faces = load_faces()
    prove_glyphs(iter([("溧阳", "regular")]), faces=faces)
    with pytest.raises(OutputError) as caught:
        prove_glyphs(iter([("溧😀", "regular"), ("\x07", "bold")]), faces=faces)
    (sentence,) = caught.value.read("zh")
    assert "😀" in sentence
    assert "\\x07" in sentence


def test_a_chinese_character_is_one_em_wide() -> None:
    # 10 pt are 10 / 72 inch = 3.5278 mm.
    assert load_faces().regular.width_mm("溧阳", size_pt=10.0) == pytest.approx(7.0556, abs=1e-3)


def test_lines_are_no_wider_than_the_column() -> None:
    face = load_faces().regular
    words = "依据：《公路安全保护条例》（国务院令第593号），第十七条；Distances 183 m"
    lines = wrap(words, face=face, width_mm=25.0, size_pt=8.0)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    # Punctuation may not begin a line and hangs out by at most one sign.
    assert all(face.width_mm(line, size_pt=8.0) <= 25.0 + 2.9 for line in lines)
    assert not any(line[0] in "，；）》" for line in lines)


def test_a_number_stays_with_its_unit() -> None:
    face = load_faces().regular
    wide = face.width_mm("至多 183", size_pt=8.0) + 0.2
    assert wrap("至多 183 m", face=face, width_mm=wide, size_pt=8.0) == ["至多", "183 m"]


def test_a_word_wider_than_the_column_is_broken() -> None:
    face = load_faces().regular
    lines = wrap("x" * 80, face=face, width_mm=20.0, size_pt=8.0)
    assert "".join(lines) == "x" * 80
    assert all(face.width_mm(line, size_pt=8.0) <= 20.0 for line in lines)
