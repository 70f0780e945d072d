"""The accounts of the area as a list to go through once a year: who has not signed in for longest stands first."""

from allauth.mfa.models import Authenticator
from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from childfriendly.core.clock import received_at
from childfriendly.core.exports import exported, watermark
from childfriendly.core.sheets import CellValue, csv_bytes
from communes.auth import catalogue_admin_or_404, today
from communes.models import Role
from communes.queries import people_visible_to, roles_of

HEADS = ("Họ và tên", "Tên đăng nhập", "Vai trò trong địa bàn", "Đăng nhập lần cuối", "Xác thực hai lớp", "Tài khoản")


@require_safe
def accounts_csv(request: HttpRequest) -> HttpResponse:
    admin, at = catalogue_admin_or_404(request), received_at(request)
    people = (
        people_visible_to(admin, today())
        .annotate(has_second_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"))))
        .order_by(F("last_login").asc(nulls_first=True), "username")
    )
    rows: list[tuple[CellValue, ...]] = [
        (
            person.full_name,
            person.username,
            "; ".join(held.words for held in person.role_assignments.all() if held.is_in_force_on(today())),
            timezone.localtime(person.last_login).replace(tzinfo=None) if person.last_login else "chưa lần nào",
            "Có" if person.has_second_factor else "Không",
            "Đang hoạt động" if person.is_active else "Đã ngừng",
        )
        for person in people
    ]
    held = next(held for held in roles_of(admin, today()) if held.role == Role.CATALOGUE_ADMIN)
    exported("accounts", held.unit, rows=len(rows), by=admin, at=at, role=held.words)
    content = csv_bytes([HEADS, *rows, (watermark(admin, at),)])
    headers = {"Content-Disposition": 'attachment; filename="tai-khoan.csv"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
