"""When a request counts as received: when it began to arrive, not when its last byte was here (SECURITY.md T-02).

An upload over a weak line takes minutes; whoever presses the button before midnight is in time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

LONGEST_REQUEST = timedelta(hours=1)  # no proxy waits longer for a body


def stamp_receipt(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """First in the list: nothing has read the body yet. A proxy that buffers bodies hands the request on only when all
    of it is there; with PROXY_REQUEST_TIME it says in X-Request-Time how many seconds that took."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.received_at = timezone.now() - _time_at_the_proxy(request)  # type: ignore[attr-defined]  # ours
        return get_response(request)

    return middleware


def _time_at_the_proxy(request: HttpRequest) -> timedelta:
    if not settings.PROXY_REQUEST_TIME:
        return timedelta()
    whole, _, thousandths = request.headers.get("X-Request-Time", "").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 5):
        return timedelta()
    fraction = int(thousandths[:3].ljust(3, "0")) if thousandths.isascii() and thousandths.isdigit() else 0
    return min(timedelta(seconds=int(whole), milliseconds=fraction), LONGEST_REQUEST)


def received_at(request: HttpRequest) -> datetime:
    """The `at` of every service that a page calls."""
    at: datetime = request.received_at  # type: ignore[attr-defined]  # set by the middleware
    return at
