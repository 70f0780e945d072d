"""Can the system work, and would somebody notice if it soon could not? One finding for each thing that `/readyz` looks
at."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from childfriendly.core import backup
from childfriendly.core.models import Job

BACKUP_AGE: Final = timedelta(hours=26)  # a night and two hours (SECURITY.md B-03)
FREE_SHARE: Final = 0.1  # of the disk (SECURITY.md R-11)
QUEUE_AGE: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    is_good: bool
    words: str


def findings(now: datetime) -> list[Finding]:
    if not (database := _database()).is_good:
        return [database]  # the rest would only wait for it
    found = [database, _disk(), _queue(now)]
    return [*found, _backup(settings.BACKUP_DIR, now)] if settings.BACKUP_DIR else found


def _database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except (OperationalError, InterfaceError):
        return Finding("cơ sở dữ liệu", False, "không trả lời")
    return Finding("cơ sở dữ liệu", True, "trả lời")


def _disk() -> Finding:
    usage = shutil.disk_usage(settings.VAR_DIR)
    share = usage.free / usage.total
    return Finding("đĩa", share >= FREE_SHARE, f"còn trống {share:.0%}")


def _queue(now: datetime) -> Finding:
    oldest = Job.objects.filter(state=Job.State.WAITING).order_by("created_at").first()
    waited = now - oldest.created_at if oldest else timedelta()
    return Finding("việc ở nền", waited <= QUEUE_AGE, f"việc chờ lâu nhất {waited // timedelta(minutes=1)} phút")


def _backup(folder: Path, now: datetime) -> Finding:
    newest = backup.newest(folder)
    if newest is None:
        return Finding("sao lưu", False, "chưa có bản nào")
    age = now - backup.verified_at(newest)
    return Finding("sao lưu", age <= BACKUP_AGE, f"bản mới nhất cách đây {age // timedelta(hours=1)} giờ")
