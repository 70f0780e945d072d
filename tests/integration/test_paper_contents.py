"""What stands on each kind of paper, made from stored rows: the frozen names and figures, in the words of their day."""

import re
from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from assessments.models import Decision, DecisionItem, Dossier, Figures
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused
from communes.models import Role, Unit
from papers.filling import content_of, passages_of
from papers.kinds import KINDS, Kind
from papers.models import Paper, State
from papers.services.recheck import Found
from papers.structure import Annex, Article, Certificate, Content, Printed, Row, Table, from_json, to_json
from tests.factories import (
    ZERO_IN_3,
    Place,
    approved,
    asked,
    dossier_in,
    issued,
    issued_paper,
    make_place,
    move,
    proposed,
    rechecked,
)

pytestmark = pytest.mark.django_db


def unsaved(kind: Kind, place: Place, unit: Unit | None = None, **fields: Any) -> Paper:
    """A draft that nobody has stored: content functions read what a paper is about, not the paper's own row."""
    spec = KINDS[kind]
    return Paper(
        kind=kind,
        form=spec.form,
        desk=spec.desk,
        unit=unit or place.deciding,
        period=place.period,
        drafted_at=place.at,
        **fields,
    )


def of_decision(decision: Decision, place: Place, **fields: Any) -> Content:
    content = content_of(
        unsaved(Kind.DECISION, place, decision=decision, number=decision.number, issued_on=decision.issued_on, **fields)
    )
    assert isinstance(content, Content)
    return content


def of_item(item: DecisionItem, place: Place, **fields: Any) -> Certificate:
    content = content_of(unsaved(Kind.CERTIFICATE, place, item=item, **fields))
    assert isinstance(content, Certificate)
    return content


def table(annex: Annex) -> Table:
    (block,) = annex.blocks
    assert isinstance(block, Table)
    return block


def text_of(content: Content | Certificate) -> str:
    return str(to_json(content))


