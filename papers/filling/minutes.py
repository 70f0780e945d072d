"""Minutes of a council's meeting, at a commune and at an office: time and place, who came, how each dossier was voted
on, the conclusion, two signatures (LEGAL 5.3: a proposal, no model of the ministry was found).

Everything is said as it stood when the meeting was closed. Minutes go to offices that may not know small counts, so a
total that would tell one reads «từ 850 trở lên» (`criteria.disclosure`); the full table stands in the report alone.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from assessments.models import Dossier, Recommendation
from assessments.models.decision import Result
from childfriendly.core.exceptions import Refused
from criteria.scoring import vietnamese
from papers.bases import standard_name
from papers.filling.frame import Passage, day_of, framed, paragraphs, wording
from papers.filling.opinions import told_opinions
from papers.kinds import Desk
from papers.models import Attendance, Council, Meeting, Paper, Seat, Vote
from papers.models.council import NAMES
from papers.structure import Block, Column, Content, Heading, Paragraph, Row, Signature, Table
from papers.words import in_sentence, vietnamese_date

RESULTS = {Recommendation.RECOGNISE: Result.RECOGNISED, Recommendation.REFUSE: Result.REFUSED}


# ---- what must be there ------------------------------------------------------------------------------------------
def council_of(paper: Paper) -> Council:
    found = Council.objects.filter(unit=paper.unit_id, desk=paper.desk, period=paper.period_id).first()
    if found is None:
        raise Refused("Chưa nhập thành viên Hội đồng. Mở trang «Hội đồng», nhập thành viên rồi soạn lại văn bản.")
    return found


def meetings_of(paper: Paper) -> QuerySet[Meeting]:
    """The meetings that were closed, the latest first."""
    closed = council_of(paper).meetings.filter(closed_at__isnull=False).order_by("-number")
    if not closed:
        raise Refused("Hội đồng chưa có phiên họp nào đã chốt. Mở trang «Hội đồng», ghi và chốt phiên họp trước.")
    return closed


def dossier_of(paper: Paper) -> Dossier:
    if paper.dossier is None:
        raise Refused("Văn bản này chưa gắn với hồ sơ nào. Mở hồ sơ rồi soạn lại văn bản.")
    return paper.dossier


def vote_of(paper: Paper) -> Vote:
    """The last vote of the commune's council on its dossier."""
    votes = Vote.objects.filter(meeting__in=meetings_of(paper), dossier=dossier_of(paper))
    found = votes.select_related("meeting").order_by("-meeting__number").first()
    if found is None:
        raise Refused("Phiên họp của Hội đồng chưa biểu quyết hồ sơ này. Ghi phiên họp có biểu quyết trước.")
    return found


def _meeting_of_proposal(paper: Paper) -> Meeting:
    """The latest meeting at which all dossiers of the proposal were voted on, as they are proposed."""
    if paper.proposal is None:
        raise Refused("Biên bản này chưa gắn với hồ sơ trình nào. Mở hồ sơ trình rồi soạn lại văn bản.")
    items = list(paper.proposal.items.select_related("dossier__commune"))
    meeting = meetings_of(paper).filter(votes__dossier__in=[item.dossier_id for item in items]).first()
    votes = {vote.dossier_id: vote for vote in meeting.votes.all()} if meeting else {}
    for item in items:
        vote, name = votes.get(item.dossier_id), item.dossier.commune.name
        if meeting is None or vote is None:
            raise Refused(f"{name} có trong hồ sơ trình nhưng Hội đồng chưa biểu quyết. Ghi phiên họp có xã này trước.")
        if RESULTS[Recommendation(vote.recommendation)] != item.result or vote.total != item.dossier.appraised_total:
            raise Refused(f"Kết quả thẩm định {name} đã đổi từ khi Hội đồng biểu quyết. Họp Hội đồng lại về xã này.")
    if meeting is None:
        raise Refused("Hồ sơ trình không có xã nào nên không có biên bản.")
    return meeting


# ---- the two kinds -----------------------------------------------------------------------------------------------
def commune_minutes(paper: Paper) -> Content:
    return minutes_of(paper, vote_of(paper).meeting)


def commune_passages(paper: Paper) -> Sequence[Passage]:
    return _passages(paper, vote_of(paper).meeting)


