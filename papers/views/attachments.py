"""Files beside a paper: attach, list, open."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments.views.files import Kept, hand_over
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.exports import exported
from childfriendly.core.files import Scan
from childfriendly.core.forms import show_refusal
from communes.auth import current_user, today
from papers.forms.attachment import AttachmentForm
from papers.models import Attachment, Paper
from papers.permissions import can, check_can_attach, check_can_take_for_signing
from papers.rendering.comparing import Match
from papers.services.attachments import ATTACHABLE
from papers.services.attachments import attach as attach_file
from papers.services.seal import bears_seal
from papers.services.signatures import SignatureReport, from_json

KIND = "tep-van-ban"  # in the tickets of the second host


@dataclass(frozen=True, slots=True)
class AttachmentLine:
    """One file with what was read from it."""

    file: Attachment
    signatures: list[SignatureReport]

    @property
    def differs(self) -> bool:
        return self.file.match == Match.DIFFERS

    @property
    def is_draft(self) -> bool:
        return self.file.match == Match.DRAFT

    @property
    def match_words(self) -> str:
        """Of a mere scan nobody expects that its text could be compared."""
        if not self.file.match or (self.file.match == Match.NO_TEXT and not self.signatures):
            return ""
        words = Match(self.file.match).label
        return words[:1].upper() + words[1:]


def attachment_lines(paper: Paper) -> list[AttachmentLine]:
    """For `papers/_attachments.html`, on whatever page shows the paper."""
    rows = Attachment.objects.filter(paper=paper).select_related("uploaded_by", "paper")
    return [AttachmentLine(row, from_json(row.signatures)) for row in rows]


@require_http_methods(["GET", "HEAD", "POST"])
def attach(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user, at = current_user(request), received_at(request)
    visible = Paper.objects.visible_to(user, today()).select_related("unit", "period")
    paper = get_object_or_404(visible, uuid=uuid)
    form = AttachmentForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                row = attach_file(paper_id=paper.pk, upload=form.cleaned_data["upload"], by=user, at=at)
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã đính kèm tệp «{row.name}».")
                return redirect("papers:attach", uuid)
    context = {
        "paper": paper,
        "form": form,
        "attachments": attachment_lines(paper),
        "is_sealed": paper.is_issued and bears_seal(paper),
        "is_attachable": paper.state in ATTACHABLE,
        "can_attach": can(check_can_attach, user, paper, on=today()),
        "can_take_for_signing": can(check_can_take_for_signing, user, paper, on=today()),
    }
    return render(request, "papers/attach.html", context, status=status)


@require_safe
def attachment(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    user, at = current_user(request), received_at(request)
    visible = Attachment.objects.filter(paper__in=Paper.objects.visible_to(user, today())).select_related("paper")
    row = get_object_or_404(visible, uuid=uuid)

    def note() -> None:
        exported("attachment", row.paper, rows=1, by=user, at=at, after={"file": row.uuid.hex})

    return hand_over(request, _kept(row), note=note)


def _kept(row: Attachment) -> Kept:
    return Kept(KIND, row.uuid, row.name, row.path, Scan(row.scan))


def attachment_of_ticket(uuid: str) -> Kept:
    return _kept(Attachment.objects.get(uuid=uuid))