# ---- the decision ----------------------------------------------------------------------------------------------------
def test_a_decision_says_who_is_recognised_who_is_refused_and_why() -> None:
    place = make_place(2)
    dossiers = [dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    content = of_decision(issued(dossiers, place, number="7"), place)
    good, bad = place.communes
    district = f"huyện {place.deciding.proper_name}"
    assert (content.number, content.symbol, content.is_draft) == ("7", "QĐ-UBND", False)
    assert content.letterhead.body_lines == ("ỦY BAN NHÂN DÂN", district.upper())
    assert content.authority_line == f"ỦY BAN NHÂN DÂN {district.upper()}"
    assert content.subject == "Về việc công nhận xã phù hợp với trẻ em năm 2024"
    assert content.bases[-1] == (
        f"Theo đề nghị của Trưởng Phòng Lao động - Thương binh và Xã hội {district} tại Tờ trình số 15/TTr"
    )
    assert content.blocks == (
        Article(
            "Kết quả đánh giá, công nhận xã, phường, thị trấn phù hợp với trẻ em năm 2024 như sau:",
            (
                "1. Công nhận 01 xã đạt tiêu chuẩn xã, phường, thị trấn phù hợp với trẻ em năm 2024 (có danh sách tại "
                "Phụ lục I kèm theo).",
                "2. Không công nhận 01 xã đạt tiêu chuẩn xã, phường, thị trấn phù hợp với trẻ em năm 2024 (có danh "
                "sách và lý do tại Phụ lục II kèm theo).",
            ),
        ),
        Article("Quyết định này có hiệu lực kể từ ngày ký. Các xã được công nhận tại Điều 1 được cấp Giấy công nhận."),
        Article(
            f"Chánh Văn phòng Hội đồng nhân dân và Ủy ban nhân dân {district}, Trưởng Phòng Lao động - Thương binh và "
            f"Xã hội {district}, Chủ tịch Ủy ban nhân dân các xã có tên tại Điều 1 và thủ trưởng các cơ quan, đơn vị "
            "có liên quan chịu trách nhiệm thi hành Quyết định này./."
        ),
    )
    assert content.recipients == (
        "Như Điều 3",
        f"Sở Lao động - Thương binh và Xã hội tỉnh {place.province.proper_name} (báo cáo)",
        "CT, các PCT UBND huyện",
        "Lưu: VT",
    )
    (signature,) = content.signatures
    assert (signature.lines, signature.name) == (("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"), place.leader.full_name)
    first, second = content.annexes
    assert (first.label, first.title) == (
        "PHỤ LỤC I",
        ("DANH SÁCH XÃ", "ĐƯỢC CÔNG NHẬN PHÙ HỢP VỚI TRẺ EM NĂM 2024"),
    )
    assert [column.heading for column in table(first).columns] == [
        "TT",
        "Xã",
        "Tổng điểm đạt được",
        "Điểm tối thiểu phải đạt",
    ]
    assert table(first).rows == (Row(("1", good.name, "1.000", "850")),)
    assert (second.label, second.title) == (
        "PHỤ LỤC II",
        ("DANH SÁCH XÃ", "KHÔNG ĐƯỢC CÔNG NHẬN PHÙ HỢP VỚI TRẺ EM NĂM 2024"),
    )
    reason = (
        "Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt): mục TC03.1 (Tỷ suất trẻ em bị xâm hại tình dục, mua "
        "bán, bỏ rơi: 3 trẻ em / 1.000 trẻ em) được 0 điểm, nên cả tiêu chí không được tính điểm."
    )
    assert table(second).columns[-1].heading == "Lý do"
    assert table(second).rows == (Row(("1", bad.name, "875", "850", reason)),)


def test_a_decision_without_its_number_is_a_draft() -> None:
    place = make_place()
    content = of_decision(approved([dossier_in(Status.CONCLUDED, place)], place), place)
    assert (content.is_draft, content.number, content.issued_on) == (True, "", None)


def test_a_decision_that_recognises_nobody_says_so_in_its_subject_and_promises_no_certificate() -> None:
    place = make_place()
    content = of_decision(issued([dossier_in(Status.CONCLUDED, place, answers=ZERO_IN_3)], place), place)
    assert content.subject == "Về việc không công nhận xã phù hợp với trẻ em năm 2024"
    assert content.blocks[1] == Article("Quyết định này có hiệu lực kể từ ngày ký.")
    assert [annex.label for annex in content.annexes] == ["PHỤ LỤC"]


def test_the_annex_names_the_district_only_where_there_are_several() -> None:
    place = make_place(2)
    decision = issued([dossier_in(Status.CONCLUDED, place, index) for index in (0, 1)], place)
    decision.items.filter(position=2).update(parent_name="Huyện Khác")
    (annex,) = of_decision(decision, place).annexes
    assert [row.cells[2] for row in table(annex).rows] == [place.deciding.name, "Huyện Khác"]
    assert table(annex).columns[2].heading == "Trực thuộc"
    assert sum(column.width for column in table(annex).columns) == 100


def test_a_total_that_would_tell_a_small_number_is_printed_as_words() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place)], place)
    decision.items.update(hides_total=True)
    (annex,) = of_decision(decision, place).annexes
    assert table(annex).rows == (Row(("1", place.communes[0].name, "từ 850 trở lên", "850")),)


def test_a_decision_without_a_commune_is_refused() -> None:
    place = make_place()
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    decision.items.all().delete()
    with pytest.raises(Refused) as refused:
        of_decision(decision, place)
    assert str(refused.value) == (
        "Quyết định không có xã nào nên phụ lục trống. Lập lại hồ sơ trình có ít nhất một xã."
    )


def test_a_commune_that_is_not_concluded_stands_in_no_decision() -> None:
    place = make_place()
    decision = approved([dossier := dossier_in(Status.CONCLUDED, place)], place)
    type(dossier).objects.filter(pk=dossier.pk).update(status=Status.APPRAISING)
    with pytest.raises(Refused) as refused:
        of_decision(decision, place)
    name = place.communes[0].name
    assert str(refused.value) == f"{name} chưa hoàn thành thẩm định nên chưa đưa được vào quyết định."


