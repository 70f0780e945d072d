"""Services about getting in: sign-ins and their failures, passwords, second factors, sessions. Each leaves its row in
the audit; a failed try never keeps what was typed as the name, since people type their password there."""

import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from childfriendly.core import audit
from childfriendly.core.exceptions import Refused
from communes.models import User

# What failed tries with an unknown name are about.
NOBODY: Final = User(uuid=UUID(int=0), full_name="Tên đăng nhập không có trong hệ thống")


def _known(username: str) -> User:
    return User.objects.filter(username=User.normalize_username(username)).first() or NOBODY


# ---- signing in and out ------------------------------------------------------------------------------------------
@transaction.atomic
def sign_in(*, user: User, second_factor: str = "", at: datetime.datetime) -> None:
    """Before the session is made: a temporary password is used up, and the user object carries what the session is
    bound to. Of two that sign in with the same temporary password one is refused."""
    if user.password_expires_at is not None:
        used_up = make_password(None)
        fresh = User.objects.filter(pk=user.pk, password=user.password, password_expires_at__gt=at)
        if not fresh.update(password=used_up):
            raise Refused("Mật khẩu tạm này đã được dùng. Đề nghị cán bộ quản trị danh mục đặt lại.")
        user.password = used_up
    audit.record("sign_in", user, by=user, at=at, after={"second_factor": second_factor} if second_factor else None)


def sign_out(*, user: User, at: datetime.datetime) -> None:
    audit.record("sign_out", user, by=user, at=at)


def record_failed_sign_in(*, username: str, at: datetime.datetime) -> None:
    audit.record("sign_in_failed", _known(username), by=None, at=at)


def record_wrong_code(*, user: User, at: datetime.datetime) -> None:
    audit.record("second_factor_failed", user, by=None, at=at)


def record_expired_session(*, user: User, at: datetime.datetime) -> None:
    audit.record("session_expired", user, by=None, at=at)


def record_lock_out(*, username: str, at: datetime.datetime) -> None:
    audit.record("sign_in_locked", _known(username), by=None, at=at)


# ---- passwords ---------------------------------------------------------------------------------------------------
@transaction.atomic
def set_password(*, user: User, password: str, at: datetime.datetime) -> None:
    """One that the person chose, and only that person knows. Every session of the account ends with the old one."""
    user.set_password(password)
    user.password_expires_at = None
    user.password_changed_at = at
    user.save(update_fields=["password", "password_expires_at", "password_changed_at"])
    audit.record("change_password", user, by=user, at=at)


def temporary_until(at: datetime.datetime) -> datetime.datetime:
    """Until when a password given to somebody may be used, once."""
    return at + datetime.timedelta(hours=settings.TEMPORARY_PASSWORD_HOURS)


def must_set_password(user: User) -> bool:
    """Signed in with a temporary password, which is used up by that."""
    return user.password_expires_at is not None


def password_is_too_old(user: User, at: datetime.datetime) -> bool:
    days = settings.PASSWORD_MAX_AGE_DAYS
    since = user.password_changed_at or user.date_joined
    return days > 0 and at - since > datetime.timedelta(days=days)
