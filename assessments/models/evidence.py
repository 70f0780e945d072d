import uuid
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from assessments.models.dossier import APPRAISED, SENT, Dossier
from assessments.workflow import Status
from communes.models import Role, User, any_of, within
from communes.queries import roles_of


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def visible_to(self, user: User, today: date) -> "EvidenceQuerySet":
        """Which files a person may open. Narrower than the dossier: what the commune has not sent yet is its own, and
        the province reads the papers of decided dossiers only, never those about single children (SECURITY.md)."""
        roles = roles_of(user, today)
        sent = Q(dossier__status__in=SENT) & ~Q(dossier__status=Status.RETURNED, round=F("dossier__round"))
        ways = []
        if own := roles.units(Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD):
            ways.append(Q(dossier__commune__in=own))
        if appraising := roles.units(Role.APPRAISER, Role.HEAD_OF_OFFICE):
            ways.append(Q(dossier__appraising_unit__in=appraising) & sent)
        if deciding := roles.units(Role.LEADER, Role.CLERK):
            ways.append(Q(dossier__deciding_unit__in=deciding, dossier__status__in=APPRAISED) & sent)
        if reading := roles.covered_unit_ids(Role.INSPECTOR):
            ways.append(within(reading, "dossier__commune") & sent)
        if province_wide := roles.covered_unit_ids(Role.PROVINCE_STAFF):
            decided = Q(dossier__status__in=[Status.RECOGNISED, Status.REFUSED], is_sensitive=False)
            ways.append(Q(dossier__period__province__in=province_wide) & decided)
        return self.filter(any_of(ways))

    def present(self) -> "EvidenceQuerySet":
        return self.filter(removed_at__isnull=True)


class Evidence(models.Model):
    """Minh chứng: a file behind an item. The bytes lie under their hash outside the web root; the row comes after them,
    never before. Nothing is deleted: a file taken out stays readable in the history."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="evidence")
    item = models.CharField(max_length=20)
    slot = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Thứ tự trong danh sách gợi ý của mục")
    name = models.CharField(max_length=150)
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    is_sensitive = models.BooleanField(default=False)
    round = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["item", "slot", "uploaded_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "item", "sha256"],
                condition=Q(removed_at__isnull=True),
                name="assessments_evidence_same_file_once_an_item",
            ),
        ]

    def __str__(self) -> str:
        return self.name
