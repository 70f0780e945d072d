"""What the stored text of a set may say, and what is refused with the place named."""

import copy
import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from criteria.rulesets import load_rules
from criteria.scoring import Certainty, ItemKind, ZeroDenominator

TEXT = (Path(__file__).parents[2] / "fixtures" / "qd06-2019.json").read_text(encoding="utf-8")
RULES = load_rules(TEXT)
Edit = Callable[[dict[str, Any]], object]


def item(root: dict[str, Any], code: str) -> dict[str, Any]:
    return next(node for criterion in root["criteria"] for node in criterion["items"] if node["code"] == code)


def refusal(edit: Edit) -> str:
    root = copy.deepcopy(json.loads(TEXT))
    edit(root)
    with pytest.raises(ValueError, match=r".") as caught:
        load_rules(json.dumps(root))
    return str(caught.value)


def test_the_set_of_decision_06_is_read_whole() -> None:
    assert (RULES.code, RULES.version, RULES.max_points) == ("QD06-2019", 1, 1000)
    assert (len(RULES.criteria), len(RULES.items), len(RULES.base_figures)) == (13, 27, 6)
    assert RULES.title.startswith("Quyết định 06/QĐ-TTg: Ban hành Quy định tiêu chuẩn")
    assert RULES.warning.startswith("KHÔNG phải bản sao")
    assert RULES.effective_from == "2019-01-03"


def test_the_hash_is_that_of_the_text_as_stored() -> None:
    assert RULES.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


def test_an_item_carries_what_a_page_shows() -> None:
    found = RULES.item("TC03.1")
    assert (found.kind, found.per, found.unit) == (ItemKind.RATE, 1000, "trẻ em / 1.000 trẻ em")
    assert (found.denominator_key, found.zero_fails_criterion) == ("children_under_16", True)
    assert found.zero_denominator is ZeroDenominator.ERROR
    assert found.numerator_label == "Số trẻ em bị xâm hại tình dục, mua bán, bỏ rơi trong kỳ (đã xác minh)"
    assert [slot.required for slot in found.evidence_slots] == [True]


def test_edges_are_read_exactly() -> None:
    assert RULES.item("TC03.1").bands[1].high == Fraction(1, 2)


def test_criteria_that_touch_single_children_are_marked_sensitive() -> None:
    assert [criterion.code for criterion in RULES.criteria if criterion.sensitive] == ["TC03", "TC04", "TC06"]


def test_what_carries_no_certainty_is_reconstructed() -> None:
    assert RULES.item("TC01.1").certainty.max_points is Certainty.VERIFIED
    assert [band.certainty for band in RULES.item("TC06.2").bands] == [Certainty.VERIFIED, Certainty.RECONSTRUCTED]
    assert {band.certainty for band in RULES.item("TC02.1").bands} == {Certainty.RECONSTRUCTED}
    assert RULES.item("TC02.1").zero_denominator_certainty is Certainty.RECONSTRUCTED


def test_every_certainty_has_a_vietnamese_label() -> None:
    assert [certainty.label for certainty in Certainty] == [
        "Đã đối chiếu nguồn",
        "Nguồn bị cắt, chỉ đối chiếu được phần thấy",
        "Chỉ mức cao nhất có nguồn",
        "Đề xuất, chưa thấy nguồn",
        "Chưa rõ",
    ]


def _put(code: str, /, **changes: object) -> Edit:
    return lambda root: item(root, code).update(changes)


def _put_band(code: str, index: int, /, **changes: object) -> Edit:
    return lambda root: item(root, code)["bands"][index].update(changes)


