"""Work in the background: asked for once, done once, whatever happens to a worker in between."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from pypdf import PdfReader

from assessments.models import Decision
from assessments.workflow import Status
from childfriendly.core import jobs
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import Job
from communes.models import RoleAssignment, User
from tests.factories import Place, UserFactory, dossier_in, issued, make_place
from tests.processes import database_url, processes_of, until
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
CANARY = "Nguyễn Thị Canary"


def done(work: jobs.Work) -> jobs.Result:
    work.progress(1, 2)
    return jobs.Result("Đã làm xong.", jobs.Output("ket-qua.pdf", b"%PDF-1.4 x"))


def refused(work: jobs.Work) -> jobs.Result:
    raise Refused("Tệp không đọc được. Lưu lại rồi tải lên lần nữa.")


def broken(work: jobs.Work) -> jobs.Result:
    raise LookupError(CANARY)


def cut_off(work: jobs.Work) -> jobs.Result:
    raise SystemExit("Task exceeded maximum timeout value")


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Kinds of the test's own; `may["fetch"]` is what the owner's role says at the moment."""
    may = {"fetch": True}
    monkeypatch.setattr(jobs, "_kinds", dict(jobs._kinds))
    for handler in (done, refused, broken, cut_off):
        jobs.register(handler.__name__, jobs.Kind(run=handler, may_fetch=lambda job, user, at: may["fetch"]))
    return may


@pytest.fixture
def owner() -> User:
    person: User = UserFactory(full_name="Lê Thị Hoa")
    return person


def ask(kind: Callable[[jobs.Work], jobs.Result], by: User, key: str = "k") -> Job:
    return jobs.enqueue(kind.__name__, key=key, title="Lập tệp", by=by, at=timezone.now(), arguments={"id": 7})


def attempt(job: Job) -> Job:
    """What a worker does at one ring of the bell; the tests of what it says to django-q2 call `run` themselves."""
    with suppress(jobs.AttemptFailed, SystemExit):
        jobs.run(str(job.uuid))
    job.refresh_from_db()
    return job


def fetched(client: Client, job: Job) -> tuple[str, bytes]:
    response = client.get(reverse("job_file", args=[job.uuid]))
    assert response.status_code == 200
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    response.close()
    return response.headers["Content-Disposition"], content


# ---- asking ------------------------------------------------------------------------------------------------------
def test_a_job_is_asked_for_once_while_it_is_under_way(owner: User) -> None:
    first = ask(done, owner)
    assert [ask(done, owner).uuid, ask(done, owner, "other").uuid == first.uuid] == [first.uuid, False]
    assert OrmQ.objects.count() == 2
    attempt(first)
    assert ask(done, owner).uuid != first.uuid


def test_two_people_who_ask_for_the_same_get_a_job_each(owner: User) -> None:
    assert ask(done, owner).uuid != ask(done, UserFactory()).uuid


def test_what_is_rolled_back_leaves_no_job(owner: User) -> None:
    with transaction.atomic():
        ask(done, owner)
        transaction.set_rollback(True)
    assert (Job.objects.count(), OrmQ.objects.count()) == (0, 0)


def test_the_queue_holds_an_id_and_nothing_else(owner: User) -> None:
    job = ask(done, owner)
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"], task["kwargs"]) == ("childfriendly.core.jobs.run", (str(job.uuid),), {})


def test_an_unknown_kind_of_work_is_a_bug(owner: User) -> None:
    with pytest.raises(ValueError, match="No work is called nothing"):
        jobs.enqueue("nothing", key="", title="", by=owner, at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_twenty_clicks_at_once_comes_one_job() -> None:
    owner: User = UserFactory()
    gate, found = threading.Barrier(20), []

    def click() -> None:
        gate.wait()
        found.append(ask(done, owner).uuid)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), Job.objects.count(), OrmQ.objects.count()) == (20, 1, 1, 1)


