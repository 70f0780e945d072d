"""The arithmetic, the problems and the sentences of a score sheet."""

import json
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from criteria.rulesets import load_rules
from criteria.scoring import (
    Band,
    ItemKind,
    ProblemKind,
    Ratio,
    ScoreSheet,
    UnknownAreaType,
    UnknownItem,
    display_value,
    score,
    shown,
    value_text,
    vietnamese,
)

RULES = load_rules((Path(__file__).parents[2] / "fixtures" / "qd06-2019.json").read_text(encoding="utf-8"))

PAIR, RATE, COUNT, YES_NO = "TC02.1", "TC03.1", "TC12.2", "TC01.1"

EXAMPLE: dict[str, object] = {
    "TC01.1": True,
    "TC02.1": Ratio(98, 100),
    "TC12.2": 4,
    "TC06.2": Ratio(0, 0, "Không phát sinh vụ việc"),
}


def perfect(children: int = 1_500) -> dict[str, object]:
    """Full points everywhere."""
    answers: dict[str, object] = {}
    for item in RULES.items:
        if item.kind is ItemKind.BOOLEAN:
            answers[item.code] = True
        elif item.kind is ItemKind.COUNT:
            answers[item.code] = 4
        elif item.kind is ItemKind.RATE:
            answers[item.code] = Ratio(0, children)
        else:
            answers[item.code] = Ratio(children, children)
    return answers


def sheet(answers: dict[str, object], area_type: str = "other") -> ScoreSheet:
    return score(RULES, area_type, answers)


def problem(code: str, answer: object) -> ProblemKind | None:
    return sheet({code: answer}).item(code).problem


def explanation(code: str, answer: object) -> str:
    return sheet({code: answer}).item(code).explanation


# ------------------------------------------------------------------------------------------------- whole sheets


def test_a_perfect_commune_has_a_thousand_points_and_passes_without_a_reason() -> None:
    result = sheet(perfect())
    assert (result.total, result.max, result.passes, result.reasons, result.problems) == (1000, 1000, True, (), ())


def test_one_abused_child_of_1500_leaves_875_points_and_the_first_line_says_why() -> None:
    result = sheet(perfect() | {"TC03.1": Ratio(1, 1_500)})
    assert (result.total, result.threshold, result.passes) == (875, 850, False)
    assert result.reasons == (
        "Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt): mục TC03.1 (Tỷ suất trẻ em bị xâm hại tình dục, "
        "mua bán, bỏ rơi: 0,67 trẻ em / 1.000 trẻ em) được 0 điểm, nên cả tiêu chí không được tính điểm.",
    )


def test_an_item_that_zeroes_its_criterion_leaves_the_points_of_its_neighbours_in_sight() -> None:
    result = sheet(perfect() | {"TC03.1": Ratio(1, 1_500)})
    assert (result.item("TC03.1").points, result.item("TC03.2").points) == (0, 50)
    assert (result.criterion("TC03").points, result.criterion("TC03").is_zero) == (0, True)


def test_the_example_of_the_specification_scores_210_with_23_problems() -> None:
    result = sheet(EXAMPLE)
    assert (result.total, result.passes, len(result.problems)) == (210, False, 23)
    assert {item.kind for item in result.problems} == {ProblemKind.MISSING}
    assert result.reasons[-1] == "Tổng điểm 210/1.000 chưa đạt mức tối thiểu 850 điểm."


def test_the_json_of_the_example_has_exactly_this_shape() -> None:
    found = sheet(EXAMPLE).as_json()
    assert list(found) == ["total", "max", "threshold", "passes", "items", "criteria", "problems", "reasons"]
    items, criteria = found["items"], found["criteria"]
    assert isinstance(items, dict)
    assert isinstance(criteria, dict)
    assert list(items) == [item.code for item in RULES.items]
    assert list(criteria) == [criterion.code for criterion in RULES.criteria]
    assert items["TC02.1"] == {
        "points": 50,
        "max": 50,
        "value": "98",
        "explanation": "98 / 100 × 100 = 98 %, thuộc mức từ 98 % trở lên: 50/50 điểm",
    }
    assert [items[code]["value"] for code in ("TC01.1", "TC12.2", "TC06.2", "TC09.1")] == [True, "4", None, None]
    assert criteria["TC02"] == {"points": 50, "max": 50}
    assert isinstance(found["problems"], list)
    assert found["problems"][0] == {"item": "TC01.2", "kind": "missing"}


