"""What a notice of refusal asks its commune to improve: the table that is printed, and the same read back from a notice
that was issued. Both are here, so that the frozen paper stays the only place where it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from criteria.scoring import HIDDEN, CriterionScore, ItemScore, vietnamese
from papers.filling.frozen import Frozen
from papers.structure import Column, Content, Row, Table

COLUMNS: Final = (
    Column("Nội dung", 31),
    Column("Điểm đạt", 12, "center"),
    Column("Điểm mất", 10, "center"),
    Column("Kết quả năm nay", 25),
    Column("Mức cần đạt", 22),
)
_HEADINGS: Final = [column.heading for column in COLUMNS]


def improvements(frozen: Frozen) -> Table:
    """Criteria that lost points, and in each the items that did; hidden points are told by the best band alone."""
    rows = []
    for criterion in frozen.rules.criteria:
        standing = frozen.sheet.criterion(criterion.code)
        if standing.points == standing.max and not standing.is_hidden:
            continue
        title = f"Tiêu chí {criterion.number}. {criterion.title}"
        rows.append(Row((title, standing.of_max, _lost(standing), "", ""), is_total=True))
        for item in criterion.items:
            score, better = frozen.sheet.item(item.code), frozen.next_band(item)
            if better is not None:
                wanted = f"{better.label}: {better.points} điểm"
                rows.append(Row((f"{item.code} – {item.title}", score.of_max, _lost(score), score.explanation, wanted)))
    return Table(COLUMNS, tuple(rows))


def _lost(score: ItemScore | CriterionScore) -> str:
    return HIDDEN if score.is_hidden else vietnamese(score.max - score.points)


@dataclass(frozen=True, slots=True)
class Lost:
    """One criterion of the printed table: its title without the number, what it got, and each item with the band that
    it was to reach («TC02.1 – Tỷ lệ …», «từ 98: 50 điểm»). Small counts are hidden as the paper hides them."""

    title: str
    points: str
    items: list[tuple[str, str]] = field(default_factory=list)


def lost_in(notice: Content) -> Sequence[Lost]:
    """The improvements as an issued notice prints them; nothing where it has no such table."""
    found: list[Lost] = []
    for table in notice.tables:
        if [column.heading for column in table.columns] != _HEADINGS:
            continue
        for row in table.rows:
            title, points, _, _, wanted = row.cells
            if row.is_total:
                found.append(Lost(title.partition(". ")[2] or title, points))
            elif found:
                found[-1].items.append((title, wanted))
    return found
