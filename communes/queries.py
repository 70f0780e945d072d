"""Who may act where today: read once for a person and a day, then answered from memory."""

import datetime
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Final

from django.contrib.auth.models import AnonymousUser

from communes.models import Level, Role, RoleAssignment, Succession, Unit, User

_CACHE: Final = "_roles_by_day"


class Roles:
    """The roles of one person on one day. Costs one query to read, and one more if predecessors are asked for."""

    def __init__(self, assignments: Collection[RoleAssignment] = ()) -> None:
        self.assignments = tuple(assignments)

    def __iter__(self) -> Iterator[RoleAssignment]:
        return iter(self.assignments)

    def has(self, *roles: Role) -> bool:
        """Any of these roles, at whatever unit."""
        return any(assignment.role in roles for assignment in self.assignments)

    def units(self, *roles: Role) -> frozenset[int]:
        """Ids of the units at which any of these roles is held; without roles, of all units."""
        return frozenset(a.unit_id for a in self.assignments if not roles or a.role in roles)

    def covered_unit_ids(self, *roles: Role) -> frozenset[int]:
        """`units` and the provinces that these took over: for reading, with `communes.models.within`."""
        units = self.units(*roles)
        return units | {old for new, old in self._lineage if new in units}

    def at(self, unit_id: int, *roles: Role) -> RoleAssignment | None:
        """The first assignment of any of these roles at exactly this unit, for the title that papers and audit show."""
        return next((a for a in self.assignments if a.unit_id == unit_id and (not roles or a.role in roles)), None)

    @cached_property
    def _lineage(self) -> frozenset[tuple[int, int]]:
        return _lineage(self.units()) if self.assignments else frozenset()


def roles_of(user: User | AnonymousUser, today: datetime.date) -> Roles:
    """Roles are judged today, also for a period long closed; whoever is deactivated has none.

    One query, remembered on the user object; `forget_roles` after a change to the same object.
    """
    if not isinstance(user, User) or not user.is_active or user.pk is None:
        return Roles()
    cache: dict[datetime.date, Roles] = user.__dict__.setdefault(_CACHE, {})
    if today not in cache:
        cache[today] = Roles(
            RoleAssignment.objects.filter(user=user)
            .in_force_on(today)
            .select_related("unit__parent__parent")
            .order_by("role", "unit__sort_key", "pk")
        )
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
