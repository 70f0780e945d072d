"""The database itself refuses to change or delete an audit row, on both databases.

One way out is left for rows past their time (`manage.py purge_audit`): while the last row of the chain is a purge that
names row N as its last, rows up to N may go. That row is sealed like any other, so a forged one shows.

On SQLite a later migration that alters this table makes it anew, without triggers: it must end with these operations.
"""

from django.db import migrations, models

PURGED = """SELECT 1 FROM core_auditevent AS purge WHERE purge.seq = (SELECT max(seq) FROM core_auditevent)
    AND purge.action = 'purge_audit' AND OLD.seq <= {last}"""

SQLITE = [
    """CREATE TRIGGER core_auditevent_is_never_changed BEFORE UPDATE ON core_auditevent
    BEGIN SELECT RAISE(ABORT, 'an audit row is never changed'); END""",
    f"""CREATE TRIGGER core_auditevent_is_never_deleted BEFORE DELETE ON core_auditevent
    WHEN NOT EXISTS ({PURGED.format(last="json_extract(purge.after, '$.last')")})
    BEGIN SELECT RAISE(ABORT, 'an audit row is never deleted'); END""",
]
SQLITE_BACK = ["DROP TRIGGER core_auditevent_is_never_changed", "DROP TRIGGER core_auditevent_is_never_deleted"]

POSTGRESQL = [
    f"""CREATE FUNCTION core_auditevent_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            PERFORM 1 FROM ({PURGED.format(last="(purge.after->>'last')::bigint")}) AS purged;
            IF FOUND THEN RETURN OLD; END IF;
        END IF;
        RAISE EXCEPTION 'an audit row is never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    """CREATE TRIGGER core_auditevent_only_grows BEFORE UPDATE OR DELETE ON core_auditevent
    FOR EACH ROW EXECUTE FUNCTION core_auditevent_only_grows()""",
    """CREATE TRIGGER core_auditevent_is_never_emptied BEFORE TRUNCATE ON core_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION core_auditevent_only_grows()""",
]
POSTGRESQL_BACK = [
    "DROP TRIGGER core_auditevent_is_never_emptied ON core_auditevent",
    "DROP TRIGGER core_auditevent_only_grows ON core_auditevent",
    "DROP FUNCTION core_auditevent_only_grows()",
]


def forwards(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def backwards(apps, schema_editor):
    for statement in POSTGRESQL_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_job'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['actor_id', 'at'], name='core_auditevent_actor'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['unit_id', 'seq'], name='core_auditevent_unit'),
        ),
        migrations.RunPython(forwards, backwards),
    ]
