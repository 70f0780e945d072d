"""Reads back what was downloaded."""

import io
import re
import unicodedata

from openpyxl import load_workbook
from pypdf import PdfReader


def pdf_text(content: bytes) -> str:
    """All pages, as one line of NFC text: where lines break is the layout's affair."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", " ".join(pages)))


def is_one_landscape_page(content: bytes) -> bool:
    pages = PdfReader(io.BytesIO(content)).pages
    return len(pages) == 1 and pages[0].mediabox.width > pages[0].mediabox.height


def summary_rows(content: bytes) -> dict[str, dict[str, object]]:
    """Code of the commune → head of the column → the value a reader sees (formulas carry theirs)."""
    sheet = load_workbook(io.BytesIO(content), data_only=True)["Tổng hợp"]
    rows = list(sheet.iter_rows(values_only=True))
    at = next(number for number, row in enumerate(rows) if "Mã" in row)
    heads = [str(cell).partition("\n")[0] for cell in rows[at]]
    found = (dict(zip(heads, row, strict=True)) for row in rows[at + 1 :])
    return {str(row["Mã"]): row for row in found if row["Mã"] and row["TT"]}


def workbook_text(content: bytes) -> str:
    workbook = load_workbook(io.BytesIO(content), data_only=True)
    cells = (cell for sheet in workbook for row in sheet.iter_rows(values_only=True) for cell in row)
    return "\n".join(str(cell) for cell in cells if cell is not None)