# ---- doing -------------------------------------------------------------------------------------------------------
def test_a_job_ends_with_a_sentence_and_a_whole_file(owner: User, settings: Any) -> None:
    job = attempt(ask(done, owner))
    assert (job.state, job.message, job.attempts, job.runner, job.file_name) == (
        "done",
        "Đã làm xong.",
        1,
        "",
        "ket-qua.pdf",
    )
    assert [path.name for path in settings.JOBS_ROOT.iterdir()] == [f"{job.uuid}.pdf"]
    path = jobs.path_of(job)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"%PDF-1.4 x", 0o640)


def test_a_second_bell_finds_nothing_to_do(owner: User) -> None:
    job = attempt(ask(done, owner))
    again = attempt(job)
    assert (again.attempts, again.finished_at) == (1, job.finished_at)
    Job.objects.all().delete()
    jobs.run(str(job.uuid))


def test_a_refusal_ends_the_job_with_its_sentence(owner: User) -> None:
    job = attempt(ask(refused, owner))
    assert (job.state, job.message) == ("failed", "Tệp không đọc được. Lưu lại rồi tải lên lần nữa.")


@pytest.mark.parametrize("kind", [broken, cut_off])
def test_what_breaks_is_tried_three_times_and_then_given_up(
    owner: User, kind: Callable[[jobs.Work], jobs.Result]
) -> None:
    job = ask(kind, owner)
    assert [(attempt(job).state, job.attempts) for _ in range(4)] == [
        ("waiting", 1),
        ("waiting", 2),
        ("failed", 3),
        ("failed", 3),
    ]
    assert job.message == jobs.GIVEN_UP


def test_what_broke_is_told_without_the_words_of_the_error(owner: User, caplog: pytest.LogCaptureFixture) -> None:
    job = ask(broken, owner)
    with pytest.raises(jobs.AttemptFailed) as told:
        jobs.run(str(job.uuid))
    assert (str(told.value), told.value.__suppress_context__) == (f"job {job.uuid}", True)
    assert f"Job {job.uuid} (broken) broke with LookupError" in caplog.text
    assert "in broken" in caplog.text
    assert CANARY not in caplog.text


def test_while_a_worker_has_the_job_another_rings_in_vain(owner: User) -> None:
    job = ask(done, owner)
    taken = jobs._take(job.uuid, timezone.now())
    assert taken is not None
    with pytest.raises(jobs.AttemptFailed):  # so that the bell is kept, should the first one die
        jobs.run(str(job.uuid))
    jobs._finish(taken, jobs.Result("Xong."))
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 1)


def test_who_was_held_for_dead_changes_nothing_any_more(owner: User) -> None:
    job = ask(done, owner)
    slow = jobs._take(job.uuid, timezone.now())
    assert slow is not None
    later = timezone.now() + timedelta(hours=1)
    jobs.release_dead(later)
    attempt(job)
    with pytest.raises(jobs.TakenOver):
        jobs.Work(slow).progress(2, 2)
    jobs._end(slow, Job.State.FAILED, message="Muộn.")
    job.refresh_from_db()
    assert (job.state, job.message, job.attempts) == ("done", "Đã làm xong.", 2)


def test_progress_is_seen_from_outside(owner: User) -> None:
    job = ask(done, owner)
    taken = jobs._take(job.uuid, timezone.now())
    assert taken is not None
    jobs.Work(taken).progress(3, 8)
    job.refresh_from_db()
    assert (job.done, job.total) == (3, 8)


def test_the_jobs_of_a_dead_process_are_taken_back_and_rung_for(owner: User) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    dead, alive = ask(done, owner, "dead"), ask(done, owner, "alive")
    for job in (dead, alive):
        jobs._take(job.uuid, timezone.now())
    Job.objects.filter(pk=dead.pk).update(runner=jobs._runner(process.pid))
    OrmQ.objects.all().delete()
    jobs.release_dead(timezone.now())
    assert list(Job.objects.order_by("key").values_list("key", "state")) == [("alive", "running"), ("dead", "waiting")]
    assert [row.task["args"] for row in OrmQ.objects.all()] == [(str(dead.uuid),)]


