"""Changes to the catalogue of units and people, each with its audit row. The time comes in as an argument (`at`)."""

import datetime
import re
import secrets
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.access import temporary_until
from communes.models import (
    DOCUMENT_NUMBER_LENGTH,
    TITLE_LENGTH,
    AccountReview,
    AreaType,
    AreaTypeAssignment,
    Kind,
    Level,
    Role,
    RoleAssignment,
    Unit,
    User,
)
from communes.queries import covers, forget_roles, people_visible_to, roles_of

ADMIN_ROLES: Final = frozenset({Role.CATALOGUE_ADMIN, Role.SYSTEM_ADMIN})

CHANGED_MEANWHILE = "Dữ liệu vừa được người khác thay đổi; tải lại trang rồi thực hiện lại."


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
    # By its day: the model's own order is the unit's, and would join the units for the sake of one row.
    return AreaTypeAssignment.objects.filter(unit=unit).in_force_on(on).order_by("valid_from").first()


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
    number = one_line(document_number, "Số văn bản", DOCUMENT_NUMBER_LENGTH)
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
        raise Stale(CHANGED_MEANWHILE) from error
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


@transaction.atomic
def accept_area_types(
    *,
    choices: Sequence[tuple[Unit, AreaType]],
    document_number: str,
    valid_from: datetime.date,
    by: User,
    at: datetime.datetime,
) -> list[AreaTypeAssignment]:
    """Many communes by one document: all of them or, where one cannot be, none."""
    if not choices:
        raise Refused("Chưa chọn đơn vị nào; đánh dấu ít nhất một đơn vị rồi chấp nhận.")
    return [
        accept_area_type(
            unit=unit, area_type=area_type, document_number=document_number, valid_from=valid_from, by=by, at=at
        )
        for unit, area_type in choices
    ]


def _end(assignment: AreaTypeAssignment, last_day: datetime.date) -> None:
    if assignment.valid_to is not None and assignment.valid_to <= last_day:
        return
    # conditional, since select_for_update does nothing on SQLite
    unchanged = AreaTypeAssignment.objects.filter(pk=assignment.pk, valid_to=assignment.valid_to)
    if not unchanged.update(valid_to=last_day):
        raise Stale(CHANGED_MEANWHILE)


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

    Nobody gives a role to themselves: a catalogue administrator has no dossiers (nor may that be one step away). Nor
    does one administrator make another: those come from the server alone (`manage.py create_admin`).
    """
    if by is not None:
        if by == user:
            raise Refused("Không được tự giao vai trò cho chính mình; đề nghị một người quản trị danh mục khác giao.")
        check_can_manage_catalogue(by, unit, timezone.localdate(at))
        if role in ADMIN_ROLES:
            raise Refused(
                f"Vai trò «{Role(role).label}» chỉ được giao trên máy chủ; đề nghị người vận hành máy chủ giao."
            )
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
                title=one_line(title, "Chức danh", TITLE_LENGTH),
                valid_from=valid_from,
                valid_to=valid_to,
            )
    except IntegrityError as error:
        raise Stale(CHANGED_MEANWHILE) from error
    audit.record(
        "assign_role",
        user,
        by=by,
        at=at,
        unit_id=unit.pk,
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
    if by == assignment.user:
        raise Refused("Không được tự kết thúc vai trò của chính mình; đề nghị một người quản trị danh mục khác làm.")
    check_can_manage_catalogue(by, assignment.unit, timezone.localdate(at))
    if last_day < assignment.valid_from:
        raise Refused("Ngày kết thúc phải từ ngày bắt đầu trở đi; sửa lại ngày kết thúc.")
    before = assignment.valid_to
    ended = RoleAssignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=last_day))
    ended = ended.filter(pk=assignment.pk, valid_to=before)
    if not ended.update(valid_to=last_day):
        raise Stale("Vai trò này đã kết thúc từ trước; tải lại trang để xem ngày kết thúc.")
    assignment.valid_to = last_day
    audit.record(
        "end_role",
        assignment.user,
        by=by,
        at=at,
        unit_id=assignment.unit_id,
        role=Role.CATALOGUE_ADMIN.label,
        before={"valid_to": before.isoformat() if before else None},
        after={"role": assignment.role, "unit": str(assignment.unit.uuid), "valid_to": last_day.isoformat()},
    )
    forget_roles(assignment.user)


# ---- accounts ----------------------------------------------------------------------------------------------------
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9@.+_-]*")
_USERNAME_LENGTH: Final = 150
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another over the telephone


class Password(NamedTuple):
    clear: str
    hashed: str


class NewAccount(NamedTuple):
    """`password` is shown once to whoever opened the account, and kept nowhere but as a hash."""

    user: User
    password: str


def random_password() -> str:
    """Four groups of four: 79 bits, and easy to read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def new_password() -> Password:
    """Costs what hashing costs: whoever opens many accounts makes these before the transaction."""
    clear = random_password()
    return Password(clear, make_password(clear))


