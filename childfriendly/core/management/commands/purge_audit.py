from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from childfriendly.core import chain
from childfriendly.core.exceptions import Refused


class Command(BaseCommand):
    help = "Chuyển các dòng nhật ký quá AUDIT_KEEP_MONTHS tháng ra một tệp; phần còn lại vẫn kiểm tra được."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="THƯ-MỤC", help="nơi ghi tệp; cất tệp này cùng bản sao lưu")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"Không có thư mục {folder}. Tạo thư mục rồi chạy lại.")
        at = timezone.now()
        try:
            purged = chain.purge(before=chain.months_before(at, settings.AUDIT_KEEP_MONTHS), folder=folder, at=at)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        if purged is None:
            self.stdout.write(f"Không có dòng nào quá {settings.AUDIT_KEEP_MONTHS} tháng.")
        else:
            self.stdout.write(f"Đã chuyển dòng {purged.first} đến {purged.last} ra tệp {purged.path}.")
