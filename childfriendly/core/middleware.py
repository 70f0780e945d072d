"""What is done to every request and every answer. Each is a plain function; the order stands in the settings."""

import time
from collections.abc import Callable
from copy import copy
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import resolve_url
from django.urls import reverse

from childfriendly.core import denials, views
from childfriendly.core.exceptions import Refused, Stale, TooMany
from childfriendly.core.files import MAX_FILE_BYTES
from childfriendly.core.headers import add_headers
from childfriendly.core.logs import note_answer
from childfriendly.core.requests import answering

GetResponse = Callable[[HttpRequest], HttpResponse]

LONGEST_BODY = MAX_FILE_BYTES + 1024 * 1024
METHODS = ["GET", "HEAD", "POST", "OPTIONS"]


def security_headers(get_response: GetResponse) -> GetResponse:
    """First in the list, so that redirects, refusals and static files carry them too."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_static = request.path_info.startswith(settings.STATIC_URL) and response.status_code in {200, 206, 304}
        add_headers(response, may_be_kept=is_static)
        return response

    return middleware


def known_origin(get_response: GetResponse) -> GetResponse:
    """Gives the request an id, lets whatever is recorded while it is answered tell of it, and writes its line into the
    log."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        with answering(request):
            response = get_response(request)
            note_answer(request, response, started)
        return response

    return middleware


def alive(get_response: GetResponse) -> GetResponse:
    """Whether the process answers is told before anything looks a session up: a probe that sends a cookie hears the
    same while the database is away (SECURITY.md L-04)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return views.healthz(request) if request.path_info == reverse("healthz") else get_response(request)

    return middleware


def _is_clean(raw: bytes) -> bool:
    try:
        return "\0" not in raw.decode()
    except UnicodeDecodeError:
        return False


def clean_request(get_response: GetResponse) -> GetResponse:
    """400 for a NUL byte in path, query or cookies, and for a query that is not UTF-8: PostgreSQL refuses the first,
    and no person ever types either (a path that is not UTF-8 is merely not found). 405 for methods no view knows.
    413 for what is longer than the largest file with its form, before a byte of it is read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return views.method_not_allowed(request, allow=", ".join(METHODS))
        query = unquote_to_bytes(request.META.get("QUERY_STRING", "").encode("latin-1"))  # WSGI hands bytes over so
        if not _is_clean(query) or any("\0" in text for text in [request.path_info, *request.COOKIES.values()]):
            return views.error_page(400)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and int(length[:20]) > LONGEST_BODY:
            return views.too_large(request)
        return get_response(request)

    return middleware


def csrf_header_first(get_response: GetResponse) -> GetResponse:
    """Django's CSRF check reads the whole body for a token before it looks at the header. What sends the header is
    first judged by it alone, so that nobody makes us parse an upload with a wrong token (SECURITY.md H-06)."""
    judge = CsrfViewMiddleware(get_response)

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if settings.CSRF_HEADER_NAME not in request.META:
            return None
        without_body = copy(request)
        without_body.POST = QueryDict()  # as if it had been read, and was empty
        return judge.process_view(without_body, view, args, kwargs)

    middleware.process_view = process_view  # type: ignore[attr-defined]  # Django's way to add a hook to a function
    return middleware


def clean_body(get_response: GetResponse) -> GetResponse:
    """The same for what is posted. It looks only once the sign-in and the CSRF token are checked (hence `process_view`
    and a place behind both), so that nobody makes us parse an upload without being somebody."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        if request.method != "POST":
            return None
        try:
            lists = list(request.POST.lists())
            if request.content_type == "application/x-www-form-urlencoded" and not _is_clean(
                unquote_to_bytes(request.body)
            ):
                return views.error_page(400)
        except UnreadablePostError:  # the line broke: nobody is there to read the answer
            return views.error_page(400)
        if any("\0" in text for name, values in lists for text in [name, *values]):
            return views.error_page(400)
        return None

    middleware.process_view = process_view  # type: ignore[attr-defined]  # as above
    return middleware


def refusals(get_response: GetResponse) -> GetResponse:
    """Turns `Refused` and its kin, wherever a view lets them through, into a page or an htmx fragment with their
    sentence and status 409, 429 for `TooMany`; gives the bare 405 of Django's decorators a page; keeps typed text when
    the session has ended; and records who was refused what. Losing a race (`Stale`) is no refusal, nor is what a form
    says beside its fields."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code in {403, 404}:
            denials.note(request, response.status_code)
        if response.status_code == 405 and not response.content:
            return views.method_not_allowed(request, allow=response.headers["Allow"])
        if _is_way_to_sign_in(response) and (
            views.is_htmx(request) or (_is_plain_form(request) and views.typed_texts(request))
        ):
            return views.session_ended(request, response.headers["Location"])
        return response

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        is_often = isinstance(exception, TooMany)
        if not isinstance(exception, Stale):
            denials.note(request, 429 if is_often else 409, str(exception))
        return views.too_often(request, str(exception)) if is_often else views.refusal(request, str(exception))

    middleware.process_exception = process_exception  # type: ignore[attr-defined]  # as above
    return middleware


def _is_way_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and response.headers["Location"].startswith(
        resolve_url(settings.LOGIN_URL) + "?"
    )


def _is_plain_form(request: HttpRequest) -> bool:
    return request.method == "POST" and request.content_type == "application/x-www-form-urlencoded"


STILL_OPEN = frozenset({"account_login", "account_logout", "mfa_authenticate"})  # they change nothing of the work


def read_only(get_response: GetResponse) -> GetResponse:
    """With READ_ONLY nobody changes anything: every POST gets one sentence, but for those of signing in and out."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        match = request.resolver_match
        if settings.READ_ONLY and request.method == "POST" and match and match.url_name not in STILL_OPEN:
            return views.read_only(request)
        return None

    middleware.process_view = process_view  # type: ignore[attr-defined]  # as above
    return middleware
