"""Acting for a superior on leave: a role with a last day, held in somebody's place by the number of a paper.

It ends by itself, and with the superior's own role: `RoleAssignmentQuerySet.counting_on` asks for that at every click.
"""

import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from communes.models import DOCUMENT_NUMBER_LENGTH, TITLE_LENGTH, Role, RoleAssignment, Unit, User
from communes.queries import forget_roles, roles_of
from communes.services import ADMIN_ROLES, CHANGED_MEANWHILE, check_can_manage_catalogue, one_line

SUPERIORS: Final = (Role.COMMUNE_HEAD, Role.HEAD_OF_OFFICE, Role.LEADER)
"""Who signs or answers for the work of others. An appraiser, an editor or a clerk on leave has colleagues with the same
role, or the administrator gives it to one."""


def roles_to_stand_in_for(user: User, today: datetime.date) -> list[RoleAssignment]:
    """The own roles of a superior, today's and coming ones; what somebody holds for another is not passed on."""
    # NĐ 30/2020, Điều 13 khoản 3: người được ký thừa ủy quyền không được ủy quyền lại cho người khác ký
    held = RoleAssignment.objects.own().filter(user=user, role__in=SUPERIORS)
    return list(held.exclude(valid_to__lt=today).select_related("unit__parent__parent").order_by("valid_from", "role"))


def substitutes_of(user: User) -> QuerySet[RoleAssignment]:
    """Who acts, acted or is to act for somebody; the latest first."""
    return (
        RoleAssignment.objects.filter(acting_for=user)
        .select_related("user", "acting_for", "unit__parent__parent")
        .order_by("-valid_from", "role")
    )


def colleagues_of(held: RoleAssignment, today: datetime.date) -> QuerySet[User]:
    """Whoever has a role of their own at the same unit, but no administrator."""
    there = RoleAssignment.objects.own().in_force_on(today).filter(user=OuterRef("pk"))
    return (
        User.objects.filter(Exists(there.filter(unit=held.unit_id)), is_active=True)
        .exclude(Exists(there.filter(role__in=ADMIN_ROLES)))
        .exclude(pk=held.user_id)
        .order_by("full_name", "username")
    )


def check_can_arrange_acting(by: User, held: RoleAssignment, today: datetime.date) -> None:
    """The superior, or a catalogue administrator of the area."""
    if by == held.user:
        own = roles_of(by, today).at(held.unit_id, Role(held.role))
        if own is None or own.acting_for_id is not None:
            raise Refused("Chỉ người giữ vai trò này mới giao được người làm thay; đề nghị quản trị danh mục giao.")
    else:
        check_can_manage_catalogue(by, held.unit, today)


