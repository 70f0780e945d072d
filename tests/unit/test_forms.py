import datetime as dt
import re
import unicodedata

import pytest
from crispy_forms.utils import render_crispy_form
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from childfriendly.core.forms import (
    CHOOSE,
    DATE_WANTED,
    FILL_IN,
    NfcCharField,
    PlainForm,
    VietnameseDateField,
    VietnameseWholeNumberField,
    YesNoField,
)
from childfriendly.core.numbers import DIGITS_WANTED, WHOLE_WANTED


class Sample(PlainForm, forms.Form):
    count = VietnameseWholeNumberField(label="Tổng số trẻ em")
    day = VietnameseDateField(label="Ngày ký")
    words = NfcCharField(label="Giải trình", max_length=5)
    answer = YesNoField(label="Đã có kế hoạch")


class Optional(PlainForm, forms.Form):
    count = VietnameseWholeNumberField(required=False)
    day = VietnameseDateField(required=False)
    words = NfcCharField(required=False)
    answer = YesNoField(required=False)


def refusal(field: forms.Field, typed: object) -> list[str]:
    with pytest.raises(ValidationError) as error:
        field.clean(typed)
    return error.value.messages


# ---- whole numbers -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("typed", "number"), [("1.234", 1234), (" 1 234 ", 1234), ("0", 0), ("", None), ("  ", None)])
def test_a_blank_is_not_a_zero(typed: str, number: int | None) -> None:
    assert VietnameseWholeNumberField(required=False).clean(typed) == number


def test_a_field_that_was_not_sent_is_blank() -> None:
    assert VietnameseWholeNumberField(required=False).clean(None) is None


def test_a_wrong_number_is_refused_with_one_sentence() -> None:
    assert refusal(VietnameseWholeNumberField(), "1,5") == [WHOLE_WANTED]
    assert refusal(VietnameseWholeNumberField(), "") == [DIGITS_WANTED]


def test_limits_are_named_the_vietnamese_way() -> None:
    field = VietnameseWholeNumberField(min_value=1, max_value=2000)
    assert [field.clean("1"), field.clean("2.000")] == [1, 2000]
    assert refusal(field, "2.001") == ["Nhập số từ 1 đến 2.000."]
    assert refusal(field, "0") == ["Nhập số từ 1 đến 2.000."]


def test_a_stored_number_is_grouped_and_a_typed_one_comes_back_as_typed() -> None:
    def shown(form: forms.Form) -> str:
        return re.search(r'value="([^"]*)"', str(form["count"]))[1]  # type: ignore[index]

    assert shown(Optional(initial={"count": 1234})) == "1.234"
    assert shown(Optional(initial={"count": 0})) == "0"
    assert shown(Optional({"count": "1,5x"})) == "1,5x"


@pytest.mark.parametrize(
    ("stored", "typed", "changed"),
    [(1234, "1.234", False), (1234, "1234", False), (1234, "1235", True), (None, "", False), (None, "0", True),
     (0, "", True), (1234, "x", True)],
)  # fmt: skip
def test_another_way_of_writing_a_number_is_no_change(stored: int | None, typed: str, changed: bool) -> None:
    assert VietnameseWholeNumberField(required=False).has_changed(stored, typed) is changed


def test_a_disabled_number_never_changes() -> None:
    assert VietnameseWholeNumberField(disabled=True).has_changed(1, "2") is False


# ---- dates -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("05/06/2026", dt.date(2026, 6, 5)),
        ("5/6/2026", dt.date(2026, 6, 5)),
        (" 05-06-2026 ", dt.date(2026, 6, 5)),
        ("5.6.2026", dt.date(2026, 6, 5)),
        ("2026-06-05", dt.date(2026, 6, 5)),
        ("31/12/2026", dt.date(2026, 12, 31)),
        ("29/02/2024", dt.date(2024, 2, 29)),
    ],
)
def test_the_day_comes_first(typed: str, day: dt.date) -> None:
    assert VietnameseDateField().clean(typed) == day


@pytest.mark.parametrize(
    "typed",
    ["31/02/2026", "29/02/2023", "12/31/2026", "05/06/26", "05/06", "hôm nay", "05/06/0026", "05/06/2101",
     "０５/06/2026", "", "06/2026"],
)  # fmt: skip
def test_a_day_that_is_not_there_is_refused_with_an_example(typed: str) -> None:
    assert refusal(VietnameseDateField(), typed) == [DATE_WANTED]


