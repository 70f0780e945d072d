"""Twenty people press the same button in the same moment: one act, one audit row, and nobody is told a lie.

`select_for_update` does nothing on SQLite; the conditional UPDATE has to hold on both databases."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
from django.db import connection
from django.utils import timezone

from assessments import services
from assessments.models import (
    Answer,
    AppraisedAnswer,
    CriterionEntry,
    Decision,
    Dossier,
    Figures,
    FrozenSheet,
    Proposal,
    ProposalItem,
    ReturnedItem,
    StepTime,
)
from assessments.services import Appraised
from assessments.workflow import Action, Status
from childfriendly.core import chain
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import AuditEvent
from communes.models import Role, User
from criteria.models import DeadlineKind
from tests.factories import agree, approved, declare, dossier_in, make_place, pdf_file, proposed, user_with

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 20
ROUNDS = 10  # of one race, inside one world: what holds once may hold by chance
WON = "won"


def race(act: Callable[[int], object], people: int = PEOPLE) -> Counter[str]:
    """How often `act` went through, and how often each sentence came back. Any other error fails the test."""
    barrier = threading.Barrier(people)
    answers: list[str] = []
    broken: list[BaseException] = []

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            act(number)
            answers.append(WON)
        except Refused as refused:
            answers.append(type(refused).__name__)
        except BaseException as error:  # handed to the test's own thread
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if broken:
        raise broken[0]
    assert len(answers) == people
    return Counter(answers)


def rows(action: str, obj: Dossier | Proposal | Decision) -> int:
    return AuditEvent.objects.about(obj).filter(action=action).count()


@pytest.fixture(autouse=True)
def chain_is_whole():  # type: ignore[no-untyped-def]
    """After every race: no fork, no gap."""
    yield
    assert chain.first_broken_row() is None
    seqs = list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))


def test_one_approval() -> None:
    place = make_place()
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    at = place.later()
    result = race(lambda _: services.approve(proposal_id=proposal.pk, version=proposal.version, by=place.leader, at=at))
    assert result[WON] == 1
    assert (Decision.objects.count(), rows("approve", proposal)) == (1, 1)


def test_approved_or_returned_never_both() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    proposal = proposed([dossier], place)
    at = place.later()

    def answer(number: int) -> None:
        if number % 2:
            services.approve(proposal_id=proposal.pk, version=1, by=place.leader, at=at)
        else:
            services.return_proposal(proposal_id=proposal.pk, version=1, reason="Thiếu.", by=place.leader, at=at)

    assert race(answer)[WON] == 1
    proposal.refresh_from_db()
    is_approved = proposal.state == Proposal.State.APPROVED
    assert Decision.objects.count() == int(is_approved)
    assert ProposalItem.objects.get().is_live is is_approved
    assert rows("approve", proposal) + rows("return_proposal", proposal) == 1


@pytest.mark.parametrize(
    ("action", "start"),
    [(Action.SUBMIT, Status.DRAFT), (Action.TAKE, Status.SUBMITTED), (Action.CONCLUDE, Status.APPRAISING)],
)
def test_one_move(action: Action, start: Status) -> None:
    place = make_place()
    dossier = dossier_in(start, place)
    if action is Action.CONCLUDE:
        agree(dossier, place.appraiser, place.later())
    by = place.heads[0] if action is Action.SUBMIT else place.appraiser
    at = place.later()
    sheets, times = FrozenSheet.objects.count(), StepTime.objects.count()
    result = race(
        lambda _: services.perform(
            action,
            dossier_id=dossier.pk,
            version=dossier.version,
            by=by,
            at=at,
            recommendation="recognise",
            reason="Đủ điều kiện.",
        )
    )
    assert result[WON] == 1
    assert rows(action, dossier) == 1
    leaves = 0 if action is Action.TAKE else 1  # a frozen sheet and a judged time
    assert (FrozenSheet.objects.count() - sheets, StepTime.objects.count() - times) == (leaves, leaves)
    assert Dossier.objects.get(pk=dossier.pk).version == dossier.version + 1


def test_who_takes_a_dossier_while_leaving_either_stays_or_does_not_have_it() -> None:
    place = make_place(ROUNDS)
    outcomes: set[tuple[bool, bool]] = set()
    for number in range(ROUNDS):
        place.appraiser = user_with(Role.APPRAISER, place.deciding)
        user_with(Role.APPRAISER, place.deciding)  # so that no role stands empty
        dossier = dossier_in(Status.SUBMITTED, place, number)
        person, at = place.appraiser, place.later()

        def act(turn: int, dossier: Dossier = dossier, person: User = person, at: datetime = at) -> None:
            by = User.objects.get(pk=person.pk)
            if turn:
                services.perform(Action.TAKE, dossier_id=dossier.pk, version=dossier.version, by=by, at=at)
            else:
                services.leave(person=by, by=place.catalogue_admin, at=at)

        assert race(act, people=2)[WON] == 1
        person.refresh_from_db()
        dossier.refresh_from_db()
        outcomes.add((person.is_active, dossier.appraiser_id == person.pk))
    assert outcomes <= {(True, True), (False, False)}


def test_one_return_is_one_round() -> None:
    place = make_place()
    dossier = dossier_in(Status.APPRAISING, place)
    at = place.later()
    result = race(
        lambda number: services.perform(
            Action.RETURN,
            dossier_id=dossier.pk,
            version=dossier.version,
            items={"TC01.1": f"Lý do {number}."},
            by=place.appraiser,
            at=at,
        )
    )
    assert result[WON] == 1
    assert (ReturnedItem.objects.count(), Dossier.objects.get().round) == (1, 1)


def test_a_figure_never_slips_in_after_the_submit() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    at = place.later()

    def act(number: int) -> None:
        if number % 2:
            services.perform(Action.SUBMIT, dossier_id=dossier.pk, version=dossier.version, by=place.heads[0], at=at)
        else:
            services.save_entry(
                dossier_id=dossier.pk,
                criterion="TC12",
                version=1,
                answers={"TC12.2": Figures(count=number)},
                explanation=None,
                by=place.editors[0],
                at=at,
            )

    race(act)
    assert Dossier.objects.get().status == Status.SUBMITTED
    assert FrozenSheet.objects.get().answers["TC12.2"] == str(Answer.objects.get(item="TC12.2").count)


def test_one_number_for_one_decision() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    decision = approved([dossier], place)
    at = place.later()
    result = race(
        lambda number: services.issue_decision(
            decision_id=decision.pk,
            version=decision.version,
            number=str(number + 1),
            issued_on=at.date(),
            by=place.clerk,
            at=at,
        )
    )
    assert result[WON] == 1
    assert (rows("issue_decision", decision), rows(Action.RECOGNISE, dossier)) == (1, 1)
    assert StepTime.objects.filter(kind=DeadlineKind.DECISION).count() == 1


def test_one_decision_for_one_number() -> None:
    drafts = 6  # each needs a dossier of its own brought all the way
    place = make_place(drafts)
    decisions = [approved([dossier_in(Status.CONCLUDED, place, index)], place) for index in range(drafts)]
    at = place.later()
    result = race(
        lambda number: services.issue_decision(
            decision_id=decisions[number].pk, version=1, number="7", issued_on=at.date(), by=place.clerk, at=at
        ),
        people=drafts,
    )
    assert result == Counter({"Refused": drafts - 1, WON: 1})
    assert Decision.objects.filter(number="7").count() == 1
    assert Dossier.objects.filter(status=Status.RECOGNISED).count() == 1


def test_a_dossier_lies_in_one_proposal() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    at = place.later()
    result = race(
        lambda number: services.propose(
            dossier_ids=[dossier.pk],
            submission_number=f"{number}/TTr",
            submission_text="Kính trình.",
            minutes=pdf_file(),
            by=place.head_of_office,
            at=at,
        )
    )
    assert result == Counter({"Stale": PEOPLE - 1, WON: 1})
    assert (Proposal.objects.count(), ProposalItem.objects.count(), rows("propose", dossier)) == (1, 1, 1)


def test_proposed_or_reopened_never_both() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    at = place.later()

    def act(number: int) -> None:
        if number % 2:
            services.propose(
                dossier_ids=[dossier.pk],
                submission_number="1/TTr",
                submission_text="Kính trình.",
                minutes=pdf_file(),
                by=place.head_of_office,
                at=at,
            )
        else:
            services.perform(
                Action.REOPEN,
                dossier_id=dossier.pk,
                version=dossier.version,
                reason="Có đơn.",
                by=place.head_of_office,
                at=at,
            )

    assert race(act)[WON] == 1
    is_reopened = Dossier.objects.get().status == Status.APPRAISING
    assert ProposalItem.objects.filter(is_live=True).count() == int(not is_reopened)


def test_two_people_on_one_criterion_never_overwrite_each_other() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    at = place.later()
    result = race(
        lambda number: services.save_entry(
            dossier_id=dossier.pk,
            criterion="TC12",
            version=1,
            answers={"TC12.2": Figures(count=number)},
            explanation=f"Người {number}",
            by=place.editors[0],
            at=at,
        )
    )
    assert result == Counter({"Stale": PEOPLE - 1, WON: 1})
    entry, answer = CriterionEntry.objects.get(criterion="TC12"), Answer.objects.get(item="TC12.2")
    assert (entry.version, entry.explanation) == (2, f"Người {answer.count}")


def test_the_first_save_of_a_criterion_is_one_row() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    at = place.later()
    result = race(
        lambda number: services.save_entry(
            dossier_id=dossier.pk,
            criterion="TC12",
            version=0,
            answers={"TC12.2": Figures(count=number)},
            explanation="",
            by=place.editors[0],
            at=at,
        )
    )
    assert result == Counter({"Stale": PEOPLE - 1, WON: 1})


def test_two_appraisers_on_one_criterion_never_overwrite_each_other() -> None:
    place = make_place()
    dossier = dossier_in(Status.APPRAISING, place)
    at = place.later()
    result = race(
        lambda number: services.save_appraisal(
            dossier_id=dossier.pk,
            criterion="TC12",
            version=0,
            answers={"TC12.2": Appraised(Figures(count=number + 5), f"Người {number}")},
            by=place.appraiser,
            at=at,
        )
    )
    assert result == Counter({"Stale": PEOPLE - 1, WON: 1})
    row = AppraisedAnswer.objects.get()
    assert row.reason == f"Người {(row.count or 0) - 5}"


def test_two_people_on_the_shared_totals_never_overwrite_each_other() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    at = place.later()
    result = race(
        lambda number: services.save_base_figures(
            dossier_id=dossier.pk, version=0, values={"children_aged_5": number}, by=place.editors[0], at=at
        )
    )
    assert result == Counter({"Stale": PEOPLE - 1, WON: 1})


def test_a_dossier_is_opened_once() -> None:
    place = make_place()
    at = place.later()
    opened: list[int] = []

    def act(_: int) -> None:
        dossier = services.create(period=place.period, commune=place.communes[0], by=place.editors[0], at=at)
        opened.append(dossier.pk)

    assert race(act) == Counter({WON: PEOPLE})
    dossier = Dossier.objects.get()
    assert set(opened) == {dossier.pk}
    assert rows("create", dossier) == 1


def test_twenty_different_dossiers_keep_one_chain() -> None:
    place = make_place(PEOPLE)
    dossiers = [dossier_in(Status.DRAFT, place, index, filled=False) for index in range(PEOPLE)]
    for index, dossier in enumerate(dossiers):
        declare(dossier, place.editors[index], place.at)
    at = place.later()
    result = race(
        lambda number: services.perform(
            Action.SUBMIT, dossier_id=dossiers[number].pk, version=1, by=place.heads[number], at=at
        )
    )
    assert result == Counter({WON: PEOPLE})
    assert Dossier.objects.filter(status=Status.SUBMITTED).count() == PEOPLE


# ---- ten rounds --------------------------------------------------------------------------------------------------
def test_of_approving_and_returning_one_wins_in_every_round() -> None:
    place = make_place(ROUNDS)
    for index in range(ROUNDS):
        dossier = dossier_in(Status.CONCLUDED, place, index)
        proposal = proposed([dossier], place, f"{index}/TTr")
        at = place.later()

        def answer(number: int, proposal: Proposal = proposal, at: datetime = at) -> None:
            if number % 2:
                services.approve(proposal_id=proposal.pk, version=1, by=place.leader, at=at)
            else:
                services.return_proposal(proposal_id=proposal.pk, version=1, reason="Thiếu.", by=place.leader, at=at)

        assert race(answer)[WON] == 1, index
        proposal.refresh_from_db()
        is_approved = proposal.state == Proposal.State.APPROVED
        assert Decision.objects.filter(proposal=proposal).count() == int(is_approved), index
        assert ProposalItem.objects.get(dossier=dossier).is_live is is_approved, index
        assert (rows("approve", proposal), rows("return_proposal", proposal)) == (is_approved, not is_approved), index


def test_of_taking_withdrawing_and_submitting_again_one_wins_in_every_round() -> None:
    place = make_place(ROUNDS)
    for index in range(ROUNDS):
        dossier = dossier_in(Status.SUBMITTED, place, index)
        people = [
            (Action.TAKE, place.appraiser),
            (Action.WITHDRAW, place.heads[index]),
            (Action.SUBMIT, place.heads[index]),
        ]
        at = place.later()

        def act(
            number: int,
            dossier: Dossier = dossier,
            people: Sequence[tuple[Action, User]] = people,
            at: datetime = at,
        ) -> None:
            action, by = people[number % 3]
            services.perform(action, dossier_id=dossier.pk, version=dossier.version, reason="Nhập nhầm.", by=by, at=at)

        before = rows(Action.SUBMIT, dossier)
        assert race(act)[WON] == 1, index
        after = Dossier.objects.get(pk=dossier.pk)
        assert after.version == dossier.version + 1, index
        moved = {Status.APPRAISING: (1, 0), Status.WITHDRAWN: (0, 1)}[Status(after.status)]
        assert (rows(Action.TAKE, dossier), rows(Action.WITHDRAW, dossier)) == moved, index
        assert rows(Action.SUBMIT, dossier) == before, index


def test_a_decision_gets_one_number_in_every_round() -> None:
    place = make_place(ROUNDS)
    for index in range(ROUNDS):
        dossier = dossier_in(Status.CONCLUDED, place, index)
        decision = approved([dossier], place)
        at = place.later()

        def issue(number: int, decision: Decision = decision, at: datetime = at, index: int = index) -> None:
            services.issue_decision(
                decision_id=decision.pk,
                version=1,
                number=str(index * PEOPLE + number + 1),
                issued_on=timezone.localdate(at),
                by=place.clerk,
                at=at,
            )

        assert race(issue)[WON] == 1, index
        assert (rows("issue_decision", decision), rows(Action.RECOGNISE, dossier)) == (1, 1), index
    numbers = Decision.objects.values_list("number", flat=True)
    assert len(set(numbers)) == len(numbers) == ROUNDS
