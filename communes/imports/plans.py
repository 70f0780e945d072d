"""What a workbook would change, judged cell by cell.

Nothing is judged here that the services do not judge again when it is confirmed; here every mistake is found at once
and named by its cell. A row that is there already is no change, so the same file twice changes nothing.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.utils import timezone

from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import VietnameseDateField
from childfriendly.core.numbers import format_number
from childfriendly.core.sheets import CellValue, Rows
from childfriendly.core.text import fold, nfc
from communes.models import (
    DOCUMENT_NUMBER_LENGTH,
    TITLE_LENGTH,
    AreaType,
    AreaTypeAssignment,
    Import,
    Level,
    Role,
    RoleAssignment,
    Unit,
    User,
)
from communes.queries import administered_units, people_visible_to
from communes.services import (
    ADMIN_ROLES,
    check_full_name,
    check_username,
    one_line,
)

MOST_ACCOUNTS: Final = 1_000  # each costs a slow hash; a worker has some minutes for a job

PEOPLE_SHEET, AREA_SHEET = "Người dùng", "Loại xã"
NAME, LOGIN, UNIT, ROLE, TITLE, FROM, TO = (
    "Họ và tên",
    "Tên đăng nhập",
    "Đơn vị",
    "Vai trò",
    "Chức danh",
    "Từ ngày",
    "Đến hết ngày",
)
COMMUNE, AREA_TYPE, DOCUMENT = "Đơn vị cấp xã", "Loại xã", "Số văn bản"
HEADS: Final = {
    Import.Kind.PEOPLE: (PEOPLE_SHEET, (NAME, LOGIN, UNIT, ROLE, TITLE, FROM, TO)),
    Import.Kind.AREA_TYPES: (AREA_SHEET, (COMMUNE, AREA_TYPE, DOCUMENT, FROM)),
}
_ROLES: Final = {role.label: role for role in Role}
AREA_TYPES: Final = {kind.label: kind for kind in AreaType}


# ---- what a file holds -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Problem:
    cell: str  # «Người dùng!C17»
    sentence: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    number: int
    full_name: str
    username: str
    user: User | None  # None: the account is still to be opened
    unit: Unit
    role: Role
    title: str
    valid_from: datetime.date
    valid_to: datetime.date | None


@dataclass(frozen=True, slots=True)
class AreaTypeRow:
    number: int
    unit: Unit
    area_type: AreaType
    document_number: str
    valid_from: datetime.date


R = TypeVar("R", PersonRow, AreaTypeRow)
Choice = TypeVar("Choice")


@dataclass(slots=True)
class Plan(Generic[R]):
    """What confirming would do; with a single problem it does nothing."""

    rows: list[R] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def can_be_confirmed(self) -> bool:
        return bool(self.rows) and not self.problems


class Line:
    """One row of a sheet; what is wrong with a cell goes to the plan under the cell's name."""

    def __init__(self, sheet: str, heads: Sequence[str], number: int, values: Sequence[CellValue]) -> None:
        self.number = number
        self.problems: list[Problem] = []
        self._sheet, self._heads = sheet, heads
        self._values: Mapping[str, CellValue] = dict(zip(heads, values, strict=False))

    def problem(self, head: str, sentence: str) -> None:
        self.problems.append(Problem(f"{self._sheet}!{chr(65 + self._heads.index(head))}{self.number}", sentence))

    def text(self, head: str) -> str:
        value = self._values.get(head)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return " ".join(nfc("" if value is None else str(value)).split())

    def day(self, head: str, *, required: bool) -> datetime.date | None:
        value = self._values.get(head)
        given = value.date() if isinstance(value, datetime.datetime) else value
        typed = given if isinstance(given, datetime.date) else self.text(head)
        try:
            day: datetime.date | None = VietnameseDateField(required=required).clean(typed or None)
        except ValidationError as error:
            self.problem(head, error.messages[0])
            return None
        return day

    def one_of(self, head: str, choices: Mapping[str, Choice]) -> Choice | None:
        wanted = fold(self.text(head))
        found = next((value for label, value in choices.items() if fold(label) == wanted), None)
        if found is None:
            self.problem(head, "Chọn một mục trong danh sách của biểu mẫu.")
        return found


def lines_of(sheets: Mapping[str, Rows], kind: Import.Kind) -> Iterator[Line]:
    """The filled rows of the sheet that the form has for this kind. Raises Refused for another kind of workbook."""
    name, heads = HEADS[kind]
    rows = sheets.get(name)
    if not rows or tuple(nfc(str(value or "")).strip() for value in rows[0][: len(heads)]) != heads:
        raise Refused(f"Tệp không có trang «{name}» với dòng đầu như biểu mẫu. Tải biểu mẫu về, điền rồi tải lên lại.")
    for number, values in enumerate(rows[1:], start=2):
        if any(value is not None and str(value).strip() for value in values[: len(heads)]):
            yield Line(name, heads, number, values)


