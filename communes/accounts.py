"""What django-allauth asks us: nobody signs up, a user name is the same name however it is typed, tries are counted for
an account and an address, and accounts of the demo open nothing outside it."""

import time
from hashlib import sha256
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from communes import access, second_factor
from communes.models import User

TOO_MANY: Final = "too_many_login_attempts"
BEGUN: Final = "begun"  # in the session, seconds: when it began and when it was last used (communes.middleware)
SEEN: Final = "seen"
PREVIOUS_SIGN_IN: Final = "previous_sign_in"  # in the session: when this person had signed in before


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth's base has no types that mypy can follow
    error_messages = DefaultAccountAdapter.error_messages | {
        TOO_MANY: f"Đã nhập sai nhiều lần liên tiếp. Đợi {settings.LOGIN_LOCK_MINUTES} phút rồi thử lại.",
        "temporary_password_expired": "Mật khẩu tạm đã hết hạn. Đề nghị cán bộ quản trị danh mục đặt lại.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are opened by a catalogue administrator, for officials of known units."""
        return False

    def clean_username(self, username: str, shallow: bool = False) -> str:
        cleaned: str = super().clean_username(User.normalize_username(username), shallow)
        return cleaned

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        # phones capitalise the first letter and add a space; pasted names bring zero-width marks along
        if username := credentials.get("username"):
            credentials["username"] = User.normalize_username(username)
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if isinstance(user, User) and user.password_expires_at and user.password_expires_at <= timezone.now():
            raise self.validation_error("temporary_password_expired")
        return user

    # ---- counting (SECURITY.md N-03): the rates stand in ACCOUNT_RATE_LIMITS, the counts in the shared cache --------
    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Account and address together: a stranger's tries lock nobody out of the own office."""
        return f"{credentials.get('username', '')}@{get_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            who = self._get_login_attempts_cache_key(request, **credentials).encode()
            key = f"lock-out-recorded:{sha256(who).hexdigest()}"
            if cache.add(key, 1, timeout=settings.LOGIN_LOCK_MINUTES * 60):  # one row a lock, not one a try
                access.record_lock_out(username=credentials.get("username", ""), at=timezone.now())
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        access.record_failed_sign_in(username=credentials.get("username", ""), at=timezone.now())

    # ---- what leaves a row in the audit -----------------------------------------------------------------------------
    @transaction.atomic
    def login(self, request: HttpRequest, user: User) -> None:
        before = user.last_login
        codes = [record["type"] for record in get_authentication_records(request, user) if record["method"] == "mfa"]
        access.sign_in(user=user, second_factor=codes[-1] if codes else "", at=timezone.now())
        super().login(request, user)
        request.session[PREVIOUS_SIGN_IN] = before.isoformat() if before else ""
        request.session[BEGUN] = request.session[SEEN] = time.time()

    @transaction.atomic
    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            access.sign_out(user=request.user, at=timezone.now())
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        access.set_password(user=user, password=password, at=timezone.now())


class Backend(AuthenticationBackend):  # type: ignore[misc]  # as above
    def user_can_authenticate(self, user: AbstractBaseUser) -> bool:
        """Asked at sign-in and again on every request, so a running session of a demo account ends as well."""
        allowed: bool = super().user_can_authenticate(user)
        return allowed and (settings.DEMO_ALLOWED or not getattr(user, "is_demo", False))


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # as above
    """allauth stores what `encrypt` gives; its own would be the seed itself."""

    def encrypt(self, text: str) -> str:
        return second_factor.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return second_factor.decrypt(encrypted_text)