def test_a_worker_that_starts_rings_for_what_waits(owner: User) -> None:
    """After a change of SECRET_KEY the bells of before are not believed any more."""
    job = ask(done, owner)
    OrmQ.objects.all().delete()
    jobs.ring_for_waiting()
    assert [row.task["args"] for row in OrmQ.objects.all()] == [(str(job.uuid),)]


def test_old_jobs_are_forgotten_with_their_files(owner: User, settings: Any) -> None:
    old, new = attempt(ask(done, owner, "old")), attempt(ask(done, owner, "new"))
    long_ago = timezone.now() - timedelta(days=8)
    Job.objects.filter(pk=old.pk).update(finished_at=long_ago)
    stray = settings.JOBS_ROOT / "x.part"
    stray.write_bytes(b"")
    for path in (jobs.path_of(old), stray):
        os.utime(path, (long_ago.timestamp(), long_ago.timestamp()))
    assert jobs.forget_old(timezone.now()) == 1
    assert (list(Job.objects.all()), [path.name for path in settings.JOBS_ROOT.iterdir()]) == (
        [new],
        [f"{new.uuid}.pdf"],
    )


# ---- pages -------------------------------------------------------------------------------------------------------
def test_the_page_of_a_job_tells_its_state_and_asks_again_until_it_is_over(owner: User) -> None:
    client, job = signed_in(owner), ask(done, owner)
    page = BeautifulSoup(client.get(reverse("job", args=[job.uuid])).content, "html.parser")
    changing = page.select_one("#viec")
    assert changing is not None
    assert (changing["hx-get"], changing["hx-trigger"]) == (reverse("job", args=[job.uuid]), "every 2s")
    assert changing["hx-headers"] == '{"Unattended": "1"}'  # which keeps no session alive
    assert [link["href"] for link in changing.select("a")] == [reverse("job", args=[job.uuid])]  # without JavaScript

    taken = jobs._take(job.uuid, timezone.now())
    assert taken is not None
    jobs.Work(taken).progress(3, 8)
    part = BeautifulSoup(
        client.get(reverse("job", args=[job.uuid]), headers={"HX-Request": "true"}).content, "html.parser"
    )
    assert "Đã xong 3/8" in part.get_text()
    assert part.select_one("html") is None

    jobs._finish(taken, done(jobs.Work(taken)))
    page = BeautifulSoup(client.get(reverse("job", args=[job.uuid])).content, "html.parser")
    changing = page.select_one("#viec")
    assert changing is not None
    assert not changing.has_attr("hx-get")
    assert [link["href"] for link in changing.select("a")] == [reverse("job_file", args=[job.uuid])]
    assert fetched(client, job) == ('attachment; filename="ket-qua.pdf"', b"%PDF-1.4 x")


def test_nobody_else_finds_a_job_or_its_file(owner: User) -> None:
    job = attempt(ask(done, owner))
    client = signed_in(UserFactory())
    assert [client.get(reverse(name, args=[job.uuid])).status_code for name in ("job", "job_file")] == [404, 404]
    assert "Lập tệp" not in client.get(reverse("jobs")).content.decode()
    assert "Lập tệp" in signed_in(owner).get(reverse("jobs")).content.decode()


def test_whose_role_ended_may_no_longer_fetch_the_file(owner: User, kinds: dict[str, bool]) -> None:
    client, job = signed_in(owner), attempt(ask(done, owner))
    kinds["fetch"] = False
    assert client.get(reverse("job_file", args=[job.uuid])).status_code == 404
    assert "Tải tệp kết quả" not in client.get(reverse("job", args=[job.uuid])).content.decode()


