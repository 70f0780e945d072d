"""Every change of a dossier's state: one conditional UPDATE and one audit row in one transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from assessments.figures import DossierFigures, load_figures
from assessments.models import Dossier, FrozenSheet, ReturnedItem, StepTime
from assessments.permissions import check_can_open, check_can_perform, check_guards, unit_of
from assessments.workflow import MOVES, Action, Status
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import fold, nfc
from communes.models import Role, Unit, User
from communes.queries import roles_of
from criteria.disclosure import WITHHELD
from criteria.models import CriteriaSet, Deadline, DeadlineKind, Period, Task
from criteria.services import authority_for

STALE = "Hồ sơ vừa được người khác cập nhật. Mở lại trang để xem tình trạng mới rồi thực hiện lại."

TIMED_STEPS = {Action.SUBMIT: DeadlineKind.DOSSIER, Action.CONCLUDE: DeadlineKind.APPRAISAL}


@transaction.atomic
def create(*, period: Period, commune: Unit, by: User, at: datetime) -> Dossier:
    """Open the commune's dossier of a period. Asked twice, it gives the same dossier."""
    check_can_open(by, commune, at=at)
    if not commune.is_in_force_on(period.figures_as_of):
        raise Refused(
            f"{commune.name} không có hiệu lực vào ngày chốt số liệu {period.figures_as_of:%d/%m/%Y} của kỳ này. "
            "Chọn kỳ đánh giá của đúng thời gian."
        )
    if period.province_id not in {unit.pk for unit in commune.ancestors}:
        raise Refused(f"{commune.name} không thuộc {period.province.name}. Chọn kỳ đánh giá của tỉnh mình.")
    existing = Dossier.objects.with_setting().filter(period=period, commune=commune).first()
    if existing is not None:
        return existing
    appraising = authority_for(period, Task.APPRAISE, commune)
    deciding = authority_for(period, Task.DECIDE, commune)
    try:
        with transaction.atomic():
            dossier = Dossier.objects.create(
                code=_free_code(period, commune),
                period=period,
                commune=commune,
                appraising_unit=appraising.unit,
                deciding_unit=deciding.unit,
                created_at=at,
            )
    except IntegrityError:  # opened by a colleague in the same moment
        return Dossier.objects.with_setting().get(period=period, commune=commune)
    CriteriaSet.objects.filter(pk=period.criteria_set_id, locked_at__isnull=True).update(locked_at=at)
    audit.record("create", dossier, by=by, at=at, role=role_text(Role.COMMUNE_EDITOR, commune, by, at))
    return dossier


def _free_code(period: Period, commune: Unit) -> str:
    """«DT-2024-29987»: initials of the province, year, code of the commune."""
    words = fold(period.province.name).split()
    kind = fold(period.province.kind).split()[0]
    initials = "".join(word[0] for word in (words[1:] if words[0] == kind else words)[-3:]).upper()
    code = f"{initials}-{period.year}-{commune.code}"
    taken = Dossier.objects.filter(code__startswith=code).count()
    return f"{code}-{taken + 1}" if taken else code


@transaction.atomic
def perform(
    action: Action,
    *,
    dossier_id: int,
    version: int,
    by: User,
    at: datetime,
    reason: str = "",
    items: Mapping[str, str] | None = None,
    recommendation: str = "",
) -> Dossier:
    """Move a dossier. `items` (for RETURN) maps what is returned (item code or key of a shared total) to its reason.

    Raises Refused with the sentence for the person, Stale when somebody else moved it first."""
    reason = nfc(reason).strip()
    returned = {target: nfc(text).strip() for target, text in (items or {}).items()}
    dossier = get_dossier(dossier_id, by, at)
    check_can_perform(by, action, dossier, at=at)
    if dossier.version != version:
        raise Stale(STALE)
    if action is Action.TAKE:
        _hold_account(by)
    _hold(dossier)
    figures = load_figures(dossier)
    check_guards(action, figures, reason=reason, items=returned, recommendation=recommendation)
    effects = _EFFECTS.get(action, _no_effect)(figures, by, at, returned, reason, recommendation)
    move_row(dossier, MOVES[action].target, **effects)
    told = {code: WITHHELD if figures.rules.names_children(code) else why for code, why in returned.items()}
    if action in TIMED_STEPS:
        record_step_time(dossier, TIMED_STEPS[action], at, timedelta(minutes=settings.DEADLINE_GRACE_MINUTES))
    audit.record(
        action,
        dossier,
        by=by,
        at=at,
        role=role_text(MOVES[action].role, unit_of(MOVES[action].role, dossier), by, at),
        before={"status": dossier.status},
        after={"status": MOVES[action].target.value, **_told(effects), **({"items": told} if told else {})},
        reason=reason,
    )
    return Dossier.objects.with_setting().get(pk=dossier.pk)


def get_dossier(dossier_id: int, by: User, at: datetime) -> Dossier:
    visible = Dossier.objects.visible_to(by, timezone.localdate(at)).with_setting()
    dossier = visible.filter(pk=dossier_id).first()
    if dossier is None:
        raise Refused("Không tìm thấy hồ sơ này trong phạm vi của đơn vị.")
    return dossier


def role_text(role: Role, unit: Unit, by: User, at: datetime) -> str:
    """As what somebody acts, and in whose place where they act for a superior on leave."""
    return roles_of(by, timezone.localdate(at)).words(role, unit)


