"""People and their roles, for the catalogue administrator. For everybody else these pages do not exist."""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import show_refusal
from childfriendly.core.once import once
from childfriendly.core.text import nfc
from communes import services
from communes.acting import SUPERIORS
from communes.auth import catalogue_admin_or_404, today
from communes.forms import (
    AccountForm,
    EndRoleForm,
    RoleForm,
    assignment_key,
)
from communes.models import Role, RoleAssignment, Unit, User
from communes.queries import (
    administered_units,
    found_people,
    lineage_words,
    people_visible_to,
    with_lineage,
)

GET_OR_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 50


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    visible = people_visible_to(user, today())
    text = nfc(request.GET.get("q", "")).strip()
    page = Paginator(found_people(visible, text), PER_PAGE).get_page(request.GET.get("page"))
    rows = visible.filter(pk__in=list(page.object_list)).order_by("username")
    context = {
        "text": text,
        "page": page,
        "rows": [(row, [held for held in row.role_assignments.all() if held.is_in_force_on(today())]) for row in rows],
    }
    return render(request, "communes/people.html", context)


def _person_or_404(by: User, uuid: UUID) -> User:
    return get_object_or_404(people_visible_to(by, today()), uuid=uuid)


def _live(somebody: User, day: date) -> list[RoleAssignment]:
    """Roles in the area that have not ended, those that are still to begin among them."""
    return [held for held in somebody.role_assignments.all() if held.valid_to is None or held.valid_to >= day]


@require_safe
def person(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    somebody = _person_or_404(user, uuid)
    live = _live(somebody, today())
    context = {
        "somebody": somebody,
        "is_self": somebody == user,
        "can_be_stood_in_for": any(held.role in SUPERIORS and held.acting_for_id is None for held in live),
        "refusal": services.why_not_administer_account(user, somebody, today()),
        "roles": [(held, assignment_key(held) if held in live else "") for held in somebody.role_assignments.all()],
    }
    return render(request, "communes/person.html", context)


def _chosen_unit(request: HttpRequest, user: User) -> Unit | None:
    """The unit of the search step before, named in the address; None until one is chosen."""
    try:
        uuid = UUID(request.GET.get("don-vi", ""))
    except ValueError:
        return None
    return administered_units(user, today()).with_parents().filter(uuid=uuid).first()


def _choose_unit(request: HttpRequest, user: User, heading: str) -> HttpResponse:
    """A list from the server: no browser shows a list box of three thousand names well."""
    text = nfc(request.GET.get("q", "")).strip()
    found = administered_units(user, today()).search(text) if text else Unit.objects.none()
    page = Paginator(with_lineage(found), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "heading": heading,
        "text": text,
        "page": page,
        "rows": [(row, lineage_words(row)) for row in page],
    }
    return render(request, "communes/choose_unit.html", context)


@require_http_methods(GET_OR_POST)
@once
def create_account(request: HttpRequest) -> HttpResponse:
    """Opens an account with its first role. The answer to the form itself shows the password: a redirect would have to
    keep it somewhere in clear."""
    user = catalogue_admin_or_404(request)
    unit = _chosen_unit(request, user)
    if unit is None:
        return _choose_unit(request, user, "Thêm người dùng")
    form = AccountForm(request.POST or None, initial={"valid_from": max(today(), unit.valid_from)})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                account = services.create_account(
                    username=form.cleaned_data["username"],
                    full_name=form.cleaned_data["full_name"],
                    role=Role(form.cleaned_data["role"]),
                    unit=unit,
                    valid_from=form.cleaned_data["valid_from"],
                    valid_to=form.cleaned_data["valid_to"],
                    title=form.cleaned_data["title"],
                    by=user,
                    at=received_at(request),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                response = _show_password(request, account.user, account.password, is_new=True)
                response.headers["Content-Location"] = reverse("communes:person", args=[account.user.uuid])
                return response
    return render(request, "communes/create_account.html", {"form": form, "unit": unit}, status=status)


@require_http_methods(GET_OR_POST)
@once
def assign_role(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    somebody = _person_or_404(user, uuid)
    unit = _chosen_unit(request, user)
    if unit is None:
        return _choose_unit(request, user, f"Giao vai trò cho {somebody.full_name}")
    form = RoleForm(request.POST or None, initial={"valid_from": max(today(), unit.valid_from)})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                held = services.assign_role(
                    user=somebody,
                    role=Role(form.cleaned_data["role"]),
                    unit=unit,
                    valid_from=form.cleaned_data["valid_from"],
                    valid_to=form.cleaned_data["valid_to"],
                    title=form.cleaned_data["title"],
                    by=user,
                    at=received_at(request),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã giao vai trò «{held.get_role_display()}» tại {unit.name}.")
                return redirect("communes:person", somebody.uuid)
    context = {"form": form, "unit": unit, "somebody": somebody}
    return render(request, "communes/assign_role.html", context, status=status)


@require_http_methods(GET_OR_POST)
def end_role(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    somebody = _person_or_404(user, uuid)
    form = EndRoleForm(
        request.POST or None,
        assignments=_live(somebody, today()),
        initial={"last_day": today(), "assignment": request.GET.get("vai-tro", "")},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.end_role(
                    assignment=form.chosen, last_day=form.cleaned_data["last_day"], by=user, at=received_at(request)
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(
                    request,
                    f"Vai trò «{form.chosen.get_role_display()}» tại {form.chosen.unit.name} đã có ngày kết thúc.",
                )
                return redirect("communes:person", somebody.uuid)
    return render(request, "communes/end_role.html", {"form": form, "somebody": somebody}, status=status)


@require_http_methods(GET_OR_POST)
def reset_password(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """As with a new account, the password is in the answer to the form and nowhere else."""
    user = catalogue_admin_or_404(request)
    somebody = _person_or_404(user, uuid)
    if request.method == "POST":
        password = services.reset_password(user=somebody, by=user, at=received_at(request))
        return _show_password(request, somebody, password)
    return _act(request, user, somebody, "reset_password")


@require_http_methods(GET_OR_POST)
def reactivate(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    somebody = _person_or_404(user, uuid)
    if request.method == "POST":
        services.reactivate_account(user=somebody, by=user, at=received_at(request))
        messages.success(request, f"Đã mở lại tài khoản của {somebody.full_name}.")
        return redirect("communes:person", somebody.uuid)
    return _act(request, user, somebody, "reactivate")


def _show_password(request: HttpRequest, somebody: User, password: str, *, is_new: bool = False) -> HttpResponse:
    context = {"somebody": somebody, "password": password, "is_new": is_new, "hours": settings.TEMPORARY_PASSWORD_HOURS}
    return render(request, "communes/password.html", context)


def _act(request: HttpRequest, user: User, somebody: User, act: str) -> HttpResponse:
    """The page that says what the act does before it is done."""
    services.check_can_administer_account(user, somebody, today())
    return render(request, "communes/account_act.html", {"somebody": somebody, "act": act})
