"""How a commune's figures become points: pure Python, exact fractions, no framework.

Source: Quyết định 06/QĐ-TTg (2019) as reconstructed in the criteria set; what a set says (bands, thresholds, what a
zero denominator means) is data, what this module holds is the arithmetic and the sentences that explain it.

A figure that cannot be used is a `Problem`, never an exception: a page lists all of them at once. An item code or an
area type that the set does not know is a bug of the caller, and raises.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias, TypeGuard

HIDDEN = "đã che"
"""What stands for points that a reader may not know."""

LIMIT = 1_000_000_000
"""The largest count that is believed; a larger one is a slip of the keyboard."""

Number: TypeAlias = int | Decimal | Fraction
Value: TypeAlias = Fraction | int | bool | None
RawAnswer: TypeAlias = object
"""None, bool, int, Decimal, str or Ratio are expected; whatever else arrives becomes a problem, not an error.

There is no float on purpose: a rate that passed through a float may land on the other side of a band's edge.
"""


class UnknownItem(ValueError):
    """The set has no item or criterion of this code."""


class UnknownAreaType(ValueError):
    """The set has no threshold for this area type."""


class ItemKind(StrEnum):
    BOOLEAN = "boolean"
    PERCENTAGE = "percentage"
    RATE = "rate"
    COUNT = "count"


class ZeroDenominator(StrEnum):
    """What 0 of 0 means: nothing to do and full points (with a written reason), or a figure that cannot be."""

    FULL = "full"
    ERROR = "error"


class Certainty(StrEnum):
    """How well a part of the set is backed by a text that somebody has seen."""

    VERIFIED = "verified"
    VERIFIED_PARTIAL = "verified_partial"
    TOP_BAND_VERIFIED = "top_band_verified"
    RECONSTRUCTED = "reconstructed"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return _CERTAINTY_LABELS[self]


_CERTAINTY_LABELS = {
    Certainty.VERIFIED: "Đã đối chiếu nguồn",
    Certainty.VERIFIED_PARTIAL: "Nguồn bị cắt, chỉ đối chiếu được phần thấy",
    Certainty.TOP_BAND_VERIFIED: "Chỉ mức cao nhất có nguồn",
    Certainty.RECONSTRUCTED: "Đề xuất, chưa thấy nguồn",
    Certainty.UNKNOWN: "Chưa rõ",
}


class ProblemKind(StrEnum):
    """Why an item has no points, in the order in which they are looked for."""

    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_BOOLEAN = "not_boolean"
    NOT_WHOLE = "not_whole"
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"
    NUMERATOR_TOO_LARGE = "numerator_too_large"
    ZERO_DENOMINATOR = "zero_denominator"
    REASON_REQUIRED = "reason_required"


# ---------------------------------------------------------------------------------------------------- the rules


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of values that earns the same points; None is an open end. Yes is 1 and no is 0."""

    low: Fraction | None
    low_inclusive: bool
    high: Fraction | None
    high_inclusive: bool
    points: int
    certainty: Certainty = Certainty.RECONSTRUCTED
    kind: ItemKind = ItemKind.PERCENTAGE
    unit: str = "%"

    def contains(self, value: Fraction | int) -> bool:
        if self.low is not None and not (value >= self.low if self.low_inclusive else value > self.low):
            return False
        return self.high is None or (value <= self.high if self.high_inclusive else value < self.high)

    @property
    def label(self) -> str:
        """The band in Vietnamese: «từ 95 % đến dưới 98 %»."""
        if self.kind is ItemKind.BOOLEAN:
            return "có" if self.contains(1) else "không"
        low = None if self.low is None else vietnamese(self.low)
        high = None if self.high is None else vietnamese(self.high)
        unit = f" {self.unit}" if self.unit else ""
        if high is None and low is None:
            return "mọi giá trị"
        if high is None:
            if self.kind is ItemKind.PERCENTAGE and self.low == 100 and self.low_inclusive:
                return "100 %"  # nothing lies above a hundred per cent
            return f"từ {low}{unit} trở lên" if self.low_inclusive else f"trên {low}{unit}"
        if self.kind is not ItemKind.COUNT and self.high == 0:
            return "không có trường hợp nào"
        if low is None:
            return f"từ {high}{unit} trở xuống" if self.high_inclusive else f"dưới {high}{unit}"
        if self.low == self.high and self.low_inclusive and self.high_inclusive:
            return f"{low}{unit}"
        from_unit = unit if self.unit == "%" else ""  # a long unit is said once
        since = "từ" if self.low_inclusive else "trên"
        until = "đến" if self.high_inclusive else "đến dưới"
        return f"{since} {low}{from_unit} {until} {high}{unit}"