def test_a_sheet_without_answers_is_incomplete_and_never_a_zero_criterion() -> None:
    result = sheet({})
    assert [(c.points, c.is_complete, c.is_zero) for c in result.criteria] == [(0, False, False)] * 13
    assert len(result.problems) == 27
    assert "điểm liệt" not in " ".join(result.reasons)


def test_reasons_name_zero_criteria_then_incomplete_ones_then_the_total() -> None:
    answers = perfect() | {"TC01.2": None, "TC03.2": None, "TC05.2": Ratio(5, 1_500), "TC09.1": Ratio(0, 1_500)}
    result = sheet(answers)
    assert [reason[:40] for reason in result.reasons] == [
        "Tiêu chí 5 (Trẻ em bị tai nạn, thương tí",
        "Tiêu chí 9 (Trẻ em được khám sức khỏe đị",
        "Tiêu chí 1 (Nguồn lực thực hiện quyền tr",
        "Tiêu chí 3 (Trẻ em bị xâm hại) chưa hoàn",
        "Tổng điểm 785/1.000 chưa đạt mức tối thi",
    ]


def test_a_criterion_whose_items_all_score_nothing_is_a_zero_criterion() -> None:
    result = sheet(perfect() | {"TC09.1": Ratio(0, 1_500)})
    assert result.criterion("TC09").is_zero
    assert result.reasons == (
        "Tiêu chí 9 (Trẻ em được khám sức khỏe định kỳ) bị 0 điểm (điểm liệt): tất cả các mục đều được 0 điểm.",
    )


def test_zero_points_beside_an_unanswered_item_are_not_yet_a_zero_criterion() -> None:
    result = sheet({"TC11.1": False, "TC11.2": Ratio(0, 10)})
    criterion = result.criterion("TC11")
    assert (criterion.is_complete, criterion.is_zero) == (False, False)


def test_an_item_that_zeroes_its_criterion_does_so_before_the_rest_is_answered() -> None:
    criterion = sheet({"TC03.1": Ratio(1, 1_500)}).criterion("TC03")
    assert (criterion.is_complete, criterion.is_zero) == (False, True)


@pytest.mark.parametrize("answer", [None, Ratio(5, 0), Ratio(-1, 5), "1", Ratio(0, 0, "Không có")])
def test_an_item_with_a_problem_never_zeroes_its_criterion(answer: object) -> None:
    result = sheet(perfect() | {"TC03.1": answer})
    criterion = result.criterion("TC03")
    assert (criterion.points, criterion.is_complete, criterion.is_zero) == (50, False, False)


def test_a_problem_keeps_a_commune_with_enough_points_from_passing() -> None:
    result = sheet(perfect() | {"TC12.2": None})
    assert (result.total, result.passes) == (965, False)
    assert result.reasons == (
        "Tiêu chí 12 (Hoạt động vui chơi, giải trí, văn hóa, thể dục, thể thao dành cho trẻ em) chưa hoàn chỉnh: "
        "mục TC12.2 chưa có số liệu hợp lệ.",
    )


@pytest.mark.parametrize(
    ("area_type", "passes"),
    [("ward_of_central_city", False), ("other", True), ("mountain_island_disadvantaged", True)],
)
def test_870_points_pass_where_the_threshold_is_850_or_800(area_type: str, passes: bool) -> None:
    answers = perfect() | {"TC04.1": Ratio(9, 1_500), "TC05.1": Ratio(15, 1_500), "TC10.1": Ratio(95, 100)}
    answers |= {"TC11.2": Ratio(10, 100), "TC10.2": Ratio(95, 100)}
    result = sheet(answers, area_type)
    assert (result.total, result.passes) == (870, passes)


