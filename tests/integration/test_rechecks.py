"""Re-checks: what was found on the spot stands beside what was declared and appraised and changes nothing by itself;
who enters it, who reads it, and what of it. Opinions of departments: silence is stated, never taken for consent."""

import datetime
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from time_machine import travel

from assessments.figures import load_figures
from assessments.models import Dossier, Figures
from assessments.workflow import Status
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes.models import Role
from criteria.disclosure import WITHHELD
from papers.filling.forms import opinion_form, recheck_sheet
from papers.models import Opinion, Recheck
from papers.models.recheck import findings_of
from papers.rendering import lines_of
from papers.services.recheck import Found, enter_opinion, save_recheck
from tests.factories import (
    VISIT,
    Place,
    asked,
    dossier_in,
    issued,
    make_neighbour,
    make_place,
    rechecked,
    user_with,
)
from tests.paper_reading import lines_of_docx
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

FOUND = {"TC12.2": Found(Figures(count=2), "Chỉ thấy hai câu lạc bộ.")}


@pytest.fixture
def place() -> Place:
    return make_place(3)


@pytest.fixture
def dossier(place: Place) -> Dossier:
    return dossier_in(Status.APPRAISING, place)


def page_of(dossier: Dossier) -> str:
    return reverse("papers:rechecks", args=[dossier.uuid])


def typed(**more: str) -> dict[str, str]:
    return {
        "version": "0",
        "held_on": f"{VISIT.held_on:%d/%m/%Y}",
        "body_name": "Đoàn phúc tra của Sở",
        "participants": "Bà Một, chuyên viên",
        "record": "Biên bản ngày 01/11/2024",
        "conclusion": "Thống nhất với xã.",
    } | more


# ---- entering ------------------------------------------------------------------------------------------------------
def test_findings_stand_beside_the_figures_and_change_no_point(place: Place, dossier: Dossier) -> None:
    before = load_figures(dossier)
    recheck = rechecked(dossier, place, findings=FOUND)
    after = load_figures(Dossier.objects.with_setting().get(pk=dossier.pk))
    assert (after.declared_sheet, after.appraised_sheet) == (before.declared_sheet, before.appraised_sheet)
    (finding,) = recheck.findings.all()
    assert (finding.item, finding.figures, finding.note) == ("TC12.2", Figures(count=2), "Chỉ thấy hai câu lạc bộ.")
    text = signed_in(place.appraiser).get(page_of(dossier)).text
    assert "Kết quả phúc tra không tự thay đổi điểm." in text
    assert "Chỉ thấy hai câu lạc bộ." in text


def test_the_latest_visit_that_looked_at_an_item_counts(place: Place, dossier: Dossier) -> None:
    both = FOUND | {"TC01.1": Found(Figures(yes=True))}
    rechecked(dossier, place, findings=both)
    later = replace(VISIT, held_on=VISIT.held_on + datetime.timedelta(days=1))
    place.later(48)
    rechecked(dossier, place, visit=later, findings={"TC12.2": Found(Figures(count=3))})
    assert {item: row.figures for item, row in findings_of(dossier).items()} == {
        "TC01.1": Figures(yes=True),
        "TC12.2": Figures(count=3),
    }


def test_a_correction_leaves_what_it_does_not_name_and_takes_away_what_is_blank(place: Place, dossier: Dossier) -> None:
    first = rechecked(dossier, place, findings=FOUND | {"TC01.1": Found(Figures(yes=True))})
    corrected = save_recheck(
        dossier_id=dossier.pk,
        recheck_id=first.pk,
        version=1,
        visit=replace(VISIT, conclusion="Đã sửa."),
        findings={"TC12.2": Found(Figures())},
        by=place.head_of_office,
        at=place.later(),
    )
    assert (corrected.pk, corrected.version, corrected.conclusion) == (first.pk, 2, "Đã sửa.")
    assert [row.item for row in corrected.findings.all()] == ["TC01.1"]


def test_a_visit_is_entered_once_a_day_and_desk(place: Place, dossier: Dossier) -> None:
    rechecked(dossier, place)
    with pytest.raises(Stale, match=r"^Kết quả phúc tra ngày 01/11/2024 đã được ghi\. Mở kết quả đó để sửa\.$"):
        rechecked(dossier, place)
    rechecked(dossier, place, by=place.province_staff)
    assert sorted(Recheck.objects.values_list("desk", flat=True)) == ["office", "province"]


