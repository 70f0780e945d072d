"""A paper's words as they stand on the page: closing marks, numbers of articles, forms of address, in reading order.

PDF, Word and `lines_of` take every word from here, so that they cannot differ. The order and the marks are those of
Nghị định 30/2020/NĐ-CP, phụ lục I; what a renderer adds is its own layout and nothing that is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

from childfriendly.core.text import nfc
from papers.kinds import Form
from papers.rendering.qr import code_lines
from papers.structure import (
    MAX_ROWS,
    Annex,
    Article,
    Block,
    Certificate,
    Column,
    Content,
    Heading,
    Paragraph,
    Printed,
    Row,
    Signature,
    Table,
)
from papers.words import in_sentence, numbered, paper_reference, small_first, vietnamese_date

STATE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
DECIDES = "QUYẾT ĐỊNH:"
RECIPIENTS = "Nơi nhận:"
NOTHING = "(Không có)"
DRAFT_MARK = "DỰ THẢO"
DEMO_MARK = "SỐ LIỆU GIẢ ĐỊNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"

GAP = "\u00a0" * 6  # room for the clerk's pen where a draft has no number or day yet


# ---- blocks as printed ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class NumberedArticle:
    label: str  # «Điều 1.»
    text: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """`rows` are those that are printed; `rest` says what is not, or that there is nothing."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    rest: str


PrintedBlock = Heading | Paragraph | NumberedArticle | PrintedTable


@dataclass(frozen=True, slots=True)
class PrintedAnnex:
    label: str
    title: tuple[str, ...]
    attached: str  # «(Kèm theo Quyết định số … của …)»
    blocks: tuple[PrintedBlock, ...]
    is_landscape: bool

    @property
    def name(self) -> str:
        """For the bookmarks: «PHỤ LỤC I. DANH SÁCH XÃ ĐƯỢC CÔNG NHẬN …»."""
        return f"{self.label}. {' '.join(self.title)}"


# ---- the sheets ----------------------------------------------------------------------------------------------------
class _Head:
    """What decisions and certificates share."""

    printed: Content | Certificate

    @property
    def parent_lines(self) -> tuple[str, ...]:
        return self.printed.letterhead.parent_lines

    @property
    def body_lines(self) -> tuple[str, ...]:
        return self.printed.letterhead.body_lines

    @property
    def nation(self) -> tuple[str, str]:
        return STATE, MOTTO

    @property
    def code_lines(self) -> tuple[str, ...]:
        """A draft is not to be checked by anybody: it carries no code."""
        return () if self.printed.is_draft else code_lines(self.printed.code)


@dataclass(frozen=True)
class Sheet(_Head):
    """The words of a `Content`; made by `sheet_of`, which cleans every text first."""

    printed: Content

    @property
    def number_line(self) -> str:
        paper = self.printed
        if not paper.has_number:
            return ""
        return f"Số: {numbered(paper.number, paper.symbol) or f'{GAP}/{paper.symbol}'}"

    @property
    def place_and_date(self) -> str:
        paper = self.printed
        return f"{paper.letterhead.place}, {vietnamese_date(paper.issued_on, paper.year, blank=GAP)}"

    @property
    def is_letter(self) -> bool:
        return self.printed.form is Form.LETTER

    @property
    def about(self) -> str:
        """Of an official letter, below its number: «V/v đề nghị …»."""
        if not self.is_letter:
            return ""
        subject = self.printed.subject.removeprefix("Về việc ").removeprefix("V/v ")
        return f"V/v {small_first(subject)}"

    @property
    def title(self) -> str:
        return "" if self.is_letter else self.printed.form.label.upper()

    @property
    def subject(self) -> str:
        return "" if self.is_letter else self.printed.subject

    @property
    def authority_line(self) -> str:
        return self.printed.authority_line

    @property
    def addressees(self) -> tuple[str, ...]:
        """One on the line of «Kính gửi:», several below it, each on its own."""
        match self.printed.addressees:
            case ():
                return ()
            case (only,):
                return (f"Kính gửi: {_bare(only)}",)
            case several:
                return ("Kính gửi:", *_listed(several))

    @property
    def bases(self) -> tuple[str, ...]:
        return _closed(self.printed.bases)

    @property
    def decides(self) -> str:
        return DECIDES if self.printed.form is Form.DECISION else ""

    @cached_property
    def blocks(self) -> tuple[PrintedBlock, ...]:
        paper = self.printed
        return _printed(_ended(paper.blocks) if paper.has_number else paper.blocks)

    @property
    def recipients(self) -> tuple[str, ...]:
        return _listed(self.printed.recipients)

    @property
    def recipients_head(self) -> str:
        return RECIPIENTS if self.printed.recipients else ""

    @property
    def signatures(self) -> tuple[Signature, ...]:
        return self.printed.signatures

    @cached_property
    def annexes(self) -> tuple[PrintedAnnex, ...]:
        return tuple(self._annex(annex) for annex in self.printed.annexes)

    @property
    def reference(self) -> str:
        """«Quyết định số 15/QĐ-UBND ngày 05 tháng 02 năm 2024 của Ủy ban nhân dân huyện Tháp Mười»."""
        paper = self.printed
        return paper_reference(
            paper.form.label,
            paper.number,
            paper.issued_on,
            paper.year,
            symbol=paper.symbol,
            body=paper.letterhead.body,
        )

    def _annex(self, annex: Annex) -> PrintedAnnex:
        return PrintedAnnex(
            label=annex.label,
            title=annex.title,
            attached=f"(Kèm theo {self.reference})",
            blocks=_printed(annex.blocks or (Paragraph(NOTHING, is_centered=True),)),
            is_landscape=annex.is_landscape,
        )


