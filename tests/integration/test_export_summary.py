"""The workbook as its reader opens it: formulas with their values, real types, and the numbers of the page."""

import datetime as dt
import re
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader

from assessments.models import Decision
from assessments.summaries import Summary, summarise
from assessments.workflow import Status
from childfriendly.core.context import DEMO_MARK
from childfriendly.core.models import AuditEvent
from childfriendly.core.text import ascii_words
from communes.models import Unit
from criteria.models import Period, Target
from reports import excel
from reports.filenames import certificate_file, decision_file, summary_file
from tests.factories import ZERO_IN_3, Place, dossier_in, issued_paper, make_neighbour, make_place

pytestmark = pytest.mark.django_db

AT = dt.datetime(2024, 12, 1, 18, 30, tzinfo=dt.UTC)  # 01:30 of the next day in Viet Nam


class Book:
    """A workbook read twice: what the cells show, and the formulas behind it."""

    def __init__(self, content: bytes) -> None:
        self.values = openpyxl.load_workbook(BytesIO(content), data_only=True)
        self.formulas = openpyxl.load_workbook(BytesIO(content))
        self.sheet: Worksheet = self.values["Tổng hợp"]
        self.raw: Worksheet = self.formulas["Tổng hợp"]
        self.head = next(row[0].row for row in self.sheet.iter_rows(max_col=1) if row[0].value == "TT")
        self.heads = [cell.value for cell in self.sheet[self.head]]

    def column(self, head: str) -> int:
        return self.heads.index(head) + 1

    def cell(self, row: int, head: str) -> Cell:
        return self.sheet.cell(row, self.column(head))

    def formula(self, row: int, head: str) -> object:
        return self.raw.cell(row, self.column(head)).value

    def row_of(self, name: str) -> int:
        column = self.column("Đơn vị cấp xã")
        return next(
            row for row in range(self.head + 1, self.sheet.max_row + 1) if self.sheet.cell(row, column).value == name
        )

    @property
    def about(self) -> dict[str, object]:
        return {row[0]: row[1] for row in self.values["Thông tin"].iter_rows(max_col=2, values_only=True)}

    @property
    def texts(self) -> list[str]:
        return [
            cell.value
            for sheet in self.values.worksheets
            for row in sheet.iter_rows()
            for cell in row
            if isinstance(cell.value, str)
        ]


def book_of(place: Place, unit: Unit | None = None) -> tuple[Summary, Book]:
    period = Period.objects.with_setting().get(pk=place.period.pk)
    summary = summarise(period, unit or place.deciding, reader=place.province_staff, at=timezone.now())
    reader = excel.reader_of(summary, place.province_staff, AT)
    return summary, Book(excel.summary_xlsx(summary, reader=reader, at=AT))


@pytest.fixture
def home() -> Place:
    place = make_place(3)
    dossier_in(Status.RECOGNISED, place)
    dossier_in(Status.REFUSED, place, 1)
    return place


# ---- figures -----------------------------------------------------------------------------------------------------
def test_every_row_holds_what_the_summary_holds(home: Place) -> None:
    summary, book = book_of(home)
    for number, row in enumerate(summary.rows, start=1):
        at = book.row_of(row.commune.name)
        shown = [book.sheet.cell(at, column).value for column in range(1, len(book.heads) + 1)]
        assert shown == [
            number,
            row.commune.code,
            row.commune.name,
            row.state,
            1,
            None,
            int(row.is_filed),
            int(row.is_recognised),
            None,
            *row.points,
            row.declared_total,
            row.appraised_total,
            row.threshold,
            row.result or None,
            row.reason or None,
            row.decision_number or None,
            dt.datetime.combine(row.decided_on, dt.time()) if row.decided_on else None,
            ", ".join(row.late) or None,
        ]


