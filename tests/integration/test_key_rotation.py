"""A new SECRET_KEY (SECURITY.md B-07): with the old one beside it nobody is thrown out, and what is touched meanwhile
stands on the new key alone."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

OLD, NEW = "khoa-cu-" * 7, "khoa-moi-" * 7


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("jobs")).status_code == 200


def signed_in(settings: Any) -> Client:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    client, user = Client(), UserFactory()
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    assert is_signed_in(client)
    return client


def test_sessions_survive_a_change_of_key(settings: Any) -> None:
    client = signed_in(settings)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert is_signed_in(client)
    settings.SECRET_KEY_FALLBACKS = []  # the day after
    assert is_signed_in(client)


def test_without_the_old_key_everybody_signs_in_again(settings: Any) -> None:
    client = signed_in(settings)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    assert not is_signed_in(client)
