"""A dossier's figures as one reader may read them. Every page, file and list that shows a figure asks here; services,
which work with what is stored, ask `figures`.

Exact figures are for the commune and the body that appraises. Everybody else, the leader who decides, the clerk, the
province and the inspectors among them, reads counts of 1 to 4 about single children as «1–4» and nothing that they
could be worked out from (`criteria.disclosure`).
"""

import re
from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property, lru_cache

from assessments.figures import DossierFigures, load_figures
from assessments.models import AppraisedAnswer, CriterionEntry, Dossier, FrozenSheet, ReturnedItem
from assessments.permissions import rule_for
from assessments.policy import Right
from communes.models import User
from criteria.disclosure import WITHHELD, hides, masked_sheet, masked_text
from criteria.models import CriteriaSet, rules_with
from criteria.scoring import Item, ItemKind, Ratio, RawAnswer, RuleSet, ScoreSheet, vietnamese


def reads_exact(reader: User | None, dossier: Dossier, *, at: datetime) -> bool:
    """Whether this person reads small counts as they are; None is a file that may come into anybody's hands."""
    return reader is not None and rule_for(reader, Right.READ_SMALL_COUNTS, dossier, at=at) is not None


def figures_for(reader: User, dossier: Dossier, *, at: datetime) -> DossierFigures:
    """The figures of a dossier for one reader. Costs no query more than `load_figures`."""
    figures = load_figures(dossier)
    return figures if reads_exact(reader, dossier, at=at) else MaskedFigures.of(figures)


@dataclass(frozen=True)
class MaskedFigures(DossierFigures):
    """What outsiders read: nothing in here holds a small count, nor a text that somebody wrote about one."""

    exact: DossierFigures | None = None

    @classmethod
    def of(cls, exact: DossierFigures) -> "MaskedFigures":
        rules = exact.rules
        loaded = {field.name: getattr(exact, field.name) for field in fields(DossierFigures)}
        return cls(
            **loaded
            | {
                "entries": {code: _without_words(row, rules) for code, row in exact.entries.items()},
                "answers": {code: row for code, row in exact.answers.items() if not rules.names_children(code)},
                "appraised": {
                    code: _without_figures(row) if rules.names_children(code) else row
                    for code, row in exact.appraised.items()
                },
                "returned": tuple(
                    _without_reason(row) if rules.names_children(row.target) else row for row in exact.returned
                ),
            },
            exact=exact,
        )

    @property
    def _exact(self) -> DossierFigures:
        assert self.exact is not None  # noqa: S101  # `of` is the only way to make one
        return self.exact

    @cached_property
    def declared_sheet(self) -> ScoreSheet:
        return masked_sheet(self.rules, self.area.value, self._exact.declared_raw)

    @cached_property
    def appraised_sheet(self) -> ScoreSheet:
        return masked_sheet(self.rules, self.area.value, self._exact.appraised_raw)

    @property
    def hides_anything(self) -> bool:
        return hides(self.rules, self._exact.declared_raw) or hides(self.rules, self._exact.appraised_raw)

    def declared_text(self, item: Item) -> str:
        return self.readable_text(item.code, self._exact.declared_text(item))

    def appraised_text(self, item: Item) -> str:
        return self.readable_text(item.code, self._exact.appraised_text(item))

    def readable_text(self, item_code: str, text: str) -> str:
        return self.public_text(item_code, text)

    def is_appraised(self, item: Item) -> bool:
        return self._exact.is_appraised(item)

    @property
    def still_to_appraise(self) -> list[str]:
        return self._exact.still_to_appraise


def _without_words(row: CriterionEntry, rules: RuleSet) -> CriterionEntry:
    if not (row.explanation and rules.criterion(row.criterion).sensitive):
        return row
    shown = copy(row)
    shown.explanation = WITHHELD
    return shown


def _without_figures(row: AppraisedAnswer) -> AppraisedAnswer:
    shown = copy(row)
    shown.yes = shown.count = shown.numerator = shown.denominator = None
    shown.zero_reason = ""
    shown.declared_as = masked_text(row.declared_as)
    shown.reason = WITHHELD if row.reason else ""
    return shown


def _without_reason(row: ReturnedItem) -> ReturnedItem:
    shown = copy(row)
    shown.reason = WITHHELD
    shown.declared_as = masked_text(row.declared_as)
    return shown


