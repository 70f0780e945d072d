"""What the deciding body issues: the decision with its annex, a certificate for each commune, the notice of refusal.

Names, bodies, points and the signer of a decision were frozen on it when the leader approved it; a certificate says
what its decision says. The wording is our proposal (no model of the ministry was found), the frame is NĐ 30/2020's.
"""

from collections.abc import Iterable, Sequence

from assessments.models import Decision, DecisionItem, Result
from assessments.policy import CONCLUDED
from childfriendly.core.exceptions import Refused
from communes.models import Level
from criteria.scoring import vietnamese
from papers.bases import standard_name
from papers.filling.frame import (
    Passage,
    bases_of,
    day_of,
    framed,
    issuer_of,
    letterhead_of,
    paragraphs,
    signature_of,
    wording,
    year_of,
)
from papers.filling.frozen import appraised_of, frozen_of
from papers.filling.improvements import improvements
from papers.filling.office import reason_of
from papers.kinds import Kind
from papers.models import Issuer, Paper, State
from papers.structure import (
    Annex,
    Article,
    Certificate,
    Column,
    Content,
    Heading,
    Letterhead,
    Paragraph,
    Row,
    Signature,
    Table,
)
from papers.words import decision_reference, head_of, in_sentence, kinds_of, signature_lines, vietnamese_date


# ---- what a decision keeps -------------------------------------------------------------------------------------------
def decision_of(paper: Paper) -> Decision:
    if paper.decision is None:
        raise Refused("Văn bản này chưa gắn với quyết định nào. Mở quyết định rồi soạn lại văn bản.")
    return paper.decision


def item_of(paper: Paper) -> DecisionItem:
    if paper.item is None:
        raise Refused("Văn bản này chưa gắn với xã nào trong quyết định. Mở quyết định, chọn xã rồi soạn lại văn bản.")
    return paper.item


def items_of(decision: Decision) -> list[DecisionItem]:
    """The communes of a decision in the order of its annex. Raises Refused where one is not concluded, or none is in
    it: such a decision cannot be written."""
    items = list(decision.items.select_related("dossier").order_by("position"))
    if not items:
        raise Refused("Quyết định không có xã nào nên phụ lục trống. Lập lại hồ sơ trình có ít nhất một xã.")
    for item in items:
        if item.dossier.status not in CONCLUDED:
            raise Refused(f"{item.commune_name} chưa hoàn thành thẩm định nên chưa đưa được vào quyết định.")
    return items


def letterhead_of_decision(decision: Decision) -> Letterhead:
    return Letterhead(body=decision.body_name, parent_body=decision.parent_body_name, place=decision.place)


def signature_of_decision(issuer: Issuer, decision: Decision) -> Signature:
    """The leader who approved it, in the form in which they did; a decision of the chair alone has no «TM.»."""
    body = decision.body_name if issuer.is_collective else ""
    lines = signature_lines(body, decision.signer_title, decision.signed_for_title)
    return Signature(lines=lines, name=decision.signer_name)


def authority_line_of(issuer: Issuer, body: str) -> str:
    """Who decides, in capitals: the body, or its chair where they decide alone (NĐ 30/2020, phụ lục III)."""
    by_chair = body.lower().startswith("ủy ban nhân dân") and not issuer.is_collective
    return f"{'Chủ tịch ' if by_chair else ''}{body}".upper()


def reference_of(decision: Decision) -> str:
    """«Quyết định số 15/QĐ-UBND ngày 05 tháng 02 năm 2024 của Ủy ban nhân dân huyện Tháp Mười»."""
    return decision_reference(
        decision.number,
        decision.issued_on,
        decision.period.year,
        symbol=decision.symbol,
        body=decision.body_name,
    )


def reference_in_force(decision: Decision) -> str:
    """The decision, or the last one that was issued in its place: what a certificate refers to from then on."""
    replacing = Paper.objects.filter(kind=Kind.REPLACEMENT, decision=decision, state=State.ISSUED)
    last = replacing.select_related("unit", "period").order_by("issued_at", "pk").last()
    if last is None:
        return reference_of(decision)
    year, body = year_of(last), issuer_of(last).body_name
    return decision_reference(last.number, last.issued_on, year, symbol=last.symbol, body=body)


