"""Reads the digital signatures and the text of one PDF from the standard input and writes what it found as JSON.

A program of its own, started by `papers.services.signatures`: what strangers made of a PDF is parsed here in pure
Python, and only a process can be given a limit of time and memory, and may die of either without anybody else noticing.
It needs nothing of this project, asks no network, and says facts; the words are its caller's.
"""

import asyncio
import json
import logging
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, TypedDict

from asn1crypto import pem, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import DocumentTimestampStatus, PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pypdf import PdfReader
from pypdf.errors import PyPdfError

MAX_SIGNATURES = 20
MAX_FIELDS = 1000
MAX_REVISIONS = 100
MAX_PAGES = 500
MAX_TEXT = 4_000_000  # characters

# What reading a PDF or a certificate that is not as it should be ends in. The libraries also let out what Python raises
# where an entry is missing or of another type.
MALFORMED = (
    PdfError,
    PyPdfError,
    PathError,
    ValidationError,
    InvalidSignature,
    UnsupportedAlgorithm,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)

# A signature on a document is of a person or body who signs (digitalSignature) or who stands by it (nonRepudiation).
KEY_USAGE = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False)


class Found(TypedDict):
    """One signature. Times are ISO texts with an offset, «» where there is none."""

    signer: str
    organisation: str
    is_document_timestamp: bool
    claimed_at: str
    stamped_at: str  # of a timestamp whose authority is trusted
    integrity: str  # `papers.services.signatures.Integrity`
    is_trusted: bool  # by a chain to one of the roots, at the time of signing
    valid_from: str
    valid_to: str


def read(pdf: bytes, roots: list[x509.Certificate], at: datetime) -> dict[str, Any]:
    """{"signatures": […], "pages": […]}, or {"problem": "too_many"}. Raises one of `MALFORMED`."""
    reader = PdfFileReader(BytesIO(pdf), strict=False)
    if reader.encrypted:
        return {"problem": "encrypted"}
    if reader.total_revisions > MAX_REVISIONS:
        return {"problem": "too_many"}
    fields: list[tuple[str, Any]] = []
    for number, (name, value, reference) in enumerate(enumerate_sig_fields(reader)):
        if number >= MAX_FIELDS or len(fields) > MAX_SIGNATURES:
            return {"problem": "too_many"}
        if value is not None:
            fields.append((name, reference))
    names = {name for name, _ in fields}
    found = [_found(reader, reference, name, names, roots, at) for name, reference in fields]
    return {"signatures": found, "pages": _pages(pdf)}


def _pages(pdf: bytes) -> list[str]:
    """The text of each page, without what stands in signature fields; [] where there is no making it out."""
    pages: list[str] = []
    try:
        for page in PdfReader(BytesIO(pdf)).pages:
            pages.append(page.extract_text())
            if len(pages) > MAX_PAGES or sum(map(len, pages)) > MAX_TEXT:
                break
    except MALFORMED:
        return []
    return pages


def _found(
    reader: PdfFileReader, reference: Any, name: str, fields: set[str], roots: list[x509.Certificate], at: datetime
) -> Found:
    found = Found(
        signer="",
        organisation="",
        is_document_timestamp=False,
        claimed_at="",
        stamped_at="",
        integrity="unknown",
        is_trusted=False,
        valid_from="",
        valid_to="",
    )
    try:
        embedded = EmbeddedPdfSignature(reader, reference, name)
        certificate = embedded.signer_cert
        subject = certificate.subject.native
        found["signer"] = _text(subject.get("common_name") or subject.get("organization_name"))
        found["organisation"] = _text(subject.get("organization_name"))
        found["valid_from"] = certificate.not_valid_before.isoformat()
        found["valid_to"] = certificate.not_valid_after.isoformat()
        found["is_document_timestamp"] = embedded.sig_object_type == "/DocTimeStamp"
        _judge(embedded, found, fields, roots, at)
    except MALFORMED:
        found["integrity"] = "unknown"
        found["is_trusted"] = False
    return found