@dataclass(frozen=True, slots=True)
class EvidenceSlot:
    """A paper that the set proposes as proof of an item."""

    title: str
    required: bool


@dataclass(frozen=True, slots=True)
class ItemCertainty:
    title: Certainty = Certainty.RECONSTRUCTED
    max_points: Certainty = Certainty.RECONSTRUCTED
    bands: Certainty = Certainty.RECONSTRUCTED


@dataclass(frozen=True, slots=True)
class CriterionCertainty:
    title: Certainty = Certainty.RECONSTRUCTED
    max_points: Certainty = Certainty.RECONSTRUCTED


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a criterion. `per` multiplies numerator/denominator (100, 1.000, 100.000); 1 for the others."""

    code: str
    title: str
    kind: ItemKind
    max_points: int
    bands: tuple[Band, ...]
    per: int = 1
    unit: str = ""
    bands_by_area_type: Mapping[str, tuple[Band, ...]] = field(default_factory=dict, hash=False)
    numerator_label: str = ""
    denominator_label: str = ""
    denominator_key: str = ""
    """The base figure (`RuleSet.base_figures`) that is this item's denominator; empty if it has its own."""
    zero_denominator: ZeroDenominator = ZeroDenominator.ERROR
    zero_fails_criterion: bool = False
    evidence_slots: tuple[EvidenceSlot, ...] = ()
    certainty: ItemCertainty = ItemCertainty()
    zero_denominator_certainty: Certainty = Certainty.RECONSTRUCTED
    note: str = ""
    sources: tuple[str, ...] = ()

    @property
    def is_pair(self) -> bool:
        """Answered by a numerator and a denominator."""
        return self.kind in (ItemKind.PERCENTAGE, ItemKind.RATE)

    def bands_for(self, area_type: str) -> tuple[Band, ...]:
        """The bands of this area type, in the order of the set."""
        return self.bands_by_area_type.get(area_type, self.bands)


@dataclass(frozen=True, slots=True)
class Criterion:
    code: str
    number: int
    title: str
    max_points: int
    items: tuple[Item, ...]
    sensitive: bool = False
    certainty: CriterionCertainty = CriterionCertainty()
    note: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BaseFigureSpec:
    """A total of children that several items share and a commune types once (số liệu nền)."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least total that an area type needs (QĐ 06/QĐ-TTg: 900, 850, 800)."""

    area_type: str
    label: str
    minimum: int
    certainty: Certainty = Certainty.RECONSTRUCTED


