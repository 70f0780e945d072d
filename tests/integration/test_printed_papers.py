"""Every paper that the system writes, printed from rows of the database and read back; and its picture for the docs."""

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from django.db.models import Value
from django.db.models.functions import Replace
from pypdf import PdfReader

from communes.models import Unit, User
from papers.filling import FILLERS, content_of
from papers.kinds import Kind
from papers.rendering import lines_of, render_pdf
from papers.structure import Block, Certificate, Content, Printed, Table
from papers.words import in_sentence
from tests.browser import pictures
from tests.every_paper import paper_of
from tests.factories import Place, make_place
from tests.paper_files import MM, fonts, pages, read_aloud

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_files")]

FOLDER = Path("docs/van-ban")
FIRST_ANNEX = re.compile(r"PHỤ LỤC (I )?(DANH|BẢNG|KẾT)")


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
    annexed = [number for number, page in enumerate(pages(content), start=1) if FIRST_ANNEX.match(page)]
    assert len(annexed) == bool(isinstance(printed, Content) and printed.annexes)
    for number in annexed:
        pictures.take_paper(content, f"{name}-phu-luc", page=number, folder=FOLDER)


def test_every_picture_is_linked_from_its_page() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.glob("*.png")} == set(re.findall(r"\]\(([a-z-]+\.png)\)", page))
