"""Pages that belong to no app: health, signing out, and every way of saying no."""

import logging
import secrets
import sys

from allauth.account.views import logout
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from childfriendly.core import readiness
from childfriendly.core.context import shell
from childfriendly.core.requests import client_address

logger = logging.getLogger(__name__)

# Letters and digits that nobody mixes up when a code is read out over the telephone.
CODE_LETTERS = "ACDEFHJKLMNPQRTUVWXY34679"


def error_page(status: int, request: HttpRequest | None = None, **context: object) -> HttpResponse:
    """The page `<status>.html`. Without a request it touches neither session nor database."""
    html = render_to_string(f"{status}.html", {**shell(), **context}, request)
    return HttpResponse(html, status=status)


def fragment(sentence: str, *, status: int, **context: object) -> HttpResponse:
    """What htmx puts in place: one sentence, never a whole page inside a page."""
    return HttpResponse(
        render_to_string("components/refusal.html", {"sentence": sentence, **context}),
        status=status,
    )


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def typed_texts(request: HttpRequest) -> list[str]:
    """The prose in a form that could not be taken, to be shown again so that it can be copied. Prose is what holds a
    blank; figures and choices are quick to enter again, and passwords are never shown."""
    return [
        value
        for name, values in request.POST.lists()
        if "password" not in name and name != "csrfmiddlewaretoken"
        for value in values
        if " " in value.strip()
    ]


def back_url(request: HttpRequest) -> str:
    """The page the person came from, where it is one of ours, else the first page."""
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return referer
    return "/"


def refusal(request: HttpRequest, sentence: str) -> HttpResponse:
    """409: what was asked does not fit the state of things. The sentence comes from the rule, unchanged."""
    if is_htmx(request):
        return fragment(sentence, status=409)
    return error_page(
        409,
        request,
        sentence=sentence,
        back=back_url(request),
        typed=typed_texts(request) if request.method == "POST" else [],
    )


def too_often(request: HttpRequest, sentence: str) -> HttpResponse:
    """429 with the sentence of the rule; a minute later the person may go on."""
    response = fragment(sentence, status=429) if is_htmx(request) else error_page(429, request, sentence=sentence)
    response.headers["Retry-After"] = "60"
    return response


# ---- health ------------------------------------------------------------------------------------------------------
@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Says nothing about what it stands on."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """The system can work. What exactly it stands on is told to this machine and to who holds the token only
    (SECURITY.md L-04)."""
    found = readiness.findings(timezone.now())
    is_good = all(finding.is_good for finding in found)
    text = "ok\n" if is_good else "not ready\n"
    if _may_see_details(request):
        text += "".join(f"{line.name} {'tốt' if line.is_good else 'KHÔNG TỐT'}: {line.words}\n" for line in found)
    return HttpResponse(text, status=200 if is_good else 503, content_type="text/plain; charset=utf-8")


def _may_see_details(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.READYZ_TOKEN and constant_time_compare(given, settings.READYZ_TOKEN):
        return True
    # behind a proxy on this machine everybody comes from the loopback, but never without this header
    return "X-Forwarded-For" not in request.headers and client_address(request) in ("127.0.0.1", "::1")


# ---- signing out -------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """allauth's, plus the order to forget: on a shared office computer «Back» must show nothing (ASVS 14.3.1)."""
    response: HttpResponse = logout(request)
    if request.method == "POST":
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


# ---- errors ------------------------------------------------------------------------------------------------------
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Usually a page left open while its owner signed in anew in another tab: the token changed. The answer to htmx
    carries the new one, so that the next press on the same page, with all its text, succeeds; another site may send us
    a request but never read this answer."""
    if is_htmx(request):
        response = fragment("Phiên đăng nhập đã đổi. Nội dung trên trang còn nguyên, lưu lại một lần nữa.", status=403)
        response.headers["X-CSRFToken"] = get_token(request)
        return response
    return error_page(
        403,
        request,
        sentence="Trang này mở từ phiên đăng nhập trước nên chưa lưu được. Quay lại, tải lại trang rồi làm lại.",
        back=back_url(request),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(403, request, sentence="Tài khoản này không được giao việc đó. Liên hệ cán bộ quản trị hệ thống.")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same words for what does not exist and what one may not see: the answer must not tell which."""
    if is_htmx(request):
        return fragment("Không tìm thấy nội dung này trong phạm vi của đơn vị.", status=404)
    return error_page(404, request)


def method_not_allowed(request: HttpRequest, *, allow: str) -> HttpResponse:
    response = error_page(405)
    response.headers["Allow"] = allow
    return response


def too_large(request: HttpRequest) -> HttpResponse:
    if is_htmx(request):
        return fragment("Tệp gửi lên quá lớn, tối đa 20 MB, nên chưa có gì được lưu.", status=413)
    return error_page(413)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    response = error_page(429)
    response.headers["Retry-After"] = "300"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with a code that also stands in the log; 503 where the database is away, wherever that came to light
    (Django calls this inside its `except`, so the error is at hand)."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable(request, DISK_FULL if _is_disk_full(error) else AWAY, retry_after=60)
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(6))
    logger.error("Error code %s: %s %s", code, request.method, request.path)
    if is_htmx(request):
        return fragment(f"Hệ thống gặp lỗi, nội dung vừa nhập chưa được lưu. Mã báo lỗi: {code}.", status=500)
    return error_page(500, code=code)


AWAY = "Hệ thống đang tạm ngừng nên bước vừa làm chưa được ghi. Đợi một phút rồi làm lại."
DISK_FULL = "Máy chủ hết dung lượng nên chưa ghi được gì. Báo người quản trị hệ thống rồi làm lại sau."
READ_ONLY = "Hệ thống đang ở chế độ chỉ xem để bảo trì nên chưa lưu được. Giữ trang này mở, đợi ít phút rồi lưu lại."


def read_only(request: HttpRequest) -> HttpResponse:
    """The server is being moved or mended."""
    return _unavailable(request, READ_ONLY, retry_after=300)


def _unavailable(request: HttpRequest, sentence: str, *, retry_after: int) -> HttpResponse:
    """503 that asks nothing of the database; what was typed is given back."""
    if is_htmx(request):
        response = fragment(sentence, status=503)
    else:
        response = error_page(503, sentence=sentence, typed=_typed_so_far(request))
    response.headers["Retry-After"] = str(retry_after)
    return response


def _typed_so_far(request: HttpRequest) -> list[str]:
    """The database may have failed before anything had read the form, and the form may be unreadable too."""
    if request.method != "POST":
        return []
    try:
        return typed_texts(request)
    except (UnreadablePostError, MultiPartParserError, BadRequest, SuspiciousOperation):
        return []


def _is_disk_full(error: BaseException) -> bool:
    """As the two databases say it, by their own codes."""
    cause = error.__cause__
    return getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(cause, "sqlstate", "") == "53100"


def session_ended(request: HttpRequest, login_page: str) -> HttpResponse:
    """Signed out meanwhile (time, another tab): what was typed is given back instead of thrown away, and a login page
    never lands inside a form."""
    if is_htmx(request):
        return fragment(
            "Phiên đăng nhập đã hết. Nội dung trên trang còn nguyên: đăng nhập lại ở thẻ mới rồi quay lại đây lưu.",
            status=401,
            link=reverse("account_login"),
            link_label="Đăng nhập ở thẻ mới",
        )
    return error_page(401, request, login_page=login_page, typed=typed_texts(request))
