"""The private PostgreSQL of the checks leaves nothing behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "with_postgres.py"


def start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *command],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )


def answers(url: str) -> bool:
    """Whether a server still answers at the address."""
    port = url.rpartition(":")[2].partition("/")[0]
    return subprocess.run(["/usr/bin/pg_isready", "-q", "-h", "127.0.0.1", "-p", port], check=False).returncode == 0


def test_the_exit_code_of_the_command_is_kept() -> None:
    process = start("sh", "-c", "echo $DATABASE_URL; exit 7")
    url, _ = process.communicate(timeout=60)
    assert process.returncode == 7
    assert url.startswith("postgres://childfriendly:")
    assert not answers(url.strip())


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_command_and_removes_the_cluster(order: signal.Signals) -> None:
    process = start("sh", "-c", "echo $DATABASE_URL; exec sleep 600")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert answers(url)
    process.send_signal(order)
    assert process.wait(timeout=60) == 128 + order
    process.stdout.close()
    assert not answers(url)
