"""What is read from a PDF that came back: who signed it, when, whether it was altered since, and whether we can tell
whose certificate it is. A row keeps it as facts, people read one plain sentence each.

Nothing is asked of the network, so whether a certificate was revoked is never known, and the sentence says so. Trusted
are the certificates in the folder SIGNATURE_TRUST_ROOTS and nobody else; we ship none.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cattrs.preconf.json import make_converter
from django.conf import settings
from django.db.models import TextChoices
from django.utils import timezone

from childfriendly.core.exceptions import Refused
from childfriendly.core.text import nfc

logger = logging.getLogger(__name__)

READER: Final = Path(__file__).with_name("signature_reader.py")
SECONDS = 20
MEMORY: Final = 1024 * 1024 * 1024
CLOCKS_DIFFER: Final = timedelta(minutes=10)


class Integrity(TextChoices):
    WHOLE = "whole", "tệp không bị sửa sau khi ký"
    EXTENDED = "extended", "sau khi ký tệp chỉ được thêm chữ ký, nội dung không bị sửa"
    CHANGED = "changed", "tệp đã bị sửa sau khi ký"
    BROKEN = "broken", "tệp không còn đúng như lúc ký: chữ ký này không có giá trị"
    UNKNOWN = "unknown", "không kiểm tra được chữ ký này"

    @property
    def is_good(self) -> bool:
        return self in (Integrity.WHOLE, Integrity.EXTENDED)


class Trust(TextChoices):
    TRUSTED = "trusted", "chứng thư của người ký do tổ chức tin cậy cấp (chưa tra cứu việc thu hồi)"
    UNKNOWN = "unknown", "chưa xác minh được chứng thư của người ký"
    NOT_VALID_THEN = "not_valid_then", "chứng thư của người ký không có hiệu lực lúc ký"
    EXPIRED_SINCE = (
        "expired_since",
        "chứng thư của người ký đã hết hạn và chữ ký không có dấu thời gian nên chưa xác minh được",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """One signature as it was read at `read_at`. `signed_at` is what a trusted timestamp says (`is_stamped`), else what
    the signer's machine wrote."""

    signer: str
    organisation: str
    signed_at: datetime | None
    is_stamped: bool
    is_document_timestamp: bool
    integrity: Integrity
    trust: Trust
    read_at: datetime

    @property
    def is_good(self) -> bool:
        """Nothing to warn of: unaltered, and trusted."""
        return self.integrity.is_good and self.trust is Trust.TRUSTED and not self.is_from_future

    @property
    def is_from_future(self) -> bool:
        return self.signed_at is not None and self.signed_at > self.read_at + CLOCKS_DIFFER

    @property
    def sentence(self) -> str:
        return f"{self._who} {self._when}; {self.integrity.label}; {self.trust.label}."

    @property
    def _who(self) -> str:
        name = self.signer or "Người ký không ghi tên"
        if self.is_document_timestamp:
            name = f"Dấu thời gian của {name}"
        return f"{name} ({self.organisation})" if self.organisation not in ("", self.signer) else name

    @property
    def _when(self) -> str:
        verb = "ghi" if self.is_document_timestamp else "ký"
        if self.signed_at is None:
            return f"{verb}, không có thời gian"
        moment = f"lúc {timezone.localtime(self.signed_at):%H:%M ngày %d/%m/%Y}"
        if self.is_from_future:
            return f"ghi {moment}, muộn hơn lúc hệ thống đọc tệp nên thời gian này sai"
        return f"{verb} {moment}{' theo dấu thời gian tin cậy' if self.is_stamped else ' theo giờ máy của người ký'}"


_converter = make_converter()


def as_json(reports: Iterable[SignatureReport]) -> list[dict[str, Any]]:
    """As `Attachment.signatures` keeps them."""
    stored: list[dict[str, Any]] = _converter.unstructure(list(reports))
    return stored


def from_json(stored: list[dict[str, Any]]) -> list[SignatureReport]:
    return _converter.structure(stored, list[SignatureReport])


@dataclass(frozen=True, slots=True)
class Reading:
    """`signatures` in the order of their fields; `pages` is the text of each page, [] where none can be made out."""

    signatures: list[SignatureReport]
    pages: list[str]


def read_pdf(pdf: bytes, *, at: datetime) -> Reading:
    """Takes at most `SECONDS`. Raises Refused where nobody can say, since the file is damaged, locked, or made so that
    reading it has no end.
    """
    command = [sys.executable, "-I", READER, str(SECONDS), str(MEMORY), settings.SIGNATURE_TRUST_ROOTS, at.isoformat()]
    try:
        run = subprocess.run(command, input=pdf, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603 — ours
    except subprocess.SubprocessError as error:
        logger.warning("Reading the signatures of a PDF ended with %s.", type(error).__name__)
        raise Refused(
            "Không đọc được chữ ký số trong tệp này trong thời gian cho phép. Xin lại tệp từ người ký rồi tải lên."
        ) from error
    answer = json.loads(run.stdout)
    if "problem" in answer:
        raise Refused(_PROBLEMS[answer["problem"]])
    return Reading([_report(found, at) for found in answer["signatures"]], answer["pages"])


_PROBLEMS: Final = {
    "unreadable": "Không đọc được chữ ký số vì tệp PDF bị hỏng. Xin lại tệp từ người ký rồi tải lên.",
    "encrypted": "Tệp PDF đặt mật khẩu nên không đọc được chữ ký số. Bỏ mật khẩu rồi tải lại.",
    "too_many": (
        "Tệp PDF có quá nhiều chữ ký hoặc quá nhiều lần sửa nên không đọc được chữ ký số. "
        "Xin lại tệp gốc từ người ký rồi tải lên."
    ),
}


def _report(found: dict[str, Any], at: datetime) -> SignatureReport:
    stamped, claimed = _moment(found["stamped_at"]), _moment(found["claimed_at"])
    signed_at = stamped or claimed
    return SignatureReport(
        signer=_line(found["signer"]),
        organisation=_line(found["organisation"]),
        signed_at=signed_at,
        is_stamped=stamped is not None,
        is_document_timestamp=found["is_document_timestamp"],
        integrity=Integrity(found["integrity"]),
        trust=_trust(found, signed_at or at, at),
        read_at=at,
    )


def _trust(found: dict[str, Any], signed_at: datetime, at: datetime) -> Trust:
    start, end = _moment(found["valid_from"]), _moment(found["valid_to"])
    if start is None or end is None:
        return Trust.UNKNOWN
    if not start <= min(signed_at, at) <= end:
        return Trust.NOT_VALID_THEN
    if not found["is_trusted"]:
        return Trust.UNKNOWN
    # A time that the signer's machine wrote proves nothing once the certificate is over: it may have been set back.
    return Trust.TRUSTED if found["stamped_at"] or at <= end else Trust.EXPIRED_SINCE


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _line(text: str) -> str:
    """A name from a certificate, which anybody may have made: no control or direction characters, one line."""
    return " ".join(nfc(text).split())
