"""«Việc cần làm» and the list of dossiers: the same numbers, the right people, a fixed number of queries."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.workflow import Status
from communes.models import Role, Unit, User
from tests.factories import Place, UserFactory, approved, dossier_in, drafted, make_place, proposed, signed, user_with

pytestmark = pytest.mark.django_db

LIST = "assessments:dossiers"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def listed(client: Client, **filters: str) -> list[str]:
    """The names of the communes on the list, in its order."""
    response = client.get(reverse(LIST), {name.replace("_", "-"): value for name, value in filters.items()})
    assert response.status_code == 200
    return [line.dossier.commune.name for line in response.context["lines"]]


def rename(unit: Unit, name: str) -> None:
    unit.name = name
    unit.save(update_fields=["name"])


def place_with(*statuses: Status) -> Place:
    """One commune for each state."""
    place = make_place(communes=len(statuses))
    for index, status in enumerate(statuses):
        dossier_in(status, place, index)
    return place


# ---- the list ----------------------------------------------------------------------------------------------------


def test_a_commune_sees_its_own_dossiers() -> None:
    place = place_with(Status.DRAFT, Status.SUBMITTED)
    assert listed(signed_in(place.editors[0])) == [place.communes[0].name]


def test_an_appraiser_sees_what_was_sent_oldest_first() -> None:
    place = make_place(communes=3)
    dossier_in(Status.SUBMITTED, place, 2)
    dossier_in(Status.SUBMITTED, place, 0)
    dossier_in(Status.DRAFT, place, 1)
    response = signed_in(place.appraiser).get(reverse(LIST))
    assert [line.dossier.commune for line in response.context["lines"]] == [place.communes[2], place.communes[0]]
    assert "Hoàn thành thẩm định: quá hạn" in text_of(response)


def test_nobody_sees_another_place() -> None:
    place_with(Status.SUBMITTED, Status.RECOGNISED)
    other = make_place()
    for user in (other.editors[0], other.appraiser, other.leader, other.province_staff, other.inspector):
        assert listed(signed_in(user)) == []


@pytest.mark.parametrize("typed", ["duong", "ĐƯỜNG", "Đường", "xã đường"])
def test_search_finds_names_however_they_are_typed(typed: str) -> None:
    place = place_with(Status.SUBMITTED, Status.SUBMITTED)
    rename(place.communes[0], "Xã Đường Thượng")
    assert listed(signed_in(place.appraiser), q=typed) == ["Xã Đường Thượng"]


def test_search_finds_the_code_of_a_dossier() -> None:
    place = make_place(communes=2)
    dossier = dossier_in(Status.SUBMITTED, place, 1)
    dossier_in(Status.SUBMITTED, place, 0)
    assert listed(signed_in(place.appraiser), q=dossier.code.lower()) == [place.communes[1].name]


def test_filters_add_up_and_show_what_is_chosen() -> None:
    place = place_with(Status.SUBMITTED, Status.APPRAISING, Status.RETURNED)
    client = signed_in(place.appraiser)
    assert listed(client, trang_thai="da-nop") == [place.communes[0].name]
    assert listed(client, trang_thai="da-nop", nam="2023") == []
    assert len(listed(client, don_vi=str(place.deciding.uuid), nam="2024")) == 3
    text = text_of(client.get(reverse(LIST), {"trang-thai": "da-nop", "nam": "2024"}))
    assert "Đã nộp ×" in text
    assert "Năm 2024 ×" in text
    assert "1 hồ sơ" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nam", "abcd"),
        ("trang-thai", "x"),
        ("viec", "x"),
        ("don-vi", "x"),
        ("q", "không có xã này"),
        ("nam", "２０２４"),
    ],
)
def test_a_filter_that_fits_nothing_says_so(name: str, value: str) -> None:
    place = place_with(Status.SUBMITTED)
    response = signed_in(place.appraiser).get(reverse(LIST), {name: value})
    assert response.context["lines"] == []
    assert "Không có hồ sơ nào khớp với các điều kiện lọc." in text_of(response)
    assert "Bỏ lọc" in text_of(response)


def test_a_late_dossier_is_marked_for_ever() -> None:
    place = make_place(communes=2)
    dossier_in(Status.SUBMITTED, place, 0)
    place.later(hours=24 * 30)
    dossier_in(Status.RECOGNISED, place, 1)
    client = signed_in(place.inspector)
    assert text_of(client.get(reverse(LIST))).count("Nộp muộn") == 1
    assert listed(client, viec="nop-muon") == [place.communes[1].name]


def test_the_list_asks_the_same_number_of_questions_for_one_and_for_many() -> None:
    place = make_place(communes=4)
    client = signed_in(place.appraiser)
    counts = []
    for index in range(4):
        dossier_in(Status.SUBMITTED, place, index)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(LIST))
        counts.append(len(captured))
    assert counts == [counts[0]] * 4
    assert counts[0] <= 12


# ---- home --------------------------------------------------------------------------------------------------------


def home(user: User) -> Any:
    response = signed_in(user).get(reverse("home"))
    assert response.status_code == 200
    return response


def test_a_commune_without_a_dossier_is_offered_one() -> None:
    place = make_place()
    page = home(place.editors[0])
    assert "Lập hồ sơ năm 2024" in text_of(page)
    assert reverse("assessments:create", args=[place.period.uuid, place.communes[0].uuid]) in page.content.decode()
    assert "hết ngày thứ Năm, 14/11/2024" in text_of(page)
    assert "Cán bộ lập hồ sơ của xã mở hồ sơ" in text_of(home(place.heads[0]))


def test_a_commune_reads_what_is_missing_and_what_came_back() -> None:
    place = make_place(communes=2)
    dossier_in(Status.DRAFT, place, 0, filled=False)
    dossier_in(Status.RETURNED, place, 1)
    assert "Còn 33 chỗ phải nhập hoặc sửa trước khi nộp." in text_of(home(place.editors[0]))
    returned = text_of(home(place.editors[1]))
    assert "Yêu cầu bổ sung: đã sửa 0/1" in returned
    assert "Kế hoạch chưa có chữ ký." in returned


def waiting_papers(place: Place) -> dict[str, int]:
    tiles = {name: home(getattr(place, name)).context["tiles"] for name in ("leader", "clerk")}
    return {
        name: tile.count for name, found in tiles.items() for tile in found if tile.label.startswith("Văn bản chờ tôi")
    }


def test_each_tile_counts_what_its_list_shows() -> None:
    place = make_place(communes=9)
    for index, status in enumerate(status for status in Status if status not in (Status.DRAFT, Status.WITHDRAWN)):
        dossier_in(status, place, index)
    proposed([dossier_in(Status.CONCLUDED, place, 7)], place, "20/TTr")
    waiting = drafted(approved([dossier_in(Status.CONCLUDED, place, 8)], place), place)
    seen = 0
    assert waiting_papers(place) == {"leader": 1, "clerk": 0}
    signed(waiting, place)
    assert waiting_papers(place) == {"leader": 0, "clerk": 1}
    for user in (place.editors[0], place.appraiser, place.head_of_office, place.leader, place.clerk):
        client = signed_in(user)
        for tile in home(user).context["tiles"]:
            page = client.get(tile.url)
            assert page.status_code == 200
            assert page.context["page"].paginator.count == tile.count, tile.label
            seen += tile.count
    assert seen > 5


def test_the_catalogue_administrator_sees_what_waits_for_confirmation() -> None:
    place = make_place(communes=2, year=2026, new=True)
    tiles = {tile.label: tile.count for tile in home(place.catalogue_admin).context["tiles"]}
    assert tiles == {
        "Bộ tiêu chí chờ xác nhận": 0,
        "Xã chưa được xác nhận loại": 0,
        "Thẩm quyền chờ tỉnh xác nhận": 2,
    }


def test_the_province_reads_progress_by_unit_and_every_number_is_its_list() -> None:
    place = make_place(communes=5)
    for index, status in enumerate([Status.DRAFT, Status.SUBMITTED, Status.SUBMITTED, Status.RECOGNISED]):
        dossier_in(status, place, index)
    for user, not_there in ((place.province_staff, 2), (place.inspector, 1)):
        progress = home(user).context["progress"]
        assert [row.name for row in progress.rows] == [place.deciding.name]
        cells = progress.rows[0].cells
        assert (progress.rows[0].communes, cells[0].count) == (5, not_there)
        client = signed_in(user)
        for cell in cells[1:]:
            if cell.url:
                assert client.get(cell.url).context["page"].paginator.count == cell.count, cell.label
        assert sum(cell.count for cell in cells) == 5


def test_an_inspector_of_a_district_reads_the_own_district_only() -> None:
    place = make_place(communes=2)
    dossier_in(Status.SUBMITTED, place)
    progress = home(user_with(Role.INSPECTOR, place.deciding)).context["progress"]
    assert (progress.total.communes, sum(cell.count for cell in progress.total.cells[1:])) == (2, 1)


def test_everybody_has_a_first_page() -> None:
    place = make_place()
    for role in Role:
        assert home(user_with(role, place.province)).status_code == 200
    assert "Tài khoản chưa được giao vai trò nào." in text_of(home(UserFactory()))


@pytest.mark.parametrize("who", ["appraiser", "head_of_office", "province_staff", "inspector", "leader"])
def test_home_asks_the_same_number_of_questions_for_one_and_for_many(who: str) -> None:
    place = make_place(communes=4)
    client = signed_in(getattr(place, who))
    counts = []
    for index in range(4):
        dossier_in(Status.SUBMITTED, place, index)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("home"))
        counts.append(len(captured))
    assert counts == [counts[0]] * 4
