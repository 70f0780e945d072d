"""Content functions of one sentence each, for tests about the life of papers and not about their words."""

from papers.filling.frame import Filler, Passage, framed, issuer_of, signature_of, wording
from papers.kinds import Kind
from papers.models import Paper
from papers.structure import Certificate, Content, Letterhead, Paragraph


def passages(paper: Paper) -> list[Passage]:
    return [Passage("opening", "Mở đầu", "Kính gửi các đơn vị."), Passage("closing", "Kết thúc", "Trân trọng.")]


def content(paper: Paper) -> Content:
    words = wording(paper, passages(paper))
    return framed(paper, subject="Về việc thử nghiệm", blocks=[Paragraph(words[key]) for key in words])


def certificate(paper: Paper) -> Certificate:
    assert paper.item is not None
    issuer = issuer_of(paper)
    return Certificate(
        letterhead=Letterhead(body=issuer.body_name, place=issuer.place),
        commune_name=paper.item.commune_name,
        located_in="huyện Thử",
        standard="xã, phường, thị trấn",
        year=paper.period.year,
        decision_reference=f"Quyết định số {paper.item.decision.full_number}",
        signature=signature_of(paper, issuer),
        decided_on=paper.issued_on,
        register_number=str(paper.register_number or ""),
        code=paper.code,
    )


TINY = {kind: Filler(certificate if kind is Kind.CERTIFICATE else content, passages) for kind in Kind}