def number_in_register(certificate: Paper, year: int) -> str:
    """«số vào sổ 12 ngày 05 tháng 02 năm 2024»: the register begins anew every year."""
    return f"số vào sổ {certificate.register_number} {vietnamese_date(certificate.issued_on, year)}"


# ---- annexes ---------------------------------------------------------------------------------------------------------
def chosen(items: Iterable[DecisionItem], result: Result) -> list[DecisionItem]:
    return [item for item in items if item.result == result]


def annexes_of(items: Sequence[DecisionItem], year: int) -> tuple[Annex, ...]:
    """A list of those recognised and a list of those refused, with the grounds; only those that hold anybody."""
    lists = [(result, rows) for result in Result if (rows := chosen(items, result))]
    labels = ("PHỤ LỤC I", "PHỤ LỤC II") if len(lists) > 1 else ("PHỤ LỤC",)
    result_words = {Result.RECOGNISED: "ĐƯỢC CÔNG NHẬN", Result.REFUSED: "KHÔNG ĐƯỢC CÔNG NHẬN"}
    return tuple(
        Annex(
            label=label,
            title=(
                f"DANH SÁCH {_kinds_among(rows).upper()}",
                f"{result_words[result]} PHÙ HỢP VỚI TRẺ EM NĂM {year}",
            ),
            blocks=(decided_table(rows),),
        )
        for label, (result, rows) in zip(labels, lists, strict=True)
    )


def decided_table(items: Sequence[DecisionItem]) -> Table:
    """The communes with total and threshold; the unit above only where there are several, grounds only where there are
    any. A total that would tell a small number of children is written as the side of the threshold it lies on."""
    shows_parents = len({item.parent_name for item in items}) > 1
    shows_reasons = any(item.reasons for item in items)
    points_width = 14 if shows_reasons else 17
    beside = [Column("Trực thuộc", 22)] if shows_parents else []
    behind = [Column("Tổng điểm đạt được", points_width, "center")]
    behind += [Column("Điểm tối thiểu phải đạt", points_width, "center")]
    behind += [Column("Lý do", 24 if shows_parents else 36)] if shows_reasons else []
    kinds = _kinds_among(items)
    taken = 7 + sum(column.width for column in (*beside, *behind))
    columns = (Column("TT", 7, "center"), Column(kinds[:1].upper() + kinds[1:], 100 - taken), *beside, *behind)
    rows = []
    for number, item in enumerate(items, start=1):
        parent = [item.parent_name] if shows_parents else []
        grounds = ["\n".join(item.reasons)] if shows_reasons else []
        points = (item.total_text, vietnamese(item.threshold))
        rows.append(Row((str(number), item.commune_name, *parent, *points, *grounds)))
    return Table(columns, tuple(rows))


def _kinds_among(items: Iterable[DecisionItem]) -> str:
    return kinds_of(item.commune_name for item in items) or "đơn vị"


# ---- the decision ----------------------------------------------------------------------------------------------------
def decision_passages(paper: Paper) -> Sequence[Passage]:
    decision = decision_of(paper)
    return _closing_passages(paper, decision, items_of(decision))


def _closing_passages(paper: Paper, decision: Decision, items: Sequence[DecisionItem]) -> Sequence[Passage]:
    standard = standard_name(day_of(paper))
    good = kinds_of(item.commune_name for item in chosen(items, Result.RECOGNISED)) or standard
    effect = "Quyết định này có hiệu lực kể từ ngày ký."
    if chosen(items, Result.RECOGNISED):
        effect += f" Các {good} được công nhận tại Điều 1 được cấp Giấy công nhận."
    return (Passage("effect", "Điều về hiệu lực", effect), duty_passage(decision, items, standard))