@dataclass(frozen=True, slots=True)
class Founding:
    """The decision that the set comes from, as papers cite it: «06/QĐ-TTg», ISO date, issuer, title; a set need not
    know day and issuer."""

    number: str
    title: str
    issuer: str = ""
    issued_on: str = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A criteria set as it is scored; `rulesets.load_rules` makes one from the stored text and checks it."""

    code: str
    version: int
    title: str
    warning: str
    max_points: int
    thresholds: tuple[Threshold, ...]
    base_figures: tuple[BaseFigureSpec, ...]
    criteria: tuple[Criterion, ...]
    max_points_certainty: Certainty = Certainty.RECONSTRUCTED
    max_points_note: str = ""
    notes: tuple[str, ...] = ()
    effective_from: str = ""
    """ISO date as the set writes it."""
    founding: Founding = Founding("", "")
    sha256: str = ""
    """Of the stored text: what a frozen score sheet names as its rules."""
    _items: dict[str, Item] = field(init=False, repr=False, compare=False)
    _criteria: dict[str, Criterion] = field(init=False, repr=False, compare=False)
    _criterion_of: dict[str, Criterion] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_items", {item.code: item for item in self.items})
        object.__setattr__(self, "_criteria", {criterion.code: criterion for criterion in self.criteria})
        object.__setattr__(self, "_criterion_of", {item.code: c for c in self.criteria for item in c.items})

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for criterion in self.criteria for item in criterion.items)

    def item(self, code: str) -> Item:
        try:
            return self._items[code]
        except KeyError:
            raise UnknownItem(f"Bộ tiêu chí {self.code} không có mục «{code}».") from None

    def criterion(self, code: str) -> Criterion:
        try:
            return self._criteria[code]
        except KeyError:
            raise UnknownItem(f"Bộ tiêu chí {self.code} không có tiêu chí «{code}».") from None

    def criterion_of(self, item_code: str) -> Criterion:
        """The criterion to which an item belongs."""
        self.item(item_code)
        return self._criterion_of[item_code]

    def names_children(self, item_code: str) -> bool:
        """Whether a count in this item is one of single children; never true of a shared total."""
        return item_code in self._items and self._criterion_of[item_code].sensitive

    def threshold(self, area_type: str) -> Threshold:
        for threshold in self.thresholds:
            if threshold.area_type == area_type:
                return threshold
        raise UnknownAreaType(f"Bộ tiêu chí {self.code} không có loại xã «{area_type}».")


# ------------------------------------------------------------------------------------------- answers and sheets


@dataclass(frozen=True, slots=True)
class Ratio:
    """The answer to a percentage or rate item; None is a half that nobody has entered."""

    numerator: RawAnswer
    denominator: RawAnswer
    reason: RawAnswer = ""
    """Why nothing happened, where 0 of 0 earns full points."""


@dataclass(frozen=True, slots=True)
class Problem:
    item: str
    kind: ProblemKind
    message: str
    """One Vietnamese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class ItemScore:
    code: str
    points: int
    max: int
    value: Value
    explanation: str
    problem: ProblemKind | None = None
    band: Band | None = None
    is_hidden: bool = False
    """The reader may not know the points: they would tell a count that names children (`criteria.disclosure`)."""

    @property
    def of_max(self) -> str:
        """«30/75», or that it is hidden."""
        return HIDDEN if self.is_hidden else f"{self.points}/{self.max}"

    @property
    def points_text(self) -> str:
        return HIDDEN if self.is_hidden else vietnamese(self.points)


@dataclass(frozen=True, slots=True)
class CriterionScore:
    code: str
    points: int
    max: int
    is_complete: bool
    """Every item has a usable answer."""
    is_zero: bool
    """Điểm liệt; a criterion that is merely unanswered is not complete instead."""
    is_hidden: bool = False

    @property
    def of_max(self) -> str:
        return HIDDEN if self.is_hidden else f"{self.points}/{self.max}"

    @property
    def points_text(self) -> str:
        return HIDDEN if self.is_hidden else vietnamese(self.points)


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    items: tuple[ItemScore, ...]
    criteria: tuple[CriterionScore, ...]
    problems: tuple[Problem, ...]
    reasons: tuple[str, ...]
    total: int
    max: int
    threshold: int
    passes: bool
    hides_total: bool = False

    @property
    def total_text(self) -> str:
        """«955», or on which side of the threshold a hidden total lies: that much the result itself tells."""
        return side_of(self.total, self.threshold) if self.hides_total else vietnamese(self.total)

    def item(self, code: str) -> ItemScore:
        for item in self.items:
            if item.code == code:
                return item
        raise UnknownItem(f"Bảng điểm không có mục «{code}».")

    def criterion(self, code: str) -> CriterionScore:
        for criterion in self.criteria:
            if criterion.code == code:
                return criterion
        raise UnknownItem(f"Bảng điểm không có tiêu chí «{code}».")

    def as_json(self) -> dict[str, object]:
        """The sheet as it is printed by `score` and frozen with a dossier; maps keep the order of the set."""
        return {
            "total": self.total,
            "max": self.max,
            "threshold": self.threshold,
            "passes": self.passes,
            "items": {
                item.code: {
                    "points": item.points,
                    "max": item.max,
                    "value": _json_value(item.value),
                    "explanation": item.explanation,
                }
                for item in self.items
            },
            "criteria": {c.code: {"points": c.points, "max": c.max} for c in self.criteria},
            "problems": [{"item": problem.item, "kind": str(problem.kind)} for problem in self.problems],
            "reasons": list(self.reasons),
        }


def _json_value(value: Value) -> str | bool | None:
    return value if value is None or isinstance(value, bool) else value_text(value)


# ------------------------------------------------------------------------------------------------------ numbers


