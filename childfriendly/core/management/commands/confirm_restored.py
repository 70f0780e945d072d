from typing import Any

from django.core.management.base import BaseCommand

from childfriendly.core import restored
from childfriendly.core.models import Job


class Command(BaseCommand):
    help = "Xác nhận bản vừa khôi phục là hệ thống đang dùng: từ lúc này việc ở nền và thư lại chạy."

    def handle(self, *args: Any, **options: Any) -> None:
        if not restored.is_unconfirmed():
            self.stdout.write("Không có bản khôi phục nào chờ xác nhận.")
            return
        waiting = Job.objects.exclude(state__in=[Job.State.DONE, Job.State.FAILED]).count()
        restored.marker().unlink()
        self.stdout.write(f"Đã xác nhận. {waiting} việc ở nền còn dở sẽ chạy tiếp.")
