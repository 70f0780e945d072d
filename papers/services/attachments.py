"""Files that come beside a paper once it is signed: the scan of what was signed by hand, the PDF that somebody signed
with a tool of his own. The paper itself stays as it is; what was read from the file is kept with it."""

from datetime import datetime
from typing import Final

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assessments.services.files import Infected, keep
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.files import MAX_FILE_BYTES, CheckedUpload, Scan, check_upload
from communes.models import User
from communes.queries import roles_of
from papers.filling import content_of
from papers.models import Attachment, Paper, State
from papers.permissions import attaching_roles, check_can_attach
from papers.rendering.comparing import compared
from papers.services.signatures import Reading, as_json, read_pdf

EXTENSIONS: Final = frozenset({"pdf", "jpg", "png", "heic"})
ATTACHABLE: Final = (State.SIGNED, State.NUMBERED, State.ISSUED)
MAX_FILES: Final = 20  # beside one paper


def attach(*, paper_id: int, upload: "UploadedFile[bytes]", by: User, at: datetime) -> Attachment:
    """Check and read the file, put it on disk, then store its row; the same file sent again is the same row.

    Not one transaction: reading takes seconds, and the file must be safely on disk before the row that points to it.
    """
    today = timezone.localdate(at)
    visible = Paper.objects.visible_to(by, today).select_related("unit", "period", "signer", "decision", "item")
    paper = visible.filter(pk=paper_id).first()
    if paper is None:
        raise Refused("Không tìm thấy văn bản này trong phạm vi của đơn vị.")
    check_can_attach(by, paper, on=today)
    _check_state(paper)
    checked = examine(upload)
    if twin := _twin(paper, checked):
        return twin
    _check_room(paper)
    reading = reading_of(checked, at=at)
    held = roles_of(by, today).at(paper.unit_id, *attaching_roles(paper))
    role = held.words if held else ""
    path, verdict = kept(paper, checked, by=by, at=at, role=role)
    with transaction.atomic():
        _hold(paper)
        if twin := _twin(paper, checked):
            return twin
        _check_room(paper)
        attachment = add_attachment(paper, checked, reading, path=path, verdict=verdict, by=by, at=at)
        after = {"file": attachment.uuid.hex, "sha256": checked.sha256, "signatures": len(attachment.signatures)}
        audit.record("attach_to_paper", paper, by=by, at=at, role=role, after=after)
    return attachment


def examine(upload: "UploadedFile[bytes]") -> CheckedUpload:
    return check_upload(upload, max_bytes=MAX_FILE_BYTES, allowed=EXTENSIONS)


def reading_of(checked: CheckedUpload, *, at: datetime) -> Reading | None:
    """What a PDF tells; None of a picture. Slow: call it outside every transaction. Raises as `read_pdf`."""
    if checked.extension != "pdf":
        return None
    checked.content.seek(0)
    return read_pdf(checked.content.read(), at=at)


def kept(paper: Paper, checked: CheckedUpload, *, by: User, at: datetime, role: str) -> tuple[str, Scan]:
    """Where the file lies on disk, and what the scanner said. Raises Infected, which the audit is told."""
    try:
        return keep(checked, is_sensitive=False)
    except Infected:
        audit.record("refuse_infected_file", paper, by=by, at=at, role=role, after={"sha256": checked.sha256})
        raise


def add_attachment(
    paper: Paper, checked: CheckedUpload, reading: Reading | None, *, path: str, verdict: Scan, by: User, at: datetime
) -> Attachment:
    """The row of a file that is safely on disk, with what was read from it."""
    return Attachment.objects.create(
        paper=paper,
        name=checked.name,
        path=path,
        sha256=checked.sha256,
        size=checked.size,
        content_type=checked.content_type,
        has_active_content=checked.has_active_content,
        scan=verdict,
        uploaded_by=by,
        uploaded_at=at,
        **_read_from(paper, reading),
    )


def _read_from(paper: Paper, reading: Reading | None) -> dict[str, object]:
    if reading is None:
        return {"kind": Attachment.Kind.SCAN}
    return {
        "kind": Attachment.Kind.SIGNED_PDF if reading.signatures else Attachment.Kind.SCAN,
        "signatures": as_json(reading.signatures),
        "match": compared(content_of(paper), reading.pages),
    }


def _check_state(paper: Paper) -> None:
    if paper.state not in ATTACHABLE:
        raise Refused("Văn bản chưa ký nên chưa đính kèm được bản đã ký. Trình ký văn bản trước.")


def _hold(paper: Paper) -> None:
    """Until the transaction ends nobody drops the paper or attaches another file to it."""
    if not Paper.objects.filter(pk=paper.pk, state__in=ATTACHABLE).update(state=F("state")):
        raise Stale("Văn bản vừa được người khác bỏ. Mở lại trang để xem tình trạng mới.")


def _twin(paper: Paper, checked: CheckedUpload) -> Attachment | None:
    return Attachment.objects.filter(paper=paper, sha256=checked.sha256).first()


def _check_room(paper: Paper) -> None:
    if Attachment.objects.filter(paper=paper).count() >= MAX_FILES:
        raise Refused(f"Mỗi văn bản đính kèm tối đa {MAX_FILES} tệp.")
