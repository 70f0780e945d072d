"""Who may act where today: read once for a person and a day, then answered from memory."""

import datetime
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet

from childfriendly.core.ready import ready
from childfriendly.core.text import fold
from communes.models import (
    AreaTypeAssignment,
    Level,
    Role,
    RoleAssignment,
    Succession,
    Unit,
    UnitQuerySet,
    User,
    within,
)

_CACHE: Final = "_roles_by_day"


class Roles:
    """The roles of one person on one day. Costs one query to read, and one more if predecessors are asked for."""

    def __init__(self, assignments: Iterable[RoleAssignment] = (), ended: Iterable[RoleAssignment] = ()) -> None:
        self.assignments = tuple(assignments)
        self._ended = tuple(ended)

    def __iter__(self) -> Iterator[RoleAssignment]:
        return iter(self.assignments)

    def has(self, *roles: Role) -> bool:
        """Any of these roles, at whatever unit."""
        return any(assignment.role in roles for assignment in self.assignments)

    def units(self, *roles: Role) -> frozenset[int]:
        """Ids of the units at which any of these roles is held; without roles, of all units."""
        return frozenset(a.unit_id for a in self.assignments if not roles or a.role in roles)

    def ever_at(self, *roles: Role) -> frozenset[int]:
        """Ids of the units at which any of these roles is or was held. No right comes of it: it tells where somebody
        may have done something that stands against a right."""
        return frozenset(a.unit_id for a in (*self.assignments, *self._ended) if a.role in roles)

    def covered_unit_ids(self, *roles: Role) -> frozenset[int]:
        """`units` and the provinces that these took over: for reading, with `communes.models.within`."""
        units = self.units(*roles)
        return units | {old for new, old in self._lineage if new in units} if units else units

    def at(self, unit_id: int, *roles: Role) -> RoleAssignment | None:
        """The first assignment of any of these roles at exactly this unit, for the title that papers and audit show."""
        return next((a for a in self.assignments if a.unit_id == unit_id and (not roles or a.role in roles)), None)

    def words(self, role: Role, unit: Unit) -> str:
        """How the audit names what somebody acts as here."""
        held = self.at(unit.pk, role)
        return held.words if held else f"{role.label}, {unit.name}"

    @cached_property
    def _lineage(self) -> frozenset[tuple[int, int]]:
        # Only provinces are taken over as a whole; whoever holds a role at none of them need not ask.
        provinces = [held.unit_id for held in self.assignments if held.unit.level == Level.PROVINCE]
        return _lineage(provinces) if provinces else frozenset()


def roles_of(user: User | AnonymousUser, today: datetime.date) -> Roles:
    """Roles are judged today, also for a period long closed; whoever is deactivated has none.

    One query, remembered on the user object; `forget_roles` after a change to the same object.
    """
    if not isinstance(user, User) or not user.is_active or user.pk is None:
        return Roles()
    cache: dict[datetime.date, Roles] = user.__dict__.setdefault(_CACHE, {})
    if today not in cache:
        begun = list(
            RoleAssignment.objects.filter(user=user, valid_from__lte=today)
            .with_backing(today)
            .select_related("unit", "acting_for")  # on every page; the few that ask for the units above read them then
            .order_by("role", "unit__sort_key", F("acting_for").asc(nulls_first=True), "pk")
        )
        counting = [held for held in begun if held.is_in_force_on(today) and getattr(held, "is_backed", False)]
        cache[today] = Roles(counting, ended=(held for held in begun if held not in counting))
    return cache[today]


def forget_roles(user: User) -> None:
    user.__dict__.pop(_CACHE, None)


def predecessor_unit_ids(unit_ids: Collection[int]) -> frozenset[int]:
    """Ids of the provinces that these provinces took over as a whole."""
    return frozenset(old for _, old in _lineage(unit_ids))


def covers(unit_ids: Collection[int], unit: Unit) -> bool:
    """Whether the unit is one of these or lies in the area of one (its parents should be loaded along)."""
    return any(above.pk in unit_ids for above in [unit, *unit.ancestors])


def _lineage(unit_ids: Collection[int]) -> frozenset[tuple[int, int]]:
    # Only whole provinces: who took over a part of one has no claim on the dossiers of the rest.
    return frozenset(
        Succession.objects.filter(
            successor__in=unit_ids, successor__level=Level.PROVINCE, extent=Succession.Extent.WHOLE
        ).values_list("successor_id", "predecessor_id")
    )


# ---- what a catalogue administrator looks after --------------------------------------------------------------------
def administered_unit_ids(user: User, today: datetime.date) -> frozenset[int]:
    return roles_of(user, today).covered_unit_ids(Role.CATALOGUE_ADMIN)


def administered_units(user: User, today: datetime.date) -> UnitQuerySet:
    """Every unit of the area, whenever it was in force: a role may still be given at a unit that has ended."""
    return Unit.objects.filter(within(administered_unit_ids(user, today)))


