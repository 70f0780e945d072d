"""`make run` starts the server and one worker, and leaves nothing behind however it is stopped."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.test_server import free_port
from tests.processes import processes_of, until

pytestmark = pytest.mark.skipif(
    os.environ["DATABASE_URL"].startswith("postgres"), reason="The same on either database: done once, on SQLite."
)

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = 5  # its head, the sentinel, the worker, the pusher and the monitor


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "VAR_DIR": str(folder),
            "PORT": str(self.port),
            "SECRET_KEY": os.environ["SECRET_KEY"],
            "AUDIT_KEY": "chi-dung-trong-kiem-thu-" + "9876543210" * 4,
            "EVIDENCE_KEY": "chi-dung-trong-kiem-thu-" + "1357924680" * 4,
            "MFA_KEY": "chi-dung-trong-kiem-thu-" + "2468013579" * 4,
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "DEMO_ALLOWED": "0",
            "DEBUG": "0",
            "HTTPS": "0",
        }
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "scripts/serve.py"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def is_up(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                return len(processes_of(self.folder, "worker")) == CLUSTER
        except OSError:
            return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")  # what the first start loads, the next ones find


@pytest.fixture
def site(folder: Path) -> Iterator[Site]:
    running = Site(folder)
    until(running.is_up, seconds=300)
    yield running
    for process in processes_of(folder):  # only where the test failed
        os.kill(process, signal.SIGKILL)
    running.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_both(site: Site, number: signal.Signals) -> None:
    site.process.send_signal(number)
    assert site.process.wait(timeout=60) == 0
    assert processes_of(site.folder) == []
    assert "Traceback" not in (site.folder / "log").read_text()


def test_a_worker_that_was_killed_is_started_again(site: Site) -> None:
    head = next(pid for pid in processes_of(site.folder, "worker") if os.getsid(pid) == pid)
    os.kill(head, signal.SIGKILL)
    until(lambda: len(processes_of(site.folder, "worker")) == CLUSTER and not Path(f"/proc/{head}").exists())
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(timeout=60) == 0
    assert processes_of(site.folder) == []


def test_both_stop_when_what_started_them_is_killed(site: Site) -> None:
    site.process.kill()
    site.process.wait()
    until(lambda: processes_of(site.folder) == [])


def test_both_stop_when_the_server_falls(site: Site) -> None:
    server = next(pid for pid in processes_of(site.folder, "gunicorn") if os.getsid(pid) == pid)
    os.kill(server, signal.SIGTERM)
    assert site.process.wait(timeout=60) != 0
    assert processes_of(site.folder) == []
