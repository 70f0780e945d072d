"""The papers that the pages of a decision print: what stands on them is in test_paper_contents.py."""

from datetime import datetime

import pytest

from assessments.workflow import Status
from criteria.deadlines import VIET_NAM
from papers.filling.unkept import certificate_content, decision_content
from papers.models import Paper
from papers.rendering import lines_of
from tests.factories import (
    ZERO_IN_3,
    approved,
    dossier_in,
    drafted,
    issued,
    issued_paper,
    make_place,
    numbered,
    sent_out,
    signed,
)

pytestmark = pytest.mark.django_db


def test_a_decision_is_a_draft_until_it_has_its_number() -> None:
    place = make_place()
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    assert decision_content(decision).is_draft
    assert certificate_content(decision.items.get()).is_draft


def test_an_issued_decision_prints_its_number_and_day() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place)], place, number="7")
    content = decision_content(decision)
    assert decision.issued_on is not None
    assert not content.is_draft
    assert lines_of(content)[4:6] == [
        "Số: 07/QĐ-UBND",
        f"{decision.place}, ngày {decision.issued_on.day:02d} tháng 11 năm 2024",
    ]


def test_certificates_are_numbered_in_the_register_of_their_body_and_year() -> None:
    place, neighbour = make_place(4), make_place()
    dossiers = [dossier_in(Status.CONCLUDED, place, index) for index in (0, 1, 3)]
    refused = dossier_in(Status.CONCLUDED, place, 2, answers=ZERO_IN_3)
    first = issued_paper([dossiers[0], refused, dossiers[1]], place, "7")
    waiting = signed(drafted(approved([dossiers[2]], place), place), place)
    elsewhere = issued_paper([dossier_in(Status.CONCLUDED, neighbour)], neighbour, "7")
    place.at = datetime(2025, 1, 1, tzinfo=VIET_NAM)
    second = sent_out(numbered(waiting, place, "1"), place)
    numbers = Paper.objects.filter(kind="certificate").order_by("item__position")
    assert [
        list(numbers.filter(item__decision=paper.decision).values_list("register_number", flat=True))
        for paper in (first, second, elsewhere)
    ] == [[1, 2], [1], [1]]
    item = numbers.get(item__decision=first.decision, register_number=2).item
    assert item is not None
    content = certificate_content(item)
    assert not content.is_draft
    assert "Số vào sổ: 2" in lines_of(content)
