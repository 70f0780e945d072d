"""The appraiser's pages: what is declared beside what is found, what goes back to the commune, and the conclusion."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms.boundfield import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import services
from assessments.disclosure import results_for
from assessments.figures import NOTHING, DossierFigures
from assessments.forms.appraisal import (
    AppraiseCriterionForm,
    AppraiseTotalsForm,
    ConcludeForm,
    ReopenForm,
    ReturnForm,
)
from assessments.models import AppraisedAnswer, AppraisedBaseFigure, Dossier, Evidence, ReturnedItem
from assessments.permissions import can_appraise, can_see_appraisal, check_can_perform, rule_for
from assessments.policy import Right
from assessments.services import Appraised
from assessments.views.common import (
    actions_for,
    criterion_or_404,
    deadline_that_counts,
    deadlines_of,
    dossier_or_404,
    figures_of,
    readable,
)
from assessments.workflow import Action
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import posted_version, show_refusal
from communes.auth import current_user, today
from communes.models import AreaType
from criteria.scoring import BaseFigureSpec, Criterion, CriterionScore, Item, ItemScore

GET_OR_POST = ["GET", "HEAD", "POST"]


class State(StrEnum):
    """How far the appraisal of one figure, or of a whole criterion, has come."""

    TO_DO = "to_do"
    DONE = "done"
    CHANGED = "changed"

    @property
    def label(self) -> str:
        return {
            State.TO_DO: "Chưa thẩm định",
            State.DONE: "Đã thẩm định",
            State.CHANGED: "Xã vừa sửa, xem lại",
        }[self]


# ---- what the pages show -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CriterionLine:
    criterion: Criterion
    declared: CriterionScore
    appraised: CriterionScore | None  # None while not everything in it is settled
    state: State


@dataclass(frozen=True, slots=True)
class TotalLine:
    total: BaseFigureSpec
    declared: int | None
    row: AppraisedBaseFigure | None
    state: State
    returned: ReturnedItem | None = None
    fields: list[BoundField] = field(default_factory=list)

    @property
    def sent_before(self) -> str:
        """What the commune had declared when it was returned, where it has changed it since."""
        before = self.returned.declared_as if self.returned else ""
        return readable(before) if before and before != str(self.declared) else ""


@dataclass(frozen=True, slots=True)
class ItemLine:
    item: Item
    declared: str
    declared_score: ItemScore
    row: AppraisedAnswer | None
    appraised: str
    appraised_score: ItemScore
    state: State
    returned: ReturnedItem | None
    evidence: list[Evidence]
    fields: list[BoundField] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return self.row is not None and self.declared != self.appraised

    @property
    def sent_before(self) -> str:
        before = self.returned.declared_as if self.returned else ""
        return readable(before) if before and before != self.declared else ""

    @property
    def declared_readable(self) -> str:
        return readable(self.declared)

    @property
    def appraised_readable(self) -> str:
        return readable(self.appraised)


def _item_state(figures: DossierFigures, item: Item) -> State:
    if figures.is_appraised(item):
        return State.DONE
    return State.CHANGED if item.code in figures.appraised else State.TO_DO


def _total_state(figures: DossierFigures, key: str) -> State:
    if figures.is_total_appraised(key):
        return State.DONE
    return State.CHANGED if key in figures.appraised_totals else State.TO_DO


def _together(states: list[State]) -> State:
    if State.CHANGED in states:
        return State.CHANGED
    return State.DONE if all(state is State.DONE for state in states) else State.TO_DO


def _criterion_line(figures: DossierFigures, criterion: Criterion) -> CriterionLine:
    settled = all(item.code in figures.appraised for item in criterion.items)
    return CriterionLine(
        criterion,
        figures.declared_sheet.criterion(criterion.code),
        figures.appraised_sheet.criterion(criterion.code) if settled else None,
        _together([_item_state(figures, item) for item in criterion.items]),
    )


def _total_lines(figures: DossierFigures, form: AppraiseTotalsForm | None = None) -> list[TotalLine]:
    returned = {row.target: row for row in figures.returned}
    return [
        TotalLine(
            total,
            figures.totals.get(total.key),
            figures.appraised_totals.get(total.key),
            _total_state(figures, total.key),
            returned.get(total.key),
            form.bound_fields_of(total.key) if form else [],
        )
        for total in figures.rules.base_figures
    ]


def _item_lines(
    figures: DossierFigures,
    items: tuple[Item, ...],
    evidence: list[Evidence],
    form: AppraiseCriterionForm | None = None,
) -> list[ItemLine]:
    returned = {row.target: row for row in figures.returned}
    return [
        ItemLine(
            item,
            figures.declared_text(item),
            figures.declared_sheet.item(item.code),
            figures.appraised.get(item.code),
            figures.appraised_text(item),
            figures.appraised_sheet.item(item.code),
            _item_state(figures, item),
            returned.get(item.code),
            [file for file in evidence if file.item == item.code],
            form.bound_fields_of(item.code) if form else [],
        )
        for item in items
    ]


def _appraisal_or_404(request: HttpRequest, uuid: UUID) -> Dossier:
    dossier = dossier_or_404(request, uuid)
    if not can_see_appraisal(current_user(request), dossier, at=received_at(request)):
        raise Http404
    return dossier


def _head(dossier: Dossier, figures: DossierFigures) -> dict[str, Any]:
    """What stands on top of every page of an appraisal."""
    left = figures.still_to_appraise
    return {
        "dossier": dossier,
        "figures": figures,
        "area": AreaType(figures.area.value).label,
        "declared_sheet": figures.declared_sheet,
        "appraised_sheet": figures.appraised_sheet,
        "left": [figures.target_title(target) for target in left],
        "is_complete": not left,
    }


# ---- overview ----------------------------------------------------------------------------------------------------


@require_POST
def take(request: HttpRequest, uuid: UUID) -> HttpResponse:
    dossier = dossier_or_404(request, uuid)
    services.perform(
        Action.TAKE,
        dossier_id=dossier.pk,
        version=posted_version(request),
        by=current_user(request),
        at=received_at(request),
    )
    messages.success(request, f"Đã tiếp nhận hồ sơ {dossier.code} để thẩm định.")
    return redirect("assessments:appraisal", uuid)


@require_safe
def overview(request: HttpRequest, uuid: UUID) -> HttpResponse:
    dossier = _appraisal_or_404(request, uuid)
    figures = figures_of(request, dossier)
    user, now = current_user(request), received_at(request)
    totals = _total_lines(figures)
    lines = [_criterion_line(figures, criterion) for criterion in figures.rules.criteria]
    context = _head(dossier, figures) | {
        "lines": lines,
        "settled": sum(1 for line in lines if line.state is State.DONE),
        "totals_state": _together([total.state for total in totals]),
        "recommendation_reason": results_for(user, [dossier], at=now)[dossier.pk].reason,
        "can_appraise": can_appraise(user, dossier, at=now),
        "actions": actions_for(user, dossier, now),
        "deadline": deadline_that_counts(dossier, deadlines_of(dossier)),
        "now": now,
    }
    return render(request, "assessments/appraisal.html", context)


# ---- figures -----------------------------------------------------------------------------------------------------

AGREE = "agree"  # the button «Đồng ý toàn bộ số xã khai»


@require_http_methods(GET_OR_POST)
def base_figures(request: HttpRequest, uuid: UUID) -> HttpResponse:
    dossier = _appraisal_or_404(request, uuid)
    figures = figures_of(request, dossier)
    if request.method != "POST":
        return _base_page(request, dossier, figures, None)
    form = AppraiseTotalsForm(request.POST, figures=figures)
    is_agreed = request.POST.get("action") == AGREE
    status = 422
    if is_agreed or form.is_valid():
        try:
            services.save_appraised_totals(
                dossier_id=dossier.pk,
                version=posted_version(request),
                values=dict(figures.totals) if is_agreed else form.values(),
                reasons={} if is_agreed else form.reasons(),
                by=current_user(request),
                at=received_at(request),
            )
        except Refused as refused:
            status = show_refusal(form, refused)
        else:
            messages.success(request, "Đã lưu thẩm định số liệu nền.")
            return redirect("assessments:appraise", uuid, figures.rules.criteria[0].code)
    dossier = _appraisal_or_404(request, uuid)
    return _base_page(request, dossier, figures_of(request, dossier), form, status=status)


def _base_page(
    request: HttpRequest,
    dossier: Dossier,
    figures: DossierFigures,
    form: AppraiseTotalsForm | None,
    *,
    status: int = 200,
) -> HttpResponse:
    may = can_appraise(current_user(request), dossier, at=received_at(request))
    if form is None and may:
        form = AppraiseTotalsForm(figures=figures)
    first = figures.rules.criteria[0]
    context = _head(dossier, figures) | {
        "form": form,
        "version": dossier.appraised_base_version,
        "lines": _total_lines(figures, form),
        "is_conflict": status == 409,
        "next_url": reverse("assessments:appraise", args=[dossier.uuid, first.code]),
        "next_label": f"Tiêu chí {first.number}",
    }
    return render(request, "assessments/appraise_base.html", context, status=status)


@require_http_methods(GET_OR_POST)
def criterion(request: HttpRequest, uuid: UUID, criterion: str) -> HttpResponse:
    dossier = _appraisal_or_404(request, uuid)
    figures = figures_of(request, dossier)
    spec = criterion_or_404(figures.rules, criterion)
    if request.method != "POST":
        return _criterion_page(request, dossier, figures, spec, None)
    form = AppraiseCriterionForm(request.POST, criterion=spec, figures=figures)
    is_agreed = request.POST.get("action") == AGREE
    status = 422
    if is_agreed or form.is_valid():
        agreed = {item.code: Appraised(figures.answers.get(item.code, NOTHING)) for item in spec.items}
        try:
            services.save_appraisal(
                dossier_id=dossier.pk,
                criterion=spec.code,
                version=posted_version(request),
                answers=agreed if is_agreed else form.answers(),
                by=current_user(request),
                at=received_at(request),
            )
        except Refused as refused:
            status = show_refusal(form, refused)
        else:
            return _after_criterion(request, dossier, figures, spec)
    dossier = _appraisal_or_404(request, uuid)
    return _criterion_page(request, dossier, figures_of(request, dossier), spec, form, status=status)


def _after_criterion(request: HttpRequest, dossier: Dossier, figures: DossierFigures, spec: Criterion) -> HttpResponse:
    """On to the next criterion, with what the saved one came to: thirteen pages are many for one afternoon."""
    line = _criterion_line(figures_of(request, dossier), spec)
    found = f"{line.appraised.of_max} điểm" if line.appraised else ""
    messages.success(
        request, f"Đã lưu tiêu chí {spec.number}: thẩm định {found}, xã khai {line.declared.points_text} điểm."
    )
    return redirect(_next_page(dossier, figures, spec)[0])


def _criterion_page(
    request: HttpRequest,
    dossier: Dossier,
    figures: DossierFigures,
    spec: Criterion,
    form: AppraiseCriterionForm | None,
    *,
    status: int = 200,
) -> HttpResponse:
    user, now = current_user(request), received_at(request)
    if form is None and can_appraise(user, dossier, at=now):
        form = AppraiseCriterionForm(criterion=spec, figures=figures)
    files = Evidence.objects.visible_to(user, today()).present().filter(dossier=dossier)
    entry = figures.entries.get(spec.code)
    next_url, next_label = _next_page(dossier, figures, spec)
    before = figures.rules.criteria[: figures.rules.criteria.index(spec)]
    context = _head(dossier, figures) | {
        "criterion": spec,
        "line": _criterion_line(figures, spec),
        "form": form,
        "version": entry.appraisal_version if entry else 0,
        "explanation": entry.explanation if entry else "",
        "lines": _item_lines(figures, spec.items, list(files.filter(item__in=[i.code for i in spec.items])), form),
        "can_protect": rule_for(user, Right.PROTECT, dossier, at=now) is not None,
        "is_conflict": status == 409,
        "previous_url": _page_of(dossier, before[-1] if before else None),
        "previous_label": f"Tiêu chí {before[-1].number}" if before else "Số liệu nền",
        "next_url": next_url,
        "next_label": next_label,
    }
    return render(request, "assessments/appraise.html", context, status=status)


def _next_page(dossier: Dossier, figures: DossierFigures, spec: Criterion) -> tuple[str, str]:
    """Address and name of the page after this criterion's."""
    following = figures.rules.criteria[figures.rules.criteria.index(spec) + 1 :]
    if following:
        return _page_of(dossier, following[0]), f"Tiêu chí {following[0].number}"
    return reverse("assessments:appraisal", args=[dossier.uuid]), "Tổng quan thẩm định"


