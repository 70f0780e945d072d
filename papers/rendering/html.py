"""Paper → one HTML page, every text escaped. What the page says comes from `sheet`; how it looks from `styles`."""

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
    PrintedBlock,
    PrintedTable,
    Sheet,
    certificate_sheet_of,
    sheet_of,
    title_of,
)
from papers.structure import Certificate, Heading, Printed

AGENCY_WIDTH = 23  # bold capitals that a line of the letterhead holds
SUBJECT_WIDTH = 62


def html_of(printed: Printed, mark: str = "") -> str:
    """The whole paper as one page that points to nothing outside. `mark` says on a draft who took it and when."""
    if isinstance(printed, Certificate):
        certificate = certificate_sheet_of(printed)
        context = _common(certificate, printed, mark) | {
            "reference": certificate.printed.decision_reference,
            "issued_on": printed.decided_on,
            "frame": mark_safe(frame_svg()),  # noqa: S308
            "own_layout": mark_safe(filled(printed.layout, certificate)) if printed.layout else "",  # noqa: S308
        }
        return render_to_string("papers/pdf/certificate.html", context)
    sheet = sheet_of(printed)
    context = _common(sheet, printed, mark) | {
        "reference": sheet.reference,
        "issued_on": printed.issued_on,
        "subject_lines": balanced(sheet.subject, SUBJECT_WIDTH),
        "blocks": _blocks(sheet.blocks, first_tag=2),
        "several_sign": len(sheet.signatures) > 1,
        "annexes": [(annex, _blocks(annex.blocks, first_tag=3)) for annex in sheet.annexes],
    }
    return render_to_string("papers/pdf/paper.html", context)


def styles_of(printed: Printed) -> tuple[str, ...]:
    """Which of the style sheets the page needs, by name."""
    if isinstance(printed, Certificate):
        return ("paper.css", "certificate.css")
    return ("paper.css", "content.css")


def _common(sheet: Sheet | CertificateSheet, printed: Printed, mark: str) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "parent_lines": [part for line in sheet.parent_lines for part in balanced(line, AGENCY_WIDTH)],
        "body_lines": [part for line in sheet.body_lines for part in balanced(line, AGENCY_WIDTH)],
        "title": title_of(printed),
        "author": sheet.printed.letterhead.body,
        "is_draft": printed.is_draft,
        "is_demo": printed.is_demo,
        "mark": mark,
        "draft_mark": DRAFT_MARK,
        "demo_mark": DEMO_MARK,
        # our own drawing of the address, no word that anybody typed
        "qr": mark_safe(qr_svg(sheet.printed.code)) if sheet.code_lines else "",  # noqa: S308
    }


def _blocks(blocks: Iterable[PrintedBlock], *, first_tag: int) -> list[dict[str, Any]]:
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
    """`text` in as few lines of at most `width` letters as need be, of nearly the same length: no lone last word."""
    count = -(-len(text) // width)
    lines: list[str] = []
    words = text.split()
    while words:
        target = len(" ".join(words)) / max(count - len(lines), 1)
        line = words.pop(0)
        # a word goes onto the line as long as that brings the line nearer to its share
        while words and abs(len(f"{line} {words[0]}") - target) <= abs(len(line) - target):
            line = f"{line} {words.pop(0)}"
        lines.append(line)
    return lines
