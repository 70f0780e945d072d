"""Reports upwards: whose communes, which figures, in which words, and what has changed since one was signed."""

import datetime
import re

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assessments.models import Dossier, Figures
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused
from communes.models import Role, User
from criteria.models import Target
from papers import services
from papers.filling.changes import Change, changes_since, figures_of
from papers.filling.reports import passages, province_report, result_report
from papers.kinds import KINDS, Kind
from papers.models import Paper, State
from papers.structure import Content, Heading, Paragraph, Table, to_json
from papers.words import in_sentence, vietnamese_date
from tests.factories import (
    ZERO_IN_3,
    Place,
    dossier_in,
    issued,
    issued_paper,
    make_neighbour,
    make_place,
    move,
    next_year,
    pdf_file,
)
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


def report_of(place: Place, kind: Kind = Kind.RESULT_REPORT, **more: object) -> Paper:
    unit = place.province if kind is Kind.PROVINCE_REPORT else place.deciding
    spec = KINDS[kind]
    row = {"kind": kind, "form": spec.form, "desk": spec.desk, "unit": unit, "period": place.period}
    return Paper(**row, drafted_at=place.later(), drafted_by=place.appraiser, **more)


def sections(content: Content) -> dict[str, list[str]]:
    """Heading → the texts of its paragraphs and the rows of its tables, cells joined by « | »."""
    found: dict[str, list[str]] = {"": []}
    for block in content.blocks:
        match block:
            case Heading(text):
                found[text] = []
            case Paragraph(text):
                list(found.values())[-1].append(text)
            case Table():
                list(found.values())[-1].extend(" | ".join(row.cells) for row in block.rows)
    return found


def annex_rows(content: Content, label: str) -> list[tuple[str, ...]]:
    (annex,) = (annex for annex in content.annexes if annex.label == label)
    return [row.cells for block in annex.blocks if isinstance(block, Table) for row in block.rows]


def names(place: Place) -> list[str]:
    return [commune.name for commune in place.communes]


def decided_place() -> tuple[Place, list[Dossier]]:
    """Four communes: recognised, refused for a zero, being appraised, not begun."""
    place = make_place(4)
    good = dossier_in(Status.CONCLUDED, place, 0)
    bad = dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)
    issued([good, bad], place, number="7")
    open_one = dossier_in(Status.APPRAISING, place, 2)
    return place, [good, bad, open_one]