def test_a_total_of_exactly_the_threshold_passes() -> None:
    answers = perfect() | {"TC04.1": Ratio(9, 1_500), "TC05.1": Ratio(15, 1_500), "TC10.1": Ratio(95, 100)}
    result = sheet(answers, "ward_of_central_city")
    assert (result.total, result.threshold, result.passes, result.reasons) == (900, 900, True, ())


def test_malnutrition_is_judged_by_the_ladder_of_the_area_type() -> None:
    by_area = [
        sheet({"TC08.1": Ratio(12, 100)}, area).item("TC08.1").points
        for area in ("other", "mountain_island_disadvantaged")
    ]
    assert by_area == [15, 25]


def test_an_unknown_item_is_a_bug_and_raises() -> None:
    with pytest.raises(UnknownItem, match=r"không có mục «TC99\.1»"):
        sheet({"TC99.1": True})


def test_an_unknown_area_type_is_a_bug_and_raises() -> None:
    with pytest.raises(UnknownAreaType, match="không có loại xã «xa»"):
        sheet({}, "xa")


def test_codes_that_a_sheet_or_a_set_does_not_know_raise() -> None:
    for look_up in (RULES.item, RULES.criterion, RULES.criterion_of, sheet({}).item, sheet({}).criterion):
        with pytest.raises(UnknownItem):
            look_up("TC99")


def test_an_item_knows_its_criterion() -> None:
    assert RULES.criterion_of("TC12.2") is RULES.criterion("TC12")


def test_scoring_a_whole_commune_costs_at_most_two_milliseconds() -> None:
    answers = perfect()
    best = float("inf")
    for _ in range(50):
        begin = time.process_time_ns()
        sheet(answers)
        best = min(best, (time.process_time_ns() - begin) / 1e6)
    assert best <= 2


# ----------------------------------------------------------------------------------------------------- problems


@pytest.mark.parametrize(
    ("code", "answer", "kind"),
    [
        (YES_NO, None, "missing"),
        (COUNT, None, "missing"),
        (PAIR, None, "missing"),
        (PAIR, Ratio(None, None), "missing"),
        (PAIR, Ratio(None, 100), "missing"),
        (PAIR, Ratio(98, None), "missing"),
        (PAIR, 98, "not_a_number"),
        (PAIR, True, "not_a_number"),
        (PAIR, "98/100", "not_a_number"),
        (PAIR, [98, 100], "not_a_number"),
        (PAIR, Ratio("98", 100), "not_a_number"),
        (PAIR, Ratio(98, True), "not_a_number"),
        (PAIR, Ratio(Decimal("NaN"), 100), "not_a_number"),
        (PAIR, Ratio(98, Decimal("Infinity")), "not_a_number"),
        (PAIR, Ratio(Decimal("sNaN"), 100), "not_a_number"),
        (PAIR, Ratio(98.0, 100), "not_a_number"),
        (COUNT, "4", "not_a_number"),
        (COUNT, True, "not_a_number"),
        (COUNT, Ratio(4, 1), "not_a_number"),
        (COUNT, Ratio(None, None), "not_a_number"),
        (YES_NO, 1, "not_boolean"),
        (YES_NO, 0, "not_boolean"),
        (YES_NO, "true", "not_boolean"),
        (YES_NO, "", "not_boolean"),
        (YES_NO, Ratio(1, 1), "not_boolean"),
        (COUNT, Decimal("4.5"), "not_whole"),
        (COUNT, Decimal("1e-999999"), "not_whole"),
        (PAIR, Ratio(Decimal("97.5"), 100), "not_whole"),
        (PAIR, Ratio(1, Fraction(3, 2)), "not_whole"),
        (COUNT, -1, "negative"),
        (COUNT, Decimal("-1e999999"), "negative"),
        (PAIR, Ratio(-1, 100), "negative"),
        (PAIR, Ratio(-5, -10), "negative"),
        (COUNT, 1_000_000_001, "too_large"),
        (COUNT, Decimal("1e999999"), "too_large"),
        (PAIR, Ratio(1, 10**12), "too_large"),
        (PAIR, Ratio(101, 100), "numerator_too_large"),
        (PAIR, Ratio(5, 0), "numerator_too_large"),
        (PAIR, Ratio(5, 0, "Không có"), "numerator_too_large"),
        (RATE, Ratio(1_001, 1_000), "numerator_too_large"),
        (RATE, Ratio(0, 0), "zero_denominator"),
        (RATE, Ratio(0, 0, "Không có trẻ em"), "zero_denominator"),
        (PAIR, Ratio(0, 0), "reason_required"),
        (PAIR, Ratio(0, 0, " \n\t\u00a0"), "reason_required"),
        (PAIR, Ratio(0, 0, "\u200b\ufeff\u2060"), "reason_required"),
        (PAIR, Ratio(0, 0, None), "reason_required"),
        (PAIR, Ratio(0, 0, 5), "reason_required"),
    ],
)
def test_a_figure_that_cannot_be_is_named_by_its_kind(code: str, answer: object, kind: str) -> None:
    result = sheet({code: answer})
    item = result.item(code)
    assert (item.problem, item.points, item.value, item.band) == (kind, 0, None, None)
    assert [found.kind for found in result.problems if found.item == code] == [kind]