def test_the_drafter_may_reword_who_carries_a_decision_out_and_when_it_takes_effect() -> None:
    place = make_place()
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    assert [passage.key for passage in passages_of(unsaved(Kind.DECISION, place, decision=decision))] == [
        "effect",
        "duty",
    ]
    edits = {"effect": "Quyết định có hiệu lực từ ngày 01/12/2024.\n1. Khoản một.\n\n2. Khoản hai."}
    assert of_decision(decision, place, edits=edits).blocks[1] == Article(
        "Quyết định có hiệu lực từ ngày 01/12/2024.", ("1. Khoản một.", "2. Khoản hai.")
    )


def test_what_was_signed_is_printed_as_it_was_signed() -> None:
    place = make_place()
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    paper = unsaved(Kind.DECISION, place, decision=decision)
    signed = content_of(paper)
    paper.state, paper.content = State.SIGNED, to_json(signed)
    decision.items.update(commune_name="Xã Tên Khác")
    assert content_of(paper) == signed
    paper.number, paper.issued_on = "12", date(2024, 11, 20)
    assert isinstance(signed, Content)
    assert content_of(paper) == signed.numbered("12", date(2024, 11, 20))


@pytest.mark.parametrize("count", [1, 3])
def test_a_decision_needs_the_same_queries_whatever_its_length(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    place = make_place(count)
    made = approved([dossier_in(Status.CONCLUDED, place, index) for index in range(count)], place)
    decision = Decision.objects.select_related("period__province", "deciding_unit", "proposal").get(pk=made.pk)
    with django_assert_num_queries(4):
        of_decision(decision, place)


# ---- the certificate -------------------------------------------------------------------------------------------------
def test_the_certificate_names_commune_year_decision_and_register() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place)], place, number="123")
    paper = of_item(decision.items.get(), place, register_number=1)
    district, province = f"huyện {place.deciding.proper_name}", f"tỉnh {place.province.proper_name}"
    assert decision.issued_on is not None
    assert paper.commune_name == place.communes[0].name
    assert paper.located_in == f"{district}, {province}"
    assert (paper.standard, paper.year) == ("xã, phường, thị trấn", 2024)
    assert paper.decision_reference == (
        f"Quyết định số 123/QĐ-UBND ngày {decision.issued_on.day:02d} tháng 11 năm 2024 của Ủy ban nhân dân {district}"
    )
    assert (paper.decided_on, paper.register_number, paper.is_draft) == (decision.issued_on, "1", False)
    assert paper.letterhead.body == f"Ủy ban nhân dân {district}"
    assert (paper.signature.lines, paper.signature.name) == (
        ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"),
        place.leader.full_name,
    )


def test_the_certificate_of_a_decision_without_number_is_a_draft() -> None:
    place = make_place()
    paper = of_item(approved([dossier_in(Status.CONCLUDED, place)], place).items.get(), place)
    assert paper.is_draft
    assert paper.decision_reference.startswith("Quyết định số …/QĐ-UBND ngày … tháng … năm 2024 của ")


def test_a_signed_certificate_takes_its_register_number_when_it_is_entered() -> None:
    place = make_place()
    item = issued([dossier_in(Status.CONCLUDED, place)], place).items.get()
    paper = unsaved(Kind.CERTIFICATE, place, item=item)
    signed = content_of(paper)
    paper.state, paper.content = State.SIGNED, to_json(signed)
    paper.register_number, paper.issued_on = 12, date(2024, 11, 20)
    entered = content_of(paper)
    assert isinstance(signed, Certificate)
    assert isinstance(entered, Certificate)
    assert (signed.is_draft, entered.register_number, entered.decided_on) == (True, "12", date(2024, 11, 20))
    assert from_json(to_json(entered)) == entered


def test_a_refused_commune_gets_no_certificate() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place, answers=ZERO_IN_3)], place)
    with pytest.raises(Refused) as refused:
        of_item(decision.items.get(), place)
    name = place.communes[0].name
    assert str(refused.value) == f"{name} không được công nhận nên không có Giấy công nhận."


