"""The page of a paper that many ask for is drawn once a minute, from what the database said to each of them: whatever
happens, the very next request shows it."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from assessments.models import DecisionItem
from assessments.workflow import Status
from childfriendly.core.rates import counted_here
from childfriendly.core.ready import _compiled
from communes.models import Succession, Unit
from criteria.models import Period
from papers.kinds import Kind
from papers.models import Attachment, Paper
from papers.models.paper import new_code
from papers.standing import Standing
from papers.views import public
from tests.factories import CommuneFactory, Place, SuccessionFactory, dossier_in, issued, make_place
from tests.issued_papers import decision_paper, issued_paper

pytestmark = pytest.mark.django_db

NOW = datetime.fromisoformat("2026-11-28T09:30:10+07:00")
TODAY = date(2026, 11, 28)


@pytest.fixture(autouse=True)
def one_moment() -> Iterator[time_machine.Traveller]:
    """All within one minute, so that a page which is kept would be sent again."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def nothing_kept(settings: Any) -> None:
    settings.PUBLIC_PAGES_PER_MINUTE = 1000
    cache.clear()
    counted_here.clear()
    forget()


def forget() -> None:
    """As a process that has just started: this is all that one keeps of these pages."""
    public._drawn.cache_clear()
    _compiled.cache_clear()


@pytest.fixture
def place() -> Place:
    return make_place(3)


@pytest.fixture
def items(place: Place) -> list[DecisionItem]:
    return list(issued([dossier_in(Status.CONCLUDED, place, number) for number in range(3)], place).items.all())


@pytest.fixture
def decision(items: list[DecisionItem], place: Place) -> Paper:
    return decision_paper(items[0].decision, place)


@pytest.fixture
def certificate(decision: Paper, items: list[DecisionItem], place: Place) -> Paper:
    return issued_paper(Kind.CERTIFICATE, place, item=items[0])


@pytest.fixture
def commune(items: list[DecisionItem]) -> Unit:
    """The commune of the first certificate, which nothing happened to so far."""
    unit = items[0].dossier.commune
    Unit.objects.filter(pk=unit.pk).update(valid_to=None)
    unit.refresh_from_db()
    return unit


def shown(paper: Paper) -> str:
    """The page, which is the same from a process that was asked before, and asked twice, as from one that was not."""
    address = reverse("papers:check", args=[paper.code])
    pages = [Client().get(address) for _ in range(2)]
    forget()
    pages.append(Client().get(address))
    assert [page.status_code for page in pages] == [200] * 3
    assert len({page.content for page in pages}) == 1
    return pages[0].content.decode()


def says(paper: Paper, standing: Standing) -> bool:
    return f'<p class="state-name">{standing.label}</p>' in shown(paper)


# ---- what later papers say -----------------------------------------------------------------------------------------
def test_a_correction_is_seen_at_once(decision: Paper, place: Place) -> None:
    assert says(decision, Standing.ISSUED)
    letter = issued_paper(Kind.CORRECTION, place, earlier=decision)
    assert says(decision, Standing.CORRECTED)
    assert letter.code in shown(decision)


def test_a_replacement_is_seen_at_once(decision: Paper, items: list[DecisionItem], place: Place) -> None:
    assert says(decision, Standing.ISSUED)
    replacing = issued_paper(Kind.REPLACEMENT, place, earlier=decision, items=items)
    assert says(decision, Standing.REPLACED)
    assert replacing.code in shown(decision)


def test_a_revocation_is_seen_at_once_on_the_decision_and_on_the_certificate(
    decision: Paper, certificate: Paper, items: list[DecisionItem], place: Place
) -> None:
    assert says(decision, Standing.ISSUED)
    assert says(certificate, Standing.ISSUED)
    part = issued_paper(Kind.REVOCATION, place, earlier=decision, items=items[:1])
    assert says(decision, Standing.PARTLY_REVOKED)
    assert says(certificate, Standing.REVOKED)
    issued_paper(Kind.REVOCATION, place, earlier=part)  # and taken back
    assert says(decision, Standing.ISSUED)
    assert says(certificate, Standing.ISSUED)
    issued_paper(Kind.REVOCATION, place, earlier=decision, items=items)
    assert says(decision, Standing.REVOKED)
    assert says(certificate, Standing.REVOKED)


def test_a_certificate_that_is_issued_again_is_seen_at_once(certificate: Paper, place: Place) -> None:
    assert says(certificate, Standing.ISSUED)
    again = issued_paper(Kind.CERTIFICATE, place, item=certificate.item, earlier=certificate)
    assert says(certificate, Standing.REPLACED)
    assert again.code in shown(certificate)
    assert certificate.code in shown(again)


def test_a_signed_copy_is_seen_at_once(certificate: Paper, place: Place) -> None:
    def attach(sha256: str) -> None:
        Attachment.objects.create(
            paper=certificate,
            kind=Attachment.Kind.SIGNED_PDF,
            name="ban-ky.pdf",
            path=sha256,
            sha256=sha256,
            size=9,
            content_type="application/pdf",
            uploaded_by=place.clerk,
            uploaded_at=place.at,
        )

    assert "Bản PDF đã ký số" not in shown(certificate)
    for sha256 in ("a" * 64, "b" * 64):
        attach(sha256)
        assert sha256 in shown(certificate)


