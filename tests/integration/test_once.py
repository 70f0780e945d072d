"""A form that makes something, pressed twice, refreshed, sent again after a broken line, makes one thing (R-04)."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from assessments.models import Proposal
from assessments.workflow import Status
from childfriendly.core.models import AuditEvent, FormToken
from communes.models import RoleAssignment, User
from criteria.models import Period
from tests.factories import Place, dossier_in, make_place, pdf_file

pytestmark = pytest.mark.django_db(transaction=True)

ROLE = {"role": "commune_editor", "title": "", "valid_from": "01/01/2024", "valid_to": ""}


@dataclass(frozen=True)
class Form:
    """A page with a form that makes one row of `model`."""

    model: type[models.Model]
    by: User
    page: str
    fields: dict[str, Any]
    before: dict[str, Any] | None = None  # what the step before the last sends, whose answer holds the number


def propose(place: Place) -> Form:
    dossier = dossier_in(Status.CONCLUDED, place)
    return Form(
        Proposal,
        place.head_of_office,
        reverse("assessments:propose"),
        {"dossiers": [str(dossier.uuid)], "submission_number": "9/TTr", "submission_text": "Kính trình."},
    )


def create_account(place: Place) -> Form:
    return Form(
        User,
        place.catalogue_admin,
        reverse("communes:create_account") + f"?don-vi={place.communes[0].uuid}",
        {"full_name": "Người Mới", "username": "nguoi.moi", **ROLE},
    )


def assign_role(place: Place) -> Form:
    page = reverse("communes:assign_role", args=[place.clerk.uuid])
    return Form(RoleAssignment, place.catalogue_admin, f"{page}?don-vi={place.communes[0].uuid}", ROLE)


def open_period(place: Place) -> Form:
    fields = {
        "starts_on": "01/01/2023",
        "ends_on": "31/12/2023",
        "figures_as_of": "31/10/2023",
        "criteria_set": str(place.period.criteria_set.uuid),
        "deadline_dossier": "trước ngày 15/11",
    }
    return Form(
        Period,
        place.catalogue_admin,
        reverse("criteria:open_period") + f"?tinh={place.province.uuid}&nam=2023",
        {**fields, "step": "open"},
        {**fields, "step": "check"},
    )


FORMS = [propose, create_account, assign_role, open_period]
every_form = pytest.mark.parametrize("make", FORMS, ids=lambda make: make.__name__)


def signed_in(user: User) -> Client:
    cache.clear()
    client = Client()
    client.force_login(user)
    return client


def drawn(client: Client, form: Form) -> dict[str, Any]:
    """The form's fields with the number that its page was drawn with."""
    page = client.get(form.page) if form.before is None else client.post(form.page, form.before)
    tokens = re.findall(r'name="form_token" value="([0-9a-f-]{36})"', page.text)
    assert len(tokens) == 1, page.text
    return {**form.fields, "form_token": tokens[0]}


def send(client: Client, form: Form, fields: dict[str, Any]) -> Any:
    files = {"minutes": pdf_file()} if form.model is Proposal else {}
    return client.post(form.page, {**fields, **files})


def result_of(response: Any) -> str:
    assert response.status_code in {200, 302}, response.text
    return str(response.headers.get("Location") or response.headers["Content-Location"])


@every_form
def test_pressed_twice_in_one_moment_it_makes_one_thing(make: Callable[[Place], Form]) -> None:
    form = make(make_place())
    browser = signed_in(form.by)
    fields = drawn(browser, form)
    count, barrier = form.model._default_manager.count(), threading.Barrier(2)
    answers: list[Any] = []

    def press() -> None:
        tab = Client()
        tab.cookies[django_settings.SESSION_COOKIE_NAME] = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
        try:
            barrier.wait(timeout=30)
            answers.append(send(tab, form, fields))
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert form.model._default_manager.count() == count + 1
    assert len({result_of(answer) for answer in answers}) == 1
    assert len(answers) == 2


@every_form
def test_sent_again_it_leads_to_what_it_made(make: Callable[[Place], Form]) -> None:
    form = make(make_place())
    browser = signed_in(form.by)
    fields = drawn(browser, form)
    first = send(browser, form, fields)
    count, told = form.model._default_manager.count(), AuditEvent.objects.count()
    again = send(browser, form, fields)
    assert (again.status_code, result_of(again)) == (302, result_of(first))
    assert (form.model._default_manager.count(), AuditEvent.objects.count()) == (count, told)
    assert "Biểu mẫu này đã được nhận ở lần gửi trước, nên lần này không ghi thêm." in browser.get(again.url).text


def test_a_form_with_a_mistake_is_mended_and_sent_again() -> None:
    form = create_account(make_place())
    browser = signed_in(form.by)
    fields = drawn(browser, form)
    assert send(browser, form, {**fields, "full_name": ""}).status_code == 422
    assert FormToken.objects.count() == 0
    assert send(browser, form, fields).status_code == 200
    assert User.objects.filter(username="nguoi.moi").count() == 1


def test_what_the_service_refuses_is_not_taken_as_sent() -> None:
    form = create_account(make_place())
    browser = signed_in(form.by)
    fields = drawn(browser, form)
    assert send(browser, form, {**fields, "username": form.by.username}).status_code == 422
    assert send(browser, form, fields).status_code == 200


def test_a_new_page_makes_a_new_thing() -> None:
    form = assign_role(make_place())
    browser = signed_in(form.by)
    count = RoleAssignment.objects.count()
    assert send(browser, form, {**drawn(browser, form), "valid_to": "31/12/2024"}).status_code == 302
    assert send(browser, form, {**drawn(browser, form), "valid_from": "01/01/2025"}).status_code == 302
    assert RoleAssignment.objects.count() == count + 2


def test_nobody_is_led_to_what_somebody_else_made() -> None:
    place = make_place()
    form = assign_role(place)
    token = uuid4()
    FormToken.objects.create(user_id=str(place.clerk.pk), token=token, result="/rieng/", sent_at=place.at)
    answer = send(signed_in(form.by), form, {**form.fields, "form_token": str(token)})
    assert answer.url == reverse("communes:person", args=[place.clerk.uuid])


@pytest.mark.parametrize("token", ["", "x", "1" * 40, "0" * 31])
def test_a_number_that_we_never_drew_protects_nothing_and_breaks_nothing(token: str) -> None:
    form = assign_role(make_place())
    answer = send(signed_in(form.by), form, {**form.fields, "form_token": token})
    assert (answer.status_code, FormToken.objects.count()) == (302, 0)
