"""Acts that ask once more who is at the keyboard (SECURITY.md N-13)."""

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from assessments.models import Decision
from assessments.workflow import Status
from tests.factories import PASSWORD, Place, approved, dossier_in, drafted, make_place, proposed, signed
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
FIVE_MINUTES = datetime.timedelta(minutes=5)


@pytest.fixture
def place() -> Place:
    return make_place(1)


def number_page(place: Place) -> str:
    """Where the clerk types number and day of a decision that was signed."""
    paper = signed(drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place), place)
    return reverse("papers:number", args=[paper.uuid])


def left_alone(client: Client) -> Client:
    """The session goes on, its proof of identity is gone."""
    session = client.session
    del session["account_authentication_methods"]
    session.save()
    return client


def confirm(client: Client, page: str, password: str = PASSWORD) -> Any:
    next_page = re.search(r'name="next" value="([^"]*)"', client.get(page).text)
    assert next_page is not None
    return client.post(page, {"password": password, "next": next_page[1].replace("&amp;", "&")})


def test_an_approval_asks_who_is_there_and_is_done_after_the_answer(place: Place) -> None:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    page = reverse("assessments:approve", args=[proposal.uuid])
    client = left_alone(signed_in(place.leader))
    assert client.get(page).status_code == 200  # reading first
    asked = client.post(page, {"version": "1"})
    assert asked.status_code == 302
    assert asked["Location"].startswith("/xac-nhan-danh-tinh/?next=")
    assert Decision.objects.count() == 0
    wrong = confirm(client, asked["Location"], "sai")
    assert "Mật khẩu chưa đúng. Nhập lại mật khẩu." in wrong.text
    assert Decision.objects.count() == 0
    back = confirm(client, asked["Location"])
    assert Decision.objects.count() == 0
    done = client.get(back["Location"])
    assert done["Location"] == reverse("assessments:decision", args=[Decision.objects.get().uuid])
    assert client.get(back["Location"]).status_code == 409  # the way back serves once


def test_what_was_typed_is_on_the_page_when_it_is_refused_after_confirming(place: Place) -> None:
    page = number_page(place)
    client = left_alone(signed_in(place.clerk))
    asked = client.post(page, {"version": "1", "number": "0123", "issued_on": "31/02/2024"})
    back = confirm(client, asked["Location"])
    assert back["Location"].startswith(page)  # so that the form on it posts to where it belongs
    answer = client.get(back["Location"])
    assert answer.status_code == 422
    assert 'value="0123"' in answer.text
    assert 'value="31/02/2024"' in answer.text


def test_whoever_turns_away_from_confirming_does_nothing_by_opening_the_page_again(place: Place) -> None:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    page = reverse("assessments:approve", args=[proposal.uuid])
    client = left_alone(signed_in(place.leader))
    client.post(page, {"version": "1"})
    confirm(client, "/xac-nhan-danh-tinh/?next=/")  # for something else
    assert client.get(page).status_code == 200
    assert client.get(f"{page}?tiep-tuc=doan").status_code == 200
    assert Decision.objects.count() == 0


def test_a_proof_of_identity_serves_for_five_minutes(place: Place) -> None:
    page = number_page(place)
    with time_machine.travel(datetime.datetime.now(datetime.UTC), tick=False) as clock:
        client = signed_in(place.clerk)
        clock.shift(FIVE_MINUTES - datetime.timedelta(seconds=1))
        assert client.post(page, {}).status_code == 422
        clock.shift(datetime.timedelta(seconds=1))
        assert client.post(page, {})["Location"].startswith("/xac-nhan-danh-tinh/")


def test_a_fragment_is_told_in_a_sentence_and_the_page_keeps_its_text(place: Place) -> None:
    client = left_alone(signed_in(place.clerk))
    answer = client.post(number_page(place), {}, headers=HTMX)
    assert answer.status_code == 401
    assert "Việc này cần xác nhận lại danh tính." in answer.text
    assert "<form" not in answer.text


def test_confirming_leads_to_no_other_site(place: Place) -> None:
    for target in ("//evil.example/", "https://evil.example/", "javascript:x()", r"/\evil.example"):
        client = left_alone(signed_in(place.clerk))
        answer = client.post("/xac-nhan-danh-tinh/", {"password": PASSWORD, "next": target})
        assert answer["Location"] == "/"
