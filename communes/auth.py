"""Who asks: the signed-in person as the type that services want, and whether that person is still at the keyboard."""

import secrets
import time
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, Final, overload

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from childfriendly.core.views import fragment, is_htmx
from communes.models import Role, User
from communes.queries import roles_of


def current_user(request: HttpRequest) -> User:
    """The middleware has already sent everybody else to the sign-in page."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def today() -> date:
    return timezone.localdate()


def catalogue_admin_or_404(request: HttpRequest) -> User:
    """For pages of administration, which do not exist for anybody else."""
    user = current_user(request)
    if not roles_of(user, today()).has(Role.CATALOGUE_ADMIN):
        raise Http404
    return user


def has_passed_second_factor(request: HttpRequest) -> bool:
    """Whether this session began with a code, or has enrolled the second factor itself. Kept in the session, so that
    asking costs no query; every change of a second factor ends all other sessions."""
    records = get_authentication_records(request, current_user(request))
    return any(record["method"] == "mfa" for record in records)


# ---- acts that ask once more who is there (SECURITY.md N-13) -------------------------------------------------------
View = Callable[..., HttpResponseBase]

_ASKED: Final = "asked_before_confirming"
_TICKET: Final = "tiep-tuc"


def has_confirmed_identity(request: HttpRequest) -> bool:
    """Whether this session has proved who it is, by signing in or by password or code since, a few minutes ago."""
    records = get_authentication_records(request, current_user(request))
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


@overload
def confirm_identity(view: View) -> View: ...
@overload
def confirm_identity(*, also_reading: bool) -> Callable[[View], View]: ...
def confirm_identity(view: View | None = None, *, also_reading: bool = False) -> View | Callable[[View], View]:
    """For acts that a stranger at an open screen must not do: asks for password or code unless that was done within
    ACCOUNT_REAUTHENTICATION_TIMEOUT, then goes on with what was asked, posted text included (files are not kept).

    Put it outermost. A page that also takes GET is shown without asking, so that the person reads first and confirms
    when acting; `also_reading=True` asks before a GET as well (an export, a page that shows a secret).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def confirmed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if has_confirmed_identity(request):
                _take_up_what_was_asked(request)
            elif also_reading or request.method == "POST":
                return _ask_who_is_there(request)
            return view(request, *args, **kwargs)

        return confirmed

    return decorate if view is None else decorate(view)


def _ask_who_is_there(request: HttpRequest) -> HttpResponse:
    """To the page that asks, and from there back. A post waits in the session under a ticket that only the way back
    holds: whoever turns away instead and opens the page anew finds nothing done."""
    page = reverse("account_reauthenticate")
    if is_htmx(request):
        return fragment(
            "Việc này cần xác nhận lại danh tính. Nội dung trên trang còn nguyên: xác nhận ở thẻ mới rồi quay lại.",
            status=401,
            link=page,
            link_label="Xác nhận ở thẻ mới",
        )
    query = request.GET.copy()
    if request.method == "POST":
        query[_TICKET] = secrets.token_urlsafe(16)
        request.session[_ASKED] = {
            "ticket": query[_TICKET],
            "path": request.path,
            "post": request.POST.urlencode(),
        }
    back = f"{request.path}?{query.urlencode()}" if query else request.path
    return redirect(f"{page}?{urlencode({'next': back})}")


def _take_up_what_was_asked(request: HttpRequest) -> None:
    """Makes the request on the way back the post that it was; its CSRF token was checked when it came."""
    ticket = request.GET.get(_TICKET)
    asked = request.session.get(_ASKED)
    if request.method != "GET" or not ticket or not asked or settings.READ_ONLY:
        return
    if (asked["ticket"], asked["path"]) != (ticket, request.path):
        return
    del request.session[_ASKED]
    request.FILES  # noqa: B018 — read once, or reading it later would empty the post again
    request.method = "POST"
    request.POST = QueryDict(asked["post"])
