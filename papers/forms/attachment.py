from typing import Final

from django import forms

from childfriendly.core.forms import PlainForm

SCANS: Final = ".pdf,.jpg,.jpeg,.png,.heic,.heif"


class AttachmentForm(PlainForm, forms.Form):
    upload = forms.FileField(
        label="Tệp",
        help_text="PDF đã ký số, hoặc bản quét PDF, ảnh JPG, PNG, HEIC; tối đa 20 MB.",
        widget=forms.FileInput(attrs={"accept": SCANS}),
        allow_empty_file=True,  # the upload rules say what an empty file needs, in their own words
        error_messages={"required": "Chọn một tệp trên máy rồi chọn «Đính kèm tệp»."},
    )
