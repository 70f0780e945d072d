"""Decisions: a draft from the leader's approval on, a paper once the clerk has typed number and date."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from assessments.models import Decision, DecisionItem, Result
from communes.auth import current_user, today

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
    context = {
        "decision": found,
        "items": list(DecisionItem.objects.filter(decision=found).select_related("dossier")),
        "RECOGNISED": Result.RECOGNISED,
    }
    return render(request, "assessments/decision.html", context)
