"""Files on their way in, and the nightly round over what is kept: scanned, hashed anew, and compared with the rows."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction

from assessments.models import Evidence, Proposal
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused
from childfriendly.core.files import (
    EVIDENCE_EXTENSIONS,
    MAX_FILE_BYTES,
    BrokenSealError,
    CheckedUpload,
    Scan,
    check_upload,
    content_of,
    delete_if_older,
    files_older_than,
    keys,
    scan,
    sha256_of,
    store,
)

logger = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(days=1)  # an upload of this very minute has its file before its row


class Infected(Refused):
    """The scanner found malware; nothing was stored."""


def examine(upload: "UploadedFile[bytes]") -> CheckedUpload:
    return check_upload(upload, max_bytes=MAX_FILE_BYTES, allowed=EVIDENCE_EXTENSIONS)


def keep(checked: CheckedUpload, *, is_sensitive: bool) -> tuple[str, Scan]:
    """Have it scanned, and put it safely on disk; its path, and what the scanner said. Raises Infected."""
    checked.content.seek(0)
    verdict = scan(iter(lambda: checked.content.read(64 * 1024), b""))
    if verdict is Scan.INFECTED:
        logger.warning("An upload with malware was refused.")
        raise Infected(
            f'Tệp "{checked.name}" có mã độc nên không được nhận. Quét vi-rút máy đang dùng rồi tải lên tệp sạch.'
        )
    return store(checked, root=settings.MEDIA_ROOT, seal_with=keys()[0] if is_sensitive else None), verdict


# ---- the nightly round -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Keeper:
    """A table whose rows name files, by the columns that hold path and hash. `scan` is the column with the word of the
    scanner, «» where we made the file ourselves; `subject` leads from the row to what the audit tells of."""

    name: str
    model: type[models.Model]
    path: str = "path"
    sha256: str = "sha256"
    scan: str = "scan"
    subject: str = ""


KEEPERS = [
    Keeper("minh chứng", Evidence, subject="dossier"),
    Keeper("hồ sơ trình", Proposal, "minutes_path", "minutes_sha256", "minutes_scan"),
]
"""Apps above add theirs when they start."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as a row names it. `owner` says which, for people who look into the database."""

    owner: str
    path: str
    sha256: str


def named_files() -> Iterator[NamedFile]:
    """Every file that a row names, taken out of a dossier or not."""
    for keeper in KEEPERS:
        rows = keeper.model._default_manager.exclude(**{keeper.path: ""}).order_by("pk")
        for uuid, path, sha256 in rows.values_list("uuid", keeper.path, keeper.sha256).iterator():
            yield NamedFile(f"{keeper.name} {uuid}", path, sha256)


@dataclass(frozen=True, slots=True)
class FilesReport:
    checked: int
    missing: list[NamedFile]
    changed: list[NamedFile]
    orphans: list[str]

    @property
    def is_good(self) -> bool:
        return not self.missing and not self.changed


def verify_files(*, at: datetime) -> FilesReport:
    """Hash every kept file anew (SECURITY.md F-14): which are gone, which were changed, which nobody names."""
    checked, missing, changed = 0, [], []
    for file in named_files():
        checked += 1
        try:
            is_same = sha256_of(file.path, root=settings.MEDIA_ROOT) == file.sha256
        except FileNotFoundError:
            missing.append(file)
        except BrokenSealError:
            changed.append(file)
        else:
            if not is_same:
                changed.append(file)
    for file in chain(missing, changed):
        logger.error("A kept file is gone or was changed: %s, %s.", file.owner, file.path)
    return FilesReport(checked, missing, changed, orphans(at=at))


def orphans(*, at: datetime) -> list[str]:
    """Files of interrupted uploads: older than a day, and no row names them."""
    old = list(files_older_than(at - ORPHAN_AGE, root=settings.MEDIA_ROOT))  # listed before the rows are read
    named = {file.path for file in named_files()}
    return [path for path in old if path not in named]


def delete_orphans(*, at: datetime) -> list[str]:
    """Only the command calls this, nothing else ever deletes a file (SECURITY.md R-07)."""
    found = orphans(at=at)
    return [path for path in found if delete_if_older(path, at - ORPHAN_AGE, root=settings.MEDIA_ROOT)]


def scan_files(*, at: datetime, everything: bool = False) -> Counter[Scan]:
    """Ask again about files that were not scanned, or about all of them when the scanner has learnt something new."""
    told: Counter[Scan] = Counter()
    for keeper in KEEPERS:
        if not keeper.scan:
            continue
        rows = keeper.model._default_manager.order_by("pk")
        if keeper.subject:
            rows = rows.select_related(keeper.subject)
        asked = rows if everything else rows.filter(**{f"{keeper.scan}__in": [Scan.WAITING, Scan.FAILED]})
        for row in asked.iterator():
            told[_scan_one(keeper, row, at)] += 1
    return told


def _scan_one(keeper: Keeper, row: Any, at: datetime) -> Scan:
    try:
        verdict = scan(content_of(getattr(row, keeper.path), root=settings.MEDIA_ROOT))
    except (FileNotFoundError, BrokenSealError):  # `verify_files` tells of these
        verdict = Scan.FAILED
    before = getattr(row, keeper.scan)
    if verdict in {before, Scan.WAITING}:  # no scanner now: what it said before still stands
        return Scan(before)
    with transaction.atomic():
        keeper.model._default_manager.filter(pk=row.pk).update(**{keeper.scan: verdict})
        if verdict is Scan.INFECTED:
            subject = getattr(row, keeper.subject) if keeper.subject else row
            audit.record("quarantine_file", subject, by=None, at=at, after={"file": row.uuid.hex})
    return verdict
