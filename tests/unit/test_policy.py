"""The policy against a copy written by hand in another shape, every cell: right × role × relation × state × tie."""

from itertools import product
from pathlib import Path

import pytest

from assessments.permissions import DEEDS, FOUR_EYES
from assessments.policy import RULES, Relation, Right, Tie, allows, as_markdown, roles_with, rule_of, rules_of
from assessments.workflow import Action, Status
from communes.models import Role

PAGE = Path(__file__).parents[2] / "docs" / "quyen-han.md"

SENT, CONCLUDED, DECIDED = "s a r c + - x", "c + - x", "+ - x"
LETTERS = {
    "d": "draft",
    "s": "submitted",
    "a": "appraising",
    "r": "returned",
    "c": "concluded",
    "+": "recognised",
    "-": "refused",
    "w": "withdrawn",
    "x": "revoked",
}

# role, where it is held: the states in which it has the right. What is not here is denied.
BY_HAND: dict[str, dict[tuple[str, str], str]] = {
    "read": {
        ("commune_editor", "commune"): "d s a r c + - w x",
        ("commune_head", "commune"): "d s a r c + - w x",
        ("appraiser", "appraising"): SENT,
        ("head_of_office", "appraising"): SENT,
        ("leader", "deciding"): CONCLUDED,
        ("clerk", "deciding"): CONCLUDED,
        ("province_staff", "province"): SENT,
        ("inspector", "area"): "d s a r c + - w x",
    },
    "read_appraisal": {
        ("commune_editor", "commune"): DECIDED,
        ("commune_head", "commune"): DECIDED,
        ("appraiser", "appraising"): SENT,
        ("head_of_office", "appraising"): SENT,
        ("leader", "deciding"): CONCLUDED,
        ("clerk", "deciding"): CONCLUDED,
        ("province_staff", "province"): SENT,
        ("inspector", "area"): SENT,
    },
    "read_evidence": {
        ("commune_editor", "commune"): "d s a r c + - w x",
        ("commune_head", "commune"): "d s a r c + - w x",
        ("appraiser", "appraising"): SENT,
        ("head_of_office", "appraising"): SENT,
        ("leader", "deciding"): CONCLUDED,
        ("clerk", "deciding"): CONCLUDED,
        ("province_staff", "province"): DECIDED,
        ("inspector", "area"): SENT,
    },
    "read_sensitive": {
        ("commune_editor", "commune"): "d s a r c + - w x",
        ("commune_head", "commune"): "d s a r c + - w x",
        ("appraiser", "appraising"): "s a r c",
        ("leader", "deciding"): "c",
    },
    "break_glass": {
        ("commune_editor", "commune"): "d s a r c + - w x",
        ("commune_head", "commune"): "d s a r c + - w x",
        ("appraiser", "appraising"): SENT,
        ("head_of_office", "appraising"): SENT,
        ("leader", "deciding"): CONCLUDED,
        ("inspector", "area"): SENT,
    },
    "protect": {
        ("commune_head", "commune"): "d s a r c + - w x",
        ("head_of_office", "appraising"): SENT,
    },
    "read_small_counts": {
        ("commune_editor", "commune"): "d s a r c + - w x",
        ("commune_head", "commune"): "d s a r c + - w x",
        ("appraiser", "appraising"): SENT,
        ("head_of_office", "appraising"): SENT,
    },
    "open": {("commune_editor", "commune"): "d"},
    "edit": {("commune_editor", "commune"): "d r"},
    "appraise": {("appraiser", "appraising"): "a"},
    "read_proposal": {
        ("appraiser", "appraising"): "d s a r c + - w x",
        ("head_of_office", "appraising"): "d s a r c + - w x",
        ("leader", "deciding"): "d s a r c + - w x",
        ("clerk", "deciding"): "d s a r c + - w x",
        ("inspector", "area"): "d s a r c + - w x",
    },
    "propose": {("head_of_office", "appraising"): "c"},
    "approve": {("leader", "deciding"): "c"},
    "return_proposal": {("leader", "deciding"): "c"},
    "read_decision": {
        ("commune_editor", "commune"): DECIDED,
        ("commune_head", "commune"): DECIDED,
        ("appraiser", "appraising"): CONCLUDED,
        ("head_of_office", "appraising"): CONCLUDED,
        ("leader", "deciding"): CONCLUDED,
        ("clerk", "deciding"): CONCLUDED,
        ("province_staff", "province"): DECIDED,
        ("inspector", "area"): CONCLUDED,
    },
    "issue": {("clerk", "deciding"): "c"},
    "read_summary": {
        ("appraiser", "unit"): "d s a r c + - w x",
        ("head_of_office", "unit"): "d s a r c + - w x",
        ("leader", "unit"): "d s a r c + - w x",
        ("clerk", "unit"): "d s a r c + - w x",
        ("inspector", "unit"): "d s a r c + - w x",
        ("inspector", "province"): "d s a r c + - w x",
        ("province_staff", "province"): "d s a r c + - w x",
    },
    "submit": {("commune_head", "commune"): "d r"},
    "withdraw": {("commune_head", "commune"): "s"},
    "resume": {("commune_head", "commune"): "w"},
    "take": {("appraiser", "appraising"): "s"},
    "return": {("appraiser", "appraising"): "a"},
    "conclude": {("appraiser", "appraising"): "a"},
    "reopen": {("head_of_office", "appraising"): "c"},
    "recognise": {("clerk", "deciding"): "c"},
    "refuse": {("clerk", "deciding"): "c"},
    "revoke": {("clerk", "deciding"): "+"},
}

