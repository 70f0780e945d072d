"""The province summary as a page and a workbook, and the papers of a decision as PDF."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from assessments.models import Decision, DecisionItem, Result
from assessments.summaries import Summary, may_read_summaries, periods_for, summarise, units_for
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.exports import exported, watermark
from childfriendly.core.files import content_type_for
from childfriendly.core.models import AuditEvent
from childfriendly.core.snapshots import snapshot
from communes.auth import confirm_identity
from communes.models import Role, Unit, User
from communes.queries import roles_of
from criteria.models import Period
from criteria.scoring import HIDDEN
from papers.filling.unkept import certificate_content, decision_content
from papers.jobs import ask_for_papers
from papers.kinds import Kind
from papers.models import Paper, State
from papers.rendering import render_pdf
from papers.views.paper import stored_file
from reports import auditing, excel, jobs
from reports.filenames import certificate_file, decision_file, summary_file

PERIOD, UNIT = "ky", "don-vi"


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _file(content: bytes, name: str) -> HttpResponse:
    """`name` is ASCII and names no person, as it ends in logs, mails and download folders."""
    response = HttpResponse(content, content_type=content_type_for(name.rpartition(".")[2]))
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# ---- the summary -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    url: str
    is_chosen: bool


def _address(name: str, period: Period, unit: Unit | None = None) -> str:
    chosen = {PERIOD: str(period.uuid), **({UNIT: str(unit.uuid)} if unit else {})}
    return f"{reverse(name)}?{urlencode(chosen)}"


@dataclass(frozen=True, slots=True)
class Chosen:
    periods: list[Period]
    units: list[Unit]
    period: Period
    unit: Unit


def _chosen(request: HttpRequest, user: User, at: datetime) -> Chosen | None:
    """The period and the unit that the address names, else the newest and the widest that the person may read; None
    where there is no period yet. What the person may not read is not there (404)."""
    today = timezone.localdate(at)
    if not may_read_summaries(user, today):
        raise Http404
    periods = periods_for(user, today)
    wanted = request.GET.get(PERIOD, "")
    if not periods and not wanted:
        return None
    period = next((row for row in periods if wanted in ("", str(row.uuid))), None)
    if period is None:
        raise Http404
    units = units_for(period, user, today)
    wanted = request.GET.get(UNIT, "")
    unit = next((row for row in units if wanted in ("", str(row.uuid))), None)
    if unit is None:
        raise Http404
    return Chosen(periods, units, period, unit)


@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    user, at = _person(request), received_at(request)
    chosen = _chosen(request, user, at)
    if chosen is None:
        return render(request, "reports/summary.html", {"summary": None})
    made = summarise(chosen.period, chosen.unit, reader=user, at=at)
    context = {
        "summary": made,
        "HIDDEN": HIDDEN,
        "title": excel.title_of(made),
        "periods": [Choice(str(row), _address("reports:summary", row), row == chosen.period) for row in chosen.periods],
        "units": [
            Choice(row.name, _address("reports:summary", chosen.period, row), row == chosen.unit)
            for row in chosen.units
        ],
        "columns": len(made.criteria) + 5,  # beside the one of the names
        "xlsx_url": _address("reports:summary_xlsx", chosen.period, chosen.unit),
        "workbook_url": _address("reports:summary_workbook", chosen.period, chosen.unit),
        "is_large": len(made.rows) > jobs.LARGE,
    }
    return render(request, "reports/summary.html", context)


@confirm_identity(also_reading=True)
@require_GET
def summary_xlsx(request: HttpRequest) -> HttpResponse:
    user, at = _person(request), received_at(request)
    with snapshot():
        chosen = _chosen(request, user, at)
        if chosen is None:
            raise Http404
        made: Summary = summarise(chosen.period, chosen.unit, reader=user, at=at)
    content = excel.export_summary(made, reader=excel.reader_of(made, user, at), at=at)
    return _file(content, summary_file(made.period, made.unit))


@confirm_identity
@require_POST
def summary_workbook(request: HttpRequest) -> HttpResponse:
    """The same in the background, for an area that is too large to wait for."""
    user, at = _person(request), received_at(request)
    chosen = _chosen(request, user, at)
    if chosen is None:
        raise Http404
    return redirect("job", jobs.ask_for_workbook(chosen.period, chosen.unit, by=user, at=at).uuid)


# ---- papers ------------------------------------------------------------------------------------------------------
def _decision_or_404(request: HttpRequest, uuid: UUID) -> Decision:
    visible = Decision.objects.visible_to(_person(request), timezone.localdate())
    return get_object_or_404(visible.select_related("period__province", "deciding_unit", "proposal"), uuid=uuid)


@require_safe
def decision_pdf(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The bytes that were issued; a draft of now until then."""
    decision = _decision_or_404(request, uuid)
    user, at = _person(request), received_at(request)
    kept = Paper.objects.filter(kind=Kind.DECISION, decision=decision, state=State.ISSUED).first()
    content = decision_content(decision)
    exported("decision", decision, rows=sum(len(table.rows) for table in content.tables), by=user, at=at)
    if kept is not None:
        return stored_file(request, kept, "pdf")
    return _file(render_pdf(content, mark=watermark(user, at)), decision_file(decision))


