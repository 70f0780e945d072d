"""Scans and digitally signed PDFs beside a paper: who attaches them, what is said of them, and that nothing changes."""

import datetime
import re
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from assessments.workflow import Status
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.files import Scan
from childfriendly.core.models import AuditEvent
from communes.models import User
from papers.filling import passages_of
from papers.kinds import Kind
from papers.models import Attachment, Paper, State
from papers.rendering import render_pdf
from papers.rendering.comparing import Match
from papers.services import attachments
from papers.services.attachments import MAX_FILES, attach
from papers.structure import to_json
from tests import factories, signing
from tests.factories import Place, approved, dossier_in, make_place, sent_out
from tests.integration.test_evidence import let_go, status_of
from tests.integration.test_kept_files import body
from tests.integration.test_races import WON, chain_is_whole, race
from tests.issued_papers import paper_in
from tests.sample_papers import CODE, DAY, decision
from tests.signing import SIGNED_AT, plain_pdf, signed, signer
from tests.signing_in import signed_in

__all__ = ["chain_is_whole"]  # a fixture

pytestmark = pytest.mark.django_db

READ_AT = SIGNED_AT + datetime.timedelta(days=1)
POLICY = "Content-Security-Policy"
PNG = (Path(__file__).parents[2] / "docs" / "screenshots" / "giay-cong-nhan.png").read_bytes()


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Place:
    settings.SIGNATURE_TRUST_ROOTS = str(signing.trust(tmp_path / "goc"))
    return make_place()


def paper_of(place: Place, state: State = State.NUMBERED) -> Paper:
    """A decision that the leader has signed and the clerk has numbered."""
    said = {"content": to_json(decision(number="", issued_on=None)), "number": "2345", "issued_on": DAY}
    return paper_in(state, Kind.REPLACEMENT, place, code=CODE, **said if state is not State.DRAFT else {})


