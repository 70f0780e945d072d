"""What was found on the spot, item by item; what departments are asked and what they answered."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from assessments.forms.entry import LONGEST_EXPLANATION, LONGEST_REASON, answer_fields, field_name, typed_figures
from assessments.models import Figures
from childfriendly.core.forms import CHOOSE, FILL_IN, NfcCharField, PlainForm, VietnameseDateField
from criteria.scoring import Criterion, Item
from papers.models import Finding, Recheck
from papers.services.recheck import Found, Visit

NO_NAMES = "Không ghi tên, địa chỉ trẻ em."


def _text(label: str, *, rows: int = 0, **more: Any) -> NfcCharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return NfcCharField(label=label, widget=widget, **{"error_messages": {"required": FILL_IN}, **more})


class RecheckForm(PlainForm, forms.Form):
    """The visit, and for each of `items` the figures that were found with a note. Nothing filled in: not looked at."""

    held_on = VietnameseDateField(label="Ngày phúc tra")
    body_name = _text("Đoàn phúc tra", max_length=200, help_text="Ví dụ: Đoàn phúc tra của Sở Y tế")
    participants = _text(
        "Thành phần tham gia", rows=3, max_length=LONGEST_REASON, help_text="Mỗi người một dòng: họ tên, chức vụ."
    )
    record = _text(
        "Biên bản phúc tra đã ký", max_length=150, help_text="Số (nếu có) và ngày, ví dụ: Biên bản ngày 20/11/2024"
    )
    conclusion = _text("Kết luận", rows=4, max_length=LONGEST_EXPLANATION, help_text=NO_NAMES)

    def __init__(
        self,
        *args: Any,
        items: Iterable[Item],
        recheck: Recheck | None = None,
        found: Mapping[str, Finding] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.items, stored = list(items), found or {}
        if recheck is not None:
            for name in Visit.__dataclass_fields__:
                self.fields[name].initial = getattr(recheck, name)
        for item in self.items:
            row = stored.get(item.code)
            for part, built in answer_fields(item, row.figures if row else Figures()).items():
                self.fields[field_name(item.code, part)] = built
            self.fields[field_name(item.code, "note")] = _text(
                "Ghi chú tại chỗ",
                rows=2,
                required=False,
                max_length=LONGEST_REASON,
                initial=row.note if row else "",
            )

    def bound_fields_of(self, code: str) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(field_name(code, ""))]

    def visit(self) -> Visit:
        typed = self.cleaned_data
        return Visit(
            held_on=typed["held_on"],
            body_name=typed["body_name"],
            participants=typed["participants"],
            conclusion=typed["conclusion"],
            record=typed["record"],
        )

    def findings(self) -> dict[str, Found]:
        return {
            item.code: Found(
                typed_figures(self.cleaned_data, item), self.cleaned_data.get(field_name(item.code, "note")) or ""
            )
            for item in self.items
        }


class AskOpinionForm(PlainForm, forms.Form):
    criterion = forms.ChoiceField(label="Tiêu chí", error_messages={"required": CHOOSE, "invalid_choice": CHOOSE})
    department = _text("Cơ quan được lấy ý kiến", max_length=150, help_text="Ví dụ: Công an huyện, Trung tâm Y tế")
    due_on = VietnameseDateField(label="Hạn cho ý kiến")

    def __init__(self, *args: Any, criteria: Iterable[Criterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["criterion"]
        if isinstance(field, forms.ChoiceField):  # always; tells the type checker
            field.choices = [("", "Chọn tiêu chí"), *((one.code, f"{one.number}. {one.title}") for one in criteria)]


class EnterOpinionForm(PlainForm, forms.Form):
    received_on = VietnameseDateField(label="Ngày nhận phiếu")
    text = _text("Nội dung ý kiến", rows=4, max_length=LONGEST_EXPLANATION, help_text=NO_NAMES)
