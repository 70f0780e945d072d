"""Who acts for a superior on leave: arranged by the superior, or by the catalogue administrator."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import show_refusal
from communes.acting import (
    SUPERIORS,
    colleagues_of,
    end_acting,
    give_acting,
    roles_to_stand_in_for,
    substitutes_of,
)
from communes.auth import catalogue_admin_or_404, confirm_identity, current_user, today
from communes.forms import ActingForm, assignment_key
from communes.models import User
from communes.queries import administered_unit_ids, covers, people_visible_to, roles_of

GET_OR_POST = ["GET", "HEAD", "POST"]


def _superior_or_404(request: HttpRequest) -> User:
    user = current_user(request)
    if not roles_of(user, today()).has(*SUPERIORS):
        raise Http404
    return user


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    user = _superior_or_404(request)
    rows = [
        (row, assignment_key(row) if row.withdrawn_at is None and row.valid_to and row.valid_to >= today() else "")
        for row in substitutes_of(user)
    ]
    return render(request, "communes/acting.html", {"rows": rows, "today": today()})


@confirm_identity
@require_http_methods(GET_OR_POST)
def give(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One of the person's roles, chosen in the address (`vai-tro`) where there are several, to a colleague."""
    user = current_user(request)
    if user.uuid == uuid:
        superior = _superior_or_404(request)
        roles = roles_to_stand_in_for(superior, today())
    else:
        admin = catalogue_admin_or_404(request)
        superior = get_object_or_404(people_visible_to(admin, today()), uuid=uuid)
        area = administered_unit_ids(admin, today())
        roles = [held for held in roles_to_stand_in_for(superior, today()) if covers(area, held.unit)]
    by_key = {assignment_key(held): held for held in roles}
    chosen = by_key.get(request.GET.get("vai-tro", "")) or (roles[0] if len(roles) == 1 else None)
    context = {"superior": superior, "is_self": user == superior, "by_key": by_key, "held": chosen}
    if chosen is None:
        return render(request, "communes/give_acting.html", context)
    form = ActingForm(
        request.POST or None,
        colleagues=colleagues_of(chosen, today()),
        initial={"valid_from": max(today(), chosen.valid_from)},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                acting = give_acting(
                    held=chosen,
                    to=form.chosen,
                    title=form.cleaned_data["title"],
                    valid_from=form.cleaned_data["valid_from"],
                    valid_to=form.cleaned_data["valid_to"],
                    document_number=form.cleaned_data["document_number"],
                    by=user,
                    at=received_at(request),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(
                    request,
                    f"{acting.user.full_name} làm thay {superior.full_name} từ {acting.valid_from:%d/%m/%Y} "
                    f"đến hết {acting.valid_to:%d/%m/%Y}.",
                )
                if user == superior:
                    return redirect("communes:acting")
                return redirect("communes:person", superior.uuid)
    return render(request, "communes/give_acting.html", context | {"form": form}, status=status)


@confirm_identity
@require_http_methods(GET_OR_POST)
def end(request: HttpRequest) -> HttpResponse:
    """The superior is back before the day; an administrator ends it on the page of whoever acts."""
    user = _superior_or_404(request)
    rows = {assignment_key(row): row for row in substitutes_of(user).filter(withdrawn_at__isnull=True)}
    row = rows.get(request.GET.get("vai-tro", ""))
    if row is None:
        raise Http404
    if request.method == "POST":
        end_acting(acting=row, by=user, at=received_at(request))
        messages.success(request, f"{row.user.full_name} không còn làm thay.")
        return redirect("communes:acting")
    return render(request, "communes/end_acting.html", {"row": row})
