"""What every answer tells the browser, on every address, and what it never believes of a request (SECURITY.md H-01 to
H-05)."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from childfriendly.core import headers
from tests.factories import PASSWORD, UserFactory
from tests.integration.test_visibility import (  # noqa: F401 — the fixtures of that module
    NAMES,
    PUBLIC,
    World,
    address,
    media,
    some_reader,
    stored_files,
    world,
)

pytestmark = pytest.mark.django_db

ALWAYS = {
    "Permissions-Policy": headers.PERMISSIONS_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
FRAMED_BY_NOBODY = re.compile(r"frame-ancestors 'none'|default-src 'none'; sandbox")


@pytest.mark.parametrize("name", NAMES)
def test_every_page_and_file_carries_the_headers_and_stays_in_no_cache(world: World, name: str) -> None:  # noqa: F811
    for person in (None, some_reader(name)):
        response = world.client(person).get(address(name, world))
        if response.streaming:
            response.getvalue()
        assert {key: response.headers.get(key) for key in ALWAYS} == ALWAYS
        may_be_kept = person is None and name in {"papers:check_form", "papers:check", "papers:recognised"}
        assert response.headers["Cache-Control"] == (headers.PUBLIC if may_be_kept else headers.NO_STORE), name
        assert FRAMED_BY_NOBODY.search(response.headers["Content-Security-Policy"]), name
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        if "html" in response.headers.get("Content-Type", ""):
            assert response.headers["Content-Security-Policy"] == headers.CONTENT_SECURITY_POLICY
        assert not {"Server", "X-Powered-By"} & set(response.headers)


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80:80", "", "testserver@evil"])
def test_no_address_answers_to_another_name(world: World, host: str) -> None:  # noqa: F811
    """But for the two probes: a load balancer asks them by number, and they say nothing."""
    for name in sorted(set(NAMES) - {"healthz", "readyz"}):
        client = world.client(some_reader(name))
        for method in (client.get, client.post):
            response = method(address(name, world), headers={"host": host})
            assert response.status_code == 400, (name, host)
            assert "evil" not in response.content.decode()


ELSEWHERE = [
    "//evil.example/",
    "///evil.example",
    r"/\evil.example",
    r"\\evil.example",
    "https:evil.example",
    "http:///evil.example",
    "https://evil.example/",
    "https://testserver@evil.example/",
    "javascript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "\x1fhttps://evil.example",
    "ftp://testserver/",
    "//testserver\\@evil.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(target: str) -> None:
    user = UserFactory()
    client = Client()
    sent = {"login": user.username, "password": PASSWORD, "next": target}
    page = client.get(reverse("account_login"), {"next": target})
    assert 'href="' + target not in page.text
    answer = client.post(reverse("account_login"), sent)
    assert answer.status_code in {302, 400}  # an unprintable one is no request of a browser
    assert answer.headers.get("Location", "/").startswith("/")
    assert not re.match(r"/[/\\\s]", answer.headers.get("Location", "/"))


@pytest.mark.parametrize("target", ["/ho-so/", "/ho-so/?q=th%C3%A1p", "/doi-mat-khau/"])
def test_signing_in_leads_to_where_one_wanted(target: str) -> None:
    user = UserFactory()
    answer = Client().post(reverse("account_login"), {"login": user.username, "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == target


def test_nobody_needs_a_public_page_to_know_who_asks(world: World) -> None:  # noqa: F811
    for name in sorted(PUBLIC & {"healthz", "readyz"}):
        assert world.client(None).get(address(name, world)).cookies == {}
