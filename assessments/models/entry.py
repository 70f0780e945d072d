from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models.dossier import Dossier
from criteria.scoring import Item, ItemKind, Ratio, RawAnswer

LARGEST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What a person typed for one item, whatever its kind. None is "not entered", never zero. `denominator` stays None
    for items whose denominator is a shared total (số liệu nền)."""

    yes: bool | None = None
    count: int | None = None
    numerator: int | None = None
    denominator: int | None = None
    zero_reason: str = ""

    @property
    def is_blank(self) -> bool:
        return self.yes is None and self.count is None and self.numerator is None and self.denominator is None

    def raw(self, item: Item, totals: Mapping[str, int]) -> RawAnswer:
        """The answer as the scoring engine takes it, the shared total filled in."""
        if item.kind is ItemKind.BOOLEAN:
            return self.yes
        if item.kind is ItemKind.COUNT:
            return self.count
        denominator = totals.get(item.denominator_key) if item.denominator_key else self.denominator
        if self.numerator is None and denominator is None:
            return None
        return Ratio(self.numerator, denominator, self.zero_reason)

    def text(self, item: Item, totals: Mapping[str, int]) -> str:
        """One line that tells whether two answers differ: «98/100», «Có», «4», or «» when blank."""
        raw = self.raw(item, totals)
        if raw is None:
            return ""
        if isinstance(raw, Ratio):
            halves = ("…" if half is None else str(half) for half in (raw.numerator, raw.denominator))
            return "/".join(halves) + (f" ({raw.reason})" if raw.reason and raw.denominator == 0 else "")
        return {True: "Có", False: "Không"}[raw] if isinstance(raw, bool) else str(raw)


class FigureFields(models.Model):
    """The columns that a declared and an appraised answer share."""

    item = models.CharField(max_length=20)
    yes = models.BooleanField(null=True, blank=True)
    count = models.PositiveBigIntegerField(null=True, blank=True)
    numerator = models.PositiveBigIntegerField(null=True, blank=True)
    denominator = models.PositiveBigIntegerField(null=True, blank=True)
    zero_reason = models.TextField(blank=True)

    class Meta:
        abstract = True

    @property
    def figures(self) -> Figures:
        return Figures(self.yes, self.count, self.numerator, self.denominator, self.zero_reason)


def figures_possible(name: str) -> list[models.CheckConstraint]:
    """Constraints of a table of answers: counts between 0 and 10^9, no numerator over its own denominator."""
    return [
        models.CheckConstraint(
            condition=Q(count__isnull=True) | Q(count__range=(0, LARGEST)), name=f"{name}_count_possible"
        ),
        models.CheckConstraint(
            condition=Q(numerator__isnull=True) | Q(numerator__range=(0, LARGEST)), name=f"{name}_numerator_possible"
        ),
        models.CheckConstraint(
            condition=Q(denominator__isnull=True) | Q(denominator__range=(0, LARGEST)),
            name=f"{name}_denominator_possible",
        ),
        models.CheckConstraint(
            condition=Q(numerator__isnull=True)
            | Q(denominator__isnull=True)
            | Q(numerator__lte=models.F("denominator")),
            name=f"{name}_part_within_whole",
        ),
    ]


class CriterionEntry(models.Model):
    """One criterion of one dossier: what two people must not overwrite for each other. No row: nothing entered yet."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="entries", db_index=False)
    criterion = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    appraisal_version = models.PositiveIntegerField(default=0)
    explanation = models.TextField(blank=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dossier", "criterion"], name="assessments_criterionentry_one_each")
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.criterion}"


class Answer(FigureFields):
    """The declared answer to one item. No row, or a row with blanks, is not a zero."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="answers", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dossier", "item"], name="assessments_answer_one_each"),
            *figures_possible("assessments_answer"),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.item}"


class BaseFigure(models.Model):
    """Số liệu nền: a total of children that several items share, typed once."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="base_figures", db_index=False)
    key = models.CharField(max_length=60)
    value = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dossier", "key"], name="assessments_basefigure_one_each"),
            models.CheckConstraint(condition=Q(value__range=(0, LARGEST)), name="assessments_basefigure_possible"),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.key}"


class FrozenSheet(models.Model):
    """The score sheet and the answers it came from, as they stood at a submit or at a conclusion. Never changed."""

    class Kind(models.TextChoices):
        DECLARED = "declared", "Xã tự chấm"
        APPRAISED = "appraised", "Thẩm định"

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="frozen_sheets", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField(help_text="Lần thứ mấy của loại này")
    area_type = models.CharField(max_length=40)
    rules_sha256 = models.CharField(max_length=64)
    answers = models.JSONField()
    sheet = models.JSONField()
    total = models.PositiveIntegerField()
    threshold = models.PositiveIntegerField()
    passes = models.BooleanField()
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "kind", "number"], name="assessments_frozensheet_one_each")
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.get_kind_display()} {self.number}"
