import datetime

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes.accounts import AccountAdapter
from communes.models import Role, RoleAssignment, Succession, Unit, User
from communes.queries import covers, forget_roles, predecessor_unit_ids, roles_of
from communes.services import assign_role, can_manage_catalogue, end_role
from tests.factories import (
    PASSWORD,
    CommuneFactory,
    ProvinceFactory,
    RoleAssignmentFactory,
    SuccessionFactory,
    UserFactory,
    user_with,
)

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 3, 10)
NOW = datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC)


# ---- reading -----------------------------------------------------------------------------------------------------
def test_roles_are_judged_today() -> None:
    held = RoleAssignmentFactory(valid_from=datetime.date(2026, 1, 1), valid_to=datetime.date(2026, 3, 10))
    days = [datetime.date(2025, 12, 31), datetime.date(2026, 1, 1), TODAY, datetime.date(2026, 3, 11)]
    assert [roles_of(held.user, day).has(Role.COMMUNE_EDITOR) for day in days] == [False, True, True, False]


def test_somebody_may_hold_several_roles_at_several_units() -> None:
    user = UserFactory()
    one, two = CommuneFactory(), CommuneFactory()
    RoleAssignmentFactory(user=user, role=Role.COMMUNE_EDITOR, unit=one)
    RoleAssignmentFactory(user=user, role=Role.COMMUNE_EDITOR, unit=two)
    RoleAssignmentFactory(user=user, role=Role.CLERK, unit=two, title="Văn thư")
    RoleAssignmentFactory(role=Role.LEADER, unit=one)  # somebody else
    roles = roles_of(user, TODAY)
    assert roles.units(Role.COMMUNE_EDITOR) == {one.pk, two.pk}
    assert roles.units(Role.CLERK) == {two.pk}
    assert roles.units(Role.CLERK, Role.COMMUNE_EDITOR) == roles.units() == {one.pk, two.pk}
    assert roles.units(Role.LEADER) == frozenset()
    assert roles.has(Role.LEADER, Role.CLERK)
    assert not roles.has(Role.LEADER)
    clerk = roles.at(two.pk, Role.CLERK)
    assert clerk is not None
    assert clerk.title == "Văn thư"
    assert roles.at(one.pk, Role.CLERK) is None
    assert len(list(roles)) == 3


