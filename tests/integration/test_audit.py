"""The audit: what a row tells, that it is written with the change or not at all, and that the chain holds."""

import pytest
from django.test import Client
from django.urls import reverse

from assessments.workflow import Status
from childfriendly.core.models import AuditEvent
from tests.factories import dossier_in, make_place

pytestmark = pytest.mark.django_db


def test_a_row_tells_from_where_the_change_came(settings: object) -> None:
    settings.PROXY_COUNT = 1  # type: ignore[attr-defined]
    place = make_place()
    dossier = dossier_in(Status.WITHDRAWN, place)
    told = AuditEvent.objects.count()
    client = Client()
    client.force_login(place.heads[0])
    client.post(
        reverse("assessments:resume", args=[dossier.uuid]),
        {"version": dossier.version},
        headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.9"},
    )
    event = AuditEvent.objects.latest("seq")
    assert AuditEvent.objects.count() == told + 1
    assert (event.action, event.result, event.address) == ("resume", "done", "203.0.113.9")
    assert (len(event.request_id), event.unit_id) == (32, dossier.commune_id)


def test_a_row_of_the_command_line_tells_of_no_request() -> None:
    dossier = dossier_in(Status.SUBMITTED, make_place())
    events = AuditEvent.objects.about(dossier)
    assert set(events.values_list("request_id", "address", "unit_id")) == {("", "", dossier.commune_id)}
