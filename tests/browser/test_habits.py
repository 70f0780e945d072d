"""What people do to a page without meaning any harm: press twice, go back, leave it open, work on it in pairs, use no
mouse. Each test has a commune of Tháp Mười of its own, whose figures are already typed."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.watch import Watch

OpenPage = Callable[..., Page]
BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without-javascript"])

FOCUS_IS_SEEN = """() => {
    const element = document.activeElement;
    const box = element.getClientRects()[0] ?? element.getBoundingClientRect();  // a link may run over two lines
    const style = getComputedStyle(element);
    const [x, y] = [box.left + Math.min(box.width / 2, 40), box.top + Math.min(box.height / 2, 20)];
    const top = document.elementFromPoint(x, y);
    return {
        what: `${element.tagName} ${element.textContent.trim().slice(0, 40)} ${element.name ?? ""}`,
        marked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none",
        uncovered: !!top && (element.contains(top) || element.labels?.[0]?.contains(top)),
    };
}"""


def dossier(world: dict[str, Any], commune: str) -> str:
    return f"/ho-so/{world['dossiers'][f'{commune}.2024']}/"


def sign_in(page: Page, username: str, world: dict[str, Any]) -> None:
    """A session of its own, for a test that ends it."""
    page.goto("/dang-nhap/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(world["password"])
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Việc cần làm")


def events(page: Page, words: str) -> int:
    """How often the dossier's history, open on the page, tells of this."""
    return page.locator(".history-head").get_by_text(re.compile(f"^{words}$")).count()


# ---- pressing twice ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("javascript", "commune", "new_commune"),
    [(True, "30040", "03413"), (False, "30046", "03415")],
    ids=["javascript", "without-javascript"],
)
def test_a_button_pressed_twice_acts_once(
    javascript: bool, commune: str, new_commune: str, open_page: OpenPage, world: dict[str, Any], watch: Watch
) -> None:
    if not javascript:
        watch.expect(409)  # the second press arrives, and is told that the first was enough
    editor = open_page(f"lap.{new_commune}.tamduong", javascript=javascript)
    editor.goto("/")
    editor.get_by_role("button", name="Lập hồ sơ năm 2022").dblclick()
    expect(editor.get_by_role("heading", level=1)).not_to_have_text("Việc cần làm")
    editor.goto("/ho-so/")
    expect(editor.locator("tbody tr")).to_have_count(1)

    address = dossier(world, commune)
    editor = open_page(f"lap.{commune}.thapmuoi", javascript=javascript)
    editor.goto(f"{address}tieu-chi/TC01/")
    form = editor.locator("form", has=editor.get_by_role("button", name="Tải tệp lên cho mục TC01.3"))
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "PNG")
    upload = {"name": "ảnh.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    form.locator("[type=file]").set_input_files(files=[upload])
    form.locator("[type=submit]").dblclick()
    expect(editor.locator("h1")).to_have_text(re.compile("^Tiêu chí 1. "))
    editor.goto(f"{address}tieu-chi/TC01/")
    expect(editor.get_by_role("link", name="ảnh.png")).to_have_count(1)

    head = open_page(f"xa.{commune}.thapmuoi", javascript=javascript)
    head.goto(f"{address}kiem-tra/")
    head.get_by_role("button", name="Nộp hồ sơ", exact=True).dblclick()
    expect(head.get_by_role("heading", level=1)).not_to_have_text("Kiểm tra hồ sơ")
    head.goto(address)
    assert events(head, "Nộp hồ sơ") == 1

    appraiser = open_page("thamdinh.thapmuoi", javascript=javascript)
    appraiser.goto(address)
    appraiser.get_by_role("button", name="Tiếp nhận thẩm định").dblclick()
    expect(appraiser.get_by_role("button", name="Tiếp nhận thẩm định")).to_have_count(0)
    appraiser.goto(address)
    assert events(appraiser, "Tiếp nhận, bắt đầu thẩm định") == 1


# ---- in pairs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("javascript", "criterion", "item"),
    [(True, "TC09", "TC09_1"), (False, "TC07", "TC07_1")],
    ids=["javascript", "without-javascript"],
)
def test_two_people_on_one_criterion_both_see_both_figures(
    javascript: bool, criterion: str, item: str, open_page: OpenPage, world: dict[str, Any], watch: Watch
) -> None:
    watch.expect(409)
    address = f"{dossier(world, '30049')}tieu-chi/{criterion}/"
    first, second = (open_page("lap.30049.thapmuoi", javascript=javascript) for _ in range(2))
    for page in (first, second):
        page.goto(address)
    numerator = f"[name={item}-numerator]"
    first.locator(numerator).fill("21")
    first.get_by_role("button", name="Lưu", exact=True).click()
    expect(first.get_by_text(re.compile("Đã lưu lúc"))).to_be_visible()

    second.locator(numerator).fill("22")
    second.get_by_label("Giải trình, ghi chú của xã").fill("Trạm Y tế vừa báo lại.")
    second.get_by_role("button", name="Lưu", exact=True).click()
    both = second.get_by_role("table", name="Hai nội dung khác nhau")
    expect(both.get_by_role("row").nth(1)).to_contain_text(re.compile("21.*22", re.DOTALL))
    expect(both).to_contain_text("Trạm Y tế vừa báo lại.")
    expect(second.locator(numerator)).to_have_value("22")
    expect(second).to_have_title(re.compile("^Lỗi: "))

    first.reload()
    expect(first.locator(numerator)).to_have_value("21")
    second.get_by_role("button", name="Lưu nội dung vừa nhập").click()
    expect(second.get_by_text(re.compile("Đã lưu lúc"))).to_be_visible()
    first.reload()
    expect(first.locator(numerator)).to_have_value("22")
    expect(first.get_by_label("Giải trình, ghi chú của xã")).to_have_value("Trạm Y tế vừa báo lại.")


