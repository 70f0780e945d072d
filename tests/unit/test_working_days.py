"""Working days over Tết, swap days and the end of a year; time back with the commune does not count (SECURITY.md
T-03)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criteria.working_days import Holidays, Interval, add_working_days, is_working_day, working_days_between

# A made-up table in the shape of a real year: a Tết of five days, New Year, and a Friday off for a Saturday worked.
TET = [date(2025, 1, 27) + timedelta(days=number) for number in range(5)]
TABLE = Holidays(
    off=frozenset([date(2025, 1, 1), *TET, date(2025, 5, 1), date(2025, 5, 2)]), worked=frozenset([date(2025, 4, 26)])
)

days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
tables = st.builds(
    lambda off, worked: Holidays(frozenset(off) - frozenset(worked), frozenset(worked)),
    st.lists(days, max_size=40),
    st.lists(days, max_size=10),
)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2025, 1, 24), True),
        (date(2025, 1, 25), False),  # Saturday
        (date(2025, 1, 29), False),  # Tết
        (date(2025, 2, 3), True),
        (date(2025, 4, 26), True),  # Saturday worked for
        (date(2025, 5, 2), False),  # this Friday
    ],
)
def test_weekends_and_holidays_are_off_unless_worked_in_exchange(day: date, worked: bool) -> None:
    assert is_working_day(day, TABLE) == worked


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (date(2025, 1, 24), 1, date(2025, 2, 3)),  # over Tết
        (date(2025, 1, 23), 3, date(2025, 2, 4)),
        (date(2024, 12, 30), 2, date(2025, 1, 2)),  # over the end of the year
        (date(2025, 4, 25), 2, date(2025, 4, 28)),  # with the Saturday
        (date(2025, 4, 30), 1, date(2025, 5, 5)),
    ],
)
def test_a_limit_ends_on_a_working_day_and_skips_what_is_off(start: date, count: int, last: date) -> None:
    assert add_working_days(start, count, TABLE) == last
    assert working_days_between(start, last, TABLE) == count


def test_days_back_with_the_commune_are_not_counted_twice_or_at_all() -> None:
    start, end = date(2025, 3, 3), date(2025, 3, 14)  # Monday to Friday of the next week
    away = [Interval(date(2025, 3, 5), date(2025, 3, 7)), Interval(date(2025, 3, 6), date(2025, 3, 11))]
    assert working_days_between(start, end, TABLE) == 9
    assert working_days_between(start, end, TABLE, away) == 5
    assert working_days_between(end, start, TABLE) == 0


def test_a_day_cannot_be_off_and_worked() -> None:
    with pytest.raises(ValueError, match=r"Ngày 01/05/2025 vừa là ngày nghỉ vừa là ngày làm bù\. Chọn một\."):
        Holidays(off=frozenset([date(2025, 5, 1)]), worked=frozenset([date(2025, 5, 1)]))


@given(start=days, count=st.integers(1, 60), table=tables)
def test_counting_undoes_adding(start: date, count: int, table: Holidays) -> None:
    last = add_working_days(start, count, table)
    assert is_working_day(last, table)
    assert working_days_between(start, last, table) == count


@given(start=days, lengths=st.tuples(st.integers(0, 90), st.integers(0, 90)), table=tables)
def test_two_spans_count_as_their_whole(start: date, lengths: tuple[int, int], table: Holidays) -> None:
    middle = start + timedelta(days=lengths[0])
    end = middle + timedelta(days=lengths[1])
    parts = working_days_between(start, middle, table) + working_days_between(middle, end, table)
    assert working_days_between(start, end, table) == parts


@given(start=days, length=st.integers(0, 90), away=days, away_length=st.integers(0, 40), table=tables)
def test_time_away_and_time_here_make_the_whole(
    start: date, length: int, away: date, away_length: int, table: Holidays
) -> None:
    end = start + timedelta(days=length)
    back = away + timedelta(days=away_length)
    counted = working_days_between(start, end, table, [Interval(away, back)])
    lost = sum(
        is_working_day(day, table)
        for day in (start + timedelta(days=n) for n in range(1, length + 1))
        if away <= day < back
    )
    assert counted + lost == working_days_between(start, end, table)
