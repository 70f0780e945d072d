"""The recognition decision as a paper: pure content → HTML → PDF, in the layout of Nghị định 30/2020/NĐ-CP, phụ lục I.

Nothing here knows the database: `reports.papers` fills these papers from stored decisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.template.loader import render_to_string

from childfriendly.core.exceptions import Refused
from childfriendly.core.numbers import format_number
from childfriendly.core.text import nfc
from papers.rendering import pdf
from papers.words import (
    decision_reference,
    head_of,
    kinds_of,
    legal_bases,
    numbered,
    small_first,
    standard_name,
    vietnamese_date,
)

Points = int | Fraction | Decimal

# WeasyPrint needs about 2,6 s for 100 rows of a wide table; no province of today has more than 168 communes.
STYLES = ("paper.css", "decision.css")
MAX_ANNEX_ROWS = 300

_GAP = "\u00a0" * 6  # room for the clerk's pen where a draft has no number or day yet


# ---- what stands on a paper ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who issues: `body` «Ủy ban nhân dân huyện Tháp Mười», `number_symbol` «QĐ-UBND», `place` «Tháp Mười»."""

    body: str
    number_symbol: str
    place: str
    parent_body: str = ""

    @property
    def body_lines(self) -> tuple[str, ...]:
        """The body in capitals; a people's committee breaks after its kind, as offices write it."""
        name = self.body.upper()
        kind = "ỦY BAN NHÂN DÂN "
        return (kind.strip(), name.removeprefix(kind)) if name.startswith(kind) else (name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureBlock:
    """Lines above the signature («TM. ỦY BAN NHÂN DÂN», «KT. CHỦ TỊCH», «PHÓ CHỦ TỊCH»); the name without degrees."""

    lines: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexRow:
    number: int
    commune_name: str
    total_points: Points
    threshold: Points
    parent_name: str = ""
    area_type: str = ""
    reasons: tuple[str, ...] = ()
    total_words: str = ""  # instead of the number, where that would tell a count that names children

    @property
    def points_text(self) -> str:
        return self.total_words or format_number(self.total_points)

    @property
    def threshold_text(self) -> str:
        return format_number(self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """One list on a page of its own; `label` is «PHỤ LỤC», or «PHỤ LỤC I» where there are several."""

    label: str
    title: tuple[str, ...]  # one line each
    unit_heading: str
    rows: tuple[AnnexRow, ...]

    @property
    def shows_parents(self) -> bool:
        return len({row.parent_name for row in self.rows}) > 1

    @property
    def shows_reasons(self) -> bool:
        return any(row.reasons for row in self.rows)


@dataclass(frozen=True, slots=True)
class Article:
    text: str
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPaper:
    """A decision as it is printed. Without a number and a day it is a draft and says so on every page."""

    letterhead: Letterhead
    number: str
    issued_on: date | None
    year: int
    subject: str
    authority_line: str
    bases: tuple[str, ...]
    articles: tuple[Article, ...]
    annexes: tuple[Annex, ...]
    signature: SignatureBlock
    recipients: tuple[str, ...]
    is_demo: bool = False
    mark: str = ""  # who took it away and when; on drafts only

    @property
    def is_draft(self) -> bool:
        # NĐ 30/2020, Điều 15: the number is given after signing, so what has none is not issued.
        return not (self.number and self.issued_on)

    @property
    def title(self) -> str:
        name = f"Quyết định {small_first(self.subject)}"
        return f"Dự thảo {small_first(name)}" if self.is_draft else name

    @property
    def number_line(self) -> str:
        symbol = self.letterhead.number_symbol
        return f"Số: {numbered(self.number, symbol) or f'{_GAP}/{symbol}'}"

    @property
    def place_and_date(self) -> str:
        return f"{self.letterhead.place}, {vietnamese_date(self.issued_on, self.year, blank=_GAP)}"

    @property
    def reference(self) -> str:
        """«Quyết định số 15/QĐ-UBND ngày 05 tháng 02 năm 2024 của Ủy ban nhân dân huyện Tháp Mười»."""
        return decision_reference(
            self.number, self.issued_on, self.year, symbol=self.letterhead.number_symbol, body=self.letterhead.body
        )


def recognition_decision(
    *,
    letterhead: Letterhead,
    number: str,
    issued_on: date | None,
    year: int,
    as_of: date,
    proposing_body: str,
    recognised: Sequence[AnnexRow],
    refused: Sequence[AnnexRow],
    signature: SignatureBlock,
    executors: Sequence[str],
    recipients: Sequence[str],
    proposal_reference: str = "",
    is_demo: bool = False,
    mark: str = "",
) -> DecisionPaper:
    """One decision for many communes: Điều 1 the result, Điều 2 effect, Điều 3 who carries it out; an annex a result.

    `as_of` picks the laws and the name of the standard. The wording of the articles is our proposal (the model of the
    ministry was not found); the frame is that of NĐ 30/2020.
    """
    standard = standard_name(as_of)
    kinds = kinds_of(row.commune_name for row in (*recognised, *refused)) or standard
    good, bad = (kinds_of(row.commune_name for row in rows) or standard for rows in (recognised, refused))
    full_standard = f"đạt tiêu chuẩn {standard} phù hợp với trẻ em năm {year}"
    labels = ("PHỤ LỤC I", "PHỤ LỤC II") if recognised and refused else ("PHỤ LỤC", "PHỤ LỤC")

    recognise = f"Công nhận {len(recognised):02d} {good} {full_standard}"
    refuse = f"Không công nhận {len(refused):02d} {bad} {full_standard}"
    if recognised and refused:
        result = Article(
            f"Kết quả đánh giá, công nhận {standard} phù hợp với trẻ em năm {year} như sau:",
            (
                f"1. {recognise} (có danh sách tại Phụ lục I kèm theo).",
                f"2. {refuse} (có danh sách và lý do tại Phụ lục II kèm theo).",
            ),
        )
    elif refused:
        result = Article(f"{refuse} (có danh sách và lý do tại Phụ lục kèm theo).")
    else:
        result = Article(f"{recognise} (có danh sách tại Phụ lục kèm theo).")

    effect = "Quyết định này có hiệu lực kể từ ngày ký."
    if recognised:
        effect += f" Các {good} được công nhận tại Điều 1 được cấp Giấy công nhận."
    duty = (
        f"{', '.join((*executors, head_of(proposing_body)))}, Chủ tịch Ủy ban nhân dân các {kinds} có tên tại Điều 1 "
        "và thủ trưởng các cơ quan, đơn vị có liên quan chịu trách nhiệm thi hành Quyết định này./."
    )
    request = f"Theo đề nghị của {head_of(proposing_body)}"
    if proposal_reference:
        request += f" tại {proposal_reference}"

    annexes = []
    if recognised:
        title = (f"DANH SÁCH {good.upper()}", f"ĐƯỢC CÔNG NHẬN PHÙ HỢP VỚI TRẺ EM NĂM {year}")
        annexes.append(Annex(label=labels[0], title=title, unit_heading=_heading(good), rows=tuple(recognised)))
    if refused:
        title = (f"DANH SÁCH {bad.upper()}", f"KHÔNG ĐƯỢC CÔNG NHẬN PHÙ HỢP VỚI TRẺ EM NĂM {year}")
        annexes.append(Annex(label=labels[1], title=title, unit_heading=_heading(bad), rows=tuple(refused)))
    return DecisionPaper(
        letterhead=letterhead,
        number=number,
        issued_on=issued_on,
        year=year,
        subject=f"Về việc {'công nhận' if recognised else 'không công nhận'} {kinds} phù hợp với trẻ em năm {year}",
        authority_line=letterhead.body.upper(),
        bases=(*legal_bases(as_of), request),
        articles=(result, Article(effect), Article(duty)),
        annexes=tuple(annexes),
        signature=signature,
        recipients=tuple(recipients),
        is_demo=is_demo,
        mark=mark,
    )


def _heading(kinds: str) -> str:
    return kinds[:1].upper() + kinds[1:]


# ---- paper → HTML → PDF -------------------------------------------------------------------------------------------
def decision_html(paper: DecisionPaper) -> str:
    """The whole paper as one HTML page, every text escaped, in NFC and without control or direction
    characters. Raises `Refused` for an annex too long to print."""
    longest = max((len(annex.rows) for annex in paper.annexes), default=0)
    if longest > MAX_ANNEX_ROWS:
        raise Refused(
            f"Phụ lục có {format_number(longest)} dòng, nhiều hơn {MAX_ANNEX_ROWS}: hãy tách thành nhiều hồ sơ trình."
        )
    return nfc(render_to_string("reports/pdf/decision.html", {"paper": paper}))


def decision_pdf(paper: DecisionPaper) -> bytes:
    return pdf.render(decision_html(paper), STYLES)
