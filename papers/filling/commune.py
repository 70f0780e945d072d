"""The papers of a commune: the decision on its council, its report with the full score table, its request.

What the law gives of them is their names (34/2014: công văn đề nghị, bản đánh giá, biên bản; LEGAL 1.6) and the frame
of NĐ 30/2020; the wording is our proposal. Bodies and units are those of the period, so that no sentence speaks of a
district where there is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.utils import timezone

from assessments.figures import NOTHING, DossierFigures, load_figures
from assessments.models import Dossier, Evidence, FrozenSheet
from assessments.policy import EDITABLE
from childfriendly.core.exceptions import Refused
from childfriendly.core.numbers import format_number
from criteria.disclosure import masked_sheet
from criteria.models import TWO_TIER_FROM, Task
from criteria.scoring import Criterion, Item, ItemKind, Ratio, RawAnswer, ScoreSheet, Value, display_value
from criteria.services import authority_for
from papers.bases import standard_name
from papers.filling.frame import Passage, bases_of, criteria_basis, day_of, framed, issuer_of, paragraphs, wording
from papers.filling.minutes import council_of, dossier_of, vote_of
from papers.kinds import Desk
from papers.models import Member, Paper, Seat
from papers.models.council import NAMES
from papers.structure import Annex, Article, Block, Column, Content, Figure, Heading, Paragraph, Row, Table
from papers.words import in_sentence, kinds_of, small_first, vietnamese_date

MOST_ITEMS: Final = 8  # named in a sentence about weak points; the table has all of them


def check_complete(figures: DossierFigures) -> None:
    """What a commune writes about its score is about the whole of it."""
    if not figures.area.is_settled:
        raise Refused(
            "Loại xã (ngưỡng điểm) chưa được xác nhận bằng văn bản. "
            "Đề nghị quản trị danh mục của tỉnh xác nhận loại xã."
        )
    if figures.missing_totals:
        raise Refused(f"Số liệu nền còn thiếu {len(figures.missing_totals)} số. Nhập đủ số liệu nền trước.")
    if problems := figures.declared_sheet.problems:
        raise Refused(f"Bảng điểm còn {len(problems)} mục thiếu hoặc sai số liệu. Sửa ở trang kiểm tra hồ sơ trước.")


# ---- what all of them speak of -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Setting:
    """One commune in its period, and the bodies that its papers name."""

    paper: Paper
    dossier: Dossier

    @classmethod
    def of(cls, paper: Paper) -> "Setting":
        dossier = Dossier.objects.with_setting().get(pk=dossier_of(paper).pk)
        return cls(paper, dossier)

    @property
    def year(self) -> int:
        return self.dossier.period.year

    @property
    def name(self) -> str:
        """«xã Đốc Binh Kiều»."""
        return in_sentence(self.dossier.commune.name)

    @property
    def kind(self) -> str:
        return kinds_of([self.dossier.commune.name]) or "xã"

    @property
    def standard(self) -> str:
        """«xã, phường, thị trấn phù hợp với trẻ em năm 2024»."""
        return f"{standard_name(day_of(self.paper))} phù hợp với trẻ em năm {self.year}"

    @cached_property
    def body(self) -> str:
        return issuer_of(self.paper).body_name

    @cached_property
    def appraising(self) -> str:
        return authority_for(self.dossier.period, Task.APPRAISE, self.dossier.commune).body_name

    @cached_property
    def deciding(self) -> str:
        return authority_for(self.dossier.period, Task.DECIDE, self.dossier.commune).body_name

    @cached_property
    def figures(self) -> DossierFigures:
        """Whole, and where the dossier lies with the office the very sheet that was sent (`FrozenSheet`)."""
        figures = load_figures(self.dossier)
        check_complete(figures)
        if self.dossier.is_sent and self.dossier.status not in EDITABLE:
            sent = FrozenSheet.objects.filter(dossier=self.dossier, kind=FrozenSheet.Kind.DECLARED).latest("number")
            if sent.sheet != figures.declared_sheet.as_json():
                raise Refused("Số liệu hiện có khác bảng điểm đã nộp. Báo quản trị hệ thống kiểm tra hồ sơ này.")
        return figures

    @cached_property
    def public_sheet(self) -> ScoreSheet:
        """For papers that go to readers who may not know small counts."""
        figures = self.figures
        return masked_sheet(figures.rules, figures.area.value, figures.declared_raw)


# ---- the council -------------------------------------------------------------------------------------------------
def council_decision(paper: Paper) -> Content:
    setting, council = Setting.of(paper), council_of(paper)
    members = list(council.members.all())
    for seat in (Seat.CHAIR, Seat.SECRETARY):
        if not any(member.seat == seat for member in members):
            raise Refused(f"Hội đồng chưa có {seat.label}. Chọn {seat.label} ở trang «Hội đồng» rồi soạn lại văn bản.")
    text = wording(paper, _council_passages(setting))
    founded = f"Thành lập {_council_name(setting)}, gồm các ông (bà) có tên sau đây:"
    first, *duties = paragraphs(text["duties"]) or ("",)
    return framed(
        paper,
        subject=f"Về việc thành lập {_council_name(setting)}",
        authority_line=setting.body.upper(),
        bases=(*bases_of(paper), *paragraphs(text["request"])),
        blocks=(
            Article(founded),
            _members_table(members),
            Article(first, tuple(duties)),
            Article(text["effect"]),
            Article(text["execution"]),
        ),
        recipients=("Như Điều 4", f"{setting.appraising} (báo cáo)", f"Thường trực Đảng ủy, HĐND {setting.kind}"),
    )


def council_decision_passages(paper: Paper) -> Sequence[Passage]:
    return _council_passages(Setting.of(paper))


def _council_name(setting: Setting) -> str:
    return f"{NAMES[Desk.COMMUNE]} {setting.standard} của {setting.name}"


def _council_passages(setting: Setting) -> tuple[Passage, ...]:
    office = "Trưởng Phòng Văn hóa - Xã hội" if day_of(setting.paper) >= TWO_TIER_FROM else "công chức Văn hóa - xã hội"
    duties = (
        "Hội đồng có nhiệm vụ:",
        f"1. Xem xét, đánh giá kết quả thực hiện các tiêu chí {setting.standard} của {setting.name}.",
        "2. Họp, biểu quyết và lập biên bản về kết quả tự đánh giá.",
        f"3. Giúp {setting.body} hoàn thiện hồ sơ gửi {setting.appraising} thẩm định.",
        "Hội đồng làm việc theo chế độ tập thể, quyết định theo đa số thành viên dự họp.",
    )
    return (
        Passage("request", "Căn cứ: theo đề nghị của ai", f"Theo đề nghị của {office} {setting.name}"),
        Passage("duties", "Nhiệm vụ của Hội đồng", "\n".join(duties), "Mỗi dòng là một khoản."),
        Passage(
            "effect",
            "Hiệu lực",
            "Quyết định này có hiệu lực kể từ ngày ký. Hội đồng tự giải thể khi hoàn thành nhiệm vụ.",
        ),
        Passage(
            "execution",
            "Trách nhiệm thi hành",
            f"Các đơn vị có liên quan thuộc {setting.body} và các ông (bà) có tên tại Điều 1 chịu trách nhiệm thi hành "
            "Quyết định này.",
        ),
    )


def _members_table(members: Sequence[Member]) -> Table:
    columns = (
        Column("TT", 8, "center"),
        Column("Họ và tên", 30),
        Column("Chức vụ, đơn vị", 37),
        Column("Nhiệm vụ trong Hội đồng", 25),
    )
    return Table(
        columns,
        tuple(
            Row((str(member.position), member.full_name, member.title, member.get_seat_display())) for member in members
        ),
    )


# ---- the report --------------------------------------------------------------------------------------------------
def self_assessment(paper: Paper) -> Content:
    """Báo cáo tự đánh giá: what screen and workbook show of the sheet, line by line."""
    setting = Setting.of(paper)
    figures, text = setting.figures, wording(paper, _report_passages(setting))
    return framed(
        paper,
        subject=f"Kết quả tự đánh giá {setting.standard} của {setting.name}",
        blocks=(
            Paragraph(
                f"Thực hiện {criteria_basis(paper).removeprefix('Căn cứ ')}, {setting.body} báo cáo kết quả "
                f"tự đánh giá năm {setting.year} như sau:"
            ),
            Heading("I. TÌNH HÌNH CHUNG"),
            *map(Paragraph, paragraphs(text["situation"])),
            *_base_figures(setting),
            Heading("II. KẾT QUẢ TỰ ĐÁNH GIÁ"),
            *_results(setting),
            Heading("III. THUẬN LỢI, KHÓ KHĂN"),
            *map(Paragraph, paragraphs(text["difficulties"])),
            Heading("IV. KIẾN NGHỊ"),
            *map(Paragraph, paragraphs(text["proposals"])),
            Paragraph(f"Trên đây là báo cáo kết quả tự đánh giá năm {setting.year} của {setting.body}."),
        ),
        recipients=(setting.deciding, setting.appraising, f"CT, các PCT UBND {setting.kind}"),
        annexes=(
            Annex(
                label="PHỤ LỤC",
                title=("BẢNG ĐIỂM TỰ ĐÁNH GIÁ", f"{setting.name.upper()}, NĂM {setting.year}"),
                blocks=(score_table(figures),),
                is_landscape=True,
            ),
        ),
        figures=tuple(_figures(figures)),
    )


def report_passages(paper: Paper) -> Sequence[Passage]:
    return _report_passages(Setting.of(paper))


def _report_passages(setting: Setting) -> tuple[Passage, ...]:
    above = ", ".join(in_sentence(unit.name) for unit in setting.dossier.commune.ancestors)
    situation = (
        f"{setting.dossier.commune.name} thuộc {above}. Số liệu tính đến "
        f"{vietnamese_date(setting.dossier.period.figures_as_of, setting.year)}."
    )
    return (
        Passage("situation", "Tình hình chung", situation, "Mỗi dòng là một đoạn. Không ghi tên trẻ em."),
        Passage(
            "difficulties", "Thuận lợi, khó khăn", _difficulties(setting), "Mỗi dòng là một đoạn. Không ghi tên trẻ em."
        ),
        Passage("proposals", "Kiến nghị", _proposals(setting), "Mỗi dòng là một đoạn."),
    )


def _difficulties(setting: Setting) -> str:
    """No more than the figures say: which items lost points, the most first."""
    sheet, rules = setting.figures.declared_sheet, setting.figures.rules
    lost = sorted((item for item in sheet.items if item.points < item.max), key=lambda item: item.points - item.max)
    if not lost:
        return f"Tất cả các mục của bộ tiêu chí đều đạt điểm tối đa trong năm {setting.year}."
    named = "; ".join(f"{rules.item(item.code).title} ({item.of_max} điểm)" for item in lost[:MOST_ITEMS])
    more = f" và {len(lost) - MOST_ITEMS} mục khác" if len(lost) > MOST_ITEMS else ""
    return f"Các mục chưa đạt điểm tối đa cần tiếp tục khắc phục: {named}{more}."


def _proposals(setting: Setting) -> str:
    if setting.figures.declared_sheet.passes:
        return (
            f"Đề nghị {setting.appraising} thẩm định, trình {setting.deciding} xem xét, quyết định công nhận "
            f"{setting.name} đạt tiêu chuẩn {setting.standard}."
        )
    return f"Đề nghị {setting.appraising} hướng dẫn, hỗ trợ {setting.name} khắc phục các tiêu chí chưa đạt."


def _base_figures(setting: Setting) -> Iterator[Block]:
    figures = setting.figures
    yield Paragraph("Số liệu nền dùng chung cho các mục:")
    rows = [
        Row((str(number), total.title, format_number(figures.totals[total.key])))
        for number, total in enumerate(figures.rules.base_figures, start=1)
    ]
    yield Table((Column("TT", 8, "center"), Column("Nội dung", 72), Column("Số lượng", 20, "right")), tuple(rows))


def _results(setting: Setting) -> Iterator[Block]:
    figures, sheet = setting.figures, setting.figures.declared_sheet
    document = f" (theo {figures.area.document_number})" if figures.area.document_number else ""
    yield Paragraph(
        f"Loại xã: {figures.area.value.label}{document}. Mức tối thiểu: {format_number(sheet.threshold)} điểm."
    )
    yield Paragraph(f"Tổng điểm tự chấm: {format_number(sheet.total)}/{format_number(sheet.max)} điểm.")
    if sheet.passes:
        yield Paragraph("Không có tiêu chí nào bị 0 điểm. Kết quả: đủ điều kiện đề nghị công nhận.")
    else:
        yield Paragraph("Kết quả: chưa đủ điều kiện đề nghị công nhận, vì:")
        yield from (Paragraph(reason, is_item=True) for reason in sheet.reasons)
    yield Paragraph("Điểm theo từng tiêu chí (chi tiết tại Phụ lục kèm theo):")
    columns = (Column("TT", 8, "center"), Column("Tiêu chí", 58))
    rows = [
        Row((str(criterion.number), criterion.title, format_number(score.max), format_number(score.points)))
        for criterion, score in zip(figures.rules.criteria, sheet.criteria, strict=True)
    ]
    rows.append(Row(("", "Cộng", format_number(sheet.max), format_number(sheet.total)), is_total=True))
    yield Table((*columns, Column("Điểm tối đa", 17, "center"), Column("Điểm tự chấm", 17, "center")), tuple(rows))


SCORE_COLUMNS: Final = (
    Column("Mục", 7),
    Column("Nội dung", 25),
    Column("Đơn vị tính", 8, "center"),
    Column("Tử số", 7, "right"),
    Column("Mẫu số", 7, "right"),
    Column("Kết quả", 9, "right"),
    Column("Điểm tối đa", 6, "center"),
    Column("Điểm tự chấm", 6, "center"),
    Column("Cách tính, giải trình", 25),
)


def score_table(figures: DossierFigures) -> Table:
    """Each criterion with its items, each item with its figures and the line by which its points are worked out."""
    sheet, raw = figures.declared_sheet, figures.declared_raw
    rows: list[Row] = []
    for criterion in figures.rules.criteria:
        rows.append(_criterion_row(figures, criterion))
        rows += [_item_row(item, raw[item.code], sheet) for item in criterion.items]
    rows.append(_closing_row("Tổng cộng", sheet.max, sheet.total))
    rows.append(_closing_row(f"Mức tối thiểu ({small_first(figures.area.value.label)})", None, sheet.threshold))
    return Table(SCORE_COLUMNS, tuple(rows))


def _criterion_row(figures: DossierFigures, criterion: Criterion) -> Row:
    score, entry = figures.declared_sheet.criterion(criterion.code), figures.entries.get(criterion.code)
    points = (format_number(score.max), format_number(score.points))
    explanation = entry.explanation if entry else ""
    return Row((criterion.code, criterion.title, "", "", "", "", *points, explanation), is_total=True)


def _item_row(item: Item, answer: RawAnswer, sheet: ScoreSheet) -> Row:
    score = sheet.item(item.code)
    part, whole = (answer.numerator, answer.denominator) if isinstance(answer, Ratio) else (None, None)
    figures = ("Có/Không" if item.kind is ItemKind.BOOLEAN else item.unit, _number(part), _number(whole))
    points = (format_number(score.max), format_number(score.points))
    return Row((item.code, item.title, *figures, _value(item, score.value), *points, score.explanation))


def _value(item: Item, value: Value) -> str:
    """As on the screen, without the unit that has a column of its own."""
    return display_value(item, value).removesuffix(item.unit).rstrip()


def _closing_row(title: str, most: int | None, points: int) -> Row:
    return Row(("", title, "", "", "", "", _number(most), format_number(points), ""), is_total=True)


def _number(value: RawAnswer) -> str:
    return format_number(value) if isinstance(value, int) else ""


def _figures(figures: DossierFigures) -> Iterator[Figure]:
    for total in figures.rules.base_figures:
        yield Figure(total.key, total.title, format_number(figures.totals[total.key]))
    for item in figures.rules.items:
        declared = figures.answers.get(item.code, NOTHING).text(item, figures.totals)
        yield Figure(item.code, f"{item.code} {item.title}", declared)
    yield Figure("total", "Tổng điểm tự chấm", format_number(figures.declared_sheet.total))


# ---- the request -------------------------------------------------------------------------------------------------
def request(paper: Paper) -> Content:
    """Tờ trình: to the body that decides, through the one that appraises."""
    return _request(paper, verb="kính trình")


def request_letter(paper: Paper) -> Content:
    """The same as an official letter, where the district wants one (34/2014: công văn đề nghị công nhận)."""
    return _request(paper, verb="kính đề nghị")


def request_passages(paper: Paper) -> Sequence[Passage]:
    return _request_passages(Setting.of(paper))


def _request(paper: Paper, *, verb: str) -> Content:
    setting, vote = Setting.of(paper), vote_of(paper)
    exact, sheet = setting.figures.declared_sheet, setting.public_sheet
    if not exact.passes:
        raise Refused(f"Chưa đủ điều kiện đề nghị công nhận: {exact.reasons[0]}")
    if vote.total != exact.total:
        raise Refused("Điểm tự chấm đã đổi từ khi Hội đồng biểu quyết. Họp Hội đồng lại rồi soạn văn bản này.")
    text = wording(paper, _request_passages(setting))
    met = timezone.localtime(vote.meeting.opened_at) if vote.meeting.opened_at else None
    day = vietnamese_date(met.date() if met else None, setting.year)
    wanted = f"công nhận {setting.name} đạt tiêu chuẩn {setting.standard}"
    least = format_number(sheet.threshold)
    return framed(
        paper,
        subject=f"Về việc đề nghị {wanted}",
        addressees=(f"{setting.deciding} (qua {setting.appraising})",),
        bases=(
            criteria_basis(paper),
            f"Căn cứ Biên bản họp {NAMES[Desk.COMMUNE]} {setting.standard} của {setting.name} {day}",
        ),
        blocks=(
            Paragraph(f"{setting.body} {verb} {setting.deciding} xem xét, quyết định {wanted}, với kết quả như sau:"),
            Paragraph(f"Tổng điểm tự chấm: {sheet.total_text} (mức tối thiểu đối với loại xã: {least}).", is_item=True),
            Paragraph("Không có tiêu chí nào bị 0 điểm.", is_item=True),
            Paragraph(
                f"Hội đồng đánh giá biểu quyết: {vote.in_favour}/{vote.present} thành viên có mặt tán thành.",
                is_item=True,
            ),
            Paragraph("Hồ sơ gửi kèm gồm:"),
            *(Paragraph(line, is_item=True) for line in paragraphs(text["attached"])),
            *map(Paragraph, paragraphs(text["wish"])),
        ),
        recipients=("Như trên", f"CT, các PCT UBND {setting.kind}"),
    )


def _request_passages(setting: Setting) -> tuple[Passage, ...]:
    files = Evidence.objects.present().filter(dossier=setting.dossier).count()
    attached = (
        f"Quyết định thành lập {NAMES[Desk.COMMUNE]};",
        f"Báo cáo kết quả tự đánh giá năm {setting.year}, kèm bảng điểm;",
        f"Biên bản họp {NAMES[Desk.COMMUNE]};",
        f"Tài liệu minh chứng theo từng tiêu chí{f' ({format_number(files)} tệp trên hệ thống)' if files else ''}.",
    )
    return (
        Passage("attached", "Hồ sơ gửi kèm", "\n".join(attached), "Mỗi dòng là một tài liệu."),
        Passage(
            "wish",
            "Lời đề nghị",
            f"Kính đề nghị {setting.appraising} thẩm định, trình {setting.deciding} xem xét, quyết định.",
        ),
    )