def _without_band(code: str, index: int) -> Edit:
    return lambda root: item(root, code)["bands"].pop(index)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            _put_band("TC02.1", 1, min=96),
            "Mục TC02.1: giữa mức «từ 90 % đến dưới 95 %» và mức «từ 96 % đến dưới 98 %» để hở.",
        ),
        (
            _put_band("TC02.1", 1, min=94),
            "Mục TC02.1: mức «từ 90 % đến dưới 95 %» và mức «từ 94 % đến dưới 98 %» chồng lên nhau.",
        ),
        (_without_band("TC02.1", 2), "Mục TC02.1: giữa mức «dưới 90 %» và mức «từ 95 % đến dưới 98 %» để hở."),
        (_without_band("TC02.1", 0), "Mục TC02.1: các mức điểm để hở, không mức nào chứa 100."),
        (_without_band("TC02.1", 3), "Mục TC02.1: các mức điểm để hở, không mức nào chứa 0."),
        (_without_band("TC03.1", 0), "Mục TC03.1: các mức điểm để hở, không mức nào chứa 0."),
        (_without_band("TC03.1", 2), "Mục TC03.1: các mức điểm để hở, không mức nào chứa 1.000."),
        (_without_band("TC01.1", 1), "Mục TC01.1: các mức điểm để hở, không mức nào chứa 0."),
        (_without_band("TC01.1", 0), "Mục TC01.1: các mức điểm để hở, không mức nào chứa 1."),
        (_put_band("TC01.1", 1, value=True), "Mục TC01.1: các mức điểm để hở, không mức nào chứa 0."),
        (_put_band("TC01.1", 1, value=None), "Mục TC01.1: mức điểm có/không phải có value là true hoặc false."),
        (
            _without_band("TC12.2", 1),
            "Mục TC12.2: giữa mức «1 hoạt động / năm» và mức «từ 4 hoạt động / năm trở lên» để hở.",
        ),
        (
            _put_band("TC12.2", 1, max=4),
            "Mục TC12.2: mức «từ 2 đến 4 hoạt động / năm» và mức «từ 4 hoạt động / năm trở lên» chồng lên nhau.",
        ),
        (
            _put_band("TC02.1", 0, min=None),
            "Mục TC02.1: mức «mọi giá trị» và mức «dưới 90 %» chồng lên nhau.",
        ),
        (_put_band("TC02.1", 1, min=98), "Mục TC02.1: mức «từ 98 % đến dưới 98 %» không chứa giá trị nào."),
        (_put_band("TC02.1", 0, min=True), "Mục TC02.1: mốc «min» phải là số từ 0 đến 1.000.000.000."),
        (_put_band("TC02.1", 0, min=-1), "Mục TC02.1: mốc «min» phải là số từ 0 đến 1.000.000.000."),
        (_put_band("TC02.1", 0, min=1e-30), "Mục TC02.1: mốc «min» có quá nhiều chữ số thập phân."),
        (_put_band("TC12.2", 0, min=3.5), "Mục TC12.2: mốc «min» phải là số nguyên."),
        (
            lambda root: item(root, "TC02.1")["bands"][0].pop("min"),
            "Mục TC02.1: mức điểm thiếu «min» (không giới hạn thì ghi null).",
        ),
        (
            _put_band("TC02.1", 0, points=51),
            "Mục TC02.1: mức «từ 98 % trở lên» cho 51 điểm, quá tối đa 50.",
        ),
        (_put_band("TC02.1", 0, points=-1), "Mục TC02.1: «points» phải là số nguyên từ 0 trở lên."),
        (_put("TC02.1", max_points=60), "Tiêu chí TC02: điểm tối đa là 50 nhưng các phần cộng lại được 60."),
        (
            lambda root: root.update(total_max_points=999),
            "Bộ tiêu chí: điểm tối đa là 999 nhưng các phần cộng lại được 1000.",
        ),
        (
            _put("TC03.1", denominator_key="children"),
            "Mục TC03.1: không có số liệu nền «children» (denominator_key).",
        ),
        (_put("TC02.1", rule_type="stars"), "Mục TC02.1: không có cách chấm «stars» (rule_type)."),
        (_put("TC02.1", per=1000), "Mục TC02.1: hệ số nhân (per) 1000 không dùng được."),
        (_put("TC03.1", per=0), "Mục TC03.1: hệ số nhân (per) 0 không dùng được."),
        (
            _put("TC02.1", zero_denominator="maybe"),
            "Mục TC02.1: không có cách xử lý mẫu số bằng 0 «maybe» (zero_denominator).",
        ),
        (_put("TC08.1", bands_by_commune_type={"xa": []}), "Mục TC08.1: không có loại xã «xa»."),
        (
            lambda root: item(root, "TC08.1")["bands_by_commune_type"]["mountain_island_disadvantaged"].pop(),
            "Mục TC08.1, loại xã mountain_island_disadvantaged: các mức điểm để hở, không mức nào chứa 100.",
        ),
        (_put("TC02.1", certainty={"title": "sure"}), "Mục TC02.1: không có mức tin cậy «sure» (certainty)."),
        (_put("TC02.1", code="TC01.1"), "Bộ tiêu chí: «TC01.1» xuất hiện hai lần."),
        (_put("TC02.1", title_vi=" "), "Mục TC02.1: thiếu «title_vi» hoặc «title_vi» không phải là văn bản."),
        (_put("TC02.1", bands=[]), "Mục TC02.1: «bands» phải là một danh sách có nội dung."),
        (_put("TC02.1", sources=[1]), "Mục TC02.1: «sources» phải là một danh sách văn bản."),
        (
            _put("TC03.1", zero_fails_criterion="yes"),
            "Mục TC03.1: «zero_fails_criterion» phải là true hoặc false.",
        ),
        (
            lambda root: root["recognition"]["thresholds"][0].update(commune_type="city"),
            "Ngưỡng công nhận: không có loại xã «city».",
        ),
        (
            lambda root: root["recognition"]["thresholds"].pop(),
            "Ngưỡng công nhận: thiếu loại xã «mountain_island_disadvantaged».",
        ),
        (
            lambda root: root["recognition"]["thresholds"].append(root["recognition"]["thresholds"][0]),
            "Ngưỡng công nhận: «ward_of_central_city» xuất hiện hai lần.",
        ),
        (
            lambda root: root["recognition"]["thresholds"][0].update(min_total=1001),
            "Ngưỡng công nhận ward_of_central_city: mức tối thiểu 1001 lớn hơn tổng điểm 1000.",
        ),
        (lambda root: root.pop("recognition"), "Ngưỡng công nhận: thiếu hoặc không phải là một đối tượng JSON."),
        (lambda root: root.pop("version"), "Bộ tiêu chí: «version» phải là số nguyên từ 0 trở lên."),
    ],
)
def test_a_malformed_set_is_refused_with_the_place_named(edit: Edit, sentence: str) -> None:
    assert refusal(edit) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Bộ tiêu chí: không phải JSON hợp lệ ở dòng 1, cột 1."),
        ('{\n"code": }', "Bộ tiêu chí: không phải JSON hợp lệ ở dòng 2, cột 9."),
        ("[]", "Bộ tiêu chí: thiếu hoặc không phải là một đối tượng JSON."),
        ('{"code": "A", "code": "B"}', "Bộ tiêu chí: «code» xuất hiện hai lần."),
        ('{"version": NaN}', "Bộ tiêu chí: NaN không phải là số."),
        ("[" * 100_000, "Bộ tiêu chí: có số quá dài hoặc dữ liệu lồng quá sâu."),
        ('{"a": 1e99999999999999999999}', "Bộ tiêu chí: có số quá dài hoặc dữ liệu lồng quá sâu."),
    ],
)
def test_a_text_that_is_no_set_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        load_rules(text)
    assert str(caught.value) == sentence
