"""What a commune's papers and the minutes of councils say: the figures of the sheet, the council as it met, the bodies
of the period, and what is missing where one cannot be written."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.figures import load_figures
from assessments.models import CriterionEntry, Dossier, Figures, FrozenSheet, Proposal
from assessments.workflow import Status
from childfriendly.core.exceptions import Refused
from communes.models import User
from papers.filling import content_of, passages_of
from papers.kinds import KINDS, Kind
from papers.models import Opinion, Paper
from papers.rendering.lines import lines_of
from papers.rendering.pdf import render_pdf
from papers.services.council import Ballot, Chair, reopen_meeting
from papers.services.recheck import enter_opinion
from papers.structure import Article, Content, Table, from_json, to_json
from tests.factories import SEATED, Place, asked, council, dossier_in, make_place, met, proposed
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

OF_COMMUNE = (
    Kind.COUNCIL_DECISION,
    Kind.SELF_ASSESSMENT,
    Kind.COMMUNE_MINUTES,
    Kind.REQUEST,
    Kind.REQUEST_LETTER,
)


@pytest.fixture
def place() -> Place:
    return make_place(3)


@pytest.fixture
def dossier(place: Place) -> Dossier:
    return dossier_in(Status.DRAFT, place)


def draft(kind: Kind, place: Place, about: Dossier | Proposal, **more: Any) -> Paper:
    of_commune = isinstance(about, Dossier)
    return Paper(
        kind=kind,
        form=KINDS[kind].form,
        desk=KINDS[kind].desk,
        unit=about.commune if isinstance(about, Dossier) else about.appraising_unit,
        period=place.period,
        drafted_by=place.editors[0] if of_commune else place.appraiser,
        drafted_at=place.at,
        **{"dossier" if of_commune else "proposal": about},
        **more,
    )


def printed(kind: Kind, place: Place, about: Dossier | Proposal, **more: Any) -> Content:
    content = content_of(draft(kind, place, about, **more))
    assert isinstance(content, Content)
    return content


def lines(kind: Kind, place: Place, about: Dossier | Proposal, **more: Any) -> list[str]:
    return lines_of(printed(kind, place, about, **more))


def text(kind: Kind, place: Place, about: Dossier | Proposal, **more: Any) -> str:
    return "\n".join(lines(kind, place, about, **more))


def refusal(kind: Kind, place: Place, about: Dossier | Proposal) -> str:
    with pytest.raises(Refused) as refused:
        printed(kind, place, about)
    return str(refused.value)


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


# ---- the council -------------------------------------------------------------------------------------------------
def test_the_decision_names_the_members_in_their_order(place: Place, dossier: Dossier) -> None:
    council(place)
    content = printed(Kind.COUNCIL_DECISION, place, dossier)
    commune = place.communes[0].name.replace("Xã", "xã")
    assert content.authority_line == f"ỦY BAN NHÂN DÂN {commune.upper()}"
    assert content.subject == (
        f"Về việc thành lập Hội đồng đánh giá xã, phường, thị trấn phù hợp với trẻ em năm 2024 của {commune}"
    )
    (members,) = content.tables
    assert cells(members) == [
        ("1", "Ông Chủ Tịch", "Phó Chủ tịch UBND", "Chủ tịch Hội đồng"),
        ("2", "Bà Phó Chủ Tịch", "Trưởng trạm Y tế", "Phó Chủ tịch Hội đồng"),
        ("3", "Bà Thư Ký", "Công chức Văn hóa - Xã hội", "Thư ký"),
        ("4", "Ông Ủy Viên", "Hiệu trưởng trường Tiểu học", "Ủy viên"),
    ]
    assert [type(block) for block in content.blocks].count(Article) == 4
    assert content.recipients[0] == "Như Điều 4"


def test_a_decision_needs_its_council_with_chair_and_secretary(place: Place, dossier: Dossier) -> None:
    assert refusal(Kind.COUNCIL_DECISION, place, dossier) == (
        "Chưa nhập thành viên Hội đồng. Mở trang «Hội đồng», nhập thành viên rồi soạn lại văn bản."
    )
    council(place, members=SEATED[:2])
    assert refusal(Kind.COUNCIL_DECISION, place, dossier) == (
        "Hội đồng chưa có Thư ký. Chọn Thư ký ở trang «Hội đồng» rồi soạn lại văn bản."
    )


# ---- the report --------------------------------------------------------------------------------------------------
ODD = {
    "TC02.1": Figures(numerator=1939, denominator=2000),
    "TC03.1": Figures(numerator=1),
    "TC06.2": Figures(numerator=0, denominator=0, zero_reason="Cả năm không có vụ việc nào."),
    "TC12.2": Figures(count=3),
}


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.CONCLUDED])
def test_the_table_is_the_sheet_line_by_line(place: Place, status: Status) -> None:
    dossier = dossier_in(status, place, answers=ODD)
    content = printed(Kind.SELF_ASSESSMENT, place, dossier)
    figures = load_figures(dossier)
    sheet = figures.declared_sheet
    table = content.annexes[0].blocks[0]
    assert isinstance(table, Table)
    by_code = {row[0]: row for row in cells(table)}
    for item in figures.rules.items:
        score, row = sheet.item(item.code), by_code[item.code]
        assert (row[1], row[6], row[7], row[8]) == (
            item.title,
            str(score.max),
            str(score.points),
            score.explanation,
        )
    for criterion in sheet.criteria:
        assert by_code[criterion.code][6:8] == (str(criterion.max), str(criterion.points))
    assert cells(table)[-2][1:2] + cells(table)[-2][6:8] == ("Tổng cộng", "1.000", str(sheet.total))
    assert cells(table)[-1][7] == str(sheet.threshold) == "850"
    assert by_code["TC03.1"][3:6] == ("1", "2.000", "0,5")
    assert by_code["TC06.2"][8].endswith("Lý do: Cả năm không có vụ việc nào.")
    assert by_code["TC12.2"][2:6] == ("hoạt động / năm", "", "", "3")
    assert by_code["TC02.1"][2:6] == ("%", "1.939", "2.000", "96,95")
    assert by_code["TC01.1"][2:6] == ("Có/Không", "", "", "Có")
    if status is not Status.DRAFT:
        assert sheet.total == FrozenSheet.objects.filter(kind="declared").latest("number").total


def test_the_body_gives_totals_area_and_criteria(place: Place, dossier: Dossier) -> None:
    CriterionEntry.objects.filter(dossier=dossier, criterion="TC01").update(explanation="Đã kiện toàn Ban BVTE.")
    content = printed(Kind.SELF_ASSESSMENT, place, dossier)
    base, criteria, full = content.tables
    assert cells(base)[0][2] == "2.000"
    assert len(cells(base)) == len(place.period.criteria_set.rules().base_figures)
    assert cells(criteria)[-1] == ("", "Cộng", "1.000", "1.000")
    assert [row[8] for row in cells(full) if row[0] == "TC01"] == ["Đã kiện toàn Ban BVTE."]
    whole = "\n".join(lines_of(content))
    assert "Loại xã: Đơn vị cấp xã còn lại (theo 01/QĐ-THỬ). Mức tối thiểu: 850 điểm." in whole
    assert "Tổng điểm tự chấm: 1.000/1.000 điểm." in whole
    assert "Không có tiêu chí nào bị 0 điểm. Kết quả: đủ điều kiện đề nghị công nhận." in whole


def test_what_was_reworded_stands_instead_and_the_figures_stay(place: Place, dossier: Dossier) -> None:
    keys = [passage.key for passage in passages_of(draft(Kind.SELF_ASSESSMENT, place, dossier))]
    assert keys == ["situation", "difficulties", "proposals"]
    edits = {"situation": "Xã có 12 ấp.\nDân số 9.000 người.", "difficulties": "<b>Không</b> {{ 7*7 }}"}
    content = printed(Kind.SELF_ASSESSMENT, place, dossier, edits=edits)
    whole = lines_of(content)
    for line in ("Xã có 12 ấp.", "Dân số 9.000 người.", "<b>Không</b> {{ 7*7 }}"):
        assert line in whole
    assert content.annexes == printed(Kind.SELF_ASSESSMENT, place, dossier).annexes


def test_a_refused_commune_reports_why(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place, answers={"TC03.1": Figures(numerator=6)})
    whole = text(Kind.SELF_ASSESSMENT, place, dossier)
    assert "Kết quả: chưa đủ điều kiện đề nghị công nhận, vì:" in whole
    assert "Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt)" in whole
    assert "hướng dẫn, hỗ trợ" in whole


def test_an_incomplete_score_is_no_report(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    assert refusal(Kind.SELF_ASSESSMENT, place, dossier).startswith("Số liệu nền còn thiếu")
    place.communes[1].area_types.all().delete()
    second = dossier_in(Status.DRAFT, place, 1)
    assert refusal(Kind.SELF_ASSESSMENT, place, second).startswith("Loại xã (ngưỡng điểm) chưa được xác nhận")


def test_figures_that_are_not_those_that_were_sent_are_no_report(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    dossier.answers.filter(item="TC12.2").update(count=1)
    assert refusal(Kind.SELF_ASSESSMENT, place, dossier).startswith("Số liệu hiện có khác bảng điểm đã nộp.")


# ---- minutes of a commune ----------------------------------------------------------------------------------------
def test_minutes_tell_who_came_how_they_voted_and_what_was_concluded(place: Place, dossier: Dossier) -> None:
    held = met(
        council(place),
        [dossier],
        place,
        absent={1: "Đi công tác"},
        ballots={dossier.pk: Ballot(2, 0, 1)},
        conclusion="Thống nhất kết quả.\nHoàn thiện hồ sơ trước ngày 10/11.",
    )
    content = printed(Kind.COMMUNE_MINUTES, place, dossier)
    whole = lines_of(content)
    opened = timezone.localtime(held.opened_at)
    for line in (
        f"Phiên họp khai mạc lúc {opened.hour} giờ 00 phút, ngày 01 tháng 11 năm 2024, tại Hội trường Ủy ban nhân dân.",
        "1. Có mặt: 03/04 thành viên",
        "- Bà Phó Chủ Tịch, Trưởng trạm Y tế: Phó Chủ tịch Hội đồng, chủ trì phiên họp.",
        "- Bà Thư Ký, Công chức Văn hóa - Xã hội: Thư ký.",
        "2. Vắng: 01/04 thành viên",
        "- Ông Chủ Tịch, Phó Chủ tịch UBND: Chủ tịch Hội đồng. Lý do: Đi công tác.",
        "Thống nhất kết quả.",
        "Hoàn thiện hồ sơ trước ngày 10/11.",
    ):
        assert line in whole
    (votes,) = content.tables
    assert cells(votes)[0][2:] == ("2/3", "0/3", "1/3")
    assert [(one.lines, one.name) for one in content.signatures] == [
        (("THƯ KÝ",), "Bà Thư Ký"),
        (("CHỦ TRÌ",), "Bà Phó Chủ Tịch"),
    ]
    assert content.recipients == ()


def test_minutes_wait_for_a_closed_meeting_with_a_vote(place: Place, dossier: Dossier) -> None:
    held = met(council(place), [dossier], place, closes=False)
    sentence = "Hội đồng chưa có phiên họp nào đã chốt. Mở trang «Hội đồng», ghi và chốt phiên họp trước."
    assert refusal(Kind.COMMUNE_MINUTES, place, dossier) == sentence
    assert refusal(Kind.REQUEST, place, dossier) == sentence
    assert not held.is_closed


def test_no_button_leads_to_the_words_of_minutes_that_cannot_be_written_yet(place: Place, dossier: Dossier) -> None:
    paper = draft(Kind.COMMUNE_MINUTES, place, dossier)
    paper.save()
    page = signed_in(place.editors[0]).get(reverse("papers:paper", args=[paper.uuid])).text
    assert ("Bỏ dự thảo" in page, "Sửa câu chữ" in page) == (True, False)


def test_minutes_and_request_do_not_tell_a_small_count(place: Place) -> None:
    """They go to offices that may not know it; the report, which may tell it, does not."""
    dossier = dossier_in(Status.DRAFT, place, answers={"TC03.1": Figures(numerator=1)})
    met(council(place), [dossier], place)
    for kind in (Kind.COMMUNE_MINUTES, Kind.REQUEST, Kind.REQUEST_LETTER):
        whole = text(kind, place, dossier)
        assert "từ 850 trở lên" in whole
        assert re.search(r"\b955\b", whole) is None  # names hold numbers of their own
    assert "955" in text(Kind.SELF_ASSESSMENT, place, dossier)


# ---- the request -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [Kind.REQUEST, Kind.REQUEST_LETTER])
def test_the_request_goes_to_who_decides_through_who_appraises(place: Place, dossier: Dossier, kind: Kind) -> None:
    met(council(place), [dossier], place)
    content = printed(kind, place, dossier)
    district = place.deciding.name.replace("Huyện", "huyện")
    assert content.addressees == (
        f"Ủy ban nhân dân {district} (qua Phòng Lao động - Thương binh và Xã hội {district})",
    )
    whole = "\n".join(lines_of(content))
    assert "Tổng điểm tự chấm: 1.000 (mức tối thiểu đối với loại xã: 850)." in whole
    assert "4/4 thành viên có mặt tán thành" in whole
    assert content.recipients == ("Như trên", "CT, các PCT UBND xã", "Lưu: VT")


def test_nobody_asks_for_what_the_score_does_not_give(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place, answers={"TC03.1": Figures(numerator=6)})
    met(council(place), [dossier], place)
    assert refusal(Kind.REQUEST, place, dossier).startswith("Chưa đủ điều kiện đề nghị công nhận: Tiêu chí 3")


def test_a_score_that_changed_after_the_vote_is_voted_on_again(place: Place, dossier: Dossier) -> None:
    met(council(place), [dossier], place)
    dossier.answers.filter(item="TC12.2").update(count=3)
    assert refusal(Kind.REQUEST, place, dossier) == (
        "Điểm tự chấm đã đổi từ khi Hội đồng biểu quyết. Họp Hội đồng lại rồi soạn văn bản này."
    )


# ---- the office's council ----------------------------------------------------------------------------------------
def test_the_office_s_minutes_have_a_line_for_every_commune_of_the_proposal(place: Place) -> None:
    dossiers = [dossier_in(Status.CONCLUDED, place, 0), dossier_in(Status.CONCLUDED, place, 1, answers=ODD)]
    met(council(place, place.appraiser), dossiers, place)
    proposal = proposed(dossiers, place)
    content = printed(Kind.COUNCIL_MINUTES, place, proposal)
    (votes,) = content.tables
    assert cells(votes) == [
        ("1", place.communes[0].name, "1.000", "850", "Đề nghị công nhận", "4/4", "0/4", "0/4"),
        ("2", place.communes[1].name, "từ 850 trở lên", "850", "Đề nghị công nhận", "4/4", "0/4", "0/4"),
    ]
    assert content.letterhead.body.startswith("Phòng Lao động - Thương binh và Xã hội")


def test_the_office_s_minutes_tell_what_departments_had_said_by_the_day_of_the_meeting(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    nurses, police, school = (
        asked(place, criterion=code, department=name)
        for code, name in (("TC05", "Trung tâm Y tế"), ("TC03", "Công an huyện"), ("TC12", "Phòng Giáo dục và Đào tạo"))
    )
    for opinion in (nurses, police):
        answer(opinion, place, "Nhất trí,\nhai cháu đã khỏi.")
    place.later(24 * 20)
    met(council(place, place.appraiser), [dossier], place)
    answer(school, place, "Không nhất trí.")
    asked(place, criterion="TC11", department="Phòng Văn hóa", due_on=school.due_on.replace(month=12))
    rules = place.period.criteria_set.rules()
    titles = {code: rules.criterion(code).title for code in ("TC03", "TC05", "TC12")}
    said = lines(Kind.COUNCIL_MINUTES, place, proposed([dossier], place))
    start = said.index("Ý kiến các ngành:")
    assert said[start + 1 : start + 4] == [
        f"- Công an huyện về tiêu chí 3 ({titles['TC03']}): đã có ý kiến, phiếu lưu tại cơ quan thẩm định (nhận ngày "
        "03/11/2024).",
        f"- Trung tâm Y tế về tiêu chí 5 ({titles['TC05']}): Nhất trí, hai cháu đã khỏi. (nhận ngày 02/11/2024).",
        f"- Phòng Giáo dục và Đào tạo về tiêu chí 12 ({titles['TC12']}): không có ý kiến đến hết ngày 10/11/2024.",
    ]
    assert said[start + 4] == "IV. KẾT QUẢ BIỂU QUYẾT"


def test_minutes_say_nothing_of_opinions_where_no_department_was_asked(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    met(council(place, place.appraiser), [dossier], place)
    assert "Ý kiến các ngành:" not in lines(Kind.COUNCIL_MINUTES, place, proposed([dossier], place))


def answer(opinion: Opinion, place: Place, text: str) -> None:
    at = place.later(24)
    enter_opinion(
        opinion_id=opinion.pk,
        version=opinion.version,
        received_on=timezone.localdate(at),
        text=text,
        by=place.appraiser,
        at=at,
    )


def test_a_commune_that_was_not_voted_on_stops_the_minutes(place: Place) -> None:
    first, second = (dossier_in(Status.CONCLUDED, place, number) for number in range(2))
    met(council(place, place.appraiser), [first], place)
    proposal = proposed([first, second], place)
    assert refusal(Kind.COUNCIL_MINUTES, place, proposal) == (
        f"{second.commune.name} có trong hồ sơ trình nhưng Hội đồng chưa biểu quyết. Ghi phiên họp có xã này trước."
    )


def test_a_result_that_changed_after_the_vote_stops_the_minutes(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    met(council(place, place.appraiser), [dossier], place)
    proposal = proposed([dossier], place)
    Dossier.objects.update(appraised_total=900)
    assert "đã đổi từ khi Hội đồng biểu quyết" in refusal(Kind.COUNCIL_MINUTES, place, proposal)


# ---- of all of them ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [*OF_COMMUNE, Kind.COUNCIL_MINUTES])
def test_without_districts_no_paper_speaks_of_one(kind: Kind) -> None:
    place = make_place(new=True, year=2026)
    dossier, by = _met_everywhere(place, kind)
    about: Dossier | Proposal = proposed([dossier], place) if kind is Kind.COUNCIL_MINUTES else dossier
    whole = text(kind, place, about).lower()
    assert "huyện" not in whole
    assert whole.count("thị trấn") == whole.count("quyết định số 06/qđ-ttg")  # the title of that decision
    assert "xã, phường, đặc khu" in whole
    assert by in {place.editors[0], place.appraiser}


def _met_everywhere(place: Place, kind: Kind) -> tuple[Dossier, User]:
    of_office = kind is Kind.COUNCIL_MINUTES
    dossier = dossier_in(Status.CONCLUDED if of_office else Status.DRAFT, place)
    by = place.appraiser if of_office else place.editors[0]
    met(council(place, by), [dossier], place)
    return dossier, by


@pytest.mark.parametrize("kind", [*OF_COMMUNE, Kind.COUNCIL_MINUTES])
def test_hostile_names_are_printed_as_text_and_the_paper_can_be_stored(place: Place, kind: Kind) -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }} " + "Dài" * 30
    members = (Chair(hostile, hostile, SEATED[0].seat), *SEATED[1:])
    of_office = kind is Kind.COUNCIL_MINUTES
    dossier = dossier_in(Status.CONCLUDED if of_office else Status.DRAFT, place)
    found = council(place, place.appraiser if of_office else place.editors[0], members)
    met(found, [dossier], place, place=hostile, conclusion=hostile)
    content = printed(kind, place, proposed([dossier], place) if of_office else dossier)
    assert from_json(to_json(content)) == content
    assert render_pdf(content).startswith(b"%PDF")
    if kind in (Kind.COUNCIL_DECISION, Kind.COMMUNE_MINUTES, Kind.COUNCIL_MINUTES):
        assert hostile in "\n".join(lines_of(content))


def test_what_was_signed_stays_whatever_happens_to_the_meeting(place: Place, dossier: Dossier) -> None:
    held = met(council(place), [dossier], place)
    content = printed(Kind.COMMUNE_MINUTES, place, dossier)
    paper = draft(Kind.COMMUNE_MINUTES, place, dossier, state="signed", content=to_json(content))
    reopen_meeting(meeting_id=held.pk, version=held.version, by=place.editors[0], at=place.later())
    assert content_of(paper) == content
