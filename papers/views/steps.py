"""The steps of a paper's life: a page to look once more, then the act."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import drawn_version, posted_version, show_refusal
from communes.auth import confirm_identity, current_user, today
from papers import services
from papers.filling import content_of, passages_of
from papers.forms.paper import NumberForm, RewordForm, SignedForm
from papers.jobs import print_certificates
from papers.kinds import Kind
from papers.models import Paper, State
from papers.permissions import (
    can,
    check_can_drop,
    check_can_edit,
    check_can_number,
    check_can_sign,
    check_can_take_for_signing,
)
from papers.rendering import screen_html_of
from papers.services.batch import issue_few
from papers.services.life import check_state, possible_signers
from papers.views.paper import paper_or_404

GET_OR_POST = ["GET", "HEAD", "POST"]

DONE = {
    Kind.CORRECTION: "Trang của văn bản được đính chính đã chỉ sang công văn này.",
    Kind.REPLACEMENT: "Quyết định cũ không còn dùng; giấy công nhận mới của các xã đổi tên được lập ngay.",
    Kind.REVOCATION: "Các xã có tên đã chuyển thành «Đã thu hồi công nhận».",
}
"""What issuing a paper has done besides."""


def given(request: HttpRequest, found: Paper) -> dict[str, Any]:
    return {
        "paper_id": found.pk,
        "version": posted_version(request),
        "by": current_user(request),
        "at": received_at(request),
    }


def _without_form(
    request: HttpRequest,
    uuid: UUID,
    check: Callable[..., object],
    act: Callable[..., Paper],
    *states: State,
    template: str,
    done: str,
    shows_text: bool = False,
) -> HttpResponse:
    found = paper_or_404(request, uuid)
    if request.method == "POST":
        after = act(**given(request, found))
        messages.success(request, done.format(paper=after, effect=DONE.get(Kind(after.kind), "")).strip())
        return redirect("papers:paper", uuid)
    check(current_user(request), found, on=today())
    if found.state not in states:  # an old tab, or the way back: the step is done, or not due yet
        return redirect("papers:paper", uuid)
    context = {"paper": found, "text": screen_html_of(content_of(found)) if shows_text else ""}
    return render(request, template, context)


@confirm_identity
@require_http_methods(GET_OR_POST)
def sign(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _without_form(
        request,
        uuid,
        check_can_sign,
        services.sign,
        State.DRAFT,
        template="papers/sign.html",
        done="Đã ký. Văn bản chờ văn thư vào số.",
        shows_text=True,
    )


@confirm_identity
@require_http_methods(GET_OR_POST)
def issue(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The certificates of a decision, or of one in its place, are printed right after it, many in the background."""
    answer = _without_form(
        request,
        uuid,
        check_can_number,
        services.issue,
        State.NUMBERED,
        template="papers/issue.html",
        done="Đã phát hành {paper}. {effect}",
    )
    decision = paper_or_404(request, uuid).decision if request.method == "POST" else None
    if decision is not None and not issue_few(decision, at=received_at(request)):
        print_certificates(decision, by=current_user(request), at=received_at(request))
    return answer


@require_http_methods(GET_OR_POST)
def drop(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _without_form(
        request,
        uuid,
        check_can_drop,
        services.drop,
        State.DRAFT,
        State.SIGNED,
        template="papers/drop.html",
        done="Đã bỏ văn bản này.",
    )


@require_http_methods(GET_OR_POST)
def reword(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = paper_or_404(request, uuid)
    check_can_edit(current_user(request), found, on=today())
    if found.state != State.DRAFT and request.method == "POST":
        check_state(found, State.DRAFT)  # the page of the refusal shows what was typed
    passages = passages_of(found) if found.state == State.DRAFT else ()
    if not passages:
        return redirect("papers:paper", uuid)
    form = RewordForm(request.POST or None, paper=found, passages=passages)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            edits = {passage.key: form.cleaned_data[passage.key] for passage in passages}
            try:
                services.reword(edits=edits, **given(request, found))
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, "Đã lưu câu chữ của dự thảo.")
                return redirect("papers:paper", uuid)
    context = {"paper": found, "form": form, "version": drawn_version(request, found.version)}
    return render(request, "papers/reword.html", context, status=status)


@confirm_identity
@require_http_methods(GET_OR_POST)
def number(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A number that looks wrong beside the register is asked about: the page then shows the question with a box."""
    found = paper_or_404(request, uuid)
    form = NumberForm(request.POST or None)
    status, doubt = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                after = services.number(**form.cleaned_data, **given(request, found))
            except services.Questionable as question:
                doubt = str(question)
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, f"Đã vào số {after.full_number}. Bấm «Phát hành» để gửi đi.")
                return redirect("papers:paper", uuid)
    else:
        check_can_number(current_user(request), found, on=today())
        if found.state != State.SIGNED or not found.spec.has_number:
            return redirect("papers:paper", uuid)
    context = {"paper": found, "form": form, "doubt": doubt}
    return render(request, "papers/number.html", context, status=status)


@confirm_identity
@require_http_methods(GET_OR_POST)
def enter_signed(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = paper_or_404(request, uuid)
    signers = {str(person.uuid): person for person in possible_signers(found)}
    choices = [(uuid, person.full_name) for uuid, person in signers.items()]
    form = SignedForm(request.POST or None, request.FILES or None, signers=choices)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.enter_signed(
                    signer_id=signers[form.cleaned_data["signer"]].pk,
                    signed_on=form.cleaned_data["signed_on"],
                    scan=form.cleaned_data["scan"],
                    **given(request, found),
                )
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(request, "Đã ghi nhận bản ký giấy. Văn bản chờ vào số.")
                return redirect("papers:paper", uuid)
    else:
        check_can_number(current_user(request), found, on=today())
        if found.state != State.DRAFT:
            return redirect("papers:paper", uuid)
    context = {
        "paper": found,
        "form": form,
        "version": drawn_version(request, found.version),
        "file_is_lost": request.method == "POST" and bool(request.FILES),
        "can_take_for_signing": can(check_can_take_for_signing, current_user(request), found, on=today()),
    }
    return render(request, "papers/enter_signed.html", context, status=status)
