"""What leaves as a file: counted, recorded, marked with who took it, and true of one instant (SECURITY Z-11, E-05)."""

import datetime as dt
import threading
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from assessments import summaries
from assessments.models import Dossier
from assessments.summaries import summarise
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import TooMany
from childfriendly.core.exports import exported, watermark
from childfriendly.core.models import AuditEvent
from childfriendly.core.snapshots import snapshot
from communes.models import Role, User
from papers.services.batch import issue_certificates
from tests.answers import body_of
from tests.factories import Place, UserFactory, approved, dossier_in, issued_paper, make_place, move
from tests.signing_in import signed_in

AT = dt.datetime(2024, 12, 1, 18, 30, tzinfo=dt.UTC)  # 01:30 of the next day in Viet Nam


def client_of(user: User) -> Client:
    return signed_in(user)


def exports_of(user: User) -> list[tuple[str, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(actor_id=str(user.pk), action__startswith="export_").order_by("seq")
    return list(rows.values_list("action", "after"))


# ---- how often ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_sixth_export_of_a_minute_is_refused_and_not_recorded() -> None:
    place = make_place()
    for second in range(5):
        exported("summary", place.period, rows=1, by=place.leader, at=AT + dt.timedelta(seconds=second))
    with pytest.raises(TooMany) as refusal:
        exported("users", place.period, rows=1, by=place.leader, at=AT + dt.timedelta(seconds=59))
    assert str(refusal.value) == "Mỗi phút kết xuất được tối đa 5 tệp. Đợi một phút rồi tải lại tệp này."
    assert len(exports_of(place.leader)) == 5
    exported("summary", place.period, rows=1, by=place.clerk, at=AT + dt.timedelta(seconds=59))
    exported("summary", place.period, rows=1, by=place.leader, at=AT + dt.timedelta(seconds=60))
    assert len(exports_of(place.leader)) == 6


@pytest.mark.django_db
def test_commands_on_the_server_are_recorded_but_not_counted() -> None:
    place = make_place()
    for _ in range(7):
        exported("summary", place.period, rows=1, by=None, at=AT)
    assert AuditEvent.objects.filter(action="export_summary", actor_id="").count() == 7


@pytest.mark.django_db
def test_the_page_of_the_refusal_is_429_with_the_sentence() -> None:
    place = make_place()
    dossier_in(Status.SUBMITTED, place)
    client = client_of(place.head_of_office)
    address = reverse("reports:summary_xlsx")
    assert [client.get(address).status_code for _ in range(5)] == [200] * 5
    refused = client.get(address)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    assert "Mỗi phút kết xuất được tối đa 5 tệp." in refused.content.decode()
    fragment = client.get(address, headers={"HX-Request": "true"})
    assert fragment.status_code == 429
    assert "<html" not in fragment.content.decode()


@pytest.mark.django_db(transaction=True)
def test_twenty_exports_at_once_are_five() -> None:
    somebody, place = UserFactory(), make_place()
    barrier, taken = threading.Barrier(20), []

    def take() -> None:
        try:
            barrier.wait(30)
            exported("summary", place.period, rows=1, by=somebody, at=AT)
            taken.append(True)
        except TooMany:
            taken.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == [False] * 15 + [True] * 5
    assert len(exports_of(somebody)) == 5


# ---- who took it -------------------------------------------------------------------------------------------------
def test_the_watermark_names_the_person_and_the_vietnamese_time() -> None:
    person = User(username="nguyen.van.an", full_name="Nguyễn Văn An")
    assert watermark(person, AT) == "Kết xuất bởi Nguyễn Văn An (nguyen.van.an) lúc 01:30 02/12/2024"
    assert watermark(None, AT) == "Kết xuất bởi hệ thống (dòng lệnh trên máy chủ) lúc 01:30 02/12/2024"


@pytest.mark.django_db
def test_the_workbook_says_on_every_printed_page_who_took_it() -> None:
    place = make_place()
    User.objects.filter(pk=place.province_staff.pk).update(full_name="Trần R&D")
    content = client_of(place.province_staff).get(reverse("reports:summary_xlsx")).content
    footer = openpyxl.load_workbook(BytesIO(content))["Tổng hợp"].oddFooter.left.text
    assert str(footer).startswith(f"Kết xuất bởi Trần R&&D ({place.province_staff.username}) lúc ")
    assert exports_of(place.province_staff) == [("export_summary", {"rows": 1, "unit": place.province.code})]


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.django_db
def test_a_draft_carries_who_took_it_and_an_issued_paper_does_not() -> None:
    place = make_place(2)
    drafted = approved([dossier_in(Status.CONCLUDED, place)], place)
    official = issued_paper([dossier_in(Status.CONCLUDED, place, 1)], place).decision
    assert official is not None
    client = client_of(place.clerk)
    mark = f"Kết xuất bởi {place.clerk.full_name} ({place.clerk.username}) lúc"
    for decision, is_marked in ((drafted, True), (official, False)):
        dossier = decision.items.get().dossier
        if not is_marked:
            issue_certificates(decision, at=timezone.now(), progress=lambda done, total: None)
        paper = text_of(body_of(client.get(reverse("reports:decision_pdf", args=[decision.uuid]))))
        certificate = text_of(
            body_of(client.get(reverse("reports:certificate_pdf", args=[decision.uuid, dossier.uuid])))
        )
        assert [mark in paper, mark in certificate] == [is_marked, is_marked]
    assert [action for action, _ in exports_of(place.clerk)] == ["export_decision", "export_certificate"] * 2


@pytest.mark.django_db
def test_an_export_is_recorded_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place()
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)

    def fails(*_: object, **__: object) -> bytes:
        raise OSError("no space left")

    monkeypatch.setattr("reports.views.render_pdf", fails)
    with pytest.raises(OSError, match="no space left"):
        client_of(place.clerk).get(reverse("reports:decision_pdf", args=[decision.uuid]))
    assert exports_of(place.clerk) == [("export_decision", {"rows": 1})]


def people(place: Place) -> dict[Role, User]:
    return {Role.COMMUNE_HEAD: place.heads[0], Role.APPRAISER: place.appraiser}


# ---- one instant -------------------------------------------------------------------------------------------------
def in_a_thread(work: Any) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert failures == []


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_does_not_see_what_is_committed_meanwhile() -> None:
    place = make_place()
    dossier = dossier_in(Status.SUBMITTED, place)

    def withdraw() -> None:
        move(Action.WITHDRAW, dossier, people(place), place)

    with snapshot():
        before = Dossier.objects.get(pk=dossier.pk).status
        in_a_thread(withdraw)  # and no writer waits for the reader
        during = Dossier.objects.get(pk=dossier.pk).status
    after = Dossier.objects.get(pk=dossier.pk).status
    assert [before, during, after] == [Status.SUBMITTED, Status.SUBMITTED, Status.WITHDRAWN]
    exported("summary", place.period, rows=1, by=None, at=AT)  # the connection writes as before


@pytest.mark.django_db(transaction=True)
def test_the_figures_of_one_export_add_up_while_somebody_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the reading of the dossiers and that of their sheets a commune concludes: the export shows the state
    before, in state, points and totals alike."""
    place = make_place(3)
    dossiers = [dossier_in(Status.APPRAISING, place, index) for index in range(3)]
    read_sheets = summaries._newest_sheets

    def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(summaries, "_newest_sheets", read_sheets)
        in_a_thread(lambda: move(Action.CONCLUDE, dossiers[1], people(place), place))
        return read_sheets(*args)

    monkeypatch.setattr(summaries, "_newest_sheets", meanwhile)
    content = client_of(place.province_staff).get(reverse("reports:summary_xlsx")).content
    assert Dossier.objects.get(pk=dossiers[1].pk).status == Status.CONCLUDED
    book = openpyxl.load_workbook(BytesIO(content), data_only=True)["Tổng hợp"]
    rows = [row for row in book.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert [row[3] for row in rows] == [Status.APPRAISING.label] * 3
    assert [(sum(row[9:22]), row[22], row[23]) for row in rows] == [(1000, 1000, None)] * 3
    total = next(row for row in book.iter_rows(values_only=True) if row[2] == "Tổng cộng")
    assert list(total[4:8]) == [sum(row[4] for row in rows), None, sum(row[6] for row in rows), 0]
    made = summarise(place.period, place.deciding, reader=place.province_staff, at=AT)
    assert [row.status for row in made.rows].count(Status.CONCLUDED) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_bulk_export_asks_once_more_who_is_there(headers: dict[str, str]) -> None:
    """SECURITY.md N-13: an open screen in an empty office is not enough."""
    place, client = make_place(), Client()
    client.force_login(place.province_staff)
    answer = client.get(reverse("reports:summary_xlsx"), headers=headers)
    if headers:
        assert answer.status_code == 401
    else:
        assert answer.headers["Location"].startswith(reverse("account_reauthenticate") + "?next=")
    assert exports_of(place.province_staff) == []
