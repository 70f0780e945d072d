"""The two pages that a day begins with: «Việc cần làm» and the list of dossiers. A tile and the list it links to ask
the same function, so that they cannot show two numbers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from assessments.disclosure import figures_for, results_for
from assessments.models import Decision, Dossier, EvidenceAccess, Proposal, ProposalItem, StepTime
from assessments.models.dossier import DossierQuerySet
from assessments.permissions import can_edit, can_perform
from assessments.policy import COMMUNE, Relation, Right, roles_with, rule_of
from assessments.views.access import WATCHERS
from assessments.views.common import deadline_that_counts
from assessments.views.dossier import Note, notes_of
from assessments.views.improving import ToDoList, notices_for, to_do_of
from assessments.views.sending import errors_of
from assessments.workflow import Action, Status
from childfriendly.core import nightly
from childfriendly.core.clock import received_at
from childfriendly.core.templatetags.vietnamese import days_left
from childfriendly.core.text import fold, nfc
from communes.auth import current_user, today
from communes.models import AreaTypeAssignment, Level, Role, Unit, User, within
from communes.queries import Roles, roles_of
from criteria.models import Authority, Certainty, CriteriaSet, Deadline, DeadlineKind, Period

PAGE_SIZE = 50
PROVINCE_WIDE = roles_with(Right.READ_SUMMARY, relation=Relation.PROVINCE)

# ---- filters -----------------------------------------------------------------------------------------------------

YEAR, STATE, UNIT, TASK, SEARCH = "nam", "trang-thai", "don-vi", "viec", "q"
FILTERS = (YEAR, STATE, UNIT, TASK, SEARCH)

STATES: dict[str, Status] = {fold(status.label).replace(" ", "-"): status for status in Status}
SLUGS: dict[Status, str] = {status: slug for slug, status in STATES.items()}


@dataclass(frozen=True, slots=True)
class TaskFilter:
    label: str
    condition: Callable[[User], Q]


def _not_proposed(user: User) -> Q:
    live = ProposalItem.objects.filter(dossier=OuterRef("pk"), is_live=True)
    return Q(status=Status.CONCLUDED) & ~Q(Exists(live))


def _proposed_in_vain(user: User) -> Q:
    before = ProposalItem.objects.filter(dossier=OuterRef("pk"), is_live=False)
    return _not_proposed(user) & Q(Exists(before))


def _late(user: User) -> Q:
    return Q(Exists(StepTime.objects.filter(dossier=OuterRef("pk"), kind=DeadlineKind.DOSSIER, is_late=True)))


TASKS: dict[str, TaskFilter] = {
    "toi-tham-dinh": TaskFilter("Hồ sơ tôi thẩm định", lambda user: Q(appraiser=user)),
    "cho-trinh": TaskFilter("Chờ trình lãnh đạo", _not_proposed),
    "trinh-lai": TaskFilter("Lãnh đạo trả lại, chờ trình lại", _proposed_in_vain),
    "nop-muon": TaskFilter("Nộp muộn", _late),
}


def filtered(user: User, day: date, chosen: Mapping[str, str]) -> DossierQuerySet:
    """The person's dossiers under these filters. A value that means nothing gives an empty list, never everything."""
    found = Dossier.objects.visible_to(user, day)
    for name in FILTERS:
        value = chosen.get(name, "").strip()
        if value:
            condition = _condition(user, name, value)
            found = found.none() if condition is None else found.filter(condition)
    return found


def _condition(user: User, name: str, value: str) -> Q | None:
    if name == YEAR:
        return Q(period__year=int(value)) if value.isascii() and value.isdigit() and len(value) == 4 else None
    if name == STATE:
        return Q(status=STATES[value]) if value in STATES else None
    if name == TASK:
        return TASKS[value].condition(user) if value in TASKS else None
    if name == UNIT:
        unit = _unit(value)
        return within(unit.pk, "commune") if unit else None
    text = nfc(value)
    return Q(commune__in=Unit.objects.search(text).values("pk")) | Q(code__icontains=text)


def _unit(value: str) -> Unit | None:
    try:
        return Unit.objects.filter(uuid=UUID(value)).first()
    except ValueError:
        return None


