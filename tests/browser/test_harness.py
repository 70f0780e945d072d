"""The instruments themselves: a collector that hears nothing would pass every test."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.watch import Watch
from tests.browser.words import english_words


def test_the_collector_hears_a_broken_policy_a_script_error_and_a_missing_file(
    open_page: Callable[..., Page], watch: Watch
) -> None:
    page = open_page()
    page.goto("/dang-nhap/")
    assert watch.problems == []
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate("setTimeout(() => { throw new Error('hỏng') })")
    page.evaluate("document.body.append(Object.assign(new Image(), { src: '/static/khong-co.png' }))")
    page.goto("/khong-co/")
    kinds = {problem.partition(":")[0] for problem in watch.problems}
    assert {"console", "script", "404"} <= kinds
    watch.problems.clear()


def test_english_words_stand_out_of_vietnamese_ones() -> None:
    text = (
        "Nộp hồ sơ trong kỳ: submit page, set home. Khai sinh thanh toán nghiêng quyết khuya giữa UBND huyện, PDF 20 MB"
        ", /van-ban/0193a5c2-7b1e-7def-cfab-deadbeefcafe/ky/"
    )
    assert english_words(text) == {"submit", "page", "set", "home"}
