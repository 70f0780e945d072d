"""Decisions: a draft from the leader's approval on, a paper once the clerk has typed number and date."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from assessments.models import Decision, DecisionItem, Result
from assessments.workflow import Status
from communes.auth import current_user, today

GET_OR_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Later:
    """How a decision stands after what was issued later, and those papers: label → address."""

    standing: str
    label: str
    sentence: str
    papers: Mapping[str, str]


SAID_LATER: "list[Callable[[Collection[Decision]], Mapping[int, Later]]]" = []
"""Filled by the app above, which knows the papers: by id of the decision, where anything was said."""


def _later(decisions: Collection[Decision]) -> dict[int, Later]:
    return {pk: later for said in SAID_LATER for pk, later in said(decisions).items()}


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
    shown = list(page.object_list)
    later = _later(shown)
    rows = [(row, later.get(row.pk)) for row in shown]
    return render(request, "assessments/decisions.html", {"page": page, "rows": rows, "only_waiting": only_waiting})


@require_safe
def decision(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _decision_or_404(request, uuid)
    context = {
        "decision": found,
        "items": list(DecisionItem.objects.filter(decision=found).select_related("dossier")),
        "later": _later([found]).get(found.pk),
        "RECOGNISED": Result.RECOGNISED,
        "REVOKED": Status.REVOKED,
    }
    return render(request, "assessments/decision.html", context)
