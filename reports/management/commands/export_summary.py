from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from assessments.summaries import area_by_code, summarise
from childfriendly.core.exceptions import Refused
from childfriendly.core.numbers import format_number
from reports import excel
from reports.arguments import write_file, year_of


class Command(BaseCommand):
    help = "Kết xuất bảng tổng hợp của một tỉnh hoặc huyện trong một năm ra tệp Excel."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--year", required=True, help="Năm của kỳ đánh giá")
        parser.add_argument("--unit", required=True, help="Mã đơn vị có hiệu lực vào ngày chốt số liệu của kỳ")
        parser.add_argument("--output", required=True, help="Tệp .xlsx sẽ ghi")

    def handle(self, *args: Any, **options: Any) -> None:
        output = Path(options["output"])
        at = timezone.now()
        try:
            period, unit = area_by_code(year_of(str(options["year"])), str(options["unit"]).strip())
            summary = summarise(period, unit, reader=None, at=at)
            with transaction.atomic():  # no audit row of an export that could not be written
                write_file(output, excel.export_summary(summary, reader=excel.SYSTEM, at=at))
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        rows = format_number(len(summary.rows))
        self.stdout.write(f"Đã ghi {rows} đơn vị cấp xã của {unit.full_name_with_parents} vào {output}.")
