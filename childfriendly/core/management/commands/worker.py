import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone
from django_q.signals import post_spawn

from childfriendly.core import jobs, nightly, restored

LOOK_AGAIN = 2  # seconds


def release_dead_jobs(**kwargs: object) -> None:
    jobs.release_dead(timezone.now())


class Command(BaseCommand):
    help = "Chạy các việc ở nền cho đến khi nhận SIGTERM hoặc Ctrl+C; việc đang dở được làm cho xong."

    def handle(self, *args: Any, **options: Any) -> None:
        if restored.is_unconfirmed():
            self.stderr.write("Bản vừa khôi phục chưa chạy việc ở nền. Kiểm tra rồi chạy manage.py confirm_restored.")
        while restored.is_unconfirmed():
            time.sleep(LOOK_AGAIN)
        nightly.set_up(timezone.now())
        jobs.ring_for_waiting()
        post_spawn.connect(release_dead_jobs)  # in each worker, as it starts
        call_command("qcluster")
