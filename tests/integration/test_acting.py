"""Acting for a superior on leave: given by a paper, felt at the next click, written wherever it counts."""

import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from assessments import services
from assessments.models import Decision, Dossier, Proposal
from assessments.workflow import Status
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import AuditEvent
from communes.acting import end_acting, give_acting
from communes.forms import assignment_key
from communes.models import Role, RoleAssignment, User
from communes.queries import roles_of
from papers.filling.unkept import decision_content
from tests.factories import Place, RoleAssignmentFactory, dossier_in, issued, make_place, proposed, user_with
from tests.signing_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_files")]

APPROVE = "Xem lại và duyệt hồ sơ trình"
DAY = datetime.timedelta(days=1)
MINE = "/lam-thay/"


@pytest.fixture
def place() -> Place:
    return make_place(2)


@pytest.fixture
def deputy(place: Place) -> User:
    """An inspector of the same unit, of whom no dossier knows."""
    return user_with(Role.INSPECTOR, place.deciding, full_name="Trần Thị Phó", username="pho")


def give(place: Place, to: User, **changed: Any) -> RoleAssignment:
    today = timezone.localdate(place.at)
    fields: dict[str, Any] = {
        "held": place.leader.role_assignments.get(),
        "to": to,
        "title": "Phó Chủ tịch",
        "valid_from": today,
        "valid_to": today + 10 * DAY,
        "document_number": "12/GUQ-UBND",
        "by": place.leader,
        "at": place.at,
    }
    return give_acting(**(fields | changed))


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def approve(proposal: Proposal, by: User, at: datetime.datetime) -> Decision:
    return services.approve(proposal_id=proposal.pk, version=1, by=fresh(by), at=at)


# ---- rights ------------------------------------------------------------------------------------------------------
def test_whoever_acts_has_the_role_from_the_first_day_to_the_last(place: Place, deputy: User) -> None:
    today = timezone.localdate(place.at)
    give(place, deputy, valid_from=today + DAY, valid_to=today + 3 * DAY)
    days = [today + number * DAY for number in range(5)]
    assert [place.deciding.pk in roles_of(fresh(deputy), day).units(Role.LEADER) for day in days] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert all(roles_of(place.leader, day).has(Role.LEADER) for day in days)


def test_the_right_ends_with_that_of_the_superior(place: Place, deputy: User) -> None:
    today = timezone.localdate(place.at)
    give(place, deputy)
    own = place.leader.role_assignments.filter(acting_for=None)
    for change, back in (
        (lambda: own.update(valid_to=today - DAY), lambda: own.update(valid_to=None)),
        (
            lambda: User.objects.filter(pk=place.leader.pk).update(is_active=False),
            lambda: User.objects.filter(pk=place.leader.pk).update(is_active=True),
        ),
    ):
        assert roles_of(fresh(deputy), today).has(Role.LEADER)
        change()
        assert not roles_of(fresh(deputy), today).has(Role.LEADER)
        back()


def test_pages_obey_at_the_next_click(client: Client, place: Place, deputy: User) -> None:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    with time_machine.travel(place.later(), tick=False):
        other = user_with(Role.CLERK, place.deciding)
        signed_in(other, client)
        page = f"/ho-so-trinh/{proposal.uuid}/"
        assert APPROVE not in client.get(page).text
        acting = give(place, other, at=timezone.now())
        assert APPROVE in client.get(page).text
        assert "Lãnh đạo quyết định (thay đồng chí" in client.get("/").text
        end_acting(acting=acting, by=place.leader, at=timezone.now())
        assert APPROVE not in client.get(page).text


# ---- what is written ---------------------------------------------------------------------------------------------
def test_what_was_done_says_in_whose_place(place: Place, deputy: User) -> None:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    give(place, deputy)
    decision = approve(proposal, deputy, place.later())
    event = AuditEvent.objects.about(proposal).get(action="approve")
    assert (event.actor_name, event.actor_role) == (
        "Trần Thị Phó",
        f"Lãnh đạo quyết định, {place.deciding.name} (thay đồng chí {place.leader.full_name}, văn bản số 12/GUQ-UBND)",
    )
    assert (decision.signer_title, decision.signer_name, decision.signed_for_title, decision.signed_for) == (
        "Phó Chủ tịch",
        "Trần Thị Phó",
        "Chủ tịch",
        f"(thay đồng chí {place.leader.full_name}, văn bản số 12/GUQ-UBND)",
    )
    (signature,) = decision_content(decision).signatures
    assert signature.lines == ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")


