"""What a migration does to rows that are there already."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)


def test_old_accounts_get_a_name_for_their_address_each() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([("communes", "0001_initial")])
    before = MigrationExecutor(connection).loader.project_state([("communes", "0001_initial")]).apps
    User = before.get_model("communes", "User")
    for name in ("lan", "minh", "tu"):
        User.objects.create(username=name, full_name=name)
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), count(uuid), count(DISTINCT uuid) FROM communes_user")
            assert cursor.fetchone() == (3, 3, 3)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