# ---- what a report says ----------------------------------------------------------------------------------------------
def test_a_district_reports_its_results_to_the_province() -> None:
    place, _ = decided_place()
    Target.objects.create(period=place.period, unit=place.deciding, communes=2, document_number="12/KH-UBND")
    content = result_report(report_of(place))
    not_begun = f"xã {place.communes[3].proper_name}"
    refusal = place.period.decisions.get().items.get(commune_name=place.communes[1].name).reasons
    said = sections(content)
    assert content.subject == "Kết quả đánh giá, công nhận xã, phường, thị trấn phù hợp với trẻ em năm 2024"
    assert content.addressees == (f"Sở Lao động - Thương binh và Xã hội tỉnh {place.province.proper_name}",)
    assert list(said) == [
        "",
        "I. KẾT QUẢ ĐÁNH GIÁ, CÔNG NHẬN",
        "1. Lập, nộp và thẩm định hồ sơ",
        "2. Kết quả công nhận",
        "3. Quyết định đã ban hành (gửi kèm)",
        "4. Thời hạn",
        "5. Tiêu chí còn yếu",
        "6. Lý do không công nhận",
        "II. ĐÁNH GIÁ CHUNG",
        "III. KHÓ KHĂN, VƯỚNG MẮC",
        "IV. KIẾN NGHỊ, ĐỀ XUẤT",
    ]
    assert said["1. Lập, nộp và thẩm định hồ sơ"] == [
        "Số liệu chốt ngày 31 tháng 10 năm 2024; tình hình hồ sơ tính đến ngày … tháng … năm 2024.",
        "Trên địa bàn có 4 xã; 3 hồ sơ đã nộp, 2 hồ sơ đã hoàn thành thẩm định, 2 hồ sơ đã có quyết định.",
        f"Chưa nộp hồ sơ: 1 xã ({not_begun}).",
    ]
    assert said["2. Kết quả công nhận"] == [
        "Được công nhận: 1/4 xã (25 %).",
        "Không được công nhận: 1. Chưa có quyết định: 1.",
        "Chỉ tiêu năm 2024 (12/KH-UBND): 2 xã; thực hiện 1/2, còn thiếu 1.",
    ]
    assert said["5. Tiêu chí còn yếu"][1:] == [f"{criterion_name(place, 'TC03')} | 125 | 62,5 | 50 % | 1"]
    assert said["6. Lý do không công nhận"] == [f"{place.communes[1].name}: {' '.join(refusal)}"]
    assert said["IV. KIẾN NGHỊ, ĐỀ XUẤT"][-1] == (
        f"Trên đây là báo cáo kết quả năm 2024 của Ủy ban nhân dân huyện {place.deciding.proper_name}./."
    )
    assert annex_rows(content, "PHỤ LỤC I") == [
        ("1", place.communes[0].name, "1.000", "1.000", "850", "Công nhận", "07/QĐ-UBND", ""),
        ("2", place.communes[1].name, "875", "875", "850", "Không công nhận", "07/QĐ-UBND", refusal[0]),
        ("3", place.communes[2].name, "", "", "", "Đang thẩm định", "", ""),
        ("4", place.communes[3].name, "", "", "", "Chưa lập", "", ""),
    ]
    day = f"{place.period.decisions.get().issued_on:%d/%m/%Y}"
    good, bad = (in_sentence(commune.name) for commune in place.communes[:2])
    results = f"Công nhận: {good}\nKhông công nhận: {bad}"
    assert annex_rows(content, "PHỤ LỤC II") == [
        ("1", "Quyết định số 07/QĐ-UBND", day, f"Ủy ban nhân dân {district(place)}", results)
    ]


def people(place: Place) -> dict[Role, User]:
    return {Role.APPRAISER: place.appraiser}


def district(place: Place) -> str:
    return f"huyện {place.deciding.proper_name}"


def criterion_name(place: Place, code: str) -> str:
    criterion = place.period.criteria_set.rules().criterion(code)
    return f"Tiêu chí {criterion.number}. {criterion.title}"


def test_a_district_reports_its_own_communes_only() -> None:
    place, _ = decided_place()
    neighbour, elsewhere = make_neighbour(place), make_place()
    issued([dossier_in(Status.CONCLUDED, neighbour)], neighbour, number="8")
    issued([dossier_in(Status.CONCLUDED, elsewhere)], elsewhere, number="9")
    content = result_report(report_of(place))
    assert [row[1] for row in annex_rows(content, "PHỤ LỤC I")] == names(place)
    assert [row[1] for row in annex_rows(content, "PHỤ LỤC II")] == ["Quyết định số 07/QĐ-UBND"]
    text = str(to_json(content))
    assert not [name for name in (*names(neighbour), *names(elsewhere)) if name in text]


