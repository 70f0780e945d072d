"""Units: found by any name they ever had, shown with what they were and became."""

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from communes.models import Role, Succession, Unit, User
from communes.queries import lineage_words, with_lineage
from tests.factories import (
    AreaTypeAssignmentFactory,
    CommuneFactory,
    DistrictFactory,
    ProvinceFactory,
    RoleAssignmentFactory,
    SuccessionFactory,
    user_with,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]

UNITS = "/don-vi/"


@pytest.fixture
def march() -> Any:
    with time_machine.travel(datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC), tick=False):
        yield


@pytest.fixture
def new() -> Unit:
    """Xã Tháp Mười of tỉnh Đồng Tháp, once thị trấn Mỹ An and a part of xã Mỹ An of huyện Tháp Mười."""
    province = ProvinceFactory(name="Tỉnh Đồng Tháp")
    heir = ProvinceFactory(new=True, name="Tỉnh Đồng Tháp")
    SuccessionFactory(predecessor=province, successor=heir)
    district = DistrictFactory(name="Huyện Tháp Mười", parent=province)
    town = CommuneFactory(name="Thị trấn Mỹ An", code="30037", parent=district)
    village = CommuneFactory(name="Xã Mỹ An", code="30040", parent=district)
    commune: Unit = CommuneFactory(new=True, name="Xã Tháp Mười", code="30037", parent=heir)
    SuccessionFactory(predecessor=town, successor=commune)
    SuccessionFactory(predecessor=village, successor=commune, extent=Succession.Extent.PARTIAL)
    return commune


@pytest.fixture
def admin(new: Unit) -> User:
    return user_with(Role.CATALOGUE_ADMIN, new.province)


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", text).split())


def test_a_unit_tells_what_it_was_and_what_it_became(new: Unit) -> None:
    def words(**wanted: Any) -> str:
        return lineage_words(with_lineage(Unit.objects.filter(**wanted)).get())

    assert words(pk=new.pk) == "trước 01/07/2025: Thị trấn Mỹ An, huyện Tháp Mười; một phần Xã Mỹ An, huyện Tháp Mười"
    assert words(name="Thị trấn Mỹ An") == "từ 01/07/2025: Xã Tháp Mười"
    assert words(name="Huyện Tháp Mười") == ""


def test_a_province_that_is_now_another_is_named(new: Unit) -> None:
    heir = ProvinceFactory(new=True, name="Tỉnh Vĩnh Long")
    moved = CommuneFactory(new=True, parent=heir)
    SuccessionFactory(predecessor=CommuneFactory(name="Xã Cũ", parent__parent__name="Tỉnh Bến Tre"), successor=moved)
    words = lineage_words(with_lineage(Unit.objects.filter(pk=moved.pk)).get())
    assert words.endswith(", tỉnh Bến Tre")


@pytest.mark.parametrize("typed", ["thap muoi", "Tháp Mười", "my an", "MỸ AN", "30037", "thap muoi, dong thap"])
def test_a_unit_is_found_by_new_and_old_names_and_code(client: Client, admin: User, typed: str) -> None:
    client.force_login(admin)
    text = plain(client.get(UNITS, {"q": typed}).text)
    assert f"Tìm «{typed}», ngày 10/03/2026: 1 đơn vị" in text
    assert "Xã Tháp Mười, tỉnh Đồng Tháp (trước 01/07/2025: " in text
    assert "từ 01/07/2025" in text


def test_the_day_decides_which_units_are_meant(client: Client, admin: User) -> None:
    client.force_login(admin)
    text = plain(client.get(UNITS, {"q": "my an", "ngay": "30/06/2025"}).text)
    assert "ngày 30/06/2025: 2 đơn vị" in text
    assert "Thị trấn Mỹ An, huyện Tháp Mười, tỉnh Đồng Tháp (từ 01/07/2025: Xã Tháp Mười)" in text
    refused = client.get(UNITS, {"q": "my an", "ngay": "31/02/2025"})
    assert refused.status_code == 422
    assert '<a href="#id_ngay">' in refused.text
    assert 'value="my an"' in refused.text
    nothing = client.get(UNITS, {"q": "khong co xa nay"}).text
    assert "Không có đơn vị nào khớp vào ngày này." in nothing
    assert "Bỏ lọc" in nothing


