import uuid
from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models.dossier import Dossier
from assessments.models.scope import Condition, reaches
from assessments.policy import Relation, Right
from assessments.workflow import Status
from childfriendly.core.files import Scan
from communes.models import Unit, User, within
from communes.queries import roles_of
from criteria.models import Period
from criteria.scoring import side_of, vietnamese


class Result(models.TextChoices):
    RECOGNISED = "recognised", "Công nhận"
    REFUSED = "refused", "Không công nhận"


PROPOSALS: dict[Relation, Condition] = {
    Relation.APPRAISING: lambda units: Q(appraising_unit__in=units),
    Relation.DECIDING: lambda units: Q(deciding_unit__in=units),
    Relation.AREA: lambda units: within(units, "deciding_unit"),
}
DECISIONS: dict[Relation, Condition] = {
    Relation.COMMUNE: lambda units: Q(
        pk__in=DecisionItem.objects.filter(dossier__commune__in=units).values("decision")
    ),
    Relation.APPRAISING: lambda units: Q(proposal__appraising_unit__in=units),
    Relation.DECIDING: lambda units: Q(deciding_unit__in=units),
    Relation.AREA: lambda units: within(units, "deciding_unit"),
    Relation.PROVINCE: lambda units: Q(period__province__in=units),
}


def _decided(states: Collection[Status]) -> Q:
    """A decision is concluded until it has its number."""
    return Q() if Status.CONCLUDED in states else ~Q(number="")


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: User, today: date) -> "ProposalQuerySet":
        return self.filter(reaches(roles_of(user, today), Right.READ_PROPOSAL, PROPOSALS, lambda states: Q()))


class Proposal(models.Model):
    """Hồ sơ trình: concluded dossiers that go to the leader together, with the council's minutes and a tờ trình."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Đã trình"
        RETURNED = "returned", "Lãnh đạo trả lại"
        APPROVED = "approved", "Đã duyệt"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="proposals")
    appraising_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    deciding_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.SUBMITTED)
    version = models.PositiveIntegerField(default=1)
    submission_number = models.CharField(max_length=60)
    submission_text = models.TextField()
    minutes_name = models.CharField(max_length=150)
    minutes_path = models.CharField(max_length=200)
    minutes_sha256 = models.CharField(max_length=64)
    minutes_size = models.PositiveBigIntegerField()
    minutes_content_type = models.CharField(max_length=100)
    minutes_have_active_content = models.BooleanField(default=False)
    minutes_scan = models.CharField(max_length=10, choices=Scan.choices, default=Scan.WAITING)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    return_reason = models.TextField(blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(return_reason=""),
                name="assessments_proposal_returned_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="submitted", answered_at__isnull=True)
                | ~Q(state="submitted") & Q(answered_at__isnull=False),
                name="assessments_proposal_answered_has_time",
            ),
            models.CheckConstraint(condition=Q(minutes_scan__in=Scan.values), name="assessments_proposal_scan_known"),
        ]

    def __str__(self) -> str:
        return f"Tờ trình {self.submission_number}"

    @property
    def audit_unit_id(self) -> int:
        return self.appraising_unit_id


class ProposalItem(models.Model):
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="items")
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="proposal_items")
    result = models.CharField(max_length=10, choices=Result.choices)
    is_live = models.BooleanField(default=True, help_text="Sai khi lãnh đạo đã trả lại hồ sơ trình")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier"], condition=Q(is_live=True), name="assessments_proposalitem_in_one_live_proposal"
            ),
            models.UniqueConstraint(fields=["proposal", "dossier"], name="assessments_proposalitem_once"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.dossier_id}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, user: User, today: date) -> "DecisionQuerySet":
        return self.filter(reaches(roles_of(user, today), Right.READ_DECISION, DECISIONS, _decided))


class Decision(models.Model):
    """Quyết định công nhận, one for many communes. It exists from the leader's approval; number and date come from the
    agency's own register after signing and are typed by the clerk. Once it has them, nothing of it changes."""

    class Kind(models.TextChoices):
        RECOGNITION = "recognition", "Quyết định công nhận"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.RECOGNITION)
    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="decision")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="decisions")
    deciding_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="decisions")
    version = models.PositiveIntegerField(default=1)
    symbol = models.CharField(max_length=40, default="QĐ-UBND")
    number = models.CharField(max_length=10, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    number_year = models.PositiveIntegerField(null=True, blank=True)
    body_name = models.CharField(max_length=200)
    parent_body_name = models.CharField(max_length=200, blank=True)
    place = models.CharField(max_length=100)
    authority_document = models.CharField(max_length=100)
    submitting_body_name = models.CharField(max_length=200)
    signer_title = models.CharField(max_length=150)  # as long as the title of a role may be
    signer_name = models.CharField(max_length=200)
    signed_for_title = models.CharField(max_length=150, blank=True)  # «Chủ tịch», where somebody signs in that place
    signed_for = models.CharField(max_length=300, blank=True)  # «(thay đồng chí …, văn bản số …)»
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    numbered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    numbered_at = models.DateTimeField(null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-approved_at"]
        constraints = [
            # NĐ 30/2020, điều 15: số và ký hiệu là duy nhất trong một năm của một cơ quan.
            models.UniqueConstraint(
                fields=["deciding_unit", "kind", "number_year", "number"],
                condition=~Q(number=""),
                name="assessments_decision_number_unique_a_year",
            ),
            models.CheckConstraint(
                condition=Q(number="", issued_on__isnull=True, number_year__isnull=True, numbered_at__isnull=True)
                | ~Q(number="")
                & Q(issued_on__isnull=False, numbered_at__isnull=False, number_year=models.F("issued_on__year")),
                name="assessments_decision_number_with_date",
            ),
        ]

    def __str__(self) -> str:
        return f"Quyết định {self.full_number}" if self.number else "Quyết định (dự thảo, chưa có số)"

    @property
    def audit_unit_id(self) -> int:
        return self.deciding_unit_id

    @property
    def is_issued(self) -> bool:
        return self.number != ""

    @property
    def full_number(self) -> str:
        """«05/QĐ-UBND»: single digits get a zero in front, as the register writes them (NĐ 30/2020, phụ lục I)."""
        return f"{self.number.zfill(2)}/{self.symbol}" if self.number else ""


class DecisionItem(models.Model):
    """One commune in a decision, with its name as it was: names are frozen here."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="items", db_index=False)
    dossier = models.OneToOneField(Dossier, on_delete=models.PROTECT, related_name="decision_item")
    position = models.PositiveIntegerField()
    result = models.CharField(max_length=10, choices=Result.choices)
    commune_name = models.CharField(max_length=200)
    parent_name = models.CharField(max_length=200)
    total = models.PositiveIntegerField()
    threshold = models.PositiveIntegerField()
    reasons = models.JSONField(default=list, blank=True)
    hides_total = models.BooleanField(default=False, help_text="Tổng điểm sẽ làm lộ số trẻ em từ 1 đến 4")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "position"], name="assessments_decisionitem_position_unique"),
            models.CheckConstraint(condition=Q(result__in=Result.values), name="assessments_decisionitem_result_known"),
        ]

    def __str__(self) -> str:
        return self.commune_name

    @property
    def total_text(self) -> str:
        """«955», or «từ 850 trở lên» where the total would tell a count that names children."""
        return side_of(self.total, self.threshold) if self.hides_total else vietnamese(self.total)
