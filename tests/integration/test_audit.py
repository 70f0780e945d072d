"""The audit: what a row tells, that it is written with the change or not at all, and that the chain holds."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from django.urls import reverse

from assessments.workflow import Status
from childfriendly.core import audit, chain
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import AuditEvent
from communes.models import User
from tests.factories import UserFactory, dossier_in, issued, make_place
from tests.migrating import back_at
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db

NOW = datetime(2024, 12, 24, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


# ---- what a row tells --------------------------------------------------------------------------------------------
def test_a_row_tells_from_where_the_change_came(settings: object) -> None:
    settings.PROXY_COUNT = 1  # type: ignore[attr-defined]
    place = make_place()
    dossier = dossier_in(Status.WITHDRAWN, place)
    told = AuditEvent.objects.count()
    client = Client()
    client.force_login(place.heads[0])
    client.post(
        reverse("assessments:resume", args=[dossier.uuid]),
        {"version": dossier.version},
        headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.9"},
    )
    event = AuditEvent.objects.latest("seq")
    assert AuditEvent.objects.count() == told + 1
    assert (event.action, event.result, event.address) == ("resume", "done", "203.0.113.9")
    assert (len(event.request_id), event.unit_id) == (32, dossier.commune_id)


def test_a_row_of_the_command_line_tells_of_no_request() -> None:
    dossier = dossier_in(Status.SUBMITTED, make_place())
    events = AuditEvent.objects.about(dossier)
    assert set(events.values_list("request_id", "address", "unit_id")) == {("", "", dossier.commune_id)}


# ---- the chain ---------------------------------------------------------------------------------------------------
def behind_our_back() -> models.QuerySet[AuditEvent]:
    """What somebody with the database's password can do: a queryset without our guards."""
    return models.QuerySet(AuditEvent).order_by("seq")


@pytest.fixture
def five() -> Iterator[list[AuditEvent]]:
    """Five rows and no others, told by their number, in a table whose guards its owner has taken down."""
    with unguarded():
        behind_our_back()._raw_delete(using="default")
        yield five_rows()


def five_rows() -> list[AuditEvent]:
    person: User = UserFactory(password="", full_name="Người Ghi Sổ")
    for number in range(1, 6):
        audit.record(
            "note",
            person,
            by=person,
            at=NOW + number * DAY,
            role="Văn thư, Huyện Thử",
            before={"số": number},
            after={"số": number + 1, "danh sách": ["Đ", "ă"]},
            reason="Có lý do.",
        )
    return list(AuditEvent.objects.all())


def broken_at() -> int | None:
    row = chain.first_broken_row()
    return row.seq if row else None


def test_the_audit_of_a_whole_story_is_whole() -> None:
    issued([dossier_in(Status.CONCLUDED, place := make_place())], place)
    assert AuditEvent.objects.count() > 10
    assert broken_at() is None


def test_an_empty_audit_is_whole() -> None:
    assert (AuditEvent.objects.count(), chain.verify()) == (0, chain.Walk())


def test_an_audit_row_is_never_changed_or_deleted_through_the_code(five: list[AuditEvent]) -> None:
    row = five[0]
    row.reason = "Lý do khác."
    attempts: list[Callable[[], object]] = [
        row.save,
        lambda: row.save(update_fields=["reason"]),
        row.delete,
        lambda: AuditEvent.objects.update(reason=""),
        lambda: AuditEvent.objects.filter(pk=row.pk).update(reason=""),
        lambda: AuditEvent.objects.bulk_update([row], ["reason"]),
        lambda: AuditEvent.objects.update_or_create(pk=row.pk, defaults={"reason": ""}),
        lambda: AuditEvent.objects.all().delete(),
        lambda: AuditEvent.objects.filter(pk=row.pk).delete(),
    ]
    for attempt in attempts:
        with pytest.raises(TypeError, match="An audit row is never"), transaction.atomic():
            attempt()
    assert list(AuditEvent.objects.values_list("seq", "reason")) == [(seq, "Có lý do.") for seq in range(1, 6)]


@pytest.mark.parametrize("field", [name for name in audit.HASHED_FIELDS if name != "seq"])
def test_an_edited_row_shows(five: list[AuditEvent], field: str) -> None:
    values = {
        "at": five[2].at + timedelta(microseconds=1),
        "before": {"số": 4},
        "after": {},
        "unit_id": 7,
        "result": "denied",
    }
    behind_our_back().filter(seq=3).update(**{field: values.get(field, "khác")})
    assert broken_at() == 3


