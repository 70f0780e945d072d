"""When an official leaves: the unit owns the work, so somebody takes it over before the account is stopped."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from assessments import policy
from assessments.models import Dossier
from assessments.permissions import check_four_eyes
from assessments.workflow import Status
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from communes.models import Role, RoleAssignment, Unit, User
from communes.queries import people_visible_to, roles_of
from communes.services import assign_role, check_can_administer_account, deactivate_account, end_role

IN_HAND: Final = frozenset({Status.SUBMITTED, Status.APPRAISING, Status.RETURNED})
"""States in which `Dossier.appraiser` names who works on it; later it names who has appraised, and stays."""
WORKING: Final = policy.COMMUNE | policy.OFFICE | policy.DECIDERS
"""Roles without which a dossier stands still; whoever only reads leaves nothing behind."""

CHANGED: Final = "Công việc của người này vừa thay đổi. Xem lại những gì sẽ bàn giao rồi xác nhận."


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody would leave behind: dossiers that they appraise, and roles that nobody else holds at the unit."""

    dossiers: tuple[Dossier, ...]
    roles: tuple[tuple[Role, Unit], ...]

    @property
    def needs_successor(self) -> bool:
        return bool(self.dossiers or self.roles)

    @property
    def unit_ids(self) -> set[int]:
        return {unit.pk for _, unit in self.roles} | {dossier.appraising_unit_id for dossier in self.dossiers}

    @property
    def fingerprint(self) -> str:
        """Of what a page showed, so that nothing else is handed over than what was read."""
        parts = [f"{dossier.uuid}" for dossier in self.dossiers] + [f"{role} {unit.uuid}" for role, unit in self.roles]
        return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()

    def counts(self) -> list[tuple[Unit, Status, int]]:
        """Dossiers by unit and state: who looks after accounts does not see whose they are."""
        found: dict[tuple[int, Status], tuple[Unit, Status, int]] = {}
        for dossier in self.dossiers:
            key = (dossier.appraising_unit_id, Status(dossier.status))
            unit, status, count = found.get(key, (dossier.appraising_unit, Status(dossier.status), 0))
            found[key] = (unit, status, count + 1)
        return list(found.values())


def work_of(person: User, today: date) -> Work:
    dossiers = tuple(
        Dossier.objects.with_setting().filter(appraiser=person, status__in=IN_HAND).order_by("appraising_unit", "code")
    )
    roles = {(Role.APPRAISER, dossier.appraising_unit) for dossier in dossiers}
    held = RoleAssignment.objects.own().in_force_on(today).filter(user=person, role__in=WORKING)
    for assignment in held.select_related("unit__parent__parent"):
        others = RoleAssignment.objects.own().in_force_on(today).filter(role=assignment.role, unit=assignment.unit)
        if not others.filter(user__is_active=True).exclude(user=person).exists() and _has_work(assignment.unit, today):
            roles.add((Role(assignment.role), assignment.unit))
    return Work(dossiers, tuple(sorted(roles, key=lambda row: (row[1].sort_key, row[1].pk, row[0]))))


def _has_work(unit: Unit, today: date) -> bool:
    """A unit that ended has work as long as one of its dossiers is open."""
    if unit.is_in_force_on(today):
        return True
    theirs = Dossier.objects.filter(Q(commune=unit) | Q(appraising_unit=unit) | Q(deciding_unit=unit))
    return theirs.exclude(status__in=policy.DECIDED | {Status.WITHDRAWN}).exists()


@transaction.atomic
def hand_over(*, person: User, successor: User, seen: str, by: User, at: datetime) -> None:
    """In one act: the successor gets the roles that would stand empty and the dossiers in hand, the roles of whoever
    leaves end, the account is stopped. `seen` is the fingerprint of what the page showed.

    Four eyes hold: a successor from the commune of one of the dossiers is refused, and nothing is done.
    """
    today = timezone.localdate(at)
    check_can_administer_account(by, person, today)
    _check_successor(successor, person, by, today)
    _hold(person)
    work = work_of(person, today)
    if work.fingerprint != seen:
        raise Stale(CHANGED)
    for role, unit in work.roles:
        if unit.pk not in roles_of(successor, today).units(role):
            assign_role(user=successor, role=role, unit=unit, valid_from=max(today, unit.valid_from), by=by, at=at)
    for dossier in work.dossiers:
        check_four_eyes(successor, policy.Right.APPRAISE, dossier, at)
        _pass_on(dossier, person, successor, by, at)
    _end_roles(person.role_assignments.select_related("unit__parent__parent"), today, by, at)
    if person.is_active:  # an account that was stopped earlier may have left work behind
        deactivate_account(user=person, by=by, at=at)


@transaction.atomic
def leave(*, person: User, by: User, at: datetime) -> None:
    """Stops an account that leaves no work behind; its roles stay, should it be opened again."""
    today = timezone.localdate(at)
    check_can_administer_account(by, person, today)
    _hold(person)
    if work_of(person, today).needs_successor:
        raise Refused(f"{person} còn việc chưa bàn giao; chọn người kế nhiệm rồi ngừng tài khoản.")
    deactivate_account(user=person, by=by, at=at)


def _check_successor(successor: User, person: User, by: User, today: date) -> None:
    is_known = people_visible_to(by, today).filter(pk=successor.pk, is_active=True).exists()
    if not is_known or successor == person:
        raise Refused("Người kế nhiệm phải là một tài khoản khác đang hoạt động trong địa bàn; chọn lại.")


def _hold(person: User) -> None:
    """Of two holders of one role who leave at the same moment the second sees that the first is gone; and a dossier
    that the person is taking right now is theirs before we look, or never."""
    units = RoleAssignment.objects.filter(user=person).values_list("unit_id", flat=True)
    for pk in sorted(set(units)):
        Unit.objects.filter(pk=pk).update(name=F("name"))
    User.objects.filter(pk=person.pk).update(is_active=F("is_active"))


def _pass_on(dossier: Dossier, person: User, successor: User, by: User, at: datetime) -> None:
    mine = Dossier.objects.filter(pk=dossier.pk, appraiser=person, status=dossier.status, version=dossier.version)
    if not mine.update(appraiser=successor):
        raise Stale(CHANGED)
    audit.record(
        "hand_over",
        dossier,
        by=by,
        at=at,
        role=Role.CATALOGUE_ADMIN.label,
        before={"appraiser": str(person.uuid)},
        after={"appraiser": str(successor.uuid)},
        reason=f"Đồng chí {person.full_name} bàn giao cho đồng chí {successor.full_name}.",
    )


def _end_roles(held: Iterable[RoleAssignment], today: date, by: User, at: datetime) -> None:
    """Today is the last day; a role that was still to begin is taken back."""
    for assignment in held:
        if assignment.valid_from > today:
            if not RoleAssignment.objects.filter(pk=assignment.pk).delete()[0]:
                raise Stale(CHANGED)
            audit.record(
                "take_back_role",
                assignment.user,
                by=by,
                at=at,
                role=Role.CATALOGUE_ADMIN.label,
                before={
                    "role": assignment.role,
                    "unit": str(assignment.unit.uuid),
                    "valid_from": assignment.valid_from.isoformat(),
                },
            )
        elif assignment.valid_to is None or assignment.valid_to > today:
            end_role(assignment=assignment, last_day=today, by=by, at=at)
