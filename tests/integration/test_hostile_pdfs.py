"""Hostile and broken files sent as «bản đã ký»: each gets one plain sentence, none breaks the page, nothing is lost.

Through the page, with the real reader in its own process. How each part of the reading works is in `test_signatures`.
"""

import re
import time
import zlib
from collections.abc import Callable
from html import unescape
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pytest_django.fixtures import Settings

from childfriendly.core.files import MAX_FILE_BYTES
from papers.kinds import Kind
from papers.models import Attachment, Paper, State
from papers.rendering import render_pdf
from papers.services import signatures
from papers.structure import to_json
from tests import signing
from tests.factories import Place, make_place
from tests.issued_papers import paper_in
from tests.sample_papers import CODE, DAY, decision
from tests.signing import Holder, plain_pdf, signed, signer
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

TRUSTED = "chứng thư của người ký do tổ chức tin cậy cấp (chưa tra cứu việc thu hồi)."
UNKNOWN = "chưa xác minh được chứng thư của người ký."
WHEN = "ký lúc 09:12 ngày 20/11/2024 theo giờ máy của người ký"
SAME = "Nội dung khớp văn bản trong hệ thống."
OTHER = "Nội dung khác văn bản trong hệ thống. Đối chiếu hai bản trước khi dùng."
ALTERED = f"Nguyễn Văn A (giả định) {WHEN}; tệp đã bị sửa sau khi ký; {TRUSTED}"
BROKEN = f"Nguyễn Văn A (giả định) {WHEN}; tệp không còn đúng như lúc ký: chữ ký này không có giá trị; {UNKNOWN}"


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Place:
    settings.SIGNATURE_TRUST_ROOTS = str(signing.trust(tmp_path / "goc"))
    return make_place()


@pytest.fixture
def paper(place: Place) -> Paper:
    said = {"content": to_json(decision(number="", issued_on=None)), "number": "2345", "issued_on": DAY}
    return paper_in(State.NUMBERED, Kind.REPLACEMENT, place, code=CODE, **said)


def sent(paper: Paper, place: Place, content: bytes, name: str = "da-ky.pdf") -> tuple[int, str]:
    """What the page that takes files answers, then says of what it has; always within the reader's time."""
    client, address = signed_in(place.clerk), reverse("papers:attach", args=[paper.uuid])
    started = time.monotonic()
    file = SimpleUploadedFile(name, content, content_type="application/pdf")
    answer = client.post(address, {"upload": file})
    assert time.monotonic() - started < signatures.SECONDS + 10
    page = client.get(address) if answer.status_code == 302 else answer
    return answer.status_code, " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def the_decision() -> bytes:
    return render_pdf(decision())


def appended(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Another revision behind a signed file, as an editor or an attacker writes it: every signed byte stays."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


# ---- what is taken, and what is said of it -----------------------------------------------------------------------
def more_text(writer: IncrementalPdfFileWriter) -> None:
    stream = generic.StreamObject(stream_data=b"BT /F1 12 Tf 100 100 Td (them) Tj ET")
    writer.add_stream_to_page(0, writer.add_object(stream))


def another_page_in_its_place(writer: IncrementalPdfFileWriter) -> None:
    """The «replace» kind of shadow attack: the page that was signed is still there, nobody is shown it."""
    page = writer.find_page_for_modification(0)[0].get_object()
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT (khac) Tj ET"))
    writer.update_container(page)


def a_note_over_the_text(writer: IncrementalPdfFileWriter) -> None:
    page = writer.find_page_for_modification(0)[0].get_object()
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (50, 50, 500, 700))),
            generic.pdf_name("/Contents"): generic.pdf_string("Nội dung mới"),
        }
    )
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", []), writer.add_object(note)])
    writer.update_container(page)


@pytest.mark.parametrize("change", [more_text, another_page_in_its_place, a_note_over_the_text])
def test_what_was_appended_behind_a_signature_is_told(
    paper: Paper, place: Place, change: Callable[[IncrementalPdfFileWriter], None]
) -> None:
    status, page = sent(paper, place, appended(signed(the_decision(), signer()), change))
    assert (status, page.count(ALTERED)) == (302, 1)


def test_what_was_appended_between_two_signatures_counts_against_the_first(paper: Paper, place: Place) -> None:
    once = appended(signed(the_decision(), signer()), more_text)
    status, page = sent(paper, place, signed(once, signer("Trần Thị B (giả định)"), field="Chu ky 2"))
    assert (status, page.count(ALTERED)) == (302, 1)
    assert f"Trần Thị B (giả định) {WHEN}; tệp không bị sửa sau khi ký; {TRUSTED}" in page


