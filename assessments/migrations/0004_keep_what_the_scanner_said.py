from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F

SCAN = {
    "choices": [
        ("waiting", "chưa quét"),
        ("clean", "sạch"),
        ("infected", "có mã độc"),
        ("failed", "không quét được"),
    ],
    "default": "waiting",
    "max_length": 10,
}


def take_over(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now a file was stored as it was sent."""
    apps.get_model("assessments", "Evidence").objects.update(sent_sha256=F("sha256"))


class Migration(migrations.Migration):
    dependencies = [("assessments", "0003_steptime_is_in_grace")]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="sent_sha256",
            field=models.CharField(
                default="", help_text="Của tệp như khi gửi; ảnh được vẽ lại rồi mới lưu", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.AddField("evidence", "has_active_content", models.BooleanField(default=False)),
        migrations.AddField("evidence", "scan", models.CharField(**SCAN)),
        migrations.AddField("proposal", "minutes_have_active_content", models.BooleanField(default=False)),
        migrations.AddField("proposal", "minutes_scan", models.CharField(**SCAN)),
        migrations.AddConstraint(
            "evidence",
            models.CheckConstraint(
                condition=models.Q(("size__gte", 1), ("size__lte", 20971520)),
                name="assessments_evidence_size_within_limit",
            ),
        ),
        migrations.AddConstraint(
            "evidence",
            models.CheckConstraint(
                condition=models.Q(("scan__in", ["waiting", "clean", "infected", "failed"])),
                name="assessments_evidence_scan_known",
            ),
        ),
        migrations.AddConstraint(
            "proposal",
            models.CheckConstraint(
                condition=models.Q(("minutes_scan__in", ["waiting", "clean", "infected", "failed"])),
                name="assessments_proposal_scan_known",
            ),
        ),
    ]
