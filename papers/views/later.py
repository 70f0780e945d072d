"""Correct, replace, revoke an issued paper, issue a certificate again: one form each, which begins the draft."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.forms import show_refusal
from communes.auth import confirm_identity, current_user, today
from papers import services
from papers.forms.later import CorrectionForm, LaterForm, ReissueForm, ReplacementForm, RevocationForm
from papers.kinds import Kind
from papers.models import Paper, State
from papers.permissions import check_can_draft, check_can_number
from papers.services.later import check_can_follow
from papers.standing import certificate_names, names_now
from papers.views.paper import paper_or_404
from papers.views.steps import GET_OR_POST, given


@dataclass(frozen=True, slots=True)
class Way:
    """One of the four: what its page says beside what the paper will do, and which service begins it."""

    title: str
    hint: str
    form: type[LaterForm]
    begin: Callable[..., Paper]


WAYS: Final = {
    Kind.CORRECTION: Way(
        "Đính chính",
        "Chỉ đính chính lỗi thể thức, kỹ thuật trình bày. Sai nội dung thì ban hành quyết định thay thế, giấy công "
        "nhận sai tên thì cấp lại.",
        CorrectionForm,
        services.begin_correction,
    ),
    Kind.REPLACEMENT: Way(
        "Thay thế",
        "Quyết định thay thế gồm tất cả các xã còn được công nhận. Sửa tên ở xã ghi sai, các xã khác để nguyên.",
        ReplacementForm,
        services.begin_replacement,
    ),
    Kind.REVOCATION: Way(
        "Thu hồi",
        "Đánh dấu những xã không còn được công nhận. Xã không đánh dấu thì giữ nguyên.",
        RevocationForm,
        services.begin_revocation,
    ),
    Kind.CERTIFICATE: Way(
        "Cấp lại giấy",
        "Tên đúng rồi thì để nguyên.",
        ReissueForm,
        services.begin_reissue,
    ),
}


def _names(kind: Kind, found: Paper) -> dict[int, str]:
    if kind is Kind.CORRECTION:
        return {}
    if kind is Kind.CERTIFICATE:
        return {found.item_id or 0: certificate_names([found])[found.pk]}
    return names_now(found)


def _page(request: HttpRequest, uuid: UUID, kind: Kind) -> HttpResponse:
    found, way = paper_or_404(request, uuid), WAYS[kind]
    user, at = current_user(request), received_at(request)
    if request.method == "POST":  # what a colleague began meanwhile is told beside what was typed
        check_can_draft(user, kind, found.unit, found.appraising_unit, on=today())
    else:
        check_can_follow(user, kind, found, at=at)
    form = way.form(request.POST or None, names=_names(kind, found))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                paper = way.begin(earlier_id=found.pk, by=user, at=at, **form.given())
            except Refused as refused:
                status = show_refusal(form, refused)
            else:
                messages.success(
                    request,
                    "Đã có dự thảo. Đọc lại toàn văn; lãnh đạo thấy văn bản này ở «Văn bản chờ tôi ký, vào số hoặc "
                    "phát hành».",
                )
                return redirect("papers:paper", paper.uuid)
    return render(request, "papers/later.html", {"paper": found, "way": way, "kind": kind, "form": form}, status=status)


@confirm_identity
@require_http_methods(GET_OR_POST)
def correct(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _page(request, uuid, Kind.CORRECTION)


@confirm_identity
@require_http_methods(GET_OR_POST)
def replace(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _page(request, uuid, Kind.REPLACEMENT)


@confirm_identity
@require_http_methods(GET_OR_POST)
def revoke(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _page(request, uuid, Kind.REVOCATION)


@confirm_identity
@require_http_methods(GET_OR_POST)
def reissue(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _page(request, uuid, Kind.CERTIFICATE)


@confirm_identity
@require_http_methods(GET_OR_POST)
def enter_in_register(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The clerk gives a signed certificate its number in the register."""
    found = paper_or_404(request, uuid)
    if request.method == "POST":
        after = services.enter_in_register(**given(request, found))
        messages.success(request, f"Đã vào sổ số {after.register_number}. Bấm «Phát hành» để gửi đi.")
        return redirect("papers:paper", uuid)
    check_can_number(current_user(request), found, on=today())
    if found.kind != Kind.CERTIFICATE or found.state != State.SIGNED:
        return redirect("papers:paper", uuid)
    return render(request, "papers/enter_in_register.html", {"paper": found})
