"""How a period stands in the area of one unit: what the reports upwards say, and what was frozen with them.

Everything here may come into anybody's hands: counts of 1 to 4 about single children, and points that would tell them,
are left out (`assessments.summaries` with no reader). Points are told of concluded dossiers only; before, they are work
between the offices.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from assessments.models import Decision, DecisionItem, Result
from assessments.policy import CONCLUDED, DECIDED
from assessments.summaries import LATE_WORDS, Group, Row, Summary, summarise
from assessments.workflow import Status
from communes.models import Unit, within
from criteria.models import Deadline, DeadlineKind, Period
from criteria.scoring import Criterion, shown
from papers.kinds import Kind
from papers.models import Paper, PaperItem, State
from papers.structure import Figure
from papers.words import kinds_of, vietnamese_date

MENDING: Final = (Kind.CORRECTION, Kind.REPLACEMENT, Kind.REVOCATION)
WEAKEST: Final = 5


@dataclass(frozen=True, slots=True)
class Loss:
    """What one criterion cost the communes whose dossiers are concluded; those whose points are hidden do not count."""

    criterion: Criterion
    points: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"Tiêu chí {self.criterion.number}. {self.criterion.title}"

    @property
    def lost(self) -> int:
        return self.criterion.max_points * len(self.points) - sum(self.points)

    @property
    def share(self) -> Fraction:
        """What was reached of what could be reached, in per cent."""
        return Fraction(100 * sum(self.points), self.criterion.max_points * len(self.points))

    @property
    def mean_text(self) -> str:
        return shown(Fraction(sum(self.points), len(self.points)))

    @property
    def zeros(self) -> int:
        return self.points.count(0)


@dataclass(frozen=True, slots=True)
class Issued:
    """A decision of the area with its communes, or a later paper that corrects, replaces or revokes one."""

    name: str  # «Quyết định số 15/QĐ-UBND»
    issued_on: date | None
    year: int
    body: str
    effects: tuple[tuple[str, tuple[str, ...]], ...]  # «công nhận» → names of communes
    remark: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.name} {vietnamese_date(self.issued_on, self.year)} của {self.body}"

    @property
    def results(self) -> str:
        """«công nhận 6 xã, không công nhận 1 xã»; of later papers what they are about."""
        return ", ".join(f"{word} {len(names)} xã" for word, names in self.effects) or self.remark


@dataclass(frozen=True)
class Standing:
    """The area of one unit in one period, as it stands now."""

    summary: Summary
    earlier: Summary | None  # of the year before, where that was assessed here
    decided: tuple[Issued, ...]
    reasons: tuple[tuple[str, str], ...]  # refused commune → why, as its decision says
    deadlines: tuple[Deadline, ...]
    revoked: frozenset[int]  # ids of communes whose recognition was revoked since

    @classmethod
    def of(cls, period: Period, unit: Unit, at: datetime) -> "Standing":
        """A fixed number of queries, whatever the size of the area."""
        summary = summarise(period, unit, reader=None, at=at)
        before = Period.objects.with_setting().filter(province=period.province_id, year=period.year - 1).first()
        deadlines = Deadline.objects.filter(period=period, kind__in=list(LATE_WORDS))
        in_area = Q(decision__period=period) & ~Q(decision__number="") & within(unit.pk, "dossier__commune")
        items = list(
            DecisionItem.objects.filter(in_area)
            .select_related("decision")
            .order_by("decision__issued_on", "decision", "position")
        )
        return cls(
            summary,
            summarise(before, unit, reader=None, at=at) if before else None,
            (*_decisions(period, items), *_mending(period, unit)),
            tuple((item.commune_name, " ".join(item.reasons)) for item in items if item.result == Result.REFUSED),
            tuple(deadlines),
            frozenset(
                PaperItem.objects.filter(
                    within(unit.pk, "paper__unit"),
                    paper__period=period,
                    paper__kind=Kind.REVOCATION,
                    paper__state=State.ISSUED,
                ).values_list("item__dossier__commune", flat=True)
            ),
        )

    @property
    def noun(self) -> str:
        """What the communes of the area are called together: «xã», or «đơn vị» where there are thị trấn as well."""
        kinds = kinds_of(row.commune.name for row in self.rows)
        return "đơn vị" if "," in kinds else kinds or "xã"

    @property
    def rows(self) -> list[Row]:
        return self.summary.rows

    @property
    def groups(self) -> tuple[Group, ...]:
        return self.summary.groups

    def in_states(self, states: Iterable[str]) -> list[Row]:
        return [row for row in self.rows if row.status in states]

    @cached_property
    def concluded(self) -> list[Row]:
        return self.in_states(CONCLUDED)

    @cached_property
    def decided_rows(self) -> list[Row]:
        return self.in_states(DECIDED)

    @cached_property
    def not_filed(self) -> list[Row]:
        return [row for row in self.rows if not row.is_filed]

    def late(self, kind: DeadlineKind) -> list[Row]:
        return [row for row in self.rows if any(word.startswith(LATE_WORDS[kind]) for word in row.late)]

    @cached_property
    def losses(self) -> list[Loss]:
        """Every criterion that can be told of, the one with the smallest share of its points first."""
        found = []
        for place, criterion in enumerate(self.summary.criteria):
            points = tuple(value for row in self.concluded if (value := row.points[place]) is not None)
            if points:
                found.append(Loss(criterion, points))
        return sorted(found, key=lambda loss: (loss.share, loss.criterion.number))

    @cached_property
    def weakest(self) -> list[Loss]:
        return [loss for loss in self.losses if loss.lost][:WEAKEST]

    @cached_property
    def hides_points(self) -> bool:
        return any(value is None for row in self.concluded for value in row.points)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The parameters of the report first, then each figure that it tells or adds up."""
        return tuple(self._figures())

    def _figures(self) -> Iterator[Figure]:
        period, counts, target = self.summary.period, self.summary.counts, self.summary.target
        yield Figure("period", "Kỳ đánh giá", str(period))
        yield Figure("unit", "Phạm vi báo cáo", self.summary.unit.name)
        yield Figure("figures_as_of", "Ngày chốt số liệu", f"{period.figures_as_of:%d/%m/%Y}")
        yield Figure("criteria", "Bộ tiêu chí", f"{period.criteria_set} ({period.criteria_set.sha256[:12]})")
        yield Figure("target", "Chỉ tiêu", f"{target.communes} ({target.document_number})" if target else "chưa có")
        for key, label, count in (
            ("communes", "Số xã", counts.communes),
            ("filed", "Số xã đã nộp hồ sơ", counts.filed),
            ("concluded", "Số hồ sơ đã hoàn thành thẩm định", len(self.concluded)),
            ("recognised", "Số xã được công nhận", counts.recognised),
            ("refused", "Số xã không được công nhận", sum(row.status == Status.REFUSED for row in self.decided_rows)),
            ("revoked", "Số xã bị thu hồi công nhận", len(self.revoked)),
        ):
            yield Figure(key, label, str(count))
        for group in self.groups:
            if group.unit:
                of_all = f"{group.counts.recognised}/{group.counts.communes}"
                yield Figure(f"unit {group.unit.code}", f"{group.unit.name}, được công nhận", of_all)
        if self.earlier:
            before = self.earlier.counts
            of_all = f"{before.recognised}/{before.communes}"
            yield Figure("earlier", f"Được công nhận năm {self.earlier.period.year}", of_all)
        for loss in self.losses:
            value = f"{loss.mean_text}/{loss.criterion.max_points} ({len(loss.points)} xã)"
            yield Figure(f"criterion {loss.criterion.code}", f"Tiêu chí {loss.criterion.number}, bình quân", value)
        for row in self.rows:
            yield from _of_commune(row)
        for issued in self.decided:
            yield Figure(f"issued {issued.full_name}", issued.full_name, issued.results)


