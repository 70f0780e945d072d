"""The only way to add an audit row. Call it inside the transaction of the change it tells of: if it fails, so does the
change. Why it is built this way: docs/decisions/0007."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, Protocol

from django.conf import settings
from django.db import connection, models, transaction

from childfriendly.core.models import AuditEvent, identity
from childfriendly.core.requests import origin

Result = AuditEvent.Result

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
    "unit_id",
    "before",
    "after",
    "reason",
    "result",
    "request_id",
    "address",
)

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


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
    result: Result = Result.DONE,
    unit_id: int | None = None,
) -> AuditEvent:
    """Append one row. `before` and `after` hold only what changed, as JSON values. `by=None` means the system. In whose
    area the row is read follows from the object (`audit_unit_id`), or from `unit_id` where the object has no place."""
    object_type, object_id = identity(obj)
    return append(
        action=action,
        object_type=object_type,
        object_id=object_id,
        object_name=str(obj)[:300],
        unit_id=getattr(obj, "audit_unit_id", None) if unit_id is None else unit_id,
        by=by,
        at=at,
        role=role,
        before=before,
        after=after,
        reason=reason,
        result=result,
    )


def append(
    *,
    by: Actor | None,
    role: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **fields: Any,
) -> AuditEvent:
    """For `record`, and for what has no object of ours; `fields` are columns of AuditEvent."""
    event = AuditEvent(
        actor_id=str(by.pk) if by else "",
        actor_name=by.full_name if by else "Hệ thống",
        actor_role=role[:300],  # somebody with many roles is still recorded
        before=_as_stored(before),
        after=_as_stored(after),
        request_id=origin().request_id,
        address=origin().address,
        **fields,
    )
    # No savepoint of its own: whoever catches the failure of a row still loses the change that it was to tell of.
    with transaction.atomic(savepoint=False):
        seq, event.previous_hash = hold_end()
        event.seq = seq + 1
        event.hash = chained_hash(event)
        _insert(event)
    return event


_COLUMNS = [field for field in AuditEvent._meta.concrete_fields if not field.primary_key]
_INSERT = "INSERT INTO {} ({}) VALUES ({}) RETURNING id".format(  # noqa: S608 — names of our own columns
    AuditEvent._meta.db_table, ", ".join(f'"{field.column}"' for field in _COLUMNS), ", ".join(["%s"] * len(_COLUMNS))
)


def _insert(event: AuditEvent) -> None:
    """As `save` would, in a tenth of its time: everybody else's rows wait meanwhile."""
    values = [field.get_db_prep_save(getattr(event, field.attname), connection) for field in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        (event.pk,) = cursor.fetchone()
    event._state.adding = False


def _as_stored(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """What comes back from the database (lists for tuples, text for keys), since that is what will be checked."""
    stored: dict[str, Any] = json.loads(_encode(dict(values)), parse_float=_refuse_float) if values else {}
    return stored


def _refuse_float(text: str) -> NoReturn:
    raise TypeError("An audit row holds no floats: PostgreSQL stores 1e22 otherwise than it was sealed.")


def chained_hash(event: AuditEvent) -> str:
    return seal(event.previous_hash, [getattr(event, name) for name in HASHED_FIELDS])


def seal(previous_hash: str, values: Sequence[Any]) -> str:
    """HMAC-SHA-256 over the previous hash and the row's own content: one JSON list with its length in front, so that no
    two different rows give the same bytes. The key is no row of the database: who can write rows cannot seal them."""
    content = _encode([_at_utc(value) if isinstance(value, datetime) else value for value in values]).encode()
    message = previous_hash.encode() + len(content).to_bytes(8, "big") + content
    return hmac.digest(settings.AUDIT_KEY.encode(), message, "sha256").hex()


def _at_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def hold_end() -> tuple[int, str]:
    """Number and hash of the last row, with every other writer kept out until this transaction ends.

    SQLite: the transaction is IMMEDIATE and so already alone. PostgreSQL: without the lock two writers see one
    predecessor; the unique previous_hash would then refuse the second. The lock is a statement of its own, since what a
    statement sees is settled before it begins to wait, but both go in one message (psycopg2 gives the last one's
    answer): what counts while others wait is the way to the database and back.
    """
    lock = f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK});" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{lock} SELECT seq, hash FROM core_auditevent ORDER BY seq DESC LIMIT 1")  # noqa: S608
        last: tuple[int, str] | None = cursor.fetchone()
    return last or (0, GENESIS)
