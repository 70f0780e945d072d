"""System checks of what papers need from the machine: the certificate of the seal and the roots of trust.

Importing this module registers them (`papers.apps`).
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.utils import timezone

from papers.kinds import Desk
from papers.services.seal import Unusable, configured

EXPIRES_SOON = timedelta(days=30)
GUIDE = "Xem docs/van-hanh/con-dau-chu-ky-so.md."


@register(Tags.files)
def check_seal(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Without SEAL_PKCS12 nothing is sealed, and nothing is wrong."""
    if not settings.SEAL_PKCS12:
        return []
    if not settings.SEAL_UNIT or settings.SEAL_DESK not in Desk.values:
        text = f"SEAL_PKCS12 đã đặt mà SEAL_UNIT còn trống hoặc SEAL_DESK không thuộc: {', '.join(Desk.values)}."
        return [Error(text, hint=GUIDE, id="papers.E001")]
    try:
        certificate = configured().certificate
    except Unusable as error:
        return [Error(f"Không dùng được SEAL_PKCS12: {error}.", hint=GUIDE, id="papers.E002")]
    end = certificate.not_valid_after_utc
    day = f"{timezone.localtime(end):%d/%m/%Y}"
    if end < timezone.now():
        return [Error(f"Chứng thư con dấu đã hết hạn ngày {day}.", hint=GUIDE, id="papers.E003")]
    if end < timezone.now() + EXPIRES_SOON:
        return [checks.Warning(f"Chứng thư con dấu hết hạn ngày {day}.", hint=GUIDE, id="papers.W001")]
    return []


@register(Tags.security)
def check_seal_is_private(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    path = Path(settings.SEAL_PKCS12 or "/")
    if path.is_file() and path.stat().st_mode & 0o077:
        text = "Tài khoản khác trên máy đọc được tệp SEAL_PKCS12, nơi giữ khóa con dấu."
        return [checks.Warning(text, hint="Chạy: chmod 600 trên tệp đó.", id="papers.W002")]
    return []


@register(Tags.files)
def check_trust_roots(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    if not settings.SIGNATURE_TRUST_ROOTS:
        return []
    folder = Path(settings.SIGNATURE_TRUST_ROOTS)
    if not folder.is_dir():
        text = f"Không có thư mục SIGNATURE_TRUST_ROOTS ({folder})."
        return [checks.Warning(text, hint=GUIDE, id="papers.W003")]
    bad = [path.name for path in sorted(folder.iterdir()) if path.is_file() and not _is_certificate(path)]
    if bad:
        text = f"Tệp trong SIGNATURE_TRUST_ROOTS không phải chứng thư nên bị bỏ qua: {', '.join(bad)}."
        return [checks.Warning(text, hint=GUIDE, id="papers.W004")]
    return []


def _is_certificate(path: Path) -> bool:
    """PEM, one or several, or DER."""
    try:
        content = path.read_bytes()
        if b"-----BEGIN" in content:
            return bool(x509.load_pem_x509_certificates(content))
        x509.load_der_x509_certificate(content)
    except (OSError, ValueError):
        return False
    return True
