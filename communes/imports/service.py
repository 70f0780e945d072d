"""People with their roles, and area types, from a workbook: read, judged cell by cell, confirmed all or nothing."""

import base64
import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from childfriendly.core import audit, jobs
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.exports import exported, watermark
from childfriendly.core.files import check_upload, content_of, delete_if_older, files_older_than, keys, store
from childfriendly.core.files.sealing import seal, unseal
from childfriendly.core.models import Job
from childfriendly.core.numbers import format_number
from childfriendly.core.sheets import MAX_BYTES, Column, read_workbook, table_workbook
from communes.imports.plans import (
    AREA_SHEET,
    AREA_TYPE,
    AREA_TYPES,
    COMMUNE,
    DOCUMENT,
    FROM,
    HEADS,
    LOGIN,
    NAME,
    PEOPLE_SHEET,
    ROLE,
    TITLE,
    TO,
    UNIT,
    AreaTypeRow,
    PersonRow,
    Plan,
    lines_of,
    plan_area_types,
    plan_people,
)
from communes.models import (
    Import,
    Level,
    Role,
    Unit,
    User,
)
from communes.queries import administered_units, roles_of
from communes.services import (
    ADMIN_ROLES,
    Password,
    accept_area_type,
    assign_role,
    create_account,
    new_password,
)

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

KEPT_FOR: Final = datetime.timedelta(hours=24)
LONGEST_LIST: Final = 200  # problems and rows on a page
IMPORT_PEOPLE: Final = "import_people"
BLANK_ROWS: Final = 1_000


# ---- the file ----------------------------------------------------------------------------------------------------
def form_of(kind: Import.Kind, *, by: User, at: datetime.datetime) -> bytes:
    """The workbook to fill in, with the units of the area that are in force."""
    today = timezone.localdate(at)
    area = administered_units(by, today).in_force_on(today).with_parents()
    name, _ = HEADS[kind]
    if kind == Import.Kind.PEOPLE:
        columns = [
            Column(NAME, 28),
            Column(LOGIN, 24),
            Column(UNIT, 44, choices=tuple(map(_choice, area))),
            Column(ROLE, 28, choices=tuple(role.label for role in Role if role not in ADMIN_ROLES)),
            Column(TITLE, 24),
            Column(FROM, 14, is_date=True),
            Column(TO, 14, is_date=True),
        ]
        notes = [
            "Mỗi dòng là một vai trò của một người. Người giữ nhiều vai trò: nhiều dòng cùng tên đăng nhập.",
            "Tên đăng nhập gồm chữ không dấu, chữ số và các ký tự @ . + - _. Đến hết ngày: để trống nếu chưa biết.",
            "Dòng đã có trên hệ thống thì giữ nguyên, nên tải cùng một tệp hai lần không làm thay đổi gì.",
        ]
        return table_workbook(name, columns, [], notes=notes, blank=BLANK_ROWS)
    columns = [
        Column(COMMUNE, 44, choices=tuple(map(_choice, area.filter(level=Level.COMMUNE)))),
        Column(AREA_TYPE, 44, choices=tuple(AREA_TYPES)),
        Column(DOCUMENT, 36),
        Column(FROM, 14, is_date=True),
    ]
    notes = ["Mỗi dòng là một đơn vị cấp xã. Dòng đã có trên hệ thống thì giữ nguyên."]
    return table_workbook(name, columns, [], notes=notes, blank=BLANK_ROWS)


def _choice(unit: Unit) -> str:
    return f"{unit.code} – {unit.full_name_with_parents}"


def receive(*, kind: Import.Kind, upload: "UploadedFile[bytes]", by: User, at: datetime.datetime) -> Import:
    """Takes a workbook in, sealed under its hash and for a day, so that what is confirmed is what was shown."""
    _check_is_administrator(by, at)
    checked = check_upload(upload, max_bytes=MAX_BYTES, allowed={"xlsx"})
    list(lines_of(read_workbook(checked.content), kind))  # a sentence at once where it is another workbook
    path = store(checked, root=settings.IMPORTS_ROOT, seal_with=keys()[0])
    item = Import.objects.create(
        kind=kind,
        owner=by,
        name=checked.name,
        sha256=checked.sha256,
        path=path,
        uploaded_at=at,
        expires_at=at + KEPT_FOR,
    )
    forget_expired(at)
    return item


