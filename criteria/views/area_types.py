"""Loại xã: which communes of a period still have no accepted type, and many accepted by one document.

It stands with the periods, since the question is asked for a period's closing day; the rules are those of `communes`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import show_refusal
from communes.auth import catalogue_admin_or_404, today
from communes.forms import AreaTypeBatchForm, rows_posted, type_field
from communes.models import AreaType, AreaTypeAssignment, Unit, UnitQuerySet, User
from communes.queries import communes_of_province, without_area_type
from communes.services import accept_area_types, propose_area_type
from criteria.models import Period

PER_PAGE = 50
ACCEPTED = "da-xep-loai"


@dataclass(frozen=True, slots=True)
class Row:
    unit: Unit
    field: BoundField
    is_chosen: bool
    proposal: str
    accepted: AreaTypeAssignment | None


@require_http_methods(["GET", "HEAD", "POST"])
def area_types(request: HttpRequest) -> HttpResponse:
    """List, check page and answer under one address: which of them is asked by the button, `step`."""
    user = catalogue_admin_or_404(request)
    periods = list(Period.objects.visible_to(user, today()).with_setting())
    period = _wanted(periods, request.GET.get("ky", ""), user)
    if period is None:
        return render(request, "criteria/area_types.html", {"period": None})
    communes = communes_of_province(period.province_id, period.figures_as_of).prefetch_related(
        Prefetch("area_types", AreaTypeAssignment.objects.in_force_on(period.figures_as_of), to_attr="accepted_types")
    )
    missing = without_area_type(communes, period.figures_as_of)
    only_accepted = request.GET.get("trang-thai") == ACCEPTED
    chosen = communes.exclude(pk__in=missing.values("pk")) if only_accepted else missing
    page = Paginator(chosen.order_by("parent__sort_key", "sort_key", "code"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    units = _posted(communes, request) if request.method == "POST" else list(page.object_list)
    form = AreaTypeBatchForm(
        request.POST or None,
        rows=[(unit, _initial(unit)) for unit in units],
        initial={"valid_from": max(period.starts_on, period.province.valid_from)},
    )
    status = 200
    if request.method == "POST" and request.POST.get("step") != "edit":
        status = 422
        if form.is_valid():
            if request.POST.get("step") != "accept":
                return render(request, "criteria/area_types_check.html", _check_context(form, period))
            try:
                accepted = accept_area_types(
                    choices=form.choices,
                    document_number=form.cleaned_data["document_number"],
                    valid_from=form.cleaned_data["valid_from"],
                    by=user,
                    at=received_at(request),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã xếp loại {len(accepted)} đơn vị theo {accepted[0].document_number}.")
                return redirect(f"{reverse('criteria:area_types')}?ky={period.uuid}")
    ticked = set(form["chon"].value() or [])
    context = {
        "periods": periods,
        "period": period,
        "form": form,
        "page": page,
        "missing": page.paginator.count if not only_accepted else missing.count(),
        "total": communes.count(),
        "only_accepted": only_accepted,
        "ACCEPTED": ACCEPTED,
        "rows": _rows(form, units, ticked),
    }
    return render(request, "criteria/area_types.html", context, status=status)


def _wanted(periods: Sequence[Period], asked: str, user: User) -> Period | None:
    """The one asked for, or the newest; of one year, the province that is still there before those it took over."""
    newest = sorted(periods, key=lambda period: (-period.year, period.province.valid_to is not None))
    return next((period for period in periods if str(period.uuid) == asked), newest[0] if newest else None)


def _posted(communes: UnitQuerySet, request: HttpRequest) -> list[Unit]:
    return list(
        communes.filter(uuid__in=rows_posted(list(request.POST))).order_by("parent__sort_key", "sort_key", "code")
    )


def _initial(unit: Unit) -> str:
    """What the list begins with: the type that holds, else what follows from the unit itself."""
    accepted = _accepted(unit)
    return accepted.area_type if accepted else str(propose_area_type(unit) or AreaType.OTHER)


def _accepted(unit: Unit) -> AreaTypeAssignment | None:
    found: list[AreaTypeAssignment] = getattr(unit, "accepted_types", [])
    return found[0] if found else None


def _rows(form: AreaTypeBatchForm, units: Sequence[Unit], ticked: set[str]) -> list[Row]:
    return [
        Row(
            unit=unit,
            field=form[type_field(unit)],
            is_chosen=str(unit.uuid) in ticked,
            proposal=str((propose_area_type(unit) or AreaType.OTHER).label),
            accepted=_accepted(unit),
        )
        for unit in units
    ]


def _check_context(form: AreaTypeBatchForm, period: Period) -> dict[str, object]:
    return {
        "form": form,
        "period": period,
        "choices": [(unit, area_type.label, _accepted(unit)) for unit, area_type in form.choices],
        "hidden": [form["document_number"], form["valid_from"], form["chon"]],
        "types": [form[type_field(unit)] for unit in form.units.values()],
    }