def test_papers_of_a_province_without_districts_speak_of_no_district() -> None:
    place = make_place(year=2026, new=True)
    decision = issued([dossier_in(Status.CONCLUDED, place)], place)
    pages = text_of(of_decision(decision, place)) + text_of(of_item(decision.items.get(), place))
    # the title of Decision 06 is quoted as it stands; every other word is of today
    quoted = "công nhận xã, phường, thị trấn phù hợp với trẻ em'"
    assert pages.count(quoted) == 1
    assert not re.search("huyện|thị trấn|LĐTBXH|Thương binh", pages.replace(quoted, ""), re.IGNORECASE)


@pytest.mark.parametrize("is_demo", [True, False])
def test_a_demo_period_marks_its_papers(is_demo: bool) -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place)], place)
    place.period.is_demo = decision.period.is_demo = is_demo
    assert [of_decision(decision, place).is_demo, of_item(decision.items.get(), place).is_demo] == [is_demo, is_demo]


# ---- hostile text ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    ["Xã <script>alert(1)</script> {{ 7*7 }}", "Xã \u202eMỹ\x00 An", ("Xã " + "Nguyễn Thị Minh Khai " * 20)[:200]],
)
def test_a_name_stands_on_papers_as_text_and_survives_the_store(name: str) -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place)], place)
    item = decision.items.get()
    item.commune_name = name
    paper = of_item(item, place)
    assert paper.commune_name == name
    assert from_json(to_json(paper)) == paper


# ---- the office ------------------------------------------------------------------------------------------------------
def of_dossier(kind: Kind, dossier: Dossier, place: Place) -> Content:
    content = content_of(unsaved(kind, place, dossier=dossier))
    assert isinstance(content, Content)
    return content


def said(content: Printed) -> list[str]:
    """The paragraphs and headings of the body; of tables nothing."""
    assert isinstance(content, Content)
    return [block.text for block in content.blocks if not isinstance(block, Table)]


def rows_of(content: Printed) -> list[tuple[str, ...]]:
    assert isinstance(content, Content)
    return [row.cells for block in content.blocks if isinstance(block, Table) for row in block.rows]


def test_the_receipt_says_what_came_in_when_and_by_when_a_result_is_due() -> None:
    place = make_place()
    dossier = dossier_in(Status.SUBMITTED, place)
    content = of_dossier(Kind.RECEIPT, dossier, place)
    name = f"xã {place.communes[0].proper_name}"
    assert content.form.label == "Giấy tiếp nhận"
    assert content.subject == f"Hồ sơ đề nghị công nhận {name} phù hợp với trẻ em năm 2024"
    assert said(content) == [
        f"Phòng Lao động - Thương binh và Xã hội huyện {place.deciding.proper_name} đã tiếp nhận hồ sơ của Ủy ban nhân "
        f"dân {name} đề nghị công nhận đạt tiêu chuẩn xã, phường, thị trấn phù hợp với trẻ em năm 2024, mã hồ sơ "
        f"{dossier.code}.",
        "Thời điểm tiếp nhận: 11 giờ 00 phút, ngày 01 tháng 11 năm 2024.",
        "Thời hạn nộp theo kế hoạch: trước ngày 15/11. Hồ sơ nộp đúng hạn.",
        "Thành phần hồ sơ gồm bảng điểm tự đánh giá và tài liệu minh chứng theo từng tiêu chí:",
        "Ngày dự kiến có kết quả: chậm nhất ngày 29 tháng 11 năm 2024 (20 ngày làm việc kể từ ngày tiếp nhận, không "
        "tính thời gian xã bổ sung, hoàn thiện hồ sơ).",
    ]
    rows = rows_of(content)
    assert (len(rows), rows[0]) == (14, ("1", "Nguồn lực thực hiện quyền trẻ em", "4", "0"))


