"""An authority's own layout of the certificate: HTML with named places, and nothing that runs, loads or links.

The layout is text that an administrator typed, so it is treated as such: no template engine reads it. Tags, attributes
and properties of `style` are those listed here; what else it holds is refused when it is saved (`check_layout`) and cut
out again when it is printed. The places are filled with escaped text.
"""

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from typing import Final

import nh3

from childfriendly.core.exceptions import Refused
from childfriendly.core.numbers import format_number
from papers.rendering.ornament import frame_svg
from papers.rendering.qr import check_place, qr_svg, readable
from papers.rendering.sheet import CertificateSheet

Fill = Callable[[CertificateSheet], str]


def _text(value: Fill) -> Fill:
    return lambda sheet: escape(value(sheet))


# Name in the layout → what comes there. docs/mau-giay-cong-nhan.md explains each to administrators.
PLACES: Final[dict[str, Fill]] = {
    "parent_body": lambda sheet: "<br>".join(map(escape, sheet.parent_lines)),
    "body": lambda sheet: "<br>".join(map(escape, sheet.body_lines)),
    "awarding_body": _text(lambda sheet: sheet.awarding_body),
    "commune_name": _text(lambda sheet: sheet.printed.commune_name),
    "commune_name_capitals": _text(lambda sheet: sheet.commune),
    "located_in": _text(lambda sheet: sheet.located_in),
    "standard": _text(lambda sheet: sheet.printed.standard),
    "year": _text(lambda sheet: str(sheet.printed.year)),
    "decision_reference": _text(lambda sheet: sheet.printed.decision_reference),
    "register_number": _text(lambda sheet: sheet.printed.register_number),
    "note": _text(lambda sheet: sheet.note),
    "place_and_date": _text(lambda sheet: sheet.place_and_date),
    "signature_lines": lambda sheet: "<br>".join(map(escape, sheet.signature.lines)),
    "signer_name": _text(lambda sheet: sheet.signature.name),
    "code": _text(lambda sheet: readable(sheet.printed.code) if sheet.code_lines else ""),
    "check_address": _text(lambda sheet: check_place() if sheet.code_lines else ""),
    "qr": lambda sheet: qr_svg(sheet.printed.code) if sheet.code_lines else "",
    "frame": lambda sheet: frame_svg(),
}
NEEDED: Final = ("commune_name", "year", "decision_reference", "register_number", "signer_name", "qr")

TAGS: Final = frozenset(
    ["div", "p", "span", "h1", "h2", "strong", "em", "b", "i", "br", "hr", "table", "tbody", "tr", "td"]
)
PROPERTIES: Final = frozenset(
    [
        *("position", "left", "right", "top", "bottom", "width", "height", "text-align", "vertical-align"),
        *("margin", "margin-top", "margin-bottom", "margin-left", "margin-right", "padding", "border-collapse"),
        *("padding-top", "padding-bottom", "padding-left", "padding-right", "text-transform", "white-space"),
        *("font-size", "font-weight", "font-style", "line-height", "letter-spacing", "color", "background-color"),
        *("border", "border-top", "border-bottom", "border-left", "border-right", "border-radius", "opacity"),
    ]
)
LONGEST: Final = 20_000  # letters

_PLACE: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def check_layout(text: str) -> None:
    """Raises `Refused` with one sentence that names the first thing the layout may not have, or that it lacks."""
    if len(text) > LONGEST:
        raise Refused(f"Mẫu giấy dài quá {format_number(LONGEST)} ký tự: hãy rút gọn.")
    _Reader().read(text)
    used = [match[1] for match in _PLACE.finditer(text)]
    if unknown := next((name for name in used if name not in PLACES), None):
        raise Refused(
            f"Mẫu giấy có chỗ điền «{unknown}» mà hệ thống không biết: hãy dùng một trong {', '.join(PLACES)}."
        )
    if any(mark in _PLACE.sub("", text) for mark in ("{{", "}}", "{%", "{#")):
        raise Refused("Mẫu giấy có dấu ngoặc nhọn không thành chỗ điền: hãy viết mỗi chỗ điền như {{ commune_name }}.")
    given = {name.removesuffix("_capitals") for name in used}
    if missing := next((name for name in NEEDED if name not in given), None):
        raise Refused(f"Mẫu giấy thiếu chỗ điền {{{{ {missing} }}}}: hãy thêm vào chỗ cần in.")


def filled(layout: str, sheet: CertificateSheet) -> str:
    """The layout as HTML with everything in its place, whatever it holds."""
    clean = nh3.clean(
        layout,
        tags=set(TAGS),
        clean_content_tags={"script", "style", "title", "template", "iframe", "object", "svg", "math"},
        attributes={"*": {"style"}, "td": {"style", "colspan", "rowspan"}},
        attribute_filter=lambda tag, name, value: None if "{" in value else value,
        filter_style_properties=set(PROPERTIES),
        link_rel=None,
    )
    return _PLACE.sub(lambda match: PLACES[match[1]](sheet) if match[1] in PLACES else "", clean)


class _Reader(HTMLParser):
    """Says of a layout which tag, attribute or property it may not have."""

    def read(self, text: str) -> None:
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise Refused(f"Mẫu giấy có thẻ <{tag}> không được dùng: chỉ dùng {', '.join(sorted(TAGS))}.")
        for name, value in attrs:
            if name not in ({"style", "colspan", "rowspan"} if tag == "td" else {"style"}):
                raise Refused(f"Thẻ <{tag}> của mẫu giấy có thuộc tính «{name}»: chỉ được dùng style.")
            if name == "style":
                self._check_style(value or "")

    def handle_decl(self, decl: str) -> None:
        raise Refused("Mẫu giấy chỉ là phần thân trang: hãy bỏ dòng <!DOCTYPE …>.")

    def _check_style(self, style: str) -> None:
        if "{" in style or "(" in style or "\\" in style or "@" in style:
            raise Refused("Thuộc tính style của mẫu giấy chỉ nhận giá trị thường: hãy bỏ dấu ngoặc, dấu \\ và @.")
        for declaration in style.split(";"):
            name = declaration.partition(":")[0].strip().lower()
            if name and name not in PROPERTIES:
                raise Refused(f"Thuộc tính style của mẫu giấy có «{name}»: chỉ dùng {', '.join(sorted(PROPERTIES))}.")
