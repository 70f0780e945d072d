"""What holds for every answer that anybody could send."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from criteria.rulesets import AREA_TYPES, load_rules
from criteria.scoring import ItemKind, ProblemKind, Ratio, RawAnswer, score, value_text

RULES = load_rules((Path(__file__).parents[2] / "fixtures" / "qd06-2019.json").read_text(encoding="utf-8"))
CODES = [item.code for item in RULES.items]

area_types = st.sampled_from(AREA_TYPES)
counts = st.integers(0, 1_000_000_000)


@st.composite
def pairs(draw: st.DrawFn) -> Ratio:
    denominator = draw(st.integers(0, 5_000) | counts)
    return Ratio(draw(st.integers(0, denominator)), denominator, draw(st.sampled_from(["", "Không phát sinh"])))


def _sound(kind: ItemKind) -> st.SearchStrategy[RawAnswer]:
    if kind is ItemKind.BOOLEAN:
        return st.booleans()
    return counts if kind is ItemKind.COUNT else pairs()


sound_answers = st.fixed_dictionaries({}, optional={item.code: _sound(item.kind) for item in RULES.items})

junk: st.SearchStrategy[RawAnswer] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(),
    st.fractions(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.sampled_from([Decimal("1e999999"), Decimal("-1e999999"), Decimal("sNaN"), 10**5000, object()]),
)
junk_answers = st.dictionaries(st.sampled_from(CODES), junk | st.builds(Ratio, junk, junk, junk))


@given(area_type=area_types, denominator=st.integers(1, 100_000), data=st.data())
def test_more_registered_births_never_score_less(area_type: str, denominator: int, data: st.DataObject) -> None:
    fewer = data.draw(st.integers(0, denominator))
    more = data.draw(st.integers(fewer, denominator))
    points = [score(RULES, area_type, {"TC02.1": Ratio(n, denominator)}).item("TC02.1").points for n in (fewer, more)]
    assert points[0] <= points[1]


@given(area_type=area_types, denominator=st.integers(1, 100_000), data=st.data())
def test_more_abused_children_never_score_more(area_type: str, denominator: int, data: st.DataObject) -> None:
    fewer = data.draw(st.integers(0, denominator))
    more = data.draw(st.integers(fewer, denominator))
    points = [
        score(RULES, area_type, {"TC03.1": Ratio(n, denominator)}).criterion("TC03").points for n in (fewer, more)
    ]
    assert points[0] >= points[1]


@settings(max_examples=60)
@given(area_type=area_types, answers=sound_answers | junk_answers)
def test_the_total_is_the_sum_of_the_criteria_and_each_of_them_of_its_items(
    area_type: str, answers: dict[str, RawAnswer]
) -> None:
    sheet = score(RULES, area_type, answers)
    assert sheet.total == sum(criterion.points for criterion in sheet.criteria)
    for criterion in RULES.criteria:
        items = [sheet.item(item.code) for item in criterion.items]
        zeroed = any(
            item.zero_fails_criterion and found.problem is None and found.points == 0
            for item, found in zip(criterion.items, items, strict=True)
        )
        assert sheet.criterion(criterion.code).points == (0 if zeroed else sum(found.points for found in items))


@settings(max_examples=60)
@given(area_type=area_types, answers=sound_answers | junk_answers)
def test_reasons_are_empty_exactly_where_the_commune_passes(area_type: str, answers: dict[str, RawAnswer]) -> None:
    sheet = score(RULES, area_type, answers)
    assert sheet.passes == (not sheet.reasons)
    assert sheet.passes == (
        not sheet.problems and sheet.total >= sheet.threshold and all(found.points for found in sheet.criteria)
    )


@settings(max_examples=60)
@given(area_type=area_types, answers=junk_answers)
def test_garbage_never_raises_and_always_ends_as_json(area_type: str, answers: dict[str, RawAnswer]) -> None:
    sheet = score(RULES, area_type, answers)
    found = sheet.as_json()
    assert json.loads(json.dumps(found)) == found
    assert {problem.kind for problem in sheet.problems} <= set(ProblemKind)
    assert [item.code for item in sheet.items if item.problem is not None] == [p.item for p in sheet.problems]


@settings(max_examples=60)
@given(area_type=area_types, answers=sound_answers, extra=st.sampled_from(CODES))
def test_leaving_an_answer_out_is_the_same_as_sending_null(
    area_type: str, answers: dict[str, RawAnswer], extra: str
) -> None:
    without = {code: answer for code, answer in answers.items() if code != extra}
    assert score(RULES, area_type, without) == score(RULES, area_type, without | {extra: None})


@given(numerator=st.integers(0, 10**9), denominator=st.integers(1, 10**9))
def test_a_value_is_exact_where_it_ends_and_within_half_of_the_fourth_place_where_not(
    numerator: int, denominator: int
) -> None:
    value = Fraction(numerator, denominator)
    text = value_text(value)
    ends = 10**60 % value.denominator == 0
    assert Fraction(text) == value if ends else abs(Fraction(text) - value) <= Fraction(1, 20_000)
    assert "." not in text or not text.endswith(("0", "."))
