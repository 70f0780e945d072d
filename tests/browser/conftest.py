"""A real server (gunicorn, the settings of `make run`) on a world of its own, and a real Chromium in front of it."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.watch import Watch

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
PATIENCE = 30_000  # milliseconds for what a page is to show: Playwright's own five seconds are few on a busy machine
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


# ---- the server --------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database for this run only: a new one on the PostgreSQL of DATABASE_URL, else a SQLite file."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'db.sqlite3'}"
        return
    name = f"browser_{secrets.token_hex(4)}"
    connection = psycopg2.connect(given)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield given.rpartition("/")[0] + "/" + name
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    connection.close()


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> dict[str, str]:
    """A trial machine's, whatever `.env` and the shell say."""
    port = free_port()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("home")),
        "AUDIT_KEY": "khoa-niem-phong-trong-kiem-thu-" + "0123456789" * 4,
        "DJANGO_SETTINGS_MODULE": "childfriendly.settings",
        "DATABASE_URL": database_url,
        "DEBUG": "0",
        "DEMO_ALLOWED": "1",
        "HTTPS": "0",
        "PORT": str(port),
        "SECRET_KEY": "chi-dung-trong-kiem-thu-" + "0123456789" * 4,
        "SECOND_FACTOR_WAIVED": "1",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "VAR_DIR": str(tmp_path_factory.mktemp("var")),
    }


def _run(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def world(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    told: dict[str, Any]
    path = tmp_path_factory.mktemp("world") / "world.json"
    _run(environment, "-m", "tests.browser.world", str(path))
    told = json.loads(path.read_text(encoding="utf-8"))
    return told


@pytest.fixture(scope="session")
def site(environment: dict[str, str], world: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running server. What it wrote to its log must hold no traceback when all is over."""
    _run(environment, "manage.py", "collectstatic", "--no-input", "--verbosity=0")
    log = tmp_path_factory.mktemp("log") / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "childfriendly.wsgi"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for(environment["SITE_URL"] + "/readyz", server, log)
        yield environment["SITE_URL"]
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nobody is left to be waited for
        server.wait(timeout=30)
    said = log.read_text(encoding="utf-8")
    assert "Traceback" not in said, said[-5000:]


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:  # not there yet, or too busy starting to answer
            time.sleep(0.1)
    pytest.fail(f"The server did not start:\n{log.read_text(encoding='utf-8')}")


# ---- the browser -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(program).is_file():
        pytest.fail(f"No Chromium at {program}. Install the package chromium or name the program in CHROMIUM.")
    expect.set_options(timeout=PATIENCE)
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=arguments, headless=True)
        yield chromium
        chromium.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Everything that went wrong unseen, in every browser of the test: asked about when the test is over."""
    watch = Watch()
    yield watch
    assert watch.problems == []


OpenBrowser = Callable[..., BrowserContext]


@pytest.fixture
def open_browser(browser: Browser, site: str, watch: Watch, world: dict[str, Any]) -> Iterator[OpenBrowser]:
    """One person's browser; `signed_in_as` takes a running session instead of going through the sign-in page."""
    opened: list[BrowserContext] = []

    def open_it(*, signed_in_as: str = "", javascript: bool = True, width: int = 1280) -> BrowserContext:
        context = browser.new_context(
            base_url=site,
            java_script_enabled=javascript,
            locale="en-US",  # an English Windows must not get an English page
            reduced_motion="reduce",  # nothing glides while it is measured
            timezone_id="Asia/Ho_Chi_Minh",
            viewport={"width": width, "height": 900},
        )
        context.set_default_timeout(PATIENCE)
        watch.over(context)
        if signed_in_as:
            context.add_cookies([{"name": "sessionid", "value": world["sessions"][signed_in_as], "url": site}])
        opened.append(context)
        return context

    yield open_it
    for context in opened:
        context.close()


@pytest.fixture
def open_page(open_browser: OpenBrowser) -> Callable[..., Page]:
    def open_it(username: str = "", **options: Any) -> Page:
        return open_browser(signed_in_as=username, **options).new_page()

    return open_it