def _judge(
    embedded: EmbeddedPdfSignature, found: Found, fields: set[str], roots: list[x509.Certificate], at: datetime
) -> None:
    """Trust is judged for the time of signing: that of the timestamp, else the claimed one, never later than `at`."""
    status: PdfSignatureStatus | DocumentTimestampStatus
    if found["is_document_timestamp"]:
        status = stamp = _validated_timestamp(embedded, roots, at)
        found["stamped_at" if stamp.trusted else "claimed_at"] = stamp.timestamp.isoformat()
    else:
        claimed = _aware(embedded.self_reported_timestamp)
        found["claimed_at"] = claimed.isoformat() if claimed else ""
        status = signature = _validated(embedded, roots, min(claimed or at, at))
        if signature.timestamp_validity is not None:
            status = signature = _validated(embedded, roots, min(signature.timestamp_validity.timestamp, at))
        if signature.timestamp_validity is not None and signature.timestamp_validity.trusted:
            found["stamped_at"] = signature.timestamp_validity.timestamp.isoformat()
    found["is_trusted"] = bool(status.trusted)
    found["integrity"] = _integrity(embedded, status, fields)


def _validated(embedded: EmbeddedPdfSignature, roots: list[x509.Certificate], moment: datetime) -> PdfSignatureStatus:
    context = _context(roots, moment)
    return asyncio.run(async_validate_pdf_signature(embedded, context, key_usage_settings=KEY_USAGE))


def _validated_timestamp(
    embedded: EmbeddedPdfSignature, roots: list[x509.Certificate], at: datetime
) -> DocumentTimestampStatus:
    status = asyncio.run(async_validate_pdf_timestamp(embedded, _context(roots, at)))
    return asyncio.run(async_validate_pdf_timestamp(embedded, _context(roots, min(status.timestamp, at))))


def _context(roots: list[x509.Certificate], moment: datetime) -> ValidationContext:
    return ValidationContext(trust_roots=roots, moment=moment, allow_fetching=False, revocation_mode="soft-fail")


def _integrity(
    embedded: EmbeddedPdfSignature, status: PdfSignatureStatus | DocumentTimestampStatus, fields: set[str]
) -> str:
    if not (status.intact and status.valid):
        return "broken"
    if not _gap_is_the_signature(embedded):
        return "changed"
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "whole"
    diff = status.diff_result
    if not isinstance(diff, DiffResult) or not status.docmdp_ok:
        return "changed"
    if diff.modification_level > ModificationLevel.FORM_FILLING:  # notes and the like
        return "changed"
    # More signatures and their timestamps may follow; a form that somebody filled in is another text.
    return "extended" if diff.changed_form_fields <= fields else "changed"


def _gap_is_the_signature(embedded: EmbeddedPdfSignature) -> bool:
    """Whether what the signature leaves out is its own value and nothing else. The library adds up lengths: by a copy
    of the signature with zeros behind its value, a longer file would look covered to its end."""
    start, before, after, _ = (int(number) for number in embedded.byte_range)
    stream = embedded.reader.stream
    stream.seek(start + before)
    gap = stream.read(after - before)
    return gap[:1] == b"<" and gap[-1:] == b">" and bytes.fromhex(gap[1:-1].decode("ascii")) == embedded.pkcs7_content


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment


def _text(value: object) -> str:
    """Of several values of one kind the first; names longer than any name are cut."""
    return str(value[0] if isinstance(value, list) and value else value or "")[:200]


def certificates_in(folder: str) -> Iterator[x509.Certificate]:
    """Every certificate in a folder, PEM or DER; what is none is passed over (a system check tells the operator)."""
    for path in sorted(Path(folder).iterdir()) if folder and Path(folder).is_dir() else ():
        if path.is_file():
            try:
                yield from certificates_of(path.read_bytes())
            except (OSError, ValueError):
                continue


def certificates_of(content: bytes) -> list[x509.Certificate]:
    """The certificates of one file. Raises ValueError."""
    ders = [der for _, _, der in pem.unarmor(content, multiple=True)] if pem.detect(content) else [content]
    found = [x509.Certificate.load(der, strict=True) for der in ders]
    for certificate in found:
        certificate.native  # noqa: B018 — parsed only when asked for
    return found


def main(seconds: int, memory: int, roots: str, at: str) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    logging.disable()
    try:
        answer = read(sys.stdin.buffer.read(), list(certificates_in(roots)), datetime.fromisoformat(at))
    except (*MALFORMED, MemoryError):
        answer = {"problem": "unreadable"}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