def test_without_a_search_the_own_area_is_listed(client: Client, admin: User, new: Unit) -> None:
    CommuneFactory(new=True, name="Xã Ngoài Tỉnh")
    client.force_login(admin)
    text = client.get(UNITS).text
    assert ("Xã Tháp Mười" in text, "Xã Ngoài Tỉnh" in text) == (True, False)
    assert "Xã Ngoài Tỉnh" in client.get(UNITS, {"q": "ngoai tinh"}).text


def test_fifty_a_page(client: Client, admin: User, new: Unit) -> None:
    for number in range(51):
        CommuneFactory(new=True, parent=new.province, name=f"Xã Đông {number}")
    client.force_login(admin)
    assert client.get(UNITS, {"q": "dong"}).text.count('<th scope="row"') == 50
    last = client.get(UNITS, {"q": "xa dong", "page": "2"}).text
    assert last.count('<th scope="row"') == 1
    assert 'rel="prev" href="?q=xa+dong&amp;page=1"' in last


def test_a_unit_page_shows_lineage_types_and_people(client: Client, admin: User, new: Unit) -> None:
    AreaTypeAssignmentFactory(unit=new, document_number="861/QĐ-TTg")
    RoleAssignmentFactory(
        unit=new,
        role=Role.COMMUNE_HEAD,
        title="Phó Chủ tịch",
        user__full_name="Trần Thị Lan",
        valid_from=new.valid_from,
    )
    client.force_login(admin)
    text = plain(client.get(reverse("communes:unit", args=[new.uuid])).text)
    assert "Thị trấn Mỹ An, huyện Tháp Mười, tỉnh Đồng Tháp (toàn bộ, từ 01/07/2025)" in text
    assert "Xã Mỹ An, huyện Tháp Mười, tỉnh Đồng Tháp (một phần, từ 01/07/2025)" in text
    assert "861/QĐ-TTg" in text
    assert "Trần Thị Lan Lãnh đạo UBND xã Phó Chủ tịch 01/07/2025 – nay" in text
    old = Unit.objects.get(name="Thị trấn Mỹ An")
    assert "Nay thuộc" in plain(client.get(reverse("communes:unit", args=[old.uuid])).text)


def test_people_and_types_of_another_area_are_not_shown(client: Client, admin: User) -> None:
    stranger = RoleAssignmentFactory(unit=CommuneFactory(new=True), user__full_name="Người Nơi Khác")
    AreaTypeAssignmentFactory(unit=stranger.unit, document_number="99/QĐ-KHÁC")
    client.force_login(admin)
    text = client.get(reverse("communes:unit", args=[stranger.unit.uuid])).text
    assert stranger.unit.name in text
    assert ("Người Nơi Khác" in text, "99/QĐ-KHÁC" in text) == (False, False)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CATALOGUE_ADMIN])
def test_for_every_other_role_these_pages_do_not_exist(role: Role, client: Client, new: Unit) -> None:
    client.force_login(user_with(role, new.province))
    assert [client.get(url).status_code for url in (UNITS, reverse("communes:unit", args=[new.uuid]))] == [404, 404]


def test_one_and_many_units_cost_the_same_queries(client: Client, admin: User, new: Unit) -> None:
    client.force_login(admin)

    def count() -> list[int]:
        found = []
        for url in (UNITS, f"{UNITS}?q=thap+muoi", reverse("communes:unit", args=[new.uuid])):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200
            found.append(len(captured))
        return found

    AreaTypeAssignmentFactory(unit=new, valid_to=datetime.date(2025, 7, 31))
    RoleAssignmentFactory(unit=new, valid_from=new.valid_from)
    before = count()
    for day in range(3):
        other = CommuneFactory(new=True, parent=new.province, name="Xã Tháp Mười")
        SuccessionFactory(predecessor=CommuneFactory(), successor=other)
        SuccessionFactory(predecessor=CommuneFactory(), successor=new)
        RoleAssignmentFactory(unit=new, valid_from=new.valid_from)
        first = datetime.date(2025, 8, 1 + day)
        AreaTypeAssignmentFactory(unit=new, valid_from=first, valid_to=first)
    assert count() == before
