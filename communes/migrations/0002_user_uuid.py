import uuid

from django.db import migrations, models


def give_each_its_own(apps, schema_editor):
    """The default of AddField is worked out once, so every old account would get the same one."""
    User = apps.get_model("communes", "User")
    for pk in User.objects.values_list("pk", flat=True):
        User.objects.filter(pk=pk).update(uuid=uuid.uuid4())


class Migration(migrations.Migration):

    dependencies = [
        ("communes", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="uuid",
            field=models.UUIDField(default=uuid.uuid4, editable=False, null=True, verbose_name="mã trong địa chỉ trang"),
        ),
        migrations.RunPython(give_each_its_own, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="user",
            name="uuid",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="mã trong địa chỉ trang"),
        ),
    ]
