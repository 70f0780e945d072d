"""An older database for one test: tests share the database, so whoever takes it back puts all of it forward again."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps


def migrate(*targets: tuple[str, str | None]) -> StateApps:
    """The models as they are at `targets`; an app with None is taken down."""
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return executor.loader.project_state([target for target in targets if target[1]]).apps


def newest(app: str = "") -> list[tuple[str, str | None]]:
    """The last migration of every app, or of one: also of apps that the way back took down with it."""
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    return [leaf for leaf in leaves if app in ("", leaf[0])]


@contextmanager
def back_at(*targets: tuple[str, str | None]) -> Iterator[StateApps]:
    """The database as it was at `targets`, and whole again afterwards, however the test ends."""
    try:
        yield migrate(*targets)
    finally:
        migrate(*newest())