def test_two_signatures_are_two_sentences(paper: Paper, place: Place) -> None:
    twice = signed(signed(the_decision(), signer()), signer("Trần Thị B (giả định)"), field="Chu ky 2")
    _, page = sent(paper, place, twice)
    assert (
        f"Nguyễn Văn A (giả định) {WHEN}; sau khi ký tệp chỉ được thêm chữ ký, nội dung không bị sửa; {TRUSTED} "
        f"Trần Thị B (giả định) {WHEN}; tệp không bị sửa sau khi ký; {TRUSTED} {SAME}"
    ) in page


def test_a_signature_over_a_part_of_the_file_is_no_signature_on_it(paper: Paper, place: Place) -> None:
    """Valid by its own account: a key signed the first 2.000 bytes and those at the end, and nothing between."""
    status, page = sent(paper, place, signed_in_part(the_decision(), signer()))
    assert (status, page.count("; tệp đã bị sửa sau khi ký; ")) == (302, 1)
    assert "tệp không bị sửa" not in page


def signed_in_part(pdf: bytes, holder: Holder) -> bytes:
    whole = signed(pdf, holder)
    numbers = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\s*\]", whole)
    assert numbers is not None
    before, after = int(numbers[2]), int(numbers[3])
    said = b"/ByteRange [0 2000 %d %d]" % (after, int(numbers[4]))
    whole = whole.replace(numbers[0], said.ljust(len(numbers[0])))
    covered = whole[:2000] + whole[after:]
    builder = pkcs7.PKCS7SignatureBuilder().set_data(covered)
    builder = builder.add_signer(holder.certificate, holder.key, hashes.SHA256())
    for certificate in holder.above:
        builder = builder.add_certificate(certificate)
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    value = builder.sign(serialization.Encoding.DER, options)
    cms.ContentInfo.load(value)
    room = after - before - 2
    return whole[:before] + b"<" + value.hex().encode().ljust(room, b"0") + b">" + whole[after:]


def test_a_flipped_byte_is_told(paper: Paper, place: Place) -> None:
    pdf = bytearray(signed(the_decision(), signer()))
    pdf[pdf.index(b"/Lang") + 7] ^= 1
    status, page = sent(paper, place, bytes(pdf))
    assert (status, page.count(BROKEN)) == (302, 1)


@pytest.mark.parametrize(
    ("holder", "sentence"),
    [
        (
            lambda: signer(end=signing.SIGNED_AT.replace(day=1)),
            f"Nguyễn Văn A (giả định) {WHEN}; tệp không bị sửa sau khi ký; "
            "chứng thư của người ký không có hiệu lực lúc ký.",
        ),
        (
            lambda: signing.issue("Tự Ký Lấy (giả định)"),
            f"Tự Ký Lấy (giả định) {WHEN}; tệp không bị sửa sau khi ký; {UNKNOWN}",
        ),
        (
            lambda: signer("\u202eA<img src=x onerror=alert(1)>\u2066\n{{ 7*7 }}", organisation="<b>Ủy ban</b>"),
            f"A<img src=x onerror=alert(1)> {{{{ 7*7 }}}} (<b>Ủy ban</b>) {WHEN}; tệp không bị sửa sau khi ký; "
            f"{UNKNOWN}",
        ),
    ],
)
def test_who_signed_is_told_as_text_and_whether_anybody_vouches_for_it(
    paper: Paper, place: Place, holder: Callable[[], Holder], sentence: str
) -> None:
    status, page = sent(paper, place, signed(the_decision(), holder()))
    assert (status, f"{sentence} {SAME}" in page) == (302, True), page


def test_a_script_and_a_file_inside_are_marked_and_the_signature_is_read(paper: Paper, place: Place) -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(the_decision())) as opened:
        opened.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        opened.attachments["ma-doc.exe"] = pikepdf.AttachedFileSpec(opened, b"MZ", filename="ma-doc.exe")
        opened.save(out)
    status, page = sent(paper, place, signed(out.getvalue(), signer()))
    assert (status, "Tệp có nội dung tự chạy: chỉ xem trong trình duyệt" in page) == (302, True)
    assert f"Nguyễn Văn A (giả định) {WHEN}; tệp không bị sửa sau khi ký; {TRUSTED} {SAME}" in page


# ---- what is refused ---------------------------------------------------------------------------------------------
def jpeg() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 40), "red").save(out, "JPEG")
    return out.getvalue()


