"""Reading finished papers back: words, places on the page, fonts, pictures."""

import re
import subprocess
import unicodedata
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag
from PIL import Image
from pypdf import PdfReader

from papers.rendering import render_pdf
from papers.structure import Printed

MM = 72 / 25.4  # points


class Word(NamedTuple):
    """A word with its edges in millimetres from the top left corner of the page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


class Piece(NamedTuple):
    """Text in one font and size, with its edges in millimetres."""

    text: str
    left: float
    top: float
    right: float
    size: float  # points
    is_bold: bool
    is_italic: bool


def tool(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def words(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=128)
def pdf_of(printed: Printed, mark: str = "") -> bytes:
    return render_pdf(printed, mark=mark)


def pages(content: bytes) -> list[str]:
    """The words of each page as a reader would copy them."""
    return [words(page.extract_text()) for page in PdfReader(BytesIO(content)).pages]


def read_aloud(content: bytes, folder: Path, *, with_heads: bool = True) -> str:
    """The text in the order of the tags, as a screen reader says it; without the heads of tables, which are said again
    on every page, where asked."""
    tree = tool("pdfinfo", "-struct-text", str(_saved(content, folder)))
    said, head_at = [], None
    for line in tree.splitlines():
        depth = len(line) - len(line.lstrip())
        if head_at is not None and depth <= head_at:
            head_at = None
        if head_at is None and line.strip().startswith("THead"):
            head_at = depth
        if (match := re.fullmatch(r' *"(.*)"', line)) and (with_heads or head_at is None):
            said.append(match[1])
    return words(" ".join(said))


def word_boxes(content: bytes, folder: Path) -> list[list[Word]]:
    soup = BeautifulSoup(tool("pdftotext", "-bbox", str(_saved(content, folder)), "-"), "html.parser")
    return [
        [
            Word(word.get_text(), *(float(str(word[edge])) / MM for edge in ("xmin", "ymin", "xmax", "ymax")))
            for word in page.find_all("word")
        ]
        for page in soup.find_all("page")
    ]


def pieces(content: bytes, folder: Path) -> list[list[Piece]]:
    """Page by page, what stands in which font and size."""
    listing = tool("pdftohtml", "-xml", "-stdout", "-i", "-zoom", "1", "-fontfullname", str(_saved(content, folder)))
    soup = BeautifulSoup(listing, "xml")
    sizes: dict[str, tuple[float, str]] = {}
    found = []
    for page in soup.find_all("page"):
        sizes |= {
            str(font["id"]): (float(str(font["size"])), str(font["family"])) for font in page.find_all("fontspec")
        }
        found.append([_piece(text, *sizes[str(text["font"])]) for text in page.find_all("text")])
    return found


def _piece(text: Tag, size: float, family: str) -> Piece:
    left, top, width = (float(str(text[key])) / MM for key in ("left", "top", "width"))
    return Piece(words(text.get_text()), left, top, left + width, size, "Bold" in family, "Italic" in family)


def fonts(content: bytes, folder: Path) -> list[list[str]]:
    """The columns of `pdffonts`, without the names' random first letters."""
    lines = tool("pdffonts", str(_saved(content, folder))).splitlines()[2:]
    return [line.split() for line in lines]


def picture(content: bytes, folder: Path, *, dpi: int = 100, page: int = 1) -> Image.Image:
    path = _saved(content, folder)
    wanted = ("-f", str(page), "-l", str(page), "-singlefile")
    tool("pdftoppm", "-r", str(dpi), *wanted, "-png", str(path), str(path.with_suffix("")))
    with Image.open(path.with_suffix(".png")) as image:
        return image.convert("RGB")


def dark_lines(image: Image.Image, dpi: int) -> list[tuple[float, float, float]]:
    """Horizontal rules: top, left and right in millimetres of every unbroken dark row longer than 8 mm that is no more
    than 1 mm thick. Letters are never so long."""
    grey = image.convert("L")
    width, height = grey.size
    data = grey.tobytes()
    scale = dpi / 25.4
    found: list[tuple[float, float, float]] = []
    for y in range(height):
        row = data[y * width : (y + 1) * width]
        for run in re.finditer(rb"[\x00-\x80]+", row):
            if run.end() - run.start() > 8 * scale:
                line = (y / scale, run.start() / scale, run.end() / scale)
                if not any(abs(line[0] - top) < 1 and abs(line[1] - left) < 1 for top, left, _ in found):
                    found.append(line)
    return found


def is_composed(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


def _saved(content: bytes, folder: Path) -> Path:
    path = folder / "paper.pdf"
    path.write_bytes(content)
    return path
