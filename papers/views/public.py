"""What anybody may ask without signing in: how one paper stands, by its code.

No session, no cookie, no script. Nothing of these pages depends on who asks, so they are drawn without the request.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, wraps
from typing import Final, NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
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
from childfriendly.core.files import Scan
from childfriendly.core.rates import check_rate
from childfriendly.core.ready import ready
from childfriendly.core.text import fold
from communes.models import Unit
from communes.queries import NAMES, continued_by, continuing
from papers.forms.public import CodeForm, is_code, plain_code
from papers.kinds import KINDS, Kind
from papers.models import Attachment, Paper, PaperItem, State
from papers.rendering.comparing import Match
from papers.services import signatures
from papers.standing import Said, Standing, said_of
from papers.words import small_first

View = Callable[..., HttpResponseBase]
PUBLIC_KINDS: Final = [kind for kind, spec in KINDS.items() if spec.is_public]
PAGES_KEPT: Final = 256  # in a process, of some kilobytes each
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
    return _answer(request, render_to_string(f"public/{name}.html", {**shell(), **context}), status)


def _answer(request: HttpRequest, body: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(body, status=status)
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
    paper = next(iter(ready(_issued_with, code)), None)
    if paper is None:
        return page(request, "unknown", {"form": CodeForm()}, status=404)
    shown = _shown(paper, request.GET.get("xa", ""), request.GET.get("trang", ""), received_at(request))
    return _answer(request, _drawn(shown, tuple(shell().items())))


class Shown(NamedTuple):
    """Everything that the page says of a paper: the template is given this and nothing else, so that a page which was
    drawn of the same may be sent again."""

    named: str
    issued_on: date | None
    body: str
    decision: str  # of a certificate: what it was given under
    decided_on: date | None
    earlier: "Later | None"
    code: str
    standing: Standing
    sentence: str
    later: "tuple[Later, ...]"
    names: "Names"
    pdf_sha256: str
    signed_sha256: tuple[str, ...]
    at: datetime  # to the minute, as it is shown
    is_demo: bool


@lru_cache(maxsize=PAGES_KEPT)
def _drawn(shown: Shown, around: tuple[tuple[str, object], ...]) -> str:
    """A page that many ask for in one minute is drawn once, from what the database said to each of them."""
    return render_to_string("public/check.html", {**dict(around), **shown._asdict()})


def _shown(paper: Paper, wanted: str, number: str, at: datetime) -> Shown:
    said = said_of([paper])[paper.pk]
    decision = paper.item.decision if paper.item else None
    return Shown(
        named=named(paper),
        issued_on=paper.issued_on,
        body=paper.body,  # type: ignore[attr-defined]
        decision=decision.full_number if decision else "",
        decided_on=decision.issued_on if decision else None,
        earlier=Later.of(paper.earlier) if paper.earlier else None,
        code=paper.code,
        standing=said.standing,
        sentence=said.standing.sentence,
        later=tuple(map(Later.of, said.later)),
        names=_names(paper, wanted, number, said, timezone.localdate(at)),
        pdf_sha256=paper.pdf_sha256,
        signed_sha256=_signed_sha256(paper),
        at=at.replace(second=0, microsecond=0),
        is_demo=paper.period.is_demo,
    )


_SIGNED: Final = (
    Q(kind=Attachment.Kind.SIGNED_PDF) & ~Q(match__in=[Match.DIFFERS, Match.DRAFT]) & ~Q(scan=Scan.INFECTED)
)


def _signed_sha256(paper: Paper) -> tuple[str, ...]:
    """Of signed copies, but not of what we know to say something else, or to be altered since it was signed: whoever
    finds the hash of his file here takes it for the paper."""
    if not paper.is_signed:  # type: ignore[attr-defined]
        return ()
    rows = Attachment.objects.filter(_SIGNED, paper=paper).values_list("sha256", "signatures")
    reports = ((sha256, signatures.from_json(stored)) for sha256, stored in rows)
    return tuple(sha256 for sha256, read in reports if all(report.integrity.is_good for report in read))


def _issued_with(code: str) -> QuerySet[Paper]:
    """The paper, with what is told of it and of the paper that it is about."""
    found = Paper.objects.filter(code=code, state=State.ISSUED, kind__in=PUBLIC_KINDS).exclude(code="")
    about = ("earlier__register", "item__decision", "item__dossier__commune__parent__parent", "period", "register")
    return (
        found.select_related(*about)
        .annotate(
            body=KT("content__letterhead__body"),
            commune_name=KT("content__commune_name"),  # of a certificate
            is_signed=Exists(Attachment.objects.filter(_SIGNED, paper=OuterRef("pk"))),
        )
        .only(*_READ)
        .order_by()
    )


_NAMED: Final = ("code", "kind", "number", "symbol", "issued_on", "register_number", "register__year")
_READ: Final = (  # every column takes time, and the content of a decision is long
    *_NAMED,
    "decision",
    "issued_at",
    "pdf_sha256",
    "period__is_demo",
    "item__commune_name",
    "item__parent_name",
    *(f"item__dossier__commune__{column}" for column in NAMES),
    *(f"item__decision__{column}" for column in ("number", "symbol", "issued_on")),
    *(f"earlier__{column}" for column in (*_NAMED, "reason", "is_reason_public")),
)


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
    """Those on one page of the ones that were looked for."""

    shown: tuple[Name, ...]
    total: int
    wanted: str
    found: int
    number: int
    pages: int

    @property
    def is_long(self) -> bool:
        return self.total > NAMES_ON_A_PAGE

    @property
    def before(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def _names(paper: Paper, wanted: str, number: str, said: Said, today: date) -> Names:
    lines = _lines(paper)
    words = fold(wanted).split()
    found = [line for line in lines if all(word in fold(line.text) for word in words)]
    page = Paginator(found, NAMES_ON_A_PAGE).get_page(number)
    units = _units(paper, list(page), today)
    shown = (Name(line.text, units_text(units[line.commune_id]), line.item_id in said.revoked_items) for line in page)
    return Names(tuple(shown), len(lines), wanted, len(found), page.number, page.paginator.num_pages)


def _units(paper: Paper, lines: Sequence[_Line], today: date) -> dict[int, list[Unit]]:
    if paper.kind == Kind.CERTIFICATE and paper.item:  # its commune was read along
        return continuing([paper.item.dossier.commune], today)
    return continued_by([line.commune_id for line in lines], today) if lines else {}


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
