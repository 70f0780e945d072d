"""Forms of the catalogue administrator: what was typed becomes dates, numbers and wordings; services do the rest."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from childfriendly.core.forms import NfcCharField, PlainForm, VietnameseDateField, VietnameseWholeNumberField
from communes.models import Unit
from criteria.deadlines import cutoff
from criteria.models import Authority, CriteriaSet, Deadline, DeadlineKind, Holiday, Target

EARLIEST_YEAR, LATEST_YEAR = 2000, 2099

# Kế hoạch 2024 of huyện Tháp Mười, without its year; the district's report only where there are districts
USUAL_DEADLINES: dict[DeadlineKind, str] = {
    DeadlineKind.PLAN: "trước ngày 23/02",
    DeadlineKind.DOSSIER: "trước ngày 15/11",
    DeadlineKind.APPRAISAL: "",
    DeadlineKind.DECISION: "trước ngày 25/11",
    DeadlineKind.DISTRICT_REPORT: "trước ngày 30/11",
    DeadlineKind.PROVINCE_REPORT: "trước ngày 10/12",
}


class YearField(VietnameseWholeNumberField):
    """2026, never 2.026."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=EARLIEST_YEAR, max_value=LATEST_YEAR, **kwargs)

    def prepare_value(self, value: object) -> object:
        return str(value) if isinstance(value, int) else value

    def validate(self, value: int | None) -> None:
        forms.Field.validate(self, value)
        if value is not None and not EARLIEST_YEAR <= value <= LATEST_YEAR:
            raise ValidationError(f"Nhập năm từ {EARLIEST_YEAR} đến {LATEST_YEAR}, ví dụ 2026.", code="out_of_range")


