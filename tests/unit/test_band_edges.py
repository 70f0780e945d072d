"""Every band edge of all 27 items for the three area types, against a table written by hand from the decision as
reconstructed. Nothing here is derived from the stored set: a slip in the set must not correct the test."""

from pathlib import Path

import pytest

from criteria.rulesets import load_rules
from criteria.scoring import Ratio, score

RULES = load_rules((Path(__file__).parents[2] / "fixtures" / "qd06-2019.json").read_text(encoding="utf-8"))

WARD, MOUNTAIN, OTHER = "ward_of_central_city", "mountain_island_disadvantaged", "other"
EVERYWHERE = (WARD, MOUNTAIN, OTHER)
LOWLAND = (WARD, OTHER)

# Item: points for yes, points for no.
YES_NO = {
    "TC01.1": (50, 0),
    "TC01.2": (15, 0),
    "TC01.3": (15, 0),
    "TC01.4": (20, 0),
    "TC11.1": (25, 0),
}

# Item, where: (numerator, points) over 100.000 children, so that 1 is a thousandth of a per cent.
# Each edge of a percentage belongs to the band above it.
PERCENTAGES = [
    ("TC02.1", EVERYWHERE, [(0, 0), (89_999, 0), (90_000, 25), (90_001, 25), (94_999, 25), (95_000, 40),
                            (95_001, 40), (97_999, 40), (98_000, 50), (98_001, 50), (100_000, 50)]),
    ("TC06.1", EVERYWHERE, [(0, 0), (79_999, 0), (80_000, 20), (80_001, 20), (89_999, 20), (90_000, 35),
                            (90_001, 35), (94_999, 35), (95_000, 50), (95_001, 50), (100_000, 50)]),
    ("TC06.2", EVERYWHERE, [(0, 0), (50_000, 0), (99_999, 0), (100_000, 75)]),
    ("TC07.1", EVERYWHERE, [(0, 0), (89_999, 0), (90_000, 25), (90_001, 25), (94_999, 25), (95_000, 40),
                            (95_001, 40), (97_999, 40), (98_000, 50), (98_001, 50), (100_000, 50)]),
    ("TC09.1", EVERYWHERE, [(0, 0), (69_999, 0), (70_000, 20), (70_001, 20), (79_999, 20), (80_000, 35),
                            (80_001, 35), (89_999, 35), (90_000, 50), (90_001, 50), (100_000, 50)]),
    ("TC10.1", EVERYWHERE, [(0, 0), (89_999, 0), (90_000, 10), (90_001, 10), (94_999, 10), (95_000, 15),
                            (95_001, 15), (98_999, 15), (99_000, 25), (99_001, 25), (100_000, 25)]),
    ("TC10.2", EVERYWHERE, [(0, 0), (89_999, 0), (90_000, 10), (90_001, 10), (94_999, 10), (95_000, 15),
                            (95_001, 15), (96_999, 15), (97_000, 25), (97_001, 25), (100_000, 25)]),
    ("TC10.3", EVERYWHERE, [(0, 0), (79_999, 0), (80_000, 10), (80_001, 10), (84_999, 10), (85_000, 15),
                            (85_001, 15), (87_999, 15), (88_000, 25), (88_001, 25), (100_000, 25)]),
    ("TC11.2", EVERYWHERE, [(0, 0), (9_999, 0), (10_000, 5), (10_001, 5), (19_999, 5), (20_000, 15),
                            (20_001, 15), (29_999, 15), (30_000, 25), (30_001, 25), (100_000, 25)]),
    ("TC11.3", EVERYWHERE, [(0, 0), (9_999, 0), (10_000, 5), (10_001, 5), (19_999, 5), (20_000, 15),
                            (20_001, 15), (29_999, 15), (30_000, 25), (30_001, 25), (100_000, 25)]),
    ("TC12.1", EVERYWHERE, [(0, 0), (9_999, 0), (10_000, 10), (10_001, 10), (29_999, 10), (30_000, 25),
                            (30_001, 25), (49_999, 25), (50_000, 40), (50_001, 40), (100_000, 40)]),
    ("TC13.1", EVERYWHERE, [(0, 0), (49_999, 0), (50_000, 10), (50_001, 10), (64_999, 10), (65_000, 15),
                            (65_001, 15), (79_999, 15), (80_000, 25), (80_001, 25), (100_000, 25)]),
    ("TC13.2", EVERYWHERE, [(0, 0), (49_999, 0), (50_000, 10), (50_001, 10), (64_999, 10), (65_000, 15),
                            (65_001, 15), (79_999, 15), (80_000, 25), (80_001, 25), (100_000, 25)]),
]  # fmt: skip

