import csv
import datetime as dt
import re
import time
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childfriendly.core.exceptions import Refused
from childfriendly.core.sheets import (
    CELL_LIMIT,
    clean_cell_text,
    clean_sheet_name,
    csv_bytes,
    open_workbook,
    read_workbook,
    text_format,
    write_text,
)
from tests.corpus import files as corpus
from tests.corpus import strings

DANGEROUS = [text for text in map(clean_cell_text, (*strings.FORMULAS, *strings.LOOKALIKES)) if text]


def written(texts: list[str]) -> BytesIO:
    buffer = BytesIO()
    workbook = open_workbook(buffer)
    sheet = workbook.add_worksheet(clean_sheet_name("Trang"))
    cell_format = text_format(workbook, bold=True)
    for row, text in enumerate(texts):
        write_text(sheet, row, 0, text, cell_format)
    workbook.close()
    buffer.seek(0)
    return buffer


# ---- writing -----------------------------------------------------------------------------------------------------
def test_text_stays_text_whatever_it_begins_with() -> None:
    sheet = openpyxl.load_workbook(written(DANGEROUS)).worksheets[0]
    cells = [row[0] for row in sheet.iter_rows()]
    assert [cell.value for cell in cells] == DANGEROUS
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.hyperlink for cell in cells] == [None] * len(DANGEROUS)
    # so that it stays text when somebody edits the cell
    assert {(cell.number_format, cell.quotePrefix, cell.font.bold) for cell in cells} == {("@", True, True)}


def test_text_written_without_a_format_is_text_as_well() -> None:
    buffer = BytesIO()
    workbook = open_workbook(buffer)
    write_text(workbook.add_worksheet(), 2, 1, "=1+1")
    workbook.close()
    buffer.seek(0)
    cell = openpyxl.load_workbook(buffer).worksheets[0]["B3"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_workbook_takes_no_text_for_a_formula_or_number_by_itself() -> None:
    buffer = BytesIO()
    workbook = open_workbook(buffer)
    workbook.add_worksheet().write_row(0, 0, ["=1+1", "0123", "https://example.vn", 7])
    workbook.close()
    buffer.seek(0)
    row = next(openpyxl.load_workbook(buffer).worksheets[0].iter_rows())
    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in row] == [
        ("=1+1", "s", None),
        ("0123", "s", None),
        ("https://example.vn", "s", None),
        (7, "n", None),
    ]


@given(st.lists(st.text(st.characters(), max_size=30), min_size=1, max_size=10))
@settings(max_examples=60)
def test_any_text_comes_back_clean_and_never_as_a_formula(texts: list[str]) -> None:
    sheet = openpyxl.load_workbook(written(texts)).worksheets[0]
    cells = [sheet.cell(row=row + 1, column=1) for row in range(len(texts))]
    assert [cell.data_type for cell in cells if cell.value is not None] == [
        "s" for text in texts if clean_cell_text(text)
    ]
    assert [str(cell.value or "") for cell in cells] == [clean_cell_text(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\x00b\x0bc\x1fd", "abcd"),
        ("a\ud800b\ufffe\uffff", "ab"),
        ("dòng 1\r\ndòng 2\rdòng 3\tcột", "dòng 1\ndòng 2\ndòng 3\tcột"),
        ("Nguye\u0302\u0303n", "Nguyễn"),
        ("😀", "😀"),
        ("", ""),
    ],
)
def test_cell_text_holds_only_what_a_workbook_can_hold(text: str, clean: str) -> None:
    assert clean_cell_text(text) == clean