class PeriodStartForm(PlainForm, forms.Form):
    """First step: whose period, and of which year; the second step can then propose the rest."""

    tinh = forms.ChoiceField(
        label="Tỉnh, thành phố",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Chọn tỉnh, thành phố của kỳ đánh giá.",
            "invalid_choice": "Chọn một tỉnh, thành phố trong danh sách.",
        },
    )
    nam = YearField(label="Năm đánh giá", help_text="Ví dụ 2026", error_messages={"required": "Nhập năm đánh giá."})

    def __init__(self, *args: Any, provinces: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_uuid = {str(unit.uuid): unit for unit in provinces}
        field = self.fields["tinh"]
        if isinstance(field, forms.ChoiceField):  # always; tells the type checker
            field.choices = [(uuid, _with_validity(unit)) for uuid, unit in self.by_uuid.items()]

    @property
    def province(self) -> Unit:
        return self.by_uuid[self.cleaned_data["tinh"]]


def _with_validity(unit: Unit) -> str:
    return unit.name if unit.valid_to is None else f"{unit.name} (đến hết ngày {unit.valid_to:%d/%m/%Y})"


class OpenPeriodForm(PlainForm, forms.Form):
    starts_on = VietnameseDateField(label="Ngày đầu kỳ")
    ends_on = VietnameseDateField(label="Ngày cuối kỳ")
    figures_as_of = VietnameseDateField(
        label="Ngày chốt số liệu",
        help_text="Đơn vị hành chính và thẩm quyền được xét theo ngày này. Ngày/tháng/năm, ví dụ 31/10/2026",
    )
    criteria_set = forms.ChoiceField(
        label="Bộ tiêu chí",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Chọn bộ tiêu chí của kỳ đánh giá.",
            "invalid_choice": "Chọn một bộ tiêu chí đã được xác nhận.",
        },
    )

    def __init__(self, *args: Any, year: int, has_districts: bool, sets: Sequence[CriteriaSet], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year = year
        self.sets = {str(criteria_set.uuid): criteria_set for criteria_set in sets}
        field = self.fields["criteria_set"]
        if isinstance(field, forms.ChoiceField):  # always; tells the type checker
            field.choices = [(uuid, str(criteria_set)) for uuid, criteria_set in self.sets.items()]
        self.kinds = {
            f"deadline_{kind.value}": kind
            for kind in DeadlineKind
            if has_districts or kind != DeadlineKind.DISTRICT_REPORT
        }
        for name, kind in self.kinds.items():
            self.fields[name] = NfcCharField(
                label=kind.label,
                max_length=Deadline._meta.get_field("wording").max_length,
                initial=USUAL_DEADLINES[kind],
                required=kind == DeadlineKind.DOSSIER,
                help_text="" if kind == DeadlineKind.DOSSIER else "Để trống nếu kế hoạch không đặt thời hạn này",
                error_messages={"required": "Ghi thời hạn xã nộp hồ sơ như trong kế hoạch."},
            )

    def clean(self) -> dict[str, Any]:
        for name in self.kinds:
            wording = self.cleaned_data.get(name)
            if wording:
                try:
                    cutoff(wording, year=self.year)
                except ValueError as error:
                    self.add_error(name, str(error))
        return self.cleaned_data

    @property
    def chosen_set(self) -> CriteriaSet:
        return self.sets[self.cleaned_data["criteria_set"]]

    @property
    def wordings(self) -> dict[DeadlineKind, str]:
        return {kind: self.cleaned_data[name] for name, kind in self.kinds.items() if self.cleaned_data[name]}

    @property
    def cutoffs(self) -> list[tuple[DeadlineKind, str, datetime.datetime]]:
        """What follows from the wordings, for the check page; in the order of time."""
        rows = [(kind, wording, cutoff(wording, year=self.year)) for kind, wording in self.wordings.items()]
        return sorted(rows, key=lambda row: row[2])


class ConfirmAuthorityForm(PlainForm, forms.Form):
    document_number = NfcCharField(
        label="Số văn bản giao thẩm quyền",
        help_text="Ví dụ: Quyết định số 12/QĐ-UBND ngày 05/01/2026",
        max_length=Authority._meta.get_field("document_number").max_length,
        error_messages={"required": "Nhập số văn bản giao thẩm quyền."},
    )


class TargetForm(PlainForm, forms.Form):
    unit = forms.ChoiceField(
        label="Đơn vị được giao chỉ tiêu",
        error_messages={
            "required": "Chọn đơn vị được giao chỉ tiêu.",
            "invalid_choice": "Chọn một đơn vị trong danh sách.",
        },
    )
    communes = VietnameseWholeNumberField(
        label="Số xã dự kiến được công nhận", help_text="Ví dụ 6", error_messages={"required": "Nhập số xã."}
    )
    document_number = NfcCharField(
        label="Số văn bản giao chỉ tiêu",
        max_length=Target._meta.get_field("document_number").max_length,
        error_messages={"required": "Nhập số văn bản giao chỉ tiêu."},
    )

    def __init__(self, *args: Any, units: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_uuid = {str(unit.uuid): unit for unit in units}
        field = self.fields["unit"]
        if isinstance(field, forms.ChoiceField):  # always; tells the type checker
            field.choices = [(uuid, unit.name) for uuid, unit in self.by_uuid.items()]

    @property
    def chosen_unit(self) -> Unit:
        return self.by_uuid[self.cleaned_data["unit"]]


class HolidayForm(PlainForm, forms.Form):
    province = forms.ChoiceField(
        label="Tỉnh, thành phố",
        error_messages={
            "required": "Chọn tỉnh, thành phố.",
            "invalid_choice": "Chọn một tỉnh, thành phố trong danh sách.",
        },
    )
    day = VietnameseDateField(label="Ngày")
    kind = forms.ChoiceField(
        label="Loại ngày",
        choices=Holiday.Kind.choices,
        widget=forms.RadioSelect,
        help_text="Làm bù vào thứ Bảy, Chủ nhật, hoặc ngày trong bảng mà vẫn làm việc: chọn «Ngày làm việc»",
        error_messages={"required": "Chọn loại ngày.", "invalid_choice": "Chọn một loại ngày trong danh sách."},
    )
    name = NfcCharField(
        label="Tên ngày",
        help_text="Ví dụ: Nghỉ bù Giỗ Tổ Hùng Vương",
        max_length=Holiday._meta.get_field("name").max_length,
        error_messages={"required": "Nhập tên ngày."},
    )
    document_number = NfcCharField(
        label="Số văn bản về lịch nghỉ",
        max_length=Holiday._meta.get_field("document_number").max_length,
        error_messages={"required": "Nhập số văn bản về lịch nghỉ."},
    )

    def __init__(self, *args: Any, provinces: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_uuid = {str(unit.uuid): unit for unit in provinces}
        field = self.fields["province"]
        if isinstance(field, forms.ChoiceField):  # always; tells the type checker
            field.choices = [(uuid, _with_validity(unit)) for uuid, unit in self.by_uuid.items()]

    @property
    def chosen_province(self) -> Unit:
        return self.by_uuid[self.cleaned_data["province"]]
