"""Clerks at the same moment: one number goes to one paper, and the register of certificates has no gap."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from assessments.models import Decision, Dossier
from assessments.workflow import Status
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import AuditEvent
from papers import services
from papers.kinds import Kind
from papers.models import Paper, Register, State
from tests.factories import Place, approved, dossier_in, drafted, issued_paper, make_place, numbered, signed
from tests.integration.test_races import WON, chain_is_whole, race
from tests.later_papers import begun_correction, begun_reissue, begun_replacement, begun_revocation, certificates_of

__all__ = ["chain_is_whole"]  # a fixture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tiny_papers")]

CLERKS = 8


def told(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def test_of_two_clerks_typing_one_number_one_wins_and_the_others_get_a_sentence() -> None:
    place = make_place(CLERKS)
    papers = [
        signed(drafted(approved([dossier_in(Status.CONCLUDED, place, index)], place), place), place)
        for index in range(CLERKS)
    ]
    at = place.later()
    said: list[str] = []

    def act(turn: int) -> None:
        try:
            services.number(
                paper_id=papers[turn].pk,
                version=2,
                number="45",
                issued_on=timezone.localdate(at),
                by=place.clerk,
                at=at,
            )
        except Refused as refused:
            said.append(str(refused))
            raise

    assert race(act, people=CLERKS) == Counter({WON: 1, "Refused": CLERKS - 1})
    assert set(said) == {"Số 45/QĐ-UBND năm 2024 đã dùng cho văn bản khác. Xem lại sổ văn bản và nhập số đúng."}
    assert Paper.objects.filter(number="45").count() == told("number_paper") == 1


def test_one_paper_is_begun_signed_numbered_and_issued_once() -> None:
    place = make_place()
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    at = place.later()
    assert race(
        lambda turn: services.draft(kind=Kind.DECISION, decision=decision, by=place.appraiser, at=at), people=CLERKS
    ) == Counter({WON: CLERKS})
    paper = Paper.objects.get()
    day, later = timezone.localdate(at), place.later()
    steps: list[dict[str, Any]] = [
        {"call": services.sign, "by": place.leader},
        {"call": services.number, "by": place.clerk, "number": "45", "issued_on": day},
        {"call": services.issue, "by": place.clerk},
    ]
    for version, step in enumerate(steps, start=1):
        call = step.pop("call")
        answers = race(
            lambda turn, call=call, step=step, version=version: call(  # type: ignore[misc]
                paper_id=paper.pk, version=version, at=later, **step
            ),
            people=4,
        )
        assert answers[WON] >= 1
    assert [told(f"{step}_paper") for step in ("draft", "sign", "number", "issue")] == [1, 1, 1, 1]
    assert (Dossier.objects.get().status, Register.objects.get().last) == (Status.RECOGNISED, 1)


def test_fifty_issues_at_once_with_some_undone_leave_a_register_without_gaps() -> None:
    """Ten decisions of five communes and fewer, each asked for five times; every third act loses its transaction after
    it took its numbers."""
    sizes = [1, 2, 3, 1, 2, 3, 1, 2, 3, 2]
    place = make_place(sum(sizes))
    waiting, index = [], 0
    for number, size in enumerate(sizes, start=1):
        dossiers = [dossier_in(Status.CONCLUDED, place, index + step) for step in range(size)]
        index += size
        waiting.append(numbered(signed(drafted(approved(dossiers, place), place), place), place, str(number)))
    ready = [services.prepared(paper) for paper in waiting]
    at = place.later()

    def act(turn: int) -> None:
        paper = Paper.objects.select_related("unit", "period", "signer", "decision").get(
            pk=waiting[turn % len(waiting)].pk
        )
        with transaction.atomic():
            services.issue_prepared(paper=paper, **ready[turn % len(waiting)], by=place.clerk, at=at)
            if turn % 3 == 0 and turn < 30:
                raise Refused("undone")

    answers = race(act, people=50)
    assert answers[WON] + answers["Refused"] == 50
    assert Paper.objects.filter(kind=Kind.DECISION, state=State.ISSUED).count() == len(sizes)
    assert Decision.objects.exclude(number="").count() == len(sizes)
    numbers = Paper.objects.filter(kind=Kind.CERTIFICATE).order_by("register_number")
    assert list(numbers.values_list("register_number", flat=True)) == list(range(1, sum(sizes) + 1))
    assert Register.objects.get().last == sum(sizes)
    for paper in waiting:
        own = numbers.filter(item__decision=paper.decision).values_list("register_number", flat=True)
        assert list(own) == list(range(own[0], own[0] + len(own)))  # in one row, in the order of the annex


def test_fifty_takings_at_once_with_some_undone_leave_a_register_without_gaps() -> None:
    """Every fifth loses its transaction after it took its numbers: they go to somebody else."""
    unit = make_place().deciding
    given: list[int] = []

    def take(turn: int) -> None:
        with transaction.atomic():
            _, numbers = Register.take(unit, 2024, 1 + turn % 3)
            if turn % 5 == 0:
                raise Refused("undone")
        given.extend(numbers)

    assert race(take, people=50) == Counter({WON: 40, "Refused": 10})
    assert sorted(given) == list(range(1, len(given) + 1))
    assert Register.objects.get().last == len(given)


def test_twenty_workers_make_the_bytes_of_a_certificate_once() -> None:
    place = make_place()
    issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    waiting = Paper.objects.get(kind=Kind.CERTIFICATE)
    at = place.later()
    made = services.prepared(waiting)

    def act(turn: int) -> None:
        services.issue_prepared(paper=waiting, **made, at=at + timedelta(seconds=turn))

    assert race(act) == Counter({WON: 20})
    assert AuditEvent.objects.about(waiting).filter(action="issue_paper").count() == 1
    assert connection.vendor in {"sqlite", "postgresql"}


def test_certificates_issued_again_at_once_with_some_undone_leave_a_register_without_gaps() -> None:
    place = make_place(CLERKS)
    paper = issued_paper([dossier_in(Status.CONCLUDED, place, index) for index in range(CLERKS)], place)
    waiting = [
        signed(begun_reissue(first, place, f"Xã {number}"), place)
        for number, first in enumerate(certificates_of(paper, place))
    ]
    at = place.later()

    def act(turn: int) -> None:
        one = waiting[turn % CLERKS]
        with transaction.atomic():
            services.enter_in_register(paper_id=one.pk, version=one.version, by=place.clerk, at=at)
            if turn % 4 == 0 and turn < CLERKS:
                raise Refused("undone")

    assert race(act, people=2 * CLERKS)[WON] == CLERKS
    given = Paper.objects.filter(kind=Kind.CERTIFICATE).order_by("register_number")
    assert list(given.values_list("register_number", flat=True)) == list(range(1, 2 * CLERKS + 1))


@pytest.mark.parametrize("begin", [begun_correction, lambda paper, place: begun_reissue(paper, place, "Xã Tên Đúng")])
def test_of_one_later_paper_begun_by_many_at_once_one_is_begun(begin: Callable[[Paper, Place], Paper]) -> None:
    place = make_place()
    paper = issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    (certificate,) = certificates_of(paper, place)
    answers = race(lambda turn: begin(certificate, place), people=CLERKS)
    assert (answers[WON], answers["Refused"]) == (1, CLERKS - 1)
    assert Paper.objects.filter(earlier=certificate).count() == 1


def test_of_a_replacement_and_a_revocation_begun_at_once_one_is_refused() -> None:
    place = make_place()
    paper = issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    certificates_of(paper, place)
    assert paper.decision is not None
    item = paper.decision.items.get().pk

    def act(turn: int) -> None:
        if turn % 2:
            begun_replacement(paper, place, {})
        else:
            begun_revocation(paper, place, [item])

    answers = race(act, people=CLERKS)
    assert (answers[WON], answers["Refused"]) == (1, CLERKS - 1)
