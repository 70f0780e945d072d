"""Time: a deadline ends with its last second, counted from the start of the request; days are those of Việt Nam
(SECURITY.md T-01, T-02)."""

import datetime as dt
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import services
from assessments.models import Dossier, Evidence, StepTime
from assessments.summaries import summarise
from assessments.workflow import Action, Status
from criteria.deadlines import VIET_NAM
from criteria.models import Deadline, DeadlineKind
from tests.factories import Place, approved, dossier_in, issued, make_place, pdf_file

pytestmark = pytest.mark.django_db

CUTOFF = dt.datetime(2024, 11, 15, tzinfo=VIET_NAM)  # «trước ngày 15/11»: until 14/11, 23:59:59.999999
MICROSECOND = dt.timedelta(microseconds=1)
ON_TIME, IN_GRACE, LATE = (False, False), (True, True), (True, False)


def judged(dossier: Dossier, kind: DeadlineKind = DeadlineKind.DOSSIER) -> tuple[bool, bool]:
    row = StepTime.objects.get(dossier=dossier, kind=kind)
    return row.is_late, row.is_in_grace


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (dt.datetime(2024, 11, 14, 23, 59, 59, 999999, tzinfo=VIET_NAM), ON_TIME),
        (dt.datetime(2024, 11, 15, 0, 0, tzinfo=VIET_NAM), IN_GRACE),
        (dt.datetime(2024, 11, 15, 0, 9, 59, tzinfo=VIET_NAM), IN_GRACE),
        (dt.datetime(2024, 11, 15, 0, 9, 59, 999999, tzinfo=VIET_NAM), IN_GRACE),
        (dt.datetime(2024, 11, 15, 0, 10, tzinfo=VIET_NAM), LATE),
        (dt.datetime(2024, 11, 14, 17, 10, tzinfo=dt.UTC), LATE),  # the same moment, as stored
    ],
)
def test_the_last_day_counts_to_its_last_second_and_minutes_are_marked(
    at: dt.datetime, expected: tuple[bool, bool]
) -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    services.perform(Action.SUBMIT, dossier_id=dossier.pk, version=dossier.version, by=place.heads[0], at=at)
    assert judged(dossier) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(0, LATE), (1, IN_GRACE)])
def test_the_grace_is_set_by_the_operator(settings: Any, minutes: int, expected: tuple[bool, bool]) -> None:
    settings.DEADLINE_GRACE_MINUTES = minutes
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    services.perform(Action.SUBMIT, dossier_id=dossier.pk, version=dossier.version, by=place.heads[0], at=CUTOFF)
    assert judged(dossier) == expected


def test_a_decision_of_the_next_day_has_no_technical_grace() -> None:
    """Its date is a day on paper: midnight of the day after is a day late, not a moment."""
    place = make_place()
    Deadline.objects.filter(period=place.period, kind=DeadlineKind.DECISION).update(
        cutoff=dt.datetime(2024, 11, 1, tzinfo=VIET_NAM)
    )
    assert judged(dossier_in(Status.RECOGNISED, place), DeadlineKind.DECISION) == LATE


def test_a_dossier_in_grace_says_so_wherever_it_is_called_late() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    services.perform(Action.SUBMIT, dossier_id=dossier.pk, version=dossier.version, by=place.heads[0], at=CUTOFF)
    client = Client()
    client.force_login(place.heads[0])
    words = "trong thời gian gia hạn kỹ thuật"
    for page in (
        reverse("assessments:dossiers"),
        reverse("assessments:dossier", args=[dossier.uuid]),
        reverse("assessments:submitted", args=[dossier.uuid]),
    ):
        assert words in client.get(page).text, page
    summary = summarise(place.period, place.province, reader=place.province_staff, at=place.at)
    row = summary.groups[0].rows[0]
    assert row.late == (f"nộp muộn ({words})",)


# ---- the start of the request counts -----------------------------------------------------------------------------
class SlowBody(BytesIO):
    """A body during which the clock goes past the deadline."""

    def __init__(self, content: bytes, clock: time_machine.Traveller, arrives: dt.datetime) -> None:
        super().__init__(content)
        self.clock, self.arrives = clock, arrives

    def read(self, *args: Any) -> bytes:
        self.clock.move_to(self.arrives)
        return super().read(*args)

    def readline(self, *args: Any) -> bytes:
        self.clock.move_to(self.arrives)
        return super().readline(*args)


