"""What may be uploaded: extension, first bytes and inner structure agree, or one sentence says what to do."""

import hashlib
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from childfriendly.core.exceptions import Refused
from childfriendly.core.files import (
    CONTENT_TYPES,
    EVIDENCE_EXTENSIONS,
    CheckedUpload,
    check_upload,
    clean_name,
    extension_of,
)
from tests.corpus import files as corpus
from tests.corpus import names

LIMIT = 20 * 1024 * 1024


def check(name: str, content: bytes, *, max_bytes: int = LIMIT) -> CheckedUpload:
    return check_upload(SimpleUploadedFile(name, content), max_bytes=max_bytes, allowed=EVIDENCE_EXTENSIONS)


def refusal(name: str, content: bytes, *, max_bytes: int = LIMIT) -> str:
    with pytest.raises(Refused) as error:
        check(name, content, max_bytes=max_bytes)
    return str(error.value)


# ---- good files --------------------------------------------------------------------------------------------------
AS_SENT = ["bien-ban.pdf", "bao-cao.docx", "so-lieu.xlsx"]


@pytest.mark.parametrize("name", AS_SENT)
def test_papers_are_taken_as_sent_with_the_type_of_our_table(name: str) -> None:
    content = corpus.GOOD[name]
    extension = name.rpartition(".")[2]
    digest = hashlib.sha256(content).hexdigest()
    checked = check(name, content)
    assert checked == CheckedUpload(name, extension, CONTENT_TYPES[extension], len(content), digest, digest)
    assert checked.content.read() == content


@pytest.mark.parametrize(("name", "kept_as"), [("anh.jpg", "jpg"), ("anh.png", "png"), ("anh.heic", "jpg")])
def test_pictures_are_taken_as_what_is_kept_of_them(name: str, kept_as: str) -> None:
    sent = corpus.GOOD[name]
    checked = check(name, sent)
    kept = checked.content.read()
    assert checked == CheckedUpload(
        f"anh.{kept_as}",
        kept_as,
        CONTENT_TYPES[kept_as],
        len(kept),
        hashlib.sha256(kept).hexdigest(),
        hashlib.sha256(sent).hexdigest(),
    )


def test_the_senders_content_type_counts_for_nothing() -> None:
    upload = SimpleUploadedFile("bien-ban.pdf", corpus.pdf(), content_type="text/html")
    assert check_upload(upload, max_bytes=LIMIT, allowed={"pdf"}).content_type == "application/pdf"


def test_jpeg_is_jpg_and_capitals_do_not_matter() -> None:
    assert [check(name, corpus.jpg()).extension for name in ("a.jpeg", "A.JPG", "a.JpEg")] == ["jpg"] * 3


