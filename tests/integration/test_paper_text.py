"""«Toàn văn» on the page of a paper: the same words as its PDF, in headings and tables that a screen reader knows."""

import re
from dataclasses import replace
from html import unescape

import pytest

from papers.filling import FILLERS, content_of
from papers.kinds import Kind
from papers.rendering import lines_of, screen_html_of
from papers.structure import Column, Content, Heading, Paragraph, Row, Table
from tests.every_paper import paper_of
from tests.factories import make_place
from tests.sample_papers import decision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_files")]


def words(html: str) -> list[str]:
    """Every text between two tags, as a browser reads it."""
    texts = re.sub(r"<[^>]+>", "\n", html).split("\n")
    return [" ".join(unescape(text).split()) for text in texts if text.strip()]


@pytest.mark.parametrize("kind", FILLERS)
def test_the_screen_says_what_the_paper_says(kind: Kind) -> None:
    printed = content_of(paper_of(kind, make_place(3)))
    assert " ".join(words(screen_html_of(printed))) == " ".join(lines_of(printed))


def with_blocks(*blocks: Heading | Paragraph | Table) -> Content:
    return replace(decision(), blocks=blocks, annexes=())


def test_a_table_is_a_table_and_a_heading_a_heading() -> None:
    rows = (Row(("1", "Xã A\nXã B")), Row(("", "Cộng"), is_total=True))
    table = Table((Column("TT", 10, "center"), Column("Xã", 90)), rows)
    html = " ".join(screen_html_of(with_blocks(Heading("I. CHUNG"), Heading("1. Con", 2), table)).split())
    assert '<th scope="col">TT</th><th scope="col">Xã</th>' in html
    assert '<tr class="total"><td class="center"></td><td>Cộng</td></tr>' in html
    assert "<h4>I. CHUNG</h4>" in html
    assert "<h5>1. Con</h5>" in html
    assert '<div class="table-scroll" tabindex="0" role="region" aria-label="Bảng Xã">' in html


def test_what_somebody_typed_is_text() -> None:
    html = screen_html_of(with_blocks(Paragraph("<script>alert(1)</script> {{ 7*7 }}")))
    assert "<script>" not in html
    assert "{{ 7*7 }}" in html


def test_the_screen_has_no_style_and_no_drawing_of_its_own() -> None:
    html = screen_html_of(decision())
    assert not re.search(r"<(style|svg|img|script)|\sstyle=", html)