def check_can_administer_account(by: User, user: User, today: datetime.date) -> None:
    """Whoever sets a password can sign in with it, so this must never lead beyond the own area or to an administrator's
    rights."""
    if by == user:
        raise Refused("Không được tự quản trị tài khoản của mình; đổi mật khẩu ở mục «Đổi mật khẩu».")
    roles = roles_of(by, today)
    if not roles.has(Role.CATALOGUE_ADMIN):
        raise Refused("Chỉ người quản trị danh mục được làm việc này; liên hệ người quản trị danh mục của tỉnh.")
    area = roles.covered_unit_ids(Role.CATALOGUE_ADMIN)
    held = list(RoleAssignment.objects.filter(user=user).select_related("unit__parent__parent"))
    if not any(covers(area, assignment.unit) for assignment in held):
        raise Refused("Tài khoản này không thuộc địa bàn được giao quản trị; chọn một người trong địa bàn.")
    live = [assignment for assignment in held if assignment.valid_to is None or assignment.valid_to >= today]
    if any(assignment.role in ADMIN_ROLES for assignment in live):
        raise Refused(f"{user} đang giữ vai trò quản trị; đề nghị người vận hành máy chủ xử lý tài khoản này.")
    if not all(covers(area, assignment.unit) for assignment in live):
        raise Refused(
            f"{user} còn giữ vai trò ngoài địa bàn được giao quản trị; kết thúc các vai trò trong địa bàn, "
            "phần còn lại đề nghị quản trị danh mục nơi đó."
        )


def why_not_administer_account(by: User, user: User, today: datetime.date) -> str:
    """The sentence for a page that shows no buttons; "" where the person may."""
    try:
        check_can_administer_account(by, user, today)
    except Refused as refused:
        return str(refused)
    return ""


def check_full_name(text: str) -> str:
    name = one_line(text, "Họ và tên", User._meta.get_field("full_name").max_length or 0)
    if not name:
        raise Refused("Nhập họ và tên của người dùng.")
    return name


def check_username(text: str) -> str:
    """As it will be stored."""
    login = User.normalize_username(text)
    if not _USERNAME.fullmatch(login) or len(login) > _USERNAME_LENGTH:
        raise Refused(
            "Tên đăng nhập chỉ gồm chữ không dấu, chữ số và các ký tự @ . + - _, bắt đầu bằng chữ hoặc số; nhập lại."
        )
    return login


@transaction.atomic
def create_account(
    *,
    username: str,
    full_name: str,
    role: Role,
    unit: Unit,
    valid_from: datetime.date,
    valid_to: datetime.date | None = None,
    title: str = "",
    by: User | None,
    at: datetime.datetime,
    password: Password | None = None,
) -> NewAccount:
    """Opens an account with its first role, so that it belongs to somebody's area from the start. `by=None` is the
    set-up on the server. What an account of the demo opens is one of the demo."""
    if by is not None:
        check_can_manage_catalogue(by, unit, timezone.localdate(at))
    name, login = check_full_name(full_name), check_username(username)
    taken = Refused(f"Tên đăng nhập «{login}» đã có người dùng; chọn một tên khác.")
    if User.objects.filter(username__iexact=login).exists():
        raise taken
    password = password or new_password()
    user = User(
        username=login,
        full_name=name,
        password=password.hashed,
        password_expires_at=temporary_until(at),
        is_demo=by.is_demo if by else False,
    )
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise taken from error
    audit.record(
        "create_account",
        user,
        by=by,
        at=at,
        unit_id=unit.pk,
        role=Role.CATALOGUE_ADMIN.label if by else "",
        after={"username": login, "full_name": name},
    )
    assign_role(user=user, role=role, unit=unit, valid_from=valid_from, valid_to=valid_to, title=title, by=by, at=at)
    return NewAccount(user, password.clear)


