"""What may be uploaded, and how it is kept.

A file is taken when its extension, its first bytes and its inner structure all agree; each refusal is one sentence that
says what to do. Stored names come from the content (SHA-256), never from the sender; the sender's name is only shown.
"""

import contextlib
import errno
import hashlib
import os
import re
import struct
import tempfile
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse
from PIL import Image

from childfriendly.core.exceptions import Refused
from childfriendly.core.numbers import format_number
from childfriendly.core.text import nfc

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jpg": "image/jpeg",
    "png": "image/png",
}
EVIDENCE_EXTENSIONS = frozenset(CONTENT_TYPES)

MAX_NAME_LENGTH = 150
MAX_ENTRIES = 500
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_RATIO = 100
MAX_PIXELS = 50_000_000

_BLOCK = 1024 * 1024
_SMALL_XML_BYTES = 1024 * 1024  # [Content_Types].xml and .rels parts of honest files stay far below
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Word and Excel, and every OOXML file with a password
_ENCRYPT = re.compile(rb"/Encrypt\s*(?:[0-9]+\s+[0-9]+\s+R|<<)")
_MAIN_PARTS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
# What Word fetches by itself when the file is opened. Hyperlinks and links to other workbooks wait for a click.
_FETCHED_ON_OPENING = frozenset({"attachedTemplate", "frame", "oleObject", "subDocument"})
_STORED_PATH = re.compile(rf"[0-9a-f]{{2}}/[0-9a-f]{{2}}/[0-9a-f]{{64}}\.(?:{'|'.join(CONTENT_TYPES)})")
_TYPE_WORDS = {"pdf": "PDF", "docx": "Word (.docx)", "xlsx": "Excel (.xlsx)", "jpg": "ảnh JPG", "png": "ảnh PNG"}
_OLD_OFFICE = {"doc": "docx", "dot": "docx", "rtf": "docx", "xls": "xlsx", "xlt": "xlsx"}
_MACRO_OFFICE = {"docm": "docx", "dotm": "docx", "xlsm": "xlsx", "xltm": "xlsx", "xlsb": "xlsx"}

# A header that claims more pixels than this is refused before a single pixel is unpacked.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class CheckedUpload:
    """An upload that passed every check. `name` is for showing, `size` in bytes, `sha256` in hexadecimal."""

    name: str
    extension: str
    content_type: str
    size: int
    sha256: str


def content_type_for(extension: str) -> str:
    """The type that a file is served with; from this table only, never from what the sender claimed."""
    return CONTENT_TYPES[extension]


def clean_name(name: str) -> str:
    """The sender's file name made safe to show: NFC, no folders, no invisible or direction-changing characters,
    at most 150 characters with the extension kept."""
    last = re.split(r"[/\\]", nfc(name))[-1]
    visible = "".join(" " if c.isspace() else c for c in last if c.isspace() or unicodedata.category(c)[0] != "C")
    tidy = " ".join(visible.split()).strip(". ")
    if not tidy:
        return "tệp không tên"
    if len(tidy) <= MAX_NAME_LENGTH:
        return tidy
    stem, dot, extension = tidy.rpartition(".")
    if not dot or len(extension) > 10:
        return tidy[:MAX_NAME_LENGTH].rstrip()
    return stem[: MAX_NAME_LENGTH - len(extension) - 1].rstrip() + "." + extension


def extension_of(name: str) -> str:
    """Lower case without the dot, `jpeg` as `jpg`; "" where there is none."""
    _, dot, extension = clean_name(name).rpartition(".")
    extension = extension.lower() if dot else ""
    return "jpg" if extension == "jpeg" else extension


