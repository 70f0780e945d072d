"""Paper → one HTML page, every text escaped. What the page says comes from `sheet`; how it looks from `styles`."""

import re
from collections.abc import Iterable
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from papers.rendering.layout import filled
from papers.rendering.ornament import frame_svg
from papers.rendering.qr import qr_svg
from papers.rendering.sheet import (
    DEMO_MARK,
    DRAFT_MARK,
    CertificateSheet,
    NumberedArticle,
    PrintedAnnex,
    PrintedBlock,
    PrintedTable,
    Sheet,
    certificate_sheet_of,
    sheet_of,
    title_of,
)
from papers.structure import Certificate, Heading, Printed
from papers.words import ALL_KINDS

AGENCY_WIDTH = 23  # bold capitals that a line of the letterhead holds
SUBJECT_WIDTH = 62
ATTACHED_WIDTH, ATTACHED_WIDTH_ACROSS = 70, 105  # of «(Kèm theo …)», on an upright and a turned page
ABOUT_WIDTH = 30  # of «V/v …», in the column of the letterhead

GLUE = "\u00a0"
ONE_WORD = re.compile(
    r"\b(?:thị trấn|thị xã|đặc khu|phù hợp|trẻ em|công nhận|quyết định|hồ sơ|hội đồng|nhân dân|"
    r"lao động|thương binh|xã hội)\b(?: -)?|\bngày \d+ tháng \d+ năm \d+|\bnăm \d+",
    re.IGNORECASE,
)
"""Words that Vietnamese writes apart and reads as one: a line that ends inside them reads badly."""


def html_of(printed: Printed, mark: str = "", *, for_signing: bool = False) -> str:
    """The whole paper as one page that points to nothing outside. `mark` says on a draft who took it and when; what a
    leader is to sign bears neither that nor «DỰ THẢO», though it has no number yet."""
    if isinstance(printed, Certificate):
        certificate = certificate_sheet_of(printed)
        context = _common(certificate, printed, mark, for_signing) | {
            "reference": certificate.printed.decision_reference,
            "issued_on": printed.decided_on,
            "own_layout": mark_safe(filled(printed.layout, certificate)) if printed.layout else "",  # noqa: S308
        }
        return render_to_string("papers/pdf/certificate.html", context)
    sheet = sheet_of(printed)
    context = _common(sheet, printed, mark, for_signing) | {
        "reference": sheet.reference,
        "issued_on": printed.issued_on,
        "subject_lines": balanced(sheet.subject, SUBJECT_WIDTH),
        "about_lines": balanced(sheet.about, ABOUT_WIDTH),
        "blocks": blocks_of(sheet.blocks, first_tag=2),
        "several_sign": len(sheet.signatures) > 1,
        "annexes": [(annex, _attached_lines(annex), blocks_of(annex.blocks, first_tag=3)) for annex in sheet.annexes],
    }
    return render_to_string("papers/pdf/paper.html", context)


def frame_of(printed: Printed) -> str:
    """The ornament under the page, as SVG: of a certificate in the shipped layout."""
    return frame_svg() if isinstance(printed, Certificate) and not printed.layout else ""


def styles_of(printed: Printed) -> tuple[str, ...]:
    """Which of the style sheets the page needs, by name."""
    if isinstance(printed, Certificate):
        return ("paper.css", "certificate.css")
    return ("paper.css", "content.css")


def _attached_lines(annex: PrintedAnnex) -> list[str]:
    return balanced(annex.attached, ATTACHED_WIDTH_ACROSS if annex.is_landscape else ATTACHED_WIDTH)


def _common(sheet: Sheet | CertificateSheet, printed: Printed, mark: str, for_signing: bool) -> dict[str, Any]:
    is_draft = printed.is_draft and not for_signing
    return {
        "sheet": sheet,
        "parent_lines": [part for line in sheet.parent_lines for part in balanced(line, AGENCY_WIDTH)],
        "body_lines": [part for line in sheet.body_lines for part in balanced(line, AGENCY_WIDTH)],
        "title": title_of(printed, is_draft=is_draft),
        "author": sheet.printed.letterhead.body,
        "is_draft": is_draft,
        "is_demo": printed.is_demo,
        "mark": mark,
        "draft_mark": DRAFT_MARK,
        "demo_mark": DEMO_MARK,
        # our own drawing of the address, no word that anybody typed
        "qr": mark_safe(qr_svg(sheet.printed.code)) if sheet.code_lines else "",  # noqa: S308
    }


def blocks_of(blocks: Iterable[PrintedBlock], *, first_tag: int) -> list[dict[str, Any]]:
    """As the template sets them: headings of level 1 become `h<first_tag>`, each cell has its column's alignment, and
    what introduces a table stays with it."""
    printed = tuple(blocks)
    return [
        _block(block, first_tag) | {"introduces": isinstance(following, PrintedTable)}
        for block, following in zip(printed, (*printed[1:], None), strict=True)
    ]


def _block(block: PrintedBlock, first_tag: int) -> dict[str, Any]:
    match block:
        case Heading(text, level):
            return {"kind": "heading", "text": text, "level": level, "tag": min(first_tag + level - 1, 6)}
        case NumberedArticle(label, text, clauses):
            return {"kind": "article", "label": label, "text": text, "clauses": clauses}
        case PrintedTable(caption, columns, rows, rest):
            aligns = [column.align for column in columns]
            cells = [(row.is_total, list(zip(row.cells, aligns, strict=True))) for row in rows]
            return {"kind": "table", "caption": caption, "columns": columns, "rows": cells, "rest": rest}
        case paragraph:
            return {"kind": "paragraph", "text": paragraph.text, "is_centered": paragraph.is_centered}


def balanced(text: str, width: int) -> list[str]:
    """`text` in as few lines of at most `width` letters as need be, of nearly the same length: no lone last word, and
    no line that ends inside «thị trấn», a date or a name."""
    words = _unbreakable(text, width)
    least = -(-len(text) // width)
    for count in range(least, len(words) + 1):
        lines = _in_lines(words, count)
        if max(map(len, lines), default=0) <= width:
            return lines
    return _in_lines(words, least)  # a word alone is too long


def _in_lines(pieces: list[str], count: int) -> list[str]:
    lines: list[str] = []
    words = pieces.copy()
    while words:
        target = len(" ".join(words)) / max(count - len(lines), 1)
        line = words.pop(0)
        # a word goes onto the line as long as that brings the line nearer to its share
        while words and abs(len(f"{line} {words[0]}") - target) <= abs(len(line) - target):
            line = f"{line} {words.pop(0)}"
        lines.append(line.replace(GLUE, " "))
    return lines


def _unbreakable(text: str, width: int) -> list[str]:
    """The words of `text`, those that belong together as one: «thị trấn», «xã Suối Mẫu»."""
    pieces: list[str] = []
    for piece in ONE_WORD.sub(lambda found: found[0].replace(" ", GLUE), text).split(" "):
        before = pieces[-1] if pieces and not text.isupper() else ""
        last = before.split(GLUE)[-1]
        is_named = last[:1].isupper() or before.replace(GLUE, " ") in ALL_KINDS
        if piece[:1].isupper() and is_named and len(before) + len(piece) < width:
            pieces[-1] = f"{before}{GLUE}{piece}"
        elif piece:
            pieces.append(piece)
    return pieces
