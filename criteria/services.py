"""Criteria sets and periods: loaded, confirmed, opened. The law is data, and somebody with a name answers for it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.models import Level, Role, Unit, User, within
from communes.queries import administered_unit_ids, roles_of
from communes.services import check_can_manage_catalogue
from criteria.deadlines import cutoff
from criteria.models import (
    TWO_TIER_FROM,
    Authority,
    Certainty,
    CriteriaSet,
    Deadline,
    DeadlineKind,
    Holiday,
    Period,
    Target,
    Task,
)
from criteria.rulesets import load_rules


def can_confirm_criteria(user: User, at: datetime) -> bool:
    """A set serves the whole country: a catalogue administrator of any province may answer for it."""
    return roles_of(user, timezone.localdate(at)).has(Role.CATALOGUE_ADMIN)


def check_can_confirm_criteria(user: User, at: datetime) -> None:
    if not can_confirm_criteria(user, at):
        raise Refused("Việc này dành cho quản trị danh mục. Đề nghị người được phân công thực hiện.")


@transaction.atomic
def load_criteria(text: str, *, at: datetime) -> tuple[CriteriaSet, bool]:
    """Store a set exactly as its file reads. Gives the row and whether anything was written. A set that somebody has
    confirmed is never overwritten: a correction is a new version."""
    rules = load_rules(text)
    digest = sha256(text.encode()).hexdigest()
    stored = CriteriaSet.objects.filter(code=rules.code, version=rules.version).first()
    if stored is not None and stored.sha256 == digest:
        return stored, False
    if stored is not None and stored.is_confirmed:
        raise Refused(f"Bộ tiêu chí {stored} đã được xác nhận nên không ghi đè. Tăng «version» trong tệp rồi nạp lại.")
    values = {
        "title": rules.title,
        "effective_from": date.fromisoformat(rules.effective_from),
        "source_text": text,
        "sha256": digest,
        "loaded_at": at,
    }
    row, _ = CriteriaSet.objects.update_or_create(code=rules.code, version=rules.version, defaults=values)
    audit.record("load_criteria", row, by=None, at=at, after={"sha256": digest})
    return row, True


@transaction.atomic
def confirm_criteria(*, criteria_set_id: int, by: User, at: datetime, is_demo: bool = False) -> CriteriaSet:
    """A catalogue administrator answers for the figures, by name and date; only then may a period open with them. What
    an account of the demo confirms is a demo."""
    check_can_confirm_criteria(by, at)
    demo = is_demo or by.is_demo
    rows = CriteriaSet.objects.filter(pk=criteria_set_id, confirmed_at__isnull=True)
    if not rows.update(confirmed_by=by, confirmed_by_name=by.full_name, confirmed_at=at, confirmation_is_demo=demo):
        raise Stale("Bộ tiêu chí này đã được xác nhận trước đó.")
    criteria_set = CriteriaSet.objects.get(pk=criteria_set_id)
    audit.record(
        "confirm_criteria",
        criteria_set,
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label,
        after={"sha256": criteria_set.sha256},
    )
    return criteria_set


@dataclass(frozen=True, slots=True)
class AuthoritySpec:
    """One row of who does what, as the plan or the province's document says."""

    task: Task
    unit: Unit
    body_name: str
    signer_title: str
    place: str
    document_number: str
    parent_body_name: str = ""
    certainty: Certainty = Certainty.RECONSTRUCTED


_OPENED_BEFORE = "{province} đã có kỳ đánh giá năm {year}. Mở kỳ đã có để xem."


def check_can_open_period(
    *,
    province: Unit,
    year: int,
    starts_on: date,
    ends_on: date,
    figures_as_of: date,
    criteria_set: CriteriaSet,
    by: User,
    at: datetime,
) -> None:
    """Everything that can be said before anything is written; the check page asks it first."""
    check_can_manage_catalogue(by, province, timezone.localdate(at))
    if not criteria_set.is_confirmed:
        raise Refused(f"Bộ tiêu chí {criteria_set} chưa được xác nhận. Xác nhận bộ tiêu chí trước khi mở kỳ đánh giá.")
    if province.level != Level.PROVINCE or not province.is_in_force_on(figures_as_of):
        raise Refused(f"{province.name} không phải tỉnh, thành phố có hiệu lực vào ngày chốt số liệu. Chọn lại.")
    if not starts_on <= ends_on or figures_as_of < starts_on:
        raise Refused("Ngày kết thúc và ngày chốt số liệu phải sau ngày bắt đầu kỳ. Kiểm tra lại các ngày.")
    if not starts_on.year <= year <= ends_on.year:
        raise Refused(f"Từ ngày bắt đầu đến ngày kết thúc không có năm {year}. Kiểm tra lại các ngày.")
    if Period.objects.filter(province=province, year=year).exists():
        raise Refused(_OPENED_BEFORE.format(province=province.name, year=year))


