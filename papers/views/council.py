"""The council of a commune or an office in one period: its members, its meetings. Whoever works at the desk reads;
whoever drafts its papers edits."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.figures import load_figures
from assessments.models import Dossier
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.exports import exported, watermark
from childfriendly.core.files import content_type_for
from childfriendly.core.forms import posted_version, show_refusal
from communes.auth import current_user, today
from communes.models import Unit, User
from communes.queries import roles_of
from criteria.models import Period
from papers.filling.minutes import minutes_of
from papers.forms.council import CouncilForm, MeetingForm, member_rows, stored_meeting
from papers.kinds import Desk
from papers.models import Attendance, Council, Meeting, Member, Vote
from papers.models.council import NAMES, desk_of
from papers.permissions import can
from papers.policy import RELATION_OF, Right, roles_with
from papers.rendering import render_docx, render_pdf
from papers.services import council as services

GET_OR_POST = ["GET", "HEAD", "POST"]


def _own_units(user: User, desk: Desk) -> frozenset[int]:
    return roles_of(user, today()).units(*roles_with(Right.READ_UNISSUED, RELATION_OF[desk]))


def _can_keep(user: User, unit: Unit) -> bool:
    return can(services.check_can_keep, user, unit, on=today())


# ---- all of them -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Line:
    """A unit and a period in which it has a council, or may have one."""

    unit: Unit
    period: Period
    name: str
    council: Council | None


@require_safe
def councils(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    communes, offices = _own_units(user, Desk.COMMUNE), _own_units(user, Desk.OFFICE)
    if not communes and not offices:
        raise Http404
    own = Dossier.objects.filter(Q(commune__in=communes) | Q(appraising_unit__in=offices)).order_by()
    pairs = {(unit, period) for unit, period in own.values_list("commune", "period") if unit in communes}
    pairs |= {(unit, period) for unit, period in own.values_list("appraising_unit", "period") if unit in offices}
    units = Unit.objects.with_parents().in_bulk([unit for unit, _ in pairs])
    periods = Period.objects.with_setting().in_bulk([period for _, period in pairs])
    entered = {(row.unit_id, row.period_id): row for row in Council.objects.visible_to(user, today())}
    lines = [
        Line(units[unit], periods[period], NAMES[desk_of(units[unit])], entered.get((unit, period)))
        for unit, period in pairs
    ]
    lines.sort(key=lambda line: (-line.period.year, line.unit.sort_key))
    return render(request, "papers/councils.html", {"lines": lines})


# ---- members -----------------------------------------------------------------------------------------------------
def _place_or_404(request: HttpRequest, period_uuid: UUID, unit_uuid: UUID) -> tuple[Period, Unit]:
    """A unit at whose desk this person works, in a period in which it has dossiers."""
    unit = get_object_or_404(Unit.objects.with_parents(), uuid=unit_uuid)
    if unit.pk not in _own_units(current_user(request), desk_of(unit)):
        raise Http404
    period = get_object_or_404(Period.objects.with_setting(), uuid=period_uuid)
    theirs = Q(commune=unit) if desk_of(unit) == Desk.COMMUNE else Q(appraising_unit=unit)
    if not Dossier.objects.filter(theirs, period=period).exists():
        raise Http404
    return period, unit


@require_http_methods(GET_OR_POST)
def council(request: HttpRequest, period_uuid: UUID, unit_uuid: UUID) -> HttpResponse:
    period, unit = _place_or_404(request, period_uuid, unit_uuid)
    user = current_user(request)
    found = Council.objects.filter(unit=unit, desk=desk_of(unit), period=period).select_related("entered_by").first()
    members = list(Member.objects.filter(council=found)) if found else []
    status, is_stale = 200, False
    if request.method == "POST":
        services.check_can_keep(user, unit, on=today())
        form, rows = CouncilForm(request.POST), member_rows(request.POST, members)
        status = 422
        if form.is_valid() and rows.is_valid():
            try:
                services.save_council(
                    period=period,
                    unit=unit,
                    version=posted_version(request),
                    members=rows.chosen(),
                    document=form.cleaned_data["document"],
                    by=user,
                    at=received_at(request),
                )
            except Refused as refused:
                status, is_stale = show_refusal(form, refused), isinstance(refused, Stale)
            else:
                messages.success(request, "Đã lưu danh sách Hội đồng.")
                return redirect("papers:council", period.uuid, unit.uuid)
    else:
        form = CouncilForm(initial={"document": found.document if found else ""})
        rows = member_rows(None, members)
    meetings = list(found.meetings.all()) if found else []
    can_keep = _can_keep(user, unit)
    context = {
        "unit": unit,
        "period": period,
        "name": NAMES[desk_of(unit)],
        "council": found,
        "members": members,
        "meetings": meetings,
        "form": form,
        "rows": rows,
        "has_errors": status != 200,
        "can_keep": can_keep,
        "can_begin": can_keep and found is not None and all(meeting.is_closed for meeting in meetings),
        "is_stale": is_stale,
        "dossier": Dossier.objects.filter(commune=unit, period=period).first(),
    }
    return render(request, "papers/council.html", context, status=status)


# ---- meetings ----------------------------------------------------------------------------------------------------
@require_POST
def begin_meeting(request: HttpRequest, period_uuid: UUID, unit_uuid: UUID) -> HttpResponse:
    period, unit = _place_or_404(request, period_uuid, unit_uuid)
    found = get_object_or_404(Council.objects.visible_to(current_user(request), today()), unit=unit, period=period)
    meeting = services.begin_meeting(council_id=found.pk, by=current_user(request), at=received_at(request))
    return redirect("papers:meeting", meeting.uuid)


def _meeting_or_404(request: HttpRequest, uuid: UUID) -> Meeting:
    visible = Council.objects.visible_to(current_user(request), today())
    return get_object_or_404(
        Meeting.objects.select_related("council__unit__parent__parent", "council__period", "entered_by").filter(
            council__in=visible
        ),
        uuid=uuid,
    )


@dataclass(frozen=True, slots=True)
class Matter:
    """What is voted on, in the words of the desk, and how it went."""

    dossier: Dossier
    words: str
    vote: Vote | None


@require_http_methods(GET_OR_POST)
def meeting(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _meeting_or_404(request, uuid)
    user = current_user(request)
    can_keep = _can_keep(user, found.council.unit)
    if request.method == "POST" or (can_keep and not found.is_closed):
        return _edited(request, found)
    context = _shown(found) | {"can_keep": can_keep, "has_new_score": can_keep and _has_new_score(found)}
    return render(request, "papers/council_meeting.html", context)


def _edited(request: HttpRequest, found: Meeting) -> HttpResponse:
    user, council = current_user(request), found.council
    services.check_can_keep(user, council.unit, on=today())
    members = list(council.members.all())
    dossiers = list(found.dossiers())
    status, is_stale = 200, False
    closes = request.POST.get("act") == "close"
    if request.method == "POST":
        form = MeetingForm(request.POST, members=members, dossiers=dossiers)
        status = 422
        if form.is_valid():
            try:
                services.save_meeting(
                    meeting_id=found.pk,
                    version=posted_version(request),
                    council_version=_council_version(request),
                    record=form.record(),
                    closes=closes,
                    by=user,
                    at=received_at(request),
                )
            except Refused as refused:
                status, is_stale = show_refusal(form, refused), isinstance(refused, Stale)
            else:
                messages.success(request, "Đã chốt phiên họp." if closes else "Đã lưu phiên họp.")
                return redirect("papers:meeting", found.uuid)
    else:
        attendance, votes = list(found.attendance.all()), list(found.votes.select_related("dossier"))
        initial = stored_meeting(found, members, attendance, votes)
        initial["place"] = initial["place"] or _usual_place(council)
        form = MeetingForm(initial=initial, members=members, dossiers=dossiers)
    context = _setting(found) | {
        "form": form,
        "vote_rows": [(row, _matter(council, row.dossier)) for row in form.vote_rows()],
        "is_stale": is_stale,
        "is_unsaved": closes and not is_stale,
        "can_keep": True,
    }
    return render(request, "papers/council_meeting.html", context, status=status)


def _council_version(request: HttpRequest) -> int:
    text = request.POST.get("council_version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _usual_place(council: Council) -> str:
    """A proposal that the person overwrites."""
    if not council.is_of_commune:
        return ""
    return f"Trụ sở Ủy ban nhân dân {council.unit.name[:1].lower()}{council.unit.name[1:]}"


def _matter(council: Council, dossier: Dossier) -> str:
    if not council.is_of_commune:
        return (
            f"Thẩm định {dossier.appraised_total}/{dossier.threshold} điểm tối thiểu; "
            f"{dossier.get_recommendation_display()}"
        )
    figures = load_figures(dossier)
    sheet = figures.declared_sheet
    if sheet.problems:
        return f"Hồ sơ còn {len(sheet.problems)} mục chưa có số liệu, nhập đủ rồi mới chốt phiên họp"
    return f"Tự chấm {sheet.total}/{sheet.max} điểm, mức tối thiểu {sheet.threshold}"


def _has_new_score(found: Meeting) -> bool:
    """Whether the commune scores itself otherwise today than when its council voted."""
    vote = found.votes.select_related("dossier").first() if found.council.is_of_commune else None
    if vote is None or vote.total is None:
        return False
    dossier = Dossier.objects.with_place_and_period().get(pk=vote.dossier_id)
    return load_figures(dossier).declared_sheet.total != vote.total


def _shown(found: Meeting) -> dict[str, object]:
    attendance = list(Attendance.objects.filter(meeting=found))
    votes = list(found.votes.select_related("dossier__commune"))
    return _setting(found) | {
        "present": [row for row in attendance if row.is_present],
        "absent": [row for row in attendance if not row.is_present],
        "votes": votes,
    }


def _setting(found: Meeting) -> dict[str, object]:
    council = found.council
    return {
        "meeting": found,
        "council": council,
        "unit": council.unit,
        "period": council.period,
        "council_url": reverse("papers:council", args=[council.period.uuid, council.unit.uuid]),
    }


@require_safe
def minutes_file(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The minutes as a draft, Word unless PDF is asked for: an office signs them by hand before its proposal exists,
    and uploads them with it."""
    found = _meeting_or_404(request, uuid)
    if not found.is_closed:
        raise Refused("Phiên họp chưa chốt nên chưa có biên bản. Ghi đủ rồi chốt phiên họp trước.")
    user, at = current_user(request), received_at(request)
    content = minutes_of(services.draft_of_minutes(found, by=user, at=at), found)
    exported("minutes", found, rows=found.votes.count(), by=user, at=at)
    kind, render_as = ("pdf", render_pdf) if request.GET.get("dang") == "pdf" else ("docx", render_docx)
    response = HttpResponse(render_as(content, mark=watermark(user, at)), content_type=content_type_for(kind))
    name = f"bien-ban-{found.council.period.year}-{found.council.unit.code}-phien-{found.number}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
def reopen_meeting(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _meeting_or_404(request, uuid)
    services.reopen_meeting(
        meeting_id=found.pk, version=posted_version(request), by=current_user(request), at=received_at(request)
    )
    messages.success(request, "Đã mở lại phiên họp để sửa.")
    return redirect("papers:meeting", found.uuid)
