"""The audit: rows appended by 8 writers against a plain INSERT of the same columns, and a walk along a long chain.

Both kinds of writer are processes that commit each row on its own, as a request does. The floor writes into a table
with the same columns and indexes, without lock, chain or guard; each round lets both work in turn.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

WRITERS = 8
PLAIN = "bench_plain_audit"
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
_fork = get_context("fork")


@dataclass(frozen=True, slots=True)
class Round:
    ours: float  # rows a second
    plain: float

    @property
    def ratio(self) -> float:
        return self.ours / self.plain


def append_round(rows: int) -> Round:
    return Round(_rate(_append_ours, rows), _rate(_append_plain, rows))


def _rate(write: Callable[[int, int], None], rows: int) -> float:
    from django.db import connections

    connections.close_all()  # a connection must not be shared between processes
    barrier = _fork.Barrier(WRITERS + 1)
    share = rows // WRITERS

    def work(number: int) -> None:
        from django.db import connection

        connection.ensure_connection()
        barrier.wait()
        write(number, share)
        connection.close()

    workers = [_fork.Process(target=work, args=[number]) for number in range(WRITERS)]
    for worker in workers:
        worker.start()
    barrier.wait()
    start = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - start
    if any(worker.exitcode for worker in workers):
        sys.exit("A writer of the bench failed.")
    return share * WRITERS / seconds


def _append_ours(number: int, share: int) -> None:
    from childfriendly.core import audit

    for row in range(share):
        audit.append(
            action="save_entry",
            object_type="assessments.Dossier",
            object_id="3f0c1f6e-6a1f-4a52-9b39-4b1f6f0f4c11",
            object_name="Hồ sơ DT-2026-29987",
            unit_id=number,
            by=None,
            role="Cán bộ lập hồ sơ của xã, Xã Tháp Mười",
            at=AT,
            before={"TC01.1": "12/14"},
            after={"TC01.1": f"{row}/14"},
        )


def make_plain_table() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE TABLE {PLAIN} (LIKE core_auditevent INCLUDING ALL)")
            return
        cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'core_auditevent' AND type <> 'trigger'")
        for (sql,) in cursor.fetchall():
            if sql:
                cursor.execute(sql.replace("core_auditevent", PLAIN))


def _append_plain(number: int, share: int) -> None:
    from django.db import connection, transaction

    from childfriendly.core.chain import COLUMNS

    names, marks = ", ".join(f'"{name}"' for name in COLUMNS), ", ".join(["%s"] * len(COLUMNS))
    statement = f"INSERT INTO {PLAIN} ({names}) VALUES ({marks})"  # noqa: S608
    for row in range(share):
        seq = time.time_ns() % 10**15 * 10 + number  # no two writers have one, and nobody waits for it
        values = {
            "seq": seq,
            "previous_hash": f"{seq:064}",
            "hash": f"{seq:064}",
            "at": AT,
            "action": "save_entry",
            "object_type": "assessments.Dossier",
            "object_id": "3f0c1f6e-6a1f-4a52-9b39-4b1f6f0f4c11",
            "object_name": "Hồ sơ DT-2026-29987",
            "unit_id": number,
            "actor_name": "Hệ thống",
            "actor_role": "Cán bộ lập hồ sơ của xã, Xã Tháp Mười",
            "before": '{"TC01.1": "12/14"}',
            "after": f'{{"TC01.1": "{row}/14"}}',
            "result": "done",
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [values.get(name, "") for name in COLUMNS])


# ---- a long chain ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Verified:
    seconds: float
    megabytes: float


def fill(rows: int) -> None:
    """Sealed rows as if appended one by one, stored in blocks."""
    from childfriendly.core import chain
    from childfriendly.core.models import AuditEvent

    made = _sealed(chain.head(), rows)
    while block := list(islice(made, 5000)):
        AuditEvent.objects.bulk_create(block)


def _sealed(head: Any, rows: int) -> Iterator[Any]:
    from childfriendly.core import audit
    from childfriendly.core.models import AuditEvent

    seq, previous = head
    for number in range(seq + 1, seq + rows + 1):
        event = AuditEvent(
            seq=number,
            at=AT,
            actor_id="17",
            actor_name="Nguyễn Thị Hồng Nhung",
            actor_role="Cán bộ lập hồ sơ của xã, Xã Tháp Mười",
            action="save_entry",
            object_type="assessments.Dossier",
            object_id="3f0c1f6e-6a1f-4a52-9b39-4b1f6f0f4c11",
            object_name="Hồ sơ DT-2026-29987",
            unit_id=number % 560,
            before={"TC01.1": "12/14", "TC01.2": ""},
            after={"TC01.1": f"{number}/14", "TC01.2": "7/9"},
            request_id=f"{number:032x}",
            address="203.0.113.7",
            previous_hash=previous,
        )
        event.hash = previous = audit.chained_hash(event)
        yield event


def verify(command: Sequence[str] = ("manage.py", "verify_audit")) -> Verified:
    """In a process of its own, start-up included, so that the memory is that of the walk alone."""
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}  # bench_settings
    pid = os.posix_spawn(sys.executable, [sys.executable, *command], environment)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit("verify_audit found the bench's chain broken.")
    return Verified(time.perf_counter() - start, usage.ru_maxrss / 1024)
