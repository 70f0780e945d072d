"""People and area types from a workbook: the form to fill in, the upload, the preview that names every mistake by its
cell, the confirmation, and the passwords that are handed out once."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.files import content_type_for
from childfriendly.core.forms import show_refusal
from childfriendly.core.models import Job
from communes.auth import catalogue_admin_or_404, confirm_identity
from communes.forms import ImportForm
from communes.imports import service
from communes.models import Import

LATEST = 20


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    admin = catalogue_admin_or_404(request)
    form = ImportForm(request.POST or None, request.FILES or None, initial={"kind": Import.Kind.PEOPLE})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                item = service.receive(
                    kind=Import.Kind(form.cleaned_data["kind"]),
                    upload=form.cleaned_data["upload"],
                    by=admin,
                    at=received_at(request),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                return redirect("communes:import", item.uuid)
    context = {"form": form, "items": Import.objects.filter(owner=admin)[:LATEST]}
    return render(request, "communes/imports.html", context, status=status)


@require_safe
def form(request: HttpRequest, kind: Import.Kind) -> HttpResponse:
    admin = catalogue_admin_or_404(request)
    return _workbook(service.form_of(kind, by=admin, at=received_at(request)), f"bieu-mau-{kind.replace('_', '-')}")


@confirm_identity
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Shown to whoever uploaded it, and to nobody else."""
    admin = catalogue_admin_or_404(request)
    at = received_at(request)
    item = get_object_or_404(Import, uuid=uuid, owner=admin)
    refusal, status = "", 200
    if request.method == "POST":
        try:
            if item.kind == Import.Kind.PEOPLE:
                service.confirm_people(item=item, by=admin, at=at)
                messages.success(request, "Đã giao việc nhập cho máy chủ; trang này cho biết khi nào xong.")
            else:
                messages.success(request, service.confirm_area_types(item=item, by=admin, at=at))
        except Refused as refused:
            refusal, status = str(refused), 409 if isinstance(refused, Stale) else 422
        else:
            return redirect("communes:import", item.uuid)
    context: dict[str, object] = {"item": item, "is_expired": item.expires_at <= at, "refusal": refusal}
    if item.confirmed_at is None:
        context["job"] = _job_of(item)
        try:
            plan = service.plan_of(item, by=admin, at=at)
        except Refused as refused:
            context["refusal"] = refusal or str(refused)
        else:
            problems = plan.problems[: service.LONGEST_LIST]
            context |= {"plan": plan, "problems": problems, "rows": plan.rows[: service.LONGEST_LIST]}
    return render(request, "communes/import.html", context, status=status)


def _job_of(item: Import) -> Job | None:
    return Job.objects.filter(kind=service.IMPORT_PEOPLE, key=str(item.uuid)).order_by("-created_at").first()


@confirm_identity
@require_POST
def passwords(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A POST, so that nothing that fetches ahead uses it up."""
    admin = catalogue_admin_or_404(request)
    item = get_object_or_404(Import, uuid=uuid, owner=admin)
    content = service.hand_out_passwords(item=item, by=admin, at=received_at(request))
    return _workbook(content, "mat-khau-tam")


def _workbook(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=content_type_for("xlsx"), headers=headers)
