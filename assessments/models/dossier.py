import uuid
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models.scope import Condition, reaches
from assessments.policy import CONCLUDED, SENT, Relation, Right, rule_of
from assessments.workflow import Status
from communes.models import AreaType, Unit, User, within
from communes.queries import roles_of
from criteria.models import DeadlineKind, Period

WHERE: dict[Relation, Condition] = {
    Relation.COMMUNE: lambda units: Q(commune__in=units),
    Relation.APPRAISING: lambda units: Q(appraising_unit__in=units),
    Relation.DECIDING: lambda units: Q(deciding_unit__in=units),
    Relation.AREA: lambda units: within(units, "commune"),
    Relation.PROVINCE: lambda units: Q(period__province__in=units),
}


class Recommendation(models.TextChoices):
    RECOGNISE = "recognise", "Đề nghị công nhận"
    REFUSE = "refuse", "Đề nghị không công nhận"


class DossierQuerySet(models.QuerySet["Dossier"]):
    def visible_to(self, user: User, today: date) -> "DossierQuerySet":
        """What a person may see at all; the answer for everything else is 404. Roles are judged `today`; the units they
        are held at serve the periods in which those units were in force."""
        return self.filter(reaches(roles_of(user, today), Right.READ, WHERE, lambda states: Q(status__in=states)))

    def free_to_propose(self, user: User, today: date) -> "DossierQuerySet":
        """What a head of office can put before the leader now, grouped as one proposal may hold it."""
        rule = rule_of(Right.PROPOSE)
        offices = roles_of(user, today).units(rule.role)
        return (
            self.filter(WHERE[rule.relation](offices), status__in=rule.states)
            .exclude(proposal_items__is_live=True)
            .order_by("-period__year", "period", "deciding_unit", "commune__sort_key")
        )

    def with_place_and_period(self) -> "DossierQuerySet":
        """What the head of a page or a line of a list names, in one query, and the rules. The units that appraise and
        decide are left to the pages that ask for them: five tables are read in half the time of eight."""
        return self.select_related("commune__parent__parent", "period__criteria_set").defer(
            "period__criteria_set__source_text"
        )

    def with_setting(self) -> "DossierQuerySet":
        """Everything a list or a page head shows, in one query; without the text of the set, 60 KB in every row."""
        return self.select_related(
            "commune__parent__parent", "period__criteria_set", "period__province", "appraising_unit", "deciding_unit"
        ).defer("period__criteria_set__source_text")


class Dossier(models.Model):
    """Hồ sơ: one commune's assessment in one period. `status` is written by `services` alone, through the table in
    `workflow.py`. `version` counts moves; figures have versions of their own."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=40, unique=True)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="dossiers")
    commune = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="dossiers")
    appraising_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    deciding_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1)
    round = models.PositiveIntegerField(default=0, help_text="Số lần đã trả lại")
    base_version = models.PositiveIntegerField(default=0, help_text="Phiên bản của số liệu nền đã khai")
    appraised_base_version = models.PositiveIntegerField(default=0)

    area_type = models.CharField(max_length=40, choices=AreaType.choices, blank=True)
    area_type_document = models.CharField(max_length=200, blank=True)

    # Stored for lists and summaries; the truth is the frozen sheet, and a check compares the two.
    declared_total = models.PositiveIntegerField(null=True, blank=True)
    appraised_total = models.PositiveIntegerField(null=True, blank=True)
    threshold = models.PositiveIntegerField(null=True, blank=True)
    passes = models.BooleanField(null=True, blank=True, help_text="Theo số liệu thẩm định")

    appraiser = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    recommendation = models.CharField(max_length=10, choices=Recommendation.choices, blank=True)
    recommendation_reason = models.TextField(blank=True)

    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    concluded_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = DossierQuerySet.as_manager()

    class Meta:
        ordering = ["commune__sort_key", "code"]
        indexes = [
            models.Index(fields=["appraising_unit", "status"], name="assessments_dossier_queue"),
            models.Index(fields=["deciding_unit", "status"], name="assessments_dossier_deciding"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["period", "commune"], name="assessments_dossier_one_a_period"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="assessments_dossier_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=[Status.DRAFT, Status.WITHDRAWN])
                | ~Q(area_type="") & Q(submitted_at__isnull=False),
                name="assessments_dossier_sent_has_area_type_and_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[status for status in Status if status in CONCLUDED])
                | ~Q(recommendation="")
                & Q(appraised_total__isnull=False, passes__isnull=False, appraiser__isnull=False),
                name="assessments_dossier_concluded_has_result",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.RECOGNISED, Status.REVOKED]) | Q(passes=True),
                name="assessments_dossier_recognised_passes",
            ),
        ]

    def __str__(self) -> str:
        return f"Hồ sơ {self.code}"

    @property
    def audit_unit_id(self) -> int:
        return self.commune_id

    @property
    def is_sent(self) -> bool:
        return self.status in SENT


class StepTime(models.Model):
    """When a step with a deadline was first done, and what the cut-off was then. Late stays late for ever; whoever was
    late by minutes at most (DEADLINE_GRACE_MINUTES) has that written beside it."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="step_times", db_index=False)
    kind = models.CharField(max_length=20, choices=DeadlineKind.choices)
    done_at = models.DateTimeField()
    cutoff = models.DateTimeField()
    is_late = models.BooleanField()
    is_in_grace = models.BooleanField(default=False, help_text="Muộn, nhưng trong thời gian gia hạn kỹ thuật")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dossier", "kind"], name="assessments_steptime_first_only"),
            models.CheckConstraint(
                condition=Q(is_late=True, done_at__gte=models.F("cutoff"))
                | Q(is_late=False, done_at__lt=models.F("cutoff")),
                name="assessments_steptime_late_is_true",
            ),
            models.CheckConstraint(
                condition=Q(is_in_grace=False) | Q(is_late=True), name="assessments_steptime_grace_is_late"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.done_at:%d/%m/%Y}"

    @classmethod
    def judged(
        cls,
        dossier: Dossier,
        kind: DeadlineKind,
        *,
        done_at: datetime,
        cutoff: datetime,
        grace: timedelta = timedelta(),
    ) -> "StepTime":
        return cls(
            dossier=dossier,
            kind=kind,
            done_at=done_at,
            cutoff=cutoff,
            is_late=done_at >= cutoff,
            is_in_grace=cutoff <= done_at < cutoff + grace,
        )
