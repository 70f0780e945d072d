"""`manage.py verify_files`: every night, whether what is kept is what was stored (SECURITY.md F-14)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments import services
from childfriendly.core.numbers import format_number


class Command(BaseCommand):
    help = "Tính lại mã băm của mọi tệp đã lưu; báo tệp mất, tệp bị đổi và tệp không hồ sơ nào nhắc tới."

    def handle(self, *args: Any, **options: Any) -> None:
        report = services.verify_files(at=timezone.now())
        for word, files in (("Mất tệp", report.missing), ("Tệp bị đổi", report.changed)):
            for file in files:
                self.stdout.write(f"{word}: {file.path} ({file.owner})")
        if report.orphans:
            self.stdout.write(
                f"{format_number(len(report.orphans))} tệp không hồ sơ nào nhắc tới; xem: manage.py gc_files --dry-run"
            )
        if not report.is_good:
            raise CommandError(
                f"{format_number(len(report.missing))} tệp mất, {format_number(len(report.changed))} tệp bị đổi trong "
                f"{format_number(report.checked)} tệp. Lấy lại từ bản sao lưu."
            )
        self.stdout.write(f"{format_number(report.checked)} tệp đều nguyên vẹn.")
