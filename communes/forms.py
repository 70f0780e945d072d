"""Forms of units, area types and people: what was typed becomes dates and names; services do the rest."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms

from childfriendly.core.forms import NfcCharField, PlainForm, VietnameseDateField
from communes.models import (
    DOCUMENT_NUMBER_LENGTH,
    TITLE_LENGTH,
    AreaType,
    Import,
    Role,
    RoleAssignment,
    Unit,
    User,
)
from communes.services import ADMIN_ROLES

LONGEST_SEARCH = 200


class UnitSearchForm(PlainForm, forms.Form):
    q = NfcCharField(
        label="Tên, mã hoặc tên cũ của đơn vị",
        help_text="Không cần gõ dấu. Thêm đơn vị cấp trên sau dấu phẩy, ví dụ: my an, thap muoi",
        required=False,
        max_length=LONGEST_SEARCH,
    )
    ngay = VietnameseDateField(
        label="Có hiệu lực vào ngày", help_text="Để trống là hôm nay, ví dụ 30/06/2025", required=False
    )


class AreaTypeBatchForm(PlainForm, forms.Form):
    """One document for many communes. Each row has its type; `chon` holds the ticked ones."""

    chon = forms.MultipleChoiceField(
        label="Đơn vị được xếp loại",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Một đơn vị đã chọn không còn trong danh sách. Tải lại trang rồi chọn lại."},
    )
    tat_ca = forms.BooleanField(label="Chọn tất cả đơn vị trên trang này", required=False)
    document_number = NfcCharField(
        label="Số văn bản làm căn cứ",
        help_text="Ví dụ: Quyết định số 861/QĐ-TTg ngày 04/06/2021",
        max_length=DOCUMENT_NUMBER_LENGTH,
        error_messages={"required": "Nhập số văn bản làm căn cứ xếp loại xã."},
    )
    valid_from = VietnameseDateField(label="Áp dụng từ ngày")

    def __init__(self, *args: Any, rows: Sequence[tuple[Unit, str]], **kwargs: Any) -> None:
        """`rows` pairs each commune with the type that is proposed for it."""
        super().__init__(*args, **kwargs)
        self.units = {str(unit.uuid): unit for unit, _ in rows}
        field = self.fields["chon"]
        if isinstance(field, forms.MultipleChoiceField):  # always; tells the type checker
            field.choices = [(uuid, unit.name) for uuid, unit in self.units.items()]
        for unit, proposal in rows:
            self.fields[type_field(unit)] = forms.ChoiceField(
                label=f"Loại xã của {unit.name}",
                choices=AreaType.choices,
                initial=proposal,
                widget=forms.Select(attrs={"class": "form-select"}),
                error_messages={"required": "Chọn loại xã.", "invalid_choice": "Chọn một loại xã trong danh sách."},
            )

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("chon") and not self.cleaned_data.get("tat_ca") and "chon" not in self.errors:
            self.add_error("chon", "Đánh dấu ít nhất một đơn vị để xếp loại.")
        return self.cleaned_data

    @property
    def choices(self) -> list[tuple[Unit, AreaType]]:
        chosen = self.units if self.cleaned_data["tat_ca"] else set(self.cleaned_data["chon"])
        return [
            (unit, AreaType(self.cleaned_data[type_field(unit)])) for uuid, unit in self.units.items() if uuid in chosen
        ]


_TYPE_PREFIX = "loai-"


def type_field(unit: Unit) -> str:
    return f"{_TYPE_PREFIX}{unit.uuid}"


def rows_posted(names: Sequence[str]) -> list[UUID]:
    """The communes of a page as it was drawn; meanwhile the list may have moved."""
    found = []
    for name in names:
        if name.startswith(_TYPE_PREFIX):
            try:
                found.append(UUID(name.removeprefix(_TYPE_PREFIX)))
            except ValueError:
                continue
    return found


class RoleForm(PlainForm, forms.Form):
    role = forms.ChoiceField(
        label="Vai trò",
        widget=forms.RadioSelect,
        choices=[(role.value, role.label) for role in Role if role not in ADMIN_ROLES],
        error_messages={
            "required": "Chọn vai trò.",
            "invalid_choice": "Vai trò quản trị chỉ được giao trên máy chủ. Chọn một vai trò trong danh sách.",
        },
    )
    title = NfcCharField(
        label="Chức danh",
        help_text="Như ghi trên văn bản, ví dụ: Phó Chủ tịch. Có thể để trống",
        required=False,
        max_length=TITLE_LENGTH,
    )
    valid_from = VietnameseDateField(label="Từ ngày")
    valid_to = VietnameseDateField(
        label="Đến hết ngày", help_text="Để trống nếu chưa biết ngày kết thúc", required=False
    )


class AccountForm(RoleForm):
    """A new account comes with its first role."""

    full_name = NfcCharField(
        label="Họ và tên",
        max_length=User._meta.get_field("full_name").max_length,
        error_messages={"required": "Nhập họ và tên."},
    )
    username = NfcCharField(
        label="Tên đăng nhập",
        help_text="Chữ không dấu, chữ số và các ký tự @ . + - _, ví dụ: lan.thapmuoi",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Nhập tên đăng nhập."},
    )

    field_order = ["full_name", "username", "role", "title", "valid_from", "valid_to"]


class EndRoleForm(PlainForm, forms.Form):
    assignment = forms.ChoiceField(
        label="Vai trò kết thúc",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Chọn vai trò cần kết thúc.",
            "invalid_choice": "Vai trò này vừa được người khác thay đổi. Xem lại danh sách rồi chọn lại.",
        },
    )
    last_day = VietnameseDateField(label="Ngày cuối cùng giữ vai trò")

    def __init__(self, *args: Any, assignments: Sequence[RoleAssignment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_key = {assignment_key(assignment): assignment for assignment in assignments}
        field = self.fields["assignment"]
        if isinstance(field, forms.ChoiceField):  # always; tells the type checker
            field.choices = [(key, _words(assignment)) for key, assignment in self.by_key.items()]

    @property
    def chosen(self) -> RoleAssignment:
        return self.by_key[self.cleaned_data["assignment"]]


class ActingForm(PlainForm, forms.Form):
    """Who acts for a superior on leave, and by which paper."""

    to = forms.ChoiceField(
        label="Người làm thay",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Chọn người làm thay.",
            "invalid_choice": "Người này không còn trong danh sách. Tải lại trang rồi chọn lại.",
        },
    )
    title = NfcCharField(
        label="Chức vụ của người làm thay",
        help_text="Như trên văn bản, ví dụ: Phó Chủ tịch. Cấp phó ký thay (KT.), người khác ký thừa ủy quyền (TUQ.)",
        max_length=TITLE_LENGTH,
        error_messages={"required": "Nhập chức vụ của người làm thay như ghi trên văn bản."},
    )
    valid_from = VietnameseDateField(label="Từ ngày")
    valid_to = VietnameseDateField(label="Đến hết ngày", help_text="Hết ngày này việc làm thay tự kết thúc")
    document_number = NfcCharField(
        label="Số văn bản giao làm thay",
        help_text="Ví dụ: 12/GUQ-UBND",
        max_length=DOCUMENT_NUMBER_LENGTH,
        error_messages={"required": "Nhập số văn bản giao làm thay."},
    )

    def __init__(self, *args: Any, colleagues: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_key = {str(person.uuid): person for person in colleagues}
        field = self.fields["to"]
        if isinstance(field, forms.ChoiceField):  # always; tells the type checker
            field.choices = [(key, f"{person.full_name} ({person.username})") for key, person in self.by_key.items()]

    @property
    def chosen(self) -> User:
        return self.by_key[self.cleaned_data["to"]]


class ImportForm(PlainForm, forms.Form):
    kind = forms.ChoiceField(
        label="Nội dung của tệp",
        widget=forms.RadioSelect,
        choices=Import.Kind.choices,
        error_messages={"required": "Chọn nội dung của tệp.", "invalid_choice": "Chọn một nội dung trong danh sách."},
    )
    upload = forms.FileField(
        label="Tệp Excel (.xlsx) theo biểu mẫu",
        help_text="Tối đa 5 MB, 5.000 dòng. Chưa ghi gì vào hệ thống; trang sau cho xem trước",
        error_messages={"required": "Chọn tệp Excel đã điền.", "empty": "Tệp không có nội dung. Chọn tệp khác."},
    )


def assignment_key(assignment: RoleAssignment) -> str:
    """Names a role of a known person without a number that could be counted through. The last day is part of it: a page
    on which somebody else has meanwhile set another one names a role that is no longer there."""
    last_day = f"{assignment.valid_to:%Y%m%d}" if assignment.valid_to else ""
    return f"{assignment.role}.{assignment.valid_from:%Y%m%d}-{last_day}.{assignment.unit.uuid}"


def _words(assignment: RoleAssignment) -> str:
    since: datetime.date = assignment.valid_from
    return f"{assignment.get_role_display()}, {assignment.unit.full_name_with_parents}, từ {since:%d/%m/%Y}"