def test_cell_text_is_cut_where_excel_would_cut_it() -> None:
    assert clean_cell_text("ă" * CELL_LIMIT) == "ă" * CELL_LIMIT
    assert clean_cell_text("ă" * (CELL_LIMIT + 1)) == "ă" * (CELL_LIMIT - 1) + "…"
    # Excel counts an emoji as two, and half of one must not stay behind
    assert clean_cell_text("😀" * 20_000) == "😀" * ((CELL_LIMIT - 1) // 2) + "…"
    assert clean_cell_text("a" + "😀" * 20_000) == "a" + "😀" * ((CELL_LIMIT - 2) // 2) + "…"


@pytest.mark.parametrize(
    ("name", "taken", "clean"),
    [
        ("Tổng hợp", [], "Tổng hợp"),
        ("Kỳ 2024/2025 [nháp]: *?\\", [], "Kỳ 2024 2025 nháp"),
        ("'trích'", [], "trích"),
        ("", [], "Trang"),
        ("///", [], "Trang"),
        ("History", [], "History (2)"),
        ("ă" * 40, [], "ă" * 31),
        ("a\nb\u200b", [], "ab"),
        ("Xã", ["xã"], "Xã (2)"),
        ("Xã", ["xã", "XÃ (2)"], "Xã (3)"),
        ("ă" * 40, ["ă" * 31], "ă" * 27 + " (2)"),
    ],
)
def test_sheet_names_are_what_excel_accepts(name: str, taken: list[str], clean: str) -> None:
    assert clean_sheet_name(name, taken) == clean


@given(st.lists(st.text(st.characters(), max_size=40), min_size=1, max_size=6))
@settings(max_examples=60)
def test_any_names_make_a_workbook(names: list[str]) -> None:
    buffer = BytesIO()
    workbook = open_workbook(buffer)
    used: list[str] = []
    for name in names:
        used.append(clean_sheet_name(name, used))
        workbook.add_worksheet(used[-1])
    workbook.close()
    assert openpyxl.load_workbook(BytesIO(buffer.getvalue())).sheetnames == used


# ---- CSV ---------------------------------------------------------------------------------------------------------
def cells_of(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_a_csv_opens_in_excel_with_its_types() -> None:
    rows: list[tuple[Any, ...]] = [("Xã", "01234", -5, 1.5, dt.date(2026, 6, 5), dt.datetime(2026, 6, 5, 8, 30), None)]  # noqa: DTZ001
    assert cells_of(csv_bytes(rows)) == [["Xã", "01234", "-5", "1.5", "05/06/2026", "05/06/2026 08:30", ""]]
    assert csv_bytes([("a", "b")], separator=",") == b'\xef\xbb\xbf"a","b"\r\n'


@pytest.mark.parametrize("text", strings.FORMULAS)
def test_no_cell_of_a_csv_is_run(text: str) -> None:
    ((cell,),) = cells_of(csv_bytes([(text,)]))
    assert not re.match(r"\s*[=+\-@|%＝＋－＠]", cell)


@given(st.lists(st.text(st.characters(), max_size=30), min_size=1, max_size=10))
@settings(max_examples=60)
def test_any_text_leaves_as_one_cell_that_runs_nothing(texts: list[str]) -> None:
    (cells,) = cells_of(csv_bytes([texts]))
    assert len(cells) == len(texts)
    assert not any(re.match(r"\s*[=+\-@|%＝＋－＠]", cell) for cell in cells)


# ---- reading -----------------------------------------------------------------------------------------------------
def made(rows: list[list[object]]) -> BytesIO:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    buffer = BytesIO()
    book.save(buffer)
    buffer.seek(0)
    return buffer


def refusal(source: BytesIO) -> str:
    with pytest.raises(Refused) as error:
        read_workbook(source)
    return str(error.value)


def test_values_are_read_with_their_types() -> None:
    moment = dt.datetime(2026, 6, 5, 16, 30)  # noqa: DTZ001 — workbooks know no time zone
    rows: list[list[object]] = [["Mã xã", "Số trẻ"], ["01234", 1234], [None, None], ["x", moment], [True, 1.5]]
    expected = [("Mã xã", "Số trẻ"), ("01234", 1234), (None, None), ("x", moment), (True, 1.5)]
    assert read_workbook(made(rows)) == {"Sheet": expected}


def test_empty_rows_at_the_end_are_left_out() -> None:
    data = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"/><row r="4000"><c r="A4000"/></row>'
    assert read_workbook(BytesIO(corpus.xlsx(data))) == {"Trang1": [(1,)]}


def test_a_formula_gives_the_value_stored_with_it() -> None:
    data = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>'
    assert read_workbook(BytesIO(corpus.xlsx(data))) == {"Trang1": [(2,)]}


def test_our_own_workbooks_can_be_read_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(written(["=1+1", "01234"]).getvalue())
    assert read_workbook(path) == {"Trang": [("=1+1",), ("01234",)]}


TOO_MANY = "Tệp Excel có quá 5.000 dòng. Xóa các dòng thừa, cả dòng trống ở cuối, rồi tải lên."
TOO_HEAVY = "Tệp Excel có quá nhiều ô. Xóa các dòng, cột và trang không cần rồi tải lên."
UNREADABLE = "Không đọc được tệp Excel này. Mở tệp bằng Excel, lưu lại thành .xlsx rồi tải lên."


def test_five_thousand_rows_are_read_and_one_more_is_refused() -> None:
    assert len(read_workbook(made([[1]] * 5000))["Sheet"]) == 5000
    assert refusal(made([[1]] * 5001)) == TOO_MANY


def test_a_million_rows_are_refused_at_once() -> None:
    noise = "".join(f'<row r="{n}"><c r="A{n}"><v>{n * 7919 % 1000003}</v></c></row>' for n in range(1, 1_000_001, 5))
    content = corpus.xlsx(noise)
    assert len(content) < 5 * 1024 * 1024
    start = time.process_time()
    assert refusal(BytesIO(content)) == TOO_HEAVY
    assert time.process_time() - start < 1


def test_one_cell_far_below_is_refused_and_not_filled_up_to() -> None:
    assert refusal(BytesIO(corpus.xlsx('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'))) == TOO_MANY


def test_two_hundred_columns_are_read_and_one_more_is_refused() -> None:
    assert read_workbook(made([[None] * 199 + [1], [2]])) == {"Sheet": [(*[None] * 199, 1), (2, *[None] * 199)]}
    assert refusal(made([[None] * 200 + [1]])) == "Tệp Excel có quá 200 cột. Xóa các cột thừa rồi tải lên."


def test_a_workbook_over_five_megabytes_is_refused() -> None:
    sentence = "Tệp Excel lớn quá 5 MB. Xóa ảnh và các trang không cần trong tệp rồi tải lên."
    assert refusal(BytesIO(corpus.xlsx() + bytes(5 * 1024 * 1024))) == sentence


def test_a_workbook_that_swells_is_refused_before_it_is_unpacked() -> None:
    content = corpus.xlsx(extra={"xl/media/a.bmp": bytes(8 * 1024 * 1024)})
    start = time.process_time()
    assert refusal(BytesIO(content)) == (
        "Tệp bung ra quá lớn so với kích thước khi tải lên. Xóa nội dung thừa, lưu lại rồi tải lên."
    )
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize("kind", corpus.ENTITIES)
def test_entities_are_refused_in_every_part(part: str, kind: str) -> None:
    assert refusal(BytesIO(corpus.with_entity(corpus.xlsx(), part, corpus.ENTITIES[kind]))) == UNREADABLE


@pytest.mark.parametrize(
    "content", [b"", b"abc", corpus.pdf(), corpus.OLE, corpus.docx(), corpus.archive({"a": "a"}), corpus.xlsx()[:-200]]
)
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    assert refusal(BytesIO(content)) == UNREADABLE


@pytest.mark.parametrize(
    "data",
    [
        '<row r="x"/>',
        '<row r="1"><c r="??"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        '<row r="1"><c r="A1" t="n"><v>abc</v></c></row>',
    ],
)
def test_nonsense_in_a_sheet_is_refused_not_a_crash(data: str) -> None:
    assert refusal(BytesIO(corpus.xlsx(data))) == UNREADABLE


@given(st.data())
@settings(max_examples=150)
def test_damaged_sheets_are_read_or_refused_but_never_crash(data: st.DataObject) -> None:
    sheet = bytearray(b'<row r="1"><c r="A1" t="str"><v>abc</v></c><c r="B1" t="d"><v>2024-01-01</v></c></row>')
    for _ in range(data.draw(st.integers(1, 6))):
        sheet[data.draw(st.integers(0, len(sheet) - 1))] = data.draw(st.sampled_from(b'<>"/=0aA1 rcvtse&;'))
    try:
        found = read_workbook(BytesIO(corpus.xlsx(sheet.decode())))
    except Refused as error:
        assert str(error) in {UNREADABLE, TOO_MANY}  # noqa: PT017 — either outcome is right, a crash is not
    else:
        assert list(found) == ["Trang1"]
