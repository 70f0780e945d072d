"""How files are kept and handed out: under a name of their content, sealed where they tell of single children, whole or
in part, and gone wrong in every way that a disk can."""

import datetime as dt
import errno
import hashlib
import os
import stat
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpResponseBase
from django.test import RequestFactory
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from childfriendly.core.exceptions import Refused
from childfriendly.core.files import (
    CONTENT_TYPES,
    EVIDENCE_EXTENSIONS,
    BrokenSealError,
    CheckedUpload,
    check_upload,
    content_type_for,
    delete_if_older,
    files_older_than,
    keys,
    serve,
    sha256_of,
    store,
    stored_path,
)
from childfriendly.core.files.sealing import FRAME, Key, plain_size, seal, unseal
from tests.corpus import files as corpus

KEY = Key("mot-khoa-thu-du-dai-de-dung-trong-kiem-thu-1")
OTHER = Key("mot-khoa-khac-du-dai-de-dung-trong-kiem-thu-2")
FULL = "Máy chủ hết dung lượng lưu tệp nên chưa nhận được tệp này. Báo người quản trị hệ thống rồi tải lại sau."


def checked(content: bytes | None = None, name: str = "a.pdf") -> CheckedUpload:
    upload = SimpleUploadedFile(name, content or corpus.pdf())
    return check_upload(upload, max_bytes=20 * 1024 * 1024, allowed=EVIDENCE_EXTENSIONS)


def raw(content: bytes, extension: str = "pdf") -> CheckedUpload:
    """Bytes that no check has seen, for what is about bytes alone."""
    digest = hashlib.sha256(content).hexdigest()
    kind = CONTENT_TYPES[extension]
    return CheckedUpload(f"a.{extension}", extension, kind, len(content), digest, digest, content=BytesIO(content))


def files_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.name != ".khoa")


# ---- storing -----------------------------------------------------------------------------------------------------
def test_a_file_is_kept_under_the_name_of_its_content(tmp_path: Path) -> None:
    root = tmp_path / "var" / "files"
    content = corpus.pdf()
    digest = hashlib.sha256(content).hexdigest()
    relative = store(checked(content, "Biên bản.PDF"), root=root)
    assert relative == f"{digest[:2]}/{digest[2:4]}/{digest}.pdf"
    assert files_below(root) == [relative]
    assert stored_path(relative, root=root).read_bytes() == content
    assert sha256_of(relative, root=root) == digest


def test_of_a_picture_what_was_drawn_anew_is_kept(tmp_path: Path) -> None:
    upload = checked(corpus.phone_photo(), "a.jpg")
    relative = store(upload, root=tmp_path)
    kept = (tmp_path / relative).read_bytes()
    assert (hashlib.sha256(kept).hexdigest(), len(kept)) == (upload.sha256, upload.size)
    assert b"Exif" not in kept


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_files_and_folders_are_closed_to_others_whatever_the_umask(tmp_path: Path, key: Key | None) -> None:
    before = os.umask(0o077)
    try:
        relative = store(checked(), root=tmp_path / "files", seal_with=key)
    finally:
        os.umask(before)
    path = tmp_path / "files" / relative
    modes = [stat.S_IMODE(place.stat().st_mode) for place in (path, *list(path.parents)[:3])]
    assert modes == [0o640, 0o750, 0o750, 0o750]


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_the_same_content_twice_is_one_file(tmp_path: Path, key: Key | None) -> None:
    first = store(checked(name="a.pdf"), root=tmp_path, seal_with=key)
    second = store(checked(name="b.pdf"), root=tmp_path, seal_with=key)
    assert first == second
    assert files_below(tmp_path) == [first]


class FailingStream(BytesIO):
    """A stream that breaks in the middle, as the disk does when it is full."""

    def __init__(self, number: int) -> None:
        super().__init__(bytes(1000))
        self.number = number

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() == 0:
            return super().read(5)
        raise OSError(self.number, os.strerror(self.number))


def breaking(number: int) -> CheckedUpload:
    content = raw(bytes(1000))
    return CheckedUpload(
        content.name,
        content.extension,
        content.content_type,
        content.size,
        content.sha256,
        content.sent_sha256,
        content=FailingStream(number),
    )


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    with pytest.raises(Refused) as error:
        store(breaking(number), root=tmp_path)
    assert str(error.value) == FULL
    assert files_below(tmp_path) == []