class Units:
    """The units of the administrator's area by code; others only so far as to say that they are others'."""

    def __init__(self, by: User, today: datetime.date) -> None:
        self._by_code: dict[str, list[Unit]] = {}
        for unit in administered_units(by, today).with_parents().order_by("valid_from"):
            self._by_code.setdefault(unit.code, []).append(unit)

    def of(self, line: Line, head: str, day: datetime.date) -> Unit | None:
        """The unit that «30037 – Xã Tháp Mười» or the code alone means on that day: a code is not an identity."""
        code = line.text(head).partition(" ")[0]
        if not (code.isascii() and code.isdigit()):
            line.problem(head, "Chọn đơn vị trong danh sách, hoặc nhập mã đơn vị.")
            return None
        widths = (0, 2, 3, 5)  # Excel eats the zeros of a code that is typed as a number
        code = next((padded for width in widths if (padded := code.zfill(width)) in self._by_code), code)
        known = self._by_code.get(code, [])
        begun = [unit for unit in known if unit.valid_from <= day]
        found = next((unit for unit in known if unit.is_in_force_on(day)), begun[-1] if begun else None)
        if found is None and known:
            line.problem(head, f"{known[0].name} chỉ có từ ngày {known[0].valid_from:%d/%m/%Y}; chọn ngày khác.")
        elif found is None and Unit.objects.filter(code=code).exists():
            line.problem(head, f"Đơn vị mã {code} không thuộc địa bàn được giao quản trị; chọn đơn vị trong địa bàn.")
        elif found is None:
            line.problem(head, f"Không có đơn vị nào mang mã {code[:20]}; chọn trong danh sách.")
        return found


# ---- people ------------------------------------------------------------------------------------------------------
def plan_people(sheets: Mapping[str, Rows], *, by: User, at: datetime.datetime) -> Plan[PersonRow]:
    today = timezone.localdate(at)
    plan: Plan[PersonRow] = Plan()
    lines = list(lines_of(sheets, Import.Kind.PEOPLE))
    logins = {User.normalize_username(line.text(LOGIN)) for line in lines}
    users = {user.username: user for user in User.objects.filter(username__in=logins)}
    visible = set(people_visible_to(by, today).filter(username__in=logins).values_list("pk", flat=True))
    held = list(RoleAssignment.objects.filter(user__in=users.values(), withdrawn_at__isnull=True))
    units, names = Units(by, today), dict[str, tuple[str, int]]()
    for line in lines:
        row = _person_row(line, units, users, visible, by, today)
        if row is not None:
            name, first = names.setdefault(row.username, (row.full_name, line.number))
            if name != row.full_name:
                line.problem(NAME, f"Tên đăng nhập này ở dòng {first} là của «{name}»; sửa họ tên hoặc tên đăng nhập.")
            elif _is_there(row, held, plan.rows, line):
                plan.unchanged += 1
            else:
                plan.rows.append(row)
        plan.problems += line.problems
    new = {row.username for row in plan.rows if row.user is None}
    if len(new) > MOST_ACCOUNTS:
        sentence = f"Mỗi lần thêm tối đa {format_number(MOST_ACCOUNTS)} tài khoản; chia thành nhiều tệp."
        plan.problems.append(Problem(f"{PEOPLE_SHEET}!A1", sentence))
    return plan


def _person_row(
    line: Line, units: Units, users: Mapping[str, User], visible: set[int], by: User, today: datetime.date
) -> PersonRow | None:
    """All cells are judged, whatever is wrong with the first of them."""
    full_name = _checked(line, NAME, check_full_name)
    username = _checked(line, LOGIN, check_username)
    user = users.get(username)
    if user is not None and user.pk not in visible:
        line.problem(LOGIN, f"Tên đăng nhập «{username}» đã có người dùng; chọn một tên khác.")
    elif user is not None and user == by:
        line.problem(LOGIN, "Không được tự giao vai trò cho chính mình; bỏ dòng này.")
    elif user is not None and not user.is_active:
        line.problem(LOGIN, f"Tài khoản của {user} đã ngừng hoạt động; mở lại tài khoản trước.")
    elif user is not None and full_name and user.full_name != full_name:
        line.problem(NAME, f"Tên đăng nhập «{username}» là của {user.full_name}; sửa họ tên hoặc tên đăng nhập.")
    role = line.one_of(ROLE, _ROLES)
    if role in ADMIN_ROLES:
        line.problem(ROLE, "Vai trò quản trị chỉ được giao trên máy chủ. Chọn một vai trò trong danh sách.")
    title = _checked(line, TITLE, lambda text: one_line(text, "Chức danh", TITLE_LENGTH))
    valid_from, valid_to = line.day(FROM, required=True), line.day(TO, required=False)
    unit = units.of(line, UNIT, max(valid_from or today, today))
    if valid_from and valid_to and valid_to < valid_from:
        line.problem(TO, "Ngày kết thúc phải từ ngày bắt đầu trở đi; sửa lại ngày kết thúc.")
    if valid_from and unit and valid_from < unit.valid_from:
        line.problem(FROM, f"{unit.name} chỉ có từ ngày {unit.valid_from:%d/%m/%Y}; chọn ngày từ ngày đó trở đi.")
    if line.problems or role is None or valid_from is None or unit is None:
        return None
    return PersonRow(line.number, full_name, username, user, unit, role, title, valid_from, valid_to)


