import datetime
import unicodedata

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from communes.models import Kind, Level, Succession, Unit, within
from tests.factories import (
    NEW_FROM,
    OLD_FROM,
    OLD_TO,
    CommuneFactory,
    DistrictFactory,
    ProvinceFactory,
    SuccessionFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def my_an() -> Unit:
    province = ProvinceFactory(code="87", name="Tỉnh Đồng Tháp")
    district = DistrictFactory(code="872", name="Huyện Tháp Mười", parent=province)
    return CommuneFactory(code="30037", name="Thị trấn Mỹ An", kind=Kind.TOWNSHIP, parent=district)


@pytest.fixture
def thap_muoi(my_an: Unit) -> Unit:
    province = ProvinceFactory(new=True, code="87", name="Tỉnh Đồng Tháp")
    unit = CommuneFactory(new=True, code="30037", name="Xã Tháp Mười", parent=province)
    SuccessionFactory(predecessor=my_an, successor=unit)
    return unit


def names(found: object) -> list[str]:
    return sorted(unit.name for unit in found)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (OLD_FROM, "Thị trấn Mỹ An"),
        (OLD_TO, "Thị trấn Mỹ An"),
        (NEW_FROM, "Xã Tháp Mười"),
        (datetime.date(2099, 1, 1), "Xã Tháp Mười"),
        (OLD_FROM - datetime.timedelta(days=1), None),
    ],
)
def test_a_code_means_another_unit_on_another_day(thap_muoi: Unit, day: datetime.date, name: str | None) -> None:
    found = Unit.objects.in_force_on(day).filter(code="30037")
    assert names(found) == ([name] if name else [])
    assert [unit.name for unit in Unit.objects.filter(code="30037") if unit.is_in_force_on(day)] == names(found)


