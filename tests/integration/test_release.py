"""From the last release with its data to now, and every migration back and forth (SECURITY.md R-14).

tests/data/release-0.1.0.json was written by the code of that release (`dumpdata`): six dossiers from draft to decided,
with files, proposals, decisions and their audit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps
from django.test import Client
from django.urls import reverse

from assessments.figures import load_figures
from assessments.models import Decision, Dossier, FrozenSheet
from childfriendly.core import chain
from communes.models import Role, User
from tests.migrating import migrate, newest

pytestmark = pytest.mark.django_db(transaction=True)

RELEASE = [
    ("communes", "0001_initial"),
    ("criteria", "0001_initial"),
    ("assessments", "0002_initial"),
    ("core", "0001_initial"),
]
APPS = [*(app for app, _ in RELEASE), "papers"]
ROWS = json.loads((Path(__file__).resolve().parents[1] / "data" / "release-0.1.0.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def newest_again() -> Iterator[None]:
    yield
    migrate(*newest())


def load(old: StateApps) -> None:
    """The rows as they were, past every service: those are of another time."""
    for row in ROWS:
        model = old.get_model(row["model"])
        values = {"pk": row["pk"]}
        for name, value in row["fields"].items():
            field = model._meta.get_field(name)
            if not field.many_to_many:
                values[field.attname] = field.to_python(value)
        models.Model.save(model(**values), force_insert=True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in {old.get_model(row["model"])._meta.db_table for row in ROWS}:
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")  # noqa: S608


def stored(old: StateApps) -> dict[tuple[str, Any], dict[str, Any]]:
    """Every column of the release but the seals of the audit, which are made anew on purpose, and who came last."""
    changing = {"hash", "previous_hash", "last_login"}
    return {
        (model, row["id"]): {name: value for name, value in row.items() if name not in changing}
        for model in {row["model"] for row in ROWS}
        for row in old.get_model(model)._default_manager.values()
    }


def test_the_data_of_the_last_release_come_through_and_back() -> None:
    old = migrate(*RELEASE)
    load(old)
    before = stored(old)
    assert len(before) == len(ROWS)
    migrate(*newest())
    assert chain.first_broken_row() is None

    # what was decided reads as it was, and pages open
    assert Decision.objects.exclude(number="").count() == 2
    for sheet in FrozenSheet.objects.filter(kind=FrozenSheet.Kind.APPRAISED).select_related("dossier"):
        figures = load_figures(Dossier.objects.with_setting().get(pk=sheet.dossier_id))
        assert figures.appraised_sheet.total == sheet.total
    client = Client()
    client.force_login(User.objects.filter(role_assignments__role=Role.INSPECTOR).get())
    listed = client.get(reverse("assessments:dossiers")).text
    for dossier in Dossier.objects.all():
        assert dossier.code in listed
        assert client.get(reverse("assessments:dossier", args=[dossier.uuid])).status_code == 200

    assert stored(migrate(*RELEASE)) == before


def test_every_migration_goes_back_and_forth_with_data() -> None:
    """Step by step, newest first: each is undone and done again before the next."""
    load(migrate(*RELEASE))
    migrate(*newest())
    graph = MigrationExecutor(connection).loader.graph
    later = [
        node
        for node in dict.fromkeys(node for leaf in graph.leaf_nodes() for node in graph.forwards_plan(leaf))
        if node[0] in APPS and node not in RELEASE and not node[1].startswith("0001_")
    ]
    assert later
    for node in reversed(later):
        before = graph.node_map[node].parents
        target = next(parent.key for parent in before if parent.key[0] == node[0])
        migrate(target)
        migrate(node)
        migrate(target)
    migrate(*newest())
    assert Dossier.objects.count() == 6
    assert chain.first_broken_row() is None


def test_every_table_can_be_taken_down_and_put_up_again() -> None:
    load(migrate(*RELEASE))
    migrate(*newest())
    migrate(*[(app, None) for app in APPS])
    migrate(*newest())
    assert Dossier.objects.count() == 0
