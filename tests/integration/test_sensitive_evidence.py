"""Files about single children: who opens them at once, who says why first, who is told, and the lock (SECURITY.md,
matrix row «download sensitive evidence», 16.3.2, N-13, L-05)."""

import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import services
from assessments.models import Dossier, Evidence, EvidenceAccess
from assessments.permissions import Door, door_to
from assessments.policy import DECIDED
from assessments.readings import last_days, readings_of, unusual
from assessments.workflow import Status
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.exports import exported
from childfriendly.core.models import AuditEvent
from communes.models import Role, User
from tests.factories import _PATH, PDF, Place, dossier_in, issued, make_place, move, pdf_file, user_with
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

WHY = "Đối chiếu số liệu mục 3.1."
PEOPLE = ("uploader", "editor", "head", "assigned", "colleague", "head_of_office", "leader", "clerk", "inspector")


@pytest.fixture
def place() -> Place:
    return make_place()


def sensitive(place: Place, status: Status = Status.APPRAISING, item: str = "TC03.1") -> Evidence:
    """A file that was sent with the dossier, which then went its way."""
    dossier = dossier_in(Status.DRAFT, place)
    evidence = services.attach_evidence(
        dossier_id=dossier.pk, item=item, slot=None, upload=pdf_file(), by=place.editors[0], at=place.later()
    )
    people = {Role.COMMUNE_HEAD: place.heads[0], Role.APPRAISER: place.appraiser}
    for action in _PATH[status]:
        dossier = move(action, dossier, people, place)
    if status in DECIDED:
        decision = issued([dossier], place)
        if status is Status.REVOKED:
            items = decision.items.values_list("pk", flat=True)
            services.revoke(item_ids=items, document="", reason="", by=place.clerk, at=place.later())
    return Evidence.objects.select_related("dossier__commune__parent", "dossier__period").get(pk=evidence.pk)


def people(place: Place) -> dict[str, User]:
    return {
        "uploader": place.editors[0],
        "editor": user_with(Role.COMMUNE_EDITOR, place.communes[0]),
        "head": place.heads[0],
        "assigned": place.appraiser,
        "colleague": user_with(Role.APPRAISER, place.deciding),
        "head_of_office": place.head_of_office,
        "leader": place.leader,
        "clerk": place.clerk,
        "inspector": place.inspector,
        "province_staff": place.province_staff,
        "system_admin": user_with(Role.SYSTEM_ADMIN, place.province),
    }


def page(evidence: Evidence, name: str = "evidence") -> str:
    return reverse(f"assessments:{name}", args=[evidence.uuid])


def opened(user: User, evidence: Evidence) -> bytes | int:
    """The file, or the status in its place."""
    response = signed_in(user).get(page(evidence))
    content = b"".join(response) if response.streaming else response.content
    for close in response._resource_closers:  # as a server does; `close()` would close the test's connection, too
        close()
    return content if response.status_code == 200 else response.status_code


# ---- who ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "reason", "glass"),
    [
        (Status.DRAFT, set(), {"editor"}),
        (Status.APPRAISING, {"assigned"}, {"editor", "colleague", "head_of_office", "inspector"}),
        (Status.CONCLUDED, {"assigned", "leader"}, {"editor", "colleague", "head_of_office", "inspector"}),
        (Status.RECOGNISED, set(), {"editor", "assigned", "colleague", "head_of_office", "leader", "inspector"}),
    ],
)
def test_each_door_opens_to_those_of_the_matrix(
    place: Place, status: Status, reason: set[str], glass: set[str]
) -> None:
    evidence, now = sensitive(place, status), place.later()
    doors = {name: door_to(user, evidence, at=now) for name, user in people(place).items()}
    assert {name for name, door in doors.items() if door is Door.OPEN} == {"uploader", "head"}
    assert {name for name, door in doors.items() if door is Door.REASON} == reason
    assert {name for name, door in doors.items() if door is Door.GLASS} == glass