def test_a_province_reports_its_districts_and_nobody_elses() -> None:
    place, _ = decided_place()
    neighbour, elsewhere = make_neighbour(place), make_place()
    issued([dossier_in(Status.CONCLUDED, neighbour)], neighbour, number="8")
    issued([dossier_in(Status.CONCLUDED, elsewhere)], elsewhere, number="9")
    Target.objects.create(period=place.period, unit=neighbour.deciding, communes=1, document_number="3/KH-UBND")
    Target.objects.create(period=place.period, unit=place.province, communes=3, document_number="4/KH-UBND")
    content = province_report(report_of(place, Kind.PROVINCE_REPORT))
    assert content.addressees == (
        "Bộ Lao động - Thương binh và Xã hội",
        f"Ủy ban nhân dân tỉnh {place.province.proper_name}",
    )
    assert annex_rows(content, "PHỤ LỤC I") == [
        ("1", place.deciding.name, "4", "3", "2", "1", "25 %", "", ""),
        ("2", neighbour.deciding.name, "1", "1", "1", "1", "100 %", "1", "0"),
        ("", "Toàn tỉnh", "5", "4", "3", "2", "40 %", "3", "−1"),
    ]
    assert [row[1] for row in annex_rows(content, "PHỤ LỤC II")] == [
        place.deciding.name,
        *names(place),
        neighbour.deciding.name,
        *names(neighbour),
    ]
    assert [row[1] for row in annex_rows(content, "PHỤ LỤC III")] == [
        "Quyết định số 07/QĐ-UBND",
        "Quyết định số 08/QĐ-UBND",
    ]
    assert elsewhere.communes[0].name not in str(to_json(content))


def test_where_there_are_no_districts_only_the_province_reports() -> None:
    place = make_place(2, year=2026, new=True)
    issued([dossier_in(Status.CONCLUDED, place)], place, number="7")
    with pytest.raises(Refused, match=r"không có cấp huyện .* Lập «Báo cáo tổng hợp của tỉnh»\.$"):
        result_report(report_of(place))
    content = province_report(report_of(place, Kind.PROVINCE_REPORT))
    assert content.subject == "Kết quả đánh giá, công nhận xã, phường, đặc khu phù hợp với trẻ em năm 2026"
    assert content.addressees[0] == "Bộ Y tế"
    assert [annex.label for annex in content.annexes] == ["PHỤ LỤC I", "PHỤ LỤC II"]
    assert [row[1] for row in annex_rows(content, "PHỤ LỤC I")] == names(place)
    quoted = "công nhận xã, phường, thị trấn phù hợp với trẻ em"  # the title of Decision 06
    text = str(to_json(content)).replace(quoted, "")
    assert not [word for word in ("uyện", "thị trấn", "LĐTBXH", "Thương binh") if word in text]


def test_a_report_of_a_period_in_which_nothing_has_begun_says_so() -> None:
    place = make_place()
    content = result_report(report_of(place))
    said = sections(content)
    assert said["3. Quyết định đã ban hành (gửi kèm)"] == ["Chưa có quyết định nào được ban hành."]
    assert said["5. Tiêu chí còn yếu"] == ["Chưa có hồ sơ nào hoàn thành thẩm định."]
    assert said["6. Lý do không công nhận"] == ["Không có xã nào bị từ chối công nhận."]
    assert [annex.label for annex in content.annexes] == ["PHỤ LỤC"]


# ---- deadlines, the year before ------------------------------------------------------------------------------------
def test_late_communes_are_named_at_the_deadline_that_they_missed() -> None:
    place = make_place(2)
    dossier_in(Status.SUBMITTED, place, 0)
    place.at = datetime.datetime(2024, 11, 20, 2, 0, tzinfo=datetime.UTC)
    dossier_in(Status.SUBMITTED, place, 1)
    late = f"xã {place.communes[1].proper_name}"
    assert sections(result_report(report_of(place)))["4. Thời hạn"] == [
        f"Xã nộp hồ sơ (trước ngày 15/11): nộp muộn 1 xã ({late}).",
        "Hoàn thành thẩm định (trước ngày 25/11): không có xã nào muộn.",
        "Ra quyết định công nhận (trước ngày 30/11): không có xã nào muộn.",
    ]