def encrypted() -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(plain_pdf())) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (lambda: b"", 422, "không có nội dung"),
        (jpeg, 422, "không phải PDF"),
        (lambda: signed(plain_pdf(), signer())[: len(plain_pdf()) // 2], 422, "bị hỏng"),
        (encrypted, 422, "mật khẩu"),
        (lambda: b"%PDF-1.7\n" + b"0" * (MAX_FILE_BYTES + 1), 422, "tối đa 20 MB"),
        (lambda: plain_pdf() + b"%" * 50_000_000, 413, "tối đa 20 MB"),
    ],
    ids=["empty", "jpeg", "truncated", "encrypted", "one byte too many", "50 MB"],
)
def test_what_cannot_be_kept_is_one_sentence_and_leaves_nothing(
    paper: Paper, place: Place, content: Callable[[], bytes], status: int, sentence: str
) -> None:
    before = Attachment.objects.create(**row_of(paper, place))
    answer, page = sent(paper, place, content())
    assert (answer, sentence in page) == (status, True), page
    assert list(Attachment.objects.all()) == [before]


def row_of(paper: Paper, place: Place) -> dict[str, object]:
    return {
        "paper": paper,
        "kind": Attachment.Kind.SCAN,
        "name": "truoc.png",
        "path": "ab/" + "a" * 64 + ".png",
        "sha256": "a" * 64,
        "size": 1,
        "content_type": "image/png",
        "uploaded_by": place.clerk,
        "uploaded_at": place.at,
    }


# ---- bombs -------------------------------------------------------------------------------------------------------
def objects(*bodies: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1, with a right table."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    table += b"".join(b"%010d 00000 n \n" % at for at in places)
    return out + table + b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, trailer, len(out))


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), more, data)


def swelling(size: int, times: int = 1) -> bytes:
    """`size` bytes in a thousandth of them, packed `times` over."""
    data = b"BT (a) Tj ET " * (size // 13)
    for _ in range(times):
        data = zlib.compress(data, 9)
    return stream(data, b"/Filter [" + b"/FlateDecode " * times + b"]")


def with_previous_table_at_itself() -> bytes:
    pdf = objects(CATALOG, PAGES, PAGE, stream(b"BT ET"))
    table = pdf.rindex(b"xref\n0")
    return pdf.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % table)


def with_a_table_of_billions() -> bytes:
    pdf = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n" + PAGES + b"\nendobj\n"
    entries = b"/Type /XRef /W [1 8 2] /Index [0 2000000000] /Size 2000000000 /Root 1 0 R /Filter /FlateDecode"
    body = stream(zlib.compress(b"\0" * 11 * 3_000_000, 9), entries)
    return pdf + b"3 0 obj\n" + body + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(pdf)


BOMBS: dict[str, Callable[[], bytes]] = {
    "previous table is itself": with_previous_table_at_itself,
    "table of billions": with_a_table_of_billions,
    "pages in a ring": lambda: objects(CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"),
    "nested arrays": lambda: objects(CATALOG.replace(b">>", b"/X " + b"[" * 90_000 + b"]" * 90_000 + b" >>"), PAGES),
    "nested dictionaries": lambda: objects(CATALOG.replace(b">>", b"/X " + b"<</A " * 50_000 + b">>" * 50_000 + b">>")),
    "text that swells": lambda: objects(CATALOG, PAGES, PAGE, swelling(100_000_000)),
    "text that takes long": lambda: objects(CATALOG, PAGES, PAGE, swelling(40_000_000)),
    "text packed twice": lambda: objects(CATALOG, PAGES, PAGE, swelling(200_000_000, 2)),
    "one field in a ring": lambda: objects(
        CATALOG.replace(b">>", b"/AcroForm << /Fields [4 0 R] >> >>"), PAGES, PAGE, b"<< /T (a) /Kids [4 0 R 4 0 R] >>"
    ),
    "length is another object in a ring": lambda: objects(
        CATALOG, PAGES, PAGE, b"<< /Length 4 0 R >>\nstream\nBT ET\nendstream"
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_answered_in_time_and_breaks_nothing(
    paper: Paper, place: Place, bomb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept as a file nobody could compare, or refused with a sentence: either is right, as long as it is said."""
    monkeypatch.setattr(signatures, "SECONDS", 5)
    status, page = sent(paper, place, BOMBS[bomb]())
    if status == 302:
        row = Attachment.objects.get()
        assert (row.signatures, row.match) in [([], "no_text"), ([], "differs")]
    else:
        assert status == 422
        assert re.search(r"Không đọc được|bị hỏng|tải lên", page), page
        assert not Attachment.objects.exists()
