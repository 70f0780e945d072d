import uuid
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from communes.models import Unit, User
from communes.queries import administered_unit_ids
from criteria.rulesets import load_rules
from criteria.scoring import RuleSet
from criteria.working_days import Holidays

TWO_TIER_FROM = date(2025, 7, 1)  # Luật 72/2025/QH15: no district from this day


class Certainty(models.TextChoices):
    """How sure we are of a figure or an authority; shown wherever somebody has to confirm it."""

    VERIFIED = "verified", "Đã đối chiếu nguồn"
    VERIFIED_PARTIAL = "verified_partial", "Nguồn bị cắt, chỉ đối chiếu được phần thấy"
    TOP_BAND_VERIFIED = "top_band_verified", "Chỉ mức cao nhất có nguồn"
    RECONSTRUCTED = "reconstructed", "Đề xuất, chưa thấy nguồn"
    UNKNOWN = "unknown", "Chưa rõ"
    CONFIRMED = "confirmed", "Tỉnh đã xác nhận"


_parsed: dict[str, RuleSet] = {}  # by hash; a set's text never changes, and there are few sets


def rules_with(sha256: str) -> RuleSet:
    """Rules that this process has parsed before, by the hash that they carry."""
    return _parsed[sha256]


class CriteriaSet(models.Model):
    """A published set of criteria: its text exactly as loaded, so that any score can be computed again for ever."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=400)
    effective_from = models.DateField()
    source_text = models.TextField()
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_by_name = models.CharField(max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmation_is_demo = models.BooleanField(default=False)
    locked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="criteria_criteriaset_code_version_unique"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by_name="")
                | Q(confirmed_at__isnull=False) & ~Q(confirmed_by_name=""),
                name="criteria_criteriaset_confirmation_names_a_person",
            ),
            models.CheckConstraint(
                condition=Q(locked_at__isnull=True) | Q(confirmed_at__isnull=False),
                name="criteria_criteriaset_locked_only_when_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}, phiên bản {self.version}"

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None

    def rules(self) -> RuleSet:
        """Parsed once a process. Only that once is the text needed, so pages load the set without it."""
        if self.sha256 not in _parsed:
            _parsed[self.sha256] = load_rules(self.source_text)
        return _parsed[self.sha256]


class PeriodQuerySet(models.QuerySet["Period"]):
    def visible_to(self, user: User, today: date) -> "PeriodQuerySet":
        """The periods that a catalogue administrator looks after, those of predecessor provinces among them. Everybody
        else meets a period through its dossiers."""
        return self.filter(province__in=administered_unit_ids(user, today))

    def with_setting(self) -> "PeriodQuerySet":
        """With province and set, but without the set's text: 60 KB that no list shows (`CriteriaSet.rules`)."""
        return self.select_related("province", "criteria_set").defer("criteria_set__source_text")


