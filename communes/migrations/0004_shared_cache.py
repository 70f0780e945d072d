"""The table that workers count in together (CACHES in the settings); `migrate` is all that a machine needs."""

from django.core.management import call_command
from django.db import migrations


def create(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):

    dependencies = [
        ("communes", "0003_account_life"),
    ]

    operations = [
        # it holds counts of minutes: nothing to bring back, and going forward again finds the table there
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
