"""What people type about papers that correct, replace, revoke or are issued again. The services judge it."""

from collections.abc import Mapping
from typing import Any

from django import forms

from childfriendly.core.forms import NfcCharField, PlainForm
from papers.services.later import LONGEST_NAME
from papers.services.life import LONGEST_PASSAGE


def _lines(label: str, wanted: str, help_text: str = "") -> NfcCharField:
    return NfcCharField(
        label=label,
        help_text=help_text,
        max_length=LONGEST_PASSAGE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": wanted},
    )


class LaterForm(PlainForm, forms.Form):
    """`names`: the communes that may be spoken of, item → name as it reads now."""

    reason = _lines("Lý do", "Ghi lý do.", "Lý do được in trong quyết định.")
    tells_reason = forms.BooleanField(
        label="Cho mọi người đọc lý do trên trang kiểm tra văn bản",
        help_text="Không đánh dấu nếu lý do có thông tin về cá nhân.",
        required=False,
    )

    def __init__(self, *args: Any, names: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = names

    def given(self) -> dict[str, Any]:
        """What the service wants of it."""
        given = dict(self.cleaned_data)
        given["is_reason_public"] = given.pop("tells_reason")
        return given


class CorrectionForm(LaterForm):
    wrong = _lines("Đã viết", "Ghi chỗ đã viết sai trong văn bản.", "Chép đúng chỗ sai trong văn bản đã phát hành.")
    right = _lines("Sửa lại là", "Ghi chỗ sửa lại.")
    reason = _lines("Lý do", "Ghi lý do.", "Lưu trong hệ thống, không in trong công văn.")
    field_order = ("wrong", "right")


class ReplacementForm(LaterForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item_id, name in self.names.items():
            self.fields[f"name_{item_id}"] = NfcCharField(
                label=f"Tên đúng của «{name}»",
                initial=name,
                max_length=LONGEST_NAME,
                error_messages={"required": f"Ghi tên đơn vị thay cho «{name}»."},
            )
        self.order_fields([*(name for name in self.fields if name.startswith("name_")), "reason", "tells_reason"])

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        names = {item_id: data[f"name_{item_id}"] for item_id in self.names}
        return {"names": names, "reason": data["reason"], "is_reason_public": data["tells_reason"]}


class RevocationForm(LaterForm):
    item_ids = forms.TypedMultipleChoiceField(
        label="Xã bị thu hồi công nhận",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Chọn ít nhất một xã để thu hồi công nhận.",
            "invalid_choice": "Có xã không còn được công nhận theo quyết định này. Mở lại trang rồi chọn lại.",
        },
    )
    field_order = ("item_ids",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["item_ids"]
        if isinstance(field, forms.ChoiceField):  # always; tells the type checker
            field.choices = list(self.names.items())


class ReissueForm(LaterForm):
    commune_name = NfcCharField(
        label="Tên đơn vị trên giấy cấp lại",
        max_length=LONGEST_NAME,
        error_messages={"required": "Ghi tên đơn vị trên giấy cấp lại."},
    )
    reason = _lines("Lý do", "Ghi lý do.", "Ví dụ: giấy cũ bị rách. Lưu trong hệ thống, không in trên giấy.")
    field_order = ("commune_name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["commune_name"].initial = next(iter(self.names.values()))