def _megabytes(size: int) -> str:
    """Rounded up to a tenth, so that one byte too many is never shown as the limit itself."""
    tenths = -(-size * 10 // (1024 * 1024))
    return f"{format_number(tenths // 10)},{tenths % 10} MB" if tenths % 10 else f"{format_number(tenths // 10)} MB"


def _check_extension(name: str, extension: str, allowed: Collection[str]) -> None:
    if extension in allowed and extension in CONTENT_TYPES:
        return
    if extension in _OLD_OFFICE:
        new = _OLD_OFFICE[extension]
        raise Refused(f'Tệp "{name}" là dạng cũ có thể chứa macro. Lưu lại thành .{new} hoặc PDF rồi tải lên.')
    if extension in _MACRO_OFFICE:
        new = _MACRO_OFFICE[extension]
        raise Refused(f'Tệp "{name}" là dạng có thể chứa macro. Lưu lại thành .{new} hoặc PDF rồi tải lên.')
    if extension in {"heic", "heif"}:
        raise Refused(f'Tệp "{name}" là ảnh HEIC. Đổi sang JPG, hoặc chọn kiểu chụp «Tương thích nhất», rồi tải lên.')
    words = ", ".join(_TYPE_WORDS[known] for known in CONTENT_TYPES if known in allowed)
    raise Refused(f'Không nhận loại tệp của "{name}". Chọn tệp {words}.')


def _damaged(name: str) -> Refused:
    return Refused(f'Tệp "{name}" bị hỏng hoặc chưa được chép đủ. Mở thử tệp trên máy, lưu lại rồi tải lên.')


def _other_kind(name: str, extension: str) -> Refused:
    return Refused(
        f'Nội dung tệp "{name}" không phải {_TYPE_WORDS[extension]}. '
        "Mở tệp, lưu lại đúng loại rồi tải lên; không chỉ đổi tên."
    )


# ---- PDF ---------------------------------------------------------------------------------------------------------
def _check_pdf(stream: IO[bytes], name: str, extension: str) -> None:
    if stream.read(5) != b"%PDF-":
        raise _other_kind(name, extension)
    stream.seek(0)
    overlap = tail = b""
    while block := stream.read(_BLOCK):
        if _ENCRYPT.search(overlap + block):
            raise Refused(f'Tệp PDF "{name}" đặt mật khẩu nên không mở được. Bỏ mật khẩu rồi tải lại.')
        overlap = (overlap + block)[-100:]
        tail = (tail + block)[-8192:]
    if b"%%EOF" not in tail:
        raise _damaged(name)


# ---- Word, Excel -------------------------------------------------------------------------------------------------
_BOMB = "Tệp bung ra quá lớn so với kích thước khi tải lên. Xóa nội dung thừa, lưu lại rồi tải lên."


def check_archive(archive: zipfile.ZipFile, packed_size: int) -> None:
    """Limits judged from the archive's directory, before anything is unpacked. Raises `Refused` without a file name."""
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * max(packed_size, 1):
        raise Refused(_BOMB)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Refused("Tệp đặt mật khẩu nên không mở được. Bỏ mật khẩu rồi tải lại.")


def _unpack_everything(archive: zipfile.ZipFile) -> None:
    """Reads every entry to its end, since sizes in the directory can lie, and `zipfile` checks the CRC on the way."""
    left = MAX_UNPACKED_BYTES
    for entry in archive.infolist():
        with archive.open(entry) as part:
            while block := part.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise Refused(
                        "Tệp bung ra quá lớn so với kích thước khi tải lên. Xóa nội dung thừa, lưu lại rồi tải lên."
                    )


def _small_xml(archive: zipfile.ZipFile, part: str) -> Element:
    with archive.open(part) as stream:
        text = stream.read(_SMALL_XML_BYTES + 1)
    if len(text) > _SMALL_XML_BYTES:
        raise ValueError("XML part is too long")
    root: Element = ElementTree.fromstring(text, forbid_dtd=True)
    return root


def _check_office(stream: IO[bytes], name: str, extension: str, size: int) -> None:
    magic = stream.read(8)
    stream.seek(0)
    if magic == _OLE_MAGIC:
        raise Refused(
            f'Tệp "{name}" đặt mật khẩu hoặc là dạng cũ đổi tên. Bỏ mật khẩu, lưu lại thành .{extension} rồi tải lên.'
        )
    if not magic.startswith(b"PK\x03\x04"):
        raise _other_kind(name, extension)
    try:
        with zipfile.ZipFile(stream) as archive:
            check_archive(archive, size)
            _unpack_everything(archive)
            _check_parts(archive, name, extension)
    except (
        zipfile.BadZipFile,
        zlib.error,
        DefusedXmlException,
        ParseError,
        EOFError,
        KeyError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as error:
        raise _damaged(name) from error


def _check_parts(archive: zipfile.ZipFile, name: str, extension: str) -> None:
    parts = archive.namelist()
    if "[Content_Types].xml" not in parts:
        raise _other_kind(name, extension)
    macro = any(PurePosixPath(part.lower()).name == "vbaproject.bin" for part in parts)
    main = ""
    for element in _small_xml(archive, "[Content_Types].xml"):
        kind = element.get("ContentType", "")
        macro = macro or "macroenabled" in kind.lower() or "vbaproject" in kind.lower()
        if kind == _MAIN_PARTS[extension]:
            main = element.get("PartName", "").removeprefix("/")
    if macro:
        raise Refused(f'Tệp "{name}" chứa macro. Lưu lại thành .{extension} không có macro hoặc PDF rồi tải lên.')
    if main not in parts:
        raise _other_kind(name, extension)
    for part in parts:
        if part.lower().endswith(".rels"):
            for relationship in _small_xml(archive, part):
                kind = relationship.get("Type", "").rpartition("/")[2]
                if relationship.get("TargetMode") == "External" and kind in _FETCHED_ON_OPENING:
                    raise Refused(
                        f'Tệp "{name}" gắn với mẫu hoặc nội dung nằm ngoài tệp. Lưu lại thành PDF rồi tải lên.'
                    )


# ---- images ------------------------------------------------------------------------------------------------------
def _check_image(stream: IO[bytes], name: str, extension: str) -> None:
    magic, kind = {"jpg": (b"\xff\xd8\xff", "JPEG"), "png": (b"\x89PNG\r\n\x1a\n", "PNG")}[extension]
    if stream.read(len(magic)) != magic:
        raise _other_kind(name, extension)
    try:
        stream.seek(0)
        with Image.open(stream, formats=[kind]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            image.verify()
        if kind == "JPEG":  # verify() reads only the head; a draft at an eighth unpacks to the end and costs little
            stream.seek(0)
            with Image.open(stream, formats=[kind]) as image:
                image.draft("RGB", (max(image.width // 8, 1), max(image.height // 8, 1)))
                image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(
            f'Ảnh "{name}" có quá nhiều điểm ảnh, tối đa {MAX_PIXELS // 1_000_000} triệu. '
            "Chụp lại bằng điện thoại hoặc giảm độ phân giải khi quét."
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, struct.error, zlib.error) as error:
        raise _damaged(name) from error


# ---- the two acts ------------------------------------------------------------------------------------------------
def check_upload(uploaded: "UploadedFile[bytes]", *, max_bytes: int, allowed: Collection[str]) -> CheckedUpload:
    """Judge an upload by its name, size and content; nothing is stored.

    `allowed` holds extensions of `CONTENT_TYPES`. Raises `Refused` with the sentence for the sender. The stream is left
    at its beginning.
    """
    name = clean_name(uploaded.name or "")
    extension = extension_of(name)
    _check_extension(name, extension, allowed)
    digest, size = hashlib.sha256(), 0
    uploaded.seek(0)
    for chunk in uploaded.chunks():
        digest.update(chunk)
        size += len(chunk)
    if size == 0:
        raise Refused(f'Tệp "{name}" không có nội dung. Kiểm tra lại tệp trên máy rồi tải lên.')
    if size > max_bytes:
        raise Refused(
            f'Tệp "{name}" {_megabytes(size)}, tối đa {_megabytes(max_bytes)}. '
            "Chụp lại bằng điện thoại hoặc giảm độ phân giải khi quét."
        )
    stream = uploaded.file
    if stream is None:  # a closed upload; only a mistake in our code leads here
        raise ValueError("The upload has no open file.")
    stream.seek(0)
    if extension == "pdf":
        _check_pdf(stream, name, extension)
    elif extension in _MAIN_PARTS:
        _check_office(stream, name, extension, size)
    else:
        _check_image(stream, name, extension)
    uploaded.seek(0)
    return CheckedUpload(name, extension, CONTENT_TYPES[extension], size, digest.hexdigest())


@contextlib.contextmanager
def _disk_full_is_refused() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise Refused(
            "Máy chủ hết dung lượng lưu tệp nên chưa nhận được tệp này. Báo người quản trị hệ thống rồi tải lại sau."
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path, root: Path) -> None:
    """`folder` and those above it up to `root`, readable by our own account and group only."""
    for place in (*reversed([p for p in folder.parents if p.is_relative_to(root)]), folder):
        if not place.exists():
            place.mkdir(mode=0o750, parents=place == root, exist_ok=True)
            place.chmod(0o750)  # the umask may have taken more than we wish
            _sync_folder(place.parent)


def store(uploaded: "UploadedFile[bytes]", *, root: Path) -> str:
    """Write a checked upload below `root` and return its relative path, `aa/bb/<sha256>.<extension>`.

    Call after `check_upload` and before the row that points to the file is written: when this returns, the file is
    safely on disk under its final name. The same content always gets the same path, so two rows may share one file:
    never delete a file while another row names it. Raises `Refused` when the disk is full.
    """
    extension = extension_of(uploaded.name or "")
    if extension not in CONTENT_TYPES:
        raise ValueError("check_upload() comes first.")
    with _disk_full_is_refused():
        _make_folder(root, root)
        descriptor, temporary = tempfile.mkstemp(prefix=".tam-", dir=root)
        try:
            digest = hashlib.sha256()
            with os.fdopen(descriptor, "wb") as target:
                uploaded.seek(0)
                for chunk in uploaded.chunks():
                    digest.update(chunk)
                    target.write(chunk)
                target.flush()
                os.fchmod(target.fileno(), 0o640)
                os.fsync(target.fileno())
            name = digest.hexdigest()
            relative = f"{name[:2]}/{name[2:4]}/{name}.{extension}"
            final = root / relative
            _make_folder(final.parent, root)
            Path(temporary).replace(final)
            _sync_folder(final.parent)
        finally:
            Path(temporary).unlink(missing_ok=True)
    return relative


def stored_path(relative: str, *, root: Path) -> Path:
    """The file behind a path that `store` returned; anything else raises SuspiciousFileOperation (a 400)."""
    if not _STORED_PATH.fullmatch(relative):
        raise SuspiciousFileOperation("Not a path of a stored file.")
    return root / relative


def file_response(path: Path, *, name: str, extension: str, inline: bool = False) -> FileResponse:
    """Serve a stored file whose reader the calling view has already checked.

    Downloaded by default; `inline` shows PDF and pictures in the browser. The sandbox is left out for PDF because
    Chrome's and Safari's viewers refuse to work in it. Raises FileNotFoundError.
    """
    response = FileResponse(
        path.open("rb"),
        as_attachment=not inline or extension in _MAIN_PARTS,
        filename=clean_name(name),
        content_type=content_type_for(extension),
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    if extension != "pdf":
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
