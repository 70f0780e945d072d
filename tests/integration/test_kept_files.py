"""What becomes of kept files: sealed or open, shared, limited, scanned, handed out by a second host, and looked after
every night."""

import os
import re
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from assessments import services
from assessments.models import Dossier, Evidence, Proposal
from assessments.views.files import TICKET_SECONDS
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused
from childfriendly.core.files import Scan, scan
from childfriendly.core.models import AuditEvent
from communes.models import Role, User
from papers import services as papers
from papers.models import State
from tests.corpus import files as corpus
from tests.factories import PDF, Place, approved, dossier_in, drafted, make_place, move, pdf_file, proposed

pytestmark = pytest.mark.django_db

SENSITIVE = "TC03.1"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def dossier(place: Place) -> Dossier:
    return dossier_in(Status.DRAFT, place, filled=False)


def attach(
    place: Place, dossier: Dossier, content: bytes = PDF, *, name: str = "a.pdf", item: str = "TC01.1"
) -> Evidence:
    return services.attach_evidence(
        dossier_id=dossier.pk,
        item=item,
        slot=None,
        upload=SimpleUploadedFile(name, content),
        by=place.editors[0],
        at=place.later(),
    )


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(evidence: Evidence) -> str:
    return reverse("assessments:evidence", args=[evidence.uuid])