def test_there_is_no_receipt_for_what_was_not_sent() -> None:
    place = make_place()
    with pytest.raises(Refused, match=r"chưa nộp hồ sơ nên chưa có gì để tiếp nhận\.$"):
        of_dossier(Kind.RECEIPT, dossier_in(Status.DRAFT, place), place)


def test_the_letter_to_mend_names_what_was_returned_why_and_by_when() -> None:
    place = make_place()
    content = of_dossier(Kind.SUPPLEMENT, dossier_in(Status.RETURNED, place), place)
    committee = f"Ủy ban nhân dân xã {place.communes[0].proper_name}"
    assert content.addressees == (committee,)
    assert rows_of(content) == [
        ("1", "TC01.1 – Có bố trí người làm công tác bảo vệ trẻ em cấp xã", "Kế hoạch chưa có chữ ký.")
    ]
    assert said(content)[-1] == (
        f"Đề nghị {committee} hoàn thiện và nộp lại hồ sơ chậm nhất ngày 08 tháng 11 năm 2024. Quá thời hạn trên, hồ "
        "sơ được thẩm định theo số liệu đã có."
    )


def test_a_reason_about_single_children_stays_between_commune_and_office() -> None:
    place = make_place()
    dossier = dossier_in(Status.RETURNED, place)
    dossier.returned_items.update(target="TC03.1", reason="Có 3 cháu chưa ghi.")
    ((_, _, reason),) = rows_of(of_dossier(Kind.SUPPLEMENT, dossier, place))
    assert reason == "Nội dung này chỉ xã và cơ quan thẩm định được xem vì có thể nhận ra trẻ em."


def test_there_is_no_letter_to_mend_where_nothing_was_returned() -> None:
    place = make_place()
    with pytest.raises(Refused, match=r"chưa bị trả lại mục nào nên không có nội dung đề nghị bổ sung\.$"):
        of_dossier(Kind.SUPPLEMENT, dossier_in(Status.APPRAISING, place), place)


def test_the_appraisal_report_sets_both_results_side_by_side_and_says_what_is_proposed() -> None:
    place = make_place()
    content = of_dossier(Kind.APPRAISAL_REPORT, dossier_in(Status.CONCLUDED, place), place)
    deciding = f"Ủy ban nhân dân huyện {place.deciding.proper_name}"
    name = f"xã {place.communes[0].proper_name}"
    assert content.addressees == (deciding,)
    assert said(content)[1:] == [
        "I. QUÁ TRÌNH THẨM ĐỊNH",
        "Hồ sơ nộp ngày 01 tháng 11 năm 2024. Hồ sơ không phải bổ sung. Hoàn thành thẩm định ngày 01 tháng 11 năm "
        "2024.",
        "II. KẾT QUẢ THẨM ĐỊNH",
        "Tổng điểm xã tự chấm: 1.000.",
        "Tổng điểm thẩm định: 1.000 (mức tối thiểu: 850).",
        "Không có tiêu chí nào bị 0 điểm. Hồ sơ đủ điều kiện công nhận.",
        "III. NỘI DUNG CHÊNH LỆCH",
        "Số liệu thẩm định thống nhất với số liệu xã khai.",
        "IV. ĐỀ XUẤT",
        f"Đề nghị {deciding} công nhận {name} đạt tiêu chuẩn xã, phường, thị trấn phù hợp với trẻ em năm 2024.",
        "Theo biên bản họp Hội đồng xét duyệt.",
    ]
    assert table(content.annexes[0]).rows[-1].cells == ("", "Tổng cộng", "", "", "1.000", "1.000", "1.000")


def test_no_paper_of_the_office_or_the_leader_tells_a_count_that_names_children() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place, answers={"TC03.1": Figures(numerator=3)})
    Dossier.objects.filter(pk=dossier.pk).update(recommendation_reason="Có 3 cháu bị xâm hại.")
    dossier.refresh_from_db()
    decision = issued([dossier], place)
    papers = [
        of_dossier(Kind.APPRAISAL_REPORT, dossier, place),
        content_of(unsaved(Kind.SUBMISSION, place, proposal=decision.proposal)),
        content_of(unsaved(Kind.REFUSAL, place, item=decision.items.get())),
    ]
    assert [re.findall(r"3/2000|3 cháu|3 / 2\.000|1,5 trẻ", text_of(paper)) for paper in papers] == [[], [], []]


