"""Whole dossiers as one ZIP for inspection teams and the archive: a folder a dossier, in it TC01 … TC13 and the issued
papers, and an index with pages and SHA-256 of every file.

What the reader may not simply open is not in it: the index names it and says why. Sensitive files never leave in
bulk, since each of their readings is a row of its own (SECURITY.md Z-11).
"""

import hashlib
import logging
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, Final, cast

import pikepdf
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from assessments.models import DecisionItem, Dossier, Evidence, ProposalItem
from assessments.permissions import Door, door_to
from childfriendly.core.exports import watermark
from childfriendly.core.files import BrokenSealError, Scan, clean_name, content_of, megabytes
from childfriendly.core.text import ascii_words
from communes.models import User
from papers.kinds import Form
from papers.models import Paper, State
from papers.rendering import render_pdf
from papers.structure import Column, Content, Heading, Letterhead, Paragraph, Row, Table

logger = logging.getLogger(__name__)

INDEX: Final = "00-muc-luc.pdf"
SPOOL: Final = 8 * 1024 * 1024  # bytes of one file in memory while its pages are counted; more lies on disk


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the index. `reason` says why the file itself is not there."""

    folder: str
    name: str
    path: str
    sha256: str
    size: int
    pages: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Dossiers as their reader may have them at that moment; `write` puts them into a stream."""

    dossiers: Sequence[Dossier]
    reader: User
    at: datetime

    @property
    def name(self) -> str:
        """What the reader's computer calls it: ASCII, and names nobody."""
        if len(self.dossiers) == 1:
            return f"ho-so-{self.dossiers[0].code.lower()}.zip"
        years = sorted({dossier.period.year for dossier in self.dossiers})
        span = str(years[0]) if years[0] == years[-1] else f"{years[0]}-{years[-1]}"
        return f"ho-so-{len(self.dossiers)}-xa-{span}.zip"

    def write(self, stream: IO[bytes], progress: Callable[[int, int], None]) -> None:
        """Dossier after dossier; `progress` is told how many are done of how many."""
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for done, dossier in enumerate(self.dossiers):
                progress(done, len(self.dossiers))
                folder = folder_of(dossier) if len(self.dossiers) > 1 else ""
                entries = [_put(archive, folder, entry) for entry in self._entries(dossier)]
                archive.writestr(_join(folder, INDEX), render_pdf(index_of(dossier, entries, self.reader, self.at)))
        progress(len(self.dossiers), len(self.dossiers))

    def _entries(self, dossier: Dossier) -> Iterator[Entry]:
        today = timezone.localdate(self.at)
        files = Evidence.objects.visible_to(self.reader, today).present().filter(dossier=dossier)
        for number, row in enumerate(files.order_by("item", "slot", "pk"), start=1):
            row.dossier = dossier
            folder = row.item.partition(".")[0]
            reason = self._left_out(row)
            name = f"{number:02d}-{row.item}-{clean_name(row.name)}"
            yield Entry(folder, name, row.path, row.sha256, row.size, reason=reason)
        papers = Paper.objects.visible_to(self.reader, today).filter(_about(dossier), state=State.ISSUED)
        for number, paper in enumerate(papers.order_by("issued_on", "pk"), start=1):
            name = f"{number:02d}-{ascii_words(str(paper))}.pdf"
            yield Entry("van-ban", name, paper.pdf_path, paper.pdf_sha256, paper.pdf_size or 0)

    def _left_out(self, evidence: Evidence) -> str:
        if evidence.scan == Scan.INFECTED:
            return "có mã độc, đã cách ly"
        if evidence.is_sensitive or door_to(self.reader, evidence, at=self.at) is not Door.OPEN:
            return "tệp nhạy cảm hoặc đang khóa: mở từng tệp trên trang hồ sơ"
        return ""


def _about(dossier: Dossier) -> Q:
    """The papers of one dossier: its own, those of the proposal and the decision that it is in, and what was issued to
    its commune alone."""
    proposals = ProposalItem.objects.filter(dossier=dossier).values("proposal")
    decisions = DecisionItem.objects.filter(dossier=dossier).values("decision")
    return Q(dossier=dossier) | Q(item__dossier=dossier) | Q(proposal__in=proposals) | Q(decision__in=decisions)


