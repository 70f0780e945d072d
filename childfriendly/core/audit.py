"""The only way to add an audit row. Call it inside the transaction of the change it tells of: if it fails, so does the
change."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import connection, models, transaction

from childfriendly.core.models import AuditEvent, identity

GENESIS = "0" * 64
ADVISORY_LOCK = 20190103  # an arbitrary constant: one chain, one lock
HASHED_FIELDS = (
    "seq",
    "at",
    "actor_id",
    "actor_name",
    "actor_role",
    "action",
    "object_type",
    "object_id",
    "object_name",
    "before",
    "after",
    "reason",
)


class Actor(Protocol):
    """What the audit needs to know of a person."""

    @property
    def pk(self) -> Any: ...

    @property
    def full_name(self) -> str: ...


def record(
    action: str,
    obj: models.Model,
    *,
    by: Actor | None,
    at: datetime,
    role: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEvent:
    """Append one row. `before` and `after` hold only what changed, as JSON values. `by=None` means the system."""
    with transaction.atomic():
        _serialise_appends()
        last = AuditEvent.objects.order_by("-seq").values_list("seq", "hash").first()
        object_type, object_id = identity(obj)
        event = AuditEvent(
            seq=last[0] + 1 if last else 1,
            at=at,
            actor_id=str(by.pk) if by else "",
            actor_name=by.full_name if by else "Hệ thống",
            actor_role=role[:300],  # somebody with many roles is still recorded
            action=action,
            object_type=object_type,
            object_id=object_id,
            object_name=str(obj)[:300],
            before=dict(before or {}),
            after=dict(after or {}),
            reason=reason,
            previous_hash=last[1] if last else GENESIS,
        )
        event.hash = chained_hash(event)
        event.save(force_insert=True)
    return event


def chained_hash(event: AuditEvent) -> str:
    """SHA-256 over the previous hash and the row's own content, each part with its length in front, so that no two
    different rows can give the same bytes."""
    digest = hashlib.sha256(event.previous_hash.encode())
    for field in HASHED_FIELDS:
        value = getattr(event, field)
        if isinstance(value, datetime):
            value = value.astimezone(UTC).isoformat(timespec="microseconds")
        part = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def first_broken_row() -> AuditEvent | None:
    """Walk the chain from the start; None when it is whole."""
    previous = GENESIS
    for seq, event in enumerate(AuditEvent.objects.order_by("seq").iterator(chunk_size=2000), start=1):
        if event.seq != seq or event.previous_hash != previous or event.hash != chained_hash(event):
            return event
        previous = event.hash
    return None


def _serialise_appends() -> None:
    # SQLite: the transaction is IMMEDIATE and so already alone. PostgreSQL: without the lock two writers see one
    # predecessor; the unique previous_hash would then refuse the second.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