def list_url(**chosen: str) -> str:
    """The address of the list under filters given by the names of `FILTERS` with «_» for «-»."""
    query = {name.replace("_", "-"): value for name, value in chosen.items() if value}
    return reverse("assessments:dossiers") + (f"?{urlencode(query)}" if query else "")


# ---- the list ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FilterGroup:
    label: str
    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Line:
    """One dossier, its words made ready: what a template looks up in each of fifty rows, it looks up fifty times."""

    dossier: Dossier
    name: str
    place: str
    state: str
    deadline: Deadline | None
    due: str
    declared: str  # the commune's own total, as this reader may read it
    is_late: bool
    is_in_grace: bool


_OF_A_LINE = (
    "uuid",
    "code",
    "status",
    "submitted_at",
    "declared_total",
    "appraising_unit",  # by which it is judged who reads exact figures
    "commune__name",
    "commune__parent__name",
    "commune__parent__parent__name",
    "commune__parent__parent__parent",  # that there is none above the province
    "period__year",
)


@require_safe
def dossiers(request: HttpRequest) -> HttpResponse:
    user, day = current_user(request), today()
    chosen = {name: nfc(request.GET.get(name, "")).strip() for name in FILTERS}
    found = _for_lines(filtered(user, day, chosen))
    works_through_queue = roles_of(user, day).has(Role.APPRAISER, Role.HEAD_OF_OFFICE)
    order = ("submitted_at", "pk") if works_through_queue else ("commune__sort_key", "-period__year", "pk")
    page = Paginator(found.order_by(*order), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": _lines(list(page), user, received_at(request)),
        "groups": _groups(user, day, request.GET),
        "chips": _chips(request.GET, chosen),
        "hidden_filters": [(name, value) for name, value in chosen.items() if value and name != SEARCH],
        "q": chosen[SEARCH],
        "oldest_first": works_through_queue,
    }
    return render(request, "assessments/dossiers.html", context)


def _for_lines(found: DossierQuerySet) -> DossierQuerySet:
    """Five tables in one query, and of their eighty columns those that a line shows."""
    return found.select_related("commune__parent__parent", "period").only(*_OF_A_LINE)


def _lines(rows: Sequence[Dossier], user: User, at: datetime) -> list[Line]:
    """Two queries for however many rows, four for outsiders; prefetching would build a query set for every single
    one."""
    results = results_for(user, rows, at=at)
    late = StepTime.objects.filter(dossier__in=[row.pk for row in rows], kind=DeadlineKind.DOSSIER, is_late=True)
    late_in_grace = dict(late.values_list("dossier_id", "is_in_grace"))
    deadlines: dict[int, dict[str, Deadline]] = defaultdict(dict)
    due: dict[int, str] = {}
    for deadline in Deadline.objects.filter(period__in={row.period_id for row in rows}):
        deadlines[deadline.period_id][str(deadline.kind)] = deadline
        due[deadline.pk] = f"{deadline.get_kind_display()}: {days_left(deadline.cutoff)}"
    lines = []
    for row in rows:
        counts = deadline_that_counts(row, deadlines[row.period_id])
        lines.append(
            Line(
                row,
                name=row.commune.name,
                place=f"{', '.join(unit.name for unit in row.commune.ancestors)} · năm {row.period.year}",
                state=str(Status(row.status).label),
                deadline=counts,
                due=due[counts.pk] if counts else "",
                declared=results[row.pk].declared,
                is_late=row.pk in late_in_grace,
                is_in_grace=late_in_grace.get(row.pk, False),
            )
        )
    return lines


def _with(query: QueryDict, name: str, value: str) -> str:
    """The same list with one filter changed, from its first page."""
    values = {key: query.get(key, "").strip() for key in FILTERS} | {name: value}
    kept = urlencode({key: text for key, text in values.items() if text})
    return reverse("assessments:dossiers") + (f"?{kept}" if kept else "")


