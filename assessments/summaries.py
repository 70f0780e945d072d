"""The summary of a period for one reader: what page, workbook and command show, so that no two can disagree.

Every figure comes from a frozen sheet, never from what somebody is still typing; every count comes from the rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from assessments.disclosure import outsiders_sheet, reads_exact
from assessments.models import Dossier, FrozenSheet, Recommendation, Result, StepTime
from assessments.permissions import can_see_appraisal
from assessments.policy import CONCLUDED, DECIDED, Relation, Right, roles_with
from assessments.workflow import Status
from childfriendly.core.exceptions import Refused
from childfriendly.core.numbers import format_number, format_percent
from communes.models import Level, RoleAssignment, Unit, User, within
from communes.queries import roles_of
from criteria.models import DeadlineKind, Period, Target
from criteria.scoring import Criterion, RuleSet

NOT_BEGUN: Final = "Chưa lập"
PROVINCE_WIDE: Final = roles_with(Right.READ_SUMMARY, relation=Relation.PROVINCE)
AT_A_UNIT: Final = roles_with(Right.READ_SUMMARY, relation=Relation.UNIT)
LATE_WORDS: Final = {
    DeadlineKind.DOSSIER: "nộp muộn",
    DeadlineKind.APPRAISAL: "thẩm định muộn",
    DeadlineKind.DECISION: "quyết định muộn",
}
GRACE_WORDS: Final = "trong thời gian gia hạn kỹ thuật"


# ---- what a summary holds ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Row:
    """One commune. Figures are None until they were sent, where the reader may not see the dossier, and, in a row that
    `hides_points`, where they would tell a count that names children; its totals then are words."""

    commune: Unit
    status: str  # "" where no dossier was begun
    points: tuple[int | None, ...]  # one a criterion: appraised where concluded, else declared
    declared_total: int | None = None
    appraised_total: int | None = None
    threshold: int | None = None
    result: str = ""
    reason: str = ""  # the first of the sheet that `points` are from; empty where it passes
    decision_number: str = ""
    decided_on: date | None = None
    late: tuple[str, ...] = ()
    dossier: UUID | None = None  # only where the reader may open it
    hides_points: bool = False
    declared_words: str = ""  # «từ 850 trở lên», instead of a total
    appraised_words: str = ""

    @property
    def state(self) -> str:
        return Status(self.status).label if self.status else NOT_BEGUN

    @property
    def is_filed(self) -> bool:
        return self.status not in ("", Status.DRAFT, Status.WITHDRAWN)

    @property
    def is_recognised(self) -> bool:
        return self.status == Status.RECOGNISED


@dataclass(frozen=True, slots=True)
class Counts:
    communes: int
    filed: int
    recognised: int

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Counts":
        rows = list(rows)
        return cls(len(rows), sum(row.is_filed for row in rows), sum(row.is_recognised for row in rows))

    @property
    def share(self) -> Fraction | None:
        """Recognised of all communes, in per cent; None where there is no commune."""
        return Fraction(100 * self.recognised, self.communes) if self.communes else None

    @property
    def share_text(self) -> str:
        """«57,14 %»."""
        return "" if self.share is None else format_percent(self.share)


@dataclass(frozen=True, slots=True)
class Group:
    """The communes of one district; where there are no districts, one group of all of them without a unit."""

    unit: Unit | None
    rows: tuple[Row, ...]
    counts: Counts
    target: Target | None


@dataclass(frozen=True)
class Summary:
    period: Period
    unit: Unit
    rules: RuleSet
    groups: tuple[Group, ...]
    target: Target | None

    @cached_property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]

    @cached_property
    def counts(self) -> Counts:
        return Counts.of(self.rows)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        return self.rules.criteria

    @property
    def has_subtotals(self) -> bool:
        return any(group.unit for group in self.groups)

    @property
    def hides_points(self) -> bool:
        return any(row.hides_points or row.declared_words for row in self.rows)

    @property
    def target_line(self) -> str:
        return target_line(self.counts, self.target)


def target_line(counts: Counts, target: Target | None) -> str:
    """«Được công nhận 6/13 (46,15 %), chỉ tiêu 6 (Kế hoạch …).»"""
    line = f"Được công nhận {format_number(counts.recognised)}/{format_number(counts.communes)}"
    if counts.share_text:
        line += f" ({counts.share_text})"
    if target is None:
        return f"{line}, chưa có chỉ tiêu."
    return f"{line}, chỉ tiêu {format_number(target.communes)} ({target.document_number})."


# ---- who may read which summary ----------------------------------------------------------------------------------
def may_read_summaries(user: User, today: date) -> bool:
    return bool(_units_held(user, today))


def periods_for(user: User, today: date) -> list[Period]:
    """Newest first. Staff and inspectors of a province read those of the provinces that it took over as well."""
    wide, held = roles_of(user, today).covered_unit_ids(*PROVINCE_WIDE), _units_held(user, today)
    if not held:
        return []
    provinces = wide | {unit.province.pk for unit in held}
    found = Period.objects.with_setting().filter(province__in=provinces).order_by("-year", "province__sort_key", "pk")
    return [period for period in found if period.province_id in wide or _held_in(period, held)]


def units_for(period: Period, user: User, today: date) -> list[Unit]:
    """The areas of a period that a reader may choose from, the widest first: the province with its districts, or only
    the unit where somebody works."""
    if period.province_id in roles_of(user, today).covered_unit_ids(*PROVINCE_WIDE):
        districts = Unit.objects.in_force_on(period.figures_as_of).filter(parent=period.province, level=Level.DISTRICT)
        return [period.province, *districts.select_related("parent")]
    held = _held_in(period, _units_held(user, today))
    return sorted(held, key=lambda unit: (unit.level != Level.PROVINCE, unit.sort_key))


def reading_role(period: Period, unit: Unit, user: User, today: date) -> RoleAssignment | None:
    """The role by which somebody reads this summary, for the audit and the sheet «Thông tin»."""
    roles = roles_of(user, today)
    above = [unit.pk, *(higher.pk for higher in unit.ancestors)]
    found = (roles.at(pk, *AT_A_UNIT, *PROVINCE_WIDE) for pk in above)
    fallback = (held for held in roles if held.role in PROVINCE_WIDE)  # of a province that took this one over
    return next((held for held in found if held is not None), None) or next(fallback, None)


def _units_held(user: User, today: date) -> list[Unit]:
    """Where somebody holds a role that reads summaries. One commune alone has no summary."""
    roles = roles_of(user, today)
    held = {
        assignment.unit_id: assignment.unit
        for assignment in roles
        if (assignment.role in AT_A_UNIT and assignment.unit.level != Level.COMMUNE)
        or (assignment.role in PROVINCE_WIDE and assignment.unit.level == Level.PROVINCE)
    }
    return list(held.values())


def _held_in(period: Period, units: Iterable[Unit]) -> list[Unit]:
    return [
        unit for unit in units if unit.province.pk == period.province_id and unit.is_in_force_on(period.figures_as_of)
    ]


# ---- by code, for the commands -----------------------------------------------------------------------------------
def area_by_code(year: int, code: str) -> tuple[Period, Unit]:
    """The period of that year and the province or district that had this code on its closing day.

    Raises Refused with one sentence for a year without a period and for a code that no such unit had.
    """
    periods = list(Period.objects.with_setting().filter(year=year))
    if not periods:
        raise Refused(f"Chưa có kỳ đánh giá năm {year}. Kiểm tra lại năm hoặc mở kỳ đánh giá trước.")
    units = list(Unit.objects.with_parents().filter(code=code).order_by("-valid_from"))
    if not units:
        raise Refused(f"Không có đơn vị nào mang mã «{code}». Nhập đủ các số 0 ở đầu mã, ví dụ 01.")
    for period in periods:
        for unit in units:
            if unit.province.pk == period.province_id and unit.is_in_force_on(period.figures_as_of):
                if unit.level == Level.COMMUNE:
                    raise Refused(
                        f"Mã {code} là {unit.full_name_with_parents}. Nhập mã của đơn vị cấp trên, "
                        f"ví dụ {unit.ancestors[0].code} ({unit.ancestors[0].name})."
                    )
                return period, unit
    then = next((unit for unit in units if unit.is_in_force_on(periods[0].figures_as_of)), None)
    if then is None:
        raise Refused(
            f"{units[0].full_name_with_parents} (mã {code}) không có hiệu lực vào ngày chốt số liệu của kỳ đánh giá "
            f"năm {year}. Kiểm tra lại năm và mã đơn vị."
        )
    raise Refused(
        f"{then.province.name} chưa mở kỳ đánh giá năm {year} nên không có số liệu của {then.name} (mã {code}). "
        "Kiểm tra lại năm và mã đơn vị."
    )


# ---- building ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Sheet:
    points: Mapping[str, int | None]
    total: int | None
    threshold: int
    reason: str
    area_type: str
    answers: Mapping[str, str]
    total_words: str = ""

    def for_outsiders(self, rules: RuleSet) -> "_Sheet":
        masked = outsiders_sheet(rules, self.area_type, self.answers)
        if masked is None:
            return self
        return replace(
            self,
            points={score.code: None if score.is_hidden else score.points for score in masked.criteria},
            total=None if masked.hides_total else masked.total,
            total_words=masked.total_text if masked.hides_total else "",
            reason=masked.reasons[0] if masked.reasons else "",
        )


def summarise(period: Period, unit: Unit, *, reader: User | None, at: datetime) -> Summary:
    """The communes of `unit` that were in force on the closing day, each with what `reader` may know of it (None: a
    file that may come into anybody's hands). The same number of queries for 13 communes and for 560.

    Whether somebody may read the summary of this unit at all is asked of `units_for` before.
    """
    rules = period.criteria_set.rules()
    visible = None
    if reader is not None:
        mine = Dossier.objects.visible_to(reader, timezone.localdate(at)).filter(period=period)
        visible = frozenset(mine.order_by().values_list("pk", flat=True))
    communes = (
        Unit.objects.in_force_on(period.figures_as_of)
        .filter(within(unit.pk), level=Level.COMMUNE)
        .select_related("parent")
        .order_by("sort_key", "code")
    )
    in_area = Q(period=period) & within(unit.pk, "commune")
    dossiers = {
        dossier.commune_id: dossier
        for dossier in Dossier.objects.filter(in_area).select_related("decision_item__decision").order_by()
    }
    sheets = _newest_sheets(in_area)
    late = _late_words(in_area)
    builder = _RowBuilder(period, rules, sheets, late, visible, reader, at)
    rows = [builder.row(commune, dossiers.get(commune.pk)) for commune in communes]
    targets = {target.unit_id: target for target in Target.objects.filter(within(unit.pk, "unit"), period=period)}
    return Summary(period, unit, rules, _grouped(rows, targets), targets.get(unit.pk))


def _newest_sheets(in_area: Q) -> dict[tuple[int, str], _Sheet]:
    """The newest sheet of each kind, by dossier and kind; the database picks out the parts, which spares parsing
    everything that the sheet explains."""
    newer = FrozenSheet.objects.filter(
        dossier=OuterRef("dossier"), kind=OuterRef("kind"), number__gt=OuterRef("number")
    )
    found = (
        FrozenSheet.objects.filter(~Exists(newer), dossier__in=Dossier.objects.filter(in_area).order_by().values("pk"))
        .order_by()
        .values_list(
            "dossier_id", "kind", "total", "threshold", "sheet__criteria", "sheet__reasons", "area_type", "answers"
        )
    )
    return {
        (dossier, kind): _Sheet(
            points={code: scored["points"] for code, scored in criteria.items()},
            total=total,
            threshold=threshold,
            reason=reasons[0] if reasons else "",
            area_type=area_type,
            answers=answers,
        )
        for dossier, kind, total, threshold, criteria, reasons, area_type, answers in found
    }


def _late_words(in_area: Q) -> dict[int, dict[str, str]]:
    """Late stays late for ever: by dossier, what was late and its word."""
    late: dict[int, dict[str, str]] = {}
    dossiers = Dossier.objects.filter(in_area).order_by().values("pk")
    found = StepTime.objects.filter(dossier__in=dossiers, is_late=True, kind__in=list(LATE_WORDS))
    for dossier, kind, is_in_grace in found.values_list("dossier_id", "kind", "is_in_grace"):
        word = LATE_WORDS[DeadlineKind(kind)]
        late.setdefault(dossier, {})[kind] = f"{word} ({GRACE_WORDS})" if is_in_grace else word
    return late


@dataclass(frozen=True, slots=True)
class _RowBuilder:
    period: Period
    rules: RuleSet
    sheets: Mapping[tuple[int, str], _Sheet]
    late: Mapping[int, Mapping[str, str]]
    visible: frozenset[int] | None  # None: everything
    reader: User | None
    at: datetime

    def row(self, commune: Unit, dossier: Dossier | None) -> Row:
        nothing: tuple[int | None, ...] = (None,) * len(self.rules.criteria)
        if dossier is None:
            return Row(commune, "", nothing)
        dossier.commune, dossier.period = commune, self.period  # loaded already, and what rights are judged by
        may_open = self.visible is None or dossier.pk in self.visible
        link = dossier.uuid if may_open else None
        if not dossier.is_sent or not may_open:
            return Row(commune, dossier.status, nothing, dossier=link)
        declared = self._sheet(dossier, FrozenSheet.Kind.DECLARED)
        appraised = self._appraised(dossier)
        shown = appraised or declared
        decided = dossier.status in DECIDED
        decision = dossier.decision_item.decision if decided else None
        late = self.late.get(dossier.pk, {})
        return Row(
            commune,
            dossier.status,
            points=tuple(shown.points.get(c.code) for c in self.rules.criteria) if shown else nothing,
            declared_total=declared.total if declared else None,
            appraised_total=appraised.total if appraised else None,
            threshold=shown.threshold if shown else None,
            result=self._result(dossier, appraised),
            reason=shown.reason if shown else "",
            decision_number=decision.full_number if decision else "",
            decided_on=decision.issued_on if decision else None,
            late=tuple(late[kind] for kind in LATE_WORDS if kind in late),
            dossier=link,
            hides_points=bool(shown and shown.total_words),
            declared_words=declared.total_words if declared else "",
            appraised_words=appraised.total_words if appraised else "",
        )

    def _sheet(self, dossier: Dossier, kind: FrozenSheet.Kind) -> _Sheet | None:
        sheet = self.sheets.get((dossier.pk, kind))
        if sheet is None or reads_exact(self.reader, dossier, at=self.at):
            return sheet
        return sheet.for_outsiders(self.rules)

    def _appraised(self, dossier: Dossier) -> _Sheet | None:
        """The conclusion that stands: one that was reopened is work between the offices again."""
        if dossier.status not in CONCLUDED:
            return None
        if self.reader is not None and not can_see_appraisal(self.reader, dossier, at=self.at):
            return None
        return self._sheet(dossier, FrozenSheet.Kind.APPRAISED)

    @staticmethod
    def _result(dossier: Dossier, appraised: _Sheet | None) -> str:
        if dossier.status == Status.RECOGNISED:
            return Result.RECOGNISED.label
        if dossier.status == Status.REFUSED:
            return Result.REFUSED.label
        if dossier.status == Status.REVOKED:
            return Status.REVOKED.label
        return Recommendation(dossier.recommendation).label if appraised and dossier.recommendation else ""


def _grouped(rows: Sequence[Row], targets: Mapping[int, Target]) -> tuple[Group, ...]:
    """By district, in the order of the alphabet; communes right below the province come in a group without a unit."""
    by_district: dict[int, list[Row]] = {}
    units: dict[int, Unit] = {}
    for row in rows:
        parent = row.commune.parent
        district = parent if parent is not None and parent.level == Level.DISTRICT else None
        if district is not None:
            units[district.pk] = district
        by_district.setdefault(district.pk if district else 0, []).append(row)
    order = sorted(by_district, key=lambda pk: (units[pk].sort_key, units[pk].code) if pk in units else ("", ""))
    return tuple(
        Group(units.get(pk), tuple(by_district[pk]), Counts.of(by_district[pk]), targets.get(pk)) for pk in order
    )
