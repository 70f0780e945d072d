"""The commune's pages, as a browser without JavaScript and one with htmx see them."""

import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import services
from assessments.models import Answer, BaseFigure, CriterionEntry, Dossier, Figures, FrozenSheet, ReturnedItem
from assessments.views.common import SENTENCES
from assessments.workflow import Action, Status
from childfriendly.core.models import AuditEvent
from childfriendly.core.numbers import format_number
from communes.models import AreaTypeAssignment, Role, User
from criteria.services import open_period, standard_authorities
from tests.factories import Place, dossier_in, make_place, pdf_file, user_with

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def editor(place: Place) -> Client:
    return signed_in(place.editors[0])


@pytest.fixture
def head(place: Place) -> Client:
    return signed_in(place.heads[0])


def url(name: str, *args: object) -> str:
    return reverse(f"assessments:{name}", args=args)


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def version_in(response: Any) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', response.content.decode())
    assert found is not None
    return found[1]


def save(client: Client, dossier: Dossier, criterion: str, version: int | str, **fields: str) -> Any:
    extra = {name: fields.pop(name) for name in list(fields) if name.startswith("HTTP_")}
    data = {"version": version, "explanation": ""} | {name.replace("__", "-"): value for name, value in fields.items()}
    return client.post(url("criterion", dossier.uuid, criterion), data, **extra)


# ---- opening -----------------------------------------------------------------------------------------------------


def test_the_editor_opens_the_dossier_of_the_own_commune(place: Place, editor: Client) -> None:
    response = editor.post(url("create", place.period.uuid, place.communes[0].uuid))
    dossier = Dossier.objects.get()
    assert response.status_code == 302
    assert response["Location"] == url("dossier", dossier.uuid)


def test_opening_asks_for_a_post(place: Place, editor: Client) -> None:
    assert editor.get(url("create", place.period.uuid, place.communes[0].uuid)).status_code == 405


def test_another_communes_dossier_cannot_be_opened(place: Place) -> None:
    other = make_place()
    response = signed_in(other.editors[0]).post(url("create", place.period.uuid, place.communes[0].uuid))
    assert (response.status_code, Dossier.objects.count()) == (404, 0)


# ---- the task list -----------------------------------------------------------------------------------------------


