"""`manage.py create_admin`: the first catalogue administrator of a province, who then opens all other accounts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from childfriendly.core.exceptions import Refused
from communes.models import Level, Role, Unit
from communes.services import create_account


class Command(BaseCommand):
    help = "Tạo một người quản trị danh mục của tỉnh và in mật khẩu ban đầu (chỉ một lần)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", required=True, help="tên đăng nhập, chữ không dấu")
        parser.add_argument("--full-name", required=True, help="họ và tên")
        parser.add_argument("--province", required=True, metavar="CODE", help="mã tỉnh, ví dụ 82")

    def handle(self, *args: Any, username: str, full_name: str, province: str, **options: Any) -> None:
        now = timezone.now()
        today = timezone.localdate(now)
        unit = Unit.objects.in_force_on(today).filter(level=Level.PROVINCE, code=province).first()
        if unit is None:
            raise CommandError(f"Không có tỉnh, thành phố nào mang mã «{province}» vào ngày {today:%d/%m/%Y}.")
        try:
            account = create_account(
                username=username,
                full_name=full_name,
                role=Role.CATALOGUE_ADMIN,
                unit=unit,
                valid_from=today,
                by=None,
                at=now,
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            f"Đã tạo người quản trị danh mục «{account.user.username}» của {unit.name}; "
            f"mật khẩu ban đầu (chỉ in một lần): {account.password}"
        )
