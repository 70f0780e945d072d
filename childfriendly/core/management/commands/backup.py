import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from childfriendly.core import backup
from childfriendly.core.exceptions import Refused


class Command(BaseCommand):
    help = "Sao lưu cơ sở dữ liệu và tệp tải lên vào một thư mục mới, đọc lại để kiểm tra, rồi xóa bớt bản cũ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, help="thư mục chứa các bản sao lưu; mặc định BACKUP_DIR")

    def handle(self, *args: Any, to: Path | None, **options: Any) -> None:
        folder = to or settings.BACKUP_DIR
        if folder is None:
            raise CommandError("Chưa biết sao lưu vào đâu. Đặt BACKUP_DIR trong tệp .env hoặc thêm --to THƯ_MỤC.")
        os.umask(0o077)
        try:
            made = backup.make(folder, at=timezone.now())
            manifest = backup.Manifest.read(made)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        thinned = backup.thin_out(folder, keep=settings.BACKUP_KEEP)
        self.stdout.write(
            f"Đã sao lưu và kiểm tra lại: {made} ({sum(manifest.counts.values())} dòng, {len(manifest.files)} tệp). "
            f"Đã xóa {len(thinned)} bản cũ.\nDấu nhật ký, ghi lại ở nơi khác: {manifest.audit}"
        )
