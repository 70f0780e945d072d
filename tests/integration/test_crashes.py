"""The power goes in the middle of a decision: afterwards there is all of it or nothing of it, and it can be done again
(SECURITY.md R-03, R-13). On SQLite and on PostgreSQL, in processes that really die."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from assessments.models import Decision, DecisionItem, Dossier, Proposal, ProposalItem, StepTime
from assessments.workflow import Status
from childfriendly.core import chain
from childfriendly.core.models import AuditEvent
from tests.factories import Place, approved, dossier_in, make_place, proposed
from tests.processes import DIED, run

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(settings.BASE_DIR)


def state() -> dict[str, object]:
    """Everything that a decision writes."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (Dossier, Proposal, ProposalItem, Decision, DecisionItem, StepTime, AuditEvent)
    }


def approval(proposal: Proposal, place: Place) -> str:
    return f"""
import datetime
from assessments import services
from communes.models import User
services.approve(
    proposal_id={proposal.pk}, version=1, by=User.objects.get(pk={place.leader.pk}),
    at=datetime.datetime.fromisoformat("{place.at.isoformat()}"),
)
"""


def numbering(decision: Decision, place: Place) -> str:
    return f"""
import datetime
from assessments import services
from communes.models import User
at = datetime.datetime.fromisoformat("{place.at.isoformat()}")
services.issue_decision(
    decision_id={decision.pk}, version=1, number="7", issued_on=at.date(),
    by=User.objects.get(pk={place.clerk.pk}), at=at,
)
"""


APPROVE_POINTS = ["approve: answered", "approve: decided", "approve: first commune written", "approve: recorded"]
ISSUE_POINTS = ["issue: numbered", "issue: first dossier moved", "issue: all dossiers moved", "issue: recorded"]


def test_a_leader_who_loses_power_has_approved_all_or_nothing() -> None:
    place = make_place(2)
    proposal = proposed([dossier_in(Status.CONCLUDED, place, index) for index in range(2)], place)
    place.later()
    before = state()
    for point in APPROVE_POINTS:
        assert run(approval(proposal, place), fault=point) == DIED, point
        assert state() == before, point
    assert run(approval(proposal, place)) == 0
    assert (Decision.objects.count(), DecisionItem.objects.count()) == (1, 2)
    assert AuditEvent.objects.filter(action="approve").count() == 3  # the proposal and its two dossiers
    assert chain.first_broken_row() is None


def test_a_clerk_who_loses_power_has_issued_all_or_nothing() -> None:
    place = make_place(2)
    decision = approved([dossier_in(Status.CONCLUDED, place, index) for index in range(2)], place)
    place.later()
    before = state()
    for point in ISSUE_POINTS:
        assert run(numbering(decision, place), fault=point) == DIED, point
        assert state() == before, point
    assert run(numbering(decision, place)) == 0  # the same number is still free
    assert Decision.objects.get().number == "7"
    assert Dossier.objects.filter(status=Status.RECOGNISED).count() == 2
    assert chain.first_broken_row() is None


def test_what_is_committed_outlives_the_process() -> None:
    place = make_place()
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    place.later()
    assert run(approval(proposal, place) + "import os; os._exit(9)") == DIED
    assert Decision.objects.count() == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchall() == [("ok",)]


def test_every_point_of_a_decision_is_tried() -> None:
    text = (ROOT / "assessments" / "services" / "decisions.py").read_text()
    assert re.findall(r'faults\.reach\("(.+?)"\)', text) == APPROVE_POINTS + ISSUE_POINTS


def test_the_site_itself_has_no_fault_point() -> None:
    assert "FAULT_POINT" not in (ROOT / "childfriendly" / "settings.py").read_text()