def council_minutes(paper: Paper) -> Content:
    return minutes_of(paper, _meeting_of_proposal(paper))


def council_passages(paper: Paper) -> Sequence[Passage]:
    return _passages(paper, _meeting_of_proposal(paper))


def minutes_of(paper: Paper, meeting: Meeting) -> Content:
    """The minutes of this meeting. `paper` need not be stored: the draft to be signed by hand is made without one."""
    attendance = list(meeting.attendance.all())
    present = [one for one in attendance if one.is_present]
    presiding, secretary = presiding_of(present), _only(present, Seat.SECRETARY)
    text = wording(paper, _passages(paper, meeting))
    return framed(
        paper,
        subject=f"Họp {_name(paper)} {_standard(paper)}",
        blocks=(
            *_opening(meeting),
            *_people(present, [one for one in attendance if not one.is_present], presiding, text["guests"]),
            Heading("III. NỘI DUNG"),
            *map(Paragraph, paragraphs(text["content"])),
            *_opinions(meeting),
            Heading("IV. KẾT QUẢ BIỂU QUYẾT"),
            Paragraph(f"Số thành viên có mặt biểu quyết: {_two_digits(len(present))}. Kết quả:"),
            _votes_table(paper, meeting),
            Heading("V. KẾT LUẬN"),
            *map(Paragraph, paragraphs(meeting.conclusion)),
            Paragraph(f"Phiên họp kết thúc lúc {_clock(meeting.ended_at)} cùng ngày. {text['closing']}"),
        ),
        signatures=(
            Signature(lines=("THƯ KÝ",), name=secretary.full_name),
            Signature(lines=("CHỦ TRÌ",), name=presiding.full_name),
        ),
    )


def presiding_of(present: Sequence[Attendance]) -> Attendance:
    """The chair, or whichever deputy came in the chair's place."""
    for seat in (Seat.CHAIR, Seat.DEPUTY):
        for one in present:
            if one.seat == seat:
                return one
    raise Refused("Phiên họp không có người chủ trì. Mở lại phiên họp, ghi lại người dự họp.")


def _only(present: Sequence[Attendance], seat: Seat) -> Attendance:
    for one in present:
        if one.seat == seat:
            return one
    raise Refused(f"Phiên họp không có {seat.label}. Mở lại phiên họp, ghi lại người dự họp.")


def _name(paper: Paper) -> str:
    return NAMES[Desk(paper.desk)]


def _standard(paper: Paper) -> str:
    return f"{standard_name(day_of(paper))} phù hợp với trẻ em năm {paper.period.year}"


def _two_digits(count: int) -> str:
    """«08»: as minutes write counts of people, so that nobody adds a digit."""
    return f"{count:02d}"


def _clock(at: datetime | None) -> str:
    if at is None:
        raise Refused("Phiên họp chưa ghi giờ. Mở lại phiên họp, ghi đủ giờ bắt đầu và giờ kết thúc.")
    local = timezone.localtime(at)
    return f"{local.hour} giờ {local.minute:02d} phút"


# ---- parts -------------------------------------------------------------------------------------------------------
def _passages(paper: Paper, meeting: Meeting) -> tuple[Passage, ...]:
    return (
        Passage("guests", "Khách mời", "", "Mỗi người một dòng; để trống nếu không có."),
        Passage("content", "Nội dung phiên họp", "\n".join(_content(paper, meeting)), "Mỗi dòng là một đoạn."),
        Passage(
            "closing",
            "Thông qua biên bản",
            "Biên bản đã được đọc cho các thành viên dự họp cùng nghe và thống nhất.",
        ),
    )


def _content(paper: Paper, meeting: Meeting) -> Iterator[str]:
    votes = list(meeting.votes.select_related("dossier__commune", "dossier__period__criteria_set"))
    if paper.desk == Desk.COMMUNE:
        for vote in votes:
            most = vietnamese(vote.dossier.period.criteria_set.rules().max_points)
            yield (
                f"1. Hội đồng nghe báo cáo kết quả tự đánh giá năm {paper.period.year} theo các tiêu chí. Tổng điểm tự "
                f"chấm: {vote.total_text}, trong tổng số {most} điểm; mức tối thiểu đối với loại xã: {vote.threshold}."
            )
    else:
        yield f"1. Hội đồng nghe cơ quan thẩm định báo cáo kết quả thẩm định {_two_digits(len(votes))} hồ sơ."
    yield "2. Các thành viên thảo luận về số liệu, minh chứng và điểm của từng tiêu chí."
    yield "3. Hội đồng biểu quyết."


