"""Who asks: the signed-in person as the type that services want."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone

from communes.models import Role, User
from communes.queries import roles_of


def current_user(request: HttpRequest) -> User:
    """The middleware has already sent everybody else to the sign-in page."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def today() -> date:
    return timezone.localdate()


def catalogue_admin_or_404(request: HttpRequest) -> User:
    """For pages of administration, which do not exist for anybody else."""
    user = current_user(request)
    if not roles_of(user, today()).has(Role.CATALOGUE_ADMIN):
        raise Http404
    return user
