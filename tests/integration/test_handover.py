"""An official leaves, the unit keeps the work: nothing stands empty, nothing is lost, four eyes stay."""

import datetime

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from assessments import services
from assessments.models import Dossier
from assessments.services.handover import CHANGED, work_of
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes.models import Role, RoleAssignment, User
from communes.queries import roles_of
from tests.factories import Place, RoleAssignmentFactory, agree, dossier_in, make_place, proposed, user_with
from tests.signing_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_files")]

DAY = datetime.timedelta(days=1)


@pytest.fixture
def place() -> Place:
    return make_place(4)


@pytest.fixture
def successor(place: Place) -> User:
    return user_with(Role.INSPECTOR, place.deciding, full_name="Trần Thị Kế", username="ke")


def today(place: Place) -> datetime.date:
    return timezone.localdate(place.at)


def hand_over(place: Place, person: User, to: User, seen: str = "") -> None:
    services.hand_over(
        person=person,
        successor=User.objects.get(pk=to.pk),
        seen=seen or work_of(person, today(place)).fingerprint,
        by=place.catalogue_admin,
        at=place.at,
    )


def test_the_successor_has_the_work_and_nothing_is_lost(place: Place, successor: User) -> None:
    in_hand = [dossier_in(status, place, n) for n, status in enumerate([Status.APPRAISING, Status.RETURNED])]
    finished = dossier_in(Status.CONCLUDED, place, 2)
    hand_over(place, place.appraiser, successor)

    assert set(Dossier.objects.filter(appraiser=successor)) == set(in_hand)
    assert Dossier.objects.get(pk=finished.pk).appraiser == place.appraiser  # who has appraised stays who has appraised
    assert roles_of(User.objects.get(pk=successor.pk), today(place)).units(Role.APPRAISER) == {place.deciding.pk}
    gone = User.objects.get(pk=place.appraiser.pk)
    assert (gone.is_active, gone.role_assignments.get().valid_to) == (False, today(place))
    told = AuditEvent.objects.about(in_hand[0]).get(action="hand_over")
    assert (told.actor_role, told.before, told.after, told.reason) == (
        "Quản trị danh mục",
        {"appraiser": str(place.appraiser.uuid)},
        {"appraiser": str(successor.uuid)},
        f"Đồng chí {place.appraiser.full_name} bàn giao cho đồng chí Trần Thị Kế.",
    )

    dossier = in_hand[0]
    agree(dossier, successor, place.later())
    services.perform(
        Action.CONCLUDE,
        dossier_id=dossier.pk,
        version=dossier.version,
        by=User.objects.get(pk=successor.pk),
        at=place.later(),
        recommendation="recognise",
        reason="Theo biên bản.",
    )


@pytest.mark.parametrize("role", [Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD, Role.HEAD_OF_OFFICE, Role.LEADER, Role.CLERK])
def test_the_last_one_of_a_role_does_not_go_without_a_successor(place: Place, role: Role) -> None:
    dossier_in(Status.DRAFT, place)
    people = {
        Role.COMMUNE_EDITOR: place.editors[0],
        Role.COMMUNE_HEAD: place.heads[0],
        Role.HEAD_OF_OFFICE: place.head_of_office,
        Role.LEADER: place.leader,
        Role.CLERK: place.clerk,
    }
    person = people[role]
    unit = person.role_assignments.get().unit
    with pytest.raises(Refused, match="còn việc chưa bàn giao; chọn người kế nhiệm"):
        services.leave(person=person, by=place.catalogue_admin, at=place.at)
    user_with(role, unit, is_active=False)
    with pytest.raises(Refused, match="còn việc chưa bàn giao; chọn người kế nhiệm"):
        services.leave(person=person, by=place.catalogue_admin, at=place.at)
    user_with(role, unit)
    services.leave(person=person, by=place.catalogue_admin, at=place.at)
    assert person.role_assignments.get().valid_to is None


def test_who_only_reads_leaves_nothing_behind(place: Place, successor: User) -> None:
    assert not work_of(successor, today(place)).needs_successor
    services.leave(person=successor, by=place.catalogue_admin, at=place.at)
    assert not User.objects.get(pk=successor.pk).is_active


