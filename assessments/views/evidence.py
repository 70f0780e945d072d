"""Evidence files: attach, take out, open. The address of a file is no key: every request, HEAD too, asks again whether
the person may see it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from assessments import services
from assessments.forms.entry import EvidenceForm
from assessments.permissions import Door, check_can_edit, door_to
from assessments.views.access import evidence_or_404
from assessments.views.common import dossier_or_404, figures_of
from assessments.views.dossier import target_url
from assessments.views.entry import criterion_page
from assessments.views.files import Kept, hand_over
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from communes.auth import current_user
from criteria.scoring import UnknownItem


@require_POST
def attach(request: HttpRequest, uuid: UUID, item: str) -> HttpResponse:
    row = dossier_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    figures = figures_of(request, row)
    try:
        spec, shown = figures.rules.item(item), figures.rules.criterion_of(item)
    except UnknownItem as error:
        raise Http404 from error
    check_can_edit(user, row, at=at)
    form = EvidenceForm(request.POST, request.FILES, item=spec, is_sensitive=shown.sensitive)
    if form.is_valid():
        try:
            evidence = services.attach_evidence(
                dossier_id=row.pk,
                item=item,
                slot=form.cleaned_data["slot"],
                upload=form.cleaned_data["upload"],
                by=user,
                at=at,
            )
        except Refused as error:
            form.add_error("upload", str(error))
        else:
            waiting = " Tệp đang chờ quét vi-rút; có thể làm việc tiếp." if evidence.is_unscanned else ""
            messages.success(request, f"Đã lưu tệp «{evidence.name}».{waiting}")
            return HttpResponseRedirect(target_url(figures, item) + "-tep")
    return criterion_page(request, figures, shown, upload=(item, form), status=422)


@require_POST
def remove(request: HttpRequest, uuid: UUID) -> HttpResponse:
    evidence = evidence_or_404(request, uuid)
    services.remove_evidence(evidence_id=evidence.pk, by=current_user(request), at=received_at(request))
    messages.success(request, f"Đã bỏ tệp «{evidence.name}» ra khỏi hồ sơ.")
    figures = figures_of(request, dossier_or_404(request, evidence.dossier.uuid))
    return HttpResponseRedirect(target_url(figures, evidence.item) + "-tep")


@require_safe
def download(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """PDF and pictures may show in the browser, the rest is downloaded. Opening a sensitive file is recorded, and who
    has to say why is asked first."""
    evidence = evidence_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    if not services.may_open(evidence, by=user, at=at):
        if door_to(user, evidence, at=at) is not Door.CLOSED:
            return redirect("assessments:ask_for_evidence", uuid)
        raise Refused(f"Tệp «{evidence.name}» đang bị khóa nên không mở được. Hỏi lãnh đạo xã hoặc cơ quan thẩm định.")

    def note() -> None:
        if evidence.is_sensitive or evidence.is_locked:
            services.note_reading(evidence=evidence, by=user, at=at)

    return hand_over(request, Kept.evidence(evidence), note=note)
