"""Work in the background, on top of django-q2: what takes longer than a page may, with its progress and its result.

An app above registers a kind of work (`register`, from its `ready()`), a service asks for it (`enqueue`), a worker does
it (`run`). The row `core.Job` is the truth; django-q2's row is a bell that tells a worker to look. So a bell may be
rung twice, get lost or come late: every step is a conditional UPDATE on the state and the attempt, and whoever comes
second finds nothing left to do. A worker that is killed loses its job to the next one, which starts it afresh; after
`MAX_ATTEMPTS` it is given up, so that no job can kill workers for ever.
"""

import logging
import os
import socket
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from childfriendly.core.audit import Actor
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import Job

logger = logging.getLogger(__name__)

MAX_ATTEMPTS: Final = 3
KEPT_FOR: Final = timedelta(days=7)
PROGRESS_EVERY: Final = 0.5  # seconds; each is a write
GIVEN_UP: Final = "Việc này đã dừng giữa chừng nhiều lần nên không chạy nữa. Báo cán bộ quản trị hệ thống."


@dataclass(frozen=True, slots=True)
class Output:
    """The file that comes of a job. `name` is what the person's computer calls it: ASCII, names nobody. What is too
    large for the memory writes itself into the open file that it is handed."""

    name: str
    content: bytes | Callable[[IO[bytes]], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a job: one sentence for its page, and perhaps a file."""

    message: str
    output: Output | None = None


@dataclass(slots=True)
class Work:
    """One attempt at a job, as its handler sees it."""

    job: Job
    _told: float = field(default=0.0)

    def progress(self, done: int, total: int) -> None:
        """Says how far the work is. Not inside a transaction: nobody would see it before the end."""
        now = time.monotonic()
        if done < total and now - self._told < PROGRESS_EVERY:
            return
        self._told = now
        if not _mine(self.job).update(done=done, total=total):
            raise TakenOver(str(self.job.uuid))


@dataclass(frozen=True, slots=True)
class Kind:
    """`run` does the work and may be begun anew at any point: what it changes, it changes in one transaction, or so
    that a second time changes nothing. `may_fetch` asks whether the owner may still have the result: rights may have
    ended since (SECURITY.md Z-05). `seconds` replaces JOB_TIMEOUT for work of the night."""

    run: Callable[[Work], Result]
    may_fetch: Callable[[Job, Any, datetime], bool]
    seconds: int | None = None

    @property
    def limit(self) -> int:
        return self.seconds or settings.JOB_TIMEOUT


class TakenOver(Exception):
    """This attempt was held for dead and another has the job; it stops where it stands."""


class AttemptFailed(Exception):
    """Tells django-q2 to ring again. It stores and logs the text, so that names no more than the job."""


_kinds: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    if _kinds.setdefault(name, kind) is not kind:
        raise ValueError(f"Two kinds of work are called {name}.")


# ---- asking for work ---------------------------------------------------------------------------------------------
@transaction.atomic
def enqueue(
    kind: str, *, key: str, title: str, by: Actor | None, at: datetime, arguments: Mapping[str, str | int] | None = None
) -> Job:
    """The job for `key`: the one that this person asked for already, as long as it is not over, else a new one.
    `by=None` means the system.

    The bell lies in the same database and is written in the same transaction: where the change rolls back there is no
    job (SECURITY.md R-09), and unlike with `on_commit` no crash right after the commit can lose it.
    """
    if kind not in _kinds:
        raise ValueError(f"No work is called {kind}.")
    job, is_new = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING]).get_or_create(
        owner_id=str(by.pk) if by else "",
        kind=kind,
        key=key,
        defaults={
            "title": title,
            "owner_name": by.full_name if by else "Hệ thống",
            "arguments": dict(arguments or {}),
            "created_at": at,
        },
    )
    if is_new:
        _ring(job)
    return job


def _ring(job: Job) -> None:
    from django_q.tasks import async_task  # reads the settings when it is imported

    async_task("childfriendly.core.jobs.run", str(job.uuid), timeout=_kinds[job.kind].limit)


# ---- doing it ----------------------------------------------------------------------------------------------------
def run(uuid: str) -> None:
    """One attempt; called by a worker. Safe to call any number of times."""
    job = _take(UUID(uuid), timezone.now())
    if job is None:
        return
    try:
        result = _kinds[job.kind].run(Work(job))
        _finish(job, result)
    except TakenOver:
        return
    except Refused as refusal:
        _end(job, Job.State.FAILED, message=str(refusal))
    except BaseException as error:  # also the time limit, which django-q2 raises as SystemExit: the row must say so
        # Where it broke, not on what: the error's own words may quote a row (SECURITY.md L-01).
        where = "".join(traceback.format_tb(error.__traceback__))
        logger.error("Job %s (%s) broke with %s\n%s", job.uuid, job.kind, type(error).__name__, where)
        _give_back(job)
        if isinstance(error, Exception):
            raise AttemptFailed(f"job {job.uuid}") from None
        raise


def _take(uuid: UUID, now: datetime) -> Job | None:
    """The job, now ours; None where there is nothing to do. Of several workers that try, one gets it."""
    job = Job.objects.filter(uuid=uuid).first()
    if job is None or job.is_over:
        return None
    free = Q(state=Job.State.WAITING) | Q(state=Job.State.RUNNING, alive_until__lt=now)
    if job.attempts >= MAX_ATTEMPTS:
        Job.objects.filter(free, pk=job.pk).update(**_ended(Job.State.FAILED), message=GIVEN_UP)
        return None
    taken = Job.objects.filter(free, pk=job.pk, attempts=job.attempts).update(
        state=Job.State.RUNNING,
        attempts=F("attempts") + 1,
        runner=_runner(os.getpid()),
        alive_until=now + timedelta(seconds=_kinds[job.kind].limit + 15),
        started_at=now,
        done=0,
        total=0,
    )
    if not taken:
        raise AttemptFailed(f"job {uuid} runs elsewhere")  # should that worker die, the bell must ring again
    return Job.objects.get(pk=job.pk)


def _mine(job: Job) -> Any:
    """The row, as long as this attempt is the one that counts."""
    return Job.objects.filter(pk=job.pk, state=job.state, attempts=job.attempts)


def _finish(job: Job, result: Result) -> None:
    """The file first, then the row that points to it (SECURITY.md R-06)."""
    if result.output is None:
        _end(job, Job.State.DONE, message=result.message)
        return
    path = _write(job, result.output)
    _end(job, Job.State.DONE, message=result.message, file_path=path, file_name=result.output.name)


def _write(job: Job, output: Output) -> str:
    """Write aside, sync, rename: under the final name there is a whole file or none (SECURITY.md R-08)."""
    folder = Path(settings.JOBS_ROOT)
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    path = folder / f"{job.uuid}{Path(output.name).suffix}"  # the same for every attempt
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{job.uuid}.", suffix=".part", delete=False) as file:
        if callable(output.content):
            output.content(file)
        else:
            file.write(output.content)
        file.flush()
        os.fsync(file.fileno())
    part = Path(file.name)
    part.chmod(settings.FILE_UPLOAD_PERMISSIONS)
    part.replace(path)
    return path.name


def _end(job: Job, state: Job.State, **what: str) -> None:
    _mine(job).update(**_ended(state), **what)


def _ended(state: Job.State) -> dict[str, Any]:
    return {"state": state, "runner": "", "alive_until": None, "finished_at": timezone.now()}


def _give_back(job: Job) -> None:
    """For another attempt, or, after the last one, for good."""
    if job.attempts >= MAX_ATTEMPTS:
        _end(job, Job.State.FAILED, message=GIVEN_UP)
    else:
        _mine(job).update(state=Job.State.WAITING, runner="", alive_until=None)


# ---- the result --------------------------------------------------------------------------------------------------
def path_of(job: Job) -> Path:
    return Path(settings.JOBS_ROOT) / job.file_path


def can_fetch(job: Job, user: Any, at: datetime) -> bool:
    """There is a file, and its owner may still read what it holds."""
    return bool(job.file_path) and path_of(job).is_file() and _kinds[job.kind].may_fetch(job, user, at)


# ---- workers that died -------------------------------------------------------------------------------------------
def _runner(pid: int) -> str:
    return f"{socket.gethostname()} {pid}"


def _is_dead(runner: str) -> bool:
    """Only of a process of this machine can it be said."""
    host, _, pid = runner.rpartition(" ")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def release_dead(now: datetime) -> None:
    """Take the jobs of dead workers back. Called where a worker starts: after a killed one that is at once, so that its
    job waits for seconds and not for django-q2 to ring again."""
    for job in Job.objects.filter(state=Job.State.RUNNING):
        if _is_dead(job.runner) or (job.alive_until and job.alive_until < now):
            _give_back(job)
            _ring(job)


def ring_for_waiting() -> None:
    """Ring for all that waits. A bell is lost where the SECRET_KEY that signed it was changed or a backup came back."""
    for job in Job.objects.filter(state=Job.State.WAITING):
        _ring(job)


def forget_old(now: datetime) -> int:
    """Delete jobs that ended long ago, then the files of no job; how many jobs."""
    old = Job.objects.filter(finished_at__lt=now - KEPT_FOR)
    with transaction.atomic():
        count, _ = old.delete()
    folder = Path(settings.JOBS_ROOT)
    if folder.is_dir():
        kept = set(Job.objects.exclude(file_path="").values_list("file_path", flat=True))
        for path in folder.iterdir():
            age = now.timestamp() - path.stat().st_mtime
            if path.name not in kept and age > KEPT_FOR.total_seconds():
                path.unlink(missing_ok=True)
    return count
