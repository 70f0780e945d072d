from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from childfriendly.core import chain


class Command(BaseCommand):
    help = "In dấu của dòng nhật ký cuối cùng, để cất ngoài máy chủ (in ra giấy, gửi thư)."

    def handle(self, *args: Any, **options: Any) -> None:
        head = chain.head()
        self.stdout.write(f"Dấu của nhật ký lúc {timezone.localtime():%H:%M %d/%m/%Y}, dòng {head.seq}:")
        self.stdout.write(str(head))
        self.stdout.write(f"Kiểm tra về sau: python manage.py verify_audit --anchor {head}")
