"""Every list and dossier page asks the database as often for 50 rows as for 1, whoever reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from assessments import services
from assessments.models import Decision, Dossier, FrozenSheet
from assessments.workflow import Status
from communes.models import Role, User
from tests.factories import (
    AreaTypeAssignmentFactory,
    CommuneFactory,
    Place,
    RoleAssignmentFactory,
    dossier_in,
    make_place,
    proposed,
    user_with,
)
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

MANY = 50


@dataclass
class Area:
    place: Place
    first: Dossier
    people: dict[str, User]
    draft: Decision
    issued: Decision

    def addresses(self) -> dict[str, list[str]]:
        """Whose pages with rows; each for every role that reads it."""
        offices = ["appraiser", "head_of_office", "leader", "clerk"]
        proposal = self.draft.proposal
        return {
            reverse("home"): [*self.people],
            reverse("assessments:dossiers"): [*self.people],
            reverse("assessments:dossier", args=[self.first.uuid]): [*self.people],
            reverse("assessments:propose"): ["head_of_office"],
            reverse("assessments:proposals"): offices,
            reverse("assessments:proposal", args=[proposal.uuid]): offices,
            reverse("assessments:decisions"): offices,
            reverse("assessments:decision", args=[self.draft.uuid]): offices,
            reverse("papers:papers"): offices,
            reverse("papers:for_proposal", args=[proposal.uuid]): offices,
            reverse("papers:for_decision", args=[self.draft.uuid]): offices,
            reverse("papers:for_decision", args=[self.issued.uuid]): offices,
            reverse("assessments:decision", args=[self.issued.uuid]): [*offices, "province_staff", "commune_head"],
            reverse("reports:summary"): [*offices, "province_staff", "inspector"],
            reverse("reports:summary_xlsx"): ["province_staff"],
        }


def make_area(rows: int) -> Area:
    """`rows` concluded dossiers each: free, in a proposal, in a draft decision, and in an issued one."""
    place = make_place()
    first = dossier_in(Status.CONCLUDED, place)
    free, waiting, drafted, decided = (copies(first, place, rows) for _ in range(4))
    proposed(waiting, place, "1/TTr")
    draft, issued = (approve(dossiers, place, f"{number}/TTr") for number, dossiers in ((2, drafted), (3, decided)))
    at = place.later()
    services.issue_decision(
        decision_id=issued.pk, version=1, number=str(4000 + issued.pk), issued_on=at.date(), by=place.clerk, at=at
    )
    people = {
        name: getattr(place, name)
        for name in ("appraiser", "head_of_office", "leader", "clerk", "province_staff", "inspector")
    }
    people["commune_head"] = head_of([decided[0], free[0]])
    return Area(place, free[0], people, draft, issued)


def copies(pattern: Dossier, place: Place, rows: int) -> list[Dossier]:
    """Dossiers of communes of their own, concluded like the pattern, with what a summary reads of them."""
    sheet = FrozenSheet.objects.get(dossier=pattern, kind=FrozenSheet.Kind.APPRAISED)
    made = []
    for _ in range(rows):
        commune = CommuneFactory(parent=place.deciding)
        AreaTypeAssignmentFactory(unit=commune)
        row = Dossier.objects.get(pk=pattern.pk)
        row.pk, row.uuid, row.code, row.commune = None, uuid4(), f"{pattern.code}-{commune.code}", commune
        row._state.adding = True
        row.save(force_insert=True)
        sheet.pk, sheet.dossier = None, row
        sheet._state.adding = True
        sheet.save(force_insert=True)
        made.append(row)
    return made


def approve(dossiers: list[Dossier], place: Place, number: str) -> Decision:
    proposal = proposed(dossiers, place, number)
    return services.approve(proposal_id=proposal.pk, version=1, by=place.leader, at=place.later())


def head_of(dossiers: list[Dossier]) -> User:
    user = user_with(Role.COMMUNE_HEAD, dossiers[0].commune)
    for dossier in dossiers[1:]:
        RoleAssignmentFactory(user=user, role=Role.COMMUNE_HEAD, unit=dossier.commune)
    return user


@pytest.fixture(scope="module")
def areas(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Area, Area]]:
    """Built once for the module, in a transaction that is rolled back."""
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files")),
        transaction.atomic(),
    ):
        yield make_area(1), make_area(MANY)
        transaction.set_rollback(True)


def cost(address: str, user: User) -> int:
    client = signed_in(user)
    client.get(address)  # what is read once a process is not the page's cost
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, (address, user)
    return len(queries)


def test_fifty_rows_cost_as_many_queries_as_one(areas: tuple[Area, Area]) -> None:
    few, many = areas
    pairs = list(zip(few.addresses().items(), many.addresses().items(), strict=True))
    costs = {
        (few_address.split("?")[0], role): (cost(few_address, few.people[role]), cost(address, many.people[role]))
        for (few_address, roles), (address, _) in pairs
        for role in roles
    }
    assert len(costs) > 40
    assert {page: pair for page, pair in costs.items() if pair[0] != pair[1]} == {}


def test_there_are_really_fifty_rows(areas: tuple[Area, Area]) -> None:
    _, many = areas
    client = signed_in(many.people["head_of_office"])
    assert many.issued.items.count() == many.draft.items.count() == MANY
    assert client.get(reverse("assessments:propose")).content.count(b'type="checkbox"') >= MANY
    assert client.get(reverse("assessments:dossiers")).content.count(b"/ho-so/") >= MANY
