"""The project's addresses, and beside them the floors. Never part of the product."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from assessments.models import Dossier


@login_not_required
def one_query(request: HttpRequest, uuid: str) -> HttpResponse:
    """The floor: one query by a unique index, a line of text, nobody signed in."""
    row = Dossier.objects.only("code").get(uuid=uuid)
    return HttpResponse(row.code, content_type="text/plain; charset=utf-8")


def signed_in(request: HttpRequest, uuid: str) -> HttpResponse:
    """The same behind the sign-in: what session and user cost before any page begins."""
    return one_query(request, uuid)


urlpatterns = [
    path("san/mot-truy-van/<uuid:uuid>/", one_query),
    path("san/da-dang-nhap/<uuid:uuid>/", signed_in),
    path("", include("childfriendly.urls")),
]

handler400 = "childfriendly.core.views.bad_request"
handler403 = "childfriendly.core.views.permission_denied"
handler404 = "childfriendly.core.views.page_not_found"
handler500 = "childfriendly.core.views.server_error"