# Item, where, denominator: (numerator, points). Each edge of a rate belongs to the band below it.
RATES = [
    # per 1.000 children; 1 of 1.000.000 is a thousandth
    ("TC03.1", EVERYWHERE, 1_000_000, [(0, 75), (1, 30), (499, 30), (500, 30), (501, 0), (1_000_000, 0)]),
    ("TC03.2", EVERYWHERE, 1_000_000, [(0, 50), (1, 25), (999, 25), (1_000, 25), (1_001, 0), (1_000_000, 0)]),
    ("TC04.1", EVERYWHERE, 1_000_000, [(0, 40), (1, 20), (999, 20), (1_000, 20), (1_001, 0), (1_000_000, 0)]),
    ("TC04.2", EVERYWHERE, 1_000_000, [(0, 35), (1, 15), (499, 15), (500, 15), (501, 0), (1_000_000, 0)]),
    # per 100.000 children; 1 of 100.000.000 is a thousandth
    ("TC05.1", EVERYWHERE, 100_000_000, [(0, 50), (1, 50), (549_999, 50), (550_000, 50), (550_001, 30),
                                         (699_999, 30), (700_000, 30), (700_001, 15), (899_999, 15),
                                         (900_000, 15), (900_001, 0), (100_000_000, 0)]),
    ("TC05.2", EVERYWHERE, 100_000_000, [(0, 50), (1, 20), (15_999, 20), (16_000, 20), (16_001, 0),
                                         (100_000_000, 0)]),
    # per 100 children; the mountains and islands have ladders of their own
    ("TC08.1", LOWLAND, 100_000, [(0, 25), (8_999, 25), (9_000, 25), (9_001, 15), (11_999, 15), (12_000, 15),
                                  (12_001, 10), (14_999, 10), (15_000, 10), (15_001, 0), (100_000, 0)]),
    ("TC08.1", (MOUNTAIN,), 100_000, [(0, 25), (11_999, 25), (12_000, 25), (12_001, 15), (14_999, 15),
                                      (15_000, 15), (15_001, 10), (17_999, 10), (18_000, 10), (18_001, 0),
                                      (100_000, 0)]),
    ("TC08.2", LOWLAND, 100_000, [(0, 25), (16_999, 25), (17_000, 25), (17_001, 15), (20_999, 15), (21_000, 15),
                                  (21_001, 10), (24_999, 10), (25_000, 10), (25_001, 0), (100_000, 0)]),
    ("TC08.2", (MOUNTAIN,), 100_000, [(0, 25), (20_999, 25), (21_000, 25), (21_001, 15), (24_999, 15),
                                      (25_000, 15), (25_001, 10), (28_999, 10), (29_000, 10), (29_001, 0),
                                      (100_000, 0)]),
]  # fmt: skip

# Item: (count, points).
COUNTS = {"TC12.2": [(0, 0), (1, 10), (2, 20), (3, 20), (4, 35), (5, 35), (1_000_000_000, 35)]}

# Item: (what 0 of 0 with a written reason is worth, None for an error).
ZERO_OF_ZERO = {
    "TC02.1": 50, "TC03.1": None, "TC03.2": None, "TC04.1": None, "TC04.2": None, "TC05.1": None, "TC05.2": None,
    "TC06.1": 50, "TC06.2": 75, "TC07.1": 50, "TC08.1": None, "TC08.2": None, "TC09.1": None, "TC10.1": 25,
    "TC10.2": 25, "TC10.3": 25, "TC11.2": 25, "TC11.3": 25, "TC12.1": None, "TC13.1": None, "TC13.2": None,
}  # fmt: skip


