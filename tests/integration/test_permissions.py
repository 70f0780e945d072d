"""State × action × role × unit, asked of `permissions` with real rows, against a table written by hand.

The role alone is not enough: it must be held at the very unit that the law gives the step to. So every role is held in
turn at every place that might be mistaken for it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from assessments import permissions, policy, services
from assessments.figures import load_figures
from assessments.models import Dossier, Evidence, Proposal
from assessments.permissions import check_guards, rule_for
from assessments.policy import Relation, Right
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused, Stale
from communes.models import Role, RoleAssignment, Unit, User
from communes.queries import forget_roles
from tests.factories import (
    OLD_FROM,
    CommuneFactory,
    Place,
    ProvinceFactory,
    RoleAssignmentFactory,
    SuccessionFactory,
    UserFactory,
    dossier_in,
    make_neighbour,
    make_place,
    proposed,
)

pytestmark = pytest.mark.django_db

AT = datetime(2024, 12, 2, 2, 0, tzinfo=timezone.get_default_timezone())

# (state, action) → who may, and where that person must hold the role. Written by hand from the issue.
MAY_PERFORM: dict[tuple[str, str], tuple[str, str]] = {
    ("draft", "submit"): ("commune_head", "own commune"),
    ("returned", "submit"): ("commune_head", "own commune"),
    ("submitted", "withdraw"): ("commune_head", "own commune"),
    ("withdrawn", "resume"): ("commune_head", "own commune"),
    ("submitted", "take"): ("appraiser", "own district"),
    ("appraising", "return"): ("appraiser", "own district"),
    ("appraising", "conclude"): ("appraiser", "own district"),
    ("concluded", "reopen"): ("head_of_office", "own district"),
    ("concluded", "recognise"): ("clerk", "own district"),
    ("recognised", "revoke"): ("clerk", "own district"),
    ("concluded", "refuse"): ("clerk", "own district"),
}
NO_BUTTON = {"recognise", "refuse", "revoke"}  # the issued decision does these, nobody presses them

PLACES = [
    "own commune",
    "own district",
    "own province",
    "sibling commune",
    "other district",
    "commune of other district",
    "other province",
    "district of other province",
    "commune of other province",
    "successor commune",
    "successor province",
]


@dataclass(frozen=True)
class World:
    """One concluded dossier, and for every role and place somebody who holds that role there and nothing else."""

    home: Place
    dossier: Dossier
    people: dict[tuple[str, str], User]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        home = make_place()
        sibling = CommuneFactory(parent=home.deciding)
        neighbour, abroad = make_neighbour(home), make_place()
        successor_province = ProvinceFactory(new=True)
        successor_commune = CommuneFactory(new=True, parent=successor_province)
        SuccessionFactory(predecessor=home.province, successor=successor_province)
        SuccessionFactory(predecessor=home.communes[0], successor=successor_commune)
        units = {
            "own commune": home.communes[0],
            "own district": home.deciding,
            "own province": home.province,
            "sibling commune": sibling,
            "other district": neighbour.deciding,
            "commune of other district": neighbour.communes[0],
            "other province": abroad.province,
            "district of other province": abroad.deciding,
            "commune of other province": abroad.communes[0],
            "successor commune": successor_commune,
            "successor province": successor_province,
        }
        people: dict[tuple[str, str], User] = {}
        for role, where in product(Role, PLACES):
            people[role.value, where] = user = UserFactory(password="")
            RoleAssignmentFactory(user=user, role=role, unit=units[where])
        yield World(home, dossier_in(Status.CONCLUDED, home), people)
        transaction.set_rollback(True)


def in_state(world: World, status: Status) -> Dossier:
    """The very same dossier in another state, as the row of the database says; nothing else of it differs."""
    Dossier.objects.filter(pk=world.dossier.pk).update(status=status)
    return Dossier.objects.with_setting().get(pk=world.dossier.pk)


def refusal(ask: Callable[..., None], *args: object, **kwargs: object) -> str:
    """The sentence of a refusal; «» where there is none."""
    try:
        ask(*args, **kwargs)
    except Refused as refused:
        return str(refused)
    return ""


# ---- moves -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", Status)
def test_only_who_the_table_names_may_move_a_dossier(world: World, status: Status) -> None:
    dossier = in_state(world, status)
    asked = [(action, *who) for action in Action for who in world.people]
    assert len(asked) == 10 * 10 * len(PLACES)

    allowed = {
        (action.value, role, where)
        for action, role, where in asked
        if not refusal(permissions.check_can_perform, world.people[role, where], action, dossier, at=AT)
    }

    assert allowed == {(action, *who) for (state, action), who in MAY_PERFORM.items() if state == status}


@pytest.mark.parametrize("status", Status)
def test_a_button_shows_for_exactly_those_and_never_for_what_a_decision_does(world: World, status: Status) -> None:
    dossier = in_state(world, status)

    shown = {
        (action.value, *who)
        for action in Action
        for who, user in world.people.items()
        if permissions.can_perform(user, action, dossier, at=AT)
    }

    assert shown == {
        (action, *who) for (state, action), who in MAY_PERFORM.items() if state == status and action not in NO_BUTTON
    }


def test_no_button_moves_what_only_a_decision_moves(world: World) -> None:
    dossier = in_state(world, Status.CONCLUDED)
    clerk = world.people["clerk", "own district"]
    for action in (Action.RECOGNISE, Action.REFUSE):
        with pytest.raises(Refused, match="bằng quyết định đã có số"):
            services.perform(action, dossier_id=dossier.pk, version=dossier.version, by=clerk, at=AT)
    assert Dossier.objects.get(pk=dossier.pk).status == Status.CONCLUDED


@pytest.mark.parametrize("status", Status)
def test_the_service_asks_the_same_door(world: World, status: Status) -> None:
    """`perform` itself refuses whoever may not move, whatever a page did or did not ask; who may gets as far as the
    version, which is kept stale here so that nothing moves."""
    dossier = in_state(world, status)
    for action, role in product(Action, Role):
        where = "own commune" if role in {Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD} else "own district"
        by = world.people[role.value, where]
        with pytest.raises(Refused) as refused:
            services.perform(action, dossier_id=dossier.pk, version=0, by=by, at=AT, reason="Có lý do.")
        may = MAY_PERFORM.get((status.value, action.value)) == (role.value, where)
        assert isinstance(refused.value, Stale) is may, (action, role)


# ---- reading -----------------------------------------------------------------------------------------------------
# What a unit is to the dossier, by where it lies. A sibling, another district, another province, the commune that took
# this one over: nothing. The province that took the whole province over reads as that one did.
RELATIONS: dict[str, set[Relation]] = {
    "own commune": {Relation.COMMUNE, Relation.AREA},
    "own district": {Relation.APPRAISING, Relation.DECIDING, Relation.AREA},
    "own province": {Relation.PROVINCE, Relation.AREA},
    "successor province": {Relation.PROVINCE, Relation.AREA},
}


def may_by_the_table(right: Right, who: tuple[str, str], status: Status) -> bool:
    role, where = who
    return any(
        policy.allows(right, role=Role(role), relation=relation, state=status) for relation in RELATIONS.get(where, ())
    )


@pytest.mark.parametrize("status", Status)
def test_the_database_the_check_and_the_table_say_one_thing(world: World, status: Status) -> None:
    """A list (SQL built from the table), one dossier in the hand, and the bare table: every role at every place."""
    dossier = in_state(world, status)
    plain, sensitive = (
        Evidence.objects.create(
            dossier=dossier,
            item="TC01.1",
            name="tep.pdf",
            path="tep.pdf",
            sha256=str(number) * 64,
            size=1,
            content_type="application/pdf",
            is_sensitive=bool(number),
            round=dossier.round + 1,  # sent with the dossier, whatever its state
            uploaded_by=world.home.editors[0],
            uploaded_at=AT,
        )
        for number in (0, 1)
    )
    listed = {Right.READ: Dossier.objects.all(), Right.READ_EVIDENCE: Evidence.objects.filter(pk=plain.pk)}
    listed[Right.BREAK_GLASS] = Evidence.objects.filter(pk=sensitive.pk)
    files = {Right.READ_EVIDENCE: plain, Right.BREAK_GLASS: sensitive}
    for right, rows in listed.items():
        for who, user in world.people.items():
            in_the_list = rows.visible_to(user, timezone.localdate(AT)).exists()  # type: ignore[attr-defined]
            in_the_hand = rule_for(user, right, dossier, at=AT, evidence=files.get(right)) is not None
            assert in_the_list == in_the_hand == may_by_the_table(right, who, status), (right, who)


# ---- figures, appraisal, proposals, decisions --------------------------------------------------------------------
@pytest.mark.parametrize("status", Status)
def test_only_the_own_editor_changes_figures_and_only_while_the_commune_holds_the_dossier(
    world: World, status: Status
) -> None:
    dossier = in_state(world, status)
    allowed = {who for who, user in world.people.items() if permissions.can_edit(user, dossier, at=AT)}

    assert allowed == ({("commune_editor", "own commune")} if status in {"draft", "returned"} else set())


@pytest.mark.parametrize("status", Status)
def test_only_the_appraiser_of_the_appraising_unit_appraises(world: World, status: Status) -> None:
    dossier = in_state(world, status)
    allowed = {who for who, user in world.people.items() if permissions.can_appraise(user, dossier, at=AT)}

    assert allowed == ({("appraiser", "own district")} if status == "appraising" else set())


@pytest.mark.parametrize("status", Status)
def test_the_commune_reads_the_appraisal_only_once_it_is_decided(world: World, status: Status) -> None:
    dossier = in_state(world, status)
    own = [world.people[role, "own commune"] for role in ("commune_editor", "commune_head")]
    appraiser = world.people["appraiser", "own district"]

    assert [permissions.can_see_appraisal(user, dossier, at=AT) for user in own] == [
        status in {"recognised", "refused", "revoked"}
    ] * 2
    assert permissions.can_see_appraisal(appraiser, dossier, at=AT) is (status not in {"draft", "withdrawn"})


def test_only_the_leader_of_the_deciding_unit_answers_a_proposal_and_only_once(world: World) -> None:
    in_state(world, Status.CONCLUDED)
    proposal = proposed([world.dossier], world.home)
    for state, leaders in (
        (Proposal.State.SUBMITTED, {("leader", "own district")}),
        (Proposal.State.APPROVED, set()),
        (Proposal.State.RETURNED, set()),
    ):
        proposal.state = state
        people = world.people.items()
        may_return = {who for who, user in people if permissions.can_return_proposal(user, proposal, at=AT)}
        may_approve = {
            who
            for who, user in people
            if not refusal(permissions.check_can_approve, user, proposal, [world.dossier], at=AT)
        }
        assert may_return == may_approve == leaders


def test_proposing_and_numbering_belong_to_one_role_at_one_unit(world: World) -> None:
    unit, dossier = world.home.deciding, in_state(world, Status.CONCLUDED)
    may_propose = {who for who, user in world.people.items() if permissions.can_propose(user, dossier, at=AT)}
    may_number = {who for who, user in world.people.items() if permissions.can_number(user, unit, at=AT)}

    assert may_propose == {("head_of_office", "own district")}
    assert may_number == {("clerk", "own district")}


def test_appraising_and_deciding_may_be_two_units(world: World) -> None:
    """From 01/07/2025 a province may let one body appraise and another decide: each role is asked at its own."""
    dossier = in_state(world, Status.CONCLUDED)
    dossier.deciding_unit = world.home.province

    def may(action: Action) -> set[tuple[str, str]]:
        people = world.people.items()
        return {who for who, by in people if not refusal(permissions.check_can_perform, by, action, dossier, at=AT)}

    assert may(Action.REOPEN) == {("head_of_office", "own district")}
    assert may(Action.RECOGNISE) == {("clerk", "own province")}


# ---- time, and four eyes -----------------------------------------------------------------------------------------
def test_a_role_counts_on_its_days_only(world: World) -> None:
    dossier = in_state(world, Status.SUBMITTED)
    day = timezone.localdate(AT)
    for valid_from, valid_to, may in (
        (day, day, True),
        (OLD_FROM, day - timedelta(days=1), False),
        (day + timedelta(days=1), None, False),
    ):
        user: User = UserFactory(password="")
        RoleAssignmentFactory(
            user=user, role=Role.APPRAISER, unit=world.home.deciding, valid_from=valid_from, valid_to=valid_to
        )
        assert permissions.can_perform(user, Action.TAKE, dossier, at=AT) is may


def test_a_role_at_a_unit_that_has_ended_still_serves_its_periods(world: World) -> None:
    dossier = in_state(world, Status.SUBMITTED)
    appraiser = world.people["appraiser", "own district"]
    assert dossier.appraising_unit.valid_to == date(2025, 6, 30)

    assert permissions.can_perform(appraiser, Action.TAKE, dossier, at=AT + timedelta(days=2 * 365))


def test_a_deactivated_person_may_do_nothing(world: World) -> None:
    dossier = in_state(world, Status.SUBMITTED)
    user: User = UserFactory(password="", is_active=False)
    RoleAssignmentFactory(user=user, role=Role.APPRAISER, unit=world.home.deciding)

    assert not permissions.can_perform(user, Action.TAKE, dossier, at=AT)


@pytest.mark.parametrize(
    ("second_role", "status", "action"),
    [
        (Role.APPRAISER, Status.SUBMITTED, Action.TAKE),
        (Role.APPRAISER, Status.APPRAISING, Action.CONCLUDE),
        (Role.HEAD_OF_OFFICE, Status.CONCLUDED, Action.REOPEN),
    ],
)
@pytest.mark.parametrize("first_role", [Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD])
def test_nobody_judges_the_own_commune(
    world: World, first_role: Role, second_role: Role, status: Status, action: Action
) -> None:
    dossier = in_state(world, status)
    user: User = UserFactory(password="")
    RoleAssignmentFactory(user=user, role=second_role, unit=world.home.deciding)
    assert permissions.can_perform(user, action, dossier, at=AT)

    RoleAssignmentFactory(user=user, role=first_role, unit=world.home.communes[0])
    forget_roles(user)

    assert "chính xã mình" in refusal(permissions.check_can_perform, user, action, dossier, at=AT)


def test_who_appraised_does_not_decide(world: World) -> None:
    in_state(world, Status.CONCLUDED)
    proposal = proposed([world.dossier], world.home)
    RoleAssignmentFactory(user=world.home.appraiser, role=Role.LEADER, unit=world.home.deciding)
    forget_roles(world.home.appraiser)

    with pytest.raises(Refused, match="Người đã thẩm định"):
        services.approve(proposal_id=proposal.pk, version=proposal.version, by=world.home.appraiser, at=AT)

    assert Proposal.objects.get(pk=proposal.pk).state == Proposal.State.SUBMITTED


# ---- sentences ---------------------------------------------------------------------------------------------------
def assert_readable(sentence: str) -> None:
    """One or two whole Vietnamese sentences that say what to do; nothing of the machine shows."""
    assert sentence == unicodedata.normalize("NFC", sentence).strip()
    assert sentence[0].isupper(), sentence
    assert sentence.endswith("."), sentence
    assert "\n" not in sentence
    assert 20 < len(sentence) < 300, sentence
    assert not sentence.isascii(), sentence
    assert not re.search(r"\bbạn\b|None|[<>{}]|[a-z]+_[a-z]+|[0-9a-f]{8}-", sentence), sentence


def test_every_refusal_is_a_vietnamese_sentence_that_says_what_to_do(world: World) -> None:
    said = set()
    for status in Status:
        dossier = in_state(world, status)
        for user in world.people.values():
            for action in Action:
                said.add(refusal(permissions.check_can_perform, user, action, dossier, at=AT))
            said.add(refusal(permissions.check_can_edit, user, dossier, at=AT))
            said.add(refusal(permissions.check_can_appraise, user, dossier, at=AT))
    said.discard("")
    assert len(said) > 15
    for sentence in said:
        assert_readable(sentence)


def test_every_guard_refuses_with_a_readable_sentence(world: World) -> None:
    empty = dossier_in(Status.DRAFT, make_place(), filled=False)
    figures = load_figures(empty)
    for action in Action:
        sentence = refusal(check_guards, action, figures, reason="", items=[], recommendation="")
        if action in {Action.RESUME, Action.TAKE}:
            assert sentence == ""
        else:
            assert_readable(sentence)
    for reason, recommendation in (("Có lý do.", ""), ("Có lý do.", "maybe"), ("Có lý do.", "recognise")):
        assert_readable(
            refusal(check_guards, Action.CONCLUDE, figures, reason=reason, items=[], recommendation=recommendation)
        )


def test_a_dossier_is_opened_by_its_own_editor_only(world: World) -> None:
    unit: Unit = CommuneFactory(parent=world.home.deciding)
    editor: User = UserFactory(password="")
    RoleAssignmentFactory(user=editor, role=Role.COMMUNE_EDITOR, unit=unit)
    for user in world.people.values():
        with pytest.raises(Refused) as refused:
            services.create(period=world.home.period, commune=unit, by=user, at=AT)
        assert_readable(str(refused.value))

    dossier = services.create(period=world.home.period, commune=unit, by=editor, at=AT)

    assert (dossier.commune, dossier.status) == (unit, Status.DRAFT)
    assert RoleAssignment.objects.filter(user=editor).count() == 1
