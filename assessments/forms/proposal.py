"""Forms of the hồ sơ trình: what the head of office sends, and the leader's no."""

from collections.abc import Sequence
from typing import Any

from django import forms

from assessments.forms.entry import LONGEST_EXPLANATION, LONGEST_REASON
from assessments.models import Dossier, Proposal
from childfriendly.core.forms import NfcCharField, PlainForm


class ProposalForm(PlainForm, forms.Form):
    """Dossiers are named by UUID; only those given may be chosen."""

    dossiers = forms.MultipleChoiceField(
        label="Hồ sơ đưa vào danh sách trình",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Chọn ít nhất một hồ sơ để trình.",
            "invalid_choice": "Một hồ sơ đã chọn không còn trình được. Xem lại danh sách rồi chọn lại.",
        },
    )
    submission_number = NfcCharField(
        label="Số tờ trình",
        help_text="Ví dụ: 15/TTr",
        max_length=Proposal._meta.get_field("submission_number").max_length,
        error_messages={"required": "Nhập số tờ trình."},
    )
    submission_text = NfcCharField(
        label="Nội dung tờ trình",
        max_length=LONGEST_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Nhập nội dung tờ trình."},
    )
    minutes = forms.FileField(
        label="Biên bản họp Hội đồng xét duyệt",
        help_text="PDF, Word (.docx), Excel (.xlsx), ảnh JPG, PNG hoặc HEIC; tối đa 20 MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.docx,.xlsx,.jpg,.jpeg,.png"}),
        max_length=Proposal._meta.get_field("minutes_name").max_length,
        allow_empty_file=True,  # the upload rules say what an empty file needs, in their own words
        error_messages={
            "required": "Chọn tệp biên bản họp Hội đồng xét duyệt.",
            "max_length": "Tên tệp quá dài. Đổi tên tệp ngắn lại rồi chọn lại.",
        },
    )

    def __init__(self, *args: Any, dossiers: Sequence[Dossier], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_uuid = {str(dossier.uuid): dossier for dossier in dossiers}
        field = self.fields["dossiers"]
        if isinstance(field, forms.MultipleChoiceField):  # always; tells the type checker
            field.choices = [(uuid, dossier.code) for uuid, dossier in self.by_uuid.items()]

    def chosen(self) -> list[int]:
        return [self.by_uuid[uuid].pk for uuid in self.cleaned_data["dossiers"]]


class ReturnProposalForm(PlainForm, forms.Form):
    reason = NfcCharField(
        label="Lý do trả lại",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Ghi lý do trả lại hồ sơ trình."},
    )
