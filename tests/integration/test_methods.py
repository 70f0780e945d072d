"""Every address under every method, and every POST without its CSRF token (SECURITY.md H-06, H-10). The world and the
addresses are those of test_visibility."""

import io
from typing import Any
from uuid import uuid4

import pytest
from django.http.multipartparser import MultiPartParser
from django.test import Client
from django.urls import reverse

from assessments.workflow import Status
from childfriendly.core.middleware import METHODS
from tests.factories import Place, dossier_in, make_place, pdf_file
from tests.integration.test_visibility import (
    EVERYBODY,
    HTMX,
    NAMES,
    OWN_ACCOUNT,
    PAGES,
    PUBLIC,
    Answer,
    Who,
    World,
    address,
    is_nothing,
    leaks,
    media,
    some_reader,
    stored,
    stored_files,
    world,
)
from tests.signing_in import signed_in

__all__ = ["media", "stored_files", "world"]  # fixtures

pytestmark = pytest.mark.django_db

NO_METHODS = ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "X"]


def a_stranger(name: str) -> Who | None:
    return next(iter(sorted(EVERYBODY - PAGES[name].readers)), None)


@pytest.mark.parametrize("name", NAMES)
def test_other_methods_are_refused_to_everybody_before_anything_is_looked_up(world: World, name: str) -> None:
    page = address(name, world)
    for person in {None, some_reader(name), a_stranger(name)}:
        client = world.client(person)
        for method in NO_METHODS:
            response = client.generic(method, page, b"x=1", headers={"X-Echo": "canary-of-trace"})
            assert response.status_code == 405, (person, method)
            assert response.headers["Allow"] == ", ".join(METHODS)
            assert "canary-of-trace" not in response.content.decode()
    assert stored() == world.fingerprint


@pytest.mark.parametrize("name", NAMES)
def test_options_tells_nothing_of_what_one_may_not_see(world: World, name: str) -> None:
    page, shown = address(name, world), PAGES[name]
    for person, is_htmx in [(some_reader(name), False), (a_stranger(name), False), (a_stranger(name), True)]:
        answer = Answer.of(world.client(person).options(page, headers=HTMX if is_htmx else {}))
        assert leaks(world, person, answer.body, name) == [], person
        if person is not None and person not in shown.readers:
            assert is_nothing(world, person, answer, is_htmx=is_htmx), (person, answer)
    anonymous = world.client(None).options(page)
    assert anonymous.status_code in ({200, 302, 405} if name in PUBLIC else {302}), anonymous.status_code
    assert stored() == world.fingerprint


def test_no_answer_names_the_server_or_its_version(world: World) -> None:
    for person in (None, ("appraiser", "own")):
        response = world.client(person).get("/")
        assert {"Server", "X-Powered-By", "X-AspNet-Version"} & set(response.headers) == set()


# ---- CSRF --------------------------------------------------------------------------------------------------------
POSTED = sorted(name for name in NAMES if PAGES[name].post or name in OWN_ACCOUNT)


def strict(world: World, person: Who | None) -> Client:
    """The same browser, with Django's leniency towards tests taken away."""
    client = Client(enforce_csrf_checks=True)
    client.cookies = world.client(person).cookies
    return client


@pytest.mark.parametrize("name", POSTED)
def test_no_post_is_taken_without_its_token(world: World, name: str) -> None:
    """By the very person who may send it: plain and multipart, with and without htmx, no token and a wrong one."""
    page, acts = address(name, world), PAGES[name]
    person = sorted(acts.actors)[0] if acts.actors else some_reader(name)
    wrong = {"X-CSRFToken": "a" * 32}
    for headers in ({}, HTMX, wrong, {**HTMX, **wrong}):
        for content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
            client = strict(world, person)
            client.cookies["csrftoken"] = "b" * 32
            if content_type == "multipart/form-data":
                response = client.post(page, acts.post(world) if acts.post else {}, headers=headers)
            else:
                response = client.post(page, b"version=1", content_type=content_type, headers=headers)
            assert response.status_code == 403, (headers, content_type)
    assert stored() == world.fingerprint


def test_a_post_from_another_site_is_refused_even_with_the_token(world: World) -> None:
    client = strict(world, ("appraiser", "own"))
    page = reverse("assessments:take", args=[world.dossiers["home", "submitted"].uuid])
    client.cookies["csrftoken"] = "b" * 32
    headers = {"Origin": "https://evil.example", "X-CSRFToken": "b" * 32}

    assert client.post(page, {"version": "1"}, headers=headers).status_code == 403
    assert stored() == world.fingerprint


# ---- the token in the header is judged before the body is read -----------------------------------------------------
@pytest.fixture
def place(world: World) -> Place:
    return make_place()


def upload(place: Place, token: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Send a file with this token in the header; gives the status and how often a multipart body was parsed."""
    parsed = []
    parse = MultiPartParser.parse

    def counted(self: MultiPartParser) -> Any:
        parsed.append(1)
        return parse(self)

    dossier = dossier_in(Status.DRAFT, place)
    client = signed_in(place.editors[0], Client(enforce_csrf_checks=True))
    client.cookies["csrftoken"] = "b" * 32
    monkeypatch.setattr(MultiPartParser, "parse", counted)
    response = client.post(
        reverse("assessments:attach", args=[dossier.uuid, "TC01.1"]),
        {"upload": pdf_file(), "slot": ""},
        headers={"X-CSRFToken": token},
    )
    return response.status_code, len(parsed)


def test_an_upload_with_a_wrong_token_in_its_header_is_refused_unread(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert upload(place, "a" * 32, monkeypatch) == (403, 0)


def test_an_upload_with_the_right_token_in_its_header_is_taken(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert upload(place, "b" * 32, monkeypatch) == (302, 1)


def test_an_upload_without_a_token_cookie_is_refused_unread(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    client = signed_in(place.editors[0], Client(enforce_csrf_checks=True))
    body = io.BytesIO(b"--x\r\n")
    monkeypatch.setattr(MultiPartParser, "parse", lambda self: pytest.fail("the body was parsed"))

    response = client.generic(
        "POST",
        reverse("assessments:attach", args=[dossier.uuid, "TC01.1"]),
        body.read(),
        content_type="multipart/form-data; boundary=x",
    )

    assert response.status_code == 403


def test_a_page_carries_the_token_for_htmx(world: World) -> None:
    page = world.client(("commune_editor", "own")).get(
        reverse("assessments:criterion", args=[world.dossiers["home", "draft"].uuid, "TC01"])
    )
    assert '<meta name="csrf-token" content="' in page.content.decode()


def test_what_does_not_exist_does_not_exist_under_any_method(world: World) -> None:
    page = reverse("assessments:dossier", args=[uuid4()])
    client = world.client(("appraiser", "own"))
    assert [client.generic(method, page).status_code for method in ("GET", "HEAD", "POST", "OPTIONS")] == [
        404,
        404,
        405,
        405,
    ]
