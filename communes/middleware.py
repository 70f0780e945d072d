"""What stands between signing in and working: sessions that end by themselves, and steps that an account must take
first, wherever it wanted to go."""

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from childfriendly.core import views
from communes import access, second_factor, sessions
from communes.accounts import BEGUN, SEEN
from communes.auth import has_passed_second_factor, today
from communes.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]


# ---- sessions that end (SECURITY.md N-09) --------------------------------------------------------------------------
_SECONDS_BETWEEN_NOTES: Final = 60  # not every click writes the session
SECONDS_HEADER: Final = "Session-Ends-In"
UNATTENDED_HEADER: Final = "Unattended"  # sent by what a page asks for by itself, like the progress of a job


def session_limits(get_response: GetResponse) -> GetResponse:
    """Ends a session that nobody used for its idle time, or that is older than a working day. How many seconds are left
    stands in every answer, for the page to warn in time. A page that asks by itself keeps no session alive, and is told
    nothing: its countdown goes on."""

    def middleware(request: HttpRequest) -> HttpResponse:
        seconds = _seconds_left(request)
        request.session_ends_in = seconds  # type: ignore[attr-defined]  # ours, read by base.html
        response = get_response(request)
        if seconds is not None:
            response.headers[SECONDS_HEADER] = str(seconds)
        return response

    return middleware


def _seconds_left(request: HttpRequest) -> int | None:
    """None where nobody is signed in, or no longer. Every sign-in leaves the two times (AccountAdapter.login)."""
    user, session = request.user, request.session
    if not isinstance(user, User) or BEGUN not in session:
        return None
    now = time.time()
    begun, seen = session[BEGUN], session[SEEN]
    idle, longest = sessions.idle_limit(user, today()).total_seconds(), settings.SESSION_COOKIE_AGE
    if now - seen >= idle or now - begun >= longest:
        access.record_expired_session(user=user, at=timezone.now())
        logout(request)
        return None
    if UNATTENDED_HEADER in request.headers:
        return None
    if now - seen >= _SECONDS_BETWEEN_NOTES:
        session[SEEN] = seen = now
        sessions.keep_seen(session.session_key, timezone.now())
    return int(min(idle - (now - seen), longest - (now - begun)))


# ---- steps to take first -------------------------------------------------------------------------------------------
class Step(NamedTuple):
    page: str  # where it is taken
    open_pages: frozenset[str]  # all that can be reached until then
    sentence: str


_ALWAYS: Final = frozenset({"account_logout", "account_login", "account_inactive", "healthz", "readyz"})

SET_PASSWORD: Final = Step(
    "account_set_password",
    _ALWAYS | {"account_set_password"},
    "Đăng nhập lần này bằng mật khẩu tạm. Đặt mật khẩu riêng rồi làm việc tiếp.",
)
CHANGE_PASSWORD: Final = Step(
    "account_change_password",
    _ALWAYS | {"account_change_password"},
    "Mật khẩu đã quá thời hạn sử dụng. Đổi mật khẩu rồi làm việc tiếp.",
)
ENROL: Final = Step(
    "communes:enrol_second_factor",
    _ALWAYS
    | {
        "communes:enrol_second_factor",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "account_change_password",
        "communes:keep_session",
    },
    "Vai trò đang giữ bắt buộc xác thực hai bước. Bật xác thực hai bước rồi làm việc tiếp.",
)


def _missing_step(request: HttpRequest) -> Step | None:
    user = request.user
    if not isinstance(user, User):
        return None
    if access.must_set_password(user):
        return SET_PASSWORD
    if access.password_is_too_old(user, timezone.now()):
        return CHANGE_PASSWORD
    if second_factor.is_required(user, today()) and not has_passed_second_factor(request):
        return ENROL
    return None


def account_gate(get_response: GetResponse) -> GetResponse:
    """Everything but the page of the missing step leads to it; what was typed meanwhile is given back."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, view: object, args: Any, kwargs: Any) -> HttpResponse | None:
        step = _missing_step(request)
        match = request.resolver_match
        if step is None or (match is not None and match.view_name in step.open_pages):
            return None
        if views.is_htmx(request):
            return views.fragment(step.sentence, status=403, link=reverse(step.page), link_label="Mở trang đó")
        if request.method == "POST" and views.typed_texts(request):
            return views.refusal(request, step.sentence)
        return redirect(step.page)

    middleware.process_view = process_view  # type: ignore[attr-defined]  # Django's way to add a hook to a function
    return middleware
