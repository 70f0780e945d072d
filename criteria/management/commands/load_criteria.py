from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from childfriendly.core.exceptions import Refused
from criteria.services import load_criteria


class Command(BaseCommand):
    help = "Nạp bộ tiêu chí từ tệp JSON (mặc định: Quyết định 06/QĐ-TTg trong fixtures/). Chạy lại không đổi gì."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default=str(settings.BASE_DIR / "fixtures" / "qd06-2019.json"))

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            criteria_set, written = load_criteria(path.read_text(encoding="utf-8"), at=timezone.now())
        except OSError as error:
            raise CommandError(f"Không đọc được tệp {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"Tệp {path} không phải UTF-8.") from error
        except (Refused, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Bộ tiêu chí {criteria_set}: {'đã nạp' if written else 'không thay đổi'}.")
