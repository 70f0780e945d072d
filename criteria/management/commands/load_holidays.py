from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from criteria.services import load_holidays


class Command(BaseCommand):
    help = "Nạp ngày nghỉ lễ của cả nước từ fixtures/holidays.json. Dòng của tỉnh giữ nguyên; chạy lại không đổi gì."

    def handle(self, *args: Any, **options: Any) -> None:
        text = (settings.BASE_DIR / "fixtures" / "holidays.json").read_text(encoding="utf-8")
        written = load_holidays(text, at=timezone.now())
        self.stdout.write(f"Ngày nghỉ lễ: {f'đã nạp {written} ngày' if written else 'không thay đổi'}.")
