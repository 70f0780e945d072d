"""From the wording of a plan to the first instant that is late."""

from datetime import datetime

import pytest

from childfriendly.core.templatetags.components import last_moment
from criteria.deadlines import VIET_NAM, cutoff


def vn(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=VIET_NAM)


@pytest.mark.parametrize(
    ("wording", "late_from"),
    [
        ("trước ngày 15/11", vn(2024, 11, 15)),
        ("Trước ngày 15/11/2024", vn(2024, 11, 15)),
        ("trước ngày 15 tháng 11 năm 2024", vn(2024, 11, 15)),
        ("đến hết ngày 14/11", vn(2024, 11, 15)),
        ("hết ngày 14/11", vn(2024, 11, 15)),
        ("chậm nhất là ngày 14/11", vn(2024, 11, 15)),
        ("trong ngày 14/11", vn(2024, 11, 15)),
        ("14/11", vn(2024, 11, 15)),
        ("hết ngày 31/12", vn(2025, 1, 1)),
        ("hết ngày 28/02", vn(2024, 2, 29)),
        ("trước ngày 01/03", vn(2024, 3, 1)),
        ("trước 17 giờ ngày 15/11/2024", vn(2024, 11, 15, 17)),
        ("trước 17 giờ 30 phút, ngày 15/11", vn(2024, 11, 15, 17, 30)),
        ("trước 17h30 ngày 15/11", vn(2024, 11, 15, 17, 30)),
        ("trước 5 h 3/11", vn(2024, 11, 3, 5)),
        ("17 giờ 15/11", vn(2024, 11, 15, 17)),  # not 17:01 on the 5th
        ("17 giờ 5 tháng 11", vn(2024, 11, 5, 17)),  # not 17:05
        ("trước ngày 10/01/2025", vn(2025, 1, 10)),  # a report may come the year after
    ],
)
def test_a_wording_means_an_instant(wording: str, late_from: datetime) -> None:
    assert cutoff(wording, year=2024) == late_from


def test_the_year_of_the_period_fills_a_date_without_one() -> None:
    assert cutoff("trước ngày 15/11", year=2026) == vn(2026, 11, 15)


@pytest.mark.parametrize(
    "wording", ["31/02", "trước ngày 31/02/2024", "29/02/2023", "00/11", "15/13", "24 giờ 15/11", "17h60 15/11"]
)
def test_a_day_or_an_hour_that_is_not_there_is_refused(wording: str) -> None:
    with pytest.raises(ValueError, match="không có thật"):
        cutoff(wording, year=2024)


@pytest.mark.parametrize(
    "wording", ["", "nhanh lên", "trong tháng 11", "trước ngày 15-11", "15/11/24", "15/11 hoặc 16/11", "trước 17 giờ"]
)
def test_what_is_no_deadline_is_refused_with_an_example(wording: str) -> None:
    with pytest.raises(ValueError, match="ví dụ: trước ngày 15/11/2024"):
        cutoff(wording, year=2024)


@pytest.mark.parametrize("wording", ["trước ngày 15/11/2042", "hết ngày 31/12/9999", "trước ngày 01/01/0001"])
def test_a_year_far_away_is_a_slip_of_the_keyboard(wording: str) -> None:
    with pytest.raises(ValueError, match="quá xa"):
        cutoff(wording, year=2024)


@pytest.mark.parametrize(
    ("wording", "shown"),
    [
        ("trước ngày 15/11", "hết ngày thứ Năm, 14/11/2024"),
        ("đến hết ngày 14/11", "hết ngày thứ Năm, 14/11/2024"),
        ("trước 17 giờ ngày 15/11/2024", "trước 17:00 thứ Sáu, 15/11/2024"),
    ],
)
def test_the_last_moment_is_written_with_its_weekday(wording: str, shown: str) -> None:
    assert last_moment(cutoff(wording, year=2024)) == shown
