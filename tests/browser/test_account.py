"""The own account in a real browser: a second factor is turned on and asked for, and a session that nears its end warns
in time and saves first."""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.rules import complaints
from tests.browser.test_habits import sign_in

OpenPage = Callable[..., Page]


def code(seed: str, *, steps: int = 0) -> str:
    """RFC 6238, as the app on the telephone reckons it."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(seed), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def test_a_second_factor_is_turned_on_and_asked_for_at_the_next_sign_in(
    open_page: OpenPage, world: dict[str, Any]
) -> None:
    page = open_page()
    sign_in(page, "kiemtra.thapmuoi", world)
    page.locator("summary .drop-name").click()
    page.get_by_role("link", name="Tài khoản của tôi").click()
    page.get_by_role("link", name="Bật xác thực hai bước").click()
    picture = page.get_by_alt_text("Mã hình để quét bằng ứng dụng xác thực")
    assert picture.evaluate("image => image.naturalWidth") > 100  # drawn under the content policy
    page.locator("summary", has_text="Không quét được hình").click()
    seed = page.locator("#khoa").inner_text().replace(" ", "")
    page.locator("[name=code]").fill(code(seed))
    page.get_by_role("button", name="Bật xác thực hai bước").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đã bật xác thực hai bước")
    recovery = page.locator(".recovery-codes code").all_inner_texts()
    assert len(set(recovery)) == 10
    assert complaints(page, names=[*world["names"], *recovery]) == []

    for typed in (code(seed, steps=1), recovery[0]):
        other = open_page()
        other.goto("/dang-nhap/")
        other.locator("[name=login]").fill("kiemtra.thapmuoi")
        other.locator("[name=password]").fill(world["password"])
        other.locator("main").get_by_role("button", name="Đăng nhập").click()
        expect(other.get_by_role("heading", level=1)).to_have_text("Nhập mã xác thực")
        assert complaints(other, names=world["names"]) == []
        other.locator("[name=code]").fill(typed)
        other.get_by_role("button", name="Đăng nhập").click()
        expect(other.get_by_role("heading", level=1)).to_have_text("Việc cần làm")
    names = [*world["names"], "Chrome", "Linux"]  # what the list of sessions calls this browser
    for address in ("", "xac-thuc-hai-buoc/ma-du-phong/", "xac-thuc-hai-buoc/bo/"):
        page.goto(f"/tai-khoan/{address}")
        assert complaints(page, names=names) == []


def test_a_session_that_nears_its_end_saves_what_is_typed_and_offers_to_go_on(
    open_page: OpenPage, world: dict[str, Any]
) -> None:
    page = open_page()
    sign_in(page, "lap.23485.konray", world)  # a session of an hour, not one of those that last the whole run
    page.clock.install()
    page.goto(f"/ho-so/{world['dossiers']['23485.2022']}/tieu-chi/TC09/")
    warning = page.get_by_role("alert").filter(has_text="Phiên đăng nhập sẽ hết lúc")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("57:30")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("00:40")
    expect(warning).to_be_visible()
    page.get_by_role("button", name="Làm việc tiếp").click()
    expect(warning).to_be_hidden()
    page.clock.fast_forward("58:10")
    expect(warning).to_be_visible()

    field = page.locator("[name=explanation]")
    page.get_by_role("button", name="Làm việc tiếp").click()
    expect(warning).to_be_hidden()  # the answer is there, so that the next one is that of the save
    field.press_sequentially("Chưa lưu mà phiên sắp hết.")
    with page.expect_response(
        lambda response: response.request.method == "POST" and "/tieu-chi/" in response.url
    ) as saved:
        page.clock.fast_forward("58:10")
    assert saved.value.ok
    page.reload()
    expect(field).to_have_value("Chưa lưu mà phiên sắp hết.")