def _groups(user: User, day: date, query: QueryDict) -> list[FilterGroup]:
    """What there is to choose from among everything the person may see, not only the present page."""
    rows = list(
        Dossier.objects.visible_to(user, day)
        .order_by("commune__parent__sort_key")
        .values_list("period__year", "status", "commune__parent__uuid", "commune__parent__name")
        .distinct()
    )
    years = sorted({str(row[0]) for row in rows}, reverse=True)
    present = {row[1] for row in rows}
    units = list(dict.fromkeys((str(row[2]), row[3]) for row in rows))
    groups = [
        (YEAR, "Năm", [(year, year) for year in years]),
        (STATE, "Tình trạng", [(SLUGS[status], status.label) for status in Status if status in present]),
        (UNIT, "Đơn vị", units),
    ]
    return [
        FilterGroup(
            label,
            [Choice(text, _with(query, name, value), query.get(name) == value) for value, text in values],
        )
        for name, label, values in groups
        if len(values) > 1
    ]


def _chips(query: QueryDict, chosen: Mapping[str, str]) -> list[Choice]:
    """The chosen filters; following one takes it away."""
    labels: dict[str, Callable[[str], str]] = {
        YEAR: lambda value: f"Năm {value}",
        STATE: lambda value: STATES[value].label if value in STATES else value,
        TASK: lambda value: TASKS[value].label if value in TASKS else value,
        UNIT: lambda value: unit.name if (unit := _unit(value)) else value,
        SEARCH: lambda value: f"Tìm «{value}»",
    }
    return [Choice(labels[name](value), _with(query, name, ""), True) for name, value in chosen.items() if value]


# ---- home: Việc cần làm ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tile:
    """One number and the list that holds exactly so many lines. `url` is empty while the page does not exist."""

    label: str
    count: int
    url: str
    hint: str = ""


MORE_TILES: "list[Callable[[User, date, Roles], Tile | None]]" = []
"""What waits elsewhere; None for whom it is no work. Apps above add theirs when they start."""


@dataclass(slots=True)
class CommuneCard:
    """What one commune has to do in its newest period."""

    commune: Unit
    period: Period | None
    dossier: Dossier | None = None
    can_create: bool = False
    can_edit: bool = False
    can_submit: bool = False
    deadline: Deadline | None = None
    open_points: int = 0
    notes: Sequence[Note] = field(default_factory=list)
    mended: int = 0
    to_do: Sequence[ToDoList] = field(default_factory=list)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user, at = current_user(request), received_at(request)
    day = today()
    roles = roles_of(user, day)
    progress = _progress(user, day, roles, request.GET.get("ky", "")) if _reads_progress(roles) else None
    tiles = _tiles(user, day, roles)
    context = {
        "cards": _commune_cards(user, day, roles, at),
        "tiles": tiles,
        "can_propose": any(tile.count and tile.url == list_url(viec="cho-trinh") for tile in tiles),
        "oldest": _oldest(user, day, roles, at),
        "progress": progress,
        "emergencies": _emergencies(user, day, roles),
        "watches": roles.has(*WATCHERS),
        "has_role": bool(roles.assignments),
        "failing": nightly.failing() if roles.has(Role.SYSTEM_ADMIN) else [],
        "only_system": bool(roles.assignments) and all(held.role == Role.SYSTEM_ADMIN for held in roles),
    }
    return render(request, "assessments/home.html", context)


def _emergencies(user: User, day: date, roles: Roles) -> list[EvidenceAccess]:
    """Files that somebody opened by breaking the glass, for those who are to know of it."""
    if not roles.has(*roles_with(Right.PROTECT)):
        return []
    return list(EvidenceAccess.objects.to_acknowledge(user, day).select_related("reader", "evidence__dossier__commune"))


def _reads_progress(roles: Roles) -> bool:
    return roles.has(*PROVINCE_WIDE)


def _commune_cards(user: User, day: date, roles: Roles, at: datetime) -> list[CommuneCard]:
    held = [a.unit for a in roles if a.role in COMMUNE]
    communes = list({unit.pk: unit for unit in held}.values())
    if not communes:
        return []
    periods = list(
        Period.objects.with_setting()
        .filter(province__in={unit.province.pk for unit in communes})
        .prefetch_related("deadlines")
        .order_by("-year")
    )
    rows = Dossier.objects.visible_to(user, day).with_setting().filter(commune__in=communes)
    stored = {(row.commune_id, row.period_id): row for row in rows}
    cards = []
    for commune in communes:
        period = _newest(periods, commune)
        card = CommuneCard(commune, period, stored.get((commune.pk, period.pk)) if period else None)
        if period is not None:
            _fill(card, period, user, roles, at)
        cards.append(card)
    return cards


