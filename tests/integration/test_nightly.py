"""What the system does by itself at night."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from assessments.workflow import Status
from childfriendly.core import jobs, nightly
from childfriendly.core.models import Job
from communes.models import Role, User
from tests.factories import dossier_in, make_place, user_with
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)  # half past midnight in Vietnam


def test_every_chore_is_planned_once_at_its_hour(settings: Any) -> None:
    settings.BACKUP_DIR, settings.CLAMD_SOCKET = Path("/backups"), "/clamd"
    nightly.set_up(NOW)
    nightly.set_up(NOW)
    planned = {row.name: timezone.localtime(row.next_run).strftime("%d %H:%M") for row in Schedule.objects.all()}
    assert planned == {
        "backup": "25 01:00",
        "verify_files": "25 02:00",
        "verify_audit": "25 03:00",
        "audit_head": "25 03:30",
        "forget_jobs": "25 04:00",
        "forget_imports": "25 04:05",
        "clearsessions": "25 04:10",
        "scan_files": "25 01:20",
    }


def test_what_is_not_set_up_on_this_machine_is_not_planned(settings: Any) -> None:
    settings.BACKUP_DIR, settings.CLAMD_SOCKET = Path("/backups"), "/clamd"
    nightly.set_up(NOW)
    settings.BACKUP_DIR, settings.CLAMD_SOCKET = None, ""
    nightly.set_up(NOW)
    assert set(Schedule.objects.values_list("name", flat=True)) == {
        "verify_files",
        "verify_audit",
        "audit_head",
        "forget_jobs",
        "forget_imports",
        "clearsessions",
    }


@pytest.mark.django_db(transaction=True)  # the scheduler closes its connection
def test_at_its_hour_a_chore_becomes_one_job_of_the_system() -> None:
    nightly.set_up(NOW)
    Schedule.objects.exclude(name="verify_files").delete()
    Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=1))
    scheduler()
    (bell,) = OrmQ.objects.all()
    assert (bell.task["func"], bell.task["args"]) == (nightly.ASK, ("verify_files",))
    nightly.ask("verify_files")
    nightly.ask("verify_files")  # rung twice
    job = Job.objects.get()
    assert (job.owner_id, job.owner_name, job.title) == ("", "Hệ thống", "manage.py verify_files")
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    assert (job.state, job.message) == ("done", "0 tệp đều nguyên vẹn.\n")


def test_what_a_chore_finds_wrong_stands_on_the_first_page_of_a_system_administrator_until_it_is_mended(
    settings: Any,
) -> None:
    place = make_place()
    dossier_in(Status.RECOGNISED, place)
    admin, clerk = user_with(Role.SYSTEM_ADMIN, place.period.province), place.clerk
    (file,) = Path(settings.MEDIA_ROOT).rglob("*.pdf")
    content = file.read_bytes()
    told = []
    for kept in (content, b"x" + content[1:], content):
        file.write_bytes(kept)
        nightly.ask("verify_files")
        jobs.run(str(Job.objects.get(state=Job.State.WAITING).uuid))
        page = home_of(admin)
        told.append("1 tệp bị đổi trong 1 tệp. Lấy lại từ bản sao lưu." in page)
        assert ("Việc tự chạy «kiểm tra tệp đã lưu» lúc" in page) is told[-1]
        assert "bị đổi" not in home_of(clerk)
    assert told == [False, True, False]


def home_of(person: User) -> str:
    return " ".join(signed_in(person).get(reverse("home")).content.decode().split())


def test_what_a_chore_finds_wrong_is_told_as_an_error(caplog: pytest.LogCaptureFixture, settings: Any) -> None:
    dossier_in(Status.RECOGNISED, make_place())
    for path in Path(settings.MEDIA_ROOT).rglob("*.pdf"):
        path.unlink()
    nightly.ask("verify_files")
    job = Job.objects.get()
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    assert (job.state, job.message) == ("failed", "1 tệp mất, 0 tệp bị đổi trong 1 tệp. Lấy lại từ bản sao lưu.")
    assert [record.levelname for record in caplog.records if "Nightly verify_files" in record.message] == ["ERROR"]
