"""Digital signatures: what is read from PDFs that people signed and that others changed later, and our own seal."""

import datetime
import hashlib
import os
import re
import shlex
import subprocess
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdf
import pytest
import time_machine
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pytest_django.fixtures import Settings

from assessments.workflow import Status
from childfriendly.core.exceptions import Refused
from childfriendly.core.files import serve, stored_path
from communes.models import Unit
from papers import checks
from papers.filling import content_of
from papers.kinds import Desk
from papers.models import Paper, State
from papers.rendering.comparing import Match, compared
from papers.services import seal, signatures
from papers.services.signatures import Integrity, SignatureReport, Trust, as_json, from_json, read_pdf
from tests import factories, signing
from tests.factories import Place, approved, dossier_in, drafted, make_place, sent_out
from tests.signing import PASSWORD, SIGNED_AT, plain_pdf, signed, signer
from tests.signing_in import signed_in

READ_AT = SIGNED_AT + datetime.timedelta(days=1)
SIGNER = "Nguyễn Văn A (giả định)"


@pytest.fixture(autouse=True)
def roots(settings: Settings, tmp_path: Path) -> Path:
    """The root of these tests is trusted, unless a test says otherwise."""
    settings.SIGNATURE_TRUST_ROOTS = str(signing.trust(tmp_path / "goc"))
    return tmp_path / "goc"


def read_signatures(pdf: bytes, *, at: datetime.datetime) -> list[SignatureReport]:
    return read_pdf(pdf, at=at).signatures


def read(pdf: bytes, at: datetime.datetime = READ_AT) -> list[tuple[str, Integrity, Trust]]:
    return [(report.signer, report.integrity, report.trust) for report in read_signatures(pdf, at=at)]


def sentences(pdf: bytes, at: datetime.datetime = READ_AT) -> list[str]:
    return [report.sentence for report in read_signatures(pdf, at=at)]


