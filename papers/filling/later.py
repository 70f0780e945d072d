"""Papers that say something of an issued one (NĐ 30/2020, Điều 18): a letter that corrects its form, a decision in its
place where its content was wrong, a decision that revokes. The earlier paper stays as it is."""

from collections.abc import Sequence

from assessments.models import Decision, Result
from childfriendly.core.exceptions import Refused
from papers.bases import standard_name
from papers.filling.frame import Passage, bases_of, day_of, framed, issuer_of, wording
from papers.filling.leader import (
    annexes_of,
    article,
    authority_line_of,
    duty_passage,
    items_of,
    number_in_register,
    recipients_of,
    result_of,
)
from papers.kinds import Kind
from papers.models import Paper
from papers.structure import Article, Content, Paragraph
from papers.words import head_of, in_sentence, paper_reference


def earlier_of(paper: Paper) -> Paper:
    if paper.earlier is None or not paper.earlier.is_issued:
        raise Refused("Chỉ đính chính, thay thế hay thu hồi văn bản đã phát hành. Chọn văn bản đó rồi soạn lại.")
    return paper.earlier


def reference_to(earlier: Paper) -> str:
    """«Quyết định số 15/QĐ-UBND ngày … của …», of a certificate its number in the register and its commune."""
    body = issuer_of(earlier).body_name
    if earlier.content:  # as it was printed
        body = earlier.content["letterhead"]["body"]
    if earlier.kind == Kind.CERTIFICATE and earlier.item is not None:
        name = in_sentence(earlier.content["commune_name"] if earlier.content else earlier.item.commune_name)
        return f"Giấy công nhận {number_in_register(earlier, earlier.period.year)} cấp cho {name}"
    form = earlier.get_form_display()
    year = earlier.period.year
    return paper_reference(form, earlier.number, earlier.issued_on, year, symbol=earlier.symbol, body=body)


def named_in(paper: Paper) -> dict[int, str]:
    """Item → the name that the later paper gives it; empty for one that is not stored yet."""
    return dict(paper.items.values_list("item", "commune_name")) if paper.pk else {}


def _reason(paper: Paper) -> str:
    if not paper.reason.strip():
        raise Refused("Ghi lý do của văn bản này trước.")
    return paper.reason.strip()


def _decision(earlier: Paper) -> Decision:
    decision = earlier.decision or (earlier.item.decision if earlier.item else None)
    if decision is None:
        raise Refused("Văn bản này không phải quyết định công nhận nên không thay thế được. Dùng công văn đính chính.")
    return decision


# ---- the three kinds -------------------------------------------------------------------------------------------------
def correction(paper: Paper) -> Content:
    """Công văn đính chính, of the form alone: what was written, and how it is to be read."""
    earlier, text = earlier_of(paper), wording(paper, correction_passages(paper))
    if not text["wrong"] or not text["right"]:
        raise Refused("Ghi chỗ sai và chỗ sửa lại («đã viết», «sửa lại là») rồi xem lại công văn.")
    reference, body = reference_to(earlier), issuer_of(paper).body_name
    return framed(
        paper,
        subject=f"Về việc đính chính {reference}",
        addressees=("Các cơ quan, đơn vị đã nhận văn bản",),
        blocks=(
            Paragraph(
                f"Do sơ suất trong khâu trình bày, {reference} có sai sót về thể thức. {body} đính chính như sau:"
            ),
            Paragraph(f"Đã viết: «{text['wrong']}».", is_item=True),
            Paragraph(f"Sửa lại là: «{text['right']}».", is_item=True),
            Paragraph(f"Các nội dung khác của {reference} không thay đổi."),
        ),
        recipients=("Như trên",),
    )


def correction_passages(paper: Paper) -> Sequence[Passage]:
    form_only = "Chỉ sửa sai sót về thể thức; sai nội dung thì ban hành quyết định thay thế."
    return (Passage("wrong", "Đã viết", "", form_only), Passage("right", "Sửa lại là", "", form_only))


def replacement(paper: Paper) -> Content:
    """Quyết định thay thế: in the place of the whole decision, its annex again with the names as they now read, without
    those whose recognition was revoked."""
    earlier, names = earlier_of(paper), named_in(paper)
    decision, reason, issuer = _decision(earlier), _reason(paper), issuer_of(paper)
    year = decision.period.year
    items = [item for item in items_of(decision) if not names or item.pk in names or item.result == Result.REFUSED]
    for item in items:
        item.commune_name = names.get(item.pk, item.commune_name)
    standard, reference = standard_name(day_of(paper)), reference_to(earlier)
    words = wording(paper, later_passages(paper))
    return framed(
        paper,
        subject=f"Về việc thay thế {reference}",
        authority_line=authority_line_of(issuer, issuer.body_name),
        bases=_bases(paper, decision),
        blocks=(
            Article(f"Quyết định này thay thế {reference}. Lý do: {reason}"),
            result_of(items, standard, year),
            article(words["effect"]),
            article(words["duty"]),
        ),
        annexes=annexes_of(items, year),
        recipients=_recipients(decision),
        issuer=issuer,
    )


def revocation(paper: Paper) -> Content:
    """Quyết định thu hồi: of the communes that it names, else of the whole earlier paper."""
    earlier, names = earlier_of(paper), named_in(paper)
    decision, reason = _decision(earlier), _reason(paper)
    issuer, reference = issuer_of(paper), reference_to(earlier)
    words = wording(paper, later_passages(paper))
    if names:
        what = Article(
            f"Thu hồi kết quả công nhận phù hợp với trẻ em năm {paper.period.year} tại {reference} đối với:",
            tuple(f"{number}. {name}." for number, name in enumerate(names.values(), start=1)),
        )
        ends = "Giấy công nhận đã cấp cho các đơn vị có tên tại Điều 1 không còn giá trị."
    else:
        what = Article(f"Thu hồi {reference}.")
        ends = "Văn bản bị thu hồi và Giấy công nhận cấp theo văn bản đó không còn giá trị."
    return framed(
        paper,
        subject=f"Về việc thu hồi {'kết quả công nhận tại ' if names else ''}{reference}",
        authority_line=authority_line_of(issuer, issuer.body_name),
        bases=_bases(paper, decision),
        blocks=(what, Article(f"Lý do thu hồi: {reason}", (ends,)), article(words["effect"]), article(words["duty"])),
        recipients=_recipients(decision),
        issuer=issuer,
    )


def _bases(paper: Paper, decision: Decision) -> tuple[str, ...]:
    return (*bases_of(paper), f"Theo đề nghị của {head_of(decision.submitting_body_name)}")


def _recipients(decision: Decision) -> tuple[str, ...]:
    """Whoever got the decision gets what becomes of it."""
    return ("Như Điều 4", *recipients_of(decision)[1:])


def later_passages(paper: Paper) -> Sequence[Passage]:
    decision = _decision(earlier_of(paper))
    named = "có liên quan" if paper.kind == Kind.REVOCATION else "có tên tại Điều 2"
    duty = duty_passage(decision, items_of(decision), standard_name(day_of(paper)), named=named)
    return (Passage("effect", "Điều về hiệu lực", "Quyết định này có hiệu lực kể từ ngày ký."), duty)
