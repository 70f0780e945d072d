"""`manage.py load_communes`: the administrative units until 30/06/2025 and from 01/07/2025."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from childfriendly.core.numbers import format_number
from communes import loading


class Command(BaseCommand):
    help = "Nạp đơn vị hành chính (trước và sau ngày 01/07/2025) và quan hệ kế thừa. Chạy lại không nhân đôi dữ liệu."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--folder", type=Path, default=settings.BASE_DIR / "fixtures" / "units", help="thư mục chứa bốn tệp CSV"
        )

    def handle(self, *args: Any, folder: Path, verbosity: int, **options: Any) -> None:
        try:
            report = loading.load(folder)
        except loading.BadFileError as error:
            raise CommandError(str(error)) from error
        held = (
            f"{format_number(report.old_units)} đơn vị đến hết {loading.OLD_TO:%d/%m/%Y}, "
            f"{format_number(report.new_units)} đơn vị từ {loading.NEW_FROM:%d/%m/%Y}, "
            f"{format_number(report.successions)} quan hệ kế thừa"
        )
        if report.created or report.changed:
            done = f"thêm {format_number(report.created)} dòng, sửa {format_number(report.changed)} dòng"
            self.stdout.write(f"Đã nạp {held}: {done}.")
        else:
            self.stdout.write(f"Không có gì thay đổi: đã có {held}.")
        if report.notes and verbosity > 0:
            self.stdout.write(f"{format_number(len(report.notes))} điều cần kiểm tra trong danh sách gốc:")
            for note in report.notes:
                self.stdout.write(f"- {note}")
