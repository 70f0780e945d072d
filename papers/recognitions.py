"""The recognised communes as anybody may read them: from numbered decisions alone, without a score, a reason, a file or
a person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Q, QuerySet

from assessments.models import DecisionItem, Result
from communes.models import Succession, Unit, UnitQuerySet
from communes.queries import continued_by, predecessor_unit_ids
from papers.kinds import Kind
from papers.models import Paper, State
from papers.standing import Said, said_of_items
from papers.words import small_first

_COLUMNS = (
    "commune_name",
    "parent_name",
    "dossier__commune__code",
    "decision__number",
    "decision__symbol",
    "decision__issued_on",
    "decision__body_name",
    "decision__period__year",
    "decision__period__is_demo",
    "decision__period__province__name",
)


@dataclass(frozen=True, slots=True)
class Recognition:
    """One commune in one decision. `name` is that of the decision, or of the decision that replaced it; `today` are
    the units that continue the commune."""

    item: DecisionItem
    name: str
    register_number: str
    said: Said
    today: Sequence[Unit]

    @property
    def above(self) -> str:
        """«, huyện Tháp Mười, tỉnh Đồng Tháp» as it was."""
        names = dict.fromkeys([self.item.parent_name, self.item.decision.period.province.name])
        return "".join(f", {small_first(name)}" for name in names if name)

    @property
    def is_demo(self) -> bool:
        return self.item.decision.period.is_demo


def published() -> QuerySet[DecisionItem]:
    """Every recognition that was issued; demo data only where the whole installation is a demo."""
    found = DecisionItem.objects.filter(result=Result.RECOGNISED).exclude(decision__number="")
    return found if settings.DEMO_ALLOWED else found.filter(decision__period__is_demo=False)


def published_in(*, year: int | None = None, province: Unit | None = None, text: str = "") -> QuerySet[DecisionItem]:
    """Newest year first, then by the alphabet. A province brings those along that it took over; `text` is a name or a
    code without accents, of the commune or of the unit that succeeded it."""
    found = published()
    if year is not None:
        found = found.filter(decision__period__year=year)
    if province is not None:
        found = found.filter(decision__period__province__in={province.pk, *predecessor_unit_ids([province.pk])})
    if text:
        units = Unit.objects.named(text)
        succeeded = Succession.objects.filter(successor__in=units).values("predecessor")
        found = found.filter(Q(dossier__commune__in=units) | Q(dossier__commune__in=succeeded))
    order = ("-decision__period__year", "decision__period__province__sort_key", "dossier__commune__sort_key", "pk")
    return found.select_related("dossier__commune", "decision__period__province").only(*_COLUMNS).order_by(*order)


def published_years() -> list[int]:
    years = published().values_list("decision__period__year", flat=True)
    return list(years.order_by("-decision__period__year").distinct())


def published_provinces() -> UnitQuerySet:
    """Those in which something was published, and those that took these over."""
    own = published().order_by().values("decision__period__province")
    successors = Succession.objects.filter(predecessor__in=own, extent=Succession.Extent.WHOLE).values("successor")
    return Unit.objects.filter(Q(pk__in=own) | Q(pk__in=successors)).order_by("sort_key", "-valid_from")


def recognitions(items: Collection[DecisionItem], today: date) -> list[Recognition]:
    """How these stand, in the same order; as many queries for one as for a thousand."""
    said = said_of_items(items)
    units = continued_by({item.dossier.commune_id for item in items}, today)
    numbers = _register_numbers(items)
    return [
        Recognition(
            item=item,
            name=said[item.pk].name or item.commune_name,
            register_number=numbers.get(item.pk, ""),
            said=said[item.pk],
            today=units[item.dossier.commune_id],
        )
        for item in items
    ]


def _register_numbers(items: Collection[DecisionItem]) -> dict[int, str]:
    """«12/2024» of the newest certificate of each."""
    issued = Paper.objects.filter(kind=Kind.CERTIFICATE, item__in=items, state=State.ISSUED).order_by("issued_at", "pk")
    rows = issued.values_list("item_id", "register_number", "register__year")
    return {item_id: f"{number}/{year}" for item_id, number, year in rows if item_id is not None}