def body(response: Any) -> bytes:
    """Read and close the file; `response.close()` would close the test's database connection, too."""
    content = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    return content


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def printed(command: str, *arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    call_command(command, *arguments)
    return capsys.readouterr().out


# ---- what is kept ------------------------------------------------------------------------------------------------
def test_only_evidence_of_sensitive_criteria_is_sealed(place: Place, dossier: Dossier, private_files: Path) -> None:
    plain, sealed = attach(place, dossier), attach(place, dossier, item=SENSITIVE)
    assert (private_files / plain.path).read_bytes() == PDF
    assert PDF not in (private_files / sealed.path).read_bytes()
    assert (plain.sha256, plain.size) == (sealed.sha256, sealed.size)
    client = signed_in(place.editors[0])
    assert [body(client.get(page_of(evidence))) for evidence in (plain, sealed)] == [PDF, PDF]


def test_of_a_photo_the_drawn_one_is_kept_and_both_hashes(place: Place, dossier: Dossier) -> None:
    evidence = attach(place, dossier, corpus.heic(), name="IMG_1.HEIC")
    assert (evidence.name, evidence.content_type) == ("IMG_1.jpg", "image/jpeg")
    assert evidence.sha256 != evidence.sent_sha256
    response = signed_in(place.editors[0]).get(page_of(evidence))
    assert len(body(response)) == evidence.size
    assert response["Content-Type"] == "image/jpeg"


RUNS_BY_ITSELF = "Tệp có nội dung tự chạy: chỉ xem trong trình duyệt, không mở bằng phần mềm khác."


def test_a_pdf_with_a_script_says_so_to_the_commune_and_to_the_appraiser(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    evidence = attach(place, dossier, corpus.active_pdf("script"))
    assert evidence.has_active_content
    people = {Role.COMMUNE_HEAD: place.heads[0], Role.APPRAISER: place.appraiser}
    pages = [(place.editors[0], "criterion", ["TC01"]), (place.heads[0], "check", [])]
    for user, name, rest in pages:
        text = text_of(signed_in(user).get(reverse(f"assessments:{name}", args=[dossier.uuid, *rest])))
        assert f"a.pdf {RUNS_BY_ITSELF}" in text, name
    for action in (Action.SUBMIT, Action.TAKE):
        dossier = move(action, dossier, people, place)
    text = text_of(signed_in(place.appraiser).get(reverse("assessments:appraise", args=[dossier.uuid, "TC01"])))
    assert f"a.pdf {RUNS_BY_ITSELF}" in text


def test_minutes_with_a_script_say_so_to_the_leader(place: Place) -> None:
    proposal = services.propose(
        dossier_ids=[dossier_in(Status.CONCLUDED, place).pk],
        submission_number="15/TTr",
        submission_text="Kính đề nghị xem xét, quyết định.",
        minutes=pdf_file(content=corpus.active_pdf("file inside")),
        by=place.head_of_office,
        at=place.later(),
    )
    text = text_of(signed_in(place.leader).get(reverse("assessments:proposal", args=[proposal.uuid])))
    assert RUNS_BY_ITSELF in text


def test_no_address_lists_or_hands_out_the_folder(place: Place, dossier: Dossier) -> None:
    evidence = attach(place, dossier)
    client = signed_in(place.editors[0])
    for address in (
        "/media/",
        f"/media/{evidence.path}",
        "/files/",
        f"/files/{evidence.path}",
        f"/static/{evidence.path}",
    ):
        assert client.get(address).status_code == 404, address


def test_taking_a_file_out_never_deletes_it_and_what_is_undone_is_undone(
    place: Place, dossier: Dossier, private_files: Path
) -> None:
    evidence = attach(place, dossier)
    with transaction.atomic():
        services.remove_evidence(evidence_id=evidence.pk, by=place.editors[0], at=place.later())
        transaction.set_rollback(True)
    assert Evidence.objects.present().get() == evidence
    services.remove_evidence(evidence_id=evidence.pk, by=place.editors[0], at=place.later())
    assert (private_files / evidence.path).read_bytes() == PDF


# ---- sent again --------------------------------------------------------------------------------------------------
def test_the_same_file_sent_again_is_the_same_single_row(place: Place, dossier: Dossier, private_files: Path) -> None:
    photo = corpus.phone_photo()
    rows = [attach(place, dossier, photo, name=name) for name in ("a.jpg", "a.jpg", "b.jpg")]
    assert {row.pk for row in rows} == {Evidence.objects.get().pk}
    assert AuditEvent.objects.filter(action="attach_evidence").count() == 1
    assert len(list(private_files.rglob("*.jpg"))) == 1


def test_a_picture_that_differs_only_in_what_is_stripped_is_the_same_file(place: Place, dossier: Dossier) -> None:
    photo = corpus.phone_photo()
    first = attach(place, dossier, photo, name="a.jpg")
    assert attach(place, dossier, photo + b"another tail", name="a.jpg") == first


def test_a_file_taken_out_may_be_sent_again(place: Place, dossier: Dossier) -> None:
    first = attach(place, dossier)
    services.remove_evidence(evidence_id=first.pk, by=place.editors[0], at=place.later())
    second = attach(place, dossier)
    assert (second.pk != first.pk, second.path) == (True, first.path)


# ---- how much ----------------------------------------------------------------------------------------------------
def numbered(number: int) -> bytes:
    return corpus.pdf(f"{number:06}")


def test_a_file_of_twenty_megabytes_is_taken_and_of_one_byte_more_refused(place: Place, dossier: Dossier) -> None:
    limit = 20 * 1024 * 1024
    filler = limit - len(corpus.pdf())
    assert attach(place, dossier, corpus.pdf("x" * (filler - 8))).size <= limit
    with pytest.raises(Refused, match=r"20,1 MB, tối đa 20 MB"):
        attach(place, dossier, corpus.pdf("x" * filler) + b"\n" * 9)


@pytest.mark.parametrize("length", [21 * 1024 * 1024 + 1, 10**30])
def test_a_body_far_too_long_is_refused_before_it_is_read(place: Place, dossier: Dossier, length: int) -> None:
    """It never comes: only its length is announced."""
    page = reverse("assessments:attach", args=[dossier.uuid, "TC01.1"])
    client = signed_in(place.editors[0])
    response = client.generic("POST", page, b"", "multipart/form-data; boundary=x", CONTENT_LENGTH=str(length))
    assert (response.status_code, "Mỗi tệp tối đa 20 MB" in text_of(response)) == (413, True)
    part = client.generic("POST", page, b"", headers={"HX-Request": "true"}, CONTENT_LENGTH=str(length))
    assert part.content.decode().count("<html") == 0
    assert "Tệp gửi lên quá lớn, tối đa 20 MB" in text_of(part)


def test_the_fifty_first_file_of_an_item_is_refused(place: Place, dossier: Dossier, settings: Any) -> None:
    settings.EVIDENCE_MAX_FILES_PER_ITEM = 3
    for number in range(3):
        attach(place, dossier, numbered(number))
    with pytest.raises(Refused, match=r"Mỗi mục tối đa 3 tệp\. Bỏ bớt tệp rồi tải lên\."):
        attach(place, dossier, numbered(3))
    attach(place, dossier, numbered(3), item="TC01.2")


def test_a_commune_uses_no_more_than_its_share_and_what_was_taken_out_counts(
    place: Place, dossier: Dossier, settings: Any, private_files: Path
) -> None:
    settings.EVIDENCE_QUOTA_BYTES = 2 * len(numbered(0))
    first = attach(place, dossier, numbered(0))
    services.remove_evidence(evidence_id=first.pk, by=place.editors[0], at=place.later())
    attach(place, dossier, numbered(1))
    with pytest.raises(Refused) as error:
        attach(place, dossier, numbered(2))
    assert str(error.value) == (
        "Hồ sơ đã dùng 0,1 MB trong 0,1 MB dành cho minh chứng, không còn chỗ cho tệp 0,1 MB này. "
        "Giảm độ phân giải khi quét, hoặc báo người quản trị hệ thống nới thêm."
    )
    assert len(list(private_files.rglob("*.pdf"))) == 2  # nothing was stored for nothing
    other = make_place()
    attach(other, dossier_in(Status.DRAFT, other, filled=False), numbered(3))  # everybody has a share of their own


# ---- the second host ---------------------------------------------------------------------------------------------
HOST = "tep.example.vn"


@pytest.fixture
def second_host(settings: Any) -> str:
    settings.EVIDENCE_HOST = HOST
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, HOST]
    return HOST


@pytest.mark.parametrize("item", ["TC01.1", SENSITIVE])
def test_a_file_comes_from_the_second_host_without_any_cookie(
    place: Place, dossier: Dossier, second_host: str, item: str
) -> None:
    evidence = attach(place, dossier, item=item)
    sent_on = signed_in(place.editors[0]).get(page_of(evidence))
    assert (sent_on.status_code, sent_on["Location"].startswith(f"http://{HOST}/tep/")) == (302, True)
    assert "a.pdf" not in sent_on["Location"]
    stranger = Client(headers={"Host": HOST})
    response = stranger.get(sent_on["Location"])
    assert body(response) == PDF
    assert (response["Content-Type"], response["Content-Disposition"].split(";")[0]) == ("application/pdf", "inline")
    assert (response.cookies, stranger.cookies) == ({}, {})
    assert stranger.head(sent_on["Location"])["Content-Length"] == str(len(PDF))
    read = AuditEvent.objects.filter(action="read_sensitive_evidence").count()
    assert read == (1 if item == SENSITIVE else 0)


def test_a_ticket_is_good_for_one_minute_on_that_host_alone(place: Place, dossier: Dossier, second_host: str) -> None:
    evidence = attach(place, dossier)
    with time_machine.travel("2024-11-02 08:00:00Z", tick=False) as clock:
        ticket = signed_in(place.editors[0]).get(page_of(evidence))["Location"].removeprefix(f"http://{HOST}")
        on_main = signed_in(place.editors[0]).get(ticket)
        clock.shift(TICKET_SECONDS)
        in_time = Client(headers={"Host": HOST}).get(ticket)
        body(in_time)
        clock.shift(1)
        late = Client(headers={"Host": HOST}).get(ticket)
    assert (on_main.status_code, in_time.status_code, late.status_code) == (404, 200, 404)
    assert late.content.decode() == "Đường dẫn tệp đã hết hạn. Quay lại trang trước rồi mở lại tệp.\n"


def test_the_second_host_knows_tickets_and_nothing_else(place: Place, dossier: Dossier, second_host: str) -> None:
    evidence = attach(place, dossier)
    client = signed_in(place.editors[0])
    ticket = client.get(page_of(evidence))["Location"].removeprefix(f"http://{HOST}")
    there = {"Host": HOST}
    pages = ["/", page_of(evidence), "/dang-nhap/", "/healthz", "/tep/", ticket[:-1], ticket + "x"]
    assert {client.get(page, headers=there).status_code for page in pages} == {404}
    assert client.post(ticket, headers=there).status_code == 405


def test_without_a_second_host_a_ticket_opens_nothing(place: Place, dossier: Dossier, settings: Any) -> None:
    evidence = attach(place, dossier)
    settings.EVIDENCE_HOST = HOST
    ticket = signed_in(place.editors[0]).get(page_of(evidence))["Location"].removeprefix(f"http://{HOST}")
    settings.EVIDENCE_HOST = ""
    assert signed_in(place.editors[0]).get(ticket).status_code == 404


# ---- looked after every night ------------------------------------------------------------------------------------
def test_what_is_whole_is_said_in_one_line(place: Place, dossier: Dossier, capsys: pytest.CaptureFixture[str]) -> None:
    attach(place, dossier)
    attach(place, dossier, item=SENSITIVE)
    assert printed("verify_files", capsys=capsys) == "2 tệp đều nguyên vẹn.\n"


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_a_flipped_byte_a_lost_file_and_a_foreign_one_are_named(
    place: Place, dossier: Dossier, private_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, sealed, lost, whole = (
        attach(place, dossier, numbered(number), item=item)
        for number, item in enumerate(["TC01.1", SENSITIVE, "TC01.1", "TC01.1"])
    )
    flip(private_files / changed.path, 10)
    flip(private_files / sealed.path, -1)
    (private_files / lost.path).unlink()
    stray = private_files / whole.path[:6] / ("a" * 64 + ".pdf")
    stray.write_bytes(b"x")
    os.utime(stray, (0, 0))
    with pytest.raises(CommandError, match=r"1 tệp mất, 2 tệp bị đổi trong 4 tệp\. Lấy lại từ bản sao lưu\."):
        call_command("verify_files")
    assert capsys.readouterr().out.splitlines() == [
        f"Mất tệp: {lost.path} (minh chứng {lost.uuid})",
        f"Tệp bị đổi: {changed.path} (minh chứng {changed.uuid})",
        f"Tệp bị đổi: {sealed.path} (minh chứng {sealed.uuid})",
        "1 tệp không hồ sơ nào nhắc tới; xem: manage.py gc_files --dry-run",
    ]


def test_the_minutes_of_a_council_are_looked_after_too(
    place: Place, private_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    assert printed("verify_files", capsys=capsys) == "1 tệp đều nguyên vẹn.\n"
    flip(private_files / proposal.minutes_path, 10)
    with pytest.raises(CommandError):
        call_command("verify_files")
    assert capsys.readouterr().out == f"Tệp bị đổi: {proposal.minutes_path} (hồ sơ trình {proposal.uuid})\n"


def test_orphans_are_deleted_by_command_only_and_nothing_that_a_row_names(
    place: Place, dossier: Dossier, private_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = attach(place, dossier)
    removed = attach(place, dossier, numbered(1))
    services.remove_evidence(evidence_id=removed.pk, by=place.editors[0], at=place.later())
    old, young = private_files / ".tam-cu", private_files / ".tam-moi"
    for path in (old, young):
        path.write_bytes(b"x")
    for path in (old, private_files / evidence.path, private_files / removed.path):
        os.utime(path, (0, 0))
    assert printed("gc_files", "--dry-run", capsys=capsys) == ".tam-cu\nCó 1 tệp không hồ sơ nào nhắc tới.\n"
    assert old.exists()
    assert printed("gc_files", "--delete", capsys=capsys) == ".tam-cu\nĐã xóa 1 tệp không hồ sơ nào nhắc tới.\n"
    assert [path.exists() for path in (old, young)] == [False, True]
    assert (private_files / evidence.path).exists()
    assert (private_files / removed.path).exists()
    with pytest.raises(CommandError):
        call_command("gc_files")


# ---- the scanner -------------------------------------------------------------------------------------------------
class Clamd(socketserver.ThreadingUnixStreamServer):
    """Speaks clamd's protocol and says what the test wants; for what a real one says only when it is broken."""

    answer = b"stream: OK"
    received = b""


class Conversation(socketserver.StreamRequestHandler):
    server: Clamd

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        while length := int.from_bytes(self.rfile.read(4), "big"):
            self.server.received += self.rfile.read(length)
        self.wfile.write(self.server.answer + b"\0")


@pytest.fixture
def clamd(settings: Any, tmp_path: Path) -> Iterator[Clamd]:
    address = str(tmp_path / "s")
    with Clamd(address, Conversation) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        settings.CLAMD_SOCKET = address
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"stream: OK", Scan.CLEAN),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND", Scan.INFECTED),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", Scan.FAILED),
        (b"INSTREAM size limit exceeded. ERROR", Scan.FAILED),
        (b"stream: Can't allocate memory ERROR", Scan.FAILED),
        (b"", Scan.FAILED),
    ],
)
def test_only_a_clear_answer_is_clean(clamd: Clamd, answer: bytes, verdict: Scan) -> None:
    clamd.answer = answer
    assert scan([b"a" * 1000, b"b"]) is verdict
    assert clamd.received == b"a" * 1000 + b"b"