# ---- frozen sheets ---------------------------------------------------------------------------------------------------
def _raw(item: Item, text: str) -> RawAnswer:
    """What a frozen sheet keeps as text (`Figures.text`), as the scoring takes it."""
    if item.kind is ItemKind.BOOLEAN:
        return {"Có": True, "Không": False}.get(text)
    if item.kind is ItemKind.COUNT:
        return int(text) if text.isdigit() else None
    match = re.fullmatch(r"(\d+|…)/(\d+|…)(?: \((.*)\))?", text, re.DOTALL)
    if match is None:
        return None
    part, whole = (None if half == "…" else int(half) for half in match.groups()[:2])
    return Ratio(part, whole, match[3] or "")


def outsiders_sheet(rules: RuleSet, area_type: str, answers: Mapping[str, str]) -> ScoreSheet | None:
    """A frozen sheet as outsiders read it, or None where it holds nothing to hide. The set's rules never change, so the
    sheet that is scored again is the one that was frozen."""
    return _outsiders_sheet(rules.sha256, area_type, tuple(answers.get(item.code, "") for item in rules.items))


def public_sheet(rules: RuleSet, area_type: str, answers: Mapping[str, str]) -> ScoreSheet:
    """A frozen sheet as outsiders read it; the very one that was frozen where it holds nothing to hide."""
    return masked_sheet(rules, area_type, {item.code: _raw(item, answers.get(item.code, "")) for item in rules.items})


@lru_cache(maxsize=2048)
def _outsiders_sheet(rules_sha256: str, area_type: str, answers: tuple[str, ...]) -> ScoreSheet | None:
    """Kept, since whoever reads a province's summary takes its workbook next: two sheets of each of 560 communes, most
    of them with nothing to hide."""
    rules = rules_with(rules_sha256)
    raw = {item.code: _raw(item, text) for item, text in zip(rules.items, answers, strict=True)}
    return masked_sheet(rules, area_type, raw) if hides(rules, raw) else None


@dataclass(frozen=True, slots=True)
class Results:
    """The result of one dossier as it stands in a list, with the outsiders' sheets where they hide anything."""

    dossier: Dossier
    declared_sheet: ScoreSheet | None
    appraised_sheet: ScoreSheet | None

    @property
    def declared(self) -> str:
        return _total(self.dossier.declared_total, self.declared_sheet)

    @property
    def appraised(self) -> str:
        return _total(self.dossier.appraised_total, self.appraised_sheet)

    @property
    def hides_appraised(self) -> bool:
        return self.appraised_sheet is not None and self.appraised_sheet.hides_total

    @property
    def reason(self) -> str:
        """What the appraiser wrote; where that may tell a hidden count, the grounds that the sheet itself gives."""
        if self.declared_sheet is None and self.appraised_sheet is None:
            return self.dossier.recommendation_reason
        return " ".join(self.appraised_sheet.reasons) if self.appraised_sheet else WITHHELD


def results_for(reader: User, dossiers: Iterable[Dossier], *, at: datetime) -> dict[int, Results]:
    """By dossier. One query, and one more for the rules, however many dossiers; none where the reader reads all of
    them exactly."""
    rows = list(dossiers)
    sheets = _outsiders_sheets([row.pk for row in rows if not reads_exact(reader, row, at=at)])
    declared, appraised = FrozenSheet.Kind.DECLARED, FrozenSheet.Kind.APPRAISED
    return {row.pk: Results(row, sheets.get((row.pk, declared)), sheets.get((row.pk, appraised))) for row in rows}


def _total(total: int | None, masked: ScoreSheet | None) -> str:
    if total is None:
        return ""
    return masked.total_text if masked else vietnamese(total)


def _outsiders_sheets(dossiers: Collection[int]) -> dict[tuple[int, str], ScoreSheet]:
    """The newest frozen sheets with something to hide, by dossier and kind."""
    if not dossiers:
        return {}
    found = (
        FrozenSheet.objects.filter(dossier__in=dossiers)
        .order_by("number")
        .values_list("dossier", "kind", "dossier__period__criteria_set", "area_type", "answers")
    )
    newest = {(dossier, kind): rest for dossier, kind, *rest in found}
    sets = CriteriaSet.objects.filter(pk__in={rest[0] for rest in newest.values()}).defer("source_text")
    rules = {criteria_set.pk: criteria_set.rules() for criteria_set in sets}
    masked = {key: outsiders_sheet(rules[pk], area, answers) for key, (pk, area, answers) in newest.items()}
    return {key: sheet for key, sheet in masked.items() if sheet is not None}
