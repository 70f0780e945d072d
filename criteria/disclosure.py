"""What somebody outside may read of counts so small that they name a child: pure Python, no framework.

In a commune of two thousand children «3 trẻ em bị xâm hại» is three families that everybody knows. In the criteria that
the set marks as sensitive, counts of 1 to 4 therefore read «1–4», and whatever would tell the count behind it is hidden
too: the rate, the band, the points, the total. The test is always the same: of all figures that read alike once they
are hidden, would the reader see different points? (SECURITY.md; docs/decisions, «small numbers».)
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product

from criteria.scoring import (
    Criterion,
    Item,
    ItemScore,
    Ratio,
    RawAnswer,
    RuleSet,
    ScoreSheet,
    score,
    score_criterion,
    score_item,
    too_low,
    vietnamese,
    zero_opening,
)

SMALL = range(1, 5)
SHOWN = "1–4"
WITHHELD = "Nội dung này chỉ xã và cơ quan thẩm định được xem vì có thể nhận ra trẻ em."
_WHY = "Số từ 1 đến 4 và điểm tính từ số đó được che để không nhận ra trẻ em."


def is_small(value: RawAnswer) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in SMALL


def hides(rules: RuleSet, answers: Mapping[str, RawAnswer]) -> bool:
    """Whether one of these answers (item code → answer) holds a count that outsiders must not read."""
    return any(rules.names_children(code) and _alike(rules.item(code), raw)[1:] for code, raw in answers.items())


def masked_text(text: str) -> str:
    """An answer of a sensitive item as one line: «3/2000» → «1–4/2000»."""
    return re.sub(r"^([1-4])(?=$|/)|(?<=/)([1-4])$", SHOWN, text)


def masked_sheet(rules: RuleSet, area_type: str, answers: Mapping[str, RawAnswer]) -> ScoreSheet:
    """The score sheet of these answers as outsiders read it; the exact one where it holds nothing to hide."""
    exact = score(rules, area_type, answers)
    if not hides(rules, answers):
        return exact
    items = {item.code: item for item in exact.items}
    criteria = []
    masked: list[Criterion] = []
    for criterion in rules.criteria:
        standing = exact.criterion(criterion.code)
        if criterion.sensitive:
            ways = [_scores_alike(item, area_type, answers.get(item.code)) for item in criterion.items]
            if any(len(scores) > 1 for scores in ways):
                masked.append(criterion)
            for item, scores in zip(criterion.items, ways, strict=True):
                items[item.code] = _masked_item(item, items[item.code], scores, answers.get(item.code))
            if len({score_criterion(criterion, combination).points for combination in product(*ways)}) > 1:
                standing = replace(standing, points=0, is_zero=False, is_hidden=True)
        criteria.append(standing)
    hides_total = any(criterion.is_hidden for criterion in criteria)
    return replace(
        exact,
        items=tuple(items[item.code] for item in exact.items),
        criteria=tuple(criteria),
        reasons=tuple(_masked_reasons(exact, masked, hides_total=hides_total)),
        total=(exact.threshold if exact.total >= exact.threshold else 0) if hides_total else exact.total,
        hides_total=hides_total,
    )


def _alike(item: Item, answer: RawAnswer) -> Sequence[RawAnswer]:
    """Every answer that reads like this one once small counts are hidden, this one among them. A shared total is no
    count of single children: everybody reads it among the commune's basic figures."""
    if isinstance(answer, Ratio):
        own_denominator = not item.denominator_key
        numerators = SMALL if is_small(answer.numerator) else [answer.numerator]
        denominators = SMALL if own_denominator and is_small(answer.denominator) else [answer.denominator]
        pairs = [Ratio(part, whole, answer.reason) for part, whole in product(numerators, denominators)]
        return [pair for pair in pairs if not _is_part_over_whole(pair)] or [answer]
    return SMALL if is_small(answer) else [answer]


def _is_part_over_whole(pair: Ratio) -> bool:
    return isinstance(pair.numerator, int) and isinstance(pair.denominator, int) and pair.numerator > pair.denominator


def _scores_alike(item: Item, area_type: str, answer: RawAnswer) -> list[ItemScore]:
    return [score_item(item, area_type, other)[0] for other in _alike(item, answer)]


def _masked_item(item: Item, exact: ItemScore, scores: Sequence[ItemScore], answer: RawAnswer) -> ItemScore:
    if len(scores) == 1 or exact.problem is not None:  # the sentence of a problem says what to do and holds no figure
        return exact
    reads = _figure(item, answer)
    if len({(one.points, one.band) for one in scores}) > 1:
        return ItemScore(exact.code, 0, exact.max, None, f"{reads}. {_WHY}", is_hidden=True)
    value = exact.value if len({one.value for one in scores}) == 1 else None
    band = f", thuộc mức {exact.band.label}" if exact.band else ""
    return replace(exact, value=value, explanation=f"{reads}{band}: {exact.of_max} điểm")


def _figure(item: Item, answer: RawAnswer) -> str:
    """«1–4 / 2.000»."""
    if not isinstance(answer, Ratio):
        return SHOWN
    whole_is_small = not item.denominator_key and is_small(answer.denominator)
    return f"{_half(answer.numerator)} / {SHOWN if whole_is_small else vietnamese(_int(answer.denominator))}"


def _half(value: RawAnswer) -> str:
    return SHOWN if is_small(value) else vietnamese(_int(value))


def _int(value: RawAnswer) -> int:
    """A half that `score_item` has found to be a whole number."""
    return value if isinstance(value, int) else int(str(value))


def _masked_reasons(exact: ScoreSheet, masked: Iterable[Criterion], *, hides_total: bool) -> Iterable[str]:
    """The same grounds without what they were worked out from: a refusal has to name its ground."""
    openings = [zero_opening(criterion) for criterion in masked]
    for reason in exact.reasons:
        opening = next((text for text in openings if reason.startswith(text)), None)
        if opening is not None:
            yield f"{opening}. Số liệu chi tiết chỉ xã và cơ quan thẩm định được xem."
        elif hides_total and reason.endswith(too_low(exact.threshold)):
            yield f"Tổng điểm {too_low(exact.threshold)}"
        else:
            yield reason