def test_types_stay_what_they_are(home: Place) -> None:
    home.communes[0].code = "00123"
    home.communes[0].save()
    _, book = book_of(home)
    at = book.row_of(home.communes[0].name)
    code = book.cell(at, "Mã")
    assert (code.data_type, code.value, code.number_format) == ("s", "00123", "@")
    assert book.cell(at, "TC1\n/100").data_type == "n"
    day = book.cell(at, "Ngày quyết định")
    assert (day.is_date, day.number_format) == (True, "dd/mm/yyyy")


def test_totals_are_live_formulas_that_carry_their_values(home: Place) -> None:
    Target.objects.create(period=home.period, unit=home.deciding, communes=2, document_number="KH 12")
    summary, book = book_of(home)
    subtotal, total = book.row_of(f"Cộng {home.deciding.name}"), book.row_of("Tổng cộng")
    first, last = book.head + 2, subtotal - 1
    for head, value in {"Số xã": 3, "Đã nộp": 2, "Công nhận": 1}.items():
        letter = get_column_letter(book.column(head))
        assert book.formula(subtotal, head) == f"=SUM({letter}{first}:{letter}{last})"
        assert book.formula(total, head) == f"=SUM({letter}{subtotal})"
        assert book.cell(subtotal, head).value == book.cell(total, head).value == value
    share = book.formula(total, "Tỷ lệ công nhận")
    assert re.fullmatch(r'=IF\(E\d+=0,"",H\d+/E\d+\)', str(share))
    assert book.cell(total, "Tỷ lệ công nhận").value == pytest.approx(1 / 3)
    assert book.cell(total, "Tỷ lệ công nhận").number_format == "0.00%"
    assert book.cell(total, "Chỉ tiêu").value == 2
    assert summary.counts.share_text == "33,33 %"


def test_the_total_of_a_row_is_the_sum_of_the_criteria_beside_it(home: Place) -> None:
    dossier_in(Status.SUBMITTED, home, 2)
    _, book = book_of(home)
    concluded, sent = book.row_of(home.communes[1].name), book.row_of(home.communes[2].name)
    assert book.formula(concluded, "Thẩm định") == f"=SUM(J{concluded}:V{concluded})"
    assert book.formula(concluded, "Tự chấm") == book.cell(concluded, "Thẩm định").value == 875
    assert book.formula(sent, "Tự chấm") == f"=SUM(J{sent}:V{sent})"
    assert (book.cell(sent, "Tự chấm").value, book.cell(sent, "Thẩm định").value) == (1000, None)


def test_districts_have_subtotals_that_the_total_adds_up(home: Place) -> None:
    neighbour = make_neighbour(home, 2)
    summary, book = book_of(home, home.province)
    subtotals = [book.row_of(f"Cộng {group.unit.name}") for group in summary.groups if group.unit]
    assert len(subtotals) == 2
    assert book.formula(book.row_of("Tổng cộng"), "Số xã") == f"=SUM(E{subtotals[0]},E{subtotals[1]})"
    assert book.cell(book.row_of("Tổng cộng"), "Số xã").value == 3 + len(neighbour.communes)
    assert [book.cell(book.row_of(g.unit.name), "Mã").value for g in summary.groups if g.unit] == [
        g.unit.code for g in summary.groups if g.unit
    ]


def test_without_districts_there_is_one_total_and_no_word_of_districts() -> None:
    place = make_place(2, year=2026, new=True)
    _, book = book_of(place)
    labels = [text for text in book.texts if text.startswith(("Cộng ", "Tổng cộng"))]
    assert labels == ["Tổng cộng"]
    assert book.formula(book.row_of("Tổng cộng"), "Số xã") == f"=SUM(E{book.head + 1}:E{book.head + 2})"
    assert not [text for text in book.texts if re.search("huyện|thị trấn", text, re.IGNORECASE)]


