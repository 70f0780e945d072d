import errno
import hashlib
import os
import stat
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from childfriendly.core.exceptions import Refused
from childfriendly.core.files import (
    CONTENT_TYPES,
    EVIDENCE_EXTENSIONS,
    CheckedUpload,
    check_upload,
    clean_name,
    content_type_for,
    extension_of,
    file_response,
    store,
    stored_path,
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
@pytest.mark.parametrize("name", corpus.GOOD)
def test_each_kind_is_taken_with_the_type_of_our_table(name: str) -> None:
    content = corpus.GOOD[name]
    extension = name.rpartition(".")[2]
    digest = hashlib.sha256(content).hexdigest()
    assert check(name, content) == CheckedUpload(name, extension, CONTENT_TYPES[extension], len(content), digest)


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


def test_a_password_word_in_the_text_is_not_a_password() -> None:
    assert check("a.pdf", corpus.pdf("/EncryptMetadata /Encrypt me")).extension == "pdf"


def test_a_link_that_waits_for_a_click_is_allowed() -> None:
    link = corpus.relations(corpus.relation("hyperlink", "https://example.vn/", external=True))
    assert check("a.docx", corpus.docx(extra={"word/_rels/document.xml.rels": link})).extension == "docx"


# ---- bad files ---------------------------------------------------------------------------------------------------
KINDS = "Chọn tệp PDF, Word (.docx), Excel (.xlsx), ảnh JPG, ảnh PNG."


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
        (
            "anh.heic",
            b"\x00\x00\x00\x18ftypheic",
            'Tệp "anh.heic" là ảnh HEIC. Đổi sang JPG, hoặc chọn kiểu chụp «Tương thích nhất», rồi tải lên.',
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


@pytest.mark.parametrize("filler", [0, 1024 * 1024 - 200, 1024 * 1024 - 60, 3 * 1024 * 1024])
def test_a_pdf_with_a_password_is_refused_wherever_the_word_stands(filler: int) -> None:
    content = corpus.pdf("x" * filler, trailer="/Encrypt 9 0 R ")
    assert refusal("a.pdf", content) == 'Tệp PDF "a.pdf" đặt mật khẩu nên không mở được. Bỏ mật khẩu rồi tải lại.'


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


@pytest.mark.parametrize("kind", ["attachedTemplate", "oleObject", "frame", "subDocument"])
def test_a_file_that_fetches_something_when_opened_is_refused(kind: str) -> None:
    link = corpus.relations(corpus.relation(kind, "https://example.vn/mau.dotm", external=True))
    assert refusal("a.docx", corpus.docx(extra={"word/_rels/settings.xml.rels": link})) == (
        'Tệp "a.docx" gắn với mẫu hoặc nội dung nằm ngoài tệp. Lưu lại thành PDF rồi tải lên.'
    )


BOMB = "Tệp bung ra quá lớn so với kích thước khi tải lên. Xóa nội dung thừa, lưu lại rồi tải lên."


@pytest.mark.parametrize("content", [corpus.bomb(), corpus.boast(), corpus.crowd()], ids=["ratio", "size", "entries"])
def test_an_archive_that_swells_is_refused_before_it_is_unpacked(content: bytes) -> None:
    start = time.process_time()
    assert refusal("a.docx", content) == BOMB
    assert time.process_time() - start < 0.5


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
@settings(max_examples=300, deadline=None)
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
        assert checked.size == len(content)


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


# ---- storing -----------------------------------------------------------------------------------------------------
def files_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_file_is_kept_under_the_name_of_its_content(tmp_path: Path) -> None:
    root = tmp_path / "var" / "files"
    content = corpus.pdf()
    digest = hashlib.sha256(content).hexdigest()
    relative = store(SimpleUploadedFile("Biên bản.PDF", content), root=root)
    assert relative == f"{digest[:2]}/{digest[2:4]}/{digest}.pdf"
    assert files_below(root) == [relative]
    assert stored_path(relative, root=root).read_bytes() == content


def test_files_and_folders_are_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        relative = store(SimpleUploadedFile("a.pdf", corpus.pdf()), root=tmp_path / "files")
    finally:
        os.umask(before)
    path = tmp_path / "files" / relative
    modes = [stat.S_IMODE(place.stat().st_mode) for place in (path, *list(path.parents)[:3])]
    assert modes == [0o640, 0o750, 0o750, 0o750]


def test_the_same_content_twice_is_one_file(tmp_path: Path) -> None:
    first = store(SimpleUploadedFile("a.pdf", corpus.pdf()), root=tmp_path)
    second = store(SimpleUploadedFile("b.pdf", corpus.pdf()), root=tmp_path)
    assert first == second
    assert files_below(tmp_path) == [first]


class FailingUpload(SimpleUploadedFile):
    """An upload that breaks in the middle, as the disk does when it is full."""

    def __init__(self, number: int) -> None:
        super().__init__("a.pdf", b"%PDF-")
        self.number = number

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"%PDF-"
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    with pytest.raises(Refused) as error:
        store(FailingUpload(number), root=tmp_path)
    assert str(error.value) == (
        "Máy chủ hết dung lượng lưu tệp nên chưa nhận được tệp này. Báo người quản trị hệ thống rồi tải lại sau."
    )
    assert files_below(tmp_path) == []


def test_another_fault_of_the_disk_is_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        store(FailingUpload(errno.EIO), root=tmp_path)
    assert files_below(tmp_path) == []


def test_an_unchecked_kind_is_never_stored(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="check_upload"):
        store(SimpleUploadedFile("a.html", corpus.HTML), root=tmp_path)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    "relative",
    ["../../etc/passwd", "/etc/passwd", "", "aa/bb/cc.pdf", f"aa/bb/{'a' * 64}.exe", f"aa/bb/{'a' * 64}.pdf\n"],
)
def test_only_paths_that_we_gave_out_are_opened(relative: str, tmp_path: Path) -> None:
    with pytest.raises(SuspiciousFileOperation):
        stored_path(relative, root=tmp_path)


# ---- serving -----------------------------------------------------------------------------------------------------
def served(tmp_path: Path, name: str, *, inline: bool = False) -> dict[str, str]:
    extension = extension_of(name)
    path = tmp_path / "file"
    path.write_bytes(b"content")
    response = file_response(path, name=name, extension=extension, inline=inline)
    assert b"".join(response.streaming_content) == b"content"
    response.close()
    return dict(response.items())


@pytest.mark.parametrize("extension", CONTENT_TYPES)
def test_files_are_downloaded_under_our_own_type(tmp_path: Path, extension: str) -> None:
    policy = {} if extension == "pdf" else {"Content-Security-Policy": "default-src 'none'; sandbox"}
    assert served(tmp_path, f"a.{extension}") == policy | {
        "Content-Type": content_type_for(extension),
        "Content-Length": "7",
        "Content-Disposition": f'attachment; filename="a.{extension}"',
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }


def test_only_pdf_and_pictures_are_shown_in_the_browser(tmp_path: Path) -> None:
    shown = [served(tmp_path, f"a.{extension}", inline=True)["Content-Disposition"] for extension in CONTENT_TYPES]
    assert [value.split(";")[0] for value in shown] == ["inline", "attachment", "attachment", "inline", "inline"]


def test_a_vietnamese_name_reaches_the_reader_and_breaks_no_header(tmp_path: Path) -> None:
    header = served(tmp_path, 'Biên bản "số 1"\r\nX: y.pdf')["Content-Disposition"]
    assert header == "attachment; filename*=utf-8''Bi%C3%AAn%20b%E1%BA%A3n%20%22s%E1%BB%91%201%22%20X%3A%20y.pdf"
