"""The criteria as anyone signed in reads them, and the page on which a catalogue administrator answers for them."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from childfriendly.core.models import AuditEvent
from communes.models import Role, User
from criteria.models import CriteriaSet
from criteria.services import load_criteria
from criteria.templatetags.certainty import in_words
from tests.factories import QD06, ProvinceFactory, UserFactory, user_with

pytestmark = pytest.mark.django_db

AT = datetime.datetime(2024, 1, 15, 2, 0, tzinfo=datetime.UTC)


@pytest.fixture
def stored() -> CriteriaSet:
    return load_criteria(QD06, at=AT)[0]


@pytest.fixture
def admin() -> User:
    return user_with(Role.CATALOGUE_ADMIN, ProvinceFactory(new=True), full_name="Người Quản Trị")


def test_anyone_signed_in_reads_everything_that_the_set_says(client: Client, stored: CriteriaSet) -> None:
    client.force_login(UserFactory())  # without any role
    assert escape(stored) in client.get(reverse("criteria:sets")).text
    text = client.get(reverse("criteria:criteria_set", args=[stored.uuid])).text
    rules = stored.rules()
    expected = [stored.sha256, *map(in_words, (rules.warning, rules.max_points_note, *rules.notes))]
    for criterion in rules.criteria:
        expected += [criterion.title, in_words(criterion.note), *criterion.sources]
        for item in criterion.items:
            expected += [item.code, item.title, item.unit, item.numerator_label, item.denominator_label]
            expected.append(in_words(item.note))
            expected += [slot.title for slot in item.evidence_slots]
            expected += [band.label for band in item.bands]
            expected += [band.label for bands in item.bands_by_area_type.values() for band in bands]
    assert [words for words in expected if escape(words) not in text] == []
    assert text.count("Mục này 0 điểm thì cả tiêu chí 0 điểm.") == sum(
        item.zero_fails_criterion for item in rules.items
    )
    assert text.count("Mẫu số bằng 0") == sum(item.is_pair for item in rules.items)
    assert "Xác nhận bộ tiêu chí" not in text


def test_bands_that_differ_say_for_whom_they_hold(client: Client, stored: CriteriaSet) -> None:
    client.force_login(UserFactory())
    text = client.get(reverse("criteria:criteria_set", args=[stored.uuid])).text
    differing = [item for item in stored.rules().items if item.bands_by_area_type]
    assert len(differing) == 2
    usual = "Phường thuộc thành phố trực thuộc trung ương; Đơn vị cấp xã còn lại"
    assert text.count(f'<caption class="">{usual}</caption>') == 2
    assert text.count('<caption class="">Xã miền núi, hải đảo, đặc biệt khó khăn</caption>') == 2


def test_nobody_reads_it_without_signing_in(client: Client, stored: CriteriaSet) -> None:
    for name, args in (("sets", []), ("criteria_set", [stored.uuid]), ("confirm", [stored.uuid])):
        response = client.get(reverse(f"criteria:{name}", args=args))
        assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/dang-nhap/")


def test_the_administrator_is_told_what_is_only_a_proposal_and_then_confirms(
    client: Client, stored: CriteriaSet, admin: User
) -> None:
    client.force_login(admin)
    page = reverse("criteria:criteria_set", args=[stored.uuid])
    confirm = reverse("criteria:confirm", args=[stored.uuid])
    assert f'href="{confirm}"' in client.get(page).text
    text = client.get(confirm).text
    assert "Người Quản Trị" in text
    assert escape("mức «có» được 50 điểm") in text
    assert text.partition("Mức tin cậy")[2].count("Đề xuất, chưa thấy nguồn") == 1
    assert not CriteriaSet.objects.get().is_confirmed

    assert client.post(confirm).headers["Location"] == page
    text = client.get(page).text
    assert "Đã xác nhận</span> Người Quản Trị" in text
    assert confirm not in text
    assert client.get(confirm).headers["Location"] == page
    again = client.post(confirm)
    assert again.status_code == 409
    assert "Bộ tiêu chí này đã được xác nhận trước đó." in again.text
    assert AuditEvent.objects.filter(action="confirm_criteria").count() == 1


def test_a_confirmation_of_the_demo_says_so(client: Client, stored: CriteriaSet) -> None:
    client.force_login(user_with(Role.CATALOGUE_ADMIN, ProvinceFactory(), is_demo=True))
    client.post(reverse("criteria:confirm", args=[stored.uuid]))
    for url in (reverse("criteria:sets"), reverse("criteria:criteria_set", args=[stored.uuid])):
        assert "Xác nhận giả định" in client.get(url).text


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CATALOGUE_ADMIN])
def test_for_every_other_role_there_is_no_page_to_confirm(role: Role, client: Client, stored: CriteriaSet) -> None:
    client.force_login(user_with(role, ProvinceFactory()))
    url = reverse("criteria:confirm", args=[stored.uuid])
    assert [client.get(url).status_code, client.post(url).status_code] == [404, 404]
    assert not CriteriaSet.objects.get().is_confirmed


def test_one_and_many_sets_cost_the_same_queries(
    client: Client, stored: CriteriaSet, admin: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(admin)
    with django_assert_num_queries(4):  # session, user, roles, sets
        client.get(reverse("criteria:sets"))
    for version in range(2, 6):
        load_criteria(QD06.replace('"version": 1,', f'"version": {version},'), at=AT)
    with django_assert_num_queries(4):
        text = client.get(reverse("criteria:sets")).text
    assert [f"QD06-2019, phiên bản {version}</a>" in text for version in range(1, 6)] == [True] * 5
