"""Reports to the next level up: of the deciding body to the province (plan of Tháp Mười 2024: before 30/11, with the
decision attached); of the province's department to its committee and the Ministry (Hải Phòng 2014: before 10/12).

The figures are not edited: they come from the data and are frozen with the paper (`structure.Figure`). What the drafter
rewords are the judgements; their proposed text says no more than the figures do.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from django.utils import timezone

from assessments.policy import CONCLUDED, DECIDED
from assessments.summaries import LATE_WORDS, Counts, Group, Row
from childfriendly.core.exceptions import Refused
from childfriendly.core.numbers import format_number, format_percent
from criteria.models import DeadlineKind
from papers.bases import standard_name
from papers.filling.frame import Passage, criteria_basis, day_of, framed, issuer_of, paragraphs, wording
from papers.filling.issuers import issuer_for
from papers.filling.standing import Standing, appraised_text, declared_text
from papers.kinds import Desk, Kind
from papers.models import Paper
from papers.structure import Annex, Block, Column, Content, Heading, Paragraph, Table
from papers.structure import Row as Line
from papers.words import in_sentence, kinds_of, vietnamese_date

MINISTRY_OF_HEALTH_FROM: Final = date(2025, 3, 1)  # NĐ 42/2025/NĐ-CP: children's affairs go over
MOST_NAMES: Final = 15  # in one sentence; longer lists are in the annex
_NUMERALS: Final = ("I", "II", "III")


def result_report(paper: Paper) -> Content:
    """Of a deciding body below the province. Without districts there is none: the province decides itself."""
    if not paper.period.has_districts:
        raise Refused(
            "Kỳ đánh giá này không có cấp huyện nên không có báo cáo kết quả của huyện. "
            "Lập «Báo cáo tổng hợp của tỉnh»."
        )
    kind = paper.unit.kind
    return _report(paper, recipients=("Như trên", f"CT, các PCT UBND {kind}"))


def province_report(paper: Paper) -> Content:
    return _report(paper, recipients=("Như trên", "Lãnh đạo Sở"))


def _report(paper: Paper, *, recipients: Sequence[str]) -> Content:
    standing = _standing(paper)
    standard = standard_name(day_of(paper))
    return framed(
        paper,
        subject=f"Kết quả đánh giá, công nhận {standard} phù hợp với trẻ em năm {paper.period.year}",
        addressees=_addressees(paper),
        blocks=tuple(_blocks(paper, standing)),
        annexes=_annexes(standing),
        recipients=recipients,
        figures=standing.figures,
    )


def _standing(paper: Paper) -> Standing:
    return Standing.of(paper.period, paper.unit, paper.drafted_at)


def _addressees(paper: Paper) -> tuple[str, ...]:
    on, province = day_of(paper), paper.period.province
    if paper.kind == Kind.RESULT_REPORT:
        return (issuer_for(Desk.PROVINCE, province, paper.period, on).body_name,)
    ministry = "Bộ Y tế" if on >= MINISTRY_OF_HEALTH_FROM else "Bộ Lao động - Thương binh và Xã hội"
    return ministry, f"Ủy ban nhân dân {in_sentence(province.name)}"


# ---- the text ------------------------------------------------------------------------------------------------------
def _blocks(paper: Paper, standing: Standing) -> Iterator[Block]:
    year, body = paper.period.year, issuer_of(paper).body_name
    decree = criteria_basis(paper).removeprefix("Căn cứ ")
    rewordable = _passages(paper, standing)
    text = wording(paper, rewordable)
    yield Paragraph(f"Thực hiện {decree}, {body} báo cáo kết quả năm {year} như sau:")
    yield Heading("I. KẾT QUẢ ĐÁNH GIÁ, CÔNG NHẬN")
    parts = (_filing, _results, _decisions, _deadlines, _weak_criteria, _refusals)
    for number, (title, blocks) in enumerate((part(paper, standing) for part in parts), start=1):
        yield Heading(f"{number}. {title}", level=2)
        yield from blocks
    for numeral, passage in zip(("II", "III", "IV"), rewordable, strict=True):
        yield Heading(f"{numeral}. {passage.label.upper()}")
        yield from map(Paragraph, paragraphs(text[passage.key]))
    yield Paragraph(f"Trên đây là báo cáo kết quả năm {year} của {body}./.")


Section = tuple[str, list[Block]]


def _filing(paper: Paper, standing: Standing) -> Section:
    counts, period = standing.summary.counts, paper.period
    until = timezone.localdate(paper.signed_at) if paper.signed_at else None
    blocks: list[Block] = [
        Paragraph(
            f"Số liệu chốt {vietnamese_date(period.figures_as_of, period.year)}; tình hình hồ sơ tính đến "
            f"{vietnamese_date(until, day_of(paper).year)}."
        ),
        Paragraph(
            f"Trên địa bàn có {_counted(counts.communes, standing)}; {format_number(counts.filed)} hồ sơ đã nộp, "
            f"{format_number(len(standing.concluded))} hồ sơ đã hoàn thành thẩm định, "
            f"{format_number(len(standing.decided_rows))} hồ sơ đã có quyết định."
        ),
    ]
    if standing.not_filed:
        blocks.append(Paragraph(f"Chưa nộp hồ sơ: {_named(standing.not_filed, standing)}."))
    return "Lập, nộp và thẩm định hồ sơ", blocks


def _results(paper: Paper, standing: Standing) -> Section:
    counts = standing.summary.counts
    refused, waiting = len(standing.decided_rows) - counts.recognised, counts.filed - len(standing.decided_rows)
    sentences = [
        f"Được công nhận: {_of_all(counts, standing)}.",
        f"Không được công nhận: {format_number(refused)}. Chưa có quyết định: {format_number(waiting)}.",
        _target_sentence(standing),
    ]
    revoked = [row for row in standing.rows if row.commune.pk in standing.revoked]
    if revoked:
        sentences.append(f"Đã bị thu hồi công nhận sau đó: {_named(revoked, standing)}.")
    sentences += _since_last_year(standing)
    return "Kết quả công nhận", [Paragraph(sentence, is_item=True) for sentence in sentences]


def _target_sentence(standing: Standing) -> str:
    target, year = standing.summary.target, standing.summary.period.year
    if target is None:
        return f"Chưa có chỉ tiêu năm {year} trên hệ thống."
    more = standing.summary.counts.recognised - target.communes
    words = "đạt chỉ tiêu" if not more else f"vượt {more}" if more > 0 else f"còn thiếu {-more}"
    aim, done = format_number(target.communes), format_number(standing.summary.counts.recognised)
    return f"Chỉ tiêu năm {year} ({target.document_number}): {aim} {standing.noun}; thực hiện {done}/{aim}, {words}."


def _since_last_year(standing: Standing) -> Iterator[str]:
    if standing.earlier is None:
        return
    before, now = standing.earlier, standing.summary
    more = now.counts.recognised - before.counts.recognised
    change = "không tăng, không giảm" if not more else f"tăng {more}" if more > 0 else f"giảm {-more}"
    last_year = f"Năm {before.period.year} được công nhận: {_of_all(before.counts, standing)}"
    yield f"{last_year}; năm {now.period.year} {change}."
    then = {row.commune.pk for row in before.rows if row.is_recognised}
    gained = [row for row in now.rows if row.is_recognised and row.commune.pk not in then]
    lost = [row for row in now.rows if not row.is_recognised and row.commune.pk in then]
    if gained:
        yield f"Năm trước chưa được công nhận, năm nay được công nhận: {_named(gained, standing)}."
    if lost:
        yield f"Năm trước được công nhận, năm nay chưa được công nhận: {_named(lost, standing)}."


def _decisions(paper: Paper, standing: Standing) -> Section:
    items: list[Block] = [Paragraph(f"{one.full_name}: {one.results}.", is_item=True) for one in standing.decided]
    return "Quyết định đã ban hành (gửi kèm)", items or [Paragraph("Chưa có quyết định nào được ban hành.")]


def _deadlines(paper: Paper, standing: Standing) -> Section:
    blocks: list[Block] = []
    for deadline in standing.deadlines:
        kind = DeadlineKind(deadline.kind)
        late = standing.late(kind)
        outcome = f"{LATE_WORDS[kind]} {_named(late, standing)}" if late else f"không có {standing.noun} nào muộn"
        blocks.append(Paragraph(f"{kind.label} ({deadline.wording}): {outcome}.", is_item=True))
    return "Thời hạn", blocks or [Paragraph("Kỳ đánh giá không ghi thời hạn.")]


def _weak_criteria(paper: Paper, standing: Standing) -> Section:
    title = "Tiêu chí còn yếu"
    if not standing.concluded:
        return title, [Paragraph("Chưa có hồ sơ nào hoàn thành thẩm định.")]
    hidden = [Paragraph("Không tính xã có điểm được che để không nhận ra trẻ em.")] if standing.hides_points else []
    if not standing.weakest:
        return title, [Paragraph("Các hồ sơ đã thẩm định không mất điểm ở tiêu chí nào."), *hidden]
    blocks: list[Block] = [
        Paragraph(f"Tính trên {format_number(len(standing.concluded))} hồ sơ đã hoàn thành thẩm định:"),
        Table(
            columns=(
                Column("Tiêu chí", 48),
                Column("Điểm tối đa", 13, "center"),
                Column("Điểm bình quân", 14, "center"),
                Column("Tỷ lệ đạt", 13, "center"),
                Column("Số xã bị 0 điểm", 12, "center"),
            ),
            rows=tuple(
                Line(
                    (
                        loss.name,
                        format_number(loss.criterion.max_points),
                        loss.mean_text,
                        format_percent(loss.share),
                        format_number(loss.zeros),
                    )
                )
                for loss in standing.weakest
            ),
        ),
    ]
    return title, [*blocks, *hidden]


def _refusals(paper: Paper, standing: Standing) -> Section:
    title = "Lý do không công nhận"
    if not standing.reasons:
        return title, [Paragraph("Không có xã nào bị từ chối công nhận.")]
    blocks: list[Block] = [
        Paragraph(f"{name}: {reason}", is_item=True) for name, reason in standing.reasons[:MOST_NAMES]
    ]
    if len(standing.reasons) > MOST_NAMES:
        rest = len(standing.reasons) - MOST_NAMES
        blocks.append(Paragraph(f"{format_number(rest)} xã còn lại: xem phụ lục.", is_item=True))
    return title, blocks


# ---- passages ------------------------------------------------------------------------------------------------------
def passages(paper: Paper) -> Sequence[Passage]:
    return _passages(paper, _standing(paper))


def _passages(paper: Paper, standing: Standing) -> Sequence[Passage]:
    reword = "Câu gợi ý lấy từ số liệu; viết lại theo tình hình thực tế. Mỗi dòng là một đoạn."
    return (
        Passage("assessment", "Đánh giá chung", "\n".join(_assessment(standing)), reword),
        Passage("difficulties", "Khó khăn, vướng mắc", "\n".join(_difficulties(standing)), reword),
        Passage("proposals", "Kiến nghị, đề xuất", "\n".join(_proposals(paper, standing)), reword),
    )


def _assessment(standing: Standing) -> Iterator[str]:
    counts, target = standing.summary.counts, standing.summary.target
    if target is not None:
        reached = "đạt" if counts.recognised >= target.communes else "chưa đạt"
        yield f"Kết quả công nhận {reached} chỉ tiêu của kế hoạch năm {standing.summary.period.year}."
    late = standing.late(DeadlineKind.DOSSIER)
    if standing.not_filed or late:
        yield "Việc lập, nộp hồ sơ của một số xã còn chậm so với thời hạn."
    else:
        yield "Các xã đã lập, nộp hồ sơ đúng thời hạn."


def _difficulties(standing: Standing) -> Iterator[str]:
    if standing.weakest:
        names = "; ".join(loss.name for loss in standing.weakest[:3])
        yield f"Các tiêu chí khó đạt điểm tối đa: {names}."
    if standing.not_filed:
        yield f"Còn {format_number(len(standing.not_filed))} xã chưa nộp hồ sơ."
    if not standing.weakest and not standing.not_filed:
        yield "Số liệu trên không cho thấy khó khăn, vướng mắc lớn."


def _proposals(paper: Paper, standing: Standing) -> Iterator[str]:
    if standing.summary.counts.recognised < standing.summary.counts.communes:
        yield "Các xã chưa được công nhận khắc phục tiêu chí chưa đạt và hoàn thiện hồ sơ cho kỳ đánh giá sau."
    whom = _addressees(paper)[0]
    what = "hướng dẫn, hỗ trợ thực hiện các tiêu chí còn yếu nêu trên" if standing.weakest else "hướng dẫn thực hiện"
    yield f"Đề nghị {whom} tiếp tục quan tâm, {what}."


# ---- annexes -------------------------------------------------------------------------------------------------------
def _annexes(standing: Standing) -> tuple[Annex, ...]:
    period, has_groups = standing.summary.period, len(standing.groups) > 1 and standing.summary.has_subtotals
    found: list[tuple[str, Table, bool]] = []
    if has_groups:
        found.append((f"Kết quả năm {period.year} theo huyện", _by_district(standing), True))
    found.append((f"Kết quả năm {period.year} theo xã", _by_commune(standing, has_groups=has_groups), True))
    if standing.decided:
        found.append(("Danh sách quyết định gửi kèm", _issued(standing), False))
    return tuple(
        Annex(
            label=f"PHỤ LỤC {_NUMERALS[place]}" if len(found) > 1 else "PHỤ LỤC",
            title=(title.upper(),),
            blocks=(table,),
            is_landscape=is_wide,
        )
        for place, (title, table, is_wide) in enumerate(found)
    )


def _by_district(standing: Standing) -> Table:
    def line(first: str, name: str, rows: Sequence[Row], counts: Counts, target: int | None, *, total: bool) -> Line:
        concluded = sum(row.status in CONCLUDED for row in rows)
        more = "" if target is None else f"{counts.recognised - target:+d}".replace("+0", "0").replace("-", "−")
        numbers = (counts.communes, counts.filed, concluded, counts.recognised)
        aim = "" if target is None else format_number(target)
        return Line((first, name, *map(format_number, numbers), counts.share_text, aim, more), is_total=total)

    summary = standing.summary
    rows = [
        line(str(number), _group_name(group), group.rows, group.counts, _aim(group), total=False)
        for number, group in enumerate(summary.groups, start=1)
    ]
    aim = summary.target.communes if summary.target else None
    rows.append(line("", "Toàn tỉnh", summary.rows, summary.counts, aim, total=True))
    return Table(
        columns=(
            Column("STT", 5, "center"),
            Column("Huyện", 24),
            Column("Số xã", 9, "center"),
            Column("Đã nộp hồ sơ", 10, "center"),
            Column("Đã thẩm định", 10, "center"),
            Column("Được công nhận", 11, "center"),
            Column("Tỷ lệ", 10, "center"),
            Column("Chỉ tiêu", 10, "center"),
            Column("So với chỉ tiêu", 11, "center"),
        ),
        rows=tuple(rows),
    )


def _aim(group: Group) -> int | None:
    return group.target.communes if group.target else None


def _group_name(group: Group) -> str:
    return group.unit.name if group.unit else "Trực thuộc tỉnh"


def _by_commune(standing: Standing, *, has_groups: bool) -> Table:
    numbers = iter(range(1, len(standing.rows) + 1))
    lines: list[Line] = []
    for group in standing.groups:
        if has_groups:
            of_all = f"{format_number(group.counts.recognised)}/{format_number(group.counts.communes)} được công nhận"
            lines.append(Line(("", _group_name(group), "", "", "", of_all, "", ""), is_total=True))
        lines += [_commune_line(next(numbers), row, standing) for row in group.rows]
    return Table(
        columns=(
            Column("STT", 5, "center"),
            Column("Xã, phường, thị trấn" if standing.summary.period.has_districts else "Xã, phường, đặc khu", 17),
            Column("Điểm xã tự chấm", 9, "center"),
            Column("Điểm thẩm định", 8, "center"),
            Column("Điểm tối thiểu", 8, "center"),
            Column("Kết quả", 11),
            Column("Số quyết định", 14),
            Column("Ghi chú", 28),
        ),
        rows=tuple(lines),
    )


def _commune_line(number: int, row: Row, standing: Standing) -> Line:
    is_concluded = row.status in CONCLUDED
    result = row.result if row.status in DECIDED else "Chờ quyết định" if is_concluded else row.state
    remarks = [*row.late, *([row.reason] if row.status in DECIDED and not row.is_recognised else [])]
    if row.commune.pk in standing.revoked:
        remarks.append("đã thu hồi công nhận")
    points = ("", "", "")
    if is_concluded:
        threshold = "" if row.threshold is None else format_number(row.threshold)
        points = (declared_text(row), appraised_text(row), threshold)
    return Line((str(number), row.commune.name, *points, result, row.decision_number, "\n".join(remarks)))


def _issued(standing: Standing) -> Table:
    return Table(
        columns=(
            Column("STT", 8, "center"),
            Column("Văn bản", 26),
            Column("Ngày", 15, "center"),
            Column("Cơ quan ban hành", 21),
            Column("Nội dung", 30),
        ),
        rows=tuple(
            Line(
                (
                    str(number),
                    one.name,
                    f"{one.issued_on:%d/%m/%Y}" if one.issued_on else "",
                    one.body,
                    "\n".join(
                        f"{word.capitalize()}: {', '.join(map(in_sentence, names))}" for word, names in one.effects
                    )
                    or one.remark,
                )
            )
            for number, one in enumerate(standing.decided, start=1)
        ),
    )


# ---- words ---------------------------------------------------------------------------------------------------------
def _counted(count: int, standing: Standing) -> str:
    """«13 xã, thị trấn»."""
    return f"{format_number(count)} {kinds_of(row.commune.name for row in standing.rows) or 'xã'}"


def _of_all(counts: Counts, standing: Standing) -> str:
    share = f" ({counts.share_text})" if counts.share_text else ""
    return f"{format_number(counts.recognised)}/{format_number(counts.communes)} {standing.noun}{share}"


def _named(rows: Sequence[Row], standing: Standing) -> str:
    """«2 đơn vị (xã Đốc Binh Kiều, thị trấn Mỹ An)»; too many to name are counted."""
    if len(rows) > MOST_NAMES:
        return f"{format_number(len(rows))} {standing.noun} (xem phụ lục)"
    return f"{format_number(len(rows))} {standing.noun} ({', '.join(in_sentence(row.commune.name) for row in rows)})"