def _newest(periods: Iterable[Period], commune: Unit) -> Period | None:
    """Roles are judged today, units on the closing day: a unit that has ended still has its own last period."""
    above = {unit.pk for unit in commune.ancestors}
    for period in periods:
        if period.province_id in above and commune.is_in_force_on(period.figures_as_of):
            return period
    return None


def _fill(card: CommuneCard, period: Period, user: User, roles: Roles, at: datetime) -> None:
    deadlines = {str(deadline.kind): deadline for deadline in period.deadlines.all()}
    if card.dossier is None:
        card.can_create = card.commune.pk in roles.units(rule_of(Right.OPEN).role)
        card.deadline = deadlines.get(DeadlineKind.DOSSIER)
        card.to_do = to_do_of(notices_for(user, card.commune, period, timezone.localdate(at)), period)
        return
    row = card.dossier
    card.deadline = deadline_that_counts(row, deadlines)
    card.can_edit = can_edit(user, row, at=at)
    card.can_submit = can_perform(user, Action.SUBMIT, row, at=at)
    if row.status in (Status.DRAFT, Status.RETURNED):
        figures = figures_for(user, row, at=at)
        card.open_points = len(errors_of(figures))
        card.notes = notes_of(figures)
        card.mended = len(figures.returned) - len(figures.not_mended)
        card.to_do = to_do_of(notices_for(user, card.commune, period, timezone.localdate(at)), period, figures)


def _tiles(user: User, day: date, roles: Roles) -> list[Tile]:
    """In the order in which work comes; each tile asks the function behind its list."""
    tiles = []

    def dossiers_tile(label: str, hint: str = "", **chosen: str) -> None:
        query = {name.replace("_", "-"): value for name, value in chosen.items()}
        tiles.append(Tile(label, filtered(user, day, query).count(), list_url(**chosen), hint))

    if roles.has(*COMMUNE):
        dossiers_tile("Hồ sơ của xã, mọi năm")
    if roles.has(Role.APPRAISER, Role.HEAD_OF_OFFICE):
        dossiers_tile("Hồ sơ mới nộp, chờ tiếp nhận", trang_thai=SLUGS[Status.SUBMITTED])
    if roles.has(Role.APPRAISER):
        dossiers_tile("Hồ sơ tôi đang thẩm định", trang_thai=SLUGS[Status.APPRAISING], viec="toi-tham-dinh")
        dossiers_tile("Chờ xã bổ sung", trang_thai=SLUGS[Status.RETURNED])
    if roles.has(Role.HEAD_OF_OFFICE):
        dossiers_tile("Đã thẩm định xong, chờ trình lãnh đạo", viec="cho-trinh")
        dossiers_tile("Lãnh đạo trả lại, chờ trình lại", viec="trinh-lai")
    if roles.has(Role.LEADER):
        waiting = Proposal.objects.visible_to(user, day).filter(state=Proposal.State.SUBMITTED).count()
        tiles.append(Tile("Hồ sơ trình chờ duyệt", waiting, f"{reverse('assessments:proposals')}?trang-thai=cho-duyet"))
    if roles.has(Role.CLERK):
        waiting = Decision.objects.visible_to(user, day).filter(number="").count()
        tiles.append(Tile("Quyết định chờ vào số", waiting, f"{reverse('assessments:decisions')}?trang-thai=cho-so"))
    tiles += [tile for more in MORE_TILES if (tile := more(user, day, roles))]
    if roles.has(Role.CATALOGUE_ADMIN):
        tiles += _catalogue_tiles(roles)
    return tiles


def _catalogue_tiles(roles: Roles) -> list[Tile]:
    provinces = {held.unit.province.pk for held in roles if held.role == Role.CATALOGUE_ADMIN}
    unsure = [Certainty.RECONSTRUCTED, Certainty.UNKNOWN]
    return [
        Tile(
            "Bộ tiêu chí chờ xác nhận",
            CriteriaSet.objects.filter(confirmed_at__isnull=True).count(),
            _url_or_nothing("criteria:sets"),
        ),
        Tile("Xã chưa được xác nhận loại", _communes_without_type(provinces), _url_or_nothing("criteria:area_types")),
        Tile(
            "Thẩm quyền chờ tỉnh xác nhận",
            Authority.objects.filter(period__province__in=provinces, certainty__in=unsure).count(),
            _url_or_nothing("criteria:periods"),
        ),
    ]