@require_safe
def certificate_pdf(request: HttpRequest, uuid: UUID, dossier_uuid: UUID) -> HttpResponseBase:
    """Only of a recognised commune: the bytes of the certificate that was issued last; a draft until the decision has
    its number."""
    decision = _decision_or_404(request, uuid)
    items = DecisionItem.objects.filter(decision=decision, result=Result.RECOGNISED).select_related("dossier__commune")
    item = get_object_or_404(items, dossier__uuid=dossier_uuid)
    item.decision = decision  # with what the paper asks of it
    user, at = _person(request), received_at(request)
    papers = Paper.objects.filter(kind=Kind.CERTIFICATE, item=item).order_by("-pk")
    kept = papers.filter(state=State.ISSUED).first()
    if kept is None and papers.filter(state=State.NUMBERED).exists():
        raise Refused(
            f"Giấy công nhận của {item.commune_name} đang được lập. Mở lại sau ít phút, hoặc ở trang quyết định chọn "
            "«Lập một tệp gồm quyết định và mọi giấy công nhận»."
        )
    exported("certificate", decision, rows=1, by=user, at=at, after={"commune": item.dossier.commune.code})
    if kept is not None:
        return stored_file(request, kept, "pdf")
    return _file(render_pdf(certificate_content(item), mark=watermark(user, at)), certificate_file(item))


@confirm_identity
@require_POST
def decision_papers(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The decision with all its certificates, made in the background."""
    decision = _decision_or_404(request, uuid)
    return redirect("job", ask_for_papers(decision, by=_person(request), at=received_at(request)).uuid)


# ---- the audit ---------------------------------------------------------------------------------------------------
def _audit_form(request: HttpRequest) -> auditing.AuditFilterForm:
    if not auditing.may_read_audit(_person(request), timezone.localdate(received_at(request))):
        raise Http404
    return auditing.AuditFilterForm(request.GET)


@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """For inspectors, newest first; a filter that cannot be read shows its error and no rows."""
    form, user = _audit_form(request), _person(request)
    today = timezone.localdate(received_at(request))
    is_clear = form.is_valid()
    rows = form.chosen(auditing.audit_visible_to(user, today), today) if is_clear else AuditEvent.objects.none()
    page = Paginator(rows, auditing.PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": [auditing.line_of(event) for event in page],
        "xlsx_url": f"{reverse('reports:audit_xlsx')}?{request.GET.urlencode()}",
    }
    return render(request, "reports/audit.html", context, status=200 if is_clear else 422)


@confirm_identity(also_reading=True)
@require_GET
def audit_log_xlsx(request: HttpRequest) -> HttpResponse:
    """The same rows as the page; recorded like every export, before the first byte."""
    form, user, at = _audit_form(request), _person(request), received_at(request)
    today = timezone.localdate(at)
    if not form.is_valid():
        return redirect(f"{reverse('reports:audit')}?{request.GET.urlencode()}")
    rows = list(form.chosen(auditing.audit_visible_to(user, today), today)[: auditing.MOST_ROWS + 1])
    if len(rows) > auditing.MOST_ROWS:
        raise Refused("Nhật ký đã chọn dài quá 20.000 dòng. Chọn khoảng ngày ngắn hơn rồi tải lại.")
    held = next(held for held in roles_of(user, today) if held.role == Role.INSPECTOR)
    exported("audit", held.unit, rows=len(rows), by=user, at=at, role=held.words)
    return _file(auditing.audit_xlsx(rows, by=user, at=at), f"nhat-ky-{today:%Y-%m-%d}.xlsx")
