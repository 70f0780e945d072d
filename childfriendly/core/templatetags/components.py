"""Tags for the parts of pages that need more than an include."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django import template
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from childfriendly.core.numbers import format_number
from childfriendly.core.once import FIELD

register = template.Library()

WEEKDAYS = ["thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"]


@dataclass(frozen=True, slots=True)
class FieldError:
    field_id: str
    label: str
    sentence: str


def _errors_of(form: BaseForm) -> Iterator[FieldError]:
    for sentence in form.non_field_errors():
        yield FieldError("", "", str(sentence))
    for bound in form:
        # a group of radio buttons has no element with the field's own id: the link goes to the first of them
        widgets = bound.subwidgets if bound.use_fieldset else []
        field_id = str(widgets[0].id_for_label) if widgets else bound.auto_id
        for sentence in bound.errors:
            yield FieldError(field_id, str(bound.label or ""), str(sentence))


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: BaseForm | BaseFormSet[BaseForm] | None) -> dict[str, list[FieldError]]:
    """Every error of the given forms and formsets in one list with links to the fields, in the words that stand at the
    field. Draws nothing where there is none. `crispy` forms draw it themselves."""
    errors: list[FieldError] = []
    for form in forms:
        if isinstance(form, BaseFormSet):
            if form.is_bound:
                errors += [FieldError("", "", str(sentence)) for sentence in form.non_form_errors()]
                for member in form.forms:
                    errors += _errors_of(member)
        elif form is not None and form.is_bound:
            errors += _errors_of(form)
    return {"errors": errors}


@register.filter
def last_moment(cutoff: datetime) -> str:
    """«hết ngày thứ Sáu, 20/11/2026», or «trước 17:00 thứ Sáu, 20/11/2026», for the first instant that is late."""
    local = timezone.localtime(cutoff)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        day = local - timedelta(days=1)
        return f"hết ngày {WEEKDAYS[day.weekday()]}, {day:%d/%m/%Y}"
    return f"trước {local:%H:%M} {WEEKDAYS[local.weekday()]}, {local:%d/%m/%Y}"


def time_left(cutoff: datetime, now: datetime) -> str:
    """In calendar days: the working days of a year are set by a decision that the system does not hold."""
    last_day = timezone.localtime(cutoff - timedelta(microseconds=1)).date()
    days = (last_day - timezone.localdate(now)).days
    if now >= cutoff:
        return f"quá hạn {format_number(-days)} ngày" if days < 0 else "đã quá hạn"
    return f"còn {format_number(days)} ngày" if days else "hôm nay là ngày cuối"


@register.inclusion_tag("components/deadline.html")
def deadline_line(
    cutoff: datetime, wording: str = "", label: str = "", now: datetime | None = None
) -> dict[str, object]:
    """A deadline in full: last moment with its weekday, days left, and the plan's own wording."""
    now = now or timezone.now()
    return {
        "last_moment": last_moment(cutoff),
        "left": time_left(cutoff, now),
        "is_late": now >= cutoff,
        "wording": wording,
        "label": label,
    }


_SIGNS = {
    "draft": "○",
    "submitted": "→",
    "appraising": "◐",
    "returned": "!",
    "concluded": "●",
    "proposed": "↑",
    "recognised": "✓",
    "refused": "✕",
    "revoked": "⊘",
    "corrected": "!",
    "partly_revoked": "!",
    "replaced": "→",
}


@register.simple_tag
def status_badge(status: str, label: str) -> SafeString:
    """A state as words, sign and colour, never colour alone. A tag, since lists draw one in every row."""
    return format_html(
        '<span class="badge-state badge-{}"><span aria-hidden="true">{}</span> {}</span>',
        status,
        _SIGNS.get(status, "–"),
        label,
    )


@register.simple_tag
def form_token() -> SafeString:
    """The number by which a form that is sent twice is known (`core.once`)."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid4())
