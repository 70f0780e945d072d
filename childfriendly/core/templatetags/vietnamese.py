"""Filters that write numbers and dates the Vietnamese way. None and texts print nothing, so `|default` works."""

import datetime as dt

from django import template
from django.utils import timezone

from childfriendly.core import numbers

register = template.Library()

NumberOrNothing = numbers.Number | str | None


@register.filter
def number(value: NumberOrNothing, places: int | None = None) -> str:
    """«1.234», «95,4»; `{{ value|number:2 }}` for exactly two decimals."""
    return "" if value is None or isinstance(value, str) else numbers.format_number(value, places)


@register.filter
def points(value: NumberOrNothing) -> str:
    """«875 điểm»."""
    return "" if value is None or isinstance(value, str) else numbers.format_points(value)


@register.filter
def percent(value: NumberOrNothing) -> str:
    """«95,4 %» of a value that already is a percentage."""
    return "" if value is None or isinstance(value, str) else numbers.format_percent(value)


def _local(value: dt.datetime) -> dt.datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def vn_date(value: dt.date | dt.datetime | str | None) -> str:
    """«20/11/2026»; a moment is first brought to Vietnamese time, so that 17:30 UTC is already the next day."""
    if value is None or isinstance(value, str):
        return ""
    if isinstance(value, dt.datetime):
        value = _local(value).date()
    return f"{value.day:02}/{value.month:02}/{value.year:04}"


@register.filter
def vn_datetime(value: dt.datetime | str | None) -> str:
    """«16:30 20/11/2026» in Vietnamese time."""
    if value is None or isinstance(value, str):
        return ""
    local = _local(value)
    return f"{local.hour:02}:{local.minute:02} {vn_date(local)}"


@register.filter
def days_left(value: dt.date | dt.datetime | str | None, now: dt.datetime | None = None) -> str:
    """«còn 3 ngày», «hạn cuối là hôm nay», «quá hạn 2 ngày».

    `value` is either the last day on which the act is in time (a date) or the cut-off, the first moment that is late
    (a datetime, as `Deadline.cutoff`). Calendar days in Vietnamese time.
    """
    if value is None or isinstance(value, str):
        return ""
    today = timezone.localdate(now)
    last = _local(value - dt.timedelta(microseconds=1)).date() if isinstance(value, dt.datetime) else value
    days = (last - today).days
    if days < 0:
        return f"quá hạn {numbers.format_number(-days)} ngày"
    if isinstance(value, dt.datetime) and (now or timezone.now()) >= value:
        return "đã hết hạn hôm nay"
    return "hạn cuối là hôm nay" if days == 0 else f"còn {numbers.format_number(days)} ngày"