def duty_passage(
    decision: Decision, items: Sequence[DecisionItem], standard: str, *, named: str = "có tên tại Điều 1"
) -> Passage:
    """The last article: who carries the decision out; `named` says which communes."""
    kinds = kinds_of(item.commune_name for item in items) or standard
    by_district = decision.deciding_unit.level == Level.DISTRICT
    office = "Chánh Văn phòng Hội đồng nhân dân và" if by_district else "Chánh Văn phòng"
    committee = decision.body_name.removeprefix("Chủ tịch ")
    duty = (
        f"{office} {committee}, {head_of(decision.submitting_body_name)}, Chủ tịch Ủy ban nhân dân các {kinds} "
        f"{named} và thủ trưởng các cơ quan, đơn vị có liên quan chịu trách nhiệm thi hành Quyết định này./."
    )
    return Passage("duty", "Điều về trách nhiệm thi hành", duty)


def recognition_decision(paper: Paper) -> Content:
    """One decision for many communes: Điều 1 the result, Điều 2 effect, Điều 3 who carries it out; a list a result."""
    decision, issuer = decision_of(paper), issuer_of(paper)
    items, year = items_of(decision), decision.period.year
    standard = standard_name(day_of(paper))
    words = wording(paper, _closing_passages(paper, decision, items))
    kinds = kinds_of(item.commune_name for item in items) or standard
    subject = "công nhận" if chosen(items, Result.RECOGNISED) else "không công nhận"
    return framed(
        paper,
        subject=f"Về việc {subject} {kinds} phù hợp với trẻ em năm {year}",
        authority_line=authority_line_of(issuer, decision.body_name),
        bases=(*bases_of(paper), request_of(decision)),
        blocks=(result_of(items, standard, year), article(words["effect"]), article(words["duty"])),
        annexes=annexes_of(items, year),
        signatures=(signature_of_decision(issuer, decision),),
        recipients=recipients_of(decision),
        letterhead=letterhead_of_decision(decision),
        drafter=decision.proposal.submission_number.partition("TTr-")[2].strip(),
        symbol=decision.symbol,
        issuer=issuer,
    )


def result_of(items: Sequence[DecisionItem], standard: str, year: int) -> Article:
    recognised, refused = chosen(items, Result.RECOGNISED), chosen(items, Result.REFUSED)
    good, bad = (kinds_of(item.commune_name for item in rows) or standard for rows in (recognised, refused))
    full_standard = f"đạt tiêu chuẩn {standard} phù hợp với trẻ em năm {year}"
    recognise = f"Công nhận {len(recognised):02d} {good} {full_standard}"
    refuse = f"Không công nhận {len(refused):02d} {bad} {full_standard}"
    if recognised and refused:
        return Article(
            f"Kết quả đánh giá, công nhận {standard} phù hợp với trẻ em năm {year} như sau:",
            (
                f"1. {recognise} (có danh sách tại Phụ lục I kèm theo).",
                f"2. {refuse} (có danh sách và lý do tại Phụ lục II kèm theo).",
            ),
        )
    if refused:
        return Article(f"{refuse} (có danh sách và lý do tại Phụ lục kèm theo).")
    return Article(f"{recognise} (có danh sách tại Phụ lục kèm theo).")


def article(text: str) -> Article:
    """An article from a passage: its first line, and the others as clauses."""
    first, *clauses = paragraphs(text) or ("",)
    return Article(first, tuple(clauses))


def request_of(decision: Decision) -> str:
    """The last basis: at whose request, by which paper."""
    return (
        f"Theo đề nghị của {head_of(decision.submitting_body_name)} tại Tờ trình số "
        f"{decision.proposal.submission_number}"
    )


def recipients_of(decision: Decision) -> tuple[str, ...]:
    """Who gets the paper: the body one level above for report (plan of Tháp Mười 2024), and the leaders."""
    if decision.deciding_unit.level == Level.DISTRICT:
        province = in_sentence(decision.period.province.name)
        report_to = f"Sở Lao động - Thương binh và Xã hội {province} (báo cáo)"
    else:
        report_to = "Bộ Y tế (báo cáo)"
    kind = decision.deciding_unit.kind.removesuffix(" trung ương")
    return ("Như Điều 3", report_to, f"CT, các PCT UBND {kind}")


