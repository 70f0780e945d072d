"""The accounts of the area to go through once a year: who has not signed in for longest stands first."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.exports import exported, watermark
from childfriendly.core.numbers import format_number
from childfriendly.core.sheets import CellValue, csv_bytes
from communes import services
from communes.auth import catalogue_admin_or_404, today
from communes.models import AccountReview, Role, RoleAssignment, User
from communes.queries import people_visible_to, roles_of

PER_PAGE = 50
HEADS = (
    "Họ và tên",
    "Tên đăng nhập",
    "Vai trò trong địa bàn",
    "Đăng nhập lần cuối",
    "Xác thực hai lớp",
    "Tài khoản",
    "Rà soát lần cuối",
    "Người rà soát",
    "Rà soát năm nay",
)


class Row(NamedTuple):
    person: User
    roles: list[RoleAssignment]
    has_second_factor: bool
    review: AccountReview | None  # the latest

    @property
    def is_reviewed(self) -> bool:
        return self.review is not None and self.review.year == today().year


def _accounts(admin: User, *, only_waiting: bool = False) -> QuerySet[User]:
    accounts = people_visible_to(admin, today())
    if only_waiting:
        accounts = accounts.exclude(Exists(AccountReview.objects.filter(user=OuterRef("pk"), year=today().year)))
    return accounts.order_by(F("last_login").asc(nulls_first=True), "username")


def _rows(people: Iterable[User]) -> list[Row]:
    """What stands beside each account, in three queries for however many."""
    people = list(people)
    ids = [person.pk for person in people]
    secured = set(Authenticator.objects.filter(user__in=ids).values_list("user_id", flat=True))
    reviews = AccountReview.objects.filter(user__in=ids).select_related("by").order_by("year")
    latest = {review.user_id: review for review in reviews}
    return [
        Row(
            person,
            [held for held in person.role_assignments.all() if held.is_in_force_on(today())],
            person.pk in secured,
            latest.get(person.pk),
        )
        for person in people
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def review_accounts(request: HttpRequest) -> HttpResponse:
    admin = catalogue_admin_or_404(request)
    refusal, status, ticked = "", 200, set[UUID]()
    if request.method == "POST":
        try:
            ticked = _uuids(request.POST.getlist("account"))
            count = services.review_accounts(uuids=ticked, by=admin, at=received_at(request))
        except Refused as refused:
            refusal, status = str(refused), 409 if isinstance(refused, Stale) else 422
        else:
            messages.success(request, f"Đã ghi nhận rà soát {format_number(count)} tài khoản.")
            return redirect(request.get_full_path())
    only_waiting = request.GET.get("chua") == "1"
    page = Paginator(_accounts(admin, only_waiting=only_waiting), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _rows(page),
        "year": today().year,
        "only_waiting": only_waiting,
        "ticked": ticked,
        "refusal": refusal,
    }
    return render(request, "communes/review_accounts.html", context, status=status)


def _uuids(texts: list[str]) -> set[UUID]:
    try:
        return {UUID(text) for text in texts}
    except ValueError as error:
        raise Refused("Danh sách tài khoản đã chọn không hợp lệ; tải lại trang rồi chọn lại.") from error


@require_safe
def accounts_csv(request: HttpRequest) -> HttpResponse:
    admin, at = catalogue_admin_or_404(request), received_at(request)
    rows: list[tuple[CellValue, ...]] = [
        (
            row.person.full_name,
            row.person.username,
            "; ".join(held.words for held in row.roles),
            _naive(row.person.last_login) or "chưa lần nào",
            "Có" if row.has_second_factor else "Không",
            "Đang hoạt động" if row.person.is_active else "Đã ngừng",
            _naive(row.review.at) if row.review else "chưa lần nào",
            row.review.by.full_name if row.review else "",
            "Đã rà soát" if row.is_reviewed else "Chưa rà soát",
        )
        for row in _rows(_accounts(admin))
    ]
    held = next(held for held in roles_of(admin, today()) if held.role == Role.CATALOGUE_ADMIN)
    exported("accounts", held.unit, rows=len(rows), by=admin, at=at, role=held.words)
    content = csv_bytes([HEADS, *rows, (watermark(admin, at),)])
    headers = {"Content-Disposition": 'attachment; filename="tai-khoan.csv"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _naive(moment: datetime | None) -> datetime | None:
    return timezone.localtime(moment).replace(tzinfo=None) if moment else None
