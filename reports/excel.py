"""The summary as a workbook: live formulas that carry their values, so that a phone's preview shows them too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from io import BytesIO
from math import ceil
from typing import Final

from django.utils import timezone
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from assessments.summaries import Counts, Group, Row, Summary, reading_role, target_line
from childfriendly.core.context import DEMO_MARK
from childfriendly.core.exports import exported, watermark
from childfriendly.core.numbers import format_number
from childfriendly.core.sheets import open_workbook, text_format, write_text
from communes.models import User
from criteria.labels import counts_by_certainty
from criteria.models import Authority, Certainty, Period, Task
from criteria.scoring import HIDDEN
from papers.bases import standard_name
from papers.words import in_sentence

SHEET: Final = "Tổng hợp"
ABOUT: Final = "Thông tin"
FONT: Final = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter"}
LINE_HEIGHT: Final = 16.0  # points; only Excel itself finds the height of wrapped text, so it is worked out here
BOX: Final = {"border": 1}
NAME_WIDTH, STATE_WIDTH, RESULT_WIDTH, REASON_WIDTH, LATE_WIDTH = 17, 12, 11, 38, 9
ABOUT_WIDTH: Final = 90


@dataclass(frozen=True, slots=True)
class Reader:
    """Who takes the workbook away, as the sheet «Thông tin» and the audit name the person."""

    user: User | None
    words: str


def reader_of(summary: Summary, user: User, at: datetime) -> Reader:
    held = reading_role(summary.period, summary.unit, user, timezone.localdate(at))
    return Reader(user, held.words if held else "")


SYSTEM: Final = Reader(None, "Dòng lệnh trên máy chủ")


def export_summary(summary: Summary, *, reader: Reader, at: datetime) -> bytes:
    """The workbook, once it is recorded who takes how many rows. Raises TooMany."""
    exported(
        "summary",
        summary.period,
        rows=len(summary.rows),
        by=reader.user,
        at=at,
        role=reader.words,
        after={"unit": summary.unit.code},
    )
    return summary_xlsx(summary, reader=reader, at=at)


def title_of(summary: Summary) -> str:
    standard = standard_name(summary.period.figures_as_of)
    return f"Tổng hợp kết quả đánh giá, công nhận {standard} phù hợp với trẻ em năm {summary.period.year}"


def summary_xlsx(summary: Summary, *, reader: Reader, at: datetime) -> bytes:
    buffer = BytesIO()
    workbook = open_workbook(buffer)
    workbook.set_properties({"title": title_of(summary), "created": timezone.localtime(at).replace(tzinfo=None)})
    _SummarySheet(workbook, summary, watermark(reader.user, at)).write()
    _write_about(workbook, summary, reader, at)
    workbook.close()
    return buffer.getvalue()


# ---- the sheet «Tổng hợp» ----------------------------------------------------------------------------------------
class _Columns:
    """Where each column stands; the criteria are as many as the set has."""

    NUMBER, CODE, NAME, STATE, COMMUNES, TARGET, FILED, RECOGNISED, SHARE, FIRST_CRITERION = range(10)

    def __init__(self, criteria: int) -> None:
        self.last_criterion = self.FIRST_CRITERION + criteria - 1
        after = self.last_criterion + 1
        self.declared, self.appraised, self.threshold, self.result, self.reason = range(after, after + 5)
        self.decision, self.decided_on, self.late = range(after + 5, after + 8)
        self.last = self.late


class _SummarySheet:
    def __init__(self, workbook: Workbook, summary: Summary, mark: str) -> None:
        self.summary = summary
        self.mark_of_reader = mark
        self.columns = _Columns(len(summary.criteria))
        self.sheet: Worksheet = workbook.add_worksheet(SHEET)
        wrap = {**FONT, **BOX, "text_wrap": True}
        total = {**FONT, **BOX, "bold": True, "bg_color": "#E7F1FB"}
        self.head: Format = workbook.add_format(
            {**wrap, "bold": True, "align": "center", "font_size": 10, "bg_color": "#DDE5EE"}
        )
        self.text = text_format(workbook, **wrap)
        self.number = workbook.add_format({**FONT, **BOX, "num_format": "#,##0"})
        self.zero = workbook.add_format({**FONT, **BOX, "num_format": "#,##0", "bold": True, "font_color": "#B02A37"})
        self.day = workbook.add_format({**FONT, **BOX, "num_format": "dd/mm/yyyy", "align": "center"})
        self.district = text_format(workbook, **total)
        self.total_number = workbook.add_format({**total, "num_format": "#,##0"})
        self.total_share = workbook.add_format({**total, "num_format": "0.00%"})
        self.small_caps = text_format(workbook, **FONT, align="center")
        self.strong = text_format(workbook, **FONT, bold=True, align="center")
        self.title = text_format(workbook, **{**FONT, "font_size": 14}, bold=True, align="center")
        self.mark = text_format(workbook, **FONT, bold=True, align="center", font_color="#B02A37")

    def write(self) -> None:
        head_row = self._write_title()
        self._write_head(head_row)
        row = head_row + 1
        totals: list[int] = []
        runs: list[tuple[int, int]] = []
        number = 0
        for group in self.summary.groups:
            if group.unit:
                self._write_district(row, group)
                row += 1
            first = row
            for line in group.rows:
                number += 1
                self._write_row(row, number, line)
                row += 1
            runs.append((first, row - 1))
            if self.summary.has_subtotals:
                label = f"Cộng {group.unit.name}" if group.unit else "Cộng các đơn vị còn lại"
                target = group.target.communes if group.target else None
                self._write_sums(row, label, group.counts, target, [runs[-1]])
                totals.append(row)
                row += 1
        parts = [(subtotal, subtotal) for subtotal in totals] or runs
        target = self.summary.target.communes if self.summary.target else None
        self._write_sums(row, "Tổng cộng", self.summary.counts, target, parts)
        self._set_up_page(head_row, row)

    def _write_title(self) -> int:
        """Letterhead, title and mark, in few rows: all of it stays frozen. Gives the row of the heads."""
        summary, columns = self.summary, self.columns
        above, body = _letterhead(summary)
        left, right = columns.SHARE, columns.FIRST_CRITERION
        lines = [
            (above.upper(), self.small_caps, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
            (body.upper(), self.strong, "Độc lập - Tự do - Hạnh phúc"),
        ]
        for row, (office, office_format, motto) in enumerate(lines):
            self._merge(row, 0, left, office, office_format)
            self._merge(row, right, columns.last, motto, self.strong)
        row = len(lines)
        self._merge(row, 0, columns.last, title_of(summary).upper(), self.title)
        self.sheet.set_row(row, 24)
        place = summary.unit.full_name_with_parents
        closed = f"Số liệu chốt ngày {summary.period.figures_as_of:%d/%m/%Y}"
        line = f"{place}. {closed}. {target_line(summary.counts, summary.target)}"
        self._merge(row + 1, 0, columns.last, line, self.small_caps)
        row += 2
        if summary.period.is_demo:
            self._merge(row, 0, columns.last, DEMO_MARK, self.mark)
            row += 1
        return row

    def _merge(self, row: int, first: int, last: int, text: str, cell_format: Format) -> None:
        self.sheet.merge_range(row, first, row, last, "", cell_format)
        write_text(self.sheet, row, first, text, cell_format)

    def _write_head(self, row: int) -> None:
        columns, sheet = self.columns, self.sheet
        criteria = [(f"TC{c.number}\n/{format_number(c.max_points)}", 4.6) for c in self.summary.criteria]
        heads: list[tuple[str, float]] = [
            ("TT", 4.5),
            ("Mã", 6.5),
            ("Đơn vị cấp xã", NAME_WIDTH),
            ("Tình trạng", STATE_WIDTH),
            ("Số xã", 4.5),
            ("Chỉ tiêu", 4.5),
            ("Đã nộp", 4.5),
            ("Công nhận", 5.5),
            ("Tỷ lệ công nhận", 8),
            *criteria,
            ("Tự chấm", 6),
            ("Thẩm định", 6),
            ("Mức tối thiểu", 6),
            ("Kết quả", RESULT_WIDTH),
            ("Lý do chưa đạt", REASON_WIDTH),
            ("Số quyết định", 14),
            ("Ngày quyết định", 11),
            ("Muộn hạn", LATE_WIDTH),
        ]
        for column, (head, width) in enumerate(heads):
            sheet.set_column(column, column, width)
            write_text(sheet, row, column, head, self.head)
        sheet.set_row(row, 3 * LINE_HEIGHT)
        sheet.freeze_panes(row + 1, columns.NAME + 1)

    def _write_district(self, row: int, group: Group) -> None:
        assert group.unit is not None  # noqa: S101  # a group without a unit has no row of its own
        columns = self.columns
        for column in range(columns.last + 1):
            self.sheet.write_blank(row, column, None, self.district)
        write_text(self.sheet, row, columns.CODE, group.unit.code, self.district)
        write_text(self.sheet, row, columns.NAME, group.unit.name, self.district)

    def _write_row(self, row: int, number: int, line: Row) -> None:
        columns, sheet = self.columns, self.sheet
        late = ", ".join(line.late)
        wrapped = (
            (line.commune.name, NAME_WIDTH),
            (line.state, STATE_WIDTH),
            (line.result, RESULT_WIDTH),
            (line.reason, REASON_WIDTH),
            (late, LATE_WIDTH),
        )
        sheet.set_row(row, LINE_HEIGHT * max(_lines(text, width) for text, width in wrapped))
        sheet.write_number(row, columns.NUMBER, number, self.number)
        write_text(sheet, row, columns.CODE, line.commune.code, self.text)
        write_text(sheet, row, columns.NAME, line.commune.name, self.text)
        write_text(sheet, row, columns.STATE, line.state, self.text)
        sheet.write_number(row, columns.COMMUNES, 1, self.number)
        sheet.write_blank(row, columns.TARGET, None, self.number)
        sheet.write_number(row, columns.FILED, int(line.is_filed), self.number)
        sheet.write_number(row, columns.RECOGNISED, int(line.is_recognised), self.number)
        sheet.write_blank(row, columns.SHARE, None, self.number)
        for column, points in enumerate(line.points, start=columns.FIRST_CRITERION):
            self._number(row, column, points, HIDDEN if line.hides_points else "")
        # The total that the criteria of this row add up to is a formula; the other one stands as it was frozen.
        is_appraised = line.appraised_total is not None or bool(line.appraised_words)
        for column, total, words, is_sum in (
            (columns.declared, line.declared_total, line.declared_words, not is_appraised),
            (columns.appraised, line.appraised_total, line.appraised_words, is_appraised),
        ):
            if is_sum and total is not None:
                self._sum_of_criteria(row, column, total)
            else:
                self._number(row, column, total, words)
        self._number(row, columns.threshold, line.threshold)
        write_text(sheet, row, columns.result, line.result, self.text)
        write_text(sheet, row, columns.reason, line.reason, self.text)
        write_text(sheet, row, columns.decision, line.decision_number, self.text)
        self._date(row, columns.decided_on, line.decided_on)
        write_text(sheet, row, columns.late, late, self.text)

    def _number(self, row: int, column: int, value: int | None, instead: str = "") -> None:
        """A number; for None the words `instead`, or a blank."""
        if value is None and instead:
            write_text(self.sheet, row, column, instead, self.text)
        elif value is None:
            self.sheet.write_blank(row, column, None, self.number)
        else:
            self.sheet.write_number(row, column, value, self.number if value else self.zero)

    def _date(self, row: int, column: int, day: date | None) -> None:
        if day is None:
            self.sheet.write_blank(row, column, None, self.day)
        else:
            self.sheet.write_datetime(row, column, day, self.day)

    def _sum_of_criteria(self, row: int, column: int, total: int) -> None:
        first, last = (xl_rowcol_to_cell(row, at) for at in (self.columns.FIRST_CRITERION, self.columns.last_criterion))
        self.sheet.write_formula(row, column, f"=SUM({first}:{last})", self.number, total)

    def _write_sums(
        self, row: int, label: str, counts: Counts, target: int | None, parts: Sequence[tuple[int, int]]
    ) -> None:
        """`parts` are the runs of rows (first, last) that the counts are the sum of."""
        columns, sheet = self.columns, self.sheet
        for column in range(columns.last + 1):
            sheet.write_blank(row, column, None, self.total_number)
        self._merge(row, columns.NAME, columns.STATE, label, self.district)
        if target is not None:
            sheet.write_number(row, columns.TARGET, target, self.total_number)
        values = {
            columns.COMMUNES: counts.communes,
            columns.FILED: counts.filed,
            columns.RECOGNISED: counts.recognised,
        }
        for column, value in values.items():
            letter = xl_col_to_name(column)
            ranges = ",".join(_range(letter, first, last) for first, last in parts if first <= last)
            formula = f"=SUM({ranges})" if ranges else "=0"
            sheet.write_formula(row, column, formula, self.total_number, value)
        communes, recognised = (xl_rowcol_to_cell(row, column) for column in (columns.COMMUNES, columns.RECOGNISED))
        share = _as_excel(counts.share / 100) if counts.share is not None else ""
        formula = f'=IF({communes}=0,"",{recognised}/{communes})'
        sheet.write_formula(row, columns.SHARE, formula, self.total_share, share)

    def _set_up_page(self, head_row: int, last_row: int) -> None:
        sheet = self.sheet
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(head_row)
        sheet.print_area(0, 0, last_row, self.columns.last)
        if self.summary.period.is_demo:
            sheet.set_header(f"&C{DEMO_MARK}")
        sheet.set_footer("&L" + self.mark_of_reader.replace("&", "&&") + "&RTrang &P/&N")


def _lines(text: str, width: float) -> int:
    """How many lines the text takes in a column so many digits wide: letters are narrower, but words break whole."""
    return max(1, ceil(0.85 * len(text) / width))


def _range(letter: str, first: int, last: int) -> str:
    return f"{letter}{first + 1}" if first == last else f"{letter}{first + 1}:{letter}{last + 1}"


def _as_excel(value: Fraction) -> float:
    """Excel keeps nothing but floats; the share is worked out exactly and turned into one only here."""
    return value.numerator / value.denominator


def _letterhead(summary: Summary) -> tuple[str, str]:
    """Who gathers the summary, and whose office that is: the appraising body of this unit in the period, or, where the
    period names none at this level, the unit's people's committee."""
    period, unit = summary.period, summary.unit
    rows = Authority.objects.filter(period=period, unit=unit, task=Task.APPRAISE, valid_from__lte=period.figures_as_of)
    authority = rows.order_by("-valid_from").first()
    if authority is not None:
        return authority.parent_body_name, authority.body_name
    return "", f"Ủy ban nhân dân {in_sentence(unit.name)}"


# ---- the sheet «Thông tin» ---------------------------------------------------------------------------------------
About = tuple[str, str | int | date | datetime]


def _write_about(workbook: Workbook, summary: Summary, reader: Reader, at: datetime) -> None:
    sheet: Worksheet = workbook.add_worksheet(ABOUT)
    label = text_format(workbook, **FONT, bold=True, text_wrap=True)
    text = text_format(workbook, **FONT, text_wrap=True)
    formats = {
        kind: workbook.add_format({**FONT, "num_format": code, "align": "left"})
        for kind, code in ((datetime, "hh:mm dd/mm/yyyy"), (date, "dd/mm/yyyy"), (int, "#,##0"))
    }
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, ABOUT_WIDTH)
    for row, (name, value) in enumerate(_about(summary, reader, at)):
        write_text(sheet, row, 0, name, label)
        if isinstance(value, str):
            write_text(sheet, row, 1, value, text)
            sheet.set_row(row, LINE_HEIGHT * _lines(value, ABOUT_WIDTH))
        elif isinstance(value, int):
            sheet.write_number(row, 1, value, formats[int])
        else:
            sheet.write_datetime(row, 1, value, formats[type(value)])
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if summary.period.is_demo:
        sheet.set_header(f"&C{DEMO_MARK}")


def _about(summary: Summary, reader: Reader, at: datetime) -> Iterator[About]:
    period, counts = summary.period, summary.counts
    if period.is_demo:
        yield "Lưu ý", DEMO_MARK
    yield "Tên bảng", title_of(summary)
    yield "Người kết xuất", reader.user.full_name if reader.user else "Hệ thống"
    yield "Vai trò", reader.words
    yield "Thời điểm kết xuất", timezone.localtime(at).replace(tzinfo=None, microsecond=0)
    yield "Bộ lọc: đơn vị", f"{summary.unit.full_name_with_parents} (mã {summary.unit.code})"
    yield "Bộ lọc: tình trạng", "Tất cả"
    yield "Kỳ đánh giá", str(period)
    yield "Ngày bắt đầu", period.starts_on
    yield "Ngày kết thúc", period.ends_on
    yield "Ngày chốt số liệu", period.figures_as_of
    yield from _criteria_set(period)
    yield "Số đơn vị cấp xã", counts.communes
    yield "Đã nộp hồ sơ", counts.filed
    yield "Được công nhận", counts.recognised
    yield "Tỷ lệ công nhận", counts.share_text
    yield "Chỉ tiêu", target_line(counts, summary.target)
    yield (
        "Cách đọc điểm",
        "Điểm từng tiêu chí là điểm thẩm định nếu hồ sơ đã hoàn thành thẩm định, là điểm xã tự chấm nếu hồ sơ đã nộp. "
        "Hồ sơ chưa lập, đang lập hoặc đã rút thì để trống. Ô trống không phải là 0 điểm.",
    )
    if summary.hides_points:
        yield (
            f"Ô ghi «{HIDDEN}»",
            "Điểm tính từ số trẻ em từ 1 đến 4 được che để không nhận ra từng trẻ em; tổng điểm chỉ ghi đạt hay chưa "
            "đạt mức tối thiểu.",
        )
    for criterion in summary.criteria:
        points = format_number(criterion.max_points)
        yield f"TC{criterion.number}", f"{criterion.title} (tối đa {points} điểm)"


def _criteria_set(period: Period) -> Iterator[About]:
    criteria_set = period.criteria_set
    yield "Bộ tiêu chí", str(criteria_set)
    yield "Mã SHA-256 của bộ tiêu chí", criteria_set.sha256
    if criteria_set.confirmed_at is not None:
        day = timezone.localdate(criteria_set.confirmed_at)
        demo = ", xác nhận giả định để trình diễn" if criteria_set.confirmation_is_demo else ""
        yield "Người xác nhận bộ tiêu chí", f"{criteria_set.confirmed_by_name}, ngày {day:%d/%m/%Y}{demo}"
    labels = [
        f"{Certainty(certainty.value).label.lower()}: {format_number(count)}"
        for certainty, count in counts_by_certainty(criteria_set.rules())
        if count
    ]
    yield "Độ tin cậy của số trong bộ tiêu chí", "; ".join(labels) + "."
