"""Queries whose SQL is kept ready give what the plain ones give."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from pytest_django.fixtures import DjangoAssertNumQueries

from assessments.workflow import Status
from childfriendly.core import ready as module
from childfriendly.core.ready import LONGEST, ready
from communes import queries
from communes.models import Succession, Unit
from papers import standing
from papers.kinds import Kind
from papers.views import public
from tests.factories import NEW_FROM, CommuneFactory, SuccessionFactory, dossier_in, issued, make_place
from tests.issued_papers import decision_paper, issued_paper

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    module._compiled.cache_clear()


def communes(count: int) -> list[Unit]:
    return [CommuneFactory() for _ in range(count)]


def told(rows: list[Any]) -> list[dict[str, Any]]:
    """Everything that was read of each row, and of what was read along."""

    def of(row: Any) -> dict[str, Any]:
        loaded = {name: value for name, value in vars(row).items() if name != "_state"}
        along = [field.name for field in row._meta.fields if field.is_relation and field.is_cached(row)]
        return loaded | {name: of(one) for name in along if (one := getattr(row, name)) is not None}

    return [of(row) for row in rows]


def by_name(name: str, on: date) -> QuerySet[Unit]:
    return Unit.objects.filter(name=name, valid_from__lte=on)


def test_every_query_of_the_public_page_says_the_same_kept_ready_and_plain(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    place = make_place(2)
    decision = issued([dossier_in(Status.CONCLUDED, place, number) for number in range(2)], place)
    items = list(decision.items.all())
    paper = decision_paper(decision, place)
    certificates = [issued_paper(Kind.CERTIFICATE, place, item=item) for item in items]
    letter = issued_paper(Kind.CORRECTION, place, earlier=paper, reason="Sai.", is_reason_public=True)
    again = issued_paper(Kind.CERTIFICATE, place, item=items[0], earlier=certificates[0])
    issued_paper(Kind.REVOCATION, place, earlier=letter)
    units = [item.dossier.commune for item in items]
    for unit in units:
        SuccessionFactory(predecessor=unit, successor=CommuneFactory(new=True), on=NEW_FROM)
    cases: list[tuple[Callable[..., QuerySet[Any]], list[tuple[Any, ...]]]] = [
        (public._issued_with, [(one.code,) for one in (paper, *certificates, letter, again)]),
        (standing._below, [([paper.pk], ()), ([letter.pk], ()), ([paper.pk, certificates[0].pk], {decision.pk})]),
        (queries._named, [({units[0].pk},), ({units[1].pk},), ([unit.pk for unit in units],)]),
        (queries._links, [({units[0].pk}, NEW_FROM), ({units[1].pk}, date(2020, 1, 1)), ({units[1].pk}, NEW_FROM)]),
    ]

    for build, calls in cases:
        for values in calls:
            with django_assert_num_queries(1):
                found = ready(build, *values)
            assert told(found) == told(list(build(*values))), (build, values)


def test_the_sql_is_worked_out_once_for_values_of_one_shape() -> None:
    asked = []
    units = communes(3)

    def build(ids: Any) -> QuerySet[Unit]:
        asked.append(len(ids))
        return Unit.objects.filter(pk__in=ids)

    for some in (units[:1], units[1:2], units[:2], units[1:3]):
        assert set(ready(build, {unit.pk for unit in some})) == set(some)
    assert asked == [1, 2]


def test_a_long_collection_is_asked_for_plainly() -> None:
    units = communes(LONGEST + 1)
    assert set(ready(queries._named, {unit.pk for unit in units})) == set(units)
    assert module._compiled.cache_info().currsize == 0


def test_nothing_is_found_in_an_empty_collection_and_the_database_is_not_asked(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(2):
        with django_assert_num_queries(0):
            assert ready(queries._named, ()) == []


def test_what_is_given_is_a_value_and_never_sql() -> None:
    unit = CommuneFactory(name="Xã 'Ẵ' %s %(x)s; --")
    for name, found in ((unit.name, [unit]), ("' OR 1=1 --", []), ("", []), ("%", [])):
        assert ready(by_name, name, date(2024, 1, 1)) == found


def test_what_was_changed_in_between_is_seen() -> None:
    unit = CommuneFactory()
    assert ready(queries._named, [unit.pk])[0].name == unit.name
    Unit.objects.update(name="Xã Tên Mới")
    assert ready(queries._named, [unit.pk])[0].name == "Xã Tên Mới"


def test_a_query_that_looks_at_a_value_is_a_mistake_that_shows_at_once() -> None:
    def build(on: date) -> QuerySet[Succession]:
        return Succession.objects.none() if on > date(2025, 1, 1) else Succession.objects.all()

    with pytest.raises(TypeError):
        ready(build, date(2024, 1, 1))


@pytest.mark.django_db(transaction=True)
def test_threads_ask_each_over_its_own_connection() -> None:
    units = communes(8)
    ready(queries._named, [units[0].pk])  # worked out by this thread, used by the others
    found: dict[int, list[Unit]] = {}
    start = threading.Barrier(len(units))

    def ask(unit: Unit) -> None:
        try:
            start.wait()
            for _ in range(20):
                found[unit.pk] = ready(queries._named, [unit.pk])
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[unit]) for unit in units]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {unit.pk: [unit] for unit in units}