@pytest.mark.parametrize(
    ("visit", "findings", "sentence"),
    [
        (replace(VISIT, record=" "), {}, "Nhập đủ đoàn phúc tra, thành phần, kết luận và biên bản đã ký."),
        (replace(VISIT, held_on=datetime.date(2024, 12, 31)), {}, "Ngày phúc tra không được sau hôm nay."),
        (
            replace(VISIT, held_on=datetime.date(2023, 12, 31)),
            {},
            "Ngày phúc tra không được trước ngày đầu kỳ đánh giá.",
        ),
        (VISIT, {"TC99.9": Found(Figures(yes=True))}, "Có mục không thuộc bộ tiêu chí. Mở lại trang rồi nhập lại."),
        (
            VISIT,
            {"TC12.2": Found(Figures(yes=True))},
            "Số liệu mục TC12.2 không đúng dạng. Mở lại trang rồi nhập lại.",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_nothing_written(
    place: Place, dossier: Dossier, visit: Any, findings: dict[str, Found], sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        rechecked(dossier, place, visit=visit, findings=findings)
    assert str(refused.value) == sentence
    assert not Recheck.objects.exists()


def test_a_part_larger_than_its_shared_total_is_refused(place: Place, dossier: Dossier) -> None:
    with pytest.raises(Refused, match=r"lớn hơn .* Kiểm tra lại một trong hai số\.$"):
        rechecked(dossier, place, findings={"TC03.1": Found(Figures(numerator=2001))})


# ---- who -----------------------------------------------------------------------------------------------------------
def test_offices_and_the_province_enter_others_are_told_whose_work_it_is(place: Place, dossier: Dossier) -> None:
    for by in (place.appraiser, place.head_of_office, place.province_staff):
        Recheck.objects.all().delete()
        assert rechecked(dossier, place, by=by, findings={}).entered_by == by
    with pytest.raises(Refused, match="Việc này dành cho cơ quan thẩm định"):
        rechecked(dossier, place, by=place.inspector)


def test_nobody_rechecks_the_own_commune(place: Place, dossier: Dossier) -> None:
    both = user_with(Role.APPRAISER, place.deciding)
    both.role_assignments.create(role=Role.COMMUNE_EDITOR, unit=place.communes[0], valid_from=datetime.date(2000, 1, 1))
    with pytest.raises(Refused, match="Không ai được phúc tra hồ sơ của chính xã mình"):
        rechecked(dossier, place, by=both)


def test_one_desk_does_not_correct_what_another_entered(place: Place, dossier: Dossier) -> None:
    recheck = rechecked(dossier, place, by=place.province_staff, findings={})
    with pytest.raises(Stale):
        save_recheck(
            dossier_id=dossier.pk,
            recheck_id=recheck.pk,
            version=1,
            visit=VISIT,
            findings={},
            by=place.appraiser,
            at=place.later(),
        )
    page = signed_in(place.appraiser).get(reverse("papers:correct_recheck", args=[recheck.uuid]))
    assert page.status_code == 409
    assert "do cơ quan khác ghi" in page.text


def test_the_commune_reads_it_once_it_is_decided(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    rechecked(dossier, place, findings=FOUND)
    client = signed_in(place.editors[0])
    assert client.get(page_of(dossier)).status_code == 404
    assert "Ghi kết quả phúc tra" not in client.get(reverse("assessments:dossier", args=[dossier.uuid])).text
    issued([dossier], place)
    assert "Chỉ thấy hai câu lạc bộ." in signed_in(place.editors[0]).get(page_of(dossier)).text


def test_another_district_and_another_province_find_nothing(place: Place, dossier: Dossier) -> None:
    rechecked(dossier, place, findings=FOUND)
    neighbour, elsewhere = make_neighbour(place), make_place()
    for user in (neighbour.appraiser, elsewhere.appraiser, elsewhere.province_staff, elsewhere.inspector):
        assert signed_in(user).get(page_of(dossier)).status_code == 404
        assert not Recheck.objects.visible_to(user, timezone.localdate()).exists()


# ---- small counts --------------------------------------------------------------------------------------------------
def test_the_province_enters_no_figure_of_a_sensitive_criterion(place: Place, dossier: Dossier) -> None:
    with pytest.raises(Refused, match=r"^Số liệu phúc tra của tiêu chí nhạy cảm do cơ quan thẩm định nhập\.$"):
        rechecked(dossier, place, by=place.province_staff, findings={"TC03.1": Found(Figures(numerator=3))})
    url = reverse("papers:enter_recheck", args=[dossier.uuid])
    assert "TC03_1-numerator" in signed_in(place.appraiser).get(url).text
    assert "TC03_1-numerator" not in signed_in(place.province_staff).get(url).text


def test_a_small_count_that_was_found_is_told_to_the_office_only(place: Place, dossier: Dossier) -> None:
    told = "Công an xã có sổ ghi BA cháu."
    rechecked(
        dossier,
        place,
        visit=replace(VISIT, conclusion=told),
        findings={"TC03.1": Found(Figures(numerator=3), told)},
    )
    inside = signed_in(place.appraiser).get(page_of(dossier)).text
    assert inside.count(told) == 2
    assert "3 / 2.000" in inside
    for user in (place.province_staff, place.inspector):
        outside = signed_in(user).get(page_of(dossier)).text
        assert (outside.count(told), outside.count(WITHHELD)) == (0, 2)
        assert "1–4 / 2.000" in outside
    events = AuditEvent.objects.about(dossier).filter(action="save_recheck")
    assert [event.after["TC03.1"] for event in events] == ["1–4/2000"]


# ---- the pages -----------------------------------------------------------------------------------------------------
def test_the_page_enters_and_corrects(place: Place, dossier: Dossier) -> None:
    with travel(place.later(24)):
        client = signed_in(place.appraiser)
        url = reverse("papers:enter_recheck", args=[dossier.uuid])
        assert client.get(url).status_code == 200
        sent = typed(**{"TC12_2-count": "2", "TC12_2-note": "Hai câu lạc bộ"})
        assert client.post(url, sent).status_code == 302
        recheck = Recheck.objects.get()
        again = reverse("papers:correct_recheck", args=[recheck.uuid])
        shown = client.get(again).text
        assert 'value="01/11/2024"' in shown
        assert "Hai câu lạc bộ" in shown
        assert client.post(again, sent | {"version": "1", "TC12_2-count": "3"}).status_code == 302
        assert recheck.findings.get().count == 3
        stale = client.post(again, sent | {"version": "1", "TC12_2-count": "4"})
        assert stale.status_code == 409
        assert "vừa được người khác lưu" in stale.text
        assert 'name="version" value="1"' in stale.text  # pressed again, it is refused again
    assert recheck.findings.get().count == 3


def test_the_page_says_what_is_missing_and_keeps_what_was_typed(place: Place, dossier: Dossier) -> None:
    url = reverse("papers:enter_recheck", args=[dossier.uuid])
    page = signed_in(place.appraiser).post(url, typed(record="", **{"TC12_2-count": "hai"}))
    assert page.status_code == 422
    assert 'value="hai"' in page.text
    assert not Recheck.objects.exists()


def test_the_dossier_leads_whoever_reads_them_to_the_rechecks(place: Place, dossier: Dossier) -> None:
    leads = {
        name: page_of(dossier) in signed_in(user).get(reverse("assessments:dossier", args=[dossier.uuid])).text
        for name, user in (("province", place.province_staff), ("office", place.appraiser), ("commune", place.heads[0]))
    }
    assert leads == {"province": True, "office": True, "commune": False}


def test_the_appraisal_leads_to_the_rechecks(place: Place, dossier: Dossier) -> None:
    url = reverse("assessments:appraisal", args=[dossier.uuid])
    assert f'href="{page_of(dossier)}"' in signed_in(place.appraiser).get(url).text


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_queries_for_three_visits_as_for_one(place: Place, dossier: Dossier, count: int) -> None:
    for number in range(count):
        place.later(24)
        visit = replace(VISIT, held_on=VISIT.held_on + datetime.timedelta(days=number))
        rechecked(dossier, place, visit=visit, findings=FOUND | {"TC01.1": Found(Figures(yes=True))})
    client = signed_in(place.appraiser)
    client.get(page_of(dossier))
    with CaptureQueriesContext(connection) as counted:
        client.get(page_of(dossier))
    assert len(counted) == QUERIES


QUERIES = 13


# ---- the sheet -----------------------------------------------------------------------------------------------------
def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def test_the_sheet_to_take_along_is_no_draft_and_is_recorded(place: Place, dossier: Dossier) -> None:
    url = reverse("papers:recheck_sheet", args=[dossier.uuid])
    response = signed_in(place.appraiser).get(url)
    assert response["Content-Disposition"] == f'attachment; filename="phieu-phuc-tra-{dossier.code.lower()}.pdf"'
    text = text_of(response.content)
    assert "PHIẾU PHÚC TRA" in text
    assert not [word for word in ("DỰ THẢO", "Số:") if word in text]
    rules = dossier.period.criteria_set.rules()
    assert [item.code for item in rules.items if item.code not in text] == []
    event = AuditEvent.objects.about(dossier).latest("seq")
    assert (event.action, event.after["rows"]) == ("export_recheck_sheet", len(rules.items))
    assert signed_in(place.inspector).get(url).status_code == 409


def test_the_word_copy_of_the_sheet_says_the_same_and_may_be_filled_in(place: Place, dossier: Dossier) -> None:
    response = signed_in(place.appraiser).get(reverse("papers:recheck_sheet_docx", args=[dossier.uuid]))
    assert response["Content-Disposition"] == f'attachment; filename="phieu-phuc-tra-{dossier.code.lower()}.docx"'
    figures = load_figures(Dossier.objects.with_setting().get(pk=dossier.pk))
    assert lines_of_docx(response.content) == lines_of(recheck_sheet(figures, timezone.localdate()))
    assert AuditEvent.objects.about(dossier).latest("seq").action == "export_recheck_sheet"


# ---- opinions ------------------------------------------------------------------------------------------------------
def test_silence_is_stated_and_never_taken_for_consent(place: Place, dossier: Dossier) -> None:
    opinion = asked(place)
    assert opinion.words(opinion.due_on) == "đang lấy ý kiến, hạn 10/11/2024"
    assert opinion.words(opinion.due_on + datetime.timedelta(days=1)) == "không có ý kiến đến hết ngày 10/11/2024"


def test_what_came_back_is_told_with_its_day(place: Place, dossier: Dossier) -> None:
    opinion = asked(place)
    for received_on, words in (
        (datetime.date(2024, 11, 8), "Nhất trí. (nhận ngày 08/11/2024)"),
        (datetime.date(2024, 11, 12), "Nhất trí. (nhận ngày 12/11/2024, sau hạn)"),
    ):
        opinion = enter_opinion(
            opinion_id=opinion.pk,
            version=opinion.version,
            received_on=received_on,
            text=" Nhất trí. ",
            by=place.head_of_office,
            at=place.later(24 * 15),
        )
        assert opinion.words(timezone.localdate(place.at)) == words
    assert opinion.words(timezone.localdate(place.at), tells_text=False) == (
        "đã có ý kiến, phiếu lưu tại cơ quan thẩm định (nhận ngày 12/11/2024, sau hạn)"
    )
    assert opinion.words(datetime.date(2024, 11, 11)) == "không có ý kiến đến hết ngày 10/11/2024"  # the day before


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"criterion": "TC99"}, "Tiêu chí này không có trong bộ tiêu chí của kỳ. Chọn lại."),
        ({"department": " "}, "Nhập tên cơ quan được lấy ý kiến."),
        ({"due_on": datetime.date(2024, 10, 1)}, "Hạn cho ý kiến không được trước hôm nay."),
    ],
)
def test_what_cannot_be_asked_is_refused(place: Place, typed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(place, **typed)
    assert str(refused.value) == sentence


def test_a_department_is_asked_once_about_a_criterion(place: Place) -> None:
    asked(place)
    with pytest.raises(Stale, match="Đã lấy ý kiến Công an huyện về tiêu chí này"):
        asked(place)


def test_only_the_office_that_appraises_asks_and_reads(place: Place, dossier: Dossier) -> None:
    asked(place)
    neighbour = make_neighbour(place)
    for user in (place.leader, place.province_staff, place.inspector, neighbour.appraiser, place.editors[0]):
        with pytest.raises(Refused):
            asked(place, by=user, department="Trạm Y tế")
        assert not Opinion.objects.visible_to(user, timezone.localdate()).exists()
    assert "Công an huyện" in signed_in(place.appraiser).get(reverse("papers:opinions")).text


def test_the_form_tells_each_commune_and_no_small_count(place: Place) -> None:
    for number, count in enumerate((3, 6)):
        dossier_in(Status.SUBMITTED, place, number, answers={"TC03.1": Figures(numerator=count)})
    dossier_in(Status.DRAFT, place, 2)
    content = opinion_form(asked(place), datetime.date(2024, 11, 2))
    (table,) = content.tables
    rules = place.period.criteria_set.rules()
    others = "".join(f"\n{item.code}: 0 / 2.000" for item in rules.criterion("TC03").items[1:])
    assert [row.cells[:3] for row in table.rows] == [
        ("1", place.communes[0].name, f"TC03.1: 1–4 / 2.000{others}"),
        ("2", place.communes[1].name, f"TC03.1: 6 / 2.000{others}"),
    ]
    text = "\n".join(lines_of(content))
    assert "không coi là nhất trí" in text
    assert "hết ngày 10 tháng 11 năm 2024" in text


def test_the_form_is_one_page_and_recorded(place: Place, dossier: Dossier) -> None:
    opinion = asked(place)
    response = signed_in(place.appraiser).get(reverse("papers:opinion_form", args=[opinion.uuid]))
    assert len(PdfReader(BytesIO(response.content)).pages) == 1
    event = AuditEvent.objects.about(opinion).latest("seq")
    assert (event.action, event.after["rows"]) == ("export_opinion_form", 1)


def test_the_word_copy_of_the_form_says_the_same(place: Place, dossier: Dossier) -> None:
    opinion = asked(place)
    response = signed_in(place.appraiser).get(reverse("papers:opinion_form_docx", args=[opinion.uuid]))
    assert response["Content-Disposition"] == 'attachment; filename="phieu-lay-y-kien-tc03.docx"'
    assert lines_of_docx(response.content) == lines_of(opinion_form(opinion, timezone.localdate()))
    assert AuditEvent.objects.about(opinion).latest("seq").action == "export_opinion_form"


def test_the_pages_ask_and_enter(place: Place, dossier: Dossier) -> None:
    with travel(place.later()):
        client = signed_in(place.appraiser)
        url = reverse("papers:ask_opinion", args=[place.period.uuid, place.deciding.uuid])
        assert url in client.get(reverse("papers:opinions")).text
        sent = {"criterion": "TC03", "department": "Công an huyện", "due_on": "10/11/2024"}
        assert client.post(url, sent | {"due_on": "mai"}).status_code == 422
        assert client.post(url, sent).status_code == 302
        opinion = Opinion.objects.get()
        page = reverse("papers:opinion", args=[opinion.uuid])
        assert "đang lấy ý kiến, hạn 10/11/2024" in client.get(page).text
        answer = {"version": "1", "received_on": f"{timezone.localdate():%d/%m/%Y}", "text": "Nhất trí."}
        assert client.post(page, answer).status_code == 302
        assert client.post(page, answer).status_code == 409
    opinion.refresh_from_db()
    assert (opinion.text, opinion.version, opinion.entered_by) == ("Nhất trí.", 2, place.appraiser)


def test_hostile_text_is_shown_as_typed_and_never_run(place: Place, dossier: Dossier) -> None:
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    opinion = asked(place, department=hostile)
    rechecked(dossier, place, visit=replace(VISIT, body_name=hostile, conclusion=hostile))
    client = signed_in(place.appraiser)
    for url in (page_of(dossier), reverse("papers:opinions"), reverse("papers:opinion", args=[opinion.uuid])):
        page = client.get(url).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page
    pdf = client.get(reverse("papers:opinion_form", args=[opinion.uuid])).content
    assert hostile in text_of(pdf)
