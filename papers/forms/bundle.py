from collections.abc import Sequence
from typing import Any

from django import forms

from childfriendly.core.forms import PlainForm
from communes.models import Unit

MOST_YEARS = 5  # one stage (giai đoạn)


class BundleForm(PlainForm, forms.Form):
    """Which area, and which years."""

    unit = forms.ChoiceField(
        label="Đơn vị", error_messages={"required": "Chọn đơn vị.", "invalid_choice": "Chọn đơn vị."}
    )
    first = forms.TypedChoiceField(label="Từ năm", coerce=int)
    last = forms.TypedChoiceField(label="Đến năm", coerce=int)

    def __init__(self, *args: Any, units: Sequence[Unit], years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_uuid = {str(unit.uuid): unit for unit in units}
        self._offer("unit", [(uuid, unit.full_name_with_parents) for uuid, unit in self.by_uuid.items()])
        for name in ("first", "last"):
            self._offer(name, [(year, str(year)) for year in years])
            self.fields[name].error_messages |= {"required": "Chọn năm.", "invalid_choice": "Chọn năm trong danh sách."}

    def _offer(self, name: str, choices: list[tuple[Any, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):  # always; tells the type checker
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first is not None and last is not None and not 0 <= last - first < MOST_YEARS:
            self.add_error("last", f"Chọn năm từ {first} đến {first + MOST_YEARS - 1}.")
        return given

    @property
    def chosen_unit(self) -> Unit:
        return self.by_uuid[self.cleaned_data["unit"]]
