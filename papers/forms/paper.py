"""What people type about a paper. The services judge it."""

from typing import Any

from django import forms

from childfriendly.core.forms import CHOOSE, NfcCharField, PlainForm, VietnameseDateField
from papers.filling.frame import Passage
from papers.forms.attachment import SCANS
from papers.kinds import Kind
from papers.models import Paper, State
from papers.services.life import LONGEST_PASSAGE


class FilterForm(PlainForm, forms.Form):
    """What is not understood filters nothing away unseen: the page then shows all papers."""

    trang_thai = forms.ChoiceField(label="Tình trạng", required=False, choices=[("", "Tất cả"), *State.choices])
    loai = forms.ChoiceField(label="Loại văn bản", required=False, choices=[("", "Tất cả"), *Kind.choices])


class RewordForm(PlainForm, forms.Form):
    """One text area a passage, filled with the text as it stands."""

    def __init__(self, *args: Any, paper: Paper, passages: tuple[Passage, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for passage in passages:
            self.fields[passage.key] = NfcCharField(
                label=passage.label,
                help_text=passage.help,
                initial=paper.edits.get(passage.key) or passage.text,
                required=False,
                max_length=LONGEST_PASSAGE,
                widget=forms.Textarea(attrs={"rows": 6}),
            )


class SignedForm(PlainForm, forms.Form):
    """Who signed by hand, when, and the scan of it."""

    signer = forms.ChoiceField(label="Người ký", error_messages={"required": CHOOSE, "invalid_choice": CHOOSE})
    signed_on = VietnameseDateField(label="Ngày ký")
    scan = forms.FileField(
        label="Bản quét văn bản đã ký",
        help_text="PDF (kể cả PDF đã ký số) hoặc ảnh, tối đa 20 MB",
        widget=forms.FileInput(attrs={"accept": SCANS}),
        error_messages={
            "required": "Chọn tệp quét của văn bản đã ký.",
            "empty": "Tệp không có nội dung. Chọn tệp khác.",
        },
    )

    def __init__(self, *args: Any, signers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["signer"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "Chọn người ký"), *signers]


class NumberForm(PlainForm, forms.Form):
    """Number and day as the agency's register has them."""

    number = NfcCharField(
        label="Số văn bản",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Nhập số văn bản theo sổ văn bản đi, ví dụ 1234."},
    )
    issued_on = VietnameseDateField(label="Ngày ghi trên văn bản")
    is_checked = forms.BooleanField(label="Tôi đã xem sổ văn bản, số và ngày này đúng", required=False)
