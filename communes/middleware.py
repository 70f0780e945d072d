"""What stands between signing in and working: steps that an account must take first, wherever it wanted to go."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from childfriendly.core import views
from communes import access
from communes.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]


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


def _missing_step(request: HttpRequest) -> Step | None:
    user = request.user
    if not isinstance(user, User):
        return None
    if access.must_set_password(user):
        return SET_PASSWORD
    if access.password_is_too_old(user, timezone.now()):
        return CHANGE_PASSWORD
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