def test_every_column_but_the_key_is_under_the_hash() -> None:
    columns = {column.name for column in AuditEvent._meta.concrete_fields}
    assert columns - set(audit.HASHED_FIELDS) == {"id", "previous_hash", "hash"}


@pytest.mark.parametrize("field", ["hash", "previous_hash"])
def test_a_changed_hash_shows(five: list[AuditEvent], field: str) -> None:
    behind_our_back().filter(seq=3).update(**{field: "f" * 64})
    assert broken_at() == 3


def test_an_edited_row_with_a_fitting_hash_shows_at_the_next_one(five: list[AuditEvent]) -> None:
    row = five[2]
    row.reason = "Lý do khác."
    behind_our_back().filter(seq=3).update(reason=row.reason, hash=audit.chained_hash(row))
    assert broken_at() == 4


@pytest.mark.parametrize(("deleted", "shows_at"), [([1], 2), ([3], 4), ([2, 3], 4)])
def test_a_deleted_row_shows_at_the_one_after(five: list[AuditEvent], deleted: list[int], shows_at: int) -> None:
    behind_our_back().filter(seq__in=deleted)._raw_delete(using="default")
    assert broken_at() == shows_at


def test_a_gap_that_is_closed_again_shows(five: list[AuditEvent]) -> None:
    """Row 3 out, and the numbers of those behind it moved up."""
    behind_our_back().filter(seq=3)._raw_delete(using="default")
    for seq in (4, 5):
        behind_our_back().filter(seq=seq).update(seq=seq - 1)
    assert broken_at() == 3


def test_an_inserted_row_shows(five: list[AuditEvent]) -> None:
    """Rows 4 and 5 make room; the new one bears a hash of its own content, linked to the row before it."""
    for seq in (5, 4):
        behind_our_back().filter(seq=seq).update(seq=seq + 1)
    forged = AuditEvent.objects.get(seq=3)
    forged.pk, forged.seq, forged.reason = None, 4, "Chèn vào."
    forged.previous_hash = "e" * 64  # the true one is taken, by the row that is linked to it (unique)
    forged.hash = audit.chained_hash(forged)
    models.Model.save_base(forged, raw=True, force_insert=True)
    assert broken_at() == 4


def test_a_row_added_at_the_end_without_its_link_shows(five: list[AuditEvent]) -> None:
    forged = five[4]
    forged.pk, forged.seq, forged.previous_hash = None, 6, "e" * 64
    forged.hash = audit.chained_hash(forged)
    models.Model.save_base(forged, raw=True, force_insert=True)
    assert broken_at() == 6


def test_two_rows_that_change_places_show(five: list[AuditEvent]) -> None:
    for old, new in ((2, 99), (4, 2), (99, 4)):
        behind_our_back().filter(seq=old).update(seq=new)
    assert broken_at() == 2


def test_somebody_with_many_roles_is_recorded_all_the_same() -> None:
    """SQLite takes any length, PostgreSQL would fail: the reading of a file must not, because of its own record."""
    person: User = UserFactory(password="")
    row = audit.record("note", person, by=person, at=NOW, role="Cán bộ kiểm tra, Huyện Thử; " * 20)
    row.refresh_from_db()
    assert (len(row.actor_role), broken_at()) == (300, None)


@pytest.mark.parametrize("field", ["seq", "previous_hash", "hash"])
def test_two_rows_never_claim_one_place(five: list[AuditEvent], field: str) -> None:
    """Two writers who both saw row 5 as the last one: the second is refused, and nothing of it is stored."""
    second = five[4]
    second.pk, second.seq, second.previous_hash, second.hash = None, 6, "e" * 64, "f" * 64
    setattr(second, field, getattr(five[0], field))
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Model.save_base(second, raw=True, force_insert=True)


def test_a_fork_shows(five: list[AuditEvent]) -> None:
    """Whoever owns the database can take the unique index down as well: two rows 3, both linked to row 2."""
    rows = [tuple(getattr(event, name) for name in chain.COLUMNS) for event in five]
    assert chain.walk([*rows[:3], rows[2], *rows[3:]]).broken == chain.Broken(3, "có hai dòng cùng số: sổ bị rẽ nhánh")


def test_a_row_sealed_without_the_key_shows(five: list[AuditEvent], settings: Any) -> None:
    """With the database alone the whole chain can be worked out anew, but not sealed."""
    settings.AUDIT_KEY = "guessed"
    previous = audit.GENESIS
    for event in five:
        event.previous_hash, event.reason = previous, "Lý do khác."
        previous = audit.chained_hash(event)
        behind_our_back().filter(pk=event.pk).update(
            reason=event.reason, previous_hash=event.previous_hash, hash=previous
        )
    assert broken_at() is None
    settings.AUDIT_KEY = "the true one"
    assert broken_at() == 1


