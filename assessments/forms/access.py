"""Forms about single files of evidence."""

from datetime import date

from django import forms

from childfriendly.core.forms import NfcCharField, PlainForm, VietnameseDateField

LONGEST_REASON = 1000


class OpenForm(PlainForm, forms.Form):
    reason = NfcCharField(
        label="Lý do mở tệp",
        help_text="Không ghi tên, tuổi, địa chỉ của trẻ em.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Ghi lý do mở tệp."},
    )


class LockForm(PlainForm, forms.Form):
    reason = NfcCharField(
        label="Lý do",
        help_text="Ví dụ: người giám hộ rút lại đồng ý; cơ quan có thẩm quyền yêu cầu. Không ghi tên trẻ em.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Ghi lý do khóa hoặc mở khóa tệp."},
    )


class PeriodForm(PlainForm, forms.Form):
    """Between two days, both included; a blank is no limit."""

    since = VietnameseDateField(label="Từ ngày", required=False)
    until = VietnameseDateField(label="Đến hết ngày", required=False)

    def chosen(self) -> tuple[date | None, date | None]:
        return self.cleaned_data["since"], self.cleaned_data["until"]
