"""The code by which anybody may check a paper: in readable groups, as an address, as a QR code."""

import segno
from django.conf import settings
from django.urls import reverse

GROUP = 5  # «7K2QX-9MPLT»: people read it aloud and type it


def readable(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def check_url(code: str) -> str:
    """Where the QR code leads. Papers outlive the site's addresses, so this one must go on working for ever."""
    return f"{settings.SITE_URL.rstrip('/')}{reverse('papers:check', args=[code])}"


def check_place() -> str:
    """Where the code is typed, as people read it: «xaphuhop.tinh.gov.vn/kiem-tra/»."""
    host = settings.SITE_URL.rstrip("/").partition("://")[2]
    return f"{host}{reverse('papers:check_form')}"


def code_lines(code: str) -> tuple[str, ...]:
    return (f"Mã tra cứu: {readable(code)}", f"Kiểm tra tại: {check_place()}") if code else ()


def qr_svg(code: str) -> str:
    """A black QR code of the check address, with its quiet zone, as inline SVG that scales."""
    # Level M or better mends 15 %: a stamp's edge or a fold. The size is the style sheet's.
    code_of_address = segno.make(check_url(code), error="m", micro=False)
    inline: str = code_of_address.svg_inline(
        omitsize=True, border=4, svgclass="qr", lineclass=None, title="Mã QR của địa chỉ kiểm tra"
    )
    return inline