def _checked(line: Line, head: str, check: Callable[[str], str]) -> str:
    try:
        return check(line.text(head))
    except Refused as refused:
        line.problem(head, str(refused))
        return ""


def _is_there(row: PersonRow, held: Sequence[RoleAssignment], before: Sequence[PersonRow], line: Line) -> bool:
    """Whether the person has exactly this role already; one that only overlaps is a problem."""
    twin = next((b for b in before if (b.username, b.role, b.unit) == (row.username, row.role, row.unit)), None)
    if twin is not None and _overlap(twin, row):
        line.problem(FROM, f"Trùng thời gian với dòng {twin.number}; bỏ một dòng hoặc sửa ngày.")
        return True
    for old in held:
        same = row.user is not None and (old.user_id, old.role, old.unit_id) == (row.user.pk, row.role, row.unit.pk)
        if same and (old.valid_from, old.valid_to) == (row.valid_from, row.valid_to):
            return True
        if same and _overlap(old, row):
            line.problem(FROM, f"Đã có vai trò này từ ngày {old.valid_from:%d/%m/%Y}; sửa ngày hoặc bỏ dòng này.")
            return True
    return False


def _overlap(one: PersonRow | RoleAssignment, other: PersonRow) -> bool:
    starts_in_time = other.valid_to is None or one.valid_from <= other.valid_to
    return starts_in_time and (one.valid_to is None or one.valid_to >= other.valid_from)


# ---- area types --------------------------------------------------------------------------------------------------
def plan_area_types(sheets: Mapping[str, Rows], *, by: User, at: datetime.datetime) -> Plan[AreaTypeRow]:
    today = timezone.localdate(at)
    plan: Plan[AreaTypeRow] = Plan()
    units, seen = Units(by, today), dict[int, int]()
    latest = {row.unit_id: row for row in AreaTypeAssignment.objects.order_by("valid_from")}
    for line in lines_of(sheets, Import.Kind.AREA_TYPES):
        area_type = line.one_of(AREA_TYPE, AREA_TYPES)
        number = _checked(line, DOCUMENT, lambda text: one_line(text, "Số văn bản", DOCUMENT_NUMBER_LENGTH))
        if not number and not line.text(DOCUMENT):
            line.problem(DOCUMENT, "Nhập số văn bản làm căn cứ xếp loại xã.")
        day = line.day(FROM, required=True)
        unit = units.of(line, COMMUNE, day or today)
        if unit is not None and unit.level != Level.COMMUNE:
            line.problem(COMMUNE, f"{unit.name} không phải đơn vị cấp xã; chọn một đơn vị cấp xã.")
        elif unit is not None and day is not None and not unit.is_in_force_on(day):
            line.problem(FROM, f"{unit.name} không có hiệu lực vào ngày này; chọn ngày khác.")
        if unit is not None and (first := seen.setdefault(unit.pk, line.number)) != line.number:
            line.problem(COMMUNE, f"{unit.name} đã có ở dòng {first}; bỏ một dòng.")
        old = latest.get(unit.pk) if unit is not None else None
        if old is not None and day is not None and old.valid_from >= day:
            if not line.problems and (old.area_type, old.document_number, old.valid_from) == (area_type, number, day):
                plan.unchanged += 1
                continue
            line.problem(FROM, f"Đã được xếp loại từ ngày {old.valid_from:%d/%m/%Y}; chọn ngày sau ngày đó.")
        if not line.problems and unit is not None and area_type is not None and day is not None:
            plan.rows.append(AreaTypeRow(line.number, unit, area_type, number, day))
        plan.problems += line.problems
    return plan
