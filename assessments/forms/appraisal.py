"""Forms of the appraiser: figures beside the declared ones, what goes back to the commune, and the conclusion."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from assessments.figures import DossierFigures
from assessments.forms.entry import LONGEST_EXPLANATION, LONGEST_REASON, field_name, typed_figures
from assessments.models import Figures, Recommendation
from assessments.services import Appraised, differs
from childfriendly.core.forms import CHOOSE, NfcCharField, PlainForm, VietnameseWholeNumberField, YesNoField
from criteria.scoring import Criterion, Item, ItemKind, ZeroDenominator

WHY_DIFFERENT = "{}: ghi lý do vì số thẩm định khác số xã khai."
YES_NO = [("true", "Có"), ("false", "Không")]


def _reason_field(initial: str) -> NfcCharField:
    return NfcCharField(
        label="Lý do, nếu khác số xã khai",
        help_text="Để trống khi đồng ý với số xã khai.",
        required=False,
        max_length=LONGEST_REASON,
        initial=initial,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AppraiseCriterionForm(PlainForm, forms.Form):
    """Every item of one criterion, filled in with the figures settled before, else with the declared ones."""

    def __init__(self, *args: Any, criterion: Criterion, figures: DossierFigures, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = criterion.items
        self.declared = figures.answers
        for item in criterion.items:
            row = figures.appraised.get(item.code)
            stored = row.figures if row else figures.answers.get(item.code, Figures())
            for part, built in self._parts(item, stored).items():
                self.fields[field_name(item.code, part)] = built
            self.fields[field_name(item.code, "reason")] = _reason_field(row.reason if row else "")

    def _parts(self, item: Item, stored: Figures) -> dict[str, forms.Field]:
        if item.kind is ItemKind.BOOLEAN:
            return {"yes": YesNoField(label="Kết quả thẩm định", choices=YES_NO, initial=stored.yes)}
        if item.kind is ItemKind.COUNT:
            return {"count": VietnameseWholeNumberField(label=f"Số thẩm định ({item.unit})", initial=stored.count)}
        parts: dict[str, forms.Field] = {
            "numerator": VietnameseWholeNumberField(label=item.numerator_label, initial=stored.numerator)
        }
        if not item.denominator_key:
            parts["denominator"] = VietnameseWholeNumberField(label=item.denominator_label, initial=stored.denominator)
        if item.zero_denominator is ZeroDenominator.FULL:
            parts["zero_reason"] = NfcCharField(
                label="Lý do không phát sinh (chỉ ghi khi mẫu số bằng 0)",
                required=False,
                max_length=LONGEST_REASON,
                initial=stored.zero_reason,
            )
        return parts

    def clean(self) -> None:
        """Every missing reason at once and at its field; the service refuses by the same rule."""
        for item in self.items:
            figure_fields = [name for name in self.fields if name.startswith(field_name(item.code, ""))]
            if any(name in self.errors for name in figure_fields):
                continue
            given = typed_figures(self.cleaned_data, item)
            if differs(given, self.declared.get(item.code)) and not self._typed(item, "reason"):
                self.add_error(field_name(item.code, "reason"), WHY_DIFFERENT.format(item.code))

    def bound_fields_of(self, code: str) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(field_name(code, ""))]

    def answers(self) -> dict[str, Appraised]:
        """What was typed, by item; call it on a valid form."""
        return {
            item.code: Appraised(typed_figures(self.cleaned_data, item), self._typed(item, "reason") or "")
            for item in self.items
        }

    def _typed(self, item: Item, part: str) -> Any:
        return self.cleaned_data.get(field_name(item.code, part))


class AppraiseTotalsForm(PlainForm, forms.Form):
    """The shared totals (số liệu nền)."""

    def __init__(self, *args: Any, figures: DossierFigures, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.declared = figures.totals
        self.titles = {total.key: total.title for total in figures.rules.base_figures}
        for total in figures.rules.base_figures:
            row = figures.appraised_totals.get(total.key)
            value = row.value if row else figures.totals.get(total.key)
            self.fields[field_name(total.key, "value")] = VietnameseWholeNumberField(
                label="Số thẩm định", initial=value
            )
            self.fields[field_name(total.key, "reason")] = _reason_field(row.reason if row else "")

    def clean(self) -> None:
        for key in self.titles:
            value = self.cleaned_data.get(field_name(key, "value"))
            if value is not None and value != self.declared.get(key) and not self.reasons()[key]:
                self.add_error(field_name(key, "reason"), WHY_DIFFERENT.format(self.titles[key]))

    def bound_fields_of(self, key: str) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(field_name(key, ""))]

    def values(self) -> dict[str, int]:
        return {key: self.cleaned_data[field_name(key, "value")] for key in self.titles}

    def reasons(self) -> dict[str, str]:
        return {key: self.cleaned_data.get(field_name(key, "reason")) or "" for key in self.titles}


class ReturnForm(PlainForm, forms.Form):
    """A tick and a reason for each shared total and each item. Only what is ticked goes back."""

    def __init__(self, *args: Any, figures: DossierFigures, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        totals = [total.key for total in figures.rules.base_figures]
        self.titles = {
            target: figures.target_title(target) for target in [*totals, *(item.code for item in figures.rules.items)]
        }
        for target, title in self.titles.items():
            self.fields[field_name(target, "pick")] = forms.BooleanField(label=f"Trả lại: {title}", required=False)
            self.fields[field_name(target, "why")] = NfcCharField(
                label="Lý do và việc xã cần làm",
                required=False,
                max_length=LONGEST_REASON,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def clean(self) -> None:
        """Nothing typed is dropped in silence: a reason without a tick is asked about."""
        for target, title in self.titles.items():
            picked = self.cleaned_data.get(field_name(target, "pick"))
            why = self.cleaned_data.get(field_name(target, "why"))
            if picked and not why and field_name(target, "why") not in self.errors:
                self.add_error(field_name(target, "why"), f"Ghi lý do trả lại «{title}» để xã biết phải sửa gì.")
            elif why and not picked:
                self.add_error(
                    field_name(target, "pick"), "Chọn mục này nếu trả lại, hoặc xóa lý do nếu không trả lại."
                )

    def pair_of(self, target: str) -> tuple[BoundField, BoundField]:
        return self[field_name(target, "pick")], self[field_name(target, "why")]

    def returned(self) -> dict[str, str]:
        return {
            target: self.cleaned_data[field_name(target, "why")]
            for target in self.titles
            if self.cleaned_data[field_name(target, "pick")]
        }


class ConcludeForm(PlainForm, forms.Form):
    recommendation = forms.ChoiceField(
        label="Đề nghị",
        choices=Recommendation.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Chọn đề nghị công nhận hoặc không công nhận.", "invalid_choice": CHOOSE},
    )
    reason = NfcCharField(
        label="Lý do của đề nghị",
        help_text="Lãnh đạo sẽ đọc lý do này khi xem hồ sơ trình.",
        max_length=LONGEST_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Ghi lý do của đề nghị."},
    )


class ReopenForm(PlainForm, forms.Form):
    reason = NfcCharField(
        label="Lý do đưa về thẩm định lại",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Ghi lý do đưa hồ sơ về thẩm định lại."},
    )