# ---- what becomes of the units -------------------------------------------------------------------------------------
def merge(commune: Unit, on: date) -> Unit:
    """Entered with the day on which it takes effect."""
    new = CommuneFactory(name="Xã Nối Tiếp", valid_from=on, valid_to=None, parent=commune.parent)
    SuccessionFactory(predecessor=commune, successor=new, on=on)
    Unit.objects.filter(pk=commune.pk).update(valid_to=on - timedelta(days=1))
    return new


def test_a_merger_is_seen_at_once(decision: Paper, certificate: Paper, commune: Unit) -> None:
    assert f"<td>{commune.name}, " in shown(certificate)
    merge(commune, TODAY)
    for paper in (decision, certificate):
        assert "<td>Xã Nối Tiếp, " in shown(paper)
        assert f"<td>{commune.name}, " not in shown(paper)


def test_a_merger_of_tomorrow_is_seen_from_midnight_on(
    decision: Paper, certificate: Paper, commune: Unit, one_moment: time_machine.Traveller
) -> None:
    merge(commune, TODAY + timedelta(days=1))
    one_moment.move_to(datetime.fromisoformat("2026-11-28T23:59:59+07:00"))
    assert all(f"<td>{commune.name}, " in shown(paper) for paper in (decision, certificate))
    one_moment.move_to(datetime.fromisoformat("2026-11-29T00:00:00+07:00"))
    assert all("<td>Xã Nối Tiếp, " in shown(paper) for paper in (decision, certificate))


def test_another_name_of_a_unit_or_of_one_above_is_seen_at_once(
    decision: Paper, certificate: Paper, commune: Unit
) -> None:
    assert commune.parent
    for unit, name in ((commune, "Xã Tên Mới"), (commune.parent, "Huyện Tên Mới")):
        shown(decision), shown(certificate)
        Unit.objects.filter(pk=unit.pk).update(name=name)
        assert all(name.partition(" ")[2] in shown(paper) for paper in (decision, certificate))


def test_a_successor_that_is_entered_later_is_seen_at_once(certificate: Paper, commune: Unit) -> None:
    new = merge(commune, TODAY)
    part = CommuneFactory(name="Xã Một Phần", valid_from=TODAY, valid_to=None, parent=commune.parent)
    shown(certificate)
    SuccessionFactory(predecessor=commune, successor=part, on=TODAY, extent=Succession.Extent.PARTIAL)
    assert f"{new.name}, " in shown(certificate)
    assert "Xã Một Phần, " in shown(certificate)


# ---- the rest of the page ------------------------------------------------------------------------------------------
def test_the_marks_of_made_up_data_are_seen_at_once(certificate: Paper, settings: Any) -> None:
    settings.DEMO_ALLOWED = False
    Period.objects.update(is_demo=False)
    assert "SỐ LIỆU GIẢ ĐỊNH" not in shown(certificate)
    settings.DEMO_ALLOWED = True
    assert "SỐ LIỆU GIẢ ĐỊNH" in shown(certificate)
    settings.DEMO_ALLOWED = False
    Period.objects.update(is_demo=True)
    assert "SỐ LIỆU GIẢ ĐỊNH" in shown(certificate)


def test_the_page_tells_the_minute_of_the_question(certificate: Paper, one_moment: time_machine.Traveller) -> None:
    assert "Kiểm tra lúc 09:30 28/11/2026." in shown(certificate)
    one_moment.shift(timedelta(minutes=1))
    assert "Kiểm tra lúc 09:31 28/11/2026." in shown(certificate)


# ---- what is kept --------------------------------------------------------------------------------------------------
def test_the_template_is_given_values_alone_and_asks_the_database_nothing(
    decision: Paper, items: list[DecisionItem], place: Place, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """What is not among the values cannot be shown, and what is among them decides whether a kept page is right."""
    issued_paper(Kind.REVOCATION, place, earlier=decision, items=items[:1])
    paper = public._issued_with(decision.code).get()
    values = public._shown(paper, "", "", timezone.now())

    def is_value(one: object) -> bool:
        if isinstance(one, tuple):
            return all(map(is_value, one))
        if is_dataclass(one):
            return all(is_value(getattr(one, field.name)) for field in fields(one))
        return one is None or isinstance(one, str | int | date)

    assert is_value(values)
    with django_assert_num_queries(0):
        public._drawn.__wrapped__(values, ())


def test_the_queries_are_the_same_whether_a_page_is_kept_or_not(
    decision: Paper, certificate: Paper, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The paper, what was said later and what became of its unit; of a decision its communes and their units too."""
    for paper, queries in ((certificate, 3), (decision, 5)):
        forget()
        for kept in (0, 1, 1):
            counted_here.clear()  # what comes above a few requests of one address is counted in the database
            assert public._drawn.cache_info().currsize == kept
            with django_assert_num_queries(queries):
                Client().get(reverse("papers:check", args=[paper.code]))


@pytest.mark.parametrize("code", [new_code, lambda: "x", lambda: "Ă" * 300])
def test_a_code_that_nobody_has_takes_no_room(client: Client, code: Callable[[], str]) -> None:
    assert client.get(reverse("papers:check", args=[code()])).status_code == 404
    assert public._drawn.cache_info().currsize == 0


def test_what_people_type_takes_no_more_room_than_there_is(client: Client, decision: Paper) -> None:
    assert public._drawn.cache_info().maxsize == public.PAGES_KEPT
    for number in range(public.PAGES_KEPT + 5):
        client.get(reverse("papers:check", args=[decision.code]), {"xa": f"x{number}"})
    assert public._drawn.cache_info().currsize == public.PAGES_KEPT
    assert _compiled.cache_info().currsize < 10
