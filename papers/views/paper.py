"""The papers that somebody may read: the list, one paper with its text and history, and its files."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from assessments.models import Decision, DecisionItem
from assessments.views.decisions import Later
from assessments.views.lists import Tile
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused
from childfriendly.core.exports import exported, watermark
from childfriendly.core.files import content_type_for, serve
from childfriendly.core.models import AuditEvent
from childfriendly.core.text import ascii_words
from communes.auth import current_user, today
from communes.models import User
from communes.queries import Roles
from criteria.models import Period
from papers.filling import content_of, passages_of
from papers.filling.standing import enclosed_with
from papers.forms.paper import FilterForm
from papers.kinds import Kind, Subject
from papers.models import Paper, State
from papers.models.paper import LIVE
from papers.permissions import (
    can,
    check_can_attach,
    check_can_drop,
    check_can_edit,
    check_can_number,
    check_can_sign,
    check_can_take_for_signing,
    is_at_deciding_body,
    reporting_provinces,
    waits_for,
)
from papers.policy import WORKERS
from papers.rendering import render_docx, render_pdf, screen_html_of
from papers.services.attachments import ATTACHABLE
from papers.services.files import NOT_WHOLE, damaged, is_whole
from papers.services.later import MAY_FOLLOW, check_can_follow
from papers.services.seal import bears_seal
from papers.standing import Standing, said_of
from papers.structure import Printed, from_json
from papers.views.attachments import attachment_lines

PER_PAGE = 50


def visible(request: HttpRequest) -> QuerySet[Paper]:
    return Paper.objects.visible_to(current_user(request), today()).select_related(
        "unit",
        "period__province",
        "commune",
        "dossier",
        "proposal",
        "decision__approved_by",
        "item__decision",
        "item__dossier__commune",
        "appraising_unit",
        "earlier",
        "drafted_by",
        "signer",
        "signed_on_paper_entered_by",
        "numbered_by",
        "issued_by",
    )


def paper_or_404(request: HttpRequest, uuid: UUID) -> Paper:
    """The only way a page gets a paper: what one may not see is not there."""
    found = get_object_or_404(visible(request), uuid=uuid)
    found.read_on = today()
    return found


# ---- the list ----------------------------------------------------------------------------------------------------
@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    """What waits for this person first, then the newest."""
    user = current_user(request)
    waiting = waits_for(user, today())
    seen = Paper.objects.visible_to(user, today()).select_related("unit", "period", "commune", "item")
    form = FilterForm(request.GET)
    found = seen
    only_waiting = "cho-toi" in request.GET
    if form.is_valid():
        if form.cleaned_data["trang_thai"]:
            found = found.filter(state=form.cleaned_data["trang_thai"])
        if form.cleaned_data["loai"]:
            found = found.filter(kind=form.cleaned_data["loai"])
    if only_waiting:
        found = found.filter(waiting)
    found = found.annotate(waits=Case(When(waiting, then=1), default=0)).order_by("-waits", "-drafted_at", "-pk")
    context = {
        "page": with_standing(Paginator(found, PER_PAGE).get_page(request.GET.get("page"))),
        "form": form,
        "only_waiting": only_waiting,
        "waiting": seen.aggregate(number=Count("pk", filter=waiting))["number"],
        "periods": periods_to_report(user),
        "query": request.GET.urlencode(),
    }
    return render(request, "papers/papers.html", context)


def with_standing(page: Page[Paper]) -> Page[Paper]:
    """The papers of a list with what became of each since; what is not public is followed by nothing."""
    said = said_of([row for row in page.object_list if row.is_issued and row.spec.is_public])
    for row in page.object_list:
        row.standing = said[row.pk].standing if row.pk in said else None  # type: ignore[attr-defined]
    return page


def said_of_decisions(decisions: Collection[Decision]) -> dict[int, Later]:
    """What later papers say of these decisions, for their own pages."""
    papers = Paper.objects.filter(kind=Kind.DECISION, decision__in=decisions, state=State.ISSUED)
    kept = {paper.pk: paper.decision_id for paper in papers}
    said = said_of(papers)
    return {
        decision_id: Later(
            said[pk].standing.value,
            said[pk].standing.label,
            said[pk].standing.sentence,
            {_dated(later): reverse("papers:paper", args=[later.uuid]) for later in said[pk].later},
        )
        for pk, decision_id in kept.items()
        if decision_id is not None and said[pk].standing is not Standing.ISSUED
    }


def _dated(paper: Paper) -> str:
    return f"{paper}, ngày {paper.issued_on:%d/%m/%Y}"


def waiting_tile(user: User, day: date, roles: Roles) -> Tile | None:
    """What waits for this person, on the page that a day begins with."""
    if not roles.has(*WORKERS):
        return None
    found = Paper.objects.visible_to(user, day).filter(waits_for(user, day))
    return Tile("Văn bản chờ tôi ký, vào số hoặc phát hành", found.count(), f"{reverse('papers:papers')}?cho-toi=1")


def periods_to_report(user: User) -> list[Period]:
    """The periods about which somebody of an office or of the province reports upwards."""
    return list(
        Period.objects.filter(province__in=reporting_provinces(user, today()))
        .select_related("province")
        .order_by("-year")[:5]
    )


# ---- one paper ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    words: str
    actor_name: str
    actor_role: str
    reason: str
    change_words: tuple[str, ...] = ()


WORDS = {
    "draft_paper": "Soạn dự thảo",
    "reword_paper": "Sửa câu chữ",
    "drop_paper": "Bỏ dự thảo",
    "sign_paper": "Ký trên hệ thống",
    "enter_signed_paper": "Ghi nhận bản đã ký giấy",
    "number_paper": "Vào số",
    "issue_paper": "Phát hành",
    "quarantine_file": "Cách ly tệp có mã độc",
}


def _history(paper: Paper) -> Iterator[Event]:
    for event in AuditEvent.objects.about(paper).filter(action__in=WORDS).order_by("-seq"):
        checked = event.after.get("checked")
        changes = (f"Đã xem sổ văn bản. {checked}",) if checked else ()
        yield Event(event.at, WORDS[event.action], event.actor_name, event.actor_role, event.reason, changes)


@require_safe
def paper(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = paper_or_404(request, uuid)
    user, day = current_user(request), today()
    text, missing = _text(found)
    said = said_of([found])[found.pk]
    can_number = can(check_can_number, user, found, on=day)
    is_draft = found.state == State.DRAFT
    context = {
        "paper": found,
        "about": _readable_about(found, user, day),
        "text": text,
        "missing": missing,
        "standing": said.standing,
        "later": said.later,
        "revoked": DecisionItem.objects.filter(pk__in=said.revoked_items).values_list("commune_name", flat=True)
        if said.standing is Standing.PARTLY_REVOKED
        else [],
        "is_sealed": found.is_issued and bears_seal(found),
        "damaged": damaged(found),
        "relation": RELATIONS.get(Kind(found.kind), "Theo văn bản"),
        "following": _following(found, user, received_at(request)),
        "on_their_way": visible(request).filter(earlier=found, state__in=LIVE),
        "asks_office": _may_be_followed(found, said.standing) and is_at_deciding_body(user, found, on=day),
        "attachments": attachment_lines(found),
        "enclosed": enclosed_with(found, Paper.objects.visible_to(user, day))
        if found.spec.subject is Subject.PERIOD
        else [],
        "can_attach": found.state in ATTACHABLE and can(check_can_attach, user, found, on=day),
        "events": list(_history(found)),
        "can_reword": is_draft and can(check_can_edit, user, found, on=day) and _has_passages(found),
        "can_sign": is_draft and not missing and can(check_can_sign, user, found, on=day),
        "can_enter": is_draft and not missing and can_number,
        "can_number": found.state == State.SIGNED and can_number and found.spec.has_number,
        "can_register": found.state == State.SIGNED and can_number and not found.spec.has_number,
        "can_issue": found.state == State.NUMBERED and can_number and _is_sent_out_by_hand(found),
        "can_drop": found.state in (State.DRAFT, State.SIGNED) and can(check_can_drop, user, found, on=day),
        "can_download": not missing and (found.is_issued or found.kind != Kind.CERTIFICATE),
        "can_take_for_signing": not missing and can(check_can_take_for_signing, user, found, on=day),
    }
    return render(request, "papers/paper.html", context)


def _text(found: Paper) -> tuple[str, str]:
    """The words of the paper; or the sentence that says what is missing."""
    try:
        return screen_html_of(content_of(found)), ""
    except Refused as refused:
        return "", str(refused)


def _has_passages(found: Paper) -> bool:
    """Whether a draft has words to put otherwise: a certificate has none, nor has what cannot be written yet."""
    try:
        return bool(passages_of(found))
    except Refused:
        return False


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    hint: str = ""


def about(found: Paper) -> Link | None:
    """What the paper is about, and where its papers are listed."""
    if found.dossier:
        return Link(f"Hồ sơ {found.dossier.code}", reverse("papers:for_dossier", args=[found.dossier.uuid]))
    if found.proposal:
        return Link(str(found.proposal), reverse("papers:for_proposal", args=[found.proposal.uuid]))
    decision = found.decision or (found.item.decision if found.item else None)
    if decision:
        return Link(str(decision), reverse("papers:for_decision", args=[decision.uuid]))
    if found.spec.subject is Subject.PERIOD:
        return Link(str(found.period), reverse("papers:for_period", args=[found.period.uuid]))
    return None


def _readable_about(found: Paper, user: User, day: date) -> Link | None:
    """Who reads a notice as the commune that another was merged into has nothing to do with the decision."""
    is_notice = found.kind == Kind.REFUSAL and found.item is not None
    if is_notice and not Decision.objects.visible_to(user, day).filter(items=found.item).exists():
        return None
    return about(found)


def _is_sent_out_by_hand(found: Paper) -> bool:
    """The certificates that a decision entered are printed in the background; one that somebody drafted is not."""
    return found.kind != Kind.CERTIFICATE or found.drafted_by is not None


FOLLOWING = {
    Kind.CORRECTION: ("correct", "Đính chính", "Sai thể thức, kỹ thuật trình bày. Văn bản này vẫn có hiệu lực."),
    Kind.REPLACEMENT: ("replace", "Thay thế", "Sai nội dung, ví dụ tên xã. Văn bản này không còn dùng."),
    Kind.REVOCATION: ("revoke", "Thu hồi", "Xã không đủ điều kiện được công nhận."),
    Kind.CERTIFICATE: ("reissue", "Cấp lại giấy", "Giấy mất, rách hoặc sai tên. Giấy này không còn dùng."),
}

RELATIONS = {
    Kind.CORRECTION: "Đính chính",
    Kind.REPLACEMENT: "Thay thế",
    Kind.REVOCATION: "Thu hồi kết quả công nhận tại",
    Kind.CERTIFICATE: "Cấp lại, thay cho",
}
"""What a later paper does to the one that it is about."""


def _may_be_followed(found: Paper, standing: Standing) -> bool:
    is_over = standing in {Standing.REPLACED, Standing.REVOKED}
    return found.is_issued and not is_over and any(found.kind in kinds for kinds in MAY_FOLLOW.values())


def _following(found: Paper, user: User, at: datetime) -> list[Link]:
    """The later papers that this person may begin now."""
    if not found.is_issued:
        return []
    return [
        Link(label, reverse(f"papers:{name}", args=[found.uuid]), hint)
        for kind, (name, label, hint) in FOLLOWING.items()
        if can(check_can_follow, user, kind, found, at=at)
    ]


# ---- files -------------------------------------------------------------------------------------------------------
@require_safe
def pdf(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    return _file(request, uuid, "pdf")


@require_safe
def docx(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    return _file(request, uuid, "docx")


def _file(request: HttpRequest, uuid: UUID, extension: str) -> HttpResponseBase:
    """Of an issued paper the stored bytes and no others; else the text as it stands, marked as a draft."""
    found = paper_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    printed = None if found.is_issued else _unissued(found)
    if request.method == "GET":
        after = {"file": extension, "issued": found.is_issued}
        exported("paper", found, rows=1, by=user, at=at, after=after)
    if printed is None:
        return stored_file(request, found, extension)
    render_as = render_pdf if extension == "pdf" else render_docx
    return _made(render_as(printed, mark=watermark(user, at)), extension, file_name(found, extension))


@require_safe
def for_signing(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """«Bản trình ký»: what a leader signs by hand or with a tool. It has no number yet, which is given after signing,
    and no mark, so that what comes back says what the paper says."""
    found = paper_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    check_can_take_for_signing(user, found, on=today())
    content = render_pdf(content_of(found).unnumbered(), for_signing=True)
    if request.method == "GET":
        exported("paper", found, rows=1, by=user, at=at, after={"file": "for signing", "issued": False})
    return _made(content, "pdf", file_name(found, "pdf", number="trinh-ky"))


def _made(content: bytes, extension: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type_for(extension))
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _unissued(found: Paper) -> Printed:
    printed = from_json(found.content) if found.content is not None else content_of(found)
    if not printed.is_draft:
        raise Refused("Văn bản đã có số nhưng chưa phát hành nên chưa có tệp. Phát hành rồi tải về.")
    return printed


def stored_file(request: HttpRequest, found: Paper, extension: str) -> HttpResponseBase:
    path, sha256 = (found.pdf_path, found.pdf_sha256) if extension == "pdf" else (found.docx_path, found.docx_sha256)
    if not path:
        raise Refused("Văn bản này không có bản Word. Tải bản PDF.")
    if not is_whole(path, sha256):
        raise Refused(NOT_WHOLE)
    return serve(request, path, root=settings.MEDIA_ROOT, name=file_name(found, extension))


def file_name(found: Paper, extension: str, *, number: str = "") -> str:
    """«quyet-dinh-cong-nhan-45-qd-ubnd-2024.pdf»: ASCII, since it ends in logs, mails and old systems."""
    number = number or found.full_number or str(found.register_number or "du-thao")
    place = found.commune.code if found.commune else ""
    words = ascii_words(f"{found.get_kind_display()} {place} {number} {found.period.year}")
    return f"{words}.{extension}"