def pdf(content: bytes, name: str = "da-ky.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def attached(paper: Paper, content: bytes, by: User) -> Attachment:
    return attach(paper_id=paper.pk, upload=pdf(content), by=by, at=READ_AT)


def page_of(client: Client, paper: Paper) -> str:
    html = client.get(reverse("papers:attach", args=[paper.uuid])).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# ---- attaching ---------------------------------------------------------------------------------------------------
def test_the_page_of_files_leads_back_to_the_paper(place: Place) -> None:
    paper = paper_of(place)
    html = signed_in(place.clerk).get(reverse("papers:attach", args=[paper.uuid])).content.decode()
    back = reverse("papers:paper", args=[paper.uuid])
    assert f'<li class="breadcrumb-item"><a href="{back}">{paper}</a></li>' in html


def test_a_signed_pdf_is_kept_byte_for_byte_with_what_was_read_from_it(place: Place) -> None:
    paper = paper_of(place)
    content = signed(render_pdf(decision()), signer())
    row = attached(paper, content, place.clerk)
    assert (row.kind, row.match, row.scan) == (Attachment.Kind.SIGNED_PDF, Match.SAME, Scan.WAITING)
    assert [found["signer"] for found in row.signatures] == ["Nguyễn Văn A (giả định)"]
    client = signed_in(place.leader)
    assert page_of(client, paper).count(
        "Nguyễn Văn A (giả định) ký lúc 09:12 ngày 20/11/2024 theo giờ máy của người ký; tệp không bị sửa sau khi ký; "
        "chứng thư của người ký do tổ chức tin cậy cấp (chưa tra cứu việc thu hồi). "
        "Nội dung khớp văn bản trong hệ thống."
    )
    assert body(client.get(reverse("papers:attachment", args=[row.uuid]))) == content


def test_the_paper_itself_is_not_touched(place: Place) -> None:
    paper = paper_of(place)
    before = Paper.objects.filter(pk=paper.pk).values().get()
    attached(paper, signed(plain_pdf(), signer()), place.clerk)
    assert Paper.objects.filter(pk=paper.pk).values().get() == before


def test_a_file_that_says_something_else_is_said_to(place: Place) -> None:
    paper = paper_of(place)
    attached(paper, signed(render_pdf(decision(count=5)), signer()), place.clerk)
    assert "Nội dung khác văn bản trong hệ thống." in page_of(signed_in(place.clerk), paper)


def test_a_picture_is_a_scan_with_nothing_to_read(place: Place) -> None:
    paper = paper_of(place)
    row = attach(paper_id=paper.pk, upload=SimpleUploadedFile("quet.png", PNG), by=place.clerk, at=READ_AT)
    assert (row.kind, row.match, row.signatures) == (Attachment.Kind.SCAN, "", [])


def test_attaching_is_one_row_of_the_audit(place: Place) -> None:
    paper = paper_of(place)
    row = attached(paper, signed(plain_pdf(), signer()), place.clerk)
    event = AuditEvent.objects.about(paper).get()
    assert (event.action, event.actor_id, event.after) == (
        "attach_to_paper",
        str(place.clerk.pk),
        {"file": row.uuid.hex, "sha256": row.sha256, "signatures": 1},
    )


def test_the_same_file_sent_again_is_the_same_row(place: Place) -> None:
    paper = paper_of(place)
    content = signed(plain_pdf(), signer())
    assert attached(paper, content, place.clerk) == attached(paper, content, place.leader)
    assert AuditEvent.objects.about(paper).count() == 1


def test_who_neither_signs_nor_numbers_attaches_nothing(place: Place) -> None:
    paper = paper_of(place)
    with pytest.raises(Refused, match="Việc này dành cho Lãnh đạo"):
        attached(paper, plain_pdf(), place.appraiser)
    with pytest.raises(Refused, match="Không tìm thấy văn bản này"):
        attached(paper, plain_pdf(), place.editors[0])
    assert "Đính kèm tệp" not in page_of(signed_in(place.appraiser), paper)


def test_nothing_is_attached_to_a_draft(place: Place) -> None:
    draft = paper_of(place, State.DRAFT)
    with pytest.raises(Refused, match="chưa ký"):
        attached(draft, plain_pdf(), place.clerk)
    assert "chưa đính kèm được bản đã ký" in page_of(signed_in(place.clerk), draft)


def test_a_paper_that_is_dropped_while_its_file_is_read_keeps_none(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = paper_of(place)

    def dropped_meanwhile(content: bytes, *, at: datetime.datetime) -> Any:
        Paper.objects.filter(pk=paper.pk).update(
            state=State.DROPPED, number="", number_year=None, numbered_at=None, issued_on=None
        )
        return read_pdf(content, at=at)

    read_pdf = attachments.read_pdf
    monkeypatch.setattr(attachments, "read_pdf", dropped_meanwhile)
    with pytest.raises(Stale, match="vừa được người khác bỏ"):
        attached(paper, plain_pdf(), place.clerk)
    assert not Attachment.objects.exists()


def test_a_paper_has_room_for_twenty_files(place: Place) -> None:
    paper = paper_of(place)
    kept = Attachment.objects.filter(pk=attached(paper, plain_pdf(), place.clerk).pk).values().get()
    del kept["id"], kept["uuid"]
    Attachment.objects.bulk_create(Attachment(**kept | {"sha256": f"{n:064}"}) for n in range(MAX_FILES - 1))
    with pytest.raises(Refused, match="tối đa 20 tệp"):
        attached(paper, signed(plain_pdf(), signer()), place.clerk)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (SimpleUploadedFile("a.docx", b"PK"), "Không nhận loại tệp"),
        (SimpleUploadedFile("a.pdf", b""), "không có nội dung"),
        (SimpleUploadedFile("a.pdf", b"GIF89a"), "không phải PDF"),
        (SimpleUploadedFile("a.pdf", b"%PDF-1.7\nhong\n%%EOF"), "bị hỏng"),
    ],
)
def test_a_wrong_file_is_a_sentence_on_the_page(place: Place, file: SimpleUploadedFile, sentence: str) -> None:
    response = signed_in(place.clerk).post(reverse("papers:attach", args=[paper_of(place).uuid]), {"upload": file})
    assert (response.status_code, response.content.decode().count(sentence) > 0) == (422, True)
    assert not Attachment.objects.exists()


