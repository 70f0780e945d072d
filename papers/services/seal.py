"""The agency's seal on our own PDFs: an invisible digital signature with the certificate of one agency.

An installation holds one certificate and says whose it is (SEAL_UNIT, SEAL_DESK); the papers of other agencies stay
unsealed, since a seal on somebody else's paper would say what is not so. The picture of the red seal is a matter of the
agency.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from django.conf import settings
from django.utils import timezone

from childfriendly.core.exceptions import Refused
from childfriendly.core.files import stored_path
from papers.models import Paper

if TYPE_CHECKING:
    from papers.services.pades import KeySigner

logger = logging.getLogger(__name__)

FIELD: Final = "ConDauDienTu"  # of the signature in the PDF
APPENDED: Final = 64 * 1024  # more than the signature and what comes with it


class Unusable(Exception):
    """The configured certificate cannot be used; `str(error)` says why, and nothing of the key."""


@dataclass(frozen=True, slots=True)
class Seal:
    certificate: x509.Certificate
    signer: "KeySigner" = field(repr=False)


def is_sealing(paper: Paper) -> bool:
    """Whether the configured certificate is that of the agency that issues the paper."""
    return bool(settings.SEAL_PKCS12) and (paper.unit.code, paper.desk) == (settings.SEAL_UNIT, settings.SEAL_DESK)


def sealed(paper: Paper, pdf: bytes, *, at: datetime) -> bytes:
    """`pdf` as it is to be issued: sealed where the paper's agency has its certificate here, else as it is.

    Raises Refused where the certificate cannot be used: a paper that should bear the seal is not issued without it.
    """
    if not is_sealing(paper):
        return pdf
    try:
        return seal(pdf, at=at, place=paper.unit.proper_name)
    except Unusable as error:
        logger.error("The seal cannot be used: %s", error)
        raise Refused(
            f"Chưa phát hành được vì chưa đóng được dấu điện tử: {error}. Báo cán bộ quản trị hệ thống."
        ) from error


def seal(pdf: bytes, *, at: datetime, place: str = "") -> bytes:
    """`pdf` with every byte as it was and the signature behind it (PAdES B-B). Raises Unusable."""
    from papers.services import pades

    stored = configured()
    if not stored.certificate.not_valid_before_utc <= at <= stored.certificate.not_valid_after_utc:
        raise Unusable("chứng thư con dấu đã hết hạn hoặc chưa có hiệu lực")
    return pades.signed(pdf, stored.signer, at=timezone.localtime(at), field=FIELD, place=place)


def bears_seal(paper: Paper) -> bool:
    """Whether the stored PDF of an issued paper ends with our signature; it is not verified here."""
    try:
        with stored_path(paper.pdf_path, root=settings.MEDIA_ROOT).open("rb") as stream:
            stream.seek(max(paper.pdf_size - APPENDED, 0) if paper.pdf_size else 0)
            return FIELD.encode() in stream.read()
    except FileNotFoundError:
        return False


def configured() -> Seal:
    """The certificate of the settings. Raises Unusable."""
    try:
        return _opened(settings.SEAL_PKCS12, settings.SEAL_PASSWORD, Path(settings.SEAL_PKCS12).stat().st_mtime_ns)
    except OSError as error:
        raise Unusable(f"không đọc được tệp chứng thư con dấu ({error.strerror})") from error
    except ValueError as error:
        raise Unusable("tệp chứng thư con dấu không phải PKCS#12 có khóa RSA, ECC hoặc mật khẩu không đúng") from error


@lru_cache(maxsize=1)
def _opened(path: str, password: str, changed: int) -> Seal:
    """Once a process, since a password is slow to try on purpose; a file that `changed` is opened anew."""
    from papers.services import pades

    return Seal(*pades.opened(Path(path).read_bytes(), password.encode() or None))