@pytest.mark.parametrize(
    "values", [{1: "a", 10: "b", 9: "c"}, {"t": (1, 2)}, {"n": 10**18, "no": None}, {"text": "Đ\u0301 \r\n \t"}]
)
def test_what_is_sealed_is_what_is_stored(values: dict[Any, Any]) -> None:
    """Numbers as keys and tuples come back from the database in another shape than they went in."""
    person: User = UserFactory(password="")
    audit.record("note", person, by=person, at=NOW, before=values, after=values)
    assert broken_at() is None


def test_a_float_is_refused_since_postgresql_would_store_another_one() -> None:
    with pytest.raises(TypeError, match="no floats"):
        audit.record("note", UserFactory(password=""), by=None, at=NOW, after={"share": [0.5]})


# ---- the guards --------------------------------------------------------------------------------------------------
GUARDED = "an audit row is never"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET reason = 'khác' WHERE seq = 3",
        "UPDATE core_auditevent SET seq = 99 WHERE seq = 3",
        "DELETE FROM core_auditevent WHERE seq = 5",
        "DELETE FROM core_auditevent",
        "TRUNCATE core_auditevent",
    ],
)
def test_the_database_itself_refuses_to_change_a_row(statement: str) -> None:
    if statement.startswith("TRUNCATE") and connection.vendor == "sqlite":
        statement = "DELETE FROM core_auditevent WHERE seq <= 3"  # SQLite has no TRUNCATE
    five_rows()
    told = list(AuditEvent.objects.values())
    with pytest.raises(IntegrityError, match=GUARDED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(AuditEvent.objects.values()) == told


@pytest.mark.django_db(transaction=True)
def test_the_guards_come_down_and_go_up_with_their_migration() -> None:
    five_rows()
    with back_at(("core", "0003_job")):
        behind_our_back().filter(seq=3).update(reason="khác")
    with pytest.raises(IntegrityError, match=GUARDED), transaction.atomic():
        behind_our_back().filter(seq=3).update(reason="Có lý do.")


# ---- the head that leaves the house --------------------------------------------------------------------------------
def output_of(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_the_printed_head_shows_a_missing_end(five: list[AuditEvent]) -> None:
    head = output_of("audit_head").splitlines()[1]
    assert head == f"5:{five[4].hash}"
    assert output_of("verify_audit", "--anchor", head) == f"Nhật ký nguyên vẹn: 5 dòng, dấu cuối {head}\n"
    behind_our_back().filter(seq__gte=4)._raw_delete(using="default")
    assert output_of("verify_audit") == f"Nhật ký nguyên vẹn: 3 dòng, dấu cuối 3:{five[2].hash}\n"
    with pytest.raises(CommandError, match="sai từ dòng 4: phần cuối bị cắt: thiếu các dòng đến 5"):
        output_of("verify_audit", "--anchor", head)
    for number in (4, 5):  # other rows in their place, sealed by somebody who has the key as well
        audit.record("note", five[0], by=None, at=NOW + number * DAY)
    assert output_of("verify_audit").startswith("Nhật ký nguyên vẹn: 5 dòng")
    with pytest.raises(CommandError, match="sai từ dòng 5: khác với dấu đã in ra"):
        output_of("verify_audit", "--anchor", head)


def test_the_command_names_the_first_broken_row(five: list[AuditEvent]) -> None:
    behind_our_back().filter(seq__in=[2, 4]).update(reason="khác")
    with pytest.raises(CommandError, match=r"^Nhật ký sai từ dòng 2: nội dung khác với lúc ghi\.$"):
        output_of("verify_audit")


def test_a_wrong_key_is_named_as_a_possible_cause(five: list[AuditEvent], settings: Any) -> None:
    settings.AUDIT_KEY = "another"
    with pytest.raises(CommandError, match="kiểm tra cả khóa AUDIT_KEY"):
        output_of("verify_audit")


@pytest.mark.parametrize("text", ["5", "5:abc", "năm:" + "a" * 64, ""])
def test_an_anchor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="Dấu có dạng SỐ:DẤU"):
        output_of("verify_audit", "--anchor", text)


# ---- rows past their time ----------------------------------------------------------------------------------------
def test_old_rows_leave_for_a_file_and_the_rest_still_verifies(tmp_path: Path) -> None:
    rows = five_rows()
    purged = chain.purge(before=rows[3].at, folder=tmp_path, at=NOW + 400 * DAY)
    assert purged == chain.Purged(tmp_path / "nhat-ky-1-3.jsonl.gz", 1, 3)
    assert list(AuditEvent.objects.values_list("seq", "action")) == [(4, "note"), (5, "note"), (6, "purge_audit")]
    assert chain.verify(chain.Head(5, rows[4].hash)) == chain.Walk(3, chain.head(), None)
    assert purged.path.stat().st_mode & 0o777 == 0o600
    filed = chain.walk(chain.read(purged.path), is_segment=True)
    assert filed == chain.Walk(3, chain.Head(3, rows[2].hash), None)
    told = AuditEvent.objects.get(seq=6).after
    assert (told["sha256"], told["hash"]) == (sha256(purged.path.read_bytes()).hexdigest(), rows[2].hash)

    again = chain.purge(before=rows[4].at, folder=tmp_path, at=NOW + 430 * DAY)
    assert again == chain.Purged(tmp_path / "nhat-ky-4-4.jsonl.gz", 4, 4)
    assert chain.verify() == chain.Walk(3, chain.head(), None)
    assert chain.purge(before=rows[0].at, folder=tmp_path, at=NOW + 430 * DAY) is None


def test_after_a_purge_the_rest_is_guarded_as_before(tmp_path: Path) -> None:
    rows = five_rows()
    chain.purge(before=rows[3].at, folder=tmp_path, at=NOW + 400 * DAY)
    for last in (4, 6):
        with pytest.raises(IntegrityError, match=GUARDED), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM core_auditevent WHERE seq <= %s", [last])
    audit.record("note", rows[0], by=None, at=NOW + 400 * DAY)
    with pytest.raises(IntegrityError, match=GUARDED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditevent WHERE seq = 4")


def test_a_beginning_that_went_without_a_purge_shows(five: list[AuditEvent]) -> None:
    behind_our_back().filter(seq__lte=2)._raw_delete(using="default")
    assert chain.first_broken_row() == chain.Broken(3, "thiếu các dòng trước dòng này (1 đến 2)")


def test_more_than_the_purge_told_of_is_missing(tmp_path: Path) -> None:
    rows = five_rows()
    chain.purge(before=rows[2].at, folder=tmp_path, at=NOW + 400 * DAY)
    with unguarded():
        behind_our_back().filter(seq=3)._raw_delete(using="default")
    assert chain.first_broken_row() == chain.Broken(4, "thiếu các dòng trước dòng này (1 đến 3)")


def test_a_broken_audit_is_not_purged(five: list[AuditEvent], tmp_path: Path) -> None:
    behind_our_back().filter(seq=2).update(reason="khác")
    with pytest.raises(Refused, match="sai từ dòng 2"):
        chain.purge(before=five[3].at, folder=tmp_path, at=NOW + 400 * DAY)
    assert (AuditEvent.objects.count(), list(tmp_path.iterdir())) == (5, [])


def test_the_command_purges_only_what_is_past_its_time(tmp_path: Path, settings: Any) -> None:
    five_rows()  # 25 to 29/12/2024
    settings.AUDIT_KEEP_MONTHS = 12
    with time_machine.travel(datetime(2025, 12, 31, 16, 59, tzinfo=UTC)):
        assert output_of("purge_audit", str(tmp_path)) == "Không có dòng nào quá 12 tháng.\n"
    with time_machine.travel(datetime(2025, 12, 31, 17, 0, tzinfo=UTC)):  # midnight in Vietnam
        assert "dòng 1 đến 5 ra tệp" in output_of("purge_audit", str(tmp_path))
    file = tmp_path / "nhat-ky-1-5.jsonl.gz"
    assert output_of("verify_audit", "--file", str(file)).startswith("Nhật ký nguyên vẹn: 5 dòng")
    assert output_of("verify_audit").startswith("Nhật ký nguyên vẹn: 1 dòng")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(CommandError, match="Không đọc được tệp"):
        output_of("verify_audit", "--file", str(file))


# ---- writers at once ---------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_twenty_writers_at_once_make_one_chain() -> None:
    person: User = UserFactory(password="")
    barrier = threading.Barrier(20)
    failed: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for _ in range(10):
                barrier.wait(timeout=60)
                audit.record("note", person, by=person, at=NOW, after={"writer": number})
        except BaseException as error:
            failed.append(error)
            barrier.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert failed == []
    assert list(AuditEvent.objects.values_list("seq", flat=True)) == list(range(1, 201))
    assert Counter(AuditEvent.objects.values_list("after__writer", flat=True)) == dict.fromkeys(range(20), 10)
    assert chain.verify() == chain.Walk(200, chain.head(), None)
