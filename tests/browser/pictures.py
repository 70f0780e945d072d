"""Pictures of the main screens and of papers for README and docs, taken only when SCREENSHOTS=1 (`make shots`)."""

import io
import os
import subprocess
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
LARGEST = 150 * 1024
WANTED = os.environ.get("SCREENSHOTS") == "1"


def take(page: Page, name: str) -> None:
    """The upper part of the page, as it first meets the eye, at both widths."""
    if not WANTED:
        return
    for width, height in ((1280, 900), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("window.scrollTo(0, 0)")
        _keep(page.screenshot(animations="disabled"), f"{name}-{width}.png")


def take_paper(content: bytes, name: str, *, page: int = 1, folder: Path = FOLDER) -> None:
    """One page of a PDF."""
    if not WANTED:
        return
    with tempfile.TemporaryDirectory() as scratch:
        paper, picture = Path(scratch) / "paper.pdf", Path(scratch) / "paper"
        paper.write_bytes(content)
        only = ("-f", str(page), "-l", str(page), "-singlefile")
        subprocess.run(["pdftoppm", "-png", *only, "-r", "80", str(paper), str(picture)], check=True)
        _keep(picture.with_suffix(".png").read_bytes(), f"{name}.png", folder)


def _keep(picture: bytes, name: str, folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    colours = Image.open(io.BytesIO(picture)).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    colours.save(path, optimize=True)
    assert path.stat().st_size <= LARGEST, f"{name} is too large for a page of text."
