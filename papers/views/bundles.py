"""Whole dossiers as one file: a dossier from its own page, an area's dossiers from a page that asks which years."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from assessments.models import Dossier
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import show_refusal
from communes.auth import confirm_identity, current_user, today
from communes.models import Unit
from papers import jobs
from papers.forms.bundle import BundleForm


@confirm_identity
@require_POST
def dossier_bundle(request: HttpRequest, uuid: UUID) -> HttpResponse:
    visible = Dossier.objects.visible_to(current_user(request), today()).select_related("commune")
    dossier = get_object_or_404(visible, uuid=uuid)
    return redirect("job", jobs.ask_for_dossier(dossier, by=current_user(request), at=received_at(request)).uuid)


@confirm_identity
@require_http_methods(["GET", "HEAD", "POST"])
def area_bundle(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    seen = Dossier.objects.visible_to(user, today())
    years = sorted(set(seen.order_by().values_list("period__year", flat=True)), reverse=True)
    above = seen.order_by().values_list("commune", "commune__parent", "commune__parent__parent")
    ids = {unit for row in above for unit in row[1:] if unit is not None}
    units = list(Unit.objects.filter(pk__in=ids).with_parents().order_by("level", "sort_key", "valid_from"))
    form = BundleForm(
        request.POST or None,
        units=units,
        years=years,
        initial={"first": years[0], "last": years[0]} if years else {},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                job = jobs.ask_for_area(
                    form.chosen_unit, given["first"], given["last"], by=user, at=received_at(request)
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                return redirect("job", job.uuid)
    return render(request, "papers/bundle.html", {"form": form, "has_dossiers": bool(years)}, status=status)