def people_visible_to(user: User, today: datetime.date) -> QuerySet[User]:
    """Accounts that hold or held a role in the administrator's area, each with its roles there (`role_assignments`).

    Every account is opened with a first role, so none is out of everybody's sight.
    """
    here = within(administered_unit_ids(user, today), "unit")
    held = RoleAssignment.objects.filter(here).select_related("unit__parent__parent", "acting_for")
    return User.objects.filter(Exists(RoleAssignment.objects.filter(here, user=OuterRef("pk")))).prefetch_related(
        Prefetch("role_assignments", queryset=held.order_by("-valid_from", "role"))
    )


def found_people(people: QuerySet[User], text: str) -> list[int]:
    """Ids of those whose name or user name holds every word, accents or not; in order of user name.

    Compared here, since no database folds «Đặng» to «dang» alike; the officials of a province are some thousands.
    """
    words = fold(text).split()
    rows = people.prefetch_related(None).order_by("username").values_list("pk", "full_name", "username")
    return [pk for pk, name, username in rows if all(word in f"{fold(name)} {username}" for word in words)]


def communes_of_province(province_id: int, day: datetime.date) -> UnitQuerySet:
    return Unit.objects.in_force_on(day).filter(within(province_id), level=Level.COMMUNE).with_parents()


def without_area_type(communes: UnitQuerySet, day: datetime.date) -> UnitQuerySet:
    """Those of which nobody has accepted a type that holds on that day."""
    accepted = AreaTypeAssignment.objects.in_force_on(day).filter(unit=OuterRef("pk"))
    return communes.filter(~Exists(accepted))


# ---- lineage -------------------------------------------------------------------------------------------------------
def with_lineage(units: UnitQuerySet) -> UnitQuerySet:
    """Loads along what `lineage_words` needs, in two queries for however many units."""
    return units.with_parents().prefetch_related(
        Prefetch(
            "precessions",
            queryset=Succession.objects.select_related("predecessor__parent__parent").order_by(
                "predecessor__sort_key", "predecessor__code"
            ),
        ),
        Prefetch(
            "successions",
            queryset=Succession.objects.select_related("successor__parent__parent").order_by(
                "successor__sort_key", "successor__code"
            ),
        ),
    )


def lineage_words(unit: Unit) -> str:
    """«trước 01/07/2025: Thị trấn Mỹ An, huyện Tháp Mười; Xã Mỹ An, …», «từ 01/07/2025: Xã Tháp Mười, …» or nothing."""
    before = [(link.on, _part(link, link.predecessor, unit)) for link in unit.precessions.all()]
    after = [(link.on, _part(link, link.successor, unit)) for link in unit.successions.all()]
    parts = []
    if before:
        parts.append(f"trước {before[0][0]:%d/%m/%Y}: " + "; ".join(name for _, name in before))
    if after:
        parts.append(f"từ {after[0][0]:%d/%m/%Y}: " + "; ".join(name for _, name in after))
    return ". ".join(parts)


def _part(link: Succession, other: Unit, unit: Unit) -> str:
    """The other unit's name, with the province only where that is another one than the reader has just read."""
    above = [level for level in other.ancestors if level.name != unit.province.name]
    name = ", ".join([other.name, *(level.name[:1].lower() + level.name[1:] for level in above)])
    return name if link.extent == Succession.Extent.WHOLE else f"một phần {name}"


def continued_by(unit_ids: Collection[int], today: datetime.date) -> dict[int, list[Unit]]:
    """By id of a unit: the units in force today that continue it, itself if it still is. One query, and one more for
    every time that they were merged or split since, however many units."""
    return continuing(ready(_named, unit_ids), today)


def continuing(units: Iterable[Unit], today: datetime.date) -> dict[int, list[Unit]]:
    """`continued_by` of units that are loaded with `NAMES`, without its first query."""
    came_of = {unit.pk: [unit] for unit in units}
    while ended := {unit.pk for units in came_of.values() for unit in units if not unit.is_in_force_on(today)}:
        successors: dict[int, list[Unit]] = {}
        for link in ready(_links, ended, today):
            successors.setdefault(link.predecessor_id, []).append(link.successor)
        if not successors:  # nobody knows what became of the rest: they are named as they were
            break
        for pk, before in came_of.items():
            came_of[pk] = list(dict.fromkeys(after for unit in before for after in successors.get(unit.pk, [unit])))
    return came_of


NAMES: Final = ("name", "valid_from", "valid_to", "parent__name", "parent__parent__name", "parent__parent__parent")
"""What the full name and the days of a unit ask for."""


def _named(unit_ids: Collection[int]) -> QuerySet[Unit]:
    return Unit.objects.filter(pk__in=unit_ids).with_parents().only(*NAMES)


def _links(unit_ids: Collection[int], today: datetime.date) -> QuerySet[Succession]:
    """From these units, which have ended, to their successors."""
    links = Succession.objects.filter(predecessor__pk__in=unit_ids, on__lte=today)
    links = links.select_related("successor__parent__parent").order_by("successor__sort_key", "pk")
    return links.only("predecessor", *(f"successor__{name}" for name in NAMES))
