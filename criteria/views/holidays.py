"""Ngày nghỉ: the table by which working days are counted, year by year."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import show_refusal
from childfriendly.core.once import once
from communes.auth import catalogue_admin_or_404, today
from criteria import services
from criteria.forms import HolidayForm
from criteria.models import Holiday


@require_http_methods(["GET", "HEAD", "POST"])
@once
def holidays(request: HttpRequest) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    provinces = services.provinces_to_open(user, today())
    form = HolidayForm(
        request.POST or None,
        provinces=provinces,
        initial={"province": str(provinces[0].uuid) if provinces else "", "kind": Holiday.Kind.OFF},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                row = services.add_holiday(
                    province=form.chosen_province,
                    day=given["day"],
                    name=given["name"],
                    kind=Holiday.Kind(given["kind"]),
                    document_number=given["document_number"],
                    by=user,
                    at=received_at(request),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã thêm {row.day:%d/%m/%Y}: {row.name}.")
                return redirect(_page_of(row.day.year))
    visible = Holiday.objects.visible_to(user, today())
    years = sorted({day.year for day in visible.dates("day", "year")} | {today().year})
    asked = request.GET.get("nam", "")
    year = int(asked) if asked in map(str, years) else today().year
    context = {
        "form": form,
        "can_add": bool(provinces),
        "year": year,
        "years": years,
        "rows": visible.filter(day__year=year).select_related("province"),
        "own": {province.pk for province in provinces},
    }
    return render(request, "criteria/holidays.html", context, status=status)


@require_POST
def remove(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    row = get_object_or_404(Holiday.objects.visible_to(user, today()), uuid=uuid)
    services.remove_holiday(holiday_id=row.pk, by=user, at=received_at(request))
    messages.success(request, f"Đã bỏ {row.day:%d/%m/%Y}: {row.name}.")
    return redirect(_page_of(row.day.year))


def _page_of(year: int) -> str:
    return f"{reverse('criteria:holidays')}?nam={year}"
