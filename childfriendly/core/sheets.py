"""Workbooks: written so that text stays text in the reader's Excel, read so that a hostile file costs nothing.

XlsxWriter writes what leaves, openpyxl reads what people send.
"""

import datetime as dt
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

import openpyxl
import xlsxwriter
from defusedcsv import csv
from django.conf import settings
from openpyxl.utils.exceptions import InvalidFileException
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from childfriendly.core.exceptions import Refused
from childfriendly.core.files import check_archive
from childfriendly.core.numbers import format_number

CELL_LIMIT = 32_767  # UTF-16 units, as Excel counts
SHEET_NAME_LIMIT = 31
MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 200
MAX_UNPACKED_BYTES = 50 * 1024 * 1024
MAX_TAGS = 1_000_000  # 5.000 rows of 40 filled cells; some two seconds of reading

CellValue = str | int | float | Decimal | dt.date | dt.time | dt.timedelta | None
Rows = list[tuple[CellValue, ...]]

_BLOCK = 256 * 1024

# What XML 1.0 cannot hold, of which one makes Excel call the whole file damaged; and marks that turn round what follows
# them on the screen.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_FORBIDDEN_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")


# ---- writing -----------------------------------------------------------------------------------------------------
def open_workbook(buffer: BytesIO) -> xlsxwriter.Workbook:
    """A workbook that never takes text for a formula, a link or a number; close it to fill `buffer`."""
    return xlsxwriter.Workbook(
        buffer,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )


def clean_cell_text(text: str) -> str:
    """`text` in NFC as Excel can hold it: without characters that XML forbids, cut at 32.767 UTF-16 units."""
    kept = unicodedata.normalize("NFC", _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    units = kept.encode("utf-16-le")
    if len(units) <= 2 * CELL_LIMIT:
        return kept
    return units[: 2 * (CELL_LIMIT - 1)].decode("utf-16-le", errors="ignore") + "…"


def clean_sheet_name(name: str, taken: Collection[str] = ()) -> str:
    """A name that Excel accepts, different from those `taken` (upper and lower case count as the same)."""
    used = {other.casefold() for other in taken} | {"history"}  # Excel keeps «History» for itself
    visible = "".join(c for c in clean_cell_text(name) if unicodedata.category(c)[0] != "C")
    clean = " ".join(_FORBIDDEN_IN_SHEET_NAMES.sub(" ", visible).split()).strip("' ") or "Trang"
    candidate, count = _cut(clean, SHEET_NAME_LIMIT), 1
    while candidate.casefold() in used:
        count += 1
        tail = f" ({count})"
        candidate = _cut(clean, SHEET_NAME_LIMIT - len(tail)) + tail
    return candidate


def _cut(name: str, units: int) -> str:
    return name.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore").rstrip("' ")


def text_format(workbook: xlsxwriter.Workbook, **properties: object) -> Format:
    """A cell format for text: Excel keeps taking it as text when somebody edits the cell («=1+1», code «01234»)."""
    return workbook.add_format({**properties, "num_format": "@", "quote_prefix": True})


def write_text(sheet: Worksheet, row: int, column: int, text: str, cell_format: Format | None = None) -> None:
    """Write `text` as text whatever it begins with; use a `text_format` so that it survives editing. Rows from 0."""
    clean = clean_cell_text(text)
    if clean:
        sheet.write_string(row, column, clean, cell_format)
    else:
        sheet.write_blank(row, column, None, cell_format)


# ---- whole tables, and forms to fill in --------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. `choices` become a drop-down, `is_date` a column of days."""

    title: str
    width: int = 20
    choices: tuple[str, ...] = ()
    is_date: bool = False


LISTS = "Danh sách"
FORM_ROWS = 1_000


def table_workbook(
    name: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[CellValue]],
    *,
    notes: Sequence[str] = (),
    blank: int = 0,
) -> bytes:
    """A workbook with one table: heads in row 1, then `rows`, then `blank` rows ready to be filled in with drop-downs
    and real days. `notes` stand on a sheet of their own."""
    buffer = BytesIO()
    workbook = open_workbook(buffer)
    head = text_format(workbook, bold=True, text_wrap=True, border=1, bg_color="#DCE6F1")
    text = text_format(workbook, text_wrap=True)
    day = workbook.add_format({"num_format": "dd/mm/yyyy", "align": "left"})
    sheet = workbook.add_worksheet(clean_sheet_name(name))
    count = 0
    for count, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _write(sheet, count, column, value, text, day)
    for at, spec in enumerate(columns):
        sheet.set_column(at, at, spec.width, day if spec.is_date else text)
        write_text(sheet, 0, at, spec.title, head)
    sheet.freeze_panes(1, 0)
    if blank:
        _add_choices(workbook, sheet, columns, count + blank)
    if notes:
        page = workbook.add_worksheet(clean_sheet_name("Thông tin"))
        page.set_column(0, 0, 100, text)
        for at, note in enumerate(notes):
            write_text(page, at, 0, note, text)
    workbook.close()
    return buffer.getvalue()


def _write(sheet: Worksheet, row: int, column: int, value: CellValue, text: Format, day: Format) -> None:
    """Text as text, numbers and days as what they are."""
    if value is None:
        return
    if isinstance(value, dt.date):
        sheet.write_datetime(row, column, value, day)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, value)
    else:
        write_text(sheet, row, column, str(value), text)


