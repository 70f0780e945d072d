"""The canonical text of a paper, which its PDF and its Word file must both contain, no more and no less."""

from collections.abc import Iterator

from papers.rendering.sheet import (
    CertificateSheet,
    NumberedArticle,
    PrintedBlock,
    PrintedTable,
    Sheet,
    certificate_sheet_of,
    sheet_of,
)
from papers.structure import Certificate, Printed, Signature


def lines_of(printed: Printed) -> list[str]:
    """Every text of the paper, one entry a line, in reading order, with single spaces.

    Of a `Content`:

    1. the letterhead, a table of two rows and two columns read cell by cell: lines of the parent body, lines of the
       body | Quốc hiệu, tiêu ngữ | «Số: 15/QĐ-UBND», of an official letter also «V/v …» | «Tháp Mười, ngày … năm …»;
    2. title, subject (neither on an official letter), authority line, «Kính gửi: …», the bases, «QUYẾT ĐỊNH:»;
    3. the blocks: an article as «Điều 1. Text», then each clause; of a table its caption, the heads, then the cells row
       by row (an empty cell is no line, a newline in a cell begins another), then «(còn 12 dòng, …)» or «(Không có)»;
    4. the end, a table of one row: «Nơi nhận:» and the recipients, «Mã tra cứu: …» and «Kiểm tra tại: …» | lines of the
       signature and its name. Where two or more sign, they stand side by side in a row of their own, left before
       right, and recipients and code come below them;
    5. of each annex its label, the lines of its title, «(Kèm theo …)» and its blocks.

    Of a `Certificate` the words of its shipped layout from top to bottom, left before right.

    Not part of it, since not part of the paper's text: page numbers, the marks of drafts and of demo data, rules, the
    QR code itself. Places for the pen (number and day of a draft) count as one space.
    """
    lines = (
        _of_certificate(certificate_sheet_of(printed))
        if isinstance(printed, Certificate)
        else _of_content(sheet_of(printed))
    )
    return [" ".join(line.split()) for text in lines for line in text.split("\n") if line.strip()]


def _of_content(sheet: Sheet) -> Iterator[str]:
    yield from (
        *sheet.parent_lines,
        *sheet.body_lines,
        *sheet.nation,
        sheet.number_line,
        sheet.about,
        sheet.place_and_date,
    )
    yield from (sheet.title, sheet.subject, sheet.authority_line, *sheet.addressees, *sheet.bases, sheet.decides)
    yield from _of_blocks(sheet.blocks)
    recipients = (sheet.recipients_head, *sheet.recipients, *sheet.code_lines)
    signatures = [line for signature in sheet.signatures for line in _of_signature(signature)]
    yield from (*recipients, *signatures) if len(sheet.signatures) == 1 else (*signatures, *recipients)
    for annex in sheet.annexes:
        yield from (annex.label, *annex.title, annex.attached)
        yield from _of_blocks(annex.blocks)


def _of_blocks(blocks: tuple[PrintedBlock, ...]) -> Iterator[str]:
    for block in blocks:
        match block:
            case NumberedArticle(label, text, clauses):
                yield from (f"{label} {text}", *clauses)
            case PrintedTable(caption, columns, rows, rest):
                yield caption
                yield from (column.heading for column in columns)
                yield from (cell for row in rows for cell in row.cells)
                yield rest
            case _:
                yield block.text


def _of_signature(signature: Signature) -> tuple[str, ...]:
    return (*signature.lines, signature.name)


def _of_certificate(sheet: CertificateSheet) -> Iterator[str]:
    yield from (*sheet.parent_lines, *sheet.body_lines, *sheet.nation)
    yield from (
        sheet.title,
        sheet.awarding_body,
        sheet.recognises,
        sheet.commune,
        sheet.located_in,
        sheet.standard_line,
    )
    yield from (sheet.reference_line, sheet.register_line, sheet.note, *sheet.code_lines)
    yield from (sheet.place_and_date, *_of_signature(sheet.signature))
