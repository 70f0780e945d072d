from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from childfriendly.core.exceptions import Refused
from reports import demo


class Command(BaseCommand):
    help = "Dựng dữ liệu giả định trên các xã thật (chỉ khi đặt DEMO_ALLOWED=1)."

    def add_arguments(self, parser: CommandParser) -> None:
        stages = [stage.name.lower() for stage in demo.Stage]
        parser.add_argument("--stage", choices=stages, default="decided", help="Câu chuyện chạy đến bước nào")
        parser.add_argument("--if-empty", action="store_true", help="Không làm gì nếu đã có dữ liệu giả định")
        parser.add_argument("--accounts", action="store_true", help="Chỉ in danh sách tài khoản")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            demo.check_demo_allowed()
            if not options["accounts"] and not (options["if_empty"] and demo.exists()):
                told = demo.build(demo.Stage[options["stage"].upper()])
                self.stdout.write(f"Đã dựng {len(told)} câu chuyện giả định.")
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["accounts"]:
            self._print_accounts()

    def _print_accounts(self) -> None:
        self.stdout.write(f"Mật khẩu chung của mọi tài khoản giả định: {settings.DEMO_PASSWORD}")
        for title, accounts in demo.printed_accounts(demo.stories()):
            self.stdout.write(f"\n{title}")
            for account in accounts:
                self.stdout.write(f"  {account.username:<24} {account.role.label}, {account.unit.name}")
