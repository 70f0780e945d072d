"""Periods: read, opened in three steps, authorities confirmed, targets written; and loại xã of their communes."""

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from childfriendly.core.models import AuditEvent
from communes.models import AreaType, AreaTypeAssignment, Kind, Level, Role, Unit, User
from criteria.models import Authority, Certainty, CriteriaSet, DeadlineKind, Period, Target, Task
from criteria.services import load_criteria
from tests.factories import (
    QD06,
    AreaTypeAssignmentFactory,
    CommuneFactory,
    DistrictFactory,
    Place,
    ProvinceFactory,
    SuccessionFactory,
    criteria_set,
    make_place,
    user_with,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]

AT = datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC)
PERIODS = "/ky-danh-gia/"
OPEN = "/ky-danh-gia/mo/"
TYPES = "/loai-xa/"


@pytest.fixture
def march() -> Any:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def province() -> Unit:
    return ProvinceFactory(new=True, name="Tỉnh Đồng Tháp")


@pytest.fixture
def admin(province: Unit) -> User:
    return user_with(Role.CATALOGUE_ADMIN, province)


def without_layout(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


# ---- reading -----------------------------------------------------------------------------------------------------
def test_the_own_periods_and_those_of_predecessors_are_listed(client: Client) -> None:
    here, other = make_place(), make_place()
    successor = SuccessionFactory(predecessor=here.province).successor
    client.force_login(user_with(Role.CATALOGUE_ADMIN, successor))
    text = client.get(PERIODS).text
    assert f"Năm 2024, {here.province.name}" in text
    assert other.province.name not in text
    assert client.get(reverse("criteria:period", args=[here.period.uuid])).status_code == 200
    assert client.get(reverse("criteria:period", args=[other.period.uuid])).status_code == 404


def test_a_period_shows_wordings_cut_offs_authorities_and_targets(client: Client) -> None:
    place = make_place()
    Target.objects.create(period=place.period, unit=place.deciding, communes=6, document_number="05/KH-UBND")
    client.force_login(place.catalogue_admin)
    text = without_layout(client.get(reverse("criteria:period", args=[place.period.uuid])).text)
    assert "01/01/2024 – 31/12/2024" in text
    assert "Xã nộp hồ sơ «trước ngày 15/11» hết ngày thứ Năm, 14/11/2024" in text
    assert f"Ủy ban nhân dân {place.deciding.name[:1].lower()}{place.deciding.name[1:]} Chủ tịch" in text
    assert "✓ Đã đối chiếu nguồn" in text
    assert f"{place.deciding.name} 6 05/KH-UBND" in text
    assert "chờ tỉnh xác nhận" not in text


def test_no_page_of_a_period_without_districts_names_one(client: Client) -> None:
    place = make_place(year=2026, new=True)
    client.force_login(place.catalogue_admin)
    Target.objects.create(period=place.period, unit=place.province, communes=1, document_number="01/KH")
    authority = place.period.authorities.get(task=Task.DECIDE)
    pages = [
        PERIODS,
        reverse("criteria:period", args=[place.period.uuid]),
        reverse("criteria:confirm_authority", args=[authority.uuid]),
        reverse("criteria:target", args=[place.period.uuid]),
        OPEN,
        f"{OPEN}?tinh={place.province.uuid}&nam=2027",
        TYPES,
        f"{TYPES}?trang-thai=da-xep-loai",
    ]
    for url in pages:
        response = client.get(url)
        assert response.status_code == 200
        assert re.findall("huyện|thị trấn|quận", response.text.casefold()) == [], url


def test_one_and_many_rows_cost_the_same_queries(client: Client) -> None:
    place = make_place()
    client.force_login(place.catalogue_admin)
    page = reverse("criteria:period", args=[place.period.uuid])

    def count() -> list[int]:
        found = []
        for url in (PERIODS, page):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200
            found.append(len(captured))
        return found

    before = count()
    for year in (2021, 2022, 2023):
        Period.objects.create(
            province=place.province,
            year=year,
            starts_on=datetime.date(year, 1, 1),
            ends_on=datetime.date(year, 12, 31),
            figures_as_of=datetime.date(year, 10, 31),
            criteria_set=place.period.criteria_set,
            opened_at=AT,
        )
        unit = DistrictFactory(parent=place.province)
        Target.objects.create(period=place.period, unit=unit, communes=1, document_number="01")
        row = Authority.objects.filter(period=place.period)[0]
        Authority.objects.create(
            period=place.period,
            task=Task.DECIDE,
            unit=unit,
            body_name="X",
            signer_title="X",
            place="X",
            document_number="01",
            valid_from=row.valid_from,
        )
    assert count() == before


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CATALOGUE_ADMIN])
def test_for_every_other_role_these_pages_do_not_exist(role: Role, client: Client) -> None:
    place = make_place(year=2026, new=True)
    client.force_login(user_with(role, place.province))
    authority = place.period.authorities.get(task=Task.DECIDE)
    urls = [
        PERIODS,
        OPEN,
        TYPES,
        reverse("criteria:period", args=[place.period.uuid]),
        reverse("criteria:target", args=[place.period.uuid]),
        reverse("criteria:confirm_authority", args=[authority.uuid]),
    ]
    assert [client.get(url).status_code for url in urls] == [404] * len(urls)
    for url in (OPEN, TYPES, *urls[4:]):
        assert client.post(url, {"document_number": "12"}).status_code == 404
    assert Authority.objects.get(pk=authority.pk).certainty == Certainty.RECONSTRUCTED