def test_a_scanner_that_is_away_is_no_verdict(settings: Any, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for address in (str(tmp_path / "khong-co"), f"tcp://127.0.0.1:{nobody.getsockname()[1]}"):
            settings.CLAMD_SOCKET = address
            assert scan([b"a"]) is Scan.WAITING


def test_an_infected_upload_is_refused_in_one_sentence_and_leaves_a_row_in_the_audit_alone(
    place: Place, dossier: Dossier, clamd: Clamd, private_files: Path
) -> None:
    clamd.answer = b"stream: Win.Test FOUND"
    response = signed_in(place.editors[0]).post(
        reverse("assessments:attach", args=[dossier.uuid, "TC01.1"]), {"slot": "0", "upload": pdf_file()}
    )
    assert response.status_code == 422
    sentence = 'Tệp "bien-ban.pdf" có mã độc nên không được nhận. Quét vi-rút máy đang dùng rồi tải lên tệp sạch.'
    assert sentence in text_of(response).replace("&quot;", '"')
    assert Evidence.objects.count() == 0
    assert not private_files.exists()
    assert AuditEvent.objects.latest("seq").action == "refuse_infected_file"


def test_an_infected_scan_of_what_was_signed_by_hand_leaves_a_row_in_the_audit_alone(
    place: Place, clamd: Clamd
) -> None:
    paper = drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place)
    clamd.answer = b"stream: Win.Test FOUND"
    at = place.later()
    with pytest.raises(Refused, match=r'^Tệp "ban-ky.pdf" có mã độc nên không được nhận\.'):
        papers.enter_signed(
            paper_id=paper.pk,
            version=paper.version,
            signer_id=place.leader.pk,
            signed_on=at.date(),
            scan=pdf_file("ban-ky.pdf"),
            by=place.clerk,
            at=at,
        )
    paper.refresh_from_db()
    assert (paper.state, paper.attachments.count()) == (State.DRAFT, 0)
    told = AuditEvent.objects.about(paper).latest("seq")
    assert (told.action, told.actor_id) == ("refuse_infected_file", str(place.clerk.pk))