def test_a_pdf_with_a_script_is_kept_and_marked(place: Place) -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(plain_pdf())) as opened:
        opened.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        opened.save(out)
    paper = paper_of(place)
    assert attached(paper, out.getvalue(), place.clerk).has_active_content
    assert "Tệp có nội dung tự chạy" in page_of(signed_in(place.clerk), paper)


# ---- what is to be signed ----------------------------------------------------------------------------------------
@pytest.fixture
def drafted_decision(place: Place) -> Paper:
    return factories.drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place)


def taken(paper: Paper, name: str, by: User) -> bytes:
    response = signed_in(by).get(reverse(f"papers:{name}", args=[paper.uuid]))
    assert response.status_code == 200
    return body(response) if response.streaming else response.content


def told_of(paper: Paper, content: bytes, place: Place) -> str:
    """What the page says of the words of this file, once it was signed with a key and attached."""
    with time_machine.travel(place.later(), tick=False):
        row = attach(paper_id=paper.pk, upload=pdf(signed(content, signer())), by=place.clerk, at=place.later())
        page = page_of(signed_in(place.clerk), paper)
    assert (row.kind, row.signatures[0]["integrity"]) == (Attachment.Kind.SIGNED_PDF, "whole")
    return page.rpartition("thu hồi). ")[2].partition(" Đính kèm tệp")[0]


UNNUMBERED = "Nội dung khớp văn bản trong hệ thống; tệp này chưa ghi số và ngày."


def test_what_a_leader_takes_for_signing_bears_no_mark_and_no_number(place: Place, drafted_decision: Paper) -> None:
    """Before the signature and after it, and even when the clerk was quicker: the number is given after signing."""
    paper = drafted_decision
    for step in (factories.signed, factories.numbered, None):
        content = taken(paper, "for_signing", place.leader)
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
        with pikepdf.open(BytesIO(content)) as opened:
            title = str(opened.docinfo.Title)
        assert ("DỰ THẢO" in text, "Kết xuất bởi" in text, title.startswith("Dự thảo")) == (False, False, False)
        assert re.search(r"Số:\s+/QĐ-UBND", text), text
        paper = step(paper, place) if step else paper
    events = AuditEvent.objects.about(paper).filter(action="export_paper")
    assert [event.after["file"] for event in events] == ["for signing"] * 3


def test_the_copy_for_signing_comes_back_as_what_the_system_says(place: Place, drafted_decision: Paper) -> None:
    paper = factories.signed(drafted_decision, place)
    content = taken(paper, "for_signing", place.leader)
    assert told_of(paper, content, place) == UNNUMBERED
    paper = factories.numbered(paper, place)
    assert told_of(paper, content, place) == UNNUMBERED
    assert told_of(sent_out(paper, place), content, place) == UNNUMBERED


def test_a_signed_draft_is_told_to_be_one_and_what_to_do(place: Place, drafted_decision: Paper) -> None:
    paper = factories.signed(drafted_decision, place)
    content = taken(paper, "pdf", place.leader)
    sentence = (
        "Câu chữ khớp nhưng tệp này còn chữ «DỰ THẢO». Tải bản trình ký ở trang văn bản, ký lại rồi đính kèm tệp mới."
    )
    assert told_of(paper, content, place) == sentence
    paper = factories.numbered(paper, place)
    assert told_of(paper, content, place) == sentence
    issued = sentence.replace("bản trình ký", "bản phát hành")
    assert told_of(sent_out(paper, place), content, place) == issued


def test_a_draft_with_other_words_is_no_mere_draft(place: Place, drafted_decision: Paper) -> None:
    old = taken(drafted_decision, "pdf", place.leader)
    passage = passages_of(drafted_decision)[0]
    Paper.objects.filter(pk=drafted_decision.pk).update(edits={passage.key: "Câu khác hẳn."})
    paper = factories.signed(drafted_decision, place)
    assert told_of(paper, old, place).startswith("Nội dung khác văn bản trong hệ thống.")


