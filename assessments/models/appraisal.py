from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models.dossier import Dossier
from assessments.models.entry import LARGEST, FigureFields, figures_possible


class AppraisedAnswer(FigureFields):
    """The appraiser's answer beside the declared one. `declared_as` is the declared answer as it read then: where the
    commune has changed it since, the item has to be looked at again."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="appraised_answers", db_index=False)
    reason = models.TextField(blank=True, help_text="Bắt buộc khi khác số xã khai")
    declared_as = models.CharField(max_length=1200)
    appraised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    appraised_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dossier", "item"], name="assessments_appraisedanswer_one_each"),
            *figures_possible("assessments_appraisedanswer"),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.item}"


class AppraisedBaseFigure(models.Model):
    dossier = models.ForeignKey(
        Dossier, on_delete=models.PROTECT, related_name="appraised_base_figures", db_index=False
    )
    key = models.CharField(max_length=60)
    value = models.PositiveBigIntegerField()
    reason = models.TextField(blank=True)
    declared_as = models.PositiveBigIntegerField()
    appraised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    appraised_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dossier", "key"], name="assessments_appraisedbasefigure_one_each"),
            models.CheckConstraint(
                condition=Q(value__range=(0, LARGEST)), name="assessments_appraisedbasefigure_possible"
            ),
            models.CheckConstraint(
                condition=Q(value=models.F("declared_as")) | ~Q(reason=""),
                name="assessments_appraisedbasefigure_difference_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.key}"


class ReturnedItem(models.Model):
    """One thing the commune has to mend in one round: an item (TC06.2) or a shared total (children_under_16)."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="returned_items", db_index=False)
    round = models.PositiveIntegerField()
    target = models.CharField(max_length=60)
    reason = models.TextField()
    declared_as = models.CharField(max_length=1200, blank=True)
    mended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["round", "target"]
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "round", "target"], name="assessments_returneditem_once_a_round"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="assessments_returneditem_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.target}, lần {self.round}"
