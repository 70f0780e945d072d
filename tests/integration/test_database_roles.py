"""The file that divides the database between two roles, run on a real PostgreSQL: who runs the application may add
audit rows and never change them, whatever becomes of the triggers (SECURITY.md A-04). All of it is undone with the
test's transaction, the roles too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import ProgrammingError, connection, transaction

from assessments.workflow import Status
from childfriendly.core import chain
from childfriendly.core.models import AuditEvent, FormToken
from tests.factories import dossier_in, make_place

ROLES = Path(__file__).parents[2] / "docs" / "van-hanh" / "vai-tro.sql"
APP, OWNER = "xaphuhop", "xaphuhop_chu"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no roles"),
]


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def names(question: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return {name for (name,) in cursor.fetchall()}


@contextmanager
def signed_in_as(role: str) -> Iterator[None]:
    sql(f"SET LOCAL SESSION AUTHORIZATION {role}")
    yield
    sql("RESET SESSION AUTHORIZATION")


@pytest.fixture(autouse=True)
def _roles() -> None:
    """As an older installation stands, where one role held everything; then the file, and once more."""
    sql(f"CREATE ROLE {APP} LOGIN")
    for table in names(TABLES):
        sql(f'ALTER TABLE "{table}" OWNER TO {APP}')
    sql(f"ALTER FUNCTION core_auditevent_only_grows OWNER TO {APP}")
    for _ in range(2):
        sql(ROLES.read_text())


def may(privilege: str) -> set[str]:
    """The tables that the application has this privilege for."""
    return names(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"  # noqa: S608
        f" AND has_table_privilege('{APP}', oid, '{privilege}')"
    )


def test_the_application_works_and_appends_as_its_own_role() -> None:
    with signed_in_as(APP):
        dossier_in(Status.RECOGNISED, make_place(1))
        assert FormToken.objects.create(user_id="1", token="0" * 32, sent_at=AuditEvent.objects.earliest("seq").at).pk
        assert FormToken.objects.update(result="/") == 1
        assert FormToken.objects.all().delete()[0] == 1
    assert AuditEvent.objects.filter(action="issue_decision").count() == 1
    assert chain.verify().broken is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET reason = ''",
        "DELETE FROM core_auditevent",
        "TRUNCATE core_auditevent",
        "ALTER TABLE core_auditevent DISABLE TRIGGER ALL",
        "DROP TRIGGER core_auditevent_only_grows ON core_auditevent",
        "CREATE OR REPLACE FUNCTION core_auditevent_only_grows() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE core_auditevent",
        "SET session_replication_role = replica",
        f"SET ROLE {OWNER}",
        "TRUNCATE core_formtoken",
        "CREATE TABLE mine (id int)",
        "DELETE FROM django_migrations",
    ],
)
def test_the_application_is_denied_what_would_touch_the_audit(statement: str) -> None:
    with signed_in_as(APP), pytest.raises(ProgrammingError) as caught, transaction.atomic():
        sql(statement)
    assert getattr(caught.value.__cause__, "pgcode", None) == "42501"  # insufficient_privilege


def test_audit_and_migrations_alone_are_kept_from_it() -> None:
    every = names(TABLES)
    assert len(every) > 30
    assert every - may("SELECT") == set()
    assert every - may("INSERT") == {"django_migrations"}
    assert every - may("UPDATE") == {"core_auditevent", "django_migrations"}
    assert every - may("DELETE") == {"core_auditevent", "django_migrations"}
    assert may("TRUNCATE") == set()
    assert may("TRIGGER") == set()
    assert names("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == {OWNER}
    # what pg_dump of the nightly backup reads besides
    sequences = "SELECT seqrelid::regclass::text FROM pg_sequence"
    assert len(names(sequences)) > 20
    assert names(f"{sequences} WHERE NOT has_sequence_privilege('{APP}', seqrelid, 'SELECT')") == set()


def test_the_owner_can_still_move_the_tables_on() -> None:
    with signed_in_as(OWNER):
        sql("ALTER TABLE core_formtoken ADD COLUMN later integer")
        sql("CREATE TABLE of_a_later_version (id integer)")
    sql(ROLES.read_text())
    assert "of_a_later_version" in may("UPDATE")