def _of_commune(row: Row) -> Iterator[Figure]:
    name, key = row.commune.name, f"commune {row.commune.code}"
    yield Figure(f"{key} state", f"{name}, tình trạng", row.state)
    if row.status in CONCLUDED:
        yield Figure(f"{key} declared", f"{name}, điểm tự chấm", declared_text(row))
        yield Figure(f"{key} appraised", f"{name}, điểm thẩm định", appraised_text(row))
    if row.decision_number:
        yield Figure(f"{key} decision", f"{name}, quyết định", row.decision_number)
    if row.late:
        yield Figure(f"{key} late", f"{name}, thời hạn", ", ".join(row.late))


def declared_text(row: Row) -> str:
    return row.declared_words or _points(row.declared_total)


def appraised_text(row: Row) -> str:
    return row.appraised_words or _points(row.appraised_total)


def _points(total: int | None) -> str:
    return "" if total is None else shown(total)


# ---- what was decided ----------------------------------------------------------------------------------------------
def _decisions(period: Period, items: Iterable[DecisionItem]) -> Iterator[Issued]:
    by_decision: dict[Decision, list[DecisionItem]] = {}
    for item in items:
        by_decision.setdefault(item.decision, []).append(item)
    for decision, its in by_decision.items():
        effects = (
            (result.label.lower(), tuple(item.commune_name for item in its if item.result == result))
            for result in (Result.RECOGNISED, Result.REFUSED)
        )
        yield Issued(
            f"Quyết định số {decision.full_number}",
            decision.issued_on,
            period.year,
            decision.body_name,
            tuple((word, names) for word, names in effects if names),
        )


def _mending(period: Period, unit: Unit) -> Iterator[Issued]:
    """Issued papers that correct, replace or revoke a decision of the area."""
    found = (
        Paper.objects.filter(within(unit.pk, "unit"), period=period, kind__in=MENDING, state=State.ISSUED)
        .select_related("earlier")
        .prefetch_related("items")
        .order_by("issued_on", "pk")
    )
    for paper in found:
        names = tuple(item.commune_name for item in paper.items.all())
        yield Issued(
            f"{paper.get_kind_display()} số {paper.full_number}",
            paper.issued_on,
            period.year,
            paper.content["letterhead"]["body"] if paper.content else "",  # what is issued has its content
            (("thu hồi", names),) if paper.kind == Kind.REVOCATION and names else (),
            remark=f"đối với văn bản số {paper.earlier.full_number}" if paper.earlier else "",
        )


def enclosed_with(report: Paper, among: QuerySet[Paper]) -> QuerySet[Paper]:
    """The papers that a report upwards sends along: the decisions of its area, and what corrects, replaces or revokes
    them, as far as they were issued when it was signed; until then, those of today."""
    decided = DecisionItem.objects.filter(within(report.unit_id, "dossier__commune"), decision__period=report.period_id)
    ours = Q(kind=Kind.DECISION, decision__in=decided.values("decision"))
    found = among.filter(
        ours | Q(within(report.unit_id, "unit"), kind__in=MENDING), period=report.period_id, state=State.ISSUED
    )
    if report.signed_at and report.signed_on_paper_entered_by_id:  # by hand only the day is known
        found = found.filter(issued_at__date__lte=timezone.localdate(report.signed_at))
    elif report.signed_at:
        found = found.filter(issued_at__lte=report.signed_at)
    return found.order_by("issued_on", "pk")