def test_a_role_at_a_unit_that_ended_counts_as_long_as_a_dossier_is_open(place: Place) -> None:
    later = place.deciding.valid_to
    assert later is not None
    assert not work_of(place.clerk, later + DAY).needs_successor
    dossier_in(Status.SUBMITTED, place)
    assert work_of(place.clerk, later + DAY).roles == ((Role.CLERK, place.deciding),)


def test_four_eyes_hold_for_the_successor_or_nothing_is_done(place: Place) -> None:
    dossier_in(Status.APPRAISING, place)
    for successor in (place.editors[0], place.heads[0]):
        with pytest.raises(Refused, match="hồ sơ của chính xã mình"):
            hand_over(place, place.appraiser, successor)
    assert User.objects.get(pk=place.appraiser.pk).is_active
    assert not AuditEvent.objects.filter(action__in=["hand_over", "end_role"]).exists()


def test_who_handed_over_has_still_appraised(place: Place, successor: User) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    proposal = proposed([dossier], place)
    RoleAssignmentFactory(user=place.appraiser, role=Role.LEADER, unit=place.deciding)
    Dossier.objects.filter(pk=dossier.pk).update(appraiser=successor)
    with pytest.raises(Refused, match="Người đã thẩm định hồ sơ không được quyết định hồ sơ đó"):
        services.approve(
            proposal_id=proposal.pk, version=1, by=User.objects.get(pk=place.appraiser.pk), at=place.later()
        )


def test_only_somebody_of_the_area_takes_over(place: Place, successor: User) -> None:
    dossier_in(Status.APPRAISING, place)
    abroad = make_place()
    stopped = user_with(Role.APPRAISER, place.deciding, is_active=False)
    for wrong in (abroad.appraiser, stopped, place.appraiser):
        with pytest.raises(Refused, match="một tài khoản khác đang hoạt động trong địa bàn"):
            hand_over(place, place.appraiser, wrong)
    with pytest.raises(Refused, match="không thuộc địa bàn"):
        services.hand_over(person=place.appraiser, successor=successor, seen="", by=abroad.catalogue_admin, at=place.at)


def test_what_came_after_the_page_is_read_first(place: Place, successor: User) -> None:
    seen = work_of(place.appraiser, today(place)).fingerprint
    dossier_in(Status.APPRAISING, place)
    with pytest.raises(Stale, match=CHANGED):
        hand_over(place, place.appraiser, successor, seen)


def test_roles_still_to_begin_are_taken_back(place: Place, successor: User) -> None:
    RoleAssignmentFactory(
        user=place.appraiser, role=Role.HEAD_OF_OFFICE, unit=place.deciding, valid_from=today(place) + DAY
    )
    hand_over(place, place.appraiser, successor)
    assert [held.role for held in RoleAssignment.objects.filter(user=place.appraiser)] == [Role.APPRAISER]
    assert AuditEvent.objects.get(action="take_back_role").before["role"] == "head_of_office"


def test_the_page_shows_what_is_handed_over_before_it_is_done(client: Client, place: Place, successor: User) -> None:
    dossiers = [dossier_in(Status.APPRAISING, place, number) for number in range(2)]
    url = f"/nguoi-dung/{place.appraiser.uuid}/ngung/"
    with time_machine.travel(place.later(), tick=False):
        signed_in(place.catalogue_admin, client)
        text = client.get(url).text
        assert "2 hồ sơ đang thẩm định tại" in text
        assert f"Vai trò Chuyên viên thẩm định, {place.deciding.name}" in text
        assert [dossier.code in text for dossier in dossiers] == [False, False]
        assert "Trần Thị Kế" in text  # a colleague of the same unit
        assert place.editors[0].full_name not in text
        assert place.editors[0].full_name in client.get(url, {"q": place.editors[0].full_name}).text
        assert client.post(url).status_code == 422

        chosen = f"{url}?ke-nhiem={successor.uuid}"
        page = client.get(chosen).text
        assert "Người kế nhiệm: <strong>Trần Thị Kế</strong>" in page
        seen = work_of(place.appraiser, timezone.localdate()).fingerprint
        assert seen in page
        assert client.post(chosen, {"seen": "x"}).status_code == 409
        assert client.post(chosen, {"seen": seen}).status_code == 302
        assert Dossier.objects.filter(appraiser=successor).count() == 2
        assert "công việc đã bàn giao cho trần thị kế" in client.get("/nguoi-dung/").text.lower()
