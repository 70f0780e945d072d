from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from childfriendly.core.exceptions import Refused
from childfriendly.core.numbers import format_number
from papers.services.batch import certificates_of, decision_paper_of, issue_certificates, issued_bytes
from reports.arguments import decision_by_number, make_folder, recognised_items, write_file, year_of
from reports.filenames import certificate_file, decision_file


class Command(BaseCommand):
    help = "Ghi quyết định đã phát hành và Giấy công nhận của từng xã được công nhận ra tệp PDF."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="Số quyết định, ví dụ 1105 hoặc 1105/QĐ-UBND")
        parser.add_argument("--year", required=True, help="Năm của ngày quyết định")
        parser.add_argument("--unit", required=True, help="Mã đơn vị ban hành, hoặc mã tỉnh của đơn vị đó")
        parser.add_argument("--output", required=True, help="Thư mục sẽ ghi, được tạo nếu chưa có")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["output"])
        try:
            decision = decision_by_number(
                str(options["number"]), year_of(str(options["year"])), str(options["unit"]).strip()
            )
            make_folder(folder)
            issue_certificates(decision, at=timezone.now(), progress=lambda done, total: None)
            certificates = {paper.item_id: paper for paper in certificates_of(decision)}  # those in force
            items = [item for item in recognised_items(decision) if item.pk in certificates]
            write_file(folder / decision_file(decision), issued_bytes(decision_paper_of(decision)))
            for item in items:
                write_file(folder / certificate_file(item), issued_bytes(certificates[item.pk]))
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        count = format_number(len(items))
        self.stdout.write(f"Đã ghi Quyết định số {decision.full_number} và {count} Giấy công nhận vào {folder}.")
