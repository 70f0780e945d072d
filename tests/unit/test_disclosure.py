"""Counts of 1 to 4 in sensitive criteria, and what they could be worked out from, as outsiders read them."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criteria.disclosure import hides, masked_sheet, masked_text
from criteria.rulesets import load_rules
from criteria.scoring import ItemKind, Ratio, RawAnswer, RuleSet, ScoreSheet, score

RULES = load_rules((Path(__file__).resolve().parents[2] / "fixtures" / "qd06-2019.json").read_text(encoding="utf-8"))
AREA = "other"


def answers(children: int = 2000, **given: RawAnswer) -> dict[str, RawAnswer]:
    """The best figures of a commune with so many children, but for those given («TC03_1»)."""
    best: dict[str, RawAnswer] = {}
    for item in RULES.items:
        if item.kind is ItemKind.BOOLEAN:
            best[item.code] = True
        elif item.kind is ItemKind.COUNT:
            best[item.code] = 4
        else:
            whole = children if item.denominator_key else 100
            best[item.code] = Ratio(whole if item.kind is ItemKind.PERCENTAGE else 0, whole)
    return best | {code.replace("_", "."): raw for code, raw in given.items()}


def sheets(given: dict[str, RawAnswer], rules: RuleSet = RULES) -> tuple[ScoreSheet, ScoreSheet]:
    return score(rules, AREA, given), masked_sheet(rules, AREA, given)


def test_the_set_itself_marks_the_criteria_about_single_children() -> None:
    assert [criterion.code for criterion in RULES.criteria if criterion.sensitive] == ["TC03", "TC04", "TC06"]
    assert [RULES.names_children(code) for code in ("TC03.1", "TC05.2", "children_under_16")] == [True, False, False]


def test_a_sheet_without_small_counts_is_the_exact_one() -> None:
    large, elsewhere = answers(TC03_1=Ratio(5, 2000), TC04_1=Ratio(0, 2000)), answers(TC05_2=Ratio(3, 2000))
    for raw in (answers(), large, elsewhere):
        exact, masked = sheets(raw)
        assert masked == exact
        assert hides(RULES, raw) is False


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_count_rate_band_points_and_totals_are_hidden_together(count: int) -> None:
    exact, masked = sheets(answers(TC03_1=Ratio(count, 2000)))
    assert exact.item("TC03.1").explanation.startswith(f"{count} / 2.000 × 1.000 = ")
    item, criterion = masked.item("TC03.1"), masked.criterion("TC03")
    assert (item.points, item.value, item.band, item.of_max) == (0, None, None, "đã che")
    assert item.explanation == ("1–4 / 2.000. Số từ 1 đến 4 và điểm tính từ số đó được che để không nhận ra trẻ em.")
    assert (criterion.points, criterion.is_zero, criterion.of_max) == (0, False, "đã che")
    assert masked.hides_total is True
    assert masked.total_text == "từ 850 trở lên"
    assert masked.criterion("TC01") == exact.criterion("TC01")


def test_points_that_tell_nothing_are_shown() -> None:
    """One or four of eight thousand children earn the same points."""
    exact, masked = sheets(answers(8000, TC03_1=Ratio(3, 8000)))
    assert masked.item("TC03.1").explanation == (
        "1–4 / 8.000, thuộc mức trên 0 đến 0,5 trẻ em / 1.000 trẻ em: 30/75 điểm"
    )
    assert masked.item("TC03.1").value is None
    assert masked.criterion("TC03") == exact.criterion("TC03")
    assert masked.total_text == "955"


def test_where_a_visible_zero_already_fails_the_criterion_its_points_tell_nothing() -> None:
    _, masked = sheets(answers(TC03_1=Ratio(9, 2000), TC03_2=Ratio(3, 2000)))
    assert masked.item("TC03.2").is_hidden is True
    assert masked.criterion("TC03").of_max == "0/125"
    assert masked.criterion("TC03").is_zero is True
    assert masked.total_text == "875"


def test_a_count_of_cases_is_hidden_below_the_line_too() -> None:
    """TC06.2 counts the very cases of TC03.1: its denominator would tell them."""
    _, masked = sheets(answers(TC06_2=Ratio(2, 3)))
    assert masked.item("TC06.2").explanation.startswith("1–4 / 1–4. ")
    _, none_helped = sheets(answers(TC06_2=Ratio(0, 3)))
    assert none_helped.item("TC06.2").explanation == "0 / 1–4, thuộc mức dưới 100 %: 0/75 điểm"
    assert none_helped.item("TC06.2").value == Fraction(0)


def test_the_ground_of_a_refusal_is_named_without_its_figures() -> None:
    exact, masked = sheets(answers(TC03_1=Ratio(3, 2000), TC01_1=False, TC07_1=Ratio(0, 100), TC02_1=Ratio(0, 100)))
    assert exact.reasons[1].startswith("Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt): mục TC03.1")
    assert masked.reasons[1] == (
        "Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt). Số liệu chi tiết chỉ xã và cơ quan thẩm định được xem."
    )
    assert exact.reasons[-1].startswith("Tổng điểm ")
    assert masked.reasons[-1] == "Tổng điểm chưa đạt mức tối thiểu 850 điểm."
    assert masked.total_text == "dưới 850"
    assert [masked.passes, exact.passes] == [False, False]


def outcome_free(sheet: ScoreSheet) -> ScoreSheet:
    """What is left when the result itself (passes or not, which ground, which side of the threshold) is taken away."""
    return replace(sheet, passes=False, reasons=(), total=0)


counts = st.integers(min_value=1, max_value=4)
children = st.integers(min_value=4, max_value=9000)


@given(
    children, st.tuples(*[counts] * 4), st.tuples(*[counts] * 4), st.tuples(counts, counts), st.tuples(counts, counts)
)
def test_two_communes_that_differ_in_hidden_counts_alone_read_the_same(
    whole: int,
    one: tuple[int, ...],
    other: tuple[int, ...],
    cases: tuple[int, int],
    other_cases: tuple[int, int],
) -> None:
    """The proof against sums and differences: whatever an outsider works out of the sheet, it comes out alike."""
    codes = ("TC03_1", "TC03_2", "TC04_1", "TC04_2")

    def read(numbers: tuple[int, ...], pair: tuple[int, int]) -> ScoreSheet:
        hidden: dict[str, RawAnswer] = {code: Ratio(number, whole) for code, number in zip(codes, numbers, strict=True)}
        hidden["TC06_2"] = Ratio(min(pair), max(pair))
        return masked_sheet(RULES, AREA, answers(whole, **hidden))

    assert outcome_free(read(one, cases)) == outcome_free(read(other, other_cases))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3/2000", "1–4/2000"),
        ("13/2000", "13/2000"),
        ("5/2000", "5/2000"),
        ("0/3", "0/1–4"),
        ("2/4", "1–4/1–4"),
        ("3/…", "1–4/…"),
        ("4", "1–4"),
        ("40", "40"),
        ("0/0 (Không phát sinh vụ việc)", "0/0 (Không phát sinh vụ việc)"),
        ("Có", "Có"),
        ("", ""),
    ],
)
def test_an_answer_that_was_kept_as_text_is_masked(text: str, shown: str) -> None:
    assert masked_text(text) == shown


def test_halves_that_are_missing_or_impossible_are_masked_too() -> None:
    for raw in (Ratio(3, None), Ratio(3, 2)):
        assert hides(RULES, {"TC03.1": raw}) is True
        _, masked = sheets(answers(TC03_1=raw))
        assert "3" not in masked.item("TC03.1").explanation.replace("0/75", "")


def test_pages_and_reports_ask_for_figures_through_the_disclosure_alone() -> None:
    root = Path(__file__).resolve().parents[2]
    files = [*(root / "assessments" / "views").glob("*.py"), *(root / "reports").rglob("*.py")]
    makers = {"demo.py"}  # makes figures, shows none
    assert [path.name for path in files if "load_figures" in path.read_text() and path.name not in makers] == []
    assert len(files) > 10
