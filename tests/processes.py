"""Processes of their own on the database of the running test, since only a process can really die; and what is left of
those that were started."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

DIED = 9  # the exit code of childfriendly.core.faults


def database_url() -> str:
    """The test's database, as DATABASE_URL takes it."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return f"postgres://{values['USER']}:{quote(values['PASSWORD'])}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def environment(**changes: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "TEST_MEDIA_ROOT": str(settings.MEDIA_ROOT),
        **changes,
    }


def run(code: str, *, fault: str = "") -> int:
    """Run `code` with Django set up and the test's files and database; gives the exit code, DIED where the process
    reached the point `fault` (see `childfriendly.core.faults`). What the test wrote must be committed, hence
    `django_db(transaction=True)`."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{code}"],
        cwd=Path(settings.BASE_DIR),
        env=environment(FAULT_POINT=fault),
        check=False,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert done.returncode in {0, DIED}, done.stderr
    return done.returncode


def processes_of(folder: Path, word: str = "") -> list[int]:
    """What runs with `folder` as its VAR_DIR and `word` in its command line: children, grandchildren, orphans too."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                environment, command = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
            except OSError:  # gone meanwhile, or another user's
                continue
            if f"VAR_DIR={folder}\0".encode() in environment and word.encode() in command:
                found.append(int(entry.name))
    return found


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that other processes do."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)
