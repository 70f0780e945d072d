"""`manage.py encrypt_second_factors`: the second half of a change of MFA_KEY."""

from typing import Any

from django.core.management.base import BaseCommand

from communes.second_factor import encrypt_anew


class Command(BaseCommand):
    help = "Mã hóa lại mọi khóa xác thực hai bước bằng khóa đầu của MFA_KEY, để bỏ được các khóa sau."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Đã mã hóa lại {encrypt_anew()} dòng bằng khóa đầu của MFA_KEY.")