def test_another_fault_of_the_disk_is_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        store(breaking(errno.EIO), root=tmp_path)
    assert files_below(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    folder = tmp_path / "dia"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("This account may not mount; the stub above tells of the same error.")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_a_disk_that_is_really_full_is_the_same_sentence(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, key: Key | None
) -> None:
    monkeypatch.setattr("childfriendly.core.files.keeping.RESERVE", -(10**9))  # the look ahead would spare the disk
    with pytest.raises(Refused) as error:
        store(raw(os.urandom(2 * 1024 * 1024)), root=small_disk, seal_with=key)
    assert str(error.value) == FULL
    assert files_below(small_disk) == []
    assert store(checked(), root=small_disk, seal_with=key) in files_below(small_disk)


def test_the_last_of_the_disk_is_left_to_the_database(small_disk: Path) -> None:
    with pytest.raises(Refused) as error:
        store(checked(), root=small_disk)
    assert str(error.value) == FULL
    assert files_below(small_disk) == []


def test_an_unchecked_kind_is_never_stored(tmp_path: Path) -> None:
    with pytest.raises(SuspiciousFileOperation):
        store(CheckedUpload("a.html", "html", "text/html", 1, "0" * 64, "0" * 64, content=BytesIO(b"x")), root=tmp_path)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    "relative",
    [
        "../../etc/passwd",
        "../../x",
        "/etc/passwd",
        "",
        "aa/bb/cc.pdf",
        f"aa/bb/{'a' * 64}.exe",
        f"aa/bb/{'a' * 64}.pdf\n",
        f"aa/bb/{'a' * 64}.pdf.kin.kin",
    ],
)
def test_only_paths_that_we_gave_out_are_opened(relative: str, tmp_path: Path) -> None:
    with pytest.raises(SuspiciousFileOperation):
        stored_path(relative, root=tmp_path)


def test_what_is_old_is_listed_and_deleted_but_never_what_was_stored_again(tmp_path: Path) -> None:
    relative = store(checked(), root=tmp_path)
    (tmp_path / ".tam-bo-do").write_bytes(b"x")
    now = dt.datetime.now(dt.UTC)
    assert list(files_older_than(now - dt.timedelta(days=1), root=tmp_path)) == []
    for name in (relative, ".tam-bo-do"):
        os.utime(tmp_path / name, (0, 0))
    limit = now - dt.timedelta(days=1)
    assert sorted(files_older_than(limit, root=tmp_path)) == [".tam-bo-do", relative]
    store(checked(), root=tmp_path)  # somebody uploads the same paper in this very moment
    assert not delete_if_older(relative, limit, root=tmp_path)
    assert delete_if_older(".tam-bo-do", limit, root=tmp_path)
    assert files_below(tmp_path) == [relative]


# ---- sealing -----------------------------------------------------------------------------------------------------
SIZES = [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME]


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_out_again(size: int) -> None:
    content = os.urandom(size)
    sealed = b"".join(seal(BytesIO(content), KEY))
    assert b"".join(unseal(BytesIO(sealed), [KEY])) == content
    assert plain_size(len(sealed)) == size


def test_a_sealed_file_shows_nothing_of_its_content_and_its_name_nothing_of_its_hash(tmp_path: Path) -> None:
    content = corpus.pdf("NGUYEN THI CANARY " * 10_000)
    upload = checked(content)
    relative = store(upload, root=tmp_path, seal_with=KEY)
    on_disk = (tmp_path / relative).read_bytes()
    assert (b"CANARY" in on_disk, b"%PDF" in on_disk, upload.sha256 in relative) == (False, False, False)
    assert relative.endswith(".pdf.kin")
    assert store(checked(content), root=tmp_path, seal_with=OTHER) != relative


def test_the_same_content_is_never_sealed_alike_twice() -> None:
    assert b"".join(seal(BytesIO(b"x"), KEY)) != b"".join(seal(BytesIO(b"x"), KEY))


THREE_FRAMES = b"".join(seal(BytesIO(bytes(3 * FRAME)), KEY))
HEAD = len(THREE_FRAMES) - 3 * (FRAME + 16)


