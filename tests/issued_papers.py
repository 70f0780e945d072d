"""Rows of papers as they lie in the database once they are issued, for tests of what is read from them."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from assessments.models import Decision, DecisionItem
from papers.kinds import KINDS, Form, Kind
from papers.models import Paper, PaperItem, Register, State
from papers.models.paper import new_code
from papers.structure import Certificate, Content, Letterhead, Paragraph, Printed, Signature, to_json
from tests.factories import Place, next_number

SIGNER = "Người Ký Hư Cấu"


def body_of(place: Place) -> str:
    return f"Ủy ban nhân dân {place.deciding.name[:1].lower()}{place.deciding.name[1:]}"


def content_of(kind: Kind, place: Place, number: str = "", item: DecisionItem | None = None) -> Printed:
    letterhead = Letterhead(body=body_of(place), place=place.deciding.proper_name)
    signature = Signature(lines=("CHỦ TỊCH",), name=SIGNER)
    if kind is Kind.CERTIFICATE:
        assert item is not None
        return Certificate(
            letterhead=letterhead,
            commune_name=item.commune_name,
            located_in=item.parent_name,
            standard="xã, phường, thị trấn",
            year=place.period.year,
            decision_reference="",
            signature=signature,
        )
    return Content(
        form=KINDS[kind].form,
        letterhead=letterhead,
        symbol=f"{KINDS[kind].form.value}-UBND",
        year=place.period.year,
        subject="",
        blocks=(Paragraph("Nội dung."),),
        signatures=(signature,),
        number=number,
    )


def paper_in(
    state: State,
    kind: Kind,
    place: Place,
    *,
    decision: Decision | None = None,
    item: DecisionItem | None = None,
    earlier: Paper | None = None,
    items: Sequence[DecisionItem] = (),
    number: str = "",
    issued_on: date | None = None,
    **more: Any,
) -> Paper:
    """A paper of the place's deciding body; `items` are the communes that a later paper names."""
    at, spec = place.later(), KINDS[kind]
    columns: dict[str, Any] = {"code": new_code(), "symbol": f"{spec.form.value}-UBND"}
    if state is not State.DRAFT:
        columns |= {
            "content": to_json(content_of(kind, place, number, item)),
            "content_sha256": "c" * 64,
            "signer": place.leader,
            "signed_at": at,
        }
    if state in {State.NUMBERED, State.ISSUED}:
        day = issued_on or timezone.localdate(at)
        columns |= {"issued_on": day, "numbered_by": place.clerk, "numbered_at": at}
        if spec.form is Form.CERTIFICATE:
            register, numbers = Register.take(place.deciding, day.year, 1)
            columns |= {"register": register, "register_number": numbers[0]}
        else:
            columns |= {"number": number or next_number(), "number_year": day.year}
    if state is State.ISSUED:
        sha256 = hashlib.sha256(columns["code"].encode()).hexdigest()
        columns |= {
            "issued_at": at,
            "issued_by": place.clerk,
            "pdf_path": f"{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf",
            "pdf_sha256": sha256,
            "pdf_size": 9,
        }
    paper = Paper.objects.create(
        kind=kind,
        form=spec.form,
        desk=spec.desk,
        unit=place.deciding,
        period=place.period,
        decision=decision,
        item=item,
        earlier=earlier,
        appraising_unit=place.deciding,
        deciding_unit=place.deciding,
        state=state,
        drafted_by=place.appraiser,
        drafted_at=at - timedelta(hours=1),
        **columns | more,
    )
    PaperItem.objects.bulk_create(PaperItem(paper=paper, item=one, commune_name=one.commune_name) for one in items)
    return paper


def issued_paper(kind: Kind, place: Place, **about: Any) -> Paper:
    return paper_in(State.ISSUED, kind, place, **about)


def decision_paper(decision: Decision, place: Place) -> Paper:
    """The paper of a decision that has its number."""
    return issued_paper(Kind.DECISION, place, decision=decision, number=decision.number, issued_on=decision.issued_on)
