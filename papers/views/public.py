"""What anybody may ask without signing in: how one paper stands, by its code.

No session, no cookie, no script. Nothing of these pages depends on who asks, so they are drawn without the request.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Page, Paginator
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from assessments.models import DecisionItem, Result
from childfriendly.core import headers
from childfriendly.core.clock import received_at
from childfriendly.core.context import shell
from childfriendly.core.exceptions import TooMany
from childfriendly.core.rates import check_rate
from childfriendly.core.text import fold
from communes.models import Unit
from communes.queries import continued_by
from papers.forms.public import CodeForm, is_code, plain_code
from papers.kinds import KINDS, Kind
from papers.models import Attachment, Paper, PaperItem, State
from papers.standing import Said, Standing, said_of
from papers.words import small_first

View = Callable[..., HttpResponseBase]
PUBLIC_KINDS: Final = [kind for kind, spec in KINDS.items() if spec.is_public]
NAMES_ON_A_PAGE: Final = 15  # a decision of 200 communes stays a page of 30 KB


def public(view: View) -> View:
    """Open to anybody, at a limited rate, and only to be read."""

    @login_not_required
    @require_safe
    @wraps(view)
    def limited(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            check_rate(request, "page", settings.PUBLIC_PAGES_PER_MINUTE)
            return view(request, *args, **kwargs)
        except TooMany as error:
            response = page(request, "too_many", {"sentence": str(error)}, status=429)
            response.headers["Retry-After"] = "60"
            return response

    return limited


def page(request: HttpRequest, name: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    response = HttpResponse(render_to_string(f"public/{name}.html", {**shell(), **context}), status=status)
    if status == 200:
        let_keep(request, response)
    return response


def let_keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """For a minute, by anybody; but nothing that a session may have left its mark on."""
    if not request.COOKIES:
        response.headers["Cache-Control"] = headers.PUBLIC


# ---- one paper ---------------------------------------------------------------------------------------------------
@public
def check_form(request: HttpRequest) -> HttpResponse:
    if "ma" not in request.GET:
        return page(request, "check_form", {"form": CodeForm()})
    form = CodeForm(request.GET)
    if form.is_valid():
        return redirect("papers:check", code=form.cleaned_data["ma"])
    return page(request, "check_form", {"form": form}, status=422)


@public
def check(request: HttpRequest, code: str) -> HttpResponse:
    """One answer for every code that is not that of an issued paper, whether it was never given out or its paper is
    still on a desk."""
    plain = plain_code(code)
    if plain != code and is_code(plain):
        return redirect("papers:check", code=plain)
    paper = _issued_with(code)
    if paper is None:
        return page(request, "unknown", {"form": CodeForm()}, status=404)
    at = received_at(request)
    said = said_of([paper])[paper.pk]
    names = _names(paper, request.GET.get("xa", ""), request.GET.get("trang", ""), said, timezone.localdate(at))
    context = {
        "paper": paper,
        "said": said,
        "sentence": SENTENCES[said.standing],
        "named": named(paper),
        "later": [Later.of(later) for later in said.later],
        "earlier": Later.of(paper.earlier) if paper.earlier else None,
        "names": names,
        "signed_files": Attachment.objects.filter(paper=paper, kind=Attachment.Kind.SIGNED_PDF).values_list(
            "sha256", flat=True
        ),
        "at": at,
        "is_demo": paper.period.is_demo,
    }
    return page(request, "check", context)


def _issued_with(code: str) -> "Paper | None":
    found = Paper.objects.filter(code=code, state=State.ISSUED, kind__in=PUBLIC_KINDS).exclude(code="")
    return (
        found.select_related("earlier__register", "item__decision", "item__dossier", "period", "register")
        .annotate(
            body=KT("content__letterhead__body"),
            commune_name=KT("content__commune_name"),  # of a certificate
        )
        .only(*_SHOWN)
        .first()
    )


_NAMED: Final = ("code", "kind", "number", "symbol", "issued_on", "register_number", "register__year")
_SHOWN: Final = (  # a column that is not asked for is one that need not be put into SQL and read: half of the time
    *_NAMED,
    "decision",
    "issued_at",
    "pdf_sha256",
    "period__is_demo",
    "item__commune_name",
    "item__parent_name",
    "item__dossier__commune",
    *(f"item__decision__{column}" for column in ("number", "symbol", "issued_on")),
    *(f"earlier__{column}" for column in (*_NAMED, "reason", "is_reason_public")),
)


SENTENCES: Final = {
    Standing.ISSUED: "Văn bản đã được phát hành và đang có hiệu lực.",
    Standing.CORRECTED: "Văn bản đang có hiệu lực, đọc cùng với văn bản đính chính dưới đây.",
    Standing.PARTLY_REVOKED: "Văn bản không còn hiệu lực đối với những đơn vị ghi «đã thu hồi» dưới đây.",
    Standing.REPLACED: "Văn bản không còn dùng. Xem văn bản thay thế dưới đây.",
    Standing.REVOKED: "Văn bản không còn hiệu lực.",
}


def named(paper: Paper) -> str:
    """«Quyết định công nhận số 15/QĐ-UBND», «Giấy công nhận, số vào sổ 12/2024»."""
    if paper.register:
        return f"{paper.get_kind_display()}, số vào sổ {paper.register_number}/{paper.register.year}"
    return f"{paper.get_kind_display()} số {paper.full_number}"


@dataclass(frozen=True, slots=True)
class Later:
    """Another paper, as this page names it."""

    text: str
    issued_on: date | None
    code: str
    reason: str

    @classmethod
    def of(cls, paper: Paper) -> "Later":
        return cls(named(paper), paper.issued_on, paper.code, paper.reason if paper.is_reason_public else "")


# ---- the communes on it ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Line:
    item_id: int
    commune_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A commune as the paper names it, and the units that continue it today."""

    text: str
    today: str
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class Names:
    shown: list[Name]
    page: Page[_Line]
    total: int
    wanted: str

    @property
    def is_long(self) -> bool:
        return self.total > NAMES_ON_A_PAGE


