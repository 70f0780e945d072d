import uuid
from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from assessments.models.evidence import Evidence
from communes.models import User


class EvidenceAccessQuerySet(models.QuerySet["EvidenceAccess"]):
    def live(self, evidence: Evidence, user: User, at: datetime) -> "EvidenceAccessQuerySet":
        """What opens this one file to this person now."""
        return self.filter(evidence=evidence, reader=user, opened_at__lte=at, until__gt=at)

    def to_acknowledge(self, user: User, today: date) -> "EvidenceAccessQuerySet":
        """Emergencies that this person is to be told of: of files that are in the person's care, never one's own."""
        cared_for = Evidence.objects.in_care_of(user, today).values("pk")
        return self.filter(is_emergency=True, acknowledged_at__isnull=True, evidence__in=cared_for).exclude(reader=user)


class EvidenceAccess(models.Model):
    """One file opened to one person for a few minutes, with the reason. Breaking the glass (`is_emergency`) is told to
    a second person, who acknowledges it. Never changed otherwise."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="accesses")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reader_role = models.CharField(max_length=300)
    reason = models.TextField()
    is_emergency = models.BooleanField()
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceAccessQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(
                fields=["evidence"],
                condition=Q(is_emergency=True, acknowledged_at__isnull=True),
                name="assessments_access_untold",
            )
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="assessments_evidenceaccess_has_reason"),
            models.CheckConstraint(condition=Q(until__gt=F("opened_at")), name="assessments_evidenceaccess_ends"),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False) & ~Q(acknowledged_by=F("reader")),
                name="assessments_evidenceaccess_told_to_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.opened_at:%d/%m/%Y %H:%M}"
