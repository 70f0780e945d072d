"""Evidence files: attached, opened and taken out through the pages; every request asks again who may see them."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from assessments import services
from assessments.models import Dossier, Evidence
from assessments.workflow import Action, Status
from childfriendly.core.models import AuditEvent
from communes.models import Role, User
from tests.factories import PDF, Place, dossier_in, make_place, pdf_file, user_with

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(client: Client, dossier: Dossier, item: str = "TC01.1", file: SimpleUploadedFile | None = None) -> Any:
    data = {"slot": "0", "upload": file or pdf_file()}
    return client.post(reverse("assessments:attach", args=[dossier.uuid, item]), data)


def let_go(response: Any) -> None:
    """Close the file as a server does. `response.close()` would close the test's database connection, too."""
    for close in response._resource_closers:
        close()


def status_of(client: Client, page: str, *, method: str = "get") -> int:
    response = getattr(client, method)(page)
    let_go(response)
    return int(response.status_code)


def page_of(evidence: Evidence) -> str:
    return reverse("assessments:evidence", args=[evidence.uuid])


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def attached(place: Place, dossier: Dossier, item: str = "TC01.1") -> Evidence:
    return services.attach_evidence(
        dossier_id=dossier.pk, item=item, slot=0, upload=pdf_file(), by=place.editors[0], at=place.later()
    )


def sent(place: Place, item: str = "TC01.1") -> Evidence:
    """A file in a dossier that has been submitted."""
    dossier = dossier_in(Status.DRAFT, place)
    evidence = attached(place, dossier, item)
    perform(Action.SUBMIT, evidence, place.heads[0], place)
    return evidence


def perform(action: Action, evidence: Evidence, by: User, place: Place, **extra: Any) -> None:
    row = Dossier.objects.get(pk=evidence.dossier_id)
    services.perform(action, dossier_id=row.pk, version=row.version, by=by, at=place.later(), **extra)


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def editor(place: Place) -> Client:
    return signed_in(place.editors[0])