def hold_for_figures(dossier: Dossier, statuses: frozenset[Status]) -> None:
    """Keep the dossier in its state until this transaction ends: a figure can never slip in after a submit.
    An UPDATE that changes nothing locks the row on PostgreSQL and sees the state as committed."""
    if not Dossier.objects.filter(pk=dossier.pk, status__in=statuses).update(status=F("status")):
        raise Stale(STALE)


def _hold_account(by: User) -> None:
    """Nobody is given work while their own account is being stopped: `leave` and `hand_over` hold the same row, and
    before any dossier, as here."""
    if not User.objects.filter(pk=by.pk, is_active=True).update(is_active=F("is_active")):
        raise Refused("Tài khoản này vừa ngừng hoạt động nên không tiếp nhận được hồ sơ; liên hệ quản trị danh mục.")


def _hold(dossier: Dossier) -> None:
    held = Dossier.objects.filter(pk=dossier.pk, status=dossier.status, version=dossier.version)
    if not held.update(status=F("status")):
        raise Stale(STALE)


def move_row(dossier: Dossier, target: Status, **changes: Any) -> None:
    """The one place that writes `Dossier.status`."""
    rows = Dossier.objects.filter(pk=dossier.pk, status=dossier.status, version=dossier.version)
    if not rows.update(status=target, version=F("version") + 1, **changes):
        raise Stale(STALE)


def record_step_time(dossier: Dossier, kind: DeadlineKind, at: datetime, grace: timedelta = timedelta()) -> None:
    deadline = Deadline.objects.filter(period=dossier.period_id, kind=kind).first()
    if deadline is not None and not StepTime.objects.filter(dossier=dossier, kind=kind).exists():
        StepTime.judged(dossier, kind, done_at=at, cutoff=deadline.cutoff, grace=grace).save(force_insert=True)


# ---- what a move writes besides the state ------------------------------------------------------------------------


def _no_effect(
    figures: DossierFigures, by: User, at: datetime, items: Mapping[str, str], reason: str, recommendation: str
) -> dict[str, Any]:
    return {}


def _submit(
    figures: DossierFigures, by: User, at: datetime, items: Mapping[str, str], reason: str, recommendation: str
) -> dict[str, Any]:
    sheet = figures.declared_sheet
    _freeze(figures, FrozenSheet.Kind.DECLARED, by, at)
    return {
        "area_type": figures.area.value,
        "area_type_document": figures.area.document_number,
        "declared_total": sheet.total,
        "threshold": sheet.threshold,
        "submitted_at": at,
    }


def _take(
    figures: DossierFigures, by: User, at: datetime, items: Mapping[str, str], reason: str, recommendation: str
) -> dict[str, Any]:
    return {"appraiser": by}


def _return(
    figures: DossierFigures, by: User, at: datetime, items: Mapping[str, str], reason: str, recommendation: str
) -> dict[str, Any]:
    number = figures.dossier.round + 1
    known = {total.key for total in figures.rules.base_figures}
    rows = []
    for target, why in items.items():
        if target not in known:
            figures.rules.item(target)  # an unknown code is a forged form: UnknownItem
        if not why:
            raise Refused(f"Ghi lý do trả lại cho mục «{figures.target_title(target)}».")
        declared = (
            str(figures.totals.get(target, ""))
            if target in known
            else figures.declared_text(figures.rules.item(target))
        )
        rows.append(
            ReturnedItem(dossier=figures.dossier, round=number, target=target, reason=why, declared_as=declared)
        )
    ReturnedItem.objects.bulk_create(rows)
    return {"round": number}


def _conclude(
    figures: DossierFigures, by: User, at: datetime, items: Mapping[str, str], reason: str, recommendation: str
) -> dict[str, Any]:
    sheet = figures.appraised_sheet
    _freeze(figures, FrozenSheet.Kind.APPRAISED, by, at)
    return {
        "appraised_total": sheet.total,
        "threshold": sheet.threshold,
        "passes": sheet.passes,
        "recommendation": recommendation,
        "recommendation_reason": reason,
        "appraiser": by,
        "concluded_at": at,
    }


_EFFECTS = {
    Action.SUBMIT: _submit,
    Action.TAKE: _take,
    Action.RETURN: _return,
    Action.CONCLUDE: _conclude,
}


def _freeze(figures: DossierFigures, kind: FrozenSheet.Kind, by: User, at: datetime) -> None:
    sheet = figures.declared_sheet if kind == FrozenSheet.Kind.DECLARED else figures.appraised_sheet
    text = figures.declared_text if kind == FrozenSheet.Kind.DECLARED else figures.appraised_text
    FrozenSheet.objects.create(
        dossier=figures.dossier,
        kind=kind,
        number=FrozenSheet.objects.filter(dossier=figures.dossier, kind=kind).count() + 1,
        area_type=figures.area.value,
        rules_sha256=figures.rules.sha256,
        answers={item.code: text(item) for item in figures.rules.items},
        sheet=sheet.as_json(),
        total=sheet.total,
        threshold=sheet.threshold,
        passes=sheet.passes,
        frozen_by=by,
        frozen_at=at,
    )


def _told(effects: Mapping[str, Any]) -> dict[str, Any]:
    """What of a move's effects the audit row tells: plain values, no people, no times (the row has its own)."""
    return {
        name: value
        for name, value in effects.items()
        if isinstance(value, str | int | bool) and not name.endswith("_reason")
    }
