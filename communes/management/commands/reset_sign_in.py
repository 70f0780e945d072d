"""`manage.py reset_sign_in`: the operator lets somebody in again whom no catalogue administrator may, or can, help."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from childfriendly.core.exceptions import Refused
from communes.models import User
from communes.second_factor import reset
from communes.services import reset_password


class Command(BaseCommand):
    help = (
        "Đặt mật khẩu tạm cho một tài khoản và in ra (chỉ một lần); thêm --second-factor để đặt lại xác thực hai bước."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", required=True, help="tên đăng nhập")
        parser.add_argument("--reason", required=True, help="lý do, ghi vào nhật ký")
        parser.add_argument("--second-factor", action="store_true", help="cũng bỏ xác thực hai bước đã mất")

    def handle(self, *args: Any, username: str, reason: str, second_factor: bool, **options: Any) -> None:
        now = timezone.now()
        user = User.objects.filter(username=User.normalize_username(username)).first()
        if user is None:
            raise CommandError(f"Không có tài khoản «{username}».")
        try:
            if second_factor:
                reset(user=user, by=None, at=now, reason=reason)
            password = reset_password(user=user, by=None, at=now, reason=reason)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Mật khẩu tạm của «{user.username}» (chỉ in một lần): {password}")
