"""The commune checks the dossier, sends it, keeps the receipt, and may take it back while nobody has begun on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.db.models import Sum
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import services
from assessments.disclosure import results_for
from assessments.figures import (
    DossierFigures,
)
from assessments.forms.entry import WithdrawForm
from assessments.models import Dossier, Evidence, FrozenSheet, StepTime
from assessments.permissions import (
    can_edit,
    can_perform,
    check_can_perform,
)
from assessments.views.common import deadlines_of, dossier_or_404, figures_of, readable
from assessments.views.dossier import head_of, target_url
from assessments.views.entry import SlotFiles, slots_of
from assessments.workflow import Action, Status
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.forms import posted_version
from communes.auth import current_user, today
from criteria.models import DeadlineKind, Task
from criteria.scoring import Criterion, CriterionScore, Item, ItemScore
from criteria.services import authority_for

# ---- check, submit -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckLine:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class CheckItem:
    item: Item
    declared: str
    score: ItemScore
    url: str
    slots: Sequence[SlotFiles]


@dataclass(frozen=True, slots=True)
class CheckCriterion:
    criterion: Criterion
    score: CriterionScore
    explanation: str
    items: Sequence[CheckItem]


def errors_of(figures: DossierFigures) -> list[CheckLine]:
    """Everything that keeps the dossier from being sent, each with the place where it is mended."""
    lines = []
    if not figures.area.is_settled:
        lines.append(
            CheckLine(
                "Loại xã (ngưỡng điểm) chưa được xác nhận bằng văn bản. Đề nghị quản trị danh mục của tỉnh xác nhận.",
                "",
            )
        )
    for note in figures.not_mended if figures.dossier.status == Status.RETURNED else ():
        title = figures.target_title(note.target)
        lines.append(CheckLine(f"Mục bị trả lại chưa sửa: {title}", target_url(figures, note.target)))
    lines += [
        CheckLine(f"Số liệu nền còn thiếu: {figures.target_title(key)}", target_url(figures, key))
        for key in figures.missing_totals
    ]
    lines += [
        CheckLine(problem.message, target_url(figures, problem.item)) for problem in figures.declared_sheet.problems
    ]
    return lines


def warnings_of(figures: DossierFigures, files: Sequence[Evidence]) -> list[CheckLine]:
    """What does not keep the dossier back, but the commune should know before it sends it."""
    lines = [
        CheckLine(
            f"Tiêu chí {criterion.number} ({criterion.title}) đang được 0 điểm (điểm liệt).",
            reverse("assessments:criterion", args=[figures.dossier.uuid, criterion.code]),
        )
        for criterion in figures.rules.criteria
        if figures.declared_sheet.criterion(criterion.code).is_zero
    ]
    present = {(file.item, file.slot) for file in files}
    for item in figures.rules.items:
        lines += [
            CheckLine(f"Mục {item.code}: chưa có tệp «{slot.title}».", target_url(figures, item.code))
            for number, slot in enumerate(item.evidence_slots)
            if slot.required and (item.code, number) not in present
        ]
    return lines


@require_safe
def check(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _check_page(request, dossier_or_404(request, uuid))


def _check_page(request: HttpRequest, row: Dossier, *, refusal: str = "", status: int = 200) -> HttpResponse:
    user, at = current_user(request), received_at(request)
    figures = figures_of(request, row)
    files = list(Evidence.objects.visible_to(user, today()).present().filter(dossier=row))
    errors, warnings = errors_of(figures), warnings_of(figures, files)
    context = {
        **head_of(figures),
        "refusal": refusal,
        "has_errors": bool(refusal),
        "errors": errors,
        "warnings": warnings,
        "totals": [
            (total.title, figures.totals.get(total.key), target_url(figures, total.key))
            for total in figures.rules.base_figures
        ],
        "criteria": [
            CheckCriterion(
                criterion=criterion,
                score=figures.declared_sheet.criterion(criterion.code),
                explanation=figures.entries[criterion.code].explanation if criterion.code in figures.entries else "",
                items=[
                    CheckItem(
                        item=item,
                        declared=readable(figures.declared_text(item), blank=""),
                        score=figures.declared_sheet.item(item.code),
                        url=target_url(figures, item.code),
                        slots=slots_of(item, [file for file in files if file.item == item.code]),
                    )
                    for item in criterion.items
                ],
            )
            for criterion in figures.rules.criteria
        ],
        "file_count": len(files),
        "can_edit": can_edit(user, row, at=at),
        "can_submit": can_perform(user, Action.SUBMIT, row, at=at),
        "deadline": deadlines_of(row).get(DeadlineKind.DOSSIER),
    }
    return render(request, "assessments/check.html", context, status=status)


@require_POST
def submit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    row = dossier_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    version = posted_version(request)
    try:
        services.perform(Action.SUBMIT, dossier_id=row.pk, version=version, by=user, at=at)
    except Refused as error:
        row = dossier_or_404(request, uuid)  # as it is now: the other press of a double one may have sent it
        if not can_perform(user, Action.SUBMIT, row, at=at):
            raise  # nothing on the check page could mend this
        return _check_page(request, row, refusal=str(error), status=409 if isinstance(error, Stale) else 422)
    return redirect("assessments:submitted", row.uuid)


@require_safe
def submitted(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What the commune keeps: code, time, list of files, and who does what until when."""
    row = dossier_or_404(request, uuid)
    if row.submitted_at is None:
        return redirect("assessments:dossier", row.uuid)
    visible = Evidence.objects.visible_to(current_user(request), today()).present().filter(dossier=row)
    deadlines = deadlines_of(row)
    context = {
        "dossier": row,
        "files": visible.order_by("item", "slot", "uploaded_at"),
        "total_size": visible.aggregate(total=Sum("size"))["total"] or 0,
        "sheet": FrozenSheet.objects.filter(dossier=row, kind=FrozenSheet.Kind.DECLARED).order_by("number").last(),
        "declared": results_for(current_user(request), [row], at=received_at(request))[row.pk].declared,
        "late": StepTime.objects.filter(dossier=row, kind=DeadlineKind.DOSSIER, is_late=True).first(),
        "dossier_deadline": deadlines.get(DeadlineKind.DOSSIER),
        "appraisal_deadline": deadlines.get(DeadlineKind.APPRAISAL),
        "appraising_body": appraising_body(row),
        "qr": qr_of(reverse("assessments:dossier", args=[row.uuid])),
    }
    return render(request, "assessments/submitted.html", context)


