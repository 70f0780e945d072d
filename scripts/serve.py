"""Brings the database up to date, builds the demo where it is allowed, then runs the server and, beside it, one worker
for what happens in the background (`make run`).

Everything before the server happens in this one process: starting Django once instead of once per command keeps a
second `make run` within seconds.
"""

import contextlib
import ctypes
import hashlib
import io
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))

import environ  # noqa: E402 — installed in .venv; the path of the project comes first
from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.db import DatabaseError  # noqa: E402

FIRST_ENV = """\
# Do `make run` tạo cho máy chạy thử. Mọi thiết lập: xem .env.example. Máy dùng thật: DEMO_ALLOWED=0.
SECRET_KEY={key}
AUDIT_KEY={audit_key}
MFA_KEY={mfa_key}
DEMO_ALLOWED=1
SECOND_FACTOR_WAIVED=1
"""


def write_first_env(path: Path) -> None:
    """A machine without `.env` is a trial machine: give it a key of its own and allow the demo.

    The key lives in a file and not in this process only, so that sessions survive a restart and `manage.py` works
    without further ado.
    """
    if path.exists() or "SECRET_KEY" in os.environ or "SECRET_KEY_FILE" in os.environ:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        key, audit_key, mfa_key = (secrets.token_urlsafe(50) for _ in range(3))
        file.write(FIRST_ENV.format(key=key, audit_key=audit_key, mfa_key=mfa_key))
    print("Đã tạo tệp .env cho máy chạy thử.")


def free_port(text: str) -> int:
    """The port as a number, after making sure that nothing else listens there."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CommandError(f"PORT={text} không phải một cổng. Dùng một số từ 1 đến 65535.")
    port = int(text)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"Không mở được cổng {port}. Chọn cổng khác, ví dụ: PORT=8001 make run") from error
    return port


def collect_static() -> None:
    """Collect, compress and fingerprint the static files, unless none of them changed since the last time."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders

    found = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}\n".encode())
    stamp = settings.VAR_DIR / "static.stamp"
    if (
        stamp.exists()
        and stamp.read_text() == found.hexdigest()
        and (settings.STATIC_ROOT / "staticfiles.json").exists()
    ):
        return
    print("Đang gom tệp tĩnh…")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(found.hexdigest())


def prepare() -> None:
    """Schema, units, criteria, holidays, demo, static files. Each step leaves what is already there as it is."""
    from django.conf import settings
    from django.db import connections

    call_command("check", stdout=io.StringIO())  # warnings go to stderr, errors stop; that all is well need not be said
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_communes", verbosity=0)  # rows that want a human eye: run the command by itself
    call_command("load_criteria")
    call_command("load_holidays")
    collect_static()
    if settings.DEMO_ALLOWED:
        print("Đang chuẩn bị dữ liệu giả định…")
        call_command("demo_data", stage="decided", if_empty=True)
        call_command("demo_data", accounts=True)
    connections.close_all()


SERVER = ["-m", "gunicorn", "--config", "gunicorn.conf.py", "childfriendly.wsgi"]
WORKER = ["manage.py", "worker"]
WORKER_PAUSE = 5  # seconds before a worker that fell over is started again
WORKER_GRACE = 20  # seconds that a job under way gets at the end; the next start takes up what was cut off


class Together:
    """The server and one worker, which stop when this process is told to, whoever tells it and how.

    Each runs in a session of its own, so that Ctrl+C reaches this process only: a cluster of django-q2 whose parts are
    all told to stop at once hangs. Should this process be killed, the kernel tells both.
    """

    def __init__(self) -> None:
        self.signal: int | None = None

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._remember)
        server, worker = self._start(SERVER), self._start(WORKER)
        fallen = 0.0
        while self.signal is None and server.poll() is None:
            if worker.poll() is None:
                fallen = 0.0
            elif not fallen:
                print("Tiến trình chạy việc ở nền đã dừng, sẽ được mở lại.", file=sys.stderr)
                fallen = time.monotonic()
            elif time.monotonic() - fallen > WORKER_PAUSE:
                self._sweep(worker)
                worker, fallen = self._start(WORKER), 0.0
            time.sleep(0.2)
        if server.poll() is None and self.signal is not None:
            server.send_signal(self.signal if self.signal == signal.SIGINT else signal.SIGTERM)
        worker.send_signal(signal.SIGTERM)  # to the head of the cluster only, which stops the rest
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(timeout=WORKER_GRACE)
        self._sweep(worker)
        code = server.wait()
        return 0 if self.signal is not None else code or 1

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.signal = number

    def _start(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 — our own programs
            [sys.executable, *arguments], stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=end_with_parent
        )

    def _sweep(self, worker: subprocess.Popen[bytes]) -> None:
        """Nothing of a cluster stays behind, though its head was killed or would not stop."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def end_with_parent() -> None:
    """Linux sends a child SIGTERM when its parent has died."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def main() -> None:
    os.chdir(BASE_DIR)
    os.umask(0o027)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # each step is seen when it is done, in a log file too
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "childfriendly.settings")
    try:
        write_first_env(BASE_DIR / ".env")
        environ.Env.read_env(BASE_DIR / ".env")
        port = free_port(os.environ.setdefault("PORT", "8000"))
        os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{port}")

        import django
        from django.conf import settings

        settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        django.setup()
        prepare()
    except (CommandError, ImproperlyConfigured) as error:
        sys.exit(str(error))
    except DatabaseError as error:
        sys.exit(f"Không dùng được cơ sở dữ liệu. Kiểm tra DATABASE_URL rồi chạy lại.\n{error}")
    sys.exit(Together().run())


if __name__ == "__main__":
    main()