def test_the_appraisal_report_sets_what_a_recheck_found_beside_the_figures_and_hides_small_counts() -> None:
    place = make_place()
    dossier = dossier_in(Status.APPRAISING, place, answers={"TC03.1": Figures(numerator=6)})
    rechecked(
        dossier,
        place,
        findings={
            "TC12.2": Found(Figures(count=2)),
            "TC03.1": Found(Figures(numerator=3), "Cháu thứ ba mới biết."),
            "TC01.1": Found(Figures(), "Văn bản thiếu chữ ký."),
        },
    )
    dossier = move(Action.CONCLUDE, dossier, {Role.APPRAISER: place.appraiser}, place)
    content = of_dossier(Kind.APPRAISAL_REPORT, dossier, place)
    assert "Phúc tra ngày 01 tháng 11 năm 2024: Đoàn phúc tra của huyện; Biên bản ngày 01/11/2024." in said(content)
    scores = table(content.annexes[0])
    assert [column.heading for column in scores.columns][2:5] == ["Xã khai", "Thẩm định", "Phúc tra"]
    assert sum(column.width for column in scores.columns) == 100
    assert {row.cells[0]: row.cells[4] for row in scores.rows if row.cells[4]} == {
        "TC01.1": "xem biên bản",
        "TC03.1": "1–4/2000",
        "TC12.2": "2",
    }
    assert re.findall("Cháu thứ ba|3/2000", text_of(content)) == []


def test_the_appraisal_report_tells_what_departments_said_and_that_silence_was_silence() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    asked(place)
    place.later(24 * 10)
    content = of_dossier(Kind.APPRAISAL_REPORT, dossier, place)
    body = said(content)
    start = body.index("Ý kiến các ngành:")
    assert body[start + 1 : start + 3] == [
        "Công an huyện về tiêu chí 3 (Trẻ em bị xâm hại): không có ý kiến đến hết ngày 10/11/2024.",
        "II. KẾT QUẢ THẨM ĐỊNH",
    ]


def test_an_appraisal_report_without_a_recheck_has_no_column_for_it() -> None:
    place = make_place()
    content = of_dossier(Kind.APPRAISAL_REPORT, dossier_in(Status.CONCLUDED, place), place)
    assert "Phúc tra" not in text_of(content)
    assert sum(column.width for column in table(content.annexes[0]).columns) == 100


def test_an_appraisal_that_is_not_finished_is_not_reported() -> None:
    place = make_place()
    with pytest.raises(Refused, match=r"chưa hoàn thành thẩm định nên chưa viết được văn bản này\.$"):
        of_dossier(Kind.APPRAISAL_REPORT, dossier_in(Status.APPRAISING, place), place)


def test_the_submission_lists_what_is_proposed_for_each_commune() -> None:
    place = make_place(2)
    dossiers = [dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    content = content_of(unsaved(Kind.SUBMISSION, place, proposal=proposed(dossiers, place)))
    good, bad = place.communes
    assert rows_of(content) == [
        ("1", good.name, "1.000", "1.000", "850", "Công nhận", ""),
        ("2", bad.name, "875", "875", "850", "Không công nhận", "Theo biên bản họp Hội đồng xét duyệt."),
    ]
    assert said(content)[1:] == [
        "Kính đề nghị xem xét, quyết định.",
        "Hồ sơ gửi kèm gồm:",
        "Biên bản họp Hội đồng xét duyệt;",
        "Báo cáo thẩm định của từng đơn vị;",
        "Dự thảo Quyết định công nhận.",
    ]


# ---- the notice of refusal -------------------------------------------------------------------------------------------
def test_the_notice_of_refusal_says_why_and_what_the_next_band_asks() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place, answers=ZERO_IN_3)], place, number="9")
    content = content_of(unsaved(Kind.REFUSAL, place, item=decision.items.get()))
    assert "Tổng điểm thẩm định: 875; mức tối thiểu: 850." in said(content)
    assert rows_of(content) == [
        ("Tiêu chí 3. Trẻ em bị xâm hại", "0/125", "125", "", ""),
        (
            "TC03.1 – Tỷ suất trẻ em bị xâm hại tình dục, mua bán, bỏ rơi",
            "0/75",
            "75",
            "6 / 2.000 × 1.000 = 3 trẻ em / 1.000 trẻ em, thuộc mức trên 0,5 trẻ em / 1.000 trẻ em: 0/75 điểm",
            "trên 0 đến 0,5 trẻ em / 1.000 trẻ em: 30 điểm",
        ),
    ]


