"""What stands on a paper, before it is PDF or Word: letterhead, title, bases, articles, tables, signatures, recipients.

Pure: it knows no database. `papers.filling` makes a `Content` from stored rows, `papers.rendering` prints it, and the
row of a signed paper keeps it as JSON (`to_json`), so that what was signed can be printed again for ever.

All text is what a reader sees, in Vietnamese; renderers escape it and drop control and direction characters.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from papers.kinds import Form

Align = Literal["left", "center", "right"]


# ---- blocks --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Heading:
    """«I. TÌNH HÌNH CHUNG» (level 1), «1. Kết quả» (level 2), «a) …» (level 3); the number is part of the text."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """An ordinary paragraph, first line indented; `is_item` sets it as «- …», `is_centered` in the middle."""

    text: str
    is_item: bool = False
    is_centered: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """«Điều 1.» and its text; the number comes from its place among the articles of the paper."""

    text: str
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """`width` is a share of the table's width in percent; the shares of a table add up to 100."""

    heading: str
    width: float
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Row:
    """One text a column; a newline inside a cell begins a new line. `is_total` is set in bold."""

    cells: tuple[str, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Heads repeat on every page and no row is torn. At most `MAX_ROWS` are printed; the rest goes into a workbook that
    is annexed (`papers.rendering`)."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""

    def __post_init__(self) -> None:
        if any(len(row.cells) != len(self.columns) for row in self.rows):
            raise ValueError("A row of a paper's table has another number of cells than the table has columns.")


Block = Heading | Paragraph | Article | Table
MAX_ROWS = 300


# ---- the frame -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who issues: `body` «Ủy ban nhân dân huyện Tháp Mười» below `parent_body`; `place` «Tháp Mười»."""

    body: str
    place: str
    parent_body: str = ""

    @property
    def parent_lines(self) -> tuple[str, ...]:
        return _in_capitals(self.parent_body)

    @property
    def body_lines(self) -> tuple[str, ...]:
        return _in_capitals(self.body)


def _in_capitals(body: str) -> tuple[str, ...]:
    """A people's committee breaks after its kind, as offices write it; nothing for no body."""
    name = body.upper()
    kind = "ỦY BAN NHÂN DÂN "
    if name.startswith(kind):
        return (kind.strip(), name.removeprefix(kind))
    return (name,) if name else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Lines above the signature («TM. ỦY BAN NHÂN DÂN», «KT. CHỦ TỊCH», «PHÓ CHỦ TỊCH»); the name without degrees."""

    lines: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """On a page of its own; `label` is «PHỤ LỤC», or «PHỤ LỤC I» where there are several. `is_landscape` turns the
    pages of the annex."""

    label: str
    title: tuple[str, ...]  # one line each
    blocks: tuple[Block, ...]
    is_landscape: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that a paper was made from, in words: `key` tells which it is when the same paper is worked out again,
    `label` tells people. Not printed; frozen with the paper, so that one can see later what has changed since."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One paper in the layout of Nghị định 30/2020/NĐ-CP, phụ lục I. Without number and day it is a draft, unless it is
    a form to fill in (phiếu): that never has a number (`has_number`), and no line «Số: …»."""

    form: Form
    letterhead: Letterhead
    symbol: str  # «QĐ-UBND», of an official letter «UBND-VX»
    year: int  # stands in the date of a draft
    subject: str  # trích yếu
    blocks: tuple[Block, ...]
    signatures: tuple[Signature, ...]  # minutes have two: thư ký, chủ trì
    recipients: tuple[str, ...] = ()
    number: str = ""
    issued_on: date | None = None
    addressees: tuple[str, ...] = ()  # Kính gửi
    authority_line: str = ""  # decisions: who decides, in capitals
    bases: tuple[str, ...] = ()  # without the closing «;» and «.»
    annexes: tuple[Annex, ...] = ()
    code: str = ""  # for the public check; papers with one carry a QR code
    is_demo: bool = False
    has_number: bool = True
    figures: tuple[Figure, ...] = ()  # kept with the paper, not printed

    @property
    def is_draft(self) -> bool:
        # NĐ 30/2020, Điều 15: the number is given after signing, so what has none is not issued.
        return self.has_number and not (self.number and self.issued_on)

    def numbered(self, number: str, issued_on: date) -> "Content":
        return replace(self, number=number, issued_on=issued_on)

    def unnumbered(self) -> "Content":
        """As it was signed (NĐ 30/2020, Điều 15)."""
        return replace(self, number="", issued_on=None)

    @property
    def tables(self) -> Iterator[Table]:
        for blocks in (self.blocks, *(annex.blocks for annex in self.annexes)):
            yield from (block for block in blocks if isinstance(block, Table))


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Giấy công nhận of one commune: the words that any layout of it sets."""

    letterhead: Letterhead
    commune_name: str
    located_in: str  # «huyện Tháp Mười, tỉnh Đồng Tháp»
    standard: str  # «xã, phường, thị trấn»
    year: int
    decision_reference: str  # «Quyết định số 15/QĐ-UBND ngày … của …»
    signature: Signature
    decided_on: date | None = None
    register_number: str = ""  # số vào sổ
    note: str = ""  # «(Cấp lại, thay Giấy công nhận số vào sổ 12 ngày …)»
    dated_in: int = 0  # the year beside the blanks of a draft, where it is not that of the assessment
    code: str = ""
    is_demo: bool = False
    layout: str = ""  # the authority's own (`papers.rendering.layout`); empty for the shipped one

    @property
    def is_draft(self) -> bool:
        return not self.register_number

    def unnumbered(self) -> "Certificate":
        return replace(self, register_number="", decided_on=None)


Printed = Content | Certificate


# ---- as stored -----------------------------------------------------------------------------------------------------
_converter = make_converter()
configure_tagged_union(Block, _converter)
configure_tagged_union(Printed, _converter)


def to_json(content: Printed) -> dict[str, Any]:
    """Plain JSON; `from_json` gives an equal structure back."""
    stored: dict[str, Any] = _converter.unstructure(content, unstructure_as=Printed)
    return stored


def from_json(stored: dict[str, Any]) -> Printed:
    return _converter.structure(stored, Printed)  # type: ignore[arg-type]
