"""Later papers brought through their whole life, for tests: drafted by the office, signed by the leader, sent out by
the clerk."""

from collections.abc import Collection, Mapping

from papers import services
from papers.kinds import Kind
from papers.models import Paper, State
from tests.factories import Place, made, numbered, sent_out, signed

REASON = "Tên đơn vị ghi nhầm."


def items(decision: Paper) -> list[int]:
    """Of the decision that this is the paper of, in the order of its annex."""
    assert decision.decision is not None
    return list(decision.decision.items.order_by("position").values_list("pk", flat=True))


def out(paper: Paper, place: Place, number: str = "") -> Paper:
    return sent_out(numbered(signed(paper, place), place, number), place)


def certificates_of(paper: Paper, place: Place) -> list[Paper]:
    """With their bytes, as the worker makes them; in the order of the annex."""
    waiting = Paper.objects.filter(kind=Kind.CERTIFICATE, item__decision=paper.decision, state=State.NUMBERED)
    for one in waiting.order_by("register_number"):
        made(one, place)
    issued = Paper.objects.filter(kind=Kind.CERTIFICATE, item__decision=paper.decision, state=State.ISSUED)
    return list(issued.select_related("item").order_by("register_number"))


def begun_correction(paper: Paper, place: Place, wrong: str = "QĐ-UB", right: str = "QĐ-UBND") -> Paper:
    return services.begin_correction(
        earlier_id=paper.pk,
        wrong=wrong,
        right=right,
        reason=REASON,
        is_reason_public=False,
        by=place.appraiser,
        at=place.later(),
    )


def begun_replacement(paper: Paper, place: Place, names: Mapping[int, str]) -> Paper:
    return services.begin_replacement(
        earlier_id=paper.pk, names=names, reason=REASON, is_reason_public=True, by=place.appraiser, at=place.later()
    )


def begun_revocation(paper: Paper, place: Place, item_ids: Collection[int]) -> Paper:
    return services.begin_revocation(
        earlier_id=paper.pk,
        item_ids=item_ids,
        reason=REASON,
        is_reason_public=True,
        by=place.appraiser,
        at=place.later(),
    )


def begun_reissue(certificate: Paper, place: Place, name: str) -> Paper:
    return services.begin_reissue(
        earlier_id=certificate.pk,
        commune_name=name,
        reason=REASON,
        is_reason_public=True,
        by=place.appraiser,
        at=place.later(),
    )


def reissued(certificate: Paper, place: Place, name: str) -> Paper:
    paper = signed(begun_reissue(certificate, place, name), place)
    paper = services.enter_in_register(paper_id=paper.pk, version=paper.version, by=place.clerk, at=place.later())
    return sent_out(paper, place)