def test_an_upload_that_django_put_on_disk_is_judged_alike_and_left_at_its_beginning() -> None:
    content = corpus.docx()
    with TemporaryUploadedFile("bao-cao.docx", "", len(content), None) as upload:
        upload.write(content)
        checked = check_upload(upload, max_bytes=LIMIT, allowed=EVIDENCE_EXTENSIONS)
        assert (checked.size, checked.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert upload.read() == content


def test_the_size_limit_itself_is_allowed() -> None:
    content = corpus.pdf()
    assert check("a.pdf", content, max_bytes=len(content)).size == len(content)


def test_a_heic_of_every_name_becomes_a_jpg() -> None:
    assert [check(name, corpus.heic()).name for name in ("IMG_1.HEIC", "a.heif")] == ["IMG_1.jpg", "a.jpg"]


def test_a_password_word_in_the_text_is_not_a_password() -> None:
    assert check("a.pdf", corpus.pdf("/EncryptMetadata /Encrypt me")).extension == "pdf"


def test_a_link_that_waits_for_a_click_is_allowed() -> None:
    link = corpus.relations(corpus.relation("hyperlink", "https://example.vn/", external=True))
    assert check("a.docx", corpus.docx(extra={"word/_rels/document.xml.rels": link})).extension == "docx"


# ---- bad files ---------------------------------------------------------------------------------------------------
KINDS = "Chọn tệp PDF, Word (.docx), Excel (.xlsx), ảnh JPG, ảnh PNG, ảnh HEIC."


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("anh.svg", corpus.SVG, f'Không nhận loại tệp của "anh.svg". {KINDS}'),
        ("trang.html", corpus.HTML, f'Không nhận loại tệp của "trang.html". {KINDS}'),
        ("chay.exe", corpus.EXE, f'Không nhận loại tệp của "chay.exe". {KINDS}'),
        ("nen.zip", corpus.archive({"a": "a"}), f'Không nhận loại tệp của "nen.zip". {KINDS}'),
        ("khong-duoi", corpus.pdf(), f'Không nhận loại tệp của "khong-duoi". {KINDS}'),
        (
            "bien-ban.doc",
            corpus.OLE,
            'Tệp "bien-ban.doc" là dạng cũ có thể chứa macro. Lưu lại thành .docx hoặc PDF rồi tải lên.',
        ),
        (
            "so-lieu.xls",
            corpus.OLE,
            'Tệp "so-lieu.xls" là dạng cũ có thể chứa macro. Lưu lại thành .xlsx hoặc PDF rồi tải lên.',
        ),
        (
            "so-lieu.xlsm",
            corpus.xlsx(),
            'Tệp "so-lieu.xlsm" là dạng có thể chứa macro. Lưu lại thành .xlsx hoặc PDF rồi tải lên.',
        ),
    ],
)
def test_a_wrong_kind_is_told_by_its_name(name: str, content: bytes, sentence: str) -> None:
    assert refusal(name, content) == sentence


NOT_PDF = 'Nội dung tệp "a.pdf" không phải PDF. Mở tệp, lưu lại đúng loại rồi tải lên; không chỉ đổi tên.'


@pytest.mark.parametrize(
    "content", [corpus.SVG, corpus.HTML, corpus.EXE, corpus.png(), corpus.docx(), b"\n" + corpus.pdf()]
)
def test_a_renamed_file_is_not_a_pdf(content: bytes) -> None:
    assert refusal("a.pdf", content) == NOT_PDF


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.docx", corpus.pdf(), "Word (.docx)"),
        ("a.docx", corpus.xlsx(), "Word (.docx)"),
        ("a.docx", corpus.archive({"a.txt": "a"}), "Word (.docx)"),
        ("a.xlsx", corpus.docx(), "Excel (.xlsx)"),
        ("a.xlsx", corpus.HTML, "Excel (.xlsx)"),
        ("a.jpg", corpus.png(), "ảnh JPG"),
        ("a.jpg", corpus.SVG, "ảnh JPG"),
        ("a.png", corpus.jpg(), "ảnh PNG"),
        ("a.png", corpus.HTML, "ảnh PNG"),
        ("a.heic", corpus.jpg(), "ảnh HEIC"),
        ("a.jpg", corpus.heic(), "ảnh JPG"),
    ],
)
def test_content_and_extension_must_agree(name: str, content: bytes, kind: str) -> None:
    sentence = f'Nội dung tệp "{name}" không phải {kind}. Mở tệp, lưu lại đúng loại rồi tải lên; không chỉ đổi tên.'
    assert refusal(name, content) == sentence


def test_a_word_file_whose_main_part_is_only_announced_is_refused() -> None:
    content = corpus.archive(
        {"[Content_Types].xml": f'<T><O ContentType="{corpus.DOCX_MAIN}" PartName="/no.xml"/></T>'}
    )
    assert "không phải Word (.docx)" in refusal("a.docx", content)


@pytest.mark.parametrize("name", corpus.GOOD)
def test_an_empty_file_is_refused(name: str) -> None:
    assert refusal(name, b"") == f'Tệp "{name}" không có nội dung. Kiểm tra lại tệp trên máy rồi tải lên.'