def frames(*chosen: int) -> bytes:
    size = FRAME + 16
    return THREE_FRAMES[:HEAD] + b"".join(THREE_FRAMES[HEAD + n * size : HEAD + (n + 1) * size] for n in chosen)


@pytest.mark.parametrize(
    "sealed",
    [frames(0, 1), frames(0), frames(), frames(1, 2), frames(0, 2, 1), frames(0, 1, 2, 2), frames(0, 1, 2) + b"x"],
    ids=["last gone", "two gone", "all gone", "first gone", "swapped", "one more", "a byte more"],
)
def test_frames_that_are_cut_off_swapped_or_added_are_noticed(sealed: bytes) -> None:
    with pytest.raises(BrokenSealError):
        list(unseal(BytesIO(sealed), [KEY]))


@given(st.integers(0, len(THREE_FRAMES) - 1), st.integers(1, 255))
@hypothesis_settings(max_examples=60)
def test_a_changed_byte_anywhere_is_noticed(place: int, change: int) -> None:
    content = bytearray(THREE_FRAMES)
    content[place] ^= change
    with pytest.raises(BrokenSealError):
        list(unseal(BytesIO(bytes(content)), [KEY]))


def test_an_older_key_still_opens_and_a_foreign_one_does_not() -> None:
    sealed = b"".join(seal(BytesIO(b"noi dung"), OTHER))
    assert b"".join(unseal(BytesIO(sealed), [KEY, OTHER])) == b"noi dung"
    with pytest.raises(BrokenSealError):
        list(unseal(BytesIO(sealed), [KEY]))


def test_the_ring_is_the_key_of_the_settings_then_the_older_ones(settings: Any) -> None:
    settings.EVIDENCE_KEY, settings.EVIDENCE_KEY_FALLBACKS = "moi", ["cu", "rat cu"]
    assert keys() == [Key("moi"), Key("cu"), Key("rat cu")]


