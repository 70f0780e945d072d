"""The appraiser's figures beside the declared ones, a reason wherever they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from assessments.figures import DossierFigures, load_figures
from assessments.models import AppraisedAnswer, AppraisedBaseFigure, CriterionEntry, Dossier, Figures
from assessments.permissions import check_can_appraise
from assessments.services.figures import CHANGED_MEANWHILE, check_possible, part_over_whole
from assessments.services.moves import get_dossier, hold_for_figures, role_text
from assessments.workflow import Status
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.models import Role, User

APPRAISING = frozenset({Status.APPRAISING})


@dataclass(frozen=True, slots=True)
class Appraised:
    """One appraised answer as typed: the figures, and why they differ from the declared ones."""

    figures: Figures
    reason: str = ""


def differs(given: Figures, declared: Figures | None) -> bool:
    """Whether the appraised figures are others than the declared ones, so that a reason is due. A shared total that was
    appraised otherwise does not count: its own reason is written there."""
    return given != (declared or Figures())


@transaction.atomic
def save_appraised_totals(
    *, dossier_id: int, version: int, values: Mapping[str, int], reasons: Mapping[str, str], by: User, at: datetime
) -> Dossier:
    """Settle the shared totals given in `values`; a reason for each that differs from the declared one."""
    dossier, figures = _open(dossier_id, by, at)
    held = Dossier.objects.filter(pk=dossier.pk, appraised_base_version=version)
    if not held.update(appraised_base_version=F("appraised_base_version") + 1):
        raise Stale(CHANGED_MEANWHILE)
    before, after = {}, {}
    for total in figures.rules.base_figures:
        if total.key not in values:
            continue
        value, declared = values[total.key], figures.totals[total.key]
        reason = nfc(reasons.get(total.key, "")).strip()
        if value != declared and not reason:
            raise Refused(f"{total.title}: ghi lý do vì số thẩm định khác số xã khai.")
        AppraisedBaseFigure.objects.update_or_create(
            dossier=dossier,
            key=total.key,
            defaults={
                "value": value,
                "reason": reason if value != declared else "",
                "declared_as": declared,
                "appraised_by": by,
                "appraised_at": at,
            },
        )
        if value != declared:
            before[total.key], after[total.key] = declared, value
    _record(dossier, "save_appraised_totals", by, at, before, after or {"agreed": sorted(values)})
    dossier.refresh_from_db(fields=["appraised_base_version"])
    return dossier


@transaction.atomic
def save_appraisal(
    *, dossier_id: int, criterion: str, version: int, answers: Mapping[str, Appraised], by: User, at: datetime
) -> CriterionEntry:
    """Settle the given items of one criterion. `version` is the entry's `appraisal_version` that the person saw."""
    dossier, figures = _open(dossier_id, by, at)
    items = {item.code: item for item in figures.rules.criterion(criterion).items}
    if not answers.keys() <= items.keys():
        raise Refused("Mục không thuộc tiêu chí này. Mở lại trang rồi nhập lại.")
    totals = {key: row.value for key, row in figures.appraised_totals.items()}
    unsettled = {items[code].denominator_key for code in answers} - {""} - totals.keys()
    if unsettled:
        raise Refused("Thẩm định số liệu nền trước: các mục của tiêu chí này dùng chung tổng số trẻ em.")
    rows = CriterionEntry.objects.filter(dossier=dossier, criterion=criterion, appraisal_version=version)
    if not rows.update(appraisal_version=F("appraisal_version") + 1):
        raise Stale(CHANGED_MEANWHILE)
    before, after = {}, {}
    for code, given in answers.items():
        item = items[code]
        check_possible(item, given.figures)
        whole = totals.get(item.denominator_key)
        if whole is not None and given.figures.numerator is not None and given.figures.numerator > whole:
            raise Refused(part_over_whole(item, given.figures.numerator, whole))
        declared, appraised = figures.declared_text(item), given.figures.text(item, totals)
        own_figures_differ = differs(given.figures, figures.answers.get(code))
        reason = nfc(given.reason).strip()
        if own_figures_differ and not reason:
            raise Refused(f"{code}: ghi lý do vì số thẩm định khác số xã khai.")
        AppraisedAnswer.objects.update_or_create(
            dossier=dossier,
            item=code,
            defaults={
                "yes": given.figures.yes,
                "count": given.figures.count,
                "numerator": given.figures.numerator,
                "denominator": given.figures.denominator,
                "zero_reason": given.figures.zero_reason,
                "reason": reason if own_figures_differ else "",
                "declared_as": declared,
                "appraised_by": by,
                "appraised_at": at,
            },
        )
        if appraised != declared:
            before[code], after[code] = (figures.public_text(code, text) for text in (declared, appraised))
    _record(dossier, "save_appraisal", by, at, before, after or {"agreed": sorted(answers)})
    return CriterionEntry.objects.get(dossier=dossier, criterion=criterion)


def _open(dossier_id: int, by: User, at: datetime) -> tuple[Dossier, DossierFigures]:
    dossier = get_dossier(dossier_id, by, at)
    check_can_appraise(by, dossier, at=at)
    hold_for_figures(dossier, APPRAISING)
    return dossier, load_figures(dossier)


def _record(
    dossier: Dossier, action: str, by: User, at: datetime, before: Mapping[str, object], after: Mapping[str, object]
) -> None:
    role = role_text(Role.APPRAISER, dossier.appraising_unit, by, at)
    audit.record(action, dossier, by=by, at=at, role=role, before=before, after=after)