def _opening(meeting: Meeting) -> Iterator[Block]:
    opened = timezone.localtime(meeting.opened_at) if meeting.opened_at else None
    day = vietnamese_date(opened.date() if opened else None, meeting.council.period.year)
    yield Heading("I. THỜI GIAN, ĐỊA ĐIỂM")
    yield Paragraph(f"Phiên họp khai mạc lúc {_clock(meeting.opened_at)}, {day}, tại {meeting.place}.")


def _people(
    present: Sequence[Attendance], absent: Sequence[Attendance], presiding: Attendance, guests: str
) -> Iterator[Block]:
    whole = _two_digits(len(present) + len(absent))
    yield Heading("II. THÀNH PHẦN")
    yield Heading(f"1. Có mặt: {_two_digits(len(present))}/{whole} thành viên", level=2)
    for one in present:
        chairs = ", chủ trì phiên họp" if one == presiding else ""
        yield Paragraph(f"{one.full_name}, {one.title}: {one.get_seat_display()}{chairs}.", is_item=True)
    yield Heading(f"2. Vắng: {_two_digits(len(absent))}/{whole} thành viên", level=2)
    for one in absent:
        yield Paragraph(f"{one.full_name}, {one.title}: {one.get_seat_display()}. Lý do: {one.reason}.", is_item=True)
    if invited := paragraphs(guests):
        yield Heading("3. Khách mời", level=2)
        yield from (Paragraph(line, is_item=True) for line in invited)


def _opinions(meeting: Meeting) -> Iterator[Paragraph]:
    """As they stood on the day of the meeting. A commune's council asks no departments."""
    if meeting.council.desk == Desk.OFFICE and meeting.opened_at:
        council = meeting.council
        yield from told_opinions(council.period, council.unit, timezone.localdate(meeting.opened_at))


COUNTS = (
    Column("Tán thành", 11, "center"),
    Column("Không tán thành", 11, "center"),
    Column("Ý kiến khác", 10, "center"),
)


def _votes_table(paper: Paper, meeting: Meeting) -> Table:
    votes = meeting.votes.select_related("dossier__commune").order_by("dossier__commune__sort_key")
    numbered = [(str(number), vote) for number, vote in enumerate(votes, start=1)]
    if paper.desk == Desk.COMMUNE:
        columns: tuple[Column, ...] = (Column("TT", 7, "center"), Column("Nội dung biểu quyết", 61), *COUNTS)
        rows = [Row((number, _matter(paper, vote), *_counts(vote))) for number, vote in numbered]
        return Table(columns, tuple(rows))
    columns = (
        Column("TT", 6, "center"),
        Column("Đơn vị", 21),
        Column("Điểm thẩm định", 12, "center"),
        Column("Mức tối thiểu", 10, "center"),
        Column("Nội dung biểu quyết", 19),
        *COUNTS,
    )
    rows = [
        Row(
            (
                number,
                vote.dossier.commune.name,
                vote.total_text,
                vietnamese(vote.threshold or 0),
                vote.get_recommendation_display(),
                *_counts(vote),
            )
        )
        for number, vote in numbered
    ]
    return Table(columns, tuple(rows))


def _counts(vote: Vote) -> tuple[str, str, str]:
    return (f"{vote.in_favour}/{vote.present}", f"{vote.against}/{vote.present}", f"{vote.abstained}/{vote.present}")


def _matter(paper: Paper, vote: Vote) -> str:
    name = in_sentence(vote.dossier.commune.name)
    agreed = f"Thông qua kết quả tự đánh giá của {name} năm {paper.period.year}"
    if vote.recommendation == Recommendation.RECOGNISE:
        return f"{agreed}, đề nghị công nhận {name} đạt tiêu chuẩn {_standard(paper)}"
    return f"{agreed} (chưa đủ điều kiện đề nghị công nhận)"
