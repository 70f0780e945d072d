"""What later papers say of a paper, and of the recognition of a commune."""

from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from assessments.models import Decision, DecisionItem
from assessments.workflow import Status
from papers.kinds import Kind
from papers.models import Paper, State
from papers.standing import Said, Standing, said_of, said_of_items
from tests.factories import ZERO_IN_3, Place, dossier_in, issued, make_place
from tests.issued_papers import decision_paper, issued_paper, paper_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place(3)


@pytest.fixture
def decision(place: Place) -> Decision:
    """For three communes."""
    return issued([dossier_in(Status.CONCLUDED, place, number) for number in range(3)], place)


@pytest.fixture
def items(decision: Decision) -> list[DecisionItem]:
    return list(decision.items.all())


@pytest.fixture
def paper(decision: Decision, place: Place) -> Paper:
    return decision_paper(decision, place)


@pytest.fixture
def certificates(paper: Paper, items: list[DecisionItem], place: Place) -> list[Paper]:
    return [issued_paper(Kind.CERTIFICATE, place, item=item) for item in items]


def said(paper: Paper) -> Said:
    return said_of([paper])[paper.pk]


def standings(papers: list[Paper]) -> list[Standing]:
    found = said_of(papers)
    return [found[paper.pk].standing for paper in papers]


def recognitions(items: list[DecisionItem]) -> list[Standing]:
    found = said_of_items(items)
    return [found[item.pk].standing for item in items]


def renamed(items: list[DecisionItem]) -> list[DecisionItem]:
    """As a replacing decision names them; the rows stay as they are."""
    again = list(DecisionItem.objects.filter(pk__in=[item.pk for item in items]))
    for item in again:
        item.commune_name = f"{item.commune_name} Đúng"
    return again


IN_FORCE = [Standing.ISSUED] * 3


def test_of_which_nothing_was_said_is_in_force(paper: Paper, certificates: list[Paper], items: Any) -> None:
    assert said(paper) == Said(Standing.ISSUED)
    assert standings(certificates) == IN_FORCE
    assert recognitions(items) == IN_FORCE


