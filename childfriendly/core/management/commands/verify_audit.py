from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from childfriendly.core import chain
from childfriendly.core.numbers import format_number


def anchor(text: str) -> chain.Head:
    seq, _, row_hash = text.strip().partition(":")
    if not (seq.isascii() and seq.isdigit() and len(row_hash) == 64):
        raise ArgumentTypeError("Dấu có dạng SỐ:DẤU, đúng như `manage.py audit_head` đã in ra.")
    return chain.Head(int(seq), row_hash.lower())


class Command(BaseCommand):
    help = "Kiểm tra nhật ký từ dòng đầu đến dòng cuối; nêu dòng sai đầu tiên."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anchor", type=anchor, help="dấu đã in ngày trước (SỐ:DẤU), để thấy cả phần cuối bị cắt")
        parser.add_argument("--file", type=Path, help="kiểm tra một tệp do `manage.py purge_audit` ghi")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["file"]
        if path is None:
            found = chain.verify(options["anchor"])
        else:
            try:
                found = chain.walk(chain.read(path), options["anchor"], is_segment=True)
            except (OSError, EOFError, ValueError, KeyError) as error:
                raise CommandError(
                    f"Không đọc được tệp {path.name}: tệp bị hỏng hoặc không phải tệp nhật ký."
                ) from error
        if found.broken:
            hint = " Nếu là dòng đầu tiên, kiểm tra cả khóa AUDIT_KEY." if not found.rows else ""
            raise CommandError(f"Nhật ký sai từ dòng {found.broken.seq}: {found.broken.what}.{hint}")
        self.stdout.write(f"Nhật ký nguyên vẹn: {format_number(found.rows)} dòng, dấu cuối {found.head}")
