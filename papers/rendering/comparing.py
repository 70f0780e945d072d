"""Whether a PDF that came back says what the paper says, whoever saved it and however it is laid out."""

import re
import unicodedata
from collections.abc import Sequence

from django.db.models import TextChoices

from papers.rendering.lines import lines_of
from papers.rendering.sheet import DEMO_MARK, DRAFT_MARK
from papers.structure import Printed


class Match(TextChoices):
    SAME = "same", "nội dung khớp văn bản trong hệ thống"
    UNNUMBERED = "unnumbered", "nội dung khớp văn bản trong hệ thống; tệp này chưa ghi số và ngày"
    DRAFT = "draft", "câu chữ khớp nhưng tệp này còn chữ «DỰ THẢO»"
    DIFFERS = "differs", "nội dung khác văn bản trong hệ thống"
    NO_TEXT = "no_text", "tệp chỉ có ảnh, không có chữ để so với văn bản trong hệ thống"


def compared(printed: Printed, pages: Sequence[str]) -> Match:
    """`pages` is the text of each page of the file. The order of the lines and the spaces do not count, for tools
    differ in both; every character of every line does, and nothing may stand there beside them but page numbers, the
    mark of made-up data and those of a draft. What was signed before the number was given has none: so it may come
    back, and is told apart."""
    text = "".join(_page(page, number) for number, page in enumerate(pages, start=1))
    if not text:
        return Match.NO_TEXT
    if not printed.is_draft and not _left_over(printed, text, DEMO_MARK):
        return Match.SAME
    as_signed = printed.unnumbered()
    if not as_signed.is_draft:  # a form to fill in never has a number
        return Match.DIFFERS
    if not _left_over(as_signed, text, DEMO_MARK):
        return Match.UNNUMBERED
    if _squeezed(DRAFT_MARK) in text and not _left_over(as_signed, _TAKEN_BY.sub("", text), DEMO_MARK, DRAFT_MARK):
        return Match.DRAFT
    return Match.DIFFERS


_TAKEN = "\n"
_TAKEN_BY = re.compile(r"Kếtxuấtbởi.{1,300}?lúc\d\d:\d\d\d\d/\d\d/\d{4}")  # `childfriendly.core.exports.watermark`


def _left_over(printed: Printed, text: str, *marks: str) -> bool:
    """Whether a line of the paper is missing, or something stands beside its lines and the `marks`."""
    # The longest first, so that the «1» of a table is not taken out of a date.
    for line in sorted((_squeezed(line) for line in lines_of(printed)), key=len, reverse=True):
        if line not in text:
            return True
        text = text.replace(line, _TAKEN, 1)
    for mark in marks:
        text = text.replace(_squeezed(mark), _TAKEN)
    return bool(text.strip(_TAKEN))


def _page(text: str, number: int) -> str:
    lines = [_squeezed(line) for line in text.splitlines()]
    return "".join(line for line in lines if line != str(number))


def _squeezed(text: str) -> str:
    """Letters and signs alone; ligatures and the two forms of «ê» are the same."""
    return "".join(unicodedata.normalize("NFKC", text).split())
