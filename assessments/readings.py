"""Who has opened which file: asked of the audit, for the people who look after a file and for a breach notice
(SECURITY.md, «Vietnamese duties»), and what is unusual about it (L-05)."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from assessments.models import Evidence
from childfriendly.core.exports import PREFIX
from childfriendly.core.models import AuditEvent

READ = "read_sensitive_evidence"
READINGS = (READ, "break_glass", "open_sensitive_evidence")
NIGHT_BEGINS, NIGHT_ENDS = time(22), time(5)


def readings_of(
    evidence: Evidence, *, since: datetime | None = None, until: datetime | None = None
) -> list[AuditEvent]:
    """Every opening of this file in that time, newest first, refusals not among them. `until` is the first moment that
    no longer counts."""
    rows = AuditEvent.objects.about(evidence.dossier).filter(action__in=READINGS, after__sha256=evidence.sha256)
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    return [row for row in rows.order_by("-seq") if row.after.get("item") == evidence.item]


# ---- unusual -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Unusual:
    """Something that a person did and that somebody should ask about."""

    day: date
    actor_id: str
    actor_name: str
    words: str


def unusual(*, since: datetime, until: datetime, units: Collection[int] | None = None) -> list[Unusual]:
    """More sensitive files in one day than UNUSUAL_READS_A_DAY, and exports by night; newest day first. With `units`
    only what happened in their area (`AuditEvent.unit_id`). One query."""
    rows = AuditEvent.objects.filter(at__gte=since, at__lt=until).filter(action__startswith=PREFIX)
    rows |= AuditEvent.objects.filter(at__gte=since, at__lt=until, action=READ)
    if units is not None:
        rows = rows.filter(unit_id__in=units)
    names: dict[str, str] = {}
    files: dict[tuple[date, str], set[tuple[str, str, str]]] = {}
    by_night: Counter[tuple[date, str]] = Counter()
    for row in rows.exclude(actor_id="").order_by("seq"):
        local = timezone.localtime(row.at)
        key = (local.date(), row.actor_id)
        names[row.actor_id] = row.actor_name
        if row.action == READ:
            files.setdefault(key, set()).add((row.object_id, row.after.get("item", ""), row.after.get("sha256", "")))
        elif local.time() >= NIGHT_BEGINS or local.time() < NIGHT_ENDS:
            by_night[key] += 1
    found = [
        Unusual(day, actor, names[actor], f"mở {len(opened)} tệp nhạy cảm trong một ngày")
        for (day, actor), opened in files.items()
        if len(opened) > settings.UNUSUAL_READS_A_DAY
    ]
    found += [
        Unusual(day, actor, names[actor], f"kết xuất {count} tệp trong đêm (từ 22 giờ đến 5 giờ)")
        for (day, actor), count in by_night.items()
    ]
    return sorted(found, key=lambda one: (one.day, one.actor_name, one.words), reverse=True)


def last_days(days: int, at: datetime) -> tuple[datetime, datetime]:
    """From the beginning of the day that lies so many days back until now."""
    first = timezone.localdate(at) - timedelta(days=days)
    return timezone.make_aware(datetime.combine(first, time.min)), at