def test_a_report_tells_who_was_gained_and_who_was_lost_since_the_year_before() -> None:
    before = make_place(3, year=2023)
    issued([dossier_in(Status.CONCLUDED, before, index) for index in (0, 1)], before)
    place = next_year(before)
    issued([dossier_in(Status.CONCLUDED, place, index) for index in (1, 2)], place)
    lost, _, gained = (f"xã {commune.proper_name}" for commune in place.communes)
    assert sections(result_report(report_of(place)))["2. Kết quả công nhận"][-3:] == [
        "Năm 2023 được công nhận: 2/3 xã (66,67 %); năm 2024 không tăng, không giảm.",
        f"Năm trước chưa được công nhận, năm nay được công nhận: 1 xã ({gained}).",
        f"Năm trước được công nhận, năm nay chưa được công nhận: 1 xã ({lost}).",
    ]


# ---- what outsiders may read ---------------------------------------------------------------------------------------
def test_a_report_is_the_same_whether_two_children_or_three_were_abused() -> None:
    texts = []
    for count in (2, 3):
        place = make_place()
        issued([dossier_in(Status.CONCLUDED, place, answers={"TC04.1": Figures(numerator=count)})], place, number="7")
        text = str(to_json(result_report(report_of(place))))
        texts.append(re.sub(r"(Thử|commune|unit) \d+", r"\1", text))  # the two places have other names and codes
    assert texts[0] == texts[1]
    assert "Không tính xã có điểm được che" in texts[0]


# ---- passages ------------------------------------------------------------------------------------------------------
def test_judgements_may_be_reworded_figures_may_not() -> None:
    place, _ = decided_place()
    paper = report_of(place, edits={"difficulties": "Thiếu cán bộ.\n\nThiếu kinh phí.", "communes": "999"})
    said = sections(result_report(paper))
    assert said["III. KHÓ KHĂN, VƯỚNG MẮC"] == ["Thiếu cán bộ.", "Thiếu kinh phí."]
    assert [passage.key for passage in passages(paper)] == ["assessment", "difficulties", "proposals"]
    assert re.search(r"\b999\b", str(to_json(result_report(paper)))) is None  # names hold numbers of their own


# ---- the snapshot --------------------------------------------------------------------------------------------------
def signed(paper: Paper, place: Place) -> Paper:
    """As signing freezes it."""
    paper.signed_at = place.later()
    paper.content = to_json(result_report(paper))
    return paper


def test_nothing_has_changed_since_a_report_that_still_holds() -> None:
    place, _ = decided_place()
    paper = signed(report_of(place), place)
    assert changes_since(paper) == []
    assert figures_of(paper)[0].value == str(place.period)


def test_what_changed_since_a_report_was_signed_is_told_line_by_line() -> None:
    place, (*_, open_one) = decided_place()
    paper = signed(report_of(place), place)
    frozen = paper.content
    concluded = move(Action.CONCLUDE, open_one, people(place), place)
    second = issued([concluded], place, number="8")
    name, day = place.communes[2].name, vietnamese_date(second.issued_on, 2024)
    decision = f"Quyết định số 08/QĐ-UBND {day} của Ủy ban nhân dân {district(place)}"
    assert changes_since(paper)[:5] == [
        Change("Số hồ sơ đã hoàn thành thẩm định", "2", "3"),
        Change("Số xã được công nhận", "1", "2"),
        Change(f"{place.deciding.name}, được công nhận", "1/4", "2/4"),
        Change("Tiêu chí 3, bình quân", "62,5/125 (2 xã)", "83,33/125 (3 xã)"),
        Change("Tiêu chí 1, bình quân", "100/100 (2 xã)", "100/100 (3 xã)"),
    ]
    assert changes_since(paper)[-5:] == [
        Change(f"{name}, tình trạng", "Đang thẩm định", "Đã công nhận"),
        Change(f"{name}, điểm tự chấm", "chưa có", "1.000"),
        Change(f"{name}, điểm thẩm định", "chưa có", "1.000"),
        Change(f"{name}, quyết định", "chưa có", "08/QĐ-UBND"),
        Change(decision, "chưa có", "công nhận 1 xã"),
    ]
    assert paper.content == frozen


