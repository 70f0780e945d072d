"""Stored decisions → papers. What a paper says of names, bodies and points was frozen on the decision and its items."""

from datetime import date

from django.utils import timezone

from assessments.models import Decision, DecisionItem, Result
from childfriendly.core.exceptions import Refused
from communes.models import Level
from papers.kinds import Kind
from papers.models import Paper, State
from papers.words import in_sentence, signature_lines, standard_name
from reports.certificate import CertificatePaper
from reports.documents import (
    AnnexRow,
    DecisionPaper,
    Letterhead,
    SignatureBlock,
    recognition_decision,
)


def decision_paper(decision: Decision, *, mark: str = "") -> DecisionPaper:
    """The decision with its annexes; a draft as long as the clerk has not given it a number. `mark` says who took it
    away and stands on drafts only."""
    items = list(decision.items.order_by("position"))
    by_district = decision.deciding_unit.level == Level.DISTRICT
    office = "Chánh Văn phòng Hội đồng nhân dân và" if by_district else "Chánh Văn phòng"
    return recognition_decision(
        letterhead=_letterhead(decision),
        number=decision.number,
        issued_on=decision.issued_on,
        year=decision.period.year,
        as_of=_day_of_words(decision),
        proposing_body=decision.submitting_body_name,
        proposal_reference=f"Tờ trình số {decision.proposal.submission_number}",
        recognised=_rows(items, Result.RECOGNISED),
        refused=_rows(items, Result.REFUSED),
        signature=_signature(decision),
        executors=(f"{office} {decision.body_name}",),
        recipients=_recipients(decision),
        is_demo=decision.period.is_demo,
        mark=mark,
    )


def certificate_paper(item: DecisionItem, *, mark: str = "") -> CertificatePaper:
    """The certificate of one recognised commune, a draft with the `mark` of who took it. Raises `Refused` for one that
    was not recognised."""
    if item.result != Result.RECOGNISED:
        raise Refused(f"{item.commune_name} không được công nhận nên không có Giấy công nhận.")
    decision = item.decision
    above = dict.fromkeys(in_sentence(name) for name in (item.parent_name, decision.period.province.name))
    return CertificatePaper(
        letterhead=_letterhead(decision),
        commune_name=item.commune_name,
        located_in=", ".join(above),
        standard=standard_name(_day_of_words(decision)),
        year=decision.period.year,
        decision_number=decision.number,
        decided_on=decision.issued_on,
        signature=_signature(decision),
        register_number=_register_number(item),
        is_demo=decision.period.is_demo,
        mark=mark,
    )


def _register_number(item: DecisionItem) -> str:
    entered = Paper.objects.filter(item=item, kind=Kind.CERTIFICATE, earlier=None).exclude(state=State.DROPPED)
    return str(entered.values_list("register_number", flat=True).first() or "")


def _day_of_words(decision: Decision) -> date:
    """The day whose laws and words the paper uses: its own, but never one on which the deciding body was no more."""
    on = decision.issued_on or timezone.localtime(decision.approved_at).date()
    last = decision.deciding_unit.valid_to
    return min(on, last) if last else on


def _letterhead(decision: Decision) -> Letterhead:
    return Letterhead(
        parent_body=decision.parent_body_name,
        body=decision.body_name,
        number_symbol=decision.symbol,
        place=decision.place,
    )


def _signature(decision: Decision) -> SignatureBlock:
    lines = signature_lines(decision.body_name, decision.signer_title, decision.signed_for_title)
    return SignatureBlock(lines=lines, name=decision.signer_name)


def _rows(items: list[DecisionItem], result: Result) -> list[AnnexRow]:
    chosen = [item for item in items if item.result == result]
    return [
        AnnexRow(
            number=number,
            commune_name=item.commune_name,
            parent_name=item.parent_name,
            total_points=item.total,
            total_words=item.total_text if item.hides_total else "",
            threshold=item.threshold,
            reasons=tuple(item.reasons) if result == Result.REFUSED else (),
        )
        for number, item in enumerate(chosen, start=1)
    ]


def _recipients(decision: Decision) -> tuple[str, ...]:
    """Who gets the paper: the body one level above for report (plan of Tháp Mười 2024), the leaders, the archive."""
    if decision.deciding_unit.level == Level.DISTRICT:
        province = in_sentence(decision.period.province.name)
        report_to = f"Sở Lao động - Thương binh và Xã hội {province} (báo cáo)"
    else:
        report_to = "Bộ Y tế (báo cáo)"
    kind = decision.deciding_unit.kind.removesuffix(" trung ương")
    drafter = decision.proposal.submission_number.partition("TTr-")[2].strip()
    return (
        "Như Điều 3",
        report_to,
        f"CT, các PCT UBND {kind}",
        f"Lưu: VT, {drafter}" if drafter else "Lưu: VT",
    )
