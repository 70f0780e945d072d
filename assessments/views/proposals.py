"""Hồ sơ trình: the head of office gathers, the leader reads one page and answers."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments import policy, services
from assessments.disclosure import Results, results_for
from assessments.forms.proposal import ProposalForm, ReturnProposalForm
from assessments.models import Decision, Dossier, Proposal, ProposalItem, Recommendation, Result
from assessments.permissions import (
    can_propose,
    can_propose_anywhere,
    can_return_proposal,
    check_can_approve,
    check_can_return_proposal,
)
from assessments.views.files import Kept, hand_over
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import posted_version, show_refusal
from childfriendly.core.models import AuditEvent
from childfriendly.core.once import once
from communes.auth import confirm_identity, current_user, today
from communes.models import User
from communes.queries import roles_of
from criteria.models import Task
from criteria.services import authority_for

GET_OR_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 50


def _visible(request: HttpRequest) -> QuerySet[Proposal]:
    return (
        Proposal.objects.visible_to(current_user(request), today())
        .select_related("period__province", "appraising_unit", "deciding_unit", "submitted_by", "answered_by")
        .annotate(
            size=Count("items"),
            to_recognise=Count("items", filter=Q(items__result=Result.RECOGNISED)),
            to_refuse=Count("items", filter=Q(items__result=Result.REFUSED)),
        )
    )


def _proposal_or_404(request: HttpRequest, uuid: UUID) -> Proposal:
    return get_object_or_404(_visible(request), uuid=uuid)


@require_safe
def proposals(request: HttpRequest) -> HttpResponse:
    """What waits for the leader first, then the newest."""
    found = _visible(request)
    only_waiting = request.GET.get("trang-thai") == "cho-duyet"
    if only_waiting:
        found = found.filter(state=Proposal.State.SUBMITTED)
    waiting_first = Case(When(state=Proposal.State.SUBMITTED, then=0), default=1)
    found = found.order_by(waiting_first, "-submitted_at", "-pk")
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "only_waiting": only_waiting,
        "can_propose": can_propose_anywhere(current_user(request), at=received_at(request)),
        "is_office": roles_of(current_user(request), today()).has(*policy.OFFICE),
    }
    return render(request, "assessments/proposals.html", context)


# ---- proposing ---------------------------------------------------------------------------------------------------


@require_http_methods(GET_OR_POST)
@once
def propose(request: HttpRequest) -> HttpResponse:
    user, now = current_user(request), received_at(request)
    if not can_propose_anywhere(user, at=now):
        raise Http404
    found = Dossier.objects.visible_to(user, today()).free_to_propose(user, today()).with_setting()
    free = [dossier for dossier in found if can_propose(user, dossier, at=now)]
    status = 200
    if request.method == "POST":
        form = ProposalForm(request.POST, request.FILES, dossiers=free)
        status = 422
        if form.is_valid():
            try:
                proposal = services.propose(
                    dossier_ids=form.chosen(),
                    submission_number=form.cleaned_data["submission_number"],
                    submission_text=form.cleaned_data["submission_text"],
                    minutes=form.cleaned_data["minutes"],
                    by=user,
                    at=now,
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã trình lãnh đạo {len(form.chosen())} hồ sơ.")
                return redirect("assessments:proposal", proposal.uuid)
    else:
        form = ProposalForm(dossiers=free, initial={"submission_text": _default_text(free)})
    chosen = set(form["dossiers"].value() or [])
    rows = [(dossier, str(dossier.uuid) in chosen, number) for number, dossier in enumerate(free)]
    context = {
        "form": form,
        "groups": [
            (group[0], group[1], list(members))
            for group, members in groupby(rows, key=lambda row: (row[0].period, row[0].deciding_unit))
        ],
        "count": len(free),
        "RECOGNISE": Recommendation.RECOGNISE,
        "file_is_lost": request.method == "POST" and bool(request.FILES),
    }
    return render(request, "assessments/propose.html", context, status=status)


def _default_text(free: list[Dossier]) -> str:
    """The sentence every tờ trình begins with, in the names of the bodies of that period; the person edits it."""
    if not free:
        return ""
    period, commune = free[0].period, free[0].commune
    try:
        deciding = authority_for(period, Task.DECIDE, commune).body_name
        appraising = authority_for(period, Task.APPRAISE, commune).body_name
    except Refused:  # the authority has been taken out since; the text is only a help
        return ""
    return (
        f"Căn cứ kết quả thẩm định hồ sơ và biên bản họp Hội đồng xét duyệt, {appraising} kính trình {deciding} "
        f"xem xét, quyết định việc công nhận cấp xã phù hợp với trẻ em năm {period.year} đối với các đơn vị "
        "trong danh sách kèm theo."
    )


# ---- one proposal ------------------------------------------------------------------------------------------------


@require_safe
def proposal(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _proposal_or_404(request, uuid)
    user, now = current_user(request), received_at(request)
    summary = _summary(found, user, now)
    context = summary | {
        "can_return": can_return_proposal(user, found, at=now),
        "why_not_approve": _why_not_approve(user, found, [item.dossier for item in summary["items"]], now),
        "decision": Decision.objects.visible_to(user, today()).filter(proposal=found).first(),
        "events": _history(found),
    }
    return render(request, "assessments/proposal.html", context)


def _why_not_approve(user: User, found: Proposal, dossiers: list[Dossier], at: datetime) -> str:
    """The sentence in place of the button; «» where the person may approve."""
    try:
        check_can_approve(user, found, dossiers, at=at)
    except Refused as refused:
        return str(refused)
    return ""


@dataclass(frozen=True, slots=True)
class Line:
    """One commune of a proposal, with its points and the reason as this reader may read them."""

    dossier: Dossier
    result: Result
    results: Results


def _summary(found: Proposal, reader: User, at: datetime) -> dict[str, Any]:
    """The one page a leader reads before answering: who, how many points, what is proposed and why."""
    rows = ProposalItem.objects.filter(proposal=found).select_related(
        "dossier__commune__parent__parent", "dossier__appraiser", "dossier__deciding_unit"
    )
    items = list(rows.order_by("dossier__commune__sort_key"))
    results = results_for(reader, [item.dossier for item in items], at=at)
    lines = [Line(item.dossier, Result(item.result), results[item.dossier_id]) for item in items]
    return {"proposal": found, "items": lines}


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    words: str
    actor_name: str
    actor_role: str
    reason: str


SENTENCES = {
    "quarantine_file": "Cách ly biên bản có mã độc",
    "propose": "Trình lãnh đạo",
    "approve": "Duyệt hồ sơ trình",
    "return_proposal": "Trả lại hồ sơ trình",
}


def _history(found: Proposal) -> list[Event]:
    return [
        Event(event.at, SENTENCES.get(event.action, event.action), event.actor_name, event.actor_role, event.reason)
        for event in AuditEvent.objects.about(found).order_by("-seq")
    ]


@require_safe
def minutes(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    return hand_over(request, Kept.minutes(_proposal_or_404(request, uuid)))


@confirm_identity
@require_http_methods(GET_OR_POST)
def approve(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A page to look once more before the act, instead of a box that is pressed away."""
    found = _proposal_or_404(request, uuid)
    user, now = current_user(request), received_at(request)
    if request.method == "POST":
        decision = services.approve(proposal_id=found.pk, version=posted_version(request), by=user, at=now)
        messages.success(request, "Đã duyệt hồ sơ trình. Chọn «Văn bản: soạn, ký, vào số, phát hành» để ký quyết định.")
        return redirect("assessments:decision", decision.uuid)
    summary = _summary(found, user, now)
    check_can_approve(user, found, [item.dossier for item in summary["items"]], at=now)
    return render(request, "assessments/proposal_approve.html", summary)


@require_http_methods(GET_OR_POST)
def return_proposal(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _proposal_or_404(request, uuid)
    user, now = current_user(request), received_at(request)
    form = ReturnProposalForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.return_proposal(
                    proposal_id=found.pk,
                    version=posted_version(request),
                    reason=form.cleaned_data["reason"],
                    by=user,
                    at=now,
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã trả lại {found}. Các hồ sơ trong đó có thể được trình lại.")
                return redirect("assessments:proposal", uuid)
        found = _proposal_or_404(request, uuid)
    else:
        check_can_return_proposal(user, found, at=now)
    return render(request, "assessments/proposal_return.html", {"proposal": found, "form": form}, status=status)
