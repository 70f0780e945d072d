"""A job in the background, from the button to the file, on a page that nobody loads again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request, expect

from tests.browser.rules import complaints

ROOT = Path(__file__).resolve().parents[2]
BUTTON = "Lập một tệp gồm quyết định và mọi giấy công nhận"


@contextmanager
def working(environment: dict[str, str]) -> Iterator[None]:
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def test_the_page_of_a_job_follows_it_to_the_end_and_hands_over_the_file(
    open_page: Callable[..., Page], world: dict[str, Any], environment: dict[str, str]
) -> None:
    page = open_page("vanthu.konray")
    page.goto(f"/quyet-dinh/{world['papers']['decision_issued']}/")
    page.get_by_role("button", name=BUTTON).click()
    state = page.locator("#viec")
    expect(state).to_contain_text("Đang chờ")
    assert complaints(page, names=world["names"]) == []

    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    with working(environment):
        link = state.get_by_role("link", name="Tải tệp kết quả")
        expect(link).to_be_visible(timeout=60_000)
    assert {(request.resource_type, request.headers.get("unattended")) for request in asked} == {("xhr", "1")}
    assert complaints(page, names=world["names"]) == []

    asked.clear()
    page.wait_for_timeout(2500)
    assert asked == []  # it is over, and nobody asks any more
    content = page.request.get(link.get_attribute("href") or "").body()
    assert content.startswith(b"PK")


def test_without_javascript_a_link_asks_again(
    open_page: Callable[..., Page], world: dict[str, Any], environment: dict[str, str]
) -> None:
    page = open_page("vanthu.konray", javascript=False, width=360)
    page.goto(f"/quyet-dinh/{world['papers']['decision_issued']}/")
    page.get_by_role("button", name=BUTTON).click()
    again, file = (page.get_by_role("link", name=name) for name in ("Xem lại tiến độ", "Tải tệp kết quả"))
    expect(again).to_be_visible()
    with working(environment):
        until = time.monotonic() + 60
        while again.is_visible() and time.monotonic() < until:
            again.click()
            page.wait_for_timeout(500)
    assert page.request.get(file.get_attribute("href") or "").body().startswith(b"PK")