def _rounded(value: Fraction | int, places: int) -> str:
    """A value that is not negative, rounded half up, with exactly so many decimals."""
    value = Fraction(value)
    scale: int = 10**places
    scaled = (2 * value.numerator * scale + value.denominator) // (2 * value.denominator)
    whole, decimals = divmod(scaled, scale)
    return f"{whole}.{decimals:0{places}d}" if places else str(whole)


def _decimal_places(value: Fraction) -> int | None:
    """How many decimals the value needs to be exact, None where it never ends (a prime but 2 and 5 below)."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def _without_trailing_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def value_text(value: Value) -> str:
    """The value for machines: exact without trailing zeros, four places (half up) where the decimals never end."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    places = _decimal_places(value)
    return _without_trailing_zeros(_rounded(value, 4 if places is None else places))


def _to_vietnamese(text: str) -> str:
    whole, _, decimals = text.partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    return f"{grouped},{decimals}" if decimals else grouped


def vietnamese(value: Fraction | int) -> str:
    """1234 → «1.234», 1/2 → «0,5»; as exact as `value_text`."""
    return _to_vietnamese(value_text(value))


def shown(value: Fraction | int) -> str:
    """As people read it: two places at most, «95,4», and «98,00» for 97,996: the zeros say that it was rounded."""
    text = _rounded(value, 2)
    return _to_vietnamese(_without_trailing_zeros(text) if Fraction(text) == value else text)


def side_of(total: int, threshold: int) -> str:
    """«từ 850 trở lên» or «dưới 850»."""
    edge = vietnamese(threshold)
    return f"từ {edge} trở lên" if total >= threshold else f"dưới {edge}"


def display_value(item: Item, value: Value) -> str:
    """The value with its unit for a screen or a paper: «95,4 %», «4 hoạt động / năm», «Có»; empty where none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    return f"{shown(value)} {item.unit}".rstrip()


def _is_number(value: RawAnswer) -> TypeGuard[Number]:
    if isinstance(value, bool):  # bool is an int to Python, and a yes is not a count
        return False
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int | Fraction)


def _is_whole(value: Number) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return value.denominator == 1


# ------------------------------------------------------------------------------------------------------ scoring


def score(rules: RuleSet, area_type: str, answers: Mapping[str, RawAnswer]) -> ScoreSheet:
    """Score a commune's answers (item code → answer; an absent code is unanswered).

    Raises UnknownAreaType or UnknownItem for what the set does not know.

    QĐ 06/QĐ-TTg, điều kiện công nhận: đạt tổng điểm tối thiểu theo loại xã và không tiêu chí nào 0 điểm.
    """
    threshold = rules.threshold(area_type)
    for code in answers:
        rules.item(code)

    items: list[ItemScore] = []
    criteria: list[CriterionScore] = []
    problems: list[Problem] = []
    zero_reasons: list[str] = []
    incomplete_reasons: list[str] = []

    for criterion in rules.criteria:
        scored: list[ItemScore] = []
        for item in criterion.items:
            item_score, problem = score_item(item, area_type, answers.get(item.code))
            scored.append(item_score)
            if problem is not None:
                problems.append(problem)
        items += scored
        criterion_score = score_criterion(criterion, scored)
        criteria.append(criterion_score)
        if criterion_score.is_zero:
            zero_reasons.append(_zero_reason(criterion, _failing(criterion, scored)))
        if not criterion_score.is_complete:
            unusable = [item_score.code for item_score in scored if item_score.problem is not None]
            incomplete_reasons.append(_incomplete_reason(criterion, unusable))

    total = sum(criterion_score.points for criterion_score in criteria)
    reasons = [*zero_reasons, *incomplete_reasons]
    if total < threshold.minimum:
        reasons.append(f"Tổng điểm {vietnamese(total)}/{vietnamese(rules.max_points)} {too_low(threshold.minimum)}")
    return ScoreSheet(
        items=tuple(items),
        criteria=tuple(criteria),
        problems=tuple(problems),
        reasons=tuple(reasons),
        total=total,
        max=rules.max_points,
        threshold=threshold.minimum,
        passes=not reasons,
    )


def too_low(minimum: int) -> str:
    return f"chưa đạt mức tối thiểu {vietnamese(minimum)} điểm."


def score_criterion(criterion: Criterion, scored: Sequence[ItemScore]) -> CriterionScore:
    """The criterion of these items' scores, in the order of the set."""
    is_complete = all(item_score.problem is None for item_score in scored)
    failing = _failing(criterion, scored)
    points = 0 if failing else sum(item_score.points for item_score in scored)
    is_zero = bool(failing) or (is_complete and points == 0)
    return CriterionScore(criterion.code, points, criterion.max_points, is_complete, is_zero)