def test_uploader_and_head_open_directly_and_it_is_recorded(place: Place) -> None:
    evidence = sensitive(place)
    for user in (place.editors[0], place.heads[0]):
        assert opened(user, evidence) == PDF
    rows = AuditEvent.objects.filter(action="read_sensitive_evidence").order_by("seq")
    assert [(row.actor_name, row.after["evidence"]) for row in rows] == [
        (user.full_name, str(evidence.uuid)) for user in (place.editors[0], place.heads[0])
    ]


# ---- a reason ----------------------------------------------------------------------------------------------------
def test_the_assigned_appraiser_says_why_and_has_the_file_for_a_quarter_of_an_hour(place: Place) -> None:
    evidence, client = sensitive(place), signed_in(place.appraiser)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert client.get(page(evidence))["Location"] == page(evidence, "ask_for_evidence")
        asked = client.get(page(evidence, "ask_for_evidence")).content.decode()
        assert "Ghi lý do và mở tệp" in asked
        assert "mở khẩn" not in asked
        empty = client.post(page(evidence, "ask_for_evidence"), {"reason": "  "})
        assert empty.status_code == 422
        assert "Ghi lý do mở tệp." in empty.content.decode()
        client.post(page(evidence, "ask_for_evidence"), {"reason": WHY})
        assert opened(place.appraiser, evidence) == PDF
        clock.shift(timedelta(minutes=14, seconds=59))
        assert opened(place.appraiser, evidence) == PDF
        clock.shift(timedelta(seconds=1))
        assert opened(place.appraiser, evidence) == 302
    given = AuditEvent.objects.get(action="open_sensitive_evidence")
    assert (given.reason, given.actor_name, given.after["item"]) == (WHY, place.appraiser.full_name, "TC03.1")
    assert EvidenceAccess.objects.to_acknowledge(place.heads[0], timezone.localdate()).count() == 0


def test_the_reason_opens_one_file_to_one_person(place: Place) -> None:
    evidence = sensitive(place)
    other = Evidence.objects.create(
        **{
            field: getattr(evidence, field)
            for field in ("dossier", "item", "name", "path", "size", "content_type", "uploaded_by", "uploaded_at")
        },
        sha256="0" * 64,
        is_sensitive=True,
        scan=evidence.scan,
    )
    at = timezone.now()
    services.open_evidence(evidence=evidence, reason=WHY, by=place.appraiser, at=at)
    assert services.may_open(evidence, by=place.appraiser, at=at) is True
    assert services.may_open(other, by=place.appraiser, at=at) is False
    assert services.may_open(evidence, by=place.head_of_office, at=at) is False


def test_the_right_is_asked_again_at_every_opening(place: Place) -> None:
    evidence, at = sensitive(place), timezone.now()
    services.open_evidence(evidence=evidence, reason=WHY, by=place.appraiser, at=at)
    place.appraiser.role_assignments.update(valid_to=timezone.localdate(at) - timedelta(days=1))
    assert opened(place.appraiser, evidence) == 404


# ---- breaking the glass ------------------------------------------------------------------------------------------
def test_breaking_the_glass_confirms_who_it_is_tells_a_second_person_and_leaves_a_row(place: Place) -> None:
    evidence, client = sensitive(place), signed_in(place.inspector)
    asked = client.get(page(evidence, "ask_for_evidence")).content.decode()
    assert "lãnh đạo xã và Trưởng phòng của cơ quan thẩm định được báo ngay" in asked
    assert client.post(page(evidence, "ask_for_evidence"), {"reason": WHY}).status_code == 302
    assert opened(place.inspector, evidence) == PDF
    actions = AuditEvent.objects.about(evidence.dossier).filter(actor_id=str(place.inspector.pk)).order_by("seq")
    assert list(actions.values_list("action", "reason")) == [("break_glass", WHY), ("read_sensitive_evidence", "")]

    head = signed_in(place.heads[0])
    home = head.get(reverse("home")).content.decode()
    assert place.inspector.full_name in home
    assert WHY in home
    access = EvidenceAccess.objects.get()
    head.post(reverse("assessments:acknowledge", args=[access.uuid]))
    access.refresh_from_db()
    assert access.acknowledged_by == place.heads[0]
    assert WHY not in head.get(reverse("home")).content.decode()
    assert WHY not in signed_in(place.head_of_office).get(reverse("home")).content.decode()