def test_a_recognised_commune_gets_no_notice_of_refusal() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place)], place)
    with pytest.raises(Refused, match=r"được công nhận nên không có thông báo không công nhận\.$"):
        content_of(unsaved(Kind.REFUSAL, place, item=decision.items.get()))


# ---- later papers ----------------------------------------------------------------------------------------------------
def test_a_later_paper_says_what_it_corrects_replaces_or_revokes() -> None:
    place = make_place()
    earlier = issued_paper([dossier_in(Status.CONCLUDED, place)], place, "7")
    day = earlier.issued_on
    assert day is not None
    reference = (
        f"Quyết định số 07/QĐ-UBND ngày {day.day:02d} tháng 11 năm 2024 của Ủy ban nhân dân huyện "
        f"{place.deciding.proper_name}"
    )
    about = {"earlier": earlier, "decision": earlier.decision, "reason": "Sai tên xã."}
    edits = {"wrong": "Độc lập – Tự do", "right": "Độc lập - Tự do"}
    corrected = content_of(unsaved(Kind.CORRECTION, place, edits=edits, **about))
    replaced = content_of(unsaved(Kind.REPLACEMENT, place, **about))
    revoked = content_of(unsaved(Kind.REVOCATION, place, **about))
    assert isinstance(replaced, Content)
    assert isinstance(revoked, Content)
    assert said(corrected)[1:3] == ["Đã viết: «Độc lập – Tự do».", "Sửa lại là: «Độc lập - Tự do»."]
    assert replaced.blocks[0] == Article(f"Quyết định này thay thế {reference}. Lý do: Sai tên xã.")
    assert table(replaced.annexes[0]).rows == (Row(("1", place.communes[0].name, "1.000", "850")),)
    assert revoked.blocks[:2] == (
        Article(f"Thu hồi {reference}."),
        Article(
            "Lý do thu hồi: Sai tên xã.",
            ("Văn bản bị thu hồi và Giấy công nhận cấp theo văn bản đó không còn giá trị.",),
        ),
    )


def test_a_later_paper_without_a_reason_is_refused() -> None:
    place = make_place()
    earlier = issued_paper([dossier_in(Status.CONCLUDED, place)], place, "7")
    with pytest.raises(Refused, match=r"^Ghi lý do của văn bản này trước\.$"):
        content_of(unsaved(Kind.REVOCATION, place, earlier=earlier, decision=earlier.decision))
    with pytest.raises(Refused, match=r"^Ghi chỗ sai và chỗ sửa lại"):
        content_of(unsaved(Kind.CORRECTION, place, earlier=earlier, decision=earlier.decision))


def test_a_certificate_that_is_issued_again_names_the_one_it_replaces() -> None:
    place = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, place)], place, number="7")
    again = of_item(
        decision.items.get(),
        place,
        earlier=Paper(kind=Kind.CERTIFICATE, register_number=12, issued_on=date(2024, 2, 5)),
    )
    assert (again.note, again.decided_on, again.signature.name) == (
        "(Cấp lại, thay Giấy công nhận số vào sổ 12 ngày 05 tháng 02 năm 2024)",
        None,
        "",
    )
