"""The audit's chain as a whole: is it unbroken, where does it end, and what becomes of rows past their time."""

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from childfriendly.core import audit
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import AuditEvent

COLUMNS = ("previous_hash", "hash", *audit.HASHED_FIELDS)
_SEQ, _AT, _ACTION, _AFTER = (COLUMNS.index(name) for name in ("seq", "at", "action", "after"))
_BLOCK = 2000
PURGE = "purge_audit"


class Head(NamedTuple):
    """The last row. Printed and kept elsewhere, it shows later that nothing before it was changed or cut off."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


class Broken(NamedTuple):
    """The first row that does not fit, and in words what is wrong with it."""

    seq: int
    what: str


START = Head(0, audit.GENESIS)


@dataclass(slots=True)
class Walk:
    """What was found on the way along the chain, up to its end or to the first row that does not fit."""

    rows: int = 0
    head: Head = START
    broken: Broken | None = None


def head() -> Head:
    last = AuditEvent.objects.order_by("-seq").values_list("seq", "hash").first()
    return Head(*last) if last else START


def first_broken_row() -> Broken | None:
    return verify().broken


def verify(anchor: Head | None = None) -> Walk:
    """Walk the whole chain, in constant memory. With the head of an earlier day as `anchor` a missing end shows too."""
    rows = AuditEvent.objects.order_by("seq").values_list(*COLUMNS)
    return walk(rows.iterator(chunk_size=_BLOCK), anchor)


def walk(rows: Iterable[tuple[Any, ...]], anchor: Head | None = None, *, is_segment: bool = False) -> Walk:
    """`is_segment`: rows of a file that was purged, which may begin anywhere; what is kept may begin after row 1 only
    where a purge is told of by one of its own rows."""
    walked = Walk()
    start: Head | None = None
    is_purge_told = is_segment
    for row in rows:
        previous_hash, row_hash, seq = row[0], row[1], row[_SEQ]
        if start is None:
            start = walked.head = Head(seq - 1, previous_hash) if seq > 1 else START
        walked.broken = _misfit(row, walked.head)
        if walked.broken:
            return walked
        walked.head = Head(seq, row_hash)
        walked.rows += 1
        if row[_ACTION] == PURGE:
            is_purge_told |= (row[_AFTER].get("last"), row[_AFTER].get("hash")) == start
        if anchor and seq == anchor.seq and row_hash != anchor.hash:
            walked.broken = Broken(seq, "khác với dấu đã in ra: các dòng đến đây đã bị làm lại")
            return walked
    if start and start.seq and not is_purge_told:
        walked.broken = Broken(start.seq + 1, f"thiếu các dòng trước dòng này (1 đến {start.seq})")
    elif anchor and anchor.seq > walked.head.seq:
        walked.broken = Broken(walked.head.seq + 1, f"phần cuối bị cắt: thiếu các dòng đến {anchor.seq}")
    elif anchor and start and anchor.seq == start.seq and anchor.hash != start.hash:
        walked.broken = Broken(start.seq + 1, "không nối với dấu đã in ra")
    return walked


def _misfit(row: tuple[Any, ...], last: Head) -> Broken | None:
    previous_hash, row_hash, seq = row[0], row[1], row[_SEQ]
    if seq > last.seq + 1:
        return Broken(seq, f"thiếu các dòng trước dòng này ({last.seq + 1} đến {seq - 1})")
    if seq <= last.seq:
        return Broken(seq, "có hai dòng cùng số: sổ bị rẽ nhánh")
    if previous_hash != last.hash:
        return Broken(seq, "không nối với dòng trước: có dòng bị chèn, bị đổi chỗ hoặc dòng trước bị làm lại")
    if row_hash != audit.seal(previous_hash, row[2:]):
        return Broken(seq, "nội dung khác với lúc ghi")
    return None


# ---- rows past their time ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Purged:
    path: Path
    first: int
    last: int


@transaction.atomic
def purge(*, before: datetime, folder: Path, at: datetime) -> Purged | None:
    """Move the rows older than `before` into a file; None where there is none. The file is on the disk, read back and
    whole before one row goes; what is kept still verifies, because a row of its own tells where the file ended."""
    audit.hold_end()
    kept = AuditEvent.objects.filter(at__gte=before).order_by("seq").values_list("seq", flat=True).first()
    old = AuditEvent.objects.order_by("seq")
    if kept is not None:
        old = old.filter(seq__lt=kept)
    first = old.values_list("seq", flat=True).first()
    if first is None:
        return None
    if (whole := verify()).broken:
        raise Refused(f"Nhật ký sai từ dòng {whole.broken.seq} ({whole.broken.what}); không chuyển ra tệp.")
    last = head().seq if kept is None else kept - 1
    path = folder / f"nhat-ky-{first}-{last}.jsonl.gz"
    _write(path, old.values_list(*COLUMNS).iterator(chunk_size=_BLOCK))
    filed = walk(read(path), is_segment=True)
    if filed.broken or filed.head.seq != last:
        raise Refused(f"Đọc lại tệp {path.name} thấy khác nhật ký; không xóa dòng nào.")
    told = {"first": first, "last": last, "hash": filed.head.hash, "file": path.name, "sha256": _sha256(path)}
    audit.append(
        action=PURGE,
        object_type=AuditEvent._meta.label,
        object_id=f"{first}-{last}",
        object_name=f"Nhật ký, dòng {first} đến {last}",
        by=None,
        at=at,
        after=told,
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditevent WHERE seq <= %s", [last])
    return Purged(path, first, last)


def read(path: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of a file that `purge` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            row["at"] = datetime.fromisoformat(row["at"])
            yield tuple(row[name] for name in COLUMNS)


def _write(path: Path, rows: Iterable[tuple[Any, ...]]) -> None:
    """Under its name only when it is complete on the disk."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        with gzip.GzipFile(fileobj=file, mode="wb") as packed:
            for row in rows:
                named = dict(zip(COLUMNS, row, strict=True))
                named["at"] = named["at"].astimezone(UTC).isoformat(timespec="microseconds")
                packed.write(json.dumps(named, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def months_before(at: datetime, months: int) -> datetime:
    """Midnight of the first day of the month that lies so many months back."""
    today = timezone.localtime(at)
    index = today.year * 12 + today.month - 1 - months
    return timezone.make_aware(datetime(index // 12, index % 12 + 1, 1))  # noqa: DTZ001 — made aware at once
