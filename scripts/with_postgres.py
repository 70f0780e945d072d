"""Runs a command against a PostgreSQL of its own: `scripts/with_postgres.py COMMAND…`

A private cluster in a temporary folder, on a free loopback port, with a random password, never as root; DATABASE_URL
tells the command where it is. It is stopped and removed whatever happens to the command.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import TypedDict

NAME = "childfriendly"
START_SECONDS = 30


class Identity(TypedDict, total=False):
    """What subprocess takes to start a program as somebody else."""

    user: int
    group: int
    extra_groups: list[str | int]


def newest_binaries() -> Path:
    """The folder of initdb and postgres, which Debian keeps out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        sys.exit("Không tìm thấy PostgreSQL. Cài gói postgresql rồi chạy lại.")
    return Path(on_path).parent


def server_account() -> pwd.struct_passwd:
    """Whom to run the server as: ourselves, or, since PostgreSQL refuses root, a user without rights."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A throw-away PostgreSQL cluster. Durability is off: nothing in it outlives the command."""

    def __init__(self, home: Path) -> None:
        self.binaries = newest_binaries()
        self.account = server_account()
        self.home = home
        self.port = free_port()
        self.password = secrets.token_urlsafe(24)
        self.server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://{NAME}:{self.password}@127.0.0.1:{self.port}/{NAME}"

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "PGPASSWORD": self.password}

    def _identity(self) -> Identity:
        if os.geteuid() != 0:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603 — programs of the system package, arguments of our own
            [str(self.binaries / program), *arguments],
            cwd=self.home,
            env=self._environment(),
            **self._identity(),
            capture_output=True,
            check=False,
        )

    def create(self) -> None:
        password_file = self.home / "password"
        password_file.write_text(self.password)
        for path in (self.home, password_file):
            os.chown(path, self.account.pw_uid, self.account.pw_gid)
        done = self._run(
            "initdb",
            f"--pgdata={self.home / 'data'}",
            f"--username={NAME}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        if done.returncode:
            sys.exit(f"Không tạo được cụm PostgreSQL thử nghiệm:\n{done.stderr.decode(errors='replace')}")

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.home),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "log_min_messages": "fatal",
            "log_destination": "stderr",
        }
        with (self.home / "server.log").open("wb") as log:
            self.server = subprocess.Popen(  # noqa: S603
                [
                    str(self.binaries / "postgres"),
                    "-D",
                    str(self.home / "data"),
                    *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
                ],
                cwd=self.home,
                env=self._environment(),
                **self._identity(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl+C reaches us first; we stop the server after the command
            )
        deadline = time.monotonic() + START_SECONDS
        while self._run("pg_isready", "--quiet", "--host=127.0.0.1", f"--port={self.port}").returncode:
            if self.server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"PostgreSQL thử nghiệm không khởi động được:\n{(self.home / 'server.log').read_text()}")
            time.sleep(0.1)

    def make_database(self) -> None:
        done = self._run("createdb", "--host=127.0.0.1", f"--port={self.port}", f"--username={NAME}", NAME)
        if done.returncode:
            sys.exit(f"Không tạo được cơ sở dữ liệu thử nghiệm:\n{done.stderr.decode(errors='replace')}")

    def stop(self) -> None:
        if self.server is None or self.server.poll() is not None:
            return
        self.server.send_signal(signal.SIGINT)  # fast shutdown: disconnect everybody, then stop
        try:
            self.server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait()


def run_command(command: list[str], url: str) -> int:
    """The command's exit code, in the shell's way: 128 + n where signal n ended it."""
    child = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url})  # noqa: S603 — the caller's own command
    try:
        code = child.wait()
    except BaseException:
        # A signal for us: hand it on, and let the command end before its database does.
        child.terminate()
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        raise
    return code if code >= 0 else 128 - code


def stop_on_signal(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    command = sys.argv[1:]
    if not command:
        sys.exit("Cách dùng: scripts/with_postgres.py LỆNH…")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_on_signal)
    home = Path(tempfile.mkdtemp(prefix="childfriendly-postgres-"))
    cluster = Cluster(home)
    try:
        cluster.create()
        cluster.start()
        cluster.make_database()
        return run_command(command, cluster.url)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second signal must not leave the cluster behind
        cluster.stop()
        shutil.rmtree(home)


if __name__ == "__main__":
    sys.exit(main())
