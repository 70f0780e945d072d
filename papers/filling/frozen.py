"""Frozen score sheets as papers tell of them. Papers come into many hands: whatever would tell a count of 1 to 4 about
single children is hidden here, once for all of them (`assessments.disclosure`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assessments.disclosure import outsiders_sheet, public_sheet
from assessments.models import Dossier, FrozenSheet
from childfriendly.core.exceptions import Refused
from criteria.disclosure import masked_text
from criteria.models import CriteriaSet
from criteria.scoring import Band, Item, RuleSet, ScoreSheet

DECLARED, APPRAISED = FrozenSheet.Kind.DECLARED, FrozenSheet.Kind.APPRAISED


@dataclass(frozen=True, slots=True)
class Frozen:
    """One frozen sheet with small counts hidden: `sheet` for points and grounds, `answers` for the figures."""

    rules: RuleSet
    area_type: str
    sheet: ScoreSheet
    answers: Mapping[str, str]
    hides_anything: bool  # so that a word which somebody wrote freely could tell what the sheet does not

    def next_band(self, item: Item) -> Band | None:
        """The band with the next more points than were reached; of hidden points the best one."""
        score = self.sheet.item(item.code)
        better = [band for band in item.bands_for(self.area_type) if band.points > score.points]
        if not better:
            return None
        return (max if score.is_hidden else min)(better, key=lambda band: band.points)


def frozen_of(dossiers: Iterable[Dossier]) -> dict[tuple[int, str], Frozen]:
    """The newest sheets of each dossier, by dossier and kind. Two queries, however many dossiers."""
    found = (
        FrozenSheet.objects.filter(dossier__in=[dossier.pk for dossier in dossiers])
        .order_by("number")
        .values_list("dossier", "kind", "dossier__period__criteria_set", "area_type", "answers")
    )
    newest = {(dossier, kind): rest for dossier, kind, *rest in found}
    sets = CriteriaSet.objects.filter(pk__in={rest[0] for rest in newest.values()}).defer("source_text")
    rules = {criteria_set.pk: criteria_set.rules() for criteria_set in sets}
    return {key: _frozen(rules[pk], area, answers) for key, (pk, area, answers) in newest.items()}


def appraised_of(dossier: Dossier) -> Frozen:
    """Raises Refused where the dossier was not concluded."""
    frozen = frozen_of([dossier]).get((dossier.pk, APPRAISED))
    if frozen is None:
        raise Refused(f"Hồ sơ {dossier.code} chưa có bảng điểm thẩm định. Hoàn thành thẩm định rồi soạn văn bản.")
    return frozen


def _frozen(rules: RuleSet, area_type: str, answers: Mapping[str, str]) -> Frozen:
    shown = {code: masked_text(text) if rules.names_children(code) else text for code, text in answers.items()}
    hides = outsiders_sheet(rules, area_type, answers) is not None
    return Frozen(rules, area_type, public_sheet(rules, area_type, answers), shown, hides)
