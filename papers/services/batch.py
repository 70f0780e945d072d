"""A decision with its certificates, printed together: the certificates' bytes on all cores, then one file for each
commune and one for the printer.

Each certificate is issued by itself, so a batch that is stopped goes on with those that are missing and makes none
twice.
"""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import IO, Final

from django.conf import settings
from django.db.models import QuerySet

from assessments.models import Decision
from childfriendly.core.exceptions import Refused
from childfriendly.core.files import content_of as bytes_of
from childfriendly.core.text import ascii_words
from papers.filling import content_of
from papers.kinds import Kind
from papers.models import Paper, State
from papers.press import Page, Press
from papers.rendering import render_pdf
from papers.rendering.html import frame_of, html_of, styles_of
from papers.rendering.together import put_together
from papers.services.files import NOT_WHOLE, is_whole
from papers.services.life import issue_prepared
from papers.standing import Standing, current_paper, said_of
from papers.structure import Printed

Progress = Callable[[int, int], None]
ALL: Final = "tat-ca-de-in.pdf"
AT_ONCE: Final = 5  # so many certificates are printed while the clerk waits; more are a matter of the worker


def page_of(printed: Printed, mark: str = "") -> Page:
    return Page(html_of(printed, mark), styles_of(printed), frame_of(printed))


def certificates_of(decision: Decision) -> "list[Paper]":
    """Those that a commune may frame, in the order of the register: one that was issued again stands in the place of
    the first, and a commune whose recognition was revoked has none."""
    issued = list(_of(decision).filter(state=State.ISSUED))
    said = said_of(issued)
    over = {Standing.REPLACED, Standing.REVOKED}
    return [paper for paper in issued if said[paper.pk].standing not in over]


def waiting_certificates(decision: Decision) -> "list[Paper]":
    """Those that a decision, or one in its place, has entered in the register and that have no bytes yet. One that was
    drafted to be issued again is sent out by hand."""
    return list(_of(decision).filter(state=State.NUMBERED, drafted_by=None))


def _of(decision: Decision) -> QuerySet[Paper]:
    found = Paper.objects.filter(kind=Kind.CERTIFICATE, item__decision=decision)
    found = found.select_related("unit", "period", "signer", "item__decision", "commune", "register")
    return found.order_by("register__year", "register_number")


def issue_certificates(decision: Decision, *, at: datetime, progress: Progress) -> int:
    """Print and issue every certificate that waits for its bytes; how many there were. Raises PressFailed where a
    printing process died: asked again, it goes on."""
    waiting = waiting_certificates(decision)
    before = _of(decision).filter(state=State.ISSUED, drafted_by=None).count()  # when the batch was stopped
    issue_all(waiting, at=at, progress=lambda done, total: progress(before + done, before + total))
    return len(waiting)


def issue_few(decision: Decision, *, at: datetime) -> bool:
    """Issue the certificates of a small decision here and now; False where there are too many for that."""
    waiting = waiting_certificates(decision)
    if len(waiting) > AT_ONCE:
        return False
    for paper in waiting:
        issue_prepared(paper=paper, pdf=render_pdf(content_of(paper)), docx=b"", at=at)
    return True


def issue_all(waiting: Sequence[Paper], *, at: datetime, progress: Progress) -> None:
    """These numbered certificates, printed on all cores and issued one by one. Word files are not kept: whoever frames
    a certificate takes the PDF."""
    progress(0, len(waiting))
    if not waiting:
        return
    with Press() as press:
        pages = (page_of(content_of(paper)) for paper in waiting)
        for done, (paper, pdf) in enumerate(zip(waiting, press.print_all(pages), strict=True), start=1):
            issue_prepared(paper=paper, pdf=pdf, docx=b"", at=at)
            progress(done, len(waiting))


def decision_paper_of(decision: Decision) -> Paper:
    """Raises Refused for a decision that is not issued as a paper."""
    paper = Paper.objects.filter(kind=Kind.DECISION, decision=decision, state=State.ISSUED).first()
    if paper is None:
        raise Refused(f"{decision} chưa phát hành thành văn bản. Mở trang văn bản của quyết định rồi phát hành.")
    return paper


def issued_bytes(paper: Paper) -> bytes:
    """Raises Refused where they are not what was issued."""
    if not is_whole(paper.pdf_path, paper.pdf_sha256):
        raise Refused(f"{paper}: {NOT_WHOLE}")
    return b"".join(bytes_of(paper.pdf_path, root=settings.MEDIA_ROOT))


def write_issued(stream: IO[bytes], decision: Decision) -> None:
    """A ZIP of the issued bytes, of what is in force: the decision or the one in its place, each certificate under its
    number and commune, and all in one PDF."""
    paper = current_paper(decision_paper_of(decision))
    files = [("quyet-dinh.pdf", paper), *((_name(row), row) for row in certificates_of(decision))]
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, row in files:
            archive.writestr(name, issued_bytes(row))
        archive.writestr(ALL, put_together(str(paper), (issued_bytes(row) for _, row in files)))


def _name(certificate: Paper) -> str:
    """«giay-cong-nhan/2024-0012-30037-thi-tran-my-an.pdf»: the register begins anew every year, and one that was issued
    again may stand in that of another."""
    commune, register = certificate.commune, certificate.register
    words = ascii_words(f"{commune.code} {commune.name}") if commune else ""
    year = register.year if register else certificate.period.year
    return f"giay-cong-nhan/{year}-{certificate.register_number:04d}-{words}.pdf"


def drafts_of(title: str, printed: Sequence[Printed], *, mark: str, progress: Progress) -> bytes:
    """Papers that are not issued yet, with who took them, as one PDF."""

    with Press() as press:
        pages = press.print_all(page_of(paper, mark) for paper in printed)
        return put_together(title, _told(pages, len(printed), progress))


def _told(pages: Iterator[bytes], total: int, progress: Progress) -> Iterator[bytes]:
    for done, content in enumerate(pages, start=1):
        progress(done, total)
        yield content
