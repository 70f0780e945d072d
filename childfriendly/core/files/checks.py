"""The judgement of one upload: its extension, its first bytes and its inner structure must all agree; each refusal is
one sentence that says what to do."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO

from django.core.files.uploadedfile import UploadedFile

from childfriendly.core.exceptions import Refused
from childfriendly.core.files.naming import CONTENT_TYPES, EVIDENCE_EXTENSIONS, clean_name, extension_of, megabytes
from childfriendly.core.files.office import MAIN_PARTS, check_office
from childfriendly.core.files.pdfs import check_pdf
from childfriendly.core.files.pictures import redraw
from childfriendly.core.files.refusals import TYPE_WORDS

_OLD_OFFICE = {"doc": "docx", "dot": "docx", "rtf": "docx", "xls": "xlsx", "xlt": "xlsx"}
_MACRO_OFFICE = {"docm": "docx", "dotm": "docx", "xlsm": "xlsx", "xltm": "xlsx", "xlsb": "xlsx"}


@dataclass(frozen=True, slots=True)
class CheckedUpload:
    """What is to be stored of an upload that passed every check.

    `name` is for showing; `size` (bytes) and `sha256` are of `content`, which for pictures is not what was sent;
    `sent_sha256` is of what was sent, by which the same upload is known again. `has_active_content`: a PDF with a
    script, an action or a file inside.
    """

    name: str
    extension: str
    content_type: str
    size: int
    sha256: str
    sent_sha256: str
    has_active_content: bool = False
    content: IO[bytes] = field(default_factory=BytesIO, compare=False, repr=False)


def check_upload(uploaded: "UploadedFile[bytes]", *, max_bytes: int, allowed: Collection[str]) -> CheckedUpload:
    """Judge an upload by its name, size and content; nothing is stored.

    `allowed` holds some of `EVIDENCE_EXTENSIONS`. Raises `Refused` with the sentence for the sender. The stream is left
    at its beginning.
    """
    name = clean_name(uploaded.name or "")
    extension = extension_of(name)
    _check_extension(name, extension, allowed)
    stream = uploaded.file
    if stream is None:  # a closed upload; only a mistake in our code leads here
        raise ValueError("The upload has no open file.")
    digest, size = hashlib.sha256(), 0
    for chunk in uploaded.chunks():
        digest.update(chunk)
        size += len(chunk)
    sent_sha256 = digest.hexdigest()
    if size == 0:
        raise Refused(f'Tệp "{name}" không có nội dung. Kiểm tra lại tệp trên máy rồi tải lên.')
    if size > max_bytes:
        raise _too_big(name, size, max_bytes)
    stream.seek(0)
    sha256, has_active_content, content = sent_sha256, False, stream
    if extension == "pdf":
        has_active_content = check_pdf(stream, name)
    elif extension in MAIN_PARTS:
        check_office(stream, name, extension, size)
    else:
        redrawn, kept_as = redraw(stream, name, extension)
        if kept_as != extension:
            name, extension = clean_name(f"{name.rpartition('.')[0]}.{kept_as}"), kept_as
        content, size, sha256 = BytesIO(redrawn), len(redrawn), hashlib.sha256(redrawn).hexdigest()
        if size > max_bytes:  # a colourful PNG of few bytes may need more than it came with
            raise _too_big(name, size, max_bytes)
    stream.seek(0)
    return CheckedUpload(
        name, extension, CONTENT_TYPES[extension], size, sha256, sent_sha256, has_active_content, content
    )


def _check_extension(name: str, extension: str, allowed: Collection[str]) -> None:
    if extension in allowed and extension in EVIDENCE_EXTENSIONS:
        return
    if extension in _OLD_OFFICE:
        new = _OLD_OFFICE[extension]
        raise Refused(f'Tệp "{name}" là dạng cũ có thể chứa macro. Lưu lại thành .{new} hoặc PDF rồi tải lên.')
    if extension in _MACRO_OFFICE:
        new = _MACRO_OFFICE[extension]
        raise Refused(f'Tệp "{name}" là dạng có thể chứa macro. Lưu lại thành .{new} hoặc PDF rồi tải lên.')
    words = ", ".join(words for known, words in TYPE_WORDS.items() if known in allowed)
    raise Refused(f'Không nhận loại tệp của "{name}". Chọn tệp {words}.')


def _too_big(name: str, size: int, max_bytes: int) -> Refused:
    return Refused(
        f'Tệp "{name}" {megabytes(size)}, tối đa {megabytes(max_bytes)}. '
        "Chụp lại bằng điện thoại hoặc giảm độ phân giải khi quét."
    )
