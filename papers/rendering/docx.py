"""A paper as a Word file that people may finish by hand: the same words as the PDF, in the same places.

Every text comes from `papers.rendering.sheet`. Paragraphs are paragraphs and lists are tables; nothing that is read
stands in a text box.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from docx.document import Document
from docx.enum.section import WD_ORIENTATION, WD_SECTION
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt
from docx.table import Table, _Cell

from childfriendly.core.text import nfc
from papers.rendering.html import ABOUT_WIDTH, AGENCY_WIDTH, SUBJECT_WIDTH, balanced
from papers.rendering.qr import check_url
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
from papers.rendering.word import base as styles
from papers.rendering.word.pieces import (
    BREAK,
    Line,
    add,
    add_gap,
    add_page_number,
    add_qr_code,
    add_table,
    add_watermark,
    fill,
    join_cells,
    repeat_on_every_page,
    set_least_height,
    set_page,
    set_page_border,
    width_of,
)
from papers.structure import Certificate, Heading, Paragraph, Printed

MARGINS: Final = (20, 15, 20, 30)  # top, right, bottom, left (NĐ 30/2020, phụ lục I)
PORTRAIT, LANDSCAPE = 210 - 45, 297 - 45  # what the margins leave
CERTIFICATE_MARGINS: Final = (24, 26, 16, 26)
CERTIFICATE_WIDTH: Final = 297 - 52
ALIGNMENTS: Final = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}
MOTTO_WIDTH: Final = 60.4  # «Độc lập - Tự do - Hạnh phúc» in bold Times of 14 pt: the rule is as long (NĐ 30/2020)
SHARE_OF_RULE: Final = 0.42  # a third to a half of the line above
QR_SIZE: Final = 23.0
SIZES_OF_NAME: Final = {"large": 38, "medium": 26, "small": 20, "smaller": 15, "smallest": 12}  # award.css


def render_docx(printed: Printed, *, mark: str = "") -> bytes:
    """The same bytes for the same paper. `mark` says on a draft who took it away and when.

    A certificate has the shipped layout here even where the authority has its own, which is drawn for the PDF.
    """
    document = styles.empty_document()
    sheet = certificate_sheet_of(printed) if isinstance(printed, Certificate) else sheet_of(printed)
    if isinstance(sheet, CertificateSheet):
        _write_certificate(document, sheet)
        about = sheet.reference_line
    else:
        _write_content(document, sheet)
        about = sheet.reference
    _mark_pages(document, sheet.printed, nfc(mark))
    _describe(document, sheet.printed, about)
    return styles.written(document)


# ---- every paper of Nghị định 30/2020 ------------------------------------------------------------------------------
def _write_content(document: Document, sheet: Sheet) -> None:
    section = document.sections[0]
    set_page(section, is_landscape=False, margins=MARGINS)
    section.different_first_page_header_footer = True
    _write_letterhead(document, sheet, PORTRAIT * 0.41, PORTRAIT * 0.59)
    subject = _balanced(styles.SUBJECT, sheet.subject, SUBJECT_WIDTH)
    add(document, Line(styles.TITLE, sheet.title), _ruled(subject, size=14, within=PORTRAIT))
    add(document, Line(styles.AUTHORITY, sheet.authority_line))
    match sheet.addressees:
        case (only,):
            add(document, Line(styles.ADDRESSEE, only))
        case (head, *listed):
            add(document, Line(styles.ADDRESSEES_HEAD, head), *(Line(styles.ADDRESSEE_LIST, text) for text in listed))
    add(document, *(Line(styles.BASIS, text) for text in sheet.bases))
    add(document, Line(styles.DECIDES, sheet.decides))
    _write_blocks(document, sheet.blocks, PORTRAIT)
    _write_end(document, sheet)
    for annex in sheet.annexes:
        _write_annex(document, annex)


def _write_letterhead(
    document: Document, sheet: Sheet | CertificateSheet, left: float, right: float, *, least_height: float = 0
) -> None:
    is_content = isinstance(sheet, Sheet)
    table = add_table(document, 2 if is_content else 1, (left, right), has_grid=False)
    if least_height:
        set_least_height(table.rows[0], least_height)
    state, motto = sheet.nation
    body = [_balanced(styles.BODY, text, AGENCY_WIDTH) for text in sheet.body_lines]
    fill(
        table.cell(0, 0),
        *(_balanced(styles.PARENT_BODY, text, AGENCY_WIDTH) for text in sheet.parent_lines),
        *body[:-1],
        *(_ruled(line, size=13, within=left) for line in body[-1:]),
    )
    fill(
        table.cell(0, 1),
        Line(styles.STATE, state),
        Line(styles.MOTTO, motto, rule=MOTTO_WIDTH, within=right),
    )
    if isinstance(sheet, Sheet):
        about = _balanced(styles.ABOUT, sheet.about, ABOUT_WIDTH)
        fill(table.cell(1, 0), Line(styles.NUMBER, sheet.number_line), about)
        fill(table.cell(1, 1), Line(styles.PLACE, sheet.place_and_date))


def _write_blocks(document: Document, blocks: Sequence[PrintedBlock], width: float) -> None:
    for block in blocks:
        match block:
            case Heading(text, level):
                add(document, Line(styles.HEADINGS[min(level, len(styles.HEADINGS)) - 1], text))
            case Paragraph(text, is_centered=is_centered):
                add(document, Line(styles.CENTRED if is_centered else styles.TEXT, text))
            case NumberedArticle(label, text, clauses):
                add(document, Line(styles.TEXT, text, lead=label, stays=True))
                add(document, *(Line(styles.TEXT, clause) for clause in clauses))
            case PrintedTable():
                _write_table(document, block, width)


def _write_table(document: Document, table: PrintedTable, width: float) -> None:
    add(document, Line(styles.CAPTION, table.caption))
    add_gap(document, before=6)
    widths = [width * column.width / 100 for column in table.columns]
    head, *rows = add_table(document, 1 + (len(table.rows) or 1), widths, has_grid=True).rows
    repeat_on_every_page(head)
    for cell, column in zip(head.cells, table.columns, strict=True):
        fill(cell, Line(styles.CELL_HEAD, column.heading))
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    if not table.rows:
        fill(join_cells(rows[0]), Line(styles.REST, table.rest))
        return
    for row, texts in zip(rows, table.rows, strict=True):
        for cell, column, text in zip(row.cells, table.columns, texts.cells, strict=True):
            fill(cell, Line(styles.CELL, text, is_bold=texts.is_total))
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            for paragraph in cell.paragraphs if column.align != "left" else ():
                paragraph.alignment = ALIGNMENTS[column.align]
    add(document, Line(styles.REST, table.rest))


def _write_end(document: Document, sheet: Sheet) -> None:
    """Recipients left, signature right; two signatures (minutes) side by side above the recipients. A list that nobody
    signs has no end."""
    if not sheet.signatures:
        return
    _keep_with_end(document)
    add_gap(document, before=16)
    signed = [
        (*(Line(styles.SIGNER, text) for text in signature.lines), Line(styles.SIGNER_NAME, signature.name, stays=True))
        for signature in sheet.signatures
    ]
    if len(signed) == 1:
        left, right = add_table(document, 1, (PORTRAIT * 0.46, PORTRAIT * 0.54), has_grid=False).rows[0].cells
        _write_recipients(left, sheet)
        fill(right, *signed[0])
    else:
        row = add_table(document, 1, [PORTRAIT / len(signed)] * len(signed), has_grid=False).rows[0]
        for cell, lines in zip(row.cells, signed, strict=True):
            fill(cell, *lines)
        (below,) = add_table(document, 1, (PORTRAIT,), has_grid=False).rows[0].cells
        _write_recipients(below, sheet)


def _write_recipients(cell: _Cell, sheet: Sheet) -> None:
    fill(
        cell,
        Line(styles.RECIPIENTS_HEAD, sheet.recipients_head),
        *(Line(styles.RECIPIENT, text) for text in sheet.recipients),
    )
    _write_code(cell, sheet)


def _write_code(cell: _Cell, sheet: Sheet | CertificateSheet) -> None:
    if sheet.code_lines:
        add_qr_code(cell, check_url(sheet.printed.code), QR_SIZE)
        add(cell, *(Line(styles.CHECK, text) for text in sheet.code_lines))


def _write_annex(document: Document, annex: PrintedAnnex) -> None:
    is_now_landscape = document.sections[-1].orientation is WD_ORIENTATION.LANDSCAPE
    turns = annex.is_landscape is not is_now_landscape
    if turns:
        section = document.add_section(WD_SECTION.NEW_PAGE)
        section.different_first_page_header_footer = False
        set_page(section, is_landscape=annex.is_landscape, margins=MARGINS)
    title = (Line(styles.ANNEX_TITLE, text) for text in annex.title)
    first, *_ = add(document, Line(styles.ANNEX, annex.label), *title, Line(styles.ATTACHED, annex.attached))
    first.paragraph_format.page_break_before = not turns
    _write_blocks(document, annex.blocks, LANDSCAPE if annex.is_landscape else PORTRAIT)


def _keep_with_end(document: Document) -> None:
    """The signature never stands alone on a page."""
    *_, last = (block for block in document.iter_inner_content() if isinstance(block, Table) or block.text)
    ending = (
        [paragraph for cell in last.rows[-1].cells for paragraph in cell.paragraphs]
        if isinstance(last, Table)
        else [last]
    )
    for paragraph in ending:
        paragraph.paragraph_format.keep_with_next = True


def _balanced(style: str, text: str, width: int) -> Line:
    """Broken into lines of nearly the same length, where the PDF breaks them."""
    return Line(style, BREAK.join(balanced(text, width)))


def _ruled(line: Line, *, size: float, within: float) -> Line:
    """With a rule below that is a third to a half of the line."""
    return replace(line, rule=SHARE_OF_RULE * min(width_of(line.text, size), within), within=within)


# ---- the certificate -----------------------------------------------------------------------------------------------
def _write_certificate(document: Document, sheet: CertificateSheet) -> None:
    """Rows that are at least as high as they are in the PDF keep every part in its place while a name is edited."""
    section = document.sections[0]
    set_page(section, is_landscape=True, margins=CERTIFICATE_MARGINS)
    set_page_border(section, color=styles.DARK_RED)
    columns = (CERTIFICATE_WIDTH * 0.45, CERTIFICATE_WIDTH * 0.55)
    _write_letterhead(document, sheet, *columns, least_height=23)
    row = add_table(document, 1, (CERTIFICATE_WIDTH,), has_grid=False).rows[0]
    set_least_height(row, 88)
    (middle,) = row.cells
    fill(
        middle,
        Line(styles.AWARD, sheet.title, rule=70, within=CERTIFICATE_WIDTH, rule_color=styles.GOLD),
        Line(styles.AWARD_BODY, sheet.awarding_body),
        Line(styles.AWARD_VERB, sheet.recognises),
    )
    for name in add(middle, Line(styles.AWARD_NAME, sheet.commune)):
        name.runs[0].font.size = Pt(SIZES_OF_NAME[sheet.name_size])
    add(middle, Line(styles.AWARD_PLACE, sheet.located_in), Line(styles.AWARD_STANDARD, sheet.standard_line))
    left, right = add_table(document, 1, columns, has_grid=False).rows[0].cells
    fill(
        left,
        Line(styles.AWARD_NOTE, sheet.reference_line),
        Line(styles.AWARD_REGISTER, sheet.register_line),
        Line(styles.AWARD_NOTE, sheet.note),
    )
    _write_code(left, sheet)
    fill(
        right,
        Line(styles.AWARD_DATE, sheet.place_and_date),
        *(Line(styles.AWARD_SIGNER, text) for text in sheet.signature.lines),
        Line(styles.AWARD_SIGNER_NAME, sheet.signature.name, stays=True),
    )


# ---- pages and properties ------------------------------------------------------------------------------------------
def _mark_pages(document: Document, printed: Printed, mark: str) -> None:
    """Page numbers from the second page on; on every page what a draft and what demo data have to say."""
    section = document.sections[0]
    has_numbers = bool(section.different_first_page_header_footer)
    pages = [(section.header, section.footer, has_numbers)]
    if has_numbers:
        pages.append((section.first_page_header, section.first_page_footer, False))
    for number, (head, foot, is_numbered) in enumerate(pages, start=1):
        fill(head, Line(styles.PAGE_NUMBER, "", stays=True), Line(styles.MARK, DRAFT_MARK if printed.is_draft else ""))
        fill(
            foot,
            Line(styles.MARK, mark if printed.is_draft else ""),
            Line(styles.DEMO, DEMO_MARK if printed.is_demo else ""),
        )
        if is_numbered:
            add_page_number(head.paragraphs[0])
        if printed.is_draft:
            add_watermark(head.paragraphs[0], DRAFT_MARK, number)


def _describe(document: Document, printed: Printed, about: str) -> None:
    """What the file says of itself: of the paper, nothing of the machine or the person that made it."""
    properties = document.core_properties
    longest = 255  # letters that such a property may have
    properties.title, properties.subject = title_of(printed, is_draft=printed.is_draft)[:longest], about[:longest]
    properties.author = properties.last_modified_by = printed.letterhead.body[:longest]
    properties.language = "vi-VN"
    on = printed.decided_on if isinstance(printed, Certificate) else printed.issued_on
    if on:
        properties.created = properties.modified = datetime(on.year, on.month, on.day, tzinfo=UTC)
