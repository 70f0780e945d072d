"""A dossier's first page: opened by the commune, read by everybody who may see it, as a list of what is done and what
is still to do."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from assessments import policy, services
from assessments.disclosure import results_for
from assessments.figures import (
    DossierFigures,
)
from assessments.models import Decision, Dossier, Evidence, StepTime
from assessments.permissions import (
    can_appraise,
    can_edit,
    can_see_appraisal,
)
from assessments.views.common import (
    actions_for,
    deadline_that_counts,
    deadlines_of,
    dossier_or_404,
    figures_of,
    history_of,
)
from assessments.views.improving import notices_for, to_do_of
from assessments.workflow import Action, Status
from childfriendly.core.clock import received_at
from childfriendly.core.models import AuditEvent
from communes.auth import current_user, today
from communes.models import Unit
from communes.queries import roles_of
from criteria.models import Holiday, Period
from criteria.scoring import Criterion, CriterionScore
from criteria.working_days import DAY, Interval, working_days_between

# ---- opening -----------------------------------------------------------------------------------------------------


@require_POST
def create(request: HttpRequest, period_uuid: UUID, unit_uuid: UUID) -> HttpResponse:
    user = current_user(request)
    own = roles_of(user, today()).units(*policy.COMMUNE)
    commune = get_object_or_404(Unit.objects.with_parents().filter(pk__in=own), uuid=unit_uuid)
    period = get_object_or_404(Period.objects.with_setting(), uuid=period_uuid)
    opened = services.create(period=period, commune=commune, by=user, at=received_at(request))
    return redirect("assessments:dossier", opened.uuid)


# ---- the task list -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TaskState:
    """Where one part of the dossier stands: words and a sign, never colour alone."""

    words: str
    sign: str
    style: str


NOT_BEGUN = TaskState("Chưa nhập", "○", "draft")
BEGUN = TaskState("Đang nhập", "◐", "submitted")
DONE = TaskState("Đã xong", "✓", "recognised")
TO_MEND = TaskState("Cần sửa", "!", "returned")
ZERO = TaskState("Điểm 0", "✕", "refused")


@dataclass(frozen=True, slots=True)
class CriterionLine:
    criterion: Criterion
    state: TaskState
    score: CriterionScore
    missing: tuple[str, ...]
    files: int


def criterion_state(figures: DossierFigures, criterion: Criterion) -> TaskState:
    codes = {item.code for item in criterion.items}
    if figures.dossier.status == Status.RETURNED and any(note.target in codes for note in figures.not_mended):
        return TO_MEND
    score = figures.declared_sheet.criterion(criterion.code)
    if score.is_zero:
        return ZERO
    if score.is_complete:
        return DONE
    return BEGUN if criterion.code in figures.entries or codes & figures.answers.keys() else NOT_BEGUN


def base_state(figures: DossierFigures) -> TaskState:
    keys = {total.key for total in figures.rules.base_figures}
    if figures.dossier.status == Status.RETURNED and any(note.target in keys for note in figures.not_mended):
        return TO_MEND
    if not figures.missing_totals:
        return DONE
    return BEGUN if figures.totals else NOT_BEGUN


def criterion_lines(figures: DossierFigures, files: Mapping[str, int]) -> list[CriterionLine]:
    return [
        CriterionLine(
            criterion=criterion,
            state=criterion_state(figures, criterion),
            score=figures.declared_sheet.criterion(criterion.code),
            missing=tuple(
                item.code for item in criterion.items if figures.declared_sheet.item(item.code).problem is not None
            ),
            files=sum(files.get(item.code, 0) for item in criterion.items),
        )
        for criterion in figures.rules.criteria
    ]


@dataclass(frozen=True, slots=True)
class Note:
    """A returned item as the commune reads it."""

    title: str
    reason: str
    url: str
    is_mended: bool


def notes_of(figures: DossierFigures) -> list[Note]:
    return [
        Note(figures.target_title(row.target), row.reason, target_url(figures, row.target), row.mended_at is not None)
        for row in figures.returned
    ]


def target_url(figures: DossierFigures, target: str) -> str:
    """The page, and the place on it, where an item or a shared total is filled in."""
    uuid, anchor = figures.dossier.uuid, f"#muc-{target.replace('.', '_')}"
    if any(total.key == target for total in figures.rules.base_figures):
        return reverse("assessments:base_figures", args=[uuid]) + anchor
    criterion = figures.rules.criterion_of(target)
    return reverse("assessments:criterion", args=[uuid, criterion.code]) + anchor


@require_safe
def dossier(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The task list. It is the first thing shown at every return."""
    row = dossier_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    figures = figures_of(request, row)
    visible = Evidence.objects.visible_to(user, today()).present().filter(dossier=row)
    files = Counter(visible.values_list("item", flat=True))
    deadlines = deadlines_of(row)
    decision = Decision.objects.filter(items__dossier=row).exclude(number="").first()
    lines = criterion_lines(figures, files)
    reads_at_office = row.appraising_unit_id in roles_of(user, today()).units(*policy.OFFICE)
    sees_appraisal = can_see_appraisal(user, row, at=at)
    shows_appraisal = sees_appraisal and row.appraised_total is not None
    context = {
        **head_of(figures),
        "lines": lines,
        "done": sum(line.score.is_complete for line in lines),
        "base_state": base_state(figures),
        "missing_totals": len(figures.missing_totals),
        "zero_criteria": [line.criterion for line in lines if line.score.is_zero],
        "notes": notes_of(figures),
        "mended": len(figures.returned) - len(figures.not_mended),
        "deadline": deadline_that_counts(row, deadlines),
        "late_steps": StepTime.objects.filter(dossier=row, is_late=True).order_by("done_at"),
        "actions": actions_for(user, row, at),
        "can_edit": can_edit(user, row, at=at),
        "can_appraise": can_appraise(user, row, at=at),
        "sees_appraisal": sees_appraisal,
        "appraisal": results_for(user, [row], at=at)[row.pk] if shows_appraisal else None,
        "to_do": to_do_of(notices_for(user, row.commune, row.period, today()), row.period, figures),
        "decision": decision,
        "days_at_office": days_at_office(row, today()) if reads_at_office and row.status in AT_OFFICE else None,
        "history": history_of(row, user, figures, at),
        "file_count": sum(files.values()),
        "is_own": row.commune_id in roles_of(user, today()).units(*policy.COMMUNE),
    }
    return render(request, "assessments/dossier.html", context)


AT_OFFICE = frozenset({Status.SUBMITTED, Status.APPRAISING})


def days_at_office(dossier: Dossier, until: date) -> int | None:
    """Working days since the first submit (since the next one, if it was withdrawn), without those in yêu cầu bổ sung.
    As the day of a submit does not count, that of a return does. Two queries."""
    first: date | None = None
    returned: date | None = None
    away: list[Interval] = []
    moves = AuditEvent.objects.about(dossier).filter(action__in=[Action.SUBMIT, Action.RETURN, Action.WITHDRAW])
    for action, at in moves.order_by("seq").values_list("action", "at"):
        day = timezone.localdate(at)
        if action == Action.RETURN:
            returned = day
        elif action == Action.WITHDRAW:
            first = None
        elif first is None:
            first = day
        elif returned is not None:
            away.append(Interval(returned + DAY, day + DAY))
    if first is None:  # its audit rows are no longer kept
        return None
    return working_days_between(first, until, Holiday.objects.table_of(dossier.period.province_id), away)


def head_of(figures: DossierFigures) -> dict[str, object]:
    """What every page of a dossier shows on top."""
    return {"dossier": figures.dossier, "figures": figures, "sheet": figures.declared_sheet}