def forget_expired(at: datetime.datetime) -> None:
    """Files that nobody confirmed in time, and passwords that nobody fetched."""
    Import.objects.filter(expires_at__lte=at).exclude(passwords="").update(passwords="")
    if not settings.IMPORTS_ROOT.exists():
        return
    needed = set(Import.objects.filter(expires_at__gt=at).values_list("path", flat=True))
    for relative in files_older_than(at - KEPT_FOR, root=settings.IMPORTS_ROOT):
        if relative not in needed:
            delete_if_older(relative, at - KEPT_FOR, root=settings.IMPORTS_ROOT)


def plan_of(item: Import, *, by: User, at: datetime.datetime) -> Plan[PersonRow] | Plan[AreaTypeRow]:
    """Read anew each time: meanwhile somebody may have opened one of the accounts."""
    if item.expires_at <= at:
        raise Refused("Tệp này đã quá 24 giờ nên không còn giữ. Tải lên lại.")
    try:
        content = b"".join(content_of(item.path, root=settings.IMPORTS_ROOT))
    except FileNotFoundError as error:
        raise Refused("Tệp này không còn trên máy chủ. Tải lên lại.") from error
    sheets = read_workbook(BytesIO(content))
    if item.kind == Import.Kind.PEOPLE:
        return plan_people(sheets, by=by, at=at)
    return plan_area_types(sheets, by=by, at=at)


def _check_is_administrator(by: User, at: datetime.datetime) -> None:
    if not roles_of(by, timezone.localdate(at)).has(Role.CATALOGUE_ADMIN):
        raise Refused("Chỉ người quản trị danh mục được làm việc này; liên hệ người quản trị danh mục của tỉnh.")


def _check_ready(item: Import, plan: Plan[PersonRow] | Plan[AreaTypeRow]) -> None:
    if plan.problems:
        first = plan.problems[0]
        raise Refused(f"Tệp còn {len(plan.problems)} lỗi, đầu tiên là {first.cell}: {first.sentence}")
    if not plan.rows:
        raise Refused("Tệp không có gì mới so với hệ thống nên không có gì để nhập.")


# ---- confirming --------------------------------------------------------------------------------------------------
@transaction.atomic
def confirm_area_types(*, item: Import, by: User, at: datetime.datetime) -> str:
    """All rows or, where one cannot be, none; a second press finds it done."""
    plan = plan_of(item, by=by, at=at)
    _check_ready(item, plan)
    rows = [row for row in plan.rows if isinstance(row, AreaTypeRow)]
    summary = f"Đã xếp loại {format_number(len(rows))} đơn vị cấp xã."
    _claim(item, summary, "", at)
    for row in rows:
        with _row_named(AREA_SHEET, row.number):
            accept_area_type(
                unit=row.unit,
                area_type=row.area_type,
                document_number=row.document_number,
                valid_from=row.valid_from,
                by=by,
                at=at,
            )
    _record(item, by, at, {"rows": len(rows)})
    return summary


def confirm_people(*, item: Import, by: User, at: datetime.datetime) -> Job:
    """A worker does it: each new account costs a slow hash. Pressed twice, it is one job."""
    _check_ready(item, plan_of(item, by=by, at=at))
    if item.confirmed_at is not None:
        raise Stale(DONE)
    return jobs.enqueue(
        IMPORT_PEOPLE,
        key=str(item.uuid),
        title=f"Nhập người dùng từ tệp Excel ngày {timezone.localdate(item.uploaded_at):%d/%m/%Y}",
        by=by,
        at=at,
        arguments={"import": str(item.uuid)},
    )


DONE: Final = "Tệp này đã được nhập từ trước; tải lại trang để xem kết quả."


def import_people(work: jobs.Work) -> jobs.Result:
    """The job. The hashes come first, without a transaction, so that nobody waits for them; then all rows at once."""
    item = Import.objects.get(uuid=work.job.arguments["import"])
    if item.confirmed_at is not None:
        return jobs.Result(item.summary)
    by, at = User.objects.get(pk=work.job.owner_id), timezone.now()
    plan = plan_of(item, by=by, at=at)
    _check_ready(item, plan)
    rows = [row for row in plan.rows if isinstance(row, PersonRow)]
    prepared: dict[str, Password] = {}
    new = list(dict.fromkeys(row.username for row in rows if row.user is None))
    for number, username in enumerate(new, start=1):
        prepared[username] = new_password()
        work.progress(number, len(new))
    accounts = f"{format_number(len(new))} tài khoản mới, {format_number(len(rows))} vai trò"
    return jobs.Result(_store_people(item, rows, prepared, f"Đã nhập {accounts}.", by, at))


