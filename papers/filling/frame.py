"""What all papers share: passages that people may reword, and the frame of letterhead, signature and recipients."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from communes.models import RoleAssignment, User
from communes.queries import roles_of
from papers.bases import laws
from papers.filling.issuers import issuer_for
from papers.kinds import Desk, Form, Kind
from papers.models import Issuer, Paper
from papers.policy import RELATION_OF, Right, roles_with
from papers.structure import Annex, Block, Content, Figure, Letterhead, Printed, Signature
from papers.words import signature_lines, small_first, vietnamese_date


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of the text that the drafter may reword before signing; `text` is what the data give."""

    key: str
    label: str
    text: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Filler:
    """How one kind of paper comes about: its content function, and the passages that it lets people reword."""

    content: Callable[[Paper], Printed]
    passages: Callable[[Paper], Sequence[Passage]] = lambda paper: ()


def wording(paper: Paper, passages: Sequence[Passage]) -> Mapping[str, str]:
    """Each passage as it stands: as edited, else as the data give it."""
    return {passage.key: paper.edits.get(passage.key) or passage.text for passage in passages}


def paragraphs(text: str) -> tuple[str, ...]:
    """The lines of an edited passage, each a paragraph."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def day_of(paper: Paper) -> date:
    """The day whose words, names and laws the paper uses: its own, before that the day of its signature, of a draft the
    day on which it is read; never one on which the issuing unit was no more."""
    on = _written_on(paper)
    return min(on, paper.unit.valid_to) if paper.unit.valid_to else on


def year_of(paper: Paper) -> int:
    """The year that stands beside the blanks of a draft, also where the issuing unit is no more."""
    return _written_on(paper).year


def _written_on(paper: Paper) -> date:
    signed_on = timezone.localdate(paper.signed_at) if paper.signed_at else None
    return paper.issued_on or signed_on or paper.read_on or timezone.localdate(paper.drafted_at)


def criteria_basis(paper: Paper) -> str:
    """«Căn cứ Quyết định số 06/QĐ-TTg ngày … của Thủ tướng Chính phủ ban hành Quy định …», as the period's own set
    says of itself; the title is quoted as it stands, whatever the units are called today."""
    founding = paper.period.criteria_set.rules().founding
    issued = date.fromisoformat(founding.issued_on) if founding.issued_on else None
    day = f" {vietnamese_date(issued, issued.year)}" if issued else ""
    by = f" của {founding.issuer}" if founding.issuer else ""
    return f"Căn cứ Quyết định số {founding.number}{day}{by} {small_first(founding.title)}"


def bases_of(paper: Paper) -> tuple[str, ...]:
    """The laws in force on the day of the paper, and the decision that the criteria come from."""
    return (*laws(Kind(paper.kind), day_of(paper)), criteria_basis(paper))


def issuer_of(paper: Paper) -> Issuer:
    return issuer_for(Desk(paper.desk), paper.unit, paper.period, day_of(paper))


def symbol_of(form: Form, issuer: Issuer) -> str:
    """«QĐ-UBND»; an official letter has the drafting unit instead of a form: «UBND-VX»."""
    if form is Form.LETTER:
        return f"{issuer.abbreviation}-{issuer.drafter}" if issuer.drafter else issuer.abbreviation
    return f"{form.value}-{issuer.abbreviation}"


def framed(
    paper: Paper,
    *,
    subject: str,
    blocks: Sequence[Block],
    recipients: Sequence[str] = (),
    bases: Sequence[str] = (),
    addressees: Sequence[str] = (),
    annexes: Sequence[Annex] = (),
    authority_line: str = "",
    signatures: Sequence[Signature] = (),
    figures: Sequence[Figure] = (),
    letterhead: Letterhead | None = None,
    drafter: str = "",
    symbol: str = "",
    issuer: Issuer | None = None,
) -> Content:
    """The paper in the frame of its desk. `recipients` and `bases` are what the kind proposes: the issuer's own
    recipients come instead, its further bases behind; «Lưu: VT, …» closes the list, with the issuer's unit that drafts
    before the one called `drafter`. Without `signatures` there is one, the signer's; without `letterhead` and `symbol`
    they are the issuer's. Whoever has asked for the issuer before hands it over, which saves the queries."""
    issuer, form = issuer or issuer_of(paper), Form(paper.form)
    own = issuer.recipients.get(paper.kind)
    keep = ", ".join(["Lưu: VT", *filter(None, [issuer.drafter or drafter])])
    return Content(
        form=form,
        letterhead=letterhead or letterhead_of(issuer),
        symbol=symbol or symbol_of(form, issuer),
        year=year_of(paper),
        subject=subject,
        blocks=tuple(blocks),
        signatures=tuple(signatures) or (signature_of(paper, issuer),),
        recipients=(*(own or recipients), keep) if form is not Form.MINUTES else (),
        number=paper.number,
        issued_on=paper.issued_on,
        addressees=tuple(addressees),
        authority_line=authority_line,
        bases=(*bases, *issuer.bases.get(paper.kind, ())),
        annexes=tuple(annexes),
        code=paper.code,
        is_demo=paper.period.is_demo,
        figures=tuple(figures),
    )


def letterhead_of(issuer: Issuer) -> Letterhead:
    return Letterhead(body=issuer.body_name, parent_body=issuer.parent_body_name, place=issuer.place)


def signature_of(paper: Paper, issuer: Issuer) -> Signature:
    """TM., KT., TL. or TUQ. by the signer's role on the day of signing (NĐ 30/2020, Điều 13); before signing, the place
    of the title only: the name stays empty."""
    signer = paper.signer
    held = signing_role(paper, signer) if signer else None
    title = held.title if held and held.title else _usual_title(paper)
    superior = _superior_title(paper, held)
    lines = signature_lines(issuer.body_name if issuer.is_collective else "", title, superior)
    if issuer.by_order_of:
        lines = (f"TL. {issuer.by_order_of.strip().upper()}", title.strip().upper())
    return Signature(lines=lines, name=signer.full_name if signer else "")


def signing_role(paper: Paper, signer: User) -> RoleAssignment | None:
    """The role by which somebody signs this paper on the day that they sign, their own before one held for somebody."""
    on = timezone.localdate(paper.signed_at) if paper.signed_at else day_of(paper)
    roles = roles_with(Right.SIGN, RELATION_OF[Desk(paper.desk)])
    return roles_of(signer, on).at(paper.unit_id, *roles)


def _superior_title(paper: Paper, held: RoleAssignment | None) -> str:
    if held is None or held.acting_for is None:
        return ""
    theirs = signing_role(paper, held.acting_for)
    return theirs.title if theirs and theirs.title else _usual_title(paper)


def _usual_title(paper: Paper) -> str:
    return {Desk.OFFICE: "Trưởng phòng", Desk.PROVINCE: "Giám đốc"}.get(Desk(paper.desk), "Chủ tịch")
