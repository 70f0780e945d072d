"""A form that makes something makes it once, however often it is sent: a double press, a refresh, a line that broke
before the answer came (SECURITY.md R-04).

The page draws a number into the form (`{% form_token %}`). The first time it comes back, it is stored in the
transaction of what the form makes; every later time leads to the same result."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from childfriendly.core.clock import received_at
from childfriendly.core.models import FormToken

FIELD = "form_token"
KEPT_FOR = timedelta(days=30)  # nobody sends a form again after a month

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class _SentBefore(Exception):
    pass


def once(view: View[P]) -> View[P]:
    """The view has made something when it answers with a redirect, or with a page that names in Content-Location where
    what it made is found. Any other answer (a mistake in the form, the step before the last) leaves the number unused.
    A form without a number is taken as it comes."""

    @wraps(view)
    def sent_once(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        token = _token(request)
        if token is None:
            return view(request, *args, **kwargs)
        mine = FormToken.objects.filter(user_id=str(request.user.pk))
        try:
            with transaction.atomic():
                _claim(request, token)
                response = view(request, *args, **kwargs)
                result = response.headers.get("Location") or response.headers.get("Content-Location", "")
                if result:
                    mine.filter(token=token).update(result=result)
                    mine.filter(sent_at__lt=received_at(request) - KEPT_FOR).delete()
                else:
                    mine.filter(token=token).delete()
        except _SentBefore:
            messages.info(request, "Biểu mẫu này đã được nhận ở lần gửi trước, nên lần này không ghi thêm.")
            return redirect(mine.get(token=token).result)
        return response

    return sent_once


def _token(request: HttpRequest) -> UUID | None:
    if request.method != "POST":
        return None
    try:
        return UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def _claim(request: HttpRequest, token: UUID) -> None:
    """Waits, where the same form is being worked on, for that one's end: the database lets one row in."""
    try:
        with transaction.atomic():
            FormToken.objects.create(user_id=str(request.user.pk), token=token, sent_at=received_at(request))
    except IntegrityError as error:
        raise _SentBefore from error
