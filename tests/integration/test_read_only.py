"""READ_ONLY: every page opens, nothing is changed, and everybody is told why (SECURITY.md R-15)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.models import CriterionEntry
from assessments.workflow import Status
from tests.factories import PASSWORD, dossier_in, make_place

pytestmark = pytest.mark.django_db

BANNER = "Hệ thống đang ở chế độ chỉ xem để bảo trì: các trang vẫn mở được, chưa lưu được gì."
SENTENCE = "Hệ thống đang ở chế độ chỉ xem để bảo trì nên chưa lưu được."


@pytest.fixture(autouse=True)
def read_only(settings: Any) -> None:
    settings.READ_ONLY = True


def test_pages_open_and_saving_says_why_not() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    page = reverse("assessments:criterion", args=[dossier.uuid, "TC01"])
    client = Client()
    client.force_login(place.editors[0])
    shown = client.get(page)
    assert (shown.status_code, BANNER in shown.text) == (200, True)
    before = CriterionEntry.objects.get(dossier=dossier, criterion="TC01")
    saved = client.post(page, {"version": "1", "explanation": "Xã đã ban hành kế hoạch."})
    assert (saved.status_code, saved["Retry-After"]) == (503, "300")
    assert SENTENCE in saved.text
    assert "Xã đã ban hành kế hoạch." in saved.text  # given back
    fragment = client.post(page, {"version": "1"}, headers={"HX-Request": "true"})
    assert (fragment.status_code, "<html" in fragment.text, SENTENCE in fragment.text) == (503, False, True)
    after = CriterionEntry.objects.get(dossier=dossier, criterion="TC01")
    assert (after.version, after.explanation) == (before.version, before.explanation)


def test_people_still_sign_in_and_out() -> None:
    place = make_place()
    client = Client()
    entered = client.post(reverse("account_login"), {"login": place.editors[0].username, "password": PASSWORD})
    assert entered.status_code == 302
    assert client.post(reverse("account_logout")).status_code == 302


def test_no_banner_otherwise(settings: Any) -> None:
    settings.READ_ONLY = False
    assert BANNER not in Client().get(reverse("account_login")).text
