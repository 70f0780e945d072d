"""Backup and restore, practised: everything is wiped and comes back equal; what does not fit is refused."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from childfriendly.core import audit, backup, chain, restored
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import Job
from tests.factories import UserFactory
from tests.processes import processes_of, until

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def private_var(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def stored(settings: Any) -> Path:
    """One uploaded file."""
    path = Path(settings.MEDIA_ROOT) / "ab" / "abcd.pdf"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"%PDF-1.4 minh chung")
    return path


@pytest.fixture
def made(stored: Path, tmp_path: Path) -> Path:
    audit.record("thu", UserFactory(full_name="Trần Văn Đông"), by=None, at=AT)
    return backup.make(tmp_path / "backups", at=AT)


# ---- all of it ---------------------------------------------------------------------------------------------------
class Machine:
    """A database and a VAR_DIR of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, f"backup_{os.getpid()}"
        self.backups = folder / "backups"
        self.var = folder / "var"
        self.build()

    def build(self) -> None:
        self.var.mkdir()
        if connection.vendor == "postgresql":
            self._tell(f'CREATE DATABASE "{self.name}"')

    def wipe(self) -> None:
        shutil.rmtree(self.var)
        if connection.vendor == "postgresql":
            self._tell(f'DROP DATABASE "{self.name}" WITH (FORCE)')

    def _tell(self, sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    @property
    def environment(self) -> dict[str, str]:
        it = connection.settings_dict
        url = f"sqlite:///{self.var / 'db.sqlite3'}"
        if connection.vendor == "postgresql":
            url = f"postgres://{it['USER']}:{quote(it['PASSWORD'])}@{it['HOST']}:{it['PORT']}/{self.name}"
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ALLOWED_HOSTS": "testserver",
            "AUDIT_KEY": "chi-dung-trong-kiem-thu-" + "9876543210" * 4,
            "DATABASE_URL": url,
            "DEMO_ALLOWED": "1",
            "DJANGO_SETTINGS_MODULE": "childfriendly.settings",
            "SECRET_KEY": os.environ["SECRET_KEY"],
            "VAR_DIR": str(self.var),
        }

    def look(self) -> dict[str, Any]:
        """What there is to compare; the lines before it are the log's."""
        seen: dict[str, Any] = json.loads(self.run("-m", "tests.backup_world", "look").splitlines()[-1])
        return seen

    def run(self, *arguments: str, fails: bool = False) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.wipe()


def test_everything_is_wiped_and_comes_back_equal(machine: Machine) -> None:
    machine.run("-m", "tests.backup_world", "seed")
    said = machine.run("manage.py", "backup", "--to", str(machine.backups))
    before = machine.look()
    folder = backup.newest(machine.backups)
    assert folder is not None
    assert f"ghi lại ở nơi khác: {before['chain'][0]}" in said

    machine.wipe()
    machine.build()
    said = machine.run("manage.py", "restore", str(folder))

    assert "Mọi người phải đăng nhập lại." in said
    assert (machine.var / "restored").read_text() == "Khôi phục từ bản sao lưu lúc " + (
        f"{backup.verified_at(folder).isoformat(timespec='seconds')}.\n"
    )
    after = machine.look()
    assert after == before
    assert (after["chain"][2], after["signed in"], after["file"][1]) == (None, 302, 200)

    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env=machine.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr is not None
    assert "chưa chạy việc ở nền" in worker.stderr.readline()
    assert machine.run("manage.py", "confirm_restored") == "Đã xác nhận. 1 việc ở nền còn dở sẽ chạy tiếp.\n"
    until(lambda: len(processes_of(machine.var, "worker")) == 5)
    worker.terminate()
    worker.communicate(timeout=60)
    assert machine.run("manage.py", "confirm_restored") == "Không có bản khôi phục nào chờ xác nhận.\n"

    refusal = machine.run("manage.py", "restore", str(folder), fails=True)
    assert "Nơi khôi phục đang có dữ liệu." in refusal
    machine.run("manage.py", "restore", str(folder), "--force")
    assert machine.look() == before


# ---- making ------------------------------------------------------------------------------------------------------
def test_a_backup_is_private_named_by_its_time_and_verified(made: Path, stored: Path) -> None:
    assert (made.name, backup.newest(made.parent), backup.verified_at(made)) == ("20261124T180000Z", made, AT)
    modes = {path.name: path.stat().st_mode & 0o077 for path in [made, made / "files", made / "files/ab"]}
    assert modes == {made.name: 0, "files": 0, "ab": 0}
    manifest = backup.verify(made)
    assert (manifest.version, manifest.engine, manifest.audit) == ("0.1.0", connection.vendor, str(chain.head()))
    assert manifest.counts["communes_user"] == 1
    assert manifest.migrations.count("core.0001_initial") == 1
    assert {name: content.size for name, content in manifest.files.items()} == {"ab/abcd.pdf": stored.stat().st_size}
    assert sorted(path.name for path in made.parent.iterdir()) == [made.name]


