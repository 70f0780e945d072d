"""Opening a file with a reason, being told of it, and looking after a file: who opened it, and the lock on it."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import services
from assessments.forms.access import LockForm, OpenForm, PeriodForm
from assessments.models import Evidence, EvidenceAccess
from assessments.permissions import Door, can_protect, door_to
from assessments.readings import last_days, readings_of, unusual
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import show_refusal
from communes.auth import confirm_identity, current_user, today
from communes.models import Role, Unit, within
from communes.queries import roles_of

GET_OR_POST = ["GET", "HEAD", "POST"]
WATCHERS = (Role.INSPECTOR, Role.HEAD_OF_OFFICE, Role.COMMUNE_HEAD)
DAYS_WATCHED = 30


def evidence_or_404(request: HttpRequest, uuid: UUID) -> Evidence:
    visible = Evidence.objects.visible_to(current_user(request), today()).present()
    return get_object_or_404(visible.select_related("dossier__commune__parent", "dossier__period"), uuid=uuid)


@require_http_methods(GET_OR_POST)
def ask(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Why the person wants the file; whoever breaks the glass also proves again who it is."""
    evidence = evidence_or_404(request, uuid)
    door = door_to(current_user(request), evidence, at=received_at(request))
    if door is Door.CLOSED:
        raise Http404
    page = confirm_identity(_ask) if door is Door.GLASS else _ask
    answer: HttpResponseBase = page(request, evidence, door)
    return answer


def _ask(request: HttpRequest, evidence: Evidence, door: Door) -> HttpResponse:
    user, at = current_user(request), received_at(request)
    form = OpenForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.open_evidence(evidence=evidence, reason=form.cleaned_data["reason"], by=user, at=at)
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                return redirect("assessments:ask_for_evidence", evidence.uuid)
    is_open = services.may_open(evidence, by=user, at=at)
    context = {
        "evidence": evidence,
        "form": form,
        "is_emergency": door is Door.GLASS,
        "is_open": is_open,
        "until": EvidenceAccess.objects.live(evidence, user, at).values_list("until", flat=True).first(),
    }
    return render(request, "assessments/ask_for_evidence.html", context, status=status)


@require_POST
def acknowledge(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user, at = current_user(request), received_at(request)
    in_care = Evidence.objects.in_care_of(user, today()).values("pk")
    access = get_object_or_404(
        EvidenceAccess.objects.filter(is_emergency=True, evidence__in=in_care).exclude(reader=user), uuid=uuid
    )
    services.acknowledge(access_id=access.pk, by=user, at=at)
    messages.success(request, "Đã ghi nhận đồng chí biết việc mở khẩn này.")
    return redirect("home")


@require_http_methods(GET_OR_POST)
def protect(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Who opened this file between two days, and the lock."""
    evidence = evidence_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    if not can_protect(user, evidence, at=at):
        raise Http404
    form = LockForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            act = services.unlock_evidence if request.POST.get("action") == "unlock" else services.lock_evidence
            try:
                act(evidence=evidence, reason=form.cleaned_data["reason"], by=user, at=at)
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                return redirect("assessments:protect_evidence", evidence.uuid)
        evidence.refresh_from_db(fields=["locked_at"])
    period = PeriodForm(request.GET or None)
    since, until = period.chosen() if period.is_valid() else (None, None)
    context = {
        "evidence": evidence,
        "form": form,
        "period": period,
        "readings": readings_of(evidence, since=_start(since), until=_start(until, days=1)),
        "here": reverse("assessments:protect_evidence", args=[evidence.uuid]),
    }
    return render(request, "assessments/protect_evidence.html", context, status=status)


def _start(day: date | None, *, days: int = 0) -> datetime | None:
    """The beginning of a Vietnamese day, or of one so many days after it."""
    return None if day is None else timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))


@require_safe
def unusual_readings(request: HttpRequest) -> HttpResponse:
    """Many sensitive files in one day, exports by night; for those who look after an area."""
    user, at = current_user(request), received_at(request)
    area = roles_of(user, today()).covered_unit_ids(*WATCHERS)
    if not area:
        raise Http404
    since, until = last_days(DAYS_WATCHED, at)
    units = Unit.objects.filter(within(area)).values_list("pk", flat=True)
    context = {"found": unusual(since=since, until=until, units=list(units)), "days": DAYS_WATCHED}
    return render(request, "assessments/unusual.html", context)
