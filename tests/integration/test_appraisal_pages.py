"""The appraiser's pages in a browser's terms: what is shown, what is sent, what comes back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import services
from assessments.figures import load_figures
from assessments.forms.entry import field_name
from assessments.models import AppraisedAnswer, AppraisedBaseFigure, CriterionEntry, Dossier, Figures, ReturnedItem
from assessments.workflow import Action, Status
from communes.models import User
from tests.factories import CHILDREN, Place, agree, dossier_in, make_place, proposed

pytestmark = pytest.mark.django_db

Login = Callable[[User], Client]


@pytest.fixture
def login() -> Login:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def place() -> Place:
    return make_place()


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.with_setting().get(pk=dossier.pk)


def url(name: str, dossier: Dossier, *more: str) -> str:
    return reverse(f"assessments:{name}", args=[dossier.uuid, *more])


def html_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def totals_form(dossier: Dossier, **changes: str) -> dict[str, str]:
    figures = load_figures(fresh(dossier))
    typed = {field_name(key, "value"): str(value) for key, value in figures.totals.items()}
    return {"version": str(fresh(dossier).appraised_base_version), **typed, **changes}


def settle_totals(dossier: Dossier, place: Place) -> None:
    services.save_appraised_totals(
        dossier_id=dossier.pk,
        version=fresh(dossier).appraised_base_version,
        values=dict(load_figures(fresh(dossier)).totals),
        reasons={},
        by=place.appraiser,
        at=place.later(),
    )


# ---- taking ------------------------------------------------------------------------------------------------------


def test_taking_starts_the_appraisal(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    response = login(place.appraiser).post(url("take", dossier), {"version": str(dossier.version)})
    assert (response.status_code, response.headers["Location"]) == (302, url("appraisal", dossier))
    assert (fresh(dossier).status, fresh(dossier).appraiser) == (Status.APPRAISING, place.appraiser)


def test_taking_with_an_old_page_changes_nothing_and_says_so(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    response = login(place.appraiser).post(url("take", dossier), {"version": "1"})
    assert response.status_code == 409
    assert "Hồ sơ vừa được người khác cập nhật." in html_of(response)
    assert fresh(dossier).status == Status.SUBMITTED


def test_taking_is_a_post(place: Place, login: Login) -> None:
    assert login(place.appraiser).get(url("take", dossier_in(Status.SUBMITTED, place))).status_code == 405


def test_a_colleague_of_another_district_finds_nothing(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    stranger = login(make_place().appraiser)
    pages = [("appraisal",), ("appraise_base",), ("appraise", "TC01"), ("return",), ("conclude",), ("reopen",)]
    assert [stranger.get(url(name, dossier, *more)).status_code for name, *more in pages] == [404] * 6
    assert stranger.post(url("take", dossier), {"version": "3"}).status_code == 404


def test_the_commune_reads_the_appraisal_only_when_it_is_decided(place: Place, login: Login) -> None:
    editor = login(place.editors[0])
    dossier = dossier_in(Status.APPRAISING, place)
    assert editor.get(url("appraisal", dossier)).status_code == 404
    other = make_place()
    assert login(other.editors[0]).get(url("appraisal", dossier_in(Status.RECOGNISED, other))).status_code == 200


def test_an_unknown_criterion_is_not_found(place: Place, login: Login) -> None:
    assert login(place.appraiser).get(url("appraise", dossier_in(Status.APPRAISING, place), "TC99")).status_code == 404


# ---- overview ----------------------------------------------------------------------------------------------------


def test_the_overview_starts_with_nothing_appraised(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    page = html_of(login(place.appraiser).get(url("appraisal", dossier)))
    assert page.count("Chưa thẩm định") == 14
    assert "Còn 33 số liệu chưa thẩm định." in page
    assert "Đã thẩm định xong 0 trên 13 tiêu chí." in page
    assert re.findall(r"<h1>(.*?)</h1>", page) == ["Thẩm định hồ sơ"]


def test_the_overview_shows_both_totals_and_the_failing_reason(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    agree(dossier, place.appraiser, place.later())
    AppraisedAnswer.objects.filter(dossier=dossier, item="TC03.1").update(numerator=2, reason="Công an xã báo 2 vụ.")
    page = html_of(login(place.appraiser).get(url("appraisal", dossier)))
    assert 'data-label="Xã tự chấm">1.000</td>' in page
    assert 'data-label="Thẩm định"><span><strong>875</strong></span></td>' in page
    assert 'data-label="Mức tối thiểu">850</td>' in page
    assert "Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt)" in page


def test_what_the_commune_changed_since_is_marked(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    agree(dossier, place.appraiser, place.later())
    AppraisedAnswer.objects.filter(dossier=dossier, item="TC12.2").update(declared_as="3")
    page = html_of(login(place.appraiser).get(url("appraisal", dossier)))
    assert page.count("Xã vừa sửa, xem lại") == 1
    assert "Còn 1 số liệu chưa thẩm định." in page


# ---- shared totals -----------------------------------------------------------------------------------------------


def test_agreeing_with_all_totals_is_one_press(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    response = login(place.appraiser).post(url("appraise_base", dossier), {"version": "0", "action": "agree"})
    assert response.headers["Location"] == url("appraise", dossier, "TC01")
    rows = AppraisedBaseFigure.objects.filter(dossier=dossier).values_list("value", "declared_as", "reason")
    assert list(rows) == [(CHILDREN, CHILDREN, "")] * 6


def test_another_total_needs_its_reason_at_the_field(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    client = login(place.appraiser)
    typed = totals_form(dossier, **{"children_under_16-value": "1.990"})
    response = client.post(url("appraise_base", dossier), typed)
    assert response.status_code == 422
    page = html_of(response)
    assert 'href="#id_children_under_16-reason"' in page
    assert 'value="1.990"' in page
    assert "<title>Lỗi: " in page
    typed["children_under_16-reason"] = "Theo sổ hộ tịch."
    assert client.post(url("appraise_base", dossier), typed).status_code == 302
    row = AppraisedBaseFigure.objects.get(dossier=dossier, key="children_under_16")
    assert (row.value, row.declared_as, row.reason) == (1990, CHILDREN, "Theo sổ hộ tịch.")


def test_two_people_on_the_totals_see_both_values(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    settle_totals(dossier, place)
    typed = totals_form(dossier, **{"children_aged_5-value": "1.111", "children_aged_5-reason": "Đếm lại."})
    client = login(place.appraiser)
    response = client.post(url("appraise_base", dossier), {**typed, "version": "0"})
    assert response.status_code == 409
    page = html_of(response)
    assert 'value="1.111"' in page
    assert "Thẩm định đang lưu: <strong>2.000</strong>" in page
    assert 'name="version" value="1"' in page
    assert client.post(url("appraise_base", dossier), {**typed, "version": "1"}).status_code == 302


# ---- criteria ----------------------------------------------------------------------------------------------------


def test_the_form_is_filled_in_with_the_declared_figures(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    page = html_of(login(place.appraiser).get(url("appraise", dossier, "TC05")))
    assert page.count('value="0"') == 3  # two numerators and the version
    assert "Xã khai: 0 / 2.000" in page
    assert "0 / 2.000 × 100.000" in page


def test_agreeing_with_a_criterion_saves_the_declared_figures_and_goes_on(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    client = login(place.appraiser)
    response = client.post(url("appraise", dossier, "TC01"), {"version": "0", "action": "agree"}, follow=True)
    assert response.redirect_chain == [(url("appraise", dossier, "TC02"), 302)]
    assert "Đã lưu tiêu chí 1: thẩm định 100/100 điểm, xã khai 100 điểm." in html_of(response)
    rows = AppraisedAnswer.objects.filter(dossier=dossier).order_by("item")
    assert list(rows.values_list("item", "yes", "declared_as", "reason")) == [
        (f"TC01.{number}", True, "Có", "") for number in (1, 2, 3, 4)
    ]


def test_criteria_wait_for_the_totals_they_share(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    response = login(place.appraiser).post(url("appraise", dossier, "TC03"), {"version": "0", "action": "agree"})
    assert response.status_code == 422
    assert "Thẩm định số liệu nền trước" in html_of(response)


def test_every_difference_without_a_reason_is_named_at_once(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    typed = {"version": "0", **{field_name(f"TC01.{number}", "yes"): "false" for number in (1, 2)}}
    typed |= {field_name(f"TC01.{number}", "yes"): "true" for number in (3, 4)}
    response = login(place.appraiser).post(url("appraise", dossier, "TC01"), typed)
    page = html_of(response)
    assert response.status_code == 422
    assert re.findall(r'href="#(id_TC01_\d-reason)"', page) == ["id_TC01_1-reason", "id_TC01_2-reason"]
    assert not AppraisedAnswer.objects.filter(dossier=dossier).exists()


def test_another_figure_is_kept_with_its_reason(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    typed = {
        "version": "0",
        "TC02_1-numerator": "96",
        "TC02_1-denominator": "100",
        "TC02_1-reason": "Hai trẻ chưa có giấy khai sinh.",
    }
    client = login(place.appraiser)
    assert client.post(url("appraise", dossier, "TC02"), typed).status_code == 302
    row = AppraisedAnswer.objects.get(dossier=dossier, item="TC02.1")
    assert (row.figures, row.declared_as) == (Figures(numerator=96, denominator=100), "100/100")
    page = html_of(client.get(url("appraise", dossier, "TC02")))
    assert "Thẩm định đang lưu: 96 / 100" in page
    assert "Hai trẻ chưa có giấy khai sinh." in page


@pytest.mark.parametrize("typed", ["-1", "1,5", "abc", "1000000000000", "1,2,3", "１２"])
def test_impossible_figures_come_back_as_typed(place: Place, login: Login, typed: str) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    sent = {"version": "0", "TC02_1-numerator": typed, "TC02_1-denominator": "100", "TC02_1-reason": "Đếm lại hồ sơ."}
    response = login(place.appraiser).post(url("appraise", dossier, "TC02"), sent)
    page = html_of(response)
    assert response.status_code == 422
    assert f'value="{typed}"' in page
    assert "Đếm lại hồ sơ." in page
    assert not AppraisedAnswer.objects.filter(dossier=dossier).exists()


def test_part_over_whole_is_refused_with_both_numbers(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    sent = {"version": "0", "TC02_1-numerator": "101", "TC02_1-denominator": "100", "TC02_1-reason": "x"}
    response = login(place.appraiser).post(url("appraise", dossier, "TC02"), sent)
    assert response.status_code == 422
    assert "(101) lớn hơn" in html_of(response)


def test_two_people_on_one_criterion_see_both_answers(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    services.save_appraisal(
        dossier_id=dossier.pk,
        criterion="TC02",
        version=0,
        answers={"TC02.1": services.Appraised(Figures(numerator=91, denominator=100), "Bản của người kia.")},
        by=place.appraiser,
        at=place.later(),
    )
    sent = {"version": "0", "TC02_1-numerator": "95", "TC02_1-denominator": "100", "TC02_1-reason": "Bản của tôi."}
    client = login(place.appraiser)
    response = client.post(url("appraise", dossier, "TC02"), sent)
    page = html_of(response)
    assert response.status_code == 409
    assert "Thẩm định đang lưu: 91 / 100" in page
    assert "Bản của người kia." in page
    assert 'value="95"' in page
    assert "Bản của tôi." in page
    assert 'name="version" value="1"' in page
    assert client.post(url("appraise", dossier, "TC02"), {**sent, "version": "1"}).status_code == 302
    assert AppraisedAnswer.objects.get(dossier=dossier).numerator == 95


def test_what_was_returned_shows_old_and_new(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    dossier = services.perform(
        Action.RETURN,
        dossier_id=dossier.pk,
        version=dossier.version,
        items={"TC12.2": "Chỉ thấy ba kế hoạch."},
        by=place.appraiser,
        at=place.later(),
    )
    entry = CriterionEntry.objects.get(dossier=dossier, criterion="TC12")
    services.save_entry(
        dossier_id=dossier.pk,
        criterion="TC12",
        version=entry.version,
        answers={"TC12.2": Figures(count=3)},
        explanation="Đã sửa theo yêu cầu.",
        by=place.editors[0],
        at=place.later(),
    )
    for action, by in ((Action.SUBMIT, place.heads[0]), (Action.TAKE, place.appraiser)):
        dossier = services.perform(action, dossier_id=dossier.pk, version=dossier.version, by=by, at=place.later())
    page = html_of(login(place.appraiser).get(url("appraise", dossier, "TC12")))
    assert "Đã trả lại lần 1: Chỉ thấy ba kế hoạch." in page
    assert "Xã đã sửa: <strong>4 → 3</strong>" in page
    assert "Đã sửa theo yêu cầu." in page


def test_who_may_only_read_gets_no_form(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    for reader in (place.head_of_office, place.inspector, place.province_staff):
        page = html_of(login(reader).get(url("appraise", dossier, "TC01")))
        assert "Lưu thẩm định" not in page
        assert "Đồng ý toàn bộ" not in page
    response = login(place.head_of_office).post(url("appraise", dossier, "TC01"), {"version": "0", "action": "agree"})
    assert response.status_code == 422
    assert "Việc này dành cho Chuyên viên thẩm định" in html_of(response)


def test_no_page_of_the_appraisal_has_a_number_field(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    client = login(place.appraiser)
    pages = [("appraise_base",), *(("appraise", f"TC{n:02}") for n in range(1, 14)), ("return",), ("conclude",)]
    for name, *more in pages:
        page = html_of(client.get(url(name, dossier, *more)))
        assert 'type="number"' not in page
        assert page.count("<h1") == 1


# ---- returning ---------------------------------------------------------------------------------------------------


def test_only_what_is_ticked_goes_back(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    sent = {
        "version": str(dossier.version),
        "TC01_1-pick": "on",
        "TC01_1-why": "Kế hoạch chưa ký.",
        "children_aged_5-pick": "on",
        "children_aged_5-why": "Khác số của trường mầm non.",
    }
    response = login(place.appraiser).post(url("return", dossier), sent)
    assert (response.status_code, response.headers["Location"]) == (302, url("dossier", dossier))
    rows = ReturnedItem.objects.filter(dossier=dossier).values_list("round", "target", "reason", "declared_as")
    assert list(rows) == [
        (1, "TC01.1", "Kế hoạch chưa ký.", "Có"),
        (1, "children_aged_5", "Khác số của trường mầm non.", "2000"),
    ]
    assert fresh(dossier).status == Status.RETURNED


def test_a_return_without_anything_ticked_is_refused(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    response = login(place.appraiser).post(url("return", dossier), {"version": str(dossier.version)})
    assert response.status_code == 422
    assert "Chọn ít nhất một mục cần bổ sung" in html_of(response)


def test_a_return_with_gaps_keeps_everything_typed(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    sent = {
        "version": str(dossier.version),
        "TC01_1-pick": "on",
        "TC02_1-pick": "on",
        "TC02_1-why": "Thiếu sổ hộ tịch.",
        "TC13_1-why": "Chưa rõ cách lấy mẫu.",
    }
    response = login(place.appraiser).post(url("return", dossier), sent)
    page = html_of(response)
    assert response.status_code == 422
    assert re.findall(r'<li><a href="#(id_[^"]+)"', page) == ["id_TC01_1-why", "id_TC13_1-pick"]
    assert "Thiếu sổ hộ tịch." in page
    assert "Chưa rõ cách lấy mẫu." in page
    assert page.count(" checked") == 2
    assert fresh(dossier).status == Status.APPRAISING


def test_a_return_from_an_old_page_is_stale(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    sent = {"version": "1", "TC01_1-pick": "on", "TC01_1-why": "Kế hoạch chưa ký."}
    response = login(place.appraiser).post(url("return", dossier), sent)
    assert response.status_code == 409
    assert "Kế hoạch chưa ký." in html_of(response)
    assert not ReturnedItem.objects.exists()


# ---- concluding and reopening ------------------------------------------------------------------------------------


def concluded_form(dossier: Dossier, **changes: str) -> dict[str, str]:
    return {
        "version": str(dossier.version),
        "recommendation": "recognise",
        "reason": "Đủ điều kiện theo biên bản.",
        **changes,
    }


def test_an_appraisal_is_concluded_with_a_recommendation(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    agree(dossier, place.appraiser, place.later())
    response = login(place.appraiser).post(url("conclude", dossier), concluded_form(dossier))
    assert response.headers["Location"] == url("appraisal", dossier)
    done = fresh(dossier)
    assert (done.status, done.appraised_total, done.passes, done.recommendation) == (
        Status.CONCLUDED,
        1000,
        True,
        "recognise",
    )


def test_an_unfinished_appraisal_is_not_concluded(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    response = login(place.appraiser).post(url("conclude", dossier), concluded_form(dossier))
    page = html_of(response)
    assert response.status_code == 422
    assert "Còn 33 số liệu chưa thẩm định, bắt đầu từ «Tổng số trẻ em (dưới 16 tuổi) của xã»." in page
    assert "Đủ điều kiện theo biên bản." in page


def test_a_failing_commune_is_not_proposed_for_recognition(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    agree(dossier, place.appraiser, place.later())
    AppraisedAnswer.objects.filter(dossier=dossier, item="TC03.1").update(numerator=2, reason="Công an xã báo 2 vụ.")
    client = login(place.appraiser)
    page = html_of(client.get(url("conclude", dossier)))
    assert "Công an xã báo 2 vụ." in page
    assert "0 / 2.000 (75 điểm)" in page
    assert "2 / 2.000 (0 điểm)" in page
    response = client.post(url("conclude", dossier), concluded_form(dossier))
    assert response.status_code == 422
    assert "Không thể đề nghị công nhận: Tiêu chí 3" in html_of(response)
    assert client.post(url("conclude", dossier), concluded_form(dossier, recommendation="refuse")).status_code == 302


def test_the_conclusion_asks_for_both_answers(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    sent = {"version": str(dossier.version), "reason": " "}
    page = html_of(login(place.appraiser).post(url("conclude", dossier), sent))
    assert "Chọn đề nghị công nhận hoặc không công nhận." in page
    assert "Ghi lý do của đề nghị." in page


def test_the_pages_of_moves_that_are_not_possible_say_why(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    response = login(place.appraiser).get(url("conclude", dossier))
    assert response.status_code == 409
    assert "Hồ sơ đang ở trạng thái «đã nộp», phải ở trạng thái «đang thẩm định»." in html_of(response)


def test_the_head_of_office_takes_a_concluded_dossier_back(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    client = login(place.head_of_office)
    assert client.post(url("reopen", dossier), {"version": str(dossier.version)}).status_code == 422
    sent = {"version": str(dossier.version), "reason": "Có đơn phản ánh."}
    assert client.post(url("reopen", dossier), sent).status_code == 302
    assert fresh(dossier).status == Status.APPRAISING


def test_a_dossier_before_the_leader_is_not_taken_back(place: Place, login: Login) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    proposed([dossier], place)
    sent = {"version": str(dossier.version), "reason": "Có đơn phản ánh."}
    response = login(place.head_of_office).post(url("reopen", dossier), sent)
    assert response.status_code == 422
    assert "Hồ sơ đang nằm trong hồ sơ trình lãnh đạo." in html_of(response)
    assert "Có đơn phản ánh." in html_of(response)


# ---- cost --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", [("appraisal",), ("appraise_base",), ("appraise", "TC12"), ("return",), ("conclude",)], ids=lambda p: p[0]
)
def test_an_appraised_dossier_costs_no_more_queries_than_an_empty_one(
    place: Place, login: Login, page: tuple[str, ...]
) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    client = login(place.appraiser)
    address = url(page[0], dossier, *page[1:])
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as empty:
        client.get(address)
    agree(dossier, place.appraiser, place.later())
    with CaptureQueriesContext(connection) as full:
        client.get(address)
    assert len(full) == len(empty)


# ---- two tiers ---------------------------------------------------------------------------------------------------


def test_no_page_of_a_period_without_districts_speaks_of_one(login: Login) -> None:
    place = make_place(year=2026, new=True)
    dossier = dossier_in(Status.APPRAISING, place)
    client = login(place.appraiser)
    pages = [("appraisal",), ("appraise_base",), ("appraise", "TC01"), ("return",), ("conclude",)]
    for name, *more in pages:
        page = html_of(client.get(url(name, dossier, *more))).lower()
        assert "huyện" not in page
        assert "thị trấn" not in page
