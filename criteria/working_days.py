"""PURE: days on which offices work. What is off and what is worked instead comes from the table of holidays."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)
SATURDAY = 5
LONGEST_BREAK = 60  # days in a row without work; a table that says more is wrong


@dataclass(frozen=True, slots=True)
class Holidays:
    """`off`: no work, whatever the weekday. `worked`: a weekend day worked in exchange (ngày làm bù)."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if both := self.off & self.worked:
            raise ValueError(f"Ngày {min(both):%d/%m/%Y} vừa là ngày nghỉ vừa là ngày làm bù. Chọn một.")


@dataclass(frozen=True, slots=True)
class Interval:
    """From a day, included, to a day, not included."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end


def is_working_day(day: date, holidays: Holidays) -> bool:
    return day in holidays.worked or (day.weekday() < SATURDAY and day not in holidays.off)


def add_working_days(start: date, count: int, holidays: Holidays) -> date:
    """The last day of a limit of `count` working days; the day itself does not count."""
    if count < 1:
        raise ValueError("A limit has one working day at least.")
    day, idle = start, 0
    while count:
        day += DAY
        worked = is_working_day(day, holidays)
        count -= worked
        idle = 0 if worked else idle + 1
        if idle > LONGEST_BREAK:
            raise ValueError(f"Bảng ngày nghỉ không còn ngày làm việc nào trước {day:%d/%m/%Y}. Kiểm tra lại.")
    return day


def working_days_between(start: date, end: date, holidays: Holidays, without: Iterable[Interval] = ()) -> int:
    """After `start`, up to and with `end`; days in one of `without` (the dossier was back with the commune) not
    counted, however much those overlap. 0 where `end` is not after `start`."""
    paused = tuple(without)
    return sum(
        is_working_day(day, holidays) and not any(day in interval for interval in paused)
        for day in _days(start + DAY, end)
    )


def _days(first: date, last: date) -> Iterator[date]:
    return (first + DAY * number for number in range((last - first).days + 1))
