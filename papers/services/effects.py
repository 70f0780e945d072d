"""What issuing a paper does besides sending it out, in the issuing transaction: `EFFECTS` is the table.

A decision moves its dossiers and enters its certificates in their register, a replacing one enters new certificates for
the communes whose name it changed, a revoking one takes the recognition away. Numbers of the register are taken before
the first audit row: who holds the audit and waits for the register would wait for one who holds that.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from assessments import services as assessments
from assessments.models import Result
from childfriendly.core import faults
from childfriendly.core.exceptions import Refused
from communes.models import User
from papers.filling import FILLERS
from papers.kinds import Kind
from papers.models import Paper, PaperItem, Register, State
from papers.services.rows import digest_of, new_paper
from papers.standing import certificate_names, current_certificates
from papers.structure import Certificate, to_json

Effect = Callable[[Paper, User | None, datetime], list[Paper]]
"""Gives the certificates that it entered in their register."""


def _decide(paper: Paper, by: User | None, at: datetime) -> list[Paper]:
    """Move the dossiers, and enter the certificates. A decision that was issued before papers were kept has all of that
    behind it."""
    decision = paper.decision
    if decision is None or decision.is_issued or paper.issued_on is None:
        return []
    if by is None:
        raise Refused("Quyết định do văn thư phát hành.")
    items = list(decision.items.filter(result=Result.RECOGNISED).order_by("position"))
    register, numbers = Register.take(decision.deciding_unit, paper.issued_on.year, len(items))
    assessments.issue_decision(
        decision_id=decision.pk,
        version=decision.version,
        number=paper.number,
        issued_on=paper.issued_on,
        by=by,
        at=at,
    )
    decision.refresh_from_db()
    faults.reach("issue paper: decision issued")
    certificates = []
    for item, number in zip(items, numbers, strict=True):
        item.decision = decision  # with its number
        certificates.append(_certificate(paper, new_paper(Kind.CERTIFICATE, item, by=None, at=at), register, number))
    Paper.objects.bulk_create(certificates)
    faults.reach("issue paper: certificates entered")
    return certificates


def _replace(paper: Paper, by: User | None, at: datetime) -> list[Paper]:
    """New certificates for those whose own bears another name; the others stay in force (docs/decisions/0026)."""
    if paper.issued_on is None:
        return []
    renamed = dict(paper.items.values_list("item", "commune_name"))
    earlier = current_certificates(renamed)
    borne = certificate_names(earlier)
    earlier = [first for first in earlier if borne[first.pk] != renamed[first.item_id or 0]]
    if not earlier:
        return []
    register, numbers = Register.take(paper.unit, paper.issued_on.year, len(earlier))
    certificates = []
    for first, number in zip(earlier, numbers, strict=True):
        again = new_paper(Kind.CERTIFICATE, first, by=None, at=at)
        certificates.append(_certificate(paper, again, register, number, name=renamed[first.item_id or 0]))
    for certificate in certificates:
        certificate.save(force_insert=True)
    PaperItem.objects.bulk_create(
        PaperItem(paper=one, item=one.item, commune_name=renamed[one.item_id or 0]) for one in certificates
    )
    faults.reach("issue paper: certificates entered")
    return certificates


def _revoke(paper: Paper, by: User | None, at: datetime) -> list[Paper]:
    if by is None:
        raise Refused("Quyết định thu hồi do văn thư phát hành.")
    ids: Sequence[int] = list(paper.items.values_list("item", flat=True))
    assessments.revoke(item_ids=ids, document=paper.full_number, reason=paper.reason, by=by, at=at)
    return []


EFFECTS: Final[dict[Kind, Effect]] = {
    Kind.DECISION: _decide,
    Kind.REPLACEMENT: _replace,
    Kind.REVOCATION: _revoke,
}


def _certificate(paper: Paper, certificate: Paper, register: Register, number: int, name: str = "") -> Paper:
    """Giấy công nhận of one commune: signed with the decision, its words frozen, and waiting for its bytes. `name` is
    what a replacing decision calls the commune."""
    certificate.signer, certificate.signed_at = paper.signer, paper.signed_at
    certificate.issued_on = paper.issued_on
    certificate.numbered_by, certificate.numbered_at = paper.numbered_by, certificate.drafted_at
    certificate.register, certificate.register_number = register, number
    certificate.state = State.NUMBERED
    printed = FILLERS[Kind.CERTIFICATE].content(certificate)
    if name and isinstance(printed, Certificate):
        printed = replace(printed, commune_name=name)
    certificate.content = to_json(printed)
    certificate.content_sha256 = digest_of(certificate.content)
    return certificate
