"""PURE: every figure of a set with its certainty label, for the pages on which people read and answer for them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from criteria.scoring import Certainty, RuleSet

SOURCED = (Certainty.VERIFIED, Certainty.VERIFIED_PARTIAL, Certainty.TOP_BAND_VERIFIED)


@dataclass(frozen=True, slots=True)
class LabelledFigure:
    """`place` is the code of a criterion or an item, or «Chung»."""

    place: str
    words: str
    certainty: Certainty


def labelled_figures(rules: RuleSet) -> Iterator[LabelledFigure]:
    yield LabelledFigure("Chung", f"tổng điểm {rules.max_points}", rules.max_points_certainty)
    for threshold in rules.thresholds:
        yield LabelledFigure("Chung", f"mức tối thiểu {threshold.minimum}", threshold.certainty)
    for criterion in rules.criteria:
        yield LabelledFigure(criterion.code, "tên tiêu chí", criterion.certainty.title)
        yield LabelledFigure(criterion.code, f"điểm tối đa {criterion.max_points}", criterion.certainty.max_points)
        for item in criterion.items:
            yield LabelledFigure(item.code, "tên mục", item.certainty.title)
            yield LabelledFigure(item.code, f"điểm tối đa {item.max_points}", item.certainty.max_points)
            for bands in (item.bands, *item.bands_by_area_type.values()):
                for band in bands:
                    words = f"mức «{band.label}» được {band.points} điểm"
                    yield LabelledFigure(item.code, words, band.certainty)
            if item.is_pair:
                yield LabelledFigure(item.code, "cách xử lý mẫu số bằng 0", item.zero_denominator_certainty)


def counts_by_certainty(rules: RuleSet) -> list[tuple[Certainty, int]]:
    """In the order of the labels; every label once, also where nothing carries it."""
    counts = Counter(figure.certainty for figure in labelled_figures(rules))
    return [(certainty, counts[certainty]) for certainty in Certainty]


def proposals(rules: RuleSet) -> list[tuple[str, list[str]]]:
    """What nobody has seen a source for, by criterion, item or «Chung», in the order of the set."""
    places: dict[str, list[str]] = {}
    for figure in labelled_figures(rules):
        if figure.certainty not in SOURCED:
            places.setdefault(figure.place, []).append(figure.words)
    return list(places.items())