# ---- authorities and targets -------------------------------------------------------------------------------------
def test_an_authority_is_confirmed_with_the_number_of_a_document(client: Client) -> None:
    place = make_place(year=2026, new=True)
    authority = place.period.authorities.get(task=Task.APPRAISE)
    url, page = (
        reverse("criteria:confirm_authority", args=[authority.uuid]),
        reverse("criteria:period", args=[place.period.uuid]),
    )
    client.force_login(place.catalogue_admin)
    assert "2 thẩm quyền mới chỉ là đề xuất" in client.get(page).text
    refused = client.post(url, {"document_number": " "})
    assert refused.status_code == 422
    assert "<title>Lỗi: " in refused.text
    assert '<a href="#id_document_number">Số văn bản giao thẩm quyền: Nhập số văn bản giao thẩm quyền.</a>' in (
        refused.text
    )
    assert client.post(url, {"document_number": "12/QĐ-UBND"}).headers["Location"] == page
    text = client.get(page).text
    assert "1 thẩm quyền mới chỉ là đề xuất" in text
    assert "12/QĐ-UBND" in text
    stale = client.post(url, {"document_number": "13/QĐ-UBND"})
    assert stale.status_code == 409
    assert 'value="13/QĐ-UBND"' in stale.text
    assert "Thẩm quyền này đã được xác nhận trước đó." in stale.text


def test_an_authority_of_another_province_is_not_there(client: Client) -> None:
    place, other = make_place(year=2026, new=True), make_place(year=2026, new=True)
    client.force_login(place.catalogue_admin)
    authority = other.period.authorities.first()
    assert authority is not None
    for url in (
        reverse("criteria:confirm_authority", args=[authority.uuid]),
        reverse("criteria:target", args=[other.period.uuid]),
    ):
        assert [client.get(url).status_code, client.post(url).status_code] == [404, 404]


def test_a_target_is_written(client: Client) -> None:
    place = make_place(communes=3)
    client.force_login(place.catalogue_admin)
    url = reverse("criteria:target", args=[place.period.uuid])
    fields = {"version": "1", "unit": str(place.deciding.uuid), "communes": "4", "document_number": "05/KH"}
    refused = client.post(url, fields)
    assert refused.status_code == 422
    assert "chỉ có 3 đơn vị cấp xã" in refused.text
    assert client.post(url, fields | {"unit": str(place.province.uuid)}).status_code == 422
    assert client.post(url, fields | {"communes": "2"}).status_code == 302
    assert (Target.objects.get().communes, Target.objects.get().unit) == (2, place.deciding)


# ---- opening -----------------------------------------------------------------------------------------------------
def steps(province: Unit, year: int) -> str:
    return f"{OPEN}?tinh={province.uuid}&nam={year}"


def typed(stored: CriteriaSet, year: int, **changed: str) -> dict[str, str]:
    return {
        "starts_on": f"01/01/{year}",
        "ends_on": f"31/12/{year}",
        "figures_as_of": f"31/10/{year}",
        "criteria_set": str(stored.uuid),
        "deadline_plan": "trước ngày 23/02",
        "deadline_dossier": "trước 17 giờ ngày 15/11",
        "deadline_province_report": "",
        "step": "check",
    } | changed