def _names(paper: Paper, wanted: str, number: str, said: Said, today: date) -> Names:
    lines = _lines(paper)
    words = fold(wanted).split()
    found = [line for line in lines if all(word in fold(line.text) for word in words)]
    pages = Paginator(found, NAMES_ON_A_PAGE).get_page(number)
    units = continued_by([line.commune_id for line in pages], today) if found else {}
    shown = [Name(line.text, units_text(units[line.commune_id]), line.item_id in said.revoked_items) for line in pages]
    return Names(shown, pages, len(lines), wanted)


def _lines(paper: Paper) -> list[_Line]:
    """Of a decision only those that it recognises; of a later paper those that it names."""
    if paper.kind == Kind.CERTIFICATE and paper.item:
        return [_line(paper.item, paper.commune_name or paper.item.commune_name)]  # type: ignore[attr-defined]
    if paper.kind == Kind.DECISION:
        items = DecisionItem.objects.filter(decision=paper.decision_id, result=Result.RECOGNISED)
        return [_line(item, item.commune_name) for item in items.select_related("dossier").only(*_COLUMNS)]
    rows = PaperItem.objects.filter(paper=paper).select_related("item__dossier").order_by("item__position", "pk")
    return [_line(row.item, row.commune_name) for row in rows.only("commune_name", *(f"item__{c}" for c in _COLUMNS))]


_COLUMNS: Final = ("commune_name", "parent_name", "position", "dossier__commune")


def _line(item: DecisionItem, name: str) -> _Line:
    parent = small_first(item.parent_name)
    return _Line(item.pk, item.dossier.commune_id, f"{name}, {parent}" if parent else name)


def units_text(units: Sequence[Unit]) -> str:
    return "; ".join(unit.full_name_with_parents for unit in units)
