"""What must not get out: names and texts in the log, and files of the machine at a guessed address (SECURITY.md L)."""

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse

from assessments.workflow import Status
from childfriendly.core import denials
from childfriendly.core.logs import JsonLines
from childfriendly.core.models import AuditEvent
from tests.factories import dossier_in, make_place

pytestmark = pytest.mark.django_db

CANARY = "Nguyễn Thị Canary"


@pytest.fixture
def log() -> Iterator[StringIO]:
    """All that any logger says, as the server would write it."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    loggers = [logging.getLogger(), logging.getLogger("childfriendly.access")]
    for logger in loggers:
        logger.addHandler(handler)
    yield written
    for logger in loggers:
        logger.removeHandler(handler)


def lines(log: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_the_line_of_a_request_names_the_person_by_key_and_no_query(log: StringIO) -> None:
    place = make_place()
    client = Client()
    client.force_login(place.heads[0])
    client.get("/ho-so/", {"q": CANARY}, REMOTE_ADDR="203.0.113.7")
    client.get("/không có/%0AGET /giả", REMOTE_ADDR="203.0.113.7")
    found, missing = (line for line in lines(log) if line["logger"] == "childfriendly.access")
    assert (len(str(found.pop("request_id"))), isinstance(found.pop("ms"), int)) == (32, True)
    assert "T" in str(found.pop("time"))
    assert found == {
        "level": "INFO",
        "logger": "childfriendly.access",
        "user": str(place.heads[0].pk),
        "address": "203.0.113.7",
        "method": "GET",
        "path": "/ho-so/",
        "status": 200,
    }
    assert (missing["status"], missing["path"]) == (404, "/kh%C3%B4ng%20c%C3%B3/%0AGET%20/gi%E1%BA%A3")


def test_a_ticket_in_the_address_is_not_logged(log: StringIO) -> None:
    Client().get(f"/tep/{'Ab3-_:' * 20}/")
    assert [line["path"] for line in lines(log)] == ["/tep/…/"]


def test_the_line_of_a_stranger_names_nobody_and_asks_no_database(log: StringIO, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(0):
        Client().get("/healthz")
    assert [line["user"] for line in lines(log)] == [""]


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/.env.example",
        "/manage.py",
        "/var/db.sqlite3",
        "/db.sqlite3",
        "/media/",
        "/files/",
        "/static/",
        "/static/../.env",
        "/static/..%2f.env",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static/css/app.css.map",
        "/static/bootstrap/js/bootstrap.bundle.min.js.map",
        "/server-status",
        "/admin/",
        "/__debug__/",
        "/requirements.txt",
        "/backup.zip",
        "/.well-known/../.env",
        "/robots.txt.bak",
    ],
)
def test_a_guessed_address_gives_nothing_away(path: str) -> None:
    """To strangers (who are sent to sign in for nothing that does not exist) and to the signed-in alike."""
    member = Client()
    member.force_login(make_place().heads[0])
    assert [client.get(path).status_code for client in (Client(), member)] == [404, 404]


# ---- who was refused what ----------------------------------------------------------------------------------------
def refused() -> list[tuple[str, str, str, int]]:
    rows = AuditEvent.objects.filter(result="denied").order_by("seq")
    return [(row.actor_name, row.object_name, row.reason, row.after["status"]) for row in rows]


def test_a_strangers_dossier_and_a_refused_act_are_recorded() -> None:
    home, away = make_place(), make_place()
    foreign = reverse("assessments:dossier", args=[dossier_in(Status.SUBMITTED, away).uuid])
    dossier = dossier_in(Status.SUBMITTED, home)
    take = reverse("assessments:take", args=[dossier.uuid])
    head = home.heads[0]
    client = Client()
    client.force_login(head)
    assert client.get(foreign).status_code == 404
    assert client.post(take, {"version": dossier.version}).status_code == 409
    assert refused() == [
        (head.full_name, foreign, "", 404),
        (head.full_name, take, refused()[1][2], 409),
    ]
    assert refused()[1][2].startswith("Việc này dành cho Chuyên viên thẩm định")
    assert set(AuditEvent.objects.filter(result="denied").values_list("unit_id", flat=True)) == {home.communes[0].pk}


def test_a_page_that_was_never_there_and_a_stranger_are_not_recorded() -> None:
    client = Client()
    uuid = dossier_in(Status.SUBMITTED, make_place()).uuid
    client.get(reverse("assessments:dossier", args=[uuid]))
    client.force_login(make_place().heads[0])
    client.get("/khong-co-trang-nay/")
    assert refused() == []


def test_a_lost_race_is_no_refusal() -> None:
    place = make_place()
    dossier = dossier_in(Status.SUBMITTED, place)
    client = Client()
    client.force_login(place.appraiser)
    assert client.post(reverse("assessments:take", args=[dossier.uuid]), {"version": 99}).status_code == 409
    assert refused() == []


def test_refusals_do_not_flood_the_chain() -> None:
    place = make_place()
    foreign = reverse("assessments:dossier", args=[dossier_in(Status.SUBMITTED, make_place()).uuid])
    client = Client()
    client.force_login(place.heads[0])
    for _ in range(denials.AT_MOST + 5):
        assert client.get(foreign).status_code == 404
    rows = AuditEvent.objects.filter(result="denied").order_by("seq")
    assert [row.after.get("is_last", False) for row in rows] == [False] * (denials.AT_MOST - 1) + [True]
