"""What stored decisions become on paper: the frozen names and figures, in the words of their day."""

import re
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from pytest_django import DjangoAssertNumQueries

from assessments.models import Decision, Result
from assessments.workflow import Status
from childfriendly.core.exceptions import Refused
from criteria.deadlines import VIET_NAM
from papers.filling import FILLERS
from papers.models import Paper
from reports.certificate import certificate_html
from reports.documents import decision_html
from reports.papers import certificate_paper, decision_paper
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
from tests.fillers import TINY

pytestmark = pytest.mark.django_db


def text_of(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def test_a_decision_without_its_number_is_a_draft() -> None:
    place = make_place()
    paper = decision_paper(approved([dossier_in(Status.CONCLUDED, place)], place))
    assert paper.is_draft
    assert paper.number == ""
    assert paper.issued_on is None


def test_an_issued_decision_prints_its_register_number_and_every_commune() -> None:
    place = make_place(2)
    dossiers = [dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    decision = issued(dossiers, place, number="7")
    paper = decision_paper(decision)
    html = decision_html(paper)
    assert not paper.is_draft
    assert paper.number_line == "Số: 07/QĐ-UBND"
    assert decision.issued_on is not None
    assert paper.place_and_date.endswith(f"ngày {decision.issued_on.day:02d} tháng 11 năm 2024")
    good, bad = paper.annexes
    assert [(row.number, row.commune_name, row.total_points, row.threshold) for row in good.rows] == [
        (1, place.communes[0].name, 1000, 850)
    ]
    assert [(row.number, row.commune_name, row.total_points) for row in bad.rows] == [(1, place.communes[1].name, 875)]
    assert bad.rows[0].reasons == tuple(decision.items.get(result=Result.REFUSED).reasons)
    assert bad.rows[0].reasons[0] in html
    assert paper.signature.name == place.leader.full_name
    assert paper.signature.lines == ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")


def test_certificates_are_numbered_in_the_register_of_their_body_and_year(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, filler in TINY.items():
        monkeypatch.setitem(FILLERS, kind, filler)
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
    assert "Số vào sổ: 2 " in text_of(certificate_html(certificate_paper(item)))


def test_the_certificate_cites_the_decision_that_recognised_the_commune() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place)], place, number="123")
    paper = certificate_paper(decision.items.get())
    assert decision.issued_on is not None
    assert paper.reference.startswith("Quyết định số 123/QĐ-UBND ngày ")
    assert paper.commune_name == place.communes[0].name
    district, province = place.deciding.name, place.province.name
    assert paper.located_in == f"{district[:1].lower()}{district[1:]}, {province[:1].lower()}{province[1:]}"
    assert not paper.is_draft
    assert text_of(certificate_html(paper)).count(f"năm {place.period.year}") >= 2


def test_a_refused_commune_gets_no_certificate() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place, answers=ZERO_IN_3)], place)
    with pytest.raises(Refused, match=r"không được công nhận nên không có Giấy công nhận\.$"):
        certificate_paper(decision.items.get())


def test_papers_of_a_province_without_districts_speak_of_no_district() -> None:
    place = make_place(year=2026, new=True)
    decision = issued([dossier_in(Status.CONCLUDED, place)], place)
    pages = decision_html(decision_paper(decision)) + certificate_html(certificate_paper(decision.items.get()))
    # the title of Decision 06 is quoted as it stands; every other word is of today
    quoted = "công nhận xã, phường, thị trấn phù hợp với trẻ em;"
    assert text_of(pages).count(quoted) == 1
    assert not re.search("huyện|thị trấn|LĐTBXH|Thương binh", text_of(pages).replace(quoted, ""), re.IGNORECASE)
    assert f"Trực thuộc {place.province.name}" not in text_of(pages)


def test_a_demo_period_marks_its_papers() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place)], place)
    for is_demo in (True, False):
        decision.period.is_demo = is_demo
        assert decision_paper(decision).is_demo is is_demo


@pytest.mark.parametrize("count", [1, 3])
def test_a_paper_needs_one_query_whatever_its_length(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    place = make_place(count)
    made = approved([dossier_in(Status.CONCLUDED, place, index) for index in range(count)], place)
    decision = Decision.objects.select_related("period__province", "deciding_unit", "proposal").get(pk=made.pk)
    with django_assert_num_queries(1):
        decision_html(decision_paper(decision))