def test_a_session_that_has_not_just_proved_itself_is_asked_who_it_is(place: Place) -> None:
    evidence, client = sensitive(place), Client()
    client.force_login(place.inspector)
    answer = client.post(page(evidence, "ask_for_evidence"), {"reason": WHY})
    assert answer["Location"].startswith(reverse("account_reauthenticate") + "?")
    assert EvidenceAccess.objects.count() == 0


def test_nobody_acknowledges_the_own_emergency_nor_twice(place: Place) -> None:
    evidence, at = sensitive(place), timezone.now()
    access = services.open_evidence(evidence=evidence, reason=WHY, by=place.head_of_office, at=at)
    with pytest.raises(Stale):
        services.acknowledge(access_id=access.pk, by=place.head_of_office, at=at)
    with pytest.raises(Stale):
        services.acknowledge(access_id=access.pk, by=place.leader, at=at)
    services.acknowledge(access_id=access.pk, by=place.heads[0], at=at)
    with pytest.raises(Stale, match="đã có người xác nhận"):
        services.acknowledge(access_id=access.pk, by=place.heads[0], at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceAccess.objects.update(acknowledged_by=place.head_of_office)


def test_others_find_no_such_page(place: Place) -> None:
    evidence = sensitive(place, Status.CONCLUDED)
    everybody = people(place)
    for name in ("clerk", "province_staff", "system_admin"):
        client = signed_in(everybody[name])
        for address in (page(evidence), page(evidence, "ask_for_evidence"), page(evidence, "protect_evidence")):
            assert client.get(address).status_code == 404, (name, address)
            assert client.post(address, {"reason": WHY}).status_code in {404, 405}, (name, address)
    assert EvidenceAccess.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_acknowledge_at_once_are_one() -> None:
    place = make_place()
    evidence, at = sensitive(place), timezone.now()
    access = services.open_evidence(evidence=evidence, reason=WHY, by=place.inspector, at=at)
    barrier, answers = threading.Barrier(2), []

    def acknowledge(user: User) -> None:
        try:
            barrier.wait(20)
            services.acknowledge(access_id=access.pk, by=user, at=at)
            answers.append(True)
        except Stale:
            answers.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=acknowledge, args=[user]) for user in (place.heads[0], place.head_of_office)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [False, True]
    assert AuditEvent.objects.filter(action="acknowledge_break_glass").count() == 1


# ---- the lock ----------------------------------------------------------------------------------------------------
def test_a_locked_file_opens_to_nobody_but_by_breaking_the_glass(place: Place) -> None:
    evidence = sensitive(place, item="TC01.1")
    assert opened(place.appraiser, evidence) == PDF
    signed_in(place.heads[0]).post(
        page(evidence, "protect_evidence"), {"reason": "Gia đình rút đồng ý.", "action": "lock"}
    )
    evidence.refresh_from_db()
    assert evidence.is_locked
    assert [opened(user, evidence) for user in (place.editors[0], place.heads[0], place.appraiser)] == [302] * 3
    services.open_evidence(evidence=evidence, reason=WHY, by=place.appraiser, at=timezone.now())
    assert EvidenceAccess.objects.get().is_emergency is True
    assert opened(place.appraiser, evidence) == PDF
    signed_in(place.head_of_office).post(
        page(evidence, "protect_evidence"), {"reason": "Đã làm rõ.", "action": "unlock"}
    )
    assert opened(place.editors[0], evidence) == PDF
    kept = AuditEvent.objects.filter(action__in=["lock_evidence", "unlock_evidence"]).order_by("seq")
    assert list(kept.values_list("action", "reason")) == [
        ("lock_evidence", "Gia đình rút đồng ý."),
        ("unlock_evidence", "Đã làm rõ."),
    ]