@pytest.mark.parametrize("state", [State.DRAFT, State.SIGNED, State.NUMBERED])
def test_a_later_paper_says_nothing_until_it_is_issued(
    state: State, paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    for kind in (Kind.CORRECTION, Kind.REPLACEMENT, Kind.REVOCATION):
        paper_in(state, kind, place, earlier=paper, items=items)

    assert said(paper) == Said(Standing.ISSUED)
    assert standings(certificates) == IN_FORCE
    assert recognitions(items) == IN_FORCE


def test_a_correction_leaves_the_paper_in_force_and_its_certificates_alone(
    paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    correction = issued_paper(Kind.CORRECTION, place, earlier=paper)

    assert said(paper) == Said(Standing.CORRECTED, (correction,))
    assert standings(certificates) == IN_FORCE
    assert recognitions(items) == [Standing.CORRECTED] * 3


def test_a_revocation_takes_the_communes_that_it_names(
    paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    revocation = issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[:1])

    assert said(paper) == Said(Standing.PARTLY_REVOKED, (revocation,), frozenset({items[0].pk}))
    assert said(certificates[0]) == Said(Standing.REVOKED, (revocation,))
    assert standings(certificates) == recognitions(items) == [Standing.REVOKED, Standing.ISSUED, Standing.ISSUED]


def test_revocations_that_name_all_communes_between_them_revoke_the_paper(
    paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    first = issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[:1])
    second = issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[1:])

    assert said(paper) == Said(Standing.REVOKED, (first, second), frozenset(item.pk for item in items))
    assert standings(certificates) == recognitions(items) == [Standing.REVOKED] * 3


def test_a_revocation_that_names_nobody_takes_everything(
    paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    issued_paper(Kind.REVOCATION, place, earlier=paper)

    assert said(paper).standing == Standing.REVOKED
    assert standings(certificates) == recognitions(items) == [Standing.REVOKED] * 3


def test_a_refused_commune_is_none_of_those_that_can_be_taken(place: Place) -> None:
    dossiers = [dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    decision = issued(dossiers, place)
    paper, recognised = decision_paper(decision, place), decision.items.get(result="recognised")

    issued_paper(Kind.REVOCATION, place, earlier=paper, items=[recognised])

    assert said(paper).standing == Standing.REVOKED


def test_a_replacement_replaces_the_paper_and_the_certificates_of_whom_it_renames(
    paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    replacement = issued_paper(Kind.REPLACEMENT, place, earlier=paper, items=renamed(items[:2]) + items[2:])

    assert said(paper) == Said(Standing.REPLACED, (replacement,))
    assert standings(certificates) == [Standing.REPLACED, Standing.REPLACED, Standing.ISSUED]
    assert recognitions(items) == [Standing.REPLACED] * 3
    assert said(replacement) == Said(Standing.ISSUED)


def test_a_certificate_that_is_issued_again_replaces_the_first_and_is_in_force(
    paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    """Also after the replacing decision that it was issued under."""
    issued_paper(Kind.REPLACEMENT, place, earlier=paper, items=renamed(items))
    again = issued_paper(Kind.CERTIFICATE, place, item=items[0], earlier=certificates[0])

    assert said(certificates[0]).standing == Standing.REPLACED
    assert again in said(certificates[0]).later
    assert said(again) == Said(Standing.ISSUED)


def test_a_revocation_of_the_replacing_decision_reaches_the_communes_of_the_first(
    paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    replacement = issued_paper(Kind.REPLACEMENT, place, earlier=paper, items=renamed(items))
    again = issued_paper(Kind.CERTIFICATE, place, item=items[0], earlier=certificates[0])
    issued_paper(Kind.REVOCATION, place, earlier=replacement, items=items[:1])

    assert said(paper).standing == Standing.REPLACED
    assert said(replacement).standing == Standing.PARTLY_REVOKED
    assert standings([again, *certificates]) == [
        Standing.REVOKED,
        Standing.REVOKED,
        Standing.REPLACED,
        Standing.REPLACED,
    ]
    assert recognitions(items) == [Standing.REVOKED, Standing.REPLACED, Standing.REPLACED]


def test_a_revocation_that_was_revoked_counts_no_more(
    paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    revocation = issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[:1])
    issued_paper(Kind.REVOCATION, place, earlier=revocation)

    assert said(revocation).standing == Standing.REVOKED
    assert said(paper) == Said(Standing.ISSUED)
    assert standings(certificates) == recognitions(items) == IN_FORCE


def test_a_revocation_that_was_replaced_counts_as_its_replacement_says(
    paper: Paper, certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    revocation = issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[:1])
    replacement = issued_paper(Kind.REPLACEMENT, place, earlier=revocation, items=items[1:2])

    assert said(paper) == Said(Standing.PARTLY_REVOKED, (replacement,), frozenset({items[1].pk}))
    assert standings(certificates) == recognitions(items) == [Standing.ISSUED, Standing.REVOKED, Standing.ISSUED]


def test_a_certificate_may_be_corrected_or_revoked_by_itself(
    certificates: list[Paper], items: list[DecisionItem], place: Place
) -> None:
    correction = issued_paper(Kind.CORRECTION, place, earlier=certificates[0])
    revocation = issued_paper(Kind.REVOCATION, place, earlier=certificates[1])

    assert said(certificates[0]) == Said(Standing.CORRECTED, (correction,))
    assert said(certificates[1]) == Said(Standing.REVOKED, (revocation,))


def test_the_weightiest_counts_and_all_are_told_in_the_order_of_their_days(
    paper: Paper, items: list[DecisionItem], place: Place
) -> None:
    later = [
        issued_paper(Kind.CORRECTION, place, earlier=paper),
        issued_paper(Kind.REVOCATION, place, earlier=paper, items=items),
        issued_paper(Kind.CORRECTION, place, earlier=paper),
    ]

    assert said(paper) == Said(Standing.REVOKED, tuple(later), frozenset(item.pk for item in items))


def test_another_decision_is_left_alone(paper: Paper, items: list[DecisionItem]) -> None:
    elsewhere = make_place()
    decision = issued([dossier_in(Status.CONCLUDED, elsewhere)], elsewhere)
    there = decision_paper(decision, elsewhere)
    issued_paper(Kind.REVOCATION, elsewhere, earlier=there)

    assert said(paper) == Said(Standing.ISSUED)
    assert recognitions(items) == IN_FORCE


def test_however_many_papers_are_asked_about_the_queries_are_the_same(
    paper: Paper,
    certificates: list[Paper],
    items: list[DecisionItem],
    place: Place,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        said_of(certificates)
    issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[:1])
    for some in (certificates[:1], certificates):
        with django_assert_num_queries(4):
            said_of([paper, *some])
        with django_assert_num_queries(4):
            said_of_items([one.item for one in some if one.item])