def qr_of(path: str) -> str:
    """A picture (data URI) that leads a telephone from the printed receipt to the page; whoever scans it signs in."""
    uri: str = segno.make(settings.SITE_URL.rstrip("/") + path, error="m").svg_data_uri(scale=4, border=2)
    return uri


def appraising_body(row: Dossier) -> str:
    """The body's name from the period's own rows; the unit's where the row has gone since."""
    try:
        return authority_for(row.period, Task.APPRAISE, row.commune).body_name
    except Refused:
        return row.appraising_unit.name


# ---- withdraw, resume --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    row = dossier_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    check_can_perform(user, Action.WITHDRAW, row, at=at)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _withdraw_page(request, row, form)
    if not form.is_valid():
        return _withdraw_page(request, row, form, status=422)
    try:
        services.perform(
            Action.WITHDRAW,
            dossier_id=row.pk,
            version=posted_version(request),
            by=user,
            at=at,
            reason=form.cleaned_data["reason"],
        )
    except Refused as error:
        form.add_error(None, str(error))
        return _withdraw_page(request, row, form, status=409 if isinstance(error, Stale) else 422)
    messages.success(request, f"Đã rút hồ sơ {row.code}.")
    return redirect("assessments:dossier", row.uuid)


def _withdraw_page(request: HttpRequest, row: Dossier, form: BaseForm, *, status: int = 200) -> HttpResponse:
    return render(request, "assessments/withdraw.html", {"dossier": row, "form": form}, status=status)


@require_POST
def resume(request: HttpRequest, uuid: UUID) -> HttpResponse:
    row = dossier_or_404(request, uuid)
    services.perform(
        Action.RESUME,
        dossier_id=row.pk,
        version=posted_version(request),
        by=current_user(request),
        at=received_at(request),
    )
    messages.success(request, f"Đã mở lại hồ sơ {row.code} để lập tiếp.")
    return redirect("assessments:dossier", row.uuid)
