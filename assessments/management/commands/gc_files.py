"""`manage.py gc_files`: the only thing that ever deletes a kept file (SECURITY.md R-07)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from assessments import services
from childfriendly.core.numbers import format_number


class Command(BaseCommand):
    help = "Liệt kê hoặc xóa tệp của những lần tải dở dang: cũ hơn một ngày và không hồ sơ nào nhắc tới."

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument("--dry-run", action="store_true", help="chỉ liệt kê")
        choice.add_argument("--delete", action="store_true", help="xóa hẳn; sao lưu trước")

    def handle(self, *args: Any, delete: bool, **options: Any) -> None:
        now = timezone.now()
        found = services.delete_orphans(at=now) if delete else services.orphans(at=now)
        for path in found:
            self.stdout.write(path)
        self.stdout.write(f"{'Đã xóa' if delete else 'Có'} {format_number(len(found))} tệp không hồ sơ nào nhắc tới.")