class Period(models.Model):
    """Kỳ đánh giá: one province, one year, one set of criteria. Every question about units is answered for
    `figures_as_of` (ngày chốt số liệu), whatever has been merged since."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    province = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="periods")
    year = models.PositiveIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    figures_as_of = models.DateField()
    criteria_set = models.ForeignKey(CriteriaSet, on_delete=models.PROTECT, related_name="periods")
    is_demo = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    targets_version = models.PositiveIntegerField(default=1, help_text="Phiên bản của các chỉ tiêu đã ghi")

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "province__sort_key"]
        constraints = [
            models.UniqueConstraint(fields=["province", "year"], name="criteria_period_province_year_unique"),
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="criteria_period_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(figures_as_of__gte=F("starts_on")), name="criteria_period_figures_not_before_start"
            ),
        ]

    def __str__(self) -> str:
        return f"Kỳ đánh giá năm {self.year}, {self.province.name}"

    @property
    def audit_unit_id(self) -> int:
        return self.province_id

    @property
    def has_districts(self) -> bool:
        """False where no district was in force on the closing day: then no page of this period may speak of one."""
        return self.figures_as_of < TWO_TIER_FROM


class Task(models.TextChoices):
    APPRAISE = "appraise", "Thẩm định"
    DECIDE = "decide", "Quyết định"


class Authority(models.Model):
    """Which body does what in a period, for all communes below its unit. From 01/07/2025 the law names nobody for
    Decision 06: the shipped rows are proposals (`reconstructed`) until the province confirms them."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="authorities")
    task = models.CharField(max_length=10, choices=Task.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="authorities")
    body_name = models.CharField(max_length=200)
    parent_body_name = models.CharField(max_length=200, blank=True)
    signer_title = models.CharField(max_length=100)
    place = models.CharField(max_length=100)
    document_number = models.CharField(max_length=100)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    certainty = models.CharField(max_length=20, choices=Certainty.choices, default=Certainty.RECONSTRUCTED)

    class Meta:
        ordering = ["task", "unit__sort_key", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "task", "unit", "valid_from"], name="criteria_authority_one_row_a_day"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="criteria_authority_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=Q(task__in=Task.values), name="criteria_authority_task_known"),
            models.CheckConstraint(
                condition=Q(certainty__in=Certainty.values), name="criteria_authority_certainty_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_task_display()}: {self.body_name}"

    @property
    def audit_unit_id(self) -> int:
        return self.unit_id


class DeadlineKind(models.TextChoices):
    PLAN = "plan", "Xã gửi kế hoạch"
    DOSSIER = "dossier", "Xã nộp hồ sơ"
    APPRAISAL = "appraisal", "Hoàn thành thẩm định"
    DECISION = "decision", "Ra quyết định công nhận"
    DISTRICT_REPORT = "district_report", "Huyện báo cáo tỉnh"
    PROVINCE_REPORT = "province_report", "Tỉnh báo cáo"


class Deadline(models.Model):
    """A plan's wording and the exact instant that follows from it. What comes later is taken, and marked late."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="deadlines")
    kind = models.CharField(max_length=20, choices=DeadlineKind.choices)
    wording = models.CharField(max_length=100)
    cutoff = models.DateTimeField(help_text="Thời điểm đầu tiên bị coi là muộn")

    class Meta:
        ordering = ["cutoff"]
        constraints = [
            models.UniqueConstraint(fields=["period", "kind"], name="criteria_deadline_one_of_a_kind"),
            models.CheckConstraint(condition=Q(kind__in=DeadlineKind.values), name="criteria_deadline_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.wording}"

    @property
    def last_moment(self) -> datetime:
        """For the eye: «hết ngày 14/11» is easier to grasp than the midnight after it."""
        return self.cutoff - timedelta(seconds=1)


class Target(models.Model):
    """Chỉ tiêu: how many communes the plan of a unit wants recognised in a period."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="targets")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="targets")
    communes = models.PositiveIntegerField()
    document_number = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "unit"], name="criteria_target_one_a_unit"),
            models.CheckConstraint(condition=~Q(document_number=""), name="criteria_target_has_document"),
        ]

    def __str__(self) -> str:
        return f"{self.unit}: {self.communes} xã năm {self.period.year}"


class HolidayQuerySet(models.QuerySet["Holiday"]):
    def visible_to(self, user: User, today: date) -> "HolidayQuerySet":
        """The days of the whole country, and those of the provinces that a catalogue administrator looks after."""
        return self.filter(Q(province=None) | Q(province__in=administered_unit_ids(user, today)))

    def table_of(self, province_id: int) -> Holidays:
        """One query. What the province has entered for a day counts instead of what was shipped for it."""
        rows = self.filter(Q(province=None) | Q(province=province_id)).order_by(F("province").asc(nulls_first=True))
        kinds = dict(rows.values_list("day", "kind"))
        off, worked = (
            frozenset(day for day, found in kinds.items() if found == kind)
            for kind in (Holiday.Kind.OFF, Holiday.Kind.WORKED)
        )
        return Holidays(off, worked)


class Holiday(models.Model):
    """A day off that is no weekend, or a day worked that would be off. Rows without a province are shipped and hold for
    the whole country; a province adds its own by the yearly notice. A row never changes: it is removed and entered
    anew, so that whoever removes it removes what was seen."""

    class Kind(models.TextChoices):
        OFF = "off", "Ngày nghỉ"
        WORKED = "worked", "Ngày làm việc"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    day = models.DateField()
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    province = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="holidays")
    document_number = models.CharField(max_length=100, blank=True)
    certainty = models.CharField(max_length=20, choices=Certainty.choices)

    objects = HolidayQuerySet.as_manager()

    class Meta:
        ordering = ["day", F("province").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(fields=["province", "day"], name="criteria_holiday_once_in_a_province"),
            models.UniqueConstraint(
                fields=["day"], condition=Q(province__isnull=True), name="criteria_holiday_once_in_the_country"
            ),
            models.CheckConstraint(condition=Q(kind__in=["off", "worked"]), name="criteria_holiday_kind_known"),
            models.CheckConstraint(
                condition=Q(certainty__in=Certainty.values), name="criteria_holiday_certainty_known"
            ),
            models.CheckConstraint(
                condition=Q(province__isnull=True) | ~Q(document_number=""), name="criteria_holiday_own_has_document"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.day:%d/%m/%Y}: {self.name}"

    @property
    def audit_unit_id(self) -> int | None:
        return self.province_id
