"""Pages of the own account: signing in, password, second factor, sessions. django-allauth does the work."""

from allauth.account import views as allauth_account
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from communes.accounts import TOO_MANY

GET_OR_POST = ["GET", "HEAD", "POST"]


# ---- signing in --------------------------------------------------------------------------------------------------
@login_not_required
@require_http_methods(GET_OR_POST)
def sign_in(request: HttpRequest) -> HttpResponse:
    """allauth's, with the status that a locked account deserves."""
    return _with_lock_status(allauth_account.login(request))


def _with_lock_status(response: HttpResponse) -> HttpResponse:
    if isinstance(response, TemplateResponse) and response.context_data and "form" in response.context_data:
        errors = [error for found in response.context_data["form"].errors.as_data().values() for error in found]
        if any(error.code == TOO_MANY for error in errors):
            response.status_code = 429
            response.headers["Retry-After"] = str(settings.LOGIN_LOCK_MINUTES * 60)
    return response