# ---- signed out --------------------------------------------------------------------------------------------------


def sign_out(page: Page) -> None:
    page.locator("details[data-drop] summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng nhập")


@BOTH
def test_back_after_signing_out_shows_nothing(javascript: bool, open_page: OpenPage, world: dict[str, Any]) -> None:
    page = open_page(javascript=javascript)
    sign_in(page, "lap.30061.thapmuoi", world)
    page.goto(dossier(world, "30061"))
    expect(page.locator("main")).to_contain_text("DT-2024-30061")
    sign_out(page)
    for _ in range(2):
        page.go_back()
        assert "DT-2024-30061" not in page.content()
        assert "Đốc Binh Kiều" not in page.content()


EXPLANATION = "Đoàn kiểm tra liên ngành đã xác nhận số liệu này ngày 12/10."


def test_what_was_typed_is_there_after_the_session_ended(
    open_page: OpenPage, world: dict[str, Any], watch: Watch
) -> None:
    """The page stays as it is; sign in beside it, save again."""
    watch.expect(401, 403)
    page = open_page()
    sign_in(page, "lap.30058.thapmuoi", world)
    page.goto(f"{dossier(world, '30058')}tieu-chi/TC05/")
    page.locator("[name=TC05_1-numerator]").fill("7")
    page.get_by_label("Giải trình, ghi chú của xã").fill(EXPLANATION)
    other = page.context.new_page()
    other.goto("/")
    sign_out(other)

    save = page.get_by_role("button", name="Lưu", exact=True)
    save.click()
    status = page.locator("#luu-trang-thai")
    expect(status).to_contain_text("Phiên đăng nhập đã hết")
    expect(page.get_by_label("Giải trình, ghi chú của xã")).to_have_value(EXPLANATION)
    with page.expect_popup() as popup:
        status.get_by_role("link").click()
    sign_in(popup.value, "lap.30058.thapmuoi", world)

    save.click()
    expect(status).to_contain_text("lưu lại một lần nữa")  # the token of the new session has come along
    save.click()
    expect(status).to_contain_text("Đã lưu lúc")
    page.reload()
    expect(page.locator("[name=TC05_1-numerator]")).to_have_value("7")
    expect(page.get_by_label("Giải trình, ghi chú của xã")).to_have_value(EXPLANATION)


def test_without_javascript_the_typed_text_is_given_back(
    open_page: OpenPage, world: dict[str, Any], watch: Watch
) -> None:
    watch.expect(401)
    page = open_page(javascript=False)
    sign_in(page, "lap.30064.thapmuoi", world)
    page.goto(f"{dossier(world, '30064')}tieu-chi/TC05/")
    page.get_by_label("Giải trình, ghi chú của xã").fill(EXPLANATION)
    other = page.context.new_page()
    other.goto("/")
    sign_out(other)

    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_label("Đoạn 1")).to_have_value(EXPLANATION)
    page.locator("main").get_by_role("link", name=re.compile("Đăng nhập")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng nhập")


# ---- no mouse ----------------------------------------------------------------------------------------------------


class Keyboard:
    """Walks by Tab, and looks at each step whether the place is marked and lies under nothing."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def goes_to(self, name: str, *, at_most: int = 120) -> None:
        """Until the focus is on what is called so: the text of a link or button, or the name of a field."""
        for _ in range(at_most):
            self.page.keyboard.press("Tab")
            seen = self.page.evaluate(FOCUS_IS_SEEN)
            if seen["what"].startswith("BODY"):
                continue
            assert seen["marked"], f"no mark of focus: {seen['what']}"
            assert seen["uncovered"], f"focus is covered: {seen['what']}"
            if name in seen["what"]:
                return
        pytest.fail(f"Tab never came to {name}.")

    def enters(self, heading: str | re.Pattern[str]) -> None:
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_main_path_needs_no_mouse(width: int, open_page: OpenPage, world: dict[str, Any]) -> None:
    """Sign in, find the dossier, answer, save, check, submit. On a telephone-sized screen up to the saving."""
    commune = "30037" if width == 1280 else "30067"
    page = open_page(width=width)
    page.goto("/")
    keyboard = Keyboard(page)
    keyboard.goes_to("login")
    page.keyboard.type(f"lap.{commune}.thapmuoi")
    keyboard.goes_to("password")
    page.keyboard.type(world["password"])
    keyboard.enters("Việc cần làm")
    keyboard.goes_to("Nhập số liệu")
    keyboard.enters(re.compile("^Hồ sơ "))
    keyboard.goes_to("Tiêu chí 1. ")
    keyboard.enters(re.compile("^Tiêu chí 1. "))
    keyboard.goes_to("TC01_1-yes")
    page.keyboard.press("ArrowDown")  # from «Có» to «Không»
    expect(page.locator("[name=TC01_1-yes][value=false]")).to_be_checked()
    page.keyboard.press("ArrowUp")
    keyboard.goes_to("Lưu và sang tiêu chí tiếp theo")
    keyboard.enters(re.compile("^Tiêu chí 2. "))
    if width != 1280:
        return

    page = open_page(f"xa.{commune}.thapmuoi")
    page.goto("/")
    keyboard = Keyboard(page)
    keyboard.goes_to("Kiểm tra và nộp hồ sơ")
    keyboard.enters("Kiểm tra hồ sơ")
    keyboard.goes_to("Nộp hồ sơ", at_most=300)
    keyboard.enters("Đã nộp hồ sơ")


def test_the_first_stop_leads_past_the_menu(open_page: OpenPage) -> None:
    page = open_page("thamdinh.konray")
    page.goto("/ho-so/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