def provinces_to_open(by: User, today: date) -> list[Unit]:
    """Provinces for which the person may open a period: the own ones, then those that they took over."""
    provinces = Unit.objects.filter(pk__in=administered_unit_ids(by, today), level=Level.PROVINCE)
    return sorted(provinces, key=lambda unit: (unit.valid_to is not None, unit.sort_key))


def authorities_to_open(province: Unit, figures_as_of: date) -> list[AuthoritySpec]:
    """The rows a period of this closing day starts with: every district in force then, or the province itself."""
    districts = Unit.objects.in_force_on(figures_as_of).filter(parent=province, level=Level.DISTRICT)
    return standard_authorities(figures_as_of, province, districts)


@transaction.atomic
def open_period(
    *,
    province: Unit,
    year: int,
    starts_on: date,
    ends_on: date,
    figures_as_of: date,
    criteria_set: CriteriaSet,
    deadlines: Mapping[DeadlineKind, str],
    authorities: Iterable[AuthoritySpec],
    by: User,
    at: datetime,
    is_demo: bool = False,
) -> Period:
    """Open a kỳ đánh giá. `deadlines` maps a kind to the plan's wording; the cut-off follows from it. What an account
    of the demo opens is a demo."""
    check_can_open_period(
        province=province,
        year=year,
        starts_on=starts_on,
        ends_on=ends_on,
        figures_as_of=figures_as_of,
        criteria_set=criteria_set,
        by=by,
        at=at,
    )
    try:
        with transaction.atomic():
            period = Period.objects.create(
                province=province,
                year=year,
                starts_on=starts_on,
                ends_on=ends_on,
                figures_as_of=figures_as_of,
                criteria_set=criteria_set,
                is_demo=is_demo or by.is_demo,
                opened_at=at,
            )
    except IntegrityError as error:  # somebody opened it a moment ago
        raise Refused(_OPENED_BEFORE.format(province=province.name, year=year)) from error
    for kind, wording in deadlines.items():
        add_deadline(period, kind, wording)
    for spec in authorities:
        add_authority(period, spec)
    audit.record("open_period", period, by=by, at=at, role=Role.CATALOGUE_ADMIN.label)
    return period


def add_deadline(period: Period, kind: DeadlineKind, wording: str) -> Deadline:
    wording = " ".join(nfc(wording).split())
    try:
        late_from = cutoff(wording, year=period.year)
    except ValueError as error:
        raise Refused(str(error)) from error
    return Deadline.objects.create(period=period, kind=kind, wording=wording, cutoff=late_from)


def add_authority(period: Period, spec: AuthoritySpec) -> Authority:
    if not spec.unit.is_in_force_on(period.figures_as_of):
        raise Refused(f"{spec.unit.name} không có hiệu lực vào ngày chốt số liệu. Chọn đơn vị khác.")
    return Authority.objects.create(
        period=period,
        task=spec.task,
        unit=spec.unit,
        body_name=spec.body_name,
        parent_body_name=spec.parent_body_name,
        signer_title=spec.signer_title,
        place=spec.place,
        document_number=spec.document_number,
        valid_from=period.starts_on,
        valid_to=period.ends_on,
        certainty=spec.certainty,
    )


@transaction.atomic
def confirm_authority(*, authority_id: int, document_number: str, by: User, at: datetime) -> Authority:
    """The province confirms a proposed authority with the number of its own document."""
    authority = Authority.objects.select_related("period__province").get(pk=authority_id)
    check_can_manage_catalogue(by, authority.period.province, timezone.localdate(at))
    document_number = nfc(document_number).strip()
    if not document_number:
        raise Refused("Nhập số văn bản giao thẩm quyền.")
    if len(document_number) > (limit := Authority._meta.get_field("document_number").max_length or 0):
        raise Refused(f"Số văn bản dài quá {limit} ký tự. Viết ngắn lại.")
    rows = Authority.objects.filter(pk=authority_id).exclude(certainty=Certainty.CONFIRMED)
    if not rows.update(certainty=Certainty.CONFIRMED, document_number=document_number):
        raise Stale("Thẩm quyền này đã được xác nhận trước đó.")
    authority.refresh_from_db(fields=["certainty", "document_number"])
    audit.record(
        "confirm_authority",
        authority,
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label,
        after={"document_number": document_number},
    )
    return authority