def test_the_issued_file_signed_once_more_is_the_same(place: Place, drafted_decision: Paper) -> None:
    issued = sent_out(factories.numbered(factories.signed(drafted_decision, place), place), place)
    content = taken(issued, "pdf", place.leader)
    assert told_of(issued, content, place) == "Nội dung khớp văn bản trong hệ thống."


def test_only_who_signs_or_numbers_gets_a_copy_without_the_mark(place: Place, drafted_decision: Paper) -> None:
    address = reverse("papers:for_signing", args=[drafted_decision.uuid])
    told = {}
    for person in (place.leader, place.clerk, place.appraiser, place.editors[0]):
        told[person.username] = signed_in(person).get(address).status_code
    assert list(told.values()) == [200, 200, 409, 404]


def test_an_issued_paper_and_a_certificate_have_no_copy_for_signing(place: Place, drafted_decision: Paper) -> None:
    issued = sent_out(factories.numbered(factories.signed(drafted_decision, place), place), place)
    for paper in (issued, Paper.objects.get(kind=Kind.CERTIFICATE)):
        response = signed_in(place.leader).get(reverse("papers:for_signing", args=[paper.uuid]))
        assert (response.status_code, "không có bản trình ký" in response.content.decode()) == (409, True)


# ---- taking away -------------------------------------------------------------------------------------------------
def test_a_download_is_recorded_and_counted(place: Place) -> None:
    paper = paper_of(place)
    row = attached(paper, plain_pdf(), place.clerk)
    client, address = signed_in(place.clerk), reverse("papers:attachment", args=[row.uuid])
    assert status_of(client, address, method="head") == 200
    assert [status_of(client, address) for _ in range(6)] == [200] * 5 + [429]
    events = AuditEvent.objects.about(paper).filter(action="export_attachment")
    assert [event.after for event in events] == [{"rows": 1, "file": row.uuid.hex}] * 5


def test_a_file_with_malware_stays_where_it_is(place: Place) -> None:
    paper = paper_of(place)
    row = attached(paper, plain_pdf(), place.clerk)
    Attachment.objects.filter(pk=row.pk).update(scan=Scan.INFECTED)
    client = signed_in(place.clerk)
    assert client.get(reverse("papers:attachment", args=[row.uuid])).status_code == 409
    assert "Có mã độc nên đã bị cách ly" in page_of(client, paper)


def test_a_file_that_was_not_scanned_is_warned_of(place: Place, settings: Settings) -> None:
    row = attached(paper_of(place), plain_pdf(), place.clerk)
    settings.CLAMD_SOCKET = "/khong/co"
    client, address = signed_in(place.clerk), reverse("papers:attachment", args=[row.uuid])
    assert "chưa được quét vi-rút" in client.get(address).content.decode()
    assert not AuditEvent.objects.filter(action="export_attachment").exists()
    assert status_of(client, f"{address}?da-biet=1") == 200
    assert AuditEvent.objects.filter(action="export_attachment").count() == 1


def test_a_file_that_is_gone_is_a_sentence(place: Place, private_files: Path) -> None:
    row = attached(paper_of(place), plain_pdf(), place.clerk)
    (private_files / row.path).unlink()
    response = signed_in(place.clerk).get(reverse("papers:attachment", args=[row.uuid]))
    assert (response.status_code, "máy chủ không còn lưu tệp này" in response.content.decode()) == (409, True)


def test_who_does_not_see_the_paper_finds_no_file(place: Place) -> None:
    row = attached(paper_of(place), plain_pdf(), place.clerk)
    assert signed_in(place.editors[0]).get(reverse("papers:attachment", args=[row.uuid])).status_code == 404


