"""`manage.py scan_files`: ask ClamAV again (SECURITY.md F-10)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from assessments import services
from childfriendly.core.files import Scan
from childfriendly.core.numbers import format_number


class Command(BaseCommand):
    help = "Quét vi-rút những tệp chưa quét được, hoặc mọi tệp sau khi ClamAV có mẫu mới."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="quét lại mọi tệp")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.CLAMD_SOCKET:
            raise CommandError("Chưa đặt CLAMD_SOCKET nên không có gì để quét. Xem .env.example.")
        told = services.scan_files(at=timezone.now(), everything=options["all"])
        words = ", ".join(f"{format_number(told[verdict])} {verdict.label}" for verdict in Scan if told[verdict])
        self.stdout.write(f"{format_number(told.total())} tệp: {words or 'không tệp nào chờ quét'}.")
