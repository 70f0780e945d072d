from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from assessments.readings import last_days, unusual


class Command(BaseCommand):
    help = "In các lượt mở tệp nhạy cảm nhiều bất thường và các lần kết xuất ban đêm, để chạy hằng ngày bằng cron."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=1, help="Số ngày trở lại đây, mặc định từ hôm qua")

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = last_days(options["days"], timezone.now())
        found = unusual(since=since, until=until)
        for one in found:
            self.stdout.write(f"{one.day:%d/%m/%Y} {one.actor_name} (mã {one.actor_id}): {one.words}.")
        if not found:
            self.stdout.write(f"Không có lượt mở tệp bất thường nào từ {timezone.localtime(since):%d/%m/%Y}.")
