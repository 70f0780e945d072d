"""The periods of a catalogue administrator: opened, read, their authorities confirmed and targets written down."""

import datetime
from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import posted_version, show_refusal
from childfriendly.core.once import once
from communes.auth import catalogue_admin_or_404, current_user, today
from communes.models import Unit
from criteria import services
from criteria.forms import ConfirmAuthorityForm, OpenPeriodForm, PeriodStartForm, TargetForm
from criteria.models import TWO_TIER_FROM, Authority, Certainty, CriteriaSet, Deadline, Period, Target

GET_OR_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 50


@require_safe
def periods(request: HttpRequest) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    found = Period.objects.visible_to(user, today()).with_setting()
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "can_open": bool(services.provinces_to_open(user, today())),
    }
    return render(request, "criteria/periods.html", context)


def _period_or_404(request: HttpRequest, uuid: UUID) -> Period:
    user = catalogue_admin_or_404(request)
    return get_object_or_404(Period.objects.visible_to(user, today()).with_setting(), uuid=uuid)


@require_safe
def period(request: HttpRequest, uuid: UUID) -> HttpResponse:
    row = _period_or_404(request, uuid)
    authorities = list(row.authorities.select_related("unit").order_by("unit__sort_key", "unit", "task"))
    context = {
        "period": row,
        "deadlines": row.deadlines.order_by("cutoff", "pk"),
        "authorities": authorities,
        "waiting": sum(not _is_sourced(authority) for authority in authorities),
        "CONFIRMED": Certainty.CONFIRMED,
        "targets": _targets_of(row),
    }
    return render(request, "criteria/period.html", context)


def _targets_of(row: Period) -> QuerySet[Target]:
    return row.targets.select_related("unit").order_by("unit__sort_key")


def _is_sourced(authority: Authority) -> bool:
    return authority.certainty in (Certainty.CONFIRMED, Certainty.VERIFIED)


@require_http_methods(GET_OR_POST)
def confirm_authority(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    visible = Authority.objects.filter(period__in=Period.objects.visible_to(user, today()))
    authority = get_object_or_404(visible.select_related("period__province", "unit"), uuid=uuid)
    form = ConfirmAuthorityForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.confirm_authority(
                    authority_id=authority.pk,
                    document_number=form.cleaned_data["document_number"],
                    by=user,
                    at=received_at(request),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã xác nhận thẩm quyền của {authority.body_name}.")
                return redirect("criteria:period", authority.period.uuid)
    return render(request, "criteria/confirm_authority.html", {"form": form, "authority": authority}, status=status)


@require_http_methods(GET_OR_POST)
def target(request: HttpRequest, uuid: UUID) -> HttpResponse:
    row = _period_or_404(request, uuid)
    units = Unit.objects.filter(pk__in=row.authorities.values("unit")).order_by("sort_key")
    form = TargetForm(request.POST or None, units=list(units))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.set_target(
                    period=row,
                    version=posted_version(request),
                    unit=form.chosen_unit,
                    communes=form.cleaned_data["communes"],
                    document_number=form.cleaned_data["document_number"],
                    by=current_user(request),
                    at=received_at(request),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã ghi chỉ tiêu của {form.chosen_unit.name}.")
                return redirect("criteria:period", row.uuid)
    context = {"form": form, "period": _period_or_404(request, uuid), "targets": _targets_of(row)}
    return render(request, "criteria/target.html", context, status=status)


# ---- opening a period --------------------------------------------------------------------------------------------


@require_http_methods(GET_OR_POST)
@once
def open_period(request: HttpRequest) -> HttpResponse:
    """Three steps: whose period and which year (in the address), the dates and wordings, then what follows."""
    user = catalogue_admin_or_404(request)
    provinces = services.provinces_to_open(user, today())
    if not provinces:
        raise Http404
    asked = "tinh" in request.GET or "nam" in request.GET
    start = PeriodStartForm(
        request.GET if asked else None,
        provinces=provinces,
        initial={"tinh": str(provinces[0].uuid), "nam": today().year},
    )
    if not start.is_valid():
        return render(request, "criteria/open_start.html", {"form": start}, status=422 if asked else 200)
    province, year = start.province, start.cleaned_data["nam"]
    has_districts = province.valid_from < TWO_TIER_FROM
    sets = list(CriteriaSet.objects.filter(confirmed_at__isnull=False).order_by("-effective_from", "code", "-version"))
    form = OpenPeriodForm(
        request.POST or None,
        year=year,
        has_districts=has_districts,
        sets=sets,
        initial={**_usual_dates(province, year), "criteria_set": str(sets[0].uuid) if sets else ""},
    )
    context = {"form": form, "province": province, "year": year, "has_sets": bool(form.sets)}
    if request.method != "POST" or request.POST.get("step") == "edit":
        return render(request, "criteria/open_period.html", context)
    status = 422
    if form.is_valid():
        fields = {
            "province": province,
            "year": year,
            "starts_on": form.cleaned_data["starts_on"],
            "ends_on": form.cleaned_data["ends_on"],
            "figures_as_of": form.cleaned_data["figures_as_of"],
            "criteria_set": form.chosen_set,
            "by": user,
            "at": received_at(request),
        }
        try:
            services.check_can_open_period(**fields)
            authorities = services.authorities_to_open(province, fields["figures_as_of"])
            if request.POST.get("step") == "open":
                opened = services.open_period(**fields, deadlines=form.wordings, authorities=authorities)
                messages.success(request, f"Đã mở kỳ đánh giá năm {year} của {province.name}.")
                return redirect("criteria:period", opened.uuid)
        except Refused as refused:
            status = show_refusal(form, refused)
        else:
            context |= {
                "authorities": [_drawn(spec) for spec in authorities],
                "unsure": sum(spec.certainty != Certainty.VERIFIED for spec in authorities),
                "deadlines": _preview(form),
                "criteria_set": form.chosen_set,
            }
            return render(request, "criteria/open_check.html", context)
    return render(request, "criteria/open_period.html", context, status=status)


def _drawn(spec: services.AuthoritySpec) -> Authority:
    """A row that is not there yet, for the same table as those that are."""
    return Authority(
        task=spec.task,
        unit=spec.unit,
        body_name=spec.body_name,
        signer_title=spec.signer_title,
        document_number=spec.document_number,
        certainty=spec.certainty,
    )


def _preview(form: OpenPeriodForm) -> Iterable[Deadline]:
    return [Deadline(kind=kind, wording=wording, cutoff=late_from) for kind, wording, late_from in form.cutoffs]


def _usual_dates(province: Unit, year: int) -> dict[str, datetime.date]:
    """The calendar year, and its last day of October for the figures, within the days of the province."""
    figures = datetime.date(year, 10, 31)
    if province.valid_to is not None and province.valid_to < figures:
        figures = province.valid_to
    return {
        "starts_on": datetime.date(year, 1, 1),
        "ends_on": datetime.date(year, 12, 31),
        "figures_as_of": max(figures, province.valid_from),
    }
