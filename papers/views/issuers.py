"""What a unit's desks print on their papers, for the catalogue administrator."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import drawn_version, posted_version, show_refusal
from communes.auth import catalogue_admin_or_404, today
from communes.models import Level, Unit
from communes.queries import administered_units
from criteria.models import Period
from papers.filling.issuers import issuer_for
from papers.forms.issuer import IssuerForm
from papers.kinds import Desk
from papers.models import Issuer
from papers.services.issuers import DESKS_OF, set_issuer


def _unit_or_404(request: HttpRequest, uuid: UUID) -> Unit:
    user = catalogue_admin_or_404(request)
    return get_object_or_404(administered_units(user, today()).with_parents(), uuid=uuid)


def _issuer_today(desk: Desk, unit: Unit) -> Issuer:
    """As papers of today would have it; a unit that has ended, as on its last day."""
    day = min(today(), unit.valid_to) if unit.valid_to else today()
    period = Period.objects.filter(province=unit.province).order_by("-year").first()
    return issuer_for(desk, unit, period, day)


@require_safe
def issuers(request: HttpRequest, uuid: UUID) -> HttpResponse:
    unit = _unit_or_404(request, uuid)
    rows = [(desk, _issuer_today(desk, unit)) for desk in DESKS_OF[Level(unit.level)]]
    return render(request, "papers/issuers.html", {"unit": unit, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def issuer(request: HttpRequest, uuid: UUID, desk: str) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    unit = _unit_or_404(request, uuid)
    if desk not in DESKS_OF[Level(unit.level)]:
        raise Http404
    shown = _issuer_today(Desk(desk), unit)
    form = IssuerForm(request.POST or None, desk=Desk(desk), initial=IssuerForm.initial_of(shown))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            seen = request.POST.get("seen", "")
            try:
                row = set_issuer(
                    unit=unit,
                    desk=Desk(desk),
                    printed=form.printed(),
                    seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else 0,
                    version=posted_version(request),
                    by=user,
                    at=received_at(request),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã lưu. Văn bản ký từ nay in «{row.body_name}».")
                return redirect("papers:issuers", unit.uuid)
    context = {
        "unit": unit,
        "desk": Desk(desk),
        "issuer": shown,
        "form": form,
        # after a refusal still those of the page that was filled in: whoever was slower has to look first
        "seen": request.POST.get("seen", shown.pk or 0),
        "version": drawn_version(request, shown.version),
    }
    return render(request, "papers/issuer.html", context, status=status)
