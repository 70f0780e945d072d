"""Everything that leaves as a file: counted, recorded and marked with who took it (SECURITY.md Z-11).

A view asks `exported(…)` once it knows how many rows leave and before it writes the first of them; what it writes then
carries `watermark(…)`. Which rows those are is not decided here: ask `visible_to` as every page does.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from childfriendly.core import audit
from childfriendly.core.exceptions import TooMany
from childfriendly.core.models import AuditEvent

PREFIX = "export_"
MINUTE = timedelta(minutes=1)


class Taker(audit.Actor, Protocol):
    """Who takes a file away."""

    @property
    def username(self) -> str: ...


@transaction.atomic
def exported(
    kind: str,
    obj: models.Model,
    *,
    rows: int,
    by: audit.Actor | None,
    at: datetime,
    role: str = "",
    after: Mapping[str, Any] | None = None,
) -> None:
    """Record that `by` takes `rows` rows of `obj` away, as «export_<kind>»; `by=None` is a command on the server.

    Raises TooMany, with nothing recorded, for more than `EXPORTS_PER_MINUTE` within a minute. The row is written before
    it is counted: appends are serialised, so twenty requests at once are counted one after the other.
    """
    audit.record(PREFIX + kind, obj, by=by, at=at, role=role, after={"rows": rows, **(after or {})})
    if by is not None and _within_a_minute(by, at) > settings.EXPORTS_PER_MINUTE:
        raise TooMany(
            f"Mỗi phút kết xuất được tối đa {settings.EXPORTS_PER_MINUTE} tệp. Đợi một phút rồi tải lại tệp này."
        )


def _within_a_minute(by: audit.Actor, at: datetime) -> int:
    recent = AuditEvent.objects.filter(actor_id=str(by.pk), action__startswith=PREFIX, at__gt=at - MINUTE)
    return recent.count()


def watermark(by: Taker | None, at: datetime) -> str:
    """«Kết xuất bởi Nguyễn Văn An (nguyen.van.an) lúc 14:05 24/11/2026»; for drafts and workbooks, never for a paper
    that has been issued."""
    who = f"{by.full_name} ({by.username})" if by else "hệ thống (dòng lệnh trên máy chủ)"
    return f"Kết xuất bởi {who} lúc {timezone.localtime(at):%H:%M %d/%m/%Y}"