@pytest.mark.parametrize(
    ("numerator", "denominator", "first"),
    [
        ("x", None, "missing"),
        (None, "x", "missing"),
        (Decimal("0.5"), "x", "not_a_number"),
        (-1, Decimal("0.5"), "not_whole"),
        (Decimal("-0.5"), 5, "not_whole"),
        (10**12, -1, "negative"),
        (10**12, 0, "too_large"),
        (5, 0, "numerator_too_large"),
    ],
)
def test_the_first_kind_that_fits_either_half_of_a_pair_is_reported(
    numerator: object, denominator: object, first: str
) -> None:
    assert problem(PAIR, Ratio(numerator, denominator)) == first


def test_the_kinds_are_looked_for_in_this_order() -> None:
    assert [str(kind) for kind in ProblemKind] == [
        "missing",
        "not_a_number",
        "not_boolean",
        "not_whole",
        "negative",
        "too_large",
        "numerator_too_large",
        "zero_denominator",
        "reason_required",
    ]


@pytest.mark.parametrize("four", [4, Decimal(4), Decimal("4.0"), Decimal("0.4e1"), Fraction(8, 2)])
def test_four_is_whole_however_it_is_written(four: object) -> None:
    item = sheet({COUNT: four}).item(COUNT)
    assert (item.points, item.value, type(item.value)) == (35, 4, int)


@pytest.mark.parametrize("zero", [0, Decimal("-0"), Decimal("0E+999999"), Decimal("0E-999999")])
def test_zero_is_a_figure_and_not_a_blank(zero: object) -> None:
    item = sheet({COUNT: zero}).item(COUNT)
    assert (item.problem, item.points, item.value) == (None, 0, 0)


def test_a_thousand_million_is_not_too_large() -> None:
    assert problem(PAIR, Ratio(10**9, 10**9)) is None


