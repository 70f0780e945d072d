"""The papers of a stored decision, as the pages of decisions print them: not kept, worked out again each time."""

from typing import Any

from assessments.models import Decision, DecisionItem
from papers.filling import content_of
from papers.kinds import KINDS, Kind
from papers.models import Paper, State
from papers.structure import Certificate, Content


def decision_content(decision: Decision) -> Content:
    """With its annexes; a draft as long as the clerk has not given it a number."""
    content = content_of(_paper(Kind.DECISION, decision, number=decision.number, decision=decision))
    assert isinstance(content, Content)  # noqa: S101  # what its kind gives
    return content


def certificate_content(item: DecisionItem) -> Certificate:
    """Of one recognised commune. Raises `Refused` for one that was not recognised."""
    kept = Paper.objects.filter(kind=Kind.CERTIFICATE, item=item, earlier=None).exclude(state=State.DROPPED)
    number = kept.values_list("register_number", flat=True).first()
    content = content_of(_paper(Kind.CERTIFICATE, item.decision, item=item, register_number=number))
    assert isinstance(content, Certificate)  # noqa: S101
    return content


def _paper(kind: Kind, about: Decision, **fields: Any) -> Paper:
    return Paper(
        kind=kind,
        form=KINDS[kind].form,
        desk=KINDS[kind].desk,
        unit=about.deciding_unit,
        period=about.period,
        symbol=about.symbol,
        issued_on=about.issued_on,
        drafted_at=about.approved_at,
        **fields,
    )