def _failing(criterion: Criterion, scored: Sequence[ItemScore]) -> list[tuple[Item, ItemScore]]:
    """The items whose zero takes the whole criterion with it."""
    return [
        (item, item_score)
        for item, item_score in zip(criterion.items, scored, strict=True)
        if item.zero_fails_criterion and item_score.problem is None and item_score.points == 0
    ]


def zero_opening(criterion: Criterion) -> str:
    """How the sentence about a criterion that got no points begins."""
    return f"Tiêu chí {criterion.number} ({criterion.title}) bị 0 điểm (điểm liệt)"


def _zero_reason(criterion: Criterion, failing: list[tuple[Item, ItemScore]]) -> str:
    start = zero_opening(criterion)
    if not failing:
        return f"{start}: tất cả các mục đều được 0 điểm."
    causes = "; ".join(
        f"mục {item.code} ({item.title}: {display_value(item, item_score.value)}) được 0 điểm"
        for item, item_score in failing
    )
    return f"{start}: {causes}, nên cả tiêu chí không được tính điểm."


def _incomplete_reason(criterion: Criterion, unusable: list[str]) -> str:
    return (
        f"Tiêu chí {criterion.number} ({criterion.title}) chưa hoàn chỉnh: "
        f"mục {', '.join(unusable)} chưa có số liệu hợp lệ."
    )


def score_item(item: Item, area_type: str, answer: RawAnswer) -> tuple[ItemScore, Problem | None]:
    kind = _problem_of(item, answer)
    if kind is not None:
        instruction = _instruction(item, answer, kind)
        problem = Problem(item.code, kind, f"Mục {item.code}: {instruction}.")
        explanation = f"Chưa tính được điểm (0/{item.max_points}): {instruction}."
        return ItemScore(item.code, 0, item.max_points, None, explanation, kind), problem
    return _score_valid(item, area_type, answer), None


def _problem_of(item: Item, answer: RawAnswer) -> ProblemKind | None:
    """The first problem that fits; every check looks at both halves of a pair before the next one is tried."""
    if answer is None:
        return ProblemKind.MISSING
    if item.kind is ItemKind.BOOLEAN:
        return None if isinstance(answer, bool) else ProblemKind.NOT_BOOLEAN
    if not item.is_pair:
        return _number_problem(answer)
    if not isinstance(answer, Ratio):
        return ProblemKind.NOT_A_NUMBER
    kind = _number_problem(answer.numerator, answer.denominator)
    if kind is not None:
        return kind
    numerator, denominator = _whole(answer.numerator), _whole(answer.denominator)
    if numerator > denominator:
        return ProblemKind.NUMERATOR_TOO_LARGE
    if denominator == 0:
        if item.zero_denominator is ZeroDenominator.ERROR:
            return ProblemKind.ZERO_DENOMINATOR
        if not _reason_text(answer.reason):
            return ProblemKind.REASON_REQUIRED
    return None


def _number_problem(*values: RawAnswer) -> ProblemKind | None:
    if any(value is None for value in values):
        return ProblemKind.MISSING
    numbers = [value for value in values if _is_number(value)]
    if len(numbers) < len(values):
        return ProblemKind.NOT_A_NUMBER
    if not all(_is_whole(number) for number in numbers):
        return ProblemKind.NOT_WHOLE
    if any(number < 0 for number in numbers):
        return ProblemKind.NEGATIVE
    if any(number > LIMIT for number in numbers):
        return ProblemKind.TOO_LARGE
    return None


def _whole(value: RawAnswer) -> int:
    """A number that has passed `_number_problem`. 0E+999999 is not spelled out before it is known to be 0."""
    if not _is_number(value):
        raise TypeError(f"not a number: {value!r}")
    return int(value) if value else 0


def _reason_text(reason: RawAnswer) -> str:
    """The reason on one line; empty where it holds nothing that prints (spaces, zero-width and control characters)."""
    if not isinstance(reason, str):
        return ""
    text = " ".join(reason.split())
    return text if any(unicodedata.category(character)[0] not in "ZC" for character in text) else ""


