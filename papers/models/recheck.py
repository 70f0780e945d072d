"""Phúc tra: what was found on the spot in one commune, as a signed record says it. And the opinions of sector
departments on single criteria, asked for with a deadline.

Neither changes a figure or a point: findings are set beside what was declared and appraised, and whoever appraises
weighs them.
"""

import uuid
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models import Dossier
from assessments.models.dossier import WHERE
from assessments.models.entry import FigureFields, figures_possible
from assessments.models.scope import reaches
from assessments.policy import Relation
from assessments.policy import Right as DossierRight
from communes.models import Unit, User
from communes.queries import roles_of
from criteria.models import Period
from papers.kinds import Desk
from papers.policy import Right, roles_with


class RecheckQuerySet(models.QuerySet["Recheck"]):
    def visible_to(self, user: User, today: date) -> "RecheckQuerySet":
        """Findings are work between the offices, as the appraised figures are: who reads those reads these."""
        seen = reaches(roles_of(user, today), DossierRight.READ_APPRAISAL, WHERE, lambda states: Q(status__in=states))
        return self.filter(dossier__in=Dossier.objects.filter(seen).order_by().values("pk"))


class Recheck(models.Model):
    """One visit. The desk is that of the people who entered it; what the province enters holds no figure of a sensitive
    criterion, since its people may not know small ones."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="rechecks", db_index=False)
    desk = models.CharField(max_length=10, choices=Desk.choices)
    held_on = models.DateField("ngày phúc tra")
    body_name = models.CharField("đoàn phúc tra", max_length=200)
    participants = models.TextField("thành phần tham gia")
    conclusion = models.TextField("kết luận")
    record = models.CharField("biên bản phúc tra đã ký", max_length=150)  # «Biên bản số 03/BB-PLĐTBXH ngày 20/11/2024»
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    objects = RecheckQuerySet.as_manager()

    class Meta:
        ordering = ["held_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "held_on", "desk"], name="papers_recheck_one_a_day"),
            models.CheckConstraint(condition=Q(desk__in=["office", "province"]), name="papers_recheck_desk_known"),
            models.CheckConstraint(
                condition=~Q(body_name="") & ~Q(participants="") & ~Q(conclusion="") & ~Q(record=""),
                name="papers_recheck_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Phúc tra {self.dossier_id} ngày {self.held_on:%d/%m/%Y}"


class Finding(FigureFields):
    """What was found for one item; without a figure the note says what."""

    recheck = models.ForeignKey(Recheck, on_delete=models.PROTECT, related_name="findings", db_index=False)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["item"]
        constraints = [
            models.UniqueConstraint(fields=["recheck", "item"], name="papers_finding_one_each"),
            models.CheckConstraint(
                condition=~Q(note="")
                | Q(yes__isnull=False)
                | Q(count__isnull=False)
                | Q(numerator__isnull=False)
                | Q(denominator__isnull=False),
                name="papers_finding_says_something",
            ),
            *figures_possible("papers_finding"),
        ]

    def __str__(self) -> str:
        return f"{self.recheck_id} {self.item}"


def findings_of(dossier: Dossier) -> dict[str, Finding]:
    """Item → what the latest re-check that looked at it found, with its `recheck`. One query."""
    rows = Finding.objects.filter(recheck__dossier=dossier).select_related("recheck")
    return {row.item: row for row in rows.order_by("recheck__held_on", "recheck")}


# ---- opinions ------------------------------------------------------------------------------------------------------
class OpinionQuerySet(models.QuerySet["Opinion"]):
    def visible_to(self, user: User, today: date) -> "OpinionQuerySet":
        """The office that asks; others read in its minutes what was answered."""
        return self.filter(unit__in=roles_of(user, today).units(*roles_with(Right.ASK_OPINION, Relation.APPRAISING)))


class Opinion(models.Model):
    """One department asked about one criterion of all communes that an office appraises in a period."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="opinions")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="opinions")
    criterion = models.CharField(max_length=20)
    department = models.CharField("cơ quan được lấy ý kiến", max_length=150)
    due_on = models.DateField("hạn cho ý kiến")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    received_on = models.DateField("ngày nhận", null=True, blank=True)
    text = models.TextField("nội dung ý kiến", blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = OpinionQuerySet.as_manager()

    class Meta:
        ordering = ["-period__year", "criterion", "department"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "period", "criterion", "department"], name="papers_opinion_asked_once"
            ),
            models.CheckConstraint(condition=~Q(department=""), name="papers_opinion_has_department"),
            models.CheckConstraint(
                condition=Q(received_on__isnull=True, text="", entered_by__isnull=True)
                | Q(received_on__isnull=False, entered_by__isnull=False) & ~Q(text=""),
                name="papers_opinion_received_has_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department}: {self.criterion}"

    @property
    def audit_unit_id(self) -> int:
        return self.unit_id

    def words(self, today: date, *, tells_text: bool = True) -> str:
        """For the record. Silence is no consent: it is stated as what it is. An opinion on a sensitive criterion may
        tell a small count, so that papers for outsiders say only that there is one. What came after `today` is not
        there yet: minutes tell how it stood on the day of the meeting."""
        if self.received_on and self.received_on <= today:
            late = ", sau hạn" if self.received_on > self.due_on else ""
            text = self.text if tells_text else "đã có ý kiến, phiếu lưu tại cơ quan thẩm định"
            return f"{text} (nhận ngày {self.received_on:%d/%m/%Y}{late})"
        if today > self.due_on:
            return f"không có ý kiến đến hết ngày {self.due_on:%d/%m/%Y}"
        return f"đang lấy ý kiến, hạn {self.due_on:%d/%m/%Y}"


def opinions_on(period: Period, unit: Unit, on: date) -> list[Opinion]:
    """Those that had been asked for by the end of that day."""
    asked = Opinion.objects.filter(period=period, unit=unit, asked_at__date__lte=on)
    return list(asked.order_by("criterion", "department"))
