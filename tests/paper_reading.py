"""Papers read back from their files, as a person or a machine would: the words of a Word file and of a PDF."""

import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

from docx import Document
from docx.blkcntnr import BlockItemContainer
from docx.document import Document as DocumentObject
from docx.table import Table
from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def opened(content: bytes) -> DocumentObject:
    return Document(io.BytesIO(content))


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def part(content: bytes, name: str) -> etree._Element:
    return etree.fromstring(parts_of(content)[name])


def lines_of_docx(content: bytes) -> list[str]:
    """One entry a paragraph that says something, in the order of the file, table cells row by row."""
    lines = (" ".join(text.split()) for text in _paragraphs(opened(content)))
    return [line for line in lines if line]


def _paragraphs(place: DocumentObject | BlockItemContainer) -> Iterator[str]:
    for block in place.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                # cells that are joined stand in a row as often as they have columns
                for cell in dict.fromkeys(row.cells):
                    yield from _paragraphs(cell)
        else:
            yield block.text


def words_of_pdf(path: Path) -> list[str]:
    """In the order of the tags, as a screen reader says them."""
    tree = subprocess.run(["pdfinfo", "-struct-text", path], capture_output=True, text=True, check=True).stdout
    return " ".join(re.findall(r'^ *"(.*)"$', tree, re.MULTILINE)).split()