# ---- handed over as evidence is ----------------------------------------------------------------------------------
def test_a_file_is_shown_as_evidence_is_and_downloaded_when_asked_for(place: Place) -> None:
    """PDF and pictures in the browser, whose viewer runs nothing of them; under our own type and no other."""
    paper = paper_of(place)
    rows = [
        attached(paper, plain_pdf(), place.clerk),
        attach(paper_id=paper.pk, upload=SimpleUploadedFile("quet.png", PNG), by=place.clerk, at=READ_AT),
    ]
    told = []
    for row, query in ((rows[0], ""), (rows[0], "?tai-ve=1"), (rows[1], "")):
        response = signed_in(place.clerk).get(reverse("papers:attachment", args=[row.uuid]) + query)
        let_go(response)
        assert (response["X-Content-Type-Options"], response["Cache-Control"]) == ("nosniff", "no-store, private")
        told.append((response["Content-Type"], response["Content-Disposition"], "sandbox" in response[POLICY]))
    assert told == [
        ("application/pdf", 'inline; filename="da-ky.pdf"', False),
        ("application/pdf", 'attachment; filename="da-ky.pdf"', False),
        ("image/png", 'inline; filename="quet.png"', True),
    ]


@pytest.fixture
def second_host(settings: Any) -> str:
    settings.EVIDENCE_HOST = "tep.example.vn"
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "tep.example.vn"]
    return "tep.example.vn"


def test_with_a_second_host_its_bytes_come_from_there_without_any_cookie(place: Place, second_host: str) -> None:
    row = attached(paper_of(place), plain_pdf(), place.clerk)
    sent_on = signed_in(place.clerk).get(reverse("papers:attachment", args=[row.uuid]))
    assert (sent_on.status_code, sent_on["Location"].startswith(f"http://{second_host}/tep/")) == (302, True)
    stranger = Client(headers={"Host": second_host})
    response = stranger.get(sent_on["Location"])
    assert body(response) == plain_pdf()
    assert (response.cookies, stranger.cookies) == ({}, {})
    events = AuditEvent.objects.filter(action="export_attachment")
    assert [event.after for event in events] == [{"rows": 1, "file": row.uuid.hex}]  # once, where the rights are judged


def test_who_does_not_see_the_paper_gets_no_ticket(place: Place, second_host: str) -> None:
    row = attached(paper_of(place), plain_pdf(), place.clerk)
    address = reverse("papers:attachment", args=[row.uuid])
    assert signed_in(place.editors[0]).get(address).status_code == 404
    assert Client(headers={"Host": second_host}).get(address).status_code == 404


def test_a_ticket_of_a_file_that_turns_out_infected_opens_nothing(place: Place, second_host: str) -> None:
    row = attached(paper_of(place), plain_pdf(), place.clerk)
    ticket = signed_in(place.clerk).get(reverse("papers:attachment", args=[row.uuid]))["Location"]
    Attachment.objects.filter(pk=row.pk).update(scan=Scan.INFECTED)
    assert Client(headers={"Host": second_host}).get(ticket).status_code == 404


# ---- at the same moment ------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_one_file_sent_by_six_people_at_once_is_one_row(place: Place) -> None:
    paper = paper_of(place)
    content = signed(plain_pdf(), signer())
    assert race(lambda turn: attached(paper, content, place.clerk), people=6) == Counter({WON: 6})
    assert Attachment.objects.count() == AuditEvent.objects.about(paper).count() == 1


@pytest.mark.django_db(transaction=True)
def test_six_files_at_once_share_the_room_of_one(place: Place) -> None:
    paper = paper_of(place)
    kept = Attachment.objects.filter(pk=attached(paper, plain_pdf(), place.clerk).pk).values().get()
    del kept["id"], kept["uuid"]
    Attachment.objects.bulk_create(Attachment(**kept | {"sha256": f"{n:064}"}) for n in range(MAX_FILES - 2))
    files = [signed(plain_pdf(), signer(f"Người {turn}")) for turn in range(6)]
    told = race(lambda turn: attached(paper, files[turn], place.clerk), people=6)
    assert told == Counter({WON: 1, "Refused": 5})
    assert Attachment.objects.count() == MAX_FILES