# ---- serving -----------------------------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def no_connection_is_looked_after() -> Iterator[None]:
    """A closed answer tells Django to look after its connections, which tests with a database leave open."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


def answer(root: Path, relative: str, *, method: str = "GET", inline: bool = False, **headers: str) -> HttpResponseBase:
    request = RequestFactory().generic(method, "/", headers=headers)
    return serve(request, relative, root=root, name="Biên bản.pdf", inline=inline)


def body(response: Any) -> bytes:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    response.close()
    return bytes(content)


@pytest.mark.parametrize("extension", CONTENT_TYPES)
@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_files_are_downloaded_under_our_own_type(
    tmp_path: Path, settings: Any, extension: str, key: Key | None
) -> None:
    settings.EVIDENCE_KEY = KEY.secret
    relative = store(raw(b"content", extension), root=tmp_path, seal_with=key)
    response = answer(tmp_path, relative)
    assert body(response) == b"content"
    policy = {} if extension == "pdf" else {"Content-Security-Policy": "default-src 'none'; sandbox"}
    assert dict(response.items()) == policy | {
        "Content-Type": content_type_for(extension),
        "Content-Length": "7",
        "Accept-Ranges": "none" if key else "bytes",
        "Content-Disposition": "attachment; filename*=utf-8''Bi%C3%AAn%20b%E1%BA%A3n.pdf",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }


def test_only_pdf_and_pictures_are_shown_in_the_browser(tmp_path: Path) -> None:
    shown = []
    for extension in CONTENT_TYPES:
        response = answer(tmp_path, store(raw(b"x", extension), root=tmp_path), inline=True)
        body(response)
        shown.append((extension, response["Content-Disposition"].split(";")[0]))
    assert shown == [
        ("pdf", "inline"),
        ("docx", "attachment"),
        ("xlsx", "attachment"),
        ("jpg", "inline"),
        ("png", "inline"),
    ]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        (
            'Biên bản "số 1"\r\nX: y.pdf',
            "attachment; filename*=utf-8''Bi%C3%AAn%20b%E1%BA%A3n%20%22s%E1%BB%91%201%22%20X%3A%20y.pdf",
        ),
        ("../../x.pdf", 'attachment; filename="x.pdf"'),
        ("anh\u202efdp.exe", 'attachment; filename="anhfdp.exe"'),
        ('a"b.pdf', 'attachment; filename="a\\"b.pdf"'),
    ],
)
def test_a_name_reaches_the_reader_and_breaks_no_header(tmp_path: Path, name: str, header: str) -> None:
    relative = store(raw(b"x"), root=tmp_path)
    response = serve(RequestFactory().get("/"), relative, root=tmp_path, name=name)
    body(response)
    assert response["Content-Disposition"] == header


TEN = b"0123456789"


@pytest.mark.parametrize(
    ("asked", "status", "content", "said"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=-99", 206, TEN, "bytes 0-9/10"),
        ("bytes=4-99", 206, b"456789", "bytes 4-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=5-2", 200, TEN, None),
        ("bytes=0-1,4-5", 200, TEN, None),
        ("bytes=-", 200, TEN, None),
        ("lines=1-2", 200, TEN, None),
        ("bytes=" + "9" * 30 + "-", 200, TEN, None),
    ],
)
def test_a_part_of_a_file_is_given_where_it_is_asked_for_properly(
    tmp_path: Path, asked: str, status: int, content: bytes, said: str | None
) -> None:
    response = answer(tmp_path, store(raw(TEN), root=tmp_path), Range=asked)
    assert (response.status_code, response.get("Content-Range"), body(response)) == (status, said, content)
    assert status == 416 or response["Content-Length"] == str(len(content))


def test_a_part_of_another_version_is_the_whole_file(tmp_path: Path) -> None:
    headers = {"Range": "bytes=0-3", "If-Range": '"abc"'}
    assert body(answer(tmp_path, store(raw(TEN), root=tmp_path), **headers)) == TEN


def test_a_sealed_file_is_sent_whole_whatever_part_is_asked_for(tmp_path: Path, settings: Any) -> None:
    settings.EVIDENCE_KEY = KEY.secret
    content = os.urandom(2 * FRAME + 5)
    response = answer(tmp_path, store(raw(content), root=tmp_path, seal_with=KEY), Range="bytes=0-3")
    assert (response.status_code, response["Content-Length"]) == (200, str(len(content)))
    assert body(response) == content


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_asking_for_the_head_alone_tells_the_same_and_sends_nothing(
    tmp_path: Path, settings: Any, key: Key | None
) -> None:
    settings.EVIDENCE_KEY = KEY.secret
    relative = store(raw(TEN), root=tmp_path, seal_with=key)
    head, get = answer(tmp_path, relative, method="HEAD"), answer(tmp_path, relative)
    assert (body(head), dict(head.items())) == (b"", dict(get.items()))
    assert body(get) == TEN


def test_a_seal_that_is_broken_at_its_beginning_is_told_before_the_first_byte(tmp_path: Path, settings: Any) -> None:
    relative = store(raw(TEN), root=tmp_path, seal_with=KEY)
    settings.EVIDENCE_KEY = OTHER.secret
    with pytest.raises(BrokenSealError):
        answer(tmp_path, relative)


def test_nginx_sends_what_lies_open_and_we_what_is_sealed(tmp_path: Path, settings: Any) -> None:
    settings.EVIDENCE_KEY, settings.X_ACCEL_PREFIX = KEY.secret, "/kho-tep/"
    plain, sealed = store(raw(TEN), root=tmp_path), store(raw(TEN), root=tmp_path, seal_with=KEY)
    handed_on = answer(tmp_path, plain, inline=True)
    assert (handed_on["X-Accel-Redirect"], body(handed_on)) == (f"/kho-tep/{plain}", b"")
    assert handed_on["Content-Type"] == "application/pdf"
    assert handed_on["Content-Disposition"].startswith("inline")
    own = answer(tmp_path, sealed)
    assert ("X-Accel-Redirect" in own, body(own)) == (False, TEN)


def test_a_file_that_is_gone_is_told_of_before_an_answer_begins(tmp_path: Path, settings: Any) -> None:
    relative = store(raw(TEN), root=tmp_path)
    (tmp_path / relative).unlink()
    for prefix in ("", "/kho-tep/"):
        settings.X_ACCEL_PREFIX = prefix
        with pytest.raises(FileNotFoundError):
            answer(tmp_path, relative)
