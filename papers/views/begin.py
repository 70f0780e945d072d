"""The papers about one thing, and which of them somebody here may begin."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from assessments.models import Decision, DecisionItem, Dossier, Proposal, Result
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from communes.auth import current_user, today
from communes.models import Unit, User
from criteria.models import Authority, Deadline, DeadlineKind, Period, Task
from papers import services
from papers.filling import FILLERS
from papers.kinds import KINDS, Kind, Subject
from papers.models import Paper
from papers.models.paper import LIVE
from papers.permissions import can, reporting_provinces
from papers.services.life import beginning
from papers.services.rows import About
from papers.views.paper import Link, with_standing

GET_OR_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 50
REPORTS_DUE = (DeadlineKind.DISTRICT_REPORT, DeadlineKind.PROVINCE_REPORT)


@dataclass(frozen=True, slots=True)
class Offer:
    """A paper that may be begun: `value` is what its button sends."""

    kind: Kind
    about: About
    unit: Unit | None = None
    what: str = ""  # «Xã Đốc Binh Kiều», where there are several of one kind

    @property
    def label(self) -> str:
        return f"{self.kind.label}, {self.what}" if self.what else self.kind.label

    @property
    def value(self) -> str:
        key = self.about.pk if isinstance(self.about, DecisionItem) else self.unit.pk if self.unit else ""
        return f"{self.kind.value} {key}".strip()


def _may(offer: Offer, user: User, at: datetime) -> bool:
    return can(beginning, offer.kind, offer.about, unit=offer.unit, by=user, at=at)


def _page(
    request: HttpRequest,
    title: str,
    back: Link | None,
    found: QuerySet[Paper],
    possible: Iterable[Offer],
    deadlines: Iterable[Deadline] = (),
) -> HttpResponse:
    """The list of papers with a button for each that may be begun; a button that was pressed leads to the draft."""
    user, at = current_user(request), received_at(request)
    offers = [offer for offer in possible if offer.kind in FILLERS and _may(offer, user, at)]
    seen = found & Paper.objects.visible_to(user, today())
    if back is None and not offers and not seen.exists():
        raise Http404
    if request.method == "POST":
        offer = next((offer for offer in offers if offer.value == request.POST.get("begin")), None)
        if offer is None:
            raise Refused("Loại văn bản này không soạn được ở đây. Mở lại trang rồi chọn lại.")
        given: dict[str, Any] = {KINDS[offer.kind].subject.value: offer.about}
        paper = services.draft(kind=offer.kind, by=user, at=at, unit=offer.unit, **given)
        messages.success(request, "Đã có dự thảo. Đọc lại toàn văn trước khi chuyển ký.")
        return redirect("papers:paper", paper.uuid)
    found = seen.select_related("unit", "period", "commune", "item")
    page = with_standing(Paginator(found, PER_PAGE).get_page(request.GET.get("page")))
    context = {"title": title, "back": back, "page": page, "offers": offers, "deadlines": deadlines}
    return render(request, "papers/about.html", context)


def _kinds(subject: Subject) -> list[Kind]:
    return [kind for kind, spec in KINDS.items() if spec.subject is subject]


@require_http_methods(GET_OR_POST)
def for_dossier(request: HttpRequest, uuid: UUID) -> HttpResponse:
    seen = Dossier.objects.visible_to(current_user(request), today()).with_setting()
    dossier = get_object_or_404(seen, uuid=uuid)
    back = Link(f"Hồ sơ {dossier.code}", reverse("assessments:dossier", args=[uuid]))
    offers = [Offer(kind, dossier) for kind in _kinds(Subject.DOSSIER)]
    return _page(request, f"Văn bản của hồ sơ {dossier.code}", back, Paper.objects.filter(dossier=dossier), offers)


@require_http_methods(GET_OR_POST)
def for_proposal(request: HttpRequest, uuid: UUID) -> HttpResponse:
    seen = Proposal.objects.visible_to(current_user(request), today())
    proposal = get_object_or_404(seen.select_related("period", "appraising_unit", "deciding_unit"), uuid=uuid)
    back = Link(str(proposal), reverse("assessments:proposal", args=[uuid]))
    offers = [Offer(kind, proposal) for kind in _kinds(Subject.PROPOSAL)]
    title = f"Văn bản của tờ trình {proposal.submission_number}"
    return _page(request, title, back, Paper.objects.filter(proposal=proposal), offers)


@require_http_methods(GET_OR_POST)
def for_decision(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The decision's own paper, the certificates, the notices of refusal, and what later papers say of them."""
    seen = Decision.objects.visible_to(current_user(request), today())
    decision = get_object_or_404(seen.select_related("period", "deciding_unit", "proposal__appraising_unit"), uuid=uuid)
    back = Link(str(decision), reverse("assessments:decision", args=[uuid]))
    of_decision = Paper.objects.filter(Q(decision=decision) | Q(item__decision=decision))
    live = of_decision.filter(state__in=[*LIVE, "issued"])
    offers = [] if live.filter(kind=Kind.DECISION).exists() else [Offer(Kind.DECISION, decision)]
    told = live.filter(kind=Kind.REFUSAL).values("item")
    refused = decision.items.filter(result=Result.REFUSED).exclude(pk__in=told).select_related("dossier__commune")
    for item in refused.select_related("dossier__period", "dossier__appraising_unit", "dossier__deciding_unit")[:20]:
        item.decision = decision
        offers.append(Offer(Kind.REFUSAL, item, what=item.commune_name))
    return _page(request, f"Văn bản của {decision}", back, of_decision.order_by("kind", "register_number"), offers)


@require_http_methods(GET_OR_POST)
def for_period(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The reports upwards: of each deciding body, and of the province, with the days that the plan sets for them."""
    user = current_user(request)
    period = get_object_or_404(Period.objects.select_related("province"), uuid=uuid)
    offers = []
    if period.province_id in reporting_provinces(user, today()):
        offers = [Offer(Kind.PROVINCE_REPORT, period)]
        deciding = Authority.objects.filter(period=period, task=Task.DECIDE).select_related("unit__parent")
        offers += [
            Offer(Kind.RESULT_REPORT, period, unit, unit.name)
            for unit in {row.unit_id: row.unit for row in deciding}.values()
        ]
    found = Paper.objects.filter(period=period, kind__in=_kinds(Subject.PERIOD))
    title = f"Báo cáo {str(period)[:1].lower()}{str(period)[1:]}"
    due = Deadline.objects.filter(period=period, kind__in=REPORTS_DUE).order_by("cutoff")
    return _page(request, title, None, found, offers, due)