# ---- the certificate -------------------------------------------------------------------------------------------------
def certificate(paper: Paper) -> Certificate:
    """The certificate of one recognised commune; a draft until it stands in the register. One that is issued again
    (`earlier`) bears its own day and signer, and says which it replaces."""
    item, issuer, first = item_of(paper), issuer_of(paper), paper.earlier
    if item.result != Result.RECOGNISED:
        raise Refused(f"{item.commune_name} không được công nhận nên không có Giấy công nhận.")
    decision = item.decision
    above = dict.fromkeys(in_sentence(name) for name in (item.parent_name, decision.period.province.name))
    names = dict(paper.items.values_list("item", "commune_name")) if paper.pk else {}
    return Certificate(
        letterhead=letterhead_of(issuer) if first else letterhead_of_decision(decision),
        commune_name=names.get(item.pk, item.commune_name),
        located_in=", ".join(name for name in above if name),
        standard=standard_name(day_of(paper)),
        year=decision.period.year,
        decision_reference=reference_in_force(decision) if first else reference_of(decision),
        decided_on=paper.issued_on if first else paper.issued_on or decision.issued_on,
        signature=signature_of(paper, issuer) if first else signature_of_decision(issuer, decision),
        register_number=str(paper.register_number or ""),
        note=f"(Cấp lại, thay Giấy công nhận {number_in_register(first, decision.period.year)})" if first else "",
        dated_in=year_of(paper) if first else 0,
        code=paper.code,
        layout=issuer.certificate_layout,
        is_demo=decision.period.is_demo,
    )


# ---- the notice of refusal -------------------------------------------------------------------------------------------
def refusal(paper: Paper) -> Content:
    """Thông báo: that a commune is not recognised, why, and what to mend: each item that lost points with the result
    and the next better band."""
    item = item_of(paper)
    if item.result != Result.REFUSED:
        raise Refused(f"{item.commune_name} được công nhận nên không có thông báo không công nhận.")
    decision, frozen = item.decision, appraised_of(item.dossier)
    name, standard = in_sentence(item.commune_name), standard_name(day_of(paper))
    grounds = item.reasons or [reason_of(item.dossier, frozen_of([item.dossier]))]
    text, year = wording(paper, refusal_passages(paper)), decision.period.year
    return framed(
        paper,
        subject=f"Về việc không công nhận {name} phù hợp với trẻ em năm {year}",
        blocks=(
            Paragraph(
                f"Căn cứ {reference_of(decision)}, {decision.body_name} thông báo: {name} không được công nhận đạt "
                f"tiêu chuẩn {standard} phù hợp với trẻ em năm {year}, cụ thể như sau:"
            ),
            Heading("I. KẾT QUẢ"),
            Paragraph(f"Tổng điểm thẩm định: {item.total_text}; mức tối thiểu: {vietnamese(item.threshold)}."),
            Heading("II. LÝ DO KHÔNG CÔNG NHẬN"),
            *(Paragraph(reason, is_item=True) for reason in grounds),
            Heading("III. NHỮNG NỘI DUNG CẦN CẢI THIỆN"),
            improvements(frozen),
            *map(Paragraph, paragraphs(text["closing"])),
        ),
        recipients=(
            f"Ủy ban nhân dân {name}",
            f"{decision.submitting_body_name} (để hướng dẫn)",
        ),
    )


def refusal_passages(paper: Paper) -> Sequence[Passage]:
    item = item_of(paper)
    closing = (
        f"Đề nghị Ủy ban nhân dân {in_sentence(item.commune_name)} lập kế hoạch khắc phục những nội dung trên và đăng "
        f"ký thực hiện trong kỳ đánh giá tiếp theo. {item.decision.submitting_body_name} hướng dẫn, hỗ trợ thực hiện."
    )
    return (Passage("closing", "Lời kết", closing, "Mỗi dòng là một đoạn."),)
