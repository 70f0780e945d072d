"""Units, for the catalogue administrator. For everybody else these pages do not exist."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from communes.auth import catalogue_admin_or_404, today
from communes.forms import UnitSearchForm
from communes.models import Unit
from communes.queries import administered_unit_ids, administered_units, covers, lineage_words, with_lineage

PER_PAGE = 50


@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """The whole country may be searched: names are public. Without a search, the units of the own area."""
    user = catalogue_admin_or_404(request)
    form = UnitSearchForm(request.GET if request.GET.keys() & {"q", "ngay"} else None)
    day, text, status = today(), "", 200
    if form.is_bound:
        if form.is_valid():
            day, text = form.cleaned_data["ngay"] or day, form.cleaned_data["q"]
        else:
            status = 422
    found = Unit.objects.search(text) if text else administered_units(user, today())
    if status != 200:
        found = found.none()
    page = Paginator(with_lineage(found.in_force_on(day)), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "day": day,
        "text": text,
        "page": page,
        "rows": [(row, lineage_words(row)) for row in page],
    }
    return render(request, "communes/units.html", context, status=status)


@require_safe
def unit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """People and area types only where the administrator has the area; the rest is public."""
    user = catalogue_admin_or_404(request)
    row = get_object_or_404(with_lineage(Unit.objects.all()), uuid=uuid)
    is_own = covers(administered_unit_ids(user, today()), row)
    context = {
        "unit": row,
        "is_own": is_own,
        "before": row.precessions.all(),
        "after": row.successions.all(),
        "area_types": row.area_types.order_by("-valid_from") if is_own else [],
        "roles": row.role_assignments.select_related("user", "acting_for").order_by("-valid_from", "role")
        if is_own
        else [],
        "today": today(),
    }
    return render(request, "communes/unit.html", context)
