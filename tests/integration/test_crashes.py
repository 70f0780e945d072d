"""The power goes in the middle of a decision: afterwards there is all of it or nothing of it, and it can be done again
(SECURITY.md R-03, R-13). On SQLite and on PostgreSQL, in processes that really die."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from assessments.models import Decision, DecisionItem, Dossier, Proposal, ProposalItem, StepTime
from assessments.services import orphans, verify_files
from assessments.workflow import Status
from childfriendly.core import chain
from childfriendly.core.models import AuditEvent
from communes.models import User
from papers.models import Attachment, Paper, Register
from tests.factories import Place, approved, dossier_in, drafted, make_place, numbered, proposed, signed
from tests.processes import DIED, run

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(settings.BASE_DIR)


def state() -> dict[str, object]:
    """Everything that a decision writes."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (
            Dossier,
            Proposal,
            ProposalItem,
            Decision,
            DecisionItem,
            StepTime,
            Paper,
            Register,
            Attachment,
            AuditEvent,
        )
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
    for path, points in (
        ("assessments/services/decisions.py", APPROVE_POINTS + ISSUE_POINTS),
        ("papers/services/life.py", ["enter signed: stored", *PAPER_POINTS[:3]]),
        (
            "papers/services/effects.py",
            [*PAPER_POINTS[3:], "issue paper: certificates entered"],
        ),  # also of a replacement
    ):
        assert re.findall(r'faults\.reach\("(.+?)"\)', (ROOT / path).read_text()) == points


# ---- papers ------------------------------------------------------------------------------------------------------
PAPER_POINTS = [
    "issue paper: stored",
    "issue paper: flipped",
    "issue paper: recorded",
    "issue paper: decision issued",
    "issue paper: certificates entered",
]


def step(call: str, paper: Paper, by: User, place: Place, more: str = "") -> str:
    return f"""
import datetime
from communes.models import User
from papers import services
from papers.filling import FILLERS
from tests.factories import pdf_file
from tests.fillers import TINY
FILLERS.update(TINY)
at = datetime.datetime.fromisoformat("{place.at.isoformat()}")
services.{call}(paper_id={paper.pk}, version={paper.version}, by=User.objects.get(pk={by.pk}), at=at, {more})
"""


@pytest.mark.usefixtures("tiny_papers")
def test_a_clerk_who_loses_power_has_sent_a_paper_out_with_all_that_hangs_on_it_or_not_at_all() -> None:
    place = make_place(2)
    decision = approved([dossier_in(Status.CONCLUDED, place, index) for index in range(2)], place)
    paper = numbered(signed(drafted(decision, place), place), place)
    place.later()
    before = state()
    for point in PAPER_POINTS:
        assert run(step("issue", paper, place.clerk, place), fault=point) == DIED, point
        assert state() == before, point
    assert run(step("issue", paper, place.clerk, place)) == 0
    assert Dossier.objects.filter(status=Status.RECOGNISED).count() == 2
    assert list(Paper.objects.filter(kind="certificate").values_list("register_number", flat=True)) == [2, 1]
    report = verify_files(at=timezone.now() + timedelta(days=2))
    # what the attempts left on the disk is what the last one put there, but for times inside the files
    assert (report.missing, report.changed) == ([], [])
    assert chain.first_broken_row() is None


@pytest.mark.usefixtures("tiny_papers")
def test_a_scan_of_which_the_row_was_never_written_is_an_orphan_and_entering_it_again_works() -> None:
    place = make_place()
    paper = drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place)
    place.later()
    before = state()
    signer = f"signer_id={place.leader.pk}, signed_on=at.date(), scan=pdf_file('ky.pdf', pdf_file().read() + b'%1')"
    assert run(step("enter_signed", paper, place.clerk, place, signer), fault="enter signed: stored") == DIED
    assert state() == before
    assert len(orphans(at=timezone.now() + timedelta(days=2))) == 1
    assert run(step("enter_signed", paper, place.clerk, place, signer)) == 0
    assert orphans(at=timezone.now() + timedelta(days=2)) == []
    assert Paper.objects.get().state == "signed"


def test_the_site_itself_has_no_fault_point() -> None:
    assert "FAULT_POINT" not in (ROOT / "childfriendly" / "settings.py").read_text()