# Who is bound to a dossier this way loses the right …
BARRED: dict[str, set[str]] = {
    "commune": {
        "read_appraisal but the commune",
        "appraise",
        "take",
        "return",
        "conclude",
        "reopen",
        "propose",
        "approve",
    },
    "declared": {"appraise", "take", "return", "conclude", "reopen", "propose", "approve"},
    "appraised": {"approve"},
    "proposed": {"approve"},
    "assigned": set(),
    "uploaded": set(),
}
# … and who is not bound that way has none.
ONLY: dict[tuple[str, str], str] = {
    ("read_sensitive", "commune_editor"): "uploaded",
    ("read_sensitive", "appraiser"): "assigned",
}
ASKS_REASON = {
    ("read_sensitive", "appraiser"),
    ("read_sensitive", "leader"),
    *(("break_glass", role) for role in ("commune_editor", "commune_head", "appraiser", "head_of_office")),
    ("break_glass", "leader"),
    ("break_glass", "inspector"),
}

RIGHTS: list[Right | Action] = [*Right, *Action]
RELATIONS: list[Relation | None] = [*Relation, None]  # None: a sibling, a unit below, another province


def is_barred(right: str, role: str, tie: str) -> bool:
    if right in BARRED[tie]:
        return True
    return f"{right} but the commune" in BARRED[tie] and not role.startswith("commune_")


def by_hand(right: str, role: str, relation: str | None, ties: set[str]) -> set[str]:
    """The states in which the copy says yes."""
    needed = ONLY.get((right, role))
    if relation is None or any(is_barred(right, role, tie) for tie in ties) or (needed and needed not in ties):
        return set()
    return {LETTERS[letter] for letter in BY_HAND[right].get((role, relation), "").split()}


@pytest.mark.parametrize("right", RIGHTS, ids=str)
def test_every_cell_agrees_with_the_copy_written_by_hand(right: Right | Action) -> None:
    ties_of_people = [set[Tie](), *({tie} for tie in Tie), {Tie.ASSIGNED, Tie.DECLARED}, {Tie.UPLOADED, Tie.COMMUNE}]
    cells = 0
    for role, relation, ties in product(Role, RELATIONS, ties_of_people):
        said = {
            status.value for status in Status if allows(right, role=role, relation=relation, state=status, ties=ties)
        }
        where = None if relation is None else relation.value
        assert said == by_hand(right.value, role.value, where, {tie.value for tie in ties}), (role, relation, ties)
        cells += len(Status)
    assert cells == 10 * 7 * 9 * 9


def test_the_copy_knows_every_right_role_relation_state_and_tie() -> None:
    """So that a typing error in the copy cannot make a row of it mean nothing."""
    assert set(BY_HAND) == {right.value for right in RIGHTS}
    assert set(LETTERS.values()) == set(Status.values)
    assert {role for rows in BY_HAND.values() for role, _ in rows} == set(Role.values) - {
        "catalogue_admin",
        "system_admin",
    }
    assert {relation for rows in BY_HAND.values() for _, relation in rows} == set(Relation.values)
    assert set(BARRED) == set(Tie.values)
    assert set(ONLY.values()) <= set(Tie.values)
    for rights in BARRED.values():
        assert {right.removesuffix(" but the commune") for right in rights} <= set(BY_HAND)


def test_reasons_are_asked_where_the_copy_says() -> None:
    assert {(rule.right.value, role.value) for rule in RULES if rule.asks_reason for role in rule.roles} == ASKS_REASON


def test_administrators_have_no_right_to_any_dossier() -> None:
    for right in RIGHTS:
        assert roles_with(right).isdisjoint({Role.CATALOGUE_ADMIN, Role.SYSTEM_ADMIN}), right


def test_whoever_may_do_anything_to_a_dossier_may_see_it() -> None:
    """Else a service would say «no» to somebody whom the page says «not there». Proposals and summaries are things of
    their own, and a dossier is opened before there is one to see."""
    own_doors = {Right.READ_PROPOSAL, Right.READ_SUMMARY, Right.RETURN_PROPOSAL, Right.OPEN}
    for rule in RULES:
        if rule.right not in own_doors:
            for role, status in product(rule.roles, rule.states):
                assert allows(Right.READ, role=role, relation=rule.relation, state=status), (rule, role, status)


def test_whoever_opens_a_sensitive_file_sees_it_in_the_list() -> None:
    """The list holds what somebody may break the glass for, so opening must never reach further."""
    for rule in rules_of(Right.READ_SENSITIVE):
        for role, status in product(rule.roles, rule.states):
            assert allows(Right.BREAK_GLASS, role=role, relation=rule.relation, state=status), (role, status)


def test_every_right_to_change_something_belongs_to_one_role_at_one_unit() -> None:
    reading = {right for right in Right if right.value.startswith("read")} | {Right.BREAK_GLASS, Right.PROTECT}
    for right in set(RIGHTS) - reading:
        assert len(rule_of(right).roles) == 1, right


def test_every_tie_that_bars_has_a_sentence_and_every_deed_a_role() -> None:
    assert set(FOUR_EYES) == {
        tie for right in set(RIGHTS) - set(Right) | {Right.APPROVE} for tie in rule_of(right).barred
    }
    assert set(DEEDS) == {Tie.DECLARED, Tie.APPRAISED, Tie.PROPOSED}
    for tie, (roles, deeds) in DEEDS.items():
        assert (bool(roles), bool(deeds)) == (True, True), tie


def test_no_two_rights_share_a_name() -> None:
    assert len({right.value for right in RIGHTS}) == len(RIGHTS)


def test_the_page_of_rights_is_the_one_generated_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == as_markdown(), "run `make docs`"
