"""Re-checks beside the appraisal of a dossier: what was found, the page to enter it, and the sheet to take along. And
the opinions that an office asks of departments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.forms.boundfield import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments.disclosure import reads_exact
from assessments.figures import DossierFigures
from assessments.models import Dossier
from assessments.permissions import can_see_appraisal
from assessments.policy import Relation
from assessments.views.common import dossier_or_404, figures_of, readable
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.exports import exported
from childfriendly.core.files import content_type_for
from childfriendly.core.forms import drawn_version, posted_version, show_refusal
from communes.auth import current_user, today
from communes.models import Unit
from communes.queries import roles_of
from criteria.disclosure import WITHHELD, hides
from criteria.models import Period
from criteria.scoring import Criterion, Item
from papers.filling.forms import opinion_form, recheck_sheet
from papers.forms.recheck import AskOpinionForm, EnterOpinionForm, RecheckForm
from papers.kinds import Desk
from papers.models import Finding, Opinion, Recheck
from papers.permissions import check_can_recheck, recheck_desk
from papers.policy import Right, roles_with
from papers.rendering import render_docx, render_pdf
from papers.services import recheck as services
from papers.structure import Content

GET_OR_POST = ["GET", "HEAD", "POST"]
RENDERERS = {"pdf": render_pdf, "docx": render_docx}


def _file(content: Content, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(RENDERERS[kind](content), content_type=content_type_for(kind))
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


# ---- re-checks -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Line:
    """One item that was looked at, beside what was declared and appraised."""

    item: Item
    declared: str
    appraised: str
    found: str
    note: str


@dataclass(frozen=True, slots=True)
class Shown:
    recheck: Recheck
    conclusion: str
    lines: list[Line]
    can_correct: bool


def _appraisal_or_404(request: HttpRequest, uuid: UUID) -> Dossier:
    """Who may not read the appraised figures may not read these."""
    dossier = dossier_or_404(request, uuid)
    if not can_see_appraisal(current_user(request), dossier, at=received_at(request)):
        raise Http404
    return dossier


@require_safe
def rechecks(request: HttpRequest, uuid: UUID) -> HttpResponse:
    dossier = _appraisal_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    figures, desk = figures_of(request, dossier), recheck_desk(user, dossier, at=at)
    found = Recheck.objects.visible_to(user, today()).filter(dossier=dossier)
    rows = list(found.select_related("entered_by").prefetch_related("findings"))
    context = {
        "dossier": dossier,
        "rechecks": [_shown(row, figures, is_exact=reads_exact(user, dossier, at=at), desk=desk) for row in rows],
        "can_enter": desk is not None,
    }
    return render(request, "papers/rechecks.html", context)


def _shown(recheck: Recheck, figures: DossierFigures, *, is_exact: bool, desk: Desk | None) -> Shown:
    """To those who may not know small counts nothing is told that somebody who knew them wrote about them."""
    rules, totals = figures.rules, figures.settled_totals
    findings = list(recheck.findings.all())
    raw = {row.item: row.figures.raw(rules.item(row.item), totals) for row in findings}
    withholds = not is_exact and recheck.desk == Desk.OFFICE and (figures.hides_anything or hides(rules, raw))
    lines = []
    for row in findings:
        item = rules.item(row.item)
        text = figures.readable_text(item.code, row.figures.text(item, totals))
        hidden = not is_exact and rules.names_children(item.code)
        lines.append(
            Line(
                item,
                readable(figures.declared_text(item)),
                readable(figures.appraised_text(item), "chưa thẩm định"),
                readable(text, "–"),
                WITHHELD if hidden and row.note else row.note,
            )
        )
    conclusion = WITHHELD if withholds else recheck.conclusion
    return Shown(recheck, conclusion, lines, can_correct=desk is not None and recheck.desk == desk)


@dataclass(frozen=True, slots=True)
class EntryLine:
    item: Item
    declared: str
    appraised: str
    fields: list[BoundField]


@dataclass(frozen=True, slots=True)
class Group:
    criterion: Criterion
    lines: list[EntryLine]
    is_open: bool


@require_http_methods(GET_OR_POST)
def enter_recheck(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _enter(request, _appraisal_or_404(request, uuid), None)


@require_http_methods(GET_OR_POST)
def correct_recheck(request: HttpRequest, uuid: UUID) -> HttpResponse:
    visible = Recheck.objects.visible_to(current_user(request), today())
    recheck = get_object_or_404(visible.select_related("dossier"), uuid=uuid)
    return _enter(request, _appraisal_or_404(request, recheck.dossier.uuid), recheck)


def _enter(request: HttpRequest, dossier: Dossier, recheck: Recheck | None) -> HttpResponse:
    user, at = current_user(request), received_at(request)
    desk = check_can_recheck(user, dossier, at=at)
    if recheck is not None and recheck.desk != desk:
        raise Refused("Kết quả phúc tra này do cơ quan khác ghi. Đề nghị cơ quan đó sửa.")
    figures = figures_of(request, dossier)
    rules = figures.rules
    items = [item for item in rules.items if desk is Desk.OFFICE or not rules.names_children(item.code)]
    found = {row.item: row for row in recheck.findings.all()} if recheck else {}
    form = RecheckForm(request.POST or None, items=items, recheck=recheck, found=found)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.save_recheck(
                    dossier_id=dossier.pk,
                    recheck_id=recheck.pk if recheck else None,
                    version=posted_version(request),
                    visit=form.visit(),
                    findings=form.findings(),
                    by=user,
                    at=at,
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, "Đã ghi kết quả phúc tra.")
                return redirect("papers:rechecks", dossier.uuid)
    context = {
        "dossier": dossier,
        "recheck": recheck,
        "version": drawn_version(request, recheck.version if recheck else 0),
        "form": form,
        "groups": _groups(figures, form, found),
        "is_of_province": desk is Desk.PROVINCE,
    }
    return render(request, "papers/recheck.html", context, status=status)


def _groups(figures: DossierFigures, form: RecheckForm, found: Mapping[str, Finding]) -> list[Group]:
    """Closed until something stands in it; errors are always in sight."""
    groups = []
    asked = {item.code for item in form.items}
    for criterion in figures.rules.criteria:
        lines = [
            EntryLine(
                item,
                readable(figures.declared_text(item)),
                readable(figures.appraised_text(item), "chưa thẩm định"),
                form.bound_fields_of(item.code),
            )
            for item in criterion.items
            if item.code in asked
        ]
        is_open = any(
            line.item.code in found or any(one.errors or one.value() for one in line.fields) for line in lines
        )
        if lines:
            groups.append(Group(criterion, lines, is_open))
    return groups


@require_safe
def sheet(request: HttpRequest, uuid: UUID, kind: str) -> HttpResponse:
    """The form to take along, for those whose work the re-check is."""
    dossier = _appraisal_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    check_can_recheck(user, dossier, at=at)
    figures = figures_of(request, dossier)
    exported("recheck_sheet", dossier, rows=len(figures.rules.items), by=user, at=at)
    return _file(recheck_sheet(figures, today()), f"phieu-phuc-tra-{dossier.code}".lower(), kind)


# ---- opinions ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Asked:
    opinion: Opinion
    criterion: str
    words: str


@dataclass(frozen=True, slots=True)
class Office:
    """One office in one period."""

    period: Period
    unit: Unit
    asked: list[Asked] = field(default_factory=list)


def _offices(request: HttpRequest) -> dict[tuple[int, int], Office]:
    """The offices where this person asks for opinions, in the periods in which they have dossiers; newest first. To
    who asks nowhere the page does not exist."""
    units = roles_of(current_user(request), today()).units(*roles_with(Right.ASK_OPINION, Relation.APPRAISING))
    if not units:
        raise Http404
    pairs = Dossier.objects.filter(appraising_unit__in=units).order_by().values_list("period", "appraising_unit")
    found = set(pairs.distinct())
    periods = Period.objects.with_setting().in_bulk({period for period, _ in found})
    own = Unit.objects.in_bulk({unit for _, unit in found})
    ordered = sorted(found, key=lambda pair: (-periods[pair[0]].year, own[pair[1]].sort_key))
    return {pair: Office(periods[pair[0]], own[pair[1]]) for pair in ordered}


@require_safe
def opinions(request: HttpRequest) -> HttpResponse:
    offices = _offices(request)
    for row in Opinion.objects.visible_to(current_user(request), today()):
        office = offices[row.period_id, row.unit_id]
        criterion = office.period.criteria_set.rules().criterion(row.criterion)
        office.asked.append(Asked(row, f"{criterion.number}. {criterion.title}", row.words(today())))
    return render(request, "papers/opinions.html", {"offices": list(offices.values())})


@require_http_methods(GET_OR_POST)
def ask_opinion(request: HttpRequest, period_uuid: UUID, unit_uuid: UUID) -> HttpResponse:
    offices = _offices(request).values()
    office = next((one for one in offices if (one.period.uuid, one.unit.uuid) == (period_uuid, unit_uuid)), None)
    if office is None:
        raise Http404
    form = AskOpinionForm(request.POST or None, criteria=office.period.criteria_set.rules().criteria)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                opinion = services.ask_opinion(
                    period=office.period,
                    unit=office.unit,
                    by=current_user(request),
                    at=received_at(request),
                    **form.cleaned_data,
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, "Đã ghi việc lấy ý kiến. Tải phiếu rồi gửi cơ quan được hỏi.")
                return redirect("papers:opinion", opinion.uuid)
    return render(request, "papers/ask_opinion.html", {"office": office, "form": form}, status=status)


def _opinion_or_404(request: HttpRequest, uuid: UUID) -> Opinion:
    visible = Opinion.objects.visible_to(current_user(request), today())
    return get_object_or_404(visible.select_related("unit", "period__criteria_set", "period__province"), uuid=uuid)


@require_http_methods(GET_OR_POST)
def opinion(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _opinion_or_404(request, uuid)
    stored = {"received_on": found.received_on, "text": found.text}
    form = EnterOpinionForm(request.POST or None, initial=stored)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.enter_opinion(
                    opinion_id=found.pk,
                    version=posted_version(request),
                    by=current_user(request),
                    at=received_at(request),
                    **form.cleaned_data,
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, "Đã ghi ý kiến.")
                return redirect("papers:opinions")
    context = {
        "opinion": found,
        "criterion": found.period.criteria_set.rules().criterion(found.criterion),
        "words": found.words(today()),
        "form": form,
    }
    return render(request, "papers/opinion.html", context, status=status)


@require_safe
def opinion_sheet(request: HttpRequest, uuid: UUID, kind: str) -> HttpResponse:
    found = _opinion_or_404(request, uuid)
    content = opinion_form(found, today())
    rows = sum(len(table.rows) for table in content.tables)
    exported("opinion_form", found, rows=rows, by=current_user(request), at=received_at(request))
    return _file(content, f"phieu-lay-y-kien-{found.criterion}".lower(), kind)