def test_the_page_tells_what_changed() -> None:
    place, (*_, open_one) = decided_place()
    paper = signed(report_of(place), place)
    paper.state, paper.signer, paper.content_sha256 = State.SIGNED, place.leader, "0" * 64
    paper.deciding_unit = paper.appraising_unit = place.deciding
    paper.save(force_insert=True)
    page = signed_in(place.appraiser)
    url = reverse("papers:changes", args=[paper.uuid])
    assert "Chưa có số liệu nào thay đổi." in page.get(url).text
    issued([move(Action.CONCLUDE, open_one, people(place), place)], place, number="8")
    told = " ".join(BeautifulSoup(page.get(url).text, "html.parser").get_text(" ").split())
    assert "Số xã được công nhận 1 2" in told
    assert url in page.get(reverse("papers:paper", args=[paper.uuid])).text
    assert signed_in(make_place().appraiser).get(url).status_code == 404


def test_a_draft_has_no_figures_of_its_own() -> None:
    place = make_place()
    assert changes_since(report_of(place)) == []


# ---- what is sent along ----------------------------------------------------------------------------------------------
def enclosed(paper: Paper, reader: User) -> list[str]:
    """The decisions that the report's page hands over, each with its file."""
    page = BeautifulSoup(signed_in(reader).get(reverse("papers:paper", args=[paper.uuid])).text, "html.parser")
    found = page.find("h2", string="Quyết định gửi kèm")
    if found is None:
        return []
    papers = [Paper.objects.get(uuid=link["href"].split("/")[2]) for link in found.find_next("ul").select("a")]  # type: ignore[union-attr]
    assert papers[0::2] == papers[1::2]  # its page, and its file
    return [one.full_number for one in papers[1::2]]


def test_a_report_hands_over_the_decisions_that_were_issued_when_it_was_signed() -> None:
    place = make_place(3)
    neighbour = make_neighbour(place)
    issued_paper([dossier_in(Status.CONCLUDED, place, 0)], place, "7")
    issued_paper([dossier_in(Status.CONCLUDED, neighbour)], neighbour, "9")
    report = services.draft(
        kind=Kind.RESULT_REPORT, period=place.period, unit=place.deciding, by=place.appraiser, at=place.later()
    )
    assert enclosed(report, place.appraiser) == ["07/QĐ-UBND"]
    issued_paper([dossier_in(Status.CONCLUDED, place, 1)], place, "8")
    assert enclosed(report, place.appraiser) == ["07/QĐ-UBND", "08/QĐ-UBND"]
    services.sign(paper_id=report.pk, version=report.version, by=place.leader, at=place.later())
    issued_paper([dossier_in(Status.CONCLUDED, place, 2)], place, "12")
    assert enclosed(report, place.appraiser) == ["07/QĐ-UBND", "08/QĐ-UBND"]


def test_a_report_signed_by_hand_hands_over_what_was_issued_by_the_end_of_its_day() -> None:
    """Of such a signature only the day is known; it is kept as of noon."""
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    report = services.draft(
        kind=Kind.RESULT_REPORT, period=place.period, unit=place.deciding, by=place.appraiser, at=place.later()
    )
    place.at = (place.at + datetime.timedelta(days=1)).replace(hour=6)  # in Viet Nam it is 13:00
    issued_paper([dossier], place, "7")
    at = place.later()
    report = services.enter_signed(
        paper_id=report.pk,
        version=report.version,
        signer_id=place.leader.pk,
        signed_on=at.date(),
        scan=pdf_file(),
        by=place.clerk,
        at=at,
    )
    assert report.signed_at is not None
    assert Paper.objects.filter(kind=Kind.DECISION, issued_at__gt=report.signed_at).exists()
    assert enclosed(report, place.appraiser) == ["07/QĐ-UBND"]


# ---- cost ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [1, 3])
def test_a_report_costs_the_same_queries_whatever_the_size_of_the_area(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    place = make_place(count)
    issued([dossier_in(Status.CONCLUDED, place, index) for index in range(count)], place)
    paper = report_of(place)
    with django_assert_num_queries(18):
        result_report(paper)
