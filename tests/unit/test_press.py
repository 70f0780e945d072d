"""Printing on all cores gives what printing here gives, in order; a process that dies is said to have died."""

import pytest

from papers.press import Page, Press, PressFailed
from papers.press.weasy import render

STYLES = ("paper.css",)


def page(text: str) -> Page:
    html = f'<!doctype html><html lang="vi"><head><title>{text}</title></head><body><p>{text}</p></body></html>'
    return Page(html, STYLES)


def test_many_papers_come_back_in_order_and_as_printed_here() -> None:
    pages = [page(f"Xã Đốc Binh Kiều {number}") for number in range(12)]
    with Press(2) as press:
        assert list(press.print_all(pages)) == [render(paper.html, paper.stylesheets) for paper in pages]


def test_a_batch_may_be_as_short_as_one_paper_or_none() -> None:
    with Press(2) as press:
        assert list(press.print_all([])) == []
        assert len(list(press.print_all([page("Một")]))) == 1


def test_a_process_that_dies_is_told_and_leaves_none_behind() -> None:
    with Press(1) as press:
        (printer,) = press._printers
        printer._process.kill()
        printer._process.wait()
        with pytest.raises(PressFailed):
            list(press.print_all([page("Một")]))
    assert printer._process.poll() is not None


def test_a_paper_that_cannot_be_printed_fails_alone_and_is_told() -> None:
    with Press(1) as press, pytest.raises(PressFailed):
        list(press.print_all([Page("<p>Một</p>", ("no-such.css",))]))


def test_no_process_is_left_when_a_batch_stops_half_way() -> None:
    with Press(2) as press:
        printers = list(press._printers)
        coming = press.print_all(page(str(number)) for number in range(20))
        next(coming)
    assert [printer._process.poll() is not None for printer in printers] == [True, True]
