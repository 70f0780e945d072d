"""Twenty people of one commune enter the same council and close the same meeting in the same moment."""

import pytest

from assessments.workflow import Status
from papers.models import Attendance, Council, Meeting, Member, Vote
from papers.services.council import Ballot, Record, begin_meeting, reopen_meeting, save_meeting
from tests.factories import SEATED, council, dossier_in, make_place, met
from tests.integration.test_races import PEOPLE, WON, chain_is_whole, race

__all__ = ["chain_is_whole"]  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_council_and_one_list_of_members() -> None:
    place = make_place()
    assert race(lambda _: council(place)) == {WON: 1, "Stale": PEOPLE - 1}
    assert (Council.objects.count(), Member.objects.count()) == (1, len(SEATED))


def test_everybody_begins_the_same_meeting() -> None:
    place = make_place()
    found, at = council(place), place.later()
    assert race(lambda _: begin_meeting(council_id=found.pk, by=place.editors[0], at=at)) == {WON: PEOPLE}
    assert Meeting.objects.get().number == 1


def test_a_meeting_is_closed_once_with_one_list_of_votes_and_opened_again_once() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    held = met(council(place), [dossier], place, closes=False)
    at = place.later()

    def close(number: int) -> None:
        record = Record(
            opened_at=held.opened_at,
            ended_at=held.ended_at,
            place=f"Phòng {number}",
            conclusion="Thống nhất.",
            ballots={dossier.pk: Ballot(4, 0, 0)},
        )
        save_meeting(
            meeting_id=held.pk,
            version=held.version,
            council_version=1,
            record=record,
            closes=True,
            by=place.editors[0],
            at=at,
        )

    assert race(close) == {WON: 1, "Stale": PEOPLE - 1}
    closed = Meeting.objects.get()
    assert (closed.is_closed, Attendance.objects.count(), Vote.objects.count()) == (True, len(SEATED), 1)
    act = {"meeting_id": closed.pk, "version": closed.version, "by": place.editors[0], "at": at}
    assert race(lambda _: reopen_meeting(**act)) == {WON: 1, "Stale": PEOPLE - 1}
