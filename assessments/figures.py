"""What a dossier's stored figures add up to: the declared and the appraised score sheet, and what is still to do.
Reads only; every page and every guard asks here, so that no two screens can disagree."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from assessments.models import (
    Answer,
    AppraisedAnswer,
    AppraisedBaseFigure,
    BaseFigure,
    CriterionEntry,
    Dossier,
    Figures,
    ReturnedItem,
)
from assessments.workflow import Status
from communes.models import AreaType
from communes.services import area_type_of, propose_area_type
from criteria.scoring import Item, RuleSet, ScoreSheet, score

NOTHING = Figures()


@dataclass(frozen=True)
class AreaTypeInUse:
    """The area type a dossier is scored with. `is_settled` is false while it is only our proposal."""

    value: AreaType
    document_number: str
    is_settled: bool


@dataclass(frozen=True)
class DossierFigures:
    """One dossier's figures, loaded in a fixed number of queries."""

    dossier: Dossier
    rules: RuleSet
    area: AreaTypeInUse
    entries: Mapping[str, CriterionEntry]
    answers: Mapping[str, Figures]
    totals: Mapping[str, int]
    appraised: Mapping[str, AppraisedAnswer]
    appraised_totals: Mapping[str, AppraisedBaseFigure]
    returned: tuple[ReturnedItem, ...]  # of the present round

    @cached_property
    def declared_sheet(self) -> ScoreSheet:
        return self._score(self.answers, self.totals)

    @cached_property
    def appraised_sheet(self) -> ScoreSheet:
        """Scores what the appraiser has settled so far; what is not looked at yet counts as missing."""
        return self._score(
            {item: row.figures for item, row in self.appraised.items()},
            {key: row.value for key, row in self.appraised_totals.items()},
        )

    def _score(self, figures: Mapping[str, Figures], totals: Mapping[str, int]) -> ScoreSheet:
        raw = {item.code: figures.get(item.code, NOTHING).raw(item, totals) for item in self.rules.items}
        return score(self.rules, self.area.value, raw)

    def declared_text(self, item: Item) -> str:
        return self.answers.get(item.code, NOTHING).text(item, self.totals)

    def appraised_text(self, item: Item) -> str:
        row = self.appraised.get(item.code)
        return row.figures.text(item, {key: total.value for key, total in self.appraised_totals.items()}) if row else ""

    def is_appraised(self, item: Item) -> bool:
        """Settled, and settled on the figure that the commune declares now."""
        row = self.appraised.get(item.code)
        return row is not None and row.declared_as == self.declared_text(item)

    def is_total_appraised(self, key: str) -> bool:
        row = self.appraised_totals.get(key)
        return row is not None and row.declared_as == self.totals.get(key)

    @property
    def still_to_appraise(self) -> list[str]:
        """Keys of shared totals and codes of items, in the set's order."""
        totals = [total.key for total in self.rules.base_figures if not self.is_total_appraised(total.key)]
        return totals + [item.code for item in self.rules.items if not self.is_appraised(item)]

    @property
    def missing_totals(self) -> list[str]:
        return [total.key for total in self.rules.base_figures if total.key not in self.totals]

    @property
    def not_mended(self) -> list[ReturnedItem]:
        return [item for item in self.returned if item.mended_at is None]

    @property
    def open_targets(self) -> frozenset[str] | None:
        """What the commune may change now: None means everything, else item codes and keys of shared totals."""
        if self.dossier.status == Status.DRAFT:
            return None
        if self.dossier.status == Status.RETURNED:
            return frozenset(item.target for item in self.returned)
        return frozenset()

    def is_open(self, target: str) -> bool:
        return self.open_targets is None or target in self.open_targets

    def target_title(self, target: str) -> str:
        for total in self.rules.base_figures:
            if total.key == target:
                return total.title
        return f"{target} – {self.rules.item(target).title}"


def load_figures(dossier: Dossier) -> DossierFigures:
    """Seven queries at most, whatever the dossier holds. Give a dossier from `with_setting()`."""
    appraised_totals = AppraisedBaseFigure.objects.filter(dossier=dossier).select_related("appraised_by")
    return DossierFigures(
        dossier=dossier,
        rules=dossier.period.criteria_set.rules(),
        area=area_in_use(dossier),
        entries={
            row.criterion: row for row in CriterionEntry.objects.filter(dossier=dossier).select_related("saved_by")
        },
        answers={row.item: row.figures for row in Answer.objects.filter(dossier=dossier)},
        totals=dict(BaseFigure.objects.filter(dossier=dossier).values_list("key", "value")),
        appraised={
            row.item: row for row in AppraisedAnswer.objects.filter(dossier=dossier).select_related("appraised_by")
        },
        appraised_totals={row.key: row for row in appraised_totals},
        returned=tuple(ReturnedItem.objects.filter(dossier=dossier, round=dossier.round)) if dossier.round else (),
    )


def area_in_use(dossier: Dossier) -> AreaTypeInUse:
    """Frozen on the dossier from the submit on; before, the accepted assignment on the closing day, or our proposal."""
    if dossier.area_type and dossier.is_sent:
        return AreaTypeInUse(AreaType(dossier.area_type), dossier.area_type_document, is_settled=True)
    assignment = area_type_of(dossier.commune, dossier.period.figures_as_of)
    if assignment is not None:
        return AreaTypeInUse(AreaType(assignment.area_type), assignment.document_number, is_settled=True)
    return AreaTypeInUse(propose_area_type(dossier.commune) or AreaType.OTHER, "", is_settled=False)


def figures_of_last_period(dossier: Dossier) -> dict[str, str]:
    """Item code → the declared answer of the same commune's latest earlier dossier that was sent, as text. Empty where
    there is none."""
    earlier = (
        Dossier.objects.with_setting()
        .filter(commune=dossier.commune, period__year__lt=dossier.period.year, submitted_at__isnull=False)
        .order_by("-period__year")
        .first()
    )
    if earlier is None:
        return {}
    rules = earlier.period.criteria_set.rules()
    totals = dict(BaseFigure.objects.filter(dossier=earlier).values_list("key", "value"))
    answers = {row.item: row.figures for row in Answer.objects.filter(dossier=earlier)}
    texts = {item.code: answers[item.code].text(item, totals) for item in rules.items if item.code in answers}
    return {**{key: str(value) for key, value in totals.items()}, **texts}
