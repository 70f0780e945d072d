"""Sessions: how long they live, and services that end them (SECURITY.md N-09 to N-11)."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from communes.models import Role, User
from communes.queries import roles_of
from communes.services import check_can_administer_account

# Whoever decides or sees a whole province leaves an open screen for less time.
SHORTER_FOR: Final = frozenset(
    {Role.LEADER, Role.CLERK, Role.PROVINCE_STAFF, Role.INSPECTOR, Role.CATALOGUE_ADMIN, Role.SYSTEM_ADMIN}
)

_BROWSERS: Final = {"Edg": "Edge", "coc_coc": "Cốc Cốc", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def idle_limit(user: User, today: datetime.date) -> datetime.timedelta:
    is_short = roles_of(user, today).has(*SHORTER_FOR)
    minutes = settings.SESSION_IDLE_MINUTES_OFFICE if is_short else settings.SESSION_IDLE_MINUTES
    return datetime.timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One line of the list; `key` names the session to the server without being good for a cookie."""

    key: str
    device: str
    address: str
    since: datetime.datetime
    seen: datetime.datetime
    is_current: bool


def open_sessions(user: User, current: str | None) -> list[OpenSession]:
    """The own one first, then the latest."""
    found = [
        OpenSession(
            key=_name(row),
            device=_device(row.user_agent),
            address=row.ip,
            since=row.created_at,
            seen=row.last_seen_at,
            is_current=row.session_key == current,
        )
        for row in UserSession.objects.purge_and_list(user)
    ]
    return sorted(found, key=lambda session: (not session.is_current, -session.seen.timestamp()))


def _name(row: UserSession) -> str:
    return sha256(row.session_key.encode()).hexdigest()[:32]


def _device(user_agent: str) -> str:
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "Trình duyệt khác")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    return f"{browser} trên {system}" if system else browser


def keep_seen(session_key: str | None, at: datetime.datetime) -> None:
    UserSession.objects.filter(session_key=session_key).update(last_seen_at=at)


def follow(old_key: str | None, new_key: str | None) -> None:
    """The same session under a new id."""
    UserSession.objects.filter(session_key=old_key).update(session_key=new_key)


# ---- ending ------------------------------------------------------------------------------------------------------
def end_everywhere(user: User) -> None:
    """No session of before opens anything. Also on the object at hand, so that the own one can be bound anew. Part of
    other acts, which leave the row."""
    User.objects.filter(pk=user.pk).update(session_version=F("session_version") + 1)
    user.refresh_from_db(fields=["session_version"])


@transaction.atomic
def end_own_sessions(*, user: User, keys: Collection[str], at: datetime.datetime) -> int:
    """Ends these sessions of the person, by the keys of `open_sessions`."""
    ended = [row for row in UserSession.objects.filter(user=user) if _name(row) in keys]
    if not ended:
        raise Stale("Phiên này đã kết thúc từ trước; tải lại trang để xem danh sách mới.")
    for row in ended:
        row.end()
    audit.record("end_sessions", user, by=user, at=at, after={"sessions": len(ended)})
    return len(ended)


@transaction.atomic
def end_sessions_of(*, user: User, by: User, at: datetime.datetime) -> None:
    """A catalogue administrator signs somebody of the own area out everywhere."""
    check_can_administer_account(by, user, timezone.localdate(at))
    if not user.is_active:
        raise Refused(f"Tài khoản của {user} đã ngừng hoạt động nên không còn phiên nào.")
    end_everywhere(user)
    audit.record("end_sessions", user, by=by, at=at, role=Role.CATALOGUE_ADMIN.label)