def test_a_period_is_opened_in_three_steps(client: Client, province: Unit, admin: User) -> None:
    stored = criteria_set(admin, AT)
    client.force_login(admin)
    first = client.get(OPEN).text
    assert f'value="{province.uuid}"' in first
    assert 'name="nam" value="2026"' in first
    second = client.get(steps(province, 2026)).text
    assert 'value="31/10/2026"' in second
    assert 'value="trước ngày 15/11"' in second
    assert "deadline_district_report" not in second

    checked = client.post(steps(province, 2026), typed(stored, 2026))
    assert checked.status_code == 200
    text = without_layout(checked.text)
    assert "Xã gửi kế hoạch «trước ngày 23/02» hết ngày Chủ nhật, 22/02/2026" in text
    assert "Xã nộp hồ sơ «trước 17 giờ ngày 15/11» trước 17:00 Chủ nhật, 15/11/2026" in text
    assert "Sở Y tế tỉnh Đồng Tháp Giám đốc Sở Y tế" in text
    assert "2 thẩm quyền dưới đây mới chỉ là đề xuất" in text
    assert not Period.objects.exists()
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', checked.text))
    hidden.pop("csrfmiddlewaretoken", None)
    kept = typed(stored, 2026)
    assert {name: hidden.get(name, "") for name in kept} == kept | {"step": ""}

    edited = client.post(steps(province, 2026), hidden | {"step": "edit"}).text
    assert 'value="trước 17 giờ ngày 15/11"' in edited
    opened = client.post(steps(province, 2026), hidden | {"step": "open"})
    period = Period.objects.get()
    assert opened.headers["Location"] == reverse("criteria:period", args=[period.uuid])
    assert (period.province, period.year, period.criteria_set) == (province, 2026, stored)
    assert sorted(period.deadlines.values_list("kind", "wording")) == [
        (DeadlineKind.DOSSIER.value, "trước 17 giờ ngày 15/11"),
        (DeadlineKind.PLAN.value, "trước ngày 23/02"),
    ]
    assert sorted(period.authorities.values_list("task", flat=True)) == ["appraise", "decide"]

    same = client.post(steps(province, 2026), hidden | {"step": "open"})
    assert same.headers["Location"] == opened.headers["Location"]
    again = client.post(steps(province, 2026), hidden | {"step": "open", "form_token": ""})
    assert again.status_code == 422
    assert "Tỉnh Đồng Tháp đã có kỳ đánh giá năm 2026. Mở kỳ đã có để xem." in again.text
    assert Period.objects.count() == 1


def test_with_districts_each_gets_its_authorities_and_reports(client: Client, province: Unit, admin: User) -> None:
    old = ProvinceFactory(name="Tỉnh Đồng Tháp")
    SuccessionFactory(predecessor=old, successor=province)
    for name in ("Huyện Tháp Mười", "Huyện Cao Lãnh"):
        DistrictFactory(parent=old, name=name)
    stored = criteria_set(admin, AT)
    client.force_login(admin)
    assert "Tỉnh Đồng Tháp (đến hết ngày 30/06/2025)" in client.get(OPEN).text
    second = client.get(steps(old, 2025)).text
    assert 'value="30/06/2025"' in second  # the last day on which the province was there
    assert 'name="deadline_district_report" value="trước ngày 30/11"' in second
    fields = typed(stored, 2024, deadline_district_report="trước ngày 30/11", step="open")
    assert client.post(steps(old, 2024), fields).status_code == 302
    assert Period.objects.get().authorities.count() == 4


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"starts_on": "31/02/2026"}, "Nhập ngày có thật theo dạng ngày/tháng/năm"),
        ({"ends_on": "31/12/2025"}, "phải sau ngày bắt đầu kỳ. Kiểm tra lại các ngày."),
        ({"figures_as_of": "30/06/2025", "starts_on": "01/01/2025"}, "không phải tỉnh, thành phố có hiệu lực"),
        ({"starts_on": "01/01/2027", "ends_on": "31/12/2027", "figures_as_of": "31/10/2027"}, "không có năm 2026"),
        ({"deadline_dossier": ""}, "Ghi thời hạn xã nộp hồ sơ như trong kế hoạch."),
        ({"deadline_dossier": "trước ngày 31/02"}, "«trước ngày 31/02» không có thật. Kiểm tra lại."),
        ({"deadline_plan": "sớm nhất có thể"}, "Không hiểu thời hạn «sớm nhất có thể»"),
        ({"criteria_set": ""}, "Chọn bộ tiêu chí của kỳ đánh giá."),
    ],
)
def test_a_period_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    client: Client, province: Unit, admin: User, changed: dict[str, str], sentence: str
) -> None:
    stored = criteria_set(admin, AT)
    client.force_login(admin)
    for step in ("check", "open"):
        response = client.post(steps(province, 2026), typed(stored, 2026, **(changed | {"step": step})))
        assert response.status_code == 422
        assert "<title>Lỗi: " in response.text
        assert sentence in response.text
        assert 'value="trước ngày 23/02"' in response.text or "deadline_plan" in changed
    assert not Period.objects.exists()