def _page_of(dossier: Dossier, spec: Criterion | None) -> str:
    if spec is None:
        return reverse("assessments:appraise_base", args=[dossier.uuid])
    return reverse("assessments:appraise", args=[dossier.uuid, spec.code])


# ---- moves -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """One thing that could be returned, with what the person has to know to decide."""

    title: str
    declared: str
    state: State
    pick: BoundField
    why: BoundField
    before: str  # the reason of the round before, where it was returned then


@require_http_methods(GET_OR_POST)
def return_items(request: HttpRequest, uuid: UUID) -> HttpResponse:
    dossier = _movable_or_404(request, uuid, Action.RETURN)
    figures = figures_of(request, dossier)
    form = ReturnForm(request.POST or None, figures=figures)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _perform(request, Action.RETURN, dossier, items=form.returned())
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                count = len(form.returned())
                messages.success(request, f"Đã trả lại {count} mục của hồ sơ {dossier.code} để xã bổ sung.")
                return redirect("assessments:dossier", uuid)
        dossier = dossier_or_404(request, uuid)
    context = _head(dossier, figures) | {
        "form": form,
        "totals": [_return_line(figures, total.key, form) for total in figures.rules.base_figures],
        "groups": [
            (criterion, [_return_line(figures, item.code, form) for item in criterion.items])
            for criterion in figures.rules.criteria
        ],
    }
    return render(request, "assessments/return.html", context, status=status)


