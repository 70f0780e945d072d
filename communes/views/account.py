"""Pages of the own account: signing in, password, second factor, sessions. django-allauth does the signing in."""

from uuid import UUID

import segno
from allauth.account import views as allauth_account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as allauth_mfa
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import show_refusal
from communes import second_factor, services, sessions
from communes.accounts import PREVIOUS_SIGN_IN, TOO_MANY
from communes.auth import catalogue_admin_or_404, confirm_identity, current_user, has_passed_second_factor, today
from communes.models import User
from communes.queries import people_visible_to
from communes.second_factor_forms import EnrolForm, ReasonForm

GET_OR_POST = ["GET", "HEAD", "POST"]
_SEED = "second_factor_seed"  # in the session, encrypted, until a code shows that the app has it


# ---- signing in --------------------------------------------------------------------------------------------------
@login_not_required
@require_http_methods(GET_OR_POST)
def sign_in(request: HttpRequest) -> HttpResponse:
    """allauth's, with the status that a locked account deserves."""
    return _with_lock_status(allauth_account.login(request))


@login_not_required
@require_http_methods(GET_OR_POST)
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step, for whoever has just given the right password."""
    return _with_lock_status(allauth_mfa.authenticate(request))


def _with_lock_status(response: HttpResponse) -> HttpResponse:
    if isinstance(response, TemplateResponse) and response.context_data and "form" in response.context_data:
        errors = [error for found in response.context_data["form"].errors.as_data().values() for error in found]
        if any(error.code == TOO_MANY for error in errors):
            response.status_code = 429
            response.headers["Retry-After"] = str(settings.LOGIN_LOCK_MINUTES * 60)
    return response


# ---- the own account ---------------------------------------------------------------------------------------------
@require_safe
def my_account(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    has_one = second_factor.has_one(user)
    context = {
        "previous_sign_in": parse_datetime(request.session.get(PREVIOUS_SIGN_IN, "")),
        "has_second_factor": has_one,
        "is_required": second_factor.is_required(user, today()),
        "codes_left": second_factor.recovery_codes_left(user) if has_one else 0,
        "sessions": sessions.open_sessions(user, request.session.session_key),
    }
    return render(request, "communes/my_account.html", context)


@confirm_identity(also_reading=True)
@require_http_methods(GET_OR_POST)
def enrol_second_factor(request: HttpRequest) -> HttpResponse:
    """The answer to the right code shows the recovery codes itself: a redirect would have to keep them in clear."""
    user = current_user(request)
    if second_factor.has_one(user):
        if has_passed_second_factor(request):
            return redirect("communes:my_account")
        logout(request)  # a session of before; the next one begins with the code
        return redirect("account_login")
    if _SEED not in request.session:
        request.session[_SEED] = second_factor.encrypt(generate_totp_secret())
    seed = second_factor.decrypt(request.session[_SEED])
    form = EnrolForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                codes = second_factor.enrol(
                    user=user, seed=seed, code=form.cleaned_data["code"], at=received_at(request)
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                del request.session[_SEED]
                record_authentication(request, user, "mfa", type="totp")
                _renew_session(request, user)
                return render(request, "communes/recovery_codes.html", {"codes": codes, "is_new": True})
    address = get_adapter().build_totp_url(user, seed)
    context = {
        "form": form,
        "picture": segno.make(address, error="m").svg_data_uri(scale=5, border=4),
        "seed": " ".join(seed[start : start + 4] for start in range(0, len(seed), 4)),
        "is_required": second_factor.is_required(user, today()),
    }
    return render(request, "communes/enrol_second_factor.html", context, status=status)


@confirm_identity
@require_http_methods(GET_OR_POST)
def recovery_codes(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    if request.method == "POST":
        codes = second_factor.renew_recovery_codes(user=user, at=received_at(request))
        _renew_session(request, user)
        return render(request, "communes/recovery_codes.html", {"codes": codes})
    return render(request, "communes/renew_recovery_codes.html", {"left": second_factor.recovery_codes_left(user)})


@confirm_identity
@require_http_methods(GET_OR_POST)
def remove_second_factor(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    if request.method == "POST":
        second_factor.remove(user=user, at=received_at(request))
        _renew_session(request, user)
        messages.success(request, "Đã tắt xác thực hai bước. Từ nay chỉ cần mật khẩu để đăng nhập.")
        return redirect("communes:my_account")
    second_factor.check_can_remove(user, today())
    return render(request, "communes/remove_second_factor.html")


def _renew_session(request: HttpRequest, user: User) -> None:
    """This session alone goes on, under a new id."""
    before = request.session.session_key
    update_session_auth_hash(request, user)
    sessions.follow(before, request.session.session_key)


# ---- sessions ----------------------------------------------------------------------------------------------------
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """The one of the button, or with «khac» all but this one."""
    user = current_user(request)
    listed = sessions.open_sessions(user, request.session.session_key)
    keys = [session.key for session in listed if not session.is_current]
    if "khac" not in request.POST:
        keys = [key for key in keys if key == request.POST.get("phien")]
    ended = sessions.end_own_sessions(user=user, keys=keys, at=received_at(request))
    messages.success(request, f"Đã kết thúc {ended} phiên đăng nhập ở nơi khác.")
    return redirect("communes:my_account")


@require_POST
def keep_session(request: HttpRequest) -> HttpResponse:
    """What «Làm việc tiếp» asks for: that it came at all is what the session notes."""
    return HttpResponse(status=204)


# ---- what a catalogue administrator does for others ----------------------------------------------------------------
def _person_or_404(by: User, uuid: UUID) -> User:
    return get_object_or_404(people_visible_to(by, today()), uuid=uuid)


@confirm_identity
@require_http_methods(GET_OR_POST)
def reset_second_factor(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    somebody = _person_or_404(user, uuid)
    form = ReasonForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                second_factor.reset(user=somebody, by=user, at=received_at(request), reason=form.cleaned_data["reason"])
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã đặt lại xác thực hai bước của {somebody.full_name}.")
                return redirect("communes:person", somebody.uuid)
    else:
        services.check_can_administer_account(user, somebody, today())
    context = {"form": form, "somebody": somebody}
    return render(request, "communes/reset_second_factor.html", context, status=status)


@require_http_methods(GET_OR_POST)
def end_sessions_of(request: HttpRequest, uuid: UUID) -> HttpResponse:
    user = catalogue_admin_or_404(request)
    somebody = _person_or_404(user, uuid)
    if request.method == "POST":
        sessions.end_sessions_of(user=somebody, by=user, at=received_at(request))
        messages.success(request, f"Đã kết thúc mọi phiên đăng nhập của {somebody.full_name}.")
        return redirect("communes:person", somebody.uuid)
    services.check_can_administer_account(user, somebody, today())
    return render(request, "communes/account_act.html", {"somebody": somebody, "act": "end_sessions"})
