from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from communes.imports.service import forget_expired


class Command(BaseCommand):
    help = "Xóa tệp Excel tải lên để nhập đã quá 24 giờ và mật khẩu tạm chưa ai tải về."

    def handle(self, *args: Any, **options: Any) -> None:
        forget_expired(timezone.now())
        self.stdout.write("Đã xóa tệp nhập và mật khẩu tạm quá hạn.")