def _return_line(figures: DossierFigures, target: str, form: ReturnForm) -> ReturnLine:
    totals = {total.key for total in figures.rules.base_figures}
    if target in totals:
        declared, state = str(figures.totals.get(target, "")), _total_state(figures, target)
    else:
        item = figures.rules.item(target)
        declared, state = figures.declared_text(item), _item_state(figures, item)
    before = next((row.reason for row in figures.returned if row.target == target), "")
    return ReturnLine(figures.target_title(target), readable(declared), state, *form.pair_of(target), before)


@require_http_methods(GET_OR_POST)
def conclude(request: HttpRequest, uuid: UUID) -> HttpResponse:
    dossier = _movable_or_404(request, uuid, Action.CONCLUDE)
    figures = figures_of(request, dossier)
    form = ConcludeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _perform(request, Action.CONCLUDE, dossier, **form.cleaned_data)
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã hoàn thành thẩm định hồ sơ {dossier.code}.")
                return redirect("assessments:appraisal", uuid)
        dossier = dossier_or_404(request, uuid)
        figures = figures_of(request, dossier)
    context = _head(dossier, figures) | {
        "form": form,
        "lines": [_criterion_line(figures, criterion) for criterion in figures.rules.criteria],
        "different": [line for line in _item_lines(figures, figures.rules.items, []) if line.differs],
        "different_totals": [
            line for line in _total_lines(figures) if line.row is not None and line.row.value != line.declared
        ],
    }
    return render(request, "assessments/conclude.html", context, status=status)


@require_http_methods(GET_OR_POST)
def reopen(request: HttpRequest, uuid: UUID) -> HttpResponse:
    dossier = _movable_or_404(request, uuid, Action.REOPEN)
    form = ReopenForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _perform(request, Action.REOPEN, dossier, **form.cleaned_data)
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã đưa hồ sơ {dossier.code} về thẩm định lại.")
                return redirect("assessments:appraisal", uuid)
        dossier = dossier_or_404(request, uuid)
    return render(request, "assessments/reopen.html", {"dossier": dossier, "form": form}, status=status)


def _movable_or_404(request: HttpRequest, uuid: UUID, action: Action) -> Dossier:
    """The page of a move is opened only by who could make it now; otherwise the sentence says why not."""
    dossier = _appraisal_or_404(request, uuid)
    if request.method != "POST":  # a POST is judged by the service, which also looks at the version
        check_can_perform(current_user(request), action, dossier, at=received_at(request))
    return dossier


def _perform(request: HttpRequest, action: Action, dossier: Dossier, **given: Any) -> None:
    services.perform(
        action,
        dossier_id=dossier.pk,
        version=posted_version(request),
        by=current_user(request),
        at=received_at(request),
        **given,
    )
