"""What a migration does to rows that are there already."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from django.db import connection

from childfriendly.core import chain
from childfriendly.core.models import AuditEvent
from tests.migrating import back_at, migrate, newest

pytestmark = pytest.mark.django_db(transaction=True)


def test_old_accounts_get_a_name_for_their_address_each() -> None:
    with back_at(("communes", "0001_initial")) as before:
        User = before.get_model("communes", "User")
        for name in ("lan", "minh", "tu"):
            User.objects.create(username=name, full_name=name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(uuid), count(DISTINCT uuid) FROM communes_user")
        assert cursor.fetchone() == (3, 3, 3)


def test_a_whole_audit_is_sealed_anew_and_a_broken_one_stops_the_migration() -> None:
    """Rows as version 0001 sealed them: SHA-256 over each value with its length in front."""
    with back_at(("core", "0001_initial")) as before:
        old_event = before.get_model("core", "AuditEvent")
        previous = "0" * 64
        for seq in (1, 2, 3):
            at = datetime(2024, 12, seq, 2, 0, 0, 5, tzinfo=UTC)
            values = [seq, at, "7", "Nguyễn Đức", "", "note", "x", "1", "Hồ sơ", {"a": [1, "ă"]}, {}, "Lý do."]
            digest = hashlib.sha256(previous.encode())
            for value in values:
                text = value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
                part = json.dumps(text, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
                digest.update(len(part).to_bytes(8, "big") + part)
            names = ["seq", "at", "actor_id", "actor_name", "actor_role", "action", "object_type", "object_id"]
            names += ["object_name", "before", "after", "reason"]
            row = old_event.objects.create(
                previous_hash=previous, hash=digest.hexdigest(), **dict(zip(names, values, strict=True))
            )
            previous = row.hash
        old_event.objects.filter(seq=2).update(reason="Lý do khác.")
        with pytest.raises(RuntimeError, match="sai từ dòng 2"):
            migrate(*newest("core"))
        old_event.objects.filter(seq=2).update(reason="Lý do.")
        migrate(*newest("core"))
        assert (AuditEvent.objects.count(), chain.first_broken_row()) == (3, None)
        migrate(("core", "0001_initial"))
        assert old_event.objects.get(seq=3).hash == previous