def folder_of(dossier: Dossier) -> str:
    """«dt-2024-29987-xa-doc-binh-kieu»: no accents, since old unpackers break them."""
    return ascii_words(f"{dossier.code} {dossier.commune.name}")


def _join(*parts: str) -> str:
    return "/".join(part for part in parts if part)


def _put(archive: zipfile.ZipFile, folder: str, entry: Entry) -> Entry:
    """The file into the archive; the line of the index with its pages, or with why it is not there. What is no longer
    as it was stored stays out: the index would name a hash that it does not have."""
    if entry.reason:
        return entry
    try:
        with SpooledTemporaryFile(max_size=SPOOL) as copy:
            digest = hashlib.sha256()
            for block in content_of(entry.path, root=settings.MEDIA_ROOT):
                copy.write(block)
                digest.update(block)
            if digest.hexdigest() != entry.sha256:
                logger.error("A kept file was changed: %s.", entry.path)
                return replace(entry, reason="tệp trên máy chủ đã bị thay đổi, báo cán bộ quản trị hệ thống")
            pages = _pages(copy) if entry.path.split(".")[1] == "pdf" else ""
            copy.seek(0)
            with archive.open(_join(folder, entry.folder, entry.name), "w", force_zip64=True) as target:
                while block := copy.read(256 * 1024):
                    target.write(block)
    except (FileNotFoundError, BrokenSealError):
        return replace(entry, reason="máy chủ không còn tệp này")
    return replace(entry, pages=pages)


def _pages(stream: "SpooledTemporaryFile[bytes]") -> str:
    stream.seek(0)
    try:
        with pikepdf.open(cast("BinaryIO", stream)) as pdf:
            return str(len(pdf.pages))
    except pikepdf.PdfError:
        return "?"


def index_of(dossier: Dossier, entries: Sequence[Entry], reader: User, at: datetime) -> Content:
    """Mục lục: what lies in each folder, with pages, size and SHA-256; then what is left out, and why."""
    columns = (
        Column("Thư mục", 10),
        Column("Tên tệp", 31),
        Column("Số trang", 10, "center"),
        Column("Dung lượng", 12, "right"),
        Column("SHA-256", 37),
    )
    there = [entry for entry in entries if not entry.reason]
    left_out = [entry for entry in entries if entry.reason]
    rows = [
        Row((entry.folder, entry.name, entry.pages, megabytes(entry.size), _in_groups(entry.sha256))) for entry in there
    ]
    blocks: list[Heading | Paragraph | Table] = [
        Paragraph(f"Hồ sơ {dossier.code}: {dossier.commune.full_name_with_parents}, năm {dossier.period.year}."),
        Paragraph(f"Trạng thái: {dossier.get_status_display()}. {watermark(reader, at)}."),
        Heading(f"I. CÁC TỆP CÓ TRONG GÓI ({len(there)})"),
        Table(columns, tuple(rows)) if rows else Paragraph("Không có tệp nào."),
    ]
    if left_out:
        blocks += [
            Heading(f"II. CÁC TỆP KHÔNG KÈM THEO ({len(left_out)})"),
            Table(
                (Column("Thư mục", 12), Column("Tên tệp", 48), Column("Lý do", 40)),
                tuple(Row((entry.folder, entry.name, entry.reason)) for entry in left_out),
            ),
        ]
    return Content(
        form=Form.INDEX,
        letterhead=Letterhead(body="", place=dossier.commune.proper_name),
        symbol="",
        year=timezone.localdate(at).year,
        issued_on=timezone.localdate(at),
        subject=f"Hồ sơ {dossier.code}",
        blocks=tuple(blocks),
        signatures=(),
        has_number=False,
        is_demo=dossier.period.is_demo,
    )


def _in_groups(sha256: str) -> str:
    """So that it breaks inside a cell and can be compared by eye."""
    return " ".join(sha256[at : at + 16] for at in range(0, len(sha256), 16))
