"""Fields that read what Vietnamese officials type, and a form that says plainly what is wrong.

Never `type="number"`: Chromium turns «0,5» into 5 and «1.234» into 1,234 without a word. Never HTML5 validation: its
bubbles speak the browser's language; every refusal comes from here, in Vietnamese.
"""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.numbers import DIGITS_WANTED, LARGEST_COUNT, format_number, parse_whole
from childfriendly.core.text import nfc

FILL_IN = "Nhập nội dung vào ô này."
CHOOSE = "Chọn một câu trả lời."
DATE_WANTED = "Nhập ngày có thật theo dạng ngày/tháng/năm, ví dụ 20/11/2024."
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100


class VietnameseWholeNumberField(forms.Field):
    """A count: «1.234», «1234» and «1 234» give 1234; a blank gives None, which is never 0.

    Stored numbers are shown as «1.234»; what was typed and refused is shown again as it was typed.
    """

    widget = forms.TextInput
    default_error_messages = {"required": DIGITS_WANTED}

    def __init__(self, *, min_value: int = 0, max_value: int = LARGEST_COUNT, **kwargs: Any) -> None:
        self.min_value = min_value
        self.max_value = max_value
        super().__init__(**kwargs)

    def to_python(self, value: object) -> int | None:
        if value is None or isinstance(value, int):
            return value
        if not nfc(str(value)).strip():
            return None
        try:
            return parse_whole(str(value))
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value is not None and not self.min_value <= value <= self.max_value:
            low, high = format_number(self.min_value), format_number(self.max_value)
            raise ValidationError(f"Nhập số từ {low} đến {high}.", code="out_of_range")

    def prepare_value(self, value: object) -> object:
        return format_number(value) if isinstance(value, int) else value

    def has_changed(self, initial: object, data: object) -> bool:
        if self.disabled:
            return False
        try:
            return self.to_python(data) != self.to_python(initial)
        except ValidationError:
            return True

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "numeric", "autocomplete": "off"}


class VietnameseDateField(forms.DateField):
    """A day as dd/mm/yyyy: 05/06/2026 is 5 June. Shown in the same form."""

    default_error_messages = {"invalid": DATE_WANTED, "required": DATE_WANTED}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%d/%m/%Y", attrs={"autocomplete": "off"}))
        kwargs.setdefault("help_text", "Ngày/tháng/năm, ví dụ 20/11/2024")
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> dt.date | None:
        text = nfc(value).strip() if isinstance(value, str) else value
        if isinstance(text, str) and not text.isascii():
            raise ValidationError(DATE_WANTED, code="invalid")
        day = super().to_python(text)
        if day is not None and not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise ValidationError(DATE_WANTED, code="invalid")
        return day


class NfcCharField(forms.CharField):
    """Text in NFC without invisible characters, so that the same words are the same bytes whoever typed them.

    The length is judged after that; line ends become newlines.
    """

    default_error_messages = {"required": FILL_IN}

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = nfc(value)
        text = super().to_python(value)
        if isinstance(text, str) and self.max_length is not None and len(text) > self.max_length:
            raise ValidationError(
                f"Nội dung dài {format_number(len(text))} ký tự, tối đa {format_number(self.max_length)}. "
                "Viết ngắn lại.",
                code="max_length",
            )
        return text

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Without `maxlength`: the browser would cut a longer paste in silence; the server says what is too much."""
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class YesNoField(forms.TypedChoiceField):
    """Có, Không, or no answer yet: True, False, None. Radios in a fieldset; no answer is a choice, so that it can be
    taken back."""

    widget = forms.RadioSelect
    default_error_messages = {"required": CHOOSE, "invalid_choice": CHOOSE}

    def __init__(self, *, unset_label: str = "Chưa trả lời", **kwargs: Any) -> None:
        kwargs.setdefault("choices", [("true", "Có"), ("false", "Không"), ("", unset_label)])
        super().__init__(coerce=lambda text: text == "true", empty_value=None, **kwargs)

    def prepare_value(self, value: object) -> object:
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else value

    def has_changed(self, initial: object, data: object) -> bool:
        return not self.disabled and self.prepare_value(initial) != self.prepare_value(data)


class PlainForm(forms.BaseForm):
    """Mixin for every form, `class AnswerForm(PlainForm, forms.Form)`: the browser checks nothing, the server all.

    Required fields are marked in words by the style sheet, errors are listed by the tag `error_summary`, and the
    template writes `<form novalidate>`.
    """

    use_required_attribute = False


def show_refusal(form: forms.BaseForm, refused: Refused) -> int:
    """The service's sentence on top of the form, everything typed kept. Gives the status of the answer."""
    form.add_error(None, str(refused))
    return 409 if isinstance(refused, Stale) else 422


def posted_version(request: HttpRequest) -> int:
    """The version the page was drawn with. A missing or odd one is 0 and so never matches a stored one: Stale.
    `override` is the button of the page that shows two contents side by side: the person has seen the other one."""
    text = request.POST.get("override") or request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def drawn_version(request: HttpRequest, current: int) -> int:
    """For a page that does not show what a colleague saved meanwhile: after a refusal still the version that was
    posted, so that pressing the button again overwrites nothing unseen."""
    return posted_version(request) if request.method == "POST" else current
