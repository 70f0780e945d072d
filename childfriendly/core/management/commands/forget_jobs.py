from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from childfriendly.core import jobs


class Command(BaseCommand):
    help = "Xóa các việc ở nền đã xong từ bảy ngày trước cùng tệp kết quả của chúng."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Đã xóa {jobs.forget_old(timezone.now())} việc cũ.")
