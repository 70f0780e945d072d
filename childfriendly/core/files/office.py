"""Word and Excel: an archive of XML parts. Its limits are judged before anything is unpacked, and its parts must say
what the extension says (SECURITY.md F-02, F-05)."""

import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from childfriendly.core.exceptions import Refused
from childfriendly.core.files.refusals import damaged, other_kind

MAX_ENTRIES = 500
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_RATIO = 100

_BLOCK = 1024 * 1024
_SMALL_XML_BYTES = 1024 * 1024  # [Content_Types].xml and .rels parts of honest files stay far below
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Word and Excel, and every OOXML file with a password
MAIN_PARTS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
# Links that wait for a click, and a workbook's figures from another one, for which Excel asks. Everything else that
# lies outside the file (a template, a picture, a frame) Word fetches by itself when the file is opened.
_WAITS_FOR_A_CLICK = frozenset({"hyperlink", "externalLinkPath", "xlPathMissing"})
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
                    raise Refused(_BOMB)


def _small_xml(archive: zipfile.ZipFile, part: str) -> Element:
    with archive.open(part) as stream:
        text = stream.read(_SMALL_XML_BYTES + 1)
    if len(text) > _SMALL_XML_BYTES:
        raise ValueError("XML part is too long")
    root: Element = ElementTree.fromstring(text, forbid_dtd=True)
    return root


def check_office(stream: IO[bytes], name: str, extension: str, size: int) -> None:
    magic = stream.read(8)
    stream.seek(0)
    if magic == _OLE_MAGIC:
        raise Refused(
            f'Tệp "{name}" đặt mật khẩu hoặc là dạng cũ đổi tên. Bỏ mật khẩu, lưu lại thành .{extension} rồi tải lên.'
        )
    if not magic.startswith(b"PK\x03\x04"):
        raise other_kind(name, extension)
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
        raise damaged(name) from error


def _check_parts(archive: zipfile.ZipFile, name: str, extension: str) -> None:
    parts = archive.namelist()
    if "[Content_Types].xml" not in parts:
        raise other_kind(name, extension)
    macro = any(PurePosixPath(part.lower()).name == "vbaproject.bin" for part in parts)
    main = ""
    for element in _small_xml(archive, "[Content_Types].xml"):
        kind = element.get("ContentType", "")
        macro = macro or "macroenabled" in kind.lower() or "vbaproject" in kind.lower()
        if kind == MAIN_PARTS[extension]:
            main = element.get("PartName", "").removeprefix("/")
    if macro:
        raise Refused(f'Tệp "{name}" chứa macro. Lưu lại thành .{extension} không có macro hoặc PDF rồi tải lên.')
    if main not in parts:
        raise other_kind(name, extension)
    for part in parts:
        if part.lower().endswith(".rels"):
            for relationship in _small_xml(archive, part):
                kind = relationship.get("Type", "").rpartition("/")[2]
                if relationship.get("TargetMode") == "External" and kind not in _WAITS_FOR_A_CLICK:
                    raise Refused(
                        f'Tệp "{name}" gắn với mẫu hoặc nội dung nằm ngoài tệp. Lưu lại thành PDF rồi tải lên.'
                    )
