"""Tables too long to print: the whole of them as a workbook, annexed to the paper."""

from datetime import date, datetime, time
from io import BytesIO
from typing import TYPE_CHECKING

from papers.rendering.sheet import sheet_of
from papers.structure import MAX_ROWS, Content, Printed, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_WIDTH = 120  # letters that a table is wide, shared out among its columns


def annex_workbook(printed: Printed) -> bytes | None:
    """A sheet for each table with more than `MAX_ROWS` rows, with all of its rows; None where nothing was left out.

    Cells are text as it stands in the paper, whatever it begins with: the workbook is the paper's own words.
    """
    if not isinstance(printed, Content):
        return None
    long_tables = [table for table in sheet_of(printed).printed.tables if len(table.rows) > MAX_ROWS]
    if not long_tables:
        return None

    from xlsxwriter import Workbook

    out = BytesIO()
    workbook = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    # The paper's day and not that of today, so that the same paper gives the same file.
    created = datetime.combine(printed.issued_on or date(printed.year, 1, 1), time())
    workbook.set_properties({"title": printed.subject, "author": printed.letterhead.body, "created": created})
    for number, table in enumerate(long_tables, start=1):
        _write(workbook, f"Phụ lục {number}", table)
    workbook.close()
    return out.getvalue()


def _write(workbook: "Workbook", name: str, table: Table) -> None:
    sheet = workbook.add_worksheet(name)
    text = {"text_wrap": True, "valign": "vcenter", "border": 1, "font_name": "Times New Roman", "num_format": "@"}
    head = workbook.add_format(text | {"bold": True, "align": "center"})
    formats = {
        (column.align, is_total): workbook.add_format(text | {"align": column.align, "bold": is_total})
        for column in table.columns
        for is_total in (False, True)
    }
    for at, column in enumerate(table.columns):
        sheet.set_column(at, at, max(6, _WIDTH * column.width / 100))
        sheet.write_string(0, at, column.heading, head)
    for line, row in enumerate(table.rows, start=1):
        for at, (column, cell) in enumerate(zip(table.columns, row.cells, strict=True)):
            sheet.write_string(line, at, cell, formats[column.align, row.is_total])
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
