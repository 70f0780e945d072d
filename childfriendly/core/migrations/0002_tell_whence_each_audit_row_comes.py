"""New columns, and one seal for all rows: the hash takes in the new columns and a key. No version has been released and
no head of a chain has left a machine, so the rows are sealed anew instead of keeping two formats for ever (the weaker of
which a forger would choose). A chain that is not whole is left as it is, and the migration stops.

Both seals are written out here: a migration must do the same when the code has moved on.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime

from django.conf import settings
from django.db import migrations, models

OLD_FIELDS = ["seq", "at", "actor_id", "actor_name", "actor_role", "action", "object_type", "object_id", "object_name"]
OLD_FIELDS += ["before", "after", "reason"]
NEW_FIELDS = [*OLD_FIELDS[:9], "unit_id", *OLD_FIELDS[9:], "result", "request_id", "address"]


def encoded(value):
    if isinstance(value, datetime):
        value = value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def as_json(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def old_seal(previous, event):
    digest = hashlib.sha256(previous.encode())
    for field in OLD_FIELDS:
        part = as_json(encoded(getattr(event, field)))
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def new_seal(previous, event):
    part = as_json([encoded(getattr(event, field)) for field in NEW_FIELDS])
    message = previous.encode() + len(part).to_bytes(8, "big") + part
    return hmac.digest(settings.AUDIT_KEY.encode(), message, "sha256").hex()


def reseal(apps, old, new):
    AuditEvent = apps.get_model("core", "AuditEvent")
    old_previous = new_previous = "0" * 64
    for seq, pk in enumerate(list(AuditEvent.objects.order_by("seq").values_list("pk", flat=True)), start=1):
        event = AuditEvent.objects.get(pk=pk)
        if (event.seq, event.previous_hash, event.hash) != (seq, old_previous, old(old_previous, event)):
            raise RuntimeError(f"Nhật ký sai từ dòng {event.seq} nên không niêm phong lại. Khôi phục từ bản sao lưu.")
        old_previous, sealed = event.hash, new(new_previous, event)
        AuditEvent.objects.filter(pk=pk).update(previous_hash=new_previous, hash=sealed)
        new_previous = sealed


def forwards(apps, schema_editor):
    reseal(apps, old_seal, new_seal)


def backwards(apps, schema_editor):
    reseal(apps, new_seal, old_seal)


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='auditevent',
            name='address',
            field=models.CharField(blank=True, default="", max_length=45),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='auditevent',
            name='request_id',
            field=models.CharField(blank=True, default="", max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='auditevent',
            name='result',
            field=models.CharField(choices=[('done', 'Đã thực hiện'), ('denied', 'Bị từ chối')], default='done', max_length=10),
        ),
        migrations.AddField(
            model_name='auditevent',
            name='unit_id',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.CheckConstraint(condition=models.Q(('result__in', ['done', 'denied'])), name='core_auditevent_result_is_known'),
        ),
        migrations.RunPython(forwards, backwards),
    ]
