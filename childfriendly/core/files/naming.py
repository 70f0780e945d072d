"""Kinds and names: what may be uploaded, as what it is served, and what of the sender's file name is shown."""

import re
import unicodedata

from childfriendly.core.numbers import format_number
from childfriendly.core.text import nfc

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jpg": "image/jpeg",
    "png": "image/png",
}
EVIDENCE_EXTENSIONS = frozenset({*CONTENT_TYPES, "heic"})  # HEIC is taken, but what is kept of it is a JPG

MAX_NAME_LENGTH = 150
MAX_FILE_BYTES = 20 * 1024 * 1024
SAFE_TO_SHOW = frozenset({"pdf", "jpg", "png"})  # in the browser; everything else is downloaded

_SERVED_TYPES = CONTENT_TYPES | {"zip": "application/zip"}  # what we make ourselves and never take

_SAME_AS = {"jpeg": "jpg", "heif": "heic"}


def content_type_for(extension: str) -> str:
    """The type that a file is served with; from this table only, never from what the sender claimed."""
    return _SERVED_TYPES[extension]


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
    return _SAME_AS.get(extension, extension)


def megabytes(size: int) -> str:
    """Rounded up to a tenth, so that one byte too many is never shown as the limit itself."""
    tenths = -(-size * 10 // (1024 * 1024))
    return f"{format_number(tenths // 10)},{tenths % 10} MB" if tenths % 10 else f"{format_number(tenths // 10)} MB"
