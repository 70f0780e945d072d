"""allauth's forms that ask for a code, with our counting and our codes that serve once."""

from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from childfriendly.core.forms import NfcCharField, PlainForm
from communes import access, second_factor
from communes.accounts import TOO_MANY
from communes.models import User

TRIES = "5/m/key,30/h/key"
CODE_ATTRIBUTES = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none"}
TOO_MANY_CODES = "Đã nhập sai mã nhiều lần. Đợi 1 phút rồi thử lại."


def checked(user: User, code: str) -> Authenticator:
    """Five tries a minute, counted for the account, wherever they come from: a code has but six digits."""
    usage = ratelimit.consume(
        context.request, app="communes", action="code", config={"code": TRIES}, key=f"code:{user.pk}"
    )
    if not usage:
        raise ValidationError(TOO_MANY_CODES, code=TOO_MANY)
    kept = second_factor.use_code(user, code)
    if kept is None:
        access.record_wrong_code(user=user, at=timezone.now())
        raise ValidationError(
            "Mã chưa đúng hoặc đã dùng. Đợi ứng dụng hiện mã mới rồi nhập lại.", code="incorrect_code"
        )
    usage.rollback()
    return kept


def _code_field() -> forms.CharField:
    return NfcCharField(
        label="Mã xác thực",
        help_text="6 chữ số trong ứng dụng trên điện thoại, hoặc một mã dự phòng",
        max_length=20,
        widget=forms.TextInput(attrs=CODE_ATTRIBUTES),
        error_messages={"required": "Nhập mã trong ứng dụng xác thực."},
    )


class AuthenticateForm(AllauthAuthenticateForm):  # type: ignore[misc]  # allauth's base has no types
    code = _code_field()

    def clean_code(self) -> str:
        self.authenticator = checked(self.user, self.cleaned_data["code"])
        return str(self.cleaned_data["code"])


class ReauthenticateForm(AllauthReauthenticateForm):  # type: ignore[misc]  # as above
    code = _code_field()

    def clean_code(self) -> str:
        self.authenticator = checked(self.user, self.cleaned_data["code"])
        return str(self.cleaned_data["code"])


class EnrolForm(PlainForm, forms.Form):
    code = NfcCharField(
        label="Mã trong ứng dụng",
        help_text="6 chữ số đang hiện trong ứng dụng",
        max_length=20,
        widget=forms.TextInput(attrs=CODE_ATTRIBUTES),
        error_messages={"required": "Nhập mã trong ứng dụng xác thực."},
    )


class ReasonForm(PlainForm, forms.Form):
    reason = NfcCharField(
        label="Lý do",
        help_text="Ví dụ: mất điện thoại, đã xác nhận qua điện thoại cơ quan",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Nhập lý do đặt lại xác thực hai bước."},
    )
