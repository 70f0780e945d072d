"""What every page shows around its content, whoever looks."""

from typing import TypedDict

from django.conf import settings
from django.http import HttpRequest

# Neutral on purpose: from 01/07/2025 there is neither huyện nor thị trấn, and no page of such a period may name them.
SITE_NAME = "Hệ thống đánh giá, công nhận cấp xã phù hợp với trẻ em"
SHORT_NAME = "Cấp xã phù hợp với trẻ em"
DEMO_MARK = "SỐ LIỆU GIẢ ĐỊNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"


READ_ONLY_MARK = "Hệ thống đang ở chế độ chỉ xem để bảo trì: các trang vẫn mở được, chưa lưu được gì."


class Site(TypedDict):
    site_name: str
    short_name: str
    demo_mark: str
    read_only_mark: str
    help_line: str


def shell() -> Site:
    """The same without a request, for error pages that must not ask anything of the database."""
    return {
        "site_name": SITE_NAME,
        "short_name": SHORT_NAME,
        "demo_mark": DEMO_MARK if settings.DEMO_ALLOWED else "",
        "read_only_mark": READ_ONLY_MARK if settings.READ_ONLY else "",
        "help_line": settings.HELP_LINE,
    }


def site(request: HttpRequest) -> Site:
    return shell()