def post_slowly(client: Client, page: str, body: bytes, content_type: str, clock: time_machine.Traveller) -> Any:
    """Begins in the last second before the deadline and ends 25 minutes later."""
    return client.request(
        **{
            "REQUEST_METHOD": "POST",
            "PATH_INFO": page,
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": SlowBody(body, clock, CUTOFF + dt.timedelta(minutes=25)),
        }
    )


def in_the_last_second(place: Place, dossier: Dossier, who: Any) -> tuple[Client, time_machine.travel]:
    client = Client()
    with time_machine.travel(CUTOFF - dt.timedelta(minutes=5), tick=False):
        client.force_login(who)
    return client, time_machine.travel(CUTOFF - MICROSECOND, tick=False)


def test_a_dossier_that_begins_to_arrive_in_time_is_in_time() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    client, last_second = in_the_last_second(place, dossier, place.heads[0])
    with last_second as clock:
        page = reverse("assessments:submit", args=[dossier.uuid])
        body = f"version={dossier.version}".encode()
        answer = post_slowly(client, page, body, "application/x-www-form-urlencoded", clock)
        assert timezone.now() > CUTOFF
    assert answer.status_code == 302
    assert judged(dossier) == ON_TIME
    assert Dossier.objects.get().submitted_at == CUTOFF - MICROSECOND


def test_an_upload_that_begins_in_time_keeps_that_time() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    client, last_second = in_the_last_second(place, dossier, place.editors[0])
    body = (
        b'--x\r\nContent-Disposition: form-data; name="slot"\r\n\r\n\r\n'
        b'--x\r\nContent-Disposition: form-data; name="upload"; filename="ke-hoach.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n" + pdf_file().read() + b"\r\n--x--\r\n"
    )
    with last_second as clock:
        page = reverse("assessments:attach", args=[dossier.uuid, "TC01.1"])
        answer = post_slowly(client, page, body, "multipart/form-data; boundary=x", clock)
    assert answer.status_code == 302, answer.content.decode()
    assert Evidence.objects.get().uploaded_at == CUTOFF - MICROSECOND


@pytest.mark.parametrize(
    ("told", "trusted", "expected"),
    [
        ("12.250", True, dt.timedelta(seconds=12, milliseconds=250)),
        ("3", True, dt.timedelta(seconds=3)),
        ("99999.000", True, dt.timedelta(hours=1)),  # no proxy waits so long
        ("999999999999", True, dt.timedelta()),
        ("-5", True, dt.timedelta()),
        ("1e3", True, dt.timedelta()),
        ("", True, dt.timedelta()),
        ("600", False, dt.timedelta()),  # anybody could write that
    ],
)
def test_a_proxy_that_buffers_tells_when_the_request_began(
    settings: Any, told: str, trusted: bool, expected: dt.timedelta
) -> None:
    settings.PROXY_REQUEST_TIME = trusted
    now = dt.datetime(2024, 11, 15, 0, 0, 5, tzinfo=VIET_NAM)
    with time_machine.travel(now, tick=False):
        request = Client().get("/healthz", headers={"x-request-time": told}).wsgi_request
    assert now - request.received_at == expected  # type: ignore[attr-defined]


# ---- days of Việt Nam --------------------------------------------------------------------------------------------
@time_machine.travel(dt.datetime(2024, 12, 31, 17, 30, tzinfo=dt.UTC), tick=False)
def test_half_past_five_in_greenwich_is_new_year_here() -> None:
    assert timezone.localdate() == dt.date(2025, 1, 1)


@time_machine.travel(dt.datetime(2024, 12, 31, 17, 0, tzinfo=dt.UTC), tick=False)
def test_the_number_of_a_decision_belongs_to_the_year_here() -> None:
    """00:00 on New Year's Day in Hà Nội is still the old year in Greenwich: the same number is free again."""
    place = make_place(2)
    place.at = dt.datetime(2024, 12, 30, 2, 0, tzinfo=dt.UTC)
    issued([dossier_in(Status.CONCLUDED, place, 0)], place, "7")
    decision = approved([dossier_in(Status.CONCLUDED, place, 1)], place)
    at = timezone.now()
    issued_now = services.issue_decision(
        decision_id=decision.pk,
        version=decision.version,
        number="7",
        issued_on=timezone.localdate(at),
        by=place.clerk,
        at=at,
    )
    assert (issued_now.number, issued_now.number_year) == ("7", 2025)
