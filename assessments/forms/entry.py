"""Forms of the commune's pages. They turn what was typed into typed values; what is allowed is the services' business.

One field per figure, built from the criteria set; items that may not change now have no field at all, so a forged one
is simply not read.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from assessments.models import Figures
from childfriendly.core.forms import NfcCharField, PlainForm, VietnameseWholeNumberField, YesNoField
from criteria.scoring import BaseFigureSpec, Criterion, Item, ItemKind, ZeroDenominator

LONGEST_EXPLANATION = 5000
LONGEST_REASON = 1000

MENDED_LABEL = "Đã sửa hoặc giải trình xong mục này"


def field_name(target: str, part: str) -> str:
    """«TC01.1» and «numerator» → «TC01_1-numerator»: an HTML id without a dot."""
    return f"{target.replace('.', '_')}-{part}"


def answer_fields(item: Item, stored: Figures) -> dict[str, forms.Field]:
    """Part of the answer → its field, filled in with what is stored; none of them has to be filled in."""
    if item.kind is ItemKind.BOOLEAN:
        return {"yes": YesNoField(label="Trả lời", required=False, initial=stored.yes)}
    if item.kind is ItemKind.COUNT:
        label = f"Số lượng ({item.unit})" if item.unit else "Số lượng"
        return {"count": VietnameseWholeNumberField(label=label, required=False, initial=stored.count)}
    fields: dict[str, forms.Field] = {
        "numerator": VietnameseWholeNumberField(label=item.numerator_label, required=False, initial=stored.numerator)
    }
    if not item.denominator_key:
        fields["denominator"] = VietnameseWholeNumberField(
            label=item.denominator_label, required=False, initial=stored.denominator
        )
    if item.zero_denominator is ZeroDenominator.FULL:
        fields["zero_reason"] = NfcCharField(
            label="Lý do không phát sinh (chỉ ghi khi mẫu số bằng 0)",
            required=False,
            max_length=LONGEST_REASON,
            initial=stored.zero_reason,
        )
    return fields


def typed_figures(cleaned: Mapping[str, Any], item: Item) -> Figures:
    """The answer to one item, from what a valid form holds."""

    def typed(part: str) -> Any:
        return cleaned.get(field_name(item.code, part))

    return Figures(
        yes=typed("yes"),
        count=typed("count"),
        numerator=typed("numerator"),
        denominator=typed("denominator"),
        zero_reason=typed("zero_reason") or "",
    )


class CriterionForm(PlainForm, forms.Form):
    """The answers of one criterion's open items, and the explanation."""

    explanation = NfcCharField(
        label="Giải trình, ghi chú của xã",
        required=False,
        max_length=LONGEST_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self,
        *args: Any,
        criterion: Criterion,
        open_items: Collection[str],
        to_mend: Collection[str],
        answers: Mapping[str, Figures],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.open_items = [item for item in criterion.items if item.code in open_items]
        explanation = self.fields.pop("explanation")
        for item in self.open_items:
            self._add_item(item, answers.get(item.code, Figures()), is_to_mend=item.code in to_mend)
        self.fields["explanation"] = explanation

    def _add_item(self, item: Item, stored: Figures, *, is_to_mend: bool) -> None:
        fields = answer_fields(item, stored)
        if is_to_mend:
            fields["mended"] = forms.BooleanField(label=MENDED_LABEL, required=False)
        for part, built in fields.items():
            self.fields[field_name(item.code, part)] = built

    def bound_fields_of(self, code: str) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(field_name(code, ""))]

    def figures(self) -> dict[str, Figures]:
        """What was typed, by item; call it on a valid form."""
        return {item.code: typed_figures(self.cleaned_data, item) for item in self.open_items}

    def said_to_be_mended(self) -> set[str]:
        return {item.code for item in self.open_items if self.cleaned_data.get(field_name(item.code, "mended"))}


class BaseFiguresForm(PlainForm, forms.Form):
    """The shared totals that may change now."""

    def __init__(
        self,
        *args: Any,
        totals: Collection[BaseFigureSpec],
        to_mend: Collection[str],
        stored: Mapping[str, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [total.key for total in totals]
        for total in totals:
            self.fields[field_name(total.key, "value")] = VietnameseWholeNumberField(
                label=total.title, required=False, initial=stored.get(total.key)
            )
            if total.key in to_mend:
                self.fields[field_name(total.key, "mended")] = forms.BooleanField(label=MENDED_LABEL, required=False)

    def bound_fields_of(self, key: str) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(field_name(key, ""))]

    def values(self) -> dict[str, int | None]:
        return {key: self.cleaned_data[field_name(key, "value")] for key in self.keys}

    def said_to_be_mended(self) -> set[str]:
        return {key for key in self.keys if self.cleaned_data.get(field_name(key, "mended"))}


class EvidenceForm(PlainForm, forms.Form):
    """One file for one item, in a form of its own so that an upload never carries half-typed figures along."""

    slot = forms.TypedChoiceField(label="Loại minh chứng", coerce=int, empty_value=None, required=False)
    upload = forms.FileField(
        label="Tệp",
        help_text="PDF, Word (.docx), Excel (.xlsx), ảnh JPG, PNG hoặc HEIC; mỗi tệp tối đa 20 MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.docx,.xlsx,.jpg,.jpeg,.png,.heic,.heif"}),
        allow_empty_file=True,  # the upload rules say what an empty file needs, in their own words
        error_messages={"required": "Chọn một tệp trên máy rồi chọn «Tải tệp lên»."},
    )

    redacted = forms.BooleanField(
        label="Tài liệu đã che tên, tuổi, ảnh, địa chỉ và mọi dấu hiệu nhận ra trẻ em",
        error_messages={"required": "Tải bản đã che thông tin trẻ em, rồi đánh dấu ô này."},
    )

    def __init__(self, *args: Any, item: Item, is_sensitive: bool = False, **kwargs: Any) -> None:
        kwargs["auto_id"] = f"id_{field_name(item.code, '')}%s"  # several of these forms stand on one page
        super().__init__(*args, **kwargs)
        if is_sensitive:
            self.fields["upload"].label = "Tệp (bản đã che thông tin trẻ em)"
        else:
            del self.fields["redacted"]
        choices = [(str(number), slot.title) for number, slot in enumerate(item.evidence_slots)]
        slot = self.fields["slot"]
        if isinstance(slot, forms.TypedChoiceField):  # always; tells the type checker
            slot.choices = [*choices, ("", "Tài liệu khác")]
        slot.initial = "0" if choices else ""


class WithdrawForm(PlainForm, forms.Form):
    reason = NfcCharField(
        label="Lý do rút hồ sơ",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Ghi lý do rút hồ sơ."},
    )