def with_another_page_text(pdf: bytes) -> bytes:
    """What an editor appends to a signed file that it changes: another revision, in which the page says more."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    more = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 12 Tf 100 100 Td (them) Tj ET"))
    writer.add_stream_to_page(0, more)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


# ---- reading -----------------------------------------------------------------------------------------------------
def test_a_pdf_without_signatures_has_none() -> None:
    assert read_signatures(plain_pdf(), at=READ_AT) == []


def test_an_unaltered_file_of_a_trusted_signer_is_said_to_be_so() -> None:
    pdf = signed(plain_pdf(), signer(organisation="Ủy ban nhân dân huyện Thử"))
    assert sentences(pdf) == [
        f"{SIGNER} (Ủy ban nhân dân huyện Thử) ký lúc 09:12 ngày 20/11/2024 theo giờ máy của người ký; "
        "tệp không bị sửa sau khi ký; chứng thư của người ký do tổ chức tin cậy cấp (chưa tra cứu việc thu hồi)."
    ]


def test_without_the_root_trust_cannot_be_established_and_the_sentence_says_so(settings: Settings) -> None:
    settings.SIGNATURE_TRUST_ROOTS = ""
    assert sentences(signed(plain_pdf(), signer())) == [
        f"{SIGNER} ký lúc 09:12 ngày 20/11/2024 theo giờ máy của người ký; tệp không bị sửa sau khi ký; "
        "chưa xác minh được chứng thư của người ký."
    ]


def test_another_root_of_the_same_name_is_not_the_root(roots: Path) -> None:
    signing.trust(roots, signing.issue("Gốc thử nghiệm", is_authority=True))
    assert read(signed(plain_pdf(), signer())) == [(SIGNER, Integrity.WHOLE, Trust.UNKNOWN)]


def test_one_flipped_byte_is_found() -> None:
    pdf = bytearray(signed(plain_pdf(), signer()))
    pdf[pdf.index(b"stream\n") + 20] ^= 1
    assert read(bytes(pdf)) == [(SIGNER, Integrity.BROKEN, Trust.UNKNOWN)]


def test_a_page_that_was_changed_after_signing_is_found() -> None:
    assert sentences(with_another_page_text(signed(plain_pdf(), signer()))) == [
        f"{SIGNER} ký lúc 09:12 ngày 20/11/2024 theo giờ máy của người ký; tệp đã bị sửa sau khi ký; "
        "chứng thư của người ký do tổ chức tin cậy cấp (chưa tra cứu việc thu hồi)."
    ]


def test_a_second_signature_does_not_alter_what_the_first_signed() -> None:
    pdf = signed(signed(plain_pdf(), signer()), signer("Trần Thị B (giả định)"), field="Chu ky 2")
    assert read(pdf) == [
        (SIGNER, Integrity.EXTENDED, Trust.TRUSTED),
        ("Trần Thị B (giả định)", Integrity.WHOLE, Trust.TRUSTED),
    ]


def test_a_signature_cannot_be_made_to_cover_more_than_was_signed() -> None:
    """The library compares the lengths of what is covered with that of the file. A later copy of the signature with
    zeros behind its value makes both equal, though the page was changed in between."""
    pdf = with_another_page_text(signed(plain_pdf(), signer()))
    padded = with_the_signature_again(pdf, zeros=0)
    padded = with_the_signature_again(pdf, zeros=uncovered(padded))
    assert uncovered(padded) == 0
    assert read(padded) == [(SIGNER, Integrity.CHANGED, Trust.TRUSTED)]


def with_the_signature_again(pdf: bytes, *, zeros: int) -> bytes:
    """Its value written as it is: in hexadecimal digits each zero would lengthen the file by what it seems to cover."""
    reader = PdfFileReader(BytesIO(pdf))
    embedded = reader.embedded_signatures[0]
    number, root = embedded.sig_field.raw_get("/V").idnum, reader.root_ref.idnum
    value = bytes(embedded.pkcs7_content).rstrip(b"\0").ljust(len(embedded.pkcs7_content) + zeros, b"\0")
    for letter in (b"\\", b"(", b")", b"\r"):
        value = value.replace(letter, b"\\r" if letter == b"\r" else b"\\" + letter)
    ranges = " ".join(str(int(part)) for part in embedded.byte_range)
    entries = f"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [{ranges}]"
    again = b"\n%d 0 obj\n<< %s /Contents (%s) >>\nendobj\n" % (number, entries.encode(), value)
    table = f"xref\n{number} 1\n{len(pdf) + 1:010} 00000 n \n"
    trailer = f"trailer\n<< /Size {reader.trailer['/Size']} /Root {root} 0 R /Prev {reader.last_startxref} >>\n"
    return pdf + again + f"{table}{trailer}startxref\n{len(pdf + again):010}\n%%EOF\n".encode()


def uncovered(pdf: bytes) -> int:
    embedded = PdfFileReader(BytesIO(pdf)).embedded_signatures[0]
    _, before, _, behind = embedded.byte_range
    return len(pdf) - (int(before) + int(behind) + 2 * len(embedded.pkcs7_content) + 2)


def test_a_time_in_the_future_is_called_wrong() -> None:
    pdf = signed(plain_pdf(), signer(), at=READ_AT + datetime.timedelta(days=400))
    assert sentences(pdf) == [
        f"{SIGNER} ghi lúc 09:12 ngày 26/12/2025, muộn hơn lúc hệ thống đọc tệp nên thời gian này sai; "
        "tệp không bị sửa sau khi ký; chứng thư của người ký do tổ chức tin cậy cấp (chưa tra cứu việc thu hồi)."
    ]
    assert [report.is_good for report in read_signatures(pdf, at=READ_AT)] == [False]


def test_a_certificate_that_was_over_when_it_signed_is_not_valid_then() -> None:
    over = signer(end=SIGNED_AT - datetime.timedelta(days=1))
    assert read(signed(plain_pdf(), over)) == [(SIGNER, Integrity.WHOLE, Trust.NOT_VALID_THEN)]


def test_a_claimed_time_proves_nothing_once_the_certificate_is_over() -> None:
    pdf = signed(plain_pdf(), signer(end=SIGNED_AT + datetime.timedelta(days=30)))
    assert read(pdf) == [(SIGNER, Integrity.WHOLE, Trust.TRUSTED)]
    later = SIGNED_AT + datetime.timedelta(days=31)
    assert read(pdf, at=later) == [(SIGNER, Integrity.WHOLE, Trust.EXPIRED_SINCE)]


def test_a_trusted_timestamp_proves_the_time_after_the_certificate_is_over() -> None:
    holder = signer(end=SIGNED_AT + datetime.timedelta(days=30))
    pdf = signed(plain_pdf(), holder, stamped=True)
    (report,) = read_signatures(pdf, at=SIGNED_AT + datetime.timedelta(days=31))
    assert (report.is_stamped, report.trust) == (True, Trust.TRUSTED)
    assert report.sentence.startswith(f"{SIGNER} ký lúc 09:12 ngày 20/11/2024 theo dấu thời gian tin cậy; ")


def test_a_timestamp_of_nobody_we_trust_is_no_proof(roots: Path) -> None:
    pdf = signed(plain_pdf(), signer(), stamped=True)
    (roots / "goc.pem").unlink()
    (report,) = read_signatures(pdf, at=READ_AT)
    assert (report.is_stamped, report.trust, report.signed_at) == (False, Trust.UNKNOWN, SIGNED_AT)


def test_names_in_certificates_are_one_plain_line() -> None:
    pdf = signed(plain_pdf(), signer("A\u202e\nB\t<script>", organisation="  O  "))
    assert [(report.signer, report.organisation) for report in read_signatures(pdf, at=READ_AT)] == [
        ("A B <script>", "O")
    ]


def test_a_report_comes_back_from_json_as_it_was() -> None:
    reports = read_signatures(signed(plain_pdf(), signer(), stamped=True), at=READ_AT)
    assert from_json(as_json(reports)) == reports
    assert isinstance(reports[0], SignatureReport)


# ---- hostile files -----------------------------------------------------------------------------------------------
def with_fields(fields: list[bytes]) -> bytes:
    with pikepdf.open(BytesIO(plain_pdf())) as opened:
        objects = [opened.make_indirect(pikepdf.Object.parse(field)) for field in fields]
        opened.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(objects))
        out = BytesIO()
        opened.save(out)
    return out.getvalue()


def test_a_script_inside_is_not_run_and_the_signature_is_read() -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(plain_pdf())) as opened:
        opened.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        opened.save(out)
    assert read(signed(out.getvalue(), signer())) == [(SIGNER, Integrity.WHOLE, Trust.TRUSTED)]


@pytest.mark.parametrize("value", [b"", b"/V << /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>"])
def test_ten_thousand_signature_fields_are_refused(value: bytes) -> None:
    pdf = with_fields([b"<< /FT /Sig /T (f%d) %s >>" % (number, value) for number in range(10_000)])
    with pytest.raises(Refused, match="quá nhiều chữ ký"):
        read_signatures(pdf, at=READ_AT)


def test_a_field_with_nonsense_in_place_of_a_signature_is_one_that_cannot_be_checked() -> None:
    nonsense = b"<< /FT /Sig /T (f) /V << /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >> >>"
    assert sentences(with_fields([nonsense])) == [
        "Người ký không ghi tên ký, không có thời gian; không kiểm tra được chữ ký này; "
        "chưa xác minh được chứng thư của người ký."
    ]


def test_hundreds_of_revisions_are_refused() -> None:
    pdf = signed(plain_pdf(), signer())
    for _ in range(100):
        pdf = with_another_page_text(pdf)
    with pytest.raises(Refused, match="quá nhiều lần sửa"):
        read_signatures(pdf, at=READ_AT)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n%%EOF", b"GIF89a", b"%PDF-1.7\n" + b"[" * 100_000 + b"\n%%EOF"])
def test_what_is_no_pdf_is_a_sentence(content: bytes) -> None:
    with pytest.raises(Refused, match="tệp PDF bị hỏng"):
        read_signatures(content, at=READ_AT)


def test_a_file_cut_off_in_the_middle_is_a_sentence() -> None:
    pdf = signed(plain_pdf(), signer())
    with pytest.raises(Refused, match="tệp PDF bị hỏng"):
        read_signatures(pdf[: len(plain_pdf()) // 2], at=READ_AT)


def test_a_locked_file_is_a_sentence() -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(plain_pdf())) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(Refused, match="đặt mật khẩu"):
        read_signatures(out.getvalue(), at=READ_AT)


def test_reading_that_takes_too_long_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "SECONDS", 0)
    with pytest.raises(Refused, match="trong thời gian cho phép"):
        read_signatures(plain_pdf(), at=READ_AT)


# ---- the seal ----------------------------------------------------------------------------------------------------
@pytest.fixture
def certificate(settings: Settings, tmp_path: Path) -> signing.Holder:
    """The seal of the deciding body of unit 866, configured."""
    return configure(settings, tmp_path, signer("Ủy ban nhân dân huyện Thử"))


def configure(settings: Settings, folder: Path, holder: signing.Holder) -> signing.Holder:
    path = folder / "con-dau.p12"
    path.write_bytes(holder.pkcs12())
    path.chmod(0o600)
    settings.SEAL_PKCS12, settings.SEAL_PASSWORD, settings.SEAL_UNIT = str(path), PASSWORD, "866"
    return holder


@pytest.mark.usefixtures("certificate")
def test_a_sealed_file_is_intact_and_trusted() -> None:
    sealed = seal.seal(plain_pdf(), at=SIGNED_AT, place="Thử")
    (report,) = read_signatures(sealed, at=READ_AT)
    assert (report.signer, report.signed_at) == ("Ủy ban nhân dân huyện Thử", SIGNED_AT)
    assert report.is_good
    embedded = PdfFileReader(BytesIO(sealed)).embedded_signatures[0].sig_object
    assert (embedded["/SubFilter"], embedded["/Reason"], embedded["/Location"]) == (
        "/ETSI.CAdES.detached",
        "Phát hành văn bản",
        "Thử",
    )


@pytest.mark.usefixtures("certificate")
def test_every_byte_flipped_in_a_sealed_file_is_found() -> None:
    sealed = seal.seal(plain_pdf(), at=SIGNED_AT)
    for position in (sealed.index(b"stream\n") + 20, sealed.index(b"/Reason") + 10):
        changed = bytearray(sealed)
        changed[position] ^= 1
        assert read(bytes(changed)) == [("Ủy ban nhân dân huyện Thử", Integrity.BROKEN, Trust.UNKNOWN)]


@pytest.mark.usefixtures("certificate")
def test_the_seal_leaves_tags_language_and_title_as_they_are(tmp_path: Path) -> None:
    sealed = seal.seal(plain_pdf(), at=SIGNED_AT)
    assert sealed.startswith(plain_pdf())
    path = tmp_path / "a.pdf"
    path.write_bytes(sealed)
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)
    with pikepdf.open(path) as opened:
        assert (str(opened.Root.Lang), bool(opened.Root.MarkInfo.Marked)) == ("vi", True)
        assert opened.Root.StructTreeRoot.K is not None
        assert opened.open_metadata()["pdfuaid:part"] == "1"
        widget = opened.pages[0].Annots[-1]
        crop = opened.pages[0].mediabox
        assert all(float(corner) < float(crop[0]) for corner in widget.Rect)  # outside the page, so not to be tagged
        assert int(widget.F) & 0b110 == 0b100  # printed, not hidden
        assert str(opened.pages[0].Tabs) == "/S"
    assert [page.extract_text() for page in pypdf.PdfReader(path).pages] == [
        page.extract_text() for page in pypdf.PdfReader(BytesIO(plain_pdf())).pages
    ]


def paper(code: str, desk: Desk) -> Paper:
    return Paper(unit=Unit(code=code, name="Huyện Thử"), desk=desk)


@pytest.mark.usefixtures("certificate")
@pytest.mark.parametrize(("code", "desk"), [("866", Desk.OFFICE), ("867", Desk.DECIDING)])
def test_the_papers_of_other_agencies_are_not_sealed(code: str, desk: Desk) -> None:
    assert seal.sealed(paper(code, desk), plain_pdf(), at=SIGNED_AT) == plain_pdf()


@pytest.mark.usefixtures("certificate")
def test_the_papers_of_the_agency_are_sealed_at_its_place() -> None:
    sealed = seal.sealed(paper("866", Desk.DECIDING), plain_pdf(), at=SIGNED_AT)
    assert PdfFileReader(BytesIO(sealed)).embedded_signatures[0].sig_object["/Location"] == "Thử"


def test_without_a_certificate_the_file_stays_as_it_is() -> None:
    assert seal.sealed(paper("866", Desk.DECIDING), plain_pdf(), at=SIGNED_AT) == plain_pdf()


def test_a_paper_that_should_bear_the_seal_is_not_issued_without(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ours = paper("866", Desk.DECIDING)
    configure(settings, tmp_path, signer(end=SIGNED_AT - datetime.timedelta(days=1)))
    with pytest.raises(Refused, match="chứng thư con dấu đã hết hạn"):
        seal.sealed(ours, plain_pdf(), at=SIGNED_AT)
    settings.SEAL_PASSWORD = "khong-phai-mat-khau"
    with pytest.raises(Refused, match="mật khẩu không đúng"):
        seal.sealed(ours, plain_pdf(), at=SIGNED_AT)
    settings.SEAL_PKCS12 = str(tmp_path / "khong-co.p12")
    with pytest.raises(Refused, match="không đọc được tệp chứng thư con dấu"):
        seal.sealed(ours, plain_pdf(), at=SIGNED_AT)
    assert len(caplog.records) == 3
    assert "khong-phai-mat-khau" not in caplog.text


def test_a_renewed_certificate_is_used_without_a_restart(settings: Settings, tmp_path: Path) -> None:
    configure(settings, tmp_path, signer("Cũ"))
    assert read(seal.seal(plain_pdf(), at=SIGNED_AT))[0][0] == "Cũ"
    path = configure(settings, tmp_path, signer("Mới")) and Path(settings.SEAL_PKCS12)
    os.utime(path, (1, 1))
    assert read(seal.seal(plain_pdf(), at=SIGNED_AT))[0][0] == "Mới"


@pytest.fixture
def numbered_paper(settings: Settings, tmp_path: Path) -> tuple[Paper, Place]:
    """A decision that waits for its issue, of an agency with a seal."""
    place = make_place()
    configure(settings, tmp_path, signer("Ủy ban nhân dân huyện Thử"))
    settings.SEAL_UNIT = place.deciding.code
    dossier = dossier_in(Status.CONCLUDED, place)
    return factories.numbered(factories.signed(drafted(approved([dossier], place), place), place), place), place


@pytest.mark.django_db
def test_an_issued_paper_is_sealed_and_leaves_byte_for_byte_as_it_was_stored(
    numbered_paper: tuple[Paper, Place], settings: Settings, tmp_path: Path
) -> None:
    paper, place = numbered_paper
    issued = sent_out(paper, place)
    stored = stored_path(issued.pdf_path, root=settings.MEDIA_ROOT)
    content = stored.read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (issued.pdf_sha256, issued.pdf_size)
    (report,) = read_signatures(content, at=place.later())
    assert (report.signer, report.signed_at, report.is_good) == ("Ủy ban nhân dân huyện Thử", issued.issued_at, True)
    assert seal.bears_seal(issued)
    for name in ("papers:attach", "papers:paper"):
        page = signed_in(place.clerk).get(reverse(name, args=[issued.uuid])).content.decode()
        assert "Tệp PDF phát hành có dấu điện tử của cơ quan." in page, name
    subprocess.run(["qpdf", "--check", stored], check=True, capture_output=True)
    served = serve(RequestFactory().get("/"), issued.pdf_path, root=settings.MEDIA_ROOT, name="van-ban.pdf")
    assert b"".join(served.streaming_content) == content  # type: ignore[attr-defined]
    served.close()
    assert compared(content_of(issued), read_pdf(content, at=place.later()).pages) == Match.SAME


@pytest.mark.django_db
def test_a_paper_whose_seal_cannot_be_put_stays_unissued(
    numbered_paper: tuple[Paper, Place], settings: Settings
) -> None:
    paper, place = numbered_paper
    settings.SEAL_PASSWORD = "khong-phai-mat-khau"
    with pytest.raises(Refused, match="Chưa phát hành được"):
        sent_out(paper, place)
    paper.refresh_from_db()
    assert (paper.state, paper.pdf_path) == (State.NUMBERED, "")


@pytest.mark.django_db
def test_a_paper_of_an_agency_without_a_seal_bears_none(
    numbered_paper: tuple[Paper, Place], settings: Settings
) -> None:
    paper, place = numbered_paper
    settings.SEAL_PKCS12 = ""
    issued = sent_out(paper, place)
    assert not seal.bears_seal(issued)
    for name in ("papers:attach", "papers:paper"):
        page = signed_in(place.clerk).get(reverse(name, args=[issued.uuid])).content.decode()
        assert "Tệp PDF phát hành không có dấu điện tử" in page, name


# ---- what the operator is told -----------------------------------------------------------------------------------
def test_checks_say_nothing_where_nothing_is_configured(settings: Settings) -> None:
    settings.SIGNATURE_TRUST_ROOTS = ""
    assert checks.check_seal(None) + checks.check_seal_is_private(None) + checks.check_trust_roots(None) == []


@pytest.mark.usefixtures("certificate")
def test_checks_are_content_with_a_good_certificate_and_good_roots() -> None:
    assert checks.check_seal(None) + checks.check_seal_is_private(None) + checks.check_trust_roots(None) == []


def test_a_certificate_that_ends_within_a_month_is_a_warning_and_then_an_error(
    settings: Settings, tmp_path: Path
) -> None:
    configure(settings, tmp_path, signer(end=datetime.datetime(2024, 12, 10, 2, tzinfo=datetime.UTC)))
    told = []
    for day in ("2024-11-09", "2024-11-11", "2024-12-11"):
        with time_machine.travel(f"{day}T02:00:00+00:00"):
            told.append([(message.id, message.msg) for message in checks.check_seal(None)])
    assert told == [
        [],
        [("papers.W001", "Chứng thư con dấu hết hạn ngày 10/12/2024.")],
        [("papers.E003", "Chứng thư con dấu đã hết hạn ngày 10/12/2024.")],
    ]


@pytest.mark.usefixtures("certificate")
def test_a_certificate_that_cannot_be_used_or_belongs_to_nobody_is_an_error(settings: Settings) -> None:
    settings.SEAL_PASSWORD = ""
    assert [(message.id, message.msg) for message in checks.check_seal(None)] == [
        (
            "papers.E002",
            "Không dùng được SEAL_PKCS12: tệp chứng thư con dấu không phải PKCS#12 có khóa RSA, ECC "
            "hoặc mật khẩu không đúng.",
        )
    ]
    settings.SEAL_UNIT = ""
    assert [message.id for message in checks.check_seal(None)] == ["papers.E001"]


@pytest.mark.usefixtures("certificate")
def test_a_key_that_others_can_read_is_a_warning(settings: Settings) -> None:
    Path(settings.SEAL_PKCS12).chmod(0o644)
    assert [message.id for message in checks.check_seal_is_private(None)] == ["papers.W002"]


def test_a_folder_of_roots_that_is_not_there_or_holds_something_else_is_a_warning(
    settings: Settings, roots: Path
) -> None:
    (roots / "doc-toi.txt").write_text("Đọc tôi")
    assert [(message.id, message.msg) for message in checks.check_trust_roots(None)] == [
        ("papers.W004", "Tệp trong SIGNATURE_TRUST_ROOTS không phải chứng thư nên bị bỏ qua: doc-toi.txt.")
    ]
    settings.SIGNATURE_TRUST_ROOTS = str(roots / "khong-co")
    assert [message.id for message in checks.check_trust_roots(None)] == ["papers.W003"]


def test_the_openssl_lines_of_the_guide_make_a_seal_that_works(settings: Settings, tmp_path: Path) -> None:
    guide = (Path(settings.BASE_DIR) / "docs" / "van-hanh" / "con-dau-chu-ky-so.md").read_text(encoding="utf-8")
    pack, take_out, show, try_out, to_pem, fingerprint = re.findall(r"^ *(openssl .*)$", guide, re.MULTILINE)

    def line(command: str, *more: str) -> str:
        done = subprocess.run([*shlex.split(command), *more], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout

    line(try_out)
    (tmp_path / "chuoi.pem").write_bytes(signing.intermediate().pem)
    line(pack, "-passout", "pass:thu")
    line(take_out, "-passin", "pass:thu")
    assert "subject=CN = Con dau chay thu\n" in line(show)
    settings.SEAL_PKCS12, settings.SEAL_PASSWORD = str(tmp_path / "con-dau.p12"), "thu"
    assert read(seal.seal(plain_pdf(), at=timezone.now()), at=timezone.now())[0][0] == "Con dau chay thu"
    (tmp_path / "goc.cer").write_bytes(signing.root().certificate.public_bytes(Encoding.DER))
    line(to_pem)
    assert (tmp_path / "goc.pem").read_bytes() == signing.root().pem
    assert "sha256 Fingerprint=" in line(fingerprint)


@pytest.mark.usefixtures("certificate")
def test_another_program_finds_the_seal_valid_as_the_guide_says(tmp_path: Path) -> None:
    path = tmp_path / "van-ban.pdf"
    path.write_bytes(seal.seal(plain_pdf(), at=SIGNED_AT))
    told = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert "  - Total document signed\n" in told
    assert "  - Signature Validation: Signature is Valid.\n" in told
