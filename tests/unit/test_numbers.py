import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from django.template import Context, Template
from django.utils import formats
from hypothesis import given
from hypothesis import strategies as st

from childfriendly.core.numbers import (
    DIGITS_WANTED,
    FULL_WIDTH,
    GROUPS_WANTED,
    LARGEST_COUNT,
    NOT_NEGATIVE,
    ONE_NUMBER,
    WHOLE_WANTED,
    Number,
    format_number,
    format_percent,
    format_points,
    format_rate,
    parse_whole,
)

TOO_LARGE = "Số lớn quá 1.000.000.000. Kiểm tra lại và nhập số đúng."


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1000, "1.000"),
        (12345678, "12.345.678"),
        (-1234, "−1.234"),
        (Decimal("95.4"), "95,4"),
        (Decimal("98.00"), "98"),
        (Decimal("1234.50"), "1.234,5"),
        (Decimal("-0.00001"), "0"),
        (Fraction(1, 3), "0,3333"),
        (Fraction(2, 3), "0,6667"),
        (Fraction(1, 20000), "0,0001"),
        (Fraction(2_449_900, 25_000), "97,996"),
    ],
)
def test_numbers_are_written_the_vietnamese_way(value: Number, written: str) -> None:
    assert format_number(value) == written


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (5, 2, "5,00"),
        (Decimal("97.995"), 2, "98,00"),
        (Decimal("0.125"), 2, "0,13"),
        (Decimal("2.5"), 0, "3"),
        (Decimal("-2.5"), 0, "−3"),
        (Fraction(-1, 300), 2, "0,00"),
    ],
)
def test_halves_are_rounded_away_from_zero(value: Number, places: int, written: str) -> None:
    assert format_number(value, places) == written


def test_a_float_is_refused_since_it_is_not_exact() -> None:
    for write in (format_number, format_percent, format_points):
        with pytest.raises(TypeError, match="float is not exact"):
            write(0.1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="float is not exact"):
        format_rate(0.1, 1000)  # type: ignore[arg-type]


def test_a_rounded_percentage_keeps_its_zeros_and_an_exact_one_does_not() -> None:
    written = [format_percent(value) for value in (Decimal("95.4"), 98, Fraction(2_449_900, 25_000), Fraction(200, 3))]
    assert written == ["95,4 %", "98 %", "98,00 %", "66,67 %"]


def test_rates_name_what_they_are_counted_on() -> None:
    assert format_rate(Fraction(5, 4), 1000) == "1,25 / 1.000"
    assert format_rate(12, 100_000) == "12 / 100.000"
    assert format_rate(Decimal("95.4"), 100) == "95,4 %"