def test_a_set_that_nobody_confirmed_cannot_be_chosen(client: Client, province: Unit, admin: User) -> None:
    stored, _ = load_criteria(QD06, at=AT)
    client.force_login(admin)
    assert "Chưa có bộ tiêu chí nào được xác nhận." in client.get(steps(province, 2026)).text
    assert client.post(steps(province, 2026), typed(stored, 2026, step="open")).status_code == 422
    assert not Period.objects.exists()


@pytest.mark.parametrize("year", ["", "x", "1999", "20266"])
def test_the_first_step_wants_a_year(client: Client, province: Unit, admin: User, year: str) -> None:
    client.force_login(admin)
    response = client.get(OPEN, {"tinh": str(province.uuid), "nam": year})
    assert response.status_code == 422
    assert '<a href="#id_nam">Năm đánh giá: ' in response.text


def test_the_province_of_somebody_else_cannot_be_chosen(client: Client, admin: User) -> None:
    client.force_login(admin)
    response = client.get(steps(ProvinceFactory(new=True), 2026))
    assert response.status_code == 422
    assert "Chọn một tỉnh, thành phố trong danh sách." in response.text


# ---- loại xã -----------------------------------------------------------------------------------------------------
@pytest.fixture
def place() -> Place:
    """Two tiers; its one commune has a type, three others have none."""
    place = make_place(year=2026, new=True)
    for code, name, kind in (
        ("30037", "Xã Tháp Mười", Kind.COMMUNE),
        ("30038", "Phường Mỹ Trà", Kind.WARD),
        ("30039", "Đặc khu Phú Quốc", Kind.SPECIAL_ZONE),
    ):
        CommuneFactory(new=True, parent=place.province, code=code, name=name, kind=kind)
    return place


def unit(name: str) -> Unit:
    return Unit.objects.get(name=name, level=Level.COMMUNE)


def batch(names: dict[str, AreaType], ticked: list[str], **changed: Any) -> dict[str, Any]:
    return {
        **{f"loai-{unit(name).uuid}": str(area_type) for name, area_type in names.items()},
        "chon": [str(unit(name).uuid) for name in ticked],
        "document_number": "861/QĐ-TTg",
        "valid_from": "01/01/2026",
        "step": "check",
    } | changed


ALL = {
    "Xã Tháp Mười": AreaType.MOUNTAIN_ISLAND_DISADVANTAGED,
    "Phường Mỹ Trà": AreaType.OTHER,
    "Đặc khu Phú Quốc": AreaType.MOUNTAIN_ISLAND_DISADVANTAGED,
}


def test_communes_without_a_type_are_listed_with_a_proposal(client: Client, place: Place) -> None:
    client.force_login(place.catalogue_admin)
    text = without_layout(client.get(TYPES).text)
    assert "Chưa xếp loại (3)" in text
    assert "trong 4 đơn vị cấp xã" in text
    assert f"Đặc khu Phú Quốc, {place.province.name[:1].lower()}{place.province.name[1:]} (30039)" in text
    assert place.communes[0].name not in text
    accepted = without_layout(client.get(TYPES, {"trang-thai": "da-xep-loai"}).text)
    assert f"{place.communes[0].name}," in accepted
    assert "01/QĐ-THỬ" in accepted
    assert "Xã Tháp Mười," not in accepted


def test_many_are_accepted_by_one_document_after_a_check(client: Client, place: Place) -> None:
    client.force_login(place.catalogue_admin)
    checked = client.post(TYPES, batch(ALL, ["Xã Tháp Mười", "Đặc khu Phú Quốc"]))
    assert checked.status_code == 200
    assert "Kiểm tra xếp loại 2 đơn vị" in checked.text
    assert "Phường Mỹ Trà" not in checked.text
    assert AreaTypeAssignment.objects.count() == 1
    hidden: dict[str, Any] = {"chon": []}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', checked.text):
        if name == "chon":
            hidden["chon"].append(value)
        elif name != "csrfmiddlewaretoken":
            hidden[name] = value
    edited = client.post(TYPES, hidden | {"step": "edit"})
    assert edited.status_code == 200
    assert edited.text.count(" checked") == 2
    assert client.post(TYPES, hidden | {"step": "accept"}).status_code == 302
    rows = AreaTypeAssignment.objects.filter(document_number="861/QĐ-TTg").order_by("unit__code")
    assert [(row.unit.name, row.area_type, row.valid_from) for row in rows] == [
        ("Xã Tháp Mười", AreaType.MOUNTAIN_ISLAND_DISADVANTAGED, datetime.date(2026, 1, 1)),
        ("Đặc khu Phú Quốc", AreaType.MOUNTAIN_ISLAND_DISADVANTAGED, datetime.date(2026, 1, 1)),
    ]
    assert AuditEvent.objects.filter(action="accept_area_type").count() == 2
    assert "Chưa xếp loại (1)" in without_layout(client.get(TYPES).text)


