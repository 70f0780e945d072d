import uuid
from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from assessments.models.dossier import Dossier
from assessments.models.scope import Condition, reaches
from assessments.policy import Relation, Right
from assessments.workflow import Status
from childfriendly.core.files import MAX_FILE_BYTES, Scan, waits_for_scan
from communes.models import User, within
from communes.queries import roles_of

WHERE: dict[Relation, Condition] = {
    Relation.COMMUNE: lambda units: Q(dossier__commune__in=units),
    Relation.APPRAISING: lambda units: Q(dossier__appraising_unit__in=units),
    Relation.DECIDING: lambda units: Q(dossier__deciding_unit__in=units),
    Relation.AREA: lambda units: within(units, "dossier__commune"),
    Relation.PROVINCE: lambda units: Q(dossier__period__province__in=units),
}


def _in_state(states: Collection[Status]) -> Q:
    """A file that was added after a return is a draft until the commune sends it."""
    unsent = Q(dossier__status=Status.RETURNED, round=F("dossier__round"))
    sent = Q(dossier__status__in=states) & ~unsent
    return sent | unsent if Status.DRAFT in states else sent


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def visible_to(self, user: User, today: date) -> "EvidenceQuerySet":
        """The files that a person may know of. The plain ones may be opened; of the sensitive ones `permissions` says
        who opens them, and who only by breaking the glass."""
        roles = roles_of(user, today)
        return self.filter(
            Q(is_sensitive=False) & reaches(roles, Right.READ_EVIDENCE, WHERE, _in_state)
            | Q(is_sensitive=True) & reaches(roles, Right.BREAK_GLASS, WHERE, _in_state)
        )

    def in_care_of(self, user: User, today: date) -> "EvidenceQuerySet":
        """The files that a person looks after: is told when the glass is broken, sees who opened them, locks them."""
        return self.filter(reaches(roles_of(user, today), Right.PROTECT, WHERE, _in_state))

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
    sent_sha256 = models.CharField(max_length=64, help_text="Của tệp như khi gửi; ảnh được vẽ lại rồi mới lưu")
    has_active_content = models.BooleanField(default=False)
    scan = models.CharField(max_length=10, choices=Scan.choices, default=Scan.WAITING)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    is_sensitive = models.BooleanField(default=False)
    round = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True, help_text="Ngừng xử lý: chỉ mở khẩn được")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["item", "slot", "uploaded_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "item", "sha256"],
                condition=Q(removed_at__isnull=True),
                name="assessments_evidence_same_file_once_an_item",
            ),
            models.CheckConstraint(
                condition=Q(size__gte=1, size__lte=MAX_FILE_BYTES), name="assessments_evidence_size_within_limit"
            ),
            models.CheckConstraint(condition=Q(scan__in=Scan.values), name="assessments_evidence_scan_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None

    @property
    def is_quarantined(self) -> bool:
        return self.scan == Scan.INFECTED

    @property
    def is_unscanned(self) -> bool:
        return waits_for_scan(self.scan)
