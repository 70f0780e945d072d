"""Every Vietnamese letter with every tone, as drawn on paper.

A fallback font passes text checks and prints boxes, and so does a subset whose glyphs got mixed up: the extracted text
is right and the paper is not. So the page is turned into pixels, and each letter is compared with the same letter drawn
straight from the font file by another program (Pillow).
"""

import subprocess
import unicodedata
from functools import lru_cache
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont
from pypdf import PdfReader

from papers.rendering import pdf

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")  # ngang, huyền, hỏi, ngã, sắc, nặng
LOWER = [unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES] + list(
    "bcdđghklmnpqrstvxfjwz"
)
LETTERS = [*LOWER, *(letter.upper() for letter in LOWER)]

STYLES = {
    "regular": ("normal", "normal"),
    "bold": ("bold", "normal"),
    "italic": ("normal", "italic"),
    "bold italic": ("bold", "italic"),
}

SIZE = 30  # points of a letter
CELL = 60  # points of its square on the page
SCALE = 6  # pixels a point: large, so that hinting, which differs between the two programs, does not count
COLUMNS = 16
BOX = 48  # letters are compared as pictures of this size


def tool(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_alphabet_is_complete() -> None:
    assert len(set(LETTERS)) == 186
    assert all(len(letter) == 1 for letter in LETTERS)
    assert {"ặ", "ỡ", "Ử", "Đ", "Ỵ", "ẫ"} <= set(LETTERS)


def _font_file(style: str) -> Path:
    """The file of Liberation Serif with Vietnamese letters; Debian 12 has an older one of the same name beside it."""
    weight, slant = STYLES[style]
    pattern = (
        f"Liberation Serif:weight={200 if weight == 'bold' else 80}:slant={100 if slant == 'italic' else 0}:lang=vi"
    )
    return Path(tool("fc-match", "--format=%{file}", pattern))


def _page(weight: str, slant: str) -> str:
    cells = "".join(
        f'<div style="position: absolute; left: {index % COLUMNS * CELL}pt; top: {index // COLUMNS * CELL}pt; '
        f'width: {CELL}pt; text-align: center; line-height: {CELL}pt">{letter}</div>'
        for index, letter in enumerate(LETTERS)
    )
    rows = -(-len(LETTERS) // COLUMNS)
    return (
        '<html lang="vi"><head><title>Chữ</title><style>'
        f"@page {{ size: {COLUMNS * CELL}pt {rows * CELL}pt !important; margin: 0 !important }} "
        f"body {{ font-size: {SIZE}pt; font-weight: {weight}; font-style: {slant} }}</style></head>"
        f"<body>{cells}</body></html>"
    )


def _drawn_in_pdf(style: str, stylesheet: str, folder: Path) -> dict[str, Image.Image]:
    path = folder / "letters.pdf"
    path.write_bytes(pdf.render(_page(*STYLES[style]), ("paper.css", stylesheet)))
    assert len(PdfReader(path).pages) == 1
    tool("pdftoppm", "-r", str(72 * SCALE), "-gray", "-singlefile", "-png", str(path), str(path.with_suffix("")))
    with Image.open(path.with_suffix(".png")) as page:
        ink = ImageChops.invert(page.convert("L"))
    side = CELL * SCALE
    corners = [(index % COLUMNS * side, index // COLUMNS * side) for index in range(len(LETTERS))]
    return {
        letter: ink.crop((left, top, left + side, top + side))
        for letter, (left, top) in zip(LETTERS, corners, strict=True)
    }


def _drawn_from_file(letter: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    cell = Image.new("L", (CELL * SCALE, CELL * SCALE))
    ImageDraw.Draw(cell).text((CELL * SCALE / 2, CELL * SCALE * 2 / 3), letter, font=font, fill=255, anchor="ms")
    return cell


def _shape(cell: Image.Image) -> tuple[tuple[int, int], Image.Image]:
    """The size of the inked part, and that part stretched to one size."""
    box = cell.point(lambda value: 255 if value > 127 else 0).getbbox()
    assert box is not None, "nothing was drawn"
    left, top, right, bottom = box
    return (right - left, bottom - top), cell.crop(box).resize((BOX, BOX), Image.Resampling.BILINEAR)


def _distance(one: tuple[tuple[int, int], Image.Image], other: tuple[tuple[int, int], Image.Image]) -> float:
    """0 for the same picture, 1 for black against white; letters of different size are far apart."""
    (width, height), picture = one
    (other_width, other_height), other_picture = other
    if abs(width - other_width) > 3 or abs(height - other_height) > 3:
        return 1
    histogram = ImageChops.difference(picture, other_picture).histogram()
    return sum(value * count for value, count in enumerate(histogram)) / (255 * BOX * BOX)


@lru_cache(maxsize=len(STYLES))
def _expected(style: str) -> dict[str, tuple[tuple[int, int], Image.Image]]:
    font = ImageFont.truetype(str(_font_file(style)), SIZE * SCALE)
    return {letter: _shape(_drawn_from_file(letter, font)) for letter in LETTERS}


@pytest.mark.parametrize("stylesheet", ["content.css", "certificate.css"])
@pytest.mark.parametrize("style", STYLES)
def test_every_letter_with_every_tone_is_drawn_from_the_embedded_font(
    style: str, stylesheet: str, tmp_path: Path
) -> None:
    expected = _expected(style)
    wrong: list[str] = []
    for letter, cell in _drawn_in_pdf(style, stylesheet, tmp_path).items():
        drawn = _shape(cell)
        nearest = min(expected, key=lambda other: _distance(drawn, expected[other]))
        if nearest != letter or _distance(drawn, expected[letter]) > 0.04:
            wrong.append(f"{letter} → {nearest} ({_distance(drawn, expected[letter]):.3f})")
    assert wrong == []


@pytest.mark.parametrize("style", STYLES)
def test_only_the_font_of_that_style_is_embedded(style: str, tmp_path: Path) -> None:
    path = tmp_path / "letters.pdf"
    path.write_bytes(pdf.render(_page(*STYLES[style]), ("paper.css",)))
    listing = tool("pdffonts", str(path)).splitlines()[2:]
    weight, slant = STYLES[style]
    name = "Liberation-Serif" + "-Bold" * (weight == "bold") + "-Italic" * (slant == "italic")
    assert [line.split()[0].partition("+")[2] for line in listing] == [name]


def test_a_box_a_gap_or_a_letter_without_its_tone_would_be_noticed() -> None:
    """The comparison itself is tried on what it has to catch."""
    expected = _expected("regular")
    for letter, (size, _) in expected.items():
        if letter not in "iìỉĩíịl":  # so narrow that a box around them is nearly all ink
            box = Image.new("L", (CELL * SCALE, CELL * SCALE))
            ImageDraw.Draw(box).rectangle((20, 20, 20 + size[0] - 1, 20 + size[1] - 1), outline=255, width=6)
            assert _distance(_shape(box), expected[letter]) > 0.15
    with pytest.raises(AssertionError, match="nothing was drawn"):
        _shape(Image.new("L", (CELL, CELL)))
    for letter, other in (("ệ", "ê"), ("ữ", "ư"), ("Đ", "D"), ("ờ", "ớ"), ("ẩ", "ẫ"), ("ở", "ỡ")):
        assert _distance(expected[letter], expected[other]) > 0.02
