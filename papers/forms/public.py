"""What somebody types from a paper, as forgivingly as it can be read."""

from typing import Any, Final

from django import forms

from childfriendly.core.forms import NfcCharField, PlainForm
from communes.models import Unit, UnitQuerySet
from papers.models.paper import CODE_LENGTH, CODE_LETTERS

_NOT_USED: Final = frozenset("0O1I")  # they look like each other, so no code has them


def plain_code(text: str) -> str:
    """«k7m2p-9xqr4 » as it is stored: capitals, without what stands between them."""
    return "".join(character for character in text.upper() if character.isalnum())


def is_code(text: str) -> bool:
    return len(text) == CODE_LENGTH and set(text) <= set(CODE_LETTERS)


class CodeForm(PlainForm, forms.Form):
    ma = NfcCharField(
        label="Mã tra cứu",
        max_length=60,
        error_messages={"required": "Gõ mã tra cứu in dưới ô mã QR của văn bản."},
    )

    def clean_ma(self) -> str:
        code = plain_code(self.cleaned_data["ma"])
        if _NOT_USED & set(code):
            raise forms.ValidationError(
                "Mã không dùng số 0, số 1, chữ O và chữ I. Đọc lại chỗ đó trên giấy: có thể là Q, D, L hoặc J."
            )
        if not set(code) <= set(CODE_LETTERS):
            raise forms.ValidationError("Mã chỉ gồm chữ không dấu và chữ số. Gõ lại đúng như trên giấy.")
        if len(code) != CODE_LENGTH:
            raise forms.ValidationError(
                f"Mã gồm {CODE_LENGTH} chữ và số, ở đây có {len(code)}. Gõ lại đúng như trên giấy."
            )
        return code


class _ProvinceField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generic at run time
    def label_from_instance(self, obj: Unit) -> str:
        return f"{obj.name} (đến {obj.valid_to:%d/%m/%Y})" if obj.valid_to else obj.name


class ListForm(PlainForm, forms.Form):
    nam = forms.TypedChoiceField(label="Năm", required=False, coerce=int, empty_value=None)
    tinh = _ProvinceField(
        label="Tỉnh, thành phố",
        required=False,
        queryset=Unit.objects.none(),
        to_field_name="uuid",
        empty_label="Tất cả",
        error_messages={"invalid_choice": "Chọn tỉnh, thành phố có trong danh sách."},
    )
    xa = NfcCharField(label="Tên xã, phường, đặc khu (không cần dấu)", required=False, max_length=100)

    def __init__(self, *args: Any, years: list[int], provinces: UnitQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        year, province = self.fields["nam"], self.fields["tinh"]
        assert isinstance(year, forms.TypedChoiceField)  # noqa: S101 — for the type checker, as declared above
        assert isinstance(province, forms.ModelChoiceField)  # noqa: S101 — likewise
        year.choices = [("", "Tất cả"), *((number, str(number)) for number in years)]
        year.error_messages["invalid_choice"] = "Chọn năm có trong danh sách."
        province.queryset = provinces