@pytest.mark.parametrize("name", corpus.GOOD)
def test_a_file_cut_in_half_is_refused(name: str) -> None:
    content = corpus.GOOD[name]
    sentence = f'Tệp "{name}" bị hỏng hoặc chưa được chép đủ. Mở thử tệp trên máy, lưu lại rồi tải lên.'
    assert refusal(name, content[: len(content) // 2]) == sentence


def test_one_byte_too_many_is_too_many() -> None:
    content = corpus.pdf() + bytes(LIMIT + 1 - len(corpus.pdf()))
    assert refusal("quet.pdf", content) == (
        'Tệp "quet.pdf" 20,1 MB, tối đa 20 MB. Chụp lại bằng điện thoại hoặc giảm độ phân giải khi quét.'
    )


@pytest.mark.parametrize("user", ["mat-khau", ""], ids=["to open", "not to be printed"])
def test_a_pdf_with_a_password_is_refused(user: str) -> None:
    sentence = 'Tệp PDF "a.pdf" đặt mật khẩu nên không mở được. Bỏ mật khẩu rồi tải lại.'
    assert refusal("a.pdf", corpus.encrypted_pdf(user)) == sentence


@pytest.mark.parametrize("what", corpus.ACTIVE)
def test_a_pdf_that_does_something_by_itself_is_taken_and_marked(what: str) -> None:
    assert check("a.pdf", corpus.active_pdf(what)).has_active_content


@pytest.mark.parametrize("what", corpus.QUIET)
def test_a_pdf_that_only_jumps_to_a_page_is_not_marked(what: str) -> None:
    assert not check("a.pdf", corpus.pdf_with(corpus.QUIET[what])).has_active_content


def test_a_pdf_that_swells_is_not_unpacked() -> None:
    content = corpus.swelling_pdf()
    assert len(content) < 100 * 1024
    refusal("a.pdf", content)  # brings the libraries in
    seconds, megabytes = cost(lambda: refusal("a.pdf", content))
    assert seconds < 0.5
    assert megabytes < 50


def test_a_word_file_with_a_password_is_refused() -> None:
    assert refusal("a.docx", corpus.OLE) == (
        'Tệp "a.docx" đặt mật khẩu hoặc là dạng cũ đổi tên. Bỏ mật khẩu, lưu lại thành .docx rồi tải lên.'
    )


MACRO = 'Tệp "a.docx" chứa macro. Lưu lại thành .docx không có macro hoặc PDF rồi tải lên.'


@pytest.mark.parametrize(
    "content",
    [
        corpus.docx(main=corpus.DOCM_MAIN),
        corpus.docx(extra={"word/vbaProject.bin": b"x"}),
        corpus.docx(extra={"word/VBAPROJECT.BIN": b"x"}),
    ],
)
def test_macros_are_refused_under_whatever_name(content: bytes) -> None:
    assert refusal("a.docx", content) == MACRO


@pytest.mark.parametrize("target", ["https://example.vn/mau.dotm", "file:///C:/mau.dotm", "file://may/chung/mau.dotm"])
@pytest.mark.parametrize("kind", ["attachedTemplate", "oleObject", "frame", "subDocument", "image"])
def test_a_file_that_fetches_something_when_opened_is_refused(kind: str, target: str) -> None:
    link = corpus.relations(corpus.relation(kind, target, external=True))
    assert refusal("a.docx", corpus.docx(extra={"word/_rels/settings.xml.rels": link})) == (
        'Tệp "a.docx" gắn với mẫu hoặc nội dung nằm ngoài tệp. Lưu lại thành PDF rồi tải lên.'
    )


def cost(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds of processor and megabytes of memory beyond what the process had taken before."""
    start, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    act()
    return time.process_time() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024


BOMB = "Tệp bung ra quá lớn so với kích thước khi tải lên. Xóa nội dung thừa, lưu lại rồi tải lên."


@pytest.mark.parametrize("content", [corpus.bomb(), corpus.boast(), corpus.crowd()], ids=["ratio", "size", "entries"])
def test_an_archive_that_swells_is_refused_before_it_is_unpacked(content: bytes) -> None:
    seconds, _ = cost(lambda: refusal("a.docx", content))
    assert seconds < 0.5
    assert refusal("a.docx", content) == BOMB


def test_two_hundred_kilobytes_that_swell_to_two_hundred_megabytes_cost_nothing(tmp_path: Path) -> None:
    """In a process of its own, whose memory nothing else has stretched before (SECURITY.md F-05)."""
    (tmp_path / "a.docx").write_bytes(corpus.bomb(200))
    assert 150 * 1024 < (tmp_path / "a.docx").stat().st_size < 256 * 1024
    code = f"""
import resource, time
import django
django.setup()
from pathlib import Path
from django.core.files.uploadedfile import SimpleUploadedFile
from childfriendly.core.exceptions import Refused
from childfriendly.core.files import EVIDENCE_EXTENSIONS, check_upload
upload = SimpleUploadedFile("a.docx", Path({str(tmp_path / "a.docx")!r}).read_bytes())
start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    check_upload(upload, max_bytes=10**9, allowed=EVIDENCE_EXTENSIONS)
except Refused as refused:
    print(refused)
print(time.process_time() - start < 0.5, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{BOMB}\nTrue True\n"


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    content = corpus.bomb(3)
    claimed, real = (2000).to_bytes(4, "little"), (3 * 1024 * 1024).to_bytes(4, "little")
    assert content.count(real) == 2
    assert "bị hỏng" in refusal("a.docx", content.replace(real, claimed))


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>',
        "<x>",
        "<x>" + "a" * (1024 * 1024) + "</x>",
    ],
)
def test_hostile_xml_is_refused(xml: str) -> None:
    filler = os.urandom(64 * 1024)  # keeps the ratio honest, so that it is the XML that is judged
    content = corpus.docx(extra={"[Content_Types].xml": xml, "word/media/a.bin": filler})
    assert "bị hỏng" in refusal("a.docx", content)


def test_an_encrypted_entry_is_refused() -> None:
    buffer = BytesIO(corpus.docx())
    with zipfile.ZipFile(buffer) as archive:
        offset = archive.start_dir
    content = bytearray(buffer.getvalue())
    content[offset + 8] |= 1  # the flag «encrypted» of the first entry in the directory
    assert refusal("a.docx", bytes(content)) == "Tệp đặt mật khẩu nên không mở được. Bỏ mật khẩu rồi tải lại."


@pytest.mark.parametrize("size", [(60_000, 60_000), (10_001, 5_000), (12_000, 8_000)])
def test_a_picture_that_claims_too_many_pixels_is_refused_unread(size: tuple[int, int]) -> None:
    assert refusal("anh.png", corpus.flood_png(*size)) == (
        'Ảnh "anh.png" có quá nhiều điểm ảnh, tối đa 50 triệu. '
        "Chụp lại bằng điện thoại hoặc giảm độ phân giải khi quét."
    )


@given(st.sampled_from(sorted(corpus.GOOD)), st.data())
@settings(max_examples=300)
def test_damaged_files_are_taken_or_refused_but_never_crash(name: str, data: st.DataObject) -> None:
    content = bytearray(corpus.GOOD[name])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    try:
        checked = check(name, bytes(content))
    except Refused as error:
        assert str(error).endswith(".")  # noqa: PT017 — either outcome is right, a crash is not
    else:
        assert checked.sent_sha256 == hashlib.sha256(content).hexdigest()


# ---- pictures ----------------------------------------------------------------------------------------------------
def kept_picture(name: str, content: bytes) -> Image.Image:
    return Image.open(check(name, content).content)


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG")])
def test_nothing_is_kept_of_what_a_telephone_writes_along(name: str, kind: str) -> None:
    sent = corpus.phone_photo(kind)
    secrets = (b"Exif", b"eXIf", b"DIEN THOAI THU", b"ghi chu kin", b"iCCP", b"ho so mau", b"phan giau sau anh")
    assert any(word in sent for word in secrets)
    kept = check(name, sent).content.read()
    assert [word for word in secrets if word in kept] == []
    picture = kept_picture(name, sent)
    assert (dict(picture.getexif()), picture.getexif().get_ifd(0x8825)) == ({}, {})


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (1, 1)), (6, (1, 0)), (8, (0, 1))])
def test_a_picture_stands_as_the_camera_meant_it(orientation: int, corner: tuple[int, int]) -> None:
    """The red corner is where a viewer that knows the tag would have shown it, and the tag is gone."""
    picture = kept_picture("a.jpg", corpus.phone_photo(orientation=orientation))
    assert picture.size == ((200, 300) if orientation in {6, 8} else (300, 200))
    corners = {
        (x, y): picture.getpixel((x * (picture.width - 1), y * (picture.height - 1))) for x in (0, 1) for y in (0, 1)
    }
    red = [place for place, (_, green, _) in corners.items() if green < 100]
    assert red == [corner]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [((4800, 1200), (2400, 600)), ((1200, 4800), (600, 2400)), ((2400, 2400), (2400, 2400)), ((9, 7), (9, 7))],
)
@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG")])
def test_the_longer_side_is_at_most_2400_pixels(
    sent: tuple[int, int], kept: tuple[int, int], name: str, kind: str
) -> None:
    assert kept_picture(name, corpus.picture(kind, *sent)).size == kept


