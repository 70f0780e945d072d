"""Papers from stored rows: PDF, Word file and lines say the same words, and those are what the rows say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assessments.models import DecisionItem
from assessments.workflow import Status
from papers.filling import FILLERS, content_of
from papers.kinds import KINDS, Desk, Kind
from papers.models import Paper
from papers.rendering import lines_of, render_docx, render_pdf
from papers.rendering.sheet import DRAFT_MARK
from papers.structure import Content, Printed
from tests.factories import ZERO_IN_3, Place, council, dossier_in, issued, make_place, met, proposed
from tests.paper_reading import lines_of_docx, words_of_pdf

pytestmark = pytest.mark.django_db

NAME = "Xã «Đường» & <b>Ỵ Ữ Ở</b> {{ 7*7 }} 'Xanh'"


def of_dossier(place: Place) -> dict[str, Any]:
    found = dossier_in(Status.DRAFT, place)
    met(council(place), [found], place)
    return {"dossier": found}


def of_proposal(place: Place) -> dict[str, Any]:
    dossiers = [dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    met(council(place, place.appraiser), dossiers, place)
    return {"proposal": proposed(dossiers, place)}


def of_decision(place: Place) -> dict[str, Any]:
    dossiers = [dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    made = issued(dossiers, place, number="7")
    return {"decision": made, "number": made.number, "issued_on": made.issued_on}


def of_item(place: Place) -> dict[str, Any]:
    item = of_decision(place)["decision"].items.get(position=1)
    return {"item": item, "register_number": 12}


def of_period(place: Place) -> dict[str, Any]:
    of_decision(place)
    return {}


SOURCES: dict[Kind, Callable[[Place], dict[str, Any]]] = {
    Kind.COUNCIL_DECISION: of_dossier,
    Kind.SELF_ASSESSMENT: of_dossier,
    Kind.COMMUNE_MINUTES: of_dossier,
    Kind.REQUEST: of_dossier,
    Kind.REQUEST_LETTER: of_dossier,
    Kind.COUNCIL_MINUTES: of_proposal,
    Kind.DECISION: of_decision,
    Kind.CERTIFICATE: of_item,
    Kind.RESULT_REPORT: of_period,
    Kind.PROVINCE_REPORT: of_period,
}
ELSEWHERE = {
    Kind.RECEIPT,
    Kind.SUPPLEMENT,
    Kind.APPRAISAL_REPORT,
    Kind.SUBMISSION,
    Kind.REFUSAL,
    Kind.CORRECTION,
    Kind.REPLACEMENT,
    Kind.REVOCATION,
}
"""Kinds whose words are proved where their stories are told; the renderers treat all contents alike."""


def paper_of(kind: Kind, place: Place) -> Paper:
    spec = KINDS[kind]
    unit = {Desk.COMMUNE: place.communes[0], Desk.PROVINCE: place.province}.get(spec.desk, place.deciding)
    return Paper(
        kind=kind,
        form=spec.form,
        desk=spec.desk,
        unit=unit,
        period=place.period,
        drafted_at=place.at,
        **SOURCES[kind](place),
    )


def test_every_kind_that_can_be_written_is_accounted_for() -> None:
    assert set(FILLERS) - ELSEWHERE <= set(SOURCES)
    assert set(SOURCES) | ELSEWHERE == set(Kind)


@pytest.mark.parametrize("kind", SOURCES)
def test_pdf_and_word_say_what_the_rows_say(kind: Kind, tmp_path: Path) -> None:
    place = make_place(2)
    for commune in place.communes:
        commune.name = f"{NAME} {commune.pk}"
        commune.save()
    printed = content_of(paper_of(kind, place))
    lines = lines_of(printed)
    assert lines_of_docx(render_docx(printed)) == lines

    (tmp_path / "paper.pdf").write_bytes(render_pdf(printed))
    said = words_of_pdf(tmp_path / "paper.pdf")
    if printed.is_draft:
        said = " ".join(said).replace(f"{DRAFT_MARK} ", "").split()
    # without spaces, for a name as hostile as this one is broken inside a word where a column is narrow
    assert once("".join(said), printed, lines) == "".join(lines).replace(" ", "")

    text = " ".join(lines)
    assert NAME.casefold() in text.casefold()
    for item in DecisionItem.objects.all() if kind is Kind.DECISION else ():
        assert item.commune_name in lines
        assert item.total_text in lines


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