def test_a_deactivated_or_unknown_person_has_no_role(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    leaver = user_with(Role.COMMUNE_HEAD, CommuneFactory(), is_active=False)
    with django_assert_num_queries(0):
        assert list(roles_of(leaver, TODAY)) == []
        assert list(roles_of(AnonymousUser(), TODAY)) == []


@pytest.mark.parametrize("count", [1, 4])
def test_roles_and_their_lineage_cost_two_queries_in_all(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = UserFactory()
    for _ in range(count):
        province = ProvinceFactory(new=True)
        SuccessionFactory.create_batch(2, successor=province)
        RoleAssignmentFactory(user=user, role=Role.PROVINCE_STAFF, unit=province)
    with django_assert_num_queries(2):
        for _ in range(3):
            roles = roles_of(user, TODAY)
            assert len(roles.units(Role.PROVINCE_STAFF)) == count
            assert len(roles.covered_unit_ids(Role.PROVINCE_STAFF)) == 3 * count
            assert all(held.unit.full_name_with_parents for held in roles)


def test_what_was_remembered_can_be_forgotten() -> None:
    user = UserFactory()
    assert not roles_of(user, TODAY).has(Role.CLERK)
    RoleAssignmentFactory(user=user, role=Role.CLERK)
    assert not roles_of(user, TODAY).has(Role.CLERK)
    forget_roles(user)
    assert roles_of(user, TODAY).has(Role.CLERK)


def test_staff_of_a_successor_province_cover_what_was_taken_over_whole() -> None:
    tien_giang, dong_thap = ProvinceFactory(), ProvinceFactory()
    new_dong_thap, tay_ninh = ProvinceFactory(new=True), ProvinceFactory(new=True)
    SuccessionFactory(predecessor=tien_giang, successor=new_dong_thap)
    SuccessionFactory(predecessor=dong_thap, successor=new_dong_thap)
    SuccessionFactory(predecessor=tien_giang, successor=tay_ninh, extent=Succession.Extent.PARTIAL)
    staff = roles_of(user_with(Role.PROVINCE_STAFF, new_dong_thap), TODAY)
    neighbour = roles_of(user_with(Role.PROVINCE_STAFF, tay_ninh), TODAY)
    assert staff.units(Role.PROVINCE_STAFF) == {new_dong_thap.pk}
    assert staff.covered_unit_ids(Role.PROVINCE_STAFF) == {new_dong_thap.pk, tien_giang.pk, dong_thap.pk}
    assert staff.covered_unit_ids(Role.INSPECTOR) == frozenset()
    assert neighbour.covered_unit_ids(Role.PROVINCE_STAFF) == {tay_ninh.pk}
    assert predecessor_unit_ids([new_dong_thap.pk, tay_ninh.pk]) == {tien_giang.pk, dong_thap.pk}


def test_a_commune_does_not_inherit_the_dossiers_of_the_commune_before() -> None:
    succession = SuccessionFactory(predecessor=CommuneFactory(), successor=CommuneFactory(new=True))
    editor = user_with(Role.COMMUNE_EDITOR, succession.successor)
    assert roles_of(editor, TODAY).covered_unit_ids() == {succession.successor_id}


def test_an_area_covers_what_lies_in_it() -> None:
    commune, other = CommuneFactory(), CommuneFactory()
    for unit in (commune, commune.parent, commune.province):
        assert covers({unit.pk}, commune)
        assert not covers({unit.pk}, other)
    assert not covers({commune.pk}, commune.province)


def test_the_database_refuses_roles_that_cannot_be() -> None:
    held = RoleAssignmentFactory()
    for fields in (
        {"user": held.user, "unit": held.unit},
        {"valid_to": held.valid_from - datetime.timedelta(days=1)},
        {"role": "king"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleAssignmentFactory(**fields)


# ---- giving and ending -------------------------------------------------------------------------------------------
@pytest.fixture
def province() -> Unit:
    return ProvinceFactory()


@pytest.fixture
def commune(province: Unit) -> Unit:
    return CommuneFactory(name="Xã Mỹ An", parent__parent=province)


@pytest.fixture
def admin(province: Unit) -> User:
    return user_with(Role.CATALOGUE_ADMIN, province, full_name="Người Quản Trị")


def give(commune: Unit, by: User | None, **changed: object) -> RoleAssignment:
    fields = {"role": Role.COMMUNE_EDITOR, "unit": commune, "valid_from": TODAY, "by": by, "at": NOW} | changed
    if "user" not in fields:
        fields["user"] = UserFactory()
    return assign_role(**fields)  # type: ignore[arg-type]


def test_an_administrator_gives_and_ends_a_role_and_both_are_on_record(commune: Unit, admin: User) -> None:
    user = UserFactory(full_name="Nguyễn Văn Thử")
    held = give(commune, admin, user=user, title=" Công  chức\u200b ")
    assert held.title == "Công chức"
    assert roles_of(user, TODAY).units(Role.COMMUNE_EDITOR) == {commune.pk}

    end_role(assignment=held, last_day=TODAY, by=admin, at=NOW)
    forget_roles(user)
    assert roles_of(user, TODAY).has(Role.COMMUNE_EDITOR)
    assert not roles_of(user, TODAY + datetime.timedelta(days=1)).has(Role.COMMUNE_EDITOR)
    assert [(e.action, e.actor_name, e.object_name, e.before, e.after) for e in AuditEvent.objects.order_by("seq")] == [
        (
            "assign_role",
            "Người Quản Trị",
            "Nguyễn Văn Thử",
            {},
            {"role": "commune_editor", "unit": str(commune.uuid), "valid_from": "2026-03-10", "valid_to": None},
        ),
        (
            "end_role",
            "Người Quản Trị",
            "Nguyễn Văn Thử",
            {"valid_to": None},
            {"role": "commune_editor", "unit": str(commune.uuid), "valid_to": "2026-03-10"},
        ),
    ]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CATALOGUE_ADMIN])
def test_no_other_role_may_give_roles(role: Role, commune: Unit, province: Unit) -> None:
    with pytest.raises(Refused, match="Chỉ người quản trị danh mục"):
        give(commune, user_with(role, province))


def test_an_administrator_of_another_province_may_not_give_roles_here(commune: Unit) -> None:
    stranger = user_with(Role.CATALOGUE_ADMIN, ProvinceFactory())
    assert not can_manage_catalogue(stranger, commune, TODAY)
    with pytest.raises(Refused, match="không thuộc địa bàn"):
        give(commune, stranger)


def test_an_administrator_of_the_successor_province_may(commune: Unit, province: Unit) -> None:
    successor = SuccessionFactory(predecessor=province).successor
    assert can_manage_catalogue(user_with(Role.CATALOGUE_ADMIN, successor), commune, TODAY)


def test_nobody_gives_a_role_to_themselves(commune: Unit, admin: User) -> None:
    with pytest.raises(Refused, match="chính mình"):
        give(commune, admin, user=admin)


def test_the_set_up_appoints_the_first_administrator(province: Unit) -> None:
    give(province, None, role=Role.CATALOGUE_ADMIN)
    assert AuditEvent.objects.get().actor_name == "Hệ thống"


def test_a_role_must_make_sense(commune: Unit, admin: User) -> None:
    user = UserFactory()
    give(commune, admin, user=user, valid_to=datetime.date(2026, 12, 31))
    cases: list[tuple[dict[str, object], str]] = [
        ({"valid_to": TODAY - datetime.timedelta(days=1)}, "Ngày kết thúc phải từ ngày bắt đầu"),
        ({"valid_from": datetime.date(1999, 12, 31)}, "chỉ có từ ngày 01/01/2000"),
        ({"user": UserFactory(is_active=False)}, "đã ngừng hoạt động"),
        ({"user": user, "valid_from": datetime.date(2026, 12, 31)}, "đã có vai trò «Cán bộ lập hồ sơ của xã»"),
        ({"user": user, "valid_from": datetime.date(2025, 1, 1), "valid_to": TODAY}, "đã có vai trò"),
        ({"title": "x" * 151}, "Chức danh dài quá 150 ký tự"),
    ]
    for changed, sentence in cases:
        with pytest.raises(Refused, match=sentence):
            give(commune, admin, **changed)
    assert RoleAssignment.objects.filter(unit=commune).count() == 1
    give(commune, admin, user=user, valid_from=datetime.date(2027, 1, 1))
    give(commune, admin, user=user, valid_from=datetime.date(2025, 1, 1), valid_to=TODAY - datetime.timedelta(days=1))


def test_a_role_may_outlast_its_unit_whose_periods_are_still_to_be_finished(commune: Unit, admin: User) -> None:
    assert not commune.is_in_force_on(TODAY)
    held = give(commune, admin)
    assert roles_of(held.user, TODAY).units(Role.COMMUNE_EDITOR) == {commune.pk}


def test_a_role_ends_once(commune: Unit, admin: User) -> None:
    held = give(commune, admin)
    stale = RoleAssignment.objects.get(pk=held.pk)
    with pytest.raises(Refused, match="Ngày kết thúc phải"):
        end_role(assignment=held, last_day=TODAY - datetime.timedelta(days=1), by=admin, at=NOW)
    end_role(assignment=held, last_day=TODAY, by=admin, at=NOW)
    with pytest.raises(Stale):
        end_role(assignment=stale, last_day=TODAY + datetime.timedelta(days=9), by=admin, at=NOW)
    assert RoleAssignment.objects.get(pk=held.pk).valid_to == TODAY
    with pytest.raises(Refused, match="không thuộc địa bàn"):
        end_role(assignment=held, last_day=TODAY, by=user_with(Role.CATALOGUE_ADMIN, ProvinceFactory()), at=NOW)


# ---- accounts ----------------------------------------------------------------------------------------------------
def test_user_names_are_unique_in_any_case() -> None:
    UserFactory(username="nguyen")
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(username="Nguyen")
    with pytest.raises(ValidationError, match="đã có người dùng"):
        User(username="NGUYEN", full_name="Nguyễn Khác", password="x").validate_constraints()


@pytest.mark.parametrize("username", ["nguyễn", "nguуen", "nguyen van", "nguyen\u200b"])  # the second has a Cyrillic у
def test_user_names_are_ascii(username: str) -> None:
    with pytest.raises(ValidationError) as error:
        User(username=username, full_name="Nguyễn", password="x").clean_fields()
    assert set(error.value.message_dict) == {"username"}


def test_a_user_name_is_stored_in_lower_case() -> None:
    user = get_user_model().objects.create_user("  Thap.Muoi\u200b ", password=PASSWORD, full_name="Nguyễn Thử")
    assert user.username == "thap.muoi"
    assert (str(user), user.get_full_name(), user.get_short_name()) == ("Nguyễn Thử", "Nguyễn Thử", "Nguyễn Thử")


@pytest.mark.parametrize("typed", ["thap.muoi", "Thap.Muoi ", "THAP.MUOI", "thap\u200b.muoi"])
def test_signing_in_does_not_depend_on_how_the_name_is_typed(typed: str, rf: RequestFactory) -> None:
    user = UserFactory(username="thap.muoi")
    adapter = AccountAdapter(rf.post("/"))
    assert adapter.authenticate(rf.post("/"), username=typed, password=PASSWORD) == user
    assert adapter.authenticate(rf.post("/"), username=typed, password="sai") is None


def test_nobody_signs_up(rf: RequestFactory) -> None:
    assert AccountAdapter().is_open_for_signup(rf.get("/")) is False
    assert AccountAdapter().clean_username("Thap.Muoi ", shallow=True) == "thap.muoi"
