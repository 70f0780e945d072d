"""An authority's own layout of the certificate: filled with text, and nothing in it that runs, loads or links."""

from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from bs4 import BeautifulSoup
from pypdf import PdfReader

from childfriendly.core.exceptions import Refused
from papers.rendering import check_layout, html_of, render_pdf
from papers.rendering.layout import NEEDED, PLACES, PROPERTIES, TAGS
from papers.rendering.qr import check_url
from papers.structure import Certificate
from tests.paper_files import pages, picture, read_aloud
from tests.sample_papers import CODE, certificate

LAYOUT = """
{{ frame }}
<div style="position: absolute; left: 30mm; top: 30mm; width: 237mm; text-align: center">
  <h1 style="font-size: 40pt; color: #9b1b1e">BẰNG CÔNG NHẬN</h1>
  <p>{{ awarding_body }} công nhận <strong>{{ commune_name }}</strong>, {{ located_in }}, năm {{ year }}</p>
  <p>Theo {{ decision_reference }}; số vào sổ {{ register_number }} {{ note }}</p>
  <p>{{ place_and_date }}<br>{{ signature_lines }}<br>{{ signer_name }}</p>
</div>
<div style="position: absolute; left: 30mm; bottom: 25mm">{{ qr }}{{ code }} {{ check_address }}</div>
"""
GUIDE = Path("docs/mau-giay-cong-nhan.md")


def own(layout: str = LAYOUT, name: str = "Xã Suối Mẫu") -> Certificate:
    return replace(certificate(name=name), layout=layout)


def test_a_layout_is_printed_with_everything_in_its_place(tmp_path: Path) -> None:
    check_layout(LAYOUT)
    content = render_pdf(own())
    page = read_aloud(content, tmp_path)
    assert "BẰNG CÔNG NHẬN ỦY BAN NHÂN DÂN HUYỆN VÍ DỤ công nhận Xã Suối Mẫu , huyện Ví Dụ, tỉnh Thử Nghiệm" in page
    assert "Theo Quyết định số 2345/QĐ-UBND" in page
    assert "PHÓ CHỦ TỊCH Trần Thị Giả Định" in page
    assert "GIẤY CÔNG NHẬN" not in page
    (read,) = zxingcpp.read_barcodes(picture(content, tmp_path))
    assert read.text == check_url(CODE)


def test_names_are_filled_in_as_text() -> None:
    typed = '"><script>alert(1)</script> {{ signer_name }} {{ 7*7 }}'
    page = BeautifulSoup(html_of(own(name=typed)), "html.parser")
    assert page.find_all("script") == []
    assert page.find("strong").get_text() == typed  # type: ignore[union-attr]


def test_every_mark_stands_on_an_own_layout_too() -> None:
    cover = LAYOUT.replace("{{ frame }}", '<div style="width: 297mm; height: 210mm; background-color: #ffffff"></div>')
    draft = replace(own(cover), register_number="", is_demo=True)
    (page,) = pages(render_pdf(draft, mark="Bản tải về"))
    assert ("DỰ THẢO" in page, "SỐ LIỆU GIẢ ĐỊNH" in page, "Bản tải về" in page) == (True, True, True)


def test_a_layout_never_makes_a_second_page(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(render_pdf(own(LAYOUT + "<p>dòng</p>" * 200)))
    assert len(PdfReader(path).pages) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("{{ giam_doc }}", "chỗ điền «giam_doc» mà hệ thống không biết"),
        ("{{ 7*7 }}", "chỗ điền «7*7» mà hệ thống không biết"),
        ("{{ commune_name.__class__ }}", "chỗ điền «commune_name.__class__» mà hệ thống không biết"),
        ("{% load static %}", "dấu ngoặc nhọn không thành chỗ điền"),
        ("{{ year", "dấu ngoặc nhọn không thành chỗ điền"),
        ("<script>alert(1)</script>", "thẻ <script> không được dùng"),
        ("<style>@import 'x'</style>", "thẻ <style> không được dùng"),
        ('<img src="https://example.vn/x.png">', "thẻ <img> không được dùng"),
        ('<link rel="attachment" href="file:///etc/passwd">', "thẻ <link> không được dùng"),
        ('<a href="https://example.vn">x</a>', "thẻ <a> không được dùng"),
        ('<svg><image href="x"/></svg>', "thẻ <svg> không được dùng"),
        ('<p onclick="x()">x</p>', "thuộc tính «onclick»"),
        ('<p class="draft">x</p>', "thuộc tính «class»"),
        ('<p style="background-color: url(x)">x</p>', "hãy bỏ dấu ngoặc"),
        ('<p style="col\\6fr: red">x</p>', "hãy bỏ dấu ngoặc"),
        ('<p style="font-family: Arial">x</p>', "style của mẫu giấy có «font-family»"),
        ('<p style="color: {{ commune_name }}">x</p>', "hãy bỏ dấu ngoặc"),
        ("<!DOCTYPE html>", "hãy bỏ dòng <!DOCTYPE"),
        ("x" * 20_000, "dài quá 20.000 ký tự"),
    ],
)
def test_what_a_layout_may_not_have_is_refused_with_its_name(change: str, sentence: str) -> None:
    with pytest.raises(Refused, match=r"\.$") as refused:
        check_layout(LAYOUT + change)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("name", NEEDED)
def test_what_a_certificate_must_say_has_to_be_in_the_layout(name: str) -> None:
    with pytest.raises(Refused, match=rf"^Mẫu giấy thiếu chỗ điền \{{\{{ {name} \}}\}}: hãy thêm vào chỗ cần in\.$"):
        check_layout(LAYOUT.replace(f"{{{{ {name} }}}}", ""))


@pytest.mark.parametrize(
    "smuggled",
    [
        '<img src="https://example.vn/x.png">',
        '<p style="background-image: url(https://example.vn/x)">x</p>',
        '<p style="color: {{ commune_name }}">x</p>',
        '<a href="https://example.vn">x</a>',
        "<style>p { color: red }</style>",
        "<script>alert(1)</script>",
        "{{ settings.SECRET_KEY }}",
    ],
)
def test_a_layout_that_was_never_checked_is_cut_down_when_it_is_printed(smuggled: str) -> None:
    """The column may be written by other means than the page that checks it."""
    page = BeautifulSoup(html_of(own(LAYOUT + smuggled)), "html.parser").body
    assert page is not None
    assert page.find_all(["img", "a", "style", "script"]) == []
    assert not any(sign in str(page) for sign in ("example.vn", "SECRET_KEY", "alert(", "{{"))


def test_the_guide_explains_every_place_tag_and_property() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    assert [name for name in PLACES if f"`{{{{ {name} }}}}`" not in guide] == []
    assert [tag for tag in TAGS if f"`{tag}`" not in guide] == []
    assert [name for name in PROPERTIES if f"`{name}`" not in guide] == []
    assert [name for name in NEEDED if f"`{{{{ {name} }}}}` (phải có)" not in guide] == []
    check_layout(guide.partition("```html")[2].partition("```")[0])
