"""What the system does by itself, each as one command: nightly, and once an hour what should not wait for the night.

django-q2's scheduler asks for a job at the hour; as jobs, two workers do it once and a killed one is made good for.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from typing import Final

from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from childfriendly.core import jobs
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import Job

logger = logging.getLogger(__name__)

KIND: Final = "nightly"
ASK: Final = "childfriendly.core.nightly.ask"
LIMIT: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Chore:
    """A command, what people call it, and its hour in Vietnamese time; `hour=None` means every hour."""

    command: str
    label: str
    hour: int | None
    minute: int
    is_wanted: Callable[[], bool] = lambda: True

    def next_time(self, now: datetime) -> datetime:
        local = timezone.localtime(now)
        hour = local.hour if self.hour is None else self.hour
        planned = local.replace(hour=hour, minute=self.minute, second=0, microsecond=0)
        step = timedelta(hours=1) if self.hour is None else timedelta(days=1)
        return planned if planned > local else planned + step


CHORES: Final = (
    Chore("backup", "sao lưu", 1, 0, lambda: settings.BACKUP_DIR is not None),
    Chore("verify_files", "kiểm tra tệp đã lưu", 2, 0),
    Chore("verify_audit", "kiểm tra nhật ký", 3, 0),
    Chore("audit_head", "in dấu nhật ký", 3, 30),
    Chore("forget_jobs", "dọn việc đã xong", 4, 0),
    Chore("forget_imports", "dọn tệp đã nhập", 4, 5),
    Chore("clearsessions", "dọn phiên đăng nhập", 4, 10),
    Chore("scan_files", "quét vi-rút", None, 20, lambda: bool(settings.CLAMD_SOCKET)),
)


def set_up(now: datetime) -> None:
    """Make the schedule what it is to be; called where a worker starts. A chore keeps its next time."""
    from django_q.models import Schedule

    wanted = {chore.command: chore for chore in CHORES if chore.is_wanted()}
    Schedule.objects.filter(func=ASK).exclude(name__in=wanted).delete()
    for command, chore in wanted.items():
        kind = Schedule.HOURLY if chore.hour is None else Schedule.DAILY
        Schedule.objects.update_or_create(
            name=command,
            defaults={"func": ASK, "args": repr((command,)), "schedule_type": kind, "repeats": -1},
            create_defaults={
                "func": ASK,
                "args": repr((command,)),
                "schedule_type": kind,
                "repeats": -1,
                "next_run": chore.next_time(now),
            },
        )


def ask(command: str) -> None:
    jobs.enqueue(
        KIND, key=command, title=f"manage.py {command}", by=None, at=timezone.now(), arguments={"command": command}
    )


def _do(work: jobs.Work) -> jobs.Result:
    """What the command prints goes to the log of the worker; what it finds wrong, too, as an error."""
    command, said = str(work.job.arguments["command"]), StringIO()
    try:
        call_command(command, stdout=said)
    except CommandError as error:
        logger.error("Nightly %s: %s %s", command, " ".join(said.getvalue().split()), error)
        raise Refused(str(error)) from error
    logger.warning("Nightly %s: %s", command, " ".join(said.getvalue().split()))
    return jobs.Result(said.getvalue())


@dataclass(frozen=True, slots=True)
class Failing:
    label: str
    job: Job


def failing() -> list[Failing]:
    """The chores of which the last run found something wrong; for the first page of whoever looks after the system."""
    newest: dict[str, Job] = {}
    for job in Job.objects.filter(kind=KIND, finished_at__isnull=False).order_by("finished_at", "pk"):
        newest[job.key] = job
    failed = {key: job for key, job in newest.items() if job.state == Job.State.FAILED}
    return [Failing(chore.label, failed[chore.command]) for chore in CHORES if chore.command in failed]


jobs.register(KIND, jobs.Kind(run=_do, may_fetch=lambda job, user, at: False, seconds=int(LIMIT.total_seconds())))
