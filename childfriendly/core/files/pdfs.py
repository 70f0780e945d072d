"""PDF: opened by qpdf, so that what is kept can be opened by others, and searched for what runs by itself."""

import re
from typing import IO, BinaryIO, cast

import pikepdf

from childfriendly.core.exceptions import Refused
from childfriendly.core.files.refusals import damaged, other_kind

# A few kilobytes can claim to unpack to gigabytes. The limits hold for the whole process and are set before any thread
# opens a PDF; qpdf unpacks only what describes the document, never its pictures.
_UNPACKED = 32 * 1024 * 1024
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=_UNPACKED,
    run_length_max_memory=_UNPACKED,
    png_max_memory=_UNPACKED,
    tiff_max_memory=_UNPACKED,
    dct_max_memory=_UNPACKED,
    doc_max_warnings=1000,
)

_MAX_OBJECTS = 200_000
_MAX_DESCRIPTION = 64 * 1024 * 1024
# Names as qpdf writes them, so that «/J#53» is «/JS». What only jumps to a page of the same file (GoTo, a destination)
# stands in most PDFs that Word saves and is none of these.
_ACTIVE = re.compile(
    rb"/(?:JS|JavaScript|Launch|EmbeddedFiles?|EF|RichMedia|Rendition|SubmitForm|ImportData|GoToE|XFA)(?![^\s/<>\[\]()])"
    rb"|/OpenAction\s*<<(?!.{0,500}?/S /GoTo\b)",
    re.DOTALL,
)


def check_pdf(stream: IO[bytes], name: str) -> bool:
    """Whether it holds something that runs by itself or carries another file inside. Raises `Refused`."""
    if stream.read(5) != b"%PDF-":
        raise other_kind(name, "pdf")
    stream.seek(max(stream.seek(0, 2) - 8192, 0))
    if b"%%EOF" not in stream.read():  # qpdf would piece together what is left of a file that was cut off
        raise damaged(name)
    stream.seek(0)
    try:
        with pikepdf.open(cast("BinaryIO", stream)) as pdf:
            if pdf.is_encrypted:
                raise pikepdf.PasswordError
            if not len(pdf.pages):
                raise damaged(name)
            is_active = _has_active_content(pdf)
            if any("error decoding stream" in warning for warning in pdf.get_warnings()):
                raise damaged(name)  # something too large to be unpacked, or broken, and nobody knows what it holds
            return is_active
    except pikepdf.PasswordError as error:
        raise Refused(f'Tệp PDF "{name}" đặt mật khẩu nên không mở được. Bỏ mật khẩu rồi tải lại.') from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, OSError) as error:
        raise damaged(name) from error


def _has_active_content(pdf: pikepdf.Pdf) -> bool:
    """A document too long to be searched to its end counts as active."""
    left = _MAX_DESCRIPTION
    for number, found in enumerate([pdf.trailer, *pdf.objects]):
        described = found.stream_dict if isinstance(found, pikepdf.Stream) else found
        text = described.unparse(resolved=True) if isinstance(described, pikepdf.Object) else b""
        left -= len(text)
        if number > _MAX_OBJECTS or left < 0 or _ACTIVE.search(text):
            return True
    return False
