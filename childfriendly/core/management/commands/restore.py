import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from childfriendly.core import backup
from childfriendly.core.exceptions import Refused


class Command(BaseCommand):
    help = "Khôi phục cơ sở dữ liệu và tệp tải lên từ một bản sao lưu, rồi so lại với bản kê của nó."
    requires_system_checks: list[str] = []  # what stands here may be broken: that is why one restores

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="thư mục của một bản sao lưu")
        parser.add_argument("--force", action="store_true", help="ghi đè dữ liệu đang có")

    def handle(self, *args: Any, folder: Path, force: bool, **options: Any) -> None:
        os.umask(0o027)
        try:
            manifest = backup.restore(folder, force=force)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"Đã khôi phục bản sao lưu lúc {manifest.made_at}: {sum(manifest.counts.values())} dòng, "
            f"{len(manifest.files)} tệp, nhật ký đến dấu {manifest.audit}. Mọi người phải đăng nhập lại.\n"
            "Việc ở nền và thư chưa chạy: kiểm tra xong thì chạy manage.py confirm_restored."
        )