def test_monstrous_exponents_are_refused_without_being_spelled_out() -> None:
    begin = time.process_time()
    for text in ("1e999999", "-1e999999", "1e-999999", "1e999999999", "0e999999999"):
        sheet({COUNT: Decimal(text), PAIR: Ratio(Decimal(text), Decimal(text))})
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    ("code", "answer", "message"),
    [
        (YES_NO, None, "Mục TC01.1: chọn «Có» hoặc «Không»."),
        (YES_NO, "có", "Mục TC01.1: chọn «Có» hoặc «Không»."),
        (COUNT, None, "Mục TC12.2: nhập số lượng, ô để trống không được tính là 0."),
        (COUNT, "x", "Mục TC12.2: nhập số lượng bằng chữ số."),
        (PAIR, None, "Mục TC02.1: nhập tử số và mẫu số, ô để trống không được tính là 0."),
        (PAIR, Ratio(None, None), "Mục TC02.1: nhập tử số và mẫu số, ô để trống không được tính là 0."),
        (
            "TC08.1",
            Ratio(None, 5),
            "Mục TC08.1: nhập tử số («Số trẻ dưới 5 tuổi suy dinh dưỡng thể nhẹ cân»), "
            "nếu không có trường hợp nào thì nhập 0.",
        ),
        ("TC08.1", Ratio(5, None), "Mục TC08.1: nhập mẫu số («Số trẻ em dưới 5 tuổi được cân, đo»)."),
        (PAIR, 5, "Mục TC02.1: nhập tử số và mẫu số bằng chữ số, mỗi số vào một ô."),
        (COUNT, Decimal("1.5"), "Mục TC12.2: nhập số nguyên, không có phần thập phân."),
        (COUNT, -1, "Mục TC12.2: nhập số từ 0 trở lên."),
        (COUNT, 10**12, "Mục TC12.2: nhập số không quá 1.000.000.000."),
        (PAIR, Ratio(5, 0), "Mục TC02.1: kiểm tra lại hai số, tử số không được lớn hơn mẫu số."),
        (
            "TC08.1",
            Ratio(0, 0),
            "Mục TC08.1: nhập mẫu số lớn hơn 0 («Số trẻ em dưới 5 tuổi được cân, đo»).",
        ),
        (PAIR, Ratio(0, 0), "Mục TC02.1: ghi lý do vì sao mẫu số bằng 0."),
    ],
)
def test_a_problem_says_what_to_do(code: str, answer: object, message: str) -> None:
    assert [found.message for found in sheet({code: answer}).problems if found.item == code] == [message]


# ------------------------------------------------------------------------------------------------- explanations


@pytest.mark.parametrize(
    ("code", "answer", "sentence"),
    [
        (YES_NO, True, "Có: 50/50 điểm"),
        (YES_NO, False, "Không: 0/50 điểm"),
        (PAIR, Ratio(98, 100), "98 / 100 × 100 = 98 %, thuộc mức từ 98 % trở lên: 50/50 điểm"),
        (PAIR, Ratio(954, 1_000), "954 / 1.000 × 100 = 95,4 %, thuộc mức từ 95 % đến dưới 98 %: 40/50 điểm"),
        (
            PAIR,
            Ratio(24_499, 25_000),
            "24.499 / 25.000 × 100 ≈ 98,00 % (thực tế chưa đạt 98 %), thuộc mức từ 95 % đến dưới 98 %: 40/50 điểm",
        ),
        (
            RATE,
            Ratio(1, 1_500),
            "1 / 1.500 × 1.000 ≈ 0,67 trẻ em / 1.000 trẻ em, thuộc mức trên 0,5 trẻ em / 1.000 trẻ em: 0/75 điểm",
        ),
        (
            RATE,
            Ratio(1, 1_999),
            "1 / 1.999 × 1.000 ≈ 0,50 trẻ em / 1.000 trẻ em (thực tế vượt 0,5 trẻ em / 1.000 trẻ em), "
            "thuộc mức trên 0,5 trẻ em / 1.000 trẻ em: 0/75 điểm",
        ),
        (
            RATE,
            Ratio(0, 1_500),
            "0 / 1.500 × 1.000 = 0 trẻ em / 1.000 trẻ em, thuộc mức không có trường hợp nào: 75/75 điểm",
        ),
        (COUNT, 4, "4 hoạt động / năm, thuộc mức từ 4 hoạt động / năm trở lên: 35/35 điểm"),
        (
            "TC06.2",
            Ratio(0, 0, " Không phát sinh\nvụ việc "),
            "Mẫu số bằng 0, được tính điểm tối đa: 75/75 điểm. Lý do: Không phát sinh vụ việc",
        ),
        (PAIR, None, "Chưa tính được điểm (0/50): nhập tử số và mẫu số, ô để trống không được tính là 0."),
    ],
)
def test_an_item_explains_its_points(code: str, answer: object, sentence: str) -> None:
    assert explanation(code, answer) == sentence


