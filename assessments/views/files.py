"""The one way in which a file that somebody uploaded leaves: every byte of evidence, of minutes and of what is attached
to papers goes through `hand_over`.

With EVIDENCE_HOST the bytes come from a second name of this site that knows no cookie and nothing else (SECURITY.md
F-09): the page's own address checks the reader and sends the browser on with a ticket of one minute.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render

from assessments.models import Evidence, Proposal
from childfriendly.core.exceptions import Refused
from childfriendly.core.files import BrokenSealError, Scan, serve, waits_for_scan

logger = logging.getLogger(__name__)

TICKET_SECONDS = 60
TICKET_PREFIX = "/tep/"
_SALT = "assessments.views.files"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as its row describes it."""

    kind: str
    uuid: UUID
    name: str
    path: str
    scan: Scan

    EVIDENCE: ClassVar = "minh-chung"
    MINUTES: ClassVar = "bien-ban"

    @classmethod
    def evidence(cls, row: Evidence) -> "Kept":
        return cls(cls.EVIDENCE, row.uuid, row.name, row.path, Scan(row.scan))

    @classmethod
    def minutes(cls, row: Proposal) -> "Kept":
        return cls(cls.MINUTES, row.uuid, row.minutes_name, row.minutes_path, Scan(row.minutes_scan))


def hand_over(request: HttpRequest, kept: Kept, *, note: Callable[[], object] | None = None) -> HttpResponseBase:
    """The file for a reader who may have it, or the page that warns before it. `note` records the reading, just before
    the first byte leaves; asking for the headers alone (HEAD) reads nothing. Raises `Refused`."""
    if kept.scan is Scan.INFECTED:
        raise Refused(f"Tệp «{kept.name}» có mã độc nên đã bị cách ly. Đề nghị đơn vị gửi tệp khác thay thế.")
    is_unscanned = waits_for_scan(kept.scan)
    if is_unscanned and "da-biet" not in request.GET:
        return render(request, "assessments/not_scanned.html", {"name": kept.name, "failed": kept.scan is Scan.FAILED})
    inline = "tai-ve" not in request.GET and not is_unscanned
    if note is not None and request.method == "GET":
        note()  # before the file is opened: where the row cannot be written there is nothing to close
    return _ticket(kept, inline=inline) if settings.EVIDENCE_HOST else _bytes(request, kept, inline=inline)


def _bytes(request: HttpRequest, kept: Kept, *, inline: bool) -> HttpResponseBase:
    try:
        return serve(request, kept.path, root=settings.MEDIA_ROOT, name=kept.name, inline=inline)
    except (FileNotFoundError, BrokenSealError) as error:
        logger.error("The file of %s %s cannot be opened: %s", kept.kind, kept.uuid, type(error).__name__)
        raise Refused(
            f"Không mở được tệp «{kept.name}» vì máy chủ không còn lưu tệp này. "
            "Báo cán bộ quản trị hệ thống, hoặc đề nghị đơn vị gửi lại tệp."
        ) from error


FINDERS: dict[str, Callable[[str], Kept]] = {
    Kept.EVIDENCE: lambda uuid: Kept.evidence(Evidence.objects.get(uuid=uuid)),
    Kept.MINUTES: lambda uuid: Kept.minutes(Proposal.objects.get(uuid=uuid)),
}
"""The file that a ticket names, by its kind; apps above add theirs when they start."""


# ---- the second host ---------------------------------------------------------------------------------------------
def _ticket(kept: Kept, *, inline: bool) -> HttpResponseRedirect:
    ticket = signing.dumps([kept.kind, kept.uuid.hex, inline], salt=_SALT)
    scheme = "https" if settings.HTTPS else "http"
    return HttpResponseRedirect(f"{scheme}://{settings.EVIDENCE_HOST}{TICKET_PREFIX}{ticket}")


def evidence_host(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, before everything that knows a session: on the second host there are tickets and nothing else, and on
    the main one there are none (no address of ours begins with /tep/)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not settings.EVIDENCE_HOST or request.get_host() != settings.EVIDENCE_HOST:
            return get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return _plain("Chỉ mở được tệp ở địa chỉ này.", 405)
        try:
            return _by_ticket(request)
        except signing.BadSignature:
            return _plain("Đường dẫn tệp đã hết hạn. Quay lại trang trước rồi mở lại tệp.", 404)
        except Refused as refused:
            return _plain(str(refused), 409)

    return middleware


def _by_ticket(request: HttpRequest) -> HttpResponseBase:
    if not request.path_info.startswith(TICKET_PREFIX):
        raise signing.BadSignature
    kind, uuid, inline = signing.loads(
        request.path_info.removeprefix(TICKET_PREFIX), salt=_SALT, max_age=TICKET_SECONDS
    )
    kept = FINDERS[kind](uuid)
    if kept.scan is Scan.INFECTED:
        raise signing.BadSignature
    return _bytes(request, kept, inline=inline)


def _plain(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