def test_a_file_that_the_last_backup_has_is_linked(made: Path) -> None:
    second = backup.make(made.parent, at=AT + timedelta(days=1))
    files = [folder / "files" / "ab" / "abcd.pdf" for folder in (made, second)]
    assert files[0].stat().st_ino == files[1].stat().st_ino
    backup.verify(second)


def test_a_backup_that_cannot_be_written_leaves_nothing(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        backup.make(tmp_path / "backups", at=AT)
    assert list((tmp_path / "backups").iterdir()) == []


def test_old_backups_are_thinned_out(made: Path) -> None:
    others = [backup.make(made.parent, at=AT + timedelta(days=days)) for days in (1, 2)]
    unfinished = made.parent / "20261101T000000Z.abc.part"
    unfinished.mkdir()
    assert backup.thin_out(made.parent, keep=2) == [made]
    assert sorted(made.parent.iterdir()) == [unfinished, *others]


def rows_in(folder: Path) -> int:
    """Rows of the audit in the copy of the database, as its own tool reads it."""
    path = folder / backup.DATABASE[connection.vendor]
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(path)) as copy:
            return int(copy.execute("SELECT COUNT(*) FROM core_auditevent").fetchone()[0])
    shown = subprocess.run(
        ["pg_restore", "--data-only", "--table=core_auditevent", "--file=-", str(path)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    copied = shown.partition("FROM stdin;\n")[2].splitlines()
    return copied.index("\\.")  # the line after the last row


def test_the_manifest_tells_of_the_very_rows_that_were_copied(tmp_path: Path) -> None:
    """Four writers go on writing all the while."""
    user = UserFactory()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            audit.record("thu", user, by=None, at=timezone.now())
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        folders = [backup.make(tmp_path, at=AT + timedelta(seconds=n)) for n in range(3)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    counted = [backup.verify(folder).counts["core_auditevent"] for folder in folders]
    assert counted == [rows_in(folder) for folder in folders]
    assert counted == [int(backup.verify(folder).audit.partition(":")[0]) for folder in folders]
    assert counted[0] < counted[-1] < chain.head().seq + 1


# ---- refusing ----------------------------------------------------------------------------------------------------
def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / backup.MANIFEST
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def damage(folder: Path) -> None:
    path = folder / backup.DATABASE[connection.vendor]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def other_engine(folder: Path) -> None:
    edit(folder, lambda manifest: manifest.update(engine=OTHER[connection.vendor]))
    names = backup.DATABASE
    (folder / names[connection.vendor]).rename(folder / names[OTHER[connection.vendor]])
    if connection.vendor == "postgresql":  # what claims to be SQLite must be SQLite to get so far
        path = folder / names["sqlite"]
        path.unlink()
        sqlite3.connect(path).close()
        path.touch()
        edit(folder, lambda manifest: manifest.update(database={"size": 0, "sha256": backup._content(path).sha256}))


REFUSALS: dict[str, tuple[Callable[[Path], object], str]] = {
    "damaged database": (damage, "trong bản sao lưu đã bị hỏng"),
    "damaged file": (lambda folder: (folder / "files/ab/abcd.pdf").write_bytes(b"%PDF-1.4 minh chunG"), "abcd.pdf"),
    "missing file": (lambda folder: (folder / "files/ab/abcd.pdf").unlink(), "thiếu tệp files/ab/abcd.pdf"),
    "strange file": (lambda folder: (folder / "files/la.pdf").write_bytes(b""), "tệp lạ files/la.pdf"),
    "no manifest": (lambda folder: (folder / backup.MANIFEST).unlink(), "Không đọc được manifest.json"),
    "torn manifest": (lambda folder: (folder / backup.MANIFEST).write_text("{"), "Không đọc được manifest.json"),
    "other format": (lambda folder: edit(folder, lambda it: it.update(format=2)), "phiên bản khác"),
    "other engine": (other_engine, "Sửa DATABASE_URL."),
    "newer version": (
        lambda folder: edit(folder, lambda it: it["migrations"].append("core.9999_sau_nay")),
        "phiên bản mới hơn tạo ra (có core.9999_sau_nay)",
    ),
    "something here": (lambda folder: None, "Nơi khôi phục đang có dữ liệu."),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_what_does_not_fit_is_refused_and_nothing_is_touched(made: Path, stored: Path, what: str) -> None:
    spoil, sentence = REFUSALS[what]
    spoil(made)
    before = (backup._counts(), stored.read_bytes())
    with pytest.raises(Refused) as refusal:
        backup.restore(made, force=what != "something here")
    assert sentence in str(refusal.value)
    assert (backup._counts(), stored.read_bytes(), restored.is_unconfirmed()) == (*before, False)


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_a_database_in_use_is_not_pulled_away(made: Path) -> None:
    def other() -> None:
        connection.ensure_connection()
        try:
            with pytest.raises(Refused, match="Dừng máy chủ"):
                backup.restore(made, force=True)
        finally:
            connection.close()

    connection.ensure_connection()
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert not restored.is_unconfirmed()


def test_a_wrong_audit_key_is_noticed(made: Path, settings: Any, stored: Path) -> None:
    manifest = backup.verify(made)
    settings.AUDIT_KEY = "mot-khoa-khac"
    with pytest.raises(Refused, match="Kiểm tra AUDIT_KEY"):
        backup._compare(manifest, is_current=True)


def test_a_backup_wants_to_know_where_to(settings: Any) -> None:
    settings.BACKUP_DIR = None
    with pytest.raises(CommandError, match="Đặt BACKUP_DIR"):
        call_command("backup")


# ---- quiet until confirmed ---------------------------------------------------------------------------------------
def test_an_unconfirmed_copy_sends_no_letter() -> None:
    restored.marker().write_text("")
    sender = restored.EmailBackend(host="127.0.0.1", port=9)
    assert sender.send_messages([EmailMessage("Thư", "Nội dung", "a@example.gov.vn", ["b@example.gov.vn"])]) == 0
    restored.marker().unlink()
    with pytest.raises(OSError, match="refused"):
        sender.send_messages([EmailMessage("Thư", "Nội dung", "a@example.gov.vn", ["b@example.gov.vn"])])


# ---- readiness ---------------------------------------------------------------------------------------------------
def test_readiness_turns_red_when_the_last_backup_is_old(
    made: Path, settings: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BACKUP_DIR = made.parent
    for hours, status in ((26, 200), (27, 503)):
        monkeypatch.setattr(timezone, "now", lambda: AT + timedelta(hours=hours))  # noqa: B023 — used at once
        answer = client.get("/readyz")
        assert answer.status_code == status
        assert f"bản mới nhất cách đây {hours} giờ" in answer.content.decode()
    settings.BACKUP_DIR = made.parent / "none"
    assert "sao lưu KHÔNG TỐT: chưa có bản nào" in client.get("/readyz").content.decode()
    settings.BACKUP_DIR = None
    assert client.get("/readyz").status_code == 200


def test_readiness_turns_red_when_the_disk_is_nearly_full(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, status in ((10, 200), (9, 503)):
        usage = shutil._ntuple_diskusage(100, 100 - free, free)  # type: ignore[attr-defined]
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)  # noqa: B023 — used at once
        answer = client.get("/readyz")
        assert (answer.status_code, f"còn trống {free}%" in answer.content.decode()) == (status, True)


def test_readiness_turns_red_when_work_waits_too_long(client: Client) -> None:
    for minutes, status in ((29, 200), (31, 503)):
        Job.objects.all().delete()
        Job.objects.create(kind="thu", key="k", title="t", created_at=timezone.now() - timedelta(minutes=minutes))
        assert client.get("/readyz").status_code == status


def test_details_are_for_this_machine_and_for_who_holds_the_token(client: Client, settings: Any) -> None:
    def told(**headers: str) -> bool:
        body = client.get("/readyz", **headers).content.decode()  # type: ignore[arg-type]
        assert body.startswith("ok\n")
        return "cơ sở dữ liệu" in body

    outside = {"REMOTE_ADDR": "192.0.2.7"}
    proxied = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"}
    assert [told(), told(**outside), told(**proxied), told(**outside, HTTP_AUTHORIZATION="Bearer ")] == [
        True,
        False,
        False,
        False,
    ]
    settings.READYZ_TOKEN = "ma-giam-sat"
    assert [told(**outside, HTTP_AUTHORIZATION=f"Bearer {token}") for token in ("ma-giam-sat", "khac", "")] == [
        True,
        False,
        False,
    ]