@transaction.atomic
def _store_people(
    item: Import,
    rows: Sequence[PersonRow],
    prepared: Mapping[str, Password],
    summary: str,
    by: User,
    at: datetime.datetime,
) -> str:
    _claim(item, summary, _sealed(_to_hand_out(rows, prepared)) if prepared else "", at)
    opened: dict[str, User] = {}
    for row in rows:
        with _row_named(PEOPLE_SHEET, row.number):
            user = row.user or opened.get(row.username)
            if user is None:
                account = create_account(
                    username=row.username,
                    full_name=row.full_name,
                    password=prepared[row.username],
                    by=by,
                    at=at,
                    role=row.role,
                    unit=row.unit,
                    title=row.title,
                    valid_from=row.valid_from,
                    valid_to=row.valid_to,
                )
                opened[row.username] = account.user
            else:
                assign_role(
                    user=user,
                    role=row.role,
                    unit=row.unit,
                    title=row.title,
                    valid_from=row.valid_from,
                    valid_to=row.valid_to,
                    by=by,
                    at=at,
                )
    _record(item, by, at, {"accounts": len(prepared), "roles": len(rows)})
    return summary


def _claim(item: Import, summary: str, passwords: str, at: datetime.datetime) -> None:
    waiting = Import.objects.filter(pk=item.pk, confirmed_at__isnull=True, expires_at__gt=at)
    if not waiting.update(confirmed_at=at, summary=summary, passwords=passwords):
        raise Stale(DONE)


@contextmanager
def _row_named(sheet: str, number: int) -> Iterator[None]:
    """What a service refuses is told with the row that it is about."""
    try:
        yield
    except Refused as refused:
        raise type(refused)(f"{sheet}, dòng {number}: {refused}") from refused


def _record(item: Import, by: User, at: datetime.datetime, after: Mapping[str, int]) -> None:
    audit.record(
        f"import_{item.kind}",
        item,
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label,
        after={"sha256": item.sha256, **after},
        unit_id=_place_of(by, at),
    )


def _place_of(by: User, at: datetime.datetime) -> int | None:
    held = [row for row in roles_of(by, timezone.localdate(at)) if row.role == Role.CATALOGUE_ADMIN]
    return held[0].unit_id if held else None


# ---- passwords ---------------------------------------------------------------------------------------------------
def _to_hand_out(rows: Sequence[PersonRow], prepared: Mapping[str, Password]) -> list[list[str]]:
    first: dict[str, PersonRow] = {}
    for row in rows:
        if row.username in prepared:
            first.setdefault(row.username, row)
    return [
        [row.full_name, username, row.unit.full_name_with_parents, prepared[username].clear]
        for username, row in first.items()
    ]


def _sealed(rows: list[list[str]]) -> str:
    return base64.b64encode(b"".join(seal(BytesIO(json.dumps(rows).encode()), keys()[0]))).decode()


@transaction.atomic
def hand_out_passwords(*, item: Import, by: User, at: datetime.datetime) -> bytes:
    """The temporary passwords of the accounts of one import as a workbook, once: after this they lie nowhere but as
    hashes. Until then they are sealed with a key outside the database."""
    _check_is_administrator(by, at)
    gone = Stale("Mật khẩu của lần nhập này đã được tải về hoặc đã hết hạn. Cần lại thì đặt lại mật khẩu từng người.")
    if not item.passwords or item.expires_at <= at:
        raise gone
    rows: list[list[str]] = json.loads(b"".join(unseal(BytesIO(base64.b64decode(item.passwords)), keys())))
    if not Import.objects.filter(pk=item.pk).exclude(passwords="").update(passwords=""):
        raise gone
    exported(
        "passwords",
        item,
        rows=len(rows),
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label,
    )
    columns = [Column("Họ và tên", 28), Column("Tên đăng nhập", 24), Column("Đơn vị", 44), Column("Mật khẩu tạm", 24)]
    notes = [
        "Trao tận tay từng người rồi xóa tệp này. Mật khẩu tạm dùng được một lần để đặt mật khẩu riêng.",
        watermark(by, at),
    ]
    return table_workbook("Mật khẩu tạm", columns, rows, notes=notes)


def _may_fetch(job: Job, user: object, at: datetime.datetime) -> bool:
    return False  # the job leaves no file


jobs.register(IMPORT_PEOPLE, jobs.Kind(run=import_people, may_fetch=_may_fetch))