def _score_valid(item: Item, area_type: str, answer: RawAnswer) -> ItemScore:
    if isinstance(answer, bool):
        band = _band_of(item, area_type, int(answer))
        explanation = f"{'Có' if answer else 'Không'}: {_points(band.points, item)}"
        return ItemScore(item.code, band.points, item.max_points, answer, explanation, None, band)
    if not isinstance(answer, Ratio):
        count = _whole(answer)
        band = _band_of(item, area_type, count)
        explanation = f"{display_value(item, count)}, thuộc mức {band.label}: {_points(band.points, item)}"
        return ItemScore(item.code, band.points, item.max_points, count, explanation, None, band)
    numerator, denominator = _whole(answer.numerator), _whole(answer.denominator)
    if denominator == 0:
        explanation = (
            f"Mẫu số bằng 0, được tính điểm tối đa: {_points(item.max_points, item)}. "
            f"Lý do: {_reason_text(answer.reason)}"
        )
        return ItemScore(item.code, item.max_points, item.max_points, None, explanation)
    value = Fraction(numerator * item.per, denominator)
    band = _band_of(item, area_type, value)
    explanation = (
        f"{vietnamese(numerator)} / {vietnamese(denominator)} × {vietnamese(item.per)} "
        f"{_result(item, value, band)}, thuộc mức {band.label}: {_points(band.points, item)}"
    )
    return ItemScore(item.code, band.points, item.max_points, value, explanation, None, band)


def _result(item: Item, value: Fraction, band: Band) -> str:
    """«= 98 %», or «≈ 98,00 % (thực tế chưa đạt 98 %)» where the rounded figure would lie in another band."""
    on_screen = Fraction(_rounded(value, 2))
    text = f"{'=' if on_screen == value else '≈'} {display_value(item, value)}"
    if band.contains(on_screen):
        return text
    edge = f"{vietnamese(on_screen)} {item.unit}".rstrip()
    return f"{text} (thực tế {'chưa đạt' if value < on_screen else 'vượt'} {edge})"


def _points(points: int, item: Item) -> str:
    return f"{points}/{item.max_points} điểm"


def _band_of(item: Item, area_type: str, value: Fraction | int) -> Band:
    for band in item.bands_for(area_type):
        if band.contains(value):
            return band
    raise ValueError(f"Mục {item.code}: không mức điểm nào chứa giá trị {value}.")  # load_rules refuses such a set


def _instruction(item: Item, answer: RawAnswer, kind: ProblemKind) -> str:
    """What to do about a problem: a Vietnamese clause without its full stop."""
    match kind:
        case ProblemKind.MISSING | ProblemKind.NOT_BOOLEAN if item.kind is ItemKind.BOOLEAN:
            return "chọn «Có» hoặc «Không»"
        case ProblemKind.MISSING if isinstance(answer, Ratio) and answer.denominator is not None:
            return f"nhập tử số{_named(item.numerator_label)}, nếu không có trường hợp nào thì nhập 0"
        case ProblemKind.MISSING if isinstance(answer, Ratio) and answer.numerator is not None:
            return f"nhập mẫu số{_named(item.denominator_label)}"
        case ProblemKind.MISSING if item.is_pair:
            return "nhập tử số và mẫu số, ô để trống không được tính là 0"
        case ProblemKind.MISSING:
            return "nhập số lượng, ô để trống không được tính là 0"
        case ProblemKind.NOT_A_NUMBER if item.is_pair:
            return "nhập tử số và mẫu số bằng chữ số, mỗi số vào một ô"
        case ProblemKind.NOT_A_NUMBER:
            return "nhập số lượng bằng chữ số"
        case ProblemKind.NOT_WHOLE:
            return "nhập số nguyên, không có phần thập phân"
        case ProblemKind.NEGATIVE:
            return "nhập số từ 0 trở lên"
        case ProblemKind.TOO_LARGE:
            return f"nhập số không quá {vietnamese(LIMIT)}"
        case ProblemKind.NUMERATOR_TOO_LARGE:
            return "kiểm tra lại hai số, tử số không được lớn hơn mẫu số"
        case ProblemKind.ZERO_DENOMINATOR:
            return f"nhập mẫu số lớn hơn 0{_named(item.denominator_label)}"
        case _:
            return "ghi lý do vì sao mẫu số bằng 0"


def _named(label: str) -> str:
    return f" («{label}»)" if label else ""