def test_the_leader_signs_as_before(place: Place) -> None:
    decision = issued([dossier_in(Status.CONCLUDED, place)], place)
    assert (decision.signed_for_title, decision.signed_for) == ("", "")
    assert AuditEvent.objects.filter(action="approve").first().actor_role == (  # type: ignore[union-attr]
        f"Lãnh đạo quyết định, {place.deciding.name}"
    )


# ---- four eyes ---------------------------------------------------------------------------------------------------
def test_who_appraised_does_not_decide_while_acting_either(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    proposal = proposed([dossier], place)
    give(place, place.appraiser)
    with pytest.raises(Refused, match="Người đã thẩm định hồ sơ không được quyết định hồ sơ đó"):
        approve(proposal, place.appraiser, place.later())
    # not even after another appraiser is named: the figures are still theirs
    Dossier.objects.filter(pk=dossier.pk).update(appraiser=user_with(Role.APPRAISER, place.deciding))
    with pytest.raises(Refused, match="Người đã thẩm định hồ sơ không được quyết định hồ sơ đó"):
        approve(proposal, place.appraiser, place.later())


def test_who_proposed_does_not_approve_while_acting(place: Place) -> None:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    give(place, place.head_of_office)
    with pytest.raises(Refused, match="Người đã trình hồ sơ không được quyết định hồ sơ đó"):
        approve(proposal, place.head_of_office, place.later())
    approve(proposal, place.leader, place.later())


def test_an_appraiser_who_acts_for_the_head_of_the_office_does_not_propose_the_own_work(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    give(place, place.appraiser, held=place.head_of_office.role_assignments.get(), by=place.head_of_office)
    with pytest.raises(Refused, match="không được xử lý hồ sơ do chính mình thẩm định"):
        services.propose(
            dossier_ids=[dossier.pk],
            submission_number="1/TTr",
            submission_text="Kính trình.",
            minutes=None,  # type: ignore[arg-type]  # never reached
            by=fresh(place.appraiser),
            at=place.later(),
        )


def test_who_acts_for_the_head_of_a_commune_is_of_that_commune(place: Place) -> None:
    """So the four eyes see them on the other side as well."""
    editor = place.editors[0]
    give(place, editor, held=place.heads[0].role_assignments.get(), by=place.heads[0])
    RoleAssignmentFactory(user=editor, role=Role.LEADER, unit=place.deciding)
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    with pytest.raises(Refused, match="hồ sơ của chính xã mình"):
        approve(proposal, editor, place.later())


# ---- who gives what ----------------------------------------------------------------------------------------------
def test_what_cannot_be_given_is_refused_with_a_sentence(place: Place, deputy: User) -> None:
    today = timezone.localdate(place.at)
    stranger = user_with(Role.INSPECTOR, place.province)
    admin = user_with(Role.CATALOGUE_ADMIN, place.province)
    abroad = user_with(Role.CATALOGUE_ADMIN, make_place().province)
    server = user_with(Role.SYSTEM_ADMIN, place.deciding)
    second = user_with(Role.LEADER, place.deciding)
    for changed, sentence in (
        ({"to": stranger}, "chọn một đồng chí cùng đơn vị"),
        ({"to": place.leader}, "chọn một đồng chí cùng đơn vị"),
        ({"to": server}, "chọn một đồng chí cùng đơn vị"),
        ({"to": second}, "đã có vai trò «Lãnh đạo quyết định»"),
        ({"title": " "}, "Nhập chức vụ của người làm thay"),
        ({"document_number": "\u200b "}, "Nhập số văn bản giao làm thay"),
        ({"document_number": "x" * 101}, "Số văn bản dài quá 100 ký tự"),
        ({"valid_from": today - DAY}, "Không giao làm thay cho ngày đã qua"),
        ({"valid_to": today - DAY}, "Ngày kết thúc phải từ ngày bắt đầu trở đi"),
        ({"held": place.clerk.role_assignments.get(), "by": place.clerk}, "cho vai trò lãnh đạo"),
        ({"by": place.clerk}, "Chỉ người quản trị danh mục"),
        ({"by": deputy}, "Chỉ người quản trị danh mục"),
        ({"by": abroad}, "không thuộc địa bàn"),
    ):
        with pytest.raises(Refused, match=sentence):
            give(place, **({"to": deputy} | changed))
    place.leader.role_assignments.update(valid_to=today + 5 * DAY)
    with pytest.raises(Refused, match="không giữ vai trò này suốt thời gian đó"):
        give(place, deputy)
    assert not RoleAssignment.objects.exclude(acting_for=None).exists()
    give(place, deputy, valid_to=today + 5 * DAY, by=admin)
    assert AuditEvent.objects.latest("seq").actor_role == "Quản trị danh mục"


def test_two_do_not_act_for_one_role_at_one_time(place: Place, deputy: User) -> None:
    today = timezone.localdate(place.at)
    give(place, deputy)
    with pytest.raises(Refused, match="Trần Thị Phó đã được giao làm thay vai trò này"):
        give(place, place.clerk, valid_from=today + 10 * DAY, valid_to=today + 12 * DAY)
    give(place, place.clerk, valid_from=today + 11 * DAY, valid_to=today + 12 * DAY)


def test_whoever_acts_passes_nothing_on(place: Place, deputy: User) -> None:
    acting = give(place, deputy)
    with pytest.raises(Refused, match="cho vai trò lãnh đạo của chính người vắng mặt"):
        give(place, place.clerk, held=acting, by=fresh(deputy))


# ---- pages -------------------------------------------------------------------------------------------------------
def test_a_leader_arranges_and_ends_it_on_the_own_page(client: Client, place: Place, deputy: User) -> None:
    with time_machine.travel(place.later(), tick=False):
        signed_in(place.leader, client)
        assert "Chưa giao ai làm thay lần nào." in client.get(MINE).text
        url = f"/nguoi-dung/{place.leader.uuid}/lam-thay/"
        fields = {
            "to": str(deputy.uuid),
            "title": "Phó Chủ tịch",
            "valid_from": f"{timezone.localdate():%d/%m/%Y}",
            "valid_to": f"{timezone.localdate() + DAY:%d/%m/%Y}",
            "document_number": "12/GUQ-UBND",
        }
        refused = client.post(url, fields | {"document_number": ""})
        assert refused.status_code == 422
        assert "Nhập số văn bản giao làm thay." in refused.text
        assert client.post(url, fields).headers["Location"] == MINE
        text = client.get(MINE).text
        assert "Trần Thị Phó, Phó Chủ tịch" in text
        assert client.post(url, fields).status_code == 422
        acting = RoleAssignment.objects.get(acting_for=place.leader)
        key = assignment_key(acting)
        end = f"{MINE}ket-thuc/?vai-tro={key}"
        assert "Kết thúc việc làm thay của Trần Thị Phó" in client.get(end).text
        assert client.post(end).headers["Location"] == MINE
        assert client.post(end).status_code == 404
        assert not roles_of(fresh(deputy), timezone.localdate()).has(Role.LEADER)


def test_an_administrator_arranges_it_for_somebody_of_the_area(client: Client, place: Place, deputy: User) -> None:
    admin = user_with(Role.CATALOGUE_ADMIN, place.province)
    with time_machine.travel(place.later(), tick=False):
        signed_in(admin, client)
        person = f"/nguoi-dung/{place.leader.uuid}/"
        assert "Giao người làm thay" in client.get(person).text
        assert "Giao người làm thay" not in client.get(f"/nguoi-dung/{place.clerk.uuid}/").text
        fields = {
            "to": str(deputy.uuid),
            "title": "Phó Chủ tịch",
            "valid_from": f"{timezone.localdate():%d/%m/%Y}",
            "valid_to": f"{timezone.localdate() + DAY:%d/%m/%Y}",
            "document_number": "12/GUQ-UBND",
        }
        assert client.post(f"{person}lam-thay/", fields).headers["Location"] == person
        assert "thay đồng chí" in client.get(f"/nguoi-dung/{deputy.uuid}/").text
