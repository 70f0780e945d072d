"""Forms of the council: its members as a list of rows, and one meeting with attendance and votes."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.formsets import BaseFormSet
from django.utils import timezone

from assessments.forms.entry import LONGEST_EXPLANATION
from assessments.models import Dossier
from childfriendly.core.forms import NfcCharField, PlainForm, VietnameseDateField, VietnameseWholeNumberField
from childfriendly.core.text import nfc
from papers.models import Attendance, Council, Meeting, Member, Seat, Vote
from papers.services.council import Ballot, Chair, Record

MOST_MEMBERS = 40
BLANK_ROWS, FEWEST_ROWS = 3, 7
TIME_WANTED = "Nhập giờ theo dạng giờ:phút, ví dụ 08:00."
HERE, AWAY = "co-mat", "vang"


# ---- members -----------------------------------------------------------------------------------------------------
class CouncilForm(PlainForm, forms.Form):
    document = NfcCharField(
        label="Văn bản thành lập Hội đồng",
        help_text="Chỉ ghi khi quyết định đã ban hành ngoài hệ thống, ví dụ: Quyết định số 12/QĐ-UBND ngày 05/11/2024",
        required=False,
        max_length=Council._meta.get_field("document").max_length,
    )


class MemberForm(PlainForm, forms.Form):
    """A row with neither name nor title is no member."""

    full_name = NfcCharField(
        label="Họ và tên", required=False, max_length=Member._meta.get_field("full_name").max_length
    )
    title = NfcCharField(label="Chức vụ, đơn vị", required=False, max_length=Member._meta.get_field("title").max_length)
    seat = forms.ChoiceField(
        label="Vai trò trong Hội đồng",
        choices=Seat.choices,
        initial=Seat.MEMBER,
        required=False,
        error_messages={"invalid_choice": "Chọn một vai trò trong danh sách."},
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        name, title = given.get("full_name", ""), given.get("title", "")
        if title and not name and "full_name" not in self.errors:
            self.add_error("full_name", "Nhập họ và tên của thành viên này.")
        if name and not title and "title" not in self.errors:
            self.add_error("title", "Nhập chức vụ, đơn vị của thành viên này.")
        return given


class MemberRows(BaseFormSet):  # type: ignore[type-arg]  # takes no argument when it runs
    def chosen(self) -> list[Chair]:
        typed = (form.cleaned_data for form in self.forms)
        return [
            Chair(row["full_name"], row["title"], Seat(row["seat"] or Seat.MEMBER))
            for row in typed
            if row and row.get("full_name")
        ]


_Rows = forms.formset_factory(
    MemberForm, formset=MemberRows, extra=0, max_num=MOST_MEMBERS, absolute_max=MOST_MEMBERS, validate_max=True
)


def member_rows(data: Mapping[str, Any] | None, members: Sequence[Member]) -> MemberRows:
    """The rows as stored and some blank ones, or as typed."""
    rows: list[dict[str, str]] = [
        {"full_name": member.full_name, "title": member.title, "seat": member.seat} for member in members
    ]
    wanted = min(max(len(rows) + BLANK_ROWS, FEWEST_ROWS), MOST_MEMBERS)
    rows += [{"seat": Seat.MEMBER.value}] * (wanted - len(rows))
    made = _Rows(
        data,
        initial=rows,
        prefix="thanh-vien",
        error_messages={
            "missing_management_form": "Danh sách thành viên gửi lên không đủ. Mở lại trang rồi nhập lại.",
            "too_many_forms": f"Hội đồng có tối đa {MOST_MEMBERS} thành viên. Bỏ bớt rồi lưu lại.",
        },
    )
    assert isinstance(made, MemberRows)  # noqa: S101  # what the factory was given; tells the type checker
    return made


# ---- a meeting ---------------------------------------------------------------------------------------------------
class ClockField(forms.TimeField):
    """A time of day as people write it: 08:00, 8h00, 8.00."""

    default_error_messages = {"invalid": TIME_WANTED, "required": TIME_WANTED}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TimeInput(format="%H:%M", attrs={"autocomplete": "off"}))
        super().__init__(input_formats=["%H:%M", "%Hh%M", "%Hh", "%H.%M"], **kwargs)

    def to_python(self, value: Any) -> datetime.time | None:
        text = nfc(value).strip().lower().replace("g", "h").replace(" ", "") if isinstance(value, str) else value
        if isinstance(text, str) and not text.isascii():
            raise ValidationError(TIME_WANTED, code="invalid")
        return super().to_python(text)


@dataclass(frozen=True, slots=True)
class MemberRow:
    member: Member
    came: BoundField
    reason: BoundField


@dataclass(frozen=True, slots=True)
class VoteRow:
    dossier: Dossier
    fields: Sequence[BoundField]


BALLOT = (("in_favour", "Tán thành"), ("against", "Không tán thành"), ("abstained", "Ý kiến khác"))


class MeetingForm(PlainForm, forms.Form):
    """Fields of members and of dossiers carry their keys, so that a list that has changed meanwhile mixes nobody up."""

    day = VietnameseDateField(label="Ngày họp", required=False)
    begins = ClockField(label="Giờ bắt đầu", required=False, help_text="Ví dụ 08:00")
    ends = ClockField(label="Giờ kết thúc", required=False, help_text="Ví dụ 10:30")
    place = NfcCharField(label="Địa điểm", required=False, max_length=Meeting._meta.get_field("place").max_length)
    conclusion = NfcCharField(
        label="Kết luận của người chủ trì",
        help_text="Ghi thành từng dòng. Không ghi tên, hoàn cảnh hay số vụ việc của trẻ em cụ thể.",
        required=False,
        max_length=LONGEST_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *args: Any, members: Sequence[Member], dossiers: Sequence[Dossier], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members, self.dossiers = members, dossiers
        for member in members:
            self.fields[f"came-{member.pk}"] = forms.ChoiceField(
                label=f"{member.full_name}, {member.title} ({member.get_seat_display()})",
                choices=[(HERE, "Có mặt"), (AWAY, "Vắng")],
                widget=forms.RadioSelect,
                required=False,  # no word at each of them; `clean` asks for an answer
            )
            self.fields[f"reason-{member.pk}"] = NfcCharField(
                label=f"Lý do {member.full_name} vắng",
                required=False,
                max_length=Attendance._meta.get_field("reason").max_length,
            )
        for dossier in dossiers:
            for name, words in BALLOT:
                self.fields[f"{name}-{dossier.uuid}"] = VietnameseWholeNumberField(
                    label=words, required=False, max_value=MOST_MEMBERS
                )

    def member_rows(self) -> Iterator[MemberRow]:
        for member in self.members:
            yield MemberRow(member, self[f"came-{member.pk}"], self[f"reason-{member.pk}"])

    def vote_rows(self) -> Iterator[VoteRow]:
        for dossier in self.dossiers:
            yield VoteRow(dossier, [self[f"{name}-{dossier.uuid}"] for name, _ in BALLOT])

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if (given.get("begins") or given.get("ends")) and not given.get("day") and "day" not in self.errors:
            self.add_error("day", "Nhập ngày họp.")
        if given.get("day") and not given.get("begins") and "begins" not in self.errors:
            self.add_error("begins", "Nhập giờ bắt đầu của ngày họp này.")
        for member in self.members:
            came, reason = given.get(f"came-{member.pk}"), given.get(f"reason-{member.pk}")
            if not came:
                self.errors.pop(f"came-{member.pk}", None)
                self.add_error(f"came-{member.pk}", f"Chọn {member.full_name} có mặt hay vắng.")
            if came == AWAY and not reason and f"reason-{member.pk}" not in self.errors:
                self.add_error(f"reason-{member.pk}", f"Ghi lý do vắng của {member.full_name}.")
            if came == HERE and reason:
                self.add_error(f"came-{member.pk}", f"{member.full_name} có lý do vắng: chọn «Vắng» hoặc bỏ lý do.")
        for dossier in self.dossiers:
            names = [f"{name}-{dossier.uuid}" for name, _ in BALLOT]
            counts = [given.get(name) for name in names]
            if any(count is not None for count in counts):
                for name, count in zip(names, counts, strict=True):
                    if count is None and name not in self.errors:
                        self.add_error(name, "Nhập số phiếu, không có phiếu nào thì nhập 0.")
        return given

    def record(self) -> Record:
        given = self.cleaned_data
        return Record(
            opened_at=_moment(given["day"], given["begins"]),
            ended_at=_moment(given["day"], given["ends"]),
            place=given["place"],
            conclusion=given["conclusion"],
            absent={
                member.position: given[f"reason-{member.pk}"]
                for member in self.members
                if given[f"came-{member.pk}"] == AWAY
            },
            ballots={
                dossier.pk: Ballot(*(given[f"{name}-{dossier.uuid}"] for name, _ in BALLOT))
                for dossier in self.dossiers
                if given[f"in_favour-{dossier.uuid}"] is not None
            },
        )


def _moment(day: datetime.date | None, time: datetime.time | None) -> datetime.datetime | None:
    return timezone.make_aware(datetime.datetime.combine(day, time)) if day and time else None


def stored_meeting(
    meeting: Meeting, members: Sequence[Member], attendance: Sequence[Attendance], votes: Sequence[Vote]
) -> dict[str, Any]:
    """What the form of an open meeting begins with: what is stored; everybody counts as present until told."""
    opened, ended = (timezone.localtime(at) if at else None for at in (meeting.opened_at, meeting.ended_at))
    day = opened or ended
    stored: dict[str, Any] = {
        "day": day.date() if day else None,
        "begins": opened.time() if opened else None,
        "ends": ended.time() if ended else None,
        "place": meeting.place,
        "conclusion": meeting.conclusion,
    }
    reasons = {(row.full_name, row.title): row.reason for row in attendance}
    for member in members:
        reason = reasons.get((member.full_name, member.title), "")
        stored[f"came-{member.pk}"] = AWAY if reason else HERE
        stored[f"reason-{member.pk}"] = reason
    for vote in votes:
        for name, _ in BALLOT:
            stored[f"{name}-{vote.dossier.uuid}"] = getattr(vote, name)
    return stored