def points(code: str, area_type: str, answer: object) -> int:
    item = score(RULES, area_type, {code: answer}).item(code)
    assert item.problem is None
    return item.points


@pytest.mark.parametrize("area_type", EVERYWHERE)
@pytest.mark.parametrize(("code", "expected"), YES_NO.items())
def test_yes_and_no_score_as_the_table_says(code: str, expected: tuple[int, int], area_type: str) -> None:
    assert (points(code, area_type, True), points(code, area_type, False)) == expected


@pytest.mark.parametrize(
    ("code", "area_type", "ladder"), [(code, area, ladder) for code, areas, ladder in PERCENTAGES for area in areas]
)
def test_a_percentage_scores_as_the_table_says_around_every_edge(
    code: str, area_type: str, ladder: list[tuple[int, int]]
) -> None:
    assert [(n, points(code, area_type, Ratio(n, 100_000))) for n, _ in ladder] == ladder


@pytest.mark.parametrize(
    ("code", "area_type", "denominator", "ladder"),
    [(code, area, denominator, ladder) for code, areas, denominator, ladder in RATES for area in areas],
)
def test_a_rate_scores_as_the_table_says_around_every_edge(
    code: str, area_type: str, denominator: int, ladder: list[tuple[int, int]]
) -> None:
    assert [(n, points(code, area_type, Ratio(n, denominator))) for n, _ in ladder] == ladder


@pytest.mark.parametrize("area_type", EVERYWHERE)
@pytest.mark.parametrize(("code", "ladder"), COUNTS.items())
def test_a_count_scores_as_the_table_says_around_every_edge(
    code: str, ladder: list[tuple[int, int]], area_type: str
) -> None:
    assert [(n, points(code, area_type, n)) for n, _ in ladder] == ladder


@pytest.mark.parametrize("area_type", EVERYWHERE)
@pytest.mark.parametrize(("code", "expected"), ZERO_OF_ZERO.items())
def test_zero_of_zero_is_worth_what_the_table_says(code: str, expected: int | None, area_type: str) -> None:
    item = score(RULES, area_type, {code: Ratio(0, 0, "Không phát sinh")}).item(code)
    if expected is None:
        assert (item.points, item.problem) == (0, "zero_denominator")
    else:
        assert (item.points, item.problem, item.value) == (expected, None, None)


def test_the_edge_of_one_child_in_two_thousand_is_exact() -> None:
    assert points("TC03.1", OTHER, Ratio(1, 2_000)) == 30
    assert points("TC03.1", OTHER, Ratio(1, 1_999)) == 0


def test_the_table_names_all_items_for_all_area_types() -> None:
    named = {(code, area) for code in (*YES_NO, *COUNTS) for area in EVERYWHERE}
    named |= {(code, area) for code, areas, _ in PERCENTAGES for area in areas}
    named |= {(code, area) for code, areas, _, _ in RATES for area in areas}
    assert named == {(item.code, area) for item in RULES.items for area in EVERYWHERE}
    assert len(named) == 81


def test_the_criteria_are_worth_what_the_table_says() -> None:
    assert {criterion.code: criterion.max_points for criterion in RULES.criteria} == {
        "TC01": 100, "TC02": 50, "TC03": 125, "TC04": 75, "TC05": 100, "TC06": 125, "TC07": 50, "TC08": 50,
        "TC09": 50, "TC10": 75, "TC11": 75, "TC12": 75, "TC13": 50,
    }  # fmt: skip


def test_the_thresholds_are_900_850_and_800() -> None:
    assert [RULES.threshold(area).minimum for area in (WARD, OTHER, MOUNTAIN)] == [900, 850, 800]


def test_only_two_items_can_zero_their_criterion() -> None:
    assert [item.code for item in RULES.items if item.zero_fails_criterion] == ["TC03.1", "TC05.2"]
