"""Every paper that the system writes, printed from rows of the database and read back; and its picture for the docs."""

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from django.db.models import Value
from django.db.models.functions import Replace
from django.utils import timezone
from pypdf import PdfReader

from assessments.models import Result
from assessments.workflow import Status
from communes.models import Unit, User
from papers.filling import FILLERS, content_of
from papers.kinds import KINDS, Desk, Kind, Subject
from papers.models import Paper
from papers.rendering import lines_of, render_pdf
from papers.services.rows import new_paper
from papers.structure import Block, Certificate, Printed, Table
from papers.words import in_sentence
from tests.browser import pictures
from tests.factories import ZERO_IN_3, Place, approved, council, dossier_in, issued_paper, make_place, met, proposed
from tests.paper_files import MM, fonts, pages, read_aloud

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_files")]

FOLDER = Path("docs/van-ban")


def renamed(place: Place) -> Place:
    """Under names that a reader of the docs believes and that nobody bears."""
    names = ("Huyện Ví Dụ", "Tỉnh Thử Nghiệm", "Xã Suối Mẫu", "Xã Đồi Thử", "Xã Bến Nháp")
    for unit, name in zip((place.deciding, place.province, *place.communes), names, strict=True):
        old, old_place = in_sentence(unit.name), unit.proper_name
        Unit.objects.filter(pk=unit.pk).update(name=name)
        unit.refresh_from_db()
        for field in ("body_name", "parent_body_name"):
            place.period.authorities.update(**{field: Replace(field, Value(old), Value(in_sentence(name)))})
        place.period.authorities.filter(place=old_place).update(place=unit.proper_name)
    User.objects.filter(pk=place.leader.pk).update(full_name="Lê Văn Thí Dụ")
    place.leader.refresh_from_db()
    return place


def paper_of(kind: Kind, place: Place) -> Paper:
    """A paper of that kind, with number and day as if the clerk had entered them."""
    if kind is Kind.SUPPLEMENT:
        return numbered(new_paper(kind, dossier_in(Status.RETURNED, place), by=place.appraiser, at=place.later()))
    begun = dossier_in(Status.DRAFT, place, 2)
    met(council(place, place.editors[2]), [begun], place)
    dossiers = [dossier_in(Status.CONCLUDED, place, 0), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    met(council(place, place.appraiser), dossiers, place)
    match KINDS[kind].subject:
        case Subject.DOSSIER:
            about = begun if KINDS[kind].desk is Desk.COMMUNE else dossiers[0]
        case Subject.PROPOSAL:
            about = proposed(dossiers, place)
        case Subject.DECISION:
            about = approved(dossiers, place)
        case Subject.ITEM:
            result = Result.REFUSED if kind is Kind.REFUSAL else Result.RECOGNISED
            decision = issued_paper(dossiers, place, "2345").decision
            assert decision is not None
            about = decision.items.get(result=result)
        case Subject.PERIOD:
            issued_paper(dossiers, place, "2345")
            about = place.period
        case Subject.EARLIER:
            about = issued_paper(dossiers, place, "2345")
    paper = new_paper(kind, about, unit=place.deciding, by=place.appraiser, at=place.later())
    if KINDS[kind].subject is Subject.EARLIER:
        paper.reason = "Tên xã ghi trong Phụ lục không đúng."
    if kind is Kind.CORRECTION:
        paper.edits = {"wrong": "Độc lập – Tự do – Hạnh phúc", "right": "Độc lập - Tự do - Hạnh phúc"}
    return numbered(paper)


def numbered(paper: Paper) -> Paper:
    paper.issued_on = timezone.localdate(paper.drafted_at)
    if paper.kind == Kind.CERTIFICATE:
        paper.register_number = 7
    else:
        paper.number = "15"
    return paper


def without_heads(printed: Printed) -> Printed:
    """The heads of its tables are said again on every page, so they are compared elsewhere."""

    def bare(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(
            replace(block, columns=tuple(replace(column, heading="") for column in block.columns))
            if isinstance(block, Table)
            else block
            for block in blocks
        )

    if isinstance(printed, Certificate):
        return printed
    annexes = tuple(replace(annex, blocks=bare(annex.blocks)) for annex in printed.annexes)
    return replace(printed, blocks=bare(printed.blocks), annexes=annexes)


@pytest.mark.parametrize("kind", FILLERS)
def test_the_pdf_of_every_paper_says_exactly_its_lines(kind: Kind, tmp_path: Path) -> None:
    printed = content_of(paper_of(kind, renamed(make_place(3))))
    content = render_pdf(printed)
    assert not printed.is_draft
    said = read_aloud(content, tmp_path, with_heads=False)
    assert said.replace(" ", "") == "".join(lines_of(without_heads(printed))).replace(" ", "")  # cells break words
    assert all("Liberation-Serif" in line[0] for line in fonts(content, tmp_path))
    first = PdfReader(BytesIO(content)).pages[0].mediabox
    upright = (210, 297) if kind is not Kind.CERTIFICATE else (297, 210)
    assert (round(float(first.width) / MM), round(float(first.height) / MM)) == upright
    name = kind.value.replace("_", "-")
    pictures.take_paper(content, name, folder=FOLDER)
    for number, page in enumerate(pages(content), start=1):
        if page.startswith(("PHỤ LỤC DANH", "PHỤ LỤC BẢNG", "PHỤ LỤC I DANH", "PHỤ LỤC KẾT")):
            pictures.take_paper(content, f"{name}-phu-luc", page=number, folder=FOLDER)


def test_every_picture_is_linked_from_its_page() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.glob("*.png")} == set(re.findall(r"\]\(([a-z-]+\.png)\)", page))
