"""A copy restored from a backup stays quiet until somebody says that it is the system now (SECURITY.md B-04): the one
it was copied from may still be running, and nobody wants each letter twice."""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp


def marker() -> Path:
    return Path(settings.VAR_DIR) / "restored"


def is_unconfirmed() -> bool:
    return marker().exists()


class EmailBackend(smtp.EmailBackend):
    """Django's own, silent on an unconfirmed copy."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        return 0 if is_unconfirmed() else super().send_messages(email_messages) or 0