def test_all_of_a_page_can_be_chosen_at_once(client: Client, place: Place) -> None:
    client.force_login(place.catalogue_admin)
    client.post(TYPES, batch(ALL, [], tat_ca="on", step="accept"))
    assert AreaTypeAssignment.objects.filter(document_number="861/QĐ-TTg").count() == 3


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"chon": []}, "Đánh dấu ít nhất một đơn vị để xếp loại."),
        ({"chon": ["00000000-0000-4000-8000-000000000000"]}, "không còn trong danh sách"),
        ({"document_number": " "}, "Nhập số văn bản làm căn cứ xếp loại xã."),
        ({"valid_from": "01-01"}, "Nhập ngày có thật"),
        ({"valid_from": "01/01/2025"}, "không có hiệu lực vào ngày 01/01/2025"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_whole(
    client: Client, place: Place, changed: dict[str, Any], sentence: str
) -> None:
    client.force_login(place.catalogue_admin)
    response = client.post(TYPES, batch(ALL, list(ALL), **({"step": "accept"} | changed)))
    assert response.status_code == 422
    assert sentence in response.text
    assert "<title>Lỗi: " in response.text
    assert AreaTypeAssignment.objects.count() == 1


def test_one_commune_that_was_typed_meanwhile_stops_the_batch(client: Client, place: Place) -> None:
    client.force_login(place.catalogue_admin)
    AreaTypeAssignmentFactory(unit=unit("Phường Mỹ Trà"), valid_from=datetime.date(2026, 2, 1))
    response = client.post(TYPES, batch(ALL, list(ALL), step="accept"))
    assert response.status_code == 422
    assert "Phường Mỹ Trà đã được xếp loại từ ngày 01/02/2026; chọn ngày bắt đầu sau ngày đó." in response.text
    assert AreaTypeAssignment.objects.filter(document_number="861/QĐ-TTg").count() == 0


def test_a_type_that_holds_is_replaced_from_a_later_day(client: Client, place: Place) -> None:
    client.force_login(place.catalogue_admin)
    name = place.communes[0].name
    fields = batch({name: AreaType.MOUNTAIN_ISLAND_DISADVANTAGED}, [name], step="accept")
    assert client.post(f"{TYPES}?trang-thai=da-xep-loai", fields).status_code == 302
    rows = AreaTypeAssignment.objects.filter(unit=place.communes[0]).order_by("valid_from")
    assert [(row.area_type, row.valid_to) for row in rows] == [
        (AreaType.OTHER, datetime.date(2025, 12, 31)),
        (AreaType.MOUNTAIN_ISLAND_DISADVANTAGED, None),
    ]


def test_communes_of_another_province_are_neither_shown_nor_taken(client: Client, place: Place) -> None:
    other = make_place(year=2026, new=True)
    CommuneFactory(new=True, parent=other.province, name="Xã Ngoài Tỉnh")
    client.force_login(place.catalogue_admin)
    for query in ("", f"?ky={other.period.uuid}"):
        assert "Xã Ngoài Tỉnh" not in client.get(TYPES + query).text
    response = client.post(TYPES, batch({"Xã Ngoài Tỉnh": AreaType.OTHER}, ["Xã Ngoài Tỉnh"], step="accept"))
    assert response.status_code == 422
    assert not AreaTypeAssignment.objects.filter(unit=unit("Xã Ngoài Tỉnh")).exists()


def test_without_a_period_the_page_says_what_to_do(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert "Chưa có kỳ đánh giá nào. Loại xã được xét theo ngày chốt số liệu của một kỳ." in client.get(TYPES).text


def test_one_and_many_communes_cost_the_same_queries(client: Client, place: Place) -> None:
    client.force_login(place.catalogue_admin)

    def count() -> list[int]:
        found = []
        for query in ("", "?trang-thai=da-xep-loai"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(TYPES + query).status_code == 200
            found.append(len(captured))
        return found

    before = count()
    for _ in range(3):
        CommuneFactory(new=True, parent=place.province)
        AreaTypeAssignmentFactory(unit=CommuneFactory(new=True, parent=place.province))
    assert count() == before
