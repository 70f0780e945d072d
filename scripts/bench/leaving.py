"""What leaves as a file, against the bare library doing the same: one certificate, and the workbook of the province."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.cell import Cell
from openpyxl.utils.datetime import to_excel

from assessments.models import DecisionItem
from assessments.summaries import Summary, summarise
from criteria.models import Period
from papers.filling.unkept import certificate_content
from papers.rendering import html_of, pdf, render_pdf
from papers.rendering.html import styles_of
from reports import excel

AT = datetime(2024, 12, 1, 2, 0, tzinfo=UTC)


def seconds(function: Callable[..., object], *args: object) -> float:
    """CPU time of this thread, which neighbours on a shared machine disturb less than the clock on the wall."""
    began = time.thread_time()
    function(*args)
    return time.thread_time() - began


# ---- certificate -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate by us and by the floor, in seconds. `plain` is the floor without the tags of PDF/UA."""

    ours: float
    bare: float
    plain: float


class CertificateBench:
    def __init__(self, item_ids: Sequence[int]) -> None:
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration

        items = DecisionItem.objects.select_related(
            "decision__period__province", "decision__deciding_unit", "decision__proposal"
        )
        self.papers = [certificate_content(item) for item in items.filter(pk__in=item_ids)]
        self.pages = [html_of(paper) for paper in self.papers]
        self.fonts = FontConfiguration()
        self.styles = [
            CSS(string=(pdf.STYLES_DIR / name).read_text(encoding="utf-8"), font_config=self.fonts)
            for name in styles_of(self.papers[0])
        ]

    def bare(self, html: str, **options: Any) -> bytes:
        from weasyprint import HTML

        return bytes(HTML(string=html).write_pdf(stylesheets=self.styles, font_config=self.fonts, **options))

    def tagged(self, html: str) -> bytes:
        return self.bare(html, pdf_variant="pdf/ua-1")

    def round(self, number: int) -> Certificate:
        """A certificate of each; another commune in every round, as in a batch."""
        at = number % len(self.papers)
        paper, html = self.papers[at], self.pages[at]
        first = seconds(render_pdf, paper)
        bare, plain = seconds(self.tagged, html), seconds(self.bare, html)
        last = seconds(render_pdf, paper)  # before and behind the floor: neither gains by its place
        return Certificate(ours=(first + last) / 2, bare=bare, plain=plain)


# ---- workbook ----------------------------------------------------------------------------------------------------
Style = tuple[tuple[str, str | int | float | bool], ...]


@dataclass(frozen=True, slots=True)
class Written:
    """One cell as a library is told to write it; a formula comes with its value."""

    row: int
    column: int
    value: str | int | float | None
    formula: str
    style: Style


@dataclass(frozen=True, slots=True)
class WorkbookTimes:
    """The province workbook, in seconds: read from the database, written by us, and written bare."""

    read: float
    ours: float
    bare: float


class WorkbookBench:
    def __init__(self, period: Period) -> None:
        self.period = period
        content = self.write(self.read())
        self.size = len(content)
        self.sheets = _cells(content)

    @property
    def cells(self) -> int:
        return sum(len(cells) for _, cells in self.sheets)

    def read(self) -> Summary:
        return summarise(self.period, self.period.province, reader=None, at=AT)

    def write(self, summary: Summary) -> bytes:
        return excel.summary_xlsx(summary, reader=excel.SYSTEM, at=AT)

    def bare(self) -> bytes:
        """The same cells by XlsxWriter alone; only what a cell needs, no page set-up, no cleaning of text."""
        buffer = BytesIO()
        workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})

        @cache
        def format_of(style: Style) -> xlsxwriter.format.Format:
            return workbook.add_format(dict(style))

        for name, cells in self.sheets:
            sheet = workbook.add_worksheet(name)
            for cell in cells:
                cell_format = format_of(cell.style)
                if cell.formula:
                    sheet.write_formula(cell.row, cell.column, cell.formula, cell_format, cell.value)
                elif cell.value is None:
                    sheet.write_blank(cell.row, cell.column, None, cell_format)
                elif isinstance(cell.value, str):
                    sheet.write_string(cell.row, cell.column, cell.value, cell_format)
                else:
                    sheet.write_number(cell.row, cell.column, cell.value, cell_format)
        workbook.close()
        return buffer.getvalue()

    def round(self) -> WorkbookTimes:
        read = seconds(self.read)
        summary = self.read()
        first = seconds(self.write, summary)
        bare = seconds(self.bare)
        return WorkbookTimes(read=read, ours=(first + seconds(self.write, summary)) / 2, bare=bare)


def _cells(content: bytes) -> list[tuple[str, list[Written]]]:
    formulas = openpyxl.load_workbook(BytesIO(content))
    values = openpyxl.load_workbook(BytesIO(content), data_only=True)
    sheets = []
    for sheet in formulas.worksheets:
        stored = values[sheet.title]
        cells = [
            _written(cell, stored.cell(cell.row, cell.column).value)
            for line in sheet.iter_rows()
            for cell in line
            if isinstance(cell, Cell) and (cell.value is not None or cell.has_style)
        ]
        sheets.append((sheet.title, cells))
    return sheets


def _written(cell: Cell, value: object) -> Written:
    if isinstance(value, date):
        value = to_excel(value)
    formula = str(cell.value) if cell.data_type == "f" else ""
    if value is not None and not isinstance(value, str | int | float):
        raise TypeError(f"{cell.coordinate}: {value!r}")
    return Written(cell.row - 1, cell.column - 1, value, formula, _style(cell))


def _style(cell: Cell) -> Style:
    style: dict[str, str | int | float | bool] = {
        "font_name": cell.font.name or "Calibri",
        "font_size": cell.font.sz or 11,
        "num_format": cell.number_format,
        "valign": "vcenter",
    }
    if cell.font.b:
        style["bold"] = True
    if cell.border.left.style:
        style["border"] = 1
    if cell.fill.fill_type:
        style["bg_color"] = f"#{str(cell.fill.fgColor.rgb)[-6:]}"
    if cell.alignment.wrap_text:
        style["text_wrap"] = True
    if cell.alignment.horizontal:
        style["align"] = cell.alignment.horizontal
    return tuple(style.items())
