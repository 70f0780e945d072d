"""What a dossier's stored figures add up to: the declared and the appraised score sheet, and what is still to do.
Reads only; every page and every guard asks here, so that no two screens can disagree."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.db.models import Q

from assessments.models import (
    Answer,
    AppraisedAnswer,
    AppraisedBaseFigure,
    BaseFigure,
    CriterionEntry,
    Dossier,
    Figures,
    FrozenSheet,
    ReturnedItem,
)
from assessments.workflow import Status
from communes.models import AreaType
from communes.services import area_type_of, propose_area_type
from criteria.disclosure import masked_text
from criteria.models import rules_with
from criteria.scoring import Item, RawAnswer, RuleSet, ScoreSheet, score

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

    @property
    def hides_anything(self) -> bool:
        """Whether this reader is shown less than is stored (`disclosure.MaskedFigures`)."""
        return False

    @cached_property
    def declared_sheet(self) -> ScoreSheet:
        return self._score(self.declared_raw)

    @cached_property
    def appraised_sheet(self) -> ScoreSheet:
        """Scores what the appraiser has settled so far; what is not looked at yet counts as missing."""
        return self._score(self.appraised_raw)

    @property
    def declared_raw(self) -> dict[str, RawAnswer]:
        """Item code → the declared answer as the scoring takes it, in the order of the set."""
        return self._raw(self.answers, self.totals)

    @property
    def appraised_raw(self) -> dict[str, RawAnswer]:
        return self._raw(
            {item: row.figures for item, row in self.appraised.items()},
            {key: row.value for key, row in self.appraised_totals.items()},
        )

    def _raw(self, figures: Mapping[str, Figures], totals: Mapping[str, int]) -> dict[str, RawAnswer]:
        return {item.code: figures.get(item.code, NOTHING).raw(item, totals) for item in self.rules.items}

    def _score(self, raw: Mapping[str, RawAnswer]) -> ScoreSheet:
        return _scored(self.rules.sha256, self.area.value, tuple(raw.values()))

    def public_text(self, item_code: str, text: str) -> str:
        """An answer as everybody may read it: what the audit keeps. The exact ones stay in answers and sheets."""
        return masked_text(text) if self.rules.names_children(item_code) else text

    def readable_text(self, item_code: str, text: str) -> str:
        """An answer that was kept as text (of an earlier round or year), as this reader may read it."""
        return text

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
    def settled_totals(self) -> dict[str, int]:
        """The shared totals as appraised; where they are not yet, as declared."""
        return {**self.totals, **{key: row.value for key, row in self.appraised_totals.items()}}

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


@lru_cache(maxsize=256)
def _scored(rules_sha256: str, area_type: str, answers: tuple[RawAnswer, ...]) -> ScoreSheet:
    """The sheet of these answers, in the order of the set's items. Kept, since whoever walks through the 13 pages of a
    dossier has the same figures scored on each; the same figures under the same rules never score otherwise."""
    rules = rules_with(rules_sha256)
    return score(rules, area_type, {item.code: raw for item, raw in zip(rules.items, answers, strict=True)})


def load_figures(dossier: Dossier) -> DossierFigures:
    """Seven queries at most, whatever the dossier holds. Give a dossier from `with_setting()`."""
    appraised, appraised_totals = _appraised(dossier)
    return DossierFigures(
        dossier=dossier,
        rules=dossier.period.criteria_set.rules(),
        area=area_in_use(dossier),
        entries={
            row.criterion: row for row in CriterionEntry.objects.filter(dossier=dossier).select_related("saved_by")
        },
        answers=_answers(dossier),
        totals=dict(BaseFigure.objects.filter(dossier=dossier).values_list("key", "value")),
        appraised=appraised,
        appraised_totals=appraised_totals,
        returned=tuple(ReturnedItem.objects.filter(dossier=dossier, round=dossier.round)) if dossier.round else (),
    )


def _answers(dossier: Dossier) -> dict[str, Figures]:
    rows = Answer.objects.filter(dossier=dossier).values_list(
        "item", "yes", "count", "numerator", "denominator", "zero_reason"
    )
    return {item: Figures(yes, count, part, whole, reason) for item, yes, count, part, whole, reason in rows}


def _appraised(dossier: Dossier) -> tuple[dict[str, AppraisedAnswer], dict[str, AppraisedBaseFigure]]:
    """Nothing is asked of the database for a dossier that was never sent: nobody can have appraised it."""
    if dossier.submitted_at is None:
        return {}, {}
    answers = AppraisedAnswer.objects.filter(dossier=dossier).select_related("appraised_by")
    totals = AppraisedBaseFigure.objects.filter(dossier=dossier).select_related("appraised_by")
    return {row.item: row for row in answers}, {row.key: row for row in totals}


def area_in_use(dossier: Dossier) -> AreaTypeInUse:
    """Frozen on the dossier from the submit on; before, the accepted assignment on the closing day, or our proposal."""
    if dossier.area_type and dossier.is_sent:
        return AreaTypeInUse(AreaType(dossier.area_type), dossier.area_type_document, is_settled=True)
    assignment = area_type_of(dossier.commune, dossier.period.figures_as_of)
    if assignment is not None:
        return AreaTypeInUse(AreaType(assignment.area_type), assignment.document_number, is_settled=True)
    return AreaTypeInUse(propose_area_type(dossier.commune) or AreaType.OTHER, "", is_settled=False)


def answers_of_last_period(dossier: Dossier) -> dict[str, str]:
    """Item code → the declared answer of the same commune's latest earlier dossier, as text and as it was sent last.
    Empty where there is none. One query: the frozen sheet holds the answers as the pages write them."""
    found = (
        FrozenSheet.objects.filter(_sent_before(dossier), kind=FrozenSheet.Kind.DECLARED)
        .order_by("-dossier__period__year", "-number")
        .values_list("answers", flat=True)
        .first()
    )
    return {item: text for item, text in found.items() if text} if found else {}


def totals_of_last_period(dossier: Dossier) -> dict[str, int]:
    """Key → the shared total in the same commune's latest earlier dossier that was sent."""
    rows = (
        BaseFigure.objects.filter(_sent_before(dossier), dossier__submitted_at__isnull=False)
        .order_by("dossier__period__year")
        .values_list("dossier", "key", "value")
    )
    by_dossier: dict[int, dict[str, int]] = {}
    for earlier, key, value in rows:
        by_dossier.setdefault(earlier, {})[key] = value
    return list(by_dossier.values())[-1] if by_dossier else {}


def _sent_before(dossier: Dossier) -> Q:
    return Q(dossier__commune=dossier.commune_id, dossier__period__year__lt=dossier.period.year)