@transaction.atomic
def reset_password(*, user: User, by: User | None, at: datetime.datetime, reason: str = "") -> str:
    """Gives the account a new random password for one sign-in, which ends its sessions everywhere; the caller shows it
    once. A second factor stays and is asked for as before. `by=None` is the operator on the server."""
    if by is not None:
        check_can_administer_account(by, user, timezone.localdate(at))
    password = random_password()
    User.objects.filter(pk=user.pk).update(password=make_password(password), password_expires_at=temporary_until(at))
    role = Role.CATALOGUE_ADMIN.label if by else ""
    audit.record("reset_password", user, by=by, at=at, role=role, reason=reason)
    return password


def deactivate_account(*, user: User, by: User, at: datetime.datetime) -> None:
    """Signs the person out everywhere and for good; roles and papers stay as they are."""
    _set_active(user, active=False, action="deactivate_account", by=by, at=at)


def reactivate_account(*, user: User, by: User, at: datetime.datetime) -> None:
    _set_active(user, active=True, action="reactivate_account", by=by, at=at)


@transaction.atomic
def _set_active(user: User, *, active: bool, action: str, by: User, at: datetime.datetime) -> None:
    check_can_administer_account(by, user, timezone.localdate(at))
    if not User.objects.filter(pk=user.pk, is_active=not active).update(
        is_active=active, session_version=F("session_version") + 1
    ):
        raise Stale(CHANGED_MEANWHILE)
    user.is_active = active
    audit.record(
        action,
        user,
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label,
        before={"is_active": not active},
        after={"is_active": active},
    )
    forget_roles(user)


@transaction.atomic
def review_accounts(*, uuids: Collection[UUID], by: User, at: datetime.datetime) -> int:
    """Notes that these accounts were gone through this year; how many had not been yet. Nobody reviews themselves."""
    today = timezone.localdate(at)
    if not roles_of(by, today).has(Role.CATALOGUE_ADMIN):
        raise Refused("Chỉ người quản trị danh mục được làm việc này; liên hệ người quản trị danh mục của tỉnh.")
    if not uuids:
        raise Refused("Chưa chọn tài khoản nào; đánh dấu ít nhất một tài khoản rồi ghi nhận.")
    people = list(people_visible_to(by, today).filter(uuid__in=uuids).order_by("pk"))
    if len(people) != len(set(uuids)):
        raise Refused("Có tài khoản không thuộc địa bàn được giao quản trị; chọn lại.")
    if by in people:
        raise Refused("Không được tự rà soát tài khoản của mình; đề nghị một người quản trị danh mục khác rà soát.")
    done = set(AccountReview.objects.filter(user__in=people, year=today.year).values_list("user_id", flat=True))
    waiting = [user for user in people if user.pk not in done]
    try:
        with transaction.atomic():
            AccountReview.objects.bulk_create(
                AccountReview(user=user, year=today.year, by=by, at=at) for user in waiting
            )
    except IntegrityError as error:  # a colleague went through one of them at this moment
        raise Stale(CHANGED_MEANWHILE) from error
    for user in waiting:
        role = Role.CATALOGUE_ADMIN.label
        audit.record("review_account", user, by=by, at=at, role=role, after={"year": today.year})
    return len(waiting)


def one_line(text: str, label: str, limit: int) -> str:
    """One clean line that fits its column (SQLite would take any length, PostgreSQL fail)."""
    line = " ".join(nfc(text).split())
    if len(line) > limit:
        raise Refused(f"{label} dài quá {limit} ký tự; rút ngắn lại.")
    return line
