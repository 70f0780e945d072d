"""The table of holidays: what is shipped, what a province enters instead, and the working days that are counted by it
(SECURITY.md T-03)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from assessments.models import Dossier, ReturnedItem
from assessments.views.dossier import days_at_office
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes.models import Role
from criteria.models import Certainty, Holiday
from criteria.services import add_holiday, load_holidays, remove_holiday
from criteria.working_days import is_working_day
from tests.factories import Place, dossier_in, make_place, move, user_with

pytestmark = pytest.mark.django_db

SHIPPED = (Path(settings.BASE_DIR) / "fixtures" / "holidays.json").read_text(encoding="utf-8")
PAGE = "/ky-danh-gia/ngay-nghi/"
TET_2025 = [date(2025, 1, 28) + timedelta(days=number) for number in range(5)]


@pytest.fixture
def place() -> Place:
    return make_place()


def entered(place: Place, day: date, kind: Holiday.Kind = Holiday.Kind.OFF) -> Holiday:
    return add_holiday(
        province=place.province,
        day=day,
        name=" Nghỉ  bù ",
        kind=kind,
        document_number="12/TB-UBND",
        by=place.catalogue_admin,
        at=place.later(),
    )


# ---- what is shipped ---------------------------------------------------------------------------------------------
def test_the_days_of_the_law_are_loaded_once_with_how_sure_we_are(place: Place) -> None:
    assert load_holidays(SHIPPED, at=place.at) == 44
    told = AuditEvent.objects.count()
    assert load_holidays(SHIPPED, at=place.at) == 0
    call_command("load_holidays")
    assert (Holiday.objects.count(), AuditEvent.objects.count()) == (44, told)
    days = Holiday.objects.filter(day__year=2025)
    assert list(days.filter(certainty=Certainty.VERIFIED).values_list("day", flat=True)) == [
        date(2025, 1, 1),
        date(2025, 4, 30),
        date(2025, 5, 1),
        date(2025, 9, 2),
    ]
    assert list(days.filter(certainty=Certainty.RECONSTRUCTED).values_list("day", flat=True)) == [
        *TET_2025,
        date(2025, 4, 7),
        date(2025, 9, 1),
    ]


def test_loading_a_new_list_leaves_what_provinces_entered(place: Place) -> None:
    own = entered(place, date(2025, 5, 2))
    load_holidays(SHIPPED, at=place.at)
    assert load_holidays(SHIPPED.replace("2027-04-16", "2027-04-15"), at=place.at) == 44
    assert Holiday.objects.filter(province=None).count() == 44
    assert Holiday.objects.get(province=place.province) == own


# ---- what a province enters --------------------------------------------------------------------------------------
def test_the_own_row_counts_instead_of_the_shipped_one_and_nowhere_else(place: Place) -> None:
    other = make_place()
    load_holidays(SHIPPED, at=place.at)
    row = entered(place, TET_2025[0], Holiday.Kind.WORKED)
    assert (row.name, row.certainty) == ("Nghỉ bù", Certainty.CONFIRMED)

    def works(province: Place) -> bool:
        return is_working_day(TET_2025[0], Holiday.objects.table_of(province.province.pk))

    assert (works(place), works(other)) == (True, False)
    remove_holiday(holiday_id=row.pk, by=place.catalogue_admin, at=place.later())
    assert works(place) is False


def test_a_day_stands_once_and_is_removed_once(place: Place) -> None:
    row = entered(place, date(2025, 5, 2))
    with pytest.raises(Refused, match=r"đã có dòng cho ngày 02/05/2025\. Bỏ dòng đó rồi thêm lại\."):
        entered(place, date(2025, 5, 2), Holiday.Kind.WORKED)
    assert Holiday.objects.get() == row
    remove_holiday(holiday_id=row.pk, by=place.catalogue_admin, at=place.later())
    with pytest.raises(Stale, match="Dòng này đã được người khác bỏ"):
        remove_holiday(holiday_id=row.pk, by=place.catalogue_admin, at=place.later())


def test_only_the_own_province_s_administrator_writes_and_nobody_what_is_shipped(place: Place) -> None:
    other = make_place()
    load_holidays(SHIPPED, at=place.at)
    row = entered(place, date(2025, 5, 2))
    for by in (other.catalogue_admin, place.leader):
        place_of_another = replace(place, catalogue_admin=by)
        with pytest.raises(Refused):
            entered(place_of_another, date(2025, 5, 5))
        with pytest.raises(Refused):
            remove_holiday(holiday_id=row.pk, by=by, at=place.later())
    shipped = Holiday.objects.filter(province=None)[0]
    with pytest.raises(Refused, match="Ngày nghỉ của cả nước không bỏ được"):
        remove_holiday(holiday_id=shipped.pk, by=place.catalogue_admin, at=place.later())
    assert Holiday.objects.count() == 45


# ---- the page ----------------------------------------------------------------------------------------------------
def test_a_day_is_added_shown_and_removed_on_the_page(client: Client, place: Place) -> None:
    load_holidays(SHIPPED, at=place.at)
    client.force_login(place.catalogue_admin)
    fields = {"province": place.province.uuid, "day": "02/05/2025", "kind": "off", "name": "Nghỉ bù"}
    refused = client.post(PAGE, fields)
    assert (refused.status_code, "Nhập số văn bản về lịch nghỉ." in refused.text) == (422, True)
    added = client.post(PAGE, fields | {"document_number": "12/TB-UBND"})
    assert (added.status_code, added.url) == (302, f"{PAGE}?nam=2025")
    text = client.get(added.url).text
    row = Holiday.objects.get(province=place.province)
    assert text.count(">Bỏ<") == 1  # shipped days have no button
    assert text.count("Đề xuất, chưa thấy nguồn") == 7
    assert f"{place.province.name}, 12/TB-UBND" in text
    again = client.post(PAGE, fields | {"document_number": "12/TB-UBND"})
    assert (again.status_code, "Bỏ dòng đó rồi thêm lại." in again.text) == (422, True)
    assert client.post(reverse("criteria:remove_holiday", args=[row.uuid])).status_code == 302
    assert not Holiday.objects.filter(province=place.province).exists()


def test_an_administrator_of_a_district_reads_and_has_no_form(client: Client, place: Place) -> None:
    client.force_login(user_with(Role.CATALOGUE_ADMIN, place.deciding))
    page = client.get(PAGE)
    assert (page.status_code, "Thêm ngày" in page.text) == (200, False)


# ---- working days at the office ----------------------------------------------------------------------------------
def moved(place: Place, action: Action, day: int) -> None:
    """A step on a day of November 2024, of which the 4th is a Monday."""
    place.at = datetime(2024, 11, day, 3, tzinfo=UTC)
    people = {Role.COMMUNE_HEAD: place.heads[0], Role.APPRAISER: place.appraiser}
    ReturnedItem.objects.update(mended_at=place.at)
    move(action, Dossier.objects.get(), people, place)


def days_on(day: int) -> int | None:
    return days_at_office(Dossier.objects.select_related("period").get(), date(2024, 11, day))


def test_days_at_the_office_skip_weekends_holidays_and_the_time_back_with_the_commune(place: Place) -> None:
    dossier_in(Status.DRAFT, place)
    assert days_on(4) is None
    moved(place, Action.SUBMIT, 4)
    assert [days_on(day) for day in (4, 5, 8, 10)] == [0, 1, 4, 4]
    entered(place, date(2024, 11, 6))
    entered(place, date(2024, 11, 9), Holiday.Kind.WORKED)  # a Saturday
    assert [days_on(day) for day in (8, 10)] == [3, 4]
    moved(place, Action.TAKE, 8)
    moved(place, Action.RETURN, 11)
    moved(place, Action.SUBMIT, 14)
    # 5, 7, 8, 9 and the 11th on which it was returned; then the 15th and the 18th
    assert [days_on(day) for day in (14, 15, 17, 18)] == [5, 6, 6, 7]


def test_a_dossier_that_was_withdrawn_begins_anew(place: Place) -> None:
    dossier_in(Status.DRAFT, place)
    moved(place, Action.SUBMIT, 4)
    moved(place, Action.WITHDRAW, 5)
    moved(place, Action.RESUME, 6)
    moved(place, Action.SUBMIT, 12)
    assert days_on(14) == 2


def test_the_appraising_body_reads_the_days_and_nobody_else_does(client: Client, place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    moved(place, Action.SUBMIT, 4)
    page = reverse("assessments:dossier", args=[dossier.uuid])
    words = "Đã nằm ở cơ quan thẩm định 4 ngày làm việc, không kể thời gian chờ xã bổ sung."
    readers = (place.appraiser, place.head_of_office, place.heads[0], place.province_staff, place.inspector)
    shown = {}
    with time_machine.travel(datetime(2024, 11, 8, 3, tzinfo=UTC), tick=False):
        for user in readers:
            client.force_login(user)
            shown[user] = words in client.get(page).text
        assert list(shown.values()) == [True, True, False, False, False]
        moved(place, Action.TAKE, 8)
        moved(place, Action.RETURN, 8)
        client.force_login(place.appraiser)
        assert "Đã nằm ở cơ quan thẩm định" not in client.get(page).text
