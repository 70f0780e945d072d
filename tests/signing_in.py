"""Clients of people who have signed in, without the page that costs a password's hash."""

import time

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.test import Client

from communes.accounts import BEGUN, SEEN
from communes.models import User


def signed_in(user: User, client: Client | None = None, *, ahead: float = 0) -> Client:
    """As the sign-in page leaves it: the session has just proved who it is, so nothing asks once more. `ahead`: as if
    that were so many seconds from now, for a session that is to last a whole run."""
    client = client or Client()
    client.force_login(user)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time() + ahead}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session[BEGUN] = session[SEEN] = time.time() + ahead
    session.save()
    return client
