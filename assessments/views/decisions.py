"""Decisions: a draft from the leader's approval on, a paper once the clerk has typed number and date."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments import services
from assessments.forms.decision import IssueForm
from assessments.models import Decision, DecisionItem, Result
from assessments.permissions import can_number, check_can_number
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import posted_version, show_refusal
from communes.auth import confirm_identity, current_user, today

GET_OR_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 50


def _visible(request: HttpRequest) -> QuerySet[Decision]:
    return (
        Decision.objects.visible_to(current_user(request), today())
        .select_related("period__province", "deciding_unit", "proposal", "numbered_by")
        .annotate(
            size=Count("items"),
            recognised=Count("items", filter=Q(items__result=Result.RECOGNISED)),
        )
    )


def _decision_or_404(request: HttpRequest, uuid: UUID) -> Decision:
    return get_object_or_404(_visible(request), uuid=uuid)


@require_safe
def decisions(request: HttpRequest) -> HttpResponse:
    """What waits for its number first, then by date and number."""
    found = _visible(request)
    only_waiting = request.GET.get("trang-thai") == "cho-so"
    if only_waiting:
        found = found.filter(number="")
    found = found.order_by(Case(When(number="", then=0), default=1), "-issued_on", "-approved_at", "-pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "assessments/decisions.html", {"page": page, "only_waiting": only_waiting})


@require_safe
def decision(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _decision_or_404(request, uuid)
    user, now = current_user(request), received_at(request)
    context = {
        "decision": found,
        "items": list(DecisionItem.objects.filter(decision=found).select_related("dossier")),
        "can_issue": not found.is_issued and can_number(user, found.deciding_unit, at=now),
        "RECOGNISED": Result.RECOGNISED,
    }
    return render(request, "assessments/decision.html", context)


@confirm_identity
@require_http_methods(GET_OR_POST)
def issue(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _decision_or_404(request, uuid)
    user, now = current_user(request), received_at(request)
    form = IssueForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                issued = services.issue_decision(
                    decision_id=found.pk, version=posted_version(request), by=user, at=now, **form.cleaned_data
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã phát hành Quyết định số {issued.full_number}.")
                return redirect("assessments:decision", uuid)
        found = _decision_or_404(request, uuid)
    else:
        check_can_number(user, found.deciding_unit, at=now)
        if found.is_issued:
            return redirect("assessments:decision", uuid)
    return render(request, "assessments/issue.html", {"decision": found, "form": form}, status=status)
