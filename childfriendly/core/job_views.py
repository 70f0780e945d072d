"""«Việc đang chạy»: what one has asked for in the background, how far it is and what came of it."""

from pathlib import Path
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from childfriendly.core import jobs, views
from childfriendly.core.files import file_response
from childfriendly.core.models import Job

PER_PAGE = 50


@require_safe
def own_jobs(request: HttpRequest) -> HttpResponse:
    page = Paginator(Job.objects.visible_to(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "jobs/jobs.html", {"page": page})


@require_safe
def job(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The page, and for htmx the part of it that changes."""
    found = get_object_or_404(Job.objects.visible_to(request.user), uuid=uuid)
    context = {"job": found, "can_fetch": jobs.can_fetch(found, request.user, timezone.now())}
    return render(request, "jobs/_state.html" if views.is_htmx(request) else "jobs/job.html", context)


@require_safe
def job_file(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    found = get_object_or_404(Job.objects.visible_to(request.user), uuid=uuid)
    if not jobs.can_fetch(found, request.user, timezone.now()):
        raise Http404
    extension = Path(found.file_name).suffix.removeprefix(".")
    return file_response(jobs.path_of(found), name=found.file_name, extension=extension)
