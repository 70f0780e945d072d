"""An account is stopped; where work would be left behind, a successor is chosen first. The page stands here and not
with the other pages of accounts, because it asks about dossiers."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from assessments import services
from assessments.services.handover import Work
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.auth import catalogue_admin_or_404, confirm_identity, today
from communes.models import RoleAssignment, User
from communes.queries import found_people, people_visible_to
from communes.services import check_can_administer_account

PER_PAGE = 20


@confirm_identity
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One address: the simple question, the choice of a successor, and what is handed over to whom (`ke-nhiem`)."""
    admin = catalogue_admin_or_404(request)
    visible = people_visible_to(admin, today())
    person = get_object_or_404(visible, uuid=uuid)
    check_can_administer_account(admin, person, today())
    work = services.work_of(person, today())
    successor = _successor(request, visible.exclude(pk=person.pk))
    refusal, status = "", 200
    if request.method == "POST":
        try:
            if successor is None:
                services.leave(person=person, by=admin, at=received_at(request))
            else:
                seen = request.POST.get("seen", "")
                services.hand_over(person=person, successor=successor, seen=seen, by=admin, at=received_at(request))
        except Refused as refused:
            refusal, status = str(refused), 409 if isinstance(refused, Stale) else 422
            work = services.work_of(person, today())
        else:
            done = f"Đã ngừng tài khoản của {person.full_name}."
            if successor is not None:
                done += f" Công việc đã bàn giao cho {successor.full_name}."
            messages.success(request, done)
            return redirect("communes:person", person.uuid)
    context = {"somebody": person, "work": work, "counts": work.counts(), "successor": successor, "refusal": refusal}
    if work.needs_successor and successor is None:
        context |= _candidates(request, visible.exclude(pk=person.pk).filter(is_active=True), work)
    return render(request, "assessments/leave.html", context, status=status)


def _successor(request: HttpRequest, people: QuerySet[User]) -> User | None:
    try:
        uuid = UUID(request.GET.get("ke-nhiem", ""))
    except ValueError:
        return None
    return people.filter(uuid=uuid, is_active=True).first()


def _candidates(request: HttpRequest, people: QuerySet[User], work: Work) -> dict[str, object]:
    """Colleagues at the units of the work; anybody of the area for whoever searches."""
    text = nfc(request.GET.get("q", "")).strip()
    if not text:
        there = RoleAssignment.objects.own().in_force_on(today()).filter(unit__in=work.unit_ids, user=OuterRef("pk"))
        people = people.filter(Exists(there))
    page = Paginator(found_people(people, text), PER_PAGE).get_page(request.GET.get("page"))
    rows = people.filter(pk__in=list(page.object_list)).order_by("username")
    return {
        "text": text,
        "page": page,
        "rows": [(row, [held for held in row.role_assignments.all() if held.is_in_force_on(today())]) for row in rows],
    }