def test_a_file_that_is_gone_is_said_to_be_gone(owner: User) -> None:
    client, job = signed_in(owner), attempt(ask(done, owner))
    jobs.path_of(job).unlink()
    assert client.get(reverse("job_file", args=[job.uuid])).status_code == 404
    assert "Tệp kết quả không còn" in client.get(reverse("job", args=[job.uuid])).content.decode()


# ---- papers of a decision ----------------------------------------------------------------------------------------
def decided(count: int) -> tuple[Place, Decision]:
    place = make_place(count)
    dossiers = [dossier_in(Status.CONCLUDED, place, number) for number in range(count)]
    return place, issued(dossiers, place)


def test_all_papers_of_a_decision_come_as_one_file() -> None:
    place, decision = decided(2)
    client = signed_in(place.clerk)
    response = client.post(reverse("reports:decision_papers", args=[decision.uuid]))
    job = attempt(Job.objects.get())
    assert response.headers["Location"] == reverse("job", args=[job.uuid])
    assert (job.state, job.message) == ("done", "Đã lập tệp gồm quyết định và 2 giấy công nhận.")
    reader = PdfReader(BytesIO(fetched(client, job)[1]))
    text = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert [name for name in place.communes if name.name.upper() not in " ".join(text[-2:])] == []
    assert decision.full_number.split("/")[0] in text[0]
    assert reader.metadata is not None
    assert reader.metadata.title == str(decision)


def test_the_papers_are_not_made_for_whose_role_ended_meanwhile() -> None:
    place, decision = decided(1)
    signed_in(place.clerk).post(reverse("reports:decision_papers", args=[decision.uuid]))
    RoleAssignment.objects.filter(user=place.clerk).delete()
    job = attempt(Job.objects.get())
    assert (job.state, job.message) == (
        "failed",
        "Vai trò hiện nay không được đọc quyết định này nên không lập tệp.",
    )


def test_the_workbook_of_a_large_area_is_made_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.jobs.LARGE", 0)
    place, _ = decided(1)
    client = signed_in(place.appraiser)
    page = BeautifulSoup(client.get(reverse("reports:summary")).content, "html.parser")
    form = page.select_one("main form")
    assert form is not None
    assert form.get_text(strip=True) == "Lập tệp Excel"
    client.post(str(form["action"]))
    job = attempt(Job.objects.get())
    assert (job.state, job.message) == ("done", "Đã lập bảng tổng hợp 1 đơn vị cấp xã.")
    assert fetched(client, job)[0] == f'attachment; filename="{job.file_name}"'


# ---- real workers ------------------------------------------------------------------------------------------------
def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATABASE_URL": database_url(),
        "DEMO_ALLOWED": "1",
        "DJANGO_SETTINGS_MODULE": "childfriendly.settings",
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "VAR_DIR": str(folder),
    }


@pytest.fixture
def worker(tmp_path: Path, transactional_db: None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment(tmp_path), start_new_session=True
    )
    yield process
    process.send_signal(signal.SIGTERM)  # to the head only
    assert process.wait(timeout=60) == 0
    assert processes_of(tmp_path) == []


@pytest.mark.django_db(transaction=True)
def test_a_job_outlives_the_worker_that_is_killed_over_it(worker: subprocess.Popen[bytes], settings: Any) -> None:
    place, decision = decided(3)
    signed_in(place.clerk).post(reverse("reports:decision_papers", args=[decision.uuid]))
    job = Job.objects.get()

    def is_now(state: str) -> bool:
        job.refresh_from_db()
        return job.state == state

    until(lambda: is_now("running"))
    killed = int(job.runner.split()[-1])
    os.kill(killed, signal.SIGKILL)
    until(lambda: is_now("done"))
    assert job.attempts == 2
    assert [path.name for path in settings.JOBS_ROOT.iterdir()] == [f"{job.uuid}.pdf"]
    assert len(PdfReader(jobs.path_of(job)).pages) >= 4
