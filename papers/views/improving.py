"""The notices of refusal as a commune's to-do of the next period, for the pages of its dossier (`assessments`)."""

from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from assessments.models import DecisionItem
from assessments.views.improving import AskedCriterion, Notice
from communes.models import Succession, Unit, User
from papers.filling.improvements import lost_in
from papers.kinds import Kind
from papers.models import Paper, State
from papers.structure import Content, from_json


def notices_to(user: User, commune: Unit, year: int, day: date) -> list[Notice]:
    """Those of which nothing newer was decided, neither about the commune that got it nor about the one that asks. One
    query."""
    merged = Succession.objects.filter(successor=commune).values("predecessor")
    decided_since = DecisionItem.objects.filter(
        Q(dossier__commune=OuterRef("commune")) | Q(dossier__commune=commune),
        ~Q(decision__number=""),
        dossier__period__year__gt=OuterRef("period__year"),
        dossier__period__year__lt=year,
    )
    found = (
        Paper.objects.visible_to(user, day)
        .filter(Q(commune=commune) | Q(commune__in=merged), kind=Kind.REFUSAL, state=State.ISSUED)
        .filter(~Exists(decided_since), period__year__lt=year)
        .select_related("period", "commune")
        .order_by("commune__sort_key", "pk")
    )
    return [
        Notice(
            label=str(paper),
            year=paper.period.year,
            url=reverse("papers:paper", args=[paper.uuid]),
            criteria=_asked(paper),
            predecessor=paper.commune.name if paper.commune and paper.commune != commune else "",
        )
        for paper in found
    ]


def _asked(paper: Paper) -> list[AskedCriterion]:
    printed = from_json(paper.content) if paper.content is not None else None
    if not isinstance(printed, Content):
        return []
    return [
        AskedCriterion(lost.title, lost.points, [f"{item}. Mức cần đạt: {wanted}" for item, wanted in lost.items])
        for lost in lost_in(printed)
    ]
