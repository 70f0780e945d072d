"""Words of papers: dates, numbers, names inside a sentence, laws of the day, forms of signing."""

from datetime import date

import pytest

from papers.bases import laws, standard_name
from papers.kinds import Kind
from papers.words import (
    decision_reference,
    head_of,
    kinds_of,
    numbered,
    signature_lines,
    vietnamese_date,
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 1, 9), "ngày 09 tháng 01 năm 2024"),
        (date(2024, 2, 10), "ngày 10 tháng 02 năm 2024"),
        (date(2024, 3, 1), "ngày 01 tháng 3 năm 2024"),
        (date(2024, 11, 25), "ngày 25 tháng 11 năm 2024"),
        (None, "ngày … tháng … năm 2024"),
    ],
)
def test_days_below_ten_and_the_first_two_months_take_a_zero(day: date | None, expected: str) -> None:
    assert vietnamese_date(day, 2024) == expected


def test_a_number_takes_its_symbol_and_below_ten_a_zero() -> None:
    assert [numbered(n, "QĐ-UBND") for n in ("5", "15", "2345", "15/QĐ-UBND", "")] == [
        "05/QĐ-UBND",
        "15/QĐ-UBND",
        "2345/QĐ-UBND",
        "15/QĐ-UBND",
        "",
    ]


def test_a_decision_is_cited_with_its_number_day_and_body() -> None:
    cited = decision_reference("7", date(2024, 2, 3), 2024, symbol="QĐ-UBND", body="Ủy ban nhân dân huyện Tháp Mười")
    assert cited == "Quyết định số 07/QĐ-UBND ngày 03 tháng 02 năm 2024 của Ủy ban nhân dân huyện Tháp Mười"


def test_the_kinds_of_communes_come_in_the_customary_order_once_each() -> None:
    assert kinds_of(["Thị trấn Mỹ An", "Xã Mỹ An", "Xã Mỹ Quý"]) == "xã, thị trấn"
    assert kinds_of(["Đặc khu Phú Quốc", "Phường Rạch Giá"]) == "phường, đặc khu"


def test_from_july_2025_no_wording_of_ours_knows_townships() -> None:
    assert standard_name(date(2025, 6, 30)) == "xã, phường, thị trấn"
    assert standard_name(date(2025, 7, 1)) == "xã, phường, đặc khu"


@pytest.mark.parametrize(
    ("day", "law"),
    [
        (date(2019, 12, 2), "ngày 19 tháng 6 năm 2015"),
        (date(2025, 2, 28), "ngày 22 tháng 11 năm 2019"),
        (date(2025, 3, 1), "ngày 19 tháng 02 năm 2025"),
        (date(2025, 6, 30), "ngày 19 tháng 02 năm 2025"),
        (date(2025, 7, 1), "ngày 16 tháng 6 năm 2025"),
    ],
)
def test_the_law_on_local_government_is_the_one_in_force(day: date, law: str) -> None:
    assert law in laws(Kind.DECISION, day)[0]


def test_a_decision_rests_on_one_law_of_government_and_the_law_on_children() -> None:
    assert laws(Kind.REVOCATION, date(2026, 12, 1)) == (
        "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025",
        "Căn cứ Luật Trẻ em ngày 05 tháng 4 năm 2016",
    )
    assert laws(Kind.RECEIPT, date(2026, 12, 1)) == ()


def test_who_signs_for_whom() -> None:
    committee = "Ủy ban nhân dân huyện Tháp Mười"
    assert signature_lines(committee, "Chủ tịch") == ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")
    assert signature_lines(committee, "Phó Chủ tịch") == ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")
    assert signature_lines(f"Chủ tịch {committee}", "Chủ tịch") == ("CHỦ TỊCH",)
    assert signature_lines("Sở Y tế", "Giám đốc") == ("GIÁM ĐỐC",)


def test_who_signs_for_somebody_on_leave_signs_in_the_form_of_the_law() -> None:
    committee = "Ủy ban nhân dân huyện Tháp Mười"
    deputy = ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")
    assert signature_lines(committee, "Phó Chủ tịch", "Chủ tịch") == deputy
    assert signature_lines("Sở Y tế", "Phó Giám đốc", "Giám đốc") == ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC")
    assert signature_lines(committee, "Chánh Văn phòng", "Chủ tịch") == ("TUQ. CHỦ TỊCH", "CHÁNH VĂN PHÒNG")
    assert head_of("Sở Y tế tỉnh Đồng Tháp") == "Giám đốc Sở Y tế tỉnh Đồng Tháp"
    assert head_of("Phòng Y tế") == "Trưởng Phòng Y tế"
