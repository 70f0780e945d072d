"""What the clerk types after signing."""

from django import forms

from childfriendly.core.forms import NfcCharField, PlainForm, VietnameseDateField


class IssueForm(PlainForm, forms.Form):
    """Number and date as the agency's register has them; the service judges both."""

    number = NfcCharField(
        label="Số quyết định",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Nhập số quyết định theo sổ văn bản đi, ví dụ 1234."},
    )
    issued_on = VietnameseDateField(label="Ngày ban hành ghi trên quyết định")
