"""The workflow table against a copy written by hand from the issue: state × action × role, no row more, none less."""

from itertools import product
from pathlib import Path

import pytest

from assessments.workflow import CONDITIONS, MOVES, Action, Move, Status, as_markdown, moves_from
from communes.models import Role

WORKFLOW_PAGE = Path(__file__).parents[2] / "docs" / "workflow.md"

# from, action, who, to. Nothing that is not here may happen to a dossier.
BY_HAND: dict[tuple[str, str, str], str] = {
    ("draft", "submit", "commune_head"): "submitted",
    ("returned", "submit", "commune_head"): "submitted",
    ("submitted", "withdraw", "commune_head"): "withdrawn",
    ("withdrawn", "resume", "commune_head"): "draft",
    ("submitted", "take", "appraiser"): "appraising",
    ("appraising", "return", "appraiser"): "returned",
    ("appraising", "conclude", "appraiser"): "concluded",
    ("concluded", "reopen", "head_of_office"): "appraising",
    ("concluded", "recognise", "clerk"): "recognised",
    ("concluded", "refuse", "clerk"): "refused",
    ("recognised", "revoke", "clerk"): "revoked",
}

GUARDS_BY_HAND: dict[str, set[str]] = {
    "submit": {"needs_complete_answers", "needs_mended_items"},
    "withdraw": {"needs_reason"},
    "resume": set(),
    "take": set(),
    "return": {"needs_items"},
    "conclude": {"needs_complete_appraisal", "needs_recommendation"},
    "reopen": {"needs_reason", "outside_live_proposal"},
    "recognise": {"only_by_decision"},
    "refuse": {"only_by_decision"},
    "revoke": {"only_by_decision"},
}

LABELS_BY_HAND = {
    "DRAFT": "Đang lập",
    "SUBMITTED": "Đã nộp",
    "APPRAISING": "Đang thẩm định",
    "RETURNED": "Yêu cầu bổ sung",
    "CONCLUDED": "Đã hoàn thành thẩm định",
    "RECOGNISED": "Đã công nhận",
    "REFUSED": "Không công nhận",
    "WITHDRAWN": "Đã rút",
    "REVOKED": "Đã thu hồi công nhận",
}


def target(status: Status, action: Action, role: Role) -> str | None:
    move = MOVES[action]
    return move.target.value if status in move.sources and role is move.role else None


@pytest.mark.parametrize("status", Status)
def test_every_action_of_every_role_agrees_with_the_table_written_by_hand(status: Status) -> None:
    pairs = list(product(Action, Role))
    assert len(pairs) == 10 * 10

    moves = {(action.value, role.value): target(status, action, role) for action, role in pairs}

    assert moves == {pair: BY_HAND.get((status.value, *pair)) for pair in moves}


def test_the_hand_written_table_knows_every_state_action_and_role() -> None:
    """So that a typing error in the copy cannot make a row of it mean nothing."""
    assert {row[0] for row in BY_HAND} | set(BY_HAND.values()) == set(Status.values)
    assert {row[1] for row in BY_HAND} == set(Action.values)
    assert {row[2] for row in BY_HAND} <= set(Role.values)


def test_the_states_are_those_of_the_issue_in_its_words() -> None:
    assert {status.name: status.label for status in Status} == LABELS_BY_HAND


def test_every_move_has_the_guards_written_by_hand() -> None:
    guards = {action.value: {flag for flag in CONDITIONS if getattr(move, flag)} for action, move in MOVES.items()}

    assert guards == GUARDS_BY_HAND


def test_every_guard_has_words_for_the_page() -> None:
    assert set(CONDITIONS) == set(Move.__slots__) - {"sources", "target", "role"}


@pytest.mark.parametrize("status", Status)
def test_moves_from_a_state_are_those_that_name_it(status: Status) -> None:
    assert [action.value for action in moves_from(status)] == [
        action.value for action in Action if any((status.value, action.value, role) in BY_HAND for role in Role.values)
    ]


def test_every_state_is_reached_and_a_recognition_ends_only_by_being_revoked() -> None:
    reached, before = {Status.DRAFT}, set[Status]()
    while reached != before:
        before = set(reached)
        reached |= {MOVES[action].target for status in before for action in moves_from(status)}

    assert reached == set(Status)
    assert [status for status in Status if not moves_from(status)] == [Status.REFUSED, Status.REVOKED]


def test_the_page_of_the_workflow_is_the_one_generated_from_the_table() -> None:
    assert WORKFLOW_PAGE.read_text(encoding="utf-8") == as_markdown(), "run `make docs`"