def _add_choices(workbook: xlsxwriter.Workbook, sheet: Worksheet, columns: Sequence[Column], last_row: int) -> None:
    lists = workbook.add_worksheet(LISTS)
    text = text_format(workbook)
    for at, column in enumerate(columns):
        if column.is_date:
            rule: dict[str, object] = {"validate": "date", "criteria": ">=", "value": dt.date(1990, 1, 1)}
            rule |= {"error_title": "Ngày", "error_message": "Nhập ngày/tháng/năm, ví dụ 20/11/2026."}
        elif column.choices:
            write_text(lists, 0, at, column.title, text)
            for row, choice in enumerate(column.choices, start=1):
                write_text(lists, row, at, choice, text)
            letter = xl_col_to_name(at)
            rule = {"validate": "list", "source": f"='{LISTS}'!${letter}$2:${letter}${len(column.choices) + 1}"}
            rule |= {"error_type": "warning", "error_title": "Danh sách", "error_message": "Chọn trong danh sách."}
        else:
            continue
        sheet.data_validation(1, at, last_row, at, rule)


BOM = b"\xef\xbb\xbf"


def csv_bytes(rows: Iterable[Sequence[CellValue]], *, separator: str | None = None) -> bytes:
    """CSV as Excel of a Vietnamese Windows opens it: UTF-8 with BOM, `CSV_SEPARATOR` between the cells, days as
    dd/mm/yyyy, and no text that a spreadsheet would run (SECURITY.md E-01, E-03)."""
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator or settings.CSV_SEPARATOR, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
    return BOM + buffer.getvalue().encode()


# Full width too: Excel of East Asian settings reads them as the plain ones. defusedcsv knows only the plain ones at the
# very beginning of a cell.
_STARTS_A_FORMULA = re.compile(r"\s*[=+\-@|%＝＋－＠]")


def _csv_cell(value: CellValue) -> CellValue:
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, str):
        text = clean_cell_text(value)
        return f"'{text}" if _STARTS_A_FORMULA.match(text) else text
    return value


# ---- reading -----------------------------------------------------------------------------------------------------
def read_workbook(source: Path | IO[bytes]) -> dict[str, Rows]:
    """Every sheet's rows of values, by sheet name; all rows of a sheet are equally long, and empty rows and columns at
    the end are left out.

    Formulas give the value that was stored with them. Raises `Refused` for files that are too big, not Excel, damaged,
    longer than 5.000 rows or wider than 200 columns; nothing is unpacked before the limits are checked.
    """
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return read_workbook(stream)
    size = source.seek(0, 2)
    source.seek(0)
    if size > MAX_BYTES:
        raise Refused("Tệp Excel lớn quá 5 MB. Xóa ảnh và các trang không cần trong tệp rồi tải lên.")
    try:
        with zipfile.ZipFile(source) as archive:
            check_archive(archive, size)
            _check_weight(archive)
        return _read(source)
    except (
        zipfile.BadZipFile,
        zlib.error,
        InvalidFileException,
        ParseError,
        EOFError,
        LookupError,
        NotImplementedError,
        OSError,
        OverflowError,
        RuntimeError,
        TypeError,
        ValueError,  # defusedxml's refusals of DTD and entities among them
        AttributeError,  # openpyxl on parts that lack what every workbook has
    ) as error:
        raise Refused("Không đọc được tệp Excel này. Mở tệp bằng Excel, lưu lại thành .xlsx rồi tải lên.") from error


def _check_weight(archive: zipfile.ZipFile) -> None:
    """Counts what an XML parser would have to build, at the speed of unpacking and in constant memory.

    openpyxl reads a sheet that does not state its dimension to the end before the first row can be asked for, and all
    shared strings, whatever is asked for: the row limit alone would come too late.
    """
    bytes_left, tags_left = MAX_UNPACKED_BYTES, MAX_TAGS
    for entry in archive.infolist():
        with archive.open(entry) as part:
            block = part.read(_BLOCK)
            if block.startswith(_UTF_16):  # Excel writes UTF-8; in UTF-16 a text could hide how many tags there are
                raise ValueError("A part is in UTF-16.")
            while block:
                bytes_left -= len(block)
                tags_left -= block.count(b"<")
                if bytes_left < 0 or tags_left < 0:
                    raise Refused("Tệp Excel có quá nhiều ô. Xóa các dòng, cột và trang không cần rồi tải lên.")
                block = part.read(_BLOCK)


def _plain(value: object) -> CellValue:
    if value is None or isinstance(value, (str, int, float, Decimal, dt.date, dt.time, dt.timedelta)):
        return value
    return str(value)


def _read(source: IO[bytes]) -> dict[str, Rows]:
    if openpyxl.LXML or not openpyxl.DEFUSEDXML:
        raise ImportError("Workbooks are read with defusedxml only (check core.E003).")
    source.seek(0)
    book = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
    try:
        sheets: dict[str, Rows] = {}
        seen = 0
        for sheet in book.worksheets:
            rows: list[list[CellValue]] = []
            # The width is asked for, never taken from the file: one that claims 16.384 columns would fill the memory.
            for row in sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True):
                seen += 1
                if seen > MAX_ROWS:
                    raise Refused(
                        f"Tệp Excel có quá {format_number(MAX_ROWS)} dòng. Xóa các dòng thừa, cả dòng trống ở cuối, "
                        "rồi tải lên."
                    )
                values = [_plain(value) for value in row]
                while values and values[-1] is None:
                    values.pop()
                if len(values) > MAX_COLUMNS:
                    raise Refused(f"Tệp Excel có quá {MAX_COLUMNS} cột. Xóa các cột thừa rồi tải lên.")
                rows.append(values)
            while rows and not rows[-1]:
                rows.pop()
            width = max(map(len, rows), default=0)
            sheets[sheet.title] = [(*values, *[None] * (width - len(values))) for values in rows]
    finally:
        book.close()
    return sheets
