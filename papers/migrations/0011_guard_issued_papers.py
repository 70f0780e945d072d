"""The database itself refuses to change an issued paper, or to delete one that has a number, on both databases.

An UPDATE that changes nothing is let through: it is how a row is held (`papers.services.later`).
On SQLite a later migration that alters this table makes it anew, without triggers: it must end with these operations.
"""

from django.db import migrations

ISSUED = "OLD.state = 'issued'"
NUMBERED = "(OLD.number <> '' OR OLD.register_number IS NOT NULL)"
CHANGED, DELETED = "an issued paper is never changed", "a numbered paper is never deleted"

SQLITE_DELETE = f"""CREATE TRIGGER papers_paper_numbered_is_never_deleted BEFORE DELETE ON papers_paper
    WHEN {NUMBERED} BEGIN SELECT RAISE(ABORT, '{DELETED}'); END"""
SQLITE_BACK = [
    "DROP TRIGGER papers_paper_issued_is_never_changed",
    "DROP TRIGGER papers_paper_numbered_is_never_deleted",
]

POSTGRESQL = [
    f"""CREATE FUNCTION papers_paper_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '%', CASE TG_OP WHEN 'UPDATE' THEN '{CHANGED}' ELSE '{DELETED}' END
            USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    f"""CREATE TRIGGER papers_paper_issued_is_never_changed BEFORE UPDATE ON papers_paper
    FOR EACH ROW WHEN ({ISSUED} AND OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION papers_paper_stays()""",
    f"""CREATE TRIGGER papers_paper_numbered_is_never_deleted BEFORE DELETE ON papers_paper
    FOR EACH ROW WHEN {NUMBERED} EXECUTE FUNCTION papers_paper_stays()""",
]
POSTGRESQL_BACK = [
    "DROP TRIGGER papers_paper_issued_is_never_changed ON papers_paper",
    "DROP TRIGGER papers_paper_numbered_is_never_deleted ON papers_paper",
    "DROP FUNCTION papers_paper_stays()",
]


def sqlite_update(columns):
    """SQLite compares no whole rows."""
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)
    return f"""CREATE TRIGGER papers_paper_issued_is_never_changed BEFORE UPDATE ON papers_paper
    WHEN {ISSUED} AND ({changed}) BEGIN SELECT RAISE(ABORT, '{CHANGED}'); END"""


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        statements = POSTGRESQL
    else:
        fields = apps.get_model("papers", "Paper")._meta.concrete_fields
        statements = [sqlite_update([field.column for field in fields]), SQLITE_DELETE]
    for statement in statements:
        schema_editor.execute(statement, params=None)


def backwards(apps, schema_editor):
    for statement in POSTGRESQL_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('papers', '0010_one_register_of_two_desks'),
    ]

    operations = [
        migrations.RunPython(forwards, backwards),
    ]