@transaction.atomic
def give_acting(
    *,
    held: RoleAssignment,
    to: User,
    title: str,
    valid_from: datetime.date,
    valid_to: datetime.date,
    document_number: str,
    by: User,
    at: datetime.datetime,
) -> RoleAssignment:
    """Lets `to` act in the place of whoever holds `held`, from day to day, by the paper's number.

    Refused for days that are past, beyond the superior's own, or on which somebody else already acts for this role at
    this unit.
    """
    today = timezone.localdate(at)
    role, unit, superior = Role(held.role), held.unit, held.user
    if role not in SUPERIORS or held.acting_for_id is not None:
        raise Refused("Chỉ giao được người làm thay cho vai trò lãnh đạo của chính người vắng mặt; chọn vai trò khác.")
    check_can_arrange_acting(by, held, today)
    if to == by and by != superior:
        raise Refused("Không được tự giao vai trò cho chính mình; đề nghị một người quản trị danh mục khác giao.")
    if not colleagues_of(held, today).filter(pk=to.pk).exists():
        raise Refused(f"{to} không giữ vai trò nào tại {unit.name}; chọn một đồng chí cùng đơn vị.")
    number = one_line(document_number, "Số văn bản", DOCUMENT_NUMBER_LENGTH)
    if not number:
        raise Refused("Nhập số văn bản giao làm thay.")
    title = one_line(title, "Chức vụ", TITLE_LENGTH)
    if not title:
        raise Refused("Nhập chức vụ của người làm thay như ghi trên văn bản, ví dụ: Phó Chủ tịch.")
    if valid_from < today:
        raise Refused("Không giao làm thay cho ngày đã qua; chọn ngày bắt đầu từ hôm nay trở đi.")
    if valid_to < valid_from:
        raise Refused("Ngày kết thúc phải từ ngày bắt đầu trở đi; sửa lại ngày kết thúc.")
    if valid_from < held.valid_from or (held.valid_to is not None and held.valid_to < valid_to):
        raise Refused(f"{superior} không giữ vai trò này suốt thời gian đó; chọn những ngày còn giữ vai trò.")
    # one at a time from here on: PostgreSQL holds the row, SQLite the whole database
    Unit.objects.filter(pk=unit.pk).update(name=F("name"))
    there = RoleAssignment.objects.filter(role=role, unit=unit, valid_from__lte=valid_to, withdrawn_at__isnull=True)
    taken = there.filter(acting_for__isnull=False, valid_to__gte=valid_from).select_related("user").first()
    if taken is not None:
        raise Refused(
            f"{taken.user} đã được giao làm thay vai trò này từ {taken.valid_from:%d/%m/%Y} đến "
            f"{taken.valid_to:%d/%m/%Y}; chọn ngày khác hoặc kết thúc việc làm thay đó trước."
        )
    if there.own().filter(user=to).exclude(valid_to__lt=valid_from).exists():
        raise Refused(f"{to} đã có vai trò «{role.label}» tại {unit.name} trong thời gian này; không cần làm thay.")
    try:
        with transaction.atomic():
            acting = RoleAssignment.objects.create(
                user=to,
                role=role,
                unit=unit,
                title=title,
                valid_from=valid_from,
                valid_to=valid_to,
                acting_for=superior,
                acting_document=number,
            )
    except IntegrityError as error:
        raise Stale(CHANGED_MEANWHILE) from error
    audit.record(
        "give_acting",
        to,
        by=by,
        at=at,
        role=_words(by, held),
        after={
            "role": role.value,
            "unit": str(unit.uuid),
            "acting_for": str(superior.uuid),
            "document_number": number,
            "valid_from": valid_from.isoformat(),
            "valid_to": valid_to.isoformat(),
        },
    )
    forget_roles(to)
    return acting


@transaction.atomic
def end_acting(*, acting: RoleAssignment, by: User, at: datetime.datetime) -> None:
    """The superior is back: at the next click the other one has no say any more. The row stays with its days, since
    what was done by it stands, and four eyes still know of it."""
    today = timezone.localdate(at)
    if acting.acting_for is None:
        raise Refused("Vai trò này không phải là làm thay; chọn một dòng khác.")
    if by != acting.acting_for:
        check_can_manage_catalogue(by, acting.unit, today)
    live = RoleAssignment.objects.filter(pk=acting.pk, withdrawn_at__isnull=True, valid_to__gte=today)
    if not live.update(withdrawn_at=at):
        raise Stale("Việc làm thay này đã kết thúc từ trước; tải lại trang để xem.")
    audit.record(
        "end_acting",
        acting.user,
        by=by,
        at=at,
        role=_words(by, acting),
        after={
            "role": acting.role,
            "unit": str(acting.unit.uuid),
            "acting_for": str(acting.acting_for.uuid),
        },
    )
    forget_roles(acting.user)


def _words(by: User, held: RoleAssignment) -> str:
    """The superior acts as such; anybody else as the administrator."""
    superior = held.acting_for or held.user
    return f"{held.get_role_display()}, {held.unit.name}" if by == superior else Role.CATALOGUE_ADMIN.label