def test_text_that_looks_like_a_formula_stays_text(home: Place) -> None:
    names = ["=1+1", "+84", "-5", "@SUM(A1)"]
    for unit, name in zip([*home.communes, home.deciding], names, strict=True):
        Unit.objects.filter(pk=unit.pk).update(name=name)
    home.deciding.refresh_from_db()
    home.province_staff.full_name = '=HYPERLINK("https://example.vn")'
    _, book = book_of(home)
    for name in names:
        cell = book.raw.cell(book.row_of(name), book.column("Đơn vị cấp xã"))
        assert (cell.value, cell.data_type, cell.quotePrefix, cell.hyperlink) == (name, "s", True, None)
    assert book.about["Người kết xuất"] == home.province_staff.full_name


# ---- look --------------------------------------------------------------------------------------------------------
def test_it_prints_on_a4_landscape_with_its_head_on_every_page(home: Place) -> None:
    _, book = book_of(home)
    raw = book.raw
    assert (raw.page_setup.paperSize, raw.page_setup.orientation) == (9, "landscape")
    assert (raw.page_setup.fitToWidth or 1, raw.page_setup.fitToHeight) == (1, 0)  # 1 is left out: the default
    assert raw.sheet_properties.pageSetUpPr.fitToPage
    assert raw.print_title_rows == f"${book.head}:${book.head}"
    last = f"{get_column_letter(len(book.heads))}${raw.max_row}"
    assert raw.print_area == f"'Tổng hợp'!$A$1:${last}"
    assert raw.freeze_panes == f"D{book.head + 1}"
    assert raw.oddFooter.right.text == "Trang &P/&N"


def test_head_and_about_sheet_say_whose_summary_it_is(home: Place) -> None:
    summary, book = book_of(home)
    title = f"Tổng hợp kết quả đánh giá, công nhận xã, phường, thị trấn phù hợp với trẻ em năm {home.period.year}"
    assert title.upper() in book.texts
    assert f"Phòng Lao động - Thương binh và Xã hội h{home.deciding.name[1:]}".upper() in book.texts
    about = book.about
    assert about["Người kết xuất"] == home.province_staff.full_name
    assert about["Vai trò"] == f"Cán bộ cấp tỉnh, {home.province.name}"
    assert about["Thời điểm kết xuất"] == dt.datetime(2024, 12, 2, 1, 30)  # noqa: DTZ001  # Excel knows no zones
    assert about["Bộ lọc: đơn vị"] == f"{home.deciding.full_name_with_parents} (mã {home.deciding.code})"
    assert about["Ngày chốt số liệu"] == dt.datetime(2024, 10, 31)  # noqa: DTZ001
    assert about["Mã SHA-256 của bộ tiêu chí"] == summary.period.criteria_set.sha256
    assert (about["Số đơn vị cấp xã"], about["Đã nộp hồ sơ"], about["Được công nhận"]) == (3, 2, 1)
    assert str(about["Độ tin cậy của số trong bộ tiêu chí"]).startswith("đã đối chiếu nguồn: ")
    assert about["TC3"] == "Trẻ em bị xâm hại (tối đa 125 điểm)"


def test_made_up_figures_say_so_on_sheet_and_print(home: Place) -> None:
    assert DEMO_MARK not in book_of(home)[1].texts
    Period.objects.filter(pk=home.period.pk).update(is_demo=True)
    _, book = book_of(home)
    assert book.texts.count(DEMO_MARK) == 2  # once a sheet
    assert [sheet.oddHeader.center.text for sheet in book.formulas.worksheets] == [DEMO_MARK] * 2


def test_each_export_leaves_an_audit_row(home: Place) -> None:
    summary, _ = book_of(home)
    excel.export_summary(summary, reader=excel.reader_of(summary, home.leader, AT), at=AT)
    event = AuditEvent.objects.get(action="export_summary")
    assert (event.actor_name, event.at, event.object_name) == (home.leader.full_name, AT, str(home.period))
    assert event.actor_role == f"Lãnh đạo quyết định, {home.deciding.name}"
    assert event.after == {"rows": 3, "unit": home.deciding.code}


