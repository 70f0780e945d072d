"""What the office that appraises writes: the receipt, the request to mend a dossier, its report, its submission.

The wording and the limits in working days are our proposals: QĐ 06 gives neither (LEGAL 1.5). Everything here may come
to people who may not know small counts, so points and figures are those of `frozen`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from django.db.models import Q
from django.utils import timezone

from assessments.figures import load_figures
from assessments.models import (
    AppraisedAnswer,
    Dossier,
    Evidence,
    Proposal,
    Recommendation,
    Result,
    ReturnedItem,
    StepTime,
)
from assessments.policy import CONCLUDED
from childfriendly.core.exceptions import Refused
from childfriendly.core.numbers import format_number
from criteria.disclosure import WITHHELD, masked_text
from criteria.models import Deadline, DeadlineKind, Holiday, Task
from criteria.scoring import RuleSet, vietnamese
from criteria.services import authority_for
from criteria.working_days import add_working_days
from papers.bases import standard_name
from papers.filling.frame import Passage, criteria_basis, day_of, framed, issuer_of, paragraphs, wording
from papers.filling.frozen import APPRAISED, DECLARED, Frozen, appraised_of, frozen_of
from papers.filling.minutes import dossier_of
from papers.filling.opinions import told_opinions
from papers.models import Paper
from papers.models.recheck import Finding, findings_of
from papers.structure import Annex, Block, Column, Content, Heading, Paragraph, Row, Table
from papers.words import in_sentence, kinds_of, vietnamese_date

MENDING_DAYS: Final = 5  # working days, from the letter on
RESULT_DAYS: Final = 20  # working days from the receipt: 15 to appraise, 5 to decide


def standard_of(paper: Paper) -> str:
    """«xã, phường, thị trấn phù hợp với trẻ em năm 2024»."""
    return f"{standard_name(day_of(paper))} phù hợp với trẻ em năm {paper.period.year}"


def committee_of(dossier: Dossier) -> str:
    return f"Ủy ban nhân dân {in_sentence(dossier.commune.name)}"


def _after(paper: Paper, days: int, start: Dossier | None = None) -> str:
    began = timezone.localdate(start.submitted_at) if start and start.submitted_at else day_of(paper)
    day = add_working_days(began, days, Holiday.objects.table_of(paper.period.province_id))
    return vietnamese_date(day, day.year)


# ---- the receipt -----------------------------------------------------------------------------------------------------
def receipt(paper: Paper) -> Content:
    """What came in, when, whether in time, and by when a result is to be expected."""
    dossier = _sent(paper)
    text = wording(paper, receipt_passages(paper))
    at = timezone.localtime(dossier.submitted_at)
    name = in_sentence(dossier.commune.name)
    moment = f"{at:%H} giờ {at:%M} phút, {vietnamese_date(at.date(), at.year)}"
    return framed(
        paper,
        subject=f"Hồ sơ đề nghị công nhận {name} phù hợp với trẻ em năm {paper.period.year}",
        blocks=(
            Paragraph(
                f"{issuer_of(paper).body_name} đã tiếp nhận hồ sơ của {committee_of(dossier)} đề nghị công nhận đạt "
                f"tiêu chuẩn {standard_of(paper)}, mã hồ sơ {dossier.code}."
            ),
            Paragraph(f"Thời điểm tiếp nhận: {moment}.", is_item=True),
            Paragraph(_in_time(dossier), is_item=True),
            Paragraph("Thành phần hồ sơ gồm bảng điểm tự đánh giá và tài liệu minh chứng theo từng tiêu chí:"),
            _received(dossier),
            *map(Paragraph, paragraphs(text["result"])),
        ),
        recipients=(committee_of(dossier),),
    )


def receipt_passages(paper: Paper) -> Sequence[Passage]:
    dossier = _sent(paper)
    result = (
        f"Ngày dự kiến có kết quả: chậm nhất {_after(paper, RESULT_DAYS, dossier)} ({RESULT_DAYS} ngày làm việc kể từ "
        "ngày tiếp nhận, không tính thời gian xã bổ sung, hoàn thiện hồ sơ)."
    )
    return (Passage("result", "Ngày dự kiến có kết quả", result),)


def _sent(paper: Paper) -> Dossier:
    dossier = dossier_of(paper)
    if not dossier.is_sent or dossier.submitted_at is None:
        raise Refused(f"{dossier.commune.name} chưa nộp hồ sơ nên chưa có gì để tiếp nhận.")
    return dossier


def _in_time(dossier: Dossier) -> str:
    step = StepTime.objects.filter(dossier=dossier, kind=DeadlineKind.DOSSIER).first()
    deadline = Deadline.objects.filter(period=dossier.period_id, kind=DeadlineKind.DOSSIER).first()
    if step is None or deadline is None:
        return "Kế hoạch của kỳ đánh giá không đặt thời hạn nộp hồ sơ."
    return f"Thời hạn nộp theo kế hoạch: {deadline.wording}. Hồ sơ nộp {'muộn' if step.is_late else 'đúng hạn'}."


def _received(dossier: Dossier) -> Table:
    """Files by criterion as they lay there at that moment."""
    there = Evidence.objects.filter(dossier=dossier, uploaded_at__lte=dossier.submitted_at)
    there = there.filter(Q(removed_at=None) | Q(removed_at__gt=dossier.submitted_at))
    files = list(there.values_list("item", flat=True))
    rows, rules = [], dossier.period.criteria_set.rules()
    for criterion in rules.criteria:
        codes = {item.code for item in criterion.items}
        count = sum(item in codes for item in files)
        rows.append(Row((str(criterion.number), criterion.title, str(len(codes)), format_number(count))))
    rows.append(Row(("", "Cộng", str(len(rules.items)), format_number(len(files))), is_total=True))
    columns = (
        Column("TT", 8, "center"),
        Column("Tiêu chí", 56),
        Column("Số mục đã khai", 18, "center"),
        Column("Số tệp minh chứng", 18, "center"),
    )
    return Table(columns, tuple(rows))


# ---- the request to mend ---------------------------------------------------------------------------------------------
def supplement(paper: Paper) -> Content:
    """Công văn: what was returned in this round, why, and by when it is to be mended."""
    dossier = dossier_of(paper)
    returned = list(ReturnedItem.objects.filter(dossier=dossier, round=dossier.round))
    if not returned:
        raise Refused(f"Hồ sơ {dossier.code} chưa bị trả lại mục nào nên không có nội dung đề nghị bổ sung.")
    rules, text = dossier.period.criteria_set.rules(), wording(paper, supplement_passages(paper))
    rows = [
        Row((str(number), _target(rules, row.target), _reason(rules, row)))
        for number, row in enumerate(returned, start=1)
    ]
    columns = (Column("TT", 8, "center"), Column("Mục", 42), Column("Nội dung cần bổ sung, hoàn thiện", 50))
    return framed(
        paper,
        subject=f"Về việc bổ sung, hoàn thiện hồ sơ đề nghị công nhận {standard_of(paper)}",
        addressees=(committee_of(dossier),),
        blocks=(
            Paragraph(
                f"Qua thẩm định hồ sơ {dossier.code}, {issuer_of(paper).body_name} đề nghị {committee_of(dossier)} bổ "
                f"sung, hoàn thiện {len(returned):02d} nội dung sau (lần {dossier.round}):"
            ),
            Table(columns, tuple(rows)),
            *map(Paragraph, paragraphs(text["due"])),
        ),
        recipients=("Như trên",),
    )


def supplement_passages(paper: Paper) -> Sequence[Passage]:
    due = (
        f"Đề nghị {committee_of(dossier_of(paper))} hoàn thiện và nộp lại hồ sơ chậm nhất "
        f"{_after(paper, MENDING_DAYS)}. Quá thời hạn trên, hồ sơ được thẩm định theo số liệu đã có."
    )
    return (Passage("due", "Thời hạn bổ sung", due),)


def _target(rules: RuleSet, target: str) -> str:
    shared = {total.key: total.title for total in rules.base_figures}
    return shared.get(target) or f"{target} – {rules.item(target).title}"


def _reason(rules: RuleSet, row: ReturnedItem) -> str:
    return WITHHELD if rules.names_children(row.target) else row.reason


# ---- the report ------------------------------------------------------------------------------------------------------
def appraisal_report(paper: Paper) -> Content:
    """Báo cáo thẩm định: declared beside appraised, where they differ and why, the total, what is proposed."""
    dossier = _concluded(dossier_of(paper))
    sheets = frozen_of([dossier])
    declared, appraised = sheets[dossier.pk, DECLARED], appraised_of(dossier)
    text = wording(paper, report_passages(paper))
    name, findings = in_sentence(dossier.commune.name), findings_of(dossier)
    differences = _differences(dossier, declared, appraised)
    return framed(
        paper,
        subject=f"Kết quả thẩm định hồ sơ đề nghị công nhận {name} phù hợp với trẻ em năm {paper.period.year}",
        addressees=(_deciding(dossier),),
        blocks=(
            Paragraph(
                f"Thực hiện {criteria_basis(paper).removeprefix('Căn cứ ')}, {issuer_of(paper).body_name} báo cáo kết "
                f"quả thẩm định hồ sơ {dossier.code} của {committee_of(dossier)} như sau:"
            ),
            Heading("I. QUÁ TRÌNH THẨM ĐỊNH"),
            *map(Paragraph, paragraphs(text["course"])),
            *_visits(findings),
            *told_opinions(dossier.period, dossier.appraising_unit, day_of(paper)),
            Heading("II. KẾT QUẢ THẨM ĐỊNH"),
            *_totals(declared, appraised),
            Heading("III. NỘI DUNG CHÊNH LỆCH"),
            *([differences] if differences else [Paragraph("Số liệu thẩm định thống nhất với số liệu xã khai.")]),
            Heading("IV. ĐỀ XUẤT"),
            *map(Paragraph, paragraphs(text["proposal"])),
        ),
        annexes=(
            Annex(
                label="PHỤ LỤC",
                title=("BẢNG ĐIỂM TỰ CHẤM VÀ THẨM ĐỊNH", f"{dossier.commune.name.upper()}, NĂM {paper.period.year}"),
                blocks=(_scores(declared, appraised, _found(dossier, appraised.rules, findings)),),
                is_landscape=True,
            ),
        ),
        recipients=("Như trên",),
    )


def report_passages(paper: Paper) -> Sequence[Passage]:
    dossier = _concluded(dossier_of(paper))
    received = timezone.localdate(dossier.submitted_at)
    returns = f"Hồ sơ đã được trả lại để bổ sung {dossier.round} lần." if dossier.round else "Hồ sơ không phải bổ sung."
    course = f"Hồ sơ nộp {vietnamese_date(received, received.year)}. {returns}"
    if dossier.concluded_at:
        ended = timezone.localdate(dossier.concluded_at)
        course += f" Hoàn thành thẩm định {vietnamese_date(ended, ended.year)}."
    verb = "công nhận" if dossier.recommendation == Recommendation.RECOGNISE else "không công nhận"
    name = in_sentence(dossier.commune.name)
    proposal = (
        f"Đề nghị {_deciding(dossier)} {verb} {name} đạt tiêu chuẩn {standard_of(paper)}.\n"
        f"{reason_of(dossier, frozen_of([dossier]))}"
    )
    return (
        Passage("course", "Quá trình thẩm định", course, "Mỗi dòng là một đoạn. Không ghi tên trẻ em."),
        Passage("proposal", "Đề xuất", proposal, "Mỗi dòng là một đoạn. Không ghi tên trẻ em."),
    )


def reason_of(dossier: Dossier, sheets: dict[tuple[int, str], Frozen]) -> str:
    """What the appraiser wrote; where that may tell a hidden count, the grounds that the sheet itself gives."""
    own = [sheet for kind in (DECLARED, APPRAISED) if (sheet := sheets.get((dossier.pk, kind)))]
    if not any(sheet.hides_anything for sheet in own):
        return dossier.recommendation_reason
    return " ".join(own[-1].sheet.reasons)


def _concluded(dossier: Dossier) -> Dossier:
    if dossier.status not in CONCLUDED:
        raise Refused(f"{dossier.commune.name} chưa hoàn thành thẩm định nên chưa viết được văn bản này.")
    return dossier


def _deciding(dossier: Dossier) -> str:
    return authority_for(dossier.period, Task.DECIDE, dossier.commune).body_name


def _totals(declared: Frozen, appraised: Frozen) -> Iterator[Block]:
    yield Paragraph(f"Tổng điểm xã tự chấm: {declared.sheet.total_text}.", is_item=True)
    least = vietnamese(appraised.sheet.threshold)
    yield Paragraph(f"Tổng điểm thẩm định: {appraised.sheet.total_text} (mức tối thiểu: {least}).", is_item=True)
    if appraised.sheet.passes:
        yield Paragraph("Không có tiêu chí nào bị 0 điểm. Hồ sơ đủ điều kiện công nhận.", is_item=True)
    else:
        yield from (Paragraph(reason, is_item=True) for reason in appraised.sheet.reasons)


def _differences(dossier: Dossier, declared: Frozen, appraised: Frozen) -> Table | None:
    reasons = dict(AppraisedAnswer.objects.filter(dossier=dossier).exclude(reason="").values_list("item", "reason"))
    rows = []
    for item in appraised.rules.items:
        before, after = declared.answers.get(item.code, ""), appraised.answers.get(item.code, "")
        if item.code in reasons or before != after:
            reason = WITHHELD if appraised.rules.names_children(item.code) else reasons.get(item.code, "")
            rows.append(Row((f"{item.code} – {item.title}", before, after, reason)))
    figures = (Column("Xã khai", 16, "center"), Column("Thẩm định", 16, "center"))
    columns = (Column("Mục", 34), *figures, Column("Lý do", 34))
    return Table(columns, tuple(rows)) if rows else None


def _visits(findings: Mapping[str, Finding]) -> Iterator[Paragraph]:
    """The records that the figures of re-checks are taken from."""
    for visit in sorted({row.recheck for row in findings.values()}, key=lambda visit: (visit.held_on, visit.pk)):
        day = vietnamese_date(visit.held_on, visit.held_on.year)
        yield Paragraph(f"Phúc tra {day}: {visit.body_name}; {visit.record}.", is_item=True)


def _found(dossier: Dossier, rules: RuleSet, findings: Mapping[str, Finding]) -> dict[str, str]:
    """Item → what was found on the spot. Notes stay in the signed record: they are free words."""
    if not findings:
        return {}
    totals = load_figures(dossier).settled_totals
    texts = {code: row.figures.text(rules.item(code), totals) for code, row in findings.items()}
    shown = {code: masked_text(text) if rules.names_children(code) else text for code, text in texts.items()}
    return {code: text or "xem biên bản" for code, text in shown.items()}


def _scores(declared: Frozen, appraised: Frozen, found: Mapping[str, str]) -> Table:
    """What re-checks found stands beside the figures where there was one; it makes no points."""
    rows = []
    beside = ("",) if found else ()
    for criterion in appraised.rules.criteria:
        ours, theirs = (sheet.sheet.criterion(criterion.code) for sheet in (appraised, declared))
        points = (vietnamese(ours.max), theirs.points_text, ours.points_text)
        rows.append(Row((f"TC {criterion.number}", criterion.title, "", "", *beside, *points), is_total=True))
        for item in criterion.items:
            ours_of, theirs_of = (sheet.sheet.item(item.code) for sheet in (appraised, declared))
            answers = (declared.answers.get(item.code, ""), appraised.answers.get(item.code, ""))
            points = (vietnamese(ours_of.max), theirs_of.points_text, ours_of.points_text)
            on_the_spot = (found.get(item.code, ""),) if found else ()
            rows.append(Row((item.code, item.title, *answers, *on_the_spot, *points)))
    totals = (vietnamese(appraised.sheet.max), declared.sheet.total_text, appraised.sheet.total_text)
    rows.append(Row(("", "Tổng cộng", "", "", *beside, *totals), is_total=True))
    columns = (
        Column("Mục", 8),
        Column("Nội dung", 23 if found else 36),
        Column("Xã khai", 13, "center"),
        Column("Thẩm định", 13, "center"),
        *([Column("Phúc tra", 13, "center")] if found else []),
        Column("Điểm tối đa", 8, "center"),
        Column("Điểm tự chấm", 11, "center"),
        Column("Điểm thẩm định", 11, "center"),
    )
    return Table(columns, tuple(rows))


# ---- the submission --------------------------------------------------------------------------------------------------
def submission(paper: Paper) -> Content:
    """Tờ trình: all communes of a proposal with what is proposed for each."""
    dossiers = _proposed(paper)
    proposal, text = _proposal(paper), wording(paper, submission_passages(paper))
    sheets = frozen_of([dossier for dossier, _ in dossiers])
    deciding = _deciding(dossiers[0][0])
    kinds = kinds_of(dossier.commune.name for dossier, _ in dossiers) or standard_name(day_of(paper))
    rows = []
    for number, (dossier, result) in enumerate(dossiers, start=1):
        declared, appraised = (sheets[dossier.pk, kind].sheet for kind in (DECLARED, APPRAISED))
        totals = (declared.total_text, appraised.total_text, vietnamese(appraised.threshold))
        grounds = reason_of(dossier, sheets) if result == Result.REFUSED else ""
        rows.append(Row((str(number), dossier.commune.name, *totals, Result(result).label, grounds)))
    columns = (
        Column("TT", 6, "center"),
        Column(kinds[:1].upper() + kinds[1:], 22),
        Column("Tự chấm", 12, "center"),
        Column("Thẩm định", 12, "center"),
        Column("Mức tối thiểu", 11, "center"),
        Column("Đề nghị", 13, "center"),
        Column("Lý do", 24),
    )
    return framed(
        paper,
        subject=f"Về việc đề nghị quyết định công nhận {kinds} phù hợp với trẻ em năm {proposal.period.year}",
        addressees=(deciding,),
        bases=(criteria_basis(paper),),
        blocks=(
            Paragraph(
                f"{issuer_of(paper).body_name} đã hoàn thành thẩm định {len(dossiers):02d} hồ sơ và kính trình "
                f"{deciding} xem xét, quyết định như sau:"
            ),
            Table(columns, tuple(rows)),
            *map(Paragraph, paragraphs(text["wish"])),
            Paragraph("Hồ sơ gửi kèm gồm:"),
            *(Paragraph(line, is_item=True) for line in paragraphs(text["attached"])),
        ),
        recipients=("Như trên",),
    )


def submission_passages(paper: Paper) -> Sequence[Passage]:
    attached = (
        "Biên bản họp Hội đồng xét duyệt;",
        "Báo cáo thẩm định của từng đơn vị;",
        "Dự thảo Quyết định công nhận.",
    )
    return (
        Passage("wish", "Nội dung trình", _proposal(paper).submission_text, "Mỗi dòng là một đoạn."),
        Passage("attached", "Hồ sơ gửi kèm", "\n".join(attached), "Mỗi dòng là một tài liệu."),
    )


def _proposal(paper: Paper) -> Proposal:
    if paper.proposal is None:
        raise Refused("Tờ trình này chưa gắn với hồ sơ trình nào. Mở hồ sơ trình rồi soạn lại văn bản.")
    return paper.proposal


def _proposed(paper: Paper) -> list[tuple[Dossier, str]]:
    items = _proposal(paper).items.order_by("dossier__commune__sort_key")
    found = [
        (item.dossier, item.result)
        for item in items.select_related("dossier__commune__parent__parent", "dossier__period__criteria_set")
    ]
    if not found:
        raise Refused("Hồ sơ trình không có xã nào nên không có tờ trình. Lập lại hồ sơ trình có ít nhất một xã.")
    for dossier, _ in found:
        _concluded(dossier)
    return found
