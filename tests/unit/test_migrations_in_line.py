"""Migrations in one line for each app, named by hand (SECURITY.md R-14)."""

import re

from django.db.migrations.loader import MigrationLoader

APPS = ["core", "communes", "criteria", "assessments", "papers"]


def test_each_app_has_one_line_of_migrations_with_names_that_say_something() -> None:
    loader = MigrationLoader(None)
    for app in APPS:
        names = sorted(name for label, name in loader.disk_migrations if label == app)
        assert len(loader.graph.leaf_nodes(app)) == 1
        numbers = [int(name[:4]) for name in names]
        assert numbers == list(range(1, len(names) + 1)), names
        assert [name for name in names if re.fullmatch(r"\d{4}_(auto_\w+|alter_\w+_and_more|.*_more)", name)] == []
        for name in names[1:]:
            parents = [parent for label, parent in loader.disk_migrations[app, name].dependencies if label == app]
            assert parents == [names[names.index(name) - 1]], name