# ---- commands ----------------------------------------------------------------------------------------------------
def run(name: str, *args: object, **options: object) -> str:
    out = StringIO()
    call_command(name, *map(str, args), stdout=out, **options)
    return out.getvalue()


def test_the_command_writes_the_same_workbook(home: Place, tmp_path: Path) -> None:
    target = tmp_path / "ra" / "tong-hop.xlsx"
    target.parent.mkdir()
    said = run("export_summary", year=2024, unit=home.deciding.code, output=target)
    assert said == f"Đã ghi 3 đơn vị cấp xã của {home.deciding.full_name_with_parents} vào {target}.\n"
    book, (_, by_hand) = Book(target.read_bytes()), book_of(home)
    assert list(book.sheet.values) == list(by_hand.sheet.values)
    assert list(book.raw.values) == list(by_hand.raw.values)
    assert (book.about["Người kết xuất"], book.about["Vai trò"]) == ("Hệ thống", "Dòng lệnh trên máy chủ")
    assert AuditEvent.objects.filter(action="export_summary", actor_id="").count() == 1
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_the_command_refuses_in_one_sentence(home: Place, tmp_path: Path) -> None:
    good = {"year": 2024, "unit": home.deciding.code, "output": tmp_path / "x.xlsx"}
    (tmp_path / "tep").write_text("")
    cases = [
        ({"year": "hai nghìn"}, "Nhập năm bằng bốn chữ số, ví dụ --year 2024."),
        ({"year": 2023}, "Chưa có kỳ đánh giá năm 2023."),
        ({"unit": "99999"}, "Không có đơn vị nào mang mã «99999»."),
        ({"unit": home.communes[0].code}, f"Mã {home.communes[0].code} là "),
        ({"output": tmp_path}, f"Không ghi được tệp {tmp_path}. "),
        ({"output": tmp_path / "tep" / "x.xlsx"}, f"Không ghi được tệp {tmp_path}/tep/x.xlsx. "),
        ({"output": tmp_path / "khong-co" / "x.xlsx"}, f"Không ghi được tệp {tmp_path}/khong-co/x.xlsx. "),
    ]
    for change, start in cases:
        with pytest.raises(CommandError) as refusal:
            run("export_summary", **{**good, **change})
        assert str(refusal.value).startswith(start)
    assert not AuditEvent.objects.filter(action="export_summary").exists()


# ---- papers by command -------------------------------------------------------------------------------------------
@pytest.fixture
def decision(home: Place) -> Decision:
    found = issued_paper([dossier_in(Status.CONCLUDED, home, 2)], home, number="1105").decision
    assert found is not None
    return found


def test_the_command_prints_the_decision_and_a_certificate_for_each_recognised_commune(
    home: Place, decision: Decision, tmp_path: Path
) -> None:
    folder = tmp_path / "moi" / "qd"
    said = run("decision_pdf", "1105/QĐ-UBND", year=2024, unit=home.deciding.code, output=folder)
    assert said == f"Đã ghi Quyết định số 1105/QĐ-UBND và 1 Giấy công nhận vào {folder}.\n"
    commune = home.communes[2]
    certificate = f"giay-cong-nhan-2024-{commune.code}-{ascii_words(commune.name)}.pdf"
    paper = f"quyet-dinh-1105-qd-ubnd-{decision.issued_on:%Y-%m-%d}.pdf"
    assert sorted(path.name for path in folder.iterdir()) == [certificate, paper]
    assert all(name.isascii() for name in (certificate, paper))
    for name in (certificate, paper):
        text = " ".join(page.extract_text() for page in PdfReader(folder / name).pages)
        assert "1105/QĐ-UBND" in text
        assert "DỰ THẢO" not in text


