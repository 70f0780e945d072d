"""Whether a PDF that came back says what the paper says, whoever saved it and however it is laid out."""

import unicodedata
from collections.abc import Sequence

from django.db.models import TextChoices

from papers.rendering.lines import lines_of
from papers.rendering.sheet import DEMO_MARK, DRAFT_MARK
from papers.structure import Printed


class Match(TextChoices):
    SAME = "same", "nội dung khớp văn bản trong hệ thống"
    DIFFERS = "differs", "nội dung khác văn bản trong hệ thống"
    NO_TEXT = "no_text", "tệp chỉ có ảnh, không có chữ để so với văn bản trong hệ thống"


def compared(printed: Printed, pages: Sequence[str]) -> Match:
    """`pages` is the text of each page of the file. The order of the lines and the spaces do not count, for tools
    differ in both; every character of every line does, and nothing may stand there beside them but page numbers and
    the marks of drafts and of made-up data."""
    text = "".join(_page(page, number) for number, page in enumerate(pages, start=1))
    if not text:
        return Match.NO_TEXT
    # The longest first, so that the «1» of a table is not taken out of a date.
    for line in sorted((_squeezed(line) for line in lines_of(printed)), key=len, reverse=True):
        if line not in text:
            return Match.DIFFERS
        text = text.replace(line, _TAKEN, 1)
    for mark in (DEMO_MARK, DRAFT_MARK) if printed.is_draft else (DEMO_MARK,):
        text = text.replace(_squeezed(mark), _TAKEN)
    return Match.DIFFERS if text.strip(_TAKEN) else Match.SAME


_TAKEN = "\n"


def _page(text: str, number: int) -> str:
    lines = [_squeezed(line) for line in text.splitlines()]
    return "".join(line for line in lines if line != str(number))


def _squeezed(text: str) -> str:
    """Letters and signs alone; ligatures and the two forms of «ê» are the same."""
    return "".join(unicodedata.normalize("NFKC", text).split())