@transaction.atomic
def set_target(
    *, period: Period, version: int, unit: Unit, communes: int, document_number: str, by: User, at: datetime
) -> Target:
    """How many communes a unit's plan wants recognised; a later plan replaces it, the audit keeps the old one.
    `version` is the `targets_version` of the period that the person saw."""
    check_can_manage_catalogue(by, period.province, timezone.localdate(at))
    number = " ".join(nfc(document_number).split())
    if not number:
        raise Refused("Nhập số văn bản giao chỉ tiêu.")
    if len(number) > (limit := Target._meta.get_field("document_number").max_length or 0):
        raise Refused(f"Số văn bản dài quá {limit} ký tự. Viết ngắn lại.")
    if not Authority.objects.filter(period=period, unit=unit).exists():
        raise Refused(f"{unit.name} không có nhiệm vụ trong kỳ đánh giá này. Chọn đơn vị khác.")
    in_area = Unit.objects.in_force_on(period.figures_as_of).filter(within(unit.pk), level=Level.COMMUNE).count()
    if communes > in_area:
        raise Refused(f"{unit.name} chỉ có {in_area} đơn vị cấp xã; chỉ tiêu không được lớn hơn. Nhập lại chỉ tiêu.")
    held = Period.objects.filter(pk=period.pk, targets_version=version)
    if not held.update(targets_version=F("targets_version") + 1):
        raise Stale(
            "Chỉ tiêu của kỳ này vừa được người khác ghi. Xem các chỉ tiêu đã ghi dưới đây rồi ghi lại nếu vẫn cần."
        )
    before = Target.objects.filter(period=period, unit=unit).first()
    target, _ = Target.objects.update_or_create(
        period=period, unit=unit, defaults={"communes": communes, "document_number": number}
    )
    audit.record(
        "set_target",
        period,
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label,
        before={"communes": before.communes, "document_number": before.document_number} if before else None,
        after={"unit": str(unit.uuid), "communes": communes, "document_number": number},
    )
    return target


@transaction.atomic
def load_holidays(text: str, *, at: datetime) -> int:
    """The days of the whole country as the file has them; how many were written: none where they stand there already.
    What provinces have entered stays."""
    wanted = [
        Holiday(
            day=date.fromisoformat(row["day"]),
            name=row["name"],
            kind=Holiday.Kind.OFF,
            certainty=Certainty(row["certainty"]),
        )
        for row in json.loads(text)["days"]
    ]
    shipped = Holiday.objects.filter(province=None)
    stored = set(shipped.values_list("day", "name", "kind", "certainty"))
    if stored == {(row.day, row.name, row.kind, row.certainty) for row in wanted}:
        return 0
    shipped.delete()
    Holiday.objects.bulk_create(wanted)
    audit.record("load_holidays", wanted[0], by=None, at=at, after={"sha256": sha256(text.encode()).hexdigest()})
    return len(wanted)


@transaction.atomic
def add_holiday(
    *, province: Unit, day: date, name: str, kind: Holiday.Kind, document_number: str, by: User, at: datetime
) -> Holiday:
    """A day of the yearly notice, by its number; it counts instead of what was shipped for that day."""
    check_can_manage_catalogue(by, province, timezone.localdate(at))
    if province.level != Level.PROVINCE:
        raise Refused(f"{province.name} không phải tỉnh, thành phố. Chọn tỉnh, thành phố.")
    try:
        with transaction.atomic():
            row = Holiday.objects.create(
                day=day,
                name=" ".join(nfc(name).split()),
                kind=kind,
                province=province,
                document_number=" ".join(nfc(document_number).split()),
                certainty=Certainty.CONFIRMED,
            )
    except IntegrityError as error:
        raise Refused(f"{province.name} đã có dòng cho ngày {day:%d/%m/%Y}. Bỏ dòng đó rồi thêm lại.") from error
    audit.record("add_holiday", row, by=by, at=at, role=Role.CATALOGUE_ADMIN.label, after=_told(row))
    return row


