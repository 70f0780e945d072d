"""`form_field` draws what crispy draws, only faster: whoever reads a page cannot tell which of them drew a field."""

import pytest
from django import forms
from django.template.loader import render_to_string
from django.test.html import parse_html

from childfriendly.core.forms import (
    NfcCharField,
    PlainForm,
    VietnameseDateField,
    VietnameseWholeNumberField,
    YesNoField,
)
from childfriendly.core.templatetags.fields import form_field


class EveryField(PlainForm, forms.Form):
    count = VietnameseWholeNumberField(label="Số <trẻ em> & người", required=False, help_text="Một số nguyên")
    total = VietnameseWholeNumberField(label="Tổng số")
    answer = YesNoField(label="Trả lời", required=False)
    text = NfcCharField(label="Giải trình", widget=forms.Textarea(attrs={"rows": 4}), required=False)
    choice = forms.TypedChoiceField(label="Loại", coerce=int, choices=[("0", "Báo cáo"), ("", "Khác")])
    done = forms.BooleanField(label="Đã sửa", required=False)
    agreed = forms.BooleanField(label="Đồng ý")
    several = forms.MultipleChoiceField(
        label="Nhiều mục", choices=[("1", "Một"), ("2", "Hai")], widget=forms.CheckboxSelectMultiple
    )
    upload = forms.FileField(label="Tệp", help_text="PDF", widget=forms.FileInput(attrs={"accept": ".pdf"}))
    day = VietnameseDateField(label="Ngày")
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


BLANK = EveryField()
STORED = EveryField(initial={"count": 1234, "answer": True, "text": "Có", "choice": "0", "done": True})
REFUSED = EveryField({"count": "<b>1,5</b>", "answer": "có lẽ", "several": "9", "day": "32/13/2024"})


@pytest.mark.parametrize("form", [BLANK, STORED, REFUSED], ids=["blank", "stored", "refused"])
@pytest.mark.parametrize("name", list(EveryField.base_fields))
def test_a_field_is_the_same_html_as_crispys(form: forms.Form, name: str) -> None:
    ours, crispys = form_field(form[name]), render_to_string("components/field.html", {"field": form[name]})
    assert parse_html(ours) == parse_html(crispys)