def test_a_decision_of_refusals_alone_has_no_certificate(tmp_path: Path) -> None:
    place = make_place()
    refusal = issued_paper([dossier_in(Status.CONCLUDED, place, answers=ZERO_IN_3)], place, "8")
    said = run("decision_pdf", "08", year=2024, unit=place.province.code, output=tmp_path)
    assert said == f"Đã ghi Quyết định số {refusal.full_number} và 0 Giấy công nhận vào {tmp_path}.\n"


def test_the_number_is_looked_up_in_the_year_of_the_decision_s_date(home: Place, tmp_path: Path) -> None:
    home.later(24 * 90)  # signed in the year after the period
    late = issued_paper([dossier_in(Status.CONCLUDED, home, 2)], home, number="15").decision
    assert late is not None
    assert late.issued_on is not None
    assert late.issued_on.year == 2025
    with pytest.raises(CommandError, match=r"ban hành ngày \d\d/\d\d/2025\. Chạy lại với --year 2025\.$"):
        run("decision_pdf", "15", year=2024, unit=home.deciding.code, output=tmp_path)
    run("decision_pdf", "15", year=2025, unit=home.deciding.code, output=tmp_path)
    assert (tmp_path / decision_file(late)).exists()


def test_one_number_of_two_districts_asks_which(home: Place, decision: Decision, tmp_path: Path) -> None:
    neighbour = make_neighbour(home)
    issued_paper([dossier_in(Status.CONCLUDED, neighbour)], neighbour, number="1105")
    with pytest.raises(CommandError, match=r"^Có 2 quyết định số 1105 năm 2024: .+ Ghi mã của đơn vị ban hành\.$"):
        run("decision_pdf", "1105", year=2024, unit=home.province.code, output=tmp_path)
    run("decision_pdf", "1105", year=2024, unit=home.deciding.code, output=tmp_path)
    assert (tmp_path / decision_file(decision)).exists()


def test_the_command_for_papers_refuses_in_one_sentence(home: Place, decision: Decision, tmp_path: Path) -> None:
    good = {"year": 2024, "unit": home.deciding.code, "output": tmp_path}
    (tmp_path / "tep").write_text("")
    cases = [
        ("abc", {}, "Nhập số quyết định bằng chữ số"),
        ("1106", {}, f"Không có quyết định số 1106 ban hành trong năm 2024 của {home.deciding.name}."),
        ("1105/QĐ-SYT", {}, "Không có quyết định số 1105 "),
        ("1105", {"year": "24"}, "Nhập năm bằng bốn chữ số"),
        ("1105", {"year": 2023}, "Chưa có kỳ đánh giá năm 2023."),
        ("1105", {"unit": "99999"}, "Không có đơn vị nào mang mã «99999»."),
        ("1105", {"unit": home.communes[2].code}, f"Mã {home.communes[2].code} là "),
        ("1105", {"output": tmp_path / "tep"}, f"Không tạo được thư mục {tmp_path}/tep."),
    ]
    for number, change, start in cases:
        with pytest.raises(CommandError) as refusal:
            run("decision_pdf", number, **{**good, **change})
        assert str(refusal.value).startswith(start)


# ---- names of files ----------------------------------------------------------------------------------------------
def test_file_names_are_ascii_and_name_units_only(home: Place, decision: Decision) -> None:
    assert ascii_words("Thị trấn Mỹ An") == "thi-tran-my-an"
    assert ascii_words("Xã Đốc Binh Kiều") == "xa-doc-binh-kieu"
    assert ascii_words("Xã Ea H’Leo / ../x") == "xa-ea-hleo-x"
    item = decision.items.get()
    names = [summary_file(home.period, home.deciding), decision_file(decision), certificate_file(item)]
    assert all(re.fullmatch(r"[a-z0-9.-]+", name) for name in names)
    assert names[0] == f"tong-hop-2024-{home.deciding.code}-{ascii_words(home.deciding.name)}.xlsx"