def encoded(image: Image.Image, kind: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "kept_as"),
    [("1", "L"), ("L", "L"), ("LA", "RGBA"), ("P", "RGB"), ("RGB", "RGB"), ("RGBA", "RGBA"), ("I;16", "L")],
)
def test_a_png_keeps_its_transparency_and_no_more_than_it_needs(mode: str, kept_as: str) -> None:
    assert kept_picture("a.png", encoded(Image.new(mode, (8, 8)), "PNG")).mode == kept_as


@pytest.mark.parametrize(("mode", "kept_as"), [("L", "L"), ("RGB", "RGB"), ("CMYK", "RGB")])
def test_a_jpeg_is_kept_in_grey_or_in_colour(mode: str, kept_as: str) -> None:
    assert kept_picture("a.jpg", encoded(Image.new(mode, (8, 8)), "JPEG")).mode == kept_as


def test_a_picture_cut_off_is_refused_after_papers_were_printed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """WeasyPrint, once imported, tells Pillow to make do with half a picture."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert "chưa được chép đủ" in refusal("a.jpg", corpus.HOSTILE["cut.jpg"]())


def test_the_same_photo_gives_the_same_file() -> None:
    assert check("a.jpg", corpus.phone_photo()) == check("a.jpg", corpus.phone_photo())


# ---- names -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("sent", "shown"), names.SHOWN.items())
def test_names_are_made_safe_to_show(sent: str, shown: str) -> None:
    assert clean_name(sent) == shown


@given(st.text(st.characters()))
def test_a_clean_name_is_short_and_stays_clean(sent: str) -> None:
    name = clean_name(sent)
    assert 0 < len(name) <= 150
    assert not set("/\\\r\n\u202e") & set(name)
    assert clean_name(name) == name


def test_extensions_are_read_from_the_shown_name() -> None:
    names = ["a.PDF", "a.jpeg", "a", "a.pdf/", "x.pdf\u202e", "a.pdf. "]
    assert [extension_of(name) for name in names] == ["pdf", "jpg", "", "", "pdf", "pdf"]
