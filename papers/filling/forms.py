"""Forms to fill in by hand: the opinion of a department on one criterion, and the sheet that goes along to a re-check.
They have no number and are never a `Paper`."""

from collections.abc import Iterable, Mapping
from datetime import date

from assessments.figures import DossierFigures
from assessments.models import FrozenSheet
from assessments.policy import SENT
from assessments.views.common import readable
from communes.models import Unit
from criteria.disclosure import masked_text
from criteria.models import Period
from criteria.scoring import Criterion, RuleSet
from papers.filling.issuers import issuer_for
from papers.kinds import Desk, Form
from papers.models import Issuer, Opinion
from papers.structure import Block, Column, Content, Letterhead, Paragraph, Row, Signature, Table
from papers.words import in_sentence, vietnamese_date


def to_fill_in(label: str = "") -> Paragraph:
    """«Kết luận: ……» on one line: dots are one word, which after a long label would fall to the next line."""
    return Paragraph(f"{label}: {'.' * (115 - 2 * len(label))}" if label else "." * 115)


def opinion_form(opinion: Opinion, on: date) -> Content:
    """Asks one department about one criterion of all communes that have sent their dossiers. It goes out of the office,
    so counts of 1 to 4 about single children are hidden. One query for however many communes."""
    period, rules = opinion.period, opinion.period.criteria_set.rules()
    criterion, issuer = rules.criterion(opinion.criterion), issuer_for(Desk.OFFICE, opinion.unit, opinion.period, on)
    until = vietnamese_date(opinion.due_on, opinion.due_on.year)
    return _form(
        Form.OPINION,
        issuer,
        period,
        on,
        subject=f"Tiêu chí {criterion.number} ({criterion.title}) năm {period.year}",
        addressees=(opinion.department,),
        blocks=(
            Paragraph(
                f"{issuer.body_name} đề nghị quý cơ quan cho ý kiến về số liệu xã khai dưới đây và gửi lại phiếu, chậm "
                f"nhất hết {until}. Đến hết ngày đó chưa nhận được phiếu thì biên bản của Hội đồng ghi «không có ý "
                "kiến», không coi là nhất trí."
            ),
            *(Paragraph(f"{item.code}: {item.title}", is_item=True) for item in criterion.items),
            Table(
                columns=(
                    Column("TT", 6, "center"),
                    Column("Xã", 20),
                    Column("Số liệu xã khai", 24),
                    Column("Nhất trí", 10, "center"),
                    Column("Không nhất trí", 12, "center"),
                    Column("Số liệu, ý kiến của cơ quan", 28),
                ),
                rows=tuple(
                    Row((str(number), name, _declared(criterion, rules, answers), "☐", "☐", ""))
                    for number, (name, answers) in enumerate(_sent(opinion), start=1)
                ),
            ),
            to_fill_in("Ý kiến khác"),
            Paragraph("Số từ 1 đến 4 được che để không nhận ra trẻ em. Không ghi tên, địa chỉ trẻ em vào phiếu."),
        ),
        signatures=(Signature(lines=("ĐẠI DIỆN CƠ QUAN CHO Ý KIẾN",), name=""),),
    )


def _sent(opinion: Opinion) -> list[tuple[str, Mapping[str, str]]]:
    """Commune → item → the declared answer as it was sent last."""
    rows = FrozenSheet.objects.filter(
        dossier__period=opinion.period,
        dossier__appraising_unit=opinion.unit,
        dossier__status__in=SENT,
        kind=FrozenSheet.Kind.DECLARED,
    ).order_by("dossier__commune__sort_key", "dossier__commune__code", "number")
    found = rows.values_list("dossier", "dossier__commune__name", "answers")
    return list({dossier: (name, answers) for dossier, name, answers in found}.values())


def _declared(criterion: Criterion, rules: RuleSet, answers: Mapping[str, str]) -> str:
    lines = []
    for item in criterion.items:
        text = answers.get(item.code, "")
        lines.append(f"{item.code}: {readable(masked_text(text) if rules.names_children(item.code) else text)}")
    return "\n".join(lines)


def recheck_sheet(figures: DossierFigures, on: date) -> Content:
    """What to look at on the spot: figures as the reader of `figures` may read them, and room to write."""
    dossier = figures.dossier
    issuer = issuer_for(Desk.OFFICE, dossier.appraising_unit, dossier.period, on)
    commune = dossier.commune
    blocks: list[Block] = [
        to_fill_in("Ngày phúc tra"),
        to_fill_in("Đoàn phúc tra (họ tên, chức vụ)"),
        to_fill_in("Đại diện xã"),
        Table(
            columns=(
                Column("Nội dung", 36),
                Column("Xã khai", 14, "center"),
                Column("Thẩm định", 14, "center"),
                Column("Phúc tra", 14, "center"),
                Column("Ghi chú tại chỗ", 22),
            ),
            rows=tuple(row for criterion in figures.rules.criteria for row in _recheck_rows(criterion, figures)),
        ),
        to_fill_in("Kết luận"),
        to_fill_in(),
        Paragraph("Kết quả phúc tra không tự thay đổi điểm; điểm chỉ thay đổi khi thẩm định lại và có biên bản đã ký."),
    ]
    return _form(
        Form.RECHECK,
        issuer,
        dossier.period,
        on,
        subject=f"{_located(commune)}, năm {dossier.period.year}",
        blocks=blocks,
        signatures=(
            Signature(lines=("ĐẠI DIỆN ỦY BAN NHÂN DÂN XÃ",), name=""),
            Signature(lines=("TRƯỞNG ĐOÀN PHÚC TRA",), name=""),
        ),
    )


def _recheck_rows(criterion: Criterion, figures: DossierFigures) -> Iterable[Row]:
    yield Row((f"Tiêu chí {criterion.number}. {criterion.title}", "", "", "", ""), is_total=True)
    for item in criterion.items:
        declared, appraised = figures.declared_text(item), figures.appraised_text(item)
        yield Row((f"{item.code}. {item.title}", readable(declared), readable(appraised, ""), "", ""))


def _located(commune: Unit) -> str:
    return ", ".join([commune.name, *(in_sentence(unit.name) for unit in commune.ancestors)])


def _form(
    form: Form,
    issuer: Issuer,
    period: Period,
    on: date,
    *,
    subject: str,
    blocks: Iterable[Block],
    signatures: tuple[Signature, ...],
    addressees: tuple[str, ...] = (),
) -> Content:
    return Content(
        form=form,
        letterhead=Letterhead(body=issuer.body_name, parent_body=issuer.parent_body_name, place=issuer.place),
        symbol="",
        year=on.year,
        subject=subject,
        blocks=tuple(blocks),
        signatures=signatures,
        addressees=addressees,
        is_demo=period.is_demo,
        has_number=False,
    )