@dataclass(frozen=True)
class CertificateSheet(_Head):
    """The words of a `Certificate`, for the shipped layout and for an authority's own."""

    printed: Certificate

    title = "GIẤY CÔNG NHẬN"
    recognises = "Công nhận:"

    @property
    def awarding_body(self) -> str:
        return self.printed.letterhead.body.upper()

    @property
    def commune(self) -> str:
        return self.printed.commune_name.upper()

    @property
    def name_size(self) -> str:
        """The longer the name, the smaller it is set: one page whatever a commune is called."""
        for longest, size in ((28, "large"), (60, "medium"), (110, "small"), (160, "smaller")):
            if len(self.commune) <= longest:
                return size
        return "smallest"

    @property
    def located_in(self) -> str:
        return self.printed.located_in

    @property
    def standard_line(self) -> str:
        return f"đạt tiêu chuẩn {self.printed.standard} phù hợp với trẻ em năm {self.printed.year}"

    @property
    def reference_line(self) -> str:
        return f"Theo {self.printed.decision_reference}"

    @property
    def register_line(self) -> str:
        return f"Số vào sổ: {self.printed.register_number or GAP}"

    @property
    def note(self) -> str:
        return self.printed.note

    @property
    def place_and_date(self) -> str:
        paper = self.printed
        return f"{paper.letterhead.place}, {vietnamese_date(paper.decided_on, paper.dated_in or paper.year, blank=GAP)}"

    @property
    def signature(self) -> Signature:
        return self.printed.signature


def sheet_of(content: Content) -> Sheet:
    return Sheet(_cleaned(content))


def certificate_sheet_of(certificate: Certificate) -> CertificateSheet:
    return CertificateSheet(_cleaned(certificate))


def title_of(printed: Printed, *, is_draft: bool) -> str:
    """The name of the file's document: «Quyết định về việc công nhận …», «Dự thảo tờ trình …»."""
    if isinstance(printed, Certificate):
        name = f"Giấy công nhận {in_sentence(printed.commune_name)} phù hợp với trẻ em năm {printed.year}"
    else:
        name = f"{printed.form.label} {small_first(printed.subject)}"
    return _text(f"Dự thảo {small_first(name)}" if is_draft else name)


# ---- marks at the ends of lines ------------------------------------------------------------------------------------
def _bare(text: str) -> str:
    return text.rstrip().rstrip(";.,").rstrip()


def _closed(lines: Iterable[str]) -> tuple[str, ...]:
    """Each line ends with «;», the last with «.»."""
    *others, last = [_bare(line) for line in lines] or [""]
    return (*(f"{line};" for line in others), f"{last}.") if last else ()


def _listed(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"- {line}" for line in _closed(line.removeprefix("- ") for line in lines))


def _ended(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The text of an official paper ends with «./.»; where a table comes last there is nothing to end."""
    match blocks:
        case (*others, Paragraph() as last):
            return (*others, replace(last, text=_with_end(last.text)))
        case (*others, Article(clauses=(*clauses, clause)) as last):
            return (*others, replace(last, clauses=(*clauses, _with_end(clause))))
        case (*others, Article() as last):
            return (*others, replace(last, text=_with_end(last.text)))
    return blocks


def _with_end(text: str) -> str:
    return text if text.endswith("./.") else f"{_bare(text)}./."


def _printed(blocks: Iterable[Block]) -> tuple[PrintedBlock, ...]:
    printed: list[PrintedBlock] = []
    articles = 0
    for block in blocks:
        match block:
            case Article(text, clauses):
                articles += 1
                printed.append(NumberedArticle(f"Điều {articles}.", text, clauses))
            case Table():
                printed.append(_table(block))
            case Paragraph(text, is_item=True):
                printed.append(replace(block, text=f"- {text.removeprefix('- ')}"))
            case _:
                printed.append(block)
    return tuple(printed)


def _table(table: Table) -> PrintedTable:
    left = len(table.rows) - MAX_ROWS
    rest = f"(còn {left} dòng, xem tệp phụ lục kèm theo)" if left > 0 else "" if table.rows else NOTHING
    return PrintedTable(table.caption, table.columns, table.rows[:MAX_ROWS], rest)


# ---- text ----------------------------------------------------------------------------------------------------------
def _text(text: str) -> str:
    """NFC, no control or direction characters, single spaces; line ends stay (only cells and clauses have any)."""
    lines = (" ".join(line.split()) for line in nfc(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _cleaned(value: Any) -> Any:
    """The same structure with every text cleaned."""
    if isinstance(value, str) and not isinstance(value, Form):
        return _text(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _cleaned(getattr(value, field.name)) for field in fields(value)})
    return value
