"""Changes to the catalogue of units and people, each with its audit row. The time comes in as an argument (`at`)."""

import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.models import (
    DOCUMENT_NUMBER_LENGTH,
    TITLE_LENGTH,
    AreaType,
    AreaTypeAssignment,
    Kind,
    Level,
    Role,
    RoleAssignment,
    Unit,
    User,
)
from communes.queries import covers, forget_roles, roles_of

_CHANGED_MEANWHILE = "Dữ liệu vừa được người khác thay đổi; tải lại trang rồi thực hiện lại."


# ---- who may -----------------------------------------------------------------------------------------------------
def check_can_manage_catalogue(by: User, unit: Unit, today: datetime.date) -> None:
    """Only a catalogue administrator, and only in the own area (with the provinces that it took over)."""
    roles = roles_of(by, today)
    if not roles.has(Role.CATALOGUE_ADMIN):
        raise Refused("Chỉ người quản trị danh mục được làm việc này; liên hệ người quản trị danh mục của tỉnh.")
    if not covers(roles.covered_unit_ids(Role.CATALOGUE_ADMIN), unit):
        raise Refused(f"{unit.name} không thuộc địa bàn được giao quản trị; chọn một đơn vị trong địa bàn.")


def can_manage_catalogue(by: User, unit: Unit, today: datetime.date) -> bool:
    try:
        check_can_manage_catalogue(by, unit, today)
    except Refused:
        return False
    return True


# ---- area types --------------------------------------------------------------------------------------------------
def propose_area_type(unit: Unit) -> AreaType | None:
    """What follows from the unit and its province alone: a proposal that somebody accepts with a document's number.

    None where there is no commune. Where two types fit, the one with the lowest threshold wins; so far only a special
    zone is known to be an island or mountain area by its kind.
    """
    # QĐ 06/QĐ-TTg, điều kiện công nhận: 900 cho phường của thành phố trực thuộc trung ương, 800 cho miền núi, hải đảo
    if unit.level != Level.COMMUNE:
        return None
    if unit.kind == Kind.SPECIAL_ZONE:
        return AreaType.MOUNTAIN_ISLAND_DISADVANTAGED
    if unit.kind == Kind.WARD and unit.province.kind == Kind.CENTRAL_CITY:
        return AreaType.WARD_OF_CENTRAL_CITY
    return AreaType.OTHER


def area_type_of(unit: Unit, on: datetime.date) -> AreaTypeAssignment | None:
    """The accepted area type of the commune on that day; None where nobody has accepted one."""
    return AreaTypeAssignment.objects.filter(unit=unit).in_force_on(on).first()


@transaction.atomic
def accept_area_type(
    *,
    unit: Unit,
    area_type: AreaType,
    document_number: str,
    valid_from: datetime.date,
    by: User,
    at: datetime.datetime,
) -> AreaTypeAssignment:
    """Gives the commune its area type from `valid_from` on; the type before it ends on the day before.

    Refused without a document's number, outside the unit's own days, and on or before the first day of a type that was
    accepted already: what a period has used is not rewritten.
    """
    check_can_manage_catalogue(by, unit, timezone.localdate(at))
    if unit.level != Level.COMMUNE:
        raise Refused(f"{unit.name} không phải đơn vị cấp xã; chọn một đơn vị cấp xã để xếp loại.")
    number = _line(document_number, "Số văn bản", DOCUMENT_NUMBER_LENGTH)
    if not number:
        raise Refused("Nhập số văn bản làm căn cứ xếp loại xã.")
    if not unit.is_in_force_on(valid_from):
        raise Refused(
            f"{unit.name} không có hiệu lực vào ngày {valid_from:%d/%m/%Y}; chọn ngày bắt đầu {_validity(unit)}."
        )
    latest = AreaTypeAssignment.objects.filter(unit=unit).order_by("-valid_from").first()
    if latest is not None and latest.valid_from >= valid_from:
        raise Refused(
            f"{unit.name} đã được xếp loại từ ngày {latest.valid_from:%d/%m/%Y}; chọn ngày bắt đầu sau ngày đó."
        )
    if latest is not None:
        _end(latest, valid_from - datetime.timedelta(days=1))
    try:
        with transaction.atomic():
            assignment = AreaTypeAssignment.objects.create(
                unit=unit,
                area_type=AreaType(area_type),
                valid_from=valid_from,
                valid_to=unit.valid_to,
                document_number=number,
                accepted_by=by,
                accepted_by_name=by.full_name,
                accepted_at=at,
            )
    except IntegrityError as error:
        raise Stale(_CHANGED_MEANWHILE) from error
    audit.record(
        "accept_area_type",
        unit,
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label,
        before={"area_type": latest.area_type} if latest else None,
        after={
            "area_type": assignment.area_type,
            "document_number": number,
            "valid_from": valid_from.isoformat(),
        },
    )
    return assignment


