import datetime

import pytest
from django.db import IntegrityError, transaction

from childfriendly.core.exceptions import Refused
from childfriendly.core.models import AuditEvent
from communes.models import AreaType, AreaTypeAssignment, Kind, Role, Unit, User
from communes.services import accept_area_type, area_type_of, propose_area_type
from tests.factories import (
    OLD_TO,
    AreaTypeAssignmentFactory,
    CommuneFactory,
    ProvinceFactory,
    user_with,
)

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2025, 3, 10, 2, 0, tzinfo=datetime.UTC)
FIRST_DAY = datetime.date(2024, 1, 1)


@pytest.fixture
def commune() -> Unit:
    return CommuneFactory(name="Xã Mỹ An")


@pytest.fixture
def admin(commune: Unit) -> User:
    return user_with(Role.CATALOGUE_ADMIN, commune.province, full_name="Người Quản Trị")


def accept(unit: Unit, by: User, **changed: object) -> AreaTypeAssignment:
    fields = {"area_type": AreaType.OTHER, "document_number": "12/QĐ-UBND", "valid_from": FIRST_DAY, "at": NOW}
    return accept_area_type(unit=unit, by=by, **(fields | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("new", "kind", "province_kind", "district_kind", "proposed"),
    [
        (False, Kind.WARD, Kind.CENTRAL_CITY, Kind.URBAN_DISTRICT, AreaType.WARD_OF_CENTRAL_CITY),
        (False, Kind.WARD, Kind.CENTRAL_CITY, Kind.TOWN, AreaType.WARD_OF_CENTRAL_CITY),
        (False, Kind.WARD, Kind.CENTRAL_CITY, Kind.DISTRICT_CITY, AreaType.WARD_OF_CENTRAL_CITY),
        (False, Kind.WARD, Kind.PROVINCE, Kind.DISTRICT_CITY, AreaType.OTHER),
        (False, Kind.COMMUNE, Kind.CENTRAL_CITY, Kind.DISTRICT, AreaType.OTHER),
        (False, Kind.TOWNSHIP, Kind.CENTRAL_CITY, Kind.DISTRICT, AreaType.OTHER),
        (False, Kind.COMMUNE, Kind.PROVINCE, Kind.DISTRICT, AreaType.OTHER),
        (True, Kind.WARD, Kind.CENTRAL_CITY, None, AreaType.WARD_OF_CENTRAL_CITY),
        (True, Kind.WARD, Kind.PROVINCE, None, AreaType.OTHER),
        (True, Kind.COMMUNE, Kind.CENTRAL_CITY, None, AreaType.OTHER),
        (True, Kind.SPECIAL_ZONE, Kind.CENTRAL_CITY, None, AreaType.MOUNTAIN_ISLAND_DISADVANTAGED),
        (True, Kind.SPECIAL_ZONE, Kind.PROVINCE, None, AreaType.MOUNTAIN_ISLAND_DISADVANTAGED),
    ],
)
def test_a_type_is_proposed_from_the_unit_and_its_province(
    new: bool, kind: Kind, province_kind: Kind, district_kind: Kind | None, proposed: AreaType
) -> None:
    if new:
        unit = CommuneFactory(new=True, kind=kind, parent__kind=province_kind)
    else:
        unit = CommuneFactory(kind=kind, parent__kind=district_kind, parent__parent__kind=province_kind)
    assert propose_area_type(unit) == proposed
    assert area_type_of(unit, unit.valid_from) is None  # a proposal is not yet a type


def test_only_communes_have_a_type(commune: Unit, admin: User) -> None:
    assert propose_area_type(commune.province) is None
    with pytest.raises(Refused, match="không phải đơn vị cấp xã"):
        accept(commune.province, admin)


def test_an_accepted_type_is_dated_signed_and_on_record(commune: Unit, admin: User) -> None:
    accepted = accept(commune, admin, document_number=" 12/QĐ-UBND\u200b ")
    assert (accepted.document_number, accepted.accepted_by, accepted.accepted_by_name, accepted.accepted_at) == (
        "12/QĐ-UBND",
        admin,
        "Người Quản Trị",
        NOW,
    )
    assert (accepted.valid_from, accepted.valid_to) == (FIRST_DAY, OLD_TO)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_name, event.actor_role, event.object_name, event.before, event.after) == (
        "accept_area_type",
        "Người Quản Trị",
        "Quản trị danh mục",
        "Xã Mỹ An",
        {},
        {"area_type": "other", "document_number": "12/QĐ-UBND", "valid_from": "2024-01-01"},
    )