def test_24499_of_25000_is_shown_as_98_per_cent_and_does_not_reach_the_band_of_98() -> None:
    item = sheet({PAIR: Ratio(24_499, 25_000)}).item(PAIR)
    assert (item.points, item.value, value_text(item.value)) == (40, Fraction("97.996"), "97.996")
    assert display_value(RULES.item(PAIR), item.value) == "98,00 %"


def test_the_band_that_applied_is_part_of_the_score() -> None:
    item = sheet({PAIR: Ratio(24_499, 25_000)}).item(PAIR)
    assert item.band is RULES.item(PAIR).bands[1]


# ------------------------------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (4, "4"),
        (Fraction(98), "98"),
        (Fraction(100), "100"),
        (Fraction("97.996"), "97.996"),
        (Fraction("95.40"), "95.4"),
        (Fraction(1, 65_536), "0.0000152587890625"),
        (Fraction(2, 3), "0.6667"),
        (Fraction(200, 3), "66.6667"),
        (Fraction(1, 3), "0.3333"),
        (Fraction(1, 30_000), "0"),
        (Fraction(3 * 10**6 + 1, 3 * 10**4), "100"),
        (Fraction(1, 7) + Fraction(1, 2), "0.6429"),
    ],
)
def test_a_value_for_machines_is_exact_or_has_four_places(value: Fraction | int | bool | None, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (98, "98"),
        (1_234, "1.234"),
        (Fraction("95.4"), "95,4"),
        (Fraction("97.996"), "98,00"),
        (Fraction("0.005"), "0,01"),
        (Fraction("0.0049"), "0,00"),
        (Fraction(1_000_000, 3), "333.333,33"),
    ],
)
def test_a_value_for_people_has_two_places_at_most(value: Fraction | int, text: str) -> None:
    assert shown(value) == text


def test_numbers_are_written_the_vietnamese_way() -> None:
    assert [vietnamese(number) for number in (0, 999, 1_000, 1_234_567, Fraction("1234.5"))] == [
        "0",
        "999",
        "1.000",
        "1.234.567",
        "1.234,5",
    ]


# -------------------------------------------------------------------------------------------------------- bands


@pytest.mark.parametrize(
    ("code", "labels"),
    [
        ("TC01.1", ["có", "không"]),
        ("TC02.1", ["từ 98 % trở lên", "từ 95 % đến dưới 98 %", "từ 90 % đến dưới 95 %", "dưới 90 %"]),
        (
            "TC03.1",
            [
                "không có trường hợp nào",
                "trên 0 đến 0,5 trẻ em / 1.000 trẻ em",
                "trên 0,5 trẻ em / 1.000 trẻ em",
            ],
        ),
        ("TC06.2", ["100 %", "dưới 100 %"]),
        ("TC08.1", ["từ 9 % trở xuống", "trên 9 % đến 12 %", "trên 12 % đến 15 %", "trên 15 %"]),
        (
            "TC12.2",
            ["từ 4 hoạt động / năm trở lên", "từ 2 đến 3 hoạt động / năm", "1 hoạt động / năm", "0 hoạt động / năm"],
        ),
    ],
)
def test_a_band_reads_as_plain_vietnamese(code: str, labels: list[str]) -> None:
    assert [band.label for band in RULES.item(code).bands] == labels


def test_a_band_may_have_no_unit_and_no_ends() -> None:
    assert Band(None, False, None, False, 5).label == "mọi giá trị"
    assert Band(Fraction(0), False, Fraction(1, 2), True, 5, unit="‰").label == "trên 0 đến 0,5 ‰"
    assert Band(None, False, Fraction(3), True, 5, kind=ItemKind.COUNT, unit="").label == "từ 3 trở xuống"


def test_the_ladder_of_another_area_type_falls_back_to_the_common_one() -> None:
    item = RULES.item("TC08.1")
    assert item.bands_for("other") is item.bands
    assert item.bands_for("mountain_island_disadvantaged")[0].label == "từ 12 % trở xuống"


def test_the_json_survives_a_round_trip() -> None:
    found = sheet(EXAMPLE).as_json()
    assert json.loads(json.dumps(found, ensure_ascii=False)) == found