def test_a_commune_is_shown_with_the_units_above(
    thap_muoi: Unit, my_an: Unit, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        shown = {unit.full_name_with_parents for unit in Unit.objects.with_parents().filter(code="30037")}
    assert shown == {"Xã Tháp Mười, tỉnh Đồng Tháp", "Thị trấn Mỹ An, huyện Tháp Mười, tỉnh Đồng Tháp"}
    assert my_an.province.code == thap_muoi.province.code == "87"
    assert my_an.province != thap_muoi.province


@pytest.mark.parametrize(
    "typed", ["duong", "Đường", unicodedata.normalize("NFD", "Đường"), "DUONG", "xa duong", "duong l", "Du\u200bong"]
)
def test_a_name_is_found_however_it_is_typed(typed: str) -> None:
    CommuneFactory(name="Xã Đường Lâm")
    CommuneFactory(name="Xã Dương Quang")
    assert "Xã Đường Lâm" in names(Unit.objects.filter(level=Level.COMMUNE).search(typed))


def test_the_old_name_finds_what_became_of_it(thap_muoi: Unit) -> None:
    assert names(Unit.objects.search("my an")) == ["Thị trấn Mỹ An", "Xã Tháp Mười"]
    assert names(Unit.objects.in_force_on(NEW_FROM).search("Mỹ An")) == ["Xã Tháp Mười"]


def test_a_code_finds_every_unit_that_bore_it(thap_muoi: Unit) -> None:
    assert names(Unit.objects.search("30037")) == ["Thị trấn Mỹ An", "Xã Tháp Mười"]
    assert names(Unit.objects.search("872")) == ["Huyện Tháp Mười"]


def test_the_unit_above_narrows_the_search(my_an: Unit) -> None:
    CommuneFactory(name="Xã Mỹ An", parent=DistrictFactory(name="Huyện Mang Thít"))
    assert names(Unit.objects.search("my an")) == ["Thị trấn Mỹ An", "Xã Mỹ An"]
    assert names(Unit.objects.search("mỹ an, huyện tháp mười")) == ["Thị trấn Mỹ An"]
    assert names(Unit.objects.search("Thị trấn Mỹ An, huyện Tháp Mười, tỉnh Đồng Tháp")) == ["Thị trấn Mỹ An"]


@pytest.mark.parametrize("typed", ["", "  ", ",", "\u200b", "%", "_", "'", "..."])
def test_nothing_typed_finds_nothing(my_an: Unit, typed: str) -> None:
    assert names(Unit.objects.search(typed)) == []


def test_a_search_matches_the_beginning_of_words_only() -> None:
    CommuneFactory(name="Xã Tân Lập")
    CommuneFactory(name="Xã An Lập")
    assert names(Unit.objects.filter(level=Level.COMMUNE).search("an")) == ["Xã An Lập"]


@pytest.mark.parametrize("typed", ["ea hleo", "Ea H'Leo", "ea h’leo"])
def test_apostrophes_do_not_matter(typed: str) -> None:
    CommuneFactory(name="Xã Ea H'Leo")
    assert names(Unit.objects.search(typed)) == ["Xã Ea H'Leo"]


def test_a_new_name_is_searched_and_sorted_at_once(my_an: Unit) -> None:
    my_an.name = "Thị trấn Đường Thét"
    my_an.save(update_fields=["name"])
    assert names(Unit.objects.search("duong thet")) == ["Thị trấn Đường Thét"]
    assert names(Unit.objects.search("my an")) == []


def test_units_sort_by_their_proper_names_on_any_database() -> None:
    district = DistrictFactory()
    for name in ("Xã Đông Hà", "Phường 10", "Xã Dung", "Thị trấn Ẩn", "Phường 2", "Xã An", "Phường Ăn", "Xã Ánh"):
        CommuneFactory(name=name, parent=district)
    assert [unit.name for unit in district.children.all()] == [
        "Xã An",
        "Xã Ánh",
        "Phường Ăn",
        "Thị trấn Ẩn",
        "Xã Dung",
        "Xã Đông Hà",
        "Phường 2",
        "Phường 10",
    ]


def test_an_area_is_the_unit_and_two_levels_below(
    my_an: Unit, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    CommuneFactory()  # in another province
    sibling = CommuneFactory(name="Xã Đốc Binh Kiều", parent=my_an.parent)
    district, province = my_an.parent, my_an.province
    with django_assert_num_queries(3):
        assert set(Unit.objects.within(province)) == {province, district, my_an, sibling}
        assert set(Unit.objects.within(district)) == {district, my_an, sibling}
        assert set(Unit.objects.within(my_an)) == {my_an}
    SuccessionFactory(predecessor=my_an, successor=CommuneFactory(new=True))
    assert Succession.objects.filter(within([province.pk], "predecessor")).count() == 1
    assert Succession.objects.filter(within([sibling.pk], "predecessor")).count() == 0
    assert Succession.objects.filter(within([], "predecessor")).count() == 0


def breaks(constraint: str, **fields: object) -> None:
    # SQLite names a check, but only the columns of a unique constraint
    with pytest.raises(IntegrityError, match=f"{constraint}|UNIQUE"), transaction.atomic():
        CommuneFactory(**fields)


def test_the_database_refuses_units_that_cannot_be(my_an: Unit) -> None:
    breaks("communes_unit_unique_code_and_day", code=my_an.code)
    breaks("communes_unit_ends_after_it_begins", valid_to=OLD_FROM - datetime.timedelta(days=1))
    breaks("communes_unit_only_provinces_have_no_parent", parent=None)
    breaks("communes_unit_only_provinces_have_no_parent", level=Level.PROVINCE)
    breaks("communes_unit_known_level", level="hamlet")


def test_the_database_refuses_successions_that_cannot_be(thap_muoi: Unit, my_an: Unit) -> None:
    for fields in (
        {"predecessor": my_an, "successor": thap_muoi},
        {"predecessor": my_an, "successor": my_an},
        {"predecessor": my_an, "successor": CommuneFactory(new=True), "extent": "half"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            SuccessionFactory(**fields)
