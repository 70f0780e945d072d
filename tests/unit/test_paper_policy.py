"""The table of rights to papers against a copy written again by hand."""

from itertools import product
from pathlib import Path

from assessments.policy import Relation
from communes.models import Role
from papers.policy import Right, as_markdown, roles_with

PAGE = Path(__file__).parents[2] / "docs" / "quyen-han-van-ban.md"

BY_HAND: dict[tuple[str, str], set[str]] = {
    ("read_unissued_paper", "commune"): {"commune_editor", "commune_head", "clerk"},
    ("read_unissued_paper", "appraising"): {"appraiser", "head_of_office", "clerk"},
    ("read_unissued_paper", "deciding"): {"leader", "clerk"},
    ("read_unissued_paper", "province"): {"province_staff", "head_of_office", "leader", "clerk"},
    ("read_paper", "commune"): {"commune_editor", "commune_head"},
    ("read_paper", "appraising"): {"appraiser", "head_of_office"},
    ("read_paper", "deciding"): {"leader", "clerk"},
    ("read_paper", "area"): {"inspector"},
    ("read_paper", "province"): {"province_staff"},
    ("draft_paper", "commune"): {"commune_editor"},
    ("draft_paper", "appraising"): {"appraiser", "head_of_office"},
    ("draft_paper", "province"): {"province_staff"},
    ("sign_paper", "commune"): {"commune_head"},
    ("sign_paper", "appraising"): {"head_of_office"},
    ("sign_paper", "deciding"): {"leader"},
    ("sign_paper", "province"): {"head_of_office", "leader"},
    ("number_paper", "commune"): {"commune_editor", "clerk"},
    ("number_paper", "appraising"): {"appraiser", "clerk"},
    ("number_paper", "deciding"): {"clerk"},
    ("number_paper", "province"): {"province_staff", "clerk"},
    ("recheck", "appraising"): {"appraiser", "head_of_office"},
    ("recheck", "province"): {"province_staff"},
    ("ask_opinion", "appraising"): {"appraiser", "head_of_office"},
}


def test_every_cell_agrees_with_the_copy_written_by_hand() -> None:
    for right, relation in product(Right, Relation):
        said = {role.value for role in roles_with(right, relation)}
        assert said == BY_HAND.get((right.value, relation.value), set()), (right, relation)


def test_no_administrator_has_a_right_to_any_paper() -> None:
    for right, relation in product(Right, Relation):
        assert roles_with(right, relation).isdisjoint({Role.CATALOGUE_ADMIN, Role.SYSTEM_ADMIN})


def test_the_page_says_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == as_markdown(), "run `make docs`"
