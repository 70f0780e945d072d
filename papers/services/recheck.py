"""Entering what was found on the spot, and what departments answered. Nothing here touches a figure or a point."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from assessments.figures import DossierFigures, load_figures
from assessments.models import Dossier, Figures
from assessments.services.figures import check_possible, part_over_whole
from assessments.services.moves import get_dossier
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.models import Unit, User
from communes.queries import roles_of
from criteria.models import Period
from papers.kinds import Desk
from papers.models import Finding, Opinion, Recheck
from papers.permissions import check_can_ask, check_can_recheck
from papers.policy import RELATION_OF, Right, roles_with

CHANGED = "Nội dung này vừa được người khác lưu. Mở lại trang để xem nội dung mới rồi sửa tiếp."


# ---- re-checks -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Visit:
    """A re-check as its signed record tells it."""

    held_on: date
    body_name: str
    participants: str
    conclusion: str
    record: str

    def cleaned(self) -> "Visit":
        held_on, *texts = astuple(self)
        return Visit(held_on, *(nfc(text).strip() for text in texts))


@dataclass(frozen=True, slots=True)
class Found:
    figures: Figures
    note: str = ""

    @property
    def is_blank(self) -> bool:
        return self.figures.is_blank and not self.note


@transaction.atomic
def save_recheck(
    *,
    dossier_id: int,
    recheck_id: int | None,
    version: int,
    visit: Visit,
    findings: Mapping[str, Found],
    by: User,
    at: datetime,
) -> Recheck:
    """Enter a re-check (`recheck_id` None), or correct one of the own desk. Of the items in `findings` the blank ones
    are taken away; items that are not named stay as they are."""
    dossier = get_dossier(dossier_id, by, at)
    desk = check_can_recheck(by, dossier, at=at)
    visit = visit.cleaned()
    _check_visit(visit, dossier, at)
    figures = load_figures(dossier)
    found = {code: Found(one.figures, nfc(one.note).strip()) for code, one in findings.items()}
    _check_found(found, figures, desk)
    if recheck_id is None:
        recheck = _entered(dossier, desk, visit, by, at)
    else:
        recheck = _corrected(dossier, desk, recheck_id, version, visit, by, at)
    before = {row.item: row.figures for row in recheck.findings.filter(item__in=found)}
    Finding.objects.filter(recheck=recheck, item__in=found).delete()
    Finding.objects.bulk_create(
        Finding(
            recheck=recheck,
            item=code,
            yes=one.figures.yes,
            count=one.figures.count,
            numerator=one.figures.numerator,
            denominator=one.figures.denominator,
            zero_reason=one.figures.zero_reason,
            note=one.note,
        )
        for code, one in found.items()
        if not one.is_blank
    )
    role = _role(
        by, Right.RECHECK, desk, dossier.appraising_unit if desk is Desk.OFFICE else dossier.period.province, at
    )
    audit.record(
        "save_recheck",
        dossier,
        by=by,
        at=at,
        role=role,
        before=_told(before, figures),
        after={
            "held_on": f"{visit.held_on:%d/%m/%Y}",
            "record": visit.record,
            **_told({code: one.figures for code, one in found.items() if not one.is_blank}, figures),
        },
    )
    return recheck


def _check_visit(visit: Visit, dossier: Dossier, at: datetime) -> None:
    if not (visit.body_name and visit.participants and visit.conclusion and visit.record):
        raise Refused("Nhập đủ đoàn phúc tra, thành phần, kết luận và biên bản đã ký.")
    if visit.held_on > timezone.localdate(at):
        raise Refused("Ngày phúc tra không được sau hôm nay.")
    if visit.held_on < dossier.period.starts_on:
        raise Refused("Ngày phúc tra không được trước ngày đầu kỳ đánh giá.")


def _check_found(found: Mapping[str, Found], figures: DossierFigures, desk: Desk) -> None:
    items = {item.code: item for item in figures.rules.items}
    if not found.keys() <= items.keys():
        raise Refused("Có mục không thuộc bộ tiêu chí. Mở lại trang rồi nhập lại.")
    if desk is Desk.PROVINCE and any(figures.rules.names_children(code) for code in found):
        raise Refused("Số liệu phúc tra của tiêu chí nhạy cảm do cơ quan thẩm định nhập.")
    totals = figures.settled_totals
    for code, one in found.items():
        item = items[code]
        check_possible(item, one.figures)
        whole, part = totals.get(item.denominator_key), one.figures.numerator
        if whole is not None and part is not None and part > whole:
            raise Refused(part_over_whole(item, part, whole))


def _entered(dossier: Dossier, desk: Desk, visit: Visit, by: User, at: datetime) -> Recheck:
    try:
        with transaction.atomic():
            return Recheck.objects.create(dossier=dossier, desk=desk, **_columns(visit), entered_by=by, entered_at=at)
    except IntegrityError as error:
        raise Stale(f"Kết quả phúc tra ngày {visit.held_on:%d/%m/%Y} đã được ghi. Mở kết quả đó để sửa.") from error


def _corrected(
    dossier: Dossier, desk: Desk, recheck_id: int, version: int, visit: Visit, by: User, at: datetime
) -> Recheck:
    rows = Recheck.objects.filter(pk=recheck_id, dossier=dossier, desk=desk)
    try:
        with transaction.atomic():
            changed = rows.filter(version=version).update(
                version=F("version") + 1, **_columns(visit), entered_by=by, entered_at=at
            )
    except IntegrityError as error:
        raise Refused(f"Đã có kết quả phúc tra khác ngày {visit.held_on:%d/%m/%Y}. Kiểm tra lại ngày.") from error
    if not changed:
        raise Stale(CHANGED)
    return rows.get()


def _columns(visit: Visit) -> dict[str, object]:
    return {
        "held_on": visit.held_on,
        "body_name": visit.body_name,
        "participants": visit.participants,
        "conclusion": visit.conclusion,
        "record": visit.record,
    }


def _told(found: Mapping[str, Figures], figures: DossierFigures) -> dict[str, str]:
    """As the audit keeps figures: small counts about single children are hidden there too."""
    totals = figures.settled_totals
    return {code: figures.public_text(code, one.text(figures.rules.item(code), totals)) for code, one in found.items()}


# ---- opinions ------------------------------------------------------------------------------------------------------
@transaction.atomic
def ask_opinion(
    *, period: Period, unit: Unit, criterion: str, department: str, due_on: date, by: User, at: datetime
) -> Opinion:
    """Ask a department about one criterion of all communes that this office appraises in the period."""
    today, department = timezone.localdate(at), nfc(department).strip()
    check_can_ask(by, unit, on=today)
    if criterion not in {one.code for one in period.criteria_set.rules().criteria}:
        raise Refused("Tiêu chí này không có trong bộ tiêu chí của kỳ. Chọn lại.")
    if not department:
        raise Refused("Nhập tên cơ quan được lấy ý kiến.")
    if due_on < today:
        raise Refused("Hạn cho ý kiến không được trước hôm nay.")
    try:
        with transaction.atomic():
            opinion = Opinion.objects.create(
                unit=unit,
                period=period,
                criterion=criterion,
                department=department,
                due_on=due_on,
                asked_by=by,
                asked_at=at,
            )
    except IntegrityError as error:
        raise Stale(f"Đã lấy ý kiến {department} về tiêu chí này. Xem trong danh sách.") from error
    after = {"criterion": criterion, "department": department, "due_on": f"{due_on:%d/%m/%Y}"}
    audit.record(
        "ask_opinion", opinion, by=by, at=at, role=_role(by, Right.ASK_OPINION, Desk.OFFICE, unit, at), after=after
    )
    return opinion


@transaction.atomic
def enter_opinion(*, opinion_id: int, version: int, received_on: date, text: str, by: User, at: datetime) -> Opinion:
    """What came back on paper; entered again where it was entered wrongly."""
    today, text = timezone.localdate(at), nfc(text).strip()
    opinion = Opinion.objects.visible_to(by, today).select_related("unit").filter(pk=opinion_id).first()
    if opinion is None:
        raise Refused("Không tìm thấy phiếu lấy ý kiến này trong phạm vi của đơn vị.")
    check_can_ask(by, opinion.unit, on=today)
    if not text:
        raise Refused("Nhập nội dung ý kiến như trong phiếu.")
    if not timezone.localdate(opinion.asked_at) <= received_on <= today:
        raise Refused("Ngày nhận ý kiến phải từ ngày gửi phiếu đến hôm nay.")
    rows = Opinion.objects.filter(pk=opinion.pk, version=version)
    if not rows.update(version=F("version") + 1, received_on=received_on, text=text, entered_by=by):
        raise Stale(CHANGED)
    role = _role(by, Right.ASK_OPINION, Desk.OFFICE, opinion.unit, at)
    audit.record("enter_opinion", opinion, by=by, at=at, role=role, after={"received_on": f"{received_on:%d/%m/%Y}"})
    opinion.refresh_from_db()
    return opinion


def _role(by: User, right: Right, desk: Desk, unit: Unit, at: datetime) -> str:
    held = roles_of(by, timezone.localdate(at)).at(unit.pk, *roles_with(right, RELATION_OF[desk]))
    return held.words if held else ""
