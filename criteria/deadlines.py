"""PURE: from the wording of a plan («trước ngày 15/11») to the exact instant from which a paper is late."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")

_WORDING = re.compile(
    r"^\s*(?P<kind>trước|chậm nhất(?: là)?|đến hết|hết|trong|đến)?\s*"
    r"(?:(?P<hour>\d{1,2})\s*(?:giờ|h|:)\s*(?P<minute>\d{1,2}(?!\d|\s*(?:/|tháng)))?\s*(?:phút)?\s*,?\s*)?"
    r"(?:ngày)?\s*(?P<day>\d{1,2})\s*(?:/|tháng)\s*(?P<month>\d{1,2})\s*(?:(?:/|năm)\s*(?P<year>\d{4}))?\s*$",
    re.IGNORECASE,
)


def cutoff(wording: str, *, year: int) -> datetime:
    """The first instant that is late. «trước ngày D» ends with the day before D; every other form includes D itself to
    its last second; an hour, where one is written, is the instant itself. `year` fills a date written without one.

    Raises ValueError with a sentence for the person who typed the wording."""
    match = _WORDING.match(wording)
    if match is None:
        raise ValueError(f"Không hiểu thời hạn «{wording}». Ghi như trong kế hoạch, ví dụ: trước ngày 15/11/{year}.")
    try:
        day = date(int(match["year"] or year), int(match["month"]), int(match["day"]))
        hour = time(int(match["hour"]), int(match["minute"] or 0)) if match["hour"] else None
    except ValueError as error:
        raise ValueError(f"Ngày hoặc giờ trong thời hạn «{wording}» không có thật. Kiểm tra lại.") from error
    if abs(day.year - year) > 1:  # a plan may begin the year before and a report come the year after; no more
        raise ValueError(f"Thời hạn «{wording}» cách năm {year} của kỳ đánh giá quá xa. Kiểm tra lại năm.")
    if hour is not None:
        return datetime.combine(day, hour, tzinfo=VIET_NAM)
    last_day = day - timedelta(days=1) if (match["kind"] or "").lower() == "trước" else day
    return datetime.combine(last_day + timedelta(days=1), time(0), tzinfo=VIET_NAM)
