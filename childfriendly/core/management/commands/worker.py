from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone
from django_q.signals import post_spawn

from childfriendly.core import jobs


def release_dead_jobs(**kwargs: object) -> None:
    jobs.release_dead(timezone.now())


class Command(BaseCommand):
    help = "Chạy các việc ở nền cho đến khi nhận SIGTERM hoặc Ctrl+C; việc đang dở được làm cho xong."

    def handle(self, *args: Any, **options: Any) -> None:
        jobs.ring_for_waiting()
        post_spawn.connect(release_dead_jobs)  # in each worker, as it starts
        call_command("qcluster")
