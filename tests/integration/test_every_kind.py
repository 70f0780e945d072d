"""Papers from stored rows: PDF, Word file and lines say the same words, and those are what the rows say."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from assessments.figures import load_figures
from assessments.models import Decision, Dossier, ReturnedItem
from papers.filling import FILLERS, content_of
from papers.kinds import KINDS, Kind, Subject
from papers.models import Paper
from papers.rendering import lines_of, render_docx, render_pdf
from papers.structure import Content, Printed
from papers.words import vietnamese_date
from tests.every_paper import EARLIER_NUMBER, NUMBER, REASON, REGISTER_NUMBER, RIGHT, WRONG, paper_of
from tests.factories import make_place
from tests.paper_reading import lines_of_docx, words_of_pdf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_files")]

NAME = "Xã «Đường» & <b>Ỵ Ữ Ở</b> {{ 7*7 }} 'Xanh'"


def test_every_kind_can_be_written() -> None:
    assert set(FILLERS) == set(KINDS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_pdf_and_word_say_what_the_rows_say(kind: Kind, tmp_path: Path) -> None:
    place = make_place(3)
    for commune in place.communes:
        commune.name = f"{NAME} {commune.pk}"
        commune.save()
    paper = paper_of(kind, place)
    printed = content_of(paper)
    lines = lines_of(printed)
    assert lines_of_docx(render_docx(printed)) == lines

    (tmp_path / "paper.pdf").write_bytes(render_pdf(printed))
    said = words_of_pdf(tmp_path / "paper.pdf")
    # without spaces, for a name as hostile as this one is broken inside a word where a column is narrow
    assert once("".join(said), printed, lines) == "".join(lines).replace(" ", "")

    day = vietnamese_date(paper.issued_on, paper.period.year)
    dated = [line for line in lines if line == f"{printed.letterhead.place}, {day}"]
    numbered = [line for line in lines if line.startswith(("Số: ", "Số vào sổ: "))]
    number = f"Số vào sổ: {REGISTER_NUMBER}" if kind is Kind.CERTIFICATE else f"Số: {NUMBER}/{paper.symbol}"
    assert (dated, numbered) == ([f"{printed.letterhead.place}, {day}"], [number])
    text = " ".join(lines).casefold()
    assert [words for words in words_of_the_rows(paper) if words.casefold() not in text] == []


def words_of_the_rows(paper: Paper) -> Iterator[str]:
    """What a paper of this kind must say of the rows that it is about: names, totals, grounds, numbers."""
    kind = Kind(paper.kind)
    match KINDS[kind].subject:
        case Subject.DOSSIER:
            assert paper.dossier is not None
            yield from _of_dossier(kind, paper.dossier)
        case Subject.PROPOSAL:
            assert paper.proposal is not None
            for item in paper.proposal.items.all():
                yield from (item.dossier.commune.name, load_figures(item.dossier).appraised_sheet.total_text)
                yield item.get_result_display()
        case Subject.DECISION | Subject.PERIOD:
            yield from _of_decision(paper.decision or Decision.objects.get())
        case Subject.ITEM:
            assert paper.item is not None
            yield from (paper.item.commune_name, f"{EARLIER_NUMBER}/{paper.item.decision.symbol}")
            if kind is Kind.REFUSAL:
                yield from (paper.item.total_text, *paper.item.reasons)
        case Subject.EARLIER:
            assert paper.earlier is not None
            yield f"{EARLIER_NUMBER}/{paper.earlier.symbol}"
            yield from (WRONG, RIGHT) if kind is Kind.CORRECTION else (REASON,)
            if kind is Kind.REPLACEMENT:
                assert paper.earlier.decision is not None
                yield from _of_decision(paper.earlier.decision)


def _of_dossier(kind: Kind, dossier: Dossier) -> Iterator[str]:
    yield dossier.commune.name
    figures = load_figures(dossier)
    if kind in (Kind.RECEIPT, Kind.SUPPLEMENT):
        yield dossier.code
    if kind is Kind.RECEIPT:
        at = timezone.localtime(dossier.submitted_at)
        yield f"{at:%H} giờ {at:%M} phút, {vietnamese_date(at.date(), at.year)}"
    if kind is Kind.SUPPLEMENT:
        for returned in ReturnedItem.objects.filter(dossier=dossier):
            yield from (returned.target, returned.reason)
    if kind in (Kind.SELF_ASSESSMENT, Kind.APPRAISAL_REPORT):
        yield figures.declared_sheet.total_text
    if kind is Kind.APPRAISAL_REPORT:
        yield from (figures.appraised_sheet.total_text, dossier.recommendation_reason)


def _of_decision(decision: Decision) -> Iterator[str]:
    for item in decision.items.all():
        yield from (item.commune_name, item.total_text, *item.reasons)


def once(said: str, printed: Printed, lines: list[str]) -> str:
    """A table that goes on says its head again on the next page; that is no word of the paper."""
    whole = "".join(lines).replace(" ", "")
    for table in printed.tables if isinstance(printed, Content) else ():
        head = "".join("".join(column.heading for column in table.columns).split())
        times = whole.count(head)
        if said.count(head) > times:
            parts = said.split(head)
            said = head.join(parts[: times + 1]) + "".join(parts[times + 1 :])
    return said