def test_the_next_type_ends_the_one_before_on_the_day_before(commune: Unit, admin: User) -> None:
    accept(commune, admin)
    accept(commune, admin, area_type=AreaType.MOUNTAIN_ISLAND_DISADVANTAGED, valid_from=datetime.date(2025, 1, 1))
    found = [
        accepted and accepted.area_type
        for accepted in (
            area_type_of(commune, day)
            for day in (
                datetime.date(2023, 12, 31),
                datetime.date(2024, 1, 1),
                datetime.date(2024, 12, 31),
                datetime.date(2025, 1, 1),
                datetime.date(2025, 6, 30),
                datetime.date(2025, 7, 1),
            )
        )
    ]
    high, other = AreaType.MOUNTAIN_ISLAND_DISADVANTAGED, AreaType.OTHER
    assert found == [None, other, other, high, high, None]
    assert AuditEvent.objects.order_by("seq").last().before == {"area_type": "other"}  # type: ignore[union-attr]


def test_a_type_of_a_unit_in_force_stays_open() -> None:
    unit = CommuneFactory(new=True)
    admin = user_with(Role.CATALOGUE_ADMIN, unit.province)
    assert accept(unit, admin, valid_from=datetime.date(2025, 7, 1)).valid_to is None
    accept(unit, admin, valid_from=datetime.date(2026, 1, 1))
    assert list(AreaTypeAssignment.objects.filter(unit=unit).values_list("valid_from", "valid_to")) == [
        (datetime.date(2025, 7, 1), datetime.date(2025, 12, 31)),
        (datetime.date(2026, 1, 1), None),
    ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"document_number": ""}, "Nhập số văn bản"),
        ({"document_number": " \u200b\n"}, "Nhập số văn bản"),
        ({"document_number": "1" * 101}, "Số văn bản dài quá 100 ký tự"),
        ({"valid_from": datetime.date(2025, 7, 1)}, "không có hiệu lực vào ngày 01/07/2025"),
        ({"valid_from": datetime.date(1999, 12, 31)}, "chọn ngày bắt đầu từ 01/01/2000 đến 30/06/2025"),
        ({"valid_from": datetime.date(2023, 6, 1)}, "chọn ngày bắt đầu sau ngày đó"),
        ({"valid_from": datetime.date(2024, 1, 1)}, "đã được xếp loại từ ngày 01/01/2024"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    commune: Unit, admin: User, changed: dict[str, object], sentence: str
) -> None:
    accept(commune, admin)
    before = list(AreaTypeAssignment.objects.values())
    with pytest.raises(Refused, match=sentence):
        accept(commune, admin, **({"valid_from": datetime.date(2025, 1, 1)} | changed))
    assert list(AreaTypeAssignment.objects.values()) == before
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CATALOGUE_ADMIN])
def test_only_a_catalogue_administrator_accepts(commune: Unit, role: Role) -> None:
    with pytest.raises(Refused, match="Chỉ người quản trị danh mục"):
        accept(commune, user_with(role, commune.province))
    assert area_type_of(commune, FIRST_DAY) is None


def test_an_administrator_accepts_only_in_the_own_province(commune: Unit) -> None:
    with pytest.raises(Refused, match="không thuộc địa bàn"):
        accept(commune, user_with(Role.CATALOGUE_ADMIN, ProvinceFactory()))


def test_the_database_refuses_types_that_cannot_be(commune: Unit) -> None:
    AreaTypeAssignmentFactory(unit=commune, valid_from=FIRST_DAY, valid_to=None)
    for fields in (
        {"valid_from": FIRST_DAY},
        {"valid_from": datetime.date(2025, 1, 1), "valid_to": None},
        {"valid_from": datetime.date(2023, 1, 1), "valid_to": datetime.date(2022, 1, 1)},
        {"valid_from": datetime.date(2023, 1, 1), "document_number": ""},
        {"valid_from": datetime.date(2023, 1, 1), "area_type": "city"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            AreaTypeAssignmentFactory(unit=commune, **fields)
