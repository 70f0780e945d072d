"""What django-allauth asks us: nobody signs up, a user name is the same name however it is typed, and accounts of the
demo open nothing outside it."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from communes.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth's base has no types that mypy can follow
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
        return user


class Backend(AuthenticationBackend):  # type: ignore[misc]  # as above
    def user_can_authenticate(self, user: AbstractBaseUser) -> bool:
        """Asked at sign-in and again on every request, so a running session of a demo account ends as well."""
        allowed: bool = super().user_can_authenticate(user)
        return allowed and (settings.DEMO_ALLOWED or not getattr(user, "is_demo", False))
