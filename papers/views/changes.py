"""What has changed since a paper was signed (FEATURES H5): its frozen figures beside those of today."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from papers.filling.changes import changes_since, figures_of
from papers.views.paper import paper_or_404


@require_safe
def changes(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Of a paper that holds figures; any other has no such page."""
    paper = paper_or_404(request, uuid)
    if not figures_of(paper):
        raise Http404
    return render(request, "papers/changes.html", {"paper": paper, "changes": changes_since(paper)})