def _end(assignment: AreaTypeAssignment, last_day: datetime.date) -> None:
    if assignment.valid_to is not None and assignment.valid_to <= last_day:
        return
    # conditional, since select_for_update does nothing on SQLite
    unchanged = AreaTypeAssignment.objects.filter(pk=assignment.pk, valid_to=assignment.valid_to)
    if not unchanged.update(valid_to=last_day):
        raise Stale(_CHANGED_MEANWHILE)


def _validity(unit: Unit) -> str:
    if unit.valid_to is None:
        return f"từ {unit.valid_from:%d/%m/%Y}"
    return f"từ {unit.valid_from:%d/%m/%Y} đến {unit.valid_to:%d/%m/%Y}"


# ---- roles -------------------------------------------------------------------------------------------------------
@transaction.atomic
def assign_role(
    *,
    user: User,
    role: Role,
    unit: Unit,
    valid_from: datetime.date,
    valid_to: datetime.date | None = None,
    title: str = "",
    by: User | None,
    at: datetime.datetime,
) -> RoleAssignment:
    """Gives somebody a role at a unit. `by=None` is the set-up on the server itself, which appoints the first ones.

    Nobody gives a role to themselves: a catalogue administrator has no dossiers (nor may that be one step away).
    """
    if by is not None:
        if by == user:
            raise Refused("Không được tự giao vai trò cho chính mình; đề nghị một người quản trị danh mục khác giao.")
        check_can_manage_catalogue(by, unit, timezone.localdate(at))
    if not user.is_active:
        raise Refused(f"Tài khoản của {user} đã ngừng hoạt động; mở lại tài khoản rồi giao vai trò.")
    if valid_to is not None and valid_to < valid_from:
        raise Refused("Ngày kết thúc phải từ ngày bắt đầu trở đi; sửa lại ngày kết thúc.")
    if valid_from < unit.valid_from:
        raise Refused(f"{unit.name} chỉ có từ ngày {unit.valid_from:%d/%m/%Y}; chọn ngày bắt đầu từ ngày đó trở đi.")
    overlapping = RoleAssignment.objects.filter(user=user, role=role, unit=unit).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=valid_from)
    )
    if valid_to is not None:
        overlapping = overlapping.filter(valid_from__lte=valid_to)
    if overlapping.exists():
        raise Refused(f"{user} đã có vai trò «{Role(role).label}» tại {unit.name} trong thời gian này; chọn ngày khác.")
    try:
        with transaction.atomic():
            assignment = RoleAssignment.objects.create(
                user=user,
                role=Role(role),
                unit=unit,
                title=_line(title, "Chức danh", TITLE_LENGTH),
                valid_from=valid_from,
                valid_to=valid_to,
            )
    except IntegrityError as error:
        raise Stale(_CHANGED_MEANWHILE) from error
    audit.record(
        "assign_role",
        user,
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label if by else "",
        after={
            "role": assignment.role,
            "unit": str(unit.uuid),
            "valid_from": valid_from.isoformat(),
            "valid_to": valid_to.isoformat() if valid_to else None,
        },
    )
    forget_roles(user)
    return assignment


@transaction.atomic
def end_role(*, assignment: RoleAssignment, last_day: datetime.date, by: User, at: datetime.datetime) -> None:
    """Sets the last day of a role. The row stays, since papers of its time name the person with it."""
    check_can_manage_catalogue(by, assignment.unit, timezone.localdate(at))
    if last_day < assignment.valid_from:
        raise Refused("Ngày kết thúc phải từ ngày bắt đầu trở đi; sửa lại ngày kết thúc.")
    ended = RoleAssignment.objects.filter(pk=assignment.pk).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=last_day))
    before = assignment.valid_to
    if not ended.update(valid_to=last_day):
        raise Stale("Vai trò này đã kết thúc từ trước; tải lại trang để xem ngày kết thúc.")
    assignment.valid_to = last_day
    audit.record(
        "end_role",
        assignment.user,
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label,
        before={"valid_to": before.isoformat() if before else None},
        after={"role": assignment.role, "unit": str(assignment.unit.uuid), "valid_to": last_day.isoformat()},
    )
    forget_roles(assignment.user)


def _line(text: str, label: str, limit: int) -> str:
    """One clean line that fits its column (SQLite would take any length, PostgreSQL fail)."""
    line = " ".join(nfc(text).split())
    if len(line) > limit:
        raise Refused(f"{label} dài quá {limit} ký tự; rút ngắn lại.")
    return line
