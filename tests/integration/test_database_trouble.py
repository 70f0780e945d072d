"""The database goes away, is locked, is full, is killed: a sentence for whoever works, nothing half written, and all is
well once it is back (SECURITY.md R-10 to R-13)."""

import contextlib
import http.client
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from assessments.models import CriterionEntry
from assessments.workflow import Status
from childfriendly.core import chain
from childfriendly.core.models import AuditEvent
from scripts.with_postgres import Cluster
from tests.factories import Place, dossier_in, make_place
from tests.integration.test_server import free_port
from tests.processes import environment, run

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(django_settings.BASE_DIR)
is_sqlite = "sqlite" in django_settings.DATABASES["default"]["ENGINE"]
only_sqlite = pytest.mark.skipif(not is_sqlite, reason="about SQLite")
only_postgres = pytest.mark.skipif(is_sqlite, reason="about PostgreSQL")

EXPLANATION = "Xã đã ban hành kế hoạch."


class Editor:
    """Somebody who saves a criterion, and what is stored of it."""

    def __init__(self) -> None:
        self.place: Place = make_place()
        dossier = dossier_in(Status.DRAFT, self.place)
        self.page = reverse("assessments:criterion", args=[dossier.uuid, "TC12"])
        self.client = Client(raise_request_exception=False)
        self.client.force_login(self.place.editors[0])

    def save(self, **headers: str) -> Any:
        return self.client.post(self.page, {"version": "1", "explanation": EXPLANATION}, headers=headers)

    def stored(self) -> tuple[str, int, int]:
        entry = CriterionEntry.objects.get(criterion="TC12")
        return entry.explanation, entry.version, AuditEvent.objects.count()


@pytest.fixture
def editor() -> Editor:
    return Editor()