def test_a_reason_given_before_the_lock_opens_nothing_after_it(place: Place) -> None:
    evidence, at = sensitive(place), timezone.now()
    services.open_evidence(evidence=evidence, reason=WHY, by=place.appraiser, at=at)
    services.lock_evidence(evidence=evidence, reason="Cơ quan điều tra yêu cầu.", by=place.heads[0], at=at)
    evidence.refresh_from_db()
    assert services.may_open(evidence, by=place.appraiser, at=at) is False


def test_who_knows_of_a_locked_file_but_may_not_break_the_glass_reads_why(place: Place) -> None:
    evidence = sensitive(place, Status.RECOGNISED, item="TC01.1")
    services.lock_evidence(evidence=evidence, reason=WHY, by=place.head_of_office, at=timezone.now())
    answer = signed_in(place.province_staff).get(page(evidence))
    assert answer.status_code == 409
    assert "đang bị khóa nên không mở được" in answer.content.decode()


def test_the_lock_is_for_those_who_look_after_the_file(place: Place) -> None:
    evidence, at = sensitive(place), timezone.now()
    for user in (place.editors[0], place.appraiser, place.leader, place.inspector):
        with pytest.raises(Refused, match="Chỉ lãnh đạo xã và Trưởng phòng"):
            services.lock_evidence(evidence=evidence, reason=WHY, by=user, at=at)
    with pytest.raises(Refused, match="Ghi lý do khóa tệp"):
        services.lock_evidence(evidence=evidence, reason=" ", by=place.heads[0], at=at)
    services.lock_evidence(evidence=evidence, reason=WHY, by=place.heads[0], at=at)
    with pytest.raises(Stale):
        services.lock_evidence(evidence=evidence, reason=WHY, by=place.head_of_office, at=at)


def test_a_locked_file_is_not_taken_out(place: Place) -> None:
    evidence, at = sensitive(place, Status.DRAFT), timezone.now()
    services.lock_evidence(evidence=evidence, reason=WHY, by=place.heads[0], at=at)
    with pytest.raises(Refused, match="đang bị khóa nên giữ nguyên"):
        services.remove_evidence(evidence_id=evidence.pk, by=place.editors[0], at=at)


# ---- who saw file X ----------------------------------------------------------------------------------------------
def test_one_page_answers_who_opened_a_file_between_two_days(place: Place) -> None:
    evidence = sensitive(place)
    days = [datetime(2024, 12, day, 17, 30, tzinfo=UTC) for day in (1, 2, 3)]  # 00:30 of the next day in Viet Nam
    for at in days:
        services.note_reading(evidence=evidence, by=place.heads[0], at=at)
    services.open_evidence(evidence=evidence, reason=WHY, by=place.inspector, at=days[1])
    client = signed_in(place.head_of_office)
    answer = client.get(page(evidence, "protect_evidence"), {"since": "03/12/2024", "until": "03/12/2024"})
    text = answer.content.decode()
    assert text.count("03/12/2024</td>") == 2
    assert "02/12/2024</td>" not in text
    assert "04/12/2024</td>" not in text
    assert "Mở khẩn" in text
    assert len(readings_of(evidence)) == 4
    assert client.get(page(evidence, "protect_evidence"), {"since": "33/12/2024"}).status_code == 200


# ---- unusual -----------------------------------------------------------------------------------------------------
def read(place: Place, user: User, count: int, at: datetime) -> None:
    """As if the person had opened so many different files."""
    dossier = dossier_in(Status.DRAFT, place) if not Dossier.objects.exists() else Dossier.objects.get()
    for number in range(count):
        after = {"item": "TC03.1", "sha256": f"{number:064}"}
        audit.record("read_sensitive_evidence", dossier, by=user, at=at, after=after)


