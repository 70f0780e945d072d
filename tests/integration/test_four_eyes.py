"""Nobody judges the own work (SECURITY.md Z-10), also not in a new post; buttons, pages and services say so alike."""

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments import permissions, services
from assessments.models import Dossier, Evidence
from assessments.permissions import FOUR_EYES
from assessments.policy import Right, Tie
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused
from communes.models import Role, RoleAssignment, User
from communes.queries import forget_roles
from tests.factories import Place, RoleAssignmentFactory, agree, dossier_in, make_place, pdf_file, proposed, user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place()


def moves_on(user: User, role: Role, place: Place) -> None:
    """The person leaves every post held so far and starts in a new one."""
    yesterday = timezone.localdate(place.at) - timedelta(days=1)
    RoleAssignment.objects.filter(user=user).update(valid_to=yesterday)
    RoleAssignmentFactory(user=user, role=role, unit=place.deciding, valid_from=yesterday)
    forget_roles(user)


def work_of(deed: str, place: Place) -> tuple[Dossier, User]:
    """A dossier in whose making somebody of the commune had a hand, and that person."""
    editor, head = place.editors[0], place.heads[0]
    dossier = dossier_in(Status.DRAFT, place)
    made = {"dossier_id": dossier.pk, "by": editor}
    if deed == "typed a figure":
        services.save_entry(
            **made, criterion="TC01", version=1, answers={}, explanation="Kế hoạch số 5.", at=place.later()
        )
    if deed == "uploaded a file":
        services.attach_evidence(**made, item="TC01.1", slot=None, upload=pdf_file(), at=place.later())
    services.perform(Action.SUBMIT, dossier_id=dossier.pk, version=dossier.version, by=head, at=place.later())
    return Dossier.objects.with_setting().get(pk=dossier.pk), head if deed == "submitted" else editor


@pytest.mark.parametrize("deed", ["typed a figure", "uploaded a file", "submitted"])
def test_who_made_a_dossier_does_not_appraise_it_in_a_later_post(place: Place, deed: str) -> None:
    dossier, person = work_of(deed, place)
    moves_on(person, Role.APPRAISER, place)

    assert not permissions.can_perform(person, Action.TAKE, dossier, at=place.at)
    with pytest.raises(Refused) as refused:
        services.perform(Action.TAKE, dossier_id=dossier.pk, version=dossier.version, by=person, at=place.later())
    assert str(refused.value) == FOUR_EYES[Tie.DECLARED]
    assert Dossier.objects.get(pk=dossier.pk).status == Status.SUBMITTED


def test_a_colleague_who_only_held_the_post_and_did_nothing_may_appraise(place: Place) -> None:
    dossier, _ = work_of("submitted", place)
    bystander = user_with(Role.COMMUNE_EDITOR, place.communes[0])
    moves_on(bystander, Role.APPRAISER, place)

    assert permissions.can_perform(bystander, Action.TAKE, dossier, at=place.at)


@pytest.mark.parametrize(
    ("who", "tie"),
    [
        (lambda place: place.heads[0], Tie.DECLARED),
        (lambda place: place.appraiser, Tie.APPRAISED),
        (lambda place: place.head_of_office, Tie.PROPOSED),
    ],
)
def test_who_had_a_hand_in_it_does_not_decide(place: Place, who: Callable[[Place], User], tie: Tie) -> None:
    """Once as a leader only, so that just the past stands in the way; the page offers what is left: to send it back."""
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    person = who(place)
    RoleAssignment.objects.filter(user=person).update(valid_to=timezone.localdate() - timedelta(days=1))
    RoleAssignmentFactory(user=person, role=Role.LEADER, unit=place.deciding)
    forget_roles(person)

    with pytest.raises(Refused) as refused:
        services.approve(proposal_id=proposal.pk, version=proposal.version, by=person, at=timezone.now())
    assert str(refused.value) == FOUR_EYES[tie]

    client = Client()
    client.force_login(person)
    page = html.unescape(client.get(reverse("assessments:proposal", args=[proposal.uuid])).content.decode())
    assert FOUR_EYES[tie] in page
    assert reverse("assessments:approve", args=[proposal.uuid]) not in page
    assert reverse("assessments:return_proposal", args=[proposal.uuid]) in page


def test_a_leader_without_a_hand_in_it_is_offered_both(place: Place) -> None:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    client = Client()
    client.force_login(place.leader)

    page = client.get(reverse("assessments:proposal", args=[proposal.uuid])).content.decode()

    assert reverse("assessments:approve", args=[proposal.uuid]) in page
    assert reverse("assessments:return_proposal", args=[proposal.uuid]) in page