def test_points_say_so() -> None:
    assert format_points(1000) == "1.000 điểm"
    assert format_points(Fraction(25, 2)) == "12,5 điểm"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0),
        ("00", 0),
        ("0012", 12),
        ("1234", 1234),
        ("1.234", 1234),
        ("1 234", 1234),
        ("1\u00a0234", 1234),
        ("1\u202f234\u202f567", 1_234_567),
        ("  1.234\n", 1234),
        ("\ufeff12\u200b", 12),
        ("1.000.000.000", LARGEST_COUNT),
    ],
)
def test_whole_numbers_are_read_as_people_type_them(typed: str, number: int) -> None:
    assert parse_whole(typed) == number


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", DIGITS_WANTED),
        ("   ", DIGITS_WANTED),
        ("abc", DIGITS_WANTED),
        ("12 trẻ", DIGITS_WANTED),
        ("1e3", DIGITS_WANTED),
        ("1_000", DIGITS_WANTED),
        ("0x10", DIGITS_WANTED),
        ("+5", DIGITS_WANTED),
        ("1,2,3", DIGITS_WANTED),
        ("1,234,567", DIGITS_WANTED),
        ("1.234-", DIGITS_WANTED),
        ("-", DIGITS_WANTED),
        ("-1", NOT_NEGATIVE),
        ("−1", NOT_NEGATIVE),
        ("-1.234,5", NOT_NEGATIVE),
        ("0,5", WHOLE_WANTED),
        ("1,5", WHOLE_WANTED),
        ("1,234", WHOLE_WANTED),
        ("1.234,5", WHOLE_WANTED),
        ("1.23", GROUPS_WANTED),
        ("1.2345", GROUPS_WANTED),
        ("0.123", GROUPS_WANTED),
        ("01.234", GROUPS_WANTED),
        ("1234.567", GROUPS_WANTED),
        ("1.234 567", GROUPS_WANTED),
        ("1  234", GROUPS_WANTED),
        ("1.", GROUPS_WANTED),
        (".5", GROUPS_WANTED),
        ("１２", FULL_WIDTH),
        ("١٢", FULL_WIDTH),
        ("1²", FULL_WIDTH),
        ("1\t2", ONE_NUMBER),
        ("1\n2", ONE_NUMBER),
        ("1000000001", TOO_LARGE),
        ("1000000000000", TOO_LARGE),
        ("9" * 10_000, TOO_LARGE),
    ],
)
def test_what_could_mean_something_else_is_refused_with_what_to_do(typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refusal:
        parse_whole(typed)
    assert str(refusal.value) == sentence


@given(st.integers(min_value=0, max_value=LARGEST_COUNT))
def test_what_is_written_is_read_back(number: int) -> None:
    assert parse_whole(format_number(number)) == number
    assert parse_whole(str(number)) == number


@given(st.text())
def test_any_text_is_a_count_or_a_sentence(text: str) -> None:
    try:
        number = parse_whole(text)
    except ValueError as refusal:
        assert str(refusal).endswith(".")  # noqa: PT017 — either outcome is right, a crash is not
    else:
        assert 0 <= number <= LARGEST_COUNT


@given(st.fractions(min_value=-(10**6), max_value=10**6), st.integers(min_value=0, max_value=6))
def test_the_written_number_is_within_half_a_last_digit(value: Fraction, places: int) -> None:
    written = format_number(value, places)
    read = Fraction(written.replace(".", "").replace(",", ".").replace("−", "-"))
    assert abs(read - value) <= Fraction(1, 2 * 10**places)


# ---- Django's formats and the template filters -------------------------------------------------------------------
def test_django_writes_dates_and_times_in_the_vietnamese_order() -> None:
    moment = dt.datetime(2026, 6, 5, 16, 30)  # noqa: DTZ001 — only its form is tested
    assert formats.date_format(moment, "DATE_FORMAT") == "05/06/2026"
    assert formats.date_format(moment, "DATETIME_FORMAT") == "16:30 05/06/2026"
    assert formats.time_format(moment, "TIME_FORMAT") == "16:30"
    assert formats.localize_input(moment.date()) == "05/06/2026"


def test_django_groups_thousands_with_dots() -> None:
    assert formats.number_format(Decimal("1234567.5"), force_grouping=True) == "1.234.567,5"


def rendered(expression: str, **values: object) -> str:
    return Template("{% load vietnamese %}{{ " + expression + " }}").render(Context(values))


UTC_EVENING = dt.datetime(2026, 12, 31, 17, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("expression", "value", "text"),
    [
        ("value|number", 1234, "1.234"),
        ("value|number:2", Fraction(1, 3), "0,33"),
        ("value|number", 0, "0"),
        ("value|number", None, ""),
        ("value|number", "", ""),
        ("value|points", 875, "875 điểm"),
        ("value|points", None, ""),
        ("value|percent", Decimal("95.4"), "95,4 %"),
        ("value|percent", None, ""),
        ("value|vn_date", dt.date(2026, 6, 5), "05/06/2026"),
        ("value|vn_date", UTC_EVENING, "01/01/2027"),
        ("value|vn_date", None, ""),
        ("value|vn_datetime", UTC_EVENING, "00:30 01/01/2027"),
        ("value|vn_datetime", None, ""),
        ("value|days_left", None, ""),
    ],
)
def test_filters_write_values_and_leave_out_what_is_not_there(expression: str, value: object, text: str) -> None:
    assert rendered(expression, value=value) == text


HANOI = dt.timezone(dt.timedelta(hours=7))
CUT_OFF = dt.datetime(2026, 11, 21, tzinfo=HANOI)  # the whole of 20/11/2026 is in time


@pytest.mark.parametrize(
    ("deadline", "now", "text"),
    [
        (CUT_OFF, dt.datetime(2026, 11, 17, 23, 59, tzinfo=HANOI), "còn 3 ngày"),
        (CUT_OFF, dt.datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=HANOI), "hạn cuối là hôm nay"),
        (CUT_OFF, CUT_OFF, "quá hạn 1 ngày"),
        (CUT_OFF, dt.datetime(2026, 11, 20, 17, 0, tzinfo=dt.UTC), "quá hạn 1 ngày"),
        (CUT_OFF.replace(hour=17), CUT_OFF.replace(hour=16), "hạn cuối là hôm nay"),
        (CUT_OFF.replace(hour=17), CUT_OFF.replace(hour=17), "đã hết hạn hôm nay"),
        (dt.date(2026, 11, 20), dt.datetime(2026, 11, 20, 23, 59, tzinfo=HANOI), "hạn cuối là hôm nay"),
        (dt.date(2026, 11, 20), dt.datetime(2026, 11, 22, 0, 0, tzinfo=HANOI), "quá hạn 2 ngày"),
    ],
)
def test_days_left_counts_vietnamese_days(deadline: dt.date, now: dt.datetime, text: str) -> None:
    assert rendered("value|days_left:now", value=deadline, now=now) == text