def test_more_than_so_many_files_in_a_day_and_exports_by_night_are_unusual(place: Place, settings: Any) -> None:
    settings.UNUSUAL_READS_A_DAY = 3
    noon, night = datetime(2024, 12, 2, 5, tzinfo=UTC), datetime(2024, 12, 2, 15, tzinfo=UTC)  # 12:00 and 22:00
    read(place, place.appraiser, 3, noon)
    read(place, place.heads[0], 4, noon)
    read(place, place.heads[0], 4, noon)  # the same files again are no more files
    exported("summary", place.period, rows=1, by=place.leader, at=noon)
    exported("summary", place.period, rows=1, by=place.leader, at=night)
    exported("summary", place.period, rows=1, by=place.leader, at=datetime(2024, 12, 2, 21, 59, tzinfo=UTC))  # 04:59
    exported("summary", place.period, rows=1, by=place.leader, at=datetime(2024, 12, 2, 22, tzinfo=UTC))  # 05:00
    since, until = datetime(2024, 12, 1, tzinfo=UTC), datetime(2024, 12, 5, tzinfo=UTC)
    found = unusual(since=since, until=until)
    assert sorted((f"{one.day:%d/%m}", one.actor_name, one.words) for one in found) == [
        ("02/12", place.heads[0].full_name, "mở 4 tệp nhạy cảm trong một ngày"),
        ("02/12", place.leader.full_name, "kết xuất 1 tệp trong đêm (từ 22 giờ đến 5 giờ)"),
        ("03/12", place.leader.full_name, "kết xuất 1 tệp trong đêm (từ 22 giờ đến 5 giờ)"),
    ]
    with time_machine.travel(datetime(2024, 12, 3, 8, tzinfo=UTC), tick=False):
        told = StringIO()
        call_command("unusual_reads", days=1, stdout=told)
        assert told.getvalue().count("kết xuất 1 tệp trong đêm") == 2
        shown = signed_in(place.inspector).get(reverse("assessments:unusual")).content.decode()
        assert f"{place.heads[0].full_name}" in shown
        assert "Mở 4 tệp nhạy cảm trong một ngày" in shown
        elsewhere = signed_in(make_place().inspector).get(reverse("assessments:unusual")).content.decode()
        assert "Không có lượt nào bất thường." in elsewhere
        assert signed_in(place.leader).get(reverse("assessments:unusual")).status_code == 404
    assert last_days(1, until)[0] == datetime(2024, 12, 3, 17, tzinfo=UTC)


# ---- uploading ---------------------------------------------------------------------------------------------------
def test_a_paper_about_children_is_sent_in_redacted_or_not_at_all(place: Place) -> None:
    dossier, client = dossier_in(Status.DRAFT, place), signed_in(place.editors[0])
    address = reverse("assessments:attach", args=[dossier.uuid, "TC03.1"])
    refused = client.post(address, {"upload": pdf_file(), "slot": ""})
    assert refused.status_code == 422
    assert "Tải bản đã che thông tin trẻ em, rồi đánh dấu ô này." in refused.content.decode()
    assert Evidence.objects.count() == 0
    assert client.post(address, {"upload": pdf_file(), "slot": "", "redacted": "on"}).status_code == 302
    assert Evidence.objects.get().is_sensitive is True
    shown = client.get(reverse("assessments:criterion", args=[dossier.uuid, "TC03"])).content.decode()
    assert "Tệp (bản đã che thông tin trẻ em)" in shown
    assert "mọi lần mở đều được ghi lại" in shown
    ordinary = client.get(reverse("assessments:criterion", args=[dossier.uuid, "TC01"])).content.decode()
    assert "bản đã che" not in ordinary