@transaction.atomic
def remove_holiday(*, holiday_id: int, by: User, at: datetime) -> None:
    """Take back what the own province has entered; the shipped row of that day, if any, counts again."""
    row = Holiday.objects.select_related("province").filter(pk=holiday_id).first()
    if row is None:
        raise Stale("Dòng này đã được người khác bỏ. Xem lại bảng ngày nghỉ.")
    if row.province is None:
        raise Refused("Ngày nghỉ của cả nước không bỏ được. Thêm dòng của tỉnh cho ngày đó để thay.")
    check_can_manage_catalogue(by, row.province, timezone.localdate(at))
    gone, _ = Holiday.objects.filter(pk=row.pk).delete()
    if not gone:
        raise Stale("Dòng này đã được người khác bỏ. Xem lại bảng ngày nghỉ.")
    audit.record("remove_holiday", row, by=by, at=at, role=Role.CATALOGUE_ADMIN.label, before=_told(row))


def _told(row: Holiday) -> dict[str, str]:
    return {"day": row.day.isoformat(), "kind": row.kind, "name": row.name, "document_number": row.document_number}


def authority_for(period: Period, task: Task, commune: Unit) -> Authority:
    """Who does `task` for this commune, judged on the day the figures are closed; the nearest level wins."""
    above = {unit.pk: distance for distance, unit in enumerate(commune.ancestors)}
    day = period.figures_as_of
    rows = [
        row
        for row in Authority.objects.filter(period=period, task=task, unit__in=above).select_related("unit")
        if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
    ]
    if not rows:
        raise Refused(
            f"Kỳ đánh giá năm {period.year} chưa giao cơ quan {task.label.lower()} cho {commune.name}. "
            "Đề nghị quản trị danh mục của tỉnh bổ sung thẩm quyền."
        )
    return min(rows, key=lambda row: above[row.unit_id])


def standard_authorities(period_day: date, province: Unit, units: Iterable[Unit]) -> list[AuthoritySpec]:
    """The rows a new period starts with. With districts: Phòng LĐTBXH and UBND of each (QĐ 06/QĐ-TTg as practised in
    the plans). From 01/07/2025, as our proposal: Sở Y tế and UBND of the province (LEGAL 4, unknown/reconstructed)."""
    if period_day >= TWO_TIER_FROM:
        return [
            AuthoritySpec(
                Task.APPRAISE,
                province,
                body_name=f"Sở Y tế {_lower_first(province.name)}",
                parent_body_name=f"Ủy ban nhân dân {_lower_first(province.name)}",
                signer_title="Giám đốc Sở Y tế",
                place=_bare_name(province),
                document_number="Đề xuất, chờ tỉnh xác nhận",
            ),
            AuthoritySpec(
                Task.DECIDE,
                province,
                body_name=f"Ủy ban nhân dân {_lower_first(province.name)}",
                signer_title="Chủ tịch",
                place=_bare_name(province),
                document_number="Đề xuất, chờ tỉnh xác nhận",
            ),
        ]
    specs = []
    for unit in units:
        specs += [
            AuthoritySpec(
                Task.APPRAISE,
                unit,
                body_name=f"Phòng Lao động - Thương binh và Xã hội {_lower_first(unit.name)}",
                parent_body_name=f"Ủy ban nhân dân {_lower_first(unit.name)}",
                signer_title="Trưởng phòng",
                place=_bare_name(unit),
                document_number="Quyết định số 06/QĐ-TTg",
                certainty=Certainty.VERIFIED,
            ),
            AuthoritySpec(
                Task.DECIDE,
                unit,
                body_name=f"Ủy ban nhân dân {_lower_first(unit.name)}",
                signer_title="Chủ tịch",
                place=_bare_name(unit),
                document_number="Quyết định số 06/QĐ-TTg",
                certainty=Certainty.VERIFIED,
            ),
        ]
    return specs


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _bare_name(unit: Unit) -> str:
    """«Tỉnh Đồng Tháp» → «Đồng Tháp», for the line of place and date."""
    kinds = sorted((unit.kind, "thành phố", "tỉnh", "huyện", "quận", "thị xã"), key=len, reverse=True)
    for kind in kinds:
        if unit.name.lower().startswith(f"{kind.lower()} "):
            return unit.name[len(kind) + 1 :]
    return unit.name