def _communes_without_type(provinces: Iterable[int]) -> int:
    """Communes of the provinces' newest periods that nobody has settled the threshold of."""
    newest: dict[int, Period] = {}
    for period in Period.objects.filter(province__in=provinces).order_by("year"):
        newest[period.province_id] = period
    count = 0
    for province, period in newest.items():
        assigned = AreaTypeAssignment.objects.in_force_on(period.figures_as_of).filter(unit=OuterRef("pk"))
        communes = Unit.objects.in_force_on(period.figures_as_of).filter(within(province), level=Level.COMMUNE)
        count += communes.filter(~Exists(assigned)).count()
    return count


def _url_or_nothing(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _oldest(user: User, day: date, roles: Roles, at: datetime) -> Line | None:
    """The dossier that has waited longest for an appraiser."""
    if not roles.has(Role.APPRAISER):
        return None
    waiting = filtered(user, day, {}).filter(status__in=[Status.SUBMITTED, Status.APPRAISING])
    row = _for_lines(waiting).order_by("submitted_at", "pk").first()
    return _lines([row], user, at)[0] if row else None


# ---- progress ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProgressCell:
    label: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class ProgressRow:
    name: str
    communes: int
    cells: Sequence[ProgressCell]


@dataclass(frozen=True, slots=True)
class Progress:
    period: Period
    others: Sequence[Period]
    heads: Sequence[str]
    rows: Sequence[ProgressRow]
    total: ProgressRow
    summary_url: str


def _progress(user: User, day: date, roles: Roles, wanted: str) -> Progress | None:
    """Counts by state for each unit of one period, the newest unless another is asked for."""
    covered = roles.covered_unit_ids(*PROVINCE_WIDE)
    provinces = covered | {held.unit.province.pk for held in roles if held.role == Role.INSPECTOR}
    periods = list(Period.objects.with_setting().filter(province__in=provinces).order_by("-year", "province__sort_key"))
    if not periods:
        return None
    period = next((row for row in periods if str(row.uuid) == wanted), periods[0])
    units = (
        Unit.objects.in_force_on(period.figures_as_of)
        .filter(within(period.province_id), within(covered), level=Level.COMMUNE)
        .order_by("parent__sort_key")
        .values("parent__uuid", "parent__name")
        .annotate(count=Count("pk"))
    )
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    stored = (
        Dossier.objects.visible_to(user, day)
        .filter(within(covered, "commune"), period=period)
        .order_by()
        .values_list("commune__parent__uuid", "status")
        .annotate(count=Count("pk"))
    )
    for parent, status, count in stored:
        counts[str(parent)][status] += count
    sees_drafts = roles.has(*roles_with(Right.READ, relation=Relation.AREA, state=Status.DRAFT))
    rows = []
    for row in units:
        parent = str(row["parent__uuid"])
        rows.append(_progress_row(row["parent__name"], row["count"], counts[parent], period, parent, sees_drafts))
    everything: Counter[str] = sum(counts.values(), Counter())
    total = _progress_row(
        "Tổng cộng", sum(row.communes for row in rows), everything, period, str(period.province.uuid), sees_drafts
    )
    summary = _url_or_nothing("reports:summary")
    return Progress(
        period=period,
        others=[row for row in periods if row != period],
        heads=[cell.label for cell in total.cells],
        rows=rows,
        total=total,
        summary_url=summary,
    )


def _progress_row(
    name: str, communes: int, counts: Mapping[str, int], period: Period, unit: str, sees_drafts: bool
) -> ProgressRow:
    # The province does not read drafts, so to it a draft is a dossier that is not sent yet.
    states = [status for status in Status if sees_drafts or status not in (Status.DRAFT, Status.WITHDRAWN)]
    none = communes - sum(counts.get(status, 0) for status in states)
    cells = [ProgressCell("Chưa lập" if sees_drafts else "Chưa nộp", none, "")]
    cells += [
        ProgressCell(
            status.label,
            counts.get(status, 0),
            list_url(nam=str(period.year), trang_thai=SLUGS[status], don_vi=unit) if counts.get(status, 0) else "",
        )
        for status in states
    ]
    return ProgressRow(name, communes, cells)