def test_a_helping_colleague_who_appraised_one_figure_does_not_decide_either(place: Place) -> None:
    """The dossier names one appraiser; the audit knows everybody who had a hand in it."""
    helper = user_with(Role.APPRAISER, place.deciding)
    dossier = dossier_in(Status.APPRAISING, place)
    services.save_appraised_totals(
        dossier_id=dossier.pk,
        version=0,
        values=dict(declared_totals(dossier)),
        reasons={},
        by=helper,
        at=place.later(),
    )
    agree(dossier, place.appraiser, place.later())
    dossier = services.perform(
        Action.CONCLUDE,
        dossier_id=dossier.pk,
        version=dossier.version,
        by=place.appraiser,
        at=place.later(),
        recommendation="recognise",
        reason="Theo biên bản.",
    )
    proposal = proposed([dossier], place)
    RoleAssignmentFactory(user=helper, role=Role.LEADER, unit=place.deciding)
    forget_roles(helper)

    with pytest.raises(Refused) as refused:
        services.approve(proposal_id=proposal.pk, version=proposal.version, by=helper, at=place.later())
    assert str(refused.value) == FOUR_EYES[Tie.APPRAISED]


def declared_totals(dossier: Dossier) -> dict[str, int]:
    return {row.key: row.value for row in dossier.base_figures.all()}


def test_a_head_of_office_is_not_offered_the_own_communes_dossier_to_propose(place: Place) -> None:
    dossier_in(Status.CONCLUDED, place)
    client = Client()
    client.force_login(place.head_of_office)
    listed = reverse("assessments:propose")
    uuid = str(Dossier.objects.get().uuid)
    assert uuid in client.get(listed).content.decode()

    RoleAssignmentFactory(user=place.head_of_office, role=Role.COMMUNE_EDITOR, unit=place.communes[0])

    assert uuid not in client.get(listed).content.decode()


# ---- sensitive files: who opens them simply ----------------------------------------------------------------------
def readers_of(evidence: Evidence, people: dict[str, User], place: Place) -> dict[str, bool]:
    """Who opens the file without breaking the glass, and whether a reason is asked."""
    found = {}
    for name, user in people.items():
        rule = permissions.rule_for(user, Right.READ_SENSITIVE, evidence.dossier, at=place.at, evidence=evidence)
        if rule is not None:
            found[name] = rule.asks_reason
    return found


def test_a_sensitive_file_opens_for_its_uploader_the_head_the_assigned_appraiser_and_the_deciding_leader(
    place: Place,
) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    uploader = place.editors[0]
    evidence = services.attach_evidence(
        dossier_id=dossier.pk, item="TC03.1", slot=None, upload=pdf_file(), by=uploader, at=place.later()
    )
    people = {
        "uploader": uploader,
        "other editor": user_with(Role.COMMUNE_EDITOR, place.communes[0]),
        "head": place.heads[0],
        "appraiser": place.appraiser,
        "other appraiser": user_with(Role.APPRAISER, place.deciding),
        "head of office": place.head_of_office,
        "leader": place.leader,
        "clerk": place.clerk,
        "province": place.province_staff,
        "inspector": place.inspector,
        "administrator": place.catalogue_admin,
    }
    own = {"uploader": False, "head": False}
    expected = {
        Status.DRAFT: own,
        Status.SUBMITTED: own | {"appraiser": True},
        Status.RETURNED: own | {"appraiser": True},
        Status.CONCLUDED: own | {"appraiser": True, "leader": True},
        Status.RECOGNISED: own,
    }
    for status, may in expected.items():
        dossier.status, dossier.round, dossier.appraiser = status, 1, place.appraiser
        evidence.dossier = dossier
        assert readers_of(evidence, people, place) == may, status


def test_a_file_added_after_a_return_is_the_communes_own_until_it_is_sent(place: Place) -> None:
    dossier = dossier_in(Status.RETURNED, place)
    evidence = services.attach_evidence(
        dossier_id=dossier.pk, item="TC01.1", slot=None, upload=pdf_file(), by=place.editors[0], at=place.later()
    )
    people = {"editor": place.editors[0], "appraiser": place.appraiser}

    def may(right: Right) -> set[str]:
        return {
            name
            for name, user in people.items()
            if permissions.rule_for(user, right, evidence.dossier, at=place.at, evidence=evidence)
        }

    assert may(Right.READ_EVIDENCE) == {"editor"}
    evidence.dossier.status = Status.SUBMITTED
    assert may(Right.READ_EVIDENCE) == {"editor", "appraiser"}


# ---- what it costs -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["editor", "appraiser", "leader"])
def test_the_policy_adds_no_query_to_a_page(place: Place, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dossier, a criterion and the list: while a rule is judged, nothing is asked of the database."""
    dossier = dossier_in(Status.CONCLUDED, place)
    person = {"editor": place.editors[0], "appraiser": place.appraiser, "leader": place.leader}[role]
    asked: list[int] = []

    def counted(judge: Callable[..., Any]) -> Callable[..., Any]:
        def judging(*args: Any, **kwargs: Any) -> Any:
            with CaptureQueriesContext(connection) as queries:
                answer = judge(*args, **kwargs)
            asked.append(len(queries))
            return answer

        return judging

    for name in ("check_role", "_is_held", "_is_tied"):  # what every rule comes down to
        monkeypatch.setattr(permissions, name, counted(getattr(permissions, name)))
    client = Client()
    client.force_login(person)
    for page in (
        reverse("assessments:dossier", args=[dossier.uuid]),
        reverse("assessments:criterion", args=[dossier.uuid, "TC01"]),
        reverse("assessments:dossiers"),
    ):
        assert client.get(page).status_code == 200

    assert len(asked) > 0
    assert sum(asked) == 0
