"""Reading many tables as they stand at one instant, while others write (SECURITY.md E-05)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """All reads inside see the database as it stands at the first of them; writes are not for here.

    PostgreSQL: REPEATABLE READ, read only. SQLite: a deferred transaction, which reads one state of the write-ahead log
    and keeps no writer waiting; every other transaction of ours begins IMMEDIATE. Inside a transaction that is open
    already, that one decides.
    """
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    sqlite: Any = connection  # django-stubs do not know the mode
    usual, sqlite.transaction_mode = sqlite.transaction_mode, "DEFERRED"
    try:
        with transaction.atomic():
            yield
    finally:
        sqlite.transaction_mode = usual
