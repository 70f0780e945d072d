"""One paper of each kind, from rows of the database that the services have made."""

from django.utils import timezone

from assessments.models import Result
from assessments.workflow import Status
from papers.kinds import KINDS, Desk, Kind, Subject
from papers.models import Paper
from papers.services.rows import About, new_paper
from tests.factories import ZERO_IN_3, Place, approved, council, dossier_in, issued_paper, met, proposed

REASON = "Tên xã ghi trong Phụ lục không đúng."
WRONG, RIGHT = "Độc lập – Tự do – Hạnh phúc", "Độc lập - Tự do - Hạnh phúc"
NUMBER, REGISTER_NUMBER, EARLIER_NUMBER = "15", 7, "2345"


def paper_of(kind: Kind, place: Place) -> Paper:
    """A paper of that kind in a place of three communes, with number and day as if the clerk had entered them."""
    if kind is Kind.SUPPLEMENT:
        return numbered(new_paper(kind, dossier_in(Status.RETURNED, place), by=place.appraiser, at=place.later()))
    begun = dossier_in(Status.DRAFT, place, 2)
    met(council(place, place.editors[2]), [begun], place)
    dossiers = [dossier_in(Status.CONCLUDED, place, 0), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    met(council(place, place.appraiser), dossiers, place)
    about: About
    match KINDS[kind].subject:
        case Subject.DOSSIER:
            about = begun if KINDS[kind].desk is Desk.COMMUNE else dossiers[0]
        case Subject.PROPOSAL:
            about = proposed(dossiers, place)
        case Subject.DECISION:
            about = approved(dossiers, place)
        case Subject.ITEM:
            result = Result.REFUSED if kind is Kind.REFUSAL else Result.RECOGNISED
            decision = issued_paper(dossiers, place, EARLIER_NUMBER).decision
            assert decision is not None
            about = decision.items.get(result=result)
        case Subject.PERIOD:
            issued_paper(dossiers, place, EARLIER_NUMBER)
            about = place.period
        case Subject.EARLIER:
            about = issued_paper(dossiers, place, EARLIER_NUMBER)
    paper = new_paper(kind, about, unit=place.deciding, by=place.appraiser, at=place.later())
    if KINDS[kind].subject is Subject.EARLIER:
        paper.reason = REASON
    if kind is Kind.CORRECTION:
        paper.edits = {"wrong": WRONG, "right": RIGHT}
    return numbered(paper)


def numbered(paper: Paper) -> Paper:
    paper.issued_on = timezone.localdate(paper.drafted_at)
    if paper.kind == Kind.CERTIFICATE:
        paper.register_number = REGISTER_NUMBER
    else:
        paper.number = NUMBER
    return paper