# ---- SQLite ------------------------------------------------------------------------------------------------------
def pragma(text: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {text}")
        row = cursor.fetchone()
    return row[0] if row else None


@only_sqlite
def test_every_connection_is_set_up_for_many_and_for_power_cuts() -> None:
    connection.close()
    found = {name: pragma(name) for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")}
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    assert pragma("busy_timeout") == 20_000
    assert django_settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@only_sqlite
def test_a_locked_file_is_503_for_those_who_save_and_nothing_for_those_who_read(editor: Editor) -> None:
    before = editor.stored()
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    pragma("busy_timeout = 50")  # nobody waits 20 seconds here
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = editor.save()
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert "Hệ thống đang tạm ngừng nên bước vừa làm chưa được ghi." in answer.text
        assert EXPLANATION in answer.text  # given back
        assert editor.client.get(editor.page).status_code == 200
        assert editor.stored() == before
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert editor.save().status_code == 302
    assert editor.stored()[:2] == (EXPLANATION, 2)
    connection.close()


def fill_up() -> None:
    """The file may not grow, and what is free in it is taken."""
    pragma(f"max_page_count = {pragma('page_count') + 2}")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE filler (content BLOB)")
        row = "INSERT INTO filler VALUES (zeroblob(4000))"
        with contextlib.suppress(OperationalError):
            cursor.executemany(row, [()] * 10_000)
        with pytest.raises(OperationalError, match="full"):
            cursor.execute(row)


def make_room() -> None:
    pragma("max_page_count = 1073741823")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE filler")


@only_sqlite
def test_a_full_disk_is_one_sentence_and_nothing_half(editor: Editor) -> None:
    before = editor.stored()
    fill_up()
    full = {"version": "1", "explanation": "ă" * 4000}  # needs pages of its own
    answer = editor.client.post(editor.page, full)
    fragment = editor.client.post(editor.page, full, headers={"HX-Request": "true"})
    sentence = "Máy chủ hết dung lượng nên chưa ghi được gì."
    assert [answer.status_code, fragment.status_code] == [503, 503]
    assert sentence in answer.text
    assert (sentence in fragment.text, "<html" in fragment.text) == (True, False)
    assert editor.stored() == before
    make_room()
    assert editor.client.post(editor.page, full).status_code == 302
    assert editor.stored()[1] == 2


@only_sqlite
def test_a_file_that_cannot_be_opened_is_503_until_it_can(
    editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "mat-o-dia" / "db.sqlite3"))
    assert [editor.client.get(editor.page).status_code, editor.save().status_code] == [503, 503]
    assert Client().get(reverse("readyz")).status_code == 503
    assert [client.get(reverse("healthz")).status_code for client in (Client(), editor.client)] == [200, 200]
    monkeypatch.undo()
    assert editor.client.get(editor.page).status_code == 200


# ---- PostgreSQL --------------------------------------------------------------------------------------------------
@pytest.fixture
def cluster() -> Iterator[Cluster]:
    home = Path(tempfile.mkdtemp(prefix="childfriendly-postgres-"))
    found = Cluster(home)
    try:
        found.create()
        found.start()
        found.make_database()
        yield found
    finally:
        found.stop()
        shutil.rmtree(home)


def fetch(port: int, path: str) -> tuple[int, str, str]:
    """Status, Retry-After and text, asked with a session that the database would have to look up."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        asked.request("GET", path, headers={"Cookie": f"sessionid={'a' * 32}"})
        answer = asked.getresponse()
        return answer.status, answer.headers.get("Retry-After", ""), answer.read().decode()
    finally:
        asked.close()


def until_it_answers(port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert fetch(port, "/healthz")[0] == 200
        except ConnectionError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        else:
            return


@only_postgres
def test_pages_say_so_while_postgresql_is_stopped_and_work_again_after_it(cluster: Cluster, tmp_path: Path) -> None:
    """A server of its own on a database of its own, with connections that are kept open between requests."""
    port = free_port()
    home = {"HOME": str(tmp_path), "ACCESS_LOG": str(tmp_path / "access"), "PORT": str(port)}
    env = environment(DATABASE_URL=cluster.url, **home)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=env, check=True, timeout=240
    )
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "childfriendly.wsgi"],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=log,
        )
    try:
        until_it_answers(port, tmp_path / "log")
        assert [fetch(port, "/")[0] for _ in range(8)] == [302] * 8  # every thread has its connection
        cluster.stop()
        for _ in range(8):
            status, retry_after, text = fetch(port, "/")
            assert (status, retry_after) == (503, "60")
            assert "Hệ thống đang tạm ngừng" in text
            assert "Traceback" not in text
        assert [fetch(port, "/readyz")[0], fetch(port, "/healthz")[0]] == [503, 200]
        cluster.start()
        assert [fetch(port, "/")[0] for _ in range(8)] == [302] * 8
        assert fetch(port, "/readyz")[0] == 200
    finally:
        server.terminate()
        server.wait(timeout=30)


# ---- kill -9 -----------------------------------------------------------------------------------------------------
KILLS = 100

WRITER = """
import os, random, signal, sys, time
from datetime import datetime, timezone
from django.db import connection
from assessments import services
from assessments.models import CriterionEntry, Dossier, Figures
from childfriendly.core.models import AuditEvent
from communes.models import User

dossier, editor = {dossier}, User.objects.get(pk={editor})
dice = random.Random(2026)

def write(said):
    while True:
        entry = CriterionEntry.objects.get(criterion="TC12")
        services.save_entry(
            dossier_id=dossier, criterion="TC12", version=entry.version, explanation=f"Lần {{entry.version}}",
            answers={{"TC12.2": Figures(count=entry.version)}}, by=editor, at=datetime.now(timezone.utc),
        )
        os.write(said, b".")

def check():
    entry = CriterionEntry.objects.get(criterion="TC12")
    told = AuditEvent.objects.filter(action="save_entry").count()
    assert entry.version == told + 1, (entry.version, told)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchall() == [("ok",)]
    return told

told = 0
for _ in range({kills}):
    connection.close()
    heard, said = os.pipe()
    child = os.fork()
    if not child:
        write(said)
    assert os.read(heard, 1) == b"."  # it has saved once; the next save is cut short somewhere
    time.sleep(dice.uniform(0, 0.03))
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    os.close(heard)
    os.close(said)
    told = check()
assert told >= {kills}, told
"""


def test_a_writer_killed_a_hundred_times_leaves_no_half_save(editor: Editor) -> None:
    dossier = CriterionEntry.objects.get(criterion="TC12").dossier_id
    connection.close()
    code = WRITER.format(dossier=dossier, editor=editor.place.editors[0].pk, kills=KILLS)
    assert run(code) == 0
    assert chain.first_broken_row() is None