def test_a_clean_file_opens_at_once_and_an_unscanned_one_past_a_warning_only(
    place: Place, dossier: Dossier, clamd: Clamd
) -> None:
    clean = attach(place, dossier)
    clamd.answer = b"stream: Can't allocate memory ERROR"
    failed = attach(place, dossier, numbered(1), item=SENSITIVE)
    assert (clean.scan, failed.scan) == (Scan.CLEAN, Scan.FAILED)
    client = signed_in(place.editors[0])
    assert body(client.get(page_of(clean))) == PDF
    warning = client.get(page_of(failed))
    assert "Tệp này chưa được quét vi-rút" in text_of(warning)
    assert not AuditEvent.objects.filter(action="read_sensitive_evidence").exists()
    known = client.get(page_of(failed), {"da-biet": "1"})
    assert body(known) == numbered(1)
    assert known["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.filter(action="read_sensitive_evidence").count() == 1


def test_whoever_uploads_while_the_scanner_is_away_is_told_and_can_go_on(
    place: Place, dossier: Dossier, settings: Any
) -> None:
    settings.CLAMD_SOCKET = "/khong/co"
    page = reverse("assessments:attach", args=[dossier.uuid, "TC01.1"])
    shown = signed_in(place.editors[0]).post(page, {"slot": "0", "upload": pdf_file()}, follow=True)
    assert "Đã lưu tệp «bien-ban.pdf». Tệp đang chờ quét vi-rút; có thể làm việc tiếp." in text_of(shown)
    assert "Chờ quét vi-rút." in text_of(shown)


def test_where_there_is_no_scanner_nothing_warns(place: Place, dossier: Dossier) -> None:
    evidence = attach(place, dossier)
    assert evidence.scan == Scan.WAITING
    assert body(signed_in(place.editors[0]).get(page_of(evidence))) == PDF


def test_what_turns_out_infected_is_quarantined_and_never_served(
    place: Place, dossier: Dossier, clamd: Clamd, second_host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = attach(place, dossier, item=SENSITIVE)
    client = signed_in(place.editors[0])
    ticket = client.get(page_of(evidence))["Location"]
    clamd.answer = b"stream: Win.New FOUND"
    assert printed("scan_files", capsys=capsys) == "0 tệp: không tệp nào chờ quét.\n"
    assert printed("scan_files", "--all", capsys=capsys) == "1 tệp: 1 có mã độc.\n"
    assert clamd.received.endswith(PDF)  # the content, not the seal
    for query in ({}, {"da-biet": "1"}, {"tai-ve": "1"}):
        refused = client.get(page_of(evidence), query)
        assert (refused.status_code, "đã bị cách ly" in text_of(refused)) == (409, True)
    assert Client(headers={"Host": HOST}).get(ticket).status_code == 404
    event = AuditEvent.objects.get(action="quarantine_file")
    assert (event.actor_name, event.after) == ("Hệ thống", {"file": evidence.uuid.hex})
    text = text_of(client.get(reverse("assessments:criterion", args=[dossier.uuid, "TC03"])))
    assert "Có mã độc nên đã bị cách ly; cần tệp khác thay thế." in text


def test_a_file_that_waited_is_scanned_later_and_minutes_too(
    place: Place, clamd: Clamd, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    address, settings.CLAMD_SOCKET = settings.CLAMD_SOCKET, "/khong/co"
    dossier = dossier_in(Status.CONCLUDED, place)
    proposal = proposed([dossier], place)
    assert printed("scan_files", capsys=capsys) == "1 tệp: 1 chưa quét.\n"
    settings.CLAMD_SOCKET = address
    assert printed("scan_files", capsys=capsys) == "1 tệp: 1 sạch.\n"
    assert Proposal.objects.get().minutes_scan == Scan.CLEAN
    client = signed_in(place.leader)
    assert body(client.get(reverse("assessments:minutes", args=[proposal.uuid]))) == PDF


def test_without_a_scanner_the_command_says_what_is_missing(settings: Any) -> None:
    with pytest.raises(CommandError, match="Chưa đặt CLAMD_SOCKET"):
        call_command("scan_files")


# ---- a real clamd ------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def real_clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """ClamAV's own daemon with one signature of ours, as its own are 300 MB from the network."""
    folder = tmp_path_factory.mktemp("clamav")
    (folder / "mau").mkdir()
    (folder / "mau" / "thu.ndb").write_text(f"Thu.EICAR:0:*:{EICAR.hex()}\n")
    (folder / "clamd.conf").write_text(
        f"LocalSocket {folder}/s\nDatabaseDirectory {folder}/mau\nForeground yes\nUser root\n"
        "StreamMaxLength 1M\nAlertExceedsMax yes\nMaxThreads 2\n"
    )
    daemon = subprocess.Popen(["clamd", f"--config-file={folder}/clamd.conf"], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not (folder / "s").exists():
            assert daemon.poll() is None, "clamd did not start"
            assert time.monotonic() < deadline, "clamd takes too long"
            time.sleep(0.05)
        yield str(folder / "s")
    finally:
        daemon.kill()
        daemon.wait()


def test_the_real_scanner_tells_clean_from_infected_from_too_long(real_clamd: str, settings: Any) -> None:
    settings.CLAMD_SOCKET = real_clamd
    assert scan([PDF]) is Scan.CLEAN
    assert scan([EICAR[:20], EICAR[20:]]) is Scan.INFECTED
    assert scan([bytes(64 * 1024)] * 32) is Scan.FAILED


def test_the_real_scanner_keeps_malware_in_a_word_file_out(
    place: Place, dossier: Dossier, real_clamd: str, settings: Any
) -> None:
    settings.CLAMD_SOCKET = real_clamd
    assert attach(place, dossier, corpus.docx(), name="a.docx").scan == Scan.CLEAN
    with pytest.raises(Refused, match="có mã độc"):
        attach(place, dossier, corpus.docx(extra={"word/media/a.bin": EICAR}), name="b.docx")
    assert Evidence.objects.count() == 1
