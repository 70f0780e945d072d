"""Entering a council, its meetings, who came and how it voted. A list is always saved as a whole, under the version
that the person saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from assessments.disclosure import outsiders_sheet
from assessments.figures import load_figures
from assessments.models import Dossier, FrozenSheet, ProposalItem, Recommendation
from assessments.policy import CONCLUDED
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.models import Unit, User
from communes.queries import roles_of
from criteria.disclosure import masked_sheet
from criteria.models import Period
from papers.filling.commune import check_complete
from papers.kinds import KINDS, Desk, Kind
from papers.models import Attendance, Council, Meeting, Member, Paper, Seat, State, Vote
from papers.models.council import desk_of
from papers.permissions import check_can_draft
from papers.policy import RELATION_OF, Right, roles_with

MINUTES = {Desk.COMMUNE: Kind.COMMUNE_MINUTES, Desk.OFFICE: Kind.COUNCIL_MINUTES}
CHANGED = "Nội dung này vừa được người khác lưu. Xem lại nội dung bên dưới rồi lưu lần nữa."
NOT_FOUND = "Không tìm thấy Hội đồng này trong phạm vi của đơn vị."


@dataclass(frozen=True, slots=True)
class Chair:
    """One member as typed: name, what they are in their own office, and what in the council."""

    full_name: str
    title: str
    seat: Seat = Seat.MEMBER


@dataclass(frozen=True, slots=True)
class Ballot:
    in_favour: int
    against: int
    abstained: int

    @property
    def cast(self) -> int:
        return self.in_favour + self.against + self.abstained


@dataclass(frozen=True, slots=True)
class Record:
    """A meeting as typed. `absent` holds the reason of each member who did not come, by position in the list; `ballots`
    the votes on each dossier, by its primary key."""

    opened_at: datetime | None = None
    ended_at: datetime | None = None
    place: str = ""
    conclusion: str = ""
    absent: Mapping[int, str] = field(default_factory=dict)
    ballots: Mapping[int, Ballot] = field(default_factory=dict)


def check_can_keep(user: User, unit: Unit, *, on: date) -> None:
    """Whoever drafts the papers of a desk keeps its council."""
    check_can_draft(user, MINUTES[desk_of(unit)], unit, None, on=on)


# ---- members -----------------------------------------------------------------------------------------------------
@transaction.atomic
def save_council(
    *,
    period: Period,
    unit: Unit,
    version: int,
    members: Sequence[Chair],
    document: str,
    by: User,
    at: datetime,
) -> Council:
    """The whole list in its order. `version` 0 enters the council of this unit and period, which it has only once."""
    check_can_keep(by, unit, on=timezone.localdate(at))
    seated = [Chair(nfc(one.full_name).strip(), nfc(one.title).strip(), Seat(one.seat)) for one in members]
    _check_members(seated)
    council = _entered(period, unit, by, at) if version == 0 else _claimed(period, unit, version)
    Council.objects.filter(pk=council.pk, version=council.version).update(
        document=nfc(document).strip(), entered_by=by, entered_at=at
    )
    Member.objects.filter(council=council).delete()
    Member.objects.bulk_create(
        Member(council=council, position=position, full_name=one.full_name, title=one.title, seat=one.seat)
        for position, one in enumerate(seated, start=1)
    )
    _record("save_council", council, council, by, at, members=len(seated))
    return council


def _check_members(members: Sequence[Chair]) -> None:
    if not members:
        raise Refused("Nhập ít nhất một thành viên Hội đồng.")
    for one in members:
        if not one.full_name or not one.title:
            raise Refused("Mỗi thành viên Hội đồng cần có họ tên và chức vụ. Nhập đủ rồi lưu lại.")
    for seat in (Seat.CHAIR, Seat.SECRETARY):
        if sum(one.seat == seat for one in members) > 1:
            raise Refused(f"Hội đồng chỉ có một {seat.label}. Chọn lại vai trò của các thành viên.")


def _entered(period: Period, unit: Unit, by: User, at: datetime) -> Council:
    try:
        with transaction.atomic():
            return Council.objects.create(unit=unit, desk=desk_of(unit), period=period, entered_by=by, entered_at=at)
    except IntegrityError as error:
        raise Stale(CHANGED) from error


def _claimed(period: Period, unit: Unit, version: int) -> Council:
    rows = Council.objects.filter(unit=unit, desk=desk_of(unit), period=period)
    if not rows.filter(version=version).update(version=F("version") + 1):
        raise Stale(CHANGED)
    return rows.select_related("unit", "period").get()


# ---- meetings ----------------------------------------------------------------------------------------------------
@transaction.atomic
def begin_meeting(*, council_id: int, by: User, at: datetime) -> Meeting:
    """The next meeting, empty. While one is open there is no other: asked again, it gives that one."""
    council = _council(council_id, by, at)
    check_can_keep(by, council.unit, on=timezone.localdate(at))
    last = council.meetings.aggregate(last=Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            meeting = Meeting.objects.create(council=council, number=last + 1, entered_by=by, entered_at=at)
    except IntegrityError:
        return council.meetings.get(closed_at=None)
    _record("begin_meeting", meeting, council, by, at, number=meeting.number)
    return meeting


@transaction.atomic
def save_meeting(
    *, meeting_id: int, version: int, council_version: int, record: Record, closes: bool, by: User, at: datetime
) -> Meeting:
    """Store what was typed; with `closes` also check that it is whole, and freeze what was voted on. `council_version`
    is that of the list of members whose attendance was typed."""
    meeting = _meeting(meeting_id, by, at)
    council = meeting.council
    check_can_keep(by, council.unit, on=timezone.localdate(at))
    if meeting.is_closed:
        raise Stale("Phiên họp này đã chốt. Mở lại phiên họp rồi sửa.")
    if not Council.objects.filter(pk=council.pk, version=council_version).update(version=F("version")):
        raise Stale("Danh sách thành viên Hội đồng vừa thay đổi. Xem lại người dự họp rồi lưu lần nữa.")
    members = list(council.members.all())
    absent = {position: nfc(reason).strip() for position, reason in record.absent.items()}
    place, conclusion = nfc(record.place).strip(), nfc(record.conclusion).strip()
    _check_times(record, council.period, at)
    _check_absences(members, absent)
    present = len(members) - len(absent)
    dossiers = {dossier.pk: dossier for dossier in meeting.dossiers()}
    _check_ballots(record.ballots, dossiers, present)
    rows = Meeting.objects.filter(pk=meeting.pk, version=version, closed_at=None)
    changed = rows.update(
        version=F("version") + 1,
        opened_at=record.opened_at,
        ended_at=record.ended_at,
        place=place,
        conclusion=conclusion,
        entered_by=by,
        entered_at=at,
    )
    if not changed:
        raise Stale(CHANGED)
    Attendance.objects.filter(meeting=meeting).delete()
    Attendance.objects.bulk_create(_seen(meeting, member, absent.get(member.position)) for member in members)
    Vote.objects.filter(meeting=meeting).delete()
    if closes:
        _check_whole(council, record, members, absent, place, conclusion)
        Meeting.objects.filter(pk=meeting.pk, version=version + 1).update(closed_at=at)
    Vote.objects.bulk_create(
        Vote(
            meeting=meeting,
            dossier=dossiers[pk],
            in_favour=ballot.in_favour,
            against=ballot.against,
            abstained=ballot.abstained,
            present=present,
            **(_frozen(council, dossiers[pk]) if closes else {}),
        )
        for pk, ballot in record.ballots.items()
    )
    action = "close_meeting" if closes else "save_meeting"
    _record(action, meeting, council, by, at, present=present, absent=len(absent), votes=len(record.ballots))
    meeting.refresh_from_db()
    return meeting


@transaction.atomic
def reopen_meeting(*, meeting_id: int, version: int, by: User, at: datetime) -> Meeting:
    """To mend what was typed wrongly, as long as nobody has signed minutes of it."""
    meeting = _meeting(meeting_id, by, at)
    council = meeting.council
    check_can_keep(by, council.unit, on=timezone.localdate(at))
    if _has_signed_minutes(meeting):
        raise Refused("Biên bản của phiên họp này đã ký nên không sửa được. Có nội dung mới thì lập phiên họp khác.")
    proposed = ProposalItem.objects.filter(is_live=True, dossier__votes__meeting=meeting)
    if not council.is_of_commune and proposed.exists():  # the signed minutes went along
        raise Refused(
            "Hồ sơ của phiên họp này đã trình kèm biên bản đã ký nên không sửa được. "
            "Cần sửa thì đề nghị lãnh đạo trả lại hồ sơ trình trước."
        )
    if council.meetings.filter(number__gt=meeting.number).exists():
        raise Refused("Đã có phiên họp sau phiên này nên không mở lại được.")
    rows = Meeting.objects.filter(pk=meeting.pk, version=version, closed_at__isnull=False)
    if not rows.update(closed_at=None, version=F("version") + 1, entered_by=by, entered_at=at):
        raise Stale("Phiên họp này vừa được người khác mở lại hoặc sửa. Mở lại trang để xem nội dung mới.")
    Vote.objects.filter(meeting=meeting, meeting__version=version + 1).update(
        recommendation="", total=None, threshold=None, hides_total=False
    )
    _record("reopen_meeting", meeting, council, by, at, number=meeting.number)
    meeting.refresh_from_db()
    return meeting


def draft_of_minutes(meeting: Meeting, *, by: User, at: datetime) -> Paper:
    """A paper that is not stored: the frame of minutes that are printed and signed by hand."""
    council = meeting.council
    kind = MINUTES[Desk(council.desk)]
    columns = {"form": KINDS[kind].form, "desk": council.desk, "unit": council.unit, "period": council.period}
    return Paper(kind=kind, drafted_by=by, drafted_at=at, **columns)


def _has_signed_minutes(meeting: Meeting) -> bool:
    if meeting.closed_at is None:
        return False
    council = meeting.council
    minutes = Paper.objects.filter(kind=MINUTES[Desk(council.desk)], unit=council.unit_id, period=council.period_id)
    # Of what was signed by hand only the day is known: whatever was signed on that of the closing counts.
    day = Q(signed_on_paper_entered_by__isnull=False, signed_at__date__gte=timezone.localdate(meeting.closed_at))
    since = day | Q(signed_at__gte=meeting.closed_at)
    return minutes.filter(since).exclude(state=State.DROPPED).exists()


def _check_times(record: Record, period: Period, at: datetime) -> None:
    opened, ended = record.opened_at, record.ended_at
    if (opened and opened > at) or (ended and ended > at):
        raise Refused("Cuộc họp ghi ở đây phải diễn ra rồi: ngày, giờ họp không được sau hiện tại. Kiểm tra lại.")
    if opened and timezone.localdate(opened) < period.starts_on:
        raise Refused(f"Ngày họp không được trước ngày đầu kỳ đánh giá ({period.starts_on:%d/%m/%Y}). Kiểm tra lại.")
    if opened and ended and ended <= opened:
        raise Refused("Giờ kết thúc phải sau giờ bắt đầu. Kiểm tra lại hai ô giờ.")


def _check_absences(members: Sequence[Member], absent: Mapping[int, str]) -> None:
    if not absent.keys() <= {member.position for member in members}:
        raise Refused("Người vắng không có trong danh sách thành viên. Mở lại trang rồi ghi lại.")
    for member in members:
        if absent.get(member.position) == "":
            raise Refused(f"Ghi lý do vắng của {member.full_name}.")


def _check_ballots(ballots: Mapping[int, Ballot], dossiers: Mapping[int, Dossier], present: int) -> None:
    for pk, ballot in ballots.items():
        if pk not in dossiers:
            raise Refused("Một hồ sơ không còn chờ Hội đồng biểu quyết. Mở lại trang để xem danh sách mới.")
        if min(ballot.in_favour, ballot.against, ballot.abstained) < 0:
            raise Refused("Số phiếu phải từ 0 trở lên.")
        if ballot.cast > present:
            raise Refused(
                f"{dossiers[pk].commune.name}: {ballot.cast} phiếu, nhiều hơn {present} thành viên có mặt. "
                "Kiểm tra số phiếu hoặc người dự họp."
            )


def _check_whole(
    council: Council,
    record: Record,
    members: Sequence[Member],
    absent: Mapping[int, str],
    place: str,
    conclusion: str,
) -> None:
    missing = [
        words
        for given, words in (
            (record.opened_at, "ngày, giờ bắt đầu"),
            (record.ended_at, "giờ kết thúc"),
            (place, "địa điểm"),
            (conclusion, "kết luận"),
        )
        if not given
    ]
    if missing:
        raise Refused(f"Phiên họp chưa chốt được vì còn thiếu: {', '.join(missing)}. Nhập đủ rồi chốt lại.")
    for seat in (Seat.CHAIR, Seat.SECRETARY):
        if not any(member.seat == seat for member in members):
            raise Refused(f"Hội đồng chưa có {seat.label}. Chọn {seat.label} ở trang Hội đồng rồi chốt phiên họp.")
    came = {member.seat for member in members if member.position not in absent}
    if not came & {Seat.CHAIR, Seat.DEPUTY}:
        raise Refused("Chủ tịch và Phó Chủ tịch Hội đồng đều vắng, không có người chủ trì. Kiểm tra lại người dự họp.")
    if Seat.SECRETARY not in came:
        raise Refused("Thư ký vắng nên không có người ghi biên bản. Đổi thư ký ở trang Hội đồng rồi chốt phiên họp.")
    if not record.ballots:
        what = "hồ sơ của xã" if council.is_of_commune else "ít nhất một hồ sơ"
        raise Refused(f"Nhập kết quả biểu quyết {what} rồi chốt phiên họp.")


def _seen(meeting: Meeting, member: Member, reason: str | None) -> Attendance:
    return Attendance(
        meeting=meeting,
        position=member.position,
        full_name=member.full_name,
        title=member.title,
        seat=member.seat,
        is_present=reason is None,
        reason=reason or "",
    )


def _frozen(council: Council, dossier: Dossier) -> dict[str, Any]:
    """What lies before the council: at a commune the score as declared now, at an office the appraisal as concluded."""
    if council.is_of_commune:
        figures = load_figures(dossier)
        check_complete(figures)
        sheet = figures.declared_sheet
        hides = masked_sheet(figures.rules, figures.area.value, figures.declared_raw).hides_total
        recommendation = Recommendation.RECOGNISE if sheet.passes else Recommendation.REFUSE
        return _result(recommendation, sheet.total, sheet.threshold, hides=hides)
    if dossier.status not in CONCLUDED:
        raise Refused(f"{dossier.commune.name} chưa hoàn thành thẩm định nên chưa biểu quyết được. Để trống dòng này.")
    frozen = FrozenSheet.objects.filter(dossier=dossier, kind=FrozenSheet.Kind.APPRAISED).latest("number")
    public = outsiders_sheet(dossier.period.criteria_set.rules(), frozen.area_type, frozen.answers)
    hides = public is not None and public.hides_total
    return _result(Recommendation(dossier.recommendation), frozen.total, frozen.threshold, hides=hides)


def _result(recommendation: Recommendation, total: int, threshold: int, *, hides: bool) -> dict[str, Any]:
    return {"recommendation": recommendation, "total": total, "threshold": threshold, "hides_total": hides}


# ---- common ------------------------------------------------------------------------------------------------------
def _council(council_id: int, by: User, at: datetime) -> Council:
    visible = Council.objects.visible_to(by, timezone.localdate(at)).select_related("unit", "period")
    council = visible.filter(pk=council_id).first()
    if council is None:
        raise Refused(NOT_FOUND)
    return council


def _meeting(meeting_id: int, by: User, at: datetime) -> Meeting:
    meeting = Meeting.objects.select_related("council__unit", "council__period").filter(pk=meeting_id).first()
    if meeting is None:
        raise Refused(NOT_FOUND)
    _council(meeting.council_id, by, at)
    return meeting


def _record(action: str, obj: Council | Meeting, council: Council, by: User, at: datetime, **after: int) -> None:
    """Counts only: the names stand in the list itself."""
    roles = roles_of(by, timezone.localdate(at))
    held = roles.at(council.unit_id, *roles_with(Right.DRAFT, RELATION_OF[Desk(council.desk)]))
    audit.record(action, obj, by=by, at=at, role=held.words if held else "", after=after)
