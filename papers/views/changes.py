"""What has changed since a paper was signed (FEATURES H5): its frozen figures beside those of today."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from papers.filling.changes import changes_since
from papers.views.paper import paper_or_404


@require_safe
def changes(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A draft, and a paper that holds no figures, has nothing to compare."""
    paper = paper_or_404(request, uuid)
    return render(request, "papers/changes.html", {"paper": paper, "changes": changes_since(paper)})