def test_an_empty_dossier_says_that_nothing_is_entered(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    text = text_of(editor.get(url("dossier", dossier.uuid)))
    assert text.count("Chưa nhập") == 14
    assert "Điểm xã tự chấm đến nay: 0/1.000 · Ngưỡng công nhận: 850 điểm" in text
    assert "Đã xong 0/13 tiêu chí" in text


def test_a_full_dossier_counts_its_points(place: Place, head: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    text = text_of(head.get(url("dossier", dossier.uuid)))
    assert "1.000/1.000" in text
    assert "Đã xong 13/13 tiêu chí" in text
    assert "Kiểm tra và nộp hồ sơ" in text


def test_a_criterion_at_zero_is_named(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, answers={"TC03.1": Figures(numerator=2)})
    text = text_of(editor.get(url("dossier", dossier.uuid)))
    assert "✕ Điểm 0" in text
    assert "Tiêu chí đang được 0 điểm (điểm liệt)" in text


def test_an_area_type_that_nobody_accepted_is_provisional(place: Place, editor: Client) -> None:
    AreaTypeAssignment.objects.all().delete()
    dossier = dossier_in(Status.DRAFT, place)
    assert "tạm tính" in text_of(editor.get(url("dossier", dossier.uuid)))


def test_a_returned_dossier_shows_each_reason_and_a_counter(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.RETURNED, place)
    text = text_of(editor.get(url("dossier", dossier.uuid)))
    assert "Đã sửa 0/1 mục." in text
    assert "Lý do: Kế hoạch chưa có chữ ký." in text
    assert "! Cần sửa" in text


def test_the_history_reads_as_plain_vietnamese(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.RETURNED, place)
    text = text_of(editor.get(url("dossier", dossier.uuid)))
    history = text[text.index("Quá trình") :]
    order = ["Trả lại để bổ sung: TC01.1", "Tiếp nhận, bắt đầu thẩm định", "Nộp hồ sơ", "Mở hồ sơ của kỳ đánh giá"]
    assert [words for words in order if words in history] == order
    assert sorted(order, key=history.index) == order


def save_count(place: Place, dossier: Dossier, version: int, count: int) -> None:
    services.save_entry(
        dossier_id=dossier.pk,
        criterion="TC06",
        version=version,
        answers={"TC06.2": Figures(numerator=count, denominator=2000)},
        explanation=None,
        by=place.editors[0],
        at=place.later(),
    )


def test_the_history_tells_what_was_before_and_after(place: Place, editor: Client) -> None:
    dossier = services.create(period=place.period, commune=place.communes[0], by=place.editors[0], at=place.later())
    for version, total in enumerate([1200, 1234]):
        services.save_base_figures(
            dossier_id=dossier.pk,
            version=version,
            values={"children_under_16": total},
            by=place.editors[0],
            at=place.later(),
        )
    save_count(place, dossier, 0, 1999)
    for version, count in enumerate([1997, 1998], start=1):
        with CaptureQueriesContext(connection) as few:
            before = changes_in(editor.get(url("dossier", dossier.uuid)))
        save_count(place, dossier, version, count)
    with CaptureQueriesContext(connection) as more:
        after = changes_in(editor.get(url("dossier", dossier.uuid)))
    title = place.period.criteria_set.rules().base_figures[0].title
    assert before == ["TC06.2: chưa có số liệu → 1.997 / 2.000", f"{title}: chưa có số liệu → 1.234"]
    assert after == ["TC06.2: chưa có số liệu → 1.998 / 2.000", f"{title}: chưa có số liệu → 1.234"]
    assert len(more) == len(few)


def changes_in(response: Any) -> list[str]:
    lists = re.findall(r'<ul class="history-changes">(.*?)</ul>', response.content.decode(), re.DOTALL)
    return [text for found in lists for text in re.findall(r"<li>(.*?)</li>", found)]


def test_the_history_tells_moves_as_states(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.RETURNED, place)
    labels = [Status(status).label for status in ("returned", "appraising", "submitted", "draft")]
    assert changes_in(editor.get(url("dossier", dossier.uuid))) == [
        f"Trạng thái: {old} → {new}" for new, old in pairwise(labels)
    ]


def test_the_history_keeps_appraised_figures_from_the_commune(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    total = place.period.criteria_set.rules().base_figures[0]
    declared = BaseFigure.objects.get(dossier=dossier, key=total.key).value
    services.save_appraised_totals(
        dossier_id=dossier.pk,
        version=0,
        values={total.key: declared + 1},
        reasons={total.key: "Theo sổ hộ tịch."},
        by=place.appraiser,
        at=place.later(),
    )
    moves = [
        f"Trạng thái: {Status(old).label} → {Status(new).label}"
        for old, new in [("submitted", "appraising"), ("draft", "submitted")]
    ]
    found = f"{total.title}: {format_number(declared)} → {format_number(declared + 1)}"
    assert changes_in(signed_in(place.appraiser).get(url("dossier", dossier.uuid))) == [found, *moves]
    assert changes_in(editor.get(url("dossier", dossier.uuid))) == moves


def test_every_recorded_action_has_a_sentence(place: Place) -> None:
    dossier_in(Status.RECOGNISED, place)
    recorded = set(AuditEvent.objects.filter(object_type="assessments.Dossier").values_list("action", flat=True))
    assert recorded <= SENTENCES.keys()
    assert set(Action) <= SENTENCES.keys()


def test_the_commune_does_not_read_what_offices_say_before_the_decision(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    own, appraisers = (text_of(c.get(url("dossier", dossier.uuid))) for c in (editor, signed_in(place.appraiser)))
    assert "Theo biên bản họp" in appraisers
    assert "Theo biên bản họp" not in own
    assert "Điểm thẩm định" not in own


def test_who_may_only_read_finds_no_field(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    for user in (place.appraiser, place.province_staff, place.inspector, place.editors[0]):
        page = signed_in(user).get(url("criterion", dossier.uuid, "TC02"))
        assert page.status_code == 200
        assert 'name="TC02_1-numerator"' not in page.content.decode()
        assert "100 / 100" in text_of(page)


@pytest.mark.parametrize("name", ["dossier", "base_figures", "check", "submitted"])
def test_what_one_may_not_see_is_not_there(place: Place, name: str) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    other = make_place()
    for user in (other.editors[0], other.heads[0], other.appraiser, other.province_staff, other.inspector):
        assert signed_in(user).get(url(name, dossier.uuid)).status_code == 404


def test_an_unknown_criterion_is_not_there(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    assert editor.get(url("criterion", dossier.uuid, "TC99")).status_code == 404


def test_no_page_of_a_period_without_districts_speaks_of_one() -> None:
    place = make_place(year=2026, new=True)
    dossier = dossier_in(Status.RETURNED, place)
    client = signed_in(place.editors[0])
    pages = [url("dossier", dossier.uuid), url("base_figures", dossier.uuid), url("check", dossier.uuid)]
    pages += [
        url("criterion", dossier.uuid, criterion.code) for criterion in place.period.criteria_set.rules().criteria
    ]
    for page in [*pages, url("dossiers"), reverse("home")]:
        text = text_of(client.get(page)).lower()
        assert ("huyện" in text, "thị trấn" in text) == (False, False), page


# ---- shared totals -----------------------------------------------------------------------------------------------


def test_totals_are_typed_the_vietnamese_way(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    page = url("base_figures", dossier.uuid)
    response = editor.post(page, {"version": 0, "children_under_16-value": "1.234"}, follow=True)
    assert BaseFigure.objects.get().value == 1234
    assert "Đã lưu lúc" in text_of(response)
    assert 'value="1.234"' in response.content.decode()


def test_a_bad_total_keeps_what_was_typed(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    response = editor.post(url("base_figures", dossier.uuid), {"version": 0, "children_under_16-value": "1,5"})
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="1,5"' in page
    assert "<title>Lỗi: " in page
    assert 'href="#id_children_under_16-value"' in page


def test_two_people_on_the_totals_see_both_figures(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    page = url("base_figures", dossier.uuid)
    editor.post(page, {"version": 0, "children_under_16-value": "100"})
    response = editor.post(page, {"version": 0, "children_under_16-value": "200"})
    assert response.status_code == 409
    assert (BaseFigure.objects.get().value, 'value="200"' in response.content.decode()) == (100, True)
    editor.post(page, {"version": version_in(response), "children_under_16-value": "200"})
    assert BaseFigure.objects.get().value == 200


def test_a_returned_total_reopens_by_itself(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    services.perform(
        Action.RETURN,
        dossier_id=dossier.pk,
        version=dossier.version,
        by=place.appraiser,
        at=place.later(),
        items={"children_under_16": "Chưa khớp số của công an."},
    )
    page = editor.get(url("base_figures", dossier.uuid)).content.decode()
    assert 'name="children_under_16-value"' in page
    assert 'name="children_aged_5-value"' not in page
    assert "Chưa khớp số của công an." in page


# ---- one criterion -----------------------------------------------------------------------------------------------


def test_a_criterion_shows_ladder_rate_and_formula(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, answers={"TC02.1": Figures(numerator=954, denominator=1000)})
    text = text_of(editor.get(url("criterion", dossier.uuid, "TC02")))
    assert "954 / 1.000 × 100 = 95,4 %" in text
    assert "từ 98 % trở lên" in text
    assert "← mức hiện tại" in text


def test_saving_without_javascript_redirects_and_says_when(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    fields = {"TC02_1__numerator": "1.200", "TC02_1__denominator": "1.234", "explanation": "Đủ sổ."}
    response = save(editor, dossier, "TC02", 0, **fields)
    assert (response.status_code, response["Location"]) == (302, url("criterion", dossier.uuid, "TC02"))
    answer = Answer.objects.get()
    assert (answer.numerator, answer.denominator) == (1200, 1234)
    assert "Đã lưu lúc" in text_of(editor.get(response["Location"]))


def test_saving_can_go_on_to_the_next_criterion(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    response = save(editor, dossier, "TC02", 0, TC02_1__numerator="1", next="1")
    assert response["Location"] == url("criterion", dossier.uuid, "TC03")
    response = save(editor, dossier, "TC13", 0, next="1")
    assert response["Location"] == url("check", dossier.uuid)


def test_htmx_gets_a_status_line_and_points_but_no_field(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    response = save(editor, dossier, "TC02", 0, TC02_1__numerator="98", TC02_1__denominator="100", **HTMX)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Đã lưu lúc" in page
    assert 'id="muc-TC02_1-diem"' in page
    assert re.findall(r"<input[^>]*>", page) == [
        '<input type="hidden" name="version" id="phien-ban" value="1" hx-swap-oob="true">'
    ]


def test_htmx_is_told_what_is_wrong(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    response = save(editor, dossier, "TC02", 0, TC02_1__numerator="abc", **HTMX)
    assert (response.status_code, CriterionEntry.objects.count()) == (422, 0)
    assert "<html" not in response.content.decode()
    assert "Nhập số bằng chữ số" in text_of(response)


@pytest.mark.parametrize("typed", ["-1", "1,5", "abc", "1000000000000", "1,2,3", "1.2345", "1e3", "１２"])
def test_a_figure_that_cannot_be_is_refused_and_kept(place: Place, editor: Client, typed: str) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    response = save(editor, dossier, "TC02", 0, TC02_1__numerator=typed, TC02_1__denominator="7")
    page = response.content.decode()
    assert (response.status_code, Answer.objects.count()) == (422, 0)
    assert f'value="{typed}"' in page
    assert 'href="#id_TC02_1-numerator"' in page


def test_a_part_larger_than_the_whole_is_refused_in_words(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    response = save(editor, dossier, "TC02", 0, TC02_1__numerator="120", TC02_1__denominator="98")
    assert (response.status_code, Answer.objects.count()) == (422, 0)
    assert "(120) lớn hơn" in text_of(response)
    assert 'value="120"' in response.content.decode()


def test_two_people_never_overwrite_each_other_unseen(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    colleague = user_with(Role.COMMUNE_EDITOR, place.communes[0], full_name="Nguyễn Thị Lan")
    save(signed_in(colleague), dossier, "TC02", 0, TC02_1__numerator="90", TC02_1__denominator="100")
    response = save(editor, dossier, "TC02", 0, TC02_1__numerator="95", TC02_1__denominator="100", explanation="A b")
    text = text_of(response)
    assert response.status_code == 409
    assert "Nguyễn Thị Lan vừa lưu nội dung này" in text
    assert "90 / 100" in text
    assert "95 / 100" in text
    assert "A b</textarea>" in response.content.decode()
    assert Answer.objects.get().numerator == 90
    save(editor, dossier, "TC02", version_in(response), TC02_1__numerator="95", TC02_1__denominator="100")
    assert Answer.objects.get().numerator == 95


def test_the_button_of_the_two_contents_saves_on_purpose(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    save(editor, dossier, "TC02", 0, TC02_1__numerator="90", TC02_1__denominator="100")
    response = save(editor, dossier, "TC02", 0, TC02_1__numerator="95", TC02_1__denominator="100", **HTMX)
    assert response.status_code == 409
    assert 'name="override" value="1"' in response.content.decode()
    fields = {"TC02_1__numerator": "95", "TC02_1__denominator": "100", "override": "1"}
    assert save(editor, dossier, "TC02", 0, **fields, **HTMX).status_code == 200
    assert Answer.objects.get().numerator == 95


def test_a_sent_dossier_takes_no_figure(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    response = save(editor, dossier, "TC02", 1, TC02_1__numerator="1", TC02_1__denominator="100")
    assert response.status_code == 409
    assert "Hồ sơ đã nộp nên không sửa được" in text_of(response)
    assert Answer.objects.get(item="TC02.1").numerator == 100


def test_only_returned_items_can_be_changed(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.RETURNED, place)
    page = editor.get(url("criterion", dossier.uuid, "TC01")).content.decode()
    assert 'name="TC01_1-yes"' in page
    assert 'name="TC01_2-yes"' not in page
    assert "Kế hoạch chưa có chữ ký." in page
    save(editor, dossier, "TC01", 1, TC01_1__yes="false", TC01_2__yes="false")
    assert (Answer.objects.get(item="TC01.1").yes, Answer.objects.get(item="TC01.2").yes) == (False, True)
    assert save(editor, dossier, "TC02", 1, TC02_1__numerator="1").status_code == 409


def test_an_item_counts_as_mended_when_changed_or_said_so(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.RETURNED, place)
    save(editor, dossier, "TC01", 1, TC01_1__yes="true", explanation="Đã ký.")
    assert ReturnedItem.objects.get().mended_at is None
    save(editor, dossier, "TC01", 2, TC01_1__yes="true", explanation="Đã ký.", TC01_1__mended="on")
    assert ReturnedItem.objects.get().mended_at is not None
    assert "Đã sửa 1/1 mục." in text_of(editor.get(url("dossier", dossier.uuid)))


def test_last_periods_figure_stands_beside_the_question(place: Place, editor: Client) -> None:
    dossier_in(Status.RECOGNISED, place)
    figures_as_of = date(2025, 5, 31)
    period = open_period(
        province=place.province,
        year=2025,
        starts_on=date(2025, 1, 1),
        ends_on=date(2025, 12, 31),
        figures_as_of=figures_as_of,
        criteria_set=place.period.criteria_set,
        deadlines={},
        authorities=standard_authorities(figures_as_of, place.province, [place.deciding]),
        by=place.catalogue_admin,
        at=place.later(),
    )
    dossier = services.create(period=period, commune=place.communes[0], by=place.editors[0], at=place.later())
    assert "Kỳ trước: 100/100" in text_of(editor.get(url("criterion", dossier.uuid, "TC02")))
    assert "Kỳ trước: 2.000" in text_of(editor.get(url("base_figures", dossier.uuid)))


# ---- check and submit --------------------------------------------------------------------------------------------


def test_the_check_page_parts_errors_from_warnings(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    text = text_of(editor.get(url("check", dossier.uuid)))
    assert "Phải sửa trước khi nộp (33)" in text
    assert "Số liệu nền còn thiếu: Số trẻ em 5 tuổi" in text
    assert "Nên xem lại" in text
    assert "chưa có tệp" in text


def test_a_dossier_with_gaps_is_not_sent_and_says_why(place: Place, head: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    page = head.get(url("check", dossier.uuid))
    assert "Nộp hồ sơ</button>" in page.content.decode()
    response = head.post(url("submit", dossier.uuid), {"version": version_in(page)})
    assert (response.status_code, Dossier.objects.get().status) == (422, Status.DRAFT)
    assert "Nhập đủ số liệu nền rồi nộp hồ sơ." in text_of(response)


def test_submitting_leads_to_a_confirmation(place: Place, head: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    services.attach_evidence(
        dossier_id=dossier.pk,
        item="TC01.1",
        slot=0,
        upload=pdf_file("quyet-dinh.pdf"),
        by=place.editors[0],
        at=place.later(),
    )
    response = head.post(url("submit", dossier.uuid), {"version": dossier.version}, follow=True)
    text = text_of(response)
    assert response.redirect_chain == [(url("submitted", dossier.uuid), 302)]
    assert dossier.code in text
    assert "quyet-dinh.pdf" in text
    assert "Nộp muộn" in text  # the test runs years after the deadline of 2024
    assert "Phòng Lao động - Thương binh và Xã hội" in text
    assert FrozenSheet.objects.get().total == 1000


def test_a_second_press_sends_nothing_twice(place: Place, head: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    head.post(url("submit", dossier.uuid), {"version": dossier.version})
    response = head.post(url("submit", dossier.uuid), {"version": dossier.version})
    assert (response.status_code, FrozenSheet.objects.count()) == (409, 1)


def test_the_editor_cannot_send(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    assert "Nộp hồ sơ</button>" not in editor.get(url("check", dossier.uuid)).content.decode()
    response = editor.post(url("submit", dossier.uuid), {"version": dossier.version})
    assert (response.status_code, Dossier.objects.get().status) == (409, Status.DRAFT)


def test_there_is_no_confirmation_before_the_submit(place: Place, editor: Client) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    assert editor.get(url("submitted", dossier.uuid))["Location"] == url("dossier", dossier.uuid)


# ---- withdraw, resume --------------------------------------------------------------------------------------------


def test_withdrawing_wants_a_reason(place: Place, head: Client) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    page = url("withdraw", dossier.uuid)
    assert head.post(page, {"version": dossier.version, "reason": "  "}).status_code == 422
    assert head.post(page, {"version": dossier.version, "reason": "Nhầm số."}).status_code == 302
    assert Dossier.objects.get().status == Status.WITHDRAWN


def test_a_stale_withdrawal_keeps_the_reason(place: Place, head: Client) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    response = head.post(url("withdraw", dossier.uuid), {"version": 1, "reason": "Nhầm số của xã."})
    assert (response.status_code, Dossier.objects.get().status) == (409, Status.SUBMITTED)
    assert "Nhầm số của xã.</textarea>" in response.content.decode()


def test_a_withdrawn_dossier_is_taken_up_again(place: Place, head: Client) -> None:
    dossier = dossier_in(Status.WITHDRAWN, place)
    response = head.post(url("resume", dossier.uuid), {"version": dossier.version})
    assert (response["Location"], Dossier.objects.get().status) == (url("dossier", dossier.uuid), Status.DRAFT)


# ---- queries -----------------------------------------------------------------------------------------------------


def queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    "page",
    [
        lambda dossier: url("dossier", dossier.uuid),
        lambda dossier: url("criterion", dossier.uuid, "TC01"),
        lambda dossier: url("base_figures", dossier.uuid),
        lambda dossier: url("check", dossier.uuid),
    ],
)
def test_pages_ask_the_same_number_of_questions_however_much_is_stored(page: Callable[[Dossier], str]) -> None:
    place = make_place(communes=2)
    empty, full = dossier_in(Status.DRAFT, place, 0, filled=False), dossier_in(Status.DRAFT, place, 1)
    for number in range(5):
        services.attach_evidence(
            dossier_id=full.pk,
            item="TC01.1",
            slot=None,
            upload=pdf_file(content=pdf_file().read() + str(number).encode()),
            by=place.editors[1],
            at=place.later(),
        )
    counted = [queries(signed_in(place.editors[n]), page(dossier)) for n, dossier in enumerate((empty, full))]
    assert counted[0] == counted[1]
    assert counted[0] <= 22


def test_every_page_wants_somebody_signed_in(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    for page in (reverse("home"), url("dossiers"), url("dossier", dossier.uuid), url("check", dossier.uuid)):
        assert Client().get(page).status_code == 302