def test_an_optional_date_may_be_blank() -> None:
    assert VietnameseDateField(required=False).clean("") is None


def test_a_stored_date_is_shown_as_it_is_typed() -> None:
    assert 'value="05/06/2026"' in str(Optional(initial={"day": dt.date(2026, 6, 5)})["day"])


# ---- text --------------------------------------------------------------------------------------------------------
def test_text_typed_on_a_mac_equals_text_typed_elsewhere() -> None:
    decomposed = unicodedata.normalize("NFD", "Nguyễn Thị Đào")
    assert NfcCharField().clean(f"  {decomposed}\u200b ") == "Nguyễn Thị Đào"


def test_length_is_judged_after_composing() -> None:
    assert NfcCharField(max_length=6).clean(unicodedata.normalize("NFD", "Nguyễn")) == "Nguyễn"
    assert refusal(NfcCharField(max_length=5), "Nguyễn") == ["Nội dung dài 6 ký tự, tối đa 5. Viết ngắn lại."]


def test_line_ends_become_newlines() -> None:
    assert NfcCharField().clean("a\r\nb\rc") == "a\nb\nc"


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "\x00"])
def test_invisible_text_is_no_text(typed: str) -> None:
    assert refusal(NfcCharField(), typed) == [FILL_IN]


@given(st.text())
def test_kept_text_is_stable(typed: str) -> None:
    field = NfcCharField(required=False)
    once = field.clean(typed)
    assert field.clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


# ---- yes, no, nothing yet ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("sent", "answer"), [("true", True), ("false", False), ("", None), (None, None)])
def test_no_answer_is_not_no(sent: str | None, answer: bool | None) -> None:
    assert YesNoField(required=False).clean(sent) is answer


def test_an_answer_may_be_demanded() -> None:
    assert refusal(YesNoField(), "") == [CHOOSE]
    assert refusal(YesNoField(), "yes") == [CHOOSE]


@pytest.mark.parametrize(("stored", "checked"), [(True, "true"), (False, "false"), (None, "")])
def test_the_stored_answer_is_the_one_that_is_marked(stored: bool | None, checked: str) -> None:
    html = str(Optional(initial={"answer": stored})["answer"])
    marked = [tag for tag in re.findall(r"<input[^>]*>", html) if "checked" in tag]
    assert [re.search(r'value="([^"]*)"', tag)[1] for tag in marked] == [checked]  # type: ignore[index]


@pytest.mark.parametrize(
    ("stored", "sent", "changed"),
    [(True, "true", False), (False, "false", False), (None, "", False), (None, "false", True), (True, "", True)],
)
def test_a_change_of_answer_is_seen(stored: bool | None, sent: str, changed: bool) -> None:
    assert YesNoField(required=False).has_changed(stored, sent) is changed


# ---- the form on the page ----------------------------------------------------------------------------------------
def test_nothing_is_left_to_the_browser_to_check() -> None:
    html = render_crispy_form(Sample())
    inputs = re.findall(r"<input[^>]*>", html)
    assert {re.search(r'type="(\w+)"', tag)[1] for tag in inputs} == {"text", "radio"}  # type: ignore[index]
    assert [tag for tag in inputs if re.search(r"\s(required|maxlength|min|max|pattern|step)\b", tag)] == []


def test_a_number_brings_up_digits_on_a_phone() -> None:
    assert 'inputmode="numeric" autocomplete="off"' in str(Sample()["count"])


def test_radios_stand_in_a_fieldset_with_a_legend() -> None:
    html = render_crispy_form(Sample())
    fieldset = re.search(r"<fieldset.*?</fieldset>", html, re.DOTALL)
    assert fieldset is not None
    assert len(re.findall("<legend", fieldset[0])) == 1
    labels = re.findall(r"<label[^>]*>\s*(.*?)\s*</label>", fieldset[0], re.DOTALL)
    assert labels == ["Có", "Không", "Chưa trả lời"]


def test_every_wrong_field_has_its_own_sentence() -> None:
    form = Sample({"count": "1,5", "day": "31/02/2026", "words": "quá dài", "answer": ""})
    assert form.errors == {
        "count": [WHOLE_WANTED],
        "day": [DATE_WANTED],
        "words": ["Nội dung dài 7 ký tự, tối đa 5. Viết ngắn lại."],
        "answer": [CHOOSE],
    }


def test_an_empty_optional_form_has_no_values() -> None:
    form = Optional({})
    assert form.is_valid()
    assert form.cleaned_data == {"count": None, "day": None, "words": "", "answer": None}
