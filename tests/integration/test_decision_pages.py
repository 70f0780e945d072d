"""Decisions: drafts until the clerk has typed number and date, never changed after that."""

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import Decision, Dossier
from assessments.workflow import Status
from tests.factories import ZERO_IN_3, Place, approved, dossier_in, issued, make_place
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


def html_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def url(name: str, decision: Decision) -> str:
    return reverse(f"assessments:{name}", args=[decision.uuid])


def day(at: datetime.datetime, days: int = 0) -> str:
    return f"{timezone.localdate(at) + datetime.timedelta(days=days):%d/%m/%Y}"


@pytest.fixture
def place() -> Place:
    return make_place(2)


def test_the_clerk_issues_one_decision_for_many_communes(place: Place) -> None:
    good = dossier_in(Status.CONCLUDED, place, 0)
    bad = dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)
    decision = approved([good, bad], place)
    client = signed_in(place.clerk)
    page = html_of(client.get(url("decision", decision)))
    assert "Dự thảo – chưa có số" in page
    assert "Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt)" in page
    sent = {"version": "1", "number": "0123", "issued_on": day(place.at)}
    response = client.post(url("issue_decision", decision), sent)
    assert response.headers["Location"] == url("decision", decision)
    decision.refresh_from_db()
    assert (decision.full_number, decision.issued_on, decision.numbered_by) == (
        "123/QĐ-UBND",
        timezone.localdate(place.at),
        place.clerk,
    )
    assert [Dossier.objects.get(pk=dossier.pk).status for dossier in (good, bad)] == [
        Status.RECOGNISED,
        Status.REFUSED,
    ]
    page = html_of(client.get(url("decision", decision)))
    assert "Quyết định 123/QĐ-UBND" in page
    assert "Dự thảo" not in page


def test_the_symbol_may_be_typed_along(place: Place) -> None:
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    sent = {"version": "1", "number": " 5/QĐ-UBND ", "issued_on": day(place.at)}
    signed_in(place.clerk).post(url("issue_decision", decision), sent)
    decision.refresh_from_db()
    assert decision.full_number == "05/QĐ-UBND"


@pytest.mark.parametrize(
    ("number", "days", "sentence"),
    [
        ("77", 0, "Số 77/QĐ-UBND năm 2024 đã dùng cho quyết định khác."),
        ("078", -3, "Ngày quyết định không được trước ngày lãnh đạo duyệt"),
        ("78", 3, "Ngày quyết định không được sau hôm nay."),
        ("abc", 0, "Nhập số quyết định bằng chữ số, ví dụ 1234"),
        ("-5", 0, "Nhập số quyết định bằng chữ số"),
        ("0", 0, "Nhập số quyết định bằng chữ số"),
        ("", 0, "Nhập số quyết định theo sổ văn bản đi"),
    ],
)
def test_each_refusal_is_one_sentence_and_keeps_what_was_typed(
    place: Place, number: str, days: int, sentence: str
) -> None:
    issued([dossier_in(Status.CONCLUDED, place, 1)], place, "77")
    decision = approved([dossier_in(Status.CONCLUDED, place, 0)], place)
    typed = day(place.at, days)
    with time_machine.travel(place.later(), tick=False):
        response = signed_in(place.clerk).post(
            url("issue_decision", decision), {"version": "1", "number": number, "issued_on": typed}
        )
    page = html_of(response)
    assert response.status_code == 422
    assert sentence in page
    assert f'value="{typed}"' in page
    assert number == "" or f'value="{number}"' in page
    decision.refresh_from_db()
    assert decision.number == ""


@pytest.mark.parametrize("typed", ["", "31/02/2024", "11/20/2024", "hôm nay"])
def test_a_day_that_does_not_exist_is_asked_for_again(place: Place, typed: str) -> None:
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    sent = {"version": "1", "number": "12", "issued_on": typed}
    response = signed_in(place.clerk).post(url("issue_decision", decision), sent)
    assert response.status_code == 422
    assert "Nhập ngày có thật theo dạng ngày/tháng/năm" in html_of(response)


def test_05_06_is_the_fifth_of_june(place: Place) -> None:
    place.at = datetime.datetime(2024, 6, 1, 2, 0, tzinfo=datetime.UTC)
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    sent = {"version": "1", "number": "12", "issued_on": "05/06/2024"}
    signed_in(place.clerk).post(url("issue_decision", decision), sent)
    decision.refresh_from_db()
    assert decision.issued_on == datetime.date(2024, 6, 5)


def test_a_second_number_is_refused_and_the_first_stays(place: Place) -> None:
    decision = issued([dossier_in(Status.CONCLUDED, place)], place, "41")
    sent = {"version": "1", "number": "42", "issued_on": day(place.at)}
    client = signed_in(place.clerk)
    response = client.post(url("issue_decision", decision), sent)
    assert response.status_code == 409
    assert "Quyết định này đã vào số 41/QĐ-UBND." in html_of(response)
    assert client.get(url("issue_decision", decision)).headers["Location"] == url("decision", decision)
    decision.refresh_from_db()
    assert decision.number == "41"


def test_the_same_number_serves_another_authority_and_another_year(place: Place) -> None:
    issued([dossier_in(Status.CONCLUDED, place)], place, "41")
    other = make_place()
    assert issued([dossier_in(Status.CONCLUDED, other)], other, "41").full_number == "41/QĐ-UBND"
    place.at = place.at.replace(year=2025)
    assert issued([dossier_in(Status.CONCLUDED, place, 1)], place, "41").number_year == 2025


def test_only_the_clerk_types_the_number(place: Place) -> None:
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    for person in (place.leader, place.head_of_office, place.appraiser, place.inspector):
        client = signed_in(person)
        assert "Vào số, phát hành quyết định" not in html_of(client.get(url("decision", decision)))
        sent = {"version": "1", "number": "12", "issued_on": day(place.at)}
        response = client.post(url("issue_decision", decision), sent)
        assert response.status_code == 422
        assert "Việc này dành cho Văn thư" in html_of(response)


def test_communes_and_the_province_see_a_decision_once_it_is_issued(place: Place) -> None:
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    readers = [place.editors[0], place.heads[0], place.province_staff]
    assert [signed_in(person).get(url("decision", decision)).status_code for person in readers] == [404] * 3
    sent = {"version": "1", "number": "12", "issued_on": day(place.at)}
    signed_in(place.clerk).post(url("issue_decision", decision), sent)
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
    for name in ("decision", "issue_decision"):
        assert cost(few, url(name, one)) == cost(many, url(name, three))


def test_no_page_of_a_period_without_districts_speaks_of_one() -> None:
    place = make_place(year=2026, new=True)
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    for address in ("/quyet-dinh/", url("decision", decision), url("issue_decision", decision)):
        page = html_of(signed_in(place.clerk).get(address)).lower()
        assert "huyện" not in page
        assert "thị trấn" not in page
