"""Decisions: drafts until the clerk has typed number and date, never changed after that."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Decision
from assessments.workflow import Status
from tests.factories import (
    ZERO_IN_3,
    Place,
    approved,
    dossier_in,
    drafted,
    issued,
    make_place,
    numbered,
    sent_out,
    signed,
)
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


def html_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def url(name: str, decision: Decision) -> str:
    return reverse(f"assessments:{name}", args=[decision.uuid])


@pytest.fixture
def place() -> Place:
    return make_place(2)


def test_the_page_of_a_decision_leads_to_its_papers_and_says_when_it_is_issued(place: Place) -> None:
    good = dossier_in(Status.CONCLUDED, place, 0)
    bad = dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)
    decision = approved([good, bad], place)
    client = signed_in(place.clerk)
    page = html_of(client.get(url("decision", decision)))
    assert "Dự thảo – chưa có số" in page
    assert "Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt)" in page
    assert f'href="{reverse("papers:for_decision", args=[decision.uuid])}"' in page
    sent_out(numbered(signed(drafted(decision, place), place), place, "123"), place)
    page = html_of(client.get(url("decision", decision)))
    assert "Quyết định 123/QĐ-UBND" in page
    assert "Dự thảo" not in page


def test_the_same_number_serves_another_authority_and_another_year(place: Place) -> None:
    issued([dossier_in(Status.CONCLUDED, place)], place, "41")
    other = make_place()
    assert issued([dossier_in(Status.CONCLUDED, other)], other, "41").full_number == "41/QĐ-UBND"
    place.at = place.at.replace(year=2025)
    assert issued([dossier_in(Status.CONCLUDED, place, 1)], place, "41").number_year == 2025


def test_communes_and_the_province_see_a_decision_once_it_is_issued(place: Place) -> None:
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    readers = [place.editors[0], place.heads[0], place.province_staff]
    assert [signed_in(person).get(url("decision", decision)).status_code for person in readers] == [404] * 3
    sent_out(numbered(signed(drafted(decision, place), place), place), place)
    assert [signed_in(person).get(url("decision", decision)).status_code for person in readers] == [200] * 3
    stranger = make_place()
    others = [place.editors[1], stranger.clerk, stranger.province_staff, stranger.inspector]
    assert [signed_in(person).get(url("decision", decision)).status_code for person in others] == [404] * 4


def test_what_waits_for_its_number_stands_first(place: Place) -> None:
    issued([dossier_in(Status.CONCLUDED, place, 0)], place, "9")
    approved([dossier_in(Status.CONCLUDED, place, 1)], place)
    page = html_of(signed_in(place.clerk).get("/quyet-dinh/"))
    assert re.findall(r'<a href="/quyet-dinh/[^"]+/">([^<]+)</a>', page) == [
        "Dự thảo theo tờ trình 15/TTr",
        "Số 09/QĐ-UBND",
    ]


def test_the_list_can_hold_only_what_waits(place: Place) -> None:
    issued([dossier_in(Status.CONCLUDED, place, 0)], place, "9")
    client = signed_in(place.clerk)
    assert "Không có quyết định nào chờ vào số." in html_of(client.get("/quyet-dinh/?trang-thai=cho-so"))
    approved([dossier_in(Status.CONCLUDED, place, 1)], place)
    page = html_of(client.get("/quyet-dinh/?trang-thai=cho-so"))
    assert re.findall(r'<a href="/quyet-dinh/[^"]+/">([^<]+)</a>', page) == ["Dự thảo theo tờ trình 15/TTr"]


def test_lists_and_pages_cost_the_same_for_one_and_for_three() -> None:
    few, many = make_place(), make_place(5)
    one = approved([dossier_in(Status.CONCLUDED, few)], few)
    three = approved([dossier_in(Status.CONCLUDED, many, index) for index in range(3)], many)
    for index in (3, 4):
        approved([dossier_in(Status.CONCLUDED, many, index)], many)

    def cost(place: Place, address: str) -> int:
        client = signed_in(place.clerk)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    assert cost(few, "/quyet-dinh/") == cost(many, "/quyet-dinh/")
    assert cost(few, url("decision", one)) == cost(many, url("decision", three))


def test_no_page_of_a_period_without_districts_speaks_of_one() -> None:
    place = make_place(year=2026, new=True)
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    for address in ("/quyet-dinh/", url("decision", decision)):
        page = html_of(signed_in(place.clerk).get(address)).lower()
        assert "huyện" not in page
        assert "thị trấn" not in page