def test_a_file_goes_under_its_slot_and_shows_with_name_and_size(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    response = upload(editor, dossier)
    assert response["Location"].endswith("#muc-TC01_1-tep")
    assert Evidence.objects.get().slot == 0
    text = text_of(editor.get(reverse("assessments:criterion", args=[dossier.uuid, "TC01"])))
    assert "bien-ban.pdf" in text
    assert "Minh chứng (1 tệp)" in text


def test_the_limits_are_said_before_choosing(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    text = text_of(editor.get(reverse("assessments:criterion", args=[dossier.uuid, "TC03"])))
    assert "PDF, Word (.docx), Excel (.xlsx), ảnh JPG, PNG hoặc HEIC; mỗi tệp tối đa 20 MB." in text
    assert "Không tải tài liệu có tên, ảnh, địa chỉ của trẻ em. Dùng bản đã che thông tin." in text


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("bien-ban.doc", b"x", ".docx hoặc PDF"),
        ("ke-hoach.pdf", b"khong phai pdf", "ke-hoach.pdf"),
        ("rong.pdf", b"", "không có nội dung"),
        ("ma.exe", b"MZ", "ma.exe"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused_in_words(
    place: Place, editor: Client, name: str, content: bytes, sentence: str
) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    response = upload(editor, dossier, file=SimpleUploadedFile(name, content))
    assert (response.status_code, Evidence.objects.count()) == (422, 0)
    assert sentence in text_of(response)
    assert "<title>Lỗi: " in response.content.decode()


def test_a_form_without_a_file_says_what_to_do(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    response = editor.post(reverse("assessments:attach", args=[dossier.uuid, "TC01.1"]), {"slot": "0"})
    assert response.status_code == 422
    assert "Chọn một tệp trên máy" in text_of(response)


def test_an_unknown_item_is_not_there(place: Place, editor: Client) -> None:
    assert upload(editor, dossier_in(Status.DRAFT, place), "TC99.9").status_code == 404


def test_a_sent_dossier_takes_no_file(place: Place, editor: Client) -> None:
    response = upload(editor, dossier_in(Status.SUBMITTED, place))
    assert (response.status_code, Evidence.objects.count()) == (409, 0)


def test_a_returned_dossier_takes_files_for_returned_items_only(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.RETURNED, place)
    assert upload(editor, dossier, "TC01.2").status_code == 422
    assert upload(editor, dossier, "TC01.1").status_code == 302
    assert [row.item for row in Evidence.objects.all()] == ["TC01.1"]


def test_a_file_is_taken_out_of_a_draft(place: Place, editor: Client) -> None:
    evidence = attached(place, dossier_in(Status.DRAFT, place))
    response = editor.post(reverse("assessments:remove_evidence", args=[evidence.uuid]))
    assert response.status_code == 302
    assert not Evidence.objects.present().exists()
    assert editor.get(page_of(evidence)).status_code == 404


def test_a_file_that_was_sent_stays(place: Place, editor: Client) -> None:
    evidence = sent(place)
    response = editor.post(reverse("assessments:remove_evidence", args=[evidence.uuid]))
    assert (response.status_code, Evidence.objects.present().count()) == (409, 1)


def test_a_pdf_opens_in_the_browser_and_in_no_cache(place: Place, editor: Client) -> None:
    evidence = attached(place, dossier_in(Status.DRAFT, place))
    response = editor.get(page_of(evidence))
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Disposition"].startswith("inline")
    asked_for = editor.get(page_of(evidence), {"tai-ve": "1"})
    let_go(asked_for)
    assert asked_for["Content-Disposition"].startswith("attachment")


def test_a_head_request_asks_the_same_question(place: Place, editor: Client) -> None:
    evidence = attached(place, dossier_in(Status.DRAFT, place))
    assert status_of(editor, page_of(evidence), method="head") == 200
    assert status_of(signed_in(make_place().editors[0]), page_of(evidence), method="head") == 404
    assert status_of(Client(), page_of(evidence), method="head") == 302


def test_a_file_missing_on_disk_is_a_sentence(place: Place, editor: Client, private_files: Path) -> None:
    evidence = attached(place, dossier_in(Status.DRAFT, place))
    (private_files / evidence.path).unlink()
    response = editor.get(page_of(evidence))
    assert response.status_code == 409
    assert "máy chủ không còn lưu tệp này" in text_of(response)


# ---- who may open what -------------------------------------------------------------------------------------------


def readers(place: Place, evidence: Evidence) -> set[str]:
    people = {
        "editor": place.editors[0],
        "head": place.heads[0],
        "appraiser": place.appraiser,
        "head_of_office": place.head_of_office,
        "leader": place.leader,
        "clerk": place.clerk,
        "province_staff": place.province_staff,
        "inspector": place.inspector,
        "catalogue_admin": place.catalogue_admin,
    }
    opened = {name: status_of(signed_in(user), page_of(evidence)) for name, user in people.items()}
    assert set(opened.values()) <= {200, 302, 404}  # 302: to the page that asks why (test_sensitive_evidence.py)
    return {name for name, status in opened.items() if status != 404}


COMMUNE = {"editor", "head"}
OFFICE = {"appraiser", "head_of_office", "inspector"}


def test_a_drafts_files_are_the_communes_own(place: Place) -> None:
    assert readers(place, attached(place, dossier_in(Status.DRAFT, place))) == COMMUNE


def test_a_sent_dossiers_files_are_read_by_those_who_work_on_it(place: Place) -> None:
    assert readers(place, sent(place)) == COMMUNE | OFFICE


def test_a_withdrawn_dossiers_files_are_the_communes_again(place: Place) -> None:
    evidence = sent(place)
    perform(Action.WITHDRAW, evidence, place.heads[0], place, reason="Nhầm.")
    assert readers(place, evidence) == COMMUNE


def test_a_new_file_in_a_returned_dossier_is_not_sent_yet(place: Place) -> None:
    evidence = sent(place)
    perform(Action.TAKE, evidence, place.appraiser, place)
    perform(Action.RETURN, evidence, place.appraiser, place, items={"TC01.1": "Thiếu dấu."})
    new = services.attach_evidence(
        dossier_id=evidence.dossier_id,
        item="TC01.1",
        slot=0,
        upload=pdf_file(content=PDF + b"% 2\n"),
        by=place.editors[0],
        at=place.later(),
    )
    assert readers(place, evidence) == COMMUNE | OFFICE
    assert readers(place, new) == COMMUNE


@pytest.mark.parametrize(("item", "province_reads"), [("TC01.1", True), ("TC03.1", False)])
def test_the_province_reads_decided_dossiers_but_never_sensitive_papers(
    place: Place, item: str, province_reads: bool
) -> None:
    evidence = sent(place, item)
    Dossier.objects.filter(pk=evidence.dossier_id).update(
        status=Status.REFUSED, recommendation="refuse", appraised_total=0, passes=False, appraiser=place.appraiser
    )
    narrowed = {"province_staff", "clerk"}  # neither needs papers about single children
    everybody = COMMUNE | OFFICE | {"leader"}
    assert readers(place, evidence) == everybody | (narrowed if province_reads else set())


def test_nobody_of_another_place_opens_a_file(place: Place) -> None:
    evidence = sent(place)
    assert readers(make_place(), evidence) == set()
    sibling = user_with(Role.COMMUNE_EDITOR, make_place(communes=2).communes[1])
    assert signed_in(sibling).get(page_of(evidence)).status_code == 404


def test_opening_a_sensitive_file_leaves_a_row(place: Place) -> None:
    evidence = sent(place, "TC03.1")
    client = signed_in(place.heads[0])
    assert status_of(client, page_of(evidence), method="head") == 200
    assert status_of(client, page_of(evidence)) == 200
    events = AuditEvent.objects.filter(action="read_sensitive_evidence")
    assert [(event.actor_name, event.after["item"]) for event in events] == [(place.heads[0].full_name, "TC03.1")]
